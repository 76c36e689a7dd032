/* The units of a deployment, as the service manager tells of them. */
#ifndef SALLYPORT_DEPLOY_STATUS_UNITS_H
#define SALLYPORT_DEPLOY_STATUS_UNITS_H

#include "deploy/status/facts.h"
#include "deploy/verify/names.h"

/* Ask for all of them at once. */
void status_units_ask(const struct verify_unit *units, size_t n, struct status_units *ret);

/* Pure: the same from what `systemctl show` says; us: its monotonic clock now. */
void status_units_read(const char *shown, const struct verify_unit *units, size_t n, int64_t us, struct status_units *ret);

/* Does something not run that should, or does nobody say whether it does? */
bool status_units_down(const struct status_units *l);

/* Does that service run?  False where nothing is known of it. */
bool status_runs(const struct status_units *l, const char *unit);

#endif

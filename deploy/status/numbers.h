/* The numbers of both programs, from the texts that they write for Prometheus.  Pure. */
#ifndef SALLYPORT_DEPLOY_STATUS_NUMBERS_H
#define SALLYPORT_DEPLOY_STATUS_NUMBERS_H

#include "deploy/status/facts.h"

enum numbers_of { NUMBERS_DOOR, NUMBERS_DAEMON };

/* Add up what the text has for ret, which was zeroed.  Lines of other numbers, and those that cannot be read, are left out.  0, or
 * E_FORMAT: there is none of that program's in it. */
int numbers_parse(const char *text, enum numbers_of of, struct status_numbers *ret);

#endif

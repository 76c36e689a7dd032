/* An item and what travels behind it: the request for values of attributes (rsync-wire 5.15, 7.1). */
#ifndef SALLYPORT_SYNCD_PUSH_ITEM_H
#define SALLYPORT_SYNCD_PUSH_ITEM_H

#include "syncd/push/job.h"

/* Tell what was done about a job's entry, as report_item does, and ask for the values that are not here. */
void item_report(struct session *s, const struct push_job *j, unsigned flags, const char *xname);

#endif

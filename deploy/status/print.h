/* What a look saw, as lines for people or one JSON object.  Strangers' bytes that a terminal would obey are escaped in both. */
#ifndef SALLYPORT_DEPLOY_STATUS_PRINT_H
#define SALLYPORT_DEPLOY_STATUS_PRINT_H

#include <stdio.h>

#include "deploy/status/facts.h"

/* Write all of it; an error of to is the caller's to see. */
void status_print(const struct status *s, FILE *to);
void status_print_json(const struct status *s, FILE *to);

/* "1.5 MiB", "800 B"; "-" for what is negative.  Returns dst. */
const char *status_bytes(int64_t n, char *dst, size_t size);

/* "12 s", "3 min", "2 h 5 min", "4 d 3 h"; "-" for what is negative.  Returns dst. */
const char *status_time(int64_t seconds, char *dst, size_t size);

#endif

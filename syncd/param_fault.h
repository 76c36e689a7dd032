/* What is wrong with a parameter's value, in words for the log and for --check-config. */
#ifndef SALLYPORT_SYNCD_PARAM_FAULT_H
#define SALLYPORT_SYNCD_PARAM_FAULT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/opt.h"

/* Does the row's value in conf fail what CHECK_HOSTS, CHECK_MODES, CHECK_OPTIONS, CHECK_CHARSET or CHECK_TLS_USERS asks of it?  Then message (size bytes) says how.
 * Other checks look at files, and are check.c's. */
bool param_fault(const struct opt *row, const void *conf, char *message, size_t size);

#endif

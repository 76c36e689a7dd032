/* Text to bounded integers.  No locale, no wrap-around, no trailing text. */
#ifndef SALLYPORT_LIB_NUM_H
#define SALLYPORT_LIB_NUM_H

#include <stdint.h>

/* A decimal integer, sign allowed.  E_FORMAT or E_LIMIT; *ret only on success. */
int num_parse(const char *text, int64_t min, int64_t max, int64_t *ret);

/* As rsync reads its integers (C atoi): a leading number or 0, clamped to int32. */
int32_t num_atoi(const char *text);

/* yes/no, true/false, 1/0, ignoring case and white space (rsyncd.conf(5), stunnel(8)). */
int num_bool(const char *text, int *ret);

#endif

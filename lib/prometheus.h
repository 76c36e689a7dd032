/* Numbers as text for Prometheus: heads of families, histograms, and names that are values of labels. */
#ifndef SALLYPORT_LIB_PROMETHEUS_H
#define SALLYPORT_LIB_PROMETHEUS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

/* What stands before a family's lines; its name is prefix and name. */
void prometheus_head(struct buf *out, const char *prefix, const char *name, const char *type, const char *help);

/* The name as the value of a label: quotes and backslashes are escaped, what cannot be printed or is no UTF-8, which spoils the whole text for
 * its readers, is shown as a dot.  dst, which has room for twice the name and its NUL, is returned. */
const char *prometheus_label(const char *name, char *dst);

/* A family of one number. */
void prometheus_gauge(struct buf *out, const char *prefix, const char *name, const char *help, uint64_t value);

/* The lines of one histogram in seconds: n counts, of which the i-th took bounds[i] ms at most and more than the one before, and the last any
 * time; ms: all together.  label: NAME="VALUE". */
void prometheus_histogram(struct buf *out, const char *prefix, const char *name, const char *label, const unsigned *bounds,
    const uint64_t *counts, size_t n, uint64_t ms);

#endif

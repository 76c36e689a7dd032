#include "lib/prometheus.h"

#include <inttypes.h>
#include <string.h>

#include "lib/utf8.h"

void
prometheus_head(struct buf *out, const char *prefix, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s%s %s\n# TYPE %s%s %s\n", prefix, name, help, prefix, name, type);
}

const char *
prometheus_label(const char *name, char *dst)
{
	const unsigned char *c = (const unsigned char *)name;
	size_t n = 0, length;

	for (; *c != '\0'; c += length) {
		if ((length = utf8_length(c, SIZE_MAX)) == 0 || *c < ' ' || *c == 127) {
			dst[n++] = '.';
			length = 1;
			continue;
		}
		if (*c == '"' || *c == '\\')
			dst[n++] = '\\';
		memcpy(dst + n, c, length);
		n += length;
	}
	dst[n] = '\0';
	return dst;
}

void
prometheus_gauge(struct buf *out, const char *prefix, const char *name, const char *help, uint64_t value)
{
	prometheus_head(out, prefix, name, "gauge", help);
	buf_printf(out, "%s%s %" PRIu64 "\n", prefix, name, value);
}

void
prometheus_histogram(struct buf *out, const char *prefix, const char *name, const char *label, const unsigned *bounds,
    const uint64_t *counts, size_t n, uint64_t ms)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n - 1; i++) {
		sum += counts[i];
		buf_printf(out, "%s%s_bucket{%s,le=\"%g\"} %" PRIu64 "\n", prefix, name, label, (double)bounds[i] / 1000, sum);
	}
	sum += counts[n - 1];
	buf_printf(out, "%s%s_bucket{%s,le=\"+Inf\"} %" PRIu64 "\n%s%s_sum{%s} %" PRIu64 ".%03u\n%s%s_count{%s} %" PRIu64 "\n",
	    prefix, name, label, sum, prefix, name, label, ms / 1000, (unsigned)(ms % 1000), prefix, name, label, sum);
}

#include "tunnel/service/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "lib/prometheus.h"

#define PREFIX "sallyport_tunnel_"

struct row {
	enum counter counter;
	const char *label;		/* and its value */
};

struct family {
	const char *name, *help;
	struct row rows[10];
};

static const struct family families[] = {
	{ "connections_accepted_total", "Connections accepted, by the section that listens.", { { COUNT_ACCEPTED, "" } } },
	{ "connections_total", "Connections that are over, and those that were refused.", {
		{ COUNT_CLOSED, ",result=\"closed\"" }, { COUNT_RESET, ",result=\"reset\"" },
		{ COUNT_REFUSED_RATE, ",result=\"refused_rate\"" }, { COUNT_REFUSED_TOTAL, ",result=\"refused_total\"" },
		{ COUNT_REFUSED_SHARE, ",result=\"refused_descriptors\"" } } },
	{ "handshakes_total", "Handshakes done.", {
		{ COUNT_SHAKEN_FULL, ",kind=\"full\"" }, { COUNT_SHAKEN_RESUMED, ",kind=\"resumed\"" } } },
	{ "handshake_failures_total", "Handshakes that came to nothing.", {
		{ COUNT_FAIL_GONE, ",reason=\"peer_gone\"" }, { COUNT_FAIL_CERT, ",reason=\"certificate\"" },
		{ COUNT_FAIL_ALERT, ",reason=\"peer_alert\"" }, { COUNT_FAIL_TLS, ",reason=\"tls\"" },
		{ COUNT_FAIL_TIME, ",reason=\"timeout\"" }, { COUNT_FAIL_STALL, ",reason=\"stalled\"" },
		{ COUNT_FAIL_RATE, ",reason=\"rate\"" }, { COUNT_FAIL_REVOKED, ",reason=\"revoked\"" },
		{ COUNT_FAIL_OTHER, ",reason=\"other\"" } } },
	{ "bytes_total", "Bytes forwarded, without TLS.", {
		{ COUNT_TO_TLS, ",direction=\"to_tls\"" }, { COUNT_TO_PLAIN, ",direction=\"to_plain\"" } } },
};

static void
put_family(struct buf *out, const struct scoreboard *b, const struct family *f)
{
	char name[2 * SCOREBOARD_NAME_SIZE], plain[SCOREBOARD_NAME_SIZE];

	prometheus_head(out, PREFIX, f->name, "counter", f->help);
	for (size_t c = 0; c < scoreboard_columns(b); c++)
		for (size_t i = 0; i < ARRAY_LEN(f->rows) && f->rows[i].label != NULL; i++)
			buf_printf(out, PREFIX "%s{service=\"%s\"%s} %" PRIu64 "\n", f->name, prometheus_label(scoreboard_name(b, c, plain), name),
			    f->rows[i].label, scoreboard_sum(b, c, f->rows[i].counter));
}

static void
put_histogram(struct buf *out, const struct scoreboard *b)
{
	char name[2 * SCOREBOARD_NAME_SIZE], plain[SCOREBOARD_NAME_SIZE], label[sizeof name + 16];
	uint64_t counts[SCOREBOARD_BUCKETS];

	prometheus_head(out, PREFIX, "first_byte_seconds", "histogram", "From the accept to the first byte sent to who connected.");
	for (size_t c = 0; c < scoreboard_columns(b); c++) {
		snprintf(label, sizeof label, "service=\"%s\"", prometheus_label(scoreboard_name(b, c, plain), name));
		for (size_t i = 0; i < SCOREBOARD_BUCKETS; i++)
			counts[i] = scoreboard_sum(b, c, COUNT_FIRST + i);
		prometheus_histogram(out, PREFIX, "first_byte_seconds", label, scoreboard_buckets, counts, SCOREBOARD_BUCKETS,
		    scoreboard_sum(b, c, COUNT_FIRST_MS));
	}
}

void
metrics_put(struct buf *out, const struct scoreboard *b, const struct metrics_cert *certs, size_t n_certs, time_t now)
{
	char name[2 * SCOREBOARD_NAME_SIZE], cut[SCOREBOARD_NAME_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		put_family(out, b, &families[i]);
	put_histogram(out, b);
	prometheus_gauge(out, PREFIX, "connections_active", "Connections at present.", scoreboard_live(b));
	prometheus_gauge(out, PREFIX, "vault_queue", "Handshakes that wait for a signature.", scoreboard_waiting(b));
	prometheus_gauge(out, PREFIX, "workers", "Workers that accept connections.", scoreboard_workers(b));
	prometheus_gauge(out, PREFIX, "generation", "How often a configuration came into force.", scoreboard_generation(b));
	prometheus_head(out, PREFIX, "certificate_expiry_seconds", "gauge", "Until the section's certificate expires.");
	for (size_t i = 0; i < n_certs; i++) {
		snprintf(cut, sizeof cut, "%s", certs[i].service);
		buf_printf(out, PREFIX "certificate_expiry_seconds{service=\"%s\"} %lld\n", prometheus_label(cut, name),
		    (long long)(certs[i].expires - now));
	}
}

#include "tunnel/service/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"

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
head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name, type);
}

/* A section's name as the value of a label: its quotes and backslashes are escaped, what cannot be printed is not. */
static const char *
escaped(const char *name, char dst[2 * BOARD_NAME_SIZE])
{
	size_t n = 0;

	for (; *name != '\0'; name++) {
		if (*name == '"' || *name == '\\')
			dst[n++] = '\\';
		dst[n++] = (unsigned char)*name < ' ' || *name == 127 ? '.' : *name;
	}
	dst[n] = '\0';
	return dst;
}

static void
put_family(struct buf *out, const struct board *b, const struct family *f)
{
	char name[2 * BOARD_NAME_SIZE], plain[BOARD_NAME_SIZE];

	head(out, f->name, "counter", f->help);
	for (size_t c = 0; c < board_columns(b); c++)
		for (size_t i = 0; i < ARRAY_LEN(f->rows) && f->rows[i].label != NULL; i++)
			buf_printf(out, PREFIX "%s{service=\"%s\"%s} %" PRIu64 "\n", f->name, escaped(board_name(b, c, plain), name),
			    f->rows[i].label, board_sum(b, c, f->rows[i].counter));
}

static void
put_histogram(struct buf *out, const struct board *b)
{
	char name[2 * BOARD_NAME_SIZE], plain[BOARD_NAME_SIZE];

	head(out, "first_byte_seconds", "histogram", "From the accept to the first byte sent to who connected.");
	for (size_t c = 0; c < board_columns(b); c++) {
		uint64_t n = 0, ms = board_sum(b, c, COUNT_FIRST_MS);

		escaped(board_name(b, c, plain), name);
		for (size_t i = 0; i < BOARD_BUCKETS - 1; i++) {
			n += board_sum(b, c, COUNT_FIRST + i);
			buf_printf(out, PREFIX "first_byte_seconds_bucket{service=\"%s\",le=\"%g\"} %" PRIu64 "\n", name,
			    (double)board_buckets[i] / 1000, n);
		}
		n += board_sum(b, c, COUNT_FIRST + BOARD_BUCKETS - 1);
		buf_printf(out, PREFIX "first_byte_seconds_bucket{service=\"%s\",le=\"+Inf\"} %" PRIu64 "\n"
		    PREFIX "first_byte_seconds_sum{service=\"%s\"} %" PRIu64 ".%03u\n"
		    PREFIX "first_byte_seconds_count{service=\"%s\"} %" PRIu64 "\n",
		    name, n, name, ms / 1000, (unsigned)(ms % 1000), name, n);
	}
}

static void
put_gauge(struct buf *out, const char *name, const char *help, uint64_t value)
{
	head(out, name, "gauge", help);
	buf_printf(out, PREFIX "%s %" PRIu64 "\n", name, value);
}

void
metrics_put(struct buf *out, const struct board *b, const struct metrics_cert *certs, size_t n_certs, time_t now)
{
	char name[2 * BOARD_NAME_SIZE], cut[BOARD_NAME_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		put_family(out, b, &families[i]);
	put_histogram(out, b);
	put_gauge(out, "connections_active", "Connections at present.", board_live(b));
	put_gauge(out, "vault_queue", "Handshakes that wait for a signature.", board_waiting(b));
	put_gauge(out, "workers", "Workers that accept connections.", board_workers(b));
	put_gauge(out, "generation", "How often a configuration came into force.", board_generation(b));
	head(out, "certificate_expiry_seconds", "gauge", "Until the section's certificate expires.");
	for (size_t i = 0; i < n_certs; i++) {
		snprintf(cut, sizeof cut, "%s", certs[i].service);
		buf_printf(out, PREFIX "certificate_expiry_seconds{service=\"%s\"} %lld\n", escaped(cut, name),
		    (long long)(certs[i].expires - now));
	}
}

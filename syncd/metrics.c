#include "syncd/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/prometheus.h"

#define PREFIX "sallyport_syncd_"

struct line {
	enum tally_counter counter;
	const char *label;		/* and its value */
};

struct family {
	const char *name, *help;
	struct line lines[10];
};

static const struct family families[] = {
	{ "sessions_total", "Sessions that are over.", {
		{ TALLY_PULLS, ",direction=\"out\",result=\"ok\"" }, { TALLY_PULLS_FAILED, ",direction=\"out\",result=\"failed\"" },
		{ TALLY_PUSHES, ",direction=\"in\",result=\"ok\"" }, { TALLY_PUSHES_FAILED, ",direction=\"in\",result=\"failed\"" },
		{ TALLY_CUT, ",direction=\"none\",result=\"failed\"" } } },
	{ "bytes_total", "Bytes on the wire, as sessions tell.", { { TALLY_IN, ",direction=\"in\"" }, { TALLY_OUT, ",direction=\"out\"" } } },
	{ "files_total", "Files whose data moved.", { { TALLY_FILES, "" } } },
	{ "file_bytes_total", "What those are long.", { { TALLY_FILE_BYTES, "" } } },
	{ "logins_total", "Logins.", { { TALLY_LOGINS, ",result=\"ok\"" }, { TALLY_LOGINS_FAILED, ",result=\"failed\"" } } },
	{ "refusals_total", "Connections that were refused or given up.", {
		{ TALLY_NO_ADDRESS, ",reason=\"address\"" }, { TALLY_NO_IDENTITY, ",reason=\"identity\"" }, { TALLY_NO_MODULE, ",reason=\"unknown_module\"" },
		{ TALLY_NO_PLACE, ",reason=\"max_connections\"" }, { TALLY_NO_HOOK, ",reason=\"hook\"" },
		{ TALLY_NO_OPEN, ",reason=\"module_closed\"" }, { TALLY_NO_PEER, ",reason=\"untrusted_peer\"" },
		{ TALLY_NO_ROOM, ",reason=\"no_room\"" }, { TALLY_GIVEN_UP, ",reason=\"given_up\"" } } },
};

static const char *
module_label(const struct tally *t, size_t column, char label[2 * MODULE_NAME_MAX + 16])
{
	char plain[MODULE_NAME_MAX + 1], name[2 * MODULE_NAME_MAX + 1];

	snprintf(label, 2 * MODULE_NAME_MAX + 16, "module=\"%s\"", prometheus_label(tally_name(t, column, plain), name));
	return label;
}

static void
put_family(struct buf *out, const struct tally *t, const struct family *f)
{
	char label[2 * MODULE_NAME_MAX + 16];

	prometheus_head(out, PREFIX, f->name, "counter", f->help);
	for (size_t c = 0; c < tally_columns(t); c++) {
		module_label(t, c, label);
		for (size_t i = 0; i < ARRAY_LEN(f->lines) && f->lines[i].label != NULL; i++)
			buf_printf(out, PREFIX "%s{%s%s} %" PRIu64 "\n", f->name, label, f->lines[i].label, tally_count(t, c, f->lines[i].counter));
	}
}

static void
put_first_bytes(struct buf *out, const struct tally *t)
{
	char label[2 * MODULE_NAME_MAX + 16];
	uint64_t counts[TALLY_BUCKETS];

	prometheus_head(out, PREFIX, "first_byte_seconds", "histogram", "From the accept until a session answers.");
	for (size_t c = 0; c < tally_columns(t); c++) {
		for (size_t i = 0; i < TALLY_BUCKETS; i++)
			counts[i] = tally_count(t, c, TALLY_FIRST + i);
		prometheus_histogram(out, PREFIX, "first_byte_seconds", module_label(t, c, label), tally_buckets, counts, TALLY_BUCKETS,
		    tally_count(t, c, TALLY_FIRST_MS));
	}
}

/* Sessions at present, of each module. */
static void
put_active(struct buf *out, const struct tally *t)
{
	char label[2 * MODULE_NAME_MAX + 16];
	uint32_t active[TALLY_COLUMNS] = { 0 };
	struct tally_session s;

	for (size_t row = 0; row < TALLY_ROWS; row++)
		if (tally_read(t, row, &s) && s.state >= TALLY_RUNS)
			active[tally_column(t, s.module)]++;
	prometheus_head(out, PREFIX, "sessions_active", "gauge", "Sessions at present.");
	for (size_t c = 0; c < tally_columns(t); c++)
		buf_printf(out, PREFIX "sessions_active{%s} %u\n", module_label(t, c, label), (unsigned)active[c]);
}

static void
put_walls(struct buf *out, const char *walls)
{
	const char *landlock = strstr(walls, "landlock=");
	const struct { const char *name; int stands; } rows[] = {
		{ "landlock", landlock == NULL ? 0 : atoi(landlock + strlen("landlock=")) },
		{ "seccomp", strstr(walls, " seccomp") != NULL },
		{ "chroot", strstr(walls, " chroot") != NULL },
	};

	prometheus_head(out, PREFIX, "wall", "gauge", "What stands around the daemon's processes: 1, or the version of Landlock; 0: it does not.");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		buf_printf(out, PREFIX "wall{wall=\"%s\"} %d\n", rows[i].name, rows[i].stands);
}

void
metrics_put(struct buf *out, const struct tally *t, const char *walls)
{
	unsigned waiting, served;

	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		put_family(out, t, &families[i]);
	put_first_bytes(out, t);
	put_active(out, t);
	tally_queues(t, &waiting, &served);
	prometheus_gauge(out, PREFIX, "connections_waiting", "Connections that have not come so far as a transfer.", waiting);
	prometheus_gauge(out, PREFIX, "connections_served", "Transfers at present.", served);
	put_walls(out, walls);
}

#include "deploy/status/print.h"

#include <inttypes.h>
#include <string.h>

#include "deploy/shown.h"
#include "lib/err.h"

enum { SHOWN_SIZE = 5 * STATUS_TEXT_MAX + 1, SHORT_SIZE = 32 };

/* What is shown; of "" it is a dash. */
static const char *
shown(const char *text, char dst[SHOWN_SIZE])
{
	return shown_text(text[0] == '\0' ? "-" : text, dst);
}

const char *
status_bytes(int64_t n, char *dst, size_t size)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	int64_t tenths;
	size_t i = 0;

	if (n < 0) {
		snprintf(dst, size, "-");
		return dst;
	}
	for (tenths = n > INT64_MAX / 10 ? INT64_MAX : n * 10; tenths >= 10240 && i + 1 < ARRAY_LEN(units); i++)
		tenths /= 1024;
	if (i == 0)
		snprintf(dst, size, "%" PRId64 " B", n);
	else
		snprintf(dst, size, "%" PRId64 ".%d %s", tenths / 10, (int)(tenths % 10), units[i]);
	return dst;
}

const char *
status_time(int64_t seconds, char *dst, size_t size)
{
	const int64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;

	if (seconds < 0)
		snprintf(dst, size, "-");
	else if (minutes == 0)
		snprintf(dst, size, "%" PRId64 " s", seconds);
	else if (hours == 0)
		snprintf(dst, size, "%" PRId64 " min", minutes);
	else if (days == 0)
		snprintf(dst, size, "%" PRId64 " h %d min", hours, (int)(minutes % 60));
	else
		snprintf(dst, size, "%" PRId64 " d %d h", days, (int)(hours % 24));
	return dst;
}

static const char *
count(int64_t n, char dst[SHORT_SIZE])
{
	snprintf(dst, SHORT_SIZE, n < 0 ? "-" : "%" PRId64, n);
	return dst;
}

/* --- lines ---------------------------------------------------------------------------------------- */

/* "not known: why", where a part was not seen. */
static bool
unknown(const char *part, const struct status_why *w, FILE *to)
{
	char text[SHOWN_SIZE];

	if (w->text[0] != '\0')
		fprintf(to, "\n%s  not known: %s\n", part, shown(w->text, text));
	return w->text[0] != '\0';
}

static void
print_unit(const struct status_unit *u, FILE *to)
{
	char state[80], since[SHORT_SIZE], restarts[SHORT_SIZE], memory[SHORT_SIZE], cpu[SHORT_SIZE] = "-", tasks[SHORT_SIZE];

	if (u->state == STATUS_DOWN)
		snprintf(state, sizeof state, "DOWN: %s (%s)", u->active, u->sub);
	else
		snprintf(state, sizeof state, "%s", u->state == STATUS_READY ? "ready" : u->sub);
	if (u->cpu_ms >= 0)
		snprintf(cpu, sizeof cpu, "%" PRId64 ".%d s", u->cpu_ms / 1000, (int)(u->cpu_ms % 1000 / 100));
	fprintf(to, "%-28s %-12s %12s %8s %10s %10s %6s\n", u->unit, state, status_time(u->seconds, since, sizeof since),
	    count(u->restarts, restarts), status_bytes(u->memory, memory, sizeof memory), cpu, count(u->tasks, tasks));
}

static void
print_units(const struct status_units *l, FILE *to)
{
	if (unknown("UNITS", &l->why, to))
		return;
	fprintf(to, "\n%-28s %-12s %12s %8s %10s %10s %6s\n", "UNIT", "STATE", "FOR", "RESTARTS", "MEMORY", "CPU", "TASKS");
	for (size_t i = 0; i < l->n; i++)
		print_unit(&l->v[i], to);
}

static void
print_session(const struct status_session *s, FILE *to)
{
	char module[SHOWN_SIZE], user[SHOWN_SIZE], address[SHOWN_SIZE], direction[SHOWN_SIZE], state[SHOWN_SIZE], rate[SHORT_SIZE],
	    received[SHORT_SIZE], sent[SHORT_SIZE], since[SHORT_SIZE];

	status_bytes(s->rate, rate, sizeof rate);
	fprintf(to, "%-16s %-14s %-24s %-3s %10s%s %10s %10s %10s  %s\n", shown(s->module, module), shown(s->user, user), shown(s->address, address),
	    shown(s->direction, direction), rate, s->rate < 0 ? "  " : "/s", status_bytes(s->received, received, sizeof received),
	    status_bytes(s->sent, sent, sizeof sent), status_time(s->seconds, since, sizeof since), shown(s->state, state));
}

static void
print_sessions(const struct status_sessions *l, FILE *to)
{
	if (unknown("CONNECTIONS", &l->why, to))
		return;
	if (l->n == 0) {
		fprintf(to, "\nCONNECTIONS  none\n");
		return;
	}
	fprintf(to, "\n%-16s %-14s %-24s %-3s %12s %10s %10s %10s  %s\n", "MODULE", "USER", "ADDRESS", "DIR", "RATE", "RECEIVED", "SENT", "FOR",
	    "STATE");
	for (size_t i = 0; i < l->n; i++)
		print_session(&l->v[i], to);
}

static void
print_numbers(const char *part, const char *of, const struct status_numbers *l, FILE *to)
{
	char name[SHOWN_SIZE];

	if (unknown(part, &l->why, to))
		return;
	fprintf(to, "\n%s  %" PRId64 " connections now\n%-28s %8s %10s %8s\n", part, l->connections, of, "NOW", "TOTAL", "FAILED");
	for (size_t i = 0; i < l->n_sections; i++)
		if (l->sections[i].name[0] != '\0' || l->sections[i].total > 0)
			fprintf(to, "%-28s %8" PRId64 " %10" PRId64 " %8" PRId64 "\n", shown(l->sections[i].name, name), l->sections[i].now,
			    l->sections[i].total, l->sections[i].failed);
	fprintf(to, "refused:");
	for (size_t i = 0; i < l->n_reasons; i++)
		fprintf(to, "%s %s %" PRId64, i > 0 ? "," : "", shown(l->reasons[i].name, name), l->reasons[i].n);
	fprintf(to, "%s\n", l->n_reasons == 0 ? " nobody" : "");
}

static void
print_ends(const struct status_ends *l, FILE *to)
{
	char name[SHOWN_SIZE], why[SHOWN_SIZE];

	if (l->n > 0 || l->clients >= 0)
		fprintf(to, "\n%-16s %-44s %s\n", "CERTIFICATES", "OF", "ENDS");
	for (size_t i = 0; i < l->n; i++) {
		const struct status_end *e = &l->v[i];

		fprintf(to, "%-16s %-44s ", e->what, shown(e->name, name));
		if (e->why.text[0] != '\0')
			fprintf(to, "not known: %s\n", shown(e->why.text, why));
		else if (e->days < 0)
			fprintf(to, "ENDED %" PRId64 " days ago\n", -e->days);
		else
			fprintf(to, "in %" PRId64 " days%s\n", e->days, e->days < STATUS_SOON_DAYS && strcmp(e->what, "revocation list") != 0 ? ", SOON" : "");
	}
	if (l->lost > 0)
		fprintf(to, "%zu more clients end soon\n", l->lost);
	if (l->clients >= 0)
		fprintf(to, "%-16s %" PRId64 "\n", "clients", l->clients);
}

void
status_print(const struct status *s, FILE *to)
{
	char name[SHOWN_SIZE], host[SHOWN_SIZE];

	fprintf(to, "%s at %s: %s\n", shown(s->name, name), shown(s->host, host),
	    s->down ? "SOMETHING IS DOWN" : s->units.n > 0 ? "all that should run does, or waits for a client" : "no unit of this machine");
	print_units(&s->units, to);
	print_sessions(&s->sessions, to);
	print_numbers("DOOR", "SECTION", &s->door, to);
	print_numbers("DAEMON", "MODULE", &s->daemon, to);
	print_ends(&s->ends, to);
}

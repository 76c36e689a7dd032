#include <inttypes.h>

#include "deploy/shown.h"
#include "deploy/status/print.h"
#include "lib/log.h"

enum { PLAIN_SIZE = 5 * STATUS_TEXT_MAX + 1 };

/* The first leaves no byte that a terminal obeys, also none of C1, which JSON would allow; the second doubles a byte at most. */
static void
text(FILE *to, const char *name, const char *value, const char *behind)
{
	char plain[PLAIN_SIZE], printed[2 * PLAIN_SIZE + 8];

	fprintf(to, "\"%s\": \"%s\"%s", name, log_json(shown_text(value, plain), printed, sizeof printed), behind);
}

/* null for what is not known, which is negative. */
static void
number(FILE *to, const char *name, int64_t value, const char *behind)
{
	if (value < 0)
		fprintf(to, "\"%s\": null%s", name, behind);
	else
		fprintf(to, "\"%s\": %" PRId64 "%s", name, value, behind);
}

static void
put_units(const struct status_units *l, FILE *to)
{
	static const char *const states[] = { [STATUS_UP] = "up", [STATUS_READY] = "ready", [STATUS_DOWN] = "down" };

	fprintf(to, "\"units\": {");
	text(to, "why", l->why.text, ", \"list\": [");
	for (size_t i = 0; i < l->n; i++) {
		const struct status_unit *u = &l->v[i];

		fprintf(to, "%s{", i > 0 ? ", " : "");
		text(to, "unit", u->unit, ", ");
		text(to, "state", states[u->state], ", ");
		text(to, "active", u->active, ", ");
		text(to, "sub", u->sub, ", ");
		number(to, "seconds", u->seconds, ", ");
		number(to, "restarts", u->restarts, ", ");
		number(to, "memory", u->memory, ", ");
		number(to, "cpu_ms", u->cpu_ms, ", ");
		number(to, "tasks", u->tasks, "}");
	}
	fprintf(to, "]}");
}

static void
put_sessions(const struct status_sessions *l, FILE *to)
{
	fprintf(to, "\"connections\": {");
	text(to, "why", l->why.text, ", \"list\": [");
	for (size_t i = 0; i < l->n; i++) {
		const struct status_session *s = &l->v[i];

		fprintf(to, "%s{", i > 0 ? ", " : "");
		number(to, "pid", s->pid, ", ");
		text(to, "module", s->module, ", ");
		text(to, "user", s->user, ", ");
		text(to, "address", s->address, ", ");
		text(to, "direction", s->direction, ", ");
		text(to, "state", s->state, ", ");
		number(to, "seconds", s->seconds, ", ");
		number(to, "rate", s->rate, ", ");
		number(to, "received", s->received, ", ");
		number(to, "sent", s->sent, ", ");
		number(to, "files", s->files, "}");
	}
	fprintf(to, "]}");
}

static void
put_numbers(const char *part, const char *of, const struct status_numbers *l, FILE *to)
{
	fprintf(to, "\"%s\": {", part);
	text(to, "why", l->why.text, ", ");
	number(to, "connections", l->why.text[0] == '\0' ? l->connections : -1, ", ");
	fprintf(to, "\"%s\": [", of);
	for (size_t i = 0; i < l->n_sections; i++) {
		fprintf(to, "%s{", i > 0 ? ", " : "");
		text(to, "name", l->sections[i].name, ", ");
		number(to, "now", l->sections[i].now, ", ");
		number(to, "total", l->sections[i].total, ", ");
		number(to, "failed", l->sections[i].failed, "}");
	}
	fprintf(to, "], \"refused\": [");
	for (size_t i = 0; i < l->n_reasons; i++) {
		fprintf(to, "%s{", i > 0 ? ", " : "");
		text(to, "reason", l->reasons[i].name, ", ");
		number(to, "times", l->reasons[i].n, "}");
	}
	fprintf(to, "]}");
}

/* Days are negative where something is over: null is for what could not be read. */
static void
put_ends(const struct status_ends *l, FILE *to)
{
	fprintf(to, "\"certificates\": {");
	number(to, "clients", l->clients, ", ");
	fprintf(to, "\"more\": %zu, \"list\": [", l->lost);
	for (size_t i = 0; i < l->n; i++) {
		fprintf(to, "%s{", i > 0 ? ", " : "");
		text(to, "what", l->v[i].what, ", ");
		text(to, "name", l->v[i].name, ", ");
		text(to, "why", l->v[i].why.text, ", ");
		if (l->v[i].why.text[0] != '\0')
			fprintf(to, "\"days\": null}");
		else
			fprintf(to, "\"days\": %" PRId64 "}", l->v[i].days);
	}
	fprintf(to, "]}");
}

void
status_print_json(const struct status *s, FILE *to)
{
	fprintf(to, "{");
	text(to, "name", s->name, ", ");
	text(to, "host", s->host, ", ");
	fprintf(to, "\"up\": %s, ", s->down ? "false" : "true");
	put_units(&s->units, to);
	fprintf(to, ", ");
	put_sessions(&s->sessions, to);
	fprintf(to, ", ");
	put_numbers("door", "sections", &s->door, to);
	fprintf(to, ", ");
	put_numbers("daemon", "modules", &s->daemon, to);
	fprintf(to, ", ");
	put_ends(&s->ends, to);
	fprintf(to, "}\n");
}

#include "deploy/ca/list.h"

#include <time.h>

enum { TIME_SIZE = 32 };

static const char *
time_text(int64_t t, char dst[TIME_SIZE])
{
	time_t at = (time_t)t;
	struct tm tm;

	if (gmtime_r(&at, &tm) == NULL || strftime(dst, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(dst, TIME_SIZE, "never");
	return dst;
}

static const char *
state_of(const struct index_cert *c, int64_t now)
{
	return c->revoked != 0 ? "revoked" : c->ends > now ? "valid" : "expired";
}

static bool
is_wanted(const struct index_cert *c, enum list_which which)
{
	return which == LIST_ALL || c->kind == CERT_CLIENT;
}

/* Names and serials are of few characters (index.h): none of them is special in JSON. */
static void
print_json(const struct index_cert *c, int64_t now, FILE *to)
{
	char ends[TIME_SIZE], revoked[TIME_SIZE];

	fprintf(to, "{\"name\": \"%s\", \"kind\": \"%s\", \"state\": \"%s\", \"ends\": \"%s\", ", c->name,
	    c->kind == CERT_SERVER ? "server" : "client", state_of(c, now), time_text(c->ends, ends));
	if (c->revoked != 0)
		fprintf(to, "\"revoked\": \"%s\", ", time_text(c->revoked, revoked));
	fprintf(to, "\"serial\": \"%s\"}", c->serial);
}

static void
print_row(const struct index_cert *c, int64_t now, FILE *to)
{
	char ends[TIME_SIZE];

	fprintf(to, "%-24s %-6s  %-7s  %s  %s\n", c->name, c->kind == CERT_SERVER ? "server" : "client", state_of(c, now),
	    time_text(c->ends, ends), c->serial);
}

void
list_print(const struct ca_index *x, enum list_which which, int64_t now, bool json, FILE *to)
{
	bool first = true;

	if (json)
		fputs("[", to);
	for (size_t i = 0; i < x->n; i++) {
		if (!is_wanted(&x->v[i], which))
			continue;
		if (json) {
			fputs(first ? "\n" : ",\n", to);
			print_json(&x->v[i], now, to);
		} else {
			print_row(&x->v[i], now, to);
		}
		first = false;
	}
	if (json)
		fputs("\n]\n", to);
}

/* Users and groups of a push: by name, by --usermap and --groupmap, or by number (rsync-wire 5.6). */
#include "syncd/push/ids.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "syncd/policy/wild.h"
#include "syncd/privmsg.h"

void
ids_init(struct ids *t, int monitor_fd, char kind)
{
	*t = (struct ids){ .monitor_fd = monitor_fd, .kind = kind };
}

void
ids_done(struct ids *t)
{
	for (size_t i = 0; i < t->n_rules; i++)
		free(t->rules[i].name);
	free(t->rules);
	free(t->rows);
}

/* A number, or a name that is known here. */
static bool
id_of(struct ids *t, const char *text, uint32_t *ret)
{
	int64_t n;

	if (num_parse(text, 0, UINT32_MAX - 1, &n) == 0) {
		*ret = (uint32_t)n;
		return true;
	}
	return t->monitor_fd >= 0 && t->asked++ < IDS_ASKED_MAX && ask_id(t->monitor_fd, t->kind, text, ret) == 0;
}

/* "7", "100-199", a name, a wildcard, or nothing. */
static int
take_from(const char *from, struct id_rule *rule)
{
	const char *dash = strchr(from, '-');
	char low[16];
	int64_t a, b;

	rule->low = 1;
	rule->high = 0;		/* no number is in it */
	if (num_parse(from, 0, UINT32_MAX, &a) == 0) {
		rule->low = rule->high = (uint32_t)a;
		return 0;
	}
	if (dash != NULL && (size_t)(dash - from) < sizeof low) {
		snprintf(low, sizeof low, "%.*s", (int)(dash - from), from);
		if (num_parse(low, 0, UINT32_MAX, &a) == 0 && num_parse(dash + 1, 0, UINT32_MAX, &b) == 0) {
			rule->low = (uint32_t)a;
			rule->high = (uint32_t)b;
			return 0;
		}
	}
	return (rule->name = strdup(from)) == NULL ? -ENOMEM : 0;
}

static int
add_rule(struct ids *t, char *part, void (*unknown)(void *, const char *), void *arg, char bad[128])
{
	char *colon = strchr(part, ':');
	struct id_rule *rules, rule = { 0 };
	int r = E_FORMAT;

	if (colon != NULL && colon[1] != '\0' && t->n_rules < IDS_RULES_MAX) {
		*colon = '\0';
		r = take_from(part, &rule);
		*colon = ':';
		if (r == 0 && !id_of(t, colon + 1, &rule.to)) {
			unknown(arg, colon + 1);
			free(rule.name);
			return 0;
		}
	}
	if (r == 0 && (rules = reallocarray(t->rules, t->n_rules + 1, sizeof *rules)) != NULL) {
		t->rules = rules;
		t->rules[t->n_rules++] = rule;
		return 0;
	}
	free(rule.name);
	snprintf(bad, 128, "%.127s", part);
	return r == 0 ? -ENOMEM : r;
}

int
ids_rules(struct ids *t, const char *text, void (*unknown)(void *, const char *), void *arg, char bad[128])
{
	char *copy = strdup(text), *save = NULL;
	int r = copy == NULL ? -ENOMEM : 0;

	for (char *part = r == 0 ? strtok_r(copy, ",", &save) : NULL; part != NULL && r == 0; part = strtok_r(NULL, ",", &save))
		r = add_rule(t, part, unknown, arg, bad);
	free(copy);
	return r;
}

static bool
rule_fits(const struct id_rule *rule, uint32_t wire, const char *name)
{
	if (rule->name == NULL)
		return wire >= rule->low && wire <= rule->high;
	if (rule->name[0] == '\0')
		return name[0] == '\0';
	return name[0] != '\0' && wild_match(rule->name, name);
}

static uint32_t
map(struct ids *t, uint32_t wire, const char *name)
{
	const char *shown = t->numeric ? "" : wire == 0 && name[0] == '\0' ? "root" : name;
	uint32_t here;

	for (size_t i = 0; i < t->n_rules; i++) {
		bool all = t->rules[i].name != NULL && strcmp(t->rules[i].name, "*") == 0;	/* also what has no name */

		if (all || rule_fits(&t->rules[i], wire, shown))
			return t->rules[i].to;
	}
	if (wire != 0 && name[0] != '\0' && t->monitor_fd >= 0 && t->asked++ < IDS_ASKED_MAX &&
	    ask_id(t->monitor_fd, t->kind, name, &here) == 0)
		return here;
	return wire;
}

static size_t
place_of(const struct ids *t, uint32_t wire)
{
	size_t from = 0, to = t->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (t->rows[mid].wire < wire)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

int
ids_learn(struct ids *t, uint32_t wire, const char *name)
{
	size_t at = place_of(t, wire), cap = t->cap < 16 ? 16 : t->cap * 2;
	uint32_t here = map(t, wire, name == NULL ? "" : name);
	struct id_row *rows;

	if (at < t->n && t->rows[at].wire == wire) {
		t->rows[at].here = here;
		return 0;
	}
	if (t->n >= IDS_MAX)
		return E_LIMIT;
	if (t->n == t->cap) {
		if ((rows = reallocarray(t->rows, cap, sizeof *rows)) == NULL)
			return -ENOMEM;
		t->rows = rows;
		t->cap = cap;
	}
	memmove(t->rows + at + 1, t->rows + at, (t->n - at) * sizeof *t->rows);
	t->rows[at] = (struct id_row){ wire, here };
	t->n++;
	return 0;
}

uint32_t
ids_here(struct ids *t, uint32_t wire)
{
	size_t at = t->last;

	if (at >= t->n || t->rows[at].wire != wire)	/* trees have few owners */
		at = place_of(t, wire);
	if (at < t->n && t->rows[at].wire == wire) {
		t->last = at;
		return t->rows[at].here;
	}
	return t->n_rules == 0 ? wire : map(t, wire, "");
}

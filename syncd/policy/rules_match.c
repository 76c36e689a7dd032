/* Which rule decides about a name: the first that matches, with those of merge files in their places (rsync-wire 6.4, 6.5). */
#include "syncd/policy/rules_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "syncd/policy/path.h"
#include "syncd/policy/wild.h"

enum { RULES_A_STEP = 64 };	/* rules between two counts of work */

/* The last count+1 components of a path, or NULL when it has fewer. */
static const char *
last_components(const char *path, unsigned count)
{
	const char *p = path + strlen(path);

	while (p > path)
		if (*--p == '/' && count-- == 0)
			return p + 1;
	return count == 0 ? path : NULL;
}

static bool
wild(struct work *w, const struct rule *rule, const char *text)
{
	uint64_t steps = 0;
	bool hit = wild_match_counted(rule->pattern, text, &steps);

	work_add(w, steps, wild_vain(rule->pattern, text, steps));
	return hit;
}

static bool
text_equal(struct work *w, const struct rule *rule, const char *text)
{
	return rule->magic ? wild(w, rule, text) : strcmp(rule->pattern, text) == 0;
}

/* "**" inside an unanchored pattern: it may begin at the start or behind any slash. */
static bool
deep_match(struct work *w, const struct rule *rule, const char *path)
{
	char with_slash[RULES_PATH_SIZE + 1];

	if (rule->pattern[0] == '*' && rule->pattern[1] == '*') {
		snprintf(with_slash, sizeof with_slash, "/%.*s", RULES_PATH_SIZE - 1, path);
		return wild(w, rule, with_slash);
	}
	for (const char *p = path; p != NULL; p = strchr(p, '/') == NULL ? NULL : strchr(p, '/') + 1)
		if (wild(w, rule, p))
			return true;
	return false;
}

/* path: the name as seen from where anchored patterns start. */
static bool
rule_matches(struct work *w, const struct rule *rule, const char *path, bool is_dir)
{
	char dir_path[RULES_PATH_SIZE];
	const char *tail;

	if (rule->dir_only && !is_dir)
		return false;
	if (rule->subtree && is_dir) {
		snprintf(dir_path, sizeof dir_path, "%s/", path);
		path = dir_path;
	}
	if (rule->anchored)
		return text_equal(w, rule, path);
	if (rule->deep)
		return deep_match(w, rule, path);
	tail = last_components(path, rule->slashes);
	return tail != NULL && text_equal(w, rule, tail);
}

/* The part of fs below directory dir, or NULL when it lies elsewhere. */
static const char *
below(const char *dir, const char *fs)
{
	size_t n = strlen(dir);

	if (n == 0)
		return fs;
	return strncmp(dir, fs, n) == 0 && fs[n] == '/' ? fs + n + 1 : NULL;
}

/* A judgement under way. */
struct judging {
	const struct rules *by;		/* the client's list: it knows whose rules count */
	const struct rules_dir *dir;
	const struct rules_name *n;
};

static enum rules_verdict judge_list(const struct rules *r, const struct judging *j, const char *local);

/* Is this rule about names, and of the side that asks? */
static bool
counts(const struct judging *j, const struct rule *rule)
{
	unsigned side = rule->mods & (FM_SENDER | FM_RECEIVER);

	if ((rule->mods & FM_XATTR) || ((rule->mods & FM_PERISHABLE) && j->n->going))
		return false;
	if (side == 0)
		return j->by->unsided_too || rule->protects || rule->kind == FILTER_DIR_MERGE;
	return (side & j->by->side) != 0;
}

static enum rules_verdict
judge_merge(const struct rule *by, const struct judging *j)
{
	enum rules_verdict v;

	for (const struct rules_dir *d = j->dir; d != NULL; d = d->above) {
		for (size_t i = 0; i < d->n; i++) {
			const char *local = below(d->v[i].fs != NULL ? d->v[i].fs : d->fs, j->n->fs);

			if (d->v[i].by != by || local == NULL)
				continue;
			if ((v = judge_list(&d->v[i].list, j, local)) != RULES_NONE || d->v[i].list.cleared)
				return v;
		}
		if (by->mods & FM_NO_INHERIT)
			break;
	}
	return RULES_NONE;
}

/* local: the name as seen from where the list's anchored patterns start. */
static enum rules_verdict
judge_list(const struct rules *r, const struct judging *j, const char *local)
{
	const struct rules_name *n = j->n;
	enum rules_verdict v;
	bool hit;

	for (size_t i = 0; i < r->n; i++) {
		const struct rule *rule = &r->v[i];

		if (i % RULES_A_STEP == 0 && !work_add(j->by->work, RULES_A_STEP, 0))
			return RULES_EXCLUDE;
		if (!counts(j, rule))
			continue;
		if (rule->kind == FILTER_DIR_MERGE) {
			if ((rule->mods & FM_EXCLUDE_SELF) && strcmp(last_components(n->fs, 0), last_components(rule->pattern, 0)) == 0)
				return RULES_EXCLUDE;
			if ((v = judge_merge(rule, j)) != RULES_NONE)
				return v;
			continue;
		}
		hit = rule_matches(j->by->work, rule, (rule->mods & FM_ABSOLUTE) && (rule->anchored || rule->slashes > 0) ? n->fs : local,
		    n->is_dir);
		if (hit != ((rule->mods & FM_NEGATE) != 0))
			return rule->kind == FILTER_INCLUDE ? RULES_INCLUDE : RULES_EXCLUDE;
	}
	return RULES_NONE;
}

/* One name, from the beginning, and not at any price. */
static enum rules_verdict
judge(const struct judging *j)
{
	struct work *w = j->by->work;
	uint64_t before = w == NULL ? 0 : w->vain;
	enum rules_verdict v = judge_list(j->by, j, j->n->path);

	if (w != NULL && w->err == 0 && w->vain - before > RULES_VAIN_MAX)
		w->err = E_WORK;
	return work_over(w) ? RULES_EXCLUDE : v;
}

enum rules_verdict
rules_match(const struct rules *r, const struct rules_dir *dir, const struct rules_name *n)
{
	return judge(&(struct judging){ r, dir, n });
}

enum rules_verdict
rules_match_xattr(const struct rules *r, const char *name)
{
	const unsigned other = r != NULL && r->side == FM_RECEIVER ? FM_SENDER : FM_RECEIVER;
	bool any = false;

	for (size_t i = 0; r != NULL && i < r->n; i++) {
		const struct rule *rule = &r->v[i];

		any = any || (rule->mods & FM_XATTR) != 0;
		if ((rule->mods & FM_XATTR) && (rule->mods & (FM_SENDER | FM_RECEIVER)) != other &&
		    text_equal(r->work, rule, name) != ((rule->mods & FM_NEGATE) != 0))
			return rule->kind == FILTER_INCLUDE ? RULES_INCLUDE : RULES_EXCLUDE;
	}
	return !any && strncmp(name, "system.", 7) == 0 ? RULES_EXCLUDE : RULES_NONE;
}

void
rules_protect(struct rules *r)
{
	for (size_t i = 0; i < r->n; i++)
		r->v[i].protects = true;
}

void
rules_for_receiver(struct rules *r, bool delete_excluded)
{
	r->side = FM_RECEIVER;
	r->unsided_too = !delete_excluded;
}

/* Is the name at path, spelled plainly, excluded by a rule for itself? */
static bool
hides(const struct rules *r, const char *path, bool is_dir)
{
	struct rules_name name = { path, path, is_dir, false };

	return judge(&(struct judging){ r, NULL, &name }) == RULES_EXCLUDE;
}

/* The one spelling of fs that rules are held against, or NULL when there is no room for it. */
static const char *
spelled(const char *fs, char room[RULES_PATH_SIZE])
{
	if (path_is_plain(fs))
		return fs;
	return path_below("", fs, room, RULES_PATH_SIZE) == 0 ? room : NULL;
}

bool
rules_hides(const struct rules *r, const char *fs, bool is_dir)
{
	char room[RULES_PATH_SIZE];
	const char *path = rules_empty(r) ? "" : spelled(fs, room);

	return path == NULL || (path[0] != '\0' && hides(r, path, is_dir || path_says_dir(fs)));
}

bool
rules_hidden(const struct rules *r, const char *fs, bool is_dir)
{
	char path[RULES_PATH_SIZE];

	if (rules_empty(r))
		return false;
	if (path_below("", fs, path, sizeof path) != 0)
		return true;
	for (char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		bool hit;

		*slash = '\0';
		hit = hides(r, path, true);
		*slash = '/';
		if (hit)
			return true;
	}
	return path[0] != '\0' && hides(r, path, is_dir || path_says_dir(fs));
}

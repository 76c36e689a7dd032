/* Merge files: the rules that a directory and those above it add (rsync-wire 6.5; rsync(1), PER-DIRECTORY RULES). */
#include "syncd/policy/rules_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "syncd/policy/path.h"

struct entering {
	const struct rules *top;
	struct rules_dir *dir;
	const struct rules_reader *reader;
	char *where;
	size_t where_size;
};

static int load_merge(struct entering *e, const struct rule *by, const char *fs, struct rules *list, int depth);

/* Where a '.' rule inside a merge file looks for its file: rsync takes a bare name from where it stands itself. */
static const char *
included_from(const struct entering *e, const char *name)
{
	if (strchr(name, '/') == NULL)
		return e->reader->base;
	return name[0] == '/' ? "" : e->dir->fs;
}

/* One piece of a merge file, in the syntax that the merge rule says. */
static int
add_merged(struct entering *e, const struct rule *by, struct rules *list, const char *text, size_t n, int depth)
{
	unsigned side = by->mods & (FM_SENDER | FM_RECEIVER | FM_PERISHABLE | FM_XATTR);
	struct filter_text f;
	struct rule now;
	int r;

	if (by->mods & (FM_ONLY_EXCLUDE | FM_ONLY_INCLUDE)) {
		if ((by->mods & FM_CVS) == 0 || (n == 1 && text[0] == '!'))
			return n == 1 && text[0] == '!' ? rules_list_pattern(list, FILTER_EXCLUDE, side, text, n) :
			    rules_list_append(list, by->mods & FM_ONLY_INCLUDE ? FILTER_INCLUDE : FILTER_EXCLUDE, side, text, n);
		return rules_list_append(list, FILTER_EXCLUDE, side, text, n);
	}
	if (rule_text_parse(text, n, false, &f) != 0)
		return E_FORMAT;
	if (f.kind != FILTER_MERGE) {
		f.mods |= side;
		return rules_list_add(list, &f);
	}
	now = (struct rule){ .kind = FILTER_MERGE, .mods = f.mods | side, .pattern = strndup(f.pattern, f.len) };
	if (now.pattern == NULL)
		return -ENOMEM;
	r = load_merge(e, &now, included_from(e, now.pattern), list, depth + 1);
	free(now.pattern);
	return r;
}

/* The file that a merge rule names, in directory fs. */
static int
load_merge(struct entering *e, const struct rule *by, const char *fs, struct rules *list, int depth)
{
	const char *name = by->kind == FILTER_DIR_MERGE && strrchr(by->pattern, '/') != NULL ?
	    strrchr(by->pattern, '/') + 1 : by->pattern;
	struct rules_splitter s;
	const char *piece;
	char *text;
	size_t n;
	int r = 0;

	if (depth > RULES_DEPTH_MAX)
		return -ELOOP;
	if ((text = e->reader->fetch(e->reader->arg, fs, name)) == NULL)	/* absent, or hidden: the same */
		return by->kind == FILTER_MERGE ? -ENOENT : 0;
	s = (struct rules_splitter){ text, (by->mods & FM_WORDS) != 0, 0 };
	while (r == 0 && rules_next_piece(&s, &piece, &n))
		r = add_merged(e, by, list, piece, n, depth);
	if (r != 0 && e->where[0] == '\0')	/* never the text: it may be anybody's file */
		snprintf(e->where, e->where_size, "%s%s%s line %u", fs, fs[0] == '\0' ? "" : "/", name, s.line);
	free(text);
	return r;
}

static bool
already_merged(const struct rules_dir *d, const struct rule *by)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].by == by || strcmp(d->v[i].by->pattern, by->pattern) == 0)
			return true;
	return false;
}

static int enter_list(struct entering *e, const struct rules *list, bool found_here, int depth);

/* What one ':' rule finds in directory fs: the one being entered, or one above it. */
static int
merge_from(struct entering *e, const struct rule *by, const char *fs, int depth)
{
	struct merged *v = reallocarray(e->dir->v, e->dir->n + 1, sizeof *v), now = { .by = by, .list.total = e->top->total };
	int r;

	if (v == NULL)
		return -ENOMEM;
	e->dir->v = v;
	if (strcmp(fs, e->dir->fs) != 0 && (now.fs = strdup(fs)) == NULL)
		return -ENOMEM;
	r = load_merge(e, by, fs, &now.list, depth);
	e->dir->v[e->dir->n++] = now;
	return r;
}

static bool
holds(const char *dir, const char *fs)
{
	size_t n = strlen(dir);

	return n == 0 || (strncmp(dir, fs, n) == 0 && (fs[n] == '/' || fs[n] == '\0'));
}

/* A rule found in this directory whose file has a path: the directories above count from the one that it names on, which
 * is one of the module or one seen from here.  The nearest comes first. */
static int
merge_above(struct entering *e, const struct rule *by, int depth)
{
	char start[RULES_PATH_SIZE], at[RULES_PATH_SIZE], *slash = strrchr(by->pattern, '/');
	char *dir = strndup(by->pattern, slash == NULL ? 0 : (size_t)(slash - by->pattern) + 1);
	int r = dir == NULL ? -ENOMEM : path_below(dir[0] == '/' ? "" : e->dir->fs, dir, start, sizeof start);

	free(dir);
	if (r == 0)
		r = path_below("", e->dir->fs, at, sizeof at);
	if (r != 0 || !holds(start, at))
		return r == -ENAMETOOLONG ? 0 : r;
	while (r == 0 && strlen(at) > strlen(start)) {
		slash = strrchr(at, '/');
		*(slash == NULL ? at : slash) = '\0';
		r = merge_from(e, by, at, depth);
	}
	return r;
}

/* Read what one ':' rule finds here, then what the rules found ask for in turn. */
static int
enter_rule(struct entering *e, const struct rule *by, bool found_here, int depth)
{
	size_t at = e->dir->n;
	int r;

	if (already_merged(e->dir, by))
		return 0;
	r = merge_from(e, by, e->dir->fs, depth);
	if (r == 0 && found_here && !(by->mods & FM_NO_INHERIT) && strchr(by->pattern, '/') != NULL)
		r = merge_above(e, by, depth);
	return r != 0 ? r : enter_list(e, &e->dir->v[at].list, true, depth + 1);
}

/* found_here: the list was read while this directory was entered. */
static int
enter_list(struct entering *e, const struct rules *list, bool found_here, int depth)
{
	size_t n = list->n;
	const struct rule *v = list->v;	/* the list may move when more are merged; its rules do not */
	int r = 0;

	if (depth > RULES_DEPTH_MAX)
		return -ELOOP;
	for (size_t i = 0; i < n && r == 0; i++)
		if (v[i].kind == FILTER_DIR_MERGE)
			r = enter_rule(e, &v[i], found_here, depth);
	return r;
}

static bool
wants_parents(const struct rules *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].kind == FILTER_DIR_MERGE && strchr(r->v[i].pattern, '/') != NULL)
			return true;
	return false;
}

static bool
has_merges(const struct rules *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].kind == FILTER_DIR_MERGE)
			return true;
	return false;
}

static int
enter_one(const struct rules *r, struct rules_dir *above, const char *fs, struct entering *e, struct rules_dir **ret)
{
	struct rules_dir *d = calloc(1, sizeof *d);
	int result = 0;

	if (d == NULL || (d->fs = strdup(fs)) == NULL) {
		free(d);
		return -ENOMEM;
	}
	d->refs = 1;
	d->above = rules_dir_share(above);
	e->dir = d;
	result = enter_list(e, r, false, 0);
	for (const struct rules_dir *up = above; up != NULL && result == 0; up = up->above)
		for (size_t i = 0; i < up->n && result == 0; i++)
			result = enter_list(e, &up->v[i].list, false, 0);	/* ':' rules found above hold here too */
	if (result != 0) {
		rules_dir_free(d);
		return result;
	}
	*ret = d;
	return 0;
}

/* The directories above fs, from the module's root down; *top becomes the last of them. */
static int
enter_parents(const struct rules *r, const char *fs, struct entering *e, struct rules_dir **top)
{
	struct rules_dir *next;
	char path[RULES_PATH_SIZE] = "";
	size_t n = 0;
	int result = 0;

	if (strlen(fs) >= sizeof path)
		return E_LIMIT;
	while (result == 0) {
		if ((result = enter_one(r, *top, path, e, &next)) != 0)
			return result;
		rules_dir_free(*top);
		*top = next;
		n += strcspn(fs + n, "/");
		if (fs[n] == '\0')
			break;
		memcpy(path, fs, n);
		path[n++] = '\0';
	}
	return 0;
}

int
rules_enter(const struct rules *r, struct rules_dir *above, const char *fs, const struct rules_reader *reader,
    struct rules_dir **ret, char *where, size_t where_size)
{
	struct entering e = { r, NULL, reader, where, where_size };
	struct rules_dir *top = rules_dir_share(above);
	int result = 0;

	where[0] = '\0';
	*ret = NULL;
	if (!has_merges(r))
		return 0;
	if (above == NULL && fs[0] != '\0' && wants_parents(r))
		result = enter_parents(r, fs, &e, &top);
	if (result == 0)
		result = enter_one(r, top, fs, &e, ret);
	rules_dir_free(top);
	return result;
}

bool
rules_complaint(int error, const char *slash, const char *where, char *dst, size_t size)
{
	static const struct { int error; const char *text; } rows[] = {
		{ E_FORMAT, "Unknown filter rule:" }, { -ENOENT, "failed to open exclude file" },
		{ -ELOOP, "merge-file include depth limit exceeded at" }, { E_LIMIT, "too many filter rules at" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].error == error) {
			snprintf(dst, size, "%s <rule from %s%s>", rows[i].text, slash, where);
			return true;
		}
	return false;
}

struct rules_dir *
rules_dir_share(struct rules_dir *d)
{
	if (d != NULL)
		d->refs++;
	return d;
}

void
rules_dir_free(struct rules_dir *d)
{
	while (d != NULL && --d->refs == 0) {
		struct rules_dir *above = d->above;

		for (size_t i = 0; i < d->n; i++) {
			rules_list_done(&d->v[i].list);
			free(d->v[i].fs);
		}
		free(d->v);
		free(d->fs);
		free(d);
		d = above;
	}
}

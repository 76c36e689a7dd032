#include "syncd/policy/rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "syncd/policy/path.h"
#include "syncd/policy/rule_text.h"
#include "syncd/policy/wild.h"

enum {
	PATH_SIZE = 8192,
	RULES_A_STEP = 64,	/* rules between two counts of work */
};

struct rule {
	enum filter_kind kind;
	unsigned mods;
	char *pattern;		/* without the slashes at either end; a merge's file name */
	bool dir_only, anchored, magic, deep;	/* deep: holds "**" */
	bool subtree;		/* ended in slash and three stars: the directory and all below */
	unsigned slashes;
};

struct tally {
	size_t rules, bytes;
};

struct rules {
	struct rule *v;
	size_t n, cap;
	struct tally held;	/* by this list */
	struct tally *total;	/* by all lists of a family; counts against RULES_MAX, RULES_BYTES_MAX */
	struct tally own_total;
	unsigned side;		/* whose rules count: FM_SENDER or FM_RECEIVER */
	bool unsided_too;	/* rules that name no side count as well */
	bool cleared;		/* a '!' in it: what was inherited is gone too */
	struct work *work;	/* of the list that is asked; not of what is merged into it */
};

/* The rules that one merge rule found in one directory. */
struct merged {
	const struct rule *by;
	struct rules list;
	char *fs;		/* the directory above it that they were found in, heap; NULL: in this one */
};

struct rules_dir {
	unsigned refs;
	struct rules_dir *above;
	char *fs;
	struct merged *v;
	size_t n;
};

/* --- lists --------------------------------------------------------------------------------- */

int
rules_new(struct rules **ret)
{
	struct rules *r = calloc(1, sizeof *r);

	if (r == NULL)
		return -ENOMEM;
	r->total = &r->own_total;
	r->side = FM_SENDER;
	r->unsided_too = true;
	*ret = r;
	return 0;
}

static void
list_done(struct rules *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->v[i].pattern);
	free(r->v);
	r->v = NULL;
	r->n = r->cap = 0;
	r->total->rules -= r->held.rules;
	r->total->bytes -= r->held.bytes;
	r->held = (struct tally){ 0, 0 };
}

void
rules_free(struct rules *r)
{
	if (r == NULL)
		return;
	list_done(r);
	free(r);
}

void
rules_count(struct rules *r, struct work *w)
{
	if (r != NULL)
		r->work = w;
}

bool
rules_empty(const struct rules *r)
{
	return r == NULL || r->n == 0;
}

static bool
is_merge(const struct rule *rule)
{
	return rule->kind == FILTER_MERGE || rule->kind == FILTER_DIR_MERGE;
}

/* Take a pattern apart once, so that matching does not have to. */
static void
prepare(struct rule *rule)
{
	char *p = rule->pattern;
	size_t n = strlen(p);

	if (is_merge(rule))
		return;
	if (n >= 4 && strcmp(p + n - 4, "/***") == 0) {
		rule->subtree = true;
	} else if (n > 1 && p[n - 1] == '/') {
		rule->dir_only = true;
		p[--n] = '\0';
	}
	if (p[0] == '/') {
		rule->anchored = true;
		memmove(p, p + 1, n);
	}
	rule->magic = wild_has_magic(p);
	rule->deep = strstr(p, "**") != NULL;
	for (; *p != '\0'; p++)
		rule->slashes += *p == '/';
}

static int
append(struct rules *r, enum filter_kind kind, unsigned mods, const char *pattern, size_t n)
{
	struct rule *rule;

	if (r->total->rules >= RULES_MAX || n > RULES_BYTES_MAX - r->total->bytes)
		return E_LIMIT;
	if (r->n == r->cap) {
		size_t cap = r->cap == 0 ? 8 : r->cap * 2;
		struct rule *v = reallocarray(r->v, cap, sizeof *v);

		if (v == NULL)
			return -ENOMEM;
		r->v = v;
		r->cap = cap;
	}
	rule = &r->v[r->n];
	*rule = (struct rule){ .kind = kind, .mods = mods, .pattern = strndup(pattern, n) };
	if (rule->pattern == NULL)
		return -ENOMEM;
	prepare(rule);
	r->n++;
	r->held.rules++;
	r->total->rules++;
	r->held.bytes += n;
	r->total->bytes += n;
	return 0;
}

static int
add_words(struct rules *r, enum filter_kind kind, unsigned mods, const char *words)
{
	int result = 0;

	for (; *words != '\0' && result == 0; words += strspn(words, " ")) {
		size_t n = strcspn(words, " ");

		result = append(r, kind, mods, words, n);
		words += n;
	}
	return result;
}

static const char cvs_patterns[] =
    "RCS SCCS CVS CVS.adm RCSLOG cvslog.* tags TAGS .make.state .nse_depinfo *~ #* .#* ,* _$* *$ *.old *.bak *.BAK "
    "*.orig *.rej .del-* *.a *.olb *.o *.obj *.so *.exe *.Z *.elc *.ln core .svn/ .git/ .hg/ .bzr/";

static int
add_parsed(struct rules *r, const struct filter_text *f)
{
	static const char cvsignore[] = ".cvsignore";

	if (f->kind == FILTER_CLEAR) {
		list_done(r);
		r->cleared = true;
		return 0;
	}
	if (f->kind == FILTER_DIR_MERGE && (f->mods & FM_CVS))
		return append(r, f->kind, f->mods | FM_WORDS | FM_NO_INHERIT | FM_ONLY_EXCLUDE,
		    f->len > 0 ? f->pattern : cvsignore, f->len > 0 ? f->len : sizeof cvsignore - 1);
	if ((f->mods & FM_CVS) && f->kind == FILTER_EXCLUDE)
		return add_words(r, FILTER_EXCLUDE, f->mods & ~(unsigned)FM_CVS, cvs_patterns);
	return append(r, f->kind, f->mods, f->pattern, f->len);
}

int
rules_add(struct rules *r, const char *text, size_t n, bool old)
{
	struct filter_text f;

	if (rule_text_parse(text, n, old, &f) != 0 || f.kind == FILTER_MERGE)
		return E_FORMAT;	/* a client sends what a merge held, never the merge */
	return add_parsed(r, &f);
}

int
rules_add_cvs(struct rules *r)
{
	int result = rules_add(r, ":C", 2, false);

	return result != 0 ? result : rules_add(r, "-C", 2, false);
}

/* --- text of many rules ---------------------------------------------------------------------- */

struct splitter {
	const char *at;
	bool words;		/* at white space instead of line ends */
	unsigned line;
};

static bool
next_piece(struct splitter *s, const char **ret, size_t *ret_n)
{
	for (;;) {
		if (s->words)
			s->at += strspn(s->at, " \t\r\n");
		if (*s->at == '\0')
			return false;
		s->line++;
		*ret = s->at;
		*ret_n = strcspn(s->at, s->words ? " \t\r\n" : "\r\n");
		s->at += *ret_n;
		if (!s->words && *s->at != '\0')
			s->at += s->at[0] == '\r' && s->at[1] == '\n' ? 2 : 1;
		if (*ret_n > 0 && (s->words || (**ret != '#' && **ret != ';')))
			return true;
	}
}

/* A pattern without full syntax: "+ " and "- " may stand before it, "!" clears. */
static int
add_pattern(struct rules *r, enum filter_kind kind, unsigned mods, const char *text, size_t n)
{
	if (n == 1 && text[0] == '!') {
		list_done(r);
		r->cleared = true;
		return 0;
	}
	if (n > 2 && (text[0] == '+' || text[0] == '-') && text[1] == ' ') {
		kind = text[0] == '+' ? FILTER_INCLUDE : FILTER_EXCLUDE;
		text += 2;
		n -= 2;
	}
	return append(r, kind, mods, text, n);
}

/* "dir/" in the configuration hides what is in it as well; one that is shown shows no more than itself. */
static void
widen_last(struct rules *r)
{
	struct rule *rule = &r->v[r->n - 1];
	char *wide;

	if (!rule->dir_only || rule->kind != FILTER_EXCLUDE || (wide = malloc(strlen(rule->pattern) + 5)) == NULL)
		return;
	sprintf(wide, "%s/***", rule->pattern);
	free(rule->pattern);
	rule->pattern = wide;
	rule->dir_only = false;
	rule->subtree = rule->magic = rule->deep = true;
	rule->slashes++;
}

/* Blank-separated rules: a prefix that stands alone belongs to the word behind it. */
static int
add_filter_words(struct rules *r, const char *text)
{
	struct splitter s = { text, true, 0 };
	char rule[PATH_SIZE];
	const char *word, *more;
	size_t n, m;
	int result = 0;

	while (result == 0 && next_piece(&s, &word, &n)) {
		if (n >= sizeof rule / 2)
			return E_LIMIT;
		memcpy(rule, word, n);
		if (rule_text_needs_pattern(word, n)) {
			if (!next_piece(&s, &more, &m) || n + 1 + m >= sizeof rule)
				return E_FORMAT;
			rule[n++] = ' ';
			memcpy(rule + n, more, m);
			n += m;
		}
		result = rules_add(r, rule, n, false);
		if (result == 0 && r->n > 0)
			widen_last(r);
	}
	return result;
}

int
rules_add_config(struct rules *r, enum rules_source source, const char *text)
{
	bool lines = source == RULES_INCLUDE_LINES || source == RULES_EXCLUDE_LINES;
	bool include = source == RULES_INCLUDE_LINES || source == RULES_INCLUDE_LIST;
	struct splitter s = { text, !lines, 0 };
	const char *piece;
	size_t n;
	int result = 0;

	if (source == RULES_FILTER)
		return add_filter_words(r, text);
	while (result == 0 && next_piece(&s, &piece, &n)) {
		char pair[PATH_SIZE];
		const char *more;
		size_t m;

		if (!lines && n == 1 && (piece[0] == '+' || piece[0] == '-') && next_piece(&s, &more, &m)) {
			if (m + 2 >= sizeof pair)
				return E_LIMIT;
			snprintf(pair, sizeof pair, "%c %.*s", piece[0], (int)m, more);
			piece = pair;
			n = m + 2;
		}
		result = add_pattern(r, include ? FILTER_INCLUDE : FILTER_EXCLUDE, 0, piece, n);
		if (result == 0 && r->n > 0)
			widen_last(r);
	}
	return result;
}

/* --- merge files ------------------------------------------------------------------------------ */

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
			return n == 1 && text[0] == '!' ? add_pattern(list, FILTER_EXCLUDE, side, text, n) :
			    append(list, by->mods & FM_ONLY_INCLUDE ? FILTER_INCLUDE : FILTER_EXCLUDE, side, text, n);
		return append(list, FILTER_EXCLUDE, side, text, n);
	}
	if (rule_text_parse(text, n, false, &f) != 0)
		return E_FORMAT;
	if (f.kind != FILTER_MERGE) {
		f.mods |= side;
		return add_parsed(list, &f);
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
	struct splitter s;
	const char *piece;
	char *text;
	size_t n;
	int r = 0;

	if (depth > RULES_DEPTH_MAX)
		return -ELOOP;
	if ((text = e->reader->fetch(e->reader->arg, fs, name)) == NULL)	/* absent, or hidden: the same */
		return by->kind == FILTER_MERGE ? -ENOENT : 0;
	s = (struct splitter){ text, (by->mods & FM_WORDS) != 0, 0 };
	while (r == 0 && next_piece(&s, &piece, &n))
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
	char start[PATH_SIZE], at[PATH_SIZE], *slash = strrchr(by->pattern, '/');
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
	char path[PATH_SIZE] = "";
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
			list_done(&d->v[i].list);
			free(d->v[i].fs);
		}
		free(d->v);
		free(d->fs);
		free(d);
		d = above;
	}
}

/* --- judging ---------------------------------------------------------------------------------- */

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
	char with_slash[PATH_SIZE + 1];

	if (rule->pattern[0] == '*' && rule->pattern[1] == '*') {
		snprintf(with_slash, sizeof with_slash, "/%.*s", PATH_SIZE - 1, path);
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
	char dir_path[PATH_SIZE];
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

	if ((rule->mods & FM_XATTR) || ((rule->mods & FM_PERISHABLE) && j->n->doomed))
		return false;
	if (side == 0)
		return j->by->unsided_too || rule->kind == FILTER_DIR_MERGE;
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
spelled(const char *fs, char room[PATH_SIZE])
{
	if (path_is_plain(fs))
		return fs;
	return path_below("", fs, room, PATH_SIZE) == 0 ? room : NULL;
}

bool
rules_hides(const struct rules *r, const char *fs, bool is_dir)
{
	char room[PATH_SIZE];
	const char *path = rules_empty(r) ? "" : spelled(fs, room);

	return path == NULL || (path[0] != '\0' && hides(r, path, is_dir || path_says_dir(fs)));
}

bool
rules_hidden(const struct rules *r, const char *fs, bool is_dir)
{
	char path[PATH_SIZE];

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

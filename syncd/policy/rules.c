/* Lists of include and exclude rules: as they are sent, as -C adds them, as the module's parameters give them (rsync-wire 6.3,
 * 6.6; rsyncd.conf(5), filter). */
#include "syncd/policy/rules_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "syncd/policy/wild.h"

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

void
rules_list_done(struct rules *r)
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
	rules_list_done(r);
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

int
rules_list_append(struct rules *r, enum filter_kind kind, unsigned mods, const char *pattern, size_t n)
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

		result = rules_list_append(r, kind, mods, words, n);
		words += n;
	}
	return result;
}

static const char cvs_patterns[] =
    "RCS SCCS CVS CVS.adm RCSLOG cvslog.* tags TAGS .make.state .nse_depinfo *~ #* .#* ,* _$* *$ *.old *.bak *.BAK "
    "*.orig *.rej .del-* *.a *.olb *.o *.obj *.so *.exe *.Z *.elc *.ln core .svn/ .git/ .hg/ .bzr/";

int
rules_list_add(struct rules *r, const struct filter_text *f)
{
	static const char cvsignore[] = ".cvsignore";

	if (f->kind == FILTER_CLEAR) {
		rules_list_done(r);
		r->cleared = true;
		return 0;
	}
	if (f->kind == FILTER_DIR_MERGE && (f->mods & FM_CVS))
		return rules_list_append(r, f->kind, f->mods | FM_WORDS | FM_NO_INHERIT | FM_ONLY_EXCLUDE,
		    f->len > 0 ? f->pattern : cvsignore, f->len > 0 ? f->len : sizeof cvsignore - 1);
	if ((f->mods & FM_CVS) && f->kind == FILTER_EXCLUDE)
		return add_words(r, FILTER_EXCLUDE, f->mods & ~(unsigned)FM_CVS, cvs_patterns);
	return rules_list_append(r, f->kind, f->mods, f->pattern, f->len);
}

int
rules_add(struct rules *r, const char *text, size_t n, bool old)
{
	struct filter_text f;

	if (rule_text_parse(text, n, old, &f) != 0 || f.kind == FILTER_MERGE)
		return E_FORMAT;	/* a client sends what a merge held, never the merge */
	return rules_list_add(r, &f);
}

int
rules_add_cvs(struct rules *r)
{
	int result = rules_add(r, ":C", 2, false);

	return result != 0 ? result : rules_add(r, "-C", 2, false);
}

bool
rules_next_piece(struct rules_splitter *s, const char **ret, size_t *ret_n)
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
int
rules_list_pattern(struct rules *r, enum filter_kind kind, unsigned mods, const char *text, size_t n)
{
	if (n == 1 && text[0] == '!') {
		rules_list_done(r);
		r->cleared = true;
		return 0;
	}
	if (n > 2 && (text[0] == '+' || text[0] == '-') && text[1] == ' ') {
		kind = text[0] == '+' ? FILTER_INCLUDE : FILTER_EXCLUDE;
		text += 2;
		n -= 2;
	}
	return rules_list_append(r, kind, mods, text, n);
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
	struct rules_splitter s = { text, true, 0 };
	char rule[RULES_PATH_SIZE];
	const char *word, *more;
	size_t n, m;
	int result = 0;

	while (result == 0 && rules_next_piece(&s, &word, &n)) {
		if (n >= sizeof rule / 2)
			return E_LIMIT;
		memcpy(rule, word, n);
		if (rule_text_needs_pattern(word, n)) {
			if (!rules_next_piece(&s, &more, &m) || n + 1 + m >= sizeof rule)
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
	struct rules_splitter s = { text, !lines, 0 };
	const char *piece;
	size_t n;
	int result = 0;

	if (source == RULES_FILTER)
		return add_filter_words(r, text);
	while (result == 0 && rules_next_piece(&s, &piece, &n)) {
		char pair[RULES_PATH_SIZE];
		const char *more;
		size_t m;

		if (!lines && n == 1 && (piece[0] == '+' || piece[0] == '-') && rules_next_piece(&s, &more, &m)) {
			if (m + 2 >= sizeof pair)
				return E_LIMIT;
			snprintf(pair, sizeof pair, "%c %.*s", piece[0], (int)m, more);
			piece = pair;
			n = m + 2;
		}
		result = rules_list_pattern(r, include ? FILTER_INCLUDE : FILTER_EXCLUDE, 0, piece, n);
		if (result == 0 && r->n > 0)
			widen_last(r);
	}
	return result;
}

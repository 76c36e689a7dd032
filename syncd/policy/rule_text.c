/* The text of one filter rule: prefix, modifiers, pattern (rsync(1), FILTER RULES). */
#include "syncd/policy/rule_text.h"

#include <ctype.h>
#include <string.h>

#include "lib/err.h"

static const struct prefix {
	char letter;
	const char *word;
	enum filter_kind kind;
	unsigned mods;
} prefixes[] = {
	{ '-', "exclude", FILTER_EXCLUDE, 0 },
	{ '+', "include", FILTER_INCLUDE, 0 },
	{ '.', "merge", FILTER_MERGE, 0 },
	{ ':', "dir-merge", FILTER_DIR_MERGE, 0 },
	{ 'H', "hide", FILTER_EXCLUDE, FM_SENDER },
	{ 'S', "show", FILTER_INCLUDE, FM_SENDER },
	{ 'P', "protect", FILTER_EXCLUDE, FM_RECEIVER },
	{ 'R', "risk", FILTER_INCLUDE, FM_RECEIVER },
	{ '!', "clear", FILTER_CLEAR, 0 },
};

static const struct modifier {
	char letter;
	unsigned bit;
	bool on_rules, on_merges;
} modifiers[] = {
	{ '/', FM_ABSOLUTE, true, true }, { '!', FM_NEGATE, true, false }, { 'C', FM_CVS, true, true },
	{ 'n', FM_NO_INHERIT, false, true }, { 'w', FM_WORDS, false, true }, { '-', FM_ONLY_EXCLUDE, false, true },
	{ '+', FM_ONLY_INCLUDE, false, true }, { 'e', FM_EXCLUDE_SELF, false, true }, { 'x', FM_XATTR, true, true },
	{ 's', FM_SENDER, true, true }, { 'r', FM_RECEIVER, true, true }, { 'p', FM_PERISHABLE, true, true },
};

static int
parse_old(const char *text, size_t n, struct filter_text *ret)
{
	bool include = n >= 2 && text[0] == '+' && text[1] == ' ', exclude = n >= 2 && text[0] == '-' && text[1] == ' ';

	*ret = (struct filter_text){ include ? FILTER_INCLUDE : FILTER_EXCLUDE, 0, text, n };
	if (n == 1 && text[0] == '!')
		ret->kind = FILTER_CLEAR;
	if (include || exclude) {
		ret->pattern += 2;
		ret->len -= 2;
	}
	return ret->len == 0 ? E_FORMAT : 0;
}

/* The prefix that text starts with, and how many bytes of it that is. */
static const struct prefix *
find_prefix(const char *text, size_t n, size_t *ret_len)
{
	size_t word = 0;

	while (word < n && (isalpha((unsigned char)text[word]) || (word > 0 && text[word] == '-')))
		word++;
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		size_t len = strlen(prefixes[i].word);

		if (len == word && memcmp(prefixes[i].word, text, len) == 0) {
			*ret_len = len;
			return &prefixes[i];
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (n > 0 && text[0] == prefixes[i].letter) {
			*ret_len = 1;
			return &prefixes[i];
		}
	return NULL;
}

static bool
add_modifier(struct filter_text *f, bool sided, char letter)
{
	bool merge = f->kind == FILTER_MERGE || f->kind == FILTER_DIR_MERGE;

	for (size_t i = 0; i < ARRAY_LEN(modifiers); i++) {
		const struct modifier *m = &modifiers[i];

		if (m->letter != letter || !(merge ? m->on_merges : m->on_rules))
			continue;
		if (sided && (m->bit == FM_SENDER || m->bit == FM_RECEIVER))
			return false;
		f->mods |= m->bit;
		return true;
	}
	return false;
}

/* Prefix and modifiers; *ret_at is where the separator stands, or n. */
static int
parse_prefix(const char *text, size_t n, struct filter_text *ret, size_t *ret_at)
{
	const struct prefix *p;
	size_t at;

	if ((p = find_prefix(text, n, &at)) == NULL)
		return E_FORMAT;
	*ret = (struct filter_text){ p->kind, p->mods, text, 0 };
	if (p->kind == FILTER_CLEAR)
		return at == n ? 0 : E_FORMAT;
	if (at < n && text[at] == ',')
		at++;
	else if (at > 1 && at < n && text[at] != ' ' && text[at] != '_')
		return E_FORMAT;		/* a word takes its modifiers behind a comma only */
	for (; at < n && text[at] != ' ' && text[at] != '_'; at++)
		if (!add_modifier(ret, p->mods != 0, text[at]))
			return E_FORMAT;
	*ret_at = at;
	return 0;
}

bool
rule_text_needs_pattern(const char *text, size_t n)
{
	struct filter_text f;
	size_t at;

	return parse_prefix(text, n, &f, &at) == 0 && f.kind != FILTER_CLEAR && at == n && !(f.mods & FM_CVS);
}

int
rule_text_parse(const char *text, size_t n, bool old, struct filter_text *ret)
{
	size_t at;
	int r;

	if (old)
		return parse_old(text, n, ret);
	if ((r = parse_prefix(text, n, ret, &at)) != 0 || ret->kind == FILTER_CLEAR)
		return r;
	if (at < n)
		at++;
	ret->pattern = text + at;
	ret->len = n - at;
	return ret->len == 0 && !(ret->mods & FM_CVS) ? E_FORMAT : 0;
}

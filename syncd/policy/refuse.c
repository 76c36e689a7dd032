/* refuse options: words into rows of the table of options, and what one option means for another. */
#include "syncd/policy/refuse.h"

#include <string.h>

#include "lib/err.h"
#include "syncd/policy/option_table.h"
#include "syncd/policy/options.h"
#include "syncd/policy/wild.h"
#include "syncd/types.h"

/* A pattern does not reach them: a word has to name them. */
static const char *const exact_only[] = { "server", "sender", "rsh", "log-format", "dry-run", "secluded-args", "from0", "iconv", "no-iconv",
	"checksum-seed", "copy-devices", "write-devices" };

static bool
is_exact_only(const struct option_row *row)
{
	for (size_t i = 0; i < ARRAY_LEN(exact_only); i++)
		if (strcmp(row->name, exact_only[i]) == 0)
			return true;
	return false;
}

/* Where rows meet that have nothing in common but to mean nothing here, or not the same. */
static bool
is_shared(size_t at)
{
	static const size_t shared[] = { offsetof(struct options, noop), offsetof(struct options, text), offsetof(struct options, number),
		offsetof(struct options, inc_refused), offsetof(struct options, remove_source) };

	for (size_t i = 0; i < ARRAY_LEN(shared); i++)
		if (at == shared[i])
			return true;
	return false;
}

/* Do both do the same thing? */
static bool
is_alias(const struct option_row *a, const struct option_row *b)
{
	if ((a->same != NULL && strcmp(a->same, b->name) == 0) || (b->same != NULL && strcmp(b->same, a->name) == 0))
		return true;
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case K_COUNT:
	case K_CLEAR:
	case K_TEXT:
	case K_MAP:
	case K_NUMBER:
	case K_SIZE:
	case K_CLEAR_TEXT:
	case K_CLEAR_NUMBER:
		return a->at == b->at && !is_shared(a->at);
	case K_OWN_RULE:
		return strcmp(a->also, b->also) == 0;
	default:
		return false;
	}
}

static void
set(struct refusals *r, size_t i, bool on)
{
	if (on)
		r->bits[i / 8] |= (uint8_t)(1u << i % 8);
	else
		r->bits[i / 8] &= (uint8_t)~(1u << i % 8);
}

static bool
matches(const struct option_row *row, const char *pattern)
{
	const char letter[2] = { row->letter, '\0' };

	return (row->name[0] != '\0' && wild_match(pattern, row->name)) || (row->letter != '\0' && wild_match(pattern, letter));
}

/* False when it matches nothing. */
static bool
apply_pattern(struct refusals *r, const char *pattern, bool on)
{
	bool found = false;

	for (size_t i = 0; i < option_n_rows; i++)
		if (matches(&option_rows[i], pattern)) {
			found = true;
			if (!is_exact_only(&option_rows[i]))
				set(r, i, on);
		}
	return found;
}

static bool
apply_name(struct refusals *r, const char *name, bool on)
{
	const struct option_row *row = option_by_word(name);

	if (row == NULL)
		return false;
	for (size_t i = 0; i < option_n_rows; i++)
		if (&option_rows[i] == row || is_alias(&option_rows[i], row))
			set(r, i, on);
	return true;
}

void
refuse_words(struct refusals *ret, const char *words, void (*unmatched)(void *, const char *), void *arg)
{
	char word[LINE_MAX_BYTES + 1];

	*ret = (struct refusals){ 0 };
	for (size_t n; words != NULL && *words != '\0'; words += n) {
		const char *name = word;
		bool on, found;

		words += strspn(words, " ");
		n = strcspn(words, " ");
		if (n == 0 || n >= sizeof word)
			continue;
		memcpy(word, words, n);
		word[n] = '\0';
		on = word[0] != '!';
		name += !on;
		if (strcmp(name, "a") == 0 || strcmp(name, "archive") == 0)	/* and all that it stands for */
			found = apply_pattern(ret, "[ardlptgoD]", on);
		else
			found = strpbrk(name, "*?[") != NULL ? apply_pattern(ret, name, on) : apply_name(ret, name, on);
		if (!found && unmatched != NULL)
			unmatched(arg, name);
	}
}

static bool
is_set(const struct refusals *r, const struct option_row *row)
{
	size_t i = (size_t)(row - option_rows);

	return (r->bits[i / 8] >> i % 8 & 1) != 0;
}

/* The option of that name or letter, if it is refused. */
static const struct option_row *
refused(const struct refusals *r, const char *name)
{
	const struct option_row *row = option_by_word(name);

	return row != NULL && is_set(r, row) ? row : NULL;
}

/* -a and -P stand for others, which are asked in the order in which rsync names them; -D, as there, for itself. */
const struct option_row *
refuse_row(const struct refusals *r, const struct option_row *row)
{
	static const char *const parts[][9] = { { "l", "D", "g", "o", "t", "p", "d", "r", NULL }, { "partial", "progress", NULL } };
	const struct option_row *part = NULL;

	if (r == NULL || is_set(r, row))
		return r == NULL ? NULL : row;
	if (row->letter == 'a' || row->letter == 'P')
		for (const char *const *name = parts[row->letter == 'P']; *name != NULL && part == NULL; name++)
			part = refused(r, *name);
	return part;
}

const struct option_row *
refuse_implied(const struct refusals *r, const struct options *o)
{
	const struct option_row *row;

	if (r == NULL)
		return NULL;
	if ((options_deletes(o) || o->delete_missing > 0 || (o->sender && o->remove_source > 0)) && (row = refused(r, "delete")) != NULL)
		return row;
	if (o->del > 0 && o->del_before + o->del_during + o->del_delay + o->del_after == 0 && refused(r, "delete-during") != NULL &&
	    (row = refused(r, "delete-before")) != NULL)	/* one of them it would have to be */
		return row;
	if ((o->compress > 0 || o->level_given || o->new_compress > 0 || o->old_compress > 0 || o->compress_choice != NULL) &&
	    (row = refused(r, "compress")) != NULL)
		return row;
	if (options_appends(o) && (row = refused(r, "inplace")) != NULL)
		return row;
	if ((o->inplace > 0 || options_appends(o) || (o->partial_dir != NULL && o->partial_dir[0] == '\0')) && (row = refused(r, "partial")) != NULL)
		return row;
	return o->iconv == NULL ? refused(r, "no-iconv") : NULL;
}

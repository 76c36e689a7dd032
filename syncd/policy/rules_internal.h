/* What the files of the filter rules share; nobody else includes it.  rules.c keeps the lists and reads their text, rules_merge.c
 * enters directories, rules_match.c decides about names. */
#ifndef SALLYPORT_SYNCD_POLICY_RULES_INTERNAL_H
#define SALLYPORT_SYNCD_POLICY_RULES_INTERNAL_H

#include "syncd/policy/rule_text.h"
#include "syncd/policy/rules.h"

enum { RULES_PATH_SIZE = 8192 };

struct rule {
	enum filter_kind kind;
	unsigned mods;
	char *pattern;		/* without the slashes at either end; a merge's file name */
	bool dir_only, anchored, magic, deep;	/* deep: holds "**" */
	bool subtree;		/* ended in slash and three stars: the directory and all below */
	unsigned slashes;
	bool protects;		/* of no side, and a receiver's all the same (rules_protect) */
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

struct rules_splitter {
	const char *at;
	bool words;		/* at white space instead of line ends */
	unsigned line;
};

/* The next piece of a text: a line or a word, without comments; *ret_n bytes at *ret, borrowed.  False at its end. */
bool rules_next_piece(struct rules_splitter *s, const char **ret, size_t *ret_n);

/* Free what a list holds; the list itself is the caller's. */
void rules_list_done(struct rules *r);

/* Append one rule: its kind, modifiers (FM_...) and n bytes of pattern.  0, E_LIMIT or -ENOMEM. */
int rules_list_append(struct rules *r, enum filter_kind kind, unsigned mods, const char *pattern, size_t n);

/* Append one parsed rule, or what it stands for.  0, E_LIMIT or -ENOMEM. */
int rules_list_add(struct rules *r, const struct filter_text *f);

/* Append one line of a list of plain patterns ("+ " and "- " in front are understood).  0, E_LIMIT or -ENOMEM. */
int rules_list_pattern(struct rules *r, enum filter_kind kind, unsigned mods, const char *text, size_t n);

#endif

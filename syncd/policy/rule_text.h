/* One filter rule's text as a struct (rsync-wire 6.3). */
#ifndef SALLYPORT_SYNCD_POLICY_RULE_TEXT_H
#define SALLYPORT_SYNCD_POLICY_RULE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum filter_kind {
	FILTER_EXCLUDE, FILTER_INCLUDE,
	FILTER_MERGE,		/* '.': read rules from a file now */
	FILTER_DIR_MERGE,	/* ':': a file of rules in each directory */
	FILTER_CLEAR,		/* '!' alone */
};

enum {	/* modifiers */
	FM_ABSOLUTE = 0x001,	/* '/': match from the module's root */
	FM_NEGATE = 0x002,	/* '!' */
	FM_CVS = 0x004,		/* 'C' */
	FM_NO_INHERIT = 0x008,	/* 'n' */
	FM_WORDS = 0x010,	/* 'w' */
	FM_ONLY_EXCLUDE = 0x020,	/* '-' on merges */
	FM_ONLY_INCLUDE = 0x040,	/* '+' on merges */
	FM_EXCLUDE_SELF = 0x080,	/* 'e' */
	FM_XATTR = 0x100,	/* 'x' */
	FM_SENDER = 0x200,	/* 's', and H S */
	FM_RECEIVER = 0x400,	/* 'r', and P R */
	FM_PERISHABLE = 0x800,	/* 'p' */
};

struct filter_text {
	enum filter_kind kind;
	unsigned mods;
	const char *pattern;	/* borrowed; what stands behind the prefix, trailing '/' included */
	size_t len;
};

/* Parse a rule.  old: the grammar below protocol 29 ("+ ", "- ", "!", else an exclude).
 * 0 or E_FORMAT. */
int rule_text_parse(const char *text, size_t n, bool old, struct filter_text *ret);

/* Is this a prefix that stands alone and waits for its pattern? */
bool rule_text_needs_pattern(const char *text, size_t n);

#endif

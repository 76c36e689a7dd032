/* The options that a client may send, a row each, for those who parse and refuse them. */
#ifndef SALLYPORT_SYNCD_POLICY_OPTION_TABLE_H
#define SALLYPORT_SYNCD_POLICY_OPTION_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum option_kind {
	K_COUNT,	/* ++int */
	K_CLEAR,	/* int = 0 */
	K_TEXT,		/* const char *, --name=value or two arguments */
	K_NUMBER,	/* int64_t, the same */
	K_SIZE,		/* int64_t in bytes: "10k", "1.5m", "1g-1" */
	K_DEST,		/* one more directory to look for files in; at says of which kind */
	K_CLEAR_APPEND,	/* both kinds */
	K_CLEAR_TEXT,	/* const char * = NULL */
	K_CLEAR_NUMBER,	/* int64_t = 0 */
	K_ALSO,		/* stands for the options in also */
	K_RULE,		/* a filter rule of this side's own; at says of which kind */
	K_OWN_RULE,	/* the filter rule in also */
	K_CHOWN,	/* USER:GROUP: all belongs to them */
	K_MAP,		/* text, once, and not beside --chown */
	K_REFUSE,	/* known, changes what is asked of us, not built: say so */
	K_REFUSE_TEXT,	/* the same with a value */
	K_DAEMON,	/* a daemon's own option among a client's */
};

struct option_row {
	const char *name;	/* "": it has a letter only */
	char letter;		/* 0: none */
	enum option_kind kind;
	size_t at;
	int64_t min, max;
	const char *also;	/* names with blanks between */
	const char *same;	/* the option that is another name of this one, where at does not say so */
};

enum { OPTION_ROWS_MAX = 320 };

extern const struct option_row option_rows[];
extern const size_t option_n_rows;

/* The option of that name (n bytes); NULL: there is none. */
const struct option_row *option_by_name(const char *name, size_t n);

/* The option of that letter; NULL: there is none. */
const struct option_row *option_by_letter(char letter);

/* The option that a word of one's own means, its name or its letter; NULL: there is none. */
const struct option_row *option_by_word(const char *word);

#endif

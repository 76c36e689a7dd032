/* Lines of a unit file: words are quoted so that systemd reads back what was given, or an error sticks. */
#ifndef SALLYPORT_UNITS_TEXT_H
#define SALLYPORT_UNITS_TEXT_H

#include "lib/buf.h"

enum text_kind {
	TEXT_WORD,	/* "%" begins a specifier, blanks separate, quotes and backslashes quote */
	TEXT_COMMAND,	/* the same, and "$" begins a variable */
	TEXT_PLAIN,	/* a word that must need no quoting: names, ports, addresses */
};

struct text {
	struct buf *out;
	int err;
};

/* One line, the newline added; the arguments are ours, or have been through text_check. */
void text_line(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "# why", where there is a why, then the line. */
void text_because(struct text *t, const char *why, const char *line);

/* A part of a line, quoted as kind asks; E_FORMAT sticks for what cannot be said. */
void text_word(struct text *t, enum text_kind kind, const char *word);
void text_raw(struct text *t, const char *ours);

/* 0, or E_FORMAT when word may not stand there.  NULL is 0. */
int text_check(enum text_kind kind, const char *word);

#endif

/* "[section] name = value" with line numbers, from memory.  Two dialects, because the
 * two files we read were never one grammar: rsyncd.conf(5) and stunnel(8). */
#ifndef SALLYPORT_LIB_INI_H
#define SALLYPORT_LIB_INI_H

#include <stddef.h>

#include "lib/buf.h"
#include "lib/err.h"

enum ini_dialect {
	INI_RSYNCD,	/* continuation lines, & directives, section names squeezed */
	INI_STUNNEL,	/* one line is one item; "[x]" must end its line; BOM skipped */
};

enum ini_kind {
	INI_END,
	INI_SECTION,	/* name */
	INI_SETTING,	/* name, value */
	INI_DIRECTIVE,	/* name, value: "&include x" */
	INI_JUNK,	/* name holds a line without '='; the dialect decides how bad that is */
};

struct ini_item {
	enum ini_kind kind;
	unsigned line;		/* where it began, from 1 */
	const char *name;	/* both valid until the next call */
	const char *value;
};

struct ini {
	enum ini_dialect dialect;
	const char *path;	/* borrowed, for messages */
	const char *at, *end;
	unsigned line;
	struct buf name, value;
};

enum { INI_LINE_MAX = 16383, INI_FILE_MAX = 4 << 20 };

/* Borrows text[0..size) and path. */
void ini_init(struct ini *in, enum ini_dialect dialect, const char *path, const char *text, size_t size);
void ini_done(struct ini *in);

/* 0 and *ret, or E_CONF with e filled, or -ENOMEM. */
int ini_next(struct ini *in, struct ini_item *ret, struct conf_err *e);

/* Read a whole file of at most INI_FILE_MAX bytes into *ret (buf_done is the caller's). */
int ini_slurp(const char *path, struct buf *ret, struct conf_err *e);
int ini_slurp_fd(int fd, const char *path, struct buf *ret, struct conf_err *e);

/* Are two parameter names the same?  Ignoring case; for INI_RSYNCD all white space too. */
int ini_same_name(enum ini_dialect dialect, const char *a, const char *b);

#endif

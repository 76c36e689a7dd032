/* Writes configuration text line by line.  What could not be read back as it was given
 * sticks as an error, so that a generator asks once, at its end. */
#ifndef SALLYPORT_DEPLOY_EMIT_H
#define SALLYPORT_DEPLOY_EMIT_H

#include "lib/buf.h"

struct emit {
	struct buf text;
	int err;
};

#define EMIT_INIT { BUF_INIT, 0 }

/* Free the text, and forget the error. */
void emit_done(struct emit *o);

/* One line; the newline is added.  A newline, CR or NUL inside is E_FORMAT. */
void emit_line(struct emit *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "name = value" for rsyncd.conf(5) and stunnel(8) alike.  Neither has quotes, so a value with
 * white space at an end, a backslash at its end or a line break inside is E_FORMAT. */
void emit_setting(struct emit *o, const char *name, const char *value);
void emit_number(struct emit *o, const char *name, long value);

/* "[name]".  A name that either reader would change or refuse is E_FORMAT. */
void emit_section(struct emit *o, const char *name);

/* Write everything to a new file below dirfd.  0, the error that sticks, or -errno. */
int emit_save(struct emit *o, int dirfd, const char *file, unsigned mode);

#endif

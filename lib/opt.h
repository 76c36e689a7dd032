/* An option table: one row per option gives parser, default, range, copy and dump of a
 * typed struct's fields. */
#ifndef SALLYPORT_LIB_OPT_H
#define SALLYPORT_LIB_OPT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/ini.h"

enum opt_type {
	OPT_STR,	/* char *: heap or NULL; "" is kept and means "set to nothing" */
	OPT_PATH,	/* the same, trailing slashes cut but for a lone "/" */
	OPT_INT,	/* int64_t, decimal, min..max */
	OPT_ATOI,	/* int64_t, read as rsync does: leading number or 0, clamped to min..max */
	OPT_BOOL,	/* int 0 or 1 */
	OPT_BOOL3,	/* int 0, 1, or -1 for "unset" */
	OPT_WORD,	/* int: index into words */
	OPT_LIST,	/* struct opt_list: every line appends one value */
};

struct opt_list {
	char **v;
	size_t n;
};

struct opt {
	const char *name;
	enum opt_type type;
	size_t at;		/* offsetof(the struct, field) */
	const char *def;	/* text of the default; NULL is NULL, 0, or an empty list */
	int64_t min, max;	/* both 0: the type's own range */
	const char *const *words;	/* OPT_WORD: NULL-ended */
	unsigned flags;		/* the table's owner gives them a meaning, */
	const void *more;	/* and this too */
};

/* The row of that name, or NULL. */
const struct opt *opt_find(const struct opt *table, size_t n, enum ini_dialect dialect, const char *name);

/* Set one field from text.  0, E_FORMAT, E_LIMIT or -ENOMEM; the field is unchanged on failure. */
int opt_set(const struct opt *o, void *conf, const char *value);

/* All fields to their defaults; conf must be zeroed before.  0 or -ENOMEM. */
int opt_defaults(const struct opt *table, size_t n, void *conf);

/* Deep copy of the table's fields; to must be zeroed before.  0 or -ENOMEM (to is then freeable). */
int opt_copy(const struct opt *table, size_t n, void *to, const void *from);

/* Free what the fields own and zero them. */
void opt_free(const struct opt *table, size_t n, void *conf);

/* "name = value" lines, in table order; fields that are NULL or empty lists are left out. */
void opt_dump(const struct opt *table, size_t n, const void *conf, struct buf *out);

/* What a value of this option looks like, for messages: "yes or no", "a number from 1 to 9". */
const char *opt_expects(const struct opt *o, char *dst, size_t size);

#endif

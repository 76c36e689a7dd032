/* "log format" of rsyncd.conf(5): a line of the log for each file that was transferred (rsyncd-conf section 10). */
#ifndef SALLYPORT_SYNCD_POLICY_LOG_FORMAT_H
#define SALLYPORT_SYNCD_POLICY_LOG_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "lib/buf.h"

enum {
	LOG_FORMAT_WIDTH_MAX = 999,	/* of one value; a wider one is not padded beyond */
	LOG_FORMAT_ITEM = 11,		/* characters of an item's letters */
};

/* What a line may tell.  Texts are never NULL. */
struct log_facts {
	const char *op;			/* "send", "recv" or "del." */
	const char *addr, *host, *user;	/* of the client */
	const char *module, *path;	/* of the module, as configured */
	const char *file;		/* from the module's root on */
	const char *name;		/* as in the file list, a directory's with a slash behind */
	const char *link_mark, *link;	/* " -> " or " => " and where it leads; both empty for other files */
	char item[LOG_FORMAT_ITEM + 1];	/* the letters of -i */
	uint32_t mode;
	int64_t length, mtime;
	int64_t uid, gid;		/* gid -1: owners are not kept */
	uint64_t bytes, other;		/* moved for this file: the data's way, and the other */
	const uint8_t *sum;		/* of the whole file, sum_len bytes; NULL: not known */
	size_t sum_len;
	pid_t pid;
	time_t now;
};

/* Is one of the escapes (letters of a string) in the format? */
bool log_format_has(const char *format, const char *escapes);

/* Append the line, without an end.  Values are put as they are and not looked at again; whoever writes the log makes them
 * printable.  out->err sticks. */
void log_format_put(struct buf *out, const char *format, const struct log_facts *f);

#endif

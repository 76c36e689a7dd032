/* Names of user and group ids, asked of the monitor once each. */
#ifndef SALLYPORT_SYNCD_SESSION_NAMES_H
#define SALLYPORT_SYNCD_SESSION_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct name_row {
	uint32_t id;
	char *name;		/* NULL: the id has none */
	bool sent;		/* inline, with an entry */
};

struct names {
	int monitor_fd;		/* -1: no names at all */
	char kind;		/* 'u' or 'g' */
	struct name_row *rows;
	size_t n, last;		/* last: where the previous look-up ended */
};

enum { NAMES_MAX = 4096 };	/* ids remembered; later ones go without a name */

/* Names of users (kind 'u') or groups ('g'), asked of the monitor at monitor_fd (-1: there are none); and free them. */
void names_init(struct names *t, int monitor_fd, char kind);
void names_done(struct names *t);

/* The row of an id, looked up when it is new; NULL when it cannot be kept. */
struct name_row *names_get(struct names *t, uint32_t id);

#endif

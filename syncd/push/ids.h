/* Owners as a client names them, and what they are here: by the client's lists of names, by
 * --usermap and --groupmap, or by number (rsync-wire 5.6). */
#ifndef SALLYPORT_SYNCD_PUSH_IDS_H
#define SALLYPORT_SYNCD_PUSH_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	IDS_MAX = 65536, IDS_RULES_MAX = 4096,
	IDS_ASKED_MAX = 4096,	/* of each kind: both together stay below what the monitor allows (NAMES_ASKED_MAX) */
};

struct id_row {
	uint32_t wire, here;
};

struct id_rule {
	uint32_t low, high;	/* a range of ids, or */
	char *name;		/* a name or wildcard; "" is "has no name" */
	uint32_t to;
};

struct ids {
	int monitor_fd;		/* -1: names mean nothing here */
	char kind;		/* 'u' or 'g' */
	bool numeric;		/* nothing has a name, not even 0 */
	struct id_row *rows;	/* sorted by what was on the wire */
	size_t n, cap, last;
	struct id_rule *rules;
	size_t n_rules;
	unsigned asked;		/* names asked of the monitor */
};

/* Ids of users (kind 'u') or groups ('g'), whose names are asked of the monitor at monitor_fd (-1: names mean nothing
 * here); and free what was learned. */
void ids_init(struct ids *t, int monitor_fd, char kind);
void ids_done(struct ids *t);

/* --usermap, --groupmap.  0, -ENOMEM, or E_FORMAT with the part that is wrong in bad.  A name that means nothing
 * here is left out: unknown (arg, name) is called for it. */
int ids_rules(struct ids *t, const char *text, void (*unknown)(void *, const char *), void *arg, char bad[128]);

/* The client says what an id is called; NULL or "": it does not know.  0, E_LIMIT or -ENOMEM. */
int ids_learn(struct ids *t, uint32_t wire, const char *name);

/* What an id of the wire is here. */
uint32_t ids_here(struct ids *t, uint32_t wire);

#endif

/* What a service can do without, as directives: one table for all units, and what a service needs is taken out of it by name. */
#ifndef SALLYPORT_UNITS_HARDEN_H
#define SALLYPORT_UNITS_HARDEN_H

#include <stdint.h>

#include "units/facts.h"
#include "units/text.h"

enum {	/* needs */
	NEEDS_ROOT = 1 << 0,		/* starts as root, and lives with the machine's users */
	NEEDS_OPENAT2 = 1 << 1,		/* keeps paths inside of a directory by it (and may set set-user-ID bits) */
	NEEDS_DEVICES = 1 << 2,		/* makes device nodes */
	NEEDS_PROGRAMS = 1 << 3,	/* starts programs that are not its own */
	NEEDS_HOME = 1 << 4,		/* works in homes: what of them is for the unit to say */
	NEEDS_TMP = 1 << 5,
	NEEDS_MANAGER = 1 << 6,		/* a user's service manager, which cannot do everything */
	NEEDS_PROC = 1 << 7,		/* what is in /proc beside processes */
};

enum reach {
	REACH_NOTHING,		/* sockets it is given, and UNIX sockets */
	REACH_THIS_MACHINE,	/* TCP on loopback */
	REACH_CLIENTS,		/* it binds its port itself: addresses cannot be told apart */
	REACH_OUTWARD,		/* and connects to other machines */
};

/* Lists of system calls, words as in SystemCallFilter=; each ends with NULL.  They hold what the programs' own roles are
 * allowed, and what starting them takes: t/units/702 compares. */
extern const char *const calls_of_service[], *const calls_of_walls[], *const calls_of_root[];
extern const char *const calls_of_dropping[], *const calls_never[], *const calls_of_limits[], *const calls_of_privilege[];

struct sandbox {
	unsigned needs;			/* of the bits above */
	enum reach reach;
	uint16_t port;			/* that it binds itself; 0: none */
	int binds_low;			/* and is a user who may not, but for a capability */
	const char *caps;		/* of CapabilityBoundingSet=, beside that one; "": none */
	const char *program;		/* all that may be executed, beside libraries; NULL: unknown */
	int drops;			/* it gives up its capabilities itself, once it is bound */
	int schedules;			/* it sets limits and priorities of its own, as HAProxy does */
};

/* Append the directives of a sandbox of that kind to t, which is what a unit's [Service] has. */
void harden_put(const struct sandbox *s, struct text *t);

/* ReadWritePaths= and its kin.  view: the service is shown nothing but what it is given of the places where data is kept. */
void harden_put_paths(const struct unit_path *paths, size_t n, int view, struct text *t);

/* Is path where units see nothing (homes, temporary files), unless it is bound into them? */
int harden_hides(const char *path);

#endif

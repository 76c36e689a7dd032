/* What one look at a deployment saw: plain structs between those who ask and those who print.  Names may hold any bytes: they are
 * strangers', and are escaped when they are printed. */
#ifndef SALLYPORT_DEPLOY_STATUS_FACTS_H
#define SALLYPORT_DEPLOY_STATUS_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	STATUS_UNITS_MAX = 16, STATUS_SESSIONS_MAX = 2048, STATUS_SECTIONS_MAX = 128, STATUS_REASONS_MAX = 32, STATUS_ENDS_MAX = 64,
	STATUS_WHY_SIZE = 256, STATUS_NAME_SIZE = 256, STATUS_TEXT_MAX = 1024,	/* bytes; no text here is longer */
};

/* Why a part was not seen; "": it was. */
struct status_why {
	char text[STATUS_WHY_SIZE];
};

/* READY: it does not run, and what starts it does. */
enum status_state { STATUS_UP, STATUS_READY, STATUS_DOWN };

struct status_unit {
	const char *unit, *name;	/* static: "sallyport-syncd.service", "syncd" */
	enum status_state state;
	char active[32], sub[32];	/* as the service manager says it */
	int64_t seconds, restarts, memory, cpu_ms, tasks;	/* -1: it does not say */
};
struct status_units {
	struct status_why why;
	bool silent;			/* there are some, and the service manager does not answer */
	struct status_unit v[STATUS_UNITS_MAX];
	size_t n;
};

struct status_session {
	int64_t pid, seconds, received, sent, files;
	int64_t rate;			/* bytes a second, both ways; -1: there was one look alone */
	char module[STATUS_NAME_SIZE], user[STATUS_NAME_SIZE], address[128], direction[8], state[16];
};
struct status_sessions {
	struct status_why why;
	struct status_session v[STATUS_SESSIONS_MAX];
	size_t n;
	int64_t at;			/* ms of a clock that only goes forward */
};

/* Of a section of the door, or a module. */
struct status_section {
	char name[STATUS_NAME_SIZE];
	int64_t now, total, failed;
};
struct status_reason {
	char name[64];
	int64_t n;
};
/* The numbers of one program. */
struct status_numbers {
	struct status_why why;
	int64_t connections;		/* at present */
	struct status_section sections[STATUS_SECTIONS_MAX];
	struct status_reason reasons[STATUS_REASONS_MAX];	/* for which somebody was refused */
	size_t n_sections, n_reasons;
};

struct status_end {
	char what[24], name[STATUS_NAME_SIZE];	/* "certificate", and its path */
	int64_t days;			/* that are left; negative: it is over */
	struct status_why why;
};
struct status_ends {
	struct status_end v[STATUS_ENDS_MAX];
	size_t n, lost;			/* lost: so many more clients end soon */
	int64_t clients;		/* that the authority lets in; -1: it is none of the deployment's */
};

struct status {
	const char *name, *host;	/* borrowed */
	bool down;			/* something does not run that should, or nobody says whether it does */
	struct status_units units;
	struct status_sessions sessions;
	struct status_numbers door, daemon;
	struct status_ends ends;
};

enum { STATUS_SOON_DAYS = 14 };

#endif

/* What a session is told at its start, as bytes in a file in memory (spawn_boot): the monitor writes, the new process reads. */
#ifndef SALLYPORT_SYNCD_BOOT_H
#define SALLYPORT_SYNCD_BOOT_H

#include "lib/buf.h"
#include "lib/cursor.h"
#include "syncd/policy/rules.h"
#include "syncd/roles.h"
#include "syncd/session/session.h"

enum { BOOT_SIZE_MAX = 64 << 20, BOOT_RULES_MAX = 5 };

/* One parameter of the module's own filter. */
struct boot_rules {
	enum rules_source source;
	const char *text;
};

/* Strings are C strings or NULL.  On the reading side they, groups and ahead lie in the buffer that was read from. */
struct boot {
	struct session_identity id;	/* without descriptors */
	struct grant grant;		/* without root_fd, sums_fd, hidden, incoming, outgoing, and what id says too */
	struct boot_rules rules[BOOT_RULES_MAX];
	size_t n_rules;
	int version;			/* protocol */
	uint64_t deadline;		/* of the arguments, ms on the monotonic clock */
	const uint8_t *ahead;		/* what the peer sent already */
	size_t n_ahead;
	gid_t groups[SESSION_GROUPS_MAX];
};

/* Append b as bytes; out->err sticks. */
void boot_put(struct buf *out, const struct boot *b);

/* Read what boot_put wrote; ret borrows from the bytes.  0, E_SHORT or E_FORMAT. */
int boot_get(struct cursor *c, struct boot *ret);

/* The whole of the file fd, with a NUL behind it.  0, -errno or E_LIMIT. */
int boot_read(int fd, struct buf *ret);

#endif

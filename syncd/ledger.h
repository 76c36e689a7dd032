/* The ledger of a daemon, which its listener keeps: logins, transfers and refusals in a file that cannot be changed unseen (lib/ledger_chain.h),
 * signed about once a minute by a process of its own (syncd/ledger_signer.h). */
#ifndef SALLYPORT_SYNCD_LEDGER_H
#define SALLYPORT_SYNCD_LEDGER_H

#include "lib/loop.h"
#include "syncd/policy/conf.h"

struct ledger;

/* Open the ledger of g, borrowed for as long as it lives but for what is copied, and write that the daemon starts.  *ret is NULL where none is
 * wanted.  0, or E_CONF: it cannot be kept, and the log was told why. */
int ledger_new(struct loop *loop, const struct global_conf *g, struct ledger **ret);

/* The spawner that starts the process which signs, now and whenever it has ended; -1: there is none. */
void ledger_spawner(struct ledger *l, int fd);

/* One more event, `, "event": "NAME", ...`.  Never waits for anything but the file; what cannot be written is counted, and an entry says how
 * many they were as soon as there is room.  l NULL is fine, here and below. */
void ledger_add(struct ledger *l, const char *members);

/* The same for one of n bytes that lies in the pipe fd; it is read in any case. */
void ledger_take(struct ledger *l, int fd, size_t n);

/* After a rotation. */
void ledger_reopen(struct ledger *l);

/* In a process that was forked: none of it is that one's business. */
void ledger_forget(struct ledger *l);

/* The orderly end: it is written and signed. */
void ledger_free(struct ledger *l);

#endif

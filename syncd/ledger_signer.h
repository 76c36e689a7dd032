/* The process that holds the ledger's key, and has nothing else: no file, no network.  It signs entries whose numbers only grow, in one fixed
 * form and no two with one number, and cannot be asked for anything else. */
#ifndef SALLYPORT_SYNCD_LEDGER_SIGNER_H
#define SALLYPORT_SYNCD_LEDGER_SIGNER_H

#include "lib/ledger_chain.h"
#include "syncd/roles.h"
#include "syncd/worker.h"

enum { LEDGER_KEY_MAX = 16384 };	/* bytes of its file */

/* The job: boot_fd the key in PEM, monitor_fd the listener, whose end ends it.  The exit code. */
int ledger_signer_main(const struct roles *roles, const struct process_job *job);

/* The asking side, which does not wait: ask for the signature of that entry; take what came for it.  0, -EAGAIN, E_EOF: it is gone, E_FORMAT,
 * or -errno. */
int ledger_signer_ask(int fd, const struct ledger_chain *at);
int ledger_signer_answer(int fd, uint8_t ret[LEDGER_SIGNATURE_SIZE]);

/* The key of that file, in memory and sealed (SPAWN_BOOT), and nowhere else: a descriptor, the caller's.  Can it be used, too?  0.  Both: or an
 * error with the reason in why, of size bytes. */
int ledger_signer_key(const char *path, char *why, size_t size);
int ledger_signer_usable(const char *path, char *why, size_t size);

#endif

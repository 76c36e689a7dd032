/* The file of the ledger (lib/ledger_chain.h): opened, its end read back, appended to.  Never waits, and never takes a byte away. */
#ifndef SALLYPORT_SYNCD_LEDGER_FILE_H
#define SALLYPORT_SYNCD_LEDGER_FILE_H

#include <stdbool.h>

#include "lib/ledger_chain.h"

struct ledger_file {
	const char *path;	/* borrowed */
	int fd;
	bool begun;		/* it has its first entry */
	struct ledger_chain chain;	/* the last entry */
	struct buf torn;	/* bytes behind it that are none, until a "cut" names them */
	bool owed;		/* the last entry lacks nothing but its end of line */
	bool strange;		/* when it was opened, its last entries did not follow each other */
};

/* Open, or make, the file, for us alone, and read its last entries.  0; E_FORMAT: it is no ledger; -EWOULDBLOCK: another process has it; or
 * -errno.  Where the error is not 0, there is nothing to close. */
int ledger_file_open(const char *path, struct ledger_file *ret);

/* Append an entry with these members (ledger_put), behind what has to come before it: the beginning of a new file, the name of what was cut
 * off.  0, or an error: it is not in the file, and what is of it there is named by the next one. */
int ledger_file_add(struct ledger_file *f, const char *members);

/* After a rotation: what has the path now, made where nothing has, goes on with the chain.  0 or an error: the file before stays. */
int ledger_file_reopen(struct ledger_file *f);

/* Also in a process that was forked. */
void ledger_file_close(struct ledger_file *f);

#endif

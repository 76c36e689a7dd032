/* Are the files of a ledger whole?  Bytes in, faults and a summary out; no file and no log.  The bytes may be anybody's. */
#ifndef SALLYPORT_DEPLOY_LEDGER_AUDIT_H
#define SALLYPORT_DEPLOY_LEDGER_AUDIT_H

#include "lib/ledger_chain.h"
#include "lib/ledger_key.h"

/* One thing that is wrong, or (fault false) that the ledger itself tells of: a cut, or events that were lost. */
typedef void audit_tell(void *arg, bool fault, const char *file, uint64_t line, const char *text);

/* From the first to the last of some entries, which are so many; n 0: none. */
struct audit_span {
	uint64_t n;
	char from[LEDGER_TIME_SIZE], to[LEDGER_TIME_SIZE];
};

struct audit_known {
	struct ledger_chain at;
	uint64_t n;		/* entries up to it, */
	char time[LEDGER_TIME_SIZE];	/* and its time */
};

struct audit {
	const struct ledger_key *key;	/* NULL: signatures are not looked at */
	struct ledger_chain witness;	/* an entry that is known from elsewhere; seq 0: none */
	audit_tell *tell;
	void *arg;
	/* what came of it */
	uint64_t faults, cuts, lost, heads;
	struct audit_span all, signed_ones, unsigned_ones;	/* unsigned_ones: behind the last that is signed, without heads */
	bool witnessed;
	/* where it is */
	const char *file;
	uint64_t line;
	bool begun;		/* an entry of this file was read */
	struct ledger_chain chain;
	struct audit_known known[LEDGER_BEHIND_MAX];	/* the last ones; a ring, by their numbers */
	struct buf rest;	/* a line that is not over */
	struct buf torn;	/* lines that are no entry, until one names them */
	int err;		/* there was no memory for one of them */
	bool beyond;		/* more of them than one can name */
};

/* Before the first file; key and tell are borrowed. */
void audit_init(struct audit *a, const struct ledger_key *key, const struct ledger_chain *witness, audit_tell *tell, void *arg);

/* Each file, oldest first: its name (borrowed until its end), its bytes in as many pieces as it likes, its end. */
void audit_file(struct audit *a, const char *name);
void audit_bytes(struct audit *a, const uint8_t *bytes, size_t n);
void audit_file_end(struct audit *a);

/* Behind the last file: a's numbers are whole, and its memory is given back.  0, or -ENOMEM: it could not be looked at. */
int audit_done(struct audit *a);

#endif

/* A ledger: lines of JSON, each with a number and with the SHA-256 of the hash before it and of itself, so that no line can be changed, left out
 * or moved without all behind it.  Entries in, bytes out, and back; no file, no clock.  Part of libledger.a: needs OpenSSL.
 *
 *	{"seq": 7, "time": "2026-11-28T23:59:24Z", "event": "login", ..., "hash": "64 digits"}
 *
 * The hash of a line is of the 32 bytes of the hash before it (zeros for the first) and of the line up to, without, `, "hash"`. */
#ifndef SALLYPORT_LIB_LEDGER_CHAIN_H
#define SALLYPORT_LIB_LEDGER_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

enum {
	LEDGER_HASH_SIZE = 32,
	LEDGER_SIGNATURE_SIZE = 64,	/* Ed25519 */
	LEDGER_TIME_SIZE = 21,		/* "2026-11-28T23:59:24Z" and a NUL */
	LEDGER_MEMBERS_MAX = 3584,	/* bytes that are an entry's own, */
	LEDGER_LINE_MAX = 4096,		/* and of a line, with its end */
	LEDGER_TORN_MAX = 65536,	/* bytes that one "cut" can name */
	LEDGER_BEHIND_MAX = 256,	/* entries between one that a "head" signs and that "head" */
	LEDGER_HEAD_SIZE = 24 + 8 + LEDGER_HASH_SIZE,
};

/* The last entry: all zeros before the first. */
struct ledger_chain {
	uint64_t seq;
	uint8_t hash[LEDGER_HASH_SIZE];
};

/* Entries that say something of the ledger itself. */
enum ledger_kind {
	LEDGER_EVENT,		/* none of those */
	LEDGER_BEGIN,		/* the first of a file: names the last entry of the file before */
	LEDGER_CUT,		/* bytes in front of it are no entry: a crash, or a full disk, cut one off */
	LEDGER_LOST,		/* events before it could not be written */
	LEDGER_HEAD,		/* signs an entry, and so all before it */
};

struct ledger_entry {
	uint64_t seq;
	char time[LEDGER_TIME_SIZE];
	enum ledger_kind kind;
	struct ledger_chain other;	/* LEDGER_BEGIN: the one before; LEDGER_HEAD: the one that is signed */
	uint64_t n;			/* LEDGER_CUT: bytes; LEDGER_LOST: events */
	uint8_t digest[LEDGER_HASH_SIZE];	/* LEDGER_CUT: the SHA-256 of the bytes */
	uint8_t signature[LEDGER_SIGNATURE_SIZE];	/* LEDGER_HEAD */
	uint8_t hash[LEDGER_HASH_SIZE];
	size_t n_hashed;		/* bytes of the line that the hash is of */
};

/* Append the line of one more entry to out, and move the chain on to it.  now: seconds of 1970; members: `, "event": "NAME"`, and what else
 * there is in that form.  0; E_FORMAT for members of another form or with a control character, E_LIMIT for too many, -ENOMEM, -EIO: the chain
 * stays. */
int ledger_put(struct ledger_chain *chain, int64_t now, const char *members, struct buf *out);

/* Append the members of one of ledger's own entries.  torn: the n bytes that are no entry. */
void ledger_put_begin(struct buf *members, const struct ledger_chain *before);
void ledger_put_cut(struct buf *members, const void *torn, size_t n);
void ledger_put_lost(struct buf *members, uint64_t n);
void ledger_put_head(struct buf *members, const struct ledger_chain *at, const uint8_t signature[LEDGER_SIGNATURE_SIZE]);

/* Read a line of n bytes, without its end.  0, or E_FORMAT: it is no entry.  Whether it is true is not asked. */
int ledger_get(const char *line, size_t n, struct ledger_entry *ret);

/* Is e, read from line, the entry behind those of the chain? */
bool ledger_follows(const struct ledger_chain *chain, const char *line, const struct ledger_entry *e);

/* The SHA-256 of n bytes.  0 or -EIO. */
int ledger_digest(const void *bytes, size_t n, uint8_t ret[LEDGER_HASH_SIZE]);

/* Is the text, up to its end, a hash as lines have it?  0 or E_FORMAT. */
int ledger_hash_parse(const char *text, uint8_t ret[LEDGER_HASH_SIZE]);

enum { LEDGER_HASH_TEXT_SIZE = 2 * LEDGER_HASH_SIZE + 1 };

/* The hash as text.  Returns dst. */
char *ledger_hash_text(const uint8_t hash[LEDGER_HASH_SIZE], char dst[LEDGER_HASH_TEXT_SIZE]);

/* What is signed for an entry: a context of its own, so that a signature is good for nothing else, the number and the hash; and back: 0, or
 * E_FORMAT for anything else. */
void ledger_head_message(const struct ledger_chain *at, uint8_t ret[LEDGER_HEAD_SIZE]);
int ledger_head_read(const void *bytes, size_t n, struct ledger_chain *ret);

#endif

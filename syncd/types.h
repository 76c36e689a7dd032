/* Plain structs and numbers that the folders of syncd exchange.  No functions. */
#ifndef SALLYPORT_SYNCD_TYPES_H
#define SALLYPORT_SYNCD_TYPES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Limits.  Every number a peer can drive has its bound here (manual: LIMITS). */
enum {
	PROTO_MIN = 27,			/* oldest protocol spoken */
	PROTO_MAX = 32,
	LINE_MAX_BYTES = 5119,		/* a text line, argument, message or filter rule */
	TRANSFER_LINE_MAX = 16384,	/* of the log of transfers: three names and more */
	REQUEST_LINE_MAX = 1023,	/* the module line */
	EARLY_INPUT_MAX = 5120,
	HOOK_SAID_MAX = 5000,		/* of what pre-xfer exec says, that the client is shown when it fails */
	ARGS_MAX = 16000,		/* arguments in both lists together */
	ARGS_BYTES_MAX = 4 << 20,	/* and the sum of their lengths */
	NAME_BYTES_MAX = 4096,		/* a path, with its NUL */
	MODULE_NAME_MAX = 255,
	DIGEST_MAX = 64,
	SUM_COUNT_MAX = 1 << 28,	/* block sums in one request: 256 Mi blocks */
	HANDSHAKE_SECONDS = 60,		/* connect to the end of the arguments, however the bytes trickle */
	VAIN_MAX = 1 << 30,		/* steps that matching names by rules takes in vain: some seconds; of one connection */
	LOOK_MS = 100,			/* in the middle of computing: between two looks whether the client is there, */
	GONE_MS = 400,			/* and how long after its end of input it still may be */
	FLUSH_WAIT_SECONDS = 300,		/* a client that does not read while we have long work to tell of */
	SHARE_MIN = 1024,		/* bytes of a rate that many sessions share, for which one asks at a time: a thirty-second of a second's */
	SHARE_MAX = 256 << 10,
	SHARE_PIECES = 4,		/* such pieces are the most that one request reserves: what moved beyond the last one, and the next */
	DRAIN_SECONDS = 5,		/* reading what a peer still says after our last byte */
	PEER_IN_MAX = 64 << 20,		/* bytes of a peer held while it does not read */
	PEER_OUT_HIGH = 256 << 10,	/* output held before the producers pause */
	SUMS_BYTES_MAX = 256 << 20,	/* of block sums kept; with more of them a file is sent whole */
	BLOCK_SEARCH_MAX = 1 << 20,	/* a block that is searched for; for larger ones likewise */
	BLOCK_MAX = 1 << 17,		/* a delta block, protocol >= 30 */
	BLOCK_MAX_OLD = 1 << 29,	/* a delta block, protocol < 30 */
};

/* Who a trusted proxy says that a client is, by TLS (manual: TLS USERS).  Texts are "" when it did not say; all but version are of a certificate
 * that it has verified, where verified says so. */
enum {
	IDENTITY_NAME_SIZE = 256,	/* bytes of a name, with its kind and its NUL */
	IDENTITY_NAMES_MAX = 32,	/* alternative names, */
	IDENTITY_NAMES_SIZE = 2048,	/* and bytes of all of them */
	IDENTITY_KEY_BYTES = 32,
	IDENTITY_KEY_SIZE = 2 * IDENTITY_KEY_BYTES + 1,
	IDENTITY_SERIAL_SIZE = 65,
	IDENTITY_ISSUER_SIZE = 513,
};
struct identity {
	bool tls, verified;
	char version[32];
	char common_name[IDENTITY_NAME_SIZE];
	char key[IDENTITY_KEY_SIZE];		/* SHA-256 of the SubjectPublicKeyInfo, in hexadecimal, lower case */
	char names[IDENTITY_NAMES_SIZE];	/* "dns:", "email:" and "uri:" names, a line feed between two */
	char serial[IDENTITY_SERIAL_SIZE], issuer[IDENTITY_ISSUER_SIZE];
};

/* Compat flags, as the server sends them (rsync-wire 2.2). */
enum {
	CF_INC_RECURSE = 0x001,
	CF_SYMLINK_TIMES = 0x002,
	CF_SYMLINK_ICONV = 0x004,
	CF_SAFE_FLIST = 0x008,
	CF_AVOID_XATTR_OPTIM = 0x010,
	CF_CHKSUM_SEED_FIX = 0x020,
	CF_INPLACE_PARTIAL_DIR = 0x040,
	CF_VARINT_FLIST_FLAGS = 0x080,
	CF_ID0_NAMES = 0x100,
};

enum sum_alg {
	SUM_NONE, SUM_MD4, SUM_MD5, SUM_SHA1, SUM_XXH64, SUM_XXH3, SUM_XXH128,
	SUM_MD4_OLD,	/* protocol < 30: the seed is hashed in front of whole files */
};

/* What both ends agreed on; fixed before the first framed byte. */
struct proto {
	int version;
	unsigned compat;
	enum sum_alg xfer_sum;	/* blocks and whole files */
	enum sum_alg list_sum;	/* -c */
	int32_t seed;
};

/* What the wire says of one file-system object (rsync-wire 5.4). */
struct entry {
	const char *dir;	/* path of its directory in the transfer, "" for the top; no trailing slash */
	const char *name;	/* last component, or "." */
	const char *link;	/* a symlink's target; NULL otherwise */
	const char *user, *group;	/* names to send inline, or NULL */
	int64_t size;
	int64_t mtime;
	uint32_t nsec;
	uint32_t mode;
	uint32_t uid, gid;
	uint32_t rdev_major, rdev_minor;
	int64_t atime, crtime;	/* seconds; -U and -N */
	uint64_t dev, ino;	/* -H below protocol 30 */
	bool linked;		/* -H: one of several names */
	bool link_first;	/* the first of them on the wire */
	int32_t link_ndx;	/* else: the index of that first one, */
	bool abbreviated;	/* which is in the same list, so that nothing else is said */
	bool top_dir;		/* named by an argument */
	bool no_content;	/* a directory whose contents are not sent */
};

enum {	/* io_error bits (rsync-wire 4.4) */
	IOERR_GENERAL = 1,
	IOERR_VANISHED = 2,
	IOERR_DEL_LIMIT = 4,
	IOERR_KNOWN = 7,
};

enum {	/* exit codes that travel or are logged (rsync-wire 9.5) */
	RERR_OK = 0, RERR_SYNTAX = 1, RERR_PROTOCOL = 2, RERR_FILESELECT = 3, RERR_UNSUPPORTED = 4,
	RERR_STARTCLIENT = 5, RERR_SOCKETIO = 10, RERR_FILEIO = 11, RERR_STREAMIO = 12, RERR_SIGNAL = 20,
	RERR_MALLOC = 22, RERR_PARTIAL = 23, RERR_VANISHED = 24, RERR_TIMEOUT = 30,
};

#endif

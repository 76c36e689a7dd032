/* What a push holds: its parts, each of which owns its struct.  The list, the destination, the requests and the maps of owners
 * are open to all of push/; the others are known only to their own .c files.
 *
 * From above to below, and nothing calls upward: phases, endgame; generator, recv_file; directories, nodes, regular, recv_finish;
 * hardlink_make, altdest; delete; backup, item, content; copy; attr_apply; xattr_recv; dest, report; flist_in, requests, hardlinks,
 * xattr_cache, ids, file_write, sums. */
#ifndef SALLYPORT_SYNCD_PUSH_PUSH_H
#define SALLYPORT_SYNCD_PUSH_PUSH_H

#include "syncd/push/dest.h"
#include "syncd/push/flist_in.h"
#include "syncd/push/hardlinks.h"
#include "syncd/push/ids.h"
#include "syncd/push/requests.h"
#include "syncd/session/session.h"

enum {
	PUSH_READ_SIZE = 262144,	/* bytes of a file read at once */
	PUSH_KEEPALIVE_BYTES = 64 << 20,	/* of a file looked at before the client hears of us */
};

struct push {
	bool ready;		/* the first list is complete, and the destination is open */
	struct flist_in list;	/* the client's file list */
	struct dest dest;
	struct ids uid_map, gid_map;	/* owners of the wire, and what they are here */
	struct requests requests;
	struct hardlinks *hardlinks;	/* NULL: without -H */
	struct flist_recv *flist;
	struct xattr_recv *xattrs;
	struct content *content;
	struct deletion *deletion;
	struct directories *directories;
	struct basis_sums *sums;
	struct generator *generator;
	struct receiver *receiver;
	struct endgame *endgame;
};

#endif

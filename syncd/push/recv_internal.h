/* The file being received, for recv_file.c and recv_finish.c; nobody else includes it. */
#ifndef SALLYPORT_SYNCD_PUSH_RECV_INTERNAL_H
#define SALLYPORT_SYNCD_PUSH_RECV_INTERNAL_H

#include "syncd/delta/decompress.h"
#include "syncd/fs/tree.h"
#include "syncd/push/file_write.h"
#include "syncd/push/job.h"
#include "syncd/push/requests.h"
#include "syncd/wire/sum.h"

/* One file on its way in. */
struct recv_file {
	enum { RECV_IDLE, RECV_HEAD, RECV_TOKENS, RECV_SUM } stage;
	struct request request;
	unsigned flags;		/* of its item */
	uint64_t data_in;	/* of the connection, behind that */
	struct push_job job;
	struct sum_head head;
	int fd, basis_fd;	/* -1: none */
	char tmp[TREE_PATH_SIZE];	/* what fd is called, in the tree that tmp_tree names */
	struct tree *tmp_tree;
	mode_t made_mode;	/* it was made with */
	bool in_place;
	bool discard;		/* read to its end, and kept nowhere */
	bool literal;		/* some data of the client's own has come */
	struct file_write out;
	uint32_t left;		/* bytes of a literal token */
	int64_t block_at;	/* base of relative block numbers */
	uint8_t *block;		/* matched data that the decompressor is to see */
	size_t block_size;
};

struct receiver {
	struct recv_file file;
	struct decompress *decompress;	/* NULL: plain tokens */
	char swept[TREE_PATH_SIZE];	/* the directory whose stale temporaries went last; "/" at first */
	int32_t *delayed;	/* --delay-updates: indices of files that are complete and wait */
	size_t n_delayed, cap_delayed;
};

/* --- recv_finish.c --- */

/* The file's sum was right: give it its attributes and its name.  0 or an error of ours; what fails is told. */
int recv_complete(struct session *s);

/* Its sum was wrong: once more, and then it is an error.  0 or -ENOMEM. */
int recv_wrong_sum(struct session *s);

/* The connection ends in the middle of it: keep what has come where that was asked for. */
void recv_interrupted(struct session *s);

/* What was written goes, unless it was written in place. */
void recv_drop_temporary(struct recv_file *x);

#endif

/* A pull: the list that goes out and the file being sent.  Below: flist (the list itself), xattr_send. */
#ifndef SALLYPORT_SYNCD_PULL_PULL_H
#define SALLYPORT_SYNCD_PULL_PULL_H

#include "syncd/delta/match.h"
#include "syncd/fs/sum_cache.h"
#include "syncd/pull/flist.h"
#include "syncd/pull/xattr_send.h"
#include "syncd/session/names.h"
#include "syncd/session/session.h"
#include "syncd/wire/flist.h"
#include "syncd/wire/sum.h"
#include "syncd/wire/token.h"

/* One file being answered. */
struct sending {
	int fd;
	int32_t ndx;
	struct item item;
	struct sum_head head;
	uint32_t *nums;		/* attributes asked for */
	size_t n_nums;
	bool answers;		/* the request for them was there, if only its end */
	uint32_t *weak;
	uint8_t *strong;
	int32_t sums_read;
	struct match *match;
	struct token_run run;
	uint8_t *window;
	size_t window_size, window_len;
	int64_t window_at, size;
	int64_t sent;		/* of a file sent whole */
	bool window_last, broken;
	uint64_t data_in, data_out;	/* of the connection when its sums were due and when its item was */
	int64_t prefix;		/* --append: what the client has already; */
	int64_t prefix_summed;	/* and how much of it is in the sum */
	enum { SEND_IDLE, SEND_PREFIX, SEND_SUMS, SEND_DELTA, SEND_WHOLE, SEND_TAIL } stage;
	char xname[NAME_BYTES_MAX];	/* last: it is not cleared between files */
};

struct pull {
	struct opener opener;
	struct opener remover;	/* --remove-source-files: directories as they were when their files were listed */
	struct closer closer;
	struct match_cost match_cost;
	struct compress *compress;	/* NULL: plain tokens */
	struct flist_form form;
	struct flist_state flist_state;
	struct flist *flist;	/* the file list */
	struct names user_names, group_names;
	struct xattr_send *xattrs;	/* NULL without -A and -X */
	struct strong *list_sum;	/* -c: sums of whole files, and what they are read into */
	uint8_t *list_chunk;
	struct sum_cache sums;	/* of whole files that were read before */
	uint32_t listed;	/* files of the newest segment already written */
	bool list_open;		/* the newest segment is not yet written to its end */
	bool list_eof_sent;
	bool built;
	char names_base[NAME_BYTES_MAX];	/* --files-from: what names are relative to */
	int done_seen;		/* NDX_DONE of whole phases */
	int goodbye;		/* steps of the farewell taken */
	uint64_t flist_ms;
	struct sending send;
	uint8_t *small;		/* what small files are read into */
};

/* Make s->pull, where there is none yet.  0, -ENOMEM, or what compress_new says of the method that was agreed on. */
int pull_begin(struct session *s);

/* Free s->pull, which may be NULL. */
void pull_free(struct session *s);

/* session_error for an error of ours from a pull: where a merge file ended the list, the client was told already, and only the
 * exit code of that is left to say. */
enum step pull_error(struct session *s, int err);

/* Open a listed file for reading: a descriptor and *ret_st, or -errno. */
int pull_open(struct session *s, const struct file *f, struct stat *ret_st);

/* The path of a listed file as the client may see it.  Returns dst, of size bytes. */
const char *pull_shown(const struct session *s, const struct file *f, char *dst, size_t size);

/* --- flist_send.c --- */

/* Make the (empty) file list and what goes with it.  0 or an error. */
int flist_send_open(struct session *s);

/* Write what the newest segment still has, as far as there is room.  1: it is complete,
 * 0: come back, negative: an error. */
int flist_send_emit(struct session *s);

/* Announce and begin the next directory's segment.  0, E_EOF when there is none, or an error. */
int flist_send_next(struct session *s);

/* --- send_item.c --- */

/* What the request being answered is about: a listed file, or a directory under its gap index.  *ret_set: the number of its
 * attribute set plus one, 0: none. */
struct xattr_send_of send_item_object(const struct session *s, int32_t *ret_set);

/* Answer with the item of the request, and the values of attributes that it asked for.  0 or an error. */
int send_item(struct session *s);

/* --- send_log.c --- */

/* The request that s->pull->send is about was answered: log it, where such things are logged.  sum: of the whole file that was sent, or
 * NULL. */
void send_log(struct session *s, const uint8_t *sum);

/* --- send_file.c --- */

/* A request for data was read into s->pull->send: go on with it, until its stage is SEND_IDLE again. */
enum step send_file_run(struct session *s);

/* --- sender.c --- */

/* --remove-source-files: the client has file ndx now.  0, or E_LIMIT for an index that is none. */
int sender_succeeded(struct session *s, int32_t ndx);

/* Delete statistics behind their index: read and echoed.  The cursor's error. */
int sender_del_stats(struct session *s, struct cursor *c);

/* --- the phases of a pull, in their order --- */
enum step names_run(struct session *s);
enum step flist_run(struct session *s);
enum step sender_run(struct session *s);
enum step goodbye_run(struct session *s);

#endif

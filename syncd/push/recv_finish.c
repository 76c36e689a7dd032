/* The end of a received file: attributes, backup, its name; or what is kept of one that is broken (rsync-wire 8.4; rsync(1),
 * --partial, --partial-dir, --delay-updates, --fsync).  Nothing gets its name before its sum was right. */
#include "syncd/push/receiver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/grow.h"
#include "syncd/fs/fake.h"
#include "syncd/fs/meta.h"
#include "syncd/push/attr_apply.h"
#include "syncd/push/backup.h"
#include "syncd/push/copy.h"
#include "syncd/push/hardlink_make.h"
#include "syncd/push/push.h"
#include "syncd/push/recv_internal.h"
#include "syncd/push/report.h"

void
recv_drop_temporary(struct recv_file *x)
{
	if (x->fd >= 0 && !x->in_place)
		(void)tree_remove(x->tmp_tree, x->tmp, false);
}

/* A broken transfer's data, where --partial wants it: under a time that is not the file's. */
static void
keep_partial(struct session *s)
{
	struct recv_file *x = &s->push->receiver->file;
	char partial[TREE_PATH_SIZE];
	const struct meta m = { .fake = s->root.fake, .set_mtime = true, .set_mode = true, .mode = attr_mode(s, &x->job, NULL) };
	const char *what;
	struct tree *t;
	bool dir;

	(void)file_write_end(&x->out);
	dir = dest_partial(&s->push->dest, x->job.path, &t, partial);
	if (dir && move_file(s, x->tmp_tree, x->tmp, t, partial) != 0) {
		char parent[TREE_PATH_SIZE];

		dest_dir_of(partial, parent);
		(void)tree_mkdir(t, parent, 0700);
		if (move_file(s, x->tmp_tree, x->tmp, t, partial) != 0)
			recv_drop_temporary(x);
	} else if (!dir) {
		(void)meta_set(x->fd, NULL, &m, &what);
		if (move_file(s, x->tmp_tree, x->tmp, &s->push->dest.tree, x->job.path) != 0)
			recv_drop_temporary(x);
	}
}

void
recv_interrupted(struct session *s)
{
	struct recv_file *x = &s->push->receiver->file;
	bool keep = s->opt.partial || s->opt.partial_dir != NULL || s->opt.delay_updates;

	if (x->in_place)
		(void)file_write_flush(&x->out);
	else if (keep && x->literal && !x->discard)
		keep_partial(s);
	else
		recv_drop_temporary(x);
}

/* The temporary becomes the file. */
static int
into_place(struct session *s, struct tree *from, const char *tmp, const char *path, const struct flist_file *f)
{
	struct tree *t = &s->push->dest.tree;
	struct stat st;
	int r;

	if (s->opt.backup && !(f->flags & IN_REDO) && tree_lstat(t, path, &st) == 0 && !S_ISDIR(st.st_mode) &&
	    (r = backup_move(s, path, true)) != 0) {
		report_failed(s, "receiver", "backup of", t, path, r);
		return r;
	}
	if ((r = move_file(s, from, tmp, t, path)) != 0)
		report_failed(s, "receiver", "rename", t, path, r);
	return r;
}

static int
delay(struct session *s, const char *waiting)
{
	struct receiver *in = s->push->receiver;
	struct recv_file *x = &in->file;
	char parent[TREE_PATH_SIZE];
	int r;

	if (!grow(&in->delayed, sizeof *in->delayed, in->n_delayed, &in->cap_delayed))
		return -ENOMEM;
	dest_dir_of(waiting, parent);
	if ((r = move_file(s, x->tmp_tree, x->tmp, &s->push->dest.tree, waiting)) == -ENOENT) {
		(void)tree_mkdir(&s->push->dest.tree, parent, 0700);
		r = move_file(s, x->tmp_tree, x->tmp, &s->push->dest.tree, waiting);
	}
	if (r != 0) {
		report_failed(s, "receiver", "rename", &s->push->dest.tree, waiting, r);
		return r;
	}
	in->delayed[in->n_delayed++] = x->request.ndx;
	return 0;
}

/* The partial file has served; its directory goes with the last. */
static void
drop_partial(struct session *s, const char *path)
{
	char partial[TREE_PATH_SIZE], parent[TREE_PATH_SIZE];
	struct tree *t;

	if (s->opt.partial_dir == NULL || !dest_partial(&s->push->dest, path, &t, partial))
		return;
	if (tree_remove(t, partial, false) != 0 || dest_partial_is_shared(&s->push->dest))
		return;
	dest_dir_of(partial, parent);
	(void)tree_remove(&s->push->dest.tree, parent, true);
}

int
recv_complete(struct session *s)
{
	struct recv_file *x = &s->push->receiver->file;
	char waiting[TREE_PATH_SIZE];
	struct stat st;
	int r = 0;

	if (!attr_needs_state(s, x->job.path, x->in_place)) {
		st = (struct stat){ .st_mode = S_IFREG | x->made_mode, .st_uid = s->grant.uid, .st_gid = s->grant.gid };
	} else if (fstat(x->fd, &st) < 0) {
		report_failed(s, "receiver", "fstat", &s->push->dest.tree, x->job.path, -errno);
		recv_drop_temporary(x);
		return hardlink_end(s, x->job.file, HARDLINK_LOST, NULL);
	}
	if (s->root.fake)
		fake_show(&(struct attr_of){ .fd = x->fd, .dir = -1 }, &st);
	attr_received(s, &x->job, x->fd, &st, x->request.mode);
	if (s->opt.fsync && fsync(x->fd) < 0)
		report_failed(s, "receiver", "fsync", &s->push->dest.tree, x->job.path, -errno);
	if (!x->in_place && dest_waiting(&s->push->dest, x->job.path, waiting)) {
		if ((r = delay(s, waiting)) == 0 && dest_partial_is_shared(&s->push->dest))
			drop_partial(s, x->job.path);
		if (r == 0 || r == -ENOMEM)
			return r;
	} else if (!x->in_place || strcmp(x->tmp, x->job.path) != 0) {
		r = into_place(s, x->tmp_tree, x->tmp, x->job.path, x->job.file);
	}
	if (r != 0) {
		recv_drop_temporary(x);
		return hardlink_end(s, x->job.file, HARDLINK_LOST, NULL);
	}
	drop_partial(s, x->job.path);
	report_success(s, x->request.ndx);
	return hardlink_end(s, x->job.file, HARDLINK_COMPLETE, x->job.path);
}

/* The sum is wrong: once more, and then it is an error. */
int
recv_wrong_sum(struct session *s)
{
	struct recv_file *x = &s->push->receiver->file;
	char path[NAME_BYTES_MAX];
	bool again = !(x->job.file->flags & IN_REDO);
	int r;

	flist_in_path(x->job.file, path);	/* as the client names it */
	if (!again || s->opt.verbose || report_itemises(s))
		session_tell(s, again ? MSG_WARNING : MSG_ERROR_XFER, "%s: %s failed verification -- update %s%s.\n",
		    again ? "WARNING" : "ERROR", path, x->in_place ? "retained" : "discarded", again ? " (will try again)" : "");
	if (!x->in_place && x->fd >= 0) {
		if (!again && (s->opt.partial || s->opt.partial_dir != NULL) && x->literal)
			keep_partial(s);
		else
			recv_drop_temporary(x);
	}
	if (!again)
		return hardlink_end(s, x->job.file, HARDLINK_LOST, NULL);
	x->job.file->flags |= IN_REDO;
	if ((r = requests_redo(&s->push->requests, x->request.ndx)) == 0)
		flist_in_pending(&s->push->list, x->request.ndx, 1);
	return r;
}

int
recv_place_delayed(struct session *s)
{
	struct receiver *in = s->push->receiver;
	int r = 0;

	for (size_t i = 0; i < in->n_delayed && r == 0; i++) {
		char path[NAME_BYTES_MAX], waiting[TREE_PATH_SIZE], parent[TREE_PATH_SIZE];
		int32_t dir;
		const struct flist_file *f = flist_in_find(&s->push->list, in->delayed[i], &dir);

		if (f == NULL || !dest_waiting(&s->push->dest, dest_path(&s->push->dest, f, path), waiting))
			continue;
		if (into_place(s, &s->push->dest.tree, waiting, path, f) != 0) {
			r = hardlink_end(s, f, HARDLINK_LOST, NULL);
			continue;
		}
		dest_dir_of(waiting, parent);
		(void)tree_remove(&s->push->dest.tree, parent, true);
		report_success(s, in->delayed[i]);
		r = hardlink_end(s, f, HARDLINK_COMPLETE, path);
	}
	in->n_delayed = 0;
	return r;
}

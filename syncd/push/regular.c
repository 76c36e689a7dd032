/* Regular files of a push: what is done about each, and the request for the data of those that differ (rsync-wire 7.3,
 * 8.2; rsync(1) on --size-only, --update, --append, --inplace). */
#include "syncd/push/regular.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "syncd/push/altdest.h"
#include "syncd/push/attr_apply.h"
#include "syncd/push/backup.h"
#include "syncd/push/basis_sums.h"
#include "syncd/push/content.h"
#include "syncd/push/delete.h"
#include "syncd/push/item.h"
#include "syncd/push/nodes.h"
#include "syncd/push/push.h"
#include "syncd/push/report.h"
#include "syncd/push/sums.h"
#include "syncd/push/xattr_recv.h"

/* Does the client take the sum head for what it need not send?  Then no file but the destination may be the
 * basis: rsync, which takes others, leaves holes where their data should be. */
static bool
appends(const struct session *s, const struct push_job *j)
{
	return !j->redo && options_appends(&s->opt);
}

static int
request(struct session *s, const struct push_job *j, unsigned flags, struct basis *b)
{
	struct sum_head head = { 0, 0, 0, 0 };
	struct request w = { .ndx = j->ndx, .basis = b->kind, .replaces = j->exists, .mode = j->exists ? j->st.st_mode : b->mode,
	    .basis_size = b->fd >= 0 ? b->size : 0 };
	struct item it = { .basis = b->kind, .xname = b->xname };
	int r;

	it.xname_len = strlen(it.xname);
	flags |= ITEM_TRANSFER | (b->kind != FROM_DEST ? ITEM_BASIS_TYPE_FOLLOWS : 0u) | (it.xname_len > 0 ? ITEM_XNAME_FOLLOWS : 0u);
	it.flags = (uint16_t)flags;
	ndx_put(peer_out(&s->peer), s->proto.version, &s->ndx_out, j->ndx);
	if (s->proto.version >= 29)
		item_put(peer_out(&s->peer), &it);
	xattr_ask(s, j, flags);
	if (s->opt.dry_run)
		return JOB_DONE;	/* nothing will come, and other names are shown as linked */
	if (it.xname_len > 0 && (w.xname = strdup(it.xname)) == NULL)
		return -ENOMEM;
	if (!options_pretend(&s->opt)) {
		if ((r = requests_push(&s->push->requests, &w)) != 0) {
			free(w.xname);
			return r;
		}
		flist_in_pending(&s->push->list, j->ndx, 1);
	}
	if (b->fd >= 0)
		sums_plan(b->size, s->proto.version, s->opt.block_size, strong_len(s->proto.xfer_sum), j->redo, &head);
	sum_head_put(peer_out(&s->peer), &head);
	if (b->fd >= 0 && head.count > 0 && !appends(s, j)) {
		basis_sums_start(s, b->fd, &head);
		b->fd = -1;
	}
	return options_pretend(&s->opt) ? JOB_DONE : JOB_ASKED;
}

/* Why a file is not looked at any further; NULL: it is. */
static const char *
passed_over(const struct session *s, const struct push_job *j)
{
	const struct options *o = &s->opt;

	if (o->max_size != OPTION_UNSET && j->file->size > o->max_size)
		return "is over max-size";
	if (o->min_size != OPTION_UNSET && j->file->size < o->min_size)
		return "is under min-size";
	if (o->update && j->exists && S_ISREG(j->st.st_mode) && !attr_same_time(s, j->file, &j->st) &&
	    j->st.st_mtim.tv_sec >= j->file->mtime)
		return "is newer";
	return NULL;
}

static bool
uses_deltas(const struct session *s)
{
	return !s->opt.whole_file && s->proto.xfer_sum != SUM_NONE;
}

static void
open_basis(struct session *s, struct tree *in, const char *path, uint8_t kind, struct basis *b)
{
	struct stat st;
	bool wanted = uses_deltas(s) || options_appends(&s->opt);

	*b = (struct basis){ .kind = kind, .fd = -1 };
	if (!wanted || s->push->dest.no_tree)
		return;
	if ((b->fd = tree_open_file(in, path, O_RDONLY, &st)) < 0)
		b->fd = -1;
	else
		b->size = st.st_size;
}

/* Will what is there be written to? */
static bool
overwrites(const struct session *s, const struct push_job *j)
{
	return j->exists && !options_pretend(&s->opt) && (s->opt.inplace || options_appends(&s->opt));
}

static int
ask_for_data(struct session *s, struct push_job *j, unsigned flags)
{
	char partial[TREE_PATH_SIZE], path[TREE_PATH_SIZE];
	struct tree *in = &s->push->dest.tree, *at;
	struct stat pst;
	struct basis b;
	uint8_t kind = FROM_DEST;
	int r;

	snprintf(path, sizeof path, "%s", j->path);
	if (!appends(s, j) && !s->push->dest.no_tree && dest_partial(&s->push->dest, j->path, &at, partial) && tree_lstat(at, partial, &pst) == 0 &&
	    S_ISREG(pst.st_mode) && !j->redo) {
		kind = FROM_PARTIAL;
		in = at;
		snprintf(path, sizeof path, "%s", partial);
	} else if (overwrites(s, j) && s->opt.backup && !j->redo) {	/* a copy goes away first, and is the basis */
		if ((r = backup_copy(s, j->path, &j->st)) != 0) {
			report_failed(s, "generator", "backup of", &s->push->dest.tree, j->path, r);
			return JOB_FAILED;
		}
		kind = FROM_BACKUP;
	}
	if (kind == FROM_DEST && !j->exists) {
		struct stat st = { .st_size = 0 };

		if (appends(s, j) || !altdest_basis(s, j, &b, &st))
			b = (struct basis){ .kind = FROM_DEST, .fd = -1 };
		else if (b.kind < FROM_DEST)	/* shown as a change of what is there */
			flags = attr_differs(s, j, &st) | (s->opt.times ? 0u : REPORT_TIME) | (s->opt.checksum ? REPORT_CHANGE : 0u) |
			    xattr_differ(s, j, &s->push->dest.alt[b.kind], &st);
		b.size = st.st_size;
		b.mode = st.st_mode;
	} else {
		open_basis(s, in, path, kind, &b);
		b.mode = kind == FROM_PARTIAL ? pst.st_mode : 0;
	}
	r = request(s, j, flags, &b);
	if (b.fd >= 0)
		close(b.fd);
	return r;
}

int
regular_file(struct session *s, struct push_job *j)
{
	unsigned flags = ITEM_IS_NEW;
	const char *why = j->redo ? NULL : passed_over(s, j);
	int r;

	if (why != NULL) {
		if (report_says(s, 2))
			session_tell(s, MSG_INFO, "%s %s\n", j->path, why);
		return JOB_FAILED;
	}
	if (j->exists && !S_ISREG(j->st.st_mode) && delete_in_the_way(s, j) != 0)
		return JOB_FAILED;
	if (!j->redo && s->opt.n_alt > 0 && (r = altdest_try(s, j)) != 0)
		return r;
	if (j->exists && !j->redo && content_same(s, j, &s->push->dest.tree, &j->st))
		return nodes_same(s, j);
	if (j->exists && appends(s, j) && j->st.st_size >= j->file->size)
		return JOB_FAILED;	/* it stays as it is: its other names do not become links to it */
	if (j->exists) {
		flags = attr_differs(s, j, &j->st) | (s->opt.checksum ? REPORT_CHANGE : 0u) |
		    xattr_differ(s, j, &s->push->dest.tree, &j->st);
		if (!s->opt.times)
			flags |= REPORT_TIME;
	} else {
		flags |= (s->opt.checksum ? REPORT_CHANGE : 0u) | xattr_of_new(s, j->file);
	}
	return ask_for_data(s, j, flags);
}

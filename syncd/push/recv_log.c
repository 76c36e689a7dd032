/* The log of a push's items. */
#include "syncd/push/recv_log.h"

#include <stdio.h>

#include "syncd/push/push.h"
#include "syncd/session/xfer_log.h"

static void
put(struct session *s, const struct flist_file *f, struct xfer_entry *e)
{
	char name[NAME_BYTES_MAX], below[NAME_BYTES_MAX];

	e->dir = s->push->dest.tree.path;
	e->name = flist_in_path(f, name);
	e->below = dest_path(&s->push->dest, f, below);
	e->mode = f->mode;
	e->size = f->size;
	e->mtime = f->mtime;
	e->uid = f->uid;
	e->gid = f->gid;
	e->symlink = f->extra != NULL ? f->extra->link : NULL;
	xfer_log(s, e);
}

/* The entry of an index, also of a directory that has a list of its own; NULL: there is none. */
static struct flist_file *
entry_of(const struct session *s, int32_t ndx)
{
	int32_t dir;
	struct flist_file *f = flist_in_find(&s->push->list, ndx, &dir);

	return f == NULL && dir >= 0 ? flist_in_dir_of(&s->push->list, dir) : f;
}

void
recv_log_await(struct session *s, int32_t ndx)
{
	struct flist_file *f = xfer_log_tells(s, "i") ? entry_of(s, ndx) : NULL;

	if (f != NULL)
		f->flags |= IN_TOLD;
}

void
recv_log_item(struct session *s, int32_t ndx, const struct item *it)
{
	struct xfer_entry e = { .flags = it->flags };
	char xname[NAME_BYTES_MAX];
	struct flist_file *f = xfer_log_tells(s, "i") ? entry_of(s, ndx) : NULL;

	if (f == NULL || (s->proto.version >= 29 && !(f->flags & IN_TOLD)))	/* only what was told comes back */
		return;
	f->flags &= ~(unsigned)IN_TOLD;
	snprintf(xname, sizeof xname, "%.*s", (int)it->xname_len, it->xname_len > 0 ? it->xname : "");
	e.xname = xname;
	put(s, f, &e);
}

void
recv_log_file(struct session *s, const struct push_job *j, unsigned flags, uint64_t bytes, const uint8_t *sum)
{
	struct xfer_entry e = { .flags = flags, .bytes = bytes, .sum = sum };

	if (xfer_log_wanted(s))
		put(s, j->file, &e);
}

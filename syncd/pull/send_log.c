/* The log of a pull's items ("transfer logging"). */
#include "syncd/pull/pull.h"

#include <stdio.h>
#include <sys/stat.h>

#include "syncd/session/xfer_log.h"

static void
file_entry(const struct session *s, const struct file *f, struct xfer_entry *e, char path[NAME_BYTES_MAX])
{
	const struct flist_dir *dir = flist_dir_of(s->pull->flist, f);

	e->dir = dir->fs;
	e->below = f->name;
	e->mode = f->mode;
	e->size = f->size;
	e->mtime = f->mtime;
	e->uid = f->uid;
	e->gid = f->gid;
	e->symlink = file_link(f);
	snprintf(path, NAME_BYTES_MAX, "%s%s%s", dir->path, dir->path[0] == '\0' ? "" : "/", f->name);
}

/* Of a directory whose list is out nothing is kept but where it is: it is looked at again. */
static void
directory_entry(const struct session *s, const struct flist_dir *dir, struct xfer_entry *e, char path[NAME_BYTES_MAX])
{
	struct stat st = { .st_mode = S_IFDIR };

	(void)root_stat(&s->root, dir->fs[0] == '\0' ? "." : dir->fs, 0, &st);
	e->dir = "";
	e->below = dir->fs[0] == '\0' ? "." : dir->fs;
	e->mode = st.st_mode;
	e->size = st.st_size;
	e->mtime = st.st_mtim.tv_sec;
	e->uid = st.st_uid;
	e->gid = st.st_gid;
	snprintf(path, NAME_BYTES_MAX, "%s", dir->path[0] == '\0' ? "." : dir->path);
}

void
send_log(struct session *s, const uint8_t *sum)
{
	const struct sending *x = &s->pull->send;
	struct xfer_entry e = { .flags = x->item.flags, .sum = sum };
	char path[NAME_BYTES_MAX];
	const struct flist_dir *dir;
	const struct file *f;
	bool gap;

	if (!(x->item.flags & ITEM_TRANSFER ? xfer_log_wanted(s) : xfer_log_tells(s, "i")))
		return;
	if ((f = flist_find(s->pull->flist, x->ndx, &gap)) == NULL && (dir = flist_gap(s->pull->flist, x->ndx)) != NULL)
		directory_entry(s, dir, &e, path);
	else if (f != NULL || (f = flist_find(s->pull->flist, x->ndx + 1, &gap)) != NULL)	/* the top stands before the first list */
		file_entry(s, f, &e, path);
	else
		return;
	e.name = path;
	if (x->item.flags & ITEM_XNAME_FOLLOWS)
		e.xname = x->xname;
	if (x->item.flags & ITEM_TRANSFER) {
		e.bytes = peer_data_out(&s->peer) - x->data_out;
		e.other = peer_data_in(&s->peer) - x->data_in;
	}
	xfer_log(s, &e);
}

/* A pull's items: what an index and its flags are about, and the answer to requests for values of attributes
 * (rsync-wire 5.15, 7.1). */
#include "syncd/pull/pull.h"

#include <sys/stat.h>

#include "lib/err.h"

/* What a request is about: a listed file, or a directory under its gap index. */
struct xattr_send_of
send_item_object(const struct session *s, int32_t *ret_set)
{
	bool gap;
	const struct file *f = flist_find(s->pull->flist, s->pull->send.ndx, &gap);
	const struct flist_dir *p;

	if (f == NULL && (p = flist_gap(s->pull->flist, s->pull->send.ndx)) != NULL) {
		*ret_set = p->xattrs;
		return (struct xattr_send_of){ p->fs, ".", S_IFDIR, false };
	}
	if (f == NULL)		/* the top directory, which the first list begins with */
		f = flist_find(s->pull->flist, s->pull->send.ndx + 1, &gap);
	if (f == NULL) {
		*ret_set = 0;
		return (struct xattr_send_of){ "", ".", S_IFDIR, false };
	}
	*ret_set = file_more(f)->xattrs;
	return (struct xattr_send_of){ flist_dir_of(s->pull->flist, f)->fs, f->name, f->mode, f->followed };
}

int
send_item(struct session *s)
{
	struct buf *b = peer_out(&s->peer);
	struct xattr_send_of of;
	int32_t set;

	ndx_put(b, s->proto.version, &s->ndx_out, s->pull->send.ndx);
	if (s->proto.version >= 29)
		item_put(b, &s->pull->send.item);
	if (!s->pull->send.answers)
		return 0;
	of = send_item_object(s, &set);
	if (set == 0)
		return E_FORMAT;
	return xattr_send_answer(s->pull->xattrs, b, &of, set, s->pull->send.nums, s->pull->send.n_nums);
}

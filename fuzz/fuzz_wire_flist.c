/* File-list entries in every form: the first four bytes choose version, flags, options and the
 * first index of the list, the rest is what a peer sends.  Whatever decodes must encode to
 * something that decodes to the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/target.h"
#include "lib/err.h"
#include "syncd/wire/flist.h"

static int
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
same(const struct flist_entry *a, const struct flist_entry *b)
{
	must(strcmp(a->path, b->path) == 0 && a->e.abbreviated == b->e.abbreviated && a->e.linked == b->e.linked);
	must(a->e.link_first == b->e.link_first && a->e.link_ndx == b->e.link_ndx);
	if (a->e.abbreviated)
		return;
	must(a->e.size == b->e.size && a->e.mtime == b->e.mtime && a->e.nsec == b->e.nsec && a->e.mode == b->e.mode);
	must(a->e.uid == b->e.uid && a->e.gid == b->e.gid && a->e.atime == b->e.atime && a->e.crtime == b->e.crtime);
	must(a->e.dev == b->e.dev && a->e.ino == b->e.ino && same_text(a->e.link, b->e.link));
	must(a->e.top_dir == b->e.top_dir && a->e.no_content == b->e.no_content);
	if (S_ISCHR(a->e.mode) || S_ISBLK(a->e.mode))
		must(a->e.rdev_major == b->e.rdev_major && a->e.rdev_minor == b->e.rdev_minor);
	must(memcmp(a->sum, b->sum, sizeof a->sum) == 0);
}

/* Below 30 a time has 32 bits; what "same as before" repeats may come from nowhere else. */
static int
write_and_read_again(const struct flist_form *form, struct flist_state *out, struct flist_state *in,
    const struct flist_entry *x, int32_t first)
{
	static struct flist_entry back;
	struct buf b = BUF_INIT;
	struct entry e = x->e;
	enum flist_item item;
	struct cursor c;
	int32_t io;

	e.dir = "";
	memset(back.sum, 0, sizeof back.sum);
	must(flist_put(&b, form, out, &e, x->sum) == 0 && b.err == 0);
	c = cur_of(buf_head(&b), buf_len(&b));
	must(flist_get(&c, form, in, &back, first, &item, &io) == 0 && item == FLIST_ENTRY && cur_left(&c) == 0);
	same(x, &back);
	buf_done(&b);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct flist_state st, out, in, before;
	static struct flist_entry x;
	struct flist_form form = { 0 };
	enum flist_item item;
	struct cursor c;
	int32_t first, io;
	int r;

	if (size < 4)
		return 0;
	form.version = 27 + data[0] % 6;
	form.compat = (form.version >= 30 ? (data[0] & 0x08 ? CF_VARINT_FLIST_FLAGS : 0) | (data[0] & 0x10 ? CF_SAFE_FLIST : 0) : 0);
	form.uid = data[1] & 1;
	form.gid = data[1] & 2;
	form.links = data[1] & 4;
	form.devices = data[1] & 8;
	form.specials = data[1] & 16;
	form.hard_links = data[1] & 32;
	form.atimes = data[1] & 64 && form.version >= 30;
	form.crtimes = data[1] & 128 && form.compat & CF_VARINT_FLIST_FLAGS;
	form.sum_len = data[2] & 1 ? 16 : data[2] & 2 ? 8 : 0;
	first = data[3];
	memset(&st, 0, sizeof st);
	memset(&out, 0, sizeof out);
	memset(&in, 0, sizeof in);
	c = cur_of(data + 4, size - 4);
	for (;;) {
		memset(x.sum, 0, sizeof x.sum);
		before = st;
		r = flist_get(&c, &form, &st, &x, first, &item, &io);
		if (r != 0) {
			must(memcmp(&before, &st, sizeof st) == 0);
			return 0;
		}
		if (item == FLIST_END)
			return 0;
		must(x.path[0] != '\0' && strlen(x.path) < sizeof x.path);
		if (x.e.abbreviated)
			return 0;	/* its fields are those of another entry: our caller's business */
		if (form.version == 30 && x.e.nsec != 0)
			return 0;
		write_and_read_again(&form, &out, &in, &x, first);
	}
}

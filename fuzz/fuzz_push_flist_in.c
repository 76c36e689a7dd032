/* A client's file list as it comes: entries, ends, segments, id lists.  The first four bytes choose version,
 * flags and options; where a segment begins one byte names its directory.  Whatever is taken stays inside, is in
 * order, and is found again under its index. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/target.h"
#include "lib/err.h"
#include "syncd/push/flist_in.h"
#include "syncd/push/ids.h"

static void
stays_inside(const struct flist_file *f)
{
	char path[NAME_BYTES_MAX + 2];

	flist_in_path(f, path);
	must(path[0] != '/' && path[0] != '\0' && strchr(f->name, '/') == NULL);
	for (const char *p = path; *p != '\0'; p += strspn(p, "/"))  {
		size_t n = strcspn(p, "/");

		must(!(n == 2 && p[0] == '.' && p[1] == '.') && n > 0);
		p += n;
	}
}

static void
look_at(const struct flist_in *l)
{
	const struct flist_segment *seg = l->segments[l->n_segments - 1];
	int32_t dir;

	for (uint32_t i = 0; i < seg->n; i++) {
		struct flist_file *f = &seg->files[i];

		stays_inside(f);
		must(flist_in_find(l, seg->first + (int32_t)i, &dir) == f && dir == -1);
		if (!(f->flags & IN_DROPPED))
			must(flist_in_lookup(seg, l->version, f->dir, f->name) != NULL);
		must(seg->dir < 0 || strcmp(f->dir, strcmp(l->dirs[seg->dir].path, ".") == 0 ? "" : l->dirs[seg->dir].path) == 0);
	}
	must(flist_in_find(l, seg->first + (int32_t)seg->n, &dir) == NULL);
}

static int
read_list(struct cursor *c, const struct flist_form *form, struct flist_state *st, struct flist_in *l)
{
	static struct flist_entry e;
	const struct flist_file *first;
	struct flist_file *f;
	enum flist_item item;
	int32_t io;
	int r;

	while ((r = flist_get(c, form, st, &e, l->segments[l->n_segments - 1]->first, &item, &io)) == 0 && item == FLIST_ENTRY) {
		if ((r = flist_in_add(l, &e, form->sum_len, &f, &first)) != 0)
			return r;
		if (first != NULL) {
			const struct entry like = { .mtime = first->mtime, .nsec = first->nsec, .mode = first->mode,
			    .uid = first->uid, .gid = first->gid };

			flist_follow(form, st, &like);
		}
	}
	if (r != 0 || (r = flist_in_end(l)) != 0)
		return r;
	look_at(l);
	return 0;
}

static int
read_ids(struct cursor *c, const struct flist_form *form, struct ids *ids)
{
	char name[256];
	uint32_t id;
	bool end = false;
	int r = 0;

	while (!end && r == 0)
		if ((r = idlist_get(c, form, &id, name, &end)) == 0)
			r = ids_learn(ids, id, name);
	return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct flist_state st;
	struct flist_form form = { 0 };
	struct flist_in l;
	struct ids ids;
	struct cursor c;
	int r;

	if (size < 4 || size > 65536)
		return 0;
	form.version = 27 + data[0] % 6;
	form.compat = (form.version >= 30 ? (data[0] & 0x08 ? CF_VARINT_FLIST_FLAGS : 0) | (data[0] & 0x10 ? CF_SAFE_FLIST : 0) |
	    (data[0] & 0x20 ? CF_ID0_NAMES : 0) : 0);
	form.uid = data[1] & 1;
	form.gid = data[1] & 2;
	form.links = data[1] & 4;
	form.devices = data[1] & 8;
	form.specials = data[1] & 16;
	form.hard_links = data[1] & 32;
	form.missing = data[1] & 64;
	form.sum_len = data[2] & 1 ? 16 : 0;
	memset(&st, 0, sizeof st);
	flist_in_init(&l, form.version, form.version >= 30 && (data[2] & 2), data[2] & 4);
	l.missing_ok = form.missing;
	ids_init(&ids, -1, 'u');
	c = cur_of(data + 4, size - 4);
	r = flist_in_begin(&l, -1);
	if (r == 0)
		r = read_list(&c, &form, &st, &l);
	if (r == 0 && !l.incremental)
		r = read_ids(&c, &form, &ids);
	while (r == 0 && l.incremental && cur_left(&c) > 0)
		if ((r = flist_in_begin(&l, (int32_t)cur_u8(&c))) == 0)
			r = read_list(&c, &form, &st, &l);
	if (r == 0 && (data[2] & 8))
		flist_in_prune(&l);
	ids_done(&ids);
	flist_in_done(&l);
	return 0;
}

/* The file list of a push in memory: segments, the wire's sort order, duplicates, indices (rsync-wire 5.9 to 5.11). */
#include "syncd/push/flist_in.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/err.h"
#include "lib/grow.h"
#include "syncd/session/order.h"

enum { CHUNK_SIZE = 16384 };

void
flist_in_init(struct flist_in *l, int version, bool incremental, bool relative)
{
	*l = (struct flist_in){ .version = version, .incremental = incremental, .relative = relative,
	    .next_first = incremental ? 1 : 0 };
}

static void
segment_free(struct flist_segment *seg)
{
	if (seg == NULL)
		return;
	for (size_t i = 0; i < seg->n_chunks; i++)
		free(seg->chunks[i]);
	free(seg->chunks);
	free(seg->files);
	free(seg->place);
	free(seg);
}

void
flist_in_done(struct flist_in *l)
{
	for (size_t i = 0; i < l->n_segments; i++)
		segment_free(l->segments[i]);
	free(l->segments);
	for (size_t i = 0; i < l->n_dirs; i++) {
		free(l->dirs[i].path);
		free((char *)(uintptr_t)l->dirs[i].file.dir);
	}
	free(l->dirs);
}

static struct flist_segment *
newest(const struct flist_in *l)
{
	return l->segments[l->n_segments - 1];
}

int
flist_in_begin(struct flist_in *l, int32_t dir)
{
	struct flist_segment *seg;

	if (dir >= 0 && ((size_t)dir >= l->n_dirs || l->dirs[dir].served))
		return E_FORMAT;
	if (!grow(&l->segments, sizeof *l->segments, l->n_segments, &l->cap_segments))
		return -ENOMEM;
	if ((seg = calloc(1, sizeof *seg)) == NULL)
		return -ENOMEM;
	if (dir >= 0)
		l->dirs[dir].served = true;
	seg->dir = dir;
	seg->first = l->next_first;
	l->segments[l->n_segments++] = seg;
	return 0;
}

/* Memory that lives as long as the segment; aligned for any struct of ours. */
static void *
keep(struct flist_segment *seg, size_t n)
{
	char **chunks;
	size_t size;
	void *p;

	n = (n + 7) & ~(size_t)7;
	if (seg->n_chunks == 0 || seg->chunk_size - seg->chunk_at < n) {
		size = n > CHUNK_SIZE ? n : CHUNK_SIZE;
		if ((chunks = reallocarray(seg->chunks, seg->n_chunks + 1, sizeof *chunks)) == NULL)
			return NULL;
		seg->chunks = chunks;
		if ((chunks[seg->n_chunks] = malloc(size)) == NULL)
			return NULL;
		seg->n_chunks++;
		seg->chunk_at = 0;
		seg->chunk_size = size;
	}
	p = seg->chunks[seg->n_chunks - 1] + seg->chunk_at;
	seg->chunk_at += n;
	return p;
}

static const char *
keep_text(struct flist_segment *seg, const char *text, size_t n)
{
	char *p = keep(seg, n + 1);

	if (p == NULL)
		return NULL;
	memcpy(p, text, n);
	p[n] = '\0';
	return p;
}

/* What the rules of rsync-wire 5.4 leave of a path: no "." components, no doubled or trailing slashes.
 * E_FORMAT for "..", and for a leading slash where names are not relative to the root. */
static int
clean(const char *from, bool relative, char *to)
{
	char *at = to;

	if (from[0] == '/' && !relative)
		return E_FORMAT;
	while (*from != '\0') {
		size_t n = (size_t)(strchrnul(from, '/') - from);

		if (n == 2 && from[0] == '.' && from[1] == '.')
			return E_FORMAT;
		if (n > 0 && !(n == 1 && from[0] == '.')) {
			if (at != to)
				*at++ = '/';
			memmove(at, from, n);
			at += n;
		}
		from += n;
		from += *from == '/';
	}
	if (at == to)
		*at++ = '.';
	*at = '\0';
	return 0;
}

static bool
needs_extra(const struct entry *e, size_t sum_len)
{
	return e->link != NULL || e->linked || e->atime != 0 || e->rdev_major != 0 || e->rdev_minor != 0 ||
	    e->ino != 0 || (sum_len > 0 && S_ISREG(e->mode));
}

static int
keep_extra(struct flist_segment *seg, const struct flist_entry *fe, int version, size_t sum_len, struct flist_file *f)
{
	const struct entry *e = &fe->e;
	struct flist_extra *x;
	uint8_t *sum;

	if (!needs_extra(e, sum_len))
		return 0;
	if ((x = keep(seg, sizeof *x)) == NULL)
		return -ENOMEM;
	*x = (struct flist_extra){ .atime = e->atime, .rdev_major = e->rdev_major, .rdev_minor = e->rdev_minor };
	if (version < 30)	/* at 27 every regular file says its inode */
		x->linked = S_ISDIR(e->mode) ? false : e->linked || (version < 28 && e->ino != 0);
	else
		x->linked = e->linked;
	x->group_dev = version < 30 ? e->dev : 0;
	x->group_ino = version < 30 ? e->ino : (uint64_t)(e->link_first ? seg->first + (int64_t)seg->n : e->link_ndx);
	if (e->link != NULL && (x->link = keep_text(seg, e->link, strlen(e->link))) == NULL)
		return -ENOMEM;
	if (sum_len > 0 && S_ISREG(e->mode)) {
		if ((sum = keep(seg, sum_len)) == NULL)
			return -ENOMEM;
		memcpy(sum, fe->sum, sum_len);
		x->sum = sum;
	}
	f->extra = x;
	return 0;
}

static int
keep_name(struct flist_in *l, struct flist_segment *seg, const char *path, struct flist_file *f)
{
	const char *slash = strrchr(path, '/'), *leaf = slash == NULL ? path : slash + 1;
	size_t n = slash == NULL ? 0 : (size_t)(slash - path);
	const struct flist_file *prev = seg->n > 0 ? &seg->files[seg->n - 1] : NULL;

	if (seg->dir >= 0) {	/* entries of a segment lie in its directory, and nowhere else */
		const char *dir = l->dirs[seg->dir].path;

		if (strcmp(dir, ".") == 0)
			dir = "";
		if (strlen(dir) != n || memcmp(dir, path, n) != 0 || strcmp(leaf, ".") == 0)
			return E_FORMAT;
	}
	if (prev != NULL && strlen(prev->dir) == n && memcmp(prev->dir, path, n) == 0)
		f->dir = prev->dir;
	else if ((f->dir = keep_text(seg, path, n)) == NULL)
		return -ENOMEM;
	return (f->name = keep_text(seg, leaf, strlen(leaf))) == NULL ? -ENOMEM : 0;
}

static int
make_room(struct flist_in *l, struct flist_segment *seg)
{
	if (l->alive >= FLIST_IN_FILES_MAX)
		return E_LIMIT;
	return grow(&seg->files, sizeof *seg->files, seg->n, &seg->cap) ? 0 : -ENOMEM;
}

/* One more name of a file in this list: all but the name is that one's. */
static int
take_after(struct flist_segment *seg, const struct entry *e, struct flist_file *f, const struct flist_file **ret_first)
{
	const struct flist_file *first;

	if (e->link_ndx < seg->first || (uint32_t)(e->link_ndx - seg->first) >= seg->n)
		return E_FORMAT;
	first = &seg->files[e->link_ndx - seg->first];
	if (first->extra == NULL || !first->extra->linked || S_ISDIR(first->mode))
		return E_FORMAT;
	*f = (struct flist_file){ .dir = f->dir, .name = f->name, .extra = first->extra, .size = first->size,
	    .mtime = first->mtime, .nsec = first->nsec, .mode = first->mode, .uid = first->uid, .gid = first->gid,
	    .seq = f->seq, .acl = first->acl, .dflt_acl = first->dflt_acl, .xattrs = first->xattrs };
	*ret_first = first;
	return 0;
}

int
flist_in_add(struct flist_in *l, const struct flist_entry *e, size_t sum_len, struct flist_file **ret,
    const struct flist_file **ret_first)
{
	struct flist_segment *seg = newest(l);
	char path[NAME_BYTES_MAX];
	struct flist_file *f;
	int r;

	*ret_first = NULL;
	if ((r = make_room(l, seg)) != 0 || (r = clean(e->path, l->relative, path)) != 0)
		return r;
	f = &seg->files[seg->n];
	*f = (struct flist_file){ .seq = seg->n, .acl = -1, .dflt_acl = -1, .xattrs = -1 };
	if ((r = keep_name(l, seg, path, f)) != 0)
		return r;
	if (e->e.abbreviated) {
		if ((r = take_after(seg, &e->e, f, ret_first)) != 0)
			return r;
	} else {
		f->size = e->e.size;
		f->mtime = e->e.mtime;
		f->nsec = e->e.nsec;
		f->mode = e->e.mode;
		f->uid = e->e.uid;
		f->gid = e->e.gid;
		f->flags = (e->e.top_dir ? IN_TOP_DIR : 0u) | (e->e.no_content ? IN_NO_CONTENT : 0u);
		if (f->mode == 0) {
			if (!l->missing_ok)
				return E_FORMAT;
			f->flags |= IN_MISSING;
		}
		if ((r = keep_extra(seg, e, l->version, sum_len, f)) != 0)
			return r;
	}
	if (strcmp(f->name, ".") == 0 && !S_ISDIR(f->mode))
		return E_FORMAT;	/* the top is a directory (hardening P19) */
	seg->n++;
	l->alive++;
	*ret = f;
	return 0;
}

/* --- order ---------------------------------------------------------------------------------- */

static void
name_of(const void *item, const void *arg, struct order_name *ret)
{
	const struct flist_file *f = item;

	(void)arg;
	*ret = (struct order_name){ f->dir, f->name, S_ISDIR(f->mode) };
}

static bool
same_name(const struct flist_file *a, const struct flist_file *b)
{
	return strcmp(a->name, b->name) == 0 && (a->dir == b->dir || strcmp(a->dir, b->dir) == 0);
}

/* Where the entry dir/name of that type stands, or would: the first that is not before it. */
static uint32_t
lower_bound(const struct flist_segment *seg, int version, const char *dir, const char *name, bool is_dir)
{
	const struct order_name key = { dir, name, is_dir };
	uint32_t from = 0, to = seg->n;

	while (from < to) {
		uint32_t mid = from + (to - from) / 2;
		struct order_name at;

		name_of(&seg->files[mid], NULL, &at);
		if (order_compare(version, &at, &key) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

/* The first of a name stays, but a directory wins over what is none (rsync-wire 5.11.3). */
static void
drop_duplicates(struct flist_segment *seg, int version)
{
	struct flist_file *kept = NULL;

	for (uint32_t i = 0; i < seg->n; i++) {
		struct flist_file *f = &seg->files[i];
		bool wins = version >= 29 && S_ISDIR(f->mode) && kept != NULL && !S_ISDIR(kept->mode);
		uint32_t at;

		if (f->flags & IN_DROPPED)
			continue;
		if (kept != NULL && !wins && same_name(kept, f)) {
			if (S_ISDIR(kept->mode) && S_ISDIR(f->mode)) {
				kept->flags |= f->flags & IN_TOP_DIR;
				if (!(f->flags & IN_NO_CONTENT))
					kept->flags &= ~(uint32_t)IN_NO_CONTENT;
			}
			f->flags |= IN_DROPPED;
			continue;
		}
		kept = f;
		if (!S_ISDIR(f->mode) || version < 29)
			continue;
		at = lower_bound(seg, version, f->dir, f->name, false);
		for (; at < seg->n && same_name(&seg->files[at], f) && !S_ISDIR(seg->files[at].mode); at++)
			seg->files[at].flags |= IN_DROPPED;
	}
}

static int
dir_copy(const struct flist_file *f, struct flist_in_dir *ret)
{
	char path[NAME_BYTES_MAX], *dir = strdup(f->dir);
	const char *slash;

	*ret = (struct flist_in_dir){ strdup(flist_in_path(f, path)), *f, strcmp(f->name, ".") == 0 };
	ret->file.dir = dir;
	ret->file.extra = NULL;
	if (ret->path == NULL || dir == NULL) {
		free(ret->path);
		free(dir);
		return -ENOMEM;
	}
	slash = strrchr(ret->path, '/');
	ret->file.name = slash == NULL ? ret->path : slash + 1;
	return 0;
}

/* Where the file with that number is. */
static uint32_t
place_of(const struct flist_segment *seg, uint32_t number)
{
	return seg->place == NULL ? number : seg->place[number];
}

static int
note_places(struct flist_segment *seg)
{
	if ((seg->place = calloc(seg->n + 1, sizeof *seg->place)) == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < seg->n; i++)
		seg->place[seg->files[i].seq] = i;
	return 0;
}

int32_t
flist_in_ndx(const struct flist_in *l, const struct flist_segment *seg, uint32_t place)
{
	return seg->first + (int32_t)(l->wire_order ? seg->files[place].seq : place);
}

static int
number_dirs(struct flist_in *l, const struct flist_segment *seg)
{
	int r;

	for (uint32_t i = 0; i < seg->n; i++) {
		const struct flist_file *f = &seg->files[place_of(seg, i)];

		if (!S_ISDIR(f->mode))
			continue;
		if (l->n_dirs >= FLIST_IN_DIRS_MAX)
			return E_LIMIT;
		if (!grow(&l->dirs, sizeof *l->dirs, l->n_dirs, &l->cap_dirs))
			return -ENOMEM;
		if ((r = dir_copy(f, &l->dirs[l->n_dirs])) != 0)
			return r;
		l->n_dirs++;
	}
	return 0;
}

int
flist_in_end(struct flist_in *l)
{
	struct flist_segment *seg = newest(l);

	if (order_sort(seg->files, sizeof *seg->files, seg->n, l->version, name_of, NULL) != 0)
		return -ENOMEM;
	drop_duplicates(seg, l->version);
	seg->complete = true;
	if (l->wire_order && note_places(seg) != 0)
		return -ENOMEM;
	if (l->next_first > INT32_MAX - (int32_t)seg->n - 2)
		return E_LIMIT;
	l->next_first += (int32_t)seg->n + 1;
	return l->incremental ? number_dirs(l, seg) : 0;
}

/* Does path lie below the directory dir ("." is above all)? */
static bool
lies_below(const struct flist_file *dir, const struct flist_file *f)
{
	char a[NAME_BYTES_MAX];
	size_t n;

	flist_in_path(dir, a);
	if (strcmp(a, ".") == 0)
		return true;
	n = strlen(a);
	return strncmp(f->dir, a, n) == 0 && (f->dir[n] == '\0' || f->dir[n] == '/');
}

void
flist_in_prune(struct flist_in *l)
{
	struct flist_segment *seg = newest(l);

	/* in the wire's order all that lies below a directory stands right behind it, and behind its duplicates */
	for (uint32_t i = seg->n; i-- > 0;) {
		struct flist_file *f = &seg->files[i];
		bool full = false;

		if (!S_ISDIR(f->mode) || (f->flags & IN_DROPPED) || strcmp(f->name, ".") == 0)
			continue;
		for (uint32_t k = i + 1; k < seg->n && !full && (lies_below(f, &seg->files[k]) || same_name(f, &seg->files[k])); k++)
			full = !(seg->files[k].flags & IN_DROPPED);
		if (!full)
			f->flags |= IN_DROPPED;
	}
}

struct flist_file *
flist_in_dir_of(const struct flist_in *l, int32_t dir)
{
	return dir < 0 || (size_t)dir >= l->n_dirs ? NULL : &l->dirs[dir].file;
}

struct flist_segment *
flist_in_segment(const struct flist_in *l, int32_t ndx)
{
	size_t from = l->oldest, to = l->n_segments;

	while (to - from > 1) {		/* the last whose gap index is not above ndx */
		size_t mid = from + (to - from) / 2;

		if (l->segments[mid]->first - 1 <= ndx)
			from = mid;
		else
			to = mid;
	}
	return from < to ? l->segments[from] : NULL;
}

struct flist_file *
flist_in_find(const struct flist_in *l, int32_t ndx, int32_t *ret_dir)
{
	struct flist_segment *seg = flist_in_segment(l, ndx);

	*ret_dir = -1;
	if (seg == NULL || ndx < 0 || ndx < seg->first - 1 || !seg->complete)
		return NULL;
	if (ndx == seg->first - 1) {
		if (l->incremental && seg->dir >= 0)
			*ret_dir = seg->dir;
		else if (l->incremental && seg->n > 0 && strcmp(seg->files[0].name, ".") == 0 && seg->files[0].dir[0] == '\0')
			return &seg->files[0];
		return NULL;
	}
	return (uint32_t)(ndx - seg->first) < seg->n ? &seg->files[place_of(seg, (uint32_t)(ndx - seg->first))] : NULL;
}

const struct flist_file *
flist_in_lookup(const struct flist_segment *seg, int version, const char *dir, const char *name)
{
	const struct flist_file key = { .dir = dir, .name = name };

	for (int is_dir = 0; is_dir < 2; is_dir++) {
		uint32_t at = lower_bound(seg, version, dir, name, is_dir != 0);

		for (; at < seg->n && same_name(&seg->files[at], &key); at++)
			if (!(seg->files[at].flags & IN_DROPPED))
				return &seg->files[at];
	}
	return NULL;
}

void
flist_in_release(struct flist_in *l)
{
	struct flist_segment *seg = l->segments[l->oldest];

	l->alive -= seg->n;
	segment_free(seg);
	l->segments[l->oldest++] = NULL;
}

char *
flist_in_path(const struct flist_file *f, char dst[NAME_BYTES_MAX])
{
	size_t d = strlen(f->dir), n = strlen(f->name);	/* together they came in one path */

	memcpy(dst, f->dir, d);
	if (d > 0)
		dst[d++] = '/';
	memcpy(dst + d, f->name, n + 1);
	return dst;
}

void
flist_in_pending(struct flist_in *l, int32_t ndx, int change)
{
	struct flist_segment *seg = flist_in_segment(l, ndx);

	seg->pending = (uint32_t)((int64_t)seg->pending + change);
}

/* The list of files that a pull sends: its memory, its segments, and what is asked of it. */
#include "syncd/pull/flist_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/err.h"
#include "lib/grow.h"
#include "syncd/session/order.h"
#include "syncd/wire/mux.h"

enum {
	CHUNK_SIZE = 16384,
	PLACES_MAX = 1 << 28,
};

void
flist_tell(struct flist *s, unsigned code, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	s->conf.tell(s->conf.arg, code, text);
}

const char *
flist_shown(const struct flist *s, uint32_t dir, const char *fs, char *dst, size_t size)
{
	const struct flist_dir *p = &s->dirs[dir];
	bool entered = s->conf.entered || (dir != 0 && strlen(p->fs) > strlen(p->path));

	snprintf(dst, size, "%s%s", entered ? "/" : "", fs);
	return dst;
}

/* Something below directory dir could not be listed: say so, in the words of rsync, and remember it. */
void
flist_complain(struct flist *s, const char *what, uint32_t dir, const char *path, int err)
{
	char fs[2 * NAME_BYTES_MAX];

	flist_shown(s, dir, path, fs, sizeof fs);
	if (err == -ENOENT && strcmp(what, "readlink_stat") == 0) {
		flist_tell(s, MSG_WARNING, "file has vanished: \"%s\" (in %s)\n", fs, s->conf.module);
		s->io_error |= s->conf.version >= 28 ? IOERR_VANISHED : IOERR_GENERAL;	/* protocol 27 has no such word */
		return;
	}
	flist_tell(s, MSG_ERROR_XFER, "rsync: [sender] %s \"%s\" (in %s) failed: %s (%d)\n", what, fs, s->conf.module,
	    strerror(-err), -err);
	s->io_error |= IOERR_GENERAL;
}

struct segment *
flist_segment_new(int32_t first)
{
	struct segment *seg = calloc(1, sizeof *seg);

	if (seg != NULL)
		seg->first = first;
	return seg;
}

void
flist_segment_free(struct segment *seg)
{
	if (seg == NULL)
		return;
	for (size_t i = 0; i < seg->n_chunks; i++)
		free(seg->chunks[i]);
	free(seg->chunks);
	free(seg->files);
	free(seg);
}

/* Room for n bytes that lives as long as the segment, on a boundary (a power of two) of its chunk. */
static char *
keep_room(struct segment *seg, size_t n, size_t boundary)
{
	size_t size, at = (seg->chunk_at + boundary - 1) & ~(boundary - 1);
	char **chunks;

	if (seg->n_chunks == 0 || at > seg->chunk_size || seg->chunk_size - at < n) {
		size = n > CHUNK_SIZE ? n : seg->n_chunks == 0 ? 1024 : CHUNK_SIZE;
		if ((chunks = reallocarray(seg->chunks, seg->n_chunks + 1, sizeof *chunks)) == NULL)
			return NULL;
		seg->chunks = chunks;
		if ((chunks[seg->n_chunks] = malloc(size)) == NULL)
			return NULL;
		seg->n_chunks++;
		at = 0;
		seg->chunk_size = size;
	}
	seg->chunk_at = at + n;
	return seg->chunks[seg->n_chunks - 1] + at;
}

struct file_more *
flist_more_of(struct file *f)
{
	return (void *)((char *)f->name - sizeof(struct file_more));
}

const struct file_more *
file_more(const struct file *f)
{
	static const struct file_more none;

	return f->more ? (const void *)(f->name - sizeof none) : &none;
}

const char *
file_link(const struct file *f)
{
	return S_ISLNK(f->mode) ? f->name + strlen(f->name) + 1 : NULL;
}

/* Keep the name, what is behind it and what is in front of it.  link: a symlink's target. */
int
flist_keep_names(struct segment *seg, struct file *f, const char *name, const char *link)
{
	size_t more = f->more ? sizeof(struct file_more) : 0, n = strlen(name) + 1, l = link == NULL ? 0 : strlen(link) + 1;
	char *at = keep_room(seg, more + n + l, f->more ? _Alignof(struct file_more) : 1);

	if (at == NULL)
		return -ENOMEM;
	memset(at, 0, more);
	memcpy(at + more, name, n);
	if (l > 0)
		memcpy(at + more + n, link, l);
	f->name = at + more;
	return 0;
}

char *
flist_joined(const char *dir, const char *name)
{
	size_t d = strlen(dir), n = strlen(name);
	char *path = malloc(d + n + 2);

	if (path == NULL)
		return NULL;
	memcpy(path, dir, d);
	if (d > 0 && n > 0)
		path[d++] = '/';
	memcpy(path + d, name, n + 1);
	return path;
}

/* A new directory; takes path and fs (NULL is lack of memory).  Its number, or 0. */
uint32_t
flist_dir_add(struct flist *s, char *path, char *fs, dev_t dev)
{
	size_t cap = s->cap_dirs;

	if (path == NULL || fs == NULL || s->n_dirs >= PLACES_MAX ||
	    !grow(&s->dirs, sizeof *s->dirs, s->n_dirs, &cap)) {
		free(path);
		free(fs);
		return 0;
	}
	s->cap_dirs = (uint32_t)cap;
	s->dirs[s->n_dirs] = (struct flist_dir){ .path = path, .fs = fs, .dev = dev };
	return s->n_dirs++;
}

int
flist_new(const struct flist_conf *conf, struct flist **ret)
{
	struct flist *s = calloc(1, sizeof *s);
	size_t cap = 0;

	if (s == NULL)
		return -ENOMEM;
	s->conf = *conf;
	s->segments = calloc(16, sizeof *s->segments);
	if (s->segments == NULL || !grow(&s->dirs, sizeof *s->dirs, 0, &cap) ||
	    (s->segments[0] = flist_segment_new(conf->incremental ? 1 : 0)) == NULL) {
		flist_free(s);
		return -ENOMEM;
	}
	s->cap_dirs = (uint32_t)cap;
	s->dirs[0] = (struct flist_dir){ NULL };
	s->n_dirs = 1;
	s->cap_segments = 16;
	s->n_segments = 1;
	*ret = s;
	return 0;
}

void
flist_free(struct flist *s)
{
	if (s == NULL)
		return;
	for (size_t i = s->oldest; i < s->n_segments; i++)
		flist_segment_free(s->segments[i]);
	for (uint32_t i = 1; i < s->n_dirs; i++) {
		free(s->dirs[i].path);
		free(s->dirs[i].fs);
		rules_dir_free(s->dirs[i].rules);
	}
	free(s->segments);
	free(s->dirs);
	free(s->listed);
	free(s->todo);
	free(s->inodes.rows);
	free(s);
}

struct segment *
flist_newest_segment(const struct flist *s)
{
	return s->segments[s->n_segments - 1];	/* an unreleased one: callers have just made it */
}

const struct segment *
flist_newest(const struct flist *s)
{
	return flist_newest_segment(s);
}

const struct flist_dir *
flist_dir_of(const struct flist *s, const struct file *f)
{
	return &s->dirs[f->dir];
}

struct file *
flist_find(const struct flist *s, int32_t ndx, bool *ret_gap)
{
	size_t lo = s->oldest, hi = s->n_segments;

	*ret_gap = false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct segment *seg = s->segments[mid];

		if (ndx < seg->first - (s->conf.incremental ? 1 : 0)) {
			hi = mid;
		} else if (ndx >= seg->first + (int32_t)seg->n) {
			lo = mid + 1;
		} else if (ndx < seg->first) {
			*ret_gap = true;
			return NULL;
		} else {
			return &seg->files[ndx - seg->first];
		}
	}
	return NULL;
}

void
flist_is_now(struct flist *s, int32_t ndx, const struct stat *st)
{
	bool gap;
	struct file *f = flist_find(s, ndx, &gap);

	if (f != NULL && f->more)
		flist_more_of(f)->inode = (struct inode_id){ st->st_dev, st->st_ino };
}

const struct flist_dir *
flist_gap(const struct flist *s, int32_t ndx)
{
	for (size_t i = s->oldest; i < s->n_segments; i++)
		if (s->segments[i]->first - 1 == ndx)
			return s->segments[i]->dir == 0 ? NULL : &s->dirs[s->segments[i]->dir];
	return NULL;
}

void
flist_set_xattrs(struct flist *s, uint32_t index, int32_t set)
{
	struct file *f = &flist_newest_segment(s)->files[index];

	flist_more_of(f)->xattrs = set;
	if (file_more(f)->sub != 0)
		s->dirs[file_more(f)->sub].xattrs = set;
}

static size_t
inode_hash(const struct inode_id *id, size_t size)
{
	uint64_t h = ((uint64_t)id->ino ^ (uint64_t)id->dev << 32) * 0x9e3779b97f4a7c15ull;

	return (size_t)(h >> 20) & (size - 1);
}

static struct inode_row *
inode_slot(struct inodes *t, const struct inode_id *id)
{
	size_t i = inode_hash(id, t->size);

	while (t->rows[i].ndx >= 0 && (t->rows[i].id.ino != id->ino || t->rows[i].id.dev != id->dev))
		i = (i + 1) & (t->size - 1);
	return &t->rows[i];
}

static int
inodes_grow(struct inodes *t)
{
	struct inodes bigger = { NULL, t->n, t->size == 0 ? 1024 : t->size * 2 };

	if ((bigger.rows = reallocarray(NULL, bigger.size, sizeof *bigger.rows)) == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < bigger.size; i++)
		bigger.rows[i].ndx = -1;
	for (size_t i = 0; i < t->size; i++)
		if (t->rows[i].ndx >= 0)
			*inode_slot(&bigger, &t->rows[i].id) = t->rows[i];
	free(t->rows);
	*t = bigger;
	return 0;
}

int
flist_link(struct flist *s, const struct inode_id *id, int32_t ndx, int32_t *ret_first)
{
	struct inode_row *row;

	if (s->inodes.n * 2 >= s->inodes.size && inodes_grow(&s->inodes) != 0)
		return -ENOMEM;
	row = inode_slot(&s->inodes, id);
	*ret_first = row->ndx;
	if (row->ndx < 0) {
		*row = (struct inode_row){ *id, ndx };
		s->inodes.n++;
	}
	return 0;
}

bool
flist_release(struct flist *s)
{
	size_t left = s->n_segments - s->oldest;

	if (left == 0 || (left == 1 && s->all_listed))
		return true;		/* the last stays: late reports may still name it */
	flist_segment_free(s->segments[s->oldest++]);
	return false;
}

bool
flist_wants_more(const struct flist *s, size_t ahead)
{
	size_t n = 0;

	if (s->n_segments - s->oldest <= 2)
		return true;
	for (size_t i = s->oldest + 1; i < s->n_segments; i++)
		n += s->segments[i]->n + 1;
	return n < ahead;
}

int
flist_rules_error(const struct flist *s)
{
	return s->rules_error;
}

int
flist_io_error(const struct flist *s)
{
	return s->conf.ignore_errors ? 0 : s->io_error;
}

int64_t
flist_total_size(const struct flist *s)
{
	return s->total_size;
}

/* The lists of a pull are built: one complete list, or a list for each directory, in the order in which the client was told of
 * them (incremental recursion; rsync-wire 5.9, 5.11). */
#include "syncd/pull/flist_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/err.h"
#include "lib/grow.h"
#include "syncd/session/order.h"

/* Two directories whose files come from two arguments: what is in the second belongs to the first, too. */
static void
same_segment(struct flist *s, uint32_t first, uint32_t second)
{
	uint32_t p = first;

	while (p != 0 && s->dirs[p].same != 0)
		p = s->dirs[p].same;
	if (p != 0 && second != 0)
		s->dirs[p].same = second;
}

static bool
is_dot(const struct file *f)
{
	return strcmp(f->name, ".") == 0;
}

static void
name_of(const void *item, const void *list, struct order_name *ret)
{
	const struct file *f = item;
	const struct flist *s = list;

	*ret = (struct order_name){ s->dirs[f->dir].path, f->name, S_ISDIR(f->mode) };
}

static int
sort_files(const struct flist *s, struct file *files, uint32_t n)
{
	return order_sort(files, sizeof *files, n, s->conf.version, name_of, s);
}

/* The directories of a finished segment get their numbers. */
static int
list_directories(struct flist *s, const struct segment *seg)
{
	uint32_t first = s->n_listed;
	size_t cap = s->cap_listed;
	const struct file *prev = NULL;

	for (uint32_t i = 0; i < seg->n; i++) {
		const struct file *f = &seg->files[i];

		if (!S_ISDIR(f->mode))
			continue;
		if (!grow(&s->listed, sizeof *s->listed, s->n_listed, &cap))
			return -ENOMEM;
		s->cap_listed = (uint32_t)cap;
		s->listed[s->n_listed] = (struct listed){ file_more(f)->sub, s->at, 0, 0, is_dot(f) };
		if (prev != NULL && !is_dot(f) && strcmp(prev->name, f->name) == 0) {
			/* the same name from another argument: one segment serves both */
			s->listed[s->n_listed].skip = true;
			same_segment(s, file_more(prev)->sub, file_more(f)->sub);
		} else {
			prev = f;
		}
		s->n_listed++;
	}
	if (s->at != 0) {
		s->listed[s->at - 1].first = first;
		s->listed[s->at - 1].n = s->n_listed - first;
	}
	return 0;
}

/* Depth first: the first sub-directory, else the next sister, else the parent's next sister.
 * Returns 1 + its number, or 0 at the end. */
static uint32_t
next_listed(const struct flist *s)
{
	uint32_t at = s->at, next;

	if (at == 0)
		return s->n_listed > 0 ? 1 : 0;
	if (s->listed[at - 1].n > 0)
		return s->listed[at - 1].first + 1;
	for (;;) {
		uint32_t parent = s->listed[at - 1].parent;
		uint32_t end = parent == 0 ? 0 : s->listed[parent - 1].first + s->listed[parent - 1].n;

		next = at + 1;
		if (parent == 0)	/* sisters at the top: those without a parent, from the front */
			return next <= s->n_listed && s->listed[next - 1].parent == 0 ? next : 0;
		if (next <= end)
			return next;
		at = parent;
	}
}

/* Move on to the next directory that has a segment. */
static void
advance(struct flist *s)
{
	do
		s->at = next_listed(s);
	while (s->at != 0 && s->listed[s->at - 1].skip);
	if (s->at == 0)
		s->all_listed = true;
}

static int
push_segment(struct flist *s)
{
	struct segment *seg;

	if (s->next_first > INT32_MAX - 2)
		return E_LIMIT;
	if (s->oldest > 0 && s->n_segments == s->cap_segments) {
		memmove(s->segments, s->segments + s->oldest, (s->n_segments - s->oldest) * sizeof *s->segments);
		s->n_segments -= s->oldest;
		s->oldest = 0;
	}
	if (!grow(&s->segments, sizeof *s->segments, s->n_segments, &s->cap_segments) ||
	    (seg = flist_segment_new(s->next_first)) == NULL)
		return -ENOMEM;
	s->segments[s->n_segments++] = seg;
	return 0;
}

/* The newest segment is complete: its order, its directories' numbers, the next one's start. */
static int
finish_segment(struct flist *s)
{
	struct segment *seg = flist_newest_segment(s);

	if (sort_files(s, seg->files, seg->n) != 0)
		return -ENOMEM;
	if (seg->n > (uint32_t)(INT32_MAX - 2 - seg->first))
		return E_LIMIT;
	s->next_first = seg->first + (int32_t)seg->n + 1;
	return s->conf.incremental ? list_directories(s, seg) : 0;
}

int
flist_next(struct flist *s, uint32_t *ret_dir)
{
	uint32_t dir = s->at;
	int r;

	if (s->all_listed)
		return E_EOF;
	if ((r = push_segment(s)) != 0)
		return r;
	flist_newest_segment(s)->dir = s->listed[dir - 1].dir;
	for (uint32_t p = s->listed[dir - 1].dir; r == 0 && p != 0; p = s->dirs[p].same)
		r = flist_read_dir(s, p);
	if (r != 0 || (r = finish_segment(s)) != 0)
		return r;
	*ret_dir = dir - 1;
	advance(s);
	return 0;
}

/* The complete list is walked depth first, in the order of the wire: what comes behind a directory has to wait
 * until that is read.  The sort at the end then finds its work done, which for a million files saves its memory. */
static int
put_off(struct flist *s, uint32_t from)
{
	struct segment *seg = flist_newest_segment(s);
	uint32_t first = from;

	while (first < seg->n && file_more(&seg->files[first])->sub == 0)
		first++;
	for (; seg->n > first; seg->n--) {
		if (!grow(&s->todo, sizeof *s->todo, s->n_todo, &s->cap_todo))
			return -ENOMEM;
		s->todo[s->n_todo++] = seg->files[seg->n - 1];
	}
	return 0;
}

/* Take the next entry that waits; a directory is followed by what is in it.  1: it was one. */
static int
take_put_off(struct flist *s)
{
	struct segment *seg = flist_newest_segment(s);
	uint32_t from = seg->n + 1, dir;
	size_t cap = seg->cap;
	int r;

	if (!grow(&seg->files, sizeof *seg->files, seg->n, &cap))
		return -ENOMEM;
	seg->cap = (uint32_t)cap;
	seg->files[seg->n++] = s->todo[--s->n_todo];
	if ((dir = file_more(&seg->files[from - 1])->sub) == 0)
		return 0;
	if ((r = flist_read_dir(s, dir)) != 0)
		return r;
	if ((r = sort_files(s, seg->files + from, seg->n - from)) != 0)
		return r;
	return (r = put_off(s, from)) != 0 ? r : 1;
}

/* As far as the next directory: 1, or 0 at the end. */
static int
build_complete(struct flist *s)
{
	int r = 0;

	if (!s->started)
		r = put_off(s, 0);
	s->started = true;
	while (r == 0 && s->n_todo > 0)
		r = take_put_off(s);
	return r;
}

int
flist_build(struct flist *s)
{
	int r;

	if (!s->conf.incremental) {
		if ((r = build_complete(s)) != 0)
			return r;
		s->all_listed = true;
		return finish_segment(s);
	}
	if ((r = finish_segment(s)) == 0)
		advance(s);
	return r;
}

/* Which names of a hard-linked file wait, go on, or become links (rsync(1), --hard-links; rsync-wire 8.5). */
#include "syncd/push/hardlinks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/grow.h"

struct file {
	struct hardlink_id id;
	uint32_t names;		/* in the lists that came */
	uint32_t left;		/* of those, not looked at yet */
	bool used, taken;	/* taken: a name goes on */
	char *path;		/* where it is complete; heap */
	int32_t *waiting;
	size_t n_waiting, cap_waiting;
};

struct ready {
	int32_t ndx;
	enum hardlink_verdict verdict;
};

struct hardlinks {
	bool more;
	struct file *files;	/* open addressing; size is a power of two */
	size_t n, size;
	struct ready *ready;	/* names that wait no longer, from at on */
	size_t at, n_ready, cap_ready;
	size_t n_waiting;	/* of all files */
};

enum { FIRST_SIZE = 64 };

struct hardlinks *
hardlinks_new(bool more)
{
	struct hardlinks *h = calloc(1, sizeof *h);

	if (h != NULL)
		h->more = more;
	return h;
}

void
hardlinks_free(struct hardlinks *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; i < h->size; i++) {
		free(h->files[i].path);
		free(h->files[i].waiting);
	}
	free(h->files);
	free(h->ready);
	free(h);
}

static struct file *
slot_of(struct file *files, size_t size, const struct hardlink_id *id)
{
	size_t i = (size_t)((id->ino * 0x9e3779b97f4a7c15ULL ^ id->dev * 0xc2b2ae3d27d4eb4fULL) >> 20) & (size - 1);

	while (files[i].used && (files[i].id.dev != id->dev || files[i].id.ino != id->ino))
		i = (i + 1) & (size - 1);
	return &files[i];
}

/* The file, where it has or may yet have several names; else NULL. */
static struct file *
file_of(const struct hardlinks *h, const struct hardlink_id *id)
{
	struct file *f = h->size == 0 ? NULL : slot_of(h->files, h->size, id);

	return f != NULL && f->used && (f->names > 1 || h->more) ? f : NULL;
}

static int
make_room(struct hardlinks *h)
{
	size_t size = h->size == 0 ? FIRST_SIZE : h->size * 2;
	struct file *files;

	if (h->n * 2 < h->size)
		return 0;
	if ((files = calloc(size, sizeof *files)) == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < h->size; i++)
		if (h->files[i].used)
			*slot_of(files, size, &h->files[i].id) = h->files[i];
	free(h->files);
	h->files = files;
	h->size = size;
	return 0;
}

int
hardlinks_count(struct hardlinks *h, const struct hardlink_id *id)
{
	struct file *f;

	if (make_room(h) != 0)
		return -ENOMEM;
	f = slot_of(h->files, h->size, id);
	if (!f->used) {
		*f = (struct file){ .id = *id, .used = true };
		h->n++;
	}
	f->names++;
	f->left++;
	return 0;
}

/* The name that waited last waits no longer. */
static int
release(struct hardlinks *h, struct file *f, enum hardlink_verdict verdict)
{
	if (!grow(&h->ready, sizeof *h->ready, h->n_ready, &h->cap_ready))
		return -ENOMEM;
	h->ready[h->n_ready++] = (struct ready){ f->waiting[--f->n_waiting], verdict };
	h->n_waiting--;
	return 0;
}

/* Once all names are looked at and none goes on, the one that waited last does, as with rsync. */
static int
choose(struct hardlinks *h, struct file *f)
{
	if (f->left > 0 || f->taken || f->path != NULL || f->n_waiting == 0)
		return 0;
	f->taken = true;
	return release(h, f, HARDLINK_GO);
}

static void
was_looked_at(struct file *f)
{
	if (f->left > 0)
		f->left--;
}

int
hardlinks_enter(struct hardlinks *h, const struct hardlink_id *id, int32_t ndx, bool first)
{
	struct file *f = file_of(h, id);

	if (f == NULL)
		return HARDLINK_GO;
	was_looked_at(f);
	if (f->path != NULL)
		return HARDLINK_MAKE;
	if (!f->taken && (first || f->left == 0)) {
		f->taken = true;
		return HARDLINK_GO;
	}
	if (!grow(&f->waiting, sizeof *f->waiting, f->n_waiting, &f->cap_waiting))
		return -ENOMEM;
	f->waiting[f->n_waiting++] = ndx;
	h->n_waiting++;
	return HARDLINK_WAIT;
}

int
hardlinks_pass(struct hardlinks *h, const struct hardlink_id *id)
{
	struct file *f = file_of(h, id);

	if (f == NULL)
		return 0;
	was_looked_at(f);
	return choose(h, f);
}

static void
reverse(int32_t *v, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		int32_t other = v[n - 1 - i];

		v[n - 1 - i] = v[i];
		v[i] = other;
	}
}

/* All that wait, in the order in which they came. */
static int
release_all(struct hardlinks *h, struct file *f, enum hardlink_verdict verdict)
{
	int r = 0;

	reverse(f->waiting, f->n_waiting);
	while (r == 0 && f->n_waiting > 0)
		r = release(h, f, verdict);
	free(f->waiting);
	f->waiting = NULL;
	f->cap_waiting = 0;
	return r;
}

int
hardlinks_end(struct hardlinks *h, const struct hardlink_id *id, const char *path)
{
	struct file *f = file_of(h, id);

	if (f == NULL || f->path != NULL)
		return 0;
	f->taken = false;
	if (path == NULL)
		return choose(h, f);
	if ((f->path = strdup(path)) == NULL)
		return -ENOMEM;
	return release_all(h, f, HARDLINK_MAKE);
}

int
hardlinks_give_up(struct hardlinks *h, const struct hardlink_id *id)
{
	struct file *f = file_of(h, id);

	if (f == NULL || f->path != NULL)
		return 0;
	f->taken = false;
	return release_all(h, f, HARDLINK_DROP);
}

const char *
hardlinks_path(const struct hardlinks *h, const struct hardlink_id *id)
{
	const struct file *f = file_of(h, id);

	return f == NULL ? NULL : f->path;
}

bool
hardlinks_ready(const struct hardlinks *h)
{
	return h->at < h->n_ready;
}

bool
hardlinks_wait(const struct hardlinks *h)
{
	return h->n_waiting > 0;
}

enum hardlink_verdict
hardlinks_next(struct hardlinks *h, int32_t *ret_ndx)
{
	struct ready next;

	if (h->at == h->n_ready)
		return HARDLINK_NONE;
	next = h->ready[h->at++];
	if (h->at == h->n_ready)
		h->at = h->n_ready = 0;
	*ret_ndx = next.ndx;
	return next.verdict;
}

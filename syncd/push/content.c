/* Is the content of a file here what the client has?  By size and time, or by a sum of the whole (rsync(1), --checksum). */
#include "syncd/push/content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "syncd/delta/strong.h"
#include "syncd/fs/sum_cache.h"
#include "syncd/push/attr_apply.h"
#include "syncd/push/push.h"

struct content {
	struct strong *sum;	/* -c: sums of whole files, */
	uint8_t *chunk;		/* and what they are read into; */
	struct sum_cache cache;	/* those of files that were read before */
};

int
content_begin(struct session *s)
{
	struct content *c = s->push->content = calloc(1, sizeof *c);

	if (c == NULL)
		return -ENOMEM;
	if (!s->opt.checksum)
		return 0;
	sum_cache_init(&c->cache, s->grant.sums_fd);
	return (c->chunk = malloc(PUSH_READ_SIZE)) == NULL ? -ENOMEM : strong_new(s->proto.list_sum, 0, 0, &c->sum);
}

void
content_end(struct session *s)
{
	struct content *c = s->push->content;

	if (c != NULL) {
		strong_free(c->sum);
		free(c->chunk);
	}
	free(c);
	s->push->content = NULL;
}

/* The sum of the file fd, read to its end.  False: it cannot be read, or it is too much work. */
static bool
sum_up(struct session *s, int fd, uint8_t sum[DIGEST_MAX])
{
	struct content *c = s->push->content;
	ssize_t n;

	for (off_t at = 0; (n = pread(fd, c->chunk, PUSH_READ_SIZE, at)) > 0; at += n) {
		strong_update(c->sum, c->chunk, (size_t)n);
		if (at % PUSH_KEEPALIVE_BYTES < PUSH_READ_SIZE)
			session_keepalive(s);
		if (!work_add(&s->work, (uint64_t)n / 16, 0))
			break;
	}
	strong_final(c->sum, sum);
	return n == 0;
}

/* -c: the sum of the whole file. */
static bool
same_sum(struct session *s, const struct push_job *j, struct tree *t)
{
	const struct flist_file *f = j->file;
	const enum sum_alg alg = s->proto.list_sum;
	struct sum_cache *cache = &s->push->content->cache;
	uint8_t sum[DIGEST_MAX];
	struct stat st;
	bool known, keep;
	int fd;

	if (f->extra == NULL || f->extra->sum == NULL || (fd = tree_open_file(t, j->path, O_RDONLY, &st)) < 0)
		return false;
	if (!(known = sum_cache_get(cache, alg, strong_len(alg), &st, sum))) {
		keep = sum_cache_settle(cache, fd, &st);
		if ((known = sum_up(s, fd, sum)) && keep)
			sum_cache_put(cache, alg, strong_len(alg), fd, &st, sum);
	}
	close(fd);
	return known && memcmp(sum, f->extra->sum, strong_len(alg)) == 0;
}

bool
content_same(struct session *s, const struct push_job *j, struct tree *t, const struct stat *st)
{
	if (st->st_size != j->file->size)
		return false;
	if (s->opt.checksum)
		return same_sum(s, j, t);
	if (s->opt.size_only)
		return true;
	return !s->opt.ignore_times && attr_same_time(s, j->file, st);
}

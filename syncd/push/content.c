/* Is the content of a file here what the client has?  By size and time, or by a sum of the whole (rsync(1), --checksum). */
#include "syncd/push/content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "syncd/delta/strong.h"
#include "syncd/push/attr_apply.h"
#include "syncd/push/push.h"

struct content {
	struct strong *sum;	/* -c: sums of whole files, */
	uint8_t *chunk;		/* and what they are read into */
};

int
content_begin(struct session *s)
{
	struct content *c = s->push->content = calloc(1, sizeof *c);

	if (c == NULL)
		return -ENOMEM;
	if (!s->opt.checksum)
		return 0;
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

/* -c: the sum of the whole file. */
static bool
same_sum(struct session *s, const struct push_job *j, struct tree *t)
{
	const struct flist_file *f = j->file;
	struct content *c = s->push->content;
	uint8_t sum[DIGEST_MAX];
	struct stat st;
	int fd;
	ssize_t n = -1;

	if (f->extra == NULL || f->extra->sum == NULL || (fd = tree_open_file(t, j->path, O_RDONLY, &st)) < 0)
		return false;
	for (off_t at = 0; (n = pread(fd, c->chunk, PUSH_READ_SIZE, at)) > 0; at += n) {
		strong_update(c->sum, c->chunk, (size_t)n);
		if (at % PUSH_KEEPALIVE_BYTES < PUSH_READ_SIZE)
			session_keepalive(s);
		if (!work_add(&s->work, (uint64_t)n / 16, 0))
			break;
	}
	close(fd);
	strong_final(c->sum, sum);
	return n == 0 && memcmp(sum, f->extra->sum, strong_len(s->proto.list_sum)) == 0;
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

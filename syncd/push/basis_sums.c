/* The sums of a basis on their way to the client: rolling and strong sums of each block (rsync-wire 7.3). */
#include "syncd/push/basis_sums.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "syncd/delta/rolling.h"
#include "syncd/delta/strong.h"
#include "syncd/push/file_write.h"
#include "syncd/push/push.h"

struct basis_sums {
	int fd;			/* -1: none */
	struct sum_head head;
	int32_t at;		/* blocks done */
	uint8_t *block;		/* PUSH_READ_SIZE or one block, whichever is more */
	size_t size;
	struct strong *strong;
};

int
basis_sums_begin(struct session *s)
{
	struct basis_sums *a = s->push->sums = calloc(1, sizeof *a);

	if (a == NULL)
		return -ENOMEM;
	a->fd = -1;
	return strong_new(s->proto.xfer_sum, s->proto.seed, (s->proto.compat & CF_CHKSUM_SEED_FIX) != 0, &a->strong);
}

void
basis_sums_end(struct session *s)
{
	struct basis_sums *a = s->push->sums;

	if (a == NULL)
		return;
	if (a->fd >= 0)
		close(a->fd);
	strong_free(a->strong);
	free(a->block);
	free(a);
	s->push->sums = NULL;
}

void
basis_sums_start(struct session *s, int fd, const struct sum_head *head)
{
	struct basis_sums *a = s->push->sums;

	a->fd = fd;
	a->at = 0;
	a->head = *head;
}

bool
basis_sums_open(const struct session *s)
{
	return s->push->sums->fd >= 0;
}

/* A stretch of sums of the basis. */
int
basis_sums_step(struct session *s)
{
	struct basis_sums *a = s->push->sums;
	struct buf *out = peer_out(&s->peer);
	size_t block = (size_t)a->head.block, run = block < PUSH_READ_SIZE ? PUSH_READ_SIZE / block * block : block;
	uint8_t sum[DIGEST_MAX];

	if (a->size < run) {
		free(a->block);
		a->size = run;
		if ((a->block = malloc(run)) == NULL)
			return -ENOMEM;
	}
	basis_read(a->fd, a->block, run, (int64_t)a->at * (int64_t)block);
	for (size_t at = 0; at < run && a->at < a->head.count; at += block, a->at++) {
		bool last = a->at == a->head.count - 1 && a->head.tail > 0;
		size_t len = last ? (size_t)a->head.tail : block;
		struct rolling weak = rolling_of(a->block + at, len);

		strong_block(a->strong, a->block + at, len, sum);
		buf_le32(out, rolling_value(&weak));
		buf_put(out, sum, (size_t)a->head.digest);
	}
	if (a->at == a->head.count) {
		close(a->fd);
		a->fd = -1;
	}
	return out->err != 0 ? out->err : 1;
}

/* What the client was asked for and has not answered (rsync-wire 7.3, 7.8). */
#include "syncd/push/requests.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/err.h"
#include "lib/grow.h"

static struct request *
request_at(struct requests *q, size_t i)
{
	return &q->v[(q->head + i) & (q->cap - 1)];
}

void
requests_done(struct requests *q)
{
	for (size_t i = 0; i < q->n; i++)
		free(request_at(q, i)->xname);
	free(q->v);
	free(q->redo);
	*q = (struct requests){ .n = 0 };
}

static int
requests_grow(struct requests *q)
{
	size_t cap = q->cap == 0 ? 64 : q->cap * 2;
	struct request *v = calloc(cap, sizeof *v);

	if (v == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < q->n; i++)
		v[i] = *request_at(q, i);
	free(q->v);
	q->v = v;
	q->cap = cap;
	q->head = 0;
	return 0;
}

int
requests_push(struct requests *q, const struct request *r)
{
	if (q->n >= REQUESTS_MAX)
		return E_LIMIT;
	if (q->n == q->cap && requests_grow(q) != 0)
		return -ENOMEM;
	q->n++;
	*request_at(q, q->n - 1) = *r;
	return 0;
}

bool
requests_pop(struct requests *q, struct request *ret)
{
	if (q->n == 0)
		return false;
	*ret = q->v[q->head];
	q->head = (q->head + 1) & (q->cap - 1);
	q->n--;
	return true;
}

bool
requests_pop_gone(struct requests *q, struct request *ret)
{
	return q->n > 0 && q->v[q->head].gone && requests_pop(q, ret);
}

void
requests_no_send(struct requests *q, int32_t ndx)
{
	for (size_t i = 0; i < q->n; i++) {
		struct request *r = request_at(q, i);

		if (r->ndx == ndx && !r->gone) {
			r->gone = true;
			return;
		}
	}
}

int
requests_redo(struct requests *q, int32_t ndx)
{
	if (!grow(&q->redo, sizeof *q->redo, q->n_redo, &q->cap_redo))
		return -ENOMEM;
	q->redo[q->n_redo++] = ndx;
	return 0;
}

bool
requests_next_redo(struct requests *q, int32_t *ret_ndx)
{
	if (q->n_redo == 0)
		return false;
	*ret_ndx = q->redo[--q->n_redo];
	return true;
}

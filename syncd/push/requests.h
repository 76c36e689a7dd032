/* What the client was asked for: a queue of requests in the order in which they went out, and the files to be asked for once
 * more.  Knows indices; nothing of the list, the wire or the file system. */
#ifndef SALLYPORT_SYNCD_PUSH_REQUESTS_H
#define SALLYPORT_SYNCD_PUSH_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { REQUESTS_MAX = 1 << 20 };	/* on the way at once */

/* One request that the client has not answered. */
struct request {
	int32_t ndx;
	uint8_t basis;		/* which file its sums describe: altdest.h */
	bool gone;		/* the client said that nothing will come */
	bool replaces;		/* a regular file stands there */
	mode_t mode;		/* its mode, or of its part that is kept or of one in an alternate directory; 0: there is none */
	int64_t basis_size;	/* bytes, as the sums said it; the client repeats it */
	char *xname;		/* of a similar file, heap; NULL */
};

struct requests {
	struct request *v;
	size_t head, n, cap;	/* a ring; cap is a power of two */
	int32_t *redo;		/* indices to be asked for again, the last first */
	size_t n_redo, cap_redo;
};

/* All zeros is an empty one. */
void requests_done(struct requests *q);

/* A request went out; its xname is taken, unless this fails.  0, -ENOMEM, or E_LIMIT for more than REQUESTS_MAX. */
int requests_push(struct requests *q, const struct request *r);

/* The oldest; its xname is the caller's.  False: there is none. */
bool requests_pop(struct requests *q, struct request *ret);

/* The same, only if the client said that nothing will come of it. */
bool requests_pop_gone(struct requests *q, struct request *ret);

/* MSG_NO_SEND: the client will not answer the oldest request for ndx.  Others are no business of this queue. */
void requests_no_send(struct requests *q, int32_t ndx);

/* ndx is to be asked for once more.  0 or -ENOMEM. */
int requests_redo(struct requests *q, int32_t ndx);

/* The next that is; false: none. */
bool requests_next_redo(struct requests *q, int32_t *ret_ndx);

#endif

#include "tunnel/ipc/vault_client.h"

#include <errno.h>
#include <openssl/async.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "tunnel/ipc/vaultmsg.h"

enum reason { OK, LATE = 100, BUSY, REFUSED, UNWANTED, UNASKABLE };

static ERR_STRING_DATA reasons[] = {
	{ ERR_PACK(ERR_LIB_USER, 0, 0), "vault" }, { ERR_PACK(0, 0, LATE), "no answer in time" },
	{ ERR_PACK(0, 0, BUSY), "too many handshakes wait" }, { ERR_PACK(0, 0, REFUSED), "not signed" },
	{ ERR_PACK(0, 0, UNWANTED), "given up" }, { ERR_PACK(0, 0, UNASKABLE), "not a handshake's signature" }, { 0, NULL },
};

/* On the stack of the job that waits. */
struct vault_ask {
	struct vault_ask *next;
	struct vault_ask_head head;
	const uint8_t *data;
	uint8_t *sig;
	size_t size;
	size_t n;			/* of the signature */
	enum reason why;		/* there is none */
	int settled;
	uint64_t due;
	ASYNC_callback_fn wake;
	void *wake_arg;
};

static void watch_deadline(struct vault_queue *q);

static void
set_n(struct vault_queue *q, unsigned n)
{
	q->n = n;
	if (q->told != NULL)
		atomic_store_explicit(q->told, n, memory_order_relaxed);
}

static void
unlink_ask(struct vault_queue *q, struct vault_ask *a)
{
	struct vault_ask **at = &q->first;

	while (*at != a)
		at = &(*at)->next;
	if ((*at = a->next) == NULL)
		q->last = at;
	if (q->unsent == a)
		q->unsent = a->next;
	set_n(q, q->n - 1);
	watch_deadline(q);
}

/* The last thing done with an ask: its job goes on in here. */
static void
settle(struct vault_queue *q, struct vault_ask *a, enum reason why)
{
	unlink_ask(q, a);
	a->why = why;
	a->settled = 1;
	a->wake(a->wake_arg);
}

static void
expired(void *arg)
{
	struct vault_queue *q = arg;
	uint64_t now = loop_clock();

	while (q->first != NULL && q->first->due <= now)
		settle(q, q->first, LATE);
	watch_deadline(q);
}

static void
watch_deadline(struct vault_queue *q)
{
	uint64_t now;

	if (q->first == NULL)
		loop_timer_clear(q->loop, &q->deadline);
	else if (q->deadline.slot == 0) {	/* an early one is cheaper than one moved each time */
		now = loop_clock();
		loop_timer(q->loop, &q->deadline, q->first->due > now ? q->first->due - now : 0);
	}
}

/* Those that it had are asked again of the next one. */
static void
lose_channel(struct vault_queue *q)
{
	loop_unwatch(q->loop, &q->watch);
	close(q->watch.fd);
	q->watch.fd = -1;
	q->unsent = q->first;
}

static int
send_one(int fd, const struct vault_ask *a)
{
	struct iovec v[2] = { { (void *)&a->head, sizeof a->head }, { (void *)a->data, a->head.n } };
	struct msghdr m = { .msg_iov = v, .msg_iovlen = 2 };

	return sendmsg(fd, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void
send_unsent(struct vault_queue *q)
{
	int r = 0;

	while (q->watch.fd >= 0 && q->unsent != NULL && (r = send_one(q->watch.fd, q->unsent)) == 0)
		q->unsent = q->unsent->next;
	if (q->watch.fd < 0)
		return;
	if (r == 0 || r == -EAGAIN)
		r = loop_watch(q->loop, &q->watch, r == 0 ? EPOLLIN : EPOLLIN | EPOLLOUT);
	if (r != 0)
		lose_channel(q);
}

/* 0 whatever the answer, since some come too late, or -EPROTO. */
static int
take_answer(struct vault_queue *q, const struct vault_answer *answer, size_t n)
{
	struct vault_ask *a = q->first;

	if (n < VAULT_ANSWER_HEAD || answer->n != n - VAULT_ANSWER_HEAD)
		return -EPROTO;
	while (a != NULL && a != q->unsent && a->head.id != answer->id)
		a = a->next;
	if (a == NULL || a == q->unsent)
		return 0;
	if (answer->n > a->size)
		return -EPROTO;
	memcpy(a->sig, answer->sig, answer->n);
	a->n = answer->n;
	settle(q, a, answer->n == 0 ? REFUSED : OK);
	return 0;
}

static void
channel_ready(void *arg, uint32_t events)
{
	struct vault_queue *q = arg;
	struct vault_answer answer;
	int fd = q->watch.fd, r = 0;
	ssize_t n = 0;

	(void)events;
	while (r == 0 && q->watch.fd == fd && (n = recv(fd, &answer, sizeof answer, MSG_TRUNC)) > 0)
		r = take_answer(q, &answer, (size_t)n);
	if (q->watch.fd != fd)		/* lost while an answer was passed on */
		return;
	if (r != 0 || n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		lose_channel(q);
	else
		send_unsent(q);
}

void
vault_queue_init(struct vault_queue *q, struct loop *loop, int fd, uint64_t wait_ms)
{
	*q = (struct vault_queue){ .loop = loop, .last = &q->first, .wait_ms = wait_ms };
	q->watch = (struct watch){ .fd = -1, .ready = channel_ready, .arg = q };
	ERR_load_strings(ERR_LIB_USER, reasons);
	q->deadline = (struct timer){ .expired = expired, .arg = q };
	if (fd >= 0)
		vault_queue_channel(q, fd);
}

void
vault_queue_channel(struct vault_queue *q, int fd)
{
	if (q->watch.fd >= 0)
		lose_channel(q);
	q->watch.fd = fd;
	send_unsent(q);
}

void
vault_queue_done(struct vault_queue *q)
{
	loop_timer_clear(q->loop, &q->deadline);
	if (q->watch.fd >= 0)
		lose_channel(q);
}

static void
enqueue(struct vault_queue *q, struct vault_ask *a)
{
	a->head.id = q->next_id++;
	a->due = loop_clock() + q->wait_ms;
	*q->last = a;
	q->last = &a->next;
	set_n(q, q->n + 1);
	watch_deadline(q);
	if (q->unsent == NULL) {
		q->unsent = a;
		send_unsent(q);
	}
}

static size_t
refuse(enum reason why)
{
	ERR_raise(ERR_LIB_USER, why);
	return 0;
}

size_t
vault_sign(void *queue, const struct remote_request *req, uint8_t *sig, size_t size)
{
	struct vault_queue *q = queue;
	ASYNC_JOB *job = ASYNC_get_current_job();
	struct vault_ask a = { .head = { .slot = req->slot, .pss = (uint32_t)req->pss, .n = (uint32_t)req->n,
	    .digest = req->digest }, .data = req->data,
	    .sig = sig, .size = size };

	if (job == NULL || req->n > VAULT_DATA_MAX ||
	    ASYNC_WAIT_CTX_get_callback(ASYNC_get_wait_ctx(job), &a.wake, &a.wake_arg) != 1 || a.wake == NULL)
		return refuse(UNASKABLE);
	if (q->n >= VAULT_QUEUE)
		return refuse(BUSY);
	enqueue(q, &a);
	ASYNC_pause_job();
	if (!a.settled) {		/* nobody wants it any more */
		unlink_ask(q, &a);
		return refuse(UNWANTED);
	}
	return a.why == OK ? a.n : refuse(a.why);
}

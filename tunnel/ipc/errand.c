#include "tunnel/ipc/errand.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/buf.h"

enum { PIECE = 4096 };

struct errand {
	struct loop *loop;
	struct ask *ask;		/* while the spawner has not answered */
	struct watch watch;		/* then its bytes come here */
	struct buf got;
	size_t max;
	errand_done done;
	void *arg;
};

static void
errand_free(struct errand *e)
{
	ask_forget(e->ask);
	if (e->watch.fd >= 0) {
		loop_unwatch(e->loop, &e->watch);
		close(e->watch.fd);
	}
	buf_done(&e->got);
	free(e);
}

static void
finish(struct errand *e, int worked)
{
	e->done(e->arg, buf_head(&e->got), worked ? buf_len(&e->got) : 0);
	errand_free(e);
}

static void
bytes_ready(void *arg, uint32_t events)
{
	struct errand *e = arg;
	uint8_t *at = buf_reserve(&e->got, PIECE);
	ssize_t n = at == NULL ? -1 : read(e->watch.fd, at, PIECE);

	(void)events;
	if (at != NULL && n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		buf_commit(&e->got, (size_t)n);
	if (n <= 0 || buf_len(&e->got) > e->max)
		finish(e, n == 0);
}

static void
answered(void *arg, int error, int fd, pid_t pid)
{
	struct errand *e = arg;

	(void)pid;
	e->ask = NULL;
	e->watch.fd = fd;
	if (error != 0 || loop_watch(e->loop, &e->watch, EPOLLIN) != 0)
		finish(e, 0);
}

int
errand_start(struct ask_queue *q, const struct spawn_request *req, size_t max, errand_done done, void *arg,
    struct errand **ret)
{
	struct errand *e = calloc(1, sizeof *e);
	int r;

	if (e == NULL)
		return -ENOMEM;
	*e = (struct errand){ .loop = q->loop, .got = BUF_INIT, .max = max, .done = done, .arg = arg };
	e->watch = (struct watch){ .fd = -1, .ready = bytes_ready, .arg = e };
	if ((r = ask_spawn(q, req, answered, e, &e->ask)) != 0) {
		free(e);
		return r;
	}
	*ret = e;
	return 0;
}

void
errand_forget(struct errand *e)
{
	if (e != NULL)
		errand_free(e);
}

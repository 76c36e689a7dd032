#include "tunnel/ipc/async_job.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/buf.h"

enum { PIECE = 4096 };

struct async_job {
	struct loop *loop;
	struct spawn_ask *ask;		/* while the spawner has not answered */
	struct watch watch;		/* then its bytes come here */
	struct buf got;
	size_t max;
	async_job_done done;
	void *arg;
};

static void
async_job_free(struct async_job *e)
{
	spawn_client_forget(e->ask);
	if (e->watch.fd >= 0) {
		loop_unwatch(e->loop, &e->watch);
		close(e->watch.fd);
	}
	buf_done(&e->got);
	free(e);
}

static void
finish(struct async_job *e, int worked)
{
	e->done(e->arg, buf_head(&e->got), worked ? buf_len(&e->got) : 0);
	async_job_free(e);
}

static void
bytes_ready(void *arg, uint32_t events)
{
	struct async_job *e = arg;
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
	struct async_job *e = arg;

	(void)pid;
	e->ask = NULL;
	e->watch.fd = fd;
	if (error != 0 || loop_watch(e->loop, &e->watch, EPOLLIN) != 0)
		finish(e, 0);
}

int
async_job_start(struct spawn_client *q, const struct spawn_request *req, size_t max, async_job_done done, void *arg,
    struct async_job **ret)
{
	struct async_job *e = calloc(1, sizeof *e);
	int r;

	if (e == NULL)
		return -ENOMEM;
	*e = (struct async_job){ .loop = q->loop, .got = BUF_INIT, .max = max, .done = done, .arg = arg };
	e->watch = (struct watch){ .fd = -1, .ready = bytes_ready, .arg = e };
	if ((r = spawn_client_ask(q, req, answered, e, &e->ask)) != 0) {
		free(e);
		return r;
	}
	*ret = e;
	return 0;
}

void
async_job_forget(struct async_job *e)
{
	if (e != NULL)
		async_job_free(e);
}

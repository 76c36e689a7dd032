#include "tunnel/ipc/spawn_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "tunnel/ipc/ctl.h"

struct spawn_ask {
	struct spawn_ask *next;
	struct spawn_request req;
	spawn_client_answered answered;		/* NULL: forgotten */
	void *arg;
};

static void
take_first(struct spawn_client *q, int error, int fd, pid_t pid)
{
	struct spawn_ask *a = q->first;

	if ((q->first = a->next) == NULL)
		q->last = &q->first;
	if (a->answered != NULL)
		a->answered(a->arg, error, fd, pid);
	else if (fd >= 0)
		close(fd);
	free(a);
}

/* The spawner is gone: nobody who waits for it shall wait longer. */
static void
give_up(struct spawn_client *q, int error)
{
	loop_unwatch(q->loop, &q->watch);
	close(q->watch.fd);
	q->watch.fd = -1;
	q->unsent = NULL;
	while (q->first != NULL)
		take_first(q, error, -1, 0);
}

static int
send_unsent(struct spawn_client *q)
{
	while (q->unsent != NULL) {
		if (send(q->watch.fd, &q->unsent->req, sizeof q->unsent->req, MSG_NOSIGNAL) < 0) {
			if (errno != EAGAIN)
				return -errno;
			return loop_watch(q->loop, &q->watch, EPOLLIN | EPOLLOUT);
		}
		q->unsent = q->unsent->next;
	}
	return loop_watch(q->loop, &q->watch, EPOLLIN);
}

static void
channel_ready(void *arg, uint32_t events)
{
	struct spawn_client *q = arg;
	struct spawn_answer answer;
	int fd, r;

	(void)events;
	while ((r = ctl_recv_bytes(q->watch.fd, &answer, sizeof answer, &fd)) == 0) {
		if (q->first == q->unsent) {	/* nobody asked */
			r = E_BREACH;
			break;
		}
		/* it is always sent along: then there was no number left for it */
		take_first(q, answer.error == 0 && fd < 0 ? -EMFILE : answer.error, fd, answer.pid);
	}
	if (r != E_WANT_READ || (r = send_unsent(q)) != 0)
		give_up(q, -EPIPE);
}

void
spawn_client_init(struct spawn_client *q, struct loop *loop, int fd)
{
	*q = (struct spawn_client){ .loop = loop, .last = &q->first };
	q->watch = (struct watch){ .fd = fd, .ready = channel_ready, .arg = q };
}

void
spawn_client_done(struct spawn_client *q)
{
	struct spawn_ask *a;

	if (q->watch.fd >= 0) {
		loop_unwatch(q->loop, &q->watch);
		close(q->watch.fd);
	}
	while ((a = q->first) != NULL) {
		q->first = a->next;
		free(a);
	}
}

int
spawn_client_ask(struct spawn_client *q, const struct spawn_request *req, spawn_client_answered answered, void *arg,
    struct spawn_ask **ret)
{
	struct spawn_ask *a;

	if (q->watch.fd < 0)
		return -EPIPE;
	if ((a = malloc(sizeof *a)) == NULL)
		return -ENOMEM;
	*a = (struct spawn_ask){ .req = *req, .answered = answered, .arg = arg };
	*q->last = a;
	q->last = &a->next;
	if (q->unsent == NULL)
		q->unsent = a;
	*ret = a;
	/* sent from the loop: an answer, or its failure, never comes before this returns */
	return loop_watch(q->loop, &q->watch, EPOLLIN | EPOLLOUT);
}

void
spawn_client_forget(struct spawn_ask *a)
{
	if (a != NULL)
		a->answered = NULL;
}

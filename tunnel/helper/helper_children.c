#include "tunnel/helper/helper_children.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/addr.h"
#include "tunnel/service/limit.h"
#include "tunnel/helper/helper_child.h"

struct job {
	struct job *next;
	struct helper_children *all;
	struct spawn_request req;
	unsigned worker;
	uint64_t peer;			/* its network; 0: not known, or none */
	pid_t pid;			/* 0: it waits for its turn */
	struct watch asker;		/* the pipe: it fails when nobody reads any more */
	struct timer deadline;
};

struct helper_children {
	struct loop *loop;
	const struct service_set *services;
	const struct role_filter *filter;
	struct job *first, **last;	/* in the order in which they came */
};

int
helper_children_new(struct loop *loop, const struct service_set *services, const struct role_filter *filter,
    struct helper_children **ret)
{
	struct helper_children *r = calloc(1, sizeof *r);

	if (r == NULL)
		return -ENOMEM;
	*r = (struct helper_children){ .loop = loop, .services = services, .filter = filter, .last = &r->first };
	*ret = r;
	return 0;
}

static void
remove_job(struct job *e)
{
	struct helper_children *r = e->all;
	struct job **at = &r->first;

	while (*at != e)
		at = &(*at)->next;
	if ((*at = e->next) == NULL)
		r->last = at;
	loop_timer_clear(r->loop, &e->deadline);
	if (e->asker.fd >= 0) {
		loop_unwatch(r->loop, &e->asker);
		close(e->asker.fd);
	}
	free(e);
}

/* Its place is free when it has ended, not before. */
static void
end(struct job *e)
{
	if (e->pid == 0) {
		remove_job(e);
		return;
	}
	kill(e->pid, SIGKILL);
	loop_timer_clear(e->all->loop, &e->deadline);
	loop_unwatch(e->all->loop, &e->asker);
}

static void
asker_gone(void *arg, uint32_t events)
{
	(void)events;
	end(arg);
}

static void
took_too_long(void *arg)
{
	end(arg);
}

void
helper_children_free(struct helper_children *r)
{
	if (r == NULL)
		return;
	while (r->first != NULL) {
		if (r->first->pid > 0)
			kill(r->first->pid, SIGKILL);
		remove_job(r->first);
	}
	free(r);
}

/* --- whose turn it is ------------------------------------------------------------------------- */

static int
has_room(const struct helper_children *r, const struct job *e)
{
	unsigned all = 0, worker = 0, service = 0, peer = 0;

	for (const struct job *o = r->first; o != NULL; o = o->next) {
		if (o->pid == 0)
			continue;
		all++;
		worker += o->worker == e->worker;
		service += o->req.service == e->req.service;
		peer += o->peer != 0 && o->peer == e->peer;
	}
	return all < HELPERS_MAX && worker < HELPERS_WORKER && service < HELPERS_SERVICE && peer < HELPERS_PEER;
}

static unsigned
waiting(const struct helper_children *r, unsigned worker, uint64_t peer, int any_peer)
{
	unsigned n = 0;

	for (const struct job *o = r->first; o != NULL; o = o->next)
		n += o->pid == 0 && o->worker == worker && (any_peer || o->peer == peer);
	return n;
}

/* Of a worker whose jobs are too many the oldest of the peer with most of them gives way. */
static void
make_room(struct helper_children *r, unsigned worker)
{
	struct job *victim = NULL;
	unsigned most = 0, n;

	if (waiting(r, worker, 0, 1) < HELPERS_WAITING)
		return;
	for (struct job *o = r->first; o != NULL; o = o->next)
		if (o->pid == 0 && o->worker == worker && (n = waiting(r, worker, o->peer, 0)) > most) {
			most = n;
			victim = o;
		}
	if (victim != NULL)
		remove_job(victim);
}

static unsigned
least(int64_t a, int64_t b)
{
	return (unsigned)(a < b ? a : b);
}

static unsigned
seconds_for(const struct tun_service *conf, unsigned kind)
{
	if (kind == SPAWN_FETCH)
		return HELPERS_NAME_SECONDS + (unsigned)conf->t_ocsp + least(conf->t_busy, HELPERS_ANSWER_SECONDS);
	if (kind == SPAWN_IDENT)
		return (unsigned)conf->t_connect + least(conf->t_busy, HELPERS_ANSWER_SECONDS);
	return HELPERS_NAME_SECONDS;
}

static void
fresh_child(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static int
run(struct job *e)
{
	struct helper_children *r = e->all;
	const struct service *sv = &r->services->v[e->req.service];
	unsigned seconds = seconds_for(sv->conf, e->req.kind);
	pid_t pid = fork();

	if (pid == 0) {
		fresh_child();
		helper_child_main(sv, &e->req, r->filter, e->asker.fd, seconds);
	}
	if (pid < 0)
		return -errno;
	e->pid = pid;
	return loop_timer(r->loop, &e->deadline, (uint64_t)seconds * 1000);
}

static void
run_those_that_may(struct helper_children *r)
{
	struct job *next;

	for (struct job *e = r->first; e != NULL; e = next) {
		next = e->next;
		if (e->pid == 0 && has_room(r, e) && run(e) != 0)
			end(e);
	}
}

/* --- the spawner's side ----------------------------------------------------------------------- */

static uint64_t
network(const char *host)
{
	struct addr a;

	return addr_parse(host, 0, &a) == 0 ? addr_network(&a) : 0;
}

int
helper_children_add(struct helper_children *r, unsigned worker, const struct spawn_request *req, int *ret_fd)
{
	struct job *e = calloc(1, sizeof *e);
	int fds[2], ret;

	if (e == NULL)
		return -ENOMEM;
	make_room(r, worker);
	if (pipe2(fds, O_CLOEXEC) < 0) {
		ret = -errno;
		goto err0;
	}
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	*e = (struct job){ .all = r, .req = *req, .worker = worker, .peer = network(req->peer) };
	e->asker = (struct watch){ .fd = fds[1], .ready = asker_gone, .arg = e };
	e->deadline = (struct timer){ .expired = took_too_long, .arg = e };
	if ((ret = loop_watch(r->loop, &e->asker, 0)) != 0)
		goto err1;
	*r->last = e;
	r->last = &e->next;
	if (has_room(r, e) && (ret = run(e)) != 0) {
		close(fds[0]);
		end(e);
		return ret;
	}
	*ret_fd = fds[0];
	return 0;
err1:	close(fds[0]);
	close(fds[1]);
err0:	free(e);
	return ret;
}

int
helper_children_ended(struct helper_children *r, pid_t pid)
{
	struct job *e = r->first;

	while (e != NULL && e->pid != pid)
		e = e->next;
	if (e == NULL)
		return 0;
	remove_job(e);
	run_those_that_may(r);
	return 1;
}

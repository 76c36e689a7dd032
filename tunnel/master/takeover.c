#include "tunnel/master/takeover.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/num.h"
#include "lib/sock.h"
#include "lib/trusted.h"
#include "tunnel/ipc/ctl.h"

#define NAME "sallyport-tunnel."

enum { ANSWER_SECONDS = 5, SOCKETS_MAX = 65536, SAY_MS = 1000, NAME_SIZE = 80, GENERATIONS = 64 };

enum ask { ASK_SOCKET = 1, ASK_DRAIN };

struct request {
	uint32_t ask;
	uint32_t n;			/* of the socket, from 0 */
};

struct answer {
	uint32_t more;			/* 0: there is no such socket; else it comes along */
	struct addr asked;
};

struct handover {
	struct handover_job job;
	struct loop *loop;
	struct watch gate, peer;	/* one at a time */
	uint64_t said;			/* when the log last told of a refusal */
};

static socklen_t
name_set(struct sockaddr_un *un, const char *name)
{
	*un = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	    (size_t)snprintf(un->sun_path + 1, sizeof un->sun_path - 1, "%s", name));
}

/* A name that nobody can have taken before us, since it cannot be guessed.  Who looks for it reads the kernel's list. */
static int
name_make(struct sockaddr_un *un, socklen_t *ret_len)
{
	char name[NAME_SIZE];
	uint64_t chance[2];

	if (RAND_bytes((unsigned char *)chance, sizeof chance) != 1)
		return -EIO;
	snprintf(name, sizeof name, NAME "%d.%016" PRIx64 "%016" PRIx64, (int)getpid(), chance[0], chance[1]);
	*ret_len = name_set(un, name);
	return 0;
}

static pid_t
parent_of(pid_t pid)
{
	char path[64], line[128];
	int parent = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	if ((f = fopen(path, "re")) == NULL)
		return 0;
	while (fgets(line, sizeof line, f) != NULL && sscanf(line, "PPid: %d", &parent) != 1)
		;
	fclose(f);
	return parent;
}

/* Workers, and programs that peers start, may be of our user, too.  Where /proc is not to be read, that is not known. */
static int
is_below_us(int fd)
{
	struct ucred who = { .pid = 0 };
	socklen_t len = sizeof who;
	pid_t pid;

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len);
	pid = who.pid;
	for (int i = 0; i < GENERATIONS && pid > 1 && pid != getpid(); i++)
		pid = parent_of(pid);
	return pid == getpid();
}

/* The same user at the other end; and the process pid, unless that is 0. */
static int
is_one_of_us(int fd, pid_t pid)
{
	struct ucred who;
	socklen_t len = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.uid == geteuid() && (pid == 0 || who.pid == pid);
}

/* --- the running one -------------------------------------------------------------------------- */

static void
peer_gone(struct handover *h)
{
	loop_unwatch(h->loop, &h->peer);
	close(h->peer.fd);
	h->peer.fd = -1;
}

static int
give(struct handover *h, uint32_t n)
{
	const struct listener_set *set = h->job.listeners(h->job.arg);
	const struct listener *l = set == NULL ? NULL : n < set->n ? &set->v[n] : n == set->n ? &set->metrics : NULL;
	struct answer a = { 0 };

	if (l == NULL || l->fd < 0)
		return ctl_send_bytes(h->peer.fd, &a, sizeof a, -1);
	a.more = 1;
	a.asked = l->asked;
	return ctl_send_bytes(h->peer.fd, &a, sizeof a, l->fd);
}

static void
peer_ready(void *arg, uint32_t events)
{
	struct handover *h = arg;
	struct request req;
	int fd, r = ctl_recv_bytes(h->peer.fd, &req, sizeof req, &fd);

	(void)events;
	if (r == E_WANT_READ)
		return;
	if (r == 0 && fd >= 0)
		close(fd);
	if (r == 0 && req.ask == ASK_SOCKET && give(h, req.n) == 0)
		return;
	peer_gone(h);
	if (r == 0 && req.ask == ASK_DRAIN)
		h->job.taken(h->job.arg);
}

/* Anybody on this machine may knock as often as he likes. */
static void
say_refused(struct handover *h, const char *why)
{
	uint64_t now = loop_now(h->loop);

	if (h->said != 0 && now - h->said < SAY_MS)
		return;
	log_warn("Takeover refused: %s", why);
	h->said = now;
}

static void
gate_ready(void *arg, uint32_t events)
{
	struct handover *h = arg;
	int fd = accept4(h->gate.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	const char *why;

	(void)events;
	if (fd < 0)
		return;
	why = !is_one_of_us(fd, 0) ? "not the same user" : is_below_us(fd) ? "by a process that we have started" :
	    h->peer.fd >= 0 ? "another is going on" : NULL;

	if (why != NULL) {
		say_refused(h, why);
		close(fd);
		return;
	}
	h->peer = (struct watch){ .fd = fd, .ready = peer_ready, .arg = h };
	if (loop_watch(h->loop, &h->peer, EPOLLIN) != 0)
		peer_gone(h);
}

int
handover_new(struct loop *l, const struct handover_job *job, struct handover **ret)
{
	struct handover *h = calloc(1, sizeof *h);
	struct sockaddr_un un;
	socklen_t len;
	int fd, r;

	if (h == NULL)
		return -ENOMEM;
	if ((r = name_make(&un, &len)) != 0)
		goto err1;
	*h = (struct handover){ .job = *job, .loop = l, .peer.fd = -1 };
	if ((fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) < 0) {
		r = -errno;
		goto err1;
	}
	h->gate = (struct watch){ .fd = fd, .ready = gate_ready, .arg = h };
	if (bind(fd, (struct sockaddr *)&un, len) < 0 || listen(fd, 1) < 0)
		r = -errno;
	else
		r = loop_watch(l, &h->gate, EPOLLIN);
	if (r != 0)
		goto err2;
	*ret = h;
	return 0;
err2:	close(fd);
err1:	free(h);
	return r;
}

void
handover_leave(const struct handover *h)
{
	if (h == NULL)
		return;
	close(h->gate.fd);
	if (h->peer.fd >= 0)
		close(h->peer.fd);
}

void
handover_free(struct handover *h)
{
	if (h == NULL)
		return;
	loop_unwatch(h->loop, &h->gate);
	if (h->peer.fd >= 0)
		loop_unwatch(h->loop, &h->peer);
	handover_leave(h);
	free(h);
}

/* --- the new one ------------------------------------------------------------------------------ */

static int
read_pid(const char *path, pid_t *ret)
{
	char text[32];
	int fd = trusted_file(path, O_RDONLY, 0);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
	int r = fd < 0 ? fd : n < 0 ? -errno : 0;
	int64_t pid;

	if (fd >= 0)
		close(fd);
	if (r != 0)
		return r;
	text[n] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	if (num_parse(text, 1, INT32_MAX, &pid) != 0)
		return E_FORMAT;
	*ret = (pid_t)pid;
	return 0;
}

/* Not waiting for who does not accept: the name may be anybody's. */
static int
try_name(const char *name, pid_t pid, int *ret_fd)
{
	struct timeval wait = { ANSWER_SECONDS, 0 };
	struct sockaddr_un un;
	socklen_t len = name_set(&un, name);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&un, len) < 0)
		r = -errno;
	else if (!is_one_of_us(fd, pid))
		r = E_DENIED;
	else if ((r = sock_set_blocking(fd, 1)) == 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) < 0)
		r = -errno;
	if (r != 0)
		close(fd);
	else
		*ret_fd = fd;
	return r;
}

/* The name in a line of the kernel's list, if it says that it is that process's; else NULL. */
static char *
name_in(char *line, pid_t pid)
{
	char mine[NAME_SIZE], *at = strstr(line, " @" NAME);
	int n = snprintf(mine, sizeof mine, NAME "%d", (int)pid);

	if (at == NULL || strncmp(at += 2, mine, (size_t)n) != 0 || (at[n] != '.' && at[n] != '\n'))
		return NULL;
	at[strcspn(at, "\n")] = '\0';
	return at;
}

/* Anybody may have sockets of such names: the kernel knows which is whose. */
static int
reach(pid_t pid, int *ret_fd)
{
	FILE *list = fopen("/proc/net/unix", "re");
	int r = -ECONNREFUSED, one;
	char *line = NULL, *name;
	size_t size = 0;

	if (list == NULL)
		return -errno;
	while (r != 0 && getline(&line, &size, list) > 0)
		if ((name = name_in(line, pid)) != NULL && ((one = try_name(name, pid, ret_fd)) == 0 || one == E_DENIED))
			r = one;
	free(line);
	fclose(list);
	return r;
}

static int
keep_socket(struct listener_set *set, int fd, const struct addr *asked)
{
	struct listener *all = realloc(set->v, (set->n + 1) * sizeof *all);

	if (all == NULL)
		return -ENOMEM;
	set->v = all;
	set->v[set->n++] = (struct listener){ .fd = fd, .asked = *asked };
	return 0;
}

/* 1: there was one more, 0: no more, or a negative code. */
static int
take_socket(struct takeover *t)
{
	struct request req = { ASK_SOCKET, (uint32_t)t->listeners->n };
	struct answer a;
	int fd = -1, r;

	if ((r = ctl_send_bytes(t->fd, &req, sizeof req, -1)) != 0)
		return r;
	if ((r = ctl_recv_bytes(t->fd, &a, sizeof a, &fd)) != 0)
		return r == E_WANT_READ ? E_TIMEOUT : r;
	if (!a.more)
		return 0;
	if (fd < 0 || a.asked.len > sizeof a.asked.ss || t->listeners->n >= SOCKETS_MAX)
		r = E_BREACH;
	else
		r = keep_socket(t->listeners, fd, &a.asked);
	if (r != 0 && fd >= 0)
		close(fd);
	return r != 0 ? r : 1;
}

int
takeover_begin(struct takeover *t, const char *pidfile, struct conf_err *e)
{
	pid_t pid;
	int r;

	if ((r = read_pid(pidfile, &pid)) != 0)
		return conf_err_set(e, NULL, 0, "Takeover: %s: %s", pidfile, r == E_FORMAT ? "not a pid file" : strerror(-r));
	if ((r = reach(pid, &t->fd)) != 0)
		return conf_err_set(e, NULL, 0, "Takeover: process %d of %s: %s", (int)pid, pidfile, r == -ECONNREFUSED ?
		    "no sallyport-tunnel of this machine and network namespace" : r == E_DENIED ? "belongs to another user" : err_text(r));
	if ((t->listeners = calloc(1, sizeof *t->listeners)) == NULL)
		r = -ENOMEM;
	else
		t->listeners->metrics.fd = -1;
	while (r == 0 && (r = take_socket(t)) == 1)
		r = 0;
	if (r == 0) {
		log_notice("Takeover: %zu listening socket(s) of process %d", t->listeners->n, (int)pid);
		return 0;
	}
	takeover_abandon(t);
	return conf_err_set(e, NULL, 0, "Takeover: process %d: %s", (int)pid, err_text(r));
}

void
takeover_finish(struct takeover *t, const struct listener_set *heir)
{
	struct request req = { ASK_DRAIN, 0 };

	if (t->fd < 0)
		return;
	if (ctl_send_bytes(t->fd, &req, sizeof req, -1) != 0)
		log_warn("Takeover: the other process is gone");
	close(t->fd);
	listener_set_free(t->listeners, heir, 1);
	*t = (struct takeover)TAKEOVER_INIT;
}

void
takeover_abandon(struct takeover *t)
{
	if (t->fd >= 0)
		close(t->fd);
	listener_set_free(t->listeners, NULL, 0);
	*t = (struct takeover)TAKEOVER_INIT;
}

#include "config.h"

#include "syncd/publish.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fdpass.h"
#include "lib/is_set.h"
#include "lib/log.h"
#include "lib/metrics_address.h"
#include "lib/sock.h"
#include "syncd/exporter.h"
#include "syncd/privmsg.h"
#include "syncd/spawn.h"

enum { BACKLOG = 16, AGAIN_MS = 1000, AGAIN_MAX_MS = 60000 };

struct publish {
	struct loop *loop;
	struct tally *tally;
	struct watch status;		/* fd -1: nobody can ask */
	char status_path[sizeof ((struct sockaddr_un *)0)->sun_path];
	char metrics_path[sizeof ((struct sockaddr_un *)0)->sun_path];	/* "": it is no UNIX socket */
	int metrics_fd;			/* -1: none */
	int spawner;
	struct spawned exporter;	/* channel -1: none runs */
	struct watch ended;
	struct timer again, status_again;
	uint64_t again_ms, started;	/* how long the next one waits, and when the last began */
};

/* --- the sessions --------------------------------------------------------------------------- */

int
publish_status_path(const struct global_conf *g, struct addr *ret)
{
	char path[ADDR_TEXT_SIZE];

	if (!is_set(g->pid_file))
		return E_UNSUPPORTED;
	if ((size_t)snprintf(path, sizeof path, "%s.status", g->pid_file) >= sizeof path)
		return E_LIMIT;
	return addr_parse(path, 0, ret) == 0 && ret->ss.ss_family == AF_UNIX ? 0 : E_LIMIT;
}

/* Whoever may connect gets what can only be read.  It is told nothing else, and asked nothing. */
static void
status_ready(void *arg, uint32_t events)
{
	struct publish *p = arg;
	int fd = accept4(p->status.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), tally = tally_fd(p->tally);

	(void)events;
	if (fd < 0) {		/* nothing to be had for it now: it waits, and we do not spin */
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
			loop_unwatch(p->loop, &p->status);
			loop_timer(p->loop, &p->status_again, AGAIN_MS);
		}
		return;
	}
	(void)fdpass_send(fd, "s", 1, &tally, 1, MSG_DONTWAIT);
	close(fd);
}

static void
watch_status(void *arg)
{
	struct publish *p = arg;

	(void)loop_watch(p->loop, &p->status, EPOLLIN);
}

/* The name is made with no rights for others. */
static int
listen_here(const struct addr *at, mode_t mask, int *ret_fd)
{
	const mode_t before = umask(mask);
	int r = sock_listen(at, BACKLOG, ret_fd);

	umask(before);
	return r;
}

static void
remember_path(const struct addr *at, char path[sizeof ((struct sockaddr_un *)0)->sun_path])
{
	path[0] = '\0';
	if (at->ss.ss_family == AF_UNIX)
		snprintf(path, sizeof ((struct sockaddr_un *)0)->sun_path, "%s", ((const struct sockaddr_un *)&at->ss)->sun_path);
}

static void
open_status(struct publish *p, const struct global_conf *g)
{
	struct addr at;
	int fd, r = publish_status_path(g, &at);

	if (r == E_UNSUPPORTED)
		return;
	if (r == 0)
		r = listen_here(&at, 0177, &fd);
	if (r != 0) {
		log_warn("--status will not work: %s.status: %s", g->pid_file, err_text(r));
		return;
	}
	remember_path(&at, p->status_path);
	p->status = (struct watch){ .fd = fd, .ready = status_ready, .arg = p };
	watch_status(p);
}

/* --- the numbers ---------------------------------------------------------------------------- */

const char *
publish_metrics_fault(const struct global_conf *g, struct addr *ret)
{
	return metrics_address(g->metrics, g->metrics_public, METRICS_NOT_PUBLIC ", or set \"metrics public = yes\"", ret);
}

static void
open_metrics(struct publish *p, const struct global_conf *g)
{
	const char *wrong;
	struct addr at;
	int r;

	if (!is_set(g->metrics))
		return;
	if ((wrong = publish_metrics_fault(g, &at)) == NULL && (r = listen_here(&at, 0117, &p->metrics_fd)) != 0)
		wrong = err_text(r);
	if (wrong == NULL)
		remember_path(&at, p->metrics_path);
	else
		log_error("metrics = %s: %s", g->metrics, wrong);
}

static void
start_exporter(void *arg);

static void
close_exporter(struct publish *p)
{
	if (p->exporter.channel < 0)
		return;
	close(p->exporter.channel);
	close(p->exporter.control);
	p->exporter.channel = -1;
}

/* One that cannot run is tried less and less often. */
static void
start_again(struct publish *p)
{
	if (loop_clock() - p->started > AGAIN_MAX_MS)
		p->again_ms = AGAIN_MS;
	loop_timer(p->loop, &p->again, p->again_ms);
	if ((p->again_ms *= 2) > AGAIN_MAX_MS)
		p->again_ms = AGAIN_MAX_MS;
}

/* It says only what ends it. */
static void
exporter_ended(void *arg, uint32_t events)
{
	struct publish *p = arg;
	struct buf said = BUF_INIT;
	uint8_t id = REQ_COUNT;

	(void)events;
	if (priv_recv(p->ended.fd, &id, &said) == 0 && id == REQ_LOG && buf_len(&said) > 1)
		log_bytes(LOG_ERR, NULL, (const char *)buf_head(&said) + 1, buf_len(&said) - 1);
	else
		log_error("the process of \"metrics\" has ended: another one is started");
	buf_done(&said);
	loop_unwatch(p->loop, &p->ended);
	close_exporter(p);
	start_again(p);
}

static void
start_exporter(void *arg)
{
	struct publish *p = arg;
	const struct spawn_order o = { .kind = SPAWN_EXPORTER, .boot = tally_fd(p->tally), .peer = p->metrics_fd, .root = -1, .sums = -1 };

	if (p->metrics_fd < 0 || p->spawner < 0 || p->exporter.channel >= 0)
		return;
	if (spawn_process(p->spawner, &o, SPAWN_NOW, &p->exporter) != 0) {
		p->exporter.channel = -1;
		start_again(p);
		return;
	}
	p->started = loop_clock();
	p->ended = (struct watch){ .fd = p->exporter.channel, .ready = exporter_ended, .arg = p };
	(void)loop_watch(p->loop, &p->ended, EPOLLIN | EPOLLRDHUP);
}

void
publish_spawner(struct publish *p, int fd)
{
	p->spawner = fd;
	if (fd >= 0)
		start_exporter(p);
}

/* --- start and end --------------------------------------------------------------------------- */

int
publish_new(struct loop *loop, const struct global_conf *g, struct tally *tally, struct publish **ret)
{
	struct publish *p = calloc(1, sizeof *p);

	if (p == NULL)
		return -ENOMEM;
	*p = (struct publish){ .loop = loop, .tally = tally, .status = { .fd = -1 }, .metrics_fd = -1, .spawner = -1, .exporter = { -1, -1 }, .again_ms = AGAIN_MS };
	p->again = (struct timer){ .expired = start_exporter, .arg = p };
	p->status_again = (struct timer){ .expired = watch_status, .arg = p };
	open_status(p, g);
	open_metrics(p, g);
	*ret = p;
	return 0;
}

void
publish_forget(struct publish *p)
{
	if (p == NULL)
		return;
	if (p->status.fd >= 0)
		close(p->status.fd);
	if (p->metrics_fd >= 0)
		close(p->metrics_fd);
	close_exporter(p);
}

void
publish_free(struct publish *p)
{
	if (p == NULL)
		return;
	if (p->status_path[0] != '\0')
		(void)unlink(p->status_path);
	if (p->metrics_path[0] != '\0')
		(void)unlink(p->metrics_path);
	loop_unwatch(p->loop, &p->status);
	loop_unwatch(p->loop, &p->ended);
	loop_timer_clear(p->loop, &p->again);
	loop_timer_clear(p->loop, &p->status_again);
	publish_forget(p);
	free(p);
}

#include "tunnel/helper/exporter.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/loop.h"
#include "tunnel/ipc/ctl.h"
#include "tunnel/service/metrics.h"
#include "tunnel/conn/worker.h"
#include "tunnel/service/service_build.h"
#include "tunnel/tls/tlsctx.h"

/* The library stops accepting at its limit, which those that were told to leave must not reach. */
enum { CONNECTIONS = 64, CONNECTIONS_LIMIT = 4 * CONNECTIONS, CONNECTION_BYTES = 16384, CONNECTION_SECONDS = 5, LAST_MS = 1000 };

struct asker {				/* a connection */
	struct asker *next, **prev;	/* prev NULL: it was told to leave */
	int fd;
};

struct exporter {
	const struct exporter_job *job;
	struct loop *loop;
	struct watch ctl, http;
	struct timer timeout, last;
	struct MHD_Daemon *daemon;
	struct metrics_cert *certs;
	size_t n_certs;
	struct asker *oldest, **newest;
	unsigned askers;
};

static enum MHD_Result
reply(struct MHD_Connection *c, unsigned status, const char *type, const void *text, size_t n)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(n, (void *)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result queued = MHD_NO;

	if (r != NULL && MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES)
		queued = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return queued;
}

static enum MHD_Result
reply_text(struct MHD_Connection *c, unsigned status, const char *text)
{
	return reply(c, status, "text/plain; charset=utf-8", text, strlen(text));
}

static enum MHD_Result
reply_metrics(const struct exporter *x, struct MHD_Connection *c)
{
	struct buf out = BUF_INIT;
	enum MHD_Result r;

	metrics_put(&out, x->job->board, x->certs, x->n_certs, time(NULL));
	if (out.err != 0)
		r = reply_text(c, MHD_HTTP_INTERNAL_SERVER_ERROR, "no memory\n");
	else
		r = reply(c, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", buf_head(&out), buf_len(&out));
	buf_done(&out);
	return r;
}

/* Called at least twice for a request: the second time all of it is there. */
static enum MHD_Result
answer(void *arg, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *data,
    size_t *n_data, void **state)
{
	const struct exporter *x = arg;

	(void)version;
	(void)data;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return *n_data > 0 ? MHD_NO : reply_text(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
	if (*state == NULL) {
		*state = arg;
		return MHD_YES;
	}
	if (strcmp(url, "/metrics") == 0)
		return reply_metrics(x, c);
	if (strcmp(url, "/healthz") != 0)
		return reply_text(c, MHD_HTTP_NOT_FOUND, "/metrics or /healthz\n");
	return board_workers(x->job->board) > 0 ? reply_text(c, MHD_HTTP_OK, "ok\n") :
	    reply_text(c, MHD_HTTP_SERVICE_UNAVAILABLE, "no workers\n");
}

static void
forget(struct exporter *x, struct asker *a)
{
	if (a->prev == NULL)
		return;
	*a->prev = a->next;
	if (a->next != NULL)
		a->next->prev = a->prev;
	else
		x->newest = a->prev;
	a->prev = NULL;
	x->askers--;
}

/* Any user of this machine may hold connections open: beyond the bound the oldest gives way, however busy it seems. */
static void
remember(struct exporter *x, int fd, struct asker **ret)
{
	struct asker *a = calloc(1, sizeof *a), *first = x->oldest;

	*ret = a;
	if (a == NULL) {
		shutdown(fd, SHUT_RDWR);
		return;
	}
	*a = (struct asker){ .prev = x->newest, .fd = fd };
	*x->newest = a;
	x->newest = &a->next;
	if (++x->askers <= CONNECTIONS)
		return;
	forget(x, first);
	shutdown(first->fd, SHUT_RDWR);
}

static void
came_or_went(void *arg, struct MHD_Connection *c, void **state, enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (what == MHD_CONNECTION_NOTIFY_STARTED && info != NULL) {
		remember(arg, info->connect_fd, (struct asker **)state);
	} else if (*state != NULL) {
		forget(arg, *state);
		free(*state);
		*state = NULL;
	}
}

/* The library has timers of its own. */
static void
run(void *arg)
{
	struct exporter *x = arg;
	MHD_UNSIGNED_LONG_LONG ms;

	MHD_run(x->daemon);
	if (MHD_get_timeout(x->daemon, &ms) == MHD_YES)
		loop_timer(x->loop, &x->timeout, ms);
	else
		loop_timer_clear(x->loop, &x->timeout);
}

static void
http_ready(void *arg, uint32_t events)
{
	(void)events;
	run(arg);
}

static void
leave(void *arg)
{
	struct exporter *x = arg;

	loop_stop(x->loop);
}

/* Who asked already gets an answer; the socket is the next one's. */
static void
drain(struct exporter *x)
{
	MHD_quiesce_daemon(x->daemon);
	loop_timer(x->loop, &x->last, LAST_MS);
	run(x);
}

static void
ctl_ready(void *arg, uint32_t events)
{
	struct exporter *x = arg;
	enum ctl what;
	int fd, r;

	(void)events;
	while ((r = ctl_recv(x->ctl.fd, &what, &fd)) == 0) {
		if (what == CTL_LOG && fd >= 0)
			log_take_fd(fd);
		else if (what == CTL_DRAIN)
			drain(x);
	}
	if (r == E_EOF)
		_exit(EXIT_FAILURE);
}

static int
find_certs(struct exporter *x)
{
	const struct service_set *set = x->job->services;
	X509 *cert, *issuer;
	struct tm tm;

	if ((x->certs = calloc(set->n, sizeof *x->certs)) == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < set->n; i++) {
		tlsctx_own(set->v[i].tls, &cert, &issuer);
		if (cert != NULL && ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) == 1)
			x->certs[x->n_certs++] = (struct metrics_cert){ set->v[i].conf->name, timegm(&tm) };
	}
	return 0;
}

static int
start_http(struct exporter *x)
{
	const union MHD_DaemonInfo *info;

	x->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, answer, x, MHD_OPTION_LISTEN_SOCKET, x->job->listen_fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_LIMIT, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_SECONDS, MHD_OPTION_NOTIFY_CONNECTION, came_or_went, x,
	    MHD_OPTION_END);
	if (x->daemon == NULL || (info = MHD_get_daemon_info(x->daemon, MHD_DAEMON_INFO_EPOLL_FD)) == NULL)
		return -ENOMEM;
	x->http = (struct watch){ .fd = info->epoll_fd, .ready = http_ready, .arg = x };
	return loop_watch(x->loop, &x->http, EPOLLIN);
}

static int
exporter_init(struct exporter *x, const struct exporter_job *job)
{
	int r;

	*x = (struct exporter){ .job = job, .newest = &x->oldest };
	x->timeout = (struct timer){ .expired = run, .arg = x };
	x->last = (struct timer){ .expired = leave, .arg = x };
	x->ctl = (struct watch){ .fd = job->ctl_fd, .ready = ctl_ready, .arg = x };
	if ((r = loop_new(&x->loop)) != 0 || (r = find_certs(x)) != 0)
		return r;
	service_set_forget(job->services);
	if ((r = start_http(x)) != 0)
		return r;
	return loop_watch(x->loop, &x->ctl, EPOLLIN);
}

_Noreturn void
exporter_main(const struct exporter_job *job)
{
	char report[ROLE_REPORT_SIZE];
	struct exporter x;
	int r;

	worker_reset_signals();
	if ((r = exporter_init(&x, job)) != 0) {
		log_error("Exporter: %s (%d)", strerror(-r), -r);
		_exit(EXIT_FAILURE);
	}
	if (role_enter(job->role, report) != 0) {
		log_error("%s", report);
		_exit(WORKER_EXIT_ROLE);
	}
	log_debug("Exporter %d: %s", (int)getpid(), report);
	if ((r = loop_run(x.loop)) != 0)
		log_error("Exporter: %s (%d)", strerror(-r), -r);
	_exit(r == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

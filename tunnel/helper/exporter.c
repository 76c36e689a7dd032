#include "tunnel/helper/exporter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/http_text.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "tunnel/ipc/ctl.h"
#include "tunnel/service/metrics.h"
#include "tunnel/conn/worker.h"
#include "tunnel/service/service_build.h"
#include "tunnel/tls/tlsctx.h"

enum { LAST_MS = 1000 };

struct exporter {
	const struct exporter_job *job;
	struct loop *loop;
	struct watch ctl;
	struct timer last;
	struct http_text *http;
	struct metrics_cert *certs;
	size_t n_certs;
};

static unsigned
answer(void *arg, const char *path, struct buf *out, const char **type)
{
	const struct exporter *x = arg;

	if (strcmp(path, "/metrics") == 0) {
		*type = HTTP_TEXT_PROMETHEUS;
		metrics_put(out, x->job->board, x->certs, x->n_certs, time(NULL));
		return 200;
	}
	if (strcmp(path, "/healthz") != 0) {
		buf_text(out, "/metrics or /healthz\n");
		return 404;
	}
	buf_text(out, scoreboard_workers(x->job->board) > 0 ? "ok\n" : "no workers\n");
	return scoreboard_workers(x->job->board) > 0 ? 200 : 503;
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
	loop_timer(x->loop, &x->last, LAST_MS);
	http_text_quiesce(x->http);
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
exporter_init(struct exporter *x, const struct exporter_job *job)
{
	int r;

	*x = (struct exporter){ .job = job };
	x->last = (struct timer){ .expired = leave, .arg = x };
	x->ctl = (struct watch){ .fd = job->ctl_fd, .ready = ctl_ready, .arg = x };
	if ((r = loop_new(&x->loop)) != 0 || (r = find_certs(x)) != 0)
		return r;
	service_set_forget(job->services);
	if ((r = http_text_new(x->loop, job->listen_fd, answer, x, &x->http)) != 0)
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

#include "config.h"

#include "syncd/exporter.h"

#include <string.h>
#include <sys/prctl.h>
#include <syslog.h>

#include "lib/http_text.h"
#include "lib/loop.h"
#include "syncd/metrics.h"
#include "syncd/privmsg.h"

enum { EXIT_ROLE = 11 };

const char *
exporter_fault(void)
{
#ifdef HAVE_MICROHTTPD
	return http_text_fault();
#else
	return "this program was built without libmicrohttpd";
#endif
}

#ifdef HAVE_MICROHTTPD

struct exporter {
	struct loop *loop;
	struct watch listener;
	struct tally *tally;
	struct http_text *http;
	char walls[ROLE_REPORT_SIZE];
};

static unsigned
answer(void *arg, const char *path, struct buf *out, const char **type)
{
	const struct exporter *x = arg;

	if (strcmp(path, "/metrics") == 0) {
		*type = HTTP_TEXT_PROMETHEUS;
		metrics_put(out, x->tally, x->walls);
		return 200;
	}
	buf_text(out, strcmp(path, "/healthz") == 0 ? "ok\n" : "/metrics or /healthz\n");
	return strcmp(path, "/healthz") == 0 ? 200 : 404;
}

/* It never speaks: it is gone. */
static void
listener_gone(void *arg, uint32_t events)
{
	struct exporter *x = arg;

	(void)events;
	loop_stop(x->loop);
}

static int
fail(const struct process_job *job, const char *what)
{
	ask_log(job->monitor_fd, LOG_ERR, what, strlen(what));
	return EXIT_ROLE;
}

/* The library is loaded before the walls are up; in its role from then on, since it makes nothing that it could not make there. */
int
exporter_main(const struct roles *roles, const struct process_job *job)
{
	struct exporter x = { .loop = NULL };
	const char *fault = exporter_fault();

	prctl(PR_SET_NAME, "syncd-metrics");
	if (fault != NULL)
		return fail(job, fault);
	if (tally_map(job->boot_fd, &x.tally) != 0)
		return fail(job, "metrics: the numbers cannot be read");
	if (roles_enter_exporter(roles, job->peer_fd, job->monitor_fd, x.walls) != 0)
		return fail(job, x.walls);
	x.listener = (struct watch){ .fd = job->monitor_fd, .ready = listener_gone, .arg = &x };
	if (loop_new(&x.loop) != 0 || http_text_new(x.loop, job->peer_fd, answer, &x, &x.http) != 0 ||
	    loop_watch(x.loop, &x.listener, EPOLLIN | EPOLLRDHUP) != 0)
		return fail(job, "metrics: HTTP cannot be answered");
	return loop_run(x.loop) == 0 ? 0 : 1;
}

#else

int
exporter_main(const struct roles *roles, const struct process_job *job)
{
	(void)roles, (void)job;
	return EXIT_ROLE;
}

#endif

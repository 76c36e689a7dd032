#include "deploy/status/status.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "deploy/status/gather.h"
#include "deploy/status/print.h"
#include "deploy/status/screen.h"
#include "deploy/status/sessions.h"
#include "deploy/verb.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/num.h"

enum { WATCH_SECONDS = 2, WATCH_SECONDS_MAX = 3600, RATE_MS = 1000 };

struct looking {
	const char *file;
	const struct model *m;
	bool json;
	struct status *now;
	struct status_sessions *before;
};

static void
look(void *arg)
{
	struct looking *l = arg;

	*l->before = l->now->sessions;
	gather(l->file, l->m, l->now);
	if (l->before->at != 0)
		sessions_rates(&l->now->sessions, l->before);
}

static void
draw(void *arg, FILE *to)
{
	const struct looking *l = arg;

	if (l->json)
		status_print_json(l->now, to);
	else
		status_print(l->now, to);
}

/* Rates are told by a second look at the connections, where there are any. */
static int
once(struct looking *l)
{
	static const struct timespec pause = { .tv_sec = RATE_MS / 1000, .tv_nsec = RATE_MS % 1000 * 1000000 };

	look(l);
	if (l->now->sessions.n > 0) {
		nanosleep(&pause, NULL);
		*l->before = l->now->sessions;
		gather_sessions(l->m, l->now);
		sessions_rates(&l->now->sessions, l->before);
	}
	draw(l, stdout);
	return fflush(stdout) == 0 ? 0 : -errno;
}

static int
run(struct looking *l, int64_t seconds)
{
	const struct screen s = { .ms = (int)seconds * 1000, .lines = l->json, .look = look, .draw = draw, .arg = l };
	int r = -ENOMEM;

	l->now = calloc(1, sizeof *l->now);
	l->before = calloc(1, sizeof *l->before);
	if (l->now != NULL && l->before != NULL)
		r = seconds == 0 ? once(l) : screen_run(&s);
	if (r != 0)
		verb_failed("status", l->file, r);
	r = r != 0 || l->now->down ? VERB_FAILED : VERB_DONE;
	free(l->now);
	free(l->before);
	return r;
}

static int
take_seconds(void *arg, const char *text)
{
	int64_t *seconds = arg;

	*seconds = WATCH_SECONDS;
	return text == NULL ? 0 : num_parse(text, 1, WATCH_SECONDS_MAX, seconds);
}

int
status_main(int argc, char **argv)
{
	struct looking l = { .file = verb_installed() };
	int64_t seconds = 0;
	const struct verb_option options[] = { { "json", .flag = &l.json }, { "watch", .take = take_seconds, .arg = &seconds, .optional = true } };
	struct model *m;
	int status = verb_args(argc, argv, "status [--json] [--watch[=SECONDS]] [FILE]", options, ARRAY_LEN(options), &l.file);

	if (status != VERB_DONE)
		return status;
	if (verb_load_alone(l.file, &m) != VERB_DONE)
		return VERB_MISUSED;
	signal(SIGPIPE, SIG_IGN);	/* whoever reads may leave */
	l.m = m;
	status = run(&l, seconds);
	model_free(m);
	return status;
}

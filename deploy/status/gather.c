#include "deploy/status/gather.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "deploy/out/shared.h"
#include "deploy/status/ends.h"
#include "deploy/status/numbers.h"
#include "deploy/status/scrape.h"
#include "deploy/status/sessions.h"
#include "deploy/status/units.h"
#include "deploy/verify/run.h"
#include "lib/err.h"
#include "lib/loop.h"

static void __attribute__((format(printf, 2, 3)))
say(struct status_why *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->text, sizeof w->text, fmt, ap);
	va_end(ap);
}

/* --- units ---------------------------------------------------------------------------------------- */

static void
gather_units(const struct model *m, struct status_units *ret)
{
	struct verify_unit units[VERIFY_UNITS_MAX];
	size_t n = verify_units_of(m, units);

	if (model_in_cluster(m))
		say(&ret->why, "nothing of it runs on this machine: kubectl get pods");
	else if (n > 0)
		status_units_ask(units, n, ret);
	else if (model_in_containers(m))
		say(&ret->why, "daemon and door are in containers, which their runtime knows");
}

/* --- connections ---------------------------------------------------------------------------------- */

/* Why the daemon can be asked nothing; false: it can. */
static bool
daemon_is_dumb(const struct status *s, const struct model *m, struct status_why *ret)
{
	if (!model_has_daemon(m))
		say(ret, "the daemons are on other machines");
	else if (model_in_containers(m))
		say(ret, "the daemon is in a container");
	else if (m->daemon.program.v != M_SALLYPORT)
		say(ret, "rsync's own daemon does not tell");
	else if (s->units.n > 0 && !status_runs(&s->units, "sallyport-syncd.service"))
		say(ret, "sallyport-syncd.service does not run");
	else
		return false;
	return true;
}

/* The first line that it says. */
static void
say_first(struct status_why *ret, const char *text)
{
	say(ret, "%.*s", (int)strcspn(text, "\n"), text);
}

void
gather_sessions(const struct model *m, struct status *ret)
{
	static const struct run plainly = { .network = -1 };
	const char *const argv[] = { m->daemon.binary.v != NULL ? m->daemon.binary.v : "/usr/sbin/sallyport-syncd",
		"--config=/etc/sallyport/syncd.conf", "--status", "--json", NULL };
	struct status_sessions *l = &ret->sessions;
	struct buf said = BUF_INIT;
	const char *text;
	int r;

	l->n = 0;
	l->why.text[0] = '\0';
	if (daemon_is_dumb(ret, m, &l->why))
		return;
	r = run_program(argv, &plainly, &said);
	l->at = (int64_t)loop_clock();
	if ((text = buf_cstr(&said)) == NULL)
		r = -ENOMEM;
	if (r < 0)
		say(&l->why, "%s: %s", argv[0], err_text(r));
	else if (r != 0 && text[0] == '\0')
		say(&l->why, "%s could not be run", argv[0]);
	else if (r != 0)
		say_first(&l->why, text);
	else if (sessions_parse(text, l) != 0)
		say(&l->why, "%s --status --json: not to be understood", argv[0]);
	buf_done(&said);
}

/* --- numbers -------------------------------------------------------------------------------------- */

static void
gather_numbers(const char *path, enum numbers_of of, struct status_numbers *ret)
{
	struct buf text = BUF_INIT;
	const char *body;
	int r = scrape(path, &text);

	if (r == 0 && (body = buf_cstr(&text)) == NULL)
		r = -ENOMEM;
	if (r == 0)
		r = numbers_parse(body, of, ret);
	if (r != 0)
		say(&ret->why, "%s: %s", path, err_text(r));
	buf_done(&text);
}

static void
gather_door(const char *file, const struct model *m, struct status *ret)
{
	struct status_numbers *l = &ret->door;

	if (m->door.kind.v != M_TUNNEL)
		say(&l->why, "sallyport-tunnel alone tells them");
	else if (!m->door.metrics.v)
		say(&l->why, "have door.metrics = true in %s, and install again", file);
	else if (ret->units.n > 0 && !status_runs(&ret->units, "sallyport-tunnel.service"))
		say(&l->why, "sallyport-tunnel.service does not run");
	else
		gather_numbers(OUT_DOOR_METRICS, NUMBERS_DOOR, l);
}

static void
gather_daemon(const char *file, const struct model *m, struct status *ret)
{
	struct status_numbers *l = &ret->daemon;

	if (daemon_is_dumb(ret, m, &l->why))
		return;
	if (!m->daemon.metrics.v)
		say(&l->why, "have daemon.metrics = true in %s, and install again", file);
	else
		gather_numbers(OUT_DAEMON_METRICS, NUMBERS_DAEMON, l);
}

void
gather(const char *file, const struct model *m, struct status *ret)
{
	*ret = (struct status){ .name = m->name.v, .host = m->host.v };
	gather_units(m, &ret->units);
	ret->down = status_units_down(&ret->units);
	gather_sessions(m, ret);
	gather_door(file, m, ret);
	gather_daemon(file, m, ret);
	ends_ask(m, (int64_t)time(NULL), &ret->ends);
}

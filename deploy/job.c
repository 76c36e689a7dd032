#include "deploy/job.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "deploy/child.h"
#include "deploy/probe.h"
#include "deploy/record.h"
#include "lib/log.h"
#include "lib/loop.h"

enum { START_MS = 20000, STOP_MS = 5000, ASK_MS = 10, DAY_MS = 86400000, HELD_MAX = 16384 };

enum { DAEMON, TUNNEL, PARTS };

/* What each part is, and the words by which it says that it can be used. */
static const struct part {
	const char *name, *env, *program, *ready;
} parts[PARTS] = {
	[DAEMON] = { "daemon", "SALLYPORT_SYNCD", "sallyport-syncd", "listening on " },
	[TUNNEL] = { "tunnel", "SALLYPORT_TUNNEL", "sallyport-tunnel", "Accepting new connections" },
};

struct job {
	const struct job_conf *conf;
	struct loop *loop;
	struct child part[PARTS];
	unsigned ready;		/* a bit for each part */
	int announced;
	struct buf held;	/* what they said before: a byte for the part, its line, and a NUL each */
	struct record_peer peer;
	int stopping;
	int status;
	struct timer deadline;
	struct timer ask;	/* again whether the daemon listens */
	struct timer renew;
};

/* --- what the parts say ------------------------------------------------------------------------- */

static void
say_raw(size_t i, const char *line)
{
	log_bytes(LOG_INFO, parts[i].name, line, strlen(line));
}

/* One line with the time of day. */
static void
say_now(int level, const char *text)
{
	time_t now = time(NULL);
	char stamp[16] = "";
	struct tm tm;

	if (localtime_r(&now, &tm) != NULL)
		strftime(stamp, sizeof stamp, "%H:%M:%S", &tm);
	log_bytes(level, stamp, text, strlen(text));
}

static void
tell_record(const struct job *j, const char *line)
{
	char words[2 * RECORD_TEXT_SIZE];
	struct record r;

	if (record_parse(line, &r) != 0)
		say_raw(DAEMON, line);
	else if (record_words(&r, words, sizeof words)[0] != '\0' && (record_is_error(&r) || j->conf->volume != JOB_QUIET))
		say_now(record_is_error(&r) ? LOG_WARNING : LOG_INFO, words);
}

static void
tell_tunnel(struct job *j, const char *line)
{
	char words[2 * RECORD_TEXT_SIZE];

	if (record_tunnel_words(line, &j->peer, words, sizeof words)[0] != '\0')
		say_now(LOG_WARNING, words);
}

/* Of a daemon that is not ours nobody knows what its lines mean; but what it says of its start is of no use. */
static void
tell(struct job *j, size_t i, const char *line)
{
	if (j->conf->volume == JOB_VERBOSE)
		say_raw(i, line);
	else if (i == TUNNEL)
		tell_tunnel(j, line);
	else if (j->conf->plan->calm)
		tell_record(j, line);
	else if (j->announced && j->conf->volume != JOB_QUIET)
		say_raw(i, line);
}

static void
hear(struct job *j, size_t i, const char *line)
{
	if (j->announced || j->stopping || j->conf->volume == JOB_VERBOSE) {
		tell(j, i, line);
	} else if (buf_len(&j->held) < HELD_MAX) {
		buf_u8(&j->held, (uint8_t)i);
		buf_put(&j->held, line, strlen(line) + 1);
	}
}

/* Of a start that failed all of it; else what is worth it. */
static void
release(struct job *j, int failed)
{
	while (buf_len(&j->held) > 0 && j->held.err == 0) {
		const uint8_t *head = j->held.data + j->held.head;
		size_t i = head[0];
		const char *line = (const char *)head + 1;

		if (failed)
			say_raw(i, line);
		else
			tell(j, i, line);
		buf_consume(&j->held, strlen(line) + 2);
	}
}

/* --- beginning and end -------------------------------------------------------------------------- */

static void
stop(struct job *j, int status)
{
	if (j->stopping)
		return;
	j->stopping = 1;
	j->status = status;
	for (size_t i = 0; i < PARTS; i++)
		child_signal(&j->part[i], SIGTERM);
	loop_timer(j->loop, &j->deadline, STOP_MS);
	if (j->part[DAEMON].pid == 0 && j->part[TUNNEL].pid == 0)
		loop_stop(j->loop);
}

static void
deadline_passed(void *arg)
{
	struct job *j = arg;

	if (!j->stopping) {
		release(j, 1);
		log_error("serve: the %s did not come up within %d seconds",
		    parts[j->ready == 1u << DAEMON ? TUNNEL : DAEMON].name, START_MS / 1000);
		stop(j, EXIT_FAILURE);
		return;
	}
	for (size_t i = 0; i < PARTS; i++)
		child_signal(&j->part[i], SIGKILL);
}

static void
set_renewal(struct job *j, int64_t due)
{
	uint64_t ms = due < 1 ? 1000 : due >= DAY_MS / 1000 ? DAY_MS : (uint64_t)due * 1000;

	if (loop_timer(j->loop, &j->renew, ms) != 0)
		log_warn("serve: the certificate will not be made again while this runs");
}

/* The tunnel takes the new one for new connections; those there are stay. */
static void
renew(void *arg)
{
	struct job *j = arg;
	struct pki pki = { .ca_pem = BUF_INIT };
	char text[sizeof(struct conf_err) + 16];
	struct conf_err e;
	int r = pki_ready(j->conf->state, j->conf->advice->names, &pki, &e);

	if (r != 0)
		log_warn("serve: the certificate could not be made again: %s", r == E_CONF ? conf_err_print(&e, text, sizeof text) : err_text(r));
	else if (pki.cert_made)
		child_signal(&j->part[TUNNEL], SIGHUP);
	buf_done(&pki.ca_pem);
	set_renewal(j, r == 0 ? pki.due : DAY_MS / 1000);
}

/* Both said that they are ready, but rsync says "listening" before it binds: a client that
 * believed it would be turned away. */
static void
announce(void *arg)
{
	struct job *j = arg;

	if (j->stopping)
		return;
	if (j->conf->plan->socket[0] == '\0' && probe_listens(j->conf->plan->daemon_port) == 0) {
		loop_timer(j->loop, &j->ask, ASK_MS);
		return;
	}
	loop_timer_clear(j->loop, &j->deadline);
	release(j, 0);
	advice_print(j->conf->advice);
	j->announced = 1;
	set_renewal(j, j->conf->due);
}

static void
part_said(void *arg, struct child *c, const char *line)
{
	struct job *j = arg;
	unsigned i = (unsigned)(c - j->part);

	hear(j, i, line);
	if ((j->ready & 1u << i) != 0 || strstr(line, parts[i].ready) == NULL)
		return;
	j->ready |= 1u << i;
	if (j->ready == (1u << PARTS) - 1)
		announce(j);
}

static void
parts_ended(struct job *j)
{
	char fate[80];

	for (size_t i = 0; i < PARTS; i++) {
		if (!child_reap(&j->part[i]))
			continue;
		if (!j->stopping) {
			release(j, 1);
			log_error("serve: the %s %s", parts[i].name, child_fate(&j->part[i], fate, sizeof fate));
			stop(j, EXIT_FAILURE);
		}
	}
	if (j->stopping && j->part[DAEMON].pid == 0 && j->part[TUNNEL].pid == 0)
		loop_stop(j->loop);
}

static void
got_signal(void *arg, int signo)
{
	if (signo == SIGCHLD)
		parts_ended(arg);
	else
		stop(arg, EXIT_SUCCESS);
}

static int
start_part(struct job *j, size_t i)
{
	char program[PATH_MAX], conf[PATH_MAX + 32];
	const char *daemon_argv[] = { program, "--daemon", "--no-detach", conf, "--log-file=/dev/stderr", NULL };
	const char *tunnel_argv[] = { program, conf, NULL };
	int r;

	if (child_find(parts[i].env, parts[i].program, program, sizeof program) != 0) {
		log_error("serve: %s is neither beside this program nor in PATH (%s may name it)", parts[i].program, parts[i].env);
		return -ENOENT;
	}
	snprintf(conf, sizeof conf, "%s%s/%s", i == DAEMON ? "--config=" : "", j->conf->plan->run_dir,
	    i == DAEMON ? "syncd.conf" : "tunnel.conf");
	j->part[i].name = parts[i].name;
	j->part[i].said = part_said;
	j->part[i].arg = j;
	if ((r = child_start(&j->part[i], j->loop, i == DAEMON ? daemon_argv : tunnel_argv)) != 0)
		log_error("serve: the %s: %s", parts[i].name, err_text(r));
	return r;
}

static int
watch_signals(struct job *j)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGCHLD);
	signal(SIGPIPE, SIG_IGN);
	return loop_signals(j->loop, &mask, got_signal, j);
}

static int
start(struct job *j)
{
	int r;

	if ((r = watch_signals(j)) != 0 || (r = loop_timer(j->loop, &j->deadline, START_MS)) != 0)
		return r;
	for (size_t i = 0; i < PARTS && r == 0; i++)
		r = start_part(j, i);
	return r;
}

static int
is_own(size_t i)
{
	char program[PATH_MAX];
	const char *name;

	if (child_find(parts[i].env, parts[i].program, program, sizeof program) != 0)
		return 0;
	name = strrchr(program, '/');
	return strcmp(name == NULL ? program : name + 1, parts[i].program) == 0;
}

int
job_own_daemon(void)
{
	return is_own(DAEMON);
}

int
job_own_tunnel(void)
{
	return is_own(TUNNEL);
}

int
job_run(const struct job_conf *conf)
{
	struct job j = { .conf = conf, .status = EXIT_FAILURE };
	int r;

	j.deadline = (struct timer){ .expired = deadline_passed, .arg = &j };
	j.renew = (struct timer){ .expired = renew, .arg = &j };
	j.ask = (struct timer){ .expired = announce, .arg = &j };
	if ((r = loop_new(&j.loop)) != 0) {
		log_error("serve: %s", err_text(r));
		return EXIT_FAILURE;
	}
	if (start(&j) != 0)
		stop(&j, EXIT_FAILURE);
	if (!j.stopping || j.part[DAEMON].pid != 0 || j.part[TUNNEL].pid != 0)
		r = loop_run(j.loop);
	for (size_t i = 0; i < PARTS; i++)
		child_done(&j.part[i]);
	loop_free(j.loop);
	buf_done(&j.held);
	return j.status;
}

#include "deploy/job.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/child.h"
#include "deploy/probe.h"
#include "lib/log.h"
#include "lib/loop.h"

enum { START_MS = 20000, STOP_MS = 5000, ASK_MS = 10 };

enum { DAEMON, TUNNEL, PARTS };

/* What each part is, and the words by which it says that it can be used. */
static const struct part {
	const char *name, *env, *program, *ready;
} parts[PARTS] = {
	[DAEMON] = { "daemon", "SALLYPORT_SYNCD", "sallyport-syncd", "listening on " },
	[TUNNEL] = { "tunnel", "SALLYPORT_TUNNEL", "sallyport-tunnel", "Accepting new connections" },
};

struct job {
	const struct plan *plan;
	const struct pki *pki;
	const char *host;
	struct loop *loop;
	struct child part[PARTS];
	unsigned ready;		/* a bit for each part */
	int stopping;
	int status;
	struct timer deadline;
	struct timer ask;	/* again whether the daemon listens */
};

static const char *
quoted(const char *text, char *dst, size_t size)
{
	size_t n = 0;

	dst[n++] = '\'';
	for (; *text != '\0' && n + 6 < size; text++) {
		if (*text == '\'')
			n += (size_t)snprintf(dst + n, size - n, "'\\'");
		dst[n++] = *text;
	}
	dst[n++] = '\'';
	dst[n] = '\0';
	return dst;
}

/* A module's name may hold what a shell reads its own way; most hold nothing of the kind. */
static const char *
shell_word(const char *text, char *dst, size_t size)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+:/[]";

	return text[strspn(text, safe)] == '\0' && strchr(text, '[') == NULL ? text : quoted(text, dst, size);
}

/* What to type on the other machine: stdout holds this and nothing else. */
static void
print_pull(const struct job *j)
{
	char url[512], copy[PLAN_MODULE_SIZE + 8], url_word[1024], copy_word[256];
	int six = strchr(j->host, ':') != NULL;
	const char *from, *to;

	snprintf(url, sizeof url, "rsyncs://%s%s%s:%u/%s/", six ? "[" : "", j->host, six ? "]" : "", j->plan->port,
	    j->plan->module);
	snprintf(copy, sizeof copy, "./%s/", j->plan->module);
	from = shell_word(url, url_word, sizeof url_word);
	to = shell_word(copy, copy_word, sizeof copy_word);
	printf("Serving %s, %s, as %s\n\n", j->plan->path, j->plan->writable ? "to read and to write" : "to read", url);
	printf("On the other machine, save this certificate as ca.crt (it is no secret; here it is %s):\n\n%s\n", j->pki->ca,
	    (const char *)buf_head(&j->pki->ca_pem));
	printf("then pull with:\n\n  RSYNC_SSL_CA_CERT=ca.crt sallyport-rsync -a %s %s\n\n", from, to);
	printf("or, with nothing to save, by the server's key alone:\n\n  sallyport-rsync --tls-pin=sha256:%s -a %s %s\n\n",
	    j->pki->pin, from, to);
	printf("Ctrl-C ends it.\n");
	fflush(stdout);
}

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
		log_error("serve: the %s did not come up within %d seconds",
		    parts[j->ready == 1u << DAEMON ? TUNNEL : DAEMON].name, START_MS / 1000);
		stop(j, EXIT_FAILURE);
		return;
	}
	for (size_t i = 0; i < PARTS; i++)
		child_signal(&j->part[i], SIGKILL);
}

/* Both said that they are ready, but rsync says "listening" before it binds: a client that
 * believed it would be turned away. */
static void
announce(void *arg)
{
	struct job *j = arg;

	if (j->stopping)
		return;
	if (j->plan->socket[0] == '\0' && probe_listens(j->plan->daemon_port) == 0) {
		loop_timer(j->loop, &j->ask, ASK_MS);
		return;
	}
	loop_timer_clear(j->loop, &j->deadline);
	print_pull(j);
}

static void
part_said(void *arg, struct child *c, const char *line)
{
	struct job *j = arg;
	unsigned i = (unsigned)(c - j->part);

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
	snprintf(conf, sizeof conf, "%s%s/%s", i == DAEMON ? "--config=" : "", j->plan->run_dir,
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

int
job_own_daemon(void)
{
	char program[PATH_MAX];
	const char *name;

	if (child_find(parts[DAEMON].env, parts[DAEMON].program, program, sizeof program) != 0)
		return 0;
	name = strrchr(program, '/');
	return strcmp(name == NULL ? program : name + 1, parts[DAEMON].program) == 0;
}

int
job_run(const struct plan *p, const struct pki *pki, const char *host)
{
	struct job j = { .plan = p, .pki = pki, .host = host, .status = EXIT_FAILURE };
	int r;

	j.deadline = (struct timer){ .expired = deadline_passed, .arg = &j };
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
	return j.status;
}

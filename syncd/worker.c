/* The unprivileged process that greets, and the one that runs a session: each enters its role, then reads its peer. */
#include "syncd/worker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/is_set.h"
#include "syncd/boot.h"
#include "syncd/phases.h"
#include "syncd/privmsg.h"
#include "syncd/session/session.h"

enum { EXIT_ROLE = 11 };

static int
refuse(int monitor_fd, const char *what)
{
	ask_log(monitor_fd, LOG_ERR, what, strlen(what));
	return EXIT_ROLE;
}

int
worker_main(const struct roles *roles, const struct process_job *job)
{
	char report[ROLE_REPORT_SIZE];
	struct buf greeting = BUF_INIT;
	struct session s;
	int code;

	if (boot_read(job->boot_fd, &greeting) != 0 || job->greeted > buf_len(&greeting))
		return refuse(job->monitor_fd, "role worker: it was told no greeting");
	if (roles_enter_worker(roles, job->peer_fd, job->monitor_fd, report) != 0)
		return refuse(job->monitor_fd, report);
	session_init(&s, &phases, job->peer_fd, job->monitor_fd, job->proxied ? PH_PROXY : PH_HELLO);
	s.deadline = job->deadline;
	s.greeting = (const char *)buf_head(&greeting) + job->greeted;
	code = session_run(&s);		/* untrusted bytes only from here on */
	session_done(&s);
	buf_done(&greeting);
	return code;
}

/* The module's filter and its changes of modes.  The monitor has parsed the same text before: what fails here is memory. */
static int
build_policy(const struct boot *b, struct grant *g)
{
	struct chmod_list *in = NULL, *out = NULL;
	int r = rules_new(&g->hidden);

	for (size_t i = 0; i < b->n_rules && r == 0; i++)
		r = rules_add_config(g->hidden, b->rules[i].source, b->rules[i].text);
	if (r == 0 && is_set(g->conf.incoming_chmod))
		r = chmod_parse(g->conf.incoming_chmod, &in);
	if (r == 0 && is_set(g->conf.outgoing_chmod))
		r = chmod_parse(g->conf.outgoing_chmod, &out);
	g->incoming = in;
	g->outgoing = out;
	return r;
}

static void
no_such_option(void *arg, const char *word)
{
	session_log(arg, "No match for refuse-options string \"%s\"", word);
}

static int
run_session(const struct process_job *job, struct boot *b, struct charset *charset)
{
	struct session s;
	int code;

	session_init(&s, &phases, job->peer_fd, job->monitor_fd, PH_ARGS);
	s.deadline = b->deadline;
	s.grant = b->grant;
	s.charset = charset;
	s.proto.version = b->version;
	buf_put(&s.peer.in, b->ahead, b->n_ahead);
	refuse_words(&s.refusals, s.grant.conf.refuse_options, no_such_option, &s);
	code = session_run(&s);
	session_log_end(&s);
	session_totals(&s);
	session_done(&s);
	return code;
}

/* The client waits for a line, and the administrator wants to know which directory is meant: its identity and ours may not enter it. */
static int
refuse_session(const struct process_job *job, const struct boot *b, int err, const char *report)
{
	static const char line[] = "@ERROR: the module cannot be entered\n";
	char text[LINE_MAX_BYTES];

	if (err == -EACCES && b->id.jail)
		snprintf(text, sizeof text, "%s: %s: neither root without CAP_DAC_READ_SEARCH nor uid %u may search it", report,
		    b->grant.path, (unsigned)b->grant.uid);
	else
		snprintf(text, sizeof text, "%s", report);
	(void)!send(job->peer_fd, line, sizeof line - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	return refuse(job->monitor_fd, text);
}

int
session_main(const struct roles *roles, const struct process_job *job)
{
	char report[ROLE_REPORT_SIZE];
	struct charset *charset = NULL;
	struct buf told = BUF_INIT;
	struct boot b;
	struct cursor c;
	int r;

	if (boot_read(job->boot_fd, &told) != 0)
		return refuse(job->monitor_fd, "role session: it was told nothing");
	c = cur_of(buf_head(&told), buf_len(&told));
	if (boot_get(&c, &b) != 0 || build_policy(&b, &b.grant) != 0)
		return refuse(job->monitor_fd, "role session: what it was told cannot be used");
	if (is_set(b.grant.conf.charset))	/* loads files, so it comes before the walls */
		(void)charset_new(b.grant.conf.charset, &charset);
	b.id.tree_fd = b.grant.root_fd = job->root_fd;
	b.id.sums_fd = b.grant.sums_fd = job->sums_fd;
	b.grant.uid = b.id.set_ids ? b.id.uid : geteuid();
	b.grant.gid = b.id.set_ids ? b.id.gid : getegid();
	b.grant.supplementary_gids = b.id.groups;
	b.grant.n_supplementary_gids = b.id.n_groups;
	b.grant.mask = umask(b.id.writes ? 0 : 022);	/* modes of new files are the session's to say */
	if ((r = roles_enter_session(roles, &b.id, job->peer_fd, job->monitor_fd, report)) != 0)
		return refuse_session(job, &b, r, report);
	return run_session(job, &b, charset);	/* untrusted bytes only from here on */
}

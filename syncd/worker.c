#include "syncd/worker.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/sock.h"

enum { EXIT_ROLE = 11 };

static int
refuse_role(int monitor_fd, const char *report)
{
	ask_log(monitor_fd, LOG_ERR, report, strlen(report));
	return EXIT_ROLE;
}

int
worker_main(const struct roles *roles, int peer_fd, int monitor_fd, const char *motd)
{
	char report[ROLE_REPORT_SIZE];
	struct session s;
	int code;

	if (roles_enter_worker(roles, peer_fd, monitor_fd, report) != 0)
		return refuse_role(monitor_fd, report);
	session_init(&s, peer_fd, monitor_fd, PH_HELLO);
	s.motd = motd;
	code = session_run(&s);		/* untrusted bytes only from here on */
	session_done(&s);
	return code;
}

/* NULL when the module names none, or one that is not known. */
static struct charset *
open_charset(const struct grant *grant)
{
	struct charset *c = NULL;

	if (grant->charset != NULL && grant->charset[0] != '\0' && charset_new(grant->charset, &c) != 0)
		log_error("module %s: charset %s is not known here", grant->module, grant->charset);
	return c;
}

int
session_main(const struct roles *roles, int peer_fd, int monitor_fd, const struct session_identity *id,
    const struct grant *grant, const struct admission *a)
{
	char report[ROLE_REPORT_SIZE];
	const uid_t uid = id->set_ids ? id->uid : geteuid();
	const gid_t gid = id->set_ids ? id->gid : getegid();
	const mode_t mask = umask(id->writes ? 0 : 022);	/* modes of new files are the session's to say */
	struct session s;
	int code;

	struct charset *charset = open_charset(grant);

	if (roles_enter_session(roles, id, peer_fd, monitor_fd, report) != 0)
		return refuse_role(monitor_fd, report);
	session_init(&s, peer_fd, monitor_fd, PH_ARGS);
	s.grant = *grant;
	s.grant.mask = mask;
	s.grant.uid = uid;
	s.grant.gid = gid;
	s.grant.groups = id->groups;
	s.grant.n_groups = id->n_groups;
	s.charset = charset;
	s.proto.version = a->version;
	buf_put(&s.peer.in, a->ahead, a->n_ahead);
	code = session_run(&s);
	session_log_end(&s);
	session_done(&s);
	return code;
}

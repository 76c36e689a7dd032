/* What a client was let in by: told to the listener once, and asked again when the configuration has changed. */
#include "config.h"

#include "syncd/monitor_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "syncd/policy/list.h"
#include "syncd/secrets.h"

static uint64_t
mark_text(uint64_t mark, const char *text)
{
	const unsigned char *at = (const unsigned char *)(text == NULL ? "" : text);

	do
		mark = (mark ^ *at) * 1099511628211u;	/* FNV-1a, with the NUL */
	while (*at++ != '\0');
	return mark;
}

static uint64_t
mark_hosts(const struct module_conf *m)
{
	return mark_text(mark_text(14695981039346656037u + (m->forward_lookup != 0), m->hosts_allow), m->hosts_deny);
}

static uint64_t
mark_users(const struct module_conf *m)
{
	return mark_text(14695981039346656037u, m->auth_users);
}

int
monitor_tell_standing(const struct monitor *m)
{
	const struct monitor_report r = { .pid = getpid(), .what = MONITOR_STANDING };
	struct standing s = { .id = m->id, .writes = !m->boot.grant.conf.read_only, .hosts = mark_hosts(m->module), .users = mark_users(m->module) };
	int e;

	snprintf(s.module, sizeof s.module, "%s", m->boot.grant.module);
	snprintf(s.host, sizeof s.host, "%s", m->host);
	snprintf(s.user, sizeof s.user, "%s", m->user);
	if ((e = monitor_report(m, &r, &s)) != 0)
		log_error("module %s: %s (%s) is not let in: the listener could not be told who it is: %s", s.module, m->host, m->addr, err_text(e));
	return e == 0 ? 0 : E_DENIED;
}

/* --- asked again ------------------------------------------------------------------------------- */

static int __attribute__((format(printf, 4, 5)))
refuse(struct admit_verdict *v, const char *reason, const char *param, const char *fmt, ...)
{
	va_list ap;

	v->reason = reason;
	v->param = param;
	va_start(ap, fmt);
	vsnprintf(v->why, sizeof v->why, fmt, ap);
	va_end(ap);
	return E_DENIED;
}

/* The password was right then, and is not asked for again. */
static int
recheck_login(const struct module_conf *m, const struct standing *s, struct login_rule *rule, struct admit_verdict *v)
{
	*rule = (struct login_rule){ .access = LOGIN_AS_MODULE };
	if (!list_has_words(m->auth_users) || mark_users(m) == s->users)
		return 0;
	if (s->user[0] == '\0')
		return refuse(v, "login", "auth users", "it has not logged in");
	if (secrets_rule(m, s->user, rule) != 0)
		return refuse(v, "login", "auth users", "no rule lets %.200s log in", s->user);
	return rule->denied ? refuse(v, "login", "auth users", "a rule denies %.200s", s->user) : 0;
}

int
monitor_recheck_rules(const struct monitor_job *job, const struct standing *s, const struct addr *peer, struct admit_verdict *ret)
{
	const struct admit_facts f = { .peer = peer, .host = s->host, .id = &s->id };
	const struct module_conf *m = conf_module(job->conf, s->module);
	struct login_rule login;

	memset(ret, 0, sizeof *ret);
	if (m == NULL)
		return refuse(ret, "unknown module", NULL, "there is no such module any more");
	if (admit_identity(m, &f, ret) != 0 || recheck_login(m, s, &login, ret) != 0)
		return E_DENIED;
	if (s->writes && ret->rule.access == LOGIN_READ_ONLY)
		return refuse(ret, "identity", "tls users", "it may only read, by %.200s", ret->rule.word);
	if (s->writes && login.access == LOGIN_READ_ONLY)
		return refuse(ret, "login", "auth users", "%.200s may only read", s->user);
	return 0;
}

int
monitor_recheck_hosts(const struct monitor_job *job, const struct standing *s, const struct addr *peer, struct admit_verdict *ret)
{
	struct monitor m = { .job = job, .peer = *peer, .module = conf_module(job->conf, s->module), .resolver = { -1, -1 } };
	int r;

	memset(ret, 0, sizeof *ret);
	if (m.module == NULL || mark_hosts(m.module) == s->hosts)
		return 0;
	addr_host(&m.peer, m.addr, sizeof m.addr);
	snprintf(m.host, sizeof m.host, "%s", s->host);
	r = monitor_admit_host(&m, ret);
	if (m.resolver.channel >= 0) {
		close(m.resolver.channel);
		close(m.resolver.control);
	}
	return r;
}

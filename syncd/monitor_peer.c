/* Who is there: addresses, names of hosts, what a proxy says, and who may come. */
#include "config.h"

#include "syncd/monitor_internal.h"

#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "syncd/daemon_user.h"
#include "syncd/events.h"
#include "syncd/hostname.h"
#include "syncd/module_list.h"
#include "syncd/policy/list.h"
#include "syncd/privmsg.h"
#include "syncd/resolver.h"
#include "syncd/shadow.h"
#include "syncd/spawn.h"

/* The channel to a process that looks names up, started when the first one is wanted; -1: there is none to be had. */
static int
resolver(struct monitor *m)
{
	const struct spawn_order o = { .kind = SPAWN_RESOLVER, .boot = -1, .peer = -1, .root = -1, .sums = -1 };

	if (m->resolver.channel < 0 && spawn_process(m->job->spawner_fd, &o, SPAWN_WAIT, &m->resolver) != 0)
		m->resolver.channel = -1;
	return m->resolver.channel;
}

/* A loopback address has its name from this machine; any other from a name server that a stranger may run, whose
 * answer a process without rights parses. */
static enum hostname_result
look_up(struct monitor *m, char name[HOSTNAME_SIZE])
{
	const struct addr *peer = &m->peer;

	return addr_is_loopback(peer) ? hostname_of(peer, name) : resolver_name(resolver(m), peer, name);
}

static void
find_host_name(struct monitor *m)
{
	char name[HOSTNAME_SIZE];

	snprintf(m->host, sizeof m->host, "UNKNOWN");
	if (m->peer.ss.ss_family == AF_UNIX)
		return;
	switch (look_up(m, name)) {
	case HOSTNAME_FOUND:
		snprintf(m->host, sizeof m->host, "%s", name);
		break;
	case HOSTNAME_FAILED:
		log_warn("name lookup failed for %s: %s", m->addr, name);
		break;
	case HOSTNAME_SPOOFED:
		log_warn("%s is not a known address for \"%s\": spoofed address?", m->addr, name);
		break;
	}
}

/* A look-up is made once, at the start, if any part of the file wants it: later ones would
 * differ in time between modules that exist and those that do not. */
static void
learn_peer(struct monitor *m)
{
	const struct syncd_conf *c = m->job->conf;
	const struct event_who who = monitor_event(m);

	addr_host(&m->peer, m->addr, sizeof m->addr);
	snprintf(m->host, sizeof m->host, "UNDETERMINED");
	if (module_list_wants_names(c))
		find_host_name(m);
	if (m->list_next == 0)		/* else the listener has given him the list, and told */
		event_connect(&who);
}

/* Know who is there, and then give up what the configuration says: addresses are looked up before ("daemon chroot").  0 or E_DENIED. */
int
monitor_meet(struct monitor *m)
{
	learn_peer(m);
	return daemon_user_enter(&m->job->conf->global, &m->left_root);
}

static void
put_fact(struct buf *out, const char *label, const char *text)
{
	if (text[0] != '\0')
		buf_printf(out, "%s%s", label, text);
}

static void
log_origin(const struct proxy_in *p)
{
	struct buf line = BUF_INIT;

	if (!p->id.tls && p->authority[0] == '\0' && p->unique_id[0] == '\0')
		return;
	buf_printf(&line, "proxy: %s", !p->id.tls ? "no TLS" : p->id.version[0] != '\0' ? p->id.version : "TLS");
	put_fact(&line, " ", p->cipher);
	if (p->has_cert)
		buf_printf(&line, ", %scertificate %s", p->id.verified ? "verified " : "", p->id.common_name);
	put_fact(&line, ", key ", p->id.key);
	put_fact(&line, ", serial ", p->id.serial);
	put_fact(&line, ", asked for ", p->authority);
	put_fact(&line, ", ALPN ", p->alpn);
	put_fact(&line, ", id ", p->unique_id);
	if (line.err == 0)
		log_bytes(LOG_INFO, NULL, (const char *)buf_head(&line), buf_len(&line));
	buf_done(&line);
}

/* Who the client is stays as it is said here, before it has sent a byte.  Of a certificate that nobody has verified nothing is kept. */
static void
take_identity(struct monitor *m, const struct identity *id)
{
	m->id = (struct identity){ .tls = id->tls };
	if (id->verified)
		m->id = *id;
	else
		memcpy(m->id.version, id->version, sizeof m->id.version);
}

int
answer_origin(struct monitor *m, struct cursor *in, struct buf *out)
{
	struct proxy_in who;
	int r;

	(void)out;
	if (origin_get(in, &who) != 0)
		return E_BREACH;
	if (who.known) {
		m->peer = who.from;
		m->claimed = true;
		monitor_tell_listener(m, MONITOR_ORIGIN);
	}
	take_identity(m, &who.id);
	m->state = ST_FRESH;
	r = monitor_meet(m);
	log_origin(&who);
	return r;
}

static int
resolve_token(void *arg, const char *token)
{
	struct monitor *m = arg;
	int r;

	if (token[0] == '@')		/* a netgroup */
		return resolver_netgroup(resolver(m), token + 1, m->host);
	if ((r = resolver_leads_to(resolver(m), token, &m->peer)) < 0)
		log_warn("forward name lookup for %s failed", token);
	return r;
}

static struct admit_facts
admit_facts(struct monitor *m)
{
	return (struct admit_facts){ .peer = &m->peer, .host = m->host, .id = &m->id, .resolve = resolve_token, .arg = m };
}

int
monitor_admit(struct monitor *m, struct admit_verdict *ret)
{
	const struct admit_facts f = admit_facts(m);

	return admit_check(m->module, &f, ret);
}

void
monitor_ask_shadow(struct monitor *m, const char *module, bool let_in)
{
	const struct admit_facts f = admit_facts(m);
	const struct shadow_case c = { m->job->conf, module, m->addr, &f };

	shadow_ask(&c, let_in, let_in && list_has_words(m->module->auth_users));
}

void
monitor_ask_shadow_login(struct monitor *m, enum login_access access)
{
	const struct admit_facts f = admit_facts(m);
	const struct shadow_case c = { m->job->conf, m->module->name, m->addr, &f };

	shadow_ask_login(&c, m->user, access);
}

int
monitor_admit_host(struct monitor *m, struct admit_verdict *ret)
{
	const struct admit_facts f = admit_facts(m);

	return admit_host(m->module, &f, ret);
}

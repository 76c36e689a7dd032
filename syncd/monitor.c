/* The privileged process of one connection: access, the module's directory, identity, the log, names of ids. */
#include "config.h"

#include "syncd/monitor.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/num.h"
#include "lib/trusted.h"
#include "syncd/boot.h"
#include "syncd/daemon_user.h"
#include "syncd/events.h"
#include "syncd/fs/mount.h"
#include "syncd/hooks.h"
#include "syncd/hostname.h"
#include "syncd/module_filter.h"
#include "syncd/param_fault.h"
#include "syncd/policy/hosts.h"
#include "syncd/policy/list.h"
#include "syncd/policy/module.h"
#include "syncd/policy/params.h"
#include "syncd/privmsg.h"
#include "syncd/resolver.h"
#include "syncd/secrets.h"
#include "syncd/spawn.h"
#include "syncd/types.h"

enum {
	LIST_PIECE = 32768,
	LOG_LINES_MAX = 2000,		/* a connection's lines before it is told no more, */
	LOG_NOTES_MAX = 1000,		/* and of those that only say what was passed over, which are counted by themselves */
	TRANSFER_LINES_AT_ONCE = 50000,	/* lines of the log of transfers: beyond these */
	TRANSFER_LINES_RATE = 5000,	/* so many a second; who has more is kept waiting */
	DEADLINE_GRACE = 2000,		/* ms beyond the deadline, for who is to keep it to do so */
	NAMES_ASKED_MAX = 10000,
	REFUSED_SECONDS = 60,		/* for a session to tell that pre-xfer exec says no */
	COUNT_WAIT = 1000,		/* ms for the listener to say what it knows of an address */
};

enum {	/* states, as bits, in their order: when may a request be made? */
	ST_PROXIED = 1 << 0,	/* the worker: it has not said yet for whom it speaks */
	ST_FRESH = 1 << 1,	/* the worker: no module yet */
	ST_LOGIN = 1 << 2,	/* the worker: a challenge is out */
	ST_CHOSEN = 1 << 3,	/* the worker: a module was granted */
	ST_HOOKED = 1 << 4,	/* the session: pre-xfer exec has not said yes */
	ST_REFUSED = 1 << 5,	/* the session: it has said no, which is to be told */
	ST_SESSION = 1 << 6,	/* the session runs, and the worker is heard no more */
};

struct monitor {
	const struct monitor_job *job;
	struct addr peer;
	char addr[ADDR_TEXT_SIZE], host[HOSTNAME_SIZE];
	bool spawns_root;	/* the sessions that it has started begin as root, */
	bool left_root;		/* though it has no such rights any more ("daemon uid") */
	unsigned state, asked;	/* asked: requests made that may be made once, as bits 1 << REQ_x */
	int version;
	const struct module_conf *module;
	struct login login;	/* once a challenge is out */
	char user[LOGIN_USER_MAX + 1];	/* "": nobody has logged in */
	struct module_plan plan;
	struct boot boot;	/* what the session will be told */
	struct hooks hooks;
	struct buf args;	/* for hooks, */
	char *request;		/* and what they are about, once it is known */
	unsigned n_args;
	bool claimed;		/* a proxy speaks for it, whose failures count_fd says */
	int stop_fd;		/* tells of SIGTERM: what is served ends, what comes behind it is still done; -1: nothing does */
	int peer_fd;		/* until the session has it alone; -1 */
	int lock_fd, root_fd;
	int raw;		/* wait status of the process that served last; -1: none has ended */
	struct spawned session, resolver;	/* channel -1: none */
	unsigned lines, notes, names;
	uint64_t transfers;	/* lines of the log of transfers */
	struct event_totals totals;
	uint64_t began;		/* the session, ms */
	uint32_t list_next;
	uint64_t deadline;	/* of what the peer has to say first, ms; 0: it has said it */
};

_Static_assert((int)MODULE_GROUPS_MAX <= (int)SESSION_GROUPS_MAX, "a session is told all of its groups");

static void
message_put(struct buf *out, int verdict, const char *message)
{
	buf_u8(out, (uint8_t)verdict);
	buf_text(out, message);
}

/* --- who is there ------------------------------------------------------------------------ */

/* The channel to a process that looks names up, started when the first one is wanted; -1: there is none to be had. */
static int
resolver(struct monitor *m)
{
	const struct spawn_order o = { .kind = SPAWN_RESOLVER, .boot = -1, .peer = -1, .root = -1 };

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

/* Who an event is about, as far as it is known. */
static struct event_who
event_of(const struct monitor *m)
{
	return (struct event_who){ m->addr, m->host, m->user, m->boot.grant.module };
}

static void __attribute__((format(printf, 4, 5)))
refusal(const struct monitor *m, const char *reason, const char *param, const char *fmt, ...)
{
	const struct event_who who = event_of(m);
	struct conf_place place = { NULL, 0 };
	char line[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (param != NULL)
		place = conf_place(m->job->conf, m->module, param);
	event_refusal(reason, &who, place, line);
}

/* A look-up is made once, at the start, if any part of the file wants it: later ones would
 * differ in time between modules that exist and those that do not. */
static void
learn_peer(struct monitor *m)
{
	const struct syncd_conf *c = m->job->conf;
	const struct event_who who = event_of(m);
	bool wanted = c->defaults.reverse_lookup;
	char line[HOSTNAME_SIZE + ADDR_TEXT_SIZE + 32];

	addr_host(&m->peer, m->addr, sizeof m->addr);
	snprintf(m->host, sizeof m->host, "UNDETERMINED");
	for (size_t i = 0; i < c->n_modules; i++)
		wanted = wanted || c->modules[i].reverse_lookup;
	if (wanted)
		find_host_name(m);
	snprintf(line, sizeof line, "connect from %s (%s)", m->host, m->addr);
	event_line(LOG_INFO, "connect", &who, line);
}

/* Know who is there, and then give up what the configuration says: addresses are looked up before ("daemon chroot").  0 or E_DENIED. */
static int
meet_peer(struct monitor *m)
{
	learn_peer(m);
	return daemon_user_enter(&m->job->conf->global, &m->left_root);
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

static void
report(const struct monitor *m, int what)
{
	const struct monitor_report r = { .pid = getpid(), .what = what, .origin = m->peer };

	if (m->job->report_fd >= 0)
		(void)!write(m->job->report_fd, &r, sizeof r);
}

/* --- requests ---------------------------------------------------------------------------- */

/* A line of the log of transfers, where the module has one.  Their number is the number of files, so that none is dropped: who sends them
 * faster than a disk takes them waits. */
static int
log_transfer(struct monitor *m, struct cursor *in)
{
	uint64_t now = loop_clock(), due;

	if (m->state != ST_SESSION || !m->boot.grant.conf.transfer_logging || cur_left(in) > LINE_MAX_BYTES)
		return E_BREACH;
	if (m->transfers++ > TRANSFER_LINES_AT_ONCE) {
		due = m->began + (m->transfers - TRANSFER_LINES_AT_ONCE) * 1000 / TRANSFER_LINES_RATE;
		if (due > now)
			poll(NULL, 0, (int)(due - now));
	}
	log_bytes(LOG_INFO, NULL, (const char *)in->at, cur_left(in));
	return 0;
}

/* What was passed over and why: a client can make many of these, which must not use up the room for errors. */
static int
log_note(struct monitor *m, struct cursor *in)
{
	if (++m->notes < LOG_NOTES_MAX)
		log_bytes(LOG_INFO, NULL, (const char *)in->at, cur_left(in));
	else if (m->notes == LOG_NOTES_MAX)
		log_warn("too many notes from one connection: no more of them are logged");
	return 0;
}

static int
answer_log(struct monitor *m, struct cursor *in, struct buf *out)
{
	int level = cur_u8(in);
	char line[2048];

	(void)out;
	if (level == LOG_TRANSFER)
		return log_transfer(m, in);
	if (in->err != 0 || (level != LOG_REQUEST && (level < LOG_ERR || level > LOG_DEBUG)))
		return E_BREACH;
	if (level == LOG_NOTICE)
		return log_note(m, in);
	if (++m->lines > LOG_LINES_MAX)
		return 0;
	if (m->lines == LOG_LINES_MAX) {
		log_warn("too many lines from one connection: no more of its lines are logged");
	} else if (level == LOG_REQUEST) {
		snprintf(line, sizeof line, "%.*s from %s%s%s (%s)", (int)(cur_left(in) < 1100 ? cur_left(in) : 1100),
		    (const char *)in->at, m->user, m->user[0] == '\0' ? "" : "@", m->host, m->addr);
		log_bytes(LOG_INFO, NULL, line, strlen(line));
	} else {
		log_bytes(level, NULL, (const char *)in->at, cur_left(in));
	}
	return 0;
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

	if (!p->tls && p->authority[0] == '\0' && p->unique_id[0] == '\0')
		return;
	buf_printf(&line, "proxy: %s", !p->tls ? "no TLS" : p->version[0] != '\0' ? p->version : "TLS");
	put_fact(&line, " ", p->cipher);
	if (p->has_cert)
		buf_printf(&line, ", %scertificate %s", p->verified ? "verified " : "", p->common_name);
	put_fact(&line, ", asked for ", p->authority);
	put_fact(&line, ", ALPN ", p->alpn);
	put_fact(&line, ", id ", p->unique_id);
	if (line.err == 0)
		log_bytes(LOG_INFO, NULL, (const char *)buf_head(&line), buf_len(&line));
	buf_done(&line);
}

static int
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
		report(m, MONITOR_ORIGIN);
	}
	m->state = ST_FRESH;
	r = meet_peer(m);
	log_origin(&who);
	return r;
}

static int
answer_list(struct monitor *m, struct cursor *in, struct buf *out)
{
	const struct syncd_conf *c = m->job->conf;
	uint32_t i = cur_le32(in);
	struct buf lines = BUF_INIT;

	if (in->err != 0 || i != m->list_next)	/* one list, piece by piece */
		return E_BREACH;
	if (i == 0)
		log_info("module-list request from %s (%s)", m->host, m->addr);
	for (; i < c->n_modules && buf_len(&lines) < LIST_PIECE; i++)
		if (c->modules[i].list)
			listing_put(&lines, c->modules[i].name, c->modules[i].comment == NULL ? "" : c->modules[i].comment);
	m->list_next = i >= c->n_modules ? UINT32_MAX : i;
	buf_le32(out, m->list_next);
	buf_put(out, buf_head(&lines), buf_len(&lines));
	out->err = out->err != 0 ? out->err : lines.err;
	buf_done(&lines);
	return out->err;
}

/* What is wrong with the module's parameters that a check of this kind looks at is told.  The first one's name, or NULL. */
static const char *
told_faults(const struct monitor *m, enum param_check check)
{
	char message[512];
	const char *first = NULL;

	for (size_t i = 0; i < conf_n_params; i++)
		if (param_use(&conf_params[i]).check == check && param_fault(&conf_params[i], m->module, message, sizeof message)) {
			log_error("module %s: %s", m->module->name, message);
			first = first == NULL ? conf_params[i].name : first;
		}
	return first;
}

static bool
host_allowed(struct monitor *m)
{
	char name[HOSTNAME_SIZE];
	struct hosts_facts f = { .peer = &m->peer, .name = name, .arg = m };

	for (size_t i = 0; i < sizeof name; i++)
		name[i] = (char)tolower((unsigned char)m->host[i]);
	if (m->module->forward_lookup)
		f.resolve = resolve_token;
	return hosts_check(m->module->hosts_allow, m->module->hosts_deny, &f) == HOSTS_ALLOW;
}

/* Slot i of a module is a lock on bytes 4i..4i+3 of its lock file, shared with every other
 * process that knows the file (rsyncd-conf section 6). */
static int
claim_slot(struct monitor *m, char *message, size_t size)
{
	int64_t most = m->module->max_connections;
	struct flock slot = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 4 };

	if (most == 0)
		return 0;
	m->lock_fd = trusted_file(m->module->lock_file, O_RDWR | O_CREAT, 0600);
	if (m->lock_fd < 0) {
		log_error("failed to open lock file %s: %s (%d)", m->module->lock_file, strerror(-m->lock_fd), -m->lock_fd);
		snprintf(message, size, "failed to open lock file");
		return E_DENIED;
	}
	for (int64_t i = 0; i < most; i++) {
		slot.l_start = 4 * i;
		if (fcntl(m->lock_fd, F_SETLK, &slot) == 0)
			return 0;
	}
	refusal(m, "max connections", "max connections", "max connections (%lld) reached", (long long)most);
	snprintf(message, size, "max connections (%lld) reached -- try again later", (long long)most);
	return E_DENIED;
}

/* Which list it was that refused. */
static const char *
deciding_list(const struct monitor *m)
{
	return list_has_words(m->module->hosts_deny) ? "hosts deny" : "hosts allow";
}

static int
unknown_module(struct monitor *m, const char *name, struct buf *out)
{
	char shown[MODULE_NAME_MAX + 1], message[MODULE_NAME_MAX + 32];

	log_escape(LOG_STYLE_STUNNEL, name, strlen(name), shown, sizeof shown);
	refusal(m, "unknown module", NULL, "unknown module '%s' tried from %s (%s)", shown, m->host, m->addr);
	snprintf(message, sizeof message, "Unknown module '%s'", shown);
	message_put(out, VERDICT_NO, message);
	return 0;
}

/* What the module gives as it stands in the configuration; open_module adds what depends on files and identity. */
static void
grant_fill(struct monitor *m, const char *name)
{
	struct grant *g = &m->boot.grant;

	snprintf(g->module, sizeof g->module, "%.*s", MODULE_NAME_MAX, name);
	module_grant_fill(&g->conf, m->module);
	if (m->job->log_format != NULL) {
		g->conf.log_format = m->job->log_format;
		g->conf.transfer_logging = m->job->log_format[0] != '\0';
	}
}

/* --- who is it? ---------------------------------------------------------------------------- */

static struct module_facts
facts(const struct monitor *m)
{
	return (struct module_facts){ .module = m->boot.grant.module, .host = m->host, .addr = m->addr, .user = m->user,
	    .is_root = geteuid() == 0 };
}

/* LIST: the digests that the client knows, NULL: it did not say. */
static int
begin_login(struct monitor *m, const char *list, struct buf *out)
{
	const struct module_facts f = facts(m);
	char message[MODULE_MESSAGE_SIZE];

	if (secrets_challenge(m->module, &f, list, m->version, &m->login, message) != 0) {
		message_put(out, VERDICT_NO, message);
		return 0;
	}
	m->state = ST_LOGIN;
	message_put(out, VERDICT_LOGIN, m->login.challenge);
	return 0;
}

/* The logins that have failed from there.  Behind a proxy the listener says it as soon as it has heard for whom; who is not told in time
 * takes the worst. */
static unsigned
failures(const struct monitor *m)
{
	struct pollfd p = { .fd = m->job->count_fd, .events = POLLIN };
	uint64_t n;

	if (!m->claimed)
		return m->job->failures;
	if (poll(&p, 1, COUNT_WAIT) == 1 && read(p.fd, &n, sizeof n) == (ssize_t)sizeof n)
		return n - 1 < UINT_MAX ? (unsigned)(n - 1) : UINT_MAX;
	return UINT_MAX;
}

/* Whoever guesses has to wait for each answer, and its length tells nothing of what was wrong. */
static void
wait_out(const struct monitor *m, uint64_t asked)
{
	unsigned failed = failures(m), doubled = failed < MONITOR_LOGIN_WAIT_DOUBLED ? failed : MONITOR_LOGIN_WAIT_DOUBLED;
	uint64_t now, due = asked + ((uint64_t)MONITOR_LOGIN_WAIT << doubled);

	while ((now = loop_clock()) < due)
		poll(NULL, 0, (int)(due - now));
}

static int
answer_login(struct monitor *m, struct cursor *in, struct buf *out)
{
	const struct module_facts f = facts(m);
	const uint64_t asked = loop_clock();
	char line[LINE_MAX_BYTES + 1], message[MODULE_MESSAGE_SIZE];
	struct event_who who;
	struct login_rule rule;
	size_t n = cur_left(in);

	if (n > LINE_MAX_BYTES || memchr(in->at, '\0', n) != NULL)
		return E_BREACH;
	memcpy(line, in->at, n);
	line[n] = '\0';
	if (secrets_answer(m->module, &f, &m->login, line, &rule, message) != 0) {
		report(m, MONITOR_LOGIN_FAILED);
		if (log_in_json())
			refusal(m, "login", "auth users", "login failed");
		wait_out(m, asked);
		message_put(out, VERDICT_NO, message);
		return 0;
	}
	snprintf(m->user, sizeof m->user, "%.*s", LOGIN_USER_MAX, line);
	if (rule.access != LOGIN_AS_MODULE)
		m->boot.grant.conf.read_only = rule.access == LOGIN_READ_ONLY;
	m->state = ST_CHOSEN;
	who = event_of(m);
	event_login(&who);
	message_put(out, VERDICT_YES, "");
	return 0;
}

/* --- the module, and the session ------------------------------------------------------------- */

static int
answer_module(struct monitor *m, struct cursor *in, struct buf *out)
{
	char name[REQUEST_LINE_MAX + 1], list[UINT8_MAX + 1], message[2 * MODULE_MESSAGE_SIZE + MODULE_NAME_MAX];
	const char *faulty;
	bool has_list;
	size_t n;

	m->version = cur_u8(in);
	has_list = cur_u8(in) != 0;
	n = cur_u8(in);
	if (in->err != 0 || n > cur_left(in))
		return E_BREACH;
	memcpy(list, cur_bytes(in, n), n);
	list[n] = '\0';
	n = cur_left(in);
	if (in->err != 0 || n > REQUEST_LINE_MAX || m->version < PROTO_MIN || m->version > PROTO_MAX)
		return E_BREACH;
	memcpy(name, in->at, n);
	name[n] = '\0';
	if ((m->module = conf_module(m->job->conf, name)) == NULL)
		return unknown_module(m, name, out);
	if ((faulty = told_faults(m, CHECK_HOSTS)) != NULL || !host_allowed(m)) {
		snprintf(m->boot.grant.module, sizeof m->boot.grant.module, "%.*s", MODULE_NAME_MAX, name);
		refusal(m, "address", faulty != NULL ? faulty : deciding_list(m), "rsync denied on module %s from %s (%s)", name, m->host, m->addr);
		if (!m->module->list)
			return unknown_module(m, name, out);
		snprintf(message, sizeof message, "access denied to %.128s from %s (%s)", name, m->host, m->addr);
		message_put(out, VERDICT_NO, message);
		return 0;
	}
	log_info("rsync allowed access on module %s from %s (%s)", name, m->host, m->addr);
	if (claim_slot(m, message, sizeof message) != 0) {
		message_put(out, VERDICT_NO, message);
		return 0;
	}
	grant_fill(m, name);
	if (list_has_words(m->module->auth_users))
		return begin_login(m, has_list ? list : NULL, out);
	m->state = ST_CHOSEN;
	message_put(out, VERDICT_YES, "");
	return 0;
}

static int
build_filter(struct monitor *m)
{
	struct filter_fault f;
	int r = module_filter(m->module, m->boot.rules, &m->boot.n_rules, &f);

	if (r != 0)
		log_error("module %s: %s", m->boot.grant.module, f.text);
	return r;
}

/* A list that is wrong is told and left out, as by rsync. */
static void
drop_wrong_modes(struct monitor *m)
{
	char message[512];

	for (size_t i = 0; i < conf_n_params; i++) {
		const struct param_use use = param_use(&conf_params[i]);

		if (use.check == CHECK_MODES && param_fault(&conf_params[i], m->module, message, sizeof message))
			*(const char **)((char *)&m->boot.grant.conf + use.at) = NULL;
	}
}

static int
open_failed(const char *what, const char *path, int err, char *message, size_t size)
{
	log_error("rsync: [Receiver] %s %s failed: %s (%d)", what, path, strerror(-err), -err);
	snprintf(message, size, "%s failed", what);
	return E_DENIED;
}

/* The module's directory; where we may, by a mount of its own on which no device node lives. */
static int
open_root(struct monitor *m, char *message, size_t size)
{
	int fd;

	if (m->plan.chroot[0] != '\0') {	/* asked for by its name in the configuration, as rsync does */
		if ((fd = trusted_dir(m->plan.chroot)) < 0)
			return open_failed("chroot", m->plan.chroot, fd, message, size);
		close(fd);
	}
	if ((m->root_fd = trusted_dir(m->plan.path)) < 0)
		return open_failed("chdir", m->plan.path, m->root_fd, message, size);
	if (geteuid() == 0 && (fd = mount_harmless(m->root_fd)) >= 0) {
		close(m->root_fd);
		m->root_fd = fd;
	}
	return 0;
}

static void
identity_fill(struct monitor *m)
{
	struct session_identity *id = &m->boot.id;

	id->set_ids = m->plan.set_ids || m->left_root;	/* who may not choose serves as what it is itself */
	id->uid = m->plan.uid;
	id->gid = m->plan.set_ids ? m->plan.gid : getegid();
	id->groups = m->plan.groups;
	id->n_groups = m->plan.set_ids ? m->plan.n_groups : 0;
	id->writes = !m->boot.grant.conf.read_only;
	id->keeps_atimes = m->module->open_noatime == 1;
	id->jail = m->spawns_root;	/* whatever "use chroot" says: it is about messages and links */
	id->memory_max = (uint64_t)m->module->max_memory << 20;
	id->priority = (int)m->module->priority;
}

/* early exec may take its time: the client's goes on afterwards. */
static int
run_early(struct monitor *m, const uint8_t *input, size_t n, char message[MODULE_MESSAGE_SIZE])
{
	uint64_t began = loop_clock();
	int r;

	if (m->hooks.early != NULL)
		report(m, MONITOR_STARTED);
	r = hooks_early(&m->hooks, input, n, m->peer_fd);
	m->deadline += loop_clock() - began;
	if (r == 0)
		return 0;
	snprintf(message, MODULE_MESSAGE_SIZE, "early exec failed");
	return E_DENIED;
}

/* What the configuration makes of the module for this client, and what runs before it is opened. */
static int
prepare_module(struct monitor *m, const uint8_t *input, size_t n, char message[MODULE_MESSAGE_SIZE])
{
	const char *name = m->boot.grant.module;
	char why[MODULE_MESSAGE_SIZE] = "";
	const struct module_facts f = facts(m);

	if (module_plan(m->module, &f, &m->plan, message, why) != 0) {
		log_error("module %s: %s", name, why);
		return E_DENIED;
	}
	if (build_filter(m) != 0) {
		snprintf(message, MODULE_MESSAGE_SIZE, "module %.128s is closed by its configuration", name);
		return E_DENIED;
	}
	if (hooks_take(&m->hooks, m->module, &f, &m->plan, message) != 0)
		return E_DENIED;
	return run_early(m, input, n, message);
}

/* Open what the session will stand on, with our rights and before it exists. */
static int
open_module(struct monitor *m, char *message, size_t size)
{
	struct grant *g = &m->boot.grant;

	if (open_root(m, message, size) != 0)
		return E_DENIED;
	(void)told_faults(m, CHECK_CHARSET);
	identity_fill(m);
	if (told_faults(m, CHECK_MODES))
		drop_wrong_modes(m);
	g->jailed = strcmp(m->plan.chroot, m->plan.path) == 0;
	g->munge = m->plan.munge;
	g->confine_links = !m->plan.munge && !g->jailed && strcmp(m->plan.path, "/") != 0;
	g->numeric_ids = m->plan.numeric_ids;
	g->hooked = m->hooks.pre != NULL || m->hooks.converter != NULL;
	g->addr = m->addr;
	g->host = m->host;
	g->user = m->user;
	g->path = m->plan.path;
	return 0;
}

static void
switch_log(const struct monitor *m)
{
	const struct module_conf *mod = m->module;
	bool to_file = mod->log_file != NULL && mod->log_file[0] != '\0';
	struct log_conf conf = { .style = m->job->conf->global.log_style ? LOG_STYLE_JSON : LOG_STYLE_RSYNCD, .ident = mod->syslog_tag, .file = to_file ? mod->log_file : NULL,
	    .file_mode = 0644, .to_syslog = !to_file, .facility = mod->syslog_facility << 3, .level = log_level() };
	const char *global = m->job->conf->defaults.log_file;
	int r;

	if (m->job->log_override != NULL || (to_file && global != NULL && strcmp(global, mod->log_file) == 0) ||
	    (!to_file && (global == NULL || global[0] == '\0')))
		return;
	if ((r = log_setup(&conf)) != 0) {
		log_error("failed to open log-file %s: %s", mod->log_file, err_text(r));
		log_error("Ignoring \"log file\" setting.");
	}
}

/* A module's timeout bounds the arguments too, if it is shorter than what bounds everybody. */
static void
shorten_deadline(struct monitor *m)
{
	uint64_t due = loop_clock() + (uint64_t)m->module->timeout * 1000;

	if (m->module->timeout > 0 && due < m->deadline)
		m->deadline = due;
}

static int
start_session(struct monitor *m)
{
	struct spawn_order o = { .kind = SPAWN_SESSION, .peer = m->peer_fd, .root = m->root_fd,
	    .memory_max = m->job->memory_max };
	struct buf told = BUF_INIT;
	int r;

	shorten_deadline(m);
	m->boot.version = m->version;
	m->boot.deadline = m->deadline;
	boot_put(&told, &m->boot);
	o.boot = r = told.err != 0 ? told.err : spawn_boot(buf_head(&told), buf_len(&told));
	if (r >= 0) {
		r = spawn_process(m->job->spawner_fd, &o, SPAWN_WAIT, &m->session);
		close(o.boot);
	}
	buf_done(&told);
	return r;
}

static int
answer_admit(struct monitor *m, struct cursor *in, struct buf *out)
{
	char message[MODULE_MESSAGE_SIZE];
	int version = cur_u8(in), r;
	size_t n_early = cur_le16(in);
	const uint8_t *early = cur_bytes(in, n_early);

	if (in->err != 0 || version != m->version || n_early > EARLY_INPUT_MAX || cur_left(in) > PRIV_AHEAD_MAX)
		return E_BREACH;
	m->boot.ahead = in->at;
	m->boot.n_ahead = cur_left(in);
	if (prepare_module(m, early, n_early, message) != 0 || open_module(m, message, sizeof message) != 0) {
		message_put(out, VERDICT_NO, message);
		return 0;
	}
	switch_log(m);
	if ((r = start_session(m)) != 0) {
		log_error("could not start a session: %s", err_text(r));
		message_put(out, VERDICT_NO, "fork failed");
		return 0;
	}
	m->state = m->boot.grant.hooked ? ST_HOOKED : ST_SESSION;
	message_put(out, VERDICT_YES, "");
	return 0;
}

/* Nothing that bounds a greeting counts any more, and the listener does not count us among those. */
static int
answer_started(struct monitor *m, struct cursor *in, struct buf *out)
{
	(void)out;
	if (cur_left(in) != 0)
		return E_BREACH;
	if (m->state == ST_SESSION)
		m->deadline = 0;	/* else it is the hook's answer that ends it */
	report(m, MONITOR_STARTED);
	return 0;
}

/* What it moved.  It could say more than is true of itself, and nothing hangs on it but its own line. */
static int
answer_totals(struct monitor *m, struct cursor *in, struct buf *out)
{
	(void)out;
	m->totals.known = true;
	m->totals.pull = cur_u8(in) != 0;
	m->totals.in = cur_le64(in);
	m->totals.out = cur_le64(in);
	m->totals.files = cur_le64(in);
	m->totals.bytes = cur_le64(in);
	return in->err != 0 || cur_left(in) != 0 ? E_BREACH : 0;
}

/* Beyond what a program can be told, nothing is kept: answer_hook says so. */
static int
answer_args(struct monitor *m, struct cursor *in, struct buf *out)
{
	size_t n = cur_left(in);

	(void)out;
	if (n == 0 || in->at[n - 1] != '\0')
		return E_BREACH;
	for (size_t i = 0; i < n; i++)
		m->n_args += in->at[i] == '\0';
	if (m->n_args > ARGS_MAX)
		return E_BREACH;
	if (buf_len(&m->args) <= HOOK_ARGS_BYTES)
		buf_put(&m->args, in->at, n);
	return m->args.err;
}

/* What the hook has to say when it fails, without the end of its last line. */
static void
put_failure(struct buf *out, int raw, struct buf *said)
{
	const char *text = buf_cstr(said);

	buf_u8(out, VERDICT_NO);
	buf_printf(out, "pre-xfer exec returned failure (%d)%s", raw, text == NULL || text[0] == '\0' ? "" : ":\n");
	if (text != NULL)
		buf_put(out, text, strlen(text) - (text[0] != '\0' && text[strlen(text) - 1] == '\n'));
}

static int
answer_hook(struct monitor *m, struct cursor *in, struct buf *out)
{
	struct buf said = BUF_INIT;
	size_t n = cur_left(in);
	int r;

	if (n > LINE_MAX_BYTES || memchr(in->at, '\0', n) != NULL)
		return E_BREACH;
	if ((m->request = strndup((const char *)in->at, n)) == NULL)
		return -ENOMEM;
	r = buf_len(&m->args) > HOOK_ARGS_BYTES ? -E2BIG : hooks_pre(&m->hooks, m->request, &m->args, m->peer_fd, &said);
	close(m->peer_fd);
	m->peer_fd = -1;
	m->state = r == 0 ? ST_SESSION : ST_REFUSED;
	m->deadline = r == 0 ? 0 : loop_clock() + REFUSED_SECONDS * 1000;
	if (r > 0)
		put_failure(out, r, &said);
	else if (r == 0)
		message_put(out, VERDICT_YES, "");
	else
		message_put(out, VERDICT_NO, r == -E2BIG ? "pre-xfer exec: the arguments are too long" : "pre-xfer exec could not be run");
	buf_done(&said);
	return out->err;
}

/* "name converter": a name that fits into a list, or none. */
static int
convert_id(struct monitor *m, int kind, uint32_t id, struct buf *out)
{
	char answer[CONVERTER_LINE_MAX], text[16];
	int r;

	snprintf(text, sizeof text, "%u", (unsigned)id);
	if ((r = hooks_convert(&m->hooks, m->request, &m->args, kind == 'u' ? "uid" : "gid", text, answer)) == 0 && strlen(answer) <= UINT8_MAX)
		buf_text(out, answer);
	return r;
}

/* A number that is an id, or none: nothing else is taken for 0 (hardening A8). */
static int
convert_name(struct monitor *m, int kind, const char *name, struct buf *out)
{
	char answer[CONVERTER_LINE_MAX];
	int64_t id;
	int r;

	if ((r = hooks_convert(&m->hooks, m->request, &m->args, kind == 'u' ? "usr" : "grp", name, answer)) == 0 && isdigit((unsigned char)answer[0]) &&
	    num_parse(answer, 0, UINT32_MAX - 1, &id) == 0)
		buf_le32(out, (uint32_t)id);
	return r;
}

static int
answer_name(struct monitor *m, struct cursor *in, struct buf *out)
{
	int kind = cur_u8(in);
	uint32_t id = cur_le32(in);
	const struct passwd *pw = NULL;
	const struct group *gr = NULL;

	if (in->err != 0 || (kind != 'u' && kind != 'g') || ++m->names > NAMES_ASKED_MAX)
		return E_BREACH;
	if (m->hooks.converter != NULL)
		return convert_id(m, kind, id, out);
	if (kind == 'u' && (pw = getpwuid(id)) != NULL)
		buf_text(out, pw->pw_name);
	if (kind == 'g' && (gr = getgrgid(id)) != NULL)
		buf_text(out, gr->gr_name);
	return 0;
}

/* Only names that could stand in a password file are looked up (hardening A9). */
static int
answer_id(struct monitor *m, struct cursor *in, struct buf *out)
{
	int kind = cur_u8(in);
	size_t n = cur_left(in);
	char name[256];
	const struct passwd *pw = NULL;
	const struct group *gr = NULL;

	if (in->err != 0 || (kind != 'u' && kind != 'g') || n >= sizeof name || ++m->names > NAMES_ASKED_MAX)
		return E_BREACH;
	memcpy(name, in->at, n);
	name[n] = '\0';
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f || name[i] == ':')
			return 0;
	if (m->hooks.converter != NULL)
		return n == 0 ? 0 : convert_name(m, kind, name, out);
	if (n > 0 && kind == 'u' && (pw = getpwnam(name)) != NULL)
		buf_le32(out, pw->pw_uid);
	if (n > 0 && kind == 'g' && (gr = getgrnam(name)) != NULL)
		buf_le32(out, gr->gr_gid);
	return 0;
}

static const struct request {
	int (*answer)(struct monitor *, struct cursor *, struct buf *);
	unsigned when;		/* states in which it may be asked */
	bool answered, once;
} requests[REQ_COUNT] = {
	[REQ_LOG] = { answer_log, ST_PROXIED | ST_FRESH | ST_LOGIN | ST_CHOSEN | ST_HOOKED | ST_REFUSED | ST_SESSION, false, false },
	[REQ_LIST] = { answer_list, ST_FRESH, true, false },
	[REQ_MODULE] = { answer_module, ST_FRESH, true, true },
	[REQ_LOGIN] = { answer_login, ST_LOGIN, true, true },
	[REQ_ADMIT] = { answer_admit, ST_CHOSEN, true, true },
	[REQ_NAME] = { answer_name, ST_SESSION, true, false },
	[REQ_ID] = { answer_id, ST_SESSION, true, false },
	[REQ_STARTED] = { answer_started, ST_HOOKED | ST_SESSION, false, true },
	[REQ_ARGS] = { answer_args, ST_HOOKED, false, false },
	[REQ_HOOK] = { answer_hook, ST_HOOKED, true, true },
	[REQ_TOTALS] = { answer_totals, ST_HOOKED | ST_REFUSED | ST_SESSION, false, true },
	[REQ_ORIGIN] = { answer_origin, ST_PROXIED, false, true },
};

/* May this be asked now?  Whoever asks out of turn is no process of ours any more. */
static bool
in_turn(struct monitor *m, uint8_t id)
{
	if (id >= REQ_COUNT || (requests[id].when & m->state) == 0 || (m->asked & 1u << id) != 0)
		return false;
	if (requests[id].once)
		m->asked |= 1u << id;
	return true;
}

/* Serve one request of the process at the other end of fd.  0, E_EOF when it has ended, or what ends it. */
static int
dispatch(struct monitor *m, int fd)
{
	struct buf in = BUF_INIT, out = BUF_INIT;
	struct cursor c;
	uint8_t id = 0;
	int r;

	if ((r = priv_recv(fd, &id, &in)) == 0) {
		c = cur_of(buf_head(&in), buf_len(&in));
		if (!in_turn(m, id))
			r = E_BREACH;
		else if ((r = requests[id].answer(m, &c, &out)) == 0 && requests[id].answered)
			r = out.err != 0 ? out.err : priv_send(fd, id, buf_head(&out), buf_len(&out));
	}
	buf_done(&in);
	buf_done(&out);
	return r == -EPIPE || r == -ECONNRESET ? E_EOF : r;
}

/* --- the life of a connection -------------------------------------------------------------- */

/* Wait for a request, but not longer than a stranger may take. */
static int
wait_for(struct monitor *m, int fd)
{
	struct pollfd p[2] = { { fd, POLLIN, 0 }, { m->stop_fd, POLLIN, 0 } };
	uint64_t now = loop_clock(), due = m->deadline + DEADLINE_GRACE;
	int ms = m->deadline == 0 ? -1 : now >= due ? 0 : (int)(due - now), n;

	do
		n = poll(p, 2, ms);
	while (n < 0 && errno == EINTR);
	if (n > 0 && p[1].revents != 0)
		return -ECANCELED;
	return n < 0 ? -errno : n == 0 ? E_TIMEOUT : 0;
}

static int
ended(struct monitor *m, const struct spawned *s, const char *name, int r)
{
	int status = 0;

	if (r != E_EOF) {
		log_error("%s of %s (%s) ended: %s", name, m->host, m->addr, err_text(r));
		return RERR_STREAMIO;
	}
	if (spawn_wait(s->control, &status) != 0)
		return RERR_STREAMIO;
	if (status & SPAWN_OVER_MEMORY)
		log_error("%s of %s (%s) was ended: all sessions together held more memory than \"max memory total\" allows", name,
		    m->host, m->addr);
	else if (WIFSIGNALED(status))
		log_error("%s of %s (%s) was killed by signal %d", name, m->host, m->addr, WTERMSIG(status));
	m->raw = status &= ~SPAWN_OVER_MEMORY;
	return WIFEXITED(status) ? WEXITSTATUS(status) : RERR_STREAMIO;
}

/* Serve a process until it ends, or until another one has its place; the exit code of the one that ended.  Closing its
 * control kills what still lives. */
static int
serve(struct monitor *m, const struct spawned *s, unsigned until, const char *name)
{
	int r = 0, code = 0;

	while (r == 0 && (m->state & until) == 0 && (r = wait_for(m, s->channel)) == 0)
		r = dispatch(m, s->channel);
	if (r != 0)
		code = ended(m, s, name, r);
	close(s->channel);
	close(s->control);
	return code;
}

static int
serve_session(struct monitor *m)
{
	struct event_who who;
	int code;

	m->raw = -1;
	if (!m->boot.grant.hooked) {
		close(m->peer_fd);	/* the session's alone now: its end must be the end */
		m->peer_fd = -1;
	}
	close(m->root_fd);
	if (m->resolver.channel >= 0) {
		close(m->resolver.channel);
		close(m->resolver.control);
	}
	m->began = loop_clock();
	code = serve(m, &m->session, 0, "session");
	who = event_of(m);
	event_transfer(&who, &m->totals, loop_clock() - m->began, WIFEXITED(m->raw) ? code : -1);
	return code;
}

static int
hear_of_stop(void)
{
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	return sigprocmask(SIG_BLOCK, &term, NULL) < 0 ? -1 : signalfd(-1, &term, SFD_CLOEXEC);
}

/* A connection that is not served: without a word. */
static int
turn_away(const struct monitor *m)
{
	close(m->job->worker.channel);
	close(m->job->worker.control);
	close(m->peer_fd);
	return RERR_FILEIO;
}

int
monitor_run(const struct monitor_job *job)
{
	struct monitor m = { .job = job, .state = ST_FRESH, .peer = job->peer, .peer_fd = job->peer_fd, .lock_fd = -1, .root_fd = -1, .raw = -1,
	    .session = { -1, -1 }, .resolver = { -1, -1 }, .deadline = job->deadline, .args = BUF_INIT };
	int code;

	m.spawns_root = geteuid() == 0;
	m.stop_fd = hear_of_stop();
	if (job->proxied) {
		m.state = ST_PROXIED;
		addr_host(&m.peer, m.addr, sizeof m.addr);
		snprintf(m.host, sizeof m.host, "UNDETERMINED");
	} else if (meet_peer(&m) != 0) {
		return turn_away(&m);
	}
	code = serve(&m, &job->worker, ST_HOOKED | ST_SESSION, "worker");
	if (m.state & (ST_HOOKED | ST_SESSION))
		code = serve_session(&m);
	else
		m.raw = -1;
	if (m.peer_fd >= 0)
		close(m.peer_fd);
	hooks_post(&m.hooks, m.raw);
	hooks_done(&m.hooks);
	buf_done(&m.args);
	free(m.request);
	return code;
}

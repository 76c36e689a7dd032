/* May he have the module: lists, host rules, slots, logins. */
#include "config.h"

#include "syncd/monitor_internal.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/trusted.h"
#include "syncd/events.h"
#include "syncd/module_list.h"
#include "syncd/param_fault.h"
#include "syncd/policy/list.h"
#include "syncd/policy/module.h"
#include "syncd/policy/params.h"
#include "syncd/privmsg.h"
#include "syncd/secrets.h"
#include "syncd/slots.h"
#include "syncd/types.h"

enum {
	COUNT_WAIT = 1000,		/* ms for the listener to say what it knows of an address */
};

int
answer_list(struct monitor *m, struct cursor *in, struct buf *out)
{
	if (m->list_next == 0)
		log_info("module-list request from %s (%s)", m->host, m->addr);
	return module_list_piece(m->job->conf, in, &m->list_next, out);
}

/* What is wrong with the module's parameters that a check of this kind looks at is told.  The first one's name, or NULL. */
const char *
monitor_faults(const struct monitor *m, enum param_check check)
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

/* Opened once: to close any descriptor of the file is to give back all places in it. */
static int
open_lock_file(struct monitor *m, char *message, size_t size)
{
	if (m->lock_fd < 0)
		m->lock_fd = trusted_file(m->module->lock_file, O_RDWR | O_CREAT, 0600);
	if (m->lock_fd >= 0)
		return 0;
	log_error("failed to open lock file %s: %s (%d)", m->module->lock_file, strerror(-m->lock_fd), -m->lock_fd);
	snprintf(message, size, "failed to open lock file");
	return E_DENIED;
}

/* What is counted, of a module. */
struct count {
	const char *param;
	int64_t most;		/* 0: not counted */
	bool keyed;		/* by this key; or as rsync counts */
	uint64_t key;
	const char *whose;	/* behind rsync's words in the log, with its name; NULL: nobody's */
	const char *name;
};

static int
claim_slot(struct monitor *m, const struct count *c, char *message, size_t size)
{
	if (c->most == 0)
		return 0;
	if (open_lock_file(m, message, size) != 0)
		return E_DENIED;
	if ((c->keyed ? slots_claim_keyed(m->lock_fd, c->key, c->most) : slots_claim(m->lock_fd, c->most)) == 0)
		return 0;
	monitor_refusal(m, "max connections", c->param, "max connections (%lld) reached%s%s", (long long)c->most,
	    c->whose == NULL ? "" : c->whose, c->name == NULL ? "" : c->name);
	snprintf(message, size, "max connections (%lld) reached -- try again later", (long long)c->most);
	return E_DENIED;
}

/* The address comes first: one that has all of its own takes none of everybody's. */
static int
claim_slots(struct monitor *m, char *message, size_t size)
{
	const struct count counts[] = {
		{ "max connections per address", m->module->max_per_address, true, slots_of_address(&m->peer), " for ", m->addr },
		{ "max connections", m->module->max_connections, false, 0, NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		if (claim_slot(m, &counts[i], message, size) != 0)
			return E_DENIED;
	return 0;
}

/* It is known who it is. */
static int
claim_user_slot(struct monitor *m, char *message, size_t size)
{
	const char *user = monitor_user(m);
	const struct count c = { "max connections per user", m->module->max_per_user, true, slots_of_user(user), " for user ", user };

	return user[0] == '\0' ? 0 : claim_slot(m, &c, message, size);
}

static int
unknown_module(struct monitor *m, const char *name, struct buf *out)
{
	char shown[MODULE_NAME_MAX + 1], message[MODULE_NAME_MAX + 32];

	log_escape(LOG_STYLE_STUNNEL, name, strlen(name), shown, sizeof shown);
	monitor_refusal(m, "unknown module", NULL, "unknown module '%s' tried from %s (%s)", shown, m->host, m->addr);
	snprintf(message, sizeof message, "Unknown module '%s'", shown);
	monitor_put_verdict(out, VERDICT_NO, message);
	return 0;
}

/* What the module gives as it stands in the configuration; open_module adds what depends on files and identity. */
static void
grant_fill(struct monitor *m, const char *name)
{
	struct grant *g = &m->boot.grant;

	snprintf(g->module, sizeof g->module, "%.*s", MODULE_NAME_MAX, name);
	module_grant_fill(&g->conf, m->module);
	g->shared_rate = monitor_shared_rate(m);
	if (m->job->log_format != NULL) {
		g->conf.log_format = m->job->log_format;
		g->conf.transfer_logging = m->job->log_format[0] != '\0';
	}
}

struct module_facts
monitor_facts(const struct monitor *m)
{
	return (struct module_facts){ .module = m->boot.grant.module, .host = m->host, .addr = m->addr, .user = monitor_user(m),
	    .tls_user = m->rule.name, .by_certificate = m->user[0] == '\0' && m->rule.name[0] != '\0', .id = &m->id, .is_root = geteuid() == 0 };
}

/* LIST: the digests that the client knows, NULL: it did not say. */
static int
begin_login(struct monitor *m, const char *list, struct buf *out)
{
	const struct module_facts f = monitor_facts(m);
	char message[MODULE_MESSAGE_SIZE];

	if (secrets_challenge(m->module, &f, list, m->version, &m->login, message) != 0) {
		monitor_put_verdict(out, VERDICT_NO, message);
		return 0;
	}
	m->state = ST_LOGIN;
	monitor_tell_row(m, TALLY_LOGS_IN);
	monitor_put_verdict(out, VERDICT_LOGIN, m->login.challenge);
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

/* What a rule says of reading and writing counts instead of the module's own; of two the one that allows less. */
static void
allow_access(struct monitor *m, enum login_access access)
{
	if (access != LOGIN_AS_MODULE)
		m->boot.grant.conf.read_only = access == LOGIN_READ_ONLY || m->rule.access == LOGIN_READ_ONLY;
}

/* It has the module, and the listener knows by what. */
static int
choose(struct monitor *m, struct buf *out)
{
	if (monitor_tell_standing(m) != 0) {
		monitor_put_verdict(out, VERDICT_NO, "try again later");
		return 0;
	}
	m->state = ST_CHOSEN;
	monitor_put_verdict(out, VERDICT_YES, "");
	return 0;
}

/* The log has rsync's own line for it, which says why. */
static void
record_failed_login(const struct monitor *m)
{
	const struct event_who who = monitor_event(m);
	struct buf members = BUF_INIT;

	event_put_refusal(&members, "login", &who, conf_place(m->job->conf, m->module, "auth users"));
	monitor_record(m->job, &members);
}

int
answer_login(struct monitor *m, struct cursor *in, struct buf *out)
{
	const struct module_facts f = monitor_facts(m);
	const uint64_t asked = loop_clock();
	char line[LINE_MAX_BYTES + 1], message[MODULE_MESSAGE_SIZE];
	struct buf members = BUF_INIT;
	struct event_who who;
	struct login_rule rule;
	size_t n = cur_left(in);

	if (n > LINE_MAX_BYTES || memchr(in->at, '\0', n) != NULL)
		return E_BREACH;
	memcpy(line, in->at, n);
	line[n] = '\0';
	if (secrets_answer(m->module, &f, &m->login, line, &rule, message) != 0) {
		monitor_tell_listener(m, MONITOR_LOGIN_FAILED);
		monitor_count(m, TALLY_LOGINS_FAILED);
		if (log_in_json())
			monitor_refusal(m, "login", "auth users", "login failed");
		else
			record_failed_login(m);
		wait_out(m, asked);
		monitor_put_verdict(out, VERDICT_NO, message);
		return 0;
	}
	snprintf(m->user, sizeof m->user, "%.*s", LOGIN_USER_MAX, line);
	if (claim_user_slot(m, message, sizeof message) != 0) {
		monitor_put_verdict(out, VERDICT_NO, message);
		return 0;
	}
	monitor_ask_shadow_login(m, rule.access);
	allow_access(m, rule.access);
	who = monitor_event(m);
	event_login(&who);
	event_put_login(&members, &who);
	monitor_record(m->job, &members);
	monitor_count(m, TALLY_LOGINS);
	return choose(m, out);
}

/* Rules that cannot be read are told, and keep everybody out. */
static int
refuse_module(struct monitor *m, const char *name, const struct admit_verdict *v, struct buf *out)
{
	char message[2 * MODULE_MESSAGE_SIZE + MODULE_NAME_MAX];

	(void)monitor_faults(m, CHECK_HOSTS);
	(void)monitor_faults(m, CHECK_TLS_USERS);
	snprintf(m->boot.grant.module, sizeof m->boot.grant.module, "%.*s", MODULE_NAME_MAX, name);
	monitor_refusal(m, v->reason, v->param, "rsync denied on module %s from %s (%s)%s%s", name, m->host, m->addr,
	    strcmp(v->reason, "identity") == 0 ? ": " : "", strcmp(v->reason, "identity") == 0 ? v->why : "");
	if (!m->module->list)
		return unknown_module(m, name, out);
	snprintf(message, sizeof message, "access denied to %.128s from %s (%s)", name, m->host, m->addr);
	monitor_put_verdict(out, VERDICT_NO, message);
	return 0;
}

/* It may have the module, unless it has to log in first. */
static int
let_in(struct monitor *m, const char *name, const char *digests, struct buf *out)
{
	char message[2 * MODULE_MESSAGE_SIZE + MODULE_NAME_MAX];
	bool logs_in = list_has_words(m->module->auth_users);

	log_info("rsync allowed access on module %s from %s (%s)", name, m->host, m->addr);
	if (m->rule.name[0] != '\0')
		log_info("module %s: %s (%s) is %s by its certificate: \"tls users\" has %s", name, m->host, m->addr, m->rule.name, m->rule.word);
	if (claim_slots(m, message, sizeof message) != 0 || (!logs_in && claim_user_slot(m, message, sizeof message) != 0)) {
		monitor_put_verdict(out, VERDICT_NO, message);
		return 0;
	}
	grant_fill(m, name);
	allow_access(m, m->rule.access);
	return logs_in ? begin_login(m, digests, out) : choose(m, out);
}

int
answer_module(struct monitor *m, struct cursor *in, struct buf *out)
{
	char name[REQUEST_LINE_MAX + 1], list[UINT8_MAX + 1];
	struct admit_verdict verdict;
	bool has_list;
	size_t n;
	int r;

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
	if ((m->module = conf_module(m->job->conf, name)) == NULL) {
		monitor_ask_shadow(m, name, false);
		return unknown_module(m, name, out);
	}
	m->column = tally_column(m->job->tally, m->module->name);
	r = monitor_admit(m, &verdict);
	monitor_ask_shadow(m, name, r == 0);
	if (r != 0)
		return refuse_module(m, name, &verdict, out);
	m->rule = verdict.rule;
	return let_in(m, name, has_list ? list : NULL, out);
}

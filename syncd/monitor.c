#include "config.h"

#include "syncd/monitor.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/ini.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "syncd/fs/trusted.h"
#include "syncd/policy/acl.h"
#include "syncd/policy/module.h"
#include "syncd/privmsg.h"
#include "syncd/types.h"
#include "syncd/worker.h"

enum {
	HOST_SIZE = 256,
	LIST_PIECE = 32768,
	LOG_LINES_MAX = 2000,		/* a connection's lines before it is told no more */
	WORKER_GRACE = 15,		/* seconds beyond the worker's own deadline */
	NAMES_ASKED_MAX = 10000,
};

enum {	/* states, as bits: when may a request be made? */
	ST_FRESH = 1,		/* no module yet */
	ST_CHOSEN = 2,		/* a module was granted */
	ST_SESSION = 4,		/* the session runs */
};

struct monitor {
	const struct monitor_job *job;
	char addr[ADDR_TEXT_SIZE], host[HOST_SIZE];
	unsigned state;
	int version;
	const struct module_conf *module;
	struct module_plan plan;
	struct grant grant;
	int lock_fd, chroot_fd;
	int half_fd;		/* our end of the pair with the half that runs */
	pid_t half;
	int session_fd;
	pid_t session;
	unsigned lines, names;
	uint64_t deadline;	/* of the worker, ms */
};

static void
words_put(struct buf *out, bool denied, const char *words)
{
	buf_u8(out, denied);
	buf_text(out, words);
}

/* --- who is there ------------------------------------------------------------------------ */

/* Does this name lead back to the peer's address? */
static int
resolves_to_peer(const char *name, const struct addr *peer, int family)
{
	struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM }, *list;
	char mine[ADDR_TEXT_SIZE], other[ADDR_TEXT_SIZE];
	struct addr a;
	int found = 0;

	if (getaddrinfo(name, NULL, &hints, &list) != 0)
		return -1;
	addr_host(peer, mine, sizeof mine);
	for (const struct addrinfo *ai = list; ai != NULL && !found; ai = ai->ai_next) {
		addr_from(ai->ai_addr, ai->ai_addrlen, &a);
		found = strcmp(mine, addr_host(&a, other, sizeof other)) == 0;
	}
	freeaddrinfo(list);
	return found;
}

static void
find_host_name(struct monitor *m)
{
	const struct addr *peer = &m->job->peer;
	char name[HOST_SIZE];
	int r;

	snprintf(m->host, sizeof m->host, "UNKNOWN");
	if (peer->ss.ss_family == AF_UNIX)
		return;
	r = getnameinfo((const struct sockaddr *)&peer->ss, peer->len, name, sizeof name, NULL, 0, NI_NAMEREQD);
	if (r != 0) {
		log_warn("name lookup failed for %s: %s", m->addr, gai_strerror(r));
		return;
	}
	if (resolves_to_peer(name, peer, AF_UNSPEC) == 1)
		snprintf(m->host, sizeof m->host, "%s", name);
	else
		log_warn("%s is not a known address for \"%s\": spoofed address?", m->addr, name);
}

/* A look-up is made once, at the start, if any part of the file wants it: later ones would
 * differ in time between modules that exist and those that do not. */
static void
learn_peer(struct monitor *m)
{
	const struct syncd_conf *c = m->job->conf;
	bool wanted = c->defaults.reverse_lookup;

	addr_host(&m->job->peer, m->addr, sizeof m->addr);
	snprintf(m->host, sizeof m->host, "UNDETERMINED");
	for (size_t i = 0; i < c->n_modules; i++)
		wanted = wanted || c->modules[i].reverse_lookup;
	if (wanted)
		find_host_name(m);
	log_info("connect from %s (%s)", m->host, m->addr);
}

static int
resolve_token(void *arg, const char *token)
{
	const struct monitor *m = arg;
	int r;

	if (token[0] == '@')		/* a netgroup */
		return innetgr(token + 1, m->host, NULL, NULL);
	if ((r = resolves_to_peer(token, &m->job->peer, AF_INET)) < 0)
		log_warn("forward name lookup for %s failed", token);
	return r;
}

/* --- requests ---------------------------------------------------------------------------- */

static int
answer_log(struct monitor *m, struct cursor *in, struct buf *out)
{
	int level = cur_u8(in);
	char line[2048];

	(void)out;
	if (in->err != 0 || (level != LOG_REQUEST && (level < LOG_ERR || level > LOG_DEBUG)))
		return E_BREACH;
	if (++m->lines > LOG_LINES_MAX)
		return 0;
	if (m->lines == LOG_LINES_MAX) {
		log_warn("too many lines from one connection: no more of its lines are logged");
	} else if (level == LOG_REQUEST) {
		snprintf(line, sizeof line, "%.*s from %s (%s)", (int)(cur_left(in) < 1100 ? cur_left(in) : 1100),
		    (const char *)in->at, m->host, m->addr);
		log_bytes(LOG_INFO, NULL, line, strlen(line));
	} else {
		log_bytes(level, NULL, (const char *)in->at, cur_left(in));
	}
	return 0;
}

static int
answer_list(struct monitor *m, struct cursor *in, struct buf *out)
{
	const struct syncd_conf *c = m->job->conf;
	uint32_t i = cur_le32(in);
	struct buf lines = BUF_INIT;

	if (in->err != 0)
		return E_BREACH;
	if (i == 0)
		log_info("module-list request from %s (%s)", m->host, m->addr);
	for (; i < c->n_modules && buf_len(&lines) < LIST_PIECE; i++)
		if (c->modules[i].list)
			listing_put(&lines, c->modules[i].name, c->modules[i].comment == NULL ? "" : c->modules[i].comment);
	buf_le32(out, i >= c->n_modules ? UINT32_MAX : i);
	buf_put(out, buf_head(&lines), buf_len(&lines));
	out->err = out->err != 0 ? out->err : lines.err;
	buf_done(&lines);
	return out->err;
}

static bool
host_allowed(struct monitor *m)
{
	char name[HOST_SIZE];
	struct acl_facts f = { .peer = &m->job->peer, .name = name, .arg = m };

	for (size_t i = 0; i < sizeof name; i++)
		name[i] = (char)tolower((unsigned char)m->host[i]);
	if (m->module->forward_lookup)
		f.resolve = resolve_token;
	return acl_check(m->module->hosts_allow, m->module->hosts_deny, &f) == ACL_ALLOW;
}

/* Slot i of a module is a lock on bytes 4i..4i+3 of its lock file, shared with every other
 * process that knows the file (rsyncd-conf section 6). */
static int
claim_slot(struct monitor *m, char *words, size_t size)
{
	int64_t most = m->module->max_connections;
	struct flock slot = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 4 };

	if (most == 0)
		return 0;
	m->lock_fd = trusted_file(m->module->lock_file, O_RDWR | O_CREAT, 0600);
	if (m->lock_fd < 0) {
		log_error("failed to open lock file %s: %s (%d)", m->module->lock_file, strerror(-m->lock_fd), -m->lock_fd);
		snprintf(words, size, "failed to open lock file");
		return E_DENIED;
	}
	for (int64_t i = 0; i < most; i++) {
		slot.l_start = 4 * i;
		if (fcntl(m->lock_fd, F_SETLK, &slot) == 0)
			return 0;
	}
	log_warn("max connections (%lld) reached", (long long)most);
	snprintf(words, size, "max connections (%lld) reached -- try again later", (long long)most);
	return E_DENIED;
}

static int
unknown_module(struct monitor *m, const char *name, struct buf *out)
{
	char shown[MODULE_NAME_MAX + 1], words[MODULE_NAME_MAX + 32];

	log_escape(LOG_STYLE_STUNNEL, name, strlen(name), shown, sizeof shown);
	log_warn("unknown module '%s' tried from %s (%s)", shown, m->host, m->addr);
	snprintf(words, sizeof words, "Unknown module '%s'", shown);
	words_put(out, true, words);
	return 0;
}

static void
grant_fill(struct monitor *m, const char *name)
{
	struct grant *g = &m->grant;

	memset(g, 0, sizeof *g);
	g->root_fd = -1;
	snprintf(g->module, sizeof g->module, "%.*s", MODULE_NAME_MAX, name);
	g->read_only = m->module->read_only;
	g->write_only = m->module->write_only;
	g->max_verbosity = (int)m->module->max_verbosity;
	g->timeout = (int)m->module->timeout;
}

static int
answer_module(struct monitor *m, struct cursor *in, struct buf *out)
{
	char name[REQUEST_LINE_MAX + 1], words[2 * MODULE_WORDS_SIZE + MODULE_NAME_MAX];
	size_t n;

	m->version = cur_u8(in);
	n = cur_left(in);
	if (in->err != 0 || n > REQUEST_LINE_MAX || m->version < PROTO_MIN || m->version > PROTO_MAX)
		return E_BREACH;
	memcpy(name, in->at, n);
	name[n] = '\0';
	if ((m->module = conf_module(m->job->conf, name)) == NULL)
		return unknown_module(m, name, out);
	if (!host_allowed(m)) {
		log_warn("rsync denied on module %s from %s (%s)", name, m->host, m->addr);
		if (!m->module->list)
			return unknown_module(m, name, out);
		snprintf(words, sizeof words, "access denied to %.128s from %s (%s)", name, m->host, m->addr);
		words_put(out, true, words);
		return 0;
	}
	if (m->module->closed_by != NULL) {
		log_error("module %s is closed: \"%s\" is not supported by this version", name, m->module->closed_by);
		snprintf(words, sizeof words, "module %.128s is closed by its configuration", name);
		words_put(out, true, words);
		return 0;
	}
	log_info("rsync allowed access on module %s from %s (%s)", name, m->host, m->addr);
	if (claim_slot(m, words, sizeof words) != 0) {
		words_put(out, true, words);
		return 0;
	}
	grant_fill(m, name);
	m->state = ST_CHOSEN;
	words_put(out, false, "");
	return 0;
}

/* The text of a file that the administrator named; "" when none is. */
static int
operator_text(const char *path, struct buf *b)
{
	struct conf_err e;
	int fd, r;

	buf_clear(b);
	if (path != NULL && path[0] != '\0') {
		if ((fd = trusted_file(path, O_RDONLY, 0)) < 0)
			return fd;
		r = ini_slurp_fd(fd, path, b, &e);
		close(fd);
		if (r != 0)
			return -EIO;
	}
	return buf_cstr(b) == NULL ? -ENOMEM : 0;
}

/* The module's own filter, in the order in which its parameters count. */
static int
build_filter(struct monitor *m)
{
	const struct module_conf *c = m->module;
	const struct { enum rules_source source; const char *text; bool is_file; } parts[] = {
		{ RULES_FILTER, c->filter, false }, { RULES_INCLUDE_LINES, c->include_from, true },
		{ RULES_INCLUDE_LIST, c->include, false }, { RULES_EXCLUDE_LINES, c->exclude_from, true },
		{ RULES_EXCLUDE_LIST, c->exclude, false },
	};
	struct buf text = BUF_INIT;
	int r = rules_new(&m->grant.hidden);

	for (size_t i = 0; i < ARRAY_LEN(parts) && r == 0; i++) {
		if (parts[i].is_file && (r = operator_text(parts[i].text, &text)) != 0) {
			log_error("module %s: failed to open %s: %s", m->grant.module, parts[i].text, err_text(r));
			break;
		}
		r = rules_add_config(m->grant.hidden, parts[i].source,
		    parts[i].is_file ? (const char *)buf_head(&text) : parts[i].text == NULL ? "" : parts[i].text);
		if (r != 0)
			log_error("module %s: bad filter rule in its configuration: %s", m->grant.module, err_text(r));
	}
	buf_done(&text);
	return r;
}

/* A list that is wrong is told and left out, as by rsync; it lives as long as this process. */
static const struct chmod_list *
mode_changes(const struct monitor *m, const char *name, const char *text)
{
	struct chmod_list *l = NULL;
	int r;

	if (text != NULL && text[0] != '\0' && (r = chmod_parse(text, &l)) != 0)
		log_error("module %s: invalid \"%s\" directive: %s", m->grant.module, name, text);
	return l;
}

/* Of the patterns that may not be compressed rsync heeds this one alone (rsyncd-conf section 6). */
static bool
has_star(const char *patterns)
{
	for (const char *at = patterns; at != NULL && *at != '\0'; at += strcspn(at, " ")) {
		at += strspn(at, " ");
		if (at[0] == '*' && (at[1] == '\0' || at[1] == ' '))
			return true;
	}
	return false;
}

/* Open what the session will stand on, with our rights and before it exists. */
static int
open_module(struct monitor *m, char *words, size_t size)
{
	char why[MODULE_WORDS_SIZE] = "", plan_words[MODULE_WORDS_SIZE];
	struct module_facts f = { m->grant.module, m->host, m->addr, geteuid() == 0 };

	if (module_plan(m->module, &f, &m->plan, plan_words, why) != 0) {
		log_error("module %s: %s", m->grant.module, why);
		snprintf(words, size, "%s", plan_words);
		return E_DENIED;
	}
	if (build_filter(m) != 0) {
		snprintf(words, size, "module %.128s is closed by its configuration", m->grant.module);
		return E_DENIED;
	}
	m->chroot_fd = m->plan.chroot[0] == '\0' ? -1 : trusted_dir(m->plan.chroot);
	if (m->plan.chroot[0] != '\0' && m->chroot_fd < 0) {
		log_error("rsync: [Receiver] chroot %s failed: %s (%d)", m->plan.chroot, strerror(-m->chroot_fd), -m->chroot_fd);
		snprintf(words, size, "chroot failed");
		return E_DENIED;
	}
	if ((m->grant.root_fd = trusted_dir(m->plan.path)) < 0) {
		log_error("rsync: [Receiver] chdir %s failed: %s (%d)", m->plan.path, strerror(-m->grant.root_fd),
		    -m->grant.root_fd);
		snprintf(words, size, "chdir failed");
		return E_DENIED;
	}
	m->grant.incoming = mode_changes(m, "incoming chmod", m->module->incoming_chmod);
	m->grant.outgoing = mode_changes(m, "outgoing chmod", m->module->outgoing_chmod);
	m->grant.ignore_nonreadable = m->module->ignore_nonreadable;
	m->grant.ignore_errors = m->module->ignore_errors;
	m->grant.open_noatime = m->module->open_noatime;
	m->grant.dont_compress = has_star(m->module->dont_compress);
	m->grant.temp_dir = m->module->temp_dir;
	m->grant.jailed = strcmp(m->plan.chroot, m->plan.path) == 0;
	m->grant.charset = m->module->charset;
	m->grant.munge = m->plan.munge;
	m->grant.confine_links = !m->plan.munge && !m->grant.jailed && strcmp(m->plan.path, "/") != 0;
	m->grant.fake_super = m->module->fake_super == 1;
	m->grant.numeric_ids = m->plan.numeric_ids;
	return 0;
}

static void
switch_log(const struct monitor *m)
{
	const struct module_conf *mod = m->module;
	bool to_file = mod->log_file != NULL && mod->log_file[0] != '\0';
	struct log_conf conf = { .style = LOG_STYLE_RSYNCD, .ident = mod->syslog_tag, .file = to_file ? mod->log_file : NULL,
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

/* Fork the unprivileged process; our end of the pair is *ret_fd.  -errno, 0 in the child, or its pid. */
static pid_t
fork_half(int *ret_fd, int *ret_child_fd)
{
	int pair[2], r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	if ((pid = fork()) < 0) {
		r = -errno;
		close(pair[0]);
		close(pair[1]);
		return r;
	}
	close(pair[pid == 0 ? 0 : 1]);
	*(pid == 0 ? ret_child_fd : ret_fd) = pair[pid == 0 ? 1 : 0];
	return pid;
}

static int
run_session(struct monitor *m, int fd, struct cursor *in)
{
	struct session_identity id = { .root_fd = m->chroot_fd, .tree_fd = m->grant.root_fd, .set_ids = m->plan.set_ids,
	    .uid = m->plan.uid, .gid = m->plan.gid, .groups = m->plan.groups, .n_groups = m->plan.n_groups, .writes = !m->grant.read_only,
	    .keeps_atimes = m->grant.open_noatime == 1,
	    .memory_max = (uint64_t)m->module->max_memory << 20 };
	struct admission a = { m->version, in->at, cur_left(in) };

	close(m->half_fd);		/* the worker's pair is none of its business */
	if (m->lock_fd >= 0)
		close(m->lock_fd);
	return session_main(m->job->roles, m->job->peer_fd, fd, &id, &m->grant, &a);
}

static int
answer_admit(struct monitor *m, struct cursor *in, struct buf *out)
{
	char words[MODULE_WORDS_SIZE];
	int version = cur_u8(in), child_fd = -1;

	if (in->err != 0 || version != m->version || cur_left(in) > PRIV_AHEAD_MAX)
		return E_BREACH;
	if (open_module(m, words, sizeof words) != 0) {
		words_put(out, true, words);
		return 0;
	}
	switch_log(m);
	m->session = fork_half(&m->session_fd, &child_fd);
	if (m->session == 0)
		_exit(run_session(m, child_fd, in));
	if (m->session < 0) {
		log_error("could not start a session: %s", strerror(-m->session));
		words_put(out, true, "fork failed");
		return 0;
	}
	m->state = ST_SESSION;
	words_put(out, false, "");
	return 0;
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
	if (n > 0 && kind == 'u' && (pw = getpwnam(name)) != NULL)
		buf_le32(out, pw->pw_uid);
	if (n > 0 && kind == 'g' && (gr = getgrnam(name)) != NULL)
		buf_le32(out, gr->gr_gid);
	return 0;
}

static const struct request {
	int (*answer)(struct monitor *, struct cursor *, struct buf *);
	unsigned when;		/* states in which it may be asked */
	bool answered;
} requests[REQ_COUNT] = {
	[REQ_LOG] = { answer_log, ST_FRESH | ST_CHOSEN | ST_SESSION, false },
	[REQ_LIST] = { answer_list, ST_FRESH, true },
	[REQ_MODULE] = { answer_module, ST_FRESH, true },
	[REQ_ADMIT] = { answer_admit, ST_CHOSEN, true },
	[REQ_NAME] = { answer_name, ST_SESSION, true },
	[REQ_ID] = { answer_id, ST_SESSION, true },
};

/* Serve one request of the half on fd.  0, E_EOF when it has ended, or what ends it. */
static int
dispatch(struct monitor *m, int fd)
{
	struct buf in = BUF_INIT, out = BUF_INIT;
	struct cursor c;
	uint8_t id = 0;
	int r;

	if ((r = priv_recv(fd, &id, &in)) == 0) {
		c = cur_of(buf_head(&in), buf_len(&in));
		if (id >= REQ_COUNT || (requests[id].when & m->state) == 0)
			r = E_BREACH;	/* our other half never asks this: end it */
		else if ((r = requests[id].answer(m, &c, &out)) == 0 && requests[id].answered)
			r = out.err != 0 ? out.err : priv_send(fd, id, buf_head(&out), buf_len(&out));
	}
	buf_done(&in);
	buf_done(&out);
	return r == -EPIPE || r == -ECONNRESET ? E_EOF : r;
}

/* --- the life of a connection -------------------------------------------------------------- */

/* Wait for a request, but for the worker not longer than a stranger may take. */
static int
wait_for(struct monitor *m, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t now = loop_clock();
	int ms = m->deadline == 0 ? -1 : now >= m->deadline ? 0 : (int)(m->deadline - now), n;

	do
		n = poll(&p, 1, ms);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n == 0 ? E_TIMEOUT : 0;
}

/* Serve a half until it ends; returns its exit code. */
static int
serve_half(struct monitor *m, int fd, pid_t pid, const char *name)
{
	int r = 0, status = 0;

	while (r == 0 && (r = wait_for(m, fd)) == 0)
		r = dispatch(m, fd);
	if (r != E_EOF) {
		log_error("%s of %s (%s) ended: %s", name, m->host, m->addr, err_text(r));
		kill(pid, SIGKILL);
	}
	close(fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status) && r == E_EOF)
		log_error("%s of %s (%s) was killed by signal %d", name, m->host, m->addr, WTERMSIG(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : RERR_STREAMIO;
}

/* The text a newcomer is greeted with, or NULL. */
static const char *
read_motd(const struct syncd_conf *c, struct buf *b)
{
	struct conf_err e;
	int fd;

	if (c->global.motd_file == NULL || c->global.motd_file[0] == '\0')
		return NULL;
	if ((fd = trusted_file(c->global.motd_file, O_RDONLY, 0)) < 0)
		return "";		/* an empty message all the same, as from rsync */
	if (ini_slurp_fd(fd, c->global.motd_file, b, &e) != 0)
		buf_clear(b);
	close(fd);
	return buf_cstr(b);
}

int
monitor_run(const struct monitor_job *job)
{
	struct monitor m = { .job = job, .state = ST_FRESH, .lock_fd = -1, .chroot_fd = -1, .session_fd = -1,
	    .deadline = loop_clock() + (HANDSHAKE_SECONDS + WORKER_GRACE) * 1000 };
	struct buf motd_text = BUF_INIT;
	const char *motd = read_motd(job->conf, &motd_text);
	int child_fd = -1, code;

	learn_peer(&m);
	m.half = fork_half(&m.half_fd, &child_fd);
	if (m.half == 0)
		_exit(worker_main(job->roles, job->peer_fd, child_fd, motd));
	buf_done(&motd_text);
	if (m.half < 0) {
		log_error("could not start a worker: %s", strerror(-m.half));
		return RERR_STREAMIO;
	}
	code = serve_half(&m, m.half_fd, m.half, "worker");
	m.deadline = 0;
	if (m.state != ST_SESSION)
		return code;
	close(job->peer_fd);		/* the session's alone now: its end must be the end */
	return serve_half(&m, m.session_fd, m.session, "session");
}

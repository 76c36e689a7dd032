/* The module is opened, and its session started and told: directory, identity, filter, hooks. */
#include "config.h"

#include "syncd/monitor_internal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/trusted.h"
#include "syncd/client_folder.h"
#include "syncd/fs/mount.h"
#include "syncd/hooks.h"
#include "syncd/module_filter.h"
#include "syncd/param_fault.h"
#include "syncd/policy/module.h"
#include "syncd/policy/params.h"
#include "syncd/privmsg.h"
#include "syncd/shadow.h"
#include "syncd/spawn.h"
#include "syncd/sums_file.h"
#include "syncd/types.h"

enum {
	REFUSED_SECONDS = 60,		/* for a session to tell that pre-xfer exec says no */
};

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

/* The folder of this client and of no other, and that it is there, where the module has one made. */
static int
prepare_folder(const struct monitor *m, char *message, size_t size)
{
	char twin[NAME_MAX + 1];
	int r = m->plan.of_client ? client_folder_check(m->plan.path, m->rule.name, twin) : 0, fd;

	if (r == E_DENIED) {
		log_error("module %s: there is a folder %s already: %s, by its certificate, would share it but for case", m->boot.grant.module, twin,
		    m->rule.name);
		snprintf(message, size, "chdir failed");
		return E_DENIED;
	}
	if (r != 0)
		return open_failed("chdir", m->plan.path, r, message, size);
	if (!m->module->create_path)
		return 0;
	if ((fd = trusted_dir(m->plan.path)) >= 0) {
		close(fd);
		return 0;
	}
	if (fd != -ENOENT || (r = client_folder_make(&m->plan)) != 0)
		return open_failed("mkdir", m->plan.path, fd != -ENOENT ? fd : r, message, size);
	log_info("module %s: %s is made", m->boot.grant.module, m->plan.path);
	return 0;
}

/* The module's directory; where we may, by a mount of its own on which no device node lives. */
static int
open_root(struct monitor *m, char *message, size_t size)
{
	int fd;

	if (prepare_folder(m, message, size) != 0)
		return E_DENIED;
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
		monitor_tell_listener(m, MONITOR_STARTED);
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
	const struct module_facts f = monitor_facts(m);

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

/* Without it a session does what it would do with it, only slower. */
static void
open_sums(struct monitor *m)
{
	int r = sums_file_open(m->module, &m->sums_fd);

	if (r != 0)
		log_warn("checksum cache = %s cannot be used, sums are not kept: %s", m->module->checksum_cache, err_text(r));
}

/* Open what the session will stand on, with our rights and before it exists. */
static int
open_module(struct monitor *m, char *message, size_t size)
{
	struct grant *g = &m->boot.grant;

	if (open_root(m, message, size) != 0)
		return E_DENIED;
	(void)monitor_faults(m, CHECK_CHARSET);
	identity_fill(m);
	if (monitor_faults(m, CHECK_MODES))
		drop_wrong_modes(m);
	g->jailed = strcmp(m->plan.chroot, m->plan.path) == 0;
	g->munge = m->plan.munge;
	g->confine_links = !m->plan.munge && !g->jailed && strcmp(m->plan.path, "/") != 0;
	g->numeric_ids = m->plan.numeric_ids;
	g->hooked = m->hooks.pre != NULL || m->hooks.converter != NULL;
	g->addr = m->addr;
	g->host = m->host;
	g->user = monitor_user(m);
	g->path = m->plan.path;
	g->shadow_refuses = shadow_refuses(m->job->conf, m->module->name, m->shadow_place, sizeof m->shadow_place);
	g->shadow_place = m->shadow_place[0] == '\0' ? NULL : m->shadow_place;
	open_sums(m);
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
	struct spawn_order o = { .kind = SPAWN_SESSION, .peer = m->peer_fd, .root = m->root_fd, .sums = m->sums_fd,
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

int
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
	monitor_tell_row(m, TALLY_OPENS);
	if (prepare_module(m, early, n_early, message) != 0 || open_module(m, message, sizeof message) != 0) {
		monitor_count(m, TALLY_NO_OPEN);
		monitor_put_verdict(out, VERDICT_NO, message);
		return 0;
	}
	switch_log(m);
	if ((r = start_session(m)) != 0) {
		log_error("could not start a session: %s", err_text(r));
		monitor_put_verdict(out, VERDICT_NO, "fork failed");
		return 0;
	}
	m->state = m->boot.grant.hooked ? ST_HOOKED : ST_SESSION;
	monitor_put_verdict(out, VERDICT_YES, "");
	return 0;
}

/* Nothing that bounds a greeting counts any more, and the listener does not count us among those. */
int
answer_started(struct monitor *m, struct cursor *in, struct buf *out)
{
	(void)out;
	if (cur_left(in) != 0)
		return E_BREACH;
	if (m->state == ST_SESSION)
		m->deadline = 0;	/* else it is the hook's answer that ends it */
	monitor_tell_listener(m, MONITOR_STARTED);
	return 0;
}

/* What it has moved by now.  It could say more than is true of itself, and nothing hangs on it but its own line. */
int
answer_totals(struct monitor *m, struct cursor *in, struct buf *out)
{
	struct event_totals said = { .known = true };

	(void)out;
	said.pull = cur_u8(in) != 0;
	said.in = cur_le64(in);
	said.out = cur_le64(in);
	said.files = cur_le64(in);
	said.bytes = cur_le64(in);
	if (in->err != 0 || cur_left(in) != 0)
		return E_BREACH;
	monitor_count_totals(m, &said);
	return 0;
}

/* Beyond what a program can be told, nothing is kept: answer_hook says so. */
int
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

int
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
	if (r != 0)
		monitor_count(m, TALLY_NO_HOOK);
	if (r > 0)
		put_failure(out, r, &said);
	else if (r == 0)
		monitor_put_verdict(out, VERDICT_YES, "");
	else
		monitor_put_verdict(out, VERDICT_NO, r == -E2BIG ? "pre-xfer exec: the arguments are too long" : "pre-xfer exec could not be run");
	buf_done(&said);
	return out->err;
}

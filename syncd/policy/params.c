/* The parameters of rsyncd.conf(5), one row each: how it is read, its default, how --dump-config shows it, what --check-config
 * asks of it, and what a session is told of it (rsyncd-conf 4 and 5; those marked "ours" are not rsync's). */
#include "syncd/policy/params.h"

#include <stddef.h>
#include <string.h>

#include "syncd/policy/conf.h"

static const char *const facilities[] = {
	"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
	"-", "-", "-", "-", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7", NULL,
};

static const char *const log_styles[] = { "rsync", "json", NULL };

#define USE(check, kind, field) .more = &(const struct param_use){ CHECK_##check, GRANT_##kind, offsetof(struct module_grant, field) }
#define CHECK(what) .more = &(const struct param_use){ CHECK_##what, GRANT_NOTHING, 0 }
#define GRANT(kind, field) USE(NOTHING, kind, field)
#define G(kind, f) .type = OPT_##kind, .at = offsetof(struct global_conf, f)
const struct opt conf_globals[] = {
	{ "address", G(STR, address), .flags = PARAM_AT_START },
	{ "port", G(ATOI, port), .flags = PARAM_AT_START, .def = "0", .min = 0, .max = 65535 },
	{ "socket", G(PATH, socket), .flags = PARAM_AT_START },			/* this and the next four are ours: a UNIX socket to listen on, */
	{ "socket mode", G(STR, socket_mode), .flags = PARAM_AT_START, .def = "0660" },
	{ "socket group", G(STR, socket_group), .flags = PARAM_AT_START },
	{ "socket peers", G(STR, socket_peers) },	/* the users whose processes may connect there; none named: all */
	{ "socket proxy protocol", G(BOOL3, socket_proxy), .def = "unset" },	/* unset: as "proxy protocol" */
	{ "loopback only", G(BOOL, loopback_only), .def = "yes" },
	{ "listen backlog", G(ATOI, backlog), .flags = PARAM_AT_START, .def = "128", .min = 1, .max = 4096 },
	{ "daemon bwlimit", G(ATOI, daemon_bwlimit), .def = "0", .min = 0, .max = 1 << 30 },	/* ours: KiB a second, of all sessions together */
	{ "max memory total", G(ATOI, max_memory_total), .def = "0", .min = 0, .max = 1 << 30 },	/* ours: MiB; 0: half of the machine's */
	{ "stop timeout", G(ATOI, stop_timeout), .def = "0", .min = 0, .max = 86400 },	/* ours: seconds that transfers have after SIGTERM; 0: they go on alone */
	{ "reload on hup", G(BOOL, reload_on_hup), .def = "no" },	/* ours: not with the next connection */
	{ "log style", G(WORD, log_style), .def = "rsync", .words = log_styles },	/* ours */
	{ "metrics", G(STR, metrics), .flags = PARAM_AT_START },			/* ours: where numbers are to be had, ADDRESS:PORT or a path; */
	{ "metrics public", G(BOOL, metrics_public), .flags = PARAM_AT_START, .def = "no" },	/* beyond this machine, too */
	{ "ledger", G(STR, ledger), .flags = PARAM_AT_START, CHECK(MADE) },	/* ours: a file of what was done, which cannot be changed unseen, */
	{ "ledger key", G(STR, ledger_key), .flags = PARAM_AT_START | PARAM_SECRET },	/* and what signs it */
	{ "shadow policy", G(STR, shadow_policy) },	/* ours: another configuration that is asked, too */
	{ "motd file", G(STR, motd_file), CHECK(READ) },
	{ "pid file", G(STR, pid_file), .flags = PARAM_AT_START, CHECK(MADE) },
	{ "daemon chroot", G(PATH, daemon_chroot) },
	{ "daemon gid", G(STR, daemon_gid) },
	{ "daemon uid", G(STR, daemon_uid) },
	{ "proxy protocol", G(BOOL, proxy_protocol), .def = "no" },
	{ "proxy protocol hosts", G(STR, proxy_hosts), CHECK(HOSTS) },
	{ "socket options", G(STR, socket_options), .flags = PARAM_AT_START },
};
#undef G

#define M(kind, f) .type = OPT_##kind, .at = offsetof(struct module_conf, f)
const struct opt conf_params[] = {
	{ "name", M(STR, name) },
	{ "path", M(PATH, path) },
	{ "create path", M(BOOL, create_path), .def = "no" },	/* ours: the directory is made when the first client wants it */
	{ "comment", M(STR, comment) },
	{ "list", M(BOOL, list), .def = "yes" },
	{ "read only", M(BOOL, read_only), .def = "yes", GRANT(FLAG, read_only) },
	{ "write only", M(BOOL, write_only), .def = "no", GRANT(FLAG, write_only) },
	{ "uid", M(STR, uid) },
	{ "gid", M(STR, gid) },
	{ "use chroot", M(BOOL3, use_chroot), .def = "unset" },
	{ "numeric ids", M(BOOL3, numeric_ids), .def = "unset" },
	{ "munge symlinks", M(BOOL3, munge_symlinks), .def = "unset" },
	{ "hosts allow", M(STR, hosts_allow), CHECK(HOSTS) },
	{ "hosts deny", M(STR, hosts_deny), CHECK(HOSTS) },
	{ "filter", M(STR, filter) },
	{ "include", M(STR, include) },
	{ "include from", M(STR, include_from) },
	{ "exclude", M(STR, exclude) },
	{ "exclude from", M(STR, exclude_from) },
	{ "reverse lookup", M(BOOL, reverse_lookup), .def = "yes" },
	{ "forward lookup", M(BOOL, forward_lookup), .def = "yes" },
	{ "max connections", M(ATOI, max_connections), .def = "0" },
	{ "max connections per address", M(ATOI, max_per_address), .def = "0", .min = 0, .max = 4096 },	/* ours; an address is a network */
	{ "max connections per user", M(ATOI, max_per_user), .def = "0", .min = 0, .max = 4096 },	/* ours; of who has logged in */
	{ "lock file", M(STR, lock_file), .def = "/var/run/rsyncd.lock", CHECK(LOCK) },
	{ "timeout", M(ATOI, timeout), .def = "0", .min = 0, .max = 1 << 30, GRANT(NUMBER, timeout) },
	{ "idle timeout", M(ATOI, idle_timeout), .def = "14400", .min = 0, .max = 1 << 30, GRANT(NUMBER, idle) },	/* ours: where timeout is 0 */
	{ "bwlimit", M(ATOI, bwlimit), .def = "0", .min = 0, .max = 1 << 30, GRANT(NUMBER, bwlimit) },	/* ours: KiB a second */
	{ "module bwlimit", M(ATOI, module_bwlimit), .def = "0", .min = 0, .max = 1 << 30 },	/* ours: of all sessions of the module together */
	{ "priority", M(ATOI, priority), .def = "0", .min = 0, .max = 19 },	/* ours: nice(2), and the lowest of best-effort I/O from 10 on */
	{ "log file", M(STR, log_file), CHECK(MADE) },
	{ "syslog facility", M(WORD, syslog_facility), .def = "daemon", .words = facilities },
	{ "syslog tag", M(STR, syslog_tag), .def = "rsyncd" },
	{ "max verbosity", M(ATOI, max_verbosity), .def = "1", GRANT(NUMBER, max_verbosity) },
	{ "max memory", M(ATOI, max_memory), .def = "1024", .min = 0, .max = 1 << 30 },	/* ours: MiB a session */
	{ "auth users", M(STR, auth_users) },
	{ "auth digest", M(STR, auth_digest) },
	{ "secrets file", M(STR, secrets_file), .flags = PARAM_SECRET },
	{ "require tls", M(BOOL, require_tls), .def = "no" },	/* this and the next two are ours: who comes in by its certificate */
	{ "tls users", M(STR, tls_users), CHECK(TLS_USERS) },
	{ "tls groups file", M(PATH, tls_groups_file) },
	{ "strict modes", M(BOOL, strict_modes), .def = "yes" },
	{ "checksum cache", M(PATH, checksum_cache), CHECK(DIR) },	/* ours: where sums of whole files are kept; */
	{ "checksum cache size", M(ATOI, checksum_cache_size), .def = "64", .min = 1, .max = 1 << 20 },	/* MiB of each module's */
	{ "charset", M(STR, charset), USE(CHARSET, TEXT, charset) },
	{ "dont compress", M(STR, dont_compress), GRANT(STAR, dont_compress) },
	{ "early exec", M(STR, early_exec), .flags = PARAM_SECRET },
	{ "exec as module", M(BOOL, exec_as_module), .def = "no" },	/* ours: hooks run as the module's user */
	{ "exec timeout", M(ATOI, exec_timeout), .def = "3600", .min = 1, .max = 86400 },	/* ours: seconds that a hook may run */
	{ "fake super", M(BOOL, fake_super), .def = "no", GRANT(FLAG, fake_super) },
	{ "ignore errors", M(BOOL, ignore_errors), .def = "no", GRANT(FLAG, ignore_errors) },
	{ "ignore nonreadable", M(BOOL, ignore_nonreadable), .def = "no", GRANT(FLAG, ignore_nonreadable) },
	{ "incoming chmod", M(STR, incoming_chmod), USE(MODES, TEXT, incoming_chmod) },
	{ "insecure links", M(BOOL, unsupported_flag), .flags = PARAM_NO_EFFECT },
	{ "log format", M(STR, log_format), .def = "%o %h [%a] %m (%u) %f %l", GRANT(TEXT, log_format) },
	{ "name converter", M(STR, name_converter), .flags = PARAM_SECRET },
	{ "open noatime", M(BOOL3, open_noatime), .def = "unset", GRANT(NUMBER, open_noatime) },
	{ "outgoing chmod", M(STR, outgoing_chmod), USE(MODES, TEXT, outgoing_chmod) },
	{ "post-xfer exec", M(STR, post_exec), .flags = PARAM_SECRET },
	{ "pre-xfer exec", M(STR, pre_exec), .flags = PARAM_SECRET },
	{ "refuse options", M(STR, refuse_options), USE(OPTIONS, TEXT, refuse_options) },
	{ "temp dir", M(STR, temp_dir), GRANT(TEXT, temp_dir) },
	{ "transfer logging", M(BOOL, transfer_logging), .def = "no", GRANT(FLAG, transfer_logging) },
};
#undef M

const size_t conf_n_globals = ARRAY_LEN(conf_globals), conf_n_params = ARRAY_LEN(conf_params);

_Static_assert(ARRAY_LEN(conf_params) <= CONF_PLACES && ARRAY_LEN(conf_globals) <= CONF_PLACES, "a place for each parameter");

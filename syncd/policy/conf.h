/* rsyncd.conf(5) as a typed struct: loaded whole, then never changed. */
#ifndef SALLYPORT_SYNCD_POLICY_CONF_H
#define SALLYPORT_SYNCD_POLICY_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"

/* Where a parameter was set last; path NULL: nowhere. */
struct conf_place {
	const char *path;
	unsigned line;
};
enum { CONF_PLACES = 80 };	/* parameters of one kind, and some room */

/* One module.  Strings are NULL when unset, and not yet %VAR%-expanded. */
struct module_conf {
	char *name;		/* the section's name, or what `name =` made of it */
	char *path_file;	/* where the section began, for messages */
	unsigned line;

	char *path, *comment, *uid, *gid, *hosts_allow, *hosts_deny;
	char *early_exec, *pre_exec, *post_exec, *name_converter;
	char *refuse_options, *auth_users, *auth_digest, *secrets_file, *tls_users, *tls_groups_file;
	char *filter, *include, *include_from, *exclude, *exclude_from;
	char *log_file, *lock_file, *syslog_tag, *incoming_chmod, *outgoing_chmod, *temp_dir, *checksum_cache, *charset, *dont_compress;
	int ignore_nonreadable, ignore_errors, open_noatime;
	char *log_format;
	int transfer_logging;
	int strict_modes, exec_as_module, require_tls, create_path;
	int list, read_only, write_only, use_chroot, numeric_ids, munge_symlinks, fake_super;
	int reverse_lookup, forward_lookup, syslog_facility;
	struct conf_place places[CONF_PLACES];	/* one for each parameter, see conf_place */
	int64_t module_bwlimit, max_connections, max_per_address, max_per_user, exec_timeout, timeout, idle_timeout, bwlimit, priority, max_verbosity, max_memory, checksum_cache_size;
	int unsupported_flag;	/* where parameters without effect are parsed into */
};

struct global_conf {
	struct conf_place places[CONF_PLACES];
	char *address, *motd_file, *pid_file, *metrics, *ledger, *ledger_key, *shadow_policy;
	char *daemon_chroot, *daemon_gid, *daemon_uid, *socket_options;
	char *socket, *socket_mode, *socket_group, *socket_peers;
	int64_t daemon_bwlimit, port, backlog, max_memory_total, stop_timeout;
	int log_style, reload_on_hup, metrics_public, loopback_only, proxy_protocol, socket_proxy;
	char *proxy_hosts;
};

/* A file or directory that was read, and what it looked like then. */
struct conf_file {
	char *path;
	uint64_t dev, ino;
	int64_t size, mtime, mtime_nsec;
};

struct syncd_conf {
	struct global_conf global;
	struct module_conf defaults;	/* as they stood at the end of the file */
	struct module_conf *modules;
	size_t n_modules;
	struct conf_file *files;	/* every file and directory that was read */
	size_t n_files;
	struct syncd_conf *shadow;	/* of "shadow policy" (syncd/shadow.h), ours; NULL: none is asked */
};

enum { CONF_INCLUDE_DEPTH = 16, CONF_MODULES_MAX = 10000 };

/* A setting given on the command line (--dparam), applied at the end of the global part. */
struct conf_override {
	const char *name, *value;
};

/* Everything that a load reports besides failing: "PATH:LINE: text". */
typedef void conf_warn(void *arg, const char *text);

/* Load path with its includes.  On success *ret is the caller's (conf_free); on failure it is
 * untouched and e says where and why.  warn may be NULL. */
int conf_load(const char *path, const struct conf_override *over, size_t n_over, conf_warn *warn, void *arg,
    struct syncd_conf **ret, struct conf_err *e);

/* The same from memory, for tests and fuzzers; includes are refused. */
int conf_load_text(const char *path, const char *text, size_t size, conf_warn *warn, void *arg,
    struct syncd_conf **ret, struct conf_err *e);
void conf_free(struct syncd_conf *c);

/* Module by the exact name of a request; the last one defined wins.  NULL when there is none. */
const struct module_conf *conf_module(const struct syncd_conf *c, const char *name);

/* Does any of the files look different now?  conf_stamp: from how they look now. */
bool conf_changed(const struct syncd_conf *c);
void conf_stamp(struct syncd_conf *c);

/* Where the parameter (spelled as in the manual) got its value, for messages.  m NULL: a global one.  Where the file does
 * not set it, the module's first line, or the file. */
struct conf_place conf_place(const struct syncd_conf *c, const struct module_conf *m, const char *name);

/* The file as it was understood. */
void conf_dump(const struct syncd_conf *c, struct buf *out);

/* The %NAME% that text begins with: its name, and what follows; NULL: it begins with none, or with one of size bytes or more. */
const char *conf_variable(const char *text, char *name, size_t size);

/* text with each %VAR% replaced that get knows (rsyncd-conf section 2); heap, or NULL for
 * lack of memory or a result beyond LINE_MAX_BYTES. */
char *conf_expand(const char *text, const char *(*get)(void *arg, const char *name), void *arg);

#endif

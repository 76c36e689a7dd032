#include "units/service.h"

#include <string.h>

#include "lib/err.h"
#include "units/harden.h"
#include "units/text.h"

enum { PORTS_LOW = 1024, WATCHDOG_S = 30, DAEMON_TASKS = 1024, TUNNEL_TASKS = 256, FILES_MAX = 16384 };

/* "name" and one word, where there is one. */
static void
put(struct text *t, const char *name, enum text_kind kind, const char *word)
{
	if (word == NULL)
		return;
	text_raw(t, name);
	text_word(t, kind, word);
	text_raw(t, "\n");
}

/* The program, words of ours, and the file that it reads. */
static void
put_command(struct text *t, const char *program, const char *ours, const char *file)
{
	if (program[0] != '/' || file[0] != '/')
		t->err = t->err == 0 ? E_FORMAT : t->err;
	text_raw(t, "ExecStart=");
	text_word(t, TEXT_COMMAND, program);
	text_raw(t, ours);
	text_word(t, TEXT_COMMAND, file);
	text_raw(t, "\n");
}

static int
ended(const struct text *t)
{
	return t->err != 0 ? t->err : t->out->err;
}

static void
put_secrets(const struct unit_secret *v, size_t n, struct text *t)
{
	if (n > 0)
		text_line(t, "# root's files, shown to this service alone: their owner and mode on disk need not change");
	for (size_t i = 0; i < n; i++) {
		if (strpbrk(v[i].id, "/:") != NULL || v[i].path[0] != '/' || strchr(v[i].path, ':') != NULL)
			t->err = t->err == 0 ? E_FORMAT : t->err;
		text_raw(t, "LoadCredential=");
		text_word(t, TEXT_PLAIN, v[i].id);
		text_raw(t, ":");
		text_word(t, TEXT_PLAIN, v[i].path);	/* quotes would be part of it */
		text_raw(t, "\n");
	}
}

/* What all of ours have: they say when they are ready, and twice in that time that they live. */
static void
put_life(int tasks, struct text *t)
{
	text_line(t, "ExecReload=/bin/kill -HUP $MAINPID");
	text_line(t, "Restart=on-failure");
	text_line(t, "RestartSec=1");
	text_line(t, "WatchdogSec=%d", WATCHDOG_S);
	text_because(t, "one connection that takes too much memory is no reason to end all others", "OOMPolicy=continue");
	text_line(t, "LimitNOFILE=%d", FILES_MAX);
	text_line(t, "TasksMax=%d", tasks);
}

/* --- the rsync daemon ------------------------------------------------------------------------ */

/* kills: our spawner ends sessions that have become other users; without the capability a client could outstay every limit. */
static const char *
daemon_caps(const struct unit_daemon *f, int kills)
{
	if (f->user != NULL)
		return "";
	if (f->mirrors)
		return kills ? "CAP_SYS_CHROOT CAP_SETUID CAP_SETGID CAP_SETPCAP CAP_KILL CAP_DAC_READ_SEARCH CAP_CHOWN CAP_DAC_OVERRIDE "
		    "CAP_FOWNER CAP_FSETID CAP_MKNOD CAP_SETFCAP" :
		    "CAP_SYS_CHROOT CAP_SETUID CAP_SETGID CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID CAP_MKNOD";
	if (f->reads_all)
		return kills ? "CAP_SYS_CHROOT CAP_SETUID CAP_SETGID CAP_SETPCAP CAP_KILL CAP_DAC_READ_SEARCH" :
		    "CAP_SYS_CHROOT CAP_SETUID CAP_SETGID CAP_DAC_READ_SEARCH";
	return kills ? "CAP_SYS_CHROOT CAP_SETUID CAP_SETGID CAP_KILL" : "CAP_SYS_CHROOT CAP_SETUID CAP_SETGID";
}

const char *
unit_daemon_caps(const struct unit_daemon *f)
{
	return daemon_caps(f, 1);
}

/* Is one of the paths where units see nothing by themselves? */
static unsigned
hidden_needs(const struct unit_path *v, size_t n)
{
	unsigned needs = 0;

	for (size_t i = 0; i < n; i++)
		if (harden_hides(v[i].path))
			needs |= NEEDS_HOME;
	return needs;
}

static struct sandbox
daemon_sandbox(const struct unit_daemon *f)
{
	struct sandbox s = { .program = f->program };

	s.needs = NEEDS_OPENAT2 | (f->user == NULL ? NEEDS_ROOT : 0) | (f->mirrors ? NEEDS_DEVICES : 0) |
	    (f->hooks ? NEEDS_PROGRAMS : 0) | hidden_needs(f->paths, f->n_paths);
	s.reach = f->looks_up ? REACH_OUTWARD : f->activated || f->port == 0 ? REACH_NOTHING : REACH_THIS_MACHINE;
	s.port = f->activated ? 0 : f->port;
	s.binds_low = s.port != 0 && s.port < PORTS_LOW;
	return s;
}

static void
put_daemon_walls(const struct unit_daemon *f, const struct sandbox *s, struct text *t)
{
	put(t, "User=", TEXT_PLAIN, f->user);
	put(t, "Group=", TEXT_PLAIN, f->group);
	if ((s->needs & NEEDS_HOME) != 0)
		text_because(t, "empty, but for the modules that are bound into it", "ProtectHome=tmpfs");
	put_secrets(f->secrets, f->n_secrets, t);
	harden_put(s, t);
	harden_put_paths(f->paths, f->n_paths, f->user != NULL, t);
}

int
unit_put_daemon(const struct unit_daemon *f, struct buf *out)
{
	struct sandbox s = daemon_sandbox(f);
	struct text t = { out, 0 };

	s.caps = daemon_caps(f, 1);
	s.drops = 1;
	text_line(&t, "[Unit]\nDescription=Sallyport rsync daemon\nDocumentation=man:sallyport-syncd(8)\nAfter=network.target");
	if (f->activated && f->port != 0)
		text_line(&t, "Requires=sallyport-syncd.socket\nAfter=sallyport-syncd.socket");
	if (f->activated && f->socket != NULL)
		text_line(&t, "Requires=sallyport-syncd-unix.socket\nAfter=sallyport-syncd-unix.socket");
	text_line(&t, "\n[Service]\nType=notify");
	put_command(&t, f->program, " --daemon --no-detach --config=", f->config);
	put_life(DAEMON_TASKS, &t);
	if (!f->activated && f->socket != NULL)
		text_line(&t, "RuntimeDirectory=sallyport");
	put_daemon_walls(f, &s, &t);
	text_line(&t, "\n[Install]\nWantedBy=multi-user.target");
	return ended(&t);
}

/* One listener: address and port, or path. */
static void
put_socket_head(const char *what, struct text *t)
{
	text_line(t, "[Unit]\nDescription=%s\n\n[Socket]", what);
}

static void
put_socket_end(const char *service, struct text *t)
{
	put(t, "Service=", TEXT_PLAIN, service);
	text_line(t, "\n[Install]\nWantedBy=sockets.target");
}

int
unit_put_daemon_socket(const struct unit_daemon *f, struct buf *out)
{
	struct text t = { out, 0 };

	if (!f->activated || f->port == 0)
		return E_UNSUPPORTED;
	put_socket_head("Sallyport rsync daemon, for this machine alone", &t);
	if (f->address == NULL || strchr(f->address, ':') == NULL)
		text_line(&t, "ListenStream=127.0.0.1:%u", f->port);
	if (f->address == NULL || strchr(f->address, ':') != NULL)
		text_line(&t, "ListenStream=[::1]:%u", f->port);
	text_line(&t, "BindIPv6Only=ipv6-only");
	text_line(&t, "NoDelay=yes\nBacklog=128");
	text_because(&t, "a wall of its own, should somebody widen the addresses above", "IPAddressDeny=any\nIPAddressAllow=localhost");
	put_socket_end("sallyport-syncd.service", &t);
	return ended(&t);
}

int
unit_put_daemon_unix_socket(const struct unit_daemon *f, struct buf *out)
{
	struct text t = { out, 0 };

	if (!f->activated || f->socket == NULL)
		return E_UNSUPPORTED;
	if (f->socket[0] != '/')
		return E_FORMAT;
	put_socket_head("Sallyport rsync daemon, for its tunnel alone", &t);
	put(&t, "ListenStream=", TEXT_PLAIN, f->socket);
	text_line(&t, "SocketUser=root\nSocketMode=%s", f->socket_group == NULL ? "0600" : "0660");
	put(&t, "SocketGroup=", TEXT_PLAIN, f->socket_group);
	text_line(&t, "DirectoryMode=0755\nRemoveOnStop=yes\nBacklog=128");
	put_socket_end("sallyport-syncd.service", &t);
	return ended(&t);
}

/* Debian's own daemon, which cannot be handed sockets: it binds loopback itself. */
int
unit_put_rsync_dropin(const struct unit_daemon *f, struct buf *out)
{
	struct unit_daemon own = *f;
	struct text t = { out, 0 };
	struct sandbox s;

	own.program = f->program == NULL ? "/usr/bin/rsync" : f->program;
	own.activated = 0;
	if (f->port == 0)
		return E_UNSUPPORTED;
	s = daemon_sandbox(&own);
	s.caps = daemon_caps(&own, 0);
	text_line(&t, "[Unit]");
	text_because(&t, "the unit's own asks for /etc/rsyncd.conf", "ConditionPathExists=");
	put(&t, "ConditionPathExists=", TEXT_WORD, own.config);
	text_line(&t, "\n[Service]");
	text_because(&t, "loopback whatever its file says: it speaks plain text", "ExecStart=");
	text_raw(&t, "ExecStart=");
	text_word(&t, TEXT_COMMAND, own.program);
	text_raw(&t, " --daemon --no-detach --address=");
	text_word(&t, TEXT_PLAIN, f->address == NULL ? "127.0.0.1" : f->address);
	buf_printf(out, " --port=%u --config=", f->port);
	text_word(&t, TEXT_COMMAND, own.config);
	text_raw(&t, "\n");
	put_daemon_walls(&own, &s, &t);
	return ended(&t);
}

/* --- the TLS door ------------------------------------------------------------------------------ */

static struct sandbox
tunnel_sandbox(const struct unit_tunnel *f)
{
	struct sandbox s = { .program = f->program, .caps = "" };

	s.needs = f->runs_programs ? NEEDS_PROGRAMS : 0;
	s.reach = f->outward ? REACH_OUTWARD : !f->activated ? REACH_CLIENTS : f->unix_backend ? REACH_NOTHING : REACH_THIS_MACHINE;
	s.port = f->activated ? 0 : f->port;
	s.binds_low = s.port != 0 && s.port < PORTS_LOW;
	return s;
}

/* Never root: the port comes from the service manager or by one capability, the key as a credential. */
static void
put_tunnel_identity(const struct unit_tunnel *f, struct text *t)
{
	if (f->user == NULL)
		text_line(t, "DynamicUser=yes");
	put(t, "User=", TEXT_PLAIN, f->user);
	put(t, "Group=", TEXT_PLAIN, f->group);
	if (f->groups == NULL)
		return;
	if (strpbrk(f->groups, "=%\\\"'\n") != NULL)
		t->err = t->err == 0 ? E_FORMAT : t->err;
	text_line(t, "# may open the daemon's socket");
	text_line(t, "SupplementaryGroups=%s", f->groups);
}

static void
put_tunnel_walls(const struct unit_tunnel *f, const struct sandbox *s, struct text *t)
{
	put_tunnel_identity(f, t);
	put_secrets(f->secrets, f->n_secrets, t);
	harden_put(s, t);
	harden_put_paths(f->paths, f->n_paths, 0, t);
}

int
unit_put_tunnel(const struct unit_tunnel *f, struct buf *out)
{
	struct sandbox s = tunnel_sandbox(f);
	struct text t = { out, 0 };

	s.drops = 1;
	text_line(&t, "[Unit]\nDescription=Sallyport TLS tunnel\nDocumentation=man:sallyport-tunnel(8)\nAfter=network.target");
	put(&t, "After=", TEXT_PLAIN, f->after);
	put(&t, "Wants=", TEXT_PLAIN, f->after);
	if (f->activated)
		text_line(&t, "Requires=sallyport-tunnel.socket\nAfter=sallyport-tunnel.socket");
	text_line(&t, "\n[Service]\nType=notify");
	put_command(&t, f->program, " ", f->config);
	put_life(TUNNEL_TASKS, &t);
	put_tunnel_walls(f, &s, &t);
	text_line(&t, "\n[Install]\nWantedBy=multi-user.target");
	return ended(&t);
}

int
unit_put_tunnel_socket(const struct unit_tunnel *f, const char *service, struct buf *out)
{
	struct text t = { out, 0 };

	if (!f->activated || f->n_listen == 0)
		return E_UNSUPPORTED;
	put_socket_head("Sallyport, rsync over TLS", &t);
	for (size_t i = 0; i < f->n_listen; i++)
		put(&t, "ListenStream=", TEXT_PLAIN, f->listen[i]);
	text_line(&t, "BindIPv6Only=%s\nNoDelay=yes\nBacklog=256", f->n_listen > 1 ? "ipv6-only" : "both");
	if (f->n_sources > 0)
		text_because(&t, "the firewall's list once more, for the day on which it is not loaded",
		    "IPAddressDeny=any\nIPAddressAllow=localhost");
	for (size_t i = 0; i < f->n_sources; i++)
		put(&t, "IPAddressAllow=", TEXT_PLAIN, f->sources[i]);
	put_socket_end(service, &t);
	return ended(&t);
}

int
unit_put_stunnel_dropin(const struct unit_tunnel *f, struct buf *out)
{
	struct sandbox s = tunnel_sandbox(f);
	struct text t = { out, 0 };

	s.program = f->program == NULL ? "/usr/bin/stunnel4" : f->program;
	text_line(&t, "[Unit]");
	put(&t, "After=", TEXT_PLAIN, f->after);
	put(&t, "Wants=", TEXT_PLAIN, f->after);
	text_line(&t, "\n[Service]\nRestart=on-failure\nRestartSec=1\nLimitNOFILE=%d\nTasksMax=%d", FILES_MAX, TUNNEL_TASKS);
	put_tunnel_walls(f, &s, &t);
	return ended(&t);
}

int
unit_put_haproxy_dropin(const struct unit_tunnel *f, struct buf *out)
{
	struct sandbox s = tunnel_sandbox(f);
	struct unit_tunnel own = *f;
	struct text t = { out, 0 };

	own.user = f->user == NULL ? "haproxy" : f->user;
	own.group = f->group == NULL ? own.user : f->group;
	s.program = f->program == NULL ? "/usr/sbin/haproxy" : f->program;
	s.reach = f->outward ? REACH_OUTWARD : REACH_CLIENTS;
	s.port = f->port;
	s.binds_low = f->port < PORTS_LOW;
	s.schedules = 1;
	text_line(&t, "[Unit]");
	put(&t, "After=", TEXT_PLAIN, f->after);
	put(&t, "Wants=", TEXT_PLAIN, f->after);
	text_line(&t, "\n[Service]");
	text_line(&t, "RuntimeDirectory=haproxy-sallyport");
	text_line(&t, "Environment=\"PIDFILE=/run/haproxy-sallyport/pid\" \"EXTRAOPTS=-S /run/haproxy-sallyport/master.sock\"");
	text_because(&t, "the unit's own check before it does not see credentials",
	    "ExecReload=\nExecReload=/bin/kill -USR2 $MAINPID");
	text_because(&t, "the unit's own leads into a directory for chroot, which takes root",
	    "BindReadOnlyPaths=\nBindReadOnlyPaths=/dev/log");
	put_tunnel_walls(&own, &s, &t);
	return ended(&t);
}

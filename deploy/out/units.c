#include "deploy/out/units.h"

#include <stdio.h>
#include <string.h>

#include "deploy/out/shared.h"
#include "lib/err.h"
#include "units/service.h"

#define LOGS "/var/log/sallyport"

/* --- the daemon -------------------------------------------------------------------------- */

struct daemon_facts {
	struct unit_daemon unit;
	struct unit_path paths[MODEL_LIST_MAX + 3];
	struct unit_secret secret;
	char host[64];
};

static int
in_file(const struct m_text *log)
{
	return strcmp(log->v, "journal") != 0;
}

static int
is_root(const char *account)
{
	return strcmp(account, "root") == 0 || strcmp(account, "0") == 0;
}

static void
daemon_path(struct daemon_facts *d, const char *path, int writes)
{
	d->paths[d->unit.n_paths++] = (struct unit_path){ path, writes };
}

/* Modules, and with them what root needs there. */
static void
modules(const struct model *m, struct daemon_facts *d)
{
	for (size_t i = 0; i < m->modules.n; i++) {
		const struct m_module *o = &m->modules.v[i];

		daemon_path(d, o->path.v, o->access.v != M_READ);
		if (!m->daemon.privileged.v)
			continue;
		if (o->owners.v == M_OWNERS_KEEP)
			d->unit.mirrors = 1;
		else if (is_root(o->user.v))
			d->unit.reads_all = 1;
	}
}

/* What it writes beside modules, and what it reads where a daemon that is never root sees nothing by itself. */
static void
own_places(const struct model *m, struct daemon_facts *d)
{
	daemon_path(d, OUT_RUN, 1);	/* lock files */
	if (in_file(&m->daemon.log) || m->daemon.ledger.v)
		daemon_path(d, LOGS, 1);
	if (m->daemon.motd.v != NULL && !m->daemon.privileged.v)
		daemon_path(d, m->daemon.motd.v, 0);
}

static void
daemon_listens(const struct model *m, struct daemon_facts *d)
{
	size_t n = m->daemon.listen.n - (model_socket(m) != NULL);

	d->unit.socket = model_socket(m);
	d->unit.socket_group = out_door_user(m);
	d->unit.port = out_daemon_port(m);
	if (n == 1) {
		model_endpoint(model_loopback(m), d->host);
		d->unit.address = d->host;
	}
}

static void
daemon_facts(const struct model *m, struct daemon_facts *d)
{
	int ours = m->daemon.program.v == M_SALLYPORT;
	const char *binary = m->daemon.binary.v;

	*d = (struct daemon_facts){ .unit = {
	    .program = binary != NULL ? binary : ours ? "/usr/sbin/sallyport-syncd" : "/usr/bin/rsync",
	    .config = ours ? "/etc/sallyport/syncd.conf" : "/etc/sallyport/rsyncd.conf",
	    .activated = ours } };
	d->unit.paths = d->paths;
	d->unit.hooks = model_has_hooks(m);
	d->unit.looks_up = (int)m->daemon.reverse_lookup.v;
	daemon_listens(m, d);
	modules(m, d);
	own_places(m, d);
	if (m->daemon.privileged.v)
		return;
	d->unit.user = d->unit.group = OUT_DAEMON_USER;
	d->secret = (struct unit_secret){ OUT_SECRETS_ID, "/" OUT_SECRETS };
	d->unit.secrets = &d->secret;
	d->unit.n_secrets = m->users.n > 0;
}

static void
put_daemon(const struct model *m, struct emit *o, const char *what,
    int (*put)(const struct unit_daemon *f, struct buf *out))
{
	struct daemon_facts d;

	if (m->modules.n > MODEL_LIST_MAX) {
		out_failed(o, E_LIMIT);
		return;
	}
	daemon_facts(m, &d);
	out_heading(m, o, what);
	out_failed(o, put(&d.unit, &o->text));
}

const char *
out_daemon_caps(const struct model *m)
{
	struct daemon_facts d;

	daemon_facts(m, &d);
	return unit_daemon_caps(&d.unit);
}

void
out_unit_daemon(const struct model *m, struct emit *o)
{
	put_daemon(m, o, "the daemon's unit.", unit_put_daemon);
}

void
out_unit_daemon_socket(const struct model *m, struct emit *o)
{
	put_daemon(m, o, "the daemon's port on this machine.", unit_put_daemon_socket);
}

void
out_unit_daemon_unix_socket(const struct model *m, struct emit *o)
{
	put_daemon(m, o, "the daemon's socket.", unit_put_daemon_unix_socket);
}

void
out_unit_rsync(const struct model *m, struct emit *o)
{
	put_daemon(m, o, "walls around rsync --daemon.", unit_put_rsync_dropin);
}

/* --- the door ------------------------------------------------------------------------------ */

struct door_facts {
	struct unit_tunnel unit;
	struct unit_path paths[2];
	struct unit_secret secrets[3];
	const char *listen[MODEL_LIST_MAX], *sources[MODEL_LIST_MAX];
};

static void
lend(struct door_facts *d, const char *id, const char *path)
{
	if (path != NULL)
		d->secrets[d->unit.n_secrets++] = (struct unit_secret){ id, path };
}

/* Files that hold keys; HAProxy has them in those of certificates. */
static void
door_secrets(const struct model *m, struct door_facts *d)
{
	if (m->door.kind.v != M_HAPROXY) {
		lend(d, OUT_KEY_ID, m->door.key.v);
		return;
	}
	lend(d, OUT_PEM_ID, m->door.cert.v);
	lend(d, OUT_PEM_ID ".key", m->door.key.v);
	lend(d, OUT_BACKENDS_ID, m->haproxy.cert.v);
}

/* One socket for each section of the door's file. */
static void
door_listens(const struct model *m, struct door_facts *d)
{
	for (size_t i = 0; i < m->door.addresses.n; i++)
		d->listen[d->unit.n_listen++] = m->door.addresses.v[i].v;
	for (size_t i = 0; i < m->firewall.clients.n; i++)
		d->sources[d->unit.n_sources++] = m->firewall.clients.v[i].v;
	d->unit.port = out_door_port(m);
}

static const char *
behind(const struct model *m)
{
	if (!model_has_daemon(m))
		return NULL;
	if (m->daemon.program.v == M_RSYNC)
		return "rsync.service";
	return model_socket(m) != NULL ? "sallyport-syncd-unix.socket" : "sallyport-syncd.socket";
}

static void
door_facts(const struct model *m, struct door_facts *d)
{
	static const char *const programs[] = { [M_TUNNEL] = "/usr/bin/sallyport-tunnel", [M_STUNNEL] = "/usr/bin/stunnel4",
		[M_HAPROXY] = "/usr/sbin/haproxy", [M_SSH] = NULL };
	const char *binary = m->door.binary.v;

	*d = (struct door_facts){ .unit = { .program = binary != NULL ? binary : programs[m->door.kind.v],
	    .config = "/etc/sallyport/tunnel.conf", .user = out_door_user(m), .group = out_door_user(m),
	    .activated = m->door.kind.v != M_HAPROXY, .unix_backend = model_has_daemon(m) && model_socket(m) != NULL,
	    .outward = !model_has_daemon(m), .after = behind(m) } };
	d->unit.listen = d->listen;
	d->unit.sources = d->sources;
	d->unit.secrets = d->secrets;
	door_listens(m, d);
	door_secrets(m, d);
	d->unit.paths = d->paths;
	if (in_file(&m->door.log))
		d->paths[d->unit.n_paths++] = (struct unit_path){ LOGS, 1 };
	if (m->door.metrics.v)
		d->paths[d->unit.n_paths++] = (struct unit_path){ OUT_DOOR_RUN, 1 };
}

static void
put_door(const struct model *m, struct emit *o, const char *what,
    int (*put)(const struct unit_tunnel *f, struct buf *out))
{
	struct door_facts d;

	door_facts(m, &d);
	out_heading(m, o, what);
	out_failed(o, put(&d.unit, &o->text));
}

void
out_unit_tunnel(const struct model *m, struct emit *o)
{
	put_door(m, o, "the door's unit.", unit_put_tunnel);
}

void
out_unit_stunnel(const struct model *m, struct emit *o)
{
	put_door(m, o, "walls around stunnel.", unit_put_stunnel_dropin);
}

void
out_unit_haproxy(const struct model *m, struct emit *o)
{
	put_door(m, o, "walls around HAProxy.", unit_put_haproxy_dropin);
}

void
out_unit_door_socket(const struct model *m, struct emit *o)
{
	struct door_facts d;

	door_facts(m, &d);
	out_heading(m, o, "where clients come in.");
	out_failed(o, unit_put_tunnel_socket(&d.unit, out_door_service(m), &o->text));
}

/* --- clients ------------------------------------------------------------------------------- */

/* The directory of the client's socket, into dst; 0 where it has none. */
static size_t
socket_place(const struct model *m, char *dst, size_t size)
{
	const char *path = m->client.listen.v, *slash = strrchr(path, '/');

	if (path[0] != '/' || slash == path || (size_t)(slash - path) >= size)
		return 0;
	snprintf(dst, size, "%.*s", (int)(slash - path), path);
	return 1;
}

void
out_unit_ssh(const struct model *m, struct emit *o)
{
	char host[128], place[256];
	const struct unit_path path = { place, 1 };
	const struct unit_ssh f = { .host = host, .paths = &path, .n_paths = socket_place(m, place, sizeof place) };

	snprintf(host, sizeof host, "%s-tunnel", m->name.v);
	out_heading(m, o, "for ~/.config/systemd/user; what it forwards is in ssh_config.");
	out_failed(o, unit_put_ssh(&f, &o->text));
}

/* --- users and directories ------------------------------------------------------------------- */

static size_t
users_of(const struct model *m, struct unit_user ret[2])
{
	size_t n = 0;

	if (model_in_containers(m))	/* the image has them */
		return 0;
	if (model_has_daemon(m) && !m->daemon.privileged.v)
		ret[n++] = (struct unit_user){ OUT_DAEMON_USER, "Sallyport rsync daemon", NULL };
	if (m->door.kind.v == M_SSH)
		ret[n++] = (struct unit_user){ out_door_user(m), "Sallyport, in through ssh", NULL };
	else if (m->door.kind.v != M_HAPROXY)
		ret[n++] = (struct unit_user){ out_door_user(m), "Sallyport TLS tunnel", NULL };
	return n;
}

int
out_has_users(const struct model *m)
{
	struct unit_user users[2];

	return users_of(m, users) > 0;
}

void
out_sysusers(const struct model *m, struct emit *o)
{
	struct unit_user users[2];
	size_t n = users_of(m, users);

	out_heading(m, o, "users of daemon and door.");
	out_failed(o, unit_put_sysusers(users, n, &o->text));
}

void
out_tmpfiles(const struct model *m, struct emit *o)
{
	const char *daemon = m->daemon.privileged.v ? "root" : OUT_DAEMON_USER, *door = out_door_user(m);
	int here = model_has_daemon(m), daemon_logs = here && in_file(&m->daemon.log), door_logs = in_file(&m->door.log), ledger = (int)m->daemon.ledger.v;
	const struct { int wanted; struct unit_file file; } all[] = {
		{ 1, { 'd', "/etc/sallyport", 0755, "root", "root" } },
		{ here && !model_in_containers(m), { 'd', OUT_RUN, 0755, daemon, daemon } },
		{ m->door.metrics.v, { 'd', OUT_DOOR_RUN, 0755, door, door } },
		{ here && m->users.n > 0, { 'z', "/" OUT_SECRETS, 0600, "root", "root" } },
		/* of two users, neither of whom may make files there */
		{ daemon_logs || door_logs || ledger, { 'd', LOGS, 0755, "root", "root" } },
		{ daemon_logs, { 'f', m->daemon.log.v, 0640, daemon, daemon } },
		{ ledger, { 'f', MODEL_LEDGER, 0600, daemon, daemon } },
		{ door_logs, { 'f', m->door.log.v, 0640, door, door } },
	};
	struct unit_file files[ARRAY_LEN(all)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i].wanted)
			files[n++] = all[i].file;
	out_heading(m, o, "directories and modes.");
	out_failed(o, unit_put_tmpfiles(files, n, &o->text));
}

#include "deploy/model/check.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "deploy/model/value.h"
#include "lib/err.h"

struct where
check_at(const struct model *m, struct where own, struct where group)
{
	return own.line != 0 ? own : group.line != 0 ? group : m->at;
}

static int
given(struct where w)
{
	return w.line != 0;
}

int
check_is_below(const char *a, const char *b)
{
	size_t n = strlen(a);

	return strncmp(a, b, n) == 0 && (b[n] == '\0' || b[n] == '/');
}

/* --- what is served ---------------------------------------------------------------------- */

static void
modules_are_there(const struct model *m, struct faults *l)
{
	if (model_has_daemon(m) && m->modules.n == 0)
		fault_add(l, m->at, "nothing is served; add modules = ( { name = \"...\"; path = \"/srv/...\"; } );");
	for (size_t i = 0; !model_has_daemon(m) && i < m->modules.n; i++)
		fault_add(l, m->modules.v[i].at, "modules are served by the back ends; move this one to a file of "
		    "theirs");
}

/* Say so when own is called as an earlier one, old. */
static void
compare_names(const char *what, const struct m_text *own, const struct m_text *old, struct faults *l)
{
	if (own->v != NULL && old->v != NULL && strcasecmp(own->v, old->v) == 0)
		fault_add(l, own->at, "there is a %s \"%s\" already, in line %u; choose another name", what, old->v, old->at.line);
}

static void
names_are_unique(const struct model *m, struct faults *l)
{
	for (size_t i = 0; i < m->modules.n; i++)
		for (size_t k = 0; k < i; k++)
			compare_names("module", &m->modules.v[i].name, &m->modules.v[k].name, l);
	for (size_t i = 0; i < m->users.n; i++)
		for (size_t k = 0; k < i; k++)
			compare_names("user", &m->users.v[i].name, &m->users.v[k].name, l);
	for (size_t i = 0; i < m->groups.n; i++)
		for (size_t k = 0; k < i; k++)
			compare_names("group", &m->groups.v[i].name, &m->groups.v[k].name, l);
	for (size_t i = 0; i < m->backends.n; i++)
		for (size_t k = 0; k < i; k++)
			compare_names("back end", &m->backends.v[i].name, &m->backends.v[k].name, l);
}

static void
modules_do_not_overlap(const struct model *m, struct faults *l)
{
	for (size_t i = 0; i < m->modules.n; i++)
		for (size_t k = 0; k < m->modules.n; k++) {
			const struct m_text *outer = &m->modules.v[k].path, *inner = &m->modules.v[i].path;

			if (i == k || outer->v == NULL || inner->v == NULL || !check_is_below(outer->v, inner->v) ||
			    (strcmp(outer->v, inner->v) == 0 && k > i))
				continue;
			fault_add(l, inner->at, "%s is inside of the module of line %u, whose rules would not count "
			    "there; serve directories beside each other",
			    inner->v, outer->at.line);
		}
}

/* The directory above path that the units of daemon and door hide (ProtectHome, PrivateTmp), or that is no place for files; NULL: none is. */
static const char *
hidden_above(const char *path)
{
	static const char *const hidden[] = { "/home", "/root", "/run/user", "/tmp", "/var/tmp", "/proc", "/sys",
	    "/dev" };

	for (size_t k = 0; path != NULL && k < ARRAY_LEN(hidden); k++)
		if (check_is_below(hidden[k], path))
			return hidden[k];
	return NULL;
}

static void
paths_are_visible(const struct model *m, struct faults *l)
{
	for (size_t i = 0; i < m->modules.n; i++) {
		const struct m_text *path = &m->modules.v[i].path;

		if (hidden_above(path->v) != NULL)
			fault_add(l, path->at, "%s is below %s, which the daemon's unit hides; "
			    "serve it from /srv (mount --bind brings a directory there)", path->v, hidden_above(path->v));
	}
}

/* Places of the deployment itself: who reads or writes there has more than files. */
static void
modules_are_not_ours(const struct model *m, struct faults *l)
{
	static const char *const ours[] = { "/etc/sallyport", "/var/lib/sallyport", "/run/sallyport" };

	for (size_t i = 0; i < m->modules.n; i++)
		for (size_t k = 0; k < ARRAY_LEN(ours); k++) {
			const char *path = m->modules.v[i].path.v;

			if (path != NULL && (check_is_below(path, ours[k]) || check_is_below(ours[k], path)))
				fault_add(l, m->modules.v[i].path.at,
				    "%s would serve %s, where secrets and configurations are; name another directory",
				    path, ours[k]);
		}
}

static const struct m_user *
find_user(const struct model *m, const char *name)
{
	for (size_t i = 0; i < m->users.n; i++)
		if (m->users.v[i].name.v != NULL && strcmp(m->users.v[i].name.v, name) == 0)
			return &m->users.v[i];
	return NULL;
}

static void
users_are_there(const struct model *m, struct faults *l)
{
	for (size_t i = 0; i < m->modules.n; i++)
		for (size_t k = 0; k < m->modules.v[i].users.n; k++)
			if (find_user(m, m->modules.v[i].users.v[k].v) == NULL)
				fault_add(l, m->modules.v[i].users.v[k].at,
				    "user \"%s\" is not in the list users; add { name = \"%s\"; } there",
				    m->modules.v[i].users.v[k].v, m->modules.v[i].users.v[k].v);
}

static void
groups_are_there(const struct model *m, struct faults *l)
{
	for (size_t i = 0; i < m->modules.n; i++)
		for (size_t k = 0; k < m->modules.v[i].clients.n; k++) {
			const struct m_text *t = &m->modules.v[i].clients.v[k];

			if (value_is_group(t->v) && value_client(t->v) == NULL && model_group(m, t->v) == NULL)
				fault_add(l, t->at, "group \"%s\" is not in the list groups; add { name = \"%s\"; members = [ \"cn:...\" ]; } there",
				    t->v + 1, t->v + 1);
		}
}

static void
secrets_have_one_source(const struct model *m, struct faults *l)
{
	for (size_t i = 0; i < m->users.n; i++)
		if (given(m->users.v[i].secret.at) && given(m->users.v[i].secret_file.at))
			fault_add(l, m->users.v[i].secret_file.at,
			    "there is a secret and a secret_file; take one of them out");
}

/* Who can write and delete without a name?  Whoever the door lets in. */
static void
writers_are_known(const struct model *m, struct faults *l)
{
	if (m->door.kind.v == M_SSH || m->door.client_certs.v == M_CERTS_REQUIRED ||
	    m->door.client_certs.v == M_CERTS_PINNED)
		return;
	for (size_t i = 0; i < m->modules.n; i++)
		if (m->modules.v[i].access.v == M_WRITE && !given(m->modules.v[i].users.at) && !model_module_has_identities(&m->modules.v[i]))
			fault_add(l, m->modules.v[i].access.at,
			    "everybody who reaches the door could write and delete here; "
			    "name users, or have door.client_certs = \"required\", or take \"upload\"");
}

static void
identities_fit(const struct model *m, struct faults *l)
{
	for (size_t i = 0; i < m->modules.n; i++) {
		const struct m_module *o = &m->modules.v[i];

		if (o->owners.v == M_OWNERS_KEEP && (given(o->user.at) || given(o->group.at)))
			fault_add(l, given(o->user.at) ? o->user.at : o->group.at,
			    "with owners = \"keep\" the module is root's; take user and group out");
		if (m->daemon.privileged.v)
			continue;
		if (o->owners.v == M_OWNERS_KEEP)
			fault_add(l, o->owners.at, "owners can be kept by a daemon that starts as root only; take "
			    "\"fake\", or have daemon.privileged = true");
		if (given(o->user.at) || given(o->group.at))
			fault_add(l, given(o->user.at) ? o->user.at : o->group.at,
			    "an unprivileged daemon serves as sallyport-syncd only; take this out, or have "
			    "daemon.privileged = true");
	}
}

static void
module_clients_are_seen(const struct model *m, struct faults *l)
{
	for (size_t i = 0; i < m->modules.n; i++)
		if (m->modules.v[i].clients.n > 0 && !model_sends_address(m))
			fault_add(l, m->modules.v[i].clients.at,
			    "the daemon is told no addresses, so that nobody could enter; "
			    "take this out, or have door.send_address = true (not with ssh)");
}

/* A certificate is known by what the door says of it, and the door alone must be able to say it. */
static const char *
identity_fault(const struct model *m)
{
	if (m->door.kind.v != M_TUNNEL || !model_sends_address(m))
		return "sallyport-tunnel alone says who a certificate is; have door.kind = \"tunnel\", and door.send_address = true";
	if (m->daemon.program.v != M_SALLYPORT || model_socket(m) == NULL)
		return "whoever reaches the daemon's port could say that he is anybody; have sallyport-syncd listen on a UNIX socket";
	if (m->door.client_certs.v == M_CERTS_NONE)
		return "nobody is asked for a certificate; have door.client_certs = \"required\"";
	return NULL;
}

static void
identities_are_told(const struct model *m, struct faults *l)
{
	const char *fault = identity_fault(m);

	for (size_t i = 0; i < m->modules.n && fault != NULL; i++)
		if (model_module_has_identities(&m->modules.v[i]))
			fault_add(l, m->modules.v[i].clients.at, "%s", fault);
}

/* A pinned certificate is known by its subject and key alone. */
static void
pinned_names(const struct m_texts *names, struct faults *l)
{
	for (size_t k = 0; k < names->n; k++) {
		const struct m_text *t = &names->v[k];

		if (value_is_identity(t->v) && !value_is_group(t->v) && strncmp(t->v, "cn:", 3) != 0 && strncmp(t->v, "key:", 4) != 0)
			fault_add(l, t->at, "of pinned certificates the common name and the key count; take cn: or key:");
	}
}

static void
pinned_names_are_told(const struct model *m, struct faults *l)
{
	if (m->door.client_certs.v != M_CERTS_PINNED)
		return;
	for (size_t i = 0; i < m->modules.n; i++)
		pinned_names(&m->modules.v[i].clients, l);
	for (size_t i = 0; i < m->groups.n; i++)
		pinned_names(&m->groups.v[i].members, l);
}

/* --- the daemon -------------------------------------------------------------------------- */

static void
listeners_fit(const struct model *m, struct faults *l)
{
	const struct m_texts *v = &m->daemon.listen;
	int64_t port = 0, own;
	int paths = 0, points = 0;
	char host[64];

	for (size_t i = 0; i < v->n; i++) {
		struct where w = check_at(m, v->v[i].at, m->daemon.at);

		if (v->v[i].v[0] == '/') {
			if (++paths == 2)
				fault_add(l, w, "there is a socket already; the daemon has one");
			if (m->daemon.program.v == M_RSYNC)
				fault_add(l, given(v->at) ? w : check_at(m, m->daemon.program.at, m->daemon.at),
				    "rsync listens on no UNIX socket; have daemon.listen = [ \"127.0.0.1:873\" ]");
			continue;
		}
		if ((own = model_endpoint(v->v[i].v, host)) < 0)
			continue;
		if (points++ > 0 && own != port)
			fault_add(l, w, "the daemon has one port for all its addresses; write %d here, too", (int)port);
		if (points == 2 && m->daemon.program.v == M_RSYNC)
			fault_add(l, w, "rsync listens on one address, or on all of them; keep 127.0.0.1");
		if (value_listen(v->v[i].v) == NULL && strcmp(host, "127.0.0.1") != 0 && strcmp(host, "::1") != 0)
			fault_add(l, w, "the daemon's address is 127.0.0.1 or ::1; write one of these");
		port = port == 0 ? own : port;
	}
}

/* Everybody on the machine may connect to a port; who tells addresses there could tell any. */
static void
ports_do_not_meet(const struct model *m, struct faults *l)
{
	char host[64], inner[64];

	for (size_t i = 0; m->door.kind.v != M_SSH && i < m->door.addresses.n; i++)
		for (size_t k = 0; k < m->daemon.listen.n; k++) {
			int64_t door = model_endpoint(m->door.addresses.v[i].v, host);

			if (m->daemon.listen.v[k].v[0] != '/' && door > 0 &&
			    door == model_endpoint(m->daemon.listen.v[k].v, inner))
				fault_add(l, check_at(m, m->door.addresses.v[i].at, m->door.at),
				    "the daemon has port %d already, and the firewall closes that one; take another, "
				    "such as 874", (int)door);
		}
}

/* Units and firewall know the door by its port. */
static void
door_has_one_port(const struct model *m, struct faults *l)
{
	const struct m_texts *v = &m->door.addresses;
	char host[64];
	int64_t first, own;

	if (v->n == 0 || m->door.kind.v == M_SSH || (first = model_endpoint(v->v[0].v, host)) < 0)
		return;
	for (size_t i = 1; i < v->n; i++)
		if ((own = model_endpoint(v->v[i].v, host)) >= 0 && own != first)
			fault_add(l, check_at(m, v->v[i].at, m->door.at), "the door has one port for all its addresses; "
			    "write %d here, too", (int)first);
}

/* The directory that the units make for daemon and door; elsewhere a user without rights cannot create a file. */
static void
logs_can_be_written(const struct model *m, struct faults *l)
{
	const struct m_text *logs[] = { &m->daemon.log, &m->door.log };

	for (size_t i = 0; i < ARRAY_LEN(logs); i++)
		if (logs[i]->v != NULL && logs[i]->v[0] == '/' &&
		    (!check_is_below("/var/log/sallyport", logs[i]->v) || strcmp("/var/log/sallyport", logs[i]->v) == 0))
			fault_add(l, logs[i]->at, "%s: once it has dropped its rights it could not create or rotate "
			    "that file; "
			    "take \"journal\", or a file in /var/log/sallyport, which is made for it", logs[i]->v);
	if (m->door.kind.v == M_HAPROXY && m->door.log.v != NULL && m->door.log.v[0] == '/')
		fault_add(l, m->door.log.at, "HAProxy writes no files; take \"journal\"");
}

/* --- the door ---------------------------------------------------------------------------- */

static void
certificates_are_named(const struct model *m, struct faults *l)
{
	const struct m_door *d = &m->door;
	struct where w = check_at(m, d->kind.at, d->at);
	char beside[4200];

	if (d->kind.v == M_SSH)
		return;
	if (d->cert.v == NULL)
		fault_add(l, w, "door.cert is missing: without a certificate nobody can be sure whom they reach");
	if (d->kind.v != M_HAPROXY && d->key.v == NULL)
		fault_add(l, w, "door.key is missing: the private key of door.cert");
	if (d->kind.v != M_HAPROXY || d->key.v == NULL || d->cert.v == NULL)
		return;
	snprintf(beside, sizeof beside, "%s.key", d->cert.v);
	if (strcmp(beside, d->key.v) != 0)
		fault_add(l, d->key.at, "HAProxy looks for the key in the certificate's file or in %.300s; move it "
		    "there", beside);
}

static void
client_certificates_fit(const struct model *m, struct faults *l)
{
	const struct m_door *d = &m->door;

	if (d->client_certs.v != M_CERTS_NONE && d->kind.v == M_SSH)
		fault_add(l, d->client_certs.at, "ssh has keys and no certificates; take this out and list "
		    "ssh.public_keys");
	else if (d->client_certs.v != M_CERTS_NONE && d->ca.v == NULL)
		fault_add(l, d->client_certs.at, "door.ca is missing: whose signature makes a client's certificate "
		    "good?");
	if (d->client_certs.v == M_CERTS_NONE && given(d->ca.at))
		fault_add(l, d->ca.at, "door.ca is for clients' certificates, which nobody is asked for; have "
		    "door.client_certs = \"required\"");
	if (given(d->crl.at) && (d->client_certs.v == M_CERTS_NONE || d->client_certs.v == M_CERTS_PINNED))
		fault_add(l, d->crl.at, "a revocation list counts with door.client_certs = \"required\" or "
		    "\"optional\" only; take it out, or change that");
	if (d->kind.v == M_HAPROXY && d->client_certs.v == M_CERTS_PINNED)
		fault_add(l, d->client_certs.at, "HAProxy knows authorities and no pinned certificates; take "
		    "\"required\", or door.kind = \"tunnel\"");
}

/* What the authority of the deployment's own makes, and where. */
static void
authority_fits(const struct model *m, struct faults *l)
{
	const struct m_door *d = &m->door;
	const struct m_text *files[] = { &d->cert, &d->key, &d->ca, &d->crl };

	if (!model_has_authority(m)) {
		if (given(d->authority_dir.at))
			fault_add(l, d->authority_dir.at, "door.authority_dir is for an authority of the deployment's own; have "
			    "door.authority = \"own\"");
		return;
	}
	if ((d->kind.v != M_TUNNEL && d->kind.v != M_STUNNEL) || model_in_cluster(m))
		fault_add(l, d->authority.at, "only sallyport-tunnel and stunnel of this machine read what an authority here makes; take this "
		    "out, and name the files");
	if (d->client_certs.v == M_CERTS_PINNED)
		fault_add(l, d->client_certs.at, "an authority signs certificates, and pins none; take \"required\"");
	if (d->authority_dir.v != NULL && strchr(d->authority_dir.v, ':') != NULL)
		fault_add(l, d->authority_dir.at, "%s has a colon, at which a unit ends a path; choose another name", d->authority_dir.v);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		if (files[i]->v == NULL || d->authority_dir.v == NULL)
			continue;
		if (strchr(files[i]->v, ':') != NULL)
			fault_add(l, files[i]->at, "%s has a colon, at which a unit ends a path; choose another name", files[i]->v);
		if (check_is_below(d->authority_dir.v, files[i]->v))
			fault_add(l, check_at(m, files[i]->at, d->authority_dir.at), "the door cannot read %s, which is in the authority's folder; name a "
			    "file elsewhere", files[i]->v);
		for (size_t k = 0; k < i; k++)
			if (files[k]->v != NULL && strcmp(files[k]->v, files[i]->v) == 0)
				fault_add(l, check_at(m, files[i]->at, d->authority.at), "two things would be written to %s; name another file",
				    files[i]->v);
	}
	for (size_t i = 0; i < m->modules.n && d->authority_dir.v != NULL; i++)
		if (m->modules.v[i].path.v != NULL && (check_is_below(m->modules.v[i].path.v, d->authority_dir.v) ||
		    check_is_below(d->authority_dir.v, m->modules.v[i].path.v)))
			fault_add(l, m->modules.v[i].path.at, "%s would serve the authority's keys; name another directory",
			    m->modules.v[i].path.v);
}

/* Of our programs alone, and where this machine sees the sockets. */
static void
metrics_are_ours(const struct model *m, struct faults *l)
{
	const struct m_number *daemon = &m->daemon.metrics, *door = &m->door.metrics;

	if (daemon->v && (!model_has_daemon(m) || m->daemon.program.v != M_SALLYPORT))
		fault_add(l, daemon->at, "sallyport-syncd alone tells its numbers, and it is not on this machine; take this out");
	if (door->v && m->door.kind.v != M_TUNNEL)
		fault_add(l, door->at, "sallyport-tunnel alone tells its numbers this way; take this out, or have door.kind = \"tunnel\"");
	if (model_in_containers(m) && (daemon->v || door->v))
		fault_add(l, daemon->v ? daemon->at : door->at, "the sockets of numbers would be inside of the containers; take this out");
}

/* A container's root is read-only: a ledger would want a volume of its own, made otherwise in each of the four runtimes. */
static void
ledger_can_be_kept(const struct model *m, struct faults *l)
{
	const struct m_number *ledger = &m->daemon.ledger;
	const struct m_text *logs[] = { &m->daemon.log, &m->door.log };

	if (!ledger->v)
		return;
	if (!model_has_daemon(m) || m->daemon.program.v != M_SALLYPORT)
		fault_add(l, ledger->at, "sallyport-syncd alone keeps a ledger, and it is not on this machine; take this out");
	else if (model_in_containers(m))
		fault_add(l, ledger->at, "a container keeps no files; take this out, or have containers.kind = \"none\"");
	for (size_t i = 0; i < ARRAY_LEN(logs); i++)
		if (logs[i]->v != NULL && strcmp(logs[i]->v, MODEL_LEDGER) == 0)
			fault_add(l, logs[i]->at, "the ledger is there; choose another name");
}

/* Who writes the ledger as the user that has the key could write all of it anew. */
static void
ledger_can_be_signed(const struct model *m, struct faults *l)
{
	const struct m_text *key = &m->daemon.ledger_key;

	if (key->v == NULL)
		return;
	if (!m->daemon.ledger.v)
		fault_add(l, key->at, "there is no ledger to sign; have daemon.ledger = true, or take this out");
	else if (!m->daemon.privileged.v)
		fault_add(l, key->at, "a daemon that is never root would have the key as the user that writes the ledger; take this out, or have "
		    "daemon.privileged = true");
	if (hidden_above(key->v) != NULL)
		fault_add(l, key->at, "%s is below %s, which the daemon's unit hides; move it, such as to /etc/sallyport", key->v, hidden_above(key->v));
}

static void
ssh_has_a_port(const struct model *m, struct faults *l)
{
	if (m->door.kind.v != M_SSH)
		return;
	if (model_loopback(m) == NULL)
		fault_add(l, check_at(m, m->daemon.listen.at, m->door.at),
		    "ssh can be held to a port, and not to a socket; have daemon.listen = [ \"127.0.0.1:873\" ]");
	else if (model_socket(m) != NULL)
		fault_add(l, check_at(m, m->daemon.listen.at, m->door.at),
		    "ssh goes to %s, and nobody to the socket; take that out", model_loopback(m));
	if (!given(m->ssh.public_keys.at))
		fault_add(l, check_at(m, m->ssh.at, m->door.at), "ssh.public_keys is missing: nobody could log in");
}

static void
idle_is_longer(const struct model *m, struct faults *l)
{
	if (model_has_daemon(m) && m->door.kind.v != M_SSH && m->door.idle.v <= m->daemon.timeout.v)
		fault_add(l, check_at(m, m->door.idle.at, m->daemon.timeout.at),
		    "door.idle is not longer than daemon.timeout, so that the door would cut "
		    "transfers that the daemon still waits for; have more than %d", (int)m->daemon.timeout.v);
}

/* --- back ends --------------------------------------------------------------------------- */

static void
backends_fit(const struct model *m, struct faults *l)
{
	for (size_t i = 0; i < m->backends.n; i++) {
		const struct m_backend *b = &m->backends.v[i];
		char host[64];

		if (m->door.kind.v != M_HAPROXY)
			fault_add(l, b->at, "back ends are HAProxy's; have door.kind = \"haproxy\"");
		if (b->tls.v && !given(b->host.at))
			fault_add(l, b->at, "backends.host is missing: the name that its certificate carries");
		if (!b->tls.v && b->address.v != NULL && model_endpoint(b->address.v, host) > 0 &&
		    value_listen(b->address.v) != NULL)
			fault_add(l, b->tls.at, "%s would get plain text over the network; have tls = true",
			    b->address.v);
		if (b->tls.v && !given(m->haproxy.ca.at))
			fault_add(l, b->at, "haproxy.ca is missing: who signed the certificate of this back end?");
	}
	for (size_t i = 0; !model_has_daemon(m) && i < m->users.n; i++)
		fault_add(l, m->users.v[i].at, "users log in at the back ends; move this one to a file of theirs");
}

/* --- who may come ------------------------------------------------------------------------ */

static void
everybody_is_said(const struct model *m, struct faults *l)
{
	const struct m_firewall *f = &m->firewall;

	for (size_t i = 0; i < f->clients.n; i++)
		if (value_is_everybody(f->clients.v[i].v) && !f->anyone.v)
			fault_add(l, f->clients.v[i].at, "%s is everybody; say so by firewall.anyone = true, or name "
			    "your clients' networks", f->clients.v[i].v);
	if (f->anyone.v && given(f->clients.at))
		fault_add(l, f->clients.at, "firewall.anyone = true lets in everybody, and this list would mean "
		    "nothing; take one of them out");
	if (f->kind.v != M_NO_FIREWALL && m->door.kind.v != M_SSH && !f->anyone.v && !given(f->clients.at))
		fault_add(l, check_at(m, f->at, m->at), "firewall.clients is missing: from which networks do clients come?  "
		    "(firewall.anyone = true lets in everybody)");
}

static void
client_end_fits(const struct model *m, struct faults *l)
{
	const struct m_client *c = &m->client;

	if (given(c->cert.at) != given(c->key.at))
		fault_add(l, given(c->cert.at) ? c->cert.at : c->key.at,
		    "client.cert and client.key go together; add the other one");
	if ((m->door.client_certs.v == M_CERTS_REQUIRED || m->door.client_certs.v == M_CERTS_PINNED) &&
	    !given(c->cert.at) && !model_has_authority(m) &&	/* whose clients join */
	    (given(c->listen.at) || given(c->address.at) || given(c->ca.at)))
		fault_add(l, c->at, "the door wants a certificate of clients; add client.cert and client.key");
	if (m->door.kind.v == M_SSH && c->listen.v != NULL && c->listen.v[0] == '/' && strchr(c->listen.v, ':') != NULL)
		fault_add(l, c->listen.at, "ssh takes the colon in %s for the end of it; choose another name", c->listen.v);
	if (m->door.kind.v == M_SSH && given(c->cert.at))
		fault_add(l, c->cert.at, "ssh has keys and no certificates; take this out");
}

/* What holds a key is lent to the door, by a unit or a container's runtime: both read a colon as the end of a name. */
static void
keys_can_be_lent(const struct model *m, struct faults *l)
{
	const struct m_text *files[] = { &m->door.key, m->door.kind.v == M_HAPROXY ? &m->door.cert : NULL, &m->haproxy.cert };

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (files[i] != NULL && files[i]->v != NULL && strchr(files[i]->v, ':') != NULL)
			fault_add(l, files[i]->at, "%s has a colon, at which what lends it to the door ends; move it", files[i]->v);
}

static void (*const rules[])(const struct model *m, struct faults *l) = {
	modules_are_there, names_are_unique, modules_do_not_overlap, paths_are_visible, modules_are_not_ours,
	    users_are_there, groups_are_there, secrets_have_one_source,
	writers_are_known, identities_fit, module_clients_are_seen, listeners_fit, ports_do_not_meet, door_has_one_port,
	logs_can_be_written, certificates_are_named, client_certificates_fit, authority_fits, ssh_has_a_port, idle_is_longer,
	    backends_fit,
	metrics_are_ours, ledger_can_be_kept, ledger_can_be_signed, identities_are_told, pinned_names_are_told, everybody_is_said, client_end_fits, keys_can_be_lent, check_containers,
};

void
model_check(const struct model *m, struct faults *l)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		rules[i](m, l);
}

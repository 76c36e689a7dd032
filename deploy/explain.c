#include "deploy/explain.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "deploy/out/shared.h"
#include "deploy/out/units.h"
#include "deploy/verb.h"
#include "lib/err.h"

/* The texts with blanks between them.  Returns dst. */
static const char *
join(const struct m_texts *l, char *dst, size_t size)
{
	size_t n = 0;

	dst[0] = '\0';
	for (size_t i = 0; i < l->n && n < size; i++)
		n += (size_t)snprintf(dst + n, size - n, "%s%s", i > 0 ? " " : "", l->v[i].v);
	return dst;
}

static void
client(const struct model *m, struct emit *o)
{
	static const char *const certs[] = { "", ", client certificates optional", ", client certificates required",
	    ", pinned client certificates" };

	emit_line(o, "  client     rsync -> %s, the client's end of the tunnel", m->client.listen.v);
	if (m->door.kind.v == M_SSH)
		emit_line(o, "    ║        ssh to %s@%s port %d, keys only", m->ssh.user.v, m->host.v,
		    (int)m->ssh.port.v);
	else
		emit_line(o, "    ║        TLS 1.%d or newer to %s%s", m->door.tls.v == M_TLS13 ? 3 : 2, m->host.v,
		    certs[m->door.client_certs.v]);
}

/* 0 is no bound. */
static const char *
number(const struct m_number *v, char dst[32])
{
	if (v->v == 0)
		return "any number of";
	snprintf(dst, 32, "%d", (int)v->v);
	return dst;
}

static void
firewall(const struct model *m, struct emit *o)
{
	static const char *const kinds[] = { "nftables", "iptables" };
	const struct m_firewall *f = &m->firewall;
	char text[4000], rate[32], connections[32];

	if (!out_has_firewall(m)) {
		emit_line(o, model_in_cluster(m) ? "    ║        NetworkPolicy and Service: from %s" : "    ║        no firewall of ours",
		    f->clients.n == 0 ? "everybody" : join(&f->clients, text, sizeof text));
		return;
	}
	emit_line(o, "  ░░░░░      firewall (%s): from %s", kinds[f->kind.v], f->anyone.v ? "everybody" :
	    join(&f->clients, text, sizeof text));
	emit_line(o, "  ░░░░░      %s new connections a minute and %s at a time from one address",
	    number(&f->rate, rate), number(&f->connections, connections));
	if (out_door_guarded(m) != NULL)
		emit_line(o, "  ░░░░░      sallyport-firewall.service, without which %s does not start", out_door_guarded(m));
	else
		emit_line(o, "  ░░░░░      sallyport-firewall.service");
	emit_line(o, "    ║");
}

/* A container, which has the same walls whatever runtime made it. */
static void
container(const struct model *m, const char *caps, const char *network, struct emit *o)
{
	static const char *const kinds[] = { "", "podman's pod", "podman's pod", "docker compose", "Kubernetes' pod" };

	emit_line(o, "    │        container of %s: read-only root, %s%s", kinds[m->containers.kind.v],
	    caps[0] == '\0' ? "no capability" : "of root's capabilities ", caps);
	emit_line(o, "    │        network: %s", network);
}

static void
door(const struct model *m, struct emit *o)
{
	static const char *const programs[] = { "sallyport-tunnel", "stunnel", "haproxy" };
	char text[4000];

	if (m->door.kind.v == M_SSH)
		emit_line(o, "  door       sshd as %s", out_door_user(m));
	else
		emit_line(o, "  door       %s as %s, on %s", programs[m->door.kind.v], out_door_user(m),
		    join(&m->door.addresses, text, sizeof text));
	if (model_in_containers(m))
		container(m, "", "of its own, of which that port is published", o);
	if (m->door.kind.v == M_SSH || model_in_containers(m))
		return;
	emit_line(o, "    │        %s: never root, lent its key; writes %s", out_door_service(m),
	    strcmp(m->door.log.v, "journal") == 0 ? "nothing" : "its log alone");
	emit_line(o, "    │        %s", !model_has_daemon(m) ? "network: clients and back ends" :
	    m->door.kind.v == M_HAPROXY ? "network: clients, and this machine" : model_socket(m) == NULL ?
	    "network: passed connections of clients, and this machine" : "no network but passed connections of clients");
}

/* Privileges of the daemon's unit, and where it writes. */
static void
daemon_walls(const struct model *m, struct emit *o)
{
	size_t written = 0;

	if (model_in_containers(m)) {
		container(m, out_daemon_caps(m), m->containers.kind.v == M_COMPOSE ? "none" : "the door's, where it has no port", o);
		return;
	}
	for (size_t i = 0; i < m->modules.n; i++)
		written += m->modules.v[i].access.v != M_READ;
	emit_line(o, "    │        %s: %s; writes to %zu of %zu modules", m->daemon.program.v == M_RSYNC ? "rsync.service" :
	    "sallyport-syncd.service", m->daemon.privileged.v ? "root with few capabilities" :
	    "never root; of /srv and /var it sees its modules", written, m->modules.n);
	emit_line(o, "    │        %s", m->daemon.program.v == M_RSYNC ? "network: this machine" :
	    "no network but passed connections");
}

static void
inner_wall(const struct model *m, struct emit *o)
{
	const char *socket = model_socket(m);
	char who[128] = "which every user of this machine can reach";

	if (out_has_firewall(m))
		snprintf(who, sizeof who, "which the firewall keeps for %s and root", out_door_user(m));
	if (socket != NULL)
		emit_line(o, "    │        %s, mode 0660, for %s alone", socket, out_door_user(m));
	else
		emit_line(o, "    │        %s, %s", model_loopback(m), who);
	if (socket != NULL && model_loopback(m) != NULL)
		emit_line(o, "    │        (and %s, which every user of this machine can reach)", model_loopback(m));
	if (model_sends_address(m))
		emit_line(o, "    │        tells the daemon each client's address");
	if (model_sends_address(m) && socket == NULL && !out_has_firewall(m))
		emit_line(o, "    │        (and so could every user of this machine, for any address)");
}

static void
module(const struct model *m, const struct m_module *v, int last, struct emit *o)
{
	static const char *const access[] = { "read", "read and write", "upload only" };
	char users[4000], as[160];

	if (!m->daemon.privileged.v)
		snprintf(as, sizeof as, "sallyport-syncd");
	else if (v->owners.v == M_OWNERS_KEEP)
		snprintf(as, sizeof as, "root, below %.100s", v->path.v);
	else
		snprintf(as, sizeof as, "%s:%s", v->user.v, v->group.v);
	emit_line(o, "    %s %s: %s, %s, as %s, for %s", last ? "└─" : "├─", v->name.v, v->path.v, access[v->access.v],
	    as, v->users.n == 0 ? "everybody who comes in" : join(&v->users, users, sizeof users));
}

static void
daemon_of(const struct model *m, struct emit *o)
{
	emit_line(o, "  daemon     %s as %s", m->daemon.program.v == M_RSYNC ? "rsync --daemon" : "sallyport-syncd",
	    m->daemon.privileged.v ? "root, each module as its own user" : OUT_DAEMON_USER);
	daemon_walls(m, o);
	for (size_t i = 0; i < m->modules.n; i++)
		module(m, &m->modules.v[i], i + 1 == m->modules.n, o);
}

static void
backends(const struct model *m, struct emit *o)
{
	for (size_t i = 0; i < m->backends.n; i++) {
		const struct m_backend *b = &m->backends.v[i];

		emit_line(o, "    %s %s: %s, %s%s", i + 1 == m->backends.n ? "╚═" : "╠═", b->name.v, b->address.v,
		    b->tls.v ? "TLS again, as " : "plain text",
		    b->tls.v ? b->host.v : "");
	}
}

void
explain(const struct model *m, struct emit *o)
{
	emit_line(o, "%s at %s", m->name.v, m->host.v);
	emit_line(o, "%s", "");
	client(m, o);
	firewall(m, o);
	door(m, o);
	if (!model_has_daemon(m)) {
		backends(m, o);
		return;
	}
	inner_wall(m, o);
	daemon_of(m, o);
}

int
explain_main(int argc, char **argv)
{
	struct emit o = EMIT_INIT;
	const char *file = NULL;
	struct model *m;
	int status = verb_args(argc, argv, "explain FILE", NULL, 0, &file);

	if (status != VERB_DONE || (status = verb_load(file, "", false, &m)) != VERB_DONE)
		return status;
	explain(m, &o);
	if (o.err != 0)
		status = verb_failed("explain", file, o.err);
	else
		fwrite(buf_head(&o.text), 1, buf_len(&o.text), stdout);
	emit_done(&o);
	model_free(m);
	return status;
}

#include "deploy/out/rsyncd.h"

#include <stdio.h>
#include <string.h>

#include "deploy/model/value.h"
#include "deploy/out/shared.h"
#include "lib/err.h"

/* The texts with commas between them, behind first. */
static void
list(struct emit *o, const char *name, const char *first, const struct m_texts *texts, const char *mark)
{
	char line[8192];
	size_t n = (size_t)snprintf(line, sizeof line, "%s = %s", name, first);

	for (size_t i = 0; i < texts->n && n < sizeof line; i++)
		n += (size_t)snprintf(line + n, sizeof line - n, "%s%s", i > 0 || first[0] != '\0' ? mark : "",
		    texts->v[i].v);
	emit_line(o, "%s", n < sizeof line ? line : "\n");	/* more than a reader's line: an error */
}

/* Addresses that the daemon sees: those of clients, or of the machine itself. */
static void
hosts(const struct model *m, struct emit *o)
{
	if (model_sends_address(m) && m->firewall.clients.n > 0)
		list(o, "hosts allow", "127.0.0.1, ::1", &m->firewall.clients, ", ");
	else if (!model_sends_address(m) && model_socket(m) == NULL)
		emit_setting(o, "hosts allow", "127.0.0.1, ::1");
}

/* On the socket headers are believed, since the door alone comes through it; then a port beside it has none. */
static void
proxy(const struct model *m, struct emit *o)
{
	if (model_sends_address(m) && model_socket(m) != NULL) {
		emit_setting(o, "socket proxy protocol", "yes");
	} else if (model_sends_address(m)) {
		emit_setting(o, "proxy protocol", "yes");
		emit_setting(o, "proxy protocol hosts", "127.0.0.1, ::1");
	}
}

/* The socket is the door's, and nobody else's.  A daemon that is never root has users of its own (PrivateUsers=): to
 * it every peer is nobody, and mode and group are the wall. */
static void
socket_of(const struct model *m, struct emit *o)
{
	if (model_socket(m) == NULL)
		return;
	emit_setting(o, "socket", model_socket(m));
	emit_setting(o, "socket mode", "0660");
	emit_setting(o, "socket group", out_door_user(m));
	emit_setting(o, "socket peers", m->daemon.privileged.v || model_in_containers(m) ? out_door_user(m) : "nobody");
}

static void
limits(const struct model *m, struct emit *o)
{
	emit_setting(o, "use chroot", m->daemon.privileged.v ? "yes" : "no");
	emit_number(o, "max connections", (long)m->daemon.max_connections.v);
	emit_setting(o, "lock file", OUT_RUN "/syncd.lock");
	emit_number(o, "timeout", (long)m->daemon.timeout.v);
	emit_setting(o, "reverse lookup", m->daemon.reverse_lookup.v ? "yes" : "no");
	if (m->daemon.motd.v != NULL)
		emit_setting(o, "motd file", m->daemon.motd.v);
	if (strcmp(m->daemon.log.v, "journal") != 0)
		emit_setting(o, "log file", m->daemon.log.v);
}

static void
identity(const struct model *m, const struct m_module *o, struct emit *e)
{
	int keep = o->owners.v == M_OWNERS_KEEP;

	if (m->daemon.privileged.v) {
		emit_setting(e, "uid", keep ? "0" : o->user.v);
		emit_setting(e, "gid", keep ? "0" : o->group.v);
	}
	if (keep)
		emit_setting(e, "numeric ids", "yes");
	if (o->owners.v == M_OWNERS_FAKE)
		emit_setting(e, "fake super", "yes");
}

static void
access_of(const struct m_module *o, struct emit *e)
{
	emit_setting(e, "list", o->list.v ? "yes" : "no");
	emit_setting(e, "read only", o->access.v == M_READ ? "yes" : "no");
	if (o->access.v == M_UPLOAD) {
		emit_setting(e, "write only", "yes");
		emit_setting(e, "refuse options", "delete delete-*");
	}
	if (o->access.v != M_READ &&
	    o->owners.v != M_OWNERS_KEEP)	/* files of one user: no set-id bits of others */
		emit_setting(e, "incoming chmod", o->access.v == M_UPLOAD ? "ug-s,o=" : "ug-s");
}

/* Those that are names of certificates, or those that are networks. */
static void
pick(const struct m_texts *from, int identities, struct m_text dst[MODEL_LIST_MAX], struct m_texts *ret)
{
	*ret = (struct m_texts){ .v = dst };
	for (size_t i = 0; i < from->n && ret->n < MODEL_LIST_MAX; i++)
		if (value_is_identity(from->v[i].v) == identities)
			dst[ret->n++] = from->v[i];
}

static void
who(const struct model *m, const struct m_module *o, struct emit *e)
{
	struct m_text picked[MODEL_LIST_MAX];
	struct m_texts networks, names;

	if (o->users.n > 0) {
		list(e, "auth users", "", &o->users, ", ");
		emit_setting(e, "secrets file", out_secrets_path(m));
	}
	pick(&o->clients, 0, picked, &networks);
	if (networks.n > 0)
		list(e, "hosts allow", "127.0.0.1, ::1", &networks, ", ");
	if (!model_module_has_identities(o))
		return;
	pick(&o->clients, 1, picked, &names);
	emit_setting(e, "require tls", "yes");
	list(e, "tls users", "", &names, ", ");
	if (model_module_has_groups(o))
		emit_setting(e, "tls groups file", "/" OUT_GROUPS);
}

static void
module(const struct model *m, const struct m_module *o, struct emit *e)
{
	const struct { const char *name; const struct m_text *text; } hooks[] = { { "early exec", &o->early_exec },
	    { "pre-xfer exec", &o->pre_xfer_exec }, { "post-xfer exec", &o->post_xfer_exec } };

	emit_line(e, "%s", "");
	emit_section(e, o->name.v);
	emit_setting(e, "path", o->path.v);
	if (o->comment.v != NULL)
		emit_setting(e, "comment", o->comment.v);
	access_of(o, e);
	identity(m, o, e);
	who(m, o, e);
	if (o->max_connections.v > 0) {
		emit_number(e, "max connections", (long)o->max_connections.v);
		emit_line(e, "lock file = " OUT_RUN "/syncd.%s.lock", o->name.v);
	}
	if (o->log_transfers.v)
		emit_setting(e, "transfer logging", "yes");
	for (size_t i = 0; i < ARRAY_LEN(hooks); i++)
		if (hooks[i].text->v != NULL)
			emit_setting(e, hooks[i].name, hooks[i].text->v);
	if (o->exclude.n > 0)
		list(e, "exclude", "", &o->exclude, " ");
}

static void
modules(const struct model *m, struct emit *o)
{
	for (size_t i = 0; i < m->modules.n; i++)
		module(m, &m->modules.v[i], o);
}

/* Without an address sallyport-syncd listens on both loopback addresses. */
static void
endpoints(const struct model *m, struct emit *o)
{
	char host[64];
	int64_t port = 0;
	int n = 0;

	for (size_t i = 0; i < m->daemon.listen.n; i++)
		if (m->daemon.listen.v[i].v[0] != '/') {
			port = model_endpoint(m->daemon.listen.v[i].v, host);
			n++;
		}
	if (n == 1)
		emit_setting(o, "address", host);
	if (n > 0)
		emit_number(o, "port", (long)port);
}

void
out_syncd(const struct model *m, struct emit *o)
{
	out_heading(m, o, "what sallyport-syncd(8) serves.");
	socket_of(m, o);
	endpoints(m, o);
	proxy(m, o);
	hosts(m, o);
	limits(m, o);
	emit_number(o, "max memory", (long)m->daemon.max_memory.v);
	if (!model_in_containers(m))
		emit_setting(o, "pid file", OUT_PID);
	if (m->daemon.metrics.v)
		emit_setting(o, "metrics", OUT_DAEMON_METRICS);
	if (m->daemon.ledger.v)
		emit_setting(o, "ledger", MODEL_LEDGER);
	if (m->daemon.ledger_key.v != NULL)
		emit_setting(o, "ledger key", m->daemon.ledger_key.v);
	modules(m, o);
}

void
out_groups(const struct model *m, struct emit *o)
{
	out_heading(m, o, "groups of certificates, for \"tls users\".");
	for (size_t i = 0; i < m->groups.n; i++) {
		const struct m_group *g = &m->groups.v[i];

		buf_text(&o->text, g->name.v);	/* a line of any length: no reader has a bound for it */
		for (size_t k = 0; k < g->members.n; k++) {
			buf_text(&o->text, k == 0 ? ": " : ", ");
			buf_text(&o->text, g->members.v[k].v);
		}
		buf_text(&o->text, "\n");
	}
}

void
out_rsyncd(const struct model *m, struct emit *o)
{
	out_heading(m, o, "what rsync --daemon serves.");
	endpoints(m, o);
	proxy(m, o);
	hosts(m, o);
	limits(m, o);
	modules(m, o);
}

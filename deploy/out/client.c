#include "deploy/out/client.h"

#include "deploy/model/value.h"
#include "deploy/out/shared.h"

void
out_client(const struct model *m, struct emit *o)
{
	const struct m_client *c = &m->client;
	char host[64];

	out_heading(m, o, "a client's end of the tunnel, for stunnel(8) or sallyport-tunnel(8).");
	emit_setting(o, "foreground", "yes");
	emit_line(o, "pid =");
	emit_line(o, "%s", "");
	emit_section(o, m->name.v);
	emit_setting(o, "client", "yes");
	emit_setting(o, "accept", c->listen.v);
	emit_line(o, "connect = %s:%d", m->host.v, (int)model_endpoint(m->door.addresses.v[0].v, host));
	emit_setting(o, "delay", "yes");	/* the name is looked up when somebody comes */
	emit_setting(o, "CAfile", c->ca.v);
	emit_setting(o, "verifyChain", "yes");
	emit_setting(o, value_address(m->host.v) == NULL ? "checkIP" : "checkHost", m->host.v);
	emit_setting(o, "sslVersionMin", m->door.tls.v == M_TLS13 ? "TLSv1.3" : "TLSv1.2");
	if (c->cert.v != NULL) {
		emit_setting(o, "cert", c->cert.v);
		emit_setting(o, "key", c->key.v);
	}
	emit_number(o, "TIMEOUTidle", (long)m->door.idle.v);
}

void
out_hosts(const struct model *m, struct emit *o)
{
	out_heading(m, o, "a line for /etc/hosts of a client.");
	emit_line(o, "%s %s", m->client.address.v, m->host.v);
}

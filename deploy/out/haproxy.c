#include "deploy/out/haproxy.h"

#include <stdio.h>
#include <string.h>

#include "deploy/out/shared.h"

/* Keys are root's, and lent to the service, which is never root: no user, and no directory for chroot, either. */
#define LENT "/run/credentials/haproxy.service/"

static void
global(const struct model *m, struct emit *o)
{
	emit_line(o, "global");
	emit_line(o, "    log /dev/log local0");
	emit_line(o, "    maxconn %d", (int)m->door.max_connections.v + 16);
	emit_line(o, "    ssl-default-bind-options ssl-min-ver TLSv1.%d no-tls-tickets",
	    m->door.tls.v == M_TLS13 ? 3 : 2);
	emit_line(o, "    ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20");
	emit_line(o, "    ssl-default-bind-ciphersuites "
	    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
	emit_line(o, "    ssl-default-server-options ssl-min-ver TLSv1.2");
}

static void
defaults(const struct model *m, struct emit *o)
{
	int idle = (int)m->door.idle.v;

	emit_line(o, "%s", "");
	emit_line(o, "defaults");
	emit_line(o, "    mode tcp");
	emit_line(o, "    log global");
	emit_line(o, "    option tcplog");
	emit_line(o, "    option dontlognull");
	emit_line(o, "    timeout connect 10s");
	emit_line(o, "    timeout client %ds", idle);
	emit_line(o, "    timeout server %ds", idle);
	emit_line(o, "    timeout tunnel %ds", idle);
	emit_line(o, "    timeout client-fin 60s");
}

static void
bind_line(const struct model *m, struct emit *o, const char *address)
{
	static const char *const verify[] = { [M_CERTS_NONE] = "", [M_CERTS_OPTIONAL] = " verify optional",
	    [M_CERTS_REQUIRED] = " verify required",
		[M_CERTS_PINNED] = "" };
	const struct m_door *d = &m->door;
	char host[64], line[4 * 4200];
	int port = (int)model_endpoint(address, host);
	size_t n;

	n = (size_t)snprintf(line, sizeof line, "    bind %s:%d%s ssl crt " LENT OUT_PEM_ID, host, port,
	    strchr(host, ':') != NULL ? " v6only" : "");
	if (d->client_certs.v != M_CERTS_NONE)
		n += (size_t)snprintf(line + n, sizeof line - n, " ca-file %s%s", d->ca.v, verify[d->client_certs.v]);
	if (d->crl.v != NULL)
		snprintf(line + n, sizeof line - n, " crl-file %s", d->crl.v);
	emit_line(o, "%s", line);
}

static void
frontend(const struct model *m, struct emit *o)
{
	emit_line(o, "%s", "");
	emit_line(o, "frontend %s", m->name.v);
	for (size_t i = 0; i < m->door.addresses.n; i++)
		bind_line(m, o, m->door.addresses.v[i].v);
	emit_line(o, "    maxconn %d", (int)m->door.max_connections.v);
	if (m->door.handshake_rate.v > 0) {
		emit_line(o, "    stick-table type ipv6 size 100k expire 10s store conn_rate(1s)");
		emit_line(o, "    tcp-request connection track-sc0 src");
		emit_line(o, "    tcp-request connection reject if { sc0_conn_rate gt %d }",
		    (int)m->door.handshake_rate.v);
	}
	emit_line(o, "    default_backend %s-daemon", m->name.v);
}

/* What follows the address of a server that wants to know who comes; rsync's own daemon refuses more than addresses. */
static const char *
proxy(const struct model *m)
{
	if (!model_sends_address(m))
		return "";
	return m->daemon.program.v == M_RSYNC ? " send-proxy-v2" :
	    " send-proxy-v2 proxy-v2-options ssl,cert-cn,ssl-cipher,authority";
}

static void
local(const struct model *m, struct emit *o)
{
	/* no health checks: each would be a connection to the daemon */
	if (model_socket(m) != NULL)
		emit_line(o, "    server local unix@%s%s", model_socket(m), proxy(m));
	else
		emit_line(o, "    server local %s%s", model_loopback(m), proxy(m));
}

static void
remote(const struct model *m, const struct m_backend *b, struct emit *o)
{
	char host[64], to[80];
	int port = (int)model_endpoint(b->address.v, host);

	snprintf(to, sizeof to, "%s:%d", host, port);
	if (!b->tls.v) {
		emit_line(o, "    server %s %s%s", b->name.v, to, proxy(m));
		return;
	}
	emit_line(o, "    server %s %s ssl verify required ca-file %s verifyhost %s sni str(%s)%s check inter 30s",
	    b->name.v, to, m->haproxy.ca.v, b->host.v, b->host.v,
	    m->haproxy.cert.v == NULL ? "" : " crt " LENT OUT_BACKENDS_ID);
}

static void
backend(const struct model *m, struct emit *o)
{
	static const char *const balance[] = { [M_BALANCE_SOURCE] = "source", [M_BALANCE_LEASTCONN] = "leastconn",
		[M_BALANCE_ROUNDROBIN] = "roundrobin" };

	emit_line(o, "%s", "");
	emit_line(o, "backend %s-daemon", m->name.v);
	if (model_has_daemon(m)) {
		local(m, o);
		return;
	}
	emit_line(o, "    balance %s", balance[m->haproxy.balance.v]);
	for (size_t i = 0; i < m->backends.n; i++)
		remote(m, &m->backends.v[i], o);
}

void
out_haproxy(const struct model *m, struct emit *o)
{
	out_heading(m, o, "the door, for HAProxy.");
	global(m, o);
	defaults(m, o);
	frontend(m, o);
	backend(m, o);
}

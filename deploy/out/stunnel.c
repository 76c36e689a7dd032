#include "deploy/out/stunnel.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "deploy/out/pod.h"
#include "deploy/out/shared.h"
#include "lib/err.h"

enum { RENEW_SECONDS = 30 };

/* Forward secrecy and authenticated encryption: what of TLS 1.2 is left. */
static const char CIPHERS[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

static void
verification(const struct model *m, struct emit *o, bool required)
{
	static const char *const lines[] = { [M_CERTS_NONE] = NULL, [M_CERTS_OPTIONAL] = "verifyChain",
	    [M_CERTS_REQUIRED] = "verifyChain",
		[M_CERTS_PINNED] = "verifyPeer" };
	const struct m_door *d = &m->door;

	if (lines[d->client_certs.v] == NULL)
		return;
	emit_setting(o, "CAfile", out_door_ca(m));
	if (d->crl.v != NULL)
		emit_setting(o, "CRLfile", out_door_crl(m));
	emit_setting(o, lines[d->client_certs.v], "yes");
	if (d->client_certs.v == M_CERTS_OPTIONAL && !required)
		emit_setting(o, "requireCert", "no");	/* behind verifyChain, which sets it */
}

static const char *
section_name(const struct model *m, size_t number, char dst[64])
{
	snprintf(dst, 64, number == 0 ? "%s" : "%s-%zu", m->name.v, number + 1);
	return dst;
}

/* How clients shake hands; required: none does without a certificate. */
static void
handshake(const struct model *m, struct emit *o, bool required)
{
	emit_setting(o, "cert", out_door_cert(m));
	emit_setting(o, "key", out_door_key(m));
	emit_setting(o, "sslVersionMin", m->door.tls.v == M_TLS13 ? "TLSv1.3" : "TLSv1.2");
	emit_setting(o, "ciphers", CIPHERS);
	verification(m, o, required);
}

static void
section(const struct model *m, struct emit *o, const char *accept, size_t number)
{
	char name[64];

	emit_line(o, "%s", "");
	emit_section(o, section_name(m, number, name));
	emit_setting(o, "accept", accept);
	emit_setting(o, "connect", model_socket(m) != NULL ? model_socket(m) : model_loopback(m));
	handshake(m, o, false);
	if (model_sends_address(m))
		emit_setting(o, "protocol", "proxy");
	emit_number(o, "TIMEOUTidle", (long)m->door.idle.v);
}

static void
output(const struct model *m, struct emit *o)
{
	emit_setting(o, "foreground", "yes");
	emit_setting(o, "syslog", "no");
	if (strcmp(m->door.log.v, "journal") != 0)
		emit_setting(o, "output", m->door.log.v);
}

/* Who asks the door of that number for this name wants the next certificate, and is told to the authority, not to the daemon. */
static void
renewal(const struct model *m, struct emit *o, size_t number)
{
	char name[64], own[80];

	snprintf(own, sizeof own, "%s-renew", section_name(m, number, name));
	emit_line(o, "%s", "");
	emit_section(o, own);
	emit_line(o, "sni = %s:renew.sallyport", name);
	emit_setting(o, "connect", OUT_RENEW_SOCKET);
	handshake(m, o, true);
	emit_setting(o, "protocol", "proxy");
	emit_number(o, "proxyVersion", 2);
	emit_setting(o, "proxyTLV", "yes");
	emit_number(o, "TIMEOUTidle", RENEW_SECONDS);
}

/* In a container there are no addresses of the machine, whose runtime listens at those: a section for each family. */
static size_t
doors(const struct model *m)
{
	const char *families[2];

	return model_in_containers(m) ? pod_listens(m, families) : m->door.addresses.n;
}

static const char *
accept(const struct model *m, size_t i)
{
	const char *families[2];

	if (!model_in_containers(m))
		return m->door.addresses.v[i].v;
	pod_listens(m, families);
	return families[i];
}

void
out_tunnel(const struct model *m, struct emit *o)
{
	out_heading(m, o, "the door, for sallyport-tunnel(8).");
	output(m, o);
	emit_number(o, "connectionsMax", (long)m->door.max_connections.v);
	emit_number(o, "handshakeRateAddress", (long)m->door.handshake_rate.v);
	if (m->door.metrics.v)
		emit_setting(o, "metrics", OUT_DOOR_METRICS);
	emit_setting(o, "watch", "yes");	/* a renewed certificate counts when it is there */
	for (size_t i = 0; i < doors(m); i++) {
		section(m, o, accept(m, i), i);
		if (model_sends_address(m) && m->daemon.program.v == M_SALLYPORT) {
			emit_number(o, "proxyVersion", 2);
			emit_setting(o, "proxyTLV", "yes");
		}
		if (m->door.crl.v != NULL)
			emit_setting(o, "revokeLive", "yes");
	}
	for (size_t i = 0; model_renews(m) && i < doors(m); i++)
		renewal(m, o, i);
}

/* Sections have the order of the sockets that its unit passes, one for each family: of a single one for both, IPv4's clients
 * would come as ::ffff:a.b.c.d, whom rsync's "hosts allow" does not know. */
void
out_stunnel(const struct model *m, struct emit *o)
{
	char host[64], accept[80];

	out_heading(m, o, "the door, for stunnel(8).");
	output(m, o);
	emit_line(o, "pid =");	/* it stays in the foreground */
	emit_setting(o, "socket", "l:TCP_NODELAY=1");
	emit_setting(o, "socket", "r:TCP_NODELAY=1");
	for (size_t i = 0; i < m->door.addresses.n; i++) {
		int64_t port = model_endpoint(m->door.addresses.v[i].v, host);

		snprintf(accept, sizeof accept, "%s:%d", host, (int)port);	/* without brackets */
		section(m, o, accept, i);
	}
}

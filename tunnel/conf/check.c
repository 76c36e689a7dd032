#include "tunnel/conf/check.h"

#include "lib/is_set.h"

#include <openssl/ssl.h>
#include <string.h>

static int
has_checks(const struct tls_conf *t)
{
	return t->hosts.n + t->ips.n + t->emails.n > 0;
}

static int
endpoints(const struct tun_service *s)
{
	return (s->accept.n > 0) + (s->connect.n > 0) + is_set(s->exec) + (!s->tls.client && s->sni != NULL) +
	    (!s->tls.client && s->protocol == PROTOCOL_SOCKS) + ((s->plain.transparent & TRANSPARENT_DESTINATION) != 0) + (s->tls.client && s->protocol == PROTOCOL_CAPWINCTRL);
}

static const char *
check_endpoints(const struct tun_service *s, const struct tun_conf *conf)
{
	int inetd = conf->inetd, stays = inetd || conf->foreground != FOREGROUND_NO;	/* where it was started */

	if (inetd && s->accept.n > 0)
		return "'accept' option is only allowed in a [section]";
	if (inetd && endpoints(s) != 1)
		return "Inetd mode must define one endpoint";
	if (!inetd && endpoints(s) != 2)
		return "Each service must define two endpoints";
	if (is_set(s->exec) && s->exec[0] != '/' && !(stays && strchr(s->exec, '/') != NULL))
		return "\"exec\" needs a full path name";
	if (is_set(s->exec) && (s->plain.transparent & TRANSPARENT_SOURCE) != 0)
		return "\"transparent = source\" is not supported with \"exec\"";
	for (size_t i = 0; i < s->accept.n; i++)
		if (s->accept.v[i][0] == '\0')
			return "Cannot resolve accept target";
	for (size_t i = 0; i < s->connect.n; i++)
		if (s->connect.v[i][0] == '\0')
			return "Cannot resolve connect target";
	return NULL;
}

static const char *
check_redirect(const struct tun_service *s)
{
	if (s->redirect.n == 0)
		return NULL;
	if (s->tls.client)
		return "\"redirect\" is unsupported in client sections";
	if (!s->tls.plain.verify.chain && !s->tls.plain.verify.peer)
		return "Either \"verifyChain\" or \"verifyPeer\" has to be enabled for \"redirect\" to work";
	return NULL;
}

static const char *
check_tls(const struct tls_conf *t)
{
	const struct tls_plain *p = &t->plain;

	if (!t->client && !is_set(t->cert) && !is_set(t->psk_secrets))
		return "TLS server needs a certificate";
	if (p->version_min != 0 && p->version_max != 0 && p->version_min > p->version_max)
		return "Invalid protocol version range";
	if ((p->verify.chain || p->verify.peer) && !is_set(t->ca_file) && !is_set(t->ca_path) && !is_set(t->ca_store))
		return "Either \"CAfile\", \"CApath\" or \"CAstore\" has to be configured";
	if (t->revoke_live && !is_set(t->crl_file) && !is_set(t->crl_path))
		return "\"revokeLive\" needs \"CRLfile\" or \"CRLpath\"";
	if (t->revoke_live && !p->verify.chain && !p->verify.peer)
		return "\"revokeLive\" needs \"verifyChain\" or \"verifyPeer\"";
	if ((is_set(t->ocsp) || t->ocsp_aia) && !p->verify.chain)
		return "\"verifyChain\" has to be enabled for OCSP support";
	if (is_set(t->ticket_key) != is_set(t->ticket_mac))
		return "\"ticketKeySecret\" and \"ticketMacSecret\" must be set together";
	if (has_checks(t) && !p->verify.chain && !p->verify.peer)
		return "Either \"verifyChain\" or \"verifyPeer\" has to be enabled";
	return NULL;
}

static int
has_port(const char *host)
{
	const char *colon = strrchr(host, ':');

	return colon != NULL && colon != host && colon[1] != '\0' && colon[1 + strspn(colon + 1, "0123456789")] == '\0' &&
	    strlen(colon) <= 6 && colon - host < ST_HOST_SIZE;
}

static const char *
check_protocol(const struct tun_service *s)
{
	int needs_host = s->tls.client && (s->protocol == PROTOCOL_CONNECT || s->protocol == PROTOCOL_SOCKS);

	if (!starttls_supported(s->protocol, s->tls.client))
		return s->tls.client ? "The configured protocol is not supported in the client mode" :
		    "The configured protocol is not supported in the server mode";
	if ((s->protocol == PROTOCOL_SMTP && s->starttls.auth >= AUTH_BASIC) ||
	    (s->protocol == PROTOCOL_CONNECT && s->starttls.auth == AUTH_LOGIN))
		return "\"protocolAuthentication\" is not one of this protocol's";
	if (needs_host && !is_set(s->starttls.host))
		return "protocolHost not specified";
	if (needs_host && !has_port(s->starttls.host))
		return "\"protocolHost\" needs a host and a port";
	if (s->redirect.n > 0 && !s->tls.client && starttls_connects_first(s->protocol, 0))
		return "\"redirect\" is incompatible with the specified protocol negotiation";
	return NULL;
}

const char *
check_service(const struct tun_service *s, const struct tun_conf *conf)
{
	const char *why = check_endpoints(s, conf);

	if (why == NULL)
		why = check_protocol(s);
	if (why == NULL)
		why = check_tls(&s->tls);
	if (why == NULL)
		why = check_redirect(s);
	return why;
}

/* What makes a section worth less than it looks: each is allowed, as in stunnel, and told. */
static int
knows_nobody(const struct tun_service *s)
{
	return s->tls.client && !s->tls.plain.verify.peer && !s->tls.plain.verify.chain && !is_set(s->tls.psk_secrets);
}

static int
knows_any_host(const struct tun_service *s)
{
	const struct verify_mode *m = &s->tls.plain.verify;

	return s->tls.client && m->chain && !m->peer && !is_set(s->tls.psk_secrets) && !has_checks(&s->tls);
}

static int
takes_any_certificate(const struct tun_service *s)
{
	const struct verify_mode *m = &s->tls.plain.verify;

	return !s->tls.client && m->require && !m->chain && !m->peer;
}

static int
has_no_use_for_lists(const struct tun_service *s)
{
	const struct verify_mode *m = &s->tls.plain.verify;

	return (is_set(s->tls.crl_file) || is_set(s->tls.crl_path)) && !m->chain && !m->peer;
}

static int
takes_anything(const struct tun_service *s)
{
	return s->tls.level == 0;
}

static int
takes_80_bits(const struct tun_service *s)
{
	return s->tls.level == 1;
}

static int
renegotiates_unsafely(const struct tun_service *s)
{
	return (s->tls.plain.set & SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION) != 0;
}

static int
leads_anywhere(const struct tun_service *s)
{
	const struct verify_mode *m = &s->tls.plain.verify;

	return !s->tls.client && (s->protocol == PROTOCOL_SOCKS || s->protocol == PROTOCOL_CONNECT) && !m->chain && !m->peer &&
	    !is_set(s->tls.psk_secrets);
}

static const struct {
	int (*is_so)(const struct tun_service *s);
	const char *text;
} warnings[CHECK_WARNINGS] = {
	{ knows_nobody, "needs authentication to prevent MITM attacks" },
	{ knows_any_host, "uses \"verifyChain\" without subject checks: use \"checkHost\" or \"checkIP\" to restrict trusted certificates" },
	{ takes_any_certificate, "uses \"requireCert\" without \"verifyChain\" or \"verifyPeer\": any certificate is accepted, also a self-signed one" },
	{ has_no_use_for_lists, "has revocation lists, but neither \"verifyChain\" nor \"verifyPeer\": nobody is looked up there" },
	{ takes_anything, "uses \"securityLevel = 0\": keys, digests and versions of TLS that are broken are accepted" },
	{ takes_80_bits, "uses \"securityLevel = 1\": keys of 80 bits and SHA-1 are accepted" },
	{ renegotiates_unsafely, "renegotiates without RFC 5746: what somebody else sent first may be taken for the peer's" },
	{ leads_anywhere, "leads anybody to any address: use \"verifyChain\" or \"verifyPeer\"" },
};

const char *
check_warning(const struct tun_service *s, size_t i)
{
	return warnings[i].is_so(s) ? warnings[i].text : NULL;
}

const char *
check_global(const struct tun_conf *conf)
{
	int detaches = conf->foreground == FOREGROUND_NO && !conf->inetd;

	if (conf->chroot != NULL && conf->chroot[0] != '/')
		return "The chroot directory must be a full path name";
	if (detaches && is_set(conf->output) && conf->output[0] != '/')
		return "Log file must include full path name";
	if (detaches && is_set(conf->pid) && conf->pid[0] != '/')
		return "Pid file must include full path name";
	return NULL;
}

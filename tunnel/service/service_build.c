#include "tunnel/service/service_build.h"

#include <errno.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/is_set.h"
#include "lib/log.h"
#include "tunnel/conf/check.h"
#include "tunnel/conf/load.h"
#include "tunnel/service/sni.h"
#include "tunnel/ipc/spawnmsg.h"
#include "tunnel/proto/libwrap.h"
#include "tunnel/tls/provider.h"
#include "tunnel/tls/session_cache.h"
#include "tunnel/tls/tlsctx.h"

/* The name for the server to choose a certificate by: never an address (RFC 6066). */
static char *
sni_name(const struct tun_service *conf)
{
	const char *port;
	char host[256];
	struct addr a;

	if (conf->sni != NULL)
		return conf->sni[0] == '\0' ? NULL : strdup(conf->sni);
	if (conf->protocol == PROTOCOL_CONNECT && is_set(conf->starttls.host))	/* whom the proxy leads to */
		return target_split(conf->starttls.host, host, sizeof host, &port) != 0 || host[0] == '\0' || addr_parse(host, 0, &a) == 0 ?
		    NULL : strdup(host);
	if (conf->connect.n == 0)
		return strdup("localhost");
	if (conf->connect.v[0][0] == '/' || target_split(conf->connect.v[0], host, sizeof host, &port) != 0)
		return NULL;
	if (host[0] == '\0')
		return strdup("localhost");
	return addr_parse(host, 0, &a) == 0 ? NULL : strdup(host);
}

static void
service_done(struct service *s)
{
	tlsctx_free(s->tls);
	targets_done(&s->accept);
	targets_done(&s->connect);
	targets_done(&s->redirect);
	targets_done(&s->local);
	free(s->sni);
	free(s->staple_url);
	free(s->virtuals);
}

/* A name that is not known yet may be later: it is looked up for every connection then. */
static int
resolve_target(const struct tun_service *conf, const struct opt_list *names, const char *what, struct targets *t,
    int *ret_delays)
{
	const char *bad = "";
	int literal = 1;

	for (size_t i = 0; i < names->n; i++)
		literal &= target_is_literal(names->v[i]);
	if (conf->delay && !literal)
		return *ret_delays = 1;
	if (targets_resolve(names, TARGET_CONNECT, t, &bad) == 0)
		return 0;
	log_info("Service [%s]: Cannot resolve %s target - delaying DNS lookup: %s%s", conf->name, what, bad,
	    target_fault(bad));
	return *ret_delays = 1;
}

/* An address without a port. */
static int
resolve_local(const char *text, struct targets *t)
{
	char with_port[256], *v[] = { with_port };
	struct opt_list one = { v, 1 };
	const char *bad;

	if ((size_t)snprintf(with_port, sizeof with_port, "%s:0", text) >= sizeof with_port)
		return E_LIMIT;
	return targets_resolve(&one, TARGET_CONNECT, t, &bad);
}

static int
resolve(const struct tun_service *conf, struct service *s, struct conf_err *e)
{
	const char *bad;

	if (targets_resolve(&conf->accept, TARGET_ACCEPT, &s->accept, &bad) != 0)
		return conf_err_set(e, NULL, 0, "Service [%.100s]: Cannot resolve accept target: %.200s%s", conf->name, bad,
		    target_fault(bad));
	if (conf->local != NULL && conf->local[0] != '\0' && resolve_local(conf->local, &s->local) != 0)
		return conf_err_set(e, NULL, 0, "Service [%.100s]: Failed to resolve local address: %.200s", conf->name,
		    conf->local);
	resolve_target(conf, &conf->connect, "connect", &s->connect, &s->delays);
	resolve_target(conf, &conf->redirect, "redirect", &s->redirect, &s->delays_redirect);
	return 0;
}

static void
warn_of_permissions(const char *path)
{
	struct stat st;

	if (path != NULL && path[0] != '\0' && stat(path, &st) == 0 && (st.st_mode & S_IRWXO) != 0)
		log_warn("Insecure file permissions on %s", path);
}

/* The first responder that our certificate names, where we know who signed it. */
static char *
staple_url(const struct tun_service *conf, SSL_CTX *ctx)
{
	X509 *cert, *issuer;
	STACK_OF(OPENSSL_STRING) *urls;
	const char *first;
	char *url = NULL;

	tlsctx_own(ctx, &cert, &issuer);
	if (conf->tls.client || !conf->tls.ocsp_staple || cert == NULL || issuer == NULL ||
	    (conf->accept.n == 0 && conf->sni == NULL) || (urls = X509_get1_ocsp(cert)) == NULL)
		return NULL;
	first = sk_OPENSSL_STRING_value(urls, 0);
	if (first != NULL && strncmp(first, "http://", 7) == 0 && strlen(first) < SPAWN_URL_SIZE)
		url = strdup(first);
	X509_email_free(urls);
	return url;
}

static const char *
day(const ASN1_TIME *t, char *dst, size_t size)
{
	struct tm tm;

	dst[0] = '\0';
	if (t != NULL && ASN1_TIME_to_tm(t, &tm) == 1)
		strftime(dst, size, "%Y-%m-%d %H:%M:%S UTC", &tm);
	return dst;
}

/* Peers refuse it, and say so where we cannot read it. */
static void
warn_of_dates(const struct tun_service *conf, const X509 *cert)
{
	const ASN1_TIME *from = X509_get0_notBefore(cert), *to = X509_get0_notAfter(cert);
	char text[64];

	if (X509_cmp_current_time(to) < 0)
		log_warn("Service [%s]: the certificate in %s has expired on %s: peers that verify refuse it; renew it", conf->name,
		    conf->tls.cert, day(to, text, sizeof text));
	else if (X509_cmp_current_time(from) > 0)
		log_warn("Service [%s]: the certificate in %s is not valid before %s: is the clock of this machine right?", conf->name,
		    conf->tls.cert, day(from, text, sizeof text));
}

static void
warn_of_certificate(const struct tun_service *conf, SSL_CTX *ctx)
{
	X509 *cert, *issuer;

	tlsctx_own(ctx, &cert, &issuer);
	if (cert == NULL)
		return;
	warn_of_dates(conf, cert);
	if (X509_check_ca(cert) > 0)	/* its key is worth all certificates that it could sign */
		log_warn("Service [%s]: the certificate in %s is a certificate authority's", conf->name, conf->tls.cert);
}

static void
warn_of_weakness(const struct tun_service *conf)
{
	const char *why;

	for (size_t i = 0; i < CHECK_WARNINGS; i++)
		if ((why = check_warning(conf, i)) != NULL)
			log_warn("Service [%s] %s", conf->name, why);
}

static void
say_loaded(const struct tls_conf *conf)
{
	const char *key = is_set(conf->key) ? conf->key : conf->cert;

	if (!is_set(conf->cert))
		return;
	log_info("Certificate loaded from file: %s", conf->cert);
	log_info("Loading private key from file: %s", key);
	log_info("Private key loaded from file: %s", key);
}

static int
service_init(const struct tun_service *conf, struct service *s, struct keyring *keys, struct conf_err *e)
{
	int r;

	s->conf = conf;
	warn_of_permissions(conf->tls.psk_secrets);
	warn_of_permissions(is_set(conf->tls.key) ? conf->tls.key : conf->tls.cert);
	if (is_set(conf->tls.cert))
		log_info("Loading certificate from file: %s", conf->tls.cert);
	if ((r = tlsctx_new(&conf->tls, conf->name, keys, &s->tls, e)) != 0) {
		log_error("%s", e->text);
		return conf_err_set(e, NULL, 0, "Service [%.100s]: Failed to initialize TLS context", conf->name);
	}
	say_loaded(&conf->tls);
	warn_of_weakness(conf);
	if (e->text[0] != '\0')		/* a source of trust that is not there, and nobody needs */
		log_error("Service [%s]: %s", conf->name, e->text);
	e->text[0] = '\0';
	warn_of_certificate(conf, s->tls);
	if ((r = resolve(conf, s, e)) != 0)
		return r;
	if (conf->libwrap && !libwrap_is_there())
		return conf_err_set(e, NULL, 0, "Service [%.100s]: \"libwrap\" needs libwrap.so.0, which is not installed", conf->name);
	if (conf->tls.client)
		s->sni = sni_name(conf);
	s->staple_url = staple_url(conf, s->tls);
	return 0;
}

void
service_set_forget(struct service_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		tlsctx_free(set->v[i].tls);
		set->v[i].tls = NULL;
	}
	tun_conf_forget(set->conf);
}

void
service_set_free(struct service_set *set)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < set->n; i++)
		service_done(&set->v[i]);
	free(set->v);
	keyring_close(&set->keys);
	service_set_unshare(set);
	tun_conf_free(set->conf);
	free(set);
}

void
service_set_unshare(struct service_set *set)
{
	if (set->sessions_fd >= 0)
		close(set->sessions_fd);
	set->sessions_fd = -1;
}

void
service_set_share(struct service_set *set)
{
	struct session_store *store;
	int r;

	if (set->sessions_fd < 0)
		return;
	if ((r = session_store_map(set->sessions_fd, &store)) != 0)
		log_warn("Clients cannot resume sessions: %s (%d)", strerror(-r), -r);
	for (size_t i = 0; r == 0 && i < set->n; i++)
		if (set->v[i].conf->tls.client)
			session_cache_share(set->v[i].tls, store);
	service_set_unshare(set);
}

static int
keeps_sessions(const struct tun_conf *conf)
{
	for (size_t i = 0; i < conf->n_services; i++)
		if (conf->services[i].tls.client && conf->services[i].tls.resume)
			return 1;
	return 0;
}

/* What changes this process, and what it starts, before anything is read by the library. */
static int
prepare_process(const struct tun_conf *conf, struct conf_err *e)
{
	char name[256];

	for (size_t i = 0; i < conf->environment.n; i++) {
		const char *text = conf->environment.v[i];
		size_t n = strcspn(text, "=");

		snprintf(name, sizeof name, "%.*s", (int)n, text);
		if ((text[n] == '\0' || text[n + 1] == '\0' ? unsetenv(name) : setenv(name, text + n + 1, 1)) < 0)
			return conf_err_set(e, NULL, 0, "Global options: setEnv: %s (%d)", strerror(errno), errno);
	}
	return tls_prepare(&conf->providers, &conf->provider_parameters, conf->fips, e);
}

int
service_set_build(struct tun_conf *conf, struct remotekeys *remote, struct service_set **ret, struct conf_err *e)
{
	struct service_set *set = calloc(1, sizeof *set);
	int r = -ENOMEM;

	if (set == NULL) {
		tun_conf_free(conf);
		return r;
	}
	set->conf = conf;
	set->keys = (struct keyring){ .remote = remote, .fd = -1 };
	set->sessions_fd = -1;
	if ((set->v = calloc(conf->n_services, sizeof *set->v)) == NULL || (r = prepare_process(conf, e)) != 0)
		goto fail;
	r = -ENOMEM;
	for (; set->n < conf->n_services; set->n++) {
		if (!conf->inetd)
			log_info("Initializing service [%s]", conf->services[set->n].name);
		if ((r = service_init(&conf->services[set->n], &set->v[set->n], &set->keys, e)) != 0) {
			set->n++;	/* what it got so far is freed too */
			goto fail;
		}
	}
	if ((r = sni_link(set, e)) != 0)
		goto fail;
	if (keeps_sessions(conf) && (set->sessions_fd = session_store_fd()) < 0)
		log_warn("Clients cannot resume sessions: %s (%d)", strerror(-set->sessions_fd), -set->sessions_fd);
	*ret = set;
	return 0;
fail:	service_set_free(set);
	return r;
}

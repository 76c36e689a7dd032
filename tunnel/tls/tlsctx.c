#include "tunnel/tls/tlsctx.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "lib/buf.h"
#include "lib/is_set.h"
#include "tunnel/tls/keyfile.h"
#include "tunnel/tls/peercert.h"
#include "tunnel/tls/psk.h"
#include "tunnel/tls/resume.h"
#include "tunnel/tls/revoke.h"
#include "tunnel/tls/stream.h"
#include "tunnel/tls/ticket.h"
#include "tunnel/tls/tlserr.h"
#include "tunnel/tls/trust.h"

#define BETTER_GROUPS "X25519MLKEM768:" TLS_GROUPS

enum { READ_AHEAD = STREAM_TLS_READ + 1024, TICKET_LIFE_MIN = 3600, PLACES = 16 };

/* What belongs to a context and the library does not keep for us. */
struct own {
	const struct tls_conf *conf;
	struct psk_table *psk;
	struct ticket_ring tickets;
	X509 *issuer;			/* of our certificate, when it is known */
	STACK_OF(X509_CRL) *lists;	/* with revokeLive, and when there are any */
	unsigned char scope[RESUME_SCOPE];	/* server: where sessions are good */
	int64_t lists_until;		/* when they are out of date */
	struct place {			/* client: the last session with each */
		char where[ADDR_TEXT_SIZE];
		SSL_SESSION *session;
	} places[PLACES];
	size_t next_place;		/* to be given up for another */
	uint8_t *staple;
	size_t n_staple;
};

int
tls_parameter_parts(const char *text, size_t *ret_provider, size_t *ret_name)
{
	const char *colon = strchr(text, ':'), *equals = colon == NULL ? NULL : strchr(colon + 1, '=');

	if (equals == NULL || colon == text || equals == colon + 1)
		return E_FORMAT;
	if (ret_provider != NULL)
		*ret_provider = (size_t)(colon - text);
	if (ret_name != NULL)
		*ret_name = (size_t)(equals - colon - 1);
	return 0;
}

int
tls_fips_is_forced(void)
{
	return EVP_default_properties_is_fips_enabled(NULL);
}

#if OPENSSL_VERSION_PREREQ(3, 2)
enum { PARAMETERS_MAX = 64 };

static OSSL_PROVIDER *
load_provider(const char *provider, const struct opt_list *parameters)
{
	OSSL_PARAM all[PARAMETERS_MAX + 1];
	char names[PARAMETERS_MAX][64];
	size_t n = 0, n_provider, n_name;

	for (size_t i = 0; i < parameters->n && n < PARAMETERS_MAX; i++) {
		const char *text = parameters->v[i];

		tls_parameter_parts(text, &n_provider, &n_name);
		if (strlen(provider) != n_provider || strncmp(provider, text, n_provider) != 0)
			continue;
		snprintf(names[n], sizeof names[n], "%.*s", (int)n_name, text + n_provider + 1);
		all[n] = OSSL_PARAM_construct_utf8_string(names[n], (char *)text + n_provider + n_name + 2, 0);
		n++;
	}
	all[n] = OSSL_PARAM_construct_end();
	return OSSL_PROVIDER_load_ex(NULL, provider, all);
}

static int
can_take_parameters(struct conf_err *e)
{
	(void)e;
	return 1;
}
#else
static OSSL_PROVIDER *
load_provider(const char *provider, const struct opt_list *parameters)
{
	(void)parameters;
	return OSSL_PROVIDER_load(NULL, provider);
}

static int
can_take_parameters(struct conf_err *e)
{
	conf_err_set(e, NULL, 0, "Global options: \"providerParameter\" needs OpenSSL 3.2 or newer, this is %s",
	    OpenSSL_version(OPENSSL_VERSION_STRING));
	return 0;
}
#endif

/* Each names a provider that is loaded, or it would be ignored. */
static int
check_parameters(const struct opt_list *parameters, const struct opt_list *providers, struct conf_err *e)
{
	for (size_t i = 0; i < parameters->n; i++) {
		size_t n, at = 0;

		tls_parameter_parts(parameters->v[i], &n, NULL);
		while (at < providers->n && (strlen(providers->v[at]) != n || strncmp(providers->v[at], parameters->v[i], n) != 0))
			at++;
		if (at == providers->n)
			return conf_err_set(e, NULL, 0, "Global options: Provider not found: %s", parameters->v[i]);
	}
	return parameters->n == 0 || can_take_parameters(e) ? 0 : E_CONF;
}

int
tls_prepare(const struct opt_list *providers, const struct opt_list *parameters, int fips, struct conf_err *e)
{
	int r = check_parameters(parameters, providers, e);

	if (r != 0)
		return r;
	if (providers->n > 0 && OSSL_PROVIDER_load(NULL, "default") == NULL)	/* it would be left out else */
		return tls_fail(e, "Failed to load provider: ", "default");
	for (size_t i = 0; i < providers->n; i++)
		if (load_provider(providers->v[i], parameters) == NULL)
			return tls_fail(e, "Failed to load provider: ", providers->v[i]);
	if (!fips)
		return 0;
	if (OSSL_PROVIDER_load(NULL, "fips") == NULL || OSSL_PROVIDER_load(NULL, "base") == NULL ||
	    !EVP_default_properties_enable_fips(NULL, 1))
		return tls_fail(e, "Global options: Failed to initialize TLS: FIPS support is not available", "");
	return 0;
}

static int
set_protocol(SSL_CTX *ctx, const struct tls_conf *conf, struct conf_err *e)
{
	int level = conf->level >= 0 ? (int)conf->level : SSL_CTX_get_security_level(ctx);

	SSL_CTX_set_security_level(ctx, conf->level < 0 && level < 2 ? 2 : level);
	if (!SSL_CTX_set_min_proto_version(ctx, conf->plain.version_min) ||
	    !SSL_CTX_set_max_proto_version(ctx, conf->plain.version_max))
		return tls_fail(e, "Invalid protocol version range", "");
	SSL_CTX_set_options(ctx, conf->plain.set | SSL_OP_NO_SSLv3 | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_clear_options(ctx, conf->plain.clear);
	if (!conf->renegotiation)
		SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	if (conf->ciphers != NULL && !SSL_CTX_set_cipher_list(ctx, conf->ciphers))
		return tls_fail(e, "SSL_CTX_set_cipher_list: ", conf->ciphers);
	if (conf->suites != NULL && !SSL_CTX_set_ciphersuites(ctx, conf->suites))
		return tls_fail(e, "SSL_CTX_set_ciphersuites: ", conf->suites);
	SSL_CTX_set_dh_auto(ctx, 1);
	return 0;
}

static SSL_CONF_CTX *
commands_for(const struct tls_conf *conf)
{
	SSL_CONF_CTX *c = SSL_CONF_CTX_new();

	if (c != NULL)
		SSL_CONF_CTX_set_flags(c, SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_CERTIFICATE |
		    (conf->client ? SSL_CONF_FLAG_CLIENT : SSL_CONF_FLAG_SERVER));
	return c;
}

/* The lines of a section that was chosen by name, for a connection that another one began.  What files hold (keys, trust)
 * belongs to the context, which it has by now; a worker could not read them. */
static int
switch_commands(SSL *ssl, const struct tls_conf *conf)
{
	SSL_CONF_CTX *c = conf->commands.n == 0 ? NULL : commands_for(conf);
	char name[64];
	int r = conf->commands.n == 0 || c != NULL;

	if (c != NULL)
		SSL_CONF_CTX_set_ssl(c, ssl);
	for (size_t i = 0; i < conf->commands.n && r > 0; i++) {
		const char *text = conf->commands.v[i];
		size_t n = strcspn(text, ":");
		int type;

		snprintf(name, sizeof name, "%.*s", (int)n, text);
		type = SSL_CONF_cmd_value_type(c, name);
		if (type != SSL_CONF_TYPE_FILE && type != SSL_CONF_TYPE_DIR && type != SSL_CONF_TYPE_STORE)
			r = SSL_CONF_cmd(c, name, text[n] == ':' ? text + n + 1 : NULL);
	}
	if (r > 0 && c != NULL)
		r = SSL_CONF_CTX_finish(c);
	SSL_CONF_CTX_free(c);
	return r > 0;
}

/* Lines of "config": COMMAND[:PARAMETER], as the library's configuration files have them. */
static int
run_commands(SSL_CTX *ctx, const struct tls_conf *conf, struct conf_err *e)
{
	SSL_CONF_CTX *c = conf->commands.n == 0 ? NULL : commands_for(conf);
	char name[64];
	int r = 1;

	if (c == NULL)
		return 0;
	SSL_CONF_CTX_set_ssl_ctx(c, ctx);
	for (size_t i = 0; i < conf->commands.n && r > 0; i++) {
		const char *text = conf->commands.v[i];
		size_t n = strcspn(text, ":");

		snprintf(name, sizeof name, "%.*s", (int)n, text);
		if ((r = SSL_CONF_cmd(c, name, text[n] == ':' ? text + n + 1 : NULL)) == -2)
			conf_err_set(e, NULL, 0, "OpenSSL config command \"%s\" was not recognised", name);
		else if (r <= 0)
			tls_fail(e, "OpenSSL config command failed: ", text);
	}
	if (r > 0 && SSL_CONF_CTX_finish(c) != 1) {
		tls_fail(e, "OpenSSL config commands failed", "");
		r = 0;
	}
	SSL_CONF_CTX_free(c);
	return r > 0 ? 0 : E_CONF;
}

/* Unless somebody chose the groups: first the one that holds against tomorrow's machines too, where
 * the library has it. */
static int
set_groups(SSL_CTX *ctx, const struct tls_conf *conf, struct conf_err *e)
{
	if (!is_set(conf->curves))
		return 0;
	if (strcmp(conf->curves, TLS_GROUPS) == 0 && SSL_CTX_set1_groups_list(ctx, BETTER_GROUPS))
		return 0;
	ERR_clear_error();
	return SSL_CTX_set1_groups_list(ctx, conf->curves) ? 0 : tls_fail(e, "Invalid groups list in 'curves'", "");
}

static int
switch_groups(SSL *ssl, const struct tls_conf *conf)
{
	if (!is_set(conf->curves) || (strcmp(conf->curves, TLS_GROUPS) == 0 && SSL_set1_groups_list(ssl, BETTER_GROUPS)))
		return 1;
	ERR_clear_error();
	return (int)SSL_set1_groups_list(ssl, conf->curves);
}

static void
set_sessions(SSL_CTX *ctx, const struct tls_conf *conf)
{
	SSL_CTX_set_timeout(ctx, (long)conf->cache_seconds);
	SSL_CTX_sess_set_cache_size(ctx, (long)conf->cache_size);
	SSL_CTX_set_num_tickets(ctx, 1);	/* each session that is resumed brings another */
	if (resume_wanted(conf))
		return;
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(ctx, 0);
}

/* Buffers only while bytes are in flight; one read takes several records off the socket. */
static void
set_buffers(SSL_CTX *ctx)
{
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_default_read_buffer_len(ctx, READ_AHEAD);
}

/* Who follows the certificate when it is sent: with one key all others in their order, as they stand
 * in the file; with several those that lead upwards from it. */
static STACK_OF(X509) *
chain_of(const struct keyfile *k, X509 *cert)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	int n = sk_X509_num(k->certs);

	for (int i = 0; i < n && chain != NULL; i++) {
		X509 *next = sk_X509_value(k->certs, i);

		if (next == cert || (k->n_keys > 1 && (X509_check_issued(next, cert) != X509_V_OK || X509_cmp(next, cert) == 0)))
			continue;
		sk_X509_push(chain, next);
		if (k->n_keys > 1 && sk_X509_num(chain) < n) {
			cert = next;
			i = -1;
		}
	}
	return chain;
}

static int
use_pair(SSL_CTX *ctx, const struct keyfile *k, X509 *cert, EVP_PKEY *key)
{
	STACK_OF(X509) *chain = chain_of(k, cert);
	int r = chain != NULL && SSL_CTX_use_cert_and_key(ctx, cert, key, chain, 1) == 1;

	sk_X509_free(chain);
	return r;
}

static int
use_dh(SSL_CTX *ctx, EVP_PKEY *dh)
{
	SSL_CTX_set_dh_auto(ctx, 0);
	if (!EVP_PKEY_up_ref(dh))
		return 0;
	if (SSL_CTX_set0_tmp_dh_pkey(ctx, dh))
		return 1;
	EVP_PKEY_free(dh);
	return 0;
}

/* Every key with its certificate, so that one file may hold an RSA and an ECDSA pair. */
static int
use_all(SSL_CTX *ctx, const struct tls_conf *conf, const struct keyfile *k, struct conf_err *e)
{
	int used = 0;

	for (size_t i = 0; i < k->n_keys; i++)
		for (int c = 0; c < sk_X509_num(k->certs); c++) {
			X509 *cert = sk_X509_value(k->certs, c);

			if (EVP_PKEY_eq(X509_get0_pubkey(cert), k->keys[i]) != 1)
				continue;
			if (!use_pair(ctx, k, cert, k->keys[i]))
				return tls_fail(e, "Failed to load certificate from: ", conf->cert);
			used++;
			break;
		}
	ERR_clear_error();
	if (used == 0)
		return tls_fail(e, "Private key does not match the certificate", "");
	return k->dh == NULL || use_dh(ctx, k->dh) ? 0 : tls_fail(e, "Failed to use the DH parameters in: ", conf->cert);
}

static int
read_identity(const void *arg, struct keyfile *k, struct conf_err *e)
{
	const struct tls_conf *conf = arg;
	int r = keyfile_read(conf->cert, k, "Failed to load certificate from: ", e);

	if (r == 0 && sk_X509_num(k->certs) <= 0)
		r = tls_fail(e, "Failed to load certificate from: ", conf->cert);
	if (r == 0 && is_set(conf->key) && strcmp(conf->key, conf->cert) != 0)
		r = keyfile_read(conf->key, k, "Failed to load private key from: ", e);
	if (r == 0 && k->n_keys == 0)
		r = tls_fail(e, "Failed to load private key from: ", is_set(conf->key) ? conf->key : conf->cert);
	return r;
}

static int
decrypts(const SSL_CIPHER *c)
{
	return SSL_CIPHER_get_kx_nid(c) == NID_kx_rsa || SSL_CIPHER_get_kx_nid(c) == NID_kx_rsa_psk;
}

/* A remote key only signs: no key exchange where RSA decrypts, and no handshake begun by the peer in
 * the middle of a transfer, where nobody waits for the signature. */
static int
restrict_to_signing(SSL_CTX *ctx, const struct tls_conf *conf, struct conf_err *e)
{
	STACK_OF(SSL_CIPHER) *all = SSL_CTX_get_ciphers(ctx);
	struct buf list = BUF_INIT;
	int r;

	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
		const SSL_CIPHER *c = sk_SSL_CIPHER_value(all, i);

		if (!decrypts(c) && strcmp(SSL_CIPHER_get_version(c), "TLSv1.3") != 0)
			buf_printf(&list, ":%s", SSL_CIPHER_get_name(c));
	}
	r = conf->client || SSL_CTX_set_cipher_list(ctx, buf_cstr(&list));
	buf_done(&list);
	return r ? 0 : conf_err_set(e, NULL, 0, "\"ciphers\" leaves only key exchange by RSA, which needs \"vault = no\"");
}

static int
load_identity(SSL_CTX *ctx, const struct tls_conf *conf, struct keyring *ring, struct conf_err *e)
{
	struct keyfile k = { .n_keys = 0 };
	uint32_t before = ring == NULL ? 0 : ring->n;
	int r;

	if (!is_set(conf->cert))
		return 0;
	r = ring == NULL || !conf->vault ? read_identity(conf, &k, e) :
	    keyring_read(ring, conf->client, read_identity, conf, &k, e);
	if (r == 0)
		r = use_all(ctx, conf, &k, e);
	if (r == 0 && ring != NULL && ring->n > before)
		r = restrict_to_signing(ctx, conf, e);
	keyfile_done(&k);
	return r;
}

static struct place *
find_place(struct own *own, const char *where)
{
	for (size_t i = 0; i < PLACES; i++)
		if (strcmp(own->places[i].where, where) == 0)
			return &own->places[i];
	return NULL;
}

static struct place *
make_place(struct own *own, const char *where)
{
	struct place *at = find_place(own, where);

	if (at != NULL)
		return at;
	at = &own->places[own->next_place++ % PLACES];
	SSL_SESSION_free(at->session);
	at->session = NULL;
	snprintf(at->where, sizeof at->where, "%s", where);
	return at;
}

/* The library has a new session, for us to keep (1) or not. */
static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
	const struct peercert *pc = SSL_get_app_data(ssl);
	struct own *own = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	struct place *at;

	if (pc == NULL || pc->where[0] == '\0' || resume_bound(ssl, session, own->conf, own->lists_until) != 0)
		return 0;
	at = make_place(own, pc->where);
	SSL_SESSION_free(at->session);
	at->session = session;
	return 1;
}

void
tlsctx_offer_session(SSL *ssl)
{
	const struct peercert *pc = SSL_get_app_data(ssl);
	struct place *at = find_place(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)), pc->where);

	if (at != NULL && at->session != NULL && SSL_SESSION_is_resumable(at->session) && resume_holds(at->session))
		SSL_set_session(ssl, at->session);
}

void
tlsctx_forget_session(SSL *ssl)
{
	struct peercert *pc = SSL_get_app_data(ssl);
	struct place *at = find_place(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)), pc->where);

	pc->where[0] = '\0';	/* nor those that are still to come */
	if (at != NULL) {
		SSL_SESSION_free(at->session);
		at->session = NULL;
	}
}

/* Sessions for our own keeping: which of the client's go where is nothing the library knows. */
static void
keep_sessions(SSL_CTX *ctx, const struct tls_conf *conf)
{
	if (!conf->resume || is_set(conf->psk_secrets))
		return;
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, keep_session);
}

/* Servers tell clients whom they trust, also when nothing is verified (stunnel-conf section 7.2). */
static int
offer_ca_names(SSL_CTX *ctx, struct conf_err *e)
{
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(SSL_CTX_get_cert_store(ctx));

	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		X509 *cert = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));

		if (cert != NULL && !SSL_CTX_add_client_CA(ctx, cert))
			return tls_fail(e, "SSL_CTX_add_client_CA", "");
	}
	return 0;
}

static const struct own *
own_of(SSL *ssl)
{
	return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

static void
say_psk(SSL *ssl, int level, const char *what, const char *identity, const char *end)
{
	char text[PSK_MAX_IDENTITY_LEN + 80];

	snprintf(text, sizeof text, "%s%.200s%s", what, identity, end);
	peercert_say(ssl, level, text);
}

static unsigned
give_key(const struct psk *p, unsigned char *key, unsigned max)
{
	if (p->n > max)
		return 0;
	memcpy(key, p->key, p->n);
	return (unsigned)p->n;
}

static unsigned
psk_of_client(SSL *ssl, const char *identity, unsigned char *key, unsigned max)
{
	const struct psk *p = identity == NULL || own_of(ssl)->psk == NULL ? NULL : psk_find(own_of(ssl)->psk, identity);

	if (p == NULL) {
		say_psk(ssl, LOG_INFO, "PSK identity not found: ", identity == NULL ? "" : identity, "");
		return 0;
	}
	say_psk(ssl, LOG_NOTICE, "Key configured for PSK identity \"", p->identity, "\"");
	return give_key(p, key, max);
}

static unsigned
psk_for_server(SSL *ssl, const char *hint, char *identity, unsigned max_identity, unsigned char *key, unsigned max)
{
	const struct own *own = own_of(ssl);
	const struct psk *p = psk_find(own->psk, is_set(own->conf->psk_identity) ? own->conf->psk_identity : NULL);

	(void)hint;
	if (p == NULL || strlen(p->identity) >= max_identity)
		return 0;
	strcpy(identity, p->identity);
	say_psk(ssl, LOG_INFO, "PSK client configured for identity \"", identity, "\"");
	return give_key(p, key, max);
}

static int
demands_psk(const struct tls_conf *conf)
{
	return conf->client && is_set(conf->psk_secrets) && !conf->plain.verify.chain && !conf->plain.verify.peer;
}

/* In TLS 1.3 the library's callback makes keys for SHA-256 only. */
static int
is_psk_cipher(const SSL_CIPHER *c)
{
	int kx = c == NULL ? NID_undef : SSL_CIPHER_get_kx_nid(c);

	if (kx == NID_kx_any)
		return SSL_CIPHER_get_handshake_digest(c) == EVP_sha256();
	return kx == NID_kx_psk || kx == NID_kx_ecdhe_psk || kx == NID_kx_dhe_psk || kx == NID_kx_rsa_psk;
}

/* Nothing else is offered where nothing else would do, so that a server with certificates, too, uses its key. */
static int
restrict_to_psk(SSL_CTX *ctx)
{
	STACK_OF(SSL_CIPHER) *all = SSL_CTX_get_ciphers(ctx);
	struct buf list[2] = { BUF_INIT, BUF_INIT };
	int r = 1;

	for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
		const SSL_CIPHER *c = sk_SSL_CIPHER_value(all, i);

		if (is_psk_cipher(c))
			buf_printf(&list[SSL_CIPHER_get_kx_nid(c) == NID_kx_any], ":%s", SSL_CIPHER_get_name(c));
	}
	if (buf_len(&list[0]) > 0)
		r = SSL_CTX_set_cipher_list(ctx, buf_cstr(&list[0]) + 1);
	if (r && buf_len(&list[1]) > 0)
		r = SSL_CTX_set_ciphersuites(ctx, buf_cstr(&list[1]) + 1);
	buf_done(&list[0]);
	buf_done(&list[1]);
	return r;
}

static int
load_psk(SSL_CTX *ctx, struct own *own, struct conf_err *e)
{
	int r;

	if (!is_set(own->conf->psk_secrets))
		return 0;
	if ((r = psk_load(own->conf->psk_secrets, &own->psk, e)) != 0)
		return r;
	if (!own->conf->client) {
		SSL_CTX_set_psk_server_callback(ctx, psk_of_client);
		return 0;
	}
	if (psk_find(own->psk, is_set(own->conf->psk_identity) ? own->conf->psk_identity : NULL) == NULL)
		return tls_fail(e, "No key found for the specified PSK identity", "");
	SSL_CTX_set_psk_client_callback(ctx, psk_for_server);
	return !demands_psk(own->conf) || restrict_to_psk(ctx) ? 0 : tls_fail(e, "PSKsecrets: ", "no cipher for them");
}

/* A key is in use for as long as a session lives, and accepted for as long again. */
static uint64_t
ticket_epoch(const struct tls_conf *conf)
{
	int64_t life = conf->cache_seconds < TICKET_LIFE_MIN ? TICKET_LIFE_MIN : conf->cache_seconds;

	return (uint64_t)(time(NULL) / life);
}

static int
ticket_callback(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *c, EVP_MAC_CTX *mac, int encrypt)
{
	struct own *own = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	int r;

	if (ticket_ring_walk(&own->tickets, ticket_epoch(own->conf)) != 0)
		return -1;
	r = ticket_cipher(&own->tickets, name, iv, c, mac, encrypt);
	return r == 1 && !encrypt && SSL_version(ssl) >= TLS1_3_VERSION ? 2 : r;	/* clients use each once: give another */
}

static int
give_end(SSL *ssl, SSL_SESSION *session)
{
	const struct own *own = own_of(ssl);

	return resume_bound(ssl, session, own->conf, own->lists_until);
}

static int
ticket_made(SSL *ssl, void *arg)
{
	(void)arg;
	return give_end(ssl, SSL_get_session(ssl)) == 0;
}

/* Those that live in the cache have an end, too. */
static int
session_made(SSL *ssl, SSL_SESSION *session)
{
	if (give_end(ssl, session) != 0)
		SSL_SESSION_set_timeout(session, 0);
	return 0;			/* it is not ours to keep */
}

/* A session carries the verdict of its first handshake: who was revoked since then, or shows no certificate where one is
 * demanded, or comes too late, has to shake hands again, in full. */
static int
is_worth_nothing(SSL *ssl, SSL_SESSION *session)
{
	const struct own *own = own_of(ssl);
	X509 *peer = SSL_SESSION_get0_peer(session);

	if (!resume_holds(session))
		return 1;
	if (peer == NULL)
		return own->conf->plain.verify.require && !own->conf->redirects && own->psk == NULL;
	return revoke_check(SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl)), own->lists, peer, NULL);
}

static SSL_TICKET_RETURN
ticket_opened(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t n, SSL_TICKET_STATUS status, void *arg)
{
	(void)name;
	(void)n;
	(void)arg;
	if ((status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW) && is_worth_nothing(ssl, session))
		return SSL_TICKET_RETURN_IGNORE;
	switch (status) {
	case SSL_TICKET_SUCCESS:
		return SSL_TICKET_RETURN_USE;
	case SSL_TICKET_SUCCESS_RENEW:
		return SSL_TICKET_RETURN_USE_RENEW;
	default:
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	}
}

static int
ticket_secret(const char *text, const char *what, unsigned char *key, size_t *ret_n, struct conf_err *e)
{
	if ((*ret_n = ticket_secret_parse(text, key)) != 0)
		return 0;
	return conf_err_set(e, NULL, 0, "Required %s is 16 or 32 byte hexadecimal key", what);
}

static int
set_tickets(SSL_CTX *ctx, struct own *own, struct conf_err *e)
{
	struct ticket_ring *t = &own->tickets;
	int r;

	if (ticket_ring_init(t, ticket_epoch(own->conf)) != 0)
		return tls_fail(e, "RAND_bytes", "");
	if (is_set(own->conf->ticket_key)) {
		t->fixed = 1;
		if ((r = ticket_secret(own->conf->ticket_key, "ticketKeySecret", t->now.cipher, &t->now.n_cipher, e)) != 0 ||
		    (r = ticket_secret(own->conf->ticket_mac, "ticketMacSecret", t->now.mac, &t->now.n_mac, e)) != 0)
			return r;
	}
	SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, ticket_callback);
	return SSL_CTX_set_session_ticket_cb(ctx, ticket_made, ticket_opened, NULL) ? 0 : tls_fail(e, "SSL_CTX_set_session_ticket_cb", "");
}

/* A client's would part it from the session that its pre-shared key stands for. */
static int
set_scope(SSL_CTX *ctx, struct own *own, const char *name, struct conf_err *e)
{
	SSL_CTX_sess_set_new_cb(ctx, session_made);
	return resume_scope(own->conf, name, SSL_CTX_get_cert_store(ctx), own->psk, own->scope) == 0 &&
	    SSL_CTX_set_session_id_context(ctx, own->scope, sizeof own->scope) ? 0 : tls_fail(e, "SSL_CTX_set_session_id_context", "");
}

/* Who signed our certificate: one that is sent along with it, or one we trust. */
static X509 *
find_issuer(SSL_CTX *ctx, X509 *cert)
{
	STACK_OF(X509) *sent = NULL;
	X509_STORE_CTX *x = X509_STORE_CTX_new();
	X509 *issuer = NULL;

	SSL_CTX_get0_chain_certs(ctx, &sent);
	for (int i = 0; i < sk_X509_num(sent) && issuer == NULL; i++)
		if (X509_check_issued(sk_X509_value(sent, i), cert) == X509_V_OK && X509_up_ref(sk_X509_value(sent, i)))
			issuer = sk_X509_value(sent, i);
	if (issuer == NULL && x != NULL && X509_STORE_CTX_init(x, SSL_CTX_get_cert_store(ctx), cert, NULL) == 1)
		X509_STORE_CTX_get1_issuer(&issuer, x, cert);
	X509_STORE_CTX_free(x);
	ERR_clear_error();
	return issuer;
}

static int
staple_callback(SSL *ssl, void *arg)
{
	const struct own *own = own_of(ssl);
	uint8_t *copy;

	(void)arg;
	if (own->staple == NULL || SSL_get_certificate(ssl) != SSL_CTX_get0_certificate(SSL_get_SSL_CTX(ssl)) ||
	    (copy = OPENSSL_memdup(own->staple, own->n_staple)) == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)own->n_staple);
	return SSL_TLSEXT_ERR_OK;
}

void
tlsctx_own(SSL_CTX *ctx, X509 **ret_cert, X509 **ret_issuer)
{
	const struct own *own = SSL_CTX_get_app_data(ctx);

	*ret_cert = SSL_CTX_get0_certificate(ctx);
	*ret_issuer = own->issuer;
}

void
tlsctx_set_staple(SSL_CTX *ctx, const uint8_t *bytes, size_t n)
{
	struct own *own = SSL_CTX_get_app_data(ctx);
	uint8_t *copy = OPENSSL_memdup(bytes, n);

	if (copy == NULL)
		return;
	OPENSSL_free(own->staple);
	own->staple = copy;
	own->n_staple = n;
}

static int
fill(SSL_CTX *ctx, struct own *own, const char *scope, struct keyring *ring, struct conf_err *e)
{
	const struct tls_conf *conf = own->conf;
	const struct trust trust = {
		.ca_file = conf->ca_file, .ca_path = conf->ca_path, .ca_store = conf->ca_store, .ca_system = conf->ca_system,
		.crl_file = conf->crl_file, .crl_path = conf->crl_path, .needed = conf->plain.verify.chain || conf->plain.verify.peer,
	};
	int r;

	set_buffers(ctx);
	if ((r = set_protocol(ctx, conf, e)) != 0 || (r = run_commands(ctx, conf, e)) != 0 ||
	    (r = set_groups(ctx, conf, e)) != 0 || (r = load_psk(ctx, own, e)) != 0 ||
	    (r = load_identity(ctx, conf, ring, e)) != 0 || (r = trust_load(SSL_CTX_get_cert_store(ctx), &trust, e)) != 0)
		return r;
	set_sessions(ctx, conf);
	own->lists_until = resume_lists_until(SSL_CTX_get_cert_store(ctx));
	if (conf->revoke_live)
		own->lists = revoke_lists(SSL_CTX_get_cert_store(ctx));
	SSL_CTX_set_verify(ctx, !conf->plain.verify.request ? SSL_VERIFY_NONE :
	    SSL_VERIFY_PEER | (conf->plain.verify.require && !conf->redirects ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), peercert_callback);
	if (conf->client) {
		keep_sessions(ctx, conf);
		return SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp) ? 0 : tls_fail(e, "OCSP", "");
	}
	if (SSL_CTX_get0_certificate(ctx) != NULL)
		own->issuer = find_issuer(ctx, SSL_CTX_get0_certificate(ctx));
	SSL_CTX_set_tlsext_status_cb(ctx, staple_callback);
	if ((r = set_scope(ctx, own, scope, e)) != 0 || (r = set_tickets(ctx, own, e)) != 0)
		return r;
	SSL_CTX_set_client_hello_cb(ctx, peercert_hello, NULL);
	return offer_ca_names(ctx, e);
}

int
tlsctx_new(const struct tls_conf *conf, const char *scope, struct keyring *ring, SSL_CTX **ret, struct conf_err *e)
{
	SSL_CTX *ctx;
	struct own *own;
	int r;

	ERR_clear_error();
	if ((ctx = SSL_CTX_new(conf->client ? TLS_client_method() : TLS_server_method())) == NULL)
		return tls_fail(e, "SSL_CTX_new", "");
	if ((own = calloc(1, sizeof *own)) == NULL) {
		SSL_CTX_free(ctx);
		return -ENOMEM;
	}
	own->conf = conf;
	SSL_CTX_set_app_data(ctx, own);
	if ((r = fill(ctx, own, scope, ring, e)) != 0) {
		tlsctx_free(ctx);
		return r;
	}
	*ret = ctx;
	return 0;
}

/* Sessions are the first context's to keep or not: where the section keeps none, each connection's are good nowhere else. */
static int
switch_sessions(SSL *ssl, SSL_CTX *ctx, const struct own *own)
{
	unsigned char chance[RESUME_SCOPE];
	int keeps = resume_wanted(own->conf);

	if (!keeps && RAND_bytes(chance, sizeof chance) != 1)
		return 0;
	return SSL_set_num_tickets(ssl, SSL_CTX_get_num_tickets(ctx)) &&
	    SSL_set_session_id_context(ssl, keeps ? own->scope : chance, RESUME_SCOPE);
}

/* The library takes only the certificate from the new context; the rest is ours to carry over. */
int
tlsctx_switch(SSL *ssl, SSL_CTX *ctx)
{
	const struct own *own = SSL_CTX_get_app_data(ctx);

	if (SSL_set_SSL_CTX(ssl, ctx) != ctx || !switch_commands(ssl, own->conf) ||	/* in the order in which a context is filled */
	    !switch_sessions(ssl, ctx, own) || !switch_groups(ssl, own->conf))
		return E_TLS;
	SSL_set_verify(ssl, SSL_CTX_get_verify_mode(ctx), peercert_callback);
	SSL_set_client_CA_list(ssl, SSL_dup_CA_list(SSL_CTX_get_client_CA_list(ctx)));
	SSL_set_psk_server_callback(ssl, own->psk == NULL ? NULL : psk_of_client);
	SSL_set_security_level(ssl, SSL_CTX_get_security_level(ctx));
	SSL_set_min_proto_version(ssl, SSL_CTX_get_min_proto_version(ctx));
	SSL_set_max_proto_version(ssl, SSL_CTX_get_max_proto_version(ctx));
	SSL_clear_options(ssl, SSL_get_options(ssl) & ~SSL_CTX_get_options(ctx));
	SSL_set_options(ssl, SSL_CTX_get_options(ctx));
	return 0;
}

void
tlsctx_free(SSL_CTX *ctx)
{
	struct own *own = ctx == NULL ? NULL : SSL_CTX_get_app_data(ctx);

	SSL_CTX_free(ctx);
	if (own != NULL) {
		psk_free(own->psk);
		X509_free(own->issuer);
		sk_X509_CRL_pop_free(own->lists, X509_CRL_free);
		for (size_t i = 0; i < PLACES; i++)
			SSL_SESSION_free(own->places[i].session);
		OPENSSL_free(own->staple);
		OPENSSL_cleanse(own, sizeof *own);
	}
	free(own);
}

static int
used_psk(const SSL *ssl)
{
	if (SSL_version(ssl) >= TLS1_3_VERSION)		/* such a client keeps no sessions: it can be nothing else */
		return SSL_session_reused(ssl);
	return is_psk_cipher(SSL_get_current_cipher(ssl));
}

int
tlsctx_lacks_psk(const SSL *ssl)
{
	return demands_psk(tlsctx_conf(SSL_get_SSL_CTX(ssl))) && !used_psk(ssl);
}

int
tlsctx_authentic(const SSL *ssl)
{
	return SSL_get0_peer_certificate(ssl) != NULL && SSL_get_verify_result(ssl) == X509_V_OK;
}

STACK_OF(X509_CRL) *
tlsctx_lists(const SSL_CTX *ctx)
{
	const struct own *own = SSL_CTX_get_app_data(ctx);

	return own->lists;
}

const struct tls_conf *
tlsctx_conf(const SSL_CTX *ctx)
{
	const struct own *own = SSL_CTX_get_app_data(ctx);

	return own->conf;
}

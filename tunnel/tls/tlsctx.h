/* From what is configured to a TLS context: versions, ciphers, our certificate and key, who is
 * trusted.  The only room that reads key files, so that the keys can move out of this process.
 * Never prints; never sees a connection's bytes. */
#ifndef SALLYPORT_TUNNEL_TLS_TLSCTX_H
#define SALLYPORT_TUNNEL_TLS_TLSCTX_H

#include <openssl/ssl.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/opt.h"
#include "tunnel/tls/keyring.h"
#include "tunnel/tls/verify.h"

/* The groups offered when none are configured, but for better ones that the library may have. */
#define TLS_GROUPS "X25519:P-256:X448:P-521:P-384"

/* The part without owners, copied by assignment. */
struct tls_plain {
	int version_min, version_max;	/* TLS1_2_VERSION...; 0: no bound of ours */
	uint64_t set, clear;		/* SSL_OP_ bits */
	struct verify_mode verify;
	unsigned long ocsp_flags;	/* the library's */
};

struct tls_conf {
	int client;
	char *psk_secrets, *psk_identity;	/* NULL or "": none; the first */
	char *cert, *key;		/* paths or URIs; key NULL: it is in cert */
	struct opt_list commands;	/* of the library, before the keys are read */
	char *ca_file, *ca_path, *ca_store;	/* NULL or "": none */
	int ca_system;			/* the machine's own store too */
	char *crl_file, *crl_path;
	int revoke_live;		/* lists count for who is already in, and for sessions */
	char *ciphers, *suites, *curves;	/* NULL: the library's */
	int64_t level;			/* -1: the library's, but 2 at least */
	int resume;
	int64_t cache_size, cache_seconds;
	char *ticket_key, *ticket_mac;	/* hexadecimal; NULL or "": keys of our own that change */
	char *ocsp;			/* the responder to ask about the peer; NULL or "": none */
	int ocsp_aia;			/* ask those that certificates name */
	int ocsp_require, ocsp_nonce, ocsp_staple;
	int vault;			/* the keys are for another process to sign with */
	int redirects;			/* nobody is refused for a certificate: tlsctx_authentic tells */
	int renegotiation;
	struct opt_list hosts, emails, ips;	/* any one match of all three is enough */
	struct tls_plain plain;
};

/* Client, with a peercert that says where it is connected to: offer the last session from there; and
 * forget that and all that are still to come, since the peer turned out not to be trusted. */
void tlsctx_offer_session(SSL *ssl);
void tlsctx_forget_session(SSL *ssl);

/* How long the first two parts of PROVIDER:NAME=VALUE are (either may be NULL).  0 or E_FORMAT. */
int tls_parameter_parts(const char *text, size_t *ret_provider, size_t *ret_name);

/* Does the system's configuration of the library ask for nothing but FIPS? */
int tls_fips_is_forced(void);

/* For the whole process: providers beside the default one with their parameters (of the form above), and
 * nothing but FIPS where asked for.  0, or E_CONF. */
int tls_prepare(const struct opt_list *providers, const struct opt_list *parameters, int fips, struct conf_err *e);

/* A context for conf, which is borrowed and must stay as long as the context does.  scope
 * separates the sessions of one service from another's.  Where conf asks for a vault, its keys go to
 * ring (NULL: none, and they stay here).
 * 0, or E_CONF with e->text saying what failed and why. */
int tlsctx_new(const struct tls_conf *conf, const char *scope, struct keyring *ring, SSL_CTX **ret, struct conf_err *e);

void tlsctx_free(SSL_CTX *ctx);

/* Go on with another context, from within peercert_hello: its keys, whom it trusts, whom it
 * lets in, its sessions, its groups, versions and options.  0, or E_TLS: the connection must end. */
int tlsctx_switch(SSL *ssl, SSL_CTX *ctx);

/* After a handshake, resumed or not: did the peer show a certificate that was found good? */
int tlsctx_authentic(const SSL *ssl);

/* After a handshake: a client that knows its server by nothing but a pre-shared key, and none was used. */
int tlsctx_lacks_psk(const SSL *ssl);

/* Our own certificate, and who signed it; NULL for what is not there. */
void tlsctx_own(SSL_CTX *ctx, X509 **ret_cert, X509 **ret_issuer);

/* From now on send this with our own certificate to clients who ask for it (copied). */
void tlsctx_set_staple(SSL_CTX *ctx, const uint8_t *bytes, size_t n);

/* The revocation lists that count for who is already in; NULL: none do.  Borrowed. */
STACK_OF(X509_CRL) *tlsctx_lists(const SSL_CTX *ctx);

/* The configuration that a context was made from. */
const struct tls_conf *tlsctx_conf(const SSL_CTX *ctx);

#endif

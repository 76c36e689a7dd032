/* What a section says of TLS, as data: read by who makes contexts and by who compares sections. */
#ifndef SALLYPORT_TUNNEL_TLS_TLSCONF_H
#define SALLYPORT_TUNNEL_TLS_TLSCONF_H

#include <openssl/ssl.h>
#include <stdint.h>

#include "lib/opt.h"
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
	char *ca_dir;			/* as ca_path, but its files may have other names, too */
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

#endif

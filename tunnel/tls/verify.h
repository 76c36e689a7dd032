/* Who is let in: facts about one certificate against what the configuration asks for.  Pure: no
 * handles, no clock, no log.  Only the numbers X509_V_ERR_* come from the TLS library. */
#ifndef SALLYPORT_TUNNEL_TLS_VERIFY_H
#define SALLYPORT_TUNNEL_TLS_VERIFY_H

/* The four switches behind stunnel's verify options (stunnel-conf section 8). */
struct verify_mode {
	int request;	/* ask for a certificate */
	int require;	/* fail without one */
	int chain;	/* it must lead to a trust anchor */
	int peer;	/* it must be in the local store */
};

/* What the option lines do, each in its turn. */
void verify_set_level(struct verify_mode *m, int level);	/* 0 to 4 */
void verify_set_chain(struct verify_mode *m, int on);
void verify_set_peer(struct verify_mode *m, int on);
void verify_set_require(struct verify_mode *m, int on);

/* The library offers each certificate of the chain in turn; depth 0 is the peer's own. */
struct cert_facts {
	int depth;
	int error;		/* the library's X509_V_ERR_*, X509_V_OK (0) when it has none */
	int subject_checks;	/* are any configured? */
	int subject_matches;
	int in_store;		/* same subject and same public key as one in the local store */
};

enum verify_verdict {
	VERIFY_OFF,		/* accepted: nothing was asked */
	VERIFY_OK,
	VERIFY_IGNORED,		/* accepted in spite of error, since only the certificate itself counts */
	VERIFY_BAD_CHAIN,	/* refused for facts->error */
	VERIFY_BAD_SUBJECT,
	VERIFY_NOT_LOCAL,
};

/* The verdict on one certificate of a chain, of which f tells: called for each, the peer's own last. */
enum verify_verdict verify_cert(const struct verify_mode *m, const struct cert_facts *f);

/* Does such a verdict end the connection? */
static inline int
verify_refuses(enum verify_verdict v)
{
	return v >= VERIFY_BAD_CHAIN;
}

#endif

/* The TLS library's questions about the peer's certificate, answered by verify: gathers the
 * facts, keeps what came of them, and says so in stunnel's words. */
#ifndef SALLYPORT_TUNNEL_TLS_PEERCERT_H
#define SALLYPORT_TUNNEL_TLS_PEERCERT_H

#include <openssl/ssl.h>

#include "lib/addr.h"
#include "tunnel/tls/verify.h"

/* One per connection; owned by whoever owns the connection. */
struct peercert {
	void (*say)(void *arg, int level, const char *text);	/* NULL: silent */
	/* server: what the client calls us, or NULL.  0: it is not wanted, and gets no answer */
	int (*named)(void *arg, SSL *ssl, const char *name);
	void *arg;
	char where[ADDR_TEXT_SIZE];	/* client: where sessions are kept for; "": they are not */
	enum verify_verdict verdict;	/* of the certificate refused, if verify_refuses() */
	int error;			/* the library's X509_V_ERR_* for it */
};

/* For SSL_CTX_set_verify; connections without a peercert are refused. */
int peercert_callback(int ok, X509_STORE_CTX *x);

/* From now on ssl's certificates are pc's to judge; pc is borrowed.  1, or 0 for lack of memory. */
int peercert_attach(SSL *ssl, struct peercert *pc);

/* For SSL_CTX_set_client_hello_cb: before anything of the hello is acted upon.  The library's
 * own question about the name comes after a session was accepted, with its verdict on the peer. */
int peercert_hello(SSL *ssl, int *alert, void *arg);

/* A line about the connection, by its peercert. */
void peercert_say(SSL *ssl, int level, const char *text);

/* "C=PL, O=Example, CN=host", whatever the name holds; "" for NULL. */
void peercert_name(const X509_NAME *name, char *dst, size_t size);

/* Subject and issuer of the peer's certificate; "" without one. */
void peercert_names(const SSL *ssl, char *subject, char *issuer, size_t size);

#endif

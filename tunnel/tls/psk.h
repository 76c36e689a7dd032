/* Pre-shared keys: a file of "IDENTITY:KEY" lines to a table, and the TLS library's questions
 * answered from it (stunnel-conf section 10). */
#ifndef SALLYPORT_TUNNEL_TLS_PSK_H
#define SALLYPORT_TUNNEL_TLS_PSK_H

#include <openssl/ssl.h>

#include "lib/err.h"

struct psk {
	const char *identity;
	unsigned char key[PSK_MAX_PSK_LEN];
	size_t n;
};

struct psk_table;

/* 0, -ENOMEM, or E_CONF with the line that is wrong. */
int psk_parse(const char *text, size_t size, struct psk_table **ret, struct conf_err *e);
int psk_load(const char *path, struct psk_table **ret, struct conf_err *e);
void psk_free(struct psk_table *t);

/* The row of that identity, case counting; the first one for NULL.  NULL when there is none. */
const struct psk *psk_find(const struct psk_table *t, const char *identity);

/* Every identity and key, in order, to add; t may be NULL. */
void psk_each(const struct psk_table *t, void (*add)(void *arg, const void *bytes, size_t n), void *arg);

#endif

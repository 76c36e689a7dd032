/* An invitation: all that a client needs to reach one module of `sallyport serve`, or of a deployment, and to be let in, as one word of
 * letters, digits, "-", "_" and one ":" that a shell and a mail leave alone.
 *
 *	sallyport1:BASE64URL
 *
 * whose bytes are, with numbers least significant first and each text behind its length in one byte:
 *	host, client, module, port (2), pin (32), count (1) of addresses and each, length (2) and certificate, length (2) and key,
 *	CRC-32 (4) of all before.
 * The sum tells a cut or mistyped one, not a forged one: whoever takes an invitation believes who gave it. */
#ifndef SALLYPORT_LIB_INVITE_H
#define SALLYPORT_LIB_INVITE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

enum {
	INVITE_ADDRESSES_MAX = 16, INVITE_HOST_SIZE = 254, INVITE_ADDRESS_SIZE = 46, INVITE_MODULE_SIZE = 64, INVITE_CLIENT_SIZE = 65,
	INVITE_CERT_MAX = 2048, INVITE_KEY_MAX = 512,
	INVITE_TEXT_MAX = 8192,		/* characters */
};

struct invite {
	char host[INVITE_HOST_SIZE];		/* what the server is called: letters, digits, ".", "-", "_"; or an address */
	char client[INVITE_CLIENT_SIZE];	/* what the server calls the client; the same letters, and "@" */
	char module[INVITE_MODULE_SIZE];	/* UTF-8 without "/" and control characters, and "-" or "." at the beginning */
	uint16_t port;				/* not 0 */
	uint8_t pin[32];			/* SHA-256 of the server's SubjectPublicKeyInfo */
	char address[INVITE_ADDRESSES_MAX][INVITE_ADDRESS_SIZE];	/* numeric; none: the host is looked up */
	size_t n_addresses;
	uint8_t cert[INVITE_CERT_MAX], key[INVITE_KEY_MAX];	/* DER, not looked at here */
	size_t n_cert, n_key;
};

/* Append v as text to out.  0, -ENOMEM, E_FORMAT or E_LIMIT: something in v is not as above. */
int invite_put(const struct invite *v, struct buf *out);

/* Read text[0..n).  0; E_FORMAT: no invitation; E_UNSUPPORTED: one of another version; E_SHORT: cut off, or changed on its way;
 * E_LIMIT: too long.  *ret is wiped, or, on success, holds a key and is the caller's to wipe. */
int invite_get(const char *text, size_t n, struct invite *ret);

void invite_wipe(struct invite *v);	/* no byte of it stays; it is an empty one then */

/* What the client is to know of an error of invite_get. */
const char *invite_error(int r);

#endif

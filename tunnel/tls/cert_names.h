/* What a certificate says of who has it, for whoever decides by that: names, key, serial number, issuer.  Each is told whole or
 * not at all: bytes that somebody could read as another name leave it out.  Pure. */
#ifndef SALLYPORT_TUNNEL_TLS_CERT_NAMES_H
#define SALLYPORT_TUNNEL_TLS_CERT_NAMES_H

#include <openssl/x509.h>

enum {	/* bytes (manual: protocol = proxy) */
	CERT_NAME_MAX = 255,		/* of a name, with its kind */
	CERT_NAMES_MAX = 32,		/* alternative names, */
	CERT_NAMES_BYTES = 2048,	/* and of all of them, with a NUL each */
	CERT_KEY_SIZE = 32,
	CERT_SERIAL_MAX = 64,
	CERT_ISSUER_MAX = 512,
};

struct cert_names {
	char common_name[CERT_NAME_MAX + 1];	/* the subject's, if it has exactly one; texts are "" when not told */
	char serial[CERT_SERIAL_MAX + 1];	/* in hexadecimal, upper case */
	char issuer[CERT_ISSUER_MAX + 1];	/* RFC 2253, ASCII */
	int has_key;
	unsigned char key[CERT_KEY_SIZE];	/* SHA-256 of the SubjectPublicKeyInfo */
	char names[CERT_NAMES_BYTES];		/* "dns:", "email:" and "uri:" names, C strings one behind the other, */
	unsigned n_names;			/* so many */
	unsigned left_out;			/* and so many more that are not told */
	int name_left_out;			/* there is a common name, or are some, and none is told */
};

/* What cert says.  Without WHOLE only the subject's name and the key: all that is known of one that was compared with a copy by
 * these alone. */
void cert_names_get(const X509 *cert, int whole, struct cert_names *ret);

#endif

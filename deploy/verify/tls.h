/* The door as a client sees it, and certificates as they lie on the disk: facts, no verdicts.  The only user of OpenSSL here. */
#ifndef SALLYPORT_DEPLOY_VERIFY_TLS_H
#define SALLYPORT_DEPLOY_VERIFY_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/addr.h"

enum { STREAM_SECONDS = 5 };

struct cert_facts {
	char error[200];	/* why it could not be read; "": it was */
	int days;		/* until the first certificate of the file ends; negative when it is over */
	int chain_days;		/* the same of the others in the file that comes first; INT_MAX: none */
	bool named;		/* is it for that host? */
	bool is_key;		/* does the key belong to it?  Only when key_error is "" */
	char key_error[200];
	char chain_error[200];	/* why a client does not believe it; "": it does */
};

/* A certificate's file, with the key's (NULL: in the same), as a client sees it that believes the authorities of ca (NULL: the system's). */
void cert_look(const char *cert, const char *key, const char *ca, const char *host, struct cert_facts *ret);

/* Days until the first of the certificates of a file ends, or the first of its revocation lists is to be replaced.  0 or -errno; E_FORMAT
 * when there is none in it. */
int cert_days(const char *path, int *days);
int crl_days(const char *path, int *days);

/* A connection, encrypted or not, with a deadline for all that is said on it. */
struct stream;

enum tls_version { TLS_ANY, TLS_UP_TO_11, TLS_UP_TO_12, TLS_13_ONLY };

struct tls_wish {
	enum tls_version version;
	const char *host;		/* the name that is asked for, and that the certificate must have */
	const char *ca;			/* believed; NULL: nobody is asked */
	const char *cert, *key;		/* shown; NULL: none */
};

/* Connect; as_uid and as_gid are who the kernel tells the other side we are ((uid_t)-1: ourselves).  0 and *ret, or -errno. */
int stream_open(const struct addr *to, int ms, unsigned as_uid, unsigned as_gid, struct stream **ret);

/* Begin TLS on it.  0, E_VERIFY for a certificate that the wish does not allow, or E_TLS, with words in why. */
int stream_tls(struct stream *s, const struct tls_wish *wish, char *why, size_t size);

/* "TLSv1.3", or "" before. */
const char *stream_version(const struct stream *s);

/* All of it.  0 or -errno. */
int stream_write(struct stream *s, const void *bytes, size_t n);

/* What comes, as far as there is room: its length, 0 at the end, or -errno. */
int stream_read(struct stream *s, void *dst, size_t size);

/* Close it.  NULL is fine. */
void stream_close(struct stream *s);

/* rsync's answer to a challenge, by SHA-512: base64 without padding.  0, or -EIO. */
int tls_answer(const char *secret, const char *challenge, char *dst, size_t size);

#endif

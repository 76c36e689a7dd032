/* Whose argument is it: ours, which stand first, or rsync's.  Pure. */
#ifndef SALLYPORT_CLIENT_WRAP_ARGS_H
#define SALLYPORT_CLIENT_WRAP_ARGS_H

#include <stddef.h>
#include <stdint.h>

struct wrap_args {
	const char *ca, *cert, *key, *pin;	/* borrowed from argv; NULL: not given */
	int verbose;
	int help;
	char **rsync;			/* rsync's arguments, NULL-ended, with room for one in front */
	size_t n_rsync;
};

enum { ARGS_WHY_SIZE = 256 };

/* Split argv[1..argc).  rsyncs:// becomes rsync://.  0, or E_FORMAT with why filled, or -ENOMEM.
 * done is safe after any of them. */
int args_split(int argc, char **argv, struct wrap_args *ret, char *why);
void args_done(struct wrap_args *a);

/* "sha256:HEX" or "sha256//BASE64" to 32 bytes.  0 or E_FORMAT. */
int args_pin(const char *text, uint8_t ret[32]);

/* One word for rsync's own splitting of --rsh: in quotes, with those inside doubled.  0 or E_LIMIT. */
int args_quote(const char *word, char *dst, size_t size);

#endif

/* Whose argument is it: ours or rsync's.  Pure. */
#ifndef SALLYPORT_CLIENT_WRAP_ARGS_H
#define SALLYPORT_CLIENT_WRAP_ARGS_H

#include <stddef.h>
#include <stdint.h>

#include "client-wrap/operand.h"
#include "client-wrap/options.h"

struct wrap_args {
	const char *value[WRAP_OPTIONS];	/* borrowed from argv; NULL: not given */
	const char *test;		/* the host of --tls-test, borrowed likewise */
	const char *join;		/* the invitation of --join, borrowed likewise */
	const char *renew;		/* the host of --renew, borrowed likewise */
	int join_replace;
	int help, version;
	char **rsync;			/* rsync's arguments, NULL-ended */
	size_t n_rsync;
	char **operands;		/* those of them that are no options, borrowed from argv */
	size_t n_operands;
};

enum { ARGS_WHY_SIZE = OPERAND_WHY_SIZE };

/* Split argv[1..argc).  Ours are found anywhere before "--", but for values of rsync's options; rsyncs:// becomes rsync://.  Of
 * rsync's, those that say how to connect are told in value, too; --contimeout, which rsync refuses beside a remote shell, only there.
 * 0, or E_FORMAT with why filled, or -ENOMEM.  done is safe after any of them. */
int args_split(int argc, char **argv, struct wrap_args *ret, char *why);
void args_done(struct wrap_args *a);

/* Put url, which has to outlive a, before the one operand that there is.  0 or -ENOMEM. */
int args_add_source(struct wrap_args *a, const char *url);

/* "sha256:HEX" or "sha256//BASE64" to 32 bytes.  0 or E_FORMAT. */
int args_pin(const char *text, uint8_t ret[32]);

/* One word for rsync's own splitting of --rsh: in quotes, with those inside doubled.  0 or E_LIMIT. */
int args_quote(const char *word, char *dst, size_t size);

#endif

/* The settings of a connection: the option of ours, or of rsync's, and the variable by which it travels.  rsync starts the helper, so
 * all that is said to the one who starts rsync goes through the environment.  Data only. */
#ifndef SALLYPORT_CLIENT_WRAP_OPTIONS_H
#define SALLYPORT_CLIENT_WRAP_OPTIONS_H

#include <stdbool.h>

enum wrap_option {
	WRAP_CA, WRAP_CERT, WRAP_KEY, WRAP_PIN, WRAP_NAME, WRAP_CRL, WRAP_MIN, WRAP_CIPHERS, WRAP_GROUPS, WRAP_RESUME, WRAP_PROXY,
	WRAP_VERBOSE, WRAP_PORT, WRAP_SKIP_NAME, WRAP_CONTIMEOUT, WRAP_ADDRESS, WRAP_FAMILY, WRAP_OPTIONS
};

struct wrap_option_row {
	const char *flag;	/* "--tls-ca", with its value behind "="; NULL: no option of ours */
	const char *value;	/* the value of one that takes none; NULL: it takes one */
	const char *env;
	bool may_be_empty;	/* an empty variable is none, as rsync-ssl has it; all others are errors, or $UNSET would turn checks off */
};

/* By the numbers of enum wrap_option. */
extern const struct wrap_option_row wrap_options[WRAP_OPTIONS];

#endif

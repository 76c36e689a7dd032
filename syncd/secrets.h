/* A login, judged by the process that may read the secrets file: at the moment of need, and wiped behind it (rsyncd-conf section 12). */
#ifndef SALLYPORT_SYNCD_SECRETS_H
#define SALLYPORT_SYNCD_SECRETS_H

#include <stddef.h>

#include "syncd/policy/conf.h"
#include "syncd/policy/login.h"

enum { SECRETS_FILE_MAX = 1 << 20 };	/* bytes */

/* What a client answered, and to what. */
struct login_try {
	enum login_digest digest;
	const char *challenge, *user, *response;
};

/* Is the try right by what module M says, PATH being its secrets file ("": none)?  0, with the rule that let it in in RET, or E_DENIED
 * with the reason for the log, a static text, in WHY.  A failing secrets file is logged here, in rsync's words. */
int	 secrets_verify(const struct module_conf *m, const char *path, const struct login_try *t, struct login_rule *ret, const char **why);

/* Can the secrets file PATH be used as it stands?  0, or E_DENIED with the reason in WHY, of SIZE bytes. */
int	 secrets_usable(const struct module_conf *m, const char *path, char *why, size_t size);

#endif

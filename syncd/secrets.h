/* A login, judged by the process that may read the secrets file: at the moment of need, and wiped behind it (rsyncd-conf section 12). */
#ifndef SALLYPORT_SYNCD_SECRETS_H
#define SALLYPORT_SYNCD_SECRETS_H

#include <stddef.h>

#include "syncd/policy/conf.h"
#include "syncd/policy/login.h"
#include "syncd/policy/module.h"

enum { SECRETS_FILE_MAX = 1 << 20 };	/* bytes */

/* A challenge that is out. */
struct login {
	enum login_digest digest;
	char challenge[LOGIN_CHALLENGE_SIZE];
};

/* Begin a login to M, by a client that F tells of, whose greeting had the digests LIST (NULL: none) at protocol VERSION.  0 with the challenge
 * in RET, or E_DENIED with what the client is told in MESSAGE; why is logged, in rsync's words. */
int	 secrets_challenge(const struct module_conf *m, const struct module_facts *f, const char *list, int version, struct login *ret,
	    char message[MODULE_MESSAGE_SIZE]);

/* Does LINE, "USER RESPONSE", answer the challenge of L as M's users and its secrets file say?  0 with the rule that let it in in RET, and the
 * user alone in LINE; or E_DENIED with what the client is told in MESSAGE, the same for whatever was wrong; why is logged. */
int	 secrets_answer(const struct module_conf *m, const struct module_facts *f, const struct login *l, char *line, struct login_rule *ret,
	    char message[MODULE_MESSAGE_SIZE]);

/* The rule of "auth users" that decides about USER.  0, E_DENIED when none matches, or -ENOMEM. */
int	 secrets_rule(const struct module_conf *m, const char *user, struct login_rule *ret);

/* Can the secrets file PATH be used as it stands?  0, or E_DENIED with the reason in WHY, of SIZE bytes. */
int	 secrets_usable(const struct module_conf *m, const char *path, char *why, size_t size);

#endif

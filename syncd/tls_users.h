/* "require tls", "tls users" and "tls groups file" of a module, asked for one client: by the monitor, by --check-config, by --why, and again
 * after a reload. */
#ifndef SALLYPORT_SYNCD_TLS_USERS_H
#define SALLYPORT_SYNCD_TLS_USERS_H

#include <stdbool.h>
#include <stddef.h>

#include "syncd/policy/conf.h"
#include "syncd/policy/identity.h"

enum { TLS_GROUPS_MAX = 1 << 20 };	/* bytes of a groups file (manual: LIMITS) */

/* May who came as ID have the module, by these parameters?  0, with the rule that says so in *RET (name "": there are no rules); E_DENIED, with
 * the parameter that decided at *RET_PARAM, a static text, and WHY (SIZE bytes) for the log. */
int tls_users_judge(const struct module_conf *m, const struct identity *id, struct identity_rule *ret, const char **ret_param, char *why, size_t size);

/* What is wrong with "tls users" or the file that it needs is told in MESSAGE; false: nothing. */
bool tls_users_fault(const struct module_conf *m, char *message, size_t size);

#endif

/* What another configuration ("shadow policy") would have decided: asked beside the one in force, with the same functions, and told to the log
 * where it differs.  It changes nothing. */
#ifndef SALLYPORT_SYNCD_SHADOW_H
#define SALLYPORT_SYNCD_SHADOW_H

#include <stdbool.h>

#include "syncd/admit.h"
#include "syncd/policy/conf.h"
#include "syncd/policy/login.h"

/* Load what "shadow policy" names into c->shadow.  Its faults are told, "shadow policy: ...", and are nobody's end: NULL is left then. */
void shadow_load(struct syncd_conf *c, conf_warn *warn, void *arg);

/* A decision that was made about a client: the module that it wants, and where it comes from. */
struct shadow_case {
	const struct syncd_conf *conf;
	const char *module, *addr;
	const struct admit_facts *facts;
};

/* May it have the module, before it logs in?  let_in: it may; logs_in: and has to. */
void shadow_ask(const struct shadow_case *c, bool let_in, bool logs_in);

/* USER has logged in, and may do ACCESS. */
void shadow_ask_login(const struct shadow_case *c, const char *user, enum login_access access);

/* The module's "refuse options" there, for a session to ask: NULL where it refuses none.  Where they stand is put into place as "FILE:LINE", "" where
 * no such module is asked. */
const char *shadow_refuses(const struct syncd_conf *conf, const char *module, char *place, size_t size);

#endif

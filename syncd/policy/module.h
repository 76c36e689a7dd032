/* A module's effective settings: what the configuration, the peer and our own rights make of
 * it (rsyncd-conf sections 6 and 7). */
#ifndef SALLYPORT_SYNCD_POLICY_MODULE_H
#define SALLYPORT_SYNCD_POLICY_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "syncd/policy/conf.h"
#include "syncd/types.h"

struct module_facts {
	const char *module, *host, *addr, *user;	/* for %VAR%; user "": nobody logged in */
	bool is_root;
	const char *tls_user;		/* the name of a certificate that "tls users" has let in; "" or NULL: none */
	bool by_certificate;		/* user is that name, too */
	const struct identity *id;	/* what hooks are told; NULL: nothing */
};

enum { MODULE_PATH_SIZE = 4096, MODULE_MESSAGE_SIZE = 256, MODULE_GROUPS_MAX = 64 };

struct module_plan {
	char chroot[MODULE_PATH_SIZE];	/* "" without chroot */
	char path[MODULE_PATH_SIZE];	/* the module's directory, as seen from outside */
	bool set_ids;
	uid_t uid;
	gid_t gid;
	gid_t groups[MODULE_GROUPS_MAX];
	size_t n_groups;
	bool munge, numeric_ids;
	bool of_client;		/* the path has the name of the client's certificate in it */
	const char *fault;	/* after E_DENIED: the parameter that is to blame, a static text */
};

/* What %NAME% stands for; NULL: nothing. */
const char *module_variable(const struct module_facts *f, const char *name);

/* Does TEXT (NULL: "") name the client by its certificate (%TLS_USER%, or %RSYNC_USER_NAME% where that is nobody's who logged in), and is its name
 * none that may stand there? */
bool module_is_unfit(const char *text, const struct module_facts *f);

/* A copy of the setting TEXT (NULL: "") with what F knows put in for each %VAR%; heap, or NULL when it cannot be expanded. */
char *module_expand(const char *text, const struct module_facts *f);

/* 0, or E_DENIED with what the client is told in message and the reason for the log in why. */
int module_plan(const struct module_conf *m, const struct module_facts *f, struct module_plan *ret,
    char message[MODULE_MESSAGE_SIZE], char why[MODULE_MESSAGE_SIZE]);

#endif

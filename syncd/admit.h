/* May a client have a module, as far as it can be said before it logs in: its address, its host's name, its certificate.  The same function
 * decides when it comes and when the configuration has changed since. */
#ifndef SALLYPORT_SYNCD_ADMIT_H
#define SALLYPORT_SYNCD_ADMIT_H

#include "lib/addr.h"
#include "syncd/policy/conf.h"
#include "syncd/policy/identity.h"

/* Borrowed. */
struct admit_facts {
	const struct addr *peer;
	const char *host;		/* its name, or what stands for one in the log */
	const struct identity *id;
	int (*resolve)(void *arg, const char *token);	/* of struct hosts_facts, for names and netgroups */
	void *arg;
};

struct admit_verdict {
	const char *reason, *param;	/* of a refusal: "address" or "identity", and the parameter that decided; static texts */
	char why[512];			/* the same for the log; "": the reason says it */
	struct identity_rule rule;	/* that let it in; name "": there are none for certificates */
};

/* 0 or E_DENIED.  A module whose rules cannot be read lets nobody in. */
int admit_check(const struct module_conf *m, const struct admit_facts *f, struct admit_verdict *ret);

/* The same in its two parts: the first asks for names of hosts, which can take its time. */
int admit_host(const struct module_conf *m, const struct admit_facts *f, struct admit_verdict *ret);
int admit_identity(const struct module_conf *m, const struct admit_facts *f, struct admit_verdict *ret);

#endif

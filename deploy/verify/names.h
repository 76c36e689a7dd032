/* The units of a deployment, as the service manager knows them. */
#ifndef SALLYPORT_DEPLOY_VERIFY_NAMES_H
#define SALLYPORT_DEPLOY_VERIFY_NAMES_H

#include "deploy/verify/ask.h"

enum { VERIFY_UNITS_MAX = 16 };

struct verify_unit {
	const char *unit;	/* "sallyport-syncd.service" */
	const char *name;	/* in ids: "syncd" */
	const char *path;	/* where its text is installed, "etc/systemd/system/..." */
	bool dropin;		/* that text is only added to a unit of the distribution's */
	bool runs;		/* a service that has processes */
	bool enabled;		/* it must be started at boot by itself, or by what requires it */
};

/* Those that the model wants, into ret; of the first those alone whose text is there. */
size_t verify_units(const struct ask *a, struct verify_unit ret[VERIFY_UNITS_MAX]);
size_t verify_units_of(const struct model *m, struct verify_unit ret[VERIFY_UNITS_MAX]);

/* The service that the daemon runs in; NULL where it is none of this machine's. */
const char *verify_daemon_service(const struct model *m);

#endif

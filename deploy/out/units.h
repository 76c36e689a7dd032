/* The units of daemon and door, and what they stand on: users, directories. */
#ifndef SALLYPORT_DEPLOY_OUT_UNITS_H
#define SALLYPORT_DEPLOY_OUT_UNITS_H

#include "deploy/emit.h"
#include "deploy/model/model.h"

/* One file each, for models whose daemon or door it is (see the table of outputs); errors stick in o. */
void out_unit_daemon(const struct model *m, struct emit *o);
void out_unit_daemon_socket(const struct model *m, struct emit *o);
void out_unit_daemon_unix_socket(const struct model *m, struct emit *o);
void out_unit_rsync(const struct model *m, struct emit *o);		/* drop-ins, for Debian's own units */
void out_unit_tunnel(const struct model *m, struct emit *o);
void out_unit_stunnel(const struct model *m, struct emit *o);
void out_unit_haproxy(const struct model *m, struct emit *o);
void out_unit_door_socket(const struct model *m, struct emit *o);	/* of tunnel or stunnel */
void out_unit_ssh(const struct model *m, struct emit *o);		/* of a client's own service manager */
void out_sysusers(const struct model *m, struct emit *o);
void out_tmpfiles(const struct model *m, struct emit *o);

/* The capabilities of the daemon where its unit or container takes all others, separated by blanks; "": none.  The model has
 * MODEL_LIST_MAX modules at most. */
const char *out_daemon_caps(const struct model *m);

/* Does the model need users of its own?  (For out_sysusers.) */
int out_has_users(const struct model *m);

#endif

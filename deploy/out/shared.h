/* What several writers agree about: names of files that one writes and another reads, of users, units and ports. */
#ifndef SALLYPORT_DEPLOY_OUT_SHARED_H
#define SALLYPORT_DEPLOY_OUT_SHARED_H

#include <stdint.h>

#include "deploy/emit.h"
#include "deploy/model/model.h"

#define OUT_SECRETS "etc/sallyport/syncd.secrets"
#define OUT_GROUPS "etc/sallyport/syncd.groups"
#define OUT_RUN "/run/sallyport"
#define OUT_PID OUT_RUN "/syncd.pid"		/* --status asks beside it */
#define OUT_DAEMON_METRICS OUT_RUN "/syncd.metrics"
#define OUT_DOOR_RUN "/run/sallyport-tunnel"
#define OUT_DOOR_METRICS OUT_DOOR_RUN "/metrics"
#define OUT_RENEW_SOCKET "/run/sallyport-renew.sock"
#define OUT_DAEMON_USER "sallyport-syncd"
#define OUT_NFT "etc/sallyport/firewall.nft"
#define OUT_NFT_REMOVE "etc/sallyport/firewall-remove.nft"
#define OUT_RULES4 "etc/sallyport/firewall.rules4"
#define OUT_RULES6 "etc/sallyport/firewall.rules6"
#define OUT_IPTABLES "etc/sallyport/firewall.sh"
#define OUT_IPTABLES_REMOVE "etc/sallyport/firewall-remove.sh"

#define OUT_CONTAINERFILE "etc/sallyport/Containerfile"
#define OUT_POD_SCRIPT "etc/sallyport/pod.sh"
#define OUT_COMPOSE "etc/sallyport/compose.yaml"

/* What units lend: LoadCredential=, files below /run/credentials/UNIT/. */
#define OUT_SECRETS_ID "syncd.secrets"
#define OUT_KEY_ID "tls.key"
#define OUT_PEM_ID "tls.pem"		/* HAProxy's certificate with its key */
#define OUT_BACKENDS_ID "backends.pem"	/* what it shows to back ends */

/* Where a container finds what it is lent: podman cannot make files in /run/secrets below a read-only root. */
#define POD_SECRETS "/run/lent"
#define POD_TLS "/etc/sallyport/tls"	/* in a cluster */

/* The user that the door runs as, with a group of the same name, who alone may open the daemon's socket. */
const char *out_door_user(const struct model *m);

/* Where the daemon finds the secrets: the file itself, or what its unit or container is lent. */
const char *out_secrets_path(const struct model *m);

/* Where the door finds its certificate, key, authority and revocation list: as named, or as its container has them. */
const char *out_door_cert(const struct model *m);
const char *out_door_key(const struct model *m);
const char *out_door_ca(const struct model *m);
const char *out_door_crl(const struct model *m);	/* NULL: none */

/* The unit that the door runs in, and the one that opens its port: a socket where the service manager listens.  NULL for
 * ssh, whose server is the machine's own, and where no unit of this machine opens it. */
const char *out_door_service(const struct model *m);
const char *out_door_guarded(const struct model *m);

/* Are there packet filter rules?  None with ssh for a door, nor in a cluster. */
int out_has_firewall(const struct model *m);

/* The port that clients come in at, but for ssh; that of the daemon on loopback, or 0 where it has none. */
uint16_t out_door_port(const struct model *m);
uint16_t out_daemon_port(const struct model *m);

/* An error sticks in o, as one of emit's own does.  0 is none. */
void out_failed(struct emit *o, int err);

/* "# NAME: ..." with what made the file, in the first lines of it. */
void out_heading(const struct model *m, struct emit *o, const char *what);

#endif

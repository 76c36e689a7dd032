/* Service and socket units, drop-ins for Debian's own services, and the files that go with them. */
#ifndef SALLYPORT_UNITS_SERVICE_H
#define SALLYPORT_UNITS_SERVICE_H

#include "lib/buf.h"
#include "units/facts.h"

/* Each appends one file's text to out, the caller's.  0; E_FORMAT or E_LIMIT: a fact that cannot be printed; or out's own
 * error.  Then what is in out is of no use. */

/* sallyport-syncd.service; where f->activated, sallyport-syncd.socket (its TCP port, both families) and
 * sallyport-syncd-unix.socket (its UNIX socket), which are E_UNSUPPORTED when there is no such. */
int unit_put_daemon(const struct unit_daemon *f, struct buf *out);
int unit_put_daemon_socket(const struct unit_daemon *f, struct buf *out);
int unit_put_daemon_unix_socket(const struct unit_daemon *f, struct buf *out);

/* The capabilities that the daemon has there, "CAP_A CAP_B"; "": none. */
const char *unit_daemon_caps(const struct unit_daemon *f);

/* sallyport-tunnel.service, and the socket unit of that service or of another door's, as "stunnel@rsync.service". */
int unit_put_tunnel(const struct unit_tunnel *f, struct buf *out);
int unit_put_tunnel_socket(const struct unit_tunnel *f, const char *service, struct buf *out);

/* Drop-ins: rsync.service.d/, stunnel@NAME.service.d/, haproxy.service.d/, each 50-sallyport.conf.  stunnel and HAProxy are
 * never root, so that their files must name no user, chroot or pid file, and their keys are below /run/credentials/UNIT/.
 * rsync listens on 127.0.0.1 and f->port, whatever its file says: E_UNSUPPORTED without one. */
int unit_put_rsync_dropin(const struct unit_daemon *f, struct buf *out);
int unit_put_stunnel_dropin(const struct unit_tunnel *f, struct buf *out);
int unit_put_haproxy_dropin(const struct unit_tunnel *f, struct buf *out);

/* sallyport-firewall.service, and nftables.service.d/50-sallyport.conf, without which the first start of nftables.service
 * would leave nothing of our table. */
int unit_put_firewall(const struct unit_firewall *f, struct buf *out);
int unit_put_nftables_dropin(const struct unit_firewall *f, struct buf *out);

/* sallyport-ca.service, and sallyport-ca.timer, by which it runs once a day. */
int unit_put_authority(const struct unit_authority *f, struct buf *out);
int unit_put_authority_timer(struct buf *out);

/* sallyport-renew@.service, an instance for each connection to sallyport-renew.socket, which listens at that path, for group alone. */
int unit_put_renewal(const struct unit_authority *f, struct buf *out);
int unit_put_renewal_socket(const char *path, const char *group, struct buf *out);

/* sallyport-ssh.service of a user's manager (~/.config/systemd/user). */
int unit_put_ssh(const struct unit_ssh *f, struct buf *out);

/* Lines of sysusers.d(5) and tmpfiles.d(5). */
int unit_put_sysusers(const struct unit_user *users, size_t n, struct buf *out);
int unit_put_tmpfiles(const struct unit_file *files, size_t n, struct buf *out);

#endif

/* Points about certificates on the disk and the door as a client meets it: cert.*, tls.*, door.* */
#ifndef SALLYPORT_DEPLOY_VERIFY_DOOR_H
#define SALLYPORT_DEPLOY_VERIFY_DOOR_H

#include "deploy/verify/ask.h"
#include "deploy/verify/tls.h"

enum { CERT_DAYS_MIN = 14, CERT_DAYS_SOON = 30 };	/* fewer than the first fail; fewer than the second are told */

/* Files of certificates, authorities and revocation lists. */
void door_files(const struct ask *a);

/* Handshakes with the running door. */
void door_judge(const struct ask *a);

/* Where this machine reaches the door, with its port; false where it has none that can be asked. */
bool door_address(const struct ask *a, struct addr *ret);

/* The wish of a client as the model has it; the certificate only where its files can be read here. */
struct tls_wish door_wish(const struct ask *a, enum tls_version version);

/* Pure: judge what was seen of the door's own certificate. */
void door_judge_cert(struct points *l, const char *path, const char *host, const struct cert_facts *f);

/* Pure: judge the days that are left to an authority or a list (id: cert.ca, cert.crl); r is what reading it came to. */
void door_judge_days(struct points *l, const char *id, const char *path, int r, int days);

#endif

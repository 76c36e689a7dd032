/* Rules across options, in stunnel's words.  Pure. */
#ifndef SALLYPORT_TUNNEL_CHECK_H
#define SALLYPORT_TUNNEL_CHECK_H

#include "tunnel/conf.h"

/* What is wrong with the service, or NULL. */
const char *check_service(const struct tun_service *s, int inetd);

/* What is allowed but should not be, or NULL; follows "Service [x] ". */
const char *check_warning(const struct tun_service *s);

/* What is wrong with the global options, or NULL. */
const char *check_global(const struct tun_conf *conf);

#endif

/* Rules across options, in stunnel's words.  Pure. */
#ifndef SALLYPORT_TUNNEL_CONF_CHECK_H
#define SALLYPORT_TUNNEL_CONF_CHECK_H

#include "tunnel/conf/conf.h"

/* What is wrong with a service of conf, whose global options are known, or NULL. */
const char *check_service(const struct tun_service *s, const struct tun_conf *conf);

/* Number i of what is allowed but should not be, or NULL where that does not concern it; follows "Service [x] ". */
enum { CHECK_WARNINGS = 8 };
const char *check_warning(const struct tun_service *s, size_t i);

/* What is wrong with the global options, or NULL. */
const char *check_global(const struct tun_conf *conf);

#endif

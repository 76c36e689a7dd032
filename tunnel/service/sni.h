/* Virtual sections: the name a client asks for chooses the section that serves it. */
#ifndef SALLYPORT_TUNNEL_SERVICE_SNI_H
#define SALLYPORT_TUNNEL_SERVICE_SNI_H

#include "tunnel/service/service.h"

/* Does the pattern ("host", or "*" and a suffix) match, without regard to case? */
int sni_matches(const char *pattern, const char *name);

/* Hand the services with "sni = PRIMARY:PATTERN" to their primary sections.  0, -ENOMEM, or E_CONF with *e. */
int sni_link(struct service_set *set, struct conf_err *e);

/* Answer the library's question for the connection's section: s, or the first of its virtual
 * ones that matches, to whose context ssl is switched.  name NULL: the client sent none.  NULL: it has to end. */
const struct service *sni_choose(const struct service *s, SSL *ssl, const char *name);

#endif

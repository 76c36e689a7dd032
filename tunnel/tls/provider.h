/* Providers of the TLS library and FIPS: for the whole process, before the first context. */
#ifndef SALLYPORT_TUNNEL_TLS_PROVIDER_H
#define SALLYPORT_TUNNEL_TLS_PROVIDER_H

#include <stddef.h>

#include "lib/err.h"
#include "lib/opt.h"

/* How long the first two parts of PROVIDER:NAME=VALUE are (either may be NULL).  0 or E_FORMAT. */
int tls_parameter_parts(const char *text, size_t *ret_provider, size_t *ret_name);

/* Does the system's configuration of the library ask for nothing but FIPS? */
int tls_fips_is_forced(void);

/* For the whole process: providers beside the default one with their parameters (of the form above), and
 * nothing but FIPS where asked for.  0, or E_CONF. */
int tls_prepare(const struct opt_list *providers, const struct opt_list *parameters, int fips, struct conf_err *e);

#endif

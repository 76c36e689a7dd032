/* Words of the configuration to numbers of the TLS library. */
#ifndef SALLYPORT_TUNNEL_CONF_TLSNAME_H
#define SALLYPORT_TUNNEL_CONF_TLSNAME_H

#include <stddef.h>
#include <stdint.h>

/* "NO_SSLv2" to its SSL_OP_ bit (0 for workarounds that the library no longer has).  0 or E_FORMAT. */
int tlsname_option(const char *name, uint64_t *ret);

/* The names in order, for listings; NULL at the end. */
const char *tlsname_option_at(size_t i);

/* "TLSv1.2" to TLS1_2_VERSION, "all" to 0.  0 or E_FORMAT. */
int tlsname_version(const char *name, int *ret);

/* The word for a version number, for a dump. */
const char *tlsname_version_word(int version);

#endif

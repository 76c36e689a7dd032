/* Versions, ciphers, groups and the library's own commands of a section: for a context, and for a connection that goes on
 * with another section. */
#ifndef SALLYPORT_TUNNEL_TLS_TLSSETTINGS_H
#define SALLYPORT_TUNNEL_TLS_TLSSETTINGS_H

#include <openssl/ssl.h>

#include "lib/err.h"
#include "tunnel/tls/tlsconf.h"

/* For ctx, from conf: security level, versions, options, ciphers; the lines of "config"; the groups.  Each 0, or E_CONF with
 * e->text saying what the library did not take. */
int tls_set_protocol(SSL_CTX *ctx, const struct tls_conf *conf, struct conf_err *e);
int tls_run_commands(SSL_CTX *ctx, const struct tls_conf *conf, struct conf_err *e);
int tls_set_groups(SSL_CTX *ctx, const struct tls_conf *conf, struct conf_err *e);

/* For ssl, which began with another section's: the lines of "config" that name no files, and the groups.  1, or 0: the
 * library refused, and the connection must end. */
int tls_switch_commands(SSL *ssl, const struct tls_conf *conf);
int tls_switch_groups(SSL *ssl, const struct tls_conf *conf);

#endif

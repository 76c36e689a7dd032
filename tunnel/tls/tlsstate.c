#include "tunnel/tls/tlsstate.h"

struct tls_state *
tls_state_of(const SSL_CTX *ctx)
{
	return SSL_CTX_get_app_data(ctx);
}

struct tls_state *
tls_state_of_ssl(const SSL *ssl)
{
	return tls_state_of(SSL_get_SSL_CTX(ssl));
}

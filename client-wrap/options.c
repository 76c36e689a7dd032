#include "client-wrap/options.h"

#include <stddef.h>

const struct wrap_option_row wrap_options[WRAP_OPTIONS] = {
	[WRAP_CA] = { "--tls-ca", NULL, "RSYNC_SSL_CA_CERT", false },
	[WRAP_CERT] = { "--tls-cert", NULL, "RSYNC_SSL_CERT", true },
	[WRAP_KEY] = { "--tls-key", NULL, "RSYNC_SSL_KEY", true },
	[WRAP_PIN] = { "--tls-pin", NULL, "RSYNC_SSL_PIN", false },
	[WRAP_NAME] = { "--tls-name", NULL, "SALLYPORT_TLS_NAME", false },
	[WRAP_CRL] = { "--tls-crl", NULL, "SALLYPORT_TLS_CRL", false },
	[WRAP_MIN] = { "--tls-min", NULL, "SALLYPORT_TLS_MIN", false },
	[WRAP_CIPHERS] = { "--tls-ciphers", NULL, "SALLYPORT_TLS_CIPHERS", false },
	[WRAP_GROUPS] = { "--tls-groups", NULL, "SALLYPORT_TLS_GROUPS", false },
	[WRAP_RESUME] = { "--tls-resume", NULL, "SALLYPORT_TLS_RESUME", false },
	[WRAP_PROXY] = { "--tls-proxy", NULL, "RSYNC_PROXY", true },
	[WRAP_VERBOSE] = { "--tls-verbose", "1", "SALLYPORT_TLS_VERBOSE", true },
	[WRAP_PORT] = { NULL, NULL, "RSYNC_SSL_PORT", true },
	[WRAP_SKIP_NAME] = { NULL, NULL, "RSYNC_SSL_SKIP_HOSTNAME_CHECK", true },
	[WRAP_CONTIMEOUT] = { NULL, NULL, "SALLYPORT_CONTIMEOUT", true },
	[WRAP_ADDRESS] = { NULL, NULL, "SALLYPORT_ADDRESS", true },
	[WRAP_FAMILY] = { NULL, NULL, "SALLYPORT_FAMILY", true },
};

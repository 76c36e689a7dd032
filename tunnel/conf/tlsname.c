#include "tunnel/conf/tlsname.h"

#include <openssl/ssl.h>
#include <strings.h>

#include "lib/err.h"

#define OP(name) { #name, SSL_OP_##name }
#define GONE(name) { #name, 0 }		/* a workaround for software nobody has any more */

static const struct {
	const char *name;
	uint64_t bit;
} options[] = {
	OP(ALL), OP(ALLOW_CLIENT_RENEGOTIATION), OP(ALLOW_NO_DHE_KEX), OP(ALLOW_UNSAFE_LEGACY_RENEGOTIATION),
	OP(CIPHER_SERVER_PREFERENCE), OP(CISCO_ANYCONNECT), OP(CLEANSE_PLAINTEXT), OP(COOKIE_EXCHANGE),
	OP(CRYPTOPRO_TLSEXT_BUG), OP(DISABLE_TLSEXT_CA_NAMES), OP(DONT_INSERT_EMPTY_FRAGMENTS), OP(ENABLE_KTLS),
	OP(ENABLE_MIDDLEBOX_COMPAT), GONE(EPHEMERAL_RSA), OP(IGNORE_UNEXPECTED_EOF), OP(LEGACY_SERVER_CONNECT),
	GONE(MICROSOFT_BIG_SSLV3_BUFFER), GONE(MICROSOFT_SESS_ID_BUG), GONE(MSIE_SSLV2_RSA_PADDING),
	GONE(NETSCAPE_CA_DN_BUG), GONE(NETSCAPE_CHALLENGE_BUG), GONE(NETSCAPE_DEMO_CIPHER_CHANGE_BUG),
	GONE(NETSCAPE_REUSE_CIPHER_CHANGE_BUG), OP(NO_ANTI_REPLAY), OP(NO_COMPRESSION), OP(NO_DTLS_MASK),
	OP(NO_DTLSv1), OP(NO_DTLSv1_2), OP(NO_ENCRYPT_THEN_MAC), OP(NO_EXTENDED_MASTER_SECRET), OP(NO_QUERY_MTU),
	OP(NO_RENEGOTIATION), OP(NO_SESSION_RESUMPTION_ON_RENEGOTIATION), OP(NO_SSL_MASK), GONE(NO_SSLv2),
	OP(NO_SSLv3), OP(NO_TICKET), OP(NO_TLSv1), OP(NO_TLSv1_1), OP(NO_TLSv1_2), OP(NO_TLSv1_3),
	GONE(PKCS1_CHECK_1), GONE(PKCS1_CHECK_2), OP(PRIORITIZE_CHACHA), OP(SAFARI_ECDHE_ECDSA_BUG),
	GONE(SINGLE_DH_USE), GONE(SINGLE_ECDH_USE), GONE(SSLEAY_080_CLIENT_DH_BUG), GONE(SSLREF2_REUSE_CERT_TYPE_BUG),
	GONE(TLS_BLOCK_PADDING_BUG), GONE(TLS_D5_BUG), OP(TLSEXT_PADDING), OP(TLS_ROLLBACK_BUG),
};

static const struct {
	const char *name;
	int version;
} versions[] = {
	{ "all", 0 }, { "SSLv3", SSL3_VERSION }, { "TLSv1", TLS1_VERSION }, { "TLSv1.1", TLS1_1_VERSION },
	{ "TLSv1.2", TLS1_2_VERSION }, { "TLSv1.3", TLS1_3_VERSION },
};

int
tlsname_option(const char *name, uint64_t *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (strcasecmp(options[i].name, name) == 0) {
			*ret = options[i].bit;
			return 0;
		}
	return E_FORMAT;
}

const char *
tlsname_option_at(size_t i)
{
	return i < ARRAY_LEN(options) ? options[i].name : NULL;
}

int
tlsname_version(const char *name, int *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(versions); i++)
		if (strcasecmp(versions[i].name, name) == 0) {
			*ret = versions[i].version;
			return 0;
		}
	return E_FORMAT;
}

const char *
tlsname_version_word(int version)
{
	for (size_t i = 0; i < ARRAY_LEN(versions); i++)
		if (versions[i].version == version)
			return versions[i].name;
	return "all";
}

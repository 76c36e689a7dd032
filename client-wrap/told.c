#include "client-wrap/told.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int
told_key(X509 *cert, uint8_t ret[32])
{
	unsigned char *der = NULL;
	unsigned n = 0;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	if (len > 0 && EVP_Digest(der, (size_t)len, ret, &n, EVP_sha256(), NULL) != 1)
		n = 0;
	OPENSSL_free(der);
	return n == 32 ? 0 : -EIO;
}

const char *
told_digest(const uint8_t digest[32], char dst[TOLD_PIN_SIZE])
{
	int at = snprintf(dst, TOLD_PIN_SIZE, "sha256:");

	for (int i = 0; i < 32; i++)
		at += snprintf(dst + at, (size_t)(TOLD_PIN_SIZE - at), "%02x", digest[i]);
	return dst;
}

const char *
told_pin(X509 *cert, char dst[TOLD_PIN_SIZE])
{
	uint8_t digest[32];

	if (cert != NULL && told_key(cert, digest) == 0)
		return told_digest(digest, dst);
	snprintf(dst, TOLD_PIN_SIZE, "none");
	return dst;
}

/* One name of a certificate, as text; 0 when it is of another kind. */
static int
name_text(const GENERAL_NAME *name, char *dst, size_t size)
{
	const unsigned char *bytes;
	int n;

	if (name->type == GEN_IPADD) {
		n = ASN1_STRING_length(name->d.iPAddress);
		return inet_ntop(n == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name->d.iPAddress), dst, (socklen_t)size) != NULL &&
		    (n == 4 || n == 16);
	}
	if (name->type != GEN_DNS)
		return 0;
	bytes = ASN1_STRING_get0_data(name->d.dNSName);
	n = ASN1_STRING_length(name->d.dNSName);
	if ((size_t)n >= size || memchr(bytes, '\0', (size_t)n) != NULL)
		return 0;
	memcpy(dst, bytes, (size_t)n);
	dst[n] = '\0';
	return 1;
}

/* 0 when there is no room for it. */
static int
add_name(char *dst, size_t size, const char *name)
{
	size_t at = strlen(dst);

	if (at + strlen(name) + sizeof ", , ..." > size) {
		snprintf(dst + at, size - at, "%s...", at == 0 ? "" : ", ");
		return 0;
	}
	snprintf(dst + at, size - at, "%s%s", at == 0 ? "" : ", ", name);
	return 1;
}

const char *
told_names(X509 *cert, char *dst, size_t size)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	char text[256];
	int room = 1;

	dst[0] = '\0';
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && room; i++)
		if (name_text(sk_GENERAL_NAME_value(names, i), text, sizeof text))
			room = add_name(dst, size, text);
	GENERAL_NAMES_free(names);
	if (dst[0] == '\0' && X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, text, sizeof text) > 0)
		add_name(dst, size, text);
	if (dst[0] == '\0')
		snprintf(dst, size, "no name");
	return dst;
}

const char *
told_time(const ASN1_TIME *t, char dst[TOLD_TIME_SIZE])
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1 || strftime(dst, TOLD_TIME_SIZE, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(dst, TOLD_TIME_SIZE, "no time");
	return dst;
}

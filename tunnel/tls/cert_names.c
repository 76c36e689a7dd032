#include "tunnel/tls/cert_names.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "lib/utf8.h"

/* Two common names are none: who reads the other one sees somebody else. */
static void
take_common_name(const X509 *cert, struct cert_names *ret)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1), n;
	unsigned char *text = NULL;

	if (at < 0)
		return;
	ret->name_left_out = 1;
	if (X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0 ||
	    (n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)))) < 0)
		return;
	if (n > 0 && n <= CERT_NAME_MAX && utf8_is_text(text, (size_t)n)) {
		memcpy(ret->common_name, text, (size_t)n);
		ret->name_left_out = 0;
	}
	OPENSSL_free(text);
}

static void
take_key(const X509 *cert, struct cert_names *ret)
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	unsigned size = 0;

	if (n > 0)
		ret->has_key = EVP_Digest(der, (size_t)n, ret->key, &size, EVP_sha256(), NULL) == 1 && size == CERT_KEY_SIZE;
	OPENSSL_free(der);
}

static void
take_serial(const X509 *cert, struct cert_names *ret)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
	char *text = number == NULL || BN_is_negative(number) ? NULL : BN_bn2hex(number);

	if (text != NULL && strlen(text) <= CERT_SERIAL_MAX)
		strcpy(ret->serial, text);
	OPENSSL_free(text);
	BN_free(number);
}

static void
take_issuer(const X509 *cert, struct cert_names *ret)
{
	BIO *mem = BIO_new(BIO_s_mem());
	char *text;
	long n;

	if (mem != NULL && X509_NAME_print_ex(mem, X509_get_issuer_name(cert), 0, XN_FLAG_RFC2253) >= 0 &&
	    (n = BIO_get_mem_data(mem, &text)) > 0 && n <= CERT_ISSUER_MAX && utf8_is_text((unsigned char *)text, (size_t)n))
		memcpy(ret->issuer, text, (size_t)n);
	BIO_free(mem);
}

/* An IA5String: what is no visible ASCII has no place in a host name, an address of mail or a URI. */
static int
is_visible(const unsigned char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] >= 0x7f)
			return 0;
	return n > 0;
}

static const char *
kind_of(const GENERAL_NAME *name)
{
	return name->type == GEN_DNS ? "dns:" : name->type == GEN_EMAIL ? "email:" : name->type == GEN_URI ? "uri:" : NULL;
}

/* Where the names end: *used bytes are taken. */
static void
add_name(struct cert_names *ret, size_t *used, const char *kind, const ASN1_STRING *value)
{
	size_t n = (size_t)ASN1_STRING_length(value), prefix = strlen(kind);

	if (!is_visible(ASN1_STRING_get0_data(value), n) || ret->n_names >= CERT_NAMES_MAX || n > CERT_NAME_MAX - prefix ||
	    prefix + n + 1 > sizeof ret->names - *used) {
		ret->left_out++;
		return;
	}
	memcpy(ret->names + *used, kind, prefix);
	memcpy(ret->names + *used + prefix, ASN1_STRING_get0_data(value), n);
	*used += prefix + n + 1;
	ret->n_names++;
}

static void
take_names(const X509 *cert, struct cert_names *ret)
{
	GENERAL_NAMES *all = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	size_t used = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);
		const char *kind = kind_of(name);

		if (kind != NULL)
			add_name(ret, &used, kind, name->d.ia5);
	}
	GENERAL_NAMES_free(all);
}

void
cert_names_get(const X509 *cert, int whole, struct cert_names *ret)
{
	memset(ret, 0, sizeof *ret);
	take_common_name(cert, ret);
	take_key(cert, ret);
	if (!whole)
		return;
	take_serial(cert, ret);
	take_issuer(cert, ret);
	take_names(cert, ret);
}

#include "tunnel/tls/keyfile.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"

enum { TRIES = 3 };

struct asking {
	const char *where;
	int asked;			/* somebody was there to ask */
};

static int
has_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int
ask_phrase(char *dst, int size, int writing, void *arg)
{
	struct asking *a = arg;
	char prompt[300];

	(void)writing;
	if (!has_terminal())
		return -1;
	a->asked = 1;
	snprintf(prompt, sizeof prompt, "Enter pass phrase for %.200s:", a->where);
	return EVP_read_pw_string(dst, size, prompt, 0) != 0 ? -1 : (int)strlen(dst);
}

static int
push_cert(STACK_OF(X509) **all, X509 *cert)
{
	if (cert == NULL || (*all == NULL && (*all = sk_X509_new_null()) == NULL) || sk_X509_push(*all, cert) <= 0) {
		X509_free(cert);
		return -ENOMEM;
	}
	return 0;
}

static int
push_crl(STACK_OF(X509_CRL) **all, X509_CRL *crl)
{
	if (crl == NULL || (*all == NULL && (*all = sk_X509_CRL_new_null()) == NULL) || sk_X509_CRL_push(*all, crl) <= 0) {
		X509_CRL_free(crl);
		return -ENOMEM;
	}
	return 0;
}

static int
take(struct keyfile *k, OSSL_STORE_INFO *info)
{
	switch (OSSL_STORE_INFO_get_type(info)) {
	case OSSL_STORE_INFO_CERT:
		return push_cert(&k->certs, OSSL_STORE_INFO_get1_CERT(info));
	case OSSL_STORE_INFO_CRL:
		return push_crl(&k->crls, OSSL_STORE_INFO_get1_CRL(info));
	case OSSL_STORE_INFO_PKEY:
		if (k->n_keys < ARRAY_LEN(k->keys))
			k->keys[k->n_keys++] = OSSL_STORE_INFO_get1_PKEY(info);
		return 0;
	case OSSL_STORE_INFO_PARAMS:
		if (k->dh == NULL && EVP_PKEY_is_a(OSSL_STORE_INFO_get0_PARAMS(info), "DH"))
			k->dh = OSSL_STORE_INFO_get1_PARAMS(info);
		return 0;
	default:
		return 0;
	}
}

/* A wrong phrase is an error of the library's like any other; what was asked for is asked again. */
static int
read_once(const char *where, struct keyfile *k, UI_METHOD *ui, struct asking *a)
{
	OSSL_STORE_CTX *store;
	OSSL_STORE_INFO *info;
	int r = 0;

	ERR_clear_error();
	if ((store = OSSL_STORE_open(where, ui, a, NULL, NULL)) == NULL)
		return E_FORMAT;
	while (r == 0 && !OSSL_STORE_eof(store)) {
		if ((info = OSSL_STORE_load(store)) != NULL)
			r = take(k, info);
		else if (OSSL_STORE_error(store) && ERR_peek_error() != 0)
			r = E_FORMAT;
		OSSL_STORE_INFO_free(info);
	}
	OSSL_STORE_close(store);
	return r;
}

/* "pkcs11:..." and its kin; a path may hold a colon only after a slash. */
static int
is_uri(const char *where)
{
	size_t n = 0;

	while (isalnum((unsigned char)where[n]) || where[n] == '+' || where[n] == '-' || where[n] == '.')
		n++;
	return n > 1 && where[n] == ':';
}

static int
readable(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int
keyfile_read(const char *where, struct keyfile *k)
{
	UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(ask_phrase, 0);
	struct asking a = { where, 0 };
	int r = is_uri(where) ? 0 : readable(where);

	if (r == 0)
		r = ui == NULL ? -ENOMEM : E_FORMAT;
	for (int i = 0; r == E_FORMAT && i < TRIES && (i == 0 || a.asked); i++) {
		a.asked = 0;
		r = read_once(where, k, ui, &a);
	}
	UI_destroy_method(ui);
	return r;
}

void
keyfile_done(struct keyfile *k)
{
	sk_X509_pop_free(k->certs, X509_free);
	sk_X509_CRL_pop_free(k->crls, X509_CRL_free);
	for (size_t i = 0; i < k->n_keys; i++)
		EVP_PKEY_free(k->keys[i]);
	EVP_PKEY_free(k->dh);
	*k = (struct keyfile){ .n_keys = 0 };
}

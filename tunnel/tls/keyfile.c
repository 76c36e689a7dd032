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
#include "lib/slurp.h"
#include "lib/trusted.h"
#include "tunnel/tls/libheap.h"
#include "tunnel/tls/tlserr.h"

enum { TRIES = 3, KEYFILE_MAX = 16 << 20 };

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

/* What a store holds.  A wrong phrase is an error of the library's like any other; what was asked for is asked again. */
static int
take_all(OSSL_STORE_CTX *store, struct keyfile *k)
{
	OSSL_STORE_INFO *info;
	int r = 0;

	if (store == NULL)
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

static int
read_text(const struct buf *text, struct keyfile *k, UI_METHOD *ui, struct asking *a)
{
	BIO *bio = BIO_new_mem_buf(buf_head(text), (int)buf_len(text));
	int r = bio == NULL ? -ENOMEM : take_all(OSSL_STORE_attach(bio, "file", NULL, NULL, ui, a, NULL, NULL, NULL), k);

	BIO_free(bio);
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
read_where(const char *where, struct keyfile *k)
{
	UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(ask_phrase, 0);
	struct asking a = { where, 0 };
	struct buf text = BUF_INIT;
	int uri = is_uri(where), r = uri ? 0 : slurp_trusted(where, KEYFILE_MAX, &text);

	libheap_wipe(true);
	if (r == 0)
		r = ui == NULL ? -ENOMEM : E_FORMAT;
	for (int i = 0; r == E_FORMAT && i < TRIES && (i == 0 || a.asked); i++) {
		a.asked = 0;
		ERR_clear_error();
		r = uri ? take_all(OSSL_STORE_open(where, ui, &a, NULL, NULL), k) : read_text(&text, k, ui, &a);
	}
	UI_destroy_method(ui);
	libheap_wipe(false);
	buf_wipe(&text);
	return r;
}

int
keyfile_read(const char *where, struct keyfile *k, const char *what, struct conf_err *e)
{
	int r = read_where(where, k);

	if (r == 0 || r == E_FORMAT)
		return r == 0 ? 0 : tls_fail(e, what, where);
	return conf_err_set(e, NULL, 0, "%s%s: %s", what, where, trusted_error(r));
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

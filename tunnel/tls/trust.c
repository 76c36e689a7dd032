#include "tunnel/tls/trust.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/is_set.h"
#include "lib/slurp.h"
#include "lib/trusted.h"
#include "tunnel/tls/keyfile.h"
#include "tunnel/tls/tlserr.h"

enum { PEM_FILE_MAX = 64 << 20 };

/* The next certificate or list in a text: 1, 0 at its end, -1 with the library's queue saying why not. */
static int
add_next(X509_STORE *store, BIO *text, bool crl)
{
	X509_CRL *list = crl ? PEM_read_bio_X509_CRL(text, NULL, NULL, (void *)"") : NULL;
	X509 *cert = crl ? NULL : PEM_read_bio_X509_AUX(text, NULL, NULL, (void *)"");
	int r;

	if (list == NULL && cert == NULL)
		return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE ? 0 : -1;
	r = crl ? X509_STORE_add_crl(store, list) : X509_STORE_add_cert(store, cert);
	X509_CRL_free(list);
	X509_free(cert);
	return r == 1 ? 1 : -1;
}

/* Some in it and no error: 0.  -errno, or E_FORMAT with the library's queue saying why. */
static int
add_text(X509_STORE *store, const struct buf *text, bool crl)
{
	BIO *bio = BIO_new_mem_buf(buf_head(text), (int)buf_len(text));
	int r = 1, n = 0;

	if (bio == NULL)
		return -ENOMEM;
	ERR_clear_error();
	while ((r = add_next(store, bio, crl)) > 0)
		n++;
	BIO_free(bio);
	if (r < 0 || n == 0)
		return E_FORMAT;
	ERR_clear_error();
	return 0;
}

static int
add_file(X509_STORE *store, const char *path, bool crl)
{
	struct buf text = BUF_INIT;
	int r = slurp_trusted(path, PEM_FILE_MAX, &text);

	if (r == 0)
		r = add_text(store, &text, crl);
	buf_done(&text);
	return r;
}

/* A hashed name, as c_rehash makes them: eight hexadecimal digits, ".", then "r" for a CRL, and
 * a number. */
static int
is_hashed(const char *name, bool crl)
{
	size_t n = 0;

	while (n < 8 && isxdigit((unsigned char)name[n]))
		n++;
	if (n != 8 || name[n++] != '.' || (crl && name[n++] != 'r') || name[n] == '\0')
		return 0;
	return name[n + strspn(name + n, "0123456789")] == '\0';
}

static DIR *
open_dir(const char *path)
{
	int place = trusted_dir(path), fd = place < 0 ? -1 : openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dp = fd < 0 ? NULL : fdopendir(fd);

	if (place >= 0)
		close(place);
	if (dp == NULL && fd >= 0)
		close(fd);
	return dp;
}

/* How many files of a directory held something, of all that are not hidden, or of those with hashed names.  One that cannot be
 * read is passed over, as by the library. */
static int
add_files(X509_STORE *store, const char *dir, bool crl, bool all)
{
	char path[4096];
	struct dirent *d;
	int loaded = 0;
	DIR *dp;

	if ((dp = open_dir(dir)) == NULL)
		return 0;
	while ((d = readdir(dp)) != NULL) {
		if (!(all ? d->d_name[0] != '.' : is_hashed(d->d_name, crl)) || (size_t)snprintf(path, sizeof path, "%s/%s", dir, d->d_name) >=
		    sizeof path)
			continue;
		loaded += add_file(store, path, crl) == 0;
	}
	closedir(dp);
	ERR_clear_error();
	return loaded;
}

static int
add_dir(X509_STORE *store, const char *dir, bool crl)
{
	return add_files(store, dir, crl, false);
}

static int
add_crls(X509_STORE *store, const struct trust *t, struct conf_err *e)
{
	int r;

	if (!is_set(t->crl_file) && !is_set(t->crl_path))
		return 0;
	if (is_set(t->crl_file) && (r = add_file(store, t->crl_file, true)) != 0) {
		ERR_clear_error();
		return conf_err_set(e, NULL, 0, "Failed to load %s revocation lookup file%s%s", t->crl_file, r == E_FORMAT ? "" : ": ",
		    r == E_FORMAT ? "" : trusted_error(r));
	}
	if (is_set(t->crl_path) && add_dir(store, t->crl_path, true) == 0)
		conf_err_set(e, NULL, 0, "No revocation lists found in: %s", t->crl_path);
	X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
	return 0;
}

/* What OpenSSL itself would use: the bundle, or the hashed directory where there is no bundle. */
static int
add_system(X509_STORE *store)
{
	const char *file = getenv(X509_get_default_cert_file_env()), *dir = getenv(X509_get_default_cert_dir_env());

	if (add_file(store, file == NULL ? X509_get_default_cert_file() : file, false) == 0)
		return 1;
	ERR_clear_error();
	return add_dir(store, dir == NULL ? X509_get_default_cert_dir() : dir, false);
}

/* Whatever a URI names, now. */
static int
add_store(X509_STORE *store, const char *uri, struct conf_err *e)
{
	struct keyfile k = { .n_keys = 0 };
	int loaded = 0;

	if (keyfile_read(uri, &k, "Failed to load trusted certificates from: ", e) == 0) {
		for (int i = 0; i < sk_X509_num(k.certs); i++)
			loaded += X509_STORE_add_cert(store, sk_X509_value(k.certs, i));
		for (int i = 0; i < sk_X509_CRL_num(k.crls); i++)
			X509_STORE_add_crl(store, sk_X509_CRL_value(k.crls, i));
	}
	keyfile_done(&k);
	return loaded;
}

static int
add_ca_file(X509_STORE *store, const char *path, struct conf_err *e)
{
	static const char what[] = "Failed to load trusted certificates from: ";
	int r = add_file(store, path, false);

	if (r == E_FORMAT)
		tls_fail(e, what, path);
	else if (r != 0)
		conf_err_set(e, NULL, 0, "%s%s: %s", what, path, trusted_error(r));
	return r == 0;
}

int
trust_load(X509_STORE *store, const struct trust *t, struct conf_err *e)
{
	int loaded = 0, n = 0;

	if (is_set(t->ca_file))
		loaded += add_ca_file(store, t->ca_file, e);
	if (is_set(t->ca_path) && (n = add_dir(store, t->ca_path, false)) == 0)
		conf_err_set(e, NULL, 0, "No trusted certificates found in: %s", t->ca_path);
	loaded += n;
	if (is_set(t->ca_dir) && (n = add_dir(store, t->ca_dir, false)) == 0 && (n = add_files(store, t->ca_dir, false, true)) == 0)
		return conf_err_set(e, NULL, 0, "No trusted certificates found in: %s", t->ca_dir);
	loaded += is_set(t->ca_dir) ? n : 0;
	if (is_set(t->ca_store))
		loaded += add_store(store, t->ca_store, e);
	if (t->ca_system)
		loaded += add_system(store);
	if (t->needed && loaded == 0)
		return (is_set(t->ca_file) || is_set(t->ca_store)) && e->text[0] != '\0' ? E_CONF :
		    conf_err_set(e, NULL, 0, "No trusted certificates found");
	return add_crls(store, t, e);
}

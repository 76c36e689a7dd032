#include "deploy/verify/tls.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "deploy/names.h"
#include "lib/err.h"
#include "lib/loop.h"
#include "lib/slurp.h"
#include "lib/sock.h"

enum { CERT_FILE_MAX = 1 << 20, SECONDS_A_DAY = 86400 };

/* The first words of OpenSSL's queue, which is empty then. */
static const char *
queued(char *dst, size_t size)
{
	unsigned long e = ERR_peek_last_error();
	const char *reason = e == 0 ? NULL : ERR_reason_error_string(e);

	snprintf(dst, size, "%s", reason == NULL ? "it cannot be read" : reason);
	ERR_clear_error();
	return dst;
}

/* --- files -------------------------------------------------------------------------------------------- */

/* A file's text as a source for PEM, or NULL with words in error. */
static BIO *
open_file(const char *path, struct buf *text, char *error, size_t size)
{
	int r = slurp_trusted(path, CERT_FILE_MAX, text);

	if (r != 0) {
		snprintf(error, size, "%s", err_text(r));
		return NULL;
	}
	return BIO_new_mem_buf(buf_head(text), (int)buf_len(text));
}

static int
days_until(const ASN1_TIME *when)
{
	int days = 0, seconds = 0;

	if (when == NULL || ASN1_TIME_diff(&days, &seconds, NULL, when) != 1)
		return INT_MIN;
	return seconds < 0 ? days - 1 : days;
}

static bool
is_for(X509 *leaf, const char *host)
{
	return (names_is_address(host) ? X509_check_ip_asc(leaf, host, 0) : X509_check_host(leaf, host, 0,
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL)) == 1;
}

static void
look_at_chain(X509 *leaf, STACK_OF(X509) *others, const char *ca, struct cert_facts *ret)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int loaded = store == NULL || ctx == NULL ? 0 : ca != NULL ? X509_STORE_load_file(store, ca) : X509_STORE_set_default_paths(store);

	if (loaded != 1 || X509_STORE_CTX_init(ctx, store, leaf, others) != 1)
		queued(ret->chain_error, sizeof ret->chain_error);
	else if (X509_STORE_CTX_set_default(ctx, "ssl_server") != 1 || X509_verify_cert(ctx) != 1)
		snprintf(ret->chain_error, sizeof ret->chain_error, "%s", X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	ERR_clear_error();
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
}

static void
look_at_key(X509 *leaf, const char *path, struct cert_facts *ret)
{
	struct buf text = BUF_INIT;
	BIO *from = open_file(path, &text, ret->key_error, sizeof ret->key_error);
	EVP_PKEY *key = from == NULL ? NULL : PEM_read_bio_PrivateKey(from, NULL, NULL, NULL);

	if (key != NULL)
		ret->is_key = X509_check_private_key(leaf, key) == 1;
	else if (from != NULL)
		queued(ret->key_error, sizeof ret->key_error);
	ERR_clear_error();
	EVP_PKEY_free(key);
	BIO_free(from);
	buf_wipe(&text);
}

void
cert_look(const char *cert, const char *key, const char *ca, const char *host, struct cert_facts *ret)
{
	struct buf text = BUF_INIT;
	STACK_OF(X509) *others = sk_X509_new_null();
	X509 *leaf = NULL, *next;
	BIO *from;

	*ret = (struct cert_facts){ .chain_days = INT_MAX };
	if ((from = open_file(cert, &text, ret->error, sizeof ret->error)) == NULL)
		goto out;
	if ((leaf = PEM_read_bio_X509(from, NULL, NULL, NULL)) == NULL || others == NULL) {
		queued(ret->error, sizeof ret->error);
		goto out;
	}
	while ((next = PEM_read_bio_X509(from, NULL, NULL, NULL)) != NULL) {
		int days = days_until(X509_get0_notAfter(next));

		ret->chain_days = days < ret->chain_days ? days : ret->chain_days;
		if (sk_X509_push(others, next) <= 0)
			X509_free(next);
	}
	ret->days = days_until(X509_get0_notAfter(leaf));
	ret->named = is_for(leaf, host);
	look_at_key(leaf, key == NULL ? cert : key, ret);
	look_at_chain(leaf, others, ca, ret);
out:	ERR_clear_error();
	X509_free(leaf);
	sk_X509_pop_free(others, X509_free);
	BIO_free(from);
	buf_wipe(&text);
}

int
cert_days(const char *path, int *days)
{
	struct buf text = BUF_INIT;
	char error[200];
	BIO *from = open_file(path, &text, error, sizeof error);
	X509 *one;

	*days = INT_MAX;
	while (from != NULL && (one = PEM_read_bio_X509(from, NULL, NULL, NULL)) != NULL) {
		int left = days_until(X509_get0_notAfter(one));

		*days = left < *days ? left : *days;
		X509_free(one);
	}
	ERR_clear_error();
	BIO_free(from);
	buf_done(&text);
	return from == NULL ? -ENOENT : *days == INT_MAX ? E_FORMAT : 0;
}

int
crl_days(const char *path, int *days)
{
	struct buf text = BUF_INIT;
	char error[200];
	BIO *from = open_file(path, &text, error, sizeof error);
	X509_CRL *one;

	*days = INT_MAX;
	while (from != NULL && (one = PEM_read_bio_X509_CRL(from, NULL, NULL, NULL)) != NULL) {
		int left = days_until(X509_CRL_get0_nextUpdate(one));

		*days = left < *days ? left : *days;
		X509_CRL_free(one);
	}
	ERR_clear_error();
	BIO_free(from);
	buf_done(&text);
	return from == NULL ? -ENOENT : *days == INT_MAX ? E_FORMAT : 0;
}

/* --- connections ---------------------------------------------------------------------------------------- */

struct stream {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	uint64_t due;
};

/* Connect as somebody else, as the other end of a UNIX socket is told; root alone can. */
static int
connect_as(const struct addr *to, unsigned as_uid, unsigned as_gid, int *fd)
{
	bool other = as_uid != (uid_t)-1;
	int r;

	if (other && (setegid(as_gid) < 0 || seteuid(as_uid) < 0))
		r = -errno;
	else
		r = sock_connect(to, fd);
	if (other && (seteuid(0) < 0 || setegid(0) < 0))
		abort();	/* we are nobody we know */
	return r;
}

int
stream_open(const struct addr *to, int ms, unsigned as_uid, unsigned as_gid, struct stream **ret)
{
	struct stream *s = calloc(1, sizeof *s);
	struct pollfd p = { .events = POLLOUT };
	int r;

	if (s == NULL)
		return -ENOMEM;
	s->fd = -1;
	s->due = loop_clock() + STREAM_SECONDS * 1000;
	if ((r = connect_as(to, as_uid, as_gid, &s->fd)) == -EINPROGRESS) {
		p.fd = s->fd;
		r = poll(&p, 1, ms) == 1 ? sock_error(s->fd) : -ETIMEDOUT;
	}
	if (r == 0)
		r = sock_set_blocking(s->fd, 1);
	if (r == 0) {
		sock_no_delay(s->fd);
		*ret = s;
	} else {
		stream_close(s);
	}
	return r;
}

/* No call waits beyond the deadline. */
static int
hurry(struct stream *s)
{
	uint64_t now = loop_clock(), left = s->due > now ? s->due - now : 0;
	struct timeval t = { .tv_sec = (time_t)(left / 1000), .tv_usec = (suseconds_t)(left % 1000 * 1000) };

	if (left == 0)
		return -ETIMEDOUT;
	setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	setsockopt(s->fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
	return 0;
}

static int
set_versions(SSL_CTX *ctx, enum tls_version version)
{
	static const int bounds[][2] = { [TLS_ANY] = { 0, 0 }, [TLS_UP_TO_11] = { TLS1_VERSION, TLS1_1_VERSION },
		[TLS_UP_TO_12] = { TLS1_2_VERSION, TLS1_2_VERSION }, [TLS_13_ONLY] = { TLS1_3_VERSION, TLS1_3_VERSION } };

	if (version == TLS_UP_TO_11) {
		SSL_CTX_set_security_level(ctx, 0);	/* or nothing would be offered at all */
		if (SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0") != 1)
			return 0;
	}
	return SSL_CTX_set_min_proto_version(ctx, bounds[version][0]) == 1 && SSL_CTX_set_max_proto_version(ctx, bounds[version][1]) == 1;
}

static int
set_wish(SSL_CTX *ctx, const struct tls_wish *w)
{
	if (!set_versions(ctx, w->version))
		return 0;
	if (w->ca != NULL && SSL_CTX_load_verify_file(ctx, w->ca) != 1)
		return 0;
	SSL_CTX_set_verify(ctx, w->ca != NULL ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	return w->cert == NULL || (SSL_CTX_use_certificate_chain_file(ctx, w->cert) == 1 &&
	    SSL_CTX_use_PrivateKey_file(ctx, w->key, SSL_FILETYPE_PEM) == 1);
}

static int
set_name(SSL *ssl, const struct tls_wish *w)
{
	X509_VERIFY_PARAM *p = SSL_get0_param(ssl);

	if (names_is_address(w->host))
		return w->ca == NULL || X509_VERIFY_PARAM_set1_ip_asc(p, w->host) == 1;
	return SSL_set_tlsext_host_name(ssl, w->host) == 1 && (w->ca == NULL || SSL_set1_host(ssl, w->host) == 1);
}

int
stream_tls(struct stream *s, const struct tls_wish *wish, char *why, size_t size)
{
	why[0] = '\0';
	if (hurry(s) != 0)
		return -ETIMEDOUT;
	if ((s->ctx = SSL_CTX_new(TLS_client_method())) == NULL || !set_wish(s->ctx, wish) || (s->ssl = SSL_new(s->ctx)) == NULL ||
	    SSL_set_fd(s->ssl, s->fd) != 1 || !set_name(s->ssl, wish)) {
		queued(why, size);
		return E_UNSUPPORTED;
	}
	if (SSL_connect(s->ssl) == 1)
		return 0;
	if (wish->ca != NULL && SSL_get_verify_result(s->ssl) != X509_V_OK) {
		snprintf(why, size, "%s", X509_verify_cert_error_string(SSL_get_verify_result(s->ssl)));
		ERR_clear_error();
		return E_VERIFY;
	}
	queued(why, size);
	return E_TLS;
}

const char *
stream_version(const struct stream *s)
{
	return s->ssl == NULL ? "" : SSL_get_version(s->ssl);
}

int
stream_write(struct stream *s, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n > 0) {
		int r = hurry(s);
		ssize_t k;

		if (r != 0)
			return r;
		k = s->ssl != NULL ? SSL_write(s->ssl, p, (int)n) : send(s->fd, p, n, MSG_NOSIGNAL);
		if (k <= 0) {
			ERR_clear_error();
			return -EPIPE;
		}
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

int
stream_read(struct stream *s, void *dst, size_t size)
{
	int r = hurry(s), n;

	if (r != 0)
		return r;
	n = s->ssl != NULL ? SSL_read(s->ssl, dst, (int)size) : (int)recv(s->fd, dst, size, 0);
	if (n > 0)
		return n;
	r = s->ssl != NULL ? SSL_get_error(s->ssl, n) : 0;
	ERR_clear_error();
	if (s->ssl != NULL)
		return r == SSL_ERROR_ZERO_RETURN ? 0 : r == SSL_ERROR_SSL ? -EPROTO : -ECONNRESET;
	return n == 0 ? 0 : -errno;
}

void
stream_close(struct stream *s)
{
	if (s == NULL)
		return;
	SSL_free(s->ssl);
	SSL_CTX_free(s->ctx);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

int
tls_answer(const char *secret, const char *challenge, char *dst, size_t size)
{
	unsigned char sum[EVP_MAX_MD_SIZE], text[EVP_MAX_MD_SIZE * 2];
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	unsigned n = 0;
	int ok = c != NULL && EVP_DigestInit_ex(c, EVP_sha512(), NULL) == 1 && EVP_DigestUpdate(c, secret, strlen(secret)) == 1 &&
	    EVP_DigestUpdate(c, challenge, strlen(challenge)) == 1 && EVP_DigestFinal_ex(c, sum, &n) == 1, k;

	EVP_MD_CTX_free(c);
	if (!ok)
		return -EIO;
	k = EVP_EncodeBlock(text, sum, (int)n);
	while (k > 0 && text[k - 1] == '=')
		k--;
	return snprintf(dst, size, "%.*s", k, (const char *)text) < (int)size ? 0 : -EIO;
}

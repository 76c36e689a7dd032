#include "tunnel/tls/keyring.h"

#include <endian.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/cursor.h"
#include "lib/slurp.h"
#include "lib/write_all.h"

enum { TOLD_MAX = 4 << 20 };

/* What the child tells: a tag, a length, bytes. */
enum tag { TAG_CERT = 'C', TAG_CRL = 'R', TAG_KEY = 'K', TAG_DH = 'D', TAG_OWN = 'O', TAG_ERROR = 'E', TAG_END = '.' };

static void
tell(struct buf *out, enum tag tag, const void *bytes, int n)
{
	if (n < 0)
		out->err = -ENOMEM;
	buf_u8(out, (uint8_t)tag);
	buf_le32(out, (uint32_t)n);
	if (n > 0)
		buf_put(out, bytes, (size_t)n);
}

#define TELL_DER(out, tag, der_n) do { \
	unsigned char *der = NULL; \
	int n = der_n; \
	tell(out, tag, der, n); \
	OPENSSL_free(der); \
} while (0)

/* --- the child -------------------------------------------------------------------------------- */

static int
is_ours(const EVP_PKEY *key)
{
	static const char *const own[] = { "default", "fips", "base", "legacy" };
	const OSSL_PROVIDER *p = EVP_PKEY_get0_provider(key);

	for (size_t i = 0; p != NULL && i < ARRAY_LEN(own); i++)
		if (strcmp(OSSL_PROVIDER_get0_name(p), own[i]) == 0)
			return 1;
	return p == NULL;
}

struct leaving {			/* where keys go, and whose they are */
	int fd;
	uint8_t client;
};

/* The offset is shared with the parent's other children: each adds to what is there. */
static int
leave_secret(const struct leaving *to, EVP_PKEY *key)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	unsigned char *der = NULL;
	int n = info == NULL ? -1 : i2d_PKCS8_PRIV_KEY_INFO(info, &der), r;
	uint32_t size = htole32((uint32_t)n);

	if (n < 0)
		return -EINVAL;
	if ((r = write_all(to->fd, &to->client, sizeof to->client)) == 0 &&
	    (r = write_all(to->fd, &size, sizeof size)) == 0)
		r = write_all(to->fd, der, (size_t)n);
	return r;
}

static int
tell_keys(struct buf *out, const struct leaving *to, const struct keyfile *k, struct conf_err *e)
{
	int r;

	for (size_t i = 0; i < k->n_keys; i++) {
		if (!remotekey_can(k->keys[i]))
			return conf_err_set(e, NULL, 0, "A key of type %s needs \"vault = no\"", EVP_PKEY_get0_type_name(k->keys[i]));
		if ((r = leave_secret(to, k->keys[i])) != 0)
			return r;
		TELL_DER(out, TAG_KEY, i2d_PUBKEY(k->keys[i], &der));
	}
	return 0;
}

static int
tell_all(struct buf *out, const struct leaving *to, const struct keyfile *k, struct conf_err *e)
{
	for (size_t i = 0; i < k->n_keys; i++)
		if (!is_ours(k->keys[i])) {
			tell(out, TAG_OWN, NULL, 0);
			return 0;
		}
	for (int i = 0; i < sk_X509_num(k->certs); i++)
		TELL_DER(out, TAG_CERT, i2d_X509(sk_X509_value(k->certs, i), &der));
	for (int i = 0; i < sk_X509_CRL_num(k->crls); i++)
		TELL_DER(out, TAG_CRL, i2d_X509_CRL(sk_X509_CRL_value(k->crls, i), &der));
	if (k->dh != NULL)
		TELL_DER(out, TAG_DH, i2d_KeyParams(k->dh, &der));
	return tell_keys(out, to, k, e);
}

static _Noreturn void
child_main(const struct leaving *to, int out_fd, keyring_read_fn read_keys, const void *arg)
{
	struct keyfile k = { .n_keys = 0 };
	struct conf_err e = { "", 0, "" };
	struct buf out = BUF_INIT;
	int r = read_keys(arg, &k, &e);

	if (r == 0)
		r = tell_all(&out, to, &k, &e);
	if (r == 0)
		r = out.err;
	if (r != 0) {
		if (r != E_CONF)
			conf_err_set(&e, NULL, 0, "Failed to read the private keys: %s", err_text(r));
		buf_clear(&out);
		tell(&out, TAG_ERROR, &e, sizeof e);
	}
	tell(&out, TAG_END, NULL, 0);
	write_all(out_fd, buf_head(&out), buf_len(&out));
	_exit(0);			/* with all that it knew */
}

/* --- the parent ------------------------------------------------------------------------------- */

static int
take_key(struct keyring *ring, struct keyfile *k, const uint8_t *der, size_t n)
{
	if (k->n_keys == ARRAY_LEN(k->keys))
		return -ENOMEM;
	if (remotekey_new(ring->remote, ring->n, der, n, &k->keys[k->n_keys]) != 0)
		return -EINVAL;
	k->n_keys++;
	ring->n++;
	return 0;
}

static int
take_cert(struct keyfile *k, const uint8_t *der, size_t n)
{
	X509 *cert = d2i_X509(NULL, &der, (long)n);

	if (cert == NULL || (k->certs == NULL && (k->certs = sk_X509_new_null()) == NULL) || sk_X509_push(k->certs, cert) <= 0) {
		X509_free(cert);
		return -ENOMEM;
	}
	return 0;
}

/* 0, 1 for "read it yourself", E_CONF with *e, or -errno. */
static int
take_told(struct keyring *ring, struct cursor *told, struct keyfile *k, struct conf_err *e)
{
	for (;;) {
		enum tag tag = cur_u8(told);
		uint32_t n = cur_le32(told);
		const uint8_t *bytes = cur_bytes(told, n);
		int r = 0;

		if (told->err != 0)
			return conf_err_set(e, NULL, 0, "Failed to read the private keys: the reader ended early");
		if (tag == TAG_END)
			return 0;
		if (tag == TAG_OWN)
			return 1;
		if (tag == TAG_ERROR && n == sizeof *e) {
			memcpy(e, bytes, n);
			return E_CONF;
		}
		if (tag == TAG_CERT)
			r = take_cert(k, bytes, n);
		else if (tag == TAG_KEY)
			r = take_key(ring, k, bytes, n);
		else if (tag == TAG_DH)
			k->dh = d2i_KeyParams(EVP_PKEY_DH, NULL, &bytes, n);
		if (r != 0)
			return r;
	}
}

int
keyring_read(struct keyring *ring, int client, keyring_read_fn read_keys, const void *arg, struct keyfile *k, struct conf_err *e)
{
	struct buf told = BUF_INIT;
	struct cursor c;
	int fds[2], r;
	pid_t pid;

	if (ring->fd < 0 && (ring->fd = memfd_create("keys", MFD_CLOEXEC)) < 0)
		return -errno;
	if (pipe(fds) < 0)
		return -errno;
	if ((pid = fork()) == 0) {
		close(fds[0]);
		child_main(&(struct leaving){ ring->fd, client != 0 }, fds[1], read_keys, arg);
	}
	r = pid < 0 ? -errno : 0;
	close(fds[1]);
	if (r == 0) {
		r = slurp_fd(fds[0], TOLD_MAX - 1, &told);
		close(fds[0]);		/* or a child with more to tell than we take would wait for us, and we for it */
		fds[0] = -1;
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		c = cur_of(buf_head(&told), buf_len(&told));
		if (r == -EFBIG)
			r = conf_err_set(e, NULL, 0, "Failed to read the private keys: more than %d MiB", TOLD_MAX >> 20);
		else if (r == 0)
			r = take_told(ring, &c, k, e);
	}
	if (fds[0] >= 0)
		close(fds[0]);
	buf_done(&told);
	return r == 1 ? read_keys(arg, k, e) : r;
}

void
keyring_close(struct keyring *ring)
{
	if (ring->fd >= 0)
		close(ring->fd);
	ring->fd = -1;
}

/* --- the vault -------------------------------------------------------------------------------- */

static int
parse_all(const uint8_t *bytes, size_t size, EVP_PKEY **keys, uint8_t *clients, uint32_t n_keys)
{
	struct cursor c = cur_of(bytes, size);
	const uint8_t *at;
	uint32_t n;

	for (uint32_t i = 0; i < n_keys; i++) {
		clients[i] = cur_u8(&c);
		n = cur_le32(&c);
		if ((at = cur_bytes(&c, n)) == NULL || (keys[i] = d2i_AutoPrivateKey(NULL, &at, (long)n)) == NULL)
			return -EINVAL;
	}
	return 0;
}

int
keyring_open(const struct keyring *ring, EVP_PKEY **keys, uint8_t *clients)
{
	struct stat st;
	void *bytes;
	int r;

	if (fstat(ring->fd, &st) < 0)
		return -errno;
	if ((bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, ring->fd, 0)) == MAP_FAILED)
		return -errno;
	r = parse_all(bytes, (size_t)st.st_size, keys, clients, ring->n);
	munmap(bytes, (size_t)st.st_size);
	return r;
}

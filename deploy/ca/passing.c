#include "deploy/ca/passing.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "deploy/ca/authority.h"

/* A descriptor that holds the text, or -errno. */
static int
keep(const struct buf *text)
{
	int fd = memfd_create("certificate", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (text->err == 0 && write(fd, buf_head(text), buf_len(text)) == (ssize_t)buf_len(text))
		return fd;
	close(fd);
	return -ENOMEM;
}

static int
put(struct x509_st *x, struct evp_pkey_st *key, struct passing *ret)
{
	struct buf pem = BUF_INIT, secret = BUF_INIT;
	int r = -ENOMEM;

	if (x != NULL && cert_put(x, &pem) == 0 && cert_key_put(key, &secret) == 0) {
		ret->cert = keep(&pem);
		ret->key = keep(&secret);
		r = ret->cert < 0 ? ret->cert : ret->key < 0 ? ret->key : 0;
	}
	buf_done(&pem);
	buf_wipe(&secret);
	return r;
}

int
passing_make(const char *dir, const char *cn, int64_t now, struct passing *ret, struct conf_err *e)
{
	const struct cert_want w = { .cn = cn, .kind = CERT_CLIENT, .now = now, .days = 1 };
	struct authority a;
	struct evp_pkey_st *key = NULL;
	struct x509_st *x = NULL;
	int r = authority_open(&a, dir, now, e);

	*ret = (struct passing){ -1, -1 };
	if (r == 0 && (key = cert_key_new(CERT_P256)) != NULL)
		x = cert_new(&a.self, key, &w);
	authority_close(&a);
	if (r == 0)
		r = put(x, key, ret);
	cert_free(x);
	cert_key_free(key);
	return r;
}

void
passing_done(struct passing *p)
{
	if (p->cert >= 0)
		close(p->cert);
	if (p->key >= 0)
		close(p->key);
	*p = (struct passing){ -1, -1 };
}

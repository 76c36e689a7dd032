#include "tunnel/service/crl_share.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cursor.h"
#include "tunnel/tls/tlsctx.h"

struct lists {
	char *section;
	STACK_OF(X509_CRL) *crls;
};

struct crl_share {
	struct lists *v;
	size_t n;
};

static void
put_list(struct buf *out, X509_CRL *crl)
{
	unsigned char *der = NULL;
	int n = i2d_X509_CRL(crl, &der);

	buf_le32(out, n > 0 ? (uint32_t)n : 0);
	if (n > 0)
		buf_put(out, der, (size_t)n);
	OPENSSL_free(der);
}

/* Name with its NUL, number of lists, and each with its length. */
static void
put_section(struct buf *out, const char *name, STACK_OF(X509_CRL) *crls)
{
	size_t n = strlen(name) + 1;

	buf_le32(out, (uint32_t)n);
	buf_put(out, name, n);
	buf_le32(out, (uint32_t)sk_X509_CRL_num(crls));
	for (int i = 0; i < sk_X509_CRL_num(crls); i++)
		put_list(out, sk_X509_CRL_value(crls, i));
}

static int
in_memory(const struct buf *b, int *ret_fd)
{
	int fd = memfd_create("revoked", MFD_CLOEXEC);
	size_t done = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	while (done < buf_len(b) && (n = write(fd, buf_head(b) + done, buf_len(b) - done)) > 0)
		done += (size_t)n;
	if (done < buf_len(b)) {
		int r = n < 0 ? -errno : -EIO;

		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int
crl_share_pack(const struct service_set *set, int *ret_fd)
{
	struct buf out = BUF_INIT;
	int r;

	*ret_fd = -1;
	for (size_t i = 0; i < set->n; i++)
		if (tlsctx_lists(set->v[i].tls) != NULL)
			put_section(&out, set->v[i].conf->name, tlsctx_lists(set->v[i].tls));
	r = out.err != 0 ? out.err : buf_len(&out) == 0 ? 0 : in_memory(&out, ret_fd);
	buf_done(&out);
	return r;
}

static int
get_list(struct cursor *c, STACK_OF(X509_CRL) *to)
{
	uint32_t n = cur_le32(c);
	const unsigned char *der = cur_bytes(c, n);
	X509_CRL *crl = c->err != 0 ? NULL : d2i_X509_CRL(NULL, &der, (long)n);

	if (crl == NULL)
		return cur_fail(c, E_FORMAT);
	if (sk_X509_CRL_push(to, crl) > 0)
		return 0;
	X509_CRL_free(crl);
	return cur_fail(c, -ENOMEM);
}

static int
get_section(struct cursor *c, struct lists *l)
{
	uint32_t n = cur_le32(c), many;
	const char *name = (const char *)cur_bytes(c, n);

	many = cur_le32(c);
	if (c->err != 0 || n == 0 || name[n - 1] != '\0')
		return cur_fail(c, E_FORMAT);
	if ((l->section = strdup(name)) == NULL || (l->crls = sk_X509_CRL_new_null()) == NULL)
		return cur_fail(c, -ENOMEM);
	while (many-- > 0 && c->err == 0)
		get_list(c, l->crls);
	return c->err;
}

static int
get_all(struct cursor *c, struct crl_share *r)
{
	while (c->err == 0 && cur_left(c) > 0) {
		struct lists *all = realloc(r->v, (r->n + 1) * sizeof *all);

		if (all == NULL)
			return -ENOMEM;
		r->v = all;
		r->v[r->n] = (struct lists){ NULL, NULL };
		get_section(c, &r->v[r->n++]);	/* what it got so far is freed too */
	}
	return c->err;
}

int
crl_share_open(int fd, struct crl_share **ret)
{
	struct crl_share *r;
	struct cursor c;
	struct stat st;
	void *map;
	int error;

	if (fstat(fd, &st) < 0 || (map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0)) == MAP_FAILED)
		return -errno;
	if ((r = calloc(1, sizeof *r)) == NULL) {
		munmap(map, (size_t)st.st_size);
		return -ENOMEM;
	}
	c = cur_of(map, (size_t)st.st_size);
	error = get_all(&c, r);
	munmap(map, (size_t)st.st_size);
	if (error != 0)
		crl_share_free(r);
	else
		*ret = r;
	return error;
}

void
crl_share_free(struct crl_share *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].section);
		sk_X509_CRL_pop_free(r->v[i].crls, X509_CRL_free);
	}
	free(r->v);
	free(r);
}

STACK_OF(X509_CRL) *
crl_share_find(const struct crl_share *r, const char *section)
{
	for (size_t i = 0; r != NULL && i < r->n; i++)
		if (strcmp(r->v[i].section, section) == 0)
			return r->v[i].crls;
	return NULL;
}

#include "deploy/ca/authority.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char KEY[] = "ca.key", CRT[] = "ca.crt", INDEX[] = "index", CRL[] = "crl.pem";

static int
complain(const struct authority *a, const char *file, const char *text)
{
	return folder_complain(&a->folder, file, text);
}

/* --- its files ---------------------------------------------------------------------------------- */

static int
load_key(struct authority *a)
{
	struct buf pem = BUF_INIT;
	int r = folder_read(&a->folder, KEY, 1, CERT_PEM_MAX, &pem);

	if (r == 0 && (a->self.key = cert_key_read(buf_head(&pem), buf_len(&pem))) == NULL)
		r = complain(a, KEY, "not a private key in PEM without a password");
	buf_wipe(&pem);
	return r;
}

static int
save_key(struct authority *a)
{
	struct buf pem = BUF_INIT;
	int r = cert_key_put(a->self.key, &pem);

	if (r == 0)
		r = folder_write(&a->folder, KEY, 0600, buf_head(&pem), buf_len(&pem));
	buf_wipe(&pem);
	return r;
}

static int
load_cert(const struct authority *a, const char *file, struct x509_st **ret)
{
	struct buf pem = BUF_INIT;
	int r = folder_read(&a->folder, file, 0, CERT_PEM_MAX, &pem);

	if (r == 0 && (*ret = cert_read(buf_head(&pem), buf_len(&pem))) == NULL)
		r = complain(a, file, "not a certificate in PEM");
	buf_done(&pem);
	return r;
}

static int
save_cert(const struct authority *a, const char *file, struct x509_st *x)
{
	struct buf pem = BUF_INIT;
	int r = cert_put(x, &pem);

	if (r == 0)
		r = folder_write(&a->folder, file, 0600, buf_head(&pem), buf_len(&pem));
	buf_done(&pem);
	return r;
}

static int
load_index(struct authority *a)
{
	struct buf text = BUF_INIT;
	char what[96];
	unsigned line;
	int r = folder_read(&a->folder, INDEX, 1, INDEX_FILE_MAX, &text);

	if (r == 0 && (r = index_parse((const char *)buf_head(&text), buf_len(&text), &a->index, &line)) == E_FORMAT) {
		snprintf(what, sizeof what, "line %u cannot be read: put the file back from a backup", line);
		r = complain(a, INDEX, what);
	}
	buf_done(&text);
	return r;
}

static int
save_index(struct authority *a)
{
	struct buf text = BUF_INIT;
	int r;

	index_put(&a->index, &text);
	r = text.err != 0 ? -ENOMEM : folder_write(&a->folder, INDEX, 0600, buf_head(&text), buf_len(&text));
	buf_done(&text);
	return r;
}

static const char *
cert_file(const char *serial, char dst[CERT_SERIAL_SIZE + 8])
{
	snprintf(dst, CERT_SERIAL_SIZE + 8, "%s.crt", serial);
	return dst;
}

struct x509_st *
authority_cert(const struct authority *a, const char *serial)
{
	char file[CERT_SERIAL_SIZE + 8];
	struct x509_st *x = NULL;

	return load_cert(a, cert_file(serial, file), &x) == 0 ? x : NULL;
}

/* --- making and opening ------------------------------------------------------------------------- */

static int
make_key(struct authority *a, enum cert_algorithm algorithm)
{
	int r = load_key(a);

	if (r != -ENOENT)
		return r;
	if ((a->self.key = cert_key_new(algorithm)) == NULL)
		return complain(a, KEY, "no key could be made");
	return save_key(a);
}

static int
make_cert(struct authority *a, const struct authority_want *w)
{
	char host[NAME_SIZE], cn[NAME_SIZE + 32];
	const struct cert_want c = { .cn = w->name != NULL ? w->name : cn, .constraints = w->constraints,
	    .n_constraints = w->n_constraints, .now = a->now, .days = w->days };

	snprintf(cn, sizeof cn, "Sallyport CA of %s", names_hostname(host, sizeof host));
	if ((a->self.cert = cert_authority_new(a->self.key, &c)) == NULL)
		return complain(a, CRT, "no certificate can be made of this name and these constraints");
	return save_cert(a, CRT, a->self.cert);
}

/* The certificate comes last: where it is, all of it is. */
static int
make_all(struct authority *a, const struct authority_want *w)
{
	int r = load_cert(a, CRT, &a->self.cert);

	if (r != -ENOENT)
		return r == 0 ? -EEXIST : r;
	if ((r = make_key(a, w->algorithm)) != 0)
		return r;
	if ((r = load_index(a)) == -ENOENT)
		r = save_index(a);
	if (r != 0 || (r = make_cert(a, w)) != 0)
		return r;
	return authority_settle(a, false);
}

int
authority_make(const char *dir, const struct authority_want *w, int64_t now, struct conf_err *e)
{
	struct authority a = { .folder = { .fd = -1, .dir = dir, .option = "--dir", .e = e }, .now = now };
	int r = folder_open(&a.folder, 1);

	if (r == 0)
		r = make_all(&a, w);
	authority_close(&a);
	return r;
}

/* A clock that is wrong would sign what nobody takes, or, worse, what lasts for years. */
static int
check_times(const struct authority *a)
{
	if (a->now < cert_begins(a->self.cert))
		return complain(a, CRT, "is not valid yet: set the clock");
	if (a->now >= cert_ends(a->self.cert))
		return complain(a, CRT, "has run out: move the folder away, and make a new authority and new certificates");
	return 0;
}

static int
load_all(struct authority *a)
{
	int r;

	if ((r = load_cert(a, CRT, &a->self.cert)) != 0)
		return r == -ENOENT ? complain(a, CRT, "there is no authority here: sallyport ca init makes one") : r;
	if ((r = load_key(a)) != 0)
		return r == -ENOENT ? complain(a, KEY, "missing, though ca.crt is there: put it back from a backup") : r;
	if (!cert_has_key(a->self.cert, a->self.key))
		return complain(a, KEY, "does not belong to ca.crt");
	if ((r = load_index(a)) != 0)
		return r == -ENOENT ? complain(a, INDEX, "missing, and with it what was revoked: put it back from a backup") : r;
	return check_times(a);
}

int
authority_open(struct authority *a, const char *dir, int64_t now, struct conf_err *e)
{
	int r;

	*a = (struct authority){ .folder = { .fd = -1, .dir = dir, .option = "--dir", .e = e }, .now = now };
	if ((r = folder_open(&a->folder, 0)) == -ENOENT)
		return complain(a, "", "there is no authority here: sallyport ca init makes one");
	return r == 0 ? load_all(a) : r;
}

void
authority_close(struct authority *a)
{
	cert_free(a->self.cert);
	cert_key_free(a->self.key);
	index_done(&a->index);
	folder_close(&a->folder);
	a->self = (struct cert_issuer){ NULL, NULL };
}

/* --- signing ------------------------------------------------------------------------------------ */

/* The index first: what it does not know can never be revoked. */
static int
enter(struct authority *a, struct x509_st *x, const char *name, enum cert_kind kind)
{
	struct index_cert c = { .kind = kind, .ends = cert_ends(x) };
	char file[CERT_SERIAL_SIZE + 8];
	int r;

	snprintf(c.name, sizeof c.name, "%s", name);
	if ((r = cert_serial(x, c.serial)) != 0 || (r = index_add(&a->index, &c)) != 0 || (r = save_index(a)) != 0)
		return r;
	return save_cert(a, cert_file(c.serial, file), x);
}

static int
refuse(const struct authority *a, const char *name, const char *why)
{
	char text[400];

	snprintf(text, sizeof text, "%s: %s", name, why);
	return complain(a, "", text);
}

/* Signed is what everybody would take, and nothing else; what cannot be copied is told before, and not when it is signed. */
static int
sign(struct authority *a, struct x509_st *x, const char *name, enum cert_kind kind)
{
	const char *why;
	char text[300];
	int r;

	if (x == NULL)
		return refuse(a, name, "no certificate can be made of these names");
	if (cert_verify(&a->self, x, kind, a->now, &why) != 0) {
		snprintf(text, sizeof text, "the authority may not sign these names: %s", why);
		return refuse(a, name, text);
	}
	if ((r = authority_settle(a, false)) != 0 || (r = enter(a, x, name, kind)) != 0)
		return r;
	return authority_settle(a, false);
}

int
authority_issue(struct authority *a, const struct cert_want *w, struct evp_pkey_st *key, bool again, struct x509_st **ret)
{
	struct cert_want now = *w;
	struct x509_st *x;
	int r;

	if (!index_name_ok(w->cn))
		return refuse(a, w->cn, "not a name: up to 64 letters, digits, \".\", \"_\", \"@\" and \"-\", the first a letter or a digit");
	if (!again && index_find(&a->index, w->cn, a->now) != NULL)
		return refuse(a, w->cn, "there is a certificate of that name; revoke it first, or renew it");
	now.now = a->now;
	x = cert_new(&a->self, key, &now);
	if ((r = sign(a, x, w->cn, w->kind)) == 0)
		*ret = x;
	else
		cert_free(x);
	return r;
}

int
authority_renew(struct authority *a, const char *name, int days, struct evp_pkey_st *key, struct x509_st **ret)
{
	const struct index_cert *c = index_find(&a->index, name, a->now);
	const struct cert_want w = { .now = a->now, .days = days };
	struct x509_st *old, *x;
	char file[CERT_SERIAL_SIZE + 8];
	int r;

	if (c == NULL)
		return refuse(a, name, "there is no certificate of that name that still counts");
	if ((r = load_cert(a, cert_file(c->serial, file), &old)) != 0)
		return r == -ENOENT ? complain(a, file, "missing: revoke it, and issue a new one") : r;
	x = cert_again(&a->self, old, key, &w);
	cert_free(old);
	if ((r = sign(a, x, name, c->kind)) == 0)
		*ret = x;
	else
		cert_free(x);
	return r;
}

bool
authority_is_due(const struct index_cert *c, int days, int64_t now)
{
	return c->ends - now < (int64_t)days * CERT_DAY / 3;
}

/* --- revocation --------------------------------------------------------------------------------- */

int
authority_revoke(struct authority *a, const char *what, int *ret_n)
{
	int n = index_revoke(&a->index, what, a->now), r = 0;

	if (n < 0)
		return refuse(a, what, "there is no certificate of that name or serial");
	if (n > 0) {
		a->index.crl++;
		r = save_index(a);
	}
	if (r == 0 && (r = authority_settle(a, false)) == 0)
		*ret_n = n;
	return r;
}

static int
save_list(struct authority *a)
{
	const struct cert_crl c = { a->index.crl, a->now, a->now + (int64_t)AUTHORITY_CRL_DAYS * CERT_DAY };
	struct cert_revoked *v = calloc(a->index.n + 1, sizeof *v);
	struct buf pem = BUF_INIT;
	size_t n = 0;
	int r = v == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < a->index.n && r == 0; i++)	/* what is over needs no list */
		if (a->index.v[i].revoked != 0 && a->index.v[i].ends > a->now)
			v[n++] = (struct cert_revoked){ a->index.v[i].serial, a->index.v[i].revoked };
	if (r == 0 && (r = cert_crl_put(&a->self, v, n, &c, &pem)) == 0)
		r = folder_write(&a->folder, CRL, 0600, buf_head(&pem), buf_len(&pem));
	buf_done(&pem);
	free(v);
	return r;
}

/* A number belongs to one list: only where the index is ahead, after a revocation that did not get further, is it still free. */
static int
list_ready(struct authority *a, bool fresh)
{
	struct buf pem = BUF_INIT;
	struct cert_crl c;
	int r = folder_read(&a->folder, CRL, 0, INDEX_FILE_MAX, &pem), known;

	known = r == 0 && cert_crl_read(&a->self, buf_head(&pem), buf_len(&pem), &c) == 0;
	buf_done(&pem);
	if (known && !fresh && c.number == a->index.crl && c.made <= a->now && a->now < c.made + CERT_DAY)
		return 0;
	if (!known || c.number >= a->index.crl) {
		a->index.crl = known && c.number > a->index.crl ? c.number + 1 : a->index.crl + 1;
		if ((r = save_index(a)) != 0)
			return r;
	}
	return save_list(a);
}

/* --- copies ------------------------------------------------------------------------------------- */

static const char *
source_of(const struct authority *a, const struct index_copy *c, char dst[CERT_SERIAL_SIZE + 8])
{
	const struct index_cert *newest;

	switch (c->of) {
	case INDEX_OF_CRL:
		return CRL;
	case INDEX_OF_CA:
		return CRT;
	default:
		newest = index_find(&a->index, c->name, a->now);
		return newest == NULL ? NULL : cert_file(newest->serial, dst);
	}
}

static int
copy_one(const struct authority *a, const struct index_copy *c)
{
	char file[CERT_SERIAL_SIZE + 8];
	const char *from = source_of(a, c, file);
	struct buf bytes = BUF_INIT;
	int r = from == NULL ? 0 : folder_read(&a->folder, from, 0, INDEX_FILE_MAX, &bytes);

	if (from != NULL && r == 0)
		r = folder_put(c->path, 0644, buf_head(&bytes), buf_len(&bytes), a->folder.e);
	else if (r == -ENOENT)
		r = complain(a, from, "missing: it cannot be copied to where it is used");
	buf_done(&bytes);
	return r;
}

int
authority_settle(struct authority *a, bool fresh)
{
	int r = list_ready(a, fresh), one;

	for (size_t i = 0; i < a->index.n_copies; i++)	/* one that cannot be written keeps none from the others */
		if (r != -ENOMEM && (one = copy_one(a, &a->index.copies[i])) != 0 && r == 0)
			r = one;
	return r;
}

int
authority_copy(struct authority *a, enum index_of of, const char *name, const char *path)
{
	int r = index_copy(&a->index, of, name, path);

	if (r != 0)
		return refuse(a, path, r == E_LIMIT ? "too many copies" : "not an absolute path");
	return (r = save_index(a)) != 0 ? r : authority_settle(a, false);
}

int
authority_deployment(struct authority *a, const char *path)
{
	if (strcmp(a->index.deployment, path) == 0)
		return 0;
	return index_deployment(&a->index, path) != 0 ? refuse(a, path, "not an absolute path") : save_index(a);
}

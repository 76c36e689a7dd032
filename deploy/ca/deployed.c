#include "deploy/ca/deployed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/slurp.h"
#include "lib/trusted.h"

const char *
deployed_server(const struct model *m)
{
	return index_name_ok(m->host.v) ? m->host.v : "server";
}

/* --- files that the door reads ------------------------------------------------------------------ */

/* The directories above path, for everybody to enter, whatever the umask is. */
static int
make_parents(const char *path, struct conf_err *e)
{
	char dir[PATH_MAX];

	for (const char *at = strchr(path + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
		snprintf(dir, sizeof dir, "%.*s", (int)(at - path), path);
		if (mkdir(dir, 0755) == 0 ? chmod(dir, 0755) < 0 : errno != EEXIST)
			return conf_err_set(e, dir, 0, "%s", strerror(errno));
	}
	return 0;
}

/* 0; -ENOENT; or E_CONF. */
static int
read_file(const char *path, struct buf *ret, struct conf_err *e)
{
	int r = slurp_trusted(path, INDEX_FILE_MAX, ret);

	return r == 0 || r == -ENOENT ? r : conf_err_set(e, path, 0, "%s", trusted_error(r));
}

/* Is what lies there this authority's? */
static bool
is_ours(const struct authority *a, enum index_of of, const struct buf *pem)
{
	struct cert_crl crl;
	struct x509_st *x;
	bool ours;

	if (of == INDEX_OF_CRL)
		return cert_crl_read(&a->self, buf_head(pem), buf_len(pem), &crl) == 0;
	if ((x = cert_read(buf_head(pem), buf_len(pem))) == NULL)
		return false;
	ours = cert_is_of(&a->self, x);		/* its own certificate is signed by itself */
	cert_free(x);
	return ours;
}

/* What we did not put there is somebody's. */
static int
check_place(const struct authority *a, enum index_of of, const char *path)
{
	struct buf pem = BUF_INIT;
	int r;

	if (index_copies_to(&a->index, path))
		return 0;
	if ((r = read_file(path, &pem, a->folder.e)) == -ENOENT)
		r = 0;
	else if (r == 0 && !is_ours(a, of, &pem))
		r = conf_err_set(a->folder.e, path, 0, "is there, and not of the authority in %s: move it away, or have door.authority = \"files\"",
		    a->folder.dir);
	buf_done(&pem);
	return r;
}

static int
copy_to(struct authority *a, enum index_of of, const char *name, const char *path)
{
	int r;

	if (path == NULL)
		return 0;
	if ((r = make_parents(path, a->folder.e)) != 0 || (r = check_place(a, of, path)) != 0)
		return r;
	return authority_copy(a, of, name, path);
}

/* --- the door's certificate --------------------------------------------------------------------- */

/* The key is made once: clients know it. */
static int
key_ready(const char *path, struct evp_pkey_st **ret, struct deployed *made, struct conf_err *e)
{
	struct buf pem = BUF_INIT;
	int r = read_file(path, &pem, e);

	if (r == 0 && (*ret = cert_key_read(buf_head(&pem), buf_len(&pem))) == NULL)
		r = conf_err_set(e, path, 0, "not a private key in PEM without a password");
	if (r == -ENOENT) {
		buf_clear(&pem);
		made->key = true;
		if ((*ret = cert_key_new(CERT_P256)) == NULL || cert_key_put(*ret, &pem) != 0)
			r = -ENOMEM;
		else if ((r = make_parents(path, e)) == 0)
			r = folder_put(path, 0600, buf_head(&pem), buf_len(&pem), e);
	}
	buf_wipe(&pem);
	return r;
}

/* As clients may call it. */
static void
names_of(const struct model *m, struct names *ret)
{
	ret->n = 0;
	names_add(ret, m->host.v);
	if (m->client.address.v != NULL)
		names_add(ret, m->client.address.v);
}

static bool
fits(const struct authority *a, const char *name, struct evp_pkey_st *key, const struct names *names)
{
	const struct index_cert *c = index_find(&a->index, name, a->now);
	struct x509_st *x = c == NULL ? NULL : authority_cert(a, c->serial);
	bool good = x != NULL && cert_has_key(x, key);

	for (size_t i = 0; i < names->n && good; i++)
		good = cert_has_name(x, names->v[i]);
	cert_free(x);
	return good;
}

static int
cert_ready(struct authority *a, const struct model *m, struct deployed *made)
{
	struct names names;
	const struct cert_want w = { .cn = deployed_server(m), .kind = CERT_SERVER, .names = &names, .days = AUTHORITY_CERT_DAYS };
	struct evp_pkey_st *key = NULL;
	struct x509_st *x = NULL;
	int r = key_ready(m->door.key.v, &key, made, a->folder.e);

	names_of(m, &names);
	if (r == 0 && !fits(a, w.cn, key, &names)) {
		made->cert = true;
		r = authority_issue(a, &w, key, true, &x);
	}
	cert_free(x);
	cert_key_free(key);
	return r != 0 ? r : copy_to(a, INDEX_OF_CERT, w.cn, m->door.cert.v);
}

int
deployed_make(const struct model *m, const char *file, int64_t now, struct deployed *ret, struct conf_err *e)
{
	const struct authority_want w = { .algorithm = CERT_P256, .days = AUTHORITY_DAYS };
	struct authority a = { .folder = { .fd = -1 } };
	int r = authority_make(m->door.authority_dir.v, &w, now, e);

	ret->authority = r == 0;
	if (r != 0 && r != -EEXIST)
		return r;
	if ((r = authority_open(&a, m->door.authority_dir.v, now, e)) == 0 && (r = authority_deployment(&a, file)) == 0 && (r = cert_ready(&a, m, ret)) == 0 &&
	    (r = copy_to(&a, INDEX_OF_CA, "", m->door.ca.v)) == 0)
		r = copy_to(&a, INDEX_OF_CRL, "", m->door.crl.v);
	authority_close(&a);
	return r;
}

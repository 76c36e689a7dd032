#include "deploy/pki.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "deploy/ca/cert.h"
#include "deploy/ca/folder.h"

static const char CA_KEY[] = "ca.key", CA_CRT[] = "ca.crt", KEY[] = "server.key", CRT[] = "server.crt";

struct store {
	struct folder folder;
	const struct names *names;
	struct cert_issuer ca;
	struct evp_pkey_st *key;
	struct x509_st *cert;
	int64_t now;
};

static int
complain(const struct store *s, const char *file, const char *text)
{
	return folder_complain(&s->folder, file, text);
}

static int
load_key(const struct store *s, const char *file, struct evp_pkey_st **ret)
{
	struct buf pem = BUF_INIT;
	int r = folder_read(&s->folder, file, 1, CERT_PEM_MAX, &pem);

	if (r == 0 && (*ret = cert_key_read(buf_head(&pem), buf_len(&pem))) == NULL)
		r = complain(s, file, "not a private key in PEM without a password");
	buf_wipe(&pem);
	return r;
}

static int
load_cert(const struct store *s, const char *file, struct x509_st **ret)
{
	struct buf pem = BUF_INIT;
	int r = folder_read(&s->folder, file, 0, CERT_PEM_MAX, &pem);

	if (r == 0 && (*ret = cert_read(buf_head(&pem), buf_len(&pem))) == NULL)
		r = complain(s, file, "not a certificate in PEM");
	buf_done(&pem);
	return r;
}

static int
save_cert(const struct store *s, const char *file, struct x509_st *x)
{
	struct buf pem = BUF_INIT;
	int r = cert_put(x, &pem);

	if (r == 0)
		r = folder_write(&s->folder, file, 0644, buf_head(&pem), buf_len(&pem));
	buf_done(&pem);
	return r;
}

static int
save_key(const struct store *s, const char *file, struct evp_pkey_st *key)
{
	struct buf pem = BUF_INIT;
	int r = cert_key_put(key, &pem);

	if (r == 0)
		r = folder_write(&s->folder, file, 0600, buf_head(&pem), buf_len(&pem));
	buf_wipe(&pem);
	return r;
}

static int
key_ready(const struct store *s, const char *file, struct evp_pkey_st **ret)
{
	int r = load_key(s, file, ret);

	if (r != -ENOENT)
		return r;
	if ((*ret = cert_key_new(CERT_P256)) == NULL)
		return complain(s, file, "no key could be made");
	return save_key(s, file, *ret);
}

static struct x509_st *
ca_new(const struct store *s)
{
	char host[NAME_SIZE], cn[NAME_SIZE + 32];
	const struct cert_want w = { .cn = cn, .now = s->now, .days = PKI_CA_DAYS };

	snprintf(cn, sizeof cn, "Sallyport CA of %s", names_hostname(host, sizeof host));
	return cert_authority_new(s->ca.key, &w);
}

static struct x509_st *
server_new(const struct store *s)
{
	char host[NAME_SIZE];
	const struct cert_want w = { .cn = names_hostname(host, sizeof host), .kind = CERT_SERVER, .names = s->names, .now = s->now,
	    .days = PKI_CERT_DAYS };

	return cert_new(&s->ca, s->key, &w);
}

/* Until x runs out; negative when it has. */
static int64_t
seconds_left(const struct store *s, const struct x509_st *x)
{
	int64_t ends = cert_ends(x);

	return ends == INT64_MIN ? -1 : ends - s->now;
}

static int
runs_out(const struct store *s, const struct x509_st *x)
{
	return seconds_left(s, x) < (int64_t)PKI_RENEW_DAYS * CERT_DAY;
}

/* Is its first moment still to come?  Then it was made while the clock was ahead. */
static int
is_early(const struct store *s, const struct x509_st *x)
{
	return cert_begins(x) > s->now;
}

/* Is x one of ours, by name and signature, for this key, and good for a while? */
static int
is_good(const struct store *s, struct x509_st *x, struct evp_pkey_st *key)
{
	return cert_has_key(x, key) && cert_is_of(&s->ca, x) && !is_early(s, x) && !runs_out(s, x);
}

static int
ca_ready(struct store *s, struct pki *ret)
{
	int r = load_cert(s, CA_CRT, &s->ca.cert), fresh = r == -ENOENT;

	if (r != 0 && !fresh)
		return r;
	r = fresh ? key_ready(s, CA_KEY, &s->ca.key) : load_key(s, CA_KEY, &s->ca.key);
	if (r != 0)
		return r == -ENOENT ? complain(s, CA_KEY, "missing, though ca.crt is there: move ca.crt away to start anew") : r;
	if (!fresh && !cert_has_key(s->ca.cert, s->ca.key))
		return complain(s, CA_KEY, "does not belong to ca.crt");
	if (!fresh && is_early(s, s->ca.cert))
		return complain(s, CA_CRT, "is not valid yet: set the clock, or move ca.crt and ca.key away to make a new CA");
	if (!fresh && runs_out(s, s->ca.cert))
		return complain(s, CA_CRT, "runs out: move ca.crt and ca.key away to make a new CA, and give it to the clients");
	if (!fresh)
		return 0;
	if ((s->ca.cert = ca_new(s)) == NULL)
		return complain(s, CA_CRT, "the certificate could not be made");
	ret->ca_made = 1;
	return save_cert(s, CA_CRT, s->ca.cert);
}

static int
still_good(const struct store *s)
{
	if (!is_good(s, s->cert, s->key))
		return 0;
	for (size_t i = 0; i < s->names->n; i++)
		if (!cert_has_name(s->cert, s->names->v[i]))
			return 0;
	return 1;
}

static int
cert_ready(struct store *s, struct pki *ret)
{
	int r = load_cert(s, CRT, &s->cert), fresh = r == -ENOENT;

	if (r != 0 && !fresh)
		return r;
	if ((r = fresh ? key_ready(s, KEY, &s->key) : load_key(s, KEY, &s->key)) != 0)
		return r == -ENOENT ? complain(s, KEY, "missing, though server.crt is there: put it back, or move server.crt away to make a "
		    "new key, whose pin the clients have to be told") : r;
	if (s->cert != NULL && still_good(s))
		return 0;
	cert_free(s->cert);
	if ((s->cert = server_new(s)) == NULL)
		return complain(s, CRT, "the certificate could not be made");
	ret->cert_made = 1;
	return save_cert(s, CRT, s->cert);
}

/* The text ends like a C string, which borrowers read. */
static int
tell_pem(struct x509_st *x, struct buf *ret)
{
	int r = cert_put(x, ret);

	return r == 0 && buf_cstr(ret) == NULL ? -ENOMEM : r;
}

static int
tell(const struct store *s, struct pki *ret)
{
	const char *dir = s->folder.dir;
	uint8_t pin[CERT_PIN_SIZE];

	snprintf(ret->ca, sizeof ret->ca, "%s/%s", dir, CA_CRT);
	snprintf(ret->cert, sizeof ret->cert, "%s/%s", dir, CRT);
	snprintf(ret->key, sizeof ret->key, "%s/%s", dir, KEY);
	ret->due = seconds_left(s, s->cert) - (int64_t)PKI_RENEW_DAYS * CERT_DAY;
	if (cert_pin(s->cert, pin) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof pin; i++)
		snprintf(ret->pin + 2 * i, 3, "%02x", pin[i]);
	return tell_pem(s->ca.cert, &ret->ca_pem);
}

static int
store_open(struct store *s, const char *dir, struct conf_err *e)
{
	*s = (struct store){ .folder = { .fd = -1, .dir = dir, .option = "--state", .e = e }, .now = (int64_t)time(NULL) };
	return folder_open(&s->folder, 1);
}

static void
store_done(struct store *s)
{
	cert_free(s->cert);
	cert_free(s->ca.cert);
	cert_key_free(s->key);
	cert_key_free(s->ca.key);
	folder_close(&s->folder);
}

int
pki_ready(const char *dir, const struct names *names, struct pki *ret, struct conf_err *e)
{
	struct store s;
	int r = store_open(&s, dir, e);

	s.names = names;
	if (r == 0 && (r = ca_ready(&s, ret)) == 0 && (r = cert_ready(&s, ret)) == 0)
		r = tell(&s, ret);
	store_done(&s);
	return r;
}

/* --- clients ------------------------------------------------------------------------------------ */

int
pki_client_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t n = strlen(name);

	return n > 0 && n < PKI_CLIENT_SIZE && name[strspn(name, letters)] == '\0' && name[0] != '.' && name[0] != '-' ? 0 : E_FORMAT;
}

static int
client_cert_ready(struct store *s, const char *name, struct pki_client *ret)
{
	const struct cert_want w = { .cn = name, .kind = CERT_CLIENT, .now = s->now, .days = PKI_CERT_DAYS };
	char crt[PKI_CLIENT_SIZE + 16], key[sizeof crt];
	int r;

	snprintf(crt, sizeof crt, "client-%s.crt", name);
	snprintf(key, sizeof key, "client-%s.key", name);
	if (((r = load_cert(s, crt, &s->cert)) != 0 && r != -ENOENT) || (r = key_ready(s, key, &s->key)) != 0)
		return r;
	if (s->cert != NULL && is_good(s, s->cert, s->key))
		return 0;
	ret->renewed = s->cert != NULL;
	cert_free(s->cert);
	if ((s->cert = cert_new(&s->ca, s->key, &w)) == NULL)
		return complain(s, crt, "the certificate could not be made");
	return save_cert(s, crt, s->cert);
}

static int
tell_client(const struct store *s, struct pki_client *ret)
{
	if (cert_der(s->cert, &ret->cert) != 0 || cert_key_der(s->key, &ret->key) != 0)
		return -ENOMEM;
	return tell_pem(s->cert, &ret->pem);
}

int
pki_client_ready(const char *dir, const char *name, struct pki_client *ret, struct conf_err *e)
{
	struct pki unused = { .ca_made = 0 };
	struct store s;
	int r;

	if (pki_client_name(name) != 0)
		return conf_err_set(e, NULL, 0, "not the name of a client");
	if ((r = store_open(&s, dir, e)) == 0 && (r = ca_ready(&s, &unused)) == 0 && (r = client_cert_ready(&s, name, ret)) == 0)
		r = tell_client(&s, ret);
	store_done(&s);
	return r;
}

void
pki_client_done(struct pki_client *c)
{
	buf_done(&c->cert);
	buf_wipe(&c->key);
	buf_done(&c->pem);
}

#include "deploy/pki.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "lib/trusted.h"

enum { DAY = 24 * 60 * 60 };

static const char CA_KEY[] = "ca.key", CA_CRT[] = "ca.crt", KEY[] = "server.key", CRT[] = "server.crt";

struct store {
	int fd;			/* the folder, locked */
	const char *dir;
	const struct names *names;
	EVP_PKEY *ca_key, *key;
	X509 *ca, *cert;
	struct conf_err *e;
};

static int
complain(struct store *s, const char *file, const char *text)
{
	char path[PATH_MAX];

	ERR_clear_error();
	snprintf(path, sizeof path, "%s%s%s", s->dir, file[0] == '\0' ? "" : "/", file);
	return conf_err_set(s->e, path, 0, "%s", text);
}

static int
complain_errno(struct store *s, const char *file)
{
	return complain(s, file, strerror(errno));
}

/* Who owns the folder around ours, or may write there, can put another one in its place; /tmp's sticky bit forbids that. */
static int
check_around(struct store *s, const char *path, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return complain_errno(s, "");
	if ((st.st_uid == 0 || st.st_uid == geteuid()) && ((st.st_mode & 022) == 0 || (st.st_mode & S_ISVTX) != 0))
		return 0;
	return conf_err_set(s->e, path, 0, "others could put another folder in the place of one in it: choose another --state");
}

static int
make_one(const char *path)
{
	char leaf[NAME_MAX + 1];
	int dir = trusted_parent(path, leaf), r;

	if (dir < 0)
		return dir;
	r = mkdirat(dir, leaf, 0700) < 0 && errno != EEXIST ? -errno : 0;
	close(dir);
	return r == 0 ? trusted_dir(path) : r;
}

/* The folder at path, made 0700 when it is missing: a descriptor that names it, or E_CONF. */
static int
enter(struct store *s, const char *path, int is_last)
{
	int fd = trusted_dir(path), r;

	if (fd == -ENOENT)
		fd = make_one(path);
	if (fd < 0)
		return conf_err_set(s->e, path, 0, "%s", trusted_error(fd));
	if (!is_last && (r = check_around(s, path, fd)) != 0) {
		close(fd);
		return r;
	}
	return fd;
}

/* mkdir -p.  Links on the way are followed where root or we made them. */
static int
make_dirs(struct store *s)
{
	char path[PATH_MAX];
	int fd;

	if (s->dir[0] != '/' || strlen(s->dir) >= sizeof path - 16)
		return complain(s, "", "not an absolute path, or too long");
	strcpy(path, s->dir);
	for (char *p = path + 1; (p = strchr(p, '/')) != NULL; *p++ = '/') {
		*p = '\0';
		if ((fd = enter(s, path, 0)) < 0)
			return fd;
		close(fd);
	}
	if ((fd = enter(s, path, 1)) < 0)
		return fd;
	s->fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(fd);
	return s->fd < 0 ? complain_errno(s, "") : 0;
}

/* Keys in a folder where others may rename files are nobody's secret. */
static int
open_dir(struct store *s)
{
	struct stat st;
	int r;

	if ((r = make_dirs(s)) != 0)
		return r;
	if (fstat(s->fd, &st) < 0)
		return complain_errno(s, "");
	if (st.st_uid != geteuid())
		return complain(s, "", "belongs to somebody else");
	if ((st.st_mode & 022) != 0)
		return complain(s, "", "others may write here: chmod go-w it, or choose another --state");
	return flock(s->fd, LOCK_EX) < 0 ? complain_errno(s, "") : 0;	/* two first runs at once */
}

/* 0 and *ret_f, -ENOENT, or E_CONF. */
static int
open_file(struct store *s, const char *file, int secret, FILE **ret_f)
{
	int fd = openat(s->fd, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st = { 0 };

	if (fd < 0)
		return errno == ENOENT ? -ENOENT : complain_errno(s, file);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (!secret || (st.st_mode & 077) == 0) &&
	    (*ret_f = fdopen(fd, "r")) != NULL)
		return 0;
	close(fd);
	return complain(s, file, S_ISREG(st.st_mode) ? "others may read this key: make a new one, or chmod 600" :
	    "not a regular file");
}

static int
no_password(char *buf, int size, int rw, void *arg)
{
	(void)buf, (void)size, (void)rw, (void)arg;
	return 0;	/* never ask the terminal */
}

static int
load_key(struct store *s, const char *file, EVP_PKEY **ret)
{
	FILE *f;
	int r = open_file(s, file, 1, &f);

	if (r != 0)
		return r;
	*ret = PEM_read_PrivateKey(f, NULL, no_password, NULL);
	fclose(f);
	return *ret == NULL ? complain(s, file, "not a private key in PEM without a password") : 0;
}

static int
load_cert(struct store *s, const char *file, X509 **ret)
{
	FILE *f;
	int r = open_file(s, file, 0, &f);

	if (r != 0)
		return r;
	*ret = PEM_read_X509(f, NULL, no_password, NULL);
	fclose(f);
	return *ret == NULL ? complain(s, file, "not a certificate in PEM") : 0;
}

/* A whole file under its name, or nothing: a temporary name, fsync, rename. */
static int
save(struct store *s, const char *file, EVP_PKEY *key, X509 *cert)
{
	char temp[64];
	int fd, good;
	FILE *f;

	snprintf(temp, sizeof temp, ".%s.new", file);
	unlinkat(s->fd, temp, 0);	/* left by a crash: the lock says that nobody writes it now */
	fd = openat(s->fd, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, key != NULL ? 0600 : 0644);
	if (fd < 0)
		return complain_errno(s, file);
	if ((f = fdopen(fd, "w")) == NULL) {
		close(fd);
		return -ENOMEM;
	}
	good = key != NULL ? PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) : PEM_write_X509(f, cert);
	good = good == 1 && fflush(f) == 0 && fsync(fd) == 0;
	good = fclose(f) == 0 && good;
	if (!good || renameat(s->fd, temp, s->fd, file) < 0) {
		int r = complain_errno(s, file);

		unlinkat(s->fd, temp, 0);
		return r;
	}
	fsync(s->fd);
	return 0;
}

static int
key_ready(struct store *s, const char *file, EVP_PKEY **ret)
{
	int r = load_key(s, file, ret);

	if (r != -ENOENT)
		return r;
	if ((*ret = EVP_EC_gen("P-256")) == NULL)
		return complain(s, file, "no key could be made");
	return save(s, file, *ret, NULL);
}

static int
add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	int good;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	if ((ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value)) == NULL)
		return 0;
	good = X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	return good;
}

/* Built from values, not from a configuration text that a name could break out of. */
static GENERAL_NAME *
general_name(const char *text)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	int address = names_is_address(text);
	ASN1_STRING *value;

	if (address) {
		value = a2i_IPADDRESS(text);
	} else if ((value = ASN1_IA5STRING_new()) != NULL && ASN1_STRING_set(value, text, -1) != 1) {
		ASN1_STRING_free(value);
		value = NULL;
	}
	if (name == NULL || value == NULL) {
		GENERAL_NAME_free(name);
		ASN1_STRING_free(value);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, address ? GEN_IPADD : GEN_DNS, value);
	return name;
}

static int
add_names(X509 *x, const struct names *names)
{
	GENERAL_NAMES *all = GENERAL_NAMES_new();
	int good = all != NULL;

	for (size_t i = 0; i < names->n && good; i++) {
		GENERAL_NAME *name = general_name(names->v[i]);

		good = name != NULL && sk_GENERAL_NAME_push(all, name) > 0;
		if (!good)
			GENERAL_NAME_free(name);
	}
	good = good && X509_add1_ext_i2d(x, NID_subject_alt_name, all, 0, X509V3_ADD_DEFAULT) == 1;
	GENERAL_NAMES_free(all);
	return good;
}

static int
set_serial(X509 *x)
{
	unsigned char bytes[16];
	BIGNUM *n;
	int good;

	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return 0;
	bytes[0] = (unsigned char)((bytes[0] & 0x3f) | 0x40);	/* positive, always 16 bytes */
	n = BN_bin2bn(bytes, sizeof bytes, NULL);
	good = n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
	BN_free(n);
	return good;
}

/* Everything both certificates have; the name is cut to X.509's 64 bytes. */
static X509 *
cert_new(EVP_PKEY *key, const char *cn, int days)
{
	char text[65];
	X509_NAME *name;
	X509 *x = X509_new();

	snprintf(text, sizeof text, "%s", cn);
	if (x != NULL && X509_set_version(x, X509_VERSION_3) && set_serial(x) &&
	    X509_gmtime_adj(X509_getm_notBefore(x), -3600) != NULL &&	/* for clocks that run behind */
	    X509_time_adj_ex(X509_getm_notAfter(x), days, 0, NULL) != NULL && X509_set_pubkey(x, key) &&
	    (name = X509_get_subject_name(x)) != NULL &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)text, -1, -1, 0))
		return x;
	X509_free(x);
	return NULL;
}

static X509 *
ca_new(EVP_PKEY *key)
{
	char host[NAME_SIZE], cn[NAME_SIZE + 32];
	X509 *x;

	snprintf(cn, sizeof cn, "Sallyport CA of %s", names_hostname(host, sizeof host));
	if ((x = cert_new(key, cn, PKI_CA_DAYS)) == NULL)
		return NULL;
	if (X509_set_issuer_name(x, X509_get_subject_name(x)) &&
	    add_ext(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
	    add_ext(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	    add_ext(x, x, NID_subject_key_identifier, "hash") && X509_sign(x, key, EVP_sha256()) > 0)
		return x;
	X509_free(x);
	return NULL;
}

/* A certificate that outlives its authority is one that nobody can check. */
static int
end_with(X509 *x, const X509 *ca)
{
	int days, seconds;

	if (ASN1_TIME_diff(&days, &seconds, X509_get0_notAfter(ca), X509_get0_notAfter(x)) != 1)
		return 0;
	return (days <= 0 && seconds <= 0) || X509_set1_notAfter(x, X509_get0_notAfter(ca)) == 1;
}

/* What the certificate of a server, or of a client, is for: it passes as nothing else. */
struct leaf {
	const char *cn, *usage;
	const struct names *names;	/* NULL: none */
};

static X509 *
leaf_new(const struct store *s, EVP_PKEY *key, const struct leaf *l)
{
	X509 *x = cert_new(key, l->cn, PKI_CERT_DAYS);

	if (x == NULL)
		return NULL;
	if (X509_set_issuer_name(x, X509_get_subject_name(s->ca)) &&
	    add_ext(x, s->ca, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_ext(x, s->ca, NID_key_usage, "critical,digitalSignature") &&
	    add_ext(x, s->ca, NID_ext_key_usage, l->usage) &&
	    add_ext(x, s->ca, NID_subject_key_identifier, "hash") &&
	    add_ext(x, s->ca, NID_authority_key_identifier, "keyid:always") && (l->names == NULL || add_names(x, l->names)) &&
	    end_with(x, s->ca) && X509_sign(x, s->ca_key, EVP_sha256()) > 0)
		return x;
	X509_free(x);
	return NULL;
}

static X509 *
server_new(const struct store *s)
{
	char host[NAME_SIZE];
	const struct leaf l = { names_hostname(host, sizeof host), "serverAuth", s->names };

	return leaf_new(s, s->key, &l);
}

/* Until x runs out; negative when it has. */
static int64_t
seconds_left(const X509 *x)
{
	int days, seconds;

	if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(x)) != 1)
		return -1;
	return (int64_t)days * DAY + seconds;
}

static int
runs_out(const X509 *x)
{
	return seconds_left(x) < (int64_t)PKI_RENEW_DAYS * DAY;
}

/* Is its first moment still to come?  Then it was made while the clock was ahead. */
static int
is_early(const X509 *x)
{
	return X509_cmp_current_time(X509_get0_notBefore(x)) >= 0;
}

/* Is x one of ours, by name and signature, for this key, and good for a while? */
static int
is_good(const struct store *s, X509 *x, EVP_PKEY *key)
{
	return X509_check_private_key(x, key) == 1 && X509_check_issued(s->ca, x) == X509_V_OK && X509_verify(x, s->ca_key) == 1 &&
	    !is_early(x) && !runs_out(x);
}

static int
ca_ready(struct store *s, struct pki *ret)
{
	int r = load_cert(s, CA_CRT, &s->ca), fresh = r == -ENOENT;

	if (r != 0 && !fresh)
		return r;
	r = fresh ? key_ready(s, CA_KEY, &s->ca_key) : load_key(s, CA_KEY, &s->ca_key);
	if (r != 0)
		return r == -ENOENT ? complain(s, CA_KEY, "missing, though ca.crt is there: move ca.crt away to start anew") : r;
	if (!fresh && X509_check_private_key(s->ca, s->ca_key) != 1)
		return complain(s, CA_KEY, "does not belong to ca.crt");
	if (!fresh && is_early(s->ca))
		return complain(s, CA_CRT, "is not valid yet: set the clock, or move ca.crt and ca.key away to make a new CA");
	if (!fresh && runs_out(s->ca))
		return complain(s, CA_CRT, "runs out: move ca.crt and ca.key away to make a new CA, and give it to the clients");
	if (!fresh)
		return 0;
	if ((s->ca = ca_new(s->ca_key)) == NULL)
		return complain(s, CA_CRT, "the certificate could not be made");
	ret->ca_made = 1;
	return save(s, CA_CRT, NULL, s->ca);
}

static int
has_name(X509 *x, const char *name)
{
	if (names_is_address(name))
		return X509_check_ip_asc(x, name, 0) == 1;
	return X509_check_host(x, name, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
}

static int
still_good(const struct store *s)
{
	if (!is_good(s, s->cert, s->key))
		return 0;
	for (size_t i = 0; i < s->names->n; i++)
		if (!has_name(s->cert, s->names->v[i]))
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
	X509_free(s->cert);
	if ((s->cert = server_new(s)) == NULL)
		return complain(s, CRT, "the certificate could not be made");
	ret->cert_made = 1;
	return save(s, CRT, NULL, s->cert);
}

static int
tell_pin(struct store *s, struct pki *ret)
{
	unsigned char *der = NULL, sum[SHA256_DIGEST_LENGTH];
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(s->cert), &der);

	if (n <= 0)
		return -ENOMEM;
	SHA256(der, (size_t)n, sum);
	OPENSSL_free(der);
	for (size_t i = 0; i < sizeof sum; i++)
		snprintf(ret->pin + 2 * i, 3, "%02x", sum[i]);
	return 0;
}

static int
tell_pem(X509 *x, struct buf *ret)
{
	BIO *mem = BIO_new(BIO_s_mem());
	char *text;
	long n;

	if (mem != NULL && PEM_write_bio_X509(mem, x) == 1 && (n = BIO_get_mem_data(mem, &text)) > 0)
		buf_put(ret, text, (size_t)n);
	BIO_free(mem);
	return buf_cstr(ret) == NULL || buf_len(ret) == 0 ? -ENOMEM : 0;
}

static int
tell(struct store *s, struct pki *ret)
{
	int r;

	snprintf(ret->ca, sizeof ret->ca, "%s/%s", s->dir, CA_CRT);
	snprintf(ret->cert, sizeof ret->cert, "%s/%s", s->dir, CRT);
	snprintf(ret->key, sizeof ret->key, "%s/%s", s->dir, KEY);
	ret->due = seconds_left(s->cert) - (int64_t)PKI_RENEW_DAYS * DAY;
	if ((r = tell_pin(s, ret)) != 0)
		return r;
	return tell_pem(s->ca, &ret->ca_pem);
}

static void
store_done(struct store *s)
{
	X509_free(s->cert);
	X509_free(s->ca);
	EVP_PKEY_free(s->key);
	EVP_PKEY_free(s->ca_key);
	if (s->fd >= 0)
		close(s->fd);
}

int
pki_ready(const char *dir, const struct names *names, struct pki *ret, struct conf_err *e)
{
	struct store s = { .fd = -1, .dir = dir, .names = names, .e = e };
	int r;

	if ((r = open_dir(&s)) == 0 && (r = ca_ready(&s, ret)) == 0 && (r = cert_ready(&s, ret)) == 0)
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
	const struct leaf l = { name, "clientAuth", NULL };
	char crt[PKI_CLIENT_SIZE + 16], key[sizeof crt];
	int r;

	snprintf(crt, sizeof crt, "client-%s.crt", name);
	snprintf(key, sizeof key, "client-%s.key", name);
	if (((r = load_cert(s, crt, &s->cert)) != 0 && r != -ENOENT) || (r = key_ready(s, key, &s->key)) != 0)
		return r;
	if (s->cert != NULL && is_good(s, s->cert, s->key))
		return 0;
	ret->renewed = s->cert != NULL;
	X509_free(s->cert);
	if ((s->cert = leaf_new(s, s->key, &l)) == NULL)
		return complain(s, crt, "the certificate could not be made");
	return save(s, crt, NULL, s->cert);
}

/* n bytes of DER at der, which are wiped and freed. */
static void
keep_der(struct buf *b, unsigned char *der, int n)
{
	if (n > 0)
		buf_put(b, der, (size_t)n);
	else
		b->err = -ENOMEM;
	OPENSSL_clear_free(der, n > 0 ? (size_t)n : 0);
}

static int
tell_client(struct store *s, struct pki_client *ret)
{
	PKCS8_PRIV_KEY_INFO *key = EVP_PKEY2PKCS8(s->key);
	unsigned char *der = NULL;
	int r;

	if (key == NULL)
		return -ENOMEM;
	r = i2d_X509(s->cert, &der);
	keep_der(&ret->cert, der, r);
	der = NULL;
	r = i2d_PKCS8_PRIV_KEY_INFO(key, &der);
	keep_der(&ret->key, der, r);
	PKCS8_PRIV_KEY_INFO_free(key);
	if (ret->cert.err != 0 || ret->key.err != 0)
		return -ENOMEM;
	return tell_pem(s->cert, &ret->pem);
}

int
pki_client_ready(const char *dir, const char *name, struct pki_client *ret, struct conf_err *e)
{
	struct store s = { .fd = -1, .dir = dir, .e = e };
	struct pki unused = { .ca_made = 0 };
	int r;

	if (pki_client_name(name) != 0)
		return conf_err_set(e, NULL, 0, "not the name of a client");
	if ((r = open_dir(&s)) == 0 && (r = ca_ready(&s, &unused)) == 0 && (r = client_cert_ready(&s, name, ret)) == 0)
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

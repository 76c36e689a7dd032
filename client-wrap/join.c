#include "client-wrap/join.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "client-wrap/args.h"
#include "client-wrap/hosts.h"
#include "client-wrap/keep.h"
#include "client-wrap/status.h"
#include "client-wrap/told.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/shell_word.h"

enum { WORD_SIZE = 4 * JOIN_URL_SIZE, DATE_SIZE = 64 };

static int
refuse(const char *why)
{
	log_error("--join: %s", why);
	return WRAP_SETUP;
}

/* --- reading ------------------------------------------------------------------------------------ */

struct word {
	char text[INVITE_TEXT_MAX + 1];
	size_t n;
};

/* Without the blanks and line ends that mail puts in.  One too many is kept, and told as too long. */
static void
take_bytes(struct word *w, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n && w->n < sizeof w->text; i++)
		if (!isspace((unsigned char)bytes[i]))
			w->text[w->n++] = bytes[i];
}

/* To its end; from a terminal one line. */
static int
read_fd(int fd, struct word *w)
{
	char bytes[1024];
	ssize_t n;
	int line = isatty(fd);

	if (line)
		fputs("Paste the invitation, then press Enter: ", stderr);
	while (w->n < sizeof w->text && (n = read(fd, bytes, sizeof bytes)) != 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		take_bytes(w, bytes, n < 0 ? 0 : (size_t)n);
		if (line && n > 0 && bytes[n - 1] == '\n' && w->n > 0)
			break;
	}
	explicit_bzero(bytes, sizeof bytes);
	return 0;
}

static int
read_word(const char *from, struct word *w)
{
	int fd = STDIN_FILENO, r;

	if (from[0] != '@' && strcmp(from, "-") != 0) {
		take_bytes(w, from, strlen(from));
		return 0;
	}
	if (from[0] == '@' && (fd = open(from + 1, O_RDONLY | O_CLOEXEC)) < 0) {
		log_error("--join: %s: %s", from + 1, strerror(errno));
		return WRAP_SETUP;
	}
	if ((r = read_fd(fd, w)) != 0)
		log_error("--join: %s: %s", from[0] == '@' ? from + 1 : "standard input", strerror(-r));
	if (from[0] == '@')
		close(fd);
	return r == 0 ? 0 : WRAP_SETUP;
}

static int
read_invite(const char *from, struct invite *ret)
{
	struct word w = { .n = 0 };
	int r = 0, status = read_word(from, &w);

	if (status == 0 && (r = invite_get(w.text, w.n, ret)) != 0)
		status = refuse(w.n == 0 ? "there is no invitation" : invite_error(r));
	explicit_bzero(&w, sizeof w);
	return status;
}

/* --- its certificate ---------------------------------------------------------------------------- */

static const char *
date_of(const ASN1_TIME *t, char dst[DATE_SIZE])
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1 || strftime(dst, DATE_SIZE, "%Y-%m-%d %H:%M UTC", &tm) == 0)
		snprintf(dst, DATE_SIZE, "an unknown date");
	return dst;
}

static int
check_times(const X509 *x)
{
	char date[DATE_SIZE], why[2 * DATE_SIZE + 64] = "";

	if (X509_cmp_current_time(X509_get0_notAfter(x)) < 0)
		snprintf(why, sizeof why, "the invitation ran out on %s: ask for another one", date_of(X509_get0_notAfter(x), date));
	else if (X509_cmp_current_time(X509_get0_notBefore(x)) >= 0)
		snprintf(why, sizeof why, "the invitation holds from %s on only: is this machine's clock right?",
		    date_of(X509_get0_notBefore(x), date));
	return why[0] == '\0' ? 0 : refuse(why);
}

static EVP_PKEY *
read_key(const struct invite *v)
{
	const unsigned char *at = v->key;
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)v->n_key);
	EVP_PKEY *key = info != NULL && at == v->key + v->n_key ? EVP_PKCS82PKEY(info) : NULL;

	PKCS8_PRIV_KEY_INFO_free(info);
	return key;
}

/* Both as PEM, for a file. */
static BIO *
pem_of(X509 *x, EVP_PKEY *key)
{
	BIO *mem = BIO_new(BIO_s_secmem());

	if (mem != NULL && PEM_write_bio_X509(mem, x) == 1 && PEM_write_bio_PKCS8PrivateKey(mem, key, NULL, NULL, 0, NULL, NULL) == 1)
		return mem;
	BIO_free(mem);
	return NULL;
}

static int
to_pem(const struct invite *v, BIO **ret)
{
	const unsigned char *at = v->cert;
	X509 *x = d2i_X509(NULL, &at, (long)v->n_cert);
	EVP_PKEY *key = read_key(v);
	int status = 0;

	if (x == NULL || at != v->cert + v->n_cert || key == NULL || X509_check_private_key(x, key) != 1)
		status = refuse("the invitation holds no certificate with its key");
	else if ((status = check_times(x)) == 0 && (*ret = pem_of(x, key)) == NULL)
		status = refuse(err_text(-ENOMEM));
	X509_free(x);
	EVP_PKEY_free(key);
	return status;
}

/* --- the file of hosts -------------------------------------------------------------------------- */

struct place {
	char hosts[PATH_MAX], pem[PATH_MAX];
	char pin[TOLD_PIN_SIZE], cert[INVITE_HOST_SIZE + 16], addresses[INVITE_ADDRESSES_MAX * (INVITE_ADDRESS_SIZE + 1)];
	struct host_entry known;	/* by the same key; what the user has added to it stays */
};

/* A host is one file's name: no letter of it is special there. */
static int
find_place(const struct invite *v, struct place *p)
{
	size_t n = 0;

	if (hosts_path(p->hosts, sizeof p->hosts) != 0)
		return refuse("there is no directory for it: set HOME or XDG_CONFIG_HOME");
	snprintf(p->cert, sizeof p->cert, "joined/%s.pem", v->host);
	for (char *c = p->cert; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	if ((size_t)snprintf(p->pem, sizeof p->pem, "%.*s%s", (int)(strrchr(p->hosts, '/') + 1 - p->hosts), p->hosts, p->cert) >= sizeof p->pem)
		return refuse(err_text(-ENAMETOOLONG));
	told_digest(v->pin, p->pin);
	for (size_t i = 0; i < v->n_addresses; i++)
		n += (size_t)snprintf(p->addresses + n, sizeof p->addresses - n, "%s%s", i == 0 ? "" : " ", v->address[i]);
	return 0;
}

static int
same_pin(const struct invite *v, const struct host_entry *known)
{
	uint8_t pin[32];

	return known->pin != NULL && args_pin(known->pin, pin) == 0 && memcmp(pin, v->pin, sizeof pin) == 0;
}

static int
say_conf(int r, const struct conf_err *e)
{
	char text[sizeof *e + 16];

	return refuse(r == E_CONF ? conf_err_print(e, text, sizeof text) : err_text(r));
}

static int
check_known(const struct invite *v, struct place *p, int replace)
{
	struct conf_err e = { "", 0, "" };
	int r = hosts_find(p->hosts, v->host, &p->known, &e);

	if (r != 0)
		return say_conf(r, &e);
	if (p->known.host == NULL || same_pin(v, &p->known))
		return 0;
	host_entry_done(&p->known);
	if (replace)
		return 0;
	log_error("--join: %s is known already, and not by this key (%s): if you know why, --join-replace puts this in its place",
	    v->host, p->hosts);
	return WRAP_SETUP;
}

static int
store(const struct invite *v, const struct place *p, BIO *pem)
{
	const struct host_entry entry = { .host = (char *)v->host, .address = v->n_addresses > 0 ? (char *)p->addresses : NULL,
	    .cert = (char *)p->cert, .pin = (char *)p->pin, .port = v->port,
	    .ca = p->known.ca, .name = p->known.name, .crl = p->known.crl };
	struct conf_err e = { "", 0, "" };
	char *text;
	long n = BIO_get_mem_data(pem, &text);
	int r = keep_file(p->pem, text, (size_t)n);

	if (r != 0) {
		log_error("--join: %s: %s", p->pem, strerror(-r));
		return WRAP_SETUP;
	}
	return (r = hosts_store(p->hosts, &entry, &e)) == 0 ? 0 : say_conf(r, &e);
}

int
join_take(const char *word, int replace, struct invite *ret)
{
	static struct place p;
	BIO *pem = NULL;
	int status;

	if ((status = read_invite(word, ret)) != 0)
		return status;
	if ((status = to_pem(ret, &pem)) == 0 && (status = find_place(ret, &p)) == 0 && (status = check_known(ret, &p, replace)) == 0)
		status = store(ret, &p, pem);
	BIO_free(pem);
	host_entry_done(&p.known);
	explicit_bzero(ret->key, sizeof ret->key);
	ret->n_key = 0;
	return status;
}

const char *
join_url(const struct invite *v, char dst[JOIN_URL_SIZE])
{
	int six = strchr(v->host, ':') != NULL;

	snprintf(dst, JOIN_URL_SIZE, "rsyncs://%s%s%s:%u/%s/", six ? "[" : "", v->host, six ? "]" : "", v->port, v->module);
	return dst;
}

void
join_advise(const struct invite *v)
{
	char url[JOIN_URL_SIZE], from[WORD_SIZE], copy[INVITE_MODULE_SIZE + 8], to[WORD_SIZE];

	snprintf(copy, sizeof copy, "./%s/", v->module);
	printf("%s is known now, and lets this user in as %s.  Pull with:\n\n  sallyport-rsync -a %s %s\n", v->host, v->client,
	    shell_word(join_url(v, url), from, sizeof from), shell_word(copy, to, sizeof to));
}

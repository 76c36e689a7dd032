#include "client-wrap/renew.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "client-wrap/blame.h"
#include "client-wrap/keep.h"
#include "client-wrap/link.h"
#include "client-wrap/operand.h"
#include "client-wrap/speak.h"
#include "client-wrap/status.h"
#include "client-wrap/told.h"
#include "lib/log.h"
#include "lib/num.h"
#include "lib/slurp.h"
#include "lib/trusted.h"

enum { FILE_MAX = 64 * 1024, ANSWER_MAX = 8192, LINE_SIZE = 256, DAY = 24 * 60 * 60 };
enum { OWN_SECONDS = 10 };	/* for what nobody has asked for, while signals wait */

static const char SNI[] = "renew.sallyport";	/* the section of the door that leads to the authority */

/* One renewal. */
struct renewal {
	const char *host;
	unsigned port;
	char path[PATH_MAX];	/* certificate and key, as --join has put them there */
	X509 *old, *new;
	EVP_PKEY *key;		/* the new one */
	unsigned seconds;	/* that it may take; 0: as a connection */
};

static int
refuse(const struct renewal *n, const char *why)
{
	log_error("%s: the certificate was not renewed: %s", n->host, why);
	return WRAP_SETUP;
}

static void
renewal_done(struct renewal *n)
{
	X509_free(n->old);
	X509_free(n->new);
	EVP_PKEY_free(n->key);
}

/* --- the certificate of before -------------------------------------------------------------------- */

static int
read_old(struct renewal *n)
{
	struct buf pem = BUF_INIT;
	int r = slurp_trusted(n->path, FILE_MAX, &pem);
	BIO *mem = r == 0 ? BIO_new_mem_buf(buf_head(&pem), (int)buf_len(&pem)) : NULL;

	n->old = mem == NULL ? NULL : PEM_read_bio_X509(mem, NULL, NULL, NULL);
	BIO_free(mem);
	buf_wipe(&pem);
	if (n->old != NULL)
		return 0;
	return refuse(n, r != 0 ? trusted_error(r) : "its file holds none");
}

/* What --join has put there: one file for both, named by the file of hosts. */
static int
find_old(struct renewal *n)
{
	struct settings s;
	int status = settings_read(&s, n->host, n->port);

	if (status == 0 && (s.entry.cert == NULL || s.entry.key != NULL || s.tls.cert != s.entry.cert))
		status = refuse(n, "it did not come by --join; renew it where it came from");
	if (status == 0 && (size_t)snprintf(n->path, sizeof n->path, "%s", s.entry.cert) >= sizeof n->path)
		status = refuse(n, err_text(-ENAMETOOLONG));
	settings_done(&s);
	return status == 0 ? read_old(n) : status;
}

/* Seconds from a to b. */
static int64_t
seconds_between(const ASN1_TIME *a, const ASN1_TIME *b)
{
	int days, seconds;

	return ASN1_TIME_diff(&days, &seconds, a, b) == 1 ? (int64_t)days * DAY + seconds : 0;
}

static int
is_due(const X509 *x)
{
	int64_t life = seconds_between(X509_get0_notBefore(x), X509_get0_notAfter(x));
	int64_t left = seconds_between(NULL, X509_get0_notAfter(x));

	return left < life / 3;
}

/* --- the request --------------------------------------------------------------------------------- */

static int
make_request(struct renewal *n, struct buf *ret)
{
	X509_REQ *q = X509_REQ_new();
	unsigned char *der = NULL;
	int size = 0;

	if (q != NULL && (n->key = EVP_EC_gen("P-256")) != NULL && X509_REQ_set_subject_name(q, X509_get_subject_name(n->old)) == 1 &&
	    X509_REQ_set_pubkey(q, n->key) == 1 && X509_REQ_sign(q, n->key, EVP_sha256()) > 0)
		size = i2d_X509_REQ(q, &der);
	if (size > 0) {
		buf_printf(ret, "SALLYPORT-RENEW 1 %d\n", size);
		buf_put(ret, der, (size_t)size);
	}
	OPENSSL_free(der);
	X509_REQ_free(q);
	return size > 0 && ret->err == 0 ? 0 : -ENOMEM;
}

/* Ours, for the key that was made, with the name of before, and longer than before: the server is believed in nothing else. */
static int
take_certificate(struct renewal *n, const uint8_t *der, size_t size)
{
	const unsigned char *at = der;

	n->new = d2i_X509(NULL, &at, (long)size);
	if (n->new == NULL || at != der + size || X509_check_private_key(n->new, n->key) != 1 ||
	    X509_NAME_cmp(X509_get_subject_name(n->new), X509_get_subject_name(n->old)) != 0 ||
	    seconds_between(NULL, X509_get0_notAfter(n->new)) <= 0)
		return E_FORMAT;
	return 0;
}

/* "OK LENGTH" and a certificate, or "NO WHY".  0, or an error; why is then what the server says, or "". */
static int
hear(struct link *l, struct renewal *n, char why[LINE_SIZE])
{
	struct buf in = BUF_INIT;
	char line[LINE_SIZE];
	int64_t size = 0;
	int r = speak_line(l, &in, LINE_SIZE, line, sizeof line);

	why[0] = '\0';
	if (r == 0 && strncmp(line, "NO ", 3) == 0)
		snprintf(why, LINE_SIZE, "%s", line + 3);
	if (r == 0 && (strncmp(line, "OK ", 3) != 0 || num_parse(line + 3, 1, ANSWER_MAX, &size) != 0))
		r = why[0] != '\0' ? E_DENIED : E_UNSUPPORTED;
	while (r == 0 && buf_len(&in) < (size_t)size)
		r = speak_receive(l, &in);
	if (r == 0)
		r = take_certificate(n, buf_head(&in), (size_t)size);
	buf_done(&in);
	return r;
}

static int
blame(const struct link *l, const struct renewal *n, int r, const char *why)
{
	if (r == E_PEER)	/* with TLS 1.3 a server refuses our certificate after the handshake */
		return blame_peer(l);
	if (r == E_UNSUPPORTED || r == E_EOF || r == E_LIMIT || r == -ECONNRESET || r == -EPIPE)
		return refuse(n, "this server renews none, or not now; ask for an invitation");
	return refuse(n, why[0] != '\0' ? why : err_text(r));
}

static int
ask(struct renewal *n)
{
	struct link l;
	struct buf request = BUF_INIT;
	char why[LINE_SIZE] = "";
	int r, status;

	signal(SIGPIPE, SIG_IGN);
	status = link_open(&l, &(struct link_wish){ .host = n->host, .port = n->port, .sni = SNI, .report_fd = -1, .fresh = 1,
	    .seconds = n->seconds });
	if (status == 0) {
		if ((r = make_request(n, &request)) == 0 && (r = speak_send(&l, buf_head(&request), buf_len(&request))) == 0)
			r = hear(&l, n, why);
		if (r != 0)
			status = blame(&l, n, r, why);
	}
	buf_done(&request);
	link_done(&l);
	return status;
}

/* Both in one file, at once: whoever reads it has one pair or the other. */
static int
keep(const struct renewal *n)
{
	BIO *mem = BIO_new(BIO_s_secmem());
	char *text;
	long size;
	int r = -ENOMEM;

	if (mem != NULL && PEM_write_bio_X509(mem, n->new) == 1 && PEM_write_bio_PKCS8PrivateKey(mem, n->key, NULL, NULL, 0, NULL, NULL) == 1 &&
	    (size = BIO_get_mem_data(mem, &text)) > 0)
		r = keep_file(n->path, text, (size_t)size);
	BIO_free(mem);
	return r == 0 ? 0 : refuse(n, strerror(-r));
}

/* The old one is read already. */
static int
renew(struct renewal *n)
{
	int status = ask(n);

	return status == 0 ? keep(n) : status;
}

int
renew_now(const char *where)
{
	struct renewal n = { .path = "" };
	char until[TOLD_TIME_SIZE];
	struct operand o;
	int status;

	if (((operand_scheme(where) == 0 && strstr(where, "::") == NULL) || operand_parse(where, &o) != 0 || o.kind != OPERAND_DAEMON ||
	    o.host[0] == '\0') && operand_authority(where, strcspn(where, "/"), &o) != 0) {
		log_error("--renew takes HOST, HOST:PORT or a URL, an IPv6 address in brackets, not %.100s", where);
		return WRAP_SETUP;
	}
	n.host = o.host;
	n.port = o.port;
	if ((status = find_old(&n)) == 0 && (status = renew(&n)) == 0)
		printf("%s: renewed; the certificate counts until %s\n", n.host, told_time(X509_get0_notAfter(n.new), until));
	renewal_done(&n);
	return status;
}

/* Another job may have renewed it meanwhile. */
static int
is_still_due(const struct renewal *n)
{
	struct renewal now = { .host = n->host, .port = n->port };
	int due = find_old(&now) == 0 && is_due(now.old);

	renewal_done(&now);
	return due;
}

void
renew_if_due(const char *host, unsigned port)
{
	struct renewal n = { .host = host, .port = port, .seconds = OWN_SECONDS };
	const int level = log_level();
	char until[TOLD_TIME_SIZE];
	int failed = 0;

	log_set_level(LOG_CRIT);	/* that there is no such certificate is nothing to tell */
	if (find_old(&n) == 0 && is_due(n.old))
		failed = renew(&n) != 0 && is_still_due(&n);
	log_set_level(level);
	if (failed)
		log_warn("warning: the certificate for %s ends on %s, and could not be renewed: sallyport-rsync --renew %s says why", host,
		    told_time(X509_get0_notAfter(n.old), until), host);
	renewal_done(&n);
}

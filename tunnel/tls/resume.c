#include "tunnel/tls/resume.h"

#include "lib/is_set.h"

#include <endian.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DIGEST = 32 };

_Static_assert((int)DIGEST == (int)RESUME_SCOPE, "a context is as long as a digest");

struct sum {
	EVP_MD_CTX *md;
	int failed;
};

int
resume_wanted(const struct tls_conf *conf)
{
	/* a session would carry no verdict of a responder's: those clients are judged every time */
	return conf->resume && (conf->client || (!is_set(conf->ocsp) && !conf->ocsp_aia));
}

/* With its length, so that no two rows of pieces look alike. */
static void
add(void *arg, const void *bytes, size_t n)
{
	struct sum *s = arg;
	uint64_t size = htole64(n);

	if (EVP_DigestUpdate(s->md, &size, sizeof size) != 1 || EVP_DigestUpdate(s->md, bytes, n) != 1)
		s->failed = 1;
}

static void
add_text(struct sum *s, const char *text)
{
	add(s, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
}

static void
add_number(struct sum *s, uint64_t v)
{
	v = htole64(v);
	add(s, &v, sizeof v);
}

static void
add_list(struct sum *s, const struct opt_list *l)
{
	add_number(s, l->n);
	for (size_t i = 0; i < l->n; i++)
		add_text(s, l->v[i]);
}

static void
add_conf(struct sum *s, const struct tls_conf *conf)
{
	const struct tls_plain *p = &conf->plain;
	const uint64_t numbers[] = {
		(uint64_t)p->verify.request, (uint64_t)p->verify.require, (uint64_t)p->verify.chain, (uint64_t)p->verify.peer,
		(uint64_t)p->version_min, (uint64_t)p->version_max, p->set, p->clear, (uint64_t)conf->level, (uint64_t)conf->redirects,
	};

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		add_number(s, numbers[i]);
	add_list(s, &conf->hosts);
	add_list(s, &conf->emails);
	add_list(s, &conf->ips);
	add_list(s, &conf->commands);
	add_text(s, conf->ciphers);
	add_text(s, conf->suites);
	add_text(s, conf->curves);
}

static int
by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, DIGEST);
}

/* In an order of their own: that of a directory is chance. */
static void
add_store(struct sum *s, X509_STORE *store)
{
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(store);
	int n = sk_X509_OBJECT_num(all);
	unsigned char (*digests)[DIGEST] = calloc((size_t)n + 1, sizeof *digests);

	if (digests == NULL) {
		s->failed = 1;
		return;
	}
	for (int i = 0; i < n; i++) {
		const X509_OBJECT *o = sk_X509_OBJECT_value(all, i);

		if (X509_OBJECT_get_type(o) == X509_LU_X509)
			s->failed |= X509_digest(X509_OBJECT_get0_X509(o), EVP_sha256(), digests[i], NULL) != 1;
		else
			s->failed |= X509_CRL_digest(X509_OBJECT_get0_X509_CRL((X509_OBJECT *)o), EVP_sha256(), digests[i], NULL) != 1;
	}
	qsort(digests, (size_t)n, sizeof *digests, by_bytes);
	add(s, digests, (size_t)n * sizeof *digests);
	free(digests);
}

int
resume_scope(const struct tls_conf *conf, const char *name, X509_STORE *store, const struct psk_table *psk,
    unsigned char dst[RESUME_SCOPE])
{
	struct sum s = { EVP_MD_CTX_new(), 0 };

	if (s.md == NULL || EVP_DigestInit_ex(s.md, EVP_sha256(), NULL) != 1) {
		EVP_MD_CTX_free(s.md);
		return -ENOMEM;
	}
	add_text(&s, name);
	add_conf(&s, conf);
	add_store(&s, store);
	psk_each(psk, add, &s);
	if (EVP_DigestFinal_ex(s.md, dst, NULL) != 1)
		s.failed = 1;
	EVP_MD_CTX_free(s.md);
	return s.failed ? -EIO : 0;
}

static int64_t
earlier(int64_t until, const ASN1_TIME *t)
{
	struct tm tm;
	int64_t at;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return until;
	at = (int64_t)timegm(&tm);
	return at < until ? at : until;
}

int64_t
resume_lists_until(X509_STORE *store)
{
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(store);
	int64_t until = INT64_MAX;

	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		const X509_CRL *crl = X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(all, i));

		if (crl != NULL)
			until = earlier(until, X509_CRL_get0_nextUpdate(crl));
	}
	return until;
}

/* *ret is untouched where there is none. */
static int
has_end(SSL_SESSION *session, int64_t *ret)
{
	uint64_t raw;
	void *data;
	size_t n;

	if (SSL_SESSION_get0_ticket_appdata(session, &data, &n) != 1 || data == NULL || n != sizeof raw)
		return 0;
	memcpy(&raw, data, sizeof raw);
	*ret = (int64_t)le64toh(raw);
	return 1;
}

static int64_t
first_end(const SSL *ssl, const struct tls_conf *conf, int64_t latest)
{
	STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
	int64_t until = (int64_t)time(NULL) + conf->cache_seconds;

	if (!conf->plain.verify.chain && !conf->plain.verify.peer)
		return until;
	for (int i = 0; i < sk_X509_num(chain); i++)
		until = earlier(until, X509_get0_notAfter(sk_X509_value(chain, i)));
	return until < latest ? until : latest;
}

int
resume_bound(const SSL *ssl, SSL_SESSION *session, const struct tls_conf *conf, int64_t latest)
{
	int64_t until, left, least = (SSL_get_options(ssl) & SSL_OP_NO_TICKET) == 0;	/* the library writes no ticket of 0 s */
	uint64_t raw;

	if (!has_end(session, &until)) {
		until = first_end(ssl, conf, latest);
		raw = htole64((uint64_t)until);
		if (SSL_SESSION_set1_ticket_appdata(session, &raw, sizeof raw) != 1)
			return -ENOMEM;
	}
	left = until - resume_made(session);
	SSL_SESSION_set_timeout(session, (long)(left > least ? left : least));
	return 0;
}

int
resume_holds(SSL_SESSION *session)
{
	int64_t until;

	return has_end(session, &until) && (int64_t)time(NULL) < until;
}

int64_t
resume_made(const SSL_SESSION *session)
{
#if OPENSSL_VERSION_NUMBER >= 0x30300000L
	return (int64_t)SSL_SESSION_get_time_ex(session);
#else
	return (int64_t)SSL_SESSION_get_time(session);
#endif
}

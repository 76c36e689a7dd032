#include "tunnel/master/why.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "lib/slurp.h"
#include "lib/trusted.h"
#include "tunnel/conf/load.h"
#include "tunnel/tls/cert_names.h"
#include "tunnel/tls/judge.h"
#include "tunnel/tls/tlsctx.h"

enum { EXIT_IN = 0, EXIT_OUT = 1, EXIT_UNKNOWN = 2, CERT_FILE_MAX = 1 << 20 };

struct shown {
	X509 *cert;			/* NULL: none */
	STACK_OF(X509) *sent;
};

static int
complain(const char *what, const char *text)
{
	fprintf(stderr, "sallyport-tunnel: %s: %s\n", what, text);
	return EXIT_UNKNOWN;
}

static void
shown_done(struct shown *s)
{
	X509_free(s->cert);
	sk_X509_pop_free(s->sent, X509_free);
}

/* 0, or an exit status. */
static int
read_pem(const char *path, const struct buf *pem, struct shown *ret)
{
	BIO *bio = BIO_new_mem_buf(buf_head(pem), (int)buf_len(pem));
	X509 *more;

	if (bio != NULL)
		ret->cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	ret->sent = sk_X509_new_null();
	while (ret->cert != NULL && ret->sent != NULL && (more = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(ret->sent, more) == 0)
			X509_free(more);
	BIO_free(bio);
	ERR_clear_error();
	return ret->cert == NULL || ret->sent == NULL ? complain(path, "not a certificate in PEM") : 0;
}

static int
read_shown(const char *path, struct shown *ret)
{
	struct buf pem = BUF_INIT;
	int r;

	if (strcmp(path, "none") == 0)
		return 0;
	if ((r = slurp_trusted(path, CERT_FILE_MAX, &pem)) != 0)
		r = complain(path, trusted_error(r));
	else
		r = read_pem(path, &pem, ret);
	buf_wipe(&pem);			/* a key may be in there, too */
	return r;
}

/* Those that a name chooses are reached through another, and are asked about by their own name. */
static const struct tun_service *
find_section(const struct tun_conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->n_services; i++) {
		const struct tun_service *s = &conf->services[i];

		if (!s->tls.client && (name == NULL ? s->sni == NULL || s->sni[0] == '\0' : strcmp(s->name, name) == 0))
			return s;
	}
	return NULL;
}

static void
put_names(const X509 *cert, int whole)
{
	struct cert_names n;
	const char *at = n.names;

	cert_names_get(cert, whole, &n);
	if (n.common_name[0] != '\0')
		printf("name cn:%s\n", n.common_name);
	for (unsigned i = 0; i < n.n_names; i++, at += strlen(at) + 1)
		printf("name %s\n", at);
	if (n.has_key) {
		printf("name key:");
		for (int i = 0; i < CERT_KEY_SIZE; i++)
			printf("%02x", n.key[i]);
		putchar('\n');
	}
	if (n.serial[0] != '\0')
		printf("serial %s\n", n.serial);
	if (n.issuer[0] != '\0')
		printf("issuer %s\n", n.issuer);
}

/* What the PROXY header of such a connection has, as conn/proxy_header.c fills it. */
static void
put_told(const struct tun_service *s, const struct shown *shown, int judged)
{
	const struct verify_mode *m = &s->tls.plain.verify;
	const int told = s->protocol == PROTOCOL_PROXY && s->proxy_version == 2 && s->proxy_tlv;
	const int verified = judged == JUDGED_IN && shown->cert != NULL && (m->chain || m->peer);

	printf("tls %s\nverified %s\n", told ? "yes" : "no", verified ? "yes" : "no");
	if (verified)
		put_names(shown->cert, m->chain);
}

static int
judge(const struct tun_service *s, const struct shown *shown)
{
	static const char *const words[] = { [JUDGED_IN] = "in", [JUDGED_OUT] = "out", [JUDGED_UNASKED] = "unasked" };
	struct tls_conf keyless = s->tls;
	struct conf_err e = { .text = "" };
	SSL_CTX *ctx;
	char why[512];
	int judged;

	keyless.cert = keyless.key = NULL;	/* our own key is lent to a running service alone, and does not count */
	if (tlsctx_new(&keyless, s->name, NULL, &ctx, &e) != 0)
		return complain(s->name, e.text);
	judged = judge_client(ctx, shown->cert, shown->sent, why, sizeof why);
	tlsctx_free(ctx);
	if (judged < 0)
		return complain(s->name, err_text(judged));
	printf("section %s\nverdict %s\n", s->name, words[judged]);
	if (why[0] != '\0')
		printf("why %s\n", why);
	put_told(s, shown, judged);
	return judged == JUDGED_OUT ? EXIT_OUT : EXIT_IN;
}

int
why_cert_main(const char *cert, const char *file, const char *section)
{
	struct shown shown = { NULL, NULL };
	struct tun_conf *conf = NULL;
	const struct tun_service *s;
	struct conf_err e;
	char text[1024];
	int r;

	if ((r = load_file(file, -1, &conf, &e)) != 0)
		return complain(file, r == E_CONF ? conf_err_print(&e, text, sizeof text) : err_text(r));
	if ((s = find_section(conf, section)) == NULL)
		r = complain(file, "there is no such section that accepts TLS clients");
	else if ((r = read_shown(cert, &shown)) == 0)
		r = judge(s, &shown);
	shown_done(&shown);
	tun_conf_free(conf);
	return r;
}

#include "deploy/advice.h"

#include <stdio.h>
#include <string.h>

#include "lib/invite.h"
#include "lib/log.h"
#include "lib/shell_word.h"

enum { URL_SIZE = 512, WORD_SIZE = 4 * URL_SIZE };

static const char *
url_of(const struct plan *p, const char *host, char *dst, size_t size)
{
	int six = strchr(host, ':') != NULL;

	snprintf(dst, size, "rsyncs://%s%s%s:%u/%s/", six ? "[" : "", host, six ? "]" : "", p->port, p->module);
	return dst;
}

/* --- where we are ------------------------------------------------------------------------------- */

struct places {
	const char *v[NAMES_MAX + ADVICE_HOSTS_MAX];
	size_t n;
};

static void
add_place(struct places *l, const char *text)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], text) == 0)
			return;
	if (l->n < ARRAY_LEN(l->v))
		l->v[l->n++] = text;
}

static void
add_addresses(const struct advice *a, struct places *l)
{
	for (size_t i = 0; i < a->names->n; i++) {
		const char *text = a->names->v[i];

		if (names_reach(text) && (a->plan->has_six || strchr(text, ':') == NULL))
			add_place(l, text);
	}
}

/* What the user has named; every address; the host's name where it leads here.  Never empty. */
static void
find_places(const struct advice *a, const char *hostname, struct places *l)
{
	l->n = 0;
	for (size_t i = 0; i < a->n_hosts; i++)
		add_place(l, a->host[i]);
	add_addresses(a, l);
	if (names_resolve(hostname))
		add_place(l, hostname);
	if (l->n == 0)
		add_place(l, "127.0.0.1");
}

/* --- invitations -------------------------------------------------------------------------------- */

static void
add_numeric(struct invite *v, const char *text)
{
	if (names_is_address(text) && v->n_addresses < INVITE_ADDRESSES_MAX)
		snprintf(v->address[v->n_addresses++], INVITE_ADDRESS_SIZE, "%s", text);
}

/* By a name that the user gave it is looked up, so that it may move; else our own name stands for our addresses. */
static void
choose_host(const struct advice *a, struct invite *v)
{
	char hostname[NAME_SIZE];
	struct places l = { .n = 0 };

	if (a->n_hosts > 0) {
		snprintf(v->host, sizeof v->host, "%s", a->host[0]);
		for (size_t i = 0; i < a->n_hosts; i++)
			add_numeric(v, a->host[i]);
		return;
	}
	add_addresses(a, &l);
	if (l.n == 0)
		add_place(&l, "127.0.0.1");
	for (size_t i = 0; i < l.n; i++)
		add_numeric(v, l.v[i]);
	names_hostname(hostname, sizeof hostname);
	snprintf(v->host, sizeof v->host, "%s", strcmp(hostname, "localhost") == 0 ? l.v[0] : hostname);
}

static void
take_pin(const char *hex, uint8_t pin[32])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 32; i++)
		pin[i] = (uint8_t)((strchr(digits, hex[2 * i]) - digits) << 4 | (strchr(digits, hex[2 * i + 1]) - digits));
}

static int
invite(const struct advice *a, size_t i, struct buf *ret)
{
	const struct pki_client *c = &a->shown[i];
	struct invite v = { .port = a->plan->port };
	int r = E_LIMIT;

	choose_host(a, &v);
	take_pin(a->pki->pin, v.pin);
	snprintf(v.client, sizeof v.client, "%s", a->client[i]);
	snprintf(v.module, sizeof v.module, "%s", a->plan->module);
	v.n_cert = buf_len(&c->cert);
	v.n_key = buf_len(&c->key);
	if (v.n_cert <= sizeof v.cert && v.n_key <= sizeof v.key) {
		memcpy(v.cert, buf_head(&c->cert), v.n_cert);
		memcpy(v.key, buf_head(&c->key), v.n_key);
		r = invite_put(&v, ret);
	}
	invite_wipe(&v);
	return r;
}

int
advice_check(const struct advice *a, struct conf_err *e)
{
	int r = 0;

	for (size_t i = 0; i < a->n_clients && r == 0; i++) {
		struct buf text = BUF_INIT;

		r = invite(a, i, &text);
		buf_wipe(&text);
	}
	return r == 0 ? 0 : conf_err_set(e, NULL, 0, "no invitation can be made with the name of this host or of the module, which has to be "
	    "UTF-8: %s", err_text(r));
}

/* --- words -------------------------------------------------------------------------------------- */

struct words {
	char url[URL_SIZE], copy[PLAN_MODULE_SIZE + 8];
	char url_word[WORD_SIZE], copy_word[WORD_SIZE];
	const char *from, *to;		/* ready for a shell */
};

static void
spell(const struct advice *a, const char *host, struct words *w)
{
	snprintf(w->copy, sizeof w->copy, "./%s/", a->plan->module);
	w->from = shell_word(url_of(a->plan, host, w->url, sizeof w->url), w->url_word, sizeof w->url_word);
	w->to = shell_word(w->copy, w->copy_word, sizeof w->copy_word);
}

static void
print_where(const struct advice *a, const struct places *l)
{
	char path[5 * PATH_MAX], url[URL_SIZE];

	log_escape(LOG_STYLE_PLAIN, a->plan->path, strlen(a->plan->path), path, sizeof path);
	printf("Serving %s, %s, as %s\n", path, a->plan->writable ? "to read and to write" : "to read",
	    url_of(a->plan, l->v[0], url, sizeof url));
	for (size_t i = 1; i < l->n; i++)
		printf("  or %s\n", url_of(a->plan, l->v[i], url, sizeof url));
}

static void
print_for_all(const struct advice *a, const struct words *w)
{
	char path[5 * PATH_MAX];

	printf("\nOn the other machine:\n\n  sallyport-rsync --tls-pin=sha256:%s -a %s %s\n", a->pki->pin, w->from, w->to);
	if (a->plan->writable)
		printf("\nand to push:\n\n  sallyport-rsync --tls-pin=sha256:%s -a %s %s\n", a->pki->pin, w->to, w->from);
	log_escape(LOG_STYLE_PLAIN, a->pki->ca, strlen(a->pki->ca), path, sizeof path);
	printf("\nWith a copy of %s there, RSYNC_SSL_CA_CERT=ca.crt does instead of the pin.\n", path);
	printf("Everybody who can reach this machine may %s; --client NAME lets in who is invited.\n",
	    a->plan->writable ? "read and write" : "read");
}

static void
print_invitation(const struct advice *a, size_t i, const struct words *w)
{
	struct buf text = BUF_INIT;

	if (invite(a, i, &text) != 0 || buf_cstr(&text) == NULL)
		return;			/* advice_check has seen that it can be */
	printf("\nFor %s alone, since whoever has this is let in as %s%s; on that machine:\n\n", a->client[i], a->client[i],
	    a->shown[i].renewed ? " (it is new: the one of before has run out)" : "");
	printf("  echo %s | sallyport-rsync --join - -a %s\n", buf_cstr(&text), w->to);
	buf_wipe(&text);
}

static void
print_invitations(const struct advice *a, const struct words *w)
{
	struct invite v = { .port = 0 };
	struct words joined;

	for (size_t i = 0; i < a->n_clients; i++)
		print_invitation(a, i, w);
	choose_host(a, &v);
	spell(a, v.host, &joined);
	printf("\nWho has joined pulls again with\n\n  sallyport-rsync -a %s %s\n", joined.from, joined.to);
	if (a->plan->writable)
		printf("\nand pushes with\n\n  sallyport-rsync -a %s %s\n", joined.to, joined.from);
}

void
advice_print(const struct advice *a)
{
	char hostname[NAME_SIZE];
	struct places l;
	struct words w;

	find_places(a, names_hostname(hostname, sizeof hostname), &l);
	spell(a, l.v[0], &w);
	print_where(a, &l);
	if (a->n_clients > 0)
		print_invitations(a, &w);
	else
		print_for_all(a, &w);
	printf("\nCtrl-C ends it.\n");
	fflush(stdout);
}

#include "tunnel/helper/vault.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "tunnel/conn/worker.h"
#include "tunnel/helper/channels.h"
#include "tunnel/ipc/vaultmsg.h"

enum { SECOND_MS = 1000 };

struct secret {
	EVP_PKEY *key;
	int client;			/* whose signatures are a client's */
	EVP_PKEY_CTX *ctx;		/* made for the last request's kind, or NULL */
	const EVP_MD *md;
	uint32_t digest, pss;
};

struct vault {
	const struct vault_job *job;
	struct loop *loop;
	struct channels *channels;
	struct secret *secrets;
	uint32_t n;
};

struct budget {				/* of a worker */
	struct vault *v;
	struct channel *channel;
	struct timer refill;
	unsigned left;			/* signatures in this second */
};

/* --- signing ---------------------------------------------------------------------------------- */

static int
is_rsa(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS");
}

static int
set_padding(EVP_PKEY_CTX *ctx, const EVP_PKEY *key, const EVP_MD *md, int pss)
{
	if (!is_rsa(key))
		return 1;
	if (!pss)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

/* Most requests are of the kind of the one before: the library's preparations are kept. */
static int
prepare(struct secret *s, const struct vault_ask_head *head)
{
	const char *name = tls_digest_name(head->digest);

	if (s->ctx != NULL && s->pss == head->pss && s->digest == head->digest)
		return 1;
	EVP_PKEY_CTX_free(s->ctx);
	s->ctx = NULL;
	if (name == NULL || (s->md = EVP_get_digestbyname(name)) == NULL || (s->ctx = EVP_PKEY_CTX_new(s->key, NULL)) == NULL)
		return 0;
	if (EVP_PKEY_sign_init(s->ctx) != 1 || !set_padding(s->ctx, s->key, s->md, (int)head->pss) ||
	    EVP_PKEY_CTX_set_signature_md(s->ctx, s->md) != 1) {
		EVP_PKEY_CTX_free(s->ctx);
		s->ctx = NULL;
		return 0;
	}
	s->digest = head->digest;
	s->pss = head->pss;
	return 1;
}

static int
sign_message(const struct secret *s, const uint8_t *data, size_t n, uint8_t *sig, size_t *ret_n)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	int r = c != NULL && EVP_DigestSignInit(c, NULL, NULL, NULL, s->key) == 1 && EVP_DigestSign(c, sig, ret_n, data, n) == 1;

	EVP_MD_CTX_free(c);
	return r;
}

static int
sign_digest(struct secret *s, const struct vault_ask_head *head, const uint8_t *data, uint8_t *sig, size_t *ret_n)
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned n;

	return prepare(s, head) && EVP_Digest(data, head->n, sum, &n, s->md, NULL) == 1 &&
	    EVP_PKEY_sign(s->ctx, sig, ret_n, sum, n) == 1;
}

/* A signature of something else would be worth more than one connection: a certificate, or an answer about one. */
static int
sign(struct secret *s, const struct vault_ask_head *head, const uint8_t *data, uint8_t *sig, size_t *ret_n)
{
	if (!tlsform_goes_with(tlsform_of(data, head->n, s->client), head->digest, is_rsa(s->key), (int)head->pss)) {
		log_error("A worker asked for a signature that is not TLS's: refused");
		return 0;
	}
	if (head->digest == TLS_DIGEST_NONE)
		return EVP_PKEY_is_a(s->key, "ED25519") && sign_message(s, data, head->n, sig, ret_n);
	return sign_digest(s, head, data, sig, ret_n);
}

/* --- requests --------------------------------------------------------------------------------- */

static int
is_sound(const struct vault *v, const struct vault_ask_head *head, size_t n)
{
	return n >= sizeof *head && head->n == n - sizeof *head && head->slot < v->n && head->pss <= 1 &&
	    head->digest < TLS_DIGESTS;
}

/* A worker that does not take its answers is not waited for. */
static int
answer(struct vault *v, int fd, const struct vault_ask_head *head, const uint8_t *data)
{
	struct vault_answer a = { .id = head->id };
	size_t n = sizeof a.sig;

	if (sign(&v->secrets[head->slot], head, data, a.sig, &n))
		a.n = (uint32_t)n;
	ERR_clear_error();
	return send(fd, &a, VAULT_ANSWER_HEAD + a.n, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void
refilled(void *arg)
{
	struct budget *b = arg;

	b->left = b->v->job->rate;
	(void)channel_resume(b->channel);
}

/* Who has used up its second waits with its requests unread.  Whether something is left of it. */
static int
spend(struct budget *b)
{
	if (b->refill.slot == 0) {
		b->left = b->v->job->rate;
		loop_timer(b->v->loop, &b->refill, SECOND_MS);
	}
	if (--b->left == 0)
		channel_pause(b->channel);
	return b->left > 0;
}

static int
serve(void *arg, struct channel *c)
{
	struct vault *v = arg;
	struct {
		struct vault_ask_head head;
		uint8_t data[VAULT_DATA_MAX];
	} req;
	ssize_t n = recv(c->watch.fd, &req, sizeof req, MSG_TRUNC);
	int r;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return n < 0 ? -errno : E_EOF;
	if ((size_t)n > sizeof req || !is_sound(v, &req.head, (size_t)n)) {
		log_error("A worker asked for what no worker asks for");
		return E_BREACH;
	}
	return (r = answer(v, c->watch.fd, &req.head, req.data)) != 0 ? r : spend(c->own);
}

static int
opened(void *arg, struct channel *c)
{
	struct budget *b = calloc(1, sizeof *b);

	if (b == NULL)
		return -ENOMEM;
	*b = (struct budget){ .v = arg, .channel = c, .refill = { .expired = refilled, .arg = b } };
	c->own = b;
	return 0;
}

static void
closed(void *arg, struct channel *c)
{
	struct vault *v = arg;
	struct budget *b = c->own;

	if (b != NULL)
		loop_timer_clear(v->loop, &b->refill);
	free(b);
}

/* So are the workers. */
static void
orphaned(void *arg)
{
	(void)arg;
	_exit(EXIT_FAILURE);
}

static const struct channel_server server = { .turn = 32, .serve = serve, .opened = opened, .closed = closed, .orphaned = orphaned };

/* --- the process ------------------------------------------------------------------------------ */

static int
take_keys(struct vault *v, struct keyring *ring)
{
	EVP_PKEY **keys = calloc(ring->n, sizeof *keys);
	uint8_t *clients = calloc(ring->n, sizeof *clients);
	int r = -ENOMEM;

	v->secrets = calloc(ring->n, sizeof *v->secrets);
	if (keys != NULL && clients != NULL && v->secrets != NULL && (r = keyring_open(ring, keys, clients)) == 0)
		for (v->n = 0; v->n < ring->n; v->n++)
			v->secrets[v->n] = (struct secret){ .key = keys[v->n], .client = clients[v->n] != 0 };
	free(keys);
	free(clients);
	keyring_close(ring);
	return r;
}

static int
vault_init(struct vault *v, const struct vault_job *job)
{
	int r;

	*v = (struct vault){ .job = job };
	if ((r = loop_new(&v->loop)) != 0 || (r = take_keys(v, job->ring)) != 0)
		return r;
	return channels_new(v->loop, job->ctl_fd, &server, v, &v->channels);
}

/* Whatever runs as the same user must neither trace it nor read its memory. */
static int
hide(void)
{
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
}

_Noreturn void
vault_main(const struct vault_job *job)
{
	char report[ROLE_REPORT_SIZE];
	struct vault v;
	int r;

	worker_reset_signals();
	if ((r = hide()) != 0 || (r = vault_init(&v, job)) != 0) {
		log_error("Vault: %s (%d)", strerror(-r), -r);
		_exit(WORKER_EXIT_ROLE);
	}
	if (role_enter(job->role, report) != 0) {
		log_error("%s", report);
		_exit(WORKER_EXIT_ROLE);
	}
	log_debug("Vault %d: %s", (int)getpid(), report);
	if ((r = loop_run(v.loop)) != 0)
		log_error("Vault: %s (%d)", strerror(-r), -r);
	_exit(r == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

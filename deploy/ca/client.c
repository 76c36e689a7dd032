#include "deploy/ca/client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "deploy/ca/authority.h"
#include "deploy/ca/list.h"
#include "deploy/out/shared.h"
#include "deploy/verb.h"
#include "lib/invite.h"
#include "lib/log.h"
#include "lib/num.h"
#include "lib/slurp.h"
#include "lib/trusted.h"

enum { MODULES_MAX = 32 };

/* What any of the verbs was told. */
struct asked {
	const char *verb;
	const char *config, *days_text, *name;
	const char *modules[MODULES_MAX];
	size_t n_modules;
	bool json;
	int days;
	struct model *m;
	struct authority authority;
	struct conf_err e;
};

/* --- which deployment --------------------------------------------------------------------------- */

/* Without --config: the one that was installed, as its authority has noted. */
static int
find_config(struct asked *q, char path[PATH_MAX])
{
	struct authority a;
	int r = authority_open(&a, AUTHORITY_DIR, (int64_t)time(NULL), &q->e);

	snprintf(path, PATH_MAX, "%s", a.index.deployment);
	authority_close(&a);
	if (r == 0 && path[0] == '\0')
		r = conf_err_set(&q->e, AUTHORITY_DIR, 0, "is of no deployment: --config FILE says which");
	return r;
}

static int
check_model(struct asked *q)
{
	const struct m_door *d = &q->m->door;

	if (!model_has_authority(q->m))
		return conf_err_set(&q->e, q->config, 0, "certificates of this deployment are made elsewhere: have door.authority = \"own\", "
		    "and install again");
	if (d->client_certs.v == M_CERTS_NONE)
		return conf_err_set(&q->e, q->config, d->client_certs.at.line, "the door asks nobody for a certificate: have "
		    "door.client_certs = \"required\", and install again");
	return 0;
}

/* VERB_DONE with model and authority, which stay open until close_all. */
static int
open_all(struct asked *q)
{
	static char path[PATH_MAX];
	int r = q->config == NULL ? find_config(q, path) : 0, status;

	if (r != 0)
		return verb_ended(q->verb, r, &q->e);
	if (q->config == NULL)
		q->config = path;
	if ((status = verb_load(q->config, "", false, &q->m)) != VERB_DONE)
		return status;
	if ((r = check_model(q)) == 0)
		r = authority_open(&q->authority, q->m->door.authority_dir.v, (int64_t)time(NULL), &q->e);
	return verb_ended(q->verb, r, &q->e);
}

static void
close_all(struct asked *q)
{
	authority_close(&q->authority);
	model_free(q->m);
}

/* --- the invitation ----------------------------------------------------------------------------- */

static int
has_module(const struct model *m, const char *name)
{
	for (size_t i = 0; i < m->modules.n; i++)
		if (strcmp(m->modules.v[i].name.v, name) == 0)
			return 1;
	return 0;
}

static int
check_modules(struct asked *q)
{
	if (q->n_modules == 0)
		q->modules[q->n_modules++] = q->m->modules.v[0].name.v;
	for (size_t i = 0; i < q->n_modules; i++)
		if (!has_module(q->m, q->modules[i]))
			return conf_err_set(&q->e, q->config, 0, "there is no module \"%s\"", q->modules[i]);
	return 0;
}

/* The key that the door shows, from where it reads it. */
static int
take_pin(struct asked *q, uint8_t pin[CERT_PIN_SIZE])
{
	const char *path = q->m->door.cert.v;
	struct buf pem = BUF_INIT;
	struct x509_st *x = NULL;
	int r = slurp_trusted(path, CERT_PEM_MAX, &pem);

	if (r != 0)
		r = conf_err_set(&q->e, path, 0, "%s: sallyport install makes it", trusted_error(r));
	else if ((x = cert_read(buf_head(&pem), buf_len(&pem))) == NULL || cert_pin(x, pin) != 0)
		r = conf_err_set(&q->e, path, 0, "not a certificate in PEM");
	cert_free(x);
	buf_done(&pem);
	return r;
}

static int
take_bytes(const struct buf *from, uint8_t *dst, size_t max, size_t *n)
{
	*n = buf_len(from);
	if (*n > max)
		return E_LIMIT;
	memcpy(dst, buf_head(from), *n);
	return 0;
}

static int
take_identity(struct invite *v, struct x509_st *x, struct evp_pkey_st *key)
{
	struct buf cert = BUF_INIT, secret = BUF_INIT;
	int r;

	if ((r = cert_der(x, &cert)) == 0 && (r = cert_key_der(key, &secret)) == 0 &&
	    (r = take_bytes(&cert, v->cert, sizeof v->cert, &v->n_cert)) == 0)
		r = take_bytes(&secret, v->key, sizeof v->key, &v->n_key);
	buf_done(&cert);
	buf_wipe(&secret);
	return r;
}

/* All of it but certificate and key.  It is tried before anything is signed: what cannot be told is not made. */
static int
begin_invite(struct asked *q, struct invite *v)
{
	struct buf trial = BUF_INIT;
	int r;

	*v = (struct invite){ .port = out_door_port(q->m), .n_cert = 1, .n_key = 1 };
	if ((r = check_modules(q)) != 0 || (r = take_pin(q, v->pin)) != 0)
		return r;
	snprintf(v->host, sizeof v->host, "%s", q->m->host.v);
	snprintf(v->client, sizeof v->client, "%s", q->name);
	snprintf(v->module, sizeof v->module, "%s", q->modules[0]);
	if (q->m->client.address.v != NULL)
		snprintf(v->address[v->n_addresses++], sizeof v->address[0], "%s", q->m->client.address.v);
	r = invite_put(v, &trial);
	buf_done(&trial);
	return r == 0 || r == -ENOMEM ? r : conf_err_set(&q->e, q->config, 0, "no invitation can hold this name, host or module: %s",
	    err_text(r));
}

static void
advise(const struct asked *q, const struct x509_st *x)
{
	const time_t ends = (time_t)cert_ends(x);
	char date[32] = "";
	struct tm tm;

	if (gmtime_r(&ends, &tm) != NULL)
		strftime(date, sizeof date, "%Y-%m-%d", &tm);
	fprintf(stderr, "For %s alone: whoever has it is let in as %s, until %s.  On that machine:\n  sallyport-rsync --join -\n", q->name,
	    q->name, date);
	for (size_t i = 0; i < q->n_modules; i++)
		fprintf(stderr, "  sallyport-rsync -a rsyncs://%s:%u/%s/ ./%s/\n", q->m->host.v, out_door_port(q->m), q->modules[i], q->modules[i]);
}

static int
print_invite(const struct asked *q, struct invite *v, struct x509_st *x, struct evp_pkey_st *key)
{
	struct buf text = BUF_INIT;
	int r = take_identity(v, x, key);

	buf_reserve(&text, INVITE_TEXT_MAX);	/* once: what grows leaves copies of the key behind */
	if (r == 0 && (r = invite_put(v, &text)) == 0 && buf_cstr(&text) == NULL)
		r = -ENOMEM;
	if (r == 0 && (puts(buf_cstr(&text)) == EOF || fflush(stdout) == EOF))
		r = -errno;
	buf_wipe(&text);
	if (r == 0)
		advise(q, x);
	return r;
}

/* --- the verbs ---------------------------------------------------------------------------------- */

static int
add(struct asked *q)
{
	const struct cert_want w = { .cn = q->name, .kind = CERT_CLIENT, .days = q->days };
	struct evp_pkey_st *key = cert_key_new(CERT_P256);
	struct x509_st *x = NULL;
	struct invite v;
	int r = key == NULL ? -ENOMEM : begin_invite(q, &v);

	if (r == 0 && (r = authority_issue(&q->authority, &w, key, false, &x)) == 0)
		r = print_invite(q, &v, x, key);
	invite_wipe(&v);
	cert_free(x);
	cert_key_free(key);
	return r;
}

static int
add_run(struct asked *q)
{
	int64_t days = AUTHORITY_CERT_DAYS;
	int status;

	if (q->days_text != NULL && num_parse(q->days_text, 1, AUTHORITY_DAYS_MAX, &days) != 0) {
		log_error("%s: --days wants a number of days, not %s", q->verb, q->days_text);
		return VERB_MISUSED;
	}
	q->days = (int)days;
	if (!index_name_ok(q->name))
		return verb_ended(q->verb, conf_err_set(&q->e, NULL, 0, "\"%s\" is not a name: up to 64 letters, digits, \".\", \"_\", \"@\" and \"-\", the first "
		    "a letter or a digit", q->name), &q->e);
	if ((status = open_all(q)) == VERB_DONE)
		status = verb_ended(q->verb, add(q), &q->e);
	close_all(q);
	return status;
}

/* The door's own certificate is no client's. */
static int
check_client(struct asked *q)
{
	const struct ca_index *x = &q->authority.index;
	bool known = false;

	for (size_t i = 0; i < x->n; i++)
		if (strcmp(x->v[i].name, q->name) == 0 && x->v[i].kind == CERT_CLIENT)
			known = true;
		else if (strcmp(x->v[i].name, q->name) == 0)
			return conf_err_set(&q->e, NULL, 0, "%s is a server: sallyport ca revoke ends its certificate", q->name);
	return known ? 0 : conf_err_set(&q->e, NULL, 0, "there is no client \"%s\"", q->name);
}

static void
say_removed(const struct asked *q, int n)
{
	printf(n == 0 ? "%s has no certificate that counts\n" : "removed: %s\n", q->name);
	if (q->m->door.kind.v == M_STUNNEL)
		fprintf(stderr, "stunnel reads the list when it is reloaded, and lets those go on who are in: systemctl reload %s\n",
		    out_door_service(q->m));
}

static int
remove_run(struct asked *q)
{
	int status = open_all(q), n = 0, r;

	if (status == VERB_DONE) {
		if ((r = check_client(q)) == 0 && (r = authority_revoke(&q->authority, q->name, &n)) == 0)
			say_removed(q, n);
		status = verb_ended(q->verb, r, &q->e);
	}
	close_all(q);
	return status;
}

static int
list_run(struct asked *q)
{
	int status = open_all(q);

	if (status == VERB_DONE)
		list_print(&q->authority.index, LIST_CLIENTS, q->authority.now, q->json, stdout);
	close_all(q);
	return status;
}

/* --- which ------------------------------------------------------------------------------------- */

static const struct sub {
	const char *name;
	int (*run)(struct asked *q);
	bool named;
	const char *usage;
} subs[] = {
	{ "add", add_run, true, "client add NAME [--config FILE] [--days N] [--module NAME]..." },
	{ "remove", remove_run, true, "client remove NAME [--config FILE]" },
	{ "list", list_run, false, "client list [--config FILE] [--json]" },
};

static int
take_module(void *arg, const char *value)
{
	struct asked *q = arg;

	if (q->n_modules == MODULES_MAX)
		return E_LIMIT;
	q->modules[q->n_modules++] = value;
	return 0;
}

static int
usage(void)
{
	fprintf(stderr, "usage:");
	for (size_t i = 0; i < ARRAY_LEN(subs); i++)
		fprintf(stderr, " sallyport %s\n%s", subs[i].usage, i + 1 < ARRAY_LEN(subs) ? "      " : "");
	return VERB_MISUSED;
}

int
client_main(int argc, char **argv)
{
	static struct asked q = { .authority = { .folder = { .fd = -1 } } };
	const struct verb_option options[] = { { "config", &q.config }, { "days", &q.days_text }, { "json", .flag = &q.json },
	    { "module", .take = take_module, .arg = &q } };
	char verb[32];

	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(subs); i++) {
		int status;

		if (strcmp(argv[1], subs[i].name) != 0)
			continue;
		snprintf(verb, sizeof verb, "client %s", subs[i].name);
		argv[1] = verb;
		q.verb = verb;
		status = verb_args(argc - 1, argv + 1, subs[i].usage, options, ARRAY_LEN(options), subs[i].named ? &q.name : NULL);
		return status == VERB_DONE ? subs[i].run(&q) : status;
	}
	if (argc > 1)
		log_error("client: there is no verb \"%s\"", argv[1]);
	return usage();
}

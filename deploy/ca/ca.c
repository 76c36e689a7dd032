#include "deploy/ca/ca.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "deploy/ca/authority.h"
#include "deploy/ca/list.h"
#include "deploy/ca/respond.h"
#include "deploy/verb.h"
#include "lib/log.h"
#include "lib/num.h"
#include "lib/slurp.h"

enum { EMAIL_MAX = 254 };

/* What any of the verbs was told. */
struct asked {
	const char *verb;
	const char *dir, *days_text, *name, *key, *csr, *out, *email, *subject;
	bool server, json, due;
	struct names names;
	const char *constraints[CERT_CONSTRAINTS_MAX];
	size_t n_constraints;
	int days;
	char key_path[PATH_MAX];	/* a key that was made: "": none */
	struct authority authority;
	struct conf_err e;
};

static int
misused(const struct asked *q, const char *text, const char *value)
{
	log_error("%s: %s%s", q->verb, text, value);
	return VERB_MISUSED;
}

/* --- options ------------------------------------------------------------------------------------ */

static int
take_dns(void *arg, const char *value)
{
	return names_is_address(value) ? E_FORMAT : names_add(arg, value);
}

static int
take_ip(void *arg, const char *value)
{
	return names_is_address(value) ? names_add(arg, value) : E_FORMAT;
}

/* Letters that a mail address has without quotes, on both sides of one "@". */
static int
take_email(void *arg, const char *value)
{
	const char *at = strchr(value, '@');

	for (const char *c = value; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || strchr("\"(),:;<>[]\\", *c) != NULL)
			return E_FORMAT;
	if (at == NULL || at == value || at[1] == '\0' || strchr(at + 1, '@') != NULL || strlen(value) > EMAIL_MAX)
		return E_FORMAT;
	*(const char **)arg = value;
	return 0;
}

static int
take_constraint(void *arg, const char *value)
{
	struct asked *q = arg;

	if (cert_constraint(value) != 0 || q->n_constraints == CERT_CONSTRAINTS_MAX)
		return E_FORMAT;
	q->constraints[q->n_constraints++] = value;
	return 0;
}

static int
take_days(struct asked *q, int standard)
{
	int64_t n = standard;

	if (q->days_text != NULL && num_parse(q->days_text, 1, AUTHORITY_DAYS_MAX, &n) != 0)
		return misused(q, "--days wants a number of days, not ", q->days_text);
	q->days = (int)n;
	return VERB_DONE;
}

static int
open_authority(struct asked *q)
{
	return authority_open(&q->authority, q->dir, (int64_t)time(NULL), &q->e);
}

/* --- what is given back ------------------------------------------------------------------------- */

/* An absolute path below --out, or below the working directory. */
static int
out_path(struct asked *q, const char *name, const char *end, char dst[PATH_MAX])
{
	char dir[PATH_MAX];

	if (realpath(q->out == NULL ? "." : q->out, dir) == NULL)
		return conf_err_set(&q->e, q->out == NULL ? "." : q->out, 0, "%s", strerror(errno));
	if ((size_t)snprintf(dst, PATH_MAX, "%s/%s%s", dir, name, end) >= PATH_MAX)
		return conf_err_set(&q->e, dir, 0, "%s", strerror(ENAMETOOLONG));
	return 0;
}

static int
give_cert(struct asked *q, const char *name, struct x509_st *x)
{
	struct buf pem = BUF_INIT;
	char path[PATH_MAX];
	int r;

	if ((r = cert_put(x, &pem)) == 0 && (r = out_path(q, name, ".crt", path)) == 0 &&
	    (r = folder_put(path, 0644, buf_head(&pem), buf_len(&pem), &q->e)) == 0)
		printf("written: %s\n", path);
	buf_done(&pem);
	return r;
}

/* Before anything is signed: a key that cannot be kept has no certificate. */
static int
give_key(struct asked *q, struct evp_pkey_st *key)
{
	struct buf pem = BUF_INIT;
	int r = out_path(q, q->subject, ".key", q->key_path);

	if (r != 0)
		return r;
	if (access(q->key_path, F_OK) == 0) {
		conf_err_set(&q->e, q->key_path, 0, "is there already: move it away, or choose another --out");
		q->key_path[0] = '\0';
		return E_CONF;
	}
	if ((r = cert_key_put(key, &pem)) == 0)
		r = folder_put(q->key_path, 0600, buf_head(&pem), buf_len(&pem), &q->e);
	buf_wipe(&pem);
	return r;
}

/* It has no certificate, and the next try would find it in its way. */
static void
take_key_back(const struct asked *q)
{
	if (q->key_path[0] != '\0')
		unlink(q->key_path);
}

static int
read_request(struct asked *q, struct evp_pkey_st **ret)
{
	struct buf bytes = BUF_INIT;
	int r = slurp_trusted(q->csr, CERT_PEM_MAX, &bytes);

	if (r != 0)
		r = conf_err_set(&q->e, q->csr, 0, "%s", err_text(r));
	else if ((r = cert_request(buf_head(&bytes), buf_len(&bytes), NULL, ret)) != 0)
		r = conf_err_set(&q->e, q->csr, 0, "%s", r == E_DENIED ? "not signed by its own key, or the key is weak" :
		    "not a request for a certificate (PKCS #10)");
	buf_done(&bytes);
	return r;
}

/* --- the verbs ---------------------------------------------------------------------------------- */

static int
init_run(struct asked *q)
{
	const struct authority_want w = { q->name, CERT_P256, q->constraints, q->n_constraints, 0 };
	struct authority_want own = w;
	int r;

	if (q->key != NULL && strcmp(q->key, "ed25519") == 0)
		own.algorithm = CERT_ED25519;
	else if (q->key != NULL && strcmp(q->key, "p256") != 0)
		return misused(q, "--key wants p256 or ed25519, not ", q->key);
	if ((r = take_days(q, AUTHORITY_DAYS)) != VERB_DONE)
		return r;
	own.days = q->days;
	if ((r = authority_make(q->dir, &own, (int64_t)time(NULL), &q->e)) == -EEXIST)
		r = conf_err_set(&q->e, q->dir, 0, "there is an authority already");
	if (r == 0)
		printf("made: %s\n", q->dir);
	return verb_ended(q->verb, r, &q->e);
}

/* A server whose names are not told has its own. */
static int
server_names(struct asked *q)
{
	if (!q->server || q->names.n > 0)
		return 0;
	return names_add(&q->names, q->subject) == 0 ? 0 : conf_err_set(&q->e, NULL, 0, "%s is no host name: say its names by --dns and --ip",
	    q->subject);
}

static int
issue(struct asked *q)
{
	const struct cert_want w = { .cn = q->subject, .kind = q->server ? CERT_SERVER : CERT_CLIENT, .names = &q->names, .email = q->email,
	    .days = q->days };
	struct evp_pkey_st *key = NULL;
	struct x509_st *x = NULL;
	int r = index_name_ok(q->subject) ? server_names(q) : conf_err_set(&q->e, NULL, 0, "\"%s\" is not a name", q->subject);

	if (r == 0)
		r = q->csr != NULL ? read_request(q, &key) : (key = cert_key_new(CERT_P256)) == NULL ? -ENOMEM : 0;
	if (r == 0 && (r = open_authority(q)) == 0 && q->csr == NULL)
		r = give_key(q, key);
	if (r == 0 && (r = authority_issue(&q->authority, &w, key, false, &x)) != 0)
		take_key_back(q);
	if (r == 0 && q->key_path[0] != '\0')
		printf("written: %s\n", q->key_path);
	if (r == 0)
		r = give_cert(q, q->subject, x);
	authority_close(&q->authority);
	cert_free(x);
	cert_key_free(key);
	return r;
}

static int
issue_run(struct asked *q)
{
	int status = take_days(q, AUTHORITY_CERT_DAYS);

	return status != VERB_DONE ? status : verb_ended(q->verb, issue(q), &q->e);
}

static int
renew_one(struct asked *q, const char *name)
{
	struct x509_st *x = NULL;
	char serial[CERT_SERIAL_SIZE];
	int r = authority_renew(&q->authority, name, q->days, NULL, &x);

	if (r == 0 && q->out != NULL)
		r = give_cert(q, name, x);
	else if (r == 0 && (r = cert_serial(x, serial)) == 0)
		printf("renewed: %s, %s/%s.crt\n", name, q->dir, serial);
	cert_free(x);
	return r;
}

/* Those that are copied to where they are used: nobody else renews them.  With a new list, it is all that is to be done once a day. */
static int
renew_due(struct asked *q)
{
	const struct ca_index *x = &q->authority.index;
	const struct index_cert *c;
	int r = 0;

	for (size_t i = 0; i < x->n_copies && r == 0; i++)
		if (x->copies[i].of == INDEX_OF_CERT && (c = index_find(x, x->copies[i].name, q->authority.now)) != NULL &&
		    authority_is_due(c, q->days, q->authority.now))
			r = renew_one(q, x->copies[i].name);
	return r != 0 ? r : authority_settle(&q->authority, true);
}

static int
renew_run(struct asked *q)
{
	int status = take_days(q, AUTHORITY_CERT_DAYS), r;

	if (status != VERB_DONE)
		return status;
	if (q->due == (q->subject != NULL))
		return misused(q, q->due ? "--due renews what is due, and no " : "which name?", q->due ? q->subject : "");
	if ((r = open_authority(q)) == 0)
		r = q->due ? renew_due(q) : renew_one(q, q->subject);
	authority_close(&q->authority);
	return verb_ended(q->verb, r, &q->e);
}

static int
revoke_run(struct asked *q)
{
	int n = 0, r;

	if ((r = open_authority(q)) == 0 && (r = authority_revoke(&q->authority, q->subject, &n)) == 0)
		printf(n == 0 ? "nothing of %s counts any more\n" : "revoked: %s\n", q->subject);
	authority_close(&q->authority);
	return verb_ended(q->verb, r, &q->e);
}

static int
crl_run(struct asked *q)
{
	int r;

	if ((r = open_authority(q)) == 0 && (r = authority_settle(&q->authority, true)) == 0)
		printf("signed: %s/crl.pem, number %" PRId64 "\n", q->dir, q->authority.index.crl);
	authority_close(&q->authority);
	return verb_ended(q->verb, r, &q->e);
}

static int
list_run(struct asked *q)
{
	int r;

	if ((r = open_authority(q)) == 0)
		list_print(&q->authority.index, LIST_ALL, q->authority.now, q->json, stdout);
	authority_close(&q->authority);
	return verb_ended(q->verb, r, &q->e);
}

/* Standard output is the connection: nothing is printed there. */
static int
respond_run(struct asked *q)
{
	return verb_ended(q->verb, respond(STDIN_FILENO, q->dir, &q->e), &q->e);
}

/* --- which ------------------------------------------------------------------------------------- */

enum { ONE, NONE, PERHAPS };	/* names beside the options */

static const struct sub {
	const char *name;
	int (*run)(struct asked *q);
	int subjects;
	const char *usage;
} subs[] = {
	{ "init", init_run, NONE, "ca init [--dir DIR] [--name NAME] [--days N] [--constraint KIND:NAME]... [--key p256|ed25519]" },
	{ "issue", issue_run, ONE, "ca issue NAME [--dir DIR] [--server] [--dns NAME]... [--ip ADDRESS]... [--email ADDRESS] [--days N]\n"
	  "       [--csr FILE] [--out DIR]" },
	{ "renew", renew_run, PERHAPS, "ca renew NAME | --due [--dir DIR] [--days N] [--out DIR]" },
	{ "revoke", revoke_run, ONE, "ca revoke NAME|SERIAL [--dir DIR]" },
	{ "list", list_run, NONE, "ca list [--dir DIR] [--json]" },
	{ "crl", crl_run, NONE, "ca crl [--dir DIR]" },
	{ "respond", respond_run, NONE, "ca respond [--dir DIR]" },
};

static int
parse(const struct sub *s, int argc, char **argv, struct asked *q)
{
	const struct verb_option options[] = { { "dir", &q->dir }, { "name", &q->name }, { "days", &q->days_text }, { "key", &q->key },
	    { "csr", &q->csr }, { "out", &q->out }, { "email", .take = take_email, .arg = &q->email }, { "server", .flag = &q->server }, { "json", .flag = &q->json },
	    { "due", .flag = &q->due }, { "dns", .take = take_dns, .arg = &q->names }, { "ip", .take = take_ip, .arg = &q->names },
	    { "constraint", .take = take_constraint, .arg = q } };
	bool bare = s->subjects == NONE;

	for (int i = 1; i < argc && s->subjects == PERHAPS; i++)
		bare = bare || strcmp(argv[i], "--due") == 0;
	return verb_args(argc, argv, s->usage, options, ARRAY_LEN(options), bare ? NULL : &q->subject);
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
ca_main(int argc, char **argv)
{
	static struct asked q = { .dir = AUTHORITY_DIR, .authority = { .folder = { .fd = -1 } } };
	char verb[32];

	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(subs); i++) {
		int status;

		if (strcmp(argv[1], subs[i].name) != 0)
			continue;
		snprintf(verb, sizeof verb, "ca %s", subs[i].name);
		argv[1] = verb;
		q.verb = verb;
		status = parse(&subs[i], argc - 1, argv + 1, &q);
		return status == VERB_DONE ? subs[i].run(&q) : status;
	}
	if (argc > 1)
		log_error("ca: there is no verb \"%s\"", argv[1]);
	return usage();
}

#include "deploy/verify/door.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "deploy/out/shared.h"
#include "deploy/verify/talk.h"
#include "lib/err.h"

#define NO_CERT "client.cert and client.key cannot be read here"

enum { CONNECT_MS = 2000, SILENT = 20 };

/* --- files -------------------------------------------------------------------------------------------- */

void
door_judge_days(struct points *l, const char *id, const char *path, int r, int days)
{
	char seen[120];

	if (r != 0)
		snprintf(seen, sizeof seen, "it cannot be read: %s", r == E_FORMAT ? "there is nothing in it" : err_text(r));
	else if (days < 0)
		snprintf(seen, sizeof seen, "it ended %d days ago", -days);
	else
		snprintf(seen, sizeof seen, "%d days are left%s", days, days < CERT_DAYS_SOON ? "; renew it soon" : "");
	point_add(l, r == 0 && days >= (strcmp(id, "cert.crl") == 0 ? 1 : CERT_DAYS_MIN), id, path, seen,
	    strcmp(id, "cert.crl") == 0 ? "a day at least" : "14 days at least", "renew it");
}

void
door_judge_cert(struct points *l, const char *path, const char *host, const struct cert_facts *f)
{
	if (f->error[0] != '\0') {
		point_fail(l, "cert.expiry", path, f->error, "a certificate", "put it there");
		return;
	}
	door_judge_days(l, "cert.expiry", path, 0, f->days < f->chain_days ? f->days : f->chain_days);
	point_add(l, f->named, "cert.name", path, f->named ? host : "it is for another name", host, "have one issued for the deployment's host");
	if (f->key_error[0] != '\0')
		point_fail(l, "cert.key", path, f->key_error, "its key", "put the key there");
	else
		point_add(l, f->is_key, "cert.key", path, f->is_key ? "the key is its own" : "the key belongs to another", "its key",
		    "put the key there that it was issued for");
	point_add(l, f->chain_error[0] == '\0', "cert.chain", path, f->chain_error[0] == '\0' ? "clients believe it" : f->chain_error,
	    "a chain up to an authority of the clients'", "put the certificates between behind it, or say client.ca");
}

/* What clients believe: the file that the model gives them, where it is here as well; an authority of the deployment's own is. */
static const char *
believed(const struct ask *a)
{
	if (model_has_authority(a->m) && a->m->door.ca.v != NULL && a->m->client.ca.at.line == 0)
		return a->m->door.ca.v;
	return a->m->client.ca.v != NULL && access(a->m->client.ca.v, R_OK) == 0 ? a->m->client.ca.v : NULL;
}

void
door_files(const struct ask *a)
{
	const struct m_door *d = &a->m->door;
	struct cert_facts f;
	int days, r;

	if (d->kind.v == M_SSH || d->cert.v == NULL) {
		point_skip(a->points, "cert.expiry", a->file, "the door has no certificate of the deployment file's");
		return;
	}
	if (!a->root)
		point_skip(a->points, "cert.key", d->cert.v, VERIFY_NEEDS_ROOT);
	cert_look(d->cert.v, d->key.v, believed(a), a->m->host.v, &f);
	if (a->m->client.ca.v != NULL && believed(a) == NULL)
		point_skip(a->points, "cert.chain", d->cert.v, "the clients' authority is not on this machine");
	if (a->root && (a->m->client.ca.v == NULL || believed(a) != NULL))
		door_judge_cert(a->points, d->cert.v, a->m->host.v, &f);
	else
		door_judge_days(a->points, "cert.expiry", d->cert.v, f.error[0] != '\0' ? E_FORMAT : 0, f.days);
	if (d->ca.v != NULL) {
		r = cert_days(d->ca.v, &days);
		door_judge_days(a->points, "cert.ca", d->ca.v, r, days);
	}
	if (d->crl.v != NULL) {
		r = crl_days(d->crl.v, &days);
		door_judge_days(a->points, "cert.crl", d->crl.v, r, days);
	}
}

/* --- handshakes --------------------------------------------------------------------------------------------- */

bool
door_address(const struct ask *a, struct addr *ret)
{
	const char *text;
	char host[64];
	int64_t port;

	if (a->m->door.kind.v == M_SSH || a->m->door.addresses.n == 0)
		return false;
	text = a->m->door.addresses.v[0].v;
	port = model_endpoint(text, host);
	if (strcmp(host, "0.0.0.0") == 0)
		snprintf(host, sizeof host, "127.0.0.1");
	else if (strcmp(host, "::") == 0)
		snprintf(host, sizeof host, "::1");
	return addr_parse(host, (uint16_t)port, ret) == 0;
}

struct tls_wish
door_wish(const struct ask *a, enum tls_version version)
{
	const struct m_client *c = &a->m->client;
	bool shown = c->cert.v != NULL && c->key.v != NULL && access(c->cert.v, R_OK) == 0 && access(c->key.v, R_OK) == 0;

	return (struct tls_wish){ .version = version, .host = a->m->host.v, .ca = believed(a), .cert = shown ? c->cert.v : NULL,
		.key = shown ? c->key.v : NULL };
}

/* Shake hands and hear what the door says then; line is its first words, "" when it says none, and *heard why.  What the handshake came to. */
static int
greeted(const struct addr *to, const struct tls_wish *w, char line[TALK_LINE_SIZE], int *heard, char version[16], char *why, size_t size)
{
	struct talk t = { .stream = NULL };
	int r = stream_open(to, CONNECT_MS, (uid_t)-1, 0, &t.stream);

	*heard = 0;
	line[0] = version[0] = '\0';
	if (r != 0) {
		snprintf(why, size, "%s", err_text(r));
		return r;
	}
	if ((r = stream_tls(t.stream, w, why, size)) == 0) {
		snprintf(version, 16, "%s", stream_version(t.stream));
		if ((*heard = talk_greet(&t, line, TALK_LINE_SIZE)) != 0)
			line[0] = '\0';
	}
	talk_done(&t);
	return r;
}

static bool
requires(const struct model *m)
{
	return m->door.client_certs.v == M_CERTS_REQUIRED || m->door.client_certs.v == M_CERTS_PINNED;
}

/* Is one version taken, or refused? */
static void
judge_version(const struct ask *a, const struct addr *to, const char *id, enum tls_version version, bool taken)
{
	const struct tls_wish w = door_wish(a, version);
	char line[TALK_LINE_SIZE], got[16], why[200], at[ADDR_TEXT_SIZE], seen[256];
	int r, heard;

	if (taken && version == TLS_UP_TO_12 && w.cert == NULL && requires(a->m)) {
		point_skip(a->points, id, addr_text(to, at, sizeof at), NO_CERT);
		return;
	}
	r = greeted(to, &w, line, &heard, got, why, sizeof why);
	snprintf(seen, sizeof seen, "%s%s", r == 0 ? "taken: " : "refused: ", r == 0 ? got : why);
	point_add(a->points, (r == 0) == taken && (r == 0 || r == E_TLS), id, addr_text(to, at, sizeof at), seen, taken ? "taken" : "refused",
	    "door.tls in the deployment file says it; install again, and reload the door");
}

/* Who has no certificate hears nothing of the daemon, where one is required; else the daemon greets.  Silence is no refusal. */
static void
judge_bare(const struct ask *a, const struct addr *to)
{
	struct tls_wish w = door_wish(a, TLS_ANY);
	bool required = requires(a->m), refused;
	char line[TALK_LINE_SIZE], got[16], why[200], at[ADDR_TEXT_SIZE];
	int heard, r;

	w.cert = w.key = NULL;
	r = greeted(to, &w, line, &heard, got, why, sizeof why);
	refused = r == E_TLS || (r == 0 && line[0] == '\0' && talk_refused(heard));
	point_add(a->points, required ? refused : line[0] != '\0', "door.no-certificate", addr_text(to, at, sizeof at), line[0] != '\0' ?
	    "who has no certificate is let in" : refused ? "who has no certificate is refused" : "no answer", required ? "refused" : "let in",
	    "door.client_certs in the deployment file says it; install again, and reload the door");
}

static void
judge_certified(const struct ask *a, const struct addr *to)
{
	const struct tls_wish w = door_wish(a, TLS_ANY);
	char line[TALK_LINE_SIZE], got[16], why[200] = "", at[ADDR_TEXT_SIZE], seen[TALK_LINE_SIZE + 64];
	int r, heard;

	addr_text(to, at, sizeof at);
	if (a->m->door.client_certs.v != M_CERTS_NONE && w.cert == NULL) {
		point_skip(a->points, "door.greeting", at, NO_CERT);
		return;
	}
	r = greeted(to, &w, line, &heard, got, why, sizeof why);
	snprintf(seen, sizeof seen, "%s %s%s", got, line, r != 0 ? why : line[0] == '\0' ? "no word of the daemon" : "");
	point_add(a->points, r == 0 && line[0] != '\0', "door.greeting", at, seen, "the daemon's greeting, behind a certificate that clients believe",
	    "journalctl -u the door and the daemon");
}

/* Who speaks no TLS is not passed on. */
static void
judge_plain(const struct ask *a, const struct addr *to)
{
	struct talk t = { .stream = NULL };
	char line[TALK_LINE_SIZE] = "", at[ADDR_TEXT_SIZE];
	int r = stream_open(to, CONNECT_MS, (uid_t)-1, 0, &t.stream);
	bool heard = r == 0 && stream_write(t.stream, "@RSYNCD: 31.0\n", 14) == 0 && talk_line(&t, line, sizeof line) == 0 &&
	    strncmp(line, "@RSYNCD", 7) == 0;

	talk_done(&t);
	point_add(a->points, r == 0 && !heard, "door.plaintext", addr_text(to, at, sizeof at), r != 0 ? err_text(r) : heard ? line :
	    "who speaks no TLS hears nothing of the daemon", "no word of the daemon", "something other than the door listens there; end it");
}

/* Connections that say nothing do not keep others out. */
static void
judge_silent(const struct ask *a, const struct addr *to)
{
	struct stream *silent[SILENT] = { NULL };
	struct tls_wish w = door_wish(a, TLS_ANY);
	char line[TALK_LINE_SIZE], got[16], why[200], at[ADDR_TEXT_SIZE];
	size_t n = 0;
	int r, heard;

	while (n < SILENT && stream_open(to, CONNECT_MS, (uid_t)-1, 0, &silent[n]) == 0)
		n++;
	r = greeted(to, &w, line, &heard, got, why, sizeof why);
	for (size_t i = 0; i < n; i++)
		stream_close(silent[i]);
	point_add(a->points, n == SILENT && r == 0, "door.silent", addr_text(to, at, sizeof at),
	    r == 0 ? "beside 20 silent connections another is served" : why, "another one is served", "door.max_connections is too small, or the door stands still: restart it");
}

/* Does anybody take connections there? */
static bool
is_open(const struct ask *a, const struct addr *to)
{
	struct stream *s = NULL;
	char at[ADDR_TEXT_SIZE];
	int r = stream_open(to, CONNECT_MS, (uid_t)-1, 0, &s);

	stream_close(s);
	if (r != 0)
		point_fail(a->points, "door.greeting", addr_text(to, at, sizeof at), err_text(r), "a door",
		    "systemctl start its socket or service, and the firewall that it requires");
	return r == 0;
}

void
door_judge(const struct ask *a)
{
	struct addr to;

	if (!door_address(a, &to)) {
		point_skip(a->points, "door.greeting", "sshd", "the machine's own ssh server is the door");
		return;
	}
	if (!is_open(a, &to))
		return;
	judge_certified(a, &to);
	judge_version(a, &to, "tls.floor", TLS_UP_TO_11, false);
	judge_version(a, &to, "tls.1.2", TLS_UP_TO_12, a->m->door.tls.v == M_TLS12);
	judge_version(a, &to, "tls.1.3", TLS_13_ONLY, true);
	judge_bare(a, &to);
	judge_plain(a, &to);
	judge_silent(a, &to);
}

#include "deploy/verify/daemon.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "deploy/crypt.h"
#include "deploy/out/shared.h"
#include "deploy/verify/door.h"
#include "deploy/verify/line.h"
#include "deploy/verify/talk.h"
#include "lib/err.h"

enum { CONNECT_MS = 2000, SECRET_SIZE = 256 };

static const char HEADER[] = "PROXY TCP4 127.0.0.1 127.0.0.1 40000 874\r\n";

/* How we come to the daemon. */
struct way {
	bool tls;
	struct addr to;
	uid_t uid;		/* who we say we are; (uid_t)-1: ourselves */
	gid_t gid;
	bool header;		/* we stand for the door */
	char text[ADDR_TEXT_SIZE];
};

/* As the door itself does. */
static bool
behind_the_door(const struct ask *a, struct way *ret)
{
	const char *path = model_socket(a->m);
	const struct passwd *u = path == NULL ? NULL : getpwnam(out_door_user(a->m));

	*ret = (struct way){ .uid = (uid_t)-1, .header = model_sends_address(a->m) };
	if (model_in_containers(a->m))
		return false;		/* they keep it to themselves */
	if (path != NULL) {
		if (!a->root || u == NULL || addr_parse(path, 0, &ret->to) != 0)
			return false;
		ret->uid = u->pw_uid;
		ret->gid = u->pw_gid;
	} else if (addr_parse("127.0.0.1", out_daemon_port(a->m), &ret->to) != 0) {
		return false;
	}
	addr_text(&ret->to, ret->text, sizeof ret->text);
	return true;
}

static bool
way_of(const struct ask *a, struct way *ret)
{
	*ret = (struct way){ .tls = true, .uid = (uid_t)-1 };
	if (door_address(a, &ret->to) && (a->m->door.client_certs.v == M_CERTS_NONE || a->m->door.client_certs.v == M_CERTS_OPTIONAL ||
	    door_wish(a, TLS_ANY).cert != NULL)) {
		addr_text(&ret->to, ret->text, sizeof ret->text);
		return true;
	}
	return behind_the_door(a, ret);
}

/* Until the greetings are exchanged.  before is said first.  0, or what it came to. */
static int
begin(const struct ask *a, const struct way *w, const char *before, struct talk *t)
{
	const struct tls_wish wish = door_wish(a, TLS_ANY);
	char why[200], line[TALK_LINE_SIZE];
	int r;

	*t = (struct talk){ .stream = NULL };
	r = stream_open(&w->to, CONNECT_MS, w->uid, w->gid, &t->stream);
	if (r == 0 && w->tls)
		r = stream_tls(t->stream, &wish, why, sizeof why);
	if (r == 0 && w->header)
		r = stream_write(t->stream, HEADER, strlen(HEADER));
	if (r == 0 && before != NULL)
		r = stream_write(t->stream, before, strlen(before));
	return r != 0 ? r : talk_greet(t, line, sizeof line);
}

/* False when it does not even answer: then nothing more is asked. */
static bool
judge_list(const struct ask *a, const struct way *w)
{
	const char *listed[MODEL_LIST_MAX];
	struct buf said = BUF_INIT;
	char seen[256] = "";
	struct talk t;
	size_t n = 0;
	int r = begin(a, w, NULL, &t);
	bool same;

	for (size_t i = 0; i < a->m->modules.n && n < MODEL_LIST_MAX; i++)
		if (a->m->modules.v[i].list.v)
			listed[n++] = a->m->modules.v[i].name.v;
	if (r == 0)
		r = talk_list(&t, &said);
	if (r != 0 || buf_cstr(&said) == NULL)
		snprintf(seen, sizeof seen, "it does not list: %s", err_text(r));
	same = r == 0 && buf_cstr(&said) != NULL && talk_list_is(buf_cstr(&said), listed, n, seen, sizeof seen);
	point_add(a->points, same, "daemon.modules", w->text, seen, "the modules of the deployment file", "systemctl reload the daemon");
	buf_done(&said);
	talk_done(&t);
	return r == 0 || r == E_DENIED;
}

bool
daemon_secret(const char *text, const char *user, char *dst, size_t size)
{
	size_t n = strlen(user);

	for (const char *p = text; *p != '\0'; p = next_line(p))
		if (strncmp(p, user, n) == 0 && p[n] == ':')
			return snprintf(dst, size, "%.*s", (int)strcspn(p + n + 1, "\r\n"), p + n + 1) < (int)size;
	return false;
}

/* A user's secret, where we know it, answers the challenge.  The daemon's verdict is in line. */
static int
login(const struct ask *a, struct talk *t, const struct m_module *o, char line[TALK_LINE_SIZE])
{
	static const char challenge[] = "@RSYNCD: AUTHREQD ";
	const char *secrets = ask_text(a, OUT_SECRETS);
	char secret[SECRET_SIZE], token[TALK_LINE_SIZE];
	int r;

	if (strncmp(line, challenge, strlen(challenge)) != 0)
		return 0;
	if (o->users.n == 0 || secrets == NULL || !daemon_secret(secrets, o->users.v[0].v, secret, sizeof secret))
		return E_DENIED;
	snprintf(token, sizeof token, "%s", line + strlen(challenge));
	r = talk_login(t, o->users.v[0].v, secret, token, line, TALK_LINE_SIZE);
	crypt_wipe(secret, sizeof secret);
	return r;
}

/* Who enters a module: nobody without a secret where it has users, and its first user with one. */
static void
judge_module(const struct ask *a, const struct way *w, const struct m_module *o)
{
	char line[TALK_LINE_SIZE] = "";
	struct talk t;
	int r = begin(a, w, NULL, &t);
	bool asked;

	if (r == 0)
		r = talk_module(&t, o->name.v, line, sizeof line);
	asked = r == 0 && strncmp(line, "@RSYNCD: AUTHREQD ", 18) == 0;
	if (o->users.n > 0)
		point_add(a->points, asked, "daemon.anonymous", o->name.v, r != 0 ? err_text(r) : asked ? "a secret is asked for" : line,
		    "a secret is asked for", "systemctl reload the daemon");
	if (r == 0 && (r = login(a, &t, o, line)) == E_DENIED)
		point_skip(a->points, "daemon.login", o->name.v, VERIFY_NEEDS_ROOT);
	else
		point_add(a->points, r == 0 && strcmp(line, "@RSYNCD: OK") == 0, "daemon.login", o->name.v, r != 0 ? err_text(r) : line,
		    "@RSYNCD: OK", "systemctl reload the daemon; its log says why it refuses");
	talk_done(&t);
}

static bool
holds(const struct buf *b, const char *word)
{
	return memmem(buf_head(b), buf_len(b), word, strlen(word)) != NULL;
}

/* A path that the module must not show: last is the name that would be in its list. */
static void
judge_hidden(const struct ask *a, const struct way *w, const struct m_module *o, const char *id, const char *path, const char *last)
{
	struct buf names = BUF_INIT, words = BUF_INIT;
	char line[TALK_LINE_SIZE] = "", subject[300];
	struct talk t;
	int r = begin(a, w, NULL, &t);
	bool shown;

	snprintf(subject, sizeof subject, "%s/%s", o->name.v, path);
	if (r == 0 && (r = talk_module(&t, o->name.v, line, sizeof line)) == 0)
		r = login(a, &t, o, line);
	if (r == 0 && strcmp(line, "@RSYNCD: OK") == 0)
		r = talk_names(&t, subject, &names, &words);
	else if (r == 0)
		r = E_DENIED;
	shown = holds(&names, last);
	if (r == 0 && buf_len(&names) == 0 && buf_len(&words) == 0)
		r = E_EOF;	/* not even that there is no such file */
	if (r != 0 && !shown)
		point_skip(a->points, id, subject, r == E_DENIED ? "the module lets us not in" : err_text(r));
	else
		point_add(a->points, !shown, id, subject, shown ? "it is shown" : "it is not shown", "it is not shown",
		    "stop the daemon, and update it");
	buf_done(&names);
	buf_done(&words);
	talk_done(&t);
}

static void
judge_paths(const struct ask *a, const struct way *w, const struct m_module *o, bool outside)
{
	static const char *const before[] = { "", "./", ".//" };
	char path[280], last[256];

	if (o->access.v == M_UPLOAD)
		return;		/* nobody sees anything there */
	if (outside) {
		judge_hidden(a, w, o, "daemon.outside", "../../../../../../etc/passwd", "passwd");
		judge_hidden(a, w, o, "daemon.outside", "./../../../../../etc/./passwd", "passwd");
	}
	for (size_t i = 0; i < o->exclude.n; i++) {
		const char *p = o->exclude.v[i].v + strspn(o->exclude.v[i].v, "/");
		size_t n = strlen(p);

		while (n > 0 && p[n - 1] == '/')
			n--;
		if (n == 0 || n >= sizeof last || strcspn(p, "*?[/") < n)
			continue;	/* a pattern, whose names we do not know */
		snprintf(last, sizeof last, "%.*s", (int)n, p);
		for (size_t k = 0; k < ARRAY_LEN(before); k++) {
			snprintf(path, sizeof path, "%s%s", before[k], last);
			judge_hidden(a, w, o, "daemon.hidden", path, last);
		}
	}
}

/* The first that asks for no certificate: refusing it says something of who comes.  NULL: there is none. */
static const char *
open_module(const struct model *m)
{
	for (size_t i = 0; i < m->modules.n; i++)
		if (!model_module_has_identities(&m->modules.v[i]))
			return m->modules.v[i].name.v;
	return NULL;
}

/* A header that a client says itself is not believed: it is no greeting. */
static void
judge_forged(const struct ask *a, const struct way *w)
{
	const char *module = open_module(a->m);
	char line[TALK_LINE_SIZE] = "";
	struct talk t;
	int r;
	bool believed;

	if (!w->tls || module == NULL) {
		point_skip(a->points, "daemon.forged-header", w->text, w->tls ? "every module asks for a certificate" : "we cannot be a client of the door");
		return;
	}
	r = begin(a, w, "PROXY TCP4 192.0.2.99 192.0.2.1 40000 874\r\n", &t);
	if (r == 0)
		r = talk_module(&t, module, line, sizeof line);
	believed = r == 0 && strncmp(line, "@RSYNCD: ", 9) == 0;
	if (r != 0 && !talk_refused(r))
		point_skip(a->points, "daemon.forged-header", w->text, err_text(r));
	else
		point_add(a->points, !believed, "daemon.forged-header", w->text,
		    believed ? line : "who says a PROXY header through the door is refused",
		    "refused", "\"proxy protocol\" is for the door alone; install again, and reload both");
	talk_done(&t);
}

/* On the socket, who is not the door. */
static void
judge_peers(const struct ask *a)
{
	const char *module = open_module(a->m);
	char line[TALK_LINE_SIZE] = "";
	struct way w;
	struct talk t;
	bool refused;
	int r;

	if (a->m->daemon.program.v != M_SALLYPORT || model_socket(a->m) == NULL || !a->m->daemon.privileged.v || !behind_the_door(a, &w)) {
		point_skip(a->points, "daemon.peers", a->file, a->root ? "the wall is the socket's mode, the firewall, or the containers'" : VERIFY_NEEDS_ROOT);
		return;
	}
	if (module == NULL) {
		point_skip(a->points, "daemon.peers", w.text, "every module asks for a certificate: see identity.forged");
		return;
	}
	w.uid = (uid_t)-1;
	r = begin(a, &w, NULL, &t);
	if (r == 0)
		r = talk_module(&t, module, line, sizeof line);
	refused = talk_refused(r) || (r == 0 && strncmp(line, "@ERROR", 6) == 0);
	if (r != 0 && !refused)
		point_skip(a->points, "daemon.peers", w.text, err_text(r));
	else
		point_add(a->points, refused, "daemon.peers", w.text, refused ? "who is not the door is refused" : line, "refused",
		    "\"socket peers\" names the door's user; install again, and restart the daemon");
	talk_done(&t);
}

/* Paths that lead out are asked of the first, what is hidden of all. */
static void
judge_modules(const struct ask *a, const struct way *w)
{
	bool outside = false;

	for (size_t i = 0; i < a->m->modules.n; i++) {
		const struct m_module *o = &a->m->modules.v[i];

		if (model_module_has_identities(o)) {
			point_skip(a->points, "daemon.login", o->name.v, "it is for certificates that we have not; identity.* asks about it");
			continue;
		}
		judge_module(a, w, o);
		judge_paths(a, w, o, !outside);
		outside = true;
	}
}

void
daemon_judge(const struct ask *a)
{
	struct way w;

	if (!model_has_daemon(a->m)) {
		point_skip(a->points, "daemon.modules", a->file, "the daemon is on other machines");
		return;
	}
	if (!way_of(a, &w)) {
		point_skip(a->points, "daemon.modules", a->file, a->root ? "it cannot be reached from here" : VERIFY_NEEDS_ROOT);
		return;
	}
	if (judge_list(a, &w))
		judge_modules(a, &w);
	else
		point_skip(a->points, "daemon.login", w.text, "the daemon does not answer");
	if (a->m->modules.n > 0)
		judge_forged(a, &w);
	judge_peers(a);
}

#include "deploy/verify/identity.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "deploy/ca/passing.h"
#include "deploy/model/value.h"
#include "deploy/out/shared.h"
#include "deploy/verify/door.h"
#include "deploy/verify/talk.h"
#include "lib/err.h"

enum {
	CONNECT_MS = 2000, CN_SIZE = 65,
	/* of the PROXY protocol, sections 2.2 and 2.2.5 */
	V2_PROXY = 0x21, V2_TCP4 = 0x11, V2_ADDRESSES = 12, TLV_SSL = 0x20, TLV_VERSION = 0x21, TLV_CN = 0x22, TLV_HEAD = 3, SSL_HEAD = 5,
	CLIENT_SSL = 1, CLIENT_CERT = 2 | 4,
};

#define STRANGER "sallyport-verify"

/* What is asked about. */
struct identity_ask {
	const struct ask *a;
	const struct m_module *module;
	char cn[CN_SIZE];		/* that its rules let in */
	bool everybody;			/* they let in any name */
};

/* Who somebody is on the way to the daemon. */
struct comer {
	uid_t uid;			/* (uid_t)-1: we ourselves */
	gid_t gid;
	const char *cn;			/* that a header says; NULL: none */
};

bool
identity_example(const char *rule, char *dst, size_t size)
{
	size_t n = 0;

	if (strncmp(rule, "cn:", 3) != 0)
		return false;
	for (const char *p = rule + 3; *p != '\0'; p++) {
		if (n + 1 >= size)
			return false;
		dst[n++] = *p;
		if (*p == '*')
			dst[n - 1] = 'x';
	}
	dst[n] = '\0';
	return n > 0;
}

static void
put_be16(struct buf *out, size_t v)
{
	buf_u8(out, (uint8_t)(v >> 8));
	buf_u8(out, (uint8_t)v);
}

static void
put_tlv(struct buf *out, uint8_t type, const char *text)
{
	buf_u8(out, type);
	put_be16(out, strlen(text));
	buf_text(out, text);
}

void
identity_header(const char *cn, struct buf *out)
{
	static const uint8_t signature[] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 'Q', 'U', 'I', 'T', 0x0a },
	    addresses[V2_ADDRESSES] = { 127, 0, 0, 1, 127, 0, 0, 1, 0x9c, 0x40, 0x03, 0x6a };
	static const char version[] = "TLSv1.3";
	const size_t ssl = SSL_HEAD + TLV_HEAD + strlen(version) + (cn == NULL ? 0 : TLV_HEAD + strlen(cn));

	buf_put(out, signature, sizeof signature);
	buf_u8(out, V2_PROXY);
	buf_u8(out, V2_TCP4);
	put_be16(out, V2_ADDRESSES + TLV_HEAD + ssl);
	buf_put(out, addresses, sizeof addresses);
	buf_u8(out, TLV_SSL);
	put_be16(out, ssl);
	buf_u8(out, cn == NULL ? CLIENT_SSL : CLIENT_SSL | CLIENT_CERT);
	buf_le32(out, cn == NULL);	/* 0: it was verified */
	put_tlv(out, TLV_VERSION, version);
	if (cn != NULL)
		put_tlv(out, TLV_CN, cn);
}

/* --- the daemon's end ------------------------------------------------------------------------------- */

/* What the daemon answers to one who comes to its socket and asks for the module, in line.  0, or what it came to. */
static int
come(const struct identity_ask *q, const struct comer *c, char line[TALK_LINE_SIZE])
{
	struct talk t = { .stream = NULL };
	struct buf header = BUF_INIT;
	struct addr to;
	int r = addr_parse(model_socket(q->a->m), 0, &to);

	line[0] = '\0';
	identity_header(c->cn, &header);
	if (r == 0)
		r = header.err != 0 ? header.err : stream_open(&to, CONNECT_MS, c->uid, c->gid, &t.stream);
	if (r == 0)
		r = stream_write(t.stream, buf_head(&header), buf_len(&header));
	if (r == 0)
		r = talk_greet(&t, line, TALK_LINE_SIZE);
	if (r == 0)
		r = talk_module(&t, q->module->name.v, line, TALK_LINE_SIZE);
	buf_done(&header);
	talk_done(&t);
	return r;
}

static bool
is_let_in(int r, const char *line)
{
	return r == 0 && strncmp(line, "@RSYNCD: ", 9) == 0;
}

/* One point: is such a one let in, or refused?  Silence is neither. */
static void
judge(const struct identity_ask *q, const char *id, int r, const char *line, bool wanted, const char *mend)
{
	struct points *l = q->a->points;

	if (r != 0 && !talk_refused(r))
		point_fail(l, id, q->module->name.v, err_text(r), wanted ? "let in" : "refused", mend);
	else
		point_add(l, is_let_in(r, line) == wanted, id, q->module->name.v, r != 0 ? err_text(r) : line, wanted ? "let in" : "refused", mend);
}

static void
judge_daemon(const struct identity_ask *q)
{
	static const char mend[] = "\"socket proxy protocol\", \"socket peers\", \"require tls\" and \"tls users\"; install again, and restart the daemon";
	const struct passwd *u = getpwnam(out_door_user(q->a->m));
	const struct comer door = { .uid = u == NULL ? 0 : u->pw_uid, .gid = u == NULL ? 0 : u->pw_gid, .cn = q->cn }, bare = { door.uid, door.gid, NULL },
	    forger = { .uid = (uid_t)-1, .cn = q->cn };
	char line[TALK_LINE_SIZE];
	int r;

	if (!q->a->root || u == NULL || model_in_containers(q->a->m)) {
		point_skip(q->a->points, "identity.header", q->module->name.v, q->a->root ? "its socket is in a container, or nobody is the door" : VERIFY_NEEDS_ROOT);
		return;
	}
	r = come(q, &door, line);
	judge(q, "identity.header", r, line, true, mend);
	r = come(q, &bare, line);
	judge(q, "identity.bare", r, line, false, mend);
	if (!q->a->m->daemon.privileged.v) {
		point_skip(q->a->points, "identity.forged", q->module->name.v, "to a daemon that is never root every peer is nobody: its wall is the socket's mode");
		return;
	}
	r = come(q, &forger, line);
	judge(q, "identity.forged", r, line, false, mend);
}

/* --- the door's end ------------------------------------------------------------------------------- */

/* The same through the door, with a certificate of that name. */
static int
come_in(const struct identity_ask *q, const char *cn, char line[TALK_LINE_SIZE], char *why, size_t size)
{
	struct tls_wish wish = door_wish(q->a, TLS_ANY);
	struct talk t = { .stream = NULL };
	char cert[40], key[40], text[700];
	struct passing shown;
	struct conf_err e;
	struct addr to;
	int r = passing_make(q->a->m->door.authority_dir.v, cn, (int64_t)time(NULL), &shown, &e);

	line[0] = '\0';
	if (r == E_CONF)
		snprintf(why, size, "%s", conf_err_print(&e, text, sizeof text));
	snprintf(cert, sizeof cert, "/proc/self/fd/%d", shown.cert);
	snprintf(key, sizeof key, "/proc/self/fd/%d", shown.key);
	wish.cert = cert;
	wish.key = key;
	if (r == 0)
		r = door_address(q->a, &to) ? stream_open(&to, CONNECT_MS, (uid_t)-1, 0, &t.stream) : E_UNSUPPORTED;
	if (r == 0)
		r = stream_tls(t.stream, &wish, why, size);
	if (r == 0)
		r = talk_greet(&t, line, TALK_LINE_SIZE);
	if (r == 0)
		r = talk_module(&t, q->module->name.v, line, TALK_LINE_SIZE);
	talk_done(&t);
	passing_done(&shown);
	return r;
}

static void
judge_door(const struct identity_ask *q)
{
	static const char mend[] = "proxyVersion and proxyTLV of tunnel.conf; install again, and reload the door";
	const struct m_door *d = &q->a->m->door;
	char line[TALK_LINE_SIZE], why[200] = "";
	int r;

	if (!q->a->root || !model_has_authority(q->a->m)) {
		point_skip(q->a->points, "identity.door", q->module->name.v, !q->a->root ? VERIFY_NEEDS_ROOT :
		    "certificates of this deployment are made elsewhere: none can be made to try it with");
		return;
	}
	if (d->client_certs.v == M_CERTS_PINNED) {
		point_skip(q->a->points, "identity.door", q->module->name.v, "only pinned certificates are let in: none can be made to try it with");
		return;
	}
	r = come_in(q, q->cn, line, why, sizeof why);
	judge(q, "identity.door", r, line, true, why[0] != '\0' ? why : mend);
	if (q->everybody) {
		point_skip(q->a->points, "identity.stranger", q->module->name.v, "its rules have patterns, and may let in any name");
		return;
	}
	r = come_in(q, STRANGER, line, why, sizeof why);
	judge(q, "identity.stranger", r, line, false, "\"tls users\" of the module; install again, and restart the daemon");
}

/* --- which module --------------------------------------------------------------------------------- */

/* One of a module's names of certificates, or of a group's. */
static void
look_at_name(struct identity_ask *q, const char *name)
{
	if (q->cn[0] == '\0' && !identity_example(name, q->cn, sizeof q->cn))
		q->cn[0] = '\0';
	q->everybody |= value_is_identity(name) && strchr(name, '*') != NULL;
}

/* The first with a rule for common names, its own or of a group. */
static bool
choose(const struct model *m, struct identity_ask *q)
{
	for (size_t i = 0; i < m->modules.n && q->cn[0] == '\0'; i++) {
		const struct m_texts *clients = &m->modules.v[i].clients;

		q->module = &m->modules.v[i];
		q->everybody = false;
		for (size_t k = 0; k < clients->n; k++) {
			const struct m_group *g = model_group(m, clients->v[k].v);

			for (size_t j = 0; g != NULL && j < g->members.n; j++)
				look_at_name(q, g->members.v[j].v);
			if (g == NULL)
				look_at_name(q, clients->v[k].v);
		}
	}
	return q->cn[0] != '\0';
}

void
identity_judge(const struct ask *a)
{
	struct identity_ask q = { .a = a };

	if (!model_has_identities(a->m))
		return;
	if (!choose(a->m, &q)) {
		point_skip(a->points, "identity.header", a->file, "no module's clients are common names, and no other can be said here");
		return;
	}
	judge_daemon(&q);
	judge_door(&q);
}

#include <stdio.h>
#include <string.h>

#include "t/unit/unit.h"
#include "tunnel/proto/starttls.h"

#define B(text) text, sizeof text - 1

struct move {			/* bytes that come */
	enum starttls_side from;
	const char *in;
	size_t n;
};

struct row {
	const char *name;
	int protocol, client;
	enum starttls_slot slot;
	struct starttls_conf conf;
	struct move moves[10];
	const char *local, *remote;	/* expected at the end */
	int result;
	const char *why;
};

static char host[] = "mx.example", target[] = "t.example:443", user[] = "u", password[] = "pw", header[] = "X-A: b";
static char *headers[] = { header };
#define CONF { host, user, password, 0, { NULL, 0 }, NULL, { 0 } }
#define LOGIN { host, user, password, 1, { NULL, 0 }, NULL, { 0 } }
#define NOBODY { NULL, NULL, NULL, 0, { NULL, 0 }, NULL, { 0 } }
#define PROXY { target, user, password, 0, { headers, 1 }, NULL, { 0 } }
#define L(text) { ST_LOCAL, B(text) }
#define R(text) { ST_REMOTE, B(text) }
#define SERVER(p, slot) PROTOCOL_##p, 0, slot, NOBODY
#define CLIENT(p, conf) PROTOCOL_##p, 1, ST_MIDDLE, conf

/* What stunnel 5.68 said when it was asked. */
static const struct row rows[] = {
	{ "smtp client", CLIENT(SMTP, CONF), { R("220-a\r\n"), R("220 b hello\r\n"), R("250-x\r\n"), R("250 STARTTLS\r\n"),
	    R("220 ok\r\n") }, "220-a\r\n220 b hello\r\n", "EHLO mx.example\r\nSTARTTLS\r\n", ST_DONE, NULL },
	{ "smtp client, no TLS", CLIENT(SMTP, NOBODY), { R("220 b\r\n"), R("250 x\r\n"), R("554 no\r\n") }, "220 b\r\n",
	    "EHLO localhost\r\nSTARTTLS\r\n", E_FORMAT, "Remote server is not RFC 2487 compliant" },
	{ "smtp login plain", PROTOCOL_SMTP, 1, ST_LATE, CONF, { R("250-x\r\n"), R("250 AUTH PLAIN\r\n"), R("235 ok\r\n") },
	    "", "EHLO mx.example\r\nAUTH PLAIN AHUAcHc=\r\n", ST_DONE, NULL },
	{ "smtp login", PROTOCOL_SMTP, 1, ST_LATE, LOGIN, { R("250 x\r\n"), R("334 VXNlcm5hbWU6\r\n"), R("334 x\r\n"), R("535 no\r\n") },
	    "", "EHLO mx.example\r\nAUTH LOGIN\r\ndQ==\r\ncHc=\r\n", E_FORMAT, "SMTP authentication was refused" },
	{ "smtp login without a user", PROTOCOL_SMTP, 1, ST_LATE, NOBODY, { { ST_LOCAL, NULL, 0 } }, "", "", ST_DONE, NULL },
	{ "smtp server", SERVER(SMTP, ST_MIDDLE), { R("220 mx.example ESMTP x\r\n"), L("EHLO me\r\n"), L("STARTTLS\r\n") },
	    "220 mx.example stunnel for ESMTP x\r\n250-mx.example\r\n250 STARTTLS\r\n220 Go ahead\r\n", "", ST_DONE, NULL },
	{ "smtp server, many lines", SERVER(SMTP, ST_MIDDLE), { R("220-mx.example ESMTP x\r\n"), R("220 second\r\n"), L("EHLO me\r\n"),
	    L("MAIL FROM\r\n") }, "220-mx.example stunnel for ESMTP x\r\n220 second\r\n250-mx.example\r\n250 STARTTLS\r\n", "",
	    E_FORMAT, "STARTTLS expected" },
	{ "smtp server, HELO", SERVER(SMTP, ST_MIDDLE), { R("220 mx\r\n"), L("HELO me\r\n") }, "220 mx stunnel for\r\n", "", E_FORMAT,
	    "Unknown client EHLO" },
	{ "pop3 client", CLIENT(POP3, NOBODY), { R("+OK hi\r\n"), R("+OK\r\n") }, "+OK hi\r\n", "STLS\r\n", ST_DONE, NULL },
	{ "pop3 client, no TLS", CLIENT(POP3, NOBODY), { R("+OK hi\r\n"), R("-ERR\r\n") }, "+OK hi\r\n", "STLS\r\n", E_FORMAT,
	    "Server does not support TLS" },
	{ "pop3 server", SERVER(POP3, ST_MIDDLE), { R("+OK hi there\r\n"), L("CAPA\r\n"), L("STLS\r\n") },
	    "+OK hi there + stunnel\r\n+OK Stunnel capability list follows\r\nSTLS\r\n.\r\n+OK Stunnel starts TLS negotiation\r\n", "",
	    ST_DONE, NULL },
	{ "pop3 server, USER", SERVER(POP3, ST_MIDDLE), { R("+OK\r\n"), L("USER x\r\n") },
	    "+OK + stunnel\r\n-ERR Stunnel is expecting STLS\r\n", "", E_FORMAT, "Client does not want TLS" },
	{ "imap client", CLIENT(IMAP, NOBODY), { R("* OK [CAPABILITY X] hi\r\n"), R("* note\r\n"), R("stunnel OK\r\n") },
	    "* OK Connected.\r\n", "stunnel STARTTLS\r\n", ST_DONE, NULL },
	{ "imap client, no TLS", CLIENT(IMAP, NOBODY), { R("* OK hi\r\n"), R("stunnel NO bad\r\n") },
	    "* OK Connected.\r\n* BYE stunnel: Server does not support TLS\r\n", "stunnel STARTTLS\r\n", E_FORMAT,
	    "Server does not support TLS" },
	{ "imap server", SERVER(IMAP, ST_MIDDLE), { R("* OK [CAPABILITY IMAP4 X] hi\r\n"), L("a1 CAPABILITY\r\n"),
	    R("* CAPABILITY IMAP4 X\r\n"), R("a1 OK done\r\n"), L("a3 STARTTLS\r\n") },
	    "* OK [KAPABILITY IMAP4 X] hi (stunnel)\r\n* CAPABILITY IMAP4 X STARTTLS\r\na1 OK done\r\n"
	    "a3 OK Begin TLS negotiation now\r\n", "a1 CAPABILITY\r\n", ST_DONE, NULL },
	{ "imap server, logout", SERVER(IMAP, ST_MIDDLE), { R("* OK hi there\r\n"), L("a3 LOGOUT\r\n") },
	    "* OK hi there (stunnel)\r\n* BYE server terminating\r\na3 OK LOGOUT completed\r\n", "stunnel LOGOUT\r\n", E_FORMAT,
	    "Client logged out before TLS" },
	{ "nntp client", CLIENT(NNTP, NOBODY), { R("201 hi\r\n"), R("382 go\r\n") }, "201 hi\r\n", "STARTTLS\r\n", ST_DONE, NULL },
	{ "ldap client", CLIENT(LDAP, NOBODY), { R("\x30\x0c"), R("\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00") }, "",
	    "0\\x1d\\x02\\x01\\x01w\\x18\\x80\\x161.3.6.1.4.1.1466.20037", ST_DONE, NULL },
	{ "ldap client, long lengths", CLIENT(LDAP, NOBODY), { R("\x30\x84"), R("\x00\x00\x00\x10"),
	    R("\x02\x01\x01\x78\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00") }, "",
	    "0\\x1d\\x02\\x01\\x01w\\x18\\x80\\x161.3.6.1.4.1.1466.20037", ST_DONE, NULL },
	{ "ldap client, refused", CLIENT(LDAP, NOBODY), { R("\x30\x0c"), R("\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00") }, "",
	    "0\\x1d\\x02\\x01\\x01w\\x18\\x80\\x161.3.6.1.4.1.1466.20037", E_FORMAT, "LDAP server refused StartTLS" },
	{ "ldap client, vast", CLIENT(LDAP, NOBODY), { R("\x30\x84"), R("\x7f\xff\xff\xff") }, "",
	    "0\\x1d\\x02\\x01\\x01w\\x18\\x80\\x161.3.6.1.4.1.1466.20037", E_FORMAT, "LDAP response of an unlikely size" },
	{ "pgsql client", CLIENT(PGSQL, NOBODY), { R("S") }, "", "\\x00\\x00\\x00\\x08\\x04\\xd2\\x16/", ST_DONE, NULL },
	{ "pgsql client, no TLS", CLIENT(PGSQL, NOBODY), { R("N") }, "", "\\x00\\x00\\x00\\x08\\x04\\xd2\\x16/", E_FORMAT,
	    "PostgreSQL server rejected TLS" },
	{ "pgsql server", SERVER(PGSQL, ST_EARLY), { L("\0\0\0\x08\x04\xd2\x16/") }, "S", "", ST_DONE, NULL },
	{ "pgsql server, GSSAPI", SERVER(PGSQL, ST_EARLY), { L("\0\0\0\x08\x04\xd2\x16\x30") },
	    "E\\x00\\x00\\x00=SERROR\\x00CXX000\\x00MSSL expected but not requested by client\\x00\\x00", "", E_FORMAT,
	    "PostgreSQL client asked for GSSAPI" },
	{ "pgsql server, plain", SERVER(PGSQL, ST_EARLY), { L("\0\0\0\x08\0\3\0\0") }, "", "", E_FORMAT,
	    "PostgreSQL client did not request TLS, rejecting" },
	{ "cifs client", CLIENT(CIFS, NOBODY), { R("\x83\0\0\1\x8e") }, "", "\\x81\\x00\\x00\\x00", ST_DONE, NULL },
	{ "cifs server", SERVER(CIFS, ST_EARLY), { L("\x81\0\0\4"), L("abcd") }, "\\x83\\x00\\x00\\x01\\x8e", "", ST_DONE, NULL },
	{ "cifs server, other", SERVER(CIFS, ST_EARLY), { L("\x82\0\0\4") }, "\\x83\\x00\\x00\\x01\\x81", "", E_FORMAT,
	    "Client did not send session setup" },
	{ "connect client", CLIENT(CONNECT, PROXY), { R("HTTP/1.1 200 ok\r\n"), R("A: b\r\n"), R("\r\n") }, "",
	    "CONNECT t.example:443 HTTP/1.1\r\nHost: t.example:443\r\nProxy-Authorization: basic dTpwdw==\r\nX-A: b\r\n\r\n",
	    ST_DONE, NULL },
	{ "connect client, 407", CLIENT(CONNECT, PROXY), { R("HTTP/1.1 407 no\r\n") }, "",
	    "CONNECT t.example:443 HTTP/1.1\r\nHost: t.example:443\r\nProxy-Authorization: basic dTpwdw==\r\nX-A: b\r\n\r\n",
	    E_FORMAT, "CONNECT request rejected" },
	{ "connect server", SERVER(CONNECT, ST_EARLY), { L("CONNECT [2001:db8::1]:80 HTTP/1.1\r\n"), L("Host: x\r\n"), L("\r\n") },
	    "HTTP/1.0 200 OK\r\nServer: stunnel/5.75\r\n\r\n", "", ST_DONE, NULL },
	{ "connect server, unknown", SERVER(CONNECT, ST_EARLY), { L("CONNECT nowhere:80 HTTP/1.1\r\n"), L("\r\n") },
	    "HTTP/1.0 404 Not Found\r\nServer: stunnel/5.75\r\n\r\n", "", E_FORMAT, "CONNECT to a name that is not known" },
	{ "connect server, GET", SERVER(CONNECT, ST_EARLY), { L("GET / HTTP/1.1\r\n") },
	    "HTTP/1.0 400 Bad Request Method\r\nServer: stunnel/5.75\r\n\r\n", "", E_FORMAT, "CONNECT request expected" },
	{ "socks client", PROTOCOL_SOCKS, 1, ST_LATE, PROXY, { R("\5\0"), R("\5\0\0\1"), R("\xc0\0\2\1\0\x50") }, "",
	    "\\x05\\x01\\x00\\x05\\x01\\x00\\x03\\x09t.example\\x01\\xbb", ST_DONE, NULL },
	{ "socks client, name bound", PROTOCOL_SOCKS, 1, ST_LATE, PROXY, { R("\5\0"), R("\5\0\0\3"), R("\1"), R("a\0\x50") }, "",
	    "\\x05\\x01\\x00\\x05\\x01\\x00\\x03\\x09t.example\\x01\\xbb", ST_DONE, NULL },
	{ "socks5", SERVER(SOCKS, ST_INSIDE), { L("\5\1"), L("\0"), L("\5\1\0\1"), L("\xc0\0\2\1\0\x50") },
	    "\\x05\\x00\\x05\\x00\\x00\\x01\\xc0\\x00\\x02\\x01\\x00P", "", ST_DONE, NULL },
	{ "socks5, unknown name", SERVER(SOCKS, ST_INSIDE), { L("\5\1"), L("\0"), L("\5\1\0\3"), L("\7"), L("nowhere\0\x50") },
	    "\\x05\\x00\\x05\\x04\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00", "", E_FORMAT, "SOCKS request for a name that is not known" },
	{ "socks5, loopback", SERVER(SOCKS, ST_INSIDE), { L("\5\1"), L("\0"), L("\5\1\0\1"), L("\x7f\0\0\1\0\x50") },
	    "\\x05\\x00\\x05\\x02\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00", "", E_FORMAT, "SOCKS connection to the loopback rejected" },
	{ "socks5, mapped loopback", SERVER(SOCKS, ST_INSIDE), { L("\5\1"), L("\0"), L("\5\1\0\4"),
	    L("\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1\0\x50") },
	    "\\x05\\x00\\x05\\x02\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00", "", E_FORMAT, "SOCKS connection to the loopback rejected" },
	{ "socks5, password only", SERVER(SOCKS, ST_INSIDE), { L("\5\1"), L("\2") }, "\\x05\\xff", "", E_FORMAT,
	    "No supported SOCKS5 authentication method received" },
	{ "socks5, bind", SERVER(SOCKS, ST_INSIDE), { L("\5\1"), L("\0"), L("\5\2\0\1") },
	    "\\x05\\x00\\x05\\x07\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00", "", E_FORMAT, "Unsupported SOCKS5 command" },
	{ "socks5, resolve", SERVER(SOCKS, ST_INSIDE), { L("\5\1"), L("\0"), L("\5\xf0\0\1"), L("\x7f\0\0\1\0\0") },
	    "\\x05\\x00\\x05\\x00\\x00\\x01\\x7f\\x00\\x00\\x01\\x00\\x00", "", E_FORMAT, "SOCKS request was for a name only" },
	{ "socks4", SERVER(SOCKS, ST_INSIDE), { L("\4\1"), L("\0\x50\xc0\0\2\1"), L("m"), L("\0") },
	    "\\x00Z\\x00P\\xc0\\x00\\x02\\x01", "", ST_DONE, NULL },
	{ "socks4a", SERVER(SOCKS, ST_INSIDE), { L("\4\1"), L("\0\x50\0\0\0\1"), L("\0"), L("a"), L("\0") },
	    "\\x00[\\x00P\\x00\\x00\\x00\\x01", "", E_FORMAT, "SOCKS request for a name that is not known" },
	{ "socks5, mapped nowhere", SERVER(SOCKS, ST_INSIDE), { L("\5\1"), L("\0"), L("\5\1\0\4"),
	    L("\0\0\0\0\0\0\0\0\0\0\xff\xff\0\0\0\0\0\x50") },
	    "\\x05\\x00\\x05\\x02\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00", "", E_FORMAT, "SOCKS connection to the loopback rejected" },
	{ "socks4, loopback", SERVER(SOCKS, ST_INSIDE), { L("\4\1"), L("\0\x50\x7f\0\0\1"), L("\0") },
	    "\\x00[\\x00P\\x7f\\x00\\x00\\x01", "", E_FORMAT, "SOCKS connection to the loopback rejected" },
};

static const char *
printable(const struct buf *b, char *dst, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < buf_len(b) && at + 5 < size; i++) {
		uint8_t c = buf_head(b)[i];

		at += (size_t)snprintf(dst + at, size - at, (c < ' ' && c != '\r' && c != '\n') || c > '~' ? "\\x%02x" : "%c", c);
	}
	dst[at] = '\0';
	return dst;
}

/* Only numbers have addresses here; and nobody talks before he is spoken to. */
static int
settle(struct starttls *p, int r)
{
	while (r == ST_QUIET || r == ST_LOOKUP) {
		p->n_found = r == ST_LOOKUP && addr_parse(p->host, p->port, &p->found[0]) == 0;
		r = starttls_go_on(p);
	}
	return r;
}

static int
feed(struct starttls *p, const struct row *row, const struct move *m)
{
	size_t at = 0;
	int r = ST_READ;

	while (at < m->n) {
		size_t n = starttls_wants(p) < m->n - at ? starttls_wants(p) : m->n - at;

		ck_assert_msg(r == ST_READ, "%s: over before \"%s\"", row->name, m->in + at);
		ck_assert_msg(p->from == m->from, "%s: the wrong side is read before \"%s\"", row->name, m->in);
		r = settle(p, starttls_take(p, m->in + at, n));
		at += n;
	}
	return r;
}

START_TEST(the_dialogue_is_as_observed)
{
	const struct row *row = &rows[_i];
	starttls_run run = starttls_find(row->protocol, row->client, row->slot);
	struct starttls p;
	char text[1024];
	int r;

	ck_assert_msg(run != NULL, "%s", row->name);
	r = settle(&p, starttls_begin(&p, run, &row->conf));
	for (size_t i = 0; row->moves[i].in != NULL; i++)
		r = feed(&p, row, &row->moves[i]);
	ck_assert_msg(r == row->result, "%s: %d (%s)", row->name, r, p.why == NULL ? "" : p.why);
	ck_assert_str_eq(printable(&p.out[ST_LOCAL], text, sizeof text), row->local);
	ck_assert_str_eq(printable(&p.out[ST_REMOTE], text, sizeof text), row->remote);
	if (row->why != NULL)
		ck_assert_str_eq(p.why, row->why);
	starttls_done(&p);
}
END_TEST

START_TEST(a_line_without_end_ends)
{
	static const struct starttls_conf none = NOBODY;
	struct starttls p;
	size_t n = 0;
	int r = starttls_begin(&p, pop3_client, &none);

	while (r == ST_READ) {
		r = starttls_take(&p, "x", 1);
		ck_assert_uint_le(++n, ST_LINE_MAX);
	}
	ck_assert_str_eq(p.why, "Line too long");
	starttls_done(&p);
}
END_TEST

START_TEST(lines_without_end_end)
{
	static const struct starttls_conf none = NOBODY;
	struct starttls p;
	size_t n = 0;
	int r = starttls_begin(&p, smtp_client, &none);

	while (r == ST_READ) {
		for (const char *at = "220-x\n"; *at != '\0' && r == ST_READ; at++)
			r = starttls_take(&p, at, 1);
		ck_assert_uint_le(++n, ST_ITEMS_MAX + 1);
	}
	ck_assert_str_eq(p.why, "Too many lines");
	starttls_done(&p);
}
END_TEST

START_TEST(who_talks_first_wants_tls_at_once)
{
	static const struct starttls_conf none = NOBODY;
	struct starttls p;

	ck_assert_int_eq(starttls_begin(&p, smtp_server, &none), ST_QUIET);
	p.talked = 1;
	ck_assert_int_eq(starttls_go_on(&p), ST_DONE);
	ck_assert_uint_eq(buf_len(&p.out[ST_LOCAL]), 0);
	starttls_done(&p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel/starttls");
	TCase *t = tcase_create("starttls");

	tcase_add_loop_test(t, the_dialogue_is_as_observed, 0, (int)ARRAY_LEN(rows));
	tcase_add_test(t, a_line_without_end_ends);
	tcase_add_test(t, lines_without_end_end);
	tcase_add_test(t, who_talks_first_wants_tls_at_once);
	suite_add_tcase(s, t);
	return unit_main(s);
}

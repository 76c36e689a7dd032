/* pgsql (its message formats), ldap (RFC 4511), cifs (Samba 2): a few bytes each way. */
#include "tunnel/proto/starttls.h"

#include <string.h>

static int
is(const struct starttls *p, const void *bytes, size_t n)
{
	return buf_len(&p->in) == n && memcmp(buf_head(&p->in), bytes, n) == 0;
}

static const uint8_t ssl_request[8] = { 0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f };
static const uint8_t gss_request[8] = { 0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30 };

int
pgsql_client(struct starttls *p)
{
	if (p->state++ == 0) {
		buf_put(&p->out[ST_REMOTE], ssl_request, sizeof ssl_request);
		return st_bytes(p, ST_REMOTE, 1);
	}
	return is(p, "S", 1) ? ST_DONE : st_fail(p, "PostgreSQL server rejected TLS");
}

int
pgsql_server(struct starttls *p)
{
	static const char no[] = "SERROR\0CXX000\0MSSL expected but not requested by client\0";
	static const uint8_t head[] = { 'E', 0, 0, 0, 4 + sizeof no };

	if (p->state++ == 0)
		return st_bytes(p, ST_LOCAL, sizeof ssl_request);
	if (is(p, ssl_request, sizeof ssl_request)) {
		st_say(p, ST_LOCAL, "S");
		return ST_DONE;
	}
	if (!is(p, gss_request, sizeof gss_request))
		return st_fail(p, "PostgreSQL client did not request TLS, rejecting");
	buf_put(&p->out[ST_LOCAL], head, sizeof head);
	buf_put(&p->out[ST_LOCAL], no, sizeof no);
	return st_refuse(p, "PostgreSQL client asked for GSSAPI");
}

enum { LDAP_HEAD = 1, LDAP_LENGTH, LDAP_BODY, LDAP_MAX = 4096 };

/* The body of the answer: message id 1, [APPLICATION 24], resultCode success. */
static int
ldap_answer(struct starttls *p)
{
	const uint8_t *b = buf_head(&p->in);
	size_t n = buf_len(&p->in), at = 5;

	if (n < 8 || memcmp(b, "\x02\x01\x01\x78", 4) != 0)
		return st_fail(p, "LDAP server sent no extended response");
	if (b[4] > 0x80)
		at += (size_t)b[4] - 0x80;	/* a long length takes more bytes */
	if (b[4] > 0x84 || at + 3 > n || memcmp(b + at, "\x0a\x01", 2) != 0)
		return st_fail(p, "LDAP server sent no extended response");
	return b[at + 2] == 0 ? ST_DONE : st_fail(p, "LDAP server refused StartTLS");
}

static int
ldap_body(struct starttls *p, size_t n)
{
	if (n == 0 || n > LDAP_MAX)
		return st_fail(p, "LDAP response of an unlikely size");
	p->state = LDAP_BODY;
	return st_bytes(p, ST_REMOTE, n);
}

static int
ldap_length(struct starttls *p)
{
	size_t n = 0;

	for (size_t i = 0; i < buf_len(&p->in); i++)
		n = n << 8 | buf_head(&p->in)[i];
	return ldap_body(p, n);
}

static int
ldap_head(struct starttls *p)
{
	const uint8_t *b = buf_head(&p->in);

	if (b[0] != 0x30 || b[1] == 0x80 || b[1] > 0x84)
		return st_fail(p, "LDAP server sent no response");
	if (b[1] < 0x80)
		return ldap_body(p, b[1]);
	p->state = LDAP_LENGTH;
	return st_bytes(p, ST_REMOTE, (size_t)b[1] - 0x80);
}

int
ldap_client(struct starttls *p)
{
	static const uint8_t request[] = "\x30\x1d\x02\x01\x01\x77\x18\x80\x16" "1.3.6.1.4.1.1466.20037";

	switch (p->state) {
	case 0:
		buf_put(&p->out[ST_REMOTE], request, sizeof request - 1);
		p->state = LDAP_HEAD;
		return st_bytes(p, ST_REMOTE, 2);
	case LDAP_HEAD:
		return ldap_head(p);
	case LDAP_LENGTH:
		return ldap_length(p);
	default:
		return ldap_answer(p);
	}
}

static const uint8_t use_tls[5] = { 0x83, 0, 0, 1, 0x8e }, no_session[5] = { 0x83, 0, 0, 1, 0x81 };

int
cifs_client(struct starttls *p)
{
	static const uint8_t request[4] = { 0x81, 0, 0, 0 };

	if (p->state++ == 0) {
		buf_put(&p->out[ST_REMOTE], request, sizeof request);
		return st_bytes(p, ST_REMOTE, sizeof use_tls);
	}
	return is(p, use_tls, sizeof use_tls) ? ST_DONE : st_fail(p, "Remote server does not require TLS");
}

/* The request carries two names that nobody needs: up to 64 KiB of them. */
int
cifs_server(struct starttls *p)
{
	const uint8_t *b = buf_head(&p->in);
	size_t n;

	if (p->state++ == 0)
		return st_bytes(p, ST_LOCAL, 4);
	if (p->state == 2) {
		if (b[0] != 0x81 || b[1] > 1) {
			buf_put(&p->out[ST_LOCAL], no_session, sizeof no_session);
			return st_refuse(p, "Client did not send session setup");
		}
		if ((n = (size_t)b[2] << 8 | b[3]) > 0)
			return st_bytes(p, ST_LOCAL, n);
	}
	buf_put(&p->out[ST_LOCAL], use_tls, sizeof use_tls);
	return ST_DONE;
}

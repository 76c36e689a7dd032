/* connect: a tunnel through an HTTP proxy (RFC 9110 section 9.3.6), from both ends of it. */
#include "tunnel/proto/starttls.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/num.h"

enum { ASKED_STATUS = 1, ASKED_HEADER, OFFERED_STATUS, OFFERED_HEADER, OFFERED_BODY };
enum { BODY_MAX = 1 << 20, PIECE = 4096, CHALLENGE_MAX = 8192 };

static void
say_base64(struct buf *out, const struct buf *bytes)
{
	uint8_t *at = buf_reserve(out, buf_len(bytes) / 3 * 4 + 8);

	if (at != NULL)
		buf_commit(out, (size_t)EVP_EncodeBlock(at, buf_head(bytes), (int)buf_len(bytes)));
}

static void
say_credentials(struct starttls *p)
{
	struct buf both = BUF_INIT;

	buf_printf(&both, "%s:%s", p->conf->user, p->conf->password);
	st_say(p, ST_REMOTE, "Proxy-Authorization: basic ");
	say_base64(&p->out[ST_REMOTE], &both);
	st_say(p, ST_REMOTE, "\r\n");
	OPENSSL_cleanse(both.data, both.cap);
	buf_done(&both);
}

static int
has_login(const struct starttls_conf *conf)
{
	return conf->user != NULL && conf->password != NULL;
}

/* With what is kept, a message of NTLM, if there is one. */
static int
say_request(struct starttls *p, int state)
{
	const struct starttls_conf *conf = p->conf;

	buf_printf(&p->out[ST_REMOTE], "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", conf->host, conf->host);
	if (buf_len(&p->kept) > 0) {
		st_say(p, ST_REMOTE, "Proxy-Connection: keep-alive\r\nProxy-Authorization: NTLM ");
		say_base64(&p->out[ST_REMOTE], &p->kept);
		st_say(p, ST_REMOTE, "\r\n");
		buf_clear(&p->kept);
	} else if (has_login(conf)) {
		say_credentials(p);
	}
	for (size_t i = 0; i < conf->headers.n; i++)
		buf_printf(&p->out[ST_REMOTE], "%s\r\n", conf->headers.v[i]);
	st_say(p, ST_REMOTE, "\r\n");
	p->state = state;
	return st_line(p, ST_REMOTE);
}

/* Any 2xx will do. */
static int
is_good(const char *line)
{
	return st_begins(line, "HTTP/1.") && strlen(line) >= 12 && line[8] == ' ' && line[9] == '2';
}

/* The proxy's challenge becomes our answer, to be said when its page has been read. */
static int
take_challenge(struct starttls *p, const char *text)
{
	const struct ntlm_who who = { p->conf->user, p->conf->domain, p->conf->hash };
	uint8_t bytes[CHALLENGE_MAX], nonce[NTLM_NONCE_SIZE];
	uint64_t now = ((uint64_t)time(NULL) + UINT64_C(11644473600)) * 10000000;
	size_t n = strlen(text), pad = (size_t)(n > 0 && text[n - 1] == '=') + (size_t)(n > 1 && text[n - 2] == '=');
	int got = n > CHALLENGE_MAX ? -1 : EVP_DecodeBlock(bytes, (const uint8_t *)text, (int)n), r;

	if (got < (int)pad)
		return st_fail(p, "Proxy-Authenticate: bad NTLM challenge");
	buf_clear(&p->kept);
	r = RAND_bytes(nonce, sizeof nonce) != 1 ? -ENOMEM :
	    ntlm_authenticate(&who, bytes, (size_t)got - pad, nonce, now, &p->kept);
	if (r != 0)
		return st_fail(p, r == E_FORMAT ? "Proxy-Authenticate: bad NTLM challenge" : "NTLM: out of memory");
	return 0;
}

static int
offered_header(struct starttls *p, const char *line)
{
	static const char challenge[] = "Proxy-Authenticate: NTLM ", length[] = "Content-Length:";
	int64_t n;
	int r;

	if (st_begins(line, challenge) && (r = take_challenge(p, line + strlen(challenge))) != 0)
		return r;
	if (st_begins(line, "Transfer-Encoding:"))
		return st_fail(p, "NTLM: the proxy's page has no length");
	if (st_begins(line, length)) {
		line += strlen(length);
		if (num_parse(line + strspn(line, " \t"), 0, BODY_MAX, &n) != 0)
			return st_fail(p, "NTLM: the proxy's page is too long");
		p->left = (size_t)n;
	}
	return st_line(p, ST_REMOTE);
}

/* A piece of the page that nobody reads; after the last one comes our answer. */
static int
skip_body(struct starttls *p)
{
	size_t n = p->left < PIECE ? p->left : PIECE;

	if (buf_len(&p->kept) == 0)
		return st_fail(p, "Proxy-Authenticate: NTLM authorization header not found");
	if (n == 0)
		return say_request(p, ASKED_STATUS);
	p->left -= n;
	p->state = OFFERED_BODY;
	return st_bytes(p, ST_REMOTE, n);
}

static int
begin(struct starttls *p)
{
	if (p->conf->auth != AUTH_NTLM || !has_login(p->conf))
		return say_request(p, ASKED_STATUS);
	ntlm_negotiate(&p->kept);
	return say_request(p, OFFERED_STATUS);
}

int
connect_client(struct starttls *p)
{
	switch (p->state) {
	case 0:
		return begin(p);
	case OFFERED_STATUS:
		if (!st_begins(st_text(p), "HTTP/1.") || strlen(st_text(p)) < 12 || strncmp(st_text(p) + 8, " 407", 4) != 0)
			return st_fail(p, "Proxy-Authenticate: NTLM was not asked for");
		p->state = OFFERED_HEADER;
		return st_line(p, ST_REMOTE);
	case OFFERED_HEADER:
		return buf_len(&p->in) > 0 ? offered_header(p, st_text(p)) : skip_body(p);
	case OFFERED_BODY:
		return skip_body(p);
	case ASKED_STATUS:
		if (!is_good(st_text(p)))
			return st_fail(p, "CONNECT request rejected");
		p->state = ASKED_HEADER;
		return st_line(p, ST_REMOTE);
	default:
		return buf_len(&p->in) == 0 ? ST_DONE : st_line(p, ST_REMOTE);
	}
}

static int
bad_request(struct starttls *p, const char *status, const char *why)
{
	buf_printf(&p->out[ST_LOCAL], "HTTP/1.0 %s\r\nServer: stunnel/5.75\r\n\r\n", status);
	return st_refuse(p, why);
}

/* "CONNECT host:port HTTP/1.1"; the host may stand in brackets. */
static int
parse_request(struct starttls *p, const char *line)
{
	const char *at = line + strlen("CONNECT "), *end, *colon;
	char port[8];
	int64_t number;
	size_t n;

	if (!st_begins(line, "CONNECT ") || (end = strchr(at, ' ')) == NULL || !st_begins(end, " HTTP/"))
		return E_FORMAT;
	for (colon = end; colon > at && *colon != ':';)
		colon--;
	if (colon == at || (n = (size_t)(end - colon - 1)) == 0 || n >= sizeof port)
		return E_FORMAT;
	memcpy(port, colon + 1, n);
	port[n] = '\0';
	if (num_parse(port, 1, 65535, &number) != 0)
		return E_FORMAT;
	if (*at == '[' && colon[-1] == ']')
		at++, colon--;
	if ((n = (size_t)(colon - at)) == 0 || n >= sizeof p->host)
		return E_FORMAT;
	memcpy(p->host, at, n);
	p->host[n] = '\0';
	p->port = (uint16_t)number;
	return 0;
}

static int
answer(struct starttls *p)
{
	if (p->n_found == 0)
		return bad_request(p, "404 Not Found", "CONNECT to a name that is not known");
	st_say(p, ST_LOCAL, "HTTP/1.0 200 OK\r\nServer: stunnel/5.75\r\n\r\n");
	p->has_target = 1;
	return ST_DONE;
}

int
connect_server(struct starttls *p)
{
	switch (p->state) {
	case 0:
		p->state = ASKED_STATUS;
		return st_line(p, ST_LOCAL);
	case ASKED_STATUS:
		if (parse_request(p, st_text(p)) != 0)
			return bad_request(p, st_begins(st_text(p), "CONNECT ") ? "400 Bad Request" : "400 Bad Request Method",
			    "CONNECT request expected");
		p->state = ASKED_HEADER;
		return st_line(p, ST_LOCAL);
	case ASKED_HEADER:
		if (buf_len(&p->in) > 0)
			return st_line(p, ST_LOCAL);
		p->state++;
		return ST_LOOKUP;
	default:
		return answer(p);
	}
}

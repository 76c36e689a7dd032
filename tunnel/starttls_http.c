/* connect: a tunnel through an HTTP proxy (RFC 9110 section 9.3.6), from both ends of it. */
#include "tunnel/starttls.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "lib/num.h"

enum { ASKED_STATUS = 1, ASKED_HEADER };

static void
say_credentials(struct starttls *p)
{
	struct buf both = BUF_INIT;
	struct buf *out = &p->out[ST_REMOTE];
	uint8_t *at;

	buf_printf(&both, "%s:%s", p->conf->user, p->conf->password);
	st_say(p, ST_REMOTE, "Proxy-Authorization: basic ");
	if ((at = buf_reserve(out, buf_len(&both) / 3 * 4 + 8)) != NULL)
		buf_commit(out, (size_t)EVP_EncodeBlock(at, buf_head(&both), (int)buf_len(&both)));
	st_say(p, ST_REMOTE, "\r\n");
	OPENSSL_cleanse(both.data, both.cap);
	buf_done(&both);
}

static int
say_request(struct starttls *p)
{
	const struct starttls_conf *conf = p->conf;

	buf_printf(&p->out[ST_REMOTE], "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", conf->host, conf->host);
	if (conf->user != NULL && conf->password != NULL)
		say_credentials(p);
	for (size_t i = 0; i < conf->headers.n; i++)
		buf_printf(&p->out[ST_REMOTE], "%s\r\n", conf->headers.v[i]);
	st_say(p, ST_REMOTE, "\r\n");
	p->state = ASKED_STATUS;
	return st_line(p, ST_REMOTE);
}

/* Any 2xx will do. */
static int
is_good(const char *line)
{
	return st_begins(line, "HTTP/1.") && strlen(line) >= 12 && line[8] == ' ' && line[9] == '2';
}

int
connect_client(struct starttls *p)
{
	if (p->state == 0)
		return say_request(p);
	if (p->state == ASKED_STATUS) {
		if (!is_good(st_text(p)))
			return st_fail(p, "CONNECT request rejected");
		p->state = ASKED_HEADER;
		return st_line(p, ST_REMOTE);
	}
	return buf_len(&p->in) == 0 ? ST_DONE : st_line(p, ST_REMOTE);
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

/* socks: versions 4, 4a and 5 (RFC 1928) within TLS; a client speaks 5. */
#include "tunnel/proto/starttls.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "lib/num.h"

enum { CONNECT = 1, RESOLVE = 0xf0 };		/* the second is an extension that Tor made known */
enum { BY_ADDRESS4 = 1, BY_NAME = 3, BY_ADDRESS6 = 4 };
enum { S5_OK = 0, S5_DENIED = 2, S5_NO_HOST = 4, S5_NO_COMMAND = 7, S5_NO_TYPE = 8 };
enum { S4_OK = 90, S4_FAILED = 91 };

/* --- client ----------------------------------------------------------------------------------- */

/* protocolHost, HOST:PORT, was checked when the file was read. */
static int
ask_target(struct starttls *p)
{
	const char *host = p->conf->host, *colon = strrchr(host, ':');
	struct buf *out = &p->out[ST_REMOTE];
	size_t n = (size_t)(colon - host);
	int64_t port = 0;

	if (n >= 2 && host[0] == '[' && host[n - 1] == ']')
		host++, n -= 2;
	num_parse(colon + 1, 0, 65535, &port);
	buf_put(out, "\x05\x01\x00\x03", 4);
	buf_u8(out, (uint8_t)n);
	buf_put(out, host, n);
	buf_u8(out, (uint8_t)(port >> 8));
	buf_u8(out, (uint8_t)port);
	return st_bytes(p, ST_REMOTE, 4);
}

/* The address that the proxy bound is of no use; its length depends on its kind. */
static int
skip_bound(struct starttls *p)
{
	const uint8_t *b = buf_head(&p->in);

	if (b[0] != 5 || b[1] != S5_OK)
		return st_fail(p, "SOCKS5 server refused to connect");
	if (b[3] == BY_ADDRESS4 || b[3] == BY_ADDRESS6) {
		p->state = 4;
		return st_bytes(p, ST_REMOTE, b[3] == BY_ADDRESS4 ? 6 : 18);
	}
	return b[3] == BY_NAME ? st_bytes(p, ST_REMOTE, 1) : st_fail(p, "SOCKS5 server sent an unknown address");
}

int
socks_client(struct starttls *p)
{
	switch (p->state++) {
	case 0:
		buf_put(&p->out[ST_REMOTE], "\x05\x01\x00", 3);
		return st_bytes(p, ST_REMOTE, 2);
	case 1:
		if (memcmp(buf_head(&p->in), "\x05\x00", 2) != 0)
			return st_fail(p, "SOCKS5 server wants authentication");
		return ask_target(p);
	case 2:
		return skip_bound(p);
	case 3:
		return st_bytes(p, ST_REMOTE, (size_t)buf_head(&p->in)[0] + 2);
	default:
		return ST_DONE;
	}
}

/* --- server ----------------------------------------------------------------------------------- */

enum {
	S4_REST = 1, S4_USER, S4_NAME, S4_FOUND,
	S5_METHODS, S5_HEAD, S5_LENGTH, S5_ADDRESS, S5_FOUND,
};

/* Version 4 repeats port and address, which word keeps after the command. */
static void
answer4(struct starttls *p, int code)
{
	buf_u8(&p->out[ST_LOCAL], 0);
	buf_u8(&p->out[ST_LOCAL], (uint8_t)code);
	buf_put(&p->out[ST_LOCAL], p->word + 1, 6);
}

static void
answer5(struct starttls *p, int code, const struct addr *a)
{
	static const uint8_t none[6];
	struct buf *out = &p->out[ST_LOCAL];

	buf_u8(out, 5);
	buf_u8(out, (uint8_t)code);
	buf_u8(out, 0);
	if (a == NULL) {
		buf_u8(out, BY_ADDRESS4);
		buf_put(out, none, sizeof none);
	} else if (a->ss.ss_family == AF_INET6) {
		buf_u8(out, BY_ADDRESS6);
		buf_put(out, &((const struct sockaddr_in6 *)&a->ss)->sin6_addr, 16);
		buf_put(out, &((const struct sockaddr_in6 *)&a->ss)->sin6_port, 2);
	} else {
		buf_u8(out, BY_ADDRESS4);
		buf_put(out, &((const struct sockaddr_in *)&a->ss)->sin_addr, 4);
		buf_put(out, &((const struct sockaddr_in *)&a->ss)->sin_port, 2);
	}
}

static int
refuse(struct starttls *p, int is_5, int code, const char *why)
{
	if (is_5)
		answer5(p, code, NULL);
	else
		answer4(p, S4_FAILED);
	return st_refuse(p, why);
}

static int
reaches_us(const struct starttls *p)
{
	for (size_t i = 0; i < p->n_found; i++)
		if (starttls_is_here(&p->found[i]))
			return 1;
	return 0;
}

/* Success is reported before connecting, as stunnel does. */
static int
found(struct starttls *p, int is_5)
{
	int resolves = p->word[0] == (char)RESOLVE;

	if (p->n_found == 0)
		return refuse(p, is_5, S5_NO_HOST, "SOCKS request for a name that is not known");
	if (!resolves && reaches_us(p))
		return refuse(p, is_5, S5_DENIED, "SOCKS connection to the loopback rejected");
	if (is_5)
		answer5(p, S5_OK, &p->found[0]);
	else
		answer4(p, S4_OK);
	if (resolves)
		return st_refuse(p, "SOCKS request was for a name only");
	p->has_target = 1;
	return ST_DONE;
}

static int
has_command(const struct starttls *p)
{
	return p->word[0] == CONNECT || p->word[0] == (char)RESOLVE;
}

static int
look_up(struct starttls *p, int state)
{
	p->state = state;
	return ST_LOOKUP;
}

/* Port and address; an address 0.0.0.x announces a name (4a). */
static int
rest4(struct starttls *p)
{
	const uint8_t *b = buf_head(&p->in);

	memcpy(p->word + 1, b, 6);
	p->port = (uint16_t)(b[0] << 8 | b[1]);
	if (!has_command(p))
		return refuse(p, 0, 0, "Unsupported SOCKS4 command");
	snprintf(p->host, sizeof p->host, "%u.%u.%u.%u", b[2], b[3], b[4], b[5]);
	p->state = S4_USER;
	return st_bytes(p, ST_LOCAL, 1);
}

/* Texts end with a zero byte; they come byte by byte, and the items are counted. */
static int
user4(struct starttls *p)
{
	if (buf_head(&p->in)[0] != 0)
		return st_bytes(p, ST_LOCAL, 1);
	if (memcmp(p->word + 3, "\0\0\0", 3) != 0 || p->word[6] == 0)
		return look_up(p, S4_FOUND);
	p->host[0] = '\0';
	p->state = S4_NAME;
	return st_bytes(p, ST_LOCAL, 1);
}

static int
name4(struct starttls *p)
{
	size_t n = strlen(p->host);

	if (buf_head(&p->in)[0] == 0)
		return look_up(p, S4_FOUND);
	if (n + 1 >= sizeof p->host)
		return refuse(p, 0, 0, "SOCKS4 name too long");
	p->host[n] = (char)buf_head(&p->in)[0];
	p->host[n + 1] = '\0';
	return st_bytes(p, ST_LOCAL, 1);
}

static int
methods5(struct starttls *p)
{
	if (memchr(buf_head(&p->in), 0, buf_len(&p->in)) == NULL) {
		buf_put(&p->out[ST_LOCAL], "\x05\xff", 2);
		return st_refuse(p, "No supported SOCKS5 authentication method received");
	}
	buf_put(&p->out[ST_LOCAL], "\x05\x00", 2);
	p->state = S5_HEAD;
	return st_bytes(p, ST_LOCAL, 4);
}

static int
head5(struct starttls *p)
{
	const uint8_t *b = buf_head(&p->in);

	p->word[0] = (char)b[1];
	p->word[1] = (char)b[3];
	if (b[0] != 5)
		return st_fail(p, "Malformed SOCKS5 request");
	if (!has_command(p))
		return refuse(p, 1, S5_NO_COMMAND, "Unsupported SOCKS5 command");
	if (b[3] == BY_NAME) {
		p->state = S5_LENGTH;
		return st_bytes(p, ST_LOCAL, 1);
	}
	if (b[3] != BY_ADDRESS4 && b[3] != BY_ADDRESS6)
		return refuse(p, 1, S5_NO_TYPE, "Unsupported SOCKS5 address type");
	p->state = S5_ADDRESS;
	return st_bytes(p, ST_LOCAL, b[3] == BY_ADDRESS4 ? 6 : 18);
}

static int
address5(struct starttls *p)
{
	const uint8_t *b = buf_head(&p->in);
	size_t n = buf_len(&p->in) - 2;
	struct addr a = { .ss.ss_family = p->word[1] == BY_ADDRESS6 ? AF_INET6 : AF_INET };

	p->port = (uint16_t)(b[n] << 8 | b[n + 1]);
	if (p->word[1] == BY_NAME) {
		if (memchr(b, '\0', n) != NULL)
			return refuse(p, 1, S5_NO_HOST, "Malformed SOCKS5 request");
		memcpy(p->host, b, n);
		p->host[n] = '\0';
		return look_up(p, S5_FOUND);
	}
	if (n == 4)
		memcpy(&((struct sockaddr_in *)&a.ss)->sin_addr, b, n);
	else
		memcpy(&((struct sockaddr_in6 *)&a.ss)->sin6_addr, b, n);
	addr_host(&a, p->host, sizeof p->host);
	return look_up(p, S5_FOUND);
}

/* The version, and what stands beside it in that version. */
static int
hello(struct starttls *p)
{
	uint8_t version = buf_head(&p->in)[0], n = buf_head(&p->in)[1];

	if (version == 4) {
		p->word[0] = (char)n;
		p->state = S4_REST;
		return st_bytes(p, ST_LOCAL, 6);
	}
	if (version != 5 || n == 0)
		return st_fail(p, "Unsupported SOCKS version");
	p->state = S5_METHODS;
	return st_bytes(p, ST_LOCAL, n);
}

int
socks_server(struct starttls *p)
{
	static int (*const steps[])(struct starttls *) = {
		[S4_REST] = rest4, [S4_USER] = user4, [S4_NAME] = name4, [S5_METHODS] = methods5, [S5_HEAD] = head5,
		[S5_ADDRESS] = address5,
	};

	if (p->state == 0) {
		p->state = -1;
		return st_bytes(p, ST_LOCAL, 2);
	}
	if (p->state < 0)
		return hello(p);
	if (p->state == S5_LENGTH) {
		p->state = S5_ADDRESS;
		return buf_head(&p->in)[0] == 0 ? st_fail(p, "Malformed SOCKS5 request") :
		    st_bytes(p, ST_LOCAL, (size_t)buf_head(&p->in)[0] + 2);
	}
	if (p->state == S4_FOUND || p->state == S5_FOUND)
		return found(p, p->state == S5_FOUND);
	return steps[p->state](p);
}

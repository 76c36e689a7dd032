/* Messages between the monitor and the process that it watches: requests, answers, log lines. */
#include "syncd/privmsg.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/utf8.h"
#include "syncd/policy/grant.h"
#include "syncd/types.h"

int
priv_send(int fd, uint8_t id, const void *payload, size_t n)
{
	uint8_t small[512], *bytes = small;	/* one piece: sendmsg is on no session's list */
	ssize_t r;
	int err;

	if (n >= PRIV_MSG_MAX)
		return E_LIMIT;
	if (n >= sizeof small && (bytes = malloc(n + 1)) == NULL)
		return -ENOMEM;
	bytes[0] = id;
	if (n > 0)
		memcpy(bytes + 1, payload, n);
	do
		r = send(fd, bytes, n + 1, MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	err = r < 0 ? -errno : 0;
	if (bytes != small)
		free(bytes);
	return err;
}

int
priv_recv(int fd, uint8_t *ret_id, struct buf *in)
{
	uint8_t *p;
	ssize_t n;

	buf_clear(in);
	if ((p = buf_reserve(in, PRIV_MSG_MAX)) == NULL)
		return in->err;
	do
		n = recv(fd, p, PRIV_MSG_MAX, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		return E_EOF;
	*ret_id = p[0];
	buf_commit(in, (size_t)n);
	buf_consume(in, 1);
	return 0;
}

void
ask_log(int fd, int level, const char *text, size_t n)
{
	struct buf b = BUF_INIT;

	buf_u8(&b, (uint8_t)level);
	buf_put(&b, text, n);
	if (b.err == 0)		/* the monitor gone means that we go too: nobody is left to tell */
		(void)priv_send(fd, REQ_LOG, buf_head(&b), buf_len(&b));
	buf_done(&b);
}

/* Each text of a PROXY header with the room that it has. */
static const struct { size_t at, size; } origin_texts[] = {
#define TEXT(field) { offsetof(struct proxy_in, field), sizeof ((struct proxy_in *)0)->field }
	TEXT(id.version), TEXT(cipher), TEXT(id.common_name), TEXT(authority), TEXT(alpn), TEXT(unique_id), TEXT(id.key), TEXT(id.names),
	TEXT(id.serial), TEXT(id.issuer),
#undef TEXT
};

int
tell_origin(int fd, const struct proxy_in *p)
{
	struct buf b = BUF_INIT;
	int r;

	buf_u8(&b, (uint8_t)(p->known | p->id.tls << 1 | p->has_cert << 2 | p->id.verified << 3));
	buf_le32(&b, p->known ? (uint32_t)p->from.len : 0);
	buf_put(&b, &p->from.ss, p->known ? p->from.len : 0);
	for (size_t i = 0; i < ARRAY_LEN(origin_texts); i++)
		grant_text_put(&b, (const char *)p + origin_texts[i].at);
	if ((r = b.err) == 0)
		r = priv_send(fd, REQ_ORIGIN, buf_head(&b), buf_len(&b));
	buf_done(&b);
	return r;
}

/* What no header leads to is not believed. */
static bool
origin_is_sound(const struct proxy_in *p)
{
	const struct identity *id = &p->id;

	for (size_t i = 0; i < ARRAY_LEN(origin_texts); i++) {
		const char *text = (const char *)p + origin_texts[i].at, *end;

		for (; *text != '\0'; text = *end == '\0' ? end : end + 1) {
			end = strchrnul(text, origin_texts[i].at == offsetof(struct proxy_in, id.names) ? '\n' : '\0');
			if (!utf8_is_text((const unsigned char *)text, (size_t)(end - text)))
				return false;
		}
	}
	if ((p->has_cert && !id->tls) || (id->verified && !p->has_cert))
		return false;
	return id->verified || (id->key[0] == '\0' && id->names[0] == '\0' && id->serial[0] == '\0' && id->issuer[0] == '\0');
}

int
origin_get(struct cursor *c, struct proxy_in *ret)
{
	unsigned bits = cur_u8(c);
	size_t n = cur_le32(c);
	const uint8_t *from = cur_bytes(c, n);

	memset(ret, 0, sizeof *ret);
	ret->known = bits & 1, ret->id.tls = bits & 2, ret->has_cert = bits & 4, ret->id.verified = bits & 8;
	if (c->err != 0 || (n != 0) != ret->known || (n != 0 && n != sizeof(struct sockaddr_in) && n != sizeof(struct sockaddr_in6)))
		return E_FORMAT;
	if (n != 0) {
		struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };

		memcpy(&ss, from, n);
		if (ss.ss_family != (n == sizeof(struct sockaddr_in) ? AF_INET : AF_INET6))
			return E_FORMAT;
		addr_from((const struct sockaddr *)&ss, (socklen_t)n, &ret->from);
	}
	for (size_t i = 0; i < ARRAY_LEN(origin_texts); i++) {
		const char *text = grant_text_get(c);

		if (text == NULL || strlen(text) >= origin_texts[i].size)
			return E_FORMAT;
		strcpy((char *)ret + origin_texts[i].at, text);
	}
	return cur_left(c) == 0 && origin_is_sound(ret) ? 0 : E_FORMAT;
}

/* Send a request, wait for its answer. */
static int
ask(int fd, uint8_t id, struct buf *request, struct buf *answer)
{
	uint8_t got = 0;
	int r = request->err;

	if (r == 0)
		r = priv_send(fd, id, buf_head(request), buf_len(request));
	if (r == 0)
		r = priv_recv(fd, &got, answer);
	buf_done(request);
	return r == 0 && got != id ? E_BREACH : r;
}

/* The rest of an answer as text. */
static void
take_text(struct cursor *c, char *dst, size_t size)
{
	size_t n = cur_left(c) < size - 1 ? cur_left(c) : size - 1;

	memcpy(dst, c->at, n);
	dst[n] = '\0';
}

int
ask_list(int fd, uint32_t from, uint32_t *ret_next, struct buf *lines)
{
	struct buf request = BUF_INIT, answer = BUF_INIT;
	struct cursor c;
	int r;

	buf_le32(&request, from);
	if ((r = ask(fd, REQ_LIST, &request, &answer)) == 0) {
		c = cur_of(buf_head(&answer), buf_len(&answer));
		*ret_next = cur_le32(&c);
		buf_put(lines, c.at, cur_left(&c));
		r = c.err;
	}
	buf_done(&answer);
	return r;
}

static int
ask_verdict(int fd, uint8_t id, struct buf *request, char *message, size_t size)
{
	struct buf answer = BUF_INIT;
	struct cursor c;
	int r, verdict;

	if ((r = ask(fd, id, request, &answer)) == 0) {
		c = cur_of(buf_head(&answer), buf_len(&answer));
		verdict = cur_u8(&c);
		take_text(&c, message, size);
		r = c.err != 0 ? c.err : verdict == VERDICT_YES ? 0 : verdict == VERDICT_LOGIN ? 1 : E_DENIED;
	}
	buf_done(&answer);
	return r;
}

int
ask_module(int fd, int version, const char *digests, const char *name, char *message, size_t size)
{
	struct buf request = BUF_INIT;
	size_t n = digests == NULL ? 0 : strlen(digests);

	if (n > UINT8_MAX)
		return E_LIMIT;
	buf_u8(&request, (uint8_t)version);
	buf_u8(&request, digests != NULL);
	buf_u8(&request, (uint8_t)n);
	buf_put(&request, digests == NULL ? "" : digests, n);
	buf_text(&request, name);
	return ask_verdict(fd, REQ_MODULE, &request, message, size);
}

int
ask_login(int fd, const char *line, char *message, size_t size)
{
	struct buf request = BUF_INIT;

	buf_text(&request, line);
	return ask_verdict(fd, REQ_LOGIN, &request, message, size);
}

int
ask_admit(int fd, const struct admission *a, char *message, size_t size)
{
	struct buf request = BUF_INIT;

	if (a->n_ahead > PRIV_AHEAD_MAX || a->n_early > EARLY_INPUT_MAX)
		return E_LIMIT;
	buf_u8(&request, (uint8_t)a->version);
	buf_le16(&request, (uint16_t)a->n_early);
	buf_put(&request, a->early, a->n_early);
	buf_put(&request, a->ahead, a->n_ahead);
	return ask_verdict(fd, REQ_ADMIT, &request, message, size);
}

void
tell_totals(int fd, int pull, const uint64_t numbers[4])
{
	struct buf b = BUF_INIT;

	buf_u8(&b, pull != 0);
	for (size_t i = 0; i < 4; i++)
		buf_le64(&b, numbers[i]);
	if (b.err == 0)
		(void)priv_send(fd, REQ_TOTALS, buf_head(&b), buf_len(&b));
	buf_done(&b);
}

void
tell_started(int fd)
{
	(void)priv_send(fd, REQ_STARTED, NULL, 0);
}

/* Several arguments a message, as many as fit. */
static int
tell_args(int fd, char *const *args, size_t n)
{
	struct buf piece = BUF_INIT;
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		if (buf_len(&piece) > 0 && buf_len(&piece) + strlen(args[i]) + 1 >= PRIV_MSG_MAX) {
			r = priv_send(fd, REQ_ARGS, buf_head(&piece), buf_len(&piece));
			buf_clear(&piece);
		}
		buf_put(&piece, args[i], strlen(args[i]) + 1);
	}
	if (r == 0)
		r = piece.err != 0 || buf_len(&piece) == 0 ? piece.err : priv_send(fd, REQ_ARGS, buf_head(&piece), buf_len(&piece));
	buf_done(&piece);
	return r;
}

int
ask_hook(int fd, char *const *args, size_t n, const char *request_text, char *message, size_t size)
{
	struct buf request = BUF_INIT;
	int r = tell_args(fd, args, n);

	if (r != 0)
		return r;
	buf_text(&request, request_text);
	return ask_verdict(fd, REQ_HOOK, &request, message, size);
}

size_t
share_piece(int rate)
{
	size_t piece = (size_t)rate * 1024 / 32;

	return piece < SHARE_MIN ? SHARE_MIN : piece > SHARE_MAX ? SHARE_MAX : piece;
}

int
ask_share(int fd, uint32_t bytes, uint64_t *ret_due)
{
	struct buf request = BUF_INIT, answer = BUF_INIT;
	struct cursor c;
	int r;

	buf_le32(&request, bytes);
	if ((r = ask(fd, REQ_SHARE, &request, &answer)) == 0) {
		c = cur_of(buf_head(&answer), buf_len(&answer));
		*ret_due = cur_le64(&c);
		r = c.err;
	}
	buf_done(&answer);
	return r;
}

int
ask_name(int fd, char kind, uint32_t id, char *name, size_t size)
{
	struct buf request = BUF_INIT, answer = BUF_INIT;
	struct cursor c;
	int r;

	buf_u8(&request, (uint8_t)kind);
	buf_le32(&request, id);
	if ((r = ask(fd, REQ_NAME, &request, &answer)) == 0) {
		c = cur_of(buf_head(&answer), buf_len(&answer));
		take_text(&c, name, size);
	}
	buf_done(&answer);
	return r;
}

int
ask_id(int fd, char kind, const char *name, uint32_t *ret)
{
	struct buf request = BUF_INIT, answer = BUF_INIT;
	struct cursor c;
	int r;

	buf_u8(&request, (uint8_t)kind);
	buf_text(&request, name);
	if ((r = ask(fd, REQ_ID, &request, &answer)) == 0) {
		c = cur_of(buf_head(&answer), buf_len(&answer));
		*ret = cur_le32(&c);
		r = c.err != 0 ? E_UNSUPPORTED : 0;
	}
	buf_done(&answer);
	return r;
}

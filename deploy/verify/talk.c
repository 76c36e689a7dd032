#include "deploy/verify/talk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "deploy/verify/line.h"
#include "lib/err.h"

enum { CHUNK = 4096, SEED_SIZE = 4, FRAME_HEADER = 4, TAG_BASE = 7, MESSAGES_FIRST = 1, MESSAGES_LAST = 3, LINES_MAX = 10000 };

/* More of it; 0, E_EOF, E_LIMIT or -errno. */
static int
hear(struct talk *t)
{
	uint8_t *room;
	int n;

	if (buf_len(&t->in) > TALK_TEXT_MAX)
		return E_LIMIT;
	if ((room = buf_reserve(&t->in, CHUNK)) == NULL)
		return -ENOMEM;
	if ((n = stream_read(t->stream, room, CHUNK)) <= 0)
		return n == 0 ? E_EOF : n;
	buf_commit(&t->in, (size_t)n);
	return 0;
}

int
talk_line(struct talk *t, char *dst, size_t size)
{
	for (;;) {
		size_t held = buf_len(&t->in);
		const uint8_t *end = held == 0 ? NULL : memchr(buf_head(&t->in), '\n', held);
		size_t n = end == NULL ? held : (size_t)(end - buf_head(&t->in));
		int r;

		if (n >= size)
			return E_LIMIT;
		if (end != NULL) {
			memcpy(dst, buf_head(&t->in), n);
			dst[n] = '\0';
			buf_consume(&t->in, n + 1);
			return 0;
		}
		if ((r = hear(t)) != 0)
			return r;
	}
}

static int
say(struct talk *t, const char *text)
{
	return stream_write(t->stream, text, strlen(text));
}

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

int
talk_greet(struct talk *t, char *theirs, size_t size)
{
	int r = talk_line(t, theirs, size);

	if (r != 0)
		return r;
	return begins(theirs, "@RSYNCD: ") ? say(t, "@RSYNCD: 31.0 sha512\n") : E_FORMAT;
}

int
talk_list(struct talk *t, struct buf *ret)
{
	char line[TALK_LINE_SIZE];
	int r = say(t, "#list\n");

	for (size_t i = 0; i < LINES_MAX && r == 0; i++) {
		if ((r = talk_line(t, line, sizeof line)) != 0 || strcmp(line, "@RSYNCD: EXIT") == 0)
			return r;
		buf_printf(ret, "%s\n", line);
		if (begins(line, "@ERROR"))
			return E_DENIED;
	}
	return r != 0 ? r : E_LIMIT;
}

/* The first line that is the protocol's. */
static int
verdict(struct talk *t, char *dst, size_t size)
{
	int r = 0;

	for (size_t i = 0; i < LINES_MAX && r == 0; i++)
		if ((r = talk_line(t, dst, size)) != 0 || begins(dst, "@RSYNCD: ") || begins(dst, "@ERROR"))
			return r;
	return r != 0 ? r : E_LIMIT;
}

int
talk_module(struct talk *t, const char *module, char *dst, size_t size)
{
	char line[TALK_LINE_SIZE];
	int r;

	snprintf(line, sizeof line, "%s\n", module);
	return (r = say(t, line)) != 0 ? r : verdict(t, dst, size);
}

int
talk_login(struct talk *t, const char *user, const char *secret, const char *challenge, char *dst, size_t size)
{
	char answer[128], line[TALK_LINE_SIZE];
	int r = tls_answer(secret, challenge, answer, sizeof answer);

	snprintf(line, sizeof line, "%s %s\n", user, answer);
	return r != 0 || (r = say(t, line)) != 0 ? r : verdict(t, dst, size);
}

bool
talk_frame(struct buf *in, struct buf *names, struct buf *words)
{
	const uint8_t *h = buf_head(in);
	size_t n;
	int tag;

	if (buf_len(in) < FRAME_HEADER)
		return false;
	n = (size_t)h[0] | (size_t)h[1] << 8 | (size_t)h[2] << 16;
	tag = h[3] - TAG_BASE;
	if (buf_len(in) < FRAME_HEADER + n)
		return false;
	if (tag == 0)
		buf_put(names, h + FRAME_HEADER, n);
	else if (tag >= MESSAGES_FIRST && tag <= MESSAGES_LAST)
		buf_put(words, h + FRAME_HEADER, n);
	buf_consume(in, FRAME_HEADER + n);
	return true;
}

/* A filter list of nothing, in a frame of data. */
static int
ask_names(struct talk *t, const char *path)
{
	static const uint8_t no_filters[] = { 4, 0, 0, TAG_BASE, 0, 0, 0, 0 };
	struct buf arguments = BUF_INIT;
	int r;

	buf_put(&arguments, "--server\0--sender\0-nr\0.", 24);
	buf_put(&arguments, path, strlen(path) + 1);
	buf_u8(&arguments, 0);
	r = arguments.err != 0 ? -ENOMEM : stream_write(t->stream, buf_head(&arguments), buf_len(&arguments));
	buf_done(&arguments);
	return r != 0 ? r : stream_write(t->stream, no_filters, sizeof no_filters);
}

/* Before the frames come the flags of both sides, a byte where few are set, and the seed.  The list ends the first frame of data: nothing is
 * asked for after it, so the daemon waits. */
int
talk_names(struct talk *t, const char *path, struct buf *names, struct buf *words)
{
	int r = ask_names(t, path);

	while (r == 0 && buf_len(&t->in) < 1 + SEED_SIZE)
		r = hear(t);
	if (r == 0)
		buf_consume(&t->in, 1 + SEED_SIZE + ((buf_head(&t->in)[0] & 0x80) != 0));
	while (r == 0 && buf_len(names) == 0)
		if (!talk_frame(&t->in, names, words))
			r = hear(t);
	return r == E_EOF ? 0 : r;
}

bool
talk_refused(int r)
{
	return r == E_EOF || r == -ECONNRESET || r == -EPROTO || r == -EPIPE || r == -EACCES || r == E_FORMAT;
}

/* The name in a line of the list, "name           \tcomment": its length, 0 for a line of the day. */
static size_t
name_length(const char *line)
{
	size_t n = strcspn(line, "\t\n");

	if (line[n] != '\t')
		return 0;
	while (n > 0 && line[n - 1] == ' ')
		n--;
	return n;
}

bool
talk_list_is(const char *list, const char *const *modules, size_t n, char *dst, size_t size)
{
	size_t found = 0;

	for (const char *line = list; *line != '\0'; line = next_line(line)) {
		size_t k = name_length(line), i = 0;

		while (i < n && (strlen(modules[i]) != k || strncmp(modules[i], line, k) != 0))
			i++;
		if (k > 0 && i == n) {
			snprintf(dst, size, "it lists %.*s", (int)k, line);
			return false;
		}
		found += k > 0;
	}
	snprintf(dst, size, "it lists %zu modules", found);
	return found == n;
}

void
talk_done(struct talk *t)
{
	stream_close(t->stream);
	buf_done(&t->in);
	*t = (struct talk){ .stream = NULL };
}

#include "deploy/status/scrape.h"

#include <errno.h>
#include <string.h>

#include "deploy/verify/tls.h"
#include "lib/err.h"

enum { CONNECT_MS = 2000, CHUNK = 65536 };

/* An older version of HTTP: the answer is one piece, and ends with the connection. */
static const char REQUEST[] = "GET /metrics HTTP/1.0\r\n\r\n";

static int
hear(struct stream *s, struct buf *ret)
{
	uint8_t *room;
	int n;

	do {
		if (buf_len(ret) > SCRAPE_MAX)
			return E_LIMIT;
		if ((room = buf_reserve(ret, CHUNK)) == NULL)
			return -ENOMEM;
		if ((n = stream_read(s, room, CHUNK)) > 0)
			buf_commit(ret, (size_t)n);
	} while (n > 0);
	return n;
}

bool
scrape_body(struct buf *answer)
{
	const char *text = buf_cstr(answer), *end;

	if (text == NULL || strncmp(text, "HTTP/1.", 7) != 0 || strncmp(text + 8, " 200", 4) != 0 || (end = strstr(text, "\r\n\r\n")) == NULL)
		return false;
	buf_consume(answer, (size_t)(end + 4 - text));
	return true;
}

int
scrape(const char *path, struct buf *ret)
{
	struct stream *s = NULL;
	struct addr at;
	int r;

	if (addr_parse(path, 0, &at) != 0)
		return E_LIMIT;
	if ((r = stream_open(&at, CONNECT_MS, (unsigned)-1, 0, &s)) == 0 && (r = stream_write(s, REQUEST, sizeof REQUEST - 1)) == 0)
		r = hear(s, ret);
	stream_close(s);
	return r != 0 ? r : scrape_body(ret) ? 0 : E_FORMAT;
}

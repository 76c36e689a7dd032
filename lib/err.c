#include "lib/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	int code;
	const char *text;
} texts[] = {
	{ 0, "success" },
	{ E_SHORT, "message cut short" },
	{ E_FORMAT, "malformed message" },
	{ E_LIMIT, "value out of bounds" },
	{ E_DENIED, "denied" },
	{ E_BREACH, "request out of order between our own processes" },
	{ E_UNSUPPORTED, "not supported" },
	{ E_CONF, "configuration refused" },
	{ E_EOF, "connection unexpectedly closed" },
	{ E_TIMEOUT, "timed out" },
	{ E_WANT_READ, "waiting for input" },
	{ E_WANT_WRITE, "waiting for room" },
	{ E_TLS, "TLS failure" },
	{ E_VERIFY, "certificate refused" },
	{ E_PEER, "the peer gave up" },
	{ E_WORK, "more work than one connection gets" },
	{ E_WANT_ANSWER, "waiting for an answer" },
};

const char *
err_text(int code)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].code == code)
			return texts[i].text;
	return code < 0 && code > -1000 ? strerror(-code) : "unknown error";
}

int
conf_err_set(struct conf_err *e, const char *path, unsigned line, const char *fmt, ...)
{
	va_list ap;

	snprintf(e->path, sizeof e->path, "%s", path == NULL ? "" : path);
	e->line = line;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return E_CONF;
}

const char *
conf_err_print(const struct conf_err *e, char *dst, size_t size)
{
	if (e->path[0] == '\0')
		snprintf(dst, size, "%s", e->text);
	else if (e->line == 0)
		snprintf(dst, size, "%s: %s", e->path, e->text);
	else
		snprintf(dst, size, "%s:%u: %s", e->path, e->line, e->text);
	return dst;
}

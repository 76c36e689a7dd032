#include "syncd/policy/hook.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "syncd/policy/conf.h"
#include "syncd/types.h"

/* How a shell reads the next character. */
struct quoting {
	char in;		/* the quote that is open, or '\0' */
	bool escaped;
};

static void
step(struct quoting *q, char c)
{
	if (q->escaped)
		q->escaped = false;
	else if (c == '\\' && q->in != '\'')
		q->escaped = true;
	else if (q->in == '\0' && (c == '\'' || c == '"'))
		q->in = c;
	else if (q->in == c)
		q->in = '\0';
}

static bool
is_harmless(const char *value)
{
	for (; *value != '\0'; value++)
		if ((unsigned char)*value <= ' ' || *value == 0x7f || strchr("'\"`$\\;&|<>()*?[]#!~{}", *value) != NULL)
			return false;
	return true;
}

/* Between double quotes the quotes that are put in are seen, as with rsync. */
static int
put_value(struct buf *out, struct quoting *q, const char *name, const char *value)
{
	bool ours = strncmp(name, "RSYNC_", 6) == 0, quote = ours && q->in != '\'' && !q->escaped;

	if (ours && !is_harmless(value))
		return E_DENIED;
	if (quote)
		buf_u8(out, '\'');
	buf_text(out, value);
	if (quote)
		buf_u8(out, '\'');
	while (*value != '\0')
		step(q, *value++);
	return 0;
}

static int
put_all(struct buf *out, const char *text, const char *(*get)(void *, const char *), void *arg)
{
	struct quoting q = { '\0', false };
	int r = 0;

	while (*text != '\0' && r == 0) {
		char name[128];
		const char *rest = conf_variable(text, name, sizeof name), *value = rest == NULL ? NULL : get(arg, name);

		if (value != NULL) {
			r = put_value(out, &q, name, value);
			text = rest;
		} else {
			step(&q, *text);
			buf_u8(out, (uint8_t)*text++);
		}
	}
	buf_u8(out, 0);
	return r != 0 ? r : out->err != 0 ? out->err : buf_len(out) > LINE_MAX_BYTES ? E_LIMIT : 0;
}

int
hook_command(const char *text, const char *(*get)(void *, const char *), void *arg, char **ret)
{
	struct buf out = BUF_INIT;
	int r = put_all(&out, text, get, arg);

	if (r == 0)
		*ret = (char *)out.data;	/* nothing was consumed: head is 0 */
	else
		buf_done(&out);
	return r;
}

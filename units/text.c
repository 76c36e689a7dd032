#include "units/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"

static void
fail(struct text *t, int err)
{
	if (t->err == 0)
		t->err = err;
}

void
text_line(struct text *t, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof line)
		fail(t, E_LIMIT);
	buf_text(t->out, line);
	buf_u8(t->out, '\n');
}

void
text_because(struct text *t, const char *why, const char *line)
{
	if (why != NULL)
		text_line(t, "# %s", why);
	text_line(t, "%s", line);
}

void
text_raw(struct text *t, const char *ours)
{
	buf_text(t->out, ours);
}

int
text_check(enum text_kind kind, const char *word)
{
	if (word == NULL)
		return 0;
	if (word[0] == '\0')
		return E_FORMAT;
	for (const char *c = word; *c != '\0'; c++) {
		if (iscntrl((unsigned char)*c))
			return E_FORMAT;
		if (kind == TEXT_PLAIN && !isalnum((unsigned char)*c) && strchr("._-+:/[]@", *c) == NULL)
			return E_FORMAT;
	}
	return kind == TEXT_PLAIN && (word[0] == '-' || word[0] == '+') ? E_FORMAT : 0;
}

static void
quoted(struct text *t, enum text_kind kind, const char *word)
{
	buf_u8(t->out, '"');
	for (const char *c = word; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			buf_u8(t->out, '\\');
		if (*c == '%' || (*c == '$' && kind == TEXT_COMMAND))
			buf_u8(t->out, (uint8_t)*c);
		buf_u8(t->out, (uint8_t)*c);
	}
	buf_u8(t->out, '"');
}

void
text_word(struct text *t, enum text_kind kind, const char *word)
{
	int r = text_check(kind, word);

	if (r != 0)
		fail(t, r);
	else if (text_check(TEXT_PLAIN, word) == 0)
		buf_text(t->out, word);
	else
		quoted(t, kind, word);
}

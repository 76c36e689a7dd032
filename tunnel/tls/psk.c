#include "tunnel/tls/psk.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/slurp.h"
#include "lib/trusted.h"

enum { KEY_MIN = 16, ROWS_MAX = 65536, PSK_FILE_MAX = 4 << 20 };

struct psk_table {
	struct psk *v;
	size_t n;
};

static int
nibble(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* Bytes in hexadecimal, colons between them allowed: their number, or 0 when it is no such text. */
static size_t
from_hex(const char *at, const char *end, unsigned char *dst, size_t size)
{
	size_t n = 0;

	while (at < end) {
		if (end - at < 2 || !isxdigit((unsigned char)at[0]) || !isxdigit((unsigned char)at[1]) || n == size)
			return 0;
		dst[n++] = (unsigned char)(nibble(at[0]) << 4 | nibble(at[1]));
		at += 2;
		if (at < end && *at == ':' && ++at == end)
			return 0;
	}
	return n;
}

static const char *
parse_key(struct psk *p, const char *at, const char *end)
{
	size_t n = (size_t)(end - at);

	if ((p->n = from_hex(at, end, p->key, sizeof p->key)) == 0) {
		if (n > sizeof p->key)
			return "Key too long";
		memcpy(p->key, at, n);
		p->n = n;
	}
	return p->n < KEY_MIN ? "Key shorter than 16 bytes" : NULL;
}

/* What is wrong with the line, or NULL. */
static const char *
parse_line(struct psk_table *t, const char *at, const char *end)
{
	const char *colon = memchr(at, ':', (size_t)(end - at)), *wrong;
	struct psk *p = &t->v[t->n];

	if (colon == NULL || colon == at)
		return "Not in identity:key format";
	if (colon - at > PSK_MAX_IDENTITY_LEN - 1)
		return "Identity too long";
	if (memchr(at, '\0', (size_t)(colon - at)) != NULL)
		return "Not in identity:key format";
	if ((wrong = parse_key(p, colon + 1, end)) != NULL)
		return wrong;
	if ((p->identity = strndup(at, (size_t)(colon - at))) == NULL)
		return "Out of memory";
	t->n++;
	return NULL;
}

static size_t
count_lines(const char *text, size_t size)
{
	size_t n = 1;

	for (size_t i = 0; i < size; i++)
		n += text[i] == '\n';
	return n;
}

int
psk_parse(const char *text, size_t size, struct psk_table **ret, struct conf_err *e)
{
	struct psk_table *t = calloc(1, sizeof *t);
	const char *at = text, *end = text + size, *nl, *stop, *wrong = NULL;
	size_t lines = count_lines(text, size);
	unsigned line = 0;

	if (lines > ROWS_MAX || t == NULL || (t->v = calloc(lines, sizeof *t->v)) == NULL) {
		free(t);
		return -ENOMEM;
	}
	for (; at < end && wrong == NULL; at = nl + 1) {
		line++;
		if ((nl = memchr(at, '\n', (size_t)(end - at))) == NULL)
			nl = end;
		stop = nl > at && nl[-1] == '\r' ? nl - 1 : nl;
		if (stop > at)
			wrong = parse_line(t, at, stop);
	}
	if (wrong == NULL && t->n == 0)
		wrong = "No key";
	if (wrong != NULL) {
		psk_free(t);
		return conf_err_set(e, NULL, 0, "PSKsecrets line %u: %s", line, wrong);
	}
	*ret = t;
	return 0;
}

int
psk_load(const char *path, struct psk_table **ret, struct conf_err *e)
{
	struct buf text = BUF_INIT;
	int r;

	if ((r = slurp_trusted(path, PSK_FILE_MAX, &text)) == 0)
		r = psk_parse((const char *)buf_head(&text), buf_len(&text), ret, e);
	else
		r = conf_err_set(e, NULL, 0, "PSKsecrets: cannot read %s: %s", path, trusted_error(r));
	buf_wipe(&text);
	return r;
}

void
psk_free(struct psk_table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n; i++)
		free((char *)t->v[i].identity);
	if (t->n > 0)
		explicit_bzero(t->v, t->n * sizeof *t->v);
	free(t->v);
	free(t);
}

/* The last line of an identity counts, as a repeated setting would. */
const struct psk *
psk_find(const struct psk_table *t, const char *identity)
{
	if (identity == NULL)
		return t->n > 0 ? &t->v[0] : NULL;
	for (size_t i = t->n; i-- > 0;)
		if (strcmp(t->v[i].identity, identity) == 0)
			return &t->v[i];
	return NULL;
}

void
psk_each(const struct psk_table *t, void (*add)(void *arg, const void *bytes, size_t n), void *arg)
{
	for (size_t i = 0; t != NULL && i < t->n; i++) {
		add(arg, t->v[i].identity, strlen(t->v[i].identity));
		add(arg, t->v[i].key, t->v[i].n);
	}
}

#include "deploy/flat.h"

#include <stdio.h>
#include <string.h>

#include "lib/err.h"

enum { KEY_SIZE = 32, UNUSED_SIZE = 64 };

struct reader {
	const char *at;
	int bad;
};

static void
blanks(struct reader *r)
{
	r->at += strspn(r->at, " \t\r\n");
}

static int
take(struct reader *r, char c)
{
	blanks(r);
	if (*r->at != c)
		return 0;
	r->at++;
	return 1;
}

static void
want(struct reader *r, char c)
{
	if (!take(r, c))
		r->bad = 1;
}

/* The character behind "\u", as UTF-8 at dst; those of two halves become "?".  How many bytes, or 0. */
static size_t
unescape_hex(struct reader *r, char dst[4])
{
	unsigned v = 0;

	for (int i = 0; i < 4; i++) {
		const char *digits = "0123456789abcdef", *d = *r->at == '\0' ? NULL : strchr(digits, *r->at | 0x20);

		if (d == NULL || *r->at < '0')
			return 0;
		v = v << 4 | (unsigned)(d - digits);
		r->at++;
	}
	if (v == 0 || (v >= 0xd800 && v < 0xe000))
		v = '?';
	if (v < 0x80)
		return (size_t)snprintf(dst, 4, "%c", (int)v);
	if (v < 0x800)
		return (size_t)snprintf(dst, 4, "%c%c", (int)(0xc0 | v >> 6), (int)(0x80 | (v & 0x3f)));
	return (size_t)snprintf(dst, 4, "%c%c%c", (int)(0xe0 | v >> 12), (int)(0x80 | (v >> 6 & 0x3f)), (int)(0x80 | (v & 0x3f)));
}

static size_t
unescape(struct reader *r, char dst[4])
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *known = *r->at == '\0' ? NULL : strchr(from, *r->at);

	if (*r->at == 'u') {
		r->at++;
		return unescape_hex(r, dst);
	}
	if (known == NULL)
		return 0;
	r->at++;
	dst[0] = to[known - from];
	return 1;
}

/* A text behind its first quote; what does not fit is read and left out. */
static void
read_text(struct reader *r, char *dst, size_t size)
{
	size_t n = 0, k;
	char c[4];

	want(r, '"');
	for (int full = 0; !r->bad && *r->at != '"'; n += full ? 0 : k) {
		if ((unsigned char)*r->at < 0x20) {
			r->bad = 1;
			break;
		}
		c[0] = *r->at++;
		k = c[0] == '\\' ? unescape(r, c) : 1;
		r->bad = k == 0;
		full = full || n + k >= size;
		if (!full)
			memcpy(dst + n, c, k);
	}
	r->at += !r->bad;
	dst[r->bad ? 0 : n] = '\0';
}

/* Thousandths, so that seconds keep theirs.  What is too large is the largest: one number that a stranger chose takes no other away. */
static int64_t
read_number(struct reader *r)
{
	int negative = take(r, '-'), digits = 0, behind = -1;
	int64_t v = 0;

	for (; (*r->at >= '0' && *r->at <= '9') || (*r->at == '.' && digits > 0 && behind < 0); r->at++) {
		if (*r->at == '.') {
			behind = 0;
		} else if (behind < 3) {
			v = v > (INT64_MAX - 9) / 10 ? INT64_MAX : v * 10 + (*r->at - '0');
			behind += behind >= 0;
		}
		digits++;
	}
	r->bad = r->bad || digits == 0 || behind == 0;
	for (behind = behind < 0 ? 0 : behind; behind < 3; behind++)
		v = v > INT64_MAX / 10 ? INT64_MAX : v * 10;
	return negative ? -v : v;
}

static const struct flat_member *
find_member(const char *name, const struct flat_member *members, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(members[i].name, name) == 0)
			return &members[i];
	return NULL;
}

static void
read_member(struct reader *r, const struct flat_member *members, size_t n, void *ret)
{
	char name[KEY_SIZE], unused[UNUSED_SIZE];
	const struct flat_member *m;
	int64_t v;

	read_text(r, name, sizeof name);
	m = find_member(name, members, n);
	want(r, ':');
	blanks(r);
	if (*r->at == '"') {
		r->bad = r->bad || (m != NULL && m->size == 0);
		read_text(r, m == NULL || m->size == 0 ? unused : (char *)ret + m->at, m == NULL || m->size == 0 ? sizeof unused : m->size);
		return;
	}
	v = read_number(r);
	r->bad = r->bad || (m != NULL && m->size != 0);
	if (!r->bad && m != NULL)
		*(int64_t *)(void *)((char *)ret + m->at) = v / m->unit;
}

int
flat_object(const char **text, const struct flat_member *members, size_t n, void *ret)
{
	struct reader r = { *text, 0 };

	want(&r, '{');
	do
		read_member(&r, members, n, ret);
	while (!r.bad && take(&r, ','));
	want(&r, '}');
	blanks(&r);
	*text = r.at;
	return r.bad ? E_FORMAT : 0;
}

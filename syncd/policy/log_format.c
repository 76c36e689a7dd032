/* Log lines of transfers. */
#include "syncd/policy/log_format.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/err.h"
#include "syncd/types.h"

enum {
	NUMBER_SIZE = 40,
	DIGITS_MAX = 23,	/* of a width; more, and it is no escape */
};

struct escape {
	char letter;
	bool left;
	unsigned human;		/* apostrophes: 1 groups digits, 2 counts in units of 1000, 3 of 1024 */
	size_t width;
	size_t length;		/* of it all, the percent sign counted */
};

/* The escape that text, a percent sign, begins: % ' - digits ' letter.  0 or E_FORMAT. */
static int
parse(const char *text, struct escape *e)
{
	const char *p = text + 1, *digits;

	*e = (struct escape){ .left = false };
	for (; *p == '\''; p++)
		e->human++;
	if (*p == '-') {
		e->left = true;
		p++;
	}
	for (digits = p; isdigit((unsigned char)*p); p++) {
		e->width = e->width * 10 + (size_t)(*p - '0');
		e->width = e->width > LOG_FORMAT_WIDTH_MAX ? LOG_FORMAT_WIDTH_MAX : e->width;
	}
	if (p - digits > DIGITS_MAX)
		return E_FORMAT;
	for (; *p == '\''; p++)
		e->human++;
	e->letter = *p;
	e->length = (size_t)(p - text) + (*p != '\0');
	return *p == '\0' ? E_FORMAT : 0;
}

/* --- values --------------------------------------------------------------------------------- */

/* Digits in groups of three. */
static void
put_grouped(char dst[NUMBER_SIZE], uint64_t value)
{
	char digits[NUMBER_SIZE];
	size_t n = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)value), at = 0;

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			dst[at++] = ',';
		dst[at++] = digits[i];
	}
	dst[at] = '\0';
}

static void
put_units(char dst[NUMBER_SIZE], uint64_t value, unsigned unit)
{
	static const char names[] = "KMGTP";
	double v = (double)value / unit;
	size_t i = 0;

	for (; v >= unit && names[i + 1] != '\0'; i++)
		v /= unit;
	snprintf(dst, NUMBER_SIZE, "%.2f%c", v, names[i]);
}

static const char *
number(char dst[NUMBER_SIZE], uint64_t value, unsigned human)
{
	unsigned unit = human == 2 ? 1000 : 1024;

	if (human == 0)
		snprintf(dst, NUMBER_SIZE, "%llu", (unsigned long long)value);
	else if (human == 1 || value < unit)
		put_grouped(dst, value);
	else
		put_units(dst, value, unit);
	return dst;
}

static const char *
signed_number(char dst[NUMBER_SIZE], int64_t value)
{
	snprintf(dst, NUMBER_SIZE, "%lld", (long long)value);
	return dst;
}

/* rwxr-xr-x with s, S, t and T. */
static const char *
permissions(char dst[NUMBER_SIZE], uint32_t mode)
{
	static const char letters[] = "rwxrwxrwx";
	static const struct { uint32_t bit; size_t at; char set, alone; } special[] = {
		{ S_ISUID, 2, 's', 'S' }, { S_ISGID, 5, 's', 'S' }, { S_ISVTX, 8, 't', 'T' },
	};

	for (size_t i = 0; i < 9; i++)
		dst[i] = mode & 0400u >> i ? letters[i] : '-';
	dst[9] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(special); i++)
		if (mode & special[i].bit)
			dst[special[i].at] = dst[special[i].at] == 'x' ? special[i].set : special[i].alone;
	return dst;
}

static const char *
moment(char dst[NUMBER_SIZE], time_t t, char between)
{
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL)
		memset(&tm, 0, sizeof tm);
	snprintf(dst, NUMBER_SIZE, "%d/%02d/%02d%c%02d:%02d:%02d", 1900 + tm.tm_year % 1000000, tm.tm_mon + 1, tm.tm_mday, between, tm.tm_hour,
	    tm.tm_min, tm.tm_sec);
	return dst;
}

static const char *
checksum(char dst[2 * DIGEST_MAX + 1], const struct log_facts *f)
{
	size_t n = f->sum_len < DIGEST_MAX ? f->sum_len : DIGEST_MAX;

	dst[0] = '\0';
	for (size_t i = 0; i < n; i++)
		snprintf(dst + 2 * i, 3, "%02x", f->sum[i]);
	return dst;
}

/* The value of an escape, perhaps in room (which has room for every one that is made there); NULL: there is no such escape. */
static const char *
value_of(const struct escape *e, const struct log_facts *f, char room[2 * DIGEST_MAX + 1])
{
	switch (e->letter) {
	case 'a': return f->addr;
	case 'h': return f->host;
	case 'b': return number(room, f->bytes, e->human);
	case 'c': return number(room, f->other, e->human);
	case 'B': return permissions(room, f->mode);
	case 'C': return checksum(room, f);
	case 'f': return f->file;
	case 'G': return f->gid < 0 ? "DEFAULT" : signed_number(room, f->gid);
	case 'U': return signed_number(room, f->uid);
	case 'i': return f->item;
	case 'l': return f->length < 0 ? signed_number(room, f->length) : number(room, (uint64_t)f->length, e->human);
	case 'm': return f->module;
	case 'P': return f->path;
	case 'M': return moment(room, (time_t)f->mtime, '-');
	case 'n': return f->name;
	case 'o': return f->op;
	case 'p': return signed_number(room, f->pid);
	case 't': return moment(room, f->now, ' ');
	case 'u': return f->user;
	case '%': return "%";
	default: return NULL;
	}
}

static void
put_padded(struct buf *out, const struct escape *e, const char *text)
{
	size_t n = strlen(text), pad = e->width > n ? e->width - n : 0;

	if (!e->left)
		buf_printf(out, "%*s", (int)pad, "");
	buf_text(out, text);
	if (e->left)
		buf_printf(out, "%*s", (int)pad, "");
}

/* %L: the mark stands outside of the width, and has blanks in its place where a width is kept for nothing. */
static void
put_link(struct buf *out, const struct escape *e, const struct log_facts *f)
{
	buf_text(out, f->link_mark[0] == '\0' && e->width > 0 ? "    " : f->link_mark);
	put_padded(out, e, f->link);
}

/* --- lines ------------------------------------------------------------------------------------ */

bool
log_format_has(const char *format, const char *escapes)
{
	struct escape e;

	for (const char *p = strchr(format, '%'); p != NULL; p = strchr(p, '%')) {
		if (parse(p, &e) != 0) {
			p++;
			continue;
		}
		if (strchr(escapes, e.letter) != NULL)
			return true;
		p += e.length;
	}
	return false;
}

/* One escape; false: it is none. */
static bool
put_escape(struct buf *out, const struct escape *e, const struct log_facts *f)
{
	char room[2 * DIGEST_MAX + 1];
	const char *value;

	_Static_assert(sizeof room >= NUMBER_SIZE, "every value is made there");
	if (e->letter == 'L')
		put_link(out, e, f);
	else if (e->letter == 'C' && f->sum == NULL)
		buf_printf(out, "%*s", (int)(2 * f->sum_len), "");	/* whatever the width */
	else if ((value = value_of(e, f, room)) != NULL)
		put_padded(out, e, value);
	else
		return false;
	return true;
}

void
log_format_put(struct buf *out, const char *format, const struct log_facts *f)
{
	struct escape e;

	while (*format != '\0') {
		size_t plain = strcspn(format, "%");

		buf_put(out, format, plain);
		if (*(format += plain) == '\0')
			return;
		if (parse(format, &e) != 0 || !put_escape(out, &e, f)) {
			buf_u8(out, '%');	/* as it stands */
			e.length = 1;
		}
		format += e.length;
	}
}

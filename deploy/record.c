#include "deploy/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "lib/err.h"

enum { KEY_SIZE = 32, EXIT_KILLED = -1 };

/* --- reading ------------------------------------------------------------------------------------ */

struct reader {
	const char *at;
	int bad;
};

static void
blanks(struct reader *r)
{
	r->at += strspn(r->at, " ");
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

/* Thousandths, so that seconds keep theirs. */
static int64_t
read_number(struct reader *r)
{
	int negative = take(r, '-'), digits = 0, behind = -1;
	int64_t v = 0;

	for (; (*r->at >= '0' && *r->at <= '9') || (*r->at == '.' && digits > 0 && behind < 0); r->at++) {
		if (*r->at == '.') {
			behind = 0;
		} else if (behind < 3) {
			if (v > (INT64_MAX - 9) / 10) {
				r->bad = 1;
				return 0;
			}
			v = v * 10 + (*r->at - '0');
			behind += behind >= 0;
		}
		digits++;
	}
	r->bad = r->bad || digits == 0 || behind == 0;
	for (behind = behind < 0 ? 0 : behind; behind < 3 && v <= INT64_MAX / 10; behind++)
		v *= 10;
	return negative ? -v : v;
}

#define TEXT(f) { #f, offsetof(struct record, f), sizeof ((struct record *)0)->f, 0 }
#define NUMBER(f) { #f, offsetof(struct record, f), 0, 1000 }
static const struct member {
	const char *name;
	size_t at, size;	/* size: of a text, or 0 */
	int64_t unit;		/* of a number, in thousandths */
} members[] = {
	TEXT(event), TEXT(address), TEXT(certificate), TEXT(module), TEXT(user), TEXT(direction), TEXT(text),
	NUMBER(level), NUMBER(files), NUMBER(file_bytes), NUMBER(result), { "seconds", offsetof(struct record, ms), 0, 1 },
};

static const struct member *
find_member(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		if (strcmp(members[i].name, name) == 0)
			return &members[i];
	return NULL;
}

static void
read_member(struct reader *r, struct record *ret)
{
	char name[KEY_SIZE], unused[RECORD_TEXT_SIZE];
	const struct member *m;
	int64_t v;

	read_text(r, name, sizeof name);
	m = find_member(name);
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
	ret->has_totals |= strcmp(name, "files") == 0;
}

int
record_parse(const char *line, struct record *ret)
{
	struct reader r = { line, 0 };

	*ret = (struct record){ .level = 0 };
	want(&r, '{');
	do
		read_member(&r, ret);
	while (!r.bad && take(&r, ','));
	want(&r, '}');
	blanks(&r);
	return r.bad || *r.at != '\0' ? E_FORMAT : 0;
}

int
record_tunnel(const char *line, const char **ret_text)
{
	const char *log = strstr(line, " LOG"), *text;

	if (log == NULL || log - line > 24 || log[4] < '0' || log[4] > '7' || log[5] != '[' || (text = strstr(log, "]: ")) == NULL)
		return -1;
	*ret_text = text + 3;
	return log[4] - '0';
}

/* "LOG5[ID]: Service [serve] accepted connection from ADDRESS:PORT" */
static void
note_peer(const char *id, const char *text, struct record_peer *peer)
{
	const char *from = strstr(text, "] accepted connection from "), *port;

	if (from == NULL)
		return;
	from += sizeof "] accepted connection from " - 1;
	port = strrchr(from, ':');
	snprintf(peer->id, sizeof peer->id, "%s", id);
	snprintf(peer->address, sizeof peer->address, "%.*s", (int)(port == NULL ? strlen(from) : (size_t)(port - from)), from);
}

/* The library's reason is behind the last colon: "SSL_accept: FILE:LINE: error:NUMBER:SSL routines::reason". */
static const char *
reason_of(const char *text)
{
	const char *error = strstr(text, "error:"), *last = error == NULL ? NULL : strrchr(error, ':');

	return last == NULL || last[1] == '\0' ? text : last + 1;
}

char *
record_tunnel_words(const char *line, struct record_peer *peer, char *dst, size_t size)
{
	const char *text;
	char id[sizeof peer->id];
	int level = record_tunnel(line, &text), known;

	dst[0] = '\0';
	if (level < 0)
		return dst;
	snprintf(id, sizeof id, "%.*s", (int)strcspn(strchr(line, '[') + 1, "]"), strchr(line, '[') + 1);
	note_peer(id, text, peer);
	known = peer->id[0] != '\0' && strcmp(peer->id, id) == 0;
	if (level <= LOG_WARNING)
		snprintf(dst, size, "%s: %s", known ? peer->address : "tunnel", reason_of(text));
	return dst;
}

/* --- telling ------------------------------------------------------------------------------------ */

/* "999 bytes", "3.4 MB": of 1000. */
static void
put_bytes(int64_t n, char *dst, size_t size)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	double v = (double)n / 1000;
	size_t i = 0;

	if (n < 1000) {
		snprintf(dst, size, "%" PRId64 " byte%s", n, n == 1 ? "" : "s");
		return;
	}
	for (; v >= 999.95 && i + 1 < ARRAY_LEN(units); v /= 1000)
		i++;
	snprintf(dst, size, "%.1f %s", v, units[i]);
}

static void
put_transfer(const struct record *r, char *dst, size_t size)
{
	char bytes[32], how[48] = "";

	if (r->result == EXIT_KILLED)
		snprintf(how, sizeof how, "; it was killed");
	else if (r->result != 0)
		snprintf(how, sizeof how, "; it ended with status %" PRId64, r->result);
	if (!r->has_totals) {
		snprintf(dst, size, "%s after %.1f s%s", r->result == 0 ? "ended" : "broke off", (double)r->ms / 1000, how);
		return;
	}
	put_bytes(r->file_bytes, bytes, sizeof bytes);
	snprintf(dst, size, "%s %" PRId64 " file%s, %s in %.1f s%s", strcmp(r->direction, "in") == 0 ? "pushed" : "pulled", r->files,
	    r->files == 1 ? "" : "s", bytes, (double)r->ms / 1000, how);
}

int
record_is_error(const struct record *r)
{
	return r->level <= LOG_WARNING || r->result != 0;
}

char *
record_words(const struct record *r, char *dst, size_t size)
{
	char what[RECORD_TEXT_SIZE] = "", who[sizeof r->address + sizeof r->certificate + 8];
	const char *between = " ";

	if (strcmp(r->event, "connect") == 0) {
		snprintf(what, sizeof what, "connected");
	} else if (strcmp(r->event, "transfer") == 0) {
		put_transfer(r, what, sizeof what);
	} else if (record_is_error(r)) {
		snprintf(what, sizeof what, "%s", r->text);
		between = ": ";
	}
	snprintf(who, sizeof who, "%s%s%s%s", r->address, r->certificate[0] == '\0' ? "" : " (", r->certificate,
	    r->certificate[0] == '\0' ? "" : ")");
	if (what[0] == '\0')
		dst[0] = '\0';
	else
		snprintf(dst, size, "%s%s%s", who, who[0] == '\0' ? "" : between, what);
	return dst;
}

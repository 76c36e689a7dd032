#include "deploy/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "deploy/flat.h"
#include "lib/err.h"

enum { EXIT_KILLED = -1 };

/* --- reading ------------------------------------------------------------------------------------ */

#define TEXT(f) FLAT_TEXT(struct record, #f, f)
#define NUMBER(f) FLAT_NUMBER(struct record, #f, f)
static const struct flat_member members[] = {
	TEXT(event), TEXT(address), TEXT(certificate), TEXT(module), TEXT(user), TEXT(direction), TEXT(text),
	NUMBER(level), NUMBER(files), NUMBER(file_bytes), NUMBER(result), { "seconds", offsetof(struct record, ms), 0, 1 },
};

int
record_parse(const char *line, struct record *ret)
{
	*ret = (struct record){ .files = INT64_MIN };
	if (flat_object(&line, members, ARRAY_LEN(members), ret) != 0)
		return E_FORMAT;
	ret->has_totals = ret->files != INT64_MIN;
	ret->files = ret->has_totals ? ret->files : 0;
	return *line != '\0' ? E_FORMAT : 0;
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

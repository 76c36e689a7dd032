#include "tunnel/conf/sockopt.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "lib/err.h"
#include "lib/num.h"

enum shape { FLAG, NUMBER, LINGER, TIME, TEXT };

static const struct {
	const char *name;
	int level, option;
	enum shape shape;
} rows[] = {
	{ "SO_DEBUG", SOL_SOCKET, SO_DEBUG, FLAG },
	{ "SO_DONTROUTE", SOL_SOCKET, SO_DONTROUTE, FLAG },
	{ "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, FLAG },
	{ "SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE, FLAG },
	{ "SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR, FLAG },
	{ "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, FLAG },
	{ "IP_FREEBIND", IPPROTO_IP, IP_FREEBIND, FLAG },
	{ "IPV6_V6ONLY", IPPROTO_IPV6, IPV6_V6ONLY, FLAG },
	{ "SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, NUMBER },
	{ "SO_SNDBUF", SOL_SOCKET, SO_SNDBUF, NUMBER },
	{ "SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT, NUMBER },
	{ "SO_SNDLOWAT", SOL_SOCKET, SO_SNDLOWAT, NUMBER },
	{ "TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, NUMBER },
	{ "TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, NUMBER },
	{ "TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, NUMBER },
	{ "IP_TOS", IPPROTO_IP, IP_TOS, NUMBER },
	{ "IP_TTL", IPPROTO_IP, IP_TTL, NUMBER },
	{ "SO_LINGER", SOL_SOCKET, SO_LINGER, LINGER },
	{ "SO_RCVTIMEO", SOL_SOCKET, SO_RCVTIMEO, TIME },
	{ "SO_SNDTIMEO", SOL_SOCKET, SO_SNDTIMEO, TIME },
	{ "SO_BINDTODEVICE", SOL_SOCKET, SO_BINDTODEVICE, TEXT },
};

static int
find_row(const char *name, size_t n, size_t *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strlen(rows[i].name) == n && strncmp(rows[i].name, name, n) == 0) {
			*ret = i;
			return 0;
		}
	return E_FORMAT;
}

static int
number(const char *text, long *ret)
{
	int64_t v;
	int r = num_parse(text, 0, INT32_MAX, &v);

	if (r == 0)
		*ret = (long)v;
	return r;
}

/* "A" or "A:B". */
static int
pair(const char *text, long value[2])
{
	char first[24];
	size_t n = strcspn(text, ":");

	if (n >= sizeof first)
		return E_FORMAT;
	memcpy(first, text, n);
	first[n] = '\0';
	if (number(first, &value[0]) != 0)
		return E_FORMAT;
	return text[n] == ':' ? number(text + n + 1, &value[1]) : 0;
}

static int
flag(const char *text, long *ret)
{
	*ret = strcasecmp(text, "yes") == 0 || strcmp(text, "1") == 0;
	return *ret || strcasecmp(text, "no") == 0 || strcmp(text, "0") == 0 ? 0 : E_FORMAT;
}

static int
parse_value(struct sockopt *o, const char *text)
{
	switch (rows[o->row].shape) {
	case FLAG:
		return flag(text, &o->value[0]);
	case NUMBER:
		return number(text, &o->value[0]);
	case LINGER:
	case TIME:
		return pair(text, o->value);
	case TEXT:
		if (text[0] == '\0' || strlen(text) >= sizeof o->text)
			return E_FORMAT;
		strcpy(o->text, text);
		return 0;
	}
	return E_FORMAT;
}

int
sockopt_add(struct sockopt_set *set, const char *text)
{
	struct sockopt o = { .kind = (enum sockopt_kind)text[0] };
	const char *eq = strchr(text, '=');
	size_t i;

	if (text[0] == '\0' || strchr("alr", text[0]) == NULL || text[1] != ':' || eq == NULL)
		return E_FORMAT;
	if (find_row(text + 2, (size_t)(eq - text - 2), &o.row) != 0 || parse_value(&o, eq + 1) != 0)
		return E_FORMAT;
	for (i = 0; i < set->n; i++)
		if (set->v[i].kind == o.kind && set->v[i].row == o.row)
			break;
	if (i == SOCKOPT_MAX)
		return E_LIMIT;
	set->v[i] = o;
	if (i == set->n)
		set->n++;
	return 0;
}

static int
apply_one(const struct sockopt *o, int fd)
{
	int number_value = (int)o->value[0];
	struct linger linger = { number_value, (int)o->value[1] };
	struct timeval tv = { o->value[0], o->value[1] };
	const void *value = &number_value;
	socklen_t len = sizeof number_value;

	if (rows[o->row].shape == LINGER) {
		value = &linger;
		len = sizeof linger;
	} else if (rows[o->row].shape == TIME) {
		value = &tv;
		len = sizeof tv;
	} else if (rows[o->row].shape == TEXT) {
		value = o->text;
		len = (socklen_t)strlen(o->text) + 1;
	}
	return setsockopt(fd, rows[o->row].level, rows[o->row].option, value, len);
}

static int
fits_family(int level, int family)
{
	if (level == IPPROTO_TCP)
		return family == AF_INET || family == AF_INET6;
	return level == SOL_SOCKET || (level == IPPROTO_IP && family == AF_INET) ||
	    (level == IPPROTO_IPV6 && family == AF_INET6);
}

const char *
sockopt_apply(const struct sockopt_set *set, enum sockopt_kind kind, int fd, int family)
{
	const char *refused = NULL;

	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].kind == kind && fits_family(rows[set->v[i].row].level, family) &&
		    apply_one(&set->v[i], fd) < 0 && refused == NULL)
			refused = rows[set->v[i].row].name;
	return refused;
}

const char *
sockopt_name_at(size_t i, const char **ret_shape)
{
	static const char *const shapes[] = {
		[FLAG] = "yes/no", [NUMBER] = "number", [LINGER] = "onoff:seconds", [TIME] = "seconds:microseconds",
		[TEXT] = "text",
	};

	if (i >= ARRAY_LEN(rows))
		return NULL;
	*ret_shape = shapes[rows[i].shape];
	return rows[i].name;
}

void
sockopt_dump(const struct sockopt_set *set, struct buf *out)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct sockopt *o = &set->v[i];

		buf_printf(out, "socket = %c:%s=", o->kind, rows[o->row].name);
		if (rows[o->row].shape == TEXT)
			buf_printf(out, "%s\n", o->text);
		else if (rows[o->row].shape == LINGER || rows[o->row].shape == TIME)
			buf_printf(out, "%ld:%ld\n", o->value[0], o->value[1]);
		else
			buf_printf(out, "%ld\n", o->value[0]);
	}
}

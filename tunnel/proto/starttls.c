#include "tunnel/proto/starttls.h"

#include <netinet/in.h>
#include <string.h>
#include <strings.h>

const char *const starttls_names[] = {
	"none", "proxy", "cifs", "connect", "imap", "ldap", "nntp", "pgsql", "pop3", "smtp", "socks", "capwin", "capwinctrl", NULL
};

static const struct row {
	starttls_run client[ST_SLOTS], server[ST_SLOTS];
} rows[PROTOCOLS] = {
	[PROTOCOL_CIFS] = { .client[ST_MIDDLE] = cifs_client, .server[ST_EARLY] = cifs_server },
	[PROTOCOL_CONNECT] = { .client[ST_MIDDLE] = connect_client, .server[ST_EARLY] = connect_server },
	[PROTOCOL_IMAP] = { .client[ST_MIDDLE] = imap_client, .server[ST_MIDDLE] = imap_server },
	[PROTOCOL_LDAP] = { .client[ST_MIDDLE] = ldap_client },
	[PROTOCOL_NNTP] = { .client[ST_MIDDLE] = nntp_client },
	[PROTOCOL_PGSQL] = { .client[ST_MIDDLE] = pgsql_client, .server[ST_EARLY] = pgsql_server },
	[PROTOCOL_POP3] = { .client[ST_MIDDLE] = pop3_client, .server[ST_MIDDLE] = pop3_server },
	[PROTOCOL_SMTP] = { .client = { [ST_MIDDLE] = smtp_client, [ST_LATE] = smtp_login },
	    .server[ST_MIDDLE] = smtp_server },
	[PROTOCOL_SOCKS] = { .client[ST_LATE] = socks_client, .server[ST_INSIDE] = socks_server },
};

starttls_run
starttls_find(int protocol, int client, enum starttls_slot slot)
{
	return client ? rows[protocol].client[slot] : rows[protocol].server[slot];
}

int
starttls_connects_first(int protocol, int client)
{
	return client || rows[protocol].server[ST_MIDDLE] != NULL;
}

int
starttls_precedes(int protocol)
{
	return rows[protocol].server[ST_EARLY] != NULL || rows[protocol].server[ST_MIDDLE] != NULL;
}

/* This machine's own services are behind no other check than that they listen on the loopback, where any address that is none
 * leads as well. */
int
starttls_is_here(const struct addr *a)
{
	struct addr plain;

	addr_from((const struct sockaddr *)&a->ss, a->len, &plain);
	if (plain.ss.ss_family == AF_INET && (ntohl(((const struct sockaddr_in *)&plain.ss)->sin_addr.s_addr) >> 24) == 0)
		return 1;
	return addr_is_loopback(&plain) || (plain.ss.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)&plain.ss)->sin6_addr));
}

int
starttls_is_ignored(int protocol)
{
	return protocol == PROTOCOL_CAPWIN || protocol == PROTOCOL_CAPWINCTRL;
}

int
starttls_supported(int protocol, int client)
{
	if (starttls_is_ignored(protocol))
		return 1;
	if (protocol == PROTOCOL_NONE || protocol == PROTOCOL_PROXY)
		return protocol == PROTOCOL_NONE || !client;
	for (int slot = 0; slot < ST_SLOTS; slot++)
		if (starttls_find(protocol, client, (enum starttls_slot)slot) != NULL)
			return 1;
	return 0;
}

/* A failure keeps its number; memory that gave out is one, too. */
static int
step(struct starttls *p)
{
	int r = p->run(p);

	if (p->out[ST_LOCAL].err != 0 || p->out[ST_REMOTE].err != 0)
		r = st_fail(p, "out of memory");
	buf_clear(&p->in);
	return r;
}

int
starttls_begin(struct starttls *p, starttls_run run, const struct starttls_conf *conf)
{
	*p = (struct starttls){ .conf = conf, .run = run, .out = { BUF_INIT, BUF_INIT }, .in = BUF_INIT, .kept = BUF_INIT };
	return step(p);
}

void
starttls_done(struct starttls *p)
{
	buf_done(&p->out[ST_LOCAL]);
	buf_done(&p->out[ST_REMOTE]);
	buf_done(&p->in);
	buf_done(&p->kept);
}

size_t
starttls_wants(const struct starttls *p)
{
	return p->need == 0 ? 1 : p->need - buf_len(&p->in);
}

static int
line_ends(struct starttls *p)
{
	const uint8_t *line = buf_head(&p->in);
	size_t n = buf_len(&p->in);

	if (n == 0 || line[n - 1] != '\n')
		return 0;
	p->in.tail--;
	if (n > 1 && line[n - 2] == '\r')
		p->in.tail--;
	return 1;
}

int
starttls_take(struct starttls *p, const void *bytes, size_t n)
{
	buf_put(&p->in, bytes, n);
	if (p->in.err != 0)
		return st_fail(p, "out of memory");
	if (p->need == 0 ? !line_ends(p) : buf_len(&p->in) < p->need)
		return buf_len(&p->in) < ST_LINE_MAX ? ST_READ : st_fail(p, "Line too long");
	if (p->need == 0 && memchr(buf_head(&p->in), '\0', buf_len(&p->in)) != NULL)
		return st_fail(p, "A line with a zero byte");
	if (++p->items > ST_ITEMS_MAX)
		return st_fail(p, "Too many lines");
	return step(p);
}

int
starttls_go_on(struct starttls *p)
{
	return step(p);
}

int
st_line(struct starttls *p, enum starttls_side from)
{
	p->from = from;
	p->need = 0;
	return ST_READ;
}

int
st_bytes(struct starttls *p, enum starttls_side from, size_t n)
{
	p->from = from;
	p->need = n;
	return ST_READ;
}

void
st_say(struct starttls *p, enum starttls_side to, const char *text)
{
	buf_text(&p->out[to], text);
}

int
st_fail(struct starttls *p, const char *why)
{
	p->why = why;
	return E_FORMAT;
}

int
st_refuse(struct starttls *p, const char *why)
{
	p->polite = 1;
	return st_fail(p, why);
}

const char *
st_text(struct starttls *p)
{
	const char *text = buf_cstr(&p->in);

	return text == NULL ? "" : text;
}

int
st_begins(const char *line, const char *prefix)
{
	return strncasecmp(line, prefix, strlen(prefix)) == 0;
}

#include "client-wrap/way.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client-wrap/lookup.h"
#include "client-wrap/race.h"
#include "client-wrap/status.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/sock.h"
#include "tunnel/proto/starttls.h"

/* Where the attempts go: the server, or the proxy. */
struct goal {
	const char *host, *port;
	const char *role;		/* "", or "the proxy " */
	const char *addresses;		/* those that it has, or NULL: they are looked up */
};

/* "127.0.0.1: Connection refused, ::1: no answer" */
static void
say_failures(const struct addr *v, size_t n, const int *errors, char *dst, size_t size)
{
	char text[ADDR_TEXT_SIZE];
	size_t at = 0;

	dst[0] = '\0';
	for (size_t i = 0; i < n && at < size; i++)
		at += (size_t)snprintf(dst + at, size - at, "%s%s: %s", i == 0 ? "" : ", ", addr_host(&v[i], text, sizeof text),
		    errors[i] == 0 ? "no answer" : err_text(errors[i]));
}

static int
cannot_connect(const struct goal *g, const char *why, const struct settings *s, int r)
{
	if (r == -ECANCELED)
		return WRAP_CONNECT;
	if (r == E_TIMEOUT)
		log_error("cannot connect to %s%s port %s in %u seconds: %s", g->role, g->host, g->port, s->seconds, why);
	else
		log_error("cannot connect to %s%s port %s: %s", g->role, g->host, g->port, why);
	return WRAP_CONNECT;
}

/* Those that are written down, of the family that is wanted. */
static int
known_addresses(const struct goal *g, int family, struct addr *v, size_t *n)
{
	int all = hosts_addresses(g->addresses, (uint16_t)atoi(g->port), v, RACE_MAX);

	for (int i = 0; i < all; i++)
		if (family == AF_UNSPEC || v[i].ss.ss_family == family)
			v[(*n)++] = v[i];
	return 0;
}

static int
connect_goal(const struct goal *g, const struct settings *s, const struct deadline *d, int *ret_fd, char address[ADDR_TEXT_SIZE])
{
	int errors[RACE_MAX], r, family = s->has_address ? s->address.ss.ss_family : s->family;
	const char *why = "its name was not looked up in time";
	struct addr v[RACE_MAX];
	size_t n = 0, winner = 0;
	char text[512];

	r = g->addresses == NULL ? lookup_host(g->host, g->port, family, d, v, RACE_MAX, &n, &why) : known_addresses(g, family, v, &n);
	if (r == E_FORMAT) {
		log_error("cannot find %s%s: %s; is the name right, and does a name server answer?", g->role, g->host, why);
		return WRAP_CONNECT;
	}
	if (r != 0 || n == 0)
		return cannot_connect(g, r == E_TIMEOUT ? why : n == 0 && r == 0 ? "it has no address" : err_text(r), s, r);
	race_order(v, n);
	r = race_run(v, n, s->has_address ? &s->address : NULL, d, errors, ret_fd, &winner);
	if (r == 0) {
		addr_host(&v[winner], address, ADDR_TEXT_SIZE);
		return 0;
	}
	say_failures(v, n, errors, text, sizeof text);
	return cannot_connect(g, r == E_TIMEOUT || r == E_DENIED ? text : err_text(r), s, r);
}

/* All that waits to be sent, in one go: it is less than any socket's buffer. */
static int
send_all(int fd, struct buf *out, const struct deadline *d)
{
	ssize_t n;
	int r = 0;

	while (r == 0 && buf_len(out) > 0) {
		n = send(fd, buf_head(out), buf_len(out), MSG_NOSIGNAL);
		if (n > 0)
			buf_consume(out, (size_t)n);
		else if (errno == EAGAIN)
			r = deadline_wait(d, fd, POLLOUT);
		else if (errno != EINTR)
			r = -errno;
	}
	return r;
}

/* The proxy's first line, for what is told. */
struct first_line {
	char text[100];
	size_t n;
	int ended;
};

static void
note_line(struct first_line *l, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n && !l->ended; i++) {
		l->ended = bytes[i] == '\n' || bytes[i] == '\r' || l->n == sizeof l->text - 1;
		if (!l->ended)
			l->text[l->n++] = bytes[i] == '\0' ? '?' : bytes[i];
	}
}

/* What was asked for next, no more: from the blank line on it is the server who speaks. */
static int
receive(int fd, struct starttls *p, struct first_line *line, const struct deadline *d)
{
	char bytes[512];
	size_t want = starttls_wants(p);
	ssize_t n;
	int r;

	if ((r = deadline_wait(d, fd, POLLIN)) != 0)
		return r;
	n = recv(fd, bytes, want < sizeof bytes ? want : sizeof bytes, 0);
	if (n == 0)
		return E_EOF;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? ST_READ : -errno;
	note_line(line, bytes, (size_t)n);
	return starttls_take(p, bytes, (size_t)n);
}

static int
talk(int fd, struct starttls *p, int r, struct first_line *line, const struct deadline *d)
{
	int sent;

	while (r >= 0) {
		if ((sent = send_all(fd, &p->out[ST_REMOTE], d)) != 0)
			return sent;
		if (r == ST_DONE)
			return 0;
		r = receive(fd, p, line, d);
	}
	return r;
}

static int
proxy_failed(const struct settings *s, const struct starttls *p, const struct first_line *line, int r)
{
	const struct operand *proxy = &s->proxy;

	if (r == -ECANCELED)
		return WRAP_NO_WAY;
	if (r == E_TIMEOUT) {
		log_error("the proxy %s port %d did not answer in %u seconds", proxy->host, proxy->port, s->seconds);
		return WRAP_TIMEOUT;
	}
	log_error("the proxy %s port %d did not open a way to %s port %s: %s%s%s", proxy->host, proxy->port, s->host, s->port,
	    p->why != NULL ? p->why : err_text(r), line->n > 0 ? ": it said " : "", line->text);
	return WRAP_NO_WAY;
}

/* The user of the proxy may be "name:password". */
static int
ask_proxy(const struct settings *s, int fd, const struct deadline *d)
{
	char to[OPERAND_HOST_SIZE], host[sizeof to + 16], user[OPERAND_HOST_SIZE], *colon;
	struct starttls_conf conf = { .host = host, .auth = AUTH_BASIC };
	struct first_line line = { .n = 0 };
	struct starttls p;
	int r;

	snprintf(to, sizeof to, "%s", s->entry.address != NULL ? s->entry.address : s->host);
	to[strcspn(to, " ")] = '\0';
	snprintf(host, sizeof host, strchr(to, ':') == NULL ? "%s:%s" : "[%s]:%s", to, s->port);
	snprintf(user, sizeof user, "%s", s->proxy.user);
	if (user[0] != '\0') {
		if ((colon = strchr(user, ':')) != NULL)
			*colon = '\0';
		conf.user = user;
		conf.password = colon == NULL ? user + strlen(user) : colon + 1;
	}
	r = talk(fd, &p, starttls_begin(&p, starttls_find(PROTOCOL_CONNECT, 1, ST_MIDDLE), &conf), &line, d);
	r = r == 0 ? 0 : proxy_failed(s, &p, &line, r);
	starttls_done(&p);
	return r;
}

int
way_open(const struct settings *s, const struct deadline *d, int *ret_fd, char address[ADDR_TEXT_SIZE])
{
	struct goal g = { s->host, s->port, "", s->entry.address };
	char port[8];
	int fd = -1, status;

	if (s->has_proxy) {
		snprintf(port, sizeof port, "%d", s->proxy.port);
		g = (struct goal){ s->proxy.host, port, "the proxy ", NULL };
	}
	if ((status = connect_goal(&g, s, d, &fd, address)) != 0)
		return status;
	if (s->has_proxy && (status = ask_proxy(s, fd, d)) != 0) {
		close(fd);
		return status;
	}
	*ret_fd = fd;
	return 0;
}

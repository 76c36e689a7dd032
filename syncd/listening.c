/* Where the daemon listens. */
#include "config.h"

#include "syncd/listening.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/ids.h"
#include "lib/is_set.h"
#include "lib/log.h"
#include "lib/sock.h"
#include "syncd/policy/list.h"
#include "syncd/socket_options.h"

enum {
	DEFAULT_PORT = 873,
	KEEPALIVE_IDLE = 120,		/* seconds of silence before the kernel asks whether the peer is there, */
	KEEPALIVE_INTERVAL = 30,	/* between two such questions, */
	UNANSWERED_MAX = 900,		/* and until a peer that takes nothing is given up */
};

struct opening {
	const struct listening_wish *wish;
	const struct syncd_conf *conf;
	struct listening *l;
};

void
listening_keep_alive(int fd)
{
	sock_keep_alive(fd, KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, UNANSWERED_MAX);
}

/* --- addresses ----------------------------------------------------------------------------- */

static int
network_refused(const struct opening *o, const struct addr *a)
{
	char text[ADDR_TEXT_SIZE];

	if (!o->conf->global.loopback_only || addr_is_loopback(a))
		return 0;
	log_error("will not listen on %s: it is no loopback address, and the daemon speaks plain text.  "
	    "Put a TLS tunnel in front of it, or set \"loopback only = no\" in %s",
	    addr_host(a, text, sizeof text), o->wish->conf_path);
	return E_DENIED;
}

/* Before the bind: connections inherit what a listening socket has. */
static int
prepare(int fd, void *arg)
{
	const struct opening *o = arg;
	const char *said = o->wish->options;

	socket_options_set(fd, said != NULL ? said : o->conf->global.socket_options);
	listening_keep_alive(fd);
	return 0;
}

/* Listen on one address.  0, E_DENIED when it is not for us to take, or -errno. */
static int
listen_at(struct opening *o, const struct addr *a)
{
	char text[ADDR_TEXT_SIZE];
	int fd, r;

	if ((r = network_refused(o, a)) != 0)
		return r;
	if (o->l->n >= LISTENING_MAX)
		return E_LIMIT;
	if ((r = sock_listen_prepared(a, (int)o->conf->global.backlog, prepare, o, &fd)) != 0) {
		log_error("cannot listen on %s: %s", addr_text(a, text, sizeof text), err_text(r));
		return r;
	}
	o->l->fd[o->l->n++] = fd;
	return 0;
}

/* Without an address rsync takes every interface.  We take loopback, both families. */
static int
listen_default(struct opening *o, uint16_t port)
{
	static const struct { const char *any, *loopback; int family; } places[] = {
		{ "0.0.0.0", "127.0.0.1", AF_INET }, { "::", "::1", AF_INET6 },
	};
	int only = o->conf->global.loopback_only, r = 0;
	struct addr a;

	if (only)
		log_notice("no \"address\" is set: listening on loopback only");
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (o->wish->family != AF_UNSPEC && o->wish->family != places[i].family)
			continue;
		addr_parse(only ? places[i].loopback : places[i].any, port, &a);
		r = listen_at(o, &a);
	}
	return o->l->n > 0 ? 0 : r;
}

static int
listen_named(struct opening *o, const char *name, uint16_t port)
{
	struct addrinfo hints = { .ai_family = o->wish->family, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *list;
	struct addr a;
	int r;

	if (addr_parse(name, port, &a) == 0)
		return listen_at(o, &a);
	if ((r = getaddrinfo(name, NULL, &hints, &list)) != 0) {
		log_error("address \"%s\": %s", name, gai_strerror(r));
		return E_FORMAT;
	}
	r = E_FORMAT;
	for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next) {
		addr_from(ai->ai_addr, ai->ai_addrlen, &a);
		addr_set_port(&a, port);
		r = listen_at(o, &a);
	}
	freeaddrinfo(list);
	return o->l->n > 0 ? 0 : r;
}

static int
listen_addresses(struct opening *o)
{
	const struct listening_wish *w = o->wish;
	const char *name = w->address != NULL ? w->address : o->conf->global.address;
	int64_t port = w->port > 0 ? w->port : o->conf->global.port > 0 ? o->conf->global.port : DEFAULT_PORT;

	return is_set(name) ? listen_named(o, name, (uint16_t)port) : listen_default(o, (uint16_t)port);
}

/* --- the UNIX socket ------------------------------------------------------------------------ */

/* The mode that "socket mode" names (octal, without execution or special bits), or E_FORMAT. */
static int
socket_mode(const char *text)
{
	unsigned long mode;
	char *end;

	if (!is_set(text) || strspn(text, "01234567") != strlen(text))
		return E_FORMAT;
	errno = 0;
	mode = strtoul(text, &end, 8);
	return errno != 0 || *end != '\0' || (mode & ~0666ul) != 0 ? E_FORMAT : (int)mode;
}

/* What a configuration wants of its UNIX socket. */
struct unix_wish {
	struct addr at;
	int mode;
	gid_t gid;	/* -1: ours */
};

/* One fault. */
static int
tell(listening_told *told, void *arg, const char *param, const char *value, const char *what)
{
	char text[512];

	snprintf(text, sizeof text, "%s = %s: %s", param, value, what);
	told(arg, param, text);
	return 1;
}

/* 0 with *ret filled, or how many parameters cannot be what they are. */
static int
unix_wish(const struct global_conf *g, listening_told *told, void *arg, struct unix_wish *ret)
{
	int faults = 0;

	*ret = (struct unix_wish){ .mode = socket_mode(g->socket_mode), .gid = (gid_t)-1 };
	if (addr_parse(g->socket, 0, &ret->at) != 0 || ret->at.ss.ss_family != AF_UNIX)
		faults += tell(told, arg, "socket", g->socket, "it is no absolute path of a socket, of 107 bytes at most");
	if (ret->mode < 0)
		faults += tell(told, arg, "socket mode", g->socket_mode, "it is no mode like 0660");
	if (ids_group(g->socket_group, &ret->gid) != 0)
		faults += tell(told, arg, "socket group", g->socket_group, "there is no such group");
	return faults;
}

void
listening_check(const struct global_conf *g, listening_told *told, void *arg)
{
	struct unix_wish wish;

	if (is_set(g->socket))
		unix_wish(g, told, arg, &wish);
}

static void
log_fault(void *arg, const char *param, const char *text)
{
	(void)arg, (void)param;
	log_error("%s", text);
}

/* Nobody but us can connect until it belongs to whom it is for: the name is made with no rights for others. */
static int
listen_unix(struct opening *o)
{
	const char *path = o->conf->global.socket;
	struct unix_wish wish;
	mode_t before;
	int r;

	if (unix_wish(&o->conf->global, log_fault, NULL, &wish) != 0)
		return E_FORMAT;
	before = umask(0177);
	r = listen_at(o, &wish.at);
	umask(before);
	if (r != 0)
		return r;
	if ((r = sock_give(path, (uid_t)-1, wish.gid, wish.mode)) != 0)
		log_error("socket = %s: it cannot be given to its group: %s", path, err_text(r));
	return r;
}

/* --- what was passed ------------------------------------------------------------------------- */

static int
take_passed(struct opening *o)
{
	struct addr a;
	int listens = 0, r;
	socklen_t len = sizeof listens;

	o->l->passed = 1;
	for (int i = 0; i < o->wish->passed; i++) {
		int fd = SOCK_PASSED + i;

		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0 || !listens || sock_local(fd, &a) != 0) {
			log_error("descriptor %d, passed by the service manager, does not listen: a socket with Accept=no is wanted", fd);
			return E_FORMAT;
		}
		if ((r = network_refused(o, &a)) != 0)
			return r;
		if (o->l->n >= LISTENING_MAX)
			return E_LIMIT;
		listening_keep_alive(fd);
		o->l->fd[o->l->n++] = fd;
	}
	return 0;
}

/* A UNIX socket stands beside addresses that are asked for by name or port, and else alone. */
int
listening_open(const struct listening_wish *w, const struct syncd_conf *conf, struct listening *l)
{
	struct opening o = { w, conf, l };
	const struct global_conf *g = &conf->global;
	int r = 0;

	*l = (struct listening){ .n = 0 };
	if (w->passed > 0) {
		r = take_passed(&o);
	} else {
		if (!is_set(g->socket) || w->address != NULL || is_set(g->address) || w->port > 0 || g->port > 0)
			r = listen_addresses(&o);
		if (r == 0 && is_set(g->socket))
			r = listen_unix(&o);
	}
	if (r != 0)
		listening_close(l, 1);
	return r;
}

void
listening_close(struct listening *l, int final)
{
	char path[ADDR_TEXT_SIZE];
	struct addr a;

	for (size_t i = 0; i < l->n; i++) {
		if (final && !l->passed && sock_local(l->fd[i], &a) == 0 && a.ss.ss_family == AF_UNIX)
			unlink(addr_text(&a, path, sizeof path));
		close(l->fd[i]);
	}
	*l = (struct listening){ .n = 0 };
}

/* --- who may connect -------------------------------------------------------------------------- */

int
listening_peers(const char *text, struct listening_peers *ret, char *bad, size_t size)
{
	char *copy, *name;
	struct list list;
	int r = 0;

	*ret = (struct listening_peers){ .all = !list_has_words(text) };
	if (ret->all)
		return 0;
	if ((copy = strdup(text)) == NULL)
		return -ENOMEM;
	list = list_of(copy);
	while ((name = list_next(&list)) != NULL) {
		int fault = ret->n >= LISTENING_PEERS_MAX ? E_LIMIT : ids_user(name, &ret->uid[ret->n]);

		if (fault == 0)
			ret->n++;
		else if (r == 0 && (r = fault) != 0)
			snprintf(bad, size, "%s", name);
	}
	free(copy);
	return r;
}

int
listening_admits(const struct listening_peers *p, uid_t uid)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->uid[i] == uid)
			return 1;
	return p->all;
}

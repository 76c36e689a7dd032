#include "tunnel/conn/conn_internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <syslog.h>

#include "lib/sock.h"

static const struct targets *
targets_of(const struct conn *c)
{
	return c->own.n > 0 ? &c->own : c->redirected ? &c->sv->redirect : &c->sv->connect;
}

const struct addr *
conn_address(const struct conn *c)
{
	const struct targets *to = targets_of(c);

	return &to->v[(c->first_address + c->tried - 1) % to->n];
}

static void
connect_failed(struct conn *c, int err)
{
	char text[ADDR_TEXT_SIZE];

	conn_log(c, LOG_ERR, "s_connect: connect %s: %s (%d)", addr_text(conn_address(c), text, sizeof text), strerror(err),
	    err);
	end_close(c->env->loop, &c->remote, 0);
}

static enum step
connected(struct conn *c)
{
	char to[ADDR_TEXT_SIZE], from[ADDR_TEXT_SIZE];
	struct addr local;
	const char *refused;

	end_watch(c->env->loop, &c->remote, 0);
	addr_text(conn_address(c), to, sizeof to);
	conn_log(c, LOG_NOTICE, "s_connect: connected %s", to);
	refused = sockopt_apply(&conn_conf(c)->plain.sockets, SOCKOPT_REMOTE, c->remote.rfd, conn_address(c)->ss.ss_family);
	if (refused != NULL)
		conn_log(c, LOG_WARNING, "setsockopt %s on remote socket: %s (%d)", refused, strerror(errno), errno);
	if (sock_local(c->remote.rfd, &local) == 0)
		conn_log(c, LOG_NOTICE, "Service [%s] connected remote server from %s", conn_conf(c)->name,
		    addr_text(&local, from, sizeof from));
	return conn_advance(c);
}

/* The peer's own address, and its port where that is no privileged one and not in use. */
static int
bind_as_peer(struct conn *c, int fd)
{
	struct addr a;
	int on = 1, v6, r;

	if ((r = sock_peer(c->local.rfd, &a)) != 0)
		return r;
	v6 = a.ss.ss_family == AF_INET6;
	if (a.ss.ss_family != conn_address(c)->ss.ss_family)
		return -EAFNOSUPPORT;
	if (setsockopt(fd, v6 ? SOL_IPV6 : SOL_IP, v6 ? IPV6_TRANSPARENT : IP_TRANSPARENT, &on, sizeof on) < 0)
		return -errno;
	if (addr_port(&a) >= IPPORT_RESERVED && bind(fd, (struct sockaddr *)&a.ss, a.len) == 0)
		return 0;
	addr_set_port(&a, 0);
	return bind(fd, (struct sockaddr *)&a.ss, a.len) < 0 ? -errno : 0;
}

static int
bind_from(int fd, void *arg)
{
	struct conn *c = arg;
	const struct targets *local = &c->sv->local;
	int family = conn_address(c)->ss.ss_family;

	if (family == AF_UNIX)
		return 0;
	if ((conn_conf(c)->plain.transparent & TRANSPARENT_SOURCE) != 0)
		return bind_as_peer(c, fd);
	if (local->n == 0)
		return 0;
	if (local->v[0].ss.ss_family != family)
		return -EAFNOSUPPORT;
	return bind(fd, (const struct sockaddr *)&local->v[0].ss, local->v[0].len) < 0 ? -errno : 0;
}

/* Begin with the next address.  0: connected; -EINPROGRESS: on its way. */
static int
connect_next(struct conn *c)
{
	char text[ADDR_TEXT_SIZE];
	int fd, r;

	c->tried++;
	conn_log(c, LOG_INFO, "s_connect: connecting %s", addr_text(conn_address(c), text, sizeof text));
	conn_log(c, LOG_DEBUG, "s_connect: s_poll_wait %s: waiting %d seconds", text, (int)conn_conf(c)->t_connect);
	r = sock_connect_prepared(conn_address(c), bind_from, c, &fd);
	if (r != 0 && r != -EINPROGRESS)
		return r;
	end_init(&c->remote, fd, fd, conn_ready, c);
	if (r == 0)
		return 0;
	conn_deadline(c, conn_conf(c)->t_connect);
	return (r = end_watch(c->env->loop, &c->remote, EPOLLOUT)) == 0 ? -EINPROGRESS : r;
}

enum step
conn_connect_run(struct conn *c)
{
	int r;

	if (c->remote.rfd >= 0) {	/* it became writable: connected, or refused */
		if ((r = sock_error(c->remote.rfd)) == 0)
			return connected(c);
		connect_failed(c, -r);
	}
	if (c->tried == 0 && targets_of(c)->n > 1)
		conn_log(c, LOG_INFO, "failover: %s, starting at entry #%zu", conn_conf(c)->failover == FAILOVER_RR ? "round-robin" : "priority",
		    c->first_address);
	while (c->tried < targets_of(c)->n) {
		if ((r = connect_next(c)) == 0)
			return connected(c);
		if (r == -EINPROGRESS)
			return STEP_WAIT;
		connect_failed(c, -r);
	}
	conn_log(c, LOG_ERR, "No more addresses to connect");
	return conn_reset(c);
}

enum step
conn_connect_expired(struct conn *c)
{
	char text[ADDR_TEXT_SIZE];

	conn_log(c, LOG_ERR, "s_connect: s_poll_wait %s: TIMEOUTconnect exceeded", addr_text(conn_address(c), text, sizeof text));
	end_close(c->env->loop, &c->remote, 0);
	return STEP_NEXT;
}

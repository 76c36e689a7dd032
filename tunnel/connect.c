#include "tunnel/connphase.h"

#include <errno.h>
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

	conn_say(c, LOG_ERR, "s_connect: connect %s: %s (%d)", addr_text(conn_address(c), text, sizeof text), strerror(err),
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
	conn_say(c, LOG_NOTICE, "s_connect: connected %s", to);
	refused = sockopt_apply(&conn_conf(c)->plain.sockets, SOCKOPT_REMOTE, c->remote.rfd, conn_address(c)->ss.ss_family);
	if (refused != NULL)
		conn_say(c, LOG_WARNING, "setsockopt %s on remote socket: %s (%d)", refused, strerror(errno), errno);
	if (sock_local(c->remote.rfd, &local) == 0)
		conn_say(c, LOG_NOTICE, "Service [%s] connected remote server from %s", conn_conf(c)->name,
		    addr_text(&local, from, sizeof from));
	return conn_advance(c);
}

/* Begin with the next address.  0: connected or on its way. */
static int
connect_next(struct conn *c)
{
	char text[ADDR_TEXT_SIZE];
	int fd, r;

	c->tried++;
	conn_say(c, LOG_INFO, "s_connect: connecting %s", addr_text(conn_address(c), text, sizeof text));
	r = sock_connect(conn_address(c), &fd);
	if (r != 0 && r != -EINPROGRESS)
		return r;
	end_init(&c->remote, fd, fd, conn_ready, c);
	conn_deadline(c, conn_conf(c)->t_connect);
	return end_watch(c->env->loop, &c->remote, EPOLLOUT);
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
	while (c->tried < targets_of(c)->n) {
		if ((r = connect_next(c)) == 0)
			return STEP_WAIT;
		connect_failed(c, -r);
	}
	conn_say(c, LOG_ERR, "No more addresses to connect");
	return conn_reset(c);
}

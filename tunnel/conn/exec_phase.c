#include "tunnel/conn/conn_internal.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "lib/sock.h"

/* Its end of the pair is what it connected from. */
static void
say_program(struct conn *c)
{
	char text[ADDR_TEXT_SIZE] = "unnamed socket";
	struct addr peer;

	if (sock_peer(c->local.rfd, &peer) == 0)
		addr_text(&peer, text, sizeof text);
	snprintf(c->peer, sizeof c->peer, "%.*s", (int)sizeof c->peer - 1, text);
}

/* The spawner's answer: the program is the peer itself, or the end that others connect to. */
static void
spawned(void *arg, int error, int fd, pid_t pid)
{
	struct conn *c = arg;
	int is_peer = service_is_program(c->sv);

	c->ask = NULL;
	if (error != 0) {
		conn_log(c, LOG_ERR, "exec %s: %s (%d)", conn_conf(c)->exec, strerror(-error), -error);
		if (conn_reset(c) == STEP_NEXT)
			conn_run(c);
		return;
	}
	conn_log(c, LOG_INFO, "Local mode child started (PID=%d)", (int)pid);
	end_init(is_peer ? &c->local : &c->remote, fd, fd, conn_ready, c);
	if (is_peer) {
		say_program(c);
		c->phase = *c->plan;
	} else {
		conn_advance(c);
	}
	conn_run(c);
}

static void
name_peer(struct conn *c, struct spawn_request *req)
{
	struct addr peer;

	if (c->local.rfd >= 0 && sock_peer(c->local.rfd, &peer) == 0 && peer.ss.ss_family != AF_UNIX) {
		char host[ADDR_TEXT_SIZE];

		snprintf(req->host, sizeof req->host, "%s", addr_host(&peer, host, sizeof host));
		req->port = addr_port(&peer);
	}
	if (c->tls.ssl != NULL)
		peercert_names(c->tls.ssl, req->subject, req->issuer, sizeof req->subject);
}

enum step
conn_exec_run(struct conn *c)
{
	struct spawn_request req = { .kind = SPAWN_PROGRAM, .service = conn_service_number(c) };
	int r;

	if (c->ask != NULL)
		return STEP_WAIT;
	name_peer(c, &req);
	conn_deadline(c, conn_conf(c)->t_busy);
	if ((r = spawn_client_ask(&c->env->asks, &req, spawned, c, &c->ask)) == 0)
		return STEP_WAIT;
	conn_log(c, LOG_ERR, "exec %s: %s (%d)", conn_conf(c)->exec, strerror(-r), -r);
	return conn_reset(c);
}

enum step
conn_exec_expired(struct conn *c)
{
	conn_log(c, LOG_ERR, "exec %s: TIMEOUTbusy exceeded: sending reset", conn_conf(c)->exec);
	return conn_reset(c);
}

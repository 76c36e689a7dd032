/* The peer's own machine is asked whose connection it is, by a child of the spawner. */
#include "tunnel/conn/conn_internal.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "lib/sock.h"
#include "tunnel/proto/identd.h"

static enum step
refuse(struct conn *c, const uint8_t *bytes, size_t n, const struct identd_ports *ports)
{
	char user[IDENTD_USER_SIZE];
	int r = n == 0 ? E_EOF : identd_answer(bytes, n, ports, user);

	if (r == 0)
		conn_log(c, LOG_WARNING, "Connection from %s REFUSED by IDENT (user \"%s\")", c->peer, user);
	else if (r == E_EOF)
		conn_log(c, LOG_ERR, "Connection from %s REFUSED: no answer from its IDENT server", c->peer);
	else
		conn_log(c, LOG_ERR, r == E_DENIED ? "Incorrect IDENT response type" : "Incorrect data from IDENT server");
	return conn_reset(c);
}

static int
is_wanted(const struct conn *c, const uint8_t *bytes, size_t n, const struct identd_ports *ports)
{
	char user[IDENTD_USER_SIZE];

	return n > 0 && identd_answer(bytes, n, ports, user) == 0 && strcmp(user, conn_conf(c)->ident) == 0;
}

static int
ends_of(const struct conn *c, struct addr *peer, struct addr *own, struct identd_ports *ret)
{
	int r;

	if ((r = sock_peer(c->local.rfd, peer)) != 0 || (r = sock_local(c->local.rfd, own)) != 0)
		return r;
	*ret = (struct identd_ports){ addr_port(peer), addr_port(own) };
	return peer->ss.ss_family == AF_UNIX ? E_FORMAT : 0;
}

static void
answered(void *arg, const uint8_t *bytes, size_t n)
{
	struct conn *c = arg;
	struct identd_ports ports;
	struct addr peer, own;
	enum step step;

	c->job = NULL;
	conn_job_done(c);
	if (ends_of(c, &peer, &own, &ports) == 0 && is_wanted(c, bytes, n, &ports)) {
		conn_log(c, LOG_INFO, "IDENT authentication passed");
		step = conn_advance(c);
	} else {
		step = refuse(c, bytes, n, &ports);
	}
	if (step == STEP_NEXT)
		conn_run(c);
}

/* Who has no address has no such server either, and stays out. */
enum step
conn_ident_run(struct conn *c)
{
	struct spawn_request req = { .kind = SPAWN_IDENT };
	char text[ADDR_TEXT_SIZE];
	struct identd_ports ports;
	struct addr peer, own;

	if (c->job != NULL)
		return STEP_WAIT;
	if (conn_conf(c)->ident == NULL || conn_conf(c)->ident[0] == '\0')
		return conn_advance(c);
	if (ends_of(c, &peer, &own, &ports) != 0)
		return refuse(c, NULL, 0, NULL);
	snprintf(req.host, sizeof req.host, "%s", addr_host(&peer, text, sizeof text));
	snprintf(req.own, sizeof req.own, "%s", addr_host(&own, text, sizeof text));
	req.port = ports.theirs;
	req.own_port = ports.ours;
	conn_deadline(c, conn_conf(c)->t_busy + conn_conf(c)->t_connect);
	if (conn_job_start(c, &req, IDENTD_LINE_MAX, answered, &c->job) == 0)
		return STEP_WAIT;
	return refuse(c, NULL, 0, NULL);
}

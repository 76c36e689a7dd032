/* TCP wrappers: hosts.allow and hosts.deny, read by a child of the spawner. */
#include "tunnel/conn/conn_internal.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "lib/sock.h"

static enum step
refuse(struct conn *c)
{
	conn_log(c, LOG_WARNING, "Service [%s] REFUSED by libwrap from %s", conn_conf(c)->name, c->peer);
	return conn_reset(c);
}

static enum step
permit(struct conn *c)
{
	conn_log(c, LOG_DEBUG, "Service [%s] permitted by libwrap from %s", conn_conf(c)->name, c->peer);
	return conn_advance(c);
}

/* Anything but a clear yes is a no. */
static void
answered(void *arg, const uint8_t *bytes, size_t n)
{
	struct conn *c = arg;
	int is_yes = n == 1 && bytes[0] == SPAWN_WRAP_YES;

	c->job = NULL;
	conn_job_done(c);
	if ((is_yes ? permit(c) : refuse(c)) == STEP_NEXT)
		conn_run(c);
}

enum step
conn_libwrap_run(struct conn *c)
{
	struct spawn_request req = { .kind = SPAWN_WRAP };
	char host[ADDR_TEXT_SIZE];
	struct addr peer;

	if (c->job != NULL)
		return STEP_WAIT;
	if (!conn_conf(c)->libwrap || sock_peer(c->local.rfd, &peer) != 0 || peer.ss.ss_family == AF_UNIX)
		return conn_advance(c);
	snprintf(req.host, sizeof req.host, "%s", addr_host(&peer, host, sizeof host));
	conn_deadline(c, conn_conf(c)->t_busy);
	if (conn_job_start(c, &req, 1, answered, &c->job) == 0)
		return STEP_WAIT;
	return refuse(c);
}

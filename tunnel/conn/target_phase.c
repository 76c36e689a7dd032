/* Where a connection goes to: chosen here, looked up if it has to be, and then connected to or
 * executed. */
#include "tunnel/conn/conn_internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <linux/netfilter_ipv4.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

/* Where a connection was going before the packet filter sent it to us. */
static int
original_target(struct conn *c)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof ss;

	if (getsockopt(c->local.rfd, SOL_IP, SO_ORIGINAL_DST, &ss, &len) < 0 &&
	    getsockopt(c->local.rfd, SOL_IPV6, SO_ORIGINAL_DST, &ss, &len) < 0)
		return -errno;
	if ((c->own.v = malloc(sizeof *c->own.v)) == NULL)
		return -ENOMEM;
	addr_from((struct sockaddr *)&ss, len, &c->own.v[0]);
	c->own.n = 1;
	return 0;
}

static enum step
no_address(struct conn *c)
{
	conn_log(c, LOG_ERR, "No address of the target is known");
	return conn_reset(c);
}

enum step
conn_target_run(struct conn *c)
{
	int delays = c->redirected ? c->sv->delays_redirect : c->sv->delays, r;

	if ((conn_conf(c)->plain.transparent & TRANSPARENT_DESTINATION) != 0 && !c->redirected &&
	    (r = original_target(c)) != 0) {
		conn_log(c, LOG_ERR, "setsockopt SO_ORIGINAL_DST: %s (%d)", strerror(-r), -r);
		return conn_reset(c);
	}
	if (c->own.n > 0 && !c->redirected)	/* the peer named it */
		c->phase = PH_CONNECT;
	else if (delays)
		c->phase = PH_LOOKUP;
	else
		c->phase = c->redirected || c->sv->connect.n > 0 ? PH_CONNECT : PH_EXEC;
	return c->phase == PH_EXEC && !service_spawns(conn_conf(c)) ? no_address(c) : STEP_NEXT;
}

static void
looked_up(void *arg, const uint8_t *bytes, size_t n)
{
	struct conn *c = arg;
	struct spawn_addrs got = { .n = 0 };
	enum step step = STEP_NEXT;

	c->job = NULL;
	conn_job_done(c);
	if (n == sizeof got)
		memcpy(&got, bytes, sizeof got);
	if (got.n == 0 || got.n > SPAWN_ADDRS_MAX || (c->own.v = malloc(got.n * sizeof *got.v)) == NULL) {
		step = no_address(c);
	} else {
		memcpy(c->own.v, got.v, got.n * sizeof *got.v);
		c->own.n = got.n;
		c->phase = PH_CONNECT;
	}
	if (step == STEP_NEXT)
		conn_run(c);
}

enum step
conn_lookup_run(struct conn *c)
{
	struct spawn_request req = { .kind = c->redirected ? SPAWN_REDIRECT : SPAWN_CONNECT };

	if (c->job != NULL)
		return STEP_WAIT;
	conn_deadline(c, conn_conf(c)->t_busy);
	if (conn_job_start(c, &req, sizeof(struct spawn_addrs), looked_up, &c->job) == 0)
		return STEP_WAIT;
	return no_address(c);
}

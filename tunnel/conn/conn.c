#include "tunnel/conn/conn_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/rand.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/sock.h"

enum { LINGER_MS = 1000, LINGER_BYTES = 1 << 20 };

void
conn_log(const struct conn *c, int level, const char *fmt, ...)
{
	char text[LOG_LINE_MAX];
	va_list ap;

	if (level > c->sv->conf->plain.debug)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	log_up_to(c->sv->conf->plain.debug, level, c->id, "%s", text);
}

const struct tun_service *
conn_conf(const struct conn *c)
{
	return c->sv->conf;
}

struct end *
conn_tls_end(struct conn *c)
{
	return conn_conf(c)->tls.client ? &c->remote : &c->local;
}

struct end *
conn_plain_end(struct conn *c)
{
	return conn_conf(c)->tls.client ? &c->local : &c->remote;
}

void
conn_count(const struct conn *c, enum counter what, uint64_t n)
{
	if (c->env->board != NULL)
		scoreboard_count(c->env->board, c->env->row, c->sv->column, what, n);
}

void
conn_deadline(struct conn *c, int64_t seconds)
{
	loop_timer(c->env->loop, &c->deadline, (uint64_t)seconds * 1000);
}

/* What follows upon what.  Mail servers greet before TLS, so they are connected to first. */
static const enum phase client_plan[] = {
	PH_LIBWRAP, PH_IDENT, PH_WELCOME, PH_TARGET, PH_MIDDLE, PH_TLS, PH_OCSP, PH_LATE, PH_RELAY
};
static const enum phase server_plan[] = {
	PH_LIBWRAP, PH_IDENT, PH_WELCOME, PH_EARLY, PH_TLS, PH_OCSP, PH_INSIDE, PH_TARGET, PH_LATE, PH_RELAY
};
static const enum phase mail_plan[] = {
	PH_LIBWRAP, PH_IDENT, PH_WELCOME, PH_TARGET, PH_MIDDLE, PH_TLS, PH_OCSP, PH_RELAY
};

/* Of a section that was chosen within the handshake: it has questions of its own about the peer. */
static const enum phase chosen_plan[] = {
	PH_TLS, PH_LIBWRAP, PH_IDENT, PH_OCSP, PH_INSIDE, PH_TARGET, PH_LATE, PH_RELAY
};

static const enum phase *
plan_for(const struct tun_service *conf)
{
	if (conf->tls.client)
		return client_plan;
	return starttls_connects_first(conf->protocol, 0) ? mail_plan : server_plan;
}

/* Where to begin, when they take turns. */
static void
take_turn(struct conn *c)
{
	c->first_address = 0;
	if (c->sv->conf->failover == FAILOVER_RR && c->sv->connect.n > 0)
		c->first_address = (size_t)((atomic_load(c->env->next_id) - 1) % c->sv->connect.n);	/* ours is taken */
}

void
conn_switch(struct conn *c, const struct service *sv)
{
	if (sv == c->sv)
		return;
	c->sv = sv;
	c->plan = chosen_plan;
	take_turn(c);
	conn_deadline(c, sv->conf->t_busy);
}

enum step
conn_advance(struct conn *c)
{
	c->phase = *++c->plan;
	return STEP_NEXT;
}

uint32_t
conn_service_number(const struct conn *c)
{
	return (uint32_t)(c->sv - c->env->services->v);
}

static void
give_id(struct conn *c)
{
	static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	uint64_t n = atomic_fetch_add(c->env->next_id, 1);
	unsigned char random[22];

	if (conn_conf(c)->log_id == LOGID_SEQUENTIAL) {
		snprintf(c->id, sizeof c->id, "%" PRIu64, n);
	} else if (conn_conf(c)->log_id == LOGID_UNIQUE && RAND_bytes(random, sizeof random) == 1) {
		for (size_t i = 0; i < sizeof random; i++)
			c->id[i] = letters[random[i] % (sizeof letters - 1)];
	} else {
		snprintf(c->id, sizeof c->id, "%d", (int)getpid());
	}
}

void
conn_shaken(struct conn *c)
{
	struct conn_env *env = c->env;

	if (c->shaking_prev == NULL)
		return;
	*c->shaking_prev = c->shaking_next;
	if (c->shaking_next != NULL)
		c->shaking_next->shaking_prev = c->shaking_prev;
	else
		env->shaking_last = c->shaking_prev;
	c->shaking_prev = NULL;
	env->n_shaking--;
}

static void
conn_free(struct conn *c)
{
	struct conn_env *env = c->env;
	void (*ended)(void *) = c->ended;
	void *ended_arg = c->ended_arg;

	loop_timer_clear(env->loop, &c->deadline);
	conn_shaken(c);
	spawn_client_forget(c->ask);
	async_job_forget(c->job);
	for (size_t i = 0; i < PHASES; i++)
		if (conn_phases[i].done != NULL)
			conn_phases[i].done(c);
	targets_done(&c->own);
	end_close(env->loop, &c->local, 0);
	end_close(env->loop, &c->remote, 0);
	stream_tls_done(&c->tls);
	duplex_done(&c->duplex);
	*c->prev = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	free(c);
	env->count--;
	if (ended != NULL)
		ended(ended_arg);
	env->gone(env->arg);
}

static enum step
conn_say_end(struct conn *c, const char *how)
{
	conn_count(c, strcmp(how, "closed") == 0 ? COUNT_CLOSED : COUNT_RESET, 1);
	conn_summary(c, how);
	conn_log(c, LOG_DEBUG, "Service [%s] finished (%u left)", conn_conf(c)->name, c->env->count - 1);
	conn_free(c);
	return STEP_GONE;
}

enum step
conn_closed(struct conn *c)
{
	return conn_say_end(c, "closed");
}

/* An error ends in a reset, so that neither peer takes what it got for all there was; but an
 * alert has to arrive, and a socket closed over unread bytes would take it back. */
enum step
conn_reset(struct conn *c)
{
	int alerted = c->tls.alerted, client = conn_conf(c)->tls.client;

	conn_shaken(c);
	if (!conn_conf(c)->reset)
		return conn_say_end(c, "closed");
	end_close(c->env->loop, conn_plain_end(c), 1);
	if (!alerted) {
		end_close(c->env->loop, conn_tls_end(c), 1);
		return conn_say_end(c, "reset");
	}
	if (c->phase == PH_LINGER || conn_tls_end(c)->wfd < 0 || shutdown(conn_tls_end(c)->wfd, SHUT_WR) < 0)
		return conn_say_end(c, client ? "closed/reset" : "reset/closed");
	c->phase = PH_LINGER;
	loop_timer(c->env->loop, &c->deadline, LINGER_MS);
	return STEP_NEXT;
}

enum step
conn_linger_run(struct conn *c)
{
	ssize_t n = 0;

	while (c->lingered < LINGER_BYTES &&
	    (n = recv(conn_tls_end(c)->rfd, c->env->scratch->plain, sizeof c->env->scratch->plain, 0)) > 0)
		c->lingered += (size_t)n;
	if (c->lingered < LINGER_BYTES && n < 0 && errno == EAGAIN && end_watch(c->env->loop, conn_tls_end(c), EPOLLIN) == 0)
		return STEP_WAIT;
	return conn_say_end(c, conn_conf(c)->tls.client ? "closed/reset" : "reset/closed");
}

enum step
conn_linger_expired(struct conn *c)
{
	return conn_say_end(c, conn_conf(c)->tls.client ? "closed/reset" : "reset/closed");
}

void
conn_run(struct conn *c)
{
	while (conn_phases[c->phase].run(c) == STEP_NEXT)
		;
}

static void
expired(void *arg)
{
	struct conn *c = arg;

	if (conn_phases[c->phase].expired(c) == STEP_NEXT)
		conn_run(c);
}

void
conn_job_done(struct conn *c)
{
	if (c->jobs)
		loop_unwatch(c->env->loop, &c->local.in);
	c->jobs = 0;
}

/* Nothing is read meanwhile; but for who has reset his connection nobody shall work. */
int
conn_job_start(struct conn *c, struct spawn_request *req, size_t max, async_job_done done, struct async_job **ret)
{
	char host[ADDR_TEXT_SIZE];
	struct addr peer;
	int r;

	req->service = conn_service_number(c);
	if (sock_peer(c->local.rfd, &peer) == 0 && peer.ss.ss_family != AF_UNIX) {	/* of those a mere close reads as a reset */
		snprintf(req->peer, sizeof req->peer, "%s", addr_host(&peer, host, sizeof host));
		c->jobs = loop_watch(c->env->loop, &c->local.in, 0) == 0;
	}
	if ((r = async_job_start(&c->env->asks, req, max, done, c, ret)) != 0)
		conn_job_done(c);
	return r;
}

void
conn_ready(void *arg, uint32_t events)
{
	struct conn *c = arg;

	if (c->jobs && (events & (EPOLLHUP | EPOLLERR)) != 0) {
		conn_job_done(c);
		if (conn_reset(c) == STEP_NEXT)
			conn_run(c);
		return;
	}
	c->touched = loop_now(c->env->loop);
	conn_run(c);
}

static void
meet(struct conn *c)
{
	char text[ADDR_TEXT_SIZE] = "unnamed socket";
	struct addr peer;
	const char *refused;
	int fd = c->local.rfd, r;

	if ((r = sock_peer(fd, &peer)) == -ENOTCONN)
		c->gone = 1;
	if (r != 0)
		peer = (struct addr){ .ss.ss_family = AF_UNSPEC };
	else
		addr_text(&peer, text, sizeof text);
	snprintf(c->peer, sizeof c->peer, "%.*s", (int)sizeof c->peer - 1, text);
	if (fd == c->local.wfd)		/* else it was started for the connection */
		log_debug("Service [%s] accepted (FD=%d) from %s", conn_conf(c)->name, fd, text);
	conn_log(c, LOG_DEBUG, "Service [%s] started", conn_conf(c)->name);
	refused = sockopt_apply(&conn_conf(c)->plain.sockets, SOCKOPT_LOCAL, fd, peer.ss.ss_family);
	if (refused != NULL && peer.ss.ss_family != AF_UNSPEC)
		conn_log(c, LOG_WARNING, "setsockopt %s on local socket: %s (%d)", refused, strerror(errno), errno);
}

static void
enlist(struct conn_env *env, struct conn *c)
{
	c->prev = &env->first;
	c->next = env->first;
	if (c->next != NULL)
		c->next->prev = &c->next;
	env->first = c;
	env->count++;
}

static struct conn *
conn_new(struct conn_env *env, const struct service *sv, int rfd, int wfd)
{
	struct conn *c = calloc(1, sizeof *c);

	if (c == NULL) {
		log_error("Service [%s]: %s", sv->conf->name, strerror(ENOMEM));
		return NULL;
	}
	c->env = env;
	c->sv = sv;
	c->plan = plan_for(sv->conf);
	enlist(env, c);
	give_id(c);
	end_init(&c->local, rfd, wfd, conn_ready, c);
	end_init(&c->remote, -1, -1, conn_ready, c);
	c->deadline = (struct timer){ .expired = expired, .arg = c };
	c->touched = c->born = loop_now(env->loop);
	take_turn(c);
	return c;
}

void
conn_start(struct conn_env *env, const struct service *sv, int rfd, int wfd)
{
	struct conn *c = conn_new(env, sv, rfd, wfd);

	if (c == NULL) {
		close(rfd);
		if (wfd != rfd)
			close(wfd);
		return;
	}
	c->phase = *c->plan;
	conn_count(c, COUNT_ACCEPTED, 1);
	meet(c);
	conn_run(c);
}

void
conn_start_program(struct conn_env *env, const struct service *sv, void (*ended)(void *arg), void *arg)
{
	struct conn *c = conn_new(env, sv, -1, -1);

	if (c == NULL)
		return;
	c->ended = ended;
	c->ended_arg = arg;
	c->phase = PH_EXEC;
	conn_log(c, LOG_DEBUG, "Service [%s] started", conn_conf(c)->name);
	conn_run(c);
}

void
conn_reset_all(struct conn_env *env)
{
	struct conn *c;

	while ((c = env->first) != NULL)
		while (conn_reset(c) != STEP_GONE)	/* once more for one that would linger */
			;
}

void
conn_list(const struct conn_env *env)
{
	unsigned n = 0;

	log_id(LOG_EMERG, NULL, "Active connections:");
	for (const struct conn *c = env->first; c != NULL; c = c->next)
		log_id(LOG_EMERG, NULL, "Active connection %u: Service [%s], %" PRIu64 " byte(s) sent to TLS, %" PRIu64
		    " byte(s) sent to socket", ++n, c->sv->conf->name, c->duplex.to_tls.moved, c->duplex.to_plain.moved);
	log_id(LOG_EMERG, NULL, "Listed %u active connection(s)", n);
}

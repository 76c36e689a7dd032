#include "tunnel/conn.h"

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
#include "tunnel/duplex.h"
#include "tunnel/peercert.h"
#include "tunnel/proxy.h"
#include "tunnel/sni.h"

enum { LINGER_MS = 1000, LINGER_BYTES = 1 << 20, ID_SIZE = 24 };

enum phase { PH_TLS, PH_CONNECT, PH_EXEC, PH_RELAY, PH_LINGER };
enum step { STEP_NEXT, STEP_WAIT, STEP_GONE };

struct conn {
	struct conn_env *env;
	const struct service *sv;
	struct conn *next, **prev;
	enum phase phase;
	char id[ID_SIZE];
	struct end local, remote;	/* accepted, and connected to */
	struct stream_tls tls;
	struct stream_tcp plain;
	struct peercert cert;
	struct duplex duplex;
	struct timer deadline;
	uint64_t touched;		/* when something last happened, on the loop's clock */
	size_t tried;			/* addresses connected to so far */
	int redirected;			/* to where those go who are not let in */
	size_t first_address;
	struct ask *ask;		/* while the spawner is asked for a program */
	void (*ended)(void *arg);	/* NULL, or who runs this program */
	void *ended_arg;
	size_t lingered;		/* bytes thrown away so far */
};

static void conn_run(struct conn *c);

static void say(const struct conn *c, int level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void
say(const struct conn *c, int level, const char *fmt, ...)
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

static void
say_cert(void *arg, int level, const char *text)
{
	say(arg, level, "%s", text);
}

static const struct tun_service *
conf_of(const struct conn *c)
{
	return c->sv->conf;
}

static struct end *
tls_end(struct conn *c)
{
	return conf_of(c)->tls.client ? &c->remote : &c->local;
}

static struct end *
plain_end(struct conn *c)
{
	return conf_of(c)->tls.client ? &c->local : &c->remote;
}

static enum phase
target_phase(const struct conn *c)
{
	return c->sv->connect.n > 0 ? PH_CONNECT : PH_EXEC;
}

static void
give_id(struct conn *c)
{
	static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	uint64_t n = atomic_fetch_add(c->env->next_id, 1);
	unsigned char random[22];

	if (conf_of(c)->log_id == LOGID_SEQUENTIAL) {
		snprintf(c->id, sizeof c->id, "%" PRIu64, n);
	} else if (conf_of(c)->log_id == LOGID_UNIQUE && RAND_bytes(random, sizeof random) == 1) {
		for (size_t i = 0; i < sizeof random; i++)
			c->id[i] = letters[random[i] % (sizeof letters - 1)];
	} else {
		snprintf(c->id, sizeof c->id, "%d", (int)getpid());
	}
}

static void
conn_free(struct conn *c)
{
	struct conn_env *env = c->env;
	void (*ended)(void *) = c->ended;
	void *ended_arg = c->ended_arg;

	loop_timer_clear(env->loop, &c->deadline);
	ask_forget(c->ask);
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
say_end(struct conn *c, const char *how)
{
	say(c, LOG_NOTICE, "Connection %s: %" PRIu64 " byte(s) sent to TLS, %" PRIu64 " byte(s) sent to socket", how,
	    c->duplex.to_tls.moved, c->duplex.to_plain.moved);
	say(c, LOG_DEBUG, "Service [%s] finished (%u left)", conf_of(c)->name, c->env->count - 1);
	conn_free(c);
	return STEP_GONE;
}

static enum step
conn_closed(struct conn *c)
{
	return say_end(c, "closed");
}

/* An error ends in a reset, so that neither peer takes what it got for all there was; but an
 * alert has to arrive, and a socket closed over unread bytes would take it back. */
static enum step
conn_reset(struct conn *c)
{
	int alerted = c->tls.alerted, client = conf_of(c)->tls.client;

	if (!conf_of(c)->reset)
		return say_end(c, "closed");
	end_close(c->env->loop, plain_end(c), 1);
	if (!alerted) {
		end_close(c->env->loop, tls_end(c), 1);
		return say_end(c, "reset");
	}
	if (c->phase == PH_LINGER || tls_end(c)->wfd < 0 || shutdown(tls_end(c)->wfd, SHUT_WR) < 0)
		return say_end(c, client ? "closed/reset" : "reset/closed");
	c->phase = PH_LINGER;
	loop_timer(c->env->loop, &c->deadline, LINGER_MS);
	return STEP_NEXT;
}

static enum step
linger_run(struct conn *c)
{
	ssize_t n = 0;

	while (c->lingered < LINGER_BYTES &&
	    (n = recv(tls_end(c)->rfd, c->env->scratch->plain, sizeof c->env->scratch->plain, 0)) > 0)
		c->lingered += (size_t)n;
	if (c->lingered < LINGER_BYTES && n < 0 && errno == EAGAIN && end_watch(c->env->loop, tls_end(c), EPOLLIN) == 0)
		return STEP_WAIT;
	return say_end(c, conf_of(c)->tls.client ? "closed/reset" : "reset/closed");
}

static void
set_deadline(struct conn *c, int64_t seconds)
{
	loop_timer(c->env->loop, &c->deadline, (uint64_t)seconds * 1000);
}

static enum step
handshake_failed(struct conn *c, int r)
{
	const char *func = conf_of(c)->tls.client ? "SSL_connect" : "SSL_accept";

	if (r == E_EOF || r == -ECONNRESET || r == -EPIPE)
		say(c, LOG_ERR, "%s: Peer suddenly disconnected", func);
	else if (r == E_TLS || r == E_VERIFY || r == E_PEER)
		say(c, LOG_ERR, "%s: %s", func, c->tls.why);
	else
		say(c, LOG_ERR, "%s: %s (%d)", func, strerror(-r), -r);
	return conn_reset(c);
}

static void
say_tls(struct conn *c)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(c->tls.ssl);
	EVP_PKEY *key = NULL;

	if (conf_of(c)->plain.debug < LOG_INFO)
		return;
	say(c, LOG_INFO, "TLS %s: %s", conf_of(c)->tls.client ? "connected" : "accepted",
	    SSL_get_psk_identity(c->tls.ssl) != NULL ? "PSK" : SSL_session_reused(c->tls.ssl) ? "previous session reused" : "new session negotiated");
	say(c, LOG_INFO, "%s ciphersuite: %s (%d-bit encryption)", SSL_get_version(c->tls.ssl), SSL_CIPHER_get_name(cipher),
	    SSL_CIPHER_get_bits(cipher, NULL));
	if (SSL_get_peer_tmp_key(c->tls.ssl, &key) == 1) {
		const char *name = EVP_PKEY_get0_type_name(key);

		say(c, LOG_INFO, "Peer temporary key: %s, %d bits", name, EVP_PKEY_get_bits(key));
		EVP_PKEY_free(key);
	}
}

/* From here on it is a connection of the section that was asked for. */
static void
named(void *arg, SSL *ssl, const char *name)
{
	struct conn *c = arg;

	c->sv = sni_choose(c->sv, ssl, name);
}

/* Called when the TLS side's descriptor is there: at once in server mode. */
static int
tls_begin(struct conn *c)
{
	struct end *e = tls_end(c);
	int r;

	if ((r = stream_tls_init(&c->tls, c->sv->tls, e->rfd, e->wfd, c->env->scratch)) != 0)
		return r;
	c->cert = (struct peercert){ .say = say_cert, .named = named, .arg = c };
	if (!peercert_attach(c->tls.ssl, &c->cert))
		return -ENOMEM;
	if (c->sv->sni != NULL) {
		say(c, LOG_INFO, "SNI: sending servername: %s", c->sv->sni);
		SSL_set_tlsext_host_name(c->tls.ssl, c->sv->sni);
	}
	set_deadline(c, conf_of(c)->t_busy);
	return 0;
}

static void
relay_begin(struct conn *c)
{
	struct end *plain = plain_end(c);

	stream_tcp_init(&c->plain, plain->rfd, plain->wfd);
	duplex_init(&c->duplex, c->env->loop, tls_end(c), &c->tls.s, plain, &c->plain.s, c->env->scratch);
	set_deadline(c, conf_of(c)->t_idle);
	c->phase = PH_RELAY;
}

static void
put_proxy(struct conn *c, struct buf *out)
{
	char name[256] = "";
	const X509 *cert = SSL_get0_peer_certificate(c->tls.ssl);
	struct proxy_tls tls = { .has_cert = cert != NULL, .verified = SSL_get_verify_result(c->tls.ssl) == X509_V_OK,
	    .version = SSL_get_version(c->tls.ssl), .cipher = SSL_get_cipher_name(c->tls.ssl), .common_name = name };
	struct addr from = { .ss.ss_family = AF_UNSPEC }, to = from;

	if (c->local.rfd >= 0 && sock_peer(c->local.rfd, &from) == 0)
		sock_local(c->local.rfd, &to);
	if (cert != NULL)
		X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, sizeof name);
	if (conf_of(c)->proxy_version == 1)
		proxy_v1_put(out, &from, &to);
	else
		proxy_v2_put(out, &from, &to, conf_of(c)->proxy_tlv ? &tls : NULL);
}

/* In one piece: nothing was sent there yet, and no socket's buffer is smaller. */
static int
send_proxy(struct conn *c)
{
	struct buf header = BUF_INIT;
	ssize_t n;
	int r;

	put_proxy(c, &header);
	n = header.err != 0 ? -1 : send(c->remote.wfd, buf_head(&header), buf_len(&header), MSG_NOSIGNAL);
	r = header.err != 0 ? header.err : n < 0 ? -errno : (size_t)n != buf_len(&header) ? -EIO : 0;
	buf_done(&header);
	return r;
}

/* The target is there: what has to be said before the data, and then the data. */
static enum step
target_ready(struct conn *c)
{
	int r;

	if (conf_of(c)->protocol == PROTOCOL_PROXY && !c->redirected && (r = send_proxy(c)) != 0) {
		say(c, LOG_ERR, "PROXY header: %s (%d)", strerror(-r), -r);
		return conn_reset(c);
	}
	relay_begin(c);
	return STEP_NEXT;
}

static void
choose_target(struct conn *c)
{
	c->phase = target_phase(c);
	if (!conf_of(c)->tls.redirects || (tlsctx_authentic(c->tls.ssl) && !verify_refuses(c->cert.verdict)))
		return;
	say(c, LOG_NOTICE, "Redirecting connection");
	c->redirected = 1;
	c->phase = PH_CONNECT;
}

static enum step
tls_run(struct conn *c)
{
	int r;

	if (c->tls.ssl == NULL && (r = tls_begin(c)) != 0)
		return handshake_failed(c, r);
	r = stream_tls_handshake(&c->tls);
	if (r == E_WANT_READ || r == E_WANT_WRITE) {
		r = end_watch(c->env->loop, tls_end(c), r == E_WANT_READ ? EPOLLIN : EPOLLOUT);
		return r == 0 ? STEP_WAIT : handshake_failed(c, r);
	}
	end_watch(c->env->loop, tls_end(c), 0);
	if (r != 0)
		return handshake_failed(c, r);
	say_tls(c);
	if (conf_of(c)->tls.client)
		relay_begin(c);
	else
		choose_target(c);
	return STEP_NEXT;
}

static const struct targets *
targets_of(const struct conn *c)
{
	return c->redirected ? &c->sv->redirect : &c->sv->connect;
}

static const struct addr *
current_address(const struct conn *c)
{
	const struct targets *to = targets_of(c);

	return &to->v[(c->first_address + c->tried - 1) % to->n];
}

static void
connect_failed(struct conn *c, int err)
{
	char text[ADDR_TEXT_SIZE];

	say(c, LOG_ERR, "s_connect: connect %s: %s (%d)", addr_text(current_address(c), text, sizeof text), strerror(err),
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
	addr_text(current_address(c), to, sizeof to);
	say(c, LOG_NOTICE, "s_connect: connected %s", to);
	refused = sockopt_apply(&conf_of(c)->plain.sockets, SOCKOPT_REMOTE, c->remote.rfd, current_address(c)->ss.ss_family);
	if (refused != NULL)
		say(c, LOG_WARNING, "setsockopt %s on remote socket: %s (%d)", refused, strerror(errno), errno);
	if (sock_local(c->remote.rfd, &local) == 0)
		say(c, LOG_NOTICE, "Service [%s] connected remote server from %s", conf_of(c)->name,
		    addr_text(&local, from, sizeof from));
	if (conf_of(c)->tls.client)
		c->phase = PH_TLS;
	else
		return target_ready(c);
	return STEP_NEXT;
}

static void
conn_ready(void *arg, uint32_t events)
{
	struct conn *c = arg;

	(void)events;
	c->touched = loop_now(c->env->loop);
	conn_run(c);
}

/* Begin with the next address.  0: connected or on its way. */
static int
connect_next(struct conn *c)
{
	char text[ADDR_TEXT_SIZE];
	int fd, r;

	c->tried++;
	say(c, LOG_INFO, "s_connect: connecting %s", addr_text(current_address(c), text, sizeof text));
	r = sock_connect(current_address(c), &fd);
	if (r != 0 && r != -EINPROGRESS)
		return r;
	end_init(&c->remote, fd, fd, conn_ready, c);
	set_deadline(c, conf_of(c)->t_connect);
	return end_watch(c->env->loop, &c->remote, EPOLLOUT);
}

static enum step
connect_run(struct conn *c)
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
	say(c, LOG_ERR, "No more addresses to connect");
	return conn_reset(c);
}

/* The spawner's answer: the program is the peer itself, or the end that others connect to. */
static void
spawned(void *arg, int error, int fd, pid_t pid)
{
	struct conn *c = arg;
	int is_peer = service_is_program(c->sv);

	c->ask = NULL;
	if (error != 0) {
		say(c, LOG_ERR, "exec %s: %s (%d)", conf_of(c)->exec, strerror(-error), -error);
		if (conn_reset(c) == STEP_NEXT)
			conn_run(c);
		return;
	}
	say(c, LOG_INFO, "Local mode child started (PID=%d)", (int)pid);
	end_init(is_peer ? &c->local : &c->remote, fd, fd, conn_ready, c);
	if (is_peer)
		c->phase = conf_of(c)->tls.client ? PH_CONNECT : PH_TLS;
	else if (conf_of(c)->tls.client)
		c->phase = PH_TLS;
	else if (target_ready(c) == STEP_GONE)
		return;
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

static enum step
exec_run(struct conn *c)
{
	struct spawn_request req = { .service = (uint32_t)(c->sv - c->env->services->v) };
	int r;

	if (c->ask != NULL)
		return STEP_WAIT;
	name_peer(c, &req);
	set_deadline(c, conf_of(c)->t_busy);
	if ((r = ask_spawn(&c->env->asks, &req, spawned, c, &c->ask)) == 0)
		return STEP_WAIT;
	say(c, LOG_ERR, "exec %s: %s (%d)", conf_of(c)->exec, strerror(-r), -r);
	return conn_reset(c);
}

static enum step
relay_failed(struct conn *c, int r)
{
	const struct half *h = duplex_broken(&c->duplex);
	int tls_side = (h == &c->duplex.to_tls) == h->write_failed;
	const char *func = tls_side ? (h->write_failed ? "SSL_write" : "SSL_read") :
	    h->write_failed ? "writesocket" : "readsocket";

	if (r == E_EOF)
		say(c, LOG_ERR, "TLS socket closed (%s) with %s", func, "unsent data");
	else if (r == E_TLS || r == E_PEER || r == E_VERIFY)
		say(c, LOG_ERR, "%s: %s", func, c->tls.why);
	else
		say(c, LOG_ERR, "%s: %s (%d)", func, strerror(-r), -r);
	return conn_reset(c);
}

/* Nothing more is waited for: what can still be said is said, and both sides are closed. */
static enum step
relay_finish(struct conn *c)
{
	half_end(&c->duplex.to_tls);
	half_end(&c->duplex.to_plain);
	duplex_step(&c->duplex);
	return conn_closed(c);
}

static void
say_ends(struct conn *c)
{
	if (c->duplex.tls_cut) {
		say(c, LOG_INFO, "TLS socket closed (SSL_read)");
		c->duplex.tls_cut = 0;
	}
	if (c->duplex.plain_reset) {
		say(c, LOG_INFO, "readsocket: %s (%d)", strerror(ECONNRESET), ECONNRESET);
		c->duplex.plain_reset = 0;
	}
}

static enum step
relay_run(struct conn *c)
{
	int r = duplex_step(&c->duplex);

	say_ends(c);
	if (r < 0)
		return relay_failed(c, r);
	if (r == DUPLEX_DONE)
		return conn_closed(c);
	if (!duplex_half_closed(&c->duplex))
		return STEP_WAIT;
	if (conf_of(c)->t_close == 0)
		return relay_finish(c);
	set_deadline(c, conf_of(c)->t_close);
	return STEP_WAIT;
}

static void
conn_run(struct conn *c)
{
	static enum step (*const phases[])(struct conn *) = {
		[PH_TLS] = tls_run, [PH_CONNECT] = connect_run, [PH_EXEC] = exec_run,
		[PH_RELAY] = relay_run, [PH_LINGER] = linger_run,
	};

	while (phases[c->phase](c) == STEP_NEXT)
		;
}

/* Both directions are open: the deadline moves with every byte, but the timer only when it rings. */
static enum step
idle_expired(struct conn *c)
{
	uint64_t limit = (uint64_t)conf_of(c)->t_idle * 1000, quiet = loop_now(c->env->loop) - c->touched;

	if (duplex_half_closed(&c->duplex)) {
		say(c, LOG_ERR, "transfer: s_poll_wait: TIMEOUTclose exceeded: closing");
		return relay_finish(c);
	}
	if (quiet < limit) {
		loop_timer(c->env->loop, &c->deadline, limit - quiet);
		return STEP_WAIT;
	}
	say(c, LOG_INFO, "transfer: s_poll_wait: TIMEOUTidle exceeded: sending reset");
	return conn_reset(c);
}

static void
expired(void *arg)
{
	struct conn *c = arg;
	char text[ADDR_TEXT_SIZE];
	enum step step = STEP_GONE;

	switch (c->phase) {
	case PH_TLS:
		say(c, LOG_INFO, "%s: s_poll_wait: TIMEOUTbusy exceeded: sending reset",
		    conf_of(c)->tls.client ? "SSL_connect" : "SSL_accept");
		step = conn_reset(c);
		break;
	case PH_CONNECT:
		say(c, LOG_ERR, "s_connect: s_poll_wait %s: TIMEOUTconnect exceeded",
		    addr_text(current_address(c), text, sizeof text));
		end_close(c->env->loop, &c->remote, 0);
		step = STEP_NEXT;
		break;
	case PH_EXEC:
		say(c, LOG_ERR, "exec %s: TIMEOUTbusy exceeded: sending reset", conf_of(c)->exec);
		step = conn_reset(c);
		break;
	case PH_RELAY:
		step = idle_expired(c);
		break;
	case PH_LINGER:
		say_end(c, conf_of(c)->tls.client ? "closed/reset" : "reset/closed");
		break;
	}
	if (step == STEP_NEXT)
		conn_run(c);
}

static void
welcome(struct conn *c)
{
	char text[ADDR_TEXT_SIZE] = "unnamed socket";
	struct addr peer;
	const char *refused;
	int fd = c->local.rfd;

	if (sock_peer(fd, &peer) != 0)
		peer = (struct addr){ .ss.ss_family = AF_UNSPEC };
	else
		addr_text(&peer, text, sizeof text);
	say(c, LOG_DEBUG, "Service [%s] accepted (FD=%d) from %s", conf_of(c)->name, fd, text);
	refused = sockopt_apply(&conf_of(c)->plain.sockets, SOCKOPT_LOCAL, fd, peer.ss.ss_family);
	if (refused != NULL && peer.ss.ss_family != AF_UNSPEC)
		say(c, LOG_WARNING, "setsockopt %s on local socket: %s (%d)", refused, strerror(errno), errno);
	say(c, LOG_NOTICE, "Service [%s] accepted connection from %s", conf_of(c)->name, text);
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
	enlist(env, c);
	give_id(c);
	end_init(&c->local, rfd, wfd, conn_ready, c);
	end_init(&c->remote, -1, -1, conn_ready, c);
	c->deadline = (struct timer){ .expired = expired, .arg = c };
	c->touched = loop_now(env->loop);
	if (sv->conf->failover == FAILOVER_RR && sv->connect.n > 0)
		c->first_address = (size_t)(atomic_load(env->next_id) % sv->connect.n);
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
	c->phase = sv->conf->tls.client ? target_phase(c) : PH_TLS;
	welcome(c);
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
	conn_run(c);
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

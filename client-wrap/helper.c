#include "client-wrap/helper.h"

#include <errno.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client-wrap/args.h"
#include "client-wrap/options.h"
#include "client-wrap/status.h"
#include "lib/is_set.h"
#include "lib/log.h"
#include "lib/num.h"
#include "lib/role.h"
#include "lib/sock.h"
#include "tunnel/tls/duplex.h"
#include "tunnel/tls/peercert.h"
#include "tunnel/ipc/syscalls.h"
#include "tunnel/tls/tlsctx.h"

enum { CONNECT_MS = 10000, HANDSHAKE_MS = 30000, FAREWELL_MS = 5000, DEFAULT_PORT = 874 };

/* What the environment asks for. */
struct wish {
	const char *host;
	char port[8];
	struct tls_conf tls;
	int pinned;
	uint8_t pin[32];
	int verbose;
	char *one_name[1];		/* what tls.hosts or tls.ips points to */
};

struct helper {
	struct wish wish;
	SSL_CTX *ctx;
	struct scratch *scratch;
	struct loop *loop;
	struct stream_tls tls;
	struct stream_tcp plain;
	struct peercert cert;
	struct end net, stdio;
	struct duplex duplex;
	struct timer farewell;
	int status;
};

static const char *
env(const char *name)
{
	return getenv(name);
}

/* An explicit port of URL or --port comes as RSYNC_PORT, 0 when there is none. */
static int
choose_port(struct wish *w)
{
	const char *texts[] = { env("RSYNC_PORT"), env("RSYNC_SSL_PORT") };
	int64_t port = 0;

	for (size_t i = 0; i < ARRAY_LEN(texts) && port == 0; i++)
		if (is_set(texts[i]) && num_parse(texts[i], 0, 65535, &port) != 0) {
			log_error("not a port: %s", texts[i]);
			return WRAP_SETUP;
		}
	snprintf(w->port, sizeof w->port, "%d", port == 0 ? DEFAULT_PORT : (int)port);
	return 0;
}

static void
expect_host(struct wish *w)
{
	struct addr literal;
	struct opt_list *list = addr_parse(w->host, 0, &literal) == 0 ? &w->tls.ips : &w->tls.hosts;

	w->one_name[0] = (char *)w->host;
	*list = (struct opt_list){ w->one_name, 1 };
}

/* Whom to believe: a CA, the machine's CAs, a pin, or, when asked for in so many words, anybody. */
static int
choose_trust(struct wish *w)
{
	const char *ca = env("RSYNC_SSL_CA_CERT"), *pin = env("RSYNC_SSL_PIN"), *skip = env("RSYNC_SSL_SKIP_HOSTNAME_CHECK");

	if (is_set(pin)) {
		if (args_pin(pin, w->pin) != 0) {
			log_error("not a pin (sha256:HEX or sha256//BASE64): %.100s", pin);
			return WRAP_SETUP;
		}
		w->pinned = 1;
	}
	if ((ca == NULL && w->pinned) || (ca != NULL && ca[0] == '\0')) {
		if (!w->pinned)
			log_warn("warning: RSYNC_SSL_CA_CERT is empty: %s could be anybody", w->host);
		return 0;
	}
	w->tls.ca_file = (char *)ca;
	w->tls.ca_system = ca == NULL;
	verify_set_chain(&w->tls.plain.verify, 1);
	if (!is_set(skip) || strcmp(skip, "1") != 0)
		expect_host(w);
	return 0;
}

static int
read_wish(struct wish *w, const char *host)
{
	int status;

	*w = (struct wish){ .host = host, .verbose = is_set(env(wrap_options[WRAP_VERBOSE].env)) };
	w->tls = (struct tls_conf){ .client = 1, .level = -1, .cert = (char *)env("RSYNC_SSL_CERT"),
	    .key = (char *)env("RSYNC_SSL_KEY"), .plain.version_min = TLS1_2_VERSION };
	if ((status = choose_port(w)) != 0)
		return status;
	return choose_trust(w);
}

/* Wait for one descriptor.  0, E_TIMEOUT or -errno. */
static int
wait_for(int fd, short events, uint64_t until)
{
	struct pollfd p = { fd, events, 0 };
	uint64_t now = loop_clock();
	int n;

	if (now >= until)
		return E_TIMEOUT;
	n = poll(&p, 1, (int)(until - now));
	return n < 0 && errno != EINTR ? -errno : 0;
}

static int
try_address(const struct addrinfo *ai, int *ret)
{
	uint64_t until = loop_clock() + CONNECT_MS;
	struct pollfd p = { -1, POLLOUT, 0 };
	struct addr to;
	int r;

	addr_from(ai->ai_addr, ai->ai_addrlen, &to);
	if ((r = sock_connect(&to, ret)) != -EINPROGRESS)
		return r;
	p.fd = *ret;
	while (p.revents == 0 && (r = wait_for(*ret, POLLOUT, until)) == 0)
		poll(&p, 1, 0);
	if (r == 0)
		r = sock_error(*ret);
	if (r != 0)
		close(*ret);
	return r;
}

static int
connect_host(struct helper *h)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG }, *all, *ai;
	char text[NI_MAXHOST];
	int fd = -1, r;

	if ((r = getaddrinfo(h->wish.host, h->wish.port, &hints, &all)) != 0) {
		log_error("cannot find %s: %s", h->wish.host, gai_strerror(r));
		return WRAP_CONNECT;
	}
	r = E_EOF;
	for (ai = all; ai != NULL; ai = ai->ai_next) {
		if ((r = try_address(ai, &fd)) == 0)
			break;
		if (getnameinfo(ai->ai_addr, ai->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) != 0)
			snprintf(text, sizeof text, "?");
		log_error("cannot connect to %s (%s) port %s: %s", h->wish.host, text, h->wish.port, err_text(r));
	}
	freeaddrinfo(all);
	if (r != 0)
		return WRAP_CONNECT;
	h->net.rfd = h->net.wfd = fd;
	return 0;
}

/* The peer's alerts that mean "your certificate", whatever they call it. */
static int
is_about_our_certificate(int reason)
{
	static const int reasons[] = {
		SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,
		SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED,
		SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, SSL_R_TLSV1_ALERT_UNKNOWN_CA,
		SSL_R_TLSV1_ALERT_ACCESS_DENIED, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
	};

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i] == reason)
			return 1;
	return 0;
}

/* A handshake failure is about our certificate only where the server had asked for one. */
static int
peer_gave_up(const struct helper *h)
{
	int asked = h->tls.reason != SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE || SSL_get0_peer_CA_list(h->tls.ssl) != NULL;

	if (is_about_our_certificate(h->tls.reason) && asked) {
		log_error(is_set(h->wish.tls.cert) ? "%s does not accept our certificate (%s)" :
		    "%s wants a client certificate: set RSYNC_SSL_CERT and RSYNC_SSL_KEY (%s)", h->wish.host,
		    ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, h->tls.reason)));
		return WRAP_CLIENT_CERT;
	}
	log_error("%s gave up: %s", h->wish.host, h->tls.why);
	return WRAP_TLS;
}

static int
refused_certificate(const struct helper *h)
{
	const char *host = h->wish.host;

	if (h->cert.verdict == VERIFY_BAD_SUBJECT) {
		log_error("the certificate presented by %s is for another host", host);
		return WRAP_WRONG_HOST;
	}
	if (h->cert.error == X509_V_ERR_CERT_HAS_EXPIRED || h->cert.error == X509_V_ERR_CERT_NOT_YET_VALID) {
		log_error("the certificate of %s: %s", host, X509_verify_cert_error_string(h->cert.error));
		return WRAP_EXPIRED;
	}
	log_error("the certificate of %s is not trusted: %s", host, X509_verify_cert_error_string(h->cert.error));
	return WRAP_UNKNOWN_CA;
}

static int
tls_failed(const struct helper *h, int r)
{
	if (r == E_VERIFY)
		return refused_certificate(h);
	if (r == E_PEER)
		return peer_gave_up(h);
	if (r == E_TIMEOUT) {
		log_error("%s port %s did not finish the TLS handshake in %d seconds", h->wish.host, h->wish.port,
		    HANDSHAKE_MS / 1000);
		return WRAP_TIMEOUT;
	}
	if (r == E_TLS)
		log_error("%s port %s: no TLS: %s", h->wish.host, h->wish.port, h->tls.why);
	else
		log_error("%s port %s: the connection ended during the TLS handshake: %s", h->wish.host, h->wish.port,
		    err_text(r));
	return WRAP_TLS;
}

static int
check_pin(const struct helper *h)
{
	X509 *cert = SSL_get0_peer_certificate(h->tls.ssl);
	unsigned char *der = NULL, digest[32];
	unsigned n = 0;
	int len;

	if (!h->wish.pinned)
		return 0;
	len = cert == NULL ? -1 : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	if (len > 0 && EVP_Digest(der, (size_t)len, digest, &n, EVP_sha256(), NULL) != 1)
		n = 0;
	OPENSSL_free(der);
	if (n == sizeof h->wish.pin && memcmp(digest, h->wish.pin, n) == 0)
		return 0;
	log_error("the key of %s is not the one pinned", h->wish.host);
	return WRAP_WRONG_PIN;
}

static void
say_connection(const struct helper *h)
{
	X509 *cert = SSL_get0_peer_certificate(h->tls.ssl);
	char name[256] = "";

	if (cert != NULL)
		X509_NAME_oneline(X509_get_subject_name(cert), name, sizeof name);
	log_notice("%s %s peer %s", SSL_get_version(h->tls.ssl), SSL_CIPHER_get_name(SSL_get_current_cipher(h->tls.ssl)),
	    name);
}

static int
handshake(struct helper *h)
{
	uint64_t until = loop_clock() + HANDSHAKE_MS;
	struct addr literal;
	int r;

	if (stream_tls_init(&h->tls, h->ctx, h->net.rfd, h->net.wfd, h->scratch) != 0 || !peercert_attach(h->tls.ssl, &h->cert))
		return tls_failed(h, -ENOMEM);
	if (addr_parse(h->wish.host, 0, &literal) != 0)
		SSL_set_tlsext_host_name(h->tls.ssl, h->wish.host);
	while ((r = stream_tls_handshake(&h->tls)) == E_WANT_READ || r == E_WANT_WRITE)
		if ((r = wait_for(h->net.rfd, r == E_WANT_READ ? POLLIN : POLLOUT, until)) != 0)
			break;
	if (r != 0)
		return tls_failed(h, r);
	if ((r = check_pin(h)) == 0 && h->wish.verbose)
		say_connection(h);
	return r;
}

/* From here on only bytes are moved. */
static int
give_up_rights(void)
{
	static const char *const calls[] = { RELAY_SYSCALLS, NULL };
	struct role role = { .name = "helper", .root_fd = -1, .files = ROLE_FILES_NONE, .tree_fd = -1 };
	struct role_filter *filter;
	char report[ROLE_REPORT_SIZE];
	int r;

	if ((r = role_filter_new(calls, &filter)) != 0) {
		log_error("system call filter: %s", err_text(r));
		return WRAP_SETUP;
	}
	role.filter = filter;
	r = role_enter(&role, report);
	role_filter_free(filter);
	if (r == 0)
		return 0;
	log_error("%s", report);
	return WRAP_SETUP;
}

/* Writing failed, perhaps because of an alert that is still to be read: it says more. */
static int
broken(struct helper *h, int r)
{
	if ((r == -EPIPE || r == -ECONNRESET) && duplex_broken(&h->duplex) == &h->duplex.to_tls)
		while ((r = half_pump(&h->duplex.to_plain)) == HALF_BUSY)
			;
	if (r == E_PEER)
		return peer_gave_up(h);
	return WRAP_CUT;	/* said by the wrapper, who knows whether rsync minds */
}

/* rsync waits for its helper before it closes the descriptors it shares with it: when the server
 * has ended, and rsync has all of it, nothing more will come from rsync either. */
static int
step(struct helper *h)
{
	int r = duplex_step(&h->duplex);

	if (r != DUPLEX_GOES_ON || h->duplex.r_plain != 0)
		return r;
	half_end(&h->duplex.to_tls);
	return duplex_step(&h->duplex) < 0 ? 0 : DUPLEX_DONE;
}

static void
pump(void *arg, uint32_t events)
{
	struct helper *h = arg;
	int r = step(h);

	(void)events;
	if (h->duplex.tls_cut)
		h->status = WRAP_CUT;
	if (r < 0)
		h->status = broken(h, r);
	if (r <= 0)
		loop_stop(h->loop);
	else if (h->duplex.r_tls == 0)	/* rsync is done: so is the server, soon */
		loop_timer(h->loop, &h->farewell, FAREWELL_MS);
}

static void
farewell_over(void *arg)
{
	struct helper *h = arg;

	loop_stop(h->loop);
}

static int
relay(struct helper *h)
{
	int fd = h->net.rfd;

	if (sock_set_blocking(STDIN_FILENO, 0) != 0 || sock_set_blocking(STDOUT_FILENO, 0) != 0) {
		log_error("descriptors 0 and 1: %s", strerror(errno));
		return WRAP_SETUP;
	}
	end_init(&h->net, fd, fd, pump, h);
	end_init(&h->stdio, STDIN_FILENO, STDOUT_FILENO, pump, h);
	stream_tcp_init(&h->plain, STDIN_FILENO, STDOUT_FILENO);
	duplex_init(&h->duplex, h->loop, &h->net, &h->tls.s, &h->stdio, &h->plain.s, h->scratch);
	h->farewell = (struct timer){ .expired = farewell_over, .arg = h };
	loop_again(h->loop, &h->net.in);
	if (loop_run(h->loop) != 0)
		h->status = WRAP_CUT;
	duplex_done(&h->duplex);
	return h->status;
}

static int
prepare(struct helper *h)
{
	struct conf_err e = { "", 0, "" };

	if (tlsctx_new(&h->wish.tls, "rsync", NULL, &h->ctx, &e) != 0) {
		log_error("%s", e.text);
		return WRAP_SETUP;
	}
	if (scratch_new(&h->scratch) != 0 || loop_new(&h->loop) != 0) {
		log_error("%s", strerror(ENOMEM));
		return WRAP_SETUP;
	}
	return 0;
}

static int
run(struct helper *h, const char *host)
{
	int status;

	if ((status = read_wish(&h->wish, host)) != 0 || (status = prepare(h)) != 0 || (status = connect_host(h)) != 0 ||
	    (status = handshake(h)) != 0 || (status = give_up_rights()) != 0)
		return status;
	return relay(h);
}

static void
helper_done(struct helper *h)
{
	stream_tls_done(&h->tls);
	tlsctx_free(h->ctx);
	scratch_free(h->scratch);
	loop_free(h->loop);
	if (h->net.rfd >= 0)
		close(h->net.rfd);
}

/* Tell the wrapper, which outlives rsync. */
static void
report(int status_fd, int status)
{
	unsigned char byte = (unsigned char)status;

	if (status != 0 && status_fd >= 0)
		(void)!write(status_fd, &byte, 1);
}

int
helper_main(int argc, char **argv)
{
	struct helper h = { .net.rfd = -1, .net.wfd = -1 };
	const char *fd_text = env(WRAP_ENV_STATUS_FD);
	int64_t status_fd = -1;
	int i = argc >= 2 && strcmp(argv[0], "-l") == 0 ? 2 : 0, status;

	if (fd_text != NULL && num_parse(fd_text, 3, 65535, &status_fd) != 0)
		status_fd = -1;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);	/* rsync's way to end what it started: we still have a word to say */
	if (argc < i + 4 || strcmp(argv[i + 3], "--daemon") != 0) {
		log_error("only rsync daemons can be reached: rsyncs://host/module or host::module");
		status = WRAP_SETUP;
	} else {
		status = run(&h, argv[i]);
	}
	report((int)status_fd, status);
	helper_done(&h);
	return status;
}

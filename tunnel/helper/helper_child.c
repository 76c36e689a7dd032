#include "tunnel/helper/helper_child.h"

#include <errno.h>
#include <openssl/http.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/role.h"
#include "lib/sock.h"
#include "lib/write_all.h"
#include "tunnel/proto/identd.h"
#include "tunnel/proto/libwrap.h"

enum { PIPE_FD = 3 };

/* The pipe is all that is left open: a name server that is slow must not hold a worker's channel. */
static void
keep_only(int fd)
{
	if (dup2(fd, PIPE_FD) < 0)
		_exit(EXIT_FAILURE);
	close_range(PIPE_FD + 1, ~0U, 0);
}

static void
look_up(const struct opt_list *names)
{
	struct spawn_addrs answer;
	struct targets t = { NULL, 0 };
	const char *bad;

	memset(&answer, 0, sizeof answer);
	if (targets_resolve(names, TARGET_CONNECT, &t, &bad) != 0)
		t.n = 0;
	answer.n = (uint32_t)(t.n > SPAWN_ADDRS_MAX ? SPAWN_ADDRS_MAX : t.n);
	if (answer.n > 0)
		memcpy(answer.v, t.v, answer.n * sizeof *t.v);
	(void)write_all(PIPE_FD, &answer, sizeof answer);
}

static void
look_up_name(const struct spawn_request *req)
{
	char text[SPAWN_HOST_SIZE + 16], *v[] = { text };
	struct opt_list one = { v, 1 };

	snprintf(text, sizeof text, "%s:%u", req->host, (unsigned)req->port);
	look_up(&one);
}

/* Connected to the first address of the responder that answers in time, or -1. */
static int
reach(const char *host, const char *port, int seconds)
{
	char text[SPAWN_URL_SIZE + 16], *v[] = { text };
	struct opt_list one = { v, 1 };
	struct targets t = { NULL, 0 };
	struct pollfd p;
	const char *bad;
	int fd = -1;

	snprintf(text, sizeof text, "%s:%s", host, port);
	if (targets_resolve(&one, TARGET_CONNECT, &t, &bad) != 0)
		return -1;
	for (size_t i = 0; i < t.n; i++) {
		int r = sock_connect(&t.v[i], &fd);

		p = (struct pollfd){ .fd = fd, .events = POLLOUT };
		if (r == 0 || (r == -EINPROGRESS && poll(&p, 1, seconds * 1000) == 1 && sock_error(fd) == 0))
			break;
		if (r == -EINPROGRESS)
			close(fd);
		fd = -1;
	}
	targets_done(&t);
	return fd;
}

/* One request over a connection that is there; no proxy, no second try.  What type the answer claims to have is not asked: there are
 * responders that say none, and what is no OCSP response is found out by whoever reads it. */
static void
exchange(const struct spawn_request *req, const char *host, const char *port, const char *path, int fd, int seconds)
{
	BIO *net = BIO_new_socket(fd, BIO_NOCLOSE), *body = BIO_new_mem_buf(req->body, (int)req->n_body), *got;
	uint8_t piece[4096];
	int n;

	if (net == NULL || body == NULL)
		return;
	got = OSSL_HTTP_transfer(NULL, host, port, path, 0, NULL, NULL, net, net, NULL, NULL, 0, NULL,
	    "application/ocsp-request", body, NULL, 1, SPAWN_FETCHED_MAX, seconds, 0);
	while (got != NULL && (n = BIO_read(got, piece, sizeof piece)) > 0)
		(void)write_all(PIPE_FD, piece, (size_t)n);
}

static void
fetch(const struct service *sv, const struct spawn_request *req, const struct role_filter *filter)
{
	struct role walls = { .name = "fetcher", .root_fd = -1, .files = ROLE_FILES_NONE, .tree_fd = -1, .filter = filter };
	int tls = 0, fd, wait = (int)sv->conf->t_ocsp, busy = (int)sv->conf->t_busy;
	char *host, *port, *path;

	if (busy > HELPERS_ANSWER_SECONDS)
		busy = HELPERS_ANSWER_SECONDS;
	if (OSSL_HTTP_parse_url(req->url, &tls, NULL, &host, &port, NULL, &path, NULL, NULL) != 1 || tls)
		return;
	if ((fd = reach(host, port, wait)) >= 0 && role_enter(&walls, NULL) == 0)
		exchange(req, host, port, path, fd, busy);
}

static void
ask_wrapper(const char *service, const char *host)
{
	const uint8_t yes = SPAWN_WRAP_YES;

	if (libwrap_allows(service, host))
		(void)write_all(PIPE_FD, &yes, 1);
}

static int
bind_to(int fd, void *own)
{
	const struct addr *a = own;

	return bind(fd, (const struct sockaddr *)&a->ss, a->len) == 0 ? 0 : -errno;
}

/* From the address that was connected to, as RFC 1413 has it; or -1. */
static int
reach_identd(const struct spawn_request *req, int seconds)
{
	struct pollfd p = { .fd = -1, .events = POLLOUT };
	struct addr peer, own;
	int r;

	if (addr_parse(req->host, IDENTD_PORT, &peer) != 0 || addr_parse(req->own, 0, &own) != 0 ||
	    peer.ss.ss_family != own.ss.ss_family)
		return -1;
	r = sock_connect_prepared(&peer, bind_to, &own, &p.fd);
	if (r == 0 || (r == -EINPROGRESS && poll(&p, 1, seconds * 1000) == 1 && sock_error(p.fd) == 0))
		return p.fd;
	return -1;
}

/* What it says is not understood here but by the worker, who has the walls for it. */
static void
ask_identd(const struct service *sv, const struct spawn_request *req)
{
	const struct identd_ports ports = { (uint16_t)req->port, (uint16_t)req->own_port };
	char line[IDENTD_LINE_MAX];
	size_t n = 0;
	ssize_t got = 1;
	int fd;

	if ((fd = reach_identd(req, (int)sv->conf->t_connect)) < 0 || sock_set_blocking(fd, 1) != 0)
		return;
	identd_question(&ports, line, sizeof line);
	if (send(fd, line, strlen(line), MSG_NOSIGNAL) < 0)
		return;
	while (n < sizeof line && got > 0 && memchr(line, '\n', n) == NULL)
		if ((got = recv(fd, line + n, sizeof line - n, 0)) > 0)
			n += (size_t)got;
	(void)write_all(PIPE_FD, line, n);
}

_Noreturn void
helper_child_main(const struct service *sv, const struct spawn_request *req, const struct role_filter *filter, int fd, unsigned seconds)
{
	keep_only(fd);
	alarm(seconds + 1);		/* the spawner is there before it, unless it is no more */
	if (req->kind == SPAWN_FETCH)
		fetch(sv, req, filter);
	else if (req->kind == SPAWN_WRAP)
		ask_wrapper(sv->conf->name, req->host);
	else if (req->kind == SPAWN_IDENT)
		ask_identd(sv, req);
	else if (req->kind == SPAWN_NAME)
		look_up_name(req);
	else
		look_up(req->kind == SPAWN_CONNECT ? &sv->conf->connect : &sv->conf->redirect);
	_exit(EXIT_SUCCESS);
}

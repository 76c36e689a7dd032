/* The least that a TLS forwarder has to do, for bench/tunnel: threads that each accept, shake hands, connect and
 * relay with blocking calls, one connection at a time.  No configuration, no limits, no log, keys in its memory.
 *   floor PORT BACKEND-PORT|BACKEND-PATH THREADS CERT KEY */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { RECORD = 16384, STACK = 1 << 20 };

static SSL_CTX *ctx;
static int listening;
static const char *backend;

static int
reach(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(backend)), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int local = backend[0] == '/', on = 1, fd = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM, 0);

	snprintf(un.sun_path, sizeof un.sun_path, "%s", backend);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(fd, local ? (struct sockaddr *)&un : (struct sockaddr *)&in, local ? sizeof un : sizeof in) == 0)
		return fd;
	close(fd);
	return -1;
}

static int
put(int fd, const char *bytes, ssize_t n)
{
	for (ssize_t at = 0, r; at < n; at += r)
		if ((r = write(fd, bytes + at, (size_t)(n - at))) <= 0)
			return 0;
	return 1;
}

static void
relay(SSL *ssl, int fd, int to)
{
	static _Thread_local char bytes[RECORD];
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN }, { .fd = to, .events = POLLIN } };
	int n;

	for (;;) {
		if (!SSL_has_pending(ssl) && poll(p, 2, -1) < 0)
			return;
		if (SSL_has_pending(ssl) || p[0].revents != 0)
			do
				if ((n = SSL_read(ssl, bytes, sizeof bytes)) <= 0 || !put(to, bytes, n))
					return;
			while (SSL_pending(ssl) > 0);
		if (p[1].revents != 0 && ((n = (int)read(to, bytes, sizeof bytes)) <= 0 || SSL_write(ssl, bytes, n) != n))
			return;
	}
}

static void *
run(void *arg)
{
	int fd, to, on = 1;

	while ((fd = accept(listening, NULL, NULL)) >= 0) {
		SSL *ssl = SSL_new(ctx);

		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		SSL_set_fd(ssl, fd);
		if (SSL_accept(ssl) == 1 && (to = reach()) >= 0) {
			relay(ssl, fd, to);
			SSL_shutdown(ssl);
			close(to);
		}
		SSL_free(ssl);
		close(fd);
	}
	return arg;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	pthread_attr_t attr;
	pthread_t t;
	int on = 1;

	if (argc != 6)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	backend = argv[2];
	if ((ctx = SSL_CTX_new(TLS_server_method())) == NULL || SSL_CTX_use_certificate_file(ctx, argv[4], SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, argv[5], SSL_FILETYPE_PEM) != 1)
		return 1;
	in.sin_port = htons((uint16_t)atoi(argv[1]));
	listening = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listening, (struct sockaddr *)&in, sizeof in) < 0 || listen(listening, 1024) < 0)
		return 1;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	for (int i = 1; i < atoi(argv[3]); i++)
		if (pthread_create(&t, &attr, run, NULL) != 0)
			return 1;
	run(NULL);
	return 1;
}

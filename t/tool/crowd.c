/* Many clients at once, for tests and bench/greeting.
 *   crowd PORT hold N STAGE MODULE	N connections that stop at a stage: connect, greeting, module or arguments (their
 *					first word said).  Prints "holding N", waits for the end of standard input,
 *					prints "alive K of N": how many the server has not closed.
 *   crowd PORT list N			N listings one after the other: "listed K of N, p50 X p99 Y ms"
 *   crowd PORT burst N			N listings at once: "listed K of N in X ms"
 *   crowd PORT trickle N		a greeting without end, a byte every 50 ms, N bytes at most: "closed" or "alive"
 * Ports are of 127.0.0.1. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 10000, WAIT_MS = 20000 };

static double
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int
dial(int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&sin, sizeof sin) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Read until the text has come.  Whether it did. */
static bool
hear(int fd, const char *text)
{
	char got[65536];
	size_t n = 0;
	ssize_t r;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (n < sizeof got - 1 && poll(&p, 1, WAIT_MS) > 0 && (r = recv(fd, got + n, sizeof got - 1 - n, 0)) > 0) {
		n += (size_t)r;
		got[n] = '\0';
		if (strstr(got, text) != NULL)
			return true;
	}
	return false;
}

static bool
say(int fd, const char *text)
{
	return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

/* Go to the stage and stop there.  A server that closes meanwhile has done so by right. */
static int
stop_at(int port, const char *stage, const char *module)
{
	static const char hello[] = "@RSYNCD: 31.0 md5 md4\n";
	char line[300];
	int fd = dial(port);

	if (fd < 0 || strcmp(stage, "connect") == 0 || !hear(fd, "\n"))
		return fd;
	if (!say(fd, hello) || strcmp(stage, "greeting") == 0)
		return fd;
	snprintf(line, sizeof line, "%s%s", module, strcmp(stage, "module") == 0 ? "" : "\n");
	if (!say(fd, line) || strcmp(stage, "module") == 0 || !hear(fd, "@RSYNCD: OK"))
		return fd;
	say(fd, "--server");
	return fd;
}

/* Has the server closed it? */
static bool
alive(int fd)
{
	char bytes[4096];
	ssize_t n;

	if (fd < 0)
		return false;
	while ((n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
		;
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

static int
hold(int port, int n, const char *stage, const char *module)
{
	static int fds[CONNECTIONS_MAX];
	char byte;
	int live = 0;

	for (int i = 0; i < n; i++)
		fds[i] = stop_at(port, stage, module);
	printf("holding %d\n", n);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	for (int i = 0; i < n; i++)
		live += alive(fds[i]);
	printf("alive %d of %d\n", live, n);
	return 0;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int
list(int port, int n)
{
	static double took[CONNECTIONS_MAX];
	int listed = 0;

	for (int i = 0; i < n; i++) {
		double from = now_ms();
		int fd = dial(port);

		if (fd >= 0 && say(fd, "@RSYNCD: 31.0 md5 md4\n#list\n") && hear(fd, "@RSYNCD: EXIT"))
			took[listed++] = now_ms() - from;
		if (fd >= 0)
			close(fd);
	}
	qsort(took, (size_t)listed, sizeof *took, by_value);
	printf("listed %d of %d, p50 %.1f p99 %.1f ms\n", listed, n, listed > 0 ? took[listed / 2] : 0,
	    listed > 0 ? took[(listed * 99 + 99) / 100 - 1] : 0);
	return listed == n ? 0 : 1;
}

static int
burst(int port, int n)
{
	static int fds[CONNECTIONS_MAX];
	double from = now_ms();
	int listed = 0;

	for (int i = 0; i < n; i++)
		if ((fds[i] = dial(port)) >= 0)
			say(fds[i], "@RSYNCD: 31.0 md5 md4\n#list\n");
	for (int i = 0; i < n; i++)
		listed += fds[i] >= 0 && hear(fds[i], "@RSYNCD: EXIT");
	printf("listed %d of %d in %.0f ms\n", listed, n, now_ms() - from);
	return listed == n ? 0 : 1;
}

static int
trickle(int port, int n)
{
	int fd = dial(port);
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	for (int i = 0; fd >= 0 && i < n && say(fd, "@"); i++)
		if (poll(&p, 1, 50) > 0)
			break;
	puts(alive(fd) ? "alive" : "closed");
	return 0;
}

int
main(int argc, char **argv)
{
	const int port = argc > 1 ? atoi(argv[1]) : 0, n = argc > 3 ? atoi(argv[3]) : 0;
	struct rlimit files = { CONNECTIONS_MAX + 64, CONNECTIONS_MAX + 64 };

	setrlimit(RLIMIT_NOFILE, &files);
	if (n > 0 && n <= CONNECTIONS_MAX && argc == 6 && strcmp(argv[2], "hold") == 0)
		return hold(port, n, argv[4], argv[5]);
	if (n > 0 && n <= CONNECTIONS_MAX && argc == 4 && strcmp(argv[2], "list") == 0)
		return list(port, n);
	if (n > 0 && n <= CONNECTIONS_MAX && argc == 4 && strcmp(argv[2], "burst") == 0)
		return burst(port, n);
	if (n > 0 && argc == 4 && strcmp(argv[2], "trickle") == 0)
		return trickle(port, n);
	fputs("usage: crowd PORT hold N STAGE MODULE | list N | burst N | trickle N\n", stderr);
	return 2;
}

/* cut TARGET-PORT MODE MAX SEED: a proxy that breaks each connection at a random byte.  Prints its port, then a
 * line with the offset for each.  Of what the client sends it lets 0..MAX-1 bytes pass (MAX, where that is "=N"), then
 *   fin    tells the server that no more will come, and stops reading from the client
 *   rst    resets both sides
 *   hold   passes nothing more in either direction for half a second, then resets
 * Connections are served one after the other, until standard input ends. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int
loopback(int port, bool listening)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (!listening)
		return connect(fd, (struct sockaddr *)&a, sizeof a) == 0 ? fd : -1;
	if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 16) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		return -1;
	printf("%d\n", ntohs(a.sin_port));
	fflush(stdout);
	return fd;
}

static void
reset(int fd)
{
	const struct linger now = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
}

static bool
put(int fd, const char *p, ssize_t n)
{
	while (n > 0) {
		ssize_t r = send(fd, p, (size_t)n, MSG_NOSIGNAL);

		if (r <= 0)
			return false;
		p += r;
		n -= r;
	}
	return true;
}

/* Pass bytes both ways until `left` of the client's are through.  True when the cut is due. */
static bool
relay(int client, int server, long left)
{
	char buf[4096];
	struct pollfd p[2] = { { client, POLLIN, 0 }, { server, POLLIN, 0 } };

	while (left > 0) {
		ssize_t n;

		if (poll(p, 2, 5000) <= 0)
			return false;
		if (p[1].revents != 0 && ((n = read(server, buf, sizeof buf)) <= 0 || !put(client, buf, n)))
			return false;
		if (p[0].revents == 0)
			continue;
		n = read(client, buf, left < (long)sizeof buf ? (size_t)left : sizeof buf);
		if (n <= 0 || !put(server, buf, n))
			return false;
		left -= n;
	}
	return true;
}

/* What the server still says goes to the client, until it ends. */
static void
read_out(int client, int server)
{
	char buf[4096];
	struct pollfd p = { server, POLLIN, 0 };
	ssize_t n;

	while (poll(&p, 1, 5000) > 0 && (n = read(server, buf, sizeof buf)) > 0)
		put(client, buf, n);
}

static void
serve(int client, int target, const char *mode, long left)
{
	int server = loopback(target, false);

	if (server >= 0 && relay(client, server, left)) {
		if (strcmp(mode, "fin") == 0) {
			shutdown(server, SHUT_WR);
			read_out(client, server);
		} else if (strcmp(mode, "hold") == 0) {
			poll(NULL, 0, 500);
		}
	}
	if (server >= 0)
		reset(server);
	reset(client);
}

int
main(int argc, char **argv)
{
	struct pollfd p[2] = { { 0, POLLIN, 0 }, { -1, POLLIN, 0 } };
	char byte;

	if (argc != 5 || (p[1].fd = loopback(0, true)) < 0)
		return 2;
	srandom((unsigned)atoi(argv[4]));
	for (;;) {
		int fd;

		if (poll(p, 2, -1) < 0)
			return 2;
		if (p[0].revents != 0 && read(0, &byte, 1) <= 0)
			return 0;
		if (p[1].revents != 0 && (fd = accept(p[1].fd, NULL, NULL)) >= 0) {
			long left = argv[3][0] == '=' ? atol(argv[3] + 1) : random() % atol(argv[3]);

			printf("%ld\n", left);
			fflush(stdout);
			serve(fd, atoi(argv[1]), argv[2], left);
		}
	}
}

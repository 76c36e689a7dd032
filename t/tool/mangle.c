/* mangle TARGET-PORT SEED: a proxy that does harm to what passes.  Prints its port.  Each connection draws, from SEED and its
 * number, how often, and at which bytes of either direction, something is changed, dropped, doubled or put in; some are cut.
 * For each a line tells number, changes and whether it was cut.  Many at once, until standard input ends. */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 4096, IDLE_MS = 20000 };

static int
loopback(int port, bool listening)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (!listening)
		return connect(fd, (struct sockaddr *)&a, sizeof a) == 0 ? fd : -1;
	if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 64) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		return -1;
	printf("%d\n", ntohs(a.sin_port));
	fflush(stdout);
	return fd;
}

struct harm {
	uint64_t state;		/* of the drawing */
	long calm;		/* bytes that pass unharmed first: the greeting, most of the time */
	unsigned rate;		/* one byte of so many, about */
	unsigned done;
	long cut;		/* bytes until all ends; 0: never */
};

static uint32_t
draw(struct harm *h, uint32_t below)
{
	h->state = h->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(h->state >> 33) % below;
}

static struct harm
harm_new(uint64_t seed)
{
	struct harm h = { .state = seed * 2654435761u + 12345 };

	draw(&h, 2);
	h.calm = draw(&h, 4) == 0 ? 0 : 20 + draw(&h, 600);
	h.rate = 1u << (4 + draw(&h, 14));
	h.cut = draw(&h, 5) == 0 ? 1 + draw(&h, 20000) : 0;
	return h;
}

/* One byte, as what goes out in its place; how many bytes that is. */
static size_t
harmed(struct harm *h, uint8_t c, uint8_t out[8])
{
	static const uint8_t special[] = { 0, 1, 0x7f, 0x80, 0xff, '/', '.', 7 };

	out[0] = out[1] = c;
	h->done++;
	switch (draw(h, 6)) {
	case 0:
		out[0] ^= (uint8_t)(1u << draw(h, 8));
		return 1;
	case 1:
		out[0] = special[draw(h, sizeof special)];
		return 1;
	case 2:
		return 0;
	case 3:
		return 2;
	case 4:
		out[1] = special[draw(h, sizeof special)];
		return 2;
	default:
		for (size_t i = 0; i < 8; i++)
			out[i] = (uint8_t)draw(h, 256);
		return 4;
	}
}

static bool
put(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t r = send(fd, p, n, MSG_NOSIGNAL);

		if (r <= 0)
			return false;
		p += r;
		n -= (size_t)r;
	}
	return true;
}

/* Pass what is there.  False at an end, whoever's. */
static bool
pass(int from, int to, struct harm *h)
{
	static uint8_t in[PIECE], out[8 * PIECE];
	ssize_t n = read(from, in, sizeof in);
	size_t len = 0;

	if (n <= 0)
		return false;
	for (ssize_t i = 0; i < n; i++) {
		if (h->cut > 0 && --h->cut == 0) {
			put(to, out, len);
			return false;
		}
		if (h->calm-- > 0 || draw(h, h->rate) != 0)
			out[len++] = in[i];
		else
			len += harmed(h, in[i], out + len);
	}
	return put(to, out, len);
}

static void
serve(int client, int target, unsigned long number, uint64_t seed)
{
	struct harm h[2] = { harm_new(seed + 2 * number), harm_new(seed + 2 * number + 1) };
	struct pollfd p[2] = { { client, POLLIN, 0 }, { loopback(target, false), POLLIN, 0 } };
	bool on = p[1].fd >= 0;

	while (on && poll(p, 2, IDLE_MS) > 0)
		for (int i = 0; i < 2 && on; i++)
			if (p[i].revents != 0)
				on = pass(p[i].fd, p[1 - i].fd, &h[i]);
	printf("%lu %u %u\n", number, h[0].done, h[1].done);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	struct pollfd p[2] = { { 0, POLLIN, 0 }, { -1, POLLIN, 0 } };
	char byte;

	if (argc != 3 || (p[1].fd = loopback(0, true)) < 0)
		return 2;
	signal(SIGCHLD, SIG_IGN);
	for (unsigned long number = 1;;) {
		int fd;

		if (poll(p, 2, -1) < 0)
			return 2;
		if (p[0].revents != 0 && read(0, &byte, 1) <= 0)
			return 0;
		if (p[1].revents == 0 || (fd = accept(p[1].fd, NULL, NULL)) < 0)
			continue;
		if (fork() == 0) {
			close(p[1].fd);
			serve(fd, atoi(argv[1]), number, strtoull(argv[2], NULL, 10));
			_exit(0);
		}
		close(fd);
		number++;
	}
}

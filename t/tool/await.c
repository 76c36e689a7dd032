/* Waiting without guessing, for the test scripts.
 *   await freeport PID          print a port that is PID's, among all who ask here, until it is no more
 *   await port N                until something accepts on 127.0.0.1:N
 *   await line FILE TEXT [N]    until N (1) lines of FILE hold TEXT
 *   await gone PID              until that process is no more (a zombie is no more)
 * Exit 0, or 1 after AWAIT_SECONDS (20). */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { PORTS_FROM = 10000 };

static struct sockaddr_in
loopback(int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sin;
}

/* Ports that the kernel gives to nobody by itself: below its own range, or, where that leaves too little, all. */
static int
ports_end(void)
{
	int low = 0;
	FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");

	if (f != NULL && fscanf(f, "%d", &low) != 1)
		low = 0;
	if (f != NULL)
		fclose(f);
	return low >= PORTS_FROM + 4000 ? low : 65536;
}

static int
nobody_listens(int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1, r;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	r = bind(fd, (struct sockaddr *)&sin, sizeof sin);
	close(fd);
	return r == 0;
}

/* The right to a port is a socket's name, which only one can have, in this network namespace as the port itself; it ends
 * with its holder.  -1: somebody else's. */
static int
claim(int port)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int n = snprintf(sun.sun_path + 1, sizeof sun.sun_path - 1, "sallyport-test-port-%d", port);

	if (bind(fd, (struct sockaddr *)&sun, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Hold what was claimed for as long as the owner lives. */
static int
hold(int claimed, int owner)
{
	struct pollfd p = { .fd = pidfd_open(owner, 0), .events = POLLIN };

	for (int fd = 0; fd < 1024; fd++)	/* who waits for the end of our output must not wait for us */
		if (fd != claimed && fd != p.fd)
			close(fd);
	while (p.fd >= 0 && poll(&p, 1, -1) < 0 && errno == EINTR)
		;
	return 0;
}

static int
freeport(int owner)
{
	int end = ports_end(), fd = -1, port = 0;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	srandom((unsigned)now.tv_nsec ^ (unsigned)getpid());
	for (int tries = 0; tries < 1000 && fd < 0; tries++) {
		port = PORTS_FROM + (int)(random() % (end - PORTS_FROM));
		fd = nobody_listens(port) ? claim(port) : -1;
	}
	if (fd < 0)
		return 1;
	printf("%d\n", port);
	fflush(stdout);
	return fork() == 0 ? hold(fd, owner) : 0;
}

static int
port_answers(const char *port)
{
	struct sockaddr_in sin = loopback(atoi(port));
	int fd = socket(AF_INET, SOCK_STREAM, 0), r = connect(fd, (struct sockaddr *)&sin, sizeof sin);

	close(fd);
	return r == 0;
}

static int
file_holds(const char *path, const char *text, int lines)
{
	char line[8192];
	FILE *f = fopen(path, "r");

	while (f != NULL && lines > 0 && fgets(line, sizeof line, f) != NULL)
		lines -= strstr(line, text) != NULL;
	if (f != NULL)
		fclose(f);
	return lines <= 0;
}

static int
process_gone(const char *pid)
{
	char path[64], state = 'X';
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/stat", atoi(pid));
	if ((f = fopen(path, "r")) == NULL)
		return 1;
	if (fscanf(f, "%*d %*[^)]) %c", &state) != 1)
		state = 'X';
	fclose(f);
	return state == 'Z' || state == 'X';
}

int
main(int argc, char **argv)
{
	struct timespec nap = { 0, 5000000 };

	if (argc == 3 && strcmp(argv[1], "freeport") == 0)
		return freeport(atoi(argv[2]));
	for (int tries = 0; argc >= 3 && tries < 4000; tries++) {
		if ((strcmp(argv[1], "port") == 0 && port_answers(argv[2])) ||
		    (strcmp(argv[1], "line") == 0 && argc >= 4 && file_holds(argv[2], argv[3], argc > 4 ? atoi(argv[4]) : 1)) ||
		    (strcmp(argv[1], "gone") == 0 && process_gone(argv[2])))
			return 0;
		nanosleep(&nap, NULL);
	}
	return 1;
}

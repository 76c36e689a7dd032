/* Waiting without guessing, for the test scripts.
 *   await freeport              print a port that the kernel just gave away
 *   await port N                until something accepts on 127.0.0.1:N
 *   await line FILE TEXT [N]    until N (1) lines of FILE hold TEXT
 *   await gone PID              until that process is no more (a zombie is no more)
 * Exit 0, or 1 after AWAIT_SECONDS (20). */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in
loopback(int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sin;
}

static int
freeport(void)
{
	struct sockaddr_in sin = loopback(0);
	socklen_t len = sizeof sin;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&sin, sizeof sin) < 0 || getsockname(fd, (struct sockaddr *)&sin, &len) < 0)
		return 1;
	printf("%d\n", ntohs(sin.sin_port));
	return 0;
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

	if (argc == 2 && strcmp(argv[1], "freeport") == 0)
		return freeport();
	for (int tries = 0; argc >= 3 && tries < 4000; tries++) {
		if ((strcmp(argv[1], "port") == 0 && port_answers(argv[2])) ||
		    (strcmp(argv[1], "line") == 0 && argc >= 4 && file_holds(argv[2], argv[3], argc > 4 ? atoi(argv[4]) : 1)) ||
		    (strcmp(argv[1], "gone") == 0 && process_gone(argv[2])))
			return 0;
		nanosleep(&nap, NULL);
	}
	return 1;
}

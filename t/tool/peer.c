/* The other end of a connection, for the test scripts: does one thing exactly and says what it saw.
 *   peer echo              listens on a free port of 127.0.0.1, prints it; each connection gets back the
 *                          first thing it sent, in capitals, and the end
 *   peer late              the same, but all that was sent, and only after its end: half-close must work
 *   peer hold              the same, but nothing is ever answered, nor the connection closed
 *   peer talk-first        listens likewise; each connection is sent "first\n" and its end at once, and
 *                          what it sends afterwards is printed
 *   peer greet TEXT        as echo, but each connection is sent TEXT first
 *   peer front PORT WORD...  for one connection does what the words say (">HEX" is sent, "<N" bytes are
 *                          read and printed as hex), then joins it with 127.0.0.1:PORT
 *   peer identd TEXT       listens on port 113 and prints each question; its answer ends in TEXT, or, when that is
 *                          empty, does not come
 *   peer activate COMMAND...  listens likewise and becomes COMMAND, which finds the socket as descriptor 3 as
 *                          from a service manager
 *   peer cut PORT          takes the first record that it is sent (a ClientHello) and sends PORT every beginning of
 *                          it, each on a connection of its own
 *   peer syslog PATH       listens as a syslog daemon does and prints what it gets, less the time
 *   peer send PORT TEXT    connects, sends TEXT, ends, prints what comes back and then "end" or "reset"
 *   peer closed PORT       waits until nothing listens there */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in
loopback(int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sin;
}

static char text[1 << 20];

static void
answer(int fd, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text[i] = (char)toupper((unsigned char)text[i]);
	if (write(fd, text, n) != (ssize_t)n)
		puts("answer failed");
}

static void
echo(int fd)
{
	ssize_t got = read(fd, text, sizeof text), more;

	/* a PROXY header has something behind it: closed with that unread, the connection would be reset and the answer lost */
	if (got > 6 && memcmp(text, "PROXY ", 6) == 0 && text[got - 1] == '\n' && memchr(text, '\n', (size_t)got - 1) == NULL &&
	    (more = read(fd, text + got, sizeof text - (size_t)got)) > 0)
		got += more;
	if (got > 0)
		answer(fd, (size_t)got);
}

static void
late(int fd)
{
	size_t n = 0;
	ssize_t got;

	while (n < sizeof text && (got = read(fd, text + n, sizeof text - n)) > 0)
		n += (size_t)got;
	answer(fd, n);
}

static void
hold(int fd)
{
	if (dup(fd) < 0)	/* the caller closes its own */
		puts("hold failed");
}

static void
talk_first(int fd)
{
	ssize_t got;

	if (write(fd, "first\n", 6) != 6 || shutdown(fd, SHUT_WR) < 0)
		puts("talk-first failed");
	while ((got = read(fd, text, sizeof text)) > 0)
		printf("%.*s", (int)got, text);
	printf("[%s]\n", got == 0 ? "end" : strerror(errno));
}

static const char *greeting;

static void
greet(int fd)
{
	if (write(fd, greeting, strlen(greeting)) < 0)
		puts("greet failed");
	echo(fd);
}

static const char **words;		/* the port, then what is done before */

static void
speak(int fd, const char *hex)
{
	unsigned byte;
	size_t n = 0;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		text[n++] = (char)byte;
	if (write(fd, text, n) != (ssize_t)n)
		puts("front failed");
}

static void
listen_to(int fd, size_t n)
{
	for (size_t i = 0; i < n && read(fd, text, 1) == 1; i++)
		printf("%02x", (unsigned char)text[0]);
	puts("");
	fflush(stdout);
}

static void
join(int a, int b)
{
	int ends[2] = { a, b }, open_ends = 2;
	struct pollfd p[2] = { { a, POLLIN, 0 }, { b, POLLIN, 0 } };

	while (open_ends > 0 && poll(p, 2, -1) > 0)
		for (int i = 0; i < 2; i++) {
			ssize_t got = p[i].revents == 0 ? 0 : read(ends[i], text, sizeof text);

			if (p[i].revents == 0)
				continue;
			if (got <= 0 || write(ends[1 - i], text, (size_t)got) != got) {
				shutdown(ends[1 - i], SHUT_WR);
				p[i].fd = -1;
				open_ends--;
			}
		}
}

static void
front(int fd)
{
	struct sockaddr_in sin = loopback(atoi(words[0]));
	int to = socket(AF_INET, SOCK_STREAM, 0);

	for (const char **w = words + 1; *w != NULL; w++)
		if (**w == '>')
			speak(fd, *w + 1);
		else
			listen_to(fd, (size_t)atoi(*w + 1));
	if (connect(to, (struct sockaddr *)&sin, sizeof sin) == 0)
		join(fd, to);
	close(to);
}

static int
serve_at(int port, void (*act)(int fd))
{
	struct sockaddr_in sin = loopback(port);
	socklen_t len = sizeof sin;
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1, c;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 || bind(fd, (struct sockaddr *)&sin, sizeof sin) < 0 || listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) < 0)
		return 1;
	printf("port %d\n", ntohs(sin.sin_port));
	fflush(stdout);
	while ((c = accept(fd, NULL, NULL)) >= 0) {
		act(c);
		close(c);
		fflush(stdout);
	}
	return 1;
}

static int
serve(void (*act)(int fd))
{
	return serve_at(0, act);
}

static const char *ident_answer;

static void
identd(int fd)
{
	ssize_t got = read(fd, text, 64);

	text[got > 2 ? got - 2 : 0] = '\0';
	puts(text);
	fflush(stdout);
	if (ident_answer[0] == '\0')
		hold(fd);
	else
		dprintf(fd, "%s%s\r\n", text, ident_answer);
}

static const char *cut_port;

/* Each is answered by an end or a reset, and by nothing but an alert before. */
static int
send_part(const char *record, size_t n)
{
	struct sockaddr_in sin = loopback(atoi(cut_port));
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char back[4096];
	ssize_t got;
	size_t all = 0;

	if (connect(fd, (struct sockaddr *)&sin, sizeof sin) < 0 || write(fd, record, n) != (ssize_t)n)
		return 0;
	shutdown(fd, SHUT_WR);
	while ((got = read(fd, back, sizeof back)) > 0)
		all += (size_t)got;
	close(fd);
	return all == 0 || (back[0] == 21 && all < 32);
}

static void
cut(int fd)
{
	size_t n = 0, whole = 5, good = 0;
	ssize_t got;

	while (n < whole && (got = read(fd, text + n, whole - n)) > 0)
		if ((n += (size_t)got) == 5)
			whole = 5 + ((size_t)(unsigned char)text[3] << 8 | (unsigned char)text[4]);
	close(fd);
	for (size_t i = 0; i < n; i++)
		good += (size_t)send_part(text, i);
	printf("%zu of %zu\n", good, n);
	fflush(stdout);
	_exit(good == n && n > 100 ? 0 : 1);
}

static int
syslog_at(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	ssize_t n;

	snprintf(un.sun_path, sizeof un.sun_path, "%s", path);
	if (bind(fd, (struct sockaddr *)&un, sizeof un) < 0)
		return 1;
	puts("port 0");
	fflush(stdout);
	while ((n = recv(fd, text, sizeof text - 1, 0)) > 0) {
		char *end = strchr(text, '>');

		text[n] = '\0';
		if (end != NULL && n > end - text + 17)	/* "Nov 22 04:11:12 " */
			memmove(end + 1, end + 17, (size_t)(n - (end + 16 - text)));
		puts(text);
		fflush(stdout);
	}
	return 1;
}

static int
activate(char **command)
{
	struct sockaddr_in sin = loopback(0);
	socklen_t len = sizeof sin;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char pid[16];

	if (bind(fd, (struct sockaddr *)&sin, sizeof sin) < 0 || listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) < 0 || (fd != 3 && dup2(fd, 3) < 0))
		return 1;
	printf("port %d\n", ntohs(sin.sin_port));
	fflush(stdout);
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	execvp(command[0], command);
	return 1;
}

static int
send_text(const char *port, const char *what)
{
	struct sockaddr_in sin = loopback(atoi(port));
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char back[4096];
	ssize_t got;

	if (connect(fd, (struct sockaddr *)&sin, sizeof sin) < 0)
		return 1;
	if (write(fd, what, strlen(what)) < 0) {	/* it was reset before we came to speak */
		puts("reset");
		return 0;
	}
	shutdown(fd, SHUT_WR);
	while ((got = read(fd, back, sizeof back)) > 0)
		fwrite(back, 1, (size_t)got, stdout);
	puts(got == 0 ? "end" : "reset");
	return 0;
}

static int
closed(const char *port)
{
	struct sockaddr_in sin = loopback(atoi(port));
	struct timespec nap = { 0, 5000000 };

	for (int tries = 0; tries < 4000; tries++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0), r = connect(fd, (struct sockaddr *)&sin, sizeof sin);

		close(fd);
		if (r < 0)
			return 0;
		nanosleep(&nap, NULL);
	}
	return 1;
}

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && strcmp(argv[1], "echo") == 0)
		return serve(echo);
	if (argc == 2 && strcmp(argv[1], "late") == 0)
		return serve(late);
	if (argc == 2 && strcmp(argv[1], "hold") == 0)
		return serve(hold);
	if (argc == 2 && strcmp(argv[1], "talk-first") == 0)
		return serve(talk_first);
	if (argc == 3 && strcmp(argv[1], "greet") == 0) {
		greeting = argv[2];
		return serve(greet);
	}
	if (argc >= 3 && strcmp(argv[1], "front") == 0) {
		words = (const char **)argv + 2;
		return serve(front);
	}
	if (argc == 3 && strcmp(argv[1], "identd") == 0) {
		ident_answer = argv[2];
		return serve_at(113, identd);
	}
	if (argc == 3 && strcmp(argv[1], "cut") == 0) {
		cut_port = argv[2];
		return serve(cut);
	}
	if (argc == 3 && strcmp(argv[1], "syslog") == 0)
		return syslog_at(argv[2]);
	if (argc >= 3 && strcmp(argv[1], "activate") == 0)
		return activate(argv + 2);
	if (argc == 3 && strcmp(argv[1], "closed") == 0)
		return closed(argv[2]);
	if (argc == 4 && strcmp(argv[1], "send") == 0)
		return send_text(argv[2], argv[3]);
	return 2;
}

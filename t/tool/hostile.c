/* A client without manners.  It does what it is told, word by word, then prints what the server
 * answered, a line each, and how the connection ended.
 *   hostile ADDRESS WORD...		ADDRESS: a port on 127.0.0.1, or the path of a UNIX socket
 *   send:TEXT	\n \r \0 \\ \xHH	slow:TEXT	a byte a segment	rep:N:TEXT	N times TEXT
 *   read:TEXT	until the server said it	login:VERSION:MODULE	greeting, module, up to OK
 *   heard:HEX	until the server said those bytes
 *   seek:TEXT	say "has TEXT" or "lacks TEXT" at the end, of all that was heard
 *   as:VERSION	what follows is to be read as that
 *   args:A|B|C	the argument list	frame:HEX	a data frame	raw:HEX	bytes
 *   fin	no more from us	rst	break it off, print what came until then
 *   fill	repeat the last frame until nothing more is taken	say:TEXT	print TEXT
 *   got:N	until the server said N bytes
 *   frames	say "largest N" at the end, the bytes of the largest frame with its header
 *   pause	do nothing until standard input ends, then go on
 *   hold	stop reading until standard input ends, and then be gone	many:N	so many more connections, each "@RSY"
 * Lines: "said TEXT" before the frames, then "data N", "msg CODE TEXT", "exit CODE"; at last
 * "closed", "reset" or "open" (nothing came for HOSTILE_SECONDS). */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/cursor.h"
#include "syncd/wire/args.h"
#include "syncd/wire/int.h"
#include "syncd/wire/mux.h"
#include "syncd/wire/hello.h"

enum { HOSTILE_SECONDS = 90, QUIET_MS = 300 };

static int fd, version;
static bool ended, was_reset, wants_largest;
static size_t largest;
static const char *sought;
static struct buf heard, last_frame;

static void
die(const char *what)
{
	printf("hostile: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int
dial(const char *address)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int s, one = 1;

	if (address[0] == '/') {
		snprintf(sun.sun_path, sizeof sun.sun_path, "%s", address);
		if ((s = socket(AF_UNIX, SOCK_STREAM, 0)) < 0 || connect(s, (struct sockaddr *)&sun, sizeof sun) < 0)
			die("connect");
		return s;
	}
	sin.sin_port = htons((uint16_t)atoi(address));
	if ((s = socket(AF_INET, SOCK_STREAM, 0)) < 0 || connect(s, (struct sockaddr *)&sin, sizeof sin) < 0)
		die("connect");
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return s;
}

/* Take what is there, waiting at most ms.  False: nothing came. */
static bool
listen_for(int ms)
{
	struct pollfd p = { fd, POLLIN, 0 };
	uint8_t *at;
	ssize_t n;

	if (ended || poll(&p, 1, ms) <= 0)
		return false;
	if ((at = buf_reserve(&heard, 65536)) == NULL)
		exit(2);
	if ((n = recv(fd, at, 65536, 0)) <= 0) {
		ended = true;
		was_reset = n < 0;
		return false;
	}
	buf_commit(&heard, (size_t)n);
	return true;
}

/* All of it, reading meanwhile so that neither side waits for the other; false when it is over. */
static bool
shout(const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	struct pollfd w = { .events = POLLOUT | POLLIN };

	while (n > 0 && !ended) {
		ssize_t r = send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (r > 0) {
			p += r;
			n -= (size_t)r;
		} else if (errno == EAGAIN) {
			w.fd = fd;
			if (poll(&w, 1, HOSTILE_SECONDS * 1000) <= 0)
				return false;
			listen_for(0);
		} else {
			break;		/* it hung up; what it said is still to be read */
		}
	}
	return n == 0;
}

static void
unescape(struct buf *b, const char *text)
{
	for (; *text != '\0'; text++) {
		char hex[3] = "";

		if (*text != '\\') {
			buf_u8(b, (uint8_t)*text);
			continue;
		}
		switch (*++text) {
		case 'n': buf_u8(b, '\n'); break;
		case 'r': buf_u8(b, '\r'); break;
		case '0': buf_u8(b, 0); break;
		case 'x':
			hex[0] = text[1];
			hex[1] = text[2];
			buf_u8(b, (uint8_t)strtoul(hex, NULL, 16));
			text += 2;
			break;
		default: buf_u8(b, (uint8_t)*text);
		}
	}
}

static void
unhex(struct buf *b, const char *text)
{
	for (; isxdigit((unsigned char)text[0]) && isxdigit((unsigned char)text[1]); text += 2) {
		char two[3] = { text[0], text[1], '\0' };

		buf_u8(b, (uint8_t)strtoul(two, NULL, 16));
		while (text[2] == ' ')
			text++;
	}
}

static bool
wait_for(const void *bytes, size_t n)
{
	while (memmem(buf_head(&heard), buf_len(&heard), bytes, n) == NULL)
		if (!listen_for(HOSTILE_SECONDS * 1000))
			return false;
	return true;
}

static void
wait_for_text(const char *text)
{
	wait_for(text, strlen(text));
}

static void
login(const char *how)
{
	struct buf b = BUF_INIT;
	char *module;

	version = (int)strtol(how, &module, 10);
	buf_printf(&b, version < 30 ? "@RSYNCD: %d\n%s\n" : "@RSYNCD: %d.0 md5\n%s\n", version, module + 1);
	shout(buf_head(&b), buf_len(&b));
	buf_done(&b);
	wait_for_text("\n@RSYNCD: OK\n");
}

static void
arguments(const char *list)
{
	struct buf b = BUF_INIT;

	for (; *list != '\0'; list++)
		buf_u8(&b, *list != '|' ? (uint8_t)*list : version >= 30 ? 0 : '\n');
	buf_put(&b, version >= 30 ? "\0\0" : "\n\n", 2);
	shout(buf_head(&b), buf_len(&b));
	buf_done(&b);
}

static void
frame(const char *hex)
{
	struct buf b = BUF_INIT;

	unhex(&b, hex);
	buf_clear(&last_frame);
	if (version >= 30)
		mux_head_put(&last_frame, MSG_DATA, buf_len(&b));
	buf_put(&last_frame, buf_head(&b), buf_len(&b));
	shout(buf_head(&last_frame), buf_len(&last_frame));
	buf_done(&b);
}

/* Never reading: until the server takes no more for a while. */
static void
fill(void)
{
	struct pollfd w = { fd, POLLOUT, 0 };
	struct buf many = BUF_INIT;
	size_t total = 0;
	ssize_t n;

	while (buf_len(&many) < 60000)
		buf_put(&many, buf_head(&last_frame), buf_len(&last_frame));
	for (size_t at = 0; poll(&w, 1, QUIET_MS) > 0 && total < 1u << 30; at = (at + (size_t)n) % buf_len(&many)) {
		if ((n = send(fd, buf_head(&many) + at, buf_len(&many) - at, MSG_NOSIGNAL | MSG_DONTWAIT)) <= 0)
			n = 0;
		if (n == 0 && errno != EAGAIN)
			break;
		total += (size_t)n;
	}
	buf_done(&many);
}

static void
show(const char *head, const uint8_t *p, size_t n)
{
	fputs(head, stdout);
	for (size_t i = 0; i < n && i < 300; i++)
		if (p[i] == '\n' && i + 1 < n)
			fputs("\\n", stdout);
		else if (p[i] != '\n')
			printf(isprint(p[i]) ? "%c" : "\\x%02x", p[i]);
	putchar('\n');
}

/* The text phase, line by line; then the set-up is skipped. */
static void
show_text(struct cursor *c)
{
	char line[6000];

	while (line_get(c, line, sizeof line) == 0) {
		show("said ", (const uint8_t *)line, strlen(line));
		if (strcmp(line, "@RSYNCD: OK") == 0)
			break;
	}
	if (cur_left(c) == 0)
		return;
	if (version >= 30) {
		size_t n;

		if (get_varint(c) & 0x80)
			get_vstring(c, 255, &n);
	}
	cur_le32(c);
}

static void
show_frames(struct cursor *c)
{
	size_t data = 0;

	while (cur_left(c) >= 4 && c->err == 0) {
		uint32_t head = cur_le32(c);
		unsigned code = (head >> 24) - 7;
		size_t n = head & MUX_LEN_MAX;
		const uint8_t *p = cur_bytes(c, n < cur_left(c) ? n : cur_left(c));

		largest = n + MUX_HEAD_SIZE > largest ? n + MUX_HEAD_SIZE : largest;
		if (code == MSG_DATA) {
			data += n;
			continue;
		}
		if (data > 0)
			printf("data %zu\n", data);
		data = 0;
		if (code == MSG_ERROR_EXIT) {
			printf("exit %d\n", n == 4 ? p[0] : -1);
		} else {
			printf("msg %u", code);
			show(" ", p, n);
		}
	}
	if (data > 0)
		printf("data %zu\n", data);
}

static void
do_word(const char *word)
{
	const char *arg = strchr(word, ':') == NULL ? "" : strchr(word, ':') + 1;
	size_t n = arg[0] == '\0' ? strlen(word) : (size_t)(arg - word - 1);
	struct linger now = { 1, 0 };
	struct buf b = BUF_INIT;
	char *end;
	int c;

#define IS(name) (n == sizeof name - 1 && memcmp(word, name, n) == 0)
	if (IS("send") || IS("slow")) {
		unescape(&b, arg);
		for (size_t i = 0; i < buf_len(&b) && word[1] == 'l'; i++)
			shout(buf_head(&b) + i, 1);
		if (word[1] == 'e')
			shout(buf_head(&b), buf_len(&b));
	} else if (IS("rep")) {
		long times = strtol(arg, &end, 10);

		for (long i = 0; i < times; i++)
			unescape(&b, end + 1);
		shout(buf_head(&b), buf_len(&b));
	} else if (IS("raw")) {
		unhex(&b, arg);
		shout(buf_head(&b), buf_len(&b));
	} else if (IS("read")) {
		wait_for_text(arg);
	} else if (IS("login")) {
		login(arg);
	} else if (IS("as")) {
		version = atoi(arg);
	} else if (IS("seek")) {
		sought = arg;
	} else if (IS("args")) {
		arguments(arg);
	} else if (IS("frame")) {
		frame(arg);
	} else if (IS("fill")) {
		fill();
	} else if (IS("heard")) {
		unhex(&b, arg);
		if (!wait_for(buf_head(&b), buf_len(&b))) {
			printf("hostile: never heard: %s\n", arg);
			exit(2);
		}
	} else if (IS("got")) {
		while (buf_len(&heard) < strtoul(arg, NULL, 10) && listen_for(HOSTILE_SECONDS * 1000))
			;
	} else if (IS("fin")) {
		shutdown(fd, SHUT_WR);
	} else if (IS("rst")) {
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
		ended = true;
	} else if (IS("say")) {
		puts(arg);
		fflush(stdout);
	} else if (IS("frames")) {
		wants_largest = true;
	} else if (IS("hold") || IS("pause")) {
		puts("holding");
		fflush(stdout);
		while ((c = getchar()) != EOF)
			;
		if (word[0] == 'h')
			exit(0);
	} else if (IS("many")) {
		for (int i = atoi(arg); i > 0; i--) {
			fd = dial(getenv("HOSTILE_ADDRESS"));
			shout("@RSY", 4);
		}
	} else {
		printf("hostile: no such word: %s\n", word);
		exit(2);
	}
	buf_done(&b);
}

int
main(int argc, char **argv)
{
	struct cursor c;

	if (argc < 2)
		return 2;
	setenv("HOSTILE_ADDRESS", argv[1], 1);
	fd = dial(argv[1]);
	for (int i = 2; i < argc; i++)
		do_word(argv[i]);
	while (listen_for(HOSTILE_SECONDS * 1000))
		;
	c = cur_of(buf_head(&heard), buf_len(&heard));
	show_text(&c);
	show_frames(&c);
	if (wants_largest)
		printf("largest %zu\n", largest);
	if (sought != NULL)
		printf("%s %s\n", memmem(buf_head(&heard), buf_len(&heard), sought, strlen(sought)) != NULL ? "has" : "lacks", sought);
	puts(was_reset ? "reset" : ended ? "closed" : "open");
	buf_done(&heard);
	buf_done(&last_frame);
	close(fd);
	return 0;
}

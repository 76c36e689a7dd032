/* seize MASTER SEED COUNT: a worker of the tunnel that was taken over.  Stops the newest worker of that master and plays it:
 * COUNT drawn messages go to its vault, its spawner and its master by its own channels, and drawn bytes into whatever memory it
 * shares with the others.  A channel that the other side closes is the end of that worker; it goes on with the next one.
 * Needs the right to trace.  Ends with 1 when something is signed that TLS has not signed, when a page that is to be read only
 * can be written, or when no other worker comes, and with 77 when processes cannot be traced here; else tells what was sent,
 * answered and signed, and leaves no worker stopped. */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "tunnel/ipc/spawnmsg.h"
#include "tunnel/ipc/vaultmsg.h"

enum { CHANNELS = 8, MAPS = 64, WORKERS = 64, CANNOT = 77, ANSWER_MS = 20000, PROBE_MS = 1000, NEXT_MS = 30000, STEP_NS = 10000000 };

enum kind { UNKNOWN, VAULT, SPAWNER, MASTER, GONE };

struct channel {
	int fd;
	enum kind kind;
};

struct map {
	unsigned long from, to;
	int writable;
};

struct seized {
	pid_t pid;
	int mem;
	struct channel channels[CHANNELS];
	size_t n_channels;
	struct map maps[MAPS];
	size_t n_maps;
};

static uint64_t state;
static unsigned long sent[GONE], answered[GONE], closed, written, is_signed;

static uint32_t
draw(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(state >> 33) % below;
}

static void
draw_bytes(void *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = (uint8_t)draw(256);
}

static _Noreturn void
give_up(const char *why)
{
	printf("%s\n", why);
	exit(1);
}

/* --- the worker ------------------------------------------------------------------------------- */

static void
read_maps(struct seized *s)
{
	char path[64], line[4096], rights[8];
	struct map m;
	FILE *f;

	s->n_maps = 0;
	snprintf(path, sizeof path, "/proc/%d/maps", (int)s->pid);
	if ((f = fopen(path, "r")) == NULL)
		return;
	while (s->n_maps < MAPS && fgets(line, sizeof line, f) != NULL) {
		if (sscanf(line, "%lx-%lx %7s", &m.from, &m.to, rights) != 3 || rights[3] != 's')
			continue;
		m.writable = rights[1] == 'w';
		s->maps[s->n_maps++] = m;
	}
	fclose(f);
}

/* Whether a line of that file of its has both words. */
static int
tells(pid_t pid, const char *file, const char *a, const char *b)
{
	char path[64], line[4096];
	int found = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	if ((f = fopen(path, "r")) == NULL)
		return 0;
	while (!found && fgets(line, sizeof line, f) != NULL)
		found = strstr(line, a) != NULL && strstr(line, b) != NULL;
	fclose(f);
	return found;
}

/* One that is behind its walls: before, it is the master's copy. */
static int
is_worker(pid_t pid)
{
	return tells(pid, "maps", " rw-s ", "memfd:board") && tells(pid, "status", "NoNewPrivs:", "\t1");
}

static pid_t honest[WORKERS];		/* the rest of the tunnel's workers */
static size_t n_honest;

static int
is_honest(pid_t pid)
{
	for (size_t i = 0; i < n_honest; i++)
		if (honest[i] == pid)
			return 1;
	return 0;
}

/* Or 0: there is none but those that are to stay honest. */
static pid_t
newest_worker(pid_t master, int first)
{
	char path[64];
	pid_t found = 0;
	int pid;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)master, (int)master);
	if ((f = fopen(path, "r")) == NULL)
		give_up("the master is gone");
	while (fscanf(f, "%d", &pid) == 1) {	/* in the order in which they came */
		if (is_honest(pid) || !is_worker(pid))
			continue;
		if (first && found != 0 && n_honest < WORKERS)
			honest[n_honest++] = found;
		found = pid;
	}
	fclose(f);
	return found;
}

/* Its channels are as it left them: those of pairs, with messages. */
static void
take_channels(struct seized *s)
{
	int pidfd = pidfd_open(s->pid, 0), type, domain, fd;
	socklen_t len;
	char path[64];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%d/fd", (int)s->pid);
	if (pidfd < 0 || (d = opendir(path)) == NULL)
		give_up("the worker cannot be taken over");
	s->n_channels = 0;
	while ((e = readdir(d)) != NULL && s->n_channels < CHANNELS) {
		if (e->d_name[0] == '.' || (fd = pidfd_getfd(pidfd, atoi(e->d_name), 0)) < 0)
			continue;
		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, (len = sizeof type, &len)) == 0 && type == SOCK_SEQPACKET &&
		    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, (len = sizeof domain, &len)) == 0 && domain == AF_UNIX)
			s->channels[s->n_channels++] = (struct channel){ fd, UNKNOWN };
		else
			close(fd);
	}
	closedir(d);
	close(pidfd);
	if (s->n_channels > 0)
		return;
	kill(s->pid, SIGCONT);
	exit(CANNOT);
}

static void
let_go(struct seized *s)
{
	for (size_t i = 0; i < s->n_channels; i++)
		close(s->channels[i].fd);
	close(s->mem);
	kill(s->pid, SIGKILL);
}

static void
seize(struct seized *s, pid_t master, pid_t before)
{
	struct timespec step = { 0, STEP_NS };
	char path[64];

	s->pid = 0;
	for (int i = 0; i < NEXT_MS / (STEP_NS / 1000000); i++) {
		if ((s->pid = newest_worker(master, before == 0)) != 0 && s->pid != before && kill(s->pid, SIGSTOP) == 0)
			break;
		s->pid = 0;
		nanosleep(&step, NULL);
	}
	if (s->pid == 0)
		give_up("no other worker comes");
	snprintf(path, sizeof path, "/proc/%d/mem", (int)s->pid);
	if ((s->mem = open(path, O_RDWR)) < 0)
		give_up("its memory cannot be written");
	read_maps(s);
	take_channels(s);
}

/* --- memory ----------------------------------------------------------------------------------- */

static void
write_somewhere(struct seized *s)
{
	static const uint64_t special[] = { 0, 1, UINT64_MAX, UINT32_MAX, INT64_MAX, UINT64_C(1) << 63, 1 << 20 };
	const struct map *m = &s->maps[draw((uint32_t)s->n_maps)];
	unsigned long size = m->to - m->from, at = draw(2) ? draw(4096) : draw((uint32_t)size);
	uint64_t value = draw(3) ? special[draw(sizeof special / sizeof *special)] : (uint64_t)draw(UINT32_MAX) << 32 | draw(UINT32_MAX);

	at = m->from + (at > size - sizeof value ? size - sizeof value : at & ~7UL);
	if (pwrite(s->mem, &value, sizeof value, (off_t)at) != sizeof value)
		return;
	if (!m->writable)
		give_up("a page that it may only read was written");
	written++;
}

/* --- the vault -------------------------------------------------------------------------------- */

static struct {
	struct vault_ask_head head;
	uint8_t data[VAULT_DATA_MAX];
} ask;

/* As RFC 8446 and RFC 8422 have it, written down once more. */
static int
is_tls(const uint8_t *d, size_t n)
{
	char head[128];
	size_t p, g;

	for (int client = 0; client <= 1; client++) {
		snprintf(head, sizeof head, "%64sTLS 1.3, %s CertificateVerify", "", client ? "client" : "server");
		if (n > 98 && memcmp(d, head, 97) == 0 && d[97] == 0 && (n == 98 + 32 || n == 98 + 48))
			return 1;
	}
	if (n > 68 && d[64] == 3 && n == 68 + (size_t)d[67])
		return d[0] != 0x30 || d[1] != n - 2;
	if (n < 70)
		return 0;
	p = (size_t)d[64] << 8 | d[65];
	if (n < 70 + p)
		return 0;
	g = (size_t)d[66 + p] << 8 | d[67 + p];
	return n >= 70 + p + g && n == 70 + p + g + ((size_t)d[68 + p + g] << 8 | d[69 + p + g]);
}

static size_t
form_13(uint8_t *d)
{
	int n = snprintf((char *)d, 128, "%64sTLS 1.3, %s CertificateVerify", "", draw(4) ? "server" : "client");

	draw_bytes(d + n + 1, 48);
	return (size_t)n + 1 + (draw(2) ? 32 : 48);
}

static size_t
form_params(uint8_t *d)
{
	static const uint8_t curves[][2] = { { 23, 65 }, { 24, 97 }, { 29, 32 }, { 30, 56 } };
	size_t i = draw(4);

	draw_bytes(d, 64 + 4 + 97);
	memcpy(d + 64, (uint8_t[]){ 3, 0, curves[i][0], curves[i][1], 4 }, 5);
	return 68 + (size_t)curves[i][1];
}

/* The outside of what a certificate's signature covers. */
static size_t
form_der(uint8_t *d)
{
	size_t n = 4 + draw(1500);

	draw_bytes(d, n);
	memcpy(d, (uint8_t[]){ 0x30, 0x82, (uint8_t)((n - 4) >> 8), (uint8_t)(n - 4) }, 4);
	return n;
}

static size_t
form_any(uint8_t *d)
{
	static const size_t sizes[] = { 0, 1, 16, 20, 28, 32, 36, 48, 64, 130, 146, 4096, VAULT_DATA_MAX };
	size_t n = draw(2) ? sizes[draw(sizeof sizes / sizeof *sizes)] : draw(2000);

	draw_bytes(d, n);
	return n;
}

static size_t
draw_ask(void)
{
	static size_t (*const forms[])(uint8_t *) = { form_13, form_params, form_der, form_any };
	size_t n = forms[draw(4)](ask.data);

	if (n > 0 && draw(3) == 0)
		ask.data[draw((uint32_t)n)] ^= (uint8_t)(1 << draw(8));
	ask.head = (struct vault_ask_head){ .id = draw(UINT32_MAX), .slot = draw(3), .pss = draw(2), .n = (uint32_t)n,
	    .digest = draw(TLS_DIGESTS) };
	if (draw(60) == 0)
		draw_bytes((uint8_t *)&ask.head + 4 * draw(5), 4);
	else if (draw(200) == 0)
		n = draw((uint32_t)n + 1);
	return n;
}

static void
look_at_signature(const uint8_t *bytes, size_t n)
{
	struct vault_answer a;

	if (n < VAULT_ANSWER_HEAD || n > sizeof a)
		give_up("the vault's answer is none");
	memcpy(&a, bytes, n);
	if (a.n == 0)
		return;
	is_signed++;
	if (!is_tls(ask.data, ask.head.n))
		give_up("the vault signed what is not TLS's");
}

/* --- the spawner ------------------------------------------------------------------------------ */

static void
draw_text(char *to, size_t size)
{
	static const char *const texts[] = { "", "127.0.0.1", "::1", "localhost", "/CN=\033[2J%n%s\n", "http://127.0.0.1:1/", "http://[::1]:1/x",
	    "http://", "ftp://127.0.0.1/", "://:@/" };

	snprintf(to, size, "%s", texts[draw(sizeof texts / sizeof *texts)]);
	if (draw(300) == 0)
		memset(to, 'a', size - draw(2));
}

/* Mostly what t/tunnel/process/546's sections may ask for.  No name that a name server would be asked about. */
static struct spawn_request
draw_request(void)
{
	static const uint32_t sound[][2] = { { SPAWN_PROGRAM, 1 }, { SPAWN_IDENT, 1 }, { SPAWN_CONNECT, 2 } };
	size_t i = draw(3);
	struct spawn_request r = { .kind = draw(SPAWN_KINDS + 1), .service = draw(4), .port = draw(65600), .own_port = draw(65600),
	    .n_body = draw(SPAWN_BODY_SIZE + 2) };

	if (draw(60) != 0) {
		r.kind = sound[i][0];
		r.service = sound[i][1];
		r.port = draw(65536);
		r.own_port = draw(65536);
		r.n_body = draw(SPAWN_BODY_SIZE + 1);
	}
	draw_text(r.host, sizeof r.host);
	draw_text(r.own, sizeof r.own);
	draw_text(r.subject, sizeof r.subject);
	draw_text(r.issuer, sizeof r.issuer);
	draw_text(r.url, sizeof r.url);
	if (strchr(r.host, '/') != NULL)
		r.host[0] = '\0';
	draw_bytes(r.body, sizeof r.body);
	return r;
}

/* --- messages --------------------------------------------------------------------------------- */

/* What comes back, without the descriptors that come along; 0: the channel is closed. */
static size_t
hear(int fd, uint8_t *bytes, size_t size, int ms)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(8 * sizeof(int))];
	} control;
	struct iovec v = { bytes, size };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
	struct pollfd p = { fd, POLLIN, 0 };
	ssize_t n;
	int got;

	if (poll(&p, 1, ms) <= 0)
		return SIZE_MAX;
	if ((n = recvmsg(fd, &m, MSG_DONTWAIT)) <= 0)
		return 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c))
		for (size_t i = 0; i + sizeof got <= c->cmsg_len - CMSG_LEN(0); i += sizeof got) {
			memcpy(&got, CMSG_DATA(c) + i, sizeof got);
			close(got);
		}
	return (size_t)n;
}

static int
is_the_vaults(int fd)
{
	int size = 0, usual = 0, pair[2];
	socklen_t len = sizeof size;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
		give_up("no sockets");
	getsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &usual, &len);
	len = sizeof size;
	getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &len);
	close(pair[0]);
	close(pair[1]);
	return size != usual;		/* it alone has room for more */
}

/* One message; the worker's channel may be closed for it.  What is heard first tells spawner and master apart: the master
 * never answers. */
static void
say(struct channel *c)
{
	uint8_t heard[sizeof(struct vault_answer)];
	struct spawn_request req;
	size_t n;

	if (c->kind == UNKNOWN && is_the_vaults(c->fd))
		c->kind = VAULT;
	if (c->kind == VAULT) {
		n = draw_ask();
		n = send(c->fd, &ask, sizeof ask.head + n, MSG_NOSIGNAL) < 0 ? 0 : 1;
	} else {
		req = draw_request();
		n = send(c->fd, &req, draw(100) == 0 ? draw(sizeof req) : sizeof req, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? 0 : 1;
		if (n == 0 && c->kind == MASTER)
			return;		/* full: it does not listen */
	}
	if (c->kind != GONE)
		sent[c->kind]++;
	if (n == 0 || c->kind == MASTER || (n = hear(c->fd, heard, sizeof heard, c->kind == UNKNOWN ? PROBE_MS : ANSWER_MS)) == 0) {
		closed += n == 0;
		c->kind = n == 0 ? GONE : c->kind;
		return;
	}
	if (n == SIZE_MAX && c->kind != UNKNOWN)
		give_up(c->kind == VAULT ? "the vault answers no more" : "the spawner answers no more");
	if (c->kind == UNKNOWN)
		c->kind = n == SIZE_MAX ? MASTER : SPAWNER;
	else
		answered[c->kind]++;
	if (c->kind == VAULT)
		look_at_signature(heard, n);
}

int
main(int argc, char **argv)
{
	struct seized s = { .n_maps = 0 };
	pid_t master;
	long left;

	if (argc != 4)
		return 2;
	master = atoi(argv[1]);
	state = strtoull(argv[2], NULL, 10) * 2654435761u + 12345;
	left = atol(argv[3]);
	seize(&s, master, 0);
	while (left > 0) {
		struct channel *c = &s.channels[draw((uint32_t)s.n_channels)];
		pid_t before = s.pid;

		write_somewhere(&s);
		if (c->kind != MASTER || draw(50) == 0) {
			say(c);
			left--;
		}
		if (c->kind != GONE)
			continue;
		let_go(&s);
		seize(&s, master, before);
	}
	let_go(&s);
	printf("vault %lu asked %lu answered %lu signed, spawner %lu asked %lu answered, master %lu, %lu channels closed, %lu words written\n",
	    sent[VAULT], answered[VAULT], is_signed, sent[SPAWNER] + sent[UNKNOWN], answered[SPAWNER], sent[MASTER], closed, written);
	return 0;
}

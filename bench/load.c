/* Loads a TLS forwarder from both sides, for bench/tunnel.
 *   load serve PORT|PATH            the back end: what a connection's first byte asks for is done
 *   load bulk PORT down|up N BYTES  N connections at once move BYTES together
 *   load shake PORT full|resumed N  N handshakes, one after the other on each of two threads, a byte echoed on each
 *   load echo PORT N                N times 64 bytes there and back; prints the median and the 99th percentile in us
 *   load cpu PID...                 CPU time that processes have used, together, in ns (threads that have ended count, children do not)
 *   load idle PORT N                opens N connections, says "ready", closes them when standard input ends */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 1 << 17, THREADS = 64, SHAKERS = 2, ECHO = 64, STACK = 1 << 20 };

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* --- the back end ----------------------------------------------------------------------------- */

static void
pour(int fd, uint64_t n)
{
	static const char zeros[BLOCK];
	ssize_t put;

	for (; n > 0; n -= (uint64_t)put)
		if ((put = write(fd, zeros, n < BLOCK ? (size_t)n : BLOCK)) <= 0)
			return;
}

static void
drain(int fd, uint64_t n)
{
	static _Thread_local char block[BLOCK];
	ssize_t got;

	for (; n > 0; n -= (uint64_t)got)
		if ((got = read(fd, block, n < BLOCK ? (size_t)n : BLOCK)) <= 0)
			return;
}

static int
read_all(int fd, void *dst, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t got = read(fd, (char *)dst + at, n - at);

		if (got <= 0)
			return 0;
		at += (size_t)got;
	}
	return 1;
}

struct order {
	char what;		/* 'd'own, 'u'p, 'e'cho */
	uint64_t n;
};

static void *
serve_one(void *arg)
{
	int fd = (int)(intptr_t)arg, on = 1;
	struct order o;
	char bytes[ECHO];
	ssize_t got;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (!read_all(fd, &o, sizeof o))
		goto out;
	if (o.what == 'd')
		pour(fd, o.n);
	else if (o.what == 'u')
		drain(fd, o.n);
	if (o.what != 'e' && write(fd, "!", 1) != 1)
		goto out;
	while ((got = read(fd, bytes, sizeof bytes)) > 0)
		if (write(fd, bytes, (size_t)got) != got)
			break;
out:	close(fd);
	return NULL;
}

static pthread_t
begin(void *(*run)(void *), void *arg)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	if (pthread_create(&t, &attr, run, arg) != 0)
		die("pthread_create");
	pthread_attr_destroy(&attr);
	return t;
}

static int
listen_at(const char *where)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(where)), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int local = where[0] == '/', on = 1, fd = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM, 0);

	snprintf(un.sun_path, sizeof un.sun_path, "%s", where);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, local ? (struct sockaddr *)&un : (struct sockaddr *)&in, local ? sizeof un : sizeof in) < 0 || listen(fd, 4096) < 0)
		die(where);
	return fd;
}

static int
serve(const char *where)
{
	int fd = listen_at(where), c;

	while ((c = accept(fd, NULL, NULL)) >= 0)
		pthread_detach(begin(serve_one, (void *)(intptr_t)c));
	die("accept");
}

/* --- clients ---------------------------------------------------------------------------------- */

static SSL_CTX *ctx;
static uint16_t port;

static int
keep_session(SSL *ssl, SSL_SESSION *s)
{
	SSL_SESSION **at = SSL_get_app_data(ssl);

	if (at == NULL)
		return 0;
	SSL_SESSION_free(*at);
	*at = s;
	return 1;
}

static void
prepare(const char *text)
{
	port = (uint16_t)atoi(text);
	if ((ctx = SSL_CTX_new(TLS_client_method())) == NULL || !SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) ||
	    !SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384") || !SSL_CTX_set1_groups_list(ctx, "X25519"))
		die("SSL_CTX");
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, keep_session);
}

/* session: where to keep the last one and, when there is one, what to offer; NULL: neither. */
static SSL *
dial(SSL_SESSION **session)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	SSL *ssl = SSL_new(ctx);

	if (fd < 0 || connect(fd, (struct sockaddr *)&in, sizeof in) < 0)
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	SSL_set_fd(ssl, fd);
	SSL_set_app_data(ssl, session);
	if (session != NULL && *session != NULL)
		SSL_set_session(ssl, *session);
	if (SSL_connect(ssl) != 1)
		die("SSL_connect");
	return ssl;
}

static void
hang_up(SSL *ssl)
{
	int fd = SSL_get_fd(ssl);

	SSL_shutdown(ssl);
	SSL_free(ssl);
	close(fd);
}

static void
say(SSL *ssl, char what, uint64_t n)
{
	struct order o;

	memset(&o, 0, sizeof o);
	o.what = what;
	o.n = n;
	if (SSL_write(ssl, &o, sizeof o) != sizeof o)
		die("SSL_write");
}

struct share {
	char what;
	uint64_t n;
};

static void *
move(void *arg)
{
	static _Thread_local char block[BLOCK];
	struct share *sh = arg;
	SSL *ssl = dial(NULL);
	uint64_t left = sh->n;
	int r;

	say(ssl, sh->what, sh->n);
	for (; sh->what == 'u' && left > 0; left -= (uint64_t)r)
		if ((r = SSL_write(ssl, block, left < BLOCK ? (int)left : BLOCK)) <= 0)
			die("SSL_write");
	for (left = sh->what == 'u' ? 1 : left + 1; left > 0; left -= (uint64_t)r)
		if ((r = SSL_read(ssl, block, BLOCK)) <= 0)
			die("SSL_read");
	hang_up(ssl);
	return NULL;
}

static int
bulk(const char *way, int n, uint64_t bytes)
{
	struct share sh = { way[0], bytes / (uint64_t)n };
	pthread_t t[THREADS];

	for (int i = 0; i < n && i < THREADS; i++)
		t[i] = begin(move, &sh);
	for (int i = 0; i < n && i < THREADS; i++)
		pthread_join(t[i], NULL);
	return 0;
}

static void
bounce(SSL *ssl, char *bytes, int n)
{
	int got = 0, r;

	if (SSL_write(ssl, bytes, n) != n)
		die("SSL_write");
	for (; got < n; got += r)
		if ((r = SSL_read(ssl, bytes + got, n - got)) <= 0)
			die("SSL_read");
}

static atomic_int reused;
static int resumes;

static void *
shake(void *arg)
{
	int n = *(int *)arg;
	SSL_SESSION *session = NULL;
	char byte = 'x';

	for (int i = 0; i < n; i++) {
		SSL *ssl = dial(resumes ? &session : NULL);

		say(ssl, 'e', 0);
		bounce(ssl, &byte, 1);
		reused += SSL_session_reused(ssl);
		hang_up(ssl);
	}
	SSL_SESSION_free(session);
	return NULL;
}

static int
shake_all(const char *kind, int n)
{
	pthread_t t[SHAKERS];
	int share = n / SHAKERS;

	resumes = kind[0] == 'r';
	for (int i = 0; i < SHAKERS; i++)
		t[i] = begin(shake, &share);
	for (int i = 0; i < SHAKERS; i++)
		pthread_join(t[i], NULL);
	if (resumes && reused < share * SHAKERS - 16 * SHAKERS) {
		fprintf(stderr, "only %d of %d resumed\n", (int)reused, share * SHAKERS);
		return 1;
	}
	return 0;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int
echo(int n)
{
	double *us = calloc((size_t)n, sizeof *us);
	char bytes[ECHO] = "";
	SSL *ssl = dial(NULL);

	say(ssl, 'e', 0);
	for (int i = -200; i < n; i++) {
		struct timespec a, b;

		clock_gettime(CLOCK_MONOTONIC, &a);
		bounce(ssl, bytes, ECHO);
		clock_gettime(CLOCK_MONOTONIC, &b);
		if (i >= 0)
			us[i] = (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
	}
	hang_up(ssl);
	qsort(us, (size_t)n, sizeof *us, by_size);
	printf("%.1f %.1f\n", us[n / 2], us[n - 1 - n / 100]);
	free(us);
	return 0;
}

static int
idle(int n)
{
	SSL **all = calloc((size_t)n, sizeof *all);
	char byte = 'x';

	for (int i = 0; i < n; i++) {
		all[i] = dial(NULL);
		say(all[i], 'e', 0);
		bounce(all[i], &byte, 1);
	}
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	for (int i = 0; i < n; i++)
		hang_up(all[i]);
	free(all);
	return 0;
}

static int
cpu(char **pids)
{
	unsigned long long ns = 0;
	struct timespec t;
	clockid_t clock;

	for (; *pids != NULL; pids++)
		if (clock_getcpuclockid(atoi(*pids), &clock) == 0 && clock_gettime(clock, &t) == 0)
			ns += (unsigned long long)t.tv_sec * 1000000000 + (unsigned long long)t.tv_nsec;
	printf("%llu\n", ns);
	return 0;
}

int
main(int argc, char **argv)
{
	struct rlimit files;

	signal(SIGPIPE, SIG_IGN);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2]);
	if (argc > 2 && strcmp(argv[1], "cpu") == 0)
		return cpu(argv + 2);
	if (argc < 4)
		return 2;
	prepare(argv[2]);
	if (argc == 6 && strcmp(argv[1], "bulk") == 0)
		return bulk(argv[3], atoi(argv[4]), strtoull(argv[5], NULL, 10));
	if (argc == 5 && strcmp(argv[1], "shake") == 0)
		return shake_all(argv[3], atoi(argv[4]));
	if (argc == 4 && strcmp(argv[1], "echo") == 0)
		return echo(atoi(argv[3]));
	if (argc == 4 && strcmp(argv[1], "idle") == 0)
		return idle(atoi(argv[3]));
	return 2;
}

/* doors PID CONF LOG PORT DIR SEED DRAWS: two sections of a tunnel with drawn options, the second chosen by name, and clients
 * with drawn certificates that keep their sessions.  Between, one option is drawn anew and the tunnel (PID, which reads CONF and
 * writes LOG) reads its file again; some draws have one section, and words before TLS.  Whom a full handshake refuses, or sends
 * elsewhere, gets no further with a session.  DIR has ca.crt, other-ca.crt, both.pem, leaf.pem (ca and good.crt), none.crl, good.crl
 * (which revokes good.crt), server.crt and .key, and for the clients good, second, stranger and self.  Ends with 1 and the two
 * files at the first who does, and tells else how many connections resumed and were refused. */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CERTS = 5, SESSIONS = 8, WAIT_MS = 20000, TEXT = 8192, PATH = 512, STEP_NS = 2000000 };

/* How far somebody gets: what the back ends answer, in their order. */
enum reach { REFUSED, ELSEWHERE, SERVED };

static const char *const certs[CERTS] = { NULL, "good", "second", "stranger", "self" };

static uint64_t state;

static unsigned
draw(unsigned below)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(state >> 33) % below;
}

/* --- the configuration ------------------------------------------------------------------------ */

enum option { VERIFY, TRUST, LISTS, HOST, RESUME, TICKETS, CURVES, VERSION, REDIRECT, OPTIONS };

/* What each may be, in the first half of all draws the first; DIR stands for the directory, R for the port of those who are sent elsewhere. */
static const char *const choices[OPTIONS][6] = {
	[VERIFY] = { "verifyChain = no", "verifyChain = yes", "verifyPeer = yes", "verifyChain = yes\nrequireCert = yes", "verify = 2",
	    "verifyChain = yes\nverifyPeer = yes" },
	[TRUST] = { "CAfile = DIR/both.pem", "CAfile = DIR/ca.crt", "CAfile = DIR/other-ca.crt", "CAfile = DIR/leaf.pem" },
	[LISTS] = { "", "CRLfile = DIR/none.crl", "CRLfile = DIR/good.crl", "CRLfile = DIR/good.crl\nrevokeLive = yes" },
	[HOST] = { "", "checkHost = c1.example", "checkHost = c2.example" },
	[RESUME] = { "", "sessionResume = no", "options = NO_TICKET", "sessionCacheTimeout = 100" },
	[TICKETS] = { "ticketKeySecret = 00112233445566778899aabbccddeeff\nticketMacSecret = 0123456789abcdef0123456789abcdef", "",
	    "ticketKeySecret = ffeeddccbbaa99887766554433221100\nticketMacSecret = 0123456789abcdef0123456789abcdef" },
	[CURVES] = { "", "curves = P-256", "curves = X25519:P-384" },
	[VERSION] = { "", "sslVersionMax = TLSv1.2", "sslVersionMin = TLSv1.3" },
	[REDIRECT] = { "", "redirect = 127.0.0.1:R" },
};

static const char *const preludes[] = { "", "", "", "protocol = proxy", "protocol = pgsql" };
enum { PGSQL = 4 };

struct plan {
	unsigned v[2][OPTIONS];
	unsigned prelude;		/* beyond 0 to 2 there is no second section */
};

struct world {
	pid_t pid;
	const char *conf, *log, *dir;
	int port, back[2];		/* of the tunnel; of REFUSED + 1 and on */
	unsigned long offset;		/* of the log, up to where it has been read */
	SSL_CTX *tls[CERTS];
};

static int
has_second(const struct plan *p)
{
	return p->prelude < 3;
}

static unsigned
draw_choice(enum option o)
{
	unsigned n = 0;

	while (n < 6 && choices[o][n] != NULL)
		n++;
	return draw(2) ? 0 : draw(n);
}

/* What the tunnel would refuse to load is drawn into what it takes. */
static void
make_sound(unsigned v[OPTIONS])
{
	if (v[VERIFY] == 0)
		v[HOST] = v[REDIRECT] = 0;
	if (v[VERIFY] == 0 && v[LISTS] == 3)
		v[LISTS] = 2;
}

static struct plan
draw_plan(void)
{
	struct plan p;

	for (int s = 0; s < 2; s++) {
		for (enum option o = 0; o < OPTIONS; o++)
			p.v[s][o] = draw_choice(o);
		make_sound(p.v[s]);
	}
	if (draw(2))			/* else a ticket of one section could never be the other's */
		p.v[1][TICKETS] = p.v[0][TICKETS];
	p.prelude = draw(sizeof preludes / sizeof *preludes);
	return p;
}

static struct plan
change_one(struct plan p)
{
	unsigned s = draw(2);
	enum option o = draw(2) ? draw(RESUME) : draw(OPTIONS);	/* whom it trusts, mostly */
	unsigned was = p.v[s][o];

	while (p.v[s][o] == was)
		p.v[s][o] = draw_choice(o);
	make_sound(p.v[s]);
	return p;
}

static void
add(char *text, const char *line, const struct world *w)
{
	size_t at = strlen(text);

	for (; *line != '\0'; line++)
		if (strncmp(line, "DIR", 3) == 0) {
			at += (size_t)snprintf(text + at, TEXT - at, "%s", w->dir);
			line += 2;
		} else if (strncmp(line, ":R", 2) == 0) {
			at += (size_t)snprintf(text + at, TEXT - at, ":%d", w->back[0]);
			line++;
		} else {
			at += (size_t)snprintf(text + at, TEXT - at, "%c", *line);
		}
	snprintf(text + at, TEXT - at, "\n");
}

static void
write_plan(const struct plan *p, const struct world *w, char *text)
{
	char head[PATH];

	snprintf(text, TEXT, "foreground = yes\nsyslog = no\npid =\ndebug = 6\nworkers = 1\n");
	for (int s = 0; s < 1 + has_second(p); s++) {
		if (s == 0)
			snprintf(head, sizeof head, "[first]\naccept = 127.0.0.1:%d\n%s", w->port, preludes[p->prelude]);
		else
			snprintf(head, sizeof head, "[second]\nsni = first:second.example");
		add(text, head, w);
		snprintf(head, sizeof head, "connect = 127.0.0.1:%d\ncert = DIR/server.crt\nkey = DIR/server.key", w->back[1]);
		add(text, head, w);
		for (enum option o = 0; o < OPTIONS; o++)
			add(text, choices[o][p->v[s][o]], w);
	}
}

static _Noreturn void
give_up(const char *why, const char *text)
{
	printf("%s\n%s", why, text);
	exit(1);
}

/* Until the log has said that more often; or that the file is not good. */
static int
said(struct world *w, const char *what, unsigned long from)
{
	static char bytes[1 << 20];
	FILE *f = fopen(w->log, "r");
	size_t n;

	if (f == NULL || fseek(f, (long)from, SEEK_SET) != 0)
		give_up("no log", "\n");
	n = fread(bytes, 1, sizeof bytes - 1, f);
	fclose(f);
	bytes[n] = '\0';
	if (strstr(bytes, "Configuration failed") != NULL)
		return -1;
	if (strstr(bytes, what) == NULL)
		return 0;
	w->offset = from + n;
	return 1;
}

/* The tunnel has read it, and nobody serves what was before. */
static void
reload(struct world *w, const char *text)
{
	static const char *const words[] = { "Accepting new connections", "its last connection is closed" };
	struct timespec step = { 0, STEP_NS };
	unsigned long from = w->offset;
	FILE *f = fopen(w->conf, "w");
	int r = 0;

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0 || kill(w->pid, SIGHUP) != 0)
		give_up("the tunnel cannot be told", text);
	for (size_t i = 0; i < 2; i++, r = 0) {
		for (int ms = 0; r == 0 && ms < WAIT_MS; ms += STEP_NS / 1000000)
			if ((r = said(w, words[i], from)) == 0)
				nanosleep(&step, NULL);
		if (r != 1)
			give_up(r < 0 ? "the tunnel refuses" : "the tunnel does not read again", text);
	}
}

/* --- clients ---------------------------------------------------------------------------------- */

struct visit {
	unsigned cert;
	int version, second;		/* to the section that is chosen by name */
	unsigned prelude;
	SSL_SESSION *session;		/* to offer; NULL: none */
	int reused;
	SSL_SESSION *kept[SESSIONS];	/* for later */
	size_t n_kept;
};

static int
keep(SSL *ssl, SSL_SESSION *session)
{
	struct visit *v = SSL_get_app_data(ssl);

	if (v->n_kept == SESSIONS)
		return 0;
	v->kept[v->n_kept++] = session;
	return 1;
}

static int
connect_to(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct timeval wait = { WAIT_MS / 1000, 0 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
		give_up("no connection\n", "");
	return fd;
}

static int
ask_for_tls(int fd)
{
	static const unsigned char request[] = { 0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f };
	char yes = 0;

	return send(fd, request, sizeof request, MSG_NOSIGNAL) == sizeof request && recv(fd, &yes, 1, 0) == 1 && yes == 'S';
}

static enum reach
talk(SSL *ssl)
{
	char answer = 0;

	if (SSL_connect(ssl) != 1 || SSL_write(ssl, "ping\n", 5) != 5 || SSL_read(ssl, &answer, 1) != 1)
		return REFUSED;
	return answer == 'M' ? SERVED : ELSEWHERE;
}

static enum reach
visit(struct world *w, struct visit *v)
{
	int fd = connect_to(w->port);
	SSL *ssl = SSL_new(w->tls[v->cert]);
	enum reach r = REFUSED;

	v->reused = 0;
	v->n_kept = 0;
	SSL_set_app_data(ssl, v);
	SSL_set_fd(ssl, fd);
	SSL_set_min_proto_version(ssl, v->version);
	SSL_set_max_proto_version(ssl, v->version);
	SSL_set_tlsext_host_name(ssl, (char *)(v->second ? "second.example" : "first.example"));
	if (v->session != NULL)
		SSL_set_session(ssl, v->session);
	if (v->prelude != PGSQL || ask_for_tls(fd)) {
		r = talk(ssl);
		v->reused = SSL_session_reused(ssl);
	}
	if (SSL_is_init_finished(ssl))
		SSL_shutdown(ssl);
	SSL_free(ssl);
	close(fd);
	return r;
}

static void
forget(struct visit *v)
{
	for (size_t i = 0; i < v->n_kept; i++)
		SSL_SESSION_free(v->kept[i]);
	v->n_kept = 0;
}

/* How far one of that certificate gets without a session. */
static enum reach
fresh(struct world *w, unsigned cert, const struct visit *like)
{
	struct visit v = { .cert = cert, .version = like->version, .second = like->second, .prelude = like->prelude };
	enum reach r = visit(w, &v);

	forget(&v);
	return r;
}

static unsigned long draws, sessions, resumed, refused;

/* With a session that was given to cert, by one who has that certificate or another. */
static void
try_session(struct world *w, SSL_SESSION *session, unsigned cert, const struct visit *like, const char *texts[2])
{
	struct visit v = { .cert = draw(2) ? cert : draw(CERTS), .version = like->version, .second = like->second,
	    .prelude = like->prelude, .session = SSL_SESSION_dup(session) };
	enum reach got = visit(w, &v), may = fresh(w, v.reused ? cert : v.cert, like);

	resumed += (unsigned long)v.reused;
	refused += may == REFUSED;
	SSL_SESSION_free(v.session);
	forget(&v);
	if (got <= may)
		return;
	printf("draw %lu: a session of %s, shown by %s, gets %d at section %d, where %s gets %d (reused %d, TLS 1.%d)\n-- before\n%s-- after\n",
	    draws, certs[cert] == NULL ? "nobody" : certs[cert], certs[v.cert] == NULL ? "nobody" : certs[v.cert], got, 1 + v.second,
	    "the same without it", may, v.reused, v.version == TLS1_2_VERSION ? 2 : 3, texts[0]);
	give_up("", texts[1]);
}

static void
one_draw(struct world *w)
{
	static char before[TEXT], after[TEXT];
	const char *texts[2] = { before, after };
	struct plan p = draw_plan(), changed = change_one(p);
	struct visit got[3];

	write_plan(&p, w, before);
	write_plan(&changed, w, after);
	reload(w, before);
	for (int i = 0; i < 3; i++) {
		got[i] = (struct visit){ .cert = draw(2) ? 1 : draw(CERTS), .version = draw(2) ? TLS1_2_VERSION : TLS1_3_VERSION,
		    .second = has_second(&p) && draw(2), .prelude = p.prelude };
		if (visit(w, &got[i]) == REFUSED)
			forget(&got[i]);
		sessions += got[i].n_kept;
	}
	if (draw(4) == 0)
		memcpy(after, before, sizeof after);
	else
		reload(w, after);
	for (int i = 0; i < 3; i++) {
		for (size_t k = 0; k < got[i].n_kept && k < 2; k++) {
			struct visit like = got[i];

			like.second = has_second(&p) && draw(2);
			try_session(w, got[i].kept[k], got[i].cert, &like, texts);
		}
		forget(&got[i]);
	}
}

/* --- back ends -------------------------------------------------------------------------------- */

struct back {
	int fd;
	char answer;
};

/* Whoever says a line of "ping" gets one letter. */
static void *
serve(void *arg)
{
	const struct back *b = arg;
	char text[512];
	int fd;

	while ((fd = accept(b->fd, NULL, NULL)) >= 0) {
		size_t n = 0;
		ssize_t got;

		while (n < sizeof text - 1 && (got = recv(fd, text + n, sizeof text - 1 - n, 0)) > 0) {
			text[n += (size_t)got] = '\0';
			if (strstr(text, "ping\n") != NULL && send(fd, &b->answer, 1, MSG_NOSIGNAL) == 1)
				break;
		}
		close(fd);
	}
	return NULL;
}

static int
start_back(struct back *b, char answer)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof a;
	pthread_t thread;

	*b = (struct back){ socket(AF_INET, SOCK_STREAM, 0), answer };
	if (bind(b->fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(b->fd, 64) != 0 ||
	    getsockname(b->fd, (struct sockaddr *)&a, &len) != 0 || pthread_create(&thread, NULL, serve, b) != 0)
		give_up("no back end\n", "");
	return ntohs(a.sin_port);
}

static SSL_CTX *
client(const char *dir, const char *cert)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	char path[PATH];

	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, keep);
	SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
	if (cert == NULL)
		return ctx;
	snprintf(path, sizeof path, "%s/%s.crt", dir, cert);
	if (SSL_CTX_use_certificate_chain_file(ctx, path) != 1)
		give_up("no certificate: ", path);
	snprintf(path, sizeof path, "%s/%s.key", dir, cert);
	if (SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM) != 1)
		give_up("no key: ", path);
	return ctx;
}

int
main(int argc, char **argv)
{
	static struct back backs[2];
	struct world w;
	unsigned long n;

	if (argc != 8)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	w = (struct world){ .pid = atoi(argv[1]), .conf = argv[2], .log = argv[3], .port = atoi(argv[4]), .dir = argv[5] };
	state = strtoull(argv[6], NULL, 10) * 2654435761u + 12345;
	n = strtoul(argv[7], NULL, 10);
	w.back[0] = start_back(&backs[0], 'R');
	w.back[1] = start_back(&backs[1], 'M');
	for (size_t i = 0; i < CERTS; i++)
		w.tls[i] = client(w.dir, certs[i]);
	for (draws = 1; draws <= n; draws++)
		one_draw(&w);
	printf("%lu draws, %lu sessions, %lu resumed, %lu refused\n", n, sessions, resumed, refused);
	return 0;
}

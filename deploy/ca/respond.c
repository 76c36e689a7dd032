#include "deploy/ca/respond.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "deploy/ca/authority.h"
#include "deploy/ca/renew.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/role.h"

enum { READER_MEMORY_MAX = 64 << 20, READER_FILES_MAX = 16, LAST_WORD_MS = 2000 };

/* What one process tells the other: bytes of fixed places, each checked there once more. */
struct found {
	int r;				/* of the error space */
	uint16_t n_key;
	uint8_t key[CERT_PUBLIC_MAX];	/* SubjectPublicKeyInfo */
};

static const char *const reader_syscalls[] = {
	"read", "write", "poll", "ppoll", "close", "brk", "mmap", "munmap", "mremap", "madvise", "mprotect", "futex", "exit", "exit_group", "rt_sigreturn",
	"rt_sigprocmask", "restart_syscall", "clock_gettime", "gettimeofday", "getpid", "gettid", "getrandom", NULL,
};

/* At most n bytes more.  0, E_EOF, E_TIMEOUT or -errno. */
static int
read_more(int fd, uint64_t until, size_t n, struct buf *in)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t now = loop_clock();
	uint8_t *at = buf_reserve(in, n);
	ssize_t got;

	if (at == NULL)
		return -ENOMEM;
	if (now >= until || poll(&p, 1, (int)(until - now)) == 0)
		return E_TIMEOUT;
	if ((got = read(fd, at, n)) < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	buf_commit(in, (size_t)got);
	return got == 0 ? E_EOF : 0;
}

/* --- the one that reads what the client sends ---------------------------------------------------- */

static int
look(const uint8_t *request, size_t n, const char *name, struct found *ret)
{
	struct buf public = BUF_INIT;
	struct evp_pkey_st *key = NULL;
	int r = cert_request(request, n, name, &key);

	if (r == 0 && (r = cert_key_public_der(key, &public)) == 0 && buf_len(&public) > sizeof ret->key)
		r = E_DENIED;
	if (r == 0) {
		ret->n_key = (uint16_t)buf_len(&public);
		memcpy(ret->key, buf_head(&public), buf_len(&public));
	}
	buf_done(&public);
	cert_key_free(key);
	return r;
}

static int
read_request(int fd, uint64_t until, const char *name, struct found *ret)
{
	struct buf in = BUF_INIT;
	const uint8_t *request;
	size_t n;
	int r;

	while ((r = renew_request(buf_head(&in), buf_len(&in), &request, &n)) == E_SHORT)
		if ((r = read_more(fd, until, RENEW_ASK_MAX + 1 - buf_len(&in), &in)) != 0)
			break;
	if (r == 0)
		r = look(request, n, name, ret);
	buf_done(&in);
	return r;
}

static _Noreturn void
reader(int fd, int out, uint64_t until, const char *name)
{
	static struct found found;
	struct role_filter *filter = NULL;
	const int keep[] = { fd, out };
	struct role role = { .name = "reader", .root_fd = -1, .files = ROLE_FILES_NONE, .tree_fd = -1, .files_max = READER_FILES_MAX,
	    .memory_max = READER_MEMORY_MAX, .keep = keep, .n_keep = ARRAY_LEN(keep) };
	int r = role_filter_new(reader_syscalls, &filter);

	role.filter = filter;
	if (r == 0)
		r = role_enter(&role, NULL);
	if (r == 0)
		r = read_request(fd, until, name, &found);	/* untrusted bytes only in here */
	found.r = r;
	_exit(write(out, &found, sizeof found) == (ssize_t)sizeof found ? 0 : 1);
}

/* --- the one that signs -------------------------------------------------------------------------- */

/* What the door says, and not a byte more: the rest is not for the one that has the key. */
static int
read_header(int fd, uint64_t until, struct renew_who *ret)
{
	struct buf in = BUF_INIT;
	size_t size;
	int r;

	while ((r = renew_header(buf_head(&in), buf_len(&in), ret, &size)) == E_SHORT)
		if ((r = read_more(fd, until, size - buf_len(&in), &in)) != 0)
			break;
	buf_done(&in);
	return r;
}

/* What the reader says within its time; it could be anybody's by now. */
static int
hear(int in, struct found *ret)
{
	struct pollfd p = { .fd = in, .events = POLLIN };
	int r = poll(&p, 1, 1000 * RESPOND_SECONDS + LAST_WORD_MS);

	if (r <= 0)
		return r == 0 ? E_TIMEOUT : -errno;
	if (read(in, ret, sizeof *ret) != (ssize_t)sizeof *ret)
		return E_EOF;
	if (ret->r != 0)
		return ret->r < 0 ? ret->r : E_BREACH;
	return ret->n_key > sizeof ret->key ? E_BREACH : 0;
}

static int
ask_reader(int fd, uint64_t until, const char *name, struct found *ret)
{
	int ends[2], r;
	pid_t pid;

	if (pipe(ends) < 0)
		return -errno;
	if ((pid = fork()) == 0) {
		close(ends[0]);
		reader(fd, ends[1], until, name);
	}
	r = pid < 0 ? -errno : 0;
	close(ends[1]);
	if (r == 0)
		r = hear(ends[0], ret);
	close(ends[0]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return r;
}

/* Why not, or NULL: the one that the door saw counts, and the last one is not of just now.  *ret_days is how long the next one lasts. */
static const char *
why_not(const struct authority *a, const struct renew_who *f, int *ret_days)
{
	const struct index_cert *c = index_find(&a->index, f->name, a->now);
	bool counts = f->serial[0] == '\0';
	struct x509_st *x;
	int64_t begins, ends;

	for (size_t i = 0; i < a->index.n && !counts; i++)
		counts = strcmp(a->index.v[i].serial, f->serial) == 0 && strcmp(a->index.v[i].name, f->name) == 0 &&
		    index_holds(&a->index.v[i], a->now);
	if (c == NULL || c->kind != CERT_CLIENT || !counts)
		return "this certificate does not count here";
	if ((x = authority_cert(a, c->serial)) == NULL)
		return "the last certificate is missing; ask for an invitation";
	begins = cert_begins(x) + CERT_EARLY;
	ends = cert_ends(x);
	cert_free(x);
	*ret_days = (int)((ends - begins + CERT_DAY / 2) / CERT_DAY);
	if (*ret_days < 1)
		*ret_days = 1;
	return a->now - begins < RESPOND_PAUSE && a->now >= begins ? "the last one is not an hour old" : NULL;
}

static void
answer(int fd, const void *bytes, size_t n)
{
	if (write(fd, bytes, n) != (ssize_t)n)	/* it fits into the socket */
		log_warn("ca respond: the client did not hear the answer");
}

static int
refuse(int fd, const char *name, const char *why)
{
	char text[200];
	int n = snprintf(text, sizeof text, "NO %s\n", why);

	log_notice("ca respond: refused: %s: %s", name[0] == '\0' ? "a client" : name, why);
	answer(fd, text, (size_t)n);
	return 0;
}

static int
grant(int fd, const char *name, struct x509_st *x)
{
	struct buf der = BUF_INIT, out = BUF_INIT;
	int r = cert_der(x, &der);

	buf_printf(&out, "OK %zu\n", buf_len(&der));
	buf_put(&out, buf_head(&der), buf_len(&der));
	if (r == 0 && (r = out.err) == 0) {
		log_notice("ca respond: renewed: %s", name);
		answer(fd, buf_head(&out), buf_len(&out));
	}
	buf_done(&der);
	buf_done(&out);
	return r;
}

static int
sign(int fd, struct authority *a, const struct renew_who *who, const struct found *f)
{
	struct evp_pkey_st *key = cert_key_public(f->key, f->n_key);
	struct x509_st *x = NULL;
	int days = AUTHORITY_CERT_DAYS, r;
	const char *why = key == NULL ? "the key is of neither P-256 nor Ed25519" : why_not(a, who, &days);

	if (why != NULL)
		r = refuse(fd, who->name, why);
	else if ((r = authority_renew(a, who->name, days, key, &x)) == 0)
		r = grant(fd, who->name, x);
	cert_free(x);
	cert_key_free(key);
	return r;
}

int
respond(int fd, const char *dir, struct conf_err *e)
{
	const uint64_t until = loop_clock() + 1000u * RESPOND_SECONDS;
	struct authority a = { .folder = { .fd = -1 } };
	static struct found found;
	struct renew_who who;
	int r;

	signal(SIGPIPE, SIG_IGN);
	cert_key_free(cert_key_new(CERT_P256));	/* the library is ready before there are walls */
	if ((r = read_header(fd, until, &who)) != 0)
		return refuse(fd, "", r == E_DENIED ? "the door has verified no certificate" : err_text(r));
	if ((r = ask_reader(fd, until, who.name, &found)) != 0)
		return refuse(fd, who.name, r == E_DENIED ? "the request is not for this certificate" : err_text(r));
	if ((r = authority_open(&a, dir, (int64_t)time(NULL), e)) == 0)
		r = sign(fd, &a, &who, &found);
	authority_close(&a);
	return r;
}

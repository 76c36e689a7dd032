#include "client-wrap/race.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/sock.h"

struct race {
	const struct addr *v;
	size_t n, begun;
	const struct addr *bind_to;
	int *errors;
	int fd[RACE_MAX];		/* -1: not begun, or failed */
	size_t winner;			/* n: nobody yet */
};

void
race_order(struct addr *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {	/* v[0..i) is in order */
		size_t at = i;
		struct addr next;

		while (at < n && v[at].ss.ss_family == v[i - 1].ss.ss_family)
			at++;
		if (at == n)
			return;		/* one family is all that is left */
		next = v[at];
		memmove(&v[i + 1], &v[i], (at - i) * sizeof *v);
		v[i] = next;
	}
}

/* Small messages go to and fro before a transfer: none waits for the acknowledgment of the one before. */
static int
prepare(int fd, void *arg)
{
	const struct addr *from = arg;

	sock_no_delay(fd);
	return from == NULL || bind(fd, (const struct sockaddr *)&from->ss, from->len) == 0 ? 0 : -errno;
}

static int
begin(struct race *c, size_t i)
{
	if (c->bind_to != NULL && c->bind_to->ss.ss_family != c->v[i].ss.ss_family)
		return -EAFNOSUPPORT;
	return sock_connect_prepared(&c->v[i], prepare, (void *)c->bind_to, &c->fd[i]);
}

/* Begin the next one, and those behind it while they fail at once.  Whether one was begun. */
static int
begin_next(struct race *c)
{
	while (c->begun < c->n && c->winner == c->n) {
		size_t i = c->begun++;
		int r = begin(c, i);

		if (r == 0)
			c->winner = i;
		if (r == 0 || r == -EINPROGRESS)
			return 1;
		c->errors[i] = r;
	}
	return 0;
}

/* Those that are under way, for poll: how many, and whose each is. */
static size_t
under_way(const struct race *c, struct pollfd *fds, size_t *whose)
{
	size_t n = 0;

	for (size_t i = 0; i < c->begun; i++)
		if (c->fd[i] >= 0) {
			fds[n] = (struct pollfd){ c->fd[i], POLLOUT, 0 };
			whose[n++] = i;
		}
	return n;
}

/* Whether one of them failed, so that the next need not wait. */
static int
look(struct race *c, const struct pollfd *fds, const size_t *whose, size_t n)
{
	int failed = 0;

	for (size_t k = 0; k < n && c->winner == c->n; k++) {
		size_t i = whose[k];

		if (fds[k].revents == 0)
			continue;
		if ((c->errors[i] = sock_error(c->fd[i])) == 0) {
			c->winner = i;
			continue;
		}
		close(c->fd[i]);
		c->fd[i] = -1;
		failed = 1;
	}
	return failed;
}

static int
run(struct race *c, const struct deadline *d)
{
	struct pollfd fds[RACE_MAX];
	size_t whose[RACE_MAX], n;
	int r;

	begin_next(c);
	while (c->winner == c->n) {
		n = under_way(c, fds, whose);
		if (n == 0 && c->begun == c->n)
			return E_DENIED;
		if ((r = deadline_poll(d, fds, n, c->begun < c->n ? RACE_DELAY_MS : UINT64_MAX)) < 0)
			return r;
		if (r == 0 || look(c, fds, whose, n))
			begin_next(c);
	}
	return 0;
}

int
race_run(const struct addr *v, size_t n, const struct addr *bind_to, const struct deadline *d, int errors[RACE_MAX], int *ret_fd,
    size_t *ret_winner)
{
	struct race c = { .v = v, .n = n, .bind_to = bind_to, .errors = errors, .winner = n };
	int r;

	for (size_t i = 0; i < n; i++) {
		c.fd[i] = -1;
		errors[i] = 0;
	}
	r = run(&c, d);
	for (size_t i = 0; i < n; i++)
		if (c.fd[i] >= 0 && (r != 0 || i != c.winner))
			close(c.fd[i]);
	if (r != 0)
		return r;
	*ret_fd = c.fd[c.winner];
	*ret_winner = c.winner;
	return 0;
}

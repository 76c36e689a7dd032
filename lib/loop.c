#include "lib/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum { LOOP_BATCH = 64 };

struct loop {
	int epfd;
	int stopped;
	size_t watched;
	uint64_t now;
	struct epoll_event batch[LOOP_BATCH];	/* cleared entry by entry by loop_unwatch */
	int batch_n;
	struct watch *again;
	struct timer **heap;
	size_t heap_n, heap_cap;
	struct watch signals;
	void (*signal_got)(void *, int);
	void *signal_arg;
};

uint64_t
loop_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t
loop_now(const struct loop *l)
{
	return l->now;
}

int
loop_new(struct loop **ret)
{
	struct loop *l = calloc(1, sizeof *l);
	int r;

	if (l == NULL)
		return -ENOMEM;
	if ((l->epfd = epoll_create1(EPOLL_CLOEXEC)) < 0) {
		r = -errno;
		free(l);
		return r;
	}
	l->signals.fd = -1;
	l->now = loop_clock();
	*ret = l;
	return 0;
}

void
loop_abandon(struct loop *l)
{
	if (l->signals.fd >= 0)
		close(l->signals.fd);
	close(l->epfd);
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	loop_abandon(l);
	free(l->heap);
	free(l);
}

int
loop_watch(struct loop *l, struct watch *w, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	if (w->active && w->events == events) {
		w->resting = 0;
		return 0;
	}
	if (epoll_ctl(l->epfd, w->active ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, w->fd, &ev) < 0)
		return -errno;
	if (!w->active)
		l->watched++;
	w->active = 1;
	w->resting = 0;
	w->events = events;
	return 0;
}

void
loop_again(struct loop *l, struct watch *w)
{
	struct watch **end = &l->again;

	if (w->again)
		return;
	while (*end != NULL)
		end = &(*end)->next;
	*end = w;
	w->next = NULL;
	w->again = 1;
}

static void
forget_again(struct loop *l, struct watch *w)
{
	struct watch **at = &l->again;

	if (!w->again)
		return;
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	w->again = 0;
}

/* Only as many as there are now: those that ask again come after the next wait. */
static void
run_again(struct loop *l)
{
	struct watch *w;
	size_t n = 0;

	for (w = l->again; w != NULL; w = w->next)
		n++;
	while (n-- > 0 && !l->stopped && (w = l->again) != NULL) {
		forget_again(l, w);
		w->ready(w->arg, 0);
	}
}

void
loop_unwatch(struct loop *l, struct watch *w)
{
	forget_again(l, w);
	if (!w->active)
		return;
	epoll_ctl(l->epfd, EPOLL_CTL_DEL, w->fd, NULL);
	w->active = 0;
	w->resting = 0;
	w->events = 0;
	l->watched--;
	for (int i = 0; i < l->batch_n; i++)	/* its event may wait in the batch being served */
		if (l->batch[i].data.ptr == w)
			l->batch[i].data.ptr = NULL;
}

void
loop_rest(struct loop *l, struct watch *w)
{
	forget_again(l, w);
	w->resting = w->active;
}

static void
heap_put(struct loop *l, size_t i, struct timer *t)
{
	l->heap[i] = t;
	t->slot = i + 1;
}

static void
heap_up(struct loop *l, size_t i, struct timer *t)
{
	for (; i > 0 && l->heap[(i - 1) / 2]->due > t->due; i = (i - 1) / 2)
		heap_put(l, i, l->heap[(i - 1) / 2]);
	heap_put(l, i, t);
}

static void
heap_down(struct loop *l, size_t i, struct timer *t)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < l->heap_n && l->heap[child + 1]->due < l->heap[child]->due)
			child++;
		if (child >= l->heap_n || l->heap[child]->due >= t->due)
			break;
		heap_put(l, i, l->heap[child]);
		i = child;
	}
	heap_put(l, i, t);
}

void
loop_timer_clear(struct loop *l, struct timer *t)
{
	struct timer *last;
	size_t i;

	if (t->slot == 0)
		return;
	i = t->slot - 1;
	t->slot = 0;
	last = l->heap[--l->heap_n];
	if (last == t)
		return;
	if (i > 0 && l->heap[(i - 1) / 2]->due > last->due)
		heap_up(l, i, last);
	else
		heap_down(l, i, last);
}

int
loop_timer(struct loop *l, struct timer *t, uint64_t ms)
{
	loop_timer_clear(l, t);
	if (l->heap_n == l->heap_cap) {
		size_t cap = l->heap_cap == 0 ? 32 : l->heap_cap * 2;
		struct timer **heap = realloc(l->heap, cap * sizeof *heap);

		if (heap == NULL)
			return -ENOMEM;
		l->heap = heap;
		l->heap_cap = cap;
	}
	t->due = loop_clock() + (ms == 0 ? 1 : ms);	/* never due in the turn that set it */
	heap_up(l, l->heap_n++, t);
	return 0;
}

static void
signals_ready(void *arg, uint32_t events)
{
	struct loop *l = arg;
	struct signalfd_siginfo si;

	(void)events;
	while (read(l->signals.fd, &si, sizeof si) == (ssize_t)sizeof si)
		l->signal_got(l->signal_arg, (int)si.ssi_signo);
}

int
loop_signals(struct loop *l, const sigset_t *mask, void (*got)(void *, int), void *arg)
{
	int fd;

	for (int signo = 1; signo < NSIG; signo++)	/* a signal that is ignored is lost, not kept for the descriptor */
		if (sigismember(mask, signo) == 1)
			signal(signo, SIG_DFL);
	if (sigprocmask(SIG_BLOCK, mask, NULL) < 0)
		return -errno;
	if ((fd = signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		return -errno;
	l->signals = (struct watch){ .fd = fd, .ready = signals_ready, .arg = l };
	l->signal_got = got;
	l->signal_arg = arg;
	return loop_watch(l, &l->signals, EPOLLIN);
}

void
loop_stop(struct loop *l)
{
	l->stopped = 1;
}

static int
wait_ms(const struct loop *l)
{
	uint64_t now;

	if (l->again != NULL)
		return 0;
	if (l->heap_n == 0)
		return -1;
	now = loop_clock();	/* not the turn's: its callbacks took their time */
	if (l->heap[0]->due <= now)
		return 0;
	return l->heap[0]->due - now > 60000 ? 60000 : (int)(l->heap[0]->due - now);
}

static void
run_timers(struct loop *l)
{
	while (!l->stopped && l->heap_n > 0 && l->heap[0]->due <= l->now) {
		struct timer *t = l->heap[0];

		loop_timer_clear(l, t);
		t->expired(t->arg);
	}
}

int
loop_run(struct loop *l)
{
	l->stopped = 0;
	while (!l->stopped && (l->watched > 0 || l->heap_n > 0 || l->again != NULL)) {
		l->batch_n = epoll_wait(l->epfd, l->batch, LOOP_BATCH, wait_ms(l));
		l->now = loop_clock();
		if (l->batch_n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < l->batch_n && !l->stopped; i++) {
			struct watch *w = l->batch[i].data.ptr;

			if (w != NULL && w->resting)	/* a hang-up is told to everybody, and would spin */
				loop_unwatch(l, w);
			else if (w != NULL)
				w->ready(w->arg, l->batch[i].events);
		}
		l->batch_n = 0;
		run_again(l);
		run_timers(l);
	}
	return 0;
}

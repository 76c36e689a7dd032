/* Readiness, timers and signals as callbacks; one loop a process. */
#ifndef SALLYPORT_LIB_LOOP_H
#define SALLYPORT_LIB_LOOP_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

struct loop;

/* Embedded in what it serves; all zero means "not watched". */
struct watch {
	int fd;
	uint32_t events;	/* EPOLLIN, EPOLLOUT, ...; set by loop_watch */
	void (*ready)(void *arg, uint32_t events);
	void *arg;
	int active;
	int resting;		/* still known to the kernel, as what was watched last */
	struct watch *next;	/* among those that asked for another turn */
	int again;
};

struct timer {
	uint64_t due;		/* ms on the monotonic clock */
	void (*expired)(void *arg);
	void *arg;
	size_t slot;		/* 1 + place in the heap; 0 when not set */
};

int loop_new(struct loop **ret);
void loop_free(struct loop *l);
void loop_abandon(struct loop *l);	/* in a forked child: close its descriptors, and leave the memory as it is */

/* Run until loop_stop, or until nothing is watched and no timer is set.  0 or -errno. */
int loop_run(struct loop *l);
void loop_stop(struct loop *l);

/* Begin to watch, or change what is watched.  w, its fd, ready and arg are the caller's and
 * must stay until loop_unwatch, which is safe inside any callback and before close(fd). */
int loop_watch(struct loop *l, struct watch *w, uint32_t events);
void loop_unwatch(struct loop *l, struct watch *w);

/* Nothing is waited for until loop_watch is called again, which is likely: cheaper than loop_unwatch, and
 * the same to the caller, who still owes that one. */
void loop_rest(struct loop *l, struct watch *w);

/* Call w->ready(arg, 0) in the next turn whatever its descriptor says: for one that has more to
 * do than its share of this turn, or whose bytes wait in a library's buffer. */
void loop_again(struct loop *l, struct watch *w);

/* (Re)set t to expire in ms from now; clear is safe on a timer that is not set. */
int loop_timer(struct loop *l, struct timer *t, uint64_t ms);
void loop_timer_clear(struct loop *l, struct timer *t);

/* Block the signals of mask and call got(arg, signo) from the loop instead. */
int loop_signals(struct loop *l, const sigset_t *mask, void (*got)(void *arg, int signo), void *arg);

/* Milliseconds on the monotonic clock: now, and as it was when this turn began (cheap). */
uint64_t loop_clock(void);
uint64_t loop_now(const struct loop *l);

#endif

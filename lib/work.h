/* What computing for one peer may cost: steps are counted, those taken in vain have a bound, and now and then
 * somebody looks whether the peer is still there. */
#ifndef SALLYPORT_LIB_WORK_H
#define SALLYPORT_LIB_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct work {
	uint64_t done;		/* steps taken: some nanoseconds each */
	uint64_t vain;		/* of them in vain, in ways that only a peer who wants it so brings about */
	uint64_t vain_max;	/* beyond so many vain ones err is E_WORK; 0: no bound */
	uint64_t look_at;	/* when done gets there, look is called */
	int (*look)(void *arg);	/* may it go on?  0, or what err is to be; NULL: nobody looks */
	void *arg;
	int err;		/* 0, or why all of it ends; it sticks */
};

enum { WORK_LOOK_STEPS = 1 << 20 };	/* between two looks */

/* Note steps, and how many of them were in vain.  w may be NULL: nothing is counted.  True while work may go on. */
bool work_add(struct work *w, uint64_t steps, uint64_t vain);

/* The same is over for w: what is still asked for gets no honest answer any more. */
static inline bool
work_over(const struct work *w)
{
	return w != NULL && w->err != 0;
}

#endif

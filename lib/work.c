#include "lib/work.h"

#include <stddef.h>

#include "lib/err.h"

bool
work_add(struct work *w, uint64_t steps, uint64_t vain)
{
	if (w == NULL)
		return true;
	w->done += steps;
	w->vain += vain;
	if (w->err == 0 && w->vain_max != 0 && w->vain > w->vain_max)
		w->err = E_WORK;
	if (w->err == 0 && w->look != NULL && w->done >= w->look_at) {
		w->look_at = w->done + WORK_LOOK_STEPS;
		w->err = w->look(w->arg);
	}
	return w->err == 0;
}

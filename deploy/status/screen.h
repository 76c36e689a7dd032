/* Something that is drawn again and again: over itself on a terminal, and otherwise one after the other. */
#ifndef SALLYPORT_DEPLOY_STATUS_SCREEN_H
#define SALLYPORT_DEPLOY_STATUS_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

struct screen {
	int ms;			/* from one look to the next */
	bool lines;		/* one after the other also on a terminal */
	void (*look)(void *arg);
	void (*draw)(void *arg, FILE *to);	/* what was seen last, as lines without a byte that a terminal obeys */
	void *arg;
};

/* Look and draw until "q" is pressed, standard output takes no more, or SIGINT, SIGTERM or SIGHUP comes; draw also when the terminal gets
 * another size.  The terminal is left as it was.  0 or -errno. */
int screen_run(const struct screen *s);

#endif

/* sallyport diff, and the comparison of two texts by lines. */
#ifndef SALLYPORT_DEPLOY_DIFF_H
#define SALLYPORT_DEPLOY_DIFF_H

#include <stdio.h>

/* argv[0] is the verb; prints what of a deployment is not installed as it would be.  The exit status: 0 (nothing), 1 (there is something, or it could not be seen), 2 (usage). */
int diff_main(int argc, char **argv);

/* Both end in NUL and are borrowed.  Write the lines of a that b lacks with "-", and those of b that a lacks with "+". */
void diff_lines(const char *a, const char *b, FILE *to);

#endif

/* sallyport diff, and the comparison of two texts by lines. */
#ifndef SALLYPORT_DEPLOY_DIFF_H
#define SALLYPORT_DEPLOY_DIFF_H

#include <stdio.h>

int diff_main(int argc, char **argv);

/* Write the lines of a that b lacks with "-", and those of b that a lacks with "+". */
void diff_lines(const char *a, const char *b, FILE *to);

#endif

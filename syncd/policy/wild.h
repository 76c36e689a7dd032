/* rsync's wildcards (rsync-wire 6.5): '*' stops at '/', '**' does not. */
#ifndef SALLYPORT_SYNCD_POLICY_WILD_H
#define SALLYPORT_SYNCD_POLICY_WILD_H

#include <stdbool.h>
#include <stdint.h>

/* Does the whole text match?  Some steps for each byte of the two where "*" is alone, and their product at worst with
 * "**"; a match that would take more than WILD_STEPS_MAX steps is none. */
bool wild_match(const char *pattern, const char *text);

/* The same; *steps grows by the steps taken. */
bool wild_match_counted(const char *pattern, const char *text, uint64_t *steps);

/* How many of these steps are more than an honest pattern takes: they were in vain. */
uint64_t wild_vain(const char *pattern, const char *text, uint64_t steps);

/* Does it hold a character that matches others than itself: *, ? or [? */
bool wild_has_magic(const char *pattern);

enum { WILD_STEPS_MAX = 1000000 };

#endif

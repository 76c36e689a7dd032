/* rsync's wildcards (rsync-wire 6.5): '*' stops at '/', '**' does not. */
#ifndef SALLYPORT_SYNCD_POLICY_WILD_H
#define SALLYPORT_SYNCD_POLICY_WILD_H

#include <stdbool.h>

/* Does the whole text match?  Work is bounded: a pattern that would take more than WILD_STEPS_MAX
 * steps does not match. */
bool wild_match(const char *pattern, const char *text);
bool wild_has_magic(const char *pattern);

enum { WILD_STEPS_MAX = 1000000 };

#endif

/* "refuse options": which options of a client a module does not take (rsyncd-conf section 14). */
#ifndef SALLYPORT_SYNCD_POLICY_REFUSE_H
#define SALLYPORT_SYNCD_POLICY_REFUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "syncd/policy/option_table.h"

struct options;

/* A bit for each row of the table of options. */
struct refusals {
	uint8_t bits[OPTION_ROWS_MAX / 8];
};

/* What WORDS say, from the left: names, letters and patterns of options, "!" before those that are taken again.  NULL or "": nothing is
 * refused.  A word that matches nothing is given to UNMATCHED (may be NULL). */
void	 refuse_words(struct refusals *ret, const char *words, void (*unmatched)(void *arg, const char *word), void *arg);

/* The refused option that the one in ROW is, or stands for; NULL: it is taken. */
const struct option_row *refuse_row(const struct refusals *r, const struct option_row *row);

/* The refused option that what O asks for in all comes down to: compression without its own option, "append" where "inplace" is refused, and
 * their like; NULL: there is none. */
const struct option_row *refuse_implied(const struct refusals *r, const struct options *o);

#endif

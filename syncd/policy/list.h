/* Lists of words in "gid" and "auth users": parted by blanks and commas, or by commas alone where the list begins with one, so that a
 * word can hold blanks (rsyncd-conf section 2). */
#ifndef SALLYPORT_SYNCD_POLICY_LIST_H
#define SALLYPORT_SYNCD_POLICY_LIST_H

#include <stdbool.h>

struct list {
	char *rest;
	const char *separators;
};

/* A list of the words of TEXT, which is cut up and must outlive the list. */
struct list list_of(char *text);

/* The next word without blanks around it, or NULL behind the last; empty ones are left out. */
char	*list_next(struct list *l);

/* Is there any word in TEXT (NULL: none)? */
bool	 list_has_words(const char *text);

#endif

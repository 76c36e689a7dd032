/* "incoming chmod" and "outgoing chmod": changes of modes as rsync's --chmod writes them, e.g.
 * "Dg+s,ug+w,Fo-w,+X" or "D2755,F644". */
#ifndef SALLYPORT_SYNCD_POLICY_CHMOD_H
#define SALLYPORT_SYNCD_POLICY_CHMOD_H

#include <stdbool.h>
#include <sys/types.h>

struct chmod_list;

/* 0, E_FORMAT or -ENOMEM. */
int chmod_parse(const char *text, struct chmod_list **ret);
void chmod_free(struct chmod_list *l);

/* The permission bits (07777) that mode becomes.  mask: the umask, for changes that name nobody ("+w"). */
mode_t chmod_apply(const struct chmod_list *l, mode_t mode, bool is_dir, mode_t mask);

#endif

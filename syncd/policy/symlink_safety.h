/* May a symbolic link be trusted to stay inside the transfer?  Text only. */
#ifndef SALLYPORT_SYNCD_POLICY_SYMLINK_SAFETY_H
#define SALLYPORT_SYNCD_POLICY_SYMLINK_SAFETY_H

#include <stdbool.h>

/* Stands before the target of a link that is stored so that it leads nowhere ("munge symlinks"). */
#define SYMLINK_MUNGED "/rsyncd-munged/"

/* Does target, found in directory dir of the transfer ("" is its top), lead outside?  Absolute
 * targets and any ".." behind a name count as leading outside (hardening P21). */
bool symlink_unsafe(const char *target, const char *dir);

/* Rewrite the target of a link in directory dir of the transfer so that, as text, it stays inside: leading slashes
 * go, and every ".." above the transfer's top.  It never grows ("." where nothing is left). */
void symlink_confine(char *target, const char *dir);

#endif

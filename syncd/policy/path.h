/* Paths below a module's root as text: one place has one spelling.  Pure: what is a link is not known here. */
#ifndef SALLYPORT_SYNCD_POLICY_PATH_H
#define SALLYPORT_SYNCD_POLICY_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Is path spelled as path_below would spell it: no empty, "." or ".." component, no slash at either end? */
bool path_is_plain(const char *path);

/* Go on from base, a plain path ("" is the root), along path, and spell that plainly: ".." takes one component
 * away, but never climbs above the root.  to: size bytes, not overlapping.  0 or -ENAMETOOLONG, and then to holds
 * nothing of use. */
int path_below(const char *base, const char *path, char *to, size_t size);

/* Does path say by its spelling that it is a directory: a slash, "." or ".." at its end, or nothing at all? */
bool path_says_dir(const char *path);

/* Make the path argument arg of a client safe and relative to the module, in place: no empty, "." or ".." component is left,
 * but a "/" or "/." at its end stays as "/", and "" is the root.  keep_dot_marks: a "." within it stays too, since with -R it
 * says where the names sent begin (rsync(1), --relative). */
void path_clean_arg(char *arg, bool keep_dot_marks);

#endif

/* What is in a tree, for tests that compare trees. */
#ifndef T_TOOL_TREE_H
#define T_TOOL_TREE_H

#include <stdbool.h>
#include <stdio.h>

/* Writes to OUT what is in the tree DIR, a sorted line for each name: path, type, mode, time, owner, group, target of a link, size and a
 * sum of a file's content; with LINKS also which names share a file.  Times of the last hour are "now": those of a test's own run.
 * Nothing for what is no directory.  Leaves the working directory where it was.  0, or -1 with errno. */
int	 tree_facts(const char *dir, bool links, FILE *out);

/* Writes to OUT the names below DIR, sorted, a line each. */
int	 tree_names(const char *dir, FILE *out);

/* Removes what is below DIR, and with SELF also DIR, as far as it can be. */
void	 tree_remove(const char *dir, bool self);

#endif

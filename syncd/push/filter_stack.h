/* The rules that hold in a directory of the destination, with those of merge files above it (rsync(1), PER-DIRECTORY RULES). */
#ifndef SALLYPORT_SYNCD_PUSH_FILTER_STACK_H
#define SALLYPORT_SYNCD_PUSH_FILTER_STACK_H

#include "syncd/fs/tree.h"
#include "syncd/policy/rules.h"
#include "syncd/session/session.h"

/* Merge files on the way down to a directory.  All zeros is an empty one. */
struct filter_stack {
	struct filter_level {
		char *path;
		struct rules_dir *rules;
	} *v;
	size_t n, cap;
};

/* Free all levels; it is empty afterwards. */
void filter_stack_done(struct filter_stack *f);

/* The rules that hold in directory path of the destination, into *ret: NULL for none, else borrowed until the next call.
 * 0, 1 (a merge file is wrong: session_fail has said so), or an error of ours. */
int filter_stack_enter(struct filter_stack *f, struct session *s, const char *path, struct rules_dir **ret);

/* path of the destination from the module's root, as rules see it; "" where it is too long. */
void filter_stack_path(const struct session *s, const char *path, char dst[TREE_PATH_SIZE]);

#endif

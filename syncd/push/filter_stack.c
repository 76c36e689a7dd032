/* Merge files of the client's rules, read from the destination's own directories (rsync-wire 6, 8.3; rsync(1),
 * PER-DIRECTORY RULES). */
#include "syncd/push/filter_stack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/grow.h"
#include "syncd/policy/path.h"
#include "syncd/push/push.h"

enum { MERGE_FILE_MAX = 1 << 20 };

void
filter_stack_path(const struct session *s, const char *path, char dst[TREE_PATH_SIZE])
{
	const char *base = s->push->dest.tree.path;

	if (strcmp(path, ".") == 0)
		path = "";
	if ((size_t)snprintf(dst, TREE_PATH_SIZE, "%s%s%s", base, base[0] == '\0' || path[0] == '\0' ? "" : "/", path) >=
	    TREE_PATH_SIZE)
		dst[0] = '\0';	/* beyond what any call takes: nothing there is ours to judge */
}

static char *
fetch(void *arg, const char *fs, const char *name)
{
	struct session *s = arg;
	char path[TREE_PATH_SIZE], place[TREE_PATH_SIZE];
	int r;

	/* as text: what is asked of the filter is what is read */
	if (path_below(fs, name, path, sizeof path) != 0 || rules_hidden(s->grant.hidden, path, false))
		return NULL;
	if ((r = root_owned_path(&s->root, path, s->grant.uid, place, sizeof place)) == -ELOOP)
		session_tell(s, MSG_WARNING, LINK_REFUSED ": \"%s\" (in %s)\n", path, s->grant.module);
	return r != 0 || rules_hidden(s->grant.hidden, place, false) ? NULL : root_read_text_strict(&s->root, place, MERGE_FILE_MAX);
}

static bool
is_above(const char *dir, const char *path)
{
	size_t n = strlen(dir);

	return n == 0 || (strncmp(dir, path, n) == 0 && path[n] == '/');
}

/* Rules that hold in path: those of the directories above it are kept on a stack. */
int
filter_stack_enter(struct filter_stack *f, struct session *s, const char *path, struct rules_dir **ret)
{
	char fs[TREE_PATH_SIZE], where[256] = "", line[512];
	struct filter_level *top;
	const char *key = strcmp(path, ".") == 0 ? "" : path;
	struct rules_dir *rules = NULL, *above = NULL;
	int r;

	*ret = NULL;
	if (s->rules == NULL || rules_empty(s->rules))
		return 0;
	top = f->n > 0 ? &f->v[f->n - 1] : NULL;
	if (top != NULL && strcmp(top->path, key) == 0) {
		*ret = top->rules;
		return 0;
	}
	while (f->n > 0 && !is_above(f->v[f->n - 1].path, key)) {
		top = &f->v[--f->n];
		rules_dir_free(top->rules);
		free(top->path);
	}
	if (f->n > 0)
		above = f->v[f->n - 1].rules;
	if (!grow(&f->v, sizeof *f->v, f->n, &f->cap))
		return -ENOMEM;
	filter_stack_path(s, path, fs);
	r = rules_enter(s->rules, above, fs, &(struct rules_reader){ fetch, s, s->push->dest.tree.path }, &rules, where, sizeof where);
	if (r != 0 && rules_complaint(r, s->grant.jailed ? "/" : "", where, line, sizeof line)) {
		session_fail(s, session_rules_code(r), "%s", line);	/* nothing is deleted by halves */
		return 1;
	}
	if (r != 0)
		return r;
	top = &f->v[f->n];
	*top = (struct filter_level){ strdup(key), rules };
	if (top->path == NULL) {
		rules_dir_free(rules);
		return -ENOMEM;
	}
	f->n++;
	*ret = rules;
	return 0;
}

void
filter_stack_done(struct filter_stack *f)
{
	while (f->n > 0) {
		f->n--;
		rules_dir_free(f->v[f->n].rules);
		free(f->v[f->n].path);
	}
	free(f->v);
	*f = (struct filter_stack){ .n = 0 };
}

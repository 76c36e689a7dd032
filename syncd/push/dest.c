/* Where a push lands: paths of entries, the directories that options name, partial files, alternate directories
 * (rsync-wire 8.1, 8.4, 7.13).  Says nothing to the client: it returns what went wrong. */
#include "syncd/push/dest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "syncd/policy/path.h"

void
dest_init(struct dest *d, const struct session *s)
{
	*d = (struct dest){ .s = s, .tree = TREE_INIT, .temp = TREE_INIT, .partial = TREE_INIT, .backup = TREE_INIT };
	d->root = &s->root;
	for (size_t i = 0; i < ALT_DEST_MAX; i++)
		d->alt[i] = (struct tree)TREE_INIT;
}

void
dest_done(struct dest *d)
{
	for (size_t i = 0; i < ALT_DEST_MAX; i++)
		tree_done(&d->alt[i]);
	tree_done(&d->backup);
	tree_done(&d->temp);
	tree_done(&d->partial);
	tree_done(&d->tree);
	buf_done(&d->newmode.acl);
}

bool
dest_hidden(const struct dest *d, const struct tree *t, const char *path, bool is_dir)
{
	char fs[2 * NAME_BYTES_MAX];

	if (d->s->grant.hidden == NULL || rules_empty(d->s->grant.hidden) || strcmp(path, ".") == 0)
		return false;
	snprintf(fs, sizeof fs, "%s%s%s", t->path, t->path[0] == '\0' ? "" : "/", path);
	return rules_hidden(d->s->grant.hidden, fs, is_dir);
}

char *
dest_path(const struct dest *d, const struct flist_file *f, char dst[NAME_BYTES_MAX])
{
	if (d->rename_to[0] != '\0')
		snprintf(dst, NAME_BYTES_MAX, "%s", d->rename_to);
	else
		flist_in_path(f, dst);
	return dst;
}

/* From the destination, or from the module's root for an absolute name (rsyncd-conf 6). */
static int
option_path(const struct dest *d, const char *option, char dst[TREE_PATH_SIZE])
{
	return path_below(option[0] == '/' ? "" : d->tree.path, option, dst, TREE_PATH_SIZE);
}

const char *
dest_option_shown(const struct dest *d, const char *option, char dst[2 * TREE_PATH_SIZE])
{
	const char *base = d->tree.path;

	if (option[0] == '/' || !d->s->grant.jailed)
		return option;
	snprintf(dst, 2 * TREE_PATH_SIZE, "/%s%s%s", base, base[0] == '\0' ? "" : "/", option);
	return dst;
}

int
dest_option_place(const struct dest *d, const char *option, char dst[TREE_PATH_SIZE])
{
	char path[TREE_PATH_SIZE];
	int r = option_path(d, option, path);

	if (r == 0)
		r = root_owned_path(d->root, path, d->s->grant.uid, dst, TREE_PATH_SIZE);
	if (r == 0 && strcmp(path, dst) != 0 && rules_hidden(d->s->grant.hidden, dst, true))
		r = -ENOENT;		/* nor by a link */
	return r;
}

int
dest_option_tree(struct dest *d, const char *option, struct tree *ret)
{
	char path[TREE_PATH_SIZE];
	int r = dest_option_place(d, option, path);

	return r != 0 ? r : tree_open_strict(ret, d->root, path);
}

bool
dest_option_hidden(const struct dest *d, const char *option)
{
	char path[TREE_PATH_SIZE];

	return option_path(d, option, path) == 0 && rules_hidden(d->s->grant.hidden, path, true);
}

void
dest_dir_of(const char *path, char dst[TREE_PATH_SIZE])
{
	const char *slash = strrchr(path, '/');

	snprintf(dst, TREE_PATH_SIZE, "%.*s", slash == NULL ? 0 : (int)(slash - path), path);
}

const char *
dest_leaf_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

bool
dest_partial_is_shared(const struct dest *d)
{
	return d->s->opt.partial_dir != NULL && d->s->opt.partial_dir[0] == '/';
}

/* "dir/leaf", dir being a name in path's own directory. */
static bool
beside(const struct dest *d, const char *path, const char *dir, char dst[TREE_PATH_SIZE])
{
	const char *leaf = dest_leaf_of(path);

	return dir[0] != '\0' && strcmp(dir, ".") != 0 && strstr(dir, "..") == NULL &&
	    (size_t)snprintf(dst, TREE_PATH_SIZE, "%.*s%s/%s", (int)(leaf - path), path, dir, leaf) < TREE_PATH_SIZE &&
	    !dest_hidden(d, &d->tree, dst, false);
}

bool
dest_waiting(const struct dest *d, const char *path, char dst[TREE_PATH_SIZE])
{
	return d->s->opt.delay_updates &&
	    beside(d, path, d->s->opt.partial_dir == NULL || dest_partial_is_shared(d) ? ".~tmp~" : d->s->opt.partial_dir, dst);
}

bool
dest_partial(struct dest *d, const char *path, struct tree **ret, char dst[TREE_PATH_SIZE])
{
	const char *dir = d->s->opt.partial_dir;

	*ret = &d->tree;
	if (dir == NULL)
		return dest_waiting(d, path, dst);
	if (!dest_partial_is_shared(d))
		return beside(d, path, dir, dst);
	*ret = &d->partial;
	dir += strspn(dir, "/");
	return dir[0] != '\0' && strstr(dir, "..") == NULL && d->partial.fd >= 0 &&
	    (size_t)snprintf(dst, TREE_PATH_SIZE, "%s/%s", dir, dest_leaf_of(path)) < TREE_PATH_SIZE &&
	    !dest_hidden(d, *ret, dst, false);
}

bool
dest_alt_has(struct dest *d, size_t i, const char *path, struct stat *ret_st)
{
	struct tree *t = &d->alt[i];

	return t->fd >= 0 && tree_lstat(t, path, ret_st) == 0 && !dest_hidden(d, t, path, S_ISDIR(ret_st->st_mode));
}

int
dest_alt_find(struct dest *d, const char *path, uint32_t mode, struct stat *ret_st)
{
	for (size_t i = 0; i < d->s->opt.n_alt; i++)
		if (dest_alt_has(d, i, path, ret_st) && (ret_st->st_mode & S_IFMT) == (mode & S_IFMT))
			return (int)i;
	return -1;
}

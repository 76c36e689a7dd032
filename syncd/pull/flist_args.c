/* What the client names: arguments, wildcards, names from a file, and with -R what lies above them. */
#include "syncd/pull/flist_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/err.h"
#include "syncd/fs/walk.h"
#include "syncd/policy/path.h"
#include "syncd/policy/wild.h"
#include "syncd/wire/mux.h"

/* An argument that cannot be listed; see rsync-wire 5.10.4. */
static int
missing_arg(struct flist *s, uint32_t dir, const char *fs, int err)
{
	char path[NAME_BYTES_MAX + 2];

	if (err == -ENOENT && s->conf.ignore_missing)
		return 0;
	flist_tell(s, MSG_ERROR_XFER, "rsync: [sender] link_stat \"%s\" (in %s) failed: %s (%d)\n",
	    flist_shown(s, dir, fs, path, sizeof path), s->conf.module, strerror(-err), -err);
	if (err != -ENOENT)
		s->io_error |= IOERR_GENERAL;
	return 0;
}

/* --delete-missing-args: an entry of mode 0 is what the client is to delete (rsync-wire 5.10.4). */
static bool
to_be_deleted(const struct flist *s, struct stat *ret_st)
{
	memset(ret_st, 0, sizeof *ret_st);
	return s->conf.delete_missing && !s->conf.ignore_missing;
}

static void
skip_dir(struct flist *s, uint32_t dir, const char *name)
{
	const struct flist_dir *in = &s->dirs[dir];
	bool whole = s->conf.relative && s->conf.entered && strlen(in->fs) == strlen(in->path);

	flist_tell(s, MSG_INFO, "skipping directory %s%s%s%s\n", whole ? "/" : "", in->path, in->path[0] == '\0' ? "" : "/", name);
}

static int
read_link_at(const struct flist *s, const char *dir, const char *name, char *link, size_t size)
{
	struct walk *w;
	int r = walk_open(s->conf.root, dir, &w);

	if (r != 0)
		return r;
	r = walk_link(w, name, link, size);
	walk_close(w);
	return r;
}

/* rsync enters an argument's directory before it looks at the argument, and words it so. */
int
flist_may_enter(const struct flist *s, const char *dir)
{
	char inside[NAME_BYTES_MAX + 2];
	struct stat st;
	int r;

	if (dir[0] == '\0')
		return 0;
	snprintf(inside, sizeof inside, "%s/.", dir);	/* entering takes more than seeing */
	r = rules_hidden(s->conf.hidden, dir, true) ? -ENOENT : root_stat(s->conf.root, inside, 1, &st);
	return r == 0 && !S_ISDIR(st.st_mode) ? -ENOTDIR : r;
}

/* shown: the directory as the client spelled it. */
static int
parent_missing(struct flist *s, const char *dir, const char *shown)
{
	int r = flist_may_enter(s, dir);

	if (r != 0) {
		flist_tell(s, MSG_ERROR_XFER, "rsync: [sender] change_dir \"%s%s\" (in %s) failed: %s (%d)\n",
		    s->conf.entered ? "/" : "", shown, s->conf.module, strerror(-r), -r);
		s->io_error |= IOERR_GENERAL;
	}
	return r;
}

/* What an argument names. */
struct named {
	uint32_t dir;			/* its number, */
	const char *name, *fs;		/* its name there and below the module's root */
	struct stat st;
	char link[NAME_BYTES_MAX];	/* of a link that stays one */
	bool followed;			/* what it is comes from where a link leads */
};

/* 1: it goes into the list; 0: not, and the client was told why, if it did not want that itself. */
static int
look_at_named(struct flist *s, struct named *n, bool contents)
{
	int r;

	r = root_stat(s->conf.root, n->fs, contents, &n->st);
	if (rules_hidden(s->conf.hidden, n->fs, r == 0 && S_ISDIR(n->st.st_mode)))
		r = -ENOENT;
	else if (r == 0 && flist_left_out(s, n->dir, n->name, S_ISDIR(n->st.st_mode)))
		return 0;
	n->followed = contents || (r == 0 && S_ISLNK(n->st.st_mode) && s->conf.copy_links);
	if (r == 0 && n->followed && !contents) {
		r = root_stat(s->conf.root, n->fs, true, &n->st);
	} else if (r == 0 && S_ISLNK(n->st.st_mode) &&
	    (r = read_link_at(s, s->dirs[n->dir].fs, n->name, n->link, sizeof n->link)) > 0) {
		if ((r = flist_resolve_link(s, n->dir, n->fs, n->link, &n->st)) < 0)
			return 0;
		n->followed = r > 0;
		r = 0;
	}
	if (r == -ENOENT && to_be_deleted(s, &n->st))
		return 1;
	if (r != 0)
		return missing_arg(s, n->dir, n->fs, r);
	if (S_ISDIR(n->st.st_mode) && !s->conf.recurse && !s->conf.dirs) {
		skip_dir(s, n->dir, n->name);
		return 0;
	}
	return 1;
}

static int
take_named(struct flist *s, const struct named *n, bool contents)
{
	const char *link = S_ISLNK(n->st.st_mode) ? n->link : NULL;
	struct file *f;

	if (!flist_can_be_said(s, n->dir, n->name, link))
		return 0;
	if ((f = flist_add_file(s, n->dir, n->name, &n->st, link)) == NULL)
		return -ENOMEM;
	f->followed = n->followed;
	if (!S_ISDIR(n->st.st_mode))
		return 0;
	f->top_dir = s->conf.recurse || contents;	/* "dir/" asks for one level even without -r */
	f->no_content = !f->top_dir;
	return f->top_dir ? flist_open_later(s, f, n->st.st_dev) : 0;
}

/* "The contents of a directory": the entry ".", then what is in it. */
static int
take_contents(struct flist *s, const char *fs, const char *shown)
{
	struct file *f;
	struct stat st;
	uint32_t dir;
	int r = root_stat(s->conf.root, fs, 1, &st);

	if (parent_missing(s, fs, shown) != 0)
		return 0;
	if (r == -ENOENT && to_be_deleted(s, &st))
		return flist_add_file(s, 0, fs, &st, NULL) == NULL ? -ENOMEM : 0;
	if (r != 0 || !S_ISDIR(st.st_mode))
		return missing_arg(s, 0, fs, r != 0 ? r : -ENOTDIR);
	if ((dir = flist_dir_add(s, strdup(""), strdup(fs), st.st_dev)) == 0)
		return -ENOMEM;
	if (!s->conf.recurse && !s->conf.dirs) {
		skip_dir(s, dir, ".");
		return 0;
	}
	if ((f = flist_add_file(s, dir, ".", &st, NULL)) == NULL)
		return -ENOMEM;
	f->top_dir = true;
	if (s->conf.incremental)
		return flist_read_dir(s, dir);
	flist_more_of(f)->sub = dir;
	return 0;
}

/* -R: the directories above name, each sent once, as marks that nothing was sent of them.  1: one is not there,
 * the client was told, and the name is none to delete either. */
static int
take_implied(struct flist *s, const char *base, const char *name)
{
	char path[NAME_BYTES_MAX], *fs;
	size_t n = 0;
	struct stat st;
	struct file *f;
	uint32_t dir;
	int r;

	if (s->conf.no_implied_dirs && s->conf.version < 30)
		return 0;
	while (name[n] != '\0' && strchr(name + n, '/') != NULL) {
		const char *slash = strchr(name + n, '/');
		size_t end = (size_t)(slash - name);

		memcpy(path, name, end);
		path[end] = '\0';
		n = end + 1;
		if (strcmp(s->implied_base, base) == 0 && strncmp(s->implied, path, end) == 0 &&
		    (s->implied[end] == '/' || s->implied[end] == '\0'))
			continue;	/* the argument before had it too */
		if ((fs = flist_joined(base, path)) == NULL)
			return -ENOMEM;
		if (rules_hidden(s->conf.hidden, fs, true))	/* above a name that is only to be deleted */
			r = -ENOENT;
		else if ((r = root_stat(s->conf.root, fs, 1, &st)) != 0)
			flist_complain(s, "readlink_stat", 0, fs, r);
		free(fs);
		if (r != 0)	/* where rsync's list would be incremental it goes no further */
			return s->conf.recurse && s->conf.version >= 30;
		char *leaf = strrchr(path, '/');
		char *up = leaf == NULL ? strdup("") : strndup(path, (size_t)(leaf - path));
		if (up == NULL || (dir = flist_dir_add(s, up, flist_joined(base, up), st.st_dev)) == 0)
			return -ENOMEM;
		if ((f = flist_add_file(s, dir, leaf == NULL ? path : leaf + 1, &st, NULL)) == NULL)
			return -ENOMEM;
		f->top_dir = f->no_content = true;
	}
	snprintf(s->implied, sizeof s->implied, "%.*s", (int)(n > 0 ? n - 1 : 0), name);
	snprintf(s->implied_base, sizeof s->implied_base, "%s", base);
	return 0;
}

/* -R: a leading "./" asks for the top directory's own attributes, once. */
static int
take_implied_dot(struct flist *s, const char *base)
{
	struct file *f;
	struct stat st;
	uint32_t dir;

	if (s->dot_implied || root_stat(s->conf.root, base, 1, &st) != 0)
		return 0;
	s->dot_implied = true;
	if ((dir = flist_dir_add(s, strdup(""), strdup(base), st.st_dev)) == 0 || (f = flist_add_file(s, dir, ".", &st, NULL)) == NULL)
		return -ENOMEM;
	f->top_dir = f->no_content = true;
	return 0;
}

/* An argument of -R: where its names begin, and the name there. */
struct relative {
	char base[NAME_BYTES_MAX], name[NAME_BYTES_MAX];	/* both plain */
	bool marked;		/* "/./" says where: everything before is left out of the names */
	bool top;		/* it begins with "./": the top directory is meant as well */
	bool contents;		/* it ends in a slash */
};

/* The first "/./" counts, then a "./" in front of what is left; more of them mean nothing.  rooted: a slash stands in front. */
static int
split_relative(const char *below, bool rooted, char *path, struct relative *ret)
{
	bool first = strncmp(path, "./", 2) == 0;
	char *mark = rooted && first ? path : strstr(path, "/./"), *name = path;

	if (mark != NULL) {
		name = mark + (mark == path && first ? 2 : 3);
		*mark = '\0';
	}
	*ret = (struct relative){ .marked = mark != NULL, .top = strncmp(name, "./", 2) == 0 };
	ret->contents = name[0] != '\0' && name[strlen(name) - 1] == '/';
	if (path_below(below, mark != NULL ? path : "", ret->base, sizeof ret->base) != 0 ||
	    path_below("", name, ret->name, sizeof ret->name) != 0)
		return E_LIMIT;
	return 0;
}

/* -R: the whole path is kept, or what stands behind a mark in it. */
static int
take_relative(struct flist *s, const char *below, bool rooted, char *path)
{
	struct relative rel;
	struct named what;
	char *slash, *fs;
	int r = split_relative(below, rooted, path, &rel);

	if (r != 0)
		return r;
	if (rel.marked && parent_missing(s, rel.base, rel.base) != 0)
		return 0;
	if (rel.top && (r = take_implied_dot(s, rel.base)) != 0)
		return r;
	if (rel.name[0] == '\0')
		return take_contents(s, rel.base, rel.base);
	slash = strrchr(rel.name, '/');
	char *up = slash == NULL ? strdup("") : strndup(rel.name, (size_t)(slash - rel.name));
	if (up == NULL || (what.dir = flist_dir_add(s, up, flist_joined(rel.base, up), 0)) == 0 ||
	    (fs = flist_joined(rel.base, rel.name)) == NULL)
		return -ENOMEM;
	what.name = slash == NULL ? rel.name : slash + 1;
	what.fs = fs;
	r = look_at_named(s, &what, rel.contents);
	if (r > 0 && (r = take_implied(s, rel.base, rel.name)) == 0)
		r = take_named(s, &what, rel.contents);
	free(fs);
	return r < 0 ? r : 0;
}

/* How messages show the directory that an argument is in, or is the contents of: in a chroot with the "." that mean nothing. */
static void
directory_shown(const struct flist *s, const char *arg, char dst[NAME_BYTES_MAX])
{
	char *slash;

	snprintf(dst, NAME_BYTES_MAX, "%s", arg);
	path_clean_arg(dst, s->conf.entered);
	if ((slash = strrchr(dst, '/')) != NULL)
		*slash = '\0';
}

int
flist_arg(struct flist *s, const char *arg)
{
	char path[NAME_BYTES_MAX], shown[NAME_BYTES_MAX], *slash;
	size_t n = strlen(arg);
	struct named what;
	bool missing;
	int r;

	if (n >= sizeof path)
		return E_LIMIT;
	memcpy(path, arg, n + 1);
	path_clean_arg(path, s->conf.relative);
	if (s->conf.relative)
		return take_relative(s, "", s->conf.entered, path);	/* in a chroot rsync enters "/" first */
	n = strlen(path);
	directory_shown(s, arg, shown);
	if (n == 0 || path[n - 1] == '/') {
		if (n > 0)
			path[n - 1] = '\0';
		return take_contents(s, path, shown);
	}
	slash = strrchr(path, '/');
	if (slash != NULL) {
		*slash = '\0';
		missing = parent_missing(s, path, shown) != 0;
		*slash = '/';
		if (missing)
			return 0;
	}
	what.dir = flist_dir_add(s, strdup(""), slash == NULL ? strdup("") : strndup(path, (size_t)(slash - path)), 0);
	if (what.dir == 0)
		return -ENOMEM;
	what.name = slash == NULL ? path : slash + 1;
	what.fs = path;
	r = look_at_named(s, &what, false);
	return r > 0 ? take_named(s, &what, false) : r;
}

struct glob {
	struct flist *s;
	unsigned matches;
};

static int expand(struct glob *g, const char *at, const char *rest);

/* What no wildcard follows goes on as it is, its slashes included. */
static int
take_plain(struct glob *g, const char *at, const char *rest)
{
	char *path = flist_joined(at, rest);
	int r = path == NULL ? -ENOMEM : flist_arg(g->s, path);

	g->matches++;
	free(path);
	return r;
}

/* path matches all of the pattern.  slash: one stands behind it ("x*" with a slash): the
 * contents of each. */
static int
take_match(struct glob *g, const char *path, bool slash)
{
	char *slashed;
	int r;

	if (++g->matches > GLOB_MATCHES_MAX)
		return E_LIMIT;
	if (!slash)
		return flist_arg(g->s, path);
	slashed = flist_joined(path, "/");
	r = slashed == NULL ? -ENOMEM : flist_arg(g->s, slashed);
	free(slashed);
	return r;
}

/* One entry of directory `at` that the first component of rest matches; more: the components behind that. */
static int
expand_match(struct glob *g, const char *at, const struct walk_item *it, const char *rest, const char *more)
{
	char *path = flist_joined(at, it->name);
	struct stat st = it->st;
	int r = 0;

	if (path == NULL)
		return 0;
	if (*more != '\0' && S_ISLNK(st.st_mode) && root_stat(g->s->conf.root, path, 1, &st) != 0)
		st.st_mode = S_IFLNK;
	if (!rules_hidden(g->s->conf.hidden, path, S_ISDIR(st.st_mode)) && (*more == '\0' || S_ISDIR(st.st_mode)))
		r = *more != '\0' ? expand(g, path, more) : take_match(g, path, rest[strcspn(rest, "/")] == '/');
	free(path);
	return r;
}

/* Every entry of directory `at` that part, the first component of rest, matches. */
static int
expand_dir(struct glob *g, const char *at, const char *part, const char *rest, const char *more)
{
	struct walk_item it;
	struct walk *w;
	int r = 0;

	if (walk_open(g->s->conf.root, at, &w) != 0)	/* what cannot be listed matches nothing */
		return 0;
	while (r == 0 && walk_next(w, &it)) {
		if (!work_add(g->s->conf.work, FLIST_ENTRY_STEPS, 0))
			r = g->s->conf.work->err;
		else if (it.err == 0 && wild_match(part, it.name))
			r = expand_match(g, at, &it, rest, more);
	}
	walk_close(w);
	return r;
}

/* Expand rest below the directory `at`; a component without magic is taken as it is. */
static int
expand(struct glob *g, const char *at, const char *rest)
{
	size_t n = strcspn(rest, "/");
	const char *more = rest + n + strspn(rest + n, "/");
	char *part, *path;
	int r;

	if (!wild_has_magic(rest))
		return take_plain(g, at, rest);
	if ((part = strndup(rest, n)) == NULL)
		return -ENOMEM;
	if (wild_has_magic(part)) {
		r = expand_dir(g, at, part, rest, more);
	} else {
		r = (path = flist_joined(at, part)) == NULL ? -ENOMEM : expand(g, path, more);
		free(path);
	}
	free(part);
	return r;
}

int
flist_glob(struct flist *s, const char *pattern)
{
	struct glob g = { s, 0 };
	char path[NAME_BYTES_MAX];
	int r;

	if (!wild_has_magic(pattern))
		return flist_arg(s, pattern);
	if (strlen(pattern) >= sizeof path)
		return E_LIMIT;
	strcpy(path, pattern);
	path_clean_arg(path, s->conf.relative);
	r = expand(&g, "", path);
	return r == 0 && g.matches == 0 ? flist_arg(s, pattern) : r;
}

int
flist_name(struct flist *s, const char *base, const char *name)
{
	char path[2 * NAME_BYTES_MAX];

	s->conf.entered = s->conf.entered || base[0] != '\0';
	name += strspn(name, "/");
	if (strlen(base) + strlen(name) + 1 >= NAME_BYTES_MAX) {
		flist_tell(s, MSG_ERROR_XFER, "rsync: [sender] files-from: name too long (in %s)\n", s->conf.module);
		s->io_error |= IOERR_GENERAL;
		return 0;
	}
	if (s->conf.relative) {
		strcpy(path, name);
		path_clean_arg(path, true);
		return take_relative(s, base, false, path);
	}
	snprintf(path, sizeof path, "%s%s%s", base, base[0] == '\0' ? "" : "/", name);
	return flist_arg(s, path);
}

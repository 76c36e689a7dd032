#include "syncd/session/source.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "lib/err.h"
#include "lib/grow.h"
#include "syncd/fs/walk.h"
#include "syncd/policy/links.h"
#include "syncd/policy/wild.h"
#include "syncd/session/charset.h"
#include "syncd/wire/mux.h"

enum {
	CHUNK_SIZE = 16384,
	PLACES_MAX = 1 << 28,
	RULES_FILE_MAX = 1 << 20,	/* bytes of a merge file */
};


/* A directory announced to the client, in announcing order (rsync-wire 5.9). */
struct listed {
	uint32_t place;		/* 0: a "." or a directory whose contents are not sent */
	uint32_t parent;	/* 1 + listed directory above; 0 at the top */
	uint32_t first, n;	/* its own sub-directories, once its segment is built */
	bool skip;		/* has no segment of its own */
};

struct source {
	struct source_conf conf;
	struct place *places;	/* [0] is never used */
	uint32_t n_places, cap_places;
	struct segment **segments;	/* the outstanding ones, oldest first */
	size_t n_segments, oldest, cap_segments;
	struct listed *listed;
	uint32_t n_listed, cap_listed;
	uint32_t at;		/* 1 + the directory whose segment was built last; 0: the first list */
	bool all_listed;
	int32_t next_first;	/* index of the next segment's first file */
	bool started;		/* the arguments are in, the complete list is being read */
	struct file *todo;	/* the complete list: entries that come behind what is still to be read, last first */
	size_t n_todo, cap_todo;
	int io_error;
	int64_t total_size;
	struct inodes {		/* -H: a hash table of what was sent */
		struct inode_row {
			struct inode_id id;
			int32_t ndx;	/* -1: free */
		} *rows;
		size_t n, size;
	} inodes;
	bool dot_implied;
	char implied[NAME_BYTES_MAX];	/* -R: the parents sent last, */
	char implied_base[NAME_BYTES_MAX];	/* and where they lie */
};

static void __attribute__((format(printf, 3, 4)))
tell(struct source *s, unsigned code, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	s->conf.tell(s->conf.arg, code, text);
}

const char *
source_shown(const struct source *s, uint32_t dir, const char *fs, char *dst, size_t size)
{
	const struct place *p = &s->places[dir];
	bool entered = s->conf.entered || (dir != 0 && strlen(p->fs) > strlen(p->path));

	snprintf(dst, size, "%s%s", entered ? "/" : "", fs);
	return dst;
}

/* Something below place dir could not be listed: say so, in the words of rsync, and remember it. */
static void
complain(struct source *s, const char *what, uint32_t dir, const char *path, int err)
{
	char fs[2 * NAME_BYTES_MAX];

	source_shown(s, dir, path, fs, sizeof fs);
	if (err == -ENOENT && strcmp(what, "readlink_stat") == 0) {
		tell(s, MSG_WARNING, "file has vanished: \"%s\" (in %s)\n", fs, s->conf.module);
		s->io_error |= IOERR_VANISHED;
		return;
	}
	tell(s, MSG_ERROR_XFER, "rsync: [sender] %s \"%s\" (in %s) failed: %s (%d)\n", what, fs, s->conf.module,
	    strerror(-err), -err);
	s->io_error |= IOERR_GENERAL;
}

/* --- memory --------------------------------------------------------------------------- */

static struct segment *
segment_new(int32_t first)
{
	struct segment *seg = calloc(1, sizeof *seg);

	if (seg != NULL)
		seg->first = first;
	return seg;
}

static void
segment_free(struct segment *seg)
{
	if (seg == NULL)
		return;
	for (size_t i = 0; i < seg->n_chunks; i++)
		free(seg->chunks[i]);
	free(seg->chunks);
	free(seg->files);
	free(seg);
}

/* Room for n bytes that lives as long as the segment, on a boundary (a power of two) of its chunk. */
static char *
keep_room(struct segment *seg, size_t n, size_t boundary)
{
	size_t size, at = (seg->chunk_at + boundary - 1) & ~(boundary - 1);
	char **chunks;

	if (seg->n_chunks == 0 || at > seg->chunk_size || seg->chunk_size - at < n) {
		size = n > CHUNK_SIZE ? n : seg->n_chunks == 0 ? 1024 : CHUNK_SIZE;
		if ((chunks = reallocarray(seg->chunks, seg->n_chunks + 1, sizeof *chunks)) == NULL)
			return NULL;
		seg->chunks = chunks;
		if ((chunks[seg->n_chunks] = malloc(size)) == NULL)
			return NULL;
		seg->n_chunks++;
		at = 0;
		seg->chunk_size = size;
	}
	seg->chunk_at = at + n;
	return seg->chunks[seg->n_chunks - 1] + at;
}

static struct file_more *
more_of(struct file *f)
{
	return (void *)((char *)f->name - sizeof(struct file_more));
}

const struct file_more *
file_more(const struct file *f)
{
	static const struct file_more none;

	return f->more ? (const void *)(f->name - sizeof none) : &none;
}

const char *
file_link(const struct file *f)
{
	return S_ISLNK(f->mode) ? f->name + strlen(f->name) + 1 : NULL;
}

/* Keep the name, what is behind it and what is in front of it.  link: a symlink's target. */
static int
keep_names(struct segment *seg, struct file *f, const char *name, const char *link)
{
	size_t more = f->more ? sizeof(struct file_more) : 0, n = strlen(name) + 1, l = link == NULL ? 0 : strlen(link) + 1;
	char *at = keep_room(seg, more + n + l, f->more ? _Alignof(struct file_more) : 1);

	if (at == NULL)
		return -ENOMEM;
	memset(at, 0, more);
	memcpy(at + more, name, n);
	if (l > 0)
		memcpy(at + more + n, link, l);
	f->name = at + more;
	return 0;
}

static char *
joined(const char *dir, const char *name)
{
	size_t d = strlen(dir), n = strlen(name);
	char *path = malloc(d + n + 2);

	if (path == NULL)
		return NULL;
	memcpy(path, dir, d);
	if (d > 0 && n > 0)
		path[d++] = '/';
	memcpy(path + d, name, n + 1);
	return path;
}

/* A new place; takes path and fs (NULL is lack of memory).  Its number, or 0. */
static uint32_t
place_add(struct source *s, char *path, char *fs, dev_t dev)
{
	size_t cap = s->cap_places;

	if (path == NULL || fs == NULL || s->n_places >= PLACES_MAX ||
	    !grow(&s->places, sizeof *s->places, s->n_places, &cap)) {
		free(path);
		free(fs);
		return 0;
	}
	s->cap_places = (uint32_t)cap;
	s->places[s->n_places] = (struct place){ .path = path, .fs = fs, .dev = dev };
	return s->n_places++;
}

int
source_new(const struct source_conf *conf, struct source **ret)
{
	struct source *s = calloc(1, sizeof *s);
	size_t cap = 0;

	if (s == NULL)
		return -ENOMEM;
	s->conf = *conf;
	s->segments = calloc(16, sizeof *s->segments);
	if (s->segments == NULL || !grow(&s->places, sizeof *s->places, 0, &cap) ||
	    (s->segments[0] = segment_new(conf->incremental ? 1 : 0)) == NULL) {
		source_free(s);
		return -ENOMEM;
	}
	s->cap_places = (uint32_t)cap;
	s->places[0] = (struct place){ NULL };
	s->n_places = 1;
	s->cap_segments = 16;
	s->n_segments = 1;
	*ret = s;
	return 0;
}

void
source_free(struct source *s)
{
	if (s == NULL)
		return;
	for (size_t i = s->oldest; i < s->n_segments; i++)
		segment_free(s->segments[i]);
	for (uint32_t i = 1; i < s->n_places; i++) {
		free(s->places[i].path);
		free(s->places[i].fs);
		rules_dir_free(s->places[i].rules);
	}
	free(s->segments);
	free(s->places);
	free(s->listed);
	free(s->todo);
	free(s->inodes.rows);
	free(s);
}

/* --- finding files -------------------------------------------------------------------- */

static struct segment *
newest(const struct source *s)
{
	return s->segments[s->n_segments - 1];	/* an unreleased one: callers have just made it */
}

static bool
is_device(const struct file *f)
{
	return S_ISCHR(f->mode) || S_ISBLK(f->mode);
}

static void
fill(struct file *f, const struct stat *st)
{
	f->mode = (uint16_t)st->st_mode;
	f->mtime = st->st_mtim.tv_sec;
	f->nsec = (uint32_t)st->st_mtim.tv_nsec;
	f->uid = st->st_uid;
	f->gid = st->st_gid;
	f->size = S_ISREG(st->st_mode) || S_ISDIR(st->st_mode) || S_ISLNK(st->st_mode) ? st->st_size : 0;
}

static void
fill_more(struct file *f, const struct stat *st)
{
	struct file_more *m = more_of(f);

	m->inode = (struct inode_id){ st->st_dev, st->st_ino };
	m->atime = st->st_atim.tv_sec;
	if (is_device(f)) {
		m->rdev_major = major(st->st_rdev);
		m->rdev_minor = minor(st->st_rdev);
	}
}

/* A link's target as the client is to see it. */
static const char *
unmunged(const struct source *s, const char *link)
{
	size_t n = sizeof LINKS_MUNGED - 1;

	return s->conf.munge && strncmp(link, LINKS_MUNGED, n) == 0 && link[n] != '\0' ? link + n : link;
}

/* Add one object to the newest segment.  A directory's place is made when its contents will be
 * sent.  link: the target of a symlink, else NULL.  NULL for lack of memory. */
static struct file *
add_file(struct source *s, uint32_t dir, const char *name, const struct stat *st, const char *link)
{
	struct segment *seg = newest(s);
	size_t cap = seg->cap;
	struct file *f;

	if (!grow(&seg->files, sizeof *seg->files, seg->n, &cap))
		return NULL;
	seg->cap = (uint32_t)cap;
	f = &seg->files[seg->n];
	memset(f, 0, sizeof *f);
	fill(f, st);
	f->dir = dir;
	/* at 27 every regular file is told by its inode, whether it has other names or not */
	f->linked = s->conf.hard_links && !S_ISDIR(f->mode) && (st->st_nlink > 1 || s->conf.version < 28);
	f->more = f->linked || S_ISDIR(f->mode) || is_device(f) || s->conf.atimes || s->conf.attrs;
	if (link != NULL) {
		link = unmunged(s, link);
		f->size = (int64_t)strlen(link);
	}
	if (keep_names(seg, f, name, link) != 0)
		return NULL;
	if (f->more)
		fill_more(f, st);
	if (S_ISREG(f->mode) || S_ISLNK(f->mode))
		s->total_size += f->size;
	seg->n++;
	return f;
}

/* Give a directory entry a place, so that its contents are read later. */
static int
open_later(struct source *s, struct file *f, dev_t dev)
{
	const struct place *in = &s->places[f->dir];
	uint32_t sub = place_add(s, joined(in->path, f->name), joined(in->fs, f->name), dev);

	if (sub == 0)
		return -ENOMEM;
	more_of(f)->sub = sub;
	s->places[sub].rules = rules_dir_share(s->places[f->dir].rules);
	return 0;
}

/* Does the path of an entry called name fit below this place? */
static bool
fits(const struct place *in, const char *name)
{
	return strlen(in->path) + strlen(name) + 1 < NAME_BYTES_MAX;
}

/* Is a name of place dir left out, by the module's rules or by the client's? */
static bool
left_out(const struct source *s, uint32_t dir, const char *name, bool is_dir)
{
	const struct place *in = &s->places[dir];
	char path[2 * NAME_BYTES_MAX], fs[2 * NAME_BYTES_MAX];
	struct rules_name n = { path, fs, is_dir };

	if (rules_empty(s->conf.rules) && rules_empty(s->conf.hidden))
		return false;
	snprintf(path, sizeof path, "%s%s%s", in->path, in->path[0] == '\0' ? "" : "/", name);
	snprintf(fs, sizeof fs, "%s%s%s", in->fs, in->fs[0] == '\0' ? "" : "/", name);
	if (!rules_empty(s->conf.hidden)) {
		struct rules_name inside = { fs, fs, is_dir };	/* the module's rules start at its root */

		if (rules_judge(s->conf.hidden, NULL, &inside) == RULES_EXCLUDE)
			return true;
	}
	return !rules_empty(s->conf.rules) && rules_judge(s->conf.rules, in->rules, &n) == RULES_EXCLUDE;
}

/* A merge file of the client's rules: below the root like everything else, and never one that
 * the module hides. */
static char *
fetch_rules(void *arg, const char *dir, const char *name)
{
	const struct source *s = arg;
	char *path = joined(dir, name), *text = NULL;

	if (path == NULL)
		return NULL;
	source_clean_path(path, false);
	if (!rules_hidden(s->conf.hidden, path, false))
		text = root_read_text(s->conf.root, path, RULES_FILE_MAX);
	free(path);
	return text;
}

/* Read the merge files of a directory that is about to be listed. */
static int
enter_rules(struct source *s, uint32_t dir)
{
	struct place *p = &s->places[dir];
	struct rules_dir *rules;
	char where[256];
	int r;

	if (rules_empty(s->conf.rules))
		return 0;
	r = rules_enter(s->conf.rules, p->rules, p->fs, fetch_rules, s, &rules, where, sizeof where);
	if (r == E_FORMAT)
		tell(s, MSG_ERROR_XFER, "rsync: [sender] %s: bad filter rule (in %s)\n", where, s->conf.module);
	if (r == 0) {
		rules_dir_free(p->rules);
		p->rules = rules;
	}
	return r == E_FORMAT || r == E_LIMIT ? E_FORMAT : r;
}

/* Is this link to be replaced by what it leads to?  place: where it lies. */
static bool
follows(const struct source *s, const struct place *in, const char *target)
{
	return s->conf.copy_links || (s->conf.copy_unsafe && links_unsafe(target, in->path));
}

static void
no_referent(struct source *s, const char *fs, int err)
{
	tell(s, MSG_ERROR_XFER, "symlink has no referent: \"%s\" (in %s)\n", fs, s->conf.module);
	(void)err;
	s->io_error |= IOERR_GENERAL;
}

/* A link found in place dir.  1: *st is now what it leads to; 0: it stays a link; negative: it
 * was complained of and is left out. */
static int
resolve_link(struct source *s, uint32_t dir, const char *fs, const char *target, struct stat *st)
{
	const struct place *in = &s->places[dir];
	struct stat to;
	int r;

	if (!follows(s, in, target) && !s->conf.copy_dirlinks)
		return 0;
	r = root_stat(s->conf.root, fs, 1, &to);
	if (!follows(s, in, target)) {		/* -k: only what leads to a directory */
		if (r != 0 || !S_ISDIR(to.st_mode))
			return 0;
	} else if (r != 0) {
		no_referent(s, fs, r);
		return -1;
	}
	*st = to;
	return 1;
}

/* Can the client be told of this entry in its own character set?  If not, it is told that. */
static bool
can_be_said(struct source *s, uint32_t dir, const char *name, const char *link)
{
	const struct place *in = &s->places[dir];
	char path[2 * NAME_BYTES_MAX], fs[2 * NAME_BYTES_MAX], wire[NAME_BYTES_MAX];
	int r;

	if (s->conf.charset == NULL)
		return true;
	snprintf(path, sizeof path, "%s%s%s", in->path, in->path[0] == '\0' ? "" : "/", name);
	if ((r = charset_to_wire(s->conf.charset, path, wire, sizeof wire)) != 0) {
		tell(s, MSG_ERROR_XFER, "[sender] cannot convert filename: %s (%s)\n", path, strerror(-r));
	} else if (link != NULL && s->conf.charset_links &&
	    (r = charset_to_wire(s->conf.charset, link, wire, sizeof wire)) != 0) {
		snprintf(path, sizeof path, "%s%s%s", in->fs, in->fs[0] == '\0' ? "" : "/", name);
		tell(s, MSG_ERROR_XFER, "[sender] cannot convert symlink data for: \"%s\" (in %s) (%s)\n",
		    source_shown(s, dir, path, fs, sizeof fs), s->conf.module, strerror(-r));
	} else {
		return true;
	}
	s->io_error |= IOERR_GENERAL;
	return false;
}

static bool
is_readable(const struct source *s, const struct place *in, const char *name)
{
	char fs[2 * NAME_BYTES_MAX];

	if (strcmp(name, ".") == 0)
		name = "";
	snprintf(fs, sizeof fs, "%s%s%s", in->fs, in->fs[0] == '\0' || name[0] == '\0' ? "" : "/", name);
	return root_readable(s->conf.root, fs);
}

/* Add an object whose state is known; a directory is opened later, if its contents are wanted. */
static int
add_found(struct source *s, uint32_t dir, const char *name, const struct stat *st, const char *link, bool followed)
{
	struct file *f;

	link = S_ISLNK(st->st_mode) ? link : NULL;
	if (s->conf.readable_only && link == NULL && !is_readable(s, &s->places[dir], name))
		return 0;
	if (!can_be_said(s, dir, name, link))
		return 0;
	if ((f = add_file(s, dir, name, st, link)) == NULL)
		return -ENOMEM;
	f->followed = followed;
	if (!S_ISDIR(f->mode))
		return 0;
	if (!s->conf.recurse || (s->conf.one_file_system && st->st_dev != s->places[dir].dev)) {
		f->no_content = true;
		return 0;
	}
	return open_later(s, f, st->st_dev);
}

/* One object found in a directory. */
static int
take_child(struct source *s, struct walk *w, uint32_t dir, struct walk_item *it)
{
	char link[NAME_BYTES_MAX], fs[2 * NAME_BYTES_MAX];
	const struct place *in = &s->places[dir];
	int r = it->err, followed = 0;

	if (left_out(s, dir, it->name, r == 0 && S_ISDIR(it->st.st_mode)))
		return 0;
	if (r == 0 && !S_ISLNK(it->st.st_mode) && fits(in, it->name))	/* nearly all: no path is needed */
		return add_found(s, dir, it->name, &it->st, NULL, false);
	snprintf(fs, sizeof fs, "%s%s%s", in->fs, in->fs[0] == '\0' ? "" : "/", it->name);
	if (r == 0 && S_ISLNK(it->st.st_mode) && (r = walk_link(w, it->name, link, sizeof link)) == 0)
		r = -EINVAL;		/* an empty target says nothing */
	if (r > 0 && (followed = resolve_link(s, dir, fs, link, &it->st)) < 0)
		return 0;
	if (r >= 0 && !fits(in, it->name))
		r = -ENAMETOOLONG;
	if (r < 0) {
		complain(s, "readlink_stat", dir, fs, r);
		return 0;
	}
	return add_found(s, dir, it->name, &it->st, link, followed > 0);
}

/* Its directories took their share of the rules: only what is still to be read keeps merge files in memory. */
static void
leave_rules(struct source *s, uint32_t dir)
{
	rules_dir_free(s->places[dir].rules);
	s->places[dir].rules = NULL;
}

static int
read_entries(struct source *s, uint32_t dir)
{
	struct walk_item it;
	struct walk *w;
	int r;

	if ((r = walk_open(s->conf.root, s->places[dir].fs, &w)) == -ENOMEM)
		return r;
	if (r != 0) {
		complain(s, "opendir", dir, s->places[dir].fs, r);
		return 0;
	}
	while (r == 0 && walk_next(w, &it))
		r = take_child(s, w, dir, &it);
	if (r == 0 && walk_error(w) != 0)
		complain(s, "readdir", dir, s->places[dir].fs, walk_error(w));
	walk_close(w);
	return r;
}

/* Read one directory into the newest segment. */
static int
read_place(struct source *s, uint32_t dir)
{
	int r = enter_rules(s, dir);

	if (r == 0)
		r = read_entries(s, dir);
	leave_rules(s, dir);
	return r;
}

/* --- arguments ------------------------------------------------------------------------ */

void
source_clean_path(char *arg, bool keep_dot_marks)
{
	char *to = arg, *from = arg;
	size_t n = strlen(arg);
	bool contents = n == 0 || arg[n - 1] == '/' || strcmp(arg, ".") == 0 || strcmp(arg, "..") == 0 ||
	    (n >= 2 && strcmp(arg + n - 2, "/.") == 0) || (n >= 3 && strcmp(arg + n - 3, "/..") == 0);

	while (*from != '\0') {
		size_t len = strcspn(from, "/");
		bool dot = len == 1 && from[0] == '.', dots = len == 2 && from[0] == '.' && from[1] == '.';
		bool mark = dot && keep_dot_marks && from[1] == '/' && from[2] != '\0' && from[2] != '/';

		if (dots) {		/* never above the root */
			while (to > arg && to[-1] != '/')
				to--;
			if (to > arg)
				to--;
		} else if (len > 0 && (!dot || mark)) {
			if (to > arg)
				*to++ = '/';
			memmove(to, from, len);
			to += len;
		}
		from += len;
		from += strspn(from, "/");
	}
	if (contents && to > arg)
		*to++ = '/';
	*to = '\0';
}

/* An argument that cannot be listed; see rsync-wire 5.10.4. */
static int
missing_arg(struct source *s, uint32_t dir, const char *fs, const char *name, int err)
{
	char path[NAME_BYTES_MAX + 2];
	struct stat none;

	if (err == -ENOENT && s->conf.ignore_missing)
		return 0;
	if (err == -ENOENT && s->conf.delete_missing) {
		memset(&none, 0, sizeof none);
		return add_file(s, dir, name, &none, NULL) == NULL ? -ENOMEM : 0;
	}
	tell(s, MSG_ERROR_XFER, "rsync: [sender] link_stat \"%s\" (in %s) failed: %s (%d)\n",
	    source_shown(s, dir, fs, path, sizeof path), s->conf.module, strerror(-err), -err);
	if (err != -ENOENT)
		s->io_error |= IOERR_GENERAL;
	return 0;
}

static int
read_link_at(const struct source *s, const char *dir, const char *name, char *link, size_t size)
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
static int
parent_missing(struct source *s, const char *dir)
{
	char inside[NAME_BYTES_MAX + 2];
	struct stat st;
	int r;

	if (dir[0] == '\0')
		return 0;
	snprintf(inside, sizeof inside, "%s/.", dir);	/* entering takes more than seeing */
	r = rules_hidden(s->conf.hidden, dir, true) ? -ENOENT : root_stat(s->conf.root, inside, 1, &st);
	if (r == 0 && !S_ISDIR(st.st_mode))
		r = -ENOTDIR;
	if (r != 0) {
		tell(s, MSG_ERROR_XFER, "rsync: [sender] change_dir \"%s%s\" (in %s) failed: %s (%d)\n",
		    s->conf.entered ? "/" : "", dir, s->conf.module, strerror(-r), -r);
		s->io_error |= IOERR_GENERAL;
	}
	return r;
}

/* The object `name` of place dir, named by an argument. */
static int
take_named(struct source *s, uint32_t dir, const char *name, const char *fs, bool follow)
{
	char link[NAME_BYTES_MAX];
	struct file *f;
	struct stat st;
	int followed = 0, r = root_stat(s->conf.root, fs, follow, &st);

	if (rules_hidden(s->conf.hidden, fs, r == 0 && S_ISDIR(st.st_mode)))
		r = -ENOENT;
	else if (r == 0 && left_out(s, dir, name, S_ISDIR(st.st_mode)))
		return 0;
	if (r == 0 && S_ISLNK(st.st_mode) && (r = read_link_at(s, s->places[dir].fs, name, link, sizeof link)) > 0) {
		r = 0;
		if ((followed = resolve_link(s, dir, fs, link, &st)) < 0)
			return 0;
	}
	if (r != 0)
		return missing_arg(s, dir, fs, name, r);
	if (S_ISDIR(st.st_mode) && !s->conf.recurse && !s->conf.dirs) {
		tell(s, MSG_INFO, "skipping directory %s\n", fs);
		return 0;
	}
	if (!can_be_said(s, dir, name, S_ISLNK(st.st_mode) ? link : NULL))
		return 0;
	if ((f = add_file(s, dir, name, &st, S_ISLNK(st.st_mode) ? link : NULL)) == NULL)
		return -ENOMEM;
	f->followed = followed > 0 || follow;
	if (!S_ISDIR(st.st_mode))
		return 0;
	f->top_dir = s->conf.recurse || follow;	/* "dir/" asks for one level even without -r */
	f->no_content = !f->top_dir;
	return f->top_dir ? open_later(s, f, st.st_dev) : 0;
}

/* "The contents of a directory": the entry ".", then what is in it. */
static int
take_contents(struct source *s, const char *fs)
{
	struct file *f;
	struct stat st;
	uint32_t dir;
	int r = root_stat(s->conf.root, fs, 1, &st);

	if (parent_missing(s, fs) != 0)
		return 0;
	if (r != 0 || !S_ISDIR(st.st_mode))
		return missing_arg(s, 0, fs, fs, r != 0 ? r : -ENOTDIR);
	if (!s->conf.recurse && !s->conf.dirs) {
		tell(s, MSG_INFO, "skipping directory %s\n", fs[0] == '\0' ? "." : fs);
		return 0;
	}
	if ((dir = place_add(s, strdup(""), strdup(fs), st.st_dev)) == 0)
		return -ENOMEM;
	if ((f = add_file(s, dir, ".", &st, NULL)) == NULL)
		return -ENOMEM;
	f->top_dir = true;
	if (s->conf.incremental)
		return read_place(s, dir);
	more_of(f)->sub = dir;
	return 0;
}

/* -R: the directories above name, each sent once, as marks that nothing was sent of them. */
static int
take_implied(struct source *s, const char *base, const char *name)
{
	char path[NAME_BYTES_MAX], *fs;
	size_t n = 0;
	struct stat st;
	struct file *f;
	uint32_t dir;
	int r;

	while (name[n] != '\0' && strchr(name + n, '/') != NULL) {
		const char *slash = strchr(name + n, '/');
		size_t end = (size_t)(slash - name);

		memcpy(path, name, end);
		path[end] = '\0';
		n = end + 1;
		if (strcmp(s->implied_base, base) == 0 && strncmp(s->implied, path, end) == 0 &&
		    (s->implied[end] == '/' || s->implied[end] == '\0'))
			continue;	/* the argument before had it too */
		if ((fs = joined(base, path)) == NULL)
			return -ENOMEM;
		r = root_stat(s->conf.root, fs, 1, &st);
		free(fs);
		if (r != 0)
			return 0;	/* the argument itself will say what is missing */
		char *leaf = strrchr(path, '/');
		char *up = leaf == NULL ? strdup("") : strndup(path, (size_t)(leaf - path));
		if (up == NULL || (dir = place_add(s, up, joined(base, up), st.st_dev)) == 0)
			return -ENOMEM;
		if ((f = add_file(s, dir, leaf == NULL ? path : leaf + 1, &st, NULL)) == NULL)
			return -ENOMEM;
		f->top_dir = f->no_content = true;
	}
	snprintf(s->implied, sizeof s->implied, "%.*s", (int)(n > 0 ? n - 1 : 0), name);
	snprintf(s->implied_base, sizeof s->implied_base, "%s", base);
	return 0;
}

/* -R: a leading "./" asks for the top directory's own attributes, once. */
static int
take_implied_dot(struct source *s, const char *base)
{
	struct file *f;
	struct stat st;
	uint32_t dir;

	if (s->dot_implied || root_stat(s->conf.root, base, 1, &st) != 0)
		return 0;
	s->dot_implied = true;
	if ((dir = place_add(s, strdup(""), strdup(base), st.st_dev)) == 0 || (f = add_file(s, dir, ".", &st, NULL)) == NULL)
		return -ENOMEM;
	f->top_dir = f->no_content = true;
	return 0;
}

/* -R: the whole path is kept; "/./" says where it begins. */
static int
take_relative(struct source *s, const char *below, char *path)
{
	char *mark = strstr(path, "/./"), *name = path, *slash, *fs, base[NAME_BYTES_MAX];
	bool contents;
	size_t n;
	uint32_t dir;
	int r;

	snprintf(base, sizeof base, "%s", below);
	if (strncmp(path, "./", 2) == 0) {
		name = path + 2;
		if ((r = take_implied_dot(s, base)) != 0)
			return r;
	} else if (mark != NULL) {
		*mark = '\0';
		if ((size_t)snprintf(base, sizeof base, "%s%s%s", below, below[0] == '\0' ? "" : "/", path) >= sizeof base)
			return E_LIMIT;
		name = mark + 3;
		if (parent_missing(s, base) != 0)
			return 0;
	}
	n = strlen(name);
	contents = n > 0 && name[n - 1] == '/';
	if (contents)
		name[n - 1] = '\0';
	if (name[0] == '\0')
		return take_contents(s, base);
	if ((r = take_implied(s, base, name)) != 0)
		return r;
	slash = strrchr(name, '/');
	char *up = slash == NULL ? strdup("") : strndup(name, (size_t)(slash - name));
	if (up == NULL || (dir = place_add(s, up, joined(base, up), 0)) == 0 || (fs = joined(base, name)) == NULL)
		return -ENOMEM;
	r = take_named(s, dir, slash == NULL ? name : slash + 1, fs, contents);
	free(fs);
	return r;
}

int
source_arg(struct source *s, const char *arg)
{
	char path[NAME_BYTES_MAX], *slash;
	size_t n = strlen(arg);
	bool missing;
	uint32_t dir;

	if (n >= sizeof path)
		return E_LIMIT;
	memcpy(path, arg, n + 1);
	source_clean_path(path, s->conf.relative);
	if (s->conf.relative)
		return take_relative(s, "", path);
	n = strlen(path);
	if (n == 0 || path[n - 1] == '/') {
		if (n > 0)
			path[n - 1] = '\0';
		return take_contents(s, path);
	}
	slash = strrchr(path, '/');
	if (slash != NULL) {
		*slash = '\0';
		missing = parent_missing(s, path) != 0;
		*slash = '/';
		if (missing)
			return 0;
	}
	dir = place_add(s, strdup(""), slash == NULL ? strdup("") : strndup(path, (size_t)(slash - path)), 0);
	if (dir == 0)
		return -ENOMEM;
	return take_named(s, dir, slash == NULL ? path : slash + 1, path, false);
}

struct glob {
	struct source *s;
	unsigned matches;
};

/* Expand rest below the directory `at`; a component without magic is taken as it is. */
static int
expand(struct glob *g, const char *at, const char *rest)
{
	size_t n = strcspn(rest, "/");
	const char *more = rest + n + strspn(rest + n, "/");
	char *part, *path;
	struct walk_item it;
	struct walk *w;
	int r = 0;

	if (!wild_has_magic(rest)) {	/* the tail goes on as it is, its slashes included */
		if ((path = joined(at, rest)) == NULL)
			return -ENOMEM;
		g->matches++;
		r = source_arg(g->s, path);
		free(path);
		return r;
	}
	if ((part = strndup(rest, n)) == NULL)
		return -ENOMEM;
	if (!wild_has_magic(part)) {
		r = (path = joined(at, part)) == NULL ? -ENOMEM : expand(g, path, more);
		free(path);
		free(part);
		return r;
	}
	if (walk_open(g->s->conf.root, at, &w) != 0) {	/* what cannot be listed matches nothing */
		free(part);
		return 0;
	}
	while (r == 0 && walk_next(w, &it)) {
		struct stat st = it.st;

		if (it.err != 0 || !wild_match(part, it.name) || (path = joined(at, it.name)) == NULL)
			continue;
		if (*more != '\0' && S_ISLNK(st.st_mode) && root_stat(g->s->conf.root, path, 1, &st) != 0)
			st.st_mode = S_IFLNK;
		if (rules_hidden(g->s->conf.hidden, path, S_ISDIR(st.st_mode)) || (*more != '\0' && !S_ISDIR(st.st_mode))) {
			free(path);
			continue;
		}
		if (*more != '\0') {
			r = expand(g, path, more);
		} else if (++g->matches > GLOB_MATCHES_MAX) {
			r = E_LIMIT;
		} else {
			if (rest[n] == '/') {	/* "x*" with a slash behind it: the contents of each */
				char *slashed = joined(path, "/");

				r = slashed == NULL ? -ENOMEM : source_arg(g->s, slashed);
				free(slashed);
			} else {
				r = source_arg(g->s, path);
			}
		}
		free(path);
	}
	walk_close(w);
	free(part);
	return r;
}

int
source_glob(struct source *s, const char *pattern)
{
	struct glob g = { s, 0 };
	char path[NAME_BYTES_MAX];
	int r;

	if (!wild_has_magic(pattern))
		return source_arg(s, pattern);
	if (strlen(pattern) >= sizeof path)
		return E_LIMIT;
	strcpy(path, pattern);
	source_clean_path(path, s->conf.relative);
	r = expand(&g, "", path);
	return r == 0 && g.matches == 0 ? source_arg(s, pattern) : r;
}

int
source_name(struct source *s, const char *base, const char *name)
{
	char path[2 * NAME_BYTES_MAX];

	s->conf.entered = s->conf.entered || base[0] != '\0';
	name += strspn(name, "/");
	if (strlen(base) + strlen(name) + 1 >= NAME_BYTES_MAX) {
		tell(s, MSG_ERROR_XFER, "rsync: [sender] files-from: name too long (in %s)\n", s->conf.module);
		s->io_error |= IOERR_GENERAL;
		return 0;
	}
	if (s->conf.relative) {
		strcpy(path, name);
		source_clean_path(path, true);
		return take_relative(s, base, path);
	}
	snprintf(path, sizeof path, "%s%s%s", base, base[0] == '\0' ? "" : "/", name);
	return source_arg(s, path);
}

/* --- order ---------------------------------------------------------------------------- */

/* The order of the wire from protocol 29 on, within one directory: "." first, then what is no
 * directory, then directories as if their names ended in '/' (rsync-wire 5.11.1). */
static int
leaf_rank(const struct file *f)
{
	return strcmp(f->name, ".") == 0 ? 0 : S_ISDIR(f->mode) ? 2 : 1;
}

static int
compare_names(const char *a, bool a_dir, const char *b, bool b_dir)
{
	const unsigned char *x = (const unsigned char *)a, *y = (const unsigned char *)b;

	while (*x == *y && *x != '\0')
		x++, y++;
	return (*x == '\0' && a_dir ? '/' : *x) - (*y == '\0' && b_dir ? '/' : *y);
}

static int
compare_leaves(const struct file *a, const struct file *b)
{
	int ra = leaf_rank(a), rb = leaf_rank(b);

	return ra != rb ? ra - rb : compare_names(a->name, ra == 2, b->name, rb == 2);
}

/* The next component of a path that may end in the leaf f; false when it is used up. */
static bool
component(const char **dir, const struct file *f, bool *leaf_done, char *dst, bool *ret_dir)
{
	size_t n = strcspn(*dir, "/");

	if (n > 0) {
		memcpy(dst, *dir, n);
		dst[n] = '\0';
		*dir += n;
		*dir += **dir == '/';
		*ret_dir = true;
		return true;
	}
	if (*leaf_done)
		return false;
	*leaf_done = true;
	*ret_dir = leaf_rank(f) == 2;
	strcpy(dst, leaf_rank(f) == 0 ? "" : f->name);
	return true;
}

static int
compare_new(const struct source *s, const struct file *a, const struct file *b)
{
	const char *da = s->places[a->dir].path, *db = s->places[b->dir].path;
	char x[NAME_BYTES_MAX], y[NAME_BYTES_MAX];
	bool la = false, lb = false, xdir = false, ydir = false, xa, yb;
	int r;

	if (a->dir == b->dir || strcmp(da, db) == 0)
		return compare_leaves(a, b);
	for (;;) {
		xa = component(&da, a, &la, x, &xdir);
		yb = component(&db, b, &lb, y, &ydir);
		if (!xa || !yb)
			return (int)xa - (int)yb;
		if (xdir != ydir)
			return (int)xdir - (int)ydir;
		if ((r = compare_names(x, xdir, y, ydir)) != 0)
			return r;
	}
}

static int
compare_old(const struct source *s, const struct file *a, const struct file *b)
{
	char x[NAME_BYTES_MAX], y[NAME_BYTES_MAX];
	const char *da = s->places[a->dir].path, *db = s->places[b->dir].path;

	if (strcmp(da, db) == 0)
		return strcmp(a->name, b->name);
	snprintf(x, sizeof x, "%s%s%s", da, da[0] == '\0' ? "" : "/", a->name);
	snprintf(y, sizeof y, "%s%s%s", db, db[0] == '\0' ? "" : "/", b->name);
	return strcmp(x, y);
}

static int
in_wire_order(const struct source *s, const struct file *a, const struct file *b)
{
	return s->conf.version >= 29 ? compare_new(s, a, b) : compare_old(s, a, b);
}

struct sorting {
	const struct source *s;
	const struct file *files;
};

static int
by_wire_order(const void *va, const void *vb, void *arg)
{
	const uint32_t *a = va, *b = vb;
	const struct sorting *t = arg;
	int r = in_wire_order(t->s, &t->files[*a], &t->files[*b]);

	return r != 0 ? r : *a < *b ? -1 : 1;	/* of the same name, the first found stays first */
}

/* Move each file to where order says, in place: order[i] is where the i-th comes from. */
static void
permute(struct file *files, uint32_t *order, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct file first = files[i];
		uint32_t at = i, from;

		for (; (from = order[at]) != i; at = from) {
			files[at] = files[from];
			order[at] = at;
		}
		files[at] = first;
		order[at] = at;
	}
}

/* Numbers are sorted, not files: with a million of them the memory counts.  0 or -ENOMEM. */
static int
sort_files(const struct source *s, struct file *files, uint32_t n)
{
	struct sorting t = { s, files };
	uint32_t *order, done = 1;

	while (done < n && in_wire_order(s, &files[done - 1], &files[done]) <= 0)
		done++;
	if (done >= n)
		return 0;
	if ((order = calloc(n, sizeof *order)) == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order, n, sizeof *order, by_wire_order, &t);
	permute(files, order, n);
	free(order);
	return 0;
}

/* --- incremental recursion ------------------------------------------------------------ */

/* Two places whose files come from two arguments: what is in the second belongs to the first, too. */
static void
same_segment(struct source *s, uint32_t first, uint32_t second)
{
	uint32_t p = first;

	while (p != 0 && s->places[p].same != 0)
		p = s->places[p].same;
	if (p != 0 && second != 0)
		s->places[p].same = second;
}

/* The directories of a finished segment get their numbers. */
static int
list_directories(struct source *s, const struct segment *seg)
{
	uint32_t first = s->n_listed;
	size_t cap = s->cap_listed;
	const struct file *prev = NULL;

	for (uint32_t i = 0; i < seg->n; i++) {
		const struct file *f = &seg->files[i];

		if (!S_ISDIR(f->mode))
			continue;
		if (!grow(&s->listed, sizeof *s->listed, s->n_listed, &cap))
			return -ENOMEM;
		s->cap_listed = (uint32_t)cap;
		s->listed[s->n_listed] = (struct listed){ file_more(f)->sub, s->at, 0, 0, leaf_rank(f) == 0 };
		if (prev != NULL && leaf_rank(f) != 0 && strcmp(prev->name, f->name) == 0) {
			/* the same name from another argument: one segment serves both */
			s->listed[s->n_listed].skip = true;
			same_segment(s, file_more(prev)->sub, file_more(f)->sub);
		} else {
			prev = f;
		}
		s->n_listed++;
	}
	if (s->at != 0) {
		s->listed[s->at - 1].first = first;
		s->listed[s->at - 1].n = s->n_listed - first;
	}
	return 0;
}

/* Depth first: the first sub-directory, else the next sister, else the parent's next sister.
 * Returns 1 + its number, or 0 at the end. */
static uint32_t
next_listed(const struct source *s)
{
	uint32_t at = s->at, next;

	if (at == 0)
		return s->n_listed > 0 ? 1 : 0;
	if (s->listed[at - 1].n > 0)
		return s->listed[at - 1].first + 1;
	for (;;) {
		uint32_t parent = s->listed[at - 1].parent;
		uint32_t end = parent == 0 ? 0 : s->listed[parent - 1].first + s->listed[parent - 1].n;

		next = at + 1;
		if (parent == 0)	/* sisters at the top: those without a parent, from the front */
			return next <= s->n_listed && s->listed[next - 1].parent == 0 ? next : 0;
		if (next <= end)
			return next;
		at = parent;
	}
}

/* Move on to the next directory that has a segment. */
static void
advance(struct source *s)
{
	do
		s->at = next_listed(s);
	while (s->at != 0 && s->listed[s->at - 1].skip);
	if (s->at == 0)
		s->all_listed = true;
}

static int
push_segment(struct source *s)
{
	struct segment *seg;

	if (s->next_first > INT32_MAX - 2)
		return E_LIMIT;
	if (s->oldest > 0 && s->n_segments == s->cap_segments) {
		memmove(s->segments, s->segments + s->oldest, (s->n_segments - s->oldest) * sizeof *s->segments);
		s->n_segments -= s->oldest;
		s->oldest = 0;
	}
	if (!grow(&s->segments, sizeof *s->segments, s->n_segments, &s->cap_segments) ||
	    (seg = segment_new(s->next_first)) == NULL)
		return -ENOMEM;
	s->segments[s->n_segments++] = seg;
	return 0;
}

/* The newest segment is complete: its order, its directories' numbers, the next one's start. */
static int
finish_segment(struct source *s)
{
	struct segment *seg = newest(s);

	if (sort_files(s, seg->files, seg->n) != 0)
		return -ENOMEM;
	if (seg->n > (uint32_t)(INT32_MAX - 2 - seg->first))
		return E_LIMIT;
	s->next_first = seg->first + (int32_t)seg->n + 1;
	return s->conf.incremental ? list_directories(s, seg) : 0;
}

int
source_next(struct source *s, uint32_t *ret_dir)
{
	uint32_t dir = s->at;
	int r;

	if (s->all_listed)
		return E_EOF;
	if ((r = push_segment(s)) != 0)
		return r;
	newest(s)->place = s->listed[dir - 1].place;
	for (uint32_t p = s->listed[dir - 1].place; r == 0 && p != 0; p = s->places[p].same)
		r = read_place(s, p);
	if (r != 0 || (r = finish_segment(s)) != 0)
		return r;
	*ret_dir = dir - 1;
	advance(s);
	return 0;
}

/* --- the first or only list ----------------------------------------------------------- */

/* The complete list is walked depth first, in the order of the wire: what comes behind a directory has to wait
 * until that is read.  The sort at the end then finds its work done, which for a million files saves its memory. */
static int
put_off(struct source *s, uint32_t from)
{
	struct segment *seg = newest(s);
	uint32_t first = from;

	while (first < seg->n && file_more(&seg->files[first])->sub == 0)
		first++;
	for (; seg->n > first; seg->n--) {
		if (!grow(&s->todo, sizeof *s->todo, s->n_todo, &s->cap_todo))
			return -ENOMEM;
		s->todo[s->n_todo++] = seg->files[seg->n - 1];
	}
	return 0;
}

/* Take the next entry that waits; a directory is followed by what is in it.  1: it was one. */
static int
take_put_off(struct source *s)
{
	struct segment *seg = newest(s);
	uint32_t from = seg->n + 1, place;
	size_t cap = seg->cap;
	int r;

	if (!grow(&seg->files, sizeof *seg->files, seg->n, &cap))
		return -ENOMEM;
	seg->cap = (uint32_t)cap;
	seg->files[seg->n++] = s->todo[--s->n_todo];
	if ((place = file_more(&seg->files[from - 1])->sub) == 0)
		return 0;
	if ((r = read_place(s, place)) != 0)
		return r;
	if ((r = sort_files(s, seg->files + from, seg->n - from)) != 0)
		return r;
	return (r = put_off(s, from)) != 0 ? r : 1;
}

/* As far as the next directory: 1, or 0 at the end. */
static int
build_complete(struct source *s)
{
	int r = 0;

	if (!s->started)
		r = put_off(s, 0);
	s->started = true;
	while (r == 0 && s->n_todo > 0)
		r = take_put_off(s);
	return r;
}

int
source_build(struct source *s)
{
	int r;

	if (!s->conf.incremental) {
		if ((r = build_complete(s)) != 0)
			return r;
		s->all_listed = true;
		return finish_segment(s);
	}
	if ((r = finish_segment(s)) == 0)
		advance(s);
	return r;
}

/* --- asking --------------------------------------------------------------------------- */

const struct segment *
source_newest(const struct source *s)
{
	return newest(s);
}

const struct place *
source_place(const struct source *s, const struct file *f)
{
	return &s->places[f->dir];
}

struct file *
source_find(const struct source *s, int32_t ndx, bool *ret_gap)
{
	size_t lo = s->oldest, hi = s->n_segments;

	*ret_gap = false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct segment *seg = s->segments[mid];

		if (ndx < seg->first - (s->conf.incremental ? 1 : 0)) {
			hi = mid;
		} else if (ndx >= seg->first + (int32_t)seg->n) {
			lo = mid + 1;
		} else if (ndx < seg->first) {
			*ret_gap = true;
			return NULL;
		} else {
			return &seg->files[ndx - seg->first];
		}
	}
	return NULL;
}

const struct place *
source_gap(const struct source *s, int32_t ndx)
{
	for (size_t i = s->oldest; i < s->n_segments; i++)
		if (s->segments[i]->first - 1 == ndx)
			return s->segments[i]->place == 0 ? NULL : &s->places[s->segments[i]->place];
	return NULL;
}

void
source_set_xattrs(struct source *s, uint32_t index, int32_t set)
{
	struct file *f = &newest(s)->files[index];

	more_of(f)->xattrs = set;
	if (file_more(f)->sub != 0)
		s->places[file_more(f)->sub].xattrs = set;
}

static size_t
inode_hash(const struct inode_id *id, size_t size)
{
	uint64_t h = ((uint64_t)id->ino ^ (uint64_t)id->dev << 32) * 0x9e3779b97f4a7c15ull;

	return (size_t)(h >> 20) & (size - 1);
}

static struct inode_row *
inode_slot(struct inodes *t, const struct inode_id *id)
{
	size_t i = inode_hash(id, t->size);

	while (t->rows[i].ndx >= 0 && (t->rows[i].id.ino != id->ino || t->rows[i].id.dev != id->dev))
		i = (i + 1) & (t->size - 1);
	return &t->rows[i];
}

static int
inodes_grow(struct inodes *t)
{
	struct inodes bigger = { NULL, t->n, t->size == 0 ? 1024 : t->size * 2 };

	if ((bigger.rows = reallocarray(NULL, bigger.size, sizeof *bigger.rows)) == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < bigger.size; i++)
		bigger.rows[i].ndx = -1;
	for (size_t i = 0; i < t->size; i++)
		if (t->rows[i].ndx >= 0)
			*inode_slot(&bigger, &t->rows[i].id) = t->rows[i];
	free(t->rows);
	*t = bigger;
	return 0;
}

int
source_link(struct source *s, const struct inode_id *id, int32_t ndx, int32_t *ret_first)
{
	struct inode_row *row;

	if (s->inodes.n * 2 >= s->inodes.size && inodes_grow(&s->inodes) != 0)
		return -ENOMEM;
	row = inode_slot(&s->inodes, id);
	*ret_first = row->ndx;
	if (row->ndx < 0) {
		*row = (struct inode_row){ *id, ndx };
		s->inodes.n++;
	}
	return 0;
}

bool
source_release(struct source *s)
{
	size_t left = s->n_segments - s->oldest;

	if (left == 0 || (left == 1 && s->all_listed))
		return true;		/* the last stays: late reports may still name it */
	segment_free(s->segments[s->oldest++]);
	return false;
}

bool
source_wants_more(const struct source *s, size_t ahead)
{
	size_t n = 0;

	if (s->n_segments - s->oldest <= 2)
		return true;
	for (size_t i = s->oldest + 1; i < s->n_segments; i++)
		n += s->segments[i]->n + 1;
	return n < ahead;
}

int
source_io_error(const struct source *s)
{
	return s->conf.ignore_errors ? 0 : s->io_error;
}

int64_t
source_total_size(const struct source *s)
{
	return s->total_size;
}

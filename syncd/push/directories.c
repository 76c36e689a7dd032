/* Directories of a push: made when their turn comes; their time, and a mode that would lock us out, come at the end
 * (rsync-wire 8.2). */
#include "syncd/push/directories.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/grow.h"
#include "syncd/fs/fake.h"
#include "syncd/fs/meta.h"
#include "syncd/push/attr_apply.h"
#include "syncd/push/delete.h"
#include "syncd/push/item.h"
#include "syncd/push/push.h"
#include "syncd/push/report.h"
#include "syncd/push/xattr_recv.h"

/* A directory whose time and mode are set once more, when all in it is done. */
struct touch {
	char *path;
	struct timespec mtime;
	mode_t mode;
	bool set_time, set_mode;
};

struct directories {
	struct touch *touches;
	size_t n_touches, cap_touches;
	char skip_below[NAME_BYTES_MAX];	/* a directory that failed: what lies in it is passed over; "" none */
};

int
directories_begin(struct session *s)
{
	s->push->directories = calloc(1, sizeof *s->push->directories);
	return s->push->directories == NULL ? -ENOMEM : 0;
}

void
directories_end(struct session *s)
{
	struct directories *d = s->push->directories;

	for (size_t i = 0; d != NULL && i < d->n_touches; i++)
		free(d->touches[i].path);
	if (d != NULL)
		free(d->touches);
	free(d);
	s->push->directories = NULL;
}

static int
touch_later(struct session *s, const struct push_job *j, bool set_mode, mode_t mode)
{
	struct directories *d = s->push->directories;
	bool set_time = attr_keeps_time(s, S_IFDIR);
	char *path;

	if (options_pretend(&s->opt) || (!set_time && !set_mode))
		return 0;
	if (!grow(&d->touches, sizeof *d->touches, d->n_touches, &d->cap_touches))
		return -ENOMEM;
	if ((path = strdup(j->path)) == NULL)
		return -ENOMEM;
	d->touches[d->n_touches++] = (struct touch){ path, { j->file->mtime, j->file->nsec }, mode, set_time, set_mode };
	return 0;
}

/* Make it; parents that the list does not name are made too where names are relative. */
static int
make_one_dir(struct session *s, const struct push_job *j, mode_t mode)
{
	int r = tree_mkdir(&s->push->dest.tree, j->path, mode);

	if (r == -ENOENT && s->opt.relative &&
	    tree_mkparents(&s->push->dest.tree, j->path, newmode_perms(&s->push->dest, j->path), NULL, NULL) >= 0)
		r = tree_mkdir(&s->push->dest.tree, j->path, mode);
	return r == -EEXIST ? 0 : r;
}

void
directories_skip(struct session *s, const struct push_job *j)
{
	snprintf(s->push->directories->skip_below, sizeof s->push->directories->skip_below, "%s", j->path);
	j->file->flags |= IN_SKIPPED;
}

void
directories_skip_failed(struct session *s, const struct push_job *j)
{
	session_tell(s, MSG_ERROR_XFER, "*** Skipping any contents from this failed directory ***\n");
	directories_skip(s, j);
}

bool
directories_skipped(const struct session *s, const char *path)
{
	size_t n = strlen(s->push->directories->skip_below);

	return n > 0 && strncmp(path, s->push->directories->skip_below, n) == 0 && path[n] == '/';
}

/* The directory's attributes now; its time, and a mode that would lock us out, come at the end. */
static int
set_attributes(struct session *s, struct push_job *j, bool is_new)
{
	struct flist_file now = *j->file;
	struct push_job later = *j;
	mode_t mode, work;

	if (options_pretend(&s->opt) || s->push->dest.no_tree)
		return 0;
	if (is_new && tree_lstat(&s->push->dest.tree, j->path, &j->st) != 0)
		return 0;
	mode = attr_mode(s, j, is_new ? NULL : &j->st) | attr_inherited_bits(s, j->file, is_new ? &j->st : NULL);
	work = session_is_root(s) ? mode : mode | 0700;
	now.mtime = j->st.st_mtim.tv_sec;
	now.nsec = (uint32_t)j->st.st_mtim.tv_nsec;
	if (work != mode)
		now.mode = (now.mode & ~(uint32_t)07777) | work;
	later.file = &now;
	(void)attr_apply(s, &later, &j->st, is_new);
	newmode_forget(&s->push->dest);	/* its default ACL may be another now */
	return touch_later(s, j, work != mode, mode);
}

/* Of a directory in an alternate one it is shown, whether directories get their times or not. */
static unsigned
other_time(const struct session *s, const struct push_job *j, const struct stat *elsewhere)
{
	return s->opt.times && !attr_same_time(s, j->file, elsewhere) ? REPORT_TIME : 0;
}

/* The item comes all the same, as with rsync. */
static int
dir_failed(struct session *s, struct push_job *j, int err)
{
	report_failed(s, "generator", "recv_generator: mkdir", &s->push->dest.tree, j->path, err);
	item_report(s, j, ITEM_LOCAL_CHANGE | ITEM_IS_NEW | xattr_of_new(s, j->file), NULL);
	directories_skip_failed(s, j);
	return 0;
}

int
directories_make(struct session *s, struct push_job *j)
{
	unsigned flags = ITEM_LOCAL_CHANGE | ITEM_IS_NEW;
	struct stat elsewhere;
	bool is_new;
	int r, alt;

	if (j->exists && !S_ISDIR(j->st.st_mode) && delete_in_the_way(s, j) != 0) {
		directories_skip(s, j);
		return 0;
	}
	is_new = !j->exists || (s->push->dest.made_top && strcmp(j->path, ".") == 0);
	if (!j->exists && !options_pretend(&s->opt)) {
		mode_t mode = attr_mode(s, j, NULL) | (session_is_root(s) ? 0 : 0700);

		if ((r = make_one_dir(s, j, s->root.fake ? fake_real_mode(S_IFDIR | mode) : mode & 01777)) != 0)
			return dir_failed(s, j, r);
	}
	if (!is_new)
		flags = attr_differs(s, j, &j->st) | xattr_differ(s, j, &s->push->dest.tree, &j->st);
	else if ((alt = dest_alt_find(&s->push->dest, j->path, j->file->mode, &elsewhere)) >= 0)
		flags = ITEM_LOCAL_CHANGE | attr_differs(s, j, &elsewhere) | other_time(s, j, &elsewhere) |
		    xattr_differ(s, j, &s->push->dest.alt[alt], &elsewhere);
	else
		flags |= xattr_of_new(s, j->file);
	item_report(s, j, flags, NULL);
	return set_attributes(s, j, is_new);
}

void
directories_finish(struct session *s)
{
	struct directories *d = s->push->directories;

	for (size_t i = d->n_touches; i-- > 0;) {
		const struct touch *at_end = &d->touches[i];
		struct meta m = { .fake = s->root.fake, .set_mtime = at_end->set_time, .mtime = at_end->mtime,
		    .set_mode = at_end->set_mode, .mode = at_end->mode };
		struct stat st;
		struct at_path at;
		const char *what = "stat";
		int r = tree_stat_dir(&s->push->dest.tree, at_end->path, &st);

		if (r == -ENOENT || (r == 0 && !S_ISDIR(st.st_mode)))
			continue;
		if (r == 0 && m.set_mtime && st.st_mtim.tv_sec == m.mtime.tv_sec &&
		    (m.mtime.tv_nsec == 0 || st.st_mtim.tv_nsec == m.mtime.tv_nsec))	/* old protocols send no fractions */
			m.set_mtime = false;
		if (r == 0 && (m.set_mtime || m.set_mode) && (r = tree_at_path(&s->push->dest.tree, at_end->path, &at)) == 0)
			r = meta_set(-1, &at, &m, &what);
		if (r != 0)
			report_unset(s, "generator", what, &s->push->dest.tree, at_end->path, r);
	}
}

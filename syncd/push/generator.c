/* What is done about each entry of the client's list: nothing, something here, or a request for data
 * (rsync-wire 7.1, 8.2).  The order of decisions is here; what they lead to is in directories, nodes, regular, delete. */
#include "syncd/push/generator.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/err.h"
#include "syncd/push/basis_sums.h"
#include "syncd/push/delete.h"
#include "syncd/push/directories.h"
#include "syncd/push/hardlink_make.h"
#include "syncd/push/nodes.h"
#include "syncd/push/push.h"
#include "syncd/push/regular.h"
#include "syncd/push/report.h"

struct generator {
	size_t seg;		/* number of the segment being worked on, */
	uint32_t at;		/* and of the entry in it */
	bool entered;		/* its directory was dealt with */
};

int
generator_begin(struct session *s)
{
	s->push->generator = calloc(1, sizeof *s->push->generator);
	return s->push->generator == NULL ? -ENOMEM : 0;
}

void
generator_end(struct session *s)
{
	free(s->push->generator);
	s->push->generator = NULL;
}

size_t
generator_segment(const struct session *s)
{
	return s->push->generator->seg;
}

static bool
refused(struct session *s, const struct push_job *j)
{
	if (!dest_hidden(&s->push->dest, &s->push->dest.tree, j->path, S_ISDIR(j->file->mode)))
		return false;
	session_tell(s, MSG_ERROR_XFER, "ERROR: daemon refused to receive %s \"%s\"\n",
	    S_ISDIR(j->file->mode) ? "directory" : "file", j->path);
	return true;
}

static int
look(struct session *s, struct push_job *j)
{
	int r;

	if (s->push->dest.no_tree) {
		j->exists = false;
		return 0;
	}
	r = S_ISDIR(j->file->mode) ? tree_stat_dir(&s->push->dest.tree, j->path, &j->st) : tree_lstat(&s->push->dest.tree, j->path, &j->st);
	j->exists = r == 0;
	if (r == 0 || r == -ENOENT || ((r == -ENOTDIR || r == -ELOOP) && options_pretend(&s->opt)))
		return 0;	/* a dry run left what stands in the way */
	report_cannot(s, "generator", "recv_generator: failed to stat", &s->push->dest.tree, j->path, r);
	return r;
}

static int
do_missing(struct session *s, struct push_job *j)
{
	int r = j->exists && delete_allowed(s) ? delete_named(s, j) : 0;

	return r < 0 ? r : JOB_FAILED;
}

/* The kind of entry decides who goes on. */
static int
dispatch(struct session *s, struct push_job *j)
{
	const struct options *o = &s->opt;
	uint32_t mode = j->file->mode;
	char path[NAME_BYTES_MAX];

	if (S_ISREG(mode))
		return regular_file(s, j);
	if (S_ISLNK(mode) && o->links)
		return nodes_symlink(s, j);
	if (nodes_is_device(mode) && o->devices && session_is_root(s))
		return nodes_special(s, j);
	if ((S_ISFIFO(mode) || S_ISSOCK(mode)) && o->specials)
		return nodes_special(s, j);
	flist_in_path(j->file, path);
	session_tell(s, MSG_INFO, "skipping non-regular file \"%s\"\n", path);
	return JOB_FAILED;
}

/* What may keep an entry from being handled at all.  JOB_GO_ON where nothing does. */
static int
consider(struct session *s, struct push_job *j)
{
	const struct options *o = &s->opt;
	bool implied = (j->file->flags & (IN_TOP_DIR | IN_NO_CONTENT)) == (IN_TOP_DIR | IN_NO_CONTENT);

	dest_path(&s->push->dest, j->file, j->path);
	if (directories_skipped(s, j->path))
		return JOB_FAILED;
	if (refused(s, j)) {
		if (S_ISDIR(j->file->mode))
			directories_skip_failed(s, j);
		return JOB_FAILED;
	}
	if (implied && S_ISDIR(j->file->mode) && o->relative && o->no_implied_dirs)
		return JOB_FAILED;
	if (look(s, j) != 0) {
		if (S_ISDIR(j->file->mode))
			directories_skip(s, j);
		return JOB_FAILED;
	}
	if (j->file->flags & IN_MISSING)
		return do_missing(s, j);
	if (!j->redo && o->existing && !j->exists) {
		if (report_says(s, 2))
			session_tell(s, MSG_INFO, "not creating new %s \"%s\"\n", S_ISDIR(j->file->mode) ? "directory" : "file", j->path);
		if (S_ISDIR(j->file->mode) && strcmp(j->path, ".") != 0)
			directories_skip(s, j);
		return JOB_FAILED;
	}
	if (!j->redo && o->ignore_existing && j->exists && !(S_ISDIR(j->file->mode) && S_ISDIR(j->st.st_mode))) {
		if (report_says(s, 2))
			session_tell(s, MSG_INFO, "%s exists\n", j->path);
		return JOB_FAILED;
	}
	return JOB_GO_ON;
}

/* An entry that goes on, to its end unless it was asked for. */
static int
carry_out(struct session *s, struct push_job *j)
{
	int r = dispatch(s, j);

	if (r == JOB_DONE)
		return hardlink_end(s, j->file, HARDLINK_COMPLETE, j->path);
	return r == JOB_FAILED ? hardlink_end(s, j->file, HARDLINK_FAILED, NULL) : r < 0 ? r : 0;
}

static int
decide(struct session *s, struct push_job *j)
{
	int r = consider(s, j);

	if (r < 0)
		return r;
	if (S_ISDIR(j->file->mode))
		return r == JOB_GO_ON ? directories_make(s, j) : 0;
	r = hardlink_enter(s, j, r != JOB_GO_ON);
	return r == HARDLINK_GO ? carry_out(s, j) : r < 0 ? r : 0;
}

static int
look_at_entry(struct session *s, int32_t ndx, struct flist_file *f)
{
	struct push_job j;

	job_init(&j, ndx, f, false);
	return f->flags & IN_DROPPED ? 0 : decide(s, &j);
}

/* What was looked at before, and is now handled: it waited for another name of its file, or comes a second time. */
static int
again(struct session *s, struct push_job *j)
{
	int r = consider(s, j);

	if (r == JOB_GO_ON)
		return carry_out(s, j);
	return r < 0 ? r : hardlink_end(s, j->file, HARDLINK_FAILED, NULL);
}

static int
redo(struct session *s, int32_t ndx)
{
	int32_t dir;
	struct flist_file *f = flist_in_find(&s->push->list, ndx, &dir);
	struct push_job j;

	if (f == NULL)
		return 0;
	job_init(&j, ndx, f, true);
	return again(s, &j);
}

static bool
is_top(const struct flist_file *f)
{
	return S_ISDIR(f->mode) && strcmp(f->name, ".") == 0 && f->dir[0] == '\0';
}

/* The directory that an incremental segment lists, under the number of the gap before it. */
static int
enter_segment(struct session *s, const struct flist_segment *seg)
{
	struct flist_file *f;

	if (!s->push->list.incremental)
		return 0;
	if ((f = flist_in_dir_of(&s->push->list, seg->dir)) == NULL && seg->n > 0 && is_top(&seg->files[0]))
		f = &seg->files[0];
	return f == NULL ? 0 : look_at_entry(s, seg->first - 1, f);
}

static int
next_entry(struct session *s, struct flist_segment *seg)
{
	struct generator *g = s->push->generator;
	struct flist_file *f;
	int32_t ndx;
	int r;

	if (g->at == 0 && !g->entered) {
		g->entered = true;
		if ((r = enter_segment(s, seg)) != 0)
			return r;
		if (s->push->list.incremental && (r = delete_during_segment(s, seg)) != 0)
			return r;
	}
	if (g->at == seg->n) {
		g->seg++;
		g->at = 0;
		g->entered = false;
		return 1;
	}
	f = &seg->files[g->at];
	ndx = flist_in_ndx(&s->push->list, seg, g->at++);
	/* incrementally, a directory is dealt with when its own segment is */
	r = s->push->list.incremental && S_ISDIR(f->mode) ? 0 : look_at_entry(s, ndx, f);
	if (r == 0 && !s->push->list.incremental)
		r = delete_during(s, seg, f);
	return r == 0 ? 1 : r;
}

/* One name that waits for another no longer.  1: there was one; 0 or an error of ours. */
static int
released_name(struct session *s)
{
	enum hardlink_verdict verdict = HARDLINK_NONE;
	struct push_job j;
	struct flist_file *f;
	int32_t ndx, dir;
	int r = 0;

	if (s->push->hardlinks != NULL)
		verdict = hardlinks_next(s->push->hardlinks, &ndx);
	if (verdict == HARDLINK_NONE)
		return 0;
	if ((f = flist_in_find(&s->push->list, ndx, &dir)) != NULL) {	/* its list stays as long as it waits */
		job_init(&j, ndx, f, false);
		if (verdict == HARDLINK_GO)
			r = again(s, &j);
		if (verdict == HARDLINK_MAKE)
			hardlink_make(s, &j);
	}
	flist_in_pending(&s->push->list, ndx, -1);
	return r != 0 ? r : 1;
}

int
generator_ask_again(struct session *s)
{
	int32_t ndx;
	int r;

	if (!requests_next_redo(&s->push->requests, &ndx))
		return 0;
	r = redo(s, ndx);
	flist_in_pending(&s->push->list, ndx, -1);
	return r == 0 ? 1 : r;
}

void
generator_start(struct session *s)
{
	if (report_says(s, 2))
		session_tell(s, MSG_INFO, "delta-transmission %s\n", s->opt.whole_file ?
		    "disabled for local transfer or --whole-file" : "enabled");
}

int
generator_step(struct session *s)
{
	struct flist_in *l = &s->push->list;
	struct generator *g = s->push->generator;
	int r;

	if (basis_sums_open(s))
		return basis_sums_step(s);
	if ((r = released_name(s)) != 0)
		return r;
	if (g->seg >= l->n_segments || !l->segments[g->seg]->complete)
		return 0;
	return next_entry(s, l->segments[g->seg]);
}

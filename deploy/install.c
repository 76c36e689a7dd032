/* An install first writes a list of all that may be there from now on, then every new file beside its place, and then
 * renames them; killed anywhere, it leaves each file old or new, and the list holds both.  The next one goes on. */
#include "deploy/install.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "deploy/ca/deployed.h"
#include "deploy/manifest.h"
#include "deploy/out/next.h"
#include "deploy/render.h"
#include "deploy/tree.h"
#include "deploy/verb.h"
#include "lib/err.h"
#include "lib/log.h"

struct file {
	struct rendered *from;
	char digest[CRYPT_DIGEST_SIZE];
	bool same;		/* as it shall be, with its mode */
	bool foreign;		/* it was there, and is not what we installed */
	bool staged;
};

struct job {
	const char *verb;
	int root, lock;
	bool dry, make;		/* change nothing; there may be nothing yet */
	struct manifest old, now, after;	/* before; while it goes on; when it is done */
	struct rendering all;
	struct file *files;
	size_t n;
	int noted;		/* an error of note_dir */
	int changed;		/* files were installed */
};

static int
failed(const struct job *j, const char *path, int error)
{
	return verb_failed(j->verb, path, error);
}

static void
note_dir(void *arg, const char *dir)
{
	struct job *j = arg;

	if (manifest_add(&j->now, NULL, dir) != 0 || manifest_add(&j->after, NULL, dir) != 0)
		j->noted = -ENOMEM;
}

/* The directories that are going to be made for a file are in the list before they are. */
static int
note_dirs(struct job *j, const char *path)
{
	int r = tree_missing(j->root, path, note_dir, j);

	return r != 0 ? r : j->noted;
}

/* One at a time: what another one does is waited for by nobody. */
static int
take_lock(struct job *j)
{
	int r;

	if (j->make && ((r = note_dirs(j, MANIFEST_PATH)) != 0 || (r = j->dry ? 0 : tree_dirs(j->root,
	    MANIFEST_PATH)) != 0))
		return failed(j, MANIFEST_DIR, r);
	if ((j->lock = tree_dir(j->root, MANIFEST_DIR)) < 0)
		return j->lock == -ENOENT ? 0 : failed(j, MANIFEST_DIR, j->lock);
	if (flock(j->lock, LOCK_EX | LOCK_NB) < 0) {
		log_error("%s: another install or uninstall is under way here", j->verb);
		return VERB_FAILED;
	}
	return 0;
}

static int
begin(struct job *j, const char *root)
{
	int r;

	j->lock = -1;
	if ((j->root = tree_open(root, false)) < 0)
		return failed(j, root, j->root);
	if ((r = take_lock(j)) != 0)
		return r;
	if ((r = manifest_read(j->root, &j->old)) != 0)
		return failed(j, MANIFEST_PATH, r);
	for (size_t i = 0; i < j->old.n && r == 0; i++) {
		const struct manifest_item *o = &j->old.v[i];

		r = manifest_add(&j->now, o->dir ? NULL : o->digest, o->path);
		if (r == 0 && o->dir)
			r = manifest_add(&j->after, NULL, o->path);
	}
	return r != 0 ? failed(j, MANIFEST_PATH, r) : 0;
}

static void
end(struct job *j)
{
	rendering_done(&j->all);
	free(j->files);
	manifest_done(&j->old);
	manifest_done(&j->now);
	manifest_done(&j->after);
	if (j->lock >= 0)
		close(j->lock);
	if (j->root >= 0)
		close(j->root);
}

/* What is there at the place of a file? */
static int
look(struct job *j, struct file *f)
{
	const struct output *row = f->from->row;
	const struct buf *text = &f->from->text.text;
	char digest[CRYPT_DIGEST_SIZE];
	struct buf old = BUF_INIT;
	struct stat st;
	int r = crypt_digest(buf_head(text), buf_len(text), f->digest);

	if (r == 0 && (r = tree_read(j->root, row->path, &old, &st)) == 0 && (r = crypt_digest(buf_head(&old),
	    buf_len(&old), digest)) == 0) {
		f->same = strcmp(digest, f->digest) == 0 && (st.st_mode & 07777) == row->mode;
		f->foreign = strcmp(digest, f->digest) != 0 && !manifest_has(&j->old, digest, row->path);
	}
	buf_wipe(&old);
	return r == -ENOENT ? 0 : r;
}

static int
look_at_all(struct job *j)
{
	int r = 0;

	if ((j->files = calloc(j->all.n + 1, sizeof *j->files)) == NULL)
		return failed(j, "files", -ENOMEM);
	for (size_t i = 0; i < j->all.n; i++) {
		struct file *f = &j->files[j->n];

		if (j->all.v[i].row->client)
			continue;
		j->n++;
		f->from = &j->all.v[i];
		if ((r = look(j, f)) != 0 || (r = note_dirs(j, f->from->row->path)) != 0)
			return failed(j, f->from->row->path, r);
		if (manifest_add(&j->now, f->digest, f->from->row->path) != 0 || manifest_add(&j->after, f->digest,
		    f->from->row->path) != 0)
			return failed(j, f->from->row->path, -ENOMEM);
	}
	return 0;
}

static void
unstage_all(struct job *j)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->files[i].staged)
			tree_unstage(j->root, j->files[i].from->row->path);
}

static int
stage_all(struct job *j)
{
	for (size_t i = 0; i < j->n; i++) {
		struct file *f = &j->files[i];
		const struct output *row = f->from->row;
		int r;

		if (f->same)
			continue;
		f->staged = true;
		if ((r = tree_dirs(j->root, row->path)) != 0 || (r = tree_stage(j->root, row->path, &f->from->text,
		    row->mode, true)) != 0) {
			unstage_all(j);
			return failed(j, row->path, r);
		}
	}
	return 0;
}

static int
commit(struct job *j, struct file *f)
{
	const char *path = f->from->row->path;
	char backup[PATH_MAX];
	int r;

	if (f->foreign) {
		if ((r = tree_backup(j->root, path, backup)) != 0)
			return failed(j, path, r);
		printf("kept: /%s\n", backup);
	}
	if ((r = tree_commit(j->root, path, true)) != 0)
		return failed(j, path, r);
	f->staged = false;
	j->changed = 1;
	printf("installed: /%s\n", path);
	return 0;
}

static int
commit_all(struct job *j)
{
	int r = 0;

	for (size_t i = 0; i < j->n && r == 0; i++)
		if (!j->files[i].same)
			r = commit(j, &j->files[i]);
	unstage_all(j);
	return r;
}

/* Remove a file of the list, unless it is not what was installed. */
static int
remove_one(struct job *j, const char *path)
{
	char digest[CRYPT_DIGEST_SIZE] = "";
	struct buf old = BUF_INIT;
	struct stat st;
	int r = tree_read(j->root, path, &old, &st);

	if (r == 0)
		r = crypt_digest(buf_head(&old), buf_len(&old), digest);
	buf_wipe(&old);
	if (!j->dry)
		tree_unstage(j->root, path);
	if (r == -ENOENT)
		return 0;
	if (r == -EEXIST || r == -ENOTDIR || r == -ELOOP || (r == 0 && !manifest_has(&j->old, digest, path))) {
		log_warn("%s: /%s is not as it was installed, and stays", j->verb, path);
		return 0;
	}
	if (r == 0 && !j->dry)
		r = tree_remove(j->root, path);
	if (r != 0)
		return failed(j, path, r);
	printf("%s: /%s\n", j->dry ? "would be removed" : "removed", path);
	return 0;
}

/* It could not be removed: it stays in the list, as all that it may be. */
static void
stays(struct job *j, const char *path)
{
	for (size_t i = 0; i < j->old.n; i++)
		if (!j->old.v[i].dir && strcmp(j->old.v[i].path, path) == 0 && manifest_add(&j->after,
		    j->old.v[i].digest, path) != 0)
			failed(j, path, -ENOMEM);
}

/* What the list has and the model has not; of a file with several digests the first line counts. */
static int
remove_old(struct job *j)
{
	int status = 0;

	for (size_t i = 0; i < j->old.n; i++) {
		const struct manifest_item *o = &j->old.v[i];
		size_t first = 0;

		while (first < i && (j->old.v[first].dir || strcmp(j->old.v[first].path, o->path) != 0))
			first++;
		if (o->dir || first < i || manifest_has(&j->after, NULL, o->path))
			continue;
		if (remove_one(j, o->path) != 0) {
			status = VERB_FAILED;
			stays(j, o->path);
		}
	}
	return status;
}

static int
show(struct job *j)
{
	for (size_t i = 0; i < j->n; i++) {
		const struct file *f = &j->files[i];

		if (!f->same)
			printf("would be installed: /%s%s\n", f->from->row->path,
			    f->foreign ? " (what is there is kept beside it)" : "");
	}
	return remove_old(j);
}

static int
apply(struct job *j)
{
	int r, status;

	if (j->dry)
		return show(j);
	if ((r = manifest_write(j->root, &j->now)) != 0)
		return failed(j, MANIFEST_PATH, r);
	if ((status = stage_all(j)) != 0 || (status = commit_all(j)) != 0)
		return status;
	status = remove_old(j);
	if ((r = manifest_write(j->root, &j->after)) != 0)
		return failed(j, MANIFEST_PATH, r);
	return status;
}

/* Nothing is started here: an administrator says when. */
static void
say_next(const struct job *j, const struct model *m)
{
	struct emit o = EMIT_INIT;
	const char *line, *end;

	out_next(m, j->old.n > 0, &o);
	line = o.err == 0 ? buf_cstr(&o.text) : NULL;
	if (line != NULL)
		printf("next:\n");
	for (; line != NULL && (end = strchr(line, '\n')) != NULL; line = end + 1)
		printf("    %.*s\n", (int)(end - line), line);
	emit_done(&o);
}

/* Keys are made on the machine whose they are: below another root there is none of it.  What is there stays. */
static int
make_authority(const struct job *j, const struct model *m, const char *file, const char *root)
{
	char path[PATH_MAX];
	struct deployed made = { .authority = false };
	struct conf_err e = { "", 0, "" };
	char text[sizeof e + 16];
	int r;

	if (strcmp(root, "/") != 0) {
		printf("not made here, but by an install on the machine itself: the authority and the door's certificate\n");
		return 0;
	}
	if (j->dry) {
		printf("would be made, where it is missing: the authority in %s, the door's key and certificate\n", m->door.authority_dir.v);
		return 0;
	}
	if (realpath(file, path) == NULL)
		return failed(j, file, -errno);
	r = deployed_make(m, path, (int64_t)time(NULL), &made, &e);
	if (made.authority)
		printf("made: %s\n", m->door.authority_dir.v);
	if (made.key && r == 0)
		printf("made: %s\n", m->door.key.v);
	if (made.cert && r == 0)
		printf("made: %s\n", m->door.cert.v);
	if (r == 0)
		return 0;
	log_error("%s: %s", j->verb, r == E_CONF ? conf_err_print(&e, text, sizeof text) : err_text(r));
	return VERB_FAILED;
}

static int
install(struct job *j, const struct model *m, const char *file, const char *root)
{
	struct faults l = FAULTS_INIT;
	int r = begin(j, root);

	if (r == 0 && (r = render(m, j->root, NULL, &j->all, &l)) != 0)
		r = r == E_CONF ? VERB_FAILED : failed(j, root, r);
	verb_tell(&l, LOG_ERR);
	faults_done(&l);
	if (r == 0 && (r = look_at_all(j)) == 0)
		r = apply(j);
	if (r == 0 && model_has_authority(m))
		r = make_authority(j, m, file, root);
	if (r == 0 && j->changed)
		say_next(j, m);
	end(j);
	return r;
}

int
install_main(int argc, char **argv)
{
	const char *file = NULL, *root = "/";
	struct job j = { .verb = "install", .make = true };
	const struct verb_option options[] = { { "root", &root }, { "dry-run", .flag = &j.dry } };
	struct model *m;
	int status = verb_args(argc, argv, "install FILE [--root DIR] [--dry-run]", options, ARRAY_LEN(options), &file);

	if (status == VERB_DONE)
		status = verb_load(file, strcmp(root, "/") == 0 ? "" : root, true, &m);
	if (status != VERB_DONE)
		return status;
	status = install(&j, m, file, root);
	model_free(m);
	return status;
}

/* Deepest first: they were noted from the top. */
static void
remove_dirs(struct job *j)
{
	for (size_t i = j->old.n; i-- > 0; )
		if (j->old.v[i].dir && !j->dry)
			tree_rmdir(j->root, j->old.v[i].path);
}

static int
uninstall(struct job *j, const char *root)
{
	struct manifest none = MANIFEST_INIT;
	int r = begin(j, root), status;

	if (r != 0)
		return r;
	manifest_done(&j->after);
	if ((status = remove_old(j)) != 0 || j->dry)
		return status;
	if ((r = manifest_write(j->root, &none)) != 0)
		return failed(j, MANIFEST_PATH, r);
	tree_unstage(j->root, MANIFEST_PATH);
	remove_dirs(j);
	return 0;
}

int
uninstall_main(int argc, char **argv)
{
	const char *root = "/";
	struct job j = { .verb = "uninstall" };
	const struct verb_option options[] = { { "root", &root }, { "dry-run", .flag = &j.dry } };
	int status = verb_args(argc, argv, "uninstall [--root DIR] [--dry-run]", options, ARRAY_LEN(options), NULL);

	if (status != VERB_DONE)
		return status;
	status = uninstall(&j, root);
	end(&j);
	return status;
}

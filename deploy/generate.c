#include "deploy/generate.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "deploy/render.h"
#include "deploy/tree.h"
#include "deploy/verb.h"
#include "lib/err.h"
#include "lib/log.h"

int
check_main(int argc, char **argv)
{
	const char *file = NULL, *root = "";
	const struct verb_option options[] = { { "root", &root } };
	struct model *m;
	int status = verb_args(argc, argv, "check FILE [--root DIR]", options, ARRAY_LEN(options), &file);

	if (status == VERB_DONE && (status = verb_load(file, root, true, &m)) == VERB_DONE)
		model_free(m);
	return status;
}

/* Is it there already, byte for byte? */
static int
is_there(int root, const struct rendered *one)
{
	struct buf old = BUF_INIT;
	struct stat st;
	int same = tree_read(root, one->row->path, &old, &st) == 0 && (st.st_mode & 07777) == one->row->mode &&
	    rendered_is(one, &old);

	buf_wipe(&old);
	return same;
}

static int
write_one(int root, struct rendered *one)
{
	struct buf old = BUF_INIT;
	struct stat st;
	int r = tree_dirs(root, one->row->path);

	if (r != 0 || is_there(root, one))
		return r;
	r = tree_read(root, one->row->path, &old, &st);
	buf_wipe(&old);
	if (r != 0 && r != -ENOENT)
		return r;
	if ((r = tree_stage(root, one->row->path, &one->text, one->row->mode, false)) == 0)
		r = tree_commit(root, one->row->path, false);
	return r;
}

static int
generate(const struct model *m, const char *dir, const char *only)
{
	struct faults l = FAULTS_INIT;
	struct rendering all;
	int root = tree_open(dir, true), r;

	if (root < 0)
		return verb_failed("generate", dir, root);
	if ((r = render(m, root, only, &all, &l)) != 0)
		r = r == E_CONF ? VERB_FAILED : verb_failed("generate", dir, r);
	verb_tell(&l, LOG_ERR);
	for (size_t i = 0; i < all.n && r == 0; i++) {
		if ((r = write_one(root, &all.v[i])) != 0)
			r = verb_failed("generate", all.v[i].row->path, r);
		else
			printf("%s\n", all.v[i].row->path);
	}
	faults_done(&l);
	rendering_done(&all);
	close(root);
	return r;
}

int
generate_main(int argc, char **argv)
{
	static const char usage[] = "generate FILE -o DIR [--only KIND]";
	const char *file = NULL, *dir = NULL, *only = NULL;
	const struct verb_option options[] = { { "output", &dir }, { "only", &only } };
	struct model *m;
	int status = verb_args(argc, argv, usage, options, ARRAY_LEN(options), &file);

	if (status != VERB_DONE)
		return status;
	if (dir == NULL || (only != NULL && !output_kind(only))) {
		log_error("generate: %s", dir == NULL ? "where to?  -o DIR says it" :
		    "there is no such kind of output");
		fprintf(stderr, "usage: sallyport %s\n", usage);
		return VERB_MISUSED;
	}
	if ((status = verb_load(file, "", false, &m)) != VERB_DONE)
		return status;
	status = generate(m, dir, only);
	model_free(m);
	return status;
}

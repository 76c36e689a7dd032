#include "deploy/diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deploy/manifest.h"
#include "deploy/render.h"
#include "deploy/tree.h"
#include "deploy/verb.h"
#include "lib/err.h"
#include "lib/log.h"

enum { LINES_MAX = 2000 };	/* of each side; beyond that all lines are told as changed */

struct lines {
	const char **v;
	size_t n;
};

static size_t
length(const char *line)
{
	return strcspn(line, "\n");
}

static int
same(const char *a, const char *b)
{
	return length(a) == length(b) && memcmp(a, b, length(a)) == 0;
}

static struct lines
split(const char *text)
{
	struct lines l = { NULL, 0 };
	size_t n = 0;

	for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		n++;
	if ((l.v = calloc(n + 1, sizeof *l.v)) == NULL)
		return l;
	for (const char *p = text; *p != '\0'; p += length(p) + (p[length(p)] == '\n'))
		l.v[l.n++] = p;
	return l;
}

/* A line as it can be printed: what is installed may hold anything. */
static void
put(FILE *to, char mark, const char *line)
{
	char text[1024];

	log_escape(LOG_STYLE_PLAIN, line, length(line), text, sizeof text);
	fprintf(to, "%c%s\n", mark, text);
}

/* common[i][k] is how many lines a[i..] and b[k..] have in common, in this order. */
static void
walk(const struct lines *a, const struct lines *b, const unsigned short *common, FILE *to)
{
	size_t i = 0, k = 0, w = b->n + 1;

	while (i < a->n || k < b->n) {
		if (i < a->n && k < b->n && same(a->v[i], b->v[k]))
			i++, k++;
		else if (k == b->n || (i < a->n && common[(i + 1) * w + k] >= common[i * w + k + 1]))
			put(to, '-', a->v[i++]);
		else
			put(to, '+', b->v[k++]);
	}
}

static unsigned short *
count_common(const struct lines *a, const struct lines *b)
{
	size_t w = b->n + 1;
	unsigned short *common = calloc((a->n + 1) * w, sizeof *common);

	for (size_t i = a->n; common != NULL && a->n <= LINES_MAX && b->n <= LINES_MAX && i-- > 0; )
		for (size_t k = b->n; k-- > 0; ) {
			unsigned short down = common[(i + 1) * w + k], right = common[i * w + k + 1];

			common[i * w + k] = same(a->v[i], b->v[k]) ? (unsigned short)(common[(i + 1) * w + k + 1] + 1) :
			    down > right ? down : right;
		}
	return common;
}

void
diff_lines(const char *a, const char *b, FILE *to)
{
	struct lines old = split(a), new = split(b);
	unsigned short *common = NULL;

	if (old.v != NULL && new.v != NULL && (common = count_common(&old, &new)) != NULL)
		walk(&old, &new, common, to);
	free(common);
	free(old.v);
	free(new.v);
}

/* Tell how what is installed differs from one file of the model: 1, 0 for not at all, or -errno. */
static int
compare(int root, struct rendered *one)
{
	struct buf old = BUF_INIT;
	struct stat st;
	int r = tree_read(root, one->row->path, &old, &st), differs;

	if (r == -ENOENT) {
		printf("missing: /%s\n", one->row->path);
		return 1;
	}
	if (r != 0 || buf_cstr(&old) == NULL || buf_cstr(&one->text.text) == NULL) {
		buf_wipe(&old);
		return r != 0 ? r : -ENOMEM;
	}
	differs = !rendered_is(one, &old);
	if (differs)
		printf("differs: /%s%s\n", one->row->path, one->row->secret ? " (secrets are not shown)" : "");
	if (differs && !one->row->secret)
		diff_lines((const char *)buf_head(&old), (const char *)buf_head(&one->text.text), stdout);
	if ((st.st_mode & 07777) != one->row->mode) {
		printf("mode %04o instead of %04o: /%s\n", st.st_mode & 07777, one->row->mode, one->row->path);
		differs = 1;
	}
	buf_wipe(&old);
	return differs;
}

/* Files of an earlier install that the model has no more. */
static int
compare_list(int root, const struct rendering *all)
{
	struct manifest list = MANIFEST_INIT;
	int r = manifest_read(root, &list), differs = 0;

	for (size_t i = 0; r == 0 && i < list.n; i++) {
		size_t k = 0;

		while (k < all->n && strcmp(all->v[k].row->path, list.v[i].path) != 0)
			k++;
		if (list.v[i].dir || k < all->n || strcmp(list.v[i].path, MANIFEST_PATH) == 0)
			continue;
		printf("no longer wanted: /%s\n", list.v[i].path);
		differs = 1;
	}
	manifest_done(&list);
	return r != 0 ? r : differs;
}

static int
diff(const struct model *m, const char *dir)
{
	struct faults l = FAULTS_INIT;
	struct rendering all = { NULL, 0 };
	int root = tree_open(dir, false), r, differs = 0;

	if (root < 0)
		return verb_failed("diff", dir, root), VERB_MISUSED;
	if ((r = render(m, root, NULL, &all, &l)) != 0 && r != E_CONF)
		verb_failed("diff", dir, r);
	verb_tell(&l, LOG_ERR);
	for (size_t i = 0; r == 0 && i < all.n; i++)
		if (!all.v[i].row->client && (r = compare(root, &all.v[i])) < 0)
			verb_failed("diff", all.v[i].row->path, r);
		else
			differs |= r, r = 0;
	if (r == 0 && (r = compare_list(root, &all)) < 0)
		verb_failed("diff", MANIFEST_PATH, r);
	differs |= r > 0;
	faults_done(&l);
	rendering_done(&all);
	close(root);
	return r < 0 ? VERB_MISUSED : differs;
}

/* As diff(1): 0 for the same, 1 for a difference, 2 for trouble. */
int
diff_main(int argc, char **argv)
{
	const char *file = NULL, *root = "/";
	const struct verb_option options[] = { { "root", &root } };
	struct model *m;
	int status = verb_args(argc, argv, "diff FILE [--root DIR]", options, ARRAY_LEN(options), &file);

	if (status != VERB_DONE)
		return status;
	if (verb_load(file, strcmp(root, "/") == 0 ? "" : root, false, &m) != VERB_DONE)
		return VERB_MISUSED;
	status = diff(m, root);
	model_free(m);
	return status;
}

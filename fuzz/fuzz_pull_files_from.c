/* What a client names: --files-from below a base, arguments, wildcards.  The first two bytes are options, lines follow:
 * the base, then names.  Whatever is found lies below the root, however it was asked for. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/target.h"
#include "lib/err.h"
#include "syncd/policy/path.h"
#include "syncd/pull/flist.h"

enum { SIZE_MAX_TAKEN = 4096 };

static const char *const dirs[] = { "", "/in", "/in/a", "/in/a/b", "/in/c", "/out" };
static const char *const files[] = { "/in/1", "/in/a/2", "/in/a/b/3", "/in/c/a*", "/in/c/x[1]", "/out/secret" };
static const struct { const char *at, *to; } links[] = {
	{ "/in/up", "../out" }, { "/in/a/top", ".." }, { "/in/a/self", "self" }, { "/in/root", "/" }, { "/in/c/b", "../a/b" },
};

static char top[] = "/tmp/sallyport-fuzz.XXXXXX";
static int top_fd = -1;

static char *
below_top(const char *path)
{
	static char full[4096];

	snprintf(full, sizeof full, "%s%s", top, path);
	return full;
}

static void
tree_remove(void)
{
	for (size_t i = 0; i < ARRAY_LEN(links); i++)
		unlink(below_top(links[i].at));
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		unlink(below_top(files[i]));
	for (size_t i = ARRAY_LEN(dirs); i-- > 0;)
		rmdir(below_top(dirs[i]));
}

static void
tree_make(void)
{
	must(mkdtemp(top) != NULL);
	for (size_t i = 1; i < ARRAY_LEN(dirs); i++)
		must(mkdir(below_top(dirs[i]), 0755) == 0);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		must(close(open(below_top(files[i]), O_CREAT | O_WRONLY, 0644)) == 0);
	for (size_t i = 0; i < ARRAY_LEN(links); i++)
		must(symlink(links[i].to, below_top(links[i].at)) == 0);
	must((top_fd = open(below_top("/in"), O_PATH | O_DIRECTORY)) >= 0);
	atexit(tree_remove);
}

static void
stays_inside(const struct flist *s, const struct file *f)
{
	const char *dir = flist_dir_of(s, f)->path;

	must(dir[0] != '/' && f->name[0] != '\0' && strchr(f->name, '/') == NULL && strcmp(f->name, "..") != 0);
	must(strcmp(f->name, "secret") != 0);
	for (const char *p = dir; *p != '\0'; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");

		must(!(n == 2 && p[0] == '.' && p[1] == '.'));
		p += n;
	}
}

static void
look_at(const struct flist *s)
{
	const struct segment *seg = flist_newest(s);

	for (uint32_t i = 0; i < seg->n; i++)
		stays_inside(s, &seg->files[i]);
}

static void
ignore(void *arg, unsigned code, const char *text)
{
	(void)arg, (void)code, (void)text;
}

static int
name_all(struct flist *s, char *text, int how)
{
	char *save = NULL, *name = strtok_r(text, "\n", &save), base[SIZE_MAX_TAKEN + 1] = "";
	int r = 0;

	if (how == 0 && name != NULL) {		/* the caller hands a base over clean */
		snprintf(base, sizeof base, "%s", name);
		path_clean_arg(base, false);
		name = strtok_r(NULL, "\n", &save);
	}
	for (; r == 0 && name != NULL; name = strtok_r(NULL, "\n", &save))
		r = how == 0 ? flist_name(s, base, name) : how == 1 ? flist_arg(s, name) : flist_glob(s, name);
	return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct root root;
	struct rules *none;
	struct flist_conf conf = { .root = &root, .module = "m", .tell = ignore };
	struct flist *s;
	char text[SIZE_MAX_TAKEN + 1];
	uint32_t dir;
	int r, turns = 0;

	if (size < 2 || size - 2 > SIZE_MAX_TAKEN)
		return 0;
	if (top_fd < 0)
		tree_make();
	must(rules_new(&none) == 0);
	root = (struct root){ .fd = top_fd };
	conf.rules = conf.hidden = none;
	conf.version = 27 + data[0] % 6;
	conf.incremental = conf.version >= 30 && (data[0] & 8);
	conf.relative = data[0] & 16;
	conf.recurse = data[0] & 32;
	conf.dirs = data[0] & 64;
	conf.copy_links = data[0] & 128;
	conf.copy_dirlinks = data[1] & 4;
	conf.copy_unsafe = data[1] & 8;
	conf.one_file_system = data[1] & 16;
	memcpy(text, data + 2, size - 2);
	text[size - 2] = '\0';
	if (flist_new(&conf, &s) == 0) {
		r = name_all(s, text, data[1] % 3);
		while (r == 0 && (r = flist_build(s)) == 1)
			r = 0;
		if (r == 0)
			look_at(s);
		while (r == 0 && conf.incremental && turns++ < 64 && (r = flist_next(s, &dir)) == 0)
			look_at(s);
		flist_free(s);
	}
	rules_free(none);
	return 0;
}

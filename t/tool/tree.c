/* What is in a tree: see tree.h.  One process where find, awk, sha1sum and sort were seven: a test compares thousands of trees. */
#include "t/tool/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct name {
	char *path;
	struct stat st;
};

/* What one walk found; nftw() has no argument for it. */
static struct name *names;
static size_t n_names;

static int
remember(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	struct name *more = realloc(names, (n_names + 1) * sizeof *names);

	(void)kind, (void)ftw;
	if (more == NULL || (more[n_names].path = strdup(path)) == NULL)
		exit(2);
	names = more;
	names[n_names++].st = *st;
	return 0;
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->path, ((const struct name *)b)->path);
}

static char
type_of(mode_t mode)
{
	return S_ISREG(mode) ? 'f' : S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : S_ISFIFO(mode) ? 'p' : S_ISSOCK(mode) ? 's' :
	    S_ISBLK(mode) ? 'b' : 'c';
}

/* Of the bytes and their places; two contents that differ have the same sum once in 2^64. */
static uint64_t
sum_of(const char *path)
{
	static uint64_t words[1 << 13];
	uint64_t sum = UINT64_C(0xcbf29ce484222325);
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME | O_CLOEXEC);
	ssize_t n;

	if (fd < 0 && errno == EPERM)
		fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return 0;
	while ((n = read(fd, words, sizeof words)) > 0) {
		memset((char *)words + n, 0, sizeof words - (size_t)n < 8 ? sizeof words - (size_t)n : 8);
		for (ssize_t i = 0; i < (n + 7) / 8; i++) {
			sum = (sum ^ words[i]) * UINT64_C(0xff51afd7ed558ccd);
			sum ^= sum >> 32;
		}
		sum ^= (uint64_t)n;
	}
	close(fd);
	return sum;
}

/* The first name of the same file. */
static const char *
first_name(const struct name *n)
{
	for (size_t i = 0; i < n_names; i++)
		if (names[i].st.st_ino == n->st.st_ino && names[i].st.st_dev == n->st.st_dev)
			return names[i].path;
	return n->path;
}

static void
print(const struct name *n, time_t now, bool links, FILE *out)
{
	char target[4096] = "";
	ssize_t len;

	fprintf(out, "%s\t%c\t%o\t", n->path, type_of(n->st.st_mode), (unsigned)(n->st.st_mode & 07777));
	if (n->st.st_mtim.tv_sec > now - 3600)
		fprintf(out, "now");
	else
		fprintf(out, "%lld.%09ld", (long long)n->st.st_mtim.tv_sec, n->st.st_mtim.tv_nsec);
	if (S_ISLNK(n->st.st_mode) && (len = readlink(n->path, target, sizeof target - 1)) > 0)
		target[len] = '\0';
	fprintf(out, "\t%u\t%u\t%s", n->st.st_uid, n->st.st_gid, target);
	if (S_ISREG(n->st.st_mode))
		fprintf(out, "\t%lld\t%016llx", (long long)n->st.st_size, (unsigned long long)sum_of(n->path));
	if (links && n->st.st_nlink > 1 && !S_ISDIR(n->st.st_mode))
		fprintf(out, "\t= %s", first_name(n));
	putc('\n', out);
}

/* Fills names[] from DIR, which becomes the working directory; the one before it, as a descriptor, or -1. */
static int
enter(const char *dir)
{
	int back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (back < 0 || chdir(dir) < 0 || nftw(".", remember, 64, FTW_PHYS) < 0) {
		if (back >= 0 && fchdir(back) == 0)
			close(back);
		return -1;
	}
	qsort(names, n_names, sizeof *names, by_path);
	return back;
}

static int
leave(int back)
{
	int r = fchdir(back);

	close(back);
	for (size_t i = 0; i < n_names; i++)
		free(names[i].path);
	n_names = 0;
	return r;
}

int
tree_facts(const char *dir, bool links, FILE *out)
{
	const time_t now = time(NULL);
	int back = enter(dir);

	if (back < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	for (size_t i = 0; i < n_names; i++)
		print(&names[i], now, links, out);
	return leave(back);
}

int
tree_names(const char *dir, FILE *out)
{
	int back = enter(dir);

	if (back < 0)
		return -1;
	for (size_t i = 0; i < n_names; i++)
		fprintf(out, "%s\n", names[i].path);
	return leave(back);
}

static int
unmake(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	if (ftw->level > 0)
		(void)(kind == FTW_DP || kind == FTW_DNR ? rmdir(path) : unlink(path));
	return 0;
}

void
tree_remove(const char *dir, bool self)
{
	nftw(dir, unmake, 64, FTW_PHYS | FTW_DEPTH);
	if (self)
		rmdir(dir);
}

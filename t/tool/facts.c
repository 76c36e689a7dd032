/* facts [-l] DIR: what is in a tree, a sorted line for each name: path, type, mode, time, owner, group, target of a link, size and
 * a sum of a file's content; with -l also which names share a file.  Times of the last hour are "now": those of a test's own run.
 * Nothing for what is no directory.  One process where find, awk, sha1sum and sort were seven: a test compares thousands of trees. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct name {
	char *path;
	struct stat st;
};

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
print(const struct name *n, time_t now, bool groups)
{
	char target[4096] = "";
	ssize_t len;

	printf("%s\t%c\t%o\t", n->path, type_of(n->st.st_mode), (unsigned)(n->st.st_mode & 07777));
	if (n->st.st_mtim.tv_sec > now - 3600)
		printf("now");
	else
		printf("%lld.%09ld", (long long)n->st.st_mtim.tv_sec, n->st.st_mtim.tv_nsec);
	if (S_ISLNK(n->st.st_mode) && (len = readlink(n->path, target, sizeof target - 1)) > 0)
		target[len] = '\0';
	printf("\t%u\t%u\t%s", n->st.st_uid, n->st.st_gid, target);
	if (S_ISREG(n->st.st_mode))
		printf("\t%lld\t%016llx", (long long)n->st.st_size, (unsigned long long)sum_of(n->path));
	if (groups && n->st.st_nlink > 1 && !S_ISDIR(n->st.st_mode))
		printf("\t= %s", first_name(n));
	putchar('\n');
}

int
main(int argc, char **argv)
{
	const bool groups = argc == 3 && strcmp(argv[1], "-l") == 0;
	const time_t now = time(NULL);

	if (argc != (groups ? 3 : 2)) {
		fputs("usage: facts [-l] DIR\n", stderr);
		return 2;
	}
	if (chdir(argv[argc - 1]) < 0)
		return 0;
	if (nftw(".", remember, 64, FTW_PHYS) < 0)
		return 2;
	qsort(names, n_names, sizeof *names, by_path);
	for (size_t i = 0; i < n_names; i++)
		print(&names[i], now, groups);
	return 0;
}

/* Gives a fuzz target a main without a fuzzer: every file of the corpus, and every shorter
 * beginning of the small ones, goes through LLVMFuzzerTestOneInput, one TAP test a file.
 *   fuzz_room_thing [FILE | DIRECTORY]...	(none: $top_srcdir/fuzz/corpus/fuzz_room_thing)
 * A crash is the failure.  Built with -DFUZZ_ENGINE it is empty: libFuzzer brings the main. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifndef FUZZ_ENGINE

enum { INPUT_MAX = 1 << 20, PREFIXES_MAX = 4096 };

static int tests, failed;

/* In memory of exactly n bytes, so that a sanitizer sees every step beyond. */
static void
feed(const uint8_t *data, size_t n)
{
	uint8_t *copy = malloc(n == 0 ? 1 : n);

	if (copy == NULL)
		abort();
	memcpy(copy, data, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static void
replay_file(const char *path)
{
	static uint8_t data[INPUT_MAX];
	FILE *f = fopen(path, "rb");
	size_t n = f == NULL ? 0 : fread(data, 1, sizeof data, f);

	tests++;
	if (f == NULL) {
		failed++;
		printf("not ok %d - %s: %s\n", tests, path, strerror(errno));
		return;
	}
	fclose(f);
	for (size_t part = n <= PREFIXES_MAX ? 0 : n; part <= n; part++)
		feed(data, part);
	printf("ok %d - %s\n", tests, path);
	fflush(stdout);
}

static int
is_seed(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void
replay(const char *path)
{
	struct dirent **seeds;
	struct stat st;
	char file[4096];
	int n;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
		replay_file(path);
		return;
	}
	n = scandir(path, &seeds, is_seed, alphasort);
	for (int i = 0; i < n; i++) {
		snprintf(file, sizeof file, "%s/%s", path, seeds[i]->d_name);
		replay_file(file);
		free(seeds[i]);
	}
	if (n >= 0)
		free(seeds);
}

int
main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir");
	char own[4096];

	snprintf(own, sizeof own, "%s/fuzz/corpus/%s", top == NULL ? "." : top, program_invocation_short_name);
	if (argc == 1)
		replay(own);
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (tests == 0)
		printf("not ok 1 - no seed in %s\n", own);
	printf("1..%d\n", tests == 0 ? 1 : tests);
	return failed == 0 && tests > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif

/* A main for fuzz targets without a fuzzer: feeds every file named, or found in a directory named,
 * to LLVMFuzzerTestOneInput, and says so in TAP. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { INPUT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int n_done;

static void
feed(const char *path)
{
	static uint8_t data[INPUT_MAX];
	FILE *f = fopen(path, "rb");
	uint8_t *exact;
	size_t n;

	if (f == NULL) {
		printf("not ok %d - %s\n", ++n_done, path);
		return;
	}
	n = fread(data, 1, sizeof data, f);
	fclose(f);
	exact = malloc(n == 0 ? 1 : n);	/* so that a sanitizer sees a step beyond the end */
	for (size_t i = 0; exact != NULL && i < n; i++)
		exact[i] = data[i];
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	printf("ok %d - %s\n", ++n_done, path);
}

static void
feed_dir(const char *dir)
{
	char path[4096];
	struct dirent *d;
	DIR *dp = opendir(dir);

	while (dp != NULL && (d = readdir(dp)) != NULL)
		if (d->d_name[0] != '.' && (size_t)snprintf(path, sizeof path, "%s/%s", dir, d->d_name) < sizeof path)
			feed(path);
	if (dp != NULL)
		closedir(dp);
}

int
main(int argc, char **argv)
{
	struct stat st;

	for (int i = 1; i < argc; i++)
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			feed_dir(argv[i]);
		else
			feed(argv[i]);
	printf("1..%d\n", n_done);
	return 0;
}

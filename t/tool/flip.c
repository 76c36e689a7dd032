/* flip A B SECONDS: exchange the names A and B as fast as goes, for so long; A and B are what they were at
 * the end.  Prints how often. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int
main(int argc, char **argv)
{
	struct timespec now, end;
	unsigned long n = 0;

	if (argc != 4)
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += atol(argv[3]);
	do {
		n += renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) == 0;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec);
	for (int tries = 0; n % 2 != 0 && tries < 100000; tries++)	/* a name may be gone for a moment */
		n += renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) == 0;
	printf("%lu\n", n);
	return 0;
}

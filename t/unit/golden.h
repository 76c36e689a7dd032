/* A text against the file that has it, t/golden/NAME: what generators say changes only when somebody wants it to.
 * `SALLYPORT_GOLDEN=update make check TESTS=...` writes the files instead; the reviewer reads their diff. */
#ifndef SALLYPORT_T_GOLDEN_H
#define SALLYPORT_T_GOLDEN_H

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/buf.h"

static inline void
golden_write(char *path, const char *text)
{
	FILE *f;

	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		ck_assert_msg(mkdir(path, 0777) == 0 || errno == EEXIST, "%s: %s", path, strerror(errno));
		*slash = '/';
	}
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* name is below the top of the sources. */
static inline void
golden_is(const char *name, struct buf *got)
{
	const char *top = getenv("top_srcdir"), *update = getenv("SALLYPORT_GOLDEN"), *text = buf_cstr(got);
	static char wanted[1 << 16];
	char path[512];
	size_t n;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", top == NULL ? "." : top, name);
	if (update != NULL && strcmp(update, "update") == 0)
		golden_write(path, text);
	ck_assert_msg((f = fopen(path, "r")) != NULL, "%s: %s", path, strerror(errno));
	n = fread(wanted, 1, sizeof wanted - 1, f);
	fclose(f);
	wanted[n] = '\0';
	ck_assert_msg(strcmp(text, wanted) == 0, "%s is not what is made now:\n%s", name, text);
}

#endif

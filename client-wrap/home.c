#include "client-wrap/home.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/err.h"

int
home_dir(const char *variable, const char *below, char *dst, size_t size)
{
	const char *set = getenv(variable), *home = getenv("HOME");
	const struct passwd *pw;

	if (set != NULL && set[0] == '/')
		return (size_t)snprintf(dst, size, "%s", set) < size ? 0 : E_LIMIT;
	if ((home == NULL || home[0] != '/') && (pw = getpwuid(geteuid())) != NULL)
		home = pw->pw_dir;
	if (home == NULL || home[0] != '/')
		return -ENOENT;
	return (size_t)snprintf(dst, size, "%s/%s", home, below) < size ? 0 : E_LIMIT;
}

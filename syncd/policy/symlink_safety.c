/* --safe-links, --copy-unsafe-links and "munge symlinks": where a symlink's target leads. */
#include "syncd/policy/symlink_safety.h"

#include <string.h>

/* How many directories a path names. */
static long
depth_of(const char *dir)
{
	long depth = 0;

	for (const char *p = dir; *p != '\0'; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");

		depth += n > 0 && !(n == 1 && *p == '.');
		p += n;
	}
	return depth;
}

bool
symlink_unsafe(const char *target, const char *dir)
{
	long depth = depth_of(dir);
	bool named = false;

	if (target[0] == '\0' || target[0] == '/')
		return true;
	for (const char *p = target; *p != '\0'; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.') {
			if (named || --depth < 0)
				return true;
		} else if (!(n == 1 && *p == '.')) {
			named = true;
		}
		p += n;
	}
	return false;
}

void
symlink_confine(char *target, const char *dir)
{
	long depth = depth_of(dir);
	char *out = target, *first = target;	/* behind the ".." that stay */
	const char *p = target + strspn(target, "/");

	while (*p != '\0') {
		size_t n = strcspn(p, "/"), step = n + strspn(p + n, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.' && (out > first || depth <= 0)) {
			for (out -= out > first; out > first && *out != '/';)
				out--;
		} else if (!(n == 1 && *p == '.')) {
			bool up = n == 2 && p[0] == '.' && p[1] == '.';

			if (out > target)
				*out++ = '/';
			memmove(out, p, n);
			out += n;
			depth -= up;
			first = up ? out : first;
		}
		p += step;
	}
	if (out == target)
		*out++ = '.';
	*out = '\0';
}

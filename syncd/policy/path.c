/* Paths below a module's root as text: cleaned, joined, and never leading up. */
#include "syncd/policy/path.h"

#include <errno.h>
#include <string.h>

static bool
is_dot(const char *part, size_t n)
{
	return n == 1 && part[0] == '.';
}

static bool
is_dots(const char *part, size_t n)
{
	return n == 2 && part[0] == '.' && part[1] == '.';
}

bool
path_is_plain(const char *path)
{
	if (*path == '\0')
		return true;
	for (;;) {
		size_t n = (size_t)(strchrnul(path, '/') - path);

		if (n == 0 || is_dot(path, n) || is_dots(path, n))
			return false;
		if (path[n] == '\0')
			return true;
		path += n + 1;
	}
}

bool
path_says_dir(const char *path)
{
	const char *slash = strrchr(path, '/'), *leaf = slash == NULL ? path : slash + 1;
	size_t n = strlen(leaf);

	return n == 0 || is_dot(leaf, n) || is_dots(leaf, n);
}

/* Take the last component away. */
static size_t
up(const char *path, size_t n)
{
	while (n > 0 && path[n - 1] != '/')
		n--;
	return n > 0 ? n - 1 : 0;
}

int
path_below(const char *base, const char *path, char *to, size_t size)
{
	size_t n = strlen(base);

	if (n >= size)
		return -ENAMETOOLONG;
	memcpy(to, base, n);
	for (path += strspn(path, "/"); *path != '\0'; path += strspn(path, "/")) {
		size_t part = (size_t)(strchrnul(path, '/') - path);

		if (is_dots(path, part)) {
			n = up(to, n);
		} else if (!is_dot(path, part)) {
			if (size - n < part + (n > 0) + 1)
				return -ENAMETOOLONG;
			if (n > 0)
				to[n++] = '/';
			memcpy(to + n, path, part);
			n += part;
		}
		path += part;
	}
	to[n] = '\0';
	return 0;
}

void
path_clean_arg(char *arg, bool keep_dot_marks)
{
	char *to = arg, *from = arg;
	size_t n = strlen(arg);
	bool contents = n == 0 || arg[n - 1] == '/' || strcmp(arg, ".") == 0 || strcmp(arg, "..") == 0 ||
	    (n >= 2 && strcmp(arg + n - 2, "/.") == 0) || (n >= 3 && strcmp(arg + n - 3, "/..") == 0);

	while (*from != '\0') {
		size_t len = strcspn(from, "/");
		bool dot = len == 1 && from[0] == '.', dots = len == 2 && from[0] == '.' && from[1] == '.';
		bool mark = dot && keep_dot_marks && from[1] == '/' && (to > arg || from[1 + strspn(from + 1, "/")] != '\0');

		if (dots) {		/* never above the root */
			while (to > arg && to[-1] != '/')
				to--;
			if (to > arg)
				to--;
		} else if (len > 0 && (!dot || mark)) {
			if (to > arg)
				*to++ = '/';
			memmove(to, from, len);
			to += len;
		}
		from += len;
		from += strspn(from, "/");
	}
	if (contents && to > arg)
		*to++ = '/';
	*to = '\0';
}

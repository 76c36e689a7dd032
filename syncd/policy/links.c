#include "syncd/policy/links.h"

#include <string.h>

bool
links_unsafe(const char *target, const char *dir)
{
	long depth = 0;
	bool named = false;

	if (target[0] == '\0' || target[0] == '/')
		return true;
	for (const char *p = dir; *p != '\0'; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");

		depth += n > 0 && !(n == 1 && *p == '.');
		p += n;
	}
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

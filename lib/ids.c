#include "lib/ids.h"

#include <grp.h>
#include <pwd.h>
#include <stddef.h>

#include "lib/err.h"
#include "lib/num.h"

int
ids_user(const char *text, uid_t *ret)
{
	const struct passwd *pw;
	int64_t n;

	if (text == NULL || text[0] == '\0')
		return 0;
	if (num_parse(text, 0, UINT32_MAX - 1, &n) == 0) {
		*ret = (uid_t)n;
		return 0;
	}
	if ((pw = getpwnam(text)) == NULL)
		return E_FORMAT;
	*ret = pw->pw_uid;
	return 0;
}

int
ids_group(const char *text, gid_t *ret)
{
	const struct group *gr;
	int64_t n;

	if (text == NULL || text[0] == '\0')
		return 0;
	if (num_parse(text, 0, UINT32_MAX - 1, &n) == 0) {
		*ret = (gid_t)n;
		return 0;
	}
	if ((gr = getgrnam(text)) == NULL)
		return E_FORMAT;
	*ret = gr->gr_gid;
	return 0;
}

#include "syncd/policy/acl.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

enum { TOKEN_MAX = 512 };

static int
is_plain_name(const char *token)
{
	return strpbrk(token, ":/*?[") == NULL && strspn(token, "0123456789.") != strlen(token);
}

/* 1, 0, or -1 when a name could not be resolved. */
static int
token_matches(const char *token, const struct acl_facts *f)
{
	if (token[0] == '@')
		return f->resolve == NULL ? -1 : f->resolve(f->arg, token);
	if (f->name[0] != '\0' && fnmatch(token, f->name, FNM_CASEFOLD) == 0)
		return 1;
	if (addr_in(f->peer, token) == 1)
		return 1;
	if (f->resolve != NULL && is_plain_name(token))
		return f->resolve(f->arg, token);
	return 0;
}

/* Is any token of the list about the peer?  unsure is what "cannot be told" counts as: no match
 * in an allow list, a match in a deny list, so that a broken resolver never lets anyone in. */
static int
list_matches(const char *list, const struct acl_facts *f, int unsure)
{
	static const char separators[] = " ,\t";
	char token[TOKEN_MAX];
	int r;

	for (list += strspn(list, separators); *list != '\0'; list += strspn(list, separators)) {
		size_t n = strcspn(list, separators);

		if (n >= sizeof token) {
			if (unsure)
				return 1;
			list += n;
			continue;
		}
		for (size_t i = 0; i < n; i++)
			token[i] = (char)tolower((unsigned char)list[i]);
		token[n] = '\0';
		list += n;
		if ((r = token_matches(token, f)) == 1 || (r < 0 && unsure))
			return 1;
	}
	return 0;
}

enum acl_verdict
acl_check(const char *allow, const char *deny, const struct acl_facts *f)
{
	int has_allow = allow != NULL && allow[0] != '\0', has_deny = deny != NULL && deny[0] != '\0';

	if (has_allow && list_matches(allow, f, 0))
		return ACL_ALLOW;
	if (has_allow && !has_deny)
		return ACL_DENY;
	return has_deny && list_matches(deny, f, 1) ? ACL_DENY : ACL_ALLOW;
}

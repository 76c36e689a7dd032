/* "hosts allow" and "hosts deny": who may use a module (rsyncd.conf(5)). */
#include "syncd/policy/hosts.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"

enum { TOKEN_MAX = 512 };

static int
is_plain_name(const char *token)
{
	return strpbrk(token, ":/*?[") == NULL && strspn(token, "0123456789.") != strlen(token);
}

/* 1, 0, or -1 when a name could not be resolved. */
static int
token_matches(const char *token, const struct hosts_facts *f)
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

/* Cut the next token off *list, in lower case.  0 at the end; the length of a token that does not fit is its own. */
static size_t
next_token(const char **list, char token[TOKEN_MAX])
{
	static const char separators[] = " ,\t";
	const char *at = *list + strspn(*list, separators);
	size_t n = strcspn(at, separators), kept = n < TOKEN_MAX ? n : TOKEN_MAX - 1;

	for (size_t i = 0; i < kept; i++)
		token[i] = (char)tolower((unsigned char)at[i]);
	token[kept] = '\0';
	*list = at + n;
	return n;
}

int
hosts_bad_token(const char *list, char *dst, size_t size)
{
	struct addr any;
	char token[TOKEN_MAX];
	size_t n;
	int r;

	addr_parse("127.0.0.1", 0, &any);
	while (list != NULL && (n = next_token(&list, token)) > 0) {
		r = addr_in(&any, token);
		if (n < sizeof token && r != E_LIMIT && (r != E_FORMAT || strchr(token, '/') == NULL))
			continue;
		snprintf(dst, size, "%s", token);
		return 1;
	}
	return 0;
}

/* Is any token of the list about the peer?  unsure is what "cannot be told" counts as: no match
 * in an allow list, a match in a deny list, so that a broken resolver never lets anyone in. */
static int
list_matches(const char *list, const struct hosts_facts *f, int unsure)
{
	char token[TOKEN_MAX];
	size_t n;
	int r;

	while ((n = next_token(&list, token)) > 0) {
		if (n >= sizeof token) {
			if (unsure)
				return 1;
			continue;
		}
		if ((r = token_matches(token, f)) == 1 || (r < 0 && unsure))
			return 1;
	}
	return 0;
}

enum hosts_verdict
hosts_check(const char *allow, const char *deny, const struct hosts_facts *f)
{
	int has_allow = allow != NULL && allow[0] != '\0', has_deny = deny != NULL && deny[0] != '\0';

	if (has_allow && list_matches(allow, f, 0))
		return HOSTS_ALLOW;
	if (has_allow && !has_deny)
		return HOSTS_DENY;
	return has_deny && list_matches(deny, f, 1) ? HOSTS_DENY : HOSTS_ALLOW;
}

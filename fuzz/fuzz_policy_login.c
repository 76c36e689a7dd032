/* Logins: the first byte is the digest, then, up to a NUL each, a client's line "USER RESPONSE", "auth users" and the client's list of
 * digests; the rest is a secrets file.  A user gets in by a secret alone, and the one that the file has for him is enough. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/target.h"
#include "syncd/delta/strong.h"
#include "syncd/policy/login.h"

/* The text up to a NUL, or all that is left. */
static char *
take_text(const uint8_t **data, size_t *size)
{
	size_t n = strnlen((const char *)*data, *size), used = n < *size ? n + 1 : n;
	char *text = strndup((const char *)*data, n);

	*data += used;
	*size -= used;
	must(text != NULL);
	return text;
}

/* Every user is in a group that is called as the pattern is. */
static bool
in_group(void *arg, const char *user, const char *pattern, char ret[LOGIN_GROUP_SIZE])
{
	(void)arg;
	(void)user;
	if (pattern[0] == '\0' || strlen(pattern) >= LOGIN_GROUP_SIZE)
		return false;
	strcpy(ret, pattern);
	return true;
}

/* The password of a line "USER:PASSWORD" of ours, which is put in front of the file, is the one that counts. */
static void
own_line(const char *user, const uint8_t *file, size_t n, enum login_digest d, const char *challenge)
{
	size_t user_n = strlen(user), head = user_n + sizeof ":sekrit\n" - 1;
	char *text = malloc(head + n), right[LOGIN_CHALLENGE_SIZE], wrong[LOGIN_CHALLENGE_SIZE];

	must(text != NULL);
	memcpy(text, user, user_n);
	memcpy(text + user_n, ":sekrit\n", head - user_n);
	memcpy(text + head, file, n);
	must(login_response(d, "sekrit", 6, challenge, right) == 0 && login_response(d, "sekrit\n", 7, challenge, wrong) == 0);
	must(login_check(text, head + n, user, "", d, challenge, right) == LOGIN_RIGHT);
	must(login_check(text, head + n, user, "", d, challenge, wrong) == LOGIN_MISMATCH);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char challenge[] = "IdA/Nngd24I1Q908JLgoEA";
	enum login_digest d, chosen;
	char *line, *users, *list, *response;
	struct login_rule rule;
	int r;

	if (size == 0)
		return 0;
	strong_prepare();
	d = (enum login_digest)(data[0] % (LOGIN_MD4_OLD + 1));
	data++, size--;
	line = take_text(&data, &size);
	users = take_text(&data, &size);
	list = take_text(&data, &size);
	if (login_digest(list, 32, &chosen) == 0)
		must(chosen <= LOGIN_MD4 && strstr(login_digests, login_digest_name(chosen)) != NULL);
	r = login_floor(list, d);
	must(r == 0 || r == E_DENIED || r == E_UNSUPPORTED);
	if ((response = strchr(line, ' ')) != NULL) {
		*response++ = '\0';
		r = login_rule(users, line, in_group, NULL, &rule);
		must(r == 0 || r == E_DENIED);
		must(r != 0 || strlen(rule.group) < LOGIN_GROUP_SIZE);
		must(login_check((const char *)data, 0, line, r == 0 ? rule.group : "", d, challenge, response) == LOGIN_NO_SECRET);
		(void)login_check((const char *)data, size, line, r == 0 ? rule.group : "", d, challenge, response);
		if (line[0] != '\0' && line[0] != '#' && line[0] != '@' && strpbrk(line, ":\n") == NULL)
			own_line(line, data, size, d, challenge);
	}
	free(line);
	free(users);
	free(list);
	return 0;
}

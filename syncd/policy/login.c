/* Logins: auth users, secrets, challenge and response. */
#include "syncd/policy/login.h"

#include <errno.h>
#include <fnmatch.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "syncd/policy/list.h"
#include "syncd/types.h"

enum { RANDOM_BYTES = 32 };

static const struct digest {
	const char *name, *evp;
	size_t prefix;		/* bytes of zero in front of what is digested */
} digests[] = {
	[LOGIN_SHA512] = { "sha512", "SHA512", 0 }, [LOGIN_SHA256] = { "sha256", "SHA256", 0 },
	[LOGIN_SHA1] = { "sha1", "SHA1", 0 }, [LOGIN_MD5] = { "md5", "MD5", 0 },
	[LOGIN_MD4] = { "md4", "MD4", 0 }, [LOGIN_MD4_OLD] = { "md4", "MD4", 4 },
};

const char login_digests[] = "sha512 sha256 sha1 md5 md4";

/* A digest by its name of N bytes; -1 when none is called that. */
static int
by_name(const char *name, size_t n)
{
	for (int i = LOGIN_SHA512; i <= LOGIN_MD4; i++)
		if (strlen(digests[i].name) == n && strncasecmp(digests[i].name, name, n) == 0)
			return i;
	return -1;
}

int
login_digest(const char *list, int version, enum login_digest *ret)
{
	int d;

	if (list == NULL) {
		*ret = version >= 30 ? LOGIN_MD5 : LOGIN_MD4_OLD;
		return 0;
	}
	for (size_t n; *list != '\0'; list += n) {
		list += strspn(list, " ");
		n = strcspn(list, " ");
		if ((d = by_name(list, n)) >= 0) {
			*ret = (enum login_digest)d;
			return 0;
		}
	}
	return E_UNSUPPORTED;
}

const char *
login_digest_name(enum login_digest d)
{
	return digests[d].name;
}

int
login_floor(const char *floor, enum login_digest d)
{
	int least;

	if (floor == NULL || floor[0] == '\0')
		return 0;
	if ((least = by_name(floor, strlen(floor))) < 0)
		return E_UNSUPPORTED;
	return (int)d <= least || (least == LOGIN_MD4 && d == LOGIN_MD4_OLD) ? 0 : E_DENIED;
}

/* Base64 as rsync has it: without padding. */
static void
encode(const unsigned char *sum, unsigned n, char ret[LOGIN_CHALLENGE_SIZE])
{
	EVP_EncodeBlock((unsigned char *)ret, sum, (int)n);
	ret[strcspn(ret, "=")] = '\0';
}

static int
digest(enum login_digest d, const char *a, size_t a_len, const char *b, size_t b_len, char ret[LOGIN_CHALLENGE_SIZE])
{
	static const unsigned char zeros[4];
	unsigned char sum[EVP_MAX_MD_SIZE];
	EVP_MD *md = EVP_MD_fetch(NULL, digests[d].evp, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned n = 0;
	int good = md != NULL && ctx != NULL && EVP_DigestInit_ex2(ctx, md, NULL) && EVP_DigestUpdate(ctx, zeros, digests[d].prefix) &&
	    EVP_DigestUpdate(ctx, a, a_len) && EVP_DigestUpdate(ctx, b, b_len) && EVP_DigestFinal_ex(ctx, sum, &n);

	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
	if (good)
		encode(sum, n, ret);
	OPENSSL_cleanse(sum, sizeof sum);
	return good ? 0 : E_UNSUPPORTED;
}

int
login_challenge(enum login_digest d, char ret[LOGIN_CHALLENGE_SIZE])
{
	unsigned char bytes[RANDOM_BYTES];

	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return E_UNSUPPORTED;
	return digest(d, (const char *)bytes, sizeof bytes, "", 0, ret);
}

int
login_response(enum login_digest d, const char *password, size_t n, const char *challenge, char ret[LOGIN_CHALLENGE_SIZE])
{
	return digest(d, password, n, challenge, strlen(challenge), ret);
}

/* What stands behind the colon of a rule: its first letters count; others mean nothing. */
static void
apply_suffix(const char *suffix, struct login_rule *r)
{
	if (suffix[0] == 'd' || suffix[0] == 'D')
		r->denied = true;
	else if (strncasecmp(suffix, "ro", 2) == 0)
		r->access = LOGIN_READ_ONLY;
	else if (strncasecmp(suffix, "rw", 2) == 0)
		r->access = LOGIN_READ_WRITE;
}

static bool
rule_matches(char *token, const char *user, login_in_group *in_group, void *arg, struct login_rule *ret)
{
	char *colon = strchr(token, ':');

	*ret = (struct login_rule){ .access = LOGIN_AS_MODULE };
	if (colon != NULL) {
		*colon = '\0';
		apply_suffix(colon + 1, ret);
	}
	return token[0] == '@' ? in_group(arg, user, token + 1, ret->group) : fnmatch(token, user, 0) == 0;
}

int
login_rule(const char *rules, const char *user, login_in_group *in_group, void *arg, struct login_rule *ret)
{
	char *text = strdup(rules), *word;
	struct list words;
	bool found = false;

	if (text == NULL)
		return -ENOMEM;
	words = list_of(text);
	while (!found && (word = list_next(&words)) != NULL)
		found = rule_matches(word, user, in_group, arg, ret);
	free(text);
	return found ? 0 : E_DENIED;
}

/* The password of the first line for NAME, which stands behind an '@' when AT; NULL when there is none.  A line that begins with #
 * is nobody's. */
static const char *
find_line(const char *text, size_t size, bool at, const char *name, size_t *ret_len)
{
	const char *end = text + size, *eol;
	size_t n = strlen(name);

	for (const char *line = text; line < end; line = eol + 1) {
		const char *rest = line + at;

		if ((eol = memchr(line, '\n', (size_t)(end - line))) == NULL)
			eol = end;
		if (line[0] == '#' || (line[0] == '@') != at || (size_t)(eol - rest) <= n || memcmp(rest, name, n) != 0 || rest[n] != ':')
			continue;
		rest += n + 1;
		*ret_len = (size_t)(eol - rest);
		while (*ret_len > 0 && rest[*ret_len - 1] == '\r')
			--*ret_len;
		return rest;
	}
	return NULL;
}

enum login_verdict
login_check(const char *text, size_t size, const char *user, const char *group, enum login_digest d, const char *challenge,
    const char *response)
{
	const struct { bool at; const char *name; } kinds[] = { { false, user }, { true, group } };
	enum login_verdict verdict = LOGIN_NO_SECRET;
	char wanted[LOGIN_CHALLENGE_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		size_t n = 0;
		const char *password = kinds[i].name[0] == '\0' ? NULL : find_line(text, size, kinds[i].at, kinds[i].name, &n);
		bool same = login_response(d, password != NULL ? password : user, n, challenge, wanted) == 0 &&
		    strlen(wanted) == strlen(response) && CRYPTO_memcmp(wanted, response, strlen(wanted)) == 0;

		OPENSSL_cleanse(wanted, sizeof wanted);
		if (password != NULL && verdict != LOGIN_RIGHT)
			verdict = same ? LOGIN_RIGHT : LOGIN_MISMATCH;
	}
	return verdict;
}

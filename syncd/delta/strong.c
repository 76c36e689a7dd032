/* Strong checksums of files and blocks: xxHash, MD5, MD4, SHA-1 and "none" (rsync(1), --checksum-choice). */
#include "config.h"

#include "syncd/delta/strong.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"

#ifdef HAVE_XXHASH
#include <xxhash.h>

#include "syncd/delta/xxh3.h"
#endif

struct strong {
	enum sum_alg alg;
	int32_t seed;
	int seed_first;
	EVP_MD *md;
	EVP_MD_CTX *whole, *block;
#ifdef HAVE_XXHASH
	XXH64_state_t *xxh64;
	const struct xxh3_code *xxh3;
	void *xxh3_state;
#endif
};

static const struct alg {
	const char *name;
	size_t len;
	const char *evp;	/* NULL: not a digest of OpenSSL's */
} algs[] = {
	[SUM_NONE] = { "none", 1, NULL },
	[SUM_MD4] = { "md4", 16, "MD4" },
	[SUM_MD5] = { "md5", 16, "MD5" },
	[SUM_SHA1] = { "sha1", 20, "SHA1" },
	[SUM_XXH64] = { "xxh64", 8, NULL },
	[SUM_XXH3] = { "xxh3", 8, NULL },
	[SUM_XXH128] = { "xxh128", 16, NULL },
	[SUM_MD4_OLD] = { "old md4", 16, "MD4" },
};

#ifdef HAVE_XXHASH
static const char names_all[] = "xxh128 xxh3 xxh64 md5 md4 sha1 none";
static const char names_no_md4[] = "xxh128 xxh3 xxh64 md5 sha1 none";
#else
static const char names_all[] = "md5 md4 sha1 none";
static const char names_no_md4[] = "md5 sha1 none";
#endif

static int
have_md4(void)
{
	EVP_MD *md = EVP_MD_fetch(NULL, "MD4", NULL);

	EVP_MD_free(md);
	return md != NULL;
}

void
strong_prepare(void)
{
	EVP_MD *md;

	/* MD4 lives in a module of its own; loading it by name turns off the implicit default. */
	if (OSSL_PROVIDER_load(NULL, "legacy") != NULL)
		OSSL_PROVIDER_load(NULL, "default");
	md = EVP_MD_fetch(NULL, "MD5", NULL);
	EVP_MD_free(md);
}

const char *
strong_names(void)
{
	return have_md4() ? names_all : names_no_md4;
}

int
strong_by_name(const char *name)
{
	char word[16];

	for (const char *s = strong_names(); *s != '\0'; s += strspn(s, " ")) {
		size_t n = strcspn(s, " ");

		memcpy(word, s, n);
		word[n] = '\0';
		s += n;
		if (strcasecmp(word, strcasecmp(name, "xxhash") == 0 ? "xxh64" : name) != 0)
			continue;
		for (size_t i = 0; i < ARRAY_LEN(algs); i++)
			if (strcmp(algs[i].name, word) == 0)
				return (int)i;
	}
	return -1;
}

const char *
strong_name(enum sum_alg alg)
{
	return algs[alg].name;
}

size_t
strong_len(enum sum_alg alg)
{
	return algs[alg].len;
}

static void
put_seed(EVP_MD_CTX *ctx, int32_t seed)
{
	uint32_t v = (uint32_t)seed;
	uint8_t le[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24) };

	EVP_DigestUpdate(ctx, le, sizeof le);
}

/* Begin a whole file.  Only the MD4 of old protocols is seeded (rsync-wire 7.6). */
static void
restart(struct strong *s)
{
	if (s->md != NULL) {
		EVP_DigestInit_ex2(s->whole, s->md, NULL);
		if (s->alg == SUM_MD4_OLD)
			put_seed(s->whole, s->seed);
	}
#ifdef HAVE_XXHASH
	if (s->alg == SUM_XXH64)
		XXH64_reset(s->xxh64, 0);
	else if (s->xxh3 != NULL)
		s->xxh3->reset(s->xxh3_state);
#endif
}

static int
make_state(struct strong *s)
{
	if (algs[s->alg].evp != NULL) {
		if ((s->md = EVP_MD_fetch(NULL, algs[s->alg].evp, NULL)) == NULL)
			return E_UNSUPPORTED;
		s->whole = EVP_MD_CTX_new();
		s->block = EVP_MD_CTX_new();
		return s->whole != NULL && s->block != NULL ? 0 : -ENOMEM;
	}
	if (s->alg == SUM_NONE)
		return 0;
#ifdef HAVE_XXHASH
	if (s->alg == SUM_XXH64)
		return (s->xxh64 = XXH64_createState()) != NULL ? 0 : -ENOMEM;
	s->xxh3 = xxh3_code();
	return (s->xxh3_state = s->xxh3->state_new()) != NULL ? 0 : -ENOMEM;
#else
	return E_UNSUPPORTED;
#endif
}

int
strong_new(enum sum_alg alg, int32_t seed, int seed_first, struct strong **ret)
{
	struct strong *s = calloc(1, sizeof *s);
	int r;

	if (s == NULL)
		return -ENOMEM;
	s->alg = alg;
	s->seed = seed;
	s->seed_first = alg == SUM_SHA1 || (alg == SUM_MD5 && seed_first);
	if ((r = make_state(s)) != 0) {
		strong_free(s);
		return r;
	}
	restart(s);
	*ret = s;
	return 0;
}

void
strong_free(struct strong *s)
{
	if (s == NULL)
		return;
	EVP_MD_CTX_free(s->whole);
	EVP_MD_CTX_free(s->block);
	EVP_MD_free(s->md);
#ifdef HAVE_XXHASH
	XXH64_freeState(s->xxh64);
	if (s->xxh3 != NULL)
		s->xxh3->state_free(s->xxh3_state);
#endif
	free(s);
}

void
strong_update(struct strong *s, const void *p, size_t n)
{
	if (s->md != NULL)
		EVP_DigestUpdate(s->whole, p, n);
#ifdef HAVE_XXHASH
	else if (s->alg == SUM_XXH64)
		XXH64_update(s->xxh64, p, n);
	else if (s->xxh3 != NULL)
		s->xxh3->update(s->xxh3_state, p, n);
#endif
}

#ifdef HAVE_XXHASH
static void
le64(uint8_t *out, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(v >> (8 * i));
}
#endif

void
strong_final(struct strong *s, uint8_t out[DIGEST_MAX])
{
	memset(out, 0, DIGEST_MAX);
	if (s->md != NULL)
		EVP_DigestFinal_ex(s->whole, out, NULL);
#ifdef HAVE_XXHASH
	else if (s->alg == SUM_XXH64)
		le64(out, XXH64_digest(s->xxh64));
	else if (s->alg == SUM_XXH3)
		s->xxh3->final64(s->xxh3_state, out);
	else if (s->alg == SUM_XXH128)
		s->xxh3->final128(s->xxh3_state, out);
#endif
	restart(s);
}

void
strong_block(struct strong *s, const void *p, size_t n, uint8_t out[DIGEST_MAX])
{
	memset(out, 0, DIGEST_MAX);
	if (s->md != NULL) {
		EVP_DigestInit_ex2(s->block, s->md, NULL);
		if (s->seed != 0 && s->seed_first)
			put_seed(s->block, s->seed);
		EVP_DigestUpdate(s->block, p, n);
		if (s->seed != 0 && !s->seed_first)
			put_seed(s->block, s->seed);
		EVP_DigestFinal_ex(s->block, out, NULL);
	}
#ifdef HAVE_XXHASH
	else if (s->alg == SUM_XXH64)
		le64(out, XXH64(p, n, (uint64_t)(int64_t)s->seed));
	else if (s->alg == SUM_XXH3)
		s->xxh3->block64(p, n, (uint64_t)(int64_t)s->seed, out);
	else if (s->alg == SUM_XXH128)
		s->xxh3->block128(p, n, (uint64_t)(int64_t)s->seed, out);
#endif
}

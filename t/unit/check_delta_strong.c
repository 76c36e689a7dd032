#include "syncd/delta/strong.h"

#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"

static const char data[] = "0123456789abcdefghi\n";
enum { N = sizeof data - 1, WHOLE = -1 };

static const struct {
	enum sum_alg alg;
	int32_t seed;
	int first;		/* seed first; WHOLE: no block, but a whole file */
	const char *hex;
} rows[] = {	/* rsync-wire 7.6 */
	{ SUM_MD4_OLD, 0x12345678, 0, "cb9b8eba58c92c36fa942b7ca082c928" },
	{ SUM_MD4, 0x12345678, 0, "cb9b8eba58c92c36fa942b7ca082c928" },
	{ SUM_MD4_OLD, 0x12345678, WHOLE, "07f25cf06c1446aaf85b2d97989ab235" },
	{ SUM_MD4, 0x12345678, WHOLE, "ae99dac792f6aafb5caa9b1323175979" },
	{ SUM_MD5, 0x12345678, 1, "b273277e33d0ab88ff9a7b0ec45b96f7" },
	{ SUM_MD5, 0x12345678, 0, "accf6ca284d95267db01b30b65a64af0" },
	{ SUM_MD5, 0x12345678, WHOLE, "6c41448193caa6c04018e618872e708b" },
	{ SUM_MD5, 0, 1, "6c41448193caa6c04018e618872e708b" },	/* a seed of 0 is not hashed */
	{ SUM_SHA1, 0x12345678, 1, "2a57bd12355f8b4b9993f56120db04eae05850e5" },
	{ SUM_SHA1, 0x12345678, WHOLE, "72c16c09441b8eb7380e699686c253008548351d" },
	{ SUM_XXH64, 0x12345678, 0, "97934e89663c18ae" },
	{ SUM_XXH64, -5, 0, "8162622dfb2fc667" },
	{ SUM_XXH64, 0x12345678, WHOLE, "2c223f4398f55494" },
	{ SUM_XXH3, 0x12345678, 0, "95c1df856533e854" },
	{ SUM_XXH3, -5, 0, "235d34b68f66fd1f" },
	{ SUM_XXH3, 0x12345678, WHOLE, "f23f691c093d924f" },
	{ SUM_XXH128, 0x12345678, 0, "5ee3d26fb2c55329daf6da5846ae5844" },
	{ SUM_XXH128, -5, 0, "40150f6af80a92926fb5e47552d5d3ab" },
	{ SUM_XXH128, 0x12345678, WHOLE, "80be6f7cf7f5a60804d9405d3425295d" },
	{ SUM_NONE, 5, WHOLE, "00" },
};

static void
print(const uint8_t *p, size_t n, char *dst)
{
	for (size_t i = 0; i < n; i++)
		sprintf(dst + 2 * i, "%02x", p[i]);
}

START_TEST(every_vector_of_the_protocol_holds)
{
	uint8_t out[DIGEST_MAX];
	char hex[2 * DIGEST_MAX + 1] = "";
	struct strong *s;

	strong_prepare();
	if (strong_new(rows[_i].alg, rows[_i].seed, rows[_i].first > 0, &s) == E_UNSUPPORTED)
		return;			/* built without it */
	for (int again = 0; again < 2; again++) {
		if (rows[_i].first == WHOLE) {
			for (size_t i = 0; i < N; i++)
				strong_update(s, data + i, 1);
			strong_final(s, out);
		} else {
			strong_update(s, "between", 7);		/* a block in the middle of a file */
			strong_block(s, data, N, out);
			print(out, strong_len(rows[_i].alg), hex);
			ck_assert_str_eq(hex, rows[_i].hex);
			uint8_t rest[DIGEST_MAX];
			strong_final(s, rest);
		}
		print(out, strong_len(rows[_i].alg), hex);
		ck_assert_str_eq(hex, rows[_i].hex);
	}
	strong_free(s);
}
END_TEST

/* Long input goes through vector code; the vectors above are too short for it. */
START_TEST(a_long_file_has_the_same_sum_in_any_pieces)
{
	static const struct { enum sum_alg alg; const char *hex; } sums[] = {
		{ SUM_XXH3, "e69e6a79b0997edd" }, { SUM_XXH128, "e69e6a79b0997edd565c921c7e9523bb" },
	};
	static uint8_t file[100003];
	uint8_t out[DIGEST_MAX];
	char hex[2 * DIGEST_MAX + 1];
	struct strong *s;

	for (size_t i = 0; i < sizeof file; i++)
		file[i] = (uint8_t)(i * i >> 3);
	if (strong_new(sums[_i].alg, 0, 0, &s) == E_UNSUPPORTED)
		return;
	strong_block(s, file, sizeof file, out);
	print(out, strong_len(sums[_i].alg), hex);
	ck_assert_str_eq(hex, sums[_i].hex);
	for (size_t piece = 1; piece < sizeof file; piece = piece * 3 + 1) {
		for (size_t at = 0; at < sizeof file; at += piece)
			strong_update(s, file + at, sizeof file - at < piece ? sizeof file - at : piece);
		strong_final(s, out);
		print(out, strong_len(sums[_i].alg), hex);
		ck_assert_str_eq(hex, sums[_i].hex);
	}
	strong_free(s);
}
END_TEST

START_TEST(names_and_lengths_belong_together)
{
	static const struct { const char *name; size_t len; } names[] = {
		{ "md4", 16 }, { "md5", 16 }, { "sha1", 20 }, { "xxh64", 8 }, { "xxh3", 8 }, { "xxh128", 16 }, { "none", 1 },
	};
	strong_prepare();
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		int alg = strong_by_name(names[i].name);

		if (alg < 0)
			continue;
		ck_assert_uint_eq(strong_len((enum sum_alg)alg), names[i].len);
		ck_assert_str_eq(strong_name((enum sum_alg)alg), names[i].name);
		ck_assert(strstr(strong_names(), names[i].name) != NULL);
	}
	ck_assert_int_ge(strong_by_name("md5"), 0);
	ck_assert_int_eq(strong_by_name("md"), -1);
	ck_assert_int_eq(strong_by_name(""), -1);
	ck_assert_int_eq(strong_by_name("md5 "), -1);
	ck_assert_int_eq(strcmp(strong_names() + strlen(strong_names()) - 4, "none"), 0);
	strong_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/delta/strong");
	TCase *t = tcase_create("strong");

	tcase_add_loop_test(t, every_vector_of_the_protocol_holds, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(t, a_long_file_has_the_same_sum_in_any_pieces, 0, 2);
	tcase_add_test(t, names_and_lengths_belong_together);
	suite_add_tcase(s, t);
	return unit_main(s);
}

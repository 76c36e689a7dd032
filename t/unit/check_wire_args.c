#include "syncd/types.h"
#include "syncd/wire/args.h"
#include "t/unit/hex.h"
#include "t/unit/unit.h"

#define CAPTURED "--server\0--sender\0-te.LsfxCIvu\0.\0tiny/hello.txt\0"

/* Everything there is; the last result. */
static int
take_all(struct cursor *c, bool nul_ended, struct args *a, bool *ret_end)
{
	int r = 0;

	*ret_end = false;
	while (r == 0 && !*ret_end)
		r = args_get(c, nul_ended, a, ret_end);
	return r;
}

START_TEST(a_captured_vector_is_read)
{
	struct cursor c = cur_of(CAPTURED, sizeof CAPTURED);	/* with the NUL that C adds: the end */
	struct args a = { 0 };
	bool end;

	ck_assert_int_eq(take_all(&c, true, &a, &end), 0);
	ck_assert(end && cur_left(&c) == 0);
	ck_assert_uint_eq(a.n, 5);
	ck_assert_str_eq(a.v[2], "-te.LsfxCIvu");
	ck_assert_str_eq(a.v[4], "tiny/hello.txt");
	ck_assert_ptr_null(a.v[5]);
	ck_assert_uint_eq(a.bytes, sizeof CAPTURED - 6);
	args_free(&a);
	ck_assert(a.v == NULL && a.n == 0);
}
END_TEST

START_TEST(a_cut_vector_waits_at_the_argument_it_was_cut_in)
{
	for (size_t n = 0; n < sizeof CAPTURED - 1; n++) {
		struct cursor c = cur_of(CAPTURED, n);
		struct args a = { 0 };
		bool end;

		ck_assert_int_eq(take_all(&c, true, &a, &end), E_SHORT);
		ck_assert(c.at == (const uint8_t *)CAPTURED + n || memchr(c.at, 0, cur_left(&c)) == NULL || cur_left(&c) == 0);
		ck_assert(!end);
		args_free(&a);
	}
}
END_TEST

START_TEST(old_vectors_end_in_an_empty_line)
{
	static const char text[] = "--server\n--sender\r-t\n.\nm\n\nrest";
	struct cursor c = cur_of(text, sizeof text - 1);
	struct args a = { 0 };
	bool end;

	ck_assert_int_eq(take_all(&c, false, &a, &end), 0);
	ck_assert(end && a.n == 5 && cur_left(&c) == 4);
	ck_assert_str_eq(a.v[1], "--sender");
	args_free(&a);
}
END_TEST

START_TEST(a_nul_in_a_line_is_refused)
{
	struct cursor c = cur_of("--ser\0ver\n", 10);
	struct args a = { 0 };
	bool end;

	ck_assert_int_eq(args_get(&c, false, &a, &end), E_FORMAT);
	args_free(&a);
}
END_TEST

START_TEST(an_argument_has_5119_bytes_at_most)
{
	static char text[8000];
	struct args a = { 0 };
	struct cursor c;
	bool end;

	memset(text, 'x', sizeof text);
	text[5119] = '\0';
	c = cur_of(text, sizeof text);
	ck_assert_int_eq(args_get(&c, true, &a, &end), 0);
	text[5119] = 'x';
	text[5120] = '\0';
	c = cur_of(text, sizeof text);
	ck_assert_int_eq(args_get(&c, true, &a, &end), E_LIMIT);
	text[5120] = 'x';
	c = cur_of(text, 5119);
	ck_assert_int_eq(args_get(&c, true, &a, &end), E_SHORT);
	c = cur_of(text, 5120);		/* no end can come in time any more */
	ck_assert_int_eq(args_get(&c, true, &a, &end), E_LIMIT);
	args_free(&a);
}
END_TEST

START_TEST(arguments_are_bounded_in_number)
{
	struct args a = { 0 };

	for (int i = 0; i < ARGS_MAX; i++)
		ck_assert_int_eq(args_append(&a, "x", 1), 0);
	ck_assert_int_eq(args_append(&a, "x", 1), E_LIMIT);
	ck_assert_uint_eq(a.n, ARGS_MAX);
	args_free(&a);
}
END_TEST

START_TEST(arguments_are_bounded_in_bytes)
{
	static char text[5000];
	struct args a = { 0 };
	int r = 0;

	memset(text, 'x', sizeof text);
	while (r == 0)
		r = args_append(&a, text, sizeof text);
	ck_assert_int_eq(r, E_LIMIT);
	ck_assert(a.bytes <= ARGS_BYTES_MAX && a.bytes + sizeof text > ARGS_BYTES_MAX);
	args_free(&a);
}
END_TEST

static const struct { const char *quoted, *plain; } quotes[] = {
	{ "", "" }, { "a", "a" }, { "\\*:root", "*:root" }, { "../x\\ y", "../x y" }, { "a\\\\b", "a\\b" },
	{ "end\\", "end\\" }, { "\\\\\\\\", "\\\\" }, { "\\\\\\", "\\\\" }, { "a\\bc", "abc" },
};

START_TEST(one_level_of_quoting_goes)
{
	char text[32];

	strcpy(text, quotes[_i].quoted);
	arg_unquote(text);
	ck_assert_str_eq(text, quotes[_i].plain);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/wire/args");
	TCase *t = tcase_create("args");

	tcase_add_test(t, a_captured_vector_is_read);
	tcase_add_test(t, a_cut_vector_waits_at_the_argument_it_was_cut_in);
	tcase_add_test(t, old_vectors_end_in_an_empty_line);
	tcase_add_test(t, a_nul_in_a_line_is_refused);
	tcase_add_test(t, an_argument_has_5119_bytes_at_most);
	tcase_add_test(t, arguments_are_bounded_in_number);
	tcase_add_test(t, arguments_are_bounded_in_bytes);
	tcase_add_loop_test(t, one_level_of_quoting_goes, 0, ARRAY_LEN(quotes));
	suite_add_tcase(s, t);
	return unit_main(s);
}

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "deploy/ca/index.h"
#include "lib/err.h"
#include "t/unit/unit.h"

#define HEAD "sallyport-ca 1\n"

static struct ca_index x;
static unsigned line;

static int
parse(const char *text, size_t n)
{
	index_done(&x);
	return index_parse(text, n, &x, &line);
}

static const char whole[] = HEAD "crl 7\ndeployment /etc/d.conf\ncopy crl /etc/a b/clients.crl\ncopy cert files.example /etc/server.crt\n"
    "cert 0A client 100 0 alice\ncert 0B client 200 0 alice\ncert 0C server 300 50 files.example\n";

START_TEST(what_is_read_is_written)
{
	struct buf out = BUF_INIT;

	ck_assert_int_eq(parse(whole, strlen(whole)), 0);
	ck_assert_uint_eq(x.n, 3);
	ck_assert_str_eq(x.copies[0].path, "/etc/a b/clients.crl");
	ck_assert_str_eq(x.copies[1].name, "files.example");
	index_put(&x, &out);
	ck_assert_str_eq(buf_cstr(&out), whole);
	buf_done(&out);
	index_done(&x);
}
END_TEST

static const struct {
	const char *text;
	unsigned line;
} hostile[] = {
	{ "", 1 }, { "sallyport-ca 2\n", 1 }, { "\n" HEAD, 1 }, { "sallyport-ca 1", 1 }, { HEAD "crl 1\ncrl 2\n", 3 }, { HEAD "crl -1\n", 2 },
	{ HEAD "crl 99999999999999999999\n", 2 }, { HEAD "cert 0A client 100 0 alice", 2 }, { HEAD "cert 0A client 100 0\n", 2 },
	{ HEAD "cert 0a client 100 0 alice\n", 2 }, { HEAD "cert  client 100 0 alice\n", 2 }, { HEAD "cert 0A door 100 0 alice\n", 2 },
	{ HEAD "cert 0A client 100 0 ../etc\n", 2 }, { HEAD "cert 0A client 100 0 a b\n", 2 }, { HEAD "cert 0A client 0 0 a\n", 2 },
	{ HEAD "cert 0A client 100 -1 a\n", 2 }, { HEAD "cert 00112233445566778899AABBCCDDEEFF001122334 client 1 0 a\n", 2 },
	{ HEAD "copy crl etc/x\n", 2 }, { HEAD "copy crl /etc/\n", 2 }, { HEAD "copy crl /etc/\x1b[2J\n", 2 }, { HEAD "copy cert /etc/x\n", 2 },
	{ HEAD "copy key /etc/x\n", 2 }, { HEAD "more\n", 2 }, { HEAD "deployment d\n", 2 }, { HEAD "deployment /a\ndeployment /b\n", 3 }, { HEAD "crl 1\n\n", 3 }, { HEAD "cert 0A client 100 0 alice\r\n", 2 },
};

START_TEST(what_is_no_index_is_refused_with_its_line)
{
	ck_assert_msg(parse(hostile[_i].text, strlen(hostile[_i].text)) == E_FORMAT, "row %d", _i);
	ck_assert_msg(line == hostile[_i].line, "row %d: line %u", _i, line);
	index_done(&x);
}
END_TEST

START_TEST(cut_anywhere_but_at_a_line_it_is_refused)
{
	for (size_t n = 0; n < strlen(whole); n++) {
		int r = parse(whole, n);

		ck_assert_msg(n > 0 && whole[n - 1] == '\n' ? r == 0 : r == E_FORMAT, "%zu bytes: %d", n, r);
	}
	ck_assert_int_eq(parse(HEAD "crl\0 1\n", sizeof HEAD + 6), E_FORMAT);
	index_done(&x);
}
END_TEST

START_TEST(a_long_line_is_refused)
{
	static char text[PATH_MAX + 300];

	memset(text, 'x', sizeof text - 2);
	memcpy(text, HEAD "copy crl /", strlen(HEAD "copy crl /"));
	text[sizeof text - 2] = '\n';
	ck_assert_int_eq(parse(text, sizeof text - 1), E_FORMAT);
	index_done(&x);
}
END_TEST

static const struct {
	const char *name;
	bool good;
} names[] = {
	{ "a", true }, { "0", true }, { "alice@example.org", true }, { "a-b_c.d", true }, { "", false }, { ".a", false }, { "-a", false },
	{ "@a", false }, { "a..b", false }, { "a/b", false }, { "a b", false }, { "a\n", false }, { "\xc3\xa9", false }, { "a\x7f", false },
	{ "1234567890123456789012345678901234567890123456789012345678901234", true },
	{ "12345678901234567890123456789012345678901234567890123456789012345", false },
};

START_TEST(names_are_of_few_letters)
{
	ck_assert_msg(index_name_ok(names[_i].name) == names[_i].good, "row %d", _i);
}
END_TEST

START_TEST(the_newest_that_counts_is_found)
{
	ck_assert_int_eq(parse(whole, strlen(whole)), 0);
	ck_assert_str_eq(index_find(&x, "alice", 99)->serial, "0B");
	ck_assert_ptr_null(index_find(&x, "alice", 200));
	ck_assert_ptr_null(index_find(&x, "files.example", 99));
	ck_assert_ptr_null(index_find(&x, "Alice", 99));
	index_done(&x);
}
END_TEST

START_TEST(all_of_a_name_are_revoked_or_one_serial)
{
	ck_assert_int_eq(parse(whole, strlen(whole)), 0);
	ck_assert_int_eq(index_revoke(&x, "0a", 60), 1);
	ck_assert_int_eq(x.v[0].revoked, 60);
	ck_assert_int_eq(x.v[1].revoked, 0);
	ck_assert_int_eq(index_revoke(&x, "alice", 70), 1);
	ck_assert_int_eq(x.v[0].revoked, 60);
	ck_assert_int_eq(x.v[1].revoked, 70);
	ck_assert_int_eq(index_revoke(&x, "alice", 80), 0);
	ck_assert_int_eq(index_revoke(&x, "bob", 80), -ENOENT);
	index_done(&x);
}
END_TEST

START_TEST(a_copy_is_in_one_place)
{
	char path[PATH_MAX + 2];

	index_done(&x);
	ck_assert_int_eq(index_copy(&x, INDEX_OF_CRL, "", "/a"), 0);
	ck_assert_int_eq(index_copy(&x, INDEX_OF_CRL, "", "/b"), 0);
	ck_assert_uint_eq(x.n_copies, 1);
	ck_assert_str_eq(x.copies[0].path, "/b");
	ck_assert_int_eq(index_copy(&x, INDEX_OF_CRL, "", "b"), E_FORMAT);
	memset(path, '/', sizeof path);
	path[sizeof path - 1] = '\0';
	ck_assert_int_eq(index_copy(&x, INDEX_OF_CRL, "", path), E_FORMAT);
	for (int i = 1; i < INDEX_COPIES_MAX; i++) {
		snprintf(path, sizeof path, "/n%d", i);
		ck_assert_int_eq(index_copy(&x, INDEX_OF_CERT, path + 1, path), 0);
	}
	ck_assert_int_eq(index_copy(&x, INDEX_OF_CERT, "more", "/c"), E_LIMIT);
	ck_assert_int_eq(index_copy(&x, INDEX_OF_CERT, "more", "/n1"), 0);
	ck_assert_uint_eq(x.n_copies, INDEX_COPIES_MAX);
	ck_assert_str_eq(x.copies[INDEX_COPIES_MAX - 1].name, "more");
	ck_assert(index_copies_to(&x, "/b") && !index_copies_to(&x, "/a"));
	index_done(&x);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("deploy/ca/index");
	TCase *t = tcase_create("index");

	tcase_add_test(t, what_is_read_is_written);
	tcase_add_loop_test(t, what_is_no_index_is_refused_with_its_line, 0, ARRAY_LEN(hostile));
	tcase_add_test(t, cut_anywhere_but_at_a_line_it_is_refused);
	tcase_add_test(t, a_long_line_is_refused);
	tcase_add_loop_test(t, names_are_of_few_letters, 0, ARRAY_LEN(names));
	tcase_add_test(t, the_newest_that_counts_is_found);
	tcase_add_test(t, all_of_a_name_are_revoked_or_one_serial);
	tcase_add_test(t, a_copy_is_in_one_place);
	suite_add_tcase(s, t);
	return unit_main(s);
}

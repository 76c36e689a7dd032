#include <string.h>

#include "lib/err.h"
#include "lib/invite.h"
#include "t/unit/unit.h"

static struct invite sample, back;
static struct buf text;

static void
set_up(void)
{
	sample = (struct invite){ .host = "laptop.example", .client = "phone-1", .module = "my \xc3\xa9 'photos'", .port = 8740,
	    .address = { "192.0.2.7", "2001:db8::7" }, .n_addresses = 2, .n_cert = 700, .n_key = 138 };
	memset(sample.pin, 0xa5, sizeof sample.pin);
	memset(sample.cert, 1, sample.n_cert);
	memset(sample.key, 2, sample.n_key);
	text = (struct buf)BUF_INIT;
}

static void
tear_down(void)
{
	buf_done(&text);
}

static const char *
written(void)
{
	buf_clear(&text);
	ck_assert_int_eq(invite_put(&sample, &text), 0);
	return buf_cstr(&text);
}

START_TEST(what_is_written_is_read)
{
	const char *word;

	sample.n_cert = 700 + (size_t)_i;	/* every length of the last group */
	word = written();
	ck_assert_uint_eq(strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_:"), strlen(word));
	ck_assert_int_eq(invite_get(word, strlen(word), &back), 0);
	sample.cert[sample.n_cert - 1] = back.cert[sample.n_cert - 1];
	ck_assert_int_eq(memcmp(&back, &sample, sizeof back), 0);
}
END_TEST

/* Written by another program, with zlib's sum. */
static const char foreign[] = "sallyport1:BmxhcHRvcAVwaG9uZQZwaG90b3MkIqWlpaWlpaWlpaWlpaWlpaWlpaW"
    "lpaWlpaWlpaWlpaWlAgkxOTIuMC4yLjcLMjAwMTpkYjg6OjcDADABAAMAMAEBFXecCw";

START_TEST(the_form_does_not_change)
{
	ck_assert_int_eq(invite_get(foreign, sizeof foreign - 1, &back), 0);
	ck_assert_str_eq(back.host, "laptop");
	ck_assert_str_eq(back.client, "phone");
	ck_assert_str_eq(back.module, "photos");
	ck_assert_uint_eq(back.port, 8740);
	ck_assert_uint_eq(back.pin[31], 0xa5);
	ck_assert_str_eq(back.address[1], "2001:db8::7");
	ck_assert(back.n_addresses == 2 && back.n_cert == 3 && back.n_key == 3 && back.key[2] == 1);
}
END_TEST

START_TEST(the_largest_fits)
{
	memset(sample.host, 'h', sizeof sample.host - 1);
	memset(sample.client, 'c', sizeof sample.client - 1);
	memset(sample.module, 'm', sizeof sample.module - 1);
	sample.n_addresses = INVITE_ADDRESSES_MAX;
	for (size_t i = 0; i < INVITE_ADDRESSES_MAX; i++)
		strcpy(sample.address[i], "2001:0db8:1111:2222:3333:4444:5555:6666");
	sample.n_cert = INVITE_CERT_MAX;
	sample.n_key = INVITE_KEY_MAX;
	written();
	ck_assert_int_eq(invite_get(buf_cstr(&text), buf_len(&text), &back), 0);
	ck_assert_uint_le(buf_len(&text), INVITE_TEXT_MAX);
}
END_TEST

START_TEST(one_that_was_cut_or_changed_is_told)
{
	char copy[INVITE_TEXT_MAX + 1];
	size_t n;

	strcpy(copy, written());
	n = strlen(copy);
	for (size_t i = 11; i < n; i++)
		ck_assert_msg(invite_get(copy, i, &back) == E_SHORT && back.n_key == 0, "cut at %zu", i);
	for (size_t i = 11; i < n; i++) {
		char was = copy[i];

		copy[i] = was == 'A' ? 'B' : 'A';
		ck_assert_msg(invite_get(copy, n, &back) == E_SHORT, "changed at %zu", i);
		copy[i] = was;
	}
	strcat(copy, "A");
	ck_assert_int_eq(invite_get(copy, n + 1, &back), E_SHORT);
}
END_TEST

static const struct {
	const char *text;
	int r;
} others[] = {
	{ "", E_FORMAT }, { "sallyport", E_FORMAT }, { "sallyport1", E_FORMAT }, { "https://example.org/", E_FORMAT },
	{ "Sallyport1:AAAA", E_FORMAT }, { "sallyport2:AAAA", E_UNSUPPORTED }, { "sallyport10:AAAA", E_UNSUPPORTED },
	{ "sallyport1:", E_SHORT }, { "sallyport1:AAAA", E_SHORT }, { "sallyport1:AAAAAA", E_FORMAT }, { "sallyport1:AAAAAAA=", E_SHORT },
	{ "sallyport1:AAAA AAA", E_SHORT }, { "sallyport1:+/AAAAAA", E_SHORT },
};

START_TEST(anything_else_is_told)
{
	int r = invite_get(others[_i].text, strlen(others[_i].text), &back);

	ck_assert_msg(r == others[_i].r, "%s: %d", others[_i].text, r);
	ck_assert_ptr_nonnull(invite_error(r));
}
END_TEST

static const struct {
	const char *host, *client, *module, *address;	/* NULL: as it is */
} wrong[] = {
	{ .host = "" }, { .host = "-a" }, { .host = ".a" }, { .host = "a." }, { .host = "a..b" }, { .host = "a.-b" }, { .host = "a b" },
	{ .host = "a/b" }, { .host = "[::1]" }, { .host = "a:b" }, { .host = "a;b" }, { .host = "fe80::1%eth0" },
	{ .client = "" }, { .client = "-a" }, { .client = ".a" }, { .client = "a b" }, { .client = "\x1b" },
	{ .module = "" }, { .module = "a/b" }, { .module = "-a" }, { .module = "." }, { .module = "a\x1b[m" }, { .module = "a\x7f" },
	{ .module = "a\xc2\x9b" }, { .module = "\xff" }, { .module = "a\xc3" },
	{ .address = "" }, { .address = "host" }, { .address = "1.2.3" }, { .address = "::1%lo" }, { .address = "127.0.0.1:80" },
};

static void
replace(char *dst, const char *with)
{
	if (with != NULL)
		strcpy(dst, with);
}

START_TEST(nothing_harmful_is_written)
{
	replace(sample.host, wrong[_i].host);
	replace(sample.client, wrong[_i].client);
	replace(sample.module, wrong[_i].module);
	replace(sample.address[1], wrong[_i].address);
	ck_assert_msg(invite_put(&sample, &text) == E_FORMAT && buf_len(&text) == 0, "row %d", _i);
}
END_TEST

START_TEST(nothing_is_missing)
{
	sample.port = 0;
	ck_assert_int_eq(invite_put(&sample, &text), E_FORMAT);
	sample.port = 1;
	sample.n_key = 0;
	ck_assert_int_eq(invite_put(&sample, &text), E_FORMAT);
	sample.n_key = INVITE_KEY_MAX + 1;
	ck_assert_int_eq(invite_put(&sample, &text), E_LIMIT);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lib/invite");
	TCase *t = tcase_create("invite");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, what_is_written_is_read, 0, 3);
	tcase_add_test(t, the_form_does_not_change);
	tcase_add_test(t, the_largest_fits);
	tcase_add_test(t, one_that_was_cut_or_changed_is_told);
	tcase_add_loop_test(t, anything_else_is_told, 0, ARRAY_LEN(others));
	tcase_add_loop_test(t, nothing_harmful_is_written, 0, ARRAY_LEN(wrong));
	tcase_add_test(t, nothing_is_missing);
	suite_add_tcase(s, t);
	return unit_main(s);
}

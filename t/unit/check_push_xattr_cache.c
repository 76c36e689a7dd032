#include "syncd/push/xattr_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/unit/hex.h"
#include "t/unit/unit.h"

static struct xattr_cache k;
static char learnt[256];

static int
learn(void *arg, bool is_user, uint32_t id, const char *name)
{
	size_t n = strlen(learnt);

	(void)arg;
	snprintf(learnt + n, sizeof learnt - n, "%c%u=%s ", is_user ? 'u' : 'g', id, name);
	return 0;
}

static bool
may(void *arg, const char *name)
{
	(void)arg;
	return strncmp(name, "user.", 5) == 0;
}

static void
setup(void)
{
	memset(&k, 0, sizeof k);
	learnt[0] = '\0';
}

static void
teardown(void)
{
	xattr_cache_done(&k);
}

static int
acl(int kind, const char *hex, int32_t *ret)
{
	struct buf b = BUF_INIT;
	struct cursor c;
	uint8_t *copy;
	int r;

	hex_put(&b, hex);
	c = hex_part(&b, buf_len(&b), &copy);
	r = xattr_cache_acl(&k, kind, &c, learn, NULL, ret);
	ck_assert(r != 0 || cur_left(&c) == 0);
	free(copy);
	buf_done(&b);
	return r;
}

/* A whole set; the first error. */
static int
set(const char *hex, int32_t *ret)
{
	struct buf b = BUF_INIT;
	struct cursor c;
	uint8_t *copy;
	int r;

	hex_put(&b, hex);
	c = hex_part(&b, buf_len(&b), &copy);
	r = xattr_cache_set(&k, &c, ret);
	while (r == 0 && xattr_cache_open(&k))
		r = xattr_cache_item(&k, &c, may, NULL);
	ck_assert(r != 0 || cur_left(&c) == 0);
	free(copy);
	buf_done(&b);
	return r;
}

START_TEST(the_captured_acls_are_read)
{
	int32_t n;

	ck_assert_int_eq(acl(0, "00 00", &n), 0);
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(acl(0, "01", &n), 0);
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(acl(0, "00 12 04 02 84d2 1a 00 10", &n), 0);
	ck_assert_int_eq(n, 1);
	ck_assert(k.acls[0][1].group_obj == 4 && k.acls[0][1].user_obj == POSIX_ACL_ABSENT && k.acls[0][1].n_named == 2);
	ck_assert(k.acls[0][1].named[0].id == 1234 && k.acls[0][1].named[0].perms == 6 && k.acls[0][1].named[0].is_user);
	ck_assert(k.acls[0][1].named[1].id == 0 && k.acls[0][1].named[1].perms == 4 && !k.acls[0][1].named[1].is_user);
	ck_assert_int_eq(acl(1, "00 1f 07 05 07 05 01 01 1f 06 \"daemon\"", &n), 0);
	ck_assert_int_eq(n, 0);		/* default ACLs count by themselves */
	ck_assert_str_eq(learnt, "u1=daemon ");
}
END_TEST

static const struct { const char *hex; int r; } acls[] = {
	{ "", E_SHORT }, { "02", E_FORMAT }, { "f0ffffffff", E_FORMAT }, { "f000000080", E_FORMAT }, { "f0ffffff7f", E_FORMAT }, { "00", E_SHORT }, { "00 20", E_FORMAT }, { "00 01 08", E_FORMAT },
	{ "00 01", E_SHORT }, { "00 10 01", E_SHORT }, { "00 10 01 05 20", E_FORMAT }, { "00 10 01 05 1d", E_SHORT },
	{ "00 10 01 05 1d 05 \"abc\"", E_SHORT }, { "00 10 01 05 1d 03 610062", E_FORMAT }, { "00 10 f0ffffffff", E_LIMIT },
	{ "00 10 c10001", E_LIMIT },
};

START_TEST(an_acl_that_lies_changes_nothing)
{
	int32_t n;
	size_t before;

	ck_assert_int_eq(acl(0, "00 00", &n), 0);
	before = k.list_bytes;
	ck_assert_int_eq(acl(0, acls[_i].hex, &n), acls[_i].r);
	ck_assert(k.n_acls[0] == 1 && (acls[_i].r != E_SHORT || k.list_bytes == before));
}
END_TEST

START_TEST(the_captured_set_is_read_and_asked_for_once)
{
	int32_t n;
	struct xattr_value *it;

	ck_assert_int_eq(set("00 02 0a 64 \"user.long\" 00 54a0e72a6698b7087042072986fbe290 0b 03 \"user.short\" 00 \"abc\"", &n), 0);
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(set("00 00", &n), 0);
	ck_assert_int_eq(n, 1);
	ck_assert_int_eq(set("01", &n), 0);
	ck_assert_int_eq(n, 0);
	ck_assert(k.sets[0].n == 2 && k.sets[0].v[0].state == VALUE_ABBREVIATED && k.sets[0].v[1].state == VALUE_HERE);
	ck_assert(memcmp(k.sets[0].v[1].value, "abc", 3) == 0 && k.sets[0].v[0].ours);
	ck_assert_ptr_null(xattr_cache_asked(&k, 0, 1, 7));
	k.sets[0].v[0].state = VALUE_ASKED;
	k.sets[0].v[0].asked_by = 7;
	ck_assert(xattr_cache_due(&k, 0, 7) && !xattr_cache_due(&k, 0, 8) && !xattr_cache_due(&k, -1, 7));
	ck_assert_ptr_null(xattr_cache_asked(&k, 0, 1, 8));
	ck_assert_ptr_null(xattr_cache_asked(&k, 0, 0, 7));
	ck_assert_ptr_null(xattr_cache_asked(&k, 0, 2, 7));
	ck_assert_ptr_null(xattr_cache_asked(&k, 0, 3, 7));
	ck_assert_ptr_null(xattr_cache_asked(&k, 0, UINT32_MAX, 7));
	it = xattr_cache_asked(&k, 0, 1, 7);
	ck_assert_ptr_nonnull(it);
	ck_assert(xattr_cache_room(&k, it, 100));
	ck_assert(!xattr_cache_due(&k, 0, 7) && it->state == VALUE_HERE && it->len == 100);
	ck_assert_ptr_null(xattr_cache_asked(&k, 0, 1, 7));
}
END_TEST

static const struct { const char *hex; int r; } sets[] = {
	{ "", E_SHORT }, { "02", E_FORMAT }, { "00", E_SHORT }, { "00 f0ffffffff", E_LIMIT }, { "00 c10001", E_LIMIT },
	{ "00 01 00 01 01", E_FORMAT }, { "00 01 03 01 616200 78", 0 }, { "00 01 03 01 610062 78", E_FORMAT }, { "00 01 03 01 616263 78", E_FORMAT },
	{ "00 01 f0ffffffff 01", E_FORMAT }, { "00 01 9000 01", E_SHORT }, { "00 01 d00101 01", E_FORMAT }, { "00 01 02 f0ffffffff 6100", E_FORMAT },
	{ "00 01 02 21 6100 00", E_SHORT }, { "00 01 02 f000000008 6100", E_SHORT }, { "00 01 02 f001000008 6100", E_FORMAT },
};

START_TEST(a_set_is_read_or_refused)
{
	int32_t n;

	ck_assert_int_eq(set(sets[_i].hex, &n), sets[_i].r);
}
END_TEST

START_TEST(values_are_bounded)
{
	static char hex[200];
	int32_t n;

	strcpy(hex, "00 01 07 f0ffff0000 \"user.x\" 00 00000000000000000000000000000000");
	for (int i = 0; i < 1100; i++) {
		struct xattr_value *it;

		ck_assert_int_eq(set(hex, &n), 0);
		it = &k.sets[n].v[0];
		it->state = VALUE_ASKED;
		xattr_cache_trim(&k);
		ck_assert(xattr_cache_room(&k, it, XATTR_CACHE_VALUE_MAX));
		ck_assert_uint_le(k.value_bytes, XATTR_CACHE_VALUES_MAX);
	}
	ck_assert_int_eq(k.sets[0].v[0].state, VALUE_LOST);
	ck_assert_int_eq(set(hex, &n), 0);
	ck_assert(!xattr_cache_room(&k, &k.sets[n].v[0], XATTR_CACHE_VALUE_MAX + 1));
	ck_assert_int_eq(k.sets[n].v[0].state, VALUE_LOST);
}
END_TEST

START_TEST(sets_are_bounded_in_number)
{
	int32_t n;

	k.cap_acls[0] = XATTR_CACHE_SETS_MAX;
	ck_assert_ptr_nonnull(k.acls[0] = calloc(XATTR_CACHE_SETS_MAX, sizeof *k.acls[0]));
	k.n_acls[0] = XATTR_CACHE_SETS_MAX - 1;
	ck_assert_int_eq(acl(0, "00 00", &n), 0);
	ck_assert_int_eq(n, XATTR_CACHE_SETS_MAX - 1);
	ck_assert_int_eq(acl(0, "00 00", &n), E_LIMIT);
	ck_assert_uint_eq(k.n_acls[0], XATTR_CACHE_SETS_MAX);
}
END_TEST

START_TEST(lists_are_bounded)
{
	static char hex[20000] = "00 01 8fff 00 ";
	int32_t n;
	int r = 0, sets_taken = 0;

	for (size_t at = strlen(hex), i = 0; i < 4094; i++, at += 2)
		memcpy(hex + at, "61", 3);
	strcat(hex, "00");
	for (; r == 0 && sets_taken < 100000; sets_taken++)
		r = set(hex, &n);
	ck_assert_int_eq(r, E_LIMIT);
	ck_assert_uint_le(k.list_bytes, XATTR_CACHE_LIST_MAX);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/push/xattr_cache");
	TCase *t = tcase_create("keeps");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_captured_acls_are_read);
	tcase_add_loop_test(t, an_acl_that_lies_changes_nothing, 0, ARRAY_LEN(acls));
	tcase_add_test(t, the_captured_set_is_read_and_asked_for_once);
	tcase_add_loop_test(t, a_set_is_read_or_refused, 0, ARRAY_LEN(sets));
	tcase_add_test(t, values_are_bounded);
	tcase_add_test(t, sets_are_bounded_in_number);
	tcase_add_test(t, lists_are_bounded);
	suite_add_tcase(s, t);
	return unit_main(s);
}

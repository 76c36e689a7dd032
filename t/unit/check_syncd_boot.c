#include "syncd/boot.h"

#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"

static const gid_t groups[] = { 5, 6, 4000000000u };

static struct boot
example(void)
{
	struct boot b = { .version = 31, .deadline = UINT64_C(1) << 40, .n_rules = 2,
	    .rules = { { RULES_FILTER, "- *.o" }, { RULES_EXCLUDE_LIST, "a b" } }, .ahead = (const uint8_t *)"ab\0c", .n_ahead = 4 };

	strcpy(b.grant.module, "m");
	b.grant.conf.read_only = b.grant.munge = true;
	b.grant.conf.incoming_chmod = "D2755";
	b.grant.conf.timeout = 77;
	b.grant.conf.idle = 14400;
	b.grant.conf.open_noatime = -1;
	b.grant.conf.temp_dir = "tmp";
	b.id = (struct session_identity){ .tree_fd = -1, .jail = 1, .set_ids = 1, .uid = 4000000001u, .gid = 7, .groups = groups,
	    .n_groups = ARRAY_LEN(groups), .writes = 1, .memory_max = UINT64_C(5) << 33 };
	return b;
}

static void
encode(struct buf *out)
{
	const struct boot b = example();

	boot_put(out, &b);
	ck_assert_int_eq(out->err, 0);
}

START_TEST(what_is_told_arrives)
{
	struct buf out = BUF_INIT, again = BUF_INIT;
	struct cursor c;
	struct boot b;

	encode(&out);
	c = cur_of(buf_head(&out), buf_len(&out));
	ck_assert_int_eq(boot_get(&c, &b), 0);
	ck_assert_uint_eq(cur_left(&c), 0);
	ck_assert_str_eq(b.grant.module, "m");
	ck_assert(b.grant.conf.read_only && b.grant.munge && !b.grant.conf.write_only && !b.grant.conf.fake_super);
	ck_assert_int_eq(b.grant.conf.timeout, 77);
	ck_assert_int_eq(b.grant.conf.open_noatime, -1);
	ck_assert_str_eq(b.grant.conf.temp_dir, "tmp");
	ck_assert_ptr_null(b.grant.conf.charset);
	ck_assert_ptr_null(b.grant.conf.outgoing_chmod);
	ck_assert_uint_eq(b.id.uid, 4000000001u);
	ck_assert_uint_eq(b.id.n_groups, 3);
	ck_assert_uint_eq(b.id.groups[2], 4000000000u);
	ck_assert_uint_eq(b.id.memory_max, UINT64_C(5) << 33);
	ck_assert_uint_eq(b.n_rules, 2);
	ck_assert_str_eq(b.rules[1].text, "a b");
	ck_assert_uint_eq(b.n_ahead, 4);
	ck_assert_mem_eq(b.ahead, "ab\0c", 4);
	boot_put(&again, &b);
	ck_assert_uint_eq(buf_len(&again), buf_len(&out));
	ck_assert_mem_eq(buf_head(&again), buf_head(&out), buf_len(&out));
	buf_done(&out);
	buf_done(&again);
}
END_TEST

START_TEST(cut_short_it_is_refused)
{
	struct buf out = BUF_INIT;
	struct cursor c;
	struct boot b;

	encode(&out);
	for (size_t n = 0; n < buf_len(&out); n++) {
		c = cur_of(buf_head(&out), n);
		ck_assert_int_ne(boot_get(&c, &b), 0);
	}
	buf_done(&out);
}
END_TEST

START_TEST(damage_does_no_harm)
{
	struct buf out = BUF_INIT;
	struct cursor c;
	struct boot b;

	encode(&out);
	for (size_t at = 0; at < buf_len(&out); at++)
		for (int v = 1; v < 256; v += 127) {
			out.data[out.head + at] ^= (uint8_t)v;
			c = cur_of(buf_head(&out), buf_len(&out));
			if (boot_get(&c, &b) == 0) {
				ck_assert_uint_le(b.id.n_groups, SESSION_GROUPS_MAX);
				ck_assert_uint_le(b.n_rules, BOOT_RULES_MAX);
			}
			out.data[out.head + at] ^= (uint8_t)v;
		}
	buf_done(&out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/boot");
	TCase *t = tcase_create("boot");

	tcase_add_test(t, what_is_told_arrives);
	tcase_add_test(t, cut_short_it_is_refused);
	tcase_add_test(t, damage_does_no_harm);
	suite_add_tcase(s, t);
	return unit_main(s);
}

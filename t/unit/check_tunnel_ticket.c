#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"
#include "tunnel/tls/ticket.h"

static const struct {
	const char *text;
	size_t n;
} rows[] = {
	{ "00112233445566778899aabbccddeeff", 16 }, { "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF", 16 },
	{ "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", 32 }, { "", 0 }, { "0", 0 }, { "00112233", 0 },
	{ "00112233445566778899aabbccddeefg", 0 }, { "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00", 0 },
};

START_TEST(a_secret_is_16_or_32_bytes)
{
	unsigned char key[TICKET_KEY];

	ck_assert_msg(ticket_secret_parse(rows[_i].text, key) == rows[_i].n, "%s", rows[_i].text);
}
END_TEST

START_TEST(two_that_walk_alike_have_the_same_keys)
{
	struct ticket_ring a, b;

	ck_assert_int_eq(ticket_ring_init(&a, 10), 0);
	b = a;
	ck_assert_int_eq(ticket_ring_walk(&a, 11), 0);
	ck_assert_int_eq(ticket_ring_walk(&a, 13), 0);
	ck_assert_int_eq(ticket_ring_walk(&b, 13), 0);
	ck_assert_mem_eq(&a.now, &b.now, sizeof a.now);
	ck_assert_mem_eq(&a.before, &b.before, sizeof a.before);
	ck_assert_mem_ne(&a.now, &a.before, sizeof a.now);
	ck_assert_int_eq(ticket_ring_walk(&b, 12), 0);
	ck_assert_mem_eq(&a.now, &b.now, sizeof a.now);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel/ticket");
	TCase *t = tcase_create("ticket");

	tcase_add_loop_test(t, a_secret_is_16_or_32_bytes, 0, (int)ARRAY_LEN(rows));
	tcase_add_test(t, two_that_walk_alike_have_the_same_keys);
	suite_add_tcase(s, t);
	return unit_main(s);
}

#include <stdio.h>
#include <string.h>

#include "t/unit/unit.h"
#include "tunnel/service/limit.h"

enum { RATE = 10, NOW = 1000 };

static struct limits *limits;

static void
fresh(void)
{
	ck_assert_int_eq(limits_new(&limits), 0);
}

static int
comes(enum limit what, const char *from, uint64_t now, unsigned rate, unsigned rate_address)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(from, 4711, &a), 0);
	return limits_admit(limits, what, &a, now, rate, rate_address);
}

/* How many of a hundred come in. */
static int
of_hundred(const char *from, uint64_t now, unsigned rate, unsigned rate_address)
{
	int n = 0;

	for (int i = 0; i < 100; i++)
		n += comes(LIMIT_CONNECTIONS, from, now, rate, rate_address);
	return n;
}

START_TEST(without_a_rate_everybody_comes)
{
	ck_assert_int_eq(of_hundred("192.0.2.1", NOW, 0, 0), 100);
}
END_TEST

START_TEST(one_second_fills_up_again)
{
	ck_assert_int_eq(of_hundred("192.0.2.1", NOW, 0, RATE), RATE);
	ck_assert_int_eq(of_hundred("192.0.2.1", NOW + 500, 0, RATE), RATE / 2);
	ck_assert_int_eq(of_hundred("192.0.2.1", NOW + 5000, 0, RATE), RATE);
}
END_TEST

static const struct {
	const char *first, *second;
	int together;
} pairs[] = {
	{ "192.0.2.1", "192.0.2.1", 1 }, { "192.0.2.1", "192.0.2.2", 0 }, { "192.0.2.1", "::ffff:192.0.2.1", 1 },
	{ "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", 1 }, { "2001:db8:1:2::1", "2001:db8:1:3::1", 0 },
	{ "2001:db8:1:2::1", "192.0.2.1", 0 },
};

START_TEST(an_address_is_a_32_or_a_64)
{
	ck_assert_int_eq(of_hundred(pairs[_i].first, NOW, 0, RATE), RATE);
	ck_assert_msg(of_hundred(pairs[_i].second, NOW, 0, RATE) == (pairs[_i].together ? 0 : RATE), "%s after %s",
	    pairs[_i].second, pairs[_i].first);
}
END_TEST

START_TEST(all_together_have_their_own)
{
	ck_assert_int_eq(of_hundred("192.0.2.1", NOW, RATE, 0), RATE);
	ck_assert_int_eq(of_hundred("192.0.2.2", NOW, RATE, 0), 0);
}
END_TEST

START_TEST(handshakes_are_counted_for_themselves)
{
	ck_assert_int_eq(of_hundred("192.0.2.1", NOW, RATE, RATE), RATE);
	ck_assert(comes(LIMIT_HANDSHAKES, "192.0.2.1", NOW, RATE, RATE));
}
END_TEST

START_TEST(unix_sockets_have_no_address)
{
	ck_assert_int_eq(of_hundred("/run/socket", NOW, 0, RATE), 100);
	ck_assert_int_eq(of_hundred("/run/socket", NOW, RATE, RATE), RATE);
}
END_TEST

/* A thousand neighbours that use up their share hardly disturb another: two slots must both be taken. */
START_TEST(strangers_do_not_disturb)
{
	char text[64];
	int met = 0;

	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof text, "2001:db8:%x:%x::1", i / 100 + 1, i % 100);
		of_hundred(text, NOW, 0, RATE);
	}
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof text, "198.51.100.%d", i);
		met += !comes(LIMIT_CONNECTIONS, text, NOW, 0, RATE);
	}
	ck_assert_int_le(met, 2);
}
END_TEST

/* What a worker that was taken over can do: the only memory of this program that is shared and can be written. */
static void
poison(void)
{
	char line[4096];
	unsigned long from, to;
	FILE *maps = fopen("/proc/self/maps", "r");

	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof line, maps) != NULL)
		if (strstr(line, " rw-s ") != NULL && sscanf(line, "%lx-%lx", &from, &to) == 2)
			memset((void *)from, 0xff, to - from);
	fclose(maps);
}

START_TEST(a_poisoned_meter_is_good_after_a_second)
{
	poison();
	ck_assert_int_eq(of_hundred("192.0.2.1", NOW, RATE, RATE), 0);
	ck_assert_int_eq(of_hundred("192.0.2.1", NOW + 1000, RATE, RATE), 0);
	ck_assert_int_eq(of_hundred("192.0.2.1", NOW + 2000, RATE, RATE), RATE);
	ck_assert_int_eq(of_hundred("192.0.2.2", NOW + 9000, RATE, RATE), 0);	/* its own slot heals only now */
	ck_assert_int_eq(of_hundred("192.0.2.2", NOW + 10000, RATE, RATE), RATE);
}
END_TEST

START_TEST(cleared_meters_know_nobody)
{
	poison();
	limits_clear(limits);
	ck_assert_int_eq(of_hundred("192.0.2.1", NOW, RATE, RATE), RATE);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel/limit");
	TCase *t = tcase_create("limit");

	tcase_add_checked_fixture(t, fresh, NULL);
	tcase_add_test(t, without_a_rate_everybody_comes);
	tcase_add_test(t, one_second_fills_up_again);
	tcase_add_loop_test(t, an_address_is_a_32_or_a_64, 0, (int)(sizeof pairs / sizeof *pairs));
	tcase_add_test(t, all_together_have_their_own);
	tcase_add_test(t, handshakes_are_counted_for_themselves);
	tcase_add_test(t, unix_sockets_have_no_address);
	tcase_add_test(t, strangers_do_not_disturb);
	tcase_add_test(t, a_poisoned_meter_is_good_after_a_second);
	tcase_add_test(t, cleared_meters_know_nobody);
	suite_add_tcase(s, t);
	return unit_main(s);
}

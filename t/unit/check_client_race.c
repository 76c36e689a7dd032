#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client-wrap/race.h"
#include "lib/err.h"
#include "lib/loop.h"
#include "lib/sock.h"
#include "t/unit/unit.h"

static const struct {
	const char *given, *wanted;	/* a letter an address: capitals are IPv6 */
} orders[] = {
	{ "a", "a" }, { "abc", "abc" }, { "ABCabc", "AaBbCc" }, { "abcABC", "aAbBcC" }, { "ABCa", "AaBC" }, { "aABC", "aABC" }, { "AbBaC", "AbBaC" },
};

START_TEST(families_take_turns)
{
	struct addr v[RACE_MAX] = { 0 };
	size_t n = strlen(orders[_i].given);

	for (size_t i = 0; i < n; i++) {
		char c = orders[_i].given[i];

		v[i].ss.ss_family = c < 'a' ? AF_INET6 : AF_INET;
		v[i].len = (socklen_t)c;
	}
	race_order(v, n);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(v[i].len == (socklen_t)orders[_i].wanted[i], "%s: %c at %zu", orders[_i].given, (char)v[i].len, i);
}
END_TEST

/* A socket of the loopback that listens, one that nobody listens on, and one that lets nobody in any more. */
static int
listening(struct addr *ret)
{
	int fd;

	ck_assert_int_eq(addr_parse("127.0.0.1", 0, ret), 0);
	ck_assert_int_eq(sock_listen(ret, 0, &fd), 0);
	ck_assert_int_eq(sock_local(fd, ret), 0);
	return fd;
}

static void
refusing(struct addr *ret)
{
	close(listening(ret));
}

static void
silent(struct addr *ret)
{
	int fd, r = 0;

	listening(ret);
	for (int i = 0; i < 8 && r == 0; i++)	/* the queue fills up; the kernel then drops what comes */
		r = sock_connect(ret, &fd);
	ck_assert_int_eq(r, -EINPROGRESS);
}

static int
race(const struct addr *v, size_t n, const struct addr *from, uint64_t ms, int life_fd, size_t *ret_winner)
{
	const struct deadline d = { loop_clock() + ms, life_fd };
	int errors[RACE_MAX], fd = -1, r = race_run(v, n, from, &d, errors, &fd, ret_winner);

	ck_assert_int_eq(r == 0, fd >= 0);
	if (r == E_DENIED)
		ck_assert_int_ne(errors[n - 1], 0);
	return r;
}

START_TEST(the_first_that_answers_wins)
{
	struct addr v[3];
	size_t winner = 9;

	silent(&v[0]);
	refusing(&v[1]);
	listening(&v[2]);
	ck_assert_int_eq(race(v, 3, NULL, 60000, -1, &winner), 0);
	ck_assert_uint_eq(winner, 2);
}
END_TEST

START_TEST(nobody_there_is_told_at_once)
{
	struct addr v[2];
	size_t winner;

	refusing(&v[0]);
	refusing(&v[1]);
	ck_assert_int_eq(race(v, 2, NULL, 60000, -1, &winner), E_DENIED);
}
END_TEST

START_TEST(silence_ends_with_the_deadline)
{
	struct addr v[2];
	size_t winner;

	silent(&v[0]);
	silent(&v[1]);
	ck_assert_int_eq(race(v, 2, NULL, 400, -1, &winner), E_TIMEOUT);
}
END_TEST

START_TEST(an_address_to_come_from_is_of_its_family)
{
	struct addr v[2], from;
	size_t winner;

	listening(&v[0]);
	ck_assert_int_eq(addr_parse("127.0.0.9", 0, &from), 0);
	ck_assert_int_eq(race(v, 1, &from, 60000, -1, &winner), 0);
	ck_assert_int_eq(addr_parse("::1", 0, &from), 0);
	ck_assert_int_eq(race(v, 1, &from, 60000, -1, &winner), E_DENIED);
}
END_TEST

START_TEST(it_ends_with_who_started_it)
{
	struct addr v;
	size_t winner;
	int ends[2];

	silent(&v);
	ck_assert_int_eq(pipe(ends), 0);
	close(ends[0]);
	ck_assert_int_eq(race(&v, 1, NULL, 60000, ends[1], &winner), -ECANCELED);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("client-wrap/race");
	TCase *t = tcase_create("race");

	tcase_add_loop_test(t, families_take_turns, 0, (int)ARRAY_LEN(orders));
	tcase_add_test(t, the_first_that_answers_wins);
	tcase_add_test(t, nobody_there_is_told_at_once);
	tcase_add_test(t, silence_ends_with_the_deadline);
	tcase_add_test(t, an_address_to_come_from_is_of_its_family);
	tcase_add_test(t, it_ends_with_who_started_it);
	suite_add_tcase(s, t);
	return unit_main(s);
}

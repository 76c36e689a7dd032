#include <sys/socket.h>
#include <unistd.h>

#include "deploy/probe.h"
#include "lib/addr.h"
#include "lib/err.h"
#include "lib/sock.h"
#include "t/unit/unit.h"

static const struct {
	const char *at;
	int found;
} rows[] = { { "127.0.0.1", 1 }, { "0.0.0.0", 1 }, { "127.0.0.2", 0 } };

START_TEST(a_listener_is_seen_where_it_listens)
{
	struct addr a;
	int fd;

	ck_assert_int_eq(addr_parse(rows[_i].at, 0, &a), 0);
	ck_assert_int_eq(sock_listen(&a, 1, &fd), 0);
	ck_assert_int_eq(sock_local(fd, &a), 0);
	ck_assert_msg(probe_listens(addr_port(&a)) == rows[_i].found, "%s", rows[_i].at);
	close(fd);
	ck_assert_int_eq(probe_listens(addr_port(&a)), 0);
}
END_TEST

START_TEST(a_port_that_is_only_bound_is_not_listened_on)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct addr a;

	ck_assert_int_eq(addr_parse("127.0.0.1", 0, &a), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a.ss, a.len), 0);
	ck_assert_int_eq(sock_local(fd, &a), 0);
	ck_assert_int_eq(probe_listens(addr_port(&a)), 0);
	close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("deploy/probe");
	TCase *t = tcase_create("probe");

	tcase_add_loop_test(t, a_listener_is_seen_where_it_listens, 0, ARRAY_LEN(rows));
	tcase_add_test(t, a_port_that_is_only_bound_is_not_listened_on);
	suite_add_tcase(s, t);
	return unit_main(s);
}

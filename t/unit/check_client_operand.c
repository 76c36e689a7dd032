#include <string.h>

#include "client-wrap/operand.h"
#include "lib/err.h"
#include "t/unit/unit.h"

static const struct {
	const char *text;
	enum operand_kind kind;
	const char *user, *host;	/* host NULL: refused */
	uint16_t port;
} rows[] = {
	{ "rsyncs://h/m", OPERAND_DAEMON, "", "h", 0 }, { "RSYNCS://me@h:1/m/x:y@z", OPERAND_DAEMON, "me", "h", 1 },
	{ "rsync://h", OPERAND_DAEMON, "", "h", 0 }, { "rsync://u@k@h:65535", OPERAND_DAEMON, "u@k", "h", 65535 },
	{ "rsyncs://[::1]:875/m", OPERAND_DAEMON, "", "::1", 875 }, { "rsyncs://u@[fe80::1%eth0]/m", OPERAND_DAEMON, "u", "fe80::1%eth0", 0 },
	{ "h::m", OPERAND_DAEMON, "", "h", 0 }, { "u@h::", OPERAND_DAEMON, "u", "h", 0 }, { "[::1]::m", OPERAND_DAEMON, "", "::1", 0 },
	{ "u@[::1]::m", OPERAND_DAEMON, "u", "::1", 0 }, { "::m/x", OPERAND_DAEMON, "", "", 0 },
	{ "h:x", OPERAND_SHELL, "", "", 0 }, { ":x", OPERAND_SHELL, "", "", 0 }, { "u@h:/x::y", OPERAND_SHELL, "", "", 0 },
	{ "x:y::m", OPERAND_SHELL, "", "", 0 },
	{ "x", OPERAND_LOCAL, "", "", 0 }, { "./h::m", OPERAND_LOCAL, "", "", 0 }, { "a/b::m", OPERAND_LOCAL, "", "", 0 }, { "", OPERAND_LOCAL, "", "", 0 },
	{ "/rsync://h/m", OPERAND_LOCAL, "", "", 0 }, { "-", OPERAND_LOCAL, "", "", 0 }, { "u@h", OPERAND_LOCAL, "", "", 0 },
	{ "rsyncs:///m", 0, NULL, NULL, 0 }, { "rsyncs://me@/m", 0, NULL, NULL, 0 }, { "rsyncs://h:0/m", 0, NULL, NULL, 0 },
	{ "rsyncs://h:65536/m", 0, NULL, NULL, 0 }, { "rsyncs://h:/m", 0, NULL, NULL, 0 }, { "rsyncs://h:1x/m", 0, NULL, NULL, 0 },
	{ "rsyncs://h:+1/m", 0, NULL, NULL, 0 }, { "rsyncs://[::1/m", 0, NULL, NULL, 0 }, { "rsyncs://:1/m", 0, NULL, NULL, 0 },
	{ "rsyncs://[]/m", 0, NULL, NULL, 0 }, { "rsyncs://[::1]x/m", 0, NULL, NULL, 0 }, { "rsyncs://::1/m", 0, NULL, NULL, 0 },
	{ "rsyncs://-x/m", 0, NULL, NULL, 0 }, { "-x::m", 0, NULL, NULL, 0 }, { "u@::m", 0, NULL, NULL, 0 },
};

START_TEST(a_daemon_a_shell_and_a_file_are_told_apart)
{
	struct operand o;
	int r = operand_parse(rows[_i].text, &o);

	ck_assert_msg((r == 0) == (rows[_i].host != NULL), "%s: %d", rows[_i].text, r);
	if (r != 0)
		return;
	ck_assert_msg(o.kind == rows[_i].kind, "%s: kind %d", rows[_i].text, (int)o.kind);
	ck_assert_str_eq(o.user, rows[_i].user);
	ck_assert_str_eq(o.host, rows[_i].host);
	ck_assert_uint_eq(o.port, rows[_i].port);
}
END_TEST

START_TEST(long_names_are_refused)
{
	char text[OPERAND_HOST_SIZE + 32] = "rsyncs://";
	struct operand o;

	memset(text + 9, 'h', OPERAND_HOST_SIZE - 1);
	ck_assert_int_eq(operand_parse(text, &o), 0);
	text[9 + OPERAND_HOST_SIZE - 1] = 'h';
	ck_assert_int_eq(operand_parse(text, &o), E_FORMAT);
}
END_TEST

static const struct {
	const char *v[4];
	const char *why;		/* a part of it; NULL: it goes */
} commands[] = {
	{ { "rsyncs://h/" }, NULL }, { { "h::" }, NULL }, { { "h::m", "d" }, NULL }, { { "d", "h::m" }, NULL }, { { "a", "b", "rsync://h/m" }, NULL },
	{ { "h::m/a", "h::m/b", "d" }, NULL }, { { "h::m/a", "::m/b", "d" }, NULL }, { { "rsyncs://h:1/m/a", "rsync://H:1/m/b", "d" }, NULL },
	{ { "u@h::m/a", "u@h::m/b", "d" }, NULL },
	{ { NULL }, "no host" }, { { "d" }, "rsyncs://HOST" }, { { "a", "b" }, "run rsync itself" }, { { "::m", "d" }, "no host" },
	{ { "h:x", "d" }, "remote shell" }, { { "d", "h:x" }, "remote shell" }, { { "h::m", "h:x", "d" }, "remote shell" },
	{ { "h::m", "k::m" }, "both remote" }, { { "h::a", "b", "d" }, "local and remote" }, { { "a", "h::b", "d" }, "local and remote" },
	{ { "a", "h::b", "h::d" }, "both remote" }, { { "h::a", "k::b", "d" }, "another host" }, { { "rsync://h:1/a", "rsync://h:2/b", "d" }, "another host" },
	{ { "u@h::a", "h::b", "d" }, "another host" }, { { "rsync://h:x/", "d" }, "not a host and port" },
};

START_TEST(only_what_goes_through_tls_is_run)
{
	char why[OPERAND_WHY_SIZE] = "";
	size_t n = 0;

	while (n < 4 && commands[_i].v[n] != NULL)
		n++;
	if (operands_check((char *const *)commands[_i].v, n, why) == 0)
		ck_assert_msg(commands[_i].why == NULL, "row %d is taken", _i);
	else
		ck_assert_msg(commands[_i].why != NULL && strstr(why, commands[_i].why) != NULL, "row %d: %s", _i, why);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("client-wrap/operand");
	TCase *t = tcase_create("operand");

	tcase_add_loop_test(t, a_daemon_a_shell_and_a_file_are_told_apart, 0, (int)ARRAY_LEN(rows));
	tcase_add_test(t, long_names_are_refused);
	tcase_add_loop_test(t, only_what_goes_through_tls_is_run, 0, (int)ARRAY_LEN(commands));
	suite_add_tcase(s, t);
	return unit_main(s);
}

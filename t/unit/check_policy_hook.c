#include "syncd/policy/hook.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"

static const char *
get(void *arg, const char *name)
{
	if (strcmp(name, "RSYNC_USER_NAME") == 0)
		return arg;
	return strcmp(name, "QUOTE") == 0 ? "it's" : strcmp(name, "HOME") == 0 ? "/root" : NULL;
}

static const struct { const char *text, *user, *command; } rows[] = {
	{ "run me", "joe", "run me" },
	{ "run %RSYNC_USER_NAME%", "joe", "run 'joe'" },
	{ "run %RSYNC_USER_NAME%", "", "run ''" },
	{ "run '%RSYNC_USER_NAME%' %RSYNC_USER_NAME%", "joe", "run 'joe' 'joe'" },
	{ "run \"a %RSYNC_USER_NAME%\"%RSYNC_USER_NAME%", "joe", "run \"a 'joe'\"'joe'" },
	{ "run \"'%RSYNC_USER_NAME%'\"", "joe", "run \"''joe''\"" },
	{ "run \"\\\"%RSYNC_USER_NAME%\"", "joe", "run \"\\\"'joe'\"" },
	{ "run \\'%RSYNC_USER_NAME%", "joe", "run \\''joe'" },
	{ "run '\\'%RSYNC_USER_NAME%", "joe", "run '\\''joe'" },
	{ "run %HOME%/x %QUOTE%%RSYNC_USER_NAME%", "joe", "run /root/x it'sjoe" },	/* a quote that the administrator's own value opened */
	{ "date +%Y%m%d %UNKNOWN% 100%", "joe", "date +%Y%m%d %UNKNOWN% 100%" },
	{ "\\%RSYNC_USER_NAME%'%RSYNC_USER_NAME%'", "joe", "\\joe'joe'" },
	{ "", "joe", "" },
};

START_TEST(values_are_quoted_for_their_place)
{
	char *command = NULL;

	ck_assert_int_eq(hook_command(rows[_i].text, get, (void *)rows[_i].user, &command), 0);
	ck_assert_str_eq(command, rows[_i].command);
	free(command);
}
END_TEST

START_TEST(what_means_something_to_a_shell_is_refused)
{
	for (int c = 1; c < 128; c++) {
		const char user[] = { 'a', (char)c, '\0' };
		bool harmless = c > ' ' && c != 127 && strchr("'\"`$\\;&|<>()*?[]#!~{}", c) == NULL;
		char *command = NULL;

		ck_assert_int_eq(hook_command("x %RSYNC_USER_NAME%", get, (void *)user, &command), harmless ? 0 : E_DENIED);
		free(command);
		command = NULL;
		ck_assert_int_eq(hook_command("x %HOME%", get, (void *)user, &command), 0);	/* where it is not put in */
		free(command);
	}
}
END_TEST

START_TEST(a_command_has_a_bound)
{
	static char text[6000];
	char *command = NULL;

	memset(text, 'x', sizeof text - 1);
	ck_assert_int_eq(hook_command(text, get, text, &command), E_LIMIT);
	ck_assert_ptr_null(command);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("policy/hook");
	TCase *t = tcase_create("hook");

	tcase_add_loop_test(t, values_are_quoted_for_their_place, 0, (int)ARRAY_LEN(rows));
	tcase_add_test(t, what_means_something_to_a_shell_is_refused);
	tcase_add_test(t, a_command_has_a_bound);
	suite_add_tcase(s, t);
	return unit_main(s);
}

#include "syncd/policy/module.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "t/unit/unit.h"

static struct module_plan plan;
static char words[MODULE_MESSAGE_SIZE], why[MODULE_MESSAGE_SIZE];

static int
planned(const char *lines, bool is_root)
{
	struct module_facts f = { .module = "m", .host = "host.example", .addr = "192.0.2.1", .user = "", .is_root = is_root };
	struct syncd_conf *c;
	struct conf_err e;
	char text[6000];
	int r;

	snprintf(text, sizeof text, "[m]\n%s", lines);
	ck_assert_int_eq(conf_load_text("f", text, strlen(text), NULL, NULL, &c, &e), 0);
	r = module_plan(conf_module(c, "m"), &f, &plan, words, why);
	conf_free(c);
	return r;
}

static const struct { const char *lines; int root; const char *chroot, *path; int munge, numeric; } plans[] = {
	{ "path = /a/b\nuse chroot = no\n", 1, "", "/a/b", 1, 0 },
	{ "path = /a/b\nuse chroot = yes\n", 1, "/a/b", "/a/b", 0, 1 },
	{ "path = /a/b\n", 1, "/a/b", "/a/b", 0, 1 },
	{ "path = /a/b\n", 0, "", "/a/b", 1, 0 },
	{ "path = /a/./b\n", 1, "/a", "/a/b", 1, 1 },
	{ "path = /./b\n", 1, "/", "/b", 1, 1 },
	{ "path = /a/../../b//c/.\n", 0, "", "/b/c", 1, 0 },
	{ "path = /\nuse chroot = yes\n", 1, "/", "/", 0, 1 },
	{ "path = /a\nmunge symlinks = no\nnumeric ids = yes\n", 0, "", "/a", 0, 1 },
	{ "path = /a\nnumeric ids = no\n", 1, "/a", "/a", 0, 0 },
	{ "path = /%RSYNC_MODULE_NAME%/%RSYNC_HOST_ADDR%\n", 0, "", "/m/192.0.2.1", 1, 0 },
	{ "path = /x%RSYNC_USER_NAME%/\n", 0, "", "/x", 1, 0 },
};

START_TEST(a_plan_follows_configuration_and_rights)
{
	ck_assert_msg(planned(plans[_i].lines, plans[_i].root) == 0, "%s: %s", plans[_i].lines, words);
	ck_assert_str_eq(plan.chroot, plans[_i].chroot);
	ck_assert_str_eq(plan.path, plans[_i].path);
	ck_assert_int_eq(plan.munge, plans[_i].munge);
	ck_assert_int_eq(plan.numeric_ids, plans[_i].numeric);
}
END_TEST

static const struct { const char *lines; int root; const char *words; } refused[] = {
	{ "", 1, "no path setting." }, { "path = relative\n", 1, "chdir failed" },
	{ "path = /a\nuse chroot = yes\n", 0, "chroot failed" },
	{ "path = /a\nuid = no-such-user-here\n", 1, "invalid uid no-such-user-here" },
	{ "path = /a\ngid = no-such-group-here\n", 1, "invalid gid no-such-group-here" },
	{ "path = /a\nuid = 4294967295\n", 1, "invalid uid 4294967295" },
	{ "path = /a\nuid = 54321\ngid = *\n", 1, "getpwuid failed" },
};

START_TEST(a_refusal_has_its_words)
{
	ck_assert_int_eq(planned(refused[_i].lines, refused[_i].root), E_DENIED);
	ck_assert_str_eq(words, refused[_i].words);
	ck_assert(why[0] != '\0');
}
END_TEST

START_TEST(root_becomes_nobody_unless_told_otherwise)
{
	ck_assert_int_eq(planned("path = /a\n", true), 0);
	ck_assert(plan.set_ids && plan.uid == 65534 && plan.gid == 65534 && plan.n_groups == 1);
	ck_assert_int_eq(planned("path = /a\nuid = 1\ngid = 2 3,4\n", true), 0);
	ck_assert(plan.uid == 1 && plan.gid == 2 && plan.n_groups == 3 && plan.groups[2] == 4);
	ck_assert_int_eq(planned("path = /a\nuid = 0\ngid = 0\n", true), 0);
	ck_assert(plan.set_ids && plan.uid == 0 && plan.gid == 0);
	ck_assert_int_eq(planned("path = /a\n", false), 0);
	ck_assert(!plan.set_ids && plan.uid == geteuid());
}
END_TEST

START_TEST(who_is_not_root_cannot_become_another)
{
	char line[64];

	snprintf(line, sizeof line, "path = /a\nuid = %u\n", (unsigned)geteuid() + 1);
	ck_assert_int_eq(planned(line, false), E_DENIED);
	ck_assert_str_eq(words, "setuid failed");
	snprintf(line, sizeof line, "path = /a\nuid = %u\n", (unsigned)geteuid());
	ck_assert_int_eq(planned(line, false), 0);
	ck_assert_int_eq(planned("path = /a\ngid = 1\n", false), E_DENIED);
	ck_assert_str_eq(words, "setgid failed");
}
END_TEST

START_TEST(groups_are_bounded)
{
	char line[1000] = "path = /a\ngid = ";

	for (int i = 0; i < 65; i++)
		sprintf(line + strlen(line), "%d ", i + 1);
	strcat(line, "\n");
	ck_assert_int_eq(planned(line, true), E_DENIED);
}
END_TEST

START_TEST(an_endless_path_is_refused)
{
	static char line[5000] = "path = /";

	memset(line + 8, 'x', 4200);
	strcpy(line + 4208, "\n");
	ck_assert_int_eq(planned(line, false), E_DENIED);
	ck_assert_str_eq(words, "chdir failed");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/policy/module");
	TCase *t = tcase_create("module");

	tcase_add_loop_test(t, a_plan_follows_configuration_and_rights, 0, ARRAY_LEN(plans));
	tcase_add_loop_test(t, a_refusal_has_its_words, 0, ARRAY_LEN(refused));
	tcase_add_test(t, root_becomes_nobody_unless_told_otherwise);
	tcase_add_test(t, who_is_not_root_cannot_become_another);
	tcase_add_test(t, groups_are_bounded);
	tcase_add_test(t, an_endless_path_is_refused);
	suite_add_tcase(s, t);
	return unit_main(s);
}

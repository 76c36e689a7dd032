#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deploy/model/value.h"
#include "deploy/plan.h"
#include "lib/addr.h"
#include "lib/sock.h"
#include "t/unit/unit.h"

static const struct {
	const char *name;
	int result;
} modules[] = {
	{ "data", 0 }, { "a b", 0 }, { "a.b-c_d", 0 }, { "a[b", 0 }, { "caf\xc3\xa9", 0 },
	{ "", E_CONF }, { "a/b", E_CONF }, { "a]b", E_CONF }, { "a\nb", E_CONF }, { "a\x1b", E_CONF }, { "a\\", E_CONF },
	{ " a", E_CONF }, { "a ", E_CONF }, { "a  b", E_CONF }, { "#list", E_CONF }, { "-a", E_CONF }, { "..", E_CONF },
	{ "global", E_CONF }, { "GLO bal", E_CONF },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", E_CONF },
};

START_TEST(a_module_name_is_safe_or_refused)
{
	struct plan p = { 0 };
	struct conf_err e;
	int r = plan_module(modules[_i].name, &p, &e);

	ck_assert_msg(r == modules[_i].result, "\"%s\": %d", modules[_i].name, r);
	ck_assert_str_eq(p.module, r == 0 ? modules[_i].name : "");
}
END_TEST

static const struct {
	const char *dir, *path, *module;
} made[] = {
	{ "/srv/data", "/srv/data", "data" }, { "data///", "/srv/data", "data" }, { "current", "/srv/releases/42", "current" },
	{ ".", "/srv/data", "data" }, { "..", "/srv", "srv" }, { "/srv/.", "/srv", "srv" }, { "/", "/", "files" },
	{ "./", "/", "files" }, { "a b]c", "/a b]c", "a_b_c" }, { ".hidden", "/.hidden", "_hidden" }, { "-x", "/-x", "_x" },
	{ "Global", "/Global", "files" }, { "caf\xc3\xa9", "/caf\xc3\xa9", "caf__" }, { "#list", "/#list", "_list" },
	{ "a\nb", "/a\nb", "a_b" },
};

START_TEST(a_module_name_is_made_from_any_path)
{
	struct plan p = { 0 }, again = { 0 };
	struct conf_err e;

	strcpy(p.path, made[_i].path);
	plan_module_from_path(made[_i].dir, &p);
	ck_assert_str_eq(p.module, made[_i].module);
	ck_assert_int_eq(plan_module(p.module, &again, &e), 0);
}
END_TEST

START_TEST(a_long_folder_name_is_cut)
{
	struct plan p = { 0 };
	char dir[256];

	memset(dir, 'x', sizeof dir - 1);
	dir[sizeof dir - 1] = '\0';
	plan_module_from_path(dir, &p);
	ck_assert_uint_eq(strlen(p.module), PLAN_MODULE_SIZE - 1);
}
END_TEST

static const struct {
	const char *text;
	int expands;
} texts[] = {
	{ "", 0 }, { "%", 0 }, { "100% sure", 0 }, { "%home%", 0 }, { "%HOME", 0 }, { "%HOME%", 1 }, { "%Home%", 1 },
	{ "a%B/c%d", 1 }, { "%%", 0 }, { "%%A%%", 1 },
};

START_TEST(what_rsyncd_conf_would_expand_is_noticed)
{
	ck_assert_msg(value_expands(texts[_i].text) == texts[_i].expands, "%s", texts[_i].text);
}
END_TEST

static const char *const bad_paths[] = { "/nowhere", "/etc/passwd", "", "/dev/null" };

START_TEST(a_folder_that_cannot_be_served_is_refused)
{
	struct conf_err e;
	struct plan p;

	ck_assert_int_eq(plan_path(bad_paths[_i], &p, &e), E_CONF);
}
END_TEST

START_TEST(a_path_is_made_absolute)
{
	char dir[] = "/tmp/check_deploy_plan.XXXXXX", line_break[64], expands[64];
	struct conf_err e;
	struct plan p;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(plan_path("../.", &p, &e), 0);
	ck_assert_str_eq(p.path, "/tmp");
	snprintf(line_break, sizeof line_break, "%s/a\nb", dir);
	snprintf(expands, sizeof expands, "%s/%%HOME%%", dir);
	ck_assert_int_eq(mkdir(line_break, 0700) | mkdir(expands, 0700), 0);
	ck_assert_int_eq(plan_path(line_break, &p, &e), E_CONF);
	ck_assert_int_eq(plan_path(expands, &p, &e), E_CONF);
	rmdir(line_break);
	rmdir(expands);
	rmdir(dir);
}
END_TEST

START_TEST(ports_are_free_or_refused)
{
	struct plan p = { 0 };
	struct conf_err e;
	struct addr a;
	int fd;

	ck_assert_int_eq(plan_ports(0, &p, &e), 0);
	ck_assert_uint_ne(p.port, 0);
	ck_assert_uint_ne(p.daemon_port, 0);
	ck_assert_int_eq(addr_parse("127.0.0.1", 0, &a), 0);
	ck_assert_int_eq(sock_listen(&a, 1, &fd), 0);
	ck_assert_int_eq(sock_local(fd, &a), 0);
	ck_assert_int_eq(plan_ports(addr_port(&a), &p, &e), E_CONF);
	close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("deploy/plan");
	TCase *t = tcase_create("plan");

	tcase_add_loop_test(t, a_module_name_is_safe_or_refused, 0, ARRAY_LEN(modules));
	tcase_add_loop_test(t, a_module_name_is_made_from_any_path, 0, ARRAY_LEN(made));
	tcase_add_test(t, a_long_folder_name_is_cut);
	tcase_add_loop_test(t, what_rsyncd_conf_would_expand_is_noticed, 0, ARRAY_LEN(texts));
	tcase_add_loop_test(t, a_folder_that_cannot_be_served_is_refused, 0, ARRAY_LEN(bad_paths));
	tcase_add_test(t, a_path_is_made_absolute);
	tcase_add_test(t, ports_are_free_or_refused);
	suite_add_tcase(s, t);
	return unit_main(s);
}

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "deploy/emit.h"
#include "lib/err.h"
#include "t/unit/unit.h"

static const struct {
	const char *value;
	int result;
} values[] = {
	{ "/a", 0 }, { "", 0 }, { "a # b ; c", 0 }, { "a = b", 0 }, { "\"", 0 }, { "a\\b", 0 }, { "a\tb", 0 }, { "\x1b", 0 },
	{ " a", E_FORMAT }, { "a ", E_FORMAT }, { "a\t", E_FORMAT }, { "a\v", E_FORMAT }, { "a\\", E_FORMAT }, { "a\nb", E_FORMAT },
	{ "a\r", E_FORMAT }, { "a\rb", E_FORMAT }, { "\n", E_FORMAT },
};

START_TEST(a_value_is_written_as_it_is_or_not_at_all)
{
	struct emit o = EMIT_INIT;

	emit_setting(&o, "name", values[_i].value);
	ck_assert_msg(o.err == values[_i].result, "\"%s\": %d", values[_i].value, o.err);
	ck_assert_uint_eq(buf_len(&o.text), o.err == 0 ? strlen(values[_i].value) + 8 : 0);
	emit_done(&o);
}
END_TEST

static const struct {
	const char *name;
	int result;
} sections[] = {
	{ "a", 0 }, { "a b", 0 }, { "a[b", 0 }, { "", E_FORMAT }, { "a]b", E_FORMAT }, { "a/b", E_FORMAT }, { " a", E_FORMAT },
	{ "a ", E_FORMAT }, { "a  b", E_FORMAT }, { "a\tb", E_FORMAT }, { "a\nb", E_FORMAT }, { "a\\", E_FORMAT },
};

START_TEST(a_section_is_written_as_it_is_or_not_at_all)
{
	struct emit o = EMIT_INIT;

	emit_section(&o, sections[_i].name);
	ck_assert_msg(o.err == sections[_i].result, "\"%s\": %d", sections[_i].name, o.err);
	emit_done(&o);
}
END_TEST

START_TEST(the_first_error_sticks)
{
	char big[10000];
	struct emit o = EMIT_INIT;

	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	emit_line(&o, "good");
	emit_line(&o, "%s", big);
	emit_line(&o, "a\nb");
	emit_number(&o, "n", 5);
	ck_assert_int_eq(o.err, E_LIMIT);
	ck_assert_str_eq(buf_cstr(&o.text), "good\n");
	ck_assert_int_eq(emit_save(&o, AT_FDCWD, "/nowhere/never", 0600), E_LIMIT);
	emit_done(&o);
}
END_TEST

START_TEST(a_file_is_new_or_not_written)
{
	char dir[] = "/tmp/check_deploy_emit.XXXXXX", got[16] = "";
	struct emit o = EMIT_INIT;
	int fd, in;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	emit_number(&o, "n", -5);
	ck_assert_int_eq(emit_save(&o, fd, "f", 0600), 0);
	ck_assert_int_eq(emit_save(&o, fd, "f", 0600), -EEXIST);
	ck_assert_int_ge(in = openat(fd, "f", O_RDONLY), 0);
	ck_assert_int_eq(read(in, got, sizeof got - 1), 7);
	ck_assert_str_eq(got, "n = -5\n");
	ck_assert_int_eq(unlinkat(fd, "f", 0), 0);
	ck_assert_int_eq(symlinkat("elsewhere", fd, "f"), 0);
	ck_assert_int_eq(emit_save(&o, fd, "f", 0600), -EEXIST);
	unlinkat(fd, "f", 0);
	close(in);
	close(fd);
	rmdir(dir);
	emit_done(&o);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("deploy/emit");
	TCase *t = tcase_create("emit");

	tcase_add_loop_test(t, a_value_is_written_as_it_is_or_not_at_all, 0, ARRAY_LEN(values));
	tcase_add_loop_test(t, a_section_is_written_as_it_is_or_not_at_all, 0, ARRAY_LEN(sections));
	tcase_add_test(t, the_first_error_sticks);
	tcase_add_test(t, a_file_is_new_or_not_written);
	suite_add_tcase(s, t);
	return unit_main(s);
}

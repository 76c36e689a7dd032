#include "syncd/policy/conf.h"

#include <stdio.h>
#include <string.h>

#include "syncd/policy/conf_diff.h"
#include "t/unit/unit.h"

static char warnings[4096];

static void
warned(void *arg, const char *text)
{
	(void)arg;
	if (strlen(warnings) + strlen(text) + 2 < sizeof warnings)
		strcat(strcat(warnings, text), "\n");
}

static struct syncd_conf *
load(const char *text)
{
	struct syncd_conf *c = NULL;
	struct conf_err e;

	warnings[0] = '\0';
	ck_assert_msg(conf_load_text("f", text, strlen(text), warned, NULL, &c, &e) == 0, "%u: %s", e.line, e.text);
	return c;
}

START_TEST(defaults_are_rsyncs_and_loopback)
{
	struct syncd_conf *c = load("[m]\npath = /p\n");
	const struct module_conf *m = conf_module(c, "m");

	ck_assert_ptr_nonnull(m);
	ck_assert(c->global.loopback_only == 1 && c->global.address == NULL && c->global.port == 0);
	ck_assert(m->list == 1 && m->read_only == 1 && m->write_only == 0 && m->use_chroot == -1 && m->max_connections == 0);
	ck_assert(m->numeric_ids == -1 && m->munge_symlinks == -1 && m->timeout == 0 && m->uid == NULL);
	ck_assert_str_eq(m->lock_file, "/var/run/rsyncd.lock");
	ck_assert_str_eq(m->path, "/p");
	ck_assert_uint_eq(m->line, 1);
	ck_assert_ptr_null(conf_module(c, "M"));
	ck_assert_ptr_null(conf_module(c, ""));
	conf_free(c);
}
END_TEST

START_TEST(a_module_takes_the_defaults_as_they_stand_at_its_line)
{
	struct syncd_conf *c = load("timeout = 5\nlist = no\n[a]\n[global]\ntimeout = 7\nuid = late\n[b]\n");

	ck_assert_int_eq(conf_module(c, "a")->timeout, 5);
	ck_assert_int_eq(conf_module(c, "b")->timeout, 7);
	ck_assert_int_eq(conf_module(c, "b")->list, 0);
	ck_assert_str_eq(conf_module(c, "a")->uid, "late");	/* a string still unset is looked up at the end */
	conf_free(c);
}
END_TEST

START_TEST(names_are_loose_in_case_and_blanks)
{
	struct syncd_conf *c = load("[m]\nREAD ONLY = no\nuse  chroot=FALSE\nhostsallow = x\n[ two  words ]\npath = /x///\n");

	ck_assert_int_eq(conf_module(c, "m")->read_only, 0);
	ck_assert_int_eq(conf_module(c, "m")->use_chroot, 0);
	ck_assert_str_eq(conf_module(c, "m")->hosts_allow, "x");
	ck_assert_str_eq(conf_module(c, "two words")->path, "/x");
	conf_free(c);
}
END_TEST

static const struct { const char *text, *warning; } odd[] = {
	{ "nosuch = 1\n", "f:1: Unknown Parameter encountered: \"nosuch\"" }, { "[m]\nlist = maybe\n", "f:2: Badly formed boolean" },
	{ "[m]\nport = 3\n", "f:2: Global parameter port found in module section!" }, { "-x = 1\n", "IGNORING parameter \"-x\"" },
	{ "[m]\ninsecure links = yes\n", "\"insecure links\" has no effect" }, { "syslog facility = nope\n", "takes" },
};

START_TEST(what_is_not_understood_is_said_and_the_load_goes_on)
{
	struct syncd_conf *c = load(odd[_i].text);

	ck_assert_msg(strstr(warnings, odd[_i].warning) != NULL, "\"%s\": %s", odd[_i].text, warnings);
	conf_free(c);
}
END_TEST

static const struct { const char *text; unsigned line; const char *why; } refused[] = {
	{ "[m\n", 1, "" }, { "\n\n[m]\n&nosuch x\n", 4, "Unknown directive" }, { "&include /etc/hosts\n", 1, "no includes here" },
};

START_TEST(what_would_be_dangerous_is_refused_with_its_line)
{
	struct syncd_conf *c = (void *)&refused;
	struct conf_err e;

	ck_assert_msg(conf_load_text("f", refused[_i].text, strlen(refused[_i].text), NULL, NULL, &c, &e) == E_CONF, "%s", refused[_i].text);
	ck_assert_ptr_eq(c, &refused);
	ck_assert_msg(e.line == refused[_i].line && strstr(e.text, refused[_i].why) != NULL, "%u: %s", e.line, e.text);
}
END_TEST

START_TEST(a_section_that_comes_twice_is_one_module)
{
	struct syncd_conf *c = load("[m]\npath = /a\n[n]\n[M ]\ncomment = x\n");

	ck_assert_uint_eq(c->n_modules, 2);
	ck_assert_str_eq(conf_module(c, "m")->comment, "x");
	ck_assert_str_eq(conf_module(c, "m")->path, "/a");
	conf_free(c);
}
END_TEST

START_TEST(a_module_can_be_renamed_and_even_nameless)
{
	struct syncd_conf *c = load("name = all\n[a]\n[b]\nname = c\n[d]\nname =\n");

	ck_assert_ptr_nonnull(conf_module(c, "a"));
	ck_assert_ptr_nonnull(conf_module(c, "c"));
	ck_assert_ptr_null(conf_module(c, "b"));
	conf_free(c);
}
END_TEST

START_TEST(a_dump_loads_to_the_same_dump)
{
	struct syncd_conf *c = load("port = 8730\nmotd file = /m\n[a]\npath = /x y/\ncomment = # no comment\nlist = no\nuse chroot = yes\n"
	    "max connections = -1\n[b]\nfilter = - *.o\nhosts allow = 127.0.0.1 ::1\n");
	struct buf one = BUF_INIT, two = BUF_INIT;

	conf_dump(c, &one);
	conf_free(c);
	c = load(buf_cstr(&one));
	conf_dump(c, &two);
	ck_assert_str_eq(buf_cstr(&one), buf_cstr(&two));
	ck_assert(strstr((char *)one.data, "comment = # no comment") != NULL);
	conf_free(c);
	buf_done(&one);
	buf_done(&two);
}
END_TEST

static const char *
get(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "A") == 0 ? "alpha" : strcmp(name, "LOOP") == 0 ? "%LOOP%" : strcmp(name, "E") == 0 ? "" : NULL;
}

static const struct { const char *in, *out; } expansions[] = {
	{ "", "" }, { "x", "x" }, { "%A%", "alpha" }, { "/%A%/%A%", "/alpha/alpha" }, { "%B%", "%B%" }, { "%a%", "%a%" }, { "100%", "100%" },
	{ "%", "%" }, { "%%", "%%" }, { "%A", "%A" }, { "%LOOP%", "%LOOP%" }, { "%E%", "" }, { "%%A%", "%alpha" }, { "%B%A%", "%Balpha" },
};

START_TEST(names_between_percent_signs_are_replaced_once)
{
	char *text = conf_expand(expansions[_i].in, get, NULL);

	ck_assert_str_eq(text, expansions[_i].out);
	free(text);
}
END_TEST

START_TEST(an_expansion_is_bounded)
{
	char text[4000];

	text[0] = '\0';
	for (int i = 0; i < 1100; i++)
		strcat(text, "%A%");
	ck_assert_ptr_null(conf_expand(text, get, NULL));
}
END_TEST

START_TEST(a_module_name_has_255_bytes_at_most)
{
	struct syncd_conf *c;
	struct conf_err e;
	char text[400] = "[";

	memset(text + 1, 'm', 256);
	strcpy(text + 257, "]\n");
	ck_assert_int_eq(conf_load_text("f", text, strlen(text), NULL, NULL, &c, &e), E_CONF);
	strcpy(text + 256, "]\n");
	conf_free(load(text));
}
END_TEST

static const struct { const char *was, *is, *told; } changes[] = {
	{ "[m]\npath = /p\n", "[m]\npath = /p\n", "" },
	{ "[m]\npath = /p\n", "# moved\n[m]\npath =   /p/\n", "" },	/* what is meant, not how it is spelled */
	{ "[m]\n", "[m]\nread only = no\n", "[m] read only: yes -> no (f:2)\n" },
	{ "timeout = 5\n[m]\n[n]\ntimeout = 1\n", "timeout = 6\n[m]\n[n]\ntimeout = 1\n", "[m] timeout: 5 -> 6 (f:1)\n" },
	{ "[m]\ncomment = a\n", "[m]\n", "[m] comment: a -> (unset) (f:1)\n" },
	{ "[m]\n", "[m]\ncomment =\n", "[m] comment: (unset) -> (empty) (f:2)\n" },
	{ "port = 1\n", "port = 2\nmotd file = /m\n", "port: 1 -> 2, from the next start on (f:1)\nmotd file: (unset) -> /m (f:2)\n" },
	{ "[a]\n[b]\n", "[b]\n[c]\n", "module c added (f:2)\nmodule a removed (f)\n" },
	{ "[a]\n[b]\nlist = no\n", "[b]\n[a]\nlist = no\n", "[b] list: no -> yes (f:1)\n[a] list: yes -> no (f:3)\n" },
	{ "[m]\npre-xfer exec = PW=x y\nsecrets file = /a\n", "[m]\npre-xfer exec = PW=z y\nsecrets file = /b\n",
	    "[m] secrets file: changed (f:3)\n[m] pre-xfer exec: changed (f:2)\n" },
};

START_TEST(what_a_reload_changed_is_told_a_line_a_parameter)
{
	struct syncd_conf *was = load(changes[_i].was), *is = load(changes[_i].is);

	warnings[0] = '\0';
	conf_diff(was, is, warned, NULL);
	ck_assert_str_eq(warnings, changes[_i].told);
	conf_free(was);
	conf_free(is);
}
END_TEST

static void
count_line(void *arg, const char *text)
{
	unsigned *n = arg;

	++*n;
	ck_assert_uint_lt(strlen(text), 2 * CONF_DIFF_VALUE + 100);
	ck_assert_msg(*n <= CONF_DIFF_LINES || strcmp(text, "100 more changes") == 0, "%s", text);
}

START_TEST(a_difference_is_bounded_in_lines_and_values)
{
	char text[8192] = "", *at = text, comment[CONF_DIFF_VALUE * 3 + 1];
	struct syncd_conf *was, *is;
	unsigned n = 0;

	memset(comment, 'c', sizeof comment - 1);
	comment[sizeof comment - 1] = '\0';
	for (int i = 0; i < 2 * CONF_DIFF_LINES; i++)
		at += sprintf(at, "[m%d]\n", i);
	was = load(text);
	memmove(text + sizeof comment + 10, text, strlen(text) + 1);
	memset(text, ' ', sizeof comment + 10);
	memcpy(text, "comment = ", 10);
	memcpy(text + 10, comment, sizeof comment - 1);
	text[sizeof comment + 9] = '\n';
	is = load(text);
	conf_diff(was, is, count_line, &n);
	ck_assert_uint_eq(n, CONF_DIFF_LINES + 1);
	conf_free(was);
	conf_free(is);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/policy/conf");
	TCase *t = tcase_create("conf");

	tcase_add_test(t, defaults_are_rsyncs_and_loopback);
	tcase_add_test(t, a_module_takes_the_defaults_as_they_stand_at_its_line);
	tcase_add_test(t, names_are_loose_in_case_and_blanks);
	tcase_add_loop_test(t, what_is_not_understood_is_said_and_the_load_goes_on, 0, ARRAY_LEN(odd));
	tcase_add_loop_test(t, what_would_be_dangerous_is_refused_with_its_line, 0, ARRAY_LEN(refused));
	tcase_add_test(t, a_section_that_comes_twice_is_one_module);
	tcase_add_test(t, a_module_can_be_renamed_and_even_nameless);
	tcase_add_test(t, a_dump_loads_to_the_same_dump);
	tcase_add_loop_test(t, names_between_percent_signs_are_replaced_once, 0, ARRAY_LEN(expansions));
	tcase_add_test(t, an_expansion_is_bounded);
	tcase_add_loop_test(t, what_a_reload_changed_is_told_a_line_a_parameter, 0, ARRAY_LEN(changes));
	tcase_add_test(t, a_difference_is_bounded_in_lines_and_values);
	tcase_add_test(t, a_module_name_has_255_bytes_at_most);
	suite_add_tcase(s, t);
	return unit_main(s);
}

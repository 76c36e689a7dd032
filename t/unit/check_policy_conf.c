#include "syncd/policy/conf.h"

#include <stdio.h>
#include <string.h>

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
	tcase_add_test(t, a_module_name_has_255_bytes_at_most);
	suite_add_tcase(s, t);
	return unit_main(s);
}

#include <string.h>
#include <sys/stat.h>

#include "client-wrap/hosts.h"
#include "lib/err.h"
#include "t/unit/scratch.h"
#include "t/unit/unit.h"

static const struct {
	const char *text;
	const char *wrong;		/* a part of what is said of it; NULL: it is taken */
	const char *ca;			/* of h */
	int port;
} rows[] = {
	{ "", NULL, NULL, 0 }, { "hosts = ();", NULL, NULL, 0 }, { "# nothing\n", NULL, NULL, 0 },
	{ "hosts = ( { host = \"h\"; port = 8740; ca = \"x.ca\"; } );", NULL, "/d/x.ca", 8740 },
	{ "hosts = ( { host = \"k\"; ca = \"/k\"; }, { host = \"H\"; ca = \"/x\"; } );", NULL, "/x", 0 },
	{ "hosts = ( { host = \"h\"; ca = \"system\"; } );", NULL, "system", 0 },
	{ "hosts = ( { host = \"h\"; ca = \"\"; } );", "not empty: ca", NULL, 0 },
	{ "hosts = ( { host = \"h\"; ca = 1; } );", "text in quotes", NULL, 0 },
	{ "hosts = ( { host = \"h\"; address = \"192.0.2.7  ::1\"; ca = \"system\"; } );", NULL, "system", 0 },
	{ "hosts = ( { host = \"h\"; address = \"192.0.2.7, ::1\"; } );", "address takes", NULL, 0 },
	{ "hosts = ( { host = \"h\"; address = \"name\"; } );", "address takes", NULL, 0 },
	{ "hosts = ( { host = \"h\"; address = \" \"; } );", "address takes", NULL, 0 },
	{ "hosts = ( { host = \"h\"; address = \"/run/x\"; } );", "address takes", NULL, 0 },
	{ "hosts = ( { host = \"h\"; port = 0; } );", "1 to 65535", NULL, 0 },
	{ "hosts = ( { host = \"h\"; port = \"1\"; } );", "1 to 65535", NULL, 0 },
	{ "hosts = ( { host = \"k\"; cs = \"x\"; } );", "unknown", NULL, 0 },	/* also of a host that is not asked for */
	{ "hosts = ( { ca = \"x\"; } );", "without its host", NULL, 0 },
	{ "hosts = ( { host = \"h\"; }, { host = \"h\"; } );", "twice", NULL, 0 },
	{ "hosts = { };", "takes a list", NULL, 0 }, { "hosts = ( 1 );", "takes groups", NULL, 0 }, { "host = \"h\";", "unknown", NULL, 0 },
	{ "hosts = (", "syntax error", NULL, 0 }, { "@include \"/etc/passwd\"", "cannot be included", NULL, 0 },
};

START_TEST(a_host_is_found_and_a_mistake_is_told)
{
	struct host_entry h = { .port = 0 };
	struct conf_err e = { "", 0, "" };
	int r = hosts_parse(rows[_i].text, strlen(rows[_i].text), "/d/hosts", "h", &h, &e);

	ck_assert_msg((r == 0) == (rows[_i].wrong == NULL), "%s: %d %s", rows[_i].text, r, e.text);
	if (r != 0)
		ck_assert_msg(strstr(e.text, rows[_i].wrong) != NULL, "%s: %s", rows[_i].text, e.text);
	ck_assert_pstr_eq(h.ca, rows[_i].ca);
	ck_assert_int_eq(h.port, rows[_i].port);
	host_entry_done(&h);
}
END_TEST

static void
store(const char *path, const char *host, const char *pin, int port)
{
	const struct host_entry h = { .host = (char *)host, .pin = (char *)pin, .ca = (char *)"odd \"name\\.ca", .port = port };
	struct conf_err e = { "", 0, "" };

	ck_assert_msg(hosts_store(path, &h, &e) == 0, "%s", e.text);
}

static void
expect(const char *path, const char *host, const char *pin, int port)
{
	struct host_entry h = { .port = 0 };
	struct conf_err e = { "", 0, "" };

	ck_assert_msg(hosts_find(path, host, &h, &e) == 0, "%s", e.text);
	ck_assert_pstr_eq(h.pin, pin);
	ck_assert_int_eq(h.port, port);
	if (h.ca != NULL)
		ck_assert_str_eq(strrchr(h.ca, '/'), "/odd \"name\\.ca");
	host_entry_done(&h);
}

START_TEST(what_is_stored_is_found)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof path, "%s/.config/sallyport/hosts", scratch);
	expect(path, "a", NULL, 0);
	store(path, "a", "p1", 1);
	store(path, "b", "p2", 2);
	store(path, "A", "p3", 3);
	expect(path, "a", "p3", 3);
	expect(path, "b", "p2", 2);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

START_TEST(a_file_that_others_may_write_is_refused)
{
	struct host_entry h = { .host = (char *)"a" };
	struct conf_err e = { "", 0, "" };
	char path[128];

	snprintf(path, sizeof path, "%s/hosts", scratch);
	store(path, "a", "p", 0);
	ck_assert_int_eq(chmod(path, 0620), 0);
	ck_assert_int_eq(hosts_store(path, &h, &e), E_CONF);
	h.host = NULL;
	ck_assert_int_eq(hosts_find(path, "a", &h, &e), E_CONF);
	ck_assert_ptr_nonnull(strstr(e.text, "others may write"));
}
END_TEST

START_TEST(a_wrong_file_stays_as_it_was)
{
	const struct host_entry h = { .host = (char *)"a" };
	struct conf_err e = { "", 0, "" };
	char path[128];
	struct stat st;

	scratch_file("hosts", "hosts = (");
	snprintf(path, sizeof path, "%s/hosts", scratch);
	ck_assert_int_eq(hosts_store(path, &h, &e), E_CONF);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, 9);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("client-wrap/hosts");
	TCase *t = tcase_create("hosts");

	tcase_add_checked_fixture(t, scratch_make, scratch_remove);
	tcase_add_loop_test(t, a_host_is_found_and_a_mistake_is_told, 0, (int)ARRAY_LEN(rows));
	tcase_add_test(t, what_is_stored_is_found);
	tcase_add_test(t, a_file_that_others_may_write_is_refused);
	tcase_add_test(t, a_wrong_file_stays_as_it_was);
	suite_add_tcase(s, t);
	return unit_main(s);
}

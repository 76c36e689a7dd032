#include <string.h>
#include <strings.h>
#include <syslog.h>

#include "t/unit/unit.h"
#include "tunnel/conf/sockopt.h"
#include "tunnel/conf/table.h"
#include "tunnel/conf/tlsname.h"

START_TEST(no_name_stands_in_two_tables)
{
	const char *names[256];
	size_t n = 0;

	for (size_t i = 0; i < n_service_opts; i++)
		names[n++] = service_opts[i].name;
	for (size_t i = 0; i < n_service_acts; i++)
		names[n++] = service_acts[i].name;
	for (size_t i = 0; i < n_others; i++)
		names[n++] = others[i].name;
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			ck_assert_msg(strcasecmp(names[i], names[j]) != 0, "%s twice", names[i]);
}
END_TEST

START_TEST(every_default_parses)
{
	struct tun_service s = { .name = NULL };
	struct tun_conf c = { .foreground = 0 };

	ck_assert_int_eq(opt_defaults(service_opts, n_service_opts, &s), 0);
	ck_assert_int_eq(opt_defaults(global_opts, n_global_opts, &c), 0);
	ck_assert_int_eq(s.t_idle, 43200);
	opt_free(service_opts, n_service_opts, &s);
	opt_free(global_opts, n_global_opts, &c);
}
END_TEST

START_TEST(names_ignore_case_and_aliases_resolve)
{
	ck_assert_ptr_nonnull(act_find("VERIFYchain"));
	ck_assert_ptr_nonnull(other_find("engineId"));
	ck_assert_ptr_null(act_find("frobnicate"));
	ck_assert_str_eq(option_canonical("curve"), "curves");
	ck_assert_str_eq(option_canonical("SESSION"), "sessionCacheTimeout");
	ck_assert_str_eq(option_canonical("key"), "key");
}
END_TEST

START_TEST(only_what_makes_no_difference_is_ignored)
{
	ck_assert_ptr_nonnull(other_find("stack")->complaint);
	ck_assert_ptr_nonnull(other_find("RNDbytes")->complaint);
	ck_assert_ptr_null(other_find("sessiond")->complaint);	/* these would let in others, or keep out */
	ck_assert_ptr_null(other_find("CAengine")->complaint);
}
END_TEST

static const struct {
	const char *value, *wrong;
	int facility, level;
} debugs[] = {
	{ "7", NULL, -1, 7 }, { "warning", NULL, -1, 4 }, { "local3.err", NULL, LOG_LOCAL3, 3 },
	{ "warn", "Illegal debug level", -1, -1 }, { "8", "Illegal debug level", -1, -1 },
	{ "nobody.3", "Illegal syslog facility", -1, -1 }, { "", "Illegal debug level", -1, -1 },
};

START_TEST(debug_takes_facility_and_level)
{
	int facility = -1, level = -1;
	const char *wrong = debug_parse(debugs[_i].value, &facility, &level);

	if (debugs[_i].wrong == NULL)
		ck_assert_msg(wrong == NULL, "%s", debugs[_i].value);
	else
		ck_assert_str_eq(wrong, debugs[_i].wrong);
	ck_assert_int_eq(facility, debugs[_i].facility);
	ck_assert_int_eq(level, debugs[_i].level);
}
END_TEST

static const struct {
	const char *text;
	int ok;
} sockets[] = {
	{ "l:TCP_NODELAY=1", 1 }, { "r:SO_KEEPALIVE=yes", 1 }, { "a:SO_BINDTODEVICE=lo", 1 }, { "l:SO_LINGER=1:60", 1 },
	{ "l:tcp_nodelay=1", 0 }, { "x:TCP_NODELAY=1", 0 }, { "l:TCP_NODELAY", 0 }, { "l:TCP_NODELAY=2", 0 },
	{ "", 0 }, { "l", 0 }, { "a:SO_BINDTODEVICE=a_name_too_long_for_it", 0 }, { "l:SO_LINGER=1:x", 0 }, { "r:IP_TTL=-1", 0 },
};

START_TEST(socket_options_are_exact)
{
	struct sockopt_set set = { .n = 0 };

	ck_assert_msg((sockopt_add(&set, sockets[_i].text) == 0) == sockets[_i].ok, "%s", sockets[_i].text);
	ck_assert_uint_eq(set.n, (size_t)sockets[_i].ok);
	if (sockets[_i].ok) {
		ck_assert_int_eq(sockopt_add(&set, sockets[_i].text), 0);
		ck_assert_uint_eq(set.n, 1);
	}
}
END_TEST

START_TEST(tls_options_that_no_library_has_still_parse)
{
	uint64_t bit = 1;
	int version;

	ck_assert_int_eq(tlsname_option("no_sslv2", &bit), 0);
	ck_assert_uint_eq(bit, 0);
	ck_assert_int_ne(tlsname_option("NO_TLSv1.1", &bit), 0);
	ck_assert_int_eq(tlsname_version("tlsv1.3", &version), 0);
	ck_assert_str_eq(tlsname_version_word(version), "TLSv1.3");
	ck_assert_int_ne(tlsname_version("SSLv2", &version), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel/table");
	TCase *t = tcase_create("table");

	tcase_add_test(t, no_name_stands_in_two_tables);
	tcase_add_test(t, every_default_parses);
	tcase_add_test(t, names_ignore_case_and_aliases_resolve);
	tcase_add_test(t, only_what_makes_no_difference_is_ignored);
	tcase_add_loop_test(t, debug_takes_facility_and_level, 0, (int)ARRAY_LEN(debugs));
	tcase_add_loop_test(t, socket_options_are_exact, 0, (int)ARRAY_LEN(sockets));
	tcase_add_test(t, tls_options_that_no_library_has_still_parse);
	suite_add_tcase(s, t);
	return unit_main(s);
}

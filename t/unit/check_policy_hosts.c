#include "syncd/policy/hosts.h"

#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"

static int asked;

static int
resolver(void *arg, const char *token)
{
	(void)arg;
	asked++;
	return strcmp(token, "me.example") == 0 || strcmp(token, "@mine") == 0 ? 1 : strcmp(token, "broken.example") == 0 ? -1 : 0;
}

static const struct { const char *allow, *deny, *peer, *name; int lookups; enum hosts_verdict v; } rows[] = {
	{ NULL, NULL, "192.0.2.1", "", 1, HOSTS_ALLOW }, { "", "", "192.0.2.1", "", 1, HOSTS_ALLOW },
	{ "192.0.2.1", NULL, "192.0.2.1", "", 1, HOSTS_ALLOW }, { "192.0.2.2", NULL, "192.0.2.1", "", 1, HOSTS_DENY },
	{ NULL, "192.0.2.1", "192.0.2.1", "", 1, HOSTS_DENY }, { NULL, "192.0.2.2", "192.0.2.1", "", 1, HOSTS_ALLOW },
	{ "192.0.2.1", "*", "192.0.2.1", "", 1, HOSTS_ALLOW }, { "192.0.2.2", "*", "192.0.2.1", "x", 1, HOSTS_DENY },
	{ "192.0.2.2", "192.0.2.3", "192.0.2.1", "", 1, HOSTS_ALLOW },
	{ "192.0.2.0/24", NULL, "192.0.2.200", "", 1, HOSTS_ALLOW }, { "192.0.2.0/25", NULL, "192.0.2.200", "", 1, HOSTS_DENY },
	{ "192.0.2.0/255.255.255.0", NULL, "192.0.2.200", "", 1, HOSTS_ALLOW },
	{ "2001:db8::/32", NULL, "2001:db8:5::1", "", 1, HOSTS_ALLOW }, { "2001:db8::/32", NULL, "2001:db9::1", "", 1, HOSTS_DENY },
	{ "10.0.0.1, 192.0.2.1\t10.0.0.2", NULL, "192.0.2.1", "", 1, HOSTS_ALLOW },
	{ "*.example.org", NULL, "192.0.2.1", "a.example.org", 1, HOSTS_ALLOW },
	{ "*.EXAMPLE.org", NULL, "192.0.2.1", "a.example.org", 1, HOSTS_ALLOW },
	{ "*.example.org", NULL, "192.0.2.1", "unknown", 1, HOSTS_DENY },
	{ NULL, "unknown", "192.0.2.1", "unknown", 1, HOSTS_DENY },
	{ "me.example", NULL, "192.0.2.1", "x", 1, HOSTS_ALLOW }, { "me.example", NULL, "192.0.2.1", "x", 0, HOSTS_DENY },
	{ "broken.example", NULL, "192.0.2.1", "x", 1, HOSTS_DENY },	/* who cannot be told is not let in */
	{ NULL, "broken.example", "192.0.2.1", "x", 1, HOSTS_DENY },
	{ NULL, "other.example", "192.0.2.1", "x", 1, HOSTS_ALLOW },
	{ "@mine", NULL, "192.0.2.1", "x", 1, HOSTS_ALLOW }, { "@mine", NULL, "192.0.2.1", "x", 0, HOSTS_DENY },
	{ NULL, "@theirs", "192.0.2.1", "x", 0, HOSTS_DENY },
	{ "192.0.2.1/99", NULL, "192.0.2.1", "", 1, HOSTS_DENY }, { "localhost", NULL, "/run/x", "localhost", 0, HOSTS_ALLOW },
	{ " , ,", "192.0.2.1", "192.0.2.1", "", 1, HOSTS_DENY },
};

START_TEST(a_row_of_facts_gives_its_verdict)
{
	struct addr peer;
	struct hosts_facts f = { &peer, rows[_i].name, rows[_i].lookups ? resolver : NULL, NULL };

	ck_assert_int_eq(addr_parse(rows[_i].peer, 0, &peer), 0);
	ck_assert_msg(hosts_check(rows[_i].allow, rows[_i].deny, &f) == rows[_i].v, "allow \"%s\" deny \"%s\" peer %s",
	    rows[_i].allow != NULL ? rows[_i].allow : "-", rows[_i].deny != NULL ? rows[_i].deny : "-", rows[_i].peer);
}
END_TEST

START_TEST(an_overlong_token_denies_and_never_allows)
{
	char token[2000];
	struct addr peer;
	struct hosts_facts f = { &peer, "", NULL, NULL };

	memset(token, 'x', sizeof token - 1);
	token[sizeof token - 1] = '\0';
	addr_parse("192.0.2.1", 0, &peer);
	ck_assert_int_eq(hosts_check(token, NULL, &f), HOSTS_DENY);
	ck_assert_int_eq(hosts_check(NULL, token, &f), HOSTS_DENY);
}
END_TEST

/* length: of one token of that many "x", instead of the list */
static const struct { const char *list; size_t length; const char *bad; } lists[] = {
	{ NULL, 0, NULL }, { "", 0, NULL }, { " , ", 0, NULL }, { "192.0.2.1 10.0.0.0/8,::1/128\thost *.example @net", 0, NULL },
	{ "127.0.0.1/99", 0, "127.0.0.1/99" }, { "host 192.0.2.1/x", 0, "192.0.2.1/x" }, { "host/24", 0, "host/24" },
	{ "::1/255.0.0.0 host", 0, "::1/255.0.0.0" }, { NULL, 511, NULL }, { NULL, 512, "x" }, { NULL, 513, "x" },
};

START_TEST(a_token_that_cannot_be_read_is_told)
{
	char token[600] = "", got[600] = "";

	memset(token, 'x', lists[_i].length);
	ck_assert_int_eq(hosts_bad_token(lists[_i].length > 0 ? token : lists[_i].list, got, sizeof got), lists[_i].bad != NULL);
	if (lists[_i].length > 0 && lists[_i].bad != NULL)
		ck_assert_uint_eq(strspn(got, "x"), 511);
	else if (lists[_i].bad != NULL)
		ck_assert_str_eq(got, lists[_i].bad);
}
END_TEST

START_TEST(a_token_of_512_bytes_counts_as_unsure)
{
	char token[513] = "";
	struct addr peer;
	struct hosts_facts f = { &peer, "", NULL, NULL };

	memset(token, '*', 512);
	addr_parse("192.0.2.1", 0, &peer);
	f.name = "name";
	ck_assert_int_eq(hosts_check(token, NULL, &f), HOSTS_DENY);
	ck_assert_int_eq(hosts_check(NULL, token, &f), HOSTS_DENY);
	ck_assert_int_eq(hosts_check(token + 1, NULL, &f), HOSTS_ALLOW);
}
END_TEST

START_TEST(addresses_are_never_looked_up)
{
	struct addr peer;
	struct hosts_facts f = { &peer, "x", resolver, NULL };

	addr_parse("192.0.2.1", 0, &peer);
	hosts_check("192.0.2.2 10.0.0.0/8 ::1 *.example a?b", NULL, &f);
	ck_assert_int_eq(asked, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/policy/hosts");
	TCase *t = tcase_create("acl");

	tcase_add_loop_test(t, a_row_of_facts_gives_its_verdict, 0, ARRAY_LEN(rows));
	tcase_add_test(t, an_overlong_token_denies_and_never_allows);
	tcase_add_loop_test(t, a_token_that_cannot_be_read_is_told, 0, ARRAY_LEN(lists));
	tcase_add_test(t, a_token_of_512_bytes_counts_as_unsure);
	tcase_add_test(t, addresses_are_never_looked_up);
	suite_add_tcase(s, t);
	return unit_main(s);
}

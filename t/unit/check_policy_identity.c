#include "syncd/policy/identity.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"

#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const char groups[] =
    "# who backs up\n"
    "backup: dns:a.example cn:jane\n"
    "\n"
    "  ops :\tkey:" KEY ", email:*@ops.example\n"
    "nobody:\n"
    "blanks:, cn:jane doe, cn:joe\n";

static const struct identity somebody = {
	.tls = true, .verified = true, .common_name = "jane", .key = KEY,
	.names = "dns:a.example\ndns:b.c.example\nemail:Jane@Ops.example\nuri:spiffe://x.org/ns/backup",
};

static const struct { const char *rules, *name; enum login_access access; bool denied; } matched[] = {
	{ "cn:jane", "jane", LOGIN_AS_MODULE, false }, { "cn:joe cn:jane", "jane", LOGIN_AS_MODULE, false },
	{ "cn:jane:ro", "jane", LOGIN_READ_ONLY, false }, { "cn:jane:rw", "jane", LOGIN_READ_WRITE, false },
	{ "cn:jane:deny", "jane", LOGIN_AS_MODULE, true }, { "cn:jane:deny, cn:*", "jane", LOGIN_AS_MODULE, true },
	{ "cn:*:ro cn:jane:deny", "jane", LOGIN_READ_ONLY, false }, { "cn:j*", "jane", LOGIN_AS_MODULE, false },
	{ "cn:*e", "jane", LOGIN_AS_MODULE, false }, { "cn:ja*ne", "jane", LOGIN_AS_MODULE, false }, { "cn:j*a*n*e", "jane", LOGIN_AS_MODULE, false },
	{ "cn:*jane*", "jane", LOGIN_AS_MODULE, false }, { "cn:**", "jane", LOGIN_AS_MODULE, false },
	{ "dns:a.example", "a.example", LOGIN_AS_MODULE, false }, { "dns:A.Example", "a.example", LOGIN_AS_MODULE, false },
	{ "dns:*.example", "a.example", LOGIN_AS_MODULE, false }, { "dns:*.*.example", "b.c.example", LOGIN_AS_MODULE, false },
	{ "dns:b.*.example", "b.c.example", LOGIN_AS_MODULE, false }, { "dns:*.c.EXAMPLE:ro", "b.c.example", LOGIN_READ_ONLY, false },
	{ "email:Jane@ops.EXAMPLE", "Jane@Ops.example", LOGIN_AS_MODULE, false }, { "email:*@ops.example", "Jane@Ops.example", LOGIN_AS_MODULE, false },
	{ "email:J*@*.example", "Jane@Ops.example", LOGIN_AS_MODULE, false },
	{ "uri:spiffe://x.org/ns/backup", "spiffe://x.org/ns/backup", LOGIN_AS_MODULE, false },
	{ "uri:spiffe://x.org/ns/*", "spiffe://x.org/ns/backup", LOGIN_AS_MODULE, false },
	{ "uri:spiffe://x.org/*/backup:rw", "spiffe://x.org/ns/backup", LOGIN_READ_WRITE, false },
	{ "uri:spiffe://x.org/ns/backup*", "spiffe://x.org/ns/backup", LOGIN_AS_MODULE, false },
	{ "key:" KEY, KEY, LOGIN_AS_MODULE, false }, { "key:" OTHER " key:" KEY ":ro", KEY, LOGIN_READ_ONLY, false },
	{ "key:00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff", KEY, LOGIN_AS_MODULE, false },
	{ "@backup", "a.example", LOGIN_AS_MODULE, false }, { "@nobody @ops:ro", KEY, LOGIN_READ_ONLY, false },
	{ "@ops:deny", KEY, LOGIN_AS_MODULE, true }, { "cn:joe:deny,@backup:rw", "a.example", LOGIN_READ_WRITE, false },
	{ ", cn:jane doe, cn:jane", "jane", LOGIN_AS_MODULE, false },
};

START_TEST(the_first_rule_that_matches_decides)
{
	struct identity_rule r;

	ck_assert_msg(identity_rule(matched[_i].rules, groups, &somebody, &r) == 0, "%s", matched[_i].rules);
	ck_assert_str_eq(r.name, matched[_i].name);
	ck_assert_int_eq(r.access, matched[_i].access);
	ck_assert_int_eq(r.denied, matched[_i].denied);
}
END_TEST

static const char *const strangers[] = {
	"cn:Jane", "cn:JANE", "cn:jan", "cn:janee", "cn:an", "cn:jane*x", "cn:a.example", "dns:jane", "dns:example", "dns:.example", "dns:*",
	"dns:*.*.*.*", "dns:*.org", "dns:*a.example", "dns:a.example*", "dns:c.example", "dns:*.b.c.example", "email:jane@ops.example", "email:*@example",
	"email:jane@*", "email:*@ops.example.org", "email:*Jane@ops.example", "uri:spiffe://x.org/*", "uri:spiffe://x.org/ns/BACKUP", "uri:spiffe:*",
	"uri:SPIFFE://x.org/ns/backup", "key:" OTHER, "@nobody", "@blanks", "dns:Jane@Ops.example", "email:*a.example@x", "cn:" KEY,
};

START_TEST(nobody_else_is_let_in)
{
	struct identity_rule r;

	ck_assert_msg(identity_rule(strangers[_i], groups, &somebody, &r) == E_DENIED, "%s", strangers[_i]);
}
END_TEST

/* No certificate is one that nobody has verified, or that came without TLS; no name is one that is empty. */
START_TEST(only_what_was_verified_counts)
{
	struct identity id = somebody;
	struct identity_rule r;

	id.verified = false;
	ck_assert_int_eq(identity_rule("cn:*", NULL, &id, &r), E_DENIED);
	id = somebody, id.tls = false;
	ck_assert_int_eq(identity_rule("cn:*", NULL, &id, &r), E_DENIED);
	id = (struct identity){ .tls = true, .verified = true };
	ck_assert_int_eq(identity_rule("cn:* dns:* email:*@* uri:* key:" KEY, NULL, &id, &r), E_DENIED);
	strcpy(id.names, "dns:");
	ck_assert_int_eq(identity_rule("dns:*", NULL, &id, &r), E_DENIED);
}
END_TEST

/* Names that look like others: bytes are compared, and nothing else. */
START_TEST(no_name_is_another_one)
{
	static const char *const names[] = { "j\320\260ne", "jane ", " jane", "jane.", "jane\314\201", "ｊane", "jane/", "jane:ro" };
	struct identity id = somebody;
	struct identity_rule r;

	strcpy(id.common_name, names[_i]);
	ck_assert_int_eq(identity_rule("cn:jane dns:jane email:jane@x", NULL, &id, &r), E_DENIED);
}
END_TEST

/* What an administrator wrote and cannot mean lets nobody in, whoever stands before it. */
static const struct { const char *rules, *fault; } wrong[] = {
	{ "jane", "none of cn:" }, { "cn:", "nothing stands" }, { "cn::ro", "nothing stands" }, { "CN:jane", "none of cn:" }, { "dns:", "nothing stands" },
	{ "dns:\303\251", "visible ASCII" }, { "email:jane", "NAME@DOMAIN" }, { "email:@x", "NAME@DOMAIN" }, { "email:x@", "NAME@DOMAIN" },
	{ "key:", "nothing stands" }, { "key:0011", "64 hexadecimal" }, { "key:" KEY "00", "64 hexadecimal" }, { "key:*", "64 hexadecimal" },
	{ "@", "nothing stands" }, { "@a/b", "a group's name" }, { "@absent", "no such group" }, { "ip:1.2.3.4", "none of cn:" },
	{ "cn:a\377", "no UTF-8" }, { "cn:jane @absent", "no such group" }, { " , ", "no entry" }, { "cn:jane:RO:deny x", "none of cn:" },
	{ "!cn:jane", "none of cn:" }, { "uri:a\303\251", "visible ASCII" },
};

START_TEST(a_rule_that_cannot_be_read_is_told)
{
	char message[400];

	ck_assert(identity_fault(wrong[_i].rules, groups, message, sizeof message));
	ck_assert_msg(strstr(message, wrong[_i].fault) != NULL, "%s: %s", wrong[_i].rules, message);
}
END_TEST

START_TEST(and_lets_nobody_in_behind_it)
{
	struct identity_rule r;
	char message[400];

	ck_assert_int_eq(identity_rule("@absent cn:jane", groups, &somebody, &r), E_FORMAT);
	ck_assert_int_eq(identity_rule("jane cn:jane", groups, &somebody, &r), E_FORMAT);
	ck_assert_int_eq(identity_rule("@backup", NULL, &somebody, &r), E_FORMAT);
	ck_assert(identity_fault("@backup", NULL, message, sizeof message));
	ck_assert_ptr_nonnull(strstr(message, "no \"tls groups file\""));
	ck_assert(!identity_fault("@backup:ro cn:x dns:*.a:deny", groups, message, sizeof message));
}
END_TEST

static const struct { const char *text; unsigned line; const char *fault; } bad_groups[] = {
	{ "a: cn:x\nb cn:y\n", 2, "GROUP: ENTRY" }, { "a: cn:x\n\n# b\na: cn:y", 4, "there twice" }, { "a: x", 1, "none of cn:" },
	{ "a: @b\nb: cn:x", 1, "no groups in it" }, { "a/b: cn:x", 1, "GROUP: ENTRY" }, { ": cn:x", 1, "GROUP: ENTRY" },
	{ "a: cn:x dns:", 1, "nothing stands" }, { "cn:x", 1, "none of cn:" }, { "a: cn:x\r\nb: key:12\r\n", 2, "64 hexadecimal" },
	{ "a: dns:x:ro@", 0, NULL },	/* a suffix is a rule's; there is such a name */
};

START_TEST(a_groups_file_is_told_by_line)
{
	char message[400];
	unsigned line = 0;

	ck_assert_int_eq(identity_groups_fault(bad_groups[_i].text, &line, message, sizeof message), bad_groups[_i].fault != NULL);
	if (bad_groups[_i].fault == NULL)
		return;
	ck_assert_uint_eq(line, bad_groups[_i].line);
	ck_assert_msg(strstr(message, bad_groups[_i].fault) != NULL, "%s", message);
}
END_TEST

/* It is read for each client. */
START_TEST(many_groups_take_no_long_time)
{
	static char text[1 << 20];
	char message[400];
	unsigned line;
	size_t n = 0;

	for (int i = 0; i < 50000; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "g%d: cn:x%d\n", i, i);
	ck_assert(!identity_groups_fault(text, &line, message, sizeof message));
	snprintf(text + n, sizeof text - n, "g7 : cn:y\n");
	ck_assert(identity_groups_fault(text, &line, message, sizeof message));
	ck_assert_uint_eq(line, 50001);
}
END_TEST

START_TEST(good_groups_have_no_fault)
{
	char message[400];
	unsigned line;

	ck_assert(!identity_groups_fault(groups, &line, message, sizeof message));
	ck_assert(!identity_groups_fault("", &line, message, sizeof message));
	ck_assert(!identity_groups_fault("# nobody", &line, message, sizeof message));
}
END_TEST

static const char *const plain[] = {
	"a", "Z", "7", "jane", "jane.doe", "jane_doe", "jane-doe", "jane@a.example", "a..b", "a-", "a.", KEY,
};

START_TEST(a_plain_name_may_be_a_folder)
{
	ck_assert(identity_is_plain(plain[_i]));
}
END_TEST

static const char *const elsewhere[] = {
	"", ".", "..", "/", "a/b", "../a", "a/../b", "/etc", "./a", ".a", "-a", "_a", "@a", "a b", " a", "a ", "a\n", "a\t", "\1", "a\177", "a\\b", "a:b",
	"a*", "a%b", "%TLS_USER%", "a\303\251", "j\320\260ne", "\357\274\217", "a\342\200\256b", "~", "~root", "a;b", "a$b", "a`b", "a|b", "a'b", "a\"b",
	"a&b", "a<b", "a,b", "a+b", "a=b", "*.example", "spiffe://x/y", "\377", "\300\256\300\256", KEY "0",
};

START_TEST(no_other_may)
{
	ck_assert_msg(!identity_is_plain(elsewhere[_i]), "%s", elsewhere[_i]);
}
END_TEST

/* A client's name is long and repeats; the administrator's pattern has many stars. */
START_TEST(matching_takes_no_long_time)
{
	struct identity id = somebody;
	struct identity_rule r;

	memset(id.common_name, 'a', sizeof id.common_name - 1);
	id.common_name[sizeof id.common_name - 1] = '\0';
	ck_assert_int_eq(identity_rule("cn:*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", NULL, &id, &r), E_DENIED);
	ck_assert_int_eq(identity_rule("cn:*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*", NULL, &id, &r), 0);
	ck_assert_uint_eq(strlen(r.name), sizeof id.common_name - 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("policy/identity");
	TCase *t = tcase_create("identity");

	tcase_add_loop_test(t, the_first_rule_that_matches_decides, 0, (int)ARRAY_LEN(matched));
	tcase_add_loop_test(t, nobody_else_is_let_in, 0, (int)ARRAY_LEN(strangers));
	tcase_add_test(t, only_what_was_verified_counts);
	tcase_add_loop_test(t, no_name_is_another_one, 0, 8);
	tcase_add_loop_test(t, a_rule_that_cannot_be_read_is_told, 0, (int)ARRAY_LEN(wrong));
	tcase_add_test(t, and_lets_nobody_in_behind_it);
	tcase_add_loop_test(t, a_groups_file_is_told_by_line, 0, (int)ARRAY_LEN(bad_groups));
	tcase_add_test(t, many_groups_take_no_long_time);
	tcase_add_test(t, good_groups_have_no_fault);
	tcase_add_loop_test(t, a_plain_name_may_be_a_folder, 0, (int)ARRAY_LEN(plain));
	tcase_add_loop_test(t, no_other_may, 0, (int)ARRAY_LEN(elsewhere));
	tcase_add_test(t, matching_takes_no_long_time);
	suite_add_tcase(s, t);
	return unit_main(s);
}

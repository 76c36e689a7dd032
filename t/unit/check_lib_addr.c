#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "t/unit/unit.h"

static const char long_path[] = "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

static const struct {
	const char *text;
	int result;
	const char *printed, *host;
	int loopback;
} parses[] = {
	{ "127.0.0.1", 0, "127.0.0.1:873", "127.0.0.1", 1 }, { "127.255.0.9", 0, "127.255.0.9:873", "127.255.0.9", 1 },
	{ "192.0.2.1", 0, "192.0.2.1:873", "192.0.2.1", 0 }, { "0.0.0.0", 0, "0.0.0.0:873", "0.0.0.0", 0 },
	{ "::1", 0, "::1:873", "::1", 1 }, { "[::1]", 0, "::1:873", "::1", 1 }, { "::", 0, ":::873", "::", 0 },
	{ "2001:DB8:0::1", 0, "2001:db8::1:873", "2001:db8::1", 0 }, { "fe80::1%lo", 0, "fe80::1%lo:873", "fe80::1%lo", 0 },
	{ "/run/x.sock", 0, "/run/x.sock", "localhost", 1 },
	{ "", E_FORMAT, NULL, NULL, 0 }, { "[", E_FORMAT, NULL, NULL, 0 }, { "[]", E_FORMAT, NULL, NULL, 0 },
	{ "localhost", E_FORMAT, NULL, NULL, 0 }, { "1.2.3", E_FORMAT, NULL, NULL, 0 }, { "1.2.3.256", E_FORMAT, NULL, NULL, 0 },
	{ "01.2.3.4", E_FORMAT, NULL, NULL, 0 }, { "1.2.3.4 ", E_FORMAT, NULL, NULL, 0 }, { "[1.2.3.4]", E_FORMAT, NULL, NULL, 0 },
	{ "::1%", E_FORMAT, NULL, NULL, 0 }, { "fe80::1%nowhere", E_FORMAT, NULL, NULL, 0 }, { ":::", E_FORMAT, NULL, NULL, 0 },
	{ "1:2:3:4:5:6:7:8:9", E_FORMAT, NULL, NULL, 0 }, { long_path + 1, E_FORMAT, NULL, NULL, 0 },
	{ long_path, E_LIMIT, NULL, NULL, 0 },
};

START_TEST(an_address_is_parsed_and_printed)
{
	struct addr a, before;
	char text[ADDR_TEXT_SIZE];
	int r;

	memset(&a, 'x', sizeof a);
	before = a;
	r = addr_parse(parses[_i].text, 873, &a);
	ck_assert_msg(r == parses[_i].result, "%s: %d", parses[_i].text, r);
	if (r != 0) {
		ck_assert(memcmp(&a, &before, sizeof a) == 0);
		return;
	}
	ck_assert_str_eq(addr_text(&a, text, sizeof text), parses[_i].printed);
	ck_assert_str_eq(addr_host(&a, text, sizeof text), parses[_i].host);
	ck_assert_int_eq(addr_is_loopback(&a), parses[_i].loopback);
}
END_TEST

static const struct {
	const char *addr, *net;
	int result;
} nets[] = {
	{ "192.0.2.1", "192.0.2.1", 1 }, { "192.0.2.1", "192.0.2.2", 0 }, { "192.0.2.1", "192.0.2.0/24", 1 },
	{ "192.0.3.1", "192.0.2.0/24", 0 }, { "192.0.3.1", "192.0.2.0/23", 1 }, { "192.0.2.9", "192.0.2.1/24", 1 },
	{ "192.0.2.1", "0.0.0.0/0", 1 }, { "192.0.2.1", "192.0.2.1/32", 1 }, { "192.0.2.0", "192.0.2.1/31", 1 },
	{ "192.0.2.1", "192.0.2.0/255.255.255.0", 1 }, { "192.0.3.1", "192.0.2.0/255.255.255.0", 0 },
	{ "10.1.2.3", "10.0.0.3/255.0.0.255", 1 },
	{ "2001:db8::1", "2001:db8::/32", 1 }, { "2001:db9::1", "2001:db8::/32", 0 }, { "2001:db8::1", "2001:db8::/ffff:ffff::", 1 },
	{ "2001:db8::1", "::/0", 1 }, { "2001:db8::8000", "2001:db8::/113", 0 }, { "2001:db8::7fff", "2001:db8::/113", 1 },
	{ "::1", "127.0.0.1", 0 }, { "192.0.2.1", "::/0", 0 }, { "2001:db8::1", "0.0.0.0/0", 0 }, { "/run/x", "0.0.0.0/0", 0 },
	{ "192.0.2.1", "192.0.2.0/33", E_LIMIT }, { "192.0.2.1", "192.0.2.0/-1", E_LIMIT }, { "192.0.2.1", "192.0.2.0/", E_LIMIT },
	{ "192.0.2.1", "192.0.2.0/x", E_LIMIT }, { "192.0.2.1", "192.0.2.0/24/8", E_LIMIT }, { "::1", "::/129", E_LIMIT },
	{ "192.0.2.1", "192.0.2.0/255.255.255", E_LIMIT }, { "::1", "::/255.255.255.0", E_LIMIT },
	{ "192.0.2.1", "", E_FORMAT }, { "192.0.2.1", "/24", E_FORMAT }, { "192.0.2.1", "*.example", E_FORMAT },
	{ "192.0.2.1", long_path + 1, E_FORMAT },
};

START_TEST(an_address_lies_in_a_net_or_not)
{
	struct addr a;
	int r;

	ck_assert_int_eq(addr_parse(nets[_i].addr, 873, &a), 0);
	r = addr_in(&a, nets[_i].net);
	ck_assert_msg(r == nets[_i].result, "%s in %s: %d", nets[_i].addr, nets[_i].net, r);
}
END_TEST

START_TEST(a_mapped_address_becomes_plain)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(99) };
	char text[ADDR_TEXT_SIZE];
	struct addr a;

	memcpy(six.sin6_addr.s6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x01", 16);
	addr_from((const struct sockaddr *)&six, sizeof six, &a);
	ck_assert_str_eq(addr_text(&a, text, sizeof text), "192.0.2.1:99");
	ck_assert_uint_eq(a.len, sizeof(struct sockaddr_in));
}
END_TEST

START_TEST(an_unnamed_socket_has_a_text)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char text[ADDR_TEXT_SIZE];
	struct addr a;

	addr_from((const struct sockaddr *)&un, offsetof(struct sockaddr_un, sun_path), &a);
	ck_assert_str_eq(addr_text(&a, text, sizeof text), "unnamed socket");
	ck_assert_int_eq(addr_is_loopback(&a), 1);
	ck_assert_uint_eq(addr_port(&a), 0);
}
END_TEST

static const struct { const char *a, *b; int same; } networks[] = {
	{ "192.0.2.1", "192.0.2.1", 1 }, { "192.0.2.1", "192.0.2.2", 0 }, { "192.0.2.1", "::ffff:192.0.2.1", 1 },
	{ "2001:db8::1", "2001:db8::ffff", 1 }, { "2001:db8::1", "2001:db8:0:1::1", 0 }, { "::2", "/run/x", 0 }, { "::2", "::3", 1 },
};

START_TEST(a_network_is_what_one_party_has)
{
	struct addr a, b;

	ck_assert_int_eq(addr_parse(networks[_i].a, 0, &a), 0);
	ck_assert_int_eq(addr_parse(networks[_i].b, 0, &b), 0);
	ck_assert_int_eq(addr_network(&a) == addr_network(&b), networks[_i].same);
	ck_assert(addr_network(&a) != 0);
}
END_TEST

START_TEST(ports_are_set_and_read)
{
	struct addr a;

	ck_assert_int_eq(addr_parse("::1", 0, &a), 0);
	addr_set_port(&a, 65535);
	ck_assert_uint_eq(addr_port(&a), 65535);
	ck_assert_int_eq(addr_parse("/x", 5, &a), 0);
	ck_assert_uint_eq(addr_port(&a), 0);
}
END_TEST

START_TEST(a_short_buffer_is_not_overrun)
{
	struct addr a;
	char text[6] = "zzzzz";

	ck_assert_int_eq(addr_parse("192.0.2.1", 873, &a), 0);
	ck_assert_str_eq(addr_text(&a, text, 5), "192.");
	ck_assert_int_eq(text[5], '\0');
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lib/addr");
	TCase *t = tcase_create("addr");

	tcase_add_loop_test(t, an_address_is_parsed_and_printed, 0, ARRAY_LEN(parses));
	tcase_add_loop_test(t, an_address_lies_in_a_net_or_not, 0, ARRAY_LEN(nets));
	tcase_add_test(t, a_mapped_address_becomes_plain);
	tcase_add_test(t, an_unnamed_socket_has_a_text);
	tcase_add_loop_test(t, a_network_is_what_one_party_has, 0, ARRAY_LEN(networks));
	tcase_add_test(t, ports_are_set_and_read);
	tcase_add_test(t, a_short_buffer_is_not_overrun);
	suite_add_tcase(s, t);
	return unit_main(s);
}

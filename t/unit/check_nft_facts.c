#include <netinet/in.h>
#include <string.h>

#include "lib/err.h"
#include "nft/facts.h"
#include "t/unit/unit.h"

static const struct {
	const char *text;
	int family, result;
} sources[] = {
	{ "198.51.100.0/24", AF_INET, 0 }, { "198.51.100.7", AF_INET, 0 }, { "198.51.100.7/32", AF_INET, 0 },
	{ "128.0.0.0/1", AF_INET, 0 }, { "2001:db8::/32", AF_INET6, 0 }, { "2001:db8::1", AF_INET6, 0 }, { "8000::/1", AF_INET6, 0 },
	{ "198.51.100.7/24", AF_INET, E_DENIED }, { "2001:db8::1/64", AF_INET6, E_DENIED }, { "192.0.2.128/24", AF_INET, E_DENIED },
	{ "0.0.0.0/0", AF_INET, E_LIMIT }, { "::/0", AF_INET6, E_LIMIT }, { "198.51.100.0/33", AF_INET, E_LIMIT },
	{ "2001:db8::/129", AF_INET6, E_LIMIT }, { "198.51.100.0/", AF_INET, E_LIMIT }, { "198.51.100.0/24x", AF_INET, E_LIMIT },
	{ "198.51.100.0/-1", AF_INET, E_LIMIT }, { "198.51.100.0/255.255.255.0", AF_INET, E_LIMIT },
	{ "2001:db8::/32", AF_INET, E_FORMAT }, { "198.51.100.0/24", AF_INET6, E_FORMAT }, { "example.org", AF_INET, E_FORMAT },
	{ "", AF_INET, E_FORMAT }, { "/24", AF_INET, E_FORMAT }, { "198.51.100.0 }", AF_INET, E_FORMAT }, { "198.51.100", AF_INET, E_FORMAT },
	{ "fe80::1%eth0", AF_INET6, E_FORMAT }, { "::ffff:192.0.2.1", AF_INET6, 0 },
	{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", AF_INET6, E_FORMAT },
};

START_TEST(a_source_is_a_literal_network)
{
	int r = nft_source_check(sources[_i].text, sources[_i].family);

	ck_assert_msg(r == sources[_i].result, "\"%s\": %d", sources[_i].text, r);
}
END_TEST

static const struct {
	const char *peer, *source;	/* NULL: none */
	int anyone;
} peers[] = {
	{ "198.51.100.7", "198.51.100.0/24", 0 }, { "198.51.101.7", NULL, 0 }, { "192.0.2.1", "192.0.2.1", 0 }, { "192.0.2.2", NULL, 0 },
	{ "2001:db8::7", "2001:db8::/64", 0 }, { "2001:db8:0:1::7", NULL, 0 }, { "198.51.100.7", NULL, 1 }, { "/run/x", NULL, 0 },
};

START_TEST(the_source_that_lets_in)
{
	static const char *const four[] = { "192.0.2.1", "198.51.100.0/24" }, *const six[] = { "2001:db8::/64" };
	const struct nft_facts f = { .sources4 = four, .n_sources4 = 2, .sources6 = six, .n_sources6 = 1, .anyone = peers[_i].anyone };
	struct addr peer;
	const char *source;

	ck_assert_int_eq(addr_parse(peers[_i].peer, 0, &peer), 0);
	source = nft_source_of(&f, &peer);
	ck_assert_msg(peers[_i].source == NULL ? source == NULL : source != NULL && strcmp(source, peers[_i].source) == 0, "%s", peers[_i].peer);
}
END_TEST

static const struct {
	const char *table, *owner;
	int result;
} names[] = {
	{ "sallyport", "daemon", 0 }, { "a", "_x.y-z", 0 }, { "A_1", "0", 0 }, { "abcdefghijklmnopqrst", "65534", 0 },
	{ "abcdefghijklmnopqrstu", "x", E_LIMIT }, { "", "x", E_LIMIT }, { "1a", "x", E_FORMAT }, { "_a", "x", E_FORMAT },
	{ "a-b", "x", E_FORMAT }, { "a b", "x", E_FORMAT }, { "a{", "x", E_FORMAT }, { "a\n", "x", E_FORMAT }, { "t\xc3\xa4", "x", E_FORMAT },
	{ "a", "", E_LIMIT }, { "a", "-x", E_FORMAT }, { "a", ".x", E_FORMAT }, { "a", "1x", E_FORMAT }, { "a", "x y", E_FORMAT },
	{ "a", "x\"", E_FORMAT }, { "a", "@x", E_FORMAT }, { "a", "abcdefghijklmnopqrstuvwxyz0123456", E_LIMIT },
};

START_TEST(names_are_words_and_nothing_else)
{
	const char *const owners[] = { names[_i].owner };
	struct nft_facts f = { .table = names[_i].table, .plain_port = 873, .tls_port = 874, .owners = owners, .n_owners = 1 };
	int r = nft_facts_check(&f);

	ck_assert_msg(r == names[_i].result, "\"%s\", \"%s\": %d", names[_i].table, names[_i].owner, r);
}
END_TEST

static const struct {
	struct nft_facts f;
	int result;
} numbers[] = {
	{ { .plain_port = 873, .tls_port = 874 }, 0 }, { { .plain_port = 0, .tls_port = 874 }, 0 }, { { .tls_port = 874, .n_owners = 1 }, E_LIMIT },
	{ { .plain_port = 873, .tls_port = 0 }, E_LIMIT }, { { .plain_port = 873, .tls_port = 873 }, E_LIMIT },
	{ { .plain_port = 873, .tls_port = 874, .per_minute = 1, .burst = 0 }, E_LIMIT },
	{ { .plain_port = 873, .tls_port = 874, .per_minute = 1, .burst = 1 }, 0 },
	{ { .plain_port = 873, .tls_port = 874, .per_minute = NFT_RATE_MAX + 1, .burst = 1 }, E_LIMIT },
	{ { .plain_port = 873, .tls_port = 874, .per_minute = 1, .burst = NFT_RATE_MAX + 1 }, E_LIMIT },
	{ { .plain_port = 873, .tls_port = 874, .connections = NFT_CONNECTIONS_MAX + 1 }, E_LIMIT },
	{ { .plain_port = 873, .tls_port = 874, .n_sources4 = NFT_SOURCES_MAX + 1 }, E_LIMIT },
	{ { .plain_port = 873, .tls_port = 874, .n_owners = NFT_SOURCES_MAX + 1 }, E_LIMIT },
};

START_TEST(numbers_have_bounds)
{
	struct nft_facts f = numbers[_i].f;

	f.table = "t";
	ck_assert_int_eq(nft_facts_check(&f), numbers[_i].result);
}
END_TEST

START_TEST(every_source_of_both_lists_is_looked_at)
{
	const char *const bad4[] = { "192.0.2.1", "192.0.2.1/24" }, *const bad6[] = { "2001:db8::1", "x" };
	struct nft_facts f = { .table = "t", .plain_port = 873, .tls_port = 874, .sources4 = bad4, .n_sources4 = 2 };

	ck_assert_int_eq(nft_facts_check(&f), E_DENIED);
	f.n_sources4 = 1;
	ck_assert_int_eq(nft_facts_check(&f), 0);
	f.sources6 = bad6;
	f.n_sources6 = 2;
	ck_assert_int_eq(nft_facts_check(&f), E_FORMAT);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("nft/facts");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, the_source_that_lets_in, 0, (int)ARRAY_LEN(peers));
	tcase_add_loop_test(t, a_source_is_a_literal_network, 0, ARRAY_LEN(sources));
	tcase_add_loop_test(t, names_are_words_and_nothing_else, 0, ARRAY_LEN(names));
	tcase_add_loop_test(t, numbers_have_bounds, 0, ARRAY_LEN(numbers));
	tcase_add_test(t, every_source_of_both_lists_is_looked_at);
	suite_add_tcase(s, t);
	return unit_main(s);
}

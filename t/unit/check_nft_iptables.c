#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "nft/iptables.h"
#include "t/unit/golden.h"
#include "t/unit/nft_cases.h"
#include "t/unit/unit.h"

static int
put4(const struct nft_facts *f, struct buf *out)
{
	return iptables_put(f, AF_INET, out);
}

static int
put6(const struct nft_facts *f, struct buf *out)
{
	return iptables_put(f, AF_INET6, out);
}

static const struct {
	const char *file;
	int (*put)(const struct nft_facts *, struct buf *);
} texts[] = {
	{ "rules.4", put4 }, { "rules.6", put6 }, { "load.sh", iptables_put_script }, { "remove.sh", iptables_put_removal },
};

START_TEST(the_text_is_the_one_on_file)
{
	const struct nft_case *c = &nft_cases[(size_t)_i / ARRAY_LEN(texts)];
	size_t kind = (size_t)_i % ARRAY_LEN(texts);
	struct buf out = BUF_INIT;
	char name[128];

	ck_assert_int_eq(texts[kind].put(&c->facts, &out), 0);
	snprintf(name, sizeof name, "t/golden/nft/%s/%s", c->name, texts[kind].file);
	golden_is(name, &out);
	buf_done(&out);
}
END_TEST

START_TEST(facts_that_are_not_in_order_make_no_text)
{
	struct nft_facts f = nft_cases[0].facts;
	struct buf out = BUF_INIT;

	f.table = "$(id)";
	ck_assert_int_eq(texts[_i].put(&f, &out), E_FORMAT);
	ck_assert_uint_eq(buf_len(&out), 0);
	buf_done(&out);
}
END_TEST

/* The longest names and the largest numbers fit into a line. */
START_TEST(the_largest_facts_are_not_cut)
{
	static const char *const net[] = { "ffff:ffff:ffff:ffff:ffff:ffff:fff0:0/108" };
	static const char *const owner[] = { "abcdefghijklmnopqrstuvwxyz012345" };
	const struct nft_facts f = { .table = "abcdefghijklmnopqrst", .plain_port = 65535, .tls_port = 65534, .sources6 = net,
	    .n_sources6 = 1, .connections = NFT_CONNECTIONS_MAX, .per_minute = NFT_RATE_MAX, .burst = NFT_RATE_MAX, .owners = owner,
	    .n_owners = 1 };
	struct buf out = BUF_INIT;

	ck_assert_int_eq(texts[_i].put(&f, &out), 0);
	for (const char *line = buf_cstr(&out); *line != '\0'; line = strchr(line, '\n') + 1)
		ck_assert_uint_lt(strcspn(line, "\n"), 400);
	buf_done(&out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("nft/iptables");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, the_text_is_the_one_on_file, 0, ARRAY_LEN(nft_cases) * ARRAY_LEN(texts));
	tcase_add_loop_test(t, facts_that_are_not_in_order_make_no_text, 0, ARRAY_LEN(texts));
	tcase_add_loop_test(t, the_largest_facts_are_not_cut, 0, ARRAY_LEN(texts));
	suite_add_tcase(s, t);
	return unit_main(s);
}

#include <stdio.h>
#include <string.h>

#include "nft/ruleset.h"
#include "t/unit/golden.h"
#include "t/unit/nft_cases.h"
#include "t/unit/unit.h"

static const struct {
	const char *file;
	int (*put)(const struct nft_facts *, struct buf *);
} texts[] = { { "table.nft", ruleset_put }, { "remove.nft", ruleset_put_removal } };

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

	f.table = "a;b";
	ck_assert_int_eq(texts[_i].put(&f, &out), E_FORMAT);
	ck_assert_uint_eq(buf_len(&out), 0);
	buf_done(&out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("nft/ruleset");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, the_text_is_the_one_on_file, 0, ARRAY_LEN(nft_cases) * ARRAY_LEN(texts));
	tcase_add_loop_test(t, facts_that_are_not_in_order_make_no_text, 0, ARRAY_LEN(texts));
	suite_add_tcase(s, t);
	return unit_main(s);
}

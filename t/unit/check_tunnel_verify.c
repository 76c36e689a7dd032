#include <openssl/x509_vfy.h>

#include "lib/err.h"
#include "t/unit/unit.h"
#include "tunnel/tls/verify.h"

/* The table of stunnel-conf section 8: what a line asks for, and what becomes of three clients. */
enum who { CA_ROOT_KNOWN, CA_LEAF_KNOWN, CA_BOTH_KNOWN, SELF_UNKNOWN, SELF_KNOWN, N_WHO };

static const struct cert_facts clients[N_WHO] = {
	[CA_ROOT_KNOWN] = { .error = X509_V_OK },
	[CA_LEAF_KNOWN] = { .error = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, .in_store = 1 },
	[CA_BOTH_KNOWN] = { .error = X509_V_OK, .in_store = 1 },
	[SELF_UNKNOWN] = { .error = X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT },
	[SELF_KNOWN] = { .error = X509_V_OK, .in_store = 1 },
};

static const struct {
	int level, accepts[N_WHO];
} levels[] = {
	{ 0, { 1, 1, 1, 1, 1 } }, { 1, { 1, 0, 1, 0, 1 } }, { 2, { 1, 0, 1, 0, 1 } }, { 3, { 0, 0, 1, 0, 1 } },
	{ 4, { 0, 1, 1, 0, 1 } },
};

START_TEST(each_level_admits_whom_the_table_says)
{
	struct verify_mode m;

	verify_set_level(&m, levels[_i].level);
	for (int who = 0; who < N_WHO; who++)
		ck_assert_msg(verify_refuses(verify_cert(&m, &clients[who])) == !levels[_i].accepts[who],
		    "verify = %d, client %d", levels[_i].level, who);
}
END_TEST

START_TEST(lines_act_in_their_order)
{
	struct verify_mode m = { 0, 0, 0, 0 };

	verify_set_chain(&m, 1);
	verify_set_require(&m, 0);
	ck_assert(m.request && !m.require && m.chain);
	m = (struct verify_mode){ 0, 0, 0, 0 };
	verify_set_require(&m, 0);
	verify_set_chain(&m, 1);
	ck_assert(m.request && m.require && m.chain);
	verify_set_level(&m, 4);
	ck_assert(m.require && !m.chain && m.peer);
	verify_set_peer(&m, 0);
	ck_assert(m.require && !m.peer);
}
END_TEST

START_TEST(a_pinned_but_expired_certificate_is_refused)
{
	struct verify_mode m;
	struct cert_facts f = { .error = X509_V_ERR_CERT_HAS_EXPIRED, .in_store = 1 };

	verify_set_level(&m, 4);
	ck_assert_int_eq(verify_cert(&m, &f), VERIFY_BAD_CHAIN);
	f.depth = 1;
	ck_assert_int_eq(verify_cert(&m, &f), VERIFY_IGNORED);
	verify_set_level(&m, 3);
	ck_assert_int_eq(verify_cert(&m, &f), VERIFY_BAD_CHAIN);
}
END_TEST

START_TEST(subjects_count_at_depth_zero_only)
{
	struct verify_mode m;
	struct cert_facts f = { .depth = 1, .subject_checks = 1 };

	verify_set_level(&m, 2);
	ck_assert_int_eq(verify_cert(&m, &f), VERIFY_OK);
	f.depth = 0;
	ck_assert_int_eq(verify_cert(&m, &f), VERIFY_BAD_SUBJECT);
	f.subject_matches = 1;
	ck_assert_int_eq(verify_cert(&m, &f), VERIFY_OK);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel/verify");
	TCase *t = tcase_create("verify");

	tcase_add_loop_test(t, each_level_admits_whom_the_table_says, 0, (int)ARRAY_LEN(levels));
	tcase_add_test(t, lines_act_in_their_order);
	tcase_add_test(t, a_pinned_but_expired_certificate_is_refused);
	tcase_add_test(t, subjects_count_at_depth_zero_only);
	suite_add_tcase(s, t);
	return unit_main(s);
}

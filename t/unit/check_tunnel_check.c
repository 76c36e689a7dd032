#include <openssl/ssl.h>
#include <string.h>

#include "t/unit/unit.h"
#include "tunnel/conf/check.h"
#include "tunnel/conf/target.h"

static char *one[] = { (char *)"1" };

static struct tun_service
sound(void)
{
	return (struct tun_service){ .accept = { one, 1 }, .connect = { one, 1 }, .tls = { .cert = (char *)"c", .level = -1 } };
}

/* The first warning. */
static const char *
warned(const struct tun_service *s)
{
	const char *why = NULL;

	for (size_t i = 0; i < CHECK_WARNINGS && why == NULL; i++)
		why = check_warning(s, i);
	return why;
}

START_TEST(a_sound_service_passes_without_a_warning)
{
	struct tun_service s = sound();

	ck_assert_ptr_null(check_service(&s, &(struct tun_conf){ .inetd = 0 }));
	ck_assert_ptr_null(warned(&s));
}
END_TEST

START_TEST(endpoints_are_two_or_one)
{
	struct tun_service s = sound();

	s.connect.n = 0;
	ck_assert_str_eq(check_service(&s, &(struct tun_conf){ .inetd = 0 }), "Each service must define two endpoints");
	s = sound();
	s.accept.n = 0;
	ck_assert_ptr_null(check_service(&s, &(struct tun_conf){ .inetd = 1 }));
	ck_assert_str_eq(check_service(&s, &(struct tun_conf){ .inetd = 0 }), "Each service must define two endpoints");
}
END_TEST

START_TEST(a_client_that_trusts_anybody_is_warned_about)
{
	struct tun_service s = sound();

	s.tls = (struct tls_conf){ .client = 1, .level = -1 };
	ck_assert_ptr_null(check_service(&s, &(struct tun_conf){ .inetd = 0 }));
	ck_assert_ptr_nonnull(warned(&s));
	verify_set_chain(&s.tls.plain.verify, 1);
	ck_assert_ptr_nonnull(check_service(&s, &(struct tun_conf){ .inetd = 0 }));	/* no CA */
	s.tls.ca_file = (char *)"ca";
	ck_assert_ptr_null(check_service(&s, &(struct tun_conf){ .inetd = 0 }));
	ck_assert_ptr_nonnull(warned(&s));	/* any host of that CA */
	s.tls.hosts = (struct opt_list){ one, 1 };
	ck_assert_ptr_null(warned(&s));
}
END_TEST

static const struct {
	const char *what;
	struct tun_service s;
	int chain;			/* also where that is asked for */
} weak[] = {
	{ "requireCert", { .tls.plain.verify = { .request = 1, .require = 1 } }, 0 },
	{ "revocation lists", { .tls.crl_file = (char *)"crl" }, 0 },
	{ "revocation lists", { .tls.crl_path = (char *)"crls" }, 0 },
	{ "securityLevel = 0", { .tls.level = 0 }, 1 },
	{ "securityLevel = 1", { .tls.level = 1 }, 1 },
	{ "5746", { .tls.plain.set = SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION }, 1 },
	{ "leads anybody", { .protocol = PROTOCOL_SOCKS }, 0 },
	{ "leads anybody", { .protocol = PROTOCOL_CONNECT }, 0 },
};

START_TEST(what_is_weak_is_warned_about)
{
	struct tun_service s = weak[_i].s;
	const char *why;

	if (strncmp(weak[_i].what, "securityLevel", 13) != 0)
		s.tls.level = -1;
	why = warned(&s);
	ck_assert_msg(why != NULL && strstr(why, weak[_i].what) != NULL, "%s", weak[_i].what);
	verify_set_chain(&s.tls.plain.verify, 1);
	ck_assert_msg((warned(&s) != NULL) == weak[_i].chain, "%s", weak[_i].what);
}
END_TEST

START_TEST(an_empty_ca_is_none)
{
	struct tun_service s = sound();

	s.tls.ca_file = (char *)"";
	verify_set_peer(&s.tls.plain.verify, 1);
	ck_assert_ptr_nonnull(check_service(&s, &(struct tun_conf){ .inetd = 0 }));
}
END_TEST

static const struct {
	const char *text, *host, *port;
} splits[] = {
	{ "874", "", "874" }, { "h:1", "h", "1" }, { "::1:873", "::1", "873" }, { ":::873", "::", "873" },
	{ "[::1]:873", "::1", "873" }, { "h:", "h", "" },
};

START_TEST(addresses_split_at_the_last_colon)
{
	char host[64];
	const char *port;

	ck_assert_int_eq(target_split(splits[_i].text, host, sizeof host, &port), 0);
	ck_assert_str_eq(host, splits[_i].host);
	ck_assert_str_eq(port, splits[_i].port);
}
END_TEST

static const struct {
	const char *text;
	int ok;
} targets[] = {
	{ "127.0.0.1:1", 1 }, { "::1:65535", 1 }, { "/a/socket", 1 }, { "127.0.0.1:65536", 0 }, { "127.0.0.1:", 0 },
	{ "127.0.0.1:no such service", 0 }, { ":1", 1 },
};

START_TEST(what_is_no_address_is_refused)
{
	char *v[] = { (char *)targets[_i].text };
	struct opt_list list = { v, 1 };
	struct targets t = { NULL, 0 };
	const char *bad_text = NULL;
	int r = targets_resolve(&list, TARGET_CONNECT, &t, &bad_text);

	ck_assert_msg((r == 0) == targets[_i].ok, "%s: %d", targets[_i].text, r);
	ck_assert_ptr_eq(bad_text, r == 0 ? NULL : v[0]);
	targets_done(&t);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel/check");
	TCase *t = tcase_create("check");

	tcase_add_test(t, a_sound_service_passes_without_a_warning);
	tcase_add_test(t, endpoints_are_two_or_one);
	tcase_add_test(t, a_client_that_trusts_anybody_is_warned_about);
	tcase_add_loop_test(t, what_is_weak_is_warned_about, 0, (int)(sizeof weak / sizeof *weak));
	tcase_add_test(t, an_empty_ca_is_none);
	tcase_add_loop_test(t, addresses_split_at_the_last_colon, 0, (int)ARRAY_LEN(splits));
	tcase_add_loop_test(t, what_is_no_address_is_refused, 0, (int)ARRAY_LEN(targets));
	suite_add_tcase(s, t);
	return unit_main(s);
}

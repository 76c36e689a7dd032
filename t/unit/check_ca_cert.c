#include <stdio.h>
#include <string.h>

#include "deploy/ca/cert.h"
#include "lib/err.h"
#include "t/unit/unit.h"

enum { NOW = 1800000000 };	/* 2027-01-15 */

static struct cert_issuer ca;
static struct evp_pkey_st *key;
static const char *why;

static void
make_ca(enum cert_algorithm algorithm, const char *const *constraints, size_t n)
{
	const struct cert_want w = { .cn = "CA", .constraints = constraints, .n_constraints = n, .now = NOW, .days = 100 };

	ca.key = cert_key_new(algorithm);
	ca.cert = cert_authority_new(ca.key, &w);
	ck_assert_ptr_nonnull(ca.cert);
	key = cert_key_new(CERT_P256);
}

static void
tear_down(void)
{
	cert_free(ca.cert);
	cert_key_free(ca.key);
	cert_key_free(key);
	ca = (struct cert_issuer){ NULL, NULL };
	key = NULL;
}

static struct x509_st *
make(const char *cn, enum cert_kind kind, const char *name, int days)
{
	struct names names = { .n = 0 };
	const struct cert_want w = { .cn = cn, .kind = kind, .names = &names, .now = NOW, .days = days };

	if (name != NULL)
		ck_assert_int_eq(names_add(&names, name), 0);
	return cert_new(&ca, key, &w);
}

static int
verified(struct x509_st *x, enum cert_kind kind, int64_t now)
{
	int r = cert_verify(&ca, x, kind, now, &why);

	cert_free(x);
	return r;
}

START_TEST(a_certificate_is_for_one_kind_and_its_time)
{
	static const enum cert_kind both[] = { CERT_CLIENT, CERT_SERVER };
	enum cert_kind kind = both[_i % 2], other = both[(_i + 1) % 2];

	make_ca(_i < 2 ? CERT_P256 : CERT_ED25519, NULL, 0);
	ck_assert_int_eq(verified(make("a", kind, "a.example", 90), kind, NOW), 0);
	ck_assert_int_eq(verified(make("a", kind, "a.example", 90), other, NOW), E_VERIFY);
	ck_assert_int_eq(verified(make("a", kind, "a.example", 90), kind, NOW - CERT_EARLY - 1), E_VERIFY);
	ck_assert_int_eq(verified(make("a", kind, "a.example", 90), kind, NOW + 90 * CERT_DAY + 1), E_VERIFY);
}
END_TEST

START_TEST(it_ends_with_its_authority)
{
	struct x509_st *x;

	make_ca(CERT_P256, NULL, 0);
	x = make("a", CERT_CLIENT, NULL, 900);
	ck_assert_int_eq(cert_ends(x), NOW + 100 * CERT_DAY);
	ck_assert_int_eq(cert_begins(x), NOW - CERT_EARLY);
	cert_free(x);
}
END_TEST

START_TEST(no_two_have_one_serial_of_128_bits)
{
	char a[CERT_SERIAL_SIZE], b[CERT_SERIAL_SIZE];
	struct x509_st *x, *y;
	const struct cert_want w = { .now = NOW + 5, .days = 10 };

	make_ca(CERT_P256, NULL, 0);
	x = make("a", CERT_SERVER, "a.example", 90);
	y = cert_again(&ca, x, NULL, &w);
	ck_assert_int_eq(cert_serial(x, a) | cert_serial(y, b), 0);
	ck_assert_uint_eq(strlen(a), 32);
	ck_assert_uint_eq(strlen(b), 32);
	ck_assert_str_ne(a, b);
	ck_assert(cert_has_name(y, "a.example") && cert_has_key(y, key) && !cert_has_name(y, "b.example"));
	ck_assert_int_eq(cert_ends(y), NOW + 5 + 10 * CERT_DAY);
	cert_free(x);
	ck_assert_int_eq(verified(y, CERT_SERVER, NOW + 6), 0);
}
END_TEST

static const struct {
	const char *constraints[2], *cn, *name;
	bool good;
} bounds[] = {
	{ { "dns:.example.org" }, "a", "x.example.org", true }, { { "dns:.example.org" }, "a", "x.y.example.org", true },
	{ { "dns:.example.org" }, "a", "example.org", false }, { { "dns:example.org" }, "a", "example.org", true },
	{ { "dns:.example.org" }, "a", "x.example.com", false }, { { "dns:.example.org" }, "a", "xexample.org", false },
	{ { "dns:.example.org" }, "a", "192.0.2.1", false }, { { "dns:.example.org" }, "a", "2001:db8::1", false },
	{ { "dns:.example.org" }, "a", NULL, true }, { { "dns:.example.org" }, "x.example.com", NULL, false },
	{ { "ip:192.0.2.0/24" }, "a", "192.0.2.200", true }, { { "ip:192.0.2.0/24" }, "a", "192.0.3.1", false },
	{ { "ip:192.0.2.0/24" }, "a", "x.example.org", false }, { { "ip:192.0.2.0/28" }, "a", "192.0.2.16", false },
	{ { "ip:192.0.2.0/28" }, "a", "192.0.2.15", true }, { { "ip:2001:db8::/33" }, "a", "2001:db8:7fff::1", true },
	{ { "ip:2001:db8::/33" }, "a", "2001:db8:8000::1", false }, { { "dns:.a.org", "dns:.b.org" }, "a", "x.b.org", true },
	{ { "dns:.a.org", "ip:192.0.2.0/24" }, "a", "192.0.2.1", true },
};

START_TEST(outside_of_the_constraints_nothing_verifies)
{
	size_t n = bounds[_i].constraints[1] == NULL ? 1 : 2;

	make_ca(CERT_P256, bounds[_i].constraints, n);
	ck_assert_msg((verified(make(bounds[_i].cn, CERT_SERVER, bounds[_i].name, 90), CERT_SERVER, NOW) == 0) == bounds[_i].good, "row %d", _i);
}
END_TEST

static const struct {
	const char *text;
	int r;
} constraints[] = {
	{ "dns:.example.org", 0 }, { "dns:localhost", 0 }, { "email:example.org", 0 }, { "ip:0.0.0.0/0", 0 }, { "ip:::/0", 0 },
	{ "dns:", E_FORMAT }, { "dns:.", E_FORMAT }, { "dns:a b", E_FORMAT }, { "dns:192.0.2.1", E_FORMAT }, { "ip:192.0.2.1", E_FORMAT },
	{ "ip:192.0.2.0/33", E_FORMAT }, { "ip:192.0.2/24", E_FORMAT }, { "ip:2001:db8::/129", E_FORMAT }, { "ip:x/8", E_FORMAT },
	{ "uri:x", E_FORMAT }, { "example.org", E_FORMAT }, { "", E_FORMAT },
};

START_TEST(a_constraint_is_a_kind_and_a_name)
{
	ck_assert_msg(cert_constraint(constraints[_i].text) == constraints[_i].r, "row %d", _i);
}
END_TEST

START_TEST(keys_and_certificates_come_back)
{
	struct buf k = BUF_INIT, c = BUF_INIT;
	struct evp_pkey_st *again;
	struct x509_st *x, *y;
	uint8_t pin[2][CERT_PIN_SIZE];

	make_ca(CERT_P256, NULL, 0);
	x = make("a", CERT_CLIENT, NULL, 90);
	ck_assert_int_eq(cert_key_put(key, &k) | cert_put(x, &c), 0);
	again = cert_key_read(buf_head(&k), buf_len(&k));
	y = cert_read(buf_head(&c), buf_len(&c));
	ck_assert(cert_has_key(y, again) && cert_is_of(&ca, y));
	ck_assert_int_eq(cert_pin(x, pin[0]) | cert_pin(y, pin[1]), 0);
	ck_assert_mem_eq(pin[0], pin[1], CERT_PIN_SIZE);
	ck_assert_ptr_null(cert_read(buf_head(&c), buf_len(&c) / 2));
	ck_assert_ptr_null(cert_key_read(buf_head(&c), buf_len(&c)));
	cert_free(x);
	cert_free(y);
	cert_key_free(again);
	buf_wipe(&k);
	buf_done(&c);
}
END_TEST

static const struct cert_revoked two[] = { { "0A", NOW }, { "4D947E8703F15D6CA30AFC53191F34DC", NOW } };

START_TEST(a_list_tells_its_number_and_times)
{
	const struct cert_crl c = { 7, NOW, NOW + 60 };
	struct cert_crl got;
	struct buf pem = BUF_INIT;

	make_ca(_i == 0 ? CERT_P256 : CERT_ED25519, NULL, 0);
	ck_assert_int_eq(cert_crl_put(&ca, two, 2, &c, &pem), 0);
	ck_assert_int_eq(cert_crl_read(&ca, buf_head(&pem), buf_len(&pem), &got), 0);
	ck_assert(got.number == 7 && got.made == NOW && got.due == NOW + 60);
	ck_assert_int_eq(cert_crl_read(&ca, buf_head(&pem), buf_len(&pem) / 2, &got), E_FORMAT);
	tear_down();
	make_ca(CERT_P256, NULL, 0);
	ck_assert_int_eq(cert_crl_read(&ca, buf_head(&pem), buf_len(&pem), &got), E_VERIFY);
	buf_done(&pem);
}
END_TEST

START_TEST(a_list_of_no_numbers_is_none)
{
	static const struct cert_revoked bad[] = { { "", NOW }, { "xyz", NOW }, { "0A ", NOW } };
	const struct cert_crl c = { 7, NOW, NOW + 60 };
	struct buf pem = BUF_INIT;

	make_ca(CERT_P256, NULL, 0);
	ck_assert_int_eq(cert_crl_put(&ca, &bad[_i], 1, &c, &pem), E_FORMAT);
	ck_assert_uint_eq(buf_len(&pem), 0);
}
END_TEST

/* A request made by openssl(1): by that shell text, which writes "q". */
static size_t
request(const char *how, uint8_t *dst, size_t size)
{
	char command[512];
	size_t n;
	FILE *f;

	snprintf(command, sizeof command, "d=$(mktemp -d) && cd $d && { %s; } > /dev/null 2>&1; cat q; rm -r $d", how);
	f = popen(command, "r");
	n = fread(dst, 1, size, f);
	ck_assert_int_eq(pclose(f), 0);
	ck_assert_uint_gt(n, 0);
	return n;
}

#define REQ(kind, subject) "openssl req -new -newkey " kind " -nodes -keyout k -subj " subject
static const struct {
	const char *how, *cn;
	int r;
} requests[] = {
	{ REQ("ec -pkeyopt ec_paramgen_curve:P-256", "/CN=alice") " -out q", "alice", 0 },
	{ REQ("ed25519", "/CN=alice") " -outform der -out q", "alice", 0 },
	{ REQ("rsa:2048", "/CN=alice") " -out q", NULL, 0 },
	{ REQ("rsa:1024", "/CN=alice") " -out q", NULL, E_DENIED },
	{ REQ("ed25519", "/CN=alice") " -out q", "bob", E_DENIED },
	{ REQ("ed25519", "/CN=alice/CN=bob") " -out q", "alice", E_DENIED },
	{ REQ("ed25519", "/O=x") " -out q", "alice", E_DENIED },
	{ REQ("ed25519", "/CN=alice") " -outform der -out q; printf x >> q", "alice", E_FORMAT },
	{ REQ("ed25519", "/CN=alice") " -outform der -out p; python3 -c \"b=bytearray(open('p','rb').read());b[-1]^=1;open('q','wb').write(b)\"",
	  "alice", E_DENIED },
	{ "echo junk > q", NULL, E_FORMAT },
};

START_TEST(a_request_gives_its_key_and_nothing_else)
{
	uint8_t bytes[8192];
	struct evp_pkey_st *got = NULL;
	size_t n = request(requests[_i].how, bytes, sizeof bytes);

	ck_assert_msg(cert_request(bytes, n, requests[_i].cn, &got) == requests[_i].r, "row %d", _i);
	ck_assert((got != NULL) == (requests[_i].r == 0));
	cert_key_free(got);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("deploy/ca/cert");
	TCase *t = tcase_create("cert");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, NULL, tear_down);
	tcase_add_loop_test(t, a_certificate_is_for_one_kind_and_its_time, 0, 4);
	tcase_add_test(t, it_ends_with_its_authority);
	tcase_add_test(t, no_two_have_one_serial_of_128_bits);
	tcase_add_loop_test(t, outside_of_the_constraints_nothing_verifies, 0, ARRAY_LEN(bounds));
	tcase_add_loop_test(t, a_constraint_is_a_kind_and_a_name, 0, ARRAY_LEN(constraints));
	tcase_add_test(t, keys_and_certificates_come_back);
	tcase_add_loop_test(t, a_list_tells_its_number_and_times, 0, 2);
	tcase_add_loop_test(t, a_list_of_no_numbers_is_none, 0, 3);
	tcase_add_loop_test(t, a_request_gives_its_key_and_nothing_else, 0, ARRAY_LEN(requests));
	suite_add_tcase(s, t);
	return unit_main(s);
}

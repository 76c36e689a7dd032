#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"
#include "tunnel/proto/proxy.h"

static struct addr
at(const char *text, uint16_t port)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(text, port, &a), 0);
	return a;
}

static const struct {
	const char *from, *to, *line;
} rows[] = {
	{ "198.51.100.7", "203.0.113.9", "PROXY TCP4 198.51.100.7 203.0.113.9 51234 874\r\n" },
	{ "2001:db8::1", "::1", "PROXY TCP6 2001:db8::1 ::1 51234 874\r\n" },
	{ "/a/socket", "/a/socket", "PROXY UNKNOWN\r\n" },
	{ "127.0.0.1", "::1", "PROXY UNKNOWN\r\n" },
};

START_TEST(version_1_is_one_exact_line)
{
	struct addr from = at(rows[_i].from, 51234), to = at(rows[_i].to, 874);
	struct buf out = BUF_INIT;

	proxy_v1_put(&out, &from, &to);
	ck_assert_str_eq(buf_cstr(&out), rows[_i].line);
	buf_done(&out);
}
END_TEST

/* Of somebody whose certificate was verified when the session began, and of whom nothing more is known. */
static struct proxy_tls
of(const char *version)
{
	return (struct proxy_tls){ .has_cert = 1, .verified = 1, .version = version, .cipher = "", .sig_alg = "", .key_alg = "", .authority = "",
	    .alpn = "", .common_name = "", .serial = "", .issuer = "", .names = "" };
}

START_TEST(version_2_has_exact_lengths)
{
	static const uint8_t wanted[] = {
		'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n', 0x21, 0x11, 0, 12 + 3 + 5 + 3 + 7,
		198, 51, 100, 7, 203, 0, 113, 9, 0xc8, 0x22, 0x03, 0x6a,
		0x20, 0, 5 + 3 + 7, 5, 0, 0, 0, 0,	/* a certificate, and it is good */
		0x21, 0, 7, 'T', 'L', 'S', 'v', '1', '.', '3',
	};
	struct proxy_tls tls = of("TLSv1.3");
	struct addr from = at("198.51.100.7", 51234), to = at("203.0.113.9", 874);
	struct buf out = BUF_INIT;

	proxy_v2_put(&out, &from, &to, &tls);
	ck_assert_uint_eq(buf_len(&out), sizeof wanted);
	ck_assert_mem_eq(buf_head(&out), wanted, sizeof wanted);
	buf_done(&out);
}
END_TEST

/* All that can be told, and what is left of it for one that nobody has verified. */
static struct proxy_tls
full(void)
{
	static const uint8_t id[PROXY_ID_SIZE] = "0123456789abcdef", key[PROXY_KEY_SIZE] = "0123456789abcdef0123456789abcdef";
	struct proxy_tls tls = of("TLSv1.2");

	tls.shown_now = 1;
	tls.cipher = "AES", tls.sig_alg = "S", tls.key_alg = "EC256", tls.authority = "a.org", tls.alpn = "x";
	tls.common_name = "jane", tls.serial = "0A", tls.issuer = "CN=ca", tls.id = id, tls.key = key;
	tls.names = "dns:b\0uri:c", tls.n_names = 2;
	return tls;
}

#define HEAD "\1\0\1x" "\2\0\5a.org" "\5\0\x10" "0123456789abcdef"
#define SSL_END "\x23\0\3AES" "\x24\0\1S" "\x25\0\5EC256"
#define FULL HEAD "\x20\0\x28\7\0\0\0\0\x21\0\7TLSv1.2" "\x22\0\4jane" SSL_END \
	"\xe1\0\x20" "0123456789abcdef0123456789abcdef" "\xe2\0\5dns:b" "\xe2\0\5uri:c" "\xe3\0\2" "0A" "\xe4\0\5CN=ca"
#define UNVERIFIED HEAD "\x20\0\x21\7\0\0\0\1\x21\0\7TLSv1.2" SSL_END
#define NO_CERT HEAD "\x20\0\x21\1\0\0\0\1\x21\0\7TLSv1.2" SSL_END

static const struct { int has_cert, verified; const char *tlvs; size_t n; } told[] = {
	{ 1, 1, FULL, sizeof FULL - 1 }, { 1, 0, UNVERIFIED, sizeof UNVERIFIED - 1 }, { 0, 1, NO_CERT, sizeof NO_CERT - 1 },
};

START_TEST(an_identity_is_told_of_verified_certificates_alone)
{
	struct addr a = at("/a", 0);
	struct proxy_tls tls = full();
	struct buf out = BUF_INIT;

	tls.has_cert = told[_i].has_cert, tls.verified = told[_i].verified;
	proxy_v2_put(&out, &a, &a, &tls);
	ck_assert_uint_eq(buf_len(&out), 16 + told[_i].n);
	ck_assert_mem_eq(buf_head(&out) + 16, told[_i].tlvs, told[_i].n);
	buf_done(&out);
}
END_TEST

/* What sallyport-syncd takes (PROXY_V2_MAX). */
START_TEST(the_largest_header_is_one_that_our_daemon_takes)
{
	struct addr a = at("2001:db8::1", 1);
	static char longest[513], names[2048];
	struct proxy_tls tls = full();
	struct buf out = BUF_INIT;

	memset(longest, 'x', 512);
	memset(names, 'x', sizeof names);
	for (size_t i = 63; i < sizeof names; i += 64)
		names[i] = '\0';
	tls.authority = tls.alpn = tls.common_name = longest + 512 - 255;
	tls.cipher = tls.sig_alg = tls.key_alg = longest + 512 - 63;
	tls.serial = longest + 512 - 64;
	tls.issuer = longest;
	tls.names = names;
	tls.n_names = 32;
	proxy_v2_put(&out, &a, &a, &tls);
	ck_assert_uint_le(buf_len(&out), 4096);
	buf_done(&out);
}
END_TEST

START_TEST(version_2_of_a_unix_socket_has_no_addresses)
{
	struct addr a = at("/a", 0);
	struct buf out = BUF_INIT;

	proxy_v2_put(&out, &a, &a, NULL);
	ck_assert_uint_eq(buf_len(&out), 16);
	ck_assert_mem_eq(buf_head(&out) + 12, "\x21\0\0\0", 4);
	buf_done(&out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel/proxy");
	TCase *t = tcase_create("proxy");

	tcase_add_loop_test(t, version_1_is_one_exact_line, 0, (int)ARRAY_LEN(rows));
	tcase_add_test(t, version_2_has_exact_lengths);
	tcase_add_loop_test(t, an_identity_is_told_of_verified_certificates_alone, 0, (int)ARRAY_LEN(told));
	tcase_add_test(t, the_largest_header_is_one_that_our_daemon_takes);
	tcase_add_test(t, version_2_of_a_unix_socket_has_no_addresses);
	suite_add_tcase(s, t);
	return unit_main(s);
}

#include "syncd/wire/proxy_in.h"

#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"

#define V2 "\r\n\r\n\0\r\nQUIT\n"
#define V4 "\300\0\2\7\177\0\0\1\4\322\3\151"
#define ROW(text) text, sizeof text - 1

static const struct { const char *bytes; size_t n; int r; const char *from; } rows[] = {
	{ ROW("PROXY TCP4 192.0.2.7 127.0.0.1 1234 873\r\n"), 0, "192.0.2.7:1234" },
	{ ROW("PROXY TCP6 2001:db8::7 ::1 1234 873\r\n"), 0, "2001:db8::7:1234" },
	{ ROW("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 65535\r\n"), 0, "192.0.2.7:1" },	/* mapped: the plain one */
	{ ROW("PROXY UNKNOWN\r\n"), 0, NULL }, { ROW("PROXY UNKNOWN x  y\r\n"), 0, NULL },
	{ ROW("PROXY UNKNOWNX\r\n"), E_FORMAT, NULL }, { ROW("PROXY \r\n"), E_FORMAT, NULL }, { ROW("PROXY TCP4\r\n"), E_FORMAT, NULL },
	{ ROW("PROXY TCP5 192.0.2.7 127.0.0.1 1 2\r\n"), E_FORMAT, NULL }, { ROW("PROXY TCP4 192.0.2.7 127.0.0.1 1 2\n"), E_FORMAT, NULL },
	{ ROW("PROXY TCP4 192.0.2.7 127.0.0.1 1 2 \r\n"), E_FORMAT, NULL }, { ROW("PROXY TCP4 192.0.2.7 127.0.0.1 01x 2\r\n"), E_FORMAT, NULL },
	{ ROW("PROXY TCP4 192.0.2.7 127.0.0.1 0 2\r\n"), E_FORMAT, NULL }, { ROW("PROXY TCP4 192.0.2.7 ::1 1 2\r\n"), E_FORMAT, NULL },
	{ ROW("PROXY TCP4 192.0.2.7\0 127.0.0.1 1 2\r\n"), E_FORMAT, NULL }, { ROW("PROXY\tTCP4"), E_FORMAT, NULL },
	{ ROW("proxy TCP4 192.0.2.7 127.0.0.1 1 2\r\n"), E_FORMAT, NULL }, { ROW("@RSYNCD: 31.0\n"), E_FORMAT, NULL },
	{ ROW(V2 "\x21\x11\0\14" V4), 0, "192.0.2.7:1234" }, { ROW(V2 "\x20\x11\0\14" V4), 0, NULL }, { ROW(V2 "\x20\0\0\0"), 0, NULL },
	{ ROW(V2 "\x21\0\0\0"), 0, NULL }, { ROW(V2 "\x21\x31\0\1x"), 0, NULL }, { ROW(V2 "\x21\x11\0\13" V4), E_FORMAT, NULL },
	{ ROW(V2 "\x21\x11\0\15" V4 "\2"), E_FORMAT, NULL }, { ROW(V2 "\x21\x11\0\17" V4 "\2\0\1"), E_FORMAT, NULL },
	{ ROW(V2 "\x31\x11\0\14" V4), E_FORMAT, NULL }, { ROW(V2 "\x22\x11\0\14" V4), E_FORMAT, NULL }, { ROW(V2 "\x22\0\0\0"), E_FORMAT, NULL },
	{ ROW(V2 "\x21\x11\17\361"), E_LIMIT, NULL }, { ROW(V2 "\x21\x11\377\377"), E_LIMIT, NULL },
	{ ROW("\r\n\r\n\0\r\nQUIX\n\x21\x11\0\14" V4), E_FORMAT, NULL },
};

START_TEST(a_header_is_what_the_protocol_says)
{
	struct cursor c = cur_of(rows[_i].bytes, rows[_i].n);
	char text[ADDR_TEXT_SIZE];
	struct proxy_in p;

	ck_assert_int_eq(proxy_in_get(&c, &p), rows[_i].r);
	if (rows[_i].r != 0)
		return;
	ck_assert_uint_eq(cur_left(&c), 0);
	ck_assert_int_eq(p.known, rows[_i].from != NULL);
	if (p.known)
		ck_assert_str_eq(addr_text(&p.from, text, sizeof text), rows[_i].from);
}
END_TEST

START_TEST(a_part_of_it_is_waited_for)
{
	if (rows[_i].r != 0)
		return;
	for (size_t n = 0; n < rows[_i].n; n++) {
		struct cursor c = cur_of(rows[_i].bytes, n);
		struct proxy_in p;

		ck_assert_int_eq(proxy_in_get(&c, &p), E_SHORT);
		ck_assert_ptr_eq(c.at, rows[_i].bytes);
	}
}
END_TEST

START_TEST(a_line_has_a_bound)
{
	char line[PROXY_V1_MAX + 2];
	struct cursor c = cur_of(line, PROXY_V1_MAX);
	struct proxy_in p;

	memset(line, 'x', sizeof line);
	memcpy(line, "PROXY UNKNOWN ", 14);
	ck_assert_int_eq(proxy_in_get(&c, &p), E_LIMIT);
	memcpy(line + PROXY_V1_MAX - 2, "\r\n", 2);
	ck_assert_int_eq(proxy_in_get(&c, &p), 0);
	memcpy(line + PROXY_V1_MAX - 2, "x\r\n", 3);
	c = cur_of(line, PROXY_V1_MAX + 1);
	ck_assert_int_eq(proxy_in_get(&c, &p), E_LIMIT);
}
END_TEST

static const struct { const char *tlvs; size_t n; const char *want; } told[] = {
	{ ROW("\2\0\5a.org\1\0\5rsync\5\0\2\276\357"), "0 0 0    a.org rsync beef" },
	{ ROW("\x20\0\37\5\0\0\0\0\x21\0\7TLSv1.3\x22\0\4jane\x23\0\6AES128"), "1 1 1 TLSv1.3 AES128 jane   " },
	{ ROW("\x20\0\14\3\0\0\0\1\x22\0\4jane"), "1 1 0   jane   " }, { ROW("\x20\0\5\1\0\0\0\0"), "1 0 0      " },
	{ ROW("\x20\0\5\6\0\0\0\0"), "0 0 0      " },		/* a certificate without TLS */
	{ ROW("\x22\0\4jane\x21\0\1x"), "0 0 0      " },		/* parts of PP2_TYPE_SSL outside of it */
	{ ROW("\2\0\5a\norg\1\0\2b\0"), "0 0 0      " },		/* no text */
	{ ROW("\x20\0\11\5\0\0\0\0\x22\0\1\xe9"), "1 1 1      " },	/* no UTF-8 */
	{ ROW("\4\0\0\xe0\0\3abc"), "0 0 0      " },		/* of no interest, */
	{ ROW("\4\0\0\4\0\1x\xe5\0\0\xe5\0\0"), "0 0 0      " },	/* however often it is there */
};

/* A header with these TLVs behind addresses of IPv4. */
static int
get(const void *tlvs, size_t n, struct proxy_in *p)
{
	static uint8_t bytes[1 << 16];
	struct cursor c;

	memcpy(bytes, V2 "\x21\x11", 14);
	bytes[14] = (uint8_t)((12 + n) >> 8), bytes[15] = (uint8_t)(12 + n);
	memcpy(bytes + 16, V4, 12);
	memcpy(bytes + 28, tlvs, n);
	c = cur_of(bytes, 28 + n);
	return proxy_in_get(&c, p);
}

START_TEST(what_it_says_is_known)
{
	struct proxy_in p;
	char got[1200];

	ck_assert_int_eq(get(told[_i].tlvs, told[_i].n, &p), 0);
	snprintf(got, sizeof got, "%d %d %d %s %s %s %s %s %s", p.id.tls, p.has_cert, p.id.verified, p.id.version, p.cipher, p.id.common_name, p.authority,
	    p.alpn, p.unique_id);
	ck_assert_str_eq(got, told[_i].want);
}
END_TEST

#define GOOD "\x20\0\5\7\0\0\0\0"
#define UNVERIFIED "\x20\0\5\7\0\0\0\1"
#define KEY "0123456789abcdef0123456789abcdef"

/* What sallyport-tunnel sends (t/unit/check_tunnel_proxy). */
START_TEST(an_identity_is_known)
{
	static const char tlvs[] = "\1\0\1x" "\2\0\5a.org" "\5\0\x10" "0123456789abcdef"
	    "\x20\0\x28\7\0\0\0\0\x21\0\7TLSv1.2" "\x22\0\4jane" "\x23\0\3AES" "\x24\0\1S" "\x25\0\5EC256"
	    "\xe1\0\x20" KEY "\xe2\0\5dns:b" "\xe2\0\5uri:c" "\xe3\0\2" "0A" "\xe4\0\5CN=ca";
	struct proxy_in p;

	ck_assert_int_eq(get(tlvs, sizeof tlvs - 1, &p), 0);
	ck_assert(p.id.tls && p.id.verified && p.has_cert);
	ck_assert_str_eq(p.id.common_name, "jane");
	ck_assert_str_eq(p.id.key, "3031323334353637383961626364656630313233343536373839616263646566");
	ck_assert_str_eq(p.id.names, "dns:b\nuri:c");
	ck_assert_str_eq(p.id.serial, "0A");
	ck_assert_str_eq(p.id.issuer, "CN=ca");
	for (size_t n = 1; n < sizeof tlvs - 1; n++)	/* torn: no part of it is taken for more than it says */
		if (get(tlvs, n, &p) != 0)
			ck_assert_ptr_nonnull(p.fault);
}
END_TEST

static const struct { const char *tlvs; size_t n; const char *fault; } forged[] = {
	{ ROW("\xe1\0\x20" KEY), "not verified" }, { ROW(UNVERIFIED "\xe1\0\x20" KEY), "not verified" },
	{ ROW("\xe2\0\5dns:b" UNVERIFIED), "not verified" }, { ROW("\x20\0\5\1\0\0\0\0\xe3\0\2" "0A"), "not verified" },
	{ ROW("\x20\0\5\6\0\0\0\0\xe4\0\4CN=a"), "not verified" },
	{ ROW("\x20\0\11\7\0\0\0\0\xe4\0\1a" "\xe4\0\1"), "cut off" },
	{ ROW(GOOD "\xe1\0\x1f" "123456789abcdef0123456789abcdef"), "another length" }, { ROW(GOOD "\xe1\0\0"), "another length" },
	{ ROW(GOOD "\xe1\0\x20" KEY "\xe1\0\x20" KEY), "twice" }, { ROW(GOOD GOOD), "twice" },
	{ ROW(GOOD "\xe3\0\1" "1\xe3\0\1" "1"), "twice" }, { ROW(GOOD "\xe4\0\1a\xe4\0\1b"), "twice" },
	{ ROW("\2\0\1a\2\0\1b"), "twice" }, { ROW("\x20\0\15\7\0\0\0\0\x22\0\1a\x22\0\1b"), "twice" },
	{ ROW(GOOD "\xe2\0\5DNS:b"), "no known kind" }, { ROW(GOOD "\xe2\0\4dns:"), "no known kind" }, { ROW(GOOD "\xe2\0\0"), "no known kind" },
	{ ROW(GOOD "\xe2\0\4ip:1"), "no known kind" }, { ROW(GOOD "\xe2\0\7dns:a\nb"), "no plain text" },
	{ ROW(GOOD "\xe2\0\7dns:a\0b"), "no plain text" }, { ROW(GOOD "\xe2\0\6dns:a\377"), "no plain text" },
	{ ROW(GOOD "\xe3\0\2" "0a"), "serial number is none" }, { ROW(GOOD "\xe3\0\1-"), "serial number is none" },
	{ ROW(GOOD "\xe3\0\2" "1\0"), "serial number is none" }, { ROW(GOOD "\xe3\0\0"), "no plain text" },
	{ ROW(GOOD "\xe4\0\0"), "no plain text" }, { ROW(GOOD "\xe4\0\2a\n"), "no plain text" },
	{ ROW("\2\0\5"), "cut off" }, { ROW("\2\0"), "cut off" }, { ROW("\x20\0\4\7\0\0\0"), "cut off" },
	{ ROW("\x20\0\6\7\0\0\0\0\x22"), "cut off" }, { ROW("\x20\0\11\7\0\0\0\0\x22\0\2a"), "cut off" },
};

START_TEST(what_is_forged_or_torn_has_a_reason)
{
	struct proxy_in p;

	ck_assert_int_eq(get(forged[_i].tlvs, forged[_i].n, &p), E_FORMAT);
	ck_assert_ptr_nonnull(p.fault);
	ck_assert_msg(strstr(p.fault, forged[_i].fault) != NULL, "%s", p.fault);
}
END_TEST

static const struct { unsigned type; const char *prefix; size_t most; } bounds[] = {
	{ 0x01, "", PROXY_TEXT_SIZE - 1 }, { 0x02, "", PROXY_TEXT_SIZE - 1 }, { 0x05, "", PROXY_TEXT_SIZE / 2 },
	{ 0xe2, "dns:", IDENTITY_NAME_SIZE - 1 }, { 0xe3, "", IDENTITY_SERIAL_SIZE - 1 }, { 0xe4, "", IDENTITY_ISSUER_SIZE - 1 },
};

START_TEST(a_tlv_has_a_bound)
{
	uint8_t tlvs[1024];
	struct proxy_in p;

	for (size_t more = 0; more < 2; more++) {
		size_t n = bounds[_i].most + more, head = sizeof GOOD - 1;

		memset(tlvs, 'A', sizeof tlvs);
		memcpy(tlvs, GOOD, head);
		tlvs[head] = (uint8_t)bounds[_i].type, tlvs[head + 1] = (uint8_t)(n >> 8), tlvs[head + 2] = (uint8_t)n;
		memcpy(tlvs + head + 3, bounds[_i].prefix, strlen(bounds[_i].prefix));
		ck_assert_int_eq(get(tlvs, head + 3 + n, &p), more == 0 ? 0 : E_LIMIT);
	}
	ck_assert_ptr_nonnull(p.fault);
}
END_TEST

/* So many names of so many bytes each, with their kind. */
static int
names(unsigned n, size_t each)
{
	uint8_t tlvs[4096];
	size_t at = sizeof GOOD - 1;
	struct proxy_in p;

	memcpy(tlvs, GOOD, at);
	for (unsigned i = 0; i < n; i++, at += 3 + each) {
		memset(tlvs + at, 'x', 3 + each);
		tlvs[at] = 0xe2, tlvs[at + 1] = 0, tlvs[at + 2] = (uint8_t)each;
		memcpy(tlvs + at + 3, "dns:", 4);
	}
	return get(tlvs, at, &p);
}

START_TEST(names_have_a_bound_in_all)
{
	ck_assert_int_eq(names(IDENTITY_NAMES_MAX, 5), 0);
	ck_assert_int_eq(names(IDENTITY_NAMES_MAX + 1, 5), E_LIMIT);
	ck_assert_int_eq(names(8, 255), 0);
	ck_assert_int_eq(names(9, 255), E_LIMIT);
}
END_TEST

START_TEST(a_client_without_an_address_has_an_identity_all_the_same)
{
	struct cursor c = cur_of(V2 "\x21\0\0\x0f\x20\0\14\5\0\0\0\0\x22\0\4jane", 31);
	struct proxy_in p;

	ck_assert_int_eq(proxy_in_get(&c, &p), 0);
	ck_assert(!p.known && p.id.verified);
	ck_assert_str_eq(p.id.common_name, "jane");
	c = cur_of(V2 "\x20\0\0\x0f\x20\0\14\5\0\0\0\0\x22\0\4jane", 31);	/* but not of LOCAL */
	ck_assert_int_eq(proxy_in_get(&c, &p), 0);
	ck_assert(!p.id.verified);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("wire/proxy_in");
	TCase *t = tcase_create("proxy_in");

	tcase_add_loop_test(t, a_header_is_what_the_protocol_says, 0, (int)ARRAY_LEN(rows));
	tcase_add_loop_test(t, a_part_of_it_is_waited_for, 0, (int)ARRAY_LEN(rows));
	tcase_add_test(t, a_line_has_a_bound);
	tcase_add_loop_test(t, what_it_says_is_known, 0, (int)ARRAY_LEN(told));
	tcase_add_test(t, an_identity_is_known);
	tcase_add_loop_test(t, what_is_forged_or_torn_has_a_reason, 0, (int)ARRAY_LEN(forged));
	tcase_add_loop_test(t, a_tlv_has_a_bound, 0, (int)ARRAY_LEN(bounds));
	tcase_add_test(t, names_have_a_bound_in_all);
	tcase_add_test(t, a_client_without_an_address_has_an_identity_all_the_same);
	suite_add_tcase(s, t);
	return unit_main(s);
}

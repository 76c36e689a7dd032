#include <string.h>

#include "deploy/ca/renew.h"
#include "lib/err.h"
#include "t/unit/unit.h"

static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
#define SIG_N (sizeof signature - 1)

static uint8_t bytes[RENEW_HEADER_MAX + RENEW_ASK_MAX];
static struct renew_who who;
static const uint8_t *request;
static size_t n_request, wanted;
static size_t header_n;		/* of the header that was made */

/* A header of that command and family around facts, then what follows. */
static size_t
made(int command, int family, const char *facts, size_t n_facts, const char *rest)
{
	size_t n = SIG_N;

	memcpy(bytes, signature, SIG_N);
	bytes[n++] = (uint8_t)command;
	bytes[n++] = (uint8_t)family;
	bytes[n++] = (uint8_t)(n_facts >> 8);
	bytes[n++] = (uint8_t)n_facts;
	memcpy(bytes + n, facts, n_facts);
	header_n = n += n_facts;
	memcpy(bytes + n, rest, strlen(rest));
	return n + strlen(rest);
}

#define ADDRESSES "\x7f\0\0\1\x7f\0\0\1\x12\x34\x03\x6a"
#define SSL(n, bits, verdict, inner) "\x20\0" n bits verdict inner
#define GOOD "\0\0\0\0"
#define ALICE "\x22\0\5alice"
#define SERIAL "\xe3\0\2" "0A"
#define ASK "SALLYPORT-RENEW 1 3\nder"
#define ROW(facts, rest, r) { facts, sizeof facts - 1, rest, r }

static const struct {
	const char *facts;
	size_t n;
	const char *rest;
	int r;
} rows[] = {
	ROW(ADDRESSES SSL("\x0d", "\3", GOOD, ALICE) SERIAL, ASK, 0), ROW(ADDRESSES SSL("\x0d", "\5", GOOD, ALICE), ASK, 0),
	ROW(ADDRESSES "\5\0\1x" SSL("\x11", "\7", GOOD, "\x21\0\1v" ALICE) "\xe4\0\1y", ASK, 0),
	/* nobody, or somebody who is not verified */
	ROW(ADDRESSES, ASK, E_DENIED), ROW(ADDRESSES SSL("\5", "\1", GOOD, ""), ASK, E_DENIED), ROW(ADDRESSES SSL("\x0d", "\1", GOOD, ALICE), ASK, E_DENIED),
	ROW(ADDRESSES SSL("\x0d", "\2", GOOD, ALICE), ASK, E_DENIED), ROW(ADDRESSES SSL("\x0d", "\3", "\0\0\0\1", ALICE), ASK, E_DENIED),
	ROW(ADDRESSES SSL("\x0d", "\3", "\1\0\0\0", ALICE), ASK, E_DENIED), ROW(ADDRESSES ALICE, ASK, E_DENIED),
	/* names */
	ROW(ADDRESSES SSL("\x0d", "\3", GOOD, "\x22\0\5al/ce"), ASK, E_DENIED), ROW(ADDRESSES SSL("\x0d", "\3", GOOD, "\x22\0\5al\0ce"), ASK, E_DENIED),
	ROW(ADDRESSES SSL("\x08", "\3", GOOD, "\x22\0\0"), ASK, E_DENIED), ROW(ADDRESSES SSL("\x15", "\3", GOOD, ALICE ALICE), ASK, E_DENIED),
	ROW(ADDRESSES SSL("\x0d", "\3", GOOD, ALICE) SSL("\x0d", "\3", GOOD, "\x22\0\5other"), ASK, E_DENIED),
	ROW(ADDRESSES SSL("\x0d", "\3", GOOD, ALICE) SERIAL SERIAL, ASK, E_DENIED),
	/* lengths that lie */
	ROW(ADDRESSES SSL("\x0e", "\3", GOOD, ALICE), ASK, E_FORMAT), ROW(ADDRESSES SSL("\x0d", "\3", GOOD, "\x22\0\6alice"), ASK, E_FORMAT),
	ROW(ADDRESSES SSL("\4", "\3", "\0\0\0", ""), ASK, E_FORMAT), ROW(ADDRESSES SSL("\x0d", "\3", GOOD, ALICE) "\1\0", ASK, E_FORMAT), ROW("\x7f", ASK, E_FORMAT),
	/* the request */
	ROW(ADDRESSES SSL("\x0d", "\3", GOOD, ALICE), "", E_SHORT), ROW(ADDRESSES SSL("\x0d", "\3", GOOD, ALICE), "SALLYPORT-RENEW 1 ", E_SHORT),
	ROW(ADDRESSES SSL("\x0d", "\3", GOOD, ALICE), "SALLYPORT-RENEW 1 3", E_SHORT), ROW(ADDRESSES SSL("\x0d", "\3", GOOD, ALICE), "SALLYPORT-RENEW 1 3\nde", E_SHORT),
	ROW(ADDRESSES SSL("\x0d", "\3", GOOD, ALICE), "SALLYPORT-RENEW 2 3\nder", E_FORMAT), ROW(ADDRESSES SSL("\x0d", "\3", GOOD, ALICE), "SALLYPORT-RENEW 1 0\n", E_FORMAT),
	ROW(ADDRESSES SSL("\x0d", "\3", GOOD, ALICE), "SALLYPORT-RENEW 1 \nder", E_FORMAT), ROW(ADDRESSES SSL("\x0d", "\3", GOOD, ALICE), "SALLYPORT-RENEW 1 -3\n", E_FORMAT),
	ROW(ADDRESSES SSL("\x0d", "\3", GOOD, ALICE), "SALLYPORT-RENEW 1 2049\n", E_LIMIT),
	ROW(ADDRESSES SSL("\x0d", "\3", GOOD, ALICE), "SALLYPORT-RENEW 1 99999999999999999999999\n", E_LIMIT),
	ROW(ADDRESSES SSL("\x0d", "\3", GOOD, ALICE), "SALLYPORT-RENEW 1 3\nderx", E_FORMAT), ROW(ADDRESSES SSL("\x0d", "\3", GOOD, ALICE), "@RSYNCD: 31.0\n", E_FORMAT),
};

/* Both, one behind the other. */
static int
parse(size_t n)
{
	int r = renew_header(bytes, n < header_n ? n : header_n, &who, &wanted);

	return r != 0 ? r : renew_request(bytes + header_n, n - header_n, &request, &n_request);
}

START_TEST(only_who_was_verified_asks)
{
	size_t n = made(0x21, 0x11, rows[_i].facts, rows[_i].n, rows[_i].rest);

	ck_assert_msg(parse(n) == rows[_i].r, "row %d: %d", _i, parse(n));
	if (rows[_i].r != 0)
		return;
	ck_assert_str_eq(who.name, "alice");
	ck_assert_uint_eq(n_request, 3);
	ck_assert_mem_eq(request, "der", 3);
	ck_assert_int_eq(renew_header(bytes, header_n + 1, &who, &wanted), E_FORMAT);
	for (size_t k = 0; k < n; k++)
		ck_assert_msg(parse(k) == E_SHORT && (k >= header_n || wanted == (k < 16 ? 16 : header_n)), "%zu bytes", k);
}
END_TEST

static const struct {
	int command, family, r;
} heads[] = { { 0x20, 0x11, E_FORMAT }, { 0x22, 0x11, E_FORMAT }, { 0x11, 0x11, E_FORMAT }, { 0x21, 0x41, E_FORMAT }, { 0x21, 0x00, E_FORMAT } };

START_TEST(another_header_is_none)
{
	static const char facts[] = ADDRESSES SSL("\x0d", "\3", GOOD, ALICE);
	size_t n = made(heads[_i].command, heads[_i].family, facts, sizeof facts - 1, ASK);

	ck_assert_int_eq(parse(n), heads[_i].r);
	bytes[0] = 'P';
	ck_assert_int_eq(parse(1), E_FORMAT);
}
END_TEST

START_TEST(a_header_has_a_bound)
{
	static char facts[32];

	ck_assert_int_eq(parse(made(0x21, 0x11, facts, 18, "")), E_DENIED);
	memcpy(bytes + SIG_N, "\x21\x11\x10\x01", 4);
	ck_assert_int_eq(renew_header(bytes, SIG_N + 4, &who, &wanted), E_LIMIT);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("deploy/ca/renew");
	TCase *t = tcase_create("renew");

	tcase_add_loop_test(t, only_who_was_verified_asks, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(t, another_header_is_none, 0, ARRAY_LEN(heads));
	tcase_add_test(t, a_header_has_a_bound);
	suite_add_tcase(s, t);
	return unit_main(s);
}

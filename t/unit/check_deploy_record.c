#include <string.h>

#include "lib/err.h"

#include "deploy/record.h"
#include "t/unit/unit.h"

static const struct {
	const char *line, *words;	/* NULL: it is no record */
} rows[] = {
	{ "{\"time\": \"2026-11-21T22:48:02+0000\", \"level\": 6, \"id\": \"ui\", \"event\": \"transfer\", \"module\": \"m\", \"address\": "
	  "\"192.0.2.7\", \"host\": \"UNDETERMINED\", \"certificate\": \"laptop\", \"direction\": \"out\", \"files\": 120, \"file_bytes\": 3400000, "
	  "\"received\": 1, \"sent\": 2, \"seconds\": 1.234, \"result\": 0, \"text\": \"transfer ended\"}",
	  "192.0.2.7 (laptop) pulled 120 files, 3.4 MB in 1.2 s" },
	{ "{\"event\":\"transfer\",\"address\":\"::1\",\"direction\":\"in\",\"files\":1,\"file_bytes\":1,\"seconds\":0.050,\"result\":23}",
	  "::1 pushed 1 file, 1 byte in 0.1 s; it ended with status 23" },
	{ "{\"event\": \"transfer\", \"address\": \"::1\", \"seconds\": 12.0, \"result\": -1}", "::1 broke off after 12.0 s; it was killed" },
	{ "{\"event\": \"transfer\", \"files\": 0, \"file_bytes\": 999, \"seconds\": 0}", "pulled 0 files, 999 bytes in 0.0 s" },
	{ "{\"event\": \"transfer\", \"files\": 9, \"file_bytes\": 999999, \"seconds\": 3}", "pulled 9 files, 1.0 MB in 3.0 s" },
	{ "{\"event\": \"transfer\", \"files\": 9, \"file_bytes\": 9223372036854775, \"seconds\": 3}", "pulled 9 files, 9.2 PB in 3.0 s" },
	{ "{\"event\": \"connect\", \"address\": \"192.0.2.7\", \"level\": 6, \"text\": \"connect from\"}", "192.0.2.7 connected" },
	{ "{\"event\": \"refused\", \"address\": \"192.0.2.7\", \"level\": 4, \"text\": \"a \\\"b\\\" \\u00e9 \\u001b\"}",
	  "192.0.2.7: a \"b\" \xc3\xa9 \x1b" },
	{ "{\"level\": 3, \"text\": \"disk full\"}", "disk full" }, { "{\"level\": 6, \"text\": \"building file list\"}", "" },
	{ "{\"level\": 3, \"odd\": 1.5, \"new\": \"x\", \"text\": \"t\\u20ac\\ud83d\\u0000\"}", "t\xe2\x82\xac??" },
	{ "", NULL }, { "text", NULL }, { "{}", NULL }, { "{\"level\": 3", NULL }, { "{\"level\": 3} x", NULL }, { "{\"level\": \"3\"}", NULL },
	{ "{\"text\": 3}", NULL }, { "{\"text\": \"a}", NULL }, { "{\"text\": \"a\\", NULL }, { "{\"text\": \"a\\x\"}", NULL },
	{ "{\"text\": \"\\u12\"}", NULL }, { "{\"level\": }", NULL }, { "{\"level\": 1.}", NULL }, { "{\"level\": 99999999999999999999}", "" },
	{ "{\"a\": {\"b\": 1}}", NULL }, { "{\"a\": [1]}", NULL }, { "{\"a\": true}", NULL }, { "{\"a\": 1,}", NULL }, { "{\"a\" 1}", NULL },
	{ "{\"text\": \"a\x1b\"}", NULL },
};

START_TEST(a_record_is_told_in_calm_words)
{
	struct record r;
	char words[1024];
	int parsed = record_parse(rows[_i].line, &r) == 0;

	ck_assert_msg(parsed == (rows[_i].words != NULL), "%s", rows[_i].line);
	if (parsed)
		ck_assert_str_eq(record_words(&r, words, sizeof words), rows[_i].words);
}
END_TEST

START_TEST(what_is_long_is_cut)
{
	char line[4096] = "{\"level\": 1, \"text\": \"", words[64];
	struct record r;

	memset(line + strlen(line), 'x', 3000);
	strcat(line, "\", \"address\": \"");
	memset(line + strlen(line), '1', 500);
	strcat(line, "\"}");
	ck_assert_int_eq(record_parse(line, &r), 0);
	ck_assert_uint_eq(strlen(r.text), sizeof r.text - 1);
	ck_assert_uint_eq(strlen(r.address), sizeof r.address - 1);
	ck_assert_uint_eq(strlen(record_words(&r, words, sizeof words)), sizeof words - 1);
}
END_TEST

static const struct {
	const char *line;
	int level;
	const char *text;
} lines[] = {
	{ "2026.11.21 22:48:02 LOG3[5]: SSL_accept: x", 3, "SSL_accept: x" }, { "2026.11.21 22:48:02 LOG5[ui]: ]: a", 5, "]: a" },
	{ "stunnel 5.68", -1, NULL }, { "", -1, NULL }, { "2026.11.21 22:48:02 LOG9[5]: x", -1, NULL }, { "2026.11.21 22:48:02 LOG3[5", -1, NULL },
	{ "a name that holds what looks like 2026.11.21 22:48:02 LOG3[5]: x", -1, NULL },
};

START_TEST(the_tunnels_lines_have_a_level)
{
	const char *text = NULL;

	ck_assert_int_eq(record_tunnel(lines[_i].line, &text), lines[_i].level);
	ck_assert_pstr_eq(text, lines[_i].text);
}
END_TEST

static const struct {
	const char *line, *words;
} told[] = {
	{ "2026.11.21 22:48:02 LOG3[ui]: no room", "tunnel: no room" },
	{ "2026.11.21 22:48:02 LOG5[5]: Service [serve] accepted connection from 192.0.2.7:44972", "" },
	{ "2026.11.21 22:48:02 LOG3[4]: SSL_accept: Connection reset", "tunnel: SSL_accept: Connection reset" },
	{ "2026.11.21 22:48:02 LOG3[5]: SSL_accept: f@../ssl/x.c:1: error:0A0000C7:SSL routines::no certificate", "192.0.2.7: no certificate" },
	{ "2026.11.21 22:48:02 LOG3[5]: error:", "192.0.2.7: error:" }, { "anything", "" },
	{ "2026.11.21 22:48:02 LOG5[6]: Service [serve] accepted connection from 2001:db8::7:44972", "" },
	{ "2026.11.21 22:48:02 LOG4[6]: late", "2001:db8::7: late" }, { "2026.11.21 22:48:02 LOG4[5]: late", "tunnel: late" },
};

START_TEST(what_the_tunnel_refuses_has_an_address)
{
	struct record_peer peer = { "", "" };
	char words[512];

	for (size_t i = 0; i < ARRAY_LEN(told); i++)
		ck_assert_str_eq(record_tunnel_words(told[i].line, &peer, words, sizeof words), told[i].words);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("deploy/record");
	TCase *t = tcase_create("record");

	tcase_add_loop_test(t, a_record_is_told_in_calm_words, 0, ARRAY_LEN(rows));
	tcase_add_test(t, what_is_long_is_cut);
	tcase_add_loop_test(t, the_tunnels_lines_have_a_level, 0, ARRAY_LEN(lines));
	tcase_add_test(t, what_the_tunnel_refuses_has_an_address);
	suite_add_tcase(s, t);
	return unit_main(s);
}

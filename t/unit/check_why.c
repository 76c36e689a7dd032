#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/why/asked.h"
#include "lib/err.h"
#include "t/unit/unit.h"

static struct why_points l;
static struct why_told told;

#define OBJECT(part, verdict) "{\"part\": \"" part "\", \"verdict\": \"" verdict "\", \"file\": \"/f\", \"line\": 7, \"text\": \"t\"}"

/* verdicts: a letter for each point, as in "LR"; NULL: it is no answer. */
static const struct { const char *text, *verdicts; int gets; } answers[] = {
	{ "[" OBJECT("address", "lets") "]", "L", 1 }, { "[\n  " OBJECT("address", "lets") ",\n  " OBJECT("user", "refuses") "\n]\n", "LR", 0 },
	{ "[" OBJECT("user", "depends") "]", "A", 0 }, { "[" OBJECT("limit", "depends") "]", "D", 1 },
	{ "", NULL, 0 }, { "[", NULL, 0 }, { "[]", NULL, 0 }, { "[" OBJECT("address", "maybe") "]", NULL, 0 }, { "[" OBJECT("address", "lets"), NULL, 0 },
	{ "sallyport-syncd: no\n", NULL, 0 }, { "[{\"part\": 7}]", NULL, 0 }, { "[" OBJECT("address", "lets") "}", NULL, 0 },
};

START_TEST(answers_of_the_daemon)
{
	static const char letters[] = { [WHY_LETS] = 'L', [WHY_REFUSES] = 'R', [WHY_ASKS] = 'A', [WHY_DEPENDS] = 'D' };
	char seen[8] = "";

	l.n = 0;
	ck_assert_msg(why_read_daemon(answers[_i].text, &l) == (answers[_i].verdicts == NULL ? E_FORMAT : 0), "%s", answers[_i].text);
	for (size_t i = 0; answers[_i].verdicts != NULL && i < l.n; i++)
		seen[i] = letters[l.v[i].verdict];
	if (answers[_i].verdicts != NULL) {
		ck_assert_str_eq(seen, answers[_i].verdicts);
		ck_assert(why_gets(&l) == (answers[_i].gets != 0));
		ck_assert(l.v[0].line == 7 && strcmp(l.v[0].file, "/f") == 0 && strcmp(l.v[0].by, "daemon") == 0);
	}
}
END_TEST

START_TEST(paths_are_the_filters)
{
	l.n = 0;
	ck_assert_int_eq(why_read_daemon("[" OBJECT("path", "lets") "]", &l), 0);
	ck_assert_str_eq(l.v[0].by, "filter");
}
END_TEST

START_TEST(more_points_than_there_is_room_for_are_no_way_in)
{
	char *text = malloc(WHY_POINTS_MAX * 2 * sizeof OBJECT("address", "lets") + 8), *at = text;

	for (int i = 0; i < WHY_POINTS_MAX + 5; i++)
		at += sprintf(at, "%s%s", i == 0 ? "[" : ",", OBJECT("address", "lets"));
	strcpy(at, "]");
	l.n = 0;
	ck_assert_int_eq(why_read_daemon(text, &l), 0);
	ck_assert(l.n == WHY_POINTS_MAX && !why_gets(&l));
	free(text);
	l.n = 0;
	ck_assert(!why_gets(&l));
}
END_TEST

START_TEST(what_the_door_says)
{
	char verdict[16], why[WHY_TEXT_SIZE];

	memset(&told, 0, sizeof told);
	ck_assert_int_eq(why_read_door("section s\nverdict in\nwhy w w\ntls yes\nverified yes\nname cn:a b\nname key:00\nserial 01\nnames x\n", &told, verdict,
	    why), 0);
	ck_assert(strcmp(verdict, "in") == 0 && strcmp(why, "w w") == 0 && told.tls && told.n == 2);
	ck_assert_str_eq(told.names[0], "cn:a b");
	ck_assert_str_eq(told.names[1], "key:00");
	ck_assert_int_eq(why_read_door("sallyport-tunnel: no\nverdictin\nverdict\nverdict a verdict that is too long\n", &told, verdict, why), E_FORMAT);
	ck_assert_int_eq(why_read_door("", &told, verdict, why), E_FORMAT);
}
END_TEST

START_TEST(names_are_bounded)
{
	static char text[(WHY_NAMES_MAX + 9) * 16], verdict[16], why[WHY_TEXT_SIZE];
	char *at = text + sprintf(text, "verdict in\n");

	for (int i = 0; i < WHY_NAMES_MAX + 5; i++)
		at += sprintf(at, "name cn:%d\n", i);
	memset(&told, 0, sizeof told);
	ck_assert_int_eq(why_read_door(text, &told, verdict, why), 0);
	ck_assert_uint_eq(told.n, WHY_NAMES_MAX);
}
END_TEST

START_TEST(no_byte_that_a_terminal_obeys)
{
	static const char evil[] = "a\x1b[2J\x07\x9b\xc2\x9b\n\t\x7f\"\\\xc2";
	char *text = NULL;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	l.n = 0;
	why_add(&l, "daemon", WHY_LETS, evil, 3, "%s", evil);
	(_i == 0 ? why_print : why_print_json)(&l, to);
	fclose(to);
	for (size_t i = 0; i < n; i++)
		ck_assert(((unsigned char)text[i] >= 0x20 || text[i] == '\n') && (unsigned char)text[i] < 0x7f);
	ck_assert(strstr(text, _i == 0 ? "daemon    lets     a\\#033[2J" : "\"text\": \"a\\\\#033[2J") != NULL);
	ck_assert(_i == 1 || strcmp(text + n - 8, "gets it\n") == 0);
	free(text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("why");
	TCase *t = tcase_create("why");

	tcase_add_loop_test(t, answers_of_the_daemon, 0, (int)ARRAY_LEN(answers));
	tcase_add_test(t, paths_are_the_filters);
	tcase_add_test(t, more_points_than_there_is_room_for_are_no_way_in);
	tcase_add_test(t, what_the_door_says);
	tcase_add_test(t, names_are_bounded);
	tcase_add_loop_test(t, no_byte_that_a_terminal_obeys, 0, 2);
	suite_add_tcase(s, t);
	return unit_main(s);
}

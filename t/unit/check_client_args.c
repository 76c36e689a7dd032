#include <stdio.h>
#include <string.h>

#include "client-wrap/args.h"
#include "client-wrap/rsync_options.h"
#include "lib/err.h"
#include "t/unit/unit.h"

static int
split(const char *line, struct wrap_args *a, char *why)
{
	static char text[512];
	char *argv[32] = { (char *)"sallyport-rsync" };
	int argc = 1;

	snprintf(text, sizeof text, "%s", line);
	for (char *at = strtok(text, " "); at != NULL; at = strtok(NULL, " "))
		argv[argc++] = at;
	return args_split(argc, argv, a, why);
}

static const struct {
	const char *line, *theirs;	/* NULL: refused */
} rows[] = {
	{ "-av rsyncs://h/m/ d", "-av rsync://h/m/ d" },
	{ "RSYNCS://h:1/m d", "rsync://h:1/m d" },
	{ "rsyncs://me@[::1]:875/m d", "rsync://me@[::1]:875/m d" },
	{ "rsyncs://[::1]/m d", "rsync://[::1]/m d" },
	{ "--tls-ca=x --type=gnutls --tls-verbose -a h::m d", "-a h::m d" },
	{ "-a --tls-ca=x h::m d --type=openssl --pin=y", "-a h::m d" },	/* ours stand anywhere */
	{ "--exclude --tls-ca=x h::m", "--exclude --tls-ca=x h::m" }, { "-f --type=x h::m", "-f --type=x h::m" },
	{ "-- h::m --tls-ca=x", "-- h::m --tls-ca=x" }, { "-a h::m -- --tls-ca=x", "-a h::m -- --tls-ca=x" },
	{ "--contimeout=5 h::m", "h::m" }, { "--contimeout 5 h::m d", "h::m d" }, { "--exclude --contimeout 5", "--exclude --contimeout 5" },
	{ "--address 127.0.0.1 -av4 h::m", "--address 127.0.0.1 -av4 h::m" },
	{ "--tls-ca= h::m", NULL }, { "--tls-pin= h::m", NULL }, { "h::m --pin=", NULL }, { "--tls-min= h::m", NULL }, { "--tls-test=", NULL },
	{ "--tls-test", NULL }, { "--tls-test h", "" }, { "--tls-test=h --tls-ca=x", "" },
	{ "--join x -a d", "-a d" }, { "--join=x --join-replace", "" }, { "-a --join - d", "-a d" }, { "--exclude --join d", "--exclude --join d" },
	{ "--join", NULL }, { "--join= d", NULL }, { "-- --join", "-- --join" },
	{ "--renew h", "" }, { "--renew=h:1", "" }, { "--renew", NULL }, { "--renew= d", NULL }, { "-- --renew h", "-- --renew h" },
	{ "-a -- -e rsyncs://h/m", "-a -- -e rsync://h/m" },
	{ "-fe h::m", "-fe h::m" },	/* the e is -f's value */
	{ "--exclude -- -e /evil h::m", NULL }, { "-f -- -e /evil h::m", NULL }, { "-avf -- -e /evil h::m", NULL },
	{ "--exclude -e h::m", "--exclude -e h::m" }, { "--include -note h::m", "--include -note h::m" },
	{ "-f -*.exe h::m", "-f -*.exe h::m" }, { "--filter -e -av h::m", "--filter -e -av h::m" },
	{ "--exclude rsyncs://h/m rsyncs://h/m", "--exclude rsyncs://h/m rsync://h/m" },
	{ "--exclude=x -e ssh h::m", NULL }, { "-fx -e ssh h::m", NULL }, { "--acls -e ssh h::m", NULL }, { "-essh h::m", NULL },
	{ "-- --exclude -e", "-- --exclude -e" }, { "--exclude", "--exclude" },
	{ "--type=tls h::m", NULL }, { "--tls-frob h::m", NULL }, { "--tls-ca x h::m", NULL },
	{ "-e ssh h::m", NULL }, { "-ave ssh h::m", NULL }, { "--rsh=ssh h::m", NULL }, { "--rsh ssh h::m", NULL },
};

START_TEST(each_argument_finds_its_owner)
{
	char why[ARGS_WHY_SIZE] = "", got[512] = "";
	struct wrap_args a;
	int r = split(rows[_i].line, &a, why);

	ck_assert_msg((r == 0) == (rows[_i].theirs != NULL), "%s: %d %s", rows[_i].line, r, why);
	for (size_t i = 0; i < a.n_rsync; i++) {
		strcat(got, i == 0 ? "" : " ");
		strcat(got, a.rsync[i]);
	}
	if (r == 0)
		ck_assert_str_eq(got, rows[_i].theirs);
	else
		ck_assert_str_ne(why, "");
	args_done(&a);
}
END_TEST

/* Does the installed rsync miss a value behind this?  -1: there is none to ask. */
static int
misses_value(const char *option)
{
	char command[128], said[256] = "";
	FILE *p;

	snprintf(command, sizeof command, "rsync --%s 2>&1 < /dev/null", option);
	if ((p = popen(command, "r")) == NULL || fgets(said, sizeof said, p) == NULL)
		said[0] = '\0';
	if (p != NULL)
		pclose(p);
	return strstr(said, "not found") != NULL || said[0] == '\0' ? -1 : strstr(said, "missing argument") != NULL;
}

/* Every option that rsync's help names, and those that it knows besides. */
START_TEST(values_are_where_rsync_has_them)
{
	static const char *const unnamed[] = { "config", "dparam", "log-format", "time-limit", "checksum-choice", "compress-choice" };
	char line[1024], option[64];
	FILE *help = popen("rsync --help 2> /dev/null", "r");
	int asked = 0;

	while (help != NULL && fgets(line, sizeof line, help) != NULL)
		for (const char *at = strstr(line, "--"); at != NULL; at = strstr(at + 2, "--")) {
			snprintf(option, sizeof option, "%.*s", (int)strspn(at, "-abcdefghijklmnopqrstuvwxyz0123456789"), at);
			if (option[2] == '\0' || option[strlen(option) - 1] == '-' || misses_value(option + 2) < 0)
				continue;
			ck_assert_msg(rsync_option_takes_next(option) == misses_value(option + 2), "%s", option);
			asked++;
		}
	if (help != NULL)
		pclose(help);
	for (size_t i = 0; asked > 0 && i < ARRAY_LEN(unnamed); i++)
		ck_assert_msg(misses_value(unnamed[i]) == 1, "%s", unnamed[i]);
	ck_assert(asked == 0 || asked > 100);
}
END_TEST

static const struct {
	const char *line;
	enum wrap_option option;
	const char *value;
} kept[] = {
	{ "--tls-ca=c h::m", WRAP_CA, "c" }, { "h::m --tls-cert=d", WRAP_CERT, "d" }, { "-a --tls-key=e h::m", WRAP_KEY, "e" },
	{ "--pin=p h::m", WRAP_PIN, "p" }, { "h::m d --tls-pin=q", WRAP_PIN, "q" }, { "--tls-verbose h::m", WRAP_VERBOSE, "1" },
	{ "--tls-name=n h::m", WRAP_NAME, "n" }, { "--tls-min=1.3 h::m", WRAP_MIN, "1.3" }, { "--tls-proxy=u:p@x:1 h::m", WRAP_PROXY, "u:p@x:1" },
	{ "--tls-ca=a --tls-ca=b h::m", WRAP_CA, "b" }, { "--exclude --tls-ca=c h::m", WRAP_CA, NULL }, { "-- --tls-ca=c", WRAP_CA, NULL },
	{ "--contimeout=5 h::m", WRAP_CONTIMEOUT, "5" }, { "--contimeout 5 h::m", WRAP_CONTIMEOUT, "5" },
	{ "--address=::1 h::m", WRAP_ADDRESS, "::1" }, { "--address ::1 h::m", WRAP_ADDRESS, "::1" },
	{ "-av4 h::m", WRAP_FAMILY, "4" }, { "--ipv6 h::m", WRAP_FAMILY, "6" }, { "-f4 h::m", WRAP_FAMILY, NULL }, { "-f -4 h::m", WRAP_FAMILY, NULL },
};

START_TEST(values_are_kept)
{
	char why[ARGS_WHY_SIZE];
	struct wrap_args a;

	ck_assert_int_eq(split(kept[_i].line, &a, why), 0);
	if (kept[_i].value == NULL)
		ck_assert_msg(a.value[kept[_i].option] == NULL, "%s", kept[_i].line);
	else
		ck_assert_pstr_eq(a.value[kept[_i].option], kept[_i].value);
	args_done(&a);
}
END_TEST

#define HEX16 "000102030405060708090a0b0c0d0e0F"
static const struct {
	const char *text;
	int ok;
} pins[] = {
	{ "sha256:" HEX16 HEX16, 1 },
	{ "sha256//AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8=", 1 },
	{ "sha256//AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8", 1 },
	{ "sha256:" HEX16, 0 }, { "sha256:" HEX16 HEX16 "00", 0 }, { "sha256:", 0 }, { "", 0 },
	{ "sha256:" HEX16 "g00102030405060708090a0b0c0d0e0f", 0 }, { HEX16 HEX16, 0 }, { "sha256//AAEC", 0 },
	{ "sha256//AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg9=", 0 },
	{ "sha256//AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8==", 0 },
};

START_TEST(a_pin_is_32_bytes_in_either_spelling)
{
	uint8_t got[32];

	ck_assert_msg((args_pin(pins[_i].text, got) == 0) == pins[_i].ok, "%s", pins[_i].text);
	for (size_t i = 0; pins[_i].ok && i < sizeof got; i++)
		ck_assert_uint_eq(got[i], i % 16);
}
END_TEST

START_TEST(quotes_survive_rsyncs_splitting)
{
	char out[16];

	ck_assert_int_eq(args_quote("/a b's", out, sizeof out), 0);
	ck_assert_str_eq(out, "'/a b''s'");
	ck_assert_int_eq(args_quote("/too/long/for/it", out, sizeof out), E_LIMIT);
}
END_TEST

static const struct {
	const char *line, *theirs;
} sourceless[] = {
	{ "--join x -a d", "-a rsync://h:1/m/ d" }, { "-a d -v", "-a rsync://h:1/m/ d -v" }, { "--exclude d -- d", "--exclude d -- rsync://h:1/m/ d" },
	{ "d", "rsync://h:1/m/ d" },
};

START_TEST(the_source_stands_before_the_one_operand)
{
	char why[ARGS_WHY_SIZE] = "", got[512] = "";
	struct wrap_args a;

	ck_assert_int_eq(split(sourceless[_i].line, &a, why), 0);
	ck_assert_int_eq(args_add_source(&a, "rsyncs://h:1/m/"), 0);
	for (size_t i = 0; i < a.n_rsync; i++) {
		strcat(got, i == 0 ? "" : " ");
		strcat(got, a.rsync[i]);
	}
	ck_assert_str_eq(got, sourceless[_i].theirs);
	ck_assert_uint_eq(a.n_operands, 2);
	args_done(&a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("client-wrap/args");
	TCase *t = tcase_create("args");

	tcase_set_timeout(t, 60);	/* one of them asks rsync once for each of its options */
	tcase_add_loop_test(t, each_argument_finds_its_owner, 0, (int)ARRAY_LEN(rows));
	tcase_add_loop_test(t, values_are_kept, 0, (int)ARRAY_LEN(kept));
	tcase_add_test(t, values_are_where_rsync_has_them);
	tcase_add_loop_test(t, a_pin_is_32_bytes_in_either_spelling, 0, (int)ARRAY_LEN(pins));
	tcase_add_test(t, quotes_survive_rsyncs_splitting);
	tcase_add_loop_test(t, the_source_stands_before_the_one_operand, 0, ARRAY_LEN(sourceless));
	suite_add_tcase(s, t);
	return unit_main(s);
}

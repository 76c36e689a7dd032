#include "syncd/policy/options.h"

#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "t/unit/unit.h"

static char words[512], message[OPTIONS_MESSAGE_MAX];
static size_t paths, n_args;

/* The arguments of line, parted by blanks. */
static int
parse(const char *line, struct options *o)
{
	static char *v[64];
	size_t n = 0;

	snprintf(words, sizeof words, "%s", line);
	for (char *save = NULL, *w = strtok_r(words, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
		v[n++] = w;
	v[n_args = n] = NULL;
	message[0] = '\0';
	return options_parse(v, n, o, &paths, message);
}

START_TEST(a_captured_bundle_is_understood)
{
	struct options o = { 0 };

	ck_assert_int_eq(parse("--server --sender -vlogDtprze.iLsfxCIvu --numeric-ids . m/a m/b", &o), 0);
	ck_assert(o.sender && o.verbose == 1 && o.links && o.owner && o.group && o.devices && o.specials && o.times && o.perms);
	ck_assert(o.recurse && o.compress && o.numeric_ids && !o.secluded && !o.checksum);
	ck_assert_str_eq(o.letters, "iLsfxCIvu");
	ck_assert_uint_eq(paths, 5);
}
END_TEST

START_TEST(secluded_arguments_come_in_two_lists)
{
	struct options o = { 0 };

	ck_assert_int_eq(parse("--server --sender -slogDtpre.iLsfxCIvu", &o), 0);
	ck_assert(o.secluded && o.recurse && paths == n_args);
	ck_assert_int_eq(parse("rsync --numeric-ids . m/a", &o), 0);
	ck_assert(o.recurse && o.numeric_ids && paths == 3);
}
END_TEST

START_TEST(what_stands_behind_e_is_no_option)
{
	struct options o = { 0 };

	ck_assert_int_eq(parse("--server --sender -te31.14vX . m", &o), 0);
	ck_assert_str_eq(o.letters, "vX");
	ck_assert_int_eq(parse("--server --sender -tes . m", &o), 0);
	ck_assert(!o.secluded);
	ck_assert_int_eq(parse("--server --sender -te", &o), 0);
}
END_TEST

START_TEST(a_value_comes_in_one_argument_or_two)
{
	struct options o = { 0 };

	ck_assert_int_eq(parse("--timeout=30 --checksum-seed -5 --checksum-choice md5 --compress-level=0 -B 700 --link-dest . . m", &o), 0);
	ck_assert(o.timeout == 30 && o.checksum_seed == -5 && o.block_size == 700 && o.compress_level == 0 && o.level_given);
	ck_assert_str_eq(o.checksum_choice, "md5");
	ck_assert_uint_eq(paths, n_args - 1);		/* the first "." was a value */
}
END_TEST

START_TEST(the_last_word_counts)
{
	struct options o = { 0 };

	ck_assert_int_eq(parse("-r --no-r -D --no-specials -W --no-W", &o), 0);
	ck_assert(!o.recurse && o.devices && !o.specials && !o.whole_file);
}
END_TEST

static const struct { const char *line; int r; const char *message; } refused[] = {	/* rsyncd-conf section 8 */
	{ "--nosuch .", E_UNSUPPORTED, "rsync: on remote machine: --nosuch: unknown option" },
	{ "-tQ .", E_UNSUPPORTED, "rsync: on remote machine: -Q: unknown option" },
	{ "--tim=3 .", E_UNSUPPORTED, "rsync: on remote machine: --tim=3: unknown option" },
	{ "--daemon .", E_UNSUPPORTED, "rsync: Attempt to hack rsync thwarted!" },
	{ "--config=/x .", E_UNSUPPORTED, "rsync: Attempt to hack rsync thwarted!" },
	{ "--no-detach .", E_UNSUPPORTED, "rsync: Attempt to hack rsync thwarted!" },
	{ "--log-file=/x .", E_UNSUPPORTED, "rsync: The server is configured to refuse --log-file" },
	{ "--write-devices .", E_UNSUPPORTED, "rsync: The server is configured to refuse --write-devices" },
	{ "--timeout=x .", E_FORMAT, "rsync: --timeout=x is invalid" },
	{ "--timeout", E_FORMAT, "rsync: --timeout= is invalid" },
	{ "--timeout=-1 .", E_FORMAT, "rsync: --timeout=-1 is invalid" },
	{ "--checksum-seed=99999999999 .", E_FORMAT, "rsync: --checksum-seed=99999999999 is invalid" },
	{ "--nosuch --daemon -t . m", E_UNSUPPORTED, "rsync: on remote machine: --nosuch: unknown option" },	/* the first is said */
};

START_TEST(a_refusal_has_its_words)
{
	struct options o = { 0 };

	ck_assert_int_eq(parse(refused[_i].line, &o), refused[_i].r);
	ck_assert_str_eq(message, refused[_i].message);
}
END_TEST

START_TEST(behind_a_refusal_the_rest_is_read)
{
	struct options o = { 0 };

	ck_assert_int_ne(parse("--server --nosuch --sender -ze.iv . m", &o), 0);
	ck_assert(o.sender && o.compress == 1 && paths == 5);	/* the set-up must still agree with the client's */
	ck_assert_str_eq(o.letters, "iv");
}
END_TEST

START_TEST(letters_are_cut_to_fit)
{
	struct options o = { 0 };
	char line[300] = "-e.";

	memset(line + 3, 'i', 200);
	ck_assert_int_eq(parse(line, &o), 0);
	ck_assert_uint_eq(strlen(o.letters), sizeof o.letters - 1);
}
END_TEST

static const struct { const char *text; int64_t n; } sizes[] = {
	{ "0", 0 }, { "700", 700 }, { "10k", 10240 }, { "10K", 10240 }, { "10kb", 10000 }, { "10KiB", 10240 }, { "1.5m", 1572864 },
	{ "2mb-1", 1999999 }, { "1g+1", 1073741825 }, { "1g-1", 1073741823 }, { "5b", 5 }, { "1t", 1LL << 40 }, { "1p", 1LL << 50 },
	{ ".5k", 512 }, { "10+1", 11 },
};

START_TEST(a_size_has_a_unit)
{
	struct options o = { 0 };
	char line[64];

	options_init(&o, NULL);
	snprintf(line, sizeof line, "--server --max-size=%s . m", sizes[_i].text);
	ck_assert_int_eq(parse(line, &o), 0);
	ck_assert_int_eq(o.max_size, sizes[_i].n);
	ck_assert(o.min_size == OPTION_UNSET);
}
END_TEST

static const char *const no_sizes[] = { "k", "-1", "10x", "10kk", "1e", "10+2", "99999p", "+1", "0x10z", "ten", "nan", "inf" };

START_TEST(what_is_no_size_is_refused)
{
	struct options o = { 0 };
	char line[64];

	options_init(&o, NULL);
	snprintf(line, sizeof line, "--server --min-size=%s . m", no_sizes[_i]);
	ck_assert_int_eq(parse(line, &o), E_FORMAT);
}
END_TEST

START_TEST(an_allocation_has_a_bound)
{
	static const struct { const char *line; int r; } lines[] = {
		{ "--server --max-alloc=0 . m", 0 }, { "--server --max-alloc=1000k . m", E_UNSUPPORTED },
		{ "--server --max-alloc=1m . m", 0 }, { "--server --max-alloc 64g . m", 0 }, { "--server --max-alloc=x . m", E_FORMAT } };
	struct options o;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		options_init(&o, NULL);
		ck_assert_int_eq(parse(lines[i].line, &o), lines[i].r);
	}
	options_init(&o, NULL);
	parse(lines[1].line, &o);
	ck_assert_str_eq(message, "rsync: --max-alloc=1000k is too small (min: 1048576)");
}
END_TEST

START_TEST(what_a_client_means_for_this_side_is_taken)
{
	struct options o;

	options_init(&o, NULL);
	ck_assert_int_eq(parse("--server -e.LsfxCIvu -a --no-p --no-D --append --no-append --chown=me:us --exclude=x --filter=P_y --old-d . m", &o), 0);
	ck_assert(o.recurse && o.links && !o.perms && !o.devices && !o.specials && o.append == 0);
	ck_assert_str_eq(o.usermap, "*:me");
	ck_assert_str_eq(o.groupmap, "*:us");
	ck_assert(o.n_rules == 3 && o.rules[0].kind == OPTION_EXCLUDE && o.rules[2].kind == OPTION_FILTER);
	ck_assert_str_eq(o.rules[2].text, "- /*/*");
	options_init(&o, NULL);
	ck_assert_int_eq(parse("--server --chown=:us --timeout=5 --no-timeout --info=name0,backup2 . m", &o), 0);
	ck_assert(o.usermap == NULL && o.timeout == 0 && options_info(&o, "backup") && !options_info(&o, "name"));
	options_init(&o, NULL);
	ck_assert_int_eq(parse("--server --no-delete . m", &o), E_UNSUPPORTED);
	ck_assert_int_eq(parse("--server --write-batch=x . m", &o), E_UNSUPPORTED);
}
END_TEST

START_TEST(owners_are_mapped_once)
{
	static const struct {
		const char *options, *message;
	} rows[] = {	/* as rsync 3.5.0 has it */
		{ "--usermap=0:2 --usermap=0:1", "rsync: You can only specify --usermap once." },
		{ "--groupmap=0:2 --groupmap=0:1", "rsync: You can only specify --groupmap once." },
		{ "--usermap=0:2 --chown=3", "rsync: --chown conflicts with prior --usermap." },
		{ "--groupmap=0:2 --chown=3:4", "rsync: --chown conflicts with prior --groupmap." },
		{ "--chown=3 --usermap=0:1", "rsync: --usermap conflicts with prior --chown." },
		{ "--chown=:3 --groupmap=0:1", "rsync: --groupmap conflicts with prior --chown." },
		{ "--chown=3:4 --chown=5", "rsync: You can only specify a user-affecting --chown once." },
		{ "--chown=:3 --chown=4:4", "rsync: You can only specify a group-affecting --chown once." },
		{ "--chown=3 --chown=:4", NULL }, { "--chown=3 --groupmap=0:4", NULL }, { "--chown= --chown=3:4", NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct options o;
		char line[256];

		options_init(&o, NULL);
		snprintf(line, sizeof line, "--server %s . m", rows[i].options);
		ck_assert_int_eq(parse(line, &o), rows[i].message == NULL ? 0 : E_UNSUPPORTED);
		if (rows[i].message != NULL)
			ck_assert_str_eq(message, rows[i].message);
		else
			ck_assert_str_eq(o.usermap, "*:3");
	}
}
END_TEST

START_TEST(alternate_directories_are_of_one_kind)
{
	struct options o = { 0 };
	char line[1024] = "--server";

	ck_assert_int_eq(parse("--server --link-dest a --link-dest=../b . m", &o), 0);
	ck_assert(o.alt_kind == ALT_LINK && o.n_alt == 2);
	ck_assert_str_eq(o.alt_dest[1], "../b");
	o = (struct options){ 0 };
	ck_assert_int_eq(parse("--server --link-dest a --copy-dest b . m", &o), E_FORMAT);
	ck_assert_str_eq(message, "You may not mix --compare-dest, --copy-dest, and --link-dest.");
	for (int i = 0; i <= ALT_DEST_MAX; i++)
		strcat(line, " --compare-dest=x");
	o = (struct options){ 0 };
	ck_assert_int_eq(parse(line, &o), E_FORMAT);
	ck_assert_uint_eq(o.n_alt, ALT_DEST_MAX);
}
END_TEST

static const struct { const char *line; int version; enum delete_when when; } deletions[] = {
	{ "-r .", 32, DELETE_NEVER }, { "--delete .", 32, DELETE_DURING }, { "--delete .", 29, DELETE_BEFORE },
	{ "--delete-before .", 32, DELETE_BEFORE }, { "--delete-during .", 29, DELETE_DURING }, { "--delete-delay .", 32, DELETE_DELAY },
	{ "--delete-after .", 32, DELETE_AFTER }, { "--delete-excluded .", 32, DELETE_DURING }, { "--delete-excluded --delete-after .", 30, DELETE_AFTER },
	{ "--delete-before --delete-excluded .", 28, DELETE_BEFORE },
};

START_TEST(deletion_has_its_time)
{
	struct options o = { 0 };

	ck_assert_int_eq(parse(deletions[_i].line, &o), 0);
	ck_assert_int_eq(options_delete_when(&o, deletions[_i].version), deletions[_i].when);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/policy/options");
	TCase *t = tcase_create("options");

	tcase_add_test(t, a_captured_bundle_is_understood);
	tcase_add_test(t, secluded_arguments_come_in_two_lists);
	tcase_add_test(t, what_stands_behind_e_is_no_option);
	tcase_add_test(t, a_value_comes_in_one_argument_or_two);
	tcase_add_test(t, the_last_word_counts);
	tcase_add_loop_test(t, a_refusal_has_its_words, 0, ARRAY_LEN(refused));
	tcase_add_test(t, behind_a_refusal_the_rest_is_read);
	tcase_add_test(t, letters_are_cut_to_fit);
	tcase_add_loop_test(t, a_size_has_a_unit, 0, ARRAY_LEN(sizes));
	tcase_add_loop_test(t, what_is_no_size_is_refused, 0, ARRAY_LEN(no_sizes));
	tcase_add_test(t, an_allocation_has_a_bound);
	tcase_add_test(t, what_a_client_means_for_this_side_is_taken);
	tcase_add_test(t, owners_are_mapped_once);
	tcase_add_test(t, alternate_directories_are_of_one_kind);
	tcase_add_loop_test(t, deletion_has_its_time, 0, ARRAY_LEN(deletions));
	suite_add_tcase(s, t);
	return unit_main(s);
}

/* verify's verdicts about sockets, processes, certificates, lists and files, and how points are printed. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/verify/authority.h"
#include "deploy/verify/daemon.h"
#include "deploy/verify/door.h"
#include "deploy/verify/files.h"
#include "deploy/verify/listen.h"
#include "deploy/verify/talk.h"
#include "lib/err.h"
#include "t/unit/unit.h"

/* Exactly these ids fail, each once, separated by blanks; l is ended. */
static void
fails(struct points *l, const char *ids)
{
	char seen[512] = "";
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].result == POINT_FAIL)
			n += (size_t)snprintf(seen + n, sizeof seen - n, "%s%s", n == 0 ? "" : " ", l->v[i].id);
	ck_assert_str_eq(seen, ids);
	points_done(l);
}

/* --- sockets ------------------------------------------------------------------------------------------ */

static void
listening(struct kernel_socket *s, const char *host, uint16_t port, uint64_t inode)
{
	*s = (struct kernel_socket){ .inode = inode };
	ck_assert_int_eq(addr_parse(host, port, &s->address), 0);
}

static const struct { const char *host; uint16_t port; const char *failed; } plains[] = {
	{ "127.0.0.1", 873, "" }, { "::1", 873, "" }, { "127.8.9.1", 873, "" }, { "0.0.0.0", 873, "listen.plain" }, { "::", 873, "listen.plain" },
	{ "192.0.2.1", 873, "listen.plain" }, { "2001:db8::1", 873, "listen.plain" }, { "::ffff:192.0.2.1", 873, "listen.plain" },
	{ "0.0.0.0", 8730, "" },
};

START_TEST(plain_text_is_for_loopback)
{
	struct kernel_socket one;
	const struct processes all = { .sockets = { &one, 1, 1 } };
	struct points l = POINTS_INIT;

	listening(&one, plains[_i].host, plains[_i].port, 1);
	listen_judge_plain(&l, &all, 873);
	fails(&l, plains[_i].failed);
}
END_TEST

/* A socket at 0.0.0.0:874, held by a process of that unit; another at a second address. */
static const struct { const char *unit; pid_t pid; const char *second; bool held; const char *failed; } doors[] = {
	{ "sallyport-tunnel.service", 40, NULL, true, "" }, { "init.scope", 1, NULL, true, "" },
	{ "other.service", 40, NULL, true, "listen.owner" }, { "", 40, NULL, true, "listen.owner" },
	{ "sallyport-tunnel.service", 40, NULL, false, "listen.owner" },
	{ "sallyport-tunnel.service", 40, "192.0.2.1", true, "listen.door" },
};

START_TEST(the_door_is_its_services)
{
	static const char *const wanted[] = { "0.0.0.0:874" };
	struct kernel_socket s[2];
	struct process p = { .pid = doors[_i].pid, .exe = "/usr/bin/x" };
	struct holder h[2] = { { 7, 0 }, { 8, 0 } };
	const struct processes all = { .v = &p, .n = 1, .holders = h, .n_holders = doors[_i].held ? 2 : 0, .sockets = { s,
	    doors[_i].second != NULL ? 2 : 1, 2 } };
	struct points l = POINTS_INIT;

	snprintf(p.unit, sizeof p.unit, "%s", doors[_i].unit);
	listening(&s[0], "0.0.0.0", 874, 7);
	listening(&s[1], doors[_i].second != NULL ? doors[_i].second : "::", 874, 8);
	listen_judge_port(&l, &all, "listen.door", 874, wanted, 1, "sallyport-tunnel.service", true);
	fails(&l, doors[_i].failed);
}
END_TEST

START_TEST(a_door_that_nobody_opens_is_told)
{
	static const char *const wanted[] = { "0.0.0.0:874", "[::]:874" };
	struct kernel_socket one;
	const struct processes none = { .n = 0 }, all = { .sockets = { &one, 1, 1 } };
	struct points l = POINTS_INIT;

	listening(&one, "::", 874, 7);
	listen_judge_port(&l, &none, "listen.door", 874, wanted, 2, NULL, true);
	fails(&l, "listen.door listen.door");
	listen_judge_port(&l, &all, "listen.door", 874, wanted, 2, NULL, true);
	fails(&l, "listen.door");
	listen_judge_port(&l, &all, "listen.door", 874, wanted + 1, 1, "a.service", false);	/* holders cannot be seen */
	ck_assert_uint_eq(points_count(&l, POINT_SKIP), 1);
	fails(&l, "");
}
END_TEST

/* --- processes ------------------------------------------------------------------------------------------ */

static const char UNIT[] = "[Service]\nExecStart=/usr/bin/nonexistent-sallyport-tunnel x\nUser=u\nNoNewPrivileges=yes\nCapabilityBoundingSet=CAP_KILL\nSystemCallFilter=@system-service\n";

static const struct { struct kernel_status status; const char *exe, *failed; } rights[] = {
	{ { 5, 0, 1 << 5, 0, 1, 2, 3 }, "/usr/bin/nonexistent-sallyport-tunnel", "" },
	{ { 5, 0, 1 << 5, 0, 1, 2, -1 }, "", "" },
	{ { 5, 0, 1 << 5 | 1, 0, 1, 2, 3 }, "", "process.t.CapBnd" }, { { 5, 1, 0, 0, 1, 2, 3 }, "", "process.t.CapBnd" },
	{ { 5, 0, 0, 2, 1, 2, 3 }, "", "process.t.CapBnd" },
	{ { 5, 0, 0, 0, 0, 2, 3 }, "", "process.t.NoNewPrivs" }, { { 5, 0, 0, 0, -1, 2, 3 }, "", "process.t.NoNewPrivs" },
	{ { 5, 0, 0, 0, 1, 0, 0 }, "", "process.t.Seccomp" }, { { 5, 0, 0, 0, 1, 1, 3 }, "", "process.t.Seccomp" },
	{ { 5, 0, 0, 0, 1, 2, 1 }, "", "process.t.Seccomp" },	/* no more than the service manager has */
	{ { 0, 0, 0, 0, 1, 2, 3 }, "", "process.t.uid" },
	{ { 5, 0, 0, 0, 1, 2, 3 }, "/usr/bin/nonexistent-sallyport-tunnel (deleted)", "process.t.exe" },
	{ { 5, 0, 0, 0, 1, 2, 3 }, "/bin/sh", "process.t.exe" },
};

START_TEST(processes_have_what_their_unit_gives)
{
	struct process p[3] = { { .pid = 1, .unit = "init.scope", .status = { .filters = 1 } }, { .pid = 9, .unit = "t.service", .status = rights[0].status },
	    { .pid = 10, .unit = "t.service", .status = rights[_i].status } };
	const struct processes all = { .v = p, .n = 3 };
	struct points l = POINTS_INIT;

	snprintf(p[2].exe, sizeof p[2].exe, "%s", rights[_i].exe);
	processes_judge_unit(&l, &all, "t.service", "t", UNIT);
	ck_assert_uint_eq(l.n, 5);
	fails(&l, rights[_i].failed);
	processes_judge_unit(&l, &all, "other.service", "t", UNIT);
	ck_assert_uint_eq(points_count(&l, POINT_SKIP), 5);
	fails(&l, "");
}
END_TEST

/* --- certificates --------------------------------------------------------------------------------------- */

static const struct { struct cert_facts facts; const char *failed; } certs[] = {
	{ { .days = 90, .chain_days = INT_MAX, .named = true, .is_key = true }, "" },
	{ { .days = 14, .chain_days = 15, .named = true, .is_key = true }, "" },
	{ { .days = 13, .chain_days = INT_MAX, .named = true, .is_key = true }, "cert.expiry" },
	{ { .days = -1, .chain_days = INT_MAX, .named = true, .is_key = true }, "cert.expiry" },
	{ { .days = 90, .chain_days = 3, .named = true, .is_key = true }, "cert.expiry" },
	{ { .days = 90, .chain_days = INT_MAX, .is_key = true }, "cert.name" },
	{ { .days = 90, .chain_days = INT_MAX, .named = true }, "cert.key" },
	{ { .days = 90, .chain_days = INT_MAX, .named = true, .is_key = true, .key_error = "x" }, "cert.key" },
	{ { .days = 90, .chain_days = INT_MAX, .named = true, .is_key = true, .chain_error = "x" }, "cert.chain" },
	{ { .error = "x" }, "cert.expiry" },
};

START_TEST(a_certificate_is_judged_by_its_facts)
{
	struct points l = POINTS_INIT;

	door_judge_cert(&l, "/a", "host", &certs[_i].facts);
	fails(&l, certs[_i].failed);
}
END_TEST

START_TEST(lists_last_a_day_and_authorities_two_weeks)
{
	struct points l = POINTS_INIT;

	door_judge_days(&l, "cert.crl", "/a", 0, 1);
	door_judge_days(&l, "cert.ca", "/a", 0, 14);
	fails(&l, "");
	door_judge_days(&l, "cert.crl", "/a", 0, 0);
	door_judge_days(&l, "cert.ca", "/a", 0, 13);
	door_judge_days(&l, "cert.ca", "/a", E_FORMAT, INT_MAX);
	fails(&l, "cert.crl cert.ca cert.ca");
}
END_TEST

START_TEST(an_authority_is_roots_and_fresh)
{
	struct stat st = { .st_mode = S_IFDIR | 0700 };
	struct points l = POINTS_INIT;

	authority_judge_mode(&l, "/ca", &st);
	authority_judge_days(&l, "authority.crl", "/crl", 0, 4, 4);
	fails(&l, "");
	st.st_mode = S_IFREG | 0640;
	authority_judge_mode(&l, "/ca/ca.key", &st);
	st = (struct stat){ .st_mode = S_IFREG | 0600, .st_uid = 1 };
	authority_judge_mode(&l, "/ca/ca.key", &st);
	st = (struct stat){ .st_mode = S_IFLNK | 0700 };
	authority_judge_mode(&l, "/ca/ca.key", &st);
	authority_judge_days(&l, "authority.crl", "/crl", 0, 3, 4);
	authority_judge_days(&l, "authority.server", "/crt", E_FORMAT, 90, 4);
	fails(&l, "authority.key authority.key authority.key authority.crl authority.server");
}
END_TEST

/* --- the daemon --------------------------------------------------------------------------------------------- */

static const struct { const char *list; bool same; } lists[] = {
	{ "pub            \t\nbackups        \tof all\n", true }, { "welcome\npub            \t\nbackups        \t\n", true },
	{ "pub            \t\n", false }, { "", false }, { "pub            \t\nbackups        \t\nmore           \t\n", false },
	{ "pubx           \t\nbackups        \t\n", false }, { "pub\tbackups\t\n", false },
};

START_TEST(the_list_of_modules_is_the_models)
{
	static const char *const modules[] = { "pub", "backups" };
	char seen[128];

	ck_assert_int_eq(talk_list_is(lists[_i].list, modules, 2, seen, sizeof seen), lists[_i].same);
}
END_TEST

START_TEST(silence_is_no_refusal)
{
	ck_assert(talk_refused(E_EOF));
	ck_assert(talk_refused(-ECONNRESET));
	ck_assert(talk_refused(E_FORMAT));
	ck_assert(!talk_refused(0));
	ck_assert(!talk_refused(-ETIMEDOUT));
	ck_assert(!talk_refused(-ECONNREFUSED));
	ck_assert(!talk_refused(-ENOENT));
}
END_TEST

START_TEST(frames_are_taken_apart)
{
	static const char bytes[] = "\3\0\0\7abc" "\2\0\0\12no" "\1\0\0\45x" "\0\0\0\7" "\4\0\0\7de";
	struct buf in = BUF_INIT, names = BUF_INIT, words = BUF_INIT;

	buf_put(&in, bytes, sizeof bytes - 1);
	while (talk_frame(&in, &names, &words))
		;
	ck_assert_str_eq(buf_cstr(&names), "abc");
	ck_assert_str_eq(buf_cstr(&words), "no");
	ck_assert_uint_eq(buf_len(&in), 6);	/* half a frame */
	buf_done(&in);
	buf_done(&names);
	buf_done(&words);
}
END_TEST

START_TEST(a_secret_is_found_by_its_whole_name)
{
	char secret[16];

	ck_assert(daemon_secret("al:x\nalice:one two\r\n", "alice", secret, sizeof secret));
	ck_assert_str_eq(secret, "one two");
	ck_assert(!daemon_secret("alice:x\n", "ali", secret, sizeof secret));
	ck_assert(!daemon_secret("", "a", secret, sizeof secret));
	ck_assert(!daemon_secret("alice:0123456789abcdefg\n", "alice", secret, sizeof secret));
}
END_TEST

START_TEST(a_challenge_is_answered_as_rsync_does)
{
	char answer[128];

	ck_assert_int_eq(tls_answer("secret", "token", answer, sizeof answer), 0);
	ck_assert_uint_eq(strlen(answer), 86);
	ck_assert_ptr_null(strchr(answer, '='));
	ck_assert_int_ne(tls_answer("secret", "token", answer, 10), 0);
}
END_TEST

/* --- files and points ------------------------------------------------------------------------------------------ */

static const struct { mode_t mode; uid_t uid; gid_t gid; bool owner, private; } modes[] = {
	{ S_IFREG | 0600, 0, 0, true, true }, { S_IFREG | 0640, 0, 0, true, true }, { S_IFREG | 0640, 0, 5, true, false },
	{ S_IFREG | 0644, 0, 0, true, false }, { S_IFREG | 0600, 5, 0, false, false }, { S_IFREG | 0660, 0, 5, false, false },
	{ S_IFREG | 0602, 0, 0, false, false }, { S_IFDIR | 01777, 0, 0, true, false }, { S_IFDIR | 0777, 0, 0, false, false },
	{ S_IFDIR | 0775, 0, 5, false, false }, { S_IFDIR | 0775, 0, 0, true, false },
};

START_TEST(others_neither_write_nor_read)
{
	const struct stat st = { .st_mode = modes[_i].mode, .st_uid = modes[_i].uid, .st_gid = modes[_i].gid };

	ck_assert_int_eq(files_owner_fault(&st) == NULL, modes[_i].owner);
	ck_assert_int_eq(files_private_fault(&st) == NULL, modes[_i].private);
}
END_TEST

START_TEST(points_are_printed_without_harm)
{
	struct points l = POINTS_INIT;
	char *said = NULL, *json = NULL;
	size_t n = 0, k = 0;
	FILE *to = open_memstream(&said, &n), *j = open_memstream(&json, &k);

	point_pass(&l, "a.b", "/x", "y");
	point_fail(&l, "c", "\"\n", "\x1b[0m\\", "w", "m");
	point_skip(&l, "d", "z", "why");
	points_print(&l, to);
	points_print_json(&l, j);
	fclose(to);
	fclose(j);
	ck_assert_ptr_null(strchr(said, '\x1b'));
	ck_assert_ptr_null(strchr(json, '\x1b'));
	ck_assert_ptr_nonnull(strstr(said, "pass  a.b  /x: y\n"));
	ck_assert_ptr_nonnull(strstr(said, "; wanted: w; m\n"));
	ck_assert_ptr_nonnull(strstr(said, "not checked  d  z: why\n1 passed, 1 failed, 1 not checked\n"));
	ck_assert_ptr_nonnull(strstr(json, "\"subject\": \"\\\""));
	ck_assert_ptr_nonnull(strstr(json, "{\"passed\": 1, \"failed\": 1, \"not_checked\": 1, \"lost\": 0,"));
	free(said);
	free(json);
	points_done(&l);
}
END_TEST

START_TEST(what_is_too_much_is_cut_or_counted)
{
	struct points l = POINTS_INIT;
	char *text = malloc(5000);

	memset(text, '"', 4999);
	text[4999] = '\0';
	for (size_t i = 0; i < POINTS_MAX + 2; i++)
		point_fail(&l, "a", i == 0 ? text : "", i == 0 ? text : "", "", "");
	ck_assert_uint_eq(l.n, POINTS_MAX);
	ck_assert_uint_eq(l.lost, 2);
	ck_assert_uint_eq(strlen(l.v[0].seen), sizeof l.v[0].seen - 1);
	free(text);
	points_done(&l);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("deploy/verify: judges");
	TCase *t = tcase_create("judges");

	tcase_add_loop_test(t, plain_text_is_for_loopback, 0, ARRAY_LEN(plains));
	tcase_add_loop_test(t, the_door_is_its_services, 0, ARRAY_LEN(doors));
	tcase_add_test(t, a_door_that_nobody_opens_is_told);
	tcase_add_loop_test(t, processes_have_what_their_unit_gives, 0, ARRAY_LEN(rights));
	tcase_add_loop_test(t, a_certificate_is_judged_by_its_facts, 0, ARRAY_LEN(certs));
	tcase_add_test(t, lists_last_a_day_and_authorities_two_weeks);
	tcase_add_test(t, an_authority_is_roots_and_fresh);
	tcase_add_loop_test(t, the_list_of_modules_is_the_models, 0, ARRAY_LEN(lists));
	tcase_add_test(t, silence_is_no_refusal);
	tcase_add_test(t, frames_are_taken_apart);
	tcase_add_test(t, a_secret_is_found_by_its_whole_name);
	tcase_add_test(t, a_challenge_is_answered_as_rsync_does);
	tcase_add_loop_test(t, others_neither_write_nor_read, 0, ARRAY_LEN(modes));
	tcase_add_test(t, points_are_printed_without_harm);
	tcase_add_test(t, what_is_too_much_is_cut_or_counted);
	suite_add_tcase(s, t);
	return unit_main(s);
}

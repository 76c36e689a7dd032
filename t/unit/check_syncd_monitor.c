/* The monitor against a worker and a session that do not behave: the test plays both, and the spawner. */
#include "syncd/monitor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "lib/err.h"
#include "lib/fdpass.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "syncd/boot.h"
#include "syncd/policy/login.h"
#include "syncd/privmsg.h"
#include "syncd/types.h"
#include "t/unit/scratch.h"
#include "t/unit/unit.h"

enum { PATIENCE_MS = 20000, DEADLINE_MS = 60000 };

static struct {
	pid_t pid;
	int worker, worker_control, spawner, report, peer, count;
	bool proxied;
	struct tally *tally;
	uint64_t accepted;
	struct buf in;
} mon;

static void
pair_of(int pair[2])
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
}

static void
start_with_deadline(const char *conf_text, uint64_t ms)
{
	struct log_conf log = { .style = LOG_STYLE_RSYNCD, .ident = "t", .file_mode = 0644, .level = LOG_INFO };
	char path[128], log_path[128];
	struct syncd_conf *conf;
	struct conf_err e;
	int worker[2], control[2], spawner[2], peer[2], report[2], count = eventfd(0, EFD_NONBLOCK);

	snprintf(path, sizeof path, "%s/conf", scratch);
	snprintf(log_path, sizeof log_path, "%s/log", scratch);
	scratch_file("conf", conf_text);
	ck_assert_int_eq(conf_load(path, NULL, 0, NULL, NULL, &conf, &e), 0);
	log.file = log_path;
	ck_assert_int_eq(log_setup(&log), 0);
	pair_of(worker), pair_of(control), pair_of(spawner), pair_of(peer);
	ck_assert_int_eq(pipe(report), 0);
	if (mon.tally == NULL)
		ck_assert_int_eq(tally_new(&mon.tally), 0);
	mon.accepted = loop_clock();
	if ((mon.pid = fork()) == 0) {
		struct monitor_job job = { .conf = conf, .spawner_fd = spawner[0], .peer_fd = peer[0],
		    .worker = { worker[0], control[0] }, .deadline = loop_clock() + ms, .report_fd = report[1], .log_override = log_path,
		    .proxied = mon.proxied, .count_fd = count, .row = TALLY_NO_ROW, .tally = mon.tally, .accepted = mon.accepted };

		close(worker[1]), close(control[1]), close(spawner[1]), close(report[0]), close(peer[1]);
		addr_parse("127.0.0.1", 4711, &job.peer);
		_exit(monitor_run(&job));
	}
	close(worker[0]), close(control[0]), close(spawner[0]), close(report[1]), close(peer[0]);
	mon.worker = worker[1], mon.worker_control = control[1], mon.spawner = spawner[1], mon.report = report[0], mon.peer = peer[1], mon.count = count;
	conf_free(conf);
}

static void
start(void)
{
	char text[2048];

	scratch_file("secrets", "me:mine\n");
	ck_assert_int_eq(fchmodat(scratch_fd, "secrets", 0600, 0), 0);
	snprintf(text, sizeof text, "reverse lookup = no\nuse chroot = no\n[pub]\npath = %s\ncomment = open\n"
	    "[other]\npath = %s\n[hidden]\npath = /hidden-path\nlist = no\ncomment = hidden-comment\n"
	    "[login]\npath = %s\nsecrets file = %s/secrets\nauth users = me:rw\n"
	    "[yes]\npath = %s\npre-xfer exec = test $RSYNC_ARG2 = b\n[no]\npath = %s\npre-xfer exec = echo why; exit 3\n"
	    "[hangs]\npath = %s\npre-xfer exec = sleep 300\n[slow]\npath = %s\nmodule bwlimit = 10\n"
	    "[slowest]\npath = %s\nmodule bwlimit = 1\n[logged]\npath = %s\ntransfer logging = yes\n"
	    "[conv]\npath = %s\nname converter = while read l; do echo 7; done\n", scratch, scratch, scratch, scratch, scratch, scratch, scratch, scratch, scratch, scratch, scratch);
	start_with_deadline(text, DEADLINE_MS);
}

static void
setup(void)
{
	scratch_make();
	start();
}

static void
teardown(void)
{
	if (mon.pid > 0) {
		kill(mon.pid, SIGKILL);
		waitpid(mon.pid, NULL, 0);
	}
	close(mon.worker), close(mon.worker_control), close(mon.spawner), close(mon.report), close(mon.count);
	if (mon.peer >= 0)
		close(mon.peer);
	buf_done(&mon.in);
	scratch_remove();
}

static void
say(int fd, uint8_t id, const void *bytes, size_t n)
{
	ck_assert_int_eq(priv_send(fd, id, bytes, n), 0);
}

/* The answer to the request: its verdict byte, or whatever comes first. */
static int
hear(int fd, uint8_t id)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t got = 0xff;

	ck_assert_int_eq(poll(&p, 1, PATIENCE_MS), 1);
	ck_assert_int_eq(priv_recv(fd, &got, &mon.in), 0);
	ck_assert_uint_eq(got, id);
	return buf_len(&mon.in) > 0 ? buf_head(&mon.in)[0] : -1;
}

/* Whether the monitor has hung up, having said nothing. */
static int
hung_up(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t id;
	int r;

	ck_assert_int_eq(poll(&p, 1, PATIENCE_MS), 1);
	r = priv_recv(fd, &id, &mon.in);
	return r == E_EOF || r == -ECONNRESET;
}

static int
ask_for(const char *module)
{
	char text[64] = { 31, 0, 0 };	/* no digests: the client sent no list */

	strcpy(text + 3, module);
	say(mon.worker, REQ_MODULE, text, 3 + strlen(module));
	return hear(mon.worker, REQ_MODULE);
}

static size_t
lines_logged(const char *text)
{
	char path[128], line[4096];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof path, "%s/log", scratch);
	if ((f = fopen(path, "r")) == NULL)
		return 0;
	while (fgets(line, sizeof line, f) != NULL)
		n += strstr(line, text) != NULL;
	fclose(f);
	return n;
}

/* The order for a session: its channel, and what it is told in mon.in. */
static int
take_session(int *ret_control)
{
	uint8_t order[64];
	int fds[FDPASS_MAX], channel;
	size_t n, n_fds;

	ck_assert_int_eq(fdpass_recv(mon.spawner, order, sizeof order, &n, fds, &n_fds), 0);
	ck_assert_uint_eq(n_fds, SPAWN_SUMS);	/* all but the last: no module here keeps sums */
	ck_assert_uint_eq(order[0], SPAWN_SESSION);
	buf_clear(&mon.in);
	ck_assert_int_eq(boot_read(fds[SPAWN_BOOT], &mon.in), 0);
	channel = fds[SPAWN_CHANNEL];
	*ret_control = fds[SPAWN_CONTROL];
	close(fds[SPAWN_BOOT]), close(fds[SPAWN_PEER]), close(fds[SPAWN_ROOT]);
	return channel;
}

/* As far as the session of that module. */
static int
reach(const char *module, int *ret_control)
{
	const char admit[] = { 31, 0, 0 };

	ck_assert_int_eq(ask_for(module), 0);
	say(mon.worker, REQ_ADMIT, admit, sizeof admit);
	ck_assert_int_eq(hear(mon.worker, REQ_ADMIT), 0);
	return take_session(ret_control);
}

static int
reach_session(int *ret_control)
{
	return reach("pub", ret_control);
}

static const struct {
	uint8_t id;
	const char *bytes;
	size_t n;
} too_early[] = {
	{ REQ_ADMIT, "\037\0\0", 3 }, { REQ_ARGS, "x", 2 }, { REQ_HOOK, "pub", 3 }, { REQ_NAME, "u\0\0\0\0", 5 }, { REQ_ID, "uroot", 5 }, { REQ_STARTED, "", 0 }, { REQ_SHARE, "\1\0\0\0", 4 }, { REQ_COUNT, "", 0 },
	{ 200, "", 0 }, { 255, "x", 1 }, { REQ_MODULE, "", 0 }, { REQ_MODULE, "\001\0\0pub", 6 }, { REQ_MODULE, "\037\0\011pub", 6 },
	{ REQ_LOGIN, "me x", 4 }, { REQ_LIST, "", 0 }, { REQ_LIST, "\1\0\0\0", 4 },
	{ REQ_LOG, "", 0 }, { REQ_LOG, "\377x", 2 },
};

START_TEST(what_a_worker_may_not_ask_ends_it)
{
	say(mon.worker, too_early[_i].id, too_early[_i].bytes, too_early[_i].n);
	ck_assert(hung_up(mon.worker));
}
END_TEST

START_TEST(a_module_is_asked_for_once)
{
	ck_assert_int_eq(ask_for("nosuch"), 1);
	say(mon.worker, REQ_MODULE, "\037\0\0pub", 6);
	ck_assert(hung_up(mon.worker));
	ck_assert_uint_eq(lines_logged("unknown module"), 1);
}
END_TEST

START_TEST(a_granted_module_is_not_changed)
{
	ck_assert_int_eq(ask_for("pub"), 0);
	say(mon.worker, REQ_MODULE, "\037\0\0other", 8);
	ck_assert(hung_up(mon.worker));
}
END_TEST

/* The answer to the challenge that lies in mon.in, from who knows PASSWORD. */
static void
answer_as(const char *user, const char *password)
{
	char asked[LOGIN_CHALLENGE_SIZE], answer[LOGIN_CHALLENGE_SIZE], line[256];

	snprintf(asked, sizeof asked, "%.*s", (int)buf_len(&mon.in) - 1, (const char *)buf_head(&mon.in) + 1);
	ck_assert_uint_eq(strlen(asked), 22);		/* of an MD5 */
	ck_assert_int_eq(login_response(LOGIN_MD5, password, strlen(password), asked, answer), 0);
	snprintf(line, sizeof line, "%s %s", user, answer);
	say(mon.worker, REQ_LOGIN, line, strlen(line));
}

START_TEST(a_module_with_users_wants_a_login)
{
	ck_assert_int_eq(ask_for("login"), VERDICT_LOGIN);
	say(mon.worker, REQ_ADMIT, "\037\0\0", 3);
	ck_assert(hung_up(mon.worker));
}
END_TEST

START_TEST(a_login_opens_the_module)
{
	struct boot b;
	struct cursor c;
	int control, channel;

	ck_assert_int_eq(ask_for("login"), VERDICT_LOGIN);
	answer_as("me", "mine");
	ck_assert_int_eq(hear(mon.worker, REQ_LOGIN), VERDICT_YES);
	say(mon.worker, REQ_ADMIT, "\037\0\0", 3);
	ck_assert_int_eq(hear(mon.worker, REQ_ADMIT), VERDICT_YES);
	channel = take_session(&control);
	c = cur_of(buf_head(&mon.in), buf_len(&mon.in));
	ck_assert_int_eq(boot_get(&c, &b), 0);
	ck_assert(!b.grant.conf.read_only);		/* the rule says rw */
	ck_assert(b.id.writes);
	ck_assert_ptr_null(memmem(buf_head(&mon.in), buf_len(&mon.in), "mine", 4));
	close(channel), close(control);
}
END_TEST

/* Wrong answers: no second one is heard, the module stays shut, and the listener is told. */
static const struct { const char *user, *password, *why; } wrong[] = {
	{ "me", "yours", "password mismatch" }, { "you", "mine", "no matching rule" }, { "", "mine", "invalid username" },
	{ "#me", "mine", "invalid username" }, { "ME", "mine", "no matching rule" },
};

START_TEST(a_wrong_answer_ends_a_login)
{
	struct monitor_report told;

	ck_assert_int_eq(ask_for("login"), VERDICT_LOGIN);
	answer_as(wrong[_i].user, wrong[_i].password);
	ck_assert_int_eq(hear(mon.worker, REQ_LOGIN), VERDICT_NO);
	ck_assert_int_eq(read(mon.report, &told, sizeof told), (ssize_t)sizeof told);
	ck_assert_int_eq(told.what, MONITOR_LOGIN_FAILED);
	ck_assert_uint_eq(lines_logged(wrong[_i].why), 1);
	if (_i % 2 == 0)
		say(mon.worker, REQ_LOGIN, "me x", 4);
	else
		say(mon.worker, REQ_ADMIT, "\037\0\0", 3);
	ck_assert(hung_up(mon.worker));
}
END_TEST

START_TEST(what_is_no_answer_is_a_wrong_one)
{
	ck_assert_int_eq(ask_for("login"), VERDICT_LOGIN);
	say(mon.worker, REQ_LOGIN, "me", 2);
	ck_assert_int_eq(hear(mon.worker, REQ_LOGIN), VERDICT_NO);
	ck_assert_uint_eq(lines_logged("invalid challenge response"), 1);
}
END_TEST

START_TEST(a_list_is_one_list)
{
	say(mon.worker, REQ_LIST, "\0\0\0\0", 4);
	hear(mon.worker, REQ_LIST);
	ck_assert_ptr_nonnull(memmem(buf_head(&mon.in), buf_len(&mon.in), "pub", 3));
	ck_assert_ptr_null(memmem(buf_head(&mon.in), buf_len(&mon.in), "hidden", 6));
	say(mon.worker, REQ_LIST, "\0\0\0\0", 4);
	ck_assert(hung_up(mon.worker));
	ck_assert_uint_eq(lines_logged("module-list request"), 1);
}
END_TEST

START_TEST(log_lines_have_a_bound)
{
	for (int i = 0; i < 2500; i++)
		say(mon.worker, REQ_LOG, "\004mark", 5);
	ck_assert_int_eq(ask_for("nosuch"), 1);	/* they are all read by now */
	ck_assert_uint_eq(lines_logged("mark"), 1999);
	ck_assert_uint_eq(lines_logged("too many lines from one connection"), 1);
}
END_TEST

START_TEST(a_worker_is_not_heard_once_the_session_runs)
{
	int control, channel = reach_session(&control);

	ck_assert(hung_up(mon.worker));
	ck_assert(hung_up(mon.worker_control));	/* and is killed, if it still lives */
	close(channel), close(control);
}
END_TEST

static const struct {
	uint8_t id;
	const char *bytes;
	size_t n;
} not_a_session[] = {
	{ REQ_LIST, "\0\0\0\0", 4 }, { REQ_MODULE, "\037\0\0pub", 6 }, { REQ_LOGIN, "me x", 4 }, { REQ_ADMIT, "\037\0\0", 3 }, { REQ_COUNT, "", 0 },
	{ REQ_ARGS, "x", 2 }, { REQ_HOOK, "pub/", 4 },	/* the module has no hook */
	{ REQ_NAME, "x\0\0\0\0", 5 },
	{ REQ_NAME, "u", 1 }, { REQ_ID, "", 0 }, { REQ_STARTED, "x", 1 },
	{ REQ_SHARE, "\0\0\0\0", 4 }, { REQ_SHARE, "\1\0\4\0", 4 }, { REQ_SHARE, "\1\0\0", 3 }, { REQ_SHARE, "\1\0\0\0\0", 5 },	/* none, beyond SHARE_MAX, no number */
};

START_TEST(what_a_session_may_not_ask_ends_it)
{
	int control, channel = reach_session(&control);

	say(channel, not_a_session[_i].id, not_a_session[_i].bytes, not_a_session[_i].n);
	ck_assert(hung_up(channel));
	ck_assert(hung_up(control));		/* closed: the spawner kills it */
}
END_TEST

static const struct { const char *bytes; size_t n; } no_admission[] = {
	{ "", 0 }, { "\037", 1 }, { "\037\0", 2 }, { "\037\5\0abcd", 7 }, { "\036\0\0", 3 }, { "\037\377\377", 3 },
};

START_TEST(what_is_no_admission_ends_a_worker)
{
	ck_assert_int_eq(ask_for("pub"), 0);
	say(mon.worker, REQ_ADMIT, no_admission[_i].bytes, no_admission[_i].n);
	ck_assert(hung_up(mon.worker));
}
END_TEST

static uint64_t
share_due(int channel)
{
	struct cursor c;

	say(channel, REQ_SHARE, "\0\4\0\0", 4);
	(void)hear(channel, REQ_SHARE);
	c = cur_of(buf_head(&mon.in), buf_len(&mon.in));
	return cur_le64(&c);
}

START_TEST(who_asks_for_a_share_before_its_turn_waits_for_it)
{
	int control, channel = reach("slow", &control);
	uint64_t first = share_due(channel), second = share_due(channel), third = share_due(channel);

	ck_assert_uint_ge(second, first + 100);		/* 1024 bytes at 10 KiB a second */
	ck_assert_uint_ge(third, second + 100);
	ck_assert_uint_ge(loop_clock(), second);	/* the last answer came no earlier than the turn before */
	close(channel);
	close(control);
}
END_TEST

/* The session ends, and with it, soon, the monitor. */
static void
end_of(int channel, int control)
{
	close(channel);
	close(control);
	ck_assert_int_eq(waitpid(mon.pid, NULL, 0), mon.pid);
	mon.pid = 0;
}

START_TEST(what_was_reserved_and_not_waited_for_is_for_others)
{
	const uint64_t now = loop_clock() * 1000, far = now + UINT64_C(1000000000);	/* 1000 s */
	int control, channel = reach("slowest", &control);

	(void)tally_reserve(mon.tally, 0, 1000 * 1024, 1, now);
	ck_assert_uint_eq(share_due(channel), far / 1000);
	say(channel, REQ_SHARE, "\0\4\0\0", 4);	/* it is kept waiting, and ends */
	end_of(channel, control);
	ck_assert_uint_eq(tally_reserve(mon.tally, 0, 1024, 1, now), far);
}
END_TEST

START_TEST(one_that_asks_for_much_gets_a_few_pieces)
{
	const uint64_t now = loop_clock() * 1000;
	int control, channel = reach("slowest", &control);

	say(channel, REQ_SHARE, "\0\0\4\0", 4);	/* SHARE_MAX */
	(void)hear(channel, REQ_SHARE);
	ck_assert_uint_le(tally_reserve(mon.tally, 0, 1024, 1, now), loop_clock() * 1000 + SHARE_PIECES * UINT64_C(1000000));
	close(channel);
	close(control);
}
END_TEST

START_TEST(what_cannot_have_moved_is_not_counted_however_often_it_is_told)
{
	char totals[33] = { 0 };
	int control, channel = reach("pub", &control);
	uint64_t most;

	for (int i = 0; i < 200; i++) {
		memset(totals + 1, i % 2 == 0 ? 0x7f : 0, 32);
		say(channel, REQ_TOTALS, totals, sizeof totals);
	}
	end_of(channel, control);
	most = (loop_clock() - mon.accepted + 2000) << 24;
	ck_assert_uint_gt(tally_count(mon.tally, 0, TALLY_IN), 0);
	for (enum tally_counter c = TALLY_IN; c <= TALLY_FILE_BYTES; c++)
		ck_assert_uint_le(tally_count(mon.tally, 0, c), most);
}
END_TEST

START_TEST(long_lines_of_transfers_count_as_many)
{
	static char line[TRANSFER_LINE_MAX + 1];
	int control, channel = reach("logged", &control);
	const uint64_t began = loop_clock();

	memset(line, 'x', sizeof line);
	line[0] = LOG_TRANSFER;
	for (int i = 0; i < 3000; i++)		/* 51,000 lines: 1,000 beyond what is taken at once, at 5,000 a second */
		say(channel, REQ_LOG, line, sizeof line);
	say(channel, REQ_NAME, "u\0\0\0\0", 5);
	(void)hear(channel, REQ_NAME);
	ck_assert_uint_ge(loop_clock(), began + 190);
	close(channel);
	close(control);
}
END_TEST

START_TEST(a_name_of_two_lines_is_no_question_to_a_converter)
{
	int control, channel = reach("conv", &control);

	say(channel, REQ_STARTED, "", 0);
	say(channel, REQ_HOOK, "conv/", 5);
	ck_assert_int_eq(hear(channel, REQ_HOOK), VERDICT_YES);
	say(channel, REQ_ID, "ua\nb", 4);
	ck_assert_int_eq(hear(channel, REQ_ID), -1);
	say(channel, REQ_ID, "ub", 2);
	ck_assert_int_eq(hear(channel, REQ_ID), 7);
	close(channel);
	close(control);
}
END_TEST

static const char *const hooked[] = { "yes", "no", "hangs" };

START_TEST(a_hook_decides_what_a_session_may_ask)
{
	int control, channel = reach(hooked[_i], &control);

	say(channel, REQ_STARTED, "", 0);
	say(channel, REQ_ARGS, "a", 2);
	say(channel, REQ_ARGS, "b\0c", 4);
	if (_i == 2) {		/* the client goes */
		close(mon.peer);
		mon.peer = -1;
	}
	say(channel, REQ_HOOK, "yes/", 4);
	ck_assert_int_eq(hear(channel, REQ_HOOK), _i == 0 ? VERDICT_YES : VERDICT_NO);
	if (_i == 1)
		ck_assert_ptr_nonnull(memmem(buf_head(&mon.in), buf_len(&mon.in), "pre-xfer exec returned failure (768):\nwhy", 41));
	say(channel, REQ_LOG, "\006told", 5);
	say(channel, REQ_NAME, "u\0\0\0\0", 5);
	if (_i == 0)
		ck_assert_int_eq(hear(channel, REQ_NAME), 'r');
	else
		ck_assert(hung_up(channel));
	close(channel), close(control);
}
END_TEST

static const struct { uint8_t id; const char *bytes; size_t n; } before_a_hook[] = {
	{ REQ_NAME, "u\0\0\0\0", 5 }, { REQ_ID, "uroot", 5 }, { REQ_ARGS, "", 0 }, { REQ_ARGS, "a\0b", 3 }, { REQ_HOOK, "a\0b", 3 },
};

START_TEST(before_it_has_run_there_is_little)
{
	int control, channel = reach("yes", &control);

	say(channel, before_a_hook[_i].id, before_a_hook[_i].bytes, before_a_hook[_i].n);
	ck_assert(hung_up(channel));
	close(channel), close(control);
}
END_TEST

START_TEST(a_hook_is_told_so_many_arguments)
{
	static const char none[ARGS_MAX];
	int control, channel = reach("yes", &control);

	say(channel, REQ_ARGS, none, ARGS_MAX);
	say(channel, REQ_ARGS, none, 1);
	ck_assert(hung_up(channel));
	close(channel), close(control);
}
END_TEST

START_TEST(a_hook_runs_once)
{
	int control, channel = reach("yes", &control);

	say(channel, REQ_ARGS, "a\0b", 4);
	say(channel, REQ_HOOK, "yes/", 4);
	ck_assert_int_eq(hear(channel, REQ_HOOK), VERDICT_YES);
	say(channel, _i == 0 ? REQ_HOOK : REQ_ARGS, "yes", 4);
	ck_assert(hung_up(channel));
	close(channel), close(control);
}
END_TEST

/* A proxy's header as the worker tells of it: from 192.0.2.7. */
static void
say_origin(void)
{
	struct proxy_in p = { .known = true };

	addr_parse("192.0.2.7", 1, &p.from);
	ck_assert_int_eq(tell_origin(mon.worker, &p), 0);
}

START_TEST(who_comes_through_a_proxy_is_who_it_says)
{
	const uint64_t failed_five_times = 6;
	uint64_t began;

	mon.proxied = true;
	start();
	say(mon.worker, REQ_LOG, "\006told", 5);
	say_origin();
	ck_assert_int_eq(write(mon.count, &failed_five_times, sizeof failed_five_times), (ssize_t)sizeof failed_five_times);
	ck_assert_int_eq(ask_for("login"), VERDICT_LOGIN);
	began = loop_clock();
	say(mon.worker, REQ_LOGIN, "me x", 4);
	ck_assert_int_eq(hear(mon.worker, REQ_LOGIN), VERDICT_NO);
	ck_assert_uint_ge(loop_clock() - began, MONITOR_LOGIN_WAIT << MONITOR_LOGIN_WAIT_DOUBLED);
	ck_assert_uint_eq(lines_logged("from UNDETERMINED (192.0.2.7)"), 3);	/* connect, access, and the login that failed */
}
END_TEST

/* A name that came with no certificate is none that anybody should read. */
START_TEST(what_a_proxy_says_is_logged)
{
	struct proxy_in p = { .id = { .tls = true, .verified = _i > 1, .version = "TLSv1.3", .common_name = "jane" }, .has_cert = _i > 0, .authority = "a.org" };

	mon.proxied = true;
	start();
	ck_assert_int_eq(tell_origin(mon.worker, &p), 0);
	ck_assert_int_eq(ask_for("pub"), 0);
	ck_assert_uint_eq(lines_logged(_i == 0 ? "proxy: TLSv1.3, asked for a.org" :
	    _i == 1 ? "proxy: TLSv1.3, certificate jane, asked for a.org" : "proxy: TLSv1.3, verified certificate jane, asked for a.org"), 1);
}
END_TEST

/* A worker that lies about what it has read. */
static const struct identity unsound[] = {
	{ .tls = true, .key = "00" }, { .tls = true, .verified = true, .names = "dns:a\tb" }, { .tls = true, .verified = true, .issuer = "CN=a\nCN=b" },
	{ .tls = true, .verified = true, .common_name = "\377" }, { .verified = true },
};

START_TEST(an_identity_that_no_header_can_tell_is_none)
{
	struct proxy_in p = { .id = unsound[_i], .has_cert = true };

	mon.proxied = true;
	start();
	ck_assert_int_eq(tell_origin(mon.worker, &p), 0);
	ck_assert(hung_up(mon.worker));
}
END_TEST

START_TEST(it_says_so_first_and_once)
{
	mon.proxied = true;
	start();
	if (_i == 0) {
		say_origin();
		say_origin();
	} else {
		say(mon.worker, _i == 1 ? REQ_LIST : REQ_MODULE, "\0\0\0\0", 4);
	}
	ck_assert(hung_up(mon.worker));
}
END_TEST

START_TEST(a_session_starts_once)
{
	int control, channel = reach_session(&control);
	struct monitor_report told;
	struct standing standing;

	ck_assert_int_eq(read(mon.report, &told, sizeof told), (ssize_t)sizeof told);
	ck_assert_int_eq(told.pid, mon.pid);
	ck_assert_int_eq(told.what, MONITOR_STANDING);
	ck_assert_int_eq(read(mon.report, &standing, sizeof standing), (ssize_t)sizeof standing);
	ck_assert_str_eq(standing.module, "pub");
	ck_assert(!standing.writes);
	say(channel, REQ_STARTED, "", 0);
	ck_assert_int_eq(read(mon.report, &told, sizeof told), (ssize_t)sizeof told);
	ck_assert_int_eq(told.what, MONITOR_STARTED);
	say(channel, REQ_STARTED, "", 0);
	ck_assert(hung_up(channel));
	close(control);
}
END_TEST

START_TEST(names_have_a_bound)
{
	int control, channel = reach_session(&control), i;

	for (i = 0; i < 10000; i++) {
		say(channel, REQ_NAME, "u\376\377\377\0", 5);
		hear(channel, REQ_NAME);
	}
	say(channel, REQ_ID, "uroot", 5);
	ck_assert(hung_up(channel));
	close(control);
}
END_TEST

START_TEST(a_session_is_told_of_its_own_module_alone)
{
	int control, channel = reach_session(&control);
	struct boot b;
	struct cursor c = cur_of(buf_head(&mon.in), buf_len(&mon.in));

	ck_assert_int_eq(boot_get(&c, &b), 0);
	ck_assert_str_eq(b.grant.module, "pub");
	ck_assert(b.grant.conf.read_only);
	ck_assert_int_eq(b.id.jail, geteuid() == 0);
	ck_assert_ptr_null(memmem(buf_head(&mon.in), buf_len(&mon.in), "hidden", 6));
	ck_assert_ptr_null(memmem(buf_head(&mon.in), buf_len(&mon.in), "other", 5));
	close(channel), close(control);
}
END_TEST

START_TEST(a_deadline_ends_who_does_not_keep_it)
{
	teardown();
	scratch_make();
	start_with_deadline("reverse lookup = no\n[pub]\npath = /\n", 1);
	ck_assert(hung_up(mon.worker));		/* the grace is over: the worker should have left by itself */
	ck_assert_uint_eq(lines_logged("worker of"), 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/monitor");
	TCase *t = tcase_create("monitor"), *proxied = tcase_create("proxied");

	signal(SIGPIPE, SIG_IGN);
	tcase_set_timeout(proxied, 60);
	tcase_add_checked_fixture(proxied, scratch_make, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, what_a_worker_may_not_ask_ends_it, 0, (int)ARRAY_LEN(too_early));
	tcase_add_test(t, a_module_is_asked_for_once);
	tcase_add_test(t, a_granted_module_is_not_changed);
	tcase_add_test(t, a_module_with_users_wants_a_login);
	tcase_add_test(t, a_login_opens_the_module);
	tcase_add_loop_test(t, a_wrong_answer_ends_a_login, 0, (int)ARRAY_LEN(wrong));
	tcase_add_test(t, what_is_no_answer_is_a_wrong_one);
	tcase_add_test(t, a_list_is_one_list);
	tcase_add_test(t, log_lines_have_a_bound);
	tcase_add_test(t, a_worker_is_not_heard_once_the_session_runs);
	tcase_add_loop_test(t, what_a_session_may_not_ask_ends_it, 0, (int)ARRAY_LEN(not_a_session));
	tcase_add_test(t, who_asks_for_a_share_before_its_turn_waits_for_it);
	tcase_add_test(t, a_name_of_two_lines_is_no_question_to_a_converter);
	tcase_add_test(t, what_was_reserved_and_not_waited_for_is_for_others);
	tcase_add_test(t, one_that_asks_for_much_gets_a_few_pieces);
	tcase_add_test(t, what_cannot_have_moved_is_not_counted_however_often_it_is_told);
	tcase_add_test(t, long_lines_of_transfers_count_as_many);
	tcase_add_loop_test(t, what_is_no_admission_ends_a_worker, 0, (int)ARRAY_LEN(no_admission));
	tcase_add_test(t, a_session_starts_once);
	tcase_add_loop_test(t, a_hook_decides_what_a_session_may_ask, 0, (int)ARRAY_LEN(hooked));
	tcase_add_loop_test(t, before_it_has_run_there_is_little, 0, (int)ARRAY_LEN(before_a_hook));
	tcase_add_test(t, a_hook_is_told_so_many_arguments);
	tcase_add_loop_test(t, a_hook_runs_once, 0, 2);
	tcase_add_test(proxied, who_comes_through_a_proxy_is_who_it_says);
	tcase_add_loop_test(proxied, what_a_proxy_says_is_logged, 0, 3);
	tcase_add_loop_test(proxied, it_says_so_first_and_once, 0, 3);
	tcase_add_loop_test(proxied, an_identity_that_no_header_can_tell_is_none, 0, (int)ARRAY_LEN(unsound));
	tcase_add_test(t, names_have_a_bound);
	tcase_add_test(t, a_session_is_told_of_its_own_module_alone);
	tcase_add_test(t, a_deadline_ends_who_does_not_keep_it);
	suite_add_tcase(s, t);
	suite_add_tcase(s, proxied);
	return unit_main(s);
}

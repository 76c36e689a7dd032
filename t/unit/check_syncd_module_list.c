/* The list of modules as the listener answers it: the test is the worker. */
#include "syncd/module_list.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/slurp.h"
#include "syncd/privmsg.h"
#include "t/unit/scratch.h"
#include "t/unit/unit.h"

enum { MODULES = 2000 };	/* more than one piece */

static struct syncd_conf *conf;
static struct addr peer;
static uint32_t next;
static int channel[2];

static void
configure(const char *text)
{
	struct conf_err e;
	char path[128];

	conf_free(conf);
	scratch_file("conf", text);
	snprintf(path, sizeof path, "%s/conf", scratch);
	ck_assert_int_eq(conf_load(path, NULL, 0, NULL, NULL, &conf, &e), 0);
}

static void
begin(void)
{
	static char log_path[128];
	struct log_conf log = { .style = LOG_STYLE_RSYNCD, .ident = "t", .file = log_path, .file_mode = 0644, .level = LOG_INFO };

	scratch_make();
	snprintf(log_path, sizeof log_path, "%s/log", scratch);
	ck_assert_int_eq(log_setup(&log), 0);
	addr_parse("192.0.2.7", 4711, &peer);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, channel), 0);
	next = 0;
	configure("reverse lookup = no\n[pub]\npath = /tmp\ncomment = open\n[hidden]\npath = /tmp\nlist = no\n");
}

static void
end(void)
{
	close(channel[0]);
	close(channel[1]);
	conf_free(conf);
	conf = NULL;
	scratch_remove();
}

static int
serve(void)
{
	return module_list_serve(conf, channel[0], &peer, &next);
}

static void
ask(const char *bytes, size_t n)
{
	ck_assert_int_eq(send(channel[1], bytes, n, 0), (ssize_t)n);
}

static size_t
logged(const char *text)
{
	struct buf b = BUF_INIT;
	char path[128];
	size_t n = 0;

	snprintf(path, sizeof path, "%s/log", scratch);
	ck_assert_int_eq(slurp_trusted(path, 1 << 20, &b), 0);
	buf_u8(&b, 0);
	for (const char *at = (const char *)buf_head(&b); (at = strstr(at, text)) != NULL; at++)
		n++;
	buf_done(&b);
	return n;
}

START_TEST(a_worker_gets_what_is_listed)
{
	struct buf answer = BUF_INIT;
	uint8_t id;

	ask("\001\0\0\0\0", 5);
	ck_assert_int_eq(serve(), 1);
	ck_assert_int_eq(priv_recv(channel[1], &id, &answer), 0);
	ck_assert_int_eq(id, REQ_LIST);
	ck_assert_ptr_nonnull(memmem(buf_head(&answer), buf_len(&answer), "pub            \topen\n", 21));
	ck_assert_ptr_null(memmem(buf_head(&answer), buf_len(&answer), "hidden", 6));
	ck_assert_uint_eq(next, UINT32_MAX);
	ck_assert_uint_eq(logged("connect from UNDETERMINED (192.0.2.7)"), 1);
	ck_assert_uint_eq(logged("module-list request from UNDETERMINED (192.0.2.7)"), 1);
	buf_done(&answer);
}
END_TEST

START_TEST(a_long_list_comes_in_pieces)
{
	struct buf text = BUF_INIT, lines = BUF_INIT, request = BUF_INIT, answer = BUF_INIT;
	size_t n = 0, pieces = 0;

	buf_text(&text, "reverse lookup = no\npath = /tmp\n");
	for (int i = 0; i < MODULES; i++)
		buf_printf(&text, "[module-%d]\ncomment = some words that make it long\n", i);
	buf_u8(&text, 0);
	configure((const char *)buf_head(&text));
	for (uint32_t from = 0; from != UINT32_MAX; pieces++) {
		struct cursor c;
		uint8_t id;

		buf_clear(&request);
		buf_u8(&request, REQ_LIST);
		buf_le32(&request, from);
		ask((const char *)buf_head(&request), buf_len(&request));
		ck_assert_int_eq(serve(), 1);
		ck_assert_int_eq(priv_recv(channel[1], &id, &answer), 0);
		c = cur_of(buf_head(&answer), buf_len(&answer));
		from = cur_le32(&c);
		buf_put(&lines, c.at, cur_left(&c));
	}
	for (size_t i = 0; i < buf_len(&lines); i++)
		n += buf_head(&lines)[i] == '\n';
	ck_assert_uint_eq(n, MODULES);
	ck_assert_uint_gt(pieces, 1);
	ck_assert_uint_eq(logged("module-list request"), 1);
	buf_done(&text), buf_done(&lines), buf_done(&request), buf_done(&answer);
}
END_TEST

/* What is a monitor's to answer stays where it is. */
static const struct {
	const char *conf, *bytes;
	size_t n;
} others[] = {
	{ NULL, "\000\004mark", 6 },				/* a log line, as long as it may be mistaken for */
	{ NULL, "\000\004mar", 5 },
	{ NULL, "\001\0\0\0", 4 },				/* a torn request, */
	{ NULL, "\001\0\0\0\0\0", 6 },				/* and one that is too long: the monitor ends who says it */
	{ NULL, "\002\037\0\0pub", 7 },				/* a module */
	{ "[pub]\npath = /tmp\n", "\001\0\0\0\0", 5 },		/* names are looked up unless they are switched off, */
	{ "reverse lookup = no\n[pub]\npath = /tmp\nreverse lookup = yes\n", "\001\0\0\0\0", 5 },
	{ "daemon uid = nobody\nreverse lookup = no\n[pub]\npath = /tmp\n", "\001\0\0\0\0", 5 },	/* and rights given up first */
	{ "daemon gid = nogroup\nreverse lookup = no\n[pub]\npath = /tmp\n", "\001\0\0\0\0", 5 },
	{ "daemon chroot = /tmp\nreverse lookup = no\n[pub]\npath = /tmp\n", "\001\0\0\0\0", 5 },
};

START_TEST(what_is_no_list_is_left)
{
	char got[16];

	if (others[_i].conf != NULL)
		configure(others[_i].conf);
	ask(others[_i].bytes, others[_i].n);
	ck_assert_int_eq(serve(), 0);
	ck_assert_int_eq(recv(channel[0], got, sizeof got, MSG_DONTWAIT), (ssize_t)others[_i].n);
	ck_assert_uint_eq(logged("connect from"), 0);
}
END_TEST

START_TEST(one_list_is_all)
{
	ask("\001\0\0\0\0", 5);
	ck_assert_int_eq(serve(), 1);
	ask("\001\0\0\0\0", 5);
	ck_assert_int_eq(serve(), E_BREACH);
}
END_TEST

START_TEST(a_piece_out_of_turn_is_a_breach)
{
	ask("\001\001\0\0\0", 5);
	ck_assert_int_eq(serve(), E_BREACH);
	ck_assert_uint_eq(logged("module-list request"), 0);
}
END_TEST

START_TEST(nothing_is_waited_for)
{
	ck_assert_int_eq(serve(), -EAGAIN);
	shutdown(channel[1], SHUT_WR);
	ck_assert_int_eq(serve(), E_EOF);
}
END_TEST

/* A worker that does not read what it asked for cannot stop the daemon. */
START_TEST(who_does_not_read_is_ended)
{
	const char filler[4096] = { 0 };
	int r;

	while (send(channel[0], filler, sizeof filler, MSG_DONTWAIT) > 0)
		continue;
	ask("\001\0\0\0\0", 5);
	r = serve();
	ck_assert_msg(r == -EAGAIN, "%d", r);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/module_list");
	TCase *c = tcase_create("module list");

	tcase_add_checked_fixture(c, begin, end);
	tcase_add_test(c, a_worker_gets_what_is_listed);
	tcase_add_test(c, a_long_list_comes_in_pieces);
	tcase_add_loop_test(c, what_is_no_list_is_left, 0, (int)(sizeof others / sizeof others[0]));
	tcase_add_test(c, one_list_is_all);
	tcase_add_test(c, a_piece_out_of_turn_is_a_breach);
	tcase_add_test(c, nothing_is_waited_for);
	tcase_add_test(c, who_does_not_read_is_ended);
	suite_add_tcase(s, c);
	return unit_main(s);
}

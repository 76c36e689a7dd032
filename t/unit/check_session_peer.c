#include "syncd/session/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"
#include "t/unit/unit.h"

static struct peer p;
static int other, file;

/* A file of ten bytes. */
static void
setup(void)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	peer_init(&p, fds[0]);
	peer_frame_output(&p);
	other = fds[1];
	file = memfd_create("file", 0);
	ck_assert_int_eq(write(file, "0123456789", 10), 10);
}

static void
teardown(void)
{
	peer_done(&p);
	close(p.fd);
	close(other);
	close(file);
}

/* The other end gets one frame of these bytes. */
static void
gets(const char *bytes, size_t n)
{
	char got[64];

	ck_assert_int_eq(read(other, got, sizeof got), (ssize_t)(MUX_HEAD_SIZE + n));
	ck_assert(memcmp(got + MUX_HEAD_SIZE, bytes, n) == 0);
}

START_TEST(a_piece_of_a_file_follows_what_was_put)
{
	buf_put(peer_out(&p), "ab", 2);
	peer_put_file(&p, file, 2, 5);
	ck_assert_int_eq(peer_flush(&p), 0);
	gets("ab23456", 7);
	ck_assert(!p.file_short);
}
END_TEST

START_TEST(a_file_that_ends_early_is_filled_up_with_zeros)
{
	peer_put_file(&p, file, 6, 8);
	ck_assert_int_eq(peer_flush(&p), 0);
	gets("6789\0\0\0\0", 8);
	ck_assert(p.file_short);
}
END_TEST

static int
unreadable(int what)
{
	char name[64];

	snprintf(name, sizeof name, "/proc/self/fd/%d", file);
	return what == 0 ? open(name, O_WRONLY | O_CLOEXEC) : what == 1 ? open("/", O_RDONLY | O_CLOEXEC) : open("/", O_PATH | O_CLOEXEC);
}

START_TEST(a_file_that_cannot_be_read_breaks_itself_alone)
{
	int fd = unreadable(_i);

	ck_assert_int_ge(fd, 0);
	peer_put_file(&p, fd, 0, 4);
	ck_assert_int_eq(peer_flush(&p), 0);
	gets("\0\0\0\0", 4);
	ck_assert(p.file_short);
	peer_put_file(&p, file, 0, 3);		/* and the next is whole */
	ck_assert_int_eq(peer_flush(&p), 0);
	gets("012", 3);
	ck_assert(!p.file_short);
	close(fd);
}
END_TEST

START_TEST(a_broken_connection_is_no_broken_file)
{
	close(other);
	other = -1;
	peer_out(&p);
	peer_put_file(&p, file, 0, 4);
	ck_assert_int_eq(peer_flush(&p), -EPIPE);
	buf_clear(&p.out);
	ck_assert_int_eq(peer_flush(&p), -EPIPE);
	ck_assert(!p.file_short);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/session/peer");
	TCase *t = tcase_create("peer");

	signal(SIGPIPE, SIG_IGN);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_piece_of_a_file_follows_what_was_put);
	tcase_add_test(t, a_file_that_ends_early_is_filled_up_with_zeros);
	tcase_add_loop_test(t, a_file_that_cannot_be_read_breaks_itself_alone, 0, 3);
	tcase_add_test(t, a_broken_connection_is_no_broken_file);
	suite_add_tcase(s, t);
	return unit_main(s);
}

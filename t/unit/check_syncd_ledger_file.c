/* The ledger's file: wherever a write is cut, by a full disk or a crash, what follows is a whole ledger, and says so. */
#include "syncd/ledger_file.h"

#include <errno.h>

#include "deploy/ledger/audit.h"
#include "lib/err.h"
#include "lib/slurp.h"
#include "t/unit/scratch.h"
#include "t/unit/unit.h"

enum { ENDLESS = -1, LOGIN_SIZE = 160 };

static char path[128];
static long room = ENDLESS;		/* bytes that the disk still takes */
static struct audit a;

ssize_t __real_write(int fd, const void *bytes, size_t n);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);

ssize_t
__wrap_write(int fd, const void *bytes, size_t n)
{
	if (room == ENDLESS || fd <= STDERR_FILENO)
		return __real_write(fd, bytes, n);
	if (room == 0) {
		errno = ENOSPC;
		return -1;
	}
	if ((long)n > room)
		n = (size_t)room;
	room -= (long)n;
	return __real_write(fd, bytes, n);
}

static void
setup(void)
{
	scratch_make();
	snprintf(path, sizeof path, "%s/ledger", scratch);
	room = ENDLESS;
}

static void
teardown(void)
{
	room = ENDLESS;
	scratch_remove();
}

static void
note(void *arg, bool fault, const char *name, uint64_t line, const char *text)
{
	(void)arg, (void)fault, (void)name, (void)line, (void)text;
}

static void
audit(const struct ledger_chain *last)
{
	struct buf bytes = BUF_INIT;

	audit_init(&a, NULL, last, note, NULL);
	audit_file(&a, "f");
	ck_assert_int_eq(slurp_trusted(path, 1 << 20, &bytes), 0);
	audit_bytes(&a, buf_head(&bytes), buf_len(&bytes));
	audit_file_end(&a);
	ck_assert_int_eq(audit_done(&a), 0);
	buf_done(&bytes);
}

static int
add(struct ledger_file *f)
{
	return ledger_file_add(f, ", \"event\": \"login\", \"user\": \"alice\"");
}

START_TEST(a_disk_that_is_full_at_any_byte_is_gone_on_from)
{
	for (long n = 0; n < 3 * LOGIN_SIZE; n++) {
		struct ledger_file f;
		unsigned wrong = 0;

		unlink(path);
		ck_assert_int_eq(ledger_file_open(path, &f), 0);
		room = n;
		for (int i = 0; i < 4; i++)
			wrong += add(&f) != 0;
		ck_assert_uint_gt(wrong, 0);
		room = 7;		/* and full once more, while that is named */
		ck_assert_int_ne(add(&f), 0);
		room = ENDLESS;
		ck_assert_int_eq(add(&f), 0);
		ck_assert_int_eq(add(&f), 0);
		audit(&f.chain);
		ck_assert_msg(a.faults == 0, "after %ld bytes", n);
		ck_assert_uint_le(a.cuts, 1);
		ledger_file_close(&f);
	}
}
END_TEST

START_TEST(a_crash_at_any_byte_is_named_by_the_next_start)
{
	struct buf bytes = BUF_INIT;
	struct ledger_file f;

	ck_assert_int_eq(ledger_file_open(path, &f), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(add(&f), 0);
	ledger_file_close(&f);
	ck_assert_int_eq(slurp_trusted(path, 1 << 20, &bytes), 0);
	for (size_t n = 0; n <= buf_len(&bytes); n++) {
		int fd = open(path, O_WRONLY | O_TRUNC);

		ck_assert_int_eq(write(fd, buf_head(&bytes), n), (ssize_t)n);
		close(fd);
		ck_assert_int_eq(ledger_file_open(path, &f), 0);
		ck_assert(!f.strange);
		ck_assert_int_eq(add(&f), 0);
		audit(&f.chain);
		ck_assert_msg(a.faults == 0, "after %zu bytes", n);
		ck_assert_uint_eq(a.cuts, n > 0 && buf_head(&bytes)[n - 1] != '\n' && buf_head(&bytes)[n] != '\n');
		ledger_file_close(&f);
	}
	buf_done(&bytes);
}
END_TEST

START_TEST(a_file_has_one_writer_and_is_a_ledger)
{
	struct ledger_file f, g;
	FILE *other;

	ck_assert_int_eq(ledger_file_open(path, &f), 0);
	ck_assert_int_eq(add(&f), 0);
	ck_assert_int_eq(ledger_file_open(path, &g), -EWOULDBLOCK);
	ledger_file_close(&f);
	unlink(path);
	other = fopen(path, "w");
	ck_assert_ptr_nonnull(other);
	fputs("a log\n", other);
	fclose(other);
	ck_assert_int_eq(ledger_file_open(path, &f), E_FORMAT);
}
END_TEST

START_TEST(entries_that_were_changed_are_noticed_at_the_start)
{
	struct ledger_file f;
	int fd;

	ck_assert_int_eq(ledger_file_open(path, &f), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(add(&f), 0);
	ledger_file_close(&f);
	fd = open(path, O_WRONLY);
	ck_assert_int_eq(pwrite(fd, "2019", 4, lseek(fd, 0, SEEK_END) - 150), 4);
	close(fd);
	ck_assert_int_eq(ledger_file_open(path, &f), 0);
	ck_assert(f.strange || buf_len(&f.torn) > 0);
	ledger_file_close(&f);
}
END_TEST

START_TEST(what_is_there_after_a_rotation_goes_on)
{
	char moved[160];
	struct ledger_file f;

	snprintf(moved, sizeof moved, "%s.1", path);
	ck_assert_int_eq(ledger_file_open(path, &f), 0);
	ck_assert_int_eq(add(&f), 0);
	ck_assert_int_eq(rename(path, moved), 0);
	ck_assert_int_eq(ledger_file_reopen(&f), 0);
	ck_assert_int_eq(add(&f), 0);
	ck_assert_uint_eq(f.chain.seq, 4);
	audit(&f.chain);
	ck_assert_uint_eq(a.faults, 0);
	ck_assert_uint_eq(a.all.n, 2);
	ck_assert_int_eq(ledger_file_reopen(&f), 0);	/* the same one */
	ck_assert_int_eq(add(&f), 0);
	ck_assert_uint_eq(f.chain.seq, 5);
	ledger_file_close(&f);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/ledger_file");
	TCase *tc = tcase_create("file");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_disk_that_is_full_at_any_byte_is_gone_on_from);
	tcase_add_test(tc, a_crash_at_any_byte_is_named_by_the_next_start);
	tcase_add_test(tc, a_file_has_one_writer_and_is_a_ledger);
	tcase_add_test(tc, entries_that_were_changed_are_noticed_at_the_start);
	tcase_add_test(tc, what_is_there_after_a_rotation_goes_on);
	suite_add_tcase(s, tc);
	return unit_main(s);
}

#include "syncd/push/file_write.h"

#include <errno.h>
#include <sys/resource.h>
#include <signal.h>

#include "lib/err.h"
#include "syncd/delta/strong.h"
#include "syncd/types.h"
#include "t/unit/scratch.h"
#include "t/unit/unit.h"

enum { BASIS = 3 * FILE_WRITE_BUFFER + 1234, MOST = 4 << 20, BLOCK = 700 };

static struct file_write out = FILE_WRITE_INIT;
static struct strong *sum;
static uint8_t basis[BASIS], want[MOST], data[MOST], got[MOST];
static int basis_fd, fd;

static void
setup(void)
{
	scratch_make();
	srand(4711);
	for (size_t i = 0; i < BASIS; i++)
		basis[i] = (uint8_t)rand();
	for (size_t i = 0; i < MOST; i++)
		data[i] = i / 5000 % 3 == 0 ? 0 : (uint8_t)rand();
	basis_fd = openat(scratch_fd, "basis", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	fd = openat(scratch_fd, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(pwrite(basis_fd, basis, BASIS, 0), BASIS);
	ck_assert_int_eq(strong_new(SUM_MD5, 0, 0, &sum), 0);
}

static void
teardown(void)
{
	file_write_done(&out);
	strong_free(sum);
	close(fd);
	close(basis_fd);
	scratch_remove();
}

/* The file and the sum are those of want[0..n). */
static void
check_whole(size_t n, int file)
{
	uint8_t ours[DIGEST_MAX], theirs[DIGEST_MAX];
	struct stat st;

	strong_final(sum, ours);
	strong_update(sum, want, n);
	strong_final(sum, theirs);
	ck_assert_mem_eq(ours, theirs, 16);
	if (file < 0)
		return;
	ck_assert_int_eq(fstat(file, &st), 0);
	ck_assert_int_eq(st.st_size, (off_t)n);
	ck_assert_int_eq(pread(file, got, MOST, 0), (ssize_t)n);
	ck_assert(memcmp(got, want, n) == 0);
	ck_assert_int_le(st.st_blocks * 512, (off_t)n + 65536);
}

static size_t
put(size_t at, size_t n)
{
	memcpy(want + at, data + at, n);
	ck_assert_int_eq(file_write_put(&out, data + at, n), 0);
	return n;
}

static size_t
copy(size_t at, size_t from, size_t n)
{
	memcpy(want + at, basis + from, n);
	ck_assert_int_eq(file_write_copy(&out, (int64_t)from, n), 0);
	return n;
}

/* Data and runs of blocks of many lengths. */
static size_t
mix(unsigned seed)
{
	size_t at = 0;

	srand(seed);
	while (at < MOST - FILE_WRITE_BUFFER - 65536) {
		size_t first = (size_t)rand() % (BASIS / BLOCK - 800), n = (size_t)rand() % (rand() % 8 == 0 ? FILE_WRITE_BUFFER : 9000);

		at += put(at, n);
		for (int i = rand() % 5 == 0 ? 700 : rand() % 5; i > 0; i--)
			at += copy(at, first++ * BLOCK, BLOCK);
	}
	return at;
}

static const struct file_write_way ways[] = {
	{ .size = 0 }, { .size = MOST }, { .size = MOST / 2 }, { .size = INT64_MAX }, { .size = MOST, .sparse = true },
	{ .size = MOST, .preallocate = true }, { .size = 16 * MOST, .preallocate = true },
};

START_TEST(a_new_file)
{
	size_t n;

	file_write_begin(&out, fd, basis_fd, sum, &ways[_i]);
	n = mix(1 + (unsigned)_i);
	ck_assert_int_eq(file_write_end(&out), 0);
	ck_assert_int_eq(out.err, 0);
	check_whole(n, fd);
}
END_TEST

START_TEST(nothing_is_kept_of_a_file_that_is_not_wanted)
{
	size_t n;

	file_write_begin(&out, -1, basis_fd, sum, &ways[1]);
	n = mix(9);
	ck_assert_int_eq(file_write_end(&out), 0);
	check_whole(n, -1);
}
END_TEST

START_TEST(room_that_a_listed_size_took_is_given_back)
{
	file_write_begin(&out, fd, -1, sum, &(struct file_write_way){ .size = 1 << 30 });
	ck_assert_int_eq(file_write_end(&out), 0);
	check_whole(0, fd);
	file_write_begin(&out, fd, -1, sum, &(struct file_write_way){ .size = 1 << 30 });
	put(0, FILE_WRITE_BUFFER + 5);
	ck_assert_int_eq(file_write_end(&out), 0);
	check_whole(FILE_WRITE_BUFFER + 5, fd);
}
END_TEST

START_TEST(blocks_of_the_file_itself_stay)
{
	size_t at = 0;

	file_write_begin(&out, basis_fd, basis_fd, sum, &(struct file_write_way){ .size = BASIS, .in_place = true, .own_basis = true });
	memcpy(want, basis, BASIS);
	for (int i = 0; i < 100; i++)
		at += copy(at, at, BLOCK);
	at += put(at, 2 * BLOCK);		/* changed */
	at += copy(at, at, BLOCK);
	at += copy(at, at + 5 * BLOCK, BLOCK);	/* from farther on */
	while (at + 40000 < BASIS)
		at += copy(at, at + 30000, 1000);
	at += put(at, 1);
	ck_assert_int_eq(file_write_end(&out), 0);
	check_whole(at, basis_fd);
}
END_TEST

START_TEST(blocks_of_another_file_are_written_in_place)
{
	size_t at = 0;

	file_write_begin(&out, fd, basis_fd, sum, &(struct file_write_way){ .size = BASIS, .in_place = true });
	while (at + BLOCK < BASIS)
		at += copy(at, at, BLOCK);
	ck_assert_int_eq(file_write_end(&out), 0);
	check_whole(at, fd);
}
END_TEST

START_TEST(what_is_there_is_appended_to)
{
	const struct file_write_way way = { .size = MOST, .in_place = true, .own_basis = true, .from = _i == 0 ? 0 : BASIS };
	size_t at = BASIS;

	file_write_begin(&out, basis_fd, _i == 0 ? basis_fd : -1, sum, &way);
	memcpy(want, basis, BASIS);
	if (_i == 0)		/* verified */
		ck_assert_int_eq(file_write_copy(&out, 0, BASIS), 0);
	else
		strong_update(sum, basis, BASIS);
	at += put(at, FILE_WRITE_BUFFER + 77);
	ck_assert_int_eq(file_write_end(&out), 0);
	check_whole(at, basis_fd);
}
END_TEST

START_TEST(a_basis_that_is_gone_reads_as_zeros)
{
	file_write_begin(&out, fd, -1, sum, &ways[0]);
	ck_assert_int_eq(file_write_copy(&out, 5, 10000), 0);
	ck_assert_int_eq(file_write_end(&out), 0);
	memset(want, 0, 10000);
	check_whole(10000, fd);
	file_write_begin(&out, fd, basis_fd, sum, &ways[0]);
	ck_assert_int_eq(file_write_copy(&out, BASIS - 10, 20), 0);
	ck_assert_int_eq(file_write_end(&out), 0);
	memcpy(want, basis + BASIS - 10, 10);
	memset(want + 10, 0, 10);
	ck_assert_int_eq(ftruncate(fd, 20), 0);
	check_whole(20, fd);
}
END_TEST

START_TEST(no_file_is_longer_than_any)
{
	file_write_begin(&out, -1, -1, sum, &(struct file_write_way){ .from = INT64_MAX - 10 });
	ck_assert_int_eq(file_write_put(&out, data, 11), E_LIMIT);
	ck_assert_int_eq(file_write_copy(&out, 0, 11), E_LIMIT);
	ck_assert_int_eq(file_write_copy(&out, 0, 6), 0);
	ck_assert_int_eq(file_write_copy(&out, 6, 6), E_LIMIT);
	ck_assert_int_eq(file_write_put(&out, data, 4), 0);
}
END_TEST

START_TEST(the_first_error_of_writing_is_kept)
{
	const struct rlimit small = { FILE_WRITE_BUFFER, FILE_WRITE_BUFFER };

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	file_write_begin(&out, fd, -1, sum, &ways[1 + _i]);
	put(0, FILE_WRITE_BUFFER);
	ck_assert_int_eq(out.err, 0);
	put(FILE_WRITE_BUFFER, 2 * FILE_WRITE_BUFFER);
	ck_assert_int_eq(file_write_end(&out), 0);
	ck_assert_int_eq(out.err, -EFBIG);
	check_whole(3 * FILE_WRITE_BUFFER, -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/push/file_write");
	TCase *t = tcase_create("output");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_new_file, 0, ARRAY_LEN(ways));
	tcase_add_test(t, nothing_is_kept_of_a_file_that_is_not_wanted);
	tcase_add_test(t, room_that_a_listed_size_took_is_given_back);
	tcase_add_test(t, blocks_of_the_file_itself_stay);
	tcase_add_test(t, blocks_of_another_file_are_written_in_place);
	tcase_add_loop_test(t, what_is_there_is_appended_to, 0, 2);
	tcase_add_test(t, a_basis_that_is_gone_reads_as_zeros);
	tcase_add_test(t, no_file_is_longer_than_any);
	tcase_add_loop_test(t, the_first_error_of_writing_is_kept, 0, 2);
	suite_add_tcase(s, t);
	return unit_main(s);
}

/* Sums that are kept between sessions: what is found again, what never is, and a file of them that somebody has spoilt. */
#include "syncd/fs/sum_cache.h"

#include <linux/magic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <time.h>

#include "t/unit/scratch.h"
#include "t/unit/unit.h"

enum { SIZE = 4 * 4096, N = 16 };

static int cache_fd, file_fd;
static struct sum_cache cache;
static struct stat st;
static const uint8_t sum[SUM_CACHE_MAX] = "a sum of some file";

static void
begin(void)
{
	scratch_make();
	scratch_file("cache", "");
	scratch_file("file", "text");
	cache_fd = openat(scratch_fd, "cache", O_RDWR);
	file_fd = openat(scratch_fd, "file", O_RDWR);
	ck_assert_int_eq(ftruncate(cache_fd, SIZE), 0);
	ck_assert_int_eq(fstat(file_fd, &st), 0);
	sum_cache_init(&cache, cache_fd);
}

static void
end(void)
{
	close(cache_fd);
	close(file_fd);
	scratch_remove();
}

static bool
known(unsigned alg, const struct stat *of)
{
	uint8_t got[64] = { 0 };

	return sum_cache_get(&cache, alg, N, of, got) && memcmp(got, sum, N) == 0;
}

START_TEST(what_was_put_is_found)
{
	ck_assert(!known(1, &st));
	sum_cache_put(&cache, 1, N, file_fd, &st, sum);
	ck_assert(known(1, &st));
	ck_assert(!known(2, &st));
}
END_TEST

/* Each of what a sum is the sum of. */
START_TEST(another_state_of_a_file_is_another_file)
{
	struct stat other[7];

	sum_cache_put(&cache, 1, N, file_fd, &st, sum);
	for (size_t i = 0; i < 7; i++)
		other[i] = st;
	other[0].st_dev++, other[1].st_ino++, other[2].st_size++, other[3].st_mtim.tv_sec++, other[4].st_mtim.tv_nsec++;
	other[5].st_ctim.tv_sec--, other[6].st_ctim.tv_nsec--;
	for (size_t i = 0; i < 7; i++)
		ck_assert_msg(!known(1, &other[i]), "%zu", i);
	ck_assert(known(1, &st));
}
END_TEST

START_TEST(what_changed_while_it_was_read_is_not_kept)
{
	ck_assert_int_eq(pwrite(file_fd, "TEXT", 4, 0), 4);
	st.st_ctim.tv_nsec ^= 1;
	sum_cache_put(&cache, 1, N, file_fd, &st, sum);
	ck_assert(!known(1, &st));
	ck_assert_int_eq(fstat(file_fd, &st), 0);
	ck_assert(!known(1, &st));
}
END_TEST

static int
records(void)
{
	uint8_t all[SIZE];
	int n = 0;

	ck_assert_int_eq(pread(cache_fd, all, SIZE, 0), SIZE);
	for (size_t set = 0; set < SIZE; set += 4096)
		for (size_t at = 0; at + 80 <= 4096; at += 80)
			n += all[set + at + 72] != 0 || all[set + at + 73] != 0;	/* its own sum */
	return n;
}

START_TEST(the_last_state_of_a_file_takes_the_place_of_the_one_before)
{
	sum_cache_put(&cache, 1, N, file_fd, &st, sum);
	ck_assert_int_eq(futimens(file_fd, (const struct timespec[2]){ { 1, 2 }, { 3, 4 } }), 0);
	ck_assert(known(1, &st));
	ck_assert_int_eq(fstat(file_fd, &st), 0);
	ck_assert(!known(1, &st));
	sum_cache_put(&cache, 1, N, file_fd, &st, sum);
	ck_assert(known(1, &st));
	ck_assert_int_eq(records(), 1);
	sum_cache_put(&cache, 2, N, file_fd, &st, sum);
	ck_assert_int_eq(records(), 2);
}
END_TEST

/* More files than there is room for: the file stays as large as it is, and the last is there. */
START_TEST(it_never_grows)
{
	for (int i = 0; i < 2000; i++) {
		char name[16];
		struct stat s;
		int fd;

		snprintf(name, sizeof name, "f%d", i);
		scratch_file(name, "");
		fd = openat(scratch_fd, name, O_RDONLY);
		ck_assert_int_eq(fstat(fd, &s), 0);
		sum_cache_put(&cache, 1, N, fd, &s, sum);
		ck_assert(known(1, &s));
		close(fd);
	}
	ck_assert_int_eq(fstat(cache_fd, &st), 0);
	ck_assert_int_eq(st.st_size, SIZE);
}
END_TEST

/* Any byte of the record that is not what it was, or a file cut short. */
START_TEST(what_is_spoilt_is_not_believed)
{
	uint8_t all[SIZE], got[64];

	sum_cache_put(&cache, 1, N, file_fd, &st, sum);
	ck_assert_int_eq(pread(cache_fd, all, SIZE, 0), SIZE);
	for (size_t i = 0; i < SIZE; i++) {
		uint8_t wrong = all[i] ^ 0x40;

		if (all[i] == 0)
			continue;
		ck_assert_int_eq(pwrite(cache_fd, &wrong, 1, (off_t)i), 1);
		ck_assert_msg(!sum_cache_get(&cache, 1, N, &st, got), "byte %zu", i);
		ck_assert_int_eq(pwrite(cache_fd, &all[i], 1, (off_t)i), 1);
	}
	ck_assert(known(1, &st));
	ck_assert_int_eq(ftruncate(cache_fd, 0), 0);
	ck_assert(!known(1, &st));
}
END_TEST

START_TEST(sums_that_are_too_long_and_files_that_are_none)
{
	uint8_t got[64];

	sum_cache_put(&cache, 1, SUM_CACHE_MAX + 1, file_fd, &st, sum);
	ck_assert(!sum_cache_get(&cache, 1, SUM_CACHE_MAX + 1, &st, got));
	ck_assert_int_eq(ftruncate(cache_fd, 100), 0);
	sum_cache_init(&cache, cache_fd);
	ck_assert_int_eq(cache.fd, -1);
	sum_cache_init(&cache, -1);
	sum_cache_put(&cache, 1, N, file_fd, &st, sum);
	ck_assert(!known(1, &st));
	ck_assert(!sum_cache_settle(&cache, file_fd, &st));
}
END_TEST

START_TEST(what_was_changed_just_now_is_not_settled)
{
	ck_assert(!sum_cache_settle(&cache, file_fd, &st));
	st.st_ctim.tv_sec -= SUM_CACHE_SETTLED + 60;	/* what it was is not asked, but what it is */
	ck_assert(!sum_cache_settle(&cache, file_fd, &st));
}
END_TEST

/* A page that is mapped and dirty is written to without any note.  Once a file is settled, the next byte is noted. */
START_TEST(a_mapping_that_is_there_is_noted_again)
{
	struct statfs fs;
	struct stat now;
	char *p = mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, file_fd, 0);

	ck_assert_ptr_ne(p, MAP_FAILED);
	cache.settled = -1;
	p[0] = 'a';
	ck_assert_int_eq(fstat(file_fd, &st), 0);
	if (fstatfs(file_fd, &fs) == 0 && fs.f_type != EXT4_SUPER_MAGIC) {	/* where it is not known to be so, nothing is kept */
		munmap(p, 4);
		return;
	}
	ck_assert(sum_cache_settle(&cache, file_fd, &st));
	nanosleep(&(struct timespec){ 0, 30000000 }, NULL);
	p[1] = 'b';
	ck_assert_int_eq(fstat(file_fd, &now), 0);
	ck_assert(now.st_ctim.tv_sec != st.st_ctim.tv_sec || now.st_ctim.tv_nsec != st.st_ctim.tv_nsec);
	sum_cache_put(&cache, 1, N, file_fd, &st, sum);
	ck_assert(!known(1, &st) && !known(1, &now));
	munmap(p, 4);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("fs/sum_cache");
	TCase *c = tcase_create("sum cache");

	tcase_add_checked_fixture(c, begin, end);
	tcase_add_test(c, what_was_put_is_found);
	tcase_add_test(c, another_state_of_a_file_is_another_file);
	tcase_add_test(c, what_changed_while_it_was_read_is_not_kept);
	tcase_add_test(c, the_last_state_of_a_file_takes_the_place_of_the_one_before);
	tcase_add_test(c, it_never_grows);
	tcase_add_test(c, what_is_spoilt_is_not_believed);
	tcase_add_test(c, sums_that_are_too_long_and_files_that_are_none);
	tcase_add_test(c, what_was_changed_just_now_is_not_settled);
	tcase_add_test(c, a_mapping_that_is_there_is_noted_again);
	suite_add_tcase(s, c);
	return unit_main(s);
}

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "t/unit/unit.h"
#include "tunnel/tls/session_store.h"

enum { SOON = 1000 };

static const unsigned char keys[][SESSION_STORE_KEY] = { { 1, 'a' }, { 1, 'b' }, { 2, 'c' } };

static struct session_store *
made(int *ret_fd)
{
	struct session_store *s;
	int fd = session_store_fd();

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(session_store_map(fd, &s), 0);
	if (ret_fd != NULL)
		*ret_fd = fd;
	else
		close(fd);
	return s;
}

static void
put(struct session_store *s, int key, const char *text, int once)
{
	session_store_put(s, keys[key], (const uint8_t *)text, strlen(text), once, (int64_t)time(NULL) + SOON);
}

static const char *
take(struct session_store *s, int key)
{
	static uint8_t bytes[SESSION_STORE_BYTES + 1];

	bytes[session_store_take(s, keys[key], bytes)] = '\0';
	return (const char *)bytes;
}

START_TEST(one_for_one_use_is_taken_once_and_by_its_key_alone)
{
	struct session_store *s = made(NULL);

	put(s, 0, "one", 1);
	ck_assert_str_eq(take(s, 1), "");	/* of the same bucket */
	ck_assert_str_eq(take(s, 2), "");
	ck_assert_str_eq(take(s, 0), "one");
	ck_assert_str_eq(take(s, 0), "");
	session_store_unmap(s);
}
END_TEST

START_TEST(one_for_many_uses_stays_and_is_replaced)
{
	struct session_store *s = made(NULL);

	put(s, 0, "one", 0);
	put(s, 0, "two", 0);
	ck_assert_str_eq(take(s, 0), "two");
	ck_assert_str_eq(take(s, 0), "two");
	session_store_forget(s, keys[0]);
	ck_assert_str_eq(take(s, 0), "");
	session_store_unmap(s);
}
END_TEST

START_TEST(the_newest_goes_first_and_one_server_does_not_push_out_others)
{
	struct session_store *s = made(NULL);
	char text[] = "0";

	put(s, 1, "other", 1);
	for (int i = 0; i < 3 * SESSION_STORE_WAYS; i++) {
		text[0] = (char)('0' + i);
		put(s, 0, text, 1);
	}
	for (int i = 3 * SESSION_STORE_WAYS - 1, n = 0; n < SESSION_STORE_EACH; i--, n++) {
		text[0] = (char)('0' + i);
		ck_assert_str_eq(take(s, 0), text);
	}
	ck_assert_str_eq(take(s, 0), "");
	ck_assert_str_eq(take(s, 1), "other");
	session_store_unmap(s);
}
END_TEST

START_TEST(what_is_over_or_too_large_is_not_there)
{
	static uint8_t large[SESSION_STORE_BYTES + 1];
	struct session_store *s = made(NULL);

	session_store_put(s, keys[0], (const uint8_t *)"old", 3, 1, (int64_t)time(NULL));
	ck_assert_str_eq(take(s, 0), "");
	session_store_put(s, keys[0], large, sizeof large, 1, (int64_t)time(NULL) + SOON);
	ck_assert_uint_eq(session_store_take(s, keys[0], large), 0);
	memset(large, 'x', sizeof large);
	session_store_put(s, keys[0], large, sizeof large - 1, 1, (int64_t)time(NULL) + SOON);
	ck_assert_uint_eq(session_store_take(s, keys[0], large), sizeof large - 1);
	session_store_unmap(s);
}
END_TEST

START_TEST(all_who_map_it_share_it_and_nobody_can_cut_it)
{
	int fd, status;
	struct session_store *s = made(&fd), *other;
	struct stat st;

	ck_assert_int_eq(session_store_map(fd, &other), 0);
	put(s, 0, "one", 1);
	ck_assert_str_eq(take(other, 0), "one");
	ck_assert_str_eq(take(s, 0), "");
	if (fork() == 0) {
		put(other, 2, "child's", 1);
		_exit(0);
	}
	ck_assert_int_gt(wait(&status), 0);
	ck_assert_str_eq(take(s, 2), "child's");
	ck_assert_int_lt(ftruncate(fd, 0), 0);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_gt(st.st_size, SESSION_STORE_BUCKETS * SESSION_STORE_WAYS * SESSION_STORE_BYTES);
	close(fd);
	session_store_unmap(s);
	session_store_unmap(other);
}
END_TEST

/* One that was taken over may write anything: nothing is read or written out of bounds, and nobody waits. */
START_TEST(garbage_is_survived)
{
	static const int fills[] = { 0x00, 0x7f, 0x80, 0xff };
	int fd;
	struct session_store *s = made(&fd);
	struct stat st;
	uint8_t *raw;

	ck_assert_int_eq(fstat(fd, &st), 0);
	raw = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(raw, MAP_FAILED);
	memset(raw, fills[_i], (size_t)st.st_size);
	for (int key = 0; key < 3; key++) {
		(void)take(s, key);
		session_store_forget(s, keys[key]);
		put(s, key, "one", 1);
		(void)take(s, key);
	}
	munmap(raw, (size_t)st.st_size);
	close(fd);
	session_store_unmap(s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tunnel/session_store");
	TCase *t = tcase_create("session_store");

	tcase_add_test(t, one_for_one_use_is_taken_once_and_by_its_key_alone);
	tcase_add_test(t, one_for_many_uses_stays_and_is_replaced);
	tcase_add_test(t, the_newest_goes_first_and_one_server_does_not_push_out_others);
	tcase_add_test(t, what_is_over_or_too_large_is_not_there);
	tcase_add_test(t, all_who_map_it_share_it_and_nobody_can_cut_it);
	tcase_add_loop_test(t, garbage_is_survived, 0, 4);
	suite_add_tcase(s, t);
	return unit_main(s);
}

/* The authority as it lies on the disk, also after a run that was ended at any of its writes: the linker puts these counters in the place
 * of the calls. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deploy/ca/authority.h"
#include "t/unit/unit.h"

enum { NOW = 1800000000, CRASHED = 77, FINISHED = 78 };

static char top[] = "/tmp/check_ca_authority.XXXXXX";
static char dir[64], copy[64];
static struct conf_err e;
static struct authority a;
static int calls_left;		/* in a child: until the crash; 0: never */

ssize_t __real_write(int fd, const void *bytes, size_t n);
int __real_fsync(int fd);
int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
int __wrap_fsync(int fd);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);

static void
count(void)
{
	if (calls_left > 0 && --calls_left == 0)
		_exit(CRASHED);
}

/* The worst that a crash leaves: half of the bytes. */
ssize_t
__wrap_write(int fd, const void *bytes, size_t n)
{
	if (calls_left == 1 && __real_write(fd, bytes, n / 2) < 0)
		_exit(CRASHED);
	count();
	return __real_write(fd, bytes, n);
}

int
__wrap_fsync(int fd)
{
	count();
	return __real_fsync(fd);
}

int
__wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	count();
	return __real_renameat(from_dir, from, to_dir, to);
}

static void
set_up(void)
{
	strcpy(top + strlen(top) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(dir, sizeof dir, "%s/ca", top);
	snprintf(copy, sizeof copy, "%s/clients.crl", top);
}

static void
tear_down(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s", top);
	ck_assert_int_eq(system(command), 0);
}

static int
made(int64_t now)
{
	const struct authority_want w = { .name = "CA", .days = 1000 };

	return authority_make(dir, &w, now, &e);
}

static void
opened(int64_t now)
{
	ck_assert_msg(authority_open(&a, dir, now, &e) == 0, "%s: %s", e.path, e.text);
}

static int
issue(const char *name, bool again, struct x509_st **ret)
{
	const struct cert_want w = { .cn = name, .kind = CERT_CLIENT, .days = 90 };
	struct evp_pkey_st *key = cert_key_new(CERT_P256);
	int r = authority_issue(&a, &w, key, again, ret);

	cert_key_free(key);
	return r;
}

static int
issued(const char *name)
{
	struct x509_st *x = NULL;
	int r = issue(name, false, &x);

	cert_free(x);
	return r;
}

static void
shell(const char *text)
{
	char command[1024];

	snprintf(command, sizeof command, "cd %s && { %s; } > /dev/null 2>&1", dir, text);
	ck_assert_msg(system(command) == 0, "%s", text);
}

START_TEST(it_is_private_and_made_once)
{
	struct stat st;

	umask(0);
	ck_assert_int_eq(made(NOW), 0);
	ck_assert_int_eq(made(NOW), -EEXIST);
	ck_assert_int_eq(stat(dir, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	shell("test \"$(stat -c %a ca.key ca.crt index crl.pem | tr '\\n' ' ')\" = '600 600 600 600 '");
}
END_TEST

START_TEST(a_name_is_given_once_until_it_is_revoked)
{
	int n;

	ck_assert_int_eq(made(NOW), 0);
	opened(NOW);
	ck_assert_int_eq(issued("alice"), 0);
	ck_assert_int_eq(issued("alice"), E_CONF);
	ck_assert_ptr_nonnull(strstr(e.text, "revoke it first"));
	ck_assert_int_eq(issued("al/ice"), E_CONF);
	ck_assert_int_eq(issued("a..b"), E_CONF);
	ck_assert_int_eq(authority_revoke(&a, "alice", &n), 0);
	ck_assert_int_eq(n, 1);
	ck_assert_int_eq(authority_revoke(&a, "alice", &n), 0);
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(authority_revoke(&a, "bob", &n), E_CONF);
	ck_assert_int_eq(issued("alice"), 0);
	authority_close(&a);
	opened(NOW + 91 * CERT_DAY);
	ck_assert_int_eq(issued("alice"), 0);	/* the other one is over */
	authority_close(&a);
}
END_TEST

START_TEST(a_list_is_signed_anew_when_it_is_a_day_old)
{
	int64_t number;

	ck_assert_int_eq(made(NOW), 0);
	opened(NOW + CERT_DAY - 1);
	number = a.index.crl;
	ck_assert_int_eq(authority_settle(&a, false), 0);
	ck_assert_int_eq(a.index.crl, number);
	ck_assert_int_eq(authority_settle(&a, true), 0);
	ck_assert_int_eq(a.index.crl, number + 1);
	authority_close(&a);
	opened(NOW + 3 * CERT_DAY);
	ck_assert_int_eq(authority_settle(&a, false), 0);
	ck_assert_int_eq(a.index.crl, number + 2);
	authority_close(&a);
	opened(NOW);	/* the clock was ahead */
	ck_assert_int_eq(authority_settle(&a, false), 0);
	ck_assert_int_eq(a.index.crl, number + 3);
	authority_close(&a);
}
END_TEST

START_TEST(copies_are_kept_as_they_should_be)
{
	int n;

	ck_assert_int_eq(made(NOW), 0);
	opened(NOW);
	ck_assert_int_eq(authority_copy(&a, INDEX_OF_CRL, "", copy), 0);
	shell("cmp crl.pem ../clients.crl && test $(stat -c %a ../clients.crl) = 644");
	ck_assert_int_eq(issued("alice"), 0);
	ck_assert_int_eq(authority_revoke(&a, "alice", &n), 0);
	shell("cmp crl.pem ../clients.crl && openssl crl -in ../clients.crl -noout -text | grep 'Serial Number'");
	shell("echo junk > ../clients.crl");
	ck_assert_int_eq(authority_settle(&a, false), 0);
	shell("cmp crl.pem ../clients.crl");
	authority_close(&a);
}
END_TEST

START_TEST(what_cannot_be_copied_is_told_before_anything_is_signed)
{
	ck_assert_int_eq(made(NOW), 0);
	opened(NOW);
	ck_assert_int_eq(authority_copy(&a, INDEX_OF_CRL, "", copy), 0);
	snprintf(copy, sizeof copy, "%s/gone/clients.crl", top);
	ck_assert_int_eq(authority_copy(&a, INDEX_OF_CRL, "", copy), E_CONF);
	ck_assert_int_eq(issued("alice"), E_CONF);
	ck_assert_uint_eq(a.index.n, 0);
	authority_close(&a);
}
END_TEST

START_TEST(a_renewal_has_the_same_key_and_its_copy)
{
	struct x509_st *x = NULL, *y = NULL;
	uint8_t pin[2][CERT_PIN_SIZE];

	ck_assert_int_eq(made(NOW), 0);
	opened(NOW);
	ck_assert_int_eq(issue("alice", false, &x), 0);
	ck_assert_int_eq(authority_copy(&a, INDEX_OF_CERT, "alice", copy), 0);
	ck_assert(!authority_is_due(&a.index.v[0], 90, NOW + 59 * CERT_DAY));
	ck_assert(authority_is_due(&a.index.v[0], 90, NOW + 61 * CERT_DAY));
	ck_assert_int_eq(authority_renew(&a, "alice", 30, NULL, &y), 0);
	ck_assert_int_eq(authority_renew(&a, "bob", 30, NULL, &y), E_CONF);
	ck_assert_int_eq(cert_pin(x, pin[0]) | cert_pin(y, pin[1]), 0);
	ck_assert_mem_eq(pin[0], pin[1], CERT_PIN_SIZE);
	ck_assert_int_eq(cert_ends(y), NOW + 30 * CERT_DAY);
	shell("cmp $(sed -n '$s/^cert \\([^ ]*\\).*/\\1/p' index).crt ../clients.crl");
	cert_free(x);
	cert_free(y);
	authority_close(&a);
}
END_TEST

static const struct {
	const char *how, *complaint;
} broken[] = {
	{ "rm index", "missing, and with it what was revoked" }, { ": > index", "line 1" }, { "printf 'cert 0A' >> index", "line 3" },
	{ "rm ca.key", "missing, though" }, { "rm ca.crt", "there is no authority" }, { "chmod 644 ca.key", "others may read" },
	{ "openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt > k; cat k > ca.key", "does not belong" },
	{ "chmod 770 .", "others may write" }, { "echo > ca.crt", "not a certificate" },
};

START_TEST(what_is_broken_is_told_and_left)
{
	ck_assert_int_eq(made(NOW), 0);
	shell(broken[_i].how);
	ck_assert_int_eq(authority_open(&a, dir, NOW, &e), E_CONF);
	ck_assert_msg(strstr(e.text, broken[_i].complaint) != NULL, "row %d: %s", _i, e.text);
	authority_close(&a);
}
END_TEST

START_TEST(a_wrong_clock_signs_nothing)
{
	ck_assert_int_eq(made(NOW), 0);
	ck_assert_int_eq(authority_open(&a, dir, NOW - 2 * CERT_EARLY, &e), E_CONF);
	ck_assert_ptr_nonnull(strstr(e.text, "set the clock"));
	authority_close(&a);
	ck_assert_int_eq(authority_open(&a, dir, NOW + 1000LL * CERT_DAY, &e), E_CONF);
	ck_assert_ptr_nonnull(strstr(e.text, "has run out"));
	authority_close(&a);
}
END_TEST

/* --- crashes ------------------------------------------------------------------------------------ */

/* Run what in a process that ends at its n-th call; what it hands out goes to ret.  1: it finished before. */
static int
crash(int n, void (*what)(int out), char ret[CERT_SERIAL_SIZE])
{
	int out[2], status;
	ssize_t got;
	pid_t pid;

	ck_assert_int_eq(pipe(out), 0);
	if ((pid = fork()) == 0) {
		calls_left = n;
		what(out[1]);
		_exit(FINISHED);
	}
	close(out[1]);
	got = read(out[0], ret, CERT_SERIAL_SIZE - 1);
	ret[got < 0 ? 0 : got] = '\0';
	close(out[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && (WEXITSTATUS(status) == CRASHED || WEXITSTATUS(status) == FINISHED), "call %d: %x", n, status);
	return WEXITSTATUS(status) == FINISHED;
}

static void
crash_in_make(int out)
{
	(void)out;
	if (made(NOW) != 0)
		_exit(1);
}

START_TEST(making_can_be_ended_anywhere)
{
	char none[CERT_SERIAL_SIZE];
	int n = 1;

	for (; !crash(n, crash_in_make, none); n++) {
		int r = made(NOW);

		ck_assert_msg(r == 0 || r == -EEXIST, "call %d: %s", n, e.text);
		opened(NOW);
		ck_assert_int_eq(authority_settle(&a, false), 0);
		authority_close(&a);
		shell("rm -r ../ca");
	}
	ck_assert_int_gt(n, 10);
}
END_TEST

static void
crash_in_issue(int out)
{
	struct x509_st *x = NULL;
	char serial[CERT_SERIAL_SIZE];

	if (authority_open(&a, dir, NOW + 2 * CERT_DAY, &e) != 0 || issue("bob", true, &x) != 0 || cert_serial(x, serial) != 0)
		_exit(1);
	calls_left = 0;
	if (write(out, serial, strlen(serial)) < 0)
		_exit(1);
}

START_TEST(what_is_handed_out_is_in_the_index_wherever_signing_ends)
{
	char serial[CERT_SERIAL_SIZE];
	int n = 1, done;

	ck_assert_int_eq(made(NOW), 0);
	opened(NOW);
	ck_assert_int_eq(issued("alice"), 0);
	authority_close(&a);
	do {
		done = crash(n++, crash_in_issue, serial);
		opened(NOW + 2 * CERT_DAY);
		ck_assert_ptr_nonnull(index_find(&a.index, "alice", a.now));
		ck_assert_int_eq(authority_settle(&a, false), 0);
		ck_assert_msg(done == (serial[0] != '\0'), "call %d", n - 1);
		ck_assert(!done || strcmp(index_find(&a.index, "bob", a.now)->serial, serial) == 0);
		authority_close(&a);
	} while (!done);
	ck_assert_int_gt(n, 8);
}
END_TEST

static void
crash_in_revoke(int out)
{
	int n;

	(void)out;
	if (authority_open(&a, dir, NOW, &e) != 0 || authority_revoke(&a, "alice", &n) != 0)
		_exit(1);
}

START_TEST(what_is_noted_as_revoked_is_in_the_next_list)
{
	char none[CERT_SERIAL_SIZE];
	int n = 1, done;

	do {
		ck_assert_int_eq(made(NOW), 0);
		opened(NOW);
		ck_assert_int_eq(authority_copy(&a, INDEX_OF_CRL, "", copy), 0);
		ck_assert_int_eq(issued("alice"), 0);
		authority_close(&a);
		shell("cp crl.pem ../before");
		done = crash(n++, crash_in_revoke, none);
		opened(NOW);
		ck_assert_int_eq(authority_settle(&a, false), 0);
		if (a.index.v[0].revoked != 0)
			shell("openssl crl -in ../clients.crl -noout -text | grep \"$(sed -n 's/^cert \\([^ ]*\\).*/\\1/p' index)\"");
		ck_assert(!done || a.index.v[0].revoked != 0);
		/* no two lists have one number */
		shell("n() { openssl crl -in $1 -noout -crlnumber; }; cmp crl.pem ../before || test $(n crl.pem) != $(n ../before)");
		authority_close(&a);
		shell("rm -r ../ca");
	} while (!done);
	ck_assert_int_gt(n, 10);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("deploy/ca/authority");
	TCase *t = tcase_create("authority");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, it_is_private_and_made_once);
	tcase_add_test(t, a_name_is_given_once_until_it_is_revoked);
	tcase_add_test(t, a_list_is_signed_anew_when_it_is_a_day_old);
	tcase_add_test(t, copies_are_kept_as_they_should_be);
	tcase_add_test(t, what_cannot_be_copied_is_told_before_anything_is_signed);
	tcase_add_test(t, a_renewal_has_the_same_key_and_its_copy);
	tcase_add_loop_test(t, what_is_broken_is_told_and_left, 0, ARRAY_LEN(broken));
	tcase_add_test(t, a_wrong_clock_signs_nothing);
	tcase_add_test(t, making_can_be_ended_anywhere);
	tcase_add_test(t, what_is_handed_out_is_in_the_index_wherever_signing_ends);
	tcase_add_test(t, what_is_noted_as_revoked_is_in_the_next_list);
	suite_add_tcase(s, t);
	return unit_main(s);
}

/* The process that signs the ledger: it signs entries whose numbers grow, and ends at anything else. */
#include "syncd/ledger_signer.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "lib/err.h"
#include "lib/ledger_key.h"
#include "syncd/spawn.h"
#include "t/unit/scratch.h"
#include "t/unit/unit.h"

static int channel;
static pid_t signer;
static struct ledger_key *public;

static void
setup(void)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	BIO *secret = BIO_new(BIO_s_mem()), *open = BIO_new(BIO_s_mem());
	struct process_job job = { .peer_fd = -1, .root_fd = -1, .sums_fd = -1 };
	struct roles roles;
	char *text;
	long n;
	int pair[2];

	ck_assert_int_eq(PEM_write_bio_PrivateKey(secret, pkey, NULL, NULL, 0, NULL, NULL), 1);
	ck_assert_int_eq(PEM_write_bio_PUBKEY(open, pkey), 1);
	n = BIO_get_mem_data(open, &text);
	ck_assert_int_eq(ledger_key_public(text, (size_t)n, &public), 0);
	n = BIO_get_mem_data(secret, &text);
	job.boot_fd = spawn_boot(text, (size_t)n);
	ck_assert_int_ge(job.boot_fd, 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	ck_assert_int_eq(roles_prepare(&roles), 0);
	job.monitor_fd = pair[1];
	channel = pair[0];
	if ((signer = fork()) == 0) {
		close(pair[0]);
		_exit(ledger_signer_main(&roles, &job));
	}
	close(pair[1]);
	close(job.boot_fd);
	roles_done(&roles);
	BIO_free(secret);
	BIO_free(open);
	EVP_PKEY_free(pkey);
}

static void
teardown(void)
{
	close(channel);
	ledger_key_free(public);
}

static int
wait_answer(uint8_t signature[LEDGER_SIGNATURE_SIZE])
{
	int r;

	while ((r = ledger_signer_answer(channel, signature)) == -EAGAIN)
		usleep(1000);
	return r;
}

static int
ask(uint64_t seq, uint8_t first)
{
	struct ledger_chain at = { seq, { first } };
	uint8_t signature[LEDGER_SIGNATURE_SIZE];
	int r;

	if ((r = ledger_signer_ask(channel, &at)) != 0 || (r = wait_answer(signature)) != 0)
		return r;
	ck_assert(ledger_key_verify(public, &at, signature));
	return 0;
}

static int
exit_code(void)
{
	int status;

	ck_assert_int_eq(waitpid(signer, &status, 0), signer);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(numbers_that_grow_are_signed)
{
	ck_assert_int_eq(ask(5, 1), 0);
	ck_assert_int_eq(ask(5, 1), 0);
	ck_assert_int_eq(ask(9, 2), 0);
	close(channel);
	channel = -1;
	ck_assert_int_eq(exit_code(), 0);
}
END_TEST

START_TEST(an_older_entry_is_not)
{
	ck_assert_int_eq(ask(5, 1), 0);
	ck_assert_int_eq(ask(4, 1), E_EOF);
	ck_assert_int_eq(exit_code(), 1);
}
END_TEST

START_TEST(nor_another_one_with_its_number)
{
	ck_assert_int_eq(ask(5, 1), 0);
	ck_assert_int_eq(ask(5, 2), E_EOF);
	ck_assert_int_eq(exit_code(), 1);
}
END_TEST

START_TEST(nor_anything_else)
{
	uint8_t bytes[LEDGER_HEAD_SIZE + 1], signature[LEDGER_SIGNATURE_SIZE];
	const struct ledger_chain at = { 1, { 0 } };

	ledger_head_message(&at, bytes);
	bytes[_i == 0 ? 0 : LEDGER_HEAD_SIZE] = 'x';
	ck_assert_int_ge(send(channel, bytes, (size_t)LEDGER_HEAD_SIZE + (_i == 1), MSG_NOSIGNAL), 0);
	ck_assert_int_eq(wait_answer(signature), E_EOF);
	ck_assert_int_eq(exit_code(), 1);
}
END_TEST

START_TEST(a_key_that_others_may_read_is_none)
{
	char path[128], why[256];
	int fd;

	scratch_make();
	snprintf(path, sizeof path, "%s/key", scratch);
	ck_assert_int_lt(ledger_signer_usable(path, why, sizeof why), 0);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_eq(write(fd, "no key", 6), 6);
	close(fd);
	ck_assert_int_eq(ledger_signer_usable(path, why, sizeof why), E_FORMAT);
	ck_assert_int_eq(chmod(path, 0604), 0);
	ck_assert_int_eq(ledger_signer_usable(path, why, sizeof why), E_DENIED);
	ck_assert_int_eq(ledger_signer_key(path, why, sizeof why), E_DENIED);
	scratch_remove();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("syncd/ledger_signer");
	TCase *tc = tcase_create("signer");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, numbers_that_grow_are_signed);
	tcase_add_test(tc, an_older_entry_is_not);
	tcase_add_test(tc, nor_another_one_with_its_number);
	tcase_add_loop_test(tc, nor_anything_else, 0, 2);
	tcase_add_test(tc, a_key_that_others_may_read_is_none);
	suite_add_tcase(s, tc);
	return unit_main(s);
}

#include "syncd/ledger_signer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/ledger_key.h"
#include "lib/slurp.h"
#include "lib/trusted.h"
#include "syncd/boot.h"
#include "syncd/spawn.h"

enum { EXIT_ROLE = 11 };

/* --- the process ------------------------------------------------------------------------------------ */

/* Until the listener is gone, or asks for what it never asks. */
static int
serve(int fd, const struct ledger_key *key)
{
	uint8_t asked[LEDGER_HEAD_SIZE + 1], signature[LEDGER_SIGNATURE_SIZE];
	struct ledger_chain at, last = { 0 };
	ssize_t n;

	while ((n = recv(fd, asked, sizeof asked, 0)) > 0 || (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		if (ledger_head_read(asked, (size_t)n, &at) != 0 || at.seq < last.seq ||
		    (at.seq == last.seq && memcmp(at.hash, last.hash, sizeof at.hash) != 0))
			return 1;
		last = at;
		if (ledger_key_sign(key, &at, signature) != 0 || send(fd, signature, sizeof signature, MSG_NOSIGNAL) != (ssize_t)sizeof signature)
			return 1;
	}
	return 0;
}

int
ledger_signer_main(const struct roles *roles, const struct process_job *job)
{
	struct buf pem = BUF_INIT;
	struct ledger_key *key = NULL;
	int r, code = EXIT_ROLE;

	prctl(PR_SET_NAME, "syncd-ledger");
	prctl(PR_SET_DUMPABLE, 0);
	if ((r = boot_read(job->boot_fd, &pem)) == 0)
		r = ledger_key_private(buf_head(&pem), buf_len(&pem), &key);
	buf_wipe(&pem);
	close(job->boot_fd);
	if (r == 0 && roles_enter_signer(roles, job->monitor_fd, NULL) == 0)
		code = serve(job->monitor_fd, key);
	ledger_key_free(key);
	return code;
}

/* --- the asking side --------------------------------------------------------------------------------- */

int
ledger_signer_ask(int fd, const struct ledger_chain *at)
{
	uint8_t message[LEDGER_HEAD_SIZE];

	ledger_head_message(at, message);
	return send(fd, message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

int
ledger_signer_answer(int fd, uint8_t ret[LEDGER_SIGNATURE_SIZE])
{
	ssize_t n = recv(fd, ret, LEDGER_SIGNATURE_SIZE, MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0)
		return -errno;
	return n == 0 ? E_EOF : n != LEDGER_SIGNATURE_SIZE ? E_FORMAT : 0;
}

/* --- its key --------------------------------------------------------------------------------------- */

static const char *
key_fault(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return "it is no regular file";
	if ((st.st_mode & 077) != 0)
		return "others than its owner may use it: chmod 600";
	if (geteuid() == 0 && st.st_uid != 0)
		return "it must be owned by root";
	return NULL;
}

/* The file as it is; its bytes are the caller's to wipe. */
static int
read_key(const char *path, struct buf *pem, char *why, size_t size)
{
	int fd = trusted_file(path, O_RDONLY | O_CLOEXEC, 0), r;
	const char *fault;

	if (fd < 0) {
		snprintf(why, size, "%s", trusted_error(fd));
		return fd;
	}
	r = (fault = key_fault(fd)) != NULL ? E_DENIED : slurp_fd(fd, LEDGER_KEY_MAX, pem);
	close(fd);
	if (r != 0)
		snprintf(why, size, "%s", fault != NULL ? fault : err_text(r));
	return r;
}

int
ledger_signer_key(const char *path, char *why, size_t size)
{
	struct buf pem = BUF_INIT;
	int r = read_key(path, &pem, why, size);

	if (r == 0 && (r = spawn_boot(buf_head(&pem), buf_len(&pem))) < 0)
		snprintf(why, size, "%s", err_text(r));
	buf_wipe(&pem);
	return r;
}

/* Reading a key leaves copies of it in OpenSSL's memory: that is a process's that ends. */
static int
try_key(const struct buf *pem)
{
	struct ledger_key *key;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(ledger_key_private(buf_head(pem), buf_len(pem), &key) != 0);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : E_FORMAT;
}

int
ledger_signer_usable(const char *path, char *why, size_t size)
{
	struct buf pem = BUF_INIT;
	int r = read_key(path, &pem, why, size);

	if (r == 0 && (r = try_key(&pem)) != 0)
		snprintf(why, size, "%s", r != E_FORMAT ? err_text(r) : "it is no Ed25519 key in PEM without a password: openssl genpkey -algorithm ed25519");
	buf_wipe(&pem);
	return r;
}

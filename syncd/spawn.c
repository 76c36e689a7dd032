/* How a process of the daemon asks the spawner for another one. */
#include "syncd/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/fdpass.h"
#include "lib/write_all.h"

/* Orders that may be on their way, as the kernel counts them: some three.  More would only wait, out of our sight, and in a flood
 * a newcomer behind all of them. */
enum { ORDERS_AHEAD_BYTES = 2048 };

/* All of our environment that reaches a process which reads a peer's bytes. */
static const char *const kept_variables[] = {
	"PATH", "TZ", "LANG", "LC_ALL", "LC_CTYPE", "GCONV_PATH", "LOCALDOMAIN", "RES_OPTIONS", "OPENSSL_CONF", "OPENSSL_MODULES",
	"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
};

static void
keep_variables(char *env[ARRAY_LEN(kept_variables) + 1], char *space, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(kept_variables); i++) {
		const char *value = getenv(kept_variables[i]);
		size_t need = value == NULL ? 0 : strlen(kept_variables[i]) + strlen(value) + 2;

		if (value == NULL || need > size)
			continue;
		env[n++] = strcat(strcat(strcpy(space, kept_variables[i]), "="), value);
		space += need;
		size -= need;
	}
	env[n] = NULL;
}

/* In the child.  Everything but the socket is close-on-exec or closed here: descriptors that we inherited, too. */
static _Noreturn void
execute(int fd)
{
	char space[8192], *env[ARRAY_LEN(kept_variables) + 1];
	char *const argv[] = { (char *)"sallyport-syncd", (char *)SPAWNER_ARG, NULL };
	const char *self = (const char *)getauxval(AT_EXECFN);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	keep_variables(env, space, sizeof space);
	if (fd == SPAWNER_FD ? fcntl(fd, F_SETFD, 0) < 0 : dup2(fd, SPAWNER_FD) < 0)
		_exit(126);
	syscall(SYS_close_range, SPAWNER_FD + 1, ~0u, 0);
	execve("/proc/self/exe", argv, env);
	if (self != NULL)		/* without /proc */
		execve(self, argv, env);
	_exit(127);
}

int
spawner_start(struct spawner_link *ret)
{
	const int few = ORDERS_AHEAD_BYTES;
	int pair[2], r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	if ((pid = fork()) == 0)
		execute(pair[1]);
	r = pid < 0 ? -errno : 0;
	close(pair[1]);
	if (r == 0 && spawn_wait(pair[0], &r) != 0)
		r = -ENOEXEC;		/* it did not even get to say why */
	if (r != 0) {
		close(pair[0]);
		if (pid > 0)
			waitpid(pid, NULL, 0);
		return r;
	}
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &few, sizeof few);
	*ret = (struct spawner_link){ pair[0], pid };
	return 0;
}

static int
order_put(struct buf *b, const struct spawn_order *o, const int fds[SPAWN_FDS], int *ret_fds)
{
	uint8_t present = 0;
	int n = 0;

	for (int i = 0; i < SPAWN_FDS; i++)
		if (fds[i] >= 0) {
			present |= (uint8_t)(1 << i);
			ret_fds[n++] = fds[i];
		}
	buf_u8(b, (uint8_t)o->kind);
	buf_u8(b, present);
	buf_le64(b, o->deadline);
	buf_le32(b, o->greeted);
	buf_u8(b, o->proxied);
	buf_le64(b, o->memory_max);
	return n;
}

int
spawn_process(int spawner_fd, const struct spawn_order *o, int when, struct spawned *ret)
{
	int channel[2], control[2], passed[SPAWN_FDS], n, r;
	struct buf b = BUF_INIT;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
		return -errno;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) < 0) {
		r = -errno;
		goto out;
	}
	n = order_put(&b, o, (const int[SPAWN_FDS]){ control[1], channel[1], o->boot, o->peer, o->root, o->sums }, passed);
	r = b.err != 0 ? b.err : fdpass_send(spawner_fd, buf_head(&b), buf_len(&b), passed, (size_t)n,
	    when == SPAWN_NOW ? MSG_DONTWAIT : 0);
	buf_done(&b);
	close(control[1]);
	if (r != 0)
		close(control[0]);
	else
		*ret = (struct spawned){ channel[0], control[0] };
out:	close(channel[1]);
	if (r != 0)
		close(channel[0]);
	return r;
}

int
spawn_boot(const void *bytes, size_t n)
{
	int fd = memfd_create("sallyport", MFD_CLOEXEC | MFD_ALLOW_SEALING), r;

	if (fd < 0)
		return -errno;
	if ((r = write_all(fd, bytes, n)) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
		r = -errno;
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

int
spawn_wait(int control, int *ret_status)
{
	ssize_t n;

	do
		n = recv(control, ret_status, sizeof *ret_status, 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n != sizeof *ret_status ? E_EOF : 0;
}

#include "lib/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/num.h"

static int
manager_address(struct sockaddr_un *un, socklen_t *ret_len)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n;

	if (path == NULL || path[0] == '\0')
		return -ENOENT;
	if ((path[0] != '/' && path[0] != '@') || (n = strlen(path)) >= sizeof un->sun_path)
		return -EINVAL;
	*un = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(un->sun_path, path, n);
	if (path[0] == '@')
		un->sun_path[0] = '\0';	/* abstract: as long as the name, and no NUL behind it */
	*ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	return 0;
}

int
notify_send(const char *state)
{
	struct sockaddr_un un;
	socklen_t len;
	ssize_t n;
	int fd, r;

	if ((r = manager_address(&un, &len)) != 0)
		return r;
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
		return -errno;
	do
		n = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&un, len);
	while (n < 0 && errno == EINTR);
	r = n < 0 ? -errno : 0;
	close(fd);
	return r;
}

int
notify_reloading(void)
{
	struct timespec now;
	char state[64];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)now.tv_sec * 1000000 + (long long)now.tv_nsec / 1000);
	return notify_send(state);
}

uint64_t
notify_watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	int64_t wanted, watched = getpid();

	if (usec == NULL || num_parse(usec, 1, INT64_MAX, &wanted) != 0)
		return 0;
	if (pid != NULL && num_parse(pid, 1, INT32_MAX, &watched) != 0)
		return 0;
	if (watched != getpid())
		return 0;
	return wanted < 2000 ? 1 : (uint64_t)wanted / 2000;
}

void
notify_forget(void)
{
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

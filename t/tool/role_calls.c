/* Usage: role_calls daemon|tunnel.  The system calls that the roles of that program may make, one a line: what a service's filter must not take from them.
 * The daemon's lists are its own, so its file is read in whole. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif

#define worker_syscalls daemon_worker_syscalls	/* the tunnel has a list of that name */
#define exporter_syscalls daemon_exporter_syscalls
#include "syncd/roles.c"
#undef worker_syscalls
#undef exporter_syscalls
#include "tunnel/service/roles.h"

static void
print(const char *const *names)
{
	for (; *names != NULL; names++) {
		char call[64];

		snprintf(call, sizeof call, "%.*s", (int)strcspn(*names, "("), *names);	/* without the one use that is allowed */
#ifdef HAVE_SECCOMP
		if (seccomp_syscall_resolve_name(call) < 0)	/* newer than the library, or of another architecture */
			continue;
#endif
		puts(call);
	}
}

int
main(int argc, char **argv)
{
	static const char *const *const daemon[] = { daemon_worker_syscalls, session_syscalls, writer_syscalls, resolver_syscalls, daemon_exporter_syscalls, NULL },
	    *const *const tunnel[] = { worker_syscalls, vault_syscalls, exporter_syscalls, NULL };

	for (const char *const *const *list = argc > 1 && strcmp(argv[1], "tunnel") == 0 ? tunnel : daemon; *list != NULL; list++)
		print(*list);
	return 0;
}

#include "tunnel/proto/libwrap.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "lib/addr.h"

typedef int (*hosts_ctl_fn)(char *daemon, char *name, char *address, char *user);

static hosts_ctl_fn
find_library(void)
{
	static const char *const names[] = { "libwrap.so.0", "libwrap.so" };
	void *lib = NULL;
	hosts_ctl_fn f;

	for (size_t i = 0; i < sizeof names / sizeof *names && lib == NULL; i++)
		lib = dlopen(names[i], RTLD_NOW);
	*(void **)&f = lib == NULL ? NULL : dlsym(lib, "hosts_ctl");
	return f;
}

int
libwrap_is_there(void)
{
	return find_library() != NULL;
}

/* A name counts only if it leads back to the address: anybody may call his address what he likes. */
static const char *
name_of(const struct addr *a, char *dst, size_t size)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = a->ss.ss_family }, *all, *ai;
	char own[ADDR_TEXT_SIZE], other[ADDR_TEXT_SIZE];
	struct addr back;
	int found = 0;

	if (getnameinfo((const struct sockaddr *)&a->ss, a->len, dst, (socklen_t)size, NULL, 0, NI_NAMEREQD) != 0)
		return "unknown";
	if (getaddrinfo(dst, NULL, &hints, &all) != 0)
		return "paranoid";
	addr_host(a, own, sizeof own);
	for (ai = all; ai != NULL && !found; ai = ai->ai_next) {
		addr_from(ai->ai_addr, ai->ai_addrlen, &back);
		found = strcmp(own, addr_host(&back, other, sizeof other)) == 0;
	}
	freeaddrinfo(all);
	return found ? dst : "paranoid";
}

int
libwrap_allows(const char *service, const char *host)
{
	hosts_ctl_fn hosts_ctl = find_library();
	char name[NI_MAXHOST], daemon[256], address[ADDR_TEXT_SIZE], told[NI_MAXHOST], user[] = "unknown";
	struct addr a;

	if (hosts_ctl == NULL || addr_parse(host, 0, &a) != 0)
		return 0;
	snprintf(daemon, sizeof daemon, "%s", service);
	snprintf(address, sizeof address, "%s", host);
	snprintf(told, sizeof told, "%s", name_of(&a, name, sizeof name));
	return hosts_ctl(daemon, told, address, user) != 0;
}

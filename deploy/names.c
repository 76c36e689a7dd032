#include "deploy/names.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/err.h"

enum { RESOLVE_MS = 1000 };

int
names_is_address(const char *text)
{
	struct addr a;

	return text[0] != '/' && text[0] != '[' && strchr(text, '%') == NULL && addr_parse(text, 0, &a) == 0;
}

/* Labels of letters, digits, '-' and '_', with single dots between them. */
static int
is_dns_name(const char *text)
{
	size_t label = 0, n = strlen(text);

	if (n == 0 || n >= NAME_SIZE)
		return 0;
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '.') {
			if (label == 0 || p[1] == '\0')
				return 0;
			label = 0;
			continue;
		}
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '-' ||
		    *p == '_') || ++label > 63 || (label == 1 && *p == '-'))
			return 0;
	}
	return 1;
}

int
names_add(struct names *l, const char *text)
{
	if (!names_is_address(text) && !is_dns_name(text))
		return E_FORMAT;
	for (size_t i = 0; i < l->n; i++)
		if (strcasecmp(l->v[i], text) == 0)
			return 0;
	if (l->n == NAMES_MAX)
		return E_LIMIT;
	snprintf(l->v[l->n++], NAME_SIZE, "%s", text);
	return 0;
}

const char *
names_hostname(char *dst, size_t size)
{
	if (gethostname(dst, size) < 0)
		dst[0] = '\0';
	dst[size - 1] = '\0';
	if (!is_dns_name(dst))
		snprintf(dst, size, "localhost");
	return dst;
}

static void
add_interface(struct names *l, const struct sockaddr *sa)
{
	char text[ADDR_TEXT_SIZE];
	struct addr a;

	if (sa->sa_family == AF_INET)
		addr_from(sa, sizeof(struct sockaddr_in), &a);
	else if (sa->sa_family == AF_INET6)
		addr_from(sa, sizeof(struct sockaddr_in6), &a);
	else
		return;
	addr_host(&a, text, sizeof text);
	text[strcspn(text, "%")] = '\0';	/* a certificate has no zones */
	(void)names_add(l, text);
}

void
names_of_machine(struct names *l)
{
	char host[NAME_SIZE];
	struct ifaddrs *all;

	names_add(l, "localhost");
	names_add(l, "127.0.0.1");
	names_add(l, "::1");
	names_add(l, names_hostname(host, sizeof host));
	if (getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next)
		if (i->ifa_addr != NULL)
			add_interface(l, i->ifa_addr);
	freeifaddrs(all);
}

static int
reaches(const struct sockaddr *sa)
{
	const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;
	uint32_t four;

	if (sa->sa_family == AF_INET6)
		return !IN6_IS_ADDR_LOOPBACK(six) && !IN6_IS_ADDR_LINKLOCAL(six) && !IN6_IS_ADDR_UNSPECIFIED(six);
	if (sa->sa_family != AF_INET)
		return 0;
	four = ntohl(((const struct sockaddr_in *)(const void *)sa)->sin_addr.s_addr);
	return four != INADDR_ANY && four >> 24 != 127 && four >> 16 != (169 << 8 | 254);
}

int
names_reach(const char *text)
{
	struct addr a;

	return names_is_address(text) && addr_parse(text, 0, &a) == 0 && reaches((const struct sockaddr *)&a.ss);
}

static int
look_up(const char *name)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *all;
	int found = 0;

	if (getaddrinfo(name, NULL, &hints, &all) != 0)
		return 0;
	for (const struct addrinfo *i = all; i != NULL; i = i->ai_next)
		found |= reaches(i->ai_addr);
	freeaddrinfo(all);
	return found;
}

/* In a process of its own, since a look-up cannot be called off. */
int
names_resolve(const char *name)
{
	int ends[2], status = 1;
	struct pollfd end;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return 0;
	if ((pid = fork()) == 0) {
		signal(SIGINT, SIG_DFL);
		_exit(look_up(name) ? 0 : 1);
	}
	close(ends[1]);
	end = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	if (pid > 0 && poll(&end, 1, RESOLVE_MS) <= 0)
		kill(pid, SIGKILL);
	close(ends[0]);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

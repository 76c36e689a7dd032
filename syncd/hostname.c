/* Look-ups of host names and addresses, forward and reverse (getaddrinfo(3), getnameinfo(3)). */
#include "syncd/hostname.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

int
hostname_leads_to(const char *name, const struct addr *a, int family)
{
	struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM }, *list;
	char mine[ADDR_TEXT_SIZE], other[ADDR_TEXT_SIZE];
	struct addr found;
	int same = 0;

	if (getaddrinfo(name, NULL, &hints, &list) != 0)
		return -1;
	addr_host(a, mine, sizeof mine);
	for (const struct addrinfo *ai = list; ai != NULL && !same; ai = ai->ai_next) {
		addr_from(ai->ai_addr, ai->ai_addrlen, &found);
		same = strcmp(mine, addr_host(&found, other, sizeof other)) == 0;
	}
	freeaddrinfo(list);
	return same;
}

enum hostname_result
hostname_of(const struct addr *a, char text[HOSTNAME_SIZE])
{
	char name[HOSTNAME_SIZE];
	int r = getnameinfo((const struct sockaddr *)&a->ss, a->len, name, sizeof name, NULL, 0, NI_NAMEREQD);

	snprintf(text, HOSTNAME_SIZE, "%s", r != 0 ? gai_strerror(r) : name);
	if (r != 0)
		return HOSTNAME_FAILED;
	return hostname_leads_to(name, a, AF_UNSPEC) == 1 ? HOSTNAME_FOUND : HOSTNAME_SPOOFED;
}

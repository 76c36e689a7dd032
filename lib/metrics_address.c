/* The value of "metrics": an address of this machine, or a path. */
#include "lib/metrics_address.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/num.h"

const char *
metrics_address(const char *text, int anyone, const char *not_public, struct addr *ret)
{
	const char *colon = strrchr(text, ':');
	char host[ADDR_TEXT_SIZE];
	int64_t port;

	if (text[0] == '/')
		return addr_parse(text, 0, ret) == 0 ? NULL : "The path of the socket is too long";
	if (colon == NULL || num_parse(colon + 1, 1, UINT16_MAX, &port) != 0 ||
	    (size_t)snprintf(host, sizeof host, "%.*s", (int)(colon - text), text) >= sizeof host ||
	    addr_parse(host, (uint16_t)port, ret) != 0)
		return "The argument needs to be ADDRESS:PORT or the path of a UNIX socket";
	return anyone || addr_is_loopback(ret) ? NULL : not_public;
}

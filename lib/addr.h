/* Socket addresses: parse, print, compare.  Numeric only; names are for whoever may block. */
#ifndef SALLYPORT_LIB_ADDR_H
#define SALLYPORT_LIB_ADDR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct addr {
	struct sockaddr_storage ss;
	socklen_t len;
};

enum { ADDR_TEXT_SIZE = 128 };	/* a UNIX path, or "address%zone:port", with its NUL */

/* "192.0.2.1", "2001:db8::1", "[::1]" or "/a/path" (UNIX stream).  0 or E_FORMAT. */
int addr_parse(const char *text, uint16_t port, struct addr *ret);

/* From what the kernel gave; an IPv4-mapped IPv6 address becomes plain IPv4. */
void addr_from(const struct sockaddr *sa, socklen_t len, struct addr *ret);

/* The address without port ("localhost" for UNIX sockets, as rsync prints them). */
const char *addr_host(const struct addr *a, char *dst, size_t size);

/* "address:port", IPv6 without brackets as stunnel logs it; the path for UNIX sockets. */
const char *addr_text(const struct addr *a, char *dst, size_t size);

/* The port of an IP address, in host order; 0 and nothing where there is none. */
uint16_t addr_port(const struct addr *a);
void addr_set_port(struct addr *a, uint16_t port);

/* 127.0.0.0/8, ::1, or a UNIX socket. */
int addr_is_loopback(const struct addr *a);

/* The network that one party has: an IPv4 address, also a mapped one, or the first 64 bits of an IPv6 address.  A number that is never
 * 0, but for what has no network. */
uint64_t addr_network(const struct addr *a);

/* Does host (no port) lie in net?  net is "addr", "addr/bits" or "addr/mask".
 * 1 or 0; E_FORMAT when net is no address at all, E_LIMIT when its mask is bad. */
int addr_in(const struct addr *a, const char *net);

#endif

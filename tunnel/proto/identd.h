/* What an ident server (RFC 1413) is asked about a connection, and what it says. */
#ifndef SALLYPORT_TUNNEL_PROTO_IDENTD_H
#define SALLYPORT_TUNNEL_PROTO_IDENTD_H

#include <stddef.h>
#include <stdint.h>

enum { IDENTD_PORT = 113, IDENTD_LINE_MAX = 1000, IDENTD_USER_SIZE = 256 };

struct identd_ports {
	uint16_t theirs, ours;		/* of the connection asked about */
};

/* The question, with its line end. */
const char *identd_question(const struct identd_ports *ports, char *dst, size_t size);

/* Whose it is, by the n bytes of the answer.  0 with user set; E_DENIED: the server does not tell;
 * E_FORMAT: it is no answer to that question. */
int identd_answer(const void *bytes, size_t n, const struct identd_ports *ports, char user[IDENTD_USER_SIZE]);

#endif

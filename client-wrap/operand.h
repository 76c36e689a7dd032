/* What an operand of rsync's names: a file here, something behind a daemon, or behind a remote shell.  Pure. */
#ifndef SALLYPORT_CLIENT_WRAP_OPERAND_H
#define SALLYPORT_CLIENT_WRAP_OPERAND_H

#include <stddef.h>
#include <stdint.h>

enum operand_kind { OPERAND_LOCAL, OPERAND_DAEMON, OPERAND_SHELL };
enum { OPERAND_HOST_SIZE = 256, OPERAND_WHY_SIZE = 400 };

struct operand {
	enum operand_kind kind;
	int is_url;			/* rsync:// or rsyncs:// */
	char user[OPERAND_HOST_SIZE];	/* "": none */
	char host[OPERAND_HOST_SIZE];	/* without brackets; "": the same as the operand before ("::module") */
	uint16_t port;			/* 0: none was given */
};

/* The length of the scheme of a URL ("rsync://", "rsyncs://", whatever the case of its letters), or 0. */
size_t operand_scheme(const char *text);

/* "[user@]host[:port]", n bytes of text; an IPv6 address in brackets.  A user may hold "@", "host" ends at the last.  0 and all of
 * *ret but its kind, or E_FORMAT: no host, a port that is none, or too long. */
int operand_authority(const char *text, size_t n, struct operand *ret);

/* Any operand.  0, or E_FORMAT for a URL or host that cannot be one. */
int operand_parse(const char *text, struct operand *ret);

/* Can that command be run through TLS?  v is the operands in their order, the last of two or more is where to.
 * 0, or E_FORMAT and why (OPERAND_WHY_SIZE bytes) with what to write instead. */
int operands_check(char *const *v, size_t n, char *why);

#endif

/* One error space: a negative errno, or one of ours from -1000 down.  0 is success. */
#ifndef SALLYPORT_LIB_ERR_H
#define SALLYPORT_LIB_ERR_H

#include <stddef.h>

enum {
	E_SHORT = -1000,	/* input ends before the item does: come back with more */
	E_FORMAT = -1001,	/* bytes that cannot be what they claim to be */
	E_LIMIT = -1002,	/* a length, count or index beyond its bound */
	E_DENIED = -1003,	/* policy says no */
	E_BREACH = -1004,	/* our own other half asked for what it never asks */
	E_UNSUPPORTED = -1005,	/* well formed, but not something we do */
	E_CONF = -1006,		/* configuration refused; a conf_err says where and why */
	E_EOF = -1007,		/* the peer closed before it was done */
	E_TIMEOUT = -1008,	/* a deadline passed */
	E_WANT_READ = -1009,	/* would block: wait until readable */
	E_WANT_WRITE = -1010,	/* would block: wait until writable */
	E_TLS = -1011,		/* the TLS library failed; its own queue says more */
	E_VERIFY = -1012,	/* the peer's certificate was refused */
	E_PEER = -1013,		/* the peer said that it gave up */
	E_WORK = -1015,		/* it takes more work than one peer gets */
	E_WANT_ANSWER = -1014,	/* would block: wait for what another process of ours answers */
};

/* A static text for any code of the error space; never NULL. */
const char *err_text(int code);

/* Where a configuration went wrong.  path "" and line 0 mean "no one line is to blame". */
struct conf_err {
	char path[256];
	unsigned line;
	char text[512];
};

/* Fill e (cut to fit) and return E_CONF, so that a parser can `return conf_err_set(...)`. */
int conf_err_set(struct conf_err *e, const char *path, unsigned line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* "path:line: text", without the parts that are unknown.  Returns dst. */
const char *conf_err_print(const struct conf_err *e, char *dst, size_t size);

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif

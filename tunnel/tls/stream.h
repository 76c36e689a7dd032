/* A stream is four operations; what carries the bytes is its own business.  Nothing here blocks:
 * E_WANT_READ and E_WANT_WRITE say which readiness of the stream's descriptors to wait for. */
#ifndef SALLYPORT_TUNNEL_TLS_STREAM_H
#define SALLYPORT_TUNNEL_TLS_STREAM_H

#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/buf.h"

struct stream;

struct stream_ops {
	/* Bytes read (any number up to n), 0 at the orderly end, E_EOF when the peer left without
	 * one, E_WANT_READ, or what broke. */
	ssize_t (*read)(struct stream *s, void *dst, size_t n);
	/* Bytes taken (1 to n), E_WANT_WRITE, or what broke.  What was taken may wait for flush. */
	ssize_t (*write)(struct stream *s, const void *src, size_t n);
	/* 0 when all that was taken is with the kernel, E_WANT_WRITE, or what broke. */
	int (*flush)(struct stream *s);
	/* End our direction, after a flush.  0, E_WANT_WRITE, or what broke. */
	int (*shut)(struct stream *s);
};

struct stream {
	const struct stream_ops *ops;
	int drained;			/* the last read got all that the kernel had */
	int remembers;			/* drained is reset by its end, when there is more */
};

/* Memory that the streams of one process use between two system calls: a connection owns
 * buffers only while the kernel will not take its bytes. */
enum { SCRATCH_PLAIN = 65536, SCRATCH_CIPHER = SCRATCH_PLAIN + 4096 };

/* Four of the largest records of TLS 1.3: whoever sends much sends such ones, and none is then left in
 * parts, to be moved and asked for again. */
enum { STREAM_TLS_READ = 4 * (5 + 16384 + 1 + 16) };

struct scratch {
	BIO_METHOD *gather;		/* collects records until they are sent together */
	size_t cipher_n;		/* zero between two calls of any stream */
	uint8_t plain[SCRATCH_PLAIN];
	uint8_t cipher[SCRATCH_CIPHER];
};

/* One for a process, the caller's to free.  0 or -ENOMEM. */
int scratch_new(struct scratch **ret);
void scratch_free(struct scratch *sc);

/* Over descriptors, non-blocking: a socket (rfd == wfd), or a pair of pipes. */
struct stream_tcp {
	struct stream s;
	int rfd, wfd;
	int wfd_is_socket;
};

/* The descriptors stay the caller's. */
void stream_tcp_init(struct stream_tcp *t, int rfd, int wfd);

/* TLS over descriptors as above, both ends of which stay the caller's. */
struct stream_tls {
	struct stream s;
	SSL *ssl;
	int rfd, wfd;
	int wfd_is_socket;
	int ended;			/* what read returns from now on, when ended_set */
	int ended_set;
	int alerted;			/* a fatal alert went out or came in */
	int eof;			/* the descriptor's, with close_notify or without */
	struct buf out;			/* records the kernel did not take */
	struct buf late;		/* session tickets, which go with the next records */
	struct scratch *scratch;
	int reason;			/* after E_TLS, E_PEER, E_VERIFY: the library's SSL_R_ number */
	char why[192];			/* and what it says */
};

/* Make the connection's TLS state from ctx.  0 or -ENOMEM; done is safe after either. */
int stream_tls_init(struct stream_tls *t, SSL_CTX *ctx, int rfd, int wfd, struct scratch *sc);

/* The handshake may have to wait for another process of ours (E_WANT_ANSWER): wake(ssl, arg) is called
 * when it can go on.  Not before may it be asked to. */
void stream_tls_waits(struct stream_tls *t, SSL_async_callback_fn wake, void *arg);
void stream_tls_done(struct stream_tls *t);

/* 0 when both sides are satisfied; E_WANT_READ, E_WANT_WRITE, E_WANT_ANSWER, E_EOF, E_VERIFY, E_PEER (it sent a
 * fatal alert), E_DENIED (of an unwanted hello; nothing is sent), E_TLS, or -errno.  On failure, what alert there is has been sent as far as possible. */
int stream_tls_handshake(struct stream_tls *t);

#endif

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/err.h"
#include "tunnel/tls/stream.h"
#include "tunnel/tls/tlsstate.h"
#include "tunnel/tls/tlserr.h"

/* What waited goes before whatever is written now: the peer counts the records. */
static void
take_late(struct stream_tls *t)
{
	struct scratch *sc = t->scratch;
	size_t n = buf_len(&t->late);

	if (n == 0)
		return;
	if (buf_len(&t->out) == 0 && n <= sizeof sc->cipher - SCRATCH_PLAIN) {
		memcpy(sc->cipher, buf_head(&t->late), n);
		sc->cipher_n = n;
	} else {
		buf_put(&t->out, buf_head(&t->late), n);
	}
	buf_done(&t->late);
	t->late = (struct buf)BUF_INIT;
}

/* The library writes record by record.  They gather here, so that one system call carries as
 * many as one write of ours made; only what the kernel refuses is kept in memory of its own. */
static int
gather_write(BIO *b, const char *data, size_t n, size_t *put)
{
	struct stream_tls *t = BIO_get_data(b);
	struct scratch *sc = t->scratch;

	take_late(t);
	if (buf_len(&t->out) == 0 && sc->cipher_n + n <= sizeof sc->cipher) {
		memcpy(sc->cipher + sc->cipher_n, data, n);
		sc->cipher_n += n;
	} else {
		buf_put(&t->out, sc->cipher, sc->cipher_n);
		sc->cipher_n = 0;
		buf_put(&t->out, data, n);
	}
	*put = n;
	return t->out.err == 0;
}

/* After a short read there is nothing more: the kernel is not asked a second time. */
static int
gather_read(BIO *b, char *dst, size_t n, size_t *got)
{
	struct stream_tls *t = BIO_get_data(b);
	ssize_t r = -1;

	BIO_clear_retry_flags(b);
	if (n > STREAM_TLS_READ)
		n = STREAM_TLS_READ;
	if (!t->s.drained) {
		do
			r = read(t->rfd, dst, n);
		while (r < 0 && errno == EINTR);
		t->eof = r == 0;
		t->s.drained = r > 0 ? (size_t)r < n : r < 0 && errno == EAGAIN;
	}
	if (r > 0)
		*got = (size_t)r;
	else if (t->s.drained)
		BIO_set_retry_read(b);
	return r > 0;
}

static long
gather_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	const struct stream_tls *t = BIO_get_data(b);

	(void)num;
	(void)ptr;
	return cmd == BIO_CTRL_EOF ? t->eof : cmd == BIO_CTRL_FLUSH;
}

int
scratch_new(struct scratch **ret)
{
	struct scratch *sc = calloc(1, sizeof *sc);

	if (sc == NULL)
		return -ENOMEM;
	if ((sc->gather = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "gather")) == NULL) {
		free(sc);
		return -ENOMEM;
	}
	BIO_meth_set_read_ex(sc->gather, gather_read);
	BIO_meth_set_write_ex(sc->gather, gather_write);
	BIO_meth_set_ctrl(sc->gather, gather_ctrl);
	*ret = sc;
	return 0;
}

void
scratch_free(struct scratch *sc)
{
	if (sc == NULL)
		return;
	BIO_meth_free(sc->gather);
	free(sc);
}

static ssize_t
send_some(struct stream_tls *t, const void *src, size_t n, int flags)
{
	ssize_t put;

	do
		put = t->wfd_is_socket ? send(t->wfd, src, n, MSG_NOSIGNAL | flags) : write(t->wfd, src, n);
	while (put < 0 && errno == EINTR);
	if (put >= 0)
		return put;
	return errno == EAGAIN ? 0 : -errno;
}

/* Leaves the shared memory empty whatever happens: the next to use it is another connection. */
static int
send_gathered(struct stream_tls *t, int flags)
{
	struct scratch *sc = t->scratch;
	size_t n = sc->cipher_n;
	ssize_t put = 0;

	sc->cipher_n = 0;
	if (n > 0 && (put = send_some(t, sc->cipher, n, flags)) >= 0)
		buf_put(&t->out, sc->cipher + put, n - (size_t)put);
	return put < 0 ? (int)put : t->out.err;
}

static int
flush(struct stream_tls *t, int flags)
{
	ssize_t put;
	int r;

	if ((r = send_gathered(t, flags)) != 0)
		return r;
	while (buf_len(&t->out) > 0) {
		if ((put = send_some(t, buf_head(&t->out), buf_len(&t->out), flags)) <= 0)
			return put < 0 ? (int)put : E_WANT_WRITE;
		buf_consume(&t->out, (size_t)put);
	}
	buf_release(&t->out);
	return 0;
}

static int
tls_flush(struct stream *s)
{
	return flush((struct stream_tls *)s, 0);
}

/* A server's tickets wait for its first data: they save a packet, and one who never gets any data does
 * not come back for more. */
static int
keep_late(struct stream_tls *t)
{
	struct scratch *sc = t->scratch;

	if (!SSL_is_server(t->ssl) || SSL_version(t->ssl) < TLS1_3_VERSION || buf_len(&t->out) > 0)
		return tls_flush(&t->s);
	buf_put(&t->late, sc->cipher, sc->cipher_n);
	sc->cipher_n = 0;
	return t->late.err;
}

/* From the library's way of failing to ours; the queue's text is kept while it is still this
 * connection's. */
static int
tls_broke(struct stream_tls *t, int ret)
{
	int error = SSL_get_error(t->ssl, ret), saved = errno, reason;

	switch (error) {
	case SSL_ERROR_WANT_READ:
		return E_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return E_WANT_WRITE;
	case SSL_ERROR_WANT_ASYNC:
		return E_WANT_ANSWER;
	case SSL_ERROR_WANT_CLIENT_HELLO_CB:	/* it was said to be unwanted */
		return E_DENIED;
	case SSL_ERROR_ZERO_RETURN:	/* the library ignores the difference, or it would write no more */
		return t->eof ? E_EOF : 0;
	case SSL_ERROR_SYSCALL:
		ERR_clear_error();
		return saved == 0 ? E_EOF : -saved;
	default:
		reason = t->reason = ERR_GET_REASON(ERR_peek_error());
		tls_error(t->why, sizeof t->why);
		t->alerted = t->scratch->cipher_n > 0 || buf_len(&t->out) > 0 || reason > SSL_AD_REASON_OFFSET;
		if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
			return E_EOF;
		if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
			return E_VERIFY;
		return reason > SSL_AD_REASON_OFFSET ? E_PEER : E_TLS;
	}
}

/* Several records a call: the other side is then written in large pieces. */
static ssize_t
tls_read(struct stream *s, void *dst, size_t n)
{
	struct stream_tls *t = (struct stream_tls *)s;
	size_t at = 0, got;
	int r = 0;

	if (t->ended_set)
		return t->ended;
	if (!s->remembers)
		s->drained = 0;
	ERR_clear_error();
	while (at < n) {
		errno = 0;
		if ((r = SSL_read_ex(t->ssl, (uint8_t *)dst + at, n - at, &got)) != 1)
			break;
		at += got;
	}
	if (r == 1)
		return (ssize_t)at;
	r = tls_broke(t, r);
	send_gathered(t, 0);		/* answers to key updates, or an alert */
	if (r != E_WANT_READ && r != E_WANT_WRITE) {
		t->ended = r;
		t->ended_set = 1;
	}
	return at > 0 ? (ssize_t)at : r;
}

static ssize_t
tls_write(struct stream *s, const void *src, size_t n)
{
	struct stream_tls *t = (struct stream_tls *)s;
	size_t at = 0, put;
	int r = 1;

	if (buf_len(&t->out) > 0)
		return E_WANT_WRITE;
	ERR_clear_error();
	while (at < n && (r = SSL_write_ex(t->ssl, (const uint8_t *)src + at, n - at, &put)) == 1)
		at += put;
	if (r != 1)
		r = tls_broke(t, r);
	else
		r = send_gathered(t, 0);
	if (r < 0)
		t->scratch->cipher_n = 0;
	return r < 0 ? r : (ssize_t)at;
}

static int
tls_shut(struct stream *s)
{
	struct stream_tls *t = (struct stream_tls *)s;
	int r;

	if (t->ended_set && t->ended != 0 && t->ended != E_EOF)	/* nobody is there to be told */
		return 0;
	ERR_clear_error();
	if ((SSL_get_shutdown(t->ssl) & SSL_SENT_SHUTDOWN) == 0 && (r = SSL_shutdown(t->ssl)) < 0 &&
	    (r = tls_broke(t, r)) != E_WANT_READ) {
		t->scratch->cipher_n = 0;
		return r;
	}
	return flush(t, t->ended_set ? MSG_MORE : 0);	/* both have said farewell: it goes with the end */
}

static const struct stream_ops tls_ops = { tls_read, tls_write, tls_flush, tls_shut };

int
stream_tls_init(struct stream_tls *t, SSL_CTX *ctx, int rfd, int wfd, struct scratch *sc)
{
	BIO *both;
	struct stat st;

	*t = (struct stream_tls){ .s.ops = &tls_ops, .rfd = rfd, .wfd = wfd, .out = BUF_INIT, .late = BUF_INIT, .scratch = sc,
	    .wfd_is_socket = fstat(wfd, &st) == 0 && S_ISSOCK(st.st_mode) };
	if ((t->ssl = SSL_new(ctx)) == NULL)
		return -ENOMEM;
	if ((both = BIO_new(sc->gather)) == NULL)
		return -ENOMEM;
	BIO_set_data(both, t);
	BIO_set_init(both, 1);
	SSL_set_bio(t->ssl, both, both);
	if (tls_state_of(ctx)->conf->client)
		SSL_set_connect_state(t->ssl);
	else
		SSL_set_accept_state(t->ssl);
	return 0;
}

void
stream_tls_waits(struct stream_tls *t, SSL_async_callback_fn wake, void *arg)
{
	SSL_set_mode(t->ssl, SSL_MODE_ASYNC);
	SSL_set_async_callback(t->ssl, wake);
	SSL_set_async_callback_arg(t->ssl, arg);
}

/* A handshake put aside has a stack of its own, which the library gives back only when it ends: it is
 * resumed without what it waits for, and fails. */
static void
give_up_waiting(struct stream_tls *t)
{
	if (t->ssl == NULL || !SSL_waiting_for_async(t->ssl))
		return;
	SSL_do_handshake(t->ssl);
	ERR_clear_error();
	t->scratch->cipher_n = 0;
}

void
stream_tls_done(struct stream_tls *t)
{
	give_up_waiting(t);
	SSL_free(t->ssl);
	t->ssl = NULL;
	buf_done(&t->out);
	buf_done(&t->late);
}

int
stream_tls_handshake(struct stream_tls *t)
{
	int r, sent;

	if ((r = tls_flush(&t->s)) != 0)
		return r;
	if (!SSL_waiting_for_async(t->ssl))
		t->s.drained = 0;
	ERR_clear_error();
	errno = 0;
	r = SSL_do_handshake(t->ssl);
	if (r == 1) {
		SSL_clear_mode(t->ssl, SSL_MODE_ASYNC);
		return keep_late(t);
	}
	r = tls_broke(t, r);
	sent = tls_flush(&t->s);
	if (r == E_WANT_READ && sent != 0)
		return sent;
	return r == 0 ? E_EOF : r;
}

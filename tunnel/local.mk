# libtlspipe.a: TLS contexts, who is let in, streams, and the relay between two of them
noinst_LIBRARIES += tunnel/libtlspipe.a
tunnel_libtlspipe_a_SOURCES = \
	tunnel/duplex.c tunnel/duplex.h tunnel/peercert.c tunnel/peercert.h tunnel/relay.c tunnel/relay.h \
	tunnel/stream.h tunnel/stream_tcp.c tunnel/stream_tls.c tunnel/tlsctx.c tunnel/tlsctx.h \
	tunnel/verify.c tunnel/verify.h
TLSPIPE_LIBS = tunnel/libtlspipe.a $(BASE_LIBS) $(OPENSSL_LIBS)

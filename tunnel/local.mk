# libtlspipe.a: TLS contexts, who is let in, streams, and the relay between two of them
noinst_LIBRARIES += tunnel/libtlspipe.a tunnel/libtunnel.a
tunnel_libtlspipe_a_SOURCES = \
	tunnel/duplex.c tunnel/duplex.h tunnel/peercert.c tunnel/peercert.h tunnel/relay.c tunnel/relay.h \
	tunnel/stream.h tunnel/stream_tcp.c tunnel/stream_tls.c tunnel/syscalls.h tunnel/tlsctx.c tunnel/tlsctx.h \
	tunnel/verify.c tunnel/verify.h
TLSPIPE_LIBS = tunnel/libtlspipe.a $(BASE_LIBS) $(OPENSSL_LIBS)

# libtunnel.a: the configuration and the processes of the forwarder
tunnel_libtunnel_a_SOURCES = \
	tunnel/check.c tunnel/check.h tunnel/conf.h tunnel/conn.c tunnel/conn.h tunnel/ctl.c tunnel/ctl.h \
	tunnel/identity.c tunnel/identity.h tunnel/listener.c tunnel/listener.h tunnel/load.c tunnel/load.h \
	tunnel/master.c tunnel/master.h tunnel/reload.c tunnel/reload.h tunnel/roles.c tunnel/roles.h \
	tunnel/service.c tunnel/service.h tunnel/sockopt.c tunnel/sockopt.h tunnel/table.c tunnel/table.h \
	tunnel/target.c tunnel/target.h tunnel/tlsname.c tunnel/tlsname.h tunnel/worker.c tunnel/worker.h
TUNNEL_LIBS = tunnel/libtunnel.a $(TLSPIPE_LIBS)

bin_PROGRAMS += sallyport-tunnel
sallyport_tunnel_SOURCES = tunnel/main.c
sallyport_tunnel_LDADD = $(TUNNEL_LIBS)

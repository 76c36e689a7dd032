# libtlspipe.a: TLS contexts, who is let in, streams, and the relay between two of them
noinst_LIBRARIES += tunnel/libtlspipe.a tunnel/libtunnel.a
tunnel_libtlspipe_a_SOURCES = \
	tunnel/duplex.c tunnel/duplex.h tunnel/keyfile.c tunnel/keyfile.h tunnel/keyring.c tunnel/keyring.h tunnel/ocsp.c tunnel/ocsp.h tunnel/peercert.c tunnel/peercert.h tunnel/psk.c tunnel/psk.h tunnel/relay.c tunnel/relay.h tunnel/remotekey.c tunnel/remotekey.h tunnel/resume.c tunnel/resume.h tunnel/revoke.c tunnel/revoke.h tunnel/tlsform.c tunnel/tlsform.h \
	tunnel/stream.h tunnel/stream_tcp.c tunnel/stream_tls.c tunnel/syscalls.h tunnel/ticket.c tunnel/ticket.h tunnel/tlsctx.c tunnel/tlsctx.h \
	tunnel/verify.c tunnel/verify.h
TLSPIPE_LIBS = tunnel/libtlspipe.a $(BASE_LIBS) $(OPENSSL_LIBS)

# libtunnel.a: the configuration and the processes of the forwarder
tunnel_libtunnel_a_SOURCES = \
	tunnel/ask.c tunnel/ask.h tunnel/askident.c tunnel/board.c tunnel/board.h tunnel/check.c tunnel/check.h tunnel/conf.h tunnel/announce.c tunnel/conn.c tunnel/conn.h tunnel/connect.c tunnel/connphase.h tunnel/ctl.c tunnel/ctl.h \
	tunnel/execute.c tunnel/errand.c tunnel/errand.h tunnel/handshake.c tunnel/identd.c tunnel/identd.h tunnel/identity.c tunnel/identity.h tunnel/listener.c tunnel/listener.h tunnel/judge.c tunnel/limit.c tunnel/limit.h tunnel/load.c tunnel/load.h \
	tunnel/children.c tunnel/master.c tunnel/master.h tunnel/master_rooms.h tunnel/metrics.c tunnel/metrics.h tunnel/negotiate.c tunnel/ntlm.c tunnel/ntlm.h tunnel/proxy.c tunnel/proxy.h tunnel/recheck.c tunnel/refusal.c tunnel/refusal.h tunnel/reload.c tunnel/reload.h tunnel/revocations.c tunnel/revocations.h tunnel/roles.c tunnel/roles.h \
	tunnel/runner.c tunnel/runner.h tunnel/runners.c tunnel/runners.h tunnel/seek.c tunnel/service.c tunnel/service.h tunnel/sni.c tunnel/sni.h tunnel/sockopt.c tunnel/sockopt.h tunnel/spawn.c tunnel/spawn.h \
	tunnel/spawnmsg.h tunnel/summary.c tunnel/staple.c tunnel/staple.h tunnel/starttls.c tunnel/starttls.h tunnel/starttls_bytes.c \
	tunnel/starttls_http.c tunnel/starttls_mail.c tunnel/starttls_socks.c tunnel/table.c tunnel/table.h \
	tunnel/takeover.c tunnel/takeover.h tunnel/target.c tunnel/target.h tunnel/vault.c tunnel/vault.h tunnel/vaultask.c tunnel/vaultask.h tunnel/vaultmsg.h tunnel/tlsname.c tunnel/tlsname.h tunnel/transfer.c tunnel/watch.c tunnel/watch.h tunnel/worker.c tunnel/worker.h tunnel/wrap.c tunnel/wrapper.c tunnel/wrapper.h
if HAVE_MICROHTTPD
tunnel_libtunnel_a_SOURCES += tunnel/exporter.c tunnel/exporter.h
endif
TUNNEL_LIBS = tunnel/libtunnel.a $(TLSPIPE_LIBS) $(MICROHTTPD_LIBS)

bin_PROGRAMS += sallyport-tunnel
sallyport_tunnel_SOURCES = tunnel/main.c
sallyport_tunnel_LDADD = $(TUNNEL_LIBS)

UNITS += t/unit/check_tunnel_board t/unit/check_tunnel_listener t/unit/check_tunnel_limit t/unit/check_tunnel_metrics t/unit/check_tunnel_revoke t/unit/check_tunnel_check t/unit/check_tunnel_identd t/unit/check_tunnel_load t/unit/check_tunnel_ntlm t/unit/check_tunnel_proxy t/unit/check_tunnel_psk t/unit/check_tunnel_ticket t/unit/check_tunnel_relay t/unit/check_tunnel_table \
	t/unit/check_tunnel_starttls t/unit/check_tunnel_ocsp t/unit/check_tunnel_tlsform t/unit/check_tunnel_verify
t_unit_check_tunnel_ocsp_SOURCES = t/unit/check_tunnel_ocsp.c t/unit/unit.h
t_unit_check_tunnel_ocsp_LDADD = $(TLSPIPE_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_tlsform_SOURCES = t/unit/check_tunnel_tlsform.c t/unit/unit.h
t_unit_check_tunnel_tlsform_LDADD = $(TLSPIPE_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_listener_SOURCES = t/unit/check_tunnel_listener.c t/unit/unit.h
t_unit_check_tunnel_listener_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_board_SOURCES = t/unit/check_tunnel_board.c t/unit/unit.h
t_unit_check_tunnel_board_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_metrics_SOURCES = t/unit/check_tunnel_metrics.c t/unit/unit.h
t_unit_check_tunnel_metrics_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_revoke_SOURCES = t/unit/check_tunnel_revoke.c t/unit/unit.h
t_unit_check_tunnel_revoke_LDADD = $(TLSPIPE_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_limit_SOURCES = t/unit/check_tunnel_limit.c t/unit/unit.h
t_unit_check_tunnel_limit_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_check_SOURCES = t/unit/check_tunnel_check.c t/unit/unit.h
t_unit_check_tunnel_check_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_identd_SOURCES = t/unit/check_tunnel_identd.c t/unit/unit.h
t_unit_check_tunnel_identd_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_load_SOURCES = t/unit/check_tunnel_load.c t/unit/unit.h
t_unit_check_tunnel_load_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_ntlm_SOURCES = t/unit/check_tunnel_ntlm.c t/unit/unit.h
t_unit_check_tunnel_ntlm_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_proxy_SOURCES = t/unit/check_tunnel_proxy.c t/unit/unit.h
t_unit_check_tunnel_proxy_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_psk_SOURCES = t/unit/check_tunnel_psk.c t/unit/unit.h
t_unit_check_tunnel_psk_LDADD = $(TLSPIPE_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_ticket_SOURCES = t/unit/check_tunnel_ticket.c t/unit/unit.h
t_unit_check_tunnel_ticket_LDADD = $(TLSPIPE_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_relay_SOURCES = t/unit/check_tunnel_relay.c t/unit/unit.h
t_unit_check_tunnel_relay_LDADD = $(TLSPIPE_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_starttls_SOURCES = t/unit/check_tunnel_starttls.c t/unit/unit.h
t_unit_check_tunnel_starttls_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_table_SOURCES = t/unit/check_tunnel_table.c t/unit/unit.h
t_unit_check_tunnel_table_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_verify_SOURCES = t/unit/check_tunnel_verify.c t/unit/unit.h
t_unit_check_tunnel_verify_LDADD = $(TLSPIPE_LIBS) $(UNIT_LIBS)

check_PROGRAMS += t/tool/peer
t_tool_peer_SOURCES = t/tool/peer.c
check_PROGRAMS += t/tool/seize t/tool/doors
t_tool_doors_SOURCES = t/tool/doors.c
t_tool_doors_LDADD = $(OPENSSL_LIBS) -lpthread
t_tool_seize_SOURCES = t/tool/seize.c
t_tool_seize_LDADD = tunnel/libtlspipe.a $(BASE_LIBS)
EXTRA_DIST += t/tls.sh
SCRIPTS_T += t/500-tunnel-config.t t/501-tunnel-transfer.t t/502-tunnel-halfclose.t t/503-tunnel-verify.t \
	t/504-tunnel-badpeers.t t/505-tunnel-reload.t t/506-tunnel-process.t t/507-tunnel-timeouts.t \
	t/508-tunnel-include.t t/509-tunnel-exec.t t/510-tunnel-proxy.t t/511-tunnel-psk.t t/512-tunnel-sni.t t/513-tunnel-sessions.t t/514-tunnel-notify.t \
	t/515-tunnel-starttls.t t/516-tunnel-ocsp.t t/517-tunnel-keys.t t/518-tunnel-ends.t t/519-tunnel-real-files.t \
	t/520-tunnel-bad-certs.t t/521-tunnel-pairs.t t/522-tunnel-testssl.t t/523-tunnel-vault.t t/524-tunnel-limits.t t/525-tunnel-drain.t t/526-tunnel-rates.t t/527-tunnel-revoke.t t/528-tunnel-watch.t t/529-tunnel-takeover.t t/530-tunnel-metrics.t t/531-tunnel-starved.t t/532-tunnel-cut.t t/533-tunnel-backends.t t/534-tunnel-storm.t \
	t/540-tunnel-ident.t t/541-tunnel-options.t t/542-tunnel-log-lines.t \
	t/543-tunnel-verify-client.t t/544-tunnel-resumption.t t/545-tunnel-paths.t t/546-tunnel-seized.t t/547-tunnel-errands.t t/548-tunnel-weak.t t/549-tunnel-helpers.t t/550-tunnel-inside.t t/551-tunnel-doors.t

FUZZERS += fuzz/fuzz_tunnel_load
fuzz_fuzz_tunnel_load_SOURCES = fuzz/fuzz_tunnel_load.c $(REPLAY)
fuzz_fuzz_tunnel_load_LDADD = $(TUNNEL_LIBS)
FUZZERS += fuzz/fuzz_tunnel_starttls
fuzz_fuzz_tunnel_starttls_SOURCES = fuzz/fuzz_tunnel_starttls.c $(REPLAY)
fuzz_fuzz_tunnel_starttls_LDADD = $(TUNNEL_LIBS)

dist_man_MANS += man/sallyport-tunnel.8
EXTRA_DIST += doc/tunnel.md bench/tunnel

# --enable-compat-names: the names that unit files and scripts know
if COMPAT_NAMES
install-exec-local:
	$(MKDIR_P) "$(DESTDIR)$(bindir)"
	for name in stunnel stunnel4 stunnel5; do ln -sf sallyport-tunnel "$(DESTDIR)$(bindir)/$$name" || exit 1; done
uninstall-local:
	for name in stunnel stunnel4 stunnel5; do rm -f "$(DESTDIR)$(bindir)/$$name"; done
endif

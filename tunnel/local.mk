# libtlspipe.a: TLS contexts, who is let in, streams, and the relay between two of them
noinst_LIBRARIES += tunnel/libtlspipe.a tunnel/libtunnel.a
tunnel_libtlspipe_a_SOURCES = \
	tunnel/tls/cert_names.c tunnel/tls/cert_names.h tunnel/tls/credentials.c tunnel/tls/credentials.h tunnel/tls/provider.c tunnel/tls/provider.h \
	tunnel/tls/psk_handshake.c tunnel/tls/psk_handshake.h tunnel/tls/session_cache.c tunnel/tls/session_cache.h tunnel/tls/session_store.c tunnel/tls/session_store.h \
	tunnel/tls/session_ticket.c tunnel/tls/session_ticket.h tunnel/tls/tlsconf.h tunnel/tls/tlssettings.c \
	tunnel/tls/tlssettings.h tunnel/tls/tlsstate.c tunnel/tls/tlsstate.h \
	tunnel/tls/duplex.c tunnel/tls/duplex.h tunnel/tls/judge.c tunnel/tls/judge.h tunnel/tls/keyfile.c tunnel/tls/keyfile.h tunnel/tls/keyring.c \
	tunnel/tls/keyring.h tunnel/tls/libheap.c tunnel/tls/libheap.h tunnel/tls/ocsp.c tunnel/tls/ocsp.h tunnel/tls/peercert.c tunnel/tls/peercert.h tunnel/tls/psk.c \
	tunnel/tls/psk.h tunnel/tls/relay.c tunnel/tls/relay.h tunnel/tls/remotekey.c tunnel/tls/remotekey.h \
	tunnel/tls/resume.c tunnel/tls/resume.h tunnel/tls/crl_check.c tunnel/tls/crl_check.h tunnel/tls/stream.h \
	tunnel/tls/stream_tcp.c tunnel/tls/stream_tls.c tunnel/tls/ticket.c tunnel/tls/ticket.h tunnel/tls/tlsctx.c \
	tunnel/tls/tlsctx.h tunnel/tls/tlserr.c tunnel/tls/tlserr.h tunnel/tls/tlsform.c tunnel/tls/tlsform.h tunnel/tls/trust.c tunnel/tls/trust.h tunnel/tls/verify.c tunnel/tls/verify.h \
	tunnel/ipc/syscalls.h
TLSPIPE_LIBS = tunnel/libtlspipe.a $(BASE_LIBS) $(OPENSSL_LIBS)

# libtunnel.a: the configuration and the processes of the forwarder
tunnel_libtunnel_a_SOURCES = \
	tunnel/conf/check.c tunnel/conf/check.h tunnel/conf/conf.h tunnel/conf/load.c tunnel/conf/load.h \
	tunnel/conf/sockopt.c tunnel/conf/sockopt.h \
	tunnel/conf/table.c tunnel/conf/table.h tunnel/conf/target.c tunnel/conf/target.h tunnel/conf/tlsname.c \
	tunnel/conf/tlsname.h tunnel/conn/conn.c tunnel/conn/conn.h tunnel/conn/connect_phase.c tunnel/conn/conn_internal.h \
	tunnel/conn/crl_recheck.c tunnel/conn/exec_phase.c tunnel/conn/handshake_phase.c tunnel/conn/ident_phase.c \
	tunnel/conn/libwrap_phase.c tunnel/conn/ocsp_phase.c tunnel/conn/phases.c tunnel/conn/proxy_header.c tunnel/conn/relay_phase.c \
	tunnel/conn/starttls_phase.c tunnel/conn/summary.c tunnel/conn/target_phase.c tunnel/conn/worker.c \
	tunnel/conn/worker.h tunnel/helper/channels.c tunnel/helper/channels.h tunnel/helper/helper_child.c tunnel/helper/helper_child.h tunnel/helper/helper_children.c tunnel/helper/helper_children.h \
	tunnel/helper/spawn.c tunnel/helper/spawn.h tunnel/helper/vault.c tunnel/helper/vault.h tunnel/ipc/spawn_client.c \
	tunnel/ipc/spawn_client.h tunnel/ipc/ctl.c tunnel/ipc/ctl.h tunnel/ipc/async_job.c tunnel/ipc/async_job.h tunnel/ipc/identity.c \
	tunnel/ipc/identity.h tunnel/ipc/spawnmsg.h tunnel/ipc/vault_client.c tunnel/ipc/vault_client.h tunnel/ipc/vaultmsg.h \
	tunnel/master/children.c tunnel/master/file_watch.c tunnel/master/file_watch.h tunnel/master/master.c \
	tunnel/master/master.h tunnel/master/master_internal.h tunnel/master/reload.c tunnel/master/reload.h \
	tunnel/master/why.c tunnel/master/why.h tunnel/master/walls.c tunnel/master/walls.h tunnel/master/takeover.c tunnel/master/takeover.h tunnel/proto/identd.c tunnel/proto/identd.h tunnel/proto/libwrap.c \
	tunnel/proto/libwrap.h tunnel/proto/ntlm.c tunnel/proto/ntlm.h tunnel/proto/proxy.c tunnel/proto/proxy.h \
	tunnel/proto/starttls.c tunnel/proto/starttls.h tunnel/proto/starttls_bytes.c tunnel/proto/starttls_http.c \
	tunnel/proto/starttls_mail.c tunnel/proto/starttls_socks.c tunnel/service/scoreboard.c tunnel/service/scoreboard.h \
	tunnel/service/limit.c tunnel/service/limit.h tunnel/service/listener.c tunnel/service/listener.h \
	tunnel/service/metrics.c tunnel/service/metrics.h tunnel/service/refusal.c tunnel/service/refusal.h \
	tunnel/service/crl_share.c tunnel/service/crl_share.h tunnel/service/roles.c tunnel/service/roles.h \
	tunnel/service/service.c tunnel/service/service.h tunnel/service/service_build.c tunnel/service/service_build.h tunnel/service/sni.c tunnel/service/sni.h tunnel/service/staple.c \
	tunnel/service/staple.h
if HAVE_MICROHTTPD
tunnel_libtunnel_a_SOURCES += tunnel/helper/exporter.c tunnel/helper/exporter.h
endif
TUNNEL_LIBS = tunnel/libtunnel.a $(HTTP_LIBS) $(TLSPIPE_LIBS)

bin_PROGRAMS += sallyport-tunnel
sallyport_tunnel_SOURCES = tunnel/master/main.c
sallyport_tunnel_LDADD = $(TUNNEL_LIBS)

UNITS += t/unit/check_tunnel_cert_names t/unit/check_tunnel_scoreboard t/unit/check_tunnel_limit t/unit/check_tunnel_metrics t/unit/check_tunnel_crl_check t/unit/check_tunnel_check t/unit/check_tunnel_identd t/unit/check_tunnel_load t/unit/check_tunnel_ntlm t/unit/check_tunnel_proxy t/unit/check_tunnel_psk t/unit/check_tunnel_ticket t/unit/check_tunnel_relay t/unit/check_tunnel_table \
	t/unit/check_tunnel_starttls t/unit/check_tunnel_ocsp t/unit/check_tunnel_tlsform t/unit/check_tunnel_verify t/unit/check_tunnel_session_store
t_unit_check_tunnel_cert_names_LDADD = $(TLSPIPE_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_ocsp_LDADD = $(TLSPIPE_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_tlsform_LDADD = $(TLSPIPE_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_scoreboard_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_metrics_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_crl_check_LDADD = $(TLSPIPE_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_limit_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_check_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_identd_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_load_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_ntlm_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_proxy_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_psk_LDADD = $(TLSPIPE_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_ticket_LDADD = $(TLSPIPE_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_relay_LDADD = $(TLSPIPE_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_starttls_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_table_LDADD = $(TUNNEL_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_session_store_LDADD = $(TLSPIPE_LIBS) $(UNIT_LIBS)
t_unit_check_tunnel_verify_LDADD = $(TLSPIPE_LIBS) $(UNIT_LIBS)

check_PROGRAMS += t/tool/peer
t_tool_peer_SOURCES = t/tool/peer.c
check_PROGRAMS += t/tool/seize t/tool/doors
t_tool_doors_SOURCES = t/tool/doors.c
t_tool_doors_LDADD = $(OPENSSL_LIBS) -lpthread
t_tool_seize_SOURCES = t/tool/seize.c
t_tool_seize_LDADD = tunnel/libtlspipe.a $(BASE_LIBS)
EXTRA_DIST += t/lib/tunnel.sh t/lib/logs_beside.py
SCRIPTS_T += t/tunnel/config/500-tunnel-config.t t/tunnel/relay/501-tunnel-transfer.t t/tunnel/relay/502-tunnel-halfclose.t t/tunnel/tls/503-tunnel-verify.t \
	t/tunnel/limits/504-tunnel-badpeers.t t/tunnel/config/505-tunnel-reload.t t/tunnel/process/506-tunnel-process.t t/tunnel/limits/507-tunnel-timeouts.t \
	t/tunnel/config/508-tunnel-include.t t/tunnel/relay/509-tunnel-exec.t t/tunnel/relay/510-tunnel-proxy.t t/tunnel/tls/511-tunnel-psk.t t/tunnel/tls/512-tunnel-sni.t t/tunnel/tls/513-tunnel-sessions.t t/tunnel/relay/514-tunnel-notify.t \
	t/tunnel/relay/515-tunnel-starttls.t t/tunnel/tls/516-tunnel-ocsp.t t/tunnel/tls/517-tunnel-keys.t t/tunnel/relay/518-tunnel-ends.t t/tunnel/config/519-tunnel-real-files.t \
	t/tunnel/tls/520-tunnel-bad-certs.t t/tunnel/config/521-tunnel-pairs.t t/tunnel/tls/522-tunnel-testssl.t t/tunnel/tls/523-tunnel-vault.t t/tunnel/limits/524-tunnel-limits.t t/tunnel/process/525-tunnel-drain.t t/tunnel/limits/526-tunnel-rates.t t/tunnel/tls/527-tunnel-revoke.t t/tunnel/process/528-tunnel-watch.t t/tunnel/process/529-tunnel-takeover.t t/tunnel/process/530-tunnel-metrics.t t/tunnel/limits/531-tunnel-starved.t t/tunnel/limits/532-tunnel-cut.t t/tunnel/relay/533-tunnel-backends.t t/tunnel/limits/534-tunnel-storm.t \
	t/tunnel/process/540-tunnel-ident.t t/tunnel/config/541-tunnel-options.t t/tunnel/config/542-tunnel-log-lines.t \
	t/tunnel/tls/543-tunnel-verify-client.t t/tunnel/tls/544-tunnel-resumption.t t/tunnel/process/545-tunnel-paths.t t/tunnel/process/546-tunnel-seized.t t/tunnel/process/547-tunnel-errands.t t/tunnel/tls/548-tunnel-weak.t t/tunnel/process/549-tunnel-helpers.t t/tunnel/process/550-tunnel-inside.t t/tunnel/process/551-tunnel-doors.t t/tunnel/config/552-tunnel-log-beside.t t/tunnel/config/553-tunnel-starts.t t/tunnel/tls/554-tunnel-client-sessions.t t/tunnel/limits/555-tunnel-memory.t t/tunnel/process/556-tunnel-filters.t t/tunnel/relay/557-tunnel-sizes.t t/tunnel/tls/558-tunnel-why.t

FUZZERS += fuzz/fuzz_tunnel_load
fuzz_fuzz_tunnel_load_SOURCES = fuzz/fuzz_tunnel_load.c $(REPLAY)
fuzz_fuzz_tunnel_load_LDADD = $(TUNNEL_LIBS)
FUZZERS += fuzz/fuzz_tunnel_starttls
fuzz_fuzz_tunnel_starttls_SOURCES = fuzz/fuzz_tunnel_starttls.c $(REPLAY)
fuzz_fuzz_tunnel_starttls_LDADD = $(TUNNEL_LIBS)

dist_man_MANS += man/sallyport-tunnel.8 man/sallyport-tunnel.conf.5
EXTRA_DIST += doc/tunnel.md bench/tunnel

# --enable-compat-names: the names that unit files and scripts know
if COMPAT_NAMES
install-exec-local:
	$(MKDIR_P) "$(DESTDIR)$(bindir)"
	for name in stunnel stunnel4 stunnel5; do ln -sf sallyport-tunnel "$(DESTDIR)$(bindir)/$$name" || exit 1; done
	ln -sf sallyport-rsync "$(DESTDIR)$(bindir)/rsync-ssl"
uninstall-local:
	for name in stunnel stunnel4 stunnel5 rsync-ssl; do rm -f "$(DESTDIR)$(bindir)/$$name"; done
endif

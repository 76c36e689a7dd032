# Units, fuzzers and scripts that attack syncd.  A unit links its own room and what that may call.
SYNCD_UNITS = \
	t/unit/check_wire_args \
	t/unit/check_wire_compat \
	t/unit/check_wire_filter \
	t/unit/check_wire_flist \
	t/unit/check_wire_hello t/unit/check_wire_proxy_in \
	t/unit/check_wire_int \
	t/unit/check_wire_mux \
	t/unit/check_wire_ndx \
	t/unit/check_wire_sum \
	t/unit/check_wire_token \
	t/unit/check_delta_decompress \
	t/unit/check_delta_match \
	t/unit/check_delta_rolling \
	t/unit/check_delta_compress \
	t/unit/check_delta_strong \
	t/unit/check_fs_root \
	t/unit/check_fs_tree \
	t/unit/check_fs_walk t/unit/check_fs_sum_cache \
	t/unit/check_policy_hosts \
	t/unit/check_policy_chmod \
	t/unit/check_policy_conf \
	t/unit/check_policy_symlink_safety \
	t/unit/check_policy_path \
	t/unit/check_policy_similar \
	t/unit/check_policy_hook t/unit/check_policy_identity t/unit/check_policy_log_format t/unit/check_policy_login \
	t/unit/check_policy_module \
	t/unit/check_policy_options \
	t/unit/check_policy_refuse \
	t/unit/check_policy_rule_text \
	t/unit/check_policy_rules \
	t/unit/check_policy_wild \
	t/unit/check_session_charset \
	t/unit/check_push_hardlinks \
	t/unit/check_push_ids \
	t/unit/check_push_flist_in \
	t/unit/check_push_xattr_cache \
	t/unit/check_pull_flist \
	t/unit/check_push_file_write \
	t/unit/check_session_peer \
	t/unit/check_push_requests \
	t/unit/check_push_sums \
	t/unit/check_syncd_boot t/unit/check_syncd_module_list \
	t/unit/check_syncd_monitor t/unit/check_syncd_roles t/unit/check_syncd_standing t/unit/check_syncd_tally t/unit/check_syncd_ledger_file t/unit/check_syncd_ledger_signer
UNITS += $(SYNCD_UNITS)
t_unit_check_wire_args_LDADD = syncd/libwire.a $(UNIT_LIBS)
t_unit_check_wire_compat_LDADD = syncd/libwire.a $(UNIT_LIBS)
t_unit_check_wire_filter_LDADD = syncd/libwire.a $(UNIT_LIBS)
t_unit_check_wire_flist_LDADD = syncd/libwire.a $(UNIT_LIBS)
t_unit_check_wire_proxy_in_LDADD = syncd/libwire.a $(UNIT_LIBS)
t_unit_check_wire_hello_LDADD = syncd/libwire.a $(UNIT_LIBS)
t_unit_check_wire_int_LDADD = syncd/libwire.a $(UNIT_LIBS)
t_unit_check_wire_mux_LDADD = syncd/libwire.a $(UNIT_LIBS)
t_unit_check_wire_ndx_LDADD = syncd/libwire.a $(UNIT_LIBS)
t_unit_check_wire_sum_LDADD = syncd/libwire.a $(UNIT_LIBS)
t_unit_check_wire_token_LDADD = syncd/libwire.a $(UNIT_LIBS)
t_unit_check_delta_decompress_LDADD = syncd/libdelta.a $(UNIT_LIBS) $(DELTA_LIBS)
t_unit_check_delta_match_LDADD = syncd/libdelta.a $(UNIT_LIBS) $(DELTA_LIBS)
t_unit_check_delta_rolling_LDADD = syncd/libdelta.a $(UNIT_LIBS) $(DELTA_LIBS)
t_unit_check_delta_compress_LDADD = syncd/libdelta.a $(UNIT_LIBS) $(DELTA_LIBS)
t_unit_check_delta_strong_LDADD = syncd/libdelta.a $(UNIT_LIBS) $(DELTA_LIBS)
t_unit_check_fs_root_LDADD = syncd/libfs.a $(UNIT_LIBS)
t_unit_check_fs_tree_LDADD = syncd/libfs.a $(UNIT_LIBS)
t_unit_check_fs_sum_cache_LDADD = syncd/libfs.a $(UNIT_LIBS) $(DELTA_LIBS)
t_unit_check_fs_walk_LDADD = syncd/libfs.a $(UNIT_LIBS)
t_unit_check_policy_hosts_LDADD = syncd/libpolicy.a $(UNIT_LIBS)
t_unit_check_policy_chmod_LDADD = syncd/libpolicy.a $(UNIT_LIBS)
t_unit_check_policy_conf_LDADD = syncd/libpolicy.a $(UNIT_LIBS)
t_unit_check_policy_hook_LDADD = syncd/libpolicy.a $(UNIT_LIBS)
t_unit_check_policy_identity_LDADD = syncd/libpolicy.a $(UNIT_LIBS)
t_unit_check_policy_log_format_LDADD = syncd/libpolicy.a $(UNIT_LIBS)
t_unit_check_policy_login_LDADD = syncd/libpolicy.a syncd/libdelta.a $(UNIT_LIBS) $(DELTA_LIBS)
t_unit_check_policy_path_LDADD = syncd/libpolicy.a $(UNIT_LIBS)
t_unit_check_policy_similar_LDADD = syncd/libpolicy.a $(UNIT_LIBS)
t_unit_check_policy_symlink_safety_LDADD = syncd/libpolicy.a $(UNIT_LIBS)
t_unit_check_policy_module_LDADD = syncd/libpolicy.a $(UNIT_LIBS)
t_unit_check_policy_options_LDADD = syncd/libpolicy.a $(UNIT_LIBS)
t_unit_check_policy_refuse_LDADD = syncd/libpolicy.a $(UNIT_LIBS)
t_unit_check_policy_rule_text_LDADD = syncd/libpolicy.a $(UNIT_LIBS)
t_unit_check_policy_rules_LDADD = syncd/libpolicy.a $(UNIT_LIBS)
t_unit_check_policy_wild_LDADD = syncd/libpolicy.a $(UNIT_LIBS)
t_unit_check_session_charset_LDADD = syncd/libsession.a $(UNIT_LIBS)
t_unit_check_push_ids_LDADD = $(SYNCD_PUSH_LIBS) $(UNIT_LIBS) $(DELTA_LIBS)
t_unit_check_push_flist_in_LDADD = $(SYNCD_PUSH_LIBS) $(UNIT_LIBS) $(DELTA_LIBS)
t_unit_check_push_hardlinks_LDADD = $(SYNCD_PUSH_LIBS) $(UNIT_LIBS) $(DELTA_LIBS)
t_unit_check_push_xattr_cache_LDADD = $(SYNCD_PUSH_LIBS) $(UNIT_LIBS) $(DELTA_LIBS)
t_unit_check_pull_flist_LDADD = $(SYNCD_PULL_LIBS) $(UNIT_LIBS) $(DELTA_LIBS)
t_unit_check_session_peer_LDADD = $(SYNCD_SESSION_LIBS) $(UNIT_LIBS) $(DELTA_LIBS)
t_unit_check_push_file_write_LDADD = $(SYNCD_PUSH_LIBS) $(UNIT_LIBS) $(DELTA_LIBS)
t_unit_check_push_requests_LDADD = $(SYNCD_PUSH_LIBS) $(UNIT_LIBS) $(DELTA_LIBS)
t_unit_check_push_sums_LDADD = $(SYNCD_PUSH_LIBS) $(UNIT_LIBS) $(DELTA_LIBS)
SYNCD_PULL_LIBS = syncd/libpull.a $(SYNCD_SESSION_LIBS)
SYNCD_PUSH_LIBS = syncd/libpush.a $(SYNCD_SESSION_LIBS)
SYNCD_SESSION_LIBS = syncd/libsession.a syncd/libpolicy.a syncd/libfs.a syncd/libdelta.a syncd/libwire.a

FUZZERS += fuzz/fuzz_wire_flist fuzz/fuzz_wire_ints fuzz/fuzz_wire_proxy fuzz/fuzz_wire_text fuzz/fuzz_policy_conf fuzz/fuzz_policy_rules \
	fuzz/fuzz_policy_options fuzz/fuzz_wild fuzz/fuzz_session_mux fuzz/fuzz_push_flist_in fuzz/fuzz_push_xattr_cache fuzz/fuzz_pull_files_from \
	fuzz/fuzz_delta_decompress fuzz/fuzz_policy_hosts fuzz/fuzz_policy_login fuzz/fuzz_policy_refuse
fuzz_fuzz_wire_flist_SOURCES = fuzz/fuzz_wire_flist.c $(REPLAY)
fuzz_fuzz_wire_flist_LDADD = syncd/libwire.a $(BASE_LIBS)
fuzz_fuzz_wire_ints_SOURCES = fuzz/fuzz_wire_ints.c $(REPLAY)
fuzz_fuzz_wire_ints_LDADD = syncd/libwire.a $(BASE_LIBS)
fuzz_fuzz_wire_proxy_SOURCES = fuzz/fuzz_wire_proxy.c $(REPLAY)
fuzz_fuzz_wire_proxy_LDADD = syncd/libwire.a $(BASE_LIBS)
fuzz_fuzz_wire_text_SOURCES = fuzz/fuzz_wire_text.c $(REPLAY)
fuzz_fuzz_wire_text_LDADD = syncd/libwire.a $(BASE_LIBS)
fuzz_fuzz_policy_conf_SOURCES = fuzz/fuzz_policy_conf.c $(REPLAY)
fuzz_fuzz_policy_conf_LDADD = syncd/libpolicy.a $(BASE_LIBS)
fuzz_fuzz_policy_rules_SOURCES = fuzz/fuzz_policy_rules.c $(REPLAY)
fuzz_fuzz_policy_rules_LDADD = syncd/libpolicy.a $(BASE_LIBS)
fuzz_fuzz_policy_options_SOURCES = fuzz/fuzz_policy_options.c $(REPLAY)
fuzz_fuzz_policy_options_LDADD = syncd/libpolicy.a $(BASE_LIBS)
fuzz_fuzz_wild_SOURCES = fuzz/fuzz_wild.c $(REPLAY)
fuzz_fuzz_wild_LDADD = syncd/libpolicy.a $(BASE_LIBS)
fuzz_fuzz_session_mux_SOURCES = fuzz/fuzz_session_mux.c $(REPLAY)
fuzz_fuzz_session_mux_LDADD = $(SYNCD_SESSION_LIBS) $(BASE_LIBS) $(DELTA_LIBS)
fuzz_fuzz_policy_hosts_SOURCES = fuzz/fuzz_policy_hosts.c $(REPLAY)
fuzz_fuzz_policy_hosts_LDADD = syncd/libpolicy.a $(BASE_LIBS)
fuzz_fuzz_policy_login_SOURCES = fuzz/fuzz_policy_login.c $(REPLAY)
fuzz_fuzz_policy_login_LDADD = syncd/libpolicy.a syncd/libdelta.a $(BASE_LIBS) $(DELTA_LIBS)
fuzz_fuzz_policy_refuse_SOURCES = fuzz/fuzz_policy_refuse.c $(REPLAY)
fuzz_fuzz_policy_refuse_LDADD = syncd/libpolicy.a $(BASE_LIBS)
fuzz_fuzz_pull_files_from_SOURCES = fuzz/fuzz_pull_files_from.c $(REPLAY)
fuzz_fuzz_pull_files_from_LDADD = $(SYNCD_PULL_LIBS) $(BASE_LIBS) $(DELTA_LIBS)
fuzz_fuzz_push_flist_in_SOURCES = fuzz/fuzz_push_flist_in.c $(REPLAY)
fuzz_fuzz_push_flist_in_LDADD = $(SYNCD_PUSH_LIBS) $(BASE_LIBS) $(DELTA_LIBS)
fuzz_fuzz_push_xattr_cache_SOURCES = fuzz/fuzz_push_xattr_cache.c $(REPLAY)
fuzz_fuzz_push_xattr_cache_LDADD = $(SYNCD_PUSH_LIBS) $(BASE_LIBS) $(DELTA_LIBS)
fuzz_fuzz_delta_decompress_SOURCES = fuzz/fuzz_delta_decompress.c $(REPLAY)
fuzz_fuzz_delta_decompress_LDADD = syncd/libdelta.a syncd/libwire.a $(BASE_LIBS) $(DELTA_LIBS)

check_PROGRAMS += t/tool/hostile t/tool/crowd t/tool/cut t/tool/flip t/tool/peek t/tool/mangle
t_tool_mangle_SOURCES = t/tool/mangle.c
t_tool_peek_SOURCES = t/tool/peek.c
t_tool_crowd_SOURCES = t/tool/crowd.c
t_tool_cut_SOURCES = t/tool/cut.c
t_tool_flip_SOURCES = t/tool/flip.c
t_tool_hostile_SOURCES = t/tool/hostile.c
t_tool_hostile_LDADD = syncd/libwire.a $(BASE_LIBS)
SCRIPTS_T += t/syncd/greet/100-greeting-garbage.t t/syncd/greet/101-arguments.t t/syncd/greet/102-frames-and-requests.t t/syncd/greet/103-stalled-clients.t t/syncd/greet/104-crowds.t t/syncd/greet/105-handshake-minute.t
SCRIPTS_T += \
	t/tree/002-symbols.t \
	t/syncd/access/200-daemon-and-its-files.t \
	t/syncd/access/205-check-config.t \
	t/syncd/access/210-who-may-enter.t \
	t/syncd/access/220-logins.t \
	t/syncd/access/221-refuse-options.t \
	t/syncd/access/222-hooks.t \
	t/syncd/access/223-proxy-protocol.t \
	t/syncd/access/224-unix-socket.t t/syncd/access/225-transfer-log.t t/syncd/access/226-daemon-user.t t/syncd/access/227-name-converter.t t/syncd/access/228-service-manager.t t/syncd/access/229-why.t t/syncd/access/232-fair.t t/syncd/access/233-json-log.t t/syncd/access/234-max-connections.t t/syncd/access/235-metrics-and-status.t t/syncd/access/236-shared-rate.t t/syncd/access/237-seed-examples.t t/syncd/access/240-wrong-logins.t t/syncd/access/241-certificate-users.t t/syncd/access/242-client-folders.t t/syncd/access/243-live-revocation.t t/syncd/access/244-ledger.t t/syncd/access/245-ledger-trouble.t t/syncd/access/246-shadow-policy.t t/syncd/access/238-metrics-where.t t/syncd/access/239-rows.t \
	t/syncd/access/212-log-of-transfers.t \
	t/syncd/access/220-identities.t \
	t/syncd/access/230-what-a-process-holds.t \
	t/syncd/access/231-fsync.t
EXTRA_DIST += t/differ t/lib/hostile.sh t/lib/ledger.sh t/lib/lsan.supp t/lib/via.sh
t_unit_check_syncd_boot_LDADD = syncd/libsyncd.a syncd/libpull.a $(SYNCD_PUSH_LIBS) $(UNIT_LIBS) $(DELTA_LIBS)
t_unit_check_syncd_ledger_file_LDADD = syncd/libsyncd.a deploy/libdeploy.a $(LEDGER_LIBS) $(UNIT_LIBS) $(OPENSSL_LIBS)
t_unit_check_syncd_ledger_file_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=write
t_unit_check_syncd_ledger_signer_LDADD = syncd/libsyncd.a syncd/libpull.a $(SYNCD_PUSH_LIBS) $(LEDGER_LIBS) $(UNIT_LIBS) $(DELTA_LIBS)
t_unit_check_syncd_tally_LDADD = syncd/libsyncd.a $(UNIT_LIBS)
t_unit_check_syncd_roles_LDADD = syncd/libsyncd.a $(UNIT_LIBS)
t_unit_check_syncd_module_list_LDADD = syncd/libsyncd.a syncd/libpull.a $(SYNCD_PUSH_LIBS) $(UNIT_LIBS) $(DELTA_LIBS)
t_unit_check_syncd_monitor_LDADD = syncd/libsyncd.a syncd/libpull.a $(SYNCD_PUSH_LIBS) $(UNIT_LIBS) $(DELTA_LIBS)
t_unit_check_syncd_standing_LDADD = syncd/libsyncd.a syncd/libpull.a $(SYNCD_PUSH_LIBS) $(UNIT_LIBS) $(DELTA_LIBS)

# syncd: the rsync daemon.  A room is a library; an arrow that is not allowed is a link error.
noinst_LIBRARIES += syncd/libwire.a syncd/libdelta.a syncd/libfs.a syncd/libpolicy.a syncd/libsession.a syncd/libpull.a \
	syncd/libpush.a
syncd_libwire_a_SOURCES = \
	syncd/types.h syncd/wire/args.c syncd/wire/args.h syncd/wire/attr.c syncd/wire/attr.h syncd/wire/compat.c \
	syncd/wire/compat.h syncd/wire/filter.c syncd/wire/filter.h syncd/wire/flist.c syncd/wire/flist.h \
	syncd/wire/hello.c syncd/wire/hello.h syncd/wire/int.c syncd/wire/int.h syncd/wire/mux.c syncd/wire/mux.h \
	syncd/wire/ndx.c syncd/wire/ndx.h syncd/wire/proxy_in.c syncd/wire/proxy_in.h syncd/wire/sum.c syncd/wire/sum.h syncd/wire/token.c syncd/wire/token.h
syncd_libdelta_a_SOURCES = \
	syncd/delta/compress.c syncd/delta/compress.h syncd/delta/decompress.c syncd/delta/decompress.h \
	syncd/delta/match.c syncd/delta/match.h syncd/delta/rolling.c syncd/delta/rolling.h syncd/delta/strong.c \
	syncd/delta/strong.h
if HAVE_XXHASH
syncd_libdelta_a_SOURCES += syncd/delta/xxh3.c syncd/delta/xxh3.h
endif
DELTA_LIBS =
if HAVE_XXH3_AVX2
noinst_LIBRARIES += syncd/libxxh3avx2.a
syncd_libxxh3avx2_a_SOURCES = syncd/delta/xxh3.c
syncd_libxxh3avx2_a_CPPFLAGS = $(AM_CPPFLAGS) -DXXH3_FOR_AVX2
syncd_libxxh3avx2_a_CFLAGS = $(AM_CFLAGS) -O3 -mavx2
DELTA_LIBS += syncd/libxxh3avx2.a
endif
syncd_libfs_a_SOURCES = \
	syncd/fs/attr.c syncd/fs/attr.h syncd/fs/fake.c syncd/fs/fake.h syncd/fs/meta.c syncd/fs/meta.h \
	syncd/fs/mount.c syncd/fs/mount.h syncd/fs/root.c syncd/fs/root.h syncd/fs/stage.c syncd/fs/stage.h \
	syncd/fs/sum_cache.c syncd/fs/sum_cache.h syncd/fs/temp_name.c syncd/fs/temp_name.h syncd/fs/tree.c syncd/fs/tree.h syncd/fs/walk.c syncd/fs/walk.h
syncd_libpolicy_a_SOURCES = \
	syncd/policy/chmod.c syncd/policy/chmod.h syncd/policy/conf.h syncd/policy/conf_diff.c syncd/policy/conf_diff.h syncd/policy/conf_load.c syncd/policy/expand.c \
	syncd/policy/grant.c syncd/policy/grant.h syncd/policy/hook.c syncd/policy/hook.h syncd/policy/hosts.c syncd/policy/hosts.h syncd/policy/identity.c syncd/policy/identity.h syncd/policy/list.c \
	syncd/policy/list.h syncd/policy/log_format.c syncd/policy/log_format.h syncd/policy/login.c syncd/policy/login.h syncd/policy/module.c syncd/policy/module.h \
	syncd/policy/option_table.c syncd/policy/option_table.h syncd/policy/option_parse.c syncd/policy/options.h \
	syncd/policy/params.c syncd/policy/params.h syncd/policy/path.c syncd/policy/refuse.c syncd/policy/refuse.h \
	syncd/policy/path.h syncd/policy/posix_acl.c syncd/policy/posix_acl.h syncd/policy/rule_text.c \
	syncd/policy/rule_text.h syncd/policy/rules.c syncd/policy/rules.h syncd/policy/rules_internal.h \
	syncd/policy/rules_match.c syncd/policy/rules_merge.c syncd/policy/similar.c syncd/policy/similar.h \
	syncd/policy/symlink_safety.c syncd/policy/symlink_safety.h syncd/policy/wild.c syncd/policy/wild.h
syncd_libsession_a_SOURCES = \
	syncd/privmsg.c syncd/privmsg.h syncd/session/acls.c syncd/session/acls.h syncd/session/args.c \
	syncd/session/charset.c syncd/session/charset.h syncd/session/filters.c syncd/session/hello.c \
	syncd/session/names.c syncd/session/names.h syncd/session/names_file.c syncd/session/negotiate.c \
	syncd/session/order.c syncd/session/order.h syncd/session/peer.c syncd/session/peer.h syncd/session/session.c \
	syncd/session/session.h syncd/session/xfer_log.c syncd/session/xfer_log.h
syncd_libpull_a_SOURCES = \
	syncd/pull/files_from.c syncd/pull/flist.c syncd/pull/flist.h syncd/pull/flist_args.c \
	syncd/pull/flist_build.c syncd/pull/flist_internal.h syncd/pull/flist_scan.c syncd/pull/flist_send.c \
	syncd/pull/goodbye.c syncd/pull/pull.c syncd/pull/pull.h syncd/pull/send_file.c syncd/pull/send_item.c syncd/pull/send_log.c \
	syncd/pull/sender.c syncd/pull/xattr_send.c syncd/pull/xattr_send.h
syncd_libpush_a_SOURCES = \
	syncd/push/altdest.c syncd/push/altdest.h syncd/push/attr_apply.c syncd/push/attr_apply.h syncd/push/backup.c \
	syncd/push/backup.h syncd/push/basis_sums.c syncd/push/basis_sums.h syncd/push/content.c syncd/push/content.h \
	syncd/push/copy.c syncd/push/copy.h syncd/push/delete.c syncd/push/delete.h syncd/push/dest.c \
	syncd/push/dest.h syncd/push/dest_open.c syncd/push/dest_open.h syncd/push/directories.c \
	syncd/push/directories.h syncd/push/endgame.c syncd/push/endgame.h syncd/push/file_write.c \
	syncd/push/file_write.h syncd/push/filter_stack.c syncd/push/filter_stack.h syncd/push/flist_in.c \
	syncd/push/flist_in.h syncd/push/flist_recv.c syncd/push/flist_recv.h syncd/push/generator.c \
	syncd/push/generator.h syncd/push/hardlink_make.c syncd/push/hardlink_make.h syncd/push/hardlinks.c \
	syncd/push/hardlinks.h syncd/push/ids.c syncd/push/ids.h syncd/push/item.c syncd/push/item.h syncd/push/job.h \
	syncd/push/newmode.c syncd/push/nodes.c syncd/push/nodes.h syncd/push/parts.c syncd/push/parts.h \
	syncd/push/phases.c syncd/push/phases.h syncd/push/push.h syncd/push/receiver.h syncd/push/recv_file.c syncd/push/recv_log.c syncd/push/recv_log.h \
	syncd/push/recv_finish.c syncd/push/recv_internal.h syncd/push/regular.c syncd/push/regular.h \
	syncd/push/report.c syncd/push/report.h syncd/push/requests.c syncd/push/requests.h syncd/push/sums.c \
	syncd/push/sums.h syncd/push/xattr_cache.c syncd/push/xattr_cache.h syncd/push/xattr_recv.c \
	syncd/push/xattr_recv.h

noinst_LIBRARIES += syncd/libsyncd.a
syncd_libsyncd_a_SOURCES = \
	syncd/admit.c syncd/admit.h syncd/boot.c syncd/boot.h syncd/check.c syncd/check.h syncd/client_folder.c syncd/client_folder.h syncd/connections.c syncd/connections.h syncd/connections_trust.c syncd/daemon_user.c syncd/daemon_user.h syncd/events.c syncd/events.h syncd/ledger.c syncd/ledger.h syncd/ledger_file.c syncd/ledger_file.h syncd/ledger_signer.c syncd/ledger_signer.h syncd/exporter.c syncd/exporter.h syncd/metrics.c syncd/metrics.h syncd/publish.c syncd/publish.h syncd/status.c syncd/status.h \
	syncd/greeting.c syncd/greeting.h syncd/hostname.c syncd/hostname.h syncd/listener.c syncd/listener.h syncd/listening.c syncd/listening.h \
	syncd/hooks.c syncd/hooks.h syncd/module_filter.c syncd/module_filter.h syncd/module_list.c syncd/module_list.h syncd/monitor.c syncd/monitor.h syncd/monitor_access.c syncd/monitor_internal.h syncd/monitor_log.c \
	syncd/monitor_names.c syncd/monitor_peer.c syncd/monitor_session.c syncd/monitor_standing.c syncd/judge.c syncd/judge.h syncd/monitor_tally.c syncd/origins.c syncd/origins.h syncd/refusal_log.c syncd/refusal_log.h syncd/param_fault.c syncd/param_fault.h syncd/phases.c syncd/phases.h syncd/pidfile.c syncd/pidfile.h \
	syncd/resolver.c syncd/resolver.h syncd/secrets.c syncd/secrets.h syncd/shadow.c syncd/shadow.h syncd/socket_options.c syncd/socket_options.h syncd/roles.c syncd/roles.h syncd/slots.c syncd/slots.h syncd/spawn.c syncd/spawn.h syncd/sums_file.c syncd/sums_file.h syncd/spawner.c \
	syncd/spawner.h syncd/tally.c syncd/tally.h syncd/tls_users.c syncd/tls_users.h syncd/stdio_join.c syncd/stdio_join.h syncd/why.c syncd/why.h syncd/worker.c syncd/worker.h

sbin_PROGRAMS += sallyport-syncd
sallyport_syncd_SOURCES = syncd/main.c
DELTA_LIBS += $(OPENSSL_LIBS) $(XXHASH_LIBS) $(ZLIB_LIBS) $(ZSTD_LIBS) $(LZ4_LIBS)
sallyport_syncd_LDADD = syncd/libsyncd.a syncd/libpull.a syncd/libpush.a syncd/libsession.a syncd/libpolicy.a syncd/libfs.a syncd/libdelta.a syncd/libwire.a \
	$(HTTP_LIBS) $(LEDGER_LIBS) $(BASE_LIBS) $(DELTA_LIBS)

SCRIPTS_T += \
	t/syncd/pull/300-pull-like-stock.t \
	t/syncd/pull/310-pull-filters.t \
	t/syncd/pull/311-merge-files.t \
	t/syncd/pull/320-pull-sums-and-compress.t \
	t/syncd/pull/330-pull-links.t \
	t/syncd/pull/340-pull-names-and-modes.t \
	t/syncd/pull/341-pull-words.t \
	t/syncd/pull/342-remote-options.t \
	t/syncd/pull/344-remote-shell.t \
	t/syncd/pull/345-pull-remove-source.t \
	t/syncd/pull/346-checksum-cache.t \
	t/syncd/pull/350-pull-attributes.t \
	t/syncd/pull/360-pull-trouble.t \
	t/syncd/pull/361-pull-work.t \
	t/syncd/pull/370-pull-large-directories.t \
	t/syncd/pull/380-pull-charsets.t \
	t/syncd/pull/390-pull-module-modes.t \
	t/syncd/push/400-push-like-stock.t \
	t/syncd/push/410-push-modes.t \
	t/syncd/push/411-push-two-file-systems.t \
	t/syncd/push/412-push-sparse.t \
	t/syncd/push/413-push-inherited-modes.t \
	t/syncd/push/414-push-mapped-owners.t \
	t/syncd/push/415-push-sums-and-compress.t \
	t/syncd/push/416-push-words.t \
	t/syncd/push/417-push-basis.t \
	t/syncd/push/418-push-in-the-way.t \
	t/syncd/push/419-push-hard-links.t \
	t/syncd/push/420-push-cut.t t/syncd/push/421-push-clones.t \
	t/syncd/push/422-push-attribute-words.t \
	t/syncd/push/423-push-backup-words.t \
	t/syncd/push/430-push-races.t \
	t/syncd/push/440-push-trouble.t \
	t/syncd/push/441-push-full.t \
	t/syncd/push/450-push-attributes.t \
	t/syncd/push/460-push-hostile.t \
	t/syncd/push/462-mangled.t \
	t/syncd/push/470-push-hidden.t \
	t/syncd/push/471-push-hidden-spelled.t \
	t/syncd/push/472-push-strangers-links.t \
	t/syncd/push/480-push-fake-super.t \
	t/syncd/push/490-push-charsets.t

dist_man_MANS += man/sallyport-syncd.8 man/sallyport-syncd.conf.5
EXTRA_DIST += bench/greeting bench/pull bench/push
SCRIPTS_T += t/deploy/910-doors-any-door.t

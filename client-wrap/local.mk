# sallyport-rsync: args is apart for its unit tests
noinst_LIBRARIES += client-wrap/libwrap.a
client_wrap_libwrap_a_SOURCES = client-wrap/args.c client-wrap/args.h client-wrap/home.c client-wrap/home.h \
	client-wrap/deadline.c client-wrap/deadline.h client-wrap/hosts.c client-wrap/hosts.h client-wrap/keep.c client-wrap/keep.h client-wrap/race.c client-wrap/race.h \
	client-wrap/report.c client-wrap/report.h client-wrap/session_file.c client-wrap/session_file.h \
	client-wrap/operand.c client-wrap/operand.h \
	client-wrap/options.c client-wrap/options.h client-wrap/rsync_options.c client-wrap/rsync_options.h

bin_PROGRAMS += sallyport-rsync
sallyport_rsync_SOURCES = client-wrap/main.c client-wrap/blame.c client-wrap/blame.h client-wrap/connection.h client-wrap/helper.c client-wrap/helper.h \
	client-wrap/join.c client-wrap/join.h client-wrap/link.c client-wrap/link.h client-wrap/lookup.c client-wrap/lookup.h client-wrap/settings.c client-wrap/settings.h \
	client-wrap/renew.c client-wrap/renew.h client-wrap/shown.c client-wrap/shown.h client-wrap/speak.c client-wrap/speak.h client-wrap/status.h client-wrap/told.c client-wrap/told.h client-wrap/way.c client-wrap/way.h
sallyport_rsync_LDADD = client-wrap/libwrap.a tunnel/libtunnel.a $(TLSPIPE_LIBS) $(LIBCONFIG_LIBS)

UNITS += t/unit/check_client_args t/unit/check_client_hosts t/unit/check_client_operand t/unit/check_client_race t/unit/check_client_report \
	t/unit/check_client_session_file
t_unit_check_client_hosts_LDADD = client-wrap/libwrap.a $(UNIT_LIBS) $(LIBCONFIG_LIBS)
t_unit_check_client_race_LDADD = client-wrap/libwrap.a $(UNIT_LIBS)
t_unit_check_client_report_LDADD = client-wrap/libwrap.a $(UNIT_LIBS)
t_unit_check_client_session_file_LDADD = client-wrap/libwrap.a $(UNIT_LIBS)
t_unit_check_client_operand_LDADD = client-wrap/libwrap.a $(UNIT_LIBS)
t_unit_check_client_args_LDADD = client-wrap/libwrap.a $(UNIT_LIBS)
SCRIPTS_T += t/client/600-client-transfer.t t/client/601-client-refusals.t t/client/602-client-status.t t/client/603-client-settings.t

dist_man_MANS += man/sallyport-rsync.1

FUZZERS += fuzz/fuzz_client_hosts
fuzz_fuzz_client_hosts_SOURCES = fuzz/fuzz_client_hosts.c $(REPLAY)
fuzz_fuzz_client_hosts_LDADD = client-wrap/libwrap.a $(BASE_LIBS) $(LIBCONFIG_LIBS)

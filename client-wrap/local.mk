# sallyport-rsync: args is apart for its unit tests
noinst_LIBRARIES += client-wrap/libwrap.a
client_wrap_libwrap_a_SOURCES = client-wrap/args.c client-wrap/args.h client-wrap/operand.c client-wrap/operand.h \
	client-wrap/options.c client-wrap/options.h client-wrap/rsync_options.c client-wrap/rsync_options.h

bin_PROGRAMS += sallyport-rsync
sallyport_rsync_SOURCES = client-wrap/main.c client-wrap/helper.c client-wrap/helper.h client-wrap/status.h
sallyport_rsync_LDADD = client-wrap/libwrap.a $(TLSPIPE_LIBS)

UNITS += t/unit/check_client_args t/unit/check_client_operand
t_unit_check_client_operand_LDADD = client-wrap/libwrap.a $(UNIT_LIBS)
t_unit_check_client_args_LDADD = client-wrap/libwrap.a $(UNIT_LIBS)
SCRIPTS_T += t/600-client-transfer.t t/601-client-refusals.t

dist_man_MANS += man/sallyport-rsync.1

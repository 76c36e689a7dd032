# libbase.a: no policy, nothing outside libc (role alone uses libseccomp and libcap); libhttp.a: loads libmicrohttpd
noinst_LIBRARIES += lib/libbase.a
lib_libbase_a_SOURCES = \
	lib/addr.c lib/addr.h lib/buf.c lib/buf.h lib/cursor.h lib/err.c lib/err.h lib/fdpass.c lib/fdpass.h lib/grow.c lib/grow.h lib/ids.c lib/ids.h lib/inherit.c lib/inherit.h lib/invite.c lib/invite.h \
	lib/ini.c lib/ini.h lib/is_set.h lib/log.c lib/log.h lib/loop.c lib/loop.h lib/metrics_address.c lib/metrics_address.h lib/notify.c lib/notify.h lib/num.c lib/num.h \
	lib/opt.c lib/opt.h lib/prometheus.c lib/prometheus.h lib/role.c lib/role.h lib/shell_word.c lib/shell_word.h lib/slurp.c lib/slurp.h lib/sock.c lib/sock.h lib/trusted.c lib/trusted.h lib/utf8.c lib/utf8.h lib/work.c lib/work.h lib/write_all.c lib/write_all.h
HTTP_LIBS =
if HAVE_MICROHTTPD
noinst_LIBRARIES += lib/libhttp.a
lib_libhttp_a_SOURCES = lib/http_text.c lib/http_text.h
HTTP_LIBS += lib/libhttp.a
endif
# libledger.a: the ledger of the daemon, and its checker's; uses OpenSSL
noinst_LIBRARIES += lib/libledger.a
lib_libledger_a_SOURCES = lib/ledger_chain.c lib/ledger_chain.h lib/ledger_key.c lib/ledger_key.h
LEDGER_LIBS = lib/libledger.a
BASE_LIBS = lib/libbase.a $(SECCOMP_LIBS) $(CAP_LIBS)

LIB_UNITS = t/unit/check_lib_err t/unit/check_lib_num t/unit/check_lib_buf t/unit/check_lib_cursor t/unit/check_lib_ini \
	t/unit/check_lib_opt t/unit/check_lib_addr t/unit/check_lib_sock t/unit/check_lib_sock_give t/unit/check_lib_log t/unit/check_lib_loop t/unit/check_lib_role \
	t/unit/check_lib_trusted t/unit/check_lib_work t/unit/check_lib_notify t/unit/check_lib_invite t/unit/check_lib_shell_word
UNITS += $(LIB_UNITS) t/unit/check_lib_ledger
t_unit_check_lib_ledger_LDADD = $(LEDGER_LIBS) $(UNIT_LIBS) $(OPENSSL_LIBS)
t_unit_check_lib_shell_word_LDADD = $(UNIT_LIBS)
t_unit_check_lib_invite_LDADD = $(UNIT_LIBS)
t_unit_check_lib_notify_LDADD = $(UNIT_LIBS)
t_unit_check_lib_work_LDADD = $(UNIT_LIBS)
t_unit_check_lib_err_LDADD = $(UNIT_LIBS)
t_unit_check_lib_num_LDADD = $(UNIT_LIBS)
t_unit_check_lib_buf_LDADD = $(UNIT_LIBS)
t_unit_check_lib_cursor_LDADD = $(UNIT_LIBS)
t_unit_check_lib_ini_LDADD = $(UNIT_LIBS)
t_unit_check_lib_opt_LDADD = $(UNIT_LIBS)
t_unit_check_lib_addr_LDADD = $(UNIT_LIBS)
t_unit_check_lib_sock_LDADD = $(UNIT_LIBS)
t_unit_check_lib_sock_give_LDADD = $(UNIT_LIBS)
t_unit_check_lib_log_LDADD = $(UNIT_LIBS)
t_unit_check_lib_loop_LDADD = $(UNIT_LIBS)
t_unit_check_lib_role_LDADD = $(UNIT_LIBS)
t_unit_check_lib_trusted_LDADD = $(UNIT_LIBS)

FUZZERS += fuzz/fuzz_lib_ini
fuzz_fuzz_lib_ini_SOURCES = fuzz/fuzz_lib_ini.c $(REPLAY)
fuzz_fuzz_lib_ini_LDADD = $(BASE_LIBS)

FUZZERS += fuzz/fuzz_lib_invite
fuzz_fuzz_lib_invite_SOURCES = fuzz/fuzz_lib_invite.c $(REPLAY)
fuzz_fuzz_lib_invite_LDADD = $(BASE_LIBS)

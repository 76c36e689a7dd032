# libbase.a: no policy, nothing outside libc (role alone uses libseccomp and libcap)
noinst_LIBRARIES += lib/libbase.a
lib_libbase_a_SOURCES = \
	lib/addr.c lib/addr.h lib/buf.c lib/buf.h lib/cursor.c lib/cursor.h lib/err.c lib/err.h \
	lib/ini.c lib/ini.h lib/log.c lib/log.h lib/loop.c lib/loop.h lib/num.c lib/num.h \
	lib/opt.c lib/opt.h lib/role.c lib/role.h lib/sock.c lib/sock.h
BASE_LIBS = lib/libbase.a $(SECCOMP_LIBS) $(CAP_LIBS)
UNITS += t/unit/check_lib_cursor
t_unit_check_lib_cursor_SOURCES = t/unit/check_lib_cursor.c t/unit/unit.h
t_unit_check_lib_cursor_LDADD = $(UNIT_LIBS)

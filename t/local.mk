# Units (Check) and scripts speak TAP to one driver.  Each area adds its own to the lists.
TEST_EXTENSIONS = .t
T_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
# Most of a script is the starting of programs, which dash does for a third less than bash.
T_LOG_COMPILER = /bin/sh
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
AM_TESTS_ENVIRONMENT = CK_DEFAULT_TIMEOUT=240; export CK_DEFAULT_TIMEOUT; top_srcdir='$(abs_top_srcdir)'; top_builddir='$(abs_top_builddir)'; LSAN_OPTIONS='suppressions=$(abs_top_srcdir)/t/lib/lsan.supp:print_suppressions=0'; export top_srcdir top_builddir LSAN_OPTIONS;

# Tools that scripts start thousands of times, without sanitizers: those take longer to start than the work.
check_PROGRAMS += t/tool/await t/tool/beside
t_tool_await_SOURCES = t/tool/await.c
t_tool_beside_SOURCES = t/tool/beside.c t/tool/tree.c t/tool/tree.h
t_tool_await_CFLAGS = $(STD_CFLAGS) $(WARN_CFLAGS)
t_tool_beside_CFLAGS = $(STD_CFLAGS) $(WARN_CFLAGS)
t_tool_await_LDFLAGS =
t_tool_beside_LDFLAGS =

UNIT_LIBS = $(BASE_LIBS) $(CHECK_LIBS)
EXTRA_DIST += t/lib/lib.sh t/lib/servers.sh t/lib/pki.sh t/lib/stock.sh t/lib/push_tree.sh $(SCRIPTS_T)
# A unit's source is its name with .c, automake's default, and these.
EXTRA_DIST += t/unit/golden.h t/unit/hex.h t/unit/nft_cases.h t/unit/scratch.h t/unit/unit.h
SCRIPTS_T = t/tree/000-arrows.t t/tree/001-tree-files.t t/tree/001-tree-programs.t t/tree/003-inherited-state.t
UNITS =
TESTS += $(UNITS) $(SCRIPTS_T)
check_PROGRAMS += $(UNITS)
AM_CFLAGS += $(CHECK_CFLAGS)

# libunits.a: checked facts in, units of systemd out
noinst_LIBRARIES += units/libunits.a
units_libunits_a_SOURCES = units/facts.h units/harden.c units/harden.h units/other.c units/service.c units/service.h units/text.c units/text.h

UNITS += t/unit/check_units_text t/unit/check_units_service
t_unit_check_units_text_LDADD = units/libunits.a $(UNIT_LIBS)
t_unit_check_units_service_LDADD = units/libunits.a $(UNIT_LIBS)

# what the roles of both programs may call, for a script
check_PROGRAMS += t/tool/role_calls
t_tool_role_calls_SOURCES = t/tool/role_calls.c
t_tool_role_calls_LDADD = $(TUNNEL_LIBS) $(BASE_LIBS)

SCRIPTS_T += t/units/700-units-verified.t t/units/701-units-exposure.t t/units/702-unit-filters.t t/units/710-units-booted.t t/deploy/931-monitoring.t t/deploy/940-package.t t/deploy/941-lives.t
# for configurations that were written by hand; --with-systemdsystemunitdir says where, and packages do
STOCK_UNITS = units/stock/sallyport-syncd.service units/stock/sallyport-tunnel.service units/stock/sallyport-tunnel@.service
if WITH_UNITS
nodist_systemdsystemunit_DATA = $(STOCK_UNITS)
endif
CLEANFILES += $(STOCK_UNITS)
EXTRA_DIST += $(STOCK_UNITS:=.in)
$(STOCK_UNITS): Makefile
	$(AM_V_GEN)mkdir -p units/stock && sed -e 's|@''sysconfdir@|$(sysconfdir)|; s|@''sbindir@|$(sbindir)|; s|@''bindir@|$(bindir)|' $(srcdir)/$@.in > $@
units/stock/sallyport-syncd.service: units/stock/sallyport-syncd.service.in
units/stock/sallyport-tunnel.service: units/stock/sallyport-tunnel.service.in
units/stock/sallyport-tunnel@.service: units/stock/sallyport-tunnel@.service.in
EXTRA_DIST += units/samples t/lib/units.sh t/lib/boot.sh t/lib/inside.sh t/lib/booted.sh t/lib/packaged.sh t/lib/lives.sh

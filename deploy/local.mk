# libmodel.a: the deployment file as structs, the only user of libconfig
noinst_LIBRARIES += deploy/libmodel.a
deploy_libmodel_a_SOURCES = \
	deploy/model/check.c deploy/model/check.h deploy/model/check_containers.c deploy/model/facts.c deploy/model/fault.c deploy/model/fault.h \
	deploy/model/keys.c deploy/model/keys.h deploy/model/load.c deploy/model/model.h deploy/model/scan.c deploy/model/scan.h \
	deploy/model/value.c deploy/model/value.h
MODEL_LIBS = deploy/libmodel.a $(BASE_LIBS) $(LIBCONFIG_LIBS)

# libdeploy.a: the `sallyport` command but for its main; ca/cert and crypt alone include OpenSSL, and verify/tls
noinst_LIBRARIES += deploy/libdeploy.a
deploy_libdeploy_a_SOURCES = \
	deploy/advice.c deploy/advice.h deploy/ca/authority.c deploy/ca/authority.h deploy/ca/ca.c deploy/ca/ca.h deploy/ca/client.c deploy/ca/client.h deploy/ca/deployed.c deploy/ca/deployed.h \
	deploy/ca/cert.c deploy/ca/cert.h deploy/ca/index.c deploy/ca/index.h deploy/ca/list.c deploy/ca/list.h deploy/ca/passing.c deploy/ca/passing.h deploy/ca/renew.c deploy/ca/renew.h deploy/ca/respond.c deploy/ca/respond.h deploy/ca/folder.c deploy/ca/folder.h deploy/child.c deploy/child.h deploy/conf.c deploy/conf.h deploy/crypt.c deploy/crypt.h deploy/diff.c deploy/diff.h \
	deploy/emit.c deploy/emit.h deploy/explain.c deploy/explain.h deploy/flat.c deploy/flat.h deploy/generate.c deploy/generate.h deploy/host.c deploy/host.h \
	deploy/init.c deploy/init.h deploy/install.c deploy/install.h deploy/job.c deploy/job.h deploy/ledger/audit.c deploy/ledger/audit.h deploy/ledger/ledger.c deploy/ledger/ledger.h deploy/manifest.c deploy/manifest.h \
	deploy/names.c deploy/names.h deploy/pki.c deploy/pki.h deploy/plan.c deploy/plan.h deploy/probe.c deploy/probe.h \
	deploy/record.c deploy/record.h deploy/render.c deploy/render.h deploy/secrets.c deploy/secrets.h deploy/serve.c deploy/serve.h \
	deploy/tree.c deploy/tree.h deploy/verb.c deploy/verb.h \
	deploy/shown.c deploy/shown.h deploy/why/asked.h deploy/why/daemon.c deploy/why/door.c deploy/why/firewall.c deploy/why/point.c \
	deploy/why/point.h deploy/why/why.c deploy/why/why.h \
	deploy/status/ends.c deploy/status/ends.h deploy/status/facts.h deploy/status/gather.c deploy/status/gather.h \
	deploy/status/numbers.c deploy/status/numbers.h deploy/status/print.c deploy/status/print.h deploy/status/print_json.c \
	deploy/status/scrape.c deploy/status/scrape.h deploy/status/screen.c deploy/status/screen.h \
	deploy/status/sessions.c deploy/status/sessions.h deploy/status/status.c deploy/status/status.h \
	deploy/status/units.c deploy/status/units.h \
	deploy/verify/ask.h deploy/verify/authority.c deploy/verify/authority.h deploy/verify/daemon.c deploy/verify/daemon.h deploy/verify/door.c deploy/verify/door.h \
	deploy/verify/outside.c deploy/verify/outside.h deploy/verify/talk.c deploy/verify/talk.h deploy/verify/tls.c deploy/verify/tls.h \
	deploy/verify/files.c deploy/verify/files.h deploy/verify/identity.c deploy/verify/identity.h deploy/verify/kernel.c deploy/verify/kernel.h deploy/verify/ledger.c deploy/verify/ledger.h deploy/verify/line.h \
	deploy/verify/listen.c deploy/verify/listen.h deploy/verify/names.c deploy/verify/names.h deploy/verify/point.c deploy/verify/point.h \
	deploy/verify/processes.c deploy/verify/processes.h deploy/verify/ruleset.c deploy/verify/ruleset.h deploy/verify/run.c deploy/verify/run.h \
	deploy/verify/unit_text.c deploy/verify/unit_text.h deploy/verify/units.c deploy/verify/units.h deploy/verify/verify.c deploy/verify/verify.h \
	deploy/verify/wall.c deploy/verify/wall.h \
	deploy/out/authority.c deploy/out/authority.h deploy/out/client.c deploy/out/client.h deploy/out/cluster.c deploy/out/cluster.h deploy/out/compose.c deploy/out/compose.h \
	deploy/out/next.c deploy/out/next.h deploy/out/image.c deploy/out/image.h deploy/out/pod.c deploy/out/pod.h deploy/out/podman.c deploy/out/podman.h \
	deploy/out/quadlet.c deploy/out/quadlet.h deploy/out/shared.c deploy/out/shared.h \
	deploy/out/firewall.c deploy/out/firewall.h deploy/out/haproxy.c deploy/out/haproxy.h deploy/out/outputs.c deploy/out/outputs.h \
	deploy/out/rsyncd.c deploy/out/rsyncd.h deploy/out/ssh.c deploy/out/ssh.h deploy/out/stunnel.c deploy/out/stunnel.h deploy/out/units.c deploy/out/units.h
DEPLOY_LIBS = deploy/libdeploy.a units/libunits.a nft/libnft.a $(LEDGER_LIBS) $(MODEL_LIBS) $(OPENSSL_LIBS)

bin_PROGRAMS += sallyport
sallyport_SOURCES = deploy/main.c
sallyport_LDADD = $(DEPLOY_LIBS)

DEPLOY_UNITS = t/unit/check_ca_authority t/unit/check_ca_cert t/unit/check_ca_index t/unit/check_ca_renew t/unit/check_model_load t/unit/check_deploy_diff t/unit/check_deploy_secrets t/unit/check_deploy_conf t/unit/check_deploy_emit t/unit/check_deploy_names t/unit/check_deploy_pki \
	t/unit/check_deploy_plan t/unit/check_deploy_probe t/unit/check_deploy_record t/unit/check_status t/unit/check_verify_judges t/unit/check_verify_texts t/unit/check_why
UNITS += $(DEPLOY_UNITS) t/unit/check_ledger_audit
t_unit_check_ledger_audit_LDADD = deploy/libdeploy.a $(LEDGER_LIBS) $(UNIT_LIBS) $(OPENSSL_LIBS)
t_unit_check_ca_authority_LDADD = deploy/libdeploy.a $(UNIT_LIBS) $(OPENSSL_LIBS)
t_unit_check_ca_authority_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=write -Wl,--wrap=fsync -Wl,--wrap=renameat
t_unit_check_ca_cert_LDADD = deploy/libdeploy.a $(UNIT_LIBS) $(OPENSSL_LIBS)
t_unit_check_ca_index_LDADD = deploy/libdeploy.a $(UNIT_LIBS) $(OPENSSL_LIBS)
t_unit_check_ca_renew_LDADD = deploy/libdeploy.a $(UNIT_LIBS) $(OPENSSL_LIBS)
t_unit_check_model_load_LDADD = deploy/libmodel.a $(UNIT_LIBS) $(LIBCONFIG_LIBS)
t_unit_check_deploy_diff_LDADD = deploy/libdeploy.a units/libunits.a nft/libnft.a $(LEDGER_LIBS) deploy/libmodel.a $(UNIT_LIBS) $(LIBCONFIG_LIBS) $(OPENSSL_LIBS)
t_unit_check_deploy_secrets_LDADD = deploy/libdeploy.a units/libunits.a nft/libnft.a $(LEDGER_LIBS) deploy/libmodel.a $(UNIT_LIBS) $(LIBCONFIG_LIBS) $(OPENSSL_LIBS)
t_unit_check_deploy_conf_LDADD = deploy/libdeploy.a deploy/libmodel.a $(UNIT_LIBS)
t_unit_check_deploy_emit_LDADD = deploy/libdeploy.a $(UNIT_LIBS)
t_unit_check_deploy_names_LDADD = deploy/libdeploy.a $(UNIT_LIBS)
t_unit_check_deploy_pki_LDADD = deploy/libdeploy.a $(UNIT_LIBS) $(OPENSSL_LIBS)
t_unit_check_deploy_plan_LDADD = deploy/libdeploy.a deploy/libmodel.a $(UNIT_LIBS)
t_unit_check_deploy_record_LDADD = deploy/libdeploy.a $(UNIT_LIBS)
t_unit_check_verify_judges_LDADD = deploy/libdeploy.a units/libunits.a nft/libnft.a $(LEDGER_LIBS) deploy/libmodel.a $(UNIT_LIBS) $(LIBCONFIG_LIBS) $(OPENSSL_LIBS)
t_unit_check_verify_texts_LDADD = deploy/libdeploy.a units/libunits.a nft/libnft.a $(LEDGER_LIBS) deploy/libmodel.a $(UNIT_LIBS) $(LIBCONFIG_LIBS) $(OPENSSL_LIBS)
t_unit_check_why_LDADD = deploy/libdeploy.a units/libunits.a nft/libnft.a $(LEDGER_LIBS) deploy/libmodel.a $(UNIT_LIBS) $(LIBCONFIG_LIBS) $(OPENSSL_LIBS)
t_unit_check_status_LDADD = deploy/libdeploy.a units/libunits.a nft/libnft.a $(LEDGER_LIBS) deploy/libmodel.a $(UNIT_LIBS) $(LIBCONFIG_LIBS) $(OPENSSL_LIBS)
t_unit_check_deploy_probe_LDADD = deploy/libdeploy.a $(UNIT_LIBS)

FUZZERS += fuzz/fuzz_model_load
fuzz_fuzz_model_load_SOURCES = fuzz/fuzz_model_load.c $(REPLAY)
fuzz_fuzz_model_load_LDADD = $(MODEL_LIBS)
FUZZERS += fuzz/fuzz_ledger_audit
fuzz_fuzz_ledger_audit_SOURCES = fuzz/fuzz_ledger_audit.c $(REPLAY)
fuzz_fuzz_ledger_audit_LDADD = deploy/libdeploy.a $(LEDGER_LIBS) $(BASE_LIBS) $(OPENSSL_LIBS)
FUZZERS += fuzz/fuzz_ca_index
fuzz_fuzz_ca_index_SOURCES = fuzz/fuzz_ca_index.c $(REPLAY)
fuzz_fuzz_ca_index_LDADD = deploy/libdeploy.a $(BASE_LIBS)
FUZZERS += fuzz/fuzz_ca_renew
fuzz_fuzz_ca_renew_SOURCES = fuzz/fuzz_ca_renew.c $(REPLAY)
fuzz_fuzz_ca_renew_LDADD = deploy/libdeploy.a $(BASE_LIBS) $(OPENSSL_LIBS)
FUZZERS += fuzz/fuzz_why
fuzz_fuzz_why_SOURCES = fuzz/fuzz_why.c $(REPLAY)
fuzz_fuzz_why_LDADD = deploy/libdeploy.a deploy/libmodel.a $(BASE_LIBS) $(OPENSSL_LIBS)
FUZZERS += fuzz/fuzz_status
fuzz_fuzz_status_SOURCES = fuzz/fuzz_status.c $(REPLAY)
fuzz_fuzz_status_LDADD = deploy/libdeploy.a $(BASE_LIBS)
FUZZERS += fuzz/fuzz_deploy_record
fuzz_fuzz_deploy_record_SOURCES = fuzz/fuzz_deploy_record.c $(REPLAY)
fuzz_fuzz_deploy_record_LDADD = deploy/libdeploy.a $(BASE_LIBS)

SCRIPTS_T += t/serve/900-serve-stock.t t/serve/901-serve-own.t t/serve/902-serve-refuses.t t/serve/903-serve-ends.t t/serve/904-serve-names.t \
	t/serve/905-serve-user.t t/serve/906-serve-clients.t t/deploy/920-deploy-golden.t t/deploy/921-deploy-readers.t \
	t/deploy/922-deploy-install.t t/deploy/923-deploy-verbs.t t/deploy/930-deploy-pod.t t/deploy/950-verify.t t/deploy/960-ca.t t/deploy/961-clients.t t/deploy/962-clients-booted.t t/deploy/963-renew.t t/deploy/964-renew-door.t t/deploy/965-readme.t t/deploy/951-verify-others.t t/deploy/942-status.t t/deploy/943-status-booted.t t/deploy/944-why.t t/deploy/945-why-draws.t t/deploy/952-verify-identity.t
EXTRA_DIST += t/lib/verified-identity.sh t/tool/draws.py t/lib/status-booted.sh t/lib/clients.sh t/tool/renewing.py t/lib/clients-booted.sh t/lib/readme.sh t/lib/serve.sh t/lib/verified.sh t/lib/verified-others.sh t/lib/verifying.sh t/golden t/tool/readers.py t/tool/kubernetes.js examples

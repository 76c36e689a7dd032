# libdeploy.a: the `sallyport` command but for its main; pki alone includes OpenSSL
noinst_LIBRARIES += deploy/libdeploy.a
deploy_libdeploy_a_SOURCES = \
	deploy/child.c deploy/child.h deploy/conf.c deploy/conf.h deploy/emit.c deploy/emit.h \
	deploy/job.c deploy/job.h deploy/names.c deploy/names.h deploy/pki.c deploy/pki.h deploy/plan.c deploy/plan.h \
	deploy/serve.c deploy/serve.h
DEPLOY_LIBS = deploy/libdeploy.a $(BASE_LIBS) $(OPENSSL_LIBS)

bin_PROGRAMS += sallyport
sallyport_SOURCES = deploy/main.c
sallyport_LDADD = $(DEPLOY_LIBS)

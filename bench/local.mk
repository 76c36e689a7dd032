# bench: built when asked for, by bench/tunnel
EXTRA_PROGRAMS = bench/load bench/floor
bench_load_SOURCES = bench/load.c
bench_load_LDADD = $(OPENSSL_LIBS) -lpthread
bench_floor_SOURCES = bench/floor.c
bench_floor_LDADD = $(OPENSSL_LIBS) -lpthread
CLEANFILES += $(EXTRA_PROGRAMS)

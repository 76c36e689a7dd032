# One target a decoder or parser: fuzz_<room>_<thing>.c, seeds in corpus/<the same name>/.
# `make check` feeds it its seeds; `tools/fuzz fuzz_<room>_<thing>` lets clang's fuzzer look for more.
# To add one:
#	FUZZERS += fuzz/fuzz_room_thing
#	fuzz_fuzz_room_thing_SOURCES = fuzz/fuzz_room_thing.c $(REPLAY)
#	fuzz_fuzz_room_thing_LDADD = <the room's library> $(BASE_LIBS)
REPLAY = fuzz/replay.c fuzz/target.h
FUZZERS =
TESTS += $(FUZZERS)
check_PROGRAMS += $(FUZZERS)
EXTRA_DIST += fuzz/corpus

#!/bin/sh
# Every seed of the configuration loader, without a fuzzer.
top_srcdir=${top_srcdir:-.} top_builddir=${top_builddir:-$top_srcdir/build}
exec "$top_builddir/fuzz/fuzz_tunnel_load" "$top_srcdir/fuzz/corpus/fuzz_tunnel_load"

#!/bin/sh
# `sallyport serve` with Debian's rsync and stunnel as its parts: the configurations it writes are
# theirs as much as ours.
. "${top_srcdir:-.}/t/lib.sh"
. "$top_srcdir/t/serve.sh"
stock_parts || skip_all "$missing"
plan $serve_tests
serve_body

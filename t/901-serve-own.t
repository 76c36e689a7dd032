#!/bin/sh
# `sallyport serve` with our own daemon and tunnel.
. "${top_srcdir:-.}/t/lib.sh"
. "$top_srcdir/t/serve.sh"
own_parts || skip_all "$missing"
plan $serve_tests
serve_body

#!/bin/sh
# Every program says what it is; `sallyport` knows its verbs.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 9
version=$(sed -n 's/^AC_INIT(\[sallyport\], \[\([^]]*\)\].*/\1/p' "$top_srcdir/configure.ac")
is "$("$sallyport" --version)" "sallyport $version" 'sallyport --version'
is "$("$sallyport" version)" "sallyport $version" 'sallyport version'
ok 'sallyport help' "$sallyport" help
like "$("$sallyport" --help)" '*serve*' 'help names the verbs'
fails 2 'no verb is a wrong command line' "$sallyport"
fails 2 'an unknown verb is, too' "$sallyport" frobnicate
like "$out" '*no verb "frobnicate"*' '... in words'
fails 2 'a hostile verb is printed harmlessly' "$sallyport" "$(printf 'a\033]0;x\ab')"
like "$("$sallyport" serve --help)" 'usage: sallyport serve DIR*' 'a verb says how it is used'

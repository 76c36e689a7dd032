#!/bin/sh
# `sallyport serve` with Debian's rsync and stunnel as its parts: the configurations it writes are
# theirs as much as ours.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/serve.sh"
stock_parts || skip_all "$missing"
plan $((serve_tests + 2))
serve_body
start_serve --client laptop "$scratch/tree"
pull "$ca" "$module/one" "$scratch/uninvited" > "$scratch/uninvited.log" 2>&1
ok 'who was not invited is not let in' test $? -ne 0 -a ! -e "$scratch/uninvited"
RSYNC_SSL_CERT=$XDG_STATE_HOME/sallyport/client-laptop.crt RSYNC_SSL_KEY=$XDG_STATE_HOME/sallyport/client-laptop.key
export RSYNC_SSL_CERT RSYNC_SSL_KEY
ok 'who was is' pull "$ca" "$module/one" "$scratch/invited"
end_serve TERM

#!/bin/sh
# `sallyport serve` with our own daemon and tunnel.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/serve.sh"
own_parts || skip_all "$missing"
plan $((serve_tests + 3))
serve_body
# the parts are joined by a socket, which nobody else's processes can open
mkdir -p "$scratch/own"
echo a > "$scratch/own/a"
start_serve --verbose "$scratch/own"
is "$(ss -Hltnp | grep -c "\"sallyport-syncd\",pid=$(pgrep -P "$serve_pid" -f -- --daemon),")" 0 'there is no port for plain text'
ok 'a pull goes through' pull "$ca" own/ "$scratch/got"
ok 'and the log has the address of the client' grep -q 'connect from UNDETERMINED (127.0.0.1)\|connect from UNDETERMINED (::1)' "$serve_log"
end_serve TERM

#!/bin/sh
# testssl.sh on the default configuration: nothing above LOW but what a self-signed certificate gets.
. "${top_srcdir:-.}/t/lib/lib.sh"
testssl=$(command -v testssl || command -v testssl.sh) || skip_all 'no testssl'
plan 4
. "$top_srcdir/t/lib/tunnel.sh"
start_peer echo
serve
# protocols, ciphers, the server's defaults, and the weaknesses that few connections can show; under sanitizers protocols alone,
# since nearly all of the minute that it takes is testssl's own
asked='-p -s -S -H -R -C'
! sanitized || asked='-p -H'
timeout 900 "$testssl" --quiet --color 0 --warnings off --nodns none --fast $asked \
    --jsonfile "$scratch/t.json" "127.0.0.1:$tport" > "$scratch/t.out" 2>&1
ok 'it came to an end' test -s "$scratch/t.json"
ok 'it found TLS 1.3' grep -q '"id" *: *"TLS1_3"' "$scratch/t.json"
grep -o '"id" *: *"[^"]*"\|"severity" *: *"[^"]*"' "$scratch/t.json" | paste - - | grep -E '"(MEDIUM|HIGH|CRITICAL)"' |
    grep -v -E '"cert_(chain_of_trust|trust|revocation|crlDistributionPoints|ocspURL|notAfter|expirationStatus|validityPeriod|caIssuers|extlifeSpan)' > "$scratch/found"
is "$(cat "$scratch/found")" '' 'no finding above LOW'
is "$(grep -c 'terminated on signal' "$tlog")" 0 'no worker died of it'

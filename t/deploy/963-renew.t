#!/bin/sh
# The responder behind a door: the next certificate for whom the door has verified, and for nobody else.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v openssl > /dev/null && command -v python3 > /dev/null || skip_all 'needs openssl and python3'
planned=counted
cd "$scratch" || exit 99
ca() { _v=$1; shift; "$sallyport" ca "$_v" --dir "$scratch/ca" "$@"; }
ask() { python3 "$top_srcdir/t/tool/renewing.py" "$sallyport" "$scratch/ca" "$@" 2>&1; }
make_request() { _n=$1 _s=$2; shift 2; openssl req -new "$@" -nodes -keyout "$_n.key" -subj "$_s" -outform der -out "$_n.req" 2> /dev/null; }
p256='-newkey ec -pkeyopt ec_paramgen_curve:P-256'
made=$(($(date +%s) - 7200))
ca init > init.log && ca issue alice --email alice@example.org --days 30 > issue.log && ca issue srv.example --server > server.log || exit 99
serial() { openssl x509 -in "$1" -noout -serial | cut -d= -f2; }
alice=$(serial alice.crt)
make_request next /CN=alice $p256
like "$(ask alice "$alice" 3 0 next.req)" 'NO the last one is not an hour old*refused: alice*' 'a name gets one an hour'
# the rest of it is about one of two hours ago
older() {
	sed -i "/^cert $alice /d" ca/index
	openssl req -new -key alice.key -subj /CN=alice -out r 2> /dev/null
	printf '[ca]\ndefault_ca=d\n[d]\ndatabase=i\nserial=s\ndefault_md=sha256\npolicy=p\nnew_certs_dir=.\nunique_subject=no\n[p]\ncommonName=supplied\n' > c
	: > i; echo "$alice" > s
	printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nsubjectAltName=email:alice@example.org\n' > x
	openssl ca -batch -config c -in r -keyfile ca/ca.key -cert ca/ca.crt -notext -extfile x -out "ca/$alice.crt" \
	    -startdate "$(date -u -d "@$((made - 3600))" +%Y%m%d%H%M%SZ)" -enddate "$(date -u -d "@$((made + 30 * 86400))" +%Y%m%d%H%M%SZ)" 2> /dev/null
	chmod 600 "ca/$alice.crt"
	echo "cert $alice client $((made + 30 * 86400)) 0 alice" >> ca/index
}
older

# who is not
like "$(ask '' '' 1 1 next.req)" '*refused: a client: the door has verified no certificate*' 'who showed no certificate gets none'
like "$(ask alice "$alice" 3 1 next.req)" '*refused: a client: the door has verified no certificate*' 'nor who was not verified'
like "$(ask bob "$alice" 3 0 next.req)" 'NO the request is not for this certificate*' 'nor who asks for another name'
make_request bob /CN=bob $p256
like "$(ask bob "" 3 0 bob.req)" 'NO this certificate does not count here*' 'nor who is not known'
like "$(ask alice 0A 3 0 next.req)" 'NO this certificate does not count here*' 'nor by a number that is not'
like "$(ask alice "$(serial srv.example.crt)" 3 0 next.req)" 'NO this certificate does not count here*' '... or that of another'
make_request srv /CN=srv.example $p256
like "$(ask srv.example '' 3 0 srv.req)" 'NO this certificate does not count here*' 'nor a server'
make_request rsa /CN=alice -newkey rsa:2048
like "$(ask alice "$alice" 3 0 rsa.req)" 'NO the key is of neither P-256 nor Ed25519*' 'nor for another kind of key'
python3 -c "b=bytearray(open('next.req','rb').read());b[-1]^=1;open('forged.req','wb').write(b)"
like "$(ask alice "$alice" 3 0 forged.req)" 'NO *' 'nor for a request that its key has not signed'
head -c 2049 /dev/zero > long.req
like "$(ask alice "$alice" 3 0 long.req)" 'NO *' 'nor for too long a request'
like "$(ask '../x' '' 3 0 next.req)" '*refused: a client: the door has verified no certificate*' 'nor for a name that is none'
is "$(ca list | grep -c .)" 2 'nothing of it was signed'
ask alice "$alice" half 0 next.req > half.log &
walled() { for _p in $(pgrep -f "ca respond --dir $scratch/ca"); do grep -E '^(Seccomp|NoNewPrivs):' "/proc/$_p/status"; done 2> /dev/null | awk '{ print $2 }' | sort | tr '\n' ' '; }
if grep -q 'define HAVE_LIBSECCOMP\|define HAVE_SECCOMP' "$top_builddir/config.h" && ! sanitized; then
	ok 'who reads what a client sends is behind walls' becomes '0 0 1 2 ' walled
else
	skip 'who reads what a client sends is behind walls' 'no libseccomp'
fi

# who is
older
out=$(ask alice "$alice" 3 0 next.req next.der)
like "$out" 'OK *renewed: alice*' 'who was verified gets the next one'
openssl x509 -inform der -in next.der -out next.crt
ok '... which openssl takes' openssl verify -CAfile ca/ca.crt -purpose sslclient next.crt
like "$(openssl x509 -in next.crt -noout -subject -ext subjectAltName | tr -d '\n ')" 'subject=CN=alice*email:alice@example.org' '... of the same names'
is "$(openssl x509 -in next.crt -noout -pubkey)" "$(openssl pkey -in next.key -pubout)" '... for the new key'
ok '... for as long as the last one' sh -c 'openssl x509 -in next.crt -noout -checkend $((29 * 86400)) && ! openssl x509 -in next.crt -noout -checkend $((31 * 86400))'
is "$(ca list | awk '$1 == "alice" { print $3, $5 }' | sort | tr '\n' ' ')" "$(printf 'valid %s\n' "$alice" "$(serial next.crt)" | sort | tr '\n' ' ')" '... and both are in the index'
like "$(ask alice "$alice" 3 0 next.req)" 'NO the last one is not an hour old*' 'not again within the hour'
ca revoke alice > revoke.log
like "$(ask alice "$alice" 3 0 next.req)" 'NO this certificate does not count here*' 'who was revoked gets none'
is "$(openssl crl -in ca/crl.pem -noout -text | grep -c 'Serial Number')" 2 '... and both are on the list'

wait
like "$(cat half.log)" 'NO *it took its time' 'who says nothing more is let go'
mv ca gone
like "$(ask alice "$alice" 3 0 next.req)" '*status 1*there is no authority here*' 'without an authority it says so in the log alone'

#!/bin/sh
# sallyport ca, looked at by openssl(1): what it signs, what it refuses to sign, and its revocation lists.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v openssl > /dev/null || skip_all 'no openssl'
plan 60
umask 022
cd "$scratch" || exit 99
ca() { _v=$1; shift; "$sallyport" ca "$_v" --dir "$scratch/ca" "$@"; }
told() { _f=$1; shift; openssl x509 -in "$_f" -noout "$@" 2> /dev/null; }
number() { openssl crl -in ca/crl.pem -noout -crlnumber; }
verify() { openssl verify -CAfile ca/ca.crt -CRLfile ca/crl.pem -crl_check -x509_strict "$@"; }

fails 1 'without an authority nothing is signed' ca issue alice
like "$out" '*there is no authority here: sallyport ca init makes one*' '... and it says what makes one'
ok 'an authority is made' ca init --constraint dns:.example.org --constraint ip:192.0.2.0/24 --name 'Trial CA'
fails 1 'a second one is not' ca init
is "$(stat -c '%a %U' ca)" "700 $(id -un)" 'its folder is its own'
is "$(stat -c %a ca/* | sort -u)" 600 '... and so is every file'
like "$(told ca/ca.crt -subject)" '*Trial CA' 'its name'
like "$(told ca/ca.crt -ext basicConstraints,keyUsage)" '*critical*CA:TRUE, pathlen:0*critical*Certificate Sign, CRL Sign*' 'it signs, and no authority below it'
like "$(told ca/ca.crt -ext nameConstraints)" '*critical*Permitted*.example.org*192.0.2.0/255.255.255.0*' 'its constraints are critical'
like "$(openssl x509 -in ca/ca.crt -noout -text)" '*Public Key Algorithm: id-ecPublicKey*NIST CURVE: P-256*' 'its key is of P-256'
like "$("$sallyport" ca init --dir "$scratch/ed" --key ed25519; openssl x509 -in ed/ca.crt -noout -text)" '*ED25519*' '... or of Ed25519'
fails 2 'and of nothing else' ca init --key rsa
fails 2 'a constraint that is none' ca init --constraint example.org
fails 2 'a life that is none' ca init --days 0

# a client
ok 'a client is issued' ca issue alice --email alice@example.org
like "$(told alice.crt -ext extendedKeyUsage,basicConstraints,keyUsage)" '*CA:FALSE*Digital Signature*TLS Web Client Authentication*' 'it is for clients'
fails 1 '... and for nothing else' sh -c 'openssl x509 -in alice.crt -noout -ext extendedKeyUsage | grep Server'
like "$(told alice.crt -ext subjectAltName)" '*email:alice@example.org*' 'with its address'
ok 'openssl takes it' verify -purpose sslclient alice.crt
fails 2 '... for a client alone' verify -purpose sslserver alice.crt
ok 'it has 90 days' sh -c 'openssl x509 -in alice.crt -noout -checkend $((89 * 86400)) && ! openssl x509 -in alice.crt -noout -checkend $((91 * 86400))'
is "$(stat -c %a alice.key alice.crt | tr '\n' ' ')" '600 644 ' 'the key is for its owner alone'
like "$(told alice.crt -serial)" 'serial=????????????????????????????????' 'its serial has 128 bits'
fails 1 'the same name a second time is refused' ca issue alice --out ed
is "$(ls ed | grep alice)" '' '... and leaves nothing'

# a server
ok 'a server is issued' ca issue files.example.org --server --dns files.example.org --dns f.example.org --ip 192.0.2.7 --days 30
like "$(told files.example.org.crt -ext subjectAltName)" '*DNS:files.example.org, DNS:f.example.org, IP Address:192.0.2.7*' 'with its names'
ok 'openssl takes it by each of them' verify -purpose sslserver -verify_hostname f.example.org files.example.org.crt
fails 1 'a name outside of the constraints is refused' ca issue www.example.com --server
like "$out" '*may not sign these names: permitted subtree violation*' '... and it says why'
is "$(ls | grep example.com)$(ca list | grep example.com)" '' '... and leaves nothing'
fails 1 '... also an address' ca issue other --server --ip 198.51.100.1
fails 1 '... also a name that only the subject has' ca issue c.example.com
fails 1 'a server has a name' ca issue 'a@b' --server
fails 2 'a DNS name is no address' ca issue x --server --dns 192.0.2.1
fails 2 'an address is no DNS name' ca issue x --server --ip localhost
fails 2 'a mail address is one' ca issue x --email "$(printf 'a@b\nc')"
for name in ../x a/b .a -- a..b "$(printf 'a\nb')" "$(printf %065d 0)"; do
	"$sallyport" ca issue "$name" --dir "$scratch/ca" > /dev/null 2>&1 && break
	name=
done
is "$name" '' 'names that are none are refused'
is "$(ls | tr '\n' ' ')" 'alice.crt alice.key ca ed files.example.org.crt files.example.org.key ' 'nothing is left of them'

# requests
openssl req -new -newkey ed25519 -nodes -keyout bob.key -subj /CN=root -addext subjectAltName=DNS:evil.example.org \
    -addext basicConstraints=CA:TRUE -out bob.csr 2> /dev/null
ok 'a request is signed' ca issue bob --csr bob.csr
is "$(told bob.crt -subject)$(told bob.crt -ext subjectAltName)" 'subject=CN = bob' '... for the name that the authority gives'
like "$(told bob.crt -ext basicConstraints)" '*CA:FALSE*' '... and no right that it asks for'
ok '... with its key' sh -c 'openssl x509 -in bob.crt -noout -pubkey > a; openssl pkey -in bob.key -pubout | cmp - a'
fails 1 'what is no request' ca issue carol --csr alice.crt

# the end of one
verify alice.crt > /dev/null 2>&1 || echo '# alice is not in'
before=$(number)
ok 'a client is revoked' ca revoke alice
fails 2 '... and openssl takes it no more' verify alice.crt
like "$out" '*certificate revoked*' '... since it is revoked'
ok 'the others are' verify bob.crt files.example.org.crt
ok 'the list has a number of its own' test "$before" != "$(number)"
ok '... and a week' sh -c 'test $(($(date -d "$(openssl crl -in ca/crl.pem -noout -nextupdate | cut -d= -f2)" +%s) - $(date +%s))) -gt $((6 * 86400))'
ok 'revoking it again is harmless' ca revoke alice
fails 1 'who is not known' ca revoke nobody
serial=$(told bob.crt -serial | cut -d= -f2 | tr A-F a-f)
ok 'by serial' ca revoke "$serial"
fails 2 '... too' verify bob.crt
ca crl > /dev/null
ok 'a list that is made anew has them all' sh -c 'test "$(openssl crl -in ca/crl.pem -noout -text | grep -c "Serial Number")" = 2'

# renewal
cp files.example.org.crt old.crt
ok 'a server is renewed' ca renew files.example.org --out "$scratch"
is "$(told old.crt -pubkey)$(told old.crt -ext subjectAltName)" "$(told files.example.org.crt -pubkey)$(told files.example.org.crt -ext subjectAltName)" \
    '... with the same key and names'
fails 1 'who is revoked is not' ca renew alice
ca list --json > list.json
is "$(python3 -c 'import json; print([(c["name"], c["kind"], c["state"]) for c in json.load(open("list.json"))])')" \
    "[('alice', 'client', 'revoked'), ('files.example.org', 'server', 'valid'), ('bob', 'client', 'revoked'), ('files.example.org', 'server', 'valid')]" 'the list as JSON'

# two at once: each waits for the other
for i in 1 2 3 4 5 6; do ca issue "many$i" > /dev/null 2>&1 & done
wait
is "$(ca list | grep -c 'many[1-6].*valid')" 6 'six at once are all there'

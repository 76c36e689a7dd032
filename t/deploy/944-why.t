#!/bin/sh
# `sallyport why`: who is asked, what each says, and where that is written.
. "${top_srcdir:-.}/t/lib/lib.sh"
make_pki
planned=counted
mkdir -p "$scratch/root"
secret=$scratch/secret; echo secret-of-alice > "$secret"; chmod 600 "$secret"
cat > "$scratch/d.conf" <<EOF
host = "files.example.org";
daemon = {
  binary = "$syncd";
};
modules = (
  { name = "open"; path = "/srv/open"; exclude = [ "*.key" ]; },
  { name = "some"; path = "/srv/some"; clients = [ "192.0.2.0/28" ]; users = [ "alice" ]; },
  { name = "box"; path = "/srv/box"; access = "upload"; }
);
users = ( { name = "alice"; secret_file = "$secret"; } );
door = {
  binary = "$tunnel";
  cert = "$scratch/pki/server.crt"; key = "$scratch/pki/server.key";
  client_certs = "required";
  ca = "$scratch/pki/ca.crt";
};
firewall = {
  clients = [ "198.51.100.0/24",
    "192.0.2.0/24", "2001:db8::/64" ];
};
EOF
"$sallyport" generate "$scratch/d.conf" -o "$scratch/root" > /dev/null || exit 99
conf=$scratch/root/etc/sallyport/syncd.conf
echo "tls users = cn:client*, cn:ghost:deny" > "$scratch/rule"
line_of() { grep -n "$1" "$2" | sed -n "${3:-1}{s/:.*//;p;}"; }
d=$scratch/d.conf client=$scratch/pki/client.crt
why() { "$sallyport" why --root "$scratch/root" "$@" "$d" 2>&1; }
# row WANTED-STATUS NAME ARGS...: then lines that must be there, on standard input
row() {
	_want=$1 _name=$2; shift 2
	fails "$_want" "$_name" "$sallyport" why --root "$scratch/root" "$@" "$d"
	while read -r _line; do
		case $out in *"$_line"*) ;; *) report 1 "$_name: $_line"; echo "$out" | note ;; esac
	done
}
auth=$(line_of 'auth users' "$conf") allow=$(line_of '^hosts allow' "$conf") own=$(line_of '^hosts allow' "$conf" 2) exclude=$(line_of '^exclude' "$conf")
refuse=$(line_of '^refuse options' "$conf")
row 0 'a client that gets it' --from 192.0.2.7 --module open --cert "$client" <<EOF
firewall  lets     lets 192.0.2.7 in: clients = [ ..., "192.0.2.0/24" ]   $d:19
door      lets     lets $client in, which is cn:client one   $d:15
daemon    lets     hosts allow = 127.0.0.1, ::1, 198.51.100.0/24, 192.0.2.0/24, 2001:db8::/64: 192.0.2.7 (undetermined) is let in   $conf:$allow
gets it
EOF
row 1 'one from elsewhere' --from 203.0.113.7 --module open --cert "$client" <<EOF
firewall  refuses  203.0.113.7 is none of clients   $d:18
door      lets
daemon    refuses  hosts allow =
refused
EOF
row 0 'one of IPv6' --from 2001:db8::77 --module open --cert "$client" <<EOF
"2001:db8::/64" ]   $d:19
EOF
row 0 'this machine' --from 127.0.0.1 --module open --cert "$client" <<EOF
firewall  lets     lets 127.0.0.1 in: it is this machine itself
EOF
row 1 'no certificate' --from 192.0.2.7 --module open <<EOF
door      refuses  no certificate: a certificate is required   $d:14
EOF
row 1 'another authority'\''s' --from 192.0.2.7 --module open --cert "$scratch/pki/stranger.crt" <<EOF
door      refuses  $scratch/pki/stranger.crt: CERT: Pre-verification error: unable to get local issuer certificate   $d:15
EOF
row 1 'a module of others' --from 192.0.2.77 --module some --cert "$client" --user alice <<EOF
daemon    refuses  hosts allow = 127.0.0.1, ::1, 192.0.2.0/28: 192.0.2.77 (undetermined) is refused, since it is not named   $conf:$own
daemon    lets     auth users = alice: alice may log in
EOF
row 0 'a user' --from 192.0.2.7 --module some --cert "$client" --user alice < /dev/null
row 1 'another user' --from 192.0.2.7 --module some --cert "$client" --user bob <<EOF
daemon    refuses  auth users = alice: bob matches no rule   $conf:$auth
EOF
row 1 'no user where one is wanted' --from 192.0.2.7 --module some --cert "$client" <<EOF
daemon    asks     auth users = alice: a login is asked for   $conf:$auth
EOF
row 1 'a hidden path' --from 192.0.2.7 --module open --cert "$client" --path a.key <<EOF
filter    refuses  "exclude" hides a.key   $conf:$exclude
EOF
row 0 'another' --from 192.0.2.7 --module open --cert "$client" --path a <<EOF
filter    lets     no rule hides a
EOF
row 1 'an option' --from 192.0.2.7 --module box --cert "$client" --option checksum --option delete <<EOF
daemon    lets     --checksum is taken
daemon    refuses  refuse options = delete delete-*: --delete is refused   $conf:$refuse
EOF
row 1 'no such module' --from 192.0.2.7 --module none --cert "$client" <<EOF
daemon    refuses  there is no module none
EOF
# by certificate
sed -i "/^\[open\]/r $scratch/rule" "$conf"
tls=$(line_of '^tls users' "$conf")
row 0 'a rule for certificates' --from 192.0.2.7 --module open --cert "$client" <<EOF
daemon    lets     tls users = cn:client*, cn:ghost:deny: it is client one by cn:client*, as the module is
no uid   $conf:$tls
EOF
sed -i 's/cn:client\*/cn:nobody/' "$conf"
row 1 'and none for this one' --from 192.0.2.7 --module open --cert "$client" <<EOF
daemon    refuses  tls users = cn:nobody, cn:ghost:deny: no rule names the certificate "client one"   $conf:$tls
EOF
sed -i '/^proxyTLV/d' "$scratch/root/etc/sallyport/tunnel.conf"
row 1 'a door that tells nothing of it' --from 192.0.2.7 --module open --cert "$client" <<EOF
in, which is cn:client one, and tells the daemon nothing of certificates   $d:15
daemon    refuses  tls users = cn:nobody, cn:ghost:deny: it has shown no certificate that was verified   $conf:$tls
EOF
fails 1 'as JSON' "$sallyport" why --root "$scratch/root" --json --from 203.0.113.7 --module open --path a.key "$d"
if command -v python3 > /dev/null; then
	is "$(echo "$out" | python3 -c 'import json, sys
s = json.load(sys.stdin)
print(s["gets"], *sorted({(p["by"], p["verdict"]) for p in s["points"]}))')" \
	    "False ('daemon', 'depends') ('daemon', 'lets') ('daemon', 'refuses') ('door', 'refuses') ('filter', 'refuses') ('firewall', 'refuses')" '... with each point'
fi
# wrong uses, and what cannot be said
for words in '' '--from 192.0.2.7' '--module open' '--from me --module open' '--from /x --module open' '--from 192.0.2.7 --module open --nonsense' \
    '--from 192.0.2.7 --module open --option frobnicate' "--from 192.0.2.7 --module open --cert $scratch/none"; do
	# shellcheck disable=SC2086
	fails 2 "why $words" "$sallyport" why --root "$scratch/root" $words "$d"
done
fails 2 'no configurations' "$sallyport" why --root "$scratch/pki" --from 192.0.2.7 --module open "$d"
fails 2 'no deployment file' "$sallyport" why --from 192.0.2.7 --module open "$scratch/none"
sed 's|^  binary = ".*sallyport-tunnel|  binary = "/none|' "$d" > "$scratch/other.conf"
fails 2 'a door that is not there' "$sallyport" why --root "$scratch/root" --from 192.0.2.7 --module open "$scratch/other.conf"
# names of strangers
printf '[ca]\n' > "$scratch/x"
fails 1 'a hostile module' "$sallyport" why --root "$scratch/root" --from 192.0.2.7 --module "$(printf 'a\033[2J\007')" --cert "$client" "$d"
like "$out" '*there is no module a?#033?2J?#007*' 'is shown harmlessly'

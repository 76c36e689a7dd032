#!/bin/sh
# `sallyport why` beside what a real connection gets: drawn deployments with their firewall, and drawn clients from another network namespace.
# DRAWS=N draws so many, SEED=N others.
. "${top_srcdir:-.}/t/lib/lib.sh"
for _p in nft ip rsync openssl socat python3; do command -v $_p > /dev/null || skip_all "no $_p"; done
[ -n "${SALLYPORT_NET:-}" ] || { unshare -n true 2> /dev/null || skip_all 'no network of our own'; }
own_mounts
[ -n "${SALLYPORT_NET:-}" ] || { rm -rf "$scratch"; SALLYPORT_NET=1 exec unshare -n sh "$0"; }
make_pki
planned=counted
mount -t tmpfs none /srv && mkdir -p /run/netns && mount -t tmpfs none /run/netns || skip_all 'no mounts of our own'
ip link set lo up && ip netns add far && ip link add near type veth peer name wire netns far || skip_all 'no namespaces of networks'
for _a in 192.0.2.1/24 198.51.100.1/24; do ip addr add $_a dev near; done
for _a in 2001:db8::1/64 2001:db8:1::1/64; do ip addr add $_a dev near nodad; done
ip link set near up
for _a in 192.0.2.7/24 192.0.2.99/24 198.51.100.7/24; do ip -n far addr add $_a dev wire; done
for _a in 2001:db8::7/64 2001:db8:1::7/64; do ip -n far addr add $_a dev wire nodad; done
ip -n far link set wire up; ip -n far link set lo up
(
	cd "$scratch/pki" || exit 1
	: > index.txt; echo 01 > serial; echo 01 > crlnumber
	printf '[ca]\ndefault_ca = x\n[x]\ndatabase = index.txt\nserial = serial\ncrlnumber = crlnumber\nnew_certs_dir = .\ndefault_md = sha256\ndefault_crl_days = 9\npolicy = p\n[p]\ncommonName = supplied\n' > ca.cnf
	dated() { # dated NAME FROM TO
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" 2> /dev/null
		openssl ca -batch -notext -config ca.cnf -cert ca.crt -keyfile ca.key -in "$1.csr" -out "$1.crt" -startdate "$2" -enddate "$3" 2> /dev/null
	}
	dated expired 200101000000Z 210101000000Z
	dated revoked 200101000000Z 20910101000000Z
	openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -revoke revoked.crt 2> /dev/null
	openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -out crl.pem 2> /dev/null
	issue alice ca 'extendedKeyUsage=clientAuth
subjectAltName=DNS:alice.example' /CN=alice
	issue bob ca 'extendedKeyUsage=clientAuth
subjectAltName=email:bob@example.org' /CN=bob
	issue server-only ca 'extendedKeyUsage=serverAuth' '/CN=server only'
	cat alice.crt revoked.crt ca.crt > pinned.crt
	for _c in alice bob expired revoked server-only stranger; do cat $_c.crt $_c.key > $_c.pem; done
	chmod 600 server.key
)
chmod 755 "$scratch"
python3 "$top_srcdir/t/tool/draws.py" "$scratch" "$(cd "$top_builddir" && pwd)" "${SEED:-1}" "${DRAWS:-200}" > "$scratch/drawn" 2> "$scratch/trace"
ok 'all were drawn' [ "$(grep -cE '^(not )?ok ' "$scratch/drawn")" = "${DRAWS:-200}" ]
note < "$scratch/trace"
is "$(grep -c '^not ok ' "$scratch/drawn")" 0 'why says what a client gets'
grep -A30 '^not ok' "$scratch/drawn" | head -n 150 | note
_few=$((${DRAWS:-200} / 40))
for _by in nobody firewall door daemon filter; do
	_n=$(grep -c "^ok $_by " "$scratch/drawn")
	[ "${DRAWS:-200}" -lt 200 ] || ok "$_n are refused by $_by, which is some" [ "$_n" -ge $_few ]
done

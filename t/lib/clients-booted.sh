# What t/deploy/962 runs as a service of the machine that it boots; then "done".
. /trial/inside.sh
conf=/etc/site.conf

# another machine: a network namespace with one wire to this one
ip link set lo up
ip netns add far && ip link add near type veth peer name wire netns far && ip addr add 192.0.2.1/24 dev near && ip link set near up &&
    ip -n far addr add 192.0.2.9/24 dev wire && ip -n far link set wire up && ip -n far link set lo up
say $? 'there is another machine'
far() { ip netns exec far env HOME=/root XDG_CONFIG_HOME="/trial/$who" XDG_CACHE_HOME="/trial/$who.cache" "$@"; }

mkdir -p /srv/files
echo hello > /srv/files/hello
truncate -s 300M /srv/files/big
ok 'a deployment file is written' sallyport init $conf --authority own --host 192.0.2.1 --client 192.0.2.0/24
ok 'it is installed' sallyport install $conf
sed -n '/^next:/,$p' out | sed 1d > next
ok 'what the install says next is done' sh -e next
is "$(systemctl is-active sallyport-tunnel.socket sallyport-ca.timer | tr '\n' ' ')" 'active active ' 'the door and the timer are started'

sallyport client add alice > word 2> words; is "$?" 0 'alice is added'
sallyport client add bob > bob.word 2> words
who=alice; ok 'she joins from the other machine' far sallyport-rsync --join "$(cat word)"
ok '... and pulls' far sallyport-rsync -a rsyncs://192.0.2.1:874/files/hello got
ok '... the file' cmp /srv/files/hello got
who=nobody
far sallyport-rsync "--tls-pin=$(sed -n 's/.*pin = "\(.*\)".*/\1/p' alice/sallyport/hosts)" rsyncs://192.0.2.1:874/ > out 2>&1
is "$?" 85 'who has not joined is refused'
who=bob; far sallyport-rsync --join "$(cat bob.word)" > out 2>&1

sallyport verify $conf > said 2> errors; is "$?" 0 'verify is content'
grep -v ^pass said | grep -v '^not checked' | sed 's/^/# /'
is "$(grep -c '^pass  unit.firewall.state' said)" 1 '... with the firewall'
is "$(grep -c '^pass  authority\.' said)" 4 '... with the authority, too'
chmod 644 /etc/sallyport/ca/ca.key
sallyport verify $conf --only authority > said 2> errors
is "$? $(grep -c '^FAIL  authority.key  ' said)" '1 1' '... and not with a key that everybody may read'
chmod 600 /etc/sallyport/ca/ca.key

ok 'the timer'\''s service does its work within its walls' systemctl start sallyport-ca.service
ok '... and the door has the new list' cmp /etc/sallyport/ca/crl.pem /etc/sallyport/tls/clients.crl

# the next certificate: her own is made two hours old, on both sides
pem=alice/sallyport/joined/192.0.2.1.pem
serial() { ./openssl x509 -in $pem -noout -serial | cut -d= -f2; }
who=alice; far sallyport-rsync --renew 192.0.2.1 > out 2>&1
is "$? $(cat out)" '89 sallyport-rsync: 192.0.2.1: the certificate was not renewed: the last one is not an hour old' 'no next certificate within the hour'
before=$(serial)
./openssl pkey -in $pem -out k && ./openssl req -new -key k -subj /CN=alice -out r
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=i\nserial=s\ndefault_md=sha256\npolicy=p\nnew_certs_dir=.\nunique_subject=no\n[p]\ncommonName=supplied\n' > c
printf 'extendedKeyUsage=clientAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' > x
: > i; echo "$before" > s
./openssl ca -batch -config c -in r -keyfile /etc/sallyport/ca/ca.key -cert /etc/sallyport/ca/ca.crt -notext -extfile x -out aged.crt -days 90 \
    -startdate "$(date -u -d '2 hours ago' +%Y%m%d%H%M%SZ)" > out 2>&1
cat aged.crt > "/etc/sallyport/ca/$before.crt"; cat aged.crt k > both; cat both > $pem
ok 'after it there is one, from within the walls of its service' far sallyport-rsync --renew 192.0.2.1
say $(test "$before" != "$(serial)"; echo $?) '... another one'
is "$(sallyport client list | grep -c '^alice.* valid')" 2 '... which the authority knows'

# out again, in the middle of it
who=alice; far sallyport-rsync -a --bwlimit=500 rsyncs://192.0.2.1:874/files/big to.alice/ > alice.log 2>&1 & alice=$!
who=bob; far sallyport-rsync -a --bwlimit=500 rsyncs://192.0.2.1:874/files/big to.bob/ > bob.log 2>&1 & bob=$!
grows() { find to.alice to.bob -name '.big.*' -size +0 | grep -c .; }
becomes 2 grows
before=$(date +%s%N)
ok 'alice is removed' sallyport client remove alice
wait $alice; r=$?
took=$((($(date +%s%N) - before) / 1000000))
is "$r $(test $took -lt 10000 && echo soon)" '87 soon' "her transfer ends, after $took ms"
ok "bob's goes on" kill -0 $bob
who=alice; far sallyport-rsync -a rsyncs://192.0.2.1:874/files/hello got > out 2>&1
is "$?" 85 'she does not come in again'
kill $bob
is "$(journalctl -q -o cat -u sallyport-tunnel.service | grep -c 'alice.*revoked\|revoked.*alice' | sed 's/^[1-9].*/told/')" told 'the log says why' ||
    journalctl -q -o cat -u sallyport-tunnel.service | tail -n 20 | sed 's/^/# /'
echo 'done'

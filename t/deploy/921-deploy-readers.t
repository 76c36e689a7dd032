#!/bin/sh
# Every output is taken by the program that reads it: of the examples, of models of every kind, and of two hundred that are
# drawn.  Then two deployments serve, one of our programs and one of stunnel and rsync, as their files are.
. "${top_srcdir:-.}/t/lib/lib.sh"
[ "$(id -u)" = 0 ] || skip_all 'modules have users of their own'
command -v python3 > /dev/null || skip_all 'no python3'
make_pki
(
	cd "$scratch/pki" || exit 1
	: > index.txt; : > index.txt.attr; echo 01 > crlnumber
	printf '[ca]\ndefault_ca = x\n[x]\ndatabase = index.txt\ncrlnumber = crlnumber\ndefault_md = sha256\ndefault_crl_days = 9\n' > ca.cnf
	openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -out clients.crl 2> /dev/null
	cat server.crt server.key > front.pem
	cat client.crt client.key > front-client.pem
	cat client.crt ca.crt > front-client.crt
	cp ca.crt clients.crt; cp ca.crt backends.crt
	chmod 600 *.pem *.key
	echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJb0sPGnkUhOe7T3lXfXp0Wm8nq1Yc6RkQyE0x5u7vHd a@b' > id.pub
)
readers() { python3 "$top_srcdir/t/tool/readers.py" "$top_builddir" "$scratch" "$@"; }
seed=${SEED:-$(date +%j)} drawn=${DRAWS:-200}
sanitized && [ -z "${DRAWS:-}" ] && drawn=10
mkdir "$scratch/models"
cp "$top_srcdir"/examples/*.conf "$top_srcdir"/t/golden/*.conf "$scratch/models"
chmod 600 "$scratch"/models/*

plan 26
readers trees "$scratch"/models/*.conf > "$scratch/asked"
report $? 'the examples, and models of every kind' || note < "$scratch/asked"
asked=$(readers draw "$drawn" "$seed"; echo "status $?")
is "$(echo "$asked" | sed -n 's/^status //p')" 0 "$drawn deployments drawn from SEED=$seed"
case $asked in *'status 0') ;; *) echo "$asked" | head -n 20 | note ;; esac
# none may go unasked for lack of models
asked=$(cat "$scratch/asked")
for reader in rsyncd groups tunnel haproxy ssh keys nft rules script sysusers tmpfiles units; do
	case $reader in
	haproxy | nft) needs=$reader ;;
	rules) needs=ip6tables-restore ;;
	sysusers) needs=systemd-sysusers ;;
	units) needs=systemd-analyze ;;
	*) needs=sh ;;
	esac
	command -v $needs > /dev/null || { skip "$reader was asked" "no $needs"; continue; }
	like "$asked" "*asked:*$reader [1-9]*" "$reader was asked"
done

case $asked in
*schemas*) like "$asked" '*asked:*schemas [1-9]*' "the API's schemas were asked of Kubernetes' objects" ;;
*) skip "the API's schemas were asked of Kubernetes' objects" 'no npm package kubernetes-models in NODE_PATH' ;;
esac

# serve NAME PROGRAM DOOR LISTEN: writes a deployment on free ports, with the client's end
serve() {
	name=$1 program=$2 door=$3 listen=$4 sport=$(freeport) cport=$(freeport)
	cat > "$scratch/$name.conf" <<-EOF
		name = "$name"; host = "localhost";
		daemon = { program = "$program"; listen = [ "$listen" ]; };
		modules = ( { name = "m"; path = "/srv/$name"; access = "write"; users = [ "alice" ]; },
		    { name = "drop"; path = "/srv/$name.drop"; access = "upload"; user = "backup"; group = "backup"; } );
		users = ( { name = "alice"; } );
		door = { kind = "$door"; addresses = [ "127.0.0.1:$sport" ]; client_certs = "required"; ca = "$scratch/pki/ca.crt";
		    cert = "$scratch/pki/server.crt"; key = "$scratch/pki/server.key"; };
		firewall = { clients = [ "192.0.2.0/24" ]; };
		client = { listen = "127.0.0.1:$cport"; ca = "$scratch/pki/ca.crt"; cert = "$scratch/pki/client.crt"; key = "$scratch/pki/client.key"; };
		EOF
	"$sallyport" generate "$scratch/$name.conf" -o "$scratch/$name" > "$scratch/list" || return 1
	mkdir -p "$scratch/srv/$name" "$scratch/srv/$name.drop" && chmod 777 "$scratch/srv/$name" "$scratch/srv/$name.drop"
	sed -i "s|/run/credentials/[^/]*/tls.key|$scratch/pki/server.key|; s|/srv/|$scratch/srv/|; s|^\(socket [pg].*\) = sallyport-tunnel|\1 = root|; s|/run/sallyport|$scratch/run|; s|/etc/sallyport/|$scratch/$name/etc/sallyport/|" "$scratch/$name"/etc/*/*.conf
	sed -n 's/^alice://p' "$scratch/$name/etc/sallyport/syncd.secrets" > "$scratch/password"
	chmod 600 "$scratch/password"
}
transfer() {
	echo hello > "$scratch/hello"
	rsync -t --password-file="$scratch/password" "$scratch/hello" "rsync://alice@127.0.0.1:$cport/m/" &&
	rsync -t --password-file="$scratch/password" "rsync://alice@127.0.0.1:$cport/m/hello" "$scratch/back.$name" && cmp "$scratch/hello" "$scratch/back.$name"
}
drop_box() { # what comes in is shut away: three tests
	chmod 6755 "$scratch/hello"
	ok "$name: a drop box takes a file" rsync -p "$scratch/hello" "rsync://127.0.0.1:$cport/drop/"
	is "$(stat -c '%U %a' "$scratch/srv/$name.drop/hello")" 'backup 750' "$name: as its own, without set-id bits, hidden from others"
	rsync "rsync://127.0.0.1:$cport/drop/hello" "$scratch/taken" > "$scratch/.taken" 2>&1
	mkdir -p "$scratch/empty"
	rsync -r --delete "$scratch/empty/" "rsync://127.0.0.1:$cport/drop/" >> "$scratch/.taken" 2>&1
	ok "$name: and gives and deletes nothing" test ! -e "$scratch/taken" -a -e "$scratch/srv/$name.drop/hello"
}

serve ours sallyport tunnel /run/sallyport/syncd.sock
spawn "$scratch/ours.syncd" "$syncd" --daemon --no-detach --config="$scratch/ours/etc/sallyport/syncd.conf"
ready "$scratch/ours.syncd" 'starting, listening on'
spawn "$scratch/ours.tunnel" "$tunnel" "$scratch/ours/etc/sallyport/tunnel.conf"
ready "$scratch/ours.tunnel" 'Configuration successful'
spawn "$scratch/ours.client" "$tunnel" "$scratch/ours/client/stunnel.conf"
ready "$scratch/ours.client" 'Configuration successful'
ok 'a deployment of ours carries a push and a pull' transfer
like "$(cat "$scratch/ours.syncd")" '*127.0.0.1*' 'its daemon was told who came'
fails 5 'a wrong password is refused' env RSYNC_PASSWORD=wrong rsync "rsync://alice@127.0.0.1:$cport/m/"
drop_box

if command -v stunnel4 > /dev/null; then
	dport=$(freeport)
	serve stock rsync stunnel "127.0.0.1:$dport"
	spawn "$scratch/stock.rsync" rsync --daemon --no-detach --config="$scratch/stock/etc/sallyport/rsyncd.conf" --log-file=/dev/stderr
	"$await" port "$dport"
	spawn "$scratch/stock.tunnel" stunnel4 "$scratch/stock/etc/stunnel/sallyport.conf"
	"$await" port "$sport"
	spawn "$scratch/stock.client" stunnel4 "$scratch/stock/client/stunnel.conf"
	"$await" port "$cport"
	ok 'so does one of stunnel and rsync' transfer || cat "$scratch"/stock.*
	ok 'and what came is the same on both' cmp "$scratch/back.ours" "$scratch/back.stock"
	drop_box
else
	for n in 'so does one of stunnel and rsync' 'the same on both' takes 'as its own' 'gives nothing'; do skip "$n" 'stunnel4 is not installed'; done
fi

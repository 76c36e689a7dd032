#!/bin/sh
# Any of the doors may be somebody else's: daemon, TLS in front of it, client, in every combination.
. "${top_srcdir:-.}/t/lib/lib.sh"
for tool in rsync stunnel4 openssl; do command -v $tool > /dev/null || skip_all "no $tool"; done

tree=$scratch/tree
mkdir -p "$tree/a/b" "$tree/empty"
seq 1 30000 > "$tree/a/numbers"; head -c 3000000 /dev/urandom > "$tree/a/b/random"; ln -s numbers "$tree/a/link"; : > "$tree/nothing"
chmod 750 "$tree/a/b"; find "$tree" -exec touch -h -d '2012-03-04 05:06:07.89' {} +
make_pki
cat "$scratch/pki/server.crt" "$scratch/pki/server.key" > "$scratch/pki/server.pem"; chmod 600 "$scratch"/pki/*
if [ "$(id -u)" = 0 ]; then ids="uid = 0
gid = 0"; else ids=; fi
mkdir "$scratch/up"; chmod 777 "$scratch/up"
conf() {
	printf 'use chroot = no\nmunge symlinks = no\n%s\n[doc]\npath = %s\ncomment = what is installed here\nread only = yes\n' "$ids" "$tree"
	printf '[up]\npath = %s\nread only = no\n' "$scratch/up"
}
conf > "$scratch/conf"
start_syncd < "$scratch/conf"
start_rsyncd < "$scratch/conf"

# door NAME BACKEND: a TLS door before that port; its own port in $door_port
door() {
	door_port=$(freeport)
	case $1 in
	sallyport)
		printf 'foreground = yes\npid =\n[d]\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\ncert = %s\n' "$door_port" "$2" "$scratch/pki/server.pem" > "$scratch/$1.$2.conf"
		spawn "$scratch/$1.$2.log" "$tunnel" "$scratch/$1.$2.conf" ;;
	stunnel)
		printf 'foreground = yes\npid =\n[d]\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\ncert = %s\n' "$door_port" "$2" "$scratch/pki/server.pem" > "$scratch/$1.$2.conf"
		spawn "$scratch/$1.$2.log" stunnel4 "$scratch/$1.$2.conf" ;;
	haproxy)
		cat > "$scratch/$1.$2.conf" <<-EOT
			global
			  maxconn 50
			defaults
			  mode tcp
			  timeout connect 5s
			  timeout client 60s
			  timeout server 60s
			listen d
			  bind 127.0.0.1:$door_port ssl crt $scratch/pki/server.pem
			  server s 127.0.0.1:$2
		EOT
		spawn "$scratch/$1.$2.log" haproxy -f "$scratch/$1.$2.conf" ;;
	esac
	"$await" port "$door_port"
}
RSYNC_SSL_CA_CERT=$scratch/pki/ca.crt
export RSYNC_SSL_CA_CERT
n=0
pulled() { # pulled NAME COMMAND...: the command with a new directory as its last word gives the tree
	_pn=$1; shift; n=$((n + 1))
	ok "$_pn" sh -c '"$@"' sh "$@" "$scratch/out$n/"
	ok "$_pn: the same tree" same_tree "$tree" "$scratch/out$n"
}

pushed() { # pushed NAME DIRECTORY COMMAND...: the command leaves the tree there
	_pn=$1 _pd=$2; shift 2
	ok "$_pn" "$@"
	ok "$_pn: the same tree" same_tree "$tree" "$_pd"
}

plan 53
for d in sallyport stunnel haproxy; do
	if [ $d = haproxy ] && ! command -v haproxy > /dev/null; then
		for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do skip "haproxy" "not installed"; done
		continue
	fi
	for back in ours stock; do
		[ $back = ours ] && p=$port || p=$rport
		door $d "$p"
		pulled "our client, $d, $back daemon" "$rsyncwrap" -a "rsyncs://localhost:$door_port/doc/"
		pulled "rsync-ssl, $d, $back daemon" rsync-ssl --type=openssl -a "rsync://localhost:$door_port/doc/"
		pushed "our client pushes, $d, $back daemon" "$scratch/up/$d.$back.1" "$rsyncwrap" -a "$tree/" "rsyncs://localhost:$door_port/up/$d.$back.1/"
		pushed "rsync-ssl pushes, $d, $back daemon" "$scratch/up/$d.$back.2" rsync-ssl --type=openssl -a "$tree/" "rsync://localhost:$door_port/up/$d.$back.2/"
	done
done
if command -v setpriv > /dev/null && [ "$(id -u)" = 0 ]; then
	chmod -R a+rX "$tree"; chmod 755 "$scratch" "$scratch/pki"; chmod 644 "$scratch/pki/ca.crt"
	mkdir "$scratch/user"; chown 65534:65534 "$scratch/user"
	user() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
	uport=$(freeport); conf | sed '/^[ug]id/d' > "$scratch/user.conf"
	spawn "$scratch/user.log" setpriv --reuid 65534 --regid 65534 --clear-groups "$syncd" --daemon --no-detach \
	    --config="$scratch/user.conf" --port="$uport" --address=127.0.0.1
	"$await" port "$uport"
	door sallyport "$uport"
	ok 'an ordinary user serves and pulls' user "$rsyncwrap" -a "rsyncs://localhost:$door_port/doc/" "$scratch/user/out/"
	ok 'the same tree' sh -c "cd '$tree' && diff -r --no-dereference . '$scratch/user/out' && find . -printf '%p %y %m %T@ %l\n' | sort > '$scratch/f1' && cd '$scratch/user/out' && find . -printf '%p %y %m %T@ %l\n' | sort | diff '$scratch/f1' -"
else
	skip 'an ordinary user' 'needs root to become one'; skip 'an ordinary user' 'needs root to become one'
fi
# a second pull moves nothing; a changed file moves its difference
"$rsyncwrap" -a "rsyncs://localhost:$door_port/doc/" "$scratch/again/" 2> /dev/null
out=$("$rsyncwrap" -ai "rsyncs://localhost:$door_port/doc/" "$scratch/again/" 2>&1)
is "$(echo "$out" | grep -c '^>f')" 0 'a second pull transfers nothing'
printf 'X' | dd of="$scratch/again/a/b/random" bs=1 seek=1500000 conv=notrunc 2> /dev/null
touch -d 2001-01-01 "$scratch/again/a/b/random"
out=$("$rsyncwrap" -a --stats "rsyncs://localhost:$door_port/doc/" "$scratch/again/" 2>&1)
got=$(echo "$out" | sed -n 's/^Total bytes received: //p' | tr -d ,)
ok "a changed byte in 3,000,000 costs few: ${got:-?}" test "${got:-9999999}" -lt 100000
ok 'and the copy is right' diff -r "$tree/a" "$scratch/again/a"

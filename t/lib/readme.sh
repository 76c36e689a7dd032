# What t/deploy/965 runs as a service of the machine that it boots: each line of README.md that is for a shell, as it stands there.  Then "done".
. /trial/inside.sh
[ -e lines ] || exit 1
ip link set lo up
ip netns add far && ip link add wire type veth peer name other netns far && ip addr add 192.0.2.7/24 dev wire && ip link set wire up
echo '127.0.0.1 host' >> /etc/hosts
mkdir -p build /path/to/tree /etc/stunnel /srv/module copy
ln -s /usr/bin/sallyport build/sallyport
echo hello > /path/to/tree/hello; echo hello > /srv/module/hello
printf 'pid file = /run/rsyncd.pid\n[module]\npath = /srv/module\n' > /etc/rsyncd.conf
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /etc/stunnel/key -out /etc/stunnel/crt -days 9 -subj /CN=host \
    -addext subjectAltName=DNS:host 2> /dev/null
cat /etc/stunnel/crt >> /etc/ssl/certs/ca-certificates.crt
printf 'pid = /run/tunnel.pid\n[rsync]\naccept = 874\nconnect = 127.0.0.1:873\ncert = /etc/stunnel/crt\nkey = /etc/stunnel/key\n' > /etc/stunnel/rsync.conf
HOME=/root; export HOME

serving=
stop_serving() { [ -z "$serving" ] || { kill -INT $serving; wait $serving; }; serving=; }
serve() { # serve LINE: until it has printed a line to paste
	stop_serving
	sh -c "exec $1" > served 2>&1 & serving=$!
	becomes 1 sh -c 'grep -c "sallyport-rsync.*192.0.2.7\|sallyport-rsync --join" served | sed "s/^[1-9].*/1/"' || sed 's/^/# /' served
}
pasted() { # pasted PATTERN: the first line of what it printed that is like that
	sed -n "s/^  *//; /$1/p" served | sed -n 1p > line
	[ -s line ] && sh line
}

while read -r line <&3; do
	case $line in
	'build/sallyport serve --client laptop --write /path/to/tree')
		serve "$line"
		ok "$line: what it prints for laptop works" pasted '--join'
		sed -n 's/.*sallyport-rsync -a \(.*\)/\1/p' served > lines.served
		is "$(sed 's|//[^:]*:|//HOST:|' lines.served | tr '\n' '|')" 'rsyncs://HOST:8740/tree/ ./tree/|./tree/ rsyncs://HOST:8740/tree/|' 'and from then on what README says'
		ok 'which pulls' sh -c "sallyport-rsync -a $(sed -n 1p lines.served)"
		ok 'and pushes' sh -c "sallyport-rsync -a $(sed -n 2p lines.served)" ;;
	'build/sallyport serve /path/to/tree')
		serve "$line"
		rm -rf tree
		ok "$line: what it prints works" pasted '^sallyport-rsync --tls-pin'
		ok 'and the tree is there' cmp /path/to/tree/hello tree/hello ;;
	'sallyport-rsync --tls-pin='*) # as it was just pasted, but for the pin
		is "$(sed 's/sha256:[0-9a-zA-Z+/=]*/sha256:…/' served | grep -cF -e "$line")" 1 "\"$line\" is what it prints" ;;
	'sallyport install '*)
		stop_serving
		ok "$line" sh -c "$line"
		sed -n '/^next:/,$p' out | sed 1d > next
		ok 'and what it says next' sh -e next ;;
	'sallyport client add '*)
		ok "$line" sh -c "$line > word"
		ok 'and the word is one' sallyport-rsync --join "$(cat word)"
		ok 'with which she pushes' sallyport-rsync -a /path/to/tree/ rsyncs://192.0.2.7:874/backups/
		ok 'what is there then' cmp /path/to/tree/hello /srv/backups/hello ;;
	'sallyport verify '*)
		sh -c "$line" > said 2> errors; is "$?" 0 "$line"
		grep -v '^pass\|^not checked' said | sed 's/^/# /' ;;
	'sallyport-syncd --daemon '*)
		systemctl stop $(systemctl list-units --no-legend --plain 'sallyport*' | cut -d' ' -f1)
		ok "$line" sh -c "$line" ;;
	'install '* | 'sallyport '* | 'sallyport-tunnel '* | 'sallyport-rsync '*) ok "$line" sh -c "$line" ;;
	# whole builds: tools/check, t/deploy/940 and the people who read this do them
	tools/* | 'autoreconf '* | 'make check' | 'sudo make install' | 'apt install ./build/packages/'*) echo "# by others: $line" ;;
	*) say 1 "nobody has tried this line: $line" ;;
	esac
done 3< lines
is "$(cat copy/hello)" hello 'the copy is there'
kill "$(cat /run/rsyncd.pid)" "$(cat /run/tunnel.pid)"
echo 'done'

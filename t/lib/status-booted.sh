# What t/deploy/943 runs as a service of the machine that it boots; then "done".
. /trial/inside.sh
conf=/etc/sallyport.conf
ip link set lo up

mkdir -p /srv/pub && truncate -s 300M /srv/pub/big && echo secret-of-web > /etc/web.secret && chmod 600 /etc/web.secret && cp -p /etc/web.secret password
cat > $conf <<-'END'
	host = "localhost";
	daemon = { metrics = true; };
	modules = ( { name = "pub"; path = "/srv/pub"; users = [ "web" ]; } );
	users = ( { name = "web"; secret_file = "/etc/web.secret"; } );
	door = { authority = "own"; metrics = true; };
	firewall = { anyone = true; };
END
ok 'a deployment is installed' sallyport install $conf
sed -n '/^next:/,$p' out | sed 1d > next
sallyport status > said 2>&1; is "$?" 1 'what is not started is down'
is "$(grep -c '^sallyport-tunnel.socket *DOWN: inactive' said)" 1 '... and told so'
ok 'it is started' sh -e next
sallyport status > said 2>&1; is "$?" 0 'what waits for its first client is well'
is "$(grep -c '^sallyport-syncd.service *ready' said) $(grep -c '^sallyport-tunnel.socket *listening' said)" '1 1' '... and told so'
is "$(grep -c '^CONNECTIONS  not known: sallyport-syncd.service does not run$' said)" 1 '... which has no connections'

(umask 077 && echo guessed > no-password)
for who in alice bob; do
	sallyport client add $who > word 2> words
	XDG_CONFIG_HOME=/trial/$who sallyport-rsync --join "$(cat word)" > out 2>&1
done
say $? 'clients have joined'
pull() { XDG_CONFIG_HOME=/trial/alice sallyport-rsync --password-file=password -a "$@"; }
XDG_CONFIG_HOME=/trial/bob sallyport-rsync --password-file=no-password -a rsyncs://web@localhost:874/pub/ nothing/ > wrong 2>&1
openssl s_client -connect 127.0.0.1:874 -tls1_1 < /dev/null > wrong 2>&1
pull --bwlimit=500 rsyncs://web@localhost:874/pub/big got/ > log 2>&1 & transfer=$!
grows() { find got -name '.big.*' -size +0 2> /dev/null | grep -c .; }
becomes 1 grows; say $? 'a slow transfer runs'

sallyport status > said 2>&1; is "$?" 0 'all is well'
is "$(grep -cE '^pub +web +127\.0\.0\.1 +out +[0-9.]+ [KM]iB/s +[0-9.]+ [KM]?i?B +[0-9.]+ [KM]iB +[0-9]+ s +' said)" 1 'the transfer: module, user, address, direction, rate, bytes'
is "$(grep -cE '^sallyport-syncd.service +running +[0-9]+ s +0 +(-|[0-9.]+ [KM]iB) +[0-9.]+ s +(-|[0-9]+)$' said)" 1 'the daemon: since when, restarts, memory, time, tasks'
is "$(grep -cE '^DOOR  1 connections now' said) $(grep -cE '^sallyport +[01] +[0-9]+ +1$' said)" '1 1' 'the door: connections, handshakes that failed'
is "$(grep -cE '^DAEMON  1 connections now' said) $(grep -cE '^pub +1 +[0-9]+ ' said)" '1 1' 'the daemon: connections, sessions of a module'
is "$(grep -cE '^refused:.* handshake_' said) $(grep -cE '^refused: (.*, )?login 1' said)" '1 1' 'who was refused, and why'
is "$(grep -cE '^certificate +/etc/sallyport/tls/server.crt +in (89|90) days$' said) $(grep -cE '^revocation list .* in [67] days$' said) $(grep -c '^clients  *2$' said)" '1 1 1' 'what ends when'

sallyport status --json $conf > said 2>&1; is "$?" 0 'as JSON'
cat > look.py <<-'END'
	import json
	s = json.load(open('said'))
	c = s['connections']['list']
	print(len(c), *[c[0][k] for k in ('module', 'user', 'address', 'direction', 'state')])
	print(100_000 < c[0]['rate'] < 2_000_000 or c[0]['rate'], c[0]['sent'] > c[0]['received'] >= 0)
	print(s['up'], {u['unit']: u['state'] for u in s['units']['list']}['sallyport-tunnel.service'], s['door']['connections'], s['daemon']['connections'])
	print([m['now'] for m in s['daemon']['modules'] if m['name'] == 'pub'], s['certificates']['clients'])
END
is "$(python3 look.py 2>&1 | tr '\n' '/')" '1 pub web 127.0.0.1 out transfer/True True/True up 1 1/[1] 2/' 'a transfer of 500 KiB a second is seen as one'

timeout -s INT 6 sallyport status --watch=1 > said 2>&1
is "$([ "$(grep -c '^UNIT ' said)" -ge 2 ] && echo more) $(tail -n +20 said | grep -c 'iB/s ' | sed 's/^[1-9].*/some/')" 'more some' 'it is shown again and again, with rates'
is "$(tr -d '\n' < said | LC_ALL=C grep -c '[[:cntrl:]]')" 0 '... as plain text where there is no terminal'

# parts
sed 's/ metrics = true;//' $conf > other.conf
sallyport status other.conf > said 2>&1
is "$? $(grep -cE '^(DOOR|DAEMON)  not known: have (door|daemon).metrics = true in other.conf' said) $(grep -c '^pub  *web ' said)" '0 2 1' 'without metrics the rest is told'
systemctl stop sallyport-ca.timer
sallyport status > said 2>&1
is "$? $(grep -c '^sallyport-ca.timer  *DOWN' said) $(grep -c '^pub  *web ' said)" '1 1 1' 'a timer that stands still is told, with all else'
systemctl start sallyport-ca.timer
kill $transfer; wait $transfer 2> /dev/null
setpriv --reuid=nobody --clear-groups sallyport status > said 2>&1
is "$? $(grep -cE '^(UNITS|CONNECTIONS|DOOR)  not known: ' said) $(grep -c '^certificate  ' said)" '1 3 1' 'who may not ask is told so, part by part'
systemctl stop sallyport-syncd.service sallyport-syncd-unix.socket
sallyport status > said 2>&1
is "$? $(grep -c '^sallyport-syncd.service  *DOWN: inactive' said) $(grep -c '^DAEMON  not known: sallyport-syncd.service does not run' said) $(grep -c '^DOOR  [0-9]' said)" '1 1 1 1' \
    'a daemon that nothing starts is down'
echo 'done'

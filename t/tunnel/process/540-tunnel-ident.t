#!/bin/sh
# ident: the peer's machine is asked who it is, and the answer decides.  In a network of its own, since
# ident has one port only.
if [ -z "$SALLYPORT_ALONE" ] && [ "$(id -u)" = 0 ] && unshare -n true 2> /dev/null; then
	SALLYPORT_ALONE=1 exec unshare -n sh "$0"
fi
. "${top_srcdir:-.}/t/lib/lib.sh"
[ -n "$SALLYPORT_ALONE" ] && command -v ip > /dev/null && ip link set lo up || skip_all 'no network of our own'
plan 13
. "$top_srcdir/t/lib/tunnel.sh"
identd() { # identd TEXT: with which each answer ends
	spawn "$scratch/identd.log" "$peer" identd "$1"
	ready "$scratch/identd.log" 'port 113'
}
start_peer echo
server 'ident = alice' 'TIMEOUTbusy = 1' > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
identd ' : USERID : UNIX : alice'
s_client
is "$out" PING 'the user that is wanted gets in'
ok 'in the known words' logged 'LOG6[0]: IDENT authentication passed'
is "$(grep -c '^[0-9]* , [0-9]*$' "$scratch/identd.log")" 1 'after one question'
like "$(grep -n -o -e 'IDENT authentication passed' -e 'accepted connection from' "$tlog" | sed 's/^[0-9]*://' | tr '\n' ' ')" 'IDENT*accepted*' 'and is called accepted only then'
stop "$pid"
identd ' : USERID : UNIX : bob'
s_client
is "$out" '' 'another one does not'
ok 'in the known words, too' logged 'REFUSED by IDENT (user "bob")'
stop "$pid"
identd ' : ERROR : HIDDEN-USER'
s_client
ok 'nor one who is not told' logged 'LOG3[2]: Incorrect IDENT response type'
stop "$pid"
s_client
ok 'nor one without such a server' logged 'LOG3[3]: Connection from 127.0.0.1:'
identd ''
s_client
ok 'nor one whose server is silent' logged 'LOG5[4]: Connection reset: '
is "$(grep -c 'terminated on signal' "$tlog")" 0 'and no worker died'

# a section that is chosen by name asks, too
stop "$pid" "$tunnel_pid"
{ server; printf '[asks]\nsni = rsync:*.example\nident = alice\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\n' "$rport" "$pki/server.crt" "$pki/server.key"; } > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
identd ' : USERID : UNIX : bob'
s_client -servername localhost
is "$out" PING 'a section without ident asks nobody'
s_client -servername a.example
is "$out" '' 'but one that a name chose asks for its user'
stop "$pid"
identd ' : USERID : UNIX : alice'
s_client -servername a.example
is "$out" PING 'who gets in'

#!/bin/sh
# `sallyport status` where there is no service manager: how it is used, a daemon that tells lies, and the screen of --watch.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v python3 > /dev/null || skip_all 'no python3'
plan 14
conf=$scratch/d.conf
cat > "$conf" <<-EOF
	host = "files.example.org";
	daemon = { binary = "$scratch/daemon"; };
	modules = ( { name = "files"; path = "/srv/files"; } );
	door = { cert = "/etc/x/c.pem"; key = "/etc/x/k.pem"; };
	firewall = { anyone = true; };
EOF
# a machine that runs systemd is no part of it
cat > "$scratch/apart" <<-EOF
	#!/bin/sh
	exec unshare -m sh -c 'mount --bind /bin/false /usr/bin/systemctl 2> /dev/null; exec "\$@"' apart "$sallyport" "\$@"
EOF
chmod 755 "$scratch/apart"
[ ! -d /run/systemd/system ] || sallyport=$scratch/apart
fails 2 'two files are too many' "$sallyport" status a b
fails 2 'a file that is not there is a wrong use' "$sallyport" status "$scratch/none.conf"
fails 2 'so is a pause of nothing' "$sallyport" status --watch=0 "$conf"
fails 2 'and one of words' "$sallyport" status --watch=soon "$conf"

says() { printf '#!/bin/sh\ncat <<"END"\n%s\nEND\nexit %d\n' "$1" "${2:-0}" > "$scratch/daemon" && chmod 755 "$scratch/daemon"; }
shows() { "$sallyport" status "$@" "$conf" > "$scratch/said" 2>&1; echo $?; }
says 'sallyport-syncd: --status: no daemon answers' 10
is "$(shows) $(grep -c '^CONNECTIONS  not known: sallyport-syncd: --status: no daemon answers$' "$scratch/said")" '1 1' 'a daemon that does not answer is told in its place'
says '[{"pid": 1}'
is "$(shows) $(grep -c '^CONNECTIONS  not known: .* not to be understood$' "$scratch/said")" '1 1' 'so is one that cannot be understood'
rm "$scratch/daemon"
is "$(shows) $(grep -c '^CONNECTIONS  not known: .*/daemon could not be run$' "$scratch/said")" '1 1' 'and one that is not there'
cat > "$scratch/daemon" <<-'EOF'
	#!/bin/sh
	printf '[{"pid": 1, "module": "a\\u001b[2Jb\\u009bc", "user": "\302\233u", "address": "x\\n\\u0007", "direction": "out", '
	printf '"seconds": 1, "received": 99999999999999999999, "sent": 1, "state": "runs"}]\n'
EOF
chmod 755 "$scratch/daemon"
shows > "$scratch/status"
is "$(tr -d '\n' < "$scratch/said" | LC_ALL=C grep -c '[^ -~]')" 0 'no byte that a terminal obeys is shown'
is "$(grep -c '^a\\#033\[2Jb\\#302\\#233c ' "$scratch/said")" 1 'names are shown nevertheless'
shows --json > "$scratch/status"
is "$(tr -d '\n' < "$scratch/said" | LC_ALL=C grep -c '[^ -~]') $(python3 -c 'import json, sys
s = json.load(open(sys.argv[1]))
print(s["up"], s["connections"]["list"][0]["module"])' "$scratch/said")" '0 False a\#033[2Jb\#302\#233c' 'neither in JSON, which can be read'

# The screen: a terminal of 12 lines and 60 columns, a key, and what is left of it.
cat > "$scratch/screen.py" <<-'EOF'
	import fcntl, os, pty, select, signal, struct, sys, termios, time
	how, *argv = sys.argv[1:]
	pid, fd = pty.fork()
	if pid == 0:
	    os.execv(argv[0], argv)
	fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 12, 60, 0, 0))
	seen, asked, due, canonical = b'', False, time.time() + 30, True
	while time.time() < due:
	    if not select.select([fd], [], [], 1)[0]:
	        continue
	    try:
	        more = os.read(fd, 65536)
	    except OSError:
	        break
	    if not more:
	        break
	    seen += more
	    if seen.count(b'\033[H') >= 2 and not asked:
	        asked = True
	        canonical = termios.tcgetattr(fd)[3] & termios.ICANON
	        if how == 'size':
	            fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 5, 60, 0, 0))
	            os.kill(pid, signal.SIGWINCH)
	            time.sleep(0.2)
	        os.write(fd, b'\x03' if how == 'intr' else b'xq')
	status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
	frames = [f.count(b'\r\n') for f in seen.split(b'\033[H')[1:]]
	print(status, len(frames) >= 2, bool(canonical), max(frames[1:]), frames[-1] if how == 'size' else '-', seen.endswith(b'\033[?1049l'))
EOF
screen() { python3 "$scratch/screen.py" "$1" "$sallyport" status --watch=1 "$conf" 2>&1; }
is "$(screen q)" '1 True False 11 - True' 'a screen is drawn again until q is pressed, within its lines, and the terminal is given back'
is "$(screen intr)" '1 True False 11 - True' 'or until Ctrl-C is'
is "$(screen size)" '1 True False 11 4 True' 'it may get another size'
{ timeout -s TERM 20 "$sallyport" status --watch=1 "$conf"; echo $? > "$scratch/status"; } | head -n 1 > "$scratch/said"
is "$(cat "$scratch/status") $(grep -c DOWN "$scratch/said")" '1 1' 'whoever reads may leave'

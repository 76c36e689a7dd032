# What runs inside of a machine that was booted for a test (t/lib/boot.sh) begins with this.  Lines of "ok NAME", "not ok NAME" and "# why", then "done".
cd /trial || exit 1
PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_PAGER='' SYSTEMD_COLORS=0
export PATH SYSTEMD_PAGER SYSTEMD_COLORS
say() { if [ "$1" -eq 0 ]; then echo "ok $2"; else echo "not ok $2"; fi; }
ok() { # ok NAME COMMAND...
	_name=$1; shift
	"$@" > out 2>&1
	_r=$?
	say $_r "$_name"
	[ $_r -eq 0 ] || { tail -n 8 out; journalctl -q -n 8 --no-hostname -o cat; } | sed 's/^/# /'
}
is() { if [ "$1" = "$2" ]; then say 0 "$3"; else say 1 "$3"; echo "# got:    $1"; echo "# wanted: $2"; fi; }
becomes() { # becomes WANTED COMMAND...: within 20 s
	_want=$1 _n=0; shift
	while [ "$("$@" 2> /dev/null)" != "$_want" ] && [ $_n -lt 200 ]; do _n=$((_n + 1)); sleep 0.1; done
	[ "$("$@" 2> /dev/null)" = "$_want" ]
}
show() { systemctl show -P "$1" "$2"; }

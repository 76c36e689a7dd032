# What the scripts of verify share, which run in a machine that was booted for them.
. /trial/inside.sh

etc=/etc/sallyport units=/etc/systemd/system
again='sallyport install d.conf'
verify() { sallyport verify d.conf "$@"; }
# installed: d.conf is, and what it says next is done
installed() {
	sallyport install d.conf > out 2>&1 || return 1
	sed -n '/^next:/,$p' out | sed 1d > next
	sh -e next
}

# One thing at a time is changed by hand: verify is red, and says which; then it is as before.
count=0
# red GROUP IDS WHAT CHANGE BACK: each of IDS fails
red() {
	eval "$4" > changed 2>&1
	verify --only "$1" > said 2> errors
	_r=$? _missed=
	for _id in $2; do
		count=$((count + 1))
		grep -q "^FAIL  $_id  " said || _missed="$_missed $_id"
	done
	[ $_r -eq 1 ] && [ -z "$_missed" ]
	_good=$?
	say $_good "$1: $3"
	[ $_good -eq 0 ] || { echo "status $_r, not told:$_missed"; cat changed errors; grep -v ^pass said | tail -n 12; } | sed 's/^/# /'
	eval "$5" > changed 2>&1 || sed 's/^/# undoing: /' changed
}

beside= # a process that listens
until_ok() { _n=0; until "$@" > /dev/null 2>&1 || [ $_n -ge 200 ]; do _n=$((_n + 1)); sleep 0.05; done; }
listens() { grep -qi ":$(printf %04X "$1") [0:]* 0A" /proc/net/tcp /proc/net/tcp6; }
beside() { _p=$1; shift; "$@" & beside=$!; until_ok listens "$_p"; }
gone='kill $beside; wait $beside || :'
dropin() { mkdir -p "$units/$1.d"; printf '%b' "$2" > "$units/$1.d/local.conf"; systemctl daemon-reload; }
undrop() { rm -r "$units/$1.d/local.conf"; rmdir "$units/$1.d"; systemctl daemon-reload; }

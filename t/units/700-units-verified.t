#!/bin/sh
# systemd reads every generated unit without a word: its verifier ends with 0 at a misspelt directive, and says so on stderr.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v systemd-analyze > /dev/null || skip_all 'no systemd-analyze'
. "$top_srcdir/t/lib/units.sh"
plan 7
unit_dirs
said() { # said DIRECTORY UNIT...: what the verifier has to say
	_dir=$1; shift
	SYSTEMD_UNIT_PATH="$_dir:" systemd-analyze --man=no verify "$@" 2>&1
}
printf '[Service]\nExecStart=/bin/true\nPrivateTemp=yes\n' > "$scratch/misspelt.service"
like "$(said "$scratch" "$scratch/misspelt.service")" '*Unknown key*PrivateTemp*' 'a misspelt directive would be told'
for case in "$scratch"/units/*; do
	units=$(find "$case" -maxdepth 1 -name '*.service' -o -maxdepth 1 -name '*.socket' ! -name '*stunnel*')
	[ -z "$units" ] || said "$case" $units > "$case.said" 2>&1
done
is "$(cat "$scratch"/units/*.said)" '' 'nothing is to be said of services and sockets'
for unit in rsync.service haproxy.service; do
	if [ -f /lib/systemd/system/$unit ]; then
		is "$(said "$scratch/units/${unit%.service}" $unit)" '' "nor of $unit with its drop-in"
	else
		skip "nor of $unit with its drop-in" 'not installed'
	fi
done
if [ -f /lib/systemd/system/stunnel@.service ]; then
	is "$(said "$scratch/units/stunnel" stunnel@rsync.service sallyport-stunnel.socket)" '' 'nor of stunnel@ with its drop-in'
else
	skip 'nor of stunnel@ with its drop-in' 'not installed'
fi
is "$(SYSTEMD_UNIT_PATH="$scratch/units/samples:" XDG_RUNTIME_DIR="$scratch" systemd-analyze --man=no --user verify \
    "$scratch/units/samples/user/sallyport-ssh.service" 2>&1)" '' 'nor of the unit for a user'
# one unit's capabilities, misspelt, are ignored without a word
known=$(grep -o 'CAP_[A-Z_]*' /usr/include/linux/capability.h 2> /dev/null | sort -u)
if [ -n "$known" ]; then
	is "$(cat "$scratch"/units/*/*.service "$scratch"/units/*/*.d/* | grep -o 'CAP_[A-Z_]*' | sort -u | while read -r cap; do
	    echo "$known" | grep -qx "$cap" || echo "$cap"; done)" '' 'and all capabilities exist'
else
	skip 'and all capabilities exist' 'no headers of the kernel'
fi

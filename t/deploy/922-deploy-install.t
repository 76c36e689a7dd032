#!/bin/sh
# install, diff and uninstall below a root: what is there before comes to no harm, whatever goes wrong on the way, and the next
# install mends it.
. "${top_srcdir:-.}/t/lib/lib.sh"
own_mounts
plan 51
root=$scratch/root
model=$scratch/model.conf
write_model() { # write_model KIND [MORE]: a deployment with that door
	cat > "$model" <<-EOF
		host = "files.example.org";
		modules = ( { name = "m"; path = "/srv/m"; users = [ "alice" ]; } );
		users = ( { name = "alice"; } );
		door = { kind = "$1"; cert = "/etc/sallyport/tls/c.crt"; key = "/etc/sallyport/tls/c.key"; };
		firewall = { kind = "none"; };
		$2
		EOF
}
do_() { # do_ VERB [OPTION...]: with the model, below the root; what it printed in $scratch/out and $scratch/err
	_verb=$1; shift
	[ "$_verb" = uninstall ] || set -- "$model" "$@"
	"$sallyport" "$_verb" "$@" --root "$root" > "$scratch/out" 2> "$scratch/err"
}
files() { (cd "$root" && find . -type f | LC_ALL=C sort | tr '\n' ' '); }
write_model tunnel
wanted=$("$sallyport" generate "$model" -o "$scratch/generated" | grep -v ^client/)	# t/deploy/920 holds that to be all
all=$({ echo "$wanted"; echo var/lib/sallyport/installed; } | sed 's|^|./|' | LC_ALL=C sort | tr '\n' ' ')

# --- as it goes
mkdir "$root"
ok 'a dry run' do_ install --dry-run
is "$(cat "$scratch/out")" "$(echo "$wanted" | sed 's|^|would be installed: /|')" 'says what it would do'
is "$(ls "$root")" '' 'and does nothing'
do_ diff
is "$?" 1 'diff sees that nothing is there'
umask 077
ok 'an install' do_ install
umask 022
is "$(files)" "$all" 'brings what it said, and its list'
is "$(stat -c %a "$root/etc" "$root/etc/sallyport/syncd.conf" "$root/etc/sallyport/syncd.secrets" | tr '\n' ' ')" '755 644 600 ' 'with the right modes whatever the umask'
ok 'then diff is content' do_ diff
cp "$root/etc/sallyport/syncd.secrets" "$scratch/secrets"
ok 'a second install' do_ install
is "$(cat "$scratch/out")" '' 'has nothing to do'
ok 'and leaves the secrets alone' cmp "$scratch/secrets" "$root/etc/sallyport/syncd.secrets"

echo '# mine' >> "$root/etc/sallyport/tunnel.conf"
chmod 644 "$root/etc/sallyport/syncd.secrets"
do_ diff
is "$?" 1 'diff finds an edit and a mode'
is "$(cat "$scratch/out")" "mode 0644 instead of 0600: /etc/sallyport/syncd.secrets
differs: /etc/sallyport/tunnel.conf
-# mine" 'and shows them'
fails 1 'but no secret' grep -qF "$(cut -d: -f2 "$scratch/secrets")" "$scratch/out" "$scratch/err"
ok 'an install over an edit' do_ install
ok 'keeps the edited file beside its own' grep -q '# mine' "$root/etc/sallyport/tunnel.conf.~1~"
is "$(stat -c %a "$root/etc/sallyport/syncd.secrets")" 600 'and mends the mode'
echo '# again' >> "$root/etc/sallyport/tunnel.conf"
do_ install
is "$(tail -n 1 "$root/etc/sallyport/tunnel.conf.~2~")" '# again' 'a second edit does not overwrite the first'

write_model stunnel 'client = { };'
ok 'another door' do_ install
like "$(cat "$scratch/out")" '*installed: /etc/stunnel/sallyport.conf*removed: /etc/sallyport/tunnel.conf*' 'comes in place of the first'
ok 'the secret is still the same' cmp "$scratch/secrets" "$root/etc/sallyport/syncd.secrets"
write_model tunnel
do_ install

echo '# mine' >> "$root/etc/sallyport/syncd.conf"
ok 'a dry uninstall' do_ uninstall --dry-run
ok 'removes nothing' test -e "$root/etc/sallyport/tunnel.conf"
ok 'an uninstall' do_ uninstall
like "$(cat "$scratch/err")" '*/etc/sallyport/syncd.conf is not as it was installed, and stays*' 'names what was changed'
is "$(files)" './etc/sallyport/syncd.conf ./etc/sallyport/tunnel.conf.~1~ ./etc/sallyport/tunnel.conf.~2~ ' 'and removes all else'
ok 'of an empty place' do_ uninstall
rm -rf "$root/etc"
is "$(ls -A "$root")" '' 'there is nothing to remove, and nothing is made'

# --- what is in the way
mkdir -p "$root/etc/sallyport/tunnel.conf"
fails 1 'a directory where a file shall be' do_ install
like "$(cat "$scratch/err")" '*etc/sallyport/tunnel.conf: something that is no file is in the way; move it away*' 'is named'
is "$(cd "$root" && find etc -type f)" '' 'and nothing is installed'
rmdir "$root/etc/sallyport/tunnel.conf"
mkdir "$scratch/elsewhere"
rmdir "$root/etc/sallyport"
ln -s "$scratch/elsewhere" "$root/etc/sallyport"
fails 1 'a symbolic link that leads out of the root' do_ install
is "$(ls "$scratch/elsewhere")" '' 'is not followed'
rm -rf "${root:?}"/*
: > "$root/etc"
fails 1 'a file where a directory shall be' do_ install
like "$(cat "$scratch/err")" '*is in the way of a directory; move it away*' 'is named'
rm -rf "${root:?}"/*

# --- a full disk, and what was there before
mkdir -p "$scratch/small"
mount -t tmpfs -o size=64k,mode=755 none "$scratch/small"
root=$scratch/small
mkdir -p "$root/etc/sallyport"
echo mine > "$root/etc/sallyport/tunnel.conf"
head -c 65536 /dev/zero > "$root/fill" 2> /dev/null
truncate -s -8192 "$root/fill"	# two pages: the list fits, the rest does not
fails 1 'a full disk' do_ install
like "$(cat "$scratch/err")" '*No space left on device*' 'is told'
is "$(cat "$root/etc/sallyport/tunnel.conf") $(find "$root/etc" -type f | wc -l)" 'mine 1' 'what was there is as it was, and there is nothing beside it'
rm "$root/fill"
ok 'with room again' do_ install
is "$(cat "$root/etc/sallyport/tunnel.conf.~1~")" mine 'it goes on, and keeps what was there'
do_ uninstall
is "$(cd "$root" && find . -type f)" './etc/sallyport/tunnel.conf.~1~' 'and can be undone'
umount "$root"
root=$scratch/root

# --- killed at each of its steps
if sanitized || ! command -v strace > /dev/null; then
	for n in 1 2 3 4 5 6 7 8 9 10; do skip "calls that fail, killed: $n" 'no strace, or sanitizers'; done
else
	# failing CALL NUMBER VERB...: with that call of the kind failing
	failing() {
		strace -f -o /dev/null -e trace=$1 -e inject=$1:error=EPERM:when=$2 "$sallyport" "$3" $4 --root "$root" > "$scratch/out" 2> "$scratch/err"
	}
	mkdir -p "$root/etc/sallyport"
	echo mine > "$root/etc/sallyport/tunnel.conf"
	fails 1 'a file that cannot be kept' failing linkat 1 install "$model"
	is "$(cat "$root/etc/sallyport/tunnel.conf") $(find "$root" -name '.*new')" 'mine ' 'is not replaced, and nothing is left beside it'
	rm -rf "${root:?}"/*
	do_ install
	write_model stunnel
	fails 1 'a file of an earlier install that cannot be removed' failing unlinkat 4 install "$model"
	ok 'stays' test -e "$root/etc/sallyport/tunnel.conf"
	write_model tunnel
	ok 'and is removed' do_ uninstall
	is "$(ls -A "$root")" '' 'by an uninstall'
	bad='' left='' mended=''
	for call in mkdirat fchmodat renameat unlinkat fsync; do
		for n in 1 2 3 5; do
			rm -rf "${root:?}"/*
			mkdir -p "$root/etc/sallyport"
			echo mine > "$root/etc/sallyport/tunnel.conf"
			strace -f -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=$n "$sallyport" install "$model" --root "$root" > "$scratch/out" 2>&1
			killed=$?
			[ $killed -eq 0 ] || mended="$mended $call"
			# each file is the old one, the new one, or not there
			case $(cat "$root/etc/sallyport/tunnel.conf") in
			mine | '# sallyport'*) ;;
			*) bad="$bad $call:$n" ;;
			esac
			[ $((n % 2)) -eq 0 ] || do_ install || bad="$bad $call:$n:again"
			[ $((n % 2)) -eq 0 ] || { do_ diff || bad="$bad $call:$n:diff"; grep -qx mine "$root"/etc/sallyport/tunnel.conf.~1~ || bad="$bad $call:$n:kept"; }
			do_ uninstall || bad="$bad $call:$n:undo"
			left="$left$(find "$root" -type f ! -name 'tunnel.conf*' | sed "s|^$root|$call:$n|")"
		done
	done
	like "$mended" '*mkdirat*fchmodat*renameat*unlinkat*fsync*' 'killed at calls of each kind'
	is "$bad" '' 'each file is whole, the next install goes on, and uninstall works'
	is "$left" '' 'nothing of it is left'
	ok 'one at a time' sh -c "mkdir -p '$root/var/lib/sallyport'; flock '$root/var/lib/sallyport' '$sallyport' install '$model' --root '$root' 2>&1 | grep -q 'another install or uninstall is under way'"
fi

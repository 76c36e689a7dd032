#!/bin/sh
# Access: addresses, names, slots; and what a peer's paths can reach.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/hostile.sh"
plan 31
honest_tree
mkdir "$scratch/outside" "$scratch/tree" && echo a-well-kept-matter > "$scratch/outside/secret"
echo an-open-matter > "$scratch/tree/in"
ln -s ../outside "$scratch/tree/out"; ln -s "$scratch/outside/secret" "$scratch/tree/abs"; ln -s in "$scratch/tree/ok"
chmod 755 "$scratch/outside" "$scratch/tree"
start_syncd <<-EOF
	use chroot = no
	reverse lookup = no
	munge symlinks = no
	lock file = $scratch/lock
	[pub]
	path = $scratch/pub
	[tree]
	path = $scratch/tree
	[cidr]
	path = $scratch/pub
	hosts allow = 127.0.0.0/8
	[address]
	path = $scratch/pub
	hosts allow = 127.0.0.1
	[name]
	path = $scratch/pub
	hosts allow = localhost
	[other]
	path = $scratch/pub
	hosts allow = 192.0.2.0/24
	[denied]
	path = $scratch/pub
	hosts deny = *
	[secret]
	path = $scratch/pub
	list = no
	hosts allow = 192.0.2.1
	[one]
	path = $scratch/pub
	max connections = 1
	[nopath]
	comment = nothing
	[nodir]
	path = $scratch/nothing
	EOF
u=rsync://127.0.0.1:$port
for m in cidr address name; do
	fails 0 "$m lets us in" rsync "$u/$m/hello" "$scratch/x"
done
for m in other denied; do
	fails 5 "$m does not" rsync "$u/$m/" "$scratch/x/"
	like "$out" "*@ERROR: access denied to $m from *127.0.0.1)*" 'and says so'
done
fails 5 'an unlisted module' rsync "$u/secret/" "$scratch/x/"
like "$out" "*@ERROR: Unknown module 'secret'*" 'that refuses us does not exist'
log_says 1 'rsync denied on module secret from' 'but the log knows'
fails 5 'a module without a path' rsync "$u/nopath/" "$scratch/x/"
like "$out" '*@ERROR: no path setting.*' 'says so'
fails 5 'a path that is not there' rsync "$u/nodir/" "$scratch/x/"
like "$out" '*@ERROR: chdir failed*' 'says so'

mkfifo "$scratch/hold"
exec 9<> "$scratch/hold"
"$hostile" "$port" login:32:one hold < "$scratch/hold" > "$scratch/hold.log" 2>&1 9>&- &
hold=$!
ok 'one client holds the only slot' "$await" line "$scratch/hold.log" holding
fails 5 'the second one' rsync "$u/one/" "$scratch/x/"
like "$out" '*@ERROR: max connections (1) reached -- try again later*' 'is told to come again'
exec 9>&-
wait $hold
i=0; until rsync "$u/one/hello" "$scratch/x" > /dev/null 2>&1 || [ $i -gt 200 ]; do i=$((i + 1)); done
ok 'and then has it' rsync "$u/one/hello" "$scratch/x"

# paths of a client
pull() { rm -rf "$scratch/got"; mkdir "$scratch/got"; timeout 30 rsync "$@" "$scratch/got/" > "$scratch/.said" 2>&1; }
nothing_outside() { ! grep -r -q a-well-kept-matter "$scratch/got"; }
pull -aL "$u/tree/"
ok 'links that lead out are not followed' nothing_outside
ok 'a link that stays in is' cmp "$scratch/tree/in" "$scratch/got/ok"
pull -aL "$u/tree/out/secret"; ok 'nor in an argument' nothing_outside
pull -a "$u/tree/out/"; ok 'nor at its end' nothing_outside
pull -a --copy-unsafe-links "$u/tree/"; ok 'nor when only unsafe links are copied' nothing_outside
pull -ak "$u/tree/"; ok 'nor when only links to directories are' nothing_outside
pull -aR "$u/tree/out/secret"; ok 'nor with -R' nothing_outside
# asks PATH TEXT: ask for the first file that this path gives, and look for TEXT in what comes
asks() {
	timeout 30 "$hostile" "$port" "login:$v:tree" "args:--server|--sender|-Lre.|.|$1" $begin "$request" "seek:$2" fin
}
for v in 32 29; do
	begin=frame:00000000 request=frame:0100a000000000000000000000000000000000
	[ $v = 32 ] || { begin=raw:00000000; request=raw:0000000000a000000000000000000000000000000000; }
	like "$(asks tree/in an-open-matter)" '*has an-open-matter*' "$v: what may be seen is seen"
	for path in ../outside/secret ../../outside/secret "$scratch/outside/secret" "/$scratch/outside/secret" tree/../../outside/secret \
	    tree/../outside/secret tree/out/secret tree/out/../outside/secret tree/abs tree//../outside/secret "tree/[o]ut/secret"; do
		asks "$path" a-well-kept-matter
	done > "$scratch/.asked" 2>&1
	is "$(grep -c '^lacks' "$scratch/.asked") $(grep -c '^has' "$scratch/.asked")" '11 0' "$v: no path leads outside"
done
ok 'and an honest pull succeeds' honest_pull
ok 'no sanitizer complained, nothing was killed' no_report

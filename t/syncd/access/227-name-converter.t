#!/bin/sh
# name converter: a program of the administrator's says what ids are called, and what names mean, as under rsync's daemon.
. "${top_srcdir:-.}/t/lib/lib.sh"
compares=always
[ "$(id -u)" = 0 ] || skip_all 'not root'
cat > "$scratch/conv" <<E2
#!/bin/sh
while read -r kind token; do
	echo "\$kind \$token \$RSYNC_MODULE_NAME \$RSYNC_REQUEST \$RSYNC_ARG1" >> "$scratch/asked.\$SIDE"
	case "\$kind \$token" in
	'uid 1234') echo daemon ;; 'gid 1234') echo bin ;;
	'usr daemon') echo 4321 ;; 'grp bin') echo 8765 ;; 'usr sys') echo +5 ;; 'usr games') echo 99999999999 ;; 'usr mail') echo ;;
	'usr hang') sleep 1000 ;; 'usr end') exit 0 ;;
	*) echo ;;
	esac
done
E2
chmod +x "$scratch/conv"
mkdir -p "$scratch/src" "$scratch/names"
for f in root other; do echo $f > "$scratch/src/$f"; done
chown 1234:1234 "$scratch/src/other"
for u in daemon sys games mail; do echo $u > "$scratch/names/$u"; chown "$u:bin" "$scratch/names/$u"; done
conf() { # conf SIDE
	printf 'uid = 0\ngid = 0\nname converter = SIDE=%s exec %s/conv\n[src]\npath = %s/src\n[plain]\npath = %s/src\nuse chroot = no\n' "$1" "$scratch" "$scratch" "$scratch"
	printf '[ids]\npath = %s/src\nnumeric ids = yes\n[gone]\npath = %s/src\nname converter = exec %s/nowhere\n' "$scratch" "$scratch" "$scratch"
	printf '[up]\npath = %s/up.%s\nread only = no\n' "$scratch" "$1"
}
mkdir "$scratch/up.ours" "$scratch/up.stock"
conf ours > "$scratch/in"; start_syncd < "$scratch/in"
conf stock > "$scratch/in"; start_rsyncd < "$scratch/in"
asked() { cat "$scratch/asked.$1" 2> /dev/null; rm -f "$scratch/asked.$1"; }
plan 16

same_as_stock 'a pull gets names' -a @/src/ d
is "$(asked ours)" "$(asked stock)" 'that the converter was asked for, with what a hook is told'
same_as_stock 'without chroot too' -a @/plain/ d
is "$(asked ours)" "$(asked stock)" 'the same'
same_as_stock 'numeric ids need none' -a @/ids/ d
same_as_stock 'a client that wants none' -a --numeric-ids @/src/ d
is "$(asked ours)$(asked stock)" '' 'asks for none'
rsync -a "rsync://127.0.0.1:$port/gone/" "$scratch/d" > /dev/null 2>&1
is $? 12 'a converter that cannot run ends the transfer'
ok 'and the log says so' grep -q 'Connection to name-converter failed: it has ended' "$scratch/syncd.log"

for side in ours stock; do
	case $side in ours) p=$port ;; stock) p=$rport ;; esac
	rsync -a "$scratch/names/" "rsync://127.0.0.1:$p/up/" > "$scratch/$side.out" 2>&1
	echo $? >> "$scratch/$side.out"
done
ok 'a push' diff "$scratch/stock.out" "$scratch/ours.out"
is "$(cd "$scratch/up.ours" && stat -c '%n %u %g' ./*)" "$(cd "$scratch/up.stock" && stat -c '%n %u %g' ./*)" 'gives files to whom the converter says, and where it says no number keeps the ids'
is "$(asked ours | sort)" "$(asked stock | sort)" 'the same names are asked for'
like "$(stat -c '%u:%g' "$scratch/up.ours/daemon")" '4321:8765' 'one that it knows'
for u in hang end; do
	rm -rf "$scratch/names"/*
	echo $u > "$scratch/names/$u"
	rsync -a --usermap="0:$u" "$scratch/names/" "rsync://127.0.0.1:$port/up/" > "$scratch/ours.out" 2>&1
	is "$(($? != 0)) $(grep -c 'name-converter failed' "$scratch/syncd.log")" "1 $((${n:-1} + 1))" "a converter that answers nothing ($u) ends the transfer"
	n=2
done
running() { pgrep -f "$scratch/conv" | wc -l; }
becomes 0 running
is "$out" 0 'no converter outlives its connection'

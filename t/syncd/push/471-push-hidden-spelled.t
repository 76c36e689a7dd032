#!/bin/sh
# What the module's filter hides stays hidden however its path is spelled: "./", "//" and "x/../" make no difference, in
# arguments, lists of names, merge files and every option that names a directory.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
DRAWS=${DRAWS:-72} SEED=${SEED:-1}	# by hand: more of them, other ones

src=$scratch/src tree=$scratch/tree
mkdir -p "$src/empty" "$tree/secret" "$tree/area/hidden" "$tree/open/sub"
# all of one size, told by their first lines
for f in p s one h o k.key; do { echo "new $f"; seq 1 300; } | head -c 1000 > "$src/$f"; done
for f in secret/s secret/k.key area/hidden/h area/one open/o open/s x.key; do { echo "$f"; seq 1 300; } | head -c 1000 > "$tree/$f"; done
printf -- '- *\n' > "$tree/secret/rules"
find "$src" "$tree" -exec touch -d 2011-11-11 {} +
printf 'secret/s\nsecret/./s\n./secret/./s\n.//area/./hidden/h\nopen/../secret/s\narea/./one\n' > "$scratch/names"
mkdir "$scratch/m" "$scratch/j" "$scratch/k"	# without and with a chroot; k: rules of names with slashes
{ printf 'uid = %s\nread only = no\n' "$(id -u)"; [ "$(id -u)" != 0 ] || echo 'gid = 0'
  for m in m j; do
	printf '[%s]\npath = %s\nuse chroot = %s\n' $m "$scratch/$m" "$([ $m = m ] || [ "$(id -u)" != 0 ] && echo no || echo yes)"
	echo 'exclude = *.key /secret/ /area/hidden/ /area/one'
  done
  printf '[k]\npath = %s\nuse chroot = no\nexclude = *.key secret/[a-z]* area/hidden area/one\n' "$scratch/k"
} > "$scratch/conf"

# --- drawn: one module with its own rules a draw, twice: asked plainly, and in another spelling -----------------------
awk -v n="$DRAWS" -v seed="$SEED" -v dir="$scratch/drawn" '
function pick(a, n) { return a[1 + int(rand() * n)] }
function odd(p,   parts, k, i, out, w) {
	k = split(p, parts, "/"); out = substr(p, 1, 1) == "/" ? "/" : ""
	for (i = 1; i <= k; i++) {
		if (parts[i] == "") continue
		while (rand() < 0.5) { w = pick(noise, nn); out = out w }
		out = out parts[i] (i < k ? "/" : "")
	}
	return out substr(p, length(p)) == "/" ? out "" : out
}
BEGIN {
	srand(seed)
	nn = split("./|/|open/../|area/hidden/../../|././|no/../", noise, "|")
	nr = split("*.key|/secret/|/area/hidden/|/area/one|secret/s|area/hidden|**/h|/area/*/h|/secret/***|/open/sub/|hidden/**|one|/*/s", rules, "|")
	np = split("secret|secret/s|secret/new|area|area/hidden|area/hidden/h|area/one|open|open/sub|open/new|x.key|secret/k.key", paths, "|")
	no = split("--link-dest=|--copy-dest=|--compare-dest=|-b --backup-dir=|--delay-updates --partial-dir=|--temp-dir=", opts, "|")
	nf = split("p|s|one|h|o|k.key", files, "|")
	for (i = 1; i <= n; i++) {
		r = ""; for (k = 1 + int(rand() * 3); k > 0; k--) r = r " " pick(rules, nr)
		for (side = 1; side <= 2; side++) printf "[d%d%s]\npath = %s/%d/%d\nexclude =%s\n", i, side == 1 ? "a" : "b", dir, i, side, r > (dir ".conf")
		kind = int(rand() * 6); p = pick(paths, np); f = pick(files, nf); slash = rand() < 0.5 ? "/" : ""
		o = pick(opts, no); up = o ~ /partial/ || rand() < 0.3 ? "/" : "../"; to = pick(paths, 3 * (rand() < 0.3) + 9); d = rand() < 0.5 ? "open/sub" : "open"
		up = up == "../" && d == "open/sub" ? "../../" : up
		for (side = 1; side <= 2; side++) {
			q = side == 1 ? p : odd(p); t = side == 1 ? up to : up odd(to); e = side == 1 ? d : odd(d); url = "@/d" i (side == 1 ? "a" : "b") "/"
			if (kind == 0) c = "rsync -rtI src/" f " " url q slash
			if (kind == 1) c = "rsync -rt --delete --force src/empty/ " url q "/"
			if (kind == 2 || kind == 3) c = "rsync -rt" (kind == 2 ? "I " : " --size-only ") o t " src/" f " " url e "/"
			if (kind == 4) c = "rsync -r" (rand() < 0.5 ? "" : "L") " " url q slash " got/"
			if (kind == 5) c = "printf \"%s\\n\" " q " | rsync -r --no-R --files-from=- " url " got/"
			gsub("@/", "\"$u\"/", c)
			print c > (dir "." i "." side); close(dir "." i "." side)
		}
	}
}' || exit 1
cat "$scratch/drawn.conf" >> "$scratch/conf"
start_syncd < "$scratch/conf"
u=rsync://127.0.0.1:$port

# run_draw I SIDE: in a directory of its own, so that many run side by side
run_draw() {
	_at=$scratch/run/$1/$2
	mkdir -p "$_at/got" "$scratch/drawn/$1"; cp -a "$tree" "$scratch/drawn/$1/$2"; ln -s "$src" "$_at/src"
	cd "$_at" || exit 1
	. "$scratch/drawn.$1.$2" > said 2>&1
	echo "exit $?" > facts
	cd "$scratch/drawn/$1/$2" && { find . "$_at/got" -printf '%P %y %m %s %n\n'; grep -rm 1 '' . "$_at/got"; } | sed "s#$_at/##" | sort >> "$_at/facts"
}
i=1
while [ "$i" -le "$DRAWS" ]; do
	jobs=
	for k in 0 1 2 3 4 5 6 7 8 9 10 11; do
		[ $((i + k)) -gt "$DRAWS" ] || { ( run_draw $((i + k)) 1; run_draw $((i + k)) 2 ) & jobs="$jobs $!"; }
	done
	wait $jobs
	i=$((i + 12))
done
differ=
for i in $(seq 1 "$DRAWS"); do
	cmp -s "$scratch/run/$i/1/facts" "$scratch/run/$i/2/facts" || differ="$differ $i"
done
plan 70
is "$differ" '' "$DRAWS drawn requests get in any spelling what they get in plain words"
for i in $differ; do
	{ cat "$scratch/drawn.$i.1" "$scratch/drawn.$i.2"; grep -A 2 "\[d${i}a\]" "$scratch/drawn.conf"; diff "$scratch/run/$i/1/facts" "$scratch/run/$i/2/facts"; cat "$scratch/run/$i/2/said"; } | note
done | head -n 60
ok 'and both refusals and transfers were among them' sh -c "
	grep -l '^exit 0' '$scratch'/run/*/1/facts | wc -l | { read n; [ \$n -gt $((DRAWS / 5)) ]; } && grep -L '^exit 0' '$scratch'/run/*/1/facts | wc -l | { read n; [ \$n -gt $((DRAWS / 10)) ]; }"

# --- by hand: what was found open once -----------------------------------------------------------------------------------
hidden() { ( cd "$1" && find secret area x.key -printf '%p %y %m %s %n\n' | sort; find secret area x.key -type f -exec sha1sum {} + | sort ); }
fresh() { find "$scratch/$1" -mindepth 1 -delete; cp -a "$tree/." "$scratch/$1/"; }
hidden "$tree" > "$scratch/before"
# stays NAME ARGUMENT...: a push (@ is the module's URL) changes nothing that is hidden
stays() {
	_name=$1; shift
	for _m in m j; do
		fresh $_m
		( cd "$src" && eval "timeout 60 rsync $(echo "$*" | sed "s#@#$u/$_m#g")" ) > "$scratch/said" 2>&1
		is "$(hidden "$scratch/$_m" | diff "$scratch/before" -)" '' "$_name ($_m)"
	done
}
for d in ./secret/ area/./hidden/ ./area/one area/./one .//secret/./ open/../secret/; do stays "a push to $d" -I p @/$d; done
for d in ./secret/ area/./hidden/; do stays "deletion below $d" -rt --delete empty/ @/$d; done
stays 'a backup from ./open/ to ../secret' -Ib --backup-dir=../secret o @/./open/
stays 'a temporary from ./open/ to ../secret' -I --temp-dir=../secret o @/./open/
stays 'a partial file from ./open/ to ./secret' -I --delay-updates --partial-dir=/./secret s @/./open/
# got NAME ARGUMENT...: the push finds nothing where it says that its files are
for o in link copy compare; do
	for d in ./open/sub/ open/./sub/; do
		for m in m j; do
			fresh $m
			( cd "$src" && timeout 60 rsync -r --size-only --$o-dest=../../secret s "$u/$m/$d" ) > "$scratch/said" 2>&1
			is "$(grep -rl secret "$scratch/$m/open/sub" 2> /dev/null)" '' "--$o-dest from $d finds nothing there ($m)"
		done
	done
done
# nothing NAME ARGUMENT...: a pull brings none of what is hidden
nothing() {
	_name=$1; shift
	for _m in m j k; do
		rm -rf "$scratch/got"; mkdir "$scratch/got"; fresh $_m
		eval "timeout 60 rsync $(echo "$*" | sed "s#@#$u/$_m#g") $scratch/got/" > "$scratch/said" 2>&1
		is "$(grep -rlE 'secret|hidden|one|key' "$scratch/got")" '' "$_name ($_m)"
	done
}
for a in ./secret/./s ./secret/s secret/./s area/./hidden/h './area/./*' './*/./hidden/*' ./x.key secret/../secret/./s; do nothing "a pull of $a" -aR --trust-sender "'@/$a'"; done
nothing 'names from a list' -a --trust-sender --files-from=$scratch/names @/
nothing 'the same below ./area' -a --trust-sender --files-from=$scratch/names @/./area
nothing 'a list that is hidden' --files-from=:./secret/./s @/
# the rules there say that nothing is to be sent
rm -rf "$scratch/got"; fresh m
timeout 60 rsync -a -f ': /secret/./rules' $u/m/open/ "$scratch/got/" > "$scratch/said" 2>&1
is "$(ls "$scratch/got" 2>&1 | tr '\n' ' ')" 'o s sub ' 'a merge file that is hidden has no rules'

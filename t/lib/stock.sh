# The same request to our daemon and to Debian's; what is the same of two trees.
same_tree() { # same_tree A B: names, contents, link targets, modes, times, owners
	diff -r --no-dereference "$1" "$2" || return 1
	tree_facts "$1" > "$scratch/.facts.a" && tree_facts "$2" > "$scratch/.facts.b" || return 1
	diff "$scratch/.facts.a" "$scratch/.facts.b"
}
tree_facts() { # one line a file; no times for directories' own sizes, no sizes for directories
	(cd "$1" && find . \( -type d -printf '%p d %m %T@ %U %G\n' \) -o -printf '%p %y %m %T@ %U %G %s %l\n' | sort)
}


# same_as_stock NAME ARGUMENT...: pulls with rsync twice, "@" in the arguments standing for rsync://127.0.0.1:PORT; the last
# argument of rsync is the directory "d", a copy of $before (when set).  Same exit status, same lines, same tree, or it fails.
# A --checksum-seed goes with it: with one of the clock, of 1,300 pushes one meets two blocks whose sums of 6 bytes are the same.
# Under sanitizers, which are there for their reports, our daemon alone gets the request, and what fails is a report: the comparison is the
# plain build's.  A script that looks at both results itself says compares=always.
before= compares=
same_as_stock() {
	_name=$1; shift
	beside_stock pull '' "$@"
}
# beside_stock WAY FRESH ARGUMENT...: the test of that is $_name
beside_stock() {
	_way=$1 _fresh=$2 _against=$rport; shift 2
	[ "$compares" = always ] || ! sanitized || _against=
	"$beside" "$_way" "$scratch" "$port" "$_against" "$before" "$_fresh" "$@" > "$scratch/.beside" 2>&1
	_r=$?
	if [ -z "$_against" ] && grep -a 'was killed by signal 6' "$scratch/syncd.log" >> "$scratch/.beside"; then _r=1; fi
	report $_r "$_name" || cat "$scratch/.beside"
}
# start_push_pair < CONF: both daemons with a module "up" below $scratch/up.ours/d resp. $scratch/up.stock/d; CONF goes on with it and
# has more, @UP@ being the side's directory
start_push_pair() {
	cat > "$scratch/more.conf"
	for _side in ours stock; do
		mkdir -p "$scratch/up.$_side/d"
		{ printf 'use chroot = yes\nuid = %s\n' "$(id -u)"; [ "$(id -u)" != 0 ] || echo 'gid = 0'
		  printf '[up]\npath = @UP@\nread only = no\n'; cat "$scratch/more.conf"; } | sed "s#@UP@#$scratch/up.$_side/d#" > "$scratch/$_side.pair"
	done
	start_syncd < "$scratch/ours.pair"
	start_rsyncd < "$scratch/stock.pair"
}
# push_as_stock NAME ARGUMENT...: runs rsync twice, "@" standing for rsync://127.0.0.1:PORT of a daemon
# whose module "up" is $scratch/up.ours/d resp. $scratch/up.stock/d, a copy of $before (when set).  Sources are
# copied from $fresh to "src" for each run when that is set.  Same exit status, lines and tree, or it fails.
fresh=
push_as_stock() {
	_name=$1; shift
	beside_stock push "$fresh" "$@"
}
# push_ours ARGUMENT...: such a push to our daemon alone, that says what it says in $scratch/ours.out
push_ours() { "$beside" push "$scratch" "$port" '' "$before" "$fresh" "$@"; }
link_groups() { # names that share a file, a line each
	( cd "$1" && find . -links +1 ! -type d -printf '%i %p\n' | sort | awk '{ g[$1] = g[$1] " " $2 } END { for (i in g) print g[i] }' | sort )
}

#!/bin/sh
# A daemon that a remote shell starts: over two sockets, and over pipes, as rsync's own.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"

tree=$scratch/tree up=$scratch/up
mkdir -p "$tree/d" "$up"; seq 1 300000 > "$tree/big"; echo f > "$tree/d/f"
find "$tree" -exec touch -h -d '2011-11-11 11:11:11' {} +
cat > "$scratch/conf" <<-EOT
	use chroot = no
	uid = $(id -u)
	$([ "$(id -u)" != 0 ] || echo gid = 0)
	[tree]
	path = $tree
	comment = things
	[up]
	path = $up
	read only = no
	EOT
printf '#!/bin/sh\nshift\nexec sh -c "$*"\n' > "$scratch/shell"; chmod 755 "$scratch/shell"
plan 17
through() { timeout 60 rsync -e "$scratch/shell" --rsync-path="$syncd --config=$scratch/conf" "$@"; }
fails 0 'a pull' through -a localhost::tree/ "$scratch/out/"
ok 'brings all' same_tree "$tree" "$scratch/out"
fails 0 'a pull with deltas' through -aI --no-W localhost::tree/ "$scratch/out/"
fails 0 'a push' through -a "$tree/" localhost::up/
ok 'brings all, too' same_tree "$tree" "$up"
fails 0 'a listing' through localhost::
like "$out" '*tree*things*up*' 'shows the modules'
fails 5 'no such module' through -a localhost::nosuch/ "$scratch/out/"
like "$out" "*Unknown module 'nosuch'*" 'is said'
is "$(printf '@RSYNCD: 31.0 md5\n#list\n' | timeout 60 "$syncd" --config="$scratch/conf" --server --daemon . | cat | grep -c -e things -e 'RSYNCD: EXIT')" 2 \
    'over pipes'
fails 0 'a client that leaves at once is no error of the shell' sh -c "timeout 60 '$syncd' --config='$scratch/conf' --server --daemon . < /dev/null | grep -q @RSYNCD"

# what is said, how it ends and what is there then are those of rsync's own
# side SIDE PROGRAM ARGUMENT...
side() {
	_side=$1 _conf=$scratch/$1.conf _program=$2; shift 2
	mkdir -p "$scratch/$_side/up"
	sed "s#^path = $up\$#path = $scratch/$_side/up#" "$scratch/conf" > "$_conf"
	( cd "$scratch/$_side" && timeout 60 rsync --checksum-seed=20011 -e "$scratch/shell" --rsync-path="$_program --config=$_conf" "$@" ) \
	    > "$scratch/.said" 2>&1
	echo "exit $?" >> "$scratch/.said"
	grep -v -e '^sent ' -e '^total size' "$scratch/.said" > "$scratch/$_side.said"
}
# both NAME DIR ARGUMENT...: DIR is where the files are afterwards
both() {
	_name=$1 _dir=$2; shift 2
	side stock rsync "$@"; side ours "$syncd" "$@"
	is "$(cat "$scratch/ours.said")" "$(cat "$scratch/stock.said")" "beside rsync: $_name"
	ok "beside rsync: $_name: the same files" same_tree "$scratch/stock/$_dir" "$scratch/ours/$_dir"
}
both 'a pull' got -ai localhost::tree/ got/
both 'a push' up -ai "$tree/" localhost::up/
both 'a push of changes' up -aiI --no-W --delete "$tree/d/" localhost::up/

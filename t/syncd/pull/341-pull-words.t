#!/bin/sh
# What a pull says, of what it skips, follows and does not find, and what it says it sent.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"

tree=$scratch/tree
mkdir -p "$tree/n/a/s" "$tree/keep" "$tree/hid/den"; seq 1 1000 > "$tree/n/f"; echo k > "$tree/keep/k"; echo h > "$tree/hid/den/h"
ln -s nosuch "$tree/n/dang"; ln -s nosuch "$tree/n/a/x"; ln -s ../../../elsewhere "$tree/n/a/s/away"; ln -s ../../../etc "$tree/n/out"; ln -s ../f "$tree/n/a/f"
mkdir -p "$scratch/had/n/a" "$scratch/had/n/none"; echo g > "$scratch/had/n/a/gone"; echo g > "$scratch/had/n/none/gone"
find "$tree" "$scratch/had" -exec touch -h -d '2011-11-11 11:11:11' {} +
printf 'f\na/x\n' > "$scratch/names"
conf() { cat <<-EOT
	uid = $(id -u)
	$([ "$(id -u)" != 0 ] || echo gid = 0)
	path = $tree
	exclude = /hid
	[m]
	use chroot = $([ "$(id -u)" = 0 ] && echo yes || echo no)
	[np]
	use chroot = no
	munge symlinks = no
	EOT
}
conf > "$scratch/conf"
start_syncd < "$scratch/conf"
start_rsyncd < "$scratch/conf"

plan_all 264
for p in $(versions 27 29 31 32); do
	for m in m np; do
		c() { _n=$1; shift; same_as_stock "protocol $p, $m: $_n" --protocol=$p "$@"; }
		c 'a directory that is skipped' -t @/$m/n
		c 'one further down' -t @/$m/n/a
		c 'contents that are skipped' -t @/$m/n/ @/$m/keep/
		c 'contents of all' -t @/$m/
		c 'skipped, relative' -tR @/$m/n/a @/$m/keep
		c 'skipped, relative to a mark' -tR @/$m/n/./a
		c 'links that lead nowhere' -rtL @/$m/n/
		c 'by name' -rtL @/$m/n/dang
		c 'by name, relative' -rtLR @/$m/n/a/x
		c 'by name, relative to a mark' -rtLR @/$m/n/./a/x
		c 'by name, and another that leads somewhere' -rtL @/$m/n/a/x @/$m/n/a/f
		c 'by name, ignored' -rtL --ignore-missing-args @/$m/n/a/x @/$m/keep
		c 'unsafe links' -rlt --copy-unsafe-links @/$m/n/
		c 'unsafe links, told' -rltv --copy-unsafe-links @/$m/n/
		c 'unsafe links by name' -rltv --copy-unsafe-links @/$m/n/a/s/away @/$m/n/dang
		c 'a link that is not there, relative' -rlR @/$m/n/a/none
		c 'excluded by the client, relative' -rlRi --exclude=x @/$m/n/a/x @/$m/keep
		c 'from what is hidden, by way of a dot' -rlt @/$m/hid/./den
		c 'from what is not there, by way of a dot' -rlt @/$m/no/./such @/$m/./no/such/
		c 'from what is hidden, relative to two marks' -rltRi @/$m/hid/././den
		# below 31 whether the client hears anything before its names meet a closed door is a matter of timing
		[ $p -lt 31 ] || c 'names from nowhere' -rlt --files-from=../names @/$m/nosuch
		[ $p -lt 31 ] || c 'names from a file' -rlt --files-from=../names @/$m/n/f
		[ $m = np ] || c 'names from a directory' -rlti --files-from=../names @/$m/n/	# without a chroot rsync 3.5.0 finds nothing there
	done
	for a in n/.//a/ n/./a/./s ././n/a ./n/./a; do c "relative, $a" -rtR @/m/$a; done
	for a in n/./ n/././a .//n/a/ ./n/./a; do c "relative, without a chroot, $a" -rtR @/np/$a; done
	# by how many frames the client does it is a matter of timing: some headers of four bytes
	before=$scratch/had
	for how in '' '--ignore-missing-args'; do
		c "to be deleted $how" -ai --delete-missing-args $how @/m/n/a/gone @/m/n/f
		c "to be deleted, relative $how" -aRi --delete-missing-args $how @/m/n/a/gone @/m/n/f
		c "to be deleted, where nothing is $how" -aR --delete-missing-args $how @/m/n/none/gone
		c "contents to be deleted $how" -a --delete-missing-args $how @/m/n/none/ @/m/keep
	done
	c 'to be deleted, with a change of modes' -ai --delete-missing-args -M--chmod=D711,F640 @/m/n/a/gone
	c 'to be deleted, in what is hidden' -aRi --delete-missing-args @/m/hid/gone
	c 'to be deleted, of one level' -dlptR --delete-missing-args @/m/n/none/gone
	before=
	sent() { rm -rf "$scratch/d"; rsync --protocol=$p -av "rsync://127.0.0.1:$1/m/n" "$scratch/d/" | sed -n 's/^sent \([0-9]*\) bytes.*/\1/p'; }
	ours=$(sent $port) stock=$(sent $rport)
	ok "protocol $p: what the client sent, by our count ($ours, $stock)" test "$((ours > stock ? ours - stock : stock - ours))" -le 20
	from() { rsync --protocol=$p -rlt --files-from="$scratch/names" rsync://127.0.0.1:$port/m/"$1" "$scratch/d/" 2>&1 | sed "s#$1#DIR#"; }
	is "$(from hid/den)" "$(from not/her)" "protocol $p: names from what is hidden: as if it were not there"
	# rsync shows the directories above such a name, whose own names no rule hides
	gone() { rm -rf "$scratch/d"; rsync --protocol=$p -i --delete-missing-args "$1" rsync://127.0.0.1:$port/m/"$2" "$scratch/d/" 2>&1 | sed "s#hid/[dn]o*e*[nt]#hid/DIR#g"; }
	is "$(gone -aR hid/den/h)" "$(gone -aR hid/not/h)" "protocol $p: to be deleted, in what is hidden: as if it were not there"
	is "$(gone -dlptR hid/den/h)" "$(gone -dlptR hid/not/h)" "protocol $p: the same for one level"
done

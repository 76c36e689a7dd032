#!/bin/sh
# What manuals and how-tos show: configurations are read by the program that they are for, and each word with two dashes on a command line is an
# option of that program, which its manual has (held against the program by 004).  README's lines are run: t/deploy/965.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 9
man=$top_srcdir/man
# example MANUAL PATTERN: the first display of that manual in which the pattern stands
example() { awk -v want="$2" '/^\.Bd /{ t = ""; is = 1; next } /^\.Ed/{ if (is && t ~ want) { printf "%s", t; exit } is = 0 } is { t = t $0 "\n" }' "$man/$1" | sed 's/\\e$/\\/'; }
# columns FILE WIDTH PATTERN LEFT RIGHT: a block of two columns, of which the second begins behind so many characters
columns() { awk -v want="$3" '/^```/ { if (is && t ~ want) { printf "%s", t; exit } t = ""; is = !is; next } is { t = t $0 "\n" }' "$1" > "$scratch/both"
	cut -c "1-$2" "$scratch/both" > "$4"; cut -c "$(($2 + 1))-" "$scratch/both" > "$5"; }

# what their programs say of values and lines; that files and directories are missing here is no fault of theirs
daemon_reads() { "$syncd" --dump-config --config="$1" > "$scratch/dump" 2>&1; grep -q '^path = ' "$scratch/dump" && ! grep -iE 'parse|unknown|invalid|malformed|ignor(ed|ing)|no effect|mismatch' "$scratch/dump"; }
door_reads() { "$tunnel" --dump-config "$1" > "$scratch/dump" 2>&1; ! grep -F '[!]' "$scratch/dump" | grep -vE 'No such file|Failed to initialize TLS context|Configuration failed'; }

example sallyport-syncd.conf.5 '\[pub\]' > "$scratch/rsyncd.conf"
ok 'sallyport-syncd.conf(5) is read' daemon_reads "$scratch/rsyncd.conf"
like "$(cat "$scratch/dump")" '*comment = for everybody*' 'and is what it shows'
example sallyport-tunnel.conf.5 '\[rsync\]' > "$scratch/tunnel.conf"
ok 'sallyport-tunnel.conf(5) is read' door_reads "$scratch/tunnel.conf"
example sallyport.conf.5 'modules = ' > "$scratch/sallyport.conf"
ok 'sallyport.conf(5) is read' "$sallyport" explain "$scratch/sallyport.conf"
mkdir -p "$XDG_CONFIG_HOME/sallyport"
example sallyport-rsync.1 'hosts = ' | sed "s/sha256:[.][.][.]/sha256:$(printf %064d 7)/" > "$XDG_CONFIG_HOME/sallyport/hosts"
: > "$XDG_CONFIG_HOME/sallyport/backup.ca"
"$rsyncwrap" --tls-test backup.example.org:1 > "$scratch/said" 2>&1
is "$(grep -c 'sallyport/hosts' "$scratch/said")" 0 'the hosts of sallyport-rsync(1) are read'
columns "$top_srcdir/doc/howto/backups.md" 43 'create path' "$scratch/tunnel.conf" "$scratch/rsyncd.conf"
ok 'doc/howto/backups.md: the daemon'\''s file is read' daemon_reads "$scratch/rsyncd.conf"
ok 'and the door'\''s' door_reads "$scratch/tunnel.conf"
columns "$top_srcdir/doc/howto/monitoring.md" 37 'metrics = ' "$scratch/rsyncd.conf" "$scratch/tunnel.conf"
printf '[m]\npath = /srv\n' >> "$scratch/rsyncd.conf"
ok 'doc/howto/monitoring.md, too' daemon_reads "$scratch/rsyncd.conf"

# options: FILE, program, option
{
	for f in "$man"/*.[158]; do awk -v f="${f##*/}" '/^\.Bd /{ is = 1; next } /^\.Ed/{ is = 0 } is { sub(/\\e$/, "\\"); print f ": " $0 }' "$f"; done
	for f in "$top_srcdir"/doc/howto/*.md "$top_srcdir/README.md"; do awk -v f="${f##*/}" '/^```sh/{ is = 1; next } /^```/{ is = 0 } is { print f ": " $0 }' "$f"; done
} | sed -e ':a' -e '/\\$/{ N; s/\\\n[^:]*: */ /; ba' -e '}' | sed 's/[ 	]#[ 	].*//' > "$scratch/lines"
while read -r line; do
	echo "${line#*: }" | tr '|;&' '\n\n\n' | while read -r command; do
		for word in $command; do
			case $word in
			*/sallyport | sallyport | *sallyport-syncd | *sallyport-tunnel | *sallyport-rsync) program=${word##*/} ;;
			--) break ;;
			--*)
				word=${word%%=*}
				[ -z "${program:-}" ] || grep -qE -e "Fl $(echo "$word" | sed 's/^-//')( |$)" "$man/$program".[18] ||
				    { [ "$program" = sallyport-rsync ] && rsync --help 2>&1 | grep -qE -e "$word([=, ]|\$)"; } || echo "${line%%: *} $program $word" ;;
			sudo | ssh | '#' | '$' | *=*) ;;
			esac
		done
		program=
	done
done < "$scratch/lines" > "$scratch/unknown"
is "$(sort -u "$scratch/unknown")" '' "every option in $(wc -l < "$scratch/lines") lines is one of its program"

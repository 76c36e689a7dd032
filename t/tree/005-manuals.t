#!/bin/sh
# The manuals of the configurations name what the tables have, and nothing else.  (Options of the command line: 004.)
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 8
man=$top_srcdir/man
same() { # same NAME ONE OTHER: two lists of words, a line each
	is "$(comm -23 "$2" "$3" | tr '\n' ' ')" '' "$1: the manual names all"
	is "$(comm -13 "$2" "$3" | tr '\n' ' ')" '' "$1: and nothing else"
}

# rsyncd.conf: what is not rsync's own is in ours
sed -n 's/^	{ "\([a-z -]*\)", [GM](.*/\1/p' "$top_srcdir/syncd/policy/params.c" | sort -u > "$scratch/all"
"$syncd" --dump-config --config=/dev/null 2> /dev/null | sed -n 's/^\([a-z -]*\) = .*/\1/p' | sort -u > "$scratch/dumped"
is "$(comm -13 "$scratch/all" "$scratch/dumped")" '' 'the table was read'
sed -n '/^## 5/,/^## 6/s/^| \([a-z -]*[a-z]\)\( [*](3.5.0)[*]\)* |.*/\1/p' "$top_srcdir/doc/spec/rsyncd-conf.md" | sort -u > "$scratch/rsync"
is "$([ "$(wc -l < "$scratch/rsync")" -ge 40 ] && echo enough)" enough 'so was the list of rsync'\''s'
comm -23 "$scratch/all" "$scratch/rsync" > "$scratch/ours"
sed -n 's/^\.It Ic \([a-z -]*\) Ns = Ns.*/\1/p; s/^\.It Ic \([a-z -]*\) Ns =.*/\1/p' "$man/sallyport-syncd.conf.5" | sort -u > "$scratch/told"
is "$(comm -23 "$scratch/ours" "$scratch/told" | tr '\n' ' ')" '' 'rsyncd.conf: the manual names all that is ours'
is "$(comm -13 "$scratch/all" "$scratch/told" | tr '\n' ' ')" '' 'rsyncd.conf: and nothing that is not there'

# stunnel.conf
"$tunnel" -help 2>&1 | sed -n 's/^\([A-Za-z]*\)  *= .*/\1/p' | sort -u > "$scratch/all"
sed -n '/^Global options:/,/^\.Pp/s/^\.Cm //p' "$man/sallyport-tunnel.conf.5" | tr -d ',.' | tr ' ' '\n' | grep . | sort -u > "$scratch/told"
same stunnel.conf "$scratch/all" "$scratch/told"

# sallyport.conf: GROUP.KEY
sed -n '/ONE(\|MANY(/d; s/^	{ "\([a-z_][a-z_]*\)", .*/\1/p' "$top_srcdir/deploy/model/keys.c" | sort -u > "$scratch/all"
sed -n 's/^\.It Ic \([a-z_.]*\)$/\1/p' "$man/sallyport.conf.5" | sed 's/.*\.//' | sort -u > "$scratch/told"
same sallyport.conf "$scratch/all" "$scratch/told"

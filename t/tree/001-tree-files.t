#!/bin/sh
# The tree itself: what is in it is tidy, run and packed.  Needs no git.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 9
cd "$top_srcdir" || exit 99
rooms='lib syncd tunnel client-wrap deploy units nft t fuzz bench man doc tools'

find $rooms -type f \( -name '*.[ch18]' -o -name '*.sh' -o -name '*.t' -o -name '*.mk' -o -name '*.md' -o -path 'tools/*' \) \
    2> /dev/null > "$scratch/texts"
ls *.md configure.ac Makefile.am >> "$scratch/texts"
xargs grep -nE '[[:space:]]+$' < "$scratch/texts" > "$scratch/blanks"
is "$(head -n 20 "$scratch/blanks")" '' 'no line ends in white space'

find t -name '*.t' ! -perm -100 > "$scratch/plain"
find tools -type f ! -perm -100 >> "$scratch/plain"
is "$(cat "$scratch/plain")" '' 'scripts can be executed'

cat */*.mk */*/*.mk 2> /dev/null > "$scratch/mk"
listed() { # listed FILE...: those whose name is in no include file
	for _f; do
		grep -qF "$_f" "$scratch/mk" || echo "$_f"
	done
}
is "$(listed $(find t -name "[0-9]*.t"))" '' 'every script is run by make check'
is "$(for f in t/unit/check_*.c fuzz/fuzz_*.c; do listed "${f%.c}"; done)" '' 'so is every unit and every fuzz target'
is "$(for f in fuzz/fuzz_*.c; do d=${f##*/}; ls "fuzz/corpus/${d%.c}/" > /dev/null 2>&1 || echo "$d"; done)" '' \
    'every fuzz target has its seeds'

if command -v mandoc > /dev/null; then
	# whether another manual is installed here says nothing about this one
	mandoc -T lint man/*.[1-8] 2>&1 | grep -vE 'referenced manual not found|outdated mandoc.db' > "$scratch/lint"
	is "$(cat "$scratch/lint")" '' 'the manuals are clean'
else
	skip 'the manuals are clean' 'mandoc is not installed'
fi
# a page's name appears nowhere else when nobody installs it
is "$(listed man/*.[1-8])" '' 'every manual is installed'

# what a comment cites can be looked up: "rsync-wire 1.5" is a section of doc/spec/rsync-wire.md, "hardening A9" a row
find lib syncd tunnel client-wrap deploy t fuzz bench -type f \( -name '*.[ch]' -o -name '*.sh' -o -name '*.t' \) |
    xargs grep -ohE '(rsync-wire|rsyncd-conf|stunnel-conf) (sections? )?[0-9]+([.][0-9]+)*' | sed 's/sections\{0,1\} //' | sort -u > "$scratch/cited"
while read -r paper section; do
	grep -qE "^#+ $(echo "$section" | sed 's/[.]/[.]/g')[. ]" "doc/spec/$paper.md" || echo "$paper $section"
done < "$scratch/cited" > "$scratch/uncited"
grep -rohE 'hardening [A-Z][0-9]+' lib syncd tunnel t --include='*.[ch]' | sort -u | while read -r _ row; do
	grep -q "^| $row |" doc/spec/daemon-hardening.md || echo "hardening $row"
done >> "$scratch/uncited"
ok 'there is something that is cited' test -s "$scratch/cited"
is "$(cat "$scratch/uncited")" '' 'what comments cite is in doc/spec'

#!/bin/sh
# What shells offer is what the programs know.  It is made from the manuals, so these are compared with the programs, too: both ways.
. "${top_srcdir:-.}/t/lib/lib.sh"
planned=counted
words() { cat "$top_srcdir/man/$1".[18] | "$top_srcdir/tools/completions" "${2:-bash}" "$1"; }
offered() { words "$1" | sed -n "s/^	$2) words='\(.*\)' ;;/\1/p" | tr ' ' '\n' | sed 's/=$//' | grep '^-' | sort -u; }
# the options that a usage names: behind a blank, a bracket or a bar
named() { sed -n '/usage:/,$p' | tr ' [|,=' '\n' | grep -xE -e '--?[a-z][a-z-]*\]?\.*' | tr -d '].' | sort -u; }
unknown() { # unknown COMMAND... < OPTIONS: those that it does not know
	while read -r _o; do
		"$@" "$_o" < /dev/null > "$scratch/said" 2>&1
		! grep -qiE 'unknown option|unrecognized option|invalid option' "$scratch/said" || echo "$_o"
	done
}
both_ways() { # both_ways NAME OFFERED COMMAND...: known what is offered, offered what the usage names
	_what=$1 _offered=$2; shift 2
	is "$(printf '%s\n' "$_offered" | grep . | unknown "$@" | tr '\n' ' ')" '' "$_what knows what is offered"
	printf '%s\n' "$_offered" > "$scratch/offered"
	"$@" --help 2>&1 | sed '/^rsync.s own:/,$d' | named | grep -vx -e --help -e --version -e --ipv4 -e --ipv6 > "$scratch/named"
	is "$(sort "$scratch/offered" | comm -13 - "$scratch/named" | tr '\n' ' ')" '' "$_what: what its usage names is offered"
}
verbs=$("$sallyport" help | sed -n 's/^  \([a-z]*\) .*/\1/p')
is "$(words sallyport | sed -n "s/^	\*) words='\(.*\)' ;;/\1/p" | tr ' ' '\n' | grep . | sort | tr '\n' ' ')" \
    "$(echo "$verbs" | sort | tr '\n' ' ')" 'the verbs'
for v in $(echo "$verbs" | grep -vx -e help -e version); do
	both_ways "sallyport $v" "$(offered sallyport "$v")" "$sallyport" "$v"
done
both_ways sallyport-syncd "$(offered sallyport-syncd '\*')" "$syncd"
both_ways sallyport-rsync "$(offered sallyport-rsync '\*')" "$rsyncwrap"
for shell in bash zsh fish; do
	if command -v $shell > /dev/null; then
		for p in sallyport sallyport-rsync sallyport-syncd sallyport-tunnel; do
			words $p $shell > "$scratch/$p.$shell"
			ok "$shell reads $p's" $shell -n "$scratch/$p.$shell"
		done
	else
		skip "$shell reads its words" "$shell is not installed"
	fi
done
if command -v bash > /dev/null; then
	printf '. %s\nCOMP_WORDS=(sallyport install --d) COMP_CWORD=2\ncompopt() { :; }\n_sallyport\necho "${COMPREPLY[*]}"\n' "$scratch/sallyport.bash" > "$scratch/try"
	is "$(cd "$scratch/pki" 2> /dev/null || cd "$scratch" && bash "$scratch/try")" --dry-run 'bash completes an option of a verb'
fi

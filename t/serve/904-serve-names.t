#!/bin/sh
# Folder names that a configuration file could trip over are served as they are.
. "${top_srcdir:-.}/t/lib/lib.sh"
. "$top_srcdir/t/lib/serve.sh"
own_parts || stock_parts || skip_all "$missing"
plan 12
n=0
for name in 'trailing blank ' ' leading' 'backslash\' 'blank backslash \' '#hash' 'semi ; # colon' '100%' '%home%' '[section]' \
    'a = b' '&include x' 'é'; do
	n=$((n + 1))
	mkdir "$scratch/$name"
	echo "$name" > "$scratch/$name/file"
	start_serve "$scratch/$name"
	pull "$ca" "$module/file" "$scratch/got" > "$scratch/pull.log" 2>&1 || note < "$scratch/pull.log"
	is "$(cat "$scratch/got" 2>&1)" "$name" "a folder called \"$name\""
	rm -f "$scratch/got"
	end_serve TERM
done

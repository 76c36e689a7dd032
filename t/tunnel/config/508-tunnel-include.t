#!/bin/sh
# Files of a directory are read where the include line stands, with stunnel's verdicts and words.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 8
. "$top_srcdir/t/lib/tunnel.sh"
d=$scratch/conf.d
mkdir -p "$d/subdirectory"
printf 'include = %s\n' "$d" > "$tconf"
printf '[a]\naccept = 127.0.0.1:0\nconnect = 127.0.0.1:1\ncert = %s\nkey = %s\n' "$pki/server.crt" "$pki/server.key" > "$d/10-a"
printf '[b]\naccept = 127.0.0.1:0\ncert = %s\n' "$pki/server.crt" > "$d/20-b.conf~"
printf 'connect = 127.0.0.1:2\nkey = %s\n' "$pki/server.key" > "$scratch/rest"
ln -s "$scratch/rest" "$d/30-rest"
fails 0 'sections in files of any name' "$tunnel" --dump-config "$tconf"
is "$(printf '%s\n' "$out" | grep -c '^\[[ab]\]$')" 2 'both are there'
is "$(printf '%s\n' "$out" | sed -n '/^\[b\]/,$s/^connect = //p')" 127.0.0.1:2 'a section goes on in the next file'
printf 'TIMEOUTidle = 7\n' >> "$tconf"
fails 0 'and after the include line' "$tunnel" --dump-config "$tconf"
is "$(printf '%s\n' "$out" | grep -c '^TIMEOUTidle = 7$')" 1 'for the last section only'
echo 'frob = 1' > "$d/25-bad"
fails 1 'an error in a file is an error' "$tunnel" "$tconf"
like "$out" "*$d/25-bad:1: \"frob = 1\": Specified option name is not valid here*$tconf:1: \"include = $d\": Failed to include a file*" \
    'with both lines'
printf 'include = %s\n' "$d" > "$d/25-bad"
fails 1 'a directory that includes itself ends' "$tunnel" "$tconf"

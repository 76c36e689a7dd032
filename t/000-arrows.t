#!/bin/sh
# The rooms and the arrows between them, read from the #include lines: who may know whom.
. "${top_srcdir:-.}/t/lib.sh"
plan 6
cd "$top_srcdir" || exit 99

# every include line of the product as "FILE HEADER", ours first, then the system's
find lib syncd tunnel client-wrap deploy units nft -name '*.[ch]' 2> /dev/null | sort > "$scratch/files"
while read -r f; do
	sed -n "s|^#[[:space:]]*include \"\([^\"]*\)\".*|$f \1|p" "$f"
done < "$scratch/files" > "$scratch/ours"
while read -r f; do
	sed -n "s|^#[[:space:]]*include <\([^>]*\)>.*|$f \1|p" "$f"
done < "$scratch/files" > "$scratch/systems"
ok 'there are files to read' test -s "$scratch/ours" -a -s "$scratch/systems"

# From a room, the headers that may be included besides its own: patterns of awk.
cat > "$scratch/rules" <<'EOR'
lib ^$
syncd/wire ^(lib/|syncd/types[.]h$)
syncd/delta ^(lib/|syncd/types[.]h$)
syncd/fs ^(lib/|syncd/types[.]h$)
syncd/policy ^(lib/|syncd/types[.]h$)
syncd/session ^(lib/|syncd/(wire|delta|fs|policy)/|syncd/privmsg[.]h$|syncd/types[.]h$)
syncd/pull ^(lib/|syncd/(wire|delta|fs|policy|session)/|syncd/privmsg[.]h$|syncd/types[.]h$)
syncd/push ^(lib/|syncd/(wire|delta|fs|policy|session)/|syncd/privmsg[.]h$|syncd/types[.]h$)
syncd ^(lib/|syncd/)
tunnel ^lib/
client-wrap ^(lib/|tunnel/)
units ^(lib/|deploy/(model|emit)[.]h$)
nft ^(lib/|deploy/(model|emit)[.]h$)
deploy ^(lib/|units/|nft/)
EOR
cat > "$scratch/arrows.awk" <<'EOA'
NR == FNR { rule[$1] = $2; next }
{
	room = $1; sub("/[^/]*$", "", room)
	own = $2; sub("/[^/]*$", "", own)
	if ($2 == "config.h" || own == room) next
	if (!(room in rule)) print $1 ": the room " room " is in no rule of t/000-arrows.t"
	else if ($2 !~ rule[room]) print $1 " includes " $2
}
EOA
awk -f "$scratch/arrows.awk" "$scratch/rules" "$scratch/ours" > "$scratch/wrong"
is "$(cat "$scratch/wrong")" '' 'every arrow is an allowed one'

awk '$2 != "config.h" && $2 !~ "/"' "$scratch/ours" > "$scratch/short"
is "$(cat "$scratch/short")" '' 'includes are spelled from the top'

# The client takes the pipe out of the tunnel, not the server around it.
awk '$1 ~ "^client-wrap/" && $2 ~ "^tunnel/(service|listener|reload|load|table|check|conn|roles|vault|vaultask|worker|master|main)[.]h$"' \
    "$scratch/ours" > "$scratch/inner"
is "$(cat "$scratch/inner")" '' 'the client wrapper knows libtlspipe only'

awk '$2 ~ "^libconfig" && $1 !~ "^deploy/"' "$scratch/systems" > "$scratch/libconfig"
is "$(cat "$scratch/libconfig")" '' 'deploy is the only user of libconfig'

awk '$2 ~ "^openssl/" && $1 !~ "^(tunnel/|client-wrap/|deploy/pki[.]c$)" &&
    !($1 ~ "^syncd/(policy|delta)/" && $2 ~ "^openssl/(evp|rand|crypto|provider|opensslv)[.]h$")' "$scratch/systems" > "$scratch/openssl"
is "$(cat "$scratch/openssl")" '' 'OpenSSL is known to the TLS rooms, and its digests to two others'

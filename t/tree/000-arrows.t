#!/bin/sh
# The rooms and the arrows between them, read from the #include lines: who may know whom.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 10
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
tunnel/tls ^(lib/|tunnel/ipc/syscalls[.]h$)
tunnel/proto ^lib/
tunnel/conf ^(lib/|tunnel/(tls|proto)/)
tunnel/ipc ^(lib/|tunnel/(tls|conf)/)
tunnel/service ^(lib/|tunnel/(tls|proto|conf|ipc)/)
tunnel/conn ^(lib/|tunnel/(tls|proto|conf|ipc|service)/)
tunnel/helper ^(lib/|tunnel/(tls|proto|conf|ipc|service|conn)/)
tunnel/master ^(lib/|tunnel/)
client-wrap ^(lib/|tunnel/tls/|tunnel/proto/starttls[.]h$|tunnel/ipc/syscalls[.]h$)
units ^lib/
nft ^lib/
deploy/model ^lib/
deploy/out ^(lib/|units/|nft/|deploy/model/|deploy/emit[.]h$)
deploy/verify ^(lib/|deploy/)
deploy/ledger ^(lib/|deploy/verb[.]h$)
deploy/ca ^(lib/|deploy/(model|out)/|deploy/(names|verb)[.]h$)
deploy/status ^(lib/|deploy/)
deploy/why ^(lib/|deploy/)
deploy ^(lib/|deploy/(model|out|ca|ledger)/|deploy/(verify/verify|status/status|why/why)[.]h$)
EOR
cat > "$scratch/arrows.awk" <<'EOA'
NR == FNR { rule[$1] = $2; next }
{
	room = $1; sub("/[^/]*$", "", room)
	own = $2; sub("/[^/]*$", "", own)
	if ($2 == "config.h" || own == room) next
	if (!(room in rule)) print $1 ": the room " room " is in no rule of t/tree/000-arrows.t"
	else if ($2 !~ rule[room]) print $1 " includes " $2
}
EOA
awk -f "$scratch/arrows.awk" "$scratch/rules" "$scratch/ours" > "$scratch/wrong"
is "$(cat "$scratch/wrong")" '' 'every arrow is an allowed one'

awk '$2 != "config.h" && $2 !~ "/"' "$scratch/ours" > "$scratch/short"
is "$(cat "$scratch/short")" '' 'includes are spelled from the top'

awk '$2 ~ "^libconfig" && $1 !~ "^(deploy/model/|client-wrap/hosts[.]c$)"' "$scratch/systems" > "$scratch/libconfig"
is "$(cat "$scratch/libconfig")" '' 'deploy/model and the hosts of the client are the only users of libconfig'

awk '$2 ~ "^openssl/" && $1 !~ "^(tunnel/|client-wrap/|deploy/(ca/cert|crypt|verify/tls)[.]c$|lib/ledger_(chain|key)[.]c$)" &&
    !($1 ~ "^syncd/(policy|delta)/" && $2 ~ "^openssl/(evp|rand|crypto|provider|opensslv)[.]h$")' "$scratch/systems" > "$scratch/openssl"
is "$(cat "$scratch/openssl")" '' 'OpenSSL is known to the TLS rooms and the ledger, and its digests to two others'

# Of two files one is above the other, whatever folder they are in: a circle could only be read, tested and changed as a
# whole.  First by what they include; a header and its .c are one file, and so are NAME.h and NAME_internal.h.
awk '$2 ~ "/" {
	sub("(_internal)?[.][ch]$", "", $1); sub("(_internal)?[.]h$", "", $2)
	if ($1 != $2) print $1, $2
}' "$scratch/ours" | sort -u > "$scratch/includes"
is "$(tsort "$scratch/includes" 2>&1 > /dev/null)" '' 'no files include each other in a circle'

# Then, in the daemon, by what they call, as the objects have it: "folder/file folder/file" for each call from one to another.
if command -v nm > /dev/null; then
	nm -A "$top_builddir"/syncd/lib*.a 2> /dev/null | sed -n 's|^.*/lib\([a-z0-9]*\)[.]a:\([a-z0-9_]*\)[.]o:[0-9a-f ]*\([A-Z]\) |\1/\2 \3 |p' > "$scratch/names"
	awk 'NR == FNR { if ($2 ~ "[TDRB]") home[$3] = $1; next }
	    $2 == "U" && $3 in home && home[$3] != $1 { print $1, home[$3] }' "$scratch/names" "$scratch/names" | sort -u > "$scratch/calls"
	is "$(test -s "$scratch/calls" || echo 'no calls were found'; tsort "$scratch/calls" 2>&1 > /dev/null)" '' \
	    'no files of the daemon call each other in a circle'
else
	skip 'no files of the daemon call each other in a circle' 'nm is missing'
fi

# Prototypes that belong together stand together, and what they do stands above them: arguments, units, owner, errors.
find lib syncd tunnel client-wrap deploy units nft -name '*.h' | sort | xargs awk '
	function block_ends() { if (first != "" && !said) print file ":" at " " first; first = ""; said = 0 }
	FNR == 1 { block_ends(); file = FILENAME }
	/^$/ { block_ends(); next }
	/\/\*|^ \*/ { said = 1 }
	/^[a-z].*\(/ && before !~ /^static inline/ && !/^(typedef|enum|static|_Static|extern)/ { if (first == "") { at = FNR; first = $0 } }
	{ before = $0 }
	END { block_ends() }' > "$scratch/bare"
is "$(cat "$scratch/bare")" '' 'every exported function has its contract'

# Comments and empty lines do not count.
xargs awk '
	FNR == 1 { lines = comment = 0; start = 0 }
	/^\/\*/ || /^[ \t]+\/\*/ && !/\*\/./ { comment = 1 }
	!comment && !/^[ \t]*$/ { lines++ }
	/\*\// { comment = 0 }
	lines == 601 && !(FILENAME in seen) { seen[FILENAME]; print FILENAME ": more than 600 lines of code" > "/dev/stderr" }
	/^{$/ { start = FNR }
	/^}$/ && start { if (FNR - start - 1 > 60) print FILENAME ":" start ": " FNR - start - 1 " lines"; start = 0 }' \
	< "$scratch/files" > "$scratch/long" 2> "$scratch/large"
is "$(cat "$scratch/long")" '' 'no function is longer than 60 lines'
is "$(cat "$scratch/large")" '' 'no file is longer than 600 lines of code'

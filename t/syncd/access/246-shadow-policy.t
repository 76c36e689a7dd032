#!/bin/sh
# shadow policy: what another configuration would decide is told where it differs, with the line that would do it, and changes nothing.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all 'no rsync'
mkdir "$scratch/m"
echo text > "$scratch/m/a"
printf 'alice:secret\nbob:secret\n' > "$scratch/secrets"; chmod 600 "$scratch/secrets"
shadow=$scratch/shadow.conf
modules() { # modules SHADOW-ONLY-LINES... : the modules of both, of which lines with that mark are the shadow's alone, the others' with -
	sed -n "s/^$1//p" <<E2
+secrets file = $scratch/secrets
-secrets file = $scratch/secrets
+[same]
-[same]
+path = $scratch/m
-path = $scratch/m
+[shut]
-[shut]
+path = $scratch/m
-path = $scratch/m
+hosts deny = *
+[open]
-[open]
+path = $scratch/m
-path = $scratch/m
-hosts deny = *
-[gone]
-path = $scratch/m
+[new]
+path = $scratch/m
+[asks]
-[asks]
+path = $scratch/m
-path = $scratch/m
+auth users = alice
+[users]
-[users]
+path = $scratch/m
-path = $scratch/m
+auth users = alice:ro, bob:deny
-auth users = alice:rw, bob
+[options]
-[options]
+path = $scratch/m
-path = $scratch/m
+refuse options = checksum inplace
-refuse options = links
+[certified]
-[certified]
+path = $scratch/m
-path = $scratch/m
+require tls = yes
E2
}
modules + > "$shadow"
{
	printf 'use chroot = no\nreverse lookup = no\nshadow policy = %s\n' "$shadow"
	[ "$(id -u)" != 0 ] || printf 'uid = 0\ngid = 0\n'
	modules -
} > "$scratch/in"
start_syncd < "$scratch/in"
line() { grep -n "^$1" "$shadow" | sed -n "${2:-1}s/:.*//p"; }
u=127.0.0.1
said() { sed -n 's/.*\(shadow: .*\)/\1/p' "$scratch/syncd.log"; }
r() { RSYNC_PASSWORD=secret timeout 30 rsync -a --port="$port" "$@" "$scratch/d" > "$scratch/out" 2>&1; echo $?; }
plan 17
# what is asked for|how it ends, whatever the shadow says|what the shadow says
while IFS='|' read -r asked status told; do
	n=$(said | wc -l)
	is "$(r "$asked")" "$status" "$asked ends as it does without a shadow"
	idle "$syncd_pid"
	is "$(said | tail -n +$((n + 1)) | sed "s|$scratch/||; s|(127.0.0.1)|(A)|; s|UNDETERMINED|H|")" "$told" '... and the shadow says what it has to'
done <<EOT
$u::same/|0|
$u::shut/|0|shadow: would refuse module shut to H (A): shadow.conf:$(line 'hosts deny') hosts deny = *
$u::open/|5|shadow: would let in module open to H (A): shadow.conf:$(line "path" 3) there is such a module
$u::asks/|0|shadow: would ask for a login to module asks to H (A): shadow.conf:$(line 'auth users') auth users = alice
alice@$u::users/|0|shadow: would let user alice only read module users to H (A): shadow.conf:$(line 'auth users' 2) auth users = alice:ro, bob:deny
bob@$u::users/|0|shadow: would refuse user bob of module users to H (A): shadow.conf:$(line 'auth users' 2) auth users = alice:ro, bob:deny
EOT
n=$(said | wc -l)
r -c --no-links "$u::options/" > /dev/null; idle "$syncd_pid"	# refused there
r --no-c --links "$u::options/" > /dev/null; idle "$syncd_pid"	# refused here
r --no-links --no-c "$u::options/" > /dev/null; idle "$syncd_pid"	# by neither
r -c --links -s "$u::options/" > /dev/null; idle "$syncd_pid"	# by both
r -c --no-links -s "$u::options/" > /dev/null; idle "$syncd_pid"	# in the second list
r --no-links --append "$u::options/" > /dev/null; idle "$syncd_pid"	# by what another option comes down to
is "$(said | tail -n +$((n + 1)) | sed "s|$scratch/||; s|(127.0.0.1)|(A)|; s|UNDETERMINED|H|")" \
"shadow: would refuse an option for module options from H (A): shadow.conf:$(line refuse) refuse options = checksum inplace: rsync: The server is configured to refuse --checksum (-c)
shadow: would take an option for module options from H (A): shadow.conf:$(line refuse) refuse options = checksum inplace: rsync: The server is configured to refuse --links (-l)
shadow: would refuse an option for module options from H (A): shadow.conf:$(line refuse) refuse options = checksum inplace: rsync: The server is configured to refuse --checksum (-c)
shadow: would refuse an option for module options from H (A): shadow.conf:$(line refuse) refuse options = checksum inplace: rsync: The server is configured to refuse --inplace" 'options that one of them refuses'
is "$(r "$u::gone/")" 0 'a module that the shadow has not is served'
n=$(said | wc -l)
r "$u::new/" > /dev/null
r "$u::certified/" > /dev/null
idle "$syncd_pid"
is "$(said | tail -n +$n | cut -d' ' -f1-7 | tr '\n' ';')" 'shadow: would refuse module gone to UNDETERMINED;shadow: would let in module new to;shadow: would refuse module certified to UNDETERMINED;' \
    'modules that one of them has, and certificates'
# an edit of the shadow is seen, and one that does not load is nobody's end
printf '[same]\npath = %s\nhosts deny = *\n' "$scratch/m" > "$shadow"
r "$u::same/" > /dev/null
idle "$syncd_pid"
like "$(said | tail -n 1)" "shadow: would refuse module same *$shadow:3 hosts deny = \*" 'an edit counts'
printf '[same]\npath\n' > "$shadow"
is "$(r "$u::same/") $(grep -c "shadow policy: .*$shadow:2" "$scratch/syncd.log")" '0 1' 'one that does not load is told, and nobody is kept out'

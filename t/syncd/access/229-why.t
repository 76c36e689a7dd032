#!/bin/sh
# --why: the verdict and the line that made it, the same verdict as a client gets.
. "${top_srcdir:-.}/t/lib/lib.sh"
mkdir -p "$scratch/m/sub"
echo a > "$scratch/m/a.key"; echo b > "$scratch/m/b"; echo keep > "$scratch/m/sub/c.key"
printf '%s\n' 'sub/' > "$scratch/list"
printf 'user:secret\n' > "$scratch/secrets"
chmod 600 "$scratch/secrets"
conf=$scratch/rsyncd.conf
cat > "$scratch/in" <<E2
use chroot = no
reverse lookup = no
secrets file = $scratch/secrets
[open]
path = $scratch/m
[near]
path = $scratch/m
hosts allow = 192.0.2.0/24 127.0.0.1
[deny]
path = $scratch/m
hosts deny = 127.0.0.0/8
[both]
path = $scratch/m
hosts allow = 192.0.2.1
hosts deny = 198.51.100.0/24
[bad]
path = $scratch/m
hosts allow = 127.0.0.1/99
[login]
path = $scratch/m
auth users = user:ro, bad*:deny, @root:rw
[hides]
path = $scratch/m
include = b
exclude from = $scratch/list
exclude = *.key
[options]
path = $scratch/m
refuse options = delete checksum
E2
start_syncd < "$scratch/in"
why() { _want=$1; shift; fails "$_want" "$*" "$syncd" --why --config="$conf" "$@"; }
plan 43
why 0 --module=open --from=192.0.2.7
like "$out" 'no "hosts allow" or "hosts deny": 192.0.2.7 is let in*allowed' 'no rule'
why 0 --module=near --from=192.0.2.7
like "$out" "$conf:8: hosts allow = 192.0.2.0/24 127.0.0.1: 192.0.2.7 (undetermined) is let in*allowed" 'the list that lets it in'
why 5 --module=near --from=2001:db8::1
like "$out" "$conf:8: hosts allow = *2001:db8::1 (undetermined) is refused*refused" 'or does not'
why 5 --module=deny --from=127.0.0.1
like "$out" "$conf:11: hosts deny = 127.0.0.0/8: 127.0.0.1 (undetermined) is refused*" 'the list that denies'
why 0 --module=both --from=203.0.113.1
like "$out" "$conf:15: hosts deny = *is let in, since it is not named*" 'one that does not'
why 5 --module=bad --from=127.0.0.1
like "$out" "$conf:18: malformed: 127.0.0.1/99*" 'a rule that cannot be read'
why 5 --module=nowhere --from=127.0.0.1
why 0 --module=login --from=127.0.0.1
like "$out" "*$conf:21: auth users = *a login is asked for*" 'a login is asked for'
why 0 --module=login --from=127.0.0.1 --user=user
like "$out" "*user may log in, for reading*" 'a user'
why 5 --module=login --from=127.0.0.1 --user=badger
like "$out" "*badger is denied*" 'one that is denied'
why 5 --module=login --from=127.0.0.1 --user=other
like "$out" "*other matches no rule*" 'one that is not there'
why 0 --module=login --from=127.0.0.1 --user=root
like "$out" "*root may log in as one of @root, for reading and writing*" 'one by group'
why 5 --module=hides --from=127.0.0.1 --path=a.key
like "$out" "*$conf:26: \"exclude\" hides a.key*" 'a path and the parameter that hides it'
why 5 --module=hides --from=127.0.0.1 --path=/sub/c.key
like "$out" "*$conf:25: \"exclude from\" hides /sub/c.key*" 'one below a hidden directory'
why 0 --module=hides --from=127.0.0.1 --path=b
why 5 --module=options --from=127.0.0.1 --option=--delete
like "$out" "*$conf:29: refuse options = delete checksum: --delete is refused*" 'an option'
why 5 --module=options --from=127.0.0.1 --option=c
why 0 --module=options --from=127.0.0.1 --option=archive
fails 1 'an option that there is not' "$syncd" --why --config="$conf" --module=open --from=127.0.0.1 --option=nonsense
fails 1 'no address' "$syncd" --why --config="$conf" --module=open --from=me
# several options, and all of it as JSON
why 5 --module=options --from=127.0.0.1 --option=archive --option=delete --option=checksum
is "$(echo "$out" | grep -c 'is refused$')" 2 'several options'
fails 5 'as JSON' "$syncd" --why --config="$conf" --json --module=options --from=127.0.0.1 --option=delete --path=b
is "$(echo "$out" | python3 -c 'import json, sys
for p in json.load(sys.stdin): print(p["part"], p["verdict"], p["file"].replace(sys.argv[1], "CONF"), p["line"])' "$conf" | tr '\n' '/')" \
    'address lets  0/certificate lets  0/user lets  0/option refuses CONF 29/path lets  0/' 'with each point'
fails 5 'no module as JSON' "$syncd" --why --config="$conf" --json --module='a"b' --from=127.0.0.1
is "$(echo "$out" | python3 -c 'import json, sys; print(json.load(sys.stdin))')" \
    "[{'part': 'module', 'verdict': 'refuses', 'file': '', 'line': 0, 'text': 'there is no module a\"b'}]" '... whatever it is called'
fails 0 'a login as JSON' "$syncd" --why --config="$conf" --json --module=login --from=127.0.0.1
like "$out" '*"part": "user", "verdict": "depends"*' 'a login that is asked for depends'
# a client gets the same
got=
for m in open near deny both bad hides; do
	rsync "rsync://127.0.0.1:$port/$m/" > /dev/null 2>&1
	_client=$?
	"$syncd" --why --config="$conf" --module=$m --from=127.0.0.1 > /dev/null 2>&1
	got="$got$m:$_client:$? "
done
is "$got" 'open:0:0 near:0:0 deny:5:5 both:0:0 bad:5:5 hides:0:0 ' 'a client of 127.0.0.1 is answered so'

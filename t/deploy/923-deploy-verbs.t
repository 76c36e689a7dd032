#!/bin/sh
# check, init, explain and keys: what they say of a file, of this machine, and of how they are used.
. "${top_srcdir:-.}/t/lib/lib.sh"
plan 63
root=$scratch/root model=$scratch/model.conf
mkdir -p "$root/tls"
write_model() { # write_model USERS [DOOR]
	cat > "$model" <<-EOF
		host = "files.example.org";
		modules = ( { name = "m"; path = "/srv/m"; users = [ "alice" ]; } );
		users = ( { name = "alice"; $1 } );
		door = { cert = "/tls/c.crt"; key = "/tls/c.key"; $2 };
		firewall = { anyone = true; };
		EOF
	chmod 644 "$model"
}
check() { "$sallyport" check "$model" --root "$root"; }

# --- a file, and what this machine says to it
write_model ''
fails 0 'files that are not there yet are no error' check
is "$out" "$model:4: door.cert: /tls/c.crt: it is not there yet
$model:4: door.key: /tls/c.key: it is not there yet" 'they are named'
: > "$root/tls/c.crt"; : > "$root/tls/c.key"
chmod 604 "$root/tls/c.key"
fails 1 'a key that others can read' check
is "$out" "$model:4: door.key: others can read or change /tls/c.key, which holds a private key; chmod 600 it" 'is named, with the remedy'
for mode in 600 640 400; do
	chmod $mode "$root/tls/c.key"
	fails 0 "a key of mode $mode" check
done
chmod 660 "$root/tls/c.key"
fails 1 'a key that a group can write' check
chmod 600 "$root/tls/c.key"
rm "$root/tls/c.crt"; mkdir "$root/tls/c.crt"
fails 1 'a directory for a certificate' check
like "$out" "$model:4: door.cert: /tls/c.crt is no file" 'is named'
rmdir "$root/tls/c.crt"; : > "$root/tls/c.crt"
write_model '' 'kind = "haproxy";'
sed -i 's|key = "/tls/c.key"; ||' "$model"
fails 1 'a certificate with a key in it that others can read' check
like "$out" "$model:4: door.cert: others can read or change /tls/c.crt*" 'is named'

write_model 'secret = "4xV9mKq2pLs7Wd";'
fails 1 'a file with a secret that others can read' check
is "$out" "$model:3: others can read this file, and a secret is in it; chmod 600 it, or write \"make\"" 'is named, and the secret is not'
chmod 600 "$model"
fails 0 'for its owner alone it is fine' check
write_model "secret_file = \"$scratch/alice\";"
echo 4xV9mKq2pLs7Wd > "$scratch/alice"
chmod 640 "$scratch/alice"
fails 1 'a secret file that others can read' check
like "$out" "$model:3: others can read $scratch/alice; chmod 600 it" 'is named'
chmod 600 "$scratch/alice"
fails 0 'for its owner alone it is fine, too' check
generate() { "$sallyport" generate "$model" -o "$scratch/out"; }
fails 0 'and its secret' generate
is "$(cat "$scratch/out/etc/sallyport/syncd.secrets")" alice:4xV9mKq2pLs7Wd 'is the one that is written'
echo CHANGE-ME-TO-SOMETHING > "$scratch/alice"
fails 1 'a placeholder in a secret file' generate
like "$out" "$model:3: the secret in $scratch/alice is a placeholder*" 'is refused'
is "$(cat "$scratch/out/etc/sallyport/syncd.secrets")" alice:4xV9mKq2pLs7Wd 'before anything is written'

# directories that the daemon's root, which reads nothing but what modes give it, could not enter
write_model ''
if [ "$(id -u)" = 0 ]; then
	install -d -m 755 "$root/srv" && install -d -o backup -g backup -m 700 "$root/srv/m"
	fails 1 'a directory that is another user'\''s alone' check
	like "$out" "$model:2: modules.path: the daemon may not enter /srv/m,*mode (0700)*" 'is named'
	sed -i 's|path = "/srv/m";|& user = "backup"; group = "backup";|' "$model"
	fails 0 'one that is the module'\''s user'\''s is served' check
	cp "$model" "$scratch/model"
	sed -i 's|user = "backup"; group = "backup";|access = "write";|' "$model"; chmod 755 "$root/srv/m"
	fails 0 'one that is another user'\''s and takes uploads' check
	like "$out" "*$model:2: modules.path: user nobody may not write /srv/m (0755): uploads into it will fail;*" 'is told as a note'
	chmod 777 "$root/srv/m"; fails 0 'one that everybody may write' check
	is "$(echo "$out" | grep -c uploads)" 0 'is not'
	cp "$scratch/model" "$model"; chmod 700 "$root/srv/m"
	sed -i 's|^host|daemon = { program = "rsync"; listen = [ "127.0.0.1:873" ]; };\n&|' "$model"
	fails 1 'by our daemon, not by rsync'\''s' check
	sed -i '1d' "$model"; chown daemon "$root/srv"; chmod 700 "$root/srv"
	fails 1 'a directory above it' check
	like "$out" "*the daemon may not enter /srv, *" 'counts, too'
	sed -i 's|user = "backup"; group = "backup";|user = "root";|' "$model"
	fails 0 'who reads as root enters everything' check
	rm -r "$root/srv"
else
	for _n in 1 2 3 4 5 6 7 8 9 10 11; do skip 'a directory of another user' 'not root'; done
fi

printf 'host = "h";\nprot = 1;\ndoor = { idle = 5; };\n' > "$model"
fails 1 'all that is wrong is told at once' check
is "$(echo "$out" | sed 's/^\([^ ]*\).*/\1/' | sort -u | tr '\n' ' ')" "$model: $model:2: $model:3: " 'each with its line'
mkdir "$scratch/inc"
printf '@include "more"\n' > "$scratch/inc/main.conf"
printf 'host = "h";\n\nprot = 1;\n' > "$scratch/inc/more"
fails 1 'in included files, too' "$sallyport" check "$scratch/inc/main.conf"
like "$out" "*$scratch/inc/more:3: unknown key \"prot\"*" 'by the names of those'
printf 'host = "\033]0;x\007";\n' > "$model"
fails 1 'what a file holds' check
fails 1 'is harmless on a terminal' sh -c "printf '%s' \"\$1\" | grep -q \"\$(printf '\\033')\"" sh "$out"

# --- a file to begin with
for door in tunnel stunnel haproxy; do
	more=
	"$sallyport" init "$scratch/$door.conf" --host h.example --door $door --client 192.0.2.0/24 --user alice --module 'a=/srv/a' \
	    --module 'b=/srv/b"c' --access write $more > "$scratch/init.out" 2>&1
	fails 0 "init: what it writes for $door is good" "$sallyport" check "$scratch/$door.conf" --root "$root"
done
is "$(stat -c %a "$scratch/tunnel.conf")" 600 'it is its owner'\''s alone'
fails 1 'it overwrites nothing' "$sallyport" init "$scratch/tunnel.conf" --anyone
fails 2 'it asks who may come' "$sallyport" init "$scratch/new.conf"
fails 1 'it says what is wrong with its arguments' "$sallyport" init "$scratch/new.conf" --anyone --module 'a=srv'
like "$out" '*modules.path: "srv" is not absolute*' 'as check does'
ok 'and then writes nothing' test ! -e "$scratch/new.conf"
missing=$("$sallyport" keys | sed -n 's/^\.It Ic \(.*\.\)\{0,1\}//p' | sort -u | while read -r key; do grep -qw "$key" "$scratch/tunnel.conf" || echo "$key"; done)
is "$missing" '' 'every key is in it, with what it means'

# --- what an install leaves to do, by the door and by what runs it
next() { # next MODEL: the commands that it ends with
	cp "$top_srcdir/$1.conf" "$scratch/next.conf" && chmod 600 "$scratch/next.conf"
	"$sallyport" install "$scratch/next.conf" --root "$scratch/new" 2> /dev/null | sed -n '/^next:/,$p' | sed '1d;s/^    //'
}
while IFS='|' read -r of wanted; do
	rm -rf "$scratch/new"; mkdir "$scratch/new"
	is "$(next "$of" | sed 1d)" "$(printf %b "$wanted")" "$of: an install says what to start"
done <<-'EOF'
	examples/dropbox|systemctl enable --now sallyport-firewall.service sallyport-syncd-unix.socket sallyport-tunnel.socket
	t/golden/stock|systemctl enable --now sallyport-firewall.service rsync.service sallyport-stunnel.socket
	examples/front|systemctl enable --now sallyport-firewall.service haproxy.service\nsystemctl try-restart haproxy.service
	t/golden/quadlet|# the image: /etc/sallyport/Containerfile says how it is made\nsystemctl enable --now sallyport-firewall.service\nsystemctl start sallyport-pod.service
EOF
next t/golden/stock > "$scratch/said"
next examples/dropbox > "$scratch/again"
is "$(head -n 1 "$scratch/again")" 'systemctl daemon-reload && systemd-sysusers && systemd-tmpfiles --create' 'and what makes users and directories'
is "$(tail -n 2 "$scratch/again")" 'systemctl reload sallyport-firewall.service
systemctl try-restart sallyport-syncd.service sallyport-tunnel.service' 'behind an earlier one, what to restart, too'
is "$(next examples/dropbox)" '' 'and nothing where nothing has changed'

# --- the manual
"$sallyport" keys > "$scratch/keys"
sed -n '/^\.\\" begin of keys/,/^\.\\" end of keys/p' "$top_srcdir/man/sallyport.conf.5" | sed '1d;$d' > "$scratch/manual"
is "$(diff "$scratch/keys" "$scratch/manual" | head)" '' 'sallyport.conf(5) has the keys as the program has them'

# --- misuse
fails 2 'no file' "$sallyport" check
fails 2 'two files' "$sallyport" check a b
fails 2 'an unknown option' "$sallyport" generate "$model" --frobnicate
fails 2 'an unknown kind of output' "$sallyport" generate "$scratch/tunnel.conf" -o "$scratch/out" --only nothing
like "$out" '*no such kind of output*' 'is named'

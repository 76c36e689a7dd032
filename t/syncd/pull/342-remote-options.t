#!/bin/sh
# Options that a client means for the daemon (-M): each that rsync's own takes is taken, and does the same.
. "${top_srcdir:-.}/t/lib/lib.sh"
command -v rsync > /dev/null || skip_all "no rsync"
[ "$(id -u)" = 0 ] || skip_all "needs root for owners"

tree=$scratch/tree pulled=$scratch/pulled
mkdir -p "$tree/d" "$pulled"
echo f > "$tree/f"; echo g > "$tree/d/g"; echo o > "$tree/d/o"; chown 1234:1234 "$tree/d/o"; ln -s f "$tree/l"; mkfifo "$tree/p"; ln "$tree/f" "$tree/h"
find "$tree" -exec touch -h -d '2011-11-11 11:11:11' {} +
cat > "$scratch/options" <<-EOT
	--address=127.0.0.1
	--blocking-io
	--no-blocking-io
	--contimeout=5
	--no-contimeout
	--compress-threads=4
	--zt=4
	--early-input=x
	--ipv4
	-4
	--ipv6
	--motd
	--no-motd
	--itemize-changes
	-i
	--no-i
	--no-8
	--no-8-bit-output
	--no-h
	--no-human-readable
	--old-args
	--no-old-args
	--outbuf=N
	--password-file=x
	--port=1
	--protocol=31
	--remote-option=--stats
	--rsh=x
	--rsync-path=x
	--sockopts=SO_KEEPALIVE
	--stderr=all
	--trust-sender
	--confine-root=/
	--inc-recursive
	--i-r
	--no-progress
	--no-s
	--no-backup
	--no-bwlimit
	--no-delay-updates
	--no-force
	--no-from0
	--no-fuzzy
	--no-y
	--no-ignore-errors
	--no-inplace
	--no-append
	--no-mkpath
	--no-m
	--no-prune-empty-dirs
	--no-numeric-ids
	--no-partial
	--no-timeout
	--no-iconv
	--no-x
	--no-one-file-system
	--no-v
	--no-verbose
	--no-O
	--no-J
	--no-S
	--no-sparse
	--no-open-noatime
	--no-d
	--no-z
	--no-compress
	--no-write-devices
	--no-insecure-links
	--no-A
	--no-X
	--no-N
	--no-U
	--no-c
	--no-checksum
	--no-R
	EOT
start_push_pair <<-EOT
	[tree]
	path = $tree
	EOT
# ten at a time
xargs -n 10 < "$scratch/options" | sed 's/^/ /; s/ / -M/g' > "$scratch/tens"
plan $(($(wc -l < "$scratch/tens") * 2 + 42))
while read -r options; do
	# shellcheck disable=SC2086
	push_as_stock "push: $options" -a $options tree/ @/up/
	# shellcheck disable=SC2086
	same_as_stock "pull: $options" -a $options @/tree/
done < "$scratch/tens"

# those that do something, where both sides agree on the stream
before=$scratch/old; mkdir -p "$before/d"; echo old > "$before/f"; echo keep > "$before/d/keep"; echo go > "$before/d/go"
find "$before" -exec touch -d '2012-12-12 12:12:12' {} +
for option in --no-p --no-perms --no-t --no-times --no-g --no-o --no-inc-recursive --no-i-r --chmod=D700,F600 --chmod=u+x --chown=3:4 --chown=:5 --fake-super --zl=3; do
	push_as_stock "push: $option" -rlt -M"$option" tree/ @/up/
done
for option in --no-inc-recursive --no-i-r --chmod=D700,F600 --fake-super --old-dirs --old-d; do
	same_as_stock "pull: $option" -a -M"$option" @/tree/
done
push_as_stock 'push: an owner in an attribute' -ai -M--fake-super tree/ @/up/
push_as_stock 'push: --del' -ai --delete -M--del tree/ @/up/
for rule in '--exclude=keep' '--filter=P keep' '--filter=- keep' '--include=keep'; do
	push_as_stock "push: $rule" -ai --delete "-M$rule" tree/ @/up/
	push_as_stock "push: $rule, and what is excluded goes" -ai --delete-excluded --exclude=go "-M$rule" tree/ @/up/
done
before=
for rule in '--exclude=f' '--filter=- d/g' '--filter=- /d' '--include=f'; do
	same_as_stock "pull: $rule" -ai "-M$rule" @/tree/
done
same_as_stock 'pull: rules of both' -ai '-M--include=f' --exclude=f -M--exclude=h @/tree/
for option in --nonsense --no-delete --no-server; do
	fails 4 "no such option: $option" timeout 20 rsync -a -M"$option" "rsync://127.0.0.1:$port/tree/" "$pulled/"
done
for option in --write-batch=b --exclude-from=x --copy-as=root --stop-after=5; do
	fails 4 "refused: $option" timeout 20 rsync -a -M"$option" "rsync://127.0.0.1:$port/tree/" "$pulled/"
done

#!/bin/sh
# What is written from the examples, and from models of every kind, to the byte: t/golden/NAME/ has it.  After a deliberate
# change:  t/deploy/920-deploy-golden.t --update  writes it anew, and `git diff` shows what that is.
. "${top_srcdir:-.}/t/lib/lib.sh"
golden=$top_srcdir/t/golden
models="$(ls "$top_srcdir"/examples/*.conf "$golden"/*.conf)"

# written FILE DIR: all of it but the secrets, which are drawn, and the picture
written() {
	rm -rf "$2"
	"$sallyport" generate "$1" -o "$2" > /dev/null && "$sallyport" explain "$1" > "$2/explain" || return 1
	rm -f "$2/etc/sallyport/syncd.secrets"
	find "$2" -type d -empty -delete	# of which a checkout has none
}
copy_private() { # a file with a secret in it must be its owner's alone, which a checkout cannot promise
	cp "$1" "$scratch/model.conf" && chmod 600 "$scratch/model.conf"
}

if [ "${1:-}" = --update ]; then
	for f in $models; do
		name=$(basename "$f" .conf)
		copy_private "$f"
		written "$scratch/model.conf" "$golden/$name" || exit 1
		echo "# $name"
	done
	plan 0
	exit 0
fi

plan $((3 * $(echo "$models" | wc -l) + 5))
for f in $models; do
	name=$(basename "$f" .conf)
	copy_private "$f"
	ok "$name: nothing is wrong with it" "$sallyport" check "$scratch/model.conf"
	ok "$name: it can be written" written "$scratch/model.conf" "$scratch/$name"
	ok "$name: that is, to the byte, what it was" diff -r "$golden/$name" "$scratch/$name"
done

copy_private "$golden/stock.conf"
"$sallyport" generate "$scratch/model.conf" -o "$scratch/twice" > "$scratch/list"
secrets=$scratch/twice/etc/sallyport/syncd.secrets
is "$(stat -c %a "$secrets")" 600 'the secrets are readable by their owner alone'
is "$(sed 's/^bob:[A-Za-z0-9_-]\{43\}$/bob made/' "$secrets")" "alice:4xV9mKq2pLs7Wd
bob made" 'a secret is made for who has none'
cp -a "$scratch/twice" "$scratch/first"
"$sallyport" generate "$scratch/model.conf" -o "$scratch/twice" >> "$scratch/list" 2>&1
ok 'a second run writes the same bytes, and makes no new secret' diff -r "$scratch/first" "$scratch/twice"
fails 1 'what is printed has no secret in it' grep -F -e 4xV9mKq2pLs7Wd -e "$(sed -n 's/^bob://p' "$secrets")" "$scratch/list"
"$sallyport" generate "$scratch/model.conf" -o "$scratch/only" --only door > "$scratch/list"
is "$(cd "$scratch/only" && find . -type f)" ./etc/stunnel/sallyport.conf 'one kind alone can be written'

# A tree to push, $tree, and $old, what lies at the destination before: changed, missing, deleted, linked and partial files, and an alternate
# directory that is as the tree but for "small" and a mode.  The script adds what it alone needs, and calls times_of_old at last.
tree=$scratch/tree old=$scratch/old
mkdir -p "$tree/a/b" "$tree/z" "$tree/keep" "$tree/deep/er"
seq 1 40000 > "$tree/a/big"; seq 1 3000 > "$tree/a/b/mid"; echo small > "$tree/small"; head -c 70000 /dev/zero > "$tree/z/zeros"
seq 1 40000 | rev > "$tree/z/rev"; head -c 200000 /dev/urandom > "$tree/z/random"; echo k > "$tree/keep/k"; : > "$tree/deep/er/e"
echo h > "$tree/h1"; ln "$tree/h1" "$tree/h2"; ln "$tree/h1" "$tree/z/h3"; ln "$tree/a/big" "$tree/z/big2"; ln -s small "$tree/sl"
ln "$tree/sl" "$tree/sl2" 2> /dev/null
find "$tree" -exec touch -h -d '2011-11-11 11:11:11.123456789' {} +
cp -a "$tree" "$old"
sed -i '777s/.*/other/' "$old/a/big"; head -n 2000 "$tree/a/b/mid" > "$old/a/b/mid"; rm -r "$old/z/rev"; cp "$tree/z/rev" "$old/z/rev-old"
rm "$old/h2"; echo h > "$old/h2"; rm "$old/z/big2"; mkdir "$old/gone" "$old/gone/sub"; echo 1 > "$old/gone/1"; echo 2 > "$old/gone/sub/2"
echo p > "$old/a/protected.keep"; echo q > "$old/gone/q.keep"; echo '- *.mine' > "$old/a/.rules"; echo m > "$old/a/x.mine"; echo n > "$old/a/y.mine2"
mkdir "$old/.part" "$old/a/.part"; head -c 100000 "$tree/z/random" > "$old/z/random"; head -n 39000 "$tree/z/rev" > "$old/.part/rev"
mkdir "$old/alt"; cp -a "$tree/." "$old/alt/"; echo different > "$old/alt/small"; chmod 600 "$old/alt/keep/k"
times_of_old() { # what is not from the tree is of another day
	find "$old" -mindepth 1 -not -path '*/alt/*' -newermt 2020-01-01 -exec touch -h -d '2012-12-12 12:12:12' {} +
}

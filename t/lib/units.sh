# What the scripts of units share; source after t/lib/lib.sh.
# unit_dirs: the cases of t/golden/units and the samples, as directories that a service manager would read, below $scratch/units, with
# the programs that were built here
unit_dirs() {
	mkdir -p "$scratch/units"
	cp -R "$top_srcdir"/t/golden/units/* "$scratch/units" && cp -R "$top_srcdir/units/samples" "$scratch/units/samples" || exit 99
	chmod -R u+w "$scratch/units"
	find "$scratch/units" -type f | xargs sed -i "s,/usr/sbin/sallyport-syncd,$syncd,; s,/usr/bin/sallyport-tunnel,$tunnel,"
}

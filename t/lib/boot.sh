# A machine that is booted for a test: an overlay of this machine's own root under systemd-nspawn.  After own_mounts:
#   boot_box		makes it: $at is its root, $at/trial a directory for what is to be tried
#   boot_run SCRIPT	boots it (and once more, if that makes /trial/again), runs /trial/SCRIPT, which begins with t/lib/inside.sh, and reports its lines "ok NAME", "not ok NAME" and "# why" up to "done"
# This machine's services do not run there, and what its packages brought to start is gone.
boot_box() {
	[ -x /lib/systemd/systemd ] || skip_all 'no systemd to boot'
	box=$scratch/box at=$scratch/box/root
	mkdir "$box"
	mount -t tmpfs -o size=512m tmpfs "$box" || skip_all 'no tmpfs'
	mkdir "$box/upper" "$box/work" "$box/root" "$box/out"
	mount -t overlay overlay -o "lowerdir=/,upperdir=$box/upper,workdir=$box/work" "$at" 2> /dev/null || skip_all 'no overlay of the root'
	rm -rf "$at"/etc/systemd/system/*.wants "$at"/etc/systemd/system/*.d "$at"/etc/rc[2345S].d
	# what "enable" and each of many reloads would call, and nothing here needs
	rm -f "$at"/etc/init.d/* "$at"/usr/lib/systemd/system-generators/* "$at"/usr/lib/systemd/system-environment-generators/*
	: > "$at/etc/machine-id"
	mkdir -p "$at/trial" "$at/run"
	cp "$top_srcdir/t/lib/inside.sh" "$at/trial"
}
boot_run() {
	# Two at once would share their control groups, in which units have the same names: each would end the other's services, and put its
	# filters of addresses on them.
	exec 8> /run/sallyport-boot.lock
	flock 8
	printf '[Unit]\nAfter=basic.target\nSuccessAction=exit-force\nFailureAction=exit-force\n[Service]\nType=oneshot\nTimeoutStartSec=270\n%s\n%s\n' \
	    "ExecStart=/bin/sh /trial/$1" 'StandardOutput=append:/out/said' > "$at/etc/systemd/system/trial.service"
	echo 'StandardError=truncate:/out/trace' >> "$at/etc/systemd/system/trial.service"
	: > "$box/out/said"
	while	# once more, as after a power cut, where the script says so
		rm -f "$at/trial/again"
		SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout -k 5 290 systemd-nspawn --quiet --register=no --keep-unit --machine="sallyport-$$" -D "$at" \
		    --console=read-only --private-network --bind="$box/out:/out" --capability=CAP_NET_ADMIN,CAP_BPF,CAP_PERFMON \
		    --system-call-filter='bpf landlock_create_ruleset landlock_add_rule landlock_restrict_self' -b systemd.unit=trial.service \
		    > "$scratch/nspawn" 2>&1 < /dev/null 8>&-
		[ -e "$at/trial/again" ]
	do :; done
	[ -s "$box/out/said" ] || { tail -n 5 "$scratch/nspawn" | note; umount "$at" "$box"; skip_all 'nspawn does not boot here'; }
	planned=counted
	while read -r line; do
		case $line in
		'ok '*) report 0 "${line#ok }" ;;
		'not ok '*) report 1 "${line#not ok }" ;;
		*) last=$line; echo "# ${line#'# '}" ;;
		esac
	done < "$box/out/said"
	is "$last" 'done' 'everything was tried'
	note < "$box/out/trace"
	umount "$at" "$box"
	# nspawn leaves its control groups behind
	find /sys/fs/cgroup/*/payload /sys/fs/cgroup/*/supervisor -depth -type d 2> /dev/null | xargs -r rmdir 2> /dev/null
	exec 8>&-
	true
}

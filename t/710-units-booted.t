#!/bin/sh
# The units under a systemd that was booted for them, on an overlay of this machine's own root: each is started for real, and files
# are pulled through it.  What happens inside is t/booted.sh, which says a line a test.
. "${top_srcdir:-.}/t/lib.sh"
for _p in systemd-nspawn nft openssl rsync stunnel4 haproxy socat capsh ss sshd iptables; do command -v $_p > /dev/null || skip_all "no $_p"; done
sanitized && skip_all 'the filters of the units are not for the sanitizers'
[ -x /lib/systemd/systemd ] || skip_all 'no systemd to boot'
own_mounts
. "$top_srcdir/t/units.sh"
box=$scratch/box
mkdir "$box"
mount -t tmpfs -o size=512m tmpfs "$box" || skip_all 'no tmpfs'
mkdir "$box/upper" "$box/work" "$box/root" "$box/out"
mount -t overlay overlay -o "lowerdir=/,upperdir=$box/upper,workdir=$box/work" "$box/root" 2> /dev/null || skip_all 'no overlay of the root'
at=$box/root

# a machine with none of this one's services, the programs where packages put them, and a directory of what is to be tried
rm -rf "$at"/etc/systemd/system/*.wants "$at"/etc/systemd/system/*.d "$at"/etc/rc[2345S].d
# what "enable" and each of many reloads would call, and nothing here needs
rm -f "$at"/etc/init.d/* "$at"/usr/lib/systemd/system-generators/* "$at"/usr/lib/systemd/system-environment-generators/*
: > "$at/etc/machine-id"
cp "$syncd" "$at/usr/sbin/sallyport-syncd" && cp "$tunnel" "$at/usr/bin/sallyport-tunnel" && cp "$sallyport" "$at/usr/bin/sallyport" || exit 99
mkdir -p "$at/trial" "$at/etc/sallyport" "$at/srv/backups" "$at/srv/pub" "$at/run"
cp -R "$top_srcdir/t/golden" "$top_srcdir/units/samples" "$top_srcdir/examples" "$at/trial"
make_pki
(
	cd "$scratch/pki" || exit 1
	issue backend ca 'subjectAltName=DNS:one.example.org,DNS:two.example.org' /CN=one.example.org
	: > index.txt; : > index.txt.attr; echo 01 > crlnumber
	printf '[ca]\ndefault_ca = x\n[x]\ndatabase = index.txt\ncrlnumber = crlnumber\ndefault_md = sha256\ndefault_crl_days = 9\n' > ca.cnf
	openssl ca -config ca.cnf -cert ca.crt -keyfile ca.key -gencrl -out clients.crl 2> /dev/null
)
cp -R "$scratch/pki" "$at/trial"
cp "$scratch"/pki/server.* "$scratch/pki/ca.crt" "$at/trial"
cp "$top_srcdir/t/booted.sh" "$at/trial"
printf '[Unit]\nAfter=basic.target\nSuccessAction=exit-force\nFailureAction=exit-force\n[Service]\nType=oneshot\nTimeoutStartSec=270\n%s\n%s\n' \
    'ExecStart=/bin/sh /trial/booted.sh' 'StandardOutput=truncate:/out/said' > "$at/etc/systemd/system/trial.service"
echo 'StandardError=truncate:/out/trace' >> "$at/etc/systemd/system/trial.service"

SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout -k 5 290 systemd-nspawn --quiet --register=no --keep-unit --machine="sallyport-$$" -D "$at" \
    --console=read-only --private-network --bind="$box/out:/out" --capability=CAP_NET_ADMIN,CAP_BPF,CAP_PERFMON \
    --system-call-filter='bpf landlock_create_ruleset landlock_add_rule landlock_restrict_self' -b systemd.unit=trial.service \
    > "$scratch/nspawn" 2>&1 < /dev/null
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
true

#!/bin/sh
# The pod of a generated script, run by podman with the walls that are written: made from the generated Containerfile (on a base of
# this machine's own libraries, since no registry is asked), pulled from and pushed to, looked at, and taken away.
. "${top_srcdir:-.}/t/lib/lib.sh"
for _p in podman runc nft openssl rsync ss; do command -v $_p > /dev/null || skip_all "no $_p"; done
sanitized && skip_all 'the image has not the libraries of sanitizers'
[ -x /usr/libexec/podman/catatonit ] || skip_all 'no catatonit for the pod'
[ -n "${SALLYPORT_POD:-}" ] || { unshare -mn true 2> /dev/null && [ "$(id -u)" = 0 ] || skip_all 'no namespaces of our own'
	rm -rf "$scratch"; SALLYPORT_POD=1 exec unshare -mn sh "$0"; }
ip link set lo up
mkdir -p /etc/sallyport
for d in /etc/sallyport /srv /run/netns; do mkdir -p $d; mount -t tmpfs none $d; done

# a base as Debian's: what its image has of programs, users and groups
base=$scratch/base
mkdir -p "$base/usr/bin" "$base/usr/sbin" "$base/usr/lib64" "$base/etc" "$base/var/lib/apt/lists" "$base/srv" "$base/run" "$base/tmp"
for l in bin sbin lib lib64; do ln -s usr/$l "$base/$l"; done
for p in sh rm groupadd useradd; do cp "$(command -v $p)" "$base/usr/bin/"; done
ldd "$base"/usr/bin/* "$syncd" "$tunnel" | grep -o '/[^ ]*\.so[^ ]*' | sort -u | while read -r l; do
	mkdir -p "$base/usr$(dirname "${l#/usr}")"; cp -L "$l" "$base/usr${l#/usr}"
done
printf '#!/bin/sh\n' > "$base/usr/bin/apt-get" && chmod 755 "$base/usr/bin/apt-get"
printf 'root:x:0:0::/:/bin/sh\nbackup:x:34:34::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' > "$base/etc/passwd"
printf 'root:x:0:\nbackup:x:34:\nnogroup:x:65534:\n' > "$base/etc/group"
: > "$base/etc/shadow"; : > "$base/etc/gshadow"; cp /etc/login.defs "$base/etc"
mkdir -p "$scratch/image/usr/bin" "$scratch/image/usr/sbin" "$scratch/bin"
cp "$syncd" "$scratch/image/usr/sbin" && cp "$tunnel" "$scratch/image/usr/bin" || exit 99

# podman with all that is its own in the scratch directory; hard limits cannot be raised everywhere
printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\n' > "$scratch/containers.conf"
printf '[network]\nnetwork_backend = "netavark"\nnetwork_config_dir = "%s"\n' "$scratch/networks" >> "$scratch/containers.conf"
printf '#!/bin/sh\nexec %s --root %s --runroot %s --tmpdir %s "$@"\n' "$(command -v podman)" "$scratch/pm" "$scratch/pmrun" "$scratch/pmtmp" > "$scratch/bin/podman"
chmod 755 "$scratch/bin/podman"
PATH=$scratch/bin:$PATH CONTAINERS_CONF=$scratch/containers.conf
export PATH CONTAINERS_CONF
tar -C "$base" -c . | podman import - localhost/base > "$scratch/import" 2>&1 &&
    podman run --rm --network=none localhost/base sh -c 'exit 0' >> "$scratch/import" 2>&1 ||
    { tail -n 3 "$scratch/import" | note; skip_all 'podman runs no container here'; }

plan 13
sed 's/"192.0.2.0\/24"/"192.0.2.0\/24", "10.0.0.0\/8"/' "$top_srcdir/examples/pod.conf" > "$scratch/pod.conf"
"$sallyport" generate "$scratch/pod.conf" -o "$scratch/tree" > /dev/null
cp "$scratch"/tree/etc/sallyport/* /etc/sallyport
make_pki
mkdir -p /etc/sallyport/tls /srv/mirror/d
install -d -o backup -g backup -m 700 /srv/incoming	# which its user alone may enter, and root with four capabilities not
cp "$scratch"/pki/server.* /etc/sallyport/tls && chmod 600 /etc/sallyport/tls/server.key
seq 1 20000 > /srv/mirror/d/numbers
echo hello > "$scratch/hello"
sed -n 's/^alice://p' /etc/sallyport/syncd.secrets > "$scratch/password" && chmod 600 "$scratch/password"

ok 'the image is made from its Containerfile' podman build --layers=false --isolation=chroot --build-arg BASE=localhost/base \
    -t localhost/sallyport:latest -f /etc/sallyport/Containerfile "$scratch/image"
ok 'the pod is started' sh -e /etc/sallyport/pod.sh up
pod() { RSYNC_CONNECT_PROG="openssl s_client -quiet -verify_return_error -verify_hostname localhost -CAfile $scratch/pki/ca.crt -connect 127.0.0.1:874 2> /dev/null" rsync "$@"; }
serves() { pod rsync://localhost/ 2> /dev/null | grep -c '^mirror'; }
becomes 1 serves || true
ok 'files are pulled' sh -c '"$@" && diff -r /srv/mirror "$0"' "$scratch/got" env \
    RSYNC_CONNECT_PROG="openssl s_client -quiet -verify_return_error -verify_hostname localhost -CAfile $scratch/pki/ca.crt -connect 127.0.0.1:874 2> /dev/null" \
    rsync -a rsync://localhost/mirror/ "$scratch/got/"
ok 'files are pushed with a password' pod --password-file="$scratch/password" "$scratch/hello" rsync://alice@localhost/incoming/
is "$(stat -c %U /srv/incoming/hello)" backup 'and are the module'\''s user'\''s'
fails 5 'not without one' env RSYNC_PASSWORD=wrong RSYNC_CONNECT_PROG="openssl s_client -quiet -CAfile $scratch/pki/ca.crt -connect 127.0.0.1:874 2> /dev/null" \
    rsync rsync://alice@localhost/incoming/
like "$(podman logs files-syncd 2>&1)" '*connect from *(10.*' 'the daemon is told who comes'
daemon=$(podman inspect --format '{{.State.Pid}}' files-syncd) door=$(podman inspect --format '{{.State.Pid}}' files-tunnel)
is "$(ss -Hltn | grep -c ':874 ') $(ss -Hltn | grep -vc ':874 ')" '2 0' 'one port is published, for both families'
is "$(nsenter -t "$daemon" -n ss -Hltn | grep -vc ':8740 ')" 0 'and inside the daemon has none'
is "$(awk '/^Cap(Prm|Bnd)|^NoNewPrivs|^Seccomp:/ { print $2 }' "/proc/$daemon/status" | tr '\n' ' ')" '00000000000400e0 00000000000400e0 1 2 ' \
    'the daemon has four capabilities, and gets no more'
is "$(awk '/^Uid|^Cap(Prm|Bnd)|^NoNewPrivs/ { print $2 }' "/proc/$door/status" | tr '\n' ' ')" '10874 0000000000000000 0000000000000000 1 ' 'the door has none'
is "$(for p in $daemon $door; do awk '$5 == "/" { print substr($6, 1, 2) }' "/proc/$p/mountinfo"; done | tr '\n' ' ')" 'ro ro ' 'both roots are read-only'
ok 'the pod is taken away' sh -ec '/bin/sh -e /etc/sallyport/pod.sh down; [ -z "$(podman ps -aq)$(podman volume ls -q)$(podman secret ls -q)" ]'
umount -R "$scratch/pm" 2> /dev/null; true

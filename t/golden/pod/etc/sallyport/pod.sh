#!/bin/sh -e
# files: a pod with daemon and door.
# Written by sallyport; change the deployment file and install again.
# pod.sh up makes it anew, pod.sh down takes it away; the files that are served stay where they are.

down() {
	podman pod exists files && podman pod rm -f files
	for secret in files-tls.key files-syncd.secrets; do
		podman secret inspect $secret > /dev/null 2>&1 && podman secret rm $secret
	done
	podman volume exists files-run && podman volume rm files-run
	podman network exists files-net && podman network rm files-net
	true
}

up() {
	down
	# of its own: no other container reaches the door's port past the firewall
	podman network create --ipv6 --disable-dns files-net
	podman volume create --opt type=tmpfs --opt device=tmpfs --opt o=nr_blocks=256,mode=2750,uid=0,gid=10874 files-run
	podman pod create --name files --network files-net \
	    --publish=0.0.0.0:874:8740 \
	    --publish=[::]:874:8740
	podman secret create files-syncd.secrets /etc/sallyport/syncd.secrets
	podman create --pod files --name files-syncd --restart=on-failure \
	    --user=0:0 \
	    --group-add=10874 \
	    --read-only --read-only-tmpfs=false --security-opt=no-new-privileges --cap-drop=all \
	    --cap-add=SYS_CHROOT \
	    --cap-add=SETUID \
	    --cap-add=SETGID \
	    --cap-add=KILL \
	    --secret=files-syncd.secrets,type=mount,target=/run/lent/syncd.secrets,uid=0,gid=0,mode=0400 \
	    --tmpfs=/tmp:size=64k,mode=0700 \
	    --volume=files-run:/run/sallyport \
	    --volume=/etc/sallyport/syncd.conf:/etc/sallyport/syncd.conf:ro \
	    --volume=/srv/mirror:/srv/mirror:ro \
	    --volume=/srv/incoming:/srv/incoming:rw \
	    localhost/sallyport:latest /usr/sbin/sallyport-syncd --daemon --no-detach --config=/etc/sallyport/syncd.conf
	podman secret create files-tls.key /etc/sallyport/tls/server.key
	podman create --pod files --name files-tunnel --restart=on-failure \
	    --user=10874:10874 \
	    --read-only --read-only-tmpfs=false --security-opt=no-new-privileges --cap-drop=all \
	    --secret=files-tls.key,type=mount,target=/run/lent/tls.key,uid=10874,gid=10874,mode=0400 \
	    --volume=files-run:/run/sallyport \
	    --volume=/etc/sallyport/tls:/etc/sallyport/tls:ro \
	    --volume=/etc/sallyport/tunnel.conf:/etc/sallyport/tunnel.conf:ro \
	    localhost/sallyport:latest /usr/bin/sallyport-tunnel /etc/sallyport/tunnel.conf
	podman pod start files
}

case $1 in
up | down) $1 ;;
*) echo 'usage: pod.sh up|down' >&2; exit 2 ;;
esac

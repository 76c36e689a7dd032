# What the scripts about clients of a deployment with its own authority share; sourced after t/lib/lib.sh, with mounts of our own.
#   own_etc / deployment	/etc and /var/lib are ours; a deployment file, $conf, on port $sport, with files to serve
#   deployment_runs		what was installed runs, as its files are but for places
#   as WHO OPTION...		our client, as a user of that name
conf=/etc/deployment.conf tls=/etc/sallyport/tls ca=/etc/sallyport/ca
own_etc() {
	for d in /etc /var/lib; do	# what install writes is nobody else's
		mkdir -p "$scratch/over$d" "$scratch/work$d"
		mount -t tmpfs none "$scratch/over$d" && mkdir "$scratch/over$d/up" "$scratch/over$d/work" &&
		    mount -t overlay overlay -o "lowerdir=$d,upperdir=$scratch/over$d/up,workdir=$scratch/over$d/work" $d 2> /dev/null || skip_all 'no overlay'
	done
}
deployment() {
	sport=$(freeport)
	mkdir -p "$scratch/srv" "$scratch/run"
	cat > $conf <<-EOF
		host = "localhost";
		daemon = { listen = [ "/run/sallyport/syncd.sock" ]; };
		modules = ( { name = "files"; path = "/srv/files"; }, { name = "more"; path = "/srv/more"; } );
		door = { addresses = [ "127.0.0.1:$sport" ]; authority = "own"; };
		firewall = { kind = "none"; };
		client = { address = "127.0.0.1"; };
		EOF
	mkdir -p "$scratch/srv/files" "$scratch/srv/more"
	truncate -s 400M "$scratch/srv/files/big"
	echo hello > "$scratch/srv/files/hello"
	url=rsyncs://localhost:$sport
}
deployment_runs() {
	sed "s|/srv/|$scratch/srv/|; s|^\(socket [pg].*\) = sallyport-tunnel|\1 = root|; s|/run/sallyport|$scratch/run|" /etc/sallyport/syncd.conf > "$scratch/syncd.conf"
	sed "s|/run/credentials/[^/]*/tls.key|$tls/server.key|; s|/run/sallyport|$scratch/run|" /etc/sallyport/tunnel.conf > "$scratch/tunnel.conf"
	spawn "$scratch/syncd.log" "$syncd" --daemon --no-detach --config="$scratch/syncd.conf"
	ready "$scratch/syncd.log" 'starting, listening on'
	spawn "$scratch/tunnel.log" "$tunnel" "$scratch/tunnel.conf"
	ready "$scratch/tunnel.log" 'Configuration successful'
}
client() { _v=$1; shift; "$sallyport" client "$_v" "$@"; }
as() { _who=$1; shift; env XDG_CONFIG_HOME="$scratch/$_who" XDG_CACHE_HOME="$scratch/$_who.cache" "$rsyncwrap" "$@"; }

# The generated firewalls loaded into network namespaces of our own, and asked with real connections.  Speaks TAP without numbers.
# Usage: firewall.py KIND GOLDEN SCRATCH, KIND being nft, iptables-nft or iptables-legacy.
# Machines: srv (198.51.100.1, 203.0.113.1) with the rules, ok (198.51.100.10, listed), bad (203.0.113.10, not listed), and a
# container behind srv.  One process makes all sockets, stepping from namespace to namespace: no program is started for a probe.
import ctypes, errno, json, os, select, socket, struct, subprocess, sys, time

KIND, GOLDEN, SCRATCH = sys.argv[1:]
CLONE_NEWNET = 0x40000000
DEADLINE, SILENCE = 20.0, 0.2	# seconds: for what must be answered; then, for what must not
libc = ctypes.CDLL(None, use_errno=True)


def check(good, name, why=''):
	print('%s - %s: %s' % ('ok' if good else 'not ok', KIND, name))
	if not good:
		print('# ' + str(why).replace('\n', '\n# '))
	sys.stdout.flush()


def same(got, wanted, name):
	check(got == wanted, name, 'got:    %s\nwanted: %s' % (got, wanted))


# --- namespaces

def step(call, *args):
	if call(*args) != 0:
		raise OSError(ctypes.get_errno(), call.__name__ if hasattr(call, '__name__') else 'namespace')


class Net:
	def __init__(self):
		step(libc.unshare, CLONE_NEWNET)
		self.fd = os.open('/proc/self/ns/net', os.O_RDONLY)

	def enter(self):
		step(libc.setns, self.fd, CLONE_NEWNET)


def run(net, *argv, stdin=None, check=True):
	net.enter()
	path = SCRATCH + '/bin:' + os.environ['PATH']
	r = subprocess.run(argv, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, 'PATH': path})
	if check and r.returncode != 0:
		sys.exit('%s: %s' % (' '.join(argv), r.stdout))
	return r.stdout


def sysctl(net, name, value):
	net.enter()	# /proc/sys/net shows the namespace of who opens it
	with open('/proc/sys/net/' + name, 'w') as f:
		f.write(value)


def topology():
	nets = {}
	for name in ('srv', 'ok', 'bad', 'ctr'):
		nets[name] = Net()
	srv = nets['srv']
	for i, name in enumerate(('ok', 'bad', 'ctr')):
		# `ip` takes a namespace as the file of a process: ours, of which it is a child, seen through its descriptor
		run(srv, 'ip', 'link', 'add', 'eth%d' % i, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', '/proc/%d/fd/%d' % (os.getpid(), nets[name].fd))
	run(srv, 'ip', '-batch', '-', stdin='''\
link set lo up
addr add 198.51.100.1/24 dev eth0
addr add 2001:db8:1::1/64 dev eth0 nodad
addr add 2001:db8:2::1/64 dev eth0 nodad
addr add 2001:db8:3::1/64 dev eth0 nodad
addr add 203.0.113.1/24 dev eth1
addr add fd00:bad::1/64 dev eth1 nodad
addr add 172.30.0.1/24 dev eth2
link set eth0 up
link set eth1 up
link set eth2 up
''')
	run(nets['ok'], 'ip', '-batch', '-', stdin='''\
addr add 198.51.100.10/24 dev eth0
addr add 198.51.100.11/24 dev eth0
addr add 198.51.100.12/24 dev eth0
addr add 2001:db8:1::10/64 dev eth0 nodad
addr add 2001:db8:1::11/64 dev eth0 nodad
addr add 2001:db8:2::10/64 dev eth0 nodad
addr add 2001:db8:3::10/64 dev eth0 nodad
link set eth0 up
''')
	# no lo there: 127.0.0.1 is somebody else's, by way of srv
	run(nets['bad'], 'ip', '-batch', '-', stdin='''\
addr add 203.0.113.10/24 dev eth0
addr add fd00:bad::10/64 dev eth0 nodad
link set eth0 up
route add 127.0.0.1/32 via 203.0.113.1 dev eth0 src 203.0.113.10
''')
	run(nets['ctr'], 'ip', '-batch', '-', stdin='''\
addr add 172.30.0.2/24 dev eth0
link set eth0 up
route add default via 172.30.0.1
''')
	sysctl(srv, 'ipv4/ip_forward', '1')
	sysctl(srv, 'ipv4/conf/all/route_localnet', '1')
	sysctl(nets['bad'], 'ipv4/conf/all/route_localnet', '1')
	return nets


# --- probes

def family(host):
	return socket.AF_INET6 if ':' in host else socket.AF_INET


listeners = []


def listen(net, port):
	net.enter()
	s = socket.socket(socket.AF_INET6)
	s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
	s.bind(('::', port))	# the worst case: a daemon on all addresses
	s.listen(512)
	s.setblocking(False)
	listeners.append(s)


def drain():
	"""What nobody accepts fills the queue, and a full one is silent, too."""
	for s in listeners:
		try:
			while True:
				s.accept()[0].close()
		except BlockingIOError:
			pass


class Probe:
	"""A connection that is being made: who from where to where; verdict is open, refused or silent."""
	def __init__(self, net, host, port, source=None, uid=0):
		net.enter()
		os.seteuid(uid)	# a socket belongs to who makes it
		self.s = socket.socket(family(host))
		os.seteuid(0)
		self.s.setblocking(False)
		# closed by a reset: an address does not keep what it had
		self.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
		if source is not None:
			self.s.bind((source, 0))
		self.verdict = None
		self.take(self.s.connect_ex((host, port)))

	def take(self, err):
		if err == errno.EINPROGRESS:
			return
		self.verdict = {0: 'open', errno.ECONNREFUSED: 'refused'}.get(err, errno.errorcode.get(err, str(err)))

	def look(self):
		self.take(self.s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))


def settle(probes, silent):
	"""Wait until all but `silent` many have an answer, and then a little for those that must have none."""
	end = time.monotonic() + DEADLINE
	last = None
	while True:
		waiting = [p for p in probes if p.verdict is None]
		now = time.monotonic()
		if last is None and len(waiting) <= silent:
			last = now + SILENCE
		left = (end if last is None else min(last, end)) - now
		if left <= 0 or not waiting:
			break
		poll = select.poll()
		for p in waiting:
			poll.register(p.s, select.POLLOUT)
		ready = {fd for fd, _ in poll.poll(left * 1000 + 1)}
		for p in waiting:
			if p.s.fileno() in ready:
				p.look()
	return [p.verdict or 'silent' for p in probes]


def ask(nets, rows):
	"""rows: (net, host, port, wanted[, uid]).  All at once."""
	probes = [Probe(nets[r[0]], r[1], r[2], uid=r[4] if len(r) > 4 else 0) for r in rows]
	got = settle(probes, sum(r[3] == 'silent' for r in rows))
	for p in probes:
		p.s.close()
	wrong = ['%s to %s:%d%s is %s, not %s' % (r[0], r[1], r[2], ' as %d' % r[4] if len(r) > 4 else '', g, r[3])
	    for r, g in zip(rows, got) if g != r[3]]
	return '\n'.join(wrong)


# --- rules

def load(net, case):
	if KIND == 'nft':
		return run(net, 'nft', '-f', '%s/%s/table.nft' % (GOLDEN, case))
	return run(net, 'sh', '%s/%s/load.sh' % (GOLDEN, case), '%s/%s/rules.4' % (GOLDEN, case), '%s/%s/rules.6' % (GOLDEN, case))


def remove(net, case):
	if KIND == 'nft':
		return run(net, 'nft', '-f', '%s/%s/remove.nft' % (GOLDEN, case))
	return run(net, 'sh', '%s/%s/remove.sh' % (GOLDEN, case))


def shown(net):
	if KIND == 'nft':
		return run(net, 'nft', '-s', 'list', 'ruleset')
	return ''.join(run(net, cmd, '-t', table, '-S') for cmd in ('iptables', 'ip6tables') for table in ('raw', 'filter'))


def counters(net):
	return {c['counter']['name']: c['counter']['packets'] for c in json.loads(run(net, 'nft', '-j', 'list', 'counters'))['nftables']
	    if 'counter' in c}


def iptables_by_kind():
	"""The scripts say iptables; which of the two that is, the machine's alternatives decide.  Here we do."""
	os.mkdir(SCRATCH + '/bin')
	multi = '/usr/sbin/xtables-%s-multi' % KIND.split('-')[1]
	for name in ('iptables', 'ip6tables', 'iptables-restore', 'ip6tables-restore'):
		os.symlink(multi, '%s/bin/%s' % (SCRATCH, name))


MATRIX = [
	('ok', '198.51.100.1', 873, 'silent'), ('ok', '2001:db8:1::1', 873, 'silent'),
	('bad', '203.0.113.1', 873, 'silent'), ('bad', 'fd00:bad::1', 873, 'silent'),
	('ok', '198.51.100.1', 874, 'open'), ('ok', '2001:db8:1::1', 874, 'open'),
	('bad', '203.0.113.1', 874, 'silent'), ('bad', 'fd00:bad::1', 874, 'silent'),
	('bad', '127.0.0.1', 873, 'silent'), ('bad', '127.0.0.1', 874, 'silent'),	# route_localnet
	('srv', '127.0.0.1', 873, 'open'), ('srv', '::1', 873, 'open'), ('srv', '127.0.0.1', 873, 'open', 1), ('srv', '::1', 873, 'open', 1),
	('srv', '127.0.0.1', 873, 'refused', 65534), ('srv', '::1', 873, 'refused', 65534),
	('srv', '198.51.100.1', 873, 'refused', 65534), ('srv', '2001:db8:1::1', 873, 'refused', 65534),
	('srv', '127.0.0.1', 874, 'open', 65534), ('srv', '::1', 874, 'open', 65534),
]
WITHOUT = [row[:3] + ('open',) + row[4:] for row in MATRIX]


def with_verdict(rows, change):
	return [r[:3] + (change(r),) + r[4:] for r in rows]


def matrices(nets):
	srv = nets['srv']
	same(ask(nets, WITHOUT), '', 'without rules everything is open, so the probes can tell')
	empty = shown(srv)
	load(srv, 'listed')
	once = shown(srv)
	load(srv, 'listed')
	same(shown(srv), once, 'loaded twice is loaded once')
	same(ask(nets, MATRIX), '', '873 for this machine and the tunnel alone, 874 for the listed sources alone')
	if KIND == 'nft':
		n = counters(srv)
		check(n['plain_drop'] >= 4 and n['tls_unlisted'] >= 2 and n['martian_drop'] >= 2 and n['plain_user'] >= 4 and n['tls_new'] == 2,
		    'counters say which wall it was', n)
	load(srv, 'nobody')
	same(ask(nets, with_verdict(MATRIX, lambda r: 'silent' if r[0] != 'srv' else 'open')), '',
	    'the old list is gone with the next load, and an empty one admits nobody')
	load(srv, 'anyone')
	same(ask(nets, with_verdict(MATRIX, lambda r: 'open' if r[0] == 'srv' or (r[2] == 874 and r[1] != '127.0.0.1') else 'silent')), '',
	    'anyone is everybody at 874, and nobody at 873')
	remove(srv, 'listed')
	remove(srv, 'listed')
	if KIND == 'nft':
		same(shown(srv), empty, 'removed, also twice, leaves nothing')
	else:
		check('SALLYPORT' not in shown(srv), 'removed, also twice, leaves nothing', shown(srv))
	same(ask(nets, WITHOUT), '', 'and everything is open again')


def publish(nets):
	"""As docker -p does: addresses are rewritten before the input hook would see them."""
	srv = nets['srv']
	for port in ('873', '874'):
		if KIND == 'nft':
			run(srv, 'nft', 'add table ip published; add chain ip published pre { type nat hook prerouting priority dstnat; }; '
			    'add rule ip published pre iif != lo tcp dport %s dnat to 172.30.0.2' % port)
		else:
			run(srv, 'iptables', '-t', 'nat', '-A', 'PREROUTING', '!', '-i', 'lo', '-p', 'tcp', '--dport', port, '-j', 'DNAT',
			    '--to-destination', '172.30.0.2')


def published(nets):
	rows = [('ok', '198.51.100.1', 873, 'silent'), ('bad', '203.0.113.1', 873, 'silent'), ('ok', '198.51.100.1', 874, 'open'),
	    ('bad', '203.0.113.1', 874, 'silent')]
	publish(nets)
	run(nets['ok'], 'ip', 'route', 'replace', 'default', 'via', '198.51.100.1')
	run(nets['bad'], 'ip', 'route', 'replace', 'default', 'via', '203.0.113.1')
	same(ask(nets, [r[:3] + ('open',) for r in rows]), '', 'a published port is open without rules')
	load(nets['srv'], 'listed')
	same(ask(nets, rows), '', 'a container that publishes 873 is not reached, and its 874 by listed sources alone')
	if KIND == 'nft':
		run(nets['srv'], 'nft', 'delete table ip published')
	else:
		run(nets['srv'], 'iptables', '-t', 'nat', '-F')


def held(nets, host, sources):
	probes = [Probe(nets['ok'], host, 874, s) for s in sources]
	got = settle(probes, 0)
	return probes, (got.count('open'), got.count('refused'))


def limits(nets):
	load(nets['srv'], 'limits')
	probes, got = held(nets, '198.51.100.1', ['198.51.100.10'] * 6)
	same(got, (4, 2), 'an address holds four connections, the others are refused')
	others, got = held(nets, '198.51.100.1', ['198.51.100.11'])
	same(got, (1, 0), 'another address has its own')
	probes += others
	others, got = held(nets, '2001:db8:1::1', ['2001:db8:1::10', '2001:db8:1::11'] * 3)
	same(got, (4, 2), 'so do 64 bits of an IPv6 one, whatever follows them')
	probes += others
	others, got = held(nets, '2001:db8:2::1', ['2001:db8:2::10'])
	same(got, (1, 0), 'other 64 bits have their own')
	for p in probes + others:
		p.s.close()
	load(nets['srv'], 'rate')
	for host, source in (('198.51.100.1', '198.51.100.12'), ('2001:db8:3::1', '2001:db8:3::10')):
		begun = time.monotonic()
		got = []
		for _ in range(12):
			p = Probe(nets['ok'], host, 874, source)
			got += settle([p], 0 if len(got) < 8 else 1)
			p.s.close()
			if got.count('silent') == 2:	# each takes its time
				break
		more = int((time.monotonic() - begun) / 10) + 1	# one every ten seconds comes on top
		check(got[:8] == ['open'] * 8 and got.count('open') <= 8 + more and (more > 1 or 'silent' in got),
		    'eight new connections at once from %s, the next one by the clock' % source, got)


def loads_while_asked(nets):
	"""Four loads while listed and unlisted hosts connect: status, listed tries, of them refused and repeated, verdicts of strangers."""
	srv = nets['srv']
	srv.enter()
	loops = subprocess.Popen(['sh', '-ec', 'for n in 1 2 3 4; do nft -f "$1/table.nft"; done' if KIND == 'nft' else
	    'for n in 1 2 3 4; do iptables-restore --wait --noflush "$1/rules.4"; ip6tables-restore --wait --noflush "$1/rules.6"; done',
	    'sh', GOLDEN + '/listed'],
	    env={**os.environ, 'PATH': SCRATCH + '/bin:' + os.environ['PATH']})
	listed = refused = repeated = 0
	strangers = []
	while loops.poll() is None:
		if len(strangers) < 400:
			strangers += [Probe(nets['bad'], '203.0.113.1', 874), Probe(nets['bad'], 'fd00:bad::1', 873)]
		p = Probe(nets['ok'], '198.51.100.1', 874)
		verdict = settle([p], 0)[0]
		again, = struct.unpack_from('I', p.s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 100)	# tcpi_total_retrans
		refused += verdict != 'open'
		repeated += again != 0	# of a SYN that was dropped the kernel sends another
		listed += 1
		p.s.close()
		drain()
	loops.wait()
	got = settle(strangers, len(strangers))
	for p in strangers:
		p.s.close()
	return loops.returncode, listed, refused, repeated, got


def reload_window(nets):
	load(nets['srv'], 'listed')
	status, listed, refused, repeated, got = loads_while_asked(nets)
	# a machine that stands still for a second makes the kernel repeat, too; rules that are missing for a moment do so every time
	for _ in range(2):
		if repeated == 0 or refused != 0:
			break
		_, _, refused, repeated, more = loads_while_asked(nets)
		got += more
	check(status == 0 and listed > 0, 'four loads while others connect', (status, listed))
	same(got.count('silent'), len(got), 'no stranger got in meanwhile')
	same((refused, repeated), (0, 0), 'and nobody who is listed was kept out')


def main():
	if KIND != 'nft':
		iptables_by_kind()
	else:
		os.mkdir(SCRATCH + '/bin')
	nets = topology()
	for name in ('srv', 'ctr'):
		for port in (873, 874):
			listen(nets[name], port)
	matrices(nets)
	published(nets)
	limits(nets)
	reload_window(nets)
	print('done')


main()

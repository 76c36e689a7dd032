#!/usr/bin/env python3
"""Drawn deployments, and clients that come to them: `sallyport why` has to say what each of them gets.

draws.py SCRATCH BUILD SEED DRAWS, in network and mount namespaces of its own (t/deploy/945): this side is the machine, the namespace "far" has
the clients, with several addresses.  A line for each draw: "ok" or "not ok", who refused that client, and what it was."""
import concurrent.futures
import json
import os
import random
import re
import subprocess
import sys
import time

scratch, build, seed, draws = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
rng = random.Random(seed)
ADDRESSES = ['192.0.2.7', '192.0.2.99', '198.51.100.7', '2001:db8::7', '2001:db8:1::7']
NETS = ['192.0.2.0/28', '192.0.2.0/24', '192.0.2.99/32', '198.51.100.0/24', '198.51.100.0/25', '2001:db8::/64', '2001:db8:1::/64', '2001:db8:1::7/128',
        '203.0.113.0/24']
CERTS = ['none', 'alice', 'bob', 'expired', 'revoked', 'server-only', 'stranger']
RULES = ['cn:alice', 'cn:bob', 'cn:*', 'dns:alice.example', 'email:bob@example.org', 'cn:bob:deny', 'cn:alice:ro', '@staff', 'cn:nobody']
PATTERNS = ['*.key', '/sub/', 'c', '/a', 'b*']
PATHS = ['a', 'b.key', 'sub/', 'sub/c', 'sub/d.key']
OPTIONS = ['checksum', 'compress', 'links', 'hard-links', 'times']
REFUSED = ['checksum', 'compress', 'links', 'hard-links', 'time*', 'delete', 'c*']
PER_DEPLOYMENT, MODULES = 40, 8
SECRETS = {'alice': 'secret-of-alice', 'bob': 'secret-of-bob'}


def some(values, least, most):
    return rng.sample(values, rng.randint(least, min(most, len(values))))


def array(values):
    return '[ ' + ', '.join('"%s"' % v for v in values) + ' ]'


def draw_deployment(n):
    """The text of a deployment file, and what is added to each module of the daemon's by hand."""
    kind = rng.choice(['none', 'optional', 'required', 'required', 'pinned'])
    modules, added = [], {}
    for i in range(MODULES):
        name = 'm%d' % i
        lines = ['name = "%s"; path = "/srv/%s";' % (name, name)]
        if rng.random() < 0.4:
            lines.append('clients = %s;' % array(some(NETS, 1, 4)))
        if rng.random() < 0.3:
            lines.append('users = %s;' % array(some(list(SECRETS), 1, 2)))
        if rng.random() < 0.6:
            lines.append('exclude = %s;' % array(some(PATTERNS, 1, 2)))
        modules.append('{ %s }' % ' '.join(lines))
        more = []
        if rng.random() < 0.5:
            more.append('tls users = ' + ', '.join(some(RULES, 1, 3)))
            more.append('tls groups file = %s/groups' % scratch)
        if rng.random() < 0.3:
            more.append('require tls = yes')
        if rng.random() < 0.5:
            more.append('refuse options = ' + ' '.join(some(REFUSED, 1, 2)))
        added[name] = more
    pki = scratch + '/pki/'
    door = ['binary = "%s/sallyport-tunnel"; cert = "%sserver.crt"; key = "%sserver.key"; handshake_rate = 0;' % (build, pki, pki),
            'client_certs = "%s";' % kind]
    if kind != 'none':
        door.append('ca = "%s";' % (pki + ('pinned.crt' if kind == 'pinned' else 'ca.crt')))
    if kind in ('optional', 'required') and rng.random() < 0.6:
        door.append('crl = "%scrl.pem";' % pki)
    if rng.random() < 0.15:
        door.append('send_address = false;')
        modules = [re.sub(r'clients = \[[^]]*\];', '', m) for m in modules]
    clients = 'anyone = true;' if rng.random() < 0.3 else 'clients = %s;' % array(some(NETS, 2, 7))
    users = ', '.join('{ name = "%s"; secret = "%s"; }' % u for u in SECRETS.items())
    text = '\n'.join(['host = "localhost";', 'daemon = { binary = "%s/sallyport-syncd"; max_connections = 200; };' % build,
                      'modules = ( %s );' % ', '.join(modules), 'users = ( %s );' % users, 'door = { %s };' % ' '.join(door),
                      'firewall = { %s rate = 0; connections = 0; log = false; };' % clients, ''])
    return text, added


def draw_client():
    """Nothing out of the ordinary in most respects: then one of them decides."""
    odd = rng.random
    return {'from': rng.choice(ADDRESSES), 'module': 'none' if odd() < 0.03 else 'm%d' % rng.randrange(MODULES),
            'cert': rng.choice(CERTS) if odd() < 0.4 else rng.choice(['alice', 'bob']), 'user': rng.choice([None, 'alice', 'alice', 'bob']),
            'option': rng.choice(OPTIONS) if odd() < 0.4 else None, 'path': rng.choice(PATHS) if odd() < 0.4 else None}


def write(path, text, mode=0o644):
    with open(path, 'w') as f:
        f.write(text)
    os.chmod(path, mode)


def install(root, text, added):
    """Written by sallyport, and made fit for a machine without units."""
    conf = root + '.conf'
    write(conf, text, 0o600)
    subprocess.run([build + '/sallyport', 'generate', conf, '-o', root], check=True, stdout=subprocess.DEVNULL)
    etc = root + '/etc/sallyport/'
    syncd = open(etc + 'syncd.conf').read()
    for name, more in added.items():
        syncd = syncd.replace('[%s]\n' % name, '[%s]\n%s' % (name, ''.join(line + '\n' for line in more)))
    syncd = syncd.replace('/run/sallyport/', root + '/').replace('/etc/sallyport/syncd.secrets', etc + 'syncd.secrets')
    write(etc + 'syncd.conf', re.sub(r'(socket (?:group|peers)) = .*', r'\1 = root', syncd))
    tunnel = open(etc + 'tunnel.conf').read().replace('/run/sallyport/', root + '/')
    write(etc + 'tunnel.conf', re.sub(r'key = /run/.*', 'key = %s/pki/server.key' % scratch, tunnel))
    return conf


def started(argv, log, word):
    with open(log, 'w') as out:
        p = subprocess.Popen(argv, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    due = time.time() + 20
    while time.time() < due and p.poll() is None:
        if word in open(log).read():
            return p
        time.sleep(0.02)
    sys.exit('%s: never said %s: %s' % (argv[0], word, open(log).read()[-800:]))


def why(root, conf, c):
    """The exit status, and who refuses it."""
    argv = [build + '/sallyport', 'why', '--json', '--root', root, '--from', c['from'], '--module', c['module']]
    if c['cert'] != 'none':
        argv += ['--cert', '%s/pki/%s.crt' % (scratch, c['cert'])]
    for name in ('user', 'option', 'path'):
        if c[name] is not None:
            argv += ['--' + name, c[name]]
    p = subprocess.run(argv + [conf], capture_output=True, text=True)
    points = json.loads(p.stdout)['points'] if p.returncode in (0, 1) else []
    return p.returncode, {x['by'] for x in points if x['verdict'] in ('refuses', 'asks')}, p.stdout + p.stderr


def socat(kind, c, more=''):
    six = ':' in c['from']
    return '%s:%s:874,bind=%s,connect-timeout=1%s' % (kind, '[2001:db8::1]' if six else '192.0.2.1', '[%s]' % c['from'] if six else c['from'], more)


def far(*argv, **kw):
    return subprocess.run(['ip', 'netns', 'exec', 'far', 'timeout', '20'] + list(argv), capture_output=True, text=True, stdin=subprocess.DEVNULL, **kw)


def real(c, n):
    """Who refuses it first ("": nobody), and the words of that."""
    p = far('socat', '-u', 'OPEN:/dev/null', socat('TCP', c))
    if p.returncode != 0:
        return 'firewall', p.stderr
    tls = socat('OPENSSL-CONNECT', c, ',verify=0,no-sni=1' + ('' if c['cert'] == 'none' else ',cert=%s/pki/%s.pem' % (scratch, c['cert'])))
    env = dict(os.environ, RSYNC_CONNECT_PROG='socat -t1 - ' + tls, RSYNC_PASSWORD=SECRETS.get(c['user'], 'none'))
    option = [] if c['option'] is None else ['--' + c['option']]
    user = '' if c['user'] is None else c['user'] + '@'
    p = far('rsync', '-r', *option, 'rsync://%slocalhost/%s/%s' % (user, c['module'], c['path'] or ''), '%s/got/%d/' % (scratch, n), env=env)
    if p.returncode != 0 and 'did not see server greeting' in p.stderr:
        return 'door', p.stderr
    hidden = p.returncode == 23 and ('link_stat' in p.stderr or 'change_dir' in p.stderr)
    return '' if p.returncode == 0 else 'filter' if hidden else 'daemon', p.stderr


def compare(root, conf, c, n):
    """The first who refuses is the same, and whether anybody does."""
    status, refuses, text = why(root, conf, c)
    first = next((by for by in ('firewall', 'door', 'daemon', 'filter') if by in refuses), '')
    got, words = real(c, n)
    good = status in (0, 1) and first == got and (status == 0) == (got == '')
    return good, got or 'nobody', '%s: why %d, %s' % (' '.join('%s=%s' % kv for kv in c.items()), status, sorted(refuses)), text + words


def main():
    write(scratch + '/groups', 'staff: cn:bob, dns:alice.example\n')
    os.makedirs(scratch + '/got', exist_ok=True)
    for i in range(MODULES):
        os.makedirs('/srv/m%d/sub' % i, exist_ok=True)
        for name in ('a', 'b.key', 'sub/c', 'sub/d.key'):
            write('/srv/m%d/%s' % (i, name), 'x\n')
    for address in ADDRESSES:		# an address of IPv6 is not there at once
        due = time.time() + 20
        while 'refused' not in far('socat', '-u', 'OPEN:/dev/null', socat('TCP', {'from': address})).stderr and time.time() < due:
            time.sleep(0.1)
    n = 0
    while n < draws:
        root = '%s/d%d' % (scratch, n)
        text, added = draw_deployment(n)
        conf = install(root, text, added)
        subprocess.run(['nft', '-f', root + '/etc/sallyport/firewall.nft'], check=True)
        daemon = started([build + '/sallyport-syncd', '--daemon', '--no-detach', '--config', root + '/etc/sallyport/syncd.conf', '--log-file',
                          root + '/log'], root + '/said', '') or None
        tunnel = started([build + '/sallyport-tunnel', root + '/etc/sallyport/tunnel.conf'], root + '/tunnel.log', 'Configuration successful')
        due = time.time() + 20
        while time.time() < due and not os.path.exists(root + '/syncd.sock'):
            time.sleep(0.02)
        clients = [draw_client() for _ in range(min(PER_DEPLOYMENT, draws - n))]
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            results = list(pool.map(lambda kv: compare(root, conf, kv[1], n + kv[0]), enumerate(clients)))
        for good, refuser, name, words in results:
            print('%s %s %s' % ('ok' if good else 'not ok', refuser, name))
            if not good:
                print(''.join('# %s\n' % line for line in (text + words).splitlines()), end='')
        sys.stdout.flush()
        for p in (tunnel, daemon):
            p.terminate()
            p.wait()
        n += len(clients)


main()

# Gives what `sallyport generate` writes to the programs that read it.
#   readers.py BIN SCRATCH trees CONF...     these deployment files
#   readers.py BIN SCRATCH draw N SEED       N deployments, drawn
# BIN has our programs, SCRATCH/pki the certificates that t/lib/lib.sh makes.  Prints what a program complained of, and how often
# each was asked; ends with 1 when one complained.
import collections, json, os, random, re, shutil, subprocess, sys
from concurrent.futures import ThreadPoolExecutor
try:
    import yaml
except ImportError:
    yaml = None

BIN, SCRATCH, MODE = sys.argv[1:4]
asked = collections.Counter()


def run(*argv):
    p = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return p.returncode, p.stdout.decode(errors='replace')


def here(path, tree):
    """What is written names places of the machine; have them in SCRATCH instead."""
    text = open(path).read()
    # keys that units lend
    text = re.sub('/run/credentials/[^/ ]*/', '/etc/sallyport/tls/', text.replace('/run/credentials/haproxy.service/backends.pem', '/etc/sallyport/tls/front-client.pem'))
    text = text.replace('/run/lent/', '/etc/sallyport/tls/').replace('tls/tls.crt', 'tls/server.crt').replace('tls/ca.crt', 'tls/clients.crt').replace('tls/ca.crl', 'tls/clients.crl')
    text = text.replace('tls/tls.key', 'tls/server.key').replace('tls/tls.pem', 'tls/front.pem').replace('tls/syncd.secrets', 'syncd.secrets')
    for a, b in (('/etc/sallyport/tls', 'pki'), ('/etc/sallyport/clients', 'pki'), ('/etc/ssl/certs/ca-certificates.crt', 'pki/ca.crt'),
                 ('/run/sallyport', 'run'), ('/run/user/1000', 'run'), ('/var/log/sallyport', 'log'), ('/srv/', 'srv/'),
                 ('/etc/sallyport', os.path.relpath(tree, SCRATCH) + '/etc/sallyport')):
        text = re.sub(r'(?m)((?:^|[ @=:]))' + re.escape(a), lambda m: m.group(1) + os.path.join(SCRATCH, b), text)
    # users and groups that packages make
    text = re.sub(r'(?m)^(socket peers) = .*', r'\1 = nobody', re.sub(r'(?m)^(socket group) = .*', r'\1 = nogroup', text))
    with open(path + '.here', 'w') as f:
        f.write(text)
    return path + '.here', text


def rsyncd(path, tree):
    path, text = here(path, tree)
    for d in re.findall(r'(?m)^path = (.*)$', text):
        os.makedirs(d, exist_ok=True)
        os.chmod(d, 0o777)
    for d in re.findall(r'(?m)^motd file = (.*)$', text):
        open(d, 'w').close()
    for d in re.findall(r'(?m)^ledger key = (.*)$', text):
        run('openssl', 'genpkey', '-algorithm', 'ed25519', '-out', d)
        os.chmod(d, 0o600)
    status, out = run(BIN + '/sallyport-syncd', '--check-config', '--config=' + path)
    return out if status != 0 else ''


def tunnel(path, tree):
    status, out = run(BIN + '/sallyport-tunnel', '--check-config', here(path, tree)[0])
    return out if status != 0 or '[!]' in out or re.search('(?m)^.*LOG[0-4]', out) else ''


def haproxy(path, tree):
    status, out = run('haproxy', '-c', '-f', here(path, tree)[0])
    return out if status != 0 or 'WARNING' in out or 'ALERT' in out else ''


def ssh(path, tree):
    text = open(path).read()
    name = re.search('(?m)^Host (.*)$', text).group(1)
    status, out = run('ssh', '-G', '-F', path, name)
    want = re.search('(?m)^ +HostName (.*)$', text).group(1).lower()
    return out if status != 0 or 'hostname ' + want + '\n' not in out or 'localforward ' not in out else ''


def keys(path, tree):
    status, out = run('ssh-keygen', '-l', '-f', path)
    n = sum('permitopen=' in l for l in open(path))
    return out if status != 0 or len(out.splitlines()) != n else ''


def secrets(path, tree):
    bad = [l for l in open(path).read().splitlines() if not re.match(r'[A-Za-z0-9._-]+:.{12,}$', l)]
    return 'secrets' if bad or os.stat(path).st_mode & 0o777 != 0o600 else ''


def groups(path, tree):
    """Its form; what the daemon makes of it, it says with its own file."""
    bad = [l for l in open(path).read().splitlines() if not re.match(r'#|[A-Za-z0-9._-]+: [a-z]+:[^ ,]+(, [a-z]+:[^ ,]+)*$', l)]
    return 'groups: %s' % bad if bad else ''


def hosts(path, tree):
    return '' if re.search(r'(?m)^[0-9a-f.:]+ [A-Za-z.-]+$', open(path).read()) else 'hosts'


def known(text):
    """Users that packages make are not here, and rules name users who are: any number will do."""
    return re.sub(r'"(?:sallyport-tunnel|sallyport-ssh|haproxy)"', '65534', re.sub(r'(--uid-owner) [a-z][a-z-]*', r'\1 65534', text))


def prepared(path):
    with open(path + '.here', 'w') as f:
        f.write(known(open(path).read()))
    return path + '.here'


# Readers that are dear to start get what all deployments have for them at once; when one complains, each by itself.
AT_ONCE = 20        # more tables are too long a message for the kernel


def all_at_once(paths, join, *argv):
    if len(paths) > AT_ONCE:
        return all_at_once(paths[:AT_ONCE], join, *argv) + all_at_once(paths[AT_ONCE:], join, *argv)
    if not paths:
        return ''
    here = [prepared(p) for p in paths]
    with open(SCRATCH + '/together', 'w') as f:
        f.writelines(join(h) for h in here)
    said = run(*argv, SCRATCH + '/together')[1]
    return ''.join('%s: %s' % (p, run(*argv, h)[1]) for p, h in zip(paths, here) if run(*argv, h)[1]) or said if said else ''


def nft_all(paths):
    return all_at_once(paths, lambda h: 'include "%s"\n' % h, 'unshare', '-rn', 'nft', '-c', '-f')


def rules_all(paths):
    return ''.join(all_at_once([p for p in paths if p.endswith(v)], lambda h: open(h).read(), 'unshare', '-rn', program, '--test', '--noflush')
                   for v, program in (('4', 'iptables-restore'), ('6', 'ip6tables-restore')))


def script(path, tree):
    return run('sh', '-n', path)[1] + ('' if os.stat(path).st_mode & 0o777 == 0o755 else 'mode')


def sysusers(path, tree):
    root = os.path.join(tree, 'root')
    os.makedirs(root + '/etc', exist_ok=True)
    for f in ('passwd', 'group', 'shadow', 'gshadow'):
        open(root + '/etc/' + f, 'w').close()
    status, out = run('systemd-sysusers', '--root=' + root, path)
    users = re.findall('(?m)^u ([^ ]*)', open(path).read())
    made = open(root + '/etc/passwd').read()
    shutil.rmtree(root)
    return out if status != 0 or not all('\n%s:' % u in '\n' + made for u in users) else ''


def tmpfiles(path, tree):
    bad = [l for l in open(path) if not re.match(r'(#.*|[dfz] /\S+ 0[0-7]{3} \S+ \S+ -)$', l)]
    return ''.join(bad)


def image(path, tree):
    """No reader without a network: its lines, and that each thing it copies is named where the units of packages have it."""
    words = {l.split(' ', 1)[0] for l in re.sub(r'\\\n', '', open(path).read()).splitlines() if not l.startswith('#')}
    return '' if words == {'ARG', 'FROM', 'RUN', 'COPY', 'USER'} else 'Containerfile: ' + ' '.join(words)


def only(what, known, got):
    """Keys that nothing reads would be walls that are not there."""
    return ['%s: unknown %s' % (what, k) for k in got if k not in known.split()]


def compose(path, tree):
    doc = yaml.safe_load(open(path))
    bad = only('compose', 'services volumes networks', doc)
    for name, s in doc['services'].items():
        bad += only(name, 'image command restart user group_add read_only security_opt cap_drop cap_add network_mode depends_on networks ports tmpfs volumes', s)
        if not (s['read_only'] is True and s['cap_drop'] == ['ALL'] and s['security_opt'] == ['no-new-privileges:true']):
            bad.append(name + ': walls are missing')
    if doc['services']['syncd'].get('network_mode') != 'none' or 'ports' in doc['services']['syncd'] or 'cap_add' in doc['services']['tunnel']:
        bad.append('the daemon has a network, or the door a capability')
    if not bad and MODE == 'trees' and shutil.which('docker-compose'):
        asked['docker-compose'] += 1
        status, out = run('docker-compose', '-f', path, 'config', '-q')
        bad += [out] if status else []
    return '\n'.join(bad)


QUADLET = {'pod': ('Pod', 'PodName Network PublishPort'), 'network': ('Network', 'NetworkName DisableDNS IPv6'), 'volume': ('Volume', 'VolumeName Type Device Options'),
           'container': ('Container', 'ContainerName Pod Image Exec User Group PodmanArgs ReadOnly ReadOnlyTmpfs NoNewPrivileges DropCapability AddCapability Secret Tmpfs Volume')}


def quadlet(path, tree):
    """Debian's podman has no generator for them: the keys that podman-systemd.unit(5) lists for each section."""
    section, bad, seen, kind = '', [], set(), path.rsplit('.', 1)[1]
    own = {QUADLET[kind][0]: QUADLET[kind][1], 'Service': 'ExecStartPre Restart', 'Install': 'WantedBy'}
    for l in open(path).read().splitlines():
        if l.startswith('['):
            section = l[1:-1]
        elif l and l[0] != '#':
            key, value = l.split('=', 1)
            seen.add(key + '=' + value)
            bad += only(section, own.get(section, ''), [key])
            at = re.match(r'(sallyport\S*\.(?:volume|pod|network))', value)
            if at and not os.path.exists(os.path.join(os.path.dirname(path), at.group(1))):
                bad.append('no ' + at.group(1))
    if kind == 'container' and not {'ReadOnly=true', 'NoNewPrivileges=true', 'DropCapability=all'} <= seen:
        bad.append('walls are missing')
    return '\n'.join(bad)


# the fields that the API's reference has for what is written, and no others
FIELDS = {
    'ConfigMap': 'apiVersion kind metadata data', 'Deployment': 'apiVersion kind metadata spec', 'Service': 'apiVersion kind metadata spec', 'NetworkPolicy': 'apiVersion kind metadata spec',
    'metadata': 'name labels', 'Deployment.spec': 'replicas strategy selector template', 'pod': 'automountServiceAccountToken enableServiceLinks terminationGracePeriodSeconds securityContext containers volumes',
    'container': 'name image command securityContext resources volumeMounts ports readinessProbe livenessProbe', 'walls': 'runAsUser runAsGroup runAsNonRoot allowPrivilegeEscalation readOnlyRootFilesystem capabilities',
    'mount': 'name mountPath subPath readOnly', 'volume': 'name emptyDir configMap secret projected persistentVolumeClaim', 'Service.spec': 'type externalTrafficPolicy selector ports loadBalancerSourceRanges',
    'NetworkPolicy.spec': 'podSelector policyTypes egress ingress'}


def cluster(path, tree):
    """Structure, what refers to what, and the level of Pod Security that its own heading names."""
    text = open(path).read()
    docs = {d['kind']: d for d in yaml.safe_load_all(text)}
    objects.extend(docs.values())
    bad = [] if sorted(docs) == ['ConfigMap', 'Deployment', 'NetworkPolicy', 'Service'] else ['kinds: %s' % sorted(docs)]
    for kind, d in docs.items():
        bad += only(kind, FIELDS[kind], d) + only('metadata', FIELDS['metadata'], d['metadata']) + only(kind, FIELDS.get(kind + '.spec', ''), d.get('spec', {}))
    spec, labels = docs['Deployment']['spec'], docs['Deployment']['spec']['template']['metadata']['labels']
    if not labels == spec['selector']['matchLabels'] == docs['Service']['spec']['selector'] == docs['NetworkPolicy']['spec']['podSelector']['matchLabels']:
        bad.append('selectors')
    pod = spec['template']['spec']
    bad += only('pod', FIELDS['pod'], pod) + [e for v in pod['volumes'] for e in only('volume', FIELDS['volume'], v)]
    level = re.search('level "(.*)"', text).group(1)
    volumes = {v['name'] for v in pod['volumes']}
    for c in pod['containers']:
        w = c['securityContext']
        added = set(w['capabilities'].get('add', []))
        bad += only(c['name'], FIELDS['container'], c) + only('walls', FIELDS['walls'], w) + [e for m in c['volumeMounts'] for e in only('mount', FIELDS['mount'], m)]
        bad += ['no volume ' + m['name'] for m in c['volumeMounts'] if m['name'] not in volumes]
        if w['allowPrivilegeEscalation'] or not w['readOnlyRootFilesystem'] or w['capabilities']['drop'] != ['ALL'] or pod['securityContext']['seccompProfile']['type'] != 'RuntimeDefault':
            bad.append(c['name'] + ': walls are missing')
        if level == 'restricted' and (added or not w['runAsNonRoot'] or w['runAsUser'] == 0):
            bad.append(c['name'] + ': not restricted')
        if level == 'baseline' and not added <= set('AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split()):
            bad.append(c['name'] + ': not baseline')
    if docs['NetworkPolicy']['spec']['egress'] != [] or [p['port'] for p in docs['NetworkPolicy']['spec']['ingress'][0]['ports']] != [8740]:
        bad.append('policy')
    for file, reader in (('syncd.groups', groups), ('syncd.conf', rsyncd), ('tunnel.conf', tunnel)):
        if file not in docs['ConfigMap']['data'] and reader is groups:
            continue
        own = os.path.join(tree, 'etc/sallyport', file)
        os.makedirs(os.path.dirname(own), exist_ok=True)
        with open(own, 'w') as f:
            f.write(docs['ConfigMap']['data'][file])
        bad += [b for b in [reader(own, tree)] if b]
    return '\n'.join(bad)


UNIT = re.compile(r'(?<![\w/.@-])((?:sallyport-[a-z-]+|stunnel@sallyport|rsync|haproxy|nftables)\.(?:service|socket))')


def units_all(trees):
    """All units of all deployments, under names of their own, drop-ins with what they are dropped into.  The verifier ends with 0
    whatever it finds."""
    mine, names, users = SCRATCH + '/units.all', [], []
    shutil.rmtree(mine, ignore_errors=True)
    os.makedirs(mine)
    for n, tree in enumerate(trees):
        at = os.path.join(tree, 'etc/systemd/system')

        def text_of(path):
            text = open(path).read()
            for program, built in (('/usr/sbin/sallyport-syncd', os.path.abspath(BIN + '/sallyport-syncd')), ('/usr/bin/sallyport-tunnel', os.path.abspath(BIN + '/sallyport-tunnel')), ('/usr/bin/sallyport ', os.path.abspath(BIN + '/sallyport') + ' '),
                                   ('/etc/sallyport/pod.sh', tree + '/etc/sallyport/pod.sh')):
                text = text.replace(program, built)
            return UNIT.sub(lambda m: renamed(m.group(1)), text)

        def renamed(unit):
            return unit.replace('@', '@m%d-' % n) if '@' in unit and '@.' not in unit else 'm%d-%s' % (n, unit)

        for d, _, fs in os.walk(at):
            for f in fs:
                own = os.path.relpath(d, at)
                to = os.path.join(mine, renamed(f if own == '.' else own[:-2]) + ('' if own == '.' else '.d/' + f))
                os.makedirs(os.path.dirname(to), exist_ok=True)
                with open(to, 'w') as out:
                    out.write(text_of(os.path.join(d, f)))
                if own == '.':
                    names.append(renamed(f))
                elif os.path.exists('/lib/systemd/system/' + re.sub('@.*[.]', '@.', own[:-2])):
                    if '@' not in own:
                        shutil.copy('/lib/systemd/system/' + own[:-2], os.path.join(mine, renamed(own[:-2])))
                    names.append(renamed(own[:-2]))
        user = os.path.join(tree, 'client/sallyport-ssh.service')
        if os.path.exists(user):
            users.append(os.path.join(mine, 'u%d.service' % n))
            shutil.copy(user, users[-1])
    said = run('env', 'SYSTEMD_UNIT_PATH=' + mine + ':', 'systemd-analyze', '--man=no', 'verify', *sorted(names))[1] if names else ''
    if users:
        said += run('env', 'SYSTEMD_UNIT_PATH=' + mine + ':', 'XDG_RUNTIME_DIR=' + SCRATCH, 'systemd-analyze', '--man=no', '--user', 'verify', *users)[1]
    return said


TOGETHER = {'firewall.nft': nft_all, 'firewall-remove.nft': nft_all, 'firewall.rules4': rules_all, 'firewall.rules6': rules_all}
READERS = {'Containerfile': image, 'pod.sh': script, 'compose.yaml': compose, 'etc/containers/systemd': quadlet, 'sallyport.yaml': cluster, 'firewall.sh': script, 'firewall-remove.sh': script,
           'etc/sysusers.d': sysusers, 'etc/tmpfiles.d': tmpfiles, 'syncd.conf': rsyncd, 'rsyncd.conf': rsyncd, 'tunnel.conf': tunnel, 'sallyport.conf': tunnel, 'stunnel.conf': tunnel,
           'haproxy.cfg': haproxy, 'ssh_config': ssh, 'authorized_keys': keys, 'syncd.secrets': secrets, 'syncd.groups': groups, 'hosts': hosts}
NEEDS = {nft_all: 'nft', rules_all: 'ip6tables-restore', sysusers: 'systemd-sysusers', haproxy: 'haproxy', ssh: 'ssh', keys: 'ssh-keygen'}


def contents(tree):
    return {os.path.relpath(os.path.join(d, f), tree): open(os.path.join(d, f), 'rb').read() for d, _, fs in os.walk(tree) for f in fs}


def one(name, conf):
    """All complaints about one deployment file."""
    tree = os.path.join(SCRATCH, 'trees', name)
    for again in range(2 if MODE == 'trees' or name.endswith('0') else 1):
        status, out = run(BIN + '/sallyport', 'generate', conf, '-o', tree)
        if status != 0:
            return '%s: %s' % (conf, out)
        if again and last != contents(tree):
            return conf + ': a second run wrote something else'
        last = contents(tree)
    for path in sorted(last):
        if path.startswith('etc/systemd/system/') or path == 'client/sallyport-ssh.service':
            continue        # together, below
        if os.path.basename(path) in TOGETHER:
            together[TOGETHER[os.path.basename(path)]].append(os.path.join(tree, path))
            continue
        reader = READERS.get(os.path.dirname(path)) or READERS.get(os.path.basename(path))
        if reader is None:
            return '%s: %s: no reader is known for it here' % (conf, path)
        if not shutil.which(NEEDS.get(reader, 'sh')) or (reader in (compose, cluster) and not yaml):
            continue
        if MODE == 'draw' and name[-1] not in SELDOM.get((path.split('/')[0], reader), name[-1]):
            continue
        asked[reader.__name__] += 1
        said = reader(os.path.join(tree, path), tree)
        if said:
            return '%s: %s: %s' % (conf, path, said)
    trees.append(tree)
    return ''


def ask_together():
    """What one() has left for later."""
    bad = []
    for reader, paths in together.items():
        if shutil.which(NEEDS[reader]):
            asked[reader.__name__[:-4]] += len(paths)
            bad += [reader(sorted(paths))]
    if shutil.which('systemd-analyze'):
        asked['units'] += len(trees)
        bad += [units_all(sorted(trees))]
    return [b for b in bad + [schemas()] if b]


def schemas():
    """All objects of Kubernetes against the API's own schemas, where node has them."""
    if not objects or not shutil.which('node'):
        return ''
    with open(SCRATCH + '/objects.json', 'w') as f:
        json.dump(objects, f)
    status, out = run('node', os.path.join(os.path.dirname(__file__), 'kubernetes.js'), SCRATCH + '/objects.json')
    if status != 77:
        asked['schemas'] += len(objects)
    return out if status not in (0, 77) else ''


# Readers that are dear, and of whose files little is drawn: which numbers of deployments they get, by the last digit.
SELDOM = {('client', tunnel): '05', ('etc', tunnel): '048', ('etc', haproxy): '02468', ('etc', script): '05', ('etc', sysusers): '05', ('etc', keys): '05'}
together, trees, objects = collections.defaultdict(list), [], []


# --- deployments drawn --------------------------------------------------------------------

def q(text):
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


def array(texts):
    return '[ ' + ', '.join(q(t) for t in texts) + ' ]'


def draw(r):
    def some(k, *v):
        return r.sample(v, r.randint(1, min(k, len(v))))

    def maybe(key, value):
        return '    %s = %s;\n' % (key, value) if r.random() < .5 else ''
    pods = r.choice(['none'] * 5 + ['podman', 'quadlet', 'compose', 'kubernetes'])
    door = 'tunnel' if pods != 'none' else r.choice(['tunnel', 'tunnel', 'stunnel', 'haproxy', 'haproxy', 'ssh'])
    remote = door == 'haproxy' and r.random() < .4
    stock = r.random() < .3 and pods == 'none' and not remote
    privileged = r.random() < .8
    tcp = ['127.0.0.1:%d' % r.choice([873, 8730])]
    listen = ['/run/sallyport/syncd.sock'] if pods != 'none' else tcp if stock or door == 'ssh' else r.choice([['/run/sallyport/syncd.sock'], tcp, ['/run/sallyport/a+b@c.sock'] + tcp])
    if not stock and '127' in listen[-1] and r.random() < .5:
        listen.append('[::1]' + listen[-1][9:])
    certs = 'none' if door == 'ssh' else r.choice(['none', 'optional', 'required'] + (['pinned'] if door != 'haproxy' else []))
    sends = door != 'ssh' and r.random() < .7
    identities = door == 'tunnel' and sends and not stock and certs != 'none' and listen[0][0] == '/'
    nets = some(3, '192.0.2.0/24', '2001:db8::/32', '10.0.0.0/8', '198.51.100.7/32', '2001:db8:1::1/128')
    users = ['u%d' % i for i in range(0 if remote else r.randint(0, 3))]
    out = 'host = %s;\nname = %s;\n' % (q(r.choice(['files.example.org', '192.0.2.1', '2001:db8::1', 'A-b.example'])), q(r.choice(['x', 'a-b-9'])))
    out += 'daemon = {\n    program = %s;\n    listen = %s;\n    privileged = %s;\n' % (
        q('rsync' if stock else 'sallyport'), array(listen), str(privileged).lower())
    out += maybe('reverse_lookup', 'true') if pods == 'none' else ''
    out += maybe('ledger', 'true') if pods == 'none' and not stock and not remote else ''
    out += maybe('timeout', r.randint(10, 700)) + maybe('max_connections', r.randint(1, 1000)) + maybe('max_memory', '0x%x' % r.randint(64, 9999))
    out += (maybe('log', q('/var/log/sallyport/d.log')) if pods == 'none' else '') + '};\nmodules = (\n'
    several = pods == 'kubernetes' and r.random() < .3
    shared = several and r.random() < .5
    modules = []
    for i in range(0 if remote else r.randint(1, 4)):
        access = 'read' if several and not shared else r.choice(['read', 'upload', 'write'])
        own = r.choice(['drop', 'fake'] + (['keep'] if privileged else []))
        m = '    name = %s;\n    path = %s;\n    owners = %s;\n' % (q('m.%d' % i), q(r.choice(['/srv/m%d', '/srv/a b %d', '/srv/#;"\\%d', '/srv/é%d', '/srv/$(id)`id`%d', "/srv/'q' %%n%d", '/srv/- [ { } ]%d', '/srv/%%%%%d'] if pods == 'none' else ['/srv/m%d', '/mnt/x+@%d']) % i), q(own))
        if access == 'write' and not users and certs not in ('required', 'pinned') and door != 'ssh':
            access = 'read'
        m += '    access = %s;\n' % q(access)
        m += '    claim = "claim-%d";\n' % i if pods == 'kubernetes' else ''
        if users and (access == 'write' or r.random() < .4):
            m += '    users = %s;\n' % array(some(3, *users))
        if privileged and own != 'keep':
            m += maybe('user', q('backup')) + maybe('group', q('backup'))
        if sends:
            m += maybe('clients', array(nets + (['@g'] if identities and r.random() < .5 else [])))
        m += maybe('comment', q(r.choice(['# no comment', '; nor this', 'say "x" = y', '50 %', 'ünï', 'a\\b', '$(id) `id` $X', '%n %% %', "'it' <x> & |", '- [ { : } ] *', '😀 „q“', '---', '[global]']))) + maybe('list', 'false') + maybe('log_transfers', 'true')
        m += maybe(r.choice(['early_exec', 'pre_xfer_exec', 'post_xfer_exec']), q('/bin/sh -c "exit $X; # \\\\ %"')) if pods == 'none' else ''
        m += maybe('max_connections', r.randint(0, 1000)) + maybe('exclude', array(some(3, '*.o', '/lost+found/', 'x?y', '[a-z]', '#x', '$X', '%x', '"', '`id`', "'", ';y', '!z', '- '.strip() + 'w', 'ü')))
        modules.append('{\n%s}' % m)
    out += ',\n'.join(modules) + '\n);\n'
    out += 'groups = ( { name = "g"; members = [ "cn:a", "%s" ]; } );\n' % ('cn:b*' if certs == 'pinned' else 'dns:*.example.org') if identities else ''
    out += 'users = ( %s );\n' % ', '.join('{ name = %s; %s}' % (q(u), maybe('secret', q('s3cr=t:#; 9"\\x%d' % r.randint(100, 999))).strip()) for u in users)
    out += 'door = {\n    kind = %s;\n' % q(door)
    if door != 'ssh':
        out += '    send_address = %s;\n    client_certs = %s;\n' % (str(sends).lower(), q(certs))
        out += '    cert = %s;\n' % q('/etc/sallyport/tls/' + ('front.pem' if door == 'haproxy' else 'server.crt'))
        out += '    key = "/etc/sallyport/tls/server.key";\n' if door != 'haproxy' else ''
        out += '    ca = "/etc/sallyport/tls/clients.crt";\n' if certs != 'none' else ''
        out += maybe('authority', '"own"') if door in ('tunnel', 'stunnel') and certs != 'pinned' and pods != 'kubernetes' else ''
        out += maybe('crl', '"/etc/sallyport/tls/clients.crl"') if certs in ('optional', 'required') else ''
        out += maybe('addresses', array(r.choice([['0.0.0.0:874'], ['[::]:874', '0.0.0.0:874'], ['192.0.2.1:8740'], ['192.0.2.1:443', '[2001:db8::1]:443']])))
        out += maybe('tls', q(r.choice(['1.2', '1.3']))) + maybe('idle', r.randint(701, 99999)) + maybe('max_connections', r.randint(1, 9999))
        out += maybe('handshake_rate', r.randint(0, 99)) + (maybe('log', q('/var/log/sallyport/t.log')) if door != 'haproxy' and pods == 'none' else '')
    out += '};\nfirewall = {\n    kind = %s;\n    %s;\n' % (q(r.choice(['nftables', 'iptables', 'none'])),
                                                         r.choice(['anyone = true', 'clients = ' + array(nets)]))
    out += maybe('rate', r.randint(0, 999)) + maybe('connections', r.randint(0, 99)) + maybe('log', 'false') + '};\n'
    if remote:
        out += 'haproxy = { balance = %s; ca = "/etc/sallyport/tls/backends.crt"; cert = "/etc/sallyport/tls/front-client.pem"; };\nbackends = (\n' % q(
            r.choice(['source', 'leastconn', 'roundrobin']))
        out += ',\n'.join('{ name = "b%d"; %s }' % (i, r.choice(['address = "10.0.0.%d:874"; host = "b%d.example";', 'address = "[2001:db8::%d]:874"; host = "b%d.example";',
                                                                   'address = "127.0.0.1:87%d0"; tls = false; # %d\n']) % (i + 1, i)) for i in range(r.randint(1, 5))) + '\n);\n'
    if pods != 'none':
        out += 'containers = { kind = %s; %s};\n' % (q(pods), 'replicas = %d; shared = %s; ' % (r.randint(2, 9), str(shared).lower()) if several else maybe('image', '"a.b/c:1"').strip())
    if door == 'ssh':
        out += 'ssh = {\n    public_keys = %s;\n%s};\n' % (array([open(SCRATCH + '/pki/id.pub').read().strip()]), maybe('port', r.randint(1, 65535)))
    client = maybe('listen', q(r.choice(['127.0.0.1:1873', '/run/sallyport/c+d@e.sock']))) + maybe('address', q('192.0.2.1'))
    if certs in ('required', 'pinned') or (certs == 'optional' and r.random() < .5):
        client += '    cert = "/etc/sallyport/tls/client.crt";\n    key = "/etc/sallyport/tls/client.key";\n'
    return out + 'client = {\n%s};\n' % client


def main():
    for d in ('run', 'log', 'srv', 'drawn', 'trees'):
        os.makedirs(os.path.join(SCRATCH, d), exist_ok=True)
    os.chmod(SCRATCH + '/run', 0o777)
    os.chmod(SCRATCH + '/log', 0o777)
    if MODE == 'trees':
        confs = sys.argv[4:]
    else:
        r, confs = random.Random(int(sys.argv[5])), []
        for i in range(int(sys.argv[4])):
            confs.append('%s/drawn/%d.conf' % (SCRATCH, i))
            with open(confs[-1], 'w') as f:
                f.write(draw(r))
            os.chmod(confs[-1], 0o600)
    with ThreadPoolExecutor(2) as pool:
        bad = [b for b in pool.map(lambda c: one(os.path.basename(c)[:-5], c), confs) if b]
    bad += ask_together()
    print('\n'.join(bad + ['asked: ' + ', '.join('%s %d' % a for a in sorted(asked.items()))]))
    return 1 if bad else 0


sys.exit(main())

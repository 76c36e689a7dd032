#!/bin/sh
# contrib/: the alerts do what they say, and neither they nor the dashboard ask for a number that our programs do not tell.
. "${top_srcdir:-.}/t/lib/lib.sh"
for _p in promtool python3; do command -v $_p > /dev/null || skip_all "no $_p"; done
[ -f "$top_builddir/lib/libhttp.a" ] || skip_all 'built without libmicrohttpd'
. "$top_srcdir/t/lib/tunnel.sh"
plan 5
cd "$top_srcdir/contrib/prometheus" || exit 99
ok 'the alerts are rules' promtool check rules sallyport.rules.yml
ok 'and fire when they should, and not when they should not' promtool test rules sallyport.test.yml
cd - > /dev/null || exit 99
numbers=$(freeport)
start_syncd <<-EOF
	metrics = 127.0.0.1:$numbers
	[m]
	path = $scratch
EOF
theirs=$(freeport)
{ printf 'metrics = 127.0.0.1:%s\n' "$theirs"; server; } > "$scratch/in.conf"
start_tunnel < "$scratch/in.conf"
"$await" port "$numbers"; "$await" port "$theirs"
cat > "$scratch/ask.py" <<-'EOF'
	import json, re, sys, urllib.request
	top, out, *ports = sys.argv[1:]
	told = set()
	for p in ports:
	    for line in urllib.request.urlopen('http://127.0.0.1:%s/metrics' % p).read().decode().splitlines():
	        if not line.startswith('#'):
	            told.add(re.match('[a-z_]+', line).group())
	board = json.load(open(top + '/contrib/grafana/sallyport.json'))
	asked = [t['expr'] for p in board['panels'] for t in p['targets']]
	queries = [v['query'] for v in board['templating']['list']]
	rules = open(top + '/contrib/prometheus/sallyport.rules.yml').read()
	for name in sorted(set(re.findall(r'sallyport_(?:syncd|tunnel)_[a-z_]+', ' '.join(asked + queries) + rules)) - told):
	    print(name)
	with open(out, 'w') as f:		# each expression of the dashboard, as a rule that can be checked
	    f.write('groups:\n- name: x\n  rules:\n')
	    for n, e in enumerate(asked):
	        f.write('  - record: x%d\n    expr: %s\n' % (n, json.dumps(e.replace('$instance', '.*'))))
EOF
is "$(python3 "$scratch/ask.py" "$top_srcdir" "$scratch/board.yml" "$numbers" "$theirs" 2>&1)" '' 'every number that is asked for is told'
ok 'the dashboard has some' test "$(grep -c record "$scratch/board.yml")" -ge 20
ok 'and all its expressions can be read' promtool check rules "$scratch/board.yml"

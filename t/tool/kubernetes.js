// Usage: kubernetes.js FILE, objects of Kubernetes as a JSON array.  Each is held against the schema of the API that it names, as the npm package
// kubernetes-models has it (NODE_PATH says where).  Prints what is wrong; ends with 1 then, and with 77 where the package is missing.
const fs = require('fs');

function load(name) {
	try {
		return require('kubernetes-models/' + name);
	} catch (e) {
		if (e.code === 'MODULE_NOT_FOUND')
			return null;
		throw e;
	}
}

if (load('v1') === null)
	process.exit(77);
let wrong = 0;
for (const object of JSON.parse(fs.readFileSync(process.argv[2]))) {
	const room = load(object.apiVersion), kind = room && room[object.kind];
	try {
		if (!kind)
			throw new Error('no such object in the API');
		new kind(object).validate();
	} catch (e) {
		console.log('%s %s: %s', object.apiVersion, object.kind, e.message);
		wrong = 1;
	}
}
process.exit(wrong);

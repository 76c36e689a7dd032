/* A good file, of which one line is replaced: what is wrong with it is said once, at its place, with the remedy. */
#include <stdio.h>
#include <string.h>

#include "deploy/model/keys.h"
#include "deploy/model/model.h"
#include "lib/err.h"
#include "t/unit/unit.h"

static const char *const good[] = {
	"host = \"files.example.org\";",
	"daemon = { };",
	"modules = ( { name = \"a\"; path = \"/srv/a\"; } );",
	"users = ( );",
	"door = { cert = \"/etc/c.pem\"; key = \"/etc/k.pem\"; };",
	"firewall = { anyone = true; };",
	"haproxy = { }; backends = ( );",
	"client = { };",
	"containers = { };",
};
enum { HOST = 1, DAEMON, MODULES, USERS, DOOR, FIREWALL, BACKENDS, CLIENT, CONTAINERS, GROUPS = USERS };

static void
put_line(char *dst, size_t size, int line, int at, const char *text)
{
	size_t n = strlen(dst);

	snprintf(dst + n, size - n, "%s\n", line == at ? text : good[line - 1]);
}

static void
make(char *dst, size_t size, int at, const char *text, int at2, const char *text2)
{
	dst[0] = '\0';
	for (int line = 1; line <= (int)ARRAY_LEN(good); line++)
		put_line(dst, size, line, line == at2 ? at2 : at, line == at2 ? text2 : text);
}

#define D(text) DOOR, "door = { cert = \"/etc/c.pem\"; key = \"/etc/k.pem\"; " text " };"
#define M(text) MODULES, "modules = ( { name = \"a\"; path = \"/srv/a\"; " text " } );"
#define F(text) FIREWALL, "firewall = { " text " };"
#define N(text) DAEMON, "daemon = { " text " };"
#define G(text) GROUPS, "users = ( ); groups = ( { name = \"u\"; " text " } );"
#define CERTS "client_certs = \"required\"; ca = \"/etc/x\";"
#define U(text) USERS, "users = ( { name = \"u\"; " text " } );"
#define RSYNC DAEMON, "daemon = { program = \"rsync\"; listen = [ \"127.0.0.1:873\" ]; };"
#define SSH "door = { kind = \"ssh\"; };"
#define HAPROXY "door = { kind = \"haproxy\"; cert = \"/etc/c.pem\"; };"
#define BACKEND "backends = ( { name = \"b\"; address = \"127.0.0.1:8730\"; tls = false; } );"
#define C(text) CONTAINERS, "containers = { " text " };"
#define POD "containers = { kind = \"podman\"; };"
#define COMPOSE "containers = { kind = \"compose\"; };"
#define CLUSTER "containers = { kind = \"kubernetes\"; };"
#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJb0sPGnkUhOe7T3lXfXp0 a@b"

static const struct {
	int at;
	const char *text, *fault;
	int at2;
	const char *text2;
	int line;	/* where the fault is; 0: in line at; -1: at none */
} bad[] = {
	/* hooks */
	{ M("pre_xfer_exec = \"before\";"), "does not begin with a program's absolute path" },
	{ M("early_exec = \"/bin/x %HOME%\";"), "has %NAME% in it, which rsyncd.conf replaces" },
	{ M("post_xfer_exec = \"/bin/x \\\\\";"), "ends with a backslash, which joins lines" },
	{ M("early_exec = \"/bin/x\";"), "the image has no programs of yours", CONTAINERS, POD },
	{ N("reverse_lookup = true;"), "a container asks no name servers", CONTAINERS, POD },
	{ N("metrics = true;"), "the sockets of numbers would be inside of the containers", CONTAINERS, POD },
	{ D("metrics = true;"), "the sockets of numbers would be inside of the containers", CONTAINERS, POD },
	{ DAEMON, "daemon = { program = \"rsync\"; listen = [ \"127.0.0.1:873\" ]; metrics = true; };", "sallyport-syncd alone tells its numbers" },
	{ D("kind = \"stunnel\"; metrics = true;"), "sallyport-tunnel alone tells its numbers this way" },
	/* names of certificates */
	{ M("clients = [ \"cn:\" ];"), "is no name that can be written here" },
	{ M("clients = [ \"cn:a b\" ];"), "is no name that can be written here" },
	{ M("clients = [ \"cn:a,b\" ];"), "is no name that can be written here" },
	{ M("clients = [ \"cn:a:deny\" ];"), "ends like a right" },
	{ M("clients = [ \"cn:a:ro\" ];"), "ends like a right" },
	{ M("clients = [ \"key:00\" ];"), "is no key; write the SHA-256" },
	{ M("clients = [ \"email:a\" ];"), "is no address of mail" },
	{ M("clients = [ \"alice\" ];"), "is no network; write one such as 192.0.2.0/24" },
	{ M("clients = [ \"cn:a\" ];"), "nobody is asked for a certificate" },
	{ M("clients = [ \"cn:a\" ];"), "sallyport-tunnel alone says who a certificate is", D("kind = \"stunnel\"; client_certs = \"required\"; ca = \"/etc/x\";") },
	{ M("clients = [ \"cn:a\" ];"), "sallyport-tunnel alone says who a certificate is", D("send_address = false; client_certs = \"required\"; ca = \"/etc/x\";") },
	{ M("clients = [ \"cn:a\" ];"), "whoever reaches the daemon's port could say that he is anybody", N("listen = [ \"127.0.0.1:873\" ];") },
	/* the ledger */
	{ DAEMON, "daemon = { program = \"rsync\"; listen = [ \"127.0.0.1:873\" ]; ledger = true; };", "sallyport-syncd alone keeps a ledger" },
	{ N("ledger = true;"), "a container keeps no files; take this out, or have containers.kind", CONTAINERS, POD },
	{ N("ledger = true; log = \"/var/log/sallyport/ledger\";"), "the ledger is there; choose another name" },
	{ N("ledger_key = \"/etc/k\";"), "there is no ledger to sign; have daemon.ledger = true" },
	{ N("ledger = true; ledger_key = \"k\";"), "is not absolute" },
	{ N("ledger = true; ledger_key = \"/root/k\";"), "/root/k is below /root, which the daemon's unit hides" },
	{ N("ledger = true; privileged = false; ledger_key = \"/etc/k\";"), "would have the key as the user that writes the ledger" },
	/* groups */
	{ M("clients = [ \"@staff\" ];"), "group \"staff\" is not in the list groups; add { name = \"staff\"; members", D(CERTS) },
	{ M("clients = [ \"@\" ];"), "may hold letters, digits and . _ - only", D(CERTS) },
	{ M("clients = [ \"@a b\" ];"), "may hold letters, digits and . _ - only", D(CERTS) },
	{ M("clients = [ \"@u\" ];"), "nobody is asked for a certificate", G("members = [ \"cn:a\" ];") },
	{ G(""), "groups.members is missing; add members = [ \"cn:alice\" ];" },
	{ G("members = [ ];"), "groups.members: the list is empty; name at least one" },
	{ G("members = [ \"cn:a\", \"cn:a\" ];"), "\"cn:a\" is there twice; take one out" },
	{ G("members = [ \"alice\" ];"), "is no name of a certificate; write cn:NAME" },
	{ G("members = [ \"192.0.2.0/24\" ];"), "is no name of a certificate; write cn:NAME" },
	{ G("members = [ \"@v\" ];"), "is a group, and a group has none in it" },
	{ G("members = [ \"cn:a:ro\" ];"), "ends like a right" },
	{ G("members = [ \"key:00\" ];"), "is no key; write the SHA-256" },
	{ G("members = [ \"cn:a\" ]; }, { name = \"U\"; members = [ \"cn:b\" ];"), "there is a group \"u\" already, in line 4; choose another name" },
	{ GROUPS, "users = ( ); groups = ( { members = [ \"cn:a\" ]; } );", "groups.name is missing" },
	{ G("members = [ \"dns:a\" ];"), "of pinned certificates the common name and the key count", D("client_certs = \"pinned\"; ca = \"/etc/x\";") },
	{ M("clients = [ \"dns:a\" ];"), "of pinned certificates the common name and the key count", D("client_certs = \"pinned\"; ca = \"/etc/x\";") },
	/* containers */
	{ C("kind = \"docker\";"), "containers.kind: \"docker\" is unknown; it takes one of" },
	{ C("image = \"-x\";"), "is no name of an image; write one such as" },
	{ C("image = \"a b\";"), "is no name of an image" },
	{ C("replicas = 2;"), "pods are counted and claims are shared in a cluster only; take this out" },
	{ C("shared = true;"), "pods are counted and claims are shared in a cluster only" },
	{ C("kind = \"podman\"; replicas = 2;"), "or have containers.kind = \"kubernetes\"" },
	{ RSYNC, "the image has sallyport-syncd; have daemon.program = \"sallyport\"", CONTAINERS, POD },
	{ N("listen = [ \"127.0.0.1:873\" ];"), "daemon and door meet in /run/sallyport", CONTAINERS, POD },
	{ N("listen = [ \"/run/other.sock\" ];"), "daemon and door meet in /run/sallyport", CONTAINERS, POD },
	{ DOOR, "door = { kind = \"stunnel\"; cert = \"/etc/x/c\"; key = \"/etc/x/k\"; };",
	  "the image has sallyport-tunnel; have door.kind = \"tunnel\"", CONTAINERS, POD },
	{ N("binary = \"/opt/d\";"), "the image has its programs where packages put them", CONTAINERS, POD },
	{ N("log = \"/var/log/sallyport/d\";"), "a container keeps no files", CONTAINERS, COMPOSE },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/a b\"; } );", "cannot be mounted into a container", CONTAINERS, POD },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/a:b\"; } );", "cannot be mounted into a container", CONTAINERS, POD },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/usr/share\"; } );", "would hide what the image has in /usr; serve it from /srv",
	  CONTAINERS, POD },
	{ M("user = \"alice\";"), "the image knows no \"alice\"; write its number", CONTAINERS, POD },
	{ DOOR, "door = { cert = \"/etc/c.pem\"; key = \"/etc/k.pem\"; };",
	  "the directory of /etc/c.pem is mounted into the door's container; move the file to one of its own", CONTAINERS, POD },
	{ M("claim = \"a\";"), "claims are Kubernetes'; take this out" },
	{ M("claim = \"A\";"), "is no name in Kubernetes; write small letters" },
	{ M("comment = \"x\";"), "modules.claim is missing: which PersistentVolumeClaim", CONTAINERS, CLUSTER },
	{ N("motd = \"/etc/motd\";"), "is a file of this machine, and the cluster has it not", CONTAINERS, CLUSTER },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/a\"; claim = \"a\"; access = \"upload\"; } );",
	  "2 pods would write the claim of this module; have containers.replicas = 1, or access = \"read\", or containers.shared = true",
	  CONTAINERS, "containers = { kind = \"kubernetes\"; replicas = 2; };" },
	/* the source */
	{ HOST, "\xef\xbb\xbfhost = \"a\";", "byte order mark; save it without" },
	{ N("timeout = 4294968170;"), "4294968170 is too large a number, and would be read as another one" },
	{ N("timeout = 3000000000L;"), "3000000000L is too large" },
	{ N("timeout = 0xFFFFFFFF;"), "0xFFFFFFFF is too large" },
	{ N("timeout = 99999999999999999999;"), "99999999999999999999 is too large" },
	{ F("anyone = yes;"), "yes is no value: yes and no are written true and false" },
	{ F("clients = [ \"10.0.0.0/8\", ];"), "comma before the end of this list; take it out" },
	{ N("motd = \"/etc/a"), "a text begins here and its line ends before it" },
	{ N("motd = \"/etc/a\\x00b\";"), "\\x00 in a text would cut it" },
	{ CLIENT, "/* never", "a comment begins here and never ends" },
	{ CLIENT, "x = ((((((((((((((((1))))))))))))))));", "brackets are nested too deep" },
	{ CLIENT, "@include \"other\"", "\"other\" cannot be included; name a file in the directory" },
	{ CLIENT, "ssh = = 5;", "syntax error; a setting is NAME = VALUE;" },
	{ HOST, "host = \"a\"; host = \"b\";", "duplicate setting name" },
	/* keys and types */
	{ HOST, "host = \"a\"; prot = 5;", "unknown key \"prot\"; there are name, host, daemon, modules" },
	{ D("keys = \"/a\";"), "unknown key \"keys\" in door; there are kind, binary, addresses, authority" },
	{ M("readonly = true;"), "unknown key \"readonly\" in modules" },
	{ HOST, "name = \"n\";", "host is missing; add host = \"files.example.org\";", .line = -1 },
	{ MODULES, "modules = ( { name = \"a\"; } );", "modules.path is missing; add path = \"/srv/backups\";" },
	{ HOST, "host = 5;", "host takes a text in quotes" },
	{ N("timeout = \"600\";"), "daemon.timeout takes a number from 10 to 86400" },
	{ N("timeout = 600.0;"), "daemon.timeout takes a number" },
	{ N("timeout = 9;"), "daemon.timeout: 9 is out of range; it takes a number from 10 to 86400" },
	{ N("timeout = -600;"), "daemon.timeout: -600 is out of range" },
	{ N("privileged = 1;"), "daemon.privileged takes true or false" },
	{ N("program = \"rsyncd\";"), "daemon.program: \"rsyncd\" is unknown; it takes one of \"sallyport\", "
	  "\"rsync\"" },
	{ N("program = true;"), "daemon.program takes one of" },
	{ N("listen = \"127.0.0.1:873\";"), "daemon.listen takes an array of texts" },
	{ N("listen = [ 873 ];"), "daemon.listen takes an array of texts" },
	{ N("listen = [ ];"), "daemon.listen: the list is empty; take the line out" },
	{ N("motd = \"\";"), "daemon.motd: \"\" is empty; take the line out" },
	{ DAEMON, "daemon = 5;", "daemon is a group; write daemon = { ... };" },
	{ MODULES, "modules = { name = \"a\"; };", "modules takes a list of groups" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/a\"; }, 7 );", "modules takes groups in its list" },
	{ D("addresses = [ \"0.0.0.0:874\", \"0.0.0.0:874\" ];"),
	  "door.addresses: \"0.0.0.0:874\" is there twice; take one out" },
	/* values */
	{ HOST, "host = \"a b\";", "is neither a DNS name nor an address" },
	{ HOST, "host = \"-a.example\";", "is no DNS name" },
	{ HOST, "host = \"192.0.2.256\";", "looks like an address, but is none" },
	{ HOST, "host = \"a\"; name = \"A b\";", "may hold small letters, digits" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"srv/a\"; } );",
	  "modules.path: \"srv/a\" is not absolute; write the whole path, from /" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/../a\"; } );",
	  "has \"..\" in it; write the path that it leads to" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/a/\"; } );", "has a slash too many" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/./a\"; } );", "has \".\" in it" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/%HOME%\"; } );",
	  "has %NAME% in it, which rsyncd.conf replaces" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/a\\n\"; } );", "holds a control character; take it out" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/\"; } );", "is the whole machine; name a directory" },
	{ MODULES, "modules = ( { name = \"a\\x07\"; path = \"/srv/a\"; } );",
	  "may hold letters, digits and . _ + - only" },
	{ MODULES, "modules = ( { name = \"Global\"; path = \"/srv/a\"; } );",
	  "is the word for rsyncd.conf's global part" },
	{ M("comment = \"a\\x1b[0m\";"), "holds a control character" },
	{ M("comment = \"a\\\\\";"), "ends in a backslash" },
	{ M("comment = \"a\xe2\x80\xa8kind: x\";"), "holds a control character" },
	{ M("comment = \"a\xe2\x80\xae\";"), "holds a control character" },
	{ M("exclude = [ \"/secret/\", \"!\" ];"), "is no pattern but a word of the filter" },
	{ M("exclude = [ \"+\", \"/secret/\" ];"), "is no pattern but a word of the filter" },
	{ M("user = \"a b\";"), "is no name of a user or group" },
	{ M("exclude = [ \"a b\" ];"), "has a blank in it, which begins a new pattern" },
	{ D("ca = \"/etc/a b\";"), "holds a character that some configuration would read as its own", },
	{ D("addresses = [ \"874\" ];"), "is no address with a port; write 0.0.0.0:874 or [::]:874" },
	{ D("addresses = [ \"::1:874\" ];"), "is no address with a port" },
	{ D("addresses = [ \"[::]:0\" ];"), "is no address with a port" },
	{ D("addresses = [ \"0.0.0.0:70000\" ];"), "is no address with a port" },
	{ N("listen = [ \"0.0.0.0:873\" ];"), "is plain text on an address that others reach; write "
	  "/run/sallyport/syncd.sock" },
	{ N("listen = [ \"192.0.2.1:873\" ];"), "is plain text on an address that others reach" },
	{ N("listen = [ \"[2001:db8::1]:873\" ];"), "is plain text on an address that others reach" },
	{ N("listen = [ \"localhost:873\" ];"), "is neither a socket's path nor a loopback address with a port" },
	{ N("listen = [ \"/run/../x.sock\" ];"), "has \"..\" in it" },
	{ F("clients = [ \"198.51.100.7/24\" ];"), "has bits set behind its prefix; write the network's own address" },
	{ F("clients = [ \"2001:db8::1/32\" ];"), "has bits set behind its prefix" },
	{ F("clients = [ \"192.0.2.1\" ];"), "has no prefix length; add /32" },
	{ F("clients = [ \"192.0.2.0/33\" ];"), "has a prefix length beyond 32" },
	{ F("clients = [ \"example.org/24\" ];"), "is no network; write one such as 192.0.2.0/24 or 2001:db8::/32" },
	{ U("secret = \"CHANGE-ME-TO-A-LONG-RANDOM-SECRET\";"),
	  "is a placeholder or a word that everybody tries; write \"make\"" },
	{ U("secret = \"change_me_1234567\";"), "is a placeholder" },
	{ U("secret = \"Password123456\";"), "is a placeholder" },
	{ U("secret = \"xxxxxxxxxxxxxxxx\";"), "is a placeholder" },
	{ U("secret = \"your-password-here\";"), "is a placeholder" },
	{ U("secret = \"q9w8e7r6\";"), "has fewer than 12 characters" },
	{ U("secret_file = \"alice\";"), "is not absolute" },
	{ CLIENT, "ssh = { public_keys = [ \"ssh-ed25519\" ]; };", "is no public key; copy the line" },
	{ CLIENT, "ssh = { public_keys = [ \"command=\\\"x\\\" " KEY "\" ]; };", "is no public key" },
	/* what does not go together */
	{ MODULES, "modules = ( );", "nothing is served; add modules", .line = -1 },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/a\"; }, { name = \"A\"; path = \"/srv/b\"; } );",
	  "there is a module \"a\" already, in line 3" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/a\"; }, { name = \"b\"; path = \"/srv/a/b\"; } );",
	  "/srv/a/b is inside of the module of line 3, whose rules would not count there" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/a\"; }, { name = \"b\"; path = \"/srv/a\"; } );",
	  "/srv/a is inside of the module" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/home/a\"; } );",
	  "/home/a is below /home, which the daemon's unit hides; serve it from /srv" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/root\"; } );", "is below /root" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/run/user/1\"; } );", "is below /run/user" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/etc\"; } );",
	  "/etc would serve /etc/sallyport, where secrets and configurations are" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/var/lib/sallyport/x\"; } );",
	  "would serve /var/lib/sallyport" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/\xc2\x9b" "0m\"; } );", "holds a control character" },
	{ M("users = [ \"u\" ];"), "user \"u\" is not in the list users; add { name = \"u\"; } there" },
	{ USERS, "users = ( { name = \"U\"; }, { name = \"u\"; } );", "there is a user \"U\" already" },
	{ U("secret = \"4xV9mKq2pLs7\"; secret_file = \"/etc/s\";"),
	  "there is a secret and a secret_file; take one of them out" },
	{ M("access = \"write\";"), "everybody who reaches the door could write and delete here; name users" },
	{ M("owners = \"keep\"; user = \"u\";"), "the module is root's; take user and group out" },
	{ M("owners = \"keep\";"), "owners can be kept by a daemon that starts as root only; take \"fake\"",
	  N("privileged = false;") },
	{ M("group = \"g\";"), "an unprivileged daemon serves as sallyport-syncd only", N("privileged = false;") },
	{ M("clients = [ \"10.0.0.0/8\" ];"), "the daemon is told no addresses, so that nobody could enter",
	  D("send_address = false;") },
	{ N("listen = [ \"/run/a.sock\", \"/run/b.sock\" ];"), "there is a socket already; the daemon has one" },
	{ N("program = \"rsync\";"), "rsync listens on no UNIX socket; have daemon.listen = [ \"127.0.0.1:873\" ]" },
	{ N("listen = [ \"127.0.0.1:873\", \"[::1]:874\" ];"),
	  "the daemon has one port for all its addresses; write 873 here, too",
	  D("addresses = [ \"0.0.0.0:8740\" ];") },
	{ N("program = \"rsync\"; listen = [ \"127.0.0.1:873\", \"[::1]:873\" ];"),
	  "rsync listens on one address, or on all of them" },
	{ N("listen = [ \"127.0.0.2:873\" ];"), "the daemon's address is 127.0.0.1 or ::1" },
	{ D("addresses = [ \"0.0.0.0:873\" ];"), "the daemon has port 873 already, and the firewall closes that one",
	  N("listen = [ \"127.0.0.1:873\" ];") },
	{ D("addresses = [ \"192.0.2.1:874\", \"[2001:db8::1]:8740\" ];"), "the door has one port for all its addresses; write 874" },
	{ N("log = \"/var/log/syncd.log\";"), "it could not create or rotate that file; take \"journal\", or a file in "
	  "/var/log/sallyport" },
	{ D("log = \"/var/log/tunnel.log\";"), "it could not create or rotate that file" },
	{ DOOR, "door = { key = \"/etc/k.pem\"; };", "door.cert is missing" },
	{ DOOR, "door = { cert = \"/etc/c.pem\"; };", "door.key is missing" },
	{ D("client_certs = \"required\";"), "door.ca is missing: whose signature" },
	{ D("ca = \"/etc/ca.pem\";"), "nobody is asked for; have door.client_certs = \"required\"" },
	{ D("crl = \"/etc/crl.pem\";"), "a revocation list counts with" },
	{ D("kind = \"haproxy\";"), "HAProxy looks for the key in the certificate's file or in /etc/c.pem.key" },
	{ DOOR, "door = { kind = \"haproxy\"; cert = \"/etc/c.pem\"; client_certs = \"pinned\"; ca = \"/etc/ca.pem\"; "
	  "};", "HAProxy knows authorities and no pinned" },
	{ DOOR, "door = { kind = \"haproxy\"; cert = \"/etc/c.pem\"; log = \"/var/log/sallyport/h\"; };",
	  "HAProxy writes no files" },
	{ DOOR, "door = { kind = \"ssh\"; client_certs = \"required\"; };", "ssh has keys and no certificates", RSYNC },
	{ DAEMON, "daemon = { listen = [ \"/run/a.sock\" ]; };", "ssh can be held to a port, and not to a socket", DOOR,
	  SSH },
	{ DAEMON, "daemon = { listen = [ \"/run/a.sock\", \"127.0.0.1:873\" ]; };",
	  "ssh goes to 127.0.0.1:873, and nobody to the socket", DOOR, SSH },
	{ DOOR, SSH, "ssh.public_keys is missing: nobody could log in", RSYNC },
	{ D("idle = 600;"), "door.idle is not longer than daemon.timeout" },
	{ BACKENDS, "backends = ( { name = \"b\"; address = \"10.0.0.5:873\"; tls = false; } );",
	  "10.0.0.5:873 would get plain text over the network; have tls = true",
	  DOOR, HAPROXY },
	{ BACKENDS, "backends = ( { name = \"b\"; address = \"10.0.0.5:874\"; host = \"b\"; } );",
	  "back ends are HAProxy's; have door.kind" },
	{ BACKENDS, "backends = ( { name = \"b\"; address = \"10.0.0.5:874\"; } );", "backends.host is missing", DOOR,
	  HAPROXY },
	{ BACKENDS, "backends = ( { name = \"b\"; address = \"10.0.0.5:874\"; host = \"b\"; } );",
	  "haproxy.ca is missing", DOOR, HAPROXY },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/a\"; } );", "modules are served by the back ends",
	  BACKENDS, BACKEND },
	{ U(""), "users log in at the back ends", BACKENDS, BACKEND },
	{ FIREWALL, "firewall = { };", "firewall.clients is missing: from which networks do clients come?" },
	{ F("clients = [ \"0.0.0.0/0\" ];"), "0.0.0.0/0 is everybody; say so by firewall.anyone = true" },
	{ F("clients = [ \"::/0\" ];"), "::/0 is everybody" },
	{ F("clients = [ \"10.0.0.0/8\" ]; anyone = true;"), "lets in everybody, and this list would mean nothing" },
	{ CLIENT, "client = { cert = \"/etc/c.pem\"; };", "client.cert and client.key go together" },
	{ CLIENT, "client = { listen = \"/run/a:b.sock\"; };", "ssh takes the colon in /run/a:b.sock for the end of it", DOOR,
	  SSH },
	{ DOOR, "door = { cert = \"/etc/c.pem\"; key = \"/etc/k:1.pem\"; };", "/etc/k:1.pem has a colon" },
	/* an authority of its own */
	{ D("authority_dir = \"/etc/a\";"), "have door.authority = \"own\"" },
	{ DOOR, "door = { authority = \"ours\"; };", "\"files\", \"own\"" },
	{ DOOR, "door = { kind = \"haproxy\"; authority = \"own\"; };", "take this out, and name the files" },
	{ DOOR, "door = { authority = \"own\"; client_certs = \"pinned\"; ca = \"/etc/x/ca\"; };", "pins none; take \"required\"" },
	{ DOOR, "door = { authority = \"own\"; cert = \"/etc/sallyport/ca/s.crt\"; };", "the door cannot read /etc/sallyport/ca/s.crt" },
	{ DOOR, "door = { authority = \"own\"; cert = \"/etc/x/s\"; key = \"/etc/x/s\"; };", "two things would be written to /etc/x/s" },
	{ DOOR, "door = { authority = \"own\"; authority_dir = \"/srv/a/ca\"; };", "would serve the authority's keys", .line = 3 },
	{ DOOR, "door = { authority = \"own\"; authority_dir = \"/etc/a:b\"; };", "/etc/a:b has a colon" },
	{ N("motd = \"/etc/a:b\";"), "/etc/a:b has a colon, at which units and containers end a path" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/a:b\"; } );", "has a colon, at which units and containers end a path" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/a\"; claim = \"a\"; comment = \"\xff\"; } );", "YAML can hold UTF-8 only", CONTAINERS,
	  CLUSTER },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/a\"; claim = \"a\"; exclude = [ \"\xef\xbb\xbf\" ]; } );", "YAML can hold UTF-8 only",
	  CONTAINERS, CLUSTER },
	{ CLIENT, "client = { listen = \"127.0.0.1:1873\"; };", "the door wants a certificate of clients",
	  D("client_certs = \"required\"; ca = \"/etc/ca.pem\";") },
};

START_TEST(what_is_wrong_is_said_at_its_place_with_a_remedy)
{
	char text[4096];
	struct faults l = FAULTS_INIT;
	struct model *m = NULL;
	int found = 0, line = bad[_i].line == 0 ? bad[_i].at : bad[_i].line < 0 ? 0 : bad[_i].line;

	make(text, sizeof text, bad[_i].at, bad[_i].text, bad[_i].at2, bad[_i].text2);
	ck_assert_int_eq(model_parse("file", text, strlen(text), &m, &l), E_CONF);
	ck_assert_ptr_null(m);
	for (size_t i = 0; i < l.n; i++)
		if (strstr(l.v[i].text, bad[_i].fault) != NULL && l.v[i].line == (unsigned)line)
			found++;
	ck_assert_msg(found == 1, "%s\nnot found once at line %d: %s\nfirst of %zu: %s:%u: %s", bad[_i].text, line,
	    bad[_i].fault, l.n,
	    l.v[0].file, l.v[0].line, l.v[0].text);
	faults_done(&l);
}
END_TEST

static const struct {
	int at;
	const char *text;
	int at2;
	const char *text2;
} fine[] = {
	{ HOST, "host = \"files.example.org\"" },
	{ HOST, "host : \"192.0.2.1\", name = \"a-b\"" },
	{ HOST, "host = \"2001:db8::1\";" },
	{ HOST, "// host = yes\n# host = 99999999999\n/* \" */ host = \"a\" \"b\"; // \"" },
	{ N("timeout = 0x100;") }, { N("timeout = 600L;") }, { N("privileged = FALSE;") },
	{ N("listen = [ \"/run/a.sock\", \"127.0.0.1:873\", \"[::1]:873\" ];") },
	{ RSYNC },
	{ N("log = \"/var/log/sallyport/syncd.log\"; ledger = true; ledger_key = \"/etc/k\";") },
	{ N("privileged = false; ledger = true;") },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/a\"; }, { name = \"b\"; path = \"/srv/ab\"; } );" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/with blank \\\"#;\"; comment = \"50 % = x\"; } );" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/homes/a\"; } );" },
	{ M("access = \"upload\";") },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/\xff\"; comment = \"\xff\"; } );" },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/a\"; claim = \"a\"; comment = \"\xc3\xbc\xe2\x80\x9c\xf0\x9f\x98\x80\"; } );", CONTAINERS, CLUSTER },
	{ M("access = \"write\";"), D("client_certs = \"required\"; ca = \"/etc/ca.pem\";") },
	{ M("access = \"write\"; users = [ \"u\" ];"), U("secret = \"4xV9mKq2pLs7\";") },
	{ M("owners = \"fake\";"), N("privileged = false;") },
	{ G("members = [ \"cn:a\", \"dns:*.example.org\" ];") },
	{ F("clients = [ \"192.0.2.0/24\", \"2001:db8::/32\", \"10.1.2.3/32\" ];") },
	{ F("clients = [ \"0.0.0.0/1\" ]; rate = 0;") },
	{ F("kind = \"none\";") },
	{ DOOR, HAPROXY },
	{ MODULES, "modules = ( { name = \"a\"; path = \"/srv/a\"; access = \"upload\"; claim = \"a\"; } );", CONTAINERS,
	  "containers = { kind = \"kubernetes\"; replicas = 2; shared = true; };" },
	{ DOOR, SSH " ssh = { public_keys = [ \"" KEY "\" ]; };", N("listen = [ \"127.0.0.1:873\", \"[::1]:873\" ];") },
};

START_TEST(a_good_file_is_taken)
{
	char text[4096];
	struct faults l = FAULTS_INIT;
	struct model *m = NULL;
	int r;

	make(text, sizeof text, fine[_i].at, fine[_i].text, fine[_i].at2, fine[_i].text2);
	r = model_parse("file", text, strlen(text), &m, &l);
	ck_assert_msg(r == 0, "%s: %s", fine[_i].text, l.n > 0 ? l.v[0].text : "?");
	model_free(m);
	faults_done(&l);
}
END_TEST

START_TEST(values_and_defaults_are_those_of_the_table)
{
	char text[4096], host[64];
	struct faults l = FAULTS_INIT;
	struct model *m;

	make(text, sizeof text, DAEMON, "daemon = { timeout = 700; listen = [ \"/run/a.sock\", \"127.0.0.1:8730\" ]; "
	    "};", MODULES,
	    "modules = ( { name = \"a\"; path = \"/srv/a\"; access = \"upload\"; },\n{ name = \"b\"; path = "
	    "\"/srv/b\"; user = \"u\"; } );");
	ck_assert_int_eq(model_parse("file", text, strlen(text), &m, &l), 0);
	ck_assert_str_eq(m->name.v, "sallyport");
	ck_assert_int_eq(m->daemon.timeout.v, 700);
	ck_assert_uint_eq(m->daemon.timeout.at.line, 2);
	ck_assert_int_eq(m->daemon.max_connections.v, 16);
	ck_assert_uint_eq(m->daemon.max_connections.at.line, 0);
	ck_assert_uint_eq(m->modules.n, 2);
	ck_assert_int_eq(m->modules.v[0].access.v, M_UPLOAD);
	ck_assert_str_eq(m->modules.v[0].user.v, "nobody");
	ck_assert_str_eq(m->modules.v[1].user.v, "u");
	ck_assert_uint_eq(m->modules.v[1].at.line, 4);
	ck_assert_uint_eq(m->door.addresses.n, 2);
	ck_assert_str_eq(m->door.addresses.v[1].v, "[::]:874");
	ck_assert_str_eq(model_socket(m), "/run/a.sock");
	ck_assert_str_eq(model_loopback(m), "127.0.0.1:8730");
	ck_assert_int_eq(model_endpoint("[::1]:99", host), 99);
	ck_assert_str_eq(host, "::1");
	ck_assert(model_sends_address(m) && model_has_daemon(m));
	model_free(m);
	faults_done(&l);
}
END_TEST

/* A default has to be what the key itself would take. */
START_TEST(defaults_and_examples_pass_their_own_checks)
{
	for (size_t g = 0; g < model_groups_n; g++)
		for (size_t i = 0; i < model_groups[g].n; i++) {
			const struct key *k = &model_groups[g].keys[i];

			ck_assert_msg(k->def != NULL || k->defs != NULL || k->example != NULL,
			    "%s has neither default nor example", k->name);
			ck_assert(k->doc[0] != '\0');
			if (k->type == KEY_TEXT && k->fault != NULL)
				ck_assert_ptr_null(k->fault(k->def != NULL ? k->def : k->example));
			for (size_t d = 0; k->defs != NULL && k->defs[d] != NULL; d++)
				ck_assert_ptr_null(k->fault(k->defs[d]));
		}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("deploy/model");
	TCase *t = tcase_create("load");

	tcase_add_loop_test(t, what_is_wrong_is_said_at_its_place_with_a_remedy, 0, ARRAY_LEN(bad));
	tcase_add_loop_test(t, a_good_file_is_taken, 0, ARRAY_LEN(fine));
	tcase_add_test(t, values_and_defaults_are_those_of_the_table);
	tcase_add_test(t, defaults_and_examples_pass_their_own_checks);
	suite_add_tcase(s, t);
	return unit_main(s);
}

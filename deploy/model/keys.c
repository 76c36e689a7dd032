#include "deploy/model/keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "deploy/model/model.h"
#include "deploy/model/value.h"
#include "lib/err.h"

#define AT(s, f) .at = offsetof(struct s, f)
#define WORDS(...) .words = (const char *const[]){ __VA_ARGS__, NULL }
#define DEFS(...) .defs = (const char *const[]){ __VA_ARGS__, NULL }

static const struct key file_keys[] = {
	{ "name", KEY_TEXT, AT(model, name), .def = "sallyport", .fault = value_name,
	  .doc = "What this deployment is called in sections and comments." },
	{ "host", KEY_TEXT, .required = true, AT(model, host), .fault = value_host, .example = "files.example.org",
	  .doc = "The name under which clients reach this machine; the certificate must carry it." },
};

static const struct key daemon_keys[] = {
	{ "program", KEY_WORD, AT(m_daemon, program), .def = "sallyport", WORDS("sallyport", "rsync"),
	  .doc = "sallyport-syncd, or the system's own rsync --daemon." },
	{ "binary", KEY_TEXT, AT(m_daemon, binary), .fault = value_path, .example = "/usr/local/sbin/sallyport-syncd",
	  .doc = "The program's file, where it is not /usr/sbin/sallyport-syncd, or /usr/bin/rsync." },
	{ "listen", KEY_TEXTS, AT(m_daemon, listen), DEFS("/run/sallyport/syncd.sock"), .fault = value_listen,
	  .doc = "Where the door finds the daemon, in plain text: the path of a UNIX socket, which only the "
	  "door may open, or 127.0.0.1:873 and [::1]:873, which the firewall keeps for the door and root, and "
	  "every user of this machine reaches without one.  "
	  "rsync knows no UNIX socket." },
	{ "privileged", KEY_BOOL, AT(m_daemon, privileged), .def = "true",
	  .doc = "Whether the daemon starts as root, to give each module a user of its own.  With false it is "
	  "the user sallyport-syncd from its start, and every module is that user's." },
	{ "max_connections", KEY_NUMBER, AT(m_daemon, max_connections), .def = "16", .min = 1, .max = 1000,
	  .doc = "Transfers at a time." },
	{ "timeout", KEY_NUMBER, AT(m_daemon, timeout), .def = "600", .min = 10, .max = 86400,
	  .doc = "Seconds without a byte after which a transfer is given up." },
	{ "max_memory", KEY_NUMBER, AT(m_daemon, max_memory), .def = "1024", .min = 64, .max = 1048576,
	  .doc = "MiB that one transfer may hold; sallyport-syncd alone has such a bound." },
	{ "reverse_lookup", KEY_BOOL, AT(m_daemon, reverse_lookup), .def = "false",
	  .doc = "Whether the log has clients' names.  The daemon then asks name servers, so that its unit has a network "
	  "that leads outside." },
	{ "log", KEY_TEXT, AT(m_daemon, log), .def = "journal", .fault = value_log,
	  .doc = "\"journal\", or a file in a directory where the daemon's user may write, such as "
	  "/var/log/sallyport." },
	{ "motd", KEY_TEXT, AT(m_daemon, motd), .fault = value_path, .example = "/etc/sallyport/motd",
	  .doc = "A file whose text every client is shown." },
	{ "metrics", KEY_BOOL, AT(m_daemon, metrics), .def = "false",
	  .doc = "Whether sallyport-syncd answers /run/sallyport/syncd.metrics with its numbers, for Prometheus and sallyport status." },
	{ "ledger", KEY_BOOL, AT(m_daemon, ledger), .def = "false",
	  .doc = "Whether sallyport-syncd keeps /var/log/sallyport/ledger: logins, transfers and refusals, in a file whose lines cannot be "
	  "changed unseen; sallyport ledger verify reads it." },
	{ "ledger_key", KEY_TEXT, AT(m_daemon, ledger_key), .fault = value_path, .example = "/etc/sallyport/ledger.key",
	  .doc = "An Ed25519 key in PEM, root's alone, with mode 600, by which the ledger is signed, as openssl genpkey -algorithm ed25519 makes "
	  "one.  It wants a daemon that starts as root." },
};

static const struct key module_keys[] = {
	{ "name", KEY_TEXT, .required = true, AT(m_module, name), .fault = value_module_name, .example = "backups",
	  .doc = "What clients call it." },
	{ "path", KEY_TEXT, .required = true, AT(m_module, path), .fault = value_module_path, .example = "/srv/backups",
	  .doc = "The directory.  Not below /home, /root, /run/user or /tmp, which the daemon's unit hides, and "
	  "not inside of another module's." },
	{ "comment", KEY_TEXT, AT(m_module, comment), .fault = value_comment, .example = "off-site backups",
	  .doc = "Shown beside the name in listings." },
	{ "access", KEY_WORD, AT(m_module, access), .def = "read", WORDS("read", "write", "upload"),
	  .doc = "read: clients pull.  write: they pull, push and delete.  upload: they push, and can neither "
	  "pull nor delete." },
	{ "users", KEY_TEXTS, AT(m_module, users), .fault = value_user_name, .example = "[ \"alice\" ]",
	  .doc = "Who may enter, by names of the list \"users\"; without any, everybody whom door and firewall "
	  "let in." },
	{ "clients", KEY_TEXTS, AT(m_module, clients), .fault = value_client, .example = "[ \"192.0.2.0/24\" ]",
	  .doc = "Networks from which this module can be reached, fewer than the firewall's; and names of certificates: with any, "
	  "only who shows one that has such a name has the module.  cn:NAME is the subject's common name, dns:NAME, email:ADDRESS and uri:URI "
	  "are alternative names, in which * stands for any characters; key:SHA256 is the public key in 64 hexadecimal digits; @NAME is one of the list \"groups\".  Names want "
	  "door.client_certs, sallyport-tunnel, and sallyport-syncd on a UNIX socket." },
	{ "list", KEY_BOOL, AT(m_module, list), .def = "true",
	  .doc = "Whether listings name it." },
	{ "user", KEY_TEXT, AT(m_module, user), .def = "nobody", .fault = value_account,
	  .doc = "The system's user to whom its files are, or shall be." },
	{ "group", KEY_TEXT, AT(m_module, group), .def = "nogroup", .fault = value_account,
	  .doc = "The group." },
	{ "owners", KEY_WORD, AT(m_module, owners), .def = "drop", WORDS("drop", "fake", "keep"),
	  .doc = "Owners, groups, devices and set-id bits of what is pushed.  drop: all files are the module's "
	  "user's.  fake: they are noted in an extended attribute and restored by a pull.  keep: they "
	  "are set, which takes root inside of the module; user and group then have no meaning." },
	{ "max_connections", KEY_NUMBER, AT(m_module, max_connections), .def = "0", .min = 0, .max = 1000,
	  .doc = "Transfers of this module at a time; 0 is the daemon's own bound." },
	{ "log_transfers", KEY_BOOL, AT(m_module, log_transfers), .def = "false",
	  .doc = "Whether each file that goes in or out is a line of the log." },
	{ "early_exec", KEY_TEXT, AT(m_module, early_exec), .fault = value_command, .example = "/usr/local/sbin/mounted /srv/backups",
	  .doc = "A command for the shell, before a client's options are known; the transfer is refused when it fails.  "
	  "It runs within the daemon's walls, and writes where the daemon does." },
	{ "pre_xfer_exec", KEY_TEXT, AT(m_module, pre_xfer_exec), .fault = value_command, .example = "/usr/local/sbin/before",
	  .doc = "The same, when they are known." },
	{ "post_xfer_exec", KEY_TEXT, AT(m_module, post_xfer_exec), .fault = value_command, .example = "/usr/local/sbin/after",
	  .doc = "The same, when the transfer is over." },
	{ "claim", KEY_TEXT, AT(m_module, claim), .fault = value_label, .example = "mirror-files",
	  .doc = "With Kubernetes: the PersistentVolumeClaim whose files are served, under \"path\"." },
	{ "exclude", KEY_TEXTS, AT(m_module, exclude), .fault = value_pattern, .example = "[ \"/lost+found/\" ]",
	  .doc = "Patterns of names that clients neither see nor write." },
};

static const struct key user_keys[] = {
	{ "name", KEY_TEXT, .required = true, AT(m_user, name), .fault = value_user_name, .example = "alice",
	  .doc = "The name that clients log in with." },
	{ "secret", KEY_TEXT, AT(m_user, secret), .def = "make", .fault = value_secret,
	  .doc = "\"make\" has a random one made at the first install, which is then kept.  Any other text is "
	  "the secret, and this file must be readable by its owner alone." },
	{ "secret_file", KEY_TEXT, AT(m_user, secret_file), .fault = value_path,
	  .example = "/etc/sallyport/alice.secret",
	  .doc = "A file whose first line is the secret; readable by its owner alone." },
};

static const struct key group_keys[] = {
	{ "name", KEY_TEXT, .required = true, AT(m_group, name), .fault = value_user_name, .example = "staff",
	  .doc = "What modules call it, behind an @." },
	{ "members", KEY_TEXTS, .required = true, AT(m_group, members), .fault = value_member, .example = "[ \"cn:alice\" ]",
	  .doc = "Names of certificates, as in modules.clients, and no other groups.  sallyport-syncd reads them anew for each client, and "
	  "looks again at those who are in already." },
};

static const struct key door_keys[] = {
	{ "kind", KEY_WORD, AT(m_door, kind), .def = "tunnel", WORDS("tunnel", "stunnel", "haproxy", "ssh"),
	  .doc = "What stands between the network and the daemon: sallyport-tunnel, stunnel, HAProxy, or the "
	  "ssh server." },
	{ "binary", KEY_TEXT, AT(m_door, binary), .fault = value_path, .example = "/usr/local/bin/sallyport-tunnel",
	  .doc = "The program's file, where it is not /usr/bin/sallyport-tunnel, /usr/bin/stunnel4 or "
	  "/usr/sbin/haproxy." },
	{ "addresses", KEY_TEXTS, AT(m_door, addresses), DEFS("0.0.0.0:874", "[::]:874"), .fault = value_endpoint,
	  .doc = "Where clients come in, all at one port (for ssh see the group \"ssh\")." },
	{ "authority", KEY_WORD, AT(m_door, authority), .def = "files", WORDS("files", "own"),
	  .doc = "files: certificates, keys and lists are files that you put there.  own: install makes an "
	  "authority on this machine, and with it what of cert, key, ca and crl is missing, which then need not be "
	  "named; a timer renews them, and clients come and go by sallyport client.  Client certificates are "
	  "required then, unless client_certs says otherwise.  Not for HAProxy and ssh." },
	{ "authority_dir", KEY_TEXT, AT(m_door, authority_dir), .def = "/etc/sallyport/ca", .fault = value_path,
	  .doc = "The folder of that authority, root's alone." },
	{ "cert", KEY_TEXT, AT(m_door, cert), .fault = value_path, .example = "/etc/sallyport/tls/server.crt",
	  .doc = "The server's certificate, followed by those between it and the authority (PEM)." },
	{ "key", KEY_TEXT, AT(m_door, key), .fault = value_path, .example = "/etc/sallyport/tls/server.key",
	  .doc = "Its private key, root's alone, with mode 600: the door's unit lends it to the door when that "
	  "is started, so that a new key takes a restart of the service.  HAProxy finds it in the file of "
	  "the certificate, or in a file named like that with .key added." },
	{ "client_certs", KEY_WORD, AT(m_door, client_certs), .def = "none", WORDS("none", "optional", "required",
	  "pinned"),
	  .doc = "none: clients show none.  optional: who shows one must be signed by the authority \"ca\".  "
	  "required: everybody must show one.  pinned: it must be one of those in \"ca\"." },
	{ "ca", KEY_TEXT, AT(m_door, ca), .fault = value_path, .example = "/etc/sallyport/tls/clients.crt",
	  .doc = "The authority that signs clients' certificates; with pinned, these and their authority." },
	{ "crl", KEY_TEXT, AT(m_door, crl), .fault = value_path, .example = "/etc/sallyport/tls/clients.crl",
	  .doc = "The authority's revocation list." },
	{ "tls", KEY_WORD, AT(m_door, tls), .def = "1.2", WORDS("1.2", "1.3"),
	  .doc = "The oldest version of TLS that is taken." },
	{ "send_address", KEY_BOOL, AT(m_door, send_address), .def = "true",
	  .doc = "Whether the daemon is told each client's address (PROXY protocol).  Not by ssh, nor through "
	  "TLS to back ends." },
	{ "idle", KEY_NUMBER, AT(m_door, idle), .def = "14400", .min = 60, .max = 604800,
	  .doc = "Seconds after which a connection without a byte is cut; more than the daemon's timeout." },
	{ "max_connections", KEY_NUMBER, AT(m_door, max_connections), .def = "256", .min = 1, .max = 100000,
	  .doc = "Connections at a time." },
	{ "handshake_rate", KEY_NUMBER, AT(m_door, handshake_rate), .def = "50", .min = 0, .max = 1000000,
	  .doc = "Handshakes a second for one address, 0 for any number; sallyport-tunnel and HAProxy have such "
	  "a bound." },
	{ "log", KEY_TEXT, AT(m_door, log), .def = "journal", .fault = value_log,
	  .doc = "\"journal\", or a file in a directory where the door's user may write, such as "
	  "/var/log/sallyport." },
	{ "metrics", KEY_BOOL, AT(m_door, metrics), .def = "false",
	  .doc = "Whether sallyport-tunnel answers /run/sallyport-tunnel/metrics with its numbers, for Prometheus and sallyport status." },
};

static const struct key haproxy_keys[] = {
	{ "balance", KEY_WORD, AT(m_haproxy, balance), .def = "source", WORDS("source", "leastconn", "roundrobin"),
	  .doc = "How a back end is chosen." },
	{ "ca", KEY_TEXT, AT(m_haproxy, ca), .fault = value_path, .example = "/etc/sallyport/tls/backends.crt",
	  .doc = "The authority that signed the certificates of back ends." },
	{ "cert", KEY_TEXT, AT(m_haproxy, cert), .fault = value_path, .example = "/etc/sallyport/tls/front.pem",
	  .doc = "Certificate and key that HAProxy shows to back ends, in one file." },
};

static const struct key backend_keys[] = {
	{ "name", KEY_TEXT, .required = true, AT(m_backend, name), .fault = value_name, .example = "one",
	  .doc = "What the log calls it." },
	{ "address", KEY_TEXT, .required = true, AT(m_backend, address), .fault = value_endpoint,
	  .example = "10.0.0.5:874",
	  .doc = "Its address and port." },
	{ "tls", KEY_BOOL, AT(m_backend, tls), .def = "true",
	  .doc = "Whether it is spoken to through TLS again; plain text goes to loopback addresses only." },
	{ "host", KEY_TEXT, AT(m_backend, host), .fault = value_host, .example = "one.example.org",
	  .doc = "The name that its certificate carries." },
};

static const struct key firewall_keys[] = {
	{ "kind", KEY_WORD, AT(m_firewall, kind), .def = "nftables", WORDS("nftables", "iptables", "none"),
	  .doc = "Whose rules are written; none are for ssh, whose port is the machine's." },
	{ "clients", KEY_TEXTS, AT(m_firewall, clients), .fault = value_cidr,
	  .example = "[ \"192.0.2.0/24\", \"2001:db8::/32\" ]",
	  .doc = "The networks that may reach the door." },
	{ "anyone", KEY_BOOL, AT(m_firewall, anyone), .def = "false",
	  .doc = "true: everybody may." },
	{ "rate", KEY_NUMBER, AT(m_firewall, rate), .def = "60", .min = 0, .max = 100000,
	  .doc = "New connections a minute from one address (IPv6: one /64); 0 is any number." },
	{ "burst", KEY_NUMBER, AT(m_firewall, burst), .def = "20", .min = 1, .max = 10000,
	  .doc = "How many may come at once before the rate counts." },
	{ "connections", KEY_NUMBER, AT(m_firewall, connections), .def = "16", .min = 0, .max = 10000,
	  .doc = "Connections at a time from one address; 0 is any number." },
	{ "log", KEY_BOOL, AT(m_firewall, log), .def = "true",
	  .doc = "Whether refused sources are logged, a few a minute." },
};

static const struct key ssh_keys[] = {
	{ "user", KEY_TEXT, AT(m_ssh, user), .def = "sallyport-ssh", .fault = value_account,
	  .doc = "The account that clients log in to; it needs no shell." },
	{ "port", KEY_NUMBER, AT(m_ssh, port), .def = "22", .min = 1, .max = 65535,
	  .doc = "The ssh server's port." },
	{ "identity", KEY_TEXT, AT(m_ssh, identity), .def = "~/.ssh/id_ed25519", .fault = value_home_path,
	  .doc = "The client's private key, on the client." },
	{ "public_keys", KEY_TEXTS, AT(m_ssh, public_keys), .fault = value_ssh_key,
	  .example = "[ \"ssh-ed25519 AAAA... alice@laptop\" ]",
	  .doc = "The clients' public keys, a line each as in id_ed25519.pub." },
};

static const struct key client_keys[] = {
	{ "listen", KEY_TEXT, AT(m_client, listen), .def = "127.0.0.1:1873", .fault = value_client_listen,
	  .doc = "Where the client's end of the tunnel listens." },
	{ "address", KEY_TEXT, AT(m_client, address), .fault = value_address, .example = "192.0.2.1",
	  .doc = "This machine's address, for clients whose DNS does not know its name." },
	{ "ca", KEY_TEXT, AT(m_client, ca), .def = "/etc/ssl/certs/ca-certificates.crt", .fault = value_path,
	  .doc = "The authority that signed the server's certificate, on the client." },
	{ "cert", KEY_TEXT, AT(m_client, cert), .fault = value_path, .example = "/etc/sallyport/tls/client.crt",
	  .doc = "The client's certificate, on the client." },
	{ "key", KEY_TEXT, AT(m_client, key), .fault = value_path, .example = "/etc/sallyport/tls/client.key",
	  .doc = "Its private key." },
};

static const struct key containers_keys[] = {
	{ "kind", KEY_WORD, AT(m_containers, kind), .def = "none", WORDS("none", "podman", "quadlet", "compose",
	  "kubernetes"),
	  .doc = "none: daemon and door are services of this machine.  podman: a pod, made by a script.  quadlet: "
	  "the same as units of podman 5.  compose: for docker compose.  kubernetes: a Deployment with its "
	  "Service and NetworkPolicy, for another machine to apply.  "
	  "All want sallyport-syncd on a UNIX socket, and sallyport-tunnel." },
	{ "image", KEY_TEXT, AT(m_containers, image), .def = "localhost/sallyport:latest", .fault = value_image,
	  .doc = "The image with both programs, as its Containerfile makes it." },
	{ "replicas", KEY_NUMBER, AT(m_containers, replicas), .def = "1", .min = 1, .max = 100,
	  .doc = "With Kubernetes: how many pods there are.  Bounds such as daemon.max_connections are each one's." },
	{ "shared", KEY_BOOL, AT(m_containers, shared), .def = "false",
	  .doc = "With Kubernetes: whether the claims may be written by several pods at a time (ReadWriteMany)." },
};

#define ONE(field, k) .at = offsetof(struct model, field), .size = sizeof ((struct model *)NULL)->field, \
	.keys = k, .n = ARRAY_LEN(k)
#define MANY(field, k) .many = true, .at = offsetof(struct model, field), \
	.size = sizeof *((struct model *)NULL)->field.v, .keys = k, .n = ARRAY_LEN(k)

const struct group model_groups[] = {
	{ "", .at = 0, .size = sizeof (struct model), .keys = file_keys, .n = ARRAY_LEN(file_keys),
	  .doc = "One deployment: who serves which files to whom, and through which walls." },
	{ "daemon", ONE(daemon, daemon_keys),
	  .doc = "The rsync daemon.  It speaks plain text, and nobody but the door reaches it." },
	{ "modules", MANY(modules, module_keys),
	  .doc = "What is served: a list of groups." },
	{ "users", MANY(users, user_keys),
	  .doc = "Who logs in: a list of groups." },
	{ "groups", MANY(groups, group_keys),
	  .doc = "Groups of certificates, for modules.clients: a list of groups." },
	{ "door", ONE(door, door_keys),
	  .doc = "The only way in from the network." },
	{ "haproxy", ONE(haproxy, haproxy_keys),
	  .doc = "HAProxy's own." },
	{ "backends", MANY(backends, backend_keys),
	  .doc = "Machines behind HAProxy, a list of groups.  Without any, the daemon is on this machine; with "
	  "some, it is on none, and modules and users are in the files of the back ends." },
	{ "firewall", ONE(firewall, firewall_keys),
	  .doc = "Packet filter rules for this machine." },
	{ "ssh", ONE(ssh, ssh_keys),
	  .doc = "For clients that come through ssh." },
	{ "client", ONE(client, client_keys),
	  .doc = "The other end: what is written for clients." },
	{ "containers", ONE(containers, containers_keys),
	  .doc = "Daemon and door in containers instead of units: a read-only root, no capability that is not "
	  "needed, and one published port." },
};
const size_t model_groups_n = ARRAY_LEN(model_groups);

/* The words with commas between them. */
static void
join(const char *const *words, char *dst, size_t size, const char *mark)
{
	dst[0] = '\0';
	for (size_t i = 0; words[i] != NULL; i++) {
		size_t n = strlen(dst);

		snprintf(dst + n, size - n, "%s%s%s%s", i > 0 ? ", " : "", mark, words[i], mark);
	}
}

const char *
key_takes(const struct key *k, char *dst, size_t size)
{
	static const char *const plain[] = { [KEY_TEXT] = "a text in quotes", [KEY_BOOL] = "true or false",
		[KEY_TEXTS] = "an array of texts, [ \"a\", \"b\" ]" };
	char words[200];

	if (k->type == KEY_WORD) {
		join(k->words, words, sizeof words, "\"");
		snprintf(dst, size, "one of %s", words);
	} else if (k->type == KEY_NUMBER) {
		snprintf(dst, size, "a number from %" PRId64 " to %" PRId64, k->min, k->max);
	} else {
		snprintf(dst, size, "%s", plain[k->type]);
	}
	return dst;
}

const char *
key_default(const struct key *k, char *dst, size_t size)
{
	char words[200];

	dst[0] = '\0';
	if (k->defs != NULL) {
		join(k->defs, words, sizeof words, "\"");
		snprintf(dst, size, "[ %s ]", words);
	} else if (k->def != NULL && (k->type == KEY_NUMBER || k->type == KEY_BOOL)) {
		snprintf(dst, size, "%s", k->def);
	} else if (k->def != NULL) {
		snprintf(dst, size, "\"%s\"", k->def);
	}
	return dst;
}

/* One deployment as plain structs: what the file says, each value with the place where it says so, or the default.
 * Knows no program and no host: it is what all outputs are made from. */
#ifndef SALLYPORT_DEPLOY_MODEL_H
#define SALLYPORT_DEPLOY_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "deploy/model/fault.h"

/* at.line is 0 where the value is the default.  Text is the model's, "" is never there: v is NULL for "not given". */
struct m_text {
	const char *v;
	struct where at;
};
struct m_number {		/* numbers; true and false; and words, as the enumerations below */
	int64_t v;
	struct where at;
};
struct m_texts {
	struct m_text *v;
	size_t n;
	struct where at;
};

enum m_program { M_SALLYPORT, M_RSYNC };
enum m_access { M_READ, M_WRITE, M_UPLOAD };
enum m_owners { M_OWNERS_DROP, M_OWNERS_FAKE, M_OWNERS_KEEP };
enum m_door_kind { M_TUNNEL, M_STUNNEL, M_HAPROXY, M_SSH };
enum m_certs { M_CERTS_NONE, M_CERTS_OPTIONAL, M_CERTS_REQUIRED, M_CERTS_PINNED };
enum m_authority { M_AUTHORITY_FILES, M_AUTHORITY_OWN };
enum m_tls { M_TLS12, M_TLS13 };
enum m_firewall_kind { M_NFTABLES, M_IPTABLES, M_NO_FIREWALL };
enum m_containers_kind { M_NO_CONTAINERS, M_PODMAN, M_QUADLET, M_COMPOSE, M_KUBERNETES };
enum m_balance { M_BALANCE_SOURCE, M_BALANCE_LEASTCONN, M_BALANCE_ROUNDROBIN };

struct m_daemon {
	struct where at;	/* of the group; line 0: it is not in the file */
	struct m_number program, privileged, max_connections, timeout, max_memory, reverse_lookup, metrics, ledger;
	struct m_texts listen;	/* at most one path of a UNIX socket, and loopback endpoints */
	struct m_text log, motd, binary, ledger_key;
};
struct m_module {
	struct where at;
	struct m_text name, path, comment, user, group, claim, early_exec, pre_xfer_exec, post_xfer_exec;
	struct m_number access, list, owners, max_connections, log_transfers;
	struct m_texts users, clients, exclude;
};
struct m_user {
	struct where at;
	struct m_text name, secret, secret_file;
};
struct m_group {		/* of certificates */
	struct where at;
	struct m_text name;
	struct m_texts members;
};
struct m_door {
	struct where at;
	struct m_number kind, authority, client_certs, tls, send_address, idle, max_connections, handshake_rate, metrics;
	struct m_texts addresses;
	struct m_text authority_dir, cert, key, ca, crl, log, binary;
};
struct m_backend {
	struct where at;
	struct m_text name, address, host;
	struct m_number tls;
};
struct m_haproxy {
	struct where at;
	struct m_number balance;
	struct m_text ca, cert;
};
struct m_firewall {
	struct where at;
	struct m_number kind, anyone, rate, burst, connections, log;
	struct m_texts clients;
};
struct m_ssh {
	struct where at;
	struct m_text user, identity;
	struct m_number port;
	struct m_texts public_keys;
};
struct m_client {
	struct where at;
	struct m_text listen, address, ca, cert, key;
};

struct m_containers {
	struct where at;
	struct m_number kind, replicas, shared;
	struct m_text image;
};

struct m_modules { struct m_module *v; size_t n; };
struct m_users { struct m_user *v; size_t n; };
struct m_groups { struct m_group *v; size_t n; };
struct m_backends { struct m_backend *v; size_t n; };

struct model {
	struct where at;
	struct m_text name, host;
	struct m_daemon daemon;
	struct m_modules modules;
	struct m_users users;
	struct m_groups groups;
	struct m_door door;
	struct m_haproxy haproxy;
	struct m_backends backends;	/* none: the daemon is on this machine */
	struct m_firewall firewall;
	struct m_ssh ssh;
	struct m_client client;
	struct m_containers containers;
	struct model_source *source;	/* the texts of the file */
};

/* Where daemon.ledger is kept. */
#define MODEL_LEDGER "/var/log/sallyport/ledger"

/* Bytes, with all that is included: libconfig takes quadratic time for keys of one group; files; texts of one array. */
enum { MODEL_FILE_MAX = 128 * 1024, MODEL_INCLUDES_MAX = 16, MODEL_LIST_MAX = 1000 };

/* Read and check a deployment file.  Included files are looked for in the directory of this one.  0 and *ret (for
 * model_free), or E_CONF with at least one fault in l, or -ENOMEM. */
int model_load(const char *path, struct model **ret, struct faults *l);

/* The same from memory; it can include nothing. */
int model_parse(const char *path, const char *text, size_t n, struct model **ret, struct faults *l);

/* Free it with all its texts.  NULL is fine. */
void model_free(struct model *m);

/* --- what follows from a checked model ------------------------------------------------ */

/* The daemon's UNIX socket, or NULL. */
const char *model_socket(const struct model *m);

/* The daemon's first loopback endpoint, "127.0.0.1:873", or NULL. */
const char *model_loopback(const struct model *m);

/* Does the daemon learn the client's own address from the door? */
int model_sends_address(const struct model *m);

/* Is the daemon on this machine (and not behind HAProxy on others)? */
int model_has_daemon(const struct model *m);

/* Do daemon and door run in containers (and not as units of this machine)?  In a cluster: is this machine no part of it? */
int model_in_containers(const struct model *m);
int model_in_cluster(const struct model *m);

/* Are certificates and lists made by an authority of the deployment's own, on this machine? */
int model_has_authority(const struct model *m);

/* And do clients get their next certificates from it, through the door? */
int model_renews(const struct model *m);

/* Fill in what follows from other keys: where an authority of its own puts things, and whom it is for. */
void model_complete(struct model *m);

/* Does any module, or this one, want certificates of a name? */
int model_has_identities(const struct model *m);
int model_module_has_identities(const struct m_module *o);

/* The group that an entry of "clients" names, "@staff"; NULL: it names none, or there is no such group. */
const struct m_group *model_group(const struct model *m, const char *client);

/* Does any module, or this one, name a group? */
int model_has_groups(const struct model *m);
int model_module_has_groups(const struct m_module *o);

/* Does any module start programs of the administrator's? */
int model_has_hooks(const struct model *m);

/* Is what u logs in with made by us? */
int model_makes_secret(const struct m_user *u);

/* "127.0.0.1:873" and "[::1]:873": the port, the text before it into host without brackets. */
int64_t model_endpoint(const char *text, char host[64]);

#endif

/* What units of systemd are made from.  The room prints: it reads no configuration and asks no service manager; all paths are
 * absolute, all texts the caller's.  What could not be read back as it was given is E_FORMAT, and nothing is printed. */
#ifndef SALLYPORT_UNITS_FACTS_H
#define SALLYPORT_UNITS_FACTS_H

#include <stddef.h>
#include <stdint.h>

struct unit_path {
	const char *path;
	int writes;			/* the service changes what is below it */
};

struct unit_secret {			/* LoadCredential=: read by the service manager, shown to this service alone */
	const char *id;			/* its file's name below /run/credentials/UNIT/ */
	const char *path;		/* where the administrator keeps it, readable by root alone */
};

/* The rsync daemon: ours, or Debian's own. */
struct unit_daemon {
	const char *program;		/* NULL: the unit's own default */
	const char *config;
	const char *user, *group;	/* it is never anybody else.  NULL: it starts as root, and sessions take their module's identity and
					 * its directory for their root */
	int reads_all;			/* as root: what file modes keep from it, too ("uid = root", modules below a private home) */
	int mirrors;			/* as root: a module keeps owners, devices and all attributes */
	int hooks;			/* "pre-xfer exec" and its kin: it starts programs of the administrator's */
	int looks_up;			/* hosts' names: it asks name servers */
	const struct unit_path *paths;	/* modules, and directories of log, pid and lock files */
	size_t n_paths;
	const char *socket;		/* UNIX socket to listen on, NULL: none */
	const char *socket_group;	/* who may open it, beside root */
	uint16_t port;			/* of the loopback addresses to listen on; 0: none */
	const char *address;		/* "127.0.0.1" or "::1", for that one alone; NULL: both, but for rsync, which takes 127.0.0.1 */
	int activated;			/* the service manager listens, in units of their own */
	const struct unit_secret *secrets;	/* of logins, for a daemon that is never root */
	size_t n_secrets;
};

/* The TLS door: our tunnel, stunnel or HAProxy. */
struct unit_tunnel {
	const char *program;
	const char *config;
	const char *user, *group;	/* NULL: one that exists while it runs */
	const char *groups;		/* further ones, separated by blanks, as the group of the daemon's socket; NULL: none */
	const char *const *listen;	/* what clients connect to, one for each section of the tunnel's file, or of stunnel's, that accepts; a
					 * single "[::]:874" takes both families */
	size_t n_listen;
	uint16_t port;			/* of those */
	int activated;
	const char *const *sources;	/* networks that a socket unit accepts from, a wall beside the firewall; none: all */
	size_t n_sources;
	int unix_backend;		/* the daemon is behind a UNIX socket: no network beside the clients' connections */
	int outward;			/* it connects to other machines, too: OCSP, name servers, a remote daemon */
	int runs_programs;		/* "exec" */
	const struct unit_path *paths;	/* the directory of its log file */
	size_t n_paths;
	const struct unit_secret *secrets;
	size_t n_secrets;
	const char *after;		/* a unit that it is started behind, as the daemon's; NULL: none */
};

struct unit_firewall {
	const char *rules;		/* nft: the table's file; iptables: IPv4's */
	const char *rules6;		/* iptables: IPv6's; NULL: nft */
	const char *load;		/* iptables: the script that takes both */
	const char *remove;		/* nft: a file; iptables: a script */
	const char *guards;		/* the unit that must not run without it, as sallyport-tunnel.socket */
};

/* A small authority that is kept fresh: what of its is used, and its revocation list. */
struct unit_authority {
	const char *program;
	const char *dir;		/* its folder */
	const struct unit_path *paths;	/* that, and the directories of copies */
	size_t n_paths;
	const char *reload;		/* a unit that is reloaded then, since it does not look by itself; NULL: none */
};

/* `ssh -L` as a unit of a user's own service manager. */
struct unit_ssh {
	const char *host;		/* Host of ssh_config(5) */
	const char *local;		/* "127.0.0.1:1873"; NULL: Host says what is forwarded */
	const char *remote;		/* "127.0.0.1:873", or a path there */
	const struct unit_path *paths;	/* the directory of a UNIX socket on this side */
	size_t n_paths;
};

struct unit_user {
	const char *name;
	const char *comment;
	const char *group;		/* another one that it is in; NULL: none */
};

struct unit_file {			/* a line of tmpfiles.d(5) */
	char type;			/* d: make the directory; f: make the file, empty; z: set mode and owner of what is there */
	const char *path;
	unsigned mode;
	const char *user, *group;
};

#endif

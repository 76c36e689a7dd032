/* The tunnel's configuration, typed.  Built by load, then never changed: a reload builds another. */
#ifndef SALLYPORT_TUNNEL_CONF_CONF_H
#define SALLYPORT_TUNNEL_CONF_CONF_H

#include <stddef.h>
#include <stdint.h>

#include "lib/opt.h"
#include "tunnel/conf/sockopt.h"
#include "tunnel/proto/starttls.h"
#include "tunnel/tls/tlsconf.h"

enum { FOREGROUND_NO, FOREGROUND_YES, FOREGROUND_QUIET };
enum { LOGID_SEQUENTIAL, LOGID_UNIQUE, LOGID_THREAD, LOGID_PROCESS };
enum { TRANSPARENT_SOURCE = 1, TRANSPARENT_DESTINATION = 2 };
enum { FAILOVER_PRIO, FAILOVER_RR };

/* What has no owner and is inherited by assignment. */
struct tun_plain {
	int debug;			/* highest syslog level logged */
	struct sockopt_set sockets;
	int transparent;		/* TRANSPARENT_ bits */
	int retry;			/* ms until a program is run again; -1: never */
};

struct tun_service {
	char *name;
	struct tls_conf tls;
	struct opt_list accept, connect, redirect;
	char *exec, *exec_args;		/* a program instead of an address; NULL or "": none */
	int pty;			/* it gets a terminal */
	char *ident;			/* whose connection it has to be; NULL or "": anybody's */
	int libwrap;			/* hosts.allow and hosts.deny are asked */
	char *local;			/* address to connect from; NULL or "": any */
	char *sni;			/* client: the name to send; NULL: from connect */
	char *owner, *group;		/* of a UNIX accept socket */
	int64_t t_busy, t_close, t_connect, t_idle, t_ocsp;	/* seconds */
	int protocol, proxy_tlv;
	struct starttls_conf starttls;	/* what the protocol needs to know */
	int64_t proxy_version;
	int strict_end;			/* what ends without a farewell was cut */
	int delay, failover, reset, log_id;
	struct tun_plain plain;
};

struct tun_conf {
	int foreground, log_overwrite, use_syslog;
	int facility;			/* of syslog */
	int debug;
	int log_json;			/* one object a record */
	int fips;
	struct opt_list providers;
	struct opt_list provider_parameters;	/* PROVIDER:NAME=VALUE */
	struct opt_list environment;	/* NAME=VALUE; without a value it is removed */
	char *output, *pid, *chroot, *setuid, *setgid, *service;
	int64_t rate, rate_address;	/* connections a second; 0: any number */
	int64_t shake_rate, shake_rate_address;	/* handshakes a second, likewise */
	int64_t connections_max;	/* of all workers; 0: as many as each of them can have */
	int64_t drain_timeout;		/* seconds that connections outlive a reload */
	int64_t handshakes_max;		/* unfinished ones of a worker; 0: three quarters of its connections */
	int64_t vault_rate;		/* signatures a second for one worker */
	int64_t vault_timeout;		/* seconds a handshake waits for one */
	char *vault_user;		/* NULL or "": the service's, or nobody */
	char *metrics;			/* where numbers are to be had; NULL or "": nowhere */
	int metrics_public;		/* beyond this machine, too */
	int watch;			/* reload when files change */
	struct opt_list included;	/* directories that were read; no option's */
	int64_t workers;		/* 0: one a core */
	int inetd;			/* no sections: one service over descriptors 0 and 1 */
	struct tun_service *services;
	size_t n_services;
};

#endif

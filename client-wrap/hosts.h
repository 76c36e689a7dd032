/* The user's file of hosts, in libconfig's form: for each one whom to believe, what to show and where it listens.
 *	hosts = ( { host = "backup.example.org"; port = 8740; ca = "backup.ca"; pin = "sha256:..."; } );
 * It decides whom we trust: one that others may write is refused. */
#ifndef SALLYPORT_CLIENT_WRAP_HOSTS_H
#define SALLYPORT_CLIENT_WRAP_HOSTS_H

#include <stddef.h>

#include "lib/addr.h"
#include "lib/err.h"

enum { HOSTS_FILE_MAX = 1 << 20 };	/* bytes */

struct host_entry {
	char *host;			/* as it stands in commands; its letters' case does not matter */
	char *address;			/* where it is, numeric, with blanks between several: nothing is looked up then */
	char *name;			/* what its certificate names instead */
	char *ca, *cert, *key, *crl;	/* paths; relative ones begin at the file's directory */
	char *pin;
	int port;			/* 0: none */
};

/* $XDG_CONFIG_HOME/sallyport/hosts, or that below ~/.config.  0, -ENOENT without a home, or E_LIMIT. */
int hosts_path(char *dst, size_t size);

/* What n bytes of such a file say of host; messages call it path, whose directory relative paths begin at.  *ret has
 * all NULL for a host that is not there, and is the caller's to end.  0, -ENOMEM, or E_CONF and *e for anything wrong
 * anywhere in it. */
int hosts_parse(const char *text, size_t n, const char *path, const char *host, struct host_entry *ret, struct conf_err *e);

/* The same for a file; one that is not there says nothing. */
int hosts_find(const char *path, const char *host, struct host_entry *ret, struct conf_err *e);

/* Put entry (whose host is set) into the file, in the place of what it says of that host, or behind all others; the file and its
 * directory are made where they are missing, for us alone to read.  Comments are lost.  0, -ENOMEM, or E_CONF and *e; the file is then
 * as it was. */
int hosts_store(const char *path, const struct host_entry *entry, struct conf_err *e);

/* The addresses in such a text, with that port: how many, at most max, or E_FORMAT. */
int hosts_addresses(const char *text, uint16_t port, struct addr *ret, size_t max);

void host_entry_done(struct host_entry *h);	/* free what it holds; it is an empty one afterwards */

#endif

/* Packet filter rules as their programs list them.  Pure. */
#ifndef SALLYPORT_DEPLOY_VERIFY_RULESET_H
#define SALLYPORT_DEPLOY_VERIFY_RULESET_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

/* The table inet NAME of `nft -s list ruleset`, without what its own rules put into sets, appended to ret.  False: there is none. */
bool ruleset_table(const char *listed, const char *name, struct buf *ret);

/* The first line in which two such tables differ: of wanted in missing, of seen in extra ("" where one ends).  False: none. */
bool ruleset_differs(const char *wanted, const char *seen, char missing[256], char extra[256]);

/* The first rule of another table that lets a port through or leads it elsewhere ("dport 873 ... accept"), into dst.  False: none. */
bool ruleset_other(const char *listed, const char *own, uint16_t port, char dst[256]);

/* The first chain of another table at the hook input that drops what it has no rule for, and has none for the port. */
bool ruleset_closes(const char *listed, const char *own, uint16_t port, char dst[256]);

/* The lines of `iptables-save` that are of our chains, without counters; appended to ret. */
void ruleset_iptables(const char *saved, struct buf *ret);

#endif

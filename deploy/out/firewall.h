/* The packet filter's rules, for nftables or iptables, and the unit that loads them. */
#ifndef SALLYPORT_DEPLOY_OUT_FIREWALL_H
#define SALLYPORT_DEPLOY_OUT_FIREWALL_H

#include "deploy/emit.h"
#include "deploy/model/model.h"
#include "lib/addr.h"

/* One file each, for models of that kind of firewall; errors stick in o. */
void out_nft(const struct model *m, struct emit *o);
void out_nft_removal(const struct model *m, struct emit *o);
void out_iptables(const struct model *m, struct emit *o);
void out_ip6tables(const struct model *m, struct emit *o);
void out_iptables_script(const struct model *m, struct emit *o);
void out_iptables_removal(const struct model *m, struct emit *o);
void out_firewall_unit(const struct model *m, struct emit *o);
void out_nftables_dropin(const struct model *m, struct emit *o);

/* Whom the rules let in. */
enum out_lets { OUT_LETS_NOT, OUT_LETS_LISTED, OUT_LETS_ANYONE, OUT_LETS_LOCAL };

/* Do the rules of m, which has some, let that address come as far as the door?  From the same facts as their text.  OUT_LETS_LISTED: *ret is
 * the source that does (a text of firewall.clients). */
enum out_lets out_firewall_lets(const struct model *m, const struct addr *from, const char **ret);

#endif

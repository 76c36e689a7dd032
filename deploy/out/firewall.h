/* The packet filter's rules, for nftables or iptables, and the unit that loads them. */
#ifndef SALLYPORT_DEPLOY_OUT_FIREWALL_H
#define SALLYPORT_DEPLOY_OUT_FIREWALL_H

#include "deploy/emit.h"
#include "deploy/model/model.h"

/* One file each, for models of that kind of firewall; errors stick in o. */
void out_nft(const struct model *m, struct emit *o);
void out_nft_removal(const struct model *m, struct emit *o);
void out_iptables(const struct model *m, struct emit *o);
void out_ip6tables(const struct model *m, struct emit *o);
void out_iptables_script(const struct model *m, struct emit *o);
void out_iptables_removal(const struct model *m, struct emit *o);
void out_firewall_unit(const struct model *m, struct emit *o);
void out_nftables_dropin(const struct model *m, struct emit *o);

#endif

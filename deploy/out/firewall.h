/* The packet filter's rules, by the room nft/: who may reach the door, and that nobody from outside reaches the daemon. */
#ifndef SALLYPORT_DEPLOY_OUT_FIREWALL_H
#define SALLYPORT_DEPLOY_OUT_FIREWALL_H

#include "deploy/emit.h"
#include "deploy/model/model.h"

void out_nft(const struct model *m, struct emit *o);
void out_nft_removal(const struct model *m, struct emit *o);
void out_iptables4(const struct model *m, struct emit *o);
void out_iptables6(const struct model *m, struct emit *o);
void out_iptables_script(const struct model *m, struct emit *o);
void out_iptables_removal(const struct model *m, struct emit *o);

#endif

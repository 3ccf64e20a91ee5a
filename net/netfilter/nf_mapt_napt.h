/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MAP-T: NAPT44 into the port set of a CE
 */
#ifndef _NF_MAPT_NAPT_H
#define _NF_MAPT_NAPT_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <net/netfilter/nf_mapt.h>

struct nf_conn;
struct nf_conntrack_tuple;
struct nf_mapt_mapping;
struct nf_mapt_mappings;

/* nf_mapt_napt.c */
bool nf_mapt_napt_taken(const struct nf_mapt_ce *ce, const struct sk_buff *skb);
int nf_mapt_napt_let_in(struct nf_mapt_uplink *uplink, struct nf_conn *ct,
			const struct sk_buff *skb, const struct net_device *in);
int nf_mapt_napt_hairpin(struct nf_mapt_uplink *uplink, struct nf_conn *ct,
			 const struct sk_buff *skb, const struct net_device *in);
void nf_mapt_napt_note_service(const struct nf_conn *ct);

/* nf_mapt_napt_hook.c */
int nf_mapt_napt_hooks_get(struct net *net);
void nf_mapt_napt_hooks_put(struct net *net);
int nf_mapt_napt_hook_init(void);
void nf_mapt_napt_hook_fini(void);

/* nf_mapt_port.c */
bool nf_mapt_port_find(const struct nf_mapt_conf *conf, struct nf_conn *ct,
		       struct nf_mapt_mappings *maps,
		       struct nf_conntrack_tuple *tuple);
bool nf_mapt_port_usable(const struct nf_mapt_conf *conf, struct net *net,
			 u8 proto, u16 port);
void nf_mapt_port_publish(struct net *net, u8 proto, u16 port);
int nf_mapt_port_init(void);
void nf_mapt_port_fini(void);

/* nf_mapt_mapping.c */
struct nf_mapt_mappings *nf_mapt_mappings_lock(struct net *net);
void nf_mapt_mappings_unlock(struct nf_mapt_mappings *maps);
struct nf_mapt_mapping *nf_mapt_mapping_inside(struct nf_mapt_mappings *maps,
					       const struct nf_conn *ct,
					       __be32 out_addr);
struct nf_mapt_mapping *nf_mapt_mapping_outside(struct nf_mapt_mappings *maps,
						const struct nf_conn *ct);
bool nf_mapt_mapping_has_port(struct nf_mapt_mappings *maps,
			      const struct nf_conn *ct,
			      const struct nf_conntrack_tuple *tuple);
struct nf_mapt_mapping *
nf_mapt_mapping_add(struct nf_mapt_mappings *maps, const struct nf_conn *ct,
		    const struct nf_conntrack_tuple *tuple);
void nf_mapt_mapping_drop(struct nf_mapt_mappings *maps,
			  struct nf_mapt_mapping *mapping);
int nf_mapt_mapping_link(struct nf_mapt_mappings *maps,
			 struct nf_mapt_mapping *mapping,
			 const struct nf_conn *ct, bool inbound, __be32 remote);
bool nf_mapt_mapping_knows(struct nf_mapt_mappings *maps,
			   const struct nf_mapt_mapping *mapping,
			   __be32 remote);
__be16 nf_mapt_mapping_out_port(const struct nf_mapt_mapping *mapping);
void nf_mapt_mapping_in(const struct nf_mapt_mapping *mapping, __be32 *addr,
			__be16 *port);
int nf_mapt_mapping_init(void);
void nf_mapt_mapping_fini(void);

/* nf_mapt_uplink.c */
bool nf_mapt_uplink_any(const struct net *net);
bool nf_mapt_uplink_known(const struct nf_mapt_uplink *uplink);
bool nf_mapt_uplink_has_addr(const struct nf_mapt_uplink *uplink, __be32 addr);
bool nf_mapt_uplink_has_dev(struct nf_mapt_uplink *uplink,
			    const struct net_device *dev);
struct nf_mapt_uplink *nf_mapt_uplink_find(const struct net *net, __be32 addr);
const struct nf_mapt_conf *
nf_mapt_uplink_owner(const struct nf_mapt_uplink *uplink, u16 port);
void nf_mapt_uplink_use(struct nf_mapt_uplink *uplink, struct net *net,
			const struct net_device *dev);
const struct nf_mapt_conf *nf_mapt_uplink_napt(struct net *net,
					       const struct nf_mapt_ce *ce);
int nf_mapt_uplink_init(void);
void nf_mapt_uplink_fini(void);

#endif /* _NF_MAPT_NAPT_H */

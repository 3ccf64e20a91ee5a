/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MAP-T (RFC 7599): what the expression of nf_tables uses of the core.
 */
#ifndef _NF_MAPT_H
#define _NF_MAPT_H

#include <linux/if.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_mapt_rule.h>
#include <net/netfilter/nf_siit.h>

#define NF_MAPT_LOWEST_IPV6_MTU_DEFAULT	IPV6_MIN_MTU

struct nf_mapt_flows;
struct nf_mapt_uplink;

/**
 * struct nf_mapt_conf - configuration of one expression
 * @op: enum nft_mapt_ops
 * @flags: enum nft_mapt_flags
 * @siit: options of translation (ce and br)
 * @icmp_source: IPv4 source of ICMP errors that have none, or 0
 * @id: number among the statements of the namespace (ce)
 * @table: rules to forward by (ce and br)
 * @rcu: when it goes
 * @late: in the table of nf_mapt_late.c (ce)
 * @ce: the CE (napt and ce); a BR's configuration ends before it
 * @dev: name of the device that IPv4 packets come in by, or empty (ce)
 * @reserve_first: first port of the set that is not given away (napt)
 * @reserve_last: last one; 0 if there are none
 * @guard: in a filter chain, gives no ports (napt)
 * @uplink: what the namespace knows of its address (napt)
 * @napt: in its list of statements
 * @flows: its connections in a flowtable, or NULL (ce)
 *
 * What a packet of a BR needs is one cache line, and its rule another.
 */
struct nf_mapt_conf {
	u8			op;
	u8			flags;
	struct nf_siit_options	siit;
	__be32			icmp_source;
	u32			id;
	struct nf_mapt_table	table;
	struct rcu_head		rcu;
	struct hlist_node	late;
	struct nf_mapt_ce	ce;
	char			dev[IFNAMSIZ];
	u16			reserve_first;
	u16			reserve_last;
	bool			guard;
	struct nf_mapt_uplink	*uplink;
	struct hlist_node	napt;
	struct nf_mapt_flows	*flows;
};

/* nf_mapt_core.c */
int nf_mapt_ce_down(const struct nf_mapt_conf *conf, struct sk_buff *skb,
		    const struct nf_hook_state *state);
int nf_mapt_br(const struct nf_mapt_conf *conf, struct sk_buff *skb,
	       const struct nf_hook_state *state);

/* nf_mapt_late.c */
int nf_mapt_late_get(struct net *net, struct nf_mapt_conf *conf);
void nf_mapt_late_put(struct net *net, struct nf_mapt_conf *conf);
int nf_mapt_late(const struct nf_mapt_conf *conf, struct sk_buff *skb,
		 const struct nf_hook_state *state);

/* nf_mapt_napt.c */
int nf_mapt_napt(const struct nf_mapt_conf *conf, struct sk_buff *skb,
		 const struct nf_hook_state *state);
int nf_mapt_napt_claim(const struct nf_mapt_ce *ce, struct sk_buff *skb,
		       const struct nf_hook_state *state);

/* nf_mapt_mapping.c */
int nf_mapt_mappings_get(struct net *net);

/* nf_mapt_uplink.c */
int nf_mapt_uplink_get(struct net *net, struct nf_mapt_conf *conf);
void nf_mapt_uplink_put(struct net *net, struct nf_mapt_conf *conf);

/* nf_mapt_route_cache.c */
int nf_mapt_route_cache_get(struct net *net);

/* nf_mapt_ingress.c */
int nf_mapt_ingress(const struct nf_mapt_conf *conf, struct sk_buff *skb,
		    const struct nf_hook_state *state);

/* nf_mapt_flow.c */
struct nf_flowtable;

#if IS_ENABLED(CONFIG_NF_FLOW_TABLE)
struct nf_mapt_flows *nf_mapt_flows_new(struct net *net,
					const struct nf_mapt_conf *conf,
					struct nf_flowtable *table);
void nf_mapt_flows_end(struct nf_mapt_flows *flows);
void nf_mapt_flows_free(struct nf_mapt_flows *flows);
#else
static inline struct nf_mapt_flows *
nf_mapt_flows_new(struct net *net, const struct nf_mapt_conf *conf,
		  struct nf_flowtable *table)
{
	return NULL;
}

static inline void nf_mapt_flows_end(struct nf_mapt_flows *flows)
{
}

static inline void nf_mapt_flows_free(struct nf_mapt_flows *flows)
{
}
#endif

#endif /* _NF_MAPT_H */

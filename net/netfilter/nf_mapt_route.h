/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MAP-T: routes in the new family
 */
#ifndef _NF_MAPT_ROUTE_H
#define _NF_MAPT_ROUTE_H

#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/dst.h>

#include "nf_mapt_core.h"

/* nf_mapt_route_cache.c */

/**
 * struct nf_mapt_route_key - a question about a route
 * @hi: addresses
 * @lo: addresses, and what else decides
 * @scope: kind of question, and number of the device or statement; never 0
 */
struct nf_mapt_route_key {
	u64	hi;
	u64	lo;
	u32	scope;
};

bool nf_mapt_route_cache_find(struct net *net,
			      const struct nf_mapt_route_key *key,
			      struct dst_entry **dst);
bool nf_mapt_route_cache_want(struct net *net);
void nf_mapt_route_cache_add(struct net *net,
			     const struct nf_mapt_route_key *key,
			     struct dst_entry *dst, u32 cookie);
int nf_mapt_route_cache_init(void);
void nf_mapt_route_cache_fini(void);

/* nf_mapt_route.c */
enum nf_mapt_stat nf_mapt_route_mtu_4to6(struct nf_mapt_pkt *pkt,
					 unsigned int mtu6);
enum nf_mapt_stat nf_mapt_route_mtu_6to4(struct nf_mapt_pkt *pkt,
					 unsigned int mtu4);
unsigned long nf_mapt_route6_output(const struct nf_mapt_pkt *pkt,
				    const struct nf_siit_addrs6 *to,
				    unsigned int *mtu);
unsigned long nf_mapt_route6_input(const struct nf_mapt_pkt *pkt,
				   const struct nf_siit_addrs6 *to,
				   unsigned int *mtu);
unsigned long nf_mapt_route4_output(const struct nf_mapt_pkt *pkt,
				    const struct nf_siit_addrs4 *to);
unsigned long nf_mapt_route4_input(const struct nf_mapt_pkt *pkt,
				   const struct nf_siit_addrs4 *to);
int nf_mapt_route4_forward(struct net *net, struct sk_buff *skb);
bool nf_mapt_route4_inside(struct net *net, const struct net_device *dev,
			   u32 mark, __be32 saddr);
bool nf_mapt_route4_specific(struct net *net, const struct net_device *dev,
			     u32 mark, __be32 addr);
bool nf_mapt_route4_default(struct net *net, const struct net_device *dev,
			    u32 mark, __be32 addr);

/**
 * nf_mapt_route_dst - the route in an answer
 * @refdst: answer of one of the above, as in struct sk_buff: the low bit says
 *	that it has no reference
 *
 * Return: the route.
 */
static inline struct dst_entry *nf_mapt_route_dst(unsigned long refdst)
{
	return (struct dst_entry *)(refdst & SKB_DST_PTRMASK);
}

/**
 * nf_mapt_route_set - give a packet a route in place of that it has
 * @skb: packet
 * @refdst: route as above
 */
static inline void nf_mapt_route_set(struct sk_buff *skb, unsigned long refdst)
{
	skb_dst_drop(skb);
	if (refdst & SKB_DST_NOREF)
		skb_dst_set_noref(skb, nf_mapt_route_dst(refdst));
	else
		skb_dst_set(skb, nf_mapt_route_dst(refdst));
}

/**
 * nf_mapt_route6_headroom - bytes that go in front of an IPv6 header
 * @refdst: its route
 *
 * Context: RCU read side.
 *
 * Return: bytes.
 */
static inline unsigned int nf_mapt_route6_headroom(unsigned long refdst)
{
	return LL_RESERVED_SPACE(dst_dev_rcu(nf_mapt_route_dst(refdst)));
}

#endif /* _NF_MAPT_ROUTE_H */

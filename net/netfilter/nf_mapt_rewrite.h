/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MAP-T: translation in one step
 */
#ifndef _NF_MAPT_REWRITE_H
#define _NF_MAPT_REWRITE_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include "nf_mapt_core.h"

/* nf_mapt_rewrite.c */

/**
 * struct nf_mapt_rewrite - what becomes of a packet, known before it comes
 * @refdst: route in the new family, as in struct sk_buff; forwards by its device
 * @diff: by how much a checksum changes with addresses and ports
 * @addrs_diff: with addresses alone: a partial checksum has no ports in it
 * @ports: new source and destination port, as in the packet
 * @proto: TCP or UDP
 * @hops: what TTL or hop limit fall by
 * @has_dsfield: send @dsfield rather than a copy of what there is
 * @dsfield: TOS or traffic class
 * @six: new addresses, from IPv4
 * @four: new addresses, from IPv6
 */
struct nf_mapt_rewrite {
	unsigned long		refdst;
	__wsum			diff;
	__wsum			addrs_diff;
	__be32			ports;
	u8			proto;
	u8			hops;
	bool			has_dsfield;
	u8			dsfield;
	union {
		struct {
			struct in6_addr	saddr;
			struct in6_addr	daddr;
		} six;
		struct {
			__be32		saddr;
			__be32		daddr;
		} four;
	};
};

bool nf_mapt_rewrite_policies(const struct net *net);
bool nf_mapt_rewrite_possible(const struct sk_buff *skb, u8 proto,
			      unsigned int thoff);
enum nf_mapt_stat nf_mapt_rewrite_4to6(struct net *net, struct sk_buff *skb,
				       const struct nf_mapt_rewrite *rw);
enum nf_mapt_stat nf_mapt_rewrite_6to4(struct net *net, struct sk_buff *skb,
				       const struct nf_mapt_rewrite *rw);

/**
 * nf_mapt_rewrite_proto - are packets of a protocol translated in one step?
 * @proto: transport protocol
 *
 * Return: true if they are.
 */
static inline bool nf_mapt_rewrite_proto(u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP;
}

/**
 * nf_mapt_rewrite_l4_len - shortest transport header
 * @proto: TCP or UDP
 *
 * Return: its length in bytes.
 */
static inline unsigned int nf_mapt_rewrite_l4_len(u8 proto)
{
	return proto == IPPROTO_TCP ? sizeof(struct tcphdr) :
				      sizeof(struct udphdr);
}

#endif /* _NF_MAPT_REWRITE_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: how a translated packet leaves in fragments
 *
 * The hooks of IPv6 see it whole. Its identification goes with it (nf_siit_frag.c),
 * but CEs that share an address must not use the same, so each uses numbers of
 * its port set (RFC 7599 section 10.3).
 *
 * Fragments are reassembled before translation: those of IPv4 by the hook of
 * nf_defrag_ipv4, since ports may have to tell whose a packet is; those of IPv6
 * in nf_mapt_core.c, since addresses do, and what is not for MAP-T shall pass as it
 * came.
 */
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <net/dst.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_mapt.h>
#include <net/xfrm.h>

#include "nf_mapt_core.h"

struct nf_mapt_frag_cb {
	struct inet6_skb_parm	parm;
	__be32			id;
};

static struct nf_mapt_frag_cb *frag_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct nf_mapt_frag_cb) > sizeof(skb->cb));

	return (struct nf_mapt_frag_cb *)skb->cb;
}

/**
 * nf_mapt_frag_id - identification of a CE's fragments
 * @ce: the CE
 * @id: identification of the IPv4 packet
 *
 * Return: as a Fragment Header has it: the high 16 bits are zero.
 */
__be32 nf_mapt_frag_id(const struct nf_mapt_ce *ce, __be32 id)
{
	u16 num = ntohl(id);

	if (nf_mapt_rule_shared(&ce->rule))
		num = nf_mapt_port_set_nth(&ce->ports, num % ce->ports.size);

	return htonl(num);
}

static int fragment_finish(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	unsigned int max = IP6CB(skb)->frag_max_size;
	bool gone;
	int err;

	/* A hook may have made it shorter. */
	if (skb->len <= max)
		return dst_output(net, sk, skb);

	err = nf_siit_frag_send6(net, sk, skb, max, frag_cb(skb)->id,
				 &gone);
	if (!gone)
		nf_mapt_drop(net, skb, err == -EMSGSIZE ? NF_MAPT_TOO_BIG :
							  NF_MAPT_NO_MEMORY);

	return err;
}

/*
 * IPsec in transport mode wants the whole packet, and what it makes of it has an
 * identification of its own. Fragments in a tunnel are as others.
 */
static bool wants_whole(const struct dst_entry *dst)
{
#ifdef CONFIG_XFRM
	const struct xfrm_state *x = dst_xfrm(dst);

	return x && x->props.mode != XFRM_MODE_TUNNEL;
#else
	return false;
#endif
}

/**
 * nf_mapt_frag_output - send a translated packet, in fragments
 * @net: network namespace
 * @skb: IPv6 packet with its route, IP6CB(skb)->frag_max_size set
 * @indev: interface that it came in by
 * @id: identification, see nf_mapt_frag_id()
 *
 * IPv6's POSTROUTING hooks see the packet whole.
 *
 * Context: RCU read side.
 */
void nf_mapt_frag_output(struct net *net, struct sk_buff *skb,
			 struct net_device *indev, __be32 id)
{
	struct net_device *dev = skb_dst_dev_rcu(skb);

	if (wants_whole(skb_dst(skb))) {
		dst_output(net, skb->sk, skb);
		return;
	}
	frag_cb(skb)->id = id;
	skb->dev = dev;
	skb->protocol = htons(ETH_P_IPV6);
	NF_HOOK(NFPROTO_IPV6, NF_INET_POST_ROUTING, net, skb->sk, skb, indev,
		dev, fragment_finish);
}

static int forward_finish(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	nf_mapt_frag_output(net, skb, skb->dev, frag_cb(skb)->id);

	return 0;
}

/* Is there nothing that ip6_forward() would do but to send it on? */
static bool only_forwarded(const struct net *net, const struct sk_buff *skb)
{
	const struct dst_entry *dst = skb_dst(skb);

	return dst->output == ip6_output && !dst->lwtstate &&
	       !(dst_rt6_info(dst)->rt6i_flags &
		 (RTF_LOCAL | RTF_ANYCAST | RTF_REJECT)) &&
	       ipv6_hdr(skb)->hop_limit > 1 &&
	       READ_ONCE(net->ipv6.devconf_all->forwarding) &&
	       !READ_ONCE(net->ipv6.devconf_all->proxy_ndp);
}

/**
 * nf_mapt_frag_forward - forward a translated packet, then in fragments
 * @net: network namespace
 * @skb: IPv6 packet with its route, IP6CB(skb)->frag_max_size set
 * @id: identification
 *
 * FORWARD shall see the packet whole, and ip6_fragment() does not ask which
 * identification it shall have.
 *
 * Context: RCU read side.
 */
void nf_mapt_frag_forward(struct net *net, struct sk_buff *skb, __be32 id)
{
	if (!only_forwarded(net, skb)) {
		dst_input(skb);
		return;
	}
	if (!xfrm6_route_forward(skb)) {
		nf_mapt_drop(net, skb, NF_MAPT_POLICY);
		return;
	}

	ipv6_hdr(skb)->hop_limit--;
	frag_cb(skb)->id = id;
	NF_HOOK(NFPROTO_IPV6, NF_INET_FORWARD, net, NULL, skb, skb->dev,
		skb_dst_dev_rcu(skb), forward_finish);
}

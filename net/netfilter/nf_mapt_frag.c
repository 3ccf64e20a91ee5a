// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: fragments that a CE sends, with an identification of its own
 *
 * The BR makes the IPv4 identification of what it finds in the Fragment Header
 * (RFC 7915 section 5.1.1). CEs that share an address must not use the same, so
 * each uses numbers of its port set (RFC 7599 section 10.3). ip6_fragment()
 * would pick any.
 */
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <net/dst.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_mapt.h>

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
__be32 nf_mapt_frag_id(const struct nf_mapt_ce *ce, __be16 id)
{
	u16 num = ntohs(id);

	if (nf_mapt_rule_shared(&ce->rule))
		num = nf_mapt_port_set_nth(&ce->ports, num % ce->ports.size);

	return htonl(num);
}

static int fragment_finish(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	unsigned int hlen = sizeof(struct ipv6hdr);
	struct ip6_frag_state state;
	struct net_device *dev;
	unsigned int mtu;
	int err = 0;

	dev = skb_dst(skb)->dev;
	mtu = IP6CB(skb)->frag_max_size - hlen - sizeof(struct frag_hdr);
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		err = skb_checksum_help(skb);
	if (err) {
		nf_mapt_drop(net, skb, NF_MAPT_NO_MEMORY);
		return err;
	}

	ip6_frag_init(skb, hlen, mtu, dev->needed_tailroom,
		      LL_RESERVED_SPACE(dev), &ipv6_hdr(skb)->nexthdr,
		      ipv6_hdr(skb)->nexthdr, frag_cb(skb)->id, &state);
	while (state.left > 0) {
		struct sk_buff *frag = ip6_frag_next(skb, &state);

		if (IS_ERR(frag)) {
			nf_mapt_drop(net, skb, NF_MAPT_NO_MEMORY);
			return PTR_ERR(frag);
		}
		/* The whole packet has passed the hook. */
		IP6CB(frag)->flags |= IP6SKB_REROUTED;
		err = dst_output(net, sk, frag);
		if (err)
			break;
	}
	consume_skb(skb);

	return err;
}

/**
 * nf_mapt_frag_output - send a translated packet, in fragments
 * @net: network namespace
 * @skb: IPv6 packet with its route, IP6CB(skb)->frag_max_size set
 * @indev: interface that it came in by
 * @id: identification, see nf_mapt_frag_id()
 *
 * IPv6's POSTROUTING hooks see the packet whole.
 */
void nf_mapt_frag_output(struct net *net, struct sk_buff *skb,
			 struct net_device *indev, __be32 id)
{
	struct net_device *dev = skb_dst(skb)->dev;

	frag_cb(skb)->id = id;
	skb->dev = dev;
	NF_HOOK(NFPROTO_IPV6, NF_INET_POST_ROUTING, net, skb->sk, skb, indev,
		dev, fragment_finish);
}

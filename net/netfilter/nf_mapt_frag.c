// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: fragments and their identification
 *
 * Fragments are reassembled before translation: those of IPv4 by the hook of
 * nf_defrag_ipv4, since ports may have to tell whose a packet is; those of IPv6
 * here, since addresses do, and what is not for MAP-T shall pass as it came.
 *
 * Their identification goes with them from one family to the other (RFC 7915
 * sections 4.1 and 5.1.1), so that it does not depend on the BR that they take.
 * CEs that share an address must not use the same, so each uses numbers of its
 * port set (RFC 7599 section 10.3). ip6_fragment() would pick any.
 */
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <net/addrconf.h>
#include <net/dst.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/ipv6_frag.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>
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
__be32 nf_mapt_frag_id(const struct nf_mapt_ce *ce, __be32 id)
{
	u16 num = ntohl(id);

	if (nf_mapt_rule_shared(&ce->rule))
		num = nf_mapt_port_set_nth(&ce->ports, num % ce->ports.size);

	return htonl(num);
}

/**
 * nf_mapt_frag_id6 - identification of an IPv6 packet that came in fragments
 * @skb: packet as reassembly left it
 *
 * Reassembly takes the Fragment Header out of the first fragment and leaves
 * that of the others where it is, in front of their data.
 *
 * Return: the identification; 0 if it is lost.
 */
__be32 nf_mapt_frag_id6(const struct sk_buff *skb)
{
	const struct sk_buff *frag = skb_shinfo(skb)->frag_list;
	const struct frag_hdr *fh;

	if (!frag || skb_headroom(frag) < sizeof(*fh))
		return 0;
	fh = (const struct frag_hdr *)(frag->data - sizeof(*fh));

	return fh->identification;
}

/**
 * nf_mapt_frag_gather6 - reassemble an IPv6 packet
 * @pkt: a fragment of it
 *
 * With the limits of conntrack's reassembly, /proc/sys/net/netfilter/
 * nf_conntrack_frag6_*. The fragment may come from a ruleset that has made up
 * its mind about that only, so the caller must not let it go on there.
 *
 * Return: 0: @pkt->skb is the whole packet; -EINPROGRESS: it is taken, and waits
 * for the others; -EINVAL: it fits no packet, or is one within another.
 */
int nf_mapt_frag_gather6(const struct nf_mapt_pkt *pkt)
{
	struct sk_buff *skb = pkt->skb;
	int err;

	if (IP6CB(skb)->flags & IP6SKB_FRAGMENTED)
		return -EINVAL;
	err = nf_ct_frag6_gather(pkt->state->net, skb,
				 pkt->state->hook == NF_INET_LOCAL_OUT ?
				 IP6_DEFRAG_CONNTRACK_OUT :
				 IP6_DEFRAG_CONNTRACK_IN);
	if (err == -EINPROGRESS)
		return err;

	return !err && IP6CB(skb)->flags & IP6SKB_FRAGMENTED ? 0 : -EINVAL;
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

static int forward_output(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	/* The route is this packet's own, now that of its fragments. */
	skb_dst(skb)->output = ip6_output;
	nf_mapt_frag_output(net, skb, skb->dev, frag_cb(skb)->id);

	return 0;
}

/**
 * nf_mapt_frag_forward - prepare a packet for forwarding, then fragments
 * @skb: IPv6 packet with its route, IP6CB(skb)->frag_max_size set
 * @id: identification
 *
 * FORWARD shall see the packet whole. So it gets a route of its own, which is
 * that it has but for the way out.
 *
 * Return: 0 or -ENOMEM.
 */
int nf_mapt_frag_forward(struct sk_buff *skb, __be32 id)
{
	const struct rt6_info *rt = dst_rt6_info(skb_dst(skb));
	struct net_device *dev = rt->dst.dev;
	struct rt6_info *own;

	if (rt->dst.output != ip6_output)
		return 0;
	own = ip6_dst_alloc(dev_net(dev), dev, DST_NOCOUNT);
	if (!own)
		return -ENOMEM;

	own->dst.input = rt->dst.input;
	own->dst.output = forward_output;
	own->rt6i_dst = rt->rt6i_dst;
	own->rt6i_src = rt->rt6i_src;
	own->rt6i_gateway = rt->rt6i_gateway;
	own->rt6i_flags = rt->rt6i_flags;
	own->rt6i_idev = in6_dev_get(dev);
	skb_dst_drop(skb);
	skb_dst_set(skb, &own->dst);
	frag_cb(skb)->id = id;

	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * SIIT: fragments of IPv6 and their identification
 *
 * A packet is translated whole, and fragmented anew where it must be. Its
 * identification goes with it from one family to the other (RFC 7915 sections
 * 4.1 and 5.1.1), so that it does not depend on the translator that its fragments
 * take. ip6_fragment() would pick any.
 */
#include <linux/export.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <net/dst.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>
#include <net/netfilter/nf_siit.h>

#include "nf_siit_internal.h"

/**
 * nf_siit_frag_id6 - identification of an IPv6 packet that came in fragments
 * @skb: packet as reassembly left it
 *
 * Reassembly takes the Fragment Header out of the first fragment and leaves
 * that of the others where it is, in front of their data.
 *
 * Return: the identification; 0 if it is lost.
 */
__be32 nf_siit_frag_id6(const struct sk_buff *skb)
{
	const struct sk_buff *frag = skb_shinfo(skb)->frag_list;
	const struct frag_hdr *fh;

	if (!frag || skb_headroom(frag) < sizeof(*fh))
		return 0;
	fh = (const struct frag_hdr *)(frag->data - sizeof(*fh));

	return fh->identification;
}

/**
 * nf_siit_frag_gather6 - reassemble an IPv6 packet
 * @net: network namespace
 * @skb: a fragment of it
 * @user: for whom, enum ip6_defrag_users
 *
 * With the limits of conntrack's reassembly, /proc/sys/net/netfilter/
 * nf_conntrack_frag6_*. Who has seen the fragment knows of the packet that only,
 * so it must not be let go on there.
 *
 * Return: 0: @skb is the whole packet; -EINPROGRESS: it is taken, and waits for
 * the others; -EINVAL: it fits no packet, or is one within another.
 */
int nf_siit_frag_gather6(struct net *net, struct sk_buff *skb, u32 user)
{
	int err;

	if (IP6CB(skb)->flags & IP6SKB_FRAGMENTED)
		return -EINVAL;
	err = nf_ct_frag6_gather(net, skb, user);
	if (err == -EINPROGRESS)
		return err;

	return !err && IP6CB(skb)->flags & IP6SKB_FRAGMENTED ? 0 : -EINVAL;
}
EXPORT_SYMBOL_GPL(nf_siit_frag_gather6);

/**
 * nf_siit_frag_send6 - send a translated packet in fragments
 * @net: network namespace
 * @sk: its socket, or NULL
 * @skb: IPv6 packet without extension headers, with its route
 * @max: longest fragment
 * @id: identification
 * @gone: set to whether the packet is gone, otherwise it is the caller's to free
 *
 * The fragments leave by the route, past the hooks, which have seen the packet.
 *
 * Context: RCU read side.
 *
 * Return: 0; -EMSGSIZE if @max is below %IPV6_MIN_MTU; -ENOMEM; or what became
 * of a fragment, none follows then.
 */
int nf_siit_frag_send6(struct net *net, struct sock *sk, struct sk_buff *skb,
		       unsigned int max, __be32 id, bool *gone)
{
	unsigned int hlen = sizeof(struct ipv6hdr);
	struct ip6_frag_state state;
	struct net_device *dev;
	int err = 0;

	*gone = false;
	if (max < IPV6_MIN_MTU)
		return -EMSGSIZE;
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		return -ENOMEM;

	dev = skb_dst_dev_rcu(skb);
	ip6_frag_init(skb, hlen, max - hlen - sizeof(struct frag_hdr),
		      dev->needed_tailroom, LL_RESERVED_SPACE(dev),
		      &ipv6_hdr(skb)->nexthdr, ipv6_hdr(skb)->nexthdr, id,
		      &state);
	while (state.left > 0) {
		struct sk_buff *frag = ip6_frag_next(skb, &state);

		if (IS_ERR(frag))
			return -ENOMEM;
		/* The whole packet has passed the hook. */
		IP6CB(frag)->flags |= IP6SKB_REROUTED;
		err = dst_output(net, sk, frag);
		if (err)
			break;
	}
	*gone = true;
	consume_skb(skb);

	return err;
}
EXPORT_SYMBOL_GPL(nf_siit_frag_send6);

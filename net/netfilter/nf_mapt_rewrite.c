// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: translation in one step, of TCP and UDP whose result is known before:
 * addresses, ports, route, and by how much a checksum changes
 *
 * For nf_mapt_ingress.c and nf_mapt_flow.c. There is nothing to be decided here
 * and nobody to be answered. A packet goes straight to its neighbour, past the
 * hooks of its new family, as those of flowtables do.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/dsfield.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/ndisc.h>
#include <net/neighbour.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_mapt.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "nf_mapt_core.h"
#include "nf_mapt_rewrite.h"
#include "nf_mapt_route.h"

/**
 * nf_mapt_rewrite_policies - does IPsec want to be asked about what is forwarded?
 * @net: network namespace
 *
 * Return: true if it does.
 */
bool nf_mapt_rewrite_policies(const struct net *net)
{
#ifdef CONFIG_XFRM
	return net->xfrm.policy_count[XFRM_POLICY_FWD] ||
	       net->xfrm.policy_count[XFRM_POLICY_OUT] ||
	       net->xfrm.policy_default[XFRM_POLICY_FWD] == XFRM_USERPOLICY_BLOCK ||
	       net->xfrm.policy_default[XFRM_POLICY_OUT] == XFRM_USERPOLICY_BLOCK;
#else
	return false;
#endif
}

/**
 * nf_mapt_rewrite_possible - can a packet be translated in one step?
 * @skb: packet, data at its IP header
 * @proto: transport protocol
 * @thoff: offset of the transport header, which is in the linear part
 *
 * Not UDP without checksum, nor what a device or a virtual machine has left in a
 * state that only the long way can settle.
 *
 * Return: true if it can.
 */
bool nf_mapt_rewrite_possible(const struct sk_buff *skb, u8 proto,
			      unsigned int thoff)
{
	unsigned int csum = nf_siit_proto_csum_offset(proto);

	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		if (skb_checksum_start_offset(skb) != thoff ||
		    skb->csum_offset != csum)
			return false;
	} else if (proto == IPPROTO_UDP &&
		   !((const struct udphdr *)(skb->data + thoff))->check) {
		return false;
	}
	if (!skb_is_gso(skb))
		return true;

	/* LRO has a size, but no type. */
	return !(skb_shinfo(skb)->gso_type & ~NF_SIIT_GSO_TYPES) &&
	       nf_siit_gso_valid(skb, proto);
}

/* Ports, and the checksum for them and the addresses. */
static void rewrite_transport(struct sk_buff *skb, void *th,
			      const struct nf_mapt_rewrite *rw)
{
	__sum16 *sum = th + nf_siit_proto_csum_offset(rw->proto);
	bool partial = skb->ip_summed == CHECKSUM_PARTIAL;

	*(__be32 *)th = rw->ports;
	nf_siit_csum_adapt(sum, partial, partial ? rw->addrs_diff : rw->diff);
	if (rw->proto == IPPROTO_UDP && !*sum)
		*sum = CSUM_MANGLED_0;
}

static int rewrite_writable(struct sk_buff *skb, const struct nf_mapt_rewrite *rw,
			    unsigned int from, unsigned int to)
{
	const struct net_device *dev = nf_mapt_route_dst(rw->refdst)->dev;

	/* As ip_forward() does: it covers the IP header. */
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;

	return nf_siit_writable(skb, from + nf_mapt_rewrite_l4_len(rw->proto),
				     from, to + LL_RESERVED_SPACE(dev));
}

static void rewrite_headers(struct sk_buff *skb, __be16 protocol,
			    unsigned int from, unsigned int to)
{
	__skb_pull(skb, from);
	__skb_push(skb, to);
	skb_unset_mac_header(skb);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, to);
	skb->protocol = protocol;
	nf_reset_ct(skb);
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
}

/* The packet is its device's from now on; what IPv4 and IPv6 noted is not. */
static void rewrite_leave(struct sk_buff *skb, const struct nf_mapt_rewrite *rw)
{
	nf_mapt_route_set(skb, rw->refdst);
	skb->dev = skb_dst(skb)->dev;
	skb_clear_tstamp(skb);
}

/**
 * nf_mapt_rewrite_4to6 - make an IPv4 packet an IPv6 packet, and send it
 * @net: network namespace
 * @skb: packet, data at its IPv4 header of 20 bytes, as long as that says;
 *	nf_mapt_rewrite_possible()
 * @rw: what becomes of it
 *
 * Context: RCU read side, softirq.
 *
 * Return: %NF_MAPT_OK, or why the packet is to be dropped; the route is the
 * packet's in any case.
 */
enum nf_mapt_stat nf_mapt_rewrite_4to6(struct net *net, struct sk_buff *skb,
				       const struct nf_mapt_rewrite *rw)
{
	const struct rt6_info *rt = dst_rt6_info(nf_mapt_route_dst(rw->refdst));
	int iif = skb->dev->ifindex;
	struct neighbour *neigh;
	struct iphdr *iph;
	u8 tclass, ttl;

	if (rewrite_writable(skb, rw, sizeof(*iph), sizeof(struct ipv6hdr))) {
		nf_mapt_route_set(skb, rw->refdst);
		return NF_MAPT_NO_MEMORY;
	}

	iph = ip_hdr(skb);
	tclass = rw->has_dsfield ? rw->dsfield : iph->tos;
	ttl = iph->ttl - rw->hops;
	rewrite_transport(skb, iph + 1, rw);

	rewrite_headers(skb, htons(ETH_P_IPV6), sizeof(*iph), sizeof(struct ipv6hdr));
	nf_siit_header6(skb, tclass, rw->proto, ttl, &rw->six.saddr, &rw->six.daddr);
	nf_siit_gso_flip(skb, SKB_GSO_TCPV4, SKB_GSO_TCPV6);

	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	IP6CB(skb)->iif = iif;
	IP6CB(skb)->flags = IP6SKB_FORWARDED;
	rewrite_leave(skb, rw);
	neigh = ip_neigh_gw6(skb->dev, rt6_nexthop(rt, &ipv6_hdr(skb)->daddr));
	if (IS_ERR(neigh))
		return NF_MAPT_NO_ROUTE;
	nf_mapt_count(net, NF_MAPT_XLAT_4TO6);
	neigh_output(neigh, skb, false);

	return NF_MAPT_OK;
}

/**
 * nf_mapt_rewrite_6to4 - make an IPv6 packet an IPv4 packet, and send it
 * @net: network namespace
 * @skb: packet, data at its IPv6 header without extensions, as long as that
 *	says; nf_mapt_rewrite_possible()
 * @rw: what becomes of it
 *
 * Context: RCU read side, softirq.
 *
 * Return: %NF_MAPT_OK, or why the packet is to be dropped; the route is the
 * packet's in any case.
 */
enum nf_mapt_stat nf_mapt_rewrite_6to4(struct net *net, struct sk_buff *skb,
				       const struct nf_mapt_rewrite *rw)
{
	int iif = skb->dev->ifindex;
	struct neighbour *neigh;
	struct ipv6hdr *ip6h;
	__be16 frag_off;
	bool v6gw = false;
	u8 tos, ttl;

	if (rewrite_writable(skb, rw, sizeof(*ip6h), sizeof(struct iphdr))) {
		nf_mapt_route_set(skb, rw->refdst);
		return NF_MAPT_NO_MEMORY;
	}

	ip6h = ipv6_hdr(skb);
	tos = rw->has_dsfield ? rw->dsfield : ipv6_get_dsfield(ip6h);
	ttl = ip6h->hop_limit - rw->hops;
	rewrite_transport(skb, ip6h + 1, rw);

	rewrite_headers(skb, htons(ETH_P_IP), sizeof(*ip6h), sizeof(struct iphdr));
	frag_off = nf_siit_fits(skb, NF_SIIT_DF_CLEAR_MAX) ? 0 : htons(IP_DF);
	nf_siit_header4(skb, tos, nf_siit_id4(), frag_off, ttl, rw->proto,
			rw->four.saddr, rw->four.daddr);
	nf_siit_gso_flip(skb, SKB_GSO_TCPV6, SKB_GSO_TCPV4);

	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	IPCB(skb)->iif = iif;
	IPCB(skb)->flags = IPSKB_FORWARDED;
	skb->priority = rt_tos2priority(tos);
	rewrite_leave(skb, rw);
	neigh = ip_neigh_for_gw(skb_rtable(skb), skb, &v6gw);
	if (IS_ERR(neigh))
		return NF_MAPT_NO_ROUTE;
	nf_mapt_count(net, NF_MAPT_XLAT_6TO4);
	neigh_output(neigh, skb, v6gw);

	return NF_MAPT_OK;
}

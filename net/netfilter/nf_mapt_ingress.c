// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: a BR at the ingress hook of a device
 *
 * Most of what a BR carries is TCP and UDP without anything unusual. Such
 * packets are translated here and leave at once, past the hooks of both families,
 * as those of flowtables do. Everything else is left as it is for nf_mapt_br() in
 * PREROUTING, which answers, reassembles and counts: so nothing is dropped here
 * for what it is, and what cannot be told here is not asked.
 */
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_mapt.h>
#include <net/route.h>
#include <net/sock.h>
#include <net/xfrm.h>

#include "nf_mapt_core.h"
#include "nf_mapt_rewrite.h"
#include "nf_mapt_route.h"

/*
 * A packet of the host's own, of another layer's or already seen by one that
 * knows more of it than its header says goes the long way. So does one that
 * comes while the device sends, which is how one packet would nest calls.
 */
static bool plain(struct sk_buff *skb)
{
	const struct net_device *dev = skb->dev;

	return skb->pkt_type == PACKET_HOST && !skb_vlan_tag_present(skb) &&
	       !skb->_skb_refdst && !skb->_nfct && !skb_shared(skb) &&
	       !skb_sec_path(skb) && !skb_sk_is_prefetched(skb) &&
	       !rcu_access_pointer(dev->rx_handler) &&
	       !netif_is_l3_slave(dev) && !dev_recursion_level();
}

/* Would the long way forward by it, and by its device alone? */
static bool route_plain(const struct dst_entry *dst)
{
	return !dst->error && !dst->lwtstate && !dst_xfrm(dst);
}

static bool route6_plain(const struct dst_entry *dst)
{
	const struct rt6_info *rt = dst_rt6_info(dst);
	const struct inet6_dev *idev = ip6_dst_idev(dst);

	return route_plain(dst) && idev && !READ_ONCE(idev->cnf.disable_ipv6) &&
	       !(rt->rt6i_flags & (RTF_REJECT | RTF_LOCAL | RTF_ANYCAST));
}

static bool route4_plain(const struct dst_entry *dst)
{
	const struct rtable *rt = dst_rtable(dst);

	return route_plain(dst) && rt->rt_type == RTN_UNICAST && rt->rt_is_input;
}

/* Leaves by the route, or is the caller's again. */
static int leave(struct nf_mapt_pkt *pkt, const struct nf_mapt_rewrite *rw,
		 unsigned int len,
		 enum nf_mapt_stat (*send)(struct net *, struct sk_buff *,
					   const struct nf_mapt_rewrite *))
{
	struct net *net = pkt->state->net;
	enum nf_mapt_stat res;

	/* Who sent it through a veth has no say in where it goes. */
	skb_orphan(pkt->siit.skb);
	/* Padding; fails for want of memory only */
	if (unlikely(pskb_trim_rcsum(pkt->siit.skb, len))) {
		refdst_drop(rw->refdst);
		res = NF_MAPT_NO_MEMORY;
	} else {
		res = send(net, pkt->siit.skb, rw);
	}
	if (unlikely(res != NF_MAPT_OK))
		nf_mapt_drop(net, pkt->siit.skb, res);

	return NF_STOLEN;
}

/* ------------------------------------------------------------------------
 * IPv4 to IPv6
 */

/* Length of a packet that needs nothing but addresses, or 0. */
static unsigned int parse4(struct nf_siit_pkt *pkt)
{
	struct sk_buff *skb = pkt->skb;
	const struct iphdr *iph;
	const __be16 *ports;
	unsigned int len;

	if (!pskb_may_pull(skb, sizeof(*iph)))
		return 0;
	iph = ip_hdr(skb);
	pkt->proto = iph->protocol;
	if (*(const u8 *)iph != 0x45 || ip_is_fragment(iph) || iph->ttl <= 1 ||
	    !nf_mapt_rewrite_proto(pkt->proto))
		return 0;
	pkt->thoff = sizeof(*iph);
	skb_set_transport_header(skb, pkt->thoff);
	len = ntohs(iph->tot_len);
	if (len > skb->len ||
	    len < sizeof(*iph) + nf_mapt_rewrite_l4_len(pkt->proto) ||
	    !pskb_may_pull(skb, sizeof(*iph) + nf_mapt_rewrite_l4_len(pkt->proto)))
		return 0;
	iph = ip_hdr(skb);
	if (!nf_mapt_rewrite_possible(skb, pkt->proto, sizeof(*iph)) ||
	    ip_fast_csum(iph, 5))
		return 0;
	ports = (const __be16 *)(iph + 1);
	pkt->sport = ntohs(ports[0]);
	pkt->dport = ntohs(ports[1]);
	pkt->has_ports = true;

	return len;
}

static bool forwarding6(const struct net *net)
{
	return READ_ONCE(net->ipv6.devconf_all->forwarding) &&
	       !READ_ONCE(net->ipv6.devconf_all->proxy_ndp);
}

static bool map4(const struct nf_mapt_pkt *pkt, struct nf_siit_addrs6 *to)
{
	const struct iphdr *iph = ip_hdr(pkt->siit.skb);

	return nf_mapt_addr_4to6(pkt, iph->daddr, pkt->siit.dport, false,
				 &to->daddr) == NF_MAPT_OK &&
	       !nf_siit_martian4(iph->saddr) &&
	       nf_mapt_addr_dmr_4to6(pkt, iph->saddr, &to->saddr) == NF_MAPT_OK &&
	       !nf_siit_martian6(&to->saddr) &&
	       !nf_siit_martian6(&to->daddr);
}

/* What would have to be answered or fragmented does not fit. */
static bool fits6(const struct nf_mapt_pkt *pkt, unsigned int mtu)
{
	if (!(ip_hdr(pkt->siit.skb)->frag_off & htons(IP_DF)))
		mtu = min_t(unsigned int, mtu, pkt->conf->siit.lowest_ipv6_mtu);

	return nf_siit_fits(pkt->siit.skb, mtu - NF_SIIT_IP_GROWTH);
}

static int ingress4(struct nf_mapt_pkt *pkt)
{
	struct nf_siit_addrs6 to __uninitialized;
	struct nf_mapt_rewrite rw __uninitialized;
	struct sk_buff *skb = pkt->siit.skb;
	const struct iphdr *iph;
	unsigned int len, mtu;

	len = parse4(&pkt->siit);
	if (!len || !map4(pkt, &to) || !forwarding6(pkt->state->net))
		return -1;
	rw.refdst = nf_mapt_route6_input(pkt, &to, &mtu);
	if (!rw.refdst)
		return -1;
	if (!route6_plain(nf_mapt_route_dst(rw.refdst)) || !fits6(pkt, mtu)) {
		refdst_drop(rw.refdst);
		return -1;
	}

	iph = ip_hdr(skb);
	rw.ports = *(const __be32 *)(iph + 1);
	rw.diff = csum_sub(nf_siit_csum_addrs6(&to.saddr, &to.daddr),
			   nf_siit_csum_addrs4(iph->saddr, iph->daddr));
	rw.addrs_diff = rw.diff;
	rw.proto = pkt->siit.proto;
	rw.hops = 1;
	rw.has_dsfield = pkt->conf->siit.has_tclass;
	rw.dsfield = pkt->conf->siit.tclass;
	rw.six.saddr = to.saddr;
	rw.six.daddr = to.daddr;

	return leave(pkt, &rw, len, nf_mapt_rewrite_4to6);
}

/* ------------------------------------------------------------------------
 * IPv6 to IPv4
 */

/* Length of a packet that needs nothing but addresses, or 0. */
static unsigned int parse6(struct nf_siit_pkt *pkt)
{
	struct sk_buff *skb = pkt->skb;
	const struct ipv6hdr *ip6h;
	const __be16 *ports;
	unsigned int len;

	if (!pskb_may_pull(skb, sizeof(*ip6h)))
		return 0;
	ip6h = ipv6_hdr(skb);
	pkt->proto = ip6h->nexthdr;
	if (ip6h->version != 6 || ip6h->hop_limit <= 1 ||
	    !nf_mapt_rewrite_proto(pkt->proto))
		return 0;
	pkt->thoff = sizeof(*ip6h);
	skb_set_transport_header(skb, pkt->thoff);
	len = ntohs(ip6h->payload_len) + sizeof(*ip6h);
	if (len > skb->len ||
	    len < sizeof(*ip6h) + nf_mapt_rewrite_l4_len(pkt->proto) ||
	    !pskb_may_pull(skb, sizeof(*ip6h) + nf_mapt_rewrite_l4_len(pkt->proto)) ||
	    !nf_mapt_rewrite_possible(skb, pkt->proto, sizeof(*ip6h)))
		return 0;
	ports = (const __be16 *)(ipv6_hdr(skb) + 1);
	pkt->sport = ntohs(ports[0]);
	pkt->dport = ntohs(ports[1]);
	pkt->has_ports = true;

	return len;
}

/* Does the device take IPv6? ipv6_rcv() would ask. */
static bool receives6(const struct net_device *dev)
{
	const struct inet6_dev *idev = __in6_dev_get(dev);

	return idev && !READ_ONCE(idev->cnf.disable_ipv6);
}

static bool map6(const struct nf_mapt_pkt *pkt, struct nf_siit_addrs4 *to)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(pkt->siit.skb);

	/* Another CE of ours is a hairpin. */
	return nf_mapt_addr_dmr_6to4(pkt, &ip6h->daddr, &to->daddr) == NF_MAPT_OK &&
	       nf_mapt_addr_6to4(pkt, &ip6h->saddr, pkt->siit.sport, false,
				 &to->saddr) == NF_MAPT_OK &&
	       !nf_siit_martian6(&ip6h->saddr) &&
	       !nf_mapt_addr_no_host4(to->daddr) &&
	       !nf_mapt_table_lookup4(&pkt->conf->table, ntohl(to->daddr), pkt->siit.dport);
}

static int ingress6(struct nf_mapt_pkt *pkt)
{
	struct nf_siit_addrs4 to __uninitialized;
	struct nf_mapt_rewrite rw __uninitialized;
	struct sk_buff *skb = pkt->siit.skb;
	const struct ipv6hdr *ip6h;
	const struct dst_entry *dst;
	unsigned int len;

	len = parse6(&pkt->siit);
	if (!len || !map6(pkt, &to) || !receives6(skb->dev))
		return -1;
	rw.refdst = nf_mapt_route4_input(pkt, &to);
	if (!rw.refdst) {
		skb_dst_drop(skb);
		return -1;
	}
	dst = nf_mapt_route_dst(rw.refdst);
	if (!route4_plain(dst) ||
	    !nf_siit_fits(skb, ip_dst_mtu_maybe_forward(dst, true) +
			       NF_SIIT_IP_GROWTH)) {
		refdst_drop(rw.refdst);
		return -1;
	}

	ip6h = ipv6_hdr(skb);
	rw.ports = *(const __be32 *)(ip6h + 1);
	rw.diff = csum_sub(nf_siit_csum_addrs4(to.saddr, to.daddr),
			   nf_siit_csum_addrs6(&ip6h->saddr, &ip6h->daddr));
	rw.addrs_diff = rw.diff;
	rw.proto = pkt->siit.proto;
	rw.hops = 1;
	rw.has_dsfield = pkt->conf->siit.has_tos;
	rw.dsfield = pkt->conf->siit.tos;
	rw.four.saddr = to.saddr;
	rw.four.daddr = to.daddr;

	return leave(pkt, &rw, len, nf_mapt_rewrite_6to4);
}

/**
 * nf_mapt_ingress - translate at the border relay, at a device's ingress
 * @conf: configuration
 * @skb: packet, data behind its link-layer header
 * @state: hook: ingress of families netdev or inet
 *
 * Context: RCU read side, bottom halves off.
 *
 * Return: %NF_STOLEN, or -1 for a packet that is left as it is: it is not for
 * MAP-T, or nf_mapt_br() in PREROUTING is to see it.
 */
int nf_mapt_ingress(const struct nf_mapt_conf *conf, struct sk_buff *skb,
		    const struct nf_hook_state *state)
{
	struct nf_mapt_pkt pkt __uninitialized;

	if (!plain(skb) || nf_mapt_rewrite_policies(state->net))
		return -1;

	pkt.conf = conf;
	pkt.state = state;
	pkt.siit.skb = skb;
	pkt.siit.icmp_error = false;
	switch (skb->protocol) {
	case htons(ETH_P_IP):
		return ingress4(&pkt);
	case htons(ETH_P_IPV6):
		return ingress6(&pkt);
	}

	return -1;
}
EXPORT_SYMBOL_GPL(nf_mapt_ingress);

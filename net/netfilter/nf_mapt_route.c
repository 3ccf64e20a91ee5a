// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: the route of a packet in its new family, and whether the packet fits
 */
#include <linux/bits.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/unaligned.h>
#include <net/dsfield.h>
#include <net/dst.h>
#include <net/gso.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/netfilter/nf_mapt.h>
#include <net/nexthop.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "nf_mapt_core.h"
#include "nf_mapt_route.h"

/* Questions that the cache of routes may answer; the rest of a scope is the
 * number of a device or statement.
 */
enum route_kind {
	ROUTE6_INPUT,
	ROUTE6_OUTPUT,
	ROUTE4_INPUT,
	ROUTE4_OUTSIDE,
};

#define ROUTE_KIND_SHIFT	30

static u32 route_scope(enum route_kind kind, u32 number)
{
	return (u32)kind << ROUTE_KIND_SHIFT |
	       (number & (BIT(ROUTE_KIND_SHIFT) - 1));
}

/* Do the device that a packet came in by, its addresses and its DSCP decide? */
static bool input_decides(const struct net_device *dev)
{
	return !netif_is_l3_slave(dev) && !(dev->ifindex >> ROUTE_KIND_SHIFT);
}

/**
 * nf_mapt_route_mtu_4to6 - will an IPv4 packet fit as an IPv6 packet?
 * @pkt: packet
 * @mtu6: MTU of its IPv6 route, %IPV6_MIN_MTU or more
 *
 * RFC 7915 section 4.1: a DF = 1 packet that would not is answered, in IPv4 to
 * an IPv4 sender; others are fragmented on their way out.
 *
 * Return: %NF_MAPT_OK or %NF_MAPT_TOO_BIG.
 */
enum nf_mapt_stat nf_mapt_route_mtu_4to6(struct nf_mapt_pkt *pkt,
					 unsigned int mtu6)
{
	struct sk_buff *skb = pkt->siit.skb;
	const struct iphdr *iph = ip_hdr(skb);
	unsigned int fragments = IPCB(skb)->frag_max_size;

	if (!(iph->frag_off & htons(IP_DF)) || pkt->siit.icmp_error)
		return NF_MAPT_OK;
	/* Options don't count: they are not translated. */
	if (fragments ? fragments + NF_SIIT_FRAG_GROWTH <= mtu6 :
			nf_siit_fits(skb, mtu6 + ip_hdrlen(skb) -
					  sizeof(struct ipv6hdr)))
		return NF_MAPT_OK;

	nf_mapt_icmp_send4(pkt, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
			   mtu6 - (fragments ? NF_SIIT_FRAG_GROWTH : NF_SIIT_IP_GROWTH));

	return NF_MAPT_TOO_BIG;
}

/**
 * nf_mapt_route_mtu_6to4 - will an IPv6 packet fit as an IPv4 packet?
 * @pkt: packet
 * @mtu4: MTU of its IPv4 route
 *
 * RFC 7915 section 5: what an IPv6 link has to carry anyway becomes a DF = 0
 * packet; a larger one that would not fit is answered.
 *
 * Return: %NF_MAPT_OK or %NF_MAPT_TOO_BIG.
 */
enum nf_mapt_stat nf_mapt_route_mtu_6to4(struct nf_mapt_pkt *pkt,
					 unsigned int mtu4)
{
	const struct sk_buff *skb = pkt->siit.skb;
	unsigned int skipped = pkt->siit.thoff - sizeof(struct ipv6hdr);

	if (pkt->siit.icmp_error || pkt->siit.frag_header ||
	    IP6CB(skb)->frag_max_size ||
	    nf_siit_fits(skb, IPV6_MIN_MTU))
		return NF_MAPT_OK;
	if (nf_siit_fits(skb, mtu4 + NF_SIIT_IP_GROWTH + skipped))
		return NF_MAPT_OK;

	nf_mapt_icmp_send6(pkt, ICMPV6_PKT_TOOBIG, 0,
			   max_t(u32, mtu4 + NF_SIIT_IP_GROWTH, IPV6_MIN_MTU));

	return NF_MAPT_TOO_BIG;
}

static void flow6_init(struct flowi6 *fl6, const struct nf_mapt_pkt *pkt,
		       const struct nf_siit_addrs6 *to)
{
	memset(fl6, 0, sizeof(*fl6));
	fl6->saddr = to->saddr;
	fl6->daddr = to->daddr;
	fl6->flowi6_mark = pkt->siit.skb->mark;
	fl6->flowi6_proto = pkt->siit.proto == IPPROTO_ICMP ? IPPROTO_ICMPV6 :
							 pkt->siit.proto;
	if (pkt->siit.has_ports && fl6->flowi6_proto != IPPROTO_ICMPV6) {
		fl6->fl6_sport = htons(pkt->siit.sport);
		fl6->fl6_dport = htons(pkt->siit.dport);
	}
}

/* The answer to a question that has been asked lately, or 0. */
static unsigned long remembered(struct net *net,
				const struct nf_mapt_route_key *key)
{
	struct dst_entry *dst;

	return nf_mapt_route_cache_find(net, key, &dst) ?
	       (unsigned long)dst | SKB_DST_NOREF : 0;
}

static void key6_init(struct nf_mapt_route_key *key, const struct in6_addr *addr,
		      enum route_kind kind, u32 number)
{
	key->hi = get_unaligned((const u64 *)&addr->s6_addr[0]);
	key->lo = get_unaligned((const u64 *)&addr->s6_addr[8]);
	key->scope = route_scope(kind, number);
}

static bool custom_rules6(const struct net *net)
{
#ifdef CONFIG_IPV6_MULTIPLE_TABLES
	return net->ipv6.fib6_has_custom_rules;
#else
	return false;
#endif
}

/* Where there are several paths, more than addresses chooses one of them. */
static bool one_path6(const struct dst_entry *dst)
{
	const struct fib6_info *from;

	from = rcu_dereference(dst_rt6_info(dst)->from);

	return from && !from->nh && !from->fib6_nsiblings;
}

static void route6_remember(struct net *net, const struct nf_mapt_route_key *key,
			    struct dst_entry *dst)
{
	if (nf_mapt_route_cache_want(net) && one_path6(dst))
		nf_mapt_route_cache_add(net, key, dst,
					rt6_get_cookie(dst_rt6_info(dst)));
}

/* Does the destination alone decide the route of what a CE sends? */
static bool output6_by_destination(const struct nf_mapt_pkt *pkt)
{
	const struct net *net = pkt->state->net;

	if (pkt->conf->op != NFT_MAPT_CE || pkt->conf->ce.host4 ||
	    netif_is_l3_slave(pkt->state->out) || custom_rules6(net))
		return false;
#ifdef CONFIG_XFRM
	if (net->xfrm.policy_count[XFRM_POLICY_OUT] ||
	    net->xfrm.policy_default[XFRM_POLICY_OUT] == XFRM_USERPOLICY_BLOCK)
		return false;
#endif

	return true;
}

static struct dst_entry *output6(const struct nf_mapt_pkt *pkt,
				 const struct nf_siit_addrs6 *to)
{
	struct net *net = pkt->state->net;
	struct dst_entry *dst;
	struct flowi6 fl6;

	flow6_init(&fl6, pkt, to);
	fl6.flowi6_oif = l3mdev_master_ifindex_rcu(pkt->state->out);
	dst = ip6_route_output(net, NULL, &fl6);
	if (dst->error) {
		dst_release(dst);
		return NULL;
	}
	dst = xfrm_lookup(net, dst, flowi6_to_flowi(&fl6), NULL, 0);

	return IS_ERR(dst) ? NULL : dst;
}

/*
 * A route may say less than any link of IPv6 has (RFC 8200 section 5). Packets are
 * not cut smaller for that; what the stack does not send then, it counts. Nor is
 * one of use that says more than its device bears, which forwarding asks.
 */
static unsigned long with_mtu(unsigned long refdst, bool forward,
			      unsigned int *mtu)
{
	const struct dst_entry *dst = nf_mapt_route_dst(refdst);

	if (unlikely(!refdst))
		return 0;

	*mtu = dst_mtu(dst);
	if (unlikely(forward && dst_metric_raw(dst, RTAX_MTU)))
		*mtu = min(*mtu, ip6_dst_mtu_maybe_forward(dst, true));
	*mtu = max_t(unsigned int, *mtu, IPV6_MIN_MTU);

	return refdst;
}

static unsigned long route6_output(const struct nf_mapt_pkt *pkt,
				   const struct nf_siit_addrs6 *to)
{
	struct nf_mapt_route_key key __uninitialized;
	struct dst_entry *dst;
	unsigned long refdst;

	if (!output6_by_destination(pkt))
		return (unsigned long)output6(pkt, to);

	/* The source is the statement's. */
	key6_init(&key, &to->daddr, ROUTE6_OUTPUT, pkt->conf->id);
	refdst = remembered(pkt->state->net, &key);
	if (refdst)
		return refdst;

	dst = output6(pkt, to);
	if (dst)
		route6_remember(pkt->state->net, &key, dst);

	return (unsigned long)dst;
}

/**
 * nf_mapt_route6_output - IPv6 route of a packet that leaves as our own
 * @pkt: packet, still IPv4
 * @to: its new addresses
 * @mtu: set to the route's MTU, %IPV6_MIN_MTU or more
 *
 * Return: route as in struct sk_buff, or 0.
 */
unsigned long nf_mapt_route6_output(const struct nf_mapt_pkt *pkt,
				    const struct nf_siit_addrs6 *to,
				    unsigned int *mtu)
{
	return with_mtu(route6_output(pkt, to), false, mtu);
}

static unsigned long route6_input(const struct nf_mapt_pkt *pkt,
				  const struct nf_siit_addrs6 *to)
{
	struct net_device *dev = pkt->siit.skb->dev;
	struct net *net = pkt->state->net;
	struct nf_mapt_route_key key __uninitialized;
	unsigned long refdst;
	struct dst_entry *dst;
	struct flowi6 fl6;
	bool by_key;

	by_key = input_decides(dev) && !custom_rules6(net) &&
		 !fib6_routes_require_src(net);
	if (by_key) {
		key6_init(&key, &to->daddr, ROUTE6_INPUT, dev->ifindex);
		refdst = remembered(net, &key);
		if (refdst)
			return refdst;
	}

	flow6_init(&fl6, pkt, to);
	fl6.flowi6_iif = dev->ifindex;

	/* Without the packet: its header still is an IPv4 one. */
	dst = ip6_route_input_lookup(net, dev, &fl6, NULL,
				     RT6_LOOKUP_F_HAS_SADDR |
				     RT6_LOOKUP_F_DST_NOREF);
	if (dst->error)
		return 0;
	if (by_key)
		route6_remember(net, &key, dst);

	return (unsigned long)dst | SKB_DST_NOREF;
}

/**
 * nf_mapt_route6_input - IPv6 route of a packet that is forwarded
 * @pkt: packet, still IPv4
 * @to: its new addresses
 * @mtu: as nf_mapt_route6_output()
 *
 * Return: route as in struct sk_buff, or 0.
 */
unsigned long nf_mapt_route6_input(const struct nf_mapt_pkt *pkt,
				   const struct nf_siit_addrs6 *to,
				   unsigned int *mtu)
{
	return with_mtu(route6_input(pkt, to), true, mtu);
}

/**
 * nf_mapt_route4_output - IPv4 route of a packet that leaves as our own
 * @pkt: packet, still IPv6
 * @to: its new addresses
 *
 * Return: route as in struct sk_buff, or 0.
 */
unsigned long nf_mapt_route4_output(const struct nf_mapt_pkt *pkt,
				    const struct nf_siit_addrs4 *to)
{
	struct rtable *rt;
	struct flowi4 fl4 = {
		.daddr		= to->daddr,
		.saddr		= to->saddr,
		.flowi4_flags	= FLOWI_FLAG_ANYSRC,
		.flowi4_mark	= pkt->siit.skb->mark,
		.flowi4_proto	= pkt->siit.proto == IPPROTO_ICMPV6 ? IPPROTO_ICMP :
								 pkt->siit.proto,
		.flowi4_oif	= l3mdev_master_ifindex_rcu(pkt->state->out),
	};

	rt = ip_route_output_flow(pkt->state->net, &fl4, NULL);

	return IS_ERR(rt) ? 0 : (unsigned long)&rt->dst;
}

/* Where there are several paths, more than addresses chooses one of them. */
static bool one_path4(struct net *net, __be32 daddr, dscp_t dscp)
{
	struct fib_result res __uninitialized;
	struct flowi4 fl4 __uninitialized;

	flowi4_init_output(&fl4, 0, 0, inet_dscp_to_dsfield(dscp),
			   RT_SCOPE_UNIVERSE, 0, 0, daddr, 0, 0, 0,
			   GLOBAL_ROOT_UID);

	return !fib_lookup(net, &fl4, &res, FIB_LOOKUP_NOREF) &&
	       fib_info_num_path(res.fi) == 1;
}

/* What fib_validate_source() goes by is in the key, or makes routes expire. */
static bool key4_init(struct nf_mapt_route_key *key, struct net *net,
		      const struct net_device *dev, __be32 daddr, __be32 saddr,
		      dscp_t dscp)
{
	const struct in_device *in_dev = __in_dev_get_rcu(dev);

	if (!in_dev || !input_decides(dev) || fib4_has_custom_rules(net))
		return false;

	key->hi = (__force u64)saddr << 32 | (__force u32)daddr;
	key->lo = IN_DEV_RPFILTER(in_dev) << 8 | inet_dscp_to_dsfield(dscp);
	key->scope = route_scope(ROUTE4_INPUT, dev->ifindex);

	return true;
}

static void route4_remember(struct net *net, const struct nf_mapt_route_key *key,
			    const struct sk_buff *skb, __be32 daddr, dscp_t dscp)
{
	if (skb_rtable(skb)->rt_type == RTN_UNICAST &&
	    nf_mapt_route_cache_want(net) && one_path4(net, daddr, dscp))
		nf_mapt_route_cache_add(net, key, skb_dst(skb), 0);
}

/**
 * nf_mapt_route4_input - IPv4 route of a packet that is forwarded
 * @pkt: packet, still IPv6
 * @to: its new addresses
 *
 * Looked up while it is IPv6, since only then can it be answered as it came.
 * The lookup reads no more of the packet than its protocol and, for a multipath
 * hash, a header that is as good as the flow's; what it notes in the control
 * block is of the other family.
 *
 * Return: route as in struct sk_buff, or 0.
 */
unsigned long nf_mapt_route4_input(const struct nf_mapt_pkt *pkt,
				   const struct nf_siit_addrs4 *to)
{
	struct inet6_skb_parm parm __uninitialized;
	struct net *net = pkt->state->net;
	struct sk_buff *skb = pkt->siit.skb;
	struct nf_mapt_route_key key __uninitialized;
	unsigned long refdst;
	dscp_t dscp;
	bool by_key;
	int err;

	dscp = inet_dsfield_to_dscp(ipv6_get_dsfield(ipv6_hdr(skb)));
	by_key = key4_init(&key, net, skb->dev, to->daddr, to->saddr, dscp);
	refdst = by_key ? remembered(net, &key) : 0;
	if (refdst)
		return refdst;

	parm = *IP6CB(skb);
	skb_dst_drop(skb);
	skb->protocol = htons(ETH_P_IP);
	err = ip_route_input_noref(skb, to->daddr, to->saddr, dscp, skb->dev);
	skb->protocol = htons(ETH_P_IPV6);
	*IP6CB(skb) = parm;
	if (err)
		return 0;
	if (by_key)
		route4_remember(net, &key, skb, to->daddr, dscp);

	refdst = skb->_skb_refdst;
	skb->_skb_refdst = 0;

	return refdst;
}

/**
 * nf_mapt_route4_forward - give a packet its IPv4 route
 * @net: network namespace
 * @skb: IPv4 packet that came in
 *
 * Return: 0, or an error.
 */
int nf_mapt_route4_forward(struct net *net, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct nf_mapt_route_key key __uninitialized;
	unsigned long refdst;
	bool by_key;
	int err;

	by_key = key4_init(&key, net, skb->dev, iph->daddr, iph->saddr,
			   ip4h_dscp(iph));
	refdst = by_key ? remembered(net, &key) : 0;
	if (refdst) {
		nf_mapt_route_set(skb, refdst);
		return 0;
	}

	err = ip_route_input_noref(skb, iph->daddr, iph->saddr, ip4h_dscp(iph),
				   skb->dev);
	if (!err && by_key)
		route4_remember(net, &key, skb, iph->daddr, ip4h_dscp(iph));

	return err;
}

static int lookup4(struct net *net, const struct net_device *dev, u32 mark,
		   __be32 addr, struct fib_result *res)
{
	struct flowi4 fl4 = {
		.daddr		= addr,
		.flowi4_iif	= LOOPBACK_IFINDEX,
		.flowi4_scope	= RT_SCOPE_UNIVERSE,
		.flowi4_mark	= mark,
	};

	fl4.flowi4_l3mdev = l3mdev_master_ifindex_rcu(dev);

	return fib_lookup(net, &fl4, res, FIB_LOOKUP_NOREF);
}

/* @but: device that does not count, or NULL */
static bool specific4(struct net *net, const struct net_device *dev, u32 mark,
		      __be32 addr, const struct net_device *but)
{
	struct fib_result res __uninitialized;

	if (lookup4(net, dev, mark, addr, &res))
		return false;
	switch (res.type) {
	case RTN_UNICAST:
		return res.prefixlen &&
		       !(but && fib_info_nh_uses_dev(res.fi, but));
	case RTN_LOCAL:
	case RTN_BROADCAST:
		return true;
	}

	return false;
}

/**
 * nf_mapt_route4_specific - does an IPv4 address live with us?
 * @net: network namespace
 * @dev: device whose VRF counts
 * @mark: mark of a packet
 * @addr: address
 *
 * Context: RCU read side.
 *
 * Return: true if it is our own, or we would send what is for it by a route more
 * specific than a default.
 */
bool nf_mapt_route4_specific(struct net *net, const struct net_device *dev,
			     u32 mark, __be32 addr)
{
	return specific4(net, dev, mark, addr, NULL);
}

/**
 * nf_mapt_route4_default - is there a default route to an address by a device?
 * @net: network namespace
 * @dev: the device
 * @mark: mark of a packet
 * @addr: address
 *
 * Context: RCU read side.
 *
 * Return: true if so.
 */
bool nf_mapt_route4_default(struct net *net, const struct net_device *dev,
			    u32 mark, __be32 addr)
{
	struct fib_result res __uninitialized;

	return !lookup4(net, dev, mark, addr, &res) && res.type == RTN_UNICAST &&
	       !res.prefixlen && fib_info_nh_uses_dev(res.fi, dev);
}

/**
 * nf_mapt_route4_inside - does an IPv4 source live inside?
 * @net: network namespace
 * @dev: device that its packet came in by, or is said to
 * @mark: mark of the packet
 * @saddr: the source
 *
 * By which of several uplinks a source may come is for the reverse path filter of
 * the device to say (RFC 3704).
 *
 * Context: RCU read side.
 *
 * Return: true if the source is our own, or we would send what is for it by a
 * route more specific than a default, and not by @dev.
 */
bool nf_mapt_route4_inside(struct net *net, const struct net_device *dev,
			   u32 mark, __be32 saddr)
{
	struct nf_mapt_route_key key = {
		.hi	= (__force u32)saddr,
		.scope	= route_scope(ROUTE4_OUTSIDE, dev->ifindex),
	};
	struct dst_entry *none;
	u32 genid;

	if (!input_decides(dev) || fib4_has_custom_rules(net))
		return specific4(net, dev, mark, saddr, dev);
	if (nf_mapt_route_cache_find(net, &key, &none))
		return false;

	genid = rt_genid_ipv4(net);
	if (specific4(net, dev, mark, saddr, dev))
		return true;
	if (nf_mapt_route_cache_want(net))
		nf_mapt_route_cache_add(net, &key, NULL, genid);

	return false;
}

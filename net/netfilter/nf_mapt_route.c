// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: the route of a packet in its new family, and whether the packet fits
 */
#include <linux/bits.h>
#include <linux/hash.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/dsfield.h>
#include <net/dst.h>
#include <net/dst_cache.h>
#include <net/gso.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/netfilter/nf_mapt.h>
#include <net/route.h>
#include <net/xfrm.h>

/* Routes that a CE remembers on each CPU. */
#define ROUTE_BITS	8
#define ROUTES		BIT(ROUTE_BITS)

/**
 * nf_mapt_route_mtu_4to6 - will an IPv4 packet fit as an IPv6 packet?
 * @pkt: packet
 * @mtu6: MTU of its IPv6 route
 *
 * RFC 7915 section 4.1: a DF = 1 packet that would not is answered, in IPv4 to
 * an IPv4 sender; others are fragmented on their way out.
 *
 * Return: %NF_MAPT_OK or %NF_MAPT_TOO_BIG.
 */
enum nf_mapt_stat nf_mapt_route_mtu_4to6(struct nf_mapt_pkt *pkt,
					 unsigned int mtu6)
{
	struct sk_buff *skb = pkt->skb;
	const struct iphdr *iph = ip_hdr(skb);
	unsigned int fragments = IPCB(skb)->frag_max_size;

	if (!(iph->frag_off & htons(IP_DF)) || pkt->icmp_error)
		return NF_MAPT_OK;
	/* Options don't count: they are not translated. */
	if (fragments ? fragments + NF_MAPT_FRAG_GROWTH <= mtu6 :
			nf_mapt_fits(skb, mtu6 + ip_hdrlen(skb) -
					  sizeof(struct ipv6hdr)))
		return NF_MAPT_OK;

	nf_mapt_icmp_send4(pkt, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
			   mtu6 - (fragments ? NF_MAPT_FRAG_GROWTH : NF_MAPT_IP_GROWTH));

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
	const struct sk_buff *skb = pkt->skb;
	unsigned int skipped = pkt->thoff - sizeof(struct ipv6hdr);

	if (pkt->icmp_error || IP6CB(skb)->frag_max_size ||
	    nf_mapt_fits(skb, IPV6_MIN_MTU))
		return NF_MAPT_OK;
	if (nf_mapt_fits(skb, mtu4 + NF_MAPT_IP_GROWTH + skipped))
		return NF_MAPT_OK;

	nf_mapt_icmp_send6(pkt, ICMPV6_PKT_TOOBIG, 0,
			   max_t(u32, mtu4 + NF_MAPT_IP_GROWTH, IPV6_MIN_MTU));

	return NF_MAPT_TOO_BIG;
}

static void flow6_init(struct flowi6 *fl6, const struct nf_mapt_pkt *pkt,
		       const struct nf_mapt_addrs6 *to)
{
	memset(fl6, 0, sizeof(*fl6));
	fl6->saddr = to->saddr;
	fl6->daddr = to->daddr;
	fl6->flowi6_mark = pkt->skb->mark;
	fl6->flowi6_proto = pkt->proto == IPPROTO_ICMP ? IPPROTO_ICMPV6 :
							 pkt->proto;
	if (pkt->has_ports && fl6->flowi6_proto != IPPROTO_ICMPV6) {
		fl6->fl6_sport = htons(pkt->sport);
		fl6->fl6_dport = htons(pkt->dport);
	}
}

/**
 * nf_mapt_routes_alloc - make a cache of the IPv6 routes that a CE uses
 *
 * Return: the cache, or NULL.
 */
struct dst_cache *nf_mapt_routes_alloc(void)
{
	struct dst_cache *routes;
	unsigned int i;

	routes = kvcalloc(ROUTES, sizeof(*routes), GFP_KERNEL_ACCOUNT);
	if (!routes)
		return NULL;

	for (i = 0; i < ROUTES; i++) {
		if (dst_cache_init(&routes[i], GFP_KERNEL_ACCOUNT)) {
			nf_mapt_routes_free(routes);
			return NULL;
		}
	}

	return routes;
}
EXPORT_SYMBOL_GPL(nf_mapt_routes_alloc);

/**
 * nf_mapt_routes_free - end a cache of routes
 * @routes: cache that no packet uses any more, or NULL
 */
void nf_mapt_routes_free(struct dst_cache *routes)
{
	unsigned int i;

	for (i = 0; routes && i < ROUTES; i++)
		dst_cache_destroy(&routes[i]);
	kvfree(routes);
}
EXPORT_SYMBOL_GPL(nf_mapt_routes_free);

/* Does the destination alone decide the route of what a CE sends? */
static bool by_destination(const struct nf_mapt_pkt *pkt)
{
	const struct net *net = pkt->state->net;

	if (!pkt->conf->routes || pkt->conf->ce.host4 ||
	    netif_is_l3_slave(pkt->state->out))
		return false;
#ifdef CONFIG_IPV6_MULTIPLE_TABLES
	if (net->ipv6.fib6_has_custom_rules)
		return false;
#endif
#ifdef CONFIG_XFRM
	if (net->xfrm.policy_count[XFRM_POLICY_OUT] ||
	    net->xfrm.policy_default[XFRM_POLICY_OUT] == XFRM_USERPOLICY_BLOCK)
		return false;
#endif

	return true;
}

/* One of several paths is chosen by more than the destination. */
static bool multipath(const struct dst_entry *dst)
{
	const struct fib6_info *from;

	from = rcu_dereference(dst_rt6_info(dst)->from);

	return !from || from->nh || from->fib6_nsiblings;
}

static struct dst_entry *route6_output(const struct nf_mapt_pkt *pkt,
				       const struct nf_mapt_addrs6 *to)
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

/**
 * nf_mapt_route6_output - IPv6 route of a packet that leaves as our own
 * @pkt: packet, still IPv4
 * @to: its new addresses
 *
 * A lookup is a tenth of what a CE does for a packet, so routes are remembered
 * by destination where nothing else has a say. Any change of routes, a learned
 * path MTU among them, makes the entries that it may concern invalid.
 *
 * Return: route with a reference, or NULL.
 */
struct dst_entry *nf_mapt_route6_output(const struct nf_mapt_pkt *pkt,
					const struct nf_mapt_addrs6 *to)
{
	struct dst_cache *cache;
	struct dst_entry *dst;
	struct in6_addr daddr;

	if (!by_destination(pkt))
		return route6_output(pkt, to);

	cache = &pkt->conf->routes[hash_32(ipv6_addr_hash(&to->daddr), ROUTE_BITS)];
	/* Local traffic comes here in process context. */
	local_bh_disable();
	dst = dst_cache_get_ip6(cache, &daddr);
	if (!dst || !ipv6_addr_equal(&daddr, &to->daddr)) {
		dst_release(dst);
		dst = route6_output(pkt, to);
		if (dst && !multipath(dst))
			dst_cache_set_ip6(cache, dst, &to->daddr);
	}
	local_bh_enable();

	return dst;
}

/**
 * nf_mapt_route6_input - IPv6 route of a packet that is forwarded
 * @pkt: packet, still IPv4
 * @to: its new addresses
 *
 * Return: route without a reference, valid under RCU; or NULL.
 */
struct dst_entry *nf_mapt_route6_input(const struct nf_mapt_pkt *pkt,
				       const struct nf_mapt_addrs6 *to)
{
	struct net_device *dev = pkt->skb->dev;
	struct dst_entry *dst;
	struct flowi6 fl6;

	flow6_init(&fl6, pkt, to);
	fl6.flowi6_iif = dev->ifindex;

	/* Without the packet: its header still is an IPv4 one. */
	dst = ip6_route_input_lookup(pkt->state->net, dev, &fl6, NULL,
				     RT6_LOOKUP_F_HAS_SADDR |
				     RT6_LOOKUP_F_DST_NOREF);

	return dst->error ? NULL : dst;
}

/**
 * nf_mapt_route4_output - IPv4 route of a packet that leaves as our own
 * @pkt: packet, still IPv6
 * @to: its new addresses
 *
 * Return: route with a reference, or NULL.
 */
struct dst_entry *nf_mapt_route4_output(const struct nf_mapt_pkt *pkt,
					const struct nf_mapt_addrs4 *to)
{
	struct rtable *rt;
	struct flowi4 fl4 = {
		.daddr		= to->daddr,
		.saddr		= to->saddr,
		.flowi4_flags	= FLOWI_FLAG_ANYSRC,
		.flowi4_mark	= pkt->skb->mark,
		.flowi4_proto	= pkt->proto == IPPROTO_ICMPV6 ? IPPROTO_ICMP :
								 pkt->proto,
		.flowi4_oif	= l3mdev_master_ifindex_rcu(pkt->state->out),
	};

	rt = ip_route_output_flow(pkt->state->net, &fl4, NULL);

	return IS_ERR(rt) ? NULL : &rt->dst;
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
 * Return: route, which the packet has now, valid under RCU; or NULL.
 */
struct dst_entry *nf_mapt_route4_input(const struct nf_mapt_pkt *pkt,
				       const struct nf_mapt_addrs4 *to)
{
	struct sk_buff *skb = pkt->skb;
	struct inet6_skb_parm parm = *IP6CB(skb);
	dscp_t dscp;
	int err;

	dscp = inet_dsfield_to_dscp(ipv6_get_dsfield(ipv6_hdr(skb)));
	skb_dst_drop(skb);
	skb->protocol = htons(ETH_P_IP);
	err = ip_route_input_noref(skb, to->daddr, to->saddr, dscp, skb->dev);
	skb->protocol = htons(ETH_P_IPV6);
	*IP6CB(skb) = parm;

	return err ? NULL : skb_dst(skb);
}

/**
 * nf_mapt_route6_headroom - bytes that go in front of an IPv6 header
 * @dst: its route
 */
unsigned int nf_mapt_route6_headroom(const struct dst_entry *dst)
{
	return dst->dev ? LL_RESERVED_SPACE(dst->dev) : LL_MAX_HEADER;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: a packet's way through a CE and a BR (RFC 7599 section 8)
 *
 *               PREROUTING                      POSTROUTING
 *   CE   IPv6 -> nf_mapt_ce() -> IPv4      IPv4 -> nf_mapt_ce() -> IPv6
 *        ce_down()                          ce_up()
 *
 *               PREROUTING, FORWARD, OUTPUT
 *   BR   IPv4 -> nf_mapt_br() -> IPv6      br_4to6()
 *        IPv6 -> nf_mapt_br() -> IPv4      br_6to4()
 *
 * Each of the four parses the packet (nf_mapt_parse.c), maps its addresses by
 * the rules (nf_mapt_rule.c) with all checks, asks the route in the new family
 * whether it fits, translates it in place (nf_mapt_xlat.c, nf_mapt_icmp.c) and
 * hands it to the new family's stack.  A packet that is not for MAP-T goes on
 * through the ruleset; one that fails a check is dropped and counted.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/addrconf.h>
#include <net/dst.h>
#include <net/dst_metadata.h>
#include <net/gso.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ip_fib.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_mapt.h>
#include <net/route.h>
#include <net/xfrm.h>

#define IP_GROWTH	(sizeof(struct ipv6hdr) - sizeof(struct iphdr))
#define FRAG_GROWTH	(IP_GROWTH + sizeof(struct frag_hdr))

/* ------------------------------------------------------------------------
 * Mapping addresses: RFC 7599 sections 8.1 to 8.4
 *
 * @port belongs to the end whose address is mapped.
 */

/* RFC 6052 section 3.1: what the Well-Known Prefix must not stand for. Of the
 * addresses that are not global those for documentation are let through: no
 * network has them, and every example uses them.
 */
static bool non_global4(__be32 addr)
{
	return ipv4_is_private_10(addr) || ipv4_is_private_172(addr) ||
	       ipv4_is_private_192(addr) || ipv4_is_linklocal_169(addr) ||
	       ipv4_is_loopback(addr) || ipv4_is_zeronet(addr) ||
	       (addr & htonl(0xffc00000)) == htonl(0x64400000);
}

static enum nf_mapt_stat dmr_allowed(const struct nf_mapt_table *table,
				     __be32 addr)
{
	const struct in6_addr *dmr = &table->dmr.addr;

	if (table->dmr.len != 96 || dmr->s6_addr32[0] != htonl(0x0064ff9b) ||
	    dmr->s6_addr32[1] || !non_global4(addr))
		return NF_MAPT_OK;

	return NF_MAPT_MARTIAN;
}

/* MAP address of another CE, or where there is none the address behind the BR
 * (RFC 7599 section 8.1).
 */
static enum nf_mapt_stat addr_4to6(const struct nf_mapt_pkt *pkt, __be32 addr4,
				   u16 port, bool or_dmr, struct in6_addr *addr6)
{
	const struct nf_mapt_table *table = &pkt->conf->table;
	const struct nf_mapt_rule *rule;
	u32 addr = ntohl(addr4);

	rule = nf_mapt_table_lookup4(table, addr, port);
	if (!rule) {
		if (!or_dmr)
			return NF_MAPT_NOT_OURS;
		nf_mapt_dmr_addr6(table, addr4, addr6);
		return dmr_allowed(table, addr4);
	}
	if (nf_mapt_rule_shared(rule)) {
		if (!pkt->has_ports)
			return NF_MAPT_NO_PORT;
		if (nf_mapt_rule_port_excluded(rule, port))
			return NF_MAPT_EXCLUDED_PORT;
	}
	nf_mapt_rule_addr6(rule, addr, nf_mapt_rule_port_psid(rule, port),
			   addr6);

	return NF_MAPT_OK;
}

/* IPv4 address behind the BR or, with all checks, of a CE (RFC 7599 sections
 * 8.2 and 8.3).
 */
static enum nf_mapt_stat addr_6to4(const struct nf_mapt_pkt *pkt,
				   const struct in6_addr *addr6, u16 port,
				   bool or_dmr, __be32 *addr4)
{
	const struct nf_mapt_table *table = &pkt->conf->table;
	const struct nf_mapt_rule *rule;
	bool is_dmr;
	u32 addr;
	u16 psid;

	rule = nf_mapt_table_lookup6(table, addr6, &is_dmr);
	if (!rule) {
		if (!is_dmr || !or_dmr)
			return NF_MAPT_NOT_OURS;
		*addr4 = nf_mapt_dmr_addr4(table, addr6);
		return dmr_allowed(table, *addr4);
	}
	if (!nf_mapt_rule_addr4(rule, addr6, &addr, &psid))
		return NF_MAPT_SRC_SPOOF;
	if (nf_mapt_rule_shared(rule)) {
		if (!pkt->has_ports)
			return NF_MAPT_NO_PORT;
		if (nf_mapt_rule_port_excluded(rule, port) ||
		    nf_mapt_rule_port_psid(rule, port) != psid)
			return NF_MAPT_SRC_SPOOF;
	}
	*addr4 = htonl(addr);

	return NF_MAPT_OK;
}

static enum nf_mapt_stat dmr_6to4(const struct nf_mapt_pkt *pkt,
				  const struct in6_addr *addr6, __be32 *addr4)
{
	const struct nf_mapt_table *table = &pkt->conf->table;
	bool is_dmr;

	if (nf_mapt_table_lookup6(table, addr6, &is_dmr) || !is_dmr)
		return NF_MAPT_NOT_OURS;
	*addr4 = nf_mapt_dmr_addr4(table, addr6);

	return dmr_allowed(table, *addr4);
}

/* The CE's own address and port, as IPv4 has them. */
static enum nf_mapt_stat own_4to6(const struct nf_mapt_pkt *pkt, __be32 addr4,
				  u16 port, struct in6_addr *addr6)
{
	const struct nf_mapt_ce *ce = &pkt->conf->ce;
	u32 addr = ntohl(addr4);

	if (!nf_mapt_ce_has_addr(ce, addr))
		return NF_MAPT_CE_SRC_ADDR;
	if (nf_mapt_rule_shared(&ce->rule)) {
		if (!pkt->has_ports)
			return NF_MAPT_NO_PORT;
		if (!nf_mapt_port_set_has(&ce->ports, port))
			return NF_MAPT_CE_SRC_PORT;
	}
	nf_mapt_rule_addr6(&ce->rule, addr, ce->psid, addr6);

	return NF_MAPT_OK;
}

/* The CE's own MAP address, of which it may have a prefix's worth. */
static enum nf_mapt_stat own_6to4(const struct nf_mapt_pkt *pkt,
				  const struct in6_addr *addr6, u16 port,
				  __be32 *addr4)
{
	const struct nf_mapt_ce *ce = &pkt->conf->ce;
	u32 addr;
	u16 psid;

	if (!nf_mapt_rule_addr4(&ce->rule, addr6, &addr, &psid) ||
	    !nf_mapt_ce_has_addr(ce, addr) || psid != ce->psid)
		return NF_MAPT_NOT_OURS;
	if (nf_mapt_rule_shared(&ce->rule)) {
		if (!pkt->has_ports)
			return NF_MAPT_NO_PORT;
		/* RFC 7599 8.2: silently discard */
		if (!nf_mapt_port_set_has(&ce->ports, port))
			return NF_MAPT_CE_DST_PORT;
	}
	*addr4 = htonl(addr);

	return NF_MAPT_OK;
}

/* RFC 7915 section 4.1: illegal as a source. */
static bool martian4(__be32 addr)
{
	return ipv4_is_zeronet(addr) || ipv4_is_loopback(addr) ||
	       ipv4_is_multicast(addr) || ipv4_is_lbcast(addr) ||
	       (addr & htonl(0xf0000000)) == htonl(0xf0000000);
}

/* RFC 7915 section 5.1 */
static bool martian6(const struct in6_addr *addr)
{
	return ipv6_addr_type(addr) & (IPV6_ADDR_MULTICAST |
				       IPV6_ADDR_LOOPBACK |
				       IPV6_ADDR_LINKLOCAL) ||
	       ipv6_addr_any(addr);
}

static const struct iphdr *inner4(const struct nf_mapt_pkt *pkt)
{
	return (const struct iphdr *)(pkt->skb->data + pkt->inner.off);
}

static const struct ipv6hdr *inner6(const struct nf_mapt_pkt *pkt)
{
	return (const struct ipv6hdr *)(pkt->skb->data + pkt->inner.off);
}

/* ------------------------------------------------------------------------
 * Routes and MTUs
 */

static bool fits(const struct sk_buff *skb, unsigned int mtu)
{
	if (skb_is_gso(skb))
		return skb_gso_validate_network_len(skb, mtu);

	return skb->len <= mtu;
}

/*
 * RFC 7915 section 4.1: a DF = 1 packet that would not fit is answered, in
 * IPv4 to an IPv4 sender; others are fragmented on their way out.
 */
static enum nf_mapt_stat check_mtu_4to6(struct nf_mapt_pkt *pkt,
					unsigned int mtu6)
{
	struct sk_buff *skb = pkt->skb;
	const struct iphdr *iph = ip_hdr(skb);
	unsigned int fragments = IPCB(skb)->frag_max_size;

	if (!(iph->frag_off & htons(IP_DF)) || pkt->icmp_error)
		return NF_MAPT_OK;
	if (fragments ? fragments + FRAG_GROWTH <= mtu6 :
			fits(skb, mtu6 - IP_GROWTH))
		return NF_MAPT_OK;

	nf_mapt_icmp_send4(pkt, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
			   mtu6 - (fragments ? FRAG_GROWTH : IP_GROWTH));

	return NF_MAPT_TOO_BIG;
}

/* RFC 7915 section 5: likewise, but what an IPv6 link had to carry anyway
 * becomes a DF = 0 packet.
 */
static enum nf_mapt_stat check_mtu_6to4(struct nf_mapt_pkt *pkt,
					unsigned int mtu4)
{
	const struct sk_buff *skb = pkt->skb;
	unsigned int skipped = pkt->thoff - sizeof(struct ipv6hdr);

	if (pkt->icmp_error || IP6CB(skb)->frag_max_size ||
	    (!skb_is_gso(skb) && skb->len <= IPV6_MIN_MTU))
		return NF_MAPT_OK;
	if (fits(skb, mtu4 + IP_GROWTH + skipped))
		return NF_MAPT_OK;

	nf_mapt_icmp_send6(pkt, ICMPV6_PKT_TOOBIG, 0,
			   max_t(u32, mtu4 + IP_GROWTH, IPV6_MIN_MTU));

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

/* Route of a packet that leaves this router as its own: CE, local traffic. */
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

/* Route of a packet that is forwarded; not referenced. */
static struct dst_entry *route6_input(const struct nf_mapt_pkt *pkt,
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

static struct dst_entry *route4_output(const struct nf_mapt_pkt *pkt,
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

/*
 * Ingress route in IPv4 of a packet that still is IPv6: only then can it be
 * answered as it came. The lookup reads no more of the packet than its
 * protocol and, for a multipath hash, a header that is as good as the flow's;
 * what it notes in the control block is of the other family.
 */
static struct dst_entry *route4_input(const struct nf_mapt_pkt *pkt,
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

/* Leaves by POSTROUTING of the new family. */
static void output(const struct nf_mapt_pkt *pkt, struct dst_entry *dst)
{
	skb_dst_drop(pkt->skb);
	skb_dst_set(pkt->skb, dst);
	dst_output(pkt->state->net, pkt->skb->sk, pkt->skb);
}

/* Goes on as if just routed, to FORWARD or to a local socket. */
static void input6(const struct nf_mapt_pkt *pkt, struct dst_entry *dst)
{
	struct sk_buff *skb = pkt->skb;

	IP6CB(skb)->iif = skb->dev->ifindex;
	skb_dst_drop(skb);
	skb_dst_set_noref(skb, dst);
	dst_input(skb);
}

static unsigned int headroom6(const struct dst_entry *dst)
{
	return dst->dev ? LL_RESERVED_SPACE(dst->dev) : LL_MAX_HEADER;
}

/* Segment, then go the same way with each. */
static enum nf_mapt_stat go_segments(struct nf_mapt_pkt *pkt,
				     enum nf_mapt_stat (*way)(struct nf_mapt_pkt *))
{
	struct nf_mapt_pkt seg = {
		.conf	= pkt->conf,
		.state	= pkt->state,
	};
	struct sk_buff *segs, *skb, *next;
	enum nf_mapt_stat res;

	segs = skb_gso_segment(pkt->skb, NETIF_F_SG);
	if (IS_ERR_OR_NULL(segs))
		return NF_MAPT_NO_MEMORY;

	consume_skb(pkt->skb);
	skb_list_walk_safe(segs, skb, next) {
		skb_mark_not_on_list(skb);
		seg.skb = skb;
		seg.has_ports = false;
		seg.icmp_error = false;
		memset(&seg.inner, 0, sizeof(seg.inner));
		res = way(&seg);
		if (res != NF_MAPT_OK)
			nf_mapt_drop(pkt->state->net, skb,
				     res > NF_MAPT_OK ? res : NF_MAPT_BAD_HEADER);
	}

	return NF_MAPT_OK;
}

/*
 * nf_tables checks a chain's priority only when its base chain is loaded, and
 * caches the answer. A packet that conntrack has seen before translation would
 * be known to it in both families.
 */
static bool misplaced(const struct nf_mapt_pkt *pkt)
{
	enum ip_conntrack_info ctinfo;

	return pkt->state->hook != NF_INET_LOCAL_OUT &&
	       nf_ct_get(pkt->skb, &ctinfo);
}

/* ------------------------------------------------------------------------
 * CE, upstream: IPv4 to IPv6 in POSTROUTING, behind the NAPT (section 8.1)
 */

static enum nf_mapt_stat ce_map_up(const struct nf_mapt_pkt *pkt,
				   struct nf_mapt_addrs6 *to)
{
	const struct nf_mapt_ce *ce = &pkt->conf->ce;
	const struct iphdr *iph = ip_hdr(pkt->skb);
	enum nf_mapt_stat res;

	res = own_4to6(pkt, iph->saddr, pkt->sport, &to->saddr);
	if (res != NF_MAPT_OK)
		return res;
	if (martian4(iph->daddr) || iph->daddr == htonl(INADDR_DUMMY))
		return NF_MAPT_MARTIAN;
	/* It would come back from the BR and go out again until its TTL ends. */
	if (nf_mapt_ce_has_addr(ce, ntohl(iph->daddr)) &&
	    (!nf_mapt_rule_shared(&ce->rule) ||
	     nf_mapt_port_set_has(&ce->ports, pkt->dport)))
		return NF_MAPT_CE_LOOP;
	res = addr_4to6(pkt, iph->daddr, pkt->dport, true, &to->daddr);
	if (res != NF_MAPT_OK || !pkt->icmp_error)
		return res;

	/* The embedded packet went the other way. */
	res = own_4to6(pkt, inner4(pkt)->daddr, pkt->sport, &to->inner_daddr);
	if (res != NF_MAPT_OK)
		return res;

	return addr_4to6(pkt, inner4(pkt)->saddr, pkt->dport, true,
			 &to->inner_saddr);
}

/*
 * Taking the packet away skips the hook that confirms its connection, without
 * which there would be no way back for replies.
 */
static enum nf_mapt_stat ce_confirm(struct nf_mapt_pkt *pkt)
{
	if (nf_confirm(NULL, pkt->skb, pkt->state) != NF_ACCEPT)
		return NF_MAPT_UNCONFIRMED;

	return NF_MAPT_OK;
}

static enum nf_mapt_stat ce_up(struct nf_mapt_pkt *pkt)
{
	struct net *net = pkt->state->net;
	struct sk_buff *skb = pkt->skb;
	struct nf_mapt_addrs6 to;
	struct dst_entry *dst;
	enum nf_mapt_stat res;
	unsigned int mtu;
	__be16 id;

	res = nf_mapt_parse4(pkt);
	if (res == NF_MAPT_SOURCE_ROUTE)
		nf_mapt_icmp_send4(pkt, ICMP_DEST_UNREACH, ICMP_SR_FAILED, 0);
	if (res != NF_MAPT_OK)
		return res;

	res = ce_map_up(pkt, &to);
	if (res == NF_MAPT_OK)
		res = ce_confirm(pkt);
	if (res != NF_MAPT_OK)
		return res;
	if (unlikely(nf_mapt_xlat_needs_segments(pkt)))
		return go_segments(pkt, ce_up);

	dst = route6_output(pkt, &to);
	if (!dst) {
		nf_mapt_icmp_send4(pkt, ICMP_DEST_UNREACH, ICMP_NET_UNREACH, 0);
		return NF_MAPT_NO_ROUTE;
	}
	mtu = dst_mtu(dst);
	id = ip_hdr(skb)->id;
	res = check_mtu_4to6(pkt, mtu);
	if (res == NF_MAPT_OK)
		res = nf_mapt_xlat_4to6(pkt, &to, mtu, headroom6(dst));
	if (res != NF_MAPT_OK) {
		dst_release(dst);
		return res;
	}

	nf_mapt_count(net, NF_MAPT_XLAT_4TO6);
	if (pkt->state->in)
		skb->dev = pkt->state->in;
	skb_dst_drop(skb);
	skb_dst_set(skb, dst);
	if (IP6CB(skb)->frag_max_size && skb->len > IP6CB(skb)->frag_max_size)
		nf_mapt_frag_output(net, skb, pkt->state->in,
				    nf_mapt_frag_id(&pkt->conf->ce, id));
	else
		dst_output(net, skb->sk, skb);

	return NF_MAPT_OK;
}

/* ------------------------------------------------------------------------
 * CE, downstream: IPv6 to IPv4 in PREROUTING (section 8.2)
 */

/* A source that our inside has must not come from outside. */
static bool ce_inside(const struct nf_mapt_pkt *pkt, __be32 saddr)
{
	struct net_device *dev = pkt->skb->dev;
	struct fib_result res;
	struct flowi4 fl4 = {
		.daddr		= saddr,
		.flowi4_iif	= LOOPBACK_IFINDEX,
		.flowi4_scope	= RT_SCOPE_UNIVERSE,
		.flowi4_mark	= pkt->skb->mark,
	};

	fl4.flowi4_l3mdev = l3mdev_master_ifindex_rcu(dev);
	if (fib_lookup(pkt->state->net, &fl4, &res, FIB_LOOKUP_NOREF))
		return false;
	switch (res.type) {
	case RTN_UNICAST:
		return !fib_info_nh_uses_dev(res.fi, dev);
	case RTN_LOCAL:
	case RTN_BROADCAST:
		return true;
	}

	return false;
}

/* RFC 7600 section 4.8: for errors of routers that have no IPv4 address. */
static __be32 ce_icmp_source(const struct nf_mapt_pkt *pkt)
{
	return pkt->conf->icmp_source ?: htonl(INADDR_DUMMY);
}

static enum nf_mapt_stat ce_map_down(const struct nf_mapt_pkt *pkt,
				     struct nf_mapt_addrs4 *to)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(pkt->skb);
	enum nf_mapt_stat res;

	res = own_6to4(pkt, &ip6h->daddr, pkt->dport, &to->daddr);
	if (res != NF_MAPT_OK)
		return res;
	res = addr_6to4(pkt, &ip6h->saddr, pkt->sport, true, &to->saddr);
	if (!pkt->icmp_error)
		return res;

	/* From routers in between: what counts is whether it was we who sent
	 * the embedded packet (RFC 6791).
	 */
	if (res == NF_MAPT_NOT_OURS || res == NF_MAPT_SRC_SPOOF)
		to->saddr = ce_icmp_source(pkt);
	else if (res != NF_MAPT_OK)
		return res;
	res = own_6to4(pkt, &inner6(pkt)->saddr, pkt->dport, &to->inner_saddr);
	if (res != NF_MAPT_OK)
		return res;

	return addr_6to4(pkt, &inner6(pkt)->daddr, pkt->sport, true,
			 &to->inner_daddr);
}

static int ce_down_finish(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);

	if (!skb_valid_dst(skb) &&
	    ip_route_input_noref(skb, iph->daddr, iph->saddr, ip4h_dscp(iph),
				 skb->dev)) {
		nf_mapt_drop(net, skb, NF_MAPT_NO_ROUTE);
		return NET_RX_DROP;
	}

	return dst_input(skb);
}

static enum nf_mapt_stat ce_down(struct nf_mapt_pkt *pkt)
{
	struct net *net = pkt->state->net;
	struct sk_buff *skb = pkt->skb;
	struct nf_mapt_addrs4 to = {};
	enum nf_mapt_stat res, parsed;

	parsed = nf_mapt_parse6(pkt);
	if (parsed == NF_MAPT_NOT_OURS)
		return parsed;
	/* Only packets to the MAP address are ours, translatable or not. */
	res = ce_map_down(pkt, &to);
	if (res == NF_MAPT_NOT_OURS)
		return res;
	if (misplaced(pkt))
		return NF_MAPT_MISPLACED;
	if (parsed == NF_MAPT_SOURCE_ROUTE)
		nf_mapt_icmp_send6(pkt, ICMPV6_PARAMPROB, ICMPV6_HDR_FIELD,
				   pkt->thoff);
	if (parsed != NF_MAPT_OK)
		return parsed;
	/* RFC 7599 8.2: SHOULD answer */
	if (res == NF_MAPT_SRC_SPOOF && pkt->proto != IPPROTO_ICMPV6 &&
	    !(pkt->conf->flags & NFT_MAPT_F_SILENT))
		nf_mapt_icmp_send6(pkt, ICMPV6_DEST_UNREACH, ICMPV6_POLICY_FAIL,
				   0);
	if (res != NF_MAPT_OK)
		return res;
	if (martian4(to.saddr) && !pkt->icmp_error)
		return NF_MAPT_MARTIAN;
	if (to.saddr != ce_icmp_source(pkt) && ce_inside(pkt, to.saddr))
		return NF_MAPT_CE_INSIDE_SRC;
	if (unlikely(nf_mapt_xlat_needs_segments(pkt)))
		return go_segments(pkt, ce_down);

	res = nf_mapt_xlat_6to4(pkt, &to, U16_MAX);
	if (res != NF_MAPT_OK)
		return res;

	nf_mapt_count(net, NF_MAPT_XLAT_6TO4);
	/* From here conntrack shall see it, to undo the NAPT. */
	nf_reset_ct(skb);
	skb_dst_drop(skb);
	NF_HOOK(NFPROTO_IPV4, NF_INET_PRE_ROUTING, net, NULL, skb, skb->dev,
		NULL, ce_down_finish);

	return NF_MAPT_OK;
}

/* ------------------------------------------------------------------------
 * BR, IPv4 to IPv6 (section 8.4)
 */

static enum nf_mapt_stat br_map_4to6(const struct nf_mapt_pkt *pkt,
				     struct nf_mapt_addrs6 *to)
{
	const struct nf_mapt_table *table = &pkt->conf->table;
	const struct iphdr *iph = ip_hdr(pkt->skb);
	enum nf_mapt_stat res;

	res = addr_4to6(pkt, iph->daddr, pkt->dport, false, &to->daddr);
	if (res != NF_MAPT_OK)
		return res;
	/* RFC 7915 4.1: an error is of use even so. */
	if (martian4(iph->saddr) && !pkt->icmp_error)
		return NF_MAPT_MARTIAN;
	nf_mapt_dmr_addr6(table, iph->saddr, &to->saddr);
	res = dmr_allowed(table, iph->saddr);
	if (res != NF_MAPT_OK || !pkt->icmp_error)
		return res;

	nf_mapt_dmr_addr6(table, inner4(pkt)->daddr, &to->inner_daddr);
	res = addr_4to6(pkt, inner4(pkt)->saddr, pkt->dport, false,
			&to->inner_saddr);

	return res == NF_MAPT_NOT_OURS ? NF_MAPT_ICMP_UNTRANSLATABLE : res;
}

static enum nf_mapt_stat br_4to6(struct nf_mapt_pkt *pkt)
{
	bool local = pkt->state->hook == NF_INET_LOCAL_OUT;
	struct net *net = pkt->state->net;
	struct nf_mapt_addrs6 to = {};
	enum nf_mapt_stat res, parsed;
	struct dst_entry *dst;
	unsigned int mtu;

	parsed = nf_mapt_parse4(pkt);
	res = br_map_4to6(pkt, &to);
	if (res == NF_MAPT_NOT_OURS)
		return res;
	if (misplaced(pkt))
		return NF_MAPT_MISPLACED;
	if (parsed == NF_MAPT_SOURCE_ROUTE)
		nf_mapt_icmp_send4(pkt, ICMP_DEST_UNREACH, ICMP_SR_FAILED, 0);
	if (parsed != NF_MAPT_OK)
		return parsed;
	if (res != NF_MAPT_OK)
		return res;

	if (!local && ip_hdr(pkt->skb)->ttl <= 1) {
		nf_mapt_icmp_send4(pkt, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
		return NF_MAPT_TTL;
	}
	if (unlikely(nf_mapt_xlat_needs_segments(pkt)))
		return go_segments(pkt, br_4to6);
	dst = local ? route6_output(pkt, &to) : route6_input(pkt, &to);
	if (!dst) {
		nf_mapt_icmp_send4(pkt, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
		return NF_MAPT_NO_ROUTE;
	}
	mtu = dst_mtu(dst);
	res = check_mtu_4to6(pkt, mtu);
	if (res == NF_MAPT_OK)
		res = nf_mapt_xlat_4to6(pkt, &to, mtu, headroom6(dst));
	if (res != NF_MAPT_OK) {
		if (local)
			dst_release(dst);
		return res;
	}

	nf_mapt_count(net, NF_MAPT_XLAT_4TO6);
	if (local)
		output(pkt, dst);
	else
		input6(pkt, dst);

	return NF_MAPT_OK;
}

/* ------------------------------------------------------------------------
 * BR, IPv6 to IPv4 (section 8.3), and back for another CE (hairpin)
 */

/* RFC 6791: an address of ours for routers that have none. */
static __be32 br_icmp_source(const struct nf_mapt_pkt *pkt, __be32 daddr)
{
	struct flowi4 fl4 = { .daddr = daddr };
	struct rtable *rt;

	if (pkt->conf->icmp_source)
		return pkt->conf->icmp_source;

	rt = ip_route_output_key(pkt->state->net, &fl4);
	if (IS_ERR(rt))
		return 0;
	ip_rt_put(rt);

	return fl4.saddr;
}

/* @own_source is set for an error of a router that has no IPv4 address. */
static enum nf_mapt_stat br_map_6to4(const struct nf_mapt_pkt *pkt,
				     struct nf_mapt_addrs4 *to,
				     bool *own_source)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(pkt->skb);
	enum nf_mapt_stat res;

	res = dmr_6to4(pkt, &ip6h->daddr, &to->daddr);
	if (res != NF_MAPT_OK)
		return res;
	res = addr_6to4(pkt, &ip6h->saddr, pkt->sport, false, &to->saddr);
	if (!pkt->icmp_error)
		return res;

	if (res == NF_MAPT_NOT_OURS)
		to->saddr = 0;
	else if (res != NF_MAPT_OK)
		return res;
	res = dmr_6to4(pkt, &inner6(pkt)->saddr, &to->inner_saddr);
	if (res == NF_MAPT_OK)
		res = addr_6to4(pkt, &inner6(pkt)->daddr, pkt->sport, false,
				&to->inner_daddr);
	/* Nobody's embedded packet: not one that a router of ours has seen. */
	if (res == NF_MAPT_NOT_OURS && to->saddr)
		return NF_MAPT_ICMP_UNTRANSLATABLE;
	if (res != NF_MAPT_OK || to->saddr)
		return res;

	to->saddr = br_icmp_source(pkt, to->daddr);
	*own_source = true;

	return to->saddr ? NF_MAPT_OK : NF_MAPT_NO_ROUTE;
}

/* The destination is another CE of ours. Section 8.4 applies to the IPv4
 * packet as if it had come from outside; the hop limit falls once.
 */
static enum nf_mapt_stat br_hairpin(struct nf_mapt_pkt *pkt,
				    const struct nf_mapt_addrs4 *to4, bool local)
{
	struct nf_mapt_pkt back = {
		.conf	= pkt->conf,
		.state	= pkt->state,
		.skb	= pkt->skb,
	};
	struct nf_mapt_addrs6 to6 = {};
	struct dst_entry *dst;
	enum nf_mapt_stat res;
	unsigned int mtu;

	res = nf_mapt_xlat_6to4(pkt, to4, U16_MAX);
	if (res == NF_MAPT_OK)
		res = nf_mapt_parse4(&back);
	if (res == NF_MAPT_OK)
		res = br_map_4to6(&back, &to6);
	if (res != NF_MAPT_OK)
		return res;

	dst = local ? route6_output(&back, &to6) : route6_input(&back, &to6);
	if (!dst)
		return NF_MAPT_NO_ROUTE;
	mtu = dst_mtu(dst);
	res = nf_mapt_xlat_4to6(&back, &to6, mtu, headroom6(dst));
	if (res != NF_MAPT_OK) {
		if (local)
			dst_release(dst);
		return res;
	}

	nf_mapt_count(pkt->state->net, NF_MAPT_HAIRPIN);
	if (local)
		output(&back, dst);
	else
		input6(&back, dst);

	return NF_MAPT_OK;
}

static enum nf_mapt_stat br_6to4(struct nf_mapt_pkt *pkt)
{
	bool local = pkt->state->hook == NF_INET_LOCAL_OUT;
	const struct nf_mapt_table *table = &pkt->conf->table;
	struct net *net = pkt->state->net;
	struct sk_buff *skb = pkt->skb;
	/* With a source of ours it can't come in, but it can go out. */
	bool output_route = local;
	struct nf_mapt_addrs4 to = {};
	enum nf_mapt_stat res, parsed;
	struct dst_entry *dst;
	unsigned int mtu;

	parsed = nf_mapt_parse6(pkt);
	if (parsed == NF_MAPT_NOT_OURS)
		return parsed;
	res = br_map_6to4(pkt, &to, &output_route);
	if (res == NF_MAPT_NOT_OURS)
		return res;
	if (misplaced(pkt))
		return NF_MAPT_MISPLACED;
	if (parsed == NF_MAPT_SOURCE_ROUTE)
		nf_mapt_icmp_send6(pkt, ICMPV6_PARAMPROB, ICMPV6_HDR_FIELD,
				   pkt->thoff);
	if (parsed != NF_MAPT_OK)
		return parsed;
	if (martian6(&ipv6_hdr(skb)->saddr))
		return NF_MAPT_MARTIAN;
	/* RFC 7599 8.3: SHOULD answer; RFC 7915 5.4: but not ICMPv6 */
	if (res == NF_MAPT_SRC_SPOOF && pkt->proto != IPPROTO_ICMPV6 &&
	    !(pkt->conf->flags & NFT_MAPT_F_SILENT))
		nf_mapt_icmp_send6(pkt, ICMPV6_DEST_UNREACH, ICMPV6_POLICY_FAIL,
				   0);
	if (res != NF_MAPT_OK)
		return res;

	if (!local && ipv6_hdr(skb)->hop_limit <= 1) {
		nf_mapt_icmp_send6(pkt, ICMPV6_TIME_EXCEED,
				   ICMPV6_EXC_HOPLIMIT, 0);
		return NF_MAPT_TTL;
	}
	if (unlikely(nf_mapt_xlat_needs_segments(pkt)))
		return go_segments(pkt, br_6to4);
	if (nf_mapt_table_lookup4(table, ntohl(to.daddr), pkt->dport))
		return br_hairpin(pkt, &to, local);

	dst = output_route ? route4_output(pkt, &to) : route4_input(pkt, &to);
	if (!dst) {
		nf_mapt_icmp_send6(pkt, ICMPV6_DEST_UNREACH, ICMPV6_NOROUTE, 0);
		return NF_MAPT_NO_ROUTE;
	}
	mtu = ip_dst_mtu_maybe_forward(dst, !output_route);
	res = check_mtu_6to4(pkt, mtu);
	if (res == NF_MAPT_OK)
		res = nf_mapt_xlat_6to4(pkt, &to, mtu);
	if (res != NF_MAPT_OK) {
		if (output_route)
			dst_release(dst);
		return res;
	}

	nf_mapt_count(net, NF_MAPT_XLAT_6TO4);
	if (!local && output_route)
		ip_decrease_ttl(ip_hdr(skb));
	if (output_route)
		output(pkt, dst);
	else
		dst_input(skb);

	return NF_MAPT_OK;
}

/* ------------------------------------------------------------------------
 * Entry from the ruleset
 */

static int go(struct nf_mapt_pkt *pkt,
	      enum nf_mapt_stat (*way)(struct nf_mapt_pkt *))
{
	enum nf_mapt_stat res = way(pkt);

	if (res == NF_MAPT_NOT_OURS)
		return -1;
	if (res != NF_MAPT_OK)
		nf_mapt_drop(pkt->state->net, pkt->skb, res);

	return NF_STOLEN;
}

/**
 * nf_mapt_ce - translate at the customer edge, RFC 7599 sections 8.1 and 8.2
 * @conf: configuration
 * @skb: packet, data at its IP header
 * @state: hook: IPv6 in PREROUTING, IPv4 in POSTROUTING
 *
 * Context: RCU read side, bottom halves on or off.
 *
 * Return: %NF_STOLEN, or -1 if the packet is not for MAP-T.
 */
int nf_mapt_ce(const struct nf_mapt_conf *conf, struct sk_buff *skb,
	       const struct nf_hook_state *state)
{
	struct nf_mapt_pkt pkt = { .conf = conf, .skb = skb, .state = state };

	if (state->pf == NFPROTO_IPV4 && state->hook == NF_INET_POST_ROUTING) {
		/* A VRF runs the hook twice; this is the first time. */
		if (netif_is_l3_master(state->out))
			return -1;
		return go(&pkt, ce_up);
	}
	if (state->pf == NFPROTO_IPV6 && state->hook == NF_INET_PRE_ROUTING) {
		if (skb->pkt_type != PACKET_HOST)
			return -1;
		return go(&pkt, ce_down);
	}

	return -1;
}
EXPORT_SYMBOL_GPL(nf_mapt_ce);

/**
 * nf_mapt_br - translate at the border relay, RFC 7599 sections 8.3 and 8.4
 * @conf: configuration
 * @skb: packet, data at its IP header
 * @state: hook: PREROUTING; OUTPUT for the BR's own traffic; FORWARD for a
 *	packet that another statement has made IPv4, to be made IPv6 again
 *
 * Context: RCU read side, bottom halves on or off.
 *
 * Return: %NF_STOLEN, or -1 if the packet is not for MAP-T.
 */
int nf_mapt_br(const struct nf_mapt_conf *conf, struct sk_buff *skb,
	       const struct nf_hook_state *state)
{
	struct nf_mapt_pkt pkt = { .conf = conf, .skb = skb, .state = state };

	if (state->hook == NF_INET_PRE_ROUTING &&
	    skb->pkt_type != PACKET_HOST)
		return -1;

	return go(&pkt, state->pf == NFPROTO_IPV4 ? br_4to6 : br_6to4);
}
EXPORT_SYMBOL_GPL(nf_mapt_br);

static int __init nf_mapt_init(void)
{
	return nf_mapt_stat_init();
}

static void __exit nf_mapt_exit(void)
{
	nf_mapt_stat_fini();
}

module_init(nf_mapt_init);
module_exit(nf_mapt_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("MAP-T (RFC 7599) translation core");

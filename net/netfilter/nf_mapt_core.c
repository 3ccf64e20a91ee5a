// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: a packet's way through a CE and a BR (RFC 7599 section 8)
 *
 *               PREROUTING                           behind POSTROUTING
 *   CE   IPv6 -> nf_mapt_ce_down() -> IPv4      IPv4 -> nf_mapt_ce_up() -> IPv6
 *
 *               PREROUTING, FORWARD, OUTPUT
 *   BR   IPv4 -> nf_mapt_br() -> IPv6      br_4to6()
 *        IPv6 -> nf_mapt_br() -> IPv4      br_6to4()
 *
 * Each of the four parses the packet (nf_siit_parse.c), maps its addresses by
 * the rules with all checks (nf_mapt_addr.c, nf_mapt_rule.c), asks the route in
 * the new family whether it fits (nf_mapt_route.c), translates it in place
 * (nf_siit_xlat.c) and hands it to the new family's stack. What is to be
 * answered is nf_mapt_answer.c's. A packet that is not for MAP-T goes on through
 * the ruleset; one that fails a check is dropped and counted.
 */
#include <linux/etherdevice.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter_bridge.h>
#include <linux/percpu.h>
#include <net/dst.h>
#include <net/dst_metadata.h>
#include <net/gso.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/ipv6_frag.h>
#include <net/l3mdev.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_log.h>
#include <net/netfilter/nf_mapt.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "nf_mapt_core.h"
#include "nf_mapt_flow.h"
#include "nf_mapt_napt.h"
#include "nf_mapt_route.h"

static const struct iphdr *inner4(const struct nf_mapt_pkt *pkt)
{
	return (const struct iphdr *)(pkt->siit.skb->data + pkt->siit.inner.off);
}

static const struct ipv6hdr *inner6(const struct nf_mapt_pkt *pkt)
{
	return (const struct ipv6hdr *)(pkt->siit.skb->data + pkt->siit.inner.off);
}

/*
 * A translated packet goes on within the function that had it before, so that
 * statements which undo each other, or tunnels through their own packets, nest.
 * So many levels at most: a CE, a BR and a tunnel on one machine take three.
 */
#define DEPTH_MAX	4

static DEFINE_PER_CPU(unsigned int, depth);

/* Where softirqs can be preempted, other tasks may use the counter meanwhile. */
static unsigned int depth_inc(void)
{
	return IS_ENABLED(CONFIG_PREEMPT_RT) ? this_cpu_inc_return(depth) :
					       __this_cpu_inc_return(depth);
}

static void depth_dec(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		this_cpu_dec(depth);
	else
		__this_cpu_dec(depth);
}

/*
 * In pairs, around what a packet does next. Tasks share the counter of a CPU, so
 * they keep others away meanwhile, as they do to transmit; nearly all packets
 * come where that is so anyway.
 */
static void unnest(const struct nf_mapt_pkt *pkt)
{
	depth_dec();
	if (unlikely(pkt->bh))
		local_bh_enable();
}

static __always_inline bool nest(struct nf_mapt_pkt *pkt)
{
	pkt->bh = !in_softirq();
	if (unlikely(pkt->bh))
		local_bh_disable();
	if (likely(depth_inc() <= DEPTH_MAX))
		return true;
	unnest(pkt);

	return false;
}

/* Leaves by POSTROUTING of the new family.
 * @ce: the CE whose port set has the identification of fragments, or NULL
 */
static void output6(const struct nf_mapt_pkt *pkt, unsigned long refdst,
		    const struct nf_mapt_ce *ce)
{
	struct net *net = pkt->state->net;
	struct sk_buff *skb = pkt->siit.skb;

	nf_mapt_route_set(skb, refdst);
	if (likely(!nf_mapt_frag_needed(skb))) {
		dst_output(net, skb->sk, skb);
		return;
	}
	nf_mapt_frag_output(net, skb, pkt->state->in,
			    ce ? nf_mapt_frag_id(ce, pkt->siit.frag_id) : pkt->siit.frag_id);
}

/* Goes on as if just routed, to FORWARD or to a local socket. */
static void input6(const struct nf_mapt_pkt *pkt, unsigned long refdst)
{
	struct sk_buff *skb = pkt->siit.skb;

	IP6CB(skb)->iif = skb->dev->ifindex;
	nf_mapt_route_set(skb, refdst);
	if (likely(!nf_mapt_frag_needed(skb)))
		dst_input(skb);
	else
		nf_mapt_frag_forward(pkt->state->net, skb, pkt->siit.frag_id);
}

/* Segment, then go the same way with each. */
static noinline enum nf_mapt_stat
go_segments(struct nf_mapt_pkt *pkt,
	    enum nf_mapt_stat (*way)(struct nf_mapt_pkt *))
{
	struct sk_buff *segs, *skb, *next;
	enum nf_mapt_stat res;

	res = nf_mapt_siit(nf_siit_segments(pkt->siit.skb, &segs));
	if (res != NF_MAPT_OK)
		return res;

	skb_list_walk_safe(segs, skb, next) {
		struct nf_mapt_pkt seg;

		nf_mapt_pkt_init(&seg, pkt->conf, skb, pkt->state);
		skb_mark_not_on_list(skb);
		/* Of a kind that is not segmented again. */
		res = skb_is_gso(skb) ? NF_MAPT_BAD_HEADER : way(&seg);
		if (unlikely(res != NF_MAPT_OK))
			nf_mapt_drop(pkt->state->net, skb,
				     res > NF_MAPT_OK ? res : NF_MAPT_BAD_HEADER);
	}

	return NF_MAPT_OK;
}

/* What an IPv6 packet made from one with DF = 0 may have. */
static unsigned int mtu_df_clear(const struct nf_mapt_pkt *pkt, unsigned int mtu6)
{
	return min_t(unsigned int, pkt->conf->siit.lowest_ipv6_mtu, mtu6);
}

/* RFC 7915 section 4.5: a management event. Not from namespaces, whose users could
 * fill the log of the host.
 */
static void log_udp_zero(const struct nf_mapt_pkt *pkt)
{
	const struct iphdr *iph = ip_hdr(pkt->siit.skb);

	if (!net_eq(pkt->state->net, &init_net) &&
	    !READ_ONCE(sysctl_nf_log_all_netns))
		return;
	net_info_ratelimited("nf_mapt: dropped UDP without checksum from %pI4 port %u to %pI4 port %u\n",
			     &iph->saddr, pkt->siit.sport, &iph->daddr,
			     pkt->siit.dport);
}

/*
 * Translate to IPv6. When all is well the packet may go on, up to unnest();
 * otherwise its route is released. A part of ways that most networks take only
 * one of.
 */
static __always_inline enum nf_mapt_stat
xlat_to6(struct nf_mapt_pkt *pkt, const struct nf_siit_addrs6 *to,
	 unsigned long refdst, unsigned int mtu, enum nf_mapt_stat count_as)
{
	enum nf_mapt_stat res = NF_MAPT_RECURSION;

	if (likely(nest(pkt))) {
		res = nf_mapt_siit(nf_siit_4to6(&pkt->siit, to, mtu,
						nf_mapt_route6_headroom(refdst)));
		if (likely(res == NF_MAPT_OK)) {
			nf_mapt_count(pkt->state->net, count_as);
			return NF_MAPT_OK;
		}
		unnest(pkt);
		if (res == NF_MAPT_UDP_ZERO_CSUM)
			log_udp_zero(pkt);
	}
	refdst_drop(refdst);

	return res;
}

/* The same, if the packet fits the route that it will take. */
static __always_inline enum nf_mapt_stat
xlat_for_route6(struct nf_mapt_pkt *pkt, const struct nf_siit_addrs6 *to,
		unsigned long refdst, unsigned int mtu)
{
	enum nf_mapt_stat res;

	res = nf_mapt_route_mtu_4to6(pkt, mtu);
	if (unlikely(res != NF_MAPT_OK)) {
		refdst_drop(refdst);
		return res;
	}

	return xlat_to6(pkt, to, refdst, mtu, NF_MAPT_XLAT_4TO6);
}

/* The same to IPv4; the route is the caller's. */
static __always_inline enum nf_mapt_stat
xlat_to4(struct nf_mapt_pkt *pkt, const struct nf_siit_addrs4 *to,
	 unsigned int mtu)
{
	enum nf_mapt_stat res;

	if (unlikely(!nest(pkt)))
		return NF_MAPT_RECURSION;
	res = nf_mapt_siit(nf_siit_6to4(&pkt->siit, to, mtu));
	if (unlikely(res != NF_MAPT_OK)) {
		unnest(pkt);
		return res;
	}
	nf_mapt_count(pkt->state->net, NF_MAPT_XLAT_6TO4);

	return NF_MAPT_OK;
}

/* RFC 7915 4.1: an error is of use even from an address that nobody has, but
 * for those that must never leave their link.
 */
static bool martian_source4(const struct nf_mapt_pkt *pkt, __be32 saddr)
{
	return nf_siit_martian4(saddr) &&
	       (!pkt->siit.icmp_error || nf_siit_link_local4(saddr));
}

/* The addresses of an IPv6 packet that is ours, whatever its ports. */
static bool ours6(const struct nf_mapt_pkt *pkt)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(pkt->siit.skb);
	bool ce = pkt->conf->op == NFT_MAPT_CE;
	enum nf_mapt_stat res;
	__be32 addr;

	res = ce ? nf_mapt_addr_own_6to4(pkt, &ip6h->daddr, 0, &addr) :
		   nf_mapt_addr_dmr_6to4(pkt, &ip6h->daddr, &addr);

	return res != NF_MAPT_NOT_OURS &&
	       nf_mapt_addr_6to4(pkt, &ip6h->saddr, 0, ce, &addr) != NF_MAPT_NOT_OURS;
}

/* Reassemble, then go the same way with the whole packet. */
static noinline enum nf_mapt_stat
go_whole(struct nf_mapt_pkt *pkt, enum nf_mapt_stat (*way)(struct nf_mapt_pkt *))
{
	struct sk_buff *skb = pkt->siit.skb;
	struct nf_mapt_pkt whole;
	enum nf_mapt_stat res;
	int err;

	if (!ours6(pkt))
		return NF_MAPT_NOT_OURS;
	err = nf_siit_frag_gather6(pkt->state->net, skb,
				   pkt->state->hook == NF_INET_LOCAL_OUT ?
				   IP6_DEFRAG_CONNTRACK_OUT :
				   IP6_DEFRAG_CONNTRACK_IN);
	if (err == -EINPROGRESS)
		return NF_MAPT_OK;
	if (err)
		return NF_MAPT_FRAGMENT;

	/* What nf_tables knows of the packet is that it was a fragment. */
	nf_mapt_pkt_init(&whole, pkt->conf, skb, pkt->state);
	res = way(&whole);

	return res == NF_MAPT_NOT_OURS ? NF_MAPT_FRAGMENT : res;
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
	       nf_ct_get(pkt->siit.skb, &ctinfo);
}

/*
 * In PREROUTING nobody has asked yet what IPsec policies want of a packet, and
 * for those of its old family there will be no other time. What they have
 * accepted is not for those of the new family to judge.
 */
static __always_inline bool policy_allows(const struct nf_mapt_pkt *pkt)
{
	struct sk_buff *skb = pkt->siit.skb;

	if (pkt->state->hook != NF_INET_PRE_ROUTING)
		return true;
	/* NFPROTO_ and AF_ are the same for both. */
	if (!xfrm_policy_check(NULL, XFRM_POLICY_FWD, skb, pkt->state->pf))
		return false;
	secpath_reset(skb);

	return true;
}

/*
 * Why a packet that is for MAP-T, but not fit to be translated, is dropped; the
 * sender is answered where it may know. @parsed and @mapped are what parsing it
 * and mapping its addresses came to.
 */
static enum nf_mapt_stat judge6(struct nf_mapt_pkt *pkt,
				enum nf_mapt_stat parsed,
				enum nf_mapt_stat mapped)
{
	if (unlikely(misplaced(pkt)))
		return NF_MAPT_MISPLACED;
	if (unlikely(!policy_allows(pkt)))
		return NF_MAPT_POLICY;
	if (unlikely(parsed == NF_MAPT_SOURCE_ROUTE))
		nf_mapt_icmp_send6(pkt, ICMPV6_PARAMPROB, ICMPV6_HDR_FIELD,
				   pkt->siit.thoff);
	if (unlikely(parsed != NF_MAPT_OK))
		return parsed;
	/* RFC 7599 8.2 and 8.3: SHOULD answer; RFC 7915 5.4: but not ICMPv6 */
	if (mapped == NF_MAPT_SRC_SPOOF && pkt->siit.proto != IPPROTO_ICMPV6 &&
	    !(pkt->conf->flags & NFT_MAPT_F_SILENT))
		nf_mapt_icmp_send6(pkt, ICMPV6_DEST_UNREACH, ICMPV6_POLICY_FAIL,
				   0);

	return mapped;
}

/*
 * The peer's address in the packet inside an ICMP error: one that no packet can
 * have had makes the error a forged one.
 */
static enum nf_mapt_stat embedded4(enum nf_mapt_stat res, __be32 addr)
{
	return res == NF_MAPT_OK && nf_mapt_addr_no_host4(addr) ?
	       NF_MAPT_MARTIAN : res;
}

/* Would its hop limit end here? */
static bool expired6(struct nf_mapt_pkt *pkt)
{
	if (likely(pkt->state->hook == NF_INET_LOCAL_OUT ||
		   ipv6_hdr(pkt->siit.skb)->hop_limit > 1))
		return false;

	nf_mapt_icmp_send6(pkt, ICMPV6_TIME_EXCEED, ICMPV6_EXC_HOPLIMIT, 0);

	return true;
}

/* ------------------------------------------------------------------------
 * CE, upstream: IPv4 to IPv6 in POSTROUTING, behind the NAPT (section 8.1)
 */

static __always_inline enum nf_mapt_stat
ce_map_up(const struct nf_mapt_pkt *pkt, struct nf_siit_addrs6 *to)
{
	const struct nf_mapt_ce *ce = &pkt->conf->ce;
	const struct iphdr *iph = ip_hdr(pkt->siit.skb);
	enum nf_mapt_stat res;

	res = nf_mapt_addr_own_4to6(pkt, iph->saddr, pkt->siit.sport, &to->saddr);
	/* Where there is no NAPT, nobody gives an error of the CE, or of a router
	 * inside, a source that may leave: that which the packet was for.
	 */
	if (res == NF_MAPT_CE_SRC_ADDR && pkt->siit.icmp_error)
		res = nf_mapt_addr_own_4to6(pkt, inner4(pkt)->daddr, pkt->siit.sport,
					    &to->saddr);
	if (unlikely(res != NF_MAPT_OK))
		return res;
	if (nf_mapt_addr_no_host4(iph->daddr))
		return NF_MAPT_MARTIAN;
	/* It would come back from the BR and go out again until its TTL ends. */
	if (nf_mapt_ce_has_addr(ce, ntohl(iph->daddr)) &&
	    (!nf_mapt_rule_shared(&ce->rule) ||
	     nf_mapt_port_set_has(&ce->ports, pkt->siit.dport)))
		return NF_MAPT_CE_LOOP;
	res = nf_mapt_addr_4to6(pkt, iph->daddr, pkt->siit.dport, true, &to->daddr);
	if (likely(res != NF_MAPT_OK || !pkt->siit.icmp_error))
		return res;

	/* The embedded packet went the other way. */
	res = nf_mapt_addr_own_4to6(pkt, inner4(pkt)->daddr, pkt->siit.sport, &to->inner_daddr);
	if (unlikely(res != NF_MAPT_OK))
		return res;

	res = nf_mapt_addr_4to6(pkt, inner4(pkt)->saddr, pkt->siit.dport, true,
				&to->inner_saddr);

	return embedded4(res, inner4(pkt)->saddr);
}

/* Part of nf_mapt_ce_up() for nearly all packets, once more for segments. */
static enum nf_mapt_stat ce_up_segment(struct nf_mapt_pkt *pkt);

static __always_inline enum nf_mapt_stat ce_up(struct nf_mapt_pkt *pkt)
{
	struct nf_siit_addrs6 to __uninitialized;
	struct sk_buff *skb = pkt->siit.skb;
	enum nf_mapt_stat res;
	unsigned long refdst;
	unsigned int mtu;

	res = nf_mapt_siit(nf_siit_parse4(&pkt->siit));
	if (unlikely(res == NF_MAPT_SOURCE_ROUTE))
		nf_mapt_icmp_send4(pkt, ICMP_DEST_UNREACH, ICMP_SR_FAILED, 0);
	if (unlikely(res != NF_MAPT_OK))
		return res;

	res = ce_map_up(pkt, &to);
	if (res == NF_MAPT_OK)
		res = nf_mapt_siit(nf_siit_settle(&pkt->siit));
	if (unlikely(res != NF_MAPT_OK))
		return res;

	refdst = nf_mapt_route6_output(pkt, &to, &mtu);
	if (unlikely(!refdst)) {
		nf_mapt_icmp_send4(pkt, ICMP_DEST_UNREACH, ICMP_NET_UNREACH, 0);
		return NF_MAPT_NO_ROUTE;
	}
	if (unlikely(nf_siit_needs_segments(&pkt->siit, mtu_df_clear(pkt, mtu)))) {
		refdst_drop(refdst);
		return go_segments(pkt, ce_up_segment);
	}
	if (pkt->conf->flows && nf_mapt_flow_wanted(pkt))
		nf_mapt_flow_learn(pkt, &to, refdst);
	res = xlat_for_route6(pkt, &to, refdst, mtu);
	if (unlikely(res != NF_MAPT_OK))
		return res;

	if (pkt->state->in)
		skb->dev = pkt->state->in;
	output6(pkt, refdst, &pkt->conf->ce);
	unnest(pkt);

	return NF_MAPT_OK;
}

static noinline enum nf_mapt_stat ce_up_segment(struct nf_mapt_pkt *pkt)
{
	return ce_up(pkt);
}

/* ------------------------------------------------------------------------
 * CE, downstream: IPv6 to IPv4 in PREROUTING (section 8.2)
 */

/* RFC 7600 section 4.8: for errors of routers that have no IPv4 address. */
static __be32 ce_icmp_source(const struct nf_mapt_pkt *pkt)
{
	return pkt->conf->icmp_source ?: htonl(INADDR_DUMMY);
}

static __always_inline enum nf_mapt_stat
ce_map_down(const struct nf_mapt_pkt *pkt, struct nf_siit_addrs4 *to)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(pkt->siit.skb);
	enum nf_mapt_stat res;

	res = nf_mapt_addr_own_6to4(pkt, &ip6h->daddr, pkt->siit.dport, &to->daddr);
	if (unlikely(res != NF_MAPT_OK))
		return res;
	res = nf_mapt_addr_6to4(pkt, &ip6h->saddr, pkt->siit.sport, true, &to->saddr);
	if (likely(!pkt->siit.icmp_error))
		return res;

	/* From routers in between: what counts is whether it was we who sent
	 * the embedded packet (RFC 6791).
	 */
	if (res == NF_MAPT_NOT_OURS || res == NF_MAPT_SRC_SPOOF)
		to->saddr = ce_icmp_source(pkt);
	else if (unlikely(res != NF_MAPT_OK))
		return res;
	res = nf_mapt_addr_own_6to4(pkt, &inner6(pkt)->saddr, pkt->siit.dport, &to->inner_saddr);
	if (unlikely(res != NF_MAPT_OK))
		return res;

	res = nf_mapt_addr_6to4(pkt, &inner6(pkt)->daddr, pkt->siit.sport, true,
				&to->inner_daddr);

	return embedded4(res, to->inner_daddr);
}

/* As ip_rcv_finish() does. */
static int ce_down_finish(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	skb = l3mdev_ip_rcv(skb);
	if (!skb)
		return NET_RX_SUCCESS;
	if (!skb_valid_dst(skb) && nf_mapt_route4_forward(net, skb)) {
		nf_mapt_drop(net, skb, NF_MAPT_NO_ROUTE);
		return NET_RX_DROP;
	}
	if (!nf_mapt_keep_from_flowtables(skb)) {
		nf_mapt_drop(net, skb, NF_MAPT_NO_MEMORY);
		return NET_RX_DROP;
	}
	if (unlikely(ip_hdr(skb)->protocol == IPPROTO_ICMP))
		nf_mapt_icmp_limit_mtu(skb);

	return dst_input(skb);
}

/**
 * nf_mapt_receive4 - an IPv4 packet that has just come in
 * @net: network namespace
 * @skb: packet, without a route
 *
 * By way of IPv4's PREROUTING, where conntrack sees it.
 */
void nf_mapt_receive4(struct net *net, struct sk_buff *skb)
{
	IPCB(skb)->flags |= IPSKB_MAPT_DOWN;
	NF_HOOK(NFPROTO_IPV4, NF_INET_PRE_ROUTING, net, NULL, skb, skb->dev,
		NULL, ce_down_finish);
}

/* The device that the IPv4 packet comes in by, or NULL. */
static struct net_device *ce_down_dev(const struct nf_mapt_pkt *pkt)
{
	struct net_device *dev;

	if (likely(!pkt->conf->dev[0]))
		return pkt->siit.skb->dev;
	dev = dev_get_by_name_rcu(pkt->state->net, pkt->conf->dev);

	return dev && dev->flags & IFF_UP ? dev : NULL;
}

/* Many kinds of devices that something comes in by count it. */
static void ce_down_change_dev(struct sk_buff *skb, struct net_device *dev)
{
	skb->dev = dev;
	skb->skb_iif = dev->ifindex;
	if (dev->pcpu_stat_type == NETDEV_PCPU_STAT_TSTATS)
		dev_sw_netstats_rx_add(dev, skb->len);
}

/* As ce_up(), once more for segments and reassembled packets. */
static enum nf_mapt_stat ce_down_again(struct nf_mapt_pkt *pkt);

static __always_inline enum nf_mapt_stat ce_down(struct nf_mapt_pkt *pkt)
{
	struct net *net = pkt->state->net;
	struct sk_buff *skb = pkt->siit.skb;
	struct nf_siit_addrs4 to = {};
	enum nf_mapt_stat res, parsed;
	struct net_device *dev;

	parsed = nf_mapt_siit(nf_siit_parse6(&pkt->siit));
	if (parsed == NF_MAPT_NOT_OURS)
		return parsed;
	if (unlikely(parsed == NF_MAPT_FRAGMENT))
		return go_whole(pkt, ce_down_again);
	/* Only packets to the MAP address are ours, translatable or not. */
	res = ce_map_down(pkt, &to);
	if (res == NF_MAPT_NOT_OURS)
		return res;
	res = judge6(pkt, parsed, res);
	if (unlikely(res != NF_MAPT_OK))
		return res;
	if (martian_source4(pkt, to.saddr))
		return NF_MAPT_MARTIAN;
	if (unlikely(expired6(pkt)))
		return NF_MAPT_TTL;
	dev = ce_down_dev(pkt);
	if (unlikely(!dev))
		return NF_MAPT_NO_DEV;
	/* A source that our inside has must not come from outside. */
	if (to.saddr != ce_icmp_source(pkt) &&
	    nf_mapt_route4_inside(net, dev, skb->mark, to.saddr))
		return NF_MAPT_CE_INSIDE_SRC;
	res = nf_mapt_siit(nf_siit_settle(&pkt->siit));
	if (unlikely(res != NF_MAPT_OK))
		return res;
	if (unlikely(nf_siit_needs_segments(&pkt->siit, 0)))
		return go_segments(pkt, ce_down_again);

	res = xlat_to4(pkt, &to, U16_MAX);
	if (unlikely(res != NF_MAPT_OK))
		return res;

	/* From here conntrack shall see it, to undo the NAPT. */
	nf_reset_ct(skb);
	skb_dst_drop(skb);
	if (unlikely(skb->dev != dev))
		ce_down_change_dev(skb, dev);
	nf_mapt_receive4(net, skb);
	unnest(pkt);

	return NF_MAPT_OK;
}

static noinline enum nf_mapt_stat ce_down_again(struct nf_mapt_pkt *pkt)
{
	return ce_down(pkt);
}

/* ------------------------------------------------------------------------
 * BR, IPv4 to IPv6 (section 8.4)
 */

static enum nf_mapt_stat br_map_4to6(const struct nf_mapt_pkt *pkt,
				     struct nf_siit_addrs6 *to)
{
	const struct iphdr *iph = ip_hdr(pkt->siit.skb);
	enum nf_mapt_stat res;

	res = nf_mapt_addr_4to6(pkt, iph->daddr, pkt->siit.dport, false, &to->daddr);
	if (unlikely(res != NF_MAPT_OK))
		return res;
	if (martian_source4(pkt, iph->saddr) || nf_mapt_addr_no_host4(iph->daddr))
		return NF_MAPT_MARTIAN;
	res = nf_mapt_addr_dmr_4to6(pkt, iph->saddr, &to->saddr);
	if (likely(res != NF_MAPT_OK || !pkt->siit.icmp_error))
		return res;

	res = nf_mapt_addr_dmr_4to6(pkt, inner4(pkt)->daddr, &to->inner_daddr);
	res = embedded4(res, inner4(pkt)->daddr);
	if (unlikely(res != NF_MAPT_OK))
		return res;
	res = nf_mapt_addr_4to6(pkt, inner4(pkt)->saddr, pkt->siit.dport, false,
				&to->inner_saddr);

	return res == NF_MAPT_NOT_OURS ? NF_MAPT_ICMP_UNTRANSLATABLE : res;
}

static enum nf_mapt_stat br_4to6(struct nf_mapt_pkt *pkt)
{
	bool local = pkt->state->hook == NF_INET_LOCAL_OUT;
	struct nf_siit_addrs6 to __uninitialized;
	enum nf_mapt_stat res, parsed;
	unsigned long refdst;
	unsigned int mtu;

	parsed = nf_mapt_siit(nf_siit_parse4(&pkt->siit));
	res = br_map_4to6(pkt, &to);
	if (res == NF_MAPT_NOT_OURS)
		return res;
	if (unlikely(misplaced(pkt)))
		return NF_MAPT_MISPLACED;
	if (unlikely(!policy_allows(pkt)))
		return NF_MAPT_POLICY;
	if (unlikely(parsed == NF_MAPT_SOURCE_ROUTE))
		nf_mapt_icmp_send4(pkt, ICMP_DEST_UNREACH, ICMP_SR_FAILED, 0);
	if (unlikely(parsed != NF_MAPT_OK))
		return parsed;
	if (unlikely(res != NF_MAPT_OK))
		return res;

	if (!local && ip_hdr(pkt->siit.skb)->ttl <= 1) {
		nf_mapt_icmp_send4(pkt, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
		return NF_MAPT_TTL;
	}
	res = nf_mapt_siit(nf_siit_settle(&pkt->siit));
	if (unlikely(res != NF_MAPT_OK))
		return res;
	refdst = local ? nf_mapt_route6_output(pkt, &to, &mtu) :
			 nf_mapt_route6_input(pkt, &to, &mtu);
	if (unlikely(!refdst)) {
		nf_mapt_icmp_send4(pkt, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
		return NF_MAPT_NO_ROUTE;
	}
	if (unlikely(nf_siit_needs_segments(&pkt->siit, mtu_df_clear(pkt, mtu)))) {
		refdst_drop(refdst);
		return go_segments(pkt, br_4to6);
	}
	res = xlat_for_route6(pkt, &to, refdst, mtu);
	if (unlikely(res != NF_MAPT_OK))
		return res;

	if (local)
		output6(pkt, refdst, NULL);
	else
		input6(pkt, refdst);
	unnest(pkt);

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
				     struct nf_siit_addrs4 *to,
				     bool *own_source)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(pkt->siit.skb);
	enum nf_mapt_stat res;

	res = nf_mapt_addr_dmr_6to4(pkt, &ip6h->daddr, &to->daddr);
	if (unlikely(res != NF_MAPT_OK))
		return res;
	res = nf_mapt_addr_6to4(pkt, &ip6h->saddr, pkt->siit.sport, false, &to->saddr);
	if (likely(!pkt->siit.icmp_error))
		return res;

	if (res == NF_MAPT_NOT_OURS)
		to->saddr = 0;
	else if (unlikely(res != NF_MAPT_OK))
		return res;
	res = nf_mapt_addr_dmr_6to4(pkt, &inner6(pkt)->saddr, &to->inner_saddr);
	res = embedded4(res, to->inner_saddr);
	if (res == NF_MAPT_OK)
		res = nf_mapt_addr_6to4(pkt, &inner6(pkt)->daddr, pkt->siit.sport,
					false, &to->inner_daddr);
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
static noinline enum nf_mapt_stat
br_hairpin(struct nf_mapt_pkt *pkt, const struct nf_siit_addrs4 *to4, bool local)
{
	struct nf_siit_addrs6 to6 = {};
	struct nf_mapt_pkt back;
	enum nf_mapt_stat res;
	unsigned long refdst;
	unsigned int mtu;

	res = nf_mapt_siit(nf_siit_6to4(&pkt->siit, to4, U16_MAX));
	nf_mapt_pkt_init(&back, pkt->conf, pkt->siit.skb, pkt->state);
	if (res == NF_MAPT_OK)
		res = nf_mapt_siit(nf_siit_parse4(&back.siit));
	if (res == NF_MAPT_OK)
		res = br_map_4to6(&back, &to6);
	if (unlikely(res != NF_MAPT_OK))
		return res;

	refdst = local ? nf_mapt_route6_output(&back, &to6, &mtu) :
			 nf_mapt_route6_input(&back, &to6, &mtu);
	if (!refdst)
		return NF_MAPT_NO_ROUTE;
	res = xlat_to6(&back, &to6, refdst, mtu, NF_MAPT_HAIRPIN);
	if (unlikely(res != NF_MAPT_OK))
		return res;

	if (local)
		output6(&back, refdst, NULL);
	else
		input6(&back, refdst);
	unnest(&back);

	return NF_MAPT_OK;
}

static int forward4_finish(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	return dst_output(net, sk, skb);
}

/* With a source of ours it can't come in, but it is forwarded all the same. */
static void forward4(const struct nf_mapt_pkt *pkt)
{
	struct net *net = pkt->state->net;
	struct sk_buff *skb = pkt->siit.skb;

	ip_decrease_ttl(ip_hdr(skb));
	NF_HOOK(NFPROTO_IPV4, NF_INET_FORWARD, net, NULL, skb, skb->dev,
		skb_dst_dev_rcu(skb), forward4_finish);
}

static enum nf_mapt_stat br_6to4(struct nf_mapt_pkt *pkt)
{
	bool local = pkt->state->hook == NF_INET_LOCAL_OUT;
	const struct nf_mapt_table *table = &pkt->conf->table;
	bool own_source = false;
	struct nf_siit_addrs4 to = {};
	enum nf_mapt_stat res, parsed;
	unsigned long refdst;
	unsigned int mtu;

	parsed = nf_mapt_siit(nf_siit_parse6(&pkt->siit));
	if (parsed == NF_MAPT_NOT_OURS)
		return parsed;
	if (unlikely(parsed == NF_MAPT_FRAGMENT))
		return go_whole(pkt, br_6to4);
	res = br_map_6to4(pkt, &to, &own_source);
	if (res == NF_MAPT_NOT_OURS)
		return res;
	if (nf_siit_martian6(&ipv6_hdr(pkt->siit.skb)->saddr))
		res = NF_MAPT_MARTIAN;
	res = judge6(pkt, parsed, res);
	if (unlikely(res != NF_MAPT_OK))
		return res;
	if (nf_mapt_addr_no_host4(to.daddr))
		return NF_MAPT_MARTIAN;
	if (unlikely(expired6(pkt)))
		return NF_MAPT_TTL;
	res = nf_mapt_siit(nf_siit_settle(&pkt->siit));
	if (unlikely(res != NF_MAPT_OK))
		return res;
	if (unlikely(nf_siit_needs_segments(&pkt->siit, 0)))
		return go_segments(pkt, br_6to4);
	if (nf_mapt_table_lookup4(table, ntohl(to.daddr), pkt->siit.dport))
		return br_hairpin(pkt, &to, local);

	refdst = own_source || local ? nf_mapt_route4_output(pkt, &to) :
				       nf_mapt_route4_input(pkt, &to);
	if (unlikely(!refdst)) {
		nf_mapt_icmp_send6(pkt, ICMPV6_DEST_UNREACH, ICMPV6_NOROUTE, 0);
		return NF_MAPT_NO_ROUTE;
	}
	mtu = ip_dst_mtu_maybe_forward(nf_mapt_route_dst(refdst),
				       !own_source && !local);
	res = nf_mapt_route_mtu_6to4(pkt, mtu);
	if (res == NF_MAPT_OK)
		res = xlat_to4(pkt, &to, mtu);
	if (unlikely(res != NF_MAPT_OK)) {
		refdst_drop(refdst);
		return res;
	}

	nf_mapt_route_set(pkt->siit.skb, refdst);
	if (local)
		dst_output(pkt->state->net, pkt->siit.skb->sk, pkt->siit.skb);
	else if (own_source)
		forward4(pkt);
	else
		dst_input(pkt->siit.skb);
	unnest(pkt);

	return NF_MAPT_OK;
}

/* ------------------------------------------------------------------------
 * Entry from the ruleset
 */

static int verdict(const struct nf_mapt_pkt *pkt, enum nf_mapt_stat res)
{
	if (res == NF_MAPT_NOT_OURS)
		return -1;
	if (unlikely(res != NF_MAPT_OK))
		nf_mapt_drop(pkt->state->net, pkt->siit.skb, res);

	return NF_STOLEN;
}

/*
 * A new connection that was confirmed, but whose packets have a source or a
 * destination with which they cannot leave, as by a helper's choice. Its place,
 * and what expected it, must not be in the way of the next attempt.
 */
static void forget_connection(const struct nf_mapt_pkt *pkt)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct;

	ct = nf_ct_get(pkt->siit.skb, &ctinfo);
	if (!ct || pkt->siit.icmp_error || !nf_ct_is_confirmed(ct) ||
	    test_bit(IPS_SEEN_REPLY_BIT, &ct->status))
		return;
	if (ctinfo == IP_CT_NEW ||
	    (ctinfo == IP_CT_RELATED && test_bit(IPS_EXPECTED_BIT, &ct->status)))
		nf_ct_kill(ct);
}

/**
 * nf_mapt_ce_up - translate what leaves a customer edge, RFC 7599 section 8.1
 * @conf: configuration
 * @skb: IPv4 packet that has passed POSTROUTING, data at its IP header; gone
 *	afterwards
 * @state: hook, POSTROUTING
 *
 * Context: RCU read side, bottom halves on or off.
 */
void nf_mapt_ce_up(const struct nf_mapt_conf *conf, struct sk_buff *skb,
		   const struct nf_hook_state *state)
{
	enum nf_mapt_stat res;
	struct nf_mapt_pkt pkt __uninitialized;

	nf_mapt_pkt_init(&pkt, conf, skb, state);
	res = ce_up(&pkt);
	if (likely(res == NF_MAPT_OK))
		return;

	if (res == NF_MAPT_CE_SRC_ADDR && nf_mapt_napt_taken(&conf->ce, skb))
		res = NF_MAPT_CE_OTHER_NAT;
	switch (res) {
	case NF_MAPT_CE_SRC_ADDR:
	case NF_MAPT_CE_OTHER_NAT:
	case NF_MAPT_CE_SRC_PORT:
	case NF_MAPT_CE_LOOP:
	case NF_MAPT_MARTIAN:
	case NF_MAPT_EXCLUDED_PORT:
	case NF_MAPT_NO_PORT:
		forget_connection(&pkt);
		break;
	default:
		break;
	}
	nf_mapt_drop(state->net, skb, res);
}

/*
 * br_netfilter shows the hooks of IP what a bridge forwards. In PREROUTING it
 * makes others' packets look like ours: those of the router have its address.
 */
static bool only_bridged(const struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	const struct nf_bridge_info *nf_bridge = nf_bridge_info_get(skb);

	if (likely(!nf_bridge))
		return false;
	if (state->hook == NF_INET_PRE_ROUTING)
		return nf_bridge->in_prerouting && nf_bridge->pkt_otherhost &&
		       !ether_addr_equal(eth_hdr(skb)->h_dest, skb->dev->dev_addr);

	return skb_dst(skb) && skb_dst(skb)->flags & DST_FAKE_RTABLE;
#else
	return false;
#endif
}

/**
 * nf_mapt_ce_down - translate what comes to a customer edge, RFC 7599 section 8.2
 * @conf: configuration
 * @skb: IPv6 packet, data at its IP header
 * @state: hook, PREROUTING
 *
 * Context: as nf_mapt_ce_up().
 *
 * Return: %NF_STOLEN, or -1 if the packet is not for MAP-T.
 */
int nf_mapt_ce_down(const struct nf_mapt_conf *conf, struct sk_buff *skb,
		    const struct nf_hook_state *state)
{
	struct nf_mapt_pkt pkt __uninitialized;

	if (skb->pkt_type != PACKET_HOST || only_bridged(skb, state))
		return -1;
	nf_mapt_pkt_init(&pkt, conf, skb, state);

	return verdict(&pkt, ce_down(&pkt));
}
EXPORT_SYMBOL_GPL(nf_mapt_ce_down);

/**
 * nf_mapt_br - translate at the border relay, RFC 7599 sections 8.3 and 8.4
 * @conf: configuration
 * @skb: packet, data at its IP header
 * @state: hook: PREROUTING; OUTPUT for the BR's own traffic; FORWARD for a
 *	packet that another statement has made IPv4, to be made IPv6 again
 *
 * Context: as nf_mapt_ce_up().
 *
 * Return: %NF_STOLEN, or -1 if the packet is not for MAP-T.
 */
int nf_mapt_br(const struct nf_mapt_conf *conf, struct sk_buff *skb,
	       const struct nf_hook_state *state)
{
	struct nf_mapt_pkt pkt __uninitialized;

	if (state->hook == NF_INET_PRE_ROUTING && skb->pkt_type != PACKET_HOST)
		return -1;
	if (only_bridged(skb, state))
		return -1;
	nf_mapt_pkt_init(&pkt, conf, skb, state);
	if (state->pf == NFPROTO_IPV4)
		return verdict(&pkt, br_4to6(&pkt));

	/* Two statements could send each other packets there. */
	if (state->hook == NF_INET_FORWARD)
		return -1;

	return verdict(&pkt, br_6to4(&pkt));
}
EXPORT_SYMBOL_GPL(nf_mapt_br);

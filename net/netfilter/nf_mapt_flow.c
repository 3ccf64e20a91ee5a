// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: connections of a CE in a flowtable of nf_tables
 *
 * A flow has two tuples. Here the one of what comes from the LAN is of IPv4, as
 * the host inside sees the connection, and the other of IPv6, as the WAN does. The
 * flowtable looks up, compares with the MTU, follows TCP, keeps timeouts and
 * decrements TTL or hop limit; then it hands the packet to a destination of ours, as
 * it does where IPsec is to follow. That one translates in one step, NAPT included,
 * and sends. What needs more than that, goes on through PREROUTING, as if there
 * were no flowtable.
 *
 * Before each packet the flowtable asks our destination whether it still holds. It
 * does as long as its statement is in the ruleset, routes and MTU are what they were
 * and nothing has come that a flow knows nothing of: policy routing or IPsec.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip_fib.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include <net/netfilter/nf_conntrack_l4proto.h>
#include <net/netfilter/nf_flow_table.h>
#include <net/netfilter/nf_mapt.h>
#include <net/route.h>

#include "nf_mapt_core.h"
#include "nf_mapt_flow.h"
#include "nf_mapt_rewrite.h"
#include "nf_mapt_route.h"

/**
 * struct nf_mapt_flows - what a statement has in a flowtable
 * @table: the flowtable; the statement keeps it
 * @conf: the statement's configuration; valid for packets that found @dead unset
 * @net: network namespace
 * @dead: the statement is no longer in the ruleset
 * @use: references: of the statement, and of each destination
 */
struct nf_mapt_flows {
	struct nf_flowtable		*table;
	const struct nf_mapt_conf	*conf;
	struct net			*net;
	bool				dead;
	refcount_t			use;
};

/**
 * struct flow_dst - destination of one direction of a flow
 * @dst: what the flowtable asks and calls
 * @rt: what it may take it for
 * @rt6: likewise
 * @flows: whose it is
 * @route: route in the new family, with a reference
 * @cookie: what tells whether the route still holds
 * @genid4: generation of all IPv4 routes, of which one led here
 * @mtu: MTU of the route, when the flow was made
 * @df_max: longest packet with DF = 0 that is not fragmented (to IPv6)
 * @rw: what becomes of packets
 */
struct flow_dst {
	union {
		struct dst_entry	dst;
		struct rtable		rt;
		struct rt6_info		rt6;
	};
	struct nf_mapt_flows		*flows;
	struct dst_entry		*route;
	u32				cookie;
	u32				genid4;
	unsigned int			mtu;
	unsigned int			df_max;
	struct nf_mapt_rewrite		rw;
};

/* Destinations that have not been freed: the module has to wait for them. */
static atomic_t flow_dsts = ATOMIC_INIT(0);

static void flows_put(struct nf_mapt_flows *flows)
{
	if (refcount_dec_and_test(&flows->use))
		kfree(flows);
}

/* Decides more about a packet than a flow knows? */
static bool flow_knows_too_little(const struct net *net)
{
#ifdef CONFIG_IPV6_MULTIPLE_TABLES
	if (net->ipv6.fib6_has_custom_rules)
		return true;
#endif
	return fib4_has_custom_rules(net) || nf_mapt_rewrite_policies(net);
}

/* ------------------------------------------------------------------------
 * Packets
 */

/* The route of IPv4 decides whether a packet leaves by this CE at all, or whether
 * its source is one of the outside. Routes of either family that change show here
 * before the next packet, as does an MTU of IPv6; that of IPv4 makes routes expire.
 */
static struct dst_entry *flow_dst_check(struct dst_entry *dst, u32 cookie)
{
	const struct flow_dst *fd = container_of(dst, struct flow_dst, dst);
	struct net *net = fd->flows->net;

	if (unlikely(READ_ONCE(fd->flows->dead) ||
		     fd->genid4 != rt_genid_ipv4(net) ||
		     flow_knows_too_little(net) ||
		     !dst_check(fd->route, fd->cookie) ||
		     (fd->df_max && dst_mtu(fd->route) != fd->mtu)))
		return NULL;

	return dst;
}

/* As if no flowtable had seen it. */
static void flow_long_way4(struct net *net, struct sk_buff *skb)
{
	struct iphdr *iph = ip_hdr(skb);

	/* undoes ip_decrease_ttl() */
	iph->ttl++;
	ip_send_check(iph);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	IPCB(skb)->iif = skb->skb_iif;
	skb_dst_drop(skb);
	nf_mapt_receive4(net, skb);
}

static void flow_long_way6(const struct flow_dst *fd, struct net *net,
			   struct sk_buff *skb)
{
	const struct nf_hook_state state = {
		.hook	= NF_INET_PRE_ROUTING,
		.pf	= NFPROTO_IPV6,
		.in	= skb->dev,
		.net	= net,
	};

	ipv6_hdr(skb)->hop_limit++;
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	IP6CB(skb)->iif = skb->skb_iif;
	IP6CB(skb)->nhoff = offsetof(struct ipv6hdr, nexthdr);
	skb_dst_drop(skb);
	if (nf_mapt_ce_down(fd->flows->conf, skb, &state) < 0)
		nf_mapt_drop(net, skb, NF_MAPT_BAD_HEADER);
}

/* Flowtables don't verify what IPv4 protects by its checksum and IPv6 does not. */
static int flow_output_4to6(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	const struct flow_dst *fd = container_of(skb_dst(skb), struct flow_dst, dst);
	const struct iphdr *iph = ip_hdr(skb);
	unsigned int len = iph_totlen(skb, iph);
	enum nf_mapt_stat res;

	skb_set_transport_header(skb, sizeof(*iph));
	if (unlikely(ip_fast_csum(iph, 5) || len > skb->len ||
		     len < sizeof(*iph) + nf_mapt_rewrite_l4_len(fd->rw.proto))) {
		nf_mapt_drop(net, skb, NF_MAPT_BAD_HEADER);
		return 0;
	}
	if (unlikely(pskb_trim_rcsum(skb, len))) {
		nf_mapt_drop(net, skb, NF_MAPT_NO_MEMORY);
		return 0;
	}
	iph = ip_hdr(skb);
	if (unlikely(!nf_mapt_rewrite_possible(skb, fd->rw.proto, sizeof(*iph)) ||
		     (!(iph->frag_off & htons(IP_DF)) &&
		      !nf_siit_fits(skb, fd->df_max)))) {
		flow_long_way4(net, skb);
		return 0;
	}
	res = nf_mapt_rewrite_4to6(net, skb, &fd->rw);
	if (unlikely(res != NF_MAPT_OK))
		nf_mapt_drop(net, skb, res);

	return 0;
}

static int flow_output_6to4(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	const struct flow_dst *fd = container_of(skb_dst(skb), struct flow_dst, dst);
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	unsigned int len = ntohs(ip6h->payload_len) + sizeof(*ip6h);
	enum nf_mapt_stat res;

	skb_set_transport_header(skb, sizeof(*ip6h));
	if (unlikely(!ip6h->payload_len && skb_is_gso(skb)))
		len = skb->len;
	if (unlikely(len > skb->len ||
		     len < sizeof(*ip6h) + nf_mapt_rewrite_l4_len(fd->rw.proto))) {
		nf_mapt_drop(net, skb, NF_MAPT_BAD_HEADER);
		return 0;
	}
	if (unlikely(pskb_trim_rcsum(skb, len))) {
		nf_mapt_drop(net, skb, NF_MAPT_NO_MEMORY);
		return 0;
	}
	if (unlikely(!nf_mapt_rewrite_possible(skb, fd->rw.proto, sizeof(*ip6h)))) {
		flow_long_way6(fd, net, skb);
		return 0;
	}
	res = nf_mapt_rewrite_6to4(net, skb, &fd->rw);
	if (unlikely(res != NF_MAPT_OK))
		nf_mapt_drop(net, skb, res);

	return 0;
}

static void flow_dst_destroy(struct dst_entry *dst)
{
	struct flow_dst *fd = container_of(dst, struct flow_dst, dst);

	dst_release(fd->route);
	flows_put(fd->flows);
	if (atomic_dec_and_test(&flow_dsts))
		wake_up_var(&flow_dsts);
}

static struct dst_ops flow_dst_ops = {
	.family		= AF_UNSPEC,
	.check		= flow_dst_check,
	.destroy	= flow_dst_destroy,
};

/* ------------------------------------------------------------------------
 * New flows
 */

/**
 * nf_mapt_flow_wanted - should a packet's connection go to the flowtable?
 * @pkt: packet of a CE, parsed, still IPv4
 *
 * Not before an answer has come: most connections that have one packet in each
 * direction, as those of DNS, would never use it.
 *
 * Return: true if so.
 */
bool nf_mapt_flow_wanted(const struct nf_mapt_pkt *pkt)
{
	const struct nf_hook_state *state = pkt->state;
	enum ip_conntrack_info ctinfo;
	const struct nf_conn_help *help;
	const struct tcphdr *th;
	struct nf_conn *ct;

	/* One that waited for user space may come later than its statement went. */
	if (READ_ONCE(pkt->conf->flows->dead))
		return false;
	ct = nf_ct_get(pkt->siit.skb, &ctinfo);
	if (!ct || ctinfo == IP_CT_NEW || !state->in || pkt->siit.icmp_error ||
	    !nf_mapt_rewrite_proto(pkt->siit.proto) ||
	    pkt->siit.thoff != sizeof(struct iphdr) || IPCB(pkt->siit.skb)->frag_max_size ||
	    ct->status & (IPS_OFFLOAD | IPS_SEQ_ADJUST | IPS_NAT_CLASH | IPS_DYING))
		return false;
	if (pkt->siit.proto == IPPROTO_TCP) {
		th = (const struct tcphdr *)(pkt->siit.skb->data + pkt->siit.thoff);
		if (th->syn || th->fin || th->rst || !nf_conntrack_tcp_established(ct))
			return false;
	}
	/* The empty one is ours. */
	help = nfct_help(ct);
	if (help && rcu_access_pointer(help->helper))
		return false;

	return !skb_sec_path(pkt->siit.skb) && !netif_is_l3_slave(state->in) &&
	       !netif_is_l3_slave(state->out) && !flow_knows_too_little(state->net);
}

static __be32 flow_ports(__be16 source, __be16 dest)
{
	union {
		struct { __be16 source, dest; };
		__be32 both;
	} ports = { { source, dest } };

	return ports.both;
}

/* By how much checksums change from @from to @to. */
static void flow_diff(struct nf_mapt_rewrite *rw, __wsum to, __wsum from,
		      __be32 ports)
{
	rw->addrs_diff = csum_sub(to, from);
	rw->diff = csum_add(rw->addrs_diff, csum_sub((__force __wsum)rw->ports,
						     (__force __wsum)ports));
}

/* It holds no device, so that none has to wait for it. */
static struct flow_dst *flow_dst_new(struct nf_mapt_flows *flows,
				     struct dst_entry *route)
{
	struct flow_dst *fd;

	fd = dst_alloc(&flow_dst_ops, blackhole_netdev, DST_OBSOLETE_FORCE_CHK,
		       DST_NOCOUNT | DST_NOXFRM | DST_NOPOLICY);
	if (!fd) {
		dst_release(route);
		return NULL;
	}
	memset((void *)fd + sizeof(fd->dst), 0, sizeof(*fd) - sizeof(fd->dst));
	refcount_inc(&flows->use);
	atomic_inc(&flow_dsts);
	fd->flows = flows;
	fd->route = route;
	fd->rw.refdst = (unsigned long)route | SKB_DST_NOREF;
	fd->genid4 = rt_genid_ipv4(flows->net);

	return fd;
}

static struct flow_dst *flow_dst_4to6(const struct nf_mapt_pkt *pkt,
				      const struct nf_siit_addrs6 *to,
				      const struct nf_conntrack_tuple *inside,
				      struct dst_entry *route)
{
	const struct nf_mapt_conf *conf = pkt->conf;
	struct nf_mapt_rewrite *rw;
	struct flow_dst *fd;

	if (route->error || route->lwtstate || dst_xfrm(route) ||
	    dst_mtu(route) < IPV6_MIN_MTU || !dst_hold_safe(route))
		return NULL;
	fd = flow_dst_new(conf->flows, route);
	if (!fd)
		return NULL;

	fd->dst.output = flow_output_4to6;
	fd->cookie = rt6_get_cookie(dst_rt6_info(route));
	fd->mtu = dst_mtu(route);
	fd->df_max = min_t(unsigned int, conf->siit.lowest_ipv6_mtu, fd->mtu) -
		     NF_SIIT_IP_GROWTH;
	rw = &fd->rw;
	rw->proto = pkt->siit.proto;
	rw->ports = flow_ports(htons(pkt->siit.sport), htons(pkt->siit.dport));
	rw->has_dsfield = conf->siit.has_tclass;
	rw->dsfield = conf->siit.tclass;
	rw->six.saddr = to->saddr;
	rw->six.daddr = to->daddr;
	flow_diff(rw, nf_siit_csum_addrs6(&to->saddr, &to->daddr),
		  nf_siit_csum_addrs4(inside->src.u3.ip, inside->dst.u3.ip),
		  flow_ports(inside->src.u.all, inside->dst.u.all));

	return fd;
}

/* The route back to the inside, as nft_flow_route() finds it. */
static struct dst_entry *flow_route_back(const struct nf_mapt_pkt *pkt,
					 const struct nf_conntrack_tuple *inside,
					 const struct dst_entry *route6)
{
	const struct nf_hook_state *state = pkt->state;
	struct dst_entry *dst = NULL;
	struct flowi fl = {
		.u.ip4 = {
			.daddr		= inside->src.u3.ip,
			.saddr		= inside->dst.u3.ip,
			.flowi4_oif	= state->in->ifindex,
			.flowi4_iif	= route6->dev->ifindex,
			.flowi4_mark	= pkt->siit.skb->mark,
			.flowi4_flags	= FLOWI_FLAG_ANYSRC,
		},
	};

	if (nf_route(state->net, &dst, &fl, false, AF_INET) || !dst)
		return NULL;
	if (dst->error || dst->lwtstate || dst_xfrm(dst) || dst->dev != state->in ||
	    dst_rtable(dst)->rt_type != RTN_UNICAST) {
		dst_release(dst);
		return NULL;
	}

	return dst;
}

static struct flow_dst *flow_dst_6to4(const struct nf_mapt_pkt *pkt,
				      const struct nf_siit_addrs6 *to,
				      const struct nf_conntrack_tuple *inside,
				      const struct dst_entry *route6)
{
	const struct nf_mapt_conf *conf = pkt->conf;
	struct dst_entry *route;
	struct nf_mapt_rewrite *rw;
	struct flow_dst *fd;

	route = flow_route_back(pkt, inside, route6);
	if (!route)
		return NULL;
	fd = flow_dst_new(conf->flows, route);
	if (!fd)
		return NULL;

	fd->dst.output = flow_output_6to4;
	fd->mtu = ip_dst_mtu_maybe_forward(route, true);
	rw = &fd->rw;
	rw->proto = pkt->siit.proto;
	rw->ports = flow_ports(inside->dst.u.all, inside->src.u.all);
	rw->has_dsfield = conf->siit.has_tos;
	rw->dsfield = conf->siit.tos;
	rw->four.saddr = inside->dst.u3.ip;
	rw->four.daddr = inside->src.u3.ip;
	flow_diff(rw, nf_siit_csum_addrs4(rw->four.saddr, rw->four.daddr),
		  nf_siit_csum_addrs6(&to->saddr, &to->daddr),
		  flow_ports(htons(pkt->siit.dport), htons(pkt->siit.sport)));

	return fd;
}

/* As flow_offload_ct_tcp() does: conntrack will not see all packets. */
static void flow_liberal(struct nf_conn *ct)
{
	spin_lock_bh(&ct->lock);
	ct->proto.tcp.seen[0].flags |= IP_CT_TCP_FLAG_BE_LIBERAL;
	ct->proto.tcp.seen[1].flags |= IP_CT_TCP_FLAG_BE_LIBERAL;
	spin_unlock_bh(&ct->lock);
}

/* Takes over the references of both destinations. */
static int flow_add(const struct nf_mapt_pkt *pkt, const struct nf_siit_addrs6 *to,
		    struct nf_conn *ct, enum ip_conntrack_dir dir,
		    struct flow_dst *up, struct flow_dst *down)
{
	struct nf_flow_route route = {};
	struct flow_offload_tuple *back;
	struct flow_offload *flow;
	int err;

	flow = flow_offload_alloc(ct);
	if (!flow) {
		dst_release(&up->dst);
		dst_release(&down->dst);
		return -ENOMEM;
	}
	/* Translation is more than the NAT that it would do. */
	__clear_bit(NF_FLOW_SNAT, &flow->flags);
	__clear_bit(NF_FLOW_DNAT, &flow->flags);
	back = &flow->tuplehash[!dir].tuple;
	back->l3proto = AF_INET6;
	back->src_v6 = to->daddr;
	back->dst_v6 = to->saddr;

	route.tuple[dir].dst = &up->dst;
	route.tuple[dir].xmit_type = FLOW_OFFLOAD_XMIT_XFRM;
	route.tuple[dir].in.ifindex = pkt->state->in->ifindex;
	route.tuple[!dir].dst = &down->dst;
	route.tuple[!dir].xmit_type = FLOW_OFFLOAD_XMIT_XFRM;
	route.tuple[!dir].in.ifindex = up->route->dev->ifindex;
	flow_offload_route_init(flow, &route);
	flow->tuplehash[dir].tuple.mtu = min_t(unsigned int, up->mtu - NF_SIIT_IP_GROWTH,
					       U16_MAX);
	back->mtu = min_t(unsigned int, down->mtu + NF_SIIT_IP_GROWTH, U16_MAX);

	if (pkt->siit.proto == IPPROTO_TCP)
		flow_liberal(ct);
	err = flow_offload_add(pkt->conf->flows->table, flow);
	if (err)
		flow_offload_free(flow);

	return err;
}

/**
 * nf_mapt_flow_learn - give a packet's connection to the flowtable
 * @pkt: packet, still IPv4, for which nf_mapt_flow_wanted()
 * @to: its new addresses
 * @refdst: its IPv6 route
 *
 * Both directions, whichever the connection came from. Where that fails packets
 * go on as they did.
 *
 * Context: RCU read side.
 */
void nf_mapt_flow_learn(const struct nf_mapt_pkt *pkt,
			const struct nf_siit_addrs6 *to, unsigned long refdst)
{
	struct dst_entry *route6 = nf_mapt_route_dst(refdst);
	const struct nf_conntrack_tuple *inside;
	enum ip_conntrack_info ctinfo;
	struct flow_dst *up, *down;
	enum ip_conntrack_dir dir;
	struct nf_conn *ct;

	ct = nf_ct_get(pkt->siit.skb, &ctinfo);
	if (!ct || test_and_set_bit(IPS_OFFLOAD_BIT, &ct->status))
		return;
	dir = CTINFO2DIR(ctinfo);
	inside = &ct->tuplehash[dir].tuple;

	up = flow_dst_4to6(pkt, to, inside, route6);
	if (!up)
		goto not;
	/* What led here was so when its generation was noted. */
	if (!dst_check(skb_dst(pkt->siit.skb), 0)) {
		dst_release(&up->dst);
		goto not;
	}
	down = flow_dst_6to4(pkt, to, inside, route6);
	if (!down) {
		dst_release(&up->dst);
		goto not;
	}
	if (!flow_add(pkt, to, ct, dir, up, down))
		return;
not:
	clear_bit(IPS_OFFLOAD_BIT, &ct->status);
}

/* ------------------------------------------------------------------------
 * Lifetime
 */

/**
 * nf_mapt_flows_new - a statement will have flows
 * @net: network namespace
 * @conf: its configuration
 * @table: flowtable of family inet, which stays as long as the statement
 *
 * Return: for nf_mapt_flows_free(), or NULL.
 */
struct nf_mapt_flows *nf_mapt_flows_new(struct net *net,
					const struct nf_mapt_conf *conf,
					struct nf_flowtable *table)
{
	struct nf_mapt_flows *flows;

	flows = kzalloc_obj(*flows, GFP_KERNEL_ACCOUNT);
	if (!flows)
		return NULL;
	flows->table = table;
	flows->conf = conf;
	flows->net = net;
	refcount_set(&flows->use, 1);

	return flows;
}
EXPORT_SYMBOL_GPL(nf_mapt_flows_new);

/**
 * nf_mapt_flows_end - a statement leaves the ruleset
 * @flows: its flows, none of which takes another packet
 */
void nf_mapt_flows_end(struct nf_mapt_flows *flows)
{
	WRITE_ONCE(flows->dead, true);
}
EXPORT_SYMBOL_GPL(nf_mapt_flows_end);

static bool flow_is_of(const struct flow_offload_tuple *tuple,
		       const struct nf_mapt_flows *flows)
{
	const struct dst_entry *dst = tuple->dst_cache;

	return tuple->xmit_type == FLOW_OFFLOAD_XMIT_XFRM && dst &&
	       dst->ops == &flow_dst_ops &&
	       container_of(dst, const struct flow_dst, dst)->flows == flows;
}

/* Flows that are torn down go with the next run of the flowtable's collector. */
static void flows_teardown(const struct nf_mapt_flows *flows)
{
	struct flow_offload_tuple_rhash *tuplehash;
	struct rhashtable_iter iter;

	rhashtable_walk_enter(&flows->table->rhashtable, &iter);
	rhashtable_walk_start(&iter);
	while ((tuplehash = rhashtable_walk_next(&iter))) {
		if (IS_ERR(tuplehash)) {
			if (PTR_ERR(tuplehash) != -EAGAIN)
				break;
			continue;
		}
		if (tuplehash->tuple.dir == FLOW_OFFLOAD_DIR_ORIGINAL &&
		    flow_is_of(&tuplehash->tuple, flows))
			flow_offload_teardown(container_of(tuplehash,
							   struct flow_offload,
							   tuplehash[0]));
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	flush_delayed_work(&flows->table->gc_work);
}

/**
 * nf_mapt_flows_free - a statement ends
 * @flows: from nf_mapt_flows_new(), or NULL; no packet sees the statement any more
 *
 * Context: process; the flowtable is still there.
 */
void nf_mapt_flows_free(struct nf_mapt_flows *flows)
{
	if (!flows)
		return;
	nf_mapt_flows_end(flows);
	if (refcount_read(&flows->use) > 1)
		flows_teardown(flows);
	flows_put(flows);
}
EXPORT_SYMBOL_GPL(nf_mapt_flows_free);

/* nft_flow_offload does the same where it is loaded. */
static int flow_netdev_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	if (event == NETDEV_DOWN && atomic_read(&flow_dsts))
		nf_flow_table_cleanup(netdev_notifier_info_to_dev(ptr));

	return NOTIFY_DONE;
}

static struct notifier_block flow_notifier = {
	.notifier_call	= flow_netdev_event,
};

/**
 * nf_mapt_flow_init - prepare for flows
 *
 * Return: 0 or an error.
 */
int nf_mapt_flow_init(void)
{
	int err;

	flow_dst_ops.kmem_cachep = KMEM_CACHE(flow_dst, SLAB_HWCACHE_ALIGN);
	if (!flow_dst_ops.kmem_cachep)
		return -ENOMEM;
	err = register_netdevice_notifier(&flow_notifier);
	if (err)
		kmem_cache_destroy(flow_dst_ops.kmem_cachep);

	return err;
}

/**
 * nf_mapt_flow_fini - wait for the last flow
 *
 * There is no statement any more, and what flows had is being freed.
 */
void nf_mapt_flow_fini(void)
{
	unregister_netdevice_notifier(&flow_notifier);
	wait_var_event(&flow_dsts, !atomic_read(&flow_dsts));
	rcu_barrier();
	kmem_cache_destroy(flow_dst_ops.kmem_cachep);
}

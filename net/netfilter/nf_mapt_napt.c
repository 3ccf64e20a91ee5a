// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: NAPT44 into the port set of a CE (RFC 7597 section 8.1, RFC 7599
 * section 11)
 *
 * A connection that goes out gets the port of its mapping (nf_mapt_mapping.c),
 * or where it has none, a port that is free towards its destination
 * (nf_mapt_port.c), and nf_nat is given that one. One that comes in goes where
 * a mapping leads (nf_mapt_napt_hook.c has more ways to here than the statement).
 */
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/netfilter/nf_nat.h>
#include <net/icmp.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_l4proto.h>
#include <net/netfilter/nf_mapt.h>
#include <net/netfilter/nf_nat.h>
#include <net/net_namespace.h>

#include "nf_mapt_core.h"
#include "nf_mapt_napt.h"
#include "nf_mapt_route.h"

/* Where conntrack does not know the protocol, NAT cannot change its ports. */
static bool has_port(u8 protonum, const struct nf_conntrack_tuple *tuple)
{
	if (nf_ct_l4proto_find(protonum)->l4proto != protonum)
		return false;

	if (protonum == IPPROTO_ICMP)
		return tuple->dst.u.icmp.type == ICMP_ECHO ||
		       tuple->dst.u.icmp.type == ICMP_ECHOREPLY;

	return nf_siit_proto_has_ports(protonum);
}

static bool taken(const struct nf_conn *ct, const struct nf_conntrack_tuple *tuple)
{
	struct nf_conntrack_tuple reply;

	nf_ct_invert_tuple(&reply, tuple);

	return nf_conntrack_tuple_taken(&reply, ct);
}

/* The mapping that a connection from inside has or gets, with its port in
 * @tuple; NULL if it cannot have one.
 */
static struct nf_mapt_mapping *
map_source(const struct nf_mapt_conf *conf, struct nf_conn *ct,
	   struct nf_mapt_mappings *maps, struct nf_conntrack_tuple *tuple)
{
	struct nf_mapt_mapping *mapping;
	__be16 port;

	mapping = nf_mapt_mapping_inside(maps, ct, tuple->src.u3.ip);
	if (mapping) {
		port = nf_mapt_mapping_out_port(mapping);
		/* The set may be another by now. */
		if (nf_mapt_port_set_has(&conf->ce.ports, ntohs(port))) {
			tuple->src.u.all = port;
			return taken(ct, tuple) ? NULL : mapping;
		}
		nf_mapt_mapping_drop(maps, mapping);
	}
	if (!nf_mapt_port_find(conf, ct, maps, tuple))
		return NULL;

	return nf_mapt_mapping_add(maps, ct, tuple);
}

/* Returns what to count, or why there is no port; it is in @tuple. */
static enum nf_mapt_stat
give_mapped_port(const struct nf_mapt_conf *conf, struct nf_conn *ct,
		 struct nf_conntrack_tuple *tuple, __be32 remote)
{
	struct nf_mapt_mappings *maps;
	struct nf_mapt_mapping *mapping = NULL;
	__be16 inside = tuple->src.u.all;
	int linked = 0;

	maps = nf_mapt_mappings_lock(nf_ct_net(ct));
	if (maps) {
		mapping = map_source(conf, ct, maps, tuple);
		if (mapping)
			linked = nf_mapt_mapping_link(maps, mapping, ct, false,
						      remote);
		nf_mapt_mappings_unlock(maps);
	}
	/* Of two packets at once, one is counted. */
	if (mapping)
		return linked ? NF_MAPT_NAPT : NF_MAPT_OK;

	tuple->src.u.all = inside;

	return nf_mapt_port_find(conf, ct, NULL, tuple) ? NF_MAPT_NAPT_REUSED :
							  NF_MAPT_PORTS_EXHAUSTED;
}

static enum nf_mapt_stat give_port(const struct nf_mapt_conf *conf,
				   struct nf_conn *ct,
				   struct nf_conntrack_tuple *tuple)
{
	if (tuple->dst.protonum != IPPROTO_TCP ||
	    conf->flags & NFT_MAPT_F_MAPPING_ALL)
		return give_mapped_port(conf, ct, tuple, tuple->dst.u3.ip);

	return nf_mapt_port_find(conf, ct, NULL, tuple) ? NF_MAPT_NAPT :
							  NF_MAPT_PORTS_EXHAUSTED;
}

static int nat_to(struct nf_conn *ct, __be32 addr, __be16 port,
		  enum nf_nat_manip_type manip)
{
	struct nf_nat_range2 range;

	memset(&range, 0, sizeof(range));
	range.flags = NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED;
	range.min_addr.ip = addr;
	range.max_addr.ip = addr;
	range.min_proto.all = port;
	range.max_proto.all = port;

	return nf_nat_setup_info(ct, &range, manip);
}

/* RFC 7597 section 8.1: an unshared address or prefix has every port. */
static int napt_unshared(const struct nf_mapt_conf *conf, struct nf_conn *ct,
			 const struct nf_conntrack_tuple *tuple)
{
	const struct nf_mapt_ce *ce = &conf->ce;
	struct nf_nat_range2 range = {
		.flags		= NF_NAT_RANGE_MAP_IPS,
		.min_addr.ip	= htonl(ce->addr4),
		.max_addr.ip	= htonl(ce->addr4 | ce->host4),
	};

	/* An inside host that has one of the addresses keeps it. */
	if (nf_mapt_ce_has_addr(ce, ntohl(tuple->src.u3.ip))) {
		range.min_addr = tuple->src.u3;
		range.max_addr = tuple->src.u3;
	}
	if (conf->flags & NFT_MAPT_F_RANDOM)
		range.flags |= NF_NAT_RANGE_PROTO_RANDOM_FULLY;
	if (conf->flags & NFT_MAPT_F_PERSISTENT)
		range.flags |= NF_NAT_RANGE_PERSISTENT;

	return nf_nat_setup_info(ct, &range, NF_NAT_MANIP_SRC);
}

/* As the packet is now, maybe after a destination NAT, but for what somebody
 * else has made of its source.
 */
static void current_tuple(const struct nf_conn *ct,
			  struct nf_conntrack_tuple *tuple)
{
	nf_ct_invert_tuple(tuple, &ct->tuplehash[IP_CT_DIR_REPLY].tuple);
	tuple->src = ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.src;
}

static bool is_own(const struct nf_mapt_ce *ce, __be32 addr, u16 port)
{
	return nf_mapt_ce_has_addr(ce, ntohl(addr)) &&
	       nf_mapt_port_set_has(&ce->ports, port);
}

/* Drops a packet that gets no port, and says so (RFC 5508 REQ-8). */
static int refuse(struct nf_conn *ct, struct sk_buff *skb,
		  enum nf_mapt_stat reason)
{
	if (reason != NF_MAPT_CE_LOOP)
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, 0);
	nf_mapt_drop(nf_ct_net(ct), skb, reason);

	return NF_STOLEN;
}

static int napt_shared(const struct nf_mapt_conf *conf, struct nf_conn *ct,
		       struct sk_buff *skb, struct nf_conntrack_tuple *tuple)
{
	const struct nf_mapt_ce *ce = &conf->ce;
	enum nf_mapt_stat res;
	u16 dport;

	if (!has_port(tuple->dst.protonum, tuple))
		return refuse(ct, skb, NF_MAPT_NO_PORT);
	/* It would come back from the BR, and take a port each time round. */
	dport = ntohs(tuple->dst.protonum == IPPROTO_ICMP ?
		      tuple->src.u.icmp.id : tuple->dst.u.all);
	if (is_own(ce, tuple->dst.u3.ip, dport))
		return refuse(ct, skb, NF_MAPT_CE_LOOP);

	tuple->src.u3.ip = htonl(ce->addr4);
	res = give_port(conf, ct, tuple);
	if (res == NF_MAPT_PORTS_EXHAUSTED)
		return refuse(ct, skb, res);
	if (res != NF_MAPT_OK)
		nf_mapt_count(nf_ct_net(ct), NF_MAPT_NAPT);
	if (res == NF_MAPT_NAPT_REUSED)
		nf_mapt_count(nf_ct_net(ct), res);

	return nat_to(ct, tuple->src.u3.ip, tuple->src.u.all, NF_NAT_MANIP_SRC);
}

static int napt_out(const struct nf_mapt_conf *conf, struct nf_conn *ct,
		    struct sk_buff *skb, const struct net_device *out)
{
	struct nf_conntrack_tuple tuple;
	int verdict;

	nf_mapt_uplink_use(conf->uplink, nf_ct_net(ct), out);
	current_tuple(ct, &tuple);
	if (nf_mapt_rule_shared(&conf->ce.rule))
		return napt_shared(conf, ct, skb, &tuple);
	/* A checksum that NAT does not know of would keep the old address. */
	if (nf_siit_proto_csum_offset(tuple.dst.protonum) &&
	    nf_ct_l4proto_find(tuple.dst.protonum)->l4proto != tuple.dst.protonum &&
	    !nf_mapt_ce_has_addr(&conf->ce, ntohl(tuple.src.u3.ip)))
		return refuse(ct, skb, NF_MAPT_NO_PORT);

	verdict = napt_unshared(conf, ct, &tuple);
	if (verdict == NF_ACCEPT)
		nf_mapt_count(nf_ct_net(ct), NF_MAPT_NAPT);

	return verdict;
}

/* RFC 4787 REQ-8: is there a mapping that lets the packet in? What comes from
 * inside is not filtered here: that hosts may meet is for the ruleset to say.
 */
static bool find_inside(const struct nf_mapt_conf *conf, struct nf_conn *ct,
			bool inside, __be32 *addr, __be16 *port)
{
	const struct nf_conntrack_tuple *tuple =
		&ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	/* as the outside sees it */
	__be32 remote = inside ? tuple->dst.u3.ip : tuple->src.u3.ip;
	struct nf_mapt_mapping *mapping;
	struct nf_mapt_mappings *maps;
	bool found = false;

	maps = nf_mapt_mappings_lock(nf_ct_net(ct));
	if (!maps)
		return false;
	mapping = nf_mapt_mapping_outside(maps, ct);
	if (mapping && (inside || conf->flags & NFT_MAPT_F_FILTERING_ANY ||
			nf_mapt_mapping_knows(maps, mapping, remote))) {
		nf_mapt_mapping_in(mapping, addr, port);
		nf_mapt_mapping_link(maps, mapping, ct, true, remote);
		found = true;
	}
	nf_mapt_mappings_unlock(maps);

	return found;
}

/* Does a packet come from inside, rather than by an uplink? */
static bool from_inside(struct nf_mapt_uplink *uplink, const struct nf_conn *ct,
			const struct sk_buff *skb, const struct net_device *in)
{
	return !nf_mapt_uplink_has_dev(uplink, in) &&
	       nf_mapt_route4_specific(nf_ct_net(ct), in, skb->mark,
				       ct->tuplehash[0].tuple.src.u3.ip);
}

static int napt_in(const struct nf_mapt_conf *conf, struct nf_conn *ct,
		   bool inside)
{
	const struct nf_conntrack_tuple *tuple =
		&ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	__be16 port;
	__be32 addr;

	if (!nf_mapt_rule_shared(&conf->ce.rule) ||
	    tuple->dst.protonum == IPPROTO_ICMP ||
	    !has_port(tuple->dst.protonum, tuple) ||
	    !is_own(&conf->ce, tuple->dst.u3.ip, ntohs(tuple->dst.u.all)) ||
	    !find_inside(conf, ct, inside, &addr, &port))
		return -1;
	nf_mapt_count(nf_ct_net(ct), NF_MAPT_NAPT_IN);

	return nat_to(ct, addr, port, NF_NAT_MANIP_DST);
}

/**
 * nf_mapt_napt_let_in - is a new connection to one of our addresses let in?
 * @uplink: the address
 * @ct: connection
 * @skb: its packet, in PREROUTING
 * @in: device that it came in by
 *
 * From outside, that takes a statement in a chain of PREROUTING, or one with
 * persistent or endpoint-independent filtering.
 *
 * Return: netfilter verdict, or -1 if no mapping lets it in.
 */
int nf_mapt_napt_let_in(struct nf_mapt_uplink *uplink, struct nf_conn *ct,
			const struct sk_buff *skb, const struct net_device *in)
{
	const struct nf_conntrack_tuple *tuple =
		&ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	const struct nf_mapt_conf *conf;
	bool inside;

	conf = nf_mapt_uplink_owner(uplink, ntohs(tuple->dst.u.all));
	if (!conf)
		return -1;
	inside = from_inside(uplink, ct, skb, in);
	if (!inside && !(conf->flags & (NFT_MAPT_F_PERSISTENT |
					NFT_MAPT_F_FILTERING_ANY)))
		return -1;

	return napt_in(conf, ct, inside);
}

/**
 * nf_mapt_napt_hairpin - a new connection may be one from inside to inside
 * @uplink: our address that it was for
 * @ct: connection, its destination decided
 * @skb: its packet, in POSTROUTING
 * @in: device that it came in by
 *
 * RFC 4787 REQ-9: the one that is called sees the other with its outside address
 * and port. They are a mapping's, whatever the protocol.
 *
 * Return: netfilter verdict.
 */
int nf_mapt_napt_hairpin(struct nf_mapt_uplink *uplink, struct nf_conn *ct,
			 const struct sk_buff *skb, const struct net_device *in)
{
	__be32 own = ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.dst.u3.ip;
	const struct nf_mapt_conf *conf;
	struct nf_conntrack_tuple tuple;
	u16 port;

	port = ntohs(ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.dst.u.all);
	conf = nf_mapt_uplink_owner(uplink, port);
	current_tuple(ct, &tuple);
	if (!conf || tuple.dst.protonum == IPPROTO_ICMP ||
	    !has_port(tuple.dst.protonum, &tuple) ||
	    !from_inside(uplink, ct, skb, in))
		return NF_ACCEPT;

	tuple.src.u3.ip = own;
	if (give_mapped_port(conf, ct, &tuple, own) == NF_MAPT_PORTS_EXHAUSTED) {
		nf_mapt_count(nf_ct_net(ct), NF_MAPT_PORTS_EXHAUSTED);
		return NF_DROP;
	}
	nf_mapt_count(nf_ct_net(ct), NF_MAPT_NAPT_HAIRPIN);

	return nat_to(ct, own, tuple.src.u.all, NF_NAT_MANIP_SRC);
}

/**
 * nf_mapt_napt_note_service - somebody else's rule has led a connection inside
 * @ct: connection to one of our addresses, new
 */
void nf_mapt_napt_note_service(const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *tuple =
		&ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	struct nf_mapt_mappings *maps;
	bool mapped;

	if (tuple->dst.protonum == IPPROTO_ICMP)
		return;
	maps = nf_mapt_mappings_lock(nf_ct_net(ct));
	if (!maps)
		return;
	mapped = nf_mapt_mapping_outside(maps, ct);
	nf_mapt_mappings_unlock(maps);
	if (!mapped)
		nf_mapt_port_publish(nf_ct_net(ct), tuple->dst.protonum,
				     ntohs(tuple->dst.u.all));
}

/* Has somebody else's rule given the connection an address? */
static bool nat_of_others(const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple_hash *hash = ct->tuplehash;
	__be32 addr = hash[IP_CT_DIR_REPLY].tuple.dst.u3.ip;

	return READ_ONCE(ct->status) & IPS_SRC_NAT &&
	       addr != hash[IP_CT_DIR_ORIGINAL].tuple.src.u3.ip;
}

static bool has_own_source(const struct nf_conn *ct, const struct nf_mapt_ce *ce)
{
	const struct nf_conntrack_tuple *reply =
		&ct->tuplehash[IP_CT_DIR_REPLY].tuple;
	__be16 port = reply->dst.protonum == IPPROTO_ICMP ?
		      reply->src.u.icmp.id : reply->dst.u.all;

	if (!nf_mapt_ce_has_addr(ce, ntohl(reply->dst.u3.ip)))
		return false;

	return !nf_mapt_rule_shared(&ce->rule) ||
	       !has_port(reply->dst.protonum, reply) ||
	       nf_mapt_port_set_has(&ce->ports, ntohs(port));
}

/* The connection is not in conntrack's tables yet, and nobody else's. */
static void undo_source_nat(struct nf_conn *ct)
{
	const struct nf_nat_hook *hook = rcu_dereference(nf_nat_hook);
	struct nf_conn_nat *nat = nfct_nat(ct);

	if (hook)
		hook->remove_nat_bysrc(ct);
	ct->status &= ~(IPS_SRC_NAT | IPS_SRC_NAT_DONE);
#if IS_ENABLED(CONFIG_NF_NAT_MASQUERADE)
	if (nat)
		nat->masq_index = 0;
#endif
}

/**
 * nf_mapt_napt_taken - has somebody else's rule given a connection its source?
 * @ce: the CE
 * @skb: packet, IPv4, whose source is not the CE's
 *
 * Too late for nf_mapt_napt_claim(). If we have a NAPT, what the host sends next
 * shall be a connection of ours, so this one ends.
 *
 * Return: true if so.
 */
bool nf_mapt_napt_taken(const struct nf_mapt_ce *ce, const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct;

	ct = nf_ct_get(skb, &ctinfo);
	if (!ct || CTINFO2DIR(ctinfo) != IP_CT_DIR_ORIGINAL ||
	    has_own_source(ct, ce) || !nat_of_others(ct))
		return false;
	if (nf_mapt_uplink_napt(nf_ct_net(ct), ce))
		nf_ct_kill(ct);

	return true;
}

/**
 * nf_mapt_napt_claim - see that a packet for "mapt ce" has had our NAPT
 * @ce: the CE
 * @skb: packet, IPv4
 * @state: hook, POSTROUTING, behind NAT
 *
 * The first rule that applies decides about NAT, and masquerade of container
 * engines and others comes before "mapt napt" as often as not. Or a helper has
 * chosen a port. What they chose cannot leave by this way, so it is chosen again.
 *
 * Context: RCU read side, bottom halves on or off.
 *
 * Return: %NF_ACCEPT, or %NF_STOLEN for a packet that was dropped.
 */
int nf_mapt_napt_claim(const struct nf_mapt_ce *ce, struct sk_buff *skb,
		       const struct nf_hook_state *state)
{
	const struct nf_mapt_conf *conf;
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct;
	int verdict;

	ct = nf_ct_get(skb, &ctinfo);
	if (!ct || CTINFO2DIR(ctinfo) != IP_CT_DIR_ORIGINAL ||
	    nf_ct_is_confirmed(ct) || has_own_source(ct, ce) ||
	    !nat_of_others(ct))
		return NF_ACCEPT;

	conf = nf_mapt_uplink_napt(state->net, ce);
	if (!conf)
		return NF_ACCEPT;
	undo_source_nat(ct);
	verdict = napt_out(conf, ct, skb, state->out);
	if (verdict != NF_ACCEPT)
		return verdict;
	nf_mapt_count(state->net, NF_MAPT_NAPT_CLAIMED);

	return nf_nat_packet(ct, ctinfo, NF_INET_POST_ROUTING, skb);
}
EXPORT_SYMBOL_GPL(nf_mapt_napt_claim);

/*
 * RFC 7597 section 8: whatever has chosen it, a source that is not the CE's does
 * not leave. What is translated is looked at by "mapt ce" again, this is for
 * tunnels.
 */
static int guard_source(const struct nf_mapt_conf *conf, struct sk_buff *skb,
			const struct nf_hook_state *state)
{
	struct nf_mapt_pkt pkt;
	struct in6_addr unused;
	enum nf_mapt_stat res;
	int verdict;

	if (netif_is_l3_master(state->out))
		return -1;
	verdict = nf_mapt_napt_claim(&conf->ce, skb, state);
	if (verdict != NF_ACCEPT)
		return verdict;
	nf_mapt_pkt_init(&pkt, conf, skb, state);
	res = nf_mapt_siit(nf_siit_parse4(&pkt.siit));
	if (res == NF_MAPT_OK)
		res = nf_mapt_addr_own_4to6(&pkt, ip_hdr(skb)->saddr, pkt.siit.sport,
					    &unused);
	if (likely(res == NF_MAPT_OK))
		return -1;
	nf_mapt_drop(state->net, skb, res);

	return NF_STOLEN;
}

/**
 * nf_mapt_napt - NAT of a new connection by the CE's port set
 * @conf: configuration
 * @skb: packet, IPv4, in a NAT chain
 * @state: hook: POSTROUTING: its source becomes one of the CE; PREROUTING: if a
 *	mapping lets it in, its destination becomes an inside one
 *
 * In a filter chain of POSTROUTING, packets whose source is none of the CE are
 * dropped.
 *
 * Context: RCU read side, bottom halves on or off.
 *
 * Return: netfilter verdict; %NF_STOLEN for a packet that was dropped; -1 if the
 * ruleset goes on.
 */
int nf_mapt_napt(const struct nf_mapt_conf *conf, struct sk_buff *skb,
		 const struct nf_hook_state *state)
{
	bool in = state->hook == NF_INET_PRE_ROUTING;
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct;

	if (conf->guard)
		return guard_source(conf, skb, state);
	ct = nf_ct_get(skb, &ctinfo);
	if (!ct || nf_nat_initialized(ct, in ? NF_NAT_MANIP_DST :
						NF_NAT_MANIP_SRC))
		return NF_ACCEPT;

	if (in)
		return napt_in(conf, ct, from_inside(conf->uplink, ct, skb,
						     state->in));

	return napt_out(conf, ct, skb, state->out);
}
EXPORT_SYMBOL_GPL(nf_mapt_napt);

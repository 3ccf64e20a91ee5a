// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: NAPT44 into the port set of a CE (RFC 7597 section 8.1, RFC 7599
 * section 11)
 *
 * nf_nat takes one contiguous range; a CE may own many of them. So a free port
 * is found here, and nf_nat is given that one.
 */
#include <linux/gcd.h>
#include <linux/icmp.h>
#include <linux/kernel.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include <net/icmp.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_l4proto.h>
#include <net/netfilter/nf_mapt.h>
#include <net/netfilter/nf_nat.h>
#include <net/net_namespace.h>

/*
 * Candidates for a port; a set of up to so many ports is searched whole. Each is
 * a walk along a hash chain, so their number is bounded.
 */
#define SEARCH_MAX	1024

/* Where conntrack does not know the protocol, NAT cannot change its ports. */
static bool has_port(u8 protonum, const struct nf_conntrack_tuple *tuple)
{
	if (nf_ct_l4proto_find(protonum)->l4proto != protonum)
		return false;

	switch (protonum) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return true;
	case IPPROTO_ICMP:
		return tuple->dst.u.icmp.type == ICMP_ECHO ||
		       tuple->dst.u.icmp.type == ICMP_ECHOREPLY;
	}

	return false;
}

/*
 * A TCP connection that is over keeps its port for two minutes, and with a few
 * hundred ports that is what they would be short of. So when all are taken the
 * new connection gets the port of such a one, as nf_nat does. What the server
 * may still have of the old one must look older than the new (RFC 6191), unless
 * a reset has ended it.
 */
static bool port_reclaim(struct nf_conn *ct,
			 const struct nf_conntrack_tuple *reply)
{
	const struct nf_conntrack_zone *zone = nf_ct_zone(ct);
	struct nf_conntrack_tuple_hash *h;
	enum tcp_conntrack state;
	bool killed = false;
	struct nf_conn *old;
	s32 newer;

	h = nf_conntrack_find_get(nf_ct_net(ct), zone, reply);
	if (!h)
		return true;
	old = nf_ct_tuplehash_to_ctrack(h);
	state = READ_ONCE(old->proto.tcp.state);
	newer = ct->proto.tcp.seen[0].td_end - old->proto.tcp.seen[0].td_end;
	if (h->tuple.dst.dir == IP_CT_DIR_REPLY &&
	    (state == TCP_CONNTRACK_CLOSE ||
	     (state == TCP_CONNTRACK_TIME_WAIT && newer > 0)) &&
	    !(READ_ONCE(old->status) & (IPS_FIXED_TIMEOUT | IPS_DYING |
					IPS_OFFLOAD | IPS_HW_OFFLOAD)))
		killed = nf_ct_kill(old);
	nf_ct_put(old);

	return killed;
}

static bool port_free(struct nf_conn *ct, struct nf_conntrack_tuple *tuple,
		      u16 port, bool reclaim)
{
	struct nf_conntrack_tuple reply;

	/* RFC 7597 leaves port 0 to PSID 0 where a = 0; nobody could use it. */
	if (!port)
		return false;
	tuple->src.u.all = htons(port);
	nf_ct_invert_tuple(&reply, tuple);
	if (reclaim)
		return port_reclaim(ct, &reply);

	return !nf_conntrack_tuple_taken(&reply, ct);
}

/*
 * Where the search begins and how it goes on: a keyed hash of the flow, so that
 * two packets of a new flow on two CPUs choose the same port, which is what
 * conntrack's clash resolution asks for. With persistent, the destination is no
 * part of it.
 */
static u64 search_hash(const struct nf_mapt_conf *conf,
		       const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *tuple;
	static siphash_aligned_key_t key;
	u32 src, dst = 0, ports;

	if (conf->flags & NFT_MAPT_F_RANDOM &&
	    !(conf->flags & NFT_MAPT_F_PERSISTENT))
		return get_random_u64();

	net_get_random_once(&key, sizeof(key));
	tuple = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	src = (__force u32)tuple->src.u3.ip;
	ports = (u32)(__force u16)tuple->src.u.all << 16;
	if (!(conf->flags & NFT_MAPT_F_PERSISTENT)) {
		dst = (__force u32)tuple->dst.u3.ip;
		ports |= (__force u16)tuple->dst.u.all;
	}

	return siphash_4u32(src, dst, ports, tuple->dst.protonum, &key);
}

/*
 * Distance from one candidate to the next: each flow has its own, since where
 * all try the next port, the used ones grow together and make long ways. It has
 * no factor in common with the size, so that the way leads through all ports.
 */
static u32 search_step(u32 hash, u32 size)
{
	u32 step = 1 + reciprocal_scale(hash, size - 1);

	while (gcd(step, size) != 1)
		step++;

	return step;
}

/* Leaves the port it found in @tuple. */
static bool search(const struct nf_mapt_conf *conf, struct nf_conn *ct,
		   struct nf_conntrack_tuple *tuple, bool reclaim)
{
	const struct nf_mapt_port_set *set = &conf->ce.ports;
	u64 hash = search_hash(conf, ct);
	u32 index, left, step = 0;

	index = reciprocal_scale((u32)hash, set->size);
	for (left = min_t(u32, set->size, SEARCH_MAX); left; left--) {
		if (port_free(ct, tuple, nf_mapt_port_set_nth(set, index),
			      reclaim))
			return true;
		if (!step && set->size > 1)
			step = search_step(hash >> 32, set->size);
		index += step;
		if (index >= set->size)
			index -= set->size;
	}

	return false;
}

static bool find_port(const struct nf_mapt_conf *conf, struct nf_conn *ct,
		      struct nf_conntrack_tuple *tuple)
{
	u16 inside = ntohs(tuple->src.u.all);

	if (!(conf->flags & NFT_MAPT_F_RANDOM) &&
	    nf_mapt_port_set_has(&conf->ce.ports, inside) &&
	    port_free(ct, tuple, inside, false))
		return true;
	if (search(conf, ct, tuple, false))
		return true;

	return tuple->dst.protonum == IPPROTO_TCP &&
	       ct->proto.tcp.state == TCP_CONNTRACK_SYN_SENT &&
	       search(conf, ct, tuple, true);
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

/**
 * nf_mapt_napt - map a new connection's source into the CE's port set
 * @conf: configuration
 * @skb: packet, IPv4, in a NAT chain of POSTROUTING
 *
 * The inside port is kept where it is in the set and free. A port serves
 * several connections as long as their destinations differ.
 *
 * Context: RCU read side, bottom halves on or off.
 *
 * Return: netfilter verdict; %NF_STOLEN for a packet that was dropped.
 */
int nf_mapt_napt(const struct nf_mapt_conf *conf, struct sk_buff *skb)
{
	const struct nf_mapt_ce *ce = &conf->ce;
	struct nf_conntrack_tuple tuple;
	enum ip_conntrack_info ctinfo;
	struct nf_nat_range2 range;
	enum nf_mapt_stat reason;
	struct nf_conn *ct;
	int verdict;

	ct = nf_ct_get(skb, &ctinfo);
	if (!ct || nf_nat_initialized(ct, NF_NAT_MANIP_SRC))
		return NF_ACCEPT;

	/* As the packet is now, maybe after a destination NAT. */
	nf_ct_invert_tuple(&tuple, &ct->tuplehash[IP_CT_DIR_REPLY].tuple);

	if (!nf_mapt_rule_shared(&ce->rule)) {
		verdict = napt_unshared(conf, ct, &tuple);
		if (verdict == NF_ACCEPT)
			nf_mapt_count(nf_ct_net(ct), NF_MAPT_NAPT);
		return verdict;
	}

	if (!has_port(tuple.dst.protonum, &tuple)) {
		reason = NF_MAPT_NO_PORT;
		goto drop;
	}
	/* It would come back from the BR, and take a port each time round. */
	if (nf_mapt_ce_has_addr(ce, ntohl(tuple.dst.u3.ip)) &&
	    nf_mapt_port_set_has(&ce->ports,
				 ntohs(tuple.dst.protonum == IPPROTO_ICMP ?
				       tuple.src.u.icmp.id : tuple.dst.u.all))) {
		reason = NF_MAPT_CE_LOOP;
		goto drop;
	}

	tuple.src.u3.ip = htonl(ce->addr4);
	if (!find_port(conf, ct, &tuple)) {
		net_info_ratelimited("nf_mapt: no free port of %pI4 PSID %u\n",
				     &tuple.src.u3.ip, ce->psid);
		/* RFC 5508 REQ-8 */
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, 0);
		reason = NF_MAPT_PORTS_EXHAUSTED;
		goto drop;
	}

	memset(&range, 0, sizeof(range));
	range.flags = NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED;
	range.min_addr = tuple.src.u3;
	range.max_addr = tuple.src.u3;
	range.min_proto.all = tuple.src.u.all;
	range.max_proto.all = tuple.src.u.all;
	verdict = nf_nat_setup_info(ct, &range, NF_NAT_MANIP_SRC);
	if (verdict == NF_ACCEPT)
		nf_mapt_count(nf_ct_net(ct), NF_MAPT_NAPT);

	return verdict;

drop:
	nf_mapt_drop(nf_ct_net(ct), skb, reason);

	return NF_STOLEN;
}
EXPORT_SYMBOL_GPL(nf_mapt_napt);

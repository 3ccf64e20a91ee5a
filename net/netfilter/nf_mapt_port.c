// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: a free port of a CE's set
 *
 * nf_nat takes one contiguous range; a CE may own many of them. A candidate is a
 * walk along a hash chain, and where all are taken all are tried, so that what a
 * search costs is bounded three times: by the number of candidates; by a memory
 * of what was full a moment ago; and, for all connections of a namespace
 * together, by the number of candidates in a moment, beyond which a connection
 * tries no more than a few.
 */
#include <linux/gcd.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_zones.h>
#include <net/netfilter/nf_mapt.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "nf_mapt_napt.h"

/* Candidates for a port; a set of up to so many ports is searched whole. */
#define SEARCH_MAX	1024
/* How many more, once there is a connection that is over. */
#define SEARCH_ON	64
/* How many, when others have had theirs. */
#define SEARCH_FEW	32

/* A moment, and the candidates of all long searches in it. */
#define MOMENT		(HZ / 100 + 1)
#define MOMENT_MAX	8192

#define FULL_BITS	6
#define PUBLISHED_SETS	16
#define PUBLISHED_WAYS	4
/* So long a port is known to be published after a connection has come by it. */
#define PUBLISHED_TIME	(3600 * HZ)

/**
 * struct full - a search that found nothing
 * @what: hash of what it was for
 * @when: jiffies
 */
struct full {
	u32	what;
	u32	when;
};

/**
 * struct published - a port that a rule of somebody else's leads inside
 * @port: port, 0 if there is none
 * @proto: transport protocol
 * @when: jiffies
 */
struct published {
	u16	port;
	u8	proto;
	u32	when;
};

/**
 * struct port_net - what searches of a network namespace remember
 * @moment: jiffies when it began
 * @left: candidates that are left in it
 * @full: by hash
 * @published: by port
 *
 * Without a lock: what races with each other costs a search, or makes a
 * connection wait for a moment.
 */
struct port_net {
	u32			moment;
	int			left;
	struct full		full[BIT(FULL_BITS)];
	struct published	published[PUBLISHED_SETS][PUBLISHED_WAYS];
};

/**
 * struct search - a search
 * @conf: configuration
 * @ct: connection
 * @tuple: its tuple; the source becomes that which was found
 * @maps: mappings, where the port must be that of none
 * @pnet: memory of the namespace
 * @over: port of a connection that is over, 0 if there is none
 * @left: candidates that are left
 * @tried: candidates so far
 */
struct search {
	const struct nf_mapt_conf	*conf;
	struct nf_conn			*ct;
	struct nf_conntrack_tuple	*tuple;
	struct nf_mapt_mappings		*maps;
	struct port_net			*pnet;
	u16				over;
	unsigned int			left;
	unsigned int			tried;
};

static unsigned int port_net_id __read_mostly;

static u32 since(u32 when)
{
	return (u32)jiffies - when;
}

static struct published *published_set(struct port_net *pnet, u16 port)
{
	return pnet->published[port % PUBLISHED_SETS];
}

static bool published(struct port_net *pnet, u8 proto, u16 port)
{
	const struct published *p = published_set(pnet, port);
	unsigned int i;

	for (i = 0; i < PUBLISHED_WAYS; i++, p++) {
		if (READ_ONCE(p->port) == port && READ_ONCE(p->proto) == proto)
			return since(READ_ONCE(p->when)) < PUBLISHED_TIME;
	}

	return false;
}

/**
 * nf_mapt_port_publish - keep a port for a service inside
 * @net: network namespace
 * @proto: transport protocol
 * @port: port of the CE, host byte order
 *
 * A connection has come by it that another rule led inside. For a while the port
 * is not given to connections that go out.
 */
void nf_mapt_port_publish(struct net *net, u8 proto, u16 port)
{
	struct port_net *pnet = net_generic(net, port_net_id);
	struct published *p = published_set(pnet, port), *oldest = p;
	unsigned int i;

	for (i = 0; i < PUBLISHED_WAYS; i++, p++) {
		if (!p->port || (p->port == port && p->proto == proto)) {
			oldest = p;
			break;
		}
		if (since(p->when) > since(oldest->when))
			oldest = p;
	}
	WRITE_ONCE(oldest->when, (u32)jiffies);
	WRITE_ONCE(oldest->proto, proto);
	WRITE_ONCE(oldest->port, port);
}

/**
 * nf_mapt_port_usable - may a connection that goes out have a port?
 * @conf: configuration
 * @net: network namespace
 * @proto: transport protocol
 * @port: port, host byte order
 *
 * Return: true if it is in the set and not kept for a service.
 */
bool nf_mapt_port_usable(const struct nf_mapt_conf *conf, struct net *net,
			 u8 proto, u16 port)
{
	/* RFC 7597 leaves port 0 to PSID 0 where a = 0; nobody could use it. */
	if (!port || !nf_mapt_port_set_has(&conf->ce.ports, port))
		return false;
	if (port >= conf->reserve_first && port <= conf->reserve_last)
		return false;

	return !published(net_generic(net, port_net_id), proto, port);
}

/*
 * A TCP connection that is over keeps its port for two minutes, and with a few
 * hundred ports that is what they would be short of. So when all are taken the
 * new connection gets the port of such a one, as nf_nat does. What the server
 * may still have of the old one must look older than the new (RFC 6191), unless
 * a reset has ended it.
 */
static bool reclaim(struct nf_conn *ct, const struct nf_conntrack_tuple *reply,
		    bool kill)
{
	const struct nf_conntrack_zone *zone = nf_ct_zone(ct);
	struct nf_conntrack_tuple_hash *h;
	enum tcp_conntrack state;
	struct nf_conn *old;
	bool over = false;
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
		over = !kill || nf_ct_kill(old);
	nf_ct_put(old);

	return over;
}

/* SYNs only: nothing else says that it is a new connection. */
static bool may_reclaim(const struct search *s)
{
	return !s->over && !s->maps &&
	       s->tuple->dst.protonum == IPPROTO_TCP &&
	       s->ct->proto.tcp.state == TCP_CONNTRACK_SYN_SENT;
}

static bool port_free(struct search *s, u16 port)
{
	struct nf_conntrack_tuple *tuple = s->tuple;
	struct nf_conntrack_tuple reply;

	if (!nf_mapt_port_usable(s->conf, nf_ct_net(s->ct), tuple->dst.protonum,
				 port))
		return false;
	tuple->src.u.all = htons(port);
	if (s->maps && nf_mapt_mapping_has_port(s->maps, s->ct, tuple))
		return false;
	nf_ct_invert_tuple(&reply, tuple);
	if (!nf_conntrack_tuple_taken(&reply, s->ct))
		return true;
	if (may_reclaim(s) && reclaim(s->ct, &reply, false)) {
		s->over = port;
		s->left = min_t(unsigned int, s->left, SEARCH_ON);
	}

	return false;
}

/*
 * Where the search begins and how it goes on: a keyed hash of the flow, so that
 * two packets of a new flow on two CPUs choose the same port, which is what
 * conntrack's clash resolution asks for. With persistent, and for mappings, the
 * destination is no part of it.
 */
static u64 search_hash(const struct search *s)
{
	const struct nf_conntrack_tuple *tuple;
	static siphash_aligned_key_t key;
	u8 flags = s->conf->flags;
	u32 src, dst = 0, ports;

	if (flags & NFT_MAPT_F_RANDOM && !(flags & NFT_MAPT_F_PERSISTENT))
		return get_random_u64();

	net_get_random_once(&key, sizeof(key));
	tuple = &s->ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	src = (__force u32)tuple->src.u3.ip;
	ports = (u32)(__force u16)tuple->src.u.all << 16;
	if (!s->maps && !(flags & NFT_MAPT_F_PERSISTENT)) {
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

/* Every @stride th port of the set, @size of them from @base on. */
static bool search_part(struct search *s, u64 hash, u32 base, u32 stride,
			u32 size)
{
	const struct nf_mapt_port_set *set = &s->conf->ce.ports;
	u32 index, left, step = 0;

	index = reciprocal_scale((u32)hash, size);
	for (left = size; left && s->left; left--) {
		s->left--;
		s->tried++;
		if (port_free(s, nf_mapt_port_set_nth(set, base + index * stride)))
			return true;
		if (!step && size > 1)
			step = search_step(hash >> 32, size);
		index += step;
		if (index >= size)
			index -= size;
	}

	return false;
}

/* How many ports of the set are well-known ones; they are its first. */
static u32 well_known(const struct nf_mapt_port_set *set)
{
	u32 from = 0, to = set->size, middle;

	if (nf_mapt_port_set_nth(set, 0) >= 1024)
		return 0;
	while (from < to) {
		middle = (from + to) / 2;
		if (nf_mapt_port_set_nth(set, middle) < 1024)
			from = middle + 1;
		else
			to = middle;
	}

	return from;
}

/*
 * RFC 4787 REQ-4: even ports for even ones, odd for odd, where that can be; RTP
 * wants it. In ranges of two ports and more the index in the set is as even as
 * the port.
 */
static bool search_parity(struct search *s, u64 hash, u32 base, u16 inside)
{
	u32 size = s->conf->ce.ports.size;

	if (s->tuple->dst.protonum != IPPROTO_UDP || !s->conf->ce.ports.m ||
	    s->conf->flags & NFT_MAPT_F_RANDOM)
		return false;
	base += (base ^ inside) & 1;

	return base < size &&
	       search_part(s, hash, base, 2, (size - base + 1) / 2);
}

/* RFC 4787 REQ-3: a well-known port only when all others are taken. */
static bool search_set(struct search *s, u16 inside)
{
	const struct nf_mapt_port_set *set = &s->conf->ce.ports;
	u64 hash = search_hash(s);
	u32 low = well_known(set);

	if (low < set->size &&
	    (search_parity(s, hash, low, inside) ||
	     search_part(s, hash, low, 1, set->size - low)))
		return true;

	return low && search_part(s, hash, 0, 1, low);
}

static u32 full_hash(const struct search *s)
{
	const struct nf_conntrack_tuple *tuple = s->tuple;
	static siphash_aligned_key_t key;
	u32 kind, port;

	net_get_random_once(&key, sizeof(key));
	kind = s->conf->ce.psid << 16 | tuple->dst.protonum << 8 |
	       (s->maps ? 1 : 0);
	port = nf_ct_zone_id(nf_ct_zone(s->ct), IP_CT_DIR_REPLY) << 16;
	if (s->maps)
		return siphash_4u32((__force u32)tuple->src.u3.ip, kind, port, 0,
				    &key) | 1;
	port |= (__force u16)tuple->dst.u.all;

	return siphash_4u32((__force u32)tuple->src.u3.ip, kind, port,
			    (__force u32)tuple->dst.u3.ip, &key) | 1;
}

static void search_grant(struct search *s)
{
	struct port_net *pnet = s->pnet;

	if (since(READ_ONCE(pnet->moment)) >= MOMENT) {
		WRITE_ONCE(pnet->moment, (u32)jiffies);
		WRITE_ONCE(pnet->left, MOMENT_MAX);
	}
	s->left = READ_ONCE(pnet->left) > 0 ? SEARCH_MAX : SEARCH_FEW;
}

static bool search(struct search *s, u16 inside)
{
	struct nf_conntrack_tuple reply;
	u32 what = full_hash(s);
	struct full *full = &s->pnet->full[hash_32(what, FULL_BITS)];
	bool found;

	if (READ_ONCE(full->what) == what && since(READ_ONCE(full->when)) < MOMENT)
		return false;

	search_grant(s);
	found = search_set(s, inside);
	if (s->tried > SEARCH_FEW)
		WRITE_ONCE(s->pnet->left,
			   READ_ONCE(s->pnet->left) - (int)s->tried);
	if (found)
		return true;
	if (s->over) {
		s->tuple->src.u.all = htons(s->over);
		nf_ct_invert_tuple(&reply, s->tuple);
		if (reclaim(s->ct, &reply, true))
			return true;
	}
	WRITE_ONCE(full->when, (u32)jiffies);
	WRITE_ONCE(full->what, what);

	return false;
}

/**
 * nf_mapt_port_find - find a port for a connection
 * @conf: configuration
 * @ct: connection, new
 * @maps: locked mappings, if the port must be free towards every destination;
 *	else it has to be for this one
 * @tuple: tuple of the connection with the outside address and the inside port
 *	as source
 *
 * The inside port is kept where it is in the set and free.
 *
 * Context: RCU read side.
 *
 * Return: true if there is one; it is in @tuple.
 */
bool nf_mapt_port_find(const struct nf_mapt_conf *conf, struct nf_conn *ct,
		       struct nf_mapt_mappings *maps,
		       struct nf_conntrack_tuple *tuple)
{
	u16 inside = ntohs(tuple->src.u.all);
	struct search s = {
		.conf	= conf,
		.ct	= ct,
		.tuple	= tuple,
		.maps	= maps,
		.pnet	= net_generic(nf_ct_net(ct), port_net_id),
		/* A port that is kept is not one that is searched for. */
		.over	= inside,
	};

	if (!(conf->flags & NFT_MAPT_F_RANDOM) && port_free(&s, inside))
		return true;
	s.over = 0;

	return search(&s, inside);
}

static struct pernet_operations port_net_ops = {
	.id	= &port_net_id,
	.size	= sizeof(struct port_net),
};

/**
 * nf_mapt_port_init - register what namespaces have
 *
 * Return: 0 or an error.
 */
int nf_mapt_port_init(void)
{
	return register_pernet_subsys(&port_net_ops);
}

/**
 * nf_mapt_port_fini - unregister it
 */
void nf_mapt_port_fini(void)
{
	unregister_pernet_subsys(&port_net_ops);
}

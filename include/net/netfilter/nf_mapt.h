/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MAP-T (RFC 7599): interface of the translation core.
 */
#ifndef _NF_MAPT_H
#define _NF_MAPT_H

#include <linux/if.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/dst.h>
#include <net/gso.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_mapt_rule.h>
#include <net/netfilter/nf_siit.h>

#define NF_MAPT_LOWEST_IPV6_MTU_DEFAULT	IPV6_MIN_MTU

/**
 * enum nf_mapt_stat - result of a step, and index of a counter
 * @NF_MAPT_NOT_OURS: a packet that MAP-T leaves alone
 * @NF_MAPT_OK: go on
 * @NF_MAPT_XLAT_4TO6: translated to IPv6
 * @NF_MAPT_XLAT_6TO4: translated to IPv4
 * @NF_MAPT_HAIRPIN: translated twice, for another CE
 * @NF_MAPT_NAPT: connection given a port
 * @NF_MAPT_NAPT_REUSED: of these, without a mapping of their own: the set was full
 * @NF_MAPT_NAPT_IN: connection from outside that a mapping let in
 * @NF_MAPT_NAPT_HAIRPIN: connection from inside to a port of our own
 * @NF_MAPT_NAPT_CLAIMED: connection that somebody else had given an address
 * @NF_MAPT_CE_SRC_ADDR: CE: source isn't the CE's address
 * @NF_MAPT_CE_SRC_PORT: CE: source port isn't in its set
 * @NF_MAPT_CE_DST_PORT: CE: destination port isn't in its set, RFC 7599
 *	section 8.2
 * @NF_MAPT_CE_OTHER_NAT: CE: somebody else's rule has given the source
 * @NF_MAPT_CE_LOOP: CE: destination is the CE itself, would loop
 * @NF_MAPT_CE_INSIDE_SRC: CE: source from outside that lives inside
 * @NF_MAPT_SRC_SPOOF: source address or port that its rule does not allow
 * @NF_MAPT_MARTIAN: address that is never translated
 * @NF_MAPT_EXCLUDED_PORT: destination port that is nobody's, RFC 7597 section
 *	5.1
 * @NF_MAPT_NO_PORT: shared address, but a protocol or fragment without ports
 * @NF_MAPT_PORTS_EXHAUSTED: NAPT: no port of the set is free
 * @NF_MAPT_NAPT_OTHER_DEV: NAPT: connection about to leave by another uplink
 * @NF_MAPT_NAPT_REDIRECT: NAPT: ICMP redirect that leads past it
 * @NF_MAPT_UDP_ZERO_CSUM: UDP without checksum
 * @NF_MAPT_FRAGMENT: fragment that was not reassembled
 * @NF_MAPT_ICMP_UNTRANSLATABLE: ICMP that has no counterpart
 * @NF_MAPT_ICMP_NESTED: ICMP error about an ICMP error
 * @NF_MAPT_BAD_HEADER: malformed
 * @NF_MAPT_BAD_CSUM: ICMP error with a wrong checksum
 * @NF_MAPT_SOURCE_ROUTE: source route or routing header with hops left
 * @NF_MAPT_TTL: TTL or hop limit expired
 * @NF_MAPT_TOO_BIG: larger than the next MTU
 * @NF_MAPT_NO_DEV: CE: the device that IPv4 packets shall come in by is not there
 * @NF_MAPT_NO_ROUTE: no route in the new family
 * @NF_MAPT_UNCONFIRMED: conntrack refused to confirm the connection
 * @NF_MAPT_MISPLACED: in a chain that conntrack comes before
 * @NF_MAPT_POLICY: refused by an IPsec policy of its old family
 * @NF_MAPT_RECURSION: translated so often on its way that the stack would end
 * @NF_MAPT_NO_MEMORY: out of memory
 * @NF_MAPT_STAT_MAX: number of counters
 *
 * The last ones, from %NF_MAPT_CE_SRC_ADDR, are reasons to drop a packet.
 */
enum nf_mapt_stat {
	NF_MAPT_NOT_OURS = -1,
	NF_MAPT_OK,
	NF_MAPT_XLAT_4TO6,
	NF_MAPT_XLAT_6TO4,
	NF_MAPT_HAIRPIN,
	NF_MAPT_NAPT,
	NF_MAPT_NAPT_REUSED,
	NF_MAPT_NAPT_IN,
	NF_MAPT_NAPT_HAIRPIN,
	NF_MAPT_NAPT_CLAIMED,
	NF_MAPT_CE_SRC_ADDR,
	NF_MAPT_CE_SRC_PORT,
	NF_MAPT_CE_DST_PORT,
	NF_MAPT_CE_OTHER_NAT,
	NF_MAPT_CE_LOOP,
	NF_MAPT_CE_INSIDE_SRC,
	NF_MAPT_SRC_SPOOF,
	NF_MAPT_MARTIAN,
	NF_MAPT_EXCLUDED_PORT,
	NF_MAPT_NO_PORT,
	NF_MAPT_PORTS_EXHAUSTED,
	NF_MAPT_NAPT_OTHER_DEV,
	NF_MAPT_NAPT_REDIRECT,
	NF_MAPT_UDP_ZERO_CSUM,
	NF_MAPT_FRAGMENT,
	NF_MAPT_ICMP_UNTRANSLATABLE,
	NF_MAPT_ICMP_NESTED,
	NF_MAPT_BAD_HEADER,
	NF_MAPT_BAD_CSUM,
	NF_MAPT_SOURCE_ROUTE,
	NF_MAPT_TTL,
	NF_MAPT_TOO_BIG,
	NF_MAPT_NO_DEV,
	NF_MAPT_NO_ROUTE,
	NF_MAPT_UNCONFIRMED,
	NF_MAPT_MISPLACED,
	NF_MAPT_POLICY,
	NF_MAPT_RECURSION,
	NF_MAPT_NO_MEMORY,
	NF_MAPT_STAT_MAX
};

struct nf_mapt_flows;

/**
 * struct nf_mapt_conf - configuration of one expression
 * @op: enum nft_mapt_ops
 * @flags: enum nft_mapt_flags
 * @siit: options of translation (ce and br)
 * @icmp_source: IPv4 source of ICMP errors that have none, or 0
 * @id: number among the statements of the namespace (ce and br)
 * @table: rules to forward by (ce and br)
 * @rcu: when it goes
 * @late: in the table of nf_mapt_late.c (ce)
 * @ce: the CE (napt and ce); a BR's configuration ends before it
 * @dev: name of the device that IPv4 packets come in by, or empty (ce)
 * @reserve_first: first port of the set that is not given away (napt)
 * @reserve_last: last one; 0 if there are none
 * @guard: in a filter chain, gives no ports (napt)
 * @uplink: what the namespace knows of its address (napt)
 * @napt: in its list of statements
 * @flows: its connections in a flowtable, or NULL (ce)
 *
 * What a packet of a BR needs is one cache line, and its rule another.
 */
struct nf_mapt_conf {
	u8			op;
	u8			flags;
	struct nf_siit_options	siit;
	__be32			icmp_source;
	u32			id;
	struct nf_mapt_table	table;
	struct rcu_head		rcu;
	struct hlist_node	late;
	struct nf_mapt_ce	ce;
	char			dev[IFNAMSIZ];
	u16			reserve_first;
	u16			reserve_last;
	bool			guard;
	struct nf_mapt_uplink	*uplink;
	struct hlist_node	napt;
	struct nf_mapt_flows	*flows;
};

/**
 * struct nf_mapt_pkt - a packet on its way
 * @conf: configuration
 * @state: hook
 * @siit: the packet as its translation sees it
 */
struct nf_mapt_pkt {
	const struct nf_mapt_conf	*conf;
	const struct nf_hook_state	*state;
	struct nf_siit_pkt		siit;
};

/**
 * nf_mapt_pkt_init - a packet comes
 * @pkt: set
 * @conf: configuration
 * @skb: the packet, data at its IP header
 * @state: hook
 */
static inline void nf_mapt_pkt_init(struct nf_mapt_pkt *pkt,
				    const struct nf_mapt_conf *conf,
				    struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	*pkt = (struct nf_mapt_pkt) {
		.conf	= conf,
		.state	= state,
		.siit	= {
			.skb	= skb,
			.opts	= &conf->siit,
			.in	= state->in,
		},
	};
}

/* nf_mapt_core.c */
void nf_mapt_ce_up(const struct nf_mapt_conf *conf, struct sk_buff *skb,
		   const struct nf_hook_state *state);
int nf_mapt_ce_down(const struct nf_mapt_conf *conf, struct sk_buff *skb,
		    const struct nf_hook_state *state);
int nf_mapt_br(const struct nf_mapt_conf *conf, struct sk_buff *skb,
	       const struct nf_hook_state *state);
void nf_mapt_receive4(struct net *net, struct sk_buff *skb);

/* nf_mapt_late.c */
int nf_mapt_late_get(struct net *net, struct nf_mapt_conf *conf);
void nf_mapt_late_put(struct net *net, struct nf_mapt_conf *conf);
int nf_mapt_late(const struct nf_mapt_conf *conf, struct sk_buff *skb,
		 const struct nf_hook_state *state);
bool nf_mapt_keep_from_flowtables(struct sk_buff *skb);
int nf_mapt_late_init(void);
void nf_mapt_late_fini(void);

struct nf_conn;
struct nf_conntrack_tuple;
struct nf_mapt_mapping;
struct nf_mapt_mappings;
struct nf_mapt_uplink;

/* nf_mapt_napt.c */
int nf_mapt_napt(const struct nf_mapt_conf *conf, struct sk_buff *skb,
		 const struct nf_hook_state *state);
int nf_mapt_napt_claim(const struct nf_mapt_ce *ce, struct sk_buff *skb,
		       const struct nf_hook_state *state);
int nf_mapt_napt_let_in(struct nf_mapt_uplink *uplink, struct nf_conn *ct,
			const struct sk_buff *skb, const struct net_device *in);
int nf_mapt_napt_hairpin(struct nf_mapt_uplink *uplink, struct nf_conn *ct,
			 const struct sk_buff *skb, const struct net_device *in);
void nf_mapt_napt_note_service(const struct nf_conn *ct);

/* nf_mapt_napt_hook.c */
int nf_mapt_napt_hooks_get(struct net *net);
void nf_mapt_napt_hooks_put(struct net *net);
int nf_mapt_napt_hook_init(void);
void nf_mapt_napt_hook_fini(void);

/* nf_mapt_port.c */
bool nf_mapt_port_find(const struct nf_mapt_conf *conf, struct nf_conn *ct,
		       struct nf_mapt_mappings *maps,
		       struct nf_conntrack_tuple *tuple);
bool nf_mapt_port_usable(const struct nf_mapt_conf *conf, struct net *net,
			 u8 proto, u16 port);
void nf_mapt_port_publish(struct net *net, u8 proto, u16 port);
int nf_mapt_port_init(void);
void nf_mapt_port_fini(void);

/* nf_mapt_mapping.c */
struct nf_mapt_mappings *nf_mapt_mappings_lock(struct net *net);
void nf_mapt_mappings_unlock(struct nf_mapt_mappings *maps);
struct nf_mapt_mapping *nf_mapt_mapping_inside(struct nf_mapt_mappings *maps,
					       const struct nf_conn *ct,
					       __be32 out_addr);
struct nf_mapt_mapping *nf_mapt_mapping_outside(struct nf_mapt_mappings *maps,
						const struct nf_conn *ct);
bool nf_mapt_mapping_has_port(struct nf_mapt_mappings *maps,
			      const struct nf_conn *ct,
			      const struct nf_conntrack_tuple *tuple);
struct nf_mapt_mapping *
nf_mapt_mapping_add(struct nf_mapt_mappings *maps, const struct nf_conn *ct,
		    const struct nf_conntrack_tuple *tuple);
void nf_mapt_mapping_drop(struct nf_mapt_mappings *maps,
			  struct nf_mapt_mapping *mapping);
int nf_mapt_mapping_link(struct nf_mapt_mappings *maps,
			 struct nf_mapt_mapping *mapping,
			 const struct nf_conn *ct, bool inbound, __be32 remote);
bool nf_mapt_mapping_knows(struct nf_mapt_mappings *maps,
			   const struct nf_mapt_mapping *mapping,
			   __be32 remote);
__be16 nf_mapt_mapping_out_port(const struct nf_mapt_mapping *mapping);
void nf_mapt_mapping_in(const struct nf_mapt_mapping *mapping, __be32 *addr,
			__be16 *port);
int nf_mapt_mappings_get(struct net *net);
int nf_mapt_mapping_init(void);
void nf_mapt_mapping_fini(void);

/* nf_mapt_uplink.c */
bool nf_mapt_uplink_any(const struct net *net);
bool nf_mapt_uplink_has_addr(const struct nf_mapt_uplink *uplink, __be32 addr);
bool nf_mapt_uplink_has_dev(struct nf_mapt_uplink *uplink,
			    const struct net_device *dev);
struct nf_mapt_uplink *nf_mapt_uplink_find(const struct net *net, __be32 addr);
const struct nf_mapt_conf *
nf_mapt_uplink_owner(const struct nf_mapt_uplink *uplink, u16 port);
void nf_mapt_uplink_use(const struct nf_mapt_conf *conf, struct net *net,
			const struct net_device *dev);
const struct nf_mapt_conf *nf_mapt_uplink_napt(struct net *net,
					       const struct nf_mapt_ce *ce);
int nf_mapt_uplink_get(struct net *net, struct nf_mapt_conf *conf);
void nf_mapt_uplink_put(struct net *net, struct nf_mapt_conf *conf);
int nf_mapt_uplink_init(void);
void nf_mapt_uplink_fini(void);

/* nf_mapt_addr.c */
enum nf_mapt_stat nf_mapt_addr_4to6(const struct nf_mapt_pkt *pkt,
				    __be32 addr4, u16 port, bool or_dmr,
				    struct in6_addr *addr6);
enum nf_mapt_stat nf_mapt_addr_6to4(const struct nf_mapt_pkt *pkt,
				    const struct in6_addr *addr6, u16 port,
				    bool or_dmr, __be32 *addr4);
enum nf_mapt_stat nf_mapt_addr_dmr_4to6(const struct nf_mapt_pkt *pkt,
					__be32 addr4, struct in6_addr *addr6);
enum nf_mapt_stat nf_mapt_addr_dmr_6to4(const struct nf_mapt_pkt *pkt,
					const struct in6_addr *addr6,
					__be32 *addr4);
enum nf_mapt_stat nf_mapt_addr_own_4to6(const struct nf_mapt_pkt *pkt,
					__be32 addr4, u16 port,
					struct in6_addr *addr6);
enum nf_mapt_stat nf_mapt_addr_own_6to4(const struct nf_mapt_pkt *pkt,
					const struct in6_addr *addr6, u16 port,
					__be32 *addr4);

/**
 * nf_mapt_addr_no_host4 - can an IPv4 address be no host's?
 * @addr: IPv4 address of a destination
 *
 * Only unicast is served (RFC 7597 section 1), and nobody has the IPv4 dummy
 * address (RFC 7600 erratum 4430).
 */
static inline bool nf_mapt_addr_no_host4(__be32 addr)
{
	return nf_siit_martian4(addr) || addr == htonl(INADDR_DUMMY);
}

/* nf_mapt_route_cache.c */

/**
 * struct nf_mapt_route_key - a question about a route
 * @hi: addresses
 * @lo: addresses, and what else decides
 * @scope: kind of question, and number of the device or statement; never 0
 */
struct nf_mapt_route_key {
	u64	hi;
	u64	lo;
	u32	scope;
};

bool nf_mapt_route_cache_find(struct net *net,
			      const struct nf_mapt_route_key *key,
			      struct dst_entry **dst);
bool nf_mapt_route_cache_want(struct net *net);
void nf_mapt_route_cache_add(struct net *net,
			     const struct nf_mapt_route_key *key,
			     struct dst_entry *dst, u32 cookie);
int nf_mapt_route_cache_get(struct net *net, u32 *id);
int nf_mapt_route_cache_init(void);
void nf_mapt_route_cache_fini(void);

/* nf_mapt_route.c */
enum nf_mapt_stat nf_mapt_route_mtu_4to6(struct nf_mapt_pkt *pkt,
					 unsigned int mtu6);
enum nf_mapt_stat nf_mapt_route_mtu_6to4(struct nf_mapt_pkt *pkt,
					 unsigned int mtu4);
unsigned long nf_mapt_route6_output(const struct nf_mapt_pkt *pkt,
				    const struct nf_siit_addrs6 *to,
				    unsigned int *mtu);
unsigned long nf_mapt_route6_input(const struct nf_mapt_pkt *pkt,
				   const struct nf_siit_addrs6 *to,
				   unsigned int *mtu);
unsigned long nf_mapt_route4_output(const struct nf_mapt_pkt *pkt,
				    const struct nf_siit_addrs4 *to);
unsigned long nf_mapt_route4_input(const struct nf_mapt_pkt *pkt,
				   const struct nf_siit_addrs4 *to);
int nf_mapt_route4_forward(struct net *net, struct sk_buff *skb);
bool nf_mapt_route4_inside(struct net *net, const struct net_device *dev,
			   u32 mark, __be32 saddr);
bool nf_mapt_route4_specific(struct net *net, const struct net_device *dev,
			     u32 mark, __be32 addr);

/**
 * nf_mapt_route_dst - the route in an answer
 * @refdst: answer of one of the above, as in struct sk_buff: the low bit says
 *	that it has no reference
 */
static inline struct dst_entry *nf_mapt_route_dst(unsigned long refdst)
{
	return (struct dst_entry *)(refdst & SKB_DST_PTRMASK);
}

/**
 * nf_mapt_route_set - give a packet a route in place of that it has
 * @skb: packet
 * @refdst: route as above
 */
static inline void nf_mapt_route_set(struct sk_buff *skb, unsigned long refdst)
{
	skb_dst_drop(skb);
	if (refdst & SKB_DST_NOREF)
		skb_dst_set_noref(skb, nf_mapt_route_dst(refdst));
	else
		skb_dst_set(skb, nf_mapt_route_dst(refdst));
}

unsigned int nf_mapt_route6_headroom(unsigned long refdst);

/* nf_mapt_rewrite.c */

/**
 * struct nf_mapt_rewrite - what becomes of a packet, known before it comes
 * @refdst: route in the new family, as in struct sk_buff; forwards by its device
 * @diff: by how much a checksum changes with addresses and ports
 * @addrs_diff: with addresses alone: a partial checksum has no ports in it
 * @ports: new source and destination port, as in the packet
 * @proto: TCP or UDP
 * @hops: what TTL or hop limit fall by
 * @has_dsfield: send @dsfield rather than a copy of what there is
 * @dsfield: TOS or traffic class
 * @six: new addresses, from IPv4
 * @four: new addresses, from IPv6
 */
struct nf_mapt_rewrite {
	unsigned long		refdst;
	__wsum			diff;
	__wsum			addrs_diff;
	__be32			ports;
	u8			proto;
	u8			hops;
	bool			has_dsfield;
	u8			dsfield;
	union {
		struct {
			struct in6_addr	saddr;
			struct in6_addr	daddr;
		} six;
		struct {
			__be32		saddr;
			__be32		daddr;
		} four;
	};
};

bool nf_mapt_rewrite_policies(const struct net *net);
bool nf_mapt_rewrite_possible(const struct sk_buff *skb, u8 proto,
			      unsigned int thoff);
enum nf_mapt_stat nf_mapt_rewrite_4to6(struct net *net, struct sk_buff *skb,
				       const struct nf_mapt_rewrite *rw);
enum nf_mapt_stat nf_mapt_rewrite_6to4(struct net *net, struct sk_buff *skb,
				       const struct nf_mapt_rewrite *rw);

/**
 * nf_mapt_rewrite_proto - are packets of a protocol translated in one step?
 * @proto: transport protocol
 */
static inline bool nf_mapt_rewrite_proto(u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP;
}

/**
 * nf_mapt_rewrite_l4_len - shortest transport header
 * @proto: TCP or UDP
 */
static inline unsigned int nf_mapt_rewrite_l4_len(u8 proto)
{
	return proto == IPPROTO_TCP ? sizeof(struct tcphdr) :
				      sizeof(struct udphdr);
}

/* nf_mapt_flow.c */
struct nf_flowtable;

#if IS_ENABLED(CONFIG_NF_FLOW_TABLE)
bool nf_mapt_flow_wanted(const struct nf_mapt_pkt *pkt);
void nf_mapt_flow_learn(const struct nf_mapt_pkt *pkt,
			const struct nf_siit_addrs6 *to, unsigned long refdst);
struct nf_mapt_flows *nf_mapt_flows_new(struct net *net,
					const struct nf_mapt_conf *conf,
					struct nf_flowtable *table);
void nf_mapt_flows_end(struct nf_mapt_flows *flows);
void nf_mapt_flows_free(struct nf_mapt_flows *flows);
int nf_mapt_flow_init(void);
void nf_mapt_flow_fini(void);
#else
static inline bool nf_mapt_flow_wanted(const struct nf_mapt_pkt *pkt)
{
	return false;
}

static inline void nf_mapt_flow_learn(const struct nf_mapt_pkt *pkt,
				      const struct nf_siit_addrs6 *to,
				      unsigned long refdst)
{
}

static inline struct nf_mapt_flows *
nf_mapt_flows_new(struct net *net, const struct nf_mapt_conf *conf,
		  struct nf_flowtable *table)
{
	return NULL;
}

static inline void nf_mapt_flows_end(struct nf_mapt_flows *flows)
{
}

static inline void nf_mapt_flows_free(struct nf_mapt_flows *flows)
{
}

static inline int nf_mapt_flow_init(void)
{
	return 0;
}

static inline void nf_mapt_flow_fini(void)
{
}
#endif

/* nf_mapt_ingress.c */
int nf_mapt_ingress(const struct nf_mapt_conf *conf, struct sk_buff *skb,
		    const struct nf_hook_state *state);

/* nf_mapt_answer.c */
void nf_mapt_icmp_limit_mtu(struct sk_buff *skb);
void nf_mapt_icmp_send4(struct nf_mapt_pkt *pkt, u8 type, u8 code, u32 info);
void nf_mapt_icmp_send6(struct nf_mapt_pkt *pkt, u8 type, u8 code, u32 info);

/* nf_mapt_frag.c */
__be32 nf_mapt_frag_id(const struct nf_mapt_ce *ce, __be32 id);
void nf_mapt_frag_output(struct net *net, struct sk_buff *skb,
			 struct net_device *indev, __be32 id);
void nf_mapt_frag_forward(struct net *net, struct sk_buff *skb, __be32 id);

/**
 * nf_mapt_frag_needed - has a packet just translated to leave in fragments?
 * @skb: IPv6 packet
 */
static inline bool nf_mapt_frag_needed(const struct sk_buff *skb)
{
	unsigned int max = IP6CB(skb)->frag_max_size;

	return max && skb->len > max;
}

/* nf_mapt_stat.c */
void nf_mapt_count(struct net *net, enum nf_mapt_stat stat);
void nf_mapt_drop(struct net *net, struct sk_buff *skb, enum nf_mapt_stat stat);
enum nf_mapt_stat nf_mapt_stat_of(enum nf_siit_result res);
int nf_mapt_stat_init(void);
void nf_mapt_stat_fini(void);

/**
 * nf_mapt_siit - result of a step of the translation, as one of ours
 * @res: its result
 */
static inline enum nf_mapt_stat nf_mapt_siit(enum nf_siit_result res)
{
	return likely(res == NF_SIIT_OK) ? NF_MAPT_OK : nf_mapt_stat_of(res);
}

#endif /* _NF_MAPT_H */

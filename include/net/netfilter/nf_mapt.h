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

#define NF_MAPT_LOWEST_IPV6_MTU_DEFAULT	IPV6_MIN_MTU

/* What a packet, or a fragment, grows by from IPv4 to IPv6. */
#define NF_MAPT_IP_GROWTH	20U
#define NF_MAPT_FRAG_GROWTH	28U

/* RFC 7915 section 5.1: IPv4 packets up to this length have DF = 0. */
#define NF_MAPT_DF_CLEAR_MAX	(IPV6_MIN_MTU - NF_MAPT_IP_GROWTH)

/* Segmentation that does not depend on the family of the IP header, or that
 * nf_mapt_gso_flip() adapts: what the kernel can do itself, but for lists of
 * packets, each of which has an IP header.
 */
#define NF_MAPT_GSO_TYPES						  \
	(((u32)(NETIF_F_GSO_SOFTWARE >> NETIF_F_GSO_SHIFT) &		  \
	  ~SKB_GSO_FRAGLIST) | SKB_GSO_DODGY | SKB_GSO_TCP_FIXEDID)

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
 * @has_tos: send @tos rather than a copy of the traffic class
 * @has_tclass: send @tclass rather than a copy of the TOS
 * @tos: TOS of translated IPv4 packets
 * @tclass: traffic class of translated IPv6 packets
 * @lowest_ipv6_mtu: largest IPv6 packet made from IPv4 packets with DF = 0
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
	bool			has_tos;
	bool			has_tclass;
	u8			tos;
	u8			tclass;
	u16			lowest_ipv6_mtu;
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
 * struct nf_mapt_inner - the packet inside an ICMP error
 * @off: offset of its IP header from the outer one
 * @thoff: offset of its transport header
 * @proto: transport protocol
 * @frag: it had or needs a Fragment Header
 * @frag_id: identification, if @frag
 * @frag_off: offset and M flag as in a Fragment Header, if @frag
 */
struct nf_mapt_inner {
	unsigned int	off;
	unsigned int	thoff;
	u8		proto;
	bool		frag;
	__be32		frag_id;
	__be16		frag_off;
};

/**
 * struct nf_mapt_pkt - a packet on its way
 * @conf: configuration
 * @state: hook
 * @skb: the packet, data at its IP header
 * @thoff: offset of the transport header
 * @proto: transport protocol
 * @has_ports: @sport and @dport are known
 * @icmp_error: an ICMP error; its ports are those of @inner, exchanged
 * @sport: source port or ICMP identifier, host byte order
 * @dport: destination port or ICMP identifier, host byte order
 * @frag_header: IPv6: had a Fragment Header, whose identification @frag_id is
 * @frag_id: identification, of a packet that was or will be fragmented
 * @inner: embedded packet of an ICMP error
 */
struct nf_mapt_pkt {
	const struct nf_mapt_conf	*conf;
	const struct nf_hook_state	*state;
	struct sk_buff			*skb;
	unsigned int			thoff;
	u8				proto;
	bool				has_ports;
	bool				icmp_error;
	bool				frag_header;
	u16				sport;
	u16				dport;
	__be32				frag_id;
	struct nf_mapt_inner		inner;
};

/**
 * struct nf_mapt_addrs4 - IPv4 addresses of a packet
 * @saddr: source
 * @daddr: destination
 * @inner_saddr: source of the embedded packet, if any
 * @inner_daddr: destination of the embedded packet, if any
 */
struct nf_mapt_addrs4 {
	__be32		saddr;
	__be32		daddr;
	__be32		inner_saddr;
	__be32		inner_daddr;
};

/**
 * struct nf_mapt_addrs6 - IPv6 addresses of a packet
 * @saddr: source
 * @daddr: destination
 * @inner_saddr: source of the embedded packet, if any
 * @inner_daddr: destination of the embedded packet, if any
 */
struct nf_mapt_addrs6 {
	struct in6_addr	saddr;
	struct in6_addr	daddr;
	struct in6_addr	inner_saddr;
	struct in6_addr	inner_daddr;
};

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

/* nf_mapt_parse.c */
enum nf_mapt_stat nf_mapt_parse4(struct nf_mapt_pkt *pkt);
enum nf_mapt_stat nf_mapt_parse6(struct nf_mapt_pkt *pkt);

/**
 * nf_mapt_proto_csum_offset - where a transport protocol has its checksum
 * @proto: transport protocol other than ICMP
 *
 * Return: offset in the transport header of a checksum that covers a
 * pseudo-header; 0 if there is none.
 */
static inline unsigned int nf_mapt_proto_csum_offset(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return offsetof(struct tcphdr, check);
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
		return offsetof(struct udphdr, check);
	}

	return 0;
}

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
 * nf_mapt_addr_link_local4 - is an IPv4 address one of a link only?
 * @addr: IPv4 address
 *
 * RFC 3927 section 2.7: what has such a source or destination is never
 * forwarded.
 */
static inline bool nf_mapt_addr_link_local4(__be32 addr)
{
	return (addr & htonl(0xffff0000)) == htonl(0xa9fe0000);
}

/**
 * nf_mapt_addr_martian4 - is an IPv4 address illegal as a source?
 * @addr: IPv4 address
 *
 * RFC 7915 section 4.1: 0.0.0.0/8 (RFC 1812 section 5.3.7), loopback,
 * multicast, and everything above; and those of a link.
 */
static inline bool nf_mapt_addr_martian4(__be32 addr)
{
	u8 first = ntohl(addr) >> 24;

	return !first || first == 127 || first >= 224 ||
	       nf_mapt_addr_link_local4(addr);
}

/**
 * nf_mapt_addr_martian6 - is an IPv6 address illegal as a source?
 * @addr: IPv6 address
 *
 * RFC 7915 section 5.1: multicast, link-local, unspecified, loopback.
 */
static inline bool nf_mapt_addr_martian6(const struct in6_addr *addr)
{
	__be32 first = addr->s6_addr32[0];

	return ipv6_addr_is_multicast(addr) ||
	       (first & htonl(0xffc00000)) == htonl(0xfe800000) ||
	       (!first && (ipv6_addr_any(addr) || ipv6_addr_loopback(addr)));
}

/**
 * nf_mapt_addr_no_host4 - can an IPv4 address be no host's?
 * @addr: IPv4 address of a destination
 *
 * Only unicast is served (RFC 7597 section 1), and nobody has the IPv4 dummy
 * address (RFC 7600 erratum 4430).
 */
static inline bool nf_mapt_addr_no_host4(__be32 addr)
{
	return nf_mapt_addr_martian4(addr) || addr == htonl(INADDR_DUMMY);
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
				    const struct nf_mapt_addrs6 *to,
				    unsigned int *mtu);
unsigned long nf_mapt_route6_input(const struct nf_mapt_pkt *pkt,
				   const struct nf_mapt_addrs6 *to,
				   unsigned int *mtu);
unsigned long nf_mapt_route4_output(const struct nf_mapt_pkt *pkt,
				    const struct nf_mapt_addrs4 *to);
unsigned long nf_mapt_route4_input(const struct nf_mapt_pkt *pkt,
				   const struct nf_mapt_addrs4 *to);
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

/* nf_mapt_xlat.c */
enum nf_mapt_stat nf_mapt_xlat_4to6(struct nf_mapt_pkt *pkt,
				    const struct nf_mapt_addrs6 *to,
				    unsigned int mtu6, unsigned int headroom);
enum nf_mapt_stat nf_mapt_xlat_6to4(struct nf_mapt_pkt *pkt,
				    const struct nf_mapt_addrs4 *to,
				    unsigned int mtu4);
bool nf_mapt_xlat_gso_valid(const struct sk_buff *skb, u8 proto);
enum nf_mapt_stat nf_mapt_xlat_settle(struct nf_mapt_pkt *pkt);
bool nf_mapt_xlat_needs_segments(const struct nf_mapt_pkt *pkt,
				 unsigned int mtu);
enum nf_mapt_stat nf_mapt_xlat_segments(struct sk_buff *skb,
					struct sk_buff **segs);
__be16 nf_mapt_xlat_id(void);
int nf_mapt_xlat_writable(struct sk_buff *skb, unsigned int len,
			  unsigned int from, unsigned int to);
void *nf_mapt_xlat_headers(struct sk_buff *skb, __be16 protocol,
			   unsigned int from, unsigned int to,
			   unsigned int thoff);

/**
 * nf_mapt_csum_adapt - adapt a transport checksum
 * @sum: checksum field
 * @partial: it is the sum of the pseudo-header, not inverted
 * @diff: sum of what was added less what was taken away
 */
static inline void nf_mapt_csum_adapt(__sum16 *sum, bool partial, __wsum diff)
{
	if (partial)
		*sum = ~csum_fold(csum_add(diff, csum_unfold(*sum)));
	else
		*sum = csum_fold(csum_add(diff, ~csum_unfold(*sum)));
}

/**
 * nf_mapt_csum_word - a number as part of a checksum
 * @word: the number, host byte order
 */
static inline __wsum nf_mapt_csum_word(u32 word)
{
	return (__force __wsum)htonl(word);
}

/**
 * nf_mapt_csum_addrs4 - IPv4 addresses as part of a checksum
 * @saddr: source
 * @daddr: destination
 */
static inline __wsum nf_mapt_csum_addrs4(__be32 saddr, __be32 daddr)
{
	return csum_add((__force __wsum)saddr, (__force __wsum)daddr);
}

/**
 * nf_mapt_csum_addrs6 - IPv6 addresses as part of a checksum
 * @saddr: source
 * @daddr: destination
 *
 * For so few bytes a call of csum_partial() takes longer than the sum.
 */
static inline __wsum nf_mapt_csum_addrs6(const struct in6_addr *saddr,
					 const struct in6_addr *daddr)
{
	u64 sum = 0;
	int i;

	for (i = 0; i < 4; i++)
		sum += (u64)(__force u32)saddr->s6_addr32[i] +
		       (__force u32)daddr->s6_addr32[i];
	sum = (u32)sum + (sum >> 32);

	return (__force __wsum)((u32)sum + (u32)(sum >> 32));
}

/**
 * nf_mapt_csum_header4 - checksum of an IPv4 header just written
 * @iph: the header, of 20 bytes
 * @tos: its TOS
 *
 * In plain C, so that the compiler takes what it has in registers.
 * ip_send_check() would read it back in other sizes than it was stored, for
 * which a CPU has to wait.
 */
static inline __sum16 nf_mapt_csum_header4(const struct iphdr *iph, u8 tos)
{
	u32 sum = 0x4500 + tos + ntohs(iph->id) + ntohs(iph->frag_off) +
		  (iph->ttl << 8);

	return csum_tcpudp_magic(iph->saddr, iph->daddr, ntohs(iph->tot_len),
				 iph->protocol, nf_mapt_csum_word(sum));
}

/**
 * nf_mapt_gso_flip - give a GSO packet the type of its new family
 * @skb: packet
 * @from: type of the old one
 * @to: type of the new one
 */
static inline void nf_mapt_gso_flip(struct sk_buff *skb, unsigned int from,
				    unsigned int to)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	if (!skb_is_gso(skb))
		return;
	if (shinfo->gso_type & from)
		shinfo->gso_type = (shinfo->gso_type & ~from) | to;
	shinfo->gso_type &= ~SKB_GSO_TCP_FIXEDID;
}

/**
 * nf_mapt_fits - does a packet, or each of its segments, fit an MTU?
 * @skb: packet, data at its IP header
 * @mtu: MTU
 */
static inline bool nf_mapt_fits(const struct sk_buff *skb, unsigned int mtu)
{
	if (skb_is_gso(skb))
		return skb_gso_validate_network_len(skb, mtu);

	return skb->len <= mtu;
}

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
			const struct nf_mapt_addrs6 *to, unsigned long refdst);
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
				      const struct nf_mapt_addrs6 *to,
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

/* nf_mapt_icmp.c */
enum nf_mapt_stat nf_mapt_icmp_error_4to6(struct nf_mapt_pkt *pkt,
					  const struct nf_mapt_addrs6 *to,
					  unsigned int mtu6,
					  unsigned int headroom);
enum nf_mapt_stat nf_mapt_icmp_error_6to4(struct nf_mapt_pkt *pkt,
					  const struct nf_mapt_addrs4 *to,
					  unsigned int mtu4);
void nf_mapt_icmp_limit_mtu(struct sk_buff *skb);
void nf_mapt_icmp_send4(struct nf_mapt_pkt *pkt, u8 type, u8 code, u32 info);
void nf_mapt_icmp_send6(struct nf_mapt_pkt *pkt, u8 type, u8 code, u32 info);

/* nf_mapt_frag.c */
__be32 nf_mapt_frag_id(const struct nf_mapt_ce *ce, __be32 id);
__be32 nf_mapt_frag_id6(const struct sk_buff *skb);
int nf_mapt_frag_gather6(const struct nf_mapt_pkt *pkt);
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
int nf_mapt_stat_init(void);
void nf_mapt_stat_fini(void);

#endif /* _NF_MAPT_H */

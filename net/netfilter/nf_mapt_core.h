/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MAP-T: a packet on its way, and what may become of it
 */
#ifndef _NF_MAPT_CORE_H
#define _NF_MAPT_CORE_H

#include <linux/netfilter.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_mapt.h>
#include <net/netfilter/nf_siit.h>
#include <net/netns/generic.h>

/* Flags in IPCB() that no kernel has: the packet is for a CE to translate; it is
 * for none and has come past that hook; a CE has translated it; it has a CE's
 * address, and leaves only if a CE takes it.
 */
#define IPSKB_MAPT_CE	BIT(15)
#define IPSKB_MAPT_PAST	BIT(14)
#define IPSKB_MAPT_DOWN	BIT(13)
#define IPSKB_MAPT_DOUBT	BIT(12)

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

/**
 * struct nf_mapt_pkt - a packet on its way
 * @conf: configuration
 * @state: hook
 * @bh: what it does next keeps bottom halves off that were on
 * @siit: the packet as its translation sees it
 */
struct nf_mapt_pkt {
	const struct nf_mapt_conf	*conf;
	const struct nf_hook_state	*state;
	bool				bh;
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
	pkt->conf = conf;
	pkt->state = state;
	nf_siit_pkt_init(&pkt->siit, skb, &conf->siit, state->in);
}

/**
 * nf_mapt_net_data - data of a network namespace, for packets
 * @net: network namespace
 * @id: number of what registered it
 *
 * As net_generic(), which takes the lock of the RCU read side for itself: two
 * calls, where that can be preempted.
 *
 * Context: RCU read side.
 *
 * Return: the data.
 */
static inline void *nf_mapt_net_data(const struct net *net, unsigned int id)
{
	return rcu_dereference(net->gen)->ptr[id];
}

/* nf_mapt_core.c */
void nf_mapt_ce_up(const struct nf_mapt_conf *conf, struct sk_buff *skb,
		   const struct nf_hook_state *state);
void nf_mapt_receive4(struct net *net, struct sk_buff *skb);

/* nf_mapt_late.c */
bool nf_mapt_late_any(const struct net *net);
bool nf_mapt_keep_from_flowtables(struct sk_buff *skb);
int nf_mapt_late_init(void);
void nf_mapt_late_fini(void);

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
 *
 * Return: true if so.
 */
static inline bool nf_mapt_addr_no_host4(__be32 addr)
{
	return nf_siit_martian4(addr) || addr == htonl(INADDR_DUMMY);
}

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
 *
 * Return: true if it has.
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
 *
 * Return: %NF_MAPT_OK, or why the packet is to be dropped.
 */
static inline enum nf_mapt_stat nf_mapt_siit(enum nf_siit_result res)
{
	return likely(res == NF_SIIT_OK) ? NF_MAPT_OK : nf_mapt_stat_of(res);
}

#endif /* _NF_MAPT_CORE_H */

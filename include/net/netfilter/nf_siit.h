/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stateless translation of IP and ICMP (SIIT, RFC 7915) of one packet.
 *
 * A library: a packet, its new addresses and some options go in; out comes the
 * packet in the other family, or the reason why there is none. Which addresses,
 * by which route, and what becomes of a packet that could not be translated is
 * for its user to say: a mapping of addresses (MAP-T, EAM, NAT64), a device, a
 * rule.
 *
 * A user calls, for each packet, in this order:
 *
 *	nf_siit_parse4(), nf_siit_parse6()	what identifies the packet
 *	nf_siit_settle()			what devices have left open
 *	nf_siit_needs_segments(), nf_siit_segments()
 *	nf_siit_4to6(), nf_siit_6to4()		translate it in place
 *
 * All of them want the packet's data to begin at its IP header.
 */
#ifndef _NF_SIIT_H
#define _NF_SIIT_H

#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdev_features.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/dsfield.h>
#include <net/gso.h>
#include <net/ip.h>
#include <net/ipv6.h>

/* What a packet, or a fragment, grows by from IPv4 to IPv6. */
#define NF_SIIT_IP_GROWTH	20U
#define NF_SIIT_FRAG_GROWTH	28U

/* RFC 7915 section 5.1: IPv4 packets up to this length have DF = 0. */
#define NF_SIIT_DF_CLEAR_MAX	(IPV6_MIN_MTU - NF_SIIT_IP_GROWTH)

/* Segmentation that does not depend on the family of the IP header, or that
 * nf_siit_gso_flip() adapts: what the kernel can do itself, but for lists of
 * packets, each of which has an IP header.
 */
#define NF_SIIT_GSO_TYPES						  \
	(((u32)(NETIF_F_GSO_SOFTWARE >> NETIF_F_GSO_SHIFT) &		  \
	  ~SKB_GSO_FRAGLIST) | SKB_GSO_DODGY | SKB_GSO_TCP_FIXEDID)

/**
 * enum nf_siit_result - result of a step
 * @NF_SIIT_OK: go on
 * @NF_SIIT_NEIGHBOUR: neighbour discovery, a matter of its link
 * @NF_SIIT_FRAGMENT: fragment that was not reassembled
 * @NF_SIIT_SOURCE_ROUTE: source route or routing header with hops left
 * @NF_SIIT_ICMP_UNTRANSLATABLE: ICMP that has no counterpart
 * @NF_SIIT_ICMP_NESTED: ICMP error about an ICMP error
 * @NF_SIIT_BAD_HEADER: malformed
 * @NF_SIIT_BAD_CSUM: ICMP error with a wrong checksum, or a checksum left to a
 *	device that begins where there is none
 * @NF_SIIT_UDP_ZERO_CSUM: UDP without checksum
 * @NF_SIIT_TOO_BIG: reassembled, and larger than IPv4 can say
 * @NF_SIIT_NO_MEMORY: out of memory
 * @NF_SIIT_RESULT_MAX: number of results
 */
enum nf_siit_result {
	NF_SIIT_OK,
	NF_SIIT_NEIGHBOUR,
	NF_SIIT_FRAGMENT,
	NF_SIIT_SOURCE_ROUTE,
	NF_SIIT_ICMP_UNTRANSLATABLE,
	NF_SIIT_ICMP_NESTED,
	NF_SIIT_BAD_HEADER,
	NF_SIIT_BAD_CSUM,
	NF_SIIT_UDP_ZERO_CSUM,
	NF_SIIT_TOO_BIG,
	NF_SIIT_NO_MEMORY,
	NF_SIIT_RESULT_MAX
};

/**
 * struct nf_siit_options - what RFC 7915 leaves to an administrator
 * @lowest_ipv6_mtu: largest IPv6 packet made from IPv4 packets with DF = 0, at
 *	least %IPV6_MIN_MTU (section 4)
 * @tos: TOS of translated IPv4 packets, with @has_tos
 * @tclass: traffic class of translated IPv6 packets, with @has_tclass
 * @has_tos: send @tos rather than a copy of the traffic class (section 5.1)
 * @has_tclass: send @tclass rather than a copy of the TOS (section 4.1)
 * @udp_zero_drop: refuse IPv4 UDP without checksum rather than compute one
 *	(section 4.5)
 */
struct nf_siit_options {
	u16	lowest_ipv6_mtu;
	u8	tos;
	u8	tclass;
	u8	has_tos:1;
	u8	has_tclass:1;
	u8	udp_zero_drop:1;
};

/**
 * struct nf_siit_inner - the packet inside an ICMP error
 * @off: offset of its IP header from the outer one
 * @thoff: offset of its transport header
 * @proto: transport protocol
 * @frag: it had or needs a Fragment Header
 * @frag_id: identification, if @frag
 * @frag_off: offset and M flag as in a Fragment Header, if @frag
 */
struct nf_siit_inner {
	unsigned int	off;
	unsigned int	thoff;
	u8		proto;
	bool		frag;
	__be32		frag_id;
	__be16		frag_off;
};

/**
 * struct nf_siit_pkt - a packet on its way
 * @skb: the packet, data at its IP header
 * @opts: options
 * @in: device that it came in by, or NULL: what ICMP errors may tell of its MTU
 * @thoff: offset of the transport header
 * @proto: transport protocol
 * @has_ports: @sport and @dport are known
 * @icmp_error: an ICMP error; its ports are those of @inner, exchanged
 * @frag_header: IPv6: had a Fragment Header, whose identification @frag_id is
 * @sport: source port or ICMP identifier, host byte order
 * @dport: destination port or ICMP identifier, host byte order
 * @frag_id: identification, of a packet that was or will be fragmented
 * @inner: embedded packet of an ICMP error
 *
 * The first three are the user's to set, by nf_siit_pkt_init(); @inner is valid
 * with @icmp_error only.
 */
struct nf_siit_pkt {
	struct sk_buff			*skb;
	const struct nf_siit_options	*opts;
	const struct net_device		*in;
	unsigned int			thoff;
	u8				proto;
	bool				has_ports;
	bool				icmp_error;
	bool				frag_header;
	u16				sport;
	u16				dport;
	__be32				frag_id;
	struct nf_siit_inner		inner;
};

/**
 * nf_siit_pkt_init - a packet comes
 * @pkt: set
 * @skb: the packet, data at its IP header
 * @opts: options
 * @in: device that it came in by, or NULL
 */
static inline void nf_siit_pkt_init(struct nf_siit_pkt *pkt, struct sk_buff *skb,
				    const struct nf_siit_options *opts,
				    const struct net_device *in)
{
	pkt->skb = skb;
	pkt->opts = opts;
	pkt->in = in;
	pkt->thoff = 0;
	pkt->proto = 0;
	pkt->has_ports = false;
	pkt->icmp_error = false;
	pkt->frag_header = false;
	pkt->sport = 0;
	pkt->dport = 0;
	pkt->frag_id = 0;
}

/**
 * nf_siit_tclass - traffic class of an IPv6 header, section 4.1
 * @opts: options
 * @iph: the IPv4 header that it is made from
 *
 * Return: the traffic class.
 */
static inline u8 nf_siit_tclass(const struct nf_siit_options *opts,
				const struct iphdr *iph)
{
	return opts->has_tclass ? opts->tclass : iph->tos;
}

/**
 * nf_siit_tos - TOS of an IPv4 header, section 5.1
 * @opts: options
 * @ip6h: the IPv6 header that it is made from
 *
 * Return: the TOS.
 */
static inline u8 nf_siit_tos(const struct nf_siit_options *opts,
			     const struct ipv6hdr *ip6h)
{
	return opts->has_tos ? opts->tos : ipv6_get_dsfield(ip6h);
}

/**
 * struct nf_siit_addrs4 - IPv4 addresses of a packet
 * @saddr: source
 * @daddr: destination
 * @inner_saddr: source of the embedded packet, if any
 * @inner_daddr: destination of the embedded packet, if any
 */
struct nf_siit_addrs4 {
	__be32		saddr;
	__be32		daddr;
	__be32		inner_saddr;
	__be32		inner_daddr;
};

/**
 * struct nf_siit_addrs6 - IPv6 addresses of a packet
 * @saddr: source
 * @daddr: destination
 * @inner_saddr: source of the embedded packet, if any
 * @inner_daddr: destination of the embedded packet, if any
 */
struct nf_siit_addrs6 {
	struct in6_addr	saddr;
	struct in6_addr	daddr;
	struct in6_addr	inner_saddr;
	struct in6_addr	inner_daddr;
};

/* nf_siit_parse.c */
enum nf_siit_result nf_siit_parse4(struct nf_siit_pkt *pkt);
enum nf_siit_result nf_siit_parse6(struct nf_siit_pkt *pkt);

/* nf_siit_gso.c */
bool nf_siit_gso_valid(const struct sk_buff *skb, u8 proto);
enum nf_siit_result __nf_siit_settle(struct nf_siit_pkt *pkt);
bool __nf_siit_needs_segments(const struct nf_siit_pkt *pkt, unsigned int mtu);
enum nf_siit_result nf_siit_segments(struct sk_buff *skb,
				     struct sk_buff **segs);

/* nf_siit_xlat.c */
enum nf_siit_result nf_siit_4to6(struct nf_siit_pkt *pkt,
				 const struct nf_siit_addrs6 *to,
				 unsigned int mtu6, unsigned int headroom);
enum nf_siit_result nf_siit_6to4(struct nf_siit_pkt *pkt,
				 const struct nf_siit_addrs4 *to,
				 unsigned int mtu4);

/* nf_siit_frag.c */
int nf_siit_frag_gather6(struct net *net, struct sk_buff *skb, u32 user);
int nf_siit_frag_send6(struct net *net, struct sock *sk, struct sk_buff *skb,
		       unsigned int max, __be32 id, bool *gone);

/* nf_siit_skb.c */
int __nf_siit_writable(struct sk_buff *skb, unsigned int len,
		       unsigned int headroom);
__be16 nf_siit_id4(void);

/**
 * nf_siit_settle - see to what devices have left open in a packet
 * @pkt: packet, parsed, that is going to be translated
 *
 * Return: %NF_SIIT_OK, or why the packet is to be dropped.
 */
static inline enum nf_siit_result nf_siit_settle(struct nf_siit_pkt *pkt)
{
	struct sk_buff *skb = pkt->skb;

	skb_set_transport_header(skb, pkt->thoff);

	return skb_is_gso(skb) || skb->ip_summed == CHECKSUM_PARTIAL ?
	       __nf_siit_settle(pkt) : NF_SIIT_OK;
}

/**
 * nf_siit_needs_segments - must a GSO packet be segmented before?
 * @pkt: packet, nf_siit_settle()
 * @mtu: what an IPv6 packet made from one with DF = 0 may have
 *
 * That is so for segmentation types that hold headers of the old family, for
 * IPv4 segments that have to be fragmented, and for those that have to be given
 * a checksum.
 *
 * Return: true if it must.
 */
static inline bool nf_siit_needs_segments(const struct nf_siit_pkt *pkt,
					  unsigned int mtu)
{
	return skb_is_gso(pkt->skb) && __nf_siit_needs_segments(pkt, mtu);
}

/**
 * nf_siit_writable - make room for translation
 * @skb: packet, data at its IP header
 * @len: bytes from there that will be changed
 * @from: length of the old headers
 * @to: length of the new headers and what goes in front of them
 *
 * Return: 0 or -ENOMEM.
 */
static inline int nf_siit_writable(struct sk_buff *skb, unsigned int len,
				   unsigned int from, unsigned int to)
{
	unsigned int headroom = to > from ? to - from : 0;

	if (likely(!skb_cloned(skb) && headroom <= skb_headroom(skb) &&
		   len <= skb_headlen(skb)))
		return 0;

	return __nf_siit_writable(skb, len, headroom);
}

/**
 * nf_siit_link_local4 - is an IPv4 address one of a link only?
 * @addr: IPv4 address
 *
 * RFC 3927 section 2.7: what has such a source or destination is never
 * forwarded.
 *
 * Return: true if it is.
 */
static inline bool nf_siit_link_local4(__be32 addr)
{
	return (addr & htonl(0xffff0000)) == htonl(0xa9fe0000);
}

/**
 * nf_siit_martian4 - is an IPv4 address illegal as a source?
 * @addr: IPv4 address
 *
 * RFC 7915 section 4.1: 0.0.0.0/8 (RFC 1812 section 5.3.7), loopback,
 * multicast, and everything above; and those of a link.
 *
 * Return: true if it is.
 */
static inline bool nf_siit_martian4(__be32 addr)
{
	u8 first = ntohl(addr) >> 24;

	return !first || first == 127 || first >= 224 ||
	       nf_siit_link_local4(addr);
}

/**
 * nf_siit_martian6 - is an IPv6 address illegal as a source?
 * @addr: IPv6 address
 *
 * RFC 7915 section 5.1: multicast, link-local, unspecified, loopback.
 *
 * Return: true if it is.
 */
static inline bool nf_siit_martian6(const struct in6_addr *addr)
{
	__be32 first = addr->s6_addr32[0];

	return ipv6_addr_is_multicast(addr) ||
	       (first & htonl(0xffc00000)) == htonl(0xfe800000) ||
	       (!first && (ipv6_addr_any(addr) || ipv6_addr_loopback(addr)));
}

/**
 * nf_siit_proto_has_ports - does a transport protocol have ports?
 * @proto: transport protocol
 *
 * Return: true if it has.
 */
static inline bool nf_siit_proto_has_ports(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return true;
	}

	return false;
}

/**
 * nf_siit_proto_csum_offset - where a transport protocol has its checksum
 * @proto: transport protocol other than ICMP
 *
 * Return: offset in the transport header of a checksum that covers a
 * pseudo-header; 0 if there is none.
 */
static inline unsigned int nf_siit_proto_csum_offset(u8 proto)
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

/**
 * nf_siit_csum_adapt - adapt a transport checksum
 * @sum: checksum field
 * @partial: it is the sum of the pseudo-header, not inverted
 * @diff: sum of what was added less what was taken away
 */
static inline void nf_siit_csum_adapt(__sum16 *sum, bool partial, __wsum diff)
{
	if (partial)
		*sum = ~csum_fold(csum_add(diff, csum_unfold(*sum)));
	else
		*sum = csum_fold(csum_add(diff, ~csum_unfold(*sum)));
}

/**
 * nf_siit_csum_word - a number as part of a checksum
 * @word: the number, host byte order
 *
 * Return: the sum, not folded.
 */
static inline __wsum nf_siit_csum_word(u32 word)
{
	return (__force __wsum)htonl(word);
}

/**
 * nf_siit_csum_addrs4 - IPv4 addresses as part of a checksum
 * @saddr: source
 * @daddr: destination
 *
 * Return: the sum, not folded.
 */
static inline __wsum nf_siit_csum_addrs4(__be32 saddr, __be32 daddr)
{
	return csum_add((__force __wsum)saddr, (__force __wsum)daddr);
}

/**
 * nf_siit_csum_addrs6 - IPv6 addresses as part of a checksum
 * @saddr: source
 * @daddr: destination
 *
 * For so few bytes a call of csum_partial() takes longer than the sum.
 *
 * Return: the sum, not folded.
 */
static inline __wsum nf_siit_csum_addrs6(const struct in6_addr *saddr,
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
 * nf_siit_csum_partial - is a packet's own transport checksum left to a device?
 * @skb: packet, data at its IP header
 * @thoff: offset of the transport header
 *
 * It may also be that of a packet inside.
 *
 * Return: true if it is.
 */
static inline bool nf_siit_csum_partial(const struct sk_buff *skb,
					unsigned int thoff)
{
	return skb->ip_summed == CHECKSUM_PARTIAL &&
	       skb_checksum_start_offset(skb) == thoff;
}

/**
 * nf_siit_proto_4to6 - transport protocol of an IPv4 packet, in IPv6
 * @proto: that in IPv4
 *
 * Return: that in IPv6.
 */
static inline u8 nf_siit_proto_4to6(u8 proto)
{
	return proto == IPPROTO_ICMP ? IPPROTO_ICMPV6 : proto;
}

/**
 * nf_siit_proto_6to4 - transport protocol of an IPv6 packet, in IPv4
 * @proto: that in IPv6
 *
 * Return: that in IPv4.
 */
static inline u8 nf_siit_proto_6to4(u8 proto)
{
	return proto == IPPROTO_ICMPV6 ? IPPROTO_ICMP : proto;
}

/**
 * nf_siit_header6 - write a packet's IPv6 header
 * @skb: packet, with room for the header at its data
 * @tclass: traffic class
 * @proto: next header
 * @hops: hop limit
 * @saddr: source
 * @daddr: destination
 *
 * Above 65,535 bytes a GSO packet has no length in it (RFC 2675).
 */
static inline void nf_siit_header6(struct sk_buff *skb, u8 tclass, u8 proto,
				   u8 hops, const struct in6_addr *saddr,
				   const struct in6_addr *daddr)
{
	struct ipv6hdr *ip6h = (struct ipv6hdr *)skb->data;
	unsigned int len = skb->len - sizeof(*ip6h);

	ip6_flow_hdr(ip6h, tclass, 0);
	ip6h->payload_len = htons(len <= U16_MAX ? len : 0);
	ip6h->nexthdr = proto;
	ip6h->hop_limit = hops;
	ip6h->saddr = *saddr;
	ip6h->daddr = *daddr;
}

/**
 * nf_siit_header4 - write a packet's IPv4 header
 * @skb: packet, with room for the header at its data
 * @tos: TOS
 * @id: identification
 * @frag_off: DF flag
 * @ttl: TTL
 * @proto: protocol
 * @saddr: source
 * @daddr: destination
 *
 * Its checksum is in plain C, so that the compiler takes what it has in
 * registers. ip_send_check() would read it back in other sizes than it was
 * stored, for which a CPU has to wait.
 */
static inline void nf_siit_header4(struct sk_buff *skb, u8 tos, __be16 id,
				   __be16 frag_off, u8 ttl, u8 proto,
				   __be32 saddr, __be32 daddr)
{
	struct iphdr *iph = (struct iphdr *)skb->data;
	u16 len = skb->len <= U16_MAX ? skb->len : 0;
	u32 sum = 0x4500 + tos + ntohs(id) + ntohs(frag_off) + (ttl << 8);

	*(__be16 *)iph = htons(0x4500 | tos);
	iph->tot_len = htons(len);
	iph->id = id;
	iph->frag_off = frag_off;
	iph->ttl = ttl;
	iph->protocol = proto;
	iph->saddr = saddr;
	iph->daddr = daddr;
	iph->check = csum_tcpudp_magic(saddr, daddr, len, proto,
				       nf_siit_csum_word(sum));
}

/**
 * nf_siit_icmp4_mtu - what an ICMPv4 error may tell of an MTU
 * @mtu: the MTU
 *
 * No IPv4 link has less than 68 bytes (RFC 791).
 *
 * Return: as an error has it.
 */
static inline __be16 nf_siit_icmp4_mtu(u32 mtu)
{
	return htons(clamp_t(u32, mtu, IPV4_MIN_MTU, U16_MAX));
}

/**
 * nf_siit_gso_flip - give a GSO packet the type of its new family
 * @skb: packet
 * @from: type of the old one
 * @to: type of the new one
 */
static inline void nf_siit_gso_flip(struct sk_buff *skb, unsigned int from,
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
 * nf_siit_fits - does a packet, or each of its segments, fit an MTU?
 * @skb: packet, data at its IP header
 * @mtu: MTU
 *
 * Return: true if it does.
 */
static inline bool nf_siit_fits(const struct sk_buff *skb, unsigned int mtu)
{
	if (skb_is_gso(skb))
		return skb_gso_validate_network_len(skb, mtu);

	return skb->len <= mtu;
}

#endif /* _NF_SIIT_H */

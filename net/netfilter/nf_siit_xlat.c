// SPDX-License-Identifier: GPL-2.0
/*
 * SIIT: stateless translation of IP and ICMP (RFC 7915 sections 4 and 5)
 *
 * A packet that nf_siit_parse.c has read, and whose open ends nf_siit_gso.c has
 * settled, becomes one of the other family: the checksum of its transport header
 * is adapted, then the header of the new family takes the place of the old one
 * (nf_siit_skb.c). ICMP errors, with a packet inside, are nf_siit_icmp.c's.
 */
#include <linux/export.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_siit.h>
#include <net/udp.h>

#include "nf_siit_internal.h"

/* RFC 7915 section 4.5: an IPv4 packet without UDP checksum gets one. */
static noinline enum nf_siit_result
add_udp_csum(const struct nf_siit_pkt *pkt, struct udphdr *uh)
{
	unsigned int len = pkt->skb->len - pkt->thoff;
	struct sk_buff *skb = pkt->skb;
	const struct iphdr *iph = ip_hdr(skb);
	__wsum sum;

	if (pkt->opts->udp_zero_drop)
		return NF_SIIT_UDP_ZERO_CSUM;
	if (ntohs(uh->len) != len)
		return NF_SIIT_BAD_HEADER;

	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		/* As it will be when a device has filled in that inside. */
		sum = lco_csum(skb);
	} else {
		sum = skb_checksum(skb, pkt->thoff, len, 0);
		skb->ip_summed = CHECKSUM_NONE;
	}
	uh->check = csum_tcpudp_magic(iph->saddr, iph->daddr, len, IPPROTO_UDP,
				      sum);
	if (!uh->check)
		uh->check = CSUM_MANGLED_0;

	return NF_SIIT_OK;
}

static unsigned int transport_len(const struct nf_siit_pkt *pkt)
{
	unsigned int csum = nf_siit_proto_csum_offset(pkt->proto);

	if (csum)
		return csum + sizeof(__sum16);

	return pkt->has_ports ? sizeof(struct icmphdr) : 0;
}

/* As ip_forward() does: it covers the IP header. */
static void forget_complete_csum(struct sk_buff *skb)
{
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
}

/*
 * The checksum of the transport header, if it has one that covers addresses.
 * @diff: by how much the pseudo-header changes
 */
static void adapt_csum(const struct nf_siit_pkt *pkt, __sum16 *sum, bool partial,
		       __wsum diff)
{
	nf_siit_csum_adapt(sum, partial, diff);
	if (pkt->proto == IPPROTO_UDP && !*sum)
		*sum = CSUM_MANGLED_0;
}

static enum nf_siit_result transport_4to6(struct nf_siit_pkt *pkt,
					  const struct nf_siit_addrs6 *to)
{
	unsigned int csum_off = nf_siit_proto_csum_offset(pkt->proto);
	const struct iphdr *iph = ip_hdr(pkt->skb);
	void *th = pkt->skb->data + pkt->thoff;
	enum nf_siit_result res;
	__sum16 *sum;
	bool partial;

	if (pkt->proto == IPPROTO_ICMP)
		nf_siit_icmp_echo_4to6(th, nf_siit_icmp_pseudo(&to->saddr, &to->daddr,
							       pkt->skb->len - pkt->thoff));
	if (!csum_off)
		return NF_SIIT_OK;

	partial = nf_siit_csum_partial(pkt->skb, pkt->thoff);
	sum = th + csum_off;
	if (pkt->proto == IPPROTO_UDP && !*sum && !partial) {
		res = add_udp_csum(pkt, th);
		if (res != NF_SIIT_OK)
			return res;
	}
	adapt_csum(pkt, sum, partial,
		   csum_sub(nf_siit_csum_addrs6(&to->saddr, &to->daddr),
			    nf_siit_csum_addrs4(iph->saddr, iph->daddr)));

	return NF_SIIT_OK;
}

static enum nf_siit_result transport_6to4(struct nf_siit_pkt *pkt,
					  const struct nf_siit_addrs4 *to)
{
	unsigned int csum_off = nf_siit_proto_csum_offset(pkt->proto);
	const struct ipv6hdr *ip6h = ipv6_hdr(pkt->skb);
	void *th = pkt->skb->data + pkt->thoff;
	__sum16 *sum;
	bool partial;

	if (pkt->proto == IPPROTO_ICMPV6)
		nf_siit_icmp_echo_6to4(th, nf_siit_icmp_pseudo(&ip6h->saddr, &ip6h->daddr,
							       pkt->skb->len - pkt->thoff));
	if (!csum_off)
		return NF_SIIT_OK;

	partial = nf_siit_csum_partial(pkt->skb, pkt->thoff);
	sum = th + csum_off;
	/* RFC 8200 section 8.1: there is no UDP without checksum. */
	if (pkt->proto == IPPROTO_UDP && !*sum && !partial)
		return NF_SIIT_UDP_ZERO_CSUM;
	adapt_csum(pkt, sum, partial,
		   csum_sub(nf_siit_csum_addrs4(to->saddr, to->daddr),
			    nf_siit_csum_addrs6(&ip6h->saddr, &ip6h->daddr)));

	return NF_SIIT_OK;
}

/* Longest fragment that the IPv6 packet may be sent in; 0 if in none. */
static unsigned int frag_max_6(const struct nf_siit_pkt *pkt, unsigned int mtu6)
{
	unsigned int max4 = IPCB(pkt->skb)->frag_max_size;

	if (!(ip_hdr(pkt->skb)->frag_off & htons(IP_DF)))
		return min(pkt->opts->lowest_ipv6_mtu, mtu6);
	/* Fragments of a DF = 1 packet may be sent as large as they came. */
	if (max4)
		return clamp_t(u32, max4 + NF_SIIT_FRAG_GROWTH, IPV6_MIN_MTU, mtu6);

	return 0;
}

/**
 * nf_siit_4to6 - make an IPv4 packet an IPv6 packet
 * @pkt: packet, nf_siit_parse4() and nf_siit_settle(); not fragmented, no
 *	unexpired source route
 * @to: its new addresses
 * @mtu6: MTU of the route it will take, at least %IPV6_MIN_MTU
 * @headroom: bytes to keep free in front of the new header
 *
 * RFC 7915 section 4, but for addresses, TTL and the size of the result, which
 * are the caller's. What may be fragmented on its way out has the size of its
 * fragments in IP6CB(skb)->frag_max_size.
 *
 * Context: any; RCU read side if @pkt->in is set.
 *
 * Return: %NF_SIIT_OK, or why the packet could not be translated; it is the
 * caller's to free then.
 */
enum nf_siit_result nf_siit_4to6(struct nf_siit_pkt *pkt,
				 const struct nf_siit_addrs6 *to,
				 unsigned int mtu6, unsigned int headroom)
{
	struct sk_buff *skb = pkt->skb;
	enum nf_siit_result res;
	unsigned int frag_max;
	struct iphdr *iph;
	u8 tclass, ttl;
	__be16 id;

	if (unlikely(pkt->icmp_error))
		return nf_siit_icmp_error_4to6(pkt, to, mtu6, headroom);

	forget_complete_csum(skb);
	if (nf_siit_writable(skb, pkt->thoff + transport_len(pkt), pkt->thoff,
			     headroom + sizeof(struct ipv6hdr)))
		return NF_SIIT_NO_MEMORY;
	res = transport_4to6(pkt, to);
	if (unlikely(res != NF_SIIT_OK))
		return res;

	frag_max = frag_max_6(pkt, mtu6);
	iph = ip_hdr(skb);
	tclass = nf_siit_tclass(pkt->opts, iph);
	ttl = iph->ttl;
	id = iph->id;
	pkt->frag_id = htonl(ntohs(id));

	nf_siit_headers(skb, htons(ETH_P_IPV6), pkt->thoff,
			sizeof(struct ipv6hdr), sizeof(struct ipv6hdr));
	nf_siit_header6(skb, tclass, nf_siit_proto_4to6(pkt->proto), ttl, &to->saddr,
			&to->daddr);

	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	if (frag_max && !skb_is_gso(skb)) {
		skb->ignore_df = 1;
		IP6CB(skb)->frag_max_size = frag_max;
	}
	nf_siit_gso_flip(skb, SKB_GSO_TCPV4, SKB_GSO_TCPV6);

	return NF_SIIT_OK;
}
EXPORT_SYMBOL_GPL(nf_siit_4to6);

/* RFC 7915 section 5.1: DF only of what is no fragment, and above 1,260 bytes. */
static __be16 frag_off_4(const struct nf_siit_pkt *pkt, unsigned int frag_max)
{
	return frag_max || pkt->frag_header ||
	       nf_siit_fits(pkt->skb, NF_SIIT_DF_CLEAR_MAX) ? 0 : htons(IP_DF);
}

/* Section 5.1.1: the identification stays where there is one. */
static __be16 id_4(const struct nf_siit_pkt *pkt)
{
	if (unlikely(pkt->frag_header))
		return htons(ntohl(pkt->frag_id));

	return nf_siit_id4();
}

/**
 * nf_siit_6to4 - make an IPv6 packet an IPv4 packet
 * @pkt: packet, nf_siit_parse6() and nf_siit_settle(); not fragmented, no
 *	unexpired routing header
 * @to: its new addresses
 * @mtu4: MTU of the route it will take
 *
 * RFC 7915 section 5, but for addresses, hop limit and the size of the result,
 * which are the caller's.
 *
 * Context: as nf_siit_4to6().
 *
 * Return: %NF_SIIT_OK, or why the packet could not be translated; it is the
 * caller's to free then.
 */
enum nf_siit_result nf_siit_6to4(struct nf_siit_pkt *pkt,
				 const struct nf_siit_addrs4 *to,
				 unsigned int mtu4)
{
	struct sk_buff *skb = pkt->skb;
	unsigned int frag_max = IP6CB(skb)->frag_max_size;
	enum nf_siit_result res;
	struct ipv6hdr *ip6h;
	u8 tos, ttl;

	if (unlikely(pkt->icmp_error))
		return nf_siit_icmp_error_6to4(pkt, to, mtu4);

	/* Reassembled, it may be longer than IPv4 can say. */
	if (unlikely(skb->len - pkt->thoff > U16_MAX - sizeof(struct iphdr) &&
		     !skb_is_gso(skb)))
		return NF_SIIT_TOO_BIG;
	forget_complete_csum(skb);
	if (nf_siit_writable(skb, pkt->thoff + transport_len(pkt), pkt->thoff,
			     sizeof(struct iphdr)))
		return NF_SIIT_NO_MEMORY;
	res = transport_6to4(pkt, to);
	if (unlikely(res != NF_SIIT_OK))
		return res;

	ip6h = ipv6_hdr(skb);
	tos = nf_siit_tos(pkt->opts, ip6h);
	ttl = ip6h->hop_limit;

	nf_siit_headers(skb, htons(ETH_P_IP), pkt->thoff, sizeof(struct iphdr),
			sizeof(struct iphdr));
	nf_siit_header4(skb, tos, id_4(pkt), frag_off_4(pkt, frag_max), ttl,
			nf_siit_proto_6to4(pkt->proto), to->saddr, to->daddr);

	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	IPCB(skb)->iif = skb->skb_iif;
	if (frag_max)
		IPCB(skb)->frag_max_size = max_t(u32, frag_max - NF_SIIT_FRAG_GROWTH,
						 IPV4_MIN_MTU);
	nf_siit_gso_flip(skb, SKB_GSO_TCPV6, SKB_GSO_TCPV4);

	return NF_SIIT_OK;
}
EXPORT_SYMBOL_GPL(nf_siit_6to4);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Stateless translation of IP and ICMP (RFC 7915)");

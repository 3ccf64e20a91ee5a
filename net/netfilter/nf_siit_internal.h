/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SIIT: what the files of the library do for each other.
 */
#ifndef _NF_SIIT_INTERNAL_H
#define _NF_SIIT_INTERNAL_H

#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <net/checksum.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_siit.h>

struct icmphdr;
struct icmp6hdr;

/**
 * nf_siit_icmp_pseudo - sum of the pseudo-header of ICMPv6
 * @saddr: source
 * @daddr: destination
 * @len: length of the message
 *
 * Return: the sum, not folded.
 */
static inline __wsum nf_siit_icmp_pseudo(const struct in6_addr *saddr,
					 const struct in6_addr *daddr, u32 len)
{
	return csum_add(nf_siit_csum_addrs6(saddr, daddr),
			nf_siit_csum_word(len + IPPROTO_ICMPV6));
}

/**
 * nf_siit_move_mac - have the link-layer header in front of the IP header again
 * @skb: packet with its new IP header
 * @protocol: family of that
 *
 * The EtherType follows, be it behind up to two VLAN tags.
 */
static __always_inline void nf_siit_move_mac(struct sk_buff *skb, __be16 protocol)
{
	if (likely(skb->mac_len == ETH_HLEN)) {
		/* The two may overlap. */
		struct ethhdr eth = *eth_hdr(skb);

		skb_set_mac_header(skb, -ETH_HLEN);
		eth.h_proto = protocol;
		*eth_hdr(skb) = eth;
		return;
	}
	skb_mac_header_rebuild(skb);
	if (skb->mac_len == ETH_HLEN + VLAN_HLEN ||
	    skb->mac_len == ETH_HLEN + 2 * VLAN_HLEN)
		*(__be16 *)(skb->data - sizeof(__be16)) = protocol;
}

/**
 * nf_siit_headers - put space for new headers in place of the old ones
 * @skb: packet, data at its IP header; nf_siit_writable()
 * @protocol: new family, ETH_P_IP or ETH_P_IPV6
 * @from: length of the old headers
 * @to: length of the new ones
 * @thoff: offset of the transport header from the new IP header
 *
 * The link-layer header moves along, for who logs or traces the packet. The
 * connection goes: it was one of the old family, and a second one for the same
 * flow would be wrong.
 */
static __always_inline void
nf_siit_headers(struct sk_buff *skb, __be16 protocol, unsigned int from,
		unsigned int to, unsigned int thoff)
{
	__skb_pull(skb, from);
	__skb_push(skb, to);
	if (skb_mac_header_was_set(skb) && skb->mac_len <= skb_headroom(skb))
		nf_siit_move_mac(skb, protocol);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, thoff);
	skb->protocol = protocol;
	nf_reset_ct(skb);
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
}

/* nf_siit_icmp.c */
void nf_siit_icmp_echo_4to6(struct icmphdr *icmph, __wsum pseudo);
void nf_siit_icmp_echo_6to4(struct icmp6hdr *icmph, __wsum pseudo);
enum nf_siit_result nf_siit_icmp_error_4to6(struct nf_siit_pkt *pkt,
					    const struct nf_siit_addrs6 *to,
					    unsigned int mtu6,
					    unsigned int headroom);
enum nf_siit_result nf_siit_icmp_error_6to4(struct nf_siit_pkt *pkt,
					    const struct nf_siit_addrs4 *to,
					    unsigned int mtu4);

/* nf_siit_frag.c */
__be32 nf_siit_frag_id6(const struct sk_buff *skb);

#endif /* _NF_SIIT_INTERNAL_H */

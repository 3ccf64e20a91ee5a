/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SIIT: what the files of the library do for each other.
 */
#ifndef _NF_SIIT_INTERNAL_H
#define _NF_SIIT_INTERNAL_H

#include <linux/in.h>
#include <linux/in6.h>
#include <net/checksum.h>
#include <net/netfilter/nf_siit.h>

struct icmphdr;
struct icmp6hdr;

/**
 * nf_siit_icmp_pseudo - sum of the pseudo-header of ICMPv6
 * @saddr: source
 * @daddr: destination
 * @len: length of the message
 */
static inline __wsum nf_siit_icmp_pseudo(const struct in6_addr *saddr,
					 const struct in6_addr *daddr, u32 len)
{
	return csum_add(nf_siit_csum_addrs6(saddr, daddr),
			nf_siit_csum_word(len + IPPROTO_ICMPV6));
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

/* nf_siit_skb.c */
void nf_siit_headers(struct sk_buff *skb, __be16 protocol, unsigned int from,
		     unsigned int to, unsigned int thoff);

/* nf_siit_frag.c */
__be32 nf_siit_frag_id6(const struct sk_buff *skb);

#endif /* _NF_SIIT_INTERNAL_H */

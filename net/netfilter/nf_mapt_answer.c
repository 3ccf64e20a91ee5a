// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: ICMP errors that we send, about packets that are not translated, and
 * what we say in those of others
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/dst.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_mapt.h>
#include <net/route.h>

#include "nf_mapt_core.h"

/**
 * nf_mapt_icmp_limit_mtu - let no ICMPv4 error promise more than its way bears
 * @skb: IPv4 packet with its route, of any kind
 *
 * RFC 7915 section 5.2 wants the MTU of the IPv4 next hop considered. At a CE
 * that is not known before the NAPT is undone.
 */
void nf_mapt_icmp_limit_mtu(struct sk_buff *skb)
{
	unsigned int off = ip_hdrlen(skb);
	struct icmphdr *icmph;
	__be16 mtu;

	if (ip_is_fragment(ip_hdr(skb)) ||
	    !pskb_may_pull(skb, off + sizeof(*icmph)))
		return;
	icmph = (struct icmphdr *)(skb->data + off);
	if (icmph->type != ICMP_DEST_UNREACH || icmph->code != ICMP_FRAG_NEEDED)
		return;
	mtu = nf_siit_icmp4_mtu(dst_mtu(skb_dst(skb)));
	if (ntohs(icmph->un.frag.mtu) <= ntohs(mtu) ||
	    skb_ensure_writable(skb, off + sizeof(*icmph)))
		return;
	icmph = (struct icmphdr *)(skb->data + off);
	csum_replace2(&icmph->checksum, icmph->un.frag.mtu, mtu);
	icmph->un.frag.mtu = mtu;
}

/* Source address and port as they were before the NAPT. */
static void restore_source(struct nf_mapt_pkt *pkt)
{
	const struct nf_conntrack_tuple *tuple;
	struct sk_buff *skb = pkt->siit.skb;
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct;
	struct iphdr *iph;

	ct = nf_ct_get(skb, &ctinfo);
	if (!ct || pkt->siit.icmp_error || nf_ct_l3num(ct) != NFPROTO_IPV4)
		return;
	if (nf_siit_writable(skb, pkt->siit.thoff + sizeof(struct udphdr), 0, 0))
		return;

	tuple = &ct->tuplehash[CTINFO2DIR(ctinfo)].tuple;
	iph = ip_hdr(skb);
	csum_replace4(&iph->check, iph->saddr, tuple->src.u3.ip);
	iph->saddr = tuple->src.u3.ip;
	if (!pkt->siit.has_ports)
		return;
	/* The error holds 8 bytes of it, without a checksum that matters. */
	if (pkt->siit.proto == IPPROTO_ICMP) {
		struct icmphdr *icmph = (void *)skb->data + pkt->siit.thoff;

		icmph->un.echo.id = tuple->src.u.icmp.id;
	} else {
		*(__be16 *)(skb->data + pkt->siit.thoff) = tuple->src.u.all;
	}
}

/**
 * nf_mapt_icmp_send4 - answer an IPv4 packet with an ICMPv4 error
 * @pkt: packet; must be dropped then
 * @type: ICMP type
 * @code: ICMP code
 * @info: rest of the header, host byte order
 *
 * In PREROUTING the packet is routed first, since icmp_send() needs that.
 */
void nf_mapt_icmp_send4(struct nf_mapt_pkt *pkt, u8 type, u8 code, u32 info)
{
	struct sk_buff *skb = pkt->siit.skb;

	if (pkt->state->hook == NF_INET_POST_ROUTING)
		restore_source(pkt);
	if (!skb_dst(skb)) {
		const struct iphdr *iph = ip_hdr(skb);

		if (ip_route_input(skb, iph->daddr, iph->saddr,
				   ip4h_dscp(iph), skb->dev))
			return;
	}
	/* The answer must not go where a source route in the packet says. */
	memset(&IPCB(skb)->opt, 0, sizeof(IPCB(skb)->opt));
	icmp_send(skb, type, code, htonl(info));
}

/**
 * nf_mapt_icmp_send6 - answer an IPv6 packet with an ICMPv6 error
 * @pkt: packet; must be dropped then
 * @type: ICMPv6 type
 * @code: ICMPv6 code
 * @info: rest of the header, host byte order
 */
void nf_mapt_icmp_send6(struct nf_mapt_pkt *pkt, u8 type, u8 code, u32 info)
{
	if (pkt->siit.skb->dev)
		icmpv6_send(pkt->siit.skb, type, code, info);
}

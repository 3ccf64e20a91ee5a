// SPDX-License-Identifier: GPL-2.0
/*
 * SIIT: what devices leave open in a packet, segmentation and checksums, as far
 * as it goes from one family to the other
 *
 * Both are promises that a packet of any family can make, and that a sender by
 * way of tun can get wrong.
 */
#include <linux/export.h>
#include <linux/icmp.h>
#include <linux/skbuff.h>
#include <net/gso.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_siit.h>

/* Each says what the transport protocol is. */
#define GSO_TRANSPORT	(SKB_GSO_TCPV4 | SKB_GSO_TCPV6 | SKB_GSO_UDP | \
			 SKB_GSO_UDP_L4 | SKB_GSO_SCTP)

/* What tunnels make the packets inside of: the type is that of those. */
static u32 gso_tunnel(u8 proto)
{
	switch (proto) {
	case IPPROTO_UDP:
		return SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM;
	case IPPROTO_GRE:
		return SKB_GSO_GRE | SKB_GSO_GRE_CSUM;
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		return SKB_GSO_IPXIP4 | SKB_GSO_IPXIP6;
	case IPPROTO_ESP:
		return SKB_GSO_ESP;
	}

	return 0;
}

/**
 * nf_siit_gso_valid - do segments go with the packet?
 * @skb: GSO packet
 * @proto: its transport protocol
 *
 * A device, or a guest by way of it, may promise segments of anything.
 *
 * Return: true if they do.
 */
bool nf_siit_gso_valid(const struct sk_buff *skb, u8 proto)
{
	u32 type = skb_shinfo(skb)->gso_type;

	if (type & gso_tunnel(proto))
		return skb->encapsulation;

	type &= GSO_TRANSPORT;
	switch (proto) {
	case IPPROTO_TCP:
		return type == (skb->protocol == htons(ETH_P_IP) ?
				SKB_GSO_TCPV4 : SKB_GSO_TCPV6);
	case IPPROTO_UDP:
		return type == SKB_GSO_UDP || type == SKB_GSO_UDP_L4;
	case IPPROTO_SCTP:
		return type == SKB_GSO_SCTP;
	}

	return false;
}
EXPORT_SYMBOL_GPL(nf_siit_gso_valid);

/*
 * UDP that a device would have cut into fragments: as if it had come in such and
 * been reassembled.
 */
static enum nf_siit_result merge_fragments(struct nf_siit_pkt *pkt)
{
	struct sk_buff *skb = pkt->skb;
	unsigned int max;

	if (skb->len > U16_MAX)
		return NF_SIIT_BAD_HEADER;
	if (skb_unclone(skb, GFP_ATOMIC))
		return NF_SIIT_NO_MEMORY;

	max = min_t(u32, skb_shinfo(skb)->gso_size + pkt->thoff, skb->len);
	skb_gso_reset(skb);
	if (skb->protocol == htons(ETH_P_IP))
		IPCB(skb)->frag_max_size = max;
	else
		IP6CB(skb)->frag_max_size = max;

	return NF_SIIT_OK;
}

/*
 * A checksum that is left to a device may be that of a packet inside (RFC 1071,
 * Documentation/networking/checksum-offloads.rst: local checksum offload), but
 * none that begins in a header which goes away.
 */
static enum nf_siit_result settle_csum(struct nf_siit_pkt *pkt)
{
	struct sk_buff *skb = pkt->skb;
	unsigned int csum_off = nf_siit_proto_csum_offset(pkt->proto);
	bool icmp = pkt->proto == IPPROTO_ICMP || pkt->proto == IPPROTO_ICMPV6;
	int start = skb_checksum_start_offset(skb);

	if (icmp)
		csum_off = offsetof(struct icmphdr, checksum);
	if (start < (int)pkt->thoff ||
	    !pskb_may_pull(skb, start + skb->csum_offset + sizeof(__sum16)))
		return NF_SIIT_BAD_CSUM;
	if (start == pkt->thoff && csum_off && skb->csum_offset != csum_off)
		return NF_SIIT_BAD_CSUM;
	if (!icmp)
		return NF_SIIT_OK;

	/* The pseudo-header of ICMP is there in one family only. */
	if (start != pkt->thoff)
		return NF_SIIT_BAD_CSUM;

	return skb_checksum_help(skb) ? NF_SIIT_NO_MEMORY : NF_SIIT_OK;
}

/**
 * __nf_siit_settle - see to segmentation and a checksum left to a device
 * @pkt: packet, parsed, its transport header set
 *
 * Return: %NF_SIIT_OK, or why the packet is to be dropped.
 */
enum nf_siit_result __nf_siit_settle(struct nf_siit_pkt *pkt)
{
	struct sk_buff *skb = pkt->skb;
	enum nf_siit_result res;

	if (skb_is_gso(skb)) {
		if (unlikely(!nf_siit_gso_valid(skb, pkt->proto)))
			return NF_SIIT_BAD_HEADER;
		if (unlikely(skb_shinfo(skb)->gso_type & SKB_GSO_UDP)) {
			res = merge_fragments(pkt);
			if (res != NF_SIIT_OK)
				return res;
		}
	}

	return skb->ip_summed == CHECKSUM_PARTIAL ? settle_csum(pkt) :
						    NF_SIIT_OK;
}
EXPORT_SYMBOL_GPL(__nf_siit_settle);

/**
 * __nf_siit_needs_segments - must a GSO packet be segmented before?
 * @pkt: GSO packet, nf_siit_settle()
 * @mtu: as nf_siit_needs_segments()
 *
 * Return: true if it must.
 */
bool __nf_siit_needs_segments(const struct nf_siit_pkt *pkt, unsigned int mtu)
{
	const struct sk_buff *skb = pkt->skb;

	if (skb_shinfo(skb)->gso_type & ~NF_SIIT_GSO_TYPES)
		return true;
	if (skb->protocol != htons(ETH_P_IP))
		return false;
	if (pkt->proto == IPPROTO_UDP && !udp_hdr(skb)->check &&
	    !nf_siit_csum_partial(skb, pkt->thoff))
		return true;
	if (ip_hdr(skb)->frag_off & htons(IP_DF))
		return false;

	return !skb_gso_validate_network_len(skb, mtu - NF_SIIT_IP_GROWTH);
}
EXPORT_SYMBOL_GPL(__nf_siit_needs_segments);

/**
 * nf_siit_segments - segment a GSO packet, still of its old family
 * @skb: packet, nf_siit_settle()
 * @segs: set to the list of its segments; the packet is gone then
 *
 * Return: %NF_SIIT_OK, or why the packet is to be dropped.
 */
enum nf_siit_result nf_siit_segments(struct sk_buff *skb,
				     struct sk_buff **segs)
{
	/* Who checks later would find that nobody has. */
	if (skb->ip_summed == CHECKSUM_NONE)
		return NF_SIIT_BAD_CSUM;

	*segs = __skb_gso_segment(skb, NETIF_F_SG, false);
	if (*segs == ERR_PTR(-ENOMEM))
		return NF_SIIT_NO_MEMORY;
	if (IS_ERR_OR_NULL(*segs))
		return NF_SIIT_BAD_HEADER;
	consume_skb(skb);

	return NF_SIIT_OK;
}
EXPORT_SYMBOL_GPL(nf_siit_segments);

// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: translation of IP headers in place (RFC 7915 sections 4 and 5)
 *
 * The payload stays where it is; the new header grows to the left of it.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_vlan.h>
#include <linux/interrupt.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/local_lock.h>
#include <linux/net.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/udp.h>
#include <net/dsfield.h>
#include <net/gso.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_log.h>
#include <net/netfilter/nf_mapt.h>

/* Each says what the transport protocol is. */
#define GSO_TRANSPORT	(SKB_GSO_TCPV4 | SKB_GSO_TCPV6 | SKB_GSO_UDP | \
			 SKB_GSO_UDP_L4 | SKB_GSO_SCTP)

/**
 * struct id_pool - identifications of IPv4 packets to come
 * @bh_lock: orders nothing but softirqs that can be preempted
 * @left: their number
 * @ids: random, the first @left of them not used yet
 */
struct id_pool {
	local_lock_t	bh_lock;
	unsigned int	left;
	u16		ids[256];
};

static DEFINE_PER_CPU(struct id_pool, id_pool) = {
	.bh_lock = INIT_LOCAL_LOCK(bh_lock),
};

/**
 * nf_mapt_xlat_writable - make room for translation
 * @skb: packet, data at its IP header
 * @len: bytes from there that will be changed
 * @from: length of the old headers
 * @to: length of the new headers and what goes in front of them
 *
 * Return: 0 or -ENOMEM.
 */
int nf_mapt_xlat_writable(struct sk_buff *skb, unsigned int len,
			  unsigned int from, unsigned int to)
{
	unsigned int headroom = to > from ? to - from : 0;
	int err;

	/* The GSO type lives in what clones share. */
	err = skb_is_gso(skb) ? skb_cow(skb, headroom) :
				skb_cow_head(skb, headroom);
	if (err)
		return err;

	return skb_ensure_writable(skb, len);
}

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
 * nf_mapt_xlat_gso_valid - do segments go with the packet?
 * @skb: GSO packet
 * @proto: its transport protocol
 *
 * A device, or a guest by way of it, may promise segments of anything.
 */
bool nf_mapt_xlat_gso_valid(const struct sk_buff *skb, u8 proto)
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

/*
 * UDP that a device would have cut into fragments: as if it had come in such and
 * been reassembled.
 */
static enum nf_mapt_stat merge_fragments(struct nf_mapt_pkt *pkt)
{
	struct sk_buff *skb = pkt->skb;
	unsigned int max;

	if (skb->len > U16_MAX)
		return NF_MAPT_BAD_HEADER;
	if (skb_unclone(skb, GFP_ATOMIC))
		return NF_MAPT_NO_MEMORY;

	max = min_t(u32, skb_shinfo(skb)->gso_size + pkt->thoff, skb->len);
	skb_gso_reset(skb);
	if (skb->protocol == htons(ETH_P_IP))
		IPCB(skb)->frag_max_size = max;
	else
		IP6CB(skb)->frag_max_size = max;

	return NF_MAPT_OK;
}

/*
 * A checksum that is left to a device may be that of a packet inside (RFC 1071,
 * Documentation/networking/checksum-offloads.rst: local checksum offload), but
 * none that begins in a header which goes away.
 */
static enum nf_mapt_stat settle_csum(struct nf_mapt_pkt *pkt)
{
	struct sk_buff *skb = pkt->skb;
	unsigned int csum_off = nf_mapt_proto_csum_offset(pkt->proto);
	bool icmp = pkt->proto == IPPROTO_ICMP || pkt->proto == IPPROTO_ICMPV6;
	int start = skb_checksum_start_offset(skb);

	if (icmp)
		csum_off = offsetof(struct icmphdr, checksum);
	if (start < (int)pkt->thoff ||
	    !pskb_may_pull(skb, start + skb->csum_offset + sizeof(__sum16)))
		return NF_MAPT_BAD_CSUM;
	if (start == pkt->thoff && csum_off && skb->csum_offset != csum_off)
		return NF_MAPT_BAD_CSUM;
	if (!icmp)
		return NF_MAPT_OK;

	/* The pseudo-header of ICMP is there in one family only. */
	if (start != pkt->thoff)
		return NF_MAPT_BAD_CSUM;

	return skb_checksum_help(skb) ? NF_MAPT_NO_MEMORY : NF_MAPT_OK;
}

/**
 * nf_mapt_xlat_settle - see to what devices have left open in a packet
 * @pkt: packet, parsed, that is going to be translated
 *
 * Segmentation and checksums are promises that a packet of any family can
 * make, and that a sender by way of tun can get wrong.
 *
 * Return: %NF_MAPT_OK, or why the packet is to be dropped.
 */
enum nf_mapt_stat nf_mapt_xlat_settle(struct nf_mapt_pkt *pkt)
{
	struct sk_buff *skb = pkt->skb;
	enum nf_mapt_stat res;

	skb_set_transport_header(skb, pkt->thoff);
	if (skb_is_gso(skb)) {
		if (unlikely(!nf_mapt_xlat_gso_valid(skb, pkt->proto)))
			return NF_MAPT_BAD_HEADER;
		if (unlikely(skb_shinfo(skb)->gso_type & SKB_GSO_UDP)) {
			res = merge_fragments(pkt);
			if (res != NF_MAPT_OK)
				return res;
		}
	}

	return skb->ip_summed == CHECKSUM_PARTIAL ? settle_csum(pkt) :
						    NF_MAPT_OK;
}
EXPORT_SYMBOL_IF_KUNIT(nf_mapt_xlat_settle);

/* Is the transport checksum of the packet itself left to a device? */
static bool csum_partial_outer(const struct sk_buff *skb, unsigned int thoff)
{
	return skb->ip_summed == CHECKSUM_PARTIAL &&
	       skb_checksum_start_offset(skb) == thoff;
}

/**
 * nf_mapt_xlat_needs_segments - must a GSO packet be segmented before?
 * @pkt: packet, nf_mapt_xlat_settle()
 * @mtu: what an IPv6 packet made from one with DF = 0 may have
 *
 * That is so for segmentation types that hold headers of the old family, for
 * IPv4 segments that have to be fragmented, and for those that have to be given
 * a checksum.
 */
bool nf_mapt_xlat_needs_segments(const struct nf_mapt_pkt *pkt, unsigned int mtu)
{
	const struct sk_buff *skb = pkt->skb;

	if (!skb_is_gso(skb))
		return false;
	if (skb_shinfo(skb)->gso_type & ~NF_MAPT_GSO_TYPES)
		return true;
	if (skb->protocol != htons(ETH_P_IP))
		return false;
	if (pkt->proto == IPPROTO_UDP && !udp_hdr(skb)->check &&
	    !csum_partial_outer(skb, pkt->thoff))
		return true;
	if (ip_hdr(skb)->frag_off & htons(IP_DF))
		return false;

	return !skb_gso_validate_network_len(skb, mtu - NF_MAPT_IP_GROWTH);
}
EXPORT_SYMBOL_IF_KUNIT(nf_mapt_xlat_needs_segments);

/**
 * nf_mapt_xlat_segments - segment a GSO packet, still of its old family
 * @skb: packet, nf_mapt_xlat_settle()
 * @segs: set to the list of its segments; the packet is gone then
 *
 * Return: %NF_MAPT_OK, or why the packet is to be dropped.
 */
enum nf_mapt_stat nf_mapt_xlat_segments(struct sk_buff *skb,
					struct sk_buff **segs)
{
	/* Who checks later would find that nobody has. */
	if (skb->ip_summed == CHECKSUM_NONE)
		return NF_MAPT_BAD_CSUM;

	*segs = __skb_gso_segment(skb, NETIF_F_SG, false);
	if (*segs == ERR_PTR(-ENOMEM))
		return NF_MAPT_NO_MEMORY;
	if (IS_ERR_OR_NULL(*segs))
		return NF_MAPT_BAD_HEADER;
	consume_skb(skb);

	return NF_MAPT_OK;
}

/* Does the EtherType stand in front of the IP header, behind up to two tags? */
static bool mac_is_ethernet(const struct sk_buff *skb)
{
	return skb->mac_len == ETH_HLEN || skb->mac_len == ETH_HLEN + VLAN_HLEN ||
	       skb->mac_len == ETH_HLEN + 2 * VLAN_HLEN;
}

/**
 * nf_mapt_xlat_headers - put space for new headers in place of the old ones
 * @skb: packet, data at its IP header; nf_mapt_xlat_writable()
 * @protocol: new family, ETH_P_IP or ETH_P_IPV6
 * @from: length of the old headers
 * @to: length of the new ones
 * @thoff: offset of the transport header from the new IP header
 *
 * The link-layer header moves along, for who logs or traces the packet. The
 * connection goes: it was one of the old family, and a second one for the same
 * flow would be wrong.
 *
 * Return: where the new IP header goes, not initialised.
 */
void *nf_mapt_xlat_headers(struct sk_buff *skb, __be16 protocol,
			   unsigned int from, unsigned int to,
			   unsigned int thoff)
{
	__skb_pull(skb, from);
	__skb_push(skb, to);
	if (skb_mac_header_was_set(skb) && skb->mac_len <= skb_headroom(skb)) {
		skb_mac_header_rebuild(skb);
		if (mac_is_ethernet(skb))
			*(__be16 *)(skb->data - sizeof(__be16)) = protocol;
	}
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, thoff);
	skb->protocol = protocol;
	nf_reset_ct(skb);
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);

	return skb->data;
}

/* RFC 7915 section 4.5: a management event. Not from namespaces, whose users could
 * fill the log of the host.
 */
static void log_udp_zero(const struct nf_mapt_pkt *pkt)
{
	const struct iphdr *iph = ip_hdr(pkt->skb);

	if (!net_eq(pkt->state->net, &init_net) &&
	    !READ_ONCE(sysctl_nf_log_all_netns))
		return;
	net_info_ratelimited("nf_mapt: dropped UDP without checksum from %pI4 port %u to %pI4 port %u\n",
			     &iph->saddr, pkt->sport, &iph->daddr, pkt->dport);
}

/* RFC 7599 erratum 8512: an IPv4 packet without UDP checksum gets one. */
static noinline enum nf_mapt_stat
add_udp_csum(const struct nf_mapt_pkt *pkt, struct udphdr *uh)
{
	unsigned int len = pkt->skb->len - pkt->thoff;
	struct sk_buff *skb = pkt->skb;
	const struct iphdr *iph = ip_hdr(skb);
	__wsum sum;

	if (pkt->conf->flags & NFT_MAPT_F_UDP_ZERO_DROP) {
		log_udp_zero(pkt);
		return NF_MAPT_UDP_ZERO_CSUM;
	}
	if (ntohs(uh->len) != len)
		return NF_MAPT_BAD_HEADER;

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

	return NF_MAPT_OK;
}

/* Echo messages; errors are nf_mapt_icmp.c's. */
static void xlat_echo_4to6(struct nf_mapt_pkt *pkt,
			   const struct nf_mapt_addrs6 *to, struct icmphdr *icmph)
{
	u8 type = icmph->type == ICMP_ECHO ? ICMPV6_ECHO_REQUEST :
					     ICMPV6_ECHO_REPLY;
	__wsum diff;

	/* ICMPv4 has no pseudo-header: all of ICMPv6's is new. */
	diff = nf_mapt_csum_addrs6(&to->saddr, &to->daddr);
	diff = csum_add(diff, nf_mapt_csum_word(pkt->skb->len - pkt->thoff));
	diff = csum_add(diff, nf_mapt_csum_word(IPPROTO_ICMPV6));
	diff = csum_add(diff, nf_mapt_csum_word((type - icmph->type) << 8));
	nf_mapt_csum_adapt(&icmph->checksum, false, diff);
	icmph->type = type;
}

static void xlat_echo_6to4(struct nf_mapt_pkt *pkt, struct icmp6hdr *icmph)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(pkt->skb);
	u8 type = icmph->icmp6_type == ICMPV6_ECHO_REQUEST ? ICMP_ECHO :
							     ICMP_ECHOREPLY;
	__wsum diff;

	diff = nf_mapt_csum_addrs6(&ip6h->saddr, &ip6h->daddr);
	diff = csum_add(diff, nf_mapt_csum_word(pkt->skb->len - pkt->thoff));
	diff = csum_add(diff, nf_mapt_csum_word(IPPROTO_ICMPV6));
	diff = csum_add(diff, nf_mapt_csum_word((icmph->icmp6_type - type) << 8));
	nf_mapt_csum_adapt(&icmph->icmp6_cksum, false, ~diff);
	icmph->icmp6_type = type;
}

static unsigned int transport_len(const struct nf_mapt_pkt *pkt)
{
	unsigned int csum = nf_mapt_proto_csum_offset(pkt->proto);

	if (csum)
		return csum + sizeof(__sum16);

	return pkt->has_ports ? sizeof(struct icmphdr) : 0;
}

/**
 * nf_mapt_xlat_4to6 - make an IPv4 packet an IPv6 packet
 * @pkt: packet, parsed; not fragmented, no unexpired source route
 * @to: its new addresses
 * @mtu6: MTU of the route it will take
 * @headroom: bytes to keep free in front of the new header
 *
 * RFC 7915 section 4, but for addresses, TTL and the size of the result, which
 * are the caller's. A DF = 0 packet is marked for fragmentation on its way out.
 *
 * Return: %NF_MAPT_OK, or why the packet could not be translated; it is the
 * caller's to free then.
 */
enum nf_mapt_stat nf_mapt_xlat_4to6(struct nf_mapt_pkt *pkt,
				    const struct nf_mapt_addrs6 *to,
				    unsigned int mtu6, unsigned int headroom)
{
	const struct nf_mapt_conf *conf = pkt->conf;
	struct sk_buff *skb = pkt->skb;
	unsigned int csum_off;
	struct ipv6hdr *ip6h;
	struct iphdr *iph;
	unsigned int frag_max;
	u8 tclass, ttl, proto;
	__wsum diff;
	void *th;

	if (unlikely(pkt->icmp_error))
		return nf_mapt_icmp_error_4to6(pkt, to, mtu6, headroom);

	/* As ip_forward() does: it covers the IP header. */
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	if (nf_mapt_xlat_writable(skb, pkt->thoff + transport_len(pkt),
				  pkt->thoff, headroom + sizeof(*ip6h)))
		return NF_MAPT_NO_MEMORY;

	iph = ip_hdr(skb);
	th = skb->data + pkt->thoff;
	csum_off = nf_mapt_proto_csum_offset(pkt->proto);
	if (pkt->proto == IPPROTO_ICMP) {
		xlat_echo_4to6(pkt, to, th);
	} else if (csum_off) {
		bool partial = csum_partial_outer(skb, pkt->thoff);
		__sum16 *sum = th + csum_off;

		if (pkt->proto == IPPROTO_UDP && !*sum && !partial) {
			enum nf_mapt_stat res = add_udp_csum(pkt, th);

			if (res != NF_MAPT_OK)
				return res;
		}
		diff = csum_sub(nf_mapt_csum_addrs6(&to->saddr, &to->daddr),
				nf_mapt_csum_addrs4(iph->saddr, iph->daddr));
		nf_mapt_csum_adapt(sum, partial, diff);
		if (pkt->proto == IPPROTO_UDP && !*sum)
			*sum = CSUM_MANGLED_0;
	}

	/* Fragments of a DF = 1 packet may be sent as large as they came. */
	if (!(iph->frag_off & htons(IP_DF)))
		frag_max = min(conf->lowest_ipv6_mtu, mtu6);
	else if (IPCB(skb)->frag_max_size)
		frag_max = clamp_t(u32, IPCB(skb)->frag_max_size + NF_MAPT_FRAG_GROWTH,
				   IPV6_MIN_MTU, mtu6);
	else
		frag_max = 0;
	tclass = conf->has_tclass ? conf->tclass : iph->tos;
	ttl = iph->ttl;
	pkt->frag_id = htonl(ntohs(iph->id));
	proto = iph->protocol == IPPROTO_ICMP ? IPPROTO_ICMPV6 : iph->protocol;

	ip6h = nf_mapt_xlat_headers(skb, htons(ETH_P_IPV6), pkt->thoff,
				    sizeof(*ip6h), sizeof(*ip6h));
	ip6_flow_hdr(ip6h, tclass, 0);
	ip6h->payload_len = htons(skb->len - sizeof(*ip6h) <= U16_MAX ?
				  skb->len - sizeof(*ip6h) : 0);
	ip6h->nexthdr = proto;
	ip6h->hop_limit = ttl;
	ip6h->saddr = to->saddr;
	ip6h->daddr = to->daddr;

	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	if (frag_max && !skb_is_gso(skb)) {
		skb->ignore_df = 1;
		IP6CB(skb)->frag_max_size = frag_max;
	}
	nf_mapt_gso_flip(skb, SKB_GSO_TCPV4, SKB_GSO_TCPV6);

	return NF_MAPT_OK;
}
EXPORT_SYMBOL_IF_KUNIT(nf_mapt_xlat_4to6);

/**
 * nf_mapt_xlat_id - identification of an IPv4 packet that had none
 *
 * Random rather than from a counter that CPUs share. One by one they would cost
 * as much as the rest of the header, most of it to switch interrupts off.
 */
__be16 nf_mapt_xlat_id(void)
{
	struct id_pool *pool;
	u16 id;

	if (!in_softirq())
		return (__force __be16)get_random_u16();

	local_lock_nested_bh(&id_pool.bh_lock);
	pool = this_cpu_ptr(&id_pool);
	if (!pool->left) {
		get_random_bytes(pool->ids, sizeof(pool->ids));
		pool->left = ARRAY_SIZE(pool->ids);
	}
	id = pool->ids[--pool->left];
	local_unlock_nested_bh(&id_pool.bh_lock);

	return (__force __be16)id;
}

/**
 * nf_mapt_xlat_6to4 - make an IPv6 packet an IPv4 packet
 * @pkt: packet, parsed; not fragmented, no unexpired routing header
 * @to: its new addresses
 * @mtu4: MTU of the route it will take
 *
 * RFC 7915 section 5, but for addresses, hop limit and the size of the result,
 * which are the caller's.
 *
 * Return: %NF_MAPT_OK, or why the packet could not be translated; it is the
 * caller's to free then.
 */
enum nf_mapt_stat nf_mapt_xlat_6to4(struct nf_mapt_pkt *pkt,
				    const struct nf_mapt_addrs4 *to,
				    unsigned int mtu4)
{
	const struct nf_mapt_conf *conf = pkt->conf;
	struct sk_buff *skb = pkt->skb;
	unsigned int frag_max = IP6CB(skb)->frag_max_size;
	struct ipv6hdr *ip6h;
	unsigned int csum_off;
	struct iphdr *iph;
	u8 tos, ttl;
	__wsum diff;
	void *th;

	if (unlikely(pkt->icmp_error))
		return nf_mapt_icmp_error_6to4(pkt, to, mtu4);

	/* Reassembled, it may be longer than IPv4 can say. */
	if (unlikely(skb->len - pkt->thoff > U16_MAX - sizeof(*iph) &&
		     !skb_is_gso(skb)))
		return NF_MAPT_TOO_BIG;
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	if (nf_mapt_xlat_writable(skb, pkt->thoff + transport_len(pkt),
				  pkt->thoff, sizeof(*iph)))
		return NF_MAPT_NO_MEMORY;

	ip6h = ipv6_hdr(skb);
	th = skb->data + pkt->thoff;
	csum_off = nf_mapt_proto_csum_offset(pkt->proto);
	if (pkt->proto == IPPROTO_ICMPV6) {
		xlat_echo_6to4(pkt, th);
	} else if (csum_off) {
		bool partial = csum_partial_outer(skb, pkt->thoff);
		__sum16 *sum = th + csum_off;

		/* RFC 8200 section 8.1: there is no UDP without checksum. */
		if (pkt->proto == IPPROTO_UDP && !*sum && !partial)
			return NF_MAPT_UDP_ZERO_CSUM;
		diff = csum_sub(nf_mapt_csum_addrs4(to->saddr, to->daddr),
				nf_mapt_csum_addrs6(&ip6h->saddr, &ip6h->daddr));
		nf_mapt_csum_adapt(sum, partial, diff);
		if (pkt->proto == IPPROTO_UDP && !*sum)
			*sum = CSUM_MANGLED_0;
	}

	tos = conf->has_tos ? conf->tos : ipv6_get_dsfield(ip6h);
	ttl = ip6h->hop_limit;

	iph = nf_mapt_xlat_headers(skb, htons(ETH_P_IP), pkt->thoff,
				   sizeof(*iph), sizeof(*iph));
	*(__be16 *)iph = htons(0x4500 | tos);
	iph->tot_len = htons(skb->len <= U16_MAX ? skb->len : 0);
	iph->frag_off = frag_max || pkt->frag_header ||
			nf_mapt_fits(skb, NF_MAPT_DF_CLEAR_MAX) ? 0 : htons(IP_DF);
	iph->ttl = ttl;
	iph->protocol = pkt->proto == IPPROTO_ICMPV6 ? IPPROTO_ICMP :
						       pkt->proto;
	iph->saddr = to->saddr;
	iph->daddr = to->daddr;
	/* RFC 7915 section 5.1.1 */
	if (unlikely(pkt->frag_header))
		iph->id = htons(ntohl(pkt->frag_id));
	else
		iph->id = nf_mapt_xlat_id();
	iph->check = nf_mapt_csum_header4(iph, tos);

	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	IPCB(skb)->iif = skb->skb_iif;
	if (frag_max)
		IPCB(skb)->frag_max_size = max_t(u32, frag_max - NF_MAPT_FRAG_GROWTH,
						 IPV4_MIN_MTU);
	nf_mapt_gso_flip(skb, SKB_GSO_TCPV6, SKB_GSO_TCPV4);

	return NF_MAPT_OK;
}
EXPORT_SYMBOL_IF_KUNIT(nf_mapt_xlat_6to4);

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
#include <net/netfilter/nf_mapt.h>

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

/**
 * nf_mapt_xlat_needs_segments - must a GSO packet be segmented before?
 * @pkt: packet
 *
 * That is so for segmentation types that hold headers of the old family, and
 * for IPv4 segments that have to be fragmented.
 */
bool nf_mapt_xlat_needs_segments(const struct nf_mapt_pkt *pkt)
{
	const struct sk_buff *skb = pkt->skb;
	unsigned int mtu;

	if (!skb_is_gso(skb))
		return false;
	if (skb_shinfo(skb)->gso_type & ~NF_MAPT_GSO_TYPES)
		return true;
	if (pkt->state->pf != NFPROTO_IPV4 || ip_hdr(skb)->frag_off & htons(IP_DF))
		return false;

	mtu = pkt->conf->lowest_ipv6_mtu - NF_MAPT_IP_GROWTH;

	return !skb_gso_validate_network_len(skb, mtu);
}

/**
 * nf_mapt_xlat_headers - put space for new headers in place of the old ones
 * @skb: packet, data at its IP header; nf_mapt_xlat_writable()
 * @protocol: new family, ETH_P_IP or ETH_P_IPV6
 * @from: length of the old headers
 * @to: length of the new ones
 * @thoff: offset of the transport header from the new IP header
 *
 * The link-layer header moves along. The connection goes: it was one of the
 * old family, and a second one for the same flow would be wrong.
 *
 * Return: where the new IP header goes, not initialised.
 */
void *nf_mapt_xlat_headers(struct sk_buff *skb, __be16 protocol,
			   unsigned int from, unsigned int to,
			   unsigned int thoff)
{
	__skb_pull(skb, from);
	__skb_push(skb, to);
	if (skb_mac_header_was_set(skb) && skb->mac_len <= skb_headroom(skb))
		skb_mac_header_rebuild(skb);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, thoff);
	skb->protocol = protocol;
	nf_reset_ct(skb);
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);

	return skb->data;
}

/* RFC 7599 erratum 8512: an IPv4 packet without UDP checksum gets one. */
static noinline enum nf_mapt_stat
add_udp_csum(const struct nf_mapt_pkt *pkt, struct udphdr *uh)
{
	const struct iphdr *iph = ip_hdr(pkt->skb);
	unsigned int len = pkt->skb->len - pkt->thoff;

	if (pkt->conf->flags & NFT_MAPT_F_UDP_ZERO_DROP || skb_is_gso(pkt->skb)) {
		net_info_ratelimited("nf_mapt: dropped UDP without checksum from %pI4 port %u to %pI4 port %u\n",
				     &iph->saddr, pkt->sport, &iph->daddr,
				     pkt->dport);
		return NF_MAPT_UDP_ZERO_CSUM;
	}
	if (ntohs(uh->len) != len)
		return NF_MAPT_BAD_HEADER;

	uh->check = csum_tcpudp_magic(iph->saddr, iph->daddr, len, IPPROTO_UDP,
				      skb_checksum(pkt->skb, pkt->thoff, len, 0));
	if (!uh->check)
		uh->check = CSUM_MANGLED_0;
	pkt->skb->ip_summed = CHECKSUM_NONE;

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
	nf_mapt_csum_replace(pkt->skb, &icmph->checksum, diff);
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
	nf_mapt_csum_replace(pkt->skb, &icmph->icmp6_cksum, ~diff);
	icmph->icmp6_type = type;
}

/* Partial or complete checksums of ICMP don't survive a new pseudo-header. */
static int settle_icmp_csum(struct sk_buff *skb)
{
	int err = 0;

	if (skb->ip_summed == CHECKSUM_PARTIAL)
		err = skb_checksum_help(skb);
	else if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;

	return err;
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
	if (pkt->proto == IPPROTO_ICMP && settle_icmp_csum(skb))
		return NF_MAPT_NO_MEMORY;
	if (nf_mapt_xlat_writable(skb, pkt->thoff + transport_len(pkt),
				  pkt->thoff, headroom + sizeof(*ip6h)))
		return NF_MAPT_NO_MEMORY;

	iph = ip_hdr(skb);
	th = skb->data + pkt->thoff;
	csum_off = nf_mapt_proto_csum_offset(pkt->proto);
	if (pkt->proto == IPPROTO_ICMP) {
		xlat_echo_4to6(pkt, to, th);
	} else if (csum_off) {
		__sum16 *sum = th + csum_off;

		if (pkt->proto == IPPROTO_UDP && !*sum &&
		    skb->ip_summed != CHECKSUM_PARTIAL) {
			enum nf_mapt_stat res = add_udp_csum(pkt, th);

			if (res != NF_MAPT_OK)
				return res;
		}
		diff = csum_sub(nf_mapt_csum_addrs6(&to->saddr, &to->daddr),
				nf_mapt_csum_addrs4(iph->saddr, iph->daddr));
		nf_mapt_csum_replace(skb, sum, diff);
		if (pkt->proto == IPPROTO_UDP && !*sum)
			*sum = CSUM_MANGLED_0;
	}

	/* Fragments of a DF = 1 packet may be sent as large as they came. */
	if (!(iph->frag_off & htons(IP_DF)))
		frag_max = min(conf->lowest_ipv6_mtu, mtu6);
	else if (IPCB(skb)->frag_max_size)
		frag_max = clamp_t(u32, IPCB(skb)->frag_max_size + NF_MAPT_FRAG_GROWTH,
				   IPV6_MIN_MTU, max_t(u32, mtu6, IPV6_MIN_MTU));
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

	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	if (pkt->proto == IPPROTO_ICMPV6 && settle_icmp_csum(skb))
		return NF_MAPT_NO_MEMORY;
	if (nf_mapt_xlat_writable(skb, pkt->thoff + transport_len(pkt),
				  pkt->thoff, sizeof(*iph)))
		return NF_MAPT_NO_MEMORY;

	ip6h = ipv6_hdr(skb);
	th = skb->data + pkt->thoff;
	csum_off = nf_mapt_proto_csum_offset(pkt->proto);
	if (pkt->proto == IPPROTO_ICMPV6) {
		xlat_echo_6to4(pkt, th);
	} else if (csum_off) {
		__sum16 *sum = th + csum_off;

		/* RFC 8200 section 8.1: there is no UDP without checksum. */
		if (pkt->proto == IPPROTO_UDP && !*sum &&
		    skb->ip_summed != CHECKSUM_PARTIAL)
			return NF_MAPT_UDP_ZERO_CSUM;
		diff = csum_sub(nf_mapt_csum_addrs4(to->saddr, to->daddr),
				nf_mapt_csum_addrs6(&ip6h->saddr, &ip6h->daddr));
		nf_mapt_csum_replace(skb, sum, diff);
		if (pkt->proto == IPPROTO_UDP && !*sum)
			*sum = CSUM_MANGLED_0;
	}

	tos = conf->has_tos ? conf->tos : ipv6_get_dsfield(ip6h);
	ttl = ip6h->hop_limit;

	iph = nf_mapt_xlat_headers(skb, htons(ETH_P_IP), pkt->thoff,
				   sizeof(*iph), sizeof(*iph));
	*(__be16 *)iph = htons(0x4500 | tos);
	iph->tot_len = htons(skb->len <= U16_MAX ? skb->len : 0);
	iph->frag_off = frag_max || nf_mapt_fits(skb, NF_MAPT_DF_CLEAR_MAX) ? 0 :
								     htons(IP_DF);
	iph->ttl = ttl;
	iph->protocol = pkt->proto == IPPROTO_ICMPV6 ? IPPROTO_ICMP :
						       pkt->proto;
	iph->saddr = to->saddr;
	iph->daddr = to->daddr;
	/* RFC 7915 section 5.1.1 for what came in fragments */
	if (unlikely(pkt->frag_id))
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

// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: ICMP errors, those that pass (RFC 7915 sections 4.2, 4.3, 5.2 and
 * 5.3) and those that we send
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/dsfield.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_mapt.h>
#include <net/route.h>

/* RFC 4884 section 3: an extension starts no earlier in the embedded packet. */
#define EXT_INNER_MIN	128U

/* And it leaves what tells whose that is. */
#define EXT_TRANSPORT_MIN	((unsigned int)sizeof(struct icmphdr))

/* RFC 1812 section 4.3.2.3 */
#define ICMP4_MAX	576

/* RFC 7915 section 4.2, Figure 3: pointer into an IPv4 header -> IPv6. */
static int pointer_4to6(u8 pointer)
{
	static const s8 map[] = {
		0, 1, 4, 4, -1, -1, -1, -1, 7, 6, -1, -1, 8, 8, 8, 8,
		24, 24, 24, 24,
	};

	return pointer < ARRAY_SIZE(map) ? map[pointer] : -1;
}

/* RFC 7915 section 5.2, Figure 6: pointer into an IPv6 header -> IPv4. */
static int pointer_6to4(u32 pointer)
{
	static const s8 map[] = { 0, 1, -1, -1, 2, 2, 9, 8 };

	if (pointer < ARRAY_SIZE(map))
		return map[pointer];
	if (pointer < 24)
		return 12;

	return pointer < 40 ? 16 : -1;
}

/* RFC 7915 section 4.2: the sender of an old router's error gave no MTU, so
 * guess by RFC 1191 section 7.
 */
static u32 plateau_mtu(u32 tot_len)
{
	static const u16 plateaus[] = {
		65535, 32000, 17914, 8166, 4352, 2002, 1492
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(plateaus); i++)
		if (plateaus[i] < tot_len)
			return plateaus[i];

	return 0;
}

/* Next-hop MTU on the side that the packet came from. */
static u32 mtu_in(const struct nf_mapt_pkt *pkt)
{
	return pkt->state->in ? READ_ONCE(pkt->state->in->mtu) : U16_MAX;
}

/* What an ICMPv4 error may tell: no IPv4 link has less (RFC 791). */
static __be16 icmp4_mtu(u32 mtu)
{
	return htons(clamp_t(u32, mtu, IPV4_MIN_MTU, U16_MAX));
}

static bool icmp_type_4to6(const struct nf_mapt_pkt *pkt,
			   const struct icmphdr *icmph,
			   const struct iphdr *inner, u32 mtu6,
			   struct icmp6hdr *to)
{
	u32 mtu;
	int pointer;

	memset(to, 0, sizeof(*to));
	switch (icmph->type) {
	case ICMP_DEST_UNREACH:
		to->icmp6_type = ICMPV6_DEST_UNREACH;
		switch (icmph->code) {
		case ICMP_NET_UNREACH:
		case ICMP_HOST_UNREACH:
		case ICMP_SR_FAILED:
		case ICMP_NET_UNKNOWN:
		case ICMP_HOST_UNKNOWN:
		case ICMP_HOST_ISOLATED:
		case ICMP_NET_UNR_TOS:
		case ICMP_HOST_UNR_TOS:
			to->icmp6_code = ICMPV6_NOROUTE;
			return true;
		case ICMP_PROT_UNREACH:
			to->icmp6_type = ICMPV6_PARAMPROB;
			to->icmp6_code = ICMPV6_UNK_NEXTHDR;
			to->icmp6_pointer =
				htonl(offsetof(struct ipv6hdr, nexthdr));
			return true;
		case ICMP_PORT_UNREACH:
			to->icmp6_code = ICMPV6_PORT_UNREACH;
			return true;
		case ICMP_FRAG_NEEDED:
			mtu = ntohs(icmph->un.frag.mtu);
			if (!mtu)
				mtu = plateau_mtu(ntohs(inner->tot_len));
			mtu = min(mtu, mtu_in(pkt)) + NF_MAPT_IP_GROWTH;
			to->icmp6_type = ICMPV6_PKT_TOOBIG;
			to->icmp6_mtu = htonl(max_t(u32, IPV6_MIN_MTU,
						    min(mtu, mtu6)));
			return true;
		case ICMP_NET_ANO:
		case ICMP_HOST_ANO:
		case ICMP_PKT_FILTERED:
		case ICMP_PREC_CUTOFF:
			to->icmp6_code = ICMPV6_ADM_PROHIBITED;
			return true;
		}
		return false;
	case ICMP_TIME_EXCEEDED:
		to->icmp6_type = ICMPV6_TIME_EXCEED;
		to->icmp6_code = icmph->code;
		return true;
	case ICMP_PARAMETERPROB:
		if (icmph->code != 0 && icmph->code != 2)
			return false;
		pointer = pointer_4to6(ntohl(icmph->un.gateway) >> 24);
		if (pointer < 0)
			return false;
		to->icmp6_type = ICMPV6_PARAMPROB;
		to->icmp6_code = ICMPV6_HDR_FIELD;
		to->icmp6_pointer = htonl(pointer);
		return true;
	}

	return false;
}

static bool icmp_type_6to4(const struct nf_mapt_pkt *pkt,
			   const struct icmp6hdr *icmph, u32 mtu4,
			   struct icmphdr *to)
{
	u32 growth = NF_MAPT_IP_GROWTH;
	int pointer;
	u32 mtu;

	memset(to, 0, sizeof(*to));
	switch (icmph->icmp6_type) {
	case ICMPV6_DEST_UNREACH:
		to->type = ICMP_DEST_UNREACH;
		switch (icmph->icmp6_code) {
		case ICMPV6_NOROUTE:
		case ICMPV6_NOT_NEIGHBOUR:
		case ICMPV6_ADDR_UNREACH:
			to->code = ICMP_HOST_UNREACH;
			return true;
		case ICMPV6_ADM_PROHIBITED:
			to->code = ICMP_HOST_ANO;
			return true;
		case ICMPV6_PORT_UNREACH:
			to->code = ICMP_PORT_UNREACH;
			return true;
		}
		return false;
	case ICMPV6_PKT_TOOBIG:
		/* In one step where the packet had a Fragment Header. */
		if (pkt->inner.frag)
			growth += sizeof(struct frag_hdr);
		mtu = min(ntohl(icmph->icmp6_mtu), mtu_in(pkt));
		mtu = mtu > growth ? mtu - growth : 0;
		to->type = ICMP_DEST_UNREACH;
		to->code = ICMP_FRAG_NEEDED;
		to->un.frag.mtu = icmp4_mtu(min(mtu, mtu4));
		return true;
	case ICMPV6_TIME_EXCEED:
		to->type = ICMP_TIME_EXCEEDED;
		to->code = icmph->icmp6_code;
		return true;
	case ICMPV6_PARAMPROB:
		switch (icmph->icmp6_code) {
		case ICMPV6_HDR_FIELD:
			pointer = pointer_6to4(ntohl(icmph->icmp6_pointer));
			if (pointer < 0)
				return false;
			to->type = ICMP_PARAMETERPROB;
			to->un.gateway = htonl((u32)pointer << 24);
			return true;
		case ICMPV6_UNK_NEXTHDR:
			to->type = ICMP_DEST_UNREACH;
			to->code = ICMP_PROT_UNREACH;
			return true;
		}
		return false;
	}

	return false;
}

/*
 * RFC 4884: with a length of @words times @unit bytes given, an extension may
 * follow the embedded packet. A length that points past the end is not
 * followed.
 *
 * Return: offset of the extension, or the packet's length if there is none.
 */
static unsigned int extension_off(const struct sk_buff *skb,
				  unsigned int inner_off, unsigned int words,
				  unsigned int unit)
{
	unsigned int off = inner_off + words * unit;

	return words && off < skb->len ? off : skb->len;
}

/*
 * The embedded packet has changed its length: put the extension behind it
 * again, padded as RFC 4884 section 4 wants it. To fit @limit the embedded
 * packet is cut first (section 7), then the extension goes as a whole.
 *
 * @skb: packet, linear, data at its new IP header
 * @off: offset of the embedded packet
 * @len: its length now
 * @unit: bytes that its length is counted in
 * @limit: longest packet
 * @words: resulting length in units, 0: no extension
 *
 * Return: 0 or -ENOMEM. The packet's header may have moved.
 */
static int place_extension(struct sk_buff *skb, unsigned int off,
			   unsigned int len, unsigned int unit,
			   unsigned int limit, u8 *words)
{
	unsigned int ext_len = skb->len - off - len;
	unsigned int want = max(roundup(len, unit), EXT_INNER_MIN);
	u8 *ext;

	*words = 0;
	if (ext_len + off + EXT_INNER_MIN > limit)
		return pskb_trim(skb, min(off + len, limit));
	if (off + want + ext_len > limit)
		want = rounddown(limit - off - ext_len, unit);
	if (want / unit > U8_MAX)
		want = U8_MAX * unit;

	if (want > len) {
		unsigned int pad = want - len;

		if (skb_tailroom(skb) < pad &&
		    pskb_expand_head(skb, 0, pad, GFP_ATOMIC))
			return -ENOMEM;
		__skb_put(skb, pad);
	}
	ext = skb->data + off + len;
	memmove(skb->data + off + want, ext, ext_len);
	if (want > len)
		memset(ext, 0, want - len);
	__skb_trim(skb, off + want + ext_len);
	*words = want / unit;

	return 0;
}

/* Whether the checksum is right: ours will be computed anew. */
static bool icmp_csum_ok(const struct nf_mapt_pkt *pkt, __wsum pseudo)
{
	struct sk_buff *skb = pkt->skb;

	if (skb->ip_summed == CHECKSUM_UNNECESSARY)
		return true;

	return !csum_fold(skb_checksum(skb, pkt->thoff, skb->len - pkt->thoff,
				       pseudo));
}

static void inner_csum_replace(__sum16 *sum, __wsum diff)
{
	*sum = csum_fold(csum_add(diff, ~csum_unfold(*sum)));
}

/* The embedded packet's transport checksum, as far as it is there. */
static void inner_transport(struct sk_buff *skb,
			    const struct nf_mapt_inner *inner, unsigned int end,
			    __wsum diff, __wsum icmp_pseudo)
{
	unsigned int off = nf_mapt_proto_csum_offset(inner->proto);
	void *th = skb->data + inner->thoff;
	__sum16 *sum;

	if (inner->frag_off & htons(IP6_OFFSET))
		return;

	if (inner->proto == IPPROTO_ICMP) {
		struct icmphdr *icmph = th;
		u8 type = icmph->type == ICMP_ECHO ? ICMPV6_ECHO_REQUEST :
						     ICMPV6_ECHO_REPLY;

		diff = csum_add(icmp_pseudo,
				nf_mapt_csum_word((type - icmph->type) << 8));
		inner_csum_replace(&icmph->checksum, diff);
		icmph->type = type;
		return;
	}
	if (inner->proto == IPPROTO_ICMPV6) {
		struct icmp6hdr *icmph = th;
		u8 type = icmph->icmp6_type == ICMPV6_ECHO_REQUEST ?
			  ICMP_ECHO : ICMP_ECHOREPLY;

		diff = csum_add(icmp_pseudo,
				nf_mapt_csum_word((icmph->icmp6_type - type) << 8));
		inner_csum_replace(&icmph->icmp6_cksum, ~diff);
		icmph->icmp6_type = type;
		return;
	}

	sum = th + off;
	if (!off || end < inner->thoff + off + sizeof(*sum))
		return;
	if (inner->proto == IPPROTO_UDP && !*sum)
		return;
	inner_csum_replace(sum, diff);
	if (inner->proto == IPPROTO_UDP && !*sum)
		*sum = CSUM_MANGLED_0;
}

/*
 * As much of the packet as translation may touch: the transport header in the
 * embedded packet, or all where an extension may have to move.
 */
static unsigned int touched(const struct nf_mapt_pkt *pkt, unsigned int ext_off)
{
	if (ext_off < pkt->skb->len)
		return pkt->skb->len;

	return min(pkt->inner.thoff + (unsigned int)sizeof(struct tcphdr),
		   pkt->skb->len);
}

/**
 * nf_mapt_icmp_error_4to6 - make an ICMPv4 error an ICMPv6 error
 * @pkt: packet, parsed
 * @to: its new addresses and those of the embedded packet
 * @mtu6: MTU of the route it will take
 * @headroom: bytes to keep free in front of the new header
 *
 * Return: as nf_mapt_xlat_4to6().
 */
enum nf_mapt_stat nf_mapt_icmp_error_4to6(struct nf_mapt_pkt *pkt,
					  const struct nf_mapt_addrs6 *to,
					  unsigned int mtu6,
					  unsigned int headroom)
{
	const struct nf_mapt_inner *inner = &pkt->inner;
	const struct nf_mapt_conf *conf = pkt->conf;
	struct sk_buff *skb = pkt->skb;
	unsigned int hlen, inner_hlen, ext_off;
	struct icmp6hdr icmp6, *icmp6h;
	struct ipv6hdr *ip6h, *inner6;
	u8 tclass, ttl, inner_proto;
	u8 words = 0;
	__wsum diff, pseudo;
	struct icmphdr *icmph;
	struct iphdr *iph, in4;

	icmph = (struct icmphdr *)(skb->data + pkt->thoff);
	if (!icmp_csum_ok(pkt, 0))
		return NF_MAPT_BAD_CSUM;
	iph = (struct iphdr *)(skb->data + inner->off);
	if (!icmp_type_4to6(pkt, icmph, iph, mtu6, &icmp6))
		return NF_MAPT_ICMP_UNTRANSLATABLE;

	inner_hlen = sizeof(*inner6) + (inner->frag ? sizeof(struct frag_hdr) : 0);
	hlen = sizeof(*ip6h) + sizeof(icmp6) + inner_hlen;
	/* Length in 32-bit words in the second byte of the unused field. */
	ext_off = extension_off(skb, inner->off,
				((u8 *)&icmph->un.gateway)[1], sizeof(u32));
	if (ext_off < min(inner->thoff + EXT_TRANSPORT_MIN, skb->len))
		return NF_MAPT_BAD_HEADER;
	/* Others can't have one in ICMPv6 (RFC 4884 section 4.6). */
	if (icmp6.icmp6_type != ICMPV6_DEST_UNREACH &&
	    icmp6.icmp6_type != ICMPV6_TIME_EXCEED && pskb_trim(skb, ext_off))
		return NF_MAPT_NO_MEMORY;
	if (nf_mapt_xlat_writable(skb, touched(pkt, ext_off), inner->thoff,
				  headroom + hlen))
		return NF_MAPT_NO_MEMORY;

	iph = ip_hdr(skb);
	tclass = conf->has_tclass ? conf->tclass : iph->tos;
	ttl = iph->ttl;
	in4 = *(struct iphdr *)(skb->data + inner->off);
	inner_proto = in4.protocol == IPPROTO_ICMP ? IPPROTO_ICMPV6 :
						     in4.protocol;

	pseudo = csum_partial(&to->inner_saddr, 2 * sizeof(struct in6_addr), 0);
	diff = csum_sub(pseudo, csum_partial(&in4.saddr, 2 * sizeof(__be32), 0));
	pseudo = csum_add(pseudo, nf_mapt_csum_word(ntohs(in4.tot_len) -
						    in4.ihl * 4));
	pseudo = csum_add(pseudo, nf_mapt_csum_word(IPPROTO_ICMPV6));
	inner_transport(skb, inner, min(ext_off, touched(pkt, ext_off)), diff,
			pseudo);

	ext_off = ext_off < skb->len ? ext_off - inner->thoff + hlen : 0;
	ip6h = nf_mapt_xlat_headers(skb, htons(ETH_P_IPV6), inner->thoff, hlen,
				    sizeof(*ip6h));
	icmp6h = (struct icmp6hdr *)(ip6h + 1);
	inner6 = (struct ipv6hdr *)(icmp6h + 1);

	ip6_flow_hdr(inner6, conf->has_tclass ? conf->tclass : in4.tos, 0);
	inner6->payload_len = htons(ntohs(in4.tot_len) - in4.ihl * 4 +
				    inner_hlen - sizeof(*inner6));
	inner6->nexthdr = inner_proto;
	inner6->hop_limit = in4.ttl;
	inner6->saddr = to->inner_saddr;
	inner6->daddr = to->inner_daddr;
	if (inner->frag) {
		struct frag_hdr *fh = (struct frag_hdr *)(inner6 + 1);

		inner6->nexthdr = NEXTHDR_FRAGMENT;
		fh->nexthdr = inner_proto;
		fh->reserved = 0;
		fh->frag_off = inner->frag_off;
		fh->identification = inner->frag_id;
	}

	/* RFC 4443 section 2.4 (c) */
	if (ext_off) {
		unsigned int off = sizeof(*ip6h) + sizeof(icmp6);

		if (place_extension(skb, off, ext_off - off, sizeof(u64),
				    IPV6_MIN_MTU, &words))
			return NF_MAPT_NO_MEMORY;
	} else if (pskb_trim(skb, min_t(u32, skb->len, IPV6_MIN_MTU))) {
		return NF_MAPT_NO_MEMORY;
	}

	ip6h = ipv6_hdr(skb);
	icmp6h = (struct icmp6hdr *)(ip6h + 1);
	ip6_flow_hdr(ip6h, tclass, 0);
	ip6h->payload_len = htons(skb->len - sizeof(*ip6h));
	ip6h->nexthdr = IPPROTO_ICMPV6;
	ip6h->hop_limit = ttl;
	ip6h->saddr = to->saddr;
	ip6h->daddr = to->daddr;

	*icmp6h = icmp6;
	if (words)
		*(u8 *)&icmp6h->icmp6_dataun = words;
	icmp6h->icmp6_cksum = 0;
	skb->ip_summed = CHECKSUM_NONE;
	icmp6h->icmp6_cksum =
		csum_ipv6_magic(&to->saddr, &to->daddr,
				skb->len - sizeof(*ip6h), IPPROTO_ICMPV6,
				skb_checksum(skb, sizeof(*ip6h),
					     skb->len - sizeof(*ip6h), 0));

	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));

	return NF_MAPT_OK;
}

/**
 * nf_mapt_icmp_error_6to4 - make an ICMPv6 error an ICMPv4 error
 * @pkt: packet, parsed
 * @to: its new addresses and those of the embedded packet
 * @mtu4: MTU of the route it will take
 *
 * Return: as nf_mapt_xlat_6to4().
 */
enum nf_mapt_stat nf_mapt_icmp_error_6to4(struct nf_mapt_pkt *pkt,
					  const struct nf_mapt_addrs4 *to,
					  unsigned int mtu4)
{
	const struct nf_mapt_inner *inner = &pkt->inner;
	const struct nf_mapt_conf *conf = pkt->conf;
	const unsigned int hlen = 2 * sizeof(struct iphdr) +
				  sizeof(struct icmphdr);
	struct sk_buff *skb = pkt->skb;
	unsigned int inner_exthdr_len, ext_off;
	struct icmp6hdr *icmp6h;
	struct ipv6hdr *ip6h, in6;
	struct iphdr *iph, *inner4;
	struct icmphdr icmp, *icmph;
	__wsum diff, pseudo;
	u8 tos, ttl, words;
	u16 inner_len;

	ip6h = ipv6_hdr(skb);
	pseudo = ~csum_unfold(csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr,
					      skb->len - pkt->thoff,
					      IPPROTO_ICMPV6, 0));
	if (!icmp_csum_ok(pkt, pseudo))
		return NF_MAPT_BAD_CSUM;
	icmp6h = (struct icmp6hdr *)(skb->data + pkt->thoff);
	if (!icmp_type_6to4(pkt, icmp6h, mtu4, &icmp))
		return NF_MAPT_ICMP_UNTRANSLATABLE;

	/* Length in 64-bit words in the first byte of the unused field. */
	words = icmp6h->icmp6_type == ICMPV6_DEST_UNREACH ||
		icmp6h->icmp6_type == ICMPV6_TIME_EXCEED ?
		*(u8 *)&icmp6h->icmp6_dataun : 0;
	ext_off = extension_off(skb, inner->off, words, sizeof(u64));
	if (ext_off < min(inner->thoff + EXT_TRANSPORT_MIN, skb->len))
		return NF_MAPT_BAD_HEADER;
	if (nf_mapt_xlat_writable(skb, touched(pkt, ext_off), inner->thoff, hlen))
		return NF_MAPT_NO_MEMORY;

	ip6h = ipv6_hdr(skb);
	tos = conf->has_tos ? conf->tos : ipv6_get_dsfield(ip6h);
	ttl = ip6h->hop_limit;
	in6 = *(struct ipv6hdr *)(skb->data + inner->off);
	inner_exthdr_len = inner->thoff - inner->off - sizeof(in6);
	inner_len = ntohs(in6.payload_len) - inner_exthdr_len;

	pseudo = csum_partial(&in6.saddr, 2 * sizeof(struct in6_addr), 0);
	diff = csum_sub(csum_partial(&to->inner_saddr, 2 * sizeof(__be32), 0),
			pseudo);
	pseudo = csum_add(pseudo, nf_mapt_csum_word(inner_len));
	pseudo = csum_add(pseudo, nf_mapt_csum_word(IPPROTO_ICMPV6));
	inner_transport(skb, inner, min(ext_off, touched(pkt, ext_off)), diff,
			pseudo);

	ext_off = ext_off < skb->len ? ext_off - inner->thoff + hlen : 0;
	iph = nf_mapt_xlat_headers(skb, htons(ETH_P_IP), inner->thoff, hlen,
				   sizeof(*iph));
	icmph = (struct icmphdr *)(iph + 1);
	inner4 = (struct iphdr *)(icmph + 1);

	memset(inner4, 0, sizeof(*inner4));
	inner4->version = 4;
	inner4->ihl = sizeof(*inner4) / 4;
	inner4->tos = conf->has_tos ? conf->tos : ipv6_get_dsfield(&in6);
	inner4->tot_len = htons(min_t(u32, inner_len + sizeof(*inner4), U16_MAX));
	if (inner->frag) {
		inner4->id = htons(ntohl(inner->frag_id));
		inner4->frag_off = htons(ntohs(inner->frag_off) >> 3);
		if (inner->frag_off & htons(IP6_MF))
			inner4->frag_off |= htons(IP_MF);
	} else if (inner_len + sizeof(*inner4) > IPV6_MIN_MTU - NF_MAPT_IP_GROWTH) {
		inner4->frag_off = htons(IP_DF);
	}
	inner4->ttl = in6.hop_limit;
	inner4->protocol = inner->proto == IPPROTO_ICMPV6 ? IPPROTO_ICMP :
							    inner->proto;
	inner4->saddr = to->inner_saddr;
	inner4->daddr = to->inner_daddr;
	ip_send_check(inner4);

	words = 0;
	if (ext_off) {
		unsigned int off = sizeof(*iph) + sizeof(icmp);

		if (place_extension(skb, off, ext_off - off, sizeof(u32),
				    ICMP4_MAX, &words))
			return NF_MAPT_NO_MEMORY;
	}
	iph = ip_hdr(skb);
	icmph = (struct icmphdr *)(iph + 1);

	*icmph = icmp;
	if (words)
		((u8 *)&icmph->un.gateway)[1] = words;
	icmph->checksum = 0;
	skb->ip_summed = CHECKSUM_NONE;
	icmph->checksum = csum_fold(skb_checksum(skb, sizeof(*iph),
						 skb->len - sizeof(*iph), 0));

	memset(iph, 0, sizeof(*iph));
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = tos;
	iph->tot_len = htons(skb->len);
	iph->id = (__force __be16)get_random_u16();
	if (skb->len > IPV6_MIN_MTU - NF_MAPT_IP_GROWTH)
		iph->frag_off = htons(IP_DF);
	iph->ttl = ttl;
	iph->protocol = IPPROTO_ICMP;
	iph->saddr = to->saddr;
	iph->daddr = to->daddr;
	ip_send_check(iph);

	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	IPCB(skb)->iif = skb->skb_iif;

	return NF_MAPT_OK;
}

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
	mtu = icmp4_mtu(dst_mtu(skb_dst(skb)));
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
	struct sk_buff *skb = pkt->skb;
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct;
	struct iphdr *iph;

	ct = nf_ct_get(skb, &ctinfo);
	if (!ct || pkt->icmp_error || nf_ct_l3num(ct) != NFPROTO_IPV4)
		return;
	if (nf_mapt_xlat_writable(skb, pkt->thoff + sizeof(struct udphdr), 0, 0))
		return;

	tuple = &ct->tuplehash[CTINFO2DIR(ctinfo)].tuple;
	iph = ip_hdr(skb);
	csum_replace4(&iph->check, iph->saddr, tuple->src.u3.ip);
	iph->saddr = tuple->src.u3.ip;
	if (!pkt->has_ports)
		return;
	/* The error holds 8 bytes of it, without a checksum that matters. */
	if (pkt->proto == IPPROTO_ICMP) {
		struct icmphdr *icmph = (void *)skb->data + pkt->thoff;

		icmph->un.echo.id = tuple->src.u.icmp.id;
	} else {
		*(__be16 *)(skb->data + pkt->thoff) = tuple->src.u.all;
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
	struct sk_buff *skb = pkt->skb;

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
	if (pkt->skb->dev)
		icmpv6_send(pkt->skb, type, code, info);
}

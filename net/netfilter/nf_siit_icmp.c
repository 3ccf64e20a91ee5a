// SPDX-License-Identifier: GPL-2.0
/*
 * SIIT: ICMP messages (RFC 7915 sections 4.2, 4.3, 5.2 and 5.3)
 *
 * An error holds the beginning of the packet that it is about, which is
 * translated too, and perhaps an extension behind it (RFC 4884).
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/random.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_siit.h>

#include "nf_siit_internal.h"

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
static u32 mtu_in(const struct nf_siit_pkt *pkt)
{
	return pkt->in ? READ_ONCE(pkt->in->mtu) : U16_MAX;
}

static bool unreach_4to6(const struct nf_siit_pkt *pkt,
			 const struct icmphdr *icmph, const struct iphdr *inner,
			 u32 mtu6, struct icmp6hdr *to)
{
	u32 mtu;

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
		to->icmp6_pointer = htonl(offsetof(struct ipv6hdr, nexthdr));
		return true;
	case ICMP_PORT_UNREACH:
		to->icmp6_code = ICMPV6_PORT_UNREACH;
		return true;
	case ICMP_FRAG_NEEDED:
		mtu = ntohs(icmph->un.frag.mtu);
		if (!mtu)
			mtu = plateau_mtu(ntohs(inner->tot_len));
		mtu = min(mtu, mtu_in(pkt)) + NF_SIIT_IP_GROWTH;
		to->icmp6_type = ICMPV6_PKT_TOOBIG;
		to->icmp6_mtu = htonl(max_t(u32, IPV6_MIN_MTU, min(mtu, mtu6)));
		return true;
	case ICMP_NET_ANO:
	case ICMP_HOST_ANO:
	case ICMP_PKT_FILTERED:
	case ICMP_PREC_CUTOFF:
		to->icmp6_code = ICMPV6_ADM_PROHIBITED;
		return true;
	}

	return false;
}

static bool icmp_type_4to6(const struct nf_siit_pkt *pkt,
			   const struct icmphdr *icmph,
			   const struct iphdr *inner, u32 mtu6,
			   struct icmp6hdr *to)
{
	int pointer;

	memset(to, 0, sizeof(*to));
	switch (icmph->type) {
	case ICMP_DEST_UNREACH:
		return unreach_4to6(pkt, icmph, inner, mtu6, to);
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

static bool unreach_6to4(u8 code, struct icmphdr *to)
{
	to->type = ICMP_DEST_UNREACH;
	switch (code) {
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
}

static void too_big_6to4(const struct nf_siit_pkt *pkt, u32 mtu6, u32 mtu4,
			 struct icmphdr *to)
{
	u32 growth = NF_SIIT_IP_GROWTH;
	u32 mtu = min(mtu6, mtu_in(pkt));

	/* In one step where the packet had a Fragment Header. */
	if (pkt->inner.frag)
		growth += sizeof(struct frag_hdr);
	mtu = mtu > growth ? mtu - growth : 0;
	to->type = ICMP_DEST_UNREACH;
	to->code = ICMP_FRAG_NEEDED;
	to->un.frag.mtu = nf_siit_icmp4_mtu(min(mtu, mtu4));
}

static bool icmp_type_6to4(const struct nf_siit_pkt *pkt,
			   const struct icmp6hdr *icmph, u32 mtu4,
			   struct icmphdr *to)
{
	int pointer;

	memset(to, 0, sizeof(*to));
	switch (icmph->icmp6_type) {
	case ICMPV6_DEST_UNREACH:
		return unreach_6to4(icmph->icmp6_code, to);
	case ICMPV6_PKT_TOOBIG:
		too_big_6to4(pkt, ntohl(icmph->icmp6_mtu), mtu4, to);
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
static bool icmp_csum_ok(const struct nf_siit_pkt *pkt, __wsum pseudo)
{
	struct sk_buff *skb = pkt->skb;

	if (skb->ip_summed == CHECKSUM_UNNECESSARY)
		return true;

	return !csum_fold(skb_checksum(skb, pkt->thoff, skb->len - pkt->thoff,
				       pseudo));
}

/**
 * nf_siit_icmp_echo_4to6 - make an ICMPv4 echo message one of ICMPv6
 * @icmph: its header; writable
 * @pseudo: sum of the new pseudo-header, nf_siit_icmp_pseudo(): ICMPv4 has none
 */
void nf_siit_icmp_echo_4to6(struct icmphdr *icmph, __wsum pseudo)
{
	u8 type = icmph->type == ICMP_ECHO ? ICMPV6_ECHO_REQUEST :
					     ICMPV6_ECHO_REPLY;
	__wsum diff;

	diff = csum_add(pseudo, nf_siit_csum_word((type - icmph->type) << 8));
	nf_siit_csum_adapt(&icmph->checksum, false, diff);
	icmph->type = type;
}

/**
 * nf_siit_icmp_echo_6to4 - make an ICMPv6 echo message one of ICMPv4
 * @icmph: its header; writable
 * @pseudo: sum of the old pseudo-header
 */
void nf_siit_icmp_echo_6to4(struct icmp6hdr *icmph, __wsum pseudo)
{
	u8 type = icmph->icmp6_type == ICMPV6_ECHO_REQUEST ? ICMP_ECHO :
							     ICMP_ECHOREPLY;
	__wsum diff;

	diff = csum_add(pseudo,
			nf_siit_csum_word((icmph->icmp6_type - type) << 8));
	nf_siit_csum_adapt(&icmph->icmp6_cksum, false, ~diff);
	icmph->icmp6_type = type;
}

/*
 * The embedded packet's transport checksum, as far as it is there.
 * @end: where what may be touched ends
 * @diff: by how much its addresses change
 * @pseudo: sum of the pseudo-header of its ICMPv6 form
 */
static void inner_transport(struct sk_buff *skb,
			    const struct nf_siit_inner *inner, unsigned int end,
			    __wsum diff, __wsum pseudo)
{
	unsigned int off = nf_siit_proto_csum_offset(inner->proto);
	void *th = skb->data + inner->thoff;
	__sum16 *sum;

	if (inner->frag_off & htons(IP6_OFFSET))
		return;
	if (inner->proto == IPPROTO_ICMP) {
		nf_siit_icmp_echo_4to6(th, pseudo);
		return;
	}
	if (inner->proto == IPPROTO_ICMPV6) {
		nf_siit_icmp_echo_6to4(th, pseudo);
		return;
	}

	sum = th + off;
	if (!off || end < inner->thoff + off + sizeof(*sum))
		return;
	if (inner->proto == IPPROTO_UDP && !*sum)
		return;
	nf_siit_csum_adapt(sum, false, diff);
	if (inner->proto == IPPROTO_UDP && !*sum)
		*sum = CSUM_MANGLED_0;
}

/*
 * As much of the packet as translation may touch: the transport header in the
 * embedded packet, or all where an extension may have to move.
 */
static unsigned int touched(const struct nf_siit_pkt *pkt, unsigned int ext_off)
{
	if (ext_off < pkt->skb->len)
		return pkt->skb->len;

	return min(pkt->inner.thoff + (unsigned int)sizeof(struct tcphdr),
		   pkt->skb->len);
}

/* What becomes of the message, and where its extension begins. */
static enum nf_siit_result read_error4(struct nf_siit_pkt *pkt, u32 mtu6,
				       struct icmp6hdr *icmp6,
				       unsigned int *ext_off)
{
	const struct nf_siit_inner *inner = &pkt->inner;
	struct sk_buff *skb = pkt->skb;
	const struct icmphdr *icmph;

	icmph = (const struct icmphdr *)(skb->data + pkt->thoff);
	if (!icmp_csum_ok(pkt, 0))
		return NF_SIIT_BAD_CSUM;
	if (!icmp_type_4to6(pkt, icmph,
			    (const struct iphdr *)(skb->data + inner->off), mtu6,
			    icmp6))
		return NF_SIIT_ICMP_UNTRANSLATABLE;

	/* Length in 32-bit words in the second byte of the unused field. */
	*ext_off = extension_off(skb, inner->off,
				 ((const u8 *)&icmph->un.gateway)[1], sizeof(u32));
	if (*ext_off < min(inner->thoff + EXT_TRANSPORT_MIN, skb->len))
		return NF_SIIT_BAD_HEADER;
	/* Others can't have one in ICMPv6 (RFC 4884 section 4.6). */
	if (icmp6->icmp6_type != ICMPV6_DEST_UNREACH &&
	    icmp6->icmp6_type != ICMPV6_TIME_EXCEED && pskb_trim(skb, *ext_off))
		return NF_SIIT_NO_MEMORY;

	return NF_SIIT_OK;
}

static unsigned int inner6_hlen(const struct nf_siit_inner *inner)
{
	return sizeof(struct ipv6hdr) + (inner->frag ? sizeof(struct frag_hdr) : 0);
}

static unsigned int inner4_payload(const struct iphdr *in4)
{
	return ntohs(in4->tot_len) - in4->ihl * 4;
}

static void inner_transport_4to6(struct nf_siit_pkt *pkt, const struct iphdr *in4,
				 const struct nf_siit_addrs6 *to,
				 unsigned int end)
{
	const struct in6_addr *saddr = &to->inner_saddr, *daddr = &to->inner_daddr;
	__wsum diff;

	diff = csum_sub(nf_siit_csum_addrs6(saddr, daddr),
			nf_siit_csum_addrs4(in4->saddr, in4->daddr));
	inner_transport(pkt->skb, &pkt->inner, end, diff,
			nf_siit_icmp_pseudo(saddr, daddr, inner4_payload(in4)));
}

/* The embedded packet's header, behind those of the packet itself. */
static void put_inner6(const struct nf_siit_pkt *pkt, const struct iphdr *in4,
		       const struct nf_siit_addrs6 *to)
{
	const struct nf_siit_inner *inner = &pkt->inner;
	struct ipv6hdr *ip6h;
	struct frag_hdr *fh;

	ip6h = (struct ipv6hdr *)(pkt->skb->data + sizeof(*ip6h) +
				  sizeof(struct icmp6hdr));
	ip6_flow_hdr(ip6h, nf_siit_tclass(pkt->opts, in4), 0);
	ip6h->payload_len = htons(inner4_payload(in4) + inner6_hlen(inner) -
				  sizeof(*ip6h));
	ip6h->nexthdr = nf_siit_proto_4to6(in4->protocol);
	ip6h->hop_limit = in4->ttl;
	ip6h->saddr = to->inner_saddr;
	ip6h->daddr = to->inner_daddr;
	if (!inner->frag)
		return;

	fh = (struct frag_hdr *)(ip6h + 1);
	fh->nexthdr = ip6h->nexthdr;
	fh->reserved = 0;
	fh->frag_off = inner->frag_off;
	fh->identification = inner->frag_id;
	ip6h->nexthdr = NEXTHDR_FRAGMENT;
}

/* RFC 4443 section 2.4 (c): the least MTU. @ext_off is 0 without an extension. */
static int fit_error6(struct sk_buff *skb, unsigned int ext_off,
		      struct icmp6hdr *icmp6)
{
	unsigned int off = sizeof(struct ipv6hdr) + sizeof(*icmp6);
	u8 words;
	int err;

	if (!ext_off)
		return pskb_trim(skb, min_t(u32, skb->len, IPV6_MIN_MTU));
	err = place_extension(skb, off, ext_off - off, sizeof(u64),
			      IPV6_MIN_MTU, &words);
	if (words)
		*(u8 *)&icmp6->icmp6_dataun = words;

	return err;
}

static void put_icmp6(struct sk_buff *skb, const struct icmp6hdr *icmp6,
		      const struct nf_siit_addrs6 *to)
{
	unsigned int off = sizeof(struct ipv6hdr), len = skb->len - off;
	struct icmp6hdr *icmph = (struct icmp6hdr *)(skb->data + off);

	*icmph = *icmp6;
	icmph->icmp6_cksum = 0;
	skb->ip_summed = CHECKSUM_NONE;
	icmph->icmp6_cksum = csum_ipv6_magic(&to->saddr, &to->daddr, len,
					     IPPROTO_ICMPV6,
					     skb_checksum(skb, off, len, 0));
}

/**
 * nf_siit_icmp_error_4to6 - make an ICMPv4 error an ICMPv6 error
 * @pkt: packet, parsed
 * @to: its new addresses and those of the embedded packet
 * @mtu6: MTU of the route it will take
 * @headroom: bytes to keep free in front of the new header
 *
 * Return: as nf_siit_4to6().
 */
enum nf_siit_result nf_siit_icmp_error_4to6(struct nf_siit_pkt *pkt,
					    const struct nf_siit_addrs6 *to,
					    unsigned int mtu6,
					    unsigned int headroom)
{
	const struct nf_siit_inner *inner = &pkt->inner;
	struct sk_buff *skb = pkt->skb;
	unsigned int hlen, ext_off, end;
	enum nf_siit_result res;
	struct icmp6hdr icmp6;
	struct iphdr in4;
	u8 tclass, ttl;

	res = read_error4(pkt, mtu6, &icmp6, &ext_off);
	if (res != NF_SIIT_OK)
		return res;
	end = touched(pkt, ext_off);
	hlen = sizeof(struct ipv6hdr) + sizeof(icmp6) + inner6_hlen(inner);
	if (nf_siit_writable(skb, end, inner->thoff, headroom + hlen))
		return NF_SIIT_NO_MEMORY;

	tclass = nf_siit_tclass(pkt->opts, ip_hdr(skb));
	ttl = ip_hdr(skb)->ttl;
	in4 = *(struct iphdr *)(skb->data + inner->off);
	inner_transport_4to6(pkt, &in4, to, min(ext_off, end));

	ext_off = ext_off < skb->len ? ext_off - inner->thoff + hlen : 0;
	nf_siit_headers(skb, htons(ETH_P_IPV6), inner->thoff, hlen,
			sizeof(struct ipv6hdr));
	put_inner6(pkt, &in4, to);
	if (fit_error6(skb, ext_off, &icmp6))
		return NF_SIIT_NO_MEMORY;
	nf_siit_header6(skb, tclass, IPPROTO_ICMPV6, ttl, &to->saddr, &to->daddr);
	put_icmp6(skb, &icmp6, to);
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));

	return NF_SIIT_OK;
}

/* What becomes of the message, and where its extension begins. */
static enum nf_siit_result read_error6(const struct nf_siit_pkt *pkt, u32 mtu4,
				       struct icmphdr *icmp,
				       unsigned int *ext_off)
{
	const struct nf_siit_inner *inner = &pkt->inner;
	const struct sk_buff *skb = pkt->skb;
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	const struct icmp6hdr *icmph;
	u8 words = 0;

	if (!icmp_csum_ok(pkt, nf_siit_icmp_pseudo(&ip6h->saddr, &ip6h->daddr,
						   skb->len - pkt->thoff)))
		return NF_SIIT_BAD_CSUM;
	icmph = (const struct icmp6hdr *)(skb->data + pkt->thoff);
	if (!icmp_type_6to4(pkt, icmph, mtu4, icmp))
		return NF_SIIT_ICMP_UNTRANSLATABLE;

	/* Length in 64-bit words in the first byte of the unused field. */
	if (icmph->icmp6_type == ICMPV6_DEST_UNREACH ||
	    icmph->icmp6_type == ICMPV6_TIME_EXCEED)
		words = *(const u8 *)&icmph->icmp6_dataun;
	*ext_off = extension_off(skb, inner->off, words, sizeof(u64));
	if (*ext_off < min(inner->thoff + EXT_TRANSPORT_MIN, skb->len))
		return NF_SIIT_BAD_HEADER;

	return NF_SIIT_OK;
}

/* Without its extension headers, which go. */
static unsigned int inner6_payload(const struct nf_siit_pkt *pkt,
				   const struct ipv6hdr *in6)
{
	return ntohs(in6->payload_len) + sizeof(*in6) -
	       (pkt->inner.thoff - pkt->inner.off);
}

static void inner_transport_6to4(struct nf_siit_pkt *pkt,
				 const struct ipv6hdr *in6,
				 const struct nf_siit_addrs4 *to,
				 unsigned int end)
{
	__wsum diff;

	diff = csum_sub(nf_siit_csum_addrs4(to->inner_saddr, to->inner_daddr),
			nf_siit_csum_addrs6(&in6->saddr, &in6->daddr));
	inner_transport(pkt->skb, &pkt->inner, end, diff,
			nf_siit_icmp_pseudo(&in6->saddr, &in6->daddr,
					    inner6_payload(pkt, in6)));
}

/* The embedded packet's header, behind those of the packet itself. */
static void put_inner4(const struct nf_siit_pkt *pkt, const struct ipv6hdr *in6,
		       const struct nf_siit_addrs4 *to)
{
	const struct nf_siit_inner *inner = &pkt->inner;
	unsigned int len = inner6_payload(pkt, in6) + sizeof(struct iphdr);
	struct iphdr *iph;

	iph = (struct iphdr *)(pkt->skb->data + sizeof(*iph) +
			       sizeof(struct icmphdr));
	memset(iph, 0, sizeof(*iph));
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = nf_siit_tos(pkt->opts, in6);
	iph->tot_len = htons(min_t(u32, len, U16_MAX));
	if (inner->frag) {
		iph->id = htons(ntohl(inner->frag_id));
		iph->frag_off = htons(ntohs(inner->frag_off) >> 3);
		if (inner->frag_off & htons(IP6_MF))
			iph->frag_off |= htons(IP_MF);
	} else if (len > NF_SIIT_DF_CLEAR_MAX) {
		iph->frag_off = htons(IP_DF);
	}
	iph->ttl = in6->hop_limit;
	iph->protocol = nf_siit_proto_6to4(inner->proto);
	iph->saddr = to->inner_saddr;
	iph->daddr = to->inner_daddr;
	ip_send_check(iph);
}

/* @ext_off is 0 without an extension, then any length will do. */
static int fit_error4(struct sk_buff *skb, unsigned int ext_off,
		      struct icmphdr *icmp)
{
	unsigned int off = sizeof(struct iphdr) + sizeof(*icmp);
	u8 words;
	int err;

	if (!ext_off)
		return 0;
	err = place_extension(skb, off, ext_off - off, sizeof(u32), ICMP4_MAX,
			      &words);
	if (words)
		((u8 *)&icmp->un.gateway)[1] = words;

	return err;
}

static void put_icmp4(struct sk_buff *skb, const struct icmphdr *icmp)
{
	unsigned int off = sizeof(struct iphdr);
	struct icmphdr *icmph = (struct icmphdr *)(skb->data + off);

	*icmph = *icmp;
	icmph->checksum = 0;
	skb->ip_summed = CHECKSUM_NONE;
	icmph->checksum = csum_fold(skb_checksum(skb, off, skb->len - off, 0));
}

/**
 * nf_siit_icmp_error_6to4 - make an ICMPv6 error an ICMPv4 error
 * @pkt: packet, parsed
 * @to: its new addresses and those of the embedded packet
 * @mtu4: MTU of the route it will take
 *
 * Return: as nf_siit_6to4().
 */
enum nf_siit_result nf_siit_icmp_error_6to4(struct nf_siit_pkt *pkt,
					    const struct nf_siit_addrs4 *to,
					    unsigned int mtu4)
{
	const unsigned int hlen = 2 * sizeof(struct iphdr) + sizeof(struct icmphdr);
	const struct nf_siit_inner *inner = &pkt->inner;
	struct sk_buff *skb = pkt->skb;
	enum nf_siit_result res;
	unsigned int ext_off, end;
	struct icmphdr icmp;
	struct ipv6hdr in6;
	u8 tos, ttl;

	res = read_error6(pkt, mtu4, &icmp, &ext_off);
	if (res != NF_SIIT_OK)
		return res;
	end = touched(pkt, ext_off);
	if (nf_siit_writable(skb, end, inner->thoff, hlen))
		return NF_SIIT_NO_MEMORY;

	tos = nf_siit_tos(pkt->opts, ipv6_hdr(skb));
	ttl = ipv6_hdr(skb)->hop_limit;
	in6 = *(struct ipv6hdr *)(skb->data + inner->off);
	inner_transport_6to4(pkt, &in6, to, min(ext_off, end));

	ext_off = ext_off < skb->len ? ext_off - inner->thoff + hlen : 0;
	nf_siit_headers(skb, htons(ETH_P_IP), inner->thoff, hlen,
			sizeof(struct iphdr));
	put_inner4(pkt, &in6, to);
	if (fit_error4(skb, ext_off, &icmp))
		return NF_SIIT_NO_MEMORY;
	put_icmp4(skb, &icmp);
	nf_siit_header4(skb, tos, (__force __be16)get_random_u16(),
			skb->len > NF_SIIT_DF_CLEAR_MAX ? htons(IP_DF) : 0, ttl,
			IPPROTO_ICMP, to->saddr, to->daddr);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	IPCB(skb)->iif = skb->skb_iif;

	return NF_SIIT_OK;
}

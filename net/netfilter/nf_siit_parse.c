// SPDX-License-Identifier: GPL-2.0
/*
 * SIIT: what identifies a packet: its transport protocol and its ports, be they
 * ports, ICMP identifiers, or those of the packet inside an ICMP error.
 */
#include <linux/export.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/ndisc.h>
#include <net/netfilter/nf_siit.h>

#include "nf_siit_internal.h"

/* As much of the transport header in an ICMP error as tells whose it is. */
#define INNER_TRANSPORT_LEN	8U

/* Bounds the work that one packet can cause. */
#define EXTHDR_MAX		8

/* Protocol numbers that would mean something else in the other family: ICMP of
 * the wrong kind, IGMP (RFC 7915 section 4.2), and extension headers, of which
 * a sender could make up for IPv6 what IPv4 has never seen.
 */
static bool proto_untranslatable4(u8 proto)
{
	switch (proto) {
	case IPPROTO_IGMP:
	case IPPROTO_ICMPV6:
	case NEXTHDR_HOP:
	case NEXTHDR_ROUTING:
	case NEXTHDR_FRAGMENT:
	case NEXTHDR_NONE:
	case NEXTHDR_DEST:
		return true;
	}

	return false;
}

/* The whole header, since translation changes the checksum in it. */
static unsigned int proto_header_len(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return sizeof(struct tcphdr);
	case IPPROTO_DCCP:
	case IPPROTO_SCTP:
		return 12;
	default:
		return sizeof(struct udphdr);
	}
}

/* Those of a packet in an ICMP error, which went the other way, are exchanged. */
static void set_ports(struct nf_siit_pkt *pkt, __be16 sport, __be16 dport)
{
	pkt->sport = ntohs(sport);
	pkt->dport = ntohs(dport);
	pkt->has_ports = true;
}

static enum nf_siit_result parse_ports(struct nf_siit_pkt *pkt)
{
	const __be16 *ports;

	if (!pskb_may_pull(pkt->skb, pkt->thoff + proto_header_len(pkt->proto)))
		return NF_SIIT_BAD_HEADER;

	ports = (const __be16 *)(pkt->skb->data + pkt->thoff);
	set_ports(pkt, ports[0], ports[1]);

	return NF_SIIT_OK;
}

/* One identifier is both ports. */
static void set_icmp_id(struct nf_siit_pkt *pkt, __be16 id)
{
	set_ports(pkt, id, id);
}

static bool first_fragment(__be16 frag_off)
{
	return !(frag_off & htons(IP6_OFFSET));
}

/*
 * RFC 792 and RFC 7915 sections 4.3 and 5.3: an error holds the first 8 bytes
 * behind the IP header of the packet that it is about, or all of them where
 * there are fewer.
 *
 * Return: how many of them there are, -EINVAL if not even the IP header is.
 */
static int pull_inner(struct nf_siit_pkt *pkt)
{
	const struct nf_siit_inner *inner = &pkt->inner;
	struct sk_buff *skb = pkt->skb;
	unsigned int len;

	if (inner->thoff > skb->len)
		return -EINVAL;
	len = min(skb->len - inner->thoff, INNER_TRANSPORT_LEN);

	return pskb_may_pull(skb, inner->thoff + len) ? len : -EINVAL;
}

static bool icmp_is_echo(u8 proto, u8 type)
{
	if (proto == IPPROTO_ICMP)
		return type == ICMP_ECHO || type == ICMP_ECHOREPLY;

	return type == ICMPV6_ECHO_REQUEST || type == ICMPV6_ECHO_REPLY;
}

static bool icmp_is_error(u8 proto, u8 type)
{
	return proto == IPPROTO_ICMP ? icmp_is_err(type) :
				       !(type & ICMPV6_INFOMSG_MASK);
}

/* Type and identifier stand in the same place in both families. */
static enum nf_siit_result parse_inner_icmp(struct nf_siit_pkt *pkt,
					    const struct icmphdr *icmph, int len)
{
	u8 proto = pkt->inner.proto;

	if (len < sizeof(*icmph))
		return NF_SIIT_BAD_HEADER;
	if (icmp_is_echo(proto, icmph->type)) {
		set_icmp_id(pkt, icmph->un.echo.id);
		return NF_SIIT_OK;
	}

	return icmp_is_error(proto, icmph->type) ? NF_SIIT_ICMP_NESTED :
						   NF_SIIT_ICMP_UNTRANSLATABLE;
}

/* Whose the packet in an ICMP error is; it went the other way. */
static enum nf_siit_result parse_inner_ports(struct nf_siit_pkt *pkt)
{
	struct nf_siit_inner *inner = &pkt->inner;
	const __be16 *ports;
	int len;

	len = pull_inner(pkt);
	if (len < 0)
		return NF_SIIT_BAD_HEADER;
	if (!first_fragment(inner->frag_off))
		return NF_SIIT_OK;

	ports = (const __be16 *)(pkt->skb->data + inner->thoff);
	if (inner->proto == IPPROTO_ICMP || inner->proto == IPPROTO_ICMPV6)
		return parse_inner_icmp(pkt, (const void *)ports, len);
	if (nf_siit_proto_has_ports(inner->proto) && len >= 2 * sizeof(*ports))
		set_ports(pkt, ports[1], ports[0]);

	return NF_SIIT_OK;
}

static enum nf_siit_result parse_inner4(struct nf_siit_pkt *pkt)
{
	struct nf_siit_inner *inner = &pkt->inner;
	const struct iphdr *iph;

	*inner = (struct nf_siit_inner) {
		.off = pkt->thoff + sizeof(struct icmphdr),
	};
	if (!pskb_may_pull(pkt->skb, inner->off + sizeof(*iph)))
		return NF_SIIT_BAD_HEADER;
	iph = (const struct iphdr *)(pkt->skb->data + inner->off);
	if (iph->version != 4 || iph->ihl < 5 ||
	    ntohs(iph->tot_len) < iph->ihl * 4)
		return NF_SIIT_BAD_HEADER;

	inner->proto = iph->protocol;
	if (proto_untranslatable4(inner->proto))
		return NF_SIIT_BAD_HEADER;
	inner->thoff = inner->off + iph->ihl * 4;
	if (ip_is_fragment(iph)) {
		inner->frag = true;
		inner->frag_id = htonl(ntohs(iph->id));
		inner->frag_off = htons((ntohs(iph->frag_off) & IP_OFFSET) << 3);
		if (iph->frag_off & htons(IP_MF))
			inner->frag_off |= htons(IP6_MF);
	}

	return parse_inner_ports(pkt);
}

static enum nf_siit_result parse_icmp4(struct nf_siit_pkt *pkt)
{
	const struct icmphdr *icmph;
	enum nf_siit_result res;

	if (!pskb_may_pull(pkt->skb, pkt->thoff + sizeof(*icmph)))
		return NF_SIIT_BAD_HEADER;

	icmph = (const struct icmphdr *)(pkt->skb->data + pkt->thoff);
	switch (icmph->type) {
	case ICMP_ECHO:
	case ICMP_ECHOREPLY:
		set_icmp_id(pkt, icmph->un.echo.id);
		return NF_SIIT_OK;
	case ICMP_DEST_UNREACH:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETERPROB:
		res = parse_inner4(pkt);
		pkt->icmp_error = res == NF_SIIT_OK;
		return res;
	default:
		return NF_SIIT_ICMP_UNTRANSLATABLE;
	}
}

/* RFC 7915 section 4.1: a source route that has not come to its end. */
static bool source_routed(const struct iphdr *iph)
{
	const u8 *opt = (const u8 *)(iph + 1);
	int left = iph->ihl * 4 - sizeof(*iph);

	while (left > 0 && *opt != IPOPT_END) {
		if (*opt == IPOPT_NOOP) {
			opt++;
			left--;
			continue;
		}
		if (left < 2 || opt[1] < 2 || opt[1] > left)
			return false;
		if ((*opt == IPOPT_LSRR || *opt == IPOPT_SSRR) &&
		    opt[1] > 2 && opt[2] <= opt[1])
			return true;
		left -= opt[1];
		opt += opt[1];
	}

	return false;
}

static bool header4_valid(const struct sk_buff *skb, const struct iphdr *iph)
{
	if (iph->version != 4 || iph->ihl < 5)
		return false;

	/* BIG TCP packets have no length in the header. */
	return ntohs(iph->tot_len) == skb->len ||
	       (!iph->tot_len && skb_is_gso(skb));
}

/**
 * nf_siit_parse4 - find what identifies an IPv4 packet
 * @pkt: packet, @pkt->skb at its IPv4 header
 *
 * May reallocate the packet's header.
 *
 * Return: %NF_SIIT_OK, or why the packet can't be translated.
 */
enum nf_siit_result nf_siit_parse4(struct nf_siit_pkt *pkt)
{
	const struct iphdr *iph;

	if (!pskb_may_pull(pkt->skb, sizeof(*iph)))
		return NF_SIIT_BAD_HEADER;
	iph = ip_hdr(pkt->skb);
	if (!header4_valid(pkt->skb, iph))
		return NF_SIIT_BAD_HEADER;

	pkt->thoff = iph->ihl * 4;
	pkt->proto = iph->protocol;
	/* Defragmentation comes first, so this is one that it left alone. */
	if (unlikely(ip_is_fragment(iph)))
		return NF_SIIT_FRAGMENT;
	if (unlikely(iph->ihl > 5)) {
		if (!pskb_may_pull(pkt->skb, pkt->thoff))
			return NF_SIIT_BAD_HEADER;
		if (source_routed(ip_hdr(pkt->skb)))
			return NF_SIIT_SOURCE_ROUTE;
	}
	if (nf_siit_proto_has_ports(pkt->proto))
		return parse_ports(pkt);
	if (pkt->proto == IPPROTO_ICMP)
		return parse_icmp4(pkt);

	return proto_untranslatable4(pkt->proto) ? NF_SIIT_BAD_HEADER :
						   NF_SIIT_OK;
}
EXPORT_SYMBOL_GPL(nf_siit_parse4);

/* Headers that RFC 7915 section 5.1 skips. */
static bool skipped_exthdr(u8 proto)
{
	switch (proto) {
	case NEXTHDR_HOP:
	case NEXTHDR_DEST:
	case NEXTHDR_ROUTING:
	case NEXTHDR_FRAGMENT:
		return true;
	}

	return false;
}

static bool proto_untranslatable6(u8 proto)
{
	return proto == NEXTHDR_NONE || proto == IPPROTO_ICMP ||
	       proto == IPPROTO_IGMP;
}

static void skip_frag_header(struct nf_siit_inner *to, const struct frag_hdr *fh)
{
	to->frag = true;
	to->frag_id = fh->identification;
	to->frag_off = fh->frag_off & htons(IP6_OFFSET | IP6_MF);
	to->proto = fh->nexthdr;
	to->thoff += sizeof(*fh);
}

/*
 * Transport header of the packet whose IPv6 header is at @off. Where that is a
 * packet by itself, and not one in an ICMP error, @segments_left_at is set for
 * what is source routed.
 */
static enum nf_siit_result skip_exthdrs(struct nf_siit_pkt *pkt,
					unsigned int off,
					struct nf_siit_inner *to,
					u32 *segments_left_at)
{
	struct sk_buff *skb = pkt->skb;
	const struct ipv6_rt_hdr *hdr;
	int i;

	to->off = off;
	to->proto = ((const struct ipv6hdr *)(skb->data + off))->nexthdr;
	to->thoff = off + sizeof(struct ipv6hdr);

	for (i = 0; i < EXTHDR_MAX; i++) {
		if (proto_untranslatable6(to->proto))
			return NF_SIIT_BAD_HEADER;
		if (!skipped_exthdr(to->proto))
			return NF_SIIT_OK;

		/* Every one of them has at least 8 bytes. */
		if (!pskb_may_pull(skb, to->thoff + 8))
			return NF_SIIT_BAD_HEADER;
		hdr = (const struct ipv6_rt_hdr *)(skb->data + to->thoff);
		if (to->proto == NEXTHDR_FRAGMENT) {
			if (to->frag)
				return NF_SIIT_BAD_HEADER;
			skip_frag_header(to, (const struct frag_hdr *)hdr);
			/* What follows may be in another fragment, but for a
			 * packet that is whole (RFC 6946 section 4).
			 */
			if ((segments_left_at && to->frag_off) ||
			    !first_fragment(to->frag_off))
				return NF_SIIT_OK;
			continue;
		}
		if (to->proto == NEXTHDR_ROUTING && segments_left_at &&
		    hdr->segments_left) {
			*segments_left_at = to->thoff +
				offsetof(struct ipv6_rt_hdr, segments_left);
			return NF_SIIT_SOURCE_ROUTE;
		}
		to->proto = hdr->nexthdr;
		to->thoff += (hdr->hdrlen + 1) << 3;
	}

	return NF_SIIT_BAD_HEADER;
}

static enum nf_siit_result parse_inner6(struct nf_siit_pkt *pkt)
{
	struct nf_siit_inner *inner = &pkt->inner;
	const struct ipv6hdr *ip6h;
	unsigned int off = pkt->thoff + sizeof(struct icmp6hdr);
	enum nf_siit_result res;

	if (!pskb_may_pull(pkt->skb, off + sizeof(*ip6h)))
		return NF_SIIT_BAD_HEADER;
	ip6h = (const struct ipv6hdr *)(pkt->skb->data + off);
	if (ip6h->version != 6)
		return NF_SIIT_BAD_HEADER;

	*inner = (struct nf_siit_inner) {};
	res = skip_exthdrs(pkt, off, inner, NULL);
	if (res != NF_SIIT_OK)
		return res;
	ip6h = (const struct ipv6hdr *)(pkt->skb->data + off);
	if (ntohs(ip6h->payload_len) + sizeof(*ip6h) < inner->thoff - off)
		return NF_SIIT_BAD_HEADER;

	return parse_inner_ports(pkt);
}

static enum nf_siit_result parse_icmp6(struct nf_siit_pkt *pkt)
{
	const struct icmp6hdr *icmph;
	enum nf_siit_result res;

	if (!pskb_may_pull(pkt->skb, pkt->thoff + sizeof(*icmph)))
		return NF_SIIT_BAD_HEADER;

	icmph = (const struct icmp6hdr *)(pkt->skb->data + pkt->thoff);
	switch (icmph->icmp6_type) {
	case ICMPV6_ECHO_REQUEST:
	case ICMPV6_ECHO_REPLY:
		set_icmp_id(pkt, icmph->icmp6_identifier);
		return NF_SIIT_OK;
	case ICMPV6_DEST_UNREACH:
	case ICMPV6_PKT_TOOBIG:
	case ICMPV6_TIME_EXCEED:
	case ICMPV6_PARAMPROB:
		res = parse_inner6(pkt);
		pkt->icmp_error = res == NF_SIIT_OK;
		return res;
	case NDISC_ROUTER_SOLICITATION:
	case NDISC_ROUTER_ADVERTISEMENT:
	case NDISC_NEIGHBOUR_SOLICITATION:
	case NDISC_NEIGHBOUR_ADVERTISEMENT:
	case NDISC_REDIRECT:
		/* Of a link; the node itself may have the address there. */
		return NF_SIIT_NEIGHBOUR;
	default:
		return NF_SIIT_ICMP_UNTRANSLATABLE;
	}
}

static bool header6_valid(const struct sk_buff *skb, const struct ipv6hdr *ip6h)
{
	if (ip6h->version != 6)
		return false;

	return ntohs(ip6h->payload_len) + sizeof(*ip6h) == skb->len ||
	       (!ip6h->payload_len && skb_is_gso(skb));
}

/**
 * nf_siit_parse6 - find what identifies an IPv6 packet
 * @pkt: packet, @pkt->skb at its IPv6 header
 *
 * May reallocate the packet's header. For a packet that is source routed
 * (RFC 7915 section 5.1) @pkt->thoff is the offset of its Segments Left field.
 *
 * Return: %NF_SIIT_OK; %NF_SIIT_FRAGMENT for a fragment, see
 * nf_siit_frag_gather6(); or why the packet can't be translated.
 */
enum nf_siit_result nf_siit_parse6(struct nf_siit_pkt *pkt)
{
	struct nf_siit_inner outer = {};
	const struct ipv6hdr *ip6h;
	enum nf_siit_result res;

	if (!pskb_may_pull(pkt->skb, sizeof(*ip6h)))
		return NF_SIIT_BAD_HEADER;
	ip6h = ipv6_hdr(pkt->skb);
	if (!header6_valid(pkt->skb, ip6h))
		return NF_SIIT_BAD_HEADER;
	if (unlikely(IP6CB(pkt->skb)->flags & IP6SKB_FRAGMENTED)) {
		pkt->frag_id = nf_siit_frag_id6(pkt->skb);
		pkt->frag_header = pkt->frag_id;
	}

	pkt->thoff = sizeof(*ip6h);
	pkt->proto = ip6h->nexthdr;
	if (likely(nf_siit_proto_has_ports(pkt->proto)))
		return parse_ports(pkt);

	res = skip_exthdrs(pkt, 0, &outer, &pkt->thoff);
	if (res != NF_SIIT_OK)
		return res;
	/* RFC 8200 section 4.5: at most one, be it of a packet that is whole */
	if (outer.frag_off ||
	    (outer.frag && IP6CB(pkt->skb)->flags & IP6SKB_FRAGMENTED))
		return NF_SIIT_FRAGMENT;
	if (outer.frag) {
		pkt->frag_id = outer.frag_id;
		pkt->frag_header = true;
	}
	pkt->proto = outer.proto;
	pkt->thoff = outer.thoff;
	if (pkt->thoff > pkt->skb->len)
		return NF_SIIT_BAD_HEADER;
	if (nf_siit_proto_has_ports(pkt->proto))
		return parse_ports(pkt);
	if (pkt->proto == IPPROTO_ICMPV6)
		return parse_icmp6(pkt);

	return NF_SIIT_OK;
}
EXPORT_SYMBOL_GPL(nf_siit_parse6);

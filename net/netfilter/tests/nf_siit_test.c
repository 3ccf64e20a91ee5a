// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of SIIT: the states that a checksum and segmentation may be in
 *
 * What devices make of checksums, CHECKSUM_COMPLETE above all, cannot be had
 * from the virtual ones that packets are tested with.
 */
#include <kunit/skbuff.h>
#include <kunit/test.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/netfilter/nf_siit.h>

/* An odd number, as checksums have trouble with. */
#define DATA_LEN	37
#define HEADROOM	64

static const struct in6_addr saddr6 = { { {
	0x20, 0x01, 0x0d, 0xb8, 0, 0x12, 0x34, 0, 0, 0, 0xc0, 0, 2, 0x12, 0, 0x34
} } };
static const struct in6_addr daddr6 = { { {
	0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 203, 0, 113, 56
} } };

static __be32 saddr4(void)
{
	return htonl(0xc0000212);
}

static __be32 daddr4(void)
{
	return htonl(0xcb007138);
}

static const struct csum_case {
	const char *id;
	u8 proto;
	u8 summed;
	u8 becomes;
} csum_cases[] = {
	{ "UDP, none", IPPROTO_UDP, CHECKSUM_NONE, CHECKSUM_NONE },
	{ "UDP, unnecessary", IPPROTO_UDP, CHECKSUM_UNNECESSARY,
	  CHECKSUM_UNNECESSARY },
	{ "UDP, complete", IPPROTO_UDP, CHECKSUM_COMPLETE, CHECKSUM_NONE },
	{ "UDP, partial", IPPROTO_UDP, CHECKSUM_PARTIAL, CHECKSUM_PARTIAL },
	{ "TCP, none", IPPROTO_TCP, CHECKSUM_NONE, CHECKSUM_NONE },
	{ "TCP, unnecessary", IPPROTO_TCP, CHECKSUM_UNNECESSARY,
	  CHECKSUM_UNNECESSARY },
	{ "TCP, complete", IPPROTO_TCP, CHECKSUM_COMPLETE, CHECKSUM_NONE },
	{ "TCP, partial", IPPROTO_TCP, CHECKSUM_PARTIAL, CHECKSUM_PARTIAL },
	{ "echo, none", IPPROTO_ICMP, CHECKSUM_NONE, CHECKSUM_NONE },
	{ "echo, unnecessary", IPPROTO_ICMP, CHECKSUM_UNNECESSARY,
	  CHECKSUM_UNNECESSARY },
	{ "echo, complete", IPPROTO_ICMP, CHECKSUM_COMPLETE, CHECKSUM_NONE },
	{ "echo, partial", IPPROTO_ICMP, CHECKSUM_PARTIAL, CHECKSUM_NONE },
};

KUNIT_ARRAY_PARAM_DESC(csum, csum_cases, id);

static unsigned int transport_header_len(u8 proto)
{
	return proto == IPPROTO_TCP ? sizeof(struct tcphdr) : 8;
}

static unsigned int csum_offset(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return offsetof(struct tcphdr, check);
	case IPPROTO_UDP:
		return offsetof(struct udphdr, check);
	}

	return offsetof(struct icmphdr, checksum);
}

static u8 proto_in(u8 proto, bool six)
{
	return proto == IPPROTO_ICMP && six ? IPPROTO_ICMPV6 : proto;
}

/* The checksum of a pseudo-header and @sum, inverted. */
static __sum16 pseudo(bool six, u8 proto, unsigned int len, __wsum sum)
{
	if (six)
		return csum_ipv6_magic(&saddr6, &daddr6, len, proto, sum);
	if (proto == IPPROTO_ICMP)
		return csum_fold(sum);

	return csum_tcpudp_magic(saddr4(), daddr4(), len, proto, sum);
}

static void put_ip(struct sk_buff *skb, bool six, u8 proto, unsigned int len)
{
	struct ipv6hdr *ip6h;
	struct iphdr *iph;

	if (six) {
		ip6h = skb_push(skb, sizeof(*ip6h));
		ip6_flow_hdr(ip6h, 0, 0);
		ip6h->payload_len = htons(len);
		ip6h->nexthdr = proto;
		ip6h->hop_limit = 64;
		ip6h->saddr = saddr6;
		ip6h->daddr = daddr6;
		return;
	}
	iph = skb_push(skb, sizeof(*iph));
	*iph = (struct iphdr) {
		.version = 4,
		.ihl = 5,
		.tot_len = htons(sizeof(*iph) + len),
		.frag_off = htons(IP_DF),
		.ttl = 64,
		.protocol = proto,
		.saddr = saddr4(),
		.daddr = daddr4(),
	};
	ip_send_check(iph);
}

/* A packet as a device would give it to the stack. */
static struct sk_buff *packet(struct kunit *test, const struct csum_case *v,
			      bool six)
{
	unsigned int i, len = transport_header_len(v->proto) + DATA_LEN;
	u8 proto = proto_in(v->proto, six), *th;
	struct sk_buff *skb;
	__sum16 *check;

	skb = kunit_zalloc_skb(test, HEADROOM + len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_reserve(skb, HEADROOM);
	th = skb_put_zero(skb, len);
	skb_reset_transport_header(skb);
	check = (__sum16 *)(th + csum_offset(v->proto));
	for (i = transport_header_len(v->proto); i < len; i++)
		th[i] = i * 7;
	if (v->proto == IPPROTO_ICMP) {
		th[0] = six ? ICMPV6_ECHO_REQUEST : ICMP_ECHO;
		th[5] = 9;
	} else {
		th[1] = 53;
		th[3] = 99;
	}
	if (v->proto == IPPROTO_TCP)
		((struct tcphdr *)th)->doff = 5;
	if (v->proto == IPPROTO_UDP)
		((struct udphdr *)th)->len = htons(len);

	skb->ip_summed = v->summed;
	if (v->summed != CHECKSUM_PARTIAL) {
		*check = pseudo(six, proto, len, csum_partial(th, len, 0));
	} else {
		/* ICMPv4 has nothing to begin with. */
		*check = proto == IPPROTO_ICMP ? 0 : ~pseudo(six, proto, len, 0);
		skb->csum_start = skb_transport_header(skb) - skb->head;
		skb->csum_offset = csum_offset(v->proto);
	}
	put_ip(skb, six, proto, len);
	skb_reset_network_header(skb);
	skb->protocol = six ? htons(ETH_P_IPV6) : htons(ETH_P_IP);
	if (v->summed == CHECKSUM_COMPLETE)
		skb->csum = csum_partial(skb->data, skb->len, 0);

	return skb;
}

/* What the last hop, or a device, makes of a partial checksum, too. */
static void expect_valid(struct kunit *test, const struct csum_case *v,
			 struct sk_buff *skb, bool six)
{
	unsigned int hlen = six ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	u8 proto = proto_in(v->proto, six);
	unsigned int len;

	KUNIT_ASSERT_EQ(test, skb->len, hlen + transport_header_len(v->proto) + DATA_LEN);
	KUNIT_EXPECT_EQ(test, (u8)skb->ip_summed, v->becomes);
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		KUNIT_ASSERT_EQ(test, skb_checksum_help(skb), 0);
	KUNIT_ASSERT_EQ(test, skb_linearize(skb), 0);
	len = skb->len - hlen;
	KUNIT_EXPECT_EQ(test, skb->data[0] >> 4, six ? 6 : 4);
	KUNIT_EXPECT_EQ(test, skb_transport_offset(skb), hlen);
	if (!six)
		KUNIT_EXPECT_EQ(test, (__force u16)ip_fast_csum(skb->data, 5), 0);
	KUNIT_EXPECT_EQ(test, (__force u16)pseudo(six, proto, len,
						  csum_partial(skb->data + hlen,
							       len, 0)), 0);
}

static void csum_translated(struct kunit *test, bool to_six)
{
	const struct nf_siit_addrs6 to6 = { .saddr = saddr6, .daddr = daddr6 };
	const struct nf_siit_addrs4 to4 = { .saddr = saddr4(), .daddr = daddr4() };
	const struct nf_siit_options opts = { .lowest_ipv6_mtu = IPV6_MIN_MTU };
	const struct csum_case *v = test->param_value;
	struct nf_siit_pkt pkt = {
		.skb	= packet(test, v, !to_six),
		.opts	= &opts,
	};

	if (to_six) {
		KUNIT_ASSERT_EQ(test, nf_siit_parse4(&pkt), NF_SIIT_OK);
		KUNIT_ASSERT_EQ(test, nf_siit_settle(&pkt), NF_SIIT_OK);
		KUNIT_ASSERT_EQ(test, nf_siit_4to6(&pkt, &to6, 1500, 16),
				NF_SIIT_OK);
	} else {
		KUNIT_ASSERT_EQ(test, nf_siit_parse6(&pkt), NF_SIIT_OK);
		KUNIT_ASSERT_EQ(test, nf_siit_settle(&pkt), NF_SIIT_OK);
		KUNIT_ASSERT_EQ(test, nf_siit_6to4(&pkt, &to4, 1500),
				NF_SIIT_OK);
	}
	expect_valid(test, v, pkt.skb, to_six);
}

static void csum_4to6(struct kunit *test)
{
	csum_translated(test, true);
}

static void csum_6to4(struct kunit *test)
{
	csum_translated(test, false);
}

/*
 * Each kind of segmentation of the kernel by its bit, and whether its packets
 * stay whole. A kernel that has more needs thought: does the kind know the IP
 * header, or is that all the same to it?
 */
static const struct gso_kind {
	const char *name;
	bool whole;
} gso_kinds[] = {
	{ "TCPV4", true }, { "DODGY", true }, { "TCP_ECN", true },
	{ "TCP_FIXEDID", true }, { "TCPV6", true }, { "FCOE" }, { "GRE" },
	{ "GRE_CSUM" }, { "IPXIP4" }, { "IPXIP6" }, { "UDP_TUNNEL" },
	{ "UDP_TUNNEL_CSUM" }, { "PARTIAL" }, { "TUNNEL_REMCSUM" },
	{ "SCTP", true }, { "ESP" }, { "UDP" }, { "UDP_L4", true },
	{ "FRAGLIST" }, { "TCP_ACCECN", true },
};

static void gso_kinds_known(struct kunit *test)
{
	static const struct csum_case tcp = {
		.proto = IPPROTO_TCP, .summed = CHECKSUM_PARTIAL,
	};
	const struct nf_siit_options opts = { .lowest_ipv6_mtu = IPV6_MIN_MTU };
	struct nf_siit_pkt pkt = { .opts = &opts, .thoff = sizeof(struct iphdr) };
	unsigned int i, kinds = NETIF_F_GSO_LAST - NETIF_F_GSO_SHIFT + 1;

	KUNIT_ASSERT_LE(test, kinds, ARRAY_SIZE(gso_kinds));
	pkt.skb = packet(test, &tcp, false);
	pkt.proto = IPPROTO_TCP;
	skb_shinfo(pkt.skb)->gso_size = 10;
	for (i = 0; i < kinds; i++) {
		skb_shinfo(pkt.skb)->gso_type = BIT(i);
		KUNIT_EXPECT_EQ_MSG(test,
				    !nf_siit_needs_segments(&pkt, IPV6_MIN_MTU),
				    gso_kinds[i].whole, "%s", gso_kinds[i].name);
	}
	skb_shinfo(pkt.skb)->gso_type = SKB_GSO_TCP_FIXEDID;
	KUNIT_EXPECT_FALSE(test, nf_siit_needs_segments(&pkt, IPV6_MIN_MTU));
}

static struct kunit_case csum_test_cases[] = {
	KUNIT_CASE_PARAM(csum_4to6, csum_gen_params),
	KUNIT_CASE_PARAM(csum_6to4, csum_gen_params),
	KUNIT_CASE(gso_kinds_known),
	{}
};

static struct kunit_suite csum_suite = {
	.name = "nf_siit",
	.test_cases = csum_test_cases,
};

kunit_test_suite(csum_suite);

MODULE_DESCRIPTION("KUnit tests of stateless translation of IP and ICMP");
MODULE_LICENSE("GPL");

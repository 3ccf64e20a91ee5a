/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test vectors of the MAP rule arithmetic: the examples of RFC 7597, RFC 7599
 * and RFC 6052, cases reported from the field, and a grid over PSID offset and
 * PSID length.
 *
 * A rule is {rule IPv6 prefix, rule IPv4 prefix, EA bits, PSID offset} and,
 * where the PSID is provisioned, {PSID length, PSID}.
 */
#ifndef _NF_MAPT_RULE_VECTORS_H
#define _NF_MAPT_RULE_VECTORS_H

#include <linux/errno.h>
#include <linux/types.h>

struct rule_text {
	const char	*prefix6;
	const char	*prefix4;
	u8		ea_len;
	u8		psid_offset;
	u8		psid_len;
	u16		psid;
};

/**
 * struct ce_vector - what a CE derives
 * @id: name
 * @rule: BMR
 * @end_user: end-user IPv6 prefix
 * @addr4: IPv4 address or prefix
 * @addr6: MAP address, of the first IPv4 address where there is a prefix
 * @ea: EA bits
 * @psid: PSID
 * @k: PSID length
 * @ranges: number of port ranges
 * @range_len: ports in each
 * @first: first port of the first range
 * @second: first port of the second range, 0 if there is one only
 */
struct ce_vector {
	const char		*id;
	struct rule_text	rule;
	const char		*end_user;
	const char		*addr4;
	const char		*addr6;
	u64			ea;
	u16			psid;
	u8			k;
	u16			ranges;
	u32			range_len;
	u16			first;
	u16			second;
};

static const struct ce_vector ce_vectors[] = {
	/* RFC 7597 App. A Example 1 = RFC 7599 App. A Example 1 */
	{
		.id = "rm-rfc-1",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 16, 6 },
		.end_user = "2001:db8:12:3400::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:12:3400:0:c000:212:34",
		.ea = 0x1234, .psid = 52, .k = 8,
		.ranges = 63, .range_len = 4, .first = 1232, .second = 2256,
	},
	/* RFC 7597 App. A Example 4 */
	{
		.id = "rm-rfc-4e",
		.rule = { "2001:db8:12:3400::/56", "192.0.2.18/32", 0, 6 },
		.end_user = "2001:db8:12:3400::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:12:3400:0:c000:212:0",
		.ea = 0, .psid = 0, .k = 0,
		.ranges = 1, .range_len = 65536, .first = 0,
	},
	/* RFC 7599 App. A Example 4 */
	{
		.id = "rm-rfc-4t",
		.rule = { "2001:db8:12:3400::/56", "192.0.2.1/32", 0, 6 },
		.end_user = "2001:db8:12:3400::/56", .addr4 = "192.0.2.1",
		.addr6 = "2001:db8:12:3400:0:c000:201:0",
		.ea = 0, .psid = 0, .k = 0,
		.ranges = 1, .range_len = 65536, .first = 0,
	},
	/* RFC 7597 App. A Example 5 */
	{
		.id = "rm-rfc-5e",
		.rule = { "2001:db8:12:3400::/56", "192.0.2.18/32", 0, 6, 8, 52 },
		.end_user = "2001:db8:12:3400::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:12:3400:0:c000:212:34",
		.ea = 0, .psid = 52, .k = 8,
		.ranges = 63, .range_len = 4, .first = 1232, .second = 2256,
	},
	/* RFC 7599 App. A Example 5 with erratum 5324 (PSID 0x34, not 0x20) */
	{
		.id = "rm-rfc-5t",
		.rule = { "2001:db8:12:3400::/56", "192.0.2.18/32", 0, 6, 8, 52 },
		.end_user = "2001:db8:12:3400::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:12:3400:0:c000:212:34",
		.ea = 0, .psid = 52, .k = 8,
		.ranges = 63, .range_len = 4, .first = 1232, .second = 2256,
	},
	/*
	 * RFC 7597 App. B.2 Example 1 (a=6, k=8, PSID 0); rule and EUP added here
	 */
	{
		.id = "rm-rfc-B2-1",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 16, 6 },
		.end_user = "2001:db8:12::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:12::c000:212:0",
		.ea = 0x1200, .psid = 0, .k = 8,
		.ranges = 63, .range_len = 4, .first = 1024, .second = 2048,
	},
	/*
	 * RFC 7597 App. B.2 Example 2 (a=0, k=6, PSID 0); rule and EUP added here
	 */
	{
		.id = "rm-rfc-B2-2",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 14, 0 },
		.end_user = "2001:db8:12::/54", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:12::c000:212:0",
		.ea = 0x480, .psid = 0, .k = 6,
		.ranges = 1, .range_len = 1024, .first = 0,
	},
	/*
	 * RFC 7597 sec. 5.1 text (a=0, k=8, PSID 0 = ports 0x0000/8); rule and EUP added here
	 */
	{
		.id = "rm-rfc-5.1-0",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 16, 0 },
		.end_user = "2001:db8:12::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:12::c000:212:0",
		.ea = 0x1200, .psid = 0, .k = 8,
		.ranges = 1, .range_len = 256, .first = 0,
	},
	/*
	 * RFC 7597 sec. 5.1 text (a=0, k=8, PSID 0xff = ports 0xff00/8); rule and EUP added here
	 */
	{
		.id = "rm-rfc-5.1-ff",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 16, 0 },
		.end_user = "2001:db8:12:ff00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:12:ff00:0:c000:212:ff",
		.ea = 0x12ff, .psid = 255, .k = 8,
		.ranges = 1, .range_len = 256, .first = 65280,
	},
	/* Jool MAP-T tutorial (docs/en/run-mapt.md), CE 11b */
	{
		.id = "rm-seed-11b",
		.rule = { "2001:db8:ce::/51", "192.0.2.0/24", 13, 0 },
		.end_user = "2001:db8:ce:11b::/64", .addr4 = "192.0.2.8",
		.addr6 = "2001:db8:ce:11b:0:c000:208:1b",
		.ea = 0x11b, .psid = 27, .k = 5,
		.ranges = 1, .range_len = 2048, .first = 55296,
	},
	/* Jool MAP-T tutorial (docs/en/run-mapt.md), CE 774 */
	{
		.id = "rm-seed-774",
		.rule = { "2001:db8:ce::/51", "192.0.2.0/24", 13, 0 },
		.end_user = "2001:db8:ce:774::/64", .addr4 = "192.0.2.59",
		.addr6 = "2001:db8:ce:774:0:c000:23b:14",
		.ea = 0x774, .psid = 20, .k = 5,
		.ranges = 1, .range_len = 2048, .first = 40960,
	},
	/* EUP that does own 192.0.2.59 ports 28672-30719 */
	{
		.id = "rm-seed-76e",
		.rule = { "2001:db8:ce::/51", "192.0.2.0/24", 13, 0 },
		.end_user = "2001:db8:ce:76e::/64", .addr4 = "192.0.2.59",
		.addr6 = "2001:db8:ce:76e:0:c000:23b:e",
		.ea = 0x76e, .psid = 14, .k = 5,
		.ranges = 1, .range_len = 2048, .first = 28672,
	},
	/* Jool map-t.md example EA bits 0x41 */
	{
		.id = "rm-seed-041",
		.rule = { "2001:db8:ce::/51", "192.0.2.0/24", 13, 0 },
		.end_user = "2001:db8:ce:41::/64", .addr4 = "192.0.2.2",
		.addr6 = "2001:db8:ce:41:0:c000:202:1",
		.ea = 0x41, .psid = 1, .k = 5,
		.ranges = 1, .range_len = 2048, .first = 2048,
	},
	/* openwrt/openwrt issue 14449 */
	{
		.id = "rm-owrt-14449",
		.rule = { "2001:db8:4000::/38", "192.0.2.0/28", 10, 6 },
		.end_user = "2001:db8:4011::/48", .addr4 = "192.0.2.0",
		.addr6 = "2001:db8:4011::c000:200:11",
		.ea = 0x11, .psid = 17, .k = 6,
		.ranges = 63, .range_len = 16, .first = 1296, .second = 2320,
	},
	{
		.id = "rm-c-eup56-a0",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 16, 0 },
		.end_user = "2001:db8:12:3400::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:12:3400:0:c000:212:34",
		.ea = 0x1234, .psid = 52, .k = 8,
		.ranges = 1, .range_len = 256, .first = 13312,
	},
	{
		.id = "rm-c-eup56-a4",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 16, 4 },
		.end_user = "2001:db8:12:3400::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:12:3400:0:c000:212:34",
		.ea = 0x1234, .psid = 52, .k = 8,
		.ranges = 15, .range_len = 16, .first = 4928, .second = 9024,
	},
	{
		.id = "rm-c-eup60-a4",
		.rule = { "2001:db8:f000::/48", "203.0.113.0/24", 12, 4 },
		.end_user = "2001:db8:f000:ff0::/60", .addr4 = "203.0.113.15",
		.addr6 = "2001:db8:f000:ff0:0:cb00:710f:f",
		.ea = 0xff, .psid = 15, .k = 4,
		.ranges = 15, .range_len = 256, .first = 7936, .second = 12032,
	},
	{
		.id = "rm-c-eup48",
		.rule = { "2001:db8::/32", "198.51.100.0/24", 16, 6 },
		.end_user = "2001:db8:ff01::/48", .addr4 = "198.51.100.255",
		.addr6 = "2001:db8:ff01::c633:64ff:1",
		.ea = 0xff01, .psid = 1, .k = 8,
		.ranges = 63, .range_len = 4, .first = 1028, .second = 2052,
	},
	{
		.id = "rm-c-eup57-odd",
		.rule = { "2001:db8:80::/41", "203.0.113.128/25", 16, 5 },
		.end_user = "2001:db8:ff:7f80::/57", .addr4 = "203.0.113.255",
		.addr6 = "2001:db8:ff:7f80:0:cb00:71ff:ff",
		.ea = 0xfeff, .psid = 255, .k = 9,
		.ranges = 31, .range_len = 4, .first = 3068, .second = 5116,
	},
	{
		.id = "rm-c-eup-longer-zero",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 16, 6 },
		.end_user = "2001:db8:12:3400::/60", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:12:3400:0:c000:212:34",
		.ea = 0x1234, .psid = 52, .k = 8,
		.ranges = 63, .range_len = 4, .first = 1232, .second = 2256,
	},
	{
		.id = "rm-c-eup72",
		.rule = { "2001:db8:4464:1::/64", "192.0.2.0/28", 8, 6 },
		.end_user = "2001:db8:4464:1:1100::/72", .addr4 = "192.0.2.1",
		.addr6 = "2001:db8:4464:1:1100:c000:201:1",
		.ea = 0x11, .psid = 1, .k = 4,
		.ranges = 63, .range_len = 64, .first = 1088, .second = 2112,
	},
	{
		.id = "rm-c-eup80",
		.rule = { "2001:db8:4464:1::/64", "192.0.2.0/24", 16, 6 },
		.end_user = "2001:db8:4464:1:1234::/80", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:4464:1:1234:c000:212:34",
		.ea = 0x1234, .psid = 52, .k = 8,
		.ranges = 63, .range_len = 4, .first = 1232, .second = 2256,
	},
	{
		.id = "rm-c-o48",
		.rule = { "2000::/16", "0.0.0.0/0", 48, 0 },
		.end_user = "2000:c000:221:1234::/64", .addr4 = "192.0.2.33",
		.addr6 = "2000:c000:221:1234:0:c000:221:1234",
		.ea = 0xc00002211234, .psid = 4660, .k = 16,
		.ranges = 1, .range_len = 1, .first = 4660,
	},
	{
		.id = "rm-c-r0-full",
		.rule = { "2001:db8::/32", "0.0.0.0/0", 32, 6 },
		.end_user = "2001:db8:c000:221::/64", .addr4 = "192.0.2.33",
		.addr6 = "2001:db8:c000:221:0:c000:221:0",
		.ea = 0xc0000221, .psid = 0, .k = 0,
		.ranges = 1, .range_len = 65536, .first = 0,
	},
	{
		.id = "rm-c-r0-shared",
		.rule = { "2001::/16", "0.0.0.0/0", 40, 6 },
		.end_user = "2001:c000:212:3400::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:c000:212:3400:0:c000:212:34",
		.ea = 0xc000021234, .psid = 52, .k = 8,
		.ranges = 63, .range_len = 4, .first = 1232, .second = 2256,
	},
	{
		.id = "rm-c-r32-o8",
		.rule = { "2001:db8:12::/48", "192.0.2.18/32", 8, 6 },
		.end_user = "2001:db8:12:3400::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:12:3400:0:c000:212:34",
		.ea = 0x34, .psid = 52, .k = 8,
		.ranges = 63, .range_len = 4, .first = 1232, .second = 2256,
	},
	{
		.id = "rm-c-r32-o16",
		.rule = { "2001:db8:12::/48", "192.0.2.18/32", 16, 0 },
		.end_user = "2001:db8:12:1234::/64", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:12:1234:0:c000:212:1234",
		.ea = 0x1234, .psid = 4660, .k = 16,
		.ranges = 1, .range_len = 1, .first = 4660,
	},
	{
		.id = "rm-c-full",
		.rule = { "2001:db8:e0::/48", "198.51.100.0/24", 8, 6 },
		.end_user = "2001:db8:e0:1200::/56", .addr4 = "198.51.100.18",
		.addr6 = "2001:db8:e0:1200:0:c633:6412:0",
		.ea = 0x12, .psid = 0, .k = 0,
		.ranges = 1, .range_len = 65536, .first = 0,
	},
	{
		.id = "rm-c-full-a0",
		.rule = { "2001:db8:e0::/48", "198.51.100.0/24", 8, 0 },
		.end_user = "2001:db8:e0:ff00::/56", .addr4 = "198.51.100.255",
		.addr6 = "2001:db8:e0:ff00:0:c633:64ff:0",
		.ea = 0xff, .psid = 0, .k = 0,
		.ranges = 1, .range_len = 65536, .first = 0,
	},
	{
		.id = "rm-c-pfx28",
		.rule = { "2001:db8:d0::/48", "198.51.100.0/24", 4, 6 },
		.end_user = "2001:db8:d0:3000::/52", .addr4 = "198.51.100.48/28",
		.addr6 = "2001:db8:d0:3000:0:c633:6430:0",
		.ea = 0x3, .psid = 0, .k = 0,
		.ranges = 1, .range_len = 65536, .first = 0,
	},
	{
		.id = "rm-c-pfx24",
		.rule = { "2001:db8:d0::/48", "10.64.0.0/16", 8, 6 },
		.end_user = "2001:db8:d0:3400::/56", .addr4 = "10.64.52.0/24",
		.addr6 = "2001:db8:d0:3400:0:a40:3400:0",
		.ea = 0x34, .psid = 0, .k = 0,
		.ranges = 1, .range_len = 65536, .first = 0,
	},
	{
		.id = "rm-c-pfx31",
		.rule = { "2001:db8:d0::/48", "10.64.0.0/20", 11, 6 },
		.end_user = "2001:db8:d0:5560::/59", .addr4 = "10.64.5.86/31",
		.addr6 = "2001:db8:d0:5560:0:a40:556:0",
		.ea = 0x2ab, .psid = 0, .k = 0,
		.ranges = 1, .range_len = 65536, .first = 0,
	},
	{
		.id = "rm-c-pfx-r0",
		.rule = { "2001:db8::/32", "0.0.0.0/0", 24, 6 },
		.end_user = "2001:db8:c633:6400::/56", .addr4 = "198.51.100.0/24",
		.addr6 = "2001:db8:c633:6400:0:c633:6400:0",
		.ea = 0xc63364, .psid = 0, .k = 0,
		.ranges = 1, .range_len = 65536, .first = 0,
	},
	{
		.id = "rm-c-pfx-o0",
		.rule = { "2001:db8:d1:100::/56", "198.51.100.16/28", 0, 6 },
		.end_user = "2001:db8:d1:100::/56", .addr4 = "198.51.100.16/28",
		.addr6 = "2001:db8:d1:100:0:c633:6410:0",
		.ea = 0, .psid = 0, .k = 0,
		.ranges = 1, .range_len = 65536, .first = 0,
	},
	{
		.id = "rm-c-pfx-65",
		.rule = { "2001:db8:4464:1::/64", "192.0.2.0/28", 1, 6 },
		.end_user = "2001:db8:4464:1:8000::/65", .addr4 = "192.0.2.8/29",
		.addr6 = "2001:db8:4464:1:8000:c000:208:0",
		.ea = 0x1, .psid = 0, .k = 0,
		.ranges = 1, .range_len = 65536, .first = 0,
	},
	{
		.id = "rm-c-o0-psid0",
		.rule = { "2001:db8:aa:1::/64", "192.0.2.18/32", 0, 6, 8, 0 },
		.end_user = "2001:db8:aa:1::/64", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:aa:1:0:c000:212:0",
		.ea = 0, .psid = 0, .k = 8,
		.ranges = 63, .range_len = 4, .first = 1024, .second = 2048,
	},
	{
		.id = "rm-c-o0-a0-psid0",
		.rule = { "2001:db8:aa:2::/64", "192.0.2.18/32", 0, 0, 4, 0 },
		.end_user = "2001:db8:aa:2::/64", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:aa:2:0:c000:212:0",
		.ea = 0, .psid = 0, .k = 4,
		.ranges = 1, .range_len = 4096, .first = 0,
	},
	{
		.id = "rm-c-o0-a4",
		.rule = { "2001:db8:aa:3::/64", "192.0.2.18/32", 0, 4, 6, 5 },
		.end_user = "2001:db8:aa:3::/64", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:aa:3:0:c000:212:5",
		.ea = 0, .psid = 5, .k = 6,
		.ranges = 15, .range_len = 64, .first = 4416, .second = 8512,
	},
	{
		.id = "rm-c-o0-eup48",
		.rule = { "2001:db8:aa::/48", "192.0.2.18/32", 0, 6, 8, 52 },
		.end_user = "2001:db8:aa::/48", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:aa::c000:212:34",
		.ea = 0, .psid = 52, .k = 8,
		.ranges = 63, .range_len = 4, .first = 1232, .second = 2256,
	},
	{
		.id = "rm-g-a0-k0-p0",
		.rule = { "2001:db8::/48", "192.0.2.0/24", 8, 0 },
		.end_user = "2001:db8:0:1200::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:0:1200:0:c000:212:0",
		.ea = 0x12, .psid = 0, .k = 0,
		.ranges = 1, .range_len = 65536, .first = 0,
	},
	{
		.id = "rm-g-a0-k1-p1",
		.rule = { "2001:db8::/47", "192.0.2.0/24", 9, 0 },
		.end_user = "2001:db8:0:2500::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:0:2500:0:c000:212:1",
		.ea = 0x25, .psid = 1, .k = 1,
		.ranges = 1, .range_len = 32768, .first = 32768,
	},
	{
		.id = "rm-g-a0-k2-p0",
		.rule = { "2001:db8::/46", "192.0.2.0/24", 10, 0 },
		.end_user = "2001:db8:0:4800::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:0:4800:0:c000:212:0",
		.ea = 0x48, .psid = 0, .k = 2,
		.ranges = 1, .range_len = 16384, .first = 0,
	},
	{
		.id = "rm-g-a0-k2-p1",
		.rule = { "2001:db8::/46", "192.0.2.0/24", 10, 0 },
		.end_user = "2001:db8:0:4900::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:0:4900:0:c000:212:1",
		.ea = 0x49, .psid = 1, .k = 2,
		.ranges = 1, .range_len = 16384, .first = 16384,
	},
	{
		.id = "rm-g-a0-k3-p0",
		.rule = { "2001:db8::/45", "192.0.2.0/24", 11, 0 },
		.end_user = "2001:db8:0:9000::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:0:9000:0:c000:212:0",
		.ea = 0x90, .psid = 0, .k = 3,
		.ranges = 1, .range_len = 8192, .first = 0,
	},
	{
		.id = "rm-g-a0-k3-p2",
		.rule = { "2001:db8::/45", "192.0.2.0/24", 11, 0 },
		.end_user = "2001:db8:0:9200::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:0:9200:0:c000:212:2",
		.ea = 0x92, .psid = 2, .k = 3,
		.ranges = 1, .range_len = 8192, .first = 16384,
	},
	{
		.id = "rm-g-a0-k4-p0",
		.rule = { "2001:db8::/44", "192.0.2.0/24", 12, 0 },
		.end_user = "2001:db8:1:2000::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:1:2000:0:c000:212:0",
		.ea = 0x120, .psid = 0, .k = 4,
		.ranges = 1, .range_len = 4096, .first = 0,
	},
	{
		.id = "rm-g-a0-k4-p5",
		.rule = { "2001:db8::/44", "192.0.2.0/24", 12, 0 },
		.end_user = "2001:db8:1:2500::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:1:2500:0:c000:212:5",
		.ea = 0x125, .psid = 5, .k = 4,
		.ranges = 1, .range_len = 4096, .first = 20480,
	},
	{
		.id = "rm-g-a0-k5-p10",
		.rule = { "2001:db8::/43", "192.0.2.0/24", 13, 0 },
		.end_user = "2001:db8:2:4a00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:2:4a00:0:c000:212:a",
		.ea = 0x24a, .psid = 10, .k = 5,
		.ranges = 1, .range_len = 2048, .first = 20480,
	},
	{
		.id = "rm-g-a0-k5-p31",
		.rule = { "2001:db8::/43", "192.0.2.0/24", 13, 0 },
		.end_user = "2001:db8:2:5f00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:2:5f00:0:c000:212:1f",
		.ea = 0x25f, .psid = 31, .k = 5,
		.ranges = 1, .range_len = 2048, .first = 63488,
	},
	{
		.id = "rm-g-a0-k6-p21",
		.rule = { "2001:db8::/42", "192.0.2.0/24", 14, 0 },
		.end_user = "2001:db8:4:9500::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:4:9500:0:c000:212:15",
		.ea = 0x495, .psid = 21, .k = 6,
		.ranges = 1, .range_len = 1024, .first = 21504,
	},
	{
		.id = "rm-g-a0-k6-p63",
		.rule = { "2001:db8::/42", "192.0.2.0/24", 14, 0 },
		.end_user = "2001:db8:4:bf00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:4:bf00:0:c000:212:3f",
		.ea = 0x4bf, .psid = 63, .k = 6,
		.ranges = 1, .range_len = 1024, .first = 64512,
	},
	{
		.id = "rm-g-a0-k7-p0",
		.rule = { "2001:db8::/41", "192.0.2.0/24", 15, 0 },
		.end_user = "2001:db8:9::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:9::c000:212:0",
		.ea = 0x900, .psid = 0, .k = 7,
		.ranges = 1, .range_len = 512, .first = 0,
	},
	{
		.id = "rm-g-a0-k7-p42",
		.rule = { "2001:db8::/41", "192.0.2.0/24", 15, 0 },
		.end_user = "2001:db8:9:2a00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:9:2a00:0:c000:212:2a",
		.ea = 0x92a, .psid = 42, .k = 7,
		.ranges = 1, .range_len = 512, .first = 21504,
	},
	{
		.id = "rm-g-a0-k9-p0",
		.rule = { "2001:db8::/39", "192.0.2.0/24", 17, 0 },
		.end_user = "2001:db8:24::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:24::c000:212:0",
		.ea = 0x2400, .psid = 0, .k = 9,
		.ranges = 1, .range_len = 128, .first = 0,
	},
	{
		.id = "rm-g-a0-k9-p170",
		.rule = { "2001:db8::/39", "192.0.2.0/24", 17, 0 },
		.end_user = "2001:db8:24:aa00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:24:aa00:0:c000:212:aa",
		.ea = 0x24aa, .psid = 170, .k = 9,
		.ranges = 1, .range_len = 128, .first = 21760,
	},
	{
		.id = "rm-g-a0-k10-p0",
		.rule = { "2001:db8::/38", "192.0.2.0/24", 18, 0 },
		.end_user = "2001:db8:48::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:48::c000:212:0",
		.ea = 0x4800, .psid = 0, .k = 10,
		.ranges = 1, .range_len = 64, .first = 0,
	},
	{
		.id = "rm-g-a0-k10-p341",
		.rule = { "2001:db8::/38", "192.0.2.0/24", 18, 0 },
		.end_user = "2001:db8:49:5500::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:49:5500:0:c000:212:155",
		.ea = 0x4955, .psid = 341, .k = 10,
		.ranges = 1, .range_len = 64, .first = 21824,
	},
	{
		.id = "rm-g-a0-k10-p1023",
		.rule = { "2001:db8::/38", "192.0.2.0/24", 18, 0 },
		.end_user = "2001:db8:4b:ff00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:4b:ff00:0:c000:212:3ff",
		.ea = 0x4bff, .psid = 1023, .k = 10,
		.ranges = 1, .range_len = 64, .first = 65472,
	},
	{
		.id = "rm-g-a0-k11-p0",
		.rule = { "2001:db8::/37", "192.0.2.0/24", 19, 0 },
		.end_user = "2001:db8:90::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:90::c000:212:0",
		.ea = 0x9000, .psid = 0, .k = 11,
		.ranges = 1, .range_len = 32, .first = 0,
	},
	{
		.id = "rm-g-a0-k11-p682",
		.rule = { "2001:db8::/37", "192.0.2.0/24", 19, 0 },
		.end_user = "2001:db8:92:aa00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:92:aa00:0:c000:212:2aa",
		.ea = 0x92aa, .psid = 682, .k = 11,
		.ranges = 1, .range_len = 32, .first = 21824,
	},
	{
		.id = "rm-g-a0-k12-p1365",
		.rule = { "2001:db8::/36", "192.0.2.0/24", 20, 0 },
		.end_user = "2001:db8:125:5500::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:125:5500:0:c000:212:555",
		.ea = 0x12555, .psid = 1365, .k = 12,
		.ranges = 1, .range_len = 16, .first = 21840,
	},
	{
		.id = "rm-g-a0-k12-p4095",
		.rule = { "2001:db8::/36", "192.0.2.0/24", 20, 0 },
		.end_user = "2001:db8:12f:ff00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:12f:ff00:0:c000:212:fff",
		.ea = 0x12fff, .psid = 4095, .k = 12,
		.ranges = 1, .range_len = 16, .first = 65520,
	},
	{
		.id = "rm-g-a0-k13-p2730",
		.rule = { "2001:db8::/35", "192.0.2.0/24", 21, 0 },
		.end_user = "2001:db8:24a:aa00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:24a:aa00:0:c000:212:aaa",
		.ea = 0x24aaa, .psid = 2730, .k = 13,
		.ranges = 1, .range_len = 8, .first = 21840,
	},
	{
		.id = "rm-g-a0-k13-p8191",
		.rule = { "2001:db8::/35", "192.0.2.0/24", 21, 0 },
		.end_user = "2001:db8:25f:ff00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:25f:ff00:0:c000:212:1fff",
		.ea = 0x25fff, .psid = 8191, .k = 13,
		.ranges = 1, .range_len = 8, .first = 65528,
	},
	{
		.id = "rm-g-a0-k14-p16383",
		.rule = { "2001:db8::/34", "192.0.2.0/24", 22, 0 },
		.end_user = "2001:db8:4bf:ff00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:4bf:ff00:0:c000:212:3fff",
		.ea = 0x4bfff, .psid = 16383, .k = 14,
		.ranges = 1, .range_len = 4, .first = 65532,
	},
	{
		.id = "rm-g-a0-k16-p0",
		.rule = { "2001:db8::/32", "192.0.2.0/24", 24, 0 },
		.end_user = "2001:db8:1200::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:1200::c000:212:0",
		.ea = 0x120000, .psid = 0, .k = 16,
		.ranges = 1, .range_len = 1, .first = 0,
	},
	{
		.id = "rm-g-a0-k16-p21845",
		.rule = { "2001:db8::/32", "192.0.2.0/24", 24, 0 },
		.end_user = "2001:db8:1255:5500::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:1255:5500:0:c000:212:5555",
		.ea = 0x125555, .psid = 21845, .k = 16,
		.ranges = 1, .range_len = 1, .first = 21845,
	},
	{
		.id = "rm-g-a4-k0-p0",
		.rule = { "2001:db8::/48", "192.0.2.0/24", 8, 4 },
		.end_user = "2001:db8:0:1200::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:0:1200:0:c000:212:0",
		.ea = 0x12, .psid = 0, .k = 0,
		.ranges = 1, .range_len = 65536, .first = 0,
	},
	{
		.id = "rm-g-a4-k1-p0",
		.rule = { "2001:db8::/47", "192.0.2.0/24", 9, 4 },
		.end_user = "2001:db8:0:2400::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:0:2400:0:c000:212:0",
		.ea = 0x24, .psid = 0, .k = 1,
		.ranges = 15, .range_len = 2048, .first = 4096, .second = 8192,
	},
	{
		.id = "rm-g-a4-k2-p0",
		.rule = { "2001:db8::/46", "192.0.2.0/24", 10, 4 },
		.end_user = "2001:db8:0:4800::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:0:4800:0:c000:212:0",
		.ea = 0x48, .psid = 0, .k = 2,
		.ranges = 15, .range_len = 1024, .first = 4096, .second = 8192,
	},
	{
		.id = "rm-g-a4-k3-p0",
		.rule = { "2001:db8::/45", "192.0.2.0/24", 11, 4 },
		.end_user = "2001:db8:0:9000::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:0:9000:0:c000:212:0",
		.ea = 0x90, .psid = 0, .k = 3,
		.ranges = 15, .range_len = 512, .first = 4096, .second = 8192,
	},
	{
		.id = "rm-g-a4-k4-p0",
		.rule = { "2001:db8::/44", "192.0.2.0/24", 12, 4 },
		.end_user = "2001:db8:1:2000::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:1:2000:0:c000:212:0",
		.ea = 0x120, .psid = 0, .k = 4,
		.ranges = 15, .range_len = 256, .first = 4096, .second = 8192,
	},
	{
		.id = "rm-g-a4-k5-p0",
		.rule = { "2001:db8::/43", "192.0.2.0/24", 13, 4 },
		.end_user = "2001:db8:2:4000::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:2:4000:0:c000:212:0",
		.ea = 0x240, .psid = 0, .k = 5,
		.ranges = 15, .range_len = 128, .first = 4096, .second = 8192,
	},
	{
		.id = "rm-g-a4-k8-p255",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 16, 4 },
		.end_user = "2001:db8:12:ff00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:12:ff00:0:c000:212:ff",
		.ea = 0x12ff, .psid = 255, .k = 8,
		.ranges = 15, .range_len = 16, .first = 8176, .second = 12272,
	},
	{
		.id = "rm-g-a4-k9-p170",
		.rule = { "2001:db8::/39", "192.0.2.0/24", 17, 4 },
		.end_user = "2001:db8:24:aa00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:24:aa00:0:c000:212:aa",
		.ea = 0x24aa, .psid = 170, .k = 9,
		.ranges = 15, .range_len = 8, .first = 5456, .second = 9552,
	},
	{
		.id = "rm-g-a4-k10-p341",
		.rule = { "2001:db8::/38", "192.0.2.0/24", 18, 4 },
		.end_user = "2001:db8:49:5500::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:49:5500:0:c000:212:155",
		.ea = 0x4955, .psid = 341, .k = 10,
		.ranges = 15, .range_len = 4, .first = 5460, .second = 9556,
	},
	{
		.id = "rm-g-a4-k10-p1023",
		.rule = { "2001:db8::/38", "192.0.2.0/24", 18, 4 },
		.end_user = "2001:db8:4b:ff00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:4b:ff00:0:c000:212:3ff",
		.ea = 0x4bff, .psid = 1023, .k = 10,
		.ranges = 15, .range_len = 4, .first = 8188, .second = 12284,
	},
	{
		.id = "rm-g-a4-k11-p0",
		.rule = { "2001:db8::/37", "192.0.2.0/24", 19, 4 },
		.end_user = "2001:db8:90::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:90::c000:212:0",
		.ea = 0x9000, .psid = 0, .k = 11,
		.ranges = 15, .range_len = 2, .first = 4096, .second = 8192,
	},
	{
		.id = "rm-g-a4-k11-p682",
		.rule = { "2001:db8::/37", "192.0.2.0/24", 19, 4 },
		.end_user = "2001:db8:92:aa00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:92:aa00:0:c000:212:2aa",
		.ea = 0x92aa, .psid = 682, .k = 11,
		.ranges = 15, .range_len = 2, .first = 5460, .second = 9556,
	},
	{
		.id = "rm-g-a4-k12-p0",
		.rule = { "2001:db8::/36", "192.0.2.0/24", 20, 4 },
		.end_user = "2001:db8:120::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:120::c000:212:0",
		.ea = 0x12000, .psid = 0, .k = 12,
		.ranges = 15, .range_len = 1, .first = 4096, .second = 8192,
	},
	{
		.id = "rm-g-a4-k12-p1365",
		.rule = { "2001:db8::/36", "192.0.2.0/24", 20, 4 },
		.end_user = "2001:db8:125:5500::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:125:5500:0:c000:212:555",
		.ea = 0x12555, .psid = 1365, .k = 12,
		.ranges = 15, .range_len = 1, .first = 5461, .second = 9557,
	},
	{
		.id = "rm-g-a6-k0-p0",
		.rule = { "2001:db8::/48", "192.0.2.0/24", 8, 6 },
		.end_user = "2001:db8:0:1200::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:0:1200:0:c000:212:0",
		.ea = 0x12, .psid = 0, .k = 0,
		.ranges = 1, .range_len = 65536, .first = 0,
	},
	{
		.id = "rm-g-a6-k1-p1",
		.rule = { "2001:db8::/47", "192.0.2.0/24", 9, 6 },
		.end_user = "2001:db8:0:2500::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:0:2500:0:c000:212:1",
		.ea = 0x25, .psid = 1, .k = 1,
		.ranges = 63, .range_len = 512, .first = 1536, .second = 2560,
	},
	{
		.id = "rm-g-a6-k3-p7",
		.rule = { "2001:db8::/45", "192.0.2.0/24", 11, 6 },
		.end_user = "2001:db8:0:9700::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:0:9700:0:c000:212:7",
		.ea = 0x97, .psid = 7, .k = 3,
		.ranges = 63, .range_len = 128, .first = 1920, .second = 2944,
	},
	{
		.id = "rm-g-a6-k4-p0",
		.rule = { "2001:db8::/44", "192.0.2.0/24", 12, 6 },
		.end_user = "2001:db8:1:2000::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:1:2000:0:c000:212:0",
		.ea = 0x120, .psid = 0, .k = 4,
		.ranges = 63, .range_len = 64, .first = 1024, .second = 2048,
	},
	{
		.id = "rm-g-a6-k5-p0",
		.rule = { "2001:db8::/43", "192.0.2.0/24", 13, 6 },
		.end_user = "2001:db8:2:4000::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:2:4000:0:c000:212:0",
		.ea = 0x240, .psid = 0, .k = 5,
		.ranges = 63, .range_len = 32, .first = 1024, .second = 2048,
	},
	{
		.id = "rm-g-a6-k5-p31",
		.rule = { "2001:db8::/43", "192.0.2.0/24", 13, 6 },
		.end_user = "2001:db8:2:5f00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:2:5f00:0:c000:212:1f",
		.ea = 0x25f, .psid = 31, .k = 5,
		.ranges = 63, .range_len = 32, .first = 2016, .second = 3040,
	},
	{
		.id = "rm-g-a6-k6-p0",
		.rule = { "2001:db8::/42", "192.0.2.0/24", 14, 6 },
		.end_user = "2001:db8:4:8000::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:4:8000:0:c000:212:0",
		.ea = 0x480, .psid = 0, .k = 6,
		.ranges = 63, .range_len = 16, .first = 1024, .second = 2048,
	},
	{
		.id = "rm-g-a6-k6-p21",
		.rule = { "2001:db8::/42", "192.0.2.0/24", 14, 6 },
		.end_user = "2001:db8:4:9500::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:4:9500:0:c000:212:15",
		.ea = 0x495, .psid = 21, .k = 6,
		.ranges = 63, .range_len = 16, .first = 1360, .second = 2384,
	},
	{
		.id = "rm-g-a6-k7-p0",
		.rule = { "2001:db8::/41", "192.0.2.0/24", 15, 6 },
		.end_user = "2001:db8:9::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:9::c000:212:0",
		.ea = 0x900, .psid = 0, .k = 7,
		.ranges = 63, .range_len = 8, .first = 1024, .second = 2048,
	},
	{
		.id = "rm-g-a6-k7-p127",
		.rule = { "2001:db8::/41", "192.0.2.0/24", 15, 6 },
		.end_user = "2001:db8:9:7f00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:9:7f00:0:c000:212:7f",
		.ea = 0x97f, .psid = 127, .k = 7,
		.ranges = 63, .range_len = 8, .first = 2040, .second = 3064,
	},
	{
		.id = "rm-g-a6-k8-p0",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 16, 6 },
		.end_user = "2001:db8:12::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:12::c000:212:0",
		.ea = 0x1200, .psid = 0, .k = 8,
		.ranges = 63, .range_len = 4, .first = 1024, .second = 2048,
	},
	{
		.id = "rm-g-a6-k8-p85",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 16, 6 },
		.end_user = "2001:db8:12:5500::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:12:5500:0:c000:212:55",
		.ea = 0x1255, .psid = 85, .k = 8,
		.ranges = 63, .range_len = 4, .first = 1364, .second = 2388,
	},
	{
		.id = "rm-g-a6-k9-p0",
		.rule = { "2001:db8::/39", "192.0.2.0/24", 17, 6 },
		.end_user = "2001:db8:24::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:24::c000:212:0",
		.ea = 0x2400, .psid = 0, .k = 9,
		.ranges = 63, .range_len = 2, .first = 1024, .second = 2048,
	},
	{
		.id = "rm-g-a6-k9-p511",
		.rule = { "2001:db8::/39", "192.0.2.0/24", 17, 6 },
		.end_user = "2001:db8:25:ff00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:25:ff00:0:c000:212:1ff",
		.ea = 0x25ff, .psid = 511, .k = 9,
		.ranges = 63, .range_len = 2, .first = 2046, .second = 3070,
	},
	{
		.id = "rm-g-a6-k10-p0",
		.rule = { "2001:db8::/38", "192.0.2.0/24", 18, 6 },
		.end_user = "2001:db8:48::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:48::c000:212:0",
		.ea = 0x4800, .psid = 0, .k = 10,
		.ranges = 63, .range_len = 1, .first = 1024, .second = 2048,
	},
	{
		.id = "rm-g-a6-k10-p341",
		.rule = { "2001:db8::/38", "192.0.2.0/24", 18, 6 },
		.end_user = "2001:db8:49:5500::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:49:5500:0:c000:212:155",
		.ea = 0x4955, .psid = 341, .k = 10,
		.ranges = 63, .range_len = 1, .first = 1365, .second = 2389,
	},
	{
		.id = "rm-g-a6-k10-p1023",
		.rule = { "2001:db8::/38", "192.0.2.0/24", 18, 6 },
		.end_user = "2001:db8:4b:ff00::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:4b:ff00:0:c000:212:3ff",
		.ea = 0x4bff, .psid = 1023, .k = 10,
		.ranges = 63, .range_len = 1, .first = 2047, .second = 3071,
	},
	{
		.id = "rm-g-a15-k1-p0",
		.rule = { "2001:db8::/47", "192.0.2.0/24", 9, 15 },
		.end_user = "2001:db8:0:2400::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:0:2400:0:c000:212:0",
		.ea = 0x24, .psid = 0, .k = 1,
		.ranges = 32767, .range_len = 1, .first = 2, .second = 4,
	},
	{
		.id = "rm-g-a15-k1-p1",
		.rule = { "2001:db8::/47", "192.0.2.0/24", 9, 15 },
		.end_user = "2001:db8:0:2500::/56", .addr4 = "192.0.2.18",
		.addr6 = "2001:db8:0:2500:0:c000:212:1",
		.ea = 0x25, .psid = 1, .k = 1,
		.ranges = 32767, .range_len = 1, .first = 3, .second = 5,
	},
};

/**
 * struct map_vector - MAP address of an IPv4 address and port
 * @id: name
 * @rule: rule
 * @addr4: IPv4 address
 * @port: port
 * @psid: PSID of the port
 * @addr6: MAP address
 */
struct map_vector {
	const char		*id;
	struct rule_text	rule;
	const char		*addr4;
	u16			port;
	u16			psid;
	const char		*addr6;
};

static const struct map_vector map_vectors[] = {
	/* RFC 7597 App. A Example 2 */
	{
		.id = "ma-rfc7597-ex2",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 16, 6 },
		.addr4 = "192.0.2.18", .port = 1232, .psid = 52,
		.addr6 = "2001:db8:12:3400:0:c000:212:34",
	},
	/* RFC 7597 App. A Example 3 */
	{
		.id = "ma-rfc7597-ex3",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 16, 6 },
		.addr4 = "192.0.2.18", .port = 1232, .psid = 52,
		.addr6 = "2001:db8:12:3400:0:c000:212:34",
	},
	/* RFC 7599 App. A Example 2 */
	{
		.id = "ma-rfc7599-ex2",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 16, 6 },
		.addr4 = "192.0.2.18", .port = 1232, .psid = 52,
		.addr6 = "2001:db8:12:3400:0:c000:212:34",
	},
	/* RFC 7599 App. A Example 3 */
	{
		.id = "ma-rfc7599-ex3",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 16, 6 },
		.addr4 = "192.0.2.18", .port = 1232, .psid = 52,
		.addr6 = "2001:db8:12:3400:0:c000:212:34",
	},
	{
		.id = "ma-c-1",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 16, 6 },
		.addr4 = "192.0.2.18", .port = 64723, .psid = 52,
		.addr6 = "2001:db8:12:3400:0:c000:212:34",
	},
	{
		.id = "ma-c-4",
		.rule = { "2001:db8:ce::/51", "192.0.2.0/24", 13, 0 },
		.addr4 = "192.0.2.8", .port = 57343, .psid = 27,
		.addr6 = "2001:db8:ce:11b:0:c000:208:1b",
	},
	{
		.id = "ma-c-7",
		.rule = { "2001:db8:4000::/38", "192.0.2.0/28", 10, 6 },
		.addr4 = "192.0.2.0", .port = 1296, .psid = 17,
		.addr6 = "2001:db8:4011::c000:200:11",
	},
	{
		.id = "ma-c-12",
		.rule = { "2001:db8:4464:1::/112", "192.0.2.0/24", 16, 6 },
		.addr4 = "192.0.2.1", .port = 1028, .psid = 1,
		.addr6 = "2001:db8:4464:1::101",
	},
	{
		.id = "ma-c-13",
		.rule = { "2001:db8:100::/40", "198.51.100.0/24", 16, 4 },
		.addr4 = "198.51.100.9", .port = 5000, .psid = 56,
		.addr6 = "2001:db8:109:3800:0:c633:6409:38",
	},
	{
		.id = "ma-c-14",
		.rule = { "2001:db8::/41", "203.0.113.128/25", 16, 5 },
		.addr4 = "203.0.113.129", .port = 2048, .psid = 0,
		.addr6 = "2001:db8:1::cb00:7181:0",
	},
	/* RFC 7599 erratum 5225: every address of a CE that has an IPv4 prefix */
	{
		.id = "rm-c-pfx28 198.51.100.48",
		.rule = { "2001:db8:d0::/48", "198.51.100.0/24", 4, 6 },
		.addr4 = "198.51.100.48", .port = 80, .psid = 0,
		.addr6 = "2001:db8:d0:3000:0:c633:6430:0",
	},
	{
		.id = "rm-c-pfx28 198.51.100.49",
		.rule = { "2001:db8:d0::/48", "198.51.100.0/24", 4, 6 },
		.addr4 = "198.51.100.49", .port = 80, .psid = 0,
		.addr6 = "2001:db8:d0:3000:0:c633:6431:0",
	},
	{
		.id = "rm-c-pfx28 198.51.100.63",
		.rule = { "2001:db8:d0::/48", "198.51.100.0/24", 4, 6 },
		.addr4 = "198.51.100.63", .port = 80, .psid = 0,
		.addr6 = "2001:db8:d0:3000:0:c633:643f:0",
	},
	{
		.id = "rm-c-pfx24 10.64.52.0",
		.rule = { "2001:db8:d0::/48", "10.64.0.0/16", 8, 6 },
		.addr4 = "10.64.52.0", .port = 80, .psid = 0,
		.addr6 = "2001:db8:d0:3400:0:a40:3400:0",
	},
	{
		.id = "rm-c-pfx24 10.64.52.1",
		.rule = { "2001:db8:d0::/48", "10.64.0.0/16", 8, 6 },
		.addr4 = "10.64.52.1", .port = 80, .psid = 0,
		.addr6 = "2001:db8:d0:3400:0:a40:3401:0",
	},
	{
		.id = "rm-c-pfx24 10.64.52.255",
		.rule = { "2001:db8:d0::/48", "10.64.0.0/16", 8, 6 },
		.addr4 = "10.64.52.255", .port = 80, .psid = 0,
		.addr6 = "2001:db8:d0:3400:0:a40:34ff:0",
	},
	{
		.id = "rm-c-pfx31 10.64.5.86",
		.rule = { "2001:db8:d0::/48", "10.64.0.0/20", 11, 6 },
		.addr4 = "10.64.5.86", .port = 80, .psid = 0,
		.addr6 = "2001:db8:d0:5560:0:a40:556:0",
	},
	{
		.id = "rm-c-pfx31 10.64.5.87",
		.rule = { "2001:db8:d0::/48", "10.64.0.0/20", 11, 6 },
		.addr4 = "10.64.5.87", .port = 80, .psid = 0,
		.addr6 = "2001:db8:d0:5560:0:a40:557:0",
	},
	{
		.id = "rm-c-pfx-r0 198.51.100.0",
		.rule = { "2001:db8::/32", "0.0.0.0/0", 24, 6 },
		.addr4 = "198.51.100.0", .port = 80, .psid = 0,
		.addr6 = "2001:db8:c633:6400:0:c633:6400:0",
	},
	{
		.id = "rm-c-pfx-r0 198.51.100.1",
		.rule = { "2001:db8::/32", "0.0.0.0/0", 24, 6 },
		.addr4 = "198.51.100.1", .port = 80, .psid = 0,
		.addr6 = "2001:db8:c633:6400:0:c633:6401:0",
	},
	{
		.id = "rm-c-pfx-r0 198.51.100.255",
		.rule = { "2001:db8::/32", "0.0.0.0/0", 24, 6 },
		.addr4 = "198.51.100.255", .port = 80, .psid = 0,
		.addr6 = "2001:db8:c633:6400:0:c633:64ff:0",
	},
	{
		.id = "rm-c-pfx-o0 198.51.100.16",
		.rule = { "2001:db8:d1:100::/56", "198.51.100.16/28", 0, 6 },
		.addr4 = "198.51.100.16", .port = 80, .psid = 0,
		.addr6 = "2001:db8:d1:100:0:c633:6410:0",
	},
	{
		.id = "rm-c-pfx-o0 198.51.100.17",
		.rule = { "2001:db8:d1:100::/56", "198.51.100.16/28", 0, 6 },
		.addr4 = "198.51.100.17", .port = 80, .psid = 0,
		.addr6 = "2001:db8:d1:100:0:c633:6411:0",
	},
	{
		.id = "rm-c-pfx-o0 198.51.100.31",
		.rule = { "2001:db8:d1:100::/56", "198.51.100.16/28", 0, 6 },
		.addr4 = "198.51.100.31", .port = 80, .psid = 0,
		.addr6 = "2001:db8:d1:100:0:c633:641f:0",
	},
	{
		.id = "rm-c-pfx-65 192.0.2.8",
		.rule = { "2001:db8:4464:1::/64", "192.0.2.0/28", 1, 6 },
		.addr4 = "192.0.2.8", .port = 80, .psid = 0,
		.addr6 = "2001:db8:4464:1:8000:c000:208:0",
	},
	{
		.id = "rm-c-pfx-65 192.0.2.9",
		.rule = { "2001:db8:4464:1::/64", "192.0.2.0/28", 1, 6 },
		.addr4 = "192.0.2.9", .port = 80, .psid = 0,
		.addr6 = "2001:db8:4464:1:8000:c000:209:0",
	},
	{
		.id = "rm-c-pfx-65 192.0.2.15",
		.rule = { "2001:db8:4464:1::/64", "192.0.2.0/28", 1, 6 },
		.addr4 = "192.0.2.15", .port = 80, .psid = 0,
		.addr6 = "2001:db8:4464:1:8000:c000:20f:0",
	},
};

/**
 * struct port_vector - PSID of a port
 * @a: PSID offset
 * @k: PSID length
 * @port: port
 * @psid: its PSID, -1 if nobody owns the port
 */
struct port_vector {
	u8	a;
	u8	k;
	u16	port;
	int	psid;
};

static const struct port_vector port_vectors[] = {
	{ 6, 8, 0, -1 },
	{ 6, 8, 1023, -1 },
	{ 6, 8, 1232, 52 },
	{ 6, 8, 1235, 52 },
	{ 6, 8, 1236, 53 },
	{ 6, 8, 4095, 255 },
	{ 6, 8, 28672, 0 },
	{ 6, 8, 40960, 0 },
	{ 6, 8, 57343, 255 },
	{ 6, 8, 65535, 255 },
	{ 0, 5, 0, 0 },
	{ 0, 5, 1, 0 },
	{ 0, 5, 207, 0 },
	{ 0, 5, 208, 0 },
	{ 0, 5, 1023, 0 },
	{ 0, 5, 1024, 0 },
	{ 0, 5, 1232, 0 },
	{ 0, 5, 4096, 2 },
	{ 0, 5, 4928, 2 },
	{ 0, 5, 55296, 27 },
	{ 4, 8, 1, -1 },
	{ 4, 8, 208, -1 },
	{ 4, 8, 1023, -1 },
	{ 4, 8, 1024, -1 },
	{ 4, 8, 1235, -1 },
	{ 4, 8, 4095, -1 },
	{ 4, 8, 4096, 0 },
	{ 4, 8, 4928, 52 },
	{ 4, 8, 28672, 0 },
	{ 4, 8, 40960, 0 },
	{ 4, 8, 55296, 128 },
	{ 4, 8, 64720, 205 },
	{ 4, 8, 65535, 255 },
	{ 6, 10, 0, -1 },
	{ 6, 10, 1, -1 },
	{ 6, 10, 207, -1 },
	{ 6, 10, 1023, -1 },
	{ 6, 10, 1024, 0 },
	{ 6, 10, 1232, 208 },
	{ 6, 10, 4095, 1023 },
	{ 6, 10, 4096, 0 },
	{ 6, 10, 4928, 832 },
	{ 6, 10, 65535, 1023 },
	{ 15, 1, 1, -1 },
	{ 15, 1, 1024, 0 },
	{ 15, 1, 1232, 0 },
	{ 15, 1, 1236, 0 },
	{ 15, 1, 4096, 0 },
	{ 15, 1, 28672, 0 },
	{ 15, 1, 40960, 0 },
	{ 15, 1, 55296, 0 },
	{ 15, 1, 64720, 0 },
	{ 15, 1, 65535, 1 },
	{ 0, 16, 0, 0 },
	{ 0, 16, 1235, 1235 },
	{ 0, 16, 4096, 4096 },
	{ 0, 16, 40960, 40960 },
	{ 0, 16, 64720, 64720 },
	{ 6, 1, 1, -1 },
	{ 6, 1, 207, -1 },
	{ 6, 1, 208, -1 },
	{ 6, 1, 1023, -1 },
	{ 6, 1, 1232, 0 },
	{ 6, 1, 1235, 0 },
	{ 6, 1, 4928, 1 },
	{ 0, 1, 0, 0 },
	{ 0, 1, 1, 0 },
	{ 0, 1, 1023, 0 },
	{ 0, 1, 1024, 0 },
	{ 0, 1, 1236, 0 },
	{ 0, 1, 4095, 0 },
	{ 0, 1, 4096, 0 },
	{ 0, 1, 28672, 0 },
	{ 0, 1, 57343, 1 },
};

/**
 * struct bad_ce_vector - a BMR or an end-user prefix that is refused
 * @id: name
 * @rule: BMR
 * @end_user: end-user IPv6 prefix
 * @err: error
 */
struct bad_ce_vector {
	const char		*id;
	struct rule_text	rule;
	const char		*end_user;
	int			err;
};

static const struct bad_ce_vector bad_ce_vectors[] = {
	/*
	 * RFC 7597 sec. 5.2: rule prefix length + ea-len MUST NOT exceed the End-
	 * user prefix length
	 */
	{
		.id = "bad-n+o>eup",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 24, 0 },
		.end_user = "2001:db8:12:3400::/56", .err = -ERANGE,
	},
	/* RFC 7597 sec. 5.2 / RFC 7598 sec. 4.1: ea-len range is 0..48 */
	{
		.id = "bad-ea49",
		.rule = { "2000::/8", "0.0.0.0/0", 49, 0 },
		.end_user = "2000:db8:12:3400::/64", .err = -ERANGE,
	},
	/* Offset + PSID length exceed the 16-bit port (sec. 5.1 Figure 2) */
	{
		.id = "bad-a+k>16",
		.rule = { "2001:db8::/32", "192.0.2.0/24", 19, 6 },
		.end_user = "2001:db8:1234:5600::/56", .err = -ERANGE,
	},
	/* PSID longer than 16 bits (o - p = 17) */
	{
		.id = "bad-k17",
		.rule = { "2001:db8::/32", "192.0.2.18/32", 17, 0 },
		.end_user = "2001:db8:1234:5600::/56", .err = -ERANGE,
	},
	/* RFC 7598 sec. 4.5: offset range is 0..15 */
	{
		.id = "bad-a16",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 8, 16 },
		.end_user = "2001:db8:1200::/56", .err = -ERANGE,
	},
	/* No BMR: End-user prefix not inside the rule prefix */
	{
		.id = "bad-eup-outside",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 16, 6 },
		.end_user = "2001:db8:112:3400::/56", .err = -EINVAL,
	},
	/* Provisioned PSID does not fit psid-len */
	{
		.id = "bad-psid-too-big",
		.rule = { "2001:db8:12:3400::/56", "192.0.2.18/32", 0, 6, 8, 308 },
		.end_user = "2001:db8:12:3400::/56", .err = -ERANGE,
	},
	/*
	 * RFC 7598 sec. 4.5: explicit PSID MUST be discarded without a full IPv4
	 * address (the PORTPARAMS is discarded; the prefix assignment itself may
	 * stand)
	 */
	{
		.id = "bad-psid-on-prefix",
		.rule = { "2001:db8:d0::/48", "198.51.100.0/24", 4, 6, 8, 52 },
		.end_user = "2001:db8:d0:3000::/52", .err = -EINVAL,
	},
	/* Provisioned psid-len contradicts the PSID length implied by ea-len */
	{
		.id = "bad-psid-conflict",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 16, 6, 6, 5 },
		.end_user = "2001:db8:12:3400::/56", .err = -EINVAL,
	},
	/*
	 * RFC 7597 section 5.2 would keep the bits between the EA bits and bit 64,
	 * but nobody else can know them.
	 */
	{
		.id = "rm-x-eup-longer-nonzero",
		.rule = { "2001:db8::/40", "192.0.2.0/24", 16, 6 },
		.end_user = "2001:db8:12:3450::/60", .err = -EINVAL,
	},
};

/**
 * struct bad_dmr_vector - a default mapping rule that is refused
 * @id: name
 * @prefix: its prefix
 * @err: error
 */
struct bad_dmr_vector {
	const char	*id;
	const char	*prefix;
	int		err;
};

static const struct bad_dmr_vector bad_dmr_vectors[] = {
	/* RFC 7599 sec. 5.1: DMR length MUST NOT exceed 96 */
	{ "bad-dmr-97", "2001:db8:ffff::/97", -ERANGE },
	/*
	 * RFC 7598 sec. 4.3 allows 128; erratum 4865 and RFC 7599 sec. 5.1 do not
	 */
	{ "bad-dmr-128", "2001:db8:ffff::1/128", -ERANGE },
	/* Not one of the RFC 6052 lengths 32, 40, 48, 56, 64, 96 */
	{ "bad-dmr-60", "2001:db8:ffff:10::/60", -ERANGE },
	/* RFC 6052 sec. 2.2: bits 64-71 of a /96 prefix MUST be zero */
	{ "bad-dmr-96-u", "2001:db8:ffff:0:100::/96", -EINVAL },
};

/**
 * struct dmr_vector - an IPv4 address in the default mapping rule's prefix
 * @prefix: prefix
 * @addr4: IPv4 address
 * @addr6: IPv6 address
 * @extract_only: has non-zero bits where we write zeros and read nothing
 */
struct dmr_vector {
	const char	*prefix;
	const char	*addr4;
	const char	*addr6;
	bool		extract_only;
};

static const struct dmr_vector dmr_vectors[] = {
	/* RFC 6052 Table 1 */
	{ "2001:db8::/32", "192.0.2.33",
	  "2001:db8:c000:221::" },
	{ "2001:db8:100::/40", "192.0.2.33",
	  "2001:db8:1c0:2:21::" },
	{ "2001:db8:122::/48", "192.0.2.33",
	  "2001:db8:122:c000:2:2100::" },
	{ "2001:db8:122:300::/56", "192.0.2.33",
	  "2001:db8:122:3c0:0:221::" },
	{ "2001:db8:122:344::/64", "192.0.2.33",
	  "2001:db8:122:344:c0:2:2100:0" },
	{ "2001:db8:122:344::/96", "192.0.2.33",
	  "2001:db8:122:344::c000:221" },
	/* RFC 6052 Table 2 */
	{ "64:ff9b::/96", "192.0.2.33",
	  "64:ff9b::c000:221" },
	/* RFC 7915 App. A */
	{ "2001:db8:100::/40", "192.0.2.33",
	  "2001:db8:1c0:2:21::" },
	/* RFC 7915 App. A */
	{ "2001:db8:100::/40", "198.51.100.2",
	  "2001:db8:1c6:3364:2::" },
	/* RFC 7599 App. A Examples 2 and 3 */
	{ "2001:db8:ffff::/64", "10.2.3.4",
	  "2001:db8:ffff:0:a:203:400:0" },

	{ "2001:db8::/32", "0.0.0.1",
	  "2001:db8:0:1::" },
	{ "2001:db8::/32", "203.0.113.56",
	  "2001:db8:cb00:7138::" },
	{ "2001:db8::/32", "255.255.255.254",
	  "2001:db8:ffff:fffe::" },
	{ "2001:db8:ff00::/40", "0.0.0.1",
	  "2001:db8:ff00:0:1::" },
	{ "2001:db8:ff00::/40", "203.0.113.56",
	  "2001:db8:ffcb:71:38::" },
	{ "2001:db8:ff00::/40", "255.255.255.254",
	  "2001:db8:ffff:ffff:fe::" },
	{ "2001:db8:1234::/48", "0.0.0.1",
	  "2001:db8:1234::100:0:0" },
	{ "2001:db8:1234::/48", "203.0.113.56",
	  "2001:db8:1234:cb00:71:3800::" },
	{ "2001:db8:1234::/48", "255.255.255.254",
	  "2001:db8:1234:ffff:ff:fe00::" },
	{ "2001:db8:1234:5600::/56", "0.0.0.1",
	  "2001:db8:1234:5600:0:1::" },
	{ "2001:db8:1234:5600::/56", "203.0.113.56",
	  "2001:db8:1234:56cb:0:7138::" },
	{ "2001:db8:1234:5600::/56", "255.255.255.254",
	  "2001:db8:1234:56ff:ff:fffe::" },
	{ "2001:db8:ffff::/64", "0.0.0.1",
	  "2001:db8:ffff::100:0" },
	{ "2001:db8:ffff::/64", "203.0.113.56",
	  "2001:db8:ffff:0:cb:71:3800:0" },
	{ "2001:db8:ffff::/64", "255.255.255.254",
	  "2001:db8:ffff:0:ff:ffff:fe00:0" },
	{ "2001:db8:ffff:0:0:1::/96", "0.0.0.1",
	  "2001:db8:ffff::1:0:1" },
	{ "2001:db8:ffff:0:0:1::/96", "203.0.113.56",
	  "2001:db8:ffff::1:cb00:7138" },
	{ "2001:db8:ffff:0:0:1::/96", "255.255.255.254",
	  "2001:db8:ffff::1:ffff:fffe" },
	{ "2001:db8:ffff::/64", "10.2.3.4",
	  "2001:db8:ffff:0:a:203:4ff:ffff", true },
	{ "2001:db8:100::/40", "192.0.2.33",
	  "2001:db8:1c0:2:21:1::", true },
	{ "2001:db8::/32", "192.0.2.33",
	  "2001:db8:c000:221::1", true },
};

#endif /* _NF_MAPT_RULE_VECTORS_H */

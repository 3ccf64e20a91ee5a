/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * MAP-T (RFC 7599) expression of nf_tables: its whole netlink interface.
 */
#ifndef _UAPI_LINUX_NF_TABLES_MAPT_H
#define _UAPI_LINUX_NF_TABLES_MAPT_H

/**
 * enum nft_mapt_ops - operations of the mapt expression
 *
 * @NFT_MAPT_NAPT: source NAPT44 into the port set of a MAP CE
 * @NFT_MAPT_CE: translation at the customer edge
 * @NFT_MAPT_BR: translation at the border relay
 */
enum nft_mapt_ops {
	NFT_MAPT_NAPT,
	NFT_MAPT_CE,
	NFT_MAPT_BR,
	__NFT_MAPT_OP_MAX
};

#define NFT_MAPT_OP_MAX		(__NFT_MAPT_OP_MAX - 1)

/**
 * enum nft_mapt_flags - flags of the mapt expression
 *
 * @NFT_MAPT_F_RANDOM: do not keep the inside port, pick a random one (napt)
 * @NFT_MAPT_F_PERSISTENT: same outside port for the same inside host and
 *	port where possible (napt)
 * @NFT_MAPT_F_UDP_ZERO_DROP: drop IPv4 UDP packets that have no checksum
 *	instead of computing one (ce, br)
 * @NFT_MAPT_F_SILENT: don't answer packets that fail a source check (ce, br)
 * @NFT_MAPT_F_MAPPING_ALL: endpoint-independent mapping for TCP too (napt)
 * @NFT_MAPT_F_FILTERING_ANY: endpoint-independent filtering (napt)
 */
enum nft_mapt_flags {
	NFT_MAPT_F_RANDOM		= (1 << 0),
	NFT_MAPT_F_PERSISTENT		= (1 << 1),
	NFT_MAPT_F_UDP_ZERO_DROP	= (1 << 2),
	NFT_MAPT_F_SILENT		= (1 << 3),
	NFT_MAPT_F_MAPPING_ALL		= (1 << 4),
	NFT_MAPT_F_FILTERING_ANY	= (1 << 5),
};

#define NFT_MAPT_F_NAPT_MASK	(NFT_MAPT_F_RANDOM | NFT_MAPT_F_PERSISTENT | \
				 NFT_MAPT_F_MAPPING_ALL | NFT_MAPT_F_FILTERING_ANY)
#define NFT_MAPT_F_XLAT_MASK	(NFT_MAPT_F_UDP_ZERO_DROP | NFT_MAPT_F_SILENT)

/* Most forwarding mapping rules in one expression. */
#define NFT_MAPT_FMR_MAX	32

/**
 * enum nft_mapt_rule_attributes - a mapping rule (RFC 7597 section 5)
 *
 * @NFTA_MAPT_RULE_PREFIX6: rule IPv6 prefix, host bits zero (binary: 16 bytes)
 * @NFTA_MAPT_RULE_PREFIX6_LEN: its length, 0 to 128 (NLA_U8)
 * @NFTA_MAPT_RULE_PREFIX4: rule IPv4 prefix, host bits zero (NLA_BE32)
 * @NFTA_MAPT_RULE_PREFIX4_LEN: its length, 0 to 32 (NLA_U8)
 * @NFTA_MAPT_RULE_EA_LEN: number of embedded address bits, 0 to 48 (NLA_U8)
 * @NFTA_MAPT_RULE_PSID_OFFSET: PSID offset, 0 to 15; 6 if absent (NLA_U8)
 * @NFTA_MAPT_RULE_PSID_LEN: length of a provisioned PSID, 1 to 16 (NLA_U8)
 * @NFTA_MAPT_RULE_PSID: provisioned PSID, right-aligned (NLA_BE16); needs
 *	@NFTA_MAPT_RULE_PSID_LEN, no EA bits and a /32 rule IPv4 prefix
 */
enum nft_mapt_rule_attributes {
	NFTA_MAPT_RULE_UNSPEC,
	NFTA_MAPT_RULE_PREFIX6,
	NFTA_MAPT_RULE_PREFIX6_LEN,
	NFTA_MAPT_RULE_PREFIX4,
	NFTA_MAPT_RULE_PREFIX4_LEN,
	NFTA_MAPT_RULE_EA_LEN,
	NFTA_MAPT_RULE_PSID_OFFSET,
	NFTA_MAPT_RULE_PSID_LEN,
	NFTA_MAPT_RULE_PSID,
	__NFTA_MAPT_RULE_MAX
};

#define NFTA_MAPT_RULE_MAX	(__NFTA_MAPT_RULE_MAX - 1)

/**
 * enum nft_mapt_attributes - the mapt expression
 *
 * @NFTA_MAPT_OP: operation, enum nft_mapt_ops (NLA_BE32)
 * @NFTA_MAPT_FLAGS: enum nft_mapt_flags; 0 if absent (NLA_BE32)
 * @NFTA_MAPT_BMR: basic mapping rule (nested: nft_mapt_rule_attributes);
 *	napt and ce
 * @NFTA_MAPT_END_USER: end-user IPv6 prefix (binary: 16 bytes); napt and ce
 * @NFTA_MAPT_END_USER_LEN: its length, 0 to 128 (NLA_U8)
 * @NFTA_MAPT_DMR: default mapping rule's prefix (binary: 16 bytes); ce and br
 * @NFTA_MAPT_DMR_LEN: its length: 32, 40, 48, 56, 64 or 96 (NLA_U8)
 * @NFTA_MAPT_FMR: forwarding mapping rules, up to %NFT_MAPT_FMR_MAX (nested
 *	list of NFTA_LIST_ELEM: nft_mapt_rule_attributes); ce and br
 * @NFTA_MAPT_TOS: TOS of translated IPv4 packets; copied from the traffic
 *	class if absent (NLA_U8)
 * @NFTA_MAPT_TCLASS: traffic class of translated IPv6 packets; copied from
 *	the TOS if absent (NLA_U8)
 * @NFTA_MAPT_LOWEST_IPV6_MTU: largest IPv6 packet made from an IPv4 packet
 *	with DF = 0, at least 1280; 1280 if absent (NLA_BE32)
 * @NFTA_MAPT_ICMP_SOURCE: IPv4 source of ICMP errors whose IPv6 source no
 *	rule maps, RFC 6791 (NLA_BE32)
 * @NFTA_MAPT_RESERVE: ports that the NAPT does not give away: the first in the
 *	high 16 bits, the last in the low ones, not 0; napt (NLA_BE32)
 * @NFTA_MAPT_FLOWTABLE: name of a flowtable in the same table, of family inet,
 *	that connections go to; ce (NLA_STRING)
 * @NFTA_MAPT_DEV: name of the device that translated IPv4 packets come in by, in
 *	place of that of the IPv6 packet; ce (NLA_STRING)
 */
enum nft_mapt_attributes {
	NFTA_MAPT_UNSPEC,
	NFTA_MAPT_OP,
	NFTA_MAPT_FLAGS,
	NFTA_MAPT_BMR,
	NFTA_MAPT_END_USER,
	NFTA_MAPT_END_USER_LEN,
	NFTA_MAPT_DMR,
	NFTA_MAPT_DMR_LEN,
	NFTA_MAPT_FMR,
	NFTA_MAPT_TOS,
	NFTA_MAPT_TCLASS,
	NFTA_MAPT_LOWEST_IPV6_MTU,
	NFTA_MAPT_ICMP_SOURCE,
	NFTA_MAPT_RESERVE,
	NFTA_MAPT_FLOWTABLE,
	NFTA_MAPT_DEV,
	__NFTA_MAPT_MAX
};

#define NFTA_MAPT_MAX		(__NFTA_MAPT_MAX - 1)

#endif /* _UAPI_LINUX_NF_TABLES_MAPT_H */

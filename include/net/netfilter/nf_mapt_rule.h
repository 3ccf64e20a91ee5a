/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MAP rule arithmetic (RFC 7597 section 5, RFC 6052 section 2): pure, no skb.
 *
 * Letters as in RFC 7597: n = length of the rule IPv6 prefix, r = length of
 * the rule IPv4 prefix, o = number of EA bits, p = IPv4 suffix bits in the EA
 * bits, q = PSID bits in the EA bits, a = PSID offset, k = PSID length,
 * m = 16 - a - k.
 */
#ifndef _NF_MAPT_RULE_H
#define _NF_MAPT_RULE_H

#include <linux/cache.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/types.h>
#include <linux/netfilter/nf_tables_mapt.h>

#define NF_MAPT_PSID_OFFSET_DEFAULT	6
#define NF_MAPT_EA_LEN_MAX		48

/**
 * struct nf_mapt_prefix6 - an IPv6 prefix
 * @addr: address, bits beyond @len zero
 * @len: length in bits
 */
struct nf_mapt_prefix6 {
	struct in6_addr	addr;
	u8		len;
};

/**
 * struct nf_mapt_rule_param - a mapping rule as it is configured
 * @prefix6: rule IPv6 prefix
 * @prefix4: rule IPv4 prefix, bits beyond @prefix4_len zero
 * @prefix4_len: its length
 * @ea_len: number of EA bits
 * @psid_offset: PSID offset (a)
 * @psid_len: length of the provisioned PSID, 0 if there is none
 * @psid: provisioned PSID, right-aligned, host byte order
 */
struct nf_mapt_rule_param {
	struct nf_mapt_prefix6	prefix6;
	__be32			prefix4;
	u8			prefix4_len;
	u8			ea_len;
	u8			psid_offset;
	u8			psid_len;
	u16			psid;
};

/**
 * struct nf_mapt_rule - a mapping rule, ready for packets
 * @hi: bits 0 to 63 of the rule IPv6 prefix
 * @lo: bits 64 to 127
 * @lo_iid: those of bits 64 to 127 that the interface identifier fills
 * @ea_mask: @ea_len ones
 * @prefix4: rule IPv4 prefix
 * @host4: its host bits, all ones
 * @psid: provisioned PSID, 0 if there is none
 * @psid_mask: k ones; 0 where addresses are not shared
 * @n: length of the rule IPv6 prefix
 * @r: length of the rule IPv4 prefix
 * @ea_shift: bits below the EA bits, 128 - n - o
 * @addr_shift: bits of an IPv4 address below those that are EA bits, 32 - r - o
 *	where a CE has an IPv4 prefix, otherwise 0
 * @psid_shift: q, number of PSID bits in the EA bits
 * @a: PSID offset; 0 where addresses are not shared
 * @m: length of a contiguous range of ports in bits
 * @psid_offset: PSID offset as configured
 *
 * Host byte order, one cache line.
 */
struct nf_mapt_rule {
	u64	hi;
	u64	lo;
	u64	lo_iid;
	u64	ea_mask;
	u32	prefix4;
	u32	host4;
	u16	psid;
	u16	psid_mask;
	u8	n;
	u8	r;
	u8	ea_shift;
	u8	addr_shift;
	u8	psid_shift;
	u8	a;
	u8	m;
	u8	psid_offset;
} ____cacheline_aligned;

/**
 * struct nf_mapt_port_set - the ports of one CE
 * @psid: PSID
 * @a: PSID offset
 * @k: PSID length; 0: every port
 * @m: log2 of the length of a range
 * @ranges: number of contiguous ranges
 * @size: number of ports
 */
struct nf_mapt_port_set {
	u16	psid;
	u8	a;
	u8	k;
	u8	m;
	u16	ranges;
	u32	size;
};

/**
 * struct nf_mapt_ce - what a CE derives from its BMR and end-user prefix
 * @rule: the BMR
 * @addr6: MAP address, network byte order; of @addr4 where there are more
 * @addr4: shared or full IPv4 address, or first address of the IPv4 prefix
 * @host4: host bits of the IPv4 prefix, all ones; 0 for a single address
 * @psid: PSID, 0 where the address is not shared
 * @ports: port set
 *
 * Host byte order, but for @addr6.
 */
struct nf_mapt_ce {
	struct nf_mapt_rule	rule;
	struct in6_addr		addr6;
	u32			addr4;
	u32			host4;
	u16			psid;
	struct nf_mapt_port_set	ports;
};

/* At least twice as many as rules, so that one is always empty. */
#define NF_MAPT_SLOTS_MAX	(2 * NFT_MAPT_FMR_MAX)

/**
 * struct nf_mapt_index - how several rules are found
 * @lens4: different lengths of rule IPv4 prefixes, longest first
 * @lens6: different lengths of rule IPv6 prefixes, longest first
 * @slots: open-addressed hash tables of the rules, by the prefix
 * @slots.four: by the rule IPv4 prefix: index of a rule plus 1, or 0
 * @slots.six: by the rule IPv6 prefix
 */
struct nf_mapt_index {
	u8			lens4[NFT_MAPT_FMR_MAX];
	u8			lens6[NFT_MAPT_FMR_MAX];
	struct {
		u8		four;
		u8		six;
	} slots[NF_MAPT_SLOTS_MAX];
};

/**
 * struct nf_mapt_table - the rules that an expression forwards by
 * @rules: forwarding mapping rules, as they were given
 * @index: how they are found, where there are more than one
 * @dmr_hi: default mapping rule, bits 0 to 63, host byte order
 * @dmr_lo: bits 64 to 127
 * @common4: what all rule IPv4 prefixes have in common
 * @common4_mask: the bits of it
 * @dmr_len: length of the default mapping rule
 * @dmr_well_known: it is the Well-Known Prefix of RFC 6052
 * @dmr_has_rules: a rule IPv6 prefix lies in it
 * @num: number of forwarding mapping rules
 * @num_lens4: number of different lengths of rule IPv4 prefixes
 * @num_lens6: number of different lengths of rule IPv6 prefixes
 * @slot_mask: number of slots in use less 1
 *
 * A lookup costs one probe for each length that is in use, most often one, and
 * touches the line of the rule that it finds. Where there is only one rule, as
 * behind verdict maps, it touches nothing else.
 */
struct nf_mapt_table {
	struct nf_mapt_rule	*rules;
	struct nf_mapt_index	*index;
	u64			dmr_hi;
	u64			dmr_lo;
	u32			common4;
	u32			common4_mask;
	u8			dmr_len;
	bool			dmr_well_known;
	bool			dmr_has_rules;
	u8			num;
	u8			num_lens4;
	u8			num_lens6;
	u8			slot_mask;
};

int nf_mapt_rule_init(struct nf_mapt_rule *rule,
		      const struct nf_mapt_rule_param *param);
void nf_mapt_rule_param(const struct nf_mapt_rule *rule,
			struct nf_mapt_rule_param *param);
void nf_mapt_rule_addr6(const struct nf_mapt_rule *rule, u32 addr4, u16 psid,
			struct in6_addr *addr6);
bool nf_mapt_rule_addr4(const struct nf_mapt_rule *rule,
			const struct in6_addr *addr6, u32 *addr4, u16 *psid);

int nf_mapt_ce_init(struct nf_mapt_ce *ce,
		    const struct nf_mapt_rule_param *bmr,
		    const struct nf_mapt_prefix6 *end_user);

void nf_mapt_port_set_init(struct nf_mapt_port_set *set, u8 a, u8 k, u16 psid);
u16 nf_mapt_port_set_nth(const struct nf_mapt_port_set *set, u32 index);

int nf_mapt_dmr_check(const struct nf_mapt_prefix6 *dmr);
void nf_mapt_dmr_addr6(const struct nf_mapt_table *table, __be32 addr4,
		       struct in6_addr *addr6);
__be32 nf_mapt_dmr_addr4(const struct nf_mapt_table *table,
			 const struct in6_addr *addr6);

int nf_mapt_table_init(struct nf_mapt_table *table,
		       const struct nf_mapt_prefix6 *dmr,
		       const struct nf_mapt_rule_param *fmr, unsigned int num);
void nf_mapt_table_dmr(const struct nf_mapt_table *table,
		       struct nf_mapt_prefix6 *dmr);
const struct nf_mapt_rule *
nf_mapt_table_lookup4(const struct nf_mapt_table *table, u32 addr4, u16 port);
const struct nf_mapt_rule *
nf_mapt_table_lookup6(const struct nf_mapt_table *table,
		      const struct in6_addr *addr6, bool *is_dmr);

/**
 * nf_mapt_rule_shared - do CEs of this rule share IPv4 addresses?
 * @rule: mapping rule
 *
 * Return: true if it is.
 */
static inline bool nf_mapt_rule_shared(const struct nf_mapt_rule *rule)
{
	return rule->psid_mask;
}

/**
 * nf_mapt_rule_port_psid - PSID that a port carries, RFC 7597 section 5.1
 * @rule: mapping rule
 * @port: port or ICMP identifier, host byte order
 *
 * Return: the PSID; 0 where addresses are not shared. Meaningless for a port
 * that nf_mapt_rule_port_excluded().
 */
static inline u16 nf_mapt_rule_port_psid(const struct nf_mapt_rule *rule,
					 u16 port)
{
	return (port >> rule->m) & rule->psid_mask;
}

/**
 * nf_mapt_rule_port_excluded - does a port belong to no CE?
 * @rule: mapping rule
 * @port: port or ICMP identifier, host byte order
 *
 * RFC 7597 section 5.1: with a PSID offset above 0 the ports whose first a
 * bits are zero are nobody's.
 *
 * Return: true if it is.
 */
static inline bool nf_mapt_rule_port_excluded(const struct nf_mapt_rule *rule,
					      u16 port)
{
	return rule->a && !(port >> (16 - rule->a));
}

/**
 * nf_mapt_port_set_has - is a port in the set?
 * @set: port set
 * @port: port or ICMP identifier, host byte order
 *
 * Return: true if it has.
 */
static inline bool nf_mapt_port_set_has(const struct nf_mapt_port_set *set,
					u16 port)
{
	if (set->a && !(port >> (16 - set->a)))
		return false;
	return ((port >> set->m) & ((1U << set->k) - 1)) == set->psid;
}

/**
 * nf_mapt_ce_has_addr - is an IPv4 address one of the CE's?
 * @ce: the CE
 * @addr4: address, host byte order
 *
 * Return: true if it has.
 */
static inline bool nf_mapt_ce_has_addr(const struct nf_mapt_ce *ce, u32 addr4)
{
	return (addr4 & ~ce->host4) == ce->addr4;
}

#endif /* _NF_MAPT_RULE_H */

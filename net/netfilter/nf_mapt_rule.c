// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: rule arithmetic and the rule table
 *
 * RFC 7597 section 5 (mapping rules, port mapping, interface identifier), with
 * erratum 5225 of RFC 7599, and RFC 6052 section 2 (default mapping rule).
 */
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_mapt_rule.h>

/* RFC 6052 section 2.1: 64:ff9b::/96 */
#define WELL_KNOWN_PREFIX_HI	0x0064ff9b00000000ULL

static u64 addr6_hi(const struct in6_addr *addr)
{
	return get_unaligned_be64(&addr->s6_addr[0]);
}

static u64 addr6_lo(const struct in6_addr *addr)
{
	return get_unaligned_be64(&addr->s6_addr[8]);
}

/* The first @len bits of 64. */
static u64 head_mask(int len)
{
	if (len <= 0)
		return 0;
	return len >= 64 ? ~0ULL : ~(~0ULL >> len);
}

static bool prefix6_canonical(const struct nf_mapt_prefix6 *prefix)
{
	return prefix->len <= 128 &&
	       !(addr6_hi(&prefix->addr) & ~head_mask(prefix->len)) &&
	       !(addr6_lo(&prefix->addr) & ~head_mask(prefix->len - 64));
}

/* Of no prefix of multicast or of a link is anything ever forwarded. */
static bool prefix6_unicast(const struct nf_mapt_prefix6 *prefix)
{
	const u8 *b = prefix->addr.s6_addr;

	if (prefix->len >= 8 && b[0] == 0xff)
		return false;

	return prefix->len < 10 || b[0] != 0xfe || (b[1] & 0xc0) != 0x80;
}

/* Nor of 0/8, 127/8, 169.254/16 (RFC 3927) and what is above 224/3. */
static bool prefix4_unicast(u32 prefix, u8 len)
{
	if (len >= 8 && (!(prefix >> 24) || prefix >> 24 == 127))
		return false;
	if (len >= 16 && prefix >> 16 == 0xa9fe)
		return false;

	return len < 3 || prefix >> 29 != 7;
}

/* EA bits at their place in the upper and lower half of an address. */
static u64 ea_to_hi(u64 ea, u8 shift)
{
	if (shift >= 64)
		return shift < 128 ? ea << (shift - 64) : 0;
	return shift ? ea >> (64 - shift) : 0;
}

static u64 ea_to_lo(u64 ea, u8 shift)
{
	return shift < 64 ? ea << shift : 0;
}

static u64 ea_from(const struct nf_mapt_rule *rule, u64 hi, u64 lo)
{
	u8 shift = rule->ea_shift;
	u64 ea;

	if (shift >= 64)
		ea = shift < 128 ? hi >> (shift - 64) : 0;
	else if (shift)
		ea = hi << (64 - shift) | lo >> shift;
	else
		ea = lo;

	return ea & rule->ea_mask;
}

/**
 * nf_mapt_rule_init - check a mapping rule and make it ready for packets
 * @rule: result
 * @param: the rule as configured
 *
 * Return: 0; -ERANGE: a length or the PSID is out of its range (RFC 7597
 * section 5.2: at most 48 EA bits, the rule IPv6 prefix and the EA bits within
 * 128 bits; section 5.1: at most 16 bits of PSID, a + k at most 16; RFC 7598
 * section 4.5: offset 0 to 15); -EINVAL: a prefix has host bits, a PSID is
 * given where it is embedded or where there is no full IPv4 address (RFC 7598
 * section 4.5), or the IPv6 prefix of a CE covers host bits of its IPv4 prefix
 * in the interface identifier, so that they could not be restored.
 */
int nf_mapt_rule_init(struct nf_mapt_rule *rule,
		      const struct nf_mapt_rule_param *param)
{
	u8 n = param->prefix6.len, r = param->prefix4_len, o = param->ea_len;
	u32 prefix4 = ntohl(param->prefix4);
	u8 k = param->psid_len, q = 0;

	if (n > 128 || r > 32 || o > NF_MAPT_EA_LEN_MAX || n + o > 128 ||
	    param->psid_offset > 15)
		return -ERANGE;

	memset(rule, 0, sizeof(*rule));
	rule->host4 = r ? (u32)((1ULL << (32 - r)) - 1) : ~0U;
	if (prefix4 & rule->host4 || !prefix6_canonical(&param->prefix6) ||
	    !prefix4_unicast(prefix4, r) || !prefix6_unicast(&param->prefix6))
		return -EINVAL;

	if (k) {
		if (k > 16 || param->psid >> k)
			return -ERANGE;
		if (o || r != 32)
			return -EINVAL;
		rule->psid = param->psid;
	} else if (o + r > 32) {
		q = o - (32 - r);
		k = q;
	}
	if (k && param->psid_offset + k > 16)
		return -ERANGE;

	if (o + r < 32) {
		rule->addr_shift = 32 - r - o;
		/* The host bits end at bit 111 (section 6). */
		if (n + o > 112 - rule->addr_shift)
			return -EINVAL;
	}

	rule->hi = addr6_hi(&param->prefix6.addr);
	rule->lo = addr6_lo(&param->prefix6.addr);
	rule->lo_iid = ~head_mask(n + o - 64);
	rule->ea_mask = (1ULL << o) - 1;
	rule->prefix4 = prefix4;
	rule->psid_mask = (1U << k) - 1;
	rule->n = n;
	rule->r = r;
	rule->ea_shift = 128 - n - o;
	rule->psid_shift = q;
	/* Section 5.1 does not apply where addresses aren't shared. */
	rule->a = k ? param->psid_offset : 0;
	rule->m = k ? 16 - param->psid_offset - k : 0;
	rule->psid_offset = param->psid_offset;

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(nf_mapt_rule_init);

static bool rule_provisioned(const struct nf_mapt_rule *rule)
{
	return rule->psid_mask && !rule->psid_shift;
}

/**
 * nf_mapt_rule_param - a mapping rule as it was configured
 * @rule: mapping rule
 * @param: result, what nf_mapt_rule_init() was given
 */
void nf_mapt_rule_param(const struct nf_mapt_rule *rule,
			struct nf_mapt_rule_param *param)
{
	memset(param, 0, sizeof(*param));
	put_unaligned_be64(rule->hi, &param->prefix6.addr.s6_addr[0]);
	put_unaligned_be64(rule->lo, &param->prefix6.addr.s6_addr[8]);
	param->prefix6.len = rule->n;
	param->prefix4 = htonl(rule->prefix4);
	param->prefix4_len = rule->r;
	param->ea_len = hweight64(rule->ea_mask);
	param->psid_offset = rule->psid_offset;
	if (rule_provisioned(rule)) {
		param->psid_len = hweight16(rule->psid_mask);
		param->psid = rule->psid;
	}
}
EXPORT_SYMBOL_GPL(nf_mapt_rule_param);

/* The two halves of nf_mapt_rule_addr6(). */
static void rule_map(const struct nf_mapt_rule *rule, u32 addr4, u16 psid,
		     u64 *hi, u64 *lo)
{
	u64 iid = (u64)addr4 << 16 | psid;
	u64 ea;

	ea = (u64)(addr4 & rule->host4) >> rule->addr_shift;
	ea = (ea << rule->psid_shift | psid) & rule->ea_mask;

	*hi = rule->hi | ea_to_hi(ea, rule->ea_shift);
	*lo = rule->lo | ea_to_lo(ea, rule->ea_shift) | (iid & rule->lo_iid);
}

/**
 * nf_mapt_rule_addr6 - MAP address of an IPv4 address and a PSID
 * @rule: mapping rule
 * @addr4: an address of the rule IPv4 prefix, host byte order
 * @psid: PSID, see nf_mapt_rule_port_psid(); 0 where addresses aren't shared
 * @addr6: result
 *
 * RFC 7597 sections 5.2, 5.3 and 6: rule IPv6 prefix, EA bits, zero subnet
 * identifier, interface identifier. The latter holds the whole address of the
 * packet also where the CE has an IPv4 prefix (RFC 7599 erratum 5225), and
 * gives way to a prefix that is longer than 64 bits.
 */
void nf_mapt_rule_addr6(const struct nf_mapt_rule *rule, u32 addr4, u16 psid,
			struct in6_addr *addr6)
{
	u64 hi, lo;

	rule_map(rule, addr4, psid, &hi, &lo);
	put_unaligned_be64(hi, &addr6->s6_addr[0]);
	put_unaligned_be64(lo, &addr6->s6_addr[8]);
}
EXPORT_SYMBOL_IF_KUNIT(nf_mapt_rule_addr6);

/**
 * nf_mapt_rule_addr4 - IPv4 address and PSID of a MAP address
 * @rule: mapping rule
 * @addr6: IPv6 address
 * @addr4: resulting IPv4 address, host byte order
 * @psid: resulting PSID
 *
 * Return: true if @addr6 is, in all of its 128 bits, the address that the rule
 * makes of @addr4 and @psid; false if it is no MAP address of the rule.
 */
bool nf_mapt_rule_addr4(const struct nf_mapt_rule *rule,
			const struct in6_addr *addr6, u32 *addr4, u16 *psid)
{
	u64 hi = addr6_hi(addr6), lo = addr6_lo(addr6);
	u64 map_hi, map_lo, ea;

	ea = ea_from(rule, hi, lo);
	*psid = rule->psid | (ea & ((1U << rule->psid_shift) - 1));
	*addr4 = rule->prefix4 |
		 (u32)(ea >> rule->psid_shift << rule->addr_shift);
	if (rule->addr_shift)
		*addr4 |= (lo >> 16) & ((1ULL << rule->addr_shift) - 1);

	rule_map(rule, *addr4, *psid, &map_hi, &map_lo);

	return hi == map_hi && lo == map_lo;
}
EXPORT_SYMBOL_IF_KUNIT(nf_mapt_rule_addr4);

/**
 * nf_mapt_port_set_init - the ports of a PSID
 * @set: result
 * @a: PSID offset
 * @k: PSID length; 0: the set has every port and @a and @psid are ignored
 * @psid: PSID
 *
 * RFC 7597 section 5.1: 2^a - 1 ranges of 2^m ports, or one range if a = 0.
 */
void nf_mapt_port_set_init(struct nf_mapt_port_set *set, u8 a, u8 k, u16 psid)
{
	set->a = k ? a : 0;
	set->k = k;
	set->m = k ? 16 - a - k : 16;
	set->psid = k ? psid : 0;
	set->ranges = set->a ? (1U << set->a) - 1 : 1;
	set->size = (u32)set->ranges << set->m;
}
EXPORT_SYMBOL_IF_KUNIT(nf_mapt_port_set_init);

/**
 * nf_mapt_port_set_nth - a port of the set
 * @set: port set
 * @index: 0 to @set->size - 1
 *
 * Return: the port, host byte order; ascending with @index.
 */
u16 nf_mapt_port_set_nth(const struct nf_mapt_port_set *set, u32 index)
{
	u32 range = (index >> set->m) + !!set->a;
	u32 j = index & ((1U << set->m) - 1);

	return range << (16 - set->a) | (u32)set->psid << set->m | j;
}
EXPORT_SYMBOL_IF_KUNIT(nf_mapt_port_set_nth);

static bool ce_holds(const struct nf_mapt_ce *ce,
		     const struct nf_mapt_prefix6 *end_user, u32 addr4)
{
	struct in6_addr addr6;

	nf_mapt_rule_addr6(&ce->rule, addr4, ce->psid, &addr6);

	return ipv6_prefix_equal(&addr6, &end_user->addr, end_user->len);
}

/**
 * nf_mapt_ce_init - derive a CE's addresses and ports
 * @ce: result
 * @bmr: basic mapping rule
 * @end_user: end-user IPv6 prefix
 *
 * Return: 0; an error of nf_mapt_rule_init(); -ERANGE: the end-user prefix is
 * shorter than the rule IPv6 prefix and the EA bits (RFC 7597 section 5.2);
 * -EINVAL: it has host bits, is not covered by the rule IPv6 prefix, or does
 * not hold the MAP addresses that others derive from the rule.
 */
int nf_mapt_ce_init(struct nf_mapt_ce *ce,
		    const struct nf_mapt_rule_param *bmr,
		    const struct nf_mapt_prefix6 *end_user)
{
	u64 hi = addr6_hi(&end_user->addr), lo = addr6_lo(&end_user->addr);
	const struct nf_mapt_rule *rule = &ce->rule;
	u64 ea;
	int err;

	err = nf_mapt_rule_init(&ce->rule, bmr);
	if (err)
		return err;

	if (end_user->len > 128 || rule->n + bmr->ea_len > end_user->len)
		return -ERANGE;
	if (!prefix6_canonical(end_user))
		return -EINVAL;

	ea = ea_from(rule, hi, lo);
	ce->psid = rule->psid | (ea & ((1U << rule->psid_shift) - 1));
	ce->addr4 = rule->prefix4 |
		    (u32)(ea >> rule->psid_shift << rule->addr_shift);
	if (bmr->ea_len + rule->r < 32)
		ce->host4 = (1ULL << rule->addr_shift) - 1;
	else
		ce->host4 = 0;

	if (!ce_holds(ce, end_user, ce->addr4) ||
	    !ce_holds(ce, end_user, ce->addr4 | ce->host4))
		return -EINVAL;

	nf_mapt_rule_addr6(rule, ce->addr4, ce->psid, &ce->addr6);
	nf_mapt_port_set_init(&ce->ports, rule->a, hweight16(rule->psid_mask),
			      ce->psid);

	return 0;
}
EXPORT_SYMBOL_GPL(nf_mapt_ce_init);

/**
 * nf_mapt_dmr_check - may a prefix be the default mapping rule's?
 * @dmr: prefix
 *
 * Return: 0; -ERANGE: the length is none of RFC 6052 section 2.2; -EINVAL: the
 * prefix has host bits, or bits 64 to 71 of a /96 are not zero.
 */
int nf_mapt_dmr_check(const struct nf_mapt_prefix6 *dmr)
{
	switch (dmr->len) {
	case 32:
	case 40:
	case 48:
	case 56:
	case 64:
	case 96:
		break;
	default:
		return -ERANGE;
	}
	if (!prefix6_canonical(dmr) || dmr->addr.s6_addr[8] ||
	    !prefix6_unicast(dmr))
		return -EINVAL;

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(nf_mapt_dmr_check);

/**
 * nf_mapt_dmr_addr6 - embed an IPv4 address in the DMR prefix
 * @table: rule table
 * @addr4: IPv4 address
 * @addr6: result
 *
 * RFC 6052 section 2.2: the address goes around bits 64 to 71, which are zero
 * as is everything behind it.
 */
void nf_mapt_dmr_addr6(const struct nf_mapt_table *table, __be32 addr4,
		       struct in6_addr *addr6)
{
	u32 addr = ntohl(addr4);
	u64 hi = table->dmr_hi, lo = table->dmr_lo;

	if (table->dmr_len == 96) {
		lo |= addr;
	} else {
		int in_hi = 64 - table->dmr_len;	/* 32, 24, 16, 8 or 0 */

		hi |= (u64)addr << in_hi >> 32;
		lo |= ((u64)addr << (24 + in_hi)) & (~0ULL >> 8);
	}
	put_unaligned_be64(hi, &addr6->s6_addr[0]);
	put_unaligned_be64(lo, &addr6->s6_addr[8]);
}
EXPORT_SYMBOL_IF_KUNIT(nf_mapt_dmr_addr6);

/**
 * nf_mapt_dmr_addr4 - IPv4 address that an address of the DMR prefix holds
 * @table: rule table
 * @addr6: IPv6 address
 *
 * Return: the IPv4 address. Bits 64 to 71 and those behind the address are
 * ignored (RFC 6052 sections 2.2 and 2.3).
 */
__be32 nf_mapt_dmr_addr4(const struct nf_mapt_table *table,
			 const struct in6_addr *addr6)
{
	u64 hi = addr6_hi(addr6), lo = addr6_lo(addr6);
	int in_hi;

	if (table->dmr_len == 96)
		return htonl((u32)lo);

	in_hi = 64 - table->dmr_len;

	return htonl((u32)(((hi & ((1ULL << in_hi) - 1)) << (32 - in_hi)) |
			   (lo & (~0ULL >> 8)) >> (24 + in_hi)));
}
EXPORT_SYMBOL_IF_KUNIT(nf_mapt_dmr_addr4);

/* RFC 7597 section 5.1: one address, one way to read its ports. */
static int rules_compatible(const struct nf_mapt_rule *x,
			    const struct nf_mapt_rule *y)
{
	if (x->n == y->n && x->hi == y->hi && x->lo == y->lo)
		return -EEXIST;
	if (x->r != y->r || x->prefix4 != y->prefix4)
		return 0;
	if (!rule_provisioned(x) || !rule_provisioned(y))
		return -EEXIST;
	if (x->a != y->a || x->psid_mask != y->psid_mask)
		return -EINVAL;

	return x->psid == y->psid ? -EEXIST : 0;
}

static u32 mask4(u8 len)
{
	return len ? ~0U << (32 - len) : 0;
}

static unsigned int slot4(const struct nf_mapt_table *table, u32 prefix)
{
	return hash_32(prefix, ilog2(NF_MAPT_SLOTS_MAX)) & table->slot_mask;
}

static unsigned int slot6(const struct nf_mapt_table *table, u64 hi, u64 lo)
{
	return hash_64(hi + lo * GOLDEN_RATIO_64, ilog2(NF_MAPT_SLOTS_MAX)) &
	       table->slot_mask;
}

/* Most addresses that no rule covers are found out by their first bits. */
static void add_common4(struct nf_mapt_table *table,
			const struct nf_mapt_rule *rule)
{
	if (rule == table->rules) {
		table->common4_mask = mask4(rule->r);
		table->common4 = rule->prefix4;
		return;
	}
	table->common4_mask &= mask4(rule->r) &
			       mask4(32 - fls(table->common4 ^ rule->prefix4));
	table->common4 &= table->common4_mask;
}

/* Longest first, each once. */
static void add_len(u8 *lens, u8 *num, u8 len)
{
	unsigned int i = *num;

	if (memchr(lens, len, *num))
		return;
	for (; i && lens[i - 1] < len; i--)
		lens[i] = lens[i - 1];
	lens[i] = len;
	++*num;
}

static bool in_dmr(const struct nf_mapt_table *table, u64 hi, u64 lo)
{
	if (table->dmr_len == 96)
		return hi == table->dmr_hi && lo >> 32 == table->dmr_lo >> 32;

	return !((hi ^ table->dmr_hi) >> (64 - table->dmr_len));
}

static void index_add(struct nf_mapt_table *table, unsigned int number)
{
	const struct nf_mapt_rule *rule = &table->rules[number];
	struct nf_mapt_index *index = table->index;
	unsigned int slot;

	add_len(index->lens4, &table->num_lens4, rule->r);
	slot = slot4(table, rule->prefix4);
	while (index->slots[slot].four)
		slot = (slot + 1) & table->slot_mask;
	index->slots[slot].four = number + 1;

	add_len(index->lens6, &table->num_lens6, rule->n);
	slot = slot6(table, rule->hi, rule->lo);
	while (index->slots[slot].six)
		slot = (slot + 1) & table->slot_mask;
	index->slots[slot].six = number + 1;
}

static void table_add(struct nf_mapt_table *table, unsigned int number)
{
	const struct nf_mapt_rule *rule = &table->rules[number];

	add_common4(table, rule);
	if (rule->n > table->dmr_len && in_dmr(table, rule->hi, rule->lo))
		table->dmr_has_rules = true;
	if (table->num > 1)
		index_add(table, number);
}

/**
 * nf_mapt_table_init - make a rule table
 * @table: result; @table->rules has space for @num rules, and if there are more
 *	than one @table->index points to an index
 * @dmr: default mapping rule
 * @fmr: forwarding mapping rules, in any order
 * @num: their number
 *
 * Return: 0; an error of nf_mapt_dmr_check() or nf_mapt_rule_init(); -E2BIG:
 * more than %NFT_MAPT_FMR_MAX rules; -EEXIST: two rules have the same IPv6
 * prefix, or the same IPv4 prefix and PSID; -EINVAL: two rules share an IPv4
 * address and read its ports differently.
 */
int nf_mapt_table_init(struct nf_mapt_table *table,
		       const struct nf_mapt_prefix6 *dmr,
		       const struct nf_mapt_rule_param *fmr, unsigned int num)
{
	unsigned int i, j;
	int err;

	err = nf_mapt_dmr_check(dmr);
	if (err)
		return err;
	if (num > NFT_MAPT_FMR_MAX)
		return -E2BIG;

	*table = (struct nf_mapt_table) {
		.rules = table->rules,
		.index = table->index,
	};
	if (num > 1)
		memset(table->index, 0, sizeof(*table->index));
	table->dmr_hi = addr6_hi(&dmr->addr);
	table->dmr_lo = addr6_lo(&dmr->addr);
	table->dmr_len = dmr->len;
	table->dmr_well_known = dmr->len == 96 && !table->dmr_lo &&
				table->dmr_hi == WELL_KNOWN_PREFIX_HI;
	table->num = num;
	table->slot_mask = num ? roundup_pow_of_two(2 * num) - 1 : 0;
	for (i = 0; i < num; i++) {
		err = nf_mapt_rule_init(&table->rules[i], &fmr[i]);
		if (err)
			return err;
		for (j = 0; j < i; j++) {
			err = rules_compatible(&table->rules[i],
					       &table->rules[j]);
			if (err)
				return err;
		}
		table_add(table, i);
	}

	return 0;
}
EXPORT_SYMBOL_GPL(nf_mapt_table_init);

/**
 * nf_mapt_table_dmr - the default mapping rule as it was configured
 * @table: rule table
 * @dmr: result
 */
void nf_mapt_table_dmr(const struct nf_mapt_table *table,
		       struct nf_mapt_prefix6 *dmr)
{
	put_unaligned_be64(table->dmr_hi, &dmr->addr.s6_addr[0]);
	put_unaligned_be64(table->dmr_lo, &dmr->addr.s6_addr[8]);
	dmr->len = table->dmr_len;
}
EXPORT_SYMBOL_GPL(nf_mapt_table_dmr);

static bool covers_port(const struct nf_mapt_rule *rule, u16 port)
{
	return !rule_provisioned(rule) ||
	       nf_mapt_rule_port_psid(rule, port) == rule->psid;
}

/**
 * nf_mapt_table_lookup4 - rule that an IPv4 address and port belong to
 * @table: rule table
 * @addr4: IPv4 address, host byte order
 * @port: port or ICMP identifier, host byte order
 *
 * The longest rule IPv4 prefix that covers the address. Rules with a
 * provisioned PSID cover the ports of that PSID only (RFC 7599 section 12.1).
 *
 * Return: the rule, or NULL if there is none.
 */
const struct nf_mapt_rule *
nf_mapt_table_lookup4(const struct nf_mapt_table *table, u32 addr4, u16 port)
{
	const struct nf_mapt_index *index = table->index;
	const struct nf_mapt_rule *rule = table->rules;
	unsigned int i, slot;
	u32 prefix;

	if ((addr4 ^ table->common4) & table->common4_mask)
		return NULL;
	if (table->num <= 1)
		return table->num && covers_port(rule, port) ? rule : NULL;

	for (i = 0; i < table->num_lens4; i++) {
		prefix = addr4 & mask4(index->lens4[i]);
		slot = slot4(table, prefix);
		for (; index->slots[slot].four; slot = (slot + 1) & table->slot_mask) {
			rule = &table->rules[index->slots[slot].four - 1];
			if (rule->prefix4 != prefix ||
			    rule->r != index->lens4[i])
				continue;
			if (covers_port(rule, port))
				return rule;
		}
	}

	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(nf_mapt_table_lookup4);

static bool covers6(const struct nf_mapt_rule *rule, u64 hi, u64 lo)
{
	if (rule->n > 64)
		return hi == rule->hi && !((lo ^ rule->lo) >> (128 - rule->n));

	return !rule->n || !((hi ^ rule->hi) >> (64 - rule->n));
}

/* The rule with the longest prefix that is longer than @min. */
static const struct nf_mapt_rule *
longest6(const struct nf_mapt_table *table, u64 hi, u64 lo, int min)
{
	const struct nf_mapt_index *index = table->index;
	const struct nf_mapt_rule *rule = table->rules;
	u64 prefix_hi, prefix_lo;
	unsigned int i, slot;
	int len;

	if (!table->num)
		return NULL;
	if (table->num == 1)
		return rule->n > min && covers6(rule, hi, lo) ? rule : NULL;

	for (i = 0; i < table->num_lens6; i++) {
		len = index->lens6[i];
		if (len <= min)
			break;
		prefix_hi = hi & head_mask(len);
		prefix_lo = lo & head_mask(len - 64);
		slot = slot6(table, prefix_hi, prefix_lo);
		for (; index->slots[slot].six; slot = (slot + 1) & table->slot_mask) {
			rule = &table->rules[index->slots[slot].six - 1];
			if (rule->hi == prefix_hi && rule->lo == prefix_lo &&
			    rule->n == len)
				return rule;
		}
	}

	return NULL;
}

/**
 * nf_mapt_table_lookup6 - rule that an IPv6 address belongs to
 * @table: rule table
 * @addr6: IPv6 address
 * @is_dmr: set to true if that is the default mapping rule, or else to false
 *
 * The longest prefix that covers the address, of all rules and the DMR.
 *
 * Return: the rule; NULL if it is the default mapping rule or there is none.
 */
const struct nf_mapt_rule *
nf_mapt_table_lookup6(const struct nf_mapt_table *table,
		      const struct in6_addr *addr6, bool *is_dmr)
{
	u64 hi = addr6_hi(addr6), lo = addr6_lo(addr6);
	const struct nf_mapt_rule *rule = NULL;
	bool dmr = in_dmr(table, hi, lo);

	if (!dmr || table->dmr_has_rules)
		rule = longest6(table, hi, lo, dmr ? table->dmr_len : -1);
	*is_dmr = dmr && !rule;

	return rule;
}
EXPORT_SYMBOL_IF_KUNIT(nf_mapt_table_lookup6);

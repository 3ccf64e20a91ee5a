// SPDX-License-Identifier: GPL-2.0
/*
 * What a statement must fulfil, in words. The letters are those of RFC 7597: a
 * rule has an IPv6 prefix of n bits, an IPv4 prefix of r bits, o EA bits, and
 * ports split into a (PSID offset), k (PSID length) and m = 16 - a - k bits.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mapt.h"

#define EA_LEN_MAX	48
#define PSID_OFFSET_MAX	15
#define PORT_BITS	16

/* Where the IPv4 address is in a MAP address, RFC 7597 section 6. */
#define IID_IPV4	80

const char mapt_too_many_fmrs[] =
	"more than 32 forwarding mapping rules in one statement: give each a chain of its own and send packets there by an interval verdict map, one for ip daddr and one for ip6 saddr (EXAMPLES in nft-mapt(8))";

static bool __attribute__((format(printf, 3, 4)))
fail(struct mapt_fault *fault, enum mapt_part part, const char *fmt, ...)
{
	va_list ap;

	fault->rule = MAPT_NO_RULE;
	fault->part = part;
	va_start(ap, fmt);
	vsnprintf(fault->msg, sizeof(fault->msg), fmt, ap);
	va_end(ap);
	return false;
}

/* @rule: MAPT_BMR or the index of an FMR */
static bool __attribute__((format(printf, 4, 5)))
fail_rule(struct mapt_fault *fault, int rule, enum mapt_rule_part part,
	  const char *fmt, ...)
{
	va_list ap;

	fault->rule = rule;
	fault->rule_part = part;
	fault->part = rule == MAPT_BMR ? PART_BMR : PART_FMR;
	va_start(ap, fmt);
	vsnprintf(fault->msg, sizeof(fault->msg), fmt, ap);
	va_end(ap);
	return false;
}

/* RFC 7598 4.5: a PSID is given for one address that has no EA bits. */
static bool check_psid(const struct mapt_rule *rule, int index,
		       struct mapt_fault *fault)
{
	if (!rule->psid_len || rule->psid_len > PORT_BITS)
		return fail_rule(fault, index, RULE_PSID,
				 "PSID length %u is not 1 to 16", rule->psid_len);
	if (rule->psid >> rule->psid_len)
		return fail_rule(fault, index, RULE_PSID,
				 "psid %u does not fit in %u bits: %u at most",
				 rule->psid, rule->psid_len,
				 (1U << rule->psid_len) - 1);
	if (rule->ea_len)
		return fail_rule(fault, index, RULE_PSID,
				 "psid is for rules without EA bits: ea-len must be 0, not %u (RFC 7598 4.5)",
				 rule->ea_len);
	if (rule->prefix4.len != 32)
		return fail_rule(fault, index, RULE_PREFIX4,
				 "psid is for one shared address: IPv4 prefix length must be 32, not %u (RFC 7598 4.5)",
				 rule->prefix4.len);
	return true;
}

static bool check_ports(const struct mapt_rule *rule, int index,
			struct mapt_fault *fault)
{
	unsigned int a = rule->psid_offset, k = mapt_rule_psid_len(rule);

	if (a > PSID_OFFSET_MAX)
		return fail_rule(fault, index, RULE_PSID_OFFSET,
				 "psid-offset %u is over %u", a, PSID_OFFSET_MAX);
	if (k > PORT_BITS)
		return fail_rule(fault, index, RULE_EA_LEN,
				 "PSID length %u (ea-len %u - (32 - %u)) is over 16: ea-len can be %u at most with an IPv4 prefix of this length",
				 k, rule->ea_len, rule->prefix4.len,
				 48 - rule->prefix4.len);
	if (a + k > PORT_BITS)
		return fail_rule(fault, index, RULE_PSID_OFFSET,
				 "psid-offset %u%s + PSID length %u is over 16: psid-offset can be %u at most",
				 a, a == MAPT_PSID_OFFSET ? " (the default)" : "",
				 k, PORT_BITS - k);
	return true;
}

/* What no packet is ever forwarded from or to; NULL where that may be. */
static const char *never_forwarded6(const struct mapt_prefix6 *prefix)
{
	const uint8_t *b = prefix->addr.s6_addr;

	if (prefix->len >= 8 && b[0] == 0xff)
		return "multicast (ff00::/8)";
	if (prefix->len >= 10 && b[0] == 0xfe && (b[1] & 0xc0) == 0x80)
		return "link-local (fe80::/10)";
	return NULL;
}

static const char *never_forwarded4(const struct mapt_prefix4 *prefix)
{
	uint32_t addr = prefix->addr;

	if (prefix->len >= 8 && !(addr >> 24))
		return "\"this network\" (0.0.0.0/8)";
	if (prefix->len >= 8 && addr >> 24 == 127)
		return "loopback (127.0.0.0/8)";
	if (prefix->len >= 16 && addr >> 16 == 0xa9fe)
		return "link-local (169.254.0.0/16)";
	if (prefix->len >= 3 && addr >> 29 == 7)
		return "multicast or reserved (224.0.0.0/3)";
	return NULL;
}

static bool check_unicast(const struct mapt_rule *rule, int index,
			  struct mapt_fault *fault)
{
	const char *what = never_forwarded6(&rule->prefix6);
	bool one = rule->prefix4.len == 32;

	if (what)
		return fail_rule(fault, index, RULE_PREFIX6,
				 "rule IPv6 prefix is %s, which no customer has: a global unicast prefix is right",
				 what);
	what = never_forwarded4(&rule->prefix4);
	if (what)
		return fail_rule(fault, index, RULE_PREFIX4,
				 "%s is %s, which no customer has: a unicast %s is right",
				 one ? "the address" : "rule IPv4 prefix", what,
				 one ? "address" : "prefix");
	return true;
}

static bool check_rule(const struct mapt_rule *rule, int index,
		       struct mapt_fault *fault)
{
	unsigned int n = rule->prefix6.len, r = rule->prefix4.len;

	if (!check_unicast(rule, index, fault))
		return false;

	if (rule->ea_len > EA_LEN_MAX)
		return fail_rule(fault, index, RULE_EA_LEN,
				 "ea-len %u is over %u", rule->ea_len, EA_LEN_MAX);
	if (rule->has_psid && !check_psid(rule, index, fault))
		return false;
	if (!check_ports(rule, index, fault))
		return false;
	if (n + rule->ea_len > 128)
		return fail_rule(fault, index, RULE_EA_LEN,
				 "rule IPv6 prefix length %u + ea-len %u is over 128",
				 n, rule->ea_len);
	/*
	 * The host part of an IPv4 prefix is only in the interface identifier
	 * (RFC 7597 erratum 5225); a longer IPv6 prefix would cover it.
	 */
	if (r + rule->ea_len < 32 && n > IID_IPV4 + r)
		return fail_rule(fault, index, RULE_PREFIX6,
				 "rule IPv6 prefix length %u + ea-len %u covers host bits of the IPv4 address in the interface identifier: the prefix length can be %u at most",
				 n, rule->ea_len, IID_IPV4 + r);
	return true;
}

/* A CE that has an IPv4 prefix has a MAP address for each host in it. */
static bool check_end_user_hosts(const struct mapt_stmt *stmt,
				 struct mapt_fault *fault)
{
	unsigned int bits = stmt->bmr.prefix4.len + stmt->bmr.ea_len;

	if (bits >= 32 || stmt->end_user.len <= IID_IPV4 + bits)
		return true;
	return fail(fault, PART_END_USER,
		    "end-user prefix length %u covers host bits of the CE's IPv4 prefix in the interface identifier: the length can be %u at most",
		    stmt->end_user.len, IID_IPV4 + bits);
}

static bool check_end_user(const struct mapt_stmt *stmt,
			   struct mapt_fault *fault)
{
	const struct mapt_prefix6 *end_user = &stmt->end_user;
	const struct mapt_rule *bmr = &stmt->bmr;
	unsigned int bits = bmr->prefix6.len + bmr->ea_len;
	struct mapt_prefix6 want = { .len = end_user->len };
	struct buf text = {};

	if (bits > end_user->len)
		return fail(fault, PART_END_USER,
			    "end-user prefix length %u is less than %u (rule IPv6 prefix length %u + ea-len %u): it cannot hold all EA bits",
			    end_user->len, bits, bmr->prefix6.len, bmr->ea_len);
	if (!mapt_prefix6_covers(&bmr->prefix6, &end_user->addr)) {
		mapt_print_prefix6(&bmr->prefix6, &text);
		fail(fault, PART_END_USER,
		     "end-user prefix is not in the rule IPv6 prefix %s",
		     text.data);
		buf_free(&text);
		return false;
	}

	mapt_address(bmr, end_user, &want.addr);
	if (mapt_prefix6_covers(&want, &end_user->addr))
		return check_end_user_hosts(stmt, fault);
	mapt_prefix6_mask(&want);
	mapt_print_prefix6(&want, &text);
	fail(fault, PART_END_USER,
	     "end-user prefix has bits after bit %u that the CE's MAP address has not (RFC 7597 5.2): %s is right",
	     bits, text.data);
	buf_free(&text);
	return false;
}

/* RFC 6052 section 2.2, which RFC 7599 section 5.3 refers to */
static bool check_dmr(const struct mapt_stmt *stmt, struct mapt_fault *fault)
{
	const char *what = never_forwarded6(&stmt->dmr);
	struct mapt_prefix6 want = stmt->dmr;
	struct buf text = {};

	if (what)
		return fail(fault, PART_DMR,
			    "DMR prefix is %s, which no packet can be routed to: a unicast prefix of the provider is right",
			    what);

	switch (stmt->dmr.len) {
	case 32:
	case 40:
	case 48:
	case 56:
	case 64:
	case 96:
		break;
	default:
		return fail(fault, PART_DMR,
			    "DMR prefix length %u is not 32, 40, 48, 56, 64 or 96 (RFC 6052 2.2)",
			    stmt->dmr.len);
	}

	if (!stmt->dmr.addr.s6_addr[8])
		return true;
	want.addr.s6_addr[8] = 0;
	mapt_print_prefix6(&want, &text);
	fail(fault, PART_DMR,
	     "bits 64 to 71 of the DMR prefix must be zero (RFC 6052 2.2): %s is right",
	     text.data);
	buf_free(&text);
	return false;
}

static bool check_fmr_pair(const struct mapt_stmt *stmt, unsigned int i,
			   unsigned int j, struct mapt_fault *fault)
{
	const struct mapt_rule *a = &stmt->fmr[i], *b = &stmt->fmr[j];

	if (a->prefix6.len == b->prefix6.len &&
	    mapt_prefix6_covers(&a->prefix6, &b->prefix6.addr))
		return fail_rule(fault, j, RULE_PREFIX6,
				 "forwarding mapping rules %u and %u have the same IPv6 prefix",
				 i + 1, j + 1);

	if (a->prefix4.len != b->prefix4.len ||
	    a->prefix4.addr != b->prefix4.addr)
		return true;
	if (mapt_rule_psid_len(a) != mapt_rule_psid_len(b))
		return fail_rule(fault, j, RULE_PREFIX4,
				 "forwarding mapping rules %u and %u share an IPv4 prefix and must have the same PSID length: %u and %u",
				 i + 1, j + 1, mapt_rule_psid_len(a),
				 mapt_rule_psid_len(b));
	if (a->psid_offset != b->psid_offset)
		return fail_rule(fault, j, RULE_PREFIX4,
				 "forwarding mapping rules %u and %u share an IPv4 prefix and must have the same psid-offset: %u and %u",
				 i + 1, j + 1, a->psid_offset, b->psid_offset);
	if (a->has_psid && b->has_psid && a->psid != b->psid)
		return true;
	return fail_rule(fault, j, RULE_PREFIX4,
			 "forwarding mapping rules %u and %u have the same IPv4 prefix%s",
			 i + 1, j + 1, a->has_psid && b->has_psid ?
			 " and PSID" : "");
}

static bool check_fmrs(const struct mapt_stmt *stmt, struct mapt_fault *fault)
{
	unsigned int i, j;

	for (j = 0; j < stmt->num_fmrs; j++) {
		if (!check_rule(&stmt->fmr[j], j, fault))
			return false;
		for (i = 0; i < j; i++) {
			if (!check_fmr_pair(stmt, i, j, fault))
				return false;
		}
	}
	return true;
}

static bool check_option(const struct mapt_option *option, int64_t value,
			 struct mapt_fault *fault)
{
	if (value == MAPT_DEFAULT)
		return true;
	if (option->type == OPTION_BYTE && value > 255)
		return fail(fault, option->part, "%s is over 255",
			    option->name);
	if (option->type == OPTION_NUMBER &&
	    (value < option->min || value > option->max))
		return fail(fault, option->part, "%s %lld is not %u to %u",
			    option->name, (long long)value, option->min,
			    option->max);
	if (option->type == OPTION_ADDR4 && !mapt_addr4_is_unicast(value))
		return fail(fault, option->part,
			    "%s must be a unicast address", option->name);
	if (option->type == OPTION_PORTS && !(value & 0xffff))
		return fail(fault, option->part,
			    "%s 0: nobody is given port 0", option->name);
	if (option->type == OPTION_PORTS && value >> 16 > (value & 0xffff))
		return fail(fault, option->part,
			    "%s %u-%u: the first port is above the last",
			    option->name, (unsigned int)(value >> 16),
			    (unsigned int)(value & 0xffff));
	return true;
}

static bool check_options(const struct mapt_stmt *stmt,
			  struct mapt_fault *fault)
{
	int part;

	for (part = PART_OPTIONS; part < PART_MAX; part++) {
		if (!check_option(mapt_option(part),
				  mapt_stmt_option(stmt, part), fault))
			return false;
	}
	return true;
}

/* Says whether @stmt can work; if not, @fault is the first reason. */
bool mapt_stmt_check(const struct mapt_stmt *stmt, struct mapt_fault *fault)
{
	if (stmt->op != NFT_MAPT_BR &&
	    (!check_rule(&stmt->bmr, MAPT_BMR, fault) ||
	     !check_end_user(stmt, fault)))
		return false;
	if (stmt->op != NFT_MAPT_NAPT &&
	    (!check_dmr(stmt, fault) || !check_fmrs(stmt, fault)))
		return false;
	return check_options(stmt, fault);
}

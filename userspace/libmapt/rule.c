// SPDX-License-Identifier: GPL-2.0
/*
 * What a mapping rule makes of addresses and ports: the kernel's own source,
 * net/netfilter/nf_mapt_rule.c, is compiled into this library.
 */
#include <string.h>

#include "arith.h"

/* k: the length of the PSID, provisioned or embedded after the address bits. */
unsigned int mapt_rule_psid_len(const struct mapt_rule *rule)
{
	unsigned int bits = rule->ea_len + rule->prefix4.len;

	if (rule->has_psid)
		return rule->psid_len;
	return bits > 32 ? bits - 32 : 0;
}

/**
 * mapt_rule_param - a rule as the kernel's arithmetic takes it
 * @rule: mapping rule
 * @param: result
 */
void mapt_rule_param(const struct mapt_rule *rule,
		     struct nf_mapt_rule_param *param)
{
	memset(param, 0, sizeof(*param));
	param->prefix6.addr = rule->prefix6.addr;
	param->prefix6.len = rule->prefix6.len;
	param->prefix4 = htonl(rule->prefix4.addr);
	param->prefix4_len = rule->prefix4.len;
	param->ea_len = rule->ea_len;
	param->psid_offset = rule->psid_offset;
	if (rule->has_psid) {
		param->psid_len = rule->psid_len;
		param->psid = rule->psid;
	}
}

/**
 * mapt_ce - what a CE derives from its rule
 * @rule: basic mapping rule; mapt_stmt_check() has passed it
 * @end_user: end-user IPv6 prefix
 * @ce: result
 *
 * Only the EA bits of @end_user count, not what is behind them.
 *
 * Return: true; false if there is no such CE.
 */
bool mapt_ce(const struct mapt_rule *rule, const struct mapt_prefix6 *end_user,
	     struct nf_mapt_ce *ce)
{
	struct mapt_prefix6 ea = {
		.addr = end_user->addr,
		.len = rule->prefix6.len + rule->ea_len,
	};
	struct nf_mapt_rule_param param;
	struct nf_mapt_prefix6 prefix;

	if (ea.len > end_user->len)
		return false;
	mapt_prefix6_mask(&ea);
	prefix.addr = ea.addr;
	prefix.len = ea.len;
	mapt_rule_param(rule, &param);
	return !nf_mapt_ce_init(ce, &param, &prefix);
}

/**
 * mapt_address - MAP address of a CE
 * @rule: basic mapping rule; mapt_stmt_check() has passed it
 * @end_user: end-user IPv6 prefix
 * @addr: result; all zero if there is no such CE
 */
void mapt_address(const struct mapt_rule *rule,
		  const struct mapt_prefix6 *end_user, struct in6_addr *addr)
{
	struct nf_mapt_ce ce;

	if (mapt_ce(rule, end_user, &ce))
		*addr = ce.addr6;
	else
		memset(addr, 0, sizeof(*addr));
}

// SPDX-License-Identifier: GPL-2.0
/* What a mapping rule gives to its customers. */
#include "tool.h"

/* What a rule gives, whoever its customers are. */
struct rule_facts {
	struct nf_mapt_port_set	set;
	unsigned int		customer_bits;	/* 2^bits end-user prefixes */
	unsigned int		address_bits;	/* IPv4 addresses */
	unsigned int		prefix_len;	/* of an end-user prefix */
	unsigned int		prefix4_len;	/* that a customer has */
};

static void rule_facts(const struct mapt_rule *rule, struct rule_facts *facts)
{
	unsigned int k = mapt_rule_psid_len(rule);

	nf_mapt_port_set_init(&facts->set, rule->psid_offset, k, 0);
	facts->customer_bits = rule->ea_len;
	facts->address_bits = 32 - rule->prefix4.len;
	facts->prefix_len = rule->prefix6.len + rule->ea_len;
	facts->prefix4_len = rule->prefix4.len + rule->ea_len > 32 ?
			     32 : rule->prefix4.len + rule->ea_len;
}

/* A rule, its customers and their ports, in words. */
void rule_text(const struct mapt_rule *rule, struct buf *out)
{
	struct rule_facts facts;

	rule_facts(rule, &facts);
	buf_adds(out, "  rule             ");
	mapt_print_rule(rule, out);
	buf_printf(out, "\n  customers        %llu, end-user prefixes of length %u\n",
		   1ULL << facts.customer_bits, facts.prefix_len);
	buf_printf(out, "  IPv4 addresses   %llu, ",
		   1ULL << facts.address_bits);
	if (facts.set.k)
		buf_printf(out, "each shared by %u\n", 1U << facts.set.k);
	else if (facts.prefix4_len < 32)
		buf_printf(out, "a /%u for each customer\n", facts.prefix4_len);
	else
		buf_adds(out, "not shared\n");
	buf_printf(out, "  ports            %u for each customer, in %u range%s of %u\n",
		   facts.set.size, facts.set.ranges,
		   facts.set.ranges == 1 ? "" : "s", 1U << facts.set.m);
	if (facts.set.a)
		buf_printf(out, "  nobody's ports   0-%u\n",
			   (1U << (16 - facts.set.a)) - 1);
}

/* The same as an object, which the caller owns. */
json_t *rule_json(const struct mapt_rule *rule)
{
	struct rule_facts facts;
	struct buf text = {};
	json_t *obj;

	rule_facts(rule, &facts);
	obj = json_pack("{s:I, s:i, s:I, s:i, s:i, s:i, s:i, s:i}",
			"customers", (json_int_t)1 << facts.customer_bits,
			"end-user-len", (int)facts.prefix_len,
			"addresses", (json_int_t)1 << facts.address_bits,
			"address-len", (int)facts.prefix4_len,
			"sharing-ratio", 1 << facts.set.k,
			"num-ports", (int)facts.set.size,
			"ranges", (int)facts.set.ranges,
			"excluded-ports",
			facts.set.a ? 1 << (16 - facts.set.a) : 0);
	mapt_print_rule(rule, &text);
	json_object_set_new(obj, "rule", json_string(text.data));
	buf_free(&text);
	return obj;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Longest match over any number of mapping rules. What a rule then makes of an
 * address is the kernel's arithmetic.
 */
#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "tool.h"

static const struct mapt_prefix6 some_dmr = {
	.addr.s6_addr = { 0x00, 0x64, 0xff, 0x9b },
	.len = 96,
};

static bool add_entry(struct lookup *lookup, const struct mapt_rule *rule,
		      const struct found *found)
{
	const struct mapt_prefix6 *dmr =
		found->stmt.op == NFT_MAPT_NAPT ? &some_dmr : &found->stmt.dmr;
	struct entry *entry = &lookup->entries[lookup->num];
	struct nf_mapt_rule_param param;
	struct nf_mapt_prefix6 prefix = {
		.addr = dmr->addr,
		.len = dmr->len,
	};

	/* napt to has no rule IPv6 prefix, and no customers but this router */
	if (mapt_stmt_is_to(&found->stmt) && rule == &found->stmt.bmr)
		return false;
	entry->rule = rule;
	entry->found = found;
	entry->table.rules = &entry->kernel;
	mapt_rule_param(rule, &param);
	if (nf_mapt_table_init(&entry->table, &prefix, &param, 1))
		return false;
	lookup->num++;
	return true;
}

static void add_dmr(struct lookup *lookup, const struct mapt_prefix6 *dmr)
{
	size_t i;

	for (i = 0; i < lookup->num_dmrs; i++) {
		if (lookup->dmrs[i].len == dmr->len &&
		    mapt_prefix6_covers(dmr, &lookup->dmrs[i].addr))
			return;
	}
	lookup->dmrs = xrealloc(lookup->dmrs,
				(lookup->num_dmrs + 1) * sizeof(*dmr));
	lookup->dmrs[lookup->num_dmrs++] = *dmr;
}

static int compare4(const void *a, const void *b)
{
	const struct entry *x = *(const struct entry * const *)a;
	const struct entry *y = *(const struct entry * const *)b;

	if (x->kernel.r != y->kernel.r)
		return x->kernel.r < y->kernel.r ? 1 : -1;
	if (x->kernel.prefix4 != y->kernel.prefix4)
		return x->kernel.prefix4 < y->kernel.prefix4 ? -1 : 1;
	return x < y ? -1 : x > y;
}

static int compare6(const void *a, const void *b)
{
	const struct entry *x = *(const struct entry * const *)a;
	const struct entry *y = *(const struct entry * const *)b;
	int diff;

	if (x->kernel.n != y->kernel.n)
		return x->kernel.n < y->kernel.n ? 1 : -1;
	diff = memcmp(&x->rule->prefix6.addr, &y->rule->prefix6.addr, 16);
	return diff ? diff : x < y ? -1 : x > y;
}

static unsigned int split(struct entry **by, size_t num, bool six,
			  struct length *lens)
{
	unsigned int num_lens = 0, len;
	size_t i;

	for (i = 0; i < num; i++) {
		len = six ? by[i]->kernel.n : by[i]->kernel.r;
		if (!num_lens || lens[num_lens - 1].len != len)
			lens[num_lens++] = (struct length){ len, i, 0 };
		lens[num_lens - 1].num++;
	}
	return num_lens;
}

/**
 * lookup_init - make rules ready to be searched
 * @lookup: result
 * @list: statements, which must stay as long as @lookup
 */
void lookup_init(struct lookup *lookup, const struct found_list *list)
{
	const struct mapt_stmt *stmt;
	size_t i, max = 0;
	unsigned int j;

	memset(lookup, 0, sizeof(*lookup));
	for (i = 0; i < list->num; i++)
		max += 1 + list->list[i].stmt.num_fmrs;
	lookup->entries = xcalloc(max, sizeof(*lookup->entries));
	for (i = 0; i < list->num; i++) {
		stmt = &list->list[i].stmt;
		if (stmt->op != NFT_MAPT_BR)
			add_entry(lookup, &stmt->bmr, &list->list[i]);
		for (j = 0; j < stmt->num_fmrs; j++)
			add_entry(lookup, &stmt->fmr[j], &list->list[i]);
		if (stmt->op != NFT_MAPT_NAPT)
			add_dmr(lookup, &stmt->dmr);
	}
	lookup->by4 = xcalloc(lookup->num, sizeof(*lookup->by4));
	lookup->by6 = xcalloc(lookup->num, sizeof(*lookup->by6));
	for (i = 0; i < lookup->num; i++) {
		lookup->by4[i] = &lookup->entries[i];
		lookup->by6[i] = &lookup->entries[i];
	}
	qsort(lookup->by4, lookup->num, sizeof(*lookup->by4), compare4);
	qsort(lookup->by6, lookup->num, sizeof(*lookup->by6), compare6);
	lookup->num_lens4 = split(lookup->by4, lookup->num, false,
				  lookup->lens4);
	lookup->num_lens6 = split(lookup->by6, lookup->num, true,
				  lookup->lens6);
}

void lookup_free(struct lookup *lookup)
{
	free(lookup->entries);
	free(lookup->by4);
	free(lookup->by6);
	free(lookup->dmrs);
}

/* The first entry of a length whose prefix is not below @prefix. */
static size_t lower4(const struct lookup *lookup, const struct length *length,
		     uint32_t prefix)
{
	size_t low = length->first, high = length->first + length->num, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (lookup->by4[mid]->kernel.prefix4 < prefix)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static size_t lower6(const struct lookup *lookup, const struct length *length,
		     const struct in6_addr *prefix)
{
	size_t low = length->first, high = length->first + length->num, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (memcmp(&lookup->by6[mid]->rule->prefix6.addr, prefix,
			   sizeof(*prefix)) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Rules with a provisioned PSID share a prefix: the port tells which. */
static const struct entry *find4(const struct lookup *lookup, uint32_t addr4,
				 uint16_t port, bool *other_port)
{
	const struct length *length;
	struct mapt_prefix4 prefix;
	struct entry *entry;
	unsigned int i;
	size_t pos;

	*other_port = false;
	for (i = 0; i < lookup->num_lens4; i++) {
		length = &lookup->lens4[i];
		prefix.addr = addr4;
		prefix.len = length->len;
		mapt_prefix4_mask(&prefix);
		pos = lower4(lookup, length, prefix.addr);
		for (; pos < length->first + length->num; pos++) {
			entry = lookup->by4[pos];
			if (entry->kernel.prefix4 != prefix.addr)
				break;
			if (nf_mapt_table_lookup4(&entry->table, addr4, port))
				return entry;
			*other_port = true;
		}
	}
	return NULL;
}

static void found_customer(struct who *who)
{
	const struct nf_mapt_rule *rule = &who->entry->kernel;

	nf_mapt_rule_addr6(rule, who->addr4, who->psid, &who->addr6);
	who->end_user.addr = who->addr6;
	who->end_user.len = who->entry->rule->prefix6.len +
			    who->entry->rule->ea_len;
	mapt_prefix6_mask(&who->end_user);
}

/**
 * lookup_addr4 - whose an IPv4 address and a port are
 * @lookup: rules
 * @addr4: address, host byte order
 * @port: port or ICMP identifier, or NO_PORT
 * @who: result
 */
void lookup_addr4(const struct lookup *lookup, uint32_t addr4, int port,
		  struct who *who)
{
	const struct nf_mapt_rule *rule;
	uint16_t known = port == NO_PORT ? 0 : port;
	bool other_port;

	memset(who, 0, sizeof(*who));
	who->verdict = WHO_NOBODY;
	who->addr4 = addr4;
	who->entry = find4(lookup, addr4, known, &other_port);
	rule = who->entry ? &who->entry->kernel : NULL;
	if (port == NO_PORT &&
	    (other_port || (rule && nf_mapt_rule_shared(rule)))) {
		who->verdict = WHO_PORT;
	} else if (rule && nf_mapt_rule_port_excluded(rule, known)) {
		who->verdict = WHO_EXCLUDED;
	} else if (rule) {
		who->verdict = WHO_CUSTOMER;
		who->psid = nf_mapt_rule_port_psid(rule, known);
		found_customer(who);
	}
}

static const struct entry *find6(const struct lookup *lookup,
				 const struct in6_addr *addr6)
{
	const struct length *length;
	struct mapt_prefix6 prefix;
	unsigned int i;
	size_t pos;

	for (i = 0; i < lookup->num_lens6; i++) {
		length = &lookup->lens6[i];
		prefix.addr = *addr6;
		prefix.len = length->len;
		mapt_prefix6_mask(&prefix);
		pos = lower6(lookup, length, &prefix.addr);
		if (pos < length->first + length->num &&
		    !memcmp(&lookup->by6[pos]->rule->prefix6.addr,
			    &prefix.addr, sizeof(prefix.addr)))
			return lookup->by6[pos];
	}
	return NULL;
}

/* The default mapping rule, where it is the longest prefix. */
static bool in_dmr(const struct lookup *lookup, const struct in6_addr *addr6,
		   struct who *who)
{
	const struct mapt_prefix6 *dmr;
	struct nf_mapt_table table = {};
	struct nf_mapt_prefix6 prefix;
	size_t i;

	for (i = 0; i < lookup->num_dmrs; i++) {
		dmr = &lookup->dmrs[i];
		if (!mapt_prefix6_covers(dmr, addr6) ||
		    (who->entry && who->entry->rule->prefix6.len > dmr->len))
			continue;
		prefix.addr = dmr->addr;
		prefix.len = dmr->len;
		if (nf_mapt_table_init(&table, &prefix, NULL, 0))
			continue;
		who->verdict = WHO_INTERNET;
		who->addr4 = ntohl(nf_mapt_dmr_addr4(&table, addr6));
		return true;
	}
	return false;
}

/**
 * lookup_addr6 - whose an IPv6 address is
 * @lookup: rules
 * @addr6: address
 * @who: result
 */
void lookup_addr6(const struct lookup *lookup, const struct in6_addr *addr6,
		  struct who *who)
{
	struct nf_mapt_prefix6 end_user;
	struct nf_mapt_ce ce;
	struct nf_mapt_rule_param param;

	memset(who, 0, sizeof(*who));
	who->verdict = WHO_NOBODY;
	who->entry = find6(lookup, addr6);
	if (in_dmr(lookup, addr6, who) || !who->entry)
		return;

	who->verdict = WHO_CUSTOMER;
	if (!nf_mapt_rule_addr4(&who->entry->kernel, addr6, &who->addr4,
				&who->psid)) {
		who->verdict = WHO_INSIDE;
		end_user.len = who->entry->rule->prefix6.len +
			       who->entry->rule->ea_len;
		who->end_user.addr = *addr6;
		who->end_user.len = end_user.len;
		mapt_prefix6_mask(&who->end_user);
		end_user.addr = who->end_user.addr;
		mapt_rule_param(who->entry->rule, &param);
		if (nf_mapt_ce_init(&ce, &param, &end_user)) {
			who->verdict = WHO_NOBODY;
			return;
		}
		who->addr4 = ce.addr4;
		who->psid = ce.psid;
	}
	found_customer(who);
}

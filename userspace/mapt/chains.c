// SPDX-License-Identifier: GPL-2.0
/* From which base chains a statement is reached, and whether it works there. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "tool.h"

#define DEPTH_MAX	16	/* as many jumps as the kernel lets a packet make */

struct walk {
	const struct report	*report;
	const struct found	*found;
	base_fn			fn;
	void			*data;
	unsigned int		num;
	unsigned int		left;	/* steps, so that a ruleset can't keep us */
};

static bool same_table(const struct found *found, unsigned int family,
		       const char *table)
{
	return found->family == family && !strcmp(found->table, table);
}

static void walk_up(struct walk *walk, const char *chain, unsigned int depth)
{
	const struct report *report = walk->report;
	const struct base_chain *base;
	const struct jump *jump;
	bool direct = false;
	size_t i;

	for (i = 0; i < report->chains.num; i++) {
		base = &report->chains.list[i];
		if (!same_table(walk->found, base->family, base->table) ||
		    strcmp(base->name, chain))
			continue;
		walk->num++;
		if (walk->fn)
			walk->fn(base, walk->data);
		return;
	}
	for (i = 0; i < report->found.num_jumps && depth; i++) {
		jump = &report->found.jumps[i];
		if (!walk->left || !walk->left--)
			return;
		if (!same_table(walk->found, jump->family, jump->table) ||
		    strcmp(jump->to, chain))
			continue;
		direct = true;
		walk_up(walk, jump->from, depth - 1);
	}
	/* Nothing names the chain: then a verdict map of its table may. */
	for (i = 0; i < report->found.num_jumps && depth && !direct; i++) {
		jump = &report->found.jumps[i];
		if (same_table(walk->found, jump->family, jump->table) &&
		    !*jump->to && strcmp(jump->from, chain))
			walk_up(walk, jump->from, depth - 1);
	}
}

/**
 * bases_of - base chains that a statement is reached from
 * @report: what is loaded
 * @found: the statement
 * @fn: called for each base chain, perhaps more than once; may be NULL
 * @data: for @fn
 *
 * Return: how many.
 */
unsigned int bases_of(const struct report *report, const struct found *found,
		      base_fn fn, void *data)
{
	struct walk walk = {
		.report	= report,
		.found	= found,
		.fn	= fn,
		.data	= data,
		.left	= 1000000,
	};

	walk_up(&walk, found->chain, DEPTH_MAX);
	return walk.num;
}

/* Whether a chain's hook has packets of this family, NFPROTO_IPV4 or IPV6. */
bool chain_sees(const struct base_chain *chain, unsigned int family)
{
	return chain->family == family || chain->family == NFPROTO_INET;
}

struct wanted {
	const char	*type;
	unsigned int	hook;
	unsigned int	family;
	bool		any;
};

static void match_base(const struct base_chain *chain, void *data)
{
	struct wanted *wanted = data;

	if (!strcmp(chain->type, wanted->type) &&
	    chain->hook == wanted->hook && chain_sees(chain, wanted->family))
		wanted->any = true;
}

/* Whether a statement is reached from a base chain of this kind. */
bool has_base(const struct report *report, const struct found *found,
	      const char *type, unsigned int hook, unsigned int family)
{
	struct wanted wanted = {
		.type	= type,
		.hook	= hook,
		.family	= family,
	};

	bases_of(report, found, match_base, &wanted);
	return wanted.any;
}

struct placing {
	struct report		*report;
	const struct found	*found;
};

/* A jump from another base chain escapes what the kernel checks at load. */
static void check_place(const struct base_chain *chain, void *data)
{
	const struct placing *placing = data;

	/* At ingress the statement only takes what is easy. */
	if (chain->family == NFPROTO_NETDEV ||
	    (chain->hook != NF_INET_PRE_ROUTING &&
	     chain->hook != NF_INET_LOCAL_OUT))
		return;
	if (chain->priority > -400 && chain->priority < -200)
		return;
	finding(placing->report, LEVEL_FAULT, "ruleset",
		"chain %s %s %s has priority %d: mapt %s is reached from there, and works between -400 and -200 only; such packets are dropped as misplaced",
		family_name(chain->family), chain->table, chain->name,
		chain->priority, mapt_op_name[placing->found->stmt.op]);
	fix(placing->report, "nft-mapt -a list chain %s %s %s    # give it priority raw",
	    family_name(chain->family), chain->table, chain->name);
}

/**
 * check_priorities - is a statement where it can work?
 * @report: findings are added here
 * @found: the statement
 */
void check_priorities(struct report *report, const struct found *found)
{
	struct placing placing = { report, found };
	struct buf where = {};

	if (bases_of(report, found, found->stmt.op == NFT_MAPT_NAPT ?
		     NULL : check_place, &placing))
		return;
	rule_where(found, &where);
	finding(report, LEVEL_FAULT, "ruleset",
		"no base chain leads to mapt %s in %s",
		mapt_op_name[found->stmt.op], where.data);
	buf_free(&where);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * One statement takes 32 rules. More of them are reached by verdict maps: each
 * rule has a chain, and a map of each family sends packets there. Rules that
 * lie in each other share a chain, since a map cannot say which is the longest.
 */
#include <stdlib.h>
#include <string.h>

#include "regions.h"
#include "tool.h"

struct region_rule *regions_add(struct regions *regions)
{
	if (!(regions->num & (regions->num - 1)))
		regions->list = xrealloc(regions->list,
					 (regions->num ? regions->num * 2 : 1) *
					 sizeof(*regions->list));
	memset(&regions->list[regions->num], 0, sizeof(*regions->list));
	return &regions->list[regions->num++];
}

void regions_free(struct regions *regions)
{
	free(regions->list);
	memset(regions, 0, sizeof(*regions));
}

/*
 * @group: the rule that stands for a rule's chain; @head: of such a rule, the
 * one that gives the chain its name; @outer4, @outer6: its prefix lies in that
 * of no other rule.
 */
struct plan {
	const struct regions	*regions;
	const char		*file;
	size_t			*by4;
	size_t			*by6;
	size_t			*group;
	size_t			*head;
	bool			*outer4;
	bool			*outer6;
	size_t			*members;	/* sorted by group */
};

static const struct region_rule *rule_of(const struct plan *plan, size_t i)
{
	return &plan->regions->list[i];
}

static bool refuse(const struct plan *plan, size_t i, const char *msg)
{
	const struct region_rule *rule = rule_of(plan, i);
	struct buf text = {};

	mapt_print_rule(&rule->rule, &text);
	if (rule->line)
		usage("%s:%u: %s: %s", plan->file, rule->line, text.data, msg);
	else
		usage("%s: %s: %s", plan->file, text.data, msg);
	buf_free(&text);
	return false;
}

static bool same_prefix6(const struct mapt_prefix6 *a,
			 const struct mapt_prefix6 *b)
{
	return a->len == b->len && mapt_prefix6_covers(a, &b->addr);
}

/* --- groups ------------------------------------------------------------- */

static const struct regions *sorting;

static int compare4(const void *a, const void *b)
{
	const struct mapt_prefix4 *x, *y;

	x = &sorting->list[*(const size_t *)a].rule.prefix4;
	y = &sorting->list[*(const size_t *)b].rule.prefix4;
	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return (x->len > y->len) - (x->len < y->len);
}

static int compare6(const void *a, const void *b)
{
	const struct mapt_prefix6 *x, *y;
	int diff;

	x = &sorting->list[*(const size_t *)a].rule.prefix6;
	y = &sorting->list[*(const size_t *)b].rule.prefix6;
	diff = memcmp(&x->addr, &y->addr, sizeof(x->addr));
	return diff ? diff : (x->len > y->len) - (x->len < y->len);
}

static size_t root(const struct plan *plan, size_t i)
{
	while (plan->group[i] != i) {
		plan->group[i] = plan->group[plan->group[i]];
		i = plan->group[i];
	}
	return i;
}

static void join(const struct plan *plan, size_t i, size_t j)
{
	i = root(plan, i);
	j = root(plan, j);
	if (i < j)
		plan->group[j] = i;
	else
		plan->group[i] = j;
}

static bool lies_in4(const struct mapt_rule *rule, const struct mapt_rule *in)
{
	struct mapt_prefix4 prefix = {
		.addr = rule->prefix4.addr,
		.len = in->prefix4.len,
	};

	mapt_prefix4_mask(&prefix);
	return rule->prefix4.len >= in->prefix4.len &&
	       prefix.addr == in->prefix4.addr;
}

static bool lies_in6(const struct mapt_rule *rule, const struct mapt_rule *in)
{
	return rule->prefix6.len >= in->prefix6.len &&
	       mapt_prefix6_covers(&in->prefix6, &rule->prefix6.addr);
}

/* Sorted, all that lies in a prefix comes right behind it. */
static void group_rules(struct plan *plan)
{
	size_t i, num = plan->regions->num, outer4 = 0, outer6 = 0;

	for (i = 0; i < num; i++) {
		plan->by4[i] = i;
		plan->by6[i] = i;
		plan->group[i] = i;
	}
	sorting = plan->regions;
	qsort(plan->by4, num, sizeof(*plan->by4), compare4);
	qsort(plan->by6, num, sizeof(*plan->by6), compare6);
	for (i = 0; i < num; i++) {
		if (i && lies_in4(&rule_of(plan, plan->by4[i])->rule,
				  &rule_of(plan, outer4)->rule)) {
			join(plan, plan->by4[i], outer4);
		} else {
			outer4 = plan->by4[i];
			plan->outer4[outer4] = true;
		}
		if (i && lies_in6(&rule_of(plan, plan->by6[i])->rule,
				  &rule_of(plan, outer6)->rule)) {
			join(plan, plan->by6[i], outer6);
		} else {
			outer6 = plan->by6[i];
			plan->outer6[outer6] = true;
		}
	}
	for (i = num; i--;) {
		plan->group[plan->by6[i]] = root(plan, plan->by6[i]);
		plan->head[plan->group[plan->by6[i]]] = plan->by6[i];
	}
}

static const struct plan *members_of;

static int compare_members(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	size_t gx = members_of->group[x], gy = members_of->group[y];

	if (gx != gy)
		return gx < gy ? -1 : 1;
	return (x > y) - (x < y);
}

static void sort_members(struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->regions->num; i++)
		plan->members[i] = i;
	members_of = plan;
	qsort(plan->members, plan->regions->num, sizeof(*plan->members),
	      compare_members);
}

/* --- statements --------------------------------------------------------- */

/* The statement of members @first to @last - 1. */
static bool make_stmt(const struct plan *plan, size_t first, size_t last,
		      struct mapt_stmt *stmt)
{
	const struct region_rule *head = rule_of(plan, plan->members[first]);
	const struct region_rule *one;
	struct mapt_fault fault;
	size_t i;

	if (last - first > NFT_MAPT_FMR_MAX)
		return refuse(plan, plan->members[first],
			      "more than 32 rules lie in each other or share addresses, which one statement cannot hold");
	mapt_stmt_init(stmt, NFT_MAPT_BR);
	stmt->dmr = head->dmr;
	for (i = first; i < last; i++) {
		one = rule_of(plan, plan->members[i]);
		if (!same_prefix6(&one->dmr, &head->dmr))
			return refuse(plan, plan->members[i],
				      "another default mapping rule than that of a rule that it lies in");
		stmt->fmr[stmt->num_fmrs++] = one->rule;
	}
	if (mapt_stmt_check(stmt, &fault))
		return true;
	return refuse(plan, plan->members[first +
					  (fault.rule >= 0 ? fault.rule : 0)],
		      fault.msg);
}

static size_t group_end(const struct plan *plan, size_t first)
{
	size_t i = first;

	while (i < plan->regions->num &&
	       plan->group[plan->members[i]] ==
	       plan->group[plan->members[first]])
		i++;
	return i;
}

/*
 * A chain has the same name whatever else is in the file: the one that was
 * given, or its first IPv6 prefix, as in r20010db800ce00_51.
 */
static void chain_name(const struct plan *plan, size_t group, struct buf *out)
{
	const struct region_rule *rule = rule_of(plan, plan->head[group]);
	const struct mapt_prefix6 *prefix = &rule->rule.prefix6;
	unsigned int i;

	if (*rule->name) {
		buf_adds(out, rule->name);
		return;
	}
	buf_adds(out, "r");
	for (i = 0; i < (prefix->len + 7) / 8; i++)
		buf_printf(out, "%02x", prefix->addr.s6_addr[i]);
	buf_printf(out, "_%u", prefix->len);
}

/* --- maps --------------------------------------------------------------- */

/* How packets are told apart: by masked bits, or by intervals. */
struct form {
	bool		exact;
	unsigned int	len4;		/* of all IPv4 prefixes */
	unsigned int	start;		/* first of 32 bits of IPv6 sources */
	uint32_t	mask;
};

static unsigned int bit(const struct in6_addr *addr, unsigned int pos)
{
	return addr->s6_addr[pos / 8] >> (7 - pos % 8) & 1;
}

/* The first bit in which some rule's prefix differs from @first's. */
static unsigned int first_difference(const struct plan *plan, size_t first)
{
	const struct in6_addr *a = &rule_of(plan, first)->rule.prefix6.addr;
	const struct in6_addr *b;
	unsigned int pos, min = 128;
	size_t i;

	for (i = 0; i < plan->regions->num; i++) {
		if (!plan->outer6[i])
			continue;
		b = &rule_of(plan, i)->rule.prefix6.addr;
		for (pos = 0; pos < min && bit(a, pos) == bit(b, pos); pos++)
			;
		if (pos < min)
			min = pos;
	}
	return min;
}

/*
 * Hash maps are faster, and can be where all prefixes of a family are of one
 * length and 32 bits of the IPv6 source tell rules apart.
 */
static void find_form(const struct plan *plan, struct form *form)
{
	size_t i, first4 = plan->by4[0], first6 = plan->by6[0];
	unsigned int len6 = rule_of(plan, first6)->rule.prefix6.len, end;

	form->len4 = rule_of(plan, first4)->rule.prefix4.len;
	form->exact = false;
	for (i = 0; i < plan->regions->num; i++) {
		if ((plan->outer4[i] &&
		     rule_of(plan, i)->rule.prefix4.len != form->len4) ||
		    (plan->outer6[i] &&
		     rule_of(plan, i)->rule.prefix6.len != len6))
			return;
	}
	end = (len6 + 7) / 8 * 8;
	form->start = end > 32 ? end - 32 : 0;
	if (first_difference(plan, first6) < form->start)
		return;
	form->mask = len6 - form->start >= 32 ? ~0U :
		     ~(~0U >> (len6 - form->start));
	form->exact = len6 && form->len4;
}

static uint32_t window(const struct in6_addr *addr, unsigned int start)
{
	const uint8_t *byte = &addr->s6_addr[start / 8];

	return (uint32_t)byte[0] << 24 | byte[1] << 16 | byte[2] << 8 |
	       byte[3];
}

static void print_key(const struct plan *plan, const struct form *form,
		      size_t i, bool six, struct buf *out)
{
	const struct mapt_rule *rule = &rule_of(plan, i)->rule;

	if (six && form->exact)
		buf_printf(out, "0x%08x",
			   window(&rule->prefix6.addr, form->start));
	else if (six)
		mapt_print_prefix6(&rule->prefix6, out);
	else if (form->exact)
		mapt_print_addr4(rule->prefix4.addr, out);
	else
		mapt_print_prefix4(&rule->prefix4, out);
}

/* --- what the ruleset consists of --------------------------------------- */

/* A chain and its statement, or a key of a map and the chain that it leads to. */
struct item {
	char	*key;
	char	*value;
};

struct items {
	struct item	*list;
	size_t		num;
};

struct layout {
	struct form	form;
	size_t		rules;
	struct items	chains;
	struct items	four;
	struct items	six;
};

/* Takes both over. */
static void add_item(struct items *items, struct buf *key, struct buf *value)
{
	if (!(items->num & (items->num - 1)))
		items->list = xrealloc(items->list,
				       (items->num ? items->num * 2 : 1) *
				       sizeof(*items->list));
	items->list[items->num++] = (struct item){ key->data, value->data };
}

static void items_free(struct items *items)
{
	while (items->num--) {
		free(items->list[items->num].key);
		free(items->list[items->num].value);
	}
	free(items->list);
}

static void layout_free(struct layout *layout)
{
	items_free(&layout->chains);
	items_free(&layout->four);
	items_free(&layout->six);
}

static bool add_chains(const struct plan *plan, struct items *chains)
{
	struct mapt_stmt stmt;
	size_t first, last;

	for (first = 0; first < plan->regions->num; first = last) {
		struct buf key = {}, value = {};

		last = group_end(plan, first);
		if (!make_stmt(plan, first, last, &stmt))
			return false;
		chain_name(plan, plan->group[plan->members[first]], &key);
		mapt_print(&stmt, &value);
		add_item(chains, &key, &value);
	}
	return true;
}

static void add_elements(const struct plan *plan, const struct form *form,
			 bool six, struct items *elements)
{
	size_t i, index;

	for (i = 0; i < plan->regions->num; i++) {
		struct buf key = {}, value = {};

		index = six ? plan->by6[i] : plan->by4[i];
		if (!(six ? plan->outer6 : plan->outer4)[index])
			continue;
		print_key(plan, form, index, six, &key);
		chain_name(plan, plan->group[index], &value);
		add_item(elements, &key, &value);
	}
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->key,
		      ((const struct item *)b)->key);
}

static void sort(struct items *items)
{
	qsort(items->list, items->num, sizeof(*items->list), compare_keys);
}

static bool check_names(const struct plan *plan, const struct items *chains)
{
	static const char * const taken[] = { "relay", "hairpin", "errors" };
	struct items sorted = *chains;
	bool ok = true;
	size_t i;

	sorted.list = xcalloc(chains->num, sizeof(*sorted.list));
	memcpy(sorted.list, chains->list, chains->num * sizeof(*sorted.list));
	sort(&sorted);
	for (i = 0; ok && i < sorted.num; i++) {
		ok = !i || strcmp(sorted.list[i].key, sorted.list[i - 1].key);
		if (!ok)
			usage("%s: two rules have the name %s", plan->file,
			      sorted.list[i].key);
	}
	for (i = 0; ok && i < 3; i++) {
		struct item key = { .key = (char *)taken[i] };

		ok = !bsearch(&key, sorted.list, sorted.num, sizeof(key),
			      compare_keys);
		if (!ok)
			usage("%s: the ruleset has a chain %s of its own",
			      plan->file, taken[i]);
	}
	free(sorted.list);
	return ok;
}

static bool make_layout(struct plan *plan, struct layout *layout)
{
	group_rules(plan);
	sort_members(plan);
	layout->rules = plan->regions->num;
	if (!add_chains(plan, &layout->chains) ||
	    !check_names(plan, &layout->chains))
		return false;
	find_form(plan, &layout->form);
	add_elements(plan, &layout->form, false, &layout->four);
	add_elements(plan, &layout->form, true, &layout->six);
	return true;
}

static void print_elements(const struct items *items, struct buf *out)
{
	size_t i;

	for (i = 0; i < items->num; i++)
		buf_printf(out, "%s%s : goto %s", i ? ",\n\t\t\t" : "\t\t\t",
			   items->list[i].key, items->list[i].value);
}

static void print_map(const struct layout *layout, bool six, struct buf *out)
{
	const struct form *form = &layout->form;

	buf_printf(out, "\tmap fmr%c {\n\t\t", six ? '6' : '4');
	if (six && form->exact)
		buf_printf(out, "typeof @nh,%u,32 : verdict\n",
			   64 + form->start);
	else
		buf_printf(out, "type ipv%c_addr : verdict\n", six ? '6' : '4');
	if (form->exact)
		buf_printf(out, "\t\tsize %zu\n", 4 * layout->rules < 4096 ?
			   4096 : 4 * layout->rules);
	else
		buf_adds(out, "\t\tflags interval\n");
	buf_adds(out, "\t\telements = {\n");
	print_elements(six ? &layout->six : &layout->four, out);
	buf_adds(out, "\n\t\t}\n\t}\n");
}

static void print_lookup4(const struct form *form, const char *before,
			  struct buf *out)
{
	struct mapt_prefix4 mask = { .addr = ~0U, .len = form->len4 };

	buf_printf(out, "\t\t%sip daddr ", before);
	if (form->exact && form->len4 < 32) {
		mapt_prefix4_mask(&mask);
		buf_adds(out, "& ");
		mapt_print_addr4(mask.addr, out);
		buf_adds(out, " ");
	}
	buf_adds(out, "vmap @fmr4\n");
}

static void print_lookup6(const struct form *form, struct buf *out)
{
	if (!form->exact)
		buf_adds(out, "\t\tip6 saddr vmap @fmr6\n");
	else if (form->mask == ~0U)
		buf_printf(out, "\t\tmeta nfproto ipv6 @nh,%u,32 vmap @fmr6\n",
			   64 + form->start);
	else
		buf_printf(out, "\t\tmeta nfproto ipv6 @nh,%u,32 & 0x%08x vmap @fmr6\n",
			   64 + form->start, form->mask);
}

static void print_layout(const struct layout *layout, const char *table,
			 struct buf *out)
{
	size_t i;

	buf_printf(out, "# %zu mapping rules.\n", layout->rules);
	buf_printf(out, "table inet %s\ndelete table inet %s\n\ntable inet %s {\n\tcomment \"MAP-T: stock nft does not show its statements, list with nft-mapt\"\n",
		   table, table, table);
	for (i = 0; i < layout->chains.num; i++)
		buf_printf(out, "\tchain %s {\n\t\t%s\n\t}\n",
			   layout->chains.list[i].key,
			   layout->chains.list[i].value);
	print_map(layout, false, out);
	print_map(layout, true, out);
	buf_adds(out, "\tchain relay {\n\t\ttype filter hook prerouting priority raw;\n");
	print_lookup4(&layout->form, "", out);
	print_lookup6(&layout->form, out);
	buf_adds(out, "\t}\n\tchain hairpin {\n\t\ttype filter hook forward priority filter;\n");
	print_lookup4(&layout->form, "", out);
	buf_adds(out, "\t}\n\tchain errors {\n\t\ttype filter hook output priority raw;\n");
	print_lookup4(&layout->form, "meta l4proto icmp ", out);
	buf_adds(out, "\t}\n}\n");
}

/* --- from one file to another ------------------------------------------- */

/* What is in one list and, with that key and value or that key, not in the other. */
enum which {
	WHICH_KEYS,
	WHICH_VALUES,
};

static size_t missing_in(const struct items *items, const struct items *other,
			 enum which which, struct items *result)
{
	const struct item *same;
	size_t i;

	for (i = 0; i < items->num; i++) {
		same = bsearch(&items->list[i], other->list, other->num,
			       sizeof(*same), compare_keys);
		if (same && (which == WHICH_KEYS ||
			     !strcmp(same->value, items->list[i].value)))
			continue;
		result->list[result->num++] = items->list[i];
	}
	return result->num;
}

/* As many as there can be; keys and values stay @items'. */
static struct items room(const struct items *items)
{
	return (struct items){
		.list = xcalloc(items->num, sizeof(*items->list)),
	};
}

static void update_map(const struct items *old, const struct items *new,
		       const char *table, char family, struct buf *out)
{
	struct items gone = room(old), come = room(new);
	size_t i;

	if (missing_in(old, new, WHICH_VALUES, &gone)) {
		buf_printf(out, "delete element inet %s fmr%c {\n", table,
			   family);
		for (i = 0; i < gone.num; i++)
			buf_printf(out, "%s%s", i ? ",\n\t" : "\t",
				   gone.list[i].key);
		buf_adds(out, "\n}\n");
	}
	if (missing_in(new, old, WHICH_VALUES, &come)) {
		buf_printf(out, "add element inet %s fmr%c {\n", table,
			   family);
		for (i = 0; i < come.num; i++)
			buf_printf(out, "%s%s : goto %s", i ? ",\n\t" : "\t",
				   come.list[i].key, come.list[i].value);
		buf_adds(out, "\n}\n");
	}
	free(gone.list);
	free(come.list);
}

/* Chains come before what leads to them, and go after it. */
static void print_update(struct layout *old, struct layout *new,
			 const char *table, struct buf *out)
{
	struct items come = room(&new->chains), gone = room(&old->chains);
	struct item *same;
	size_t i;

	sort(&old->chains);
	sort(&new->chains);
	sort(&old->four);
	sort(&new->four);
	sort(&old->six);
	sort(&new->six);
	missing_in(&new->chains, &old->chains, WHICH_VALUES, &come);
	for (i = 0; i < come.num; i++) {
		same = bsearch(&come.list[i], old->chains.list,
			       old->chains.num, sizeof(*same), compare_keys);
		buf_printf(out, "%s chain inet %s %s\nadd rule inet %s %s %s\n",
			   same ? "flush" : "add", table, come.list[i].key,
			   table, come.list[i].key, come.list[i].value);
	}
	update_map(&old->four, &new->four, table, '4', out);
	update_map(&old->six, &new->six, table, '6', out);
	missing_in(&old->chains, &new->chains, WHICH_KEYS, &gone);
	for (i = 0; i < gone.num; i++)
		buf_printf(out, "delete chain inet %s %s\n", table,
			   gone.list[i].key);
	free(come.list);
	free(gone.list);
}

/* --- all ---------------------------------------------------------------- */

static bool one_statement(const struct plan *plan)
{
	size_t i;

	for (i = 1; i < plan->regions->num; i++) {
		if (!same_prefix6(&rule_of(plan, i)->dmr,
				  &rule_of(plan, 0)->dmr))
			return false;
	}
	return plan->regions->num <= NFT_MAPT_FMR_MAX;
}

static bool check_each(struct plan *plan)
{
	struct mapt_stmt stmt;
	size_t i;

	for (i = 0; i < plan->regions->num; i++)
		plan->members[i] = i;
	for (i = 0; i < plan->regions->num; i++) {
		if (!make_stmt(plan, i, i + 1, &stmt))
			return false;
	}
	return true;
}

static bool plan_start(struct plan *plan, const struct regions *regions,
		       const char *file)
{
	size_t num = regions->num;

	*plan = (struct plan) {
		.regions	= regions,
		.file		= file,
		.by4		= xcalloc(num, sizeof(size_t)),
		.by6		= xcalloc(num, sizeof(size_t)),
		.group		= xcalloc(num, sizeof(size_t)),
		.head		= xcalloc(num, sizeof(size_t)),
		.outer4		= xcalloc(num, sizeof(bool)),
		.outer6		= xcalloc(num, sizeof(bool)),
		.members	= xcalloc(num, sizeof(size_t)),
	};
	if (num)
		return check_each(plan);
	usage("%s: no mapping rule in it", file);
	return false;
}

static void plan_end(struct plan *plan)
{
	free(plan->by4);
	free(plan->by6);
	free(plan->group);
	free(plan->head);
	free(plan->outer4);
	free(plan->outer6);
	free(plan->members);
}

static bool print_plan(struct plan *plan, const char *table, struct buf *out)
{
	struct layout layout = {};
	struct mapt_stmt stmt;
	bool ok;

	if (one_statement(plan)) {
		if (!make_stmt(plan, 0, plan->regions->num, &stmt))
			return false;
		ruleset_br(&stmt, table, out);
		return true;
	}
	ok = make_layout(plan, &layout);
	if (ok)
		print_layout(&layout, table, out);
	layout_free(&layout);
	return ok;
}

/**
 * regions_ruleset - the ruleset of a BR
 * @regions: its rules
 * @file: where they come from, for errors
 * @table: name of the table
 * @out: commands are added here
 *
 * Return: an exit status, after saying what is wrong.
 */
int regions_ruleset(const struct regions *regions, const char *file,
		    const char *table, struct buf *out)
{
	struct plan plan;
	bool ok;

	ok = plan_start(&plan, regions, file) && print_plan(&plan, table, out);
	plan_end(&plan);
	return ok ? STATUS_OK : STATUS_USAGE;
}

static bool same_form(const struct layout *a, const struct layout *b)
{
	return a->form.exact == b->form.exact &&
	       (!a->form.exact || (a->form.len4 == b->form.len4 &&
				   a->form.start == b->form.start &&
				   a->form.mask == b->form.mask &&
				   b->rules < 4 * a->rules));
}

static int update(struct plan *old, struct plan *new, const char *table,
		  struct buf *out)
{
	struct layout before = {}, after = {};
	int rc = STATUS_USAGE;

	if (one_statement(old) || one_statement(new)) {
		usage("up to 32 rules are one statement: load the whole ruleset");
		rc = STATUS_NO;
	} else if (make_layout(old, &before) && make_layout(new, &after)) {
		rc = STATUS_OK;
		if (same_form(&before, &after)) {
			print_update(&before, &after, table, out);
		} else {
			usage("lengths or number of the prefixes want maps of another form: load the whole ruleset");
			rc = STATUS_NO;
		}
	}
	layout_free(&before);
	layout_free(&after);
	return rc;
}

/**
 * regions_update - from one ruleset of a BR to another
 * @old: the rules that are loaded
 * @old_file: where they come from
 * @new: the rules that are to be
 * @new_file: where they come from
 * @table: name of the table
 * @out: commands are added here, one transaction; none if nothing is to be done
 *
 * Return: an exit status, after saying what is wrong; STATUS_NO if there is no
 * way but to load all of it.
 */
int regions_update(const struct regions *old, const char *old_file,
		   const struct regions *new, const char *new_file,
		   const char *table, struct buf *out)
{
	struct plan before, after = {};
	int rc = STATUS_USAGE;

	if (plan_start(&before, old, old_file) &&
	    plan_start(&after, new, new_file))
		rc = update(&before, &after, table, out);
	plan_end(&before);
	plan_end(&after);
	return rc;
}

/**
 * regions_routes - routes of a BR, as "ip -batch" reads them
 * @regions: its rules
 * @device: the interface to the customers
 * @six: the default mapping rules', not those of IPv4
 * @out: lines are added here
 */
void regions_routes(const struct regions *regions, const char *device,
		    bool six, struct buf *out)
{
	size_t i, j;

	for (i = 0; i < regions->num; i++) {
		if (!six) {
			buf_adds(out, "route replace ");
			mapt_print_prefix4(&regions->list[i].rule.prefix4, out);
			buf_printf(out, " dev %s\n", device);
			continue;
		}
		for (j = 0; j < i; j++) {
			if (same_prefix6(&regions->list[i].dmr,
					 &regions->list[j].dmr))
				break;
		}
		if (j < i)
			continue;
		buf_adds(out, "route replace ");
		mapt_print_prefix6(&regions->list[i].dmr, out);
		buf_adds(out, " dev lo\n");
	}
}

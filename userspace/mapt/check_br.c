// SPDX-License-Identifier: GPL-2.0
/* A BR as it stands. */
#include <stdlib.h>
#include <string.h>
#include <linux/rtnetlink.h>

#include "check.h"
#include "route.h"
#include "tool.h"

#define TOLD_MAX	8	/* of faults of one kind; the rest is counted */

struct br {
	struct report	*report;
	bool		relay4;
	bool		relay6;
	bool		errors;
	bool		forward;
	size_t		statements;
	size_t		rules;
	size_t		no_route4;
	size_t		no_route6;
	size_t		wrong_way;
};

static void add_statement(struct br *br, const struct found *found)
{
	struct report *report = br->report;

	br->statements++;
	if (has_base(report, found, "filter", NF_INET_PRE_ROUTING,
		     NFPROTO_IPV4))
		br->relay4 = true;
	if (has_base(report, found, "filter", NF_INET_PRE_ROUTING,
		     NFPROTO_IPV6))
		br->relay6 = true;
	if (has_base(report, found, "filter", NF_INET_LOCAL_OUT, NFPROTO_IPV4))
		br->errors = true;
	if (has_base(report, found, "filter", NF_INET_FORWARD, NFPROTO_IPV4))
		br->forward = true;
}

static void check_chains(struct br *br)
{
	struct report *report = br->report;

	if (!br->relay4 || !br->relay6) {
		finding(report, LEVEL_FAULT, "ruleset",
			"no filter chain of prerouting takes IPv%d packets to mapt br: that direction is dead",
			br->relay4 ? 6 : 4);
		fix(report, "nft-mapt -f /usr/share/doc/nft-mapt/examples/br.nft    # to begin with");
		return;
	}
	finding(report, LEVEL_OK, "ruleset",
		"mapt br at prerouting, both directions; %zu statements, %zu rules",
		br->statements, br->rules);
	if (!br->errors)
		finding(report, LEVEL_NOTE, "ruleset",
			"no chain of the output hook has mapt br: errors that the relay itself sends to customers' IPv4 addresses get lost");
	if (!br->forward && br->rules > 32)
		finding(report, LEVEL_NOTE, "ruleset",
			"no chain of the forward hook has mapt br: customers of different statements do not reach each other (hairpin in docs/examples/br-many.nft)");
}

static bool tell(size_t *count)
{
	return ++*count <= TOLD_MAX;
}

/* The customer at one end of a rule's range. */
static void customer(const struct entry *entry, bool last,
		     struct in6_addr *addr)
{
	const struct nf_mapt_rule *rule = &entry->kernel;
	uint32_t addr4 = rule->prefix4;
	uint16_t psid = rule->psid;

	if (last) {
		addr4 |= rule->host4;
		if (!entry->rule->has_psid)
			psid = rule->psid_mask;
	}
	nf_mapt_rule_addr6(rule, addr4, psid, addr);
}

/* Leads @addr6 anywhere? @route is by which way. */
static bool customer_route(const struct entry *entry, bool last,
			   struct route *route)
{
	struct in6_addr addr6;

	customer(entry, last, &addr6);
	return route_get6(&addr6, route) && route_leads(route);
}

static void check_rule_routes(struct br *br, const struct entry *entry)
{
	const struct mapt_rule *rule = entry->rule;
	struct buf four = {}, six = {};
	struct route route4, route6;
	bool there;

	mapt_print_prefix4(&rule->prefix4, &four);
	mapt_print_prefix6(&rule->prefix6, &six);
	there = customer_route(entry, false, &route6) ||
		customer_route(entry, true, &route6);
	if (!there && tell(&br->no_route6)) {
		finding(br->report, LEVEL_FAULT, "routes",
			"no IPv6 route to the customers of %s", six.data);
		fix(br->report, "ip -6 route add %s via ROUTER dev CORE",
		    six.data);
	}
	if (!route_get4(rule->prefix4.addr |
			(entry->kernel.host4 ? 1 : 0), &route4))
		goto out;
	if (!route_leads(&route4) && tell(&br->no_route4)) {
		finding(br->report, LEVEL_FAULT, "routes",
			"no IPv4 route for %s (%s): reverse path filters drop what customers send, and errors find no way",
			four.data, route_type(&route4));
		fix(br->report, "ip -4 route add %s dev %s", four.data,
		    there ? route6.device : "CORE");
	} else if (there && route_leads(&route4) &&
		   strcmp(route4.device, route6.device) &&
		   rp_filter(route6.device) == 1 && tell(&br->wrong_way)) {
		finding(br->report, LEVEL_FAULT, "rp_filter",
			"strict on %s, where customers of %s are, and their IPv4 route %s leads to %s: what they send is dropped",
			route6.device, six.data, four.data, route4.device);
		fix(br->report, "ip -4 route replace %s dev %s", four.data,
		    route6.device);
	}
out:
	buf_free(&four);
	buf_free(&six);
}

static void check_dmr(struct report *report, const struct mapt_prefix6 *dmr)
{
	struct in6_addr addr = dmr->addr;
	struct buf text = {};
	struct route route;

	/* an address of the IPv4 Internet in it, wherever that is */
	if (dmr->len == 96)
		addr.s6_addr[12] = 198;
	else
		addr.s6_addr[dmr->len / 8 + (dmr->len == 64)] = 198;
	mapt_print_prefix6(dmr, &text);
	if (!route_get6(&addr, &route))
		goto out;
	if (route_leads(&route) || route.type == RTN_LOCAL) {
		finding(report, LEVEL_OK, "routes", "IPv6 route for %s",
			text.data);
	} else {
		finding(report, LEVEL_FAULT, "routes",
			"no IPv6 route for %s, the default mapping rule (%s): packets from customers are dropped before they are asked for",
			text.data, route_type(&route));
		fix(report, "ip -6 route add %s dev lo", text.data);
	}
out:
	buf_free(&text);
}

static void rest(struct report *report, size_t count, const char *what)
{
	if (count > TOLD_MAX)
		finding(report, LEVEL_FAULT, "routes", "%s: %zu rules more",
			what, count - TOLD_MAX);
}

static void check_routes(struct br *br, const struct lookup *lookup)
{
	struct route route;
	size_t i;

	for (i = 0; i < lookup->num; i++) {
		/* sorted: the same rule in several chains */
		if (i && lookup->by6[i]->kernel.n ==
			 lookup->by6[i - 1]->kernel.n &&
		    !memcmp(&lookup->by6[i]->rule->prefix6.addr,
			    &lookup->by6[i - 1]->rule->prefix6.addr, 16))
			continue;
		br->rules++;
		check_rule_routes(br, lookup->by6[i]);
	}
	rest(br->report, br->no_route6, "no IPv6 route to their customers");
	rest(br->report, br->no_route4, "no IPv4 route");
	rest(br->report, br->wrong_way, "IPv4 route by another interface");
	if (!br->no_route4 && !br->no_route6)
		finding(br->report, LEVEL_OK, "routes",
			"IPv4 and IPv6 routes of %zu rules", br->rules);
	for (i = 0; i < lookup->num_dmrs; i++)
		check_dmr(br->report, &lookup->dmrs[i]);
	if (route_get4(0xc6336401, &route) && !route_leads(&route))
		finding(br->report, LEVEL_NOTE, "routes",
			"no IPv4 default route: only what is routed by itself is reached");
}

/**
 * check_brs - the BR of the namespace
 * @report: what is loaded; findings are added
 */
void check_brs(struct report *report)
{
	struct found_list list = {};
	struct br br = { .report = report };
	struct lookup lookup;
	size_t i, num = report->found.num;

	for (i = 0; i < num; i++) {
		if (report->found.list[i].stmt.op != NFT_MAPT_BR)
			continue;
		add_statement(&br, &report->found.list[i]);
		found_add(&list, &report->found.list[i].stmt);
	}
	lookup_init(&lookup, &list);
	check_routes(&br, &lookup);
	check_chains(&br);
	lookup_free(&lookup);
	found_free(&list);
}

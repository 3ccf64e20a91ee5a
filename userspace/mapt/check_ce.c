// SPDX-License-Identifier: GPL-2.0
/* A CE as it stands. */
#include <stdlib.h>
#include <string.h>
#include <linux/rtnetlink.h>

#include "check.h"
#include "route.h"
#include "tool.h"

/* An address of the IPv4 Internet, to ask for routes with. */
#define INTERNET	0xc6336401	/* 198.51.100.1 */

/*
 * The statements of one CE: @any of them, its mapt napt at postrouting, any of
 * its mapt ce; the last two may be NULL.
 */
struct ce {
	const struct found	*any;
	const struct found	*napt;
	const struct found	*ce;
	bool			up;
	bool			down;
	const char		*device;
	struct nf_mapt_ce	derived;
};

static const struct mapt_stmt *stmt_of(const struct ce *ce)
{
	return &(ce->ce ? ce->ce : ce->any)->stmt;
}

static bool same_rule(const struct mapt_rule *a, const struct mapt_rule *b)
{
	struct buf one = {}, other = {};
	bool same;

	mapt_print_rule(a, &one);
	mapt_print_rule(b, &other);
	same = !strcmp(one.data, other.data);
	buf_free(&one);
	buf_free(&other);
	return same;
}

static bool same_ce(const struct mapt_stmt *a, const struct mapt_stmt *b)
{
	return a->end_user.len == b->end_user.len &&
	       mapt_prefix6_covers(&a->end_user, &b->end_user.addr) &&
	       same_rule(&a->bmr, &b->bmr);
}

/* Whether an earlier statement is of the same CE. */
static bool told(const struct report *report, size_t index)
{
	const struct mapt_stmt *stmt = &report->found.list[index].stmt;
	size_t i;

	for (i = 0; i < index; i++) {
		if (report->found.list[i].stmt.op != NFT_MAPT_BR &&
		    same_ce(&report->found.list[i].stmt, stmt))
			return true;
	}
	return false;
}

static void add_found(const struct report *report, const struct found *found,
		      struct ce *ce)
{
	ce->any = found;
	if (*found->device)
		ce->device = found->device;
	if (found->stmt.op == NFT_MAPT_NAPT) {
		/* at prerouting it lets in what has a mapping, and no more */
		if (has_base(report, found, "nat", NF_INET_POST_ROUTING,
			     NFPROTO_IPV4))
			ce->napt = found;
		return;
	}
	ce->ce = found;
	if (has_base(report, found, "filter", NF_INET_POST_ROUTING,
		     NFPROTO_IPV4))
		ce->up = true;
	if (has_base(report, found, "filter", NF_INET_PRE_ROUTING,
		     NFPROTO_IPV6))
		ce->down = true;
}

static void missing(struct report *report, const struct ce *ce,
		    const char *what, const char *consequence)
{
	struct buf rule = {}, prefix = {}, dmr = {};

	mapt_print_rule(&stmt_of(ce)->bmr, &rule);
	mapt_print_prefix6(&stmt_of(ce)->end_user, &prefix);
	if (stmt_of(ce)->op == NFT_MAPT_CE) {
		buf_adds(&dmr, " --dmr ");
		mapt_print_prefix6(&stmt_of(ce)->dmr, &dmr);
	}
	finding(report, LEVEL_FAULT, "ruleset",
		"of CE %s %s is missing: %s", prefix.data, what, consequence);
	fix(report, "mapt show --example%s --device %s %s end-user %s | nft-mapt -f -",
	    dmr.data ? dmr.data : "", ce->device ? ce->device : "WAN",
	    rule.data, prefix.data);
	buf_free(&rule);
	buf_free(&prefix);
	buf_free(&dmr);
}

static void check_chains(struct report *report, const struct ce *ce)
{
	struct buf prefix = {};

	mapt_print_prefix6(&stmt_of(ce)->end_user, &prefix);
	if (!ce->napt)
		missing(report, ce, "mapt napt",
			"packets from inside keep their address and are dropped");
	if (!ce->up)
		missing(report, ce, "mapt ce in a filter chain of postrouting",
			"nothing goes up");
	if (!ce->down)
		missing(report, ce, "mapt ce in a filter chain of prerouting",
			"nothing comes down");
	if (ce->napt && ce->up && ce->down)
		finding(report, LEVEL_OK, "ruleset",
			"CE %s: mapt napt, mapt ce up and down", prefix.data);
	buf_free(&prefix);
}

/* Another NAT chain in front of ours decides first, or perhaps. */
static void check_nat_chains(struct report *report, const struct ce *ce)
{
	const struct base_chain *chain, *own = NULL;
	size_t i;

	for (i = 0; ce->napt && i < report->chains.num; i++) {
		chain = &report->chains.list[i];
		if (chain->family == ce->napt->family &&
		    !strcmp(chain->table, ce->napt->table) &&
		    !strcmp(chain->name, ce->napt->chain))
			own = chain;
	}
	for (i = 0; own && i < report->chains.num; i++) {
		chain = &report->chains.list[i];
		if (chain == own || strcmp(chain->type, "nat") ||
		    chain->hook != NF_INET_POST_ROUTING ||
		    !chain_sees(chain, NFPROTO_IPV4) ||
		    chain->priority > own->priority)
			continue;
		finding(report, LEVEL_NOTE, "priorities",
			"%schain %s %s %s: a snat or masquerade there for packets to the WAN comes first; mapt ce takes back what it makes (napt_claimed)",
			chain->priority == own->priority ?
			"of the same priority as mapt napt is nat " :
			"before mapt napt comes nat ",
			family_name(chain->family), chain->table,
			chain->name);
	}
}

static void check_device(struct report *report, const struct ce *ce)
{
	unsigned int mtu;
	bool up;

	if (!ce->device)
		return;
	if (!device_get(ce->device, &mtu, &up)) {
		finding(report, LEVEL_FAULT, "interface",
			"there is no interface %s, which the ruleset names",
			ce->device);
		fix(report, "ip link");
		return;
	}
	if (!up) {
		finding(report, LEVEL_FAULT, "interface", "%s is not up",
			ce->device);
		fix(report, "ip link set %s up", ce->device);
	}
	if (mtu < 1280)
		finding(report, LEVEL_FAULT, "mtu",
			"%s has MTU %u, IPv6 wants 1280", ce->device, mtu);
	else
		finding(report, LEVEL_OK, "mtu",
			"%s has MTU %u: IPv4 packets of %u bytes pass whole",
			ce->device, mtu, mtu - 20);
}

static void check_internet_route(struct report *report, const struct ce *ce,
				 uint32_t addr)
{
	struct route route;
	struct buf text = {};
	const char *device = ce->device ? ce->device : "WAN";
	unsigned int filter;

	if (!route_get4(addr, &route))
		return;
	mapt_print_addr4(addr, &text);
	if (!route_leads(&route)) {
		finding(report, LEVEL_FAULT, "routes",
			"no IPv4 route to the Internet (%s: %s)", text.data,
			route_type(&route));
		fix(report, "ip -4 route add default dev %s", device);
	} else if (ce->device && strcmp(route.device, ce->device)) {
		finding(report, LEVEL_FAULT, "routes",
			"the IPv4 route to the Internet (%s) leads to %s, not to %s",
			text.data, route.device, ce->device);
		fix(report, "ip -4 route replace default dev %s", device);
	} else {
		finding(report, LEVEL_OK, "routes",
			"IPv4 route to the Internet by %s", route.device);
	}
	buf_free(&text);
	filter = ce->device ? rp_filter(ce->device) : 0;
	if (filter == 1 && (!route_leads(&route) ||
			    strcmp(route.device, ce->device))) {
		finding(report, LEVEL_FAULT, "rp_filter",
			"strict on %s, where the IPv4 route does not lead: what comes down is dropped",
			ce->device);
		fix(report, "sysctl -w net.ipv4.conf.%s.rp_filter=2",
		    ce->device);
	}
}

/* The translated packet needs a route as well. */
static void check_dmr_route(struct report *report, const struct ce *ce,
			    uint32_t addr)
{
	const struct mapt_prefix6 *dmr = &stmt_of(ce)->dmr;
	struct nf_mapt_prefix6 prefix = { .addr = dmr->addr, .len = dmr->len };
	struct nf_mapt_table table = {};
	struct in6_addr addr6;
	struct route route;
	struct buf text = {};

	if (!ce->ce || nf_mapt_table_init(&table, &prefix, NULL, 0))
		return;
	nf_mapt_dmr_addr6(&table, htonl(addr), &addr6);
	if (!route_get6(&addr6, &route))
		return;
	addr6_text(&addr6, &text);
	if (!route_leads(&route)) {
		finding(report, LEVEL_FAULT, "routes",
			"no IPv6 route to the border relay (%s: %s)",
			text.data, route_type(&route));
		fix(report, "sysctl -w net.ipv6.conf.%s.accept_ra=2    # or: ip -6 route add default via ROUTER dev %s",
		    ce->device ? ce->device : "WAN",
		    ce->device ? ce->device : "WAN");
	} else {
		finding(report, LEVEL_OK, "routes",
			"IPv6 route to the border relay by %s", route.device);
	}
	buf_free(&text);
}

/* RFC 7597 4: the shared address is on no interface. */
static void check_own_address(struct report *report, const struct ce *ce)
{
	struct buf text = {};
	struct route route;

	if (!ce->derived.ports.k || !route_get4(ce->derived.addr4, &route))
		return;
	if (route.type != RTN_LOCAL)
		return;
	mapt_print_addr4(ce->derived.addr4, &text);
	finding(report, LEVEL_FAULT, "addresses",
		"the shared address %s is on an interface: packets to other customers who share it stay here",
		text.data);
	fix(report, "ip -4 address show to %s", text.data);
	buf_free(&text);
}

/* RFC 7084 WPD-5: what nobody has must not go back to the provider. */
static void check_loop(struct report *report, const struct ce *ce)
{
	struct in6_addr addr = ce->derived.addr6;
	struct buf text = {};
	struct route route;

	if (!ce->ce)
		return;
	addr.s6_addr[15] ^= 1;
	if (!route_get6(&addr, &route) || !route_leads(&route) || !ce->device ||
	    strcmp(route.device, ce->device))
		return;
	mapt_print_prefix6(&stmt_of(ce)->end_user, &text);
	finding(report, LEVEL_FAULT, "routes",
		"packets to addresses of %s that nobody has go back to the provider, round and round",
		text.data);
	fix(report, "ip -6 route add unreachable %s", text.data);
	buf_free(&text);
}

static void check_one(struct report *report, size_t index)
{
	const struct found_list *list = &report->found;
	const struct mapt_stmt *stmt = &list->list[index].stmt;
	uint32_t addr = INTERNET;
	struct ce ce = {};
	size_t i;

	for (i = 0; i < list->num; i++) {
		if (list->list[i].stmt.op != NFT_MAPT_BR &&
		    same_ce(&list->list[i].stmt, stmt))
			add_found(report, &list->list[i], &ce);
	}
	if (!mapt_ce(&stmt->bmr, &stmt->end_user, &ce.derived))
		return;
	if (!mapt_stmt_is_to(stmt) && (ce.ce || !ce.napt))
		check_chains(report, &ce);
	else if (ce.napt)
		finding(report, LEVEL_OK, "ruleset",
			"mapt napt for a tunnel, without translation");
	check_nat_chains(report, &ce);
	check_device(report, &ce);
	check_internet_route(report, &ce, addr);
	check_dmr_route(report, &ce, addr);
	check_own_address(report, &ce);
	check_loop(report, &ce);
}

/**
 * check_ces - all CEs of the namespace
 * @report: what is loaded; findings are added
 */
void check_ces(struct report *report)
{
	size_t i, num = report->found.num;

	for (i = 0; i < num; i++) {
		if (report->found.list[i].stmt.op != NFT_MAPT_BR &&
		    !told(report, i))
			check_one(report, i);
	}
}

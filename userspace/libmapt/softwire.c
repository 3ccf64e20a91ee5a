// SPDX-License-Identifier: GPL-2.0
/* From the options of RFC 7598 and a delegated prefix to what a CE is. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arith.h"
#include "s46.h"

struct deriving {
	const struct s46	*s46;
	struct s46_ce		*ce;
	char			*msg;
	size_t			size;
};

static bool __attribute__((format(printf, 2, 3)))
fail(const struct deriving *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->msg, d->size, fmt, ap);
	va_end(ap);
	return false;
}

static void __attribute__((format(printf, 2, 3)))
note(struct deriving *d, const char *fmt, ...)
{
	size_t len = strlen(d->ce->note);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->ce->note + len, sizeof(d->ce->note) - len, fmt, ap);
	va_end(ap);
}

static bool covers(const struct mapt_prefix6 *prefix,
		   const struct mapt_prefix6 *other)
{
	return prefix->len <= other->len &&
	       mapt_prefix6_covers(prefix, &other->addr);
}

/*
 * Whether a rule is the basic mapping rule of a delegated prefix. Without EA
 * bits a rule names one CE, whose prefix may be longer than what is delegated.
 */
static bool matches(const struct s46_rule *rule,
		    const struct mapt_prefix6 *delegated)
{
	return covers(&rule->prefix6, delegated) ||
	       (!rule->ea_len && covers(delegated, &rule->prefix6));
}

/* RFC 7598 section 4.1: the longest match among the delegated prefixes. */
static const struct s46_rule *find_bmr(const struct deriving *d,
				       const struct mapt_prefix6 *prefixes,
				       unsigned int num,
				       struct mapt_prefix6 *end_user)
{
	const struct s46_rule *bmr = NULL, *rule;
	struct buf text = {};
	unsigned int i, j;

	for (i = 0; i < d->s46->num_rules; i++) {
		rule = &d->s46->rules[i];
		for (j = 0; j < num; j++) {
			if (!matches(rule, &prefixes[j]) ||
			    (bmr && bmr->prefix6.len >= rule->prefix6.len))
				continue;
			bmr = rule;
			*end_user = covers(&rule->prefix6, &prefixes[j]) ?
				    prefixes[j] : rule->prefix6;
		}
	}
	if (bmr)
		return bmr;
	for (j = 0; j < num; j++) {
		buf_adds(&text, j ? ", " : "");
		mapt_print_prefix6(&prefixes[j], &text);
	}
	fail(d, "none of the %u mapping rules is for the delegated prefix %s",
	     d->s46->num_rules, text.len ? text.data : "(none given)");
	buf_free(&text);
	return NULL;
}

/* The rule without what its port parameters say of the PSID. */
static void plain_rule(const struct s46_rule *from, struct mapt_rule *rule)
{
	memset(rule, 0, sizeof(*rule));
	rule->prefix6 = from->prefix6;
	rule->prefix4 = from->prefix4;
	rule->ea_len = from->ea_len;
	rule->psid_offset = MAPT_PSID_OFFSET;
	if (from->ports.given && mapt_rule_psid_len(rule))
		rule->psid_offset = from->ports.offset;
}

static void set_psid(const struct s46_ports *ports, struct mapt_rule *rule)
{
	rule->has_psid = true;
	rule->psid_len = ports->psid_len;
	rule->psid = ports->psid;
	rule->psid_offset = ports->offset;
}

/* An embedded PSID can be said once more, but not otherwise. */
static bool same_psid(const struct deriving *d, const struct s46_rule *from,
		      const struct mapt_rule *rule)
{
	unsigned int embedded = mapt_rule_psid_len(rule);

	return from->ports.psid_len == embedded ||
	       fail(d, "a mapping rule's port parameters have a PSID of %u bits, and its EA bits one of %u",
		    from->ports.psid_len, embedded);
}

/*
 * Section 4.5: an explicit PSID counts where the CE has a full IPv4 address.
 * If part of that is in EA bits, the statement takes the whole address instead.
 */
static bool bmr_rule(struct deriving *d, const struct s46_rule *from,
		     const struct mapt_prefix6 *end_user,
		     struct mapt_rule *rule)
{
	unsigned int bits = from->ea_len + from->prefix4.len;
	struct nf_mapt_ce ce;

	plain_rule(from, rule);
	if (!from->ports.psid_len)
		return true;
	if (bits < 32) {
		note(d, "the explicit PSID is ignored, since the CE has an IPv4 prefix (RFC 7598 4.5); ");
		return true;
	}
	if (bits == 32 && !from->ea_len) {
		set_psid(&from->ports, rule);
		return true;
	}
	if (!mapt_ce(rule, end_user, &ce))
		return true;		/* the check will say why */
	if (bits > 32)
		return same_psid(d, from, rule) &&
		       (!from->ports.psid || from->ports.psid == ce.psid ||
			fail(d, "the port parameters say PSID %u, and the end-user prefix says %u",
			     from->ports.psid, ce.psid));
	rule->prefix6.addr = end_user->addr;
	rule->prefix6.len += rule->ea_len;
	mapt_prefix6_mask(&rule->prefix6);
	rule->prefix4.addr = ce.addr4;
	rule->prefix4.len = 32;
	rule->ea_len = 0;
	set_psid(&from->ports, rule);
	return true;
}

static bool add_fmr(struct deriving *d, const struct s46_rule *from)
{
	struct mapt_stmt *stmt = &d->ce->stmt;
	unsigned int bits = from->ea_len + from->prefix4.len;
	struct mapt_rule *rule;

	if (bits == 32 && from->ea_len && from->ports.psid_len) {
		note(d, "a forwarding mapping rule is left out, since its PSID is in no EA bits: traffic goes by the border relay; ");
		return true;
	}
	if (stmt->num_fmrs == NFT_MAPT_FMR_MAX)
		return fail(d, "more than %u forwarding mapping rules",
			    NFT_MAPT_FMR_MAX);
	rule = &stmt->fmr[stmt->num_fmrs++];
	plain_rule(from, rule);
	if (!from->ports.psid_len || bits < 32)
		return true;
	if (bits > 32)
		return same_psid(d, from, rule);
	set_psid(&from->ports, rule);
	return true;
}

static bool check(const struct deriving *d)
{
	const struct mapt_stmt *stmt = &d->ce->stmt;
	struct mapt_fault fault;

	if (mapt_stmt_check(stmt, &fault))
		return true;
	if (fault.rule >= 0)
		return fail(d, "forwarding mapping rule %d: %s", fault.rule + 1,
			    fault.msg);
	return fail(d, "%s%s", fault.rule == MAPT_BMR ?
		    "basic mapping rule: " : "", fault.msg);
}

static void fill_ce(const struct mapt_rule *rule,
		    const struct mapt_prefix6 *end_user, struct s46_ce *ce)
{
	struct nf_mapt_ce derived;

	if (!mapt_ce(rule, end_user, &derived))
		return;
	ce->prefix6 = *end_user;
	ce->ipv4.addr = derived.addr4;
	ce->ipv4.len = 32 - __builtin_popcount(derived.host4);
	ce->shared = derived.ports.k;
	ce->psid = derived.psid;
	ce->psid_len = derived.ports.k;
	ce->psid_offset = derived.ports.a;
	ce->local = derived.addr6;
}

static bool derive_map(struct deriving *d, const struct mapt_prefix6 *prefixes,
		       unsigned int num)
{
	struct mapt_stmt *stmt = &d->ce->stmt;
	const struct s46_rule *bmr;
	unsigned int i, fmrs = 0;

	mapt_stmt_init(stmt, d->s46->kind == S46_MAPT ? NFT_MAPT_CE :
							NFT_MAPT_NAPT);
	bmr = find_bmr(d, prefixes, num, &stmt->end_user);
	if (!bmr || !bmr_rule(d, bmr, &stmt->end_user, &stmt->bmr))
		return false;
	if (d->s46->kind == S46_MAPT)
		stmt->dmr = d->s46->dmr;
	for (i = 0; i < d->s46->num_rules; i++) {
		if (!d->s46->rules[i].fmr)
			continue;
		fmrs++;
		if (d->s46->kind == S46_MAPT &&
		    !add_fmr(d, &d->s46->rules[i]))
			return false;
	}
	if (fmrs && d->s46->kind == S46_MAPE)
		note(d, "forwarding mapping rules are left out (%u), since a tunnel has one remote end: traffic goes by the border relay; ",
		     fmrs);
	if (!check(d))
		return false;
	fill_ce(&stmt->bmr, &stmt->end_user, d->ce);
	return true;
}

/* The prefix that a binding means: its own, or the delegated one in it. */
static bool bound_prefix(const struct deriving *d,
			 const struct mapt_prefix6 *prefixes, unsigned int num,
			 struct mapt_prefix6 *prefix)
{
	const struct mapt_prefix6 *bind = &d->s46->bind.prefix6;
	struct buf text = {};
	unsigned int i;

	for (i = 0; i < num; i++) {
		if (!covers(bind, &prefixes[i]) && !covers(&prefixes[i], bind))
			continue;
		*prefix = bind->len > prefixes[i].len ? *bind : prefixes[i];
		return true;
	}
	mapt_print_prefix6(bind, &text);
	fail(d, "the binding's IPv6 prefix %s has nothing in common with the delegated ones",
	     text.data);
	buf_free(&text);
	return false;
}

/* RFC 7596 section 5.1: the tunnel's address is made as a MAP address is. */
static bool derive_lw(struct deriving *d, const struct mapt_prefix6 *prefixes,
		      unsigned int num)
{
	const struct s46_bind *bind = &d->s46->bind;
	struct mapt_stmt *stmt = &d->ce->stmt;
	struct mapt_rule rule;

	mapt_stmt_init(stmt, NFT_MAPT_NAPT);
	mapt_rule_init_to(&rule);
	rule.prefix4.addr = bind->addr4;
	rule.has_psid = bind->ports.psid_len;
	if (rule.has_psid)
		set_psid(&bind->ports, &rule);
	stmt->bmr = rule;
	if (!mapt_addr4_is_unicast(bind->addr4))
		return fail(d, "the binding's IPv4 address is no unicast address");
	if (rule.has_psid && !check(d))
		return false;
	if (!bound_prefix(d, prefixes, num, &rule.prefix6))
		return false;
	fill_ce(&rule, &rule.prefix6, d->ce);
	return true;
}

/**
 * s46_derive - what a container makes of a router
 * @s46: container
 * @prefixes: prefixes that are delegated to the router
 * @num: how many
 * @ce: result
 * @msg: what is wrong
 * @size: space there
 *
 * Return: false if the router cannot be a CE by it.
 */
bool s46_derive(const struct s46 *s46, const struct mapt_prefix6 *prefixes,
		unsigned int num, struct s46_ce *ce, char *msg, size_t size)
{
	struct deriving d = {
		.s46 = s46,
		.ce = ce,
		.msg = msg,
		.size = size,
	};

	memset(ce, 0, sizeof(*ce));
	ce->kind = s46->kind;
	if (s46->num_brs) {
		ce->remote = s46->brs[0];
		if (s46->num_brs > 1)
			note(&d, "the first of %u border relays is used; ",
			     s46->num_brs);
	}
	return s46->kind == S46_LW ? derive_lw(&d, prefixes, num) :
				     derive_map(&d, prefixes, num);
}

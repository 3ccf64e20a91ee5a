// SPDX-License-Identifier: GPL-2.0
/*
 * nf_tables: mapt expression, MAP-T (RFC 7599) at the customer edge and the
 * border relay
 */
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_mapt.h>
#include <linux/netfilter_ipv4.h>
#include <linux/slab.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netfilter/ipv4/nf_defrag_ipv4.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_flow_table.h>
#include <net/netfilter/nf_mapt.h>
#include <net/netfilter/nf_tables.h>
#include <net/netlink.h>

/**
 * struct nft_mapt - private data of the expression
 * @conf: what packets need
 * @end_user: end-user IPv6 prefix (napt, ce), kept for the dump
 * @flowtable: where connections go (ce), or NULL
 */
struct nft_mapt {
	struct nf_mapt_conf	*conf;
	struct nf_mapt_prefix6	end_user;
	struct nft_flowtable	*flowtable;
};

static const struct nla_policy nft_mapt_rule_policy[NFTA_MAPT_RULE_MAX + 1] = {
	[NFTA_MAPT_RULE_PREFIX6]	= NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[NFTA_MAPT_RULE_PREFIX6_LEN]	= NLA_POLICY_MAX(NLA_U8, 128),
	[NFTA_MAPT_RULE_PREFIX4]	= { .type = NLA_BE32 },
	[NFTA_MAPT_RULE_PREFIX4_LEN]	= NLA_POLICY_MAX(NLA_U8, 32),
	[NFTA_MAPT_RULE_EA_LEN]		= NLA_POLICY_MAX(NLA_U8, NF_MAPT_EA_LEN_MAX),
	[NFTA_MAPT_RULE_PSID_OFFSET]	= NLA_POLICY_MAX(NLA_U8, 15),
	[NFTA_MAPT_RULE_PSID_LEN]	= NLA_POLICY_RANGE(NLA_U8, 1, 16),
	[NFTA_MAPT_RULE_PSID]		= { .type = NLA_BE16 },
};

static const struct netlink_range_validation nft_mapt_mtu_range = {
	.min	= IPV6_MIN_MTU,
	.max	= IP_MAX_MTU,
};

static const struct nla_policy nft_mapt_policy[NFTA_MAPT_MAX + 1] = {
	[NFTA_MAPT_OP]			= NLA_POLICY_MAX(NLA_BE32, NFT_MAPT_OP_MAX),
	[NFTA_MAPT_FLAGS]		= NLA_POLICY_MASK(NLA_BE32,
							  NFT_MAPT_F_NAPT_MASK |
							  NFT_MAPT_F_XLAT_MASK),
	[NFTA_MAPT_BMR]			= NLA_POLICY_NESTED(nft_mapt_rule_policy),
	[NFTA_MAPT_END_USER]		= NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[NFTA_MAPT_END_USER_LEN]	= NLA_POLICY_MAX(NLA_U8, 128),
	[NFTA_MAPT_DMR]			= NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[NFTA_MAPT_DMR_LEN]		= NLA_POLICY_MAX(NLA_U8, 96),
	[NFTA_MAPT_FMR]			= { .type = NLA_NESTED },
	[NFTA_MAPT_TOS]			= { .type = NLA_U8 },
	[NFTA_MAPT_TCLASS]		= { .type = NLA_U8 },
	[NFTA_MAPT_LOWEST_IPV6_MTU]	= NLA_POLICY_FULL_RANGE(NLA_BE32,
								&nft_mapt_mtu_range),
	[NFTA_MAPT_ICMP_SOURCE]		= { .type = NLA_BE32 },
	[NFTA_MAPT_RESERVE]		= { .type = NLA_BE32 },
	[NFTA_MAPT_FLOWTABLE]		= { .type = NLA_STRING,
					    .len = NFT_NAME_MAXLEN - 1 },
	[NFTA_MAPT_DEV]			= { .type = NLA_STRING,
					    .len = IFNAMSIZ - 1 },
};

/* Chains of the families netdev and inet tell it in different ways. */
static bool nft_mapt_at_ingress(const struct nf_hook_state *state)
{
	return state->pf == NFPROTO_NETDEV || state->hook == NF_INET_INGRESS;
}

/* Nearly all packets are of connections that are confirmed: then there is nothing
 * left for nf_mapt_napt_claim().
 */
static bool nft_mapt_claimed(const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	return ct && CTINFO2DIR(ctinfo) == IP_CT_DIR_ORIGINAL &&
	       nf_ct_is_confirmed(ct);
}

static int nft_mapt_eval_ce(const struct nf_mapt_conf *conf,
			    const struct nft_pktinfo *pkt)
{
	int verdict;

	if (nft_pf(pkt) == NFPROTO_IPV4 && nft_hook(pkt) == NF_INET_POST_ROUTING) {
		verdict = likely(nft_mapt_claimed(pkt->skb)) ? NF_ACCEPT :
			  nf_mapt_napt_claim(&conf->ce, pkt->skb, pkt->state);
		if (verdict != NF_ACCEPT)
			return verdict;
		return nf_mapt_late(conf, pkt->skb, pkt->state);
	}
	if (nft_pf(pkt) == NFPROTO_IPV6 && nft_hook(pkt) == NF_INET_PRE_ROUTING)
		return nf_mapt_ce_down(conf, pkt->skb, pkt->state);

	return -1;
}

static void nft_mapt_eval(const struct nft_expr *expr, struct nft_regs *regs,
			  const struct nft_pktinfo *pkt)
{
	const struct nft_mapt *priv = nft_expr_priv(expr);
	int verdict = -1;

	switch (priv->conf->op) {
	case NFT_MAPT_NAPT:
		if (nft_pf(pkt) == NFPROTO_IPV4)
			verdict = nf_mapt_napt(priv->conf, pkt->skb, pkt->state);
		break;
	case NFT_MAPT_CE:
		verdict = nft_mapt_eval_ce(priv->conf, pkt);
		break;
	case NFT_MAPT_BR:
		if (nft_mapt_at_ingress(pkt->state))
			verdict = nf_mapt_ingress(priv->conf, pkt->skb, pkt->state);
		else
			verdict = nf_mapt_br(priv->conf, pkt->skb, pkt->state);
		break;
	default:
		break;
	}

	regs->verdict.code = verdict < 0 ? NFT_BREAK : verdict;
}

/* Attributes that an operation must have, and those that it may have. */
static int nft_mapt_check_attrs(const struct nlattr * const tb[],
				enum nft_mapt_ops op, u32 flags)
{
	bool napt = op == NFT_MAPT_NAPT, br = op == NFT_MAPT_BR;

	if (flags & ~(napt ? NFT_MAPT_F_NAPT_MASK : NFT_MAPT_F_XLAT_MASK))
		return -EINVAL;
	if ((!napt && tb[NFTA_MAPT_RESERVE]) || ((napt || br) && tb[NFTA_MAPT_DEV]))
		return -EINVAL;
	if (br != !tb[NFTA_MAPT_BMR] || br != !tb[NFTA_MAPT_END_USER] ||
	    br != !tb[NFTA_MAPT_END_USER_LEN])
		return -EINVAL;
	if (napt != !tb[NFTA_MAPT_DMR] || napt != !tb[NFTA_MAPT_DMR_LEN])
		return -EINVAL;
	if (br && !tb[NFTA_MAPT_FMR])
		return -EINVAL;
	if (op != NFT_MAPT_CE && tb[NFTA_MAPT_FLOWTABLE])
		return -EINVAL;
	if (napt && (tb[NFTA_MAPT_FMR] || tb[NFTA_MAPT_TOS] ||
		     tb[NFTA_MAPT_TCLASS] || tb[NFTA_MAPT_LOWEST_IPV6_MTU] ||
		     tb[NFTA_MAPT_ICMP_SOURCE]))
		return -EINVAL;

	return 0;
}

static int nft_mapt_parse_rule(const struct nlattr *attr,
			       struct nf_mapt_rule_param *rule)
{
	struct nlattr *tb[NFTA_MAPT_RULE_MAX + 1];
	int err;

	err = nla_parse_nested(tb, NFTA_MAPT_RULE_MAX, attr,
			       nft_mapt_rule_policy, NULL);
	if (err)
		return err;
	if (!tb[NFTA_MAPT_RULE_PREFIX6] || !tb[NFTA_MAPT_RULE_PREFIX6_LEN] ||
	    !tb[NFTA_MAPT_RULE_PREFIX4] || !tb[NFTA_MAPT_RULE_PREFIX4_LEN] ||
	    !tb[NFTA_MAPT_RULE_EA_LEN] ||
	    !tb[NFTA_MAPT_RULE_PSID] != !tb[NFTA_MAPT_RULE_PSID_LEN])
		return -EINVAL;

	rule->prefix6.addr = nla_get_in6_addr(tb[NFTA_MAPT_RULE_PREFIX6]);
	rule->prefix6.len = nla_get_u8(tb[NFTA_MAPT_RULE_PREFIX6_LEN]);
	rule->prefix4 = nla_get_be32(tb[NFTA_MAPT_RULE_PREFIX4]);
	rule->prefix4_len = nla_get_u8(tb[NFTA_MAPT_RULE_PREFIX4_LEN]);
	rule->ea_len = nla_get_u8(tb[NFTA_MAPT_RULE_EA_LEN]);
	rule->psid_offset = tb[NFTA_MAPT_RULE_PSID_OFFSET] ?
			    nla_get_u8(tb[NFTA_MAPT_RULE_PSID_OFFSET]) :
			    NF_MAPT_PSID_OFFSET_DEFAULT;
	if (tb[NFTA_MAPT_RULE_PSID]) {
		rule->psid_len = nla_get_u8(tb[NFTA_MAPT_RULE_PSID_LEN]);
		rule->psid = ntohs(nla_get_be16(tb[NFTA_MAPT_RULE_PSID]));
	}

	return 0;
}

/* Number of rules in the list, or an error. */
static int nft_mapt_count_fmr(const struct nlattr *list)
{
	const struct nlattr *attr;
	int rem, num = 0;

	nla_for_each_nested(attr, list, rem) {
		if (nla_type(attr) != NFTA_LIST_ELEM)
			return -EINVAL;
		if (++num > NFT_MAPT_FMR_MAX)
			return -E2BIG;
	}

	return num ?: -EINVAL;
}

static int nft_mapt_parse_ce(const struct nlattr * const tb[],
			     struct nft_mapt *priv)
{
	struct nf_mapt_rule_param bmr = {};
	int err;

	priv->end_user.addr = nla_get_in6_addr(tb[NFTA_MAPT_END_USER]);
	priv->end_user.len = nla_get_u8(tb[NFTA_MAPT_END_USER_LEN]);
	err = nft_mapt_parse_rule(tb[NFTA_MAPT_BMR], &bmr);
	if (err)
		return err;

	return nf_mapt_ce_init(&priv->conf->ce, &bmr, &priv->end_user);
}

static int nft_mapt_parse_table(const struct nlattr * const tb[],
				struct nf_mapt_table *table, unsigned int num)
{
	struct nf_mapt_prefix6 dmr = {
		.addr	= nla_get_in6_addr(tb[NFTA_MAPT_DMR]),
		.len	= nla_get_u8(tb[NFTA_MAPT_DMR_LEN]),
	};
	struct nf_mapt_rule_param *fmr = NULL;
	const struct nlattr *attr;
	int rem, err = 0, i = 0;

	if (num) {
		fmr = kcalloc(num, sizeof(*fmr), GFP_KERNEL);
		if (!fmr)
			return -ENOMEM;
		nla_for_each_nested(attr, tb[NFTA_MAPT_FMR], rem) {
			err = nft_mapt_parse_rule(attr, &fmr[i++]);
			if (err)
				break;
		}
	}
	if (!err)
		err = nf_mapt_table_init(table, &dmr, fmr, num);
	kfree(fmr);

	return err;
}

static int nft_mapt_parse_conf(const struct nlattr * const tb[],
			       struct nft_mapt *priv, unsigned int num)
{
	struct nf_mapt_conf *conf = priv->conf;
	u32 reserve;
	int err;

	conf->siit.lowest_ipv6_mtu = NF_MAPT_LOWEST_IPV6_MTU_DEFAULT;
	if (tb[NFTA_MAPT_LOWEST_IPV6_MTU])
		conf->siit.lowest_ipv6_mtu =
			ntohl(nla_get_be32(tb[NFTA_MAPT_LOWEST_IPV6_MTU]));
	if (tb[NFTA_MAPT_TOS]) {
		conf->siit.has_tos = true;
		conf->siit.tos = nla_get_u8(tb[NFTA_MAPT_TOS]);
	}
	if (tb[NFTA_MAPT_TCLASS]) {
		conf->siit.has_tclass = true;
		conf->siit.tclass = nla_get_u8(tb[NFTA_MAPT_TCLASS]);
	}
	if (tb[NFTA_MAPT_ICMP_SOURCE])
		conf->icmp_source = nla_get_be32(tb[NFTA_MAPT_ICMP_SOURCE]);
	if (tb[NFTA_MAPT_DEV]) {
		nla_strscpy(conf->dev, tb[NFTA_MAPT_DEV], IFNAMSIZ);
		if (!dev_valid_name(conf->dev))
			return -EINVAL;
	}
	if (tb[NFTA_MAPT_RESERVE]) {
		reserve = ntohl(nla_get_be32(tb[NFTA_MAPT_RESERVE]));
		conf->reserve_first = reserve >> 16;
		conf->reserve_last = reserve;
		if (!conf->reserve_last ||
		    conf->reserve_first > conf->reserve_last)
			return -ERANGE;
	}

	if (conf->op != NFT_MAPT_BR) {
		err = nft_mapt_parse_ce(tb, priv);
		if (err)
			return err;
	}
	if (conf->op != NFT_MAPT_NAPT)
		return nft_mapt_parse_table(tb, &conf->table, num);

	return 0;
}

static void nft_mapt_conf_free(struct nf_mapt_conf *conf)
{
	kfree(conf->table.index);
	kfree(conf->table.rules);
	kfree(conf);
}

static void nft_mapt_conf_free_rcu(struct rcu_head *rcu)
{
	nft_mapt_conf_free(container_of(rcu, struct nf_mapt_conf, rcu));
}

static int nft_mapt_table_alloc(struct nf_mapt_table *table, unsigned int rules)
{
	if (rules) {
		table->rules = kcalloc(rules, sizeof(*table->rules),
				       GFP_KERNEL_ACCOUNT);
		if (!table->rules)
			return -ENOMEM;
	}
	if (rules > 1) {
		table->index = kcalloc(1, sizeof(*table->index),
				       GFP_KERNEL_ACCOUNT);
		if (!table->index)
			return -ENOMEM;
	}

	return 0;
}

static struct nf_mapt_conf *nft_mapt_conf_alloc(enum nft_mapt_ops op,
						unsigned int rules)
{
	struct nf_mapt_conf *conf;

	conf = kzalloc(op == NFT_MAPT_BR ? offsetof(struct nf_mapt_conf, ce) :
					   sizeof(*conf), GFP_KERNEL_ACCOUNT);
	if (!conf)
		return NULL;
	if (nft_mapt_table_alloc(&conf->table, rules)) {
		nft_mapt_conf_free(conf);
		return NULL;
	}

	return conf;
}

static void nft_mapt_deps_put(const struct nft_ctx *ctx,
			      struct nf_mapt_conf *conf)
{
	if (conf->op == NFT_MAPT_NAPT) {
		nf_mapt_uplink_put(ctx->net, conf);
		nf_ct_netns_put(ctx->net, NFPROTO_IPV4);
		return;
	}
	if (ctx->family == NFPROTO_NETDEV)
		return;
	if (conf->op == NFT_MAPT_CE)
		nf_mapt_late_put(ctx->net, conf);
	nf_defrag_ipv4_disable(ctx->net);
}

static int nft_mapt_deps_get_napt(const struct nft_ctx *ctx,
				  struct nf_mapt_conf *conf)
{
	int err;

	err = nf_ct_netns_get(ctx->net, NFPROTO_IPV4);
	if (err)
		return err;
	err = nf_mapt_mappings_get(ctx->net);
	if (!err)
		err = nf_mapt_uplink_get(ctx->net, conf);
	if (err)
		nf_ct_netns_put(ctx->net, NFPROTO_IPV4);

	return err;
}

/* Only first fragments have the ports that may decide which statement an IPv4
 * packet is for. Those of IPv6 are nf_mapt_core.c's, and at ingress all are left
 * to other statements.
 */
static int nft_mapt_deps_get(const struct nft_ctx *ctx,
			     struct nf_mapt_conf *conf)
{
	int err;

	if (conf->op == NFT_MAPT_NAPT)
		return nft_mapt_deps_get_napt(ctx, conf);

	err = nf_mapt_route_cache_get(ctx->net);
	if (err || ctx->family == NFPROTO_NETDEV)
		return err;
	err = nf_defrag_ipv4_enable(ctx->net);
	if (err || conf->op != NFT_MAPT_CE)
		return err;
	err = nf_mapt_late_get(ctx->net, conf);
	if (err)
		nf_defrag_ipv4_disable(ctx->net);

	return err;
}

static struct nft_flowtable *
nft_mapt_flowtable_lookup(const struct nft_ctx *ctx, const struct nlattr *name)
{
	u8 genmask = nft_genmask_next(ctx->net);
	struct nft_flowtable *flowtable;

	list_for_each_entry(flowtable, &ctx->table->flowtables, list) {
		if (nft_active_genmask(flowtable, genmask) &&
		    !nla_strcmp(name, flowtable->name))
			return flowtable;
	}

	return NULL;
}

/* Other families' see only one of the two that a connection has, and to tell
 * hardware what is to become of a packet there are no words yet.
 */
static int nft_mapt_flowtable_get(const struct nft_ctx *ctx,
				  const struct nlattr *name,
				  struct nft_mapt *priv)
{
	struct nft_flowtable *flowtable;
	int err;

	if (!IS_ENABLED(CONFIG_NF_FLOW_TABLE) || ctx->family != NFPROTO_INET)
		return -EOPNOTSUPP;
	flowtable = nft_mapt_flowtable_lookup(ctx, name);
	if (!flowtable)
		return -ENOENT;
	if (nf_flowtable_hw_offload(&flowtable->data))
		return -EOPNOTSUPP;

	priv->conf->flows = nf_mapt_flows_new(ctx->net, priv->conf,
					      &flowtable->data);
	if (!priv->conf->flows)
		return -ENOMEM;
	err = nf_ct_netns_get(ctx->net, NFPROTO_IPV4);
	if (!err && !nft_use_inc(&flowtable->use)) {
		nf_ct_netns_put(ctx->net, NFPROTO_IPV4);
		err = -EMFILE;
	}
	if (err)
		nf_mapt_flows_free(priv->conf->flows);
	else
		priv->flowtable = flowtable;

	return err;
}

static void nft_mapt_flowtable_put(const struct nft_ctx *ctx,
				   const struct nft_mapt *priv)
{
	if (!priv->flowtable)
		return;
	nf_mapt_flows_free(priv->conf->flows);
	nf_ct_netns_put(ctx->net, NFPROTO_IPV4);
}

static void nft_mapt_activate(const struct nft_ctx *ctx,
			      const struct nft_expr *expr)
{
	const struct nft_mapt *priv = nft_expr_priv(expr);

	if (priv->flowtable)
		nft_use_inc_restore(&priv->flowtable->use);
}

/* Once the ruleset has been committed no packet may go by what it was. */
static void nft_mapt_deactivate(const struct nft_ctx *ctx,
				const struct nft_expr *expr,
				enum nft_trans_phase phase)
{
	const struct nft_mapt *priv = nft_expr_priv(expr);

	if (!priv->flowtable)
		return;
	if (phase == NFT_TRANS_COMMIT || phase == NFT_TRANS_RELEASE)
		nf_mapt_flows_end(priv->conf->flows);
	nf_tables_deactivate_flowtable(ctx, priv->flowtable, phase);
}

/*
 * A rule has to fit one notification, or those who listen get ENOBUFS in its
 * place; and a dump, or it is never listed. It is listed with all that it was
 * loaded with, the PSID offsets that were left out, and two handles.
 */
static bool nft_mapt_rule_fits(const struct nft_ctx *ctx)
{
	const struct nlattr *exprs, *udata;
	unsigned int size;

	if (!ctx->chain || !ctx->nla)
		return true;
	exprs = ctx->nla[NFTA_RULE_EXPRESSIONS];
	udata = ctx->nla[NFTA_RULE_USERDATA];
	if (!exprs)
		return true;

	size = nlmsg_total_size(sizeof(struct nfgenmsg)) +
	       nla_total_size(strlen(ctx->table->name) + 1) +
	       nla_total_size(strlen(ctx->chain->name) + 1) +
	       2 * nla_total_size_64bit(sizeof(u64)) +
	       (udata ? nla_total_size(nla_len(udata)) : 0);
	/* An offset takes 8 bytes, a rule without at least 56. */
	size += nla_len(exprs) + nla_len(exprs) / 7;

	return size <= NLMSG_GOODSIZE;
}

/* In a filter chain it looks at what NAT has made of a source. */
static bool nft_mapt_is_guard(const struct nft_ctx *ctx)
{
	return ctx->chain && nft_is_base_chain(ctx->chain) &&
	       nft_base_chain(ctx->chain)->type->type == NFT_CHAIN_T_DEFAULT;
}

static int nft_mapt_init(const struct nft_ctx *ctx, const struct nft_expr *expr,
			 const struct nlattr * const tb[])
{
	struct nft_mapt *priv = nft_expr_priv(expr);
	enum nft_mapt_ops op;
	u32 flags = 0;
	int num = 0;
	int err;

	if (!tb[NFTA_MAPT_OP])
		return -EINVAL;
	if (!nft_mapt_rule_fits(ctx))
		return -E2BIG;
	op = ntohl(nla_get_be32(tb[NFTA_MAPT_OP]));
	if (tb[NFTA_MAPT_FLAGS])
		flags = ntohl(nla_get_be32(tb[NFTA_MAPT_FLAGS]));
	err = nft_mapt_check_attrs(tb, op, flags);
	if (err)
		return err;
	if (tb[NFTA_MAPT_FMR]) {
		num = nft_mapt_count_fmr(tb[NFTA_MAPT_FMR]);
		if (num < 0)
			return num;
	}

	priv->conf = nft_mapt_conf_alloc(op, num);
	if (!priv->conf)
		return -ENOMEM;
	priv->conf->op = op;
	priv->conf->flags = flags;
	priv->conf->siit.udp_zero_drop = !!(flags & NFT_MAPT_F_UDP_ZERO_DROP);
	if (op == NFT_MAPT_NAPT)
		priv->conf->guard = nft_mapt_is_guard(ctx);

	/* Nobody calls destroy for us when this fails. */
	err = nft_mapt_parse_conf(tb, priv, num);
	if (!err)
		err = nft_mapt_deps_get(ctx, priv->conf);
	if (!err && tb[NFTA_MAPT_FLOWTABLE]) {
		err = nft_mapt_flowtable_get(ctx, tb[NFTA_MAPT_FLOWTABLE], priv);
		if (err)
			nft_mapt_deps_put(ctx, priv->conf);
	}
	if (err)
		nft_mapt_conf_free(priv->conf);

	return err;
}

static void nft_mapt_destroy(const struct nft_ctx *ctx,
			     const struct nft_expr *expr)
{
	const struct nft_mapt *priv = nft_expr_priv(expr);

	nft_mapt_flowtable_put(ctx, priv);
	nft_mapt_deps_put(ctx, priv->conf);
	/* A packet of a CE may be behind the ruleset, and still ask for it; others
	 * than the packets of its chain ask a NAPT.
	 */
	call_rcu(&priv->conf->rcu, nft_mapt_conf_free_rcu);
}

/* A base chain's priority, between those of two kernel hooks. */
static int nft_mapt_check_prio(const struct nft_ctx *ctx, int above, int below)
{
	const struct nf_hook_ops *ops = &nft_base_chain(ctx->chain)->ops;

	return ops->priority > above && ops->priority < below ? 0 : -EOPNOTSUPP;
}

static int nft_mapt_validate_napt(const struct nft_ctx *ctx, bool guard)
{
	int err;

	if (ctx->family == NFPROTO_IPV6)
		return -EOPNOTSUPP;
	if (guard) {
		err = nft_chain_validate_hooks(ctx->chain,
					       1 << NF_INET_POST_ROUTING);
		return err ?: nft_mapt_check_prio(ctx, NF_IP_PRI_NAT_SRC, INT_MAX);
	}
	err = nft_chain_validate_dependency(ctx->chain, NFT_CHAIN_T_NAT);
	if (err)
		return err;

	return nft_chain_validate_hooks(ctx->chain, 1 << NF_INET_PRE_ROUTING |
						    1 << NF_INET_POST_ROUTING);
}

/* Where packets of the table's family come by that an operation translates. */
static unsigned int nft_mapt_hooks(u8 family, enum nft_mapt_ops op)
{
	bool ipv4 = family != NFPROTO_IPV6, ipv6 = family != NFPROTO_IPV4;

	if (op == NFT_MAPT_CE)
		return (ipv6 ? 1 << NF_INET_PRE_ROUTING : 0) |
		       (ipv4 ? 1 << NF_INET_POST_ROUTING : 0);

	return 1 << NF_INET_PRE_ROUTING | 1 << NF_INET_LOCAL_OUT |
	       (ipv4 ? 1 << NF_INET_FORWARD : 0) |
	       (family == NFPROTO_INET ? 1 << NF_INET_INGRESS : 0);
}

static int nft_mapt_validate_xlat(const struct nft_ctx *ctx,
				  enum nft_mapt_ops op)
{
	unsigned int hooks = nft_mapt_hooks(ctx->family, op);
	int err;

	err = nft_chain_validate_dependency(ctx->chain, NFT_CHAIN_T_DEFAULT);
	if (err)
		return err;
	err = nft_chain_validate_hooks(ctx->chain, hooks);
	if (err || !nft_is_base_chain(ctx->chain))
		return err;

	switch (nft_base_chain(ctx->chain)->ops.hooknum) {
	case NF_INET_FORWARD:
	case NF_INET_INGRESS:
		return 0;
	case NF_INET_POST_ROUTING:
		/* behind source NAT */
		return nft_mapt_check_prio(ctx, NF_IP_PRI_NAT_SRC, INT_MAX);
	default:
		/* between defragmentation and conntrack */
		return nft_mapt_check_prio(ctx, NF_IP_PRI_CONNTRACK_DEFRAG,
					   NF_IP_PRI_CONNTRACK);
	}
}

static int nft_mapt_validate(const struct nft_ctx *ctx,
			     const struct nft_expr *expr)
{
	const struct nft_mapt *priv = nft_expr_priv(expr);

	/* Hook numbers mean something else in other families. */
	switch (ctx->family) {
	case NFPROTO_IPV4:
	case NFPROTO_IPV6:
	case NFPROTO_INET:
		break;
	case NFPROTO_NETDEV:
		if (priv->conf->op != NFT_MAPT_BR)
			return -EOPNOTSUPP;
		return nft_chain_validate_hooks(ctx->chain,
						1 << NF_NETDEV_INGRESS);
	default:
		return -EOPNOTSUPP;
	}

	if (priv->conf->op == NFT_MAPT_NAPT)
		return nft_mapt_validate_napt(ctx, priv->conf->guard);

	return nft_mapt_validate_xlat(ctx, priv->conf->op);
}

static int nft_mapt_dump_rule(struct sk_buff *skb, int attrtype,
			      const struct nf_mapt_rule *rule)
{
	struct nf_mapt_rule_param param;
	struct nlattr *nest;

	nf_mapt_rule_param(rule, &param);
	nest = nla_nest_start(skb, attrtype);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_in6_addr(skb, NFTA_MAPT_RULE_PREFIX6, &param.prefix6.addr) ||
	    nla_put_u8(skb, NFTA_MAPT_RULE_PREFIX6_LEN, param.prefix6.len) ||
	    nla_put_be32(skb, NFTA_MAPT_RULE_PREFIX4, param.prefix4) ||
	    nla_put_u8(skb, NFTA_MAPT_RULE_PREFIX4_LEN, param.prefix4_len) ||
	    nla_put_u8(skb, NFTA_MAPT_RULE_EA_LEN, param.ea_len) ||
	    nla_put_u8(skb, NFTA_MAPT_RULE_PSID_OFFSET, param.psid_offset))
		return -EMSGSIZE;
	if (param.psid_len &&
	    (nla_put_u8(skb, NFTA_MAPT_RULE_PSID_LEN, param.psid_len) ||
	     nla_put_be16(skb, NFTA_MAPT_RULE_PSID, htons(param.psid))))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);

	return 0;
}

static int nft_mapt_dump_fmr(struct sk_buff *skb,
			     const struct nf_mapt_table *table)
{
	struct nlattr *nest;
	unsigned int i;

	if (!table->num)
		return 0;

	nest = nla_nest_start(skb, NFTA_MAPT_FMR);
	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < table->num; i++)
		if (nft_mapt_dump_rule(skb, NFTA_LIST_ELEM, &table->rules[i]))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);

	return 0;
}

static int nft_mapt_dump_ce(struct sk_buff *skb, const struct nft_mapt *priv)
{
	return nft_mapt_dump_rule(skb, NFTA_MAPT_BMR, &priv->conf->ce.rule) ||
	       nla_put_in6_addr(skb, NFTA_MAPT_END_USER, &priv->end_user.addr) ||
	       nla_put_u8(skb, NFTA_MAPT_END_USER_LEN, priv->end_user.len);
}

static int nft_mapt_dump_xlat(struct sk_buff *skb,
			      const struct nf_mapt_conf *conf)
{
	struct nf_mapt_prefix6 dmr;

	nf_mapt_table_dmr(&conf->table, &dmr);
	if (nla_put_in6_addr(skb, NFTA_MAPT_DMR, &dmr.addr) ||
	    nla_put_u8(skb, NFTA_MAPT_DMR_LEN, dmr.len) ||
	    nft_mapt_dump_fmr(skb, &conf->table))
		return -EMSGSIZE;
	if (conf->siit.has_tos && nla_put_u8(skb, NFTA_MAPT_TOS, conf->siit.tos))
		return -EMSGSIZE;
	if (conf->siit.has_tclass && nla_put_u8(skb, NFTA_MAPT_TCLASS, conf->siit.tclass))
		return -EMSGSIZE;
	if (conf->siit.lowest_ipv6_mtu != NF_MAPT_LOWEST_IPV6_MTU_DEFAULT &&
	    nla_put_be32(skb, NFTA_MAPT_LOWEST_IPV6_MTU,
			 htonl(conf->siit.lowest_ipv6_mtu)))
		return -EMSGSIZE;
	if (conf->icmp_source &&
	    nla_put_be32(skb, NFTA_MAPT_ICMP_SOURCE, conf->icmp_source))
		return -EMSGSIZE;

	return 0;
}

static int nft_mapt_dump(struct sk_buff *skb, const struct nft_expr *expr,
			 bool reset)
{
	const struct nft_mapt *priv = nft_expr_priv(expr);
	const struct nf_mapt_conf *conf = priv->conf;

	if (nla_put_be32(skb, NFTA_MAPT_OP, htonl(conf->op)))
		return -1;
	if (conf->flags &&
	    nla_put_be32(skb, NFTA_MAPT_FLAGS, htonl(conf->flags)))
		return -1;
	if (conf->op != NFT_MAPT_BR && nft_mapt_dump_ce(skb, priv))
		return -1;
	if (conf->op == NFT_MAPT_NAPT && conf->reserve_last &&
	    nla_put_be32(skb, NFTA_MAPT_RESERVE,
			 htonl((u32)conf->reserve_first << 16 | conf->reserve_last)))
		return -1;
	if (conf->op != NFT_MAPT_NAPT && nft_mapt_dump_xlat(skb, conf))
		return -1;
	if (priv->flowtable &&
	    nla_put_string(skb, NFTA_MAPT_FLOWTABLE, priv->flowtable->name))
		return -1;
	if (conf->op == NFT_MAPT_CE && conf->dev[0] &&
	    nla_put_string(skb, NFTA_MAPT_DEV, conf->dev))
		return -1;

	return 0;
}

static struct nft_expr_type nft_mapt_type;
static const struct nft_expr_ops nft_mapt_ops = {
	.type		= &nft_mapt_type,
	.size		= NFT_EXPR_SIZE(sizeof(struct nft_mapt)),
	.eval		= nft_mapt_eval,
	.init		= nft_mapt_init,
	.activate	= nft_mapt_activate,
	.deactivate	= nft_mapt_deactivate,
	.destroy	= nft_mapt_destroy,
	.dump		= nft_mapt_dump,
	.validate	= nft_mapt_validate,
};

static struct nft_expr_type nft_mapt_type __read_mostly = {
	.name		= "mapt",
	.ops		= &nft_mapt_ops,
	.policy		= nft_mapt_policy,
	.maxattr	= NFTA_MAPT_MAX,
	.owner		= THIS_MODULE,
};

static int __init nft_mapt_module_init(void)
{
	/* What a packet of a BR needs: one cache line. */
	BUILD_BUG_ON(offsetofend(struct nf_mapt_conf, table) > 64);

	return nft_register_expr(&nft_mapt_type);
}

static void __exit nft_mapt_module_exit(void)
{
	nft_unregister_expr(&nft_mapt_type);
	rcu_barrier();
}

module_init(nft_mapt_module_init);
module_exit(nft_mapt_module_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("nf_tables MAP-T (RFC 7599) expression");
MODULE_ALIAS_NFT_EXPR("mapt");

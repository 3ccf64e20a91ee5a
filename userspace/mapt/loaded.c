// SPDX-License-Identifier: GPL-2.0
/*
 * What is loaded, as the kernel tells it: rules with a mapt expression, and
 * base chains. Asked by netlink itself, so it works with any nft, or none.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "rules.h"
#include "tool.h"

#define TRIES	8	/* of a dump that a transaction interrupts */

static int dump(struct mnl_socket *nl, unsigned int type, mnl_cb_t callback,
		void *data)
{
	char buf[65536];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg;
	unsigned int seq = time(NULL);
	ssize_t len;
	int rc;

	nlh->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = seq;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = NFPROTO_UNSPEC;
	nfg->version = NFNETLINK_V0;
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -1;
	do {
		len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (len < 0)
			return -1;
		rc = mnl_cb_run(buf, len, seq, mnl_socket_get_portid(nl),
				callback, data);
	} while (rc > 0);
	return rc;
}

/* Dumps until nothing came in between; @reset forgets what was told so far. */
static int dump_all(unsigned int type, mnl_cb_t callback, void *data,
		    void (*reset)(void *data))
{
	struct mnl_socket *nl;
	int rc = -1, tries;

	for (tries = 0; tries < TRIES; tries++) {
		reset(data);
		nl = mnl_socket_open(NETLINK_NETFILTER);
		if (!nl)
			break;
		if (!mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID))
			rc = dump(nl, type, callback, data);
		mnl_socket_close(nl);
		if (rc >= 0 || errno != EINTR)
			break;
	}
	if (rc >= 0)
		return STATUS_OK;
	if (errno == EPERM || errno == EACCES)
		return failed("only root may ask the kernel what is loaded (or give --ruleset FILE)");
	return failed("cannot ask the kernel what is loaded: %s",
		      strerror(errno));
}

static void get_text(const struct nlattr *attr, char *text, size_t size)
{
	snprintf(text, size, "%.*s", (int)mnl_attr_get_payload_len(attr),
		 (const char *)mnl_attr_get_payload(attr));
}

/* The attributes of a nest, by type; what is too new is left out. */
static void get_nest(const struct nlattr *nest, const struct nlattr **tb,
		     unsigned int max)
{
	const struct nlattr *attr;

	memset(tb, 0, (max + 1) * sizeof(*tb));
	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) <= max)
			tb[mnl_attr_get_type(attr)] = attr;
	}
}

static uint32_t get_be32(const struct nlattr *attr)
{
	uint32_t value = 0;

	if (attr && mnl_attr_get_payload_len(attr) == sizeof(value))
		memcpy(&value, mnl_attr_get_payload(attr), sizeof(value));
	return ntohl(value);
}

/* What a rule compares: a register has the name of the device. */
struct match {
	bool	in;
	bool	out;
	char	device[DEVICE_SIZE];
	bool	device_in;
};

static void read_meta(const struct nlattr *data, struct match *match)
{
	const struct nlattr *tb[NFTA_META_MAX + 1];
	uint32_t key;

	get_nest(data, tb, NFTA_META_MAX);
	key = tb[NFTA_META_KEY] ? get_be32(tb[NFTA_META_KEY]) : 0;
	match->in = key == NFT_META_IIFNAME;
	match->out = key == NFT_META_OIFNAME;
}

/* iifname and oifname with one whole name; sets and others say nothing. */
static void read_cmp(const struct nlattr *data, struct match *match)
{
	const struct nlattr *tb[NFTA_CMP_MAX + 1];
	const struct nlattr *value[NFTA_DATA_MAX + 1];

	if (!match->in && !match->out)
		return;
	get_nest(data, tb, NFTA_CMP_MAX);
	if (tb[NFTA_CMP_DATA] && get_be32(tb[NFTA_CMP_OP]) == NFT_CMP_EQ) {
		get_nest(tb[NFTA_CMP_DATA], value, NFTA_DATA_MAX);
		if (value[NFTA_DATA_VALUE]) {
			get_text(value[NFTA_DATA_VALUE], match->device,
				 sizeof(match->device));
			match->device_in = match->in;
		}
	}
	match->in = false;
	match->out = false;
}

/* Two jumps in a row that are the same are one. */
static void add_jump(const struct jump *jump, struct found_list *list)
{
	if (list->num_jumps &&
	    !memcmp(&list->jumps[list->num_jumps - 1], jump, sizeof(*jump)))
		return;
	if (!(list->num_jumps & (list->num_jumps - 1)))
		list->jumps = xrealloc(list->jumps,
				       (list->num_jumps ?
					list->num_jumps * 2 : 1) *
				       sizeof(*jump));
	list->jumps[list->num_jumps++] = *jump;
}

static void read_immediate(const struct nlattr *data, struct jump *jump,
			   struct found_list *list)
{
	const struct nlattr *tb[NFTA_IMMEDIATE_MAX + 1];
	const struct nlattr *value[NFTA_DATA_MAX + 1];
	const struct nlattr *verdict[NFTA_VERDICT_MAX + 1];

	get_nest(data, tb, NFTA_IMMEDIATE_MAX);
	if (!tb[NFTA_IMMEDIATE_DATA])
		return;
	get_nest(tb[NFTA_IMMEDIATE_DATA], value, NFTA_DATA_MAX);
	if (!value[NFTA_DATA_VERDICT])
		return;
	get_nest(value[NFTA_DATA_VERDICT], verdict, NFTA_VERDICT_MAX);
	if (!verdict[NFTA_VERDICT_CHAIN])
		return;
	get_text(verdict[NFTA_VERDICT_CHAIN], jump->to, sizeof(jump->to));
	add_jump(jump, list);
	memset(jump->to, 0, sizeof(jump->to));
}

static void read_lookup(const struct nlattr *data, const struct jump *jump,
			struct found_list *list)
{
	const struct nlattr *tb[NFTA_LOOKUP_MAX + 1];

	get_nest(data, tb, NFTA_LOOKUP_MAX);
	if (tb[NFTA_LOOKUP_DREG] &&
	    get_be32(tb[NFTA_LOOKUP_DREG]) == NFT_REG_VERDICT)
		add_jump(jump, list);
}

static void read_expr(const struct nlattr *expr, struct match *match,
		      struct jump *jump, const struct nlattr **mapt,
		      struct found_list *list)
{
	const struct nlattr *tb[NFTA_EXPR_MAX + 1];
	char name[16];

	get_nest(expr, tb, NFTA_EXPR_MAX);
	if (!tb[NFTA_EXPR_NAME] || !tb[NFTA_EXPR_DATA])
		return;
	get_text(tb[NFTA_EXPR_NAME], name, sizeof(name));
	if (!strcmp(name, "mapt"))
		*mapt = tb[NFTA_EXPR_DATA];
	else if (!strcmp(name, "meta"))
		read_meta(tb[NFTA_EXPR_DATA], match);
	else if (!strcmp(name, "cmp"))
		read_cmp(tb[NFTA_EXPR_DATA], match);
	else if (!strcmp(name, "immediate"))
		read_immediate(tb[NFTA_EXPR_DATA], jump, list);
	else if (!strcmp(name, "lookup"))
		read_lookup(tb[NFTA_EXPR_DATA], jump, list);
}

static void add_rule(const struct nlattr **tb, unsigned int family,
		     const struct mapt_stmt *stmt, const struct match *match,
		     struct found_list *list)
{
	struct found *found = found_add(list, stmt);
	struct buf where = {};
	uint64_t handle = 0;

	found->family = family;
	get_text(tb[NFTA_RULE_TABLE], found->table, sizeof(found->table));
	get_text(tb[NFTA_RULE_CHAIN], found->chain, sizeof(found->chain));
	if (tb[NFTA_RULE_HANDLE])
		memcpy(&handle, mnl_attr_get_payload(tb[NFTA_RULE_HANDLE]),
		       sizeof(handle));
	found->handle = be64toh(handle);
	memcpy(found->device, match->device, sizeof(found->device));
	found->device_in = match->device_in;
	buf_printf(&where, "table %s %s chain %s", family_name(family),
		   found->table, found->chain);
	found->where = where.data;
}

static int rule_callback(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr, *mapt = NULL, *tb[NFTA_RULE_MAX + 1] = {};
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	struct found_list *list = data;
	struct match match = {};
	struct jump jump = {};
	struct mapt_stmt stmt;

	if (nlh->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE))
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(*nfg)) {
		if (mnl_attr_get_type(attr) <= NFTA_RULE_MAX)
			tb[mnl_attr_get_type(attr)] = attr;
	}
	if (!tb[NFTA_RULE_EXPRESSIONS] || !tb[NFTA_RULE_TABLE] ||
	    !tb[NFTA_RULE_CHAIN])
		return MNL_CB_OK;
	jump.family = nfg->nfgen_family;
	get_text(tb[NFTA_RULE_TABLE], jump.table, sizeof(jump.table));
	get_text(tb[NFTA_RULE_CHAIN], jump.from, sizeof(jump.from));
	mnl_attr_for_each_nested(attr, tb[NFTA_RULE_EXPRESSIONS])
		read_expr(attr, &match, &jump, &mapt, list);
	if (!mapt)
		return MNL_CB_OK;
	if (mapt_decode(mnl_attr_get_payload(mapt),
			mnl_attr_get_payload_len(mapt), &stmt))
		add_rule(tb, nfg->nfgen_family, &stmt, &match, list);
	else
		list->unknown++;
	return MNL_CB_OK;
}

static void reset_rules(void *data)
{
	found_free(data);
}

/**
 * loaded_rules - all rules of the namespace that have a mapt statement
 * @list: result, to be freed by found_free()
 *
 * Return: an exit status, after saying why.
 */
int loaded_rules(struct found_list *list)
{
	int rc = dump_all(NFT_MSG_GETRULE, rule_callback, list, reset_rules);

	if (!rc && list->unknown)
		warn("%zu mapt statements are of a newer kernel module than this command knows and are left out",
		     list->unknown);
	return rc;
}

static int chain_callback(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr, *tb[NFTA_CHAIN_MAX + 1] = {};
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *hook[NFTA_HOOK_MAX + 1];
	struct chain_list *list = data;
	struct base_chain *chain;

	if (nlh->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN))
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(*nfg)) {
		if (mnl_attr_get_type(attr) <= NFTA_CHAIN_MAX)
			tb[mnl_attr_get_type(attr)] = attr;
	}
	if (!tb[NFTA_CHAIN_HOOK] || !tb[NFTA_CHAIN_TYPE] ||
	    !tb[NFTA_CHAIN_TABLE] || !tb[NFTA_CHAIN_NAME])
		return MNL_CB_OK;
	list->list = xrealloc(list->list,
			      (list->num + 1) * sizeof(*list->list));
	chain = &list->list[list->num++];
	memset(chain, 0, sizeof(*chain));
	chain->family = nfg->nfgen_family;
	get_text(tb[NFTA_CHAIN_TABLE], chain->table, sizeof(chain->table));
	get_text(tb[NFTA_CHAIN_NAME], chain->name, sizeof(chain->name));
	get_text(tb[NFTA_CHAIN_TYPE], chain->type, sizeof(chain->type));
	get_nest(tb[NFTA_CHAIN_HOOK], hook, NFTA_HOOK_MAX);
	chain->hook = get_be32(hook[NFTA_HOOK_HOOKNUM]);
	chain->priority = get_be32(hook[NFTA_HOOK_PRIORITY]);
	return MNL_CB_OK;
}

static void reset_chains(void *data)
{
	struct chain_list *list = data;

	free(list->list);
	memset(list, 0, sizeof(*list));
}

/**
 * loaded_chains - all base chains of the namespace
 * @list: result; the caller frees its list
 *
 * Return: an exit status, after saying why.
 */
int loaded_chains(struct chain_list *list)
{
	return dump_all(NFT_MSG_GETCHAIN, chain_callback, list, reset_chains);
}

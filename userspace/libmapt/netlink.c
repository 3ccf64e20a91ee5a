// SPDX-License-Identifier: GPL-2.0
/* The payload of NFTA_EXPR_DATA: nf_tables_mapt.h, attribute for attribute. */
#include <arpa/inet.h>
#include <string.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include "mapt.h"

static void put(struct buf *out, uint16_t type, const void *data, size_t len)
{
	struct nlattr attr = {
		.nla_len	= NLA_HDRLEN + len,
		.nla_type	= type,
	};

	buf_add(out, &attr, sizeof(attr));
	buf_add(out, data, len);
	buf_fill(out, 0, NLA_ALIGN(len) - len);
}

static void put_u8(struct buf *out, uint16_t type, uint8_t value)
{
	put(out, type, &value, sizeof(value));
}

static void put_be16(struct buf *out, uint16_t type, uint16_t value)
{
	value = htons(value);
	put(out, type, &value, sizeof(value));
}

static void put_be32(struct buf *out, uint16_t type, uint32_t value)
{
	value = htonl(value);
	put(out, type, &value, sizeof(value));
}

static size_t nest_start(struct buf *out, uint16_t type)
{
	size_t start = out->len;

	put(out, type | NLA_F_NESTED, NULL, 0);
	return start;
}

static void nest_end(struct buf *out, size_t start)
{
	uint16_t len = out->len - start;

	memcpy(out->data + start, &len, sizeof(len));
}

static void put_rule(struct buf *out, uint16_t type,
		     const struct mapt_rule *rule)
{
	size_t nest = nest_start(out, type);

	put(out, NFTA_MAPT_RULE_PREFIX6, &rule->prefix6.addr, 16);
	put_u8(out, NFTA_MAPT_RULE_PREFIX6_LEN, rule->prefix6.len);
	put_be32(out, NFTA_MAPT_RULE_PREFIX4, rule->prefix4.addr);
	put_u8(out, NFTA_MAPT_RULE_PREFIX4_LEN, rule->prefix4.len);
	put_u8(out, NFTA_MAPT_RULE_EA_LEN, rule->ea_len);
	put_u8(out, NFTA_MAPT_RULE_PSID_OFFSET, rule->psid_offset);
	if (rule->has_psid) {
		put_u8(out, NFTA_MAPT_RULE_PSID_LEN, rule->psid_len);
		put_be16(out, NFTA_MAPT_RULE_PSID, rule->psid);
	}
	nest_end(out, nest);
}

static void put_option(struct buf *out, const struct mapt_stmt *stmt,
		       const struct mapt_option *option)
{
	int64_t value = mapt_stmt_option(stmt, option->part);

	if (option->type == OPTION_NAME)
		put(out, option->attr, stmt->flowtable,
		    strlen(stmt->flowtable) + 1);
	else if (option->type == OPTION_DEVICE)
		put(out, option->attr, stmt->dev, strlen(stmt->dev) + 1);
	else if (option->type == OPTION_BYTE)
		put_u8(out, option->attr, value);
	else
		put_be32(out, option->attr, value);
}

static uint32_t get_flags(const struct mapt_stmt *stmt)
{
	uint32_t flags = 0;
	int part;

	for (part = PART_OPTIONS; part < PART_MAX; part++) {
		if (mapt_stmt_option(stmt, part) != MAPT_DEFAULT)
			flags |= mapt_option(part)->flag;
	}
	return flags;
}

/* Appends the attributes of @stmt, which mapt_stmt_check() has passed. */
void mapt_encode(const struct mapt_stmt *stmt, struct buf *out)
{
	uint32_t flags = get_flags(stmt);
	const struct mapt_option *option;
	int64_t value;
	int part;
	unsigned int i;
	size_t nest;

	put_be32(out, NFTA_MAPT_OP, stmt->op);
	if (flags)
		put_be32(out, NFTA_MAPT_FLAGS, flags);
	if (mapt_part_allowed(stmt->op, PART_BMR)) {
		put_rule(out, NFTA_MAPT_BMR, &stmt->bmr);
		put(out, NFTA_MAPT_END_USER, &stmt->end_user.addr, 16);
		put_u8(out, NFTA_MAPT_END_USER_LEN, stmt->end_user.len);
	}
	if (mapt_part_allowed(stmt->op, PART_DMR)) {
		put(out, NFTA_MAPT_DMR, &stmt->dmr.addr, 16);
		put_u8(out, NFTA_MAPT_DMR_LEN, stmt->dmr.len);
	}
	if (stmt->num_fmrs) {
		nest = nest_start(out, NFTA_MAPT_FMR);
		for (i = 0; i < stmt->num_fmrs; i++)
			put_rule(out, NFTA_LIST_ELEM, &stmt->fmr[i]);
		nest_end(out, nest);
	}
	for (part = PART_OPTIONS; part < PART_MAX; part++) {
		option = mapt_option(part);
		value = mapt_stmt_option(stmt, part);
		if (option->attr && value != MAPT_DEFAULT)
			put_option(out, stmt, option);
	}
}

/* An attribute that was read: where its payload is and how long it is. */
struct attr {
	const uint8_t	*data;
	size_t		len;
};

/*
 * Reads the attribute at @pos of @len bytes and moves @pos past it. Returns
 * its type, 0 at the end, or -1 when the bytes are not attributes.
 */
static int next_attr(const uint8_t *data, size_t len, size_t *pos,
		     struct attr *attr)
{
	struct nlattr nla;

	if (*pos >= len)
		return 0;
	if (len - *pos < sizeof(nla))
		return -1;
	memcpy(&nla, data + *pos, sizeof(nla));
	if (nla.nla_len < NLA_HDRLEN || nla.nla_len > len - *pos ||
	    !(nla.nla_type & NLA_TYPE_MASK))
		return -1;
	attr->data = data + *pos + NLA_HDRLEN;
	attr->len = nla.nla_len - NLA_HDRLEN;
	*pos += NLA_ALIGN(nla.nla_len);
	return nla.nla_type & NLA_TYPE_MASK;
}

/* Attributes that are not known here can't be shown, so they are refused. */
static bool get_attrs(const void *data, size_t len, struct attr *tb,
		      const uint8_t *size, int max)
{
	struct attr attr;
	size_t pos = 0;
	int type;

	memset(tb, 0, sizeof(*tb) * (max + 1));
	while ((type = next_attr(data, len, &pos, &attr)) > 0) {
		if (type > max || tb[type].data ||
		    (size[type] && attr.len != size[type]))
			return false;
		tb[type] = attr;
	}
	return !type;
}

static uint32_t get_be(const struct attr *attr)
{
	uint32_t value = 0;
	size_t i;

	for (i = 0; i < attr->len; i++)
		value = value << 8 | attr->data[i];
	return value;
}

static bool get_prefix6(const struct attr *addr, const struct attr *len,
			struct mapt_prefix6 *prefix)
{
	if (!addr->data || !len->data || *len->data > 128)
		return false;
	memcpy(&prefix->addr, addr->data, 16);
	prefix->len = *len->data;
	return true;
}

static bool get_rule(const struct attr *attr, struct mapt_rule *rule)
{
	static const uint8_t size[NFTA_MAPT_RULE_MAX + 1] = {
		[NFTA_MAPT_RULE_PREFIX6]	= 16,
		[NFTA_MAPT_RULE_PREFIX6_LEN]	= 1,
		[NFTA_MAPT_RULE_PREFIX4]	= 4,
		[NFTA_MAPT_RULE_PREFIX4_LEN]	= 1,
		[NFTA_MAPT_RULE_EA_LEN]		= 1,
		[NFTA_MAPT_RULE_PSID_OFFSET]	= 1,
		[NFTA_MAPT_RULE_PSID_LEN]	= 1,
		[NFTA_MAPT_RULE_PSID]		= 2,
	};
	struct attr tb[NFTA_MAPT_RULE_MAX + 1];

	if (!attr->data ||
	    !get_attrs(attr->data, attr->len, tb, size, NFTA_MAPT_RULE_MAX) ||
	    !get_prefix6(&tb[NFTA_MAPT_RULE_PREFIX6],
			 &tb[NFTA_MAPT_RULE_PREFIX6_LEN], &rule->prefix6) ||
	    !tb[NFTA_MAPT_RULE_PREFIX4].data ||
	    !tb[NFTA_MAPT_RULE_PREFIX4_LEN].data ||
	    !tb[NFTA_MAPT_RULE_EA_LEN].data ||
	    !tb[NFTA_MAPT_RULE_PSID].data != !tb[NFTA_MAPT_RULE_PSID_LEN].data)
		return false;

	rule->prefix4.addr = get_be(&tb[NFTA_MAPT_RULE_PREFIX4]);
	rule->prefix4.len = get_be(&tb[NFTA_MAPT_RULE_PREFIX4_LEN]);
	rule->ea_len = get_be(&tb[NFTA_MAPT_RULE_EA_LEN]);
	rule->psid_offset = tb[NFTA_MAPT_RULE_PSID_OFFSET].data ?
			    get_be(&tb[NFTA_MAPT_RULE_PSID_OFFSET]) :
			    MAPT_PSID_OFFSET;
	rule->has_psid = tb[NFTA_MAPT_RULE_PSID].data;
	rule->psid = get_be(&tb[NFTA_MAPT_RULE_PSID]);
	rule->psid_len = get_be(&tb[NFTA_MAPT_RULE_PSID_LEN]);
	return rule->prefix4.len <= 32;
}

static bool get_fmrs(const struct attr *list, struct mapt_stmt *stmt)
{
	struct attr attr;
	size_t pos = 0;
	int type;

	while ((type = next_attr(list->data, list->len, &pos, &attr)) > 0) {
		if (type != NFTA_LIST_ELEM ||
		    stmt->num_fmrs == NFT_MAPT_FMR_MAX ||
		    !get_rule(&attr, &stmt->fmr[stmt->num_fmrs]))
			return false;
		stmt->num_fmrs++;
	}
	return !type && stmt->num_fmrs;
}

static bool get_name(const struct attr *attr, struct mapt_stmt *stmt)
{
	return attr->len && !attr->data[attr->len - 1] &&
	       mapt_stmt_set_flowtable(stmt, (const char *)attr->data,
				       attr->len - 1);
}

static bool get_device(const struct attr *attr, struct mapt_stmt *stmt)
{
	const char *name = (const char *)attr->data;

	return mapt_stmt_set_dev(stmt, name, strnlen(name, attr->len));
}

static bool get_options(const struct attr *tb, struct mapt_stmt *stmt)
{
	uint32_t flags = get_be(&tb[NFTA_MAPT_FLAGS]);
	const struct mapt_option *option;
	int part;

	for (part = PART_OPTIONS; part < PART_MAX; part++) {
		option = mapt_option(part);
		if (option->flag & flags)
			mapt_stmt_set_option(stmt, part, 1);
		if (!option->attr || !tb[option->attr].data)
			continue;
		if (option->type == OPTION_DEVICE) {
			if (!get_device(&tb[option->attr], stmt))
				return false;
			continue;
		}
		if (option->type != OPTION_NAME)
			mapt_stmt_set_option(stmt, part,
					     get_be(&tb[option->attr]));
		else if (!get_name(&tb[option->attr], stmt))
			return false;
	}
	return true;
}

/* Those that @op has no use for could not be shown. */
static bool check_options(const struct attr *tb, enum nft_mapt_ops op)
{
	uint32_t flags = get_be(&tb[NFTA_MAPT_FLAGS]);
	const struct mapt_option *option;
	int part;

	for (part = PART_OPTIONS; part < PART_MAX; part++) {
		option = mapt_option(part);
		if (option->ops & 1U << op)
			flags &= ~option->flag;
		else if (option->attr && tb[option->attr].data)
			return false;
	}
	return !flags;
}

static bool check_parts(const struct attr *tb, enum nft_mapt_ops op)
{
	static const enum mapt_part part[NFTA_MAPT_MAX + 1] = {
		[NFTA_MAPT_BMR]			= PART_BMR,
		[NFTA_MAPT_END_USER]		= PART_END_USER,
		[NFTA_MAPT_DMR]			= PART_DMR,
		[NFTA_MAPT_FMR]			= PART_FMR,
	};
	int type;

	for (type = 0; type <= NFTA_MAPT_MAX; type++) {
		if (!part[type])
			continue;
		if (tb[type].data ? !mapt_part_allowed(op, part[type]) :
				    mapt_part_needed(op, part[type]))
			return false;
	}
	return check_options(tb, op);
}

/* 0 is any. */
static uint8_t option_size(const struct mapt_option *option)
{
	switch (option->type) {
	case OPTION_NAME:
	case OPTION_DEVICE:
		return 0;
	case OPTION_BYTE:
		return 1;
	default:
		return 4;
	}
}

static void set_option_sizes(uint8_t *size)
{
	const struct mapt_option *option;
	int part;

	for (part = PART_OPTIONS; part < PART_MAX; part++) {
		option = mapt_option(part);
		if (option->attr)
			size[option->attr] = option_size(option);
	}
}

/* Reads @len bytes of attributes, whoever sent them; false if they make no statement. */
bool mapt_decode(const void *data, size_t len, struct mapt_stmt *stmt)
{
	uint8_t size[NFTA_MAPT_MAX + 1] = {
		[NFTA_MAPT_OP]			= 4,
		[NFTA_MAPT_FLAGS]		= 4,
		[NFTA_MAPT_END_USER]		= 16,
		[NFTA_MAPT_END_USER_LEN]	= 1,
		[NFTA_MAPT_DMR]			= 16,
		[NFTA_MAPT_DMR_LEN]		= 1,
	};
	struct attr tb[NFTA_MAPT_MAX + 1];
	uint32_t op;

	set_option_sizes(size);
	if (!get_attrs(data, len, tb, size, NFTA_MAPT_MAX) ||
	    !tb[NFTA_MAPT_OP].data)
		return false;
	op = get_be(&tb[NFTA_MAPT_OP]);
	if (op > NFT_MAPT_OP_MAX || !check_parts(tb, op))
		return false;

	mapt_stmt_init(stmt, op);
	if (mapt_part_needed(op, PART_BMR) &&
	    (!get_rule(&tb[NFTA_MAPT_BMR], &stmt->bmr) ||
	     !get_prefix6(&tb[NFTA_MAPT_END_USER], &tb[NFTA_MAPT_END_USER_LEN],
			  &stmt->end_user)))
		return false;
	if (mapt_part_needed(op, PART_DMR) &&
	    !get_prefix6(&tb[NFTA_MAPT_DMR], &tb[NFTA_MAPT_DMR_LEN],
			 &stmt->dmr))
		return false;
	if (tb[NFTA_MAPT_FMR].data && !get_fmrs(&tb[NFTA_MAPT_FMR], stmt))
		return false;
	return get_options(tb, stmt);
}

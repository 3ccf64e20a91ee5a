// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink messages: carriers become mapt expressions on the way to the
 * kernel, and mapt expressions carriers on the way back.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "carrier.h"
#include "front.h"

/*
 * An expression that has another length than its carrier, so that the kernel
 * reports offsets in the message @seq which libnftables doesn't know.
 */
struct shift {
	uint32_t	seq;
	uint32_t	offset;		/* of the carrier, as libnftables knows it */
	uint32_t	sent;		/* of the expression */
	uint32_t	sent_len;
	int32_t		grown;
	int		op;		/* -1: can't be told */
};

typedef bool (*exchange_fn)(const struct nlattr *expr, struct buf *out);

static const struct nlattr *attr_at(const void *data, size_t len, size_t pos)
{
	const struct nlattr *attr = (const void *)((const char *)data + pos);

	if (len - pos < sizeof(*attr) || attr->nla_len < NLA_HDRLEN ||
	    attr->nla_len > len - pos)
		return NULL;
	return attr;
}

static size_t attr_len(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

static const void *attr_data(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

static const struct nlattr *attr_find(const void *data, size_t len, int type)
{
	const struct nlattr *attr;
	size_t pos;

	for (pos = 0; pos < len; pos += NLA_ALIGN(attr->nla_len)) {
		attr = attr_at(data, len, pos);
		if (!attr)
			return NULL;
		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
	}
	return NULL;
}

/* The data of @expr, a list element, if it is an expression called @name. */
static const struct nlattr *expr_data(const struct nlattr *expr,
				      const char *name)
{
	const struct nlattr *attr;
	size_t len = strlen(name);

	if ((expr->nla_type & NLA_TYPE_MASK) != NFTA_LIST_ELEM)
		return NULL;
	attr = attr_find(attr_data(expr), attr_len(expr), NFTA_EXPR_NAME);
	if (!attr || attr_len(attr) < len || attr_len(attr) > len + 1 ||
	    strncmp(attr_data(attr), name, attr_len(attr)))
		return NULL;
	return attr_find(attr_data(expr), attr_len(expr), NFTA_EXPR_DATA);
}

static size_t nest_start(struct buf *out, uint16_t type)
{
	struct nlattr attr = { .nla_type = type };

	buf_add(out, &attr, sizeof(attr));
	return out->len - sizeof(attr);
}

/* The length of an attribute has 16 bits. */
static bool nest_end(struct buf *out, size_t start)
{
	size_t len = out->len - start;
	uint16_t nla_len = len;

	memcpy(out->data + start, &nla_len, sizeof(nla_len));
	buf_fill(out, 0, NLA_ALIGN(len) - len);
	return len <= UINT16_MAX;
}

static void put(struct buf *out, uint16_t type, const void *data, size_t len)
{
	size_t start = nest_start(out, type);

	buf_add(out, data, len);
	nest_end(out, start);
}

/* @data is attributes, fewer than one attribute can hold. */
static void put_expr(struct buf *out, const char *name, const void *data,
		     size_t len)
{
	size_t expr = nest_start(out, NFTA_LIST_ELEM | NLA_F_NESTED), nest;

	put(out, NFTA_EXPR_NAME, name, strlen(name) + 1);
	nest = nest_start(out, NFTA_EXPR_DATA | NLA_F_NESTED);
	buf_add(out, data, len);
	nest_end(out, nest);
	nest_end(out, expr);
}

/* The carrier that @expr is, or -1. */
static int expr_carrier(const struct nlattr *expr)
{
	const struct nlattr *data = expr_data(expr, "log"), *prefix;

	prefix = data ? attr_find(attr_data(data), attr_len(data),
				  NFTA_LOG_PREFIX) : NULL;
	if (!prefix)
		return -1;
	return carrier_find(attr_data(prefix),
			    strnlen(attr_data(prefix), attr_len(prefix)));
}

/* Carrier to expression. */
static bool expr_exchange(const struct nlattr *expr, struct buf *out)
{
	int carrier = expr_carrier(expr);
	const void *payload;
	size_t len;

	if (carrier < 0)
		return false;
	payload = carrier_data(carrier, &len);
	put_expr(out, "mapt", payload, len);
	return true;
}

/* Expression to carrier. */
static bool expr_restore(const struct nlattr *expr, struct buf *out)
{
	const struct nlattr *data = expr_data(expr, "mapt");
	struct buf prefix = {}, log = {};

	if (!data)
		return false;
	carrier_prefix(carrier_add(attr_data(data), attr_len(data)), &prefix);
	put(&log, NFTA_LOG_PREFIX, prefix.data, prefix.len + 1);
	put_expr(out, "log", log.data, log.len);
	buf_free(&prefix);
	buf_free(&log);
	return true;
}

static void note_shift(const struct nlmsghdr *nlh, const struct nlattr *expr,
		       size_t sent, size_t sent_len)
{
	size_t len = NLA_ALIGN(expr->nla_len);
	size_t num = front->num_shifts;

	if (!(num & (num - 1)))		/* room for a power of two */
		front->shifts = xrealloc(front->shifts, (num ? num * 2 : 1) *
							sizeof(*front->shifts));
	front->shifts[front->num_shifts++] = (struct shift) {
		.seq		= nlh->nlmsg_seq,
		.offset		= (const char *)expr - (const char *)nlh,
		.sent		= sent,
		.sent_len	= sent_len,
		.grown		= (int32_t)sent_len - (int32_t)len,
		.op		= carrier_op(expr_carrier(expr)),
	};
}

/* The expressions of a rule. @start is where the message starts in @out. */
static bool list_exchange(const struct nlmsghdr *nlh,
			  const struct nlattr *list, exchange_fn exchange,
			  struct buf *out, size_t start, bool note)
{
	const void *data = attr_data(list);
	size_t len = attr_len(list), nest = nest_start(out, list->nla_type);
	const struct nlattr *expr;
	size_t pos, sent;

	for (pos = 0; pos < len; pos += NLA_ALIGN(expr->nla_len)) {
		expr = attr_at(data, len, pos);
		if (!expr)
			return false;
		sent = out->len;
		if (!exchange(expr, out)) {
			buf_add(out, expr, expr->nla_len);
			buf_fill(out, 0, NLA_ALIGN(expr->nla_len) -
					 expr->nla_len);
		} else if (note) {
			note_shift(nlh, expr, sent - start, out->len - sent);
		}
	}
	return nest_end(out, nest);
}

static bool is_rule(const struct nlmsghdr *nlh)
{
	return nlh->nlmsg_len >= NLMSG_LENGTH(sizeof(struct nfgenmsg)) &&
	       (nlh->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 |
				    NFT_MSG_NEWRULE) ||
		nlh->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 |
				    NFT_MSG_DELRULE));
}

static bool rule_exchange(const struct nlmsghdr *nlh, exchange_fn exchange,
			  struct buf *out, bool note)
{
	size_t hdr = NLMSG_SPACE(sizeof(struct nfgenmsg)), start = out->len;
	const char *data = (const char *)nlh + hdr;
	size_t len = nlh->nlmsg_len - hdr, pos;
	const struct nlattr *attr;
	uint32_t nlmsg_len;

	buf_add(out, nlh, hdr);
	for (pos = 0; pos < len; pos += NLA_ALIGN(attr->nla_len)) {
		attr = attr_at(data, len, pos);
		if (!attr)
			return false;
		if ((attr->nla_type & NLA_TYPE_MASK) == NFTA_RULE_EXPRESSIONS) {
			if (!list_exchange(nlh, attr, exchange, out, start,
					   note))
				return false;
			continue;
		}
		buf_add(out, attr, attr->nla_len);
		buf_fill(out, 0, NLA_ALIGN(attr->nla_len) - attr->nla_len);
	}
	nlmsg_len = out->len - start;
	memcpy(out->data + start, &nlmsg_len, sizeof(nlmsg_len));
	return true;
}

static bool mentions(const struct nlmsghdr *nlh, const char *word)
{
	return memmem(nlh, nlh->nlmsg_len, word, strlen(word));
}

/* The next of the messages that fill @len bytes, NULL if what is there is none. */
static const struct nlmsghdr *next_message(const void *data, size_t len,
					   size_t pos)
{
	const struct nlmsghdr *nlh = (const void *)((const char *)data + pos);

	if (len - pos < sizeof(*nlh) || nlh->nlmsg_len < sizeof(*nlh) ||
	    nlh->nlmsg_len > len - pos)
		return NULL;
	return nlh;
}

/* Whether a batch can have carriers; notes that there is one. */
bool batch_to_exchange(void)
{
	front->seen = true;
	return front->num_carriers;
}

/*
 * Copies a batch to @out with expressions in place of carriers. Returns false
 * if nothing is to be exchanged; errno is EMSGSIZE if something should be but
 * does not fit into a rule.
 */
bool batch_exchange(const void *data, size_t len, struct buf *out)
{
	const struct nlmsghdr *nlh;
	size_t pos, start;

	errno = 0;
	if (!memmem(data, len, carrier_mark(), strlen(carrier_mark())))
		return false;
	for (pos = 0; pos < len; pos += NLMSG_ALIGN(nlh->nlmsg_len)) {
		nlh = next_message(data, len, pos);
		if (!nlh)
			return false;
		if (nlh->nlmsg_type == NFNL_MSG_BATCH_BEGIN) {
			batch_reset();
			front->seen = true;
		}
		start = out->len;
		if (is_rule(nlh) && mentions(nlh, carrier_mark())) {
			if (!rule_exchange(nlh, expr_exchange, out, true)) {
				errno = EMSGSIZE;
				return false;
			}
		} else {
			buf_add(out, nlh, nlh->nlmsg_len);
		}
		buf_fill(out, 0, NLMSG_ALIGN(out->len - start) -
				 (out->len - start));
	}
	return true;
}

/* The first shift of message @seq; sequence numbers only go up in a batch. */
static size_t first_shift(uint32_t seq)
{
	size_t low = 0, high = front->num_shifts, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if ((int32_t)(front->shifts[middle].seq - seq) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * Gives an offset in a message that was sent the value libnftables expects.
 * Returns the mapt expression that it is of, or NULL.
 */
static const struct shift *restore_offset(uint32_t seq, uint32_t *offset)
{
	uint32_t sent = *offset;
	int32_t grown = 0;
	size_t i;

	for (i = first_shift(seq); i < front->num_shifts; i++) {
		const struct shift *shift = &front->shifts[i];

		if (shift->seq != seq)
			break;
		if (sent < shift->sent)
			continue;
		if (sent < shift->sent + shift->sent_len) {
			*offset = shift->offset;
			return shift;
		}
		grown += shift->grown;
	}
	*offset = sent - grown;
	return NULL;
}

#define ERRNO_MAX	4095

/* Where the kernel module's counters are, if it is there. */
#define COUNTERS	"/proc/net/stat/nf_mapt"

static void note_refused(const struct shift *shift, int err)
{
	if (front->refused != err)
		front->ops = 0;
	front->refused = err;
	if (shift->op >= 0)
		front->ops |= 1U << shift->op;
}

/* A rule is refused, and nothing in it is named. */
static void note_refused_rule(uint32_t seq, int err)
{
	size_t i;

	for (i = first_shift(seq); i < front->num_shifts; i++) {
		if (front->shifts[i].seq != seq)
			break;
		note_refused(&front->shifts[i], err);
	}
}

/*
 * When the module is missing, the kernel says so of each expression: the first
 * one will do, and thousands take minutes to be told.
 */
static void note_missing(struct nlmsghdr *nlh, int err)
{
	if (err != ENOENT || !access(COUNTERS, F_OK))
		return;
	if (front->missing++)
		nlh->nlmsg_type = NLMSG_NOOP;
}

/* Where in the message that failed the kernel says it is wrong, if it does. */
static const struct nlattr *error_offset(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = NLMSG_DATA(nlh);
	size_t hdr = NLMSG_LENGTH(sizeof(*err));

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED)) {
		if (err->msg.nlmsg_len < sizeof(err->msg) ||
		    err->msg.nlmsg_len > nlh->nlmsg_len)
			return NULL;
		hdr += NLMSG_ALIGN(err->msg.nlmsg_len - sizeof(err->msg));
	}
	if (hdr > nlh->nlmsg_len)
		return NULL;
	return attr_find((char *)nlh + hdr, nlh->nlmsg_len - hdr,
			 NLMSGERR_ATTR_OFFS);
}

static void restore_error(struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = NLMSG_DATA(nlh);
	const struct nlattr *attr;
	const struct shift *shift;
	uint32_t offset;

	if (nlh->nlmsg_len < NLMSG_LENGTH(sizeof(*err)) ||
	    err->error >= 0 || err->error < -ERRNO_MAX)
		return;
	attr = error_offset(nlh);
	if (!attr || attr_len(attr) != sizeof(offset)) {
		note_refused_rule(nlh->nlmsg_seq, -err->error);
		return;
	}
	memcpy(&offset, attr_data(attr), sizeof(offset));
	shift = restore_offset(nlh->nlmsg_seq, &offset);
	if (shift) {
		note_refused(shift, -err->error);
		note_missing(nlh, -err->error);
	}
	memcpy((char *)nlh + ((const char *)attr - (const char *)nlh) +
	       NLA_HDRLEN, &offset, sizeof(offset));
}

/* Whether there may be mapt expressions in messages from the kernel. */
bool batch_mentions(const void *data, size_t len)
{
	return memmem(data, len, "mapt", strlen("mapt"));
}

static void restore_errors(void *data, size_t len)
{
	const struct nlmsghdr *nlh;
	size_t pos;

	for (pos = 0; pos < len; pos += NLMSG_ALIGN(nlh->nlmsg_len)) {
		nlh = next_message(data, len, pos);
		if (!nlh)
			return;
		if (nlh->nlmsg_type == NLMSG_ERROR)
			restore_error((struct nlmsghdr *)((char *)data + pos));
	}
}

/* Copies messages with carriers to @out; false if there was nothing to do. */
static bool restore_rules(const void *data, size_t len, struct buf *out)
{
	const struct nlmsghdr *nlh;
	bool exchanged = false;
	size_t pos, start;

	for (pos = 0; pos < len; pos += NLMSG_ALIGN(nlh->nlmsg_len)) {
		nlh = next_message(data, len, pos);
		if (!nlh)
			break;
		start = out->len;
		if (is_rule(nlh) && mentions(nlh, "mapt") &&
		    rule_exchange(nlh, expr_restore, out, false)) {
			exchanged = true;
		} else {
			buf_cut_tail(out, start);
			buf_add(out, nlh, nlh->nlmsg_len);
		}
		buf_fill(out, 0, NLMSG_ALIGN(out->len - start) -
				 (out->len - start));
	}
	/* what comes after the last whole message stays there */
	if (pos < len)
		buf_add(out, (const char *)data + pos, len - pos);
	return exchanged;
}

/*
 * Puts carriers in place of the mapt expressions in @len bytes of messages
 * from the kernel, in a buffer of @size bytes. Returns the new length. The
 * carrier is the shorter of the two.
 */
size_t batch_restore(void *data, size_t len, size_t size)
{
	struct buf out = {};

	restore_errors(data, len);
	if (batch_mentions(data, len) && restore_rules(data, len, &out) &&
	    out.len <= size) {
		memcpy(data, out.data, out.len);
		len = out.len;
	}
	buf_free(&out);
	return len;
}

/* Operations that the kernel refused last, with @err, as bits. */
unsigned int batch_refused(int err)
{
	return front->refused == err ? front->ops : 0;
}

/* How many mapt expressions the kernel refused because it has no such thing. */
unsigned int batch_missing(void)
{
	return front->missing;
}

/* Whether a batch has gone by at all. */
bool batch_seen(void)
{
	return front->seen;
}

void batch_reset(void)
{
	free(front->shifts);
	front->shifts = NULL;
	front->num_shifts = 0;
	front->refused = 0;
	front->ops = 0;
	front->missing = 0;
	front->seen = false;
}

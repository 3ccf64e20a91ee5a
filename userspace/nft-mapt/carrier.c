// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "carrier.h"
#include "front.h"
#include "mapt.h"

/* The payload of a mapt expression. Equal ones share a carrier. */
struct carrier {
	void		*data;
	size_t		len;
	int		next;	/* of the same hash, or -1 */
};

static unsigned int hash(const uint8_t *data, size_t len)
{
	uint32_t h = 2166136261u;	/* FNV-1a */

	while (len--)
		h = (h ^ *data++) * 16777619u;
	return h % CARRIER_HASH_SIZE;
}

int carrier_add(const void *data, size_t len)
{
	int *head = &front->hash_heads[hash(data, len)], i;
	struct carrier *carriers = front->carriers, *carrier;
	int num = front->num_carriers;

	for (i = *head - 1; i >= 0; i = carriers[i].next) {
		if (carriers[i].len == len &&
		    !memcmp(carriers[i].data, data, len))
			return i;
	}

	if (!(num & (num - 1))) {
		carriers = xrealloc(carriers, (num ? num * 2 : 1) *
					      sizeof(*carriers));
		front->carriers = carriers;
	}
	carrier = &carriers[num];
	carrier->data = xmalloc(len);
	if (len)
		memcpy(carrier->data, data, len);
	carrier->len = len;
	carrier->next = *head - 1;
	*head = ++front->num_carriers;
	return num;
}

/* The beginning of all carriers' log prefixes. */
const char *carrier_mark(void)
{
	return front->mark;
}

void carrier_prefix(int carrier, struct buf *out)
{
	buf_printf(out, "%s%d", carrier_mark(), carrier);
}

void carrier_stmt(int carrier, struct buf *out)
{
	buf_adds(out, "log prefix \"");
	carrier_prefix(carrier, out);
	buf_adds(out, "\"");
}

json_t *carrier_json(int carrier)
{
	struct buf prefix = {};
	json_t *json;

	carrier_prefix(carrier, &prefix);
	json = json_pack("{s:{s:s}}", "log", "prefix", prefix.data);
	buf_free(&prefix);
	return json;
}

/* The carrier that has this log prefix, or -1. */
int carrier_find(const char *prefix, size_t len)
{
	size_t mark = strlen(carrier_mark()), digits = mark;
	int carrier = 0;

	if (len <= mark || memcmp(prefix, carrier_mark(), mark))
		return -1;
	for (; mark < len; mark++) {
		if (prefix[mark] < '0' || prefix[mark] > '9' ||
		    carrier > front->num_carriers)
			return -1;
		carrier = carrier * 10 + prefix[mark] - '0';
	}
	/* as we write it, and in no other way */
	if (prefix[digits] == '0' && len > digits + 1)
		return -1;
	return carrier < front->num_carriers ? carrier : -1;
}

const void *carrier_data(int carrier, size_t *len)
{
	*len = front->carriers[carrier].len;
	return front->carriers[carrier].data;
}

static bool decode(int carrier, struct mapt_stmt *stmt)
{
	size_t len;
	const void *data = carrier_data(carrier, &len);

	return mapt_decode(data, len, stmt);
}

/* enum nft_mapt_ops, or -1 if it can't be told. */
int carrier_op(int carrier)
{
	struct mapt_stmt stmt;

	if (!decode(carrier, &stmt))
		return -1;
	return stmt.op;
}

/* An expression of a newer kernel module may be more than we can show. */
void carrier_print(int carrier, struct buf *out)
{
	struct mapt_stmt stmt;

	if (decode(carrier, &stmt))
		mapt_print(&stmt, out);
	else
		buf_adds(out, "mapt unknown");
}

void carrier_print_json(int carrier, struct buf *out)
{
	struct mapt_stmt stmt;
	json_t *json;
	char *text;

	if (!decode(carrier, &stmt)) {
		buf_adds(out, "{\"mapt\": null}");
		return;
	}
	json = mapt_to_json(&stmt);
	text = json_dumps(json, 0);
	json_decref(json);
	buf_adds(out, text ? text : "{\"mapt\": null}");
	free(text);
}

void carriers_free(void)
{
	while (front->num_carriers)
		free(front->carriers[--front->num_carriers].data);
	free(front->carriers);
	front->carriers = NULL;
	memset(front->hash_heads, 0, sizeof(front->hash_heads));
}

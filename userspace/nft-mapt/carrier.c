// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "carrier.h"
#include "mapt.h"

/* The payload of a mapt expression. Equal ones share a carrier. */
struct carrier {
	void		*data;
	size_t		len;
	int		next;	/* of the same hash, or -1 */
};

#define HASH_SIZE	4096

static struct carrier *carriers;
static int num_carriers;
static int hash_heads[HASH_SIZE];	/* index + 1 */
static unsigned int placed;

static unsigned int hash(const uint8_t *data, size_t len)
{
	uint32_t h = 2166136261u;	/* FNV-1a */

	while (len--)
		h = (h ^ *data++) * 16777619u;
	return h % HASH_SIZE;
}

int carrier_add(const void *data, size_t len)
{
	int *head = &hash_heads[hash(data, len)], i;
	struct carrier *carrier;

	for (i = *head - 1; i >= 0; i = carriers[i].next) {
		if (carriers[i].len == len &&
		    !memcmp(carriers[i].data, data, len))
			return i;
	}

	if (!(num_carriers & (num_carriers - 1)))
		carriers = xrealloc(carriers, (num_carriers ?
					       num_carriers * 2 : 1) *
					      sizeof(*carriers));
	carrier = &carriers[num_carriers];
	carrier->data = xmalloc(len);
	if (len)
		memcpy(carrier->data, data, len);
	carrier->len = len;
	carrier->next = *head - 1;
	*head = ++num_carriers;
	return num_carriers - 1;
}

/*
 * The beginning of all carriers' log prefixes. It is new in each process, so
 * that no prefix of a user's own can be taken for one.
 */
const char *carrier_mark(void)
{
	static char mark[32];
	uint64_t token;

	if (*mark)
		return mark;
	if (getrandom(&token, sizeof(token), 0) != sizeof(token)) {
		perror("nft-mapt: getrandom");
		exit(EXIT_FAILURE);
	}
	snprintf(mark, sizeof(mark), "mapt:%016llx:",
		 (unsigned long long)token);
	return mark;
}

void carrier_prefix(int carrier, struct buf *out)
{
	buf_printf(out, "%s%d", carrier_mark(), carrier);
}

void carrier_stmt(int carrier, struct buf *out)
{
	buf_printf(out, "log prefix \"%s%d\"", carrier_mark(), carrier);
	placed++;
}

json_t *carrier_json(int carrier)
{
	struct buf prefix = {};
	json_t *json;

	carrier_prefix(carrier, &prefix);
	json = json_pack("{s:{s:s}}", "log", "prefix", prefix.data);
	buf_free(&prefix);
	placed++;
	return json;
}

/* The carrier that has this log prefix, or -1. */
int carrier_find(const char *prefix, size_t len)
{
	size_t mark = strlen(carrier_mark());
	int carrier = 0;

	if (len <= mark || memcmp(prefix, carrier_mark(), mark))
		return -1;
	for (; mark < len; mark++) {
		if (prefix[mark] < '0' || prefix[mark] > '9' ||
		    carrier > num_carriers)
			return -1;
		carrier = carrier * 10 + prefix[mark] - '0';
	}
	return carrier < num_carriers ? carrier : -1;
}

const void *carrier_data(int carrier, size_t *len)
{
	*len = carriers[carrier].len;
	return carriers[carrier].data;
}

/* enum nft_mapt_ops, or -1 if it can't be told. */
int carrier_op(int carrier)
{
	struct mapt_stmt stmt;

	if (!mapt_decode(carriers[carrier].data, carriers[carrier].len, &stmt))
		return -1;
	return stmt.op;
}

/* An expression of a newer kernel module may be more than we can show. */
void carrier_print(int carrier, struct buf *out)
{
	struct mapt_stmt stmt;

	if (mapt_decode(carriers[carrier].data, carriers[carrier].len, &stmt))
		mapt_print(&stmt, out);
	else
		buf_adds(out, "mapt unknown");
}

void carrier_print_json(int carrier, struct buf *out)
{
	struct mapt_stmt stmt;
	json_t *json;
	char *text;

	if (!mapt_decode(carriers[carrier].data, carriers[carrier].len,
			 &stmt)) {
		buf_adds(out, "{\"mapt\": null}");
		return;
	}
	json = mapt_to_json(&stmt);
	text = json_dumps(json, 0);
	buf_adds(out, text);
	free(text);
	json_decref(json);
}

/* How many libnftables has been given since the last call. */
unsigned int carriers_placed(void)
{
	unsigned int num = placed;

	placed = 0;
	return num;
}

void carriers_free(void)
{
	while (num_carriers)
		free(carriers[--num_carriers].data);
	free(carriers);
	carriers = NULL;
	memset(hash_heads, 0, sizeof(hash_heads));
}

// SPDX-License-Identifier: GPL-2.0
/* The ports of a set, in words. */
#include "tool.h"

/* The range with this index, from 0 to @set->ranges - 1. */
struct ports port_range(const struct nf_mapt_port_set *set, unsigned int index)
{
	struct ports range;

	range.first = nf_mapt_port_set_nth(set, index << set->m);
	range.last = range.first + (1U << set->m) - 1;
	return range;
}

static void range_text(const struct ports *range, struct buf *out)
{
	if (range->first == range->last)
		buf_printf(out, "%u", range->first);
	else
		buf_printf(out, "%u-%u", range->first, range->last);
}

/* All ranges, or where there are more than @max the first ones and the last. */
void ports_text(const struct nf_mapt_port_set *set, unsigned int max,
		struct buf *out)
{
	unsigned int i, skipped = set->ranges > max;
	struct ports range;

	for (i = 0; i < set->ranges; i++) {
		if (skipped && i == max - 2) {
			buf_adds(out, ", ...");
			i = set->ranges - 1;
		}
		range = port_range(set, i);
		buf_adds(out, i ? ", " : "");
		range_text(&range, out);
	}
}

json_t *ports_json(const struct nf_mapt_port_set *set)
{
	json_t *list = json_array();
	struct ports range;
	unsigned int i;

	for (i = 0; i < set->ranges; i++) {
		range = port_range(set, i);
		json_array_append_new(list, json_pack("[i, i]", range.first,
						      range.last));
	}
	return list;
}

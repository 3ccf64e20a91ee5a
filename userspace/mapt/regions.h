/* SPDX-License-Identifier: GPL-2.0 */
/* The rules of a BR, any number of them, and the ruleset that they make. */
#ifndef MAPT_REGIONS_H
#define MAPT_REGIONS_H

#include "mapt.h"

#define REGION_NAME	32

/* @line: where it was read, 0 if nowhere. */
struct region_rule {
	struct mapt_rule	rule;
	struct mapt_prefix6	dmr;
	char			name[REGION_NAME];	/* of its chain, or "" */
	unsigned int		line;
};

struct regions {
	struct region_rule	*list;
	size_t			num;
};

struct region_rule *regions_add(struct regions *regions);
void regions_free(struct regions *regions);
bool regions_read(struct regions *regions, const char *file,
		  const struct buf *text, const struct mapt_prefix6 *dmr);
int regions_ruleset(const struct regions *regions, const char *file,
		    const char *table, struct buf *out);
int regions_update(const struct regions *old, const char *old_file,
		   const struct regions *new, const char *new_file,
		   const char *table, struct buf *out);
void regions_routes(const struct regions *regions, const char *device,
		    bool six, struct buf *out);

#endif /* MAPT_REGIONS_H */

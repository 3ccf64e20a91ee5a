// SPDX-License-Identifier: GPL-2.0
/* A statement before anything is known of it, and what napt to stands for. */
#include <ctype.h>
#include <string.h>

#include "mapt.h"

void mapt_stmt_init(struct mapt_stmt *stmt, enum nft_mapt_ops op)
{
	int part;

	memset(stmt, 0, sizeof(*stmt));
	stmt->op = op;
	for (part = PART_OPTIONS; part < PART_MAX; part++)
		mapt_stmt_set_option(stmt, part, MAPT_DEFAULT);
}

int64_t mapt_stmt_option(const struct mapt_stmt *stmt, enum mapt_part part)
{
	return stmt->option[part - PART_OPTIONS];
}

/* A default that is given is the same as one that is not. */
void mapt_stmt_set_option(struct mapt_stmt *stmt, enum mapt_part part,
			  int64_t value)
{
	const struct mapt_option *option = mapt_option(part);

	if ((option->type == OPTION_NUMBER && value == option->min) ||
	    (option->type < OPTION_BYTE && !value))
		value = MAPT_DEFAULT;
	stmt->option[part - PART_OPTIONS] = value;
}

/* Whether @name can be a device's, as the kernel has it: a file's in /sys. */
bool mapt_stmt_set_dev(struct mapt_stmt *stmt, const char *name, size_t len)
{
	size_t i;

	if (!len || len >= sizeof(stmt->dev) || (len == 1 && *name == '.') ||
	    (len == 2 && !memcmp(name, "..", 2)))
		return false;
	for (i = 0; i < len; i++) {
		if (!isgraph(name[i]) || strchr("/:\"", name[i]))
			return false;
	}
	memcpy(stmt->dev, name, len);
	stmt->dev[len] = '\0';
	mapt_stmt_set_option(stmt, PART_DEV, 1);
	return true;
}

/* Whether @name can be a flowtable's: as nft reads names, without its "@". */
bool mapt_stmt_set_flowtable(struct mapt_stmt *stmt, const char *name,
			     size_t len)
{
	size_t i;

	if (!len || len >= sizeof(stmt->flowtable) || !isalpha(*name))
		return false;
	for (i = 0; i < len; i++) {
		if (!isalnum(name[i]) && !strchr("/\\_.", name[i]))
			return false;
	}
	memcpy(stmt->flowtable, name, len);
	stmt->flowtable[len] = '\0';
	mapt_stmt_set_option(stmt, PART_FLOW, 1);
	return true;
}

/*
 * What napt to ADDRESS4 psid VALUE/LENGTH stands for: a rule of which only the
 * address and its ports count, with ::/0 for the prefixes that translation
 * would need. The address and the PSID are left to be filled in.
 */
void mapt_rule_init_to(struct mapt_rule *rule)
{
	memset(rule, 0, sizeof(*rule));
	rule->prefix4.len = 32;
	rule->psid_offset = MAPT_PSID_OFFSET;
	rule->has_psid = true;
}

bool mapt_stmt_is_to(const struct mapt_stmt *stmt)
{
	const struct mapt_rule *rule = &stmt->bmr;

	return stmt->op == NFT_MAPT_NAPT && !stmt->end_user.len &&
	       !rule->prefix6.len && rule->prefix4.len == 32 &&
	       !rule->ea_len && rule->has_psid;
}

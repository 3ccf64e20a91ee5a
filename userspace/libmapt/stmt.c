// SPDX-License-Identifier: GPL-2.0
/* A statement before anything is known of it, and what napt to stands for. */
#include <string.h>

#include "mapt.h"

void mapt_stmt_init(struct mapt_stmt *stmt, enum nft_mapt_ops op)
{
	memset(stmt, 0, sizeof(*stmt));
	stmt->op = op;
	stmt->tos = MAPT_COPY;
	stmt->tclass = MAPT_COPY;
	stmt->mtu = MAPT_MIN_MTU;
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

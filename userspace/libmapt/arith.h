/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's rule arithmetic in user space. */
#ifndef NFT_MAPT_ARITH_H
#define NFT_MAPT_ARITH_H

#include <net/netfilter/nf_mapt_rule.h>

#include "mapt.h"

void mapt_rule_param(const struct mapt_rule *rule,
		     struct nf_mapt_rule_param *param);
bool mapt_ce(const struct mapt_rule *rule, const struct mapt_prefix6 *end_user,
	     struct nf_mapt_ce *ce);

#endif /* NFT_MAPT_ARITH_H */

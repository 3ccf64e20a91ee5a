/* SPDX-License-Identifier: GPL-2.0 */
/* What libnftables prints, with mapt statements in place of carriers. */
#ifndef NFT_MAPT_FILTER_H
#define NFT_MAPT_FILTER_H

#include <stdbool.h>
#include <stdio.h>

struct filter;
struct source;

FILE *filter_output(struct filter **made);
FILE *filter_errors(struct filter **made);
void filter_set_command(struct filter *filter, const struct source *command);
void filter_set_target(struct filter *filter, FILE *to);

#endif /* NFT_MAPT_FILTER_H */

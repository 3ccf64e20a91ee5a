/* SPDX-License-Identifier: GPL-2.0 */
/* What libnftables prints, with mapt statements in place of carriers. */
#ifndef NFT_MAPT_FILTER_H
#define NFT_MAPT_FILTER_H

#include <stdbool.h>
#include <stdio.h>

FILE *filter_output(FILE *to, bool lines);
FILE *filter_errors(FILE *to);

struct source;
void filter_set_command(const struct source *src);

#endif /* NFT_MAPT_FILTER_H */

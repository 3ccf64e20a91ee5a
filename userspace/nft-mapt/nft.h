/* SPDX-License-Identifier: GPL-2.0 */
/* Running commands through libnftables. */
#ifndef NFT_MAPT_NFT_H
#define NFT_MAPT_NFT_H

#include <stdbool.h>
#include <nftables/libnftables.h>

/* run.c */
bool run_define(struct nft_ctx *nft, const char *definition);
int run_command(struct nft_ctx *nft, const char *text);
int run_file(struct nft_ctx *nft, const char *name);
void run_free(void);

/* cli.c */
int cli_run(struct nft_ctx *nft);
const char *cli_name(void);

/* native.c */
bool native_known(void);
int native_exec(char **argv);

/* help.c */
void help(const char *name);

#endif /* NFT_MAPT_NFT_H */

// SPDX-License-Identifier: GPL-2.0
/* An nft that knows mapt itself needs no carriers: it is left to do the work. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nft.h"

#define MODE "NFT_MAPT_MODE"	/* auto, native or carrier */

static unsigned int count(const char *text, const char *word)
{
	unsigned int num = 0;

	while (text && (text = strstr(text, word))) {
		text += strlen(word);
		num++;
	}
	return num;
}

/*
 * The second line is no command, so that libnftables stops after parsing
 * whatever it makes of the first; only its own grammar is asked.
 */
static bool libnftables_knows(void)
{
	static const char probe[] =
		"add rule ip t c mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 8 dmr 64:ff9b::/96\n"
		"add add\n";
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	bool known;

	if (!nft)
		return false;
	nft_ctx_set_dry_run(nft, true);
	nft_ctx_buffer_output(nft);
	nft_ctx_buffer_error(nft);
	nft_run_cmd_from_buffer(nft, probe);
	known = count(nft_ctx_get_error_buffer(nft), "syntax error") == 1;
	nft_ctx_free(nft);
	return known;
}

bool native_known(void)
{
	const char *mode = getenv(MODE);

	if (mode && !strcmp(mode, "native"))
		return true;
	if (mode && !strcmp(mode, "carrier"))
		return false;
	return libnftables_knows();
}

/* Returns only on failure. */
int native_exec(char **argv)
{
	/* should that nft be this program again */
	setenv(MODE, "carrier", 1);
	argv[0] = (char *)"nft";
	execvp("nft", argv);
	if (errno == ENOENT)
		execv("/usr/sbin/nft", argv);
	perror("nft-mapt: nft");
	return EXIT_FAILURE;
}

// SPDX-License-Identifier: GPL-2.0
/* An nft that knows mapt itself needs no carriers: it is left to do the work. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nft.h"
#include "source.h"

#define MODE "NFT_MAPT_MODE"	/* auto, native or carrier */

/*
 * The second line is no command, so that libnftables stops after parsing
 * whatever it makes of the first; only its own grammar is asked. This is a
 * file, opened by way of source_reopen(), because libnftables tells a user
 * who is not root so at once when it is given a command.
 */
static bool libnftables_knows(void)
{
	/* any file that is there: libnftables 1.0.9 looks before it opens one */
	static const char name[] = "/proc/self/exe";
	static const char probe[] =
		"add rule ip t c mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 8 dmr 64:ff9b::/96\n"
		"add add\n";
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	struct source *src;
	const char *errors;
	bool known;

	if (!nft)
		return false;
	src = source_new(name, xstrdup(probe), strlen(probe));
	source_finish(src);
	nft_ctx_set_dry_run(nft, true);
	nft_ctx_buffer_output(nft);
	nft_ctx_buffer_error(nft);
	nft_run_cmd_from_filename(nft, name);
	errors = nft_ctx_get_error_buffer(nft);
	known = strstr(errors, "/proc/self/exe:2:") &&
		!strstr(errors, "/proc/self/exe:1:");
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

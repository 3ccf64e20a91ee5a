// SPDX-License-Identifier: GPL-2.0
/* A libnftables that knows mapt itself needs no carriers: it is left alone. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <nftables/libnftables.h>

#include "front.h"
#include "source.h"

#define MODE "NFT_MAPT_MODE"	/* auto, native or carrier */

/* any file that is there: libnftables 1.0.9 looks before it opens one */
#define PROBE_NAME "/proc/self/exe"

/*
 * The second line is no command, so that libnftables stops after parsing
 * whatever it makes of the first; only its own grammar is asked. This is a
 * file, opened by way of source_reopen(), because libnftables tells a user
 * who is not root so at once when it is given a command.
 */
static void read_probe(void *data)
{
	static const char probe[] =
		"add rule ip t c mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 8 dmr 64:ff9b::/96\n"
		"add add\n";

	(void)data;
	source_finish(source_new(PROBE_NAME, xstrdup(probe), strlen(probe)));
}

static bool ask(struct nft_ctx *nft)
{
	int (*run)(struct nft_ctx *nft, const char *name) =
		next_function("nft_run_cmd_from_filename");
	const char *errors;

	nft_ctx_set_dry_run(nft, true);
	nft_ctx_buffer_output(nft);
	nft_ctx_buffer_error(nft);
	if (!front_try(read_probe, NULL))
		return false;
	run(nft, PROBE_NAME);
	errors = nft_ctx_get_error_buffer(nft);
	return strstr(errors, PROBE_NAME ":2:") &&
	       !strstr(errors, PROBE_NAME ":1:");
}

static bool libnftables_knows(void)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	struct front *outer = front;
	bool known = false;

	if (!nft)
		return false;
	front = front_new(nft);
	if (front) {
		known = ask(nft);
		front_free(front);
	}
	front = outer;
	nft_ctx_free(nft);
	return known;
}

static bool known;

static void find_out(void)
{
	const char *mode = getenv(MODE);

	if (mode && !strcmp(mode, "native"))
		known = true;
	else if (!mode || strcmp(mode, "carrier"))
		known = libnftables_knows();
}

/*
 * Asked once in a process, and not before there is a statement: making a
 * context costs as much as listing tables.
 */
bool native_known(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_out);
	return known;
}

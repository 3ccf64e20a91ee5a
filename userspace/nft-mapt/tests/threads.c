// SPDX-License-Identifier: GPL-2.0
/*
 * threads NUMBER ROUNDS: as many threads, each with a context of its own, list
 * the ruleset and load a rule without committing it, in text and JSON. The
 * ruleset has one table, inet t, with a chain c of one mapt rule.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <nftables/libnftables.h>

#define RULE	"mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96"
#define JSON	"\"mapt\": {\"op\": \"br\""
#define BAD	"mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 49 dmr 64:ff9b::/96"

static int rounds;

static void expect(int ok, const char *what, const char *output)
{
	if (ok)
		return;
	fprintf(stderr, "%s: %s\n", what, output);
	exit(EXIT_FAILURE);
}

static void check_list(struct nft_ctx *nft, unsigned int flags, const char *text)
{
	const char *output;
	int rc;

	nft_ctx_output_set_flags(nft, flags);
	rc = nft_run_cmd_from_buffer(nft, "list ruleset");
	output = nft_ctx_get_output_buffer(nft);
	expect(!rc && strstr(output, text) && !strstr(output, "prefix \"mapt"),
	       "list", output);
}

static void check_load(struct nft_ctx *nft, const char *stmt, const char *error)
{
	char command[256];
	const char *errors;
	int rc;

	nft_ctx_output_set_flags(nft, 0);
	snprintf(command, sizeof(command), "add rule inet t c %s", stmt);
	rc = nft_run_cmd_from_buffer(nft, command);
	errors = nft_ctx_get_error_buffer(nft);
	expect(error ? rc && strstr(errors, error) : !rc && !*errors, "load",
	       errors);
}

static void *run(void *data)
{
	int i;

	(void)data;
	for (i = 0; i < rounds; i++) {
		struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);

		nft_ctx_set_dry_run(nft, true);
		nft_ctx_buffer_output(nft);
		nft_ctx_buffer_error(nft);
		check_list(nft, 0, RULE);
		check_load(nft, RULE, NULL);
		check_load(nft, BAD, "ea-len 49 is over 48");
		check_list(nft, NFT_CTX_OUTPUT_JSON, JSON);
		nft_ctx_free(nft);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int num = argc > 1 ? atoi(argv[1]) : 4, i;
	pthread_t threads[64];

	rounds = argc > 2 ? atoi(argv[2]) : 10;
	for (i = 0; i < num && i < 64; i++) {
		if (pthread_create(&threads[i], NULL, run, NULL))
			return EXIT_FAILURE;
	}
	while (i--)
		pthread_join(threads[i], NULL);
	return EXIT_SUCCESS;
}

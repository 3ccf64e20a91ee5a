// SPDX-License-Identifier: GPL-2.0
/*
 * For a machine that has musl and nothing built for it: as a library (STUB) as
 * much of libnftables and jansson as libnft-mapt.so needs to be loaded, which
 * prints the commands it is given; else a program that gives it some.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <nftables/libnftables.h>

#ifdef STUB
struct nft_ctx {
	FILE	*out;
	FILE	*err;
};

struct nft_ctx *nft_ctx_new(uint32_t flags)
{
	struct nft_ctx *nft = calloc(1, sizeof(*nft));

	(void)flags;
	if (!nft)
		abort();
	nft->out = stdout;
	nft->err = stderr;
	return nft;
}

void nft_ctx_free(struct nft_ctx *nft)
{
	free(nft);
}

FILE *nft_ctx_set_output(struct nft_ctx *nft, FILE *file)
{
	FILE *old = nft->out;

	nft->out = file;
	return old;
}

FILE *nft_ctx_set_error(struct nft_ctx *nft, FILE *file)
{
	FILE *old = nft->err;

	nft->err = file;
	return old;
}

int nft_run_cmd_from_buffer(struct nft_ctx *nft, const char *buf)
{
	/* to the library in front, the statement is one of the output */
	fprintf(nft->out, "%s\n", strstr(buf, "log prefix") ? buf : "no carrier");
	return 0;
}

int nft_run_cmd_from_filename(struct nft_ctx *nft, const char *name)
{
	FILE *file = fopen(name, "r");
	char line[256];

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		fputs(line, nft->out);
	fclose(file);
	return 0;
}

unsigned int nft_ctx_output_get_flags(struct nft_ctx *nft)
{
	(void)nft;
	return 0;
}

const char *nft_ctx_get_error_buffer(struct nft_ctx *nft)
{
	(void)nft;
	return "";
}

/* never called, or with nothing to say */
#define NOTHING(name)				\
	long stub_##name(void) __asm__(#name);	\
	long stub_##name(void) { return 0; }

NOTHING(nft_ctx_add_var)
NOTHING(nft_ctx_clear_vars)
NOTHING(nft_ctx_add_include_path)
NOTHING(nft_ctx_clear_include_paths)
NOTHING(nft_ctx_set_dry_run)
NOTHING(nft_ctx_buffer_output)
NOTHING(nft_ctx_buffer_error)
#include "jansson.inc"	/* NOTHING() of each of its functions */
#else
int main(int argc, char **argv)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	int rc = 0, i;

	for (i = 1; i < argc; i++)
		rc |= strchr(argv[i], ' ') ?
		      nft_run_cmd_from_buffer(nft, argv[i]) :
		      nft_run_cmd_from_filename(nft, argv[i]);
	nft_ctx_free(nft);
	return !!rc;
}
#endif

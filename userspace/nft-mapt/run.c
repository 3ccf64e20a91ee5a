// SPDX-License-Identifier: GPL-2.0
/* Gives libnftables commands and files with carriers in place of statements. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "carrier.h"
#include "filter.h"
#include "nft.h"
#include "source.h"

static bool exchange(struct nft_ctx *nft, struct source *src)
{
	error_reset();
	carriers_placed();
	if (nft_ctx_output_get_flags(nft) & NFT_CTX_OUTPUT_JSON)
		return exchange_json(src);
	return scan_text(src);
}

/* Whether the value is for statements only: libnftables can't read it. */
bool run_define(struct nft_ctx *nft, const char *definition)
{
	struct source *src;
	struct buf text = {};
	bool ok;

	buf_printf(&text, "define %s", definition);
	src = source_new(NULL, text.data, text.len);
	ok = scan_text(src);
	if (ok && !src->num_edits)
		ok = !nft_ctx_add_var(nft, definition);
	return ok;
}

/* Lets libnftables write where carriers are turned into statements. */
static int run(struct nft_ctx *nft, int (*fn)(struct nft_ctx *nft,
					      const char *arg),
	       const char *arg)
{
	FILE *out = filter_output(stdout, scan_monitors());
	FILE *err = filter_errors(stderr);
	int rc;

	nft_ctx_set_output(nft, out);
	nft_ctx_set_error(nft, err);
	rc = fn(nft, arg);
	nft_ctx_set_output(nft, stdout);
	nft_ctx_set_error(nft, stderr);
	fclose(out);
	fclose(err);
	if (!rc && carriers_placed() && !batch_sent()) {
		fputs("nft-mapt: this libnftables talks to the kernel in a way unknown here: mapt statements were loaded as log statements\n",
		      stderr);
		rc = -1;
	}
	batch_reset();
	return rc;
}

int run_command(struct nft_ctx *nft, const char *text)
{
	struct source *src = source_new(NULL, xstrdup(text), strlen(text));
	int rc = -1;

	if (exchange(nft, src)) {
		filter_set_command(src);
		rc = run(nft, nft_run_cmd_from_buffer, src->out.data);
		filter_set_command(NULL);
	}
	return rc;
}

static bool is_stdin(const char *name)
{
	return !strcmp(name, "-") || !strcmp(name, "/dev/stdin");
}

/* libnftables has more than one way to read standard input. */
static bool replace_stdin(const struct source *src)
{
	FILE *file = source_open(src);
	bool ok;

	if (!file)
		return false;
	ok = dup2(fileno(file), STDIN_FILENO) >= 0;
	fclose(file);
	return ok;
}

int run_file(struct nft_ctx *nft, const char *name)
{
	struct source *src;

	if (is_stdin(name))
		src = source_read("/dev/stdin", NULL);
	else
		src = source_read(name, name);
	if (src) {
		if (!exchange(nft, src))
			return -1;
		if (is_stdin(name) && !replace_stdin(src)) {
			perror("nft-mapt: standard input");
			return -1;
		}
	}
	return run(nft, nft_run_cmd_from_filename, name);
}

void run_free(void)
{
	defines_free();
	include_paths_free();
	carriers_free();
	sources_free();
}

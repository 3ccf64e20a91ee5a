// SPDX-License-Identifier: GPL-2.0
/*
 * Functions of libnftables as its users find them: commands get carriers in
 * place of statements before libnftables has them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <nftables/libnftables.h>

#include "carrier.h"
#include "filter.h"
#include "front.h"
#include "source.h"

#define EXPORT	__attribute__((visibility("default")))
#define NEXT(name)	((__typeof__(&name))next_function(#name))

/* Newer than the oldest libnftables that this runs with. */
unsigned int nft_ctx_input_get_flags(struct nft_ctx *ctx)
	__attribute__((weak));

#define INPUT_JSON	(1 << 1)	/* NFT_CTX_INPUT_JSON */

static void __attribute__((constructor)) catch_no_memory(void)
{
	buf_no_memory = front_escape;
}

typedef int (*run_fn)(struct nft_ctx *nft, const char *arg);

/* A command: @name is of the file that has it, or NULL, and then @text is it. */
struct command {
	struct nft_ctx	*nft;
	const char	*name;
	const char	*text;
	struct source	*src;
	bool		is_stdin;
	bool		ok;
};

/* Words without which a text has nothing for us, and nothing to remember. */
static bool concerns_us(const char *text)
{
	return strstr(text, "mapt") || strstr(text, "define") ||
	       strstr(text, "include") || strstr(text, "monitor");
}

static bool is_json(struct nft_ctx *nft)
{
	return nft_ctx_output_get_flags(nft) & NFT_CTX_OUTPUT_JSON ||
	       (nft_ctx_input_get_flags &&
		nft_ctx_input_get_flags(nft) & INPUT_JSON);
}

static void read_source(struct command *cmd)
{
	if (!cmd->name)
		cmd->src = source_new(NULL, xstrdup(cmd->text),
				      strlen(cmd->text));
	else if (cmd->is_stdin)
		cmd->src = source_read("/dev/stdin", NULL);
	else
		cmd->src = source_read(cmd->name, cmd->name);
}

static void exchange(void *data)
{
	struct command *cmd = data;

	read_source(cmd);
	cmd->ok = true;
	if (!cmd->src)
		return;		/* libnftables will say why */
	if (!concerns_us(cmd->src->text) || native_known())
		source_finish(cmd->src);
	else
		cmd->ok = is_json(cmd->nft) ? exchange_json(cmd->src) :
					      scan_text(cmd->src);
	error_rest();
}

static void no_memory(void)
{
	fputs("nft-mapt: out of memory\n", front->error_file);
}

/* Where libnftables writes to, and the filters that stand there meanwhile. */
struct streams {
	FILE		*out;
	FILE		*err;
	FILE		*filtered_out;
	FILE		*filtered_err;
	struct filter	*out_filter;
	struct filter	*err_filter;
};

static void close_streams(struct streams *streams)
{
	if (streams->filtered_out)
		fclose(streams->filtered_out);
	if (streams->filtered_err)
		fclose(streams->filtered_err);
}

static bool put_filters(struct nft_ctx *nft, struct streams *streams)
{
	streams->filtered_out = filter_output(&streams->out_filter);
	streams->filtered_err = filter_errors(&streams->err_filter);
	if (!streams->filtered_out || !streams->filtered_err) {
		close_streams(streams);
		no_memory();
		return false;
	}
	streams->out = nft_ctx_set_output(nft, streams->filtered_out);
	streams->err = nft_ctx_set_error(nft, streams->filtered_err);
	filter_set_target(streams->out_filter, streams->out);
	filter_set_target(streams->err_filter, streams->err);
	front->error_file = streams->err;
	return true;
}

static void take_filters(struct nft_ctx *nft, struct streams *streams)
{
	nft_ctx_set_output(nft, streams->out);
	nft_ctx_set_error(nft, streams->err);
	close_streams(streams);
	fflush(streams->err);
	front->error_file = stderr;
}

/* Makes @src standard input; libnftables has more than one way to read it. */
static int replace_stdin(const struct source *src)
{
	int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	FILE *file = source_open(src);

	if (!file || saved < 0 || dup2(fileno(file), STDIN_FILENO) < 0) {
		perror("nft-mapt: standard input");
		if (saved >= 0)
			close(saved);
		saved = -1;
	}
	if (file)
		fclose(file);
	return saved;
}

static int run_from_stdin(struct command *cmd, run_fn fn)
{
	int saved = replace_stdin(cmd->src), rc;

	if (saved < 0)
		return -1;
	rc = fn(cmd->nft, cmd->name);
	/* what we have read is gone; what comes after it is not */
	dup2(saved, STDIN_FILENO);
	close(saved);
	return rc;
}

static bool has_carriers(void)
{
	const struct source *src;

	for (src = front->sources; src; src = src->next) {
		if (src->out.data && strstr(src->out.data, carrier_mark()))
			return true;
	}
	return false;
}

static int run_exchanged(struct command *cmd, run_fn fn)
{
	int rc;

	if (cmd->is_stdin && cmd->src)
		rc = run_from_stdin(cmd, fn);
	else if (cmd->name)
		rc = fn(cmd->nft, cmd->name);
	else
		rc = fn(cmd->nft, cmd->src->out.data);
	if (!rc && !batch_seen() && has_carriers()) {
		fputs("nft-mapt: this libnftables talks to the kernel in a way unknown here: mapt statements may have been loaded as log statements\n",
		      front->error_file);
		rc = -1;
	}
	return rc;
}

static int run_filtered(struct command *cmd, run_fn fn, struct streams *streams)
{
	if (!front_try(exchange, cmd)) {
		no_memory();
		cmd->ok = false;
		return -1;
	}
	if (!cmd->ok)
		return -1;
	/* monitoring never ends */
	setvbuf(streams->filtered_out, NULL,
		front->monitors ? _IOLBF : _IOFBF, 65536);
	filter_set_command(streams->err_filter, cmd->name ? NULL : cmd->src);
	return run_exchanged(cmd, fn);
}

/* In this thread, @front is that of the context. */
static int run_in_front(struct command *cmd, run_fn fn)
{
	struct streams streams = {};
	int rc = -1;

	front->monitors = false;
	error_reset();
	if (put_filters(cmd->nft, &streams)) {
		rc = run_filtered(cmd, fn, &streams);
		take_filters(cmd->nft, &streams);
	}
	batch_reset();
	defines_end(cmd->ok);
	sources_end();
	return rc;
}

static int run(struct command *cmd, run_fn fn, const char *arg)
{
	int rc = -1;

	/* libnftables calls itself, or is called wrongly */
	if (front || !arg)
		return fn(cmd->nft, arg);
	front = front_of(cmd->nft);
	if (front)
		rc = run_in_front(cmd, fn);
	else
		perror("nft-mapt");
	front = NULL;
	return rc;
}

EXPORT int nft_run_cmd_from_buffer(struct nft_ctx *nft, const char *buf)
{
	struct command cmd = { .nft = nft, .text = buf };

	return run(&cmd, NEXT(nft_run_cmd_from_buffer), buf);
}

static bool is_stdin(const char *name)
{
	return name && (!strcmp(name, "-") || !strcmp(name, "/dev/stdin"));
}

EXPORT int nft_run_cmd_from_filename(struct nft_ctx *nft, const char *filename)
{
	struct command cmd = {
		.nft		= nft,
		.name		= filename,
		.is_stdin	= is_stdin(filename),
	};

	return run(&cmd, NEXT(nft_run_cmd_from_filename), filename);
}

/* Works with what a context has of ours, if there is memory for it. */
static int in_front(struct nft_ctx *nft, void (*fn)(void *data), void *data)
{
	int rc = -1;

	front = front_of(nft);
	if (front && front_try(fn, data))
		rc = 0;
	front = NULL;
	return rc;
}

struct variable {
	const char	*text;
	bool		ok;
	bool		hidden;		/* libnftables can't read it */
};

static void define(void *data)
{
	struct variable *var = data;
	struct buf text = {};
	struct source *src;

	buf_printf(&text, "define %s", var->text);
	src = source_new(NULL, text.data, text.len);
	error_reset();
	var->ok = scan_text(src);
	var->hidden = src->num_edits;
	defines_end(var->ok);
	sources_end();
}

EXPORT int nft_ctx_add_var(struct nft_ctx *ctx, const char *var)
{
	struct variable variable = { .text = var };

	if (front || !var || !strchr(var, '=') || native_known())
		return NEXT(nft_ctx_add_var)(ctx, var);
	if (in_front(ctx, define, &variable) || !variable.ok)
		return -1;
	return variable.hidden ? 0 : NEXT(nft_ctx_add_var)(ctx, var);
}

static void forget_definitions(void *data)
{
	(void)data;
	sources_free();
}

EXPORT void nft_ctx_clear_vars(struct nft_ctx *ctx)
{
	if (!front)
		in_front(ctx, forget_definitions, NULL);
	NEXT(nft_ctx_clear_vars)(ctx);
}

static void add_path(void *data)
{
	include_path_add(data);
}

EXPORT int nft_ctx_add_include_path(struct nft_ctx *ctx, const char *path)
{
	int rc = NEXT(nft_ctx_add_include_path)(ctx, path);

	if (!rc && !front)
		rc = in_front(ctx, add_path, (void *)path);
	return rc;
}

static void clear_paths(void *data)
{
	(void)data;
	include_paths_free();
}

EXPORT void nft_ctx_clear_include_paths(struct nft_ctx *ctx)
{
	NEXT(nft_ctx_clear_include_paths)(ctx);
	if (!front)
		in_front(ctx, clear_paths, NULL);
}

EXPORT void nft_ctx_free(struct nft_ctx *ctx)
{
	NEXT(nft_ctx_free)(ctx);
	front_drop(ctx);
}

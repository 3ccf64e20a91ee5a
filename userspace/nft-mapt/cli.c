// SPDX-License-Identifier: GPL-2.0
/* The interactive mode. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_LIBEDIT
#include <editline/readline.h>
#endif

#include "buf.h"
#include "nft.h"

#define PROMPT		"nft> "
#define PROMPT_MORE	".... "

#ifdef HAVE_LIBEDIT
static void history_file(struct buf *path)
{
	const char *home = getenv("HOME");

	buf_printf(path, "%s/.nft.history", home ? home : "");
}

static void history_load(void)
{
	struct buf path = {};

	rl_readline_name = (char *)"nft";
	using_history();
	history_file(&path);
	read_history(path.data);
	buf_free(&path);
}

static void history_save(void)
{
	struct buf path = {};

	history_file(&path);
	write_history(path.data);
	buf_free(&path);
}

static char *read_line(const char *prompt)
{
	return readline(prompt);
}

static void remember(const char *line)
{
	add_history(line);
}

const char *cli_name(void)
{
	return "editline";
}
#else
static void history_load(void)
{
}

static void history_save(void)
{
}

static char *read_line(const char *prompt)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	fputs(prompt, stdout);
	fflush(stdout);
	len = getline(&line, &size, stdin);
	if (len < 0) {
		free(line);
		return NULL;
	}
	if (len && line[len - 1] == '\n')
		line[len - 1] = '\0';
	return line;
}

static void remember(const char *line)
{
	(void)line;
}

const char *cli_name(void)
{
	return "plain";
}
#endif

static bool is_blank(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return !*text;
}

/* A command, put together from lines that end in a backslash. */
static bool read_command(struct buf *command)
{
	const char *prompt = PROMPT;
	bool more = true;
	size_t len;
	char *line;

	while (more) {
		line = read_line(prompt);
		if (!line)
			return false;
		len = strlen(line);
		more = len && line[len - 1] == '\\';
		buf_add(command, line, more ? len - 1 : len);
		free(line);
		prompt = PROMPT_MORE;
	}
	return true;
}

int cli_run(struct nft_ctx *nft)
{
	struct buf command = {};

	history_load();
	while (read_command(&command) && strcmp(command.data, "quit")) {
		if (!is_blank(command.data)) {
			remember(command.data);
			run_command(nft, command.data);
		}
		buf_free(&command);
	}
	history_save();
	buf_free(&command);
	return EXIT_SUCCESS;
}

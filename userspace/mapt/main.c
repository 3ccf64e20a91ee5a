// SPDX-License-Identifier: GPL-2.0
/* mapt: for who has to answer for mapping rules. */
#include <stdlib.h>
#include <string.h>

#include "tool.h"

const char *command_name;

static const struct command * const commands[] = {
	&command_show,
	&command_who,
	&command_check,
	&command_stats,
	&command_plan,
	&command_import,
	&command_s46,
};

#define NUM_COMMANDS	(sizeof(commands) / sizeof(*commands))

static int print_help(void)
{
	size_t i;

	fputs("Usage: mapt COMMAND [ARGUMENT]...\n\n", stdout);
	for (i = 0; i < NUM_COMMANDS; i++)
		printf("  %-8s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\nmapt COMMAND --help says more, mapt(8) all.\n"
	      "Exit status: 0; 1 where the answer is no; 2 where what was given is wrong;\n"
	      "3 where the kernel or a file could not be asked.\n", stdout);
	return STATUS_OK;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	int i;

	command_name = command->name;
	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			fputs(command->help, stdout);
			return STATUS_OK;
		}
	}
	return command->run(argc, argv);
}

static int run(int argc, char **argv)
{
	size_t i;

	if (argc < 2)
		return usage("no command; see mapt --help");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    !strcmp(argv[1], "help"))
		return print_help();
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-v")) {
		puts("mapt v" VERSION);
		return STATUS_OK;
	}
	for (i = 0; i < NUM_COMMANDS; i++) {
		if (!strcmp(argv[1], commands[i]->name))
			return run_command(commands[i], argc - 1, argv + 1);
	}
	return usage("'%s' is no command; see mapt --help", argv[1]);
}

int main(int argc, char **argv)
{
	int rc = run(argc, argv);

	/* An answer that got lost is none. */
	if (fflush(stdout) || ferror(stdout))
		return failed("cannot write to standard output");
	return rc;
}

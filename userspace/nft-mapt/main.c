// SPDX-License-Identifier: GPL-2.0
/* nft-mapt: nft's command line, with the mapt statement. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "carrier.h"
#include "nft.h"
#include "source.h"

/* Newer than the oldest libnftables that this runs with. */
void nft_ctx_set_optimize(struct nft_ctx *ctx, uint32_t flags)
	__attribute__((weak));

static const struct option options[] = {
	{ "help",		no_argument,		NULL, 'h' },
	{ "version",		no_argument,		NULL, 'v' },
	{ "file",		required_argument,	NULL, 'f' },
	{ "define",		required_argument,	NULL, 'D' },
	{ "interactive",	no_argument,		NULL, 'i' },
	{ "includepath",	required_argument,	NULL, 'I' },
	{ "check",		no_argument,		NULL, 'c' },
	{ "optimize",		no_argument,		NULL, 'o' },
	{ "handle",		no_argument,		NULL, 'a' },
	{ "stateless",		no_argument,		NULL, 's' },
	{ "terse",		no_argument,		NULL, 't' },
	{ "service",		no_argument,		NULL, 'S' },
	{ "reversedns",		no_argument,		NULL, 'N' },
	{ "guid",		no_argument,		NULL, 'u' },
	{ "numeric",		no_argument,		NULL, 'n' },
	{ "numeric-priority",	no_argument,		NULL, 'y' },
	{ "numeric-protocol",	no_argument,		NULL, 'p' },
	{ "numeric-time",	no_argument,		NULL, 'T' },
	{ "echo",		no_argument,		NULL, 'e' },
	{ "json",		no_argument,		NULL, 'j' },
	{ "debug",		required_argument,	NULL, 'd' },
	{ }
};

static const char optstring[] = "+hvVf:D:iI:costSNunypTejad:";

static const struct {
	const char	*name;
	unsigned int	level;
} debug_levels[] = {
	{ "scanner",	NFT_DEBUG_SCANNER },
	{ "parser",	NFT_DEBUG_PARSER },
	{ "eval",	NFT_DEBUG_EVALUATION },
	{ "netlink",	NFT_DEBUG_NETLINK },
	{ "mnl",	NFT_DEBUG_MNL },
	{ "proto-ctx",	NFT_DEBUG_PROTO_CTX },
	{ "segtree",	NFT_DEBUG_SEGTREE },
	{ "all",	~0U },
};

#define NUM_LEVELS	(sizeof(debug_levels) / sizeof(debug_levels[0]))

struct request {
	const char	*filename;
	bool		interactive;
	bool		defined;
	unsigned int	output_flags;
};

static void set_debug(struct nft_ctx *nft, char *levels)
{
	unsigned int mask = nft_ctx_output_get_debug(nft);
	char *level, *state = NULL;
	size_t i;

	for (level = strtok_r(levels, ",", &state); level;
	     level = strtok_r(NULL, ",", &state)) {
		for (i = 0; i < NUM_LEVELS; i++) {
			if (!strcmp(debug_levels[i].name, level))
				break;
		}
		if (i == NUM_LEVELS) {
			fprintf(stderr, "invalid debug parameter `%s'\n",
				level);
			exit(EXIT_FAILURE);
		}
		mask |= debug_levels[i].level;
	}
	nft_ctx_output_set_debug(nft, mask);
}

static unsigned int output_flag(int option)
{
	switch (option) {
	case 'a':
		return NFT_CTX_OUTPUT_HANDLE;
	case 's':
		return NFT_CTX_OUTPUT_STATELESS;
	case 't':
		return NFT_CTX_OUTPUT_TERSE;
	case 'S':
		return NFT_CTX_OUTPUT_SERVICE;
	case 'N':
		return NFT_CTX_OUTPUT_REVERSEDNS;
	case 'u':
		return NFT_CTX_OUTPUT_GUID;
	case 'n':
		return NFT_CTX_OUTPUT_NUMERIC_ALL;
	case 'y':
		return NFT_CTX_OUTPUT_NUMERIC_PRIO;
	case 'p':
		return NFT_CTX_OUTPUT_NUMERIC_PROTO;
	case 'T':
		return NFT_CTX_OUTPUT_NUMERIC_TIME;
	case 'e':
		return NFT_CTX_OUTPUT_ECHO;
	default:
		return NFT_CTX_OUTPUT_JSON;
	}
}

static void version(bool extended)
{
	printf("nft-mapt v" VERSION "\n");
	if (extended)
		printf("  cli:\t\t%s\n  json:\t\tyes\n", cli_name());
	fflush(stdout);
}

static void set_option(struct nft_ctx *nft, struct request *request, int option,
		       const char *name)
{
	switch (option) {
	case 'h':
		help(name);
		exit(EXIT_SUCCESS);
	case 'v':
	case 'V':
		version(option == 'V');
		exit(EXIT_SUCCESS);
	case 'f':
		request->filename = optarg;
		break;
	case 'D':
		if (!run_define(nft, optarg)) {
			fprintf(stderr, "Failed to define variable '%s'\n",
				optarg);
			exit(EXIT_FAILURE);
		}
		request->defined = true;
		break;
	case 'i':
		request->interactive = true;
		break;
	case 'I':
		if (nft_ctx_add_include_path(nft, optarg)) {
			fprintf(stderr, "Failed to add include path '%s'\n",
				optarg);
			exit(EXIT_FAILURE);
		}
		include_path_add(optarg);
		break;
	case 'c':
		nft_ctx_set_dry_run(nft, true);
		break;
	case 'o':
		if (!nft_ctx_set_optimize) {
			fputs("Error: this libnftables does not optimize\n",
			      stderr);
			exit(EXIT_FAILURE);
		}
		nft_ctx_set_optimize(nft, 1);
		break;
	case 'd':
		set_debug(nft, optarg);
		break;
	case '?':
		exit(EXIT_FAILURE);
	default:
		request->output_flags |= output_flag(option);
	}
}

/* nft takes no options after the command, so that `-` can be in commands. */
static bool options_first(int argc, char **argv)
{
	struct buf line = {};
	size_t pos = 0;
	int i, j;

	for (i = optind; i < argc && *argv[i] != '{'; i++) {
		if (*argv[i] == '-')
			break;
	}
	if (i >= argc || *argv[i] == '{' || i == optind)
		return true;

	for (j = 0; j < argc; j++) {
		if (j == i)
			pos = line.len;
		buf_printf(&line, "%s%s", argv[j], j + 1 < argc ? " " : "");
	}
	fprintf(stderr,
		"Error: syntax error, options must be specified before commands\n%s\n%*s\n",
		line.data, (int)pos + 2, "^^");
	buf_free(&line);
	return false;
}

static int run_arguments(struct nft_ctx *nft, int argc, char **argv)
{
	struct buf command = {};
	int i, rc;

	for (i = optind; i < argc; i++)
		buf_printf(&command, "%s%s", i > optind ? " " : "", argv[i]);
	rc = run_command(nft, command.data);
	buf_free(&command);
	return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run_request(struct nft_ctx *nft, const struct request *request,
		       int argc, char **argv)
{
	if (!request->filename && request->defined) {
		fputs("Error: -D/--define can only be used with -f/--filename\n",
		      stderr);
		return EXIT_FAILURE;
	}
	if (!options_first(argc, argv))
		return EXIT_FAILURE;
	nft_ctx_output_set_flags(nft, request->output_flags);

	if (optind != argc)
		return run_arguments(nft, argc, argv);
	if (request->filename)
		return run_file(nft, request->filename) ? EXIT_FAILURE :
							  EXIT_SUCCESS;
	if (request->interactive)
		return cli_run(nft);
	fprintf(stderr, "%s: no command specified\n", argv[0]);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct request request = {};
	struct nft_ctx *nft;
	int option, rc;

	/* like nft, this is not safe to be run setuid */
	if (getuid() != geteuid())
		_exit(111);

	if (!interpose_works()) {
		fprintf(stderr, "%s: not linked as it must be (interpose.list)\n",
			argv[0]);
		return EXIT_FAILURE;
	}

	error_file = stderr;
	nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!nft) {
		perror("nft-mapt");
		return EXIT_FAILURE;
	}
	include_path_add(SYSCONFDIR);
	while ((option = getopt_long(argc, argv, optstring, options,
				     NULL)) != -1)
		set_option(nft, &request, option, argv[0]);

	if (native_known())
		return native_exec(argv);
	rc = run_request(nft, &request, argc, argv);
	nft_ctx_free(nft);
	run_free();
	return rc;
}

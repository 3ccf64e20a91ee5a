// SPDX-License-Identifier: GPL-2.0
/* mapt check: a CE or a BR as it stands, and what is missing. */
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "counters.h"
#include "tool.h"

static const char help[] =
"Usage: mapt check [OPTION]...\n"
"\n"
"Looks at a CE or a BR as it stands: kernel module, ruleset and its chains,\n"
"routes, forwarding, reverse path filter, MTU, other NAT, conntrack, counters.\n"
"Says what is missing, and after -> the command that mends it.\n"
"\n"
"  --ce, --br     it must be one; without, whatever is loaded is looked at\n"
"  --to ADDRESS4  send an echo request there as well, small and large\n"
"  --quiet        faults only\n"
"  --json         as JSON\n"
"\n"
"Exit status, for scripts and health checks of routing daemons: 0; 1 if there is\n"
"a fault; 2 where an option is wrong; 3 if the kernel could not be asked.\n"
"\n"
"  mapt check --br --quiet || birdc disable mapt\n";

struct asked {
	bool		ce;
	bool		br;
	bool		quiet;
	bool		json;
	bool		path;
	uint32_t	to;
};

/* Adds what was found, and counts it if it is a fault. */
void finding(struct report *report, enum level level, const char *topic,
	     const char *fmt, ...)
{
	struct finding *one;
	struct buf text = {};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	report->list = xrealloc(report->list,
				(report->num + 1) * sizeof(*report->list));
	one = &report->list[report->num++];
	one->level = level;
	one->topic = topic;
	one->text = text.data;
	one->fix = NULL;
	if (level == LEVEL_FAULT)
		report->faults++;
}

/* The command that mends what was found last. */
void fix(struct report *report, const char *fmt, ...)
{
	struct buf text = {};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	report->list[report->num - 1].fix = text.data;
}

void rule_where(const struct found *found, struct buf *out)
{
	buf_printf(out, "table %s %s chain %s", family_name(found->family),
		   found->table, found->chain);
}

static void report_free(struct report *report)
{
	size_t i;

	for (i = 0; i < report->num; i++) {
		free(report->list[i].text);
		free(report->list[i].fix);
	}
	free(report->list);
	free(report->chains.list);
	found_free(&report->found);
}

static void print_text(const struct report *report, const struct asked *asked)
{
	static const char * const word[] = {
		[LEVEL_OK]	= "ok",
		[LEVEL_NOTE]	= "note",
		[LEVEL_FAULT]	= "FAULT",
	};
	const struct finding *one;
	size_t i;

	for (i = 0; i < report->num; i++) {
		one = &report->list[i];
		if (asked->quiet && one->level != LEVEL_FAULT)
			continue;
		printf("%-6s %-11s %s\n", word[one->level], one->topic,
		       one->text);
		if (one->fix)
			printf("%-6s %-11s -> %s\n", "", "", one->fix);
	}
}

static void print_json_form(const struct report *report)
{
	static const char * const word[] = {
		[LEVEL_OK]	= "ok",
		[LEVEL_NOTE]	= "note",
		[LEVEL_FAULT]	= "fault",
	};
	json_t *list = json_array(), *obj;
	size_t i;

	for (i = 0; i < report->num; i++) {
		obj = json_pack("{s:s, s:s, s:s}",
				"level", word[report->list[i].level],
				"topic", report->list[i].topic,
				"text", report->list[i].text);
		if (report->list[i].fix)
			json_object_set_new(obj, "fix",
					    json_string(report->list[i].fix));
		json_array_append_new(list, obj);
	}
	print_json(json_pack("{s:i, s:o}", "faults", (int)report->faults,
			     "findings", list));
}

static bool has_op(const struct report *report, enum nft_mapt_ops op)
{
	size_t i;

	for (i = 0; i < report->found.num; i++) {
		if (report->found.list[i].stmt.op == op)
			return true;
	}
	return false;
}

static void check_module(struct report *report)
{
	if (!access(COUNTERS_PATH, R_OK)) {
		finding(report, LEVEL_OK, "module",
			"the kernel has the mapt expression");
		return;
	}
	finding(report, LEVEL_FAULT, "module",
		"the kernel has no mapt expression loaded");
	fix(report, "modprobe nft_mapt");
}

/* Reasons that a healthy router has none of. */
static void check_counters(struct report *report)
{
	static const char * const bad[] = {
		"misplaced", "unconfirmed", "ports_exhausted", "no_memory",
		"ce_src_addr", "ce_src_port", "no_route",
	};
	struct counters counters;
	unsigned long long value;
	size_t i;

	if (!counters_read(COUNTERS_PATH, &counters))
		return;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		value = counters_get(&counters, bad[i]);
		if (!value)
			continue;
		finding(report, LEVEL_NOTE, "counters",
			"%llu packets were dropped as %s: %s", value, bad[i],
			counter_info(bad[i])->words);
		fix(report, "mapt stats");
	}
}

static void none_loaded(struct report *report, const char *what,
			const char *command)
{
	finding(report, LEVEL_FAULT, "ruleset", "no %s is loaded", what);
	fix(report, "%s", command);
}

static void check_loaded(struct report *report, const struct asked *asked)
{
	bool br = has_op(report, NFT_MAPT_BR);
	bool ce = has_op(report, NFT_MAPT_CE) || has_op(report, NFT_MAPT_NAPT);
	size_t i, num = report->found.num;

	if (!br && (asked->br || (!ce && !asked->ce)))
		none_loaded(report, asked->br ? "mapt br" : "mapt statement",
			    "nft-mapt -f RULESET    # see docs/examples");
	if (!ce && asked->ce)
		none_loaded(report, "mapt ce",
			    "mapt show --example RULE end-user PREFIX6 | nft-mapt -f -");
	for (i = 0; i < num; i++)
		check_priorities(report, &report->found.list[i]);
	if (ce && (asked->ce || !asked->br))
		check_ces(report);
	if (br && (asked->br || !asked->ce))
		check_brs(report);
	if (br || ce)
		check_forwarding(report, br);
	check_conntrack(report, ce);
}

static int check(const struct asked *asked)
{
	struct report report = {};
	int rc;

	rc = loaded_rules(&report.found);
	if (!rc)
		rc = loaded_chains(&report.chains);
	if (!rc) {
		check_module(&report);
		check_loaded(&report, asked);
		check_counters(&report);
		if (asked->path)
			check_path(&report, asked->to);
		if (asked->json)
			print_json_form(&report);
		else
			print_text(&report, asked);
		rc = report.faults ? STATUS_NO : STATUS_OK;
	}
	report_free(&report);
	return rc;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "ce", no_argument, NULL, 'c' },
		{ "br", no_argument, NULL, 'b' },
		{ "to", required_argument, NULL, 't' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "json", no_argument, NULL, 'j' },
		{}
	};
	struct asked asked = {};
	int option;

	while ((option = getopt_long(argc, argv, "q", options, NULL)) >= 0) {
		switch (option) {
		case 'c':
			asked.ce = true;
			break;
		case 'b':
			asked.br = true;
			break;
		case 't':
			asked.path = true;
			if (!mapt_parse_addr4(optarg, &asked.to))
				return usage("'%s' is not an IPv4 address",
					     optarg);
			break;
		case 'q':
			asked.quiet = true;
			break;
		case 'j':
			asked.json = true;
			break;
		default:
			return STATUS_USAGE;
		}
	}
	if (optind < argc)
		return usage("'%s' is too much", argv[optind]);
	return check(&asked);
}

const struct command command_check = {
	.name		= "check",
	.summary	= "a CE or a BR as it stands, and what is missing",
	.help		= help,
	.run		= run,
};

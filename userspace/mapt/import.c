// SPDX-License-Identifier: GPL-2.0
/* mapt import: configuration of others, to statements. */
#include <ctype.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "regions.h"
#include "rules.h"
#include "tool.h"

static const char help[] =
"Usage: mapt import [OPTION]... [FILE]\n"
"\n"
"Reads the configuration of another implementation, from FILE or standard input,\n"
"and prints the ruleset of the same CE or BR. What it is is found out:\n"
"\n"
"  jool    commands of jool_mapt, as in a script, or its JSON file\n"
"  uci     an interface of OpenWrt with option proto 'map', as in\n"
"          /etc/config/network or as uci show prints it\n"
"  nat46   lines of config and insert for /proc/net/nat46/control\n"
"  s46     options 95, 94 or 96 of DHCPv6 in hexadecimal (see mapt s46)\n"
"\n"
"  --from WHAT        one of these, whatever it looks like\n"
"  --kind KIND        map-t, map-e or lw4o6, for s46 (map-t)\n"
"  --end-user PREFIX6 the CE's prefix, where the configuration does not say it:\n"
"                     OpenWrt and nat46 take it from the interface\n"
"  --instance NAME    of several instances or interfaces, this one\n"
"  --device NAME      interface that faces the provider (tunlink, or wan)\n"
"  --tunnel NAME      tunnel of MAP-E and lw4o6 (s46)\n"
"  --table NAME       name of the tables (mapt)\n"
"  --rule             only the mapping rules, a line for each\n"
"\n"
"Exit status: 0; 2 where the configuration or an option is wrong.\n"
"\n"
"  mapt import --end-user 2001:db8:ce:11b::/64 /etc/config/network > ce.nft\n";

struct importing {
	struct import		import;
	const char		*from;
	enum s46_kind		kind;
	struct ce_ruleset	ruleset;
	bool			device_given;
	bool			rules_only;
};

/* Says what is wrong, and where; @line 0: in all of it. Returns false. */
bool wrong(const struct import *import, unsigned int line, const char *fmt, ...)
{
	struct buf text = {};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	if (line)
		usage("%s:%u: %s", import->file, line, text.data);
	else
		usage("%s: %s", import->file, text.data);
	buf_free(&text);
	return false;
}

struct s46_rule *add_rule(struct import *import)
{
	struct s46 *s46 = &import->s46;

	s46->rules = xrealloc(s46->rules,
			      (s46->num_rules + 1) * sizeof(*s46->rules));
	memset(&s46->rules[s46->num_rules], 0, sizeof(*s46->rules));
	return &s46->rules[s46->num_rules++];
}

bool set_prefix6(const struct import *import, unsigned int line,
		 const char *text, struct mapt_prefix6 *prefix)
{
	return parse_end_user(text, prefix) ||
	       wrong(import, line, "'%s' is not an IPv6 prefix, expected ADDRESS/LENGTH",
		     text);
}

bool set_prefix4(const struct import *import, unsigned int line,
		 const char *text, struct mapt_prefix4 *prefix)
{
	return mapt_parse_prefix4(text, strlen(text), prefix) ||
	       wrong(import, line, "'%s' is not an IPv4 prefix", text);
}

bool set_number(const struct import *import, unsigned int line,
		const char *what, const char *text, unsigned int max,
		unsigned int *number)
{
	return parse_uint(text, 0, max, number) ||
	       wrong(import, line, "%s: '%s' is not a number from 0 to %u",
		     what, text, max);
}

/* What the user of this command gave counts more. */
bool set_end_user(struct import *import, unsigned int line, const char *text)
{
	struct mapt_prefix6 prefix;

	if (!set_prefix6(import, line, text, &prefix))
		return false;
	if (import->given_end_user)
		return true;
	import->end_user[0] = prefix;
	import->num_end_users = 1;
	return true;
}

bool set_dmr(struct import *import, unsigned int line, const char *text)
{
	import->s46.has_dmr = true;
	return set_prefix6(import, line, text, &import->s46.dmr);
}

static const char *guess(const struct buf *text)
{
	const char *c;

	for (c = text->data; isspace((unsigned char)*c); c++)
		;
	if (*c == '{')
		return "jool";
	if (strstr(text->data, "jool_mapt"))
		return "jool";
	if (strstr(text->data, "local.style") || strstr(text->data, "local.v6"))
		return "nat46";
	if (strstr(text->data, "proto"))
		return "uci";
	if (*c && !c[strspn(c, "0123456789abcdefABCDEFx: \t\r\n")])
		return "s46";
	return NULL;
}

static bool read_s46(struct importing *importing, const char *text)
{
	struct import *import = &importing->import;
	struct buf bytes = {};
	char msg[400];
	bool ok;

	ok = s46_hex(text, &bytes, msg, sizeof(msg)) &&
	     s46_decode(importing->kind, bytes.data, bytes.len, &import->s46,
			msg, sizeof(msg));
	if (!ok)
		wrong(import, 0, "%s: %s", s46_name(importing->kind), msg);
	buf_free(&bytes);
	return ok;
}

static bool read_text(struct importing *importing, const struct buf *text)
{
	struct import *import = &importing->import;
	const char *from = importing->from ? importing->from : guess(text);
	const char *c;

	import->s46.kind = S46_MAPT;
	if (!from)
		return wrong(import, 0, "this looks like nothing of Jool, OpenWrt, nat46 or DHCPv6; give --from");
	if (!strcmp(from, "uci"))
		return import_uci(import, text->data);
	if (!strcmp(from, "nat46"))
		return import_nat46(import, text->data);
	if (!strcmp(from, "s46"))
		return read_s46(importing, text->data);
	for (c = text->data; isspace((unsigned char)*c); c++)
		;
	return *c == '{' ? import_jool_json(import, text) :
			   import_jool(import, text->data);
}

/* A BR's rules know no PSID of their own but where one is provisioned. */
static void br_rule(const struct s46_rule *from, struct mapt_rule *rule)
{
	memset(rule, 0, sizeof(*rule));
	rule->prefix6 = from->prefix6;
	rule->prefix4 = from->prefix4;
	rule->ea_len = from->ea_len;
	rule->psid_offset = MAPT_PSID_OFFSET;
	if (from->ports.given)
		rule->psid_offset = from->ports.offset;
	if (from->ports.psid_len) {
		rule->has_psid = true;
		rule->psid_len = from->ports.psid_len;
		rule->psid = from->ports.psid;
	}
}

static int print_br(const struct importing *importing)
{
	const struct s46 *s46 = &importing->import.s46;
	struct regions regions = {};
	struct region_rule *rule;
	struct buf text = {};
	unsigned int i;
	int rc;

	if (!s46->num_rules || !s46->has_dmr)
		return usage("%s: no %s", importing->import.file,
			     s46->num_rules ? "default mapping rule" :
					      "mapping rule");
	for (i = 0; i < s46->num_rules; i++) {
		rule = regions_add(&regions);
		br_rule(&s46->rules[i], &rule->rule);
		rule->dmr = s46->dmr;
	}
	rc = regions_ruleset(&regions, importing->import.file,
			     importing->ruleset.table, &text);
	if (!rc)
		fputs(text.data, stdout);
	buf_free(&text);
	regions_free(&regions);
	return rc;
}

static int print_rules(const struct importing *importing)
{
	const struct s46 *s46 = &importing->import.s46;
	struct mapt_rule rule;
	struct buf text = {};
	unsigned int i;

	for (i = 0; i < s46->num_rules; i++) {
		br_rule(&s46->rules[i], &rule);
		mapt_print_rule(&rule, &text);
		buf_adds(&text, "\n");
	}
	if (text.data)
		fputs(text.data, stdout);
	buf_free(&text);
	return STATUS_OK;
}

static int print_ce(const struct importing *importing)
{
	const struct import *import = &importing->import;
	struct buf text = {};
	struct s46_ce ce;
	char msg[400];

	if (!import->num_end_users)
		return usage("%s: the CE's prefix is not in it: give --end-user PREFIX6",
			     import->file);
	if (import->s46.kind == S46_MAPT && !import->s46.has_dmr)
		return usage("%s: no default mapping rule in it", import->file);
	if (import->s46.kind != S46_MAPT && !import->s46.num_brs)
		return usage("%s: no address of a border relay in it",
			     import->file);
	if (!s46_derive(&import->s46, import->end_user, import->num_end_users,
			&ce, msg, sizeof(msg)))
		return usage("%s: %s", import->file, msg);
	if (*ce.note)
		warn("%.*s", (int)strlen(ce.note) - 2, ce.note);
	ruleset_ce(&ce, &importing->ruleset, &text);
	fputs(text.data, stdout);
	buf_free(&text);
	return STATUS_OK;
}

static int import_file(struct importing *importing, const char *path)
{
	struct import *import = &importing->import;
	struct buf text = {};
	int rc = STATUS_USAGE;

	import->file = strcmp(path, "-") ? path : "standard input";
	if (!read_file(path, &text))
		return STATUS_USAGE;
	if (strlen(text.data) != text.len) {
		usage("%s: a zero byte is no text", import->file);
	} else if (read_text(importing, &text)) {
		if (import->device && !importing->device_given &&
		    is_device_name(import->device))
			importing->ruleset.device = import->device;
		rc = importing->rules_only ? print_rules(importing) :
		     import->br ? print_br(importing) : print_ce(importing);
	}
	buf_free(&text);
	s46_free(&import->s46);
	free(import->device);
	return rc;
}

static int add_end_user(const char *text, struct import *import)
{
	if (import->num_end_users == PREFIXES_MAX)
		return usage("more than %d prefixes", PREFIXES_MAX);
	import->given_end_user = true;
	if (!parse_end_user(text, &import->end_user[import->num_end_users]))
		return usage("'%s' is not an IPv6 prefix, expected ADDRESS/LENGTH",
			     text);
	import->num_end_users++;
	return STATUS_OK;
}

static int set_from(const char *text, struct importing *importing)
{
	static const char * const names[] = { "jool", "uci", "nat46", "s46" };
	size_t i;

	importing->from = text;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(names[i], text))
			return STATUS_OK;
	}
	return usage("'%s' is not jool, uci, nat46 or s46", text);
}

static int read_option(int option, struct importing *importing)
{
	switch (option) {
	case 'f':
		return set_from(optarg, importing);
	case 'k':
		return s46_kind_from_text(optarg, &importing->kind) ?
			STATUS_OK : usage("'%s' is not map-t, map-e or lw4o6",
					  optarg);
	case 'e':
		return add_end_user(optarg, &importing->import);
	case 'i':
		importing->import.instance = optarg;
		return STATUS_OK;
	case 'd':
		importing->device_given = true;
		importing->ruleset.device = optarg;
		return is_device_name(optarg) ? STATUS_OK :
			usage("'%s' is not an interface's name", optarg);
	case 't':
		importing->ruleset.tunnel = optarg;
		return is_device_name(optarg) ? STATUS_OK :
			usage("'%s' is not an interface's name", optarg);
	case 'T':
		importing->ruleset.table = optarg;
		return is_table_name(optarg) ? STATUS_OK :
			usage("'%s' is not a table's name", optarg);
	case 'r':
		importing->rules_only = true;
		return STATUS_OK;
	default:
		return STATUS_USAGE;
	}
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "from", required_argument, NULL, 'f' },
		{ "kind", required_argument, NULL, 'k' },
		{ "end-user", required_argument, NULL, 'e' },
		{ "instance", required_argument, NULL, 'i' },
		{ "device", required_argument, NULL, 'd' },
		{ "tunnel", required_argument, NULL, 't' },
		{ "table", required_argument, NULL, 'T' },
		{ "rule", no_argument, NULL, 'r' },
		{}
	};
	struct importing importing = {
		.kind		= S46_MAPT,
		.ruleset	= ce_ruleset_defaults,
	};
	int option, rc;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		rc = read_option(option, &importing);
		if (rc)
			return rc;
	}
	if (argc - optind > 1)
		return usage("'%s' is too much: one file", argv[optind + 1]);
	return import_file(&importing, optind < argc ? argv[optind] : "-");
}

const struct command command_import = {
	.name		= "import",
	.summary	= "configuration of Jool, OpenWrt, nat46, DHCPv6 to a ruleset",
	.help		= help,
	.run		= run,
};

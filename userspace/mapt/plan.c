// SPDX-License-Identifier: GPL-2.0
/* mapt plan: from prefixes and customers to rules, and a BR of many rules. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "regions.h"
#include "tool.h"

static const char help[] =
"Usage: mapt plan [OPTION]... PREFIX6 PREFIX4\n"
"       mapt plan --br FILE [--from OLD] [--dmr PREFIX6] [--table NAME]\n"
"       mapt plan --routes DEVICE FILE\n"
"\n"
"What a mapping rule with these prefixes can be: for each sharing ratio the ports\n"
"of a customer, the number of customers, and the prefixes that they get. With one\n"
"of these options, the rule that is right:\n"
"\n"
"  --sharing N        N customers share an address (a power of two)\n"
"  --ports N          each customer has N ports at least\n"
"  --customers N      room for N customers, each with as many ports as\n"
"                     that leaves\n"
"  --psid-offset N    6, which leaves ports 0-1023 to nobody; 0 to 15\n"
"  --json             as JSON\n"
"\n"
"mapt show RULE goes the other way.\n"
"\n"
"--br prints the ruleset of a border relay with all rules of a FILE (- for\n"
"standard input): CSV whose first line names the columns ipv6, ipv4, ea-len, and\n"
"where they are wanted psid-offset, psid (VALUE/LENGTH), dmr and name (of the\n"
"chain), or a JSON list of objects with these keys. More than 32 rules are\n"
"reached by verdict maps (docs/examples/br-many.nft). With --from, the commands\n"
"that make of a BR with the rules of OLD one with those of FILE, in a transaction\n"
"that leaves all others alone; the other way round they take it back. --routes\n"
"prints the IPv4 routes of such a file for ip -4 -batch -, and --routes6 the IPv6\n"
"ones.\n"
"\n"
"  --dmr PREFIX6      default mapping rule where the file has none (64:ff9b::/96)\n"
"  --table NAME       name of the table (mapt)\n"
"\n"
"Exit status: 0; 1 if there is no such rule; 2 where what was given is wrong.\n"
"\n"
"  mapt plan --customers 5000 2001:db8:ce::/48 192.0.2.0/24\n"
"  mapt plan --br regions.csv | nft-mapt -f -\n"
"  mapt plan --br new.csv --from regions.csv > update.nft\n"
"  mapt plan --br regions.csv --from new.csv > rollback.nft\n";

enum goal {
	GOAL_NONE,
	GOAL_SHARING,
	GOAL_PORTS,
	GOAL_CUSTOMERS,
};

struct planning {
	enum goal		goal;
	unsigned int		number;
	unsigned int		offset;
	bool			json;
	bool			br;
	bool			routes6;
	const char		*routes;
	const char		*old;
	const char		*table;
	struct mapt_prefix6	dmr;
	struct mapt_prefix6	prefix6;
	struct mapt_prefix4	prefix4;
};

/* The rule with a PSID of @k bits; false if there is none. */
static bool make_rule(const struct planning *plan, unsigned int k,
		      struct mapt_rule *rule)
{
	struct mapt_fault fault;
	struct mapt_stmt stmt;

	mapt_stmt_init(&stmt, NFT_MAPT_BR);
	stmt.dmr = plan->dmr;
	stmt.num_fmrs = 1;
	memset(rule, 0, sizeof(*rule));
	rule->prefix6 = plan->prefix6;
	rule->prefix4 = plan->prefix4;
	rule->ea_len = 32 - plan->prefix4.len + k;
	rule->psid_offset = plan->offset;
	stmt.fmr[0] = *rule;
	return mapt_stmt_check(&stmt, &fault);
}

static unsigned int ports_of(const struct mapt_rule *rule)
{
	struct nf_mapt_port_set set;

	nf_mapt_port_set_init(&set, rule->psid_offset,
			      mapt_rule_psid_len(rule), 0);
	return set.size;
}

static bool reaches(const struct planning *plan, unsigned int k,
		    const struct mapt_rule *rule)
{
	switch (plan->goal) {
	case GOAL_SHARING:
		return 1U << k == plan->number;
	case GOAL_PORTS:
		return ports_of(rule) >= plan->number;
	default:
		return 1ULL << rule->ea_len >= plan->number;
	}
}

/*
 * As many ports for each as the goal leaves: for a number of customers the
 * lowest ratio that is enough, for a number of ports the highest.
 */
static bool find_rule(const struct planning *plan, struct mapt_rule *result)
{
	struct mapt_rule rule;
	bool found = false;
	unsigned int k;

	for (k = 0; k <= 16; k++) {
		if (!make_rule(plan, k, &rule) || !reaches(plan, k, &rule))
			continue;
		*result = rule;
		found = true;
		if (plan->goal != GOAL_PORTS)
			break;
	}
	return found;
}

static int print_rule(const struct planning *plan)
{
	unsigned long long used;
	struct mapt_rule rule;
	struct buf text = {};
	json_t *obj;

	if (!find_rule(plan, &rule)) {
		usage("no rule with these prefixes does that: see mapt plan without the option");
		return STATUS_NO;
	}
	used = ((unsigned long long)plan->number +
		(1U << mapt_rule_psid_len(&rule)) - 1) >>
	       mapt_rule_psid_len(&rule);
	if (plan->json) {
		obj = rule_json(&rule);
		if (plan->goal == GOAL_CUSTOMERS)
			json_object_set_new(obj, "addresses-used",
					    json_integer(used));
		print_json(obj);
		return STATUS_OK;
	}
	rule_text(&rule, &text);
	if (plan->goal == GOAL_CUSTOMERS)
		buf_printf(&text, "  for %u of them   %llu IPv4 addresses\n",
			   plan->number, used);
	if (rule.prefix6.len + rule.ea_len > 64)
		buf_adds(&text, "  note             end-user prefixes longer than /64 have no room for a LAN with SLAAC\n");
	fputs(text.data, stdout);
	buf_free(&text);
	return STATUS_OK;
}

static int print_table(const struct planning *plan)
{
	struct mapt_rule rule;
	json_t *list = json_array();
	unsigned int k, num = 0;

	for (k = 0; k <= 16; k++) {
		if (!make_rule(plan, k, &rule))
			continue;
		if (plan->json) {
			json_array_append_new(list, rule_json(&rule));
		} else {
			if (!num)
				printf("%8s %8s %12s %8s  %s\n", "sharing",
				       "ports", "customers", "ea-len",
				       "end-user prefix");
			printf("%8u %8u %12llu %8u  /%u\n", 1U << k,
			       ports_of(&rule), 1ULL << rule.ea_len,
			       rule.ea_len, rule.prefix6.len + rule.ea_len);
		}
		num++;
	}
	if (plan->json)
		print_json(json_incref(list));
	json_decref(list);
	if (num)
		return STATUS_OK;
	usage("no rule has these prefixes: ea-len and rule IPv6 prefix are over 128 bits");
	return STATUS_NO;
}

static const char *file_name(const char *path)
{
	return strcmp(path, "-") ? path : "standard input";
}

static bool read_regions(const struct planning *plan, const char *path,
			 struct regions *regions)
{
	struct buf text = {};
	bool ok;

	ok = read_file(path, &text) &&
	     regions_read(regions, file_name(path), &text, &plan->dmr);
	buf_free(&text);
	return ok;
}

static int print_regions(const struct planning *plan, const char *path,
			 const struct regions *regions, struct buf *out)
{
	struct regions old = {};
	int rc = STATUS_USAGE;

	if (plan->routes) {
		regions_routes(regions, plan->routes, plan->routes6, out);
		return STATUS_OK;
	}
	if (!plan->old)
		return regions_ruleset(regions, file_name(path), plan->table,
				       out);
	if (read_regions(plan, plan->old, &old))
		rc = regions_update(&old, file_name(plan->old), regions,
				    file_name(path), plan->table, out);
	regions_free(&old);
	return rc;
}

static int plan_br(const struct planning *plan, const char *path)
{
	struct regions regions = {};
	struct buf out = {};
	int rc = STATUS_USAGE;

	if (read_regions(plan, path, &regions))
		rc = print_regions(plan, path, &regions, &out);
	if (!rc && out.data)
		fwrite(out.data, 1, out.len, stdout);
	regions_free(&regions);
	buf_free(&out);
	return rc;
}

static int set_goal(struct planning *plan, enum goal goal)
{
	if (plan->goal)
		return usage("one of --sharing, --ports and --customers");
	plan->goal = goal;
	if (!parse_uint(optarg, 1, ~0U, &plan->number))
		return usage("'%s' is not a number", optarg);
	if (goal == GOAL_SHARING && plan->number & (plan->number - 1))
		return usage("a sharing ratio is a power of two, and %u is none",
			     plan->number);
	return STATUS_OK;
}

static int set_routes(struct planning *plan, bool six)
{
	plan->br = true;
	plan->routes6 = six;
	plan->routes = six ? "lo" : optarg;
	return is_device_name(plan->routes) ? STATUS_OK :
		usage("'%s' is not an interface's name", optarg);
}

static int read_option(int option, struct planning *plan)
{
	switch (option) {
	case 's':
		return set_goal(plan, GOAL_SHARING);
	case 'p':
		return set_goal(plan, GOAL_PORTS);
	case 'c':
		return set_goal(plan, GOAL_CUSTOMERS);
	case 'o':
		return parse_uint(optarg, 0, 15, &plan->offset) ? STATUS_OK :
			usage("'%s' is not a PSID offset, 0 to 15", optarg);
	case 'j':
		plan->json = true;
		return STATUS_OK;
	case 'b':
		plan->br = true;
		return STATUS_OK;
	case 'f':
		plan->old = optarg;
		return STATUS_OK;
	case 'r':
		return set_routes(plan, false);
	case 'R':
		return set_routes(plan, true);
	case 'd':
		return parse_end_user(optarg, &plan->dmr) ? STATUS_OK :
			usage("'%s' is not an IPv6 prefix", optarg);
	case 'T':
		plan->table = optarg;
		return is_table_name(optarg) ? STATUS_OK :
			usage("'%s' is not a table's name", optarg);
	default:
		return STATUS_USAGE;
	}
}

static int plan_rule(struct planning *plan, int argc, char **argv)
{
	if (argc != 2)
		return usage("expected PREFIX6 PREFIX4, or --br FILE; see mapt plan --help");
	if (!parse_end_user(argv[0], &plan->prefix6))
		return usage("'%s' is not an IPv6 prefix, expected ADDRESS/LENGTH",
			     argv[0]);
	if (!mapt_parse_prefix4(argv[1], strlen(argv[1]), &plan->prefix4))
		return usage("'%s' is not an IPv4 prefix", argv[1]);
	return plan->goal ? print_rule(plan) : print_table(plan);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "sharing", required_argument, NULL, 's' },
		{ "ports", required_argument, NULL, 'p' },
		{ "customers", required_argument, NULL, 'c' },
		{ "psid-offset", required_argument, NULL, 'o' },
		{ "json", no_argument, NULL, 'j' },
		{ "br", no_argument, NULL, 'b' },
		{ "from", required_argument, NULL, 'f' },
		{ "routes", required_argument, NULL, 'r' },
		{ "routes6", no_argument, NULL, 'R' },
		{ "dmr", required_argument, NULL, 'd' },
		{ "table", required_argument, NULL, 'T' },
		{}
	};
	struct planning plan = { .offset = MAPT_PSID_OFFSET, .table = "mapt" };
	int option, rc;

	parse_end_user("64:ff9b::/96", &plan.dmr);
	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		rc = read_option(option, &plan);
		if (rc)
			return rc;
	}
	argc -= optind;
	argv += optind;
	if (plan.old && (!plan.br || plan.routes))
		return usage("--from goes with --br");
	if (!plan.br)
		return plan_rule(&plan, argc, argv);
	if (argc != 1)
		return usage("expected one FILE of mapping rules");
	return plan_br(&plan, argv[0]);
}

const struct command command_plan = {
	.name		= "plan",
	.summary	= "rules for a number of customers, and a BR of many rules",
	.help		= help,
	.run		= run,
};

// SPDX-License-Identifier: GPL-2.0
/* mapt show: what follows from a mapping rule. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "tool.h"

static const char help[] =
"Usage: mapt show [OPTION]... RULE end-user PREFIX6\n"
"       mapt show [OPTION]... RULE\n"
"       mapt show [OPTION]... mapt STATEMENT\n"
"       mapt show [OPTION]... [--ruleset FILE | --chain FAMILY TABLE CHAIN]\n"
"\n"
"  RULE := PREFIX6 PREFIX4 ea-len N [psid-offset N] [psid VALUE/LENGTH]\n"
"\n"
"Shows what a CE derives from a mapping rule and its end-user IPv6 prefix: IPv4\n"
"address, PSID, ports, MAP address, where they are in the bits, and the ruleset\n"
"that follows. Of a rule alone: its customers, and how many ports each has.\n"
"Without a rule, the statements that are loaded.\n"
"\n"
"  --json           as JSON\n"
"  --ports          all ranges of ports, not only the first ones\n"
"  --example        only the ruleset that follows\n"
"  --dmr PREFIX6    default mapping rule of that ruleset (64:ff9b::/96)\n"
"  --device NAME    interface that faces the provider in that ruleset (wan)\n"
"  --ruleset FILE   the statements of a file, nft's text or JSON\n"
"  --chain FAMILY TABLE CHAIN\n"
"                   those of one chain that is loaded\n"
"\n"
"Exit status: 0; 1 where nothing is found; 2 where what was given is wrong; 3\n"
"where the kernel could not be asked.\n"
"\n"
"  mapt show 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 \\\n"
"      end-user 2001:db8:ce:11b::/64\n";

#define RANGES_SHOWN	8

struct showing {
	bool			json;
	bool			all_ports;
	bool			example;
	const char		*dmr;
	struct mapt_prefix6	dmr_prefix;
	struct ce_ruleset	ruleset;
	const char		*path;
	bool			chain;
	json_t			*list;
};

/* --- bits drawn --------------------------------------------------------- */

#define CELLS_MAX	8

/* A stretch of bits, what it is and what is in it. */
struct cell {
	unsigned int	start;
	char		name[24];
	char		value[48];
};

struct drawing {
	struct cell	cells[CELLS_MAX];
	unsigned int	num;
	unsigned int	end;
};

static struct cell *add_cell(struct drawing *drawing, unsigned int len,
			     const char *name)
{
	struct cell *cell;

	if (!len || drawing->num == CELLS_MAX)
		return NULL;
	cell = &drawing->cells[drawing->num++];
	cell->start = drawing->end;
	snprintf(cell->name, sizeof(cell->name), "%s", name);
	drawing->end += len;
	return cell;
}

static void add_text(struct drawing *drawing, unsigned int len,
		     const char *name, const char *value)
{
	struct cell *cell = add_cell(drawing, len, name);

	if (cell)
		snprintf(cell->value, sizeof(cell->value), "%s", value);
}

static void add_bits(struct drawing *drawing, unsigned int len,
		     const char *name, uint32_t value)
{
	struct cell *cell = add_cell(drawing, len, name);
	unsigned int i;

	for (i = 0; cell && i < len; i++)
		cell->value[i] = value >> (len - 1 - i) & 1 ? '1' : '0';
}

static size_t width(const struct cell *cell)
{
	size_t name = strlen(cell->name), value = strlen(cell->value);

	return (name > value ? name : value) + 2;
}

static void draw_line(const struct drawing *drawing, struct buf *out)
{
	unsigned int i;

	buf_adds(out, "    +");
	for (i = 0; i < drawing->num; i++) {
		buf_fill(out, '-', width(&drawing->cells[i]));
		buf_adds(out, "+");
	}
	buf_adds(out, "\n");
}

static void draw(const struct drawing *drawing, struct buf *out)
{
	const struct cell *cell;
	char number[8];
	unsigned int i;

	draw_line(drawing, out);
	buf_adds(out, "    |");
	for (i = 0; i < drawing->num; i++) {
		cell = &drawing->cells[i];
		buf_printf(out, " %-*s|", (int)width(cell) - 1, cell->name);
	}
	buf_adds(out, "\n    |");
	for (i = 0; i < drawing->num; i++) {
		cell = &drawing->cells[i];
		buf_printf(out, " %-*s|", (int)width(cell) - 1, cell->value);
	}
	buf_adds(out, "\n");
	draw_line(drawing, out);
	buf_adds(out, "    ");
	for (i = 0; i < drawing->num; i++) {
		cell = &drawing->cells[i];
		snprintf(number, sizeof(number), "%u", cell->start);
		buf_printf(out, "%-*s", (int)width(cell) + 1, number);
	}
	buf_printf(out, "%u\n", drawing->end);
}

/* Where the MAP address comes from, RFC 7597 sections 5.2 and 6. */
static void draw_address(const struct mapt_stmt *stmt,
			 const struct nf_mapt_ce *ce, struct buf *out)
{
	const struct mapt_rule *bmr = &stmt->bmr;
	unsigned int q = ce->rule.psid_shift, p = bmr->ea_len - q;
	unsigned int bits = bmr->prefix6.len + bmr->ea_len;
	struct drawing drawing = {};
	struct buf text = {};

	mapt_print_prefix6(&bmr->prefix6, &text);
	add_text(&drawing, bmr->prefix6.len, "rule IPv6 prefix", text.data);
	buf_cut_tail(&text, 0);
	if (p)
		add_bits(&drawing, p, "EA: address",
			 (ce->addr4 & ce->rule.host4) >> ce->rule.addr_shift);
	add_bits(&drawing, q, "EA: PSID", ce->psid);
	if (bits < 64)
		add_text(&drawing, 64 - bits, "zero", "0");
	if (bits <= 64) {
		add_text(&drawing, 16, "zero", "0");
		mapt_print_addr4(ce->addr4, &text);
		add_text(&drawing, 32, "IPv4 address", text.data);
		snprintf(text.data, text.size, "0x%04x", ce->psid);
		add_text(&drawing, 16, "PSID", text.data);
	} else {
		add_text(&drawing, 128 - bits, "rest of the interface identifier",
			 "");
	}
	buf_free(&text);
	buf_adds(out, "  bits of the MAP address\n");
	draw(&drawing, out);
}

/* A port, RFC 7597 section 5.1. */
static void draw_port(const struct nf_mapt_port_set *set, struct buf *out)
{
	struct drawing drawing = {};

	if (!set->k)
		return;
	add_text(&drawing, set->a, "a: not all zero", "any but 0");
	add_bits(&drawing, set->k, "k: PSID", set->psid);
	add_text(&drawing, set->m, "m", "any");
	buf_adds(out, "  bits of a port\n");
	draw(&drawing, out);
}

/* --- a CE --------------------------------------------------------------- */

static void ipv4_text(const struct nf_mapt_ce *ce, struct buf *out)
{
	struct mapt_prefix4 prefix = {
		.addr = ce->addr4,
		.len = 32 - __builtin_popcount(ce->host4),
	};

	if (prefix.len == 32)
		mapt_print_addr4(prefix.addr, out);
	else
		mapt_print_prefix4(&prefix, out);
}

static void ce_text(const struct showing *show, const struct mapt_stmt *stmt,
		    const struct nf_mapt_ce *ce, struct buf *out)
{
	const struct nf_mapt_port_set *set = &ce->ports;

	if (!mapt_stmt_is_to(stmt)) {
		buf_adds(out, "  rule             ");
		mapt_print_rule(&stmt->bmr, out);
		buf_adds(out, "\n  end-user prefix  ");
		mapt_print_prefix6(&stmt->end_user, out);
		buf_adds(out, "\n");
	}
	buf_adds(out, "  IPv4 address     ");
	ipv4_text(ce, out);
	if (set->k)
		buf_printf(out, ", shared by %u\n  PSID             %u (0x%x) of %u bits, offset %u\n",
			   1U << set->k, set->psid, set->psid, set->k, set->a);
	else
		buf_adds(out, ", not shared\n");
	buf_printf(out, "  ports            %u: ", set->size);
	ports_text(set, show->all_ports ? set->ranges : RANGES_SHOWN, out);
	buf_adds(out, "\n");
	if (mapt_stmt_is_to(stmt)) {
		draw_port(set, out);
		return;
	}
	buf_adds(out, "  MAP address      ");
	addr6_text(&ce->addr6, out);
	buf_adds(out, "\n");
	draw_address(stmt, ce, out);
	draw_port(set, out);
}

static void set_text(json_t *obj, const char *key, struct buf *text)
{
	json_object_set_new(obj, key, json_string(text->data));
	buf_free(text);
}

static json_t *ce_json(const struct mapt_stmt *stmt,
		       const struct nf_mapt_ce *ce)
{
	json_t *obj = mapt_to_json(stmt);
	struct buf text = {};

	mapt_print_addr4(ce->addr4, &text);
	set_text(obj, "address", &text);
	json_object_set_new(obj, "address-len",
			    json_integer(32 - __builtin_popcount(ce->host4)));
	if (!mapt_stmt_is_to(stmt)) {
		addr6_text(&ce->addr6, &text);
		set_text(obj, "map-address", &text);
	}
	json_object_set_new(obj, "sharing-ratio",
			    json_integer(1U << ce->ports.k));
	if (ce->ports.k) {
		json_object_set_new(obj, "psid", json_integer(ce->psid));
		json_object_set_new(obj, "psid-len",
				    json_integer(ce->ports.k));
		json_object_set_new(obj, "psid-offset",
				    json_integer(ce->ports.a));
	}
	json_object_set_new(obj, "num-ports", json_integer(ce->ports.size));
	json_object_set_new(obj, "ports", ports_json(&ce->ports));
	return obj;
}

/* --- what there is to show ---------------------------------------------- */

static void print(struct buf *text)
{
	fputs(text->data, stdout);
	buf_free(text);
}

/* The ruleset that follows; where there is no DMR, with the option's. */
static void print_example(const struct showing *show,
			  const struct mapt_stmt *stmt,
			  const struct nf_mapt_ce *ce)
{
	struct s46_ce example = {
		.kind		= S46_MAPT,
		.prefix6	= stmt->end_user,
		.stmt		= *stmt,
		.ipv4		= { ce->addr4,
				    32 - __builtin_popcount(ce->host4) },
		.shared		= ce->ports.k,
		.psid		= ce->psid,
		.psid_len	= ce->ports.k,
		.psid_offset	= ce->ports.a,
		.local		= ce->addr6,
	};
	struct buf text = {};

	if (stmt->op == NFT_MAPT_NAPT) {
		mapt_stmt_init(&example.stmt, NFT_MAPT_CE);
		example.stmt.bmr = stmt->bmr;
		example.stmt.end_user = stmt->end_user;
		example.stmt.dmr = show->dmr_prefix;
	}
	if (!show->example)
		buf_printf(&text, "\n# What follows%s:\n",
			   stmt->op == NFT_MAPT_NAPT && !show->dmr ?
			   ", with 64:ff9b::/96 for the provider's DMR (--dmr)" :
			   "");
	ruleset_ce(&example, &show->ruleset, &text);
	print(&text);
}

static int show_ce(struct showing *show, const struct mapt_stmt *stmt,
		   const char *where, bool example)
{
	struct nf_mapt_ce ce;
	struct buf text = {};
	json_t *obj;

	if (!mapt_ce(&stmt->bmr, &stmt->end_user, &ce))
		return usage("%s: no CE follows", where);
	if (show->json) {
		obj = ce_json(stmt, &ce);
		if (where)
			json_object_set_new(obj, "in", json_string(where));
		json_array_append_new(show->list, obj);
		return STATUS_OK;
	}
	if (!show->example) {
		if (where)
			buf_printf(&text, "%s: mapt %s\n", where,
				   mapt_op_name[stmt->op]);
		ce_text(show, stmt, &ce, &text);
		print(&text);
	}
	if (example && !mapt_stmt_is_to(stmt))
		print_example(show, stmt, &ce);
	return STATUS_OK;
}

static void show_rule(struct showing *show, const struct mapt_rule *rule,
		      const char *where)
{
	struct buf text = {};
	json_t *obj;

	if (show->json) {
		obj = rule_json(rule);
		if (where)
			json_object_set_new(obj, "in", json_string(where));
		json_array_append_new(show->list, obj);
		return;
	}
	rule_text(rule, &text);
	print(&text);
}

static int show_stmt(struct showing *show, const struct mapt_stmt *stmt,
		     const char *where, bool example)
{
	struct buf text = {};
	unsigned int i;

	if (stmt->op != NFT_MAPT_BR)
		return show_ce(show, stmt, where, example);
	if (show->example) {
		ruleset_br(stmt, show->ruleset.table, &text);
		print(&text);
		return STATUS_OK;
	}
	if (where && !show->json) {
		printf("%s: mapt br\n", where);
		buf_adds(&text, "  default          ");
		mapt_print_prefix6(&stmt->dmr, &text);
		buf_adds(&text, "\n");
		print(&text);
	}
	for (i = 0; i < stmt->num_fmrs; i++)
		show_rule(show, &stmt->fmr[i], where);
	return STATUS_OK;
}

/* The same statement in several chains, as in a CE's, is shown once. */
static bool seen(const struct found_list *list, size_t index)
{
	const struct mapt_stmt *stmt = &list->list[index].stmt;
	size_t i;

	for (i = index; i && index - i < 64; i--) {
		if (!memcmp(&list->list[i - 1].stmt, stmt, sizeof(*stmt)))
			return true;
	}
	return false;
}

static int show_found(struct showing *show, char **chain)
{
	struct found_list list = {};
	const struct found *found;
	bool any = false;
	size_t i;
	int rc;

	rc = found_get(show->path, &list);
	for (i = 0; !rc && i < list.num; i++) {
		found = &list.list[i];
		if (chain ? strcmp(family_name(found->family), chain[0]) ||
			    strcmp(found->table, chain[1]) ||
			    strcmp(found->chain, chain[2]) : seen(&list, i))
			continue;
		if (any && !show->json && !show->example)
			puts("");
		any = true;
		rc = show_stmt(show, &found->stmt, found->where,
			       show->example);
		if (show->example)
			break;
	}
	found_free(&list);
	if (!rc && !any) {
		failed("no mapt statement in table %s %s chain %s", chain[0],
		       chain[1], chain[2]);
		return STATUS_NO;
	}
	return rc;
}

/* The words of a rule make a statement, which nft-mapt's own parser reads. */
static int show_words(struct showing *show, int argc, char **argv)
{
	bool whole = !strcmp(argv[0], "mapt"), end_user = false;
	struct mapt_stmt stmt;
	struct buf text = {};
	bool ok;
	int i;

	for (i = 0; i < argc; i++)
		end_user = end_user || !strcmp(argv[i], "end-user");
	if (!whole)
		buf_adds(&text, end_user ? "mapt napt bmr" : "mapt br fmr");
	for (i = 0; i < argc; i++)
		buf_printf(&text, "%s%s", text.len ? " " : "", argv[i]);
	if (!whole && !end_user)
		buf_adds(&text, " dmr 64:ff9b::/96");
	ok = nftfile_stmt(text.data, &stmt);
	buf_free(&text);
	if (!ok)
		return STATUS_USAGE;
	return show_stmt(show, &stmt, NULL, true);
}

static int read_option(int option, struct showing *show)
{
	switch (option) {
	case 'j':
		show->json = true;
		return STATUS_OK;
	case 'p':
		show->all_ports = true;
		return STATUS_OK;
	case 'e':
		show->example = true;
		return STATUS_OK;
	case 'r':
		show->path = optarg;
		return STATUS_OK;
	case 'c':
		show->chain = true;
		return STATUS_OK;
	case 'D':
		show->dmr = optarg;
		return parse_end_user(optarg, &show->dmr_prefix) ? STATUS_OK :
			usage("'%s' is not an IPv6 prefix", optarg);
	case 'd':
		show->ruleset.device = optarg;
		return is_device_name(optarg) ? STATUS_OK :
			usage("'%s' is not an interface's name", optarg);
	default:
		return STATUS_USAGE;
	}
}

static int show(struct showing *show, int argc, char **argv)
{
	if (show->chain && (argc != 3 || show->path))
		return usage("--chain needs FAMILY TABLE CHAIN, as in --chain ip mapt up");
	if (argc && !show->chain && show->path)
		return usage("a rule or --ruleset, not both");
	if (argc && !show->chain)
		return show_words(show, argc, argv);
	return show_found(show, show->chain ? argv : NULL);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "ports", no_argument, NULL, 'p' },
		{ "example", no_argument, NULL, 'e' },
		{ "dmr", required_argument, NULL, 'D' },
		{ "device", required_argument, NULL, 'd' },
		{ "ruleset", required_argument, NULL, 'r' },
		{ "chain", no_argument, NULL, 'c' },
		{}
	};
	struct showing showing = { .ruleset = ce_ruleset_defaults };
	int option, rc;

	parse_end_user("64:ff9b::/96", &showing.dmr_prefix);
	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		rc = read_option(option, &showing);
		if (rc)
			return rc;
	}
	showing.list = json_array();
	rc = show(&showing, argc - optind, argv + optind);
	if (!rc && showing.json)
		print_json(json_incref(showing.list));
	json_decref(showing.list);
	return rc;
}

const struct command command_show = {
	.name		= "show",
	.summary	= "what follows from a mapping rule, or from those loaded",
	.help		= help,
	.run		= run,
};

// SPDX-License-Identifier: GPL-2.0
/* The canonical text of a statement, and the names of its parts. */
#include "mapt.h"

const char * const mapt_op_name[] = {
	[NFT_MAPT_NAPT]	= "napt",
	[NFT_MAPT_CE]	= "ce",
	[NFT_MAPT_BR]	= "br",
};

static const char * const part_name[PART_OPTIONS] = {
	[PART_OP]		= "op",
	[PART_BMR]		= "bmr",
	[PART_END_USER]		= "end-user",
	[PART_TO]		= "to",
	[PART_DMR]		= "dmr",
	[PART_FMR]		= "fmr",
};

const char *mapt_part_name(enum mapt_part part)
{
	return part < PART_OPTIONS ? part_name[part] : mapt_option(part)->name;
}

const char * const mapt_rule_part_name[RULE_PART_MAX] = {
	[RULE_PREFIX6]		= "ipv6",
	[RULE_PREFIX4]		= "ipv4",
	[RULE_EA_LEN]		= "ea-len",
	[RULE_PSID_OFFSET]	= "psid-offset",
	[RULE_PSID]		= "psid",
};

bool mapt_part_allowed(enum nft_mapt_ops op, enum mapt_part part)
{
	switch (part) {
	case PART_BMR:
	case PART_END_USER:
		return op != NFT_MAPT_BR;
	case PART_TO:
		return op == NFT_MAPT_NAPT;
	case PART_DMR:
	case PART_FMR:
		return op != NFT_MAPT_NAPT;
	default:
		return part >= PART_OPTIONS && mapt_option(part)->ops & 1U << op;
	}
}

bool mapt_part_needed(enum nft_mapt_ops op, enum mapt_part part)
{
	switch (part) {
	case PART_BMR:
	case PART_END_USER:
		return op != NFT_MAPT_BR;
	case PART_DMR:
		return op != NFT_MAPT_NAPT;
	case PART_FMR:
		return op == NFT_MAPT_BR;
	default:
		return false;
	}
}

/* Appends what a statement of @op looks like. */
void mapt_synopsis(enum nft_mapt_ops op, enum mapt_form form, struct buf *out)
{
	static const char bmr[] = "bmr RULE end-user PREFIX6";
	static const char to[] =
		"to ADDRESS4 psid VALUE/LENGTH [psid-offset N]";

	if (op == NFT_MAPT_CE) {
		buf_adds(out, "mapt ce bmr RULE end-user PREFIX6 dmr PREFIX6 [fmr RULES] [OPTION ...]");
	} else if (op == NFT_MAPT_BR) {
		buf_adds(out, "mapt br fmr RULES dmr PREFIX6 [OPTION ...]");
	} else {
		buf_adds(out, "mapt napt ");
		if (form == FORM_ANY)
			buf_printf(out, "{%s | %s}", bmr, to);
		else
			buf_adds(out, form == FORM_BMR ? bmr : to);
		buf_adds(out, " [OPTION ...]");
	}
}

/* A mapping rule, as it stands after bmr or fmr. */
void mapt_print_rule(const struct mapt_rule *rule, struct buf *out)
{
	mapt_print_prefix6(&rule->prefix6, out);
	buf_adds(out, " ");
	mapt_print_prefix4(&rule->prefix4, out);
	buf_printf(out, " ea-len %u", rule->ea_len);
	if (rule->psid_offset != MAPT_PSID_OFFSET)
		buf_printf(out, " psid-offset %u", rule->psid_offset);
	if (rule->has_psid)
		buf_printf(out, " psid %u/%u", rule->psid, rule->psid_len);
}

static void print_to(const struct mapt_rule *rule, struct buf *out)
{
	buf_adds(out, " to ");
	mapt_print_addr4(rule->prefix4.addr, out);
	buf_printf(out, " psid %u/%u", rule->psid, rule->psid_len);
	if (rule->psid_offset != MAPT_PSID_OFFSET)
		buf_printf(out, " psid-offset %u", rule->psid_offset);
}

static void print_fmrs(const struct mapt_stmt *stmt, struct buf *out)
{
	unsigned int i;

	if (!stmt->num_fmrs)
		return;
	buf_adds(out, " fmr ");
	if (stmt->num_fmrs == 1) {
		mapt_print_rule(&stmt->fmr[0], out);
		return;
	}
	for (i = 0; i < stmt->num_fmrs; i++) {
		buf_adds(out, i ? ", " : "{ ");
		mapt_print_rule(&stmt->fmr[i], out);
	}
	buf_adds(out, " }");
}

static void print_option(const struct mapt_stmt *stmt,
			 const struct mapt_option *option, struct buf *out)
{
	int64_t value = mapt_stmt_option(stmt, option->part);

	buf_printf(out, " %s", option->name);
	switch (option->type) {
	case OPTION_FLAG:
		break;
	case OPTION_CHOICE:
		buf_printf(out, " %s", option->words[value]);
		break;
	case OPTION_BYTE:
		buf_printf(out, " 0x%02x", (unsigned int)value);
		break;
	case OPTION_NUMBER:
		buf_printf(out, " %u", (unsigned int)value);
		break;
	case OPTION_ADDR4:
		buf_adds(out, " ");
		mapt_print_addr4(value, out);
		break;
	case OPTION_PORTS:
		buf_adds(out, " ");
		mapt_print_ports(value, out);
		break;
	case OPTION_NAME:
		buf_printf(out, " @%s", stmt->flowtable);
		break;
	case OPTION_DEVICE:
		buf_printf(out, " \"%s\"", stmt->dev);
		break;
	}
}

/* Appends the canonical text: defaults left out, parts in the grammar's order. */
void mapt_print(const struct mapt_stmt *stmt, struct buf *out)
{
	int part;

	buf_printf(out, "mapt %s", mapt_op_name[stmt->op]);
	if (mapt_stmt_is_to(stmt)) {
		print_to(&stmt->bmr, out);
	} else if (mapt_part_allowed(stmt->op, PART_BMR)) {
		buf_adds(out, " bmr ");
		mapt_print_rule(&stmt->bmr, out);
		buf_adds(out, " end-user ");
		mapt_print_prefix6(&stmt->end_user, out);
	}
	if (stmt->op == NFT_MAPT_BR)
		print_fmrs(stmt, out);
	if (mapt_part_allowed(stmt->op, PART_DMR)) {
		buf_adds(out, " dmr ");
		mapt_print_prefix6(&stmt->dmr, out);
	}
	if (stmt->op == NFT_MAPT_CE)
		print_fmrs(stmt, out);
	for (part = PART_OPTIONS; part < PART_MAX; part++) {
		if (mapt_stmt_option(stmt, part) != MAPT_DEFAULT)
			print_option(stmt, mapt_option(part), out);
	}
}

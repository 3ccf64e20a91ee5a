// SPDX-License-Identifier: GPL-2.0
/* The canonical text of a statement, and the names of its parts. */
#include "mapt.h"

const char * const mapt_op_name[] = {
	[NFT_MAPT_NAPT]	= "napt",
	[NFT_MAPT_CE]	= "ce",
	[NFT_MAPT_BR]	= "br",
};

const char * const mapt_part_name[PART_MAX] = {
	[PART_OP]		= "op",
	[PART_BMR]		= "bmr",
	[PART_END_USER]		= "end-user",
	[PART_TO]		= "to",
	[PART_DMR]		= "dmr",
	[PART_FMR]		= "fmr",
	[PART_TOS]		= "tos",
	[PART_TCLASS]		= "tclass",
	[PART_UDP_ZERO]		= "udp-zero-checksum",
	[PART_MTU]		= "lowest-ipv6-mtu",
	[PART_ICMP_SOURCE]	= "icmp-source",
	[PART_SILENT]		= "silent",
	[PART_RANDOM]		= "random",
	[PART_PERSISTENT]	= "persistent",
};

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
	case PART_RANDOM:
	case PART_PERSISTENT:
		return op == NFT_MAPT_NAPT;
	default:
		return op != NFT_MAPT_NAPT;
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

const char *mapt_synopsis(enum nft_mapt_ops op, enum mapt_form form)
{
	switch (op) {
	case NFT_MAPT_NAPT:
		if (form == FORM_BMR)
			return "mapt napt bmr RULE end-user PREFIX6 [random] [persistent]";
		if (form == FORM_TO)
			return "mapt napt to ADDRESS4 psid VALUE/LENGTH [psid-offset N] [random] [persistent]";
		return "mapt napt {bmr RULE end-user PREFIX6 | to ADDRESS4 psid VALUE/LENGTH [psid-offset N]} [random] [persistent]";
	case NFT_MAPT_CE:
		return "mapt ce bmr RULE end-user PREFIX6 dmr PREFIX6 [fmr RULES] [OPTION ...]";
	default:
		return "mapt br fmr RULES dmr PREFIX6 [OPTION ...]";
	}
}

static void print_rule(const struct mapt_rule *rule, struct buf *out)
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
		print_rule(&stmt->fmr[0], out);
		return;
	}
	for (i = 0; i < stmt->num_fmrs; i++) {
		buf_adds(out, i ? ", " : "{ ");
		print_rule(&stmt->fmr[i], out);
	}
	buf_adds(out, " }");
}

static void print_options(const struct mapt_stmt *stmt, struct buf *out)
{
	if (stmt->tos != MAPT_COPY)
		buf_printf(out, " tos 0x%02x", stmt->tos);
	if (stmt->tclass != MAPT_COPY)
		buf_printf(out, " tclass 0x%02x", stmt->tclass);
	if (stmt->udp_zero_drop)
		buf_adds(out, " udp-zero-checksum drop");
	if (stmt->mtu != MAPT_MIN_MTU)
		buf_printf(out, " lowest-ipv6-mtu %u", stmt->mtu);
	if (stmt->has_icmp_source) {
		buf_adds(out, " icmp-source ");
		mapt_print_addr4(stmt->icmp_source, out);
	}
	if (stmt->silent)
		buf_adds(out, " silent");
}

/* Appends the canonical text: defaults left out, parts in the grammar's order. */
void mapt_print(const struct mapt_stmt *stmt, struct buf *out)
{
	buf_printf(out, "mapt %s", mapt_op_name[stmt->op]);
	if (mapt_stmt_is_to(stmt)) {
		print_to(&stmt->bmr, out);
	} else if (mapt_part_allowed(stmt->op, PART_BMR)) {
		buf_adds(out, " bmr ");
		print_rule(&stmt->bmr, out);
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
	print_options(stmt, out);
	if (stmt->random)
		buf_adds(out, " random");
	if (stmt->persistent)
		buf_adds(out, " persistent");
}

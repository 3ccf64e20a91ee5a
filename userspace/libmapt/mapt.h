/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The mapt statement: its contents and its five forms (text, JSON, netlink,
 * and the checks between them).
 */
#ifndef NFT_MAPT_MAPT_H
#define NFT_MAPT_MAPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <net/if.h>
#include <netinet/in.h>
#include <jansson.h>

#include <linux/netfilter/nf_tables_mapt.h>

#include "buf.h"

#define MAPT_PSID_OFFSET	6

/* A name in nf_tables (NFT_NAME_MAXLEN) has up to 255 characters. */
#define MAPT_NAME_SIZE		256

struct mapt_prefix6 {
	struct in6_addr	addr;
	unsigned int	len;
};

/* @addr is in host byte order. */
struct mapt_prefix4 {
	uint32_t	addr;
	unsigned int	len;
};

/* A mapping rule (RFC 7597 section 5). */
struct mapt_rule {
	struct mapt_prefix6	prefix6;
	struct mapt_prefix4	prefix4;
	unsigned int		ea_len;
	unsigned int		psid_offset;
	bool			has_psid;	/* provisioned, not embedded */
	unsigned int		psid;		/* right-aligned */
	unsigned int		psid_len;
};

/* Parts of a statement that a user can get wrong; options come last. */
enum mapt_part {
	PART_OP,
	PART_BMR,
	PART_END_USER,
	PART_TO,
	PART_DMR,
	PART_FMR,
	PART_OPTIONS,
	PART_TOS = PART_OPTIONS,
	PART_TCLASS,
	PART_UDP_ZERO,
	PART_MTU,
	PART_ICMP_SOURCE,
	PART_SILENT,
	PART_FLOW,
	PART_DEV,
	PART_RANDOM,
	PART_PERSISTENT,
	PART_MAPPING,
	PART_FILTERING,
	PART_RESERVE,
	PART_MAX
};

/* Parts of a mapping rule. */
enum mapt_rule_part {
	RULE_ALL,
	RULE_PREFIX6,
	RULE_PREFIX4,
	RULE_EA_LEN,
	RULE_PSID_OFFSET,
	RULE_PSID,
	RULE_PART_MAX
};

struct mapt_stmt {
	enum nft_mapt_ops	op;
	struct mapt_rule	bmr;
	struct mapt_prefix6	end_user;
	struct mapt_prefix6	dmr;
	unsigned int		num_fmrs;
	struct mapt_rule	fmr[NFT_MAPT_FMR_MAX];
	int64_t			option[PART_MAX - PART_OPTIONS];
	char			flowtable[MAPT_NAME_SIZE];
	char			dev[IFNAMSIZ];
};

/* The value of an option that is left out. */
#define MAPT_DEFAULT	(-1)

/* What an option's value is; a flag and the second word of a choice are 1. */
enum mapt_option_type {
	OPTION_FLAG,	/* there or not */
	OPTION_CHOICE,	/* one of two words, by default the first */
	OPTION_BYTE,	/* 0 to 255, by default "copy" */
	OPTION_NUMBER,	/* @min to @max, by default @min */
	OPTION_ADDR4,	/* a unicast address, by default none */
	OPTION_PORTS,	/* FIRST-LAST: FIRST << 16 | LAST, by default none */
	OPTION_NAME,	/* 1: a name, kept beside, by default none */
	OPTION_DEVICE,	/* 1: a device, kept beside, by default none */
};

/*
 * @ops are those that have the option, as bits. In netlink it is a bit of
 * NFTA_MAPT_FLAGS (@flag) or an attribute of its own (@attr).
 */
struct mapt_option {
	enum mapt_part		part;
	const char		*name;
	unsigned int		ops;
	enum mapt_option_type	type;
	uint16_t		attr;
	uint32_t		flag;
	const char		*words[2];
	unsigned int		min;
	unsigned int		max;
};

#define MAPT_NO_RULE	(-2)
#define MAPT_BMR	(-1)

/*
 * What is wrong with a statement, and where. @rule is MAPT_BMR or the index
 * of an FMR, and then @rule_part says which part of it; or it is
 * MAPT_NO_RULE and @part counts.
 */
struct mapt_fault {
	int			rule;
	enum mapt_rule_part	rule_part;
	enum mapt_part		part;
	char			msg[400];
};

/* Two forms of napt: by a BMR, or to an address and a PSID. */
enum mapt_form {
	FORM_ANY,
	FORM_BMR,
	FORM_TO,
};

/* prefix.c */
void mapt_prefix6_mask(struct mapt_prefix6 *prefix);
void mapt_prefix4_mask(struct mapt_prefix4 *prefix);
bool mapt_prefix6_covers(const struct mapt_prefix6 *prefix,
			 const struct in6_addr *addr);
bool mapt_addr4_is_unicast(uint32_t addr);
bool mapt_parse_prefix6(const char *s, size_t len, struct mapt_prefix6 *prefix);
bool mapt_parse_addr4(const char *s, uint32_t *addr);
bool mapt_parse_prefix4(const char *s, size_t len, struct mapt_prefix4 *prefix);
bool mapt_parse_number(const char *s, size_t len, unsigned int *value);
bool mapt_parse_ports(const char *s, size_t len, uint32_t *ports);
void mapt_print_prefix6(const struct mapt_prefix6 *prefix, struct buf *out);
void mapt_print_addr4(uint32_t addr, struct buf *out);
void mapt_print_ports(uint32_t ports, struct buf *out);
void mapt_print_prefix4(const struct mapt_prefix4 *prefix, struct buf *out);

/* rule.c; arith.h has more */
unsigned int mapt_rule_psid_len(const struct mapt_rule *rule);
void mapt_address(const struct mapt_rule *rule,
		  const struct mapt_prefix6 *end_user, struct in6_addr *addr);

/* stmt.c */
void mapt_stmt_init(struct mapt_stmt *stmt, enum nft_mapt_ops op);
int64_t mapt_stmt_option(const struct mapt_stmt *stmt, enum mapt_part part);
void mapt_stmt_set_option(struct mapt_stmt *stmt, enum mapt_part part,
			  int64_t value);
bool mapt_stmt_set_dev(struct mapt_stmt *stmt, const char *name, size_t len);
bool mapt_stmt_set_flowtable(struct mapt_stmt *stmt, const char *name,
			     size_t len);
void mapt_rule_init_to(struct mapt_rule *rule);
bool mapt_stmt_is_to(const struct mapt_stmt *stmt);

/* option.c */
const struct mapt_option *mapt_option(enum mapt_part part);

/* check.c */
extern const char mapt_too_many_fmrs[];
bool mapt_stmt_check(const struct mapt_stmt *stmt, struct mapt_fault *fault);

/* print.c */
extern const char * const mapt_op_name[];
const char *mapt_part_name(enum mapt_part part);
extern const char * const mapt_rule_part_name[RULE_PART_MAX];
bool mapt_part_allowed(enum nft_mapt_ops op, enum mapt_part part);
bool mapt_part_needed(enum nft_mapt_ops op, enum mapt_part part);
void mapt_synopsis(enum nft_mapt_ops op, enum mapt_form form, struct buf *out);
void mapt_print_rule(const struct mapt_rule *rule, struct buf *out);
void mapt_print(const struct mapt_stmt *stmt, struct buf *out);

/* json.c */
json_t *mapt_to_json(const struct mapt_stmt *stmt);
bool mapt_from_json(json_t *obj, struct mapt_stmt *stmt, char *path,
		    size_t path_size, struct mapt_fault *fault);

/* netlink.c */
void mapt_encode(const struct mapt_stmt *stmt, struct buf *out);
bool mapt_decode(const void *data, size_t len, struct mapt_stmt *stmt);

#endif /* NFT_MAPT_MAPT_H */

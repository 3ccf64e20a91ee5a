/* SPDX-License-Identifier: GPL-2.0 */
/* What the commands of mapt share. */
#ifndef MAPT_TOOL_H
#define MAPT_TOOL_H

#include <stdbool.h>
#include <stdio.h>
#include <jansson.h>

#include "arith.h"
#include "s46.h"

/* Exit statuses, the same for all commands. */
enum status {
	STATUS_OK	= 0,
	STATUS_NO	= 1,	/* the answer is no: nobody's port, a fault */
	STATUS_USAGE	= 2,	/* wrong words, options or input */
	STATUS_FAILED	= 3,	/* the kernel or a file could not be asked */
};

/* A command: @argv[0] is its name. Returns an exit status. */
struct command {
	const char	*name;
	const char	*summary;
	const char	*help;
	int		(*run)(int argc, char **argv);
};

extern const struct command command_check;
extern const struct command command_import;
extern const struct command command_plan;
extern const struct command command_s46;
extern const struct command command_show;
extern const struct command command_stats;
extern const struct command command_who;

/* main.c */
extern const char *command_name;

/* message.c */
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int failed(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool print_json(json_t *json);

/* text.c */
bool read_file(const char *path, struct buf *out);
bool is_device_name(const char *name);
bool is_table_name(const char *name);
void addr6_text(const struct in6_addr *addr, struct buf *out);
bool parse_end_user(const char *text, struct mapt_prefix6 *prefix);
bool parse_uint(const char *text, unsigned int min, unsigned int max,
		unsigned int *value);

/* ports.c */
struct ports {
	unsigned int	first;
	unsigned int	last;
};

struct ports port_range(const struct nf_mapt_port_set *set, unsigned int index);
void ports_text(const struct nf_mapt_port_set *set, unsigned int max,
		struct buf *out);
json_t *ports_json(const struct nf_mapt_port_set *set);

/* facts.c */
void rule_text(const struct mapt_rule *rule, struct buf *out);
json_t *rule_json(const struct mapt_rule *rule);

/* ruleset.c */
#define LANS_MAX	32

struct ce_ruleset {
	const char	*device;	/* that faces the provider */
	const char	*tunnel;	/* MAP-E, lw4o6 */
	const char	*table;
	const char	*lan[LANS_MAX];
	unsigned int	num_lans;
	unsigned int	mtu;		/* of @device */
	bool		mss;
	const char	*napt;		/* options of mapt napt, or NULL */
};

extern const struct ce_ruleset ce_ruleset_defaults;
void ruleset_none(const char *table, struct buf *out);
void ruleset_ce(const struct s46_ce *ce, const struct ce_ruleset *options,
		struct buf *out);
bool ruleset_napt_options(const struct s46_ce *ce, const char *options);
void ruleset_br(const struct mapt_stmt *br, const char *table, struct buf *out);
unsigned int ce_mtu(const struct s46_ce *ce, unsigned int mtu);

#endif /* MAPT_TOOL_H */

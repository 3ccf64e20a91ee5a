/* SPDX-License-Identifier: GPL-2.0 */
/* What mapt check finds, and what its parts share. */
#ifndef MAPT_CHECK_H
#define MAPT_CHECK_H

#include <linux/netfilter.h>

#include "lookup.h"
#include "rules.h"

enum level {
	LEVEL_OK,
	LEVEL_NOTE,	/* good to know */
	LEVEL_FAULT,	/* something does not work */
};

struct finding {
	enum level	level;
	const char	*topic;
	char		*text;
	char		*fix;	/* a command, or NULL */
};

/* All that is loaded, and what was found. */
struct report {
	struct found_list	found;
	struct chain_list	chains;
	struct finding		*list;
	size_t			num;
	unsigned int		faults;
};

/* check.c */
void finding(struct report *report, enum level level, const char *topic,
	     const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void fix(struct report *report, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void rule_where(const struct found *found, struct buf *out);

/* sysctl.c */
bool sysctl_get(const char *dir, const char *name, long *value);
void check_forwarding(struct report *report, bool six);
void check_conntrack(struct report *report, bool needed);
unsigned int rp_filter(const char *device);

/* chains.c */
typedef void (*base_fn)(const struct base_chain *chain, void *data);
unsigned int bases_of(const struct report *report, const struct found *found,
		      base_fn fn, void *data);
bool chain_sees(const struct base_chain *chain, unsigned int family);
bool has_base(const struct report *report, const struct found *found,
	      const char *type, unsigned int hook, unsigned int family);
void check_priorities(struct report *report, const struct found *found);

/* check_ce.c, check_br.c */
void check_ces(struct report *report);
void check_brs(struct report *report);

/* path.c */
void check_path(struct report *report, uint32_t addr);

#endif /* MAPT_CHECK_H */

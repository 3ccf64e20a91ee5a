/* SPDX-License-Identifier: GPL-2.0 */
/* Whose an address is, by any number of rules. */
#ifndef MAPT_LOOKUP_H
#define MAPT_LOOKUP_H

#include <stdio.h>

#include "arith.h"
#include "rules.h"

/*
 * A rule in the kernel's form: a rule table of one, which decides as the
 * statement itself does.
 */
struct entry {
	const struct mapt_rule	*rule;
	const struct found	*found;
	struct nf_mapt_rule	kernel;
	struct nf_mapt_table	table;
};

/* Entries of one prefix length, sorted by prefix. */
struct length {
	unsigned int	len;
	size_t		first;
	size_t		num;
};

struct lookup {
	struct entry		*entries;
	size_t			num;
	struct entry		**by4;
	struct entry		**by6;
	struct length		lens4[33];
	struct length		lens6[129];
	unsigned int		num_lens4;
	unsigned int		num_lens6;
	struct mapt_prefix6	*dmrs;
	size_t			num_dmrs;
};

/* What an address turned out to be. */
enum verdict {
	WHO_CUSTOMER,	/* a customer's */
	WHO_INSIDE,	/* IPv6: in a customer's prefix, but no MAP address */
	WHO_EXCLUDED,	/* IPv4: a port that RFC 7597 5.1 leaves to nobody */
	WHO_PORT,	/* IPv4: shared, and no port was given */
	WHO_INTERNET,	/* IPv6: stands for an address of the IPv4 Internet */
	WHO_NOBODY,	/* no rule covers it */
};

struct who {
	enum verdict		verdict;
	const struct entry	*entry;
	uint32_t		addr4;
	uint16_t		psid;
	struct in6_addr		addr6;		/* MAP address */
	struct mapt_prefix6	end_user;
};

#define NO_PORT	(-1)

void lookup_init(struct lookup *lookup, const struct found_list *list);
void lookup_free(struct lookup *lookup);
void lookup_addr4(const struct lookup *lookup, uint32_t addr4, int port,
		  struct who *who);
void lookup_addr6(const struct lookup *lookup, const struct in6_addr *addr6,
		  struct who *who);

/* who.c */
int who_list(const struct lookup *lookup, FILE *in, bool json);

#endif /* MAPT_LOOKUP_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Statements that were found somewhere: in a file, or in the kernel. */
#ifndef MAPT_RULES_H
#define MAPT_RULES_H

#include "mapt.h"

#define NAME_SIZE	256	/* of tables and chains, NFT_NAME_MAXLEN */
#define DEVICE_SIZE	16

/* @where is for people; table and chain are empty where they are not known. */
struct found {
	struct mapt_stmt	stmt;
	char			*where;
	unsigned int		family;		/* NFPROTO_..., 0: not known */
	char			table[NAME_SIZE];
	char			chain[NAME_SIZE];
	unsigned long long	handle;
	char			device[DEVICE_SIZE];	/* iifname, oifname */
	bool			device_in;
};

/* A jump or goto from one chain to another, or by a verdict map to some. */
struct jump {
	unsigned int	family;
	char		table[NAME_SIZE];
	char		from[NAME_SIZE];
	char		to[NAME_SIZE];	/* empty: by a map */
};

struct found_list {
	struct found	*list;
	size_t		num;
	size_t		unknown;	/* expressions that could not be read */
	struct jump	*jumps;		/* of the kernel's rules */
	size_t		num_jumps;
};

/* A base chain of the kernel, of any table. */
struct base_chain {
	unsigned int	family;
	char		table[NAME_SIZE];
	char		name[NAME_SIZE];
	char		type[16];
	unsigned int	hook;
	int		priority;
};

struct chain_list {
	struct base_chain	*list;
	size_t			num;
};

/* found.c */
struct found *found_add(struct found_list *list, const struct mapt_stmt *stmt);
void found_free(struct found_list *list);
bool found_json(const char *name, const struct buf *text,
		struct found_list *list);
bool found_read(const char *path, struct found_list *list);
int found_get(const char *path, struct found_list *list);
const char *family_name(unsigned int family);

/* nftfile.c */
bool nftfile_scan(const char *name, const char *text, struct found_list *list);
bool nftfile_stmt(const char *text, struct mapt_stmt *stmt);

/* loaded.c */
int loaded_rules(struct found_list *list);
int loaded_chains(struct chain_list *list);

#endif /* MAPT_RULES_H */

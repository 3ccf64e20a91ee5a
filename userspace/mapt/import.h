/* SPDX-License-Identifier: GPL-2.0 */
/* What other implementations' configuration comes to. */
#ifndef MAPT_IMPORT_H
#define MAPT_IMPORT_H

#include "s46.h"

#define WORDS_MAX	128
#define PREFIXES_MAX	64

/* A line of a shell's or UCI's, in words, without quotes and comments. */
struct words {
	const char	*pos;		/* what comes next */
	unsigned int	line;		/* where the words stand, from 1 */
	unsigned int	next_line;
	char		*word[WORDS_MAX];
	unsigned int	num;
	bool		too_many;
};

/* A CE or BR: its rules are in @s46, whether or not DHCPv6 brought them. */
struct import {
	const char		*file;
	const char		*instance;	/* the one that is wanted, or NULL */
	struct s46		s46;
	bool			br;
	bool			bmr_known;	/* the first rule is it */
	struct mapt_prefix6	end_user[PREFIXES_MAX];
	unsigned int		num_end_users;
	char			*device;
	bool			given_end_user;	/* by the user of this command */
};

/* words.c */
void words_start(struct words *words, const char *text);
bool words_line(struct words *words);
void words_end(struct words *words);

/* import.c */
bool wrong(const struct import *import, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
struct s46_rule *add_rule(struct import *import);
bool set_prefix6(const struct import *import, unsigned int line,
		 const char *text, struct mapt_prefix6 *prefix);
bool set_prefix4(const struct import *import, unsigned int line,
		 const char *text, struct mapt_prefix4 *prefix);
bool set_number(const struct import *import, unsigned int line,
		const char *what, const char *text, unsigned int max,
		unsigned int *number);
bool set_end_user(struct import *import, unsigned int line, const char *text);
bool set_dmr(struct import *import, unsigned int line, const char *text);

/* import_jool.c, import_uci.c, import_nat46.c */
bool import_jool(struct import *import, const char *text);
bool import_jool_json(struct import *import, const struct buf *text);
bool import_uci(struct import *import, const char *text);
bool import_nat46(struct import *import, const char *text);

#endif /* MAPT_IMPORT_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* The options of DHCPv6 that configure a CE (RFC 7598). */
#ifndef NFT_MAPT_S46_H
#define NFT_MAPT_S46_H

#include "mapt.h"

/* Containers, by their option codes. */
enum s46_kind {
	S46_MAPE	= 94,
	S46_MAPT	= 95,
	S46_LW		= 96,
};

/* OPTION_S46_PORTPARAMS; @psid is right-aligned */
struct s46_ports {
	bool		given;
	unsigned int	offset;
	unsigned int	psid_len;
	unsigned int	psid;
};

/* OPTION_S46_RULE */
struct s46_rule {
	struct mapt_prefix6	prefix6;
	struct mapt_prefix4	prefix4;
	unsigned int		ea_len;
	bool			fmr;
	struct s46_ports	ports;
};

/* OPTION_S46_V4V6BIND */
struct s46_bind {
	bool			given;
	uint32_t		addr4;		/* host byte order */
	struct mapt_prefix6	prefix6;
	struct s46_ports	ports;
};

/* What a container holds. */
struct s46 {
	enum s46_kind		kind;
	struct s46_rule		*rules;
	unsigned int		num_rules;
	bool			has_dmr;
	struct mapt_prefix6	dmr;
	struct in6_addr		*brs;		/* OPTION_S46_BR */
	unsigned int		num_brs;
	struct s46_bind		bind;
};

/*
 * What follows for one CE. @stmt is mapt ce where packets are translated, and
 * where they are tunnelled mapt napt; @shared is false where all ports are the
 * CE's. @local is the MAP address, or that of a tunnel, @remote the tunnel's
 * other end.
 */
struct s46_ce {
	enum s46_kind		kind;
	struct mapt_prefix6	prefix6;
	struct mapt_stmt	stmt;
	struct mapt_prefix4	ipv4;
	bool			shared;
	unsigned int		psid;
	unsigned int		psid_len;
	unsigned int		psid_offset;
	struct in6_addr		local;
	struct in6_addr		remote;
	char			note[400];	/* what was left out, or "" */
};

const char *s46_name(enum s46_kind kind);
bool s46_kind_from_text(const char *text, enum s46_kind *kind);
bool s46_hex(const char *text, struct buf *out, char *msg, size_t size);
bool s46_decode(enum s46_kind kind, const void *data, size_t len,
		struct s46 *s46, char *msg, size_t size);
void s46_free(struct s46 *s46);
bool s46_derive(const struct s46 *s46, const struct mapt_prefix6 *prefixes,
		unsigned int num, struct s46_ce *ce, char *msg, size_t size);

#endif /* NFT_MAPT_S46_H */

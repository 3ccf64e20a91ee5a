/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What stands in front of one context of libnftables. A thread that runs
 * commands of a context has it in @front; all else in the process has nothing
 * to do with us and finds NULL there.
 */
#ifndef NFT_MAPT_FRONT_H
#define NFT_MAPT_FRONT_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct nft_ctx;
struct source;
struct define;
struct carrier;
struct shift;

#define CARRIER_HASH_SIZE	4096
#define CARRIER_MARK_SIZE	32

struct front {
	struct front	*next;
	struct nft_ctx	*nft;
	jmp_buf		*escape;	/* from lack of memory */

	/* include.c */
	char		**paths;
	size_t		num_paths;

	/* error.c */
	FILE		*error_file;
	unsigned int	errors;

	/* source.c: of this command, in the order in which nft opens them;
	 * and those of earlier ones that definitions have come from
	 */
	struct source	*sources;
	struct source	*kept;

	/* define.c */
	struct define	*newest;
	struct define	*scope;
	unsigned int	depth;

	/* scan.c */
	unsigned int	nesting;
	unsigned int	include_depth;
	bool		monitors;

	/* carrier.c */
	char		mark[CARRIER_MARK_SIZE];
	struct carrier	*carriers;
	int		num_carriers;
	int		hash_heads[CARRIER_HASH_SIZE];	/* index + 1 */

	/* batch.c */
	struct shift	*shifts;
	size_t		num_shifts;
	int		refused;
	unsigned int	missing;
	unsigned int	ops;
	bool		seen;
};

extern _Thread_local struct front *front;

struct front *front_new(struct nft_ctx *nft);
void front_free(struct front *old);
struct front *front_of(struct nft_ctx *nft);
void front_drop(struct nft_ctx *nft);
bool front_try(void (*fn)(void *data), void *data);
void front_escape(void) __attribute__((noreturn));

/* native.c */
bool native_known(void);

/* interpose.c */
void *next_function(const char *name);

#endif /* NFT_MAPT_FRONT_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nf_tables' netlink messages with the mapt expression, right or not
 */
#ifndef FUZZ_MESSAGE_H
#define FUZZ_MESSAGE_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* --- random numbers --- */

extern uint64_t rnd_state;

uint64_t rnd(void);
unsigned int below(unsigned int n);
bool chance(unsigned int percent);

#define PICK(...) ({ \
	static const uint32_t pick_[] = { __VA_ARGS__ }; \
	pick_[below(ARRAY_SIZE(pick_))]; })

/* --- a batch of messages --- */

extern uint8_t buf[1 << 18];
extern unsigned int used;
extern unsigned int mutate;	/* percent of the attributes */

#define MUTATE_NEVER	1000	/* and the likelier of two ways everywhere */

void *space(unsigned int len);
unsigned int open_attr(unsigned int type);
void close_attr(unsigned int at);
void put(unsigned int type, const void *data, unsigned int len);
void put8(unsigned int type, uint8_t value);
void put16(unsigned int type, uint16_t value);
void put32(unsigned int type, uint32_t value);
void put_text(unsigned int type, const char *text);

unsigned int nft_message(unsigned int type, unsigned int flags, unsigned int family);
void message_end(unsigned int at);
void batch_begin(void);
void batch_end(void);

/* --- of an expression --- */

void expression(unsigned int type, const char *name, void (*data)(void));
void mapt(void);
void mapt_op(unsigned int op, unsigned int fmrs);

/* --- the kernel --- */

void nft_open(void);
int nft_send(void);
int nft_answers(void);
const uint8_t *nft_list(unsigned int type, unsigned int family, const char *table, size_t *len);

void die(const char *what) __attribute__((noreturn));

#endif /* FUZZ_MESSAGE_H */

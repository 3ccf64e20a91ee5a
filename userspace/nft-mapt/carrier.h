/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Carriers: statements that libnftables knows, each standing for a mapt
 * expression while it passes through libnftables.
 */
#ifndef NFT_MAPT_CARRIER_H
#define NFT_MAPT_CARRIER_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "buf.h"

/* carrier.c */
int carrier_add(const void *data, size_t len);
const char *carrier_mark(void);
void carrier_prefix(int carrier, struct buf *out);
void carrier_stmt(int carrier, struct buf *out);
json_t *carrier_json(int carrier);
int carrier_find(const char *prefix, size_t len);
const void *carrier_data(int carrier, size_t *len);
int carrier_op(int carrier);
void carrier_print(int carrier, struct buf *out);
void carrier_print_json(int carrier, struct buf *out);
void carriers_free(void);

/* batch.c */
bool batch_to_exchange(void);
bool batch_exchange(const void *data, size_t len, struct buf *out);
bool batch_mentions(const void *data, size_t len);
size_t batch_restore(void *data, size_t len, size_t size);
unsigned int batch_refused(int err);
unsigned int batch_missing(void);
bool batch_seen(void);
void batch_reset(void);

#endif /* NFT_MAPT_CARRIER_H */

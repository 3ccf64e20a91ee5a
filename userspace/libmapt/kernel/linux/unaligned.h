/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFT_MAPT_KERNEL_LINUX_UNALIGNED_H
#define _NFT_MAPT_KERNEL_LINUX_UNALIGNED_H

#include <linux/types.h>

static inline u64 get_unaligned_be64(const void *data)
{
	const u8 *byte = data;
	u64 value = 0;
	int i;

	for (i = 0; i < 8; i++)
		value = value << 8 | byte[i];
	return value;
}

static inline void put_unaligned_be64(u64 value, void *data)
{
	u8 *byte = data;
	int i;

	for (i = 7; i >= 0; i--, value >>= 8)
		byte[i] = value;
}

#endif /* _NFT_MAPT_KERNEL_LINUX_UNALIGNED_H */

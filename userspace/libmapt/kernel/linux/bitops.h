/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFT_MAPT_KERNEL_LINUX_BITOPS_H
#define _NFT_MAPT_KERNEL_LINUX_BITOPS_H

#include <linux/types.h>

static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

static inline unsigned int hweight16(unsigned int x)
{
	return __builtin_popcount(x & 0xffff);
}

static inline unsigned int hweight64(u64 x)
{
	return __builtin_popcountll(x);
}

#endif /* _NFT_MAPT_KERNEL_LINUX_BITOPS_H */

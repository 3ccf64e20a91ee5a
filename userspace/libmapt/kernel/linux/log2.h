/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFT_MAPT_KERNEL_LINUX_LOG2_H
#define _NFT_MAPT_KERNEL_LINUX_LOG2_H

#include <linux/bitops.h>

#define ilog2(x)	(fls(x) - 1)

static inline unsigned int roundup_pow_of_two(unsigned int x)
{
	return 1U << fls(x - 1);
}

#endif /* _NFT_MAPT_KERNEL_LINUX_LOG2_H */

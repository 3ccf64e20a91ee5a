/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFT_MAPT_KERNEL_LINUX_CACHE_H
#define _NFT_MAPT_KERNEL_LINUX_CACHE_H

#define ____cacheline_aligned

#endif /* _NFT_MAPT_KERNEL_LINUX_CACHE_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFT_MAPT_KERNEL_LINUX_EXPORT_H
#define _NFT_MAPT_KERNEL_LINUX_EXPORT_H

#define EXPORT_SYMBOL_GPL(symbol)	_Static_assert(1, "")

#endif /* _NFT_MAPT_KERNEL_LINUX_EXPORT_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFT_MAPT_KERNEL_KUNIT_VISIBILITY_H
#define _NFT_MAPT_KERNEL_KUNIT_VISIBILITY_H

#define EXPORT_SYMBOL_IF_KUNIT(symbol)	_Static_assert(1, "")

#endif /* _NFT_MAPT_KERNEL_KUNIT_VISIBILITY_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFT_MAPT_KERNEL_LINUX_STRING_H
#define _NFT_MAPT_KERNEL_LINUX_STRING_H

#include <string.h>

#endif /* _NFT_MAPT_KERNEL_LINUX_STRING_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFT_MAPT_KERNEL_LINUX_IN6_H
#define _NFT_MAPT_KERNEL_LINUX_IN6_H

#include <netinet/in.h>

#endif /* _NFT_MAPT_KERNEL_LINUX_IN6_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a supported kernel lacks, for builds out of tree: forced into every file there, unknown to the files themselves.
 */
#ifndef _NFT_MAPT_COMPAT_H
#define _NFT_MAPT_COMPAT_H

#endif /* _NFT_MAPT_COMPAT_H */

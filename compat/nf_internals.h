/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * net/netfilter/nf_internals.h is not part of the installed kernel headers; of what it declares we
 * use one exported function.
 */
#ifndef _NFT_MAPT_COMPAT_NF_INTERNALS_H
#define _NFT_MAPT_COMPAT_NF_INTERNALS_H

struct net;

void nf_queue_nf_hook_drop(struct net *net);

#endif /* _NFT_MAPT_COMPAT_NF_INTERNALS_H */

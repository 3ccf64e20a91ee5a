/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a supported kernel lacks, for builds out of tree: forced into every file there, unknown to
 * the files themselves.
 */
#ifndef _NFT_MAPT_COMPAT_H
#define _NFT_MAPT_COMPAT_H

#ifdef __CHECKER__
#include <linux/version.h>

/*
 * Until 6.12 ip_route_input_noref() takes the DSCP as a plain number. To a compiler that is the
 * same type; only sparse tells them apart.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#include <net/route.h>
#define ip_route_input_noref(skb, daddr, saddr, dscp, dev) \
	ip_route_input_noref(skb, daddr, saddr, inet_dscp_to_dsfield(dscp), dev)
#endif
#endif /* __CHECKER__ */

#endif /* _NFT_MAPT_COMPAT_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NFT_MAPT_KERNEL_NET_IPV6_H
#define _NFT_MAPT_KERNEL_NET_IPV6_H

#include <netinet/in.h>
#include <linux/types.h>

static inline bool ipv6_prefix_equal(const struct in6_addr *a,
				     const struct in6_addr *b, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < len / 8; i++) {
		if (a->s6_addr[i] != b->s6_addr[i])
			return false;
	}
	return !(len % 8) ||
	       !((a->s6_addr[i] ^ b->s6_addr[i]) >> (8 - len % 8));
}

#endif /* _NFT_MAPT_KERNEL_NET_IPV6_H */

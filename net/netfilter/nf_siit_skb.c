// SPDX-License-Identifier: GPL-2.0
/*
 * SIIT: how the headers of a packet are changed for those of the other family
 *
 * The payload stays where it is; the new header grows to the left of it.
 */
#include <linux/export.h>
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/interrupt.h>
#include <linux/local_lock.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/skbuff.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_siit.h>

#include "nf_siit_internal.h"

/**
 * struct id_pool - identifications of IPv4 packets to come
 * @bh_lock: orders nothing but softirqs that can be preempted
 * @left: their number
 * @ids: random, the first @left of them not used yet
 */
struct id_pool {
	local_lock_t	bh_lock;
	unsigned int	left;
	u16		ids[256];
};

static DEFINE_PER_CPU(struct id_pool, id_pool) = {
	.bh_lock = INIT_LOCAL_LOCK(bh_lock),
};

/**
 * nf_siit_writable - make room for translation
 * @skb: packet, data at its IP header
 * @len: bytes from there that will be changed
 * @from: length of the old headers
 * @to: length of the new headers and what goes in front of them
 *
 * Return: 0 or -ENOMEM.
 */
int nf_siit_writable(struct sk_buff *skb, unsigned int len, unsigned int from,
		     unsigned int to)
{
	unsigned int headroom = to > from ? to - from : 0;
	int err;

	/* The GSO type lives in what clones share. */
	err = skb_is_gso(skb) ? skb_cow(skb, headroom) :
				skb_cow_head(skb, headroom);
	if (err)
		return err;

	return skb_ensure_writable(skb, len);
}
EXPORT_SYMBOL_GPL(nf_siit_writable);

/* Does the EtherType stand in front of the IP header, behind up to two tags? */
static bool mac_is_ethernet(const struct sk_buff *skb)
{
	return skb->mac_len == ETH_HLEN || skb->mac_len == ETH_HLEN + VLAN_HLEN ||
	       skb->mac_len == ETH_HLEN + 2 * VLAN_HLEN;
}

/**
 * nf_siit_headers - put space for new headers in place of the old ones
 * @skb: packet, data at its IP header; nf_siit_writable()
 * @protocol: new family, ETH_P_IP or ETH_P_IPV6
 * @from: length of the old headers
 * @to: length of the new ones
 * @thoff: offset of the transport header from the new IP header
 *
 * The link-layer header moves along, for who logs or traces the packet. The
 * connection goes: it was one of the old family, and a second one for the same
 * flow would be wrong.
 */
void nf_siit_headers(struct sk_buff *skb, __be16 protocol, unsigned int from,
		     unsigned int to, unsigned int thoff)
{
	__skb_pull(skb, from);
	__skb_push(skb, to);
	if (skb_mac_header_was_set(skb) && skb->mac_len <= skb_headroom(skb)) {
		skb_mac_header_rebuild(skb);
		if (mac_is_ethernet(skb))
			*(__be16 *)(skb->data - sizeof(__be16)) = protocol;
	}
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, thoff);
	skb->protocol = protocol;
	nf_reset_ct(skb);
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
}

/**
 * nf_siit_id4 - identification of an IPv4 packet that had none
 *
 * Random rather than from a counter that CPUs share. One by one they would cost
 * as much as the rest of the header, most of it to switch interrupts off.
 */
__be16 nf_siit_id4(void)
{
	struct id_pool *pool;
	u16 id;

	if (!in_softirq())
		return (__force __be16)get_random_u16();

	local_lock_nested_bh(&id_pool.bh_lock);
	pool = this_cpu_ptr(&id_pool);
	if (!pool->left) {
		get_random_bytes(pool->ids, sizeof(pool->ids));
		pool->left = ARRAY_SIZE(pool->ids);
	}
	id = pool->ids[--pool->left];
	local_unlock_nested_bh(&id_pool.bh_lock);

	return (__force __be16)id;
}
EXPORT_SYMBOL_GPL(nf_siit_id4);

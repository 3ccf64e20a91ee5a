// SPDX-License-Identifier: GPL-2.0
/*
 * SIIT: how the headers of a packet are changed for those of the other family
 *
 * The payload stays where it is; the new header grows to the left of it.
 */
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/local_lock.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/skbuff.h>
#include <net/netfilter/nf_siit.h>

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
 * __nf_siit_writable - make room for translation, where there is none
 * @skb: packet, data at its IP header
 * @len: bytes from there that will be changed
 * @headroom: bytes in front of it that are needed
 *
 * Return: 0 or -ENOMEM.
 */
int __nf_siit_writable(struct sk_buff *skb, unsigned int len,
		       unsigned int headroom)
{
	int err;

	/* The GSO type lives in what clones share. */
	err = skb_is_gso(skb) ? skb_cow(skb, headroom) :
				skb_cow_head(skb, headroom);
	if (err)
		return err;

	return skb_ensure_writable(skb, len);
}
EXPORT_SYMBOL_GPL(__nf_siit_writable);

/**
 * nf_siit_id4 - identification of an IPv4 packet that had none
 *
 * Random rather than from a counter that CPUs share. One by one they would cost
 * as much as the rest of the header, most of it to switch interrupts off.
 *
 * Return: the identification.
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

// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: endpoint-independent mappings of the NAPT (RFC 4787 REQ-1)
 *
 * A mapping ties an inside address and port to an outside one, towards every
 * destination, as long as one of its connections lives. conntrack knows
 * connections, not mappings: who has an outside port, whatever the destination,
 * is a question that it could only answer by a walk through all of its table. So
 * mappings have tables of their own, in each network namespace: by the inside,
 * by the outside, and their connections by the remote address, for filtering.
 *
 * Nobody tells a module when a connection ends, and a reference would keep it
 * from ending. So a mapping remembers how to find its connections, as
 * nf_conncount does, and asks conntrack for one that is there still whenever it
 * is asked itself: newest first, and what is over is forgotten on the way, so
 * that each is looked at in vain once. Whatever ends connections (timers, a
 * flush, a limit) ends mappings, and a mapping is never older than what it is
 * for. Work in the background only gives memory back.
 *
 * Mappings are the namespace's, not a statement's: they outlive a ruleset that
 * is loaded again. There are no more entries than conntrack may have.
 *
 * One lock for each namespace, taken for the first packet of a connection.
 */
#include <linux/jhash.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_tuple.h>
#include <net/netfilter/nf_conntrack_zones.h>
#include <net/netfilter/nf_mapt.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "nf_mapt_napt.h"

/* A connection is not to be found before its first packet has left. */
#define UNCONFIRMED_TIME	(HZ / 50 + 1)
#define GC_INTERVAL		(8 * HZ)
/* What is looked at before others get the lock, and for a packet. */
#define GC_BATCH		64

/**
 * struct inside_key - inside of a mapping
 * @addr: inside address
 * @out_addr: outside address: a host may go by several CEs
 * @port: inside port or ICMP identifier
 * @zone: conntrack zone of what comes from inside
 * @proto: transport protocol
 */
struct inside_key {
	__be32	addr;
	__be32	out_addr;
	__be16	port;
	u16	zone;
	u32	proto;
};

/**
 * struct outside_key - outside of a mapping
 * @addr: address
 * @port: port or ICMP identifier
 * @zone: conntrack zone of what comes from outside
 * @proto: transport protocol
 */
struct outside_key {
	__be32	addr;
	__be16	port;
	u16	zone;
	u32	proto;
};

/**
 * struct nf_mapt_mapping - a mapping
 * @by_inside: in the table by @inside
 * @by_outside: in the table by @outside
 * @list: of all mappings
 * @links: connections, newest first
 * @inside: inside address and port
 * @outside: outside address and port
 */
struct nf_mapt_mapping {
	struct rhash_head	by_inside;
	struct rhash_head	by_outside;
	struct list_head	list;
	struct list_head	links;
	struct inside_key	inside;
	struct outside_key	outside;
};

/**
 * struct remote_key - whom a mapping has a connection with
 * @mapping: the mapping
 * @addr: remote address, as the outside knows it
 */
struct remote_key {
	const struct nf_mapt_mapping	*mapping;
	unsigned long			addr;
};

/**
 * struct mapping_link - a connection of a mapping
 * @by_remote: in the table by @remote
 * @list: of the mapping's connections
 * @remote: whom it is with
 * @ct: what conntrack calls it: to be compared, never followed
 * @addr: other end in the direction of the first packet: address
 * @port: other end: port, or type and code of ICMP
 * @inbound: the first packet came from there
 * @zone: conntrack zone
 * @born: jiffies
 */
struct mapping_link {
	struct rhlist_head		by_remote;
	struct list_head		list;
	struct remote_key		remote;
	const struct nf_conn		*ct;
	__be32				addr;
	__be16				port;
	bool				inbound;
	struct nf_conntrack_zone	zone;
	u32				born;
};

/**
 * struct nf_mapt_mappings - mappings of a network namespace
 * @lock: see below
 * @up: tables are there
 * @links: number of connections
 * @by_inside: mappings by their inside
 * @by_outside: mappings by their outside
 * @by_remote: connections by mapping and remote address
 * @all: list of mappings
 * @gc: gives back memory of what is over
 * @net: network namespace
 */
struct nf_mapt_mappings {
	spinlock_t		lock;	/* of all that follows */
	bool			up;
	unsigned int		links;
	struct rhashtable	by_inside;
	struct rhashtable	by_outside;
	struct rhltable		by_remote;
	struct list_head	all;
	struct delayed_work	gc;
	struct net		*net;
};

static unsigned int mapping_net_id __read_mostly;
static struct kmem_cache *mapping_cache __read_mostly;
static struct kmem_cache *link_cache __read_mostly;

/* Statements of different transactions come side by side. */
static DEFINE_MUTEX(mapping_tables);

static const struct rhashtable_params inside_params = {
	.head_offset		= offsetof(struct nf_mapt_mapping, by_inside),
	.key_offset		= offsetof(struct nf_mapt_mapping, inside),
	.key_len		= sizeof(struct inside_key),
	.automatic_shrinking	= true,
};

static const struct rhashtable_params outside_params = {
	.head_offset		= offsetof(struct nf_mapt_mapping, by_outside),
	.key_offset		= offsetof(struct nf_mapt_mapping, outside),
	.key_len		= sizeof(struct outside_key),
	.automatic_shrinking	= true,
};

static const struct rhashtable_params remote_params = {
	.head_offset		= offsetof(struct mapping_link, by_remote),
	.key_offset		= offsetof(struct mapping_link, remote),
	.key_len		= sizeof(struct remote_key),
	.automatic_shrinking	= true,
};

static void link_tuple(const struct nf_mapt_mapping *mapping,
		       const struct mapping_link *link,
		       struct nf_conntrack_tuple *tuple)
{
	memset(tuple, 0, sizeof(*tuple));
	tuple->src.l3num = AF_INET;
	tuple->dst.protonum = mapping->inside.proto;
	if (link->inbound) {
		tuple->src.u3.ip = link->addr;
		tuple->src.u.all = link->port;
		tuple->dst.u3.ip = mapping->outside.addr;
		tuple->dst.u.all = mapping->outside.port;
	} else {
		tuple->src.u3.ip = mapping->inside.addr;
		tuple->src.u.all = mapping->inside.port;
		tuple->dst.u3.ip = link->addr;
		tuple->dst.u.all = link->port;
	}
}

static bool link_lives(struct nf_mapt_mappings *maps,
		       const struct nf_mapt_mapping *mapping,
		       const struct mapping_link *link)
{
	struct nf_conntrack_tuple_hash *h;
	struct nf_conntrack_tuple tuple;
	struct nf_conn *ct;
	bool lives;

	link_tuple(mapping, link, &tuple);
	h = nf_conntrack_find_get(maps->net, &link->zone, &tuple);
	if (!h)
		return (u32)jiffies - link->born < UNCONFIRMED_TIME;
	ct = nf_ct_tuplehash_to_ctrack(h);
	lives = ct == link->ct && !nf_ct_is_dying(ct);
	nf_ct_put(ct);

	return lives;
}

static void link_free(struct nf_mapt_mappings *maps, struct mapping_link *link)
{
	rhltable_remove(&maps->by_remote, &link->by_remote, remote_params);
	list_del(&link->list);
	maps->links--;
	kmem_cache_free(link_cache, link);
}

static void mapping_free(struct nf_mapt_mappings *maps,
			 struct nf_mapt_mapping *mapping)
{
	struct mapping_link *link, *next;

	list_for_each_entry_safe(link, next, &mapping->links, list)
		link_free(maps, link);
	rhashtable_remove_fast(&maps->by_inside, &mapping->by_inside,
			       inside_params);
	rhashtable_remove_fast(&maps->by_outside, &mapping->by_outside,
			       outside_params);
	list_del(&mapping->list);
	kmem_cache_free(mapping_cache, mapping);
}

/*
 * The mapping if one of its connections lives, otherwise it is gone. Where so
 * many have ended at once that a packet should not wait for it, it lasts for
 * some packets more.
 */
static struct nf_mapt_mapping *mapping_if_used(struct nf_mapt_mappings *maps,
					       struct nf_mapt_mapping *mapping)
{
	struct mapping_link *link, *next;
	unsigned int left = GC_BATCH;

	list_for_each_entry_safe(link, next, &mapping->links, list) {
		if (!left-- || link_lives(maps, mapping, link))
			return mapping;
		link_free(maps, link);
	}
	mapping_free(maps, mapping);

	return NULL;
}

/* Oldest first; what lives goes to the front. Returns how many were over. */
static unsigned int mapping_gc(struct nf_mapt_mappings *maps,
			       struct nf_mapt_mapping *mapping,
			       unsigned int links)
{
	struct mapping_link *link;
	unsigned int over = 0;

	while (links-- && !list_empty(&mapping->links)) {
		link = list_last_entry(&mapping->links, struct mapping_link, list);
		if (link_lives(maps, mapping, link)) {
			list_move(&link->list, &mapping->links);
		} else {
			link_free(maps, link);
			over++;
		}
	}

	return over;
}

/* One round through the mappings that there are. */
static void mappings_gc(struct work_struct *work)
{
	struct nf_mapt_mappings *maps =
		container_of(work, struct nf_mapt_mappings, gc.work);
	struct nf_mapt_mapping *mapping;
	unsigned int left, batch = GC_BATCH;
	bool more;

	rcu_read_lock();
	spin_lock_bh(&maps->lock);
	left = atomic_read(&maps->by_inside.nelems);
	while (left && !list_empty(&maps->all)) {
		mapping = list_first_entry(&maps->all, struct nf_mapt_mapping,
					   list);
		more = mapping_gc(maps, mapping, GC_BATCH) == GC_BATCH;
		if (!more)
			left--;
		if (list_empty(&mapping->links))
			mapping_free(maps, mapping);
		else if (!more)
			list_move_tail(&mapping->list, &maps->all);
		if (!more && --batch)
			continue;
		batch = GC_BATCH;
		spin_unlock_bh(&maps->lock);
		rcu_read_unlock();
		cond_resched();
		rcu_read_lock();
		spin_lock_bh(&maps->lock);
	}
	if (maps->up && !list_empty(&maps->all))
		queue_delayed_work(system_power_efficient_wq, &maps->gc,
				   GC_INTERVAL);
	spin_unlock_bh(&maps->lock);
	rcu_read_unlock();
}

/**
 * nf_mapt_mappings_lock - begin to work with the mappings of a namespace
 * @net: network namespace
 *
 * Context: RCU read side.
 *
 * Return: mappings, up to nf_mapt_mappings_unlock(); NULL if there are none (the
 * namespace ends).
 */
struct nf_mapt_mappings *nf_mapt_mappings_lock(struct net *net)
{
	struct nf_mapt_mappings *maps = net_generic(net, mapping_net_id);

	spin_lock_bh(&maps->lock);
	if (likely(maps->up)) {
		/* to sparse, which cannot know what the caller does with it */
		__release(&maps->lock);
		return maps;
	}
	spin_unlock_bh(&maps->lock);

	return NULL;
}

/**
 * nf_mapt_mappings_unlock - end of nf_mapt_mappings_lock()
 * @maps: what it returned
 */
void nf_mapt_mappings_unlock(struct nf_mapt_mappings *maps)
{
	__acquire(&maps->lock);
	spin_unlock_bh(&maps->lock);
}

static void inside_key(struct inside_key *key, const struct nf_conn *ct,
		       __be32 out_addr)
{
	const struct nf_conntrack_tuple *tuple =
		&ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;

	memset(key, 0, sizeof(*key));
	key->addr = tuple->src.u3.ip;
	key->out_addr = out_addr;
	key->port = tuple->src.u.all;
	key->zone = nf_ct_zone_id(nf_ct_zone(ct), IP_CT_DIR_ORIGINAL);
	key->proto = tuple->dst.protonum;
}

/**
 * nf_mapt_mapping_inside - find the mapping of an inside address and port
 * @maps: mappings
 * @ct: connection from there
 * @out_addr: outside address
 *
 * Return: the mapping, which has a connection that lives; or NULL.
 */
struct nf_mapt_mapping *nf_mapt_mapping_inside(struct nf_mapt_mappings *maps,
					       const struct nf_conn *ct,
					       __be32 out_addr)
{
	struct nf_mapt_mapping *mapping;
	struct inside_key key;

	inside_key(&key, ct, out_addr);
	mapping = rhashtable_lookup_fast(&maps->by_inside, &key, inside_params);

	return mapping ? mapping_if_used(maps, mapping) : NULL;
}

static struct nf_mapt_mapping *find_outside(struct nf_mapt_mappings *maps,
					    const struct nf_conn *ct,
					    enum ip_conntrack_dir dir, u8 proto,
					    __be32 addr, __be16 port)
{
	struct nf_mapt_mapping *mapping;
	struct outside_key key;

	memset(&key, 0, sizeof(key));
	key.addr = addr;
	key.port = port;
	key.zone = nf_ct_zone_id(nf_ct_zone(ct), dir);
	key.proto = proto;
	mapping = rhashtable_lookup_fast(&maps->by_outside, &key,
					 outside_params);

	return mapping ? mapping_if_used(maps, mapping) : NULL;
}

/**
 * nf_mapt_mapping_outside - find the mapping that a packet from outside is for
 * @maps: mappings
 * @ct: its connection, new
 *
 * Return: the mapping, which has a connection that lives; or NULL.
 */
struct nf_mapt_mapping *nf_mapt_mapping_outside(struct nf_mapt_mappings *maps,
						const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *tuple =
		&ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;

	return find_outside(maps, ct, IP_CT_DIR_ORIGINAL, tuple->dst.protonum,
			    tuple->dst.u3.ip, tuple->dst.u.all);
}

/**
 * nf_mapt_mapping_has_port - is an outside port that of a mapping?
 * @maps: mappings
 * @ct: connection that would like to have it
 * @tuple: its tuple with the outside address and port as source
 *
 * Return: true if so.
 */
bool nf_mapt_mapping_has_port(struct nf_mapt_mappings *maps,
			      const struct nf_conn *ct,
			      const struct nf_conntrack_tuple *tuple)
{
	return find_outside(maps, ct, IP_CT_DIR_REPLY, tuple->dst.protonum,
			    tuple->src.u3.ip, tuple->src.u.all);
}

/**
 * nf_mapt_mapping_add - make a mapping
 * @maps: mappings
 * @ct: first connection, from inside; nf_mapt_mapping_link() comes next
 * @tuple: its tuple with the outside address and port as source, which no
 *	mapping has
 *
 * Return: the mapping, or NULL if there was no memory.
 */
struct nf_mapt_mapping *
nf_mapt_mapping_add(struct nf_mapt_mappings *maps, const struct nf_conn *ct,
		    const struct nf_conntrack_tuple *tuple)
{
	struct nf_mapt_mapping *mapping;

	mapping = kmem_cache_zalloc(mapping_cache, GFP_ATOMIC);
	if (!mapping)
		return NULL;
	INIT_LIST_HEAD(&mapping->links);
	inside_key(&mapping->inside, ct, tuple->src.u3.ip);
	mapping->outside.addr = tuple->src.u3.ip;
	mapping->outside.port = tuple->src.u.all;
	mapping->outside.zone = nf_ct_zone_id(nf_ct_zone(ct), IP_CT_DIR_REPLY);
	mapping->outside.proto = tuple->dst.protonum;
	if (rhashtable_insert_fast(&maps->by_inside, &mapping->by_inside,
				   inside_params))
		goto err_inside;
	if (rhashtable_insert_fast(&maps->by_outside, &mapping->by_outside,
				   outside_params))
		goto err_outside;
	if (list_empty(&maps->all))
		queue_delayed_work(system_power_efficient_wq, &maps->gc,
				   GC_INTERVAL);
	list_add_tail(&mapping->list, &maps->all);

	return mapping;

err_outside:
	rhashtable_remove_fast(&maps->by_inside, &mapping->by_inside,
			       inside_params);
err_inside:
	kmem_cache_free(mapping_cache, mapping);

	return NULL;
}

/**
 * nf_mapt_mapping_drop - end a mapping that cannot be used any more
 * @maps: mappings
 * @mapping: the mapping
 */
void nf_mapt_mapping_drop(struct nf_mapt_mappings *maps,
			  struct nf_mapt_mapping *mapping)
{
	mapping_free(maps, mapping);
}

/* Two packets of a new flow on two CPUs are two connections until one of them is
 * confirmed.
 */
static bool link_twin(struct nf_mapt_mappings *maps, const struct mapping_link *link)
{
	struct rhlist_head *head;
	const struct mapping_link *other;

	head = rhltable_lookup(&maps->by_remote, &link->remote, remote_params);
	if (!head)
		return false;
	other = container_of(head, struct mapping_link, by_remote);

	return other->addr == link->addr && other->port == link->port &&
	       link->born - other->born < UNCONFIRMED_TIME;
}

/**
 * nf_mapt_mapping_link - a mapping has one more connection
 * @maps: mappings
 * @mapping: the mapping
 * @ct: the connection, not confirmed yet
 * @inbound: it comes from outside
 * @remote: address of the other end, as the outside knows it
 *
 * Return: 1; 0 if another CPU is about to make the same connection; -ENOMEM if
 * there was no memory, or as many as conntrack may have, and the mapping will
 * not last for it.
 */
int nf_mapt_mapping_link(struct nf_mapt_mappings *maps,
			 struct nf_mapt_mapping *mapping,
			 const struct nf_conn *ct, bool inbound, __be32 remote)
{
	const struct nf_conntrack_tuple *tuple =
		&ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	struct mapping_link *link;
	int twin;

	/* What comes is more than what goes only if all of it lives. */
	mapping_gc(maps, mapping, 2);
	if (maps->links >= READ_ONCE(nf_conntrack_max))
		return -ENOMEM;
	link = kmem_cache_zalloc(link_cache, GFP_ATOMIC);
	if (!link)
		return -ENOMEM;
	link->remote.mapping = mapping;
	link->remote.addr = (__force u32)remote;
	link->ct = ct;
	link->addr = inbound ? tuple->src.u3.ip : tuple->dst.u3.ip;
	link->port = inbound ? tuple->src.u.all : tuple->dst.u.all;
	link->inbound = inbound;
	link->zone = *nf_ct_zone(ct);
	link->born = jiffies;
	twin = link_twin(maps, link);
	if (rhltable_insert(&maps->by_remote, &link->by_remote, remote_params)) {
		kmem_cache_free(link_cache, link);
		return -ENOMEM;
	}
	list_add(&link->list, &mapping->links);
	maps->links++;

	return !twin;
}

/**
 * nf_mapt_mapping_knows - has a mapping a connection with a remote address?
 * @maps: mappings
 * @mapping: the mapping
 * @remote: the address, as the outside knows it
 *
 * This is address-dependent filtering (RFC 4787 section 5).
 *
 * Return: true if it does.
 */
bool nf_mapt_mapping_knows(struct nf_mapt_mappings *maps,
			   const struct nf_mapt_mapping *mapping, __be32 remote)
{
	struct remote_key key = {
		.mapping	= mapping,
		.addr		= (__force u32)remote,
	};
	unsigned int left = GC_BATCH;
	struct rhlist_head *head;
	struct mapping_link *link;

	while (left-- &&
	       (head = rhltable_lookup(&maps->by_remote, &key, remote_params))) {
		link = container_of(head, struct mapping_link, by_remote);
		if (link_lives(maps, mapping, link))
			return true;
		link_free(maps, link);
	}

	return false;
}

/**
 * nf_mapt_mapping_out_port - outside port of a mapping
 * @mapping: the mapping
 *
 * Return: the port.
 */
__be16 nf_mapt_mapping_out_port(const struct nf_mapt_mapping *mapping)
{
	return mapping->outside.port;
}

/**
 * nf_mapt_mapping_in - inside address and port of a mapping
 * @mapping: the mapping
 * @addr: set to the address
 * @port: set to the port
 */
void nf_mapt_mapping_in(const struct nf_mapt_mapping *mapping, __be32 *addr,
			__be16 *port)
{
	*addr = mapping->inside.addr;
	*port = mapping->inside.port;
}

static int mappings_up(struct nf_mapt_mappings *maps)
{
	int err;

	err = rhashtable_init(&maps->by_inside, &inside_params);
	if (err)
		return err;
	err = rhashtable_init(&maps->by_outside, &outside_params);
	if (err)
		goto err_outside;
	err = rhltable_init(&maps->by_remote, &remote_params);
	if (err)
		goto err_remote;

	spin_lock_bh(&maps->lock);
	maps->up = true;
	spin_unlock_bh(&maps->lock);

	return 0;

err_remote:
	rhashtable_destroy(&maps->by_outside);
err_outside:
	rhashtable_destroy(&maps->by_inside);

	return err;
}

/**
 * nf_mapt_mappings_get - a statement will make mappings
 * @net: network namespace
 *
 * What there is stays until the namespace ends.
 *
 * Context: process.
 *
 * Return: 0, or an error.
 */
int nf_mapt_mappings_get(struct net *net)
{
	struct nf_mapt_mappings *maps = net_generic(net, mapping_net_id);
	int err = 0;

	mutex_lock(&mapping_tables);
	if (!maps->up)
		err = mappings_up(maps);
	mutex_unlock(&mapping_tables);

	return err;
}
EXPORT_SYMBOL_GPL(nf_mapt_mappings_get);

static int __net_init mapping_net_init(struct net *net)
{
	struct nf_mapt_mappings *maps = net_generic(net, mapping_net_id);

	spin_lock_init(&maps->lock);
	INIT_LIST_HEAD(&maps->all);
	INIT_DELAYED_WORK(&maps->gc, mappings_gc);
	maps->net = net;

	return 0;
}

static void __net_exit mapping_net_exit(struct net *net)
{
	struct nf_mapt_mappings *maps = net_generic(net, mapping_net_id);
	struct nf_mapt_mapping *mapping, *next;

	spin_lock_bh(&maps->lock);
	if (!maps->up) {
		spin_unlock_bh(&maps->lock);
		return;
	}
	maps->up = false;
	list_for_each_entry_safe(mapping, next, &maps->all, list)
		mapping_free(maps, mapping);
	spin_unlock_bh(&maps->lock);

	cancel_delayed_work_sync(&maps->gc);
	rhltable_destroy(&maps->by_remote);
	rhashtable_destroy(&maps->by_outside);
	rhashtable_destroy(&maps->by_inside);
}

static struct pernet_operations mapping_net_ops = {
	.init	= mapping_net_init,
	.exit	= mapping_net_exit,
	.id	= &mapping_net_id,
	.size	= sizeof(struct nf_mapt_mappings),
};

/**
 * nf_mapt_mapping_init - register what namespaces have
 *
 * Return: 0 or an error.
 */
int nf_mapt_mapping_init(void)
{
	int err = -ENOMEM;

	mapping_cache = KMEM_CACHE(nf_mapt_mapping, 0);
	if (!mapping_cache)
		return err;
	link_cache = KMEM_CACHE(mapping_link, 0);
	if (!link_cache)
		goto err_link;
	err = register_pernet_subsys(&mapping_net_ops);
	if (err)
		goto err_net;

	return 0;

err_net:
	kmem_cache_destroy(link_cache);
err_link:
	kmem_cache_destroy(mapping_cache);

	return err;
}

/**
 * nf_mapt_mapping_fini - unregister it
 */
void nf_mapt_mapping_fini(void)
{
	unregister_pernet_subsys(&mapping_net_ops);
	kmem_cache_destroy(link_cache);
	kmem_cache_destroy(mapping_cache);
}

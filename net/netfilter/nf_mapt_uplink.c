// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: the addresses of CEs that statements "mapt napt" of a network namespace
 * have, and by which devices connections of each leave
 *
 * Devices are known by name, so that one that goes and comes back, as that of a
 * PPP session does, is the same. They are learned: those by which the statement
 * has given a port, and those by which a connection to a published port came in.
 */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <net/netfilter/nf_mapt.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "nf_mapt_napt.h"

/* More uplinks with one address are not told apart from others. */
#define DEVS_MAX	8

/**
 * struct nf_mapt_uplink - an address, or prefix, of a CE
 * @list: of the namespace's
 * @addr4: address, host byte order
 * @host4: host bits of a prefix, all ones
 * @statements: statements "mapt napt" that have it
 * @ifindex: device that was right last
 * @num_devs: number of @devs
 * @devs: names of devices, never changed
 * @rcu: when it goes
 */
struct nf_mapt_uplink {
	struct list_head	list;
	u32			addr4;
	u32			host4;
	struct hlist_head	statements;
	int			ifindex;
	unsigned int		num_devs;
	char			devs[DEVS_MAX][IFNAMSIZ];
	struct rcu_head		rcu;
};

/**
 * struct uplink_net - addresses of a network namespace
 * @uplinks: list of them; the hooks are there as long as there are any
 * @lock: see below
 */
struct uplink_net {
	struct list_head	uplinks;
	spinlock_t		lock;	/* of the names of devices */
};

static unsigned int uplink_net_id __read_mostly;

/* Statements of different transactions come and go side by side. */
static DEFINE_MUTEX(uplink_users);

/**
 * nf_mapt_uplink_any - does a namespace have any?
 * @net: network namespace
 *
 * Return: true if it has.
 */
bool nf_mapt_uplink_any(const struct net *net)
{
	const struct uplink_net *unet = net_generic(net, uplink_net_id);

	return !list_empty(&unet->uplinks);
}

/**
 * nf_mapt_uplink_has_addr - is it one of the CE's addresses?
 * @uplink: the CE's
 * @addr: address
 *
 * Return: true if it is.
 */
bool nf_mapt_uplink_has_addr(const struct nf_mapt_uplink *uplink, __be32 addr)
{
	return (ntohl(addr) & ~uplink->host4) == uplink->addr4;
}

/**
 * nf_mapt_uplink_find - find an address of a CE
 * @net: network namespace
 * @addr: the address
 *
 * Context: RCU read side.
 *
 * Return: what is known of it, or NULL.
 */
struct nf_mapt_uplink *nf_mapt_uplink_find(const struct net *net, __be32 addr)
{
	const struct uplink_net *unet = net_generic(net, uplink_net_id);
	struct nf_mapt_uplink *uplink;

	list_for_each_entry_rcu(uplink, &unet->uplinks, list) {
		if (nf_mapt_uplink_has_addr(uplink, addr))
			return uplink;
	}

	return NULL;
}

/**
 * nf_mapt_uplink_has_dev - do connections of a CE leave by a device?
 * @uplink: the CE's
 * @dev: the device
 *
 * Return: true as well where there are more devices than can be told apart.
 */
bool nf_mapt_uplink_has_dev(struct nf_mapt_uplink *uplink,
			    const struct net_device *dev)
{
	unsigned int i, num;

	if (likely(READ_ONCE(uplink->ifindex) == dev->ifindex))
		return true;
	/* Names are there before they count. */
	num = smp_load_acquire(&uplink->num_devs);
	for (i = 0; i < num; i++) {
		if (!strncmp(uplink->devs[i], dev->name, IFNAMSIZ)) {
			WRITE_ONCE(uplink->ifindex, dev->ifindex);
			return true;
		}
	}

	return num == DEVS_MAX;
}

/**
 * nf_mapt_uplink_known - is any device of a CE known?
 * @uplink: the CE's
 *
 * Return: true if one is.
 */
bool nf_mapt_uplink_known(const struct nf_mapt_uplink *uplink)
{
	return READ_ONCE(uplink->num_devs);
}

/**
 * nf_mapt_uplink_use - a device is one of a CE's uplinks
 * @uplink: the CE's
 * @net: network namespace
 * @dev: the device
 *
 * Context: RCU read side.
 */
void nf_mapt_uplink_use(struct nf_mapt_uplink *uplink, struct net *net,
			const struct net_device *dev)
{
	struct uplink_net *unet = net_generic(net, uplink_net_id);

	if (likely(nf_mapt_uplink_has_dev(uplink, dev)))
		return;
	spin_lock_bh(&unet->lock);
	if (!nf_mapt_uplink_has_dev(uplink, dev)) {
		strscpy(uplink->devs[uplink->num_devs], dev->name, IFNAMSIZ);
		/* See nf_mapt_uplink_has_dev(). */
		smp_store_release(&uplink->num_devs, uplink->num_devs + 1);
	}
	spin_unlock_bh(&unet->lock);
}

/**
 * nf_mapt_uplink_napt - find "mapt napt" of a CE
 * @net: network namespace
 * @ce: the CE
 *
 * Context: RCU read side, which the configuration is valid for.
 *
 * Return: configuration of a statement with the same address and port set, or
 * NULL.
 */
const struct nf_mapt_conf *nf_mapt_uplink_napt(struct net *net,
					       const struct nf_mapt_ce *ce)
{
	const struct nf_mapt_uplink *uplink;
	const struct nf_mapt_conf *conf;

	uplink = nf_mapt_uplink_find(net, htonl(ce->addr4));
	if (!uplink)
		return NULL;
	hlist_for_each_entry_rcu(conf, &uplink->statements, napt) {
		if (!conf->guard && conf->ce.ports.psid == ce->ports.psid &&
		    conf->ce.ports.k == ce->ports.k &&
		    conf->ce.ports.a == ce->ports.a)
			return conf;
	}

	return NULL;
}

/**
 * nf_mapt_uplink_owner - find "mapt napt" by a port
 * @uplink: a CE's address
 * @port: port, host byte order
 *
 * Context: as nf_mapt_uplink_napt().
 *
 * Return: configuration of a statement that shares the address and has the port
 * in its set, or NULL.
 */
const struct nf_mapt_conf *
nf_mapt_uplink_owner(const struct nf_mapt_uplink *uplink, u16 port)
{
	const struct nf_mapt_conf *conf;

	hlist_for_each_entry_rcu(conf, &uplink->statements, napt) {
		if (!conf->guard && nf_mapt_rule_shared(&conf->ce.rule) &&
		    nf_mapt_port_set_has(&conf->ce.ports, port))
			return conf;
	}

	return NULL;
}

static struct nf_mapt_uplink *uplink_of(struct uplink_net *unet, u32 addr4,
					u32 host4)
{
	struct nf_mapt_uplink *uplink;

	list_for_each_entry(uplink, &unet->uplinks, list) {
		if (uplink->addr4 == addr4 && uplink->host4 == host4)
			return uplink;
	}

	return NULL;
}

static struct nf_mapt_uplink *uplink_add(struct net *net, u32 addr4, u32 host4)
{
	struct uplink_net *unet = net_generic(net, uplink_net_id);
	struct nf_mapt_uplink *uplink;

	uplink = kcalloc(1, sizeof(*uplink), GFP_KERNEL_ACCOUNT);
	if (!uplink)
		return ERR_PTR(-ENOMEM);
	uplink->addr4 = addr4;
	uplink->host4 = host4;
	if (list_empty(&unet->uplinks)) {
		int err = nf_mapt_napt_hooks_get(net);

		if (err) {
			kfree(uplink);
			return ERR_PTR(err);
		}
	}
	list_add_rcu(&uplink->list, &unet->uplinks);

	return uplink;
}

/**
 * nf_mapt_uplink_get - a statement "mapt napt" comes
 * @net: network namespace
 * @conf: its configuration
 *
 * Context: process.
 *
 * Return: 0 or an error.
 */
int nf_mapt_uplink_get(struct net *net, struct nf_mapt_conf *conf)
{
	struct uplink_net *unet = net_generic(net, uplink_net_id);
	struct nf_mapt_uplink *uplink;
	int err = 0;

	mutex_lock(&uplink_users);
	uplink = uplink_of(unet, conf->ce.addr4, conf->ce.host4);
	if (!uplink)
		uplink = uplink_add(net, conf->ce.addr4, conf->ce.host4);
	if (IS_ERR(uplink)) {
		err = PTR_ERR(uplink);
	} else {
		conf->uplink = uplink;
		hlist_add_head_rcu(&conf->napt, &uplink->statements);
	}
	mutex_unlock(&uplink_users);

	return err;
}
EXPORT_SYMBOL_GPL(nf_mapt_uplink_get);

/**
 * nf_mapt_uplink_put - a statement "mapt napt" goes
 * @net: network namespace
 * @conf: its configuration, to be freed after a grace period
 *
 * Context: process.
 */
void nf_mapt_uplink_put(struct net *net, struct nf_mapt_conf *conf)
{
	struct uplink_net *unet = net_generic(net, uplink_net_id);
	struct nf_mapt_uplink *uplink = conf->uplink;

	mutex_lock(&uplink_users);
	hlist_del_rcu(&conf->napt);
	if (hlist_empty(&uplink->statements)) {
		list_del_rcu(&uplink->list);
		kfree_rcu(uplink, rcu);
		if (list_empty(&unet->uplinks))
			nf_mapt_napt_hooks_put(net);
	}
	mutex_unlock(&uplink_users);
}
EXPORT_SYMBOL_GPL(nf_mapt_uplink_put);

static int __net_init uplink_net_init(struct net *net)
{
	struct uplink_net *unet = net_generic(net, uplink_net_id);

	INIT_LIST_HEAD(&unet->uplinks);
	spin_lock_init(&unet->lock);

	return 0;
}

static struct pernet_operations uplink_net_ops = {
	.init	= uplink_net_init,
	.id	= &uplink_net_id,
	.size	= sizeof(struct uplink_net),
};

/**
 * nf_mapt_uplink_init - register what namespaces have
 *
 * Return: 0 or an error.
 */
int nf_mapt_uplink_init(void)
{
	return register_pernet_subsys(&uplink_net_ops);
}

/**
 * nf_mapt_uplink_fini - unregister it
 */
void nf_mapt_uplink_fini(void)
{
	unregister_pernet_subsys(&uplink_net_ops);
}

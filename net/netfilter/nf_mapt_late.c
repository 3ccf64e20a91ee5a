// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: a CE takes its packets when everybody in POSTROUTING has seen them
 *
 * What is IPv6 is nothing that IPv4's hooks could see: not the confirmation of
 * its connection, nor a SYN proxy or a security module that comes late, nor a
 * user's chain. So "mapt ce" only notes in the packet's control block whose it
 * is, and lets it go on. A hook behind all others looks for the note.
 *
 * The note is the number of a statement, not a pointer: a packet may wait for
 * user space while the ruleset changes. A number that nobody has any more means
 * that the packet is dropped, as does every other doubt: with the CE's address
 * it must not leave as IPv4.
 */
#include <linux/cleanup.h>
#include <linux/hash.h>
#include <linux/ip.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/rculist.h>
#include <net/dst.h>
#include <net/dst_metadata.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include <net/netfilter/nf_mapt.h>
#include <net/netns/generic.h>

#include "nf_mapt_core.h"
#include "nf_mapt_napt.h"

#define LATE_BITS	4

/**
 * struct late_cb - control block of a packet with the note
 * @parm: that of IPv4
 * @id: number of the statement
 * @oif: device by which it was about to leave; a copy may leave by another
 */
struct late_cb {
	struct inet_skb_parm	parm;
	u32			id;
	int			oif;
};

/**
 * struct late_net - statements "mapt ce" of a network namespace
 * @lock: statements of different transactions come and go side by side
 * @users: how many; the hook is there as long as there are any
 * @last_id: number of the last one that came
 * @by_id: by their number
 */
struct late_net {
	struct mutex		lock;	/* users, last_id, by_id */
	unsigned int		users;
	u32			last_id;
	struct hlist_head	by_id[BIT(LATE_BITS)];
};

static unsigned int late_net_id __read_mostly;

static struct late_cb *late_cb(struct sk_buff *skb)
{
	/* Segmentation uses what is behind. */
	BUILD_BUG_ON(sizeof(struct late_cb) > SKB_GSO_CB_OFFSET);

	return (struct late_cb *)skb->cb;
}

static __always_inline const struct nf_mapt_conf *
late_find(const struct net *net, u32 id)
{
	const struct late_net *lnet = nf_mapt_net_data(net, late_net_id);
	const struct nf_mapt_conf *conf;

	hlist_for_each_entry_rcu(conf, &lnet->by_id[hash_32(id, LATE_BITS)],
				 late) {
		if (conf->id == id)
			return conf;
	}

	return NULL;
}

static __always_inline void late_translate(struct sk_buff *skb,
					   const struct nf_hook_state *state)
{
	const struct nf_mapt_conf *conf;

	conf = late_find(state->net, late_cb(skb)->id);
	if (likely(conf))
		nf_mapt_ce_up(conf, skb, state);
	else
		nf_mapt_drop(state->net, skb, NF_MAPT_UNCONFIRMED);
}

/* Another hook at the end had queued it to user space. */
static int late_finish(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	struct nf_hook_state state;

	nf_hook_state_init(&state, NF_INET_POST_ROUTING, NFPROTO_IPV4,
			   dev_get_by_index_rcu(net, skb->skb_iif), skb->dev,
			   sk, net, late_finish);
	late_translate(skb, &state);

	return 0;
}

static unsigned int late_hook(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state);

/*
 * Others may have the last priority too, conntrack's confirmation among them,
 * and registered first they come behind. The packet passes them from here.
 */
static noinline bool late_rest(struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	const struct nf_hook_entries *hooks;
	struct nf_hook_state rest = *state;
	unsigned int i;

	hooks = rcu_dereference(state->net->nf.hooks_ipv4[NF_INET_POST_ROUTING]);
	for (i = hooks ? hooks->num_hook_entries : 0; i; i--) {
		if (hooks->hooks[i - 1].hook == late_hook)
			break;
	}
	if (unlikely(!i)) {
		nf_mapt_drop(state->net, skb, NF_MAPT_UNCONFIRMED);
		return false;
	}
	rest.okfn = late_finish;

	return nf_hook_slow(skb, &rest, hooks, i) == 1;
}

/*
 * Does a packet not leave by the device, or not as such? A VRF runs the hook
 * twice, IPsec once more with the packet that it makes; br_netfilter runs it for
 * what a bridge forwards, with a control block of its own.
 */
static bool passes_by(const struct sk_buff *skb, const struct net_device *out)
{
	const struct dst_entry *dst = skb_dst(skb);

	return netif_is_l3_master(out) ||
	       (dst && (dst_xfrm(dst) || dst->flags & DST_FAKE_RTABLE));
}

/* A NAPT that has come anew learns where connections of before leave. */
static void note_uplink(struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct nf_mapt_uplink *uplink;

	uplink = nf_mapt_uplink_find(state->net, ip_hdr(skb)->saddr);
	if (uplink)
		nf_mapt_uplink_use(uplink, state->net, state->out);
}

static unsigned int late_hook(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	if (unlikely(passes_by(skb, state->out)))
		return NF_ACCEPT;
	if (!(IPCB(skb)->flags & IPSKB_MAPT_CE) ||
	    late_cb(skb)->oif != state->out->ifindex) {
		if (unlikely(IPCB(skb)->flags & IPSKB_MAPT_DOUBT)) {
			nf_mapt_drop(state->net, skb, NF_MAPT_NAPT_OTHER_DEV);
			return NF_STOLEN;
		}
		IPCB(skb)->flags |= IPSKB_MAPT_PAST;
		return NF_ACCEPT;
	}
	if (unlikely(IPCB(skb)->flags & IPSKB_MAPT_DOUBT))
		note_uplink(skb, state);
	if (late_rest(skb, state))
		late_translate(skb, state);

	return NF_STOLEN;
}

static const struct nf_hook_ops late_ops = {
	.hook		= late_hook,
	.pf		= NFPROTO_IPV4,
	.hooknum	= NF_INET_POST_ROUTING,
	.priority	= NF_IP_PRI_LAST,
};

/* Nothing that a flowtable has yet to be kept from, as nearly all packets. */
static bool settled(const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	return !IS_ENABLED(CONFIG_NF_FLOW_TABLE) || !ct || nf_ct_is_confirmed(ct);
}

/**
 * nf_mapt_keep_from_flowtables - see that a connection goes the long way
 * @skb: IPv4 packet of it
 *
 * A flowtable would take the packets of a connection past POSTROUTING, out of
 * the WAN as IPv4. It leaves alone what has a helper, be it one that does
 * nothing. The one allocation is for the first packet of a connection. What goes
 * into a flowtable as MAP-T is nf_mapt_flow.c's.
 *
 * Return: false if there was no memory.
 */
bool nf_mapt_keep_from_flowtables(struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct;

	if (likely(settled(skb)))
		return true;
	ct = nf_ct_get(skb, &ctinfo);

	return nfct_help(ct) || nf_ct_helper_ext_add(ct, GFP_ATOMIC);
}

/**
 * nf_mapt_late - a packet is for a CE to translate, RFC 7599 section 8.1
 * @conf: configuration
 * @skb: IPv4 packet
 * @state: hook, POSTROUTING
 *
 * Context: RCU read side, bottom halves on or off.
 *
 * Return: %NF_ACCEPT: it goes on for now; %NF_STOLEN if it was dropped; -1 if it
 * is not for MAP-T.
 */
int nf_mapt_late(const struct nf_mapt_conf *conf, struct sk_buff *skb,
		 const struct nf_hook_state *state)
{
	enum nf_mapt_stat reason = NF_MAPT_OK;

	if (unlikely(passes_by(skb, state->out)))
		return -1;
	/* nf_tables looks at a chain's priority only when it is loaded. */
	if (unlikely(IPCB(skb)->flags & IPSKB_MAPT_PAST))
		reason = NF_MAPT_MISPLACED;
	else if (unlikely(!settled(skb) && !nf_mapt_keep_from_flowtables(skb)))
		reason = NF_MAPT_NO_MEMORY;
	if (unlikely(reason != NF_MAPT_OK)) {
		nf_mapt_drop(state->net, skb, reason);
		return NF_STOLEN;
	}

	IPCB(skb)->flags |= IPSKB_MAPT_CE;
	late_cb(skb)->id = conf->id;
	late_cb(skb)->oif = state->out->ifindex;

	return NF_ACCEPT;
}
EXPORT_SYMBOL_GPL(nf_mapt_late);

/**
 * nf_mapt_late_any - does a namespace have a statement "mapt ce"?
 * @net: network namespace
 *
 * Return: true if it has.
 */
bool nf_mapt_late_any(const struct net *net)
{
	const struct late_net *lnet = net_generic(net, late_net_id);

	return READ_ONCE(lnet->users);
}

/**
 * nf_mapt_late_get - a statement "mapt ce" comes
 * @net: network namespace
 * @conf: its configuration, is given a number
 *
 * Context: process.
 *
 * Return: 0 or an error.
 */
int nf_mapt_late_get(struct net *net, struct nf_mapt_conf *conf)
{
	struct late_net *lnet = net_generic(net, late_net_id);
	int err;

	guard(mutex)(&lnet->lock);
	if (!lnet->users) {
		err = nf_register_net_hook(net, &late_ops);
		if (err)
			return err;
	}
	WRITE_ONCE(lnet->users, lnet->users + 1);
	conf->id = ++lnet->last_id;
	hlist_add_head_rcu(&conf->late, &lnet->by_id[hash_32(conf->id, LATE_BITS)]);

	return 0;
}
EXPORT_SYMBOL_GPL(nf_mapt_late_get);

/**
 * nf_mapt_late_put - a statement "mapt ce" goes
 * @net: network namespace
 * @conf: its configuration, to be freed after a grace period
 *
 * Context: process.
 */
void nf_mapt_late_put(struct net *net, struct nf_mapt_conf *conf)
{
	struct late_net *lnet = net_generic(net, late_net_id);

	guard(mutex)(&lnet->lock);
	hlist_del_rcu(&conf->late);
	WRITE_ONCE(lnet->users, lnet->users - 1);
	if (!lnet->users)
		nf_unregister_net_hook(net, &late_ops);
}
EXPORT_SYMBOL_GPL(nf_mapt_late_put);

static int __net_init late_net_init(struct net *net)
{
	struct late_net *lnet = net_generic(net, late_net_id);

	mutex_init(&lnet->lock);

	return 0;
}

static struct pernet_operations late_net_ops = {
	.init	= late_net_init,
	.id	= &late_net_id,
	.size	= sizeof(struct late_net),
};

/**
 * nf_mapt_late_init - register what namespaces have
 *
 * Return: 0 or an error.
 */
int nf_mapt_late_init(void)
{
	return register_pernet_subsys(&late_net_ops);
}

/**
 * nf_mapt_late_fini - unregister it
 */
void nf_mapt_late_fini(void)
{
	unregister_pernet_subsys(&late_net_ops);
}

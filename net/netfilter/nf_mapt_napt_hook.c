// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: what the NAPT of a CE sees of connections that its chain does not: those
 * that come in, and those that are about to leave elsewhere
 *
 * PREROUTING, around destination NAT: a packet to a mapped port goes inside where
 * the statement says so or it comes from inside itself, before rules of others
 * are asked. Afterwards what their rules have led inside is known.
 *
 * POSTROUTING, in front of source NAT: a connection from inside to a port of our
 * own leaves with its mapping's address and port (RFC 4787 REQ-9). A packet whose
 * route has moved to another uplink would leave there with an address that
 * belongs to several homes of another provider; as with masquerade the
 * connection ends, so that its next packet makes one that suits the new way.
 * Unlike masquerade, nothing happens while a device is away.
 *
 * The hooks are there as long as there is a statement "mapt napt".
 */
#include <linux/icmp.h>
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/netfilter_ipv4.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_mapt.h>
#include <net/netfilter/nf_nat.h>
#include <net/net_namespace.h>

#include "nf_internals.h"
#include "nf_mapt_core.h"
#include "nf_mapt_napt.h"
#include "nf_mapt_route.h"

static bool has_addr4(const struct net_device *dev)
{
	const struct in_device *in_dev = __in_dev_get_rcu(dev);

	return in_dev && rcu_access_pointer(in_dev->ifa_list);
}

/*
 * "redirect" wants the address of the device that the packet came in by, and the
 * uplink of a CE has none: the shared address is on no interface (RFC 7597 section
 * 4). So it sees a device of the same VRF that has one.
 */
static void lend_device(struct sk_buff *skb, const struct nf_hook_state *state)
{
	int vrf = l3mdev_master_ifindex_rcu(state->in);
	struct net_device *dev;

	if (has_addr4(state->in))
		return;
	for_each_netdev_rcu(state->net, dev) {
		if (dev->flags & IFF_UP && !(dev->flags & IFF_LOOPBACK) &&
		    !netif_is_l3_master(dev) && has_addr4(dev) &&
		    l3mdev_master_ifindex_rcu(dev) == vrf) {
			skb->dev = dev;
			return;
		}
	}
}

/* Is a packet of a new connection to one of our addresses? */
static struct nf_mapt_uplink *new_to_us(const struct sk_buff *skb,
					const struct nf_hook_state *state,
					struct nf_conn **ct)
{
	enum ip_conntrack_info ctinfo;

	*ct = nf_ct_get(skb, &ctinfo);
	if (likely(!*ct || ctinfo != IP_CT_NEW))
		return NULL;

	return nf_mapt_uplink_find(state->net, (*ct)->tuplehash[0].tuple.dst.u3.ip);
}

static unsigned int before_dnat(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	struct nf_mapt_uplink *uplink;
	struct nf_conn *ct;
	int verdict;

	uplink = new_to_us(skb, state, &ct);
	if (likely(!uplink) || nf_nat_initialized(ct, NF_NAT_MANIP_DST))
		return NF_ACCEPT;
	verdict = nf_mapt_napt_let_in(uplink, ct, skb, state->in);
	if (verdict < 0)
		lend_device(skb, state);

	return verdict < 0 ? NF_ACCEPT : verdict;
}

/*
 * Does a packet to one of our addresses come by an uplink? What a CE has
 * translated does. Without translation what comes out of a tunnel does, which is
 * where the default route leads; a host inside may send what looks like it.
 */
static bool by_uplink(const struct sk_buff *skb,
		      const struct nf_hook_state *state)
{
	if (nf_mapt_late_any(state->net))
		return IPCB(skb)->flags & IPSKB_MAPT_DOWN &&
		       !netif_is_l3_master(state->in);

	return nf_mapt_route4_default(state->net, state->in, skb->mark,
				      ip_hdr(skb)->saddr);
}

static unsigned int after_dnat(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	struct nf_mapt_uplink *uplink;
	struct nf_conn *ct;

	uplink = new_to_us(skb, state, &ct);
	if (likely(!uplink))
		return NF_ACCEPT;
	skb->dev = state->in;
	if (!(ct->status & IPS_DST_NAT))
		return NF_ACCEPT;
	nf_mapt_napt_note_service(ct);
	/* Its answers leave by the same. */
	if (by_uplink(skb, state))
		nf_mapt_uplink_use(uplink, state->net, state->in);

	return NF_ACCEPT;
}

/* A router says "use that one directly" of two hosts that NAT stands between. */
static bool is_redirect(const struct sk_buff *skb)
{
	const struct icmphdr *icmph;
	struct icmphdr _icmph;

	if (ip_hdr(skb)->protocol != IPPROTO_ICMP)
		return false;
	icmph = skb_header_pointer(skb, ip_hdrlen(skb), sizeof(_icmph), &_icmph);

	return icmph && icmph->type == ICMP_REDIRECT;
}

/* Does a packet not leave by the device, or not as such? */
static bool passes_by(const struct sk_buff *skb, const struct net_device *out)
{
	const struct dst_entry *dst = skb_dst(skb);

	return netif_is_l3_master(out) || out->flags & IFF_LOOPBACK ||
	       (dst && dst->flags & DST_FAKE_RTABLE);
}

static unsigned int old_connection(struct sk_buff *skb, struct nf_conn *ct,
				   enum ip_conntrack_info ctinfo,
				   const struct nf_hook_state *state)
{
	enum ip_conntrack_dir dir = CTINFO2DIR(ctinfo);
	struct nf_mapt_uplink *uplink;
	__be32 source, other;

	/* What NAT will make of the source, and what the other way has. */
	source = ct->tuplehash[!dir].tuple.dst.u3.ip;
	other = ct->tuplehash[dir].tuple.dst.u3.ip;
	uplink = nf_mapt_uplink_find(state->net, source);
	if (!uplink || nf_mapt_uplink_has_dev(uplink, state->out) ||
	    nf_mapt_uplink_has_addr(uplink, other) || passes_by(skb, state->out))
		return NF_ACCEPT;
	/* The statement has come anew and knows no uplink yet. "mapt ce" will know,
	 * or nf_mapt_late.c drops the packet.
	 */
	if (!nf_mapt_uplink_known(uplink) && nf_mapt_late_any(state->net)) {
		IPCB(skb)->flags |= IPSKB_MAPT_DOUBT;
		return NF_ACCEPT;
	}
	if (ctinfo == IP_CT_NEW || ctinfo == IP_CT_ESTABLISHED)
		nf_ct_kill(ct);
	nf_mapt_drop(state->net, skb, NF_MAPT_NAPT_OTHER_DEV);

	return NF_STOLEN;
}

static unsigned int before_snat(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	enum ip_conntrack_info ctinfo;
	struct nf_mapt_uplink *uplink;
	struct nf_conn *ct;

	ct = nf_ct_get(skb, &ctinfo);
	if (!ct || !(READ_ONCE(ct->status) & IPS_NAT_MASK))
		return NF_ACCEPT;
	if (nf_nat_initialized(ct, NF_NAT_MANIP_SRC)) {
		if (ctinfo >= IP_CT_RELATED && is_redirect(skb)) {
			nf_mapt_drop(state->net, skb, NF_MAPT_NAPT_REDIRECT);
			return NF_STOLEN;
		}
		return old_connection(skb, ct, ctinfo, state);
	}
	if (ctinfo != IP_CT_NEW || !state->in)
		return NF_ACCEPT;
	uplink = nf_mapt_uplink_find(state->net, ct->tuplehash[0].tuple.dst.u3.ip);

	return uplink ? nf_mapt_napt_hairpin(uplink, ct, skb, state->in) :
			NF_ACCEPT;
}

static const struct nf_hook_ops napt_ops[] = {
	{
		.hook		= before_dnat,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP_PRI_NAT_DST - 1,
	},
	{
		.hook		= after_dnat,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP_PRI_NAT_DST + 1,
	},
	{
		.hook		= before_snat,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_POST_ROUTING,
		.priority	= NF_IP_PRI_NAT_SRC - 1,
	},
};

/**
 * nf_mapt_napt_hooks_get - the first statement "mapt napt" comes
 * @net: network namespace
 *
 * Return: 0 or an error.
 */
int nf_mapt_napt_hooks_get(struct net *net)
{
	return nf_register_net_hooks(net, napt_ops, ARRAY_SIZE(napt_ops));
}

/**
 * nf_mapt_napt_hooks_put - the last one goes
 * @net: network namespace
 */
void nf_mapt_napt_hooks_put(struct net *net)
{
	nf_unregister_net_hooks(net, napt_ops, ARRAY_SIZE(napt_ops));
}

/* A packet that a NAT chain has sent to user space may have a device on loan,
 * which nobody holds.
 */
static int device_event(struct notifier_block *this, unsigned long event,
			void *ptr)
{
	struct net *net = dev_net(netdev_notifier_info_to_dev(ptr));

	if (event == NETDEV_UNREGISTER && nf_mapt_uplink_any(net))
		nf_queue_nf_hook_drop(net);

	return NOTIFY_DONE;
}

static struct notifier_block device_notifier = {
	.notifier_call	= device_event,
};

/**
 * nf_mapt_napt_hook_init - look after devices
 *
 * Return: 0 or an error.
 */
int nf_mapt_napt_hook_init(void)
{
	return register_netdevice_notifier(&device_notifier);
}

/**
 * nf_mapt_napt_hook_fini - don't any more
 */
void nf_mapt_napt_hook_fini(void)
{
	unregister_netdevice_notifier(&device_notifier);
}

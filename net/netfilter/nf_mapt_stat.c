// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: counters, per network namespace and CPU, in /proc/net/stat/nf_mapt
 */
#include <linux/percpu.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/skbuff.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_mapt.h>
#include <net/netns/generic.h>

#include "nf_internals.h"
#include "nf_mapt_core.h"

struct nf_mapt_stats {
	unsigned long	count[NF_MAPT_STAT_MAX];
};

struct nf_mapt_net {
	struct nf_mapt_stats __percpu	*stats;
};

static unsigned int nf_mapt_net_id __read_mostly;

/* Name in /proc, and the reason that drop monitors are told. */
static const struct {
	const char		*name;
	enum skb_drop_reason	reason;
} stats[NF_MAPT_STAT_MAX] = {
	[NF_MAPT_XLAT_4TO6] = { "xlat_4to6" },
	[NF_MAPT_XLAT_6TO4] = { "xlat_6to4" },
	[NF_MAPT_HAIRPIN] = { "hairpin" },
	[NF_MAPT_NAPT] = { "napt" },
	[NF_MAPT_NAPT_REUSED] = { "napt_reused" },
	[NF_MAPT_NAPT_IN] = { "napt_in" },
	[NF_MAPT_NAPT_HAIRPIN] = { "napt_hairpin" },
	[NF_MAPT_NAPT_CLAIMED] = { "napt_claimed" },
	[NF_MAPT_CE_SRC_ADDR] = { "ce_src_addr", SKB_DROP_REASON_IP_INADDRERRORS },
	[NF_MAPT_CE_SRC_PORT] = { "ce_src_port", SKB_DROP_REASON_NETFILTER_DROP },
	[NF_MAPT_CE_DST_PORT] = { "ce_dst_port", SKB_DROP_REASON_NO_SOCKET },
	[NF_MAPT_CE_OTHER_NAT] = { "ce_other_nat", SKB_DROP_REASON_IP_INADDRERRORS },
	[NF_MAPT_CE_LOOP] = { "ce_loop", SKB_DROP_REASON_IP_INADDRERRORS },
	[NF_MAPT_CE_INSIDE_SRC] = { "ce_inside_src", SKB_DROP_REASON_IP_RPFILTER },
	[NF_MAPT_SRC_SPOOF] = { "src_spoof", SKB_DROP_REASON_IP_RPFILTER },
	[NF_MAPT_MARTIAN] = { "martian", SKB_DROP_REASON_IP_INADDRERRORS },
	[NF_MAPT_EXCLUDED_PORT] = { "excluded_port", SKB_DROP_REASON_NO_SOCKET },
	[NF_MAPT_NO_PORT] = { "no_port", SKB_DROP_REASON_IP_NOPROTO },
	[NF_MAPT_PORTS_EXHAUSTED] = { "ports_exhausted", SKB_DROP_REASON_NOMEM },
	[NF_MAPT_NAPT_OTHER_DEV] = { "napt_other_dev", SKB_DROP_REASON_IP_INADDRERRORS },
	[NF_MAPT_NAPT_REDIRECT] = { "napt_redirect", SKB_DROP_REASON_NETFILTER_DROP },
	[NF_MAPT_UDP_ZERO_CSUM] = { "udp_zero_csum", SKB_DROP_REASON_UDP_CSUM },
	[NF_MAPT_FRAGMENT] = { "fragment", SKB_DROP_REASON_DUP_FRAG },
	[NF_MAPT_ICMP_UNTRANSLATABLE] = { "icmp_untranslatable", SKB_DROP_REASON_UNHANDLED_PROTO },
	[NF_MAPT_ICMP_NESTED] = { "icmp_nested", SKB_DROP_REASON_UNHANDLED_PROTO },
	[NF_MAPT_BAD_HEADER] = { "bad_header", SKB_DROP_REASON_IP_INHDR },
	[NF_MAPT_BAD_CSUM] = { "bad_csum", SKB_DROP_REASON_IP_CSUM },
	[NF_MAPT_SOURCE_ROUTE] = { "source_route", SKB_DROP_REASON_IP_INHDR },
	[NF_MAPT_TTL] = { "ttl", SKB_DROP_REASON_IP_INHDR },
	[NF_MAPT_TOO_BIG] = { "too_big", SKB_DROP_REASON_PKT_TOO_BIG },
	[NF_MAPT_NO_DEV] = { "no_dev", SKB_DROP_REASON_DEV_READY },
	[NF_MAPT_NO_ROUTE] = { "no_route", SKB_DROP_REASON_IP_OUTNOROUTES },
	[NF_MAPT_UNCONFIRMED] = { "unconfirmed", SKB_DROP_REASON_NETFILTER_DROP },
	[NF_MAPT_MISPLACED] = { "misplaced", SKB_DROP_REASON_NETFILTER_DROP },
	[NF_MAPT_POLICY] = { "policy", SKB_DROP_REASON_XFRM_POLICY },
	[NF_MAPT_RECURSION] = { "recursion", SKB_DROP_REASON_NETFILTER_DROP },
	[NF_MAPT_NO_MEMORY] = { "no_memory", SKB_DROP_REASON_NOMEM },
};

static const s8 siit_stats[NF_SIIT_RESULT_MAX] = {
	[NF_SIIT_OK] = NF_MAPT_OK,
	[NF_SIIT_NEIGHBOUR] = NF_MAPT_NOT_OURS,
	[NF_SIIT_FRAGMENT] = NF_MAPT_FRAGMENT,
	[NF_SIIT_SOURCE_ROUTE] = NF_MAPT_SOURCE_ROUTE,
	[NF_SIIT_ICMP_UNTRANSLATABLE] = NF_MAPT_ICMP_UNTRANSLATABLE,
	[NF_SIIT_ICMP_NESTED] = NF_MAPT_ICMP_NESTED,
	[NF_SIIT_BAD_HEADER] = NF_MAPT_BAD_HEADER,
	[NF_SIIT_BAD_CSUM] = NF_MAPT_BAD_CSUM,
	[NF_SIIT_UDP_ZERO_CSUM] = NF_MAPT_UDP_ZERO_CSUM,
	[NF_SIIT_TOO_BIG] = NF_MAPT_TOO_BIG,
	[NF_SIIT_NO_MEMORY] = NF_MAPT_NO_MEMORY,
};

/**
 * nf_mapt_stat_of - what a result of the translation counts as
 * @res: result of the translation
 *
 * Return: the counter, or %NF_MAPT_OK.
 */
enum nf_mapt_stat nf_mapt_stat_of(enum nf_siit_result res)
{
	return siit_stats[res];
}

/**
 * nf_mapt_count - count a packet
 * @net: network namespace
 * @stat: what happened to it
 *
 * Context: RCU read side; evaluation may run with bottom halves on.
 */
void nf_mapt_count(struct net *net, enum nf_mapt_stat stat)
{
	const struct nf_mapt_net *mnet = nf_mapt_net_data(net, nf_mapt_net_id);

	/* Where there is no instruction for it, this_cpu_inc() switches
	 * interrupts off. Most packets come in softirqs, which don't need that.
	 */
	if (likely(in_softirq()))
		__this_cpu_inc(mnet->stats->count[stat]);
	else
		this_cpu_inc(mnet->stats->count[stat]);
}

/**
 * nf_mapt_drop - count and free a packet
 * @net: network namespace
 * @skb: packet
 * @stat: why
 *
 * Context: as nf_mapt_count().
 */
void nf_mapt_drop(struct net *net, struct sk_buff *skb, enum nf_mapt_stat stat)
{
	nf_mapt_count(net, stat);
	kfree_skb_reason(skb, stats[stat].reason);
}

#ifdef CONFIG_PROC_FS
static void *stat_seq_start(struct seq_file *seq, loff_t *pos)
{
	int cpu;

	if (*pos == 0)
		return SEQ_START_TOKEN;

	cpu = cpumask_next(*pos - 2, cpu_possible_mask);
	if (cpu >= nr_cpu_ids)
		return NULL;
	*pos = cpu + 1;

	/* SEQ_START_TOKEN is 1 */
	return (void *)(unsigned long)(cpu + 2);
}

static void *stat_seq_next(struct seq_file *seq, void *v, loff_t *pos)
{
	++*pos;

	return stat_seq_start(seq, pos);
}

static void stat_seq_stop(struct seq_file *seq, void *v)
{
}

static int stat_seq_show(struct seq_file *seq, void *v)
{
	const struct nf_mapt_net *mnet = net_generic(seq_file_net(seq),
						     nf_mapt_net_id);
	const struct nf_mapt_stats *cpu;
	int i;

	if (v == SEQ_START_TOKEN) {
		for (i = NF_MAPT_OK + 1; i < NF_MAPT_STAT_MAX; i++)
			seq_printf(seq, "%s%c", stats[i].name,
				   i < NF_MAPT_STAT_MAX - 1 ? ' ' : '\n');
		return 0;
	}

	cpu = per_cpu_ptr(mnet->stats, (unsigned long)v - 2);
	for (i = NF_MAPT_OK + 1; i < NF_MAPT_STAT_MAX; i++)
		seq_printf(seq, "%08lx%c", READ_ONCE(cpu->count[i]),
			   i < NF_MAPT_STAT_MAX - 1 ? ' ' : '\n');

	return 0;
}

static const struct seq_operations stat_seq_ops = {
	.start	= stat_seq_start,
	.next	= stat_seq_next,
	.stop	= stat_seq_stop,
	.show	= stat_seq_show,
};

static int stat_proc_init(struct net *net)
{
	if (!proc_create_net("nf_mapt", 0444, net->proc_net_stat,
			     &stat_seq_ops, sizeof(struct seq_net_private)))
		return -ENOMEM;

	return 0;
}

static void stat_proc_fini(struct net *net)
{
	remove_proc_entry("nf_mapt", net->proc_net_stat);
}
#else
static int stat_proc_init(struct net *net)
{
	return 0;
}

static void stat_proc_fini(struct net *net)
{
}
#endif

static int __net_init nf_mapt_net_init(struct net *net)
{
	struct nf_mapt_net *mnet = net_generic(net, nf_mapt_net_id);
	int err;

	mnet->stats = alloc_percpu(struct nf_mapt_stats);
	if (!mnet->stats)
		return -ENOMEM;

	err = stat_proc_init(net);
	if (err)
		free_percpu(mnet->stats);

	return err;
}

/* Packets with a continuation in this module may wait for user space. */
static void __net_exit nf_mapt_net_pre_exit(struct net *net)
{
	stat_proc_fini(net);
	nf_queue_nf_hook_drop(net);
}

/* Those whose verdict was on its way may have been queued once more by then. */
static void __net_exit nf_mapt_net_exit_batch(struct list_head *nets)
{
	struct nf_mapt_net *mnet;
	struct net *net;

	list_for_each_entry(net, nets, exit_list)
		nf_queue_nf_hook_drop(net);
	synchronize_rcu();
	list_for_each_entry(net, nets, exit_list) {
		mnet = net_generic(net, nf_mapt_net_id);
		free_percpu(mnet->stats);
	}
}

static struct pernet_operations nf_mapt_net_ops = {
	.init		= nf_mapt_net_init,
	.pre_exit	= nf_mapt_net_pre_exit,
	.exit_batch	= nf_mapt_net_exit_batch,
	.id		= &nf_mapt_net_id,
	.size		= sizeof(struct nf_mapt_net),
};

/**
 * nf_mapt_stat_init - register the counters of all network namespaces
 *
 * Return: 0 or an error.
 */
int nf_mapt_stat_init(void)
{
	return register_pernet_subsys(&nf_mapt_net_ops);
}

/**
 * nf_mapt_stat_fini - unregister them
 */
void nf_mapt_stat_fini(void)
{
	unregister_pernet_subsys(&nf_mapt_net_ops);
}

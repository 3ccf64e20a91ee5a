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

struct nf_mapt_stats {
	unsigned long	count[NF_MAPT_STAT_MAX];
};

struct nf_mapt_net {
	struct nf_mapt_stats __percpu	*stats;
};

static unsigned int nf_mapt_net_id __read_mostly;

static const char *const stat_names[NF_MAPT_STAT_MAX] = {
#define X(symbol, name, reason)	[NF_MAPT_##symbol] = name,
	NF_MAPT_STATS(X)
#undef X
};

static const enum skb_drop_reason stat_reasons[NF_MAPT_STAT_MAX] = {
#define X(symbol, name, reason)	[NF_MAPT_##symbol] = SKB_DROP_REASON_##reason,
	NF_MAPT_STATS(X)
#undef X
};

/**
 * nf_mapt_count - count a packet
 * @net: network namespace
 * @stat: what happened to it
 *
 * Context: any; evaluation may run with bottom halves on.
 */
void nf_mapt_count(struct net *net, enum nf_mapt_stat stat)
{
	const struct nf_mapt_net *mnet = net_generic(net, nf_mapt_net_id);

	this_cpu_inc(mnet->stats->count[stat]);
}

/**
 * nf_mapt_drop - count and free a packet
 * @net: network namespace
 * @skb: packet
 * @stat: why
 */
void nf_mapt_drop(struct net *net, struct sk_buff *skb, enum nf_mapt_stat stat)
{
	nf_mapt_count(net, stat);
	kfree_skb_reason(skb, stat_reasons[stat]);
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
	const struct nf_mapt_stats *stats;
	int i;

	if (v == SEQ_START_TOKEN) {
		for (i = NF_MAPT_OK + 1; i < NF_MAPT_STAT_MAX; i++)
			seq_printf(seq, "%s%c", stat_names[i],
				   i < NF_MAPT_STAT_MAX - 1 ? ' ' : '\n');
		return 0;
	}

	stats = per_cpu_ptr(mnet->stats, (unsigned long)v - 2);
	for (i = NF_MAPT_OK + 1; i < NF_MAPT_STAT_MAX; i++)
		seq_printf(seq, "%08lx%c", READ_ONCE(stats->count[i]),
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

static void __net_exit nf_mapt_net_exit(struct net *net)
{
	struct nf_mapt_net *mnet = net_generic(net, nf_mapt_net_id);

	/* Packets that a CE gave back to the stack may wait for user space
	 * with a continuation in this module.
	 */
	nf_queue_nf_hook_drop(net);
	stat_proc_fini(net);
	free_percpu(mnet->stats);
}

static struct pernet_operations nf_mapt_net_ops = {
	.init	= nf_mapt_net_init,
	.exit	= nf_mapt_net_exit,
	.id	= &nf_mapt_net_id,
	.size	= sizeof(struct nf_mapt_net),
};

/**
 * nf_mapt_stat_init - register the counters of all network namespaces
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

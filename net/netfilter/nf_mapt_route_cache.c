// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: routes that packets took lately, per network namespace and CPU
 *
 * A translated packet needs a route that nobody has looked up for it, which is
 * most of what translation costs over forwarding. What is remembered here was
 * the kernel's own answer, and is asked before each use whether it still holds,
 * as sockets and tunnels do with theirs. Which questions may be answered from
 * here is for the caller to say: those whose key has all that decides.
 *
 * Sets of two entries, a cache line each, 1 KiB of them from a CPU's first packet
 * on and up to 64 KiB by use. An entry that is found is used without
 * a reference, under RCU as other routes of forwarded packets. References
 * are shared by CPUs, so that taking and dropping them is what costs: no more
 * than a few entries are replaced in a tick, however many destinations packets
 * have. For each packet that is not found this is one cache line read.
 */
#include <linux/hash.h>
#include <linux/interrupt.h>
#include <linux/jiffies.h>
#include <linux/local_lock.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <net/dst.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_mapt.h>
#include <net/netns/generic.h>
#include <net/route.h>

#include "nf_mapt_route.h"

#define SET_BITS_MIN		4
#define SET_BITS_MAX		10
#define SET_BITS_STEP		2
#define WAYS			2
#define REPLACED_PER_TICK	64

/**
 * struct route_entry - an answer
 * @hi: question, as in struct nf_mapt_route_key
 * @lo: question
 * @scope: question
 * @cookie: what tells whether the answer still holds
 * @dst: route with a reference, or NULL
 */
struct route_entry {
	u64			hi;
	u64			lo;
	u32			scope;
	u32			cookie;
	struct dst_entry	*dst;
};

struct route_set {
	struct route_entry	way[WAYS];
} ____cacheline_aligned;

/**
 * struct route_cpu - the answers of one CPU
 * @bh_lock: orders nothing but softirqs that can be preempted
 * @left: entries that may be replaced until @tick changes
 * @tick: jiffies
 * @bits: log2 of the number of @sets
 * @added: answers since there are so many
 * @sets: NULL before the first packet
 */
struct route_cpu {
	local_lock_t		bh_lock;
	unsigned int		left;
	unsigned long		tick;
	unsigned int		bits;
	unsigned int		added;
	struct route_set	*sets;
};

/**
 * struct route_net - the answers of a network namespace
 * @cpus: NULL before the first statement that translates; then as long as the
 *	namespace is there
 */
struct route_net {
	struct route_cpu __percpu	*cpus;
};

static unsigned int route_net_id __read_mostly;

/* The answers of all CPUs. There are none outside softirqs: those are packets of
 * the host itself.
 */
static struct route_cpu __percpu *route_cpus(const struct net *net)
{
	const struct route_net *rnet = nf_mapt_net_data(net, route_net_id);

	return in_softirq() ? READ_ONCE(rnet->cpus) : NULL;
}

static struct route_set *route_set(const struct route_cpu *cpu,
				   const struct nf_mapt_route_key *key)
{
	u64 sum = key->hi + key->lo * GOLDEN_RATIO_64 + key->scope;

	return &cpu->sets[hash_64(sum, cpu->bits)];
}

static bool answers(const struct route_entry *entry,
		    const struct nf_mapt_route_key *key)
{
	return entry->hi == key->hi && entry->lo == key->lo &&
	       entry->scope == key->scope;
}

/* An answer without a route is about all IPv4 routes. */
static bool holds(const struct net *net, const struct route_entry *entry)
{
	if (!entry->dst)
		return entry->cookie == rt_genid_ipv4(net);

	return dst_check(entry->dst, entry->cookie);
}

/**
 * nf_mapt_route_cache_find - has a question been answered lately?
 * @net: network namespace
 * @key: question
 * @dst: set to the route of the answer, valid under RCU, or NULL
 *
 * Context: RCU read side.
 *
 * Return: true if there is an answer that holds.
 */
bool nf_mapt_route_cache_find(struct net *net,
			      const struct nf_mapt_route_key *key,
			      struct dst_entry **dst)
{
	struct route_cpu __percpu *cpus = route_cpus(net);
	const struct route_entry *entry;
	const struct route_cpu *cpu;
	bool found = false;
	unsigned int i;

	if (!cpus)
		return false;

	local_lock_nested_bh(&cpus->bh_lock);
	cpu = this_cpu_ptr(cpus);
	entry = cpu->sets ? route_set(cpu, key)->way : NULL;
	for (i = 0; entry && i < WAYS && !found; i++, entry++) {
		if (answers(entry, key) && holds(net, entry)) {
			*dst = entry->dst;
			found = true;
		}
	}
	local_unlock_nested_bh(&cpus->bh_lock);

	return found;
}

/*
 * Packets allocate nothing here, but for the first of a CPU, and few when so many
 * answers were added that there is use for more. Each old set becomes four of
 * its own, by more bits of the same hash, so none is lost.
 */
static bool grow(struct route_cpu *cpu)
{
	unsigned int old = cpu->sets ? BIT(cpu->bits) : 0, i, way;
	struct route_cpu more = *cpu;

	more.added = 0;
	more.bits = old ? cpu->bits + SET_BITS_STEP : SET_BITS_MIN;
	more.sets = kcalloc(BIT(more.bits), sizeof(*more.sets),
			    GFP_ATOMIC | __GFP_NOWARN);
	if (!more.sets) {
		cpu->added = 0;
		return old;
	}
	for (i = 0; i < old; i++) {
		for (way = 0; way < WAYS; way++) {
			const struct route_entry *entry = &cpu->sets[i].way[way];
			struct nf_mapt_route_key key = {
				.hi	= entry->hi,
				.lo	= entry->lo,
				.scope	= entry->scope,
			};
			struct route_set *set = route_set(&more, &key);

			if (entry->scope)
				set->way[set->way[0].scope ? 1 : 0] = *entry;
		}
	}
	kfree(cpu->sets);
	cpu->sets = more.sets;
	cpu->bits = more.bits;
	cpu->added = 0;

	return true;
}

static bool has_room(struct route_cpu *cpu)
{
	if (unlikely(!cpu->sets))
		return grow(cpu);
	if (unlikely(++cpu->added > BIT(cpu->bits) * WAYS &&
		     cpu->bits < SET_BITS_MAX))
		return grow(cpu);

	return true;
}

static bool may_replace(struct route_cpu *cpu)
{
	unsigned long now = jiffies;

	if (cpu->tick != now) {
		cpu->tick = now;
		cpu->left = REPLACED_PER_TICK;
	}
	if (!cpu->left)
		return false;
	cpu->left--;

	return true;
}

/* The place of an old answer to the same question, or of the older of all. */
static struct route_entry *route_place(struct route_set *set,
				       const struct nf_mapt_route_key *key)
{
	unsigned int i;

	for (i = 0; i < WAYS; i++) {
		if (answers(&set->way[i], key))
			return &set->way[i];
	}
	for (i = WAYS - 1; i; i--)
		swap(set->way[i], set->way[i - 1]);

	return &set->way[0];
}

/**
 * nf_mapt_route_cache_want - may an answer be remembered now?
 * @net: network namespace
 *
 * To be asked before anything is done to find out whether it should be.
 *
 * Context: as nf_mapt_route_cache_find().
 *
 * Return: true if it does.
 */
bool nf_mapt_route_cache_want(struct net *net)
{
	struct route_cpu __percpu *cpus = route_cpus(net);
	bool want;

	if (!cpus)
		return false;

	local_lock_nested_bh(&cpus->bh_lock);
	want = may_replace(this_cpu_ptr(cpus)) && has_room(this_cpu_ptr(cpus));
	local_unlock_nested_bh(&cpus->bh_lock);

	return want;
}

/**
 * nf_mapt_route_cache_add - remember an answer
 * @net: network namespace
 * @key: question
 * @dst: its route, valid under RCU, or NULL
 * @cookie: for its dst_check(); without a route: rt_genid_ipv4() from before the
 *	question was asked
 *
 * Context: as nf_mapt_route_cache_find(), after nf_mapt_route_cache_want().
 */
void nf_mapt_route_cache_add(struct net *net,
			     const struct nf_mapt_route_key *key,
			     struct dst_entry *dst, u32 cookie)
{
	struct route_cpu __percpu *cpus = route_cpus(net);
	struct route_entry *entry;
	struct dst_entry *old;

	if (!cpus || !this_cpu_ptr(cpus)->sets || (dst && !dst_hold_safe(dst)))
		return;

	local_lock_nested_bh(&cpus->bh_lock);
	entry = route_place(route_set(this_cpu_ptr(cpus), key), key);
	old = entry->dst;
	entry->hi = key->hi;
	entry->lo = key->lo;
	entry->scope = key->scope;
	entry->cookie = cookie;
	entry->dst = dst;
	local_unlock_nested_bh(&cpus->bh_lock);
	dst_release(old);
}

/**
 * nf_mapt_route_cache_get - a statement will ask
 * @net: network namespace
 *
 * Context: process.
 *
 * Return: 0 or -ENOMEM.
 */
int nf_mapt_route_cache_get(struct net *net)
{
	struct route_net *rnet = net_generic(net, route_net_id);
	struct route_cpu __percpu *cpus;
	int cpu;

	if (READ_ONCE(rnet->cpus))
		return 0;

	cpus = alloc_percpu_gfp(struct route_cpu, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!cpus)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		local_lock_init(&per_cpu_ptr(cpus, cpu)->bh_lock);

	/* Packets see it when it is all there. */
	if (cmpxchg_release(&rnet->cpus, NULL, cpus))
		free_percpu(cpus);

	return 0;
}
EXPORT_SYMBOL_GPL(nf_mapt_route_cache_get);

static void route_cpu_free(struct route_cpu *cpu)
{
	unsigned int i, way;

	for (i = 0; cpu->sets && i < BIT(cpu->bits); i++) {
		for (way = 0; way < WAYS; way++)
			dst_release(cpu->sets[i].way[way].dst);
	}
	kfree(cpu->sets);
}

/* Routes must go before IPv6 does; there are no packets any more. */
static void __net_exit route_net_exit(struct net *net)
{
	struct route_net *rnet = net_generic(net, route_net_id);
	int cpu;

	if (!rnet->cpus)
		return;
	for_each_possible_cpu(cpu)
		route_cpu_free(per_cpu_ptr(rnet->cpus, cpu));
	free_percpu(rnet->cpus);
	rnet->cpus = NULL;
}

static struct pernet_operations route_net_ops = {
	.exit	= route_net_exit,
	.id	= &route_net_id,
	.size	= sizeof(struct route_net),
};

/**
 * nf_mapt_route_cache_init - register the caches of all network namespaces
 *
 * Return: 0 or an error.
 */
int nf_mapt_route_cache_init(void)
{
	return register_pernet_subsys(&route_net_ops);
}

/**
 * nf_mapt_route_cache_fini - unregister them
 */
void nf_mapt_route_cache_fini(void)
{
	unregister_pernet_subsys(&route_net_ops);
}

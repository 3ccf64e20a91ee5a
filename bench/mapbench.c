// SPDX-License-Identifier: GPL-2.0
/*
 * What a router costs per packet: an injector and a sink inside the kernel
 *
 * "ip link add NAME type mapbench" makes an Ethernet device that counts and
 * frees what it is given to send. /proc/mapbench takes
 *
 *   load SET\n RECORD ...	remember frames under a number; a record is a
 *				length (16 bits, host byte order) and the frame
 *   run DEVICE SET COUNT\n	that many packets arrive at the device: the
 *				frames of the set, over and over
 *   run DEVICE SET COUNT DEVICE SET\n
 *				and meanwhile, on another CPU, others at another
 *				device
 *
 * and shows the last run: nanoseconds, packets injected, unicast packets that
 * its CPU sent by all devices of this kind. Names of devices must be unique in
 * all namespaces.
 *
 * Bottom halves run after every 64 packets, as they would after a poll of NAPI.
 */
#include <linux/cpumask.h>
#include <linux/etherdevice.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/proc_fs.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>
#include <net/rtnetlink.h>
#ifdef CONFIG_UML
#include <asm/unistd.h>
#endif

#define BATCH		64
#define SETS_SIZE_MAX	SZ_4M

/**
 * struct mapbench_dev - private data of a device
 * @list: in mapbench_devs
 * @dev: the device
 */
struct mapbench_dev {
	struct list_head	list;
	struct net_device	*dev;
};

/**
 * struct mapbench_frame - a frame to inject
 * @len: its length
 * @data: the frame, from its Ethernet header
 */
struct mapbench_frame {
	u16		len;
	const u8	*data;
};

/**
 * struct mapbench_set - frames that are injected in turn
 * @num: their number
 * @frames: the frames; what they point to lies behind them
 */
struct mapbench_set {
	unsigned int		num;
	struct mapbench_frame	frames[] __counted_by(num);
};

/**
 * struct mapbench_stream - frames on their way to a device
 * @dev: device
 * @set: frames
 * @next: the next one
 */
struct mapbench_stream {
	struct net_device		*dev;
	const struct mapbench_set	*set;
	unsigned int			next;
};

/**
 * struct mapbench_result - what is shown of a run
 * @ns: nanoseconds
 * @injected: packets injected
 * @sent: unicast packets that its CPU sent by all devices of this kind
 */
struct mapbench_result {
	u64	ns;
	u64	injected;
	u64	sent;
};

/* All under RTNL. */
static LIST_HEAD(mapbench_devs);
static DEFINE_XARRAY(mapbench_sets);
static struct mapbench_result last;

static DEFINE_PER_CPU(u64, mapbench_sent);

static netdev_tx_t mapbench_xmit(struct sk_buff *skb, struct net_device *dev)
{
	/* Multicast is what the stack sends by itself. */
	if (likely(!is_multicast_ether_addr(skb->data)))
		this_cpu_inc(mapbench_sent);
	consume_skb(skb);

	return NETDEV_TX_OK;
}

static int mapbench_dev_init(struct net_device *dev)
{
	struct mapbench_dev *priv = netdev_priv(dev);

	priv->dev = dev;
	list_add(&priv->list, &mapbench_devs);

	return 0;
}

static void mapbench_dev_uninit(struct net_device *dev)
{
	struct mapbench_dev *priv = netdev_priv(dev);

	list_del(&priv->list);
}

static const struct net_device_ops mapbench_netdev_ops = {
	.ndo_init		= mapbench_dev_init,
	.ndo_uninit		= mapbench_dev_uninit,
	.ndo_start_xmit		= mapbench_xmit,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
};

static void mapbench_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &mapbench_netdev_ops;
	dev->needs_free_netdev = true;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->lltx = true;
	eth_hw_addr_random(dev);
}

static struct rtnl_link_ops mapbench_link_ops __read_mostly = {
	.kind		= "mapbench",
	.priv_size	= sizeof(struct mapbench_dev),
	.setup		= mapbench_setup,
};

static struct net_device *mapbench_find(const char *name)
{
	struct mapbench_dev *priv;

	list_for_each_entry(priv, &mapbench_devs, list) {
		if (!strcmp(priv->dev->name, name))
			return priv->dev;
	}

	return NULL;
}

static u16 record_len(const u8 *record)
{
	u16 len;

	memcpy(&len, record, sizeof(len));

	return len;
}

static int mapbench_load(unsigned long id, const u8 *records, size_t size)
{
	const u8 *end = records + size, *p;
	struct mapbench_set *set, *old;
	unsigned int num = 0;
	u8 *data;

	for (p = records; end - p > sizeof(u16); num++) {
		if (record_len(p) < ETH_HLEN)
			return -EINVAL;
		p += sizeof(u16) + record_len(p);
	}
	if (p != end || !num)
		return -EINVAL;

	set = kvzalloc(struct_size(set, frames, num) + size, GFP_KERNEL);
	if (!set)
		return -ENOMEM;

	set->num = num;
	data = (u8 *)(set->frames + num);
	memcpy(data, records, size);
	for (num = 0; num < set->num; num++) {
		set->frames[num].len = record_len(data);
		set->frames[num].data = data + sizeof(u16);
		data += sizeof(u16) + set->frames[num].len;
	}

	old = xa_store(&mapbench_sets, id, set, GFP_KERNEL);
	if (xa_is_err(old)) {
		kvfree(set);
		return xa_err(old);
	}
	kvfree(old);

	return 0;
}

/* In user mode other processes of the host take turns with this kernel: only
 * the host knows how much time it has had.
 */
static u64 mapbench_clock(void)
{
#if defined(CONFIG_UML) && defined(CONFIG_X86_64)
	struct __kernel_timespec ts;
	long err;

	asm volatile("syscall"
		     : "=a" (err)
		     : "0" ((long)__NR_clock_gettime),
		       "D" ((long)CLOCK_THREAD_CPUTIME_ID), "S" (&ts)
		     : "rcx", "r11", "memory");

	return err ? 0 : ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
#else
	return ktime_get_ns();
#endif
}

static int mapbench_inject(struct net_device *dev,
			   const struct mapbench_frame *frame)
{
	struct sk_buff *skb;

	skb = netdev_alloc_skb_ip_align(dev, frame->len);
	if (!skb)
		return -ENOMEM;

	skb_put_data(skb, frame->data, frame->len);
	skb->protocol = eth_type_trans(skb, dev);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	netif_receive_skb(skb);

	return 0;
}

/* Returns how many could be injected. */
static unsigned int mapbench_batch(struct mapbench_stream *stream,
				   unsigned int count)
{
	unsigned int i;

	local_bh_disable();
	for (i = 0; i < count; i++) {
		if (mapbench_inject(stream->dev,
				    &stream->set->frames[stream->next]))
			break;
		if (++stream->next == stream->set->num)
			stream->next = 0;
	}
	local_bh_enable();

	return i;
}

static int mapbench_run(struct mapbench_stream *stream, u64 count)
{
	u64 start, sent, i = 0;
	unsigned int batch, done;

	migrate_disable();
	sent = this_cpu_read(mapbench_sent);
	start = mapbench_clock();
	do {
		batch = min_t(u64, count - i, BATCH);
		done = mapbench_batch(stream, batch);
		i += done;
		if (i % 4096 == 0)
			cond_resched();
	} while (i < count && done == batch);
	last.ns = mapbench_clock() - start;
	last.injected = i;
	last.sent = this_cpu_read(mapbench_sent) - sent;
	migrate_enable();

	return done == batch ? 0 : -ENOMEM;
}

static int mapbench_companion(void *data)
{
	while (!kthread_should_stop()) {
		mapbench_batch(data, BATCH);
		cond_resched();
	}

	return 0;
}

static int mapbench_run_beside(struct mapbench_stream *stream, u64 count,
			       struct mapbench_stream *companion)
{
	struct task_struct *task;
	unsigned int cpu;
	int err;

	migrate_disable();
	cpu = cpumask_any_but(cpu_online_mask, smp_processor_id());
	err = -ENODEV;
	if (cpu < nr_cpu_ids) {
		task = kthread_create(mapbench_companion, companion, "mapbench");
		err = PTR_ERR_OR_ZERO(task);
	}
	if (!err) {
		kthread_bind(task, cpu);
		wake_up_process(task);
		err = mapbench_run(stream, count);
		kthread_stop(task);
	}
	migrate_enable();

	return err;
}

static int mapbench_stream_init(struct mapbench_stream *stream,
				const char *name, unsigned long set)
{
	stream->dev = mapbench_find(name);
	stream->set = xa_load(&mapbench_sets, set);
	stream->next = 0;
	if (!stream->dev || !stream->set)
		return -ENOENT;

	return netif_running(stream->dev) ? 0 : -ENETDOWN;
}

static int mapbench_command(u8 *buf, size_t size)
{
	struct mapbench_stream stream, companion;
	char name[IFNAMSIZ], other[IFNAMSIZ];
	u8 *records = memchr(buf, '\n', size);
	unsigned long id, other_id;
	unsigned long long count;
	int words, err;

	if (!records)
		return -EINVAL;

	*records++ = '\0';
	if (sscanf(buf, "load %lu", &id) == 1)
		return mapbench_load(id, records, buf + size - records);
	words = sscanf(buf, "run %15s %lu %llu %15s %lu", name, &id, &count,
		       other, &other_id);
	if ((words != 3 && words != 5) || !count)
		return -EINVAL;

	err = mapbench_stream_init(&stream, name, id);
	if (err || words == 3)
		return err ?: mapbench_run(&stream, count);

	err = mapbench_stream_init(&companion, other, other_id);

	return err ?: mapbench_run_beside(&stream, count, &companion);
}

static ssize_t mapbench_write(struct file *file, const char __user *from,
			      size_t size, loff_t *pos)
{
	u8 *buf;
	int err;

	if (size > SETS_SIZE_MAX)
		return -E2BIG;

	buf = kvmalloc(size, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;

	err = -EFAULT;
	if (!copy_from_user(buf, from, size)) {
		rtnl_lock();
		err = mapbench_command(buf, size);
		rtnl_unlock();
	}
	kvfree(buf);

	return err ?: size;
}

static int mapbench_show(struct seq_file *seq, void *v)
{
	rtnl_lock();
	seq_printf(seq, "%llu %llu %llu\n", last.ns, last.injected, last.sent);
	rtnl_unlock();

	return 0;
}

static int mapbench_open(struct inode *inode, struct file *file)
{
	return single_open(file, mapbench_show, NULL);
}

static const struct proc_ops mapbench_proc_ops = {
	.proc_open	= mapbench_open,
	.proc_read	= seq_read,
	.proc_lseek	= seq_lseek,
	.proc_write	= mapbench_write,
	.proc_release	= single_release,
};

static int __init mapbench_init(void)
{
	int err;

	err = rtnl_link_register(&mapbench_link_ops);
	if (err)
		return err;

	if (!proc_create("mapbench", 0600, NULL, &mapbench_proc_ops)) {
		rtnl_link_unregister(&mapbench_link_ops);
		return -ENOMEM;
	}

	return 0;
}

static void __exit mapbench_exit(void)
{
	struct mapbench_set *set;
	unsigned long id;

	remove_proc_entry("mapbench", NULL);
	rtnl_link_unregister(&mapbench_link_ops);
	xa_for_each(&mapbench_sets, id, set)
		kvfree(set);
	xa_destroy(&mapbench_sets);
}

module_init(mapbench_init);
module_exit(mapbench_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Injector and sink for the cost of a packet");
MODULE_ALIAS_RTNL_LINK("mapbench");

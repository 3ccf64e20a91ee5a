// SPDX-License-Identifier: GPL-2.0
/*
 * What Jool's module needs of a kernel that does not export it any more
 *
 * Only its counters are read this way, never on the way of a packet.
 */
#include <linux/module.h>
#include <linux/percpu.h>
#include <net/ip.h>

unsigned long snmp_fold_field(void __percpu *mib, int offt)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += snmp_get_cpu_field(mib, cpu, offt);

	return sum;
}
EXPORT_SYMBOL_GPL(snmp_fold_field);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("snmp_fold_field() for Jool");

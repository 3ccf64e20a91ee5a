// SPDX-License-Identifier: GPL-2.0
/* Settings of the kernel, of the own network namespace. */
#include <stdlib.h>

#include "check.h"
#include "tool.h"

/* A number in a directory of /proc/sys/net. */
bool sysctl_get(const char *dir, const char *name, long *value)
{
	char path[256];
	FILE *file;
	bool ok;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/%s", dir, name);
	file = fopen(path, "r");
	if (!file)
		return false;
	ok = fscanf(file, "%ld", value) == 1;
	fclose(file);
	return ok;
}

/**
 * check_forwarding - does this machine forward packets?
 * @report: findings are added here
 * @six: IPv6 too
 */
void check_forwarding(struct report *report, bool six)
{
	long value;

	if (sysctl_get("ipv4", "ip_forward", &value)) {
		finding(report, value ? LEVEL_OK : LEVEL_FAULT, "forwarding",
			"IPv4 packets are %sforwarded", value ? "" : "not ");
		if (!value)
			fix(report, "sysctl -w net.ipv4.ip_forward=1");
	}
	if (!sysctl_get("ipv6/conf/all", "forwarding", &value))
		return;
	finding(report, value ? LEVEL_OK : six ? LEVEL_FAULT : LEVEL_NOTE,
		"forwarding", "IPv6 packets are %sforwarded",
		value ? "" : "not ");
	if (!value)
		fix(report, "sysctl -w net.ipv6.conf.all.forwarding=1");
}

/* As the kernel has it: the stricter of both. */
unsigned int rp_filter(const char *device)
{
	char path[64];
	long all = 0, own = 0;

	sysctl_get("ipv4/conf/all", "rp_filter", &all);
	snprintf(path, sizeof(path), "ipv4/conf/%s", device);
	sysctl_get(path, "rp_filter", &own);
	return all > own ? all : own;
}

/**
 * check_conntrack - is there room for connections?
 * @report: findings are added here
 * @needed: this machine is a CE
 */
void check_conntrack(struct report *report, bool needed)
{
	long count, max;

	if (!sysctl_get("netfilter", "nf_conntrack_count", &count) ||
	    !sysctl_get("netfilter", "nf_conntrack_max", &max) || !max) {
		if (needed)
			finding(report, LEVEL_NOTE, "conntrack",
				"cannot tell how many connections there are");
		return;
	}
	if (count < max - max / 10) {
		finding(report, LEVEL_OK, "conntrack",
			"%ld connections of at most %ld", count, max);
		return;
	}
	finding(report, LEVEL_FAULT, "conntrack",
		"%ld connections of at most %ld: new ones are dropped", count,
		max);
	fix(report, "sysctl -w net.netfilter.nf_conntrack_max=%ld", max * 2);
}

// SPDX-License-Identifier: GPL-2.0
/* mapt check --to: an echo request through the softwire and back. */
#include <errno.h>
#include <string.h>
#include <netinet/ip_icmp.h>

#include "check.h"
#include "counters.h"
#include "ping.h"
#include "route.h"
#include "tool.h"

#define TRIES		3
#define SMALL		84	/* bytes, as ping has it */

/* What was counted in the meantime says how far the request came. */
static void explain(struct report *report, const struct counters *diff)
{
	const struct counter_info *info;
	size_t i;

	for (i = 0; i < diff->num; i++) {
		info = counter_info(diff->list[i].name);
		if (!diff->list[i].value || info->kind == COUNT_DONE)
			continue;
		finding(report, LEVEL_NOTE, "path",
			"meanwhile counted: %s, %llu (%s)", diff->list[i].name,
			diff->list[i].value, info->words);
		if (info->advice)
			fix(report, "# %s", info->advice);
	}
	if (!counters_get(diff, "xlat_4to6"))
		finding(report, LEVEL_NOTE, "path",
			"nothing was translated to IPv6: the request did not come to mapt ce (routes, ruleset)");
	else if (!counters_get(diff, "xlat_6to4"))
		finding(report, LEVEL_NOTE, "path",
			"the request left as IPv6, and nothing came back: does the provider route the end-user prefix here, and has its BR the same rule?");
	else
		finding(report, LEVEL_NOTE, "path",
			"an answer was translated, but did not arrive: is there a filter in front (input hook)?");
}

static const char *error_words(const struct ping *ping)
{
	if (ping->type == ICMP_TIME_EXCEEDED)
		return "time exceeded: packets go round in a loop?";
	switch (ping->code) {
	case ICMP_NET_UNREACH:
	case ICMP_HOST_UNREACH:
		return "unreachable: a route is missing there, or behind it";
	case ICMP_PKT_FILTERED:
		return "prohibited: a filter, or all ports are in use";
	default:
		return "unreachable";
	}
}

static enum ping_result try_small(uint32_t addr, struct ping *ping)
{
	enum ping_result result = PING_SILENCE;
	unsigned int i;

	for (i = 1; i <= TRIES && result == PING_SILENCE; i++)
		result = ping4(addr, SMALL, i, ping);
	return result;
}

static void check_size(struct report *report, uint32_t addr, const char *to)
{
	unsigned int mtu = 1500, size;
	struct route route;
	struct ping ping;
	bool up;

	if (route_get4(addr, &route) && *route.device)
		device_get(route.device, &mtu, &up);
	size = mtu > 1500 ? 1480 : mtu - 20;
	switch (ping4(addr, size, 100, &ping)) {
	case PING_ANSWER:
		finding(report, LEVEL_OK, "path",
			"%u bytes pass to %s and back, unfragmented", size, to);
		break;
	case PING_TOO_BIG:
		finding(report, LEVEL_NOTE, "path",
			"packets of %u bytes are too big for the path to %s, and somebody says so: path MTU discovery works",
			size, to);
		break;
	default:
		finding(report, LEVEL_FAULT, "path",
			"packets of %u bytes get lost on the path to %s, and nobody says so: a hop drops ICMP errors",
			size, to);
		fix(report, "nft add table ip mss; nft 'add chain ip mss c { type filter hook forward priority mangle; }'; nft add rule ip mss c tcp flags syn tcp option maxseg size set 1220");
	}
}

/**
 * check_path - is there an answer from the other side?
 * @report: findings are added here
 * @addr: who is asked, host byte order
 */
void check_path(struct report *report, uint32_t addr)
{
	struct counters before = {}, now = {}, diff = {};
	struct buf to = {}, from = {};
	enum ping_result result;
	struct ping ping;

	mapt_print_addr4(addr, &to);
	counters_read(COUNTERS_PATH, &before);
	result = try_small(addr, &ping);
	switch (result) {
	case PING_ANSWER:
		finding(report, LEVEL_OK, "path", "%s answers in %.1f ms",
			to.data, ping.ms);
		check_size(report, addr, to.data);
		break;
	case PING_ERROR:
	case PING_TOO_BIG:
		mapt_print_addr4(ping.from, &from);
		finding(report, LEVEL_FAULT, "path",
			"%s: %s says %s (ICMP %u/%u)", to.data, from.data,
			error_words(&ping), ping.type, ping.code);
		buf_free(&from);
		break;
	case PING_REFUSED:
		finding(report, LEVEL_FAULT, "path",
			"%s: the request cannot be sent: %s", to.data,
			strerror(errno));
		break;
	default:
		finding(report, LEVEL_FAULT, "path",
			"%s does not answer to %d requests", to.data, TRIES);
	}
	if (result == PING_SILENCE && counters_read(COUNTERS_PATH, &now)) {
		counters_diff(&now, &before, &diff);
		explain(report, &diff);
	}
	buf_free(&to);
}

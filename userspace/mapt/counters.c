// SPDX-License-Identifier: GPL-2.0
/* The counters of a namespace, and what they mean (docs/packet.md). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "tool.h"

static const struct counter_info infos[] = {
	{ "xlat_4to6", COUNT_DONE, "translated from IPv4 to IPv6", NULL },
	{ "xlat_6to4", COUNT_DONE, "translated from IPv6 to IPv4", NULL },
	{ "hairpin", COUNT_DONE, "from one customer of a BR to another", NULL },
	{ "napt", COUNT_DONE, "connections given a port", NULL },
	{ "napt_reused", COUNT_DONE,
	  "of these, without a mapping of their own, since the set was full",
	  NULL },
	{ "napt_in", COUNT_DONE, "connections that a mapping let in", NULL },
	{ "napt_hairpin", COUNT_DONE,
	  "connections from inside to a port of the CE's own", NULL },
	{ "napt_claimed", COUNT_DONE,
	  "connections that another rule had given an address", NULL },
	{ "ce_src_addr", COUNT_DROPPED,
	  "upstream, and the source is not the CE's IPv4 address",
	  "mapt napt must see the connection first: is it in a nat chain of hook postrouting, with the same rule, and did an earlier snat or masquerade have its way? Connections of an old address: conntrack -D --reply-dst OLD-ADDRESS" },
	{ "ce_src_port", COUNT_DROPPED,
	  "upstream, and the source port is not of the CE's set",
	  "another NAT rule or a conntrack helper chose the port: take the helper away, or the rule (mapt check)" },
	{ "ce_dst_port", COUNT_DROPPED,
	  "to the CE, but the port belongs to another customer",
	  "strays are normal; if they are many, the BR has another rule than the CE: compare mapt show on both" },
	{ "ce_other_nat", COUNT_DROPPED,
	  "upstream, and another NAT rule has given the source",
	  "of connections that are older than the ruleset; they are begun anew. If it goes on, there is no mapt napt with the rule of this mapt ce" },
	{ "ce_loop", COUNT_DROPPED,
	  "from inside to the CE's own address and port",
	  "an inside host speaks to the public address: publish the port by dnat, also for packets from inside" },
	{ "ce_inside_src", COUNT_DROPPED,
	  "from outside with a source that is inside",
	  "spoofed, or the IPv4 default route does not lead to the WAN: ip -4 route show default" },
	{ "src_spoof", COUNT_DROPPED,
	  "source that the sender does not own",
	  "on a BR: a customer spoofs, or its CE has another rule; see the packet by nft-mapt monitor trace, the customer by mapt who" },
	{ "martian", COUNT_DROPPED,
	  "source or destination that is never translated (loopback, multicast, class E ...)",
	  NULL },
	{ "excluded_port", COUNT_DROPPED,
	  "to a port that is nobody's (RFC 7597 5.1)",
	  "strays and scans are normal; a service on such a port must move into its customer's set" },
	{ "no_port", COUNT_DROPPED,
	  "shared address, and a protocol without ports",
	  "only TCP, UDP, SCTP and ICMP pass behind a shared address: tunnels (GRE, ESP, 6in4) need UDP, or a customer without sharing" },
	{ "ports_exhausted", COUNT_DROPPED,
	  "no free port in the set towards that destination",
	  "who has so many connections? conntrack -L; shorter timeouts of UDP and ICMP help (docs/napt.md), or a rule with more ports for each customer" },
	{ "napt_other_dev", COUNT_DROPPED,
	  "connection of the NAPT about to leave by another uplink",
	  "after a change of routes its next packet begins a new one; answers of a published port must go back by MAP-T: mark them (docs/beside.md)" },
	{ "napt_redirect", COUNT_DROPPED,
	  "ICMP redirect between two hosts that the NAPT stands between", NULL },
	{ "udp_zero_csum", COUNT_DROPPED,
	  "UDP without checksum",
	  "without udp-zero-checksum drop the checksum of IPv4 packets is computed; IPv6 packets must have one" },
	{ "fragment", COUNT_DROPPED,
	  "fragment that was not reassembled",
	  "all fragments of a packet must meet in one router: no balancing packet by packet; memory: net.ipv4.ipfrag_high_thresh, net.netfilter.nf_conntrack_frag6_high_thresh" },
	{ "icmp_untranslatable", COUNT_DROPPED,
	  "ICMP without counterpart in the other family", NULL },
	{ "icmp_nested", COUNT_DROPPED, "ICMP error about an ICMP error",
	  NULL },
	{ "bad_header", COUNT_DROPPED, "malformed header", NULL },
	{ "bad_csum", COUNT_DROPPED, "ICMP error with a wrong checksum", NULL },
	{ "source_route", COUNT_DROPPED,
	  "source route or routing header with hops left", NULL },
	{ "ttl", COUNT_ANSWERED, "TTL or hop limit at its end (traceroute)",
	  NULL },
	{ "too_big", COUNT_ANSWERED,
	  "too big for the next link, and must not be fragmented", NULL },
	{ "no_dev", COUNT_DROPPED,
	  "the device of \"dev\" is not there or down", "ip link show" },
	{ "no_route", COUNT_ANSWERED, "no route in the other family",
	  "on a CE: an IPv6 route to the DMR prefix; on a BR: IPv4 and IPv6 routes to what the rules cover (mapt check)" },
	{ "unconfirmed", COUNT_DROPPED,
	  "conntrack did not confirm the connection",
	  "is the table of connections full? sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max" },
	{ "misplaced", COUNT_DROPPED,
	  "the statement is in a chain where it cannot work",
	  "at prerouting the priority must lie between -400 and -200 (raw), also of chains that jump to it (mapt check)" },
	{ "recursion", COUNT_DROPPED,
	  "translated so often on its way that the stack would end",
	  "rules, tunnels or routes lead a packet into translation again and again: what do they send to the MAP prefixes? (nft-mapt monitor trace)" },
	{ "policy", COUNT_DROPPED, "an IPsec policy forbids it",
	  "ip xfrm policy" },
	{ "no_memory", COUNT_DROPPED, "out of memory", "free -m" },
};

static const struct counter_info unknown = {
	NULL, COUNT_UNKNOWN, "a counter that this command does not know yet",
	NULL
};

/**
 * counter_info - what a counter means
 * @name: its name in /proc
 *
 * Return: never NULL; kind COUNT_UNKNOWN for names of newer modules.
 */
const struct counter_info *counter_info(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(infos) / sizeof(*infos); i++) {
		if (!strcmp(infos[i].name, name))
			return &infos[i];
	}
	return &unknown;
}

static bool parse_names(const char **text, struct counters *counters)
{
	size_t len;

	for (;;) {
		*text += strspn(*text, " \t");
		len = strcspn(*text, " \t\n");
		if (!len)
			break;
		if (counters->num == COUNTERS_MAX || len >= COUNTER_NAME)
			return false;
		memcpy(counters->list[counters->num++].name, *text, len);
		*text += len;
	}
	if (**text == '\n')
		++*text;
	return counters->num;
}

/* One CPU's line: as many hexadecimal numbers as there are names. */
static bool parse_line(const char **text, struct counters *counters)
{
	unsigned long long value;
	char *end;
	size_t i;

	for (i = 0; i < counters->num; i++) {
		*text += strspn(*text, " \t");
		if (!strchr("0123456789abcdefABCDEF", **text) || !**text)
			return false;
		value = strtoull(*text, &end, 16);
		if (!strchr(" \t\n", *end))
			return false;
		counters->list[i].value += value;
		*text = end;
	}
	*text += strcspn(*text, "\n");
	if (**text)
		++*text;
	return true;
}

/**
 * counters_parse - read what /proc/net/stat/nf_mapt holds
 * @text: names, then a line of hexadecimal numbers for each CPU
 * @counters: result, the sums
 *
 * Return: false if it is nothing of the kind.
 */
bool counters_parse(const char *text, struct counters *counters)
{
	memset(counters, 0, sizeof(*counters));
	if (!parse_names(&text, counters))
		return false;
	while (*text) {
		if (!parse_line(&text, counters))
			return false;
	}
	return true;
}

/* False without a word where there is no such file; errno says why. */
bool counters_read(const char *path, struct counters *counters)
{
	FILE *file = fopen(path, "r");
	struct buf text = {};
	char chunk[4096];
	size_t len;
	bool ok;

	if (!file)
		return false;
	buf_add(&text, "", 0);
	while ((len = fread(chunk, 1, sizeof(chunk), file)))
		buf_add(&text, chunk, len);
	ok = !ferror(file);
	fclose(file);
	if (ok && !counters_parse(text.data, counters)) {
		errno = EPROTO;
		ok = false;
	}
	buf_free(&text);
	return ok;
}

unsigned long long counters_get(const struct counters *counters,
				const char *name)
{
	size_t i;

	for (i = 0; i < counters->num; i++) {
		if (!strcmp(counters->list[i].name, name))
			return counters->list[i].value;
	}
	return 0;
}

/* What came since @before; a counter that fell began anew with its namespace. */
void counters_diff(const struct counters *now, const struct counters *before,
		   struct counters *diff)
{
	unsigned long long old;
	size_t i;

	*diff = *now;
	for (i = 0; i < now->num; i++) {
		old = counters_get(before, now->list[i].name);
		if (old <= now->list[i].value)
			diff->list[i].value -= old;
	}
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The options of a statement, a line for each: what reads and writes them in
 * text, JSON and netlink goes by this table. They are listed in its order, which
 * is that of enum mapt_part. A new one is a name there and a line here.
 */
#include <linux/netfilter/nf_tables_mapt.h>

#include "mapt.h"

#define NAPT	(1U << NFT_MAPT_NAPT)
#define CE	(1U << NFT_MAPT_CE)
#define XLAT	(1U << NFT_MAPT_CE | 1U << NFT_MAPT_BR)

static const struct mapt_option options[] = {
	{ PART_TOS, "tos", XLAT, OPTION_BYTE,
	  .attr = NFTA_MAPT_TOS },
	{ PART_TCLASS, "tclass", XLAT, OPTION_BYTE,
	  .attr = NFTA_MAPT_TCLASS },
	{ PART_UDP_ZERO, "udp-zero-checksum", XLAT, OPTION_CHOICE,
	  .flag = NFT_MAPT_F_UDP_ZERO_DROP, .words = { "compute", "drop" } },
	{ PART_MTU, "lowest-ipv6-mtu", XLAT, OPTION_NUMBER,
	  .attr = NFTA_MAPT_LOWEST_IPV6_MTU, .min = 1280, .max = 65535 },
	{ PART_ICMP_SOURCE, "icmp-source", XLAT, OPTION_ADDR4,
	  .attr = NFTA_MAPT_ICMP_SOURCE },
	{ PART_SILENT, "silent", XLAT, OPTION_FLAG,
	  .flag = NFT_MAPT_F_SILENT },
	{ PART_FLOW, "flow", CE, OPTION_NAME,
	  .attr = NFTA_MAPT_FLOWTABLE },
	{ PART_DEV, "dev", CE, OPTION_DEVICE,
	  .attr = NFTA_MAPT_DEV },
	{ PART_RANDOM, "random", NAPT, OPTION_FLAG,
	  .flag = NFT_MAPT_F_RANDOM },
	{ PART_PERSISTENT, "persistent", NAPT, OPTION_FLAG,
	  .flag = NFT_MAPT_F_PERSISTENT },
	{ PART_MAPPING, "mapping", NAPT, OPTION_CHOICE,
	  .flag = NFT_MAPT_F_MAPPING_ALL, .words = { "udp", "all" } },
	{ PART_FILTERING, "filtering", NAPT, OPTION_CHOICE,
	  .flag = NFT_MAPT_F_FILTERING_ANY,
	  .words = { "address-dependent", "endpoint-independent" } },
	{ PART_RESERVE, "reserve", NAPT, OPTION_PORTS,
	  .attr = NFTA_MAPT_RESERVE },
};

_Static_assert(sizeof(options) / sizeof(options[0]) ==
	       PART_MAX - PART_OPTIONS, "a line for each option");

/* NULL if @part is no option. */
const struct mapt_option *mapt_option(enum mapt_part part)
{
	return part < PART_OPTIONS ? NULL : &options[part - PART_OPTIONS];
}

// SPDX-License-Identifier: GPL-2.0
/*
 * MAP-T: mapping the addresses of a packet by the rules, with all the checks
 * that go with it (RFC 7599 sections 8.1 to 8.4)
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_mapt.h>

#include "nf_mapt_core.h"

/* RFC 6052 section 3.1: what the Well-Known Prefix must not stand for. Of the
 * addresses that are not global those for documentation are let through: no
 * network has them, and every example uses them.
 */
static bool non_global4(__be32 addr4)
{
	u32 addr = ntohl(addr4);

	switch (addr >> 24) {
	case 0:
	case 10:
	case 127:
		return true;
	case 100:
		return (addr & 0xffc00000) == 0x64400000;	/* 100.64/10 */
	case 169:
		return (addr & 0xffff0000) == 0xa9fe0000;	/* 169.254/16 */
	case 172:
		return (addr & 0xfff00000) == 0xac100000;	/* 172.16/12 */
	case 192:
		return (addr & 0xffffff00) == 0xc0000000 ||	/* 192.0.0/24 */
		       (addr & 0xffffff00) == 0xc0586300 ||	/* 192.88.99/24 */
		       (addr & 0xffff0000) == 0xc0a80000;	/* 192.168/16 */
	case 198:
		return (addr & 0xfffe0000) == 0xc6120000;	/* 198.18/15 */
	}

	return false;
}

static enum nf_mapt_stat dmr_allowed(const struct nf_mapt_table *table,
				     __be32 addr)
{
	return table->dmr_well_known && non_global4(addr) ? NF_MAPT_MARTIAN :
							    NF_MAPT_OK;
}

/**
 * nf_mapt_addr_4to6 - IPv6 address of another CE's, or of an outside, address
 * @pkt: packet
 * @addr4: IPv4 address
 * @port: the port or identifier that belongs to it
 * @or_dmr: where no rule covers it, embed it in the DMR prefix
 * @addr6: result
 *
 * RFC 7599 sections 8.1 and 8.4.
 *
 * Return: %NF_MAPT_OK, %NF_MAPT_NOT_OURS, or why the packet is to be dropped.
 */
enum nf_mapt_stat nf_mapt_addr_4to6(const struct nf_mapt_pkt *pkt,
				    __be32 addr4, u16 port, bool or_dmr,
				    struct in6_addr *addr6)
{
	const struct nf_mapt_table *table = &pkt->conf->table;
	const struct nf_mapt_rule *rule;
	u32 addr = ntohl(addr4);

	rule = nf_mapt_table_lookup4(table, addr, port);
	if (!rule) {
		if (!or_dmr)
			return NF_MAPT_NOT_OURS;
		return nf_mapt_addr_dmr_4to6(pkt, addr4, addr6);
	}
	if (nf_mapt_rule_shared(rule)) {
		if (!pkt->siit.has_ports)
			return NF_MAPT_NO_PORT;
		if (nf_mapt_rule_port_excluded(rule, port))
			return NF_MAPT_EXCLUDED_PORT;
	}
	nf_mapt_rule_addr6(rule, addr, nf_mapt_rule_port_psid(rule, port),
			   addr6);

	return NF_MAPT_OK;
}

/**
 * nf_mapt_addr_6to4 - IPv4 address of another CE, or of an outside host
 * @pkt: packet
 * @addr6: IPv6 address
 * @port: the port or identifier that belongs to it
 * @or_dmr: it may be one of the DMR prefix
 * @addr4: result
 *
 * RFC 7599 sections 8.2 and 8.3: what a CE sends must have its address, in all
 * 128 bits, and one of its ports.
 *
 * Return: %NF_MAPT_OK, %NF_MAPT_NOT_OURS, or why the packet is to be dropped.
 */
enum nf_mapt_stat nf_mapt_addr_6to4(const struct nf_mapt_pkt *pkt,
				    const struct in6_addr *addr6, u16 port,
				    bool or_dmr, __be32 *addr4)
{
	const struct nf_mapt_table *table = &pkt->conf->table;
	const struct nf_mapt_rule *rule;
	bool is_dmr;
	u32 addr;
	u16 psid;

	rule = nf_mapt_table_lookup6(table, addr6, &is_dmr);
	if (!rule) {
		if (!is_dmr || !or_dmr)
			return NF_MAPT_NOT_OURS;
		*addr4 = nf_mapt_dmr_addr4(table, addr6);
		return dmr_allowed(table, *addr4);
	}
	if (!nf_mapt_rule_addr4(rule, addr6, &addr, &psid))
		return NF_MAPT_SRC_SPOOF;
	if (nf_mapt_rule_shared(rule)) {
		if (!pkt->siit.has_ports)
			return NF_MAPT_NO_PORT;
		if (nf_mapt_rule_port_excluded(rule, port) ||
		    nf_mapt_rule_port_psid(rule, port) != psid)
			return NF_MAPT_SRC_SPOOF;
	}
	*addr4 = htonl(addr);

	return NF_MAPT_OK;
}

/**
 * nf_mapt_addr_dmr_4to6 - embed an outside address in the DMR prefix
 * @pkt: packet
 * @addr4: IPv4 address
 * @addr6: result
 *
 * Return: %NF_MAPT_OK, or why the packet is to be dropped.
 */
enum nf_mapt_stat nf_mapt_addr_dmr_4to6(const struct nf_mapt_pkt *pkt,
					__be32 addr4, struct in6_addr *addr6)
{
	const struct nf_mapt_table *table = &pkt->conf->table;

	nf_mapt_dmr_addr6(table, addr4, addr6);

	return dmr_allowed(table, addr4);
}

/**
 * nf_mapt_addr_dmr_6to4 - IPv4 address that an address of the DMR prefix holds
 * @pkt: packet
 * @addr6: IPv6 address
 * @addr4: result
 *
 * Return: %NF_MAPT_OK; %NF_MAPT_NOT_OURS if the DMR is not the longest match;
 * or why the packet is to be dropped.
 */
enum nf_mapt_stat nf_mapt_addr_dmr_6to4(const struct nf_mapt_pkt *pkt,
					const struct in6_addr *addr6,
					__be32 *addr4)
{
	const struct nf_mapt_table *table = &pkt->conf->table;
	bool is_dmr;

	if (nf_mapt_table_lookup6(table, addr6, &is_dmr) || !is_dmr)
		return NF_MAPT_NOT_OURS;
	*addr4 = nf_mapt_dmr_addr4(table, addr6);

	return dmr_allowed(table, *addr4);
}

/**
 * nf_mapt_addr_own_4to6 - a CE's own address and port
 * @pkt: packet
 * @addr4: IPv4 address
 * @port: port or identifier
 * @addr6: resulting MAP address
 *
 * RFC 7599 section 8.1: nothing else may be translated.
 *
 * Return: %NF_MAPT_OK, or why the packet is to be dropped.
 */
enum nf_mapt_stat nf_mapt_addr_own_4to6(const struct nf_mapt_pkt *pkt,
					__be32 addr4, u16 port,
					struct in6_addr *addr6)
{
	const struct nf_mapt_ce *ce = &pkt->conf->ce;
	u32 addr = ntohl(addr4);

	if (!nf_mapt_ce_has_addr(ce, addr))
		return NF_MAPT_CE_SRC_ADDR;
	if (nf_mapt_rule_shared(&ce->rule)) {
		if (!pkt->siit.has_ports)
			return NF_MAPT_NO_PORT;
		if (!nf_mapt_port_set_has(&ce->ports, port))
			return NF_MAPT_CE_SRC_PORT;
	}
	if (likely(!ce->host4))
		*addr6 = ce->addr6;
	else
		nf_mapt_rule_addr6(&ce->rule, addr, ce->psid, addr6);

	return NF_MAPT_OK;
}

static bool own_addr4(const struct nf_mapt_ce *ce, const struct in6_addr *addr6,
		      u32 *addr)
{
	u16 psid;

	if (likely(!ce->host4)) {
		*addr = ce->addr4;
		return ipv6_addr_equal(addr6, &ce->addr6);
	}

	return nf_mapt_rule_addr4(&ce->rule, addr6, addr, &psid) &&
	       nf_mapt_ce_has_addr(ce, *addr) && psid == ce->psid;
}

/**
 * nf_mapt_addr_own_6to4 - a CE's own MAP address, or one of them
 * @pkt: packet
 * @addr6: IPv6 address
 * @port: port or identifier
 * @addr4: resulting IPv4 address
 *
 * RFC 7599 section 8.2.
 *
 * Return: %NF_MAPT_OK, %NF_MAPT_NOT_OURS, or why the packet is to be dropped.
 */
enum nf_mapt_stat nf_mapt_addr_own_6to4(const struct nf_mapt_pkt *pkt,
					const struct in6_addr *addr6, u16 port,
					__be32 *addr4)
{
	const struct nf_mapt_ce *ce = &pkt->conf->ce;
	u32 addr;

	if (!own_addr4(ce, addr6, &addr))
		return NF_MAPT_NOT_OURS;
	if (nf_mapt_rule_shared(&ce->rule)) {
		if (!pkt->siit.has_ports)
			return NF_MAPT_NO_PORT;
		/* RFC 7599 8.2: silently discard */
		if (!nf_mapt_port_set_has(&ce->ports, port))
			return NF_MAPT_CE_DST_PORT;
	}
	*addr4 = htonl(addr);

	return NF_MAPT_OK;
}

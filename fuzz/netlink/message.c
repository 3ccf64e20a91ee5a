// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_mapt.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "message.h"

uint64_t rnd_state;
uint8_t buf[1 << 18];
unsigned int used;
unsigned int mutate;

static int sock;
static uint32_t seq;

uint64_t rnd(void)
{
	uint64_t z = (rnd_state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;

	return z ^ (z >> 31);
}

unsigned int below(unsigned int n)
{
	return (rnd() >> 32) * n >> 32;
}

bool chance(unsigned int percent)
{
	return mutate == MUTATE_NEVER ? percent >= 50 && percent <= 100 : below(100) < percent;
}

void die(const char *what)
{
	fprintf(stderr, "netlink: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* --- messages ----------------------------------------------------------------- */

void *space(unsigned int len)
{
	unsigned int aligned = NLA_ALIGN(len);
	void *at = buf + used;

	if (used + aligned > sizeof(buf))
		return buf + sizeof(buf) / 2;	/* garbage, but ours */
	memset(at, 0, aligned);
	used += aligned;

	return at;
}

unsigned int open_attr(unsigned int type)
{
	unsigned int at = used;
	struct nlattr *nla = space(sizeof(*nla));

	nla->nla_type = type | NLA_F_NESTED;
	if (chance(mutate))
		nla->nla_type = chance(50) ? type : below(16) | NLA_F_NESTED;

	return at;
}

void close_attr(unsigned int at)
{
	struct nlattr *nla = (struct nlattr *)(buf + at);
	unsigned int len = used - at;

	if (at >= sizeof(buf) - 64 || len > 0xffff)
		return;
	nla->nla_len = len;
	if (!chance(mutate))
		return;
	switch (below(4)) {
	case 0:		/* leave it out */
		used = at;
		break;
	case 1:		/* twice */
		memcpy(space(len), nla, len);
		break;
	case 2:
		nla->nla_len = len - 4 + below(9);
		break;
	default:
		nla->nla_len = below(64);
	}
}

void put(unsigned int type, const void *data, unsigned int len)
{
	unsigned int at = used;
	struct nlattr *nla = space(sizeof(*nla));

	nla->nla_type = type;
	memcpy(space(len), data, len);
	nla->nla_len = sizeof(*nla) + len;
	if (!chance(mutate))
		return;
	switch (below(7)) {
	case 0:
		used = at;
		break;
	case 1:
		memcpy(space(NLA_ALIGN(nla->nla_len)), nla, NLA_ALIGN(nla->nla_len));
		break;
	case 2:
		nla->nla_len = below(2) ? 4 + below(24) : below(70000);
		if (nla->nla_len > used - at && nla->nla_len < 64)
			space(nla->nla_len - (used - at));
		break;
	case 3:
		nla->nla_type = below(20) | (chance(30) ? NLA_F_NESTED : 0) | (chance(10) ? NLA_F_NET_BYTEORDER : 0);
		break;
	default:	/* another value */
		if (len)
			((uint8_t *)(nla + 1))[below(len)] = chance(50) ? rnd() : PICK(0, 1, 0x7f, 0x80, 0xff);
	}
}

void put8(unsigned int type, uint8_t value)
{
	put(type, &value, 1);
}

void put16(unsigned int type, uint16_t value)
{
	value = htons(value);
	put(type, &value, 2);
}

void put32(unsigned int type, uint32_t value)
{
	value = htonl(value);
	put(type, &value, 4);
}

void put_text(unsigned int type, const char *text)
{
	put(type, text, strlen(text) + 1);
}

static unsigned int message(unsigned int type, unsigned int flags, unsigned int family, unsigned int res)
{
	unsigned int at = used;
	struct nlmsghdr *nlh = space(sizeof(*nlh));
	struct nfgenmsg *nfg = space(sizeof(*nfg));

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags | NLM_F_REQUEST;
	nlh->nlmsg_seq = ++seq;
	nfg->nfgen_family = family;
	nfg->res_id = htons(res);

	return at;
}

void message_end(unsigned int at)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)(buf + at);

	nlh->nlmsg_len = used - at;
	if (mutate && chance(3) && used - at > 20)
		buf[at + 20 + below(used - at - 20)] = rnd();
}

unsigned int nft_message(unsigned int type, unsigned int flags, unsigned int family)
{
	return message(NFNL_SUBSYS_NFTABLES << 8 | type, flags, family, 0);
}

/* --- the expression --------------------------------------------------------------- */

/* Of what the kernel should refuse. */
static bool odd(unsigned int percent)
{
	return mutate && mutate != MUTATE_NEVER && chance(percent);
}

static void mapping(unsigned int type)
{
	static const struct {
		const char	*p6;
		uint8_t		p6_len;
		const char	*p4;
		uint8_t		p4_len, ea, offset, psid_len;
		uint16_t	psid;
	} good[] = {
		{ "2001:db8:ce::", 51, "192.0.2.0", 24, 13, 0, 0, 0 },
		{ "2001:db8:a000::", 40, "198.51.100.0", 24, 16, 6, 0, 0 },
		{ "2001:db8:f000::", 48, "100.64.0.0", 24, 8, 6, 0, 0 },
		{ "2001:db8:7700::", 64, "198.18.5.1", 32, 0, 6, 8, 52 },
		{ "2001:db8:b000::", 36, "203.0.112.0", 20, 20, 4, 0, 0 },
		{ "2001:db8:d000::", 40, "198.18.0.0", 16, 4, 6, 0, 0 },
	};
	unsigned int nest = open_attr(type), i = below(ARRAY_SIZE(good));
	uint8_t p6[16];
	uint32_t p4;

	inet_pton(AF_INET6, good[i].p6, p6);
	inet_pton(AF_INET, good[i].p4, &p4);
	/* Unlike its neighbours */
	if (chance(50) && good[i].p6_len > 44)
		p6[4] = rnd(), p4 = htonl((ntohl(p4) & 0xffff00ff) | below(256) << 8);
	put(NFTA_MAPT_RULE_PREFIX6, p6, 16);
	put8(NFTA_MAPT_RULE_PREFIX6_LEN, odd(mutate) ? rnd() : good[i].p6_len);
	put(NFTA_MAPT_RULE_PREFIX4, &p4, 4);
	put8(NFTA_MAPT_RULE_PREFIX4_LEN, odd(mutate) ? rnd() : good[i].p4_len);
	put8(NFTA_MAPT_RULE_EA_LEN, odd(mutate) ? rnd() : good[i].ea);
	if (chance(80))
		put8(NFTA_MAPT_RULE_PSID_OFFSET, odd(mutate) ? rnd() : good[i].offset);
	if (good[i].psid_len) {
		put8(NFTA_MAPT_RULE_PSID_LEN, good[i].psid_len);
		put16(NFTA_MAPT_RULE_PSID, good[i].psid);
	}
	close_attr(nest);
}

/* The CE of the first mapping, when that is the BMR. */
static void ce_attrs(void)
{
	unsigned int nest = open_attr(NFTA_MAPT_BMR);
	uint8_t p6[16];
	uint32_t p4;

	inet_pton(AF_INET6, "2001:db8:ce::", p6);
	inet_pton(AF_INET, "192.0.2.0", &p4);
	put(NFTA_MAPT_RULE_PREFIX6, p6, 16);
	put8(NFTA_MAPT_RULE_PREFIX6_LEN, 51);
	put(NFTA_MAPT_RULE_PREFIX4, &p4, 4);
	put8(NFTA_MAPT_RULE_PREFIX4_LEN, 24);
	put8(NFTA_MAPT_RULE_EA_LEN, odd(10) ? below(64) : 13);
	put8(NFTA_MAPT_RULE_PSID_OFFSET, odd(30) ? below(16) : below(12));
	close_attr(nest);
	inet_pton(AF_INET6, "2001:db8:ce:11b::", p6);
	if (odd(30))
		p6[7] = rnd();
	put(NFTA_MAPT_END_USER, p6, 16);
	put8(NFTA_MAPT_END_USER_LEN, odd(5) ? below(140) : 64);
}

/* @fmrs: number of forwarding mapping rules */
void mapt_op(unsigned int op, unsigned int fmrs)
{
	unsigned int nest;
	uint8_t dmr[16];

	put32(NFTA_MAPT_OP, op);
	if (chance(40))
		put32(NFTA_MAPT_FLAGS, odd(20) ? rnd() : op ? PICK(0, 4, 8, 12) : PICK(0, 1, 2, 3));
	if (op != NFT_MAPT_BR || odd(mutate))
		ce_attrs();
	if (op == NFT_MAPT_NAPT && !odd(mutate))
		return;
	inet_pton(AF_INET6, chance(70) ? "64:ff9b::" : "2001:db8:64::", dmr);
	put(NFTA_MAPT_DMR, dmr, 16);
	put8(NFTA_MAPT_DMR_LEN, dmr[1] == 0x64 ? 96 : odd(10) ? below(130) : 64);
	if (fmrs) {
		nest = open_attr(NFTA_MAPT_FMR);
		while (fmrs--)
			mapping(NFTA_LIST_ELEM);
		close_attr(nest);
	}
	if (chance(20))
		put8(NFTA_MAPT_TOS, rnd());
	if (chance(20))
		put8(NFTA_MAPT_TCLASS, rnd());
	if (chance(20))
		put32(NFTA_MAPT_LOWEST_IPV6_MTU, odd(50) ? PICK(1279, 65536, 0, 0xffffffff) : PICK(1280, 1281, 1500, 65535));
	if (chance(20))
		put32(NFTA_MAPT_ICMP_SOURCE, odd(50) ? PICK(0, 0x7f000001, 0xe0000001) : PICK(0xc0000008, 0xcb007101));
}

/* Any of them. */
void mapt(void)
{
	unsigned int op = odd(3) ? below(6) : below(3), fmrs = 0;

	if (op == NFT_MAPT_BR || chance(50))
		fmrs = odd(20) ? below(40) : chance(80) ? 1 : 1 + below(3);
	mapt_op(op, fmrs);
}

void expression(unsigned int type, const char *name, void (*data)(void))
{
	unsigned int nest = open_attr(type), inner;

	put_text(NFTA_EXPR_NAME, name);
	if (data) {
		inner = open_attr(NFTA_EXPR_DATA);
		data();
		close_attr(inner);
	}
	close_attr(nest);
}

/* --- the kernel ----------------------------------------------------------------------------- */

void batch_begin(void)
{
	used = 0;
	message_end(message(NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
}

void batch_end(void)
{
	message_end(message(NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
}

void nft_open(void)
{
	struct timeval patience = { .tv_sec = 20 };
	int size = 1 << 20;

	sock = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
	if (sock < 0)
		die("no socket to nf_tables");
	setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

/* 0 or an error. */
int nft_send(void)
{
	return send(sock, buf, used, 0) < 0 ? errno : 0;
}

/* The first error that the kernel answers with; 0: none. */
int nft_answers(void)
{
	static uint8_t in[1 << 16];
	struct nlmsghdr *nlh;
	int error = 0, code;
	ssize_t len;

	while ((len = recv(sock, in, sizeof(in), MSG_DONTWAIT)) > 0) {
		for (nlh = (void *)in; NLMSG_OK(nlh, (size_t)len); nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_type != NLMSG_ERROR)
				continue;
			memcpy(&code, NLMSG_DATA(nlh), sizeof(code));
			if (code && !error)
				error = -code;
		}
	}

	return error;
}

/* All that a dump tells, one behind the other; NULL: it failed. */
const uint8_t *nft_list(unsigned int type, unsigned int family, const char *table, size_t *total)
{
	static uint8_t listed[1 << 20], in[1 << 16];
	struct nlmsghdr *nlh;
	unsigned int at;
	ssize_t len;
	int code;

	*total = 0;
	mutate = 0;
	used = 0;
	at = nft_message(type, NLM_F_DUMP, family);
	if (table)
		put_text(NFTA_RULE_TABLE, table);
	message_end(at);
	if (nft_send())
		return NULL;
	while ((len = recv(sock, in, sizeof(in), 0)) > 0) {
		for (nlh = (void *)in; NLMSG_OK(nlh, (size_t)len); nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR) {
				memcpy(&code, NLMSG_DATA(nlh), sizeof(code));
				return code ? NULL : listed;
			}
			if (*total + nlh->nlmsg_len > sizeof(listed))
				continue;
			/* The header has a sequence number, the next one the generation. */
			memcpy(listed + *total, NLMSG_DATA(nlh) + 4, nlh->nlmsg_len - NLMSG_HDRLEN - 4);
			*total += nlh->nlmsg_len - NLMSG_HDRLEN - 4;
		}
	}

	return NULL;
}

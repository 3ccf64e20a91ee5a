// SPDX-License-Identifier: GPL-2.0
/*
 * netlink SEED TRANSACTIONS [SECONDS [EPOCH]]: nf_tables transactions with the mapt expression, as root of a user namespace
 *
 * Valid ones and such as nft would never send: attributes left out, doubled, of a wrong length or type or nested where they should not be,
 * numbers out of range; in all families, hooks, types and priorities of chains, in sets, maps and their elements; aborted at the end or
 * without one; with packets in between. An epoch is a user and network namespace, which ends with whatever is loaded.
 *
 * Exit status 1: what a transaction that failed has left behind, or a rule that is listed and cannot be loaded as listed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_mapt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "message.h"

#define EPOCH		2000

static uint64_t seed;

static struct {
	unsigned long	transactions, accepted, reloaded, compared, faults;
} total;

/* --- names: few, so that they meet ----------------------------------------------------- */

static const char *table(void)
{
	static const char *const names[] = { "t0", "t1" };

	return names[below(2)];
}

static const char *chain(void)
{
	static const char *const names[] = { "c0", "c1", "c2", "c3" };

	return names[below(4)];
}

static const char *set(void)
{
	static const char *const names[] = { "s0", "s1" };

	return names[below(2)];
}

static unsigned int family(void)
{
	return chance(70) ? PICK(NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6) :
	       chance(95) ? PICK(NFPROTO_NETDEV, NFPROTO_BRIDGE, NFPROTO_ARP) : below(16);
}

static void verdict(void)
{
	unsigned int nest = open_attr(NFTA_DATA_VERDICT);

	put32(NFTA_VERDICT_CODE, chance(80) ? PICK(NFT_JUMP, NFT_GOTO) : PICK(NF_DROP, NF_ACCEPT, NFT_RETURN, NF_QUEUE));
	put_text(NFTA_VERDICT_CHAIN, chain());
	close_attr(nest);
}

static void jump(void)
{
	unsigned int nest;

	put32(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	nest = open_attr(NFTA_IMMEDIATE_DATA);
	verdict();
	close_attr(nest);
}

static void payload(void)
{
	put32(NFTA_PAYLOAD_DREG, NFT_REG_1);
	put32(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	put32(NFTA_PAYLOAD_OFFSET, PICK(12, 16));
	put32(NFTA_PAYLOAD_LEN, 4);
}

static void lookup(void)
{
	put_text(NFTA_LOOKUP_SET, set());
	put32(NFTA_LOOKUP_SREG, NFT_REG_1);
	put32(NFTA_LOOKUP_DREG, NFT_REG_VERDICT);
}

static void dynset(void)
{
	put_text(NFTA_DYNSET_SET_NAME, set());
	put32(NFTA_DYNSET_OP, NFT_DYNSET_OP_ADD);
	put32(NFTA_DYNSET_SREG_KEY, NFT_REG_1);
	expression(NFTA_DYNSET_EXPR, "mapt", mapt);
}

/* --- one message of each kind -------------------------------------------------------------- */

static void new_table(void)
{
	unsigned int at = nft_message(NFT_MSG_NEWTABLE, NLM_F_CREATE, family());

	put_text(NFTA_TABLE_NAME, table());
	if (chance(10))
		put32(NFTA_TABLE_FLAGS, below(4));
	message_end(at);
}

static void new_chain(void)
{
	static const char *const types[] = { "filter", "filter", "filter", "nat", "route" };
	unsigned int at = nft_message(NFT_MSG_NEWCHAIN, NLM_F_CREATE, family()), nest;

	put_text(NFTA_CHAIN_TABLE, table());
	put_text(NFTA_CHAIN_NAME, chain());
	if (chance(60)) {
		nest = open_attr(NFTA_CHAIN_HOOK);
		put32(NFTA_HOOK_HOOKNUM, chance(95) ? below(5) : below(10));
		put32(NFTA_HOOK_PRIORITY, PICK(-300, -300, -401, -400, -399, -201, -200, -199, 0, 100, 101, 110, 110, 300,
					       0x7fffffff, 0x80000000));
		if (chance(15))
			put_text(NFTA_HOOK_DEV, "lo");
		close_attr(nest);
		put_text(NFTA_CHAIN_TYPE, types[below(ARRAY_SIZE(types))]);
		if (chance(10))
			put32(NFTA_CHAIN_POLICY, below(2));
	}
	message_end(at);
}

static void new_rule(void)
{
	unsigned int at = nft_message(NFT_MSG_NEWRULE, NLM_F_CREATE | (chance(80) ? NLM_F_APPEND : chance(50) ? NLM_F_REPLACE : 0),
				      family());
	unsigned int nest, n;

	put_text(NFTA_RULE_TABLE, table());
	put_text(NFTA_RULE_CHAIN, chain());
	if (chance(10))
		put(NFTA_RULE_HANDLE, "\0\0\0\0\0\0\0", 8);
	nest = open_attr(NFTA_RULE_EXPRESSIONS);
	for (n = 1 + (chance(20) ? below(8) : 0); n; n--) {
		switch (below(12)) {
		case 0:
			expression(NFTA_LIST_ELEM, "immediate", jump);
			break;
		case 1:
			expression(NFTA_LIST_ELEM, "payload", payload);
			expression(NFTA_LIST_ELEM, "lookup", lookup);
			break;
		case 2:
			expression(NFTA_LIST_ELEM, "payload", payload);
			expression(NFTA_LIST_ELEM, "dynset", dynset);
			break;
		case 3:
			expression(NFTA_LIST_ELEM, "counter", NULL);
			break;
		default:
			expression(NFTA_LIST_ELEM, "mapt", mapt);
		}
	}
	close_attr(nest);
	message_end(at);
}

static void new_set(void)
{
	unsigned int at = nft_message(NFT_MSG_NEWSET, NLM_F_CREATE, family()), nest;
	uint32_t id = below(4);

	put_text(NFTA_SET_TABLE, table());
	put_text(NFTA_SET_NAME, set());
	put32(NFTA_SET_FLAGS, PICK(NFT_SET_MAP, NFT_SET_MAP, 0, NFT_SET_EVAL, NFT_SET_MAP | NFT_SET_INTERVAL));
	put32(NFTA_SET_KEY_TYPE, 7);
	put32(NFTA_SET_KEY_LEN, 4);
	put32(NFTA_SET_DATA_TYPE, NFT_DATA_VERDICT);
	put32(NFTA_SET_DATA_LEN, 16);
	put32(NFTA_SET_ID, id);
	if (chance(40))
		expression(NFTA_SET_EXPR, "mapt", mapt);
	if (chance(15)) {
		nest = open_attr(NFTA_SET_EXPRESSIONS);
		expression(NFTA_LIST_ELEM, "mapt", mapt);
		expression(NFTA_LIST_ELEM, chance(50) ? "mapt" : "counter", chance(50) ? mapt : NULL);
		close_attr(nest);
	}
	message_end(at);
}

static void elements(unsigned int type)
{
	unsigned int at = nft_message(type, NLM_F_CREATE, family()), list, elem, nest, n;

	put_text(NFTA_SET_ELEM_LIST_TABLE, table());
	put_text(NFTA_SET_ELEM_LIST_SET, set());
	list = open_attr(NFTA_SET_ELEM_LIST_ELEMENTS);
	for (n = 1 + below(3); n; n--) {
		elem = open_attr(NFTA_LIST_ELEM);
		nest = open_attr(NFTA_SET_ELEM_KEY);
		put32(NFTA_DATA_VALUE, PICK(0xc0000208, 0xcb007109, 0x7f000001, 0xc0000209));
		close_attr(nest);
		if (chance(80)) {
			nest = open_attr(NFTA_SET_ELEM_DATA);
			verdict();
			close_attr(nest);
		}
		if (chance(30))
			expression(NFTA_SET_ELEM_EXPR, "mapt", mapt);
		close_attr(elem);
	}
	close_attr(list);
	message_end(at);
}

static void remove_something(void)
{
	unsigned int at;

	switch (below(5)) {
	case 0:
		at = nft_message(NFT_MSG_DELTABLE, 0, family());
		put_text(NFTA_TABLE_NAME, table());
		break;
	case 1:
		at = nft_message(NFT_MSG_DELCHAIN, 0, family());
		put_text(NFTA_CHAIN_TABLE, table());
		put_text(NFTA_CHAIN_NAME, chain());
		break;
	case 2:
		at = nft_message(NFT_MSG_DELSET, 0, family());
		put_text(NFTA_SET_TABLE, table());
		put_text(NFTA_SET_NAME, set());
		break;
	case 3:
		elements(NFT_MSG_DELSETELEM);
		return;
	default:
		at = nft_message(NFT_MSG_DELRULE, 0, family());
		put_text(NFTA_RULE_TABLE, table());
		if (chance(80))
			put_text(NFTA_RULE_CHAIN, chain());
	}
	message_end(at);
}

/* --- a transaction --------------------------------------------------------------------------- */

static int commit(bool end)
{
	int error;

	if (end)
		batch_end();
	error = nft_send();

	return error ? error : nft_answers();
}

static void anything(void)
{
	switch (below(16)) {
	case 0 ... 1:
		new_table();
		break;
	case 2 ... 4:
		new_chain();
		break;
	case 5 ... 10:
		new_rule();
		break;
	case 11:
		new_set();
		break;
	case 12 ... 13:
		elements(NFT_MSG_NEWSETELEM);
		break;
	default:
		remove_something();
	}
}

static void mapt_napt(void)
{
	mapt_op(NFT_MAPT_NAPT, 0);
}

static void mapt_ce(void)
{
	mapt_op(NFT_MAPT_CE, below(3));
}

static void mapt_br(void)
{
	mapt_op(NFT_MAPT_BR, chance(80) ? 1 : 1 + below(4));
}

/* One that is right: in a family, a table, a chain where the statement belongs, and the rule. */
static void something_right(void)
{
	static const struct {
		unsigned int	family, hook;
		int		priority;
		const char	*type;
	} places[] = {
		{ NFPROTO_INET, 0, -300, "filter" }, { NFPROTO_INET, 4, 110, "filter" }, { NFPROTO_INET, 4, 100, "nat" },
		{ NFPROTO_IPV4, 4, 110, "filter" }, { NFPROTO_IPV6, 0, -300, "filter" }, { NFPROTO_IPV4, 4, 100, "nat" },
		{ NFPROTO_INET, 3, -300, "filter" }, { NFPROTO_INET, 2, 0, "filter" },
	};
	static const char *const chains[] = { "p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7" };
	unsigned int i = below(ARRAY_SIZE(places)), nest, at;
	bool base = chance(80);
	const char *t = table(), *c = base ? chains[i] : chain();

	at = nft_message(NFT_MSG_NEWTABLE, NLM_F_CREATE, places[i].family);
	put_text(NFTA_TABLE_NAME, t);
	message_end(at);
	at = nft_message(NFT_MSG_NEWCHAIN, NLM_F_CREATE, places[i].family);
	put_text(NFTA_CHAIN_TABLE, t);
	put_text(NFTA_CHAIN_NAME, c);
	if (base) {
		nest = open_attr(NFTA_CHAIN_HOOK);
		put32(NFTA_HOOK_HOOKNUM, places[i].hook);
		put32(NFTA_HOOK_PRIORITY, places[i].priority);
		close_attr(nest);
		put_text(NFTA_CHAIN_TYPE, places[i].type);
	}
	message_end(at);
	at = nft_message(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, places[i].family);
	put_text(NFTA_RULE_TABLE, t);
	put_text(NFTA_RULE_CHAIN, c);
	nest = open_attr(NFTA_RULE_EXPRESSIONS);
	expression(NFTA_LIST_ELEM, "mapt", places[i].type[0] == 'n' ? mapt_napt : i == 1 || i == 3 ? mapt_ce : mapt_br);
	close_attr(nest);
	message_end(at);
}

static void fail_at_the_end(void)
{
	unsigned int at = nft_message(NFT_MSG_DELTABLE, 0, NFPROTO_INET);

	put_text(NFTA_TABLE_NAME, "no such table");
	message_end(at);
}

static int transaction(void)
{
	unsigned int n;

	mutate = chance(40) ? 0 : PICK(1, 3, 10, 30);
	batch_begin();
	/* Start from nothing, lest all end in the same few clashes. */
	if (chance(4))
		message_end(nft_message(NFT_MSG_DELTABLE, 0, NFPROTO_UNSPEC));
	for (n = 1 + (chance(50) ? below(6) : 0); n; n--) {
		if (chance(60))
			something_right();
		else
			anything();
	}
	if (chance(15)) {
		mutate = 0;
		fail_at_the_end();
	}
	n = mutate;
	mutate = 0;

	return commit(!chance(n ? 4 : 1));
}

/* --- what is there ------------------------------------------------------------------------------ */

static uint64_t hash(const uint8_t *data, size_t len, uint64_t h)
{
	while (len--)
		h = (h ^ *data++) * 0x100000001b3ULL;

	return h;
}

static uint64_t everything(void)
{
	static const unsigned int types[] = { NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN, NFT_MSG_GETRULE, NFT_MSG_GETSET };
	uint64_t h = 0xcbf29ce484222325ULL;
	unsigned int i;
	size_t len;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		const uint8_t *listed = nft_list(types[i], NFPROTO_UNSPEC, NULL, &len);

		h = hash(listed, listed ? len : 0, h);
	}

	return h;
}

static void fault(unsigned long epoch, unsigned long n, const char *what)
{
	printf("FAULT SEED=%llu.%lu, transaction %lu: %s\n", (unsigned long long)seed, epoch, n, what);
	fflush(stdout);
	total.faults++;
}

static const struct nlattr *find(const uint8_t *data, size_t len, unsigned int type)
{
	const struct nlattr *nla = (const void *)data;

	while (len >= NLA_HDRLEN && nla->nla_len >= NLA_HDRLEN && nla->nla_len <= len) {
		if ((nla->nla_type & NLA_TYPE_MASK) == type)
			return nla;
		len -= (size_t)NLA_ALIGN(nla->nla_len) < len ? NLA_ALIGN(nla->nla_len) : len;
		nla = (const void *)((const uint8_t *)nla + NLA_ALIGN(nla->nla_len));
	}

	return NULL;
}

/* The expressions of the table's one rule. */
static const struct nlattr *expressions_of(unsigned int of, const char *in_table)
{
	const uint8_t *listed;
	size_t len;

	listed = nft_list(NFT_MSG_GETRULE, of, in_table, &len);

	return listed ? find(listed, len, NFTA_RULE_EXPRESSIONS) : NULL;
}

/* A table of one rule with one statement, listed and loaded as it is listed. */
static void reload(unsigned long epoch, unsigned long n)
{
	static uint8_t copy[1 << 16];
	const struct nlattr *first, *second;
	unsigned int at, nest, len, i;
	int error;

	for (i = 0; i < 2; i++) {
		mutate = 0;
		batch_begin();
		at = nft_message(NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_INET);
		put_text(NFTA_TABLE_NAME, i ? "second" : "first");
		message_end(at);
		at = nft_message(NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_INET);
		put_text(NFTA_CHAIN_TABLE, i ? "second" : "first");
		put_text(NFTA_CHAIN_NAME, "c");
		message_end(at);
		at = nft_message(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFPROTO_INET);
		put_text(NFTA_RULE_TABLE, i ? "second" : "first");
		put_text(NFTA_RULE_CHAIN, "c");
		if (i) {
			memcpy(space(len), copy, len);
		} else {
			mutate = PICK(0, 0, 3);
			nest = open_attr(NFTA_RULE_EXPRESSIONS);
			expression(NFTA_LIST_ELEM, "mapt", mapt);
			close_attr(nest);
			mutate = 0;
		}
		message_end(at);
		error = commit(true);
		if (i && error)
			fault(epoch, n, strerror(error));
		if (error)
			break;
		if (!i) {
			first = expressions_of(NFPROTO_INET, "first");
			if (!first) {
				fault(epoch, n, "a rule was loaded and is not listed");
				break;
			}
			len = NLA_ALIGN(first->nla_len);
			memcpy(copy, first, len);
			continue;
		}
		second = expressions_of(NFPROTO_INET, "second");
		if (!second || (unsigned int)NLA_ALIGN(second->nla_len) != len || memcmp(second, copy, len))
			fault(epoch, n, "a rule loaded as it was listed is listed otherwise");
		total.reloaded++;
	}
	for (i = 0; i < 2; i++) {
		batch_begin();
		at = nft_message(NFT_MSG_DELTABLE, 0, NFPROTO_INET);
		put_text(NFTA_TABLE_NAME, i ? "second" : "first");
		message_end(at);
		commit(true);
	}
}

/* --- an epoch -------------------------------------------------------------------------------------- */

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
}

/* Packets that meet whatever is loaded. */
static void packets(void)
{
	static const char *const to4[] = { "203.0.113.9", "192.0.2.9", "127.0.0.1", "192.0.2.8" };
	static const char *const to6[] = { "64:ff9b::cb00:7109", "2001:db8:ce:11b:0:c000:208:1b", "::1", "64:ff9b::c000:208" };
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons(PICK(9, 55300, 28700)) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = a4.sin_port };
	static int s4 = -1, s6 = -1;
	static pid_t whose;

	if (whose != getpid()) {
		s4 = socket(AF_INET, SOCK_DGRAM, 0);
		s6 = socket(AF_INET6, SOCK_DGRAM, 0);
		whose = getpid();
	}
	inet_pton(AF_INET, to4[below(4)], &a4.sin_addr);
	inet_pton(AF_INET6, to6[below(4)], &a6.sin6_addr);
	sendto(s4, buf, below(chance(90) ? 100 : 4000), MSG_DONTWAIT, (void *)&a4, sizeof(a4));
	sendto(s6, buf, below(chance(90) ? 100 : 4000), MSG_DONTWAIT, (void *)&a6, sizeof(a6));
}

static void enter(void)
{
	char map[64];
	unsigned int uid = getuid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		die("no user namespace");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_to("/proc/self/setgroups", "deny");
	write_to("/proc/self/uid_map", map);
	write_to("/proc/self/gid_map", map);
	if (system("ip link set lo up mtu 1500 && ip addr add 192.0.2.8/32 dev lo && ip route add default dev lo &&"
		   "ip -6 addr add 2001:db8:ce:11b:0:c000:208:1b dev lo && ip -6 route add default dev lo"))
		die("no addresses");
	write_to("/proc/sys/net/ipv4/ip_forward", "1");
	write_to("/proc/sys/net/ipv6/conf/all/forwarding", "1");
	nft_open();
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);

	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void epoch_run(unsigned long epoch, unsigned long count, double until)
{
	unsigned long n;
	uint64_t before = 0;
	bool compare;
	int error;

	enter();
	for (n = 0; n < count && (!until || now() < until) && total.faults < 5; n++) {
		rnd_state = seed;
		rnd_state = rnd() ^ epoch;
		rnd_state = rnd() ^ n;
		compare = chance(5);
		if (compare)
			before = everything();
		error = transaction();
		total.transactions++;
		total.accepted += !error;
		if (compare && error) {
			total.compared++;
			if (before != everything())
				fault(epoch, n, "a transaction failed and something has changed");
		}
		if (chance(30))
			packets();
		if (chance(5))
			reload(epoch, n);
	}
}

/* Children do the work and tell by a pipe what they came to. */
static void epoch_child(unsigned long epoch, unsigned long count, double until)
{
	typeof(total) part;
	int pipes[2], status;
	pid_t pid;

	if (pipe(pipes))
		die("pipe");
	pid = fork();
	if (!pid) {
		memset(&total, 0, sizeof(total));
		epoch_run(epoch, count, until);
		exit(write(pipes[1], &total, sizeof(total)) != sizeof(total));
	}
	close(pipes[1]);
	if (read(pipes[0], &part, sizeof(part)) != sizeof(part))
		die("a child died");
	close(pipes[0]);
	waitpid(pid, &status, 0);
	total.transactions += part.transactions;
	total.accepted += part.accepted;
	total.reloaded += part.reloaded;
	total.compared += part.compared;
	total.faults += part.faults;
}

int main(int argc, char **argv)
{
	unsigned long count, epoch = 0, left;
	double start = now(), until;

	if (argc < 3) {
		fprintf(stderr, "usage: netlink SEED TRANSACTIONS [SECONDS [EPOCH]]\n");
		return 2;
	}
	seed = strtoull(argv[1], NULL, 10);
	count = strtoul(argv[2], NULL, 10);
	until = argc > 3 && atof(argv[3]) > 0 ? start + atof(argv[3]) : 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 4) {
		epoch_child(strtoul(argv[4], NULL, 10), EPOCH, 0);
	} else {
		while ((!count || total.transactions < count) && (!until || now() < until) && !total.faults) {
			left = count ? count - total.transactions : EPOCH;
			epoch_child(epoch++, left < EPOCH ? left : EPOCH, until);
		}
	}
	printf("%s netlink: %lu transactions in %.0f s, %lu accepted, %lu failed ones compared, %lu statements loaded as listed; "
	       "%lu namespaces; SEED=%llu\n", total.faults ? "not ok" : "ok", total.transactions, now() - start,
	       total.accepted, total.compared, total.reloaded, epoch, (unsigned long long)seed);

	return total.faults ? 1 : 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * faults SEED: each allocation of a ruleset's way into the kernel, out of it and through a listing fails once
 *
 * The N-th allocation of a system call fails when /proc/self/fail-nth says N. N grows until there was none left to fail. After each failure
 * there is nothing, or all, of what was asked for. Namespaces are made in the same way.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_mapt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "message.h"

#define TRIES_MAX	20000

static unsigned long failed, faults;
static int fail_nth;

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

/* The kernel says nothing of each failure, which would look like a fault of its own. */
static void set_up(void)
{
	write_to("/sys/kernel/debug/failslab/verbose", "0");
	write_to("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	write_to("/sys/kernel/debug/fail_page_alloc/verbose", "0");
	write_to("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	write_to("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N");
	write_to("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR);
	if (fail_nth < 0)
		die("no /proc/thread-self/fail-nth");
}

static void arm(unsigned int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	if (pwrite(fail_nth, text, strlen(text), 0) < 0)
		die("fail-nth");
}

/* Did it happen? */
static bool disarm(void)
{
	char text[16] = "";

	if (pread(fail_nth, text, sizeof(text) - 1, 0) < 0)
		die("fail-nth");
	arm(0);

	return atoi(text) == 0;
}

static void fault(const char *what, unsigned int n, const char *why)
{
	printf("FAULT %s, allocation %u: %s\n", what, n, why);
	faults++;
}

/* Number of rules there are, -1: no table. */
static int rules(unsigned int family)
{
	const uint8_t *data;
	size_t len;
	int num = 0;

	data = nft_list(NFT_MSG_GETTABLE, family, NULL, &len);
	if (!data)
		die("tables cannot be listed");
	if (!len)
		return -1;
	data = nft_list(NFT_MSG_GETRULE, family, "t", &len);
	if (!data)
		die("rules cannot be listed");
	/* Each has its expressions, which have their name. */
	for (; len > 4; data++, len--)
		if (!memcmp(data, "mapt", 5))
			num++;

	return num;
}

struct place {
	unsigned int	family, hook;
	int		priority;
	const char	*type;
	unsigned int	op, fmrs;
};

static void mapt_napt(void)
{
	mapt_op(NFT_MAPT_NAPT, 0);
}

static void mapt_ce(void)
{
	mapt_op(NFT_MAPT_CE, 2);
}

static void mapt_br(void)
{
	mapt_op(NFT_MAPT_BR, 1);
}

static void mapt_br_many(void)
{
	mapt_op(NFT_MAPT_BR, 3);
}

static void batch_load(const struct place *p)
{
	unsigned int at, nest, i;

	mutate = MUTATE_NEVER;
	batch_begin();
	at = nft_message(NFT_MSG_NEWTABLE, NLM_F_CREATE, p->family);
	put_text(NFTA_TABLE_NAME, "t");
	message_end(at);
	at = nft_message(NFT_MSG_NEWCHAIN, NLM_F_CREATE, p->family);
	put_text(NFTA_CHAIN_TABLE, "t");
	put_text(NFTA_CHAIN_NAME, "c");
	nest = open_attr(NFTA_CHAIN_HOOK);
	put32(NFTA_HOOK_HOOKNUM, p->hook);
	put32(NFTA_HOOK_PRIORITY, p->priority);
	close_attr(nest);
	put_text(NFTA_CHAIN_TYPE, p->type);
	message_end(at);
	for (i = 0; i < 2; i++) {
		at = nft_message(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, p->family);
		put_text(NFTA_RULE_TABLE, "t");
		put_text(NFTA_RULE_CHAIN, "c");
		nest = open_attr(NFTA_RULE_EXPRESSIONS);
		/* The same each time */
		rnd_state = p->op * 64 + p->fmrs + i;
		expression(NFTA_LIST_ELEM, "mapt", p->op == NFT_MAPT_NAPT ? mapt_napt : p->op == NFT_MAPT_CE ? mapt_ce :
			   p->fmrs > 1 ? mapt_br_many : mapt_br);
		close_attr(nest);
		message_end(at);
	}
	batch_end();
	mutate = 0;
}

static void batch_unload(const struct place *p)
{
	unsigned int at;

	batch_begin();
	at = nft_message(NFT_MSG_DELTABLE, 0, p->family);
	put_text(NFTA_TABLE_NAME, "t");
	message_end(at);
	batch_end();
}

/* Until nothing fails any more; true: that worked. */
static bool each(const char *what, const struct place *p, void (*batch)(const struct place *), int want)
{
	unsigned int n, tries = 0;
	int before = rules(p->family), now, error;
	bool hit;

	for (n = 1; n < TRIES_MAX; n++) {
		batch(p);
		arm(n);
		error = nft_send();
		hit = disarm();
		if (!error)
			error = nft_answers();
		else
			nft_answers();
		now = rules(p->family);
		if (now != before && now != want) {
			fault(what, n, "half of it is there");
			return false;
		}
		if (!hit) {
			if (error)
				fault(what, n, strerror(error));
			else if (now != want)
				fault(what, n, "nothing failed, and nothing is there");
			break;
		}
		failed++;
		/* What failed may have been the answer. */
		if (now == want) {
			if (!error && ++tries > 200)
				break;
			if (want >= 0)
				batch_unload(p);
			else
				batch_load(p);
			if (nft_send() || nft_answers()) {
				fault(what, n, "cannot be undone");
				return false;
			}
		}
	}
	printf("ok %s: %u allocations\n", what, n - 1);

	return true;
}

static void listing(const struct place *p)
{
	size_t len, all;
	unsigned int n;
	bool hit;

	nft_list(NFT_MSG_GETRULE, p->family, "t", &all);
	for (n = 1; n < TRIES_MAX; n++) {
		arm(n);
		nft_list(NFT_MSG_GETRULE, p->family, "t", &len);
		hit = disarm();
		if (!hit) {
			if (len != all)
				fault("listing", n, "differs");
			break;
		}
		failed++;
	}
	printf("ok listing: %u allocations\n", n - 1);
}

static void namespaces(void)
{
	unsigned int n;
	int error;
	bool hit;

	for (n = 1; n < TRIES_MAX; n++) {
		arm(n);
		error = unshare(CLONE_NEWNET) ? errno : 0;
		hit = disarm();
		if (!hit) {
			if (error)
				fault("namespace", n, strerror(error));
			break;
		}
		failed++;
		/* Elsewhere, there are too many of them. */
		if (n > 64)
			n += n / 8;
	}
	printf("ok namespaces: to allocation %u\n", n);
}

int main(void)
{
	static const struct place places[] = {
		{ NFPROTO_IPV4, NF_INET_POST_ROUTING, 100, "nat", NFT_MAPT_NAPT, 0 },
		{ NFPROTO_INET, NF_INET_POST_ROUTING, 110, "filter", NFT_MAPT_CE, 0 },
		{ NFPROTO_IPV6, NF_INET_PRE_ROUTING, -300, "filter", NFT_MAPT_CE, 0 },
		{ NFPROTO_INET, NF_INET_PRE_ROUTING, -300, "filter", NFT_MAPT_BR, 1 },
		{ NFPROTO_INET, NF_INET_PRE_ROUTING, -300, "filter", NFT_MAPT_BR, 2 },
	};
	static const char *const names[] = { "napt", "ce, up", "ce, down", "br", "br with several rules" };
	char what[64];
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	set_up();
	namespaces();
	nft_open();
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(what, sizeof(what), "load of %s", names[i]);
		if (!each(what, &places[i], batch_load, 2))
			continue;
		listing(&places[i]);
		snprintf(what, sizeof(what), "removal of %s", names[i]);
		each(what, &places[i], batch_unload, -1);
	}
	printf("%s faults: %lu allocations have failed\n", faults ? "not ok" : "ok", failed);

	return faults ? 1 : 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz KIND INPUTS [SEED]: inputs for a reader of mapt, mutated from good ones:
 *
 *	s46	options of DHCPv6, in bytes		hex	the same in text
 *	jool	commands of jool_mapt			joolson	Jool's JSON
 *	uci	OpenWrt's interfaces			nat46	nat46's lines
 *	rules	CSV and JSON of many rules		list	questions for who
 *	json	rulesets in JSON			stats	counters
 *
 * It is built with sanitizers, and ends at the first thing they find. What comes
 * out of a reader must be read again as what it is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../counters.h"
#include "../import.h"
#include "../lookup.h"
#include "../regions.h"
#include "../tool.h"

#define INPUT_MAX	8192
#define NUM(array)	(sizeof(array) / sizeof((array)[0]))

void __sanitizer_set_death_callback(void (*callback)(void));
void __sanitizer_set_report_fd(void *fd);

const char *command_name = "fuzz";

static uint64_t state;
static int report;	/* standard error, which is not in the readers' way */
static struct buf input;
static struct lookup lookup;
static struct mapt_prefix6 prefixes[2];

static uint32_t random32(void)
{
	/* xorshift64* */
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 0x2545f4914f6cdd1dull) >> 32;
}

static uint32_t below(uint32_t limit)
{
	return limit ? random32() % limit : 0;
}

/* What was read last is kept, for a look at it. */
static void keep(void)
{
	FILE *file = fopen("fuzz-input", "w");

	if (!file)
		return;
	fwrite(input.data, 1, input.len, file);
	fclose(file);
}

static void must(bool what, const char *why)
{
	if (what)
		return;
	keep();
	dprintf(report, "fuzz: %s: see fuzz-input\n", why);
	abort();
}

/* --- readers ------------------------------------------------------------ */

/* A ruleset of ours is read again, with as many statements. */
static void read_again(const struct buf *text, size_t statements)
{
	struct found_list list = {};

	must(nftfile_scan("f", text->data, &list), "own ruleset is refused");
	must(list.num == statements, "statements got lost");
	found_free(&list);
}

static void derive(const struct s46 *s46, const struct mapt_prefix6 *prefix,
		   unsigned int num)
{
	struct mapt_fault fault;
	struct buf text = {};
	struct s46_ce ce;
	char msg[400];

	if (!s46_derive(s46, prefix, num, &ce, msg, sizeof(msg))) {
		must(*msg, "refused without a word");
		return;
	}
	ruleset_ce(&ce, &ce_ruleset_defaults, &text);
	if (ce.kind == S46_MAPT)
		must(mapt_stmt_check(&ce.stmt, &fault), "a wrong statement");
	read_again(&text, ce.kind == S46_MAPT ? 3 : ce.shared);
	buf_free(&text);
}

static void decode(const char *data, size_t len)
{
	static const enum s46_kind kinds[] = { S46_MAPT, S46_MAPE, S46_LW };
	/* the size as it is, so that one byte too far is seen */
	char *copy = memcpy(xmalloc(len), data, len);
	struct s46 s46;
	char msg[400];
	size_t i;

	for (i = 0; i < NUM(kinds); i++) {
		if (s46_decode(kinds[i], copy, len, &s46, msg, sizeof(msg)))
			derive(&s46, prefixes, NUM(prefixes));
		else
			must(*msg, "refused without a word");
		s46_free(&s46);
	}
	free(copy);
}

static void read_s46(void)
{
	decode(input.data, input.len);
}

static void read_hex(void)
{
	struct buf bytes = {};
	char msg[400];

	if (s46_hex(input.data, &bytes, msg, sizeof(msg)))
		decode(bytes.data, bytes.len);
	buf_free(&bytes);
}

static void import_done(struct import *import, bool ok)
{
	if (ok && !import->br)
		derive(&import->s46, import->num_end_users ? import->end_user :
		       prefixes, import->num_end_users ?
		       import->num_end_users : NUM(prefixes));
	s46_free(&import->s46);
	free(import->device);
}

static void read_import(bool (*fn)(struct import *import, const char *text))
{
	struct import import = { .file = "f", .s46.kind = S46_MAPT };

	import_done(&import, fn(&import, input.data));
}

static void read_jool(void)
{
	read_import(import_jool);
}

static void read_jool_json(void)
{
	struct import import = { .file = "f", .s46.kind = S46_MAPT };

	import_done(&import, import_jool_json(&import, &input));
}

static void read_uci(void)
{
	read_import(import_uci);
}

static void read_nat46(void)
{
	read_import(import_nat46);
}

static void read_rules(void)
{
	struct regions regions = {};
	struct found_list list = {};
	struct buf text = {};
	size_t i, rules = 0;

	if (regions_read(&regions, "f", &input, &prefixes[0]) &&
	    !regions_ruleset(&regions, "f", "mapt", &text)) {
		must(nftfile_scan("f", text.data, &list),
		     "own ruleset is refused");
		for (i = 0; i < list.num; i++)
			rules += list.list[i].stmt.num_fmrs;
		must(rules == regions.num || rules == 2 * regions.num,
		     "rules got lost");
	}
	found_free(&list);
	regions_free(&regions);
	buf_free(&text);
}

static void read_list(void)
{
	FILE *in = fmemopen(input.data, input.len ? input.len : 1, "r");

	who_list(&lookup, in, random32() & 1);
	fclose(in);
}

static void read_ruleset_json(void)
{
	struct found_list list = {};
	struct lookup own;

	if (found_json("f", &input, &list)) {
		lookup_init(&own, &list);
		lookup_free(&own);
	}
	found_free(&list);
}

static void read_stats(void)
{
	struct counters counters;
	size_t i;

	if (!counters_parse(input.data, &counters))
		return;
	for (i = 0; i < counters.num; i++)
		must(counter_info(counters.list[i].name)->words,
		     "a counter without words");
}

/* --- inputs ------------------------------------------------------------- */

static const char s46_seed[] =
	"\0\x59\0\x17\1\x0d\x18\xc0\0\2\0\x33\x20\1\x0d\xb8\0\xce\0\0\x5d\0\4\0\5\xd8\0"
	"\0\x5b\0\x0d\x60\0\x64\xff\x9b\0\0\0\0\0\0\0\0";
static const char s46_lw_seed[] =
	"\0\x5c\0\x15\xc0\0\2\x08\x40\x20\1\x0d\xb8\0\xce\1\x1b\0\x5d\0\4\0\5\xd8\0"
	"\0\x5a\0\x10\x20\1\x0d\xb8\xff\xff\0\0\0\0\0\0\0\0\0\1";

#define RULE_JSON \
	"{\"ipv6\": {\"prefix\": {\"addr\": \"2001:db8:ce::\", \"len\": 51}}, \"ipv4\": {\"prefix\": {\"addr\": \"192.0.2.0\", \"len\": 24}}, \"ea-len\": 13, \"psid-offset\": 0}"

static const struct kind {
	const char	*name;
	void		(*read)(void);
	const char	*seed;
	size_t		len;
} kinds[] = {
	{ "s46", read_s46, s46_seed, sizeof(s46_seed) - 1 },
	{ "s46", read_s46, s46_lw_seed, sizeof(s46_lw_seed) - 1 },
	{ "hex", read_hex,
	  "0:59:0:17:1:d:18:c0:0:2:0:33:20:1:d:b8:0:ce:0:0:5d:0:4:0:5:d8:0:0:5b:0:d:60:0:64:ff:9b:0:0:0:0:0:0:0:0",
	  0 },
	{ "jool", read_jool,
	  "jool_mapt instance add \"CE\" --netfilter --dmr 64:ff9b::/96\njool_mapt -i CE global update end-user-ipv6-prefix 2001:db8:ce:11b::/64\n"
	  "jool_mapt -i CE global update bmr 2001:db8:ce::/51 192.0.2.0/24 13 0\njool_mapt -i CE fmrt add 2001:db8:ce::/51 192.0.2.0/24 13 0\n",
	  0 },
	{ "jool", read_jool,
	  "jool_mapt instance add --end-user-ipv6-prefix 2001:db8:ce:11b::/64 \\\n --bmr.prefix6 2001:db8:ce::/51 --bmr.prefix4 192.0.2.0/24 --bmr.ea-bits-length 13 --a 0 --dmr 64:ff9b::/96\n",
	  0 },
	{ "joolson", read_jool_json,
	  "{\"global\": {\"dmr\": \"64:ff9b::/96\", \"map-t-type\": \"CE\", \"end-user-ipv6-prefix\": \"2001:db8:ce:11b::/64\", \"bmr\": {\"ipv6 prefix\": \"2001:db8:ce::/51\", \"ipv4 prefix\": \"192.0.2.0/24\", \"ea-bits length\": 13, \"a\": 0}}, \"fmrt\": [\"2001:db8:ce::/51 192.0.2.0/24 13 0\"]}",
	  0 },
	{ "uci", read_uci,
	  "config interface 'm'\n option proto 'map'\n option maptype 'map-t'\n option peeraddr '64:ff9b::/96'\n option ipaddr '192.0.2.0'\n option ip4prefixlen '24'\n option ip6prefix '2001:db8:ce::'\n option ip6prefixlen '51'\n option ealen '13'\n option psidlen '5'\n option offset '0'\n option tunlink 'wan6'\n",
	  0 },
	{ "uci", read_uci,
	  "network.m.proto='map'\nnetwork.m.rule='fmr,type=map-t,ealen=13,prefix4len=24,prefix6len=51,ipv4prefix=192.0.2.0,ipv6prefix=2001:db8:ce::,offset=0,psidlen=5,psid=27,dmr=64:ff9b::/96'\n",
	  0 },
	{ "nat46", read_nat46,
	  "echo config map0 local.style MAP local.v4 192.0.2.0/24 local.v6 2001:db8:ce::/51 local.ea-len 13 local.psid-offset 0 remote.v4 0.0.0.0/0 remote.v6 64:ff9b::/96 remote.style RFC6052\n"
	  "insert map0 local.style MAP local.v4 192.0.2.0/24 local.v6 2001:db8:ce::/51 local.ea-len 13 remote.style MAP remote.v4 192.0.2.0/24 remote.v6 2001:db8:ce::/51 remote.ea-len 13\n",
	  0 },
	{ "rules", read_rules,
	  "ipv6,ipv4,ea-len,psid-offset,psid,dmr,name\n2001:db8:ce::/51,192.0.2.0/24,13,0,,64:ff9b::/96,a\n2001:db8:cf::/51,198.51.100.0/24,13,0,,2001:db8:64::/96,b\n2001:db8:cf:1::/64,198.51.100.7/32,0,6,3/5,2001:db8:64::/96,\n",
	  0 },
	{ "rules", read_rules,
	  "[" RULE_JSON ", {\"ipv6\": \"2001:db8:d0::/48\", \"ipv4\": \"10.0.0.0/8\", \"ea-len\": 30, \"dmr\": \"2001:db8:64::/96\", \"name\": \"x\"}]",
	  0 },
	{ "list", read_list,
	  "# a comment\n192.0.2.8,55300,2026-11-25\n2001:db8:ce:11b:0:c000:208:1b\n192.0.2.8 1 x\n64:ff9b::1.2.3.4;-;t\n",
	  0 },
	{ "json", read_ruleset_json,
	  "{\"nftables\": [{\"rule\": {\"family\": \"ip\", \"table\": \"t\", \"chain\": \"c\", \"expr\": [{\"match\": {\"op\": \"==\", \"left\": {\"meta\": {\"key\": \"oifname\"}}, \"right\": \"wan\"}}, {\"mapt\": {\"op\": \"br\", \"fmr\": [" RULE_JSON "], \"dmr\": {\"prefix\": {\"addr\": \"64:ff9b::\", \"len\": 96}}}}]}}]}",
	  0 },
	{ "stats", read_stats,
	  "xlat_4to6 xlat_6to4 napt misplaced\n00000001 0000000a 00000000 ffffffffffffffff\n00000001 0000000a 00000000 00000002\n",
	  0 },
};

static const char * const words[] = {
	"0", "1", "32", "33", "48", "64", "128", "129", "65535", "4294967296",
	"-1", "/", "::/0", "0.0.0.0/0", "255.255.255.255", "\n", " ", "\"",
	"'", "\\", "\\\n", ",", ";", ":", "=", "null", "{", "}", "[", "]",
	"fmr", "map-e", "lw4o6", "MAP0", "BR", "--", "option ", "config ",
	"jool_mapt ", "instance add ", "psid", "2001:db8:ce::/51", "1e999",
	"network.", "x.y", "-i ", "#", "\t", "\"\": ", "ea-len",
};

static void replace(size_t at, size_t len, const void *data, size_t data_len)
{
	struct buf out = {};

	buf_add(&out, input.data, at);
	buf_add(&out, data, data_len);
	buf_add(&out, input.data + at + len, input.len - at - len);
	buf_free(&input);
	input = out;
}

static void mutate(const struct kind *kind)
{
	size_t at = below(input.len + 1), len = below(input.len - at + 1);
	const char *word = words[below(NUM(words))];
	char byte = random32();

	switch (below(kind->len ? 5 : 7)) {
	case 0:
		if (at < input.len)
			input.data[at] ^= 1 << below(8);
		break;
	case 1:
		replace(at, at < input.len, &byte, 1);
		break;
	case 2:
		replace(at, len > 16 ? below(16) : len, "", 0);
		break;
	case 3:
		if (input.len + len < INPUT_MAX)
			replace(at, 0, input.data + at, len);
		break;
	case 4:
		replace(at, 0, kind->seed, below((kind->len ? kind->len :
						  strlen(kind->seed)) + 1));
		break;
	default:
		replace(at, below(2) ? 0 : len > 8 ? below(8) : len, word,
			strlen(word));
	}
}

static void run(const struct kind *kind)
{
	unsigned int i, num = below(6);

	buf_cut_tail(&input, 0);
	buf_add(&input, kind->seed, kind->len ? kind->len : strlen(kind->seed));
	for (i = 0; i < num && input.len < INPUT_MAX; i++)
		mutate(kind);
	/* what is read as text ends where a zero byte is */
	if (!kind->len)
		buf_cut_tail(&input, strlen(input.data));
	kind->read();
}

static bool prepare(void)
{
	static struct found_list list;
	struct mapt_stmt stmt;

	parse_end_user("64:ff9b::/96", &prefixes[0]);
	parse_end_user("2001:db8:ce:11b::/64", &prefixes[1]);
	buf_add(&input, "", 0);
	if (!nftfile_stmt("mapt br fmr 2001:db8:ce::/51 192.0.2.0/24 ea-len 13 psid-offset 0 dmr 64:ff9b::/96",
			  &stmt))
		return false;
	found_add(&list, &stmt)->where = xstrdup("f");
	lookup_init(&lookup, &list);
	return true;
}

int main(int argc, char **argv)
{
	unsigned long i, inputs = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;
	const struct kind *chosen[NUM(kinds)];
	size_t j, num = 0;

	for (j = 0; argc > 2 && j < NUM(kinds); j++) {
		if (!strcmp(argv[1], kinds[j].name) || !strcmp(argv[1], "all"))
			chosen[num++] = &kinds[j];
	}
	if (!num || !prepare()) {
		fputs("usage: fuzz KIND INPUTS [SEED]\n", stderr);
		return 2;
	}
	state = (argc > 3 ? strtoul(argv[3], NULL, 0) : 1) * 0x9e3779b97f4a7c15ull | 1;
	report = dup(STDERR_FILENO);
	__sanitizer_set_report_fd((void *)(intptr_t)report);
	__sanitizer_set_death_callback(keep);
	if (!freopen("/dev/null", "w", stdout) ||
	    !freopen("/dev/null", "w", stderr))
		return 2;
	for (i = 0; i < inputs; i++)
		run(chosen[below(num)]);
	return 0;
}

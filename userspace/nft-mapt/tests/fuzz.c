// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz KIND INPUTS [SEED] FILE...: inputs made from the statements in files of
 * the corpus, mutated, for one of
 *
 *	text	rulesets, as nft reads them
 *	json	the same in JSON
 *	send	batches to the kernel
 *	recv	messages from the kernel, rules and errors
 *	output	what libnftables prints, in pieces
 *	errors	what it says of the command before
 *	decode	expressions
 *	memory	rulesets and batches, with allocations that fail
 *
 * It is built with sanitizers, and ends at the first thing they find. What a
 * statement is listed as must be read as that statement.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "carrier.h"
#include "filter.h"
#include "front.h"
#include "fuzz-alloc.h"
#include "source.h"

#define SEEDS_MAX	512
#define INPUT_MAX	16384

static struct buf seeds[SEEDS_MAX];
static unsigned int num_seeds;
static uint64_t state;
static FILE *null;

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

/* Allocations */
static unsigned int fail_after;

bool fuzz_alloc_fails(void)
{
	return fail_after && !--fail_after;
}

/* Words that are worth to be in the wrong place. */
static const char * const words[] = {
	"mapt", "napt", "ce", "br", "bmr", "fmr", "dmr", "end-user", "to",
	"ea-len", "psid-offset", "psid", "tos", "copy", "silent", "random",
	"{", "}", ";", "\n", "\\\n", "\"", "#", "$r", "@s", ",", "/", "=",
	"define r = ", "redefine r = ", "undefine r", "include \"/dev/null\"",
	"table ip t {", "chain c {", "add rule ip t c ", "comment \"x\"",
	"counter ", "jump {", "vmap { 1.2.3.4 : ", "monitor", "::/0", "0",
	"4294967296", "255.255.255.255/33", "log prefix \"mapt:0\"", "null",
	"[", "]", ":", "\"mapt\": ", "1e999", "-1", "{\"prefix\": ",
};

#define NUM(array)	(sizeof(array) / sizeof((array)[0]))

static void replace(struct buf *input, size_t at, size_t len, const void *data,
		    size_t data_len)
{
	struct buf out = {};

	buf_add(&out, input->data, at);
	buf_add(&out, data, data_len);
	buf_add(&out, input->data + at + len, input->len - at - len);
	buf_free(input);
	*input = out;
}

static void mutate_once(struct buf *input)
{
	static const uint32_t numbers[] = {
		0, 1, 3, 4, 5, 8, 16, 255, 256, 65535, 65536, 0x7fffffff,
		0x80000000, 0xfffffff0, 0xffffffff,
	};
	size_t at = below(input->len + 1), left = input->len - at, len;
	const struct buf *other;
	uint32_t number;

	len = below(left < 64 ? left + 1 : 64);
	switch (below(8)) {
	case 0:
		if (left)
			input->data[at] ^= 1 << below(8);
		break;
	case 1:
		if (left)
			input->data[at] = random32();
		break;
	case 2:
		replace(input, at, len, NULL, 0);
		break;
	case 3:
		other = &seeds[below(num_seeds)];
		number = below(other->len);
		replace(input, at, len, other->data + number,
			below(other->len - number));
		break;
	case 4:
		number = below(NUM(words));
		replace(input, at, below(2) ? len : 0, words[number],
			strlen(words[number]));
		break;
	case 5:
		number = numbers[below(NUM(numbers))];
		if (left >= 4)
			memcpy(input->data + (at & ~3u), &number,
			       below(2) ? 2 : 4);
		break;
	case 6:
		replace(input, at, 0, input->data + below(input->len + 1 - len),
			len);
		break;
	default:
		buf_cut_tail(input, at);
	}
}

static void make_input(struct buf *input)
{
	const struct buf *seed = &seeds[below(num_seeds)];
	unsigned int i, num = below(8);

	buf_add(input, seed->data, seed->len);
	for (i = 0; i < num; i++)
		mutate_once(input);
	if (input->len > INPUT_MAX)
		buf_cut_tail(input, INPUT_MAX);
}

/* Kinds */
static void fuzz_text(const struct buf *input)
{
	struct source *src = source_new(NULL, xstrndup(input->data, input->len),
					strlen(input->data));

	error_reset();
	scan_text(src);
	error_rest();
	fflush(front->error_file);
}

static void fuzz_json(const struct buf *input)
{
	struct source *src = source_new("f", xstrndup(input->data, input->len),
					strlen(input->data));

	error_reset();
	exchange_json(src);
}

static void fuzz_send(const struct buf *input)
{
	struct buf out = {}, again = {};

	if (batch_exchange(input->data, input->len, &out)) {
		buf_add(&again, out.data, out.len);
		batch_restore(again.data, again.len, again.len);
	}
	buf_free(&out);
	buf_free(&again);
}

static void fuzz_recv(const struct buf *input)
{
	/* of its very size, for the sanitizers to see its end */
	size_t size = input->len + below(64), len;
	char *data = xmalloc(size);

	memcpy(data, input->data, input->len);
	len = batch_restore(data, input->len, size);
	if (len > size)
		abort();
	free(data);
}

static void write_pieces(FILE *file, const struct buf *input)
{
	size_t pos = 0, len;

	while (pos < input->len) {
		len = 1 + below(input->len - pos);
		fwrite(input->data + pos, 1, len, file);
		fflush(file);
		pos += len;
	}
}

static void fuzz_output(const struct buf *input)
{
	struct filter *filter;
	FILE *file = filter_output(&filter);

	filter_set_target(filter, null);
	write_pieces(file, input);
	fclose(file);
}

static void fuzz_errors(const struct buf *input)
{
	struct filter *filter;
	FILE *file = filter_errors(&filter);
	struct source *src;
	struct buf text = {};

	buf_adds(&text, "table ip t {\n\tchain c {\n\t\tcounter mapt br fmr 2001:db8::/32 192.0.2.0/24 ea-len 16 dmr 64:ff9b::/96\n\t}\n}\n");
	src = source_new(below(2) ? "f" : NULL, text.data, text.len);
	scan_text(src);
	filter_set_target(filter, null);
	filter_set_command(filter, src->name ? NULL : src);
	front->refused = below(2) ? 95 : 2;
	front->missing = below(3);
	write_pieces(file, input);
	fclose(file);
}

/* The carrier of a statement in a chain, or -1. */
static int read_back(const char *text)
{
	struct buf ruleset = {};
	struct source *src;

	buf_printf(&ruleset, "table ip t {\nchain c {\n%s\n}\n}\n", text);
	src = source_new(NULL, ruleset.data, ruleset.len);
	scan_text(src);
	if (src->num_edits != 1)
		return -1;
	text = strchr(src->edits[0].text, '"') + 1;
	return carrier_find(text, strlen(text) - 1);
}

/* Host bits, which the kernel refuses, are not shown. */
static void mask(struct mapt_stmt *stmt)
{
	unsigned int i;

	mapt_prefix6_mask(&stmt->bmr.prefix6);
	mapt_prefix4_mask(&stmt->bmr.prefix4);
	mapt_prefix6_mask(&stmt->end_user);
	mapt_prefix6_mask(&stmt->dmr);
	for (i = 0; i < stmt->num_fmrs; i++) {
		mapt_prefix6_mask(&stmt->fmr[i].prefix6);
		mapt_prefix4_mask(&stmt->fmr[i].prefix4);
	}
}

static void fuzz_decode(const struct buf *input)
{
	int carrier = carrier_add(input->data, input->len), again;
	struct mapt_stmt *stmt = xcalloc(1, sizeof(*stmt));
	struct mapt_fault fault;
	struct buf text = {}, data = {};
	size_t len;

	carrier_print(carrier, &text);
	carrier_print_json(carrier, &data);
	buf_free(&data);
	if (mapt_decode(input->data, input->len, stmt) &&
	    (mask(stmt), mapt_stmt_check(stmt, &fault))) {
		mapt_encode(stmt, &data);
		again = read_back(text.data);
		if (again < 0 ||
		    memcmp(carrier_data(again, &len), data.data, data.len)) {
			fprintf(stderr, "not read as listed: %s\n", text.data);
			abort();
		}
	}
	buf_free(&text);
	buf_free(&data);
	free(stmt);
}

static void fuzz_memory(const struct buf *input)
{
	fail_after = 1 + below(60);
	if (input->data[0] & 0x80 || !memchr(input->data, 't', input->len))
		fuzz_send(input);
	else if (*input->data == '{')
		fuzz_json(input);
	else
		fuzz_text(input);
}

/* Seeds */
static struct buf *new_seed(void)
{
	if (num_seeds == SEEDS_MAX) {
		fputs("fuzz: too many cases\n", stderr);
		exit(EXIT_FAILURE);
	}
	return &seeds[num_seeds++];
}

static void seed_text(const char *stmt)
{
	buf_printf(new_seed(), "define r = 2001:db8::/32 192.0.2.0/24 ea-len 16\ntable inet t {\n\tchain c {\n\t\tiifname \"wan\" %s comment \"x\"\n\t}\n}\nadd rule inet t c mapt br fmr $r dmr 64:ff9b::/96\n",
		   stmt);
}

static void seed_json(const char *stmt)
{
	buf_printf(new_seed(), "{\"nftables\": [{\"add\": {\"rule\": {\"family\": \"inet\", \"table\": \"t\", \"chain\": \"c\", \"expr\": [{\"counter\": null}, %s]}}}]}",
		   stmt);
}

static size_t unhex(const char *hex, uint8_t *data)
{
	size_t len;
	unsigned int byte;

	for (len = 0; sscanf(hex + 2 * len, "%2x", &byte) == 1; len++)
		data[len] = byte;
	return len;
}

static size_t start(struct buf *out, uint16_t type)
{
	struct nlattr attr = { .nla_type = type };

	buf_add(out, &attr, sizeof(attr));
	return out->len - sizeof(attr);
}

static void end(struct buf *out, size_t at)
{
	uint16_t len = out->len - at;

	memcpy(out->data + at, &len, sizeof(len));
	buf_fill(out, 0, NLA_ALIGN(out->len) - out->len);
}

static void put(struct buf *out, uint16_t type, const void *data, size_t len)
{
	size_t at = start(out, type);

	buf_add(out, data, len);
	end(out, at);
}

static void message(struct buf *out, uint16_t type, uint32_t seq,
		    const struct buf *payload)
{
	struct nlmsghdr nlh = {
		.nlmsg_len	= NLMSG_LENGTH(sizeof(struct nfgenmsg)) +
				  payload->len,
		.nlmsg_type	= type,
		.nlmsg_seq	= seq,
	};
	struct nfgenmsg msg = {};

	buf_add(out, &nlh, sizeof(nlh));
	buf_add(out, &msg, sizeof(msg));
	buf_add(out, payload->data, payload->len);
}

/* A rule of a counter and of the expression @name. */
static void put_rule(struct buf *out, const char *name, const struct buf *data)
{
	struct buf rule = {};
	size_t list, expr;

	put(&rule, NFTA_RULE_TABLE, "t", 2);
	put(&rule, NFTA_RULE_CHAIN, "c", 2);
	list = start(&rule, NFTA_RULE_EXPRESSIONS | NLA_F_NESTED);
	expr = start(&rule, NFTA_LIST_ELEM | NLA_F_NESTED);
	put(&rule, NFTA_EXPR_NAME, "counter", 8);
	end(&rule, expr);
	expr = start(&rule, NFTA_LIST_ELEM | NLA_F_NESTED);
	put(&rule, NFTA_EXPR_NAME, name, strlen(name) + 1);
	put(&rule, NFTA_EXPR_DATA | NLA_F_NESTED, data->data, data->len);
	end(&rule, expr);
	end(&rule, list);
	message(out, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE, 2, &rule);
	buf_free(&rule);
}

static void seed_send(int carrier)
{
	struct buf *out = new_seed(), prefix = {}, log = {}, none = {};

	buf_adds(&none, "");
	message(out, NFNL_MSG_BATCH_BEGIN, 1, &none);
	carrier_prefix(carrier, &prefix);
	put(&log, NFTA_LOG_PREFIX, prefix.data, prefix.len + 1);
	put_rule(out, "log", &log);
	put_rule(out, "log", &log);
	message(out, NFNL_MSG_BATCH_END, 3, &none);
	buf_free(&prefix);
	buf_free(&log);
	buf_free(&none);
}

static void seed_recv(const void *data, size_t len)
{
	struct buf expr = {};

	buf_add(&expr, data, len);
	put_rule(new_seed(), "mapt", &expr);
	buf_free(&expr);
}

/* The kernel's word on offset @offset of the message that seed_send() has. */
static void seed_error(uint32_t offset)
{
	struct nlmsghdr nlh = {
		.nlmsg_type	= NLMSG_ERROR,
		.nlmsg_flags	= NLM_F_CAPPED | NLM_F_ACK_TLVS,
		.nlmsg_seq	= 2,
	};
	struct nlmsgerr err = { .error = -2 };
	struct buf *out = new_seed();

	err.msg.nlmsg_seq = 2;
	buf_add(out, &nlh, sizeof(nlh));
	buf_add(out, &err, sizeof(err));
	put(out, NLMSGERR_ATTR_OFFS, &offset, sizeof(offset));
	nlh.nlmsg_len = out->len;
	memcpy(out->data, &nlh, sizeof(nlh));
}

static void seed_output(int carrier)
{
	struct buf *out = new_seed();

	buf_adds(out, "table inet t {\n\tchain c {\n\t\tcounter ");
	carrier_stmt(carrier, out);
	buf_adds(out, " comment \"x\"\n\t}\n}\n{\"expr\": [{\"log\": {\"prefix\": \"");
	carrier_prefix(carrier, out);
	buf_adds(out, "\"}}]}\n  [ log prefix ");
	carrier_prefix(carrier, out);
	buf_adds(out, " ]\n");
}

static void seed_errors(const char *stmt)
{
	buf_printf(new_seed(), "f:3:11-60: Error: Could not process rule: Operation not supported\n\t\tcounter log prefix \"%s0\" \n\t\t        ^^^^^^^^^^^^^^^^^^^\nf:3:3-8: Error: syntax error\n\t\t%s\n\t\t^^^^~~~\nError: Could not process rule: No such file or directory\n",
		   front->mark, stmt);
}

static const struct kind {
	const char	*name;
	void		(*run)(const struct buf *input);
} kinds[] = {
	{ "text", fuzz_text },
	{ "json", fuzz_json },
	{ "send", fuzz_send },
	{ "recv", fuzz_recv },
	{ "output", fuzz_output },
	{ "errors", fuzz_errors },
	{ "decode", fuzz_decode },
	{ "memory", fuzz_memory },
};

static void add_bytes(const char *kind, const char *hex)
{
	static uint8_t data[65536];
	size_t len = unhex(hex, data);
	int carrier = carrier_add(data, len);

	if (!strcmp(kind, "send") || !strcmp(kind, "memory"))
		seed_send(carrier);
	else if (!strcmp(kind, "recv"))
		seed_recv(data, len);
	else if (!strcmp(kind, "output"))
		seed_output(carrier);
	else if (!strcmp(kind, "decode"))
		buf_add(new_seed(), data, len);
}

/* A line of the corpus. */
static void add_seed(const char *kind, const char *line)
{
	bool memory = !strcmp(kind, "memory");

	if (!strncmp(line, "bytes: ", 7))
		add_bytes(kind, line + 7);
	else if (!strncmp(line, "text: ", 6) || !strncmp(line, "in: ", 4)) {
		line = strchr(line, ' ') + 1;
		if (!strcmp(kind, "text") || (memory && num_seeds < 100))
			seed_text(line);
		else if (!strcmp(kind, "errors"))
			seed_errors(line);
	} else if (!strncmp(line, "json: ", 6) || !strncmp(line, "json-in: ", 9)) {
		if (!strcmp(kind, "json") || (memory && num_seeds < 200))
			seed_json(strchr(line, ' ') + 1);
	}
}

static void read_seeds(const char *kind, const char *name)
{
	FILE *file = fopen(name, "r");
	char *line = NULL;
	size_t size = 0;

	if (!file) {
		perror(name);
		exit(EXIT_FAILURE);
	}
	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (num_seeds < SEEDS_MAX - 8)
			add_seed(kind, line);
	}
	free(line);
	fclose(file);
}

struct turn {
	const struct kind	*kind;
	struct buf		input;
};

static void run_turn(void *data)
{
	struct turn *turn = data;

	turn->kind->run(&turn->input);
}

/* Between inputs, what a command leaves; now and then, what a context does. */
static void clean_up(unsigned int turn)
{
	fail_after = 0;
	if (turn % 4 && front->num_shifts < 1000)
		return;
	batch_reset();
	defines_end(false);
	sources_end();
}

static void run(const struct kind *kind, unsigned int inputs)
{
	unsigned int i;

	for (i = 0; i < inputs; i++) {
		struct turn turn = { .kind = kind };

		make_input(&turn.input);
		if (!turn.input.data)
			buf_adds(&turn.input, "");
		front_try(run_turn, &turn);
		buf_free(&turn.input);
		clean_up(i);
	}
	clean_up(0);
}

int main(int argc, char **argv)
{
	const struct kind *kind = NULL;
	unsigned int i;
	int arg = 3;

	for (i = 0; argc > 3 && i < NUM(kinds); i++) {
		if (!strcmp(kinds[i].name, argv[1]))
			kind = &kinds[i];
	}
	if (!kind) {
		fputs("usage: fuzz KIND INPUTS [SEED] FILE...\n", stderr);
		return 2;
	}
	state = strtoull(argv[arg], NULL, 0);
	if (state)
		arg++;
	else
		state = 1;

	buf_no_memory = front_escape;
	front = front_new(NULL);
	null = fopen("/dev/null", "w");
	if (!front || !null)
		return EXIT_FAILURE;
	front->error_file = null;
	/* the same in each run, for what is found to be found again */
	strcpy(front->mark, "mapt:0123456789abcdef:");
	for (; arg < argc; arg++)
		read_seeds(kind->name, argv[arg]);
	for (i = 40; i < 240 && !strcmp(kind->name, "recv"); i += 40)
		seed_error(i);
	if (!num_seeds)
		return EXIT_FAILURE;
	run(kind, strtoul(argv[2], NULL, 0));
	printf("%s inputs of kind %s\n", argv[2], kind->name);
	for (i = 0; i < num_seeds; i++)
		buf_free(&seeds[i]);
	front_free(front);
	fclose(null);
	return EXIT_SUCCESS;
}

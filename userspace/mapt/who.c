// SPDX-License-Identifier: GPL-2.0
/* mapt who: which customer had an address and a port. */
#include <arpa/inet.h>
#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "tool.h"

static const char help[] =
"Usage: mapt who [OPTION]... ADDRESS4 [PORT]\n"
"       mapt who [OPTION]... ADDRESS6\n"
"       mapt who [OPTION]... [-] < LIST\n"
"\n"
"Says whose an IPv4 address and port (or ICMP identifier) are, or an IPv6\n"
"address: the customer's end-user IPv6 prefix, the MAP address of the CE, and\n"
"the rule by which that is so. Rules are those that are loaded.\n"
"\n"
"A list has a line for each question: address, port and anything else (a time),\n"
"separated by blanks, tabs, commas or semicolons; lines that begin with # are\n"
"skipped. The answer has a line for each, with tabs between: the address, the\n"
"port, IPv4 address, PSID, end-user prefix, MAP address and what else was there;\n"
"a - where there is nothing to say.\n"
"\n"
"  --ruleset FILE   by the rules of this file (nft's text or JSON) instead;\n"
"                   for a time in the past, those that were loaded then\n"
"  --json           answers as JSON, one object in a line for a list\n"
"\n"
"Exit status: 0; 1 if an address is nobody's; 2 if an address, a port or a line\n"
"is none; 3 if the kernel could not be asked.\n"
"\n"
"  mapt who 192.0.2.8 55300\n"
"  mapt who --ruleset /etc/nftables.d/br.nft < complaints.csv\n";

struct question {
	bool		six;
	uint32_t	addr4;
	struct in6_addr	addr6;
	int		port;
};

static bool is_customer(const struct who *who)
{
	return who->verdict == WHO_CUSTOMER || who->verdict == WHO_INSIDE;
}

static void reason(const struct question *q, const struct who *who,
		   struct buf *out)
{
	switch (who->verdict) {
	case WHO_EXCLUDED:
		buf_printf(out, "nobody's: ports 0-%u belong to no customer of that address (RFC 7597 5.1)",
			   (1U << (16 - who->entry->kernel.a)) - 1);
		break;
	case WHO_PORT:
		buf_adds(out, "the address is shared, which port?");
		break;
	case WHO_INTERNET:
		buf_adds(out, "in the default mapping rule's prefix, where it stands for ");
		mapt_print_addr4(who->addr4, out);
		break;
	default:
		buf_printf(out, "no mapping rule covers it%s", q->six ? "" :
			   q->port == NO_PORT ? "" : " and its port");
	}
}

static json_t *text_json(const struct buf *text)
{
	return json_string(text->data ? text->data : "");
}

static void set_text(json_t *obj, const char *key, struct buf *text)
{
	json_object_set_new(obj, key, text_json(text));
	buf_free(text);
}

static json_t *who_json(const struct question *q, const char *address,
			const struct who *who)
{
	json_t *obj = json_pack("{s:s}", "address", address);
	struct buf text = {};

	if (q->port != NO_PORT)
		json_object_set_new(obj, "port", json_integer(q->port));
	if (!is_customer(who)) {
		reason(q, who, &text);
		set_text(obj, "nobody", &text);
		return obj;
	}
	mapt_print_addr4(who->addr4, &text);
	set_text(obj, "ipv4", &text);
	if (nf_mapt_rule_shared(&who->entry->kernel))
		json_object_set_new(obj, "psid", json_integer(who->psid));
	mapt_print_prefix6(&who->end_user, &text);
	set_text(obj, "end-user", &text);
	addr6_text(&who->addr6, &text);
	set_text(obj, "map-address", &text);
	if (q->six)
		json_object_set_new(obj, "is-map-address",
				    json_boolean(who->verdict == WHO_CUSTOMER));
	mapt_print_rule(who->entry->rule, &text);
	set_text(obj, "rule", &text);
	json_object_set_new(obj, "in", json_string(who->entry->found->where));
	return obj;
}

static void print_customer(const struct question *q, const char *address,
			   const struct who *who)
{
	const struct nf_mapt_rule *rule = &who->entry->kernel;
	struct nf_mapt_port_set set;
	struct buf text = {};

	nf_mapt_port_set_init(&set, rule->a,
			      mapt_rule_psid_len(who->entry->rule), who->psid);
	buf_adds(&text, address);
	if (q->port != NO_PORT)
		buf_printf(&text, " port %d", q->port);
	if (who->verdict == WHO_INSIDE)
		buf_adds(&text, ", not the MAP address");
	buf_adds(&text, "\n  end-user prefix  ");
	mapt_print_prefix6(&who->end_user, &text);
	buf_adds(&text, "\n  MAP address      ");
	addr6_text(&who->addr6, &text);
	buf_adds(&text, "\n  IPv4 address     ");
	mapt_print_addr4(who->addr4, &text);
	if (set.k) {
		buf_printf(&text, ", PSID %u, ports ", who->psid);
		ports_text(&set, 4, &text);
	}
	buf_adds(&text, "\n  rule             ");
	mapt_print_rule(who->entry->rule, &text);
	buf_printf(&text, "\n  in               %s", who->entry->found->where);
	puts(text.data);
	buf_free(&text);
}

static int answer(const struct lookup *lookup, const struct question *q,
		  const char *address, bool json)
{
	struct buf text = {};
	struct who who;

	if (q->six)
		lookup_addr6(lookup, &q->addr6, &who);
	else
		lookup_addr4(lookup, q->addr4, q->port, &who);
	if (who.verdict == WHO_PORT)
		return usage("%s is shared by several customers: give a port",
			     address);
	if (json) {
		print_json(who_json(q, address, &who));
	} else if (is_customer(&who)) {
		print_customer(q, address, &who);
	} else {
		reason(q, &who, &text);
		printf("%s", address);
		if (q->port != NO_PORT)
			printf(" port %d", q->port);
		printf(": %s\n", text.data);
		buf_free(&text);
	}
	return is_customer(&who) ? STATUS_OK : STATUS_NO;
}

static bool read_address(const char *text, struct question *q)
{
	q->port = NO_PORT;
	q->six = strchr(text, ':');
	if (q->six)
		return inet_pton(AF_INET6, text, &q->addr6) == 1;
	return mapt_parse_addr4(text, &q->addr4);
}

static bool read_port(const char *text, struct question *q)
{
	unsigned int port;

	if (!parse_uint(text, 0, 65535, &port))
		return false;
	q->port = port;
	return true;
}

/* --- lists ------------------------------------------------------------ */

#define SEPARATORS	" \t,;"

/* The next field of what is left of a line, and how long it is. */
static size_t next_field(char **text)
{
	*text += strspn(*text, SEPARATORS);
	return strcspn(*text, SEPARATORS);
}

/* Takes the next field if it is a port, or a - for none. */
static void take_port(char **text, struct question *q)
{
	size_t len = next_field(text);
	unsigned int port;

	if (len == 1 && **text == '-') {
		*text += len;
	} else if (mapt_parse_number(*text, len, &port) && port <= 65535) {
		q->port = port;
		*text += len;
	}
}

static void print_line(const struct question *q, const char *address,
		       const struct who *who, const char *rest)
{
	static struct buf text;

	buf_cut_tail(&text, 0);
	buf_adds(&text, address);
	if (q->port == NO_PORT)
		buf_adds(&text, "\t-\t");
	else
		buf_printf(&text, "\t%d\t", q->port);
	if (is_customer(who)) {
		mapt_print_addr4(who->addr4, &text);
		if (nf_mapt_rule_shared(&who->entry->kernel))
			buf_printf(&text, "\t%u\t", who->psid);
		else
			buf_adds(&text, "\t-\t");
		mapt_print_prefix6(&who->end_user, &text);
		buf_adds(&text, "\t");
		addr6_text(&who->addr6, &text);
	} else {
		buf_adds(&text, "-\t-\t-\t-");
	}
	if (*rest)
		buf_printf(&text, "\t%s", rest);
	buf_adds(&text, "\n");
	fwrite(text.data, 1, text.len, stdout);
}

static void print_json_line(const struct question *q, const char *address,
			    const struct who *who, const char *rest)
{
	json_t *obj = who_json(q, address, who);
	char *text;

	if (*rest)
		json_object_set_new(obj, "rest", json_string(rest));
	text = json_dumps(obj, JSON_COMPACT);
	puts(text ? text : "{}");
	free(text);
	json_decref(obj);
}

/* A first line without a figure in its first field is a heading. */
static bool is_heading(const char *field)
{
	return !field[strcspn(field, "0123456789:")];
}

static int answer_line(const struct lookup *lookup, char *line,
		       unsigned long number, bool json)
{
	size_t len = next_field(&line);
	const char *address = line;
	struct question q;
	struct who who;

	if (!len || *address == '#')
		return STATUS_OK;
	line += len;
	if (*line)
		*line++ = '\0';
	if (number == 1 && is_heading(address))
		return STATUS_OK;
	if (!read_address(address, &q))
		return usage("line %lu: '%s' is not an address", number,
			     address);
	take_port(&line, &q);
	line += strspn(line, SEPARATORS);
	if (q.six)
		lookup_addr6(lookup, &q.addr6, &who);
	else
		lookup_addr4(lookup, q.addr4, q.port, &who);
	if (json)
		print_json_line(&q, address, &who, line);
	else
		print_line(&q, address, &who, line);
	if (who.verdict == WHO_PORT)
		return usage("line %lu: %s is shared by several customers and has no port",
			     number, address);
	return is_customer(&who) ? STATUS_OK : STATUS_NO;
}

/**
 * who_list - answer a list of questions
 * @lookup: rules
 * @in: a line for each
 * @json: answer in JSON
 *
 * Return: an exit status, the worst of all lines.
 */
int who_list(const struct lookup *lookup, FILE *in, bool json)
{
	unsigned long number = 0;
	int rc = STATUS_OK, one;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, in)) >= 0) {
		number++;
		while (len && isspace((unsigned char)line[len - 1]))
			line[--len] = '\0';
		one = answer_line(lookup, line, number, json);
		if (one > rc)
			rc = one;
	}
	free(line);
	if (ferror(in))
		return failed("cannot read standard input");
	return rc;
}

/* ---------------------------------------------------------------------- */

static int ask(const struct lookup *lookup, int argc, char **argv, bool json)
{
	struct question q;

	if (!argc || (argc == 1 && !strcmp(argv[0], "-")))
		return who_list(lookup, stdin, json);
	if (!read_address(argv[0], &q))
		return usage("'%s' is not an address", argv[0]);
	if (argc > 1 && !read_port(argv[1], &q))
		return usage("'%s' is not a port, 0 to 65535", argv[1]);
	if (argc > 2)
		return usage("'%s' is too much: an address and a port",
			     argv[2]);
	return answer(lookup, &q, argv[0], json);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "ruleset", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{}
	};
	struct found_list list = {};
	const char *path = NULL;
	struct lookup lookup;
	bool json = false;
	int option, rc;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (option == 'r')
			path = optarg;
		else if (option == 'j')
			json = true;
		else
			return STATUS_USAGE;
	}
	rc = found_get(path, &list);
	if (!rc) {
		lookup_init(&lookup, &list);
		rc = ask(&lookup, argc - optind, argv + optind, json);
		lookup_free(&lookup);
	}
	found_free(&list);
	return rc;
}

const struct command command_who = {
	.name		= "who",
	.summary	= "whose an address and a port are",
	.help		= help,
	.run		= run,
};

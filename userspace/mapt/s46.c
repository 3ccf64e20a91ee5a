// SPDX-License-Identifier: GPL-2.0
/* mapt s46: from what a DHCPv6 client received to the ruleset of a CE. */
#include <arpa/inet.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

#define PREFIXES_MAX	64
#define CONTAINERS_MAX	3

enum form {
	FORM_RULESET,
	FORM_JSON,
	FORM_SHELL,
};

struct request {
	enum s46_kind		kind[CONTAINERS_MAX];
	const char		*hex[CONTAINERS_MAX];
	unsigned int		num;
	struct mapt_prefix6	prefix[PREFIXES_MAX];
	unsigned int		num_prefixes;
	const char		*priority;
	enum form		form;
	struct ce_ruleset	ruleset;
};

static const char help[] =
"Usage: mapt s46 KIND HEX [KIND HEX]... --prefix PREFIX6 [OPTION]...\n"
"       mapt s46 none [--table NAME]\n"
"\n"
"Reads what a DHCPv6 server sent to configure a CE (RFC 7598) and prints the\n"
"ruleset that follows, one transaction that replaces tables ip mapt and ip6\n"
"mapt. \"none\" prints the ruleset that takes them away. What is malformed is\n"
"refused: nothing on standard output, the reason on standard error.\n"
"\n"
"KIND is map-t (or 95), map-e (94) or lw4o6 (96). HEX is what the option holds,\n"
"without its own code and length, as clients hand it over: 00590016... (dhcpcd,\n"
"binhex) or 0:59:0:16... (dhclient); - is standard input. Of several kinds the\n"
"first is taken, or the one that --priority prefers.\n"
"\n"
"  --prefix PREFIX6   prefix that is delegated to this router; may be repeated,\n"
"                     the longest match with a rule decides\n"
"  --device NAME      interface that faces the provider (wan)\n"
"  --lan NAME         refuse connections from outside to this interface that\n"
"                     dnat does not publish; may be repeated\n"
"  --napt OPTIONS     of mapt napt, as one word: 'mapping all filtering\n"
"                     endpoint-independent'\n"
"  --mss              TCP's segments fit the softwire (needs --mtu if not 1500)\n"
"  --mtu N            MTU of the interface that faces the provider (1500)\n"
"  --tunnel NAME      tunnel of MAP-E and lw4o6 (s46), to be made by the caller\n"
"  --table NAME       name of the tables (mapt)\n"
"  --priority HEX     OPTION_S46_PRIORITY (111) of RFC 8026\n"
"  --json             not the ruleset but what it is made of, as JSON\n"
"  --shell            the same as S46_... lines for a shell's eval\n"
"\n"
"JSON and shell forms have kind, prefix, address (and address-len where the CE\n"
"has a prefix), psid, psid-len and psid-offset where the address is shared,\n"
"ports, mtu (of IPv4), device, and map-address and dmr for map-t, or tunnel,\n"
"local and remote (the border relay, for lw4o6 the AFTR) for the others.\n"
"\n"
"Exit status: 0, 2 if the options, the prefix or a word is wrong.\n"
"\n"
"  mapt s46 map-t \"$new_dhcp6_mapt\" --prefix 2001:db8:ce:11b::/64 --device wan |\n"
"      nft-mapt -f -\n";

/* RFC 8026 section 1.3: option codes, the preferred one first. */
static bool prefer(const struct request *req, unsigned int *chosen)
{
	struct buf bytes = {};
	char msg[400];
	unsigned int i;
	size_t pos;

	*chosen = 0;
	if (!req->priority)
		return true;
	if (!s46_hex(req->priority, &bytes, msg, sizeof(msg)) ||
	    bytes.len % 2) {
		usage("--priority: %s", bytes.len % 2 ?
		      "an odd number of bytes, each option code has two" : msg);
		buf_free(&bytes);
		return false;
	}
	for (pos = 0; pos < bytes.len; pos += 2) {
		unsigned int code = (uint8_t)bytes.data[pos] << 8 |
				    (uint8_t)bytes.data[pos + 1];

		for (i = 0; i < req->num; i++) {
			if (req->kind[i] != code)
				continue;
			*chosen = i;
			buf_free(&bytes);
			return true;
		}
	}
	buf_free(&bytes);
	return true;
}

/* All containers must be well-formed; the chosen one makes @ce. */
static bool read_container(const struct request *req, unsigned int i,
			   struct s46_ce *ce)
{
	const char *name = s46_name(req->kind[i]);
	struct buf bytes = {}, input = {};
	const char *text = req->hex[i];
	struct s46 s46 = {};
	char msg[400];
	bool ok;

	if (!strcmp(text, "-")) {
		if (!read_file("-", &input))
			return false;
		text = input.data;
	}
	ok = s46_hex(text, &bytes, msg, sizeof(msg)) &&
	     s46_decode(req->kind[i], bytes.data, bytes.len, &s46, msg,
			sizeof(msg)) &&
	     (!ce || s46_derive(&s46, req->prefix, req->num_prefixes, ce, msg,
				sizeof(msg)));
	if (!ok)
		usage("%s: %s", name, msg);
	s46_free(&s46);
	buf_free(&bytes);
	buf_free(&input);
	return ok;
}

static json_t *addr4_json(uint32_t addr)
{
	struct buf text = {};
	json_t *json;

	mapt_print_addr4(addr, &text);
	json = json_string(text.data);
	buf_free(&text);
	return json;
}

static json_t *addr6_json(const struct in6_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	return json_string(inet_ntop(AF_INET6, addr, text, sizeof(text)));
}

static json_t *prefix6_json(const struct mapt_prefix6 *prefix)
{
	struct buf text = {};
	json_t *json;

	mapt_print_prefix6(prefix, &text);
	json = json_string(text.data);
	buf_free(&text);
	return json;
}

static json_t *ce_json(const struct s46_ce *ce,
		       const struct ce_ruleset *options)
{
	struct nf_mapt_port_set set;
	json_t *obj;

	nf_mapt_port_set_init(&set, ce->psid_offset, ce->psid_len, ce->psid);
	obj = json_pack("{s:s, s:o, s:o, s:i}", "kind", s46_name(ce->kind),
			"prefix", prefix6_json(&ce->prefix6),
			"address", addr4_json(ce->ipv4.addr),
			"address-len", (int)ce->ipv4.len);
	if (ce->shared) {
		json_object_set_new(obj, "psid", json_integer(ce->psid));
		json_object_set_new(obj, "psid-len",
				    json_integer(ce->psid_len));
		json_object_set_new(obj, "psid-offset",
				    json_integer(ce->psid_offset));
	}
	json_object_set_new(obj, "ports", ports_json(&set));
	json_object_set_new(obj, "mtu",
			    json_integer(ce_mtu(ce, options->mtu)));
	json_object_set_new(obj, "device", json_string(options->device));
	if (ce->kind == S46_MAPT) {
		json_object_set_new(obj, "map-address", addr6_json(&ce->local));
		json_object_set_new(obj, "dmr", prefix6_json(&ce->stmt.dmr));
	} else {
		json_object_set_new(obj, "tunnel",
				    json_string(options->tunnel));
		json_object_set_new(obj, "local", addr6_json(&ce->local));
		json_object_set_new(obj, "remote", addr6_json(&ce->remote));
	}
	return obj;
}

/* psid-len becomes S46_PSID_LEN; no value has a character to be quoted. */
static void print_shell(json_t *obj)
{
	const char *key, *c;
	json_t *value, *range;
	size_t i;

	json_object_foreach(obj, key, value) {
		fputs("S46_", stdout);
		for (c = key; *c; c++)
			putchar(*c == '-' ? '_' : *c - 'a' + 'A');
		fputs("='", stdout);
		if (json_is_string(value))
			fputs(json_string_value(value), stdout);
		else if (json_is_integer(value))
			printf("%d", (int)json_integer_value(value));
		json_array_foreach(value, i, range)
			printf("%s%d-%d", i ? " " : "",
			       (int)json_integer_value(json_array_get(range, 0)),
			       (int)json_integer_value(json_array_get(range, 1)));
		puts("'");
	}
	json_decref(obj);
}

static int print_ce(const struct request *req, const struct s46_ce *ce)
{
	struct buf text = {};

	if (req->ruleset.napt && ce->kind != S46_MAPT && !ce->shared)
		warn("--napt does not count: all ports are this router's, without mapt napt");
	else if (req->ruleset.napt &&
		 !ruleset_napt_options(ce, req->ruleset.napt))
		return STATUS_USAGE;
	if (*ce->note)
		warn("%.*s", (int)strlen(ce->note) - 2, ce->note);
	if (req->form == FORM_JSON) {
		print_json(ce_json(ce, &req->ruleset));
	} else if (req->form == FORM_SHELL) {
		print_shell(ce_json(ce, &req->ruleset));
	} else {
		ruleset_ce(ce, &req->ruleset, &text);
		fputs(text.data, stdout);
		buf_free(&text);
	}
	return STATUS_OK;
}

static int run_request(const struct request *req)
{
	unsigned int chosen, i;
	struct s46_ce ce;

	if (!prefer(req, &chosen))
		return STATUS_USAGE;
	for (i = 0; i < req->num; i++) {
		if (!read_container(req, i, i == chosen ? &ce : NULL))
			return STATUS_USAGE;
	}
	return print_ce(req, &ce);
}

static int read_words(int argc, char **argv, struct request *req)
{
	int i;

	for (i = 0; i < argc; i += 2) {
		if (req->num == CONTAINERS_MAX)
			return usage("more than %d options", CONTAINERS_MAX);
		if (!s46_kind_from_text(argv[i], &req->kind[req->num]))
			return usage("'%s' is not map-t, map-e, lw4o6 or none",
				     argv[i]);
		if (i + 1 == argc)
			return usage("'%s' needs the bytes of the option in hexadecimal",
				     argv[i]);
		req->hex[req->num++] = argv[i + 1];
	}
	if (!req->num)
		return usage("what did the server send? See mapt s46 --help");
	if (!req->num_prefixes)
		return usage("--prefix is missing: the prefix that is delegated to this router");
	return STATUS_OK;
}

static int add_prefix(const char *text, struct request *req)
{
	if (req->num_prefixes == PREFIXES_MAX)
		return usage("more than %d prefixes", PREFIXES_MAX);
	if (!parse_end_user(text, &req->prefix[req->num_prefixes]))
		return usage("'%s' is not an IPv6 prefix, expected ADDRESS/LENGTH",
			     text);
	req->num_prefixes++;
	return STATUS_OK;
}

static int add_lan(const char *name, struct ce_ruleset *ruleset)
{
	if (ruleset->num_lans == LANS_MAX)
		return usage("more than %d interfaces", LANS_MAX);
	ruleset->lan[ruleset->num_lans++] = name;
	return is_device_name(name) ? STATUS_OK :
		usage("'%s' is not an interface's name", name);
}

static int read_option(int option, struct request *req)
{
	struct ce_ruleset *ruleset = &req->ruleset;

	switch (option) {
	case 'p':
		return add_prefix(optarg, req);
	case 'd':
		ruleset->device = optarg;
		return is_device_name(optarg) ? STATUS_OK :
			usage("'%s' is not an interface's name", optarg);
	case 't':
		ruleset->tunnel = optarg;
		return is_device_name(optarg) ? STATUS_OK :
			usage("'%s' is not an interface's name", optarg);
	case 'l':
		return add_lan(optarg, ruleset);
	case 'T':
		ruleset->table = optarg;
		return is_table_name(optarg) ? STATUS_OK :
			usage("'%s' is not a table's name", optarg);
	case 'm':
		return parse_uint(optarg, 1280, 65535, &ruleset->mtu) ?
			STATUS_OK : usage("'%s' is not an MTU, 1280 to 65535",
					  optarg);
	case 'M':
		ruleset->mss = true;
		return STATUS_OK;
	case 'n':
		ruleset->napt = optarg;
		return STATUS_OK;
	case 'P':
		req->priority = optarg;
		return STATUS_OK;
	case 'j':
		req->form = FORM_JSON;
		return STATUS_OK;
	case 's':
		req->form = FORM_SHELL;
		return STATUS_OK;
	default:
		return STATUS_USAGE;
	}
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "prefix", required_argument, NULL, 'p' },
		{ "device", required_argument, NULL, 'd' },
		{ "tunnel", required_argument, NULL, 't' },
		{ "lan", required_argument, NULL, 'l' },
		{ "table", required_argument, NULL, 'T' },
		{ "mtu", required_argument, NULL, 'm' },
		{ "mss", no_argument, NULL, 'M' },
		{ "napt", required_argument, NULL, 'n' },
		{ "priority", required_argument, NULL, 'P' },
		{ "json", no_argument, NULL, 'j' },
		{ "shell", no_argument, NULL, 's' },
		{}
	};
	struct request req = { .ruleset = ce_ruleset_defaults };
	struct buf text = {};
	int option, rc;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		rc = read_option(option, &req);
		if (rc)
			return rc;
	}
	if (argc - optind == 1 && !strcmp(argv[optind], "none")) {
		ruleset_none(req.ruleset.table, &text);
		fputs(text.data, stdout);
		buf_free(&text);
		return STATUS_OK;
	}
	rc = read_words(argc - optind, argv + optind, &req);
	return rc ? rc : run_request(&req);
}

const struct command command_s46 = {
	.name		= "s46",
	.summary	= "a CE from DHCPv6 options (RFC 7598)",
	.help		= help,
	.run		= run,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping rules, and flows that a router with them translates
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "fuzz.h"

const char *const role_names[ROLES] = {
	"ce_up", "ce_down", "br_4to6", "br_6to4", "br_local4", "br_local6",
};

static const struct {
	const char	*prefix6;
	unsigned int	prefix6_len;
	const char	*prefix4;
	unsigned int	prefix4_len, ea_len, offset, psid_len, psid;
} known[] = {
	{ "2001:db8:ce::", 51, "192.0.2.0", 24, 13, 0, 0, 0 },
	{ "2001:db8:a000::", 40, "198.51.100.0", 24, 16, 6, 0, 0 },
	{ "2001:db8:f000::", 48, "100.64.0.0", 24, 8, 6, 0, 0 },
	{ "2001:db8:7700::", 64, "198.18.5.1", 32, 0, 6, 8, 52 },
	{ "2001:db8:1:2::", 64, "198.18.6.1", 32, 0, 0, 0, 0 },
	{ "2001:db8:b000::", 36, "203.0.112.0", 20, 20, 4, 0, 0 },
	{ "2001:db8:d0::", 44, "198.18.8.0", 24, 12, 10, 0, 0 },
};

static struct end own;

static void rule_known(struct rule *rule, unsigned int i)
{
	inet_pton(AF_INET6, known[i].prefix6, rule->prefix6);
	rule->prefix6_len = known[i].prefix6_len;
	inet_pton(AF_INET, known[i].prefix4, &rule->prefix4);
	rule->prefix4 = ntohl(rule->prefix4);
	rule->prefix4_len = known[i].prefix4_len;
	rule->ea_len = known[i].ea_len;
	rule->offset = known[i].offset;
	rule->psid_len = known[i].psid_len;
	rule->psid = known[i].psid;
}

static unsigned int rule_psid_bits(const struct rule *rule)
{
	return rule->ea_len ? rule->ea_len - (32 - rule->prefix4_len) : rule->psid_len;
}

static void put_bits(uint8_t *addr, unsigned int at, unsigned int num, uint64_t value)
{
	while (num--)
		if (value >> num & 1)
			addr[at / 8] |= 0x80 >> at % 8, at++;
		else
			at++;
}

/* A CE of the rule: its IPv4 address, MAP address (RFC 7597 section 6) and one of its ports. */
static void rule_end(const struct rule *rule, uint32_t host, uint16_t psid, struct end *end)
{
	unsigned int suffix = 32 - rule->prefix4_len, k = rule_psid_bits(rule);
	unsigned int a = rule->offset;
	uint32_t port;

	if (!rule->ea_len)
		psid = rule->psid;
	end->addr4 = rule->prefix4 | host;
	memcpy(end->addr6, rule->prefix6, 16);
	if (rule->ea_len)
		put_bits(end->addr6, rule->prefix6_len, rule->ea_len,
			 (uint64_t)host << (rule->ea_len - suffix) | psid);
	put32(end->addr6 + 10, end->addr4);
	put16(end->addr6 + 14, psid);

	port = below(1 << 16);
	if (k) {
		if (16 - a - k)
			port = below(1 << (16 - a - k));
		else
			port = 0;
		port |= (uint32_t)psid << (16 - a - k);
		if (a)
			port |= between(1, (1 << a) - 1) << (16 - a);
	}
	end->port = port;
}

static void rule_random_end(const struct rule *rule, struct end *end)
{
	unsigned int suffix = 32 - rule->prefix4_len;

	rule_end(rule, suffix ? below(1 << (suffix > 6 ? 6 : suffix)) : 0,
		 below(1 << rule_psid_bits(rule)), end);
}

static void dmr_addr(const struct dmr *dmr, uint32_t addr4, uint8_t *addr6)
{
	unsigned int at = dmr->len / 8, i;

	memcpy(addr6, dmr->addr, 16);
	for (i = 0; i < 4; i++, at++) {
		if (at == 8)
			at++;
		addr6[at] = addr4 >> (24 - 8 * i);
	}
}

static void conf_options(struct conf *conf)
{
	char *at = conf->options, *end = at + sizeof(conf->options);

	*at = '\0';
	if (chance(25))
		at += snprintf(at, end - at, " tos %u", below(256));
	if (chance(25))
		at += snprintf(at, end - at, " tclass %u", below(256));
	if (chance(25))
		at += snprintf(at, end - at, " udp-zero-checksum drop");
	if (chance(40))
		at += snprintf(at, end - at, " lowest-ipv6-mtu %u", PICK(1280, 1281, 1500, 9000, 65535));
	if (chance(40))
		at += snprintf(at, end - at, " icmp-source 203.0.113.7");
	if (chance(25))
		at += snprintf(at, end - at, " silent");
}

void conf_random(struct conf *conf, enum role role)
{
	static const char *const dmrs[] = {
		"64:ff9b::", "2001:db8:64::", "2001:db8:64::", "2001:db8:6464::", "2001:db8:6400::", "2001:dc8::",
	};
	static const unsigned int lens[] = { 96, 64, 56, 48, 40, 32 };
	unsigned int i, first = below(ARRAY_SIZE(known));

	memset(conf, 0, sizeof(*conf));
	conf->role = role;
	conf->rules_num = between(1, 3);
	for (i = 0; i < conf->rules_num; i++)
		rule_known(&conf->rules[i], (first + i) % ARRAY_SIZE(known));
	i = chance(50) ? 0 : below(ARRAY_SIZE(dmrs));
	inet_pton(AF_INET6, dmrs[i], conf->dmr.addr);
	conf->dmr.len = lens[i];
	conf->napt = role == CE_UP && chance(50);
	conf->families = chance(50);
	conf->regions = chance(20);
	conf->ingress = chance(30);
	conf->mtu4 = PICK(1500, 1500, 1500, 9000, 65535, 1280, 576, 68);
	conf->mtu6 = PICK(1500, 1500, 1500, 9000, 65535, 1280, 1281);
	/* What root sets, and nobody should. */
	if (chance(20)) {
		conf->route_mtu4 = PICK(1, 20, 28, 47, 60, 68);
		conf->route_mtu6 = PICK(1, 40, 47, 48, 49, 55, 56, 57, 100, 1279, 1280);
	}
	conf->offload4 = chance(70) ? 0x6f : chance(50) ? 1 : below(128) & 0x6f;
	conf->offload6 = chance(70) ? 0x6f : chance(50) ? 1 : below(128) & 0x6f;
	conf_options(conf);
	if (role_is_ce(role))
		rule_random_end(&conf->rules[0], &own);
}

const struct end *conf_own(void)
{
	return &own;
}

static size_t rule_text(const struct rule *rule, char *text, size_t size)
{
	char addr6[INET6_ADDRSTRLEN], addr4[INET_ADDRSTRLEN];
	uint32_t prefix4 = htonl(rule->prefix4);
	size_t len;

	inet_ntop(AF_INET6, rule->prefix6, addr6, sizeof(addr6));
	inet_ntop(AF_INET, &prefix4, addr4, sizeof(addr4));
	len = snprintf(text, size, "%s/%u %s/%u ea-len %u psid-offset %u", addr6, rule->prefix6_len,
		       addr4, rule->prefix4_len, rule->ea_len, rule->offset);
	if (rule->psid_len)
		len += snprintf(text + len, size - len, " psid %u/%u", rule->psid, rule->psid_len);

	return len;
}

/* The statement, with the rules from @first on. */
static void statement(const struct conf *conf, unsigned int first, unsigned int num, char *text, size_t size)
{
	bool ce = role_is_ce(conf->role);
	char addr6[INET6_ADDRSTRLEN];
	uint8_t end_user[16] = {};
	size_t len;
	unsigned int i;

	len = snprintf(text, size, ce ? "mapt ce bmr " : "mapt br");
	if (ce) {
		len += rule_text(&conf->rules[0], text + len, size - len);
		memcpy(end_user, own.addr6, 8);
		inet_ntop(AF_INET6, end_user, addr6, sizeof(addr6));
		len += snprintf(text + len, size - len, " end-user %s/%u", addr6,
				conf->rules[0].prefix6_len + conf->rules[0].ea_len);
	}
	if (num) {
		len += snprintf(text + len, size - len, " fmr {");
		for (i = first; i < first + num; i++) {
			len += snprintf(text + len, size - len, i > first ? ", " : " ");
			len += rule_text(&conf->rules[i], text + len, size - len);
		}
		len += snprintf(text + len, size - len, " }");
	}
	inet_ntop(AF_INET6, conf->dmr.addr, addr6, sizeof(addr6));
	snprintf(text + len, size - len, " dmr %s/%u%s", addr6, conf->dmr.len, conf->options);
}

static size_t ce_ruleset(const struct conf *conf, char *text, size_t size)
{
	const char *up = conf->families ? "ip" : "inet", *down = conf->families ? "ip6" : "inet";
	const char *only4 = conf->families ? "" : "meta nfproto ipv4 ";
	const char *only6 = conf->families ? "" : "meta nfproto ipv6 ";
	char ce[2048], napt[1024] = "", bmr[512], addr6[INET6_ADDRSTRLEN];
	uint8_t end_user[16] = {};

	statement(conf, 0, conf->rules_num > 1 ? conf->rules_num : 0, ce, sizeof(ce));
	rule_text(&conf->rules[0], bmr, sizeof(bmr));
	memcpy(end_user, own.addr6, 8);
	inet_ntop(AF_INET6, end_user, addr6, sizeof(addr6));
	if (conf->napt)
		snprintf(napt, sizeof(napt),
			 "table %s napt { chain napt { type nat hook postrouting priority srcnat;\n"
			 "oifname t6 %smapt napt bmr %s end-user %s/%u\n}\n}\n", up, only4, bmr, addr6,
			 conf->rules[0].prefix6_len + conf->rules[0].ea_len);

	return snprintf(text, size,
			"flush ruleset\n%s"
			"table %s up { chain up { type filter hook postrouting priority srcnat + 10;\n"
			"oifname t6 %s%s\n}\n}\n"
			"table %s down { chain down { type filter hook prerouting priority raw;\n"
			"iifname t6 %s%s\n}\n}\n", napt, up, only4, ce, down, only6, ce);
}

/* The flowtable wants all in one table. */
static size_t ce_flow_ruleset(const struct conf *conf, char *text, size_t size)
{
	char ce[2048], bmr[512], addr6[INET6_ADDRSTRLEN];
	uint8_t end_user[16] = {};

	statement(conf, 0, conf->rules_num > 1 ? conf->rules_num : 0, ce, sizeof(ce));
	rule_text(&conf->rules[0], bmr, sizeof(bmr));
	memcpy(end_user, own.addr6, 8);
	inet_ntop(AF_INET6, end_user, addr6, sizeof(addr6));

	return snprintf(text, size,
			"flush ruleset\ntable inet ce {\n"
			"flowtable f {\nhook ingress priority filter; devices = { \"t4\", \"t6\" };\n}\n"
			"chain translate {\n%s flow @f\n}\n"
			"chain napt { type nat hook postrouting priority srcnat;\n"
			"oifname t6 meta nfproto ipv4 mapt napt bmr %s end-user %s/%u\n}\n"
			"chain up { type filter hook postrouting priority srcnat + 10;\n"
			"oifname t6 meta nfproto ipv4 jump translate\n}\n"
			"chain down { type filter hook prerouting priority raw;\n"
			"iifname t6 meta nfproto ipv6 jump translate\n}\n}\n", ce, bmr, addr6,
			conf->rules[0].prefix6_len + conf->rules[0].ea_len);
}

static size_t br_chain(const struct conf *conf, const char *family, const char *name,
		       const char *hook, char *text, size_t size)
{
	unsigned int each = conf->regions ? 1 : conf->rules_num, i;
	char br[2048];
	size_t len;

	len = snprintf(text, size, "table %s %s { chain %s { type filter hook %s;\n", family, name, name, hook);
	for (i = 0; i < conf->rules_num; i += each) {
		statement(conf, i, each, br, sizeof(br));
		len += snprintf(text + len, size - len, "%s\n", br);
	}
	len += snprintf(text + len, size - len, "}\n}\n");

	return len;
}

size_t conf_ruleset(const struct conf *conf, char *text, size_t size)
{
	size_t len;

	if (role_is_ce(conf->role))
		return conf->napt && conf->ingress ? ce_flow_ruleset(conf, text, size) :
						     ce_ruleset(conf, text, size);

	len = snprintf(text, size, "flush ruleset\n");
	if (conf->families) {
		len += br_chain(conf, "ip", "relay4", "prerouting priority raw", text + len, size - len);
		len += br_chain(conf, "ip6", "relay6", "prerouting priority raw", text + len, size - len);
		len += br_chain(conf, "ip", "own4", "output priority raw", text + len, size - len);
		len += br_chain(conf, "ip6", "own6", "output priority raw", text + len, size - len);
	} else {
		len += br_chain(conf, "inet", "relay", "prerouting priority raw", text + len, size - len);
		len += br_chain(conf, "inet", "own", "output priority raw", text + len, size - len);
	}
	if (conf->ingress)
		len += br_chain(conf, "netdev", "edge", "ingress devices = { \"t4\", \"t6\" } priority filter",
				text + len, size - len);
	if (conf->regions)
		len += br_chain(conf, "ip", "between", "forward priority filter", text + len, size - len);

	return len;
}

/* Somebody in the IPv4 Internet. */
static void outside(const struct conf *conf, struct end *end)
{
	end->addr4 = chance(95) ? 0x05000000 | below(1 << 8) << 8 | below(4) :
		     PICK(0x7f000001U, 0xe0000001U, 0xa9fea9feU, 0xffffffffU, 0U, 0x0a000001U, 0xc0000008U,
			  0xc0a80001U, 0xcb007101U);
	end->port = chance(50) ? PICK(80, 443, 53, 4789, 6081, 500, 4500, 1701, 33434) : below(1 << 16);
	dmr_addr(&conf->dmr, end->addr4, end->addr6);
}

static void other_side(const struct conf *conf, struct end *end)
{
	if (conf->rules_num > 1 && chance(10))
		rule_random_end(&conf->rules[below(conf->rules_num)], end);
	else
		outside(conf, end);
}

void flow_random(const struct conf *conf, struct flow *flow)
{
	struct end customer, peer;
	uint32_t host = own.addr4 & (conf->rules[0].prefix4_len == 32 ? 0 : ~0U >> conf->rules[0].prefix4_len);

	other_side(conf, &peer);
	if (!role_is_ce(conf->role)) {
		rule_random_end(&conf->rules[below(conf->rules_num)], &customer);
		/* From a CE to another, by the BR. */
		dmr_addr(&conf->dmr, peer.addr4, peer.addr6);
	} else {
		rule_end(&conf->rules[0], host, get16(own.addr6 + 14), &customer);
		if (conf->napt) {
			/* Few enough for a second packet of a connection. */
			customer.addr4 = 0xc0a80000 | between(2, 4);
			customer.port = below(16) + 1024;
			peer.addr4 &= 0xffff00ff;
			peer.port &= 3;
		}
	}

	flow->v6 = role_takes_v6(conf->role);
	flow->src_has_port = conf->role == CE_UP || conf->role == BR_6TO4 || conf->role == BR_LOCAL6;
	flow->src = flow->src_has_port ? customer : peer;
	flow->dst = flow->src_has_port ? peer : customer;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the MAP rule arithmetic and the rule table
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/inet.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_mapt_rule.h>
#include "nf_mapt_rule_vectors.h"

#define NOBODY	(-1)

/* --- text to numbers ---------------------------------------------------- */

static void parse_len(struct kunit *test, const char *end, unsigned int max,
		      u8 *len)
{
	*len = max;
	if (*end)
		KUNIT_ASSERT_EQ(test, kstrtou8(end + 1, 10, len), 0);
}

static void parse6(struct kunit *test, const char *text,
		   struct nf_mapt_prefix6 *prefix)
{
	const char *end;

	KUNIT_ASSERT_EQ_MSG(test, in6_pton(text, -1, prefix->addr.s6_addr, '/',
					   &end), 1, "%s", text);
	parse_len(test, end, 128, &prefix->len);
}

static u32 parse4(struct kunit *test, const char *text, u8 *len)
{
	const char *end;
	__be32 addr;

	KUNIT_ASSERT_EQ_MSG(test, in4_pton(text, -1, (u8 *)&addr, '/', &end), 1,
			    "%s", text);
	parse_len(test, end, 32, len);

	return ntohl(addr);
}

static u32 addr4_of(struct kunit *test, const char *text)
{
	u8 len;

	return parse4(test, text, &len);
}

static struct in6_addr addr6_of(struct kunit *test, const char *text)
{
	struct nf_mapt_prefix6 prefix;

	parse6(test, text, &prefix);

	return prefix.addr;
}

static struct nf_mapt_rule_param param_of(struct kunit *test,
					  const struct rule_text *text)
{
	struct nf_mapt_rule_param param = {
		.ea_len = text->ea_len,
		.psid_offset = text->psid_offset,
		.psid_len = text->psid_len,
		.psid = text->psid,
	};

	parse6(test, text->prefix6, &param.prefix6);
	param.prefix4 = htonl(parse4(test, text->prefix4, &param.prefix4_len));

	return param;
}

static void expect_addr6(struct kunit *test, const struct in6_addr *addr,
			 const struct in6_addr *expected)
{
	KUNIT_EXPECT_TRUE_MSG(test, ipv6_addr_equal(addr, expected),
			      "%pI6c, not %pI6c", addr, expected);
}

/* --- the arithmetic once more, bit by bit ------------------------------- */

/* Bits are counted as in RFC 7597: 0 is the most significant one. */
static unsigned int bit6(const struct in6_addr *addr, unsigned int bit)
{
	return addr->s6_addr[bit / 8] >> (7 - bit % 8) & 1;
}

static void set_bit6(struct in6_addr *addr, unsigned int bit, unsigned int to)
{
	u8 mask = 0x80 >> bit % 8;

	addr->s6_addr[bit / 8] &= ~mask;
	if (to)
		addr->s6_addr[bit / 8] |= mask;
}

static u64 bits6(const struct in6_addr *addr, unsigned int first,
		 unsigned int num)
{
	u64 value = 0;

	while (num--)
		value = value << 1 | bit6(addr, first++);

	return value;
}

static void set_bits6(struct in6_addr *addr, unsigned int first,
		      unsigned int num, u64 value)
{
	while (num--)
		set_bit6(addr, first++, value >> num & 1);
}

static unsigned int psid_bits(const struct nf_mapt_rule_param *param)
{
	unsigned int suffix = 32 - param->prefix4_len;

	if (param->psid_len)
		return param->psid_len;

	return param->ea_len > suffix ? param->ea_len - suffix : 0;
}

/* RFC 7597 sections 5.2 and 6: the parts from the last to the first. */
static struct in6_addr slow_addr6(const struct nf_mapt_rule_param *param,
				  u32 addr4, u16 psid)
{
	unsigned int n = param->prefix6.len, r = param->prefix4_len;
	unsigned int o = param->ea_len;
	unsigned int p = min(o, 32 - r);
	struct in6_addr addr = {};
	unsigned int i;

	set_bits6(&addr, 80, 32, addr4);
	set_bits6(&addr, 112, 16, psid);
	for (i = 0; i < n; i++)
		set_bit6(&addr, i, bit6(&param->prefix6.addr, i));
	for (i = 0; i < p; i++)
		set_bit6(&addr, n + i, addr4 >> (31 - r - i) & 1);
	set_bits6(&addr, n + p, o - p, psid);

	return addr;
}

static bool slow_addr4(const struct nf_mapt_rule_param *param,
		       const struct in6_addr *addr6, u32 *addr4, u16 *psid)
{
	unsigned int n = param->prefix6.len, r = param->prefix4_len;
	unsigned int o = param->ea_len;
	unsigned int p = min(o, 32 - r);
	struct in6_addr again;

	*addr4 = ntohl(param->prefix4);
	*addr4 |= bits6(addr6, n, p) << (32 - r - p);
	*addr4 |= bits6(addr6, 80 + r + p, 32 - r - p);
	*psid = param->psid_len ? param->psid : bits6(addr6, n + p, o - p);
	again = slow_addr6(param, *addr4, *psid);

	return !memcmp(&again, addr6, sizeof(again));
}

/* RFC 7597 section 5.1 as it is written: A, PSID and j side by side. */
static int slow_psid(unsigned int a, unsigned int k, u16 port)
{
	if (a && port < 1U << (16 - a))
		return NOBODY;

	return (port & ((1U << (16 - a)) - 1)) >> (16 - a - k);
}

/* --- CEs ---------------------------------------------------------------- */

static void ce_derives(struct kunit *test)
{
	const struct ce_vector *v = test->param_value;
	struct nf_mapt_rule_param param = param_of(test, &v->rule);
	struct in6_addr expected = addr6_of(test, v->addr6), addr6;
	struct nf_mapt_prefix6 end_user;
	u8 addr4_len, suffix;
	struct nf_mapt_ce ce;
	u32 addr4, found4;
	u16 found;

	parse6(test, v->end_user, &end_user);
	addr4 = parse4(test, v->addr4, &addr4_len);
	suffix = 32 - addr4_len;

	KUNIT_ASSERT_EQ(test, nf_mapt_ce_init(&ce, &param, &end_user), 0);
	KUNIT_EXPECT_EQ(test, ce.addr4, addr4);
	KUNIT_EXPECT_EQ(test, ce.host4, (u32)((1ULL << suffix) - 1));
	KUNIT_EXPECT_EQ(test, ce.psid, v->psid);
	KUNIT_EXPECT_EQ(test, nf_mapt_rule_shared(&ce.rule), v->k > 0);

	nf_mapt_rule_addr6(&ce.rule, addr4, ce.psid, &addr6);
	expect_addr6(test, &addr6, &expected);
	KUNIT_EXPECT_EQ(test, bits6(&addr6, param.prefix6.len, param.ea_len),
			v->ea);
	KUNIT_EXPECT_TRUE(test, ipv6_prefix_equal(&addr6, &end_user.addr,
						  end_user.len));

	KUNIT_ASSERT_TRUE(test, nf_mapt_rule_addr4(&ce.rule, &expected, &found4,
						   &found));
	KUNIT_EXPECT_EQ(test, found4, addr4);
	KUNIT_EXPECT_EQ(test, found, v->psid);

	KUNIT_EXPECT_TRUE(test, nf_mapt_ce_has_addr(&ce, addr4));
	KUNIT_EXPECT_TRUE(test, nf_mapt_ce_has_addr(&ce, addr4 | ce.host4));
	KUNIT_EXPECT_FALSE(test, nf_mapt_ce_has_addr(&ce, addr4 - 1));
	KUNIT_EXPECT_FALSE(test, nf_mapt_ce_has_addr(&ce, (addr4 | ce.host4) + 1));
}

static void ce_port_set(struct kunit *test)
{
	const struct ce_vector *v = test->param_value;
	struct nf_mapt_rule_param param = param_of(test, &v->rule);
	struct nf_mapt_prefix6 end_user;
	u32 range, j, index = 0;
	struct nf_mapt_ce ce;
	unsigned int bad = 0;
	unsigned int port;

	parse6(test, v->end_user, &end_user);
	KUNIT_ASSERT_EQ(test, nf_mapt_ce_init(&ce, &param, &end_user), 0);
	KUNIT_EXPECT_EQ(test, ce.ports.k, v->k);
	KUNIT_EXPECT_EQ(test, ce.ports.psid, v->psid);
	KUNIT_EXPECT_EQ(test, ce.ports.ranges, v->ranges);
	KUNIT_EXPECT_EQ(test, 1U << ce.ports.m, v->range_len);
	KUNIT_ASSERT_EQ(test, ce.ports.size, v->ranges * v->range_len);

	for (range = 0; range < v->ranges; range++) {
		for (j = 0; j < v->range_len; j++) {
			port = v->first + range * (v->second - v->first) + j;
			bad += nf_mapt_port_set_nth(&ce.ports, index++) != port;
			bad += !nf_mapt_port_set_has(&ce.ports, port);
		}
	}
	for (port = 0; port <= U16_MAX; port++)
		index -= nf_mapt_port_set_has(&ce.ports, port);
	KUNIT_EXPECT_EQ(test, bad, 0);
	KUNIT_EXPECT_EQ_MSG(test, index, 0, "has more or fewer ports");
}

static void ce_refused(struct kunit *test)
{
	const struct bad_ce_vector *v = test->param_value;
	struct nf_mapt_rule_param param = param_of(test, &v->rule);
	struct nf_mapt_prefix6 end_user;
	struct nf_mapt_ce ce;

	parse6(test, v->end_user, &end_user);
	KUNIT_EXPECT_EQ(test, nf_mapt_ce_init(&ce, &param, &end_user), v->err);
}

/* What the vectors do not have. */
static void ce_end_user(struct kunit *test)
{
	static const struct rule_text rule = {
		"2001:db8:d0::/48", "198.51.100.0/24", 4, 6
	};
	static const struct {
		const char *end_user;
		int err;
	} cases[] = {
		{ "2001:db8:d0:3000::/52" },
		{ "2001:db8:d0:3000::/64" },
		/* The last bit that all 16 addresses have in common. */
		{ "2001:db8:d0:3000:0:c633:6430:0/108" },
		{ "2001:db8:d0:3000:0:c633:6430:0/109", -EINVAL },
		{ "2001:db8:d0:3000:0:c633:6430:0/128", -EINVAL },
		{ "2001:db8:d0:3000:0:c633:643f:0/112", -EINVAL },
		{ "2001:db8:d0:3000:0:c633:6440:0/108", -EINVAL },
		{ "2001:db8:d0:3000::/51", -ERANGE },
		{ "2001:db8:d0:3000::/129", -ERANGE },
		/* host bits */
		{ "2001:db8:d0:3800::/52", -EINVAL },
	};
	struct nf_mapt_rule_param param = param_of(test, &rule);
	struct nf_mapt_prefix6 end_user;
	struct nf_mapt_ce ce;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		parse6(test, cases[i].end_user, &end_user);
		KUNIT_EXPECT_EQ_MSG(test,
				    nf_mapt_ce_init(&ce, &param, &end_user),
				    cases[i].err, "%s", cases[i].end_user);
	}
}

KUNIT_ARRAY_PARAM_DESC(ce, ce_vectors, id);
KUNIT_ARRAY_PARAM_DESC(bad_ce, bad_ce_vectors, id);

static struct kunit_case ce_cases[] = {
	KUNIT_CASE_PARAM(ce_derives, ce_gen_params),
	KUNIT_CASE_PARAM(ce_port_set, ce_gen_params),
	KUNIT_CASE_PARAM(ce_refused, bad_ce_gen_params),
	KUNIT_CASE(ce_end_user),
	{}
};

static struct kunit_suite ce_suite = {
	.name = "nf_mapt_ce",
	.test_cases = ce_cases,
};

/* --- rules -------------------------------------------------------------- */

static void rule_maps(struct kunit *test)
{
	const struct map_vector *v = test->param_value;
	struct nf_mapt_rule_param param = param_of(test, &v->rule);
	struct in6_addr expected = addr6_of(test, v->addr6), addr6;
	u32 addr4 = addr4_of(test, v->addr4), found4;
	struct nf_mapt_rule rule;
	u16 psid;

	KUNIT_ASSERT_EQ(test, nf_mapt_rule_init(&rule, &param), 0);
	KUNIT_EXPECT_FALSE(test, nf_mapt_rule_port_excluded(&rule, v->port));
	psid = nf_mapt_rule_port_psid(&rule, v->port);
	KUNIT_EXPECT_EQ(test, psid, v->psid);
	nf_mapt_rule_addr6(&rule, addr4, psid, &addr6);
	expect_addr6(test, &addr6, &expected);

	KUNIT_ASSERT_TRUE(test, nf_mapt_rule_addr4(&rule, &expected, &found4,
						   &psid));
	KUNIT_EXPECT_EQ(test, found4, addr4);
	KUNIT_EXPECT_EQ(test, psid, v->psid);
}

/* A rule that shares one address by the PSID offset and length given. */
static void sharing_rule(struct kunit *test, u8 a, u8 k,
			 struct nf_mapt_rule *rule)
{
	struct nf_mapt_rule_param param = {
		.prefix6 = { .len = 48 },
		.prefix4 = htonl(0xc0000212),
		.prefix4_len = 32,
		.ea_len = k,
		.psid_offset = a,
	};

	KUNIT_ASSERT_EQ(test, nf_mapt_rule_init(rule, &param), 0);
}

static void rule_port(struct kunit *test)
{
	const struct port_vector *v = test->param_value;
	struct nf_mapt_rule rule;

	sharing_rule(test, v->a, v->k, &rule);
	KUNIT_EXPECT_EQ(test, nf_mapt_rule_port_excluded(&rule, v->port),
			v->psid == NOBODY);
	if (v->psid != NOBODY)
		KUNIT_EXPECT_EQ(test, nf_mapt_rule_port_psid(&rule, v->port),
				v->psid);
}

/* Every bit pattern: only half of the lengths fit. */
static void random_param(struct rnd_state *rnd,
			 struct nf_mapt_rule_param *param)
{
	struct nf_mapt_prefix6 *prefix6 = &param->prefix6;
	unsigned int i;

	memset(param, 0, sizeof(*param));
	prefix6->len = prandom_u32_state(rnd) % 130;
	prandom_bytes_state(rnd, &prefix6->addr, sizeof(prefix6->addr));
	for (i = prefix6->len; i < 128; i++)
		set_bit6(&prefix6->addr, i, 0);
	param->prefix4_len = prandom_u32_state(rnd) % 34;
	if (param->prefix4_len && param->prefix4_len <= 32)
		param->prefix4 = htonl(prandom_u32_state(rnd) &
				       (~0U << (32 - param->prefix4_len)));
	param->ea_len = prandom_u32_state(rnd) % 51;
	param->psid_offset = prandom_u32_state(rnd) % 18;
	switch (prandom_u32_state(rnd) % 4) {
	case 0:
		param->psid_len = prandom_u32_state(rnd) % 18;
		param->psid = prandom_u32_state(rnd) >> 16;
		if (param->psid_len < 16)
			param->psid &= (1U << param->psid_len) - 1;
		if (param->psid % 4 == 0)
			break;
		fallthrough;
	case 1:
		param->prefix4_len = 32;
		param->prefix4 = htonl(prandom_u32_state(rnd));
		param->ea_len = param->psid_len ? 0 : param->ea_len;
		break;
	}
}

static bool param_valid(const struct nf_mapt_rule_param *param)
{
	unsigned int n = param->prefix6.len, r = param->prefix4_len;
	unsigned int o = param->ea_len, k;

	if (n > 128 || r > 32 || o > 48 || n + o > 128)
		return false;
	if (param->psid_len && (o || r != 32))
		return false;
	k = psid_bits(param);
	if (param->psid_offset > 15 || k > 16 ||
	    (k && param->psid_offset + k > 16))
		return false;
	/* Host bits of a CE's IPv4 prefix are in the interface identifier. */
	return o + r >= 32 || n + o <= 80 + r + o;
}

static void round_trip(struct kunit *test, struct rnd_state *rnd,
		       const struct nf_mapt_rule_param *param,
		       const struct nf_mapt_rule *rule)
{
	struct in6_addr addr6, expected;
	u32 addr4, found4;
	u16 psid, found;

	addr4 = ntohl(param->prefix4);
	if (param->prefix4_len < 32)
		addr4 |= prandom_u32_state(rnd) >> param->prefix4_len;
	psid = prandom_u32_state(rnd) & ((1U << psid_bits(param)) - 1);
	if (param->psid_len)
		psid = param->psid;

	nf_mapt_rule_addr6(rule, addr4, psid, &addr6);
	expected = slow_addr6(param, addr4, psid);
	expect_addr6(test, &addr6, &expected);
	KUNIT_EXPECT_TRUE(test, nf_mapt_rule_addr4(rule, &addr6, &found4,
						   &found));
	KUNIT_EXPECT_EQ(test, found4, addr4);
	KUNIT_EXPECT_EQ(test, found, psid);
}

/*
 * Whatever bit of a MAP address is wrong, it is no MAP address, or it is the
 * one of other ports or another IPv4 address.
 */
static void flip_bits(struct kunit *test, struct rnd_state *rnd,
		      const struct nf_mapt_rule_param *param,
		      const struct nf_mapt_rule *rule)
{
	u32 addr4 = ntohl(param->prefix4), found4, expected4;
	u16 psid = param->psid, found, expected;
	struct in6_addr addr6;
	unsigned int bit;

	if (param->prefix4_len < 32)
		addr4 |= prandom_u32_state(rnd) >> param->prefix4_len;
	if (!param->psid_len)
		psid = prandom_u32_state(rnd) & ((1U << psid_bits(param)) - 1);
	nf_mapt_rule_addr6(rule, addr4, psid, &addr6);

	for (bit = 0; bit < 128; bit++) {
		bool valid;

		set_bit6(&addr6, bit, !bit6(&addr6, bit));
		valid = slow_addr4(param, &addr6, &expected4, &expected);
		KUNIT_EXPECT_EQ_MSG(test,
				    nf_mapt_rule_addr4(rule, &addr6, &found4,
						       &found),
				    valid, "bit %u of %pI6c", bit, &addr6);
		if (valid) {
			KUNIT_EXPECT_EQ(test, found4, expected4);
			KUNIT_EXPECT_EQ(test, found, expected);
			KUNIT_EXPECT_TRUE(test, found4 != addr4 ||
					  found != psid);
			KUNIT_EXPECT_GE(test, bit, param->prefix6.len);
		}
		set_bit6(&addr6, bit, !bit6(&addr6, bit));
	}
}

/* Is it all of a block that nothing is ever forwarded from? */
static bool never_forwarded(const struct nf_mapt_rule_param *param)
{
	static const struct {
		u32 prefix;
		u8 len;
	} blocks[] = {
		{ 0x00000000, 8 }, { 0x7f000000, 8 }, { 0xa9fe0000, 16 },
		{ 0xe0000000, 4 }, { 0xf0000000, 4 }, { 0xe0000000, 3 },
	};
	u16 head = ntohs(param->prefix6.addr.s6_addr16[0]);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(blocks); i++) {
		if (param->prefix4_len >= blocks[i].len &&
		    !((ntohl(param->prefix4) ^ blocks[i].prefix) >>
		      (32 - blocks[i].len)))
			return true;
	}

	return (param->prefix6.len >= 8 && head >> 8 == 0xff) ||
	       (param->prefix6.len >= 10 && head >> 6 == 0xfe80 >> 6);
}

static void rule_random(struct kunit *test)
{
	unsigned int valid = 0, past64 = 0, prefix = 0, shared = 0;
	struct nf_mapt_rule_param param;
	struct nf_mapt_rule rule;
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, 7599);
	while (valid < 1000) {
		random_param(&rnd, &param);
		KUNIT_ASSERT_EQ_MSG(test, !nf_mapt_rule_init(&rule, &param),
				    param_valid(&param) && !never_forwarded(&param),
				    "n %u r %u o %u a %u k %u psid %u",
				    param.prefix6.len, param.prefix4_len,
				    param.ea_len, param.psid_offset,
				    param.psid_len, param.psid);
		if (!param_valid(&param) || never_forwarded(&param))
			continue;
		valid++;
		past64 += param.prefix6.len + param.ea_len > 64;
		prefix += param.prefix4_len + param.ea_len < 32;
		shared += psid_bits(&param) > 0;
		for (i = 0; i < 8; i++)
			round_trip(test, &rnd, &param, &rule);
		flip_bits(test, &rnd, &param, &rule);
	}
	KUNIT_EXPECT_GE(test, past64, 100);
	KUNIT_EXPECT_GE(test, prefix, 100);
	KUNIT_EXPECT_GE(test, shared, 100);
}

/* A single-bit error in a plain MAP address (n + o within 64) never passes. */
static void rule_flip(struct kunit *test)
{
	const struct ce_vector *v = test->param_value;
	struct nf_mapt_rule_param param = param_of(test, &v->rule);
	struct in6_addr addr6 = addr6_of(test, v->addr6);
	unsigned int host_bits, accepted = 0, bit;
	struct nf_mapt_rule rule;
	u32 addr4;
	u16 psid;

	KUNIT_ASSERT_EQ(test, nf_mapt_rule_init(&rule, &param), 0);
	for (bit = 0; bit < 128; bit++) {
		set_bit6(&addr6, bit, !bit6(&addr6, bit));
		accepted += nf_mapt_rule_addr4(&rule, &addr6, &addr4, &psid);
		set_bit6(&addr6, bit, !bit6(&addr6, bit));
	}
	/* The other addresses of a CE's IPv4 prefix are its MAP addresses too. */
	host_bits = 32 - min(param.prefix4_len + param.ea_len, 32);
	if (param.prefix6.len + param.ea_len <= 64)
		KUNIT_EXPECT_EQ(test, accepted, host_bits);
}

static const struct bad_rule {
	const char *id;
	struct rule_text rule;
	int err;
} bad_rules[] = {
	{ "n 129", { "2001:db8::/129", "192.0.2.0/24", 0, 6 }, -ERANGE },
	{ "r 33", { "2001:db8::/32", "192.0.2.0/33", 0, 6 }, -ERANGE },
	{ "n + o 129", { "::/96", "192.0.2.18/32", 33, 0 }, -ERANGE },
	{ "k 17 provisioned",
	  { "2001:db8::/64", "192.0.2.18/32", 0, 0, 17, 5 }, -ERANGE },
	{ "a + k 17 provisioned",
	  { "2001:db8::/64", "192.0.2.18/32", 0, 9, 8, 5 }, -ERANGE },
	{ "IPv6 host bits", { "2001:db8::1/64", "192.0.2.18/32", 0, 6 }, -EINVAL },
	{ "IPv6 host bit 64",
	  { "2001:db8:0:0:8000::/64", "192.0.2.18/32", 0, 6 }, -EINVAL },
	{ "IPv6 host bit 63",
	  { "2001:db8:0:1::/63", "192.0.2.18/32", 0, 6 }, -EINVAL },
	{ "IPv4 host bits", { "2001:db8::/32", "192.0.2.1/24", 8, 6 }, -EINVAL },
	{ "IPv4 host bit 0", { "2001:db8::/32", "128.0.0.0/0", 8, 6 }, -EINVAL },
	{ "PSID beside EA bits",
	  { "2001:db8::/40", "192.0.2.18/32", 8, 6, 8, 52 }, -EINVAL },
	{ "PSID without a full address",
	  { "2001:db8::/64", "192.0.2.0/24", 0, 6, 8, 52 }, -EINVAL },
	{ "IPv4 host bits overwritten",
	  { "2001:db8::/105", "192.0.2.0/24", 0, 6 }, -EINVAL },
};

static void rule_refused(struct kunit *test)
{
	const struct bad_rule *bad = test->param_value;
	struct nf_mapt_rule_param param = param_of(test, &bad->rule);
	struct nf_mapt_rule rule;

	KUNIT_EXPECT_EQ(test, nf_mapt_rule_init(&rule, &param), bad->err);
}

static void port_vector_desc(const struct port_vector *v, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "a %u k %u port %u", v->a, v->k,
		 v->port);
}

KUNIT_ARRAY_PARAM_DESC(map, map_vectors, id);
KUNIT_ARRAY_PARAM_DESC(bad_rule, bad_rules, id);
KUNIT_ARRAY_PARAM(port, port_vectors, port_vector_desc);

static struct kunit_case rule_cases[] = {
	KUNIT_CASE_PARAM(rule_maps, map_gen_params),
	KUNIT_CASE_PARAM(rule_port, port_gen_params),
	KUNIT_CASE_PARAM(rule_flip, ce_gen_params),
	KUNIT_CASE_PARAM(rule_refused, bad_rule_gen_params),
	KUNIT_CASE(rule_random),
	{}
};

static struct kunit_suite rule_suite = {
	.name = "nf_mapt_rule",
	.test_cases = rule_cases,
};

/* --- port sets ---------------------------------------------------------- */

static const struct sharing {
	const char *id;
	u8 a;
	u8 k;
} sharings[] = {
	{ "a 0 k 5", 0, 5 },
	{ "a 6 k 8", 6, 8 },
	{ "a 4 k 8", 4, 8 },
	{ "a 15 k 1", 15, 1 },
	{ "a 6 k 10", 6, 10 },
	{ "a 0 k 16", 0, 16 },
	{ "a 1 k 1", 1, 1 },
	{ "a 1 k 15", 1, 15 },
};

/* Each port has one owner or none, as section 5.1 says, in both readings. */
static void ports_owner(struct kunit *test)
{
	const struct sharing *v = test->param_value;
	unsigned int port, bit, bad = 0;
	struct nf_mapt_port_set set;
	struct nf_mapt_rule rule;
	int psid;

	sharing_rule(test, v->a, v->k, &rule);
	for (port = 0; port <= U16_MAX; port++) {
		psid = slow_psid(v->a, v->k, port);
		bad += nf_mapt_rule_port_excluded(&rule, port) !=
			(psid == NOBODY);
		if (psid == NOBODY)
			continue;
		bad += nf_mapt_rule_port_psid(&rule, port) != psid;
		nf_mapt_port_set_init(&set, v->a, v->k, psid);
		bad += !nf_mapt_port_set_has(&set, port);
		for (bit = 0; bit < v->k; bit++) {
			nf_mapt_port_set_init(&set, v->a, v->k,
					      psid ^ 1U << bit);
			bad += nf_mapt_port_set_has(&set, port);
		}
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
}

/* All sets together: disjoint, and every port that is not excluded. */
static void ports_partition(struct kunit *test)
{
	const struct sharing *v = test->param_value;
	unsigned int excluded = v->a ? 1U << (16 - v->a) : 0;
	unsigned int twice = 0, descends = 0, foreign = 0;
	unsigned int psid, index, total = 0;
	struct nf_mapt_port_set set;
	unsigned long *seen;

	seen = kunit_kcalloc(test, BITS_TO_LONGS(U16_MAX + 1), sizeof(*seen),
			     GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, seen);

	for (psid = 0; psid < 1U << v->k; psid++) {
		int previous = -1;

		nf_mapt_port_set_init(&set, v->a, v->k, psid);
		KUNIT_ASSERT_EQ(test, set.size,
				(v->a ? (1U << v->a) - 1 : 1) <<
				(16 - v->a - v->k));
		total += set.size;
		for (index = 0; index < set.size; index++) {
			u16 port = nf_mapt_port_set_nth(&set, index);

			descends += port <= previous;
			foreign += !nf_mapt_port_set_has(&set, port);
			twice += __test_and_set_bit(port, seen);
			previous = port;
		}
	}
	KUNIT_EXPECT_EQ(test, descends, 0);
	KUNIT_EXPECT_EQ(test, foreign, 0);
	KUNIT_EXPECT_EQ(test, twice, 0);
	KUNIT_EXPECT_EQ(test, total, U16_MAX + 1 - excluded);
	KUNIT_EXPECT_EQ(test, bitmap_weight(seen, U16_MAX + 1), total);
	KUNIT_EXPECT_EQ(test, find_first_bit(seen, U16_MAX + 1), excluded);
}

/* RFC 7597 section 5.1 does not apply where addresses aren't shared. */
static void ports_unshared(struct kunit *test)
{
	struct nf_mapt_port_set set;
	struct nf_mapt_rule rule;
	unsigned int port, bad = 0;

	nf_mapt_port_set_init(&set, 6, 0, 52);
	sharing_rule(test, 6, 0, &rule);
	KUNIT_EXPECT_EQ(test, set.ranges, 1);
	KUNIT_EXPECT_EQ(test, set.size, U16_MAX + 1);
	KUNIT_EXPECT_FALSE(test, nf_mapt_rule_shared(&rule));
	for (port = 0; port <= U16_MAX; port++) {
		bad += nf_mapt_port_set_nth(&set, port) != port;
		bad += !nf_mapt_port_set_has(&set, port);
		bad += nf_mapt_rule_port_psid(&rule, port) != 0;
		bad += nf_mapt_rule_port_excluded(&rule, port);
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
}

KUNIT_ARRAY_PARAM_DESC(sharing, sharings, id);

static struct kunit_case port_cases[] = {
	KUNIT_CASE_PARAM(ports_owner, sharing_gen_params),
	KUNIT_CASE_PARAM(ports_partition, sharing_gen_params),
	KUNIT_CASE(ports_unshared),
	{}
};

static struct kunit_suite port_suite = {
	.name = "nf_mapt_ports",
	.test_cases = port_cases,
};

/* --- the default mapping rule ------------------------------------------- */

static struct nf_mapt_table *table_alloc(struct kunit *test, unsigned int num)
{
	struct nf_mapt_table *table;

	table = kunit_kzalloc(test, sizeof(*table), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, table);
	table->rules = kunit_kcalloc(test, num, sizeof(*table->rules),
				     GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, table->rules);
	if (num > 1) {
		table->index = kunit_kzalloc(test, sizeof(*table->index),
					     GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, table->index);
	}

	return table;
}

static void dmr_embeds(struct kunit *test)
{
	const struct dmr_vector *v = test->param_value;
	struct in6_addr expected = addr6_of(test, v->addr6), addr6;
	struct nf_mapt_table *table = table_alloc(test, 0);
	__be32 addr4 = htonl(addr4_of(test, v->addr4));
	struct nf_mapt_prefix6 dmr;
	bool is_dmr = false;

	parse6(test, v->prefix, &dmr);
	KUNIT_ASSERT_EQ(test, nf_mapt_table_init(table, &dmr, NULL, 0), 0);
	if (!v->extract_only) {
		nf_mapt_dmr_addr6(table, addr4, &addr6);
		expect_addr6(test, &addr6, &expected);
	}
	KUNIT_EXPECT_EQ(test, ntohl(nf_mapt_dmr_addr4(table, &expected)),
			ntohl(addr4));
	KUNIT_EXPECT_NULL(test, nf_mapt_table_lookup6(table, &expected,
						      &is_dmr));
	KUNIT_EXPECT_TRUE(test, is_dmr);
}

static void dmr_refused(struct kunit *test)
{
	const struct bad_dmr_vector *v = test->param_value;
	struct nf_mapt_table *table = table_alloc(test, 0);
	struct nf_mapt_prefix6 dmr;

	parse6(test, v->prefix, &dmr);
	KUNIT_EXPECT_EQ(test, nf_mapt_dmr_check(&dmr), v->err);
	KUNIT_EXPECT_EQ(test, nf_mapt_table_init(table, &dmr, NULL, 0), v->err);
}

/* RFC 6052 section 2.2, as the figure has it: octet 8 is left out. */
static void dmr_random(struct kunit *test)
{
	struct nf_mapt_table *table = table_alloc(test, 0);
	struct nf_mapt_prefix6 dmr = {};
	struct in6_addr addr6, expected;
	struct rnd_state rnd;
	unsigned int i, octet;
	__be32 addr4;
	int len;

	prandom_seed_state(&rnd, 6052);
	for (len = 0; len < 256; len++) {
		bool valid = len == 96 || (len >= 32 && len <= 64 && len % 8 == 0);

		dmr.len = len;
		memset(&dmr.addr, 0, sizeof(dmr.addr));
		for (octet = 0; valid && octet < len / 8; octet++) {
			if (octet != 8)
				dmr.addr.s6_addr[octet] = prandom_u32_state(&rnd);
		}
		/* neither multicast nor of a link */
		dmr.addr.s6_addr[0] &= 0x7f;
		KUNIT_ASSERT_EQ(test, nf_mapt_table_init(table, &dmr, NULL, 0),
				valid ? 0 : -ERANGE);
		for (i = 0; valid && i < 1000; i++) {
			u8 from[4];

			addr4 = htonl(prandom_u32_state(&rnd));
			memcpy(from, &addr4, sizeof(from));
			expected = dmr.addr;
			for (octet = 0; octet < 4; octet++) {
				unsigned int to = len / 8 + octet;

				if (len < 96 && to >= 8)
					to++;
				expected.s6_addr[to] = from[octet];
			}
			nf_mapt_dmr_addr6(table, addr4, &addr6);
			expect_addr6(test, &addr6, &expected);

			/* Octet 8 and the suffix may be anything on receipt. */
			if (len < 96) {
				for (octet = len / 8 + 5; octet < 16; octet++)
					addr6.s6_addr[octet] = prandom_u32_state(&rnd);
				if (i % 2)
					addr6.s6_addr[8] = prandom_u32_state(&rnd);
			}
			KUNIT_EXPECT_EQ(test,
					ntohl(nf_mapt_dmr_addr4(table, &addr6)),
					ntohl(addr4));
		}
	}
}

static void dmr_vector_desc(const struct dmr_vector *v, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s %s%s", v->prefix, v->addr4,
		 v->extract_only ? " extract only" : "");
}

KUNIT_ARRAY_PARAM(dmr, dmr_vectors, dmr_vector_desc);
KUNIT_ARRAY_PARAM_DESC(bad_dmr, bad_dmr_vectors, id);

static struct kunit_case dmr_cases[] = {
	KUNIT_CASE_PARAM(dmr_embeds, dmr_gen_params),
	KUNIT_CASE_PARAM(dmr_refused, bad_dmr_gen_params),
	KUNIT_CASE(dmr_random),
	{}
};

static struct kunit_suite dmr_suite = {
	.name = "nf_mapt_dmr",
	.test_cases = dmr_cases,
};

/* --- the rule table ----------------------------------------------------- */

static int table_load(struct kunit *test, struct nf_mapt_table *table,
		      const char *dmr, const struct rule_text *rules,
		      unsigned int num)
{
	struct nf_mapt_rule_param *param;
	struct nf_mapt_prefix6 prefix;
	unsigned int i;

	parse6(test, dmr, &prefix);
	param = kunit_kcalloc(test, num, sizeof(*param), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, param);
	for (i = 0; i < num; i++)
		param[i] = param_of(test, &rules[i]);

	return nf_mapt_table_init(table, &prefix, param, num);
}

/* The rule found must be the one that has this IPv6 prefix; "" for none. */
static void expect_rule(struct kunit *test, const struct nf_mapt_rule *rule,
			const char *prefix6, const char *what)
{
	struct nf_mapt_prefix6 prefix;

	if (!*prefix6) {
		KUNIT_EXPECT_NULL_MSG(test, rule, "%s", what);
		return;
	}
	KUNIT_ASSERT_NOT_NULL_MSG(test, rule, "%s", what);
	parse6(test, prefix6, &prefix);
	KUNIT_EXPECT_EQ_MSG(test, rule->n, prefix.len, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, rule->hi, bits6(&prefix.addr, 0, 64), "%s",
			    what);
	KUNIT_EXPECT_EQ_MSG(test, rule->lo, bits6(&prefix.addr, 64, 64), "%s",
			    what);
}

static void expect4(struct kunit *test, const struct nf_mapt_table *table,
		    const char *addr4, u16 port, const char *prefix6)
{
	expect_rule(test, nf_mapt_table_lookup4(table, addr4_of(test, addr4),
						port), prefix6, addr4);
}

static void expect6(struct kunit *test, const struct nf_mapt_table *table,
		    const char *addr6, const char *prefix6)
{
	struct in6_addr addr = addr6_of(test, addr6);
	bool is_dmr = true;

	expect_rule(test, nf_mapt_table_lookup6(table, &addr, &is_dmr), prefix6,
		    addr6);
	KUNIT_EXPECT_FALSE_MSG(test, is_dmr, "%s", addr6);
}

static void expect6_dmr(struct kunit *test, const struct nf_mapt_table *table,
			const char *addr6)
{
	struct in6_addr addr = addr6_of(test, addr6);
	bool is_dmr = false;

	KUNIT_EXPECT_NULL_MSG(test, nf_mapt_table_lookup6(table, &addr,
							  &is_dmr), "%s", addr6);
	KUNIT_EXPECT_TRUE_MSG(test, is_dmr, "%s", addr6);
}

/* Nested both ways, and not in the same order. */
static const struct rule_text nested[] = {
	{ "2001:db8::/40", "192.0.2.0/24", 16, 6 },
	{ "2001:db8:200::/40", "192.0.2.128/25", 15, 6 },
	{ "2001:db8:0:4400::/56", "192.0.2.192/26", 6, 6 },
	{ "2001:db8:0:4000::/52", "192.0.2.200/32", 0, 6 },
	{ "2001::/16", "192.0.0.0/16", 16, 6 },
	{ "2001:db8:4464:1::/80", "192.0.2.0/28", 8, 6 },
};

static void nested_lookups(struct kunit *test, const struct nf_mapt_table *table)
{
	expect4(test, table, "192.0.2.18", 1232, "2001:db8::/40");
	expect4(test, table, "192.0.2.15", 1232, "2001:db8:4464:1::/80");
	expect4(test, table, "192.0.2.16", 1232, "2001:db8::/40");
	expect4(test, table, "192.0.2.127", 1232, "2001:db8::/40");
	expect4(test, table, "192.0.2.128", 1232, "2001:db8:200::/40");
	expect4(test, table, "192.0.2.191", 1232, "2001:db8:200::/40");
	expect4(test, table, "192.0.2.192", 1232, "2001:db8:0:4400::/56");
	expect4(test, table, "192.0.2.200", 1232, "2001:db8:0:4000::/52");
	expect4(test, table, "192.0.2.201", 0, "2001:db8:0:4400::/56");
	expect4(test, table, "192.0.3.0", 1232, "2001::/16");
	expect4(test, table, "191.255.255.255", 1232, "");
	expect4(test, table, "192.1.0.0", 1232, "");

	expect6(test, table, "2001:db8:12:3400:0:c000:212:34", "2001:db8::/40");
	expect6(test, table, "2001:db8:ff:ffff:ffff:ffff:ffff:ffff",
		"2001:db8::/40");
	expect6(test, table, "2001:db8:100::", "2001::/16");
	expect6(test, table, "2001:db8:200::1", "2001:db8:200::/40");
	expect6(test, table, "2001:db8:0:4000::1", "2001:db8:0:4000::/52");
	expect6(test, table, "2001:db8:0:4400::1", "2001:db8:0:4400::/56");
	expect6(test, table, "2001:db8:0:4500::1", "2001:db8:0:4000::/52");
	expect6(test, table, "2001:db8:0:5000::1", "2001:db8::/40");
	expect6(test, table, "2001:db8:4464:1::1", "2001:db8:4464:1::/80");
	expect6(test, table, "2001:db8:4464:1:1::", "2001::/16");
	expect6(test, table, "2002::1", "");
	expect6_dmr(test, table, "64:ff9b::c000:221");
	expect6(test, table, "64:ff9b::1:c000:221", "");
}

static void swap_rules(struct rule_text *rules, unsigned int i, unsigned int j)
{
	struct rule_text tmp = rules[i];

	rules[i] = rules[j];
	rules[j] = tmp;
}

/* Heap's algorithm: every order once. */
static void table_any_order(struct kunit *test)
{
	struct nf_mapt_table *table = table_alloc(test, ARRAY_SIZE(nested));
	struct rule_text rules[ARRAY_SIZE(nested)];
	unsigned int done[ARRAY_SIZE(nested)] = {};
	unsigned int i = 0;

	memcpy(rules, nested, sizeof(nested));
	do {
		KUNIT_ASSERT_EQ(test, table_load(test, table, "64:ff9b::/96",
						 rules, ARRAY_SIZE(rules)), 0);
		nested_lookups(test, table);
		while (i < ARRAY_SIZE(rules) && done[i] >= i)
			done[i++] = 0;
		if (i < ARRAY_SIZE(rules)) {
			swap_rules(rules, i % 2 ? done[i] : 0, i);
			done[i]++;
			i = 0;
			continue;
		}
		break;
	} while (true);
}

/* Beside each other: what their IPv4 prefixes have in common is none's prefix. */
static const struct rule_text beside[] = {
	{ "2001:db8:1::/48", "203.0.113.0/24", 8, 6 },
	{ "2001:db8:2::/48", "203.0.112.0/25", 8, 6 },
	{ "2001:db8:3::/48", "198.51.100.7/32", 4, 6 },
	{ "2001:db8:4::/48", "10.0.0.0/8", 16, 6 },
};

static void table_beside(struct kunit *test)
{
	struct nf_mapt_table *table = table_alloc(test, ARRAY_SIZE(beside));
	struct rule_text rules[ARRAY_SIZE(beside)];
	unsigned int i, num;

	for (i = 0; i < ARRAY_SIZE(beside); i++) {
		memcpy(rules, beside, sizeof(beside));
		swap_rules(rules, 0, i);
		KUNIT_ASSERT_EQ(test, table_load(test, table, "64:ff9b::/96",
						 rules, ARRAY_SIZE(rules)), 0);
		expect4(test, table, "203.0.113.255", 1232, "2001:db8:1::/48");
		expect4(test, table, "203.0.112.127", 1232, "2001:db8:2::/48");
		expect4(test, table, "203.0.112.128", 1232, "");
		expect4(test, table, "198.51.100.7", 1232, "2001:db8:3::/48");
		expect4(test, table, "198.51.100.6", 1232, "");
		expect4(test, table, "10.255.0.1", 1232, "2001:db8:4::/48");
		expect4(test, table, "11.0.0.1", 1232, "");
	}

	for (num = 1; num <= 2; num++) {
		KUNIT_ASSERT_EQ(test, table_load(test, table, "64:ff9b::/96",
						 beside, num), 0);
		expect4(test, table, "203.0.113.1", 1232, "2001:db8:1::/48");
		expect4(test, table, "203.0.112.1", 1232,
			num > 1 ? "2001:db8:2::/48" : "");
		expect4(test, table, "203.0.114.1", 1232, "");
	}
}

/* One rule is found without an index: its last bit decides, or nothing does. */
static const struct alone {
	const char *id;
	struct rule_text rule;
	const char *in;
	const char *out;
} alone[] = {
	{ "/0", { "::/0", "192.0.2.18/32", 0, 6 }, "8000::1", NULL },
	{ "/1", { "::/1", "192.0.2.18/32", 0, 6 }, "7fff::1", "8000::1" },
	{ "/64", { "2001:db8:1:2::/64", "192.0.2.18/32", 0, 6 },
	  "2001:db8:1:2:ffff::", "2001:db8:1:3::" },
	{ "/65", { "2001:db8:1:2::/65", "192.0.2.18/32", 0, 6 },
	  "2001:db8:1:2:7fff::", "2001:db8:1:2:8000::" },
	{ "/65, upper half", { "2001:db8:1:2::/65", "192.0.2.18/32", 0, 6 },
	  "2001:db8:1:2::", "2001:db8:1:3::" },
	{ "/128", { "2001:db8::12/128", "192.0.2.18/32", 0, 6 },
	  "2001:db8::12", "2001:db8::13" },
};

KUNIT_ARRAY_PARAM_DESC(alone, alone, id);

static void table_alone(struct kunit *test)
{
	struct nf_mapt_table *table = table_alloc(test, 1);
	const struct alone *v = test->param_value;

	KUNIT_ASSERT_EQ(test, table_load(test, table, "64:ff9b::/96", &v->rule,
					 1), 0);
	expect6(test, table, v->in, v->rule.prefix6);
	if (v->out)
		expect6(test, table, v->out, "");
}

static const struct border {
	const char *dmr;
	const char *in;
	const char *out;
} borders[] = {
	{ "2001:db8::/32", "2001:db8:ffff::", "2001:db9::" },
	{ "2001:db8:100::/40", "2001:db8:1ff::", "2001:db8:200::" },
	{ "2001:db8:1::/48", "2001:db8:1:ffff::", "2001:db8:0:ffff::" },
	{ "2001:db8:1:200::/56", "2001:db8:1:2ff::", "2001:db8:1:300::" },
	{ "2001:db8:1:2::/64", "2001:db8:1:2:ff::", "2001:db8:1:3::" },
	{ "2001:db8:1:2:0:1::/96", "2001:db8:1:2:0:1:ffff:ffff",
	  "2001:db8:1:2:0:0:ffff:ffff" },
	{ "2001:db8:1:2::/96", "2001:db8:1:2::1", "2001:db8:1:3::1" },
};

KUNIT_ARRAY_PARAM_DESC(border, borders, dmr);

static void table_dmr_border(struct kunit *test)
{
	struct nf_mapt_table *table = table_alloc(test, 0);
	const struct border *v = test->param_value;

	KUNIT_ASSERT_EQ(test, table_load(test, table, v->dmr, NULL, 0), 0);
	expect6_dmr(test, table, v->in);
	expect6(test, table, v->out, "");
}

static void table_dmr_nested(struct kunit *test)
{
	static const struct rule_text inside = {
		"2001:db8::/40", "192.0.2.0/24", 16, 6
	};
	struct nf_mapt_table *table = table_alloc(test, 1);

	/* the DMR inside the rule IPv6 prefix */
	KUNIT_ASSERT_EQ(test, table_load(test, table, "2001:db8:64::/96",
					 &inside, 1), 0);
	expect6_dmr(test, table, "2001:db8:64::c000:221");
	expect6(test, table, "2001:db8:64::1:c000:221", "2001:db8::/40");
	expect6(test, table, "2001:db8:12:3400:0:c000:212:34", "2001:db8::/40");

	/* the rule IPv6 prefix inside the DMR */
	KUNIT_ASSERT_EQ(test, table_load(test, table, "2001:db8::/32", &inside,
					 1), 0);
	expect6(test, table, "2001:db8:12:3400:0:c000:212:34", "2001:db8::/40");
	expect6_dmr(test, table, "2001:db8:100::");
	expect6_dmr(test, table, "2001:db8:c000:221::");
	expect6(test, table, "2001:db9::", "");

	/* the same prefix: the DMR's */
	KUNIT_ASSERT_EQ(test, table_load(test, table, "2001:db8::/40", &inside,
					 1), 0);
	expect6_dmr(test, table, "2001:db8:12:3400:0:c000:212:34");
}

/* RFC 7599 section 12.1: one IPv4 address, a rule for each CE. */
static void table_provisioned(struct kunit *test)
{
	static const struct rule_text rules[] = {
		{ "2001:db8:aa:33::/64", "192.0.2.18/32", 0, 6, 8, 0x33 },
		{ "2001:db8:aa:34::/64", "192.0.2.18/32", 0, 6, 8, 0x34 },
		{ "2001:db8:aa:35::/64", "192.0.2.18/32", 0, 6, 8, 0x35 },
		{ "2001:db8:bb::/48", "192.0.2.0/24", 16, 6 },
		{ "2001:db8:aa:0::/64", "192.0.2.19/32", 0, 0, 4, 0 },
	};
	struct nf_mapt_table *table = table_alloc(test, ARRAY_SIZE(rules));

	KUNIT_ASSERT_EQ(test, table_load(test, table, "64:ff9b::/96", rules,
					 ARRAY_SIZE(rules)), 0);
	expect4(test, table, "192.0.2.18", 1228, "2001:db8:aa:33::/64");
	expect4(test, table, "192.0.2.18", 1232, "2001:db8:aa:34::/64");
	expect4(test, table, "192.0.2.18", 1235, "2001:db8:aa:34::/64");
	expect4(test, table, "192.0.2.18", 1236, "2001:db8:aa:35::/64");
	/* PSID 0x36 has no rule of its own */
	expect4(test, table, "192.0.2.18", 1240, "2001:db8:bb::/48");
	expect4(test, table, "192.0.2.19", 4095, "2001:db8:aa:0::/64");
	expect4(test, table, "192.0.2.19", 4096, "2001:db8:bb::/48");
	expect4(test, table, "192.0.2.20", 1232, "2001:db8:bb::/48");
	expect6(test, table, "2001:db8:aa:35:0:c000:212:35",
		"2001:db8:aa:35::/64");

	KUNIT_ASSERT_EQ(test, table_load(test, table, "64:ff9b::/96", rules, 3),
			0);
	expect4(test, table, "192.0.2.18", 1240, "");
}

static const struct conflict {
	const char *id;
	struct rule_text rules[2];
	int err;
} conflicts[] = {
	{ "same rule",
	  { { "2001:db8::/40", "192.0.2.0/24", 16, 6 },
	    { "2001:db8::/40", "192.0.2.0/24", 16, 6 } }, -EEXIST },
	{ "same IPv6 prefix",
	  { { "2001:db8::/40", "192.0.2.0/24", 16, 6 },
	    { "2001:db8::/40", "198.51.100.0/24", 16, 6 } }, -EEXIST },
	{ "same IPv4 prefix",
	  { { "2001:db8::/40", "192.0.2.0/24", 16, 6 },
	    { "2001:db8:100::/40", "192.0.2.0/24", 16, 6 } }, -EEXIST },
	{ "same IPv4 prefix, 0/0",
	  { { "2001::/16", "0.0.0.0/0", 32, 6 },
	    { "2002::/16", "0.0.0.0/0", 40, 6 } }, -EEXIST },
	{ "same IPv4 address and PSID",
	  { { "2001:db8:aa:33::/64", "192.0.2.18/32", 0, 6, 8, 0x33 },
	    { "2001:db8:aa:34::/64", "192.0.2.18/32", 0, 6, 8, 0x33 } },
	  -EEXIST },
	{ "PSID of other length",
	  { { "2001:db8:aa:33::/64", "192.0.2.18/32", 0, 6, 8, 0x33 },
	    { "2001:db8:aa:34::/64", "192.0.2.18/32", 0, 6, 7, 0x34 } },
	  -EINVAL },
	{ "PSID at other offset",
	  { { "2001:db8:aa:33::/64", "192.0.2.18/32", 0, 6, 8, 0x33 },
	    { "2001:db8:aa:34::/64", "192.0.2.18/32", 0, 4, 8, 0x34 } },
	  -EINVAL },
	{ "shared and not",
	  { { "2001:db8:aa:33::/64", "192.0.2.18/32", 0, 6, 8, 0x33 },
	    { "2001:db8:aa:34::/64", "192.0.2.18/32", 0, 6 } }, -EEXIST },
	{ "PSID provisioned and embedded",
	  { { "2001:db8:aa:33::/64", "192.0.2.18/32", 0, 6, 8, 0x33 },
	    { "2001:db8:aa:3400::/56", "192.0.2.18/32", 8, 6 } }, -EEXIST },
	{ "none",
	  { { "2001:db8:aa:33::/64", "192.0.2.18/32", 0, 6, 8, 0x33 },
	    { "2001:db8:aa:34::/64", "192.0.2.18/32", 0, 6, 8, 0x34 } } },
	{ "none: nested",
	  { { "2001:db8::/40", "192.0.2.0/24", 16, 6 },
	    { "2001:db8::/41", "192.0.2.0/25", 16, 4 } } },
	{ "none: prefixes differ past bit 64",
	  { { "2001:db8::/80", "192.0.2.0/24", 8, 6 },
	    { "2001:db8:0:0:1::/80", "192.0.3.0/24", 8, 6 } } },
};

static void table_conflict(struct kunit *test)
{
	const struct conflict *v = test->param_value;
	struct nf_mapt_table *table = table_alloc(test, 2);
	struct rule_text reverse[2] = { v->rules[1], v->rules[0] };

	KUNIT_EXPECT_EQ(test, table_load(test, table, "64:ff9b::/96", v->rules,
					 2), v->err);
	KUNIT_EXPECT_EQ(test, table_load(test, table, "64:ff9b::/96", reverse,
					 2), v->err);
}

/* Each prefix is one half of the one before, the other half is its own. */
static void table_full(struct kunit *test)
{
	struct nf_mapt_prefix6 dmr = { .len = 96 };
	struct nf_mapt_rule_param *param;
	const struct nf_mapt_rule *rule;
	struct nf_mapt_table *table;
	struct in6_addr addr6;
	bool is_dmr;
	int i;

	/* one more, so that a bound that fails to hold is seen here */
	table = table_alloc(test, NFT_MAPT_FMR_MAX + 1);
	param = kunit_kcalloc(test, NFT_MAPT_FMR_MAX + 1, sizeof(*param),
			      GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, param);
	for (i = 0; i <= NFT_MAPT_FMR_MAX; i++) {
		param[i].prefix6.len = 16 + i;
		set_bits6(&param[i].prefix6.addr, 0, 16, 0x2001);
		param[i].prefix4 = htonl(i ? 0x55555555 & ~0U << (32 - i) : 0);
		param[i].prefix4_len = i;
		param[i].ea_len = 32 - i;
	}

	KUNIT_EXPECT_EQ(test, nf_mapt_table_init(table, &dmr, param,
						 NFT_MAPT_FMR_MAX + 1), -E2BIG);
	KUNIT_ASSERT_EQ(test, nf_mapt_table_init(table, &dmr, param,
						 NFT_MAPT_FMR_MAX), 0);
	KUNIT_EXPECT_EQ(test, table->num, 32);

	for (i = 0; i < NFT_MAPT_FMR_MAX; i++) {
		addr6 = param[0].prefix6.addr;
		set_bit6(&addr6, 16 + i, 1);
		is_dmr = true;
		rule = nf_mapt_table_lookup6(table, &addr6, &is_dmr);
		KUNIT_ASSERT_NOT_NULL(test, rule);
		KUNIT_EXPECT_EQ(test, rule->n, 16 + i);
		KUNIT_EXPECT_FALSE(test, is_dmr);

		rule = nf_mapt_table_lookup4(table, 0x55555555 ^ 1U << (31 - i), 0);
		KUNIT_ASSERT_NOT_NULL(test, rule);
		KUNIT_EXPECT_EQ(test, rule->r, i);
	}
}

static void table_empty(struct kunit *test)
{
	struct nf_mapt_table *table = table_alloc(test, 0);

	KUNIT_ASSERT_EQ(test, table_load(test, table, "64:ff9b::/96", nested, 0),
			0);
	expect4(test, table, "192.0.2.18", 1232, "");
	expect6(test, table, "2001:db8:12:3400:0:c000:212:34", "");
	expect6_dmr(test, table, "64:ff9b::1");
}

/* An error in any of the rules is the table's. */
static void table_bad_rule(struct kunit *test)
{
	struct nf_mapt_table *table = table_alloc(test, ARRAY_SIZE(nested));
	struct rule_text rules[ARRAY_SIZE(nested)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(nested); i++) {
		memcpy(rules, nested, sizeof(nested));
		rules[i].ea_len = 49;
		KUNIT_EXPECT_EQ(test, table_load(test, table, "64:ff9b::/96",
						 rules, ARRAY_SIZE(rules)),
				-ERANGE);
	}
}

KUNIT_ARRAY_PARAM_DESC(conflict, conflicts, id);

static struct kunit_case table_cases[] = {
	KUNIT_CASE(table_any_order),
	KUNIT_CASE(table_beside),
	KUNIT_CASE_PARAM(table_alone, alone_gen_params),
	KUNIT_CASE_PARAM(table_dmr_border, border_gen_params),
	KUNIT_CASE(table_dmr_nested),
	KUNIT_CASE(table_provisioned),
	KUNIT_CASE_PARAM(table_conflict, conflict_gen_params),
	KUNIT_CASE(table_full),
	KUNIT_CASE(table_empty),
	KUNIT_CASE(table_bad_rule),
	{}
};

static struct kunit_suite table_suite = {
	.name = "nf_mapt_table",
	.test_cases = table_cases,
};

kunit_test_suites(&ce_suite, &rule_suite, &port_suite, &dmr_suite, &table_suite);

/* MODULE_IMPORT_NS() takes a token before 6.13 and a string since. */
MODULE_INFO(import_ns, "EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests of the MAP-T rule arithmetic");
MODULE_LICENSE("GPL");

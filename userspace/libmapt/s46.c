// SPDX-License-Identifier: GPL-2.0
/*
 * Options of DHCPv6 that configure a CE, from bytes to structures (RFC 7598).
 * Whoever sent them, what is no such option is refused, with the place.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "s46.h"

enum {
	OPTION_S46_RULE		= 89,
	OPTION_S46_BR		= 90,
	OPTION_S46_DMR		= 91,
	OPTION_S46_V4V6BIND	= 92,
	OPTION_S46_PORTPARAMS	= 93,
};

#define RULE_FLAG_FMR		0x01

/* Bytes @pos to @end of an option, and where what is wrong goes. */
struct reader {
	const uint8_t	*data;
	size_t		pos;
	size_t		end;
	char		*msg;
	size_t		size;
};

struct option {
	unsigned int	code;
	size_t		start;
	struct reader	body;
};

static const struct {
	enum s46_kind	kind;
	const char	*name;
} kinds[] = {
	{ S46_MAPT, "map-t" },
	{ S46_MAPE, "map-e" },
	{ S46_LW, "lw4o6" },
};

/**
 * s46_name - a softwire mechanism's name
 * @kind: mechanism
 */
const char *s46_name(enum s46_kind kind)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (kinds[i].kind == kind)
			return kinds[i].name;
	}
	return "unknown";
}

/**
 * s46_kind_from_text - a softwire mechanism by name or option code
 * @text: as in "map-t", "95"
 * @kind: result
 *
 * Return: false if there is none of that name.
 */
bool s46_kind_from_text(const char *text, enum s46_kind *kind)
{
	char code[4];
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		snprintf(code, sizeof(code), "%d", kinds[i].kind);
		if (strcmp(text, kinds[i].name) && strcmp(text, code))
			continue;
		*kind = kinds[i].kind;
		return true;
	}
	return false;
}

static bool __attribute__((format(printf, 2, 3)))
fail(const struct reader *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->msg, r->size, fmt, ap);
	va_end(ap);
	return false;
}

/* A byte: two digits, or one or two of them between colons. */
static bool hex_byte(const char **text, bool colons, uint8_t *byte)
{
	unsigned int value = 0, digits = 0;
	const char *s = *text;

	for (; digits < 2 && isxdigit((unsigned char)*s); s++, digits++)
		value = value << 4 | (isdigit((unsigned char)*s) ? *s - '0' :
				      tolower((unsigned char)*s) - 'a' + 10);
	if (!digits || (digits < 2 && !colons))
		return false;
	*byte = value;
	*text = s;
	return true;
}

/**
 * s46_hex - bytes from hexadecimal text
 * @text: as DHCP clients write it: 005900..., 00:59:00..., 0:59:0...; blanks at
 *	both ends don't count
 * @out: bytes are added here
 * @msg: what is wrong
 * @size: space there
 *
 * Return: false if @text is no such text, or empty.
 */
bool s46_hex(const char *text, struct buf *out, char *msg, size_t size)
{
	bool colons = strchr(text, ':');
	const char *s = text;
	uint8_t byte;

	while (isspace((unsigned char)*s))
		s++;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	while (*s && !isspace((unsigned char)*s)) {
		if (!hex_byte(&s, colons, &byte) ||
		    (colons && *s == ':' && !s[1])) {
			snprintf(msg, size,
				 "character %zu is not part of hexadecimal bytes (00590016... or 00:59:00:16:...)",
				 (size_t)(s - text) + 1);
			return false;
		}
		buf_add(out, &byte, 1);
		if (colons && *s == ':')
			s++;
		else if (colons && *s && !isspace((unsigned char)*s)) {
			snprintf(msg, size, "expected ':' at character %zu",
				 (size_t)(s - text) + 1);
			return false;
		}
	}
	while (isspace((unsigned char)*s))
		s++;
	if (*s) {
		snprintf(msg, size, "more than one word of hexadecimal bytes");
		return false;
	}
	if (!out->len)
		snprintf(msg, size, "no bytes: the option is empty");
	return out->len;
}

static size_t left(const struct reader *r)
{
	return r->end - r->pos;
}

/* The next option, or false with a message, or false without at the end. */
static bool next_option(struct reader *r, struct option *option)
{
	const uint8_t *p = r->data + r->pos;
	size_t len;

	*r->msg = '\0';
	if (!left(r))
		return false;
	if (left(r) < 4)
		return fail(r, "%zu bytes at byte %zu are too few for an option, whose header has 4",
			    left(r), r->pos);
	option->code = p[0] << 8 | p[1];
	len = p[2] << 8 | p[3];
	option->start = r->pos;
	if (!option->code)
		return fail(r, "option code 0 at byte %zu: is a prefix longer than its length says?",
			    r->pos);
	if (len > left(r) - 4)
		return fail(r, "option %u at byte %zu says it has %zu bytes, but %zu are left",
			    option->code, r->pos, len, left(r) - 4);
	option->body = *r;
	option->body.pos = r->pos + 4;
	option->body.end = option->body.pos + len;
	r->pos = option->body.end;
	return true;
}

static bool need(const struct option *option, const char *name, size_t len)
{
	return left(&option->body) >= len ||
	       fail(&option->body, "%s (option %u at byte %zu) is too short",
		    name, option->code, option->start);
}

static unsigned int get_u8(struct option *option)
{
	return option->body.data[option->body.pos++];
}

static unsigned int get_u16(struct option *option)
{
	unsigned int high = get_u8(option);

	return high << 8 | get_u8(option);
}

static uint32_t get_u32(struct option *option)
{
	uint32_t high = get_u16(option);

	return high << 16 | get_u16(option);
}

/* A length and as many bytes as it needs. */
static bool get_prefix6(struct option *option, const char *name,
			struct mapt_prefix6 *prefix)
{
	size_t len;

	if (!need(option, name, 1))
		return false;
	prefix->len = get_u8(option);
	if (prefix->len > 128)
		return fail(&option->body, "%s (option %u at byte %zu): IPv6 prefix length %u is over 128",
			    name, option->code, option->start, prefix->len);
	len = (prefix->len + 7) / 8;
	if (!need(option, name, len))
		return false;
	memset(&prefix->addr, 0, sizeof(prefix->addr));
	memcpy(&prefix->addr, option->body.data + option->body.pos, len);
	option->body.pos += len;
	mapt_prefix6_mask(prefix);
	return true;
}

/* Section 4.5 */
static bool get_ports(struct option *option, struct s46_ports *ports)
{
	const struct reader *r = &option->body;
	unsigned int psid;

	if (ports->given)
		return fail(r, "port parameters (option %u at byte %zu) are given twice",
			    option->code, option->start);
	if (left(r) != 4)
		return fail(r, "port parameters (option %u at byte %zu) have %zu bytes, not 4",
			    option->code, option->start, left(r));
	ports->given = true;
	ports->offset = get_u8(option);
	ports->psid_len = get_u8(option);
	psid = get_u16(option);
	if (ports->offset > 15)
		return fail(r, "port parameters (option %u at byte %zu): offset %u is over 15",
			    option->code, option->start, ports->offset);
	if (ports->psid_len + ports->offset > 16)
		return fail(r, "port parameters (option %u at byte %zu): offset %u and PSID length %u are over 16 together",
			    option->code, option->start, ports->offset,
			    ports->psid_len);
	if (!ports->psid_len)
		return true;
	ports->psid = psid >> (16 - ports->psid_len);
	if (psid & ((1U << (16 - ports->psid_len)) - 1))
		return fail(r, "port parameters (option %u at byte %zu): PSID 0x%04x has bits beyond its first %u, it must be left-aligned",
			    option->code, option->start, psid, ports->psid_len);
	return true;
}

/* What follows the fields of a rule or a binding: port parameters, once. */
static bool get_suboptions(struct option *parent, const char *name,
			   struct s46_ports *ports)
{
	struct option option;

	while (next_option(&parent->body, &option)) {
		if (option.code == OPTION_S46_PORTPARAMS) {
			if (!get_ports(&option, ports))
				return false;
		} else if (option.code >= OPTION_S46_RULE &&
			   option.code <= S46_LW) {
			return fail(&option.body, "option %u at byte %zu has no place in %s",
				    option.code, option.start, name);
		}
	}
	return !*parent->body.msg;
}

/* Section 4.1 */
static bool get_rule(struct option *option, struct s46_rule *rule)
{
	static const char name[] = "a mapping rule";

	memset(rule, 0, sizeof(*rule));
	if (!need(option, name, 8))
		return false;
	rule->fmr = get_u8(option) & RULE_FLAG_FMR;
	rule->ea_len = get_u8(option);
	rule->prefix4.len = get_u8(option);
	rule->prefix4.addr = get_u32(option);
	if (rule->ea_len > 48)
		return fail(&option->body, "%s (option %u at byte %zu): ea-len %u is over 48",
			    name, option->code, option->start, rule->ea_len);
	if (rule->prefix4.len > 32)
		return fail(&option->body, "%s (option %u at byte %zu): IPv4 prefix length %u is over 32",
			    name, option->code, option->start,
			    rule->prefix4.len);
	mapt_prefix4_mask(&rule->prefix4);
	return get_prefix6(option, name, &rule->prefix6) &&
	       get_suboptions(option, name, &rule->ports);
}

static bool add_rule(struct option *option, struct s46 *s46)
{
	s46->rules = xrealloc(s46->rules,
			      (s46->num_rules + 1) * sizeof(*s46->rules));
	return get_rule(option, &s46->rules[s46->num_rules]) &&
	       ++s46->num_rules;
}

/* Section 4.2 */
static bool add_br(struct option *option, struct s46 *s46)
{
	if (left(&option->body) != 16)
		return fail(&option->body, "a border relay's address (option %u at byte %zu) has %zu bytes, not 16",
			    option->code, option->start, left(&option->body));
	s46->brs = xrealloc(s46->brs, (s46->num_brs + 1) * sizeof(*s46->brs));
	memcpy(&s46->brs[s46->num_brs++],
	       option->body.data + option->body.pos, 16);
	return true;
}

/* Section 4.3 */
static bool get_dmr(struct option *option, struct s46 *s46)
{
	static const char name[] = "the default mapping rule";

	if (s46->has_dmr)
		return fail(&option->body, "%s (option %u at byte %zu) is given twice",
			    name, option->code, option->start);
	s46->has_dmr = true;
	if (!get_prefix6(option, name, &s46->dmr))
		return false;
	return !left(&option->body) ||
	       fail(&option->body, "%s (option %u at byte %zu) has %zu bytes more than its prefix length says",
		    name, option->code, option->start, left(&option->body));
}

/* Section 4.4 */
static bool get_bind(struct option *option, struct s46 *s46)
{
	static const char name[] = "the IPv4 and IPv6 binding";

	if (s46->bind.given)
		return fail(&option->body, "%s (option %u at byte %zu) is given twice",
			    name, option->code, option->start);
	s46->bind.given = true;
	if (!need(option, name, 5))
		return false;
	s46->bind.addr4 = get_u32(option);
	return get_prefix6(option, name, &s46->bind.prefix6) &&
	       get_suboptions(option, name, &s46->bind.ports);
}

/* Section 5: which option may be in which container. */
static bool has_place(enum s46_kind kind, unsigned int code)
{
	switch (code) {
	case OPTION_S46_RULE:
		return kind != S46_LW;
	case OPTION_S46_BR:
		return kind != S46_MAPT;
	case OPTION_S46_DMR:
		return kind == S46_MAPT;
	case OPTION_S46_V4V6BIND:
		return kind == S46_LW;
	default:
		return false;
	}
}

static bool get_option(struct option *option, struct s46 *s46)
{
	if (!has_place(s46->kind, option->code)) {
		/* Others are ignored, as DHCPv6 has it (RFC 8415 16). */
		if (option->code < OPTION_S46_RULE || option->code > S46_LW)
			return true;
		return fail(&option->body, "option %u at byte %zu has no place in %s's container (RFC 7598 5)",
			    option->code, option->start, s46_name(s46->kind));
	}
	switch (option->code) {
	case OPTION_S46_RULE:
		return add_rule(option, s46);
	case OPTION_S46_BR:
		return add_br(option, s46);
	case OPTION_S46_DMR:
		return get_dmr(option, s46);
	default:
		return get_bind(option, s46);
	}
}

static bool complete(const struct reader *r, const struct s46 *s46)
{
	if (s46->kind != S46_LW && !s46->num_rules)
		return fail(r, "no mapping rule (option %u) in it",
			    OPTION_S46_RULE);
	if (s46->kind == S46_MAPT && !s46->has_dmr)
		return fail(r, "no default mapping rule (option %u) in it",
			    OPTION_S46_DMR);
	if (s46->kind != S46_MAPT && !s46->num_brs)
		return fail(r, "no address of a border relay (option %u) in it",
			    OPTION_S46_BR);
	if (s46->kind == S46_LW && !s46->bind.given)
		return fail(r, "no IPv4 address (option %u) in it: how the router gets one otherwise is not supported",
			    OPTION_S46_V4V6BIND);
	return true;
}

/**
 * s46_decode - read a container
 * @kind: which container it is
 * @data: what it holds, without its own code and length
 * @len: bytes of it
 * @s46: result, to be freed by s46_free(), whatever is returned
 * @msg: what is wrong
 * @size: space there
 *
 * Return: false if these are no options as RFC 7598 has them.
 */
bool s46_decode(enum s46_kind kind, const void *data, size_t len,
		struct s46 *s46, char *msg, size_t size)
{
	struct reader r = {
		.data = data,
		.end = len,
		.msg = msg,
		.size = size,
	};
	struct option option;

	memset(s46, 0, sizeof(*s46));
	s46->kind = kind;
	while (next_option(&r, &option)) {
		if (!get_option(&option, s46))
			return false;
	}
	return !*msg && complete(&r, s46);
}

/**
 * s46_free - free what s46_decode() allocated
 * @s46: container
 */
void s46_free(struct s46 *s46)
{
	free(s46->rules);
	free(s46->brs);
	memset(s46, 0, sizeof(*s46));
}

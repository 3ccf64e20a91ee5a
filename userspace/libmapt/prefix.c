// SPDX-License-Identifier: GPL-2.0
/* Prefixes, and numbers and prefixes to and from text. */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "mapt.h"

void mapt_prefix6_mask(struct mapt_prefix6 *prefix)
{
	unsigned int i;

	for (i = prefix->len; i < 128; i++)
		prefix->addr.s6_addr[i / 8] &= ~(0x80 >> i % 8);
}

void mapt_prefix4_mask(struct mapt_prefix4 *prefix)
{
	prefix->addr &= prefix->len ? ~0U << (32 - prefix->len) : 0;
}

/* Whether the first bits of @addr are those of @prefix. */
bool mapt_prefix6_covers(const struct mapt_prefix6 *prefix,
			 const struct in6_addr *addr)
{
	struct mapt_prefix6 want = *prefix, got = {
		.addr = *addr,
		.len = prefix->len,
	};

	mapt_prefix6_mask(&want);
	mapt_prefix6_mask(&got);
	return !memcmp(&want.addr, &got.addr, sizeof(got.addr));
}

/* No loopback, multicast or class E address, and none of "this network". */
bool mapt_addr4_is_unicast(uint32_t addr)
{
	return addr >> 24 && addr >> 24 != 127 && addr >> 29 != 7;
}

/* Decimal or 0x hexadecimal; no sign, no octal. */
bool mapt_parse_number(const char *s, size_t len, unsigned int *value)
{
	unsigned int base = 10;
	uint64_t v = 0;
	size_t i = 0;

	if (len > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		i = 2;
	} else if (len > 1 && s[0] == '0') {
		return false;
	}
	if (i == len)
		return false;

	for (; i < len; i++) {
		unsigned char c = tolower((unsigned char)s[i]);
		unsigned int digit;

		if (c >= '0' && c <= '9')
			digit = c - '0';
		else if (c >= 'a' && c <= 'f')
			digit = c - 'a' + 10;
		else
			return false;
		if (digit >= base)
			return false;
		v = v * base + digit;
		if (v > UINT32_MAX)
			return false;
	}
	*value = v;
	return true;
}

/* PORT, or FIRST-LAST. */
bool mapt_parse_ports(const char *s, size_t len, uint32_t *ports)
{
	const char *dash = memchr(s, '-', len);
	unsigned int first, last;

	if (!mapt_parse_number(s, dash ? (size_t)(dash - s) : len, &first))
		return false;
	last = first;
	if (dash && !mapt_parse_number(dash + 1, s + len - dash - 1, &last))
		return false;
	if (first > UINT16_MAX || last > UINT16_MAX)
		return false;
	*ports = first << 16 | last;
	return true;
}

void mapt_print_ports(uint32_t ports, struct buf *out)
{
	unsigned int first = ports >> 16, last = ports & UINT16_MAX;

	buf_printf(out, "%u", first);
	if (last != first)
		buf_printf(out, "-%u", last);
}

static bool parse_prefix(int family, const char *s, size_t len, void *addr,
			 unsigned int max, unsigned int *prefix_len)
{
	const char *slash = memchr(s, '/', len);
	size_t addr_len = slash ? (size_t)(slash - s) : len;
	char text[INET6_ADDRSTRLEN];

	if (addr_len >= sizeof(text) || memchr(s, '\0', len))
		return false;
	memcpy(text, s, addr_len);
	text[addr_len] = '\0';
	if (inet_pton(family, text, addr) != 1)
		return false;

	*prefix_len = max;
	if (!slash)
		return true;
	return mapt_parse_number(slash + 1, len - addr_len - 1, prefix_len) &&
	       *prefix_len <= max;
}

bool mapt_parse_addr4(const char *s, uint32_t *addr)
{
	struct in_addr in;

	if (inet_pton(AF_INET, s, &in) != 1)
		return false;
	*addr = ntohl(in.s_addr);
	return true;
}

/* Host bits are dropped, as nft does. */
bool mapt_parse_prefix6(const char *s, size_t len, struct mapt_prefix6 *prefix)
{
	if (!parse_prefix(AF_INET6, s, len, &prefix->addr, 128, &prefix->len))
		return false;
	mapt_prefix6_mask(prefix);
	return true;
}

bool mapt_parse_prefix4(const char *s, size_t len, struct mapt_prefix4 *prefix)
{
	struct in_addr addr;

	if (!parse_prefix(AF_INET, s, len, &addr, 32, &prefix->len))
		return false;
	prefix->addr = ntohl(addr.s_addr);
	mapt_prefix4_mask(prefix);
	return true;
}

void mapt_print_prefix6(const struct mapt_prefix6 *prefix, struct buf *out)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, &prefix->addr, text, sizeof(text));
	buf_printf(out, "%s/%u", text, prefix->len);
}

void mapt_print_addr4(uint32_t addr, struct buf *out)
{
	struct in_addr in = { .s_addr = htonl(addr) };
	char text[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &in, text, sizeof(text));
	buf_adds(out, text);
}

void mapt_print_prefix4(const struct mapt_prefix4 *prefix, struct buf *out)
{
	mapt_print_addr4(prefix->addr, out);
	buf_printf(out, "/%u", prefix->len);
}

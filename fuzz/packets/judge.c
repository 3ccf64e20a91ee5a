// SPDX-License-Identifier: GPL-2.0
/*
 * What may come out of a router, given what went in
 *
 * - No IPv4 on the WAN of a CE.
 * - A packet comes out once, or not at all, and then a counter has moved.
 * - Lengths and the checksum of the IPv4 header are right.
 * - The transport checksum is right where it was, and wrong where it was; what is left to devices, they can do.
 * - What the transport carries is unchanged.
 */
#include <netinet/in.h>
#include <stdio.h>

#include "fuzz.h"

uint32_t sum_of(const uint8_t *data, unsigned int len, uint32_t sum)
{
	uint64_t total = sum;

	for (; len >= 2; len -= 2, data += 2)
		total += get16(data);
	if (len)
		total += data[0] << 8;
	while (total >> 32)
		total = (total & 0xffffffff) + (total >> 32);
	total = (total & 0xffff) + (total >> 16);

	return (total & 0xffff) + (total >> 16);
}

uint32_t pseudo_sum(const uint8_t *ip, const struct headers *h, unsigned int len)
{
	uint32_t sum = h->v6 ? sum_of(ip + 8, 32, 0) : sum_of(ip + 12, 8, 0);

	return sum + (len >> 16) + (len & 0xffff) + h->proto;
}

/* 0: none that we know. */
unsigned int sum_offset(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return 16;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
		return 6;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return 2;
	}

	return 0;
}

static bool headers6(const uint8_t *data, unsigned int len, struct headers *h)
{
	unsigned int n;

	h->proto = data[6];
	h->th = 40;
	h->end = 40 + get16(data + 4);
	while (h->th + 8 <= len) {
		switch (h->proto) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
			n = 8 * (data[h->th + 1] + 1);
			break;
		case IPPROTO_FRAGMENT:
			h->frag_off = get16(data + h->th + 2) & ~7U;
			h->frag_more = data[h->th + 3] & 1;
			h->fragment = h->frag_off || h->frag_more;
			n = 8;
			break;
		default:
			return true;
		}
		h->options = true;
		h->proto = data[h->th];
		h->th += n;
		if (h->fragment && h->frag_off)
			return true;
	}

	return h->th <= len;
}

bool headers_of(const uint8_t *data, unsigned int len, struct headers *h)
{
	memset(h, 0, sizeof(*h));
	h->v6 = len && data[0] >> 4 == 6;
	if (len < (h->v6 ? 40 : 20))
		return false;
	if (h->v6)
		return headers6(data, len, h);
	h->proto = data[9];
	h->th = (data[0] & 15) * 4;
	h->end = get16(data + 2);
	h->options = h->th > 20;
	h->frag_off = (get16(data + 6) & 0x1fff) * 8;
	h->frag_more = data[6] & 0x20;
	h->fragment = h->frag_off || h->frag_more;

	return data[0] >> 4 == 4 && h->th >= 20 && h->th <= len;
}

bool is_icmp_error(const uint8_t *data, const struct headers *h)
{
	uint8_t type = data[h->th];

	if (h->frag_off)
		return false;
	if (h->proto == IPPROTO_ICMPV6)
		return h->v6 && type < 128;

	return h->proto == IPPROTO_ICMP && !h->v6 && (type == 3 || type == 4 || type == 5 || type == 11 || type == 12);
}

/* --- of one packet ------------------------------------------------------------------ */

enum sum { SUM_RIGHT, SUM_WRONG, SUM_UNKNOWN };

/* As a device does what is left to it; @data is changed. */
static bool finish(uint8_t *data, unsigned int len, const struct virtio_net_hdr *vh)
{
	unsigned int start = vh->csum_start, at = start + vh->csum_offset;
	uint16_t sum;

	if (!(vh->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return true;
	if (at + 2 > len)
		return false;
	sum = ~sum_fold(sum_of(data + start, len - start, 0));
	put16(data + at, sum ? sum : 0xffff);

	return true;
}

static enum sum transport_sum(const uint8_t *data, unsigned int len, const struct headers *h)
{
	unsigned int off = sum_offset(h->proto), tlen;
	uint32_t sum = 0;

	if (!off || h->fragment || h->end < h->th || h->end > len)
		return SUM_UNKNOWN;
	tlen = h->end - h->th;
	if (tlen < off + 2U)
		return SUM_UNKNOWN;
	if (h->proto == IPPROTO_UDP) {
		if (get16(data + h->th + 4) != tlen)
			return SUM_UNKNOWN;
		if (!get16(data + h->th + 6))
			return h->v6 ? SUM_WRONG : SUM_UNKNOWN;
	}
	/* What covers a part only */
	if (h->proto == IPPROTO_UDPLITE && get16(data + h->th + 4) && get16(data + h->th + 4) != tlen)
		return SUM_UNKNOWN;
	if (h->proto == IPPROTO_DCCP && data[h->th + 5] & 15)
		return SUM_UNKNOWN;
	if (h->proto != IPPROTO_ICMP)
		sum = pseudo_sum(data, h, tlen);

	return sum_fold(sum_of(data + h->th, tlen, sum)) == 0xffff ? SUM_RIGHT : SUM_WRONG;
}

/* What the transport carries, behind ports and checksum. */
static unsigned int carried_from(const uint8_t *data, unsigned int len, const struct headers *h)
{
	unsigned int th = h->th;

	switch (h->proto) {
	case IPPROTO_TCP:
		th += th + 13 <= len ? (data[th + 12] >> 4) * 4 : 0;
		return th < h->th + 20 ? h->th + 20 : th;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return th + 8;
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return th + 12;
	}

	return th;
}

/* --- of a case ------------------------------------------------------------------------ */

static struct {
	const struct conf	*conf;
	const struct fuzz_case	*c;
	struct headers		h;
	enum sum		sum;
	bool			parsed;
	bool			error;
	bool			gso;
	bool			whole;	/* what is carried is known */
	uint8_t			data[FRAME_MAX + 1];	/* finished */
	unsigned int		carried, len;
	uint8_t			out[2 * FRAME_MAX + 2];	/* carried by what came out */
	unsigned int		out_len;
	struct frame		answer;			/* to what came out last */
	uint8_t			joined[2 * FRAME_MAX + 2]; /* fragments */
	unsigned int		joined_len;
} j;

#define FAULT(v, ...)	do { \
		if (!(v)->fault[0]) \
			snprintf((v)->fault, sizeof((v)->fault), __VA_ARGS__); \
	} while (0)

static bool local(enum role role)
{
	return role == BR_LOCAL4 || role == BR_LOCAL6;
}

static const struct end *peer(const struct flow *flow)
{
	return flow->src_has_port ? &flow->dst : &flow->src;
}

void judge_begin(const struct conf *conf, const struct fuzz_case *c, struct verdict *v)
{
	const struct frame *f = &c->whole;
	const struct virtio_net_hdr vh = f->vh;

	memset(v, 0, sizeof(*v));
	j.conf = conf;
	j.c = c;
	j.len = f->len;
	j.out_len = 0;
	j.joined_len = 0;
	j.answer.len = 0;
	j.sum = SUM_UNKNOWN;
	j.gso = f->vh.gso_type != VIRTIO_NET_HDR_GSO_NONE;
	memcpy(j.data, f->data, f->len);
	/* What is behind the packet goes first. */
	j.parsed = headers_of(j.data, f->len, &j.h) && j.h.end <= f->len && j.h.th <= j.h.end &&
		   finish(j.data, j.h.end, &vh) && headers_of(j.data, f->len, &j.h);
	j.error = j.parsed && j.h.th < j.len && is_icmp_error(j.data, &j.h);
	/* Over an IPv6 route for less than IPv6's minimum go whole packets of that size, and no fragments. */
	j.whole = j.parsed && !j.error && !conf->route_mtu6 && (!c->fragments || (c->complete && !local(conf->role)));
	if (!j.parsed || (c->fragments && !j.whole))
		return;
	j.len = j.h.end;
	j.carried = carried_from(j.data, j.len, &j.h);
	j.sum = transport_sum(j.data, j.len, &j.h);
	/* Those that the newest kernel's NAT does not know keep their checksum. */
	if (conf->napt && (j.h.proto == IPPROTO_UDPLITE || j.h.proto == IPPROTO_DCCP))
		j.sum = SUM_UNKNOWN;
	/* The kernel's NAT takes each partial checksum for that of the outer header. */
	if (conf->napt && vh.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM && vh.csum_start != j.h.th)
		j.sum = SUM_UNKNOWN;
	/* A checksum that is to be put anywhere, and covers what is translated */
	if (vh.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM && vh.csum_start < j.h.th + sum_offset(j.h.proto) + 2 &&
	    (vh.csum_start != j.h.th || vh.csum_offset != sum_offset(j.h.proto)))
		j.whole = false, j.sum = SUM_UNKNOWN;
}

static bool multicast(const uint8_t *data, bool v6)
{
	return v6 ? data[24] == 0xff : data[16] >> 4 == 0xe;
}

/* Of a packet that was translated: what it carries is kept for judge_end(). */
static void translated(const uint8_t *data, unsigned int len, const struct headers *h,
		       const struct seen *s, struct verdict *v)
{
	unsigned int from = carried_from(data, len, h);
	enum sum sum = transport_sum(data, h->end, h);

	if (j.sum == SUM_RIGHT && sum == SUM_WRONG)
		FAULT(v, "the transport checksum was right and is wrong");
	/* Those that do not look at it have it made anew; fragments and segments, too. */
	if (j.sum == SUM_WRONG && sum == SUM_RIGHT && !j.gso && !j.c->fragments && !s->vh.gso_type &&
	    !(j.c->whole.vh.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) && j.h.proto != IPPROTO_UDP)
		FAULT(v, "the transport checksum was wrong and is right");
	if (from > h->end || j.out_len + h->end - from > sizeof(j.out))
		return;
	memcpy(j.out + j.out_len, data + from, h->end - from);
	j.out_len += h->end - from;
}

/* Fragments come in order, since it is we who made them. */
static bool joined(const uint8_t *data, const struct headers *h)
{
	unsigned int len = h->end - h->th, hlen = h->v6 ? 40 : 20;

	if (!h->frag_off) {
		memcpy(j.joined, data, hlen);
		if (!h->v6)
			j.joined[0] = 0x45;
		j.joined_len = hlen;
		if (h->v6)
			j.joined[6] = h->proto;
	}
	if (j.joined_len != hlen + h->frag_off || j.joined_len + len > sizeof(j.joined))
		return false;
	memcpy(j.joined + j.joined_len, data + h->th, len);
	j.joined_len += len;
	if (h->frag_more)
		return false;
	put16(j.joined + (h->v6 ? 4 : 2), j.joined_len - (h->v6 ? 40 : 0));
	if (!h->v6)
		put16(j.joined + 6, 0);

	return j.joined_len - (h->v6 ? 40 : 0) <= 0xffff;
}

static void vnet_of(const struct seen *s, const struct headers *h, struct verdict *v)
{
	unsigned int type = s->vh.gso_type & ~VIRTIO_NET_HDR_GSO_ECN;

	if (type == VIRTIO_NET_HDR_GSO_NONE)
		return;
	if (!s->vh.gso_size)
		FAULT(v, "segments of size 0");
	if ((type == VIRTIO_NET_HDR_GSO_TCPV4 && h->v6) || (type == VIRTIO_NET_HDR_GSO_TCPV6 && !h->v6))
		FAULT(v, "the segmentation type is of the other family");
	if (h->fragment)
		FAULT(v, "a fragment with a segmentation type");
}

static void ip_header(const uint8_t *data, unsigned int len, const struct headers *h, struct verdict *v)
{
	/* 0: a jumbogram passes by. */
	if (h->end != len && (!h->v6 || h->end > 40))
		FAULT(v, "the IP header tells of %u bytes, and there are %u", h->end, len);
	/* Unless the device was told to write into it. */
	if (!h->v6 && h->v6 == j.h.v6 && j.c->whole.vh.csum_start + j.c->whole.vh.csum_offset < h->th)
		return;
	if (!h->v6 && sum_fold(sum_of(data, (data[0] & 15) * 4, 0)) != 0xffff)
		FAULT(v, "the checksum of the IPv4 header is wrong");
	if (!data[h->v6 ? 7 : 8] && !local(j.conf->role))
		FAULT(v, "the hop limit is 0");
}

static void judge_packet(const struct seen *s, const uint8_t *data, unsigned int len,
			 const struct headers *h, struct verdict *v)
{
	bool other = h->v6 != j.h.v6 && j.parsed, hairpin;
	bool error = h->th < len && is_icmp_error(data, h);

	hairpin = !other && j.parsed && h->v6 && s->side == SIDE6 && !role_is_ce(j.conf->role) && !error &&
		  memcmp(data + 24, j.data + 24, 16) && memcmp(data + 24, j.data + 8, 16);
	if (error && !j.error) {
		/* Of the router itself */
		v->errors++;
		if (transport_sum(data, len, h) == SUM_WRONG)
			FAULT(v, "an ICMP error of the router has a wrong checksum");
		return;
	}
	if (!other && !hairpin) {
		if (error)
			v->errors++;
		else
			v->passed++;
		return;
	}
	v->translated++;
	translated(data, len, h, s, v);
}

/* The way back, as the other end would send it: neither sum nor payload change. */
static void answer_to(const struct seen *s, const struct headers *h)
{
	uint8_t *data = j.answer.data, swap[16];

	if (!h->v6 || h->fragment || h->options || s->len > FRAME_MAX || s->len < h->th + 8 ||
	    (h->proto != IPPROTO_TCP && h->proto != IPPROTO_UDP))
		return;
	memcpy(data, s->data, s->len);
	memcpy(swap, data + 8, 16);
	memcpy(data + 8, data + 24, 16);
	memcpy(data + 24, swap, 16);
	memcpy(swap, data + h->th, 2);
	memcpy(data + h->th, data + h->th + 2, 2);
	memcpy(data + h->th + 2, swap, 2);
	data[7] = 64;
	j.answer.vh = s->vh;
	j.answer.len = s->len;
}

bool judge_answer(struct frame *answer)
{
	memcpy(answer, &j.answer, sizeof(*answer));

	return answer->len;
}

void judge_seen(const struct seen *s, struct verdict *v)
{
	static uint8_t data[2 * FRAME_MAX];
	struct headers h;

	if (s->len > sizeof(data))
		return;
	memcpy(data, s->data, s->len);
	if (!headers_of(data, s->len, &h)) {
		/* Who passes by may have extension headers that lead nowhere. */
		if (!h.v6 && !local(j.conf->role))
			FAULT(v, "no IP packet came out");
		return;
	}
	if (multicast(data, h.v6)) {
		v->passed++;
		return;
	}
	if (!h.v6 && s->side == SIDE6 && role_is_ce(j.conf->role)) {
		FAULT(v, "IPv4 on the WAN");
		return;
	}
	if (!finish(data, s->len, &s->vh)) {
		FAULT(v, "a checksum is left to be done at %u + %u of %u bytes", s->vh.csum_start,
		      s->vh.csum_offset, s->len);
		return;
	}
	/* What a raw socket sends is its own. */
	if (!local(j.conf->role) || h.v6 != j.h.v6)
		ip_header(data, s->len, &h, v);
	vnet_of(s, &h, v);
	v->pieces++;
	answer_to(s, &h);
	if (!h.fragment) {
		judge_packet(s, data, s->len, &h, v);
		return;
	}
	if (!joined(data, &h) || !headers_of(j.joined, j.joined_len, &h))
		return;
	judge_packet(s, j.joined, j.joined_len, &h, v);
}

void judge_end(struct verdict *v)
{
	const struct fuzz_case *c = j.c;
	unsigned int len;

	if (j.parsed && !c->fragments && !j.gso && v->translated > 1)
		FAULT(v, "came out %u times", v->translated);
	if (c->must && !v->translated &&
	    peer(&c->flow)->addr4 >> 24 == 5 && !j.conf->napt)
		FAULT(v, "did not come out");
	if (!v->translated || !j.whole || v->pieces >= NET_FRAMES)
		return;
	len = j.len > j.carried ? j.len - j.carried : 0;
	if (j.out_len != len)
		FAULT(v, "carried %u bytes, not %u, in %u pieces", j.out_len, len, v->pieces);
	else if (memcmp(j.out, j.data + j.carried, len))
		FAULT(v, "what is carried has changed");
}

/* @failed: of the frames that were sent, those which the device refused. */
void judge_ledger(const struct ledger *before, const struct ledger *after, int failed,
		  struct verdict *v)
{
	uint64_t translated = after->translated - before->translated;
	uint64_t drops = after->drops - before->drops;
	uint64_t others = after->others - before->others;

	/* Some fragments wait for others, which come with another case, and segments count each. */
	if (j.c->fragments || !j.parsed || j.gso || j.h.fragment)
		return;
	/*
	 * IPv4 drops some with options in silence, and what is for a group that nobody has joined; the kernel's NAT drops ICMP that it cannot follow.
	 */
	others += j.conf->napt && (j.error || j.h.proto == IPPROTO_ICMP);
	others += !j.h.v6 && (j.h.options || multicast(j.data, false));
	if (v->translated && !translated)
		FAULT(v, "came out and was not counted");
	if (v->translated && drops)
		FAULT(v, "came out and counts as dropped");
	/*
	 * What is for the router itself may be answered. From one region to another there are two translations, and one of an error, as there is
	 * where a route takes less than IPv6's minimum, nor the error about it.
	 */
	if (translated > 1U + v->errors + 2 * j.conf->regions + local(j.conf->role) + !!j.conf->route_mtu6 +
	    (peer(&j.c->flow)->addr4 == ROUTER4 || peer(&j.c->flow)->addr4 == ROUTER4_LAN))
		FAULT(v, "counts as translated %llu times", (unsigned long long)translated);
	/* The error about it, too, may be one that is not translated. */
	if (drops > 2U + v->errors)
		FAULT(v, "counts as dropped %llu times", (unsigned long long)drops);
	if (!v->pieces && !v->passed && !v->errors && !drops && !others && !failed)
		FAULT(v, "vanished, and no counter moved");
}

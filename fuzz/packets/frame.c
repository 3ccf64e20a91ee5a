// SPDX-License-Identifier: GPL-2.0
/*
 * Valid packets: transport and IP headers, options and extension headers, ICMP errors with what they are about, tunnels; checksums and
 * segmentation in each state that a device may leave them in
 */
#include <netinet/in.h>
#include <stdlib.h>

#include "fuzz.h"

/* What is being written. */
struct draft {
	const struct conf	*conf;
	uint8_t			*data;
	unsigned int		size;
	unsigned int		len;
	bool			v6;
	bool			odd;		/* may be refused */
	unsigned int		th;
	uint8_t			proto;
};

void rnd_bytes(void *to, unsigned int len)
{
	uint8_t *at = to;
	uint64_t word;

	for (; len >= 8; len -= 8, at += 8) {
		word = rnd();
		memcpy(at, &word, 8);
	}
	word = rnd();
	memcpy(at, &word, len);
}

static void payload(struct draft *d, unsigned int len)
{
	if (len > d->size - d->len)
		len = d->size - d->len;
	if (len < 256) {
		rnd_bytes(d->data + d->len, len);
	} else {
		/* Cheap, and no two words alike. */
		uint32_t word = rnd();
		unsigned int i;

		for (i = 0; i + 4 <= len; i += 4)
			put32(d->data + d->len + i, word + i * 0x01000193);
		memset(d->data + d->len + i, 0x5a, len - i);
	}
	d->len += len;
}

static unsigned int payload_len(const struct draft *d)
{
	unsigned int border;

	if (chance(55))
		return below(64);
	if (chance(70))
		return below(1300);
	if (chance(60)) {
		border = PICK(548, 1192, 1200, 1212, 1232, 1240, 1252, 1260, 1412, 1432, 1440, 1452, 1460, 1472);
		return border - 8 + below(17);
	}

	return chance(90) ? below(9000) : below(d->size);
}

/* --- IP ---------------------------------------------------------------------- */

static void options4(struct draft *d)
{
	static const uint8_t types[] = { 0, 1, 7, 68, 130, 131, 137, 148, 149, 30, 94, 200 };
	unsigned int room = 4 * between(1, 10), at = d->len, end = at + room, len;

	memset(d->data + at, 1, room);
	while (at + 4 <= end && chance(80)) {
		len = 3 + below(end - at - 2);
		d->data[at] = types[below(sizeof(types))];
		d->data[at + 1] = len;
		rnd_bytes(d->data + at + 2, len - 2);
		/* A pointer that is in its place */
		d->data[at + 2] = chance(70) ? 4 + 4 * below(10) : d->data[at + 2];
		at += d->data[at] > 1 ? len : 1;
	}
	d->len = end;
	d->odd = true;
}

static void ip4(struct draft *d, const struct end *src, const struct end *dst)
{
	uint8_t *ip = d->data + d->len;
	unsigned int start = d->len;

	memset(ip, 0, 20);
	d->len += 20;
	if (chance(6))
		options4(d);
	ip[0] = 0x40 | (d->len - start) / 4;
	ip[1] = chance(70) ? 0 : below(256);
	put16(ip + 4, rnd());
	put16(ip + 6, chance(60) ? 0x4000 : 0);
	ip[8] = chance(90) ? 64 : PICK(0, 1, 2, 3, 255);
	if (ip[8] < 3)
		d->odd = true;
	put32(ip + 12, src->addr4);
	put32(ip + 16, dst->addr4);
}

static void options6(struct draft *d, unsigned int start, unsigned int len)
{
	uint8_t *ext = d->data + start;

	/* PadN, or an option that nobody knows and that is to be skipped */
	ext[2] = chance(80) ? 1 : PICK(0x1e, 0x3e, 0x05, 0xc2, 0x26, 0x84, 0xde);
	ext[3] = len - 4;
	if (ext[2] != 1)
		rnd_bytes(ext + 4, len - 4);
}

/* Returns where the next one is to write its number. */
static unsigned int extensions6(struct draft *d, unsigned int next)
{
	unsigned int n = between(1, 3), len;
	uint8_t type;

	d->odd = true;
	while (n--) {
		uint8_t *ext = d->data + d->len;

		type = PICK(0, 43, 60, 60, 44, 51, 135, 139, 140);
		len = type == 44 ? 8 : 8 * between(1, 3);
		memset(ext, 0, len);
		ext[1] = type == 51 ? len / 4 - 2 : len / 8 - 1;
		if (type == 44)
			put32(ext + 4, rnd());
		else if (type == 0 || type == 60)
			options6(d, d->len, len);
		else if (type == 43)
			ext[2] = PICK(0, 2, 3, 4), ext[3] = chance(80) ? 0 : below(4);
		d->data[next] = type;
		next = d->len;
		d->len += len;
	}

	return next;
}

/* Returns where the transport's number goes. */
static unsigned int ip6(struct draft *d, const struct end *src, const struct end *dst)
{
	uint8_t *ip = d->data + d->len;
	unsigned int next = d->len + 6;

	put32(ip, 0x60000000 | (chance(70) ? 0 : below(1 << 28)));
	ip[7] = chance(90) ? 64 : PICK(0, 1, 2, 3, 255);
	if (ip[7] < 3)
		d->odd = true;
	memcpy(ip + 8, src->addr6, 16);
	memcpy(ip + 24, dst->addr6, 16);
	d->len += 40;
	if (chance(8))
		next = extensions6(d, next);

	return next;
}

/* Lengths and the header's checksum, of what has been written since @start. */
static void ip_finish(struct draft *d, unsigned int start)
{
	uint8_t *ip = d->data + start;

	if (ip[0] >> 4 == 6) {
		put16(ip + 4, d->len - start - 40);
		return;
	}
	put16(ip + 2, d->len - start);
	put16(ip + 10, 0);
	put16(ip + 10, ~sum_fold(sum_of(ip, (ip[0] & 15) * 4, 0)));
}

/* --- transport ---------------------------------------------------------------- */

static void tcp(struct draft *d, uint16_t sport, uint16_t dport)
{
	uint8_t *th = d->data + d->len;
	unsigned int opts = chance(60) ? 0 : 4 * below(11);

	put16(th, sport);
	put16(th + 2, dport);
	rnd_bytes(th + 4, 8);
	put16(th + 12, (5 + opts / 4) << 12 |
	      PICK(0x02, 0x10, 0x18, 0x12, 0x11, 0x04, 0x14, 0xc2, 0x50, 0x90, 0x1d0, 0x118, 0));
	put16(th + 14, rnd());
	put16(th + 16, 0);
	put16(th + 18, 0);
	memset(th + 20, 1, opts);
	if (opts >= 4 && chance(50))
		put32(th + 20, 0x02040000 | PICK(536, 1220, 1460, 8960));
	d->len += 20 + opts;
}

static void inner_packet(struct draft *d);

static void udp(struct draft *d, uint16_t sport, uint16_t dport)
{
	uint8_t *th = d->data + d->len;

	put16(th, sport);
	put16(th + 2, dport);
	put16(th + 6, 0);
	d->len += 8;
	if (dport == 4789 && chance(80)) {
		put32(d->data + d->len, 0x08000000);
		put32(d->data + d->len + 4, rnd());
		rnd_bytes(d->data + d->len + 8, 12);
		d->len += 20;
		/* the inner EtherType follows its packet */
		put16(d->data + d->len, 0x0800);
		d->len += 2;
		inner_packet(d);
	}
}

/* A TCP packet of its own, as in a tunnel. */
static void inner_packet(struct draft *d)
{
	struct end a = { .addr4 = 0x0a000001, .addr6 = { 0xfd, [15] = 1 } };
	struct end b = { .addr4 = 0x0a000002, .addr6 = { 0xfd, [15] = 2 } };
	bool v6 = chance(30);
	unsigned int start = d->len, th, next = 0;
	struct headers h = { .proto = IPPROTO_TCP };

	if (v6 && start >= 2 && get16(d->data + start - 2) == 0x0800)
		put16(d->data + start - 2, 0x86dd);
	if (v6) {
		next = d->len + 6;
		put32(d->data + d->len, 0x60000000);
		d->data[d->len + 7] = 64;
		memcpy(d->data + d->len + 8, a.addr6, 16);
		memcpy(d->data + d->len + 24, b.addr6, 16);
		d->len += 40;
		d->data[next] = IPPROTO_TCP;
	} else {
		uint8_t *ip = d->data + d->len;

		memset(ip, 0, 20);
		ip[0] = 0x45;
		ip[8] = 64;
		ip[9] = IPPROTO_TCP;
		put32(ip + 12, a.addr4);
		put32(ip + 16, b.addr4);
		d->len += 20;
	}
	th = d->len;
	tcp(d, 1234, 80);
	payload(d, below(1000));
	ip_finish(d, start);
	h.v6 = v6;
	put16(d->data + th + 16,
	      ~sum_fold(sum_of(d->data + th, d->len - th, pseudo_sum(d->data + start, &h, d->len - th))));
}

static void echo(struct draft *d, bool v6, uint16_t id)
{
	uint8_t *th = d->data + d->len;

	th[0] = v6 ? PICK(128, 129) : PICK(8, 0);
	th[1] = 0;
	put16(th + 2, 0);
	put16(th + 4, id);
	put16(th + 6, rnd());
	d->len += 8;
}

static uint8_t proto_random(void)
{
	unsigned int n = below(100);

	if (n < 35)
		return IPPROTO_TCP;
	if (n < 70)
		return IPPROTO_UDP;
	if (n < 80)
		return IPPROTO_ICMP;
	if (n < 84)
		return IPPROTO_UDPLITE;
	if (n < 88)
		return IPPROTO_SCTP;
	if (n < 92)
		return IPPROTO_DCCP;

	return PICK(IPPROTO_GRE, IPPROTO_ESP, IPPROTO_IPIP, IPPROTO_IPV6, IPPROTO_AH, 2, 89, 99, 255, 59);
}

/* The transport header of a packet from @sport to @dport; @port is the one that is an ICMP identifier. */
static void transport(struct draft *d, uint16_t sport, uint16_t dport, uint16_t port)
{
	uint8_t *th = d->data + d->len;

	switch (d->proto) {
	case IPPROTO_TCP:
		tcp(d, sport, dport);
		return;
	case IPPROTO_UDP:
		udp(d, sport, dport);
		return;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		echo(d, d->v6, port);
		return;
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		memset(th, 0, 16);
		put16(th, sport);
		put16(th + 2, dport);
		d->len += d->proto == IPPROTO_UDPLITE ? 8 : 16;
		if (d->proto == IPPROTO_DCCP) {
			th[4] = 4;
			th[8] = PICK(0, 1, 2, 3) << 1 | 1;
		}
		return;
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		inner_packet(d);
		return;
	case IPPROTO_GRE:
		put32(th, PICK(0x00000800U, 0x20000800U, 0x3001880bU));
		d->len += 4;
		return;
	}
}

/* Where the checksum is and what it covers; false: the protocol has none. */
static bool transport_sum(struct draft *d, unsigned int start, unsigned int *at, uint32_t *pseudo)
{
	unsigned int len = d->len - d->th, off = sum_offset(d->proto);
	struct headers h = { .v6 = d->v6, .proto = d->proto };

	if (!off || len < off + 2)
		return false;
	if (d->proto == IPPROTO_UDP)
		put16(d->data + d->th + 4, len);
	*at = d->th + off;
	*pseudo = d->proto == IPPROTO_ICMP ? 0 : pseudo_sum(d->data + start, &h, len);
	put16(d->data + *at, 0);

	return true;
}

static void sum_complete(struct draft *d, unsigned int start)
{
	unsigned int at;
	uint32_t pseudo;
	uint16_t sum;

	if (!transport_sum(d, start, &at, &pseudo))
		return;
	sum = ~sum_fold(sum_of(d->data + d->th, d->len - d->th, pseudo));
	if (!sum && (d->proto == IPPROTO_UDP || d->proto == IPPROTO_UDPLITE))
		sum = 0xffff;
	put16(d->data + at, sum);
}

/* --- ICMP errors ----------------------------------------------------------------- */

static void extension_objects(struct draft *d)
{
	uint8_t *ext = d->data + d->len;
	unsigned int len = 4 + 4 * between(1, 4);

	memset(ext, 0, len);
	ext[0] = 0x20;
	put16(ext + 4, len - 4);
	ext[6] = PICK(1, 2, 3);
	ext[7] = 1;
	rnd_bytes(ext + 8, len - 8);
	put16(ext + 2, ~sum_fold(sum_of(ext, len, 0)));
	d->len += len;
}

/* The embedded packet went from the destination of this one to somebody behind its source. */
static void embedded(struct draft *d, const struct flow *flow)
{
	struct end src = flow->dst, dst = flow->src;
	struct draft in = *d;
	unsigned int start = d->len, next = 0;

	in.proto = chance(85) ? PICK(IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP) : proto_random();
	if (d->v6 && in.proto == IPPROTO_ICMP)
		in.proto = IPPROTO_ICMPV6;
	if (d->v6) {
		next = ip6(&in, &src, &dst);
		in.data[next] = in.proto;
	} else {
		ip4(&in, &src, &dst);
		in.data[start + 9] = in.proto;
		if (chance(10))
			put16(in.data + start + 6, 0x2000 | below(4));
	}
	in.th = in.len;
	transport(&in, src.port, dst.port, flow->src_has_port ? dst.port : src.port);
	if (chance(5) && (in.proto == IPPROTO_ICMP || in.proto == IPPROTO_ICMPV6))
		in.data[in.th] = PICK(3, 11, 1, 2, 3, 4);
	payload(&in, chance(70) ? below(64) : below(1400));
	ip_finish(&in, start);
	sum_complete(&in, start);
	d->len = in.len;
}

static void icmp_error(struct draft *d, const struct flow *flow)
{
	uint8_t *th = d->data + d->len;
	unsigned int start, unit = d->v6 ? 8 : 4, room;

	memset(th, 0, 8);
	if (d->v6) {
		th[0] = chance(95) ? PICK(1, 1, 2, 3, 4) : below(128);
		th[1] = below(chance(90) ? 8 : 256);
	} else {
		th[0] = chance(95) ? PICK(3, 3, 3, 11, 12) : PICK(4, 5, 9, 10, 13, 17, 18, 40);
		th[1] = below(chance(90) ? 16 : 256);
	}
	if (chance(60))
		put32(th + 4, PICK(0U, 40U, 47U, 48U, 67U, 68U, 576U, 1279U, 1280U, 1281U, 1480U, 1500U, 65535U, 65536U,
				   0xffffffffU, 0x80000000U));
	d->len += 8;
	start = d->len;
	embedded(d, flow);
	/* Routers cut it off anywhere. */
	if (chance(60))
		d->len = start + below(d->len - start + 1);
	if (chance(25)) {
		room = d->len - start < 128 ? 128 : (d->len - start + unit - 1) / unit * unit;
		memset(d->data + d->len, 0, start + room - d->len);
		d->len = start + room;
		th[d->v6 ? 4 : 5] = chance(85) ? room / unit : below(256);
		extension_objects(d);
	}
	d->odd = true;
}

/* --- what devices leave undone ------------------------------------------------------ */

static void offloads(struct draft *d, struct frame *f, unsigned int start)
{
	bool tcp_ = d->proto == IPPROTO_TCP, udp_ = d->proto == IPPROTO_UDP;
	unsigned int at, hdr;
	uint32_t pseudo;

	if (chance(35) || !transport_sum(d, start, &at, &pseudo)) {
		sum_complete(d, start);
		if (udp_ && chance(5)) {
			put16(d->data + d->th + 6, 0);
			d->odd = true;
		}
		if (chance(20))
			f->vh.flags = VIRTIO_NET_HDR_F_DATA_VALID;
		return;
	}
	put16(d->data + at, sum_fold(pseudo));
	f->vh.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	f->vh.csum_start = d->th;
	f->vh.csum_offset = at - d->th;
	if ((!tcp_ && !udp_) || !chance(50))
		return;
	hdr = tcp_ ? (d->data[d->th + 12] >> 4) * 4 : 8;
	f->vh.hdr_len = d->th + hdr;
	f->vh.gso_size = chance(70) ? PICK(536, 1220, 1240, 1428, 1448, 1460, 8940) : between(1, 1500);
	if (tcp_)
		f->vh.gso_type = (d->v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4) |
				 (chance(20) ? VIRTIO_NET_HDR_GSO_ECN : 0);
	else
		f->vh.gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
	if (d->len - d->th - hdr <= f->vh.gso_size && chance(50))
		payload(d, below(20000));
	if (d->len - d->th - hdr > f->vh.gso_size)
		d->odd = d->odd || !f->vh.gso_size || (udp_ && (d->len - d->th - hdr) / f->vh.gso_size > 60);
	if (transport_sum(d, start, &at, &pseudo))
		put16(d->data + at, sum_fold(pseudo));
	ip_finish(d, start);
}

/* A frame that should come out, if nothing is odd. */
void frame_build(const struct conf *conf, struct fuzz_case *c)
{
	struct frame *f = &c->whole;
	struct draft d = { .conf = conf, .data = f->data, .size = FRAME_MAX };
	struct flow *flow = &c->flow;
	unsigned int next = 0;
	bool error;

	memset(&f->vh, 0, sizeof(f->vh));
	flow_random(conf, flow);
	d.v6 = flow->v6;
	d.proto = proto_random();
	error = chance(15);
	if (error)
		d.proto = IPPROTO_ICMP;
	if (d.v6 && d.proto == IPPROTO_ICMP)
		d.proto = IPPROTO_ICMPV6;

	if (d.v6)
		next = ip6(&d, &flow->src, &flow->dst);
	else
		ip4(&d, &flow->src, &flow->dst);
	d.data[d.v6 ? next : 9] = d.proto;
	d.th = d.len;
	if (error) {
		icmp_error(&d, flow);
	} else {
		transport(&d, flow->src.port, flow->dst.port,
			  flow->src_has_port ? flow->src.port : flow->dst.port);
		payload(&d, payload_len(&d));
	}
	ip_finish(&d, 0);
	offloads(&d, f, 0);
	f->len = d.len;

	c->must = !d.odd && d.len <= 1200 && conf->mtu4 >= 1300 && !conf->route_mtu4 && !f->vh.gso_type &&
		  (d.proto == IPPROTO_TCP || d.proto == IPPROTO_UDP);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of a valid packet: changed anywhere, cut, stretched, fragmented
 */
#include <netinet/in.h>
#include <stdlib.h>

#include "fuzz.h"

/* Mostly where the headers are. */
static unsigned int somewhere(const struct frame *f)
{
	unsigned int most = chance(60) ? 60 : chance(70) ? 140 : f->len;

	if (most > f->len)
		most = f->len;

	return most ? below(most) : 0;
}

static void change_bytes(struct frame *f)
{
	unsigned int at = somewhere(f);

	if (!f->len)
		return;
	switch (below(4)) {
	case 0:
		f->data[at] ^= 1 << below(8);
		break;
	case 1:
		f->data[at] = PICK(0, 1, 0x7f, 0x80, 0xff, 0x45, 0x60, 4, 6, 17, 41, 44, 58, 59);
		break;
	case 2:
		if (at + 2 <= f->len)
			put16(f->data + at, PICK(0U, 1U, 7U, 8U, 19U, 20U, 39U, 40U, 1280U, 0x1fffU, 0x2000U, 0x7fffU,
						 0x8000U, 0xfff8U, 0xffffU));
		break;
	default:
		f->data[at] = rnd();
	}
}

static void change_length(struct frame *f)
{
	bool v6 = f->data[0] >> 4 == 6;
	struct headers h;
	uint16_t len;
	uint8_t *at = f->data + (v6 ? 4 : 2);

	if (f->len < 40)
		return;
	if (chance(30) && headers_of(f->data, f->len, &h) && h.th + 8 <= f->len)
		at = f->data + h.th + 4;
	len = get16(at);
	put16(at, chance(70) ? len - 16 + below(33) : PICK(0U, 1U, 8U, 20U, 40U, 0xffffU, 0xfff0U));
}

static void change_size(struct frame *f)
{
	unsigned int more;

	if (chance(70)) {
		f->len = chance(50) ? below(f->len + 1) : f->len - below(f->len < 32 ? f->len + 1 : 32);
		return;
	}
	more = below(chance(90) ? 64 : 4096);
	if (f->len + more > FRAME_MAX)
		return;
	rnd_bytes(f->data + f->len, more);
	f->len += more;
}

static void move_bytes(struct frame *f)
{
	unsigned int at = somewhere(f), n = below(24);

	if (at + n > f->len || f->len + n > FRAME_MAX)
		return;
	if (chance(50)) {
		memmove(f->data + at + n, f->data + at, f->len - at);
		f->len += n;
	} else {
		memmove(f->data + at, f->data + at + n, f->len - at - n);
		f->len -= n;
	}
}

static void change_vnet(struct frame *f)
{
	struct headers h;

	switch (below(6)) {
	case 0:
		f->vh.flags ^= 1 << below(4);
		break;
	case 1:
		f->vh.gso_type = PICK(0, 1, 3, 4, 5, 0x81, 0x84, 0x21, 0x24, 0x41, 0x44, 0x25) ;
		f->vh.gso_size = f->vh.gso_size ? f->vh.gso_size : between(1, 1500);
		break;
	case 2:
		f->vh.gso_size = PICK(0, 1, 7, 8, 9, 48, 512, 1460, 0x7fff, 0xfffe, 0xffff);
		break;
	case 3:
		f->vh.csum_start = chance(50) ? below(f->len + 2) : below(80);
		break;
	case 4:
		f->vh.csum_offset = chance(70) ? PICK(0, 2, 4, 6, 8, 16, 18, 0xffff) : below(80);
		break;
	default:
		f->vh.hdr_len = chance(50) ? below(120) : rnd();
	}
	/* Somebody else's checksum, which is to be done. */
	if (chance(20) && headers_of(f->data, f->len, &h)) {
		f->vh.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		f->vh.csum_start = h.th + (chance(30) ? below(60) : 0);
		f->vh.csum_offset = PICK(2, 6, 16);
	}
}

static void change(struct frame *f)
{
	unsigned int n = 1, i;

	while (n < 6 && chance(40))
		n++;
	for (i = 0; i < n; i++) {
		switch (below(10)) {
		case 0 ... 3:
			change_bytes(f);
			break;
		case 4 ... 5:
			change_length(f);
			break;
		case 6:
			change_size(f);
			break;
		case 7:
			move_bytes(f);
			break;
		default:
			change_vnet(f);
		}
	}
	/* What no router would look at twice is of little use. */
	if (f->len >= 20 && f->data[0] >> 4 == 4 && chance(80)) {
		unsigned int ihl = (f->data[0] & 15) * 4;

		if (chance(50))
			put16(f->data + 2, f->len);
		put16(f->data + 10, 0);
		if (ihl >= 20 && ihl <= f->len)
			put16(f->data + 10, ~sum_fold(sum_of(f->data, ihl, 0)));
	} else if (f->len >= 40 && f->data[0] >> 4 == 6 && chance(50)) {
		put16(f->data + 4, f->len - 40);
	}
}

/* --- fragments ------------------------------------------------------------------ */

/* IPv4's identification is too short for chance: those of the last seconds shall differ. */
static uint16_t frag_id;

static struct frame *new_frame(void)
{
	struct frame *f = malloc(sizeof(*f));

	if (!f)
		die("out of memory");
	memset(&f->vh, 0, sizeof(f->vh));

	return f;
}

/* Bytes @off to @off + @len of what follows the header of @hlen bytes. */
static struct frame *fragment(const struct frame *whole, unsigned int hlen, unsigned int off,
			      unsigned int len, bool more, uint32_t id)
{
	bool v6 = whole->data[0] >> 4 == 6;
	struct frame *f = new_frame();
	uint8_t *frag = f->data + hlen;

	memcpy(f->data, whole->data, hlen);
	if (v6) {
		/* The fragment header is in front of what the last extension header names. */
		frag[0] = f->data[6];
		f->data[6] = IPPROTO_FRAGMENT;
		frag[1] = 0;
		put16(frag + 2, (off & ~7U) | more);
		put32(frag + 4, id);
		memcpy(frag + 8, whole->data + hlen + off, len);
		f->len = hlen + 8 + len;
		put16(f->data + 4, f->len - 40);
		return f;
	}
	memcpy(frag, whole->data + hlen + off, len);
	f->len = hlen + len;
	put16(f->data + 2, f->len);
	put16(f->data + 4, id);
	put16(f->data + 6, more << 13 | off / 8);
	put16(f->data + 10, 0);
	put16(f->data + 10, ~sum_fold(sum_of(f->data, hlen, 0)));

	return f;
}

/* Who fragments, or has no device to do it, has done the checksum. */
void frame_finish(struct frame *f)
{
	unsigned int start = f->vh.csum_start, at = start + f->vh.csum_offset;

	if (f->vh.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM && at + 2 <= f->len && start <= f->len)
		put16(f->data + at, ~sum_fold(sum_of(f->data + start, f->len - start, 0)));
	memset(&f->vh, 0, sizeof(f->vh));
}

static void disturb(struct fuzz_case *c)
{
	unsigned int i;

	c->complete = false;
	i = below(c->num);
	switch (below(4)) {
	case 0:
		free(c->frame[i]);
		c->frame[i] = c->frame[--c->num];
		break;
	case 1:
		change(c->frame[i]);
		break;
	case 2:
		if (c->num < CASE_FRAMES) {
			c->frame[c->num] = new_frame();
			memcpy(c->frame[c->num], c->frame[i], sizeof(struct frame));
			c->frame[c->num]->len -= c->frame[i]->len > 60 ? below(16) : 0;
			c->num++;
		}
		break;
	default:
		if (c->frame[i]->data[0] >> 4 == 6)
			put16(c->frame[i]->data + 42, get16(c->frame[i]->data + 42) + 8 * below(4));
	}
}

static void fragment_all(struct fuzz_case *c)
{
	const struct frame *whole = &c->whole;
	bool v6 = whole->data[0] >> 4 == 6;
	unsigned int hlen = v6 ? 40 : (whole->data[0] & 15) * 4;
	unsigned int rest, off = 0, len, i, j;
	uint32_t id = v6 && chance(50) ? rnd() : frag_id;
	struct frame *swap;

	frag_id++;
	rest = whole->len - hlen;
	c->fragments = true;
	c->complete = true;
	while (c->num < CASE_FRAMES - 1) {
		len = c->num == CASE_FRAMES - 2 ? rest - off : 8 * between(1, rest / 16 + 1);
		/* An atomic fragment, now and then (RFC 6946) */
		if (len >= rest - off || chance(10))
			len = rest - off;
		c->frame[c->num++] = fragment(whole, hlen, off, len, off + len < rest, id);
		off += len;
		if (off >= rest)
			break;
	}
	for (i = c->num - 1; i && chance(50); i--) {
		j = below(i + 1);
		swap = c->frame[i];
		c->frame[i] = c->frame[j];
		c->frame[j] = swap;
	}
	if (chance(30))
		disturb(c);
}

static bool can_fragment(const struct frame *f)
{
	bool v6 = f->data[0] >> 4 == 6;
	unsigned int hlen = v6 ? 40 : (f->data[0] & 15) * 4;

	return f->len >= hlen + 1 && f->len + 8 <= FRAME_MAX && hlen >= 20 && !f->vh.gso_type;
}

void frame_mutate(struct fuzz_case *c)
{
	struct headers h;

	if (chance(12) && can_fragment(&c->whole)) {
		frame_finish(&c->whole);
		/* Nobody fragments in front of options that each router reads. */
		if (!c->flow.v6 || (headers_of(c->whole.data, c->whole.len, &h) && !h.options)) {
			fragment_all(c);
			c->must = false;
			return;
		}
	}
	if (chance(50)) {
		change(&c->whole);
		c->mutated = true;
		c->must = false;
	}
	c->frame[c->num++] = &c->whole;
}

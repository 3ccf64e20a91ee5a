/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fuzzing packets: what the parts of the program share
 *
 *	net.c		a router in a namespace, with a tun device on either side
 *	map.c		mapping rules, flows that they allow
 *	frame.c		valid packets of such flows
 *	mutate.c	and what becomes of them
 *	judge.c		what may come out
 *	packets.c	the loop
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <linux/types.h>
#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Newer than the headers of some distributions */
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4	5
#endif
#ifndef IPPROTO_UDPLITE
#define IPPROTO_UDPLITE			136
#endif

#define FRAME_MAX	65535U
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* --- random numbers: the same seed, the same packets ---------------------- */

extern uint64_t rnd_state;

static inline uint64_t rnd(void)
{
	uint64_t z = (rnd_state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;

	return z ^ (z >> 31);
}

static inline unsigned int below(unsigned int n)
{
	return (rnd() >> 32) * n >> 32;
}

static inline unsigned int between(unsigned int low, unsigned int high)
{
	return low + below(high - low + 1);
}

static inline bool chance(unsigned int percent)
{
	return below(100) < percent;
}

#define PICK(...) ({ \
	static const uint32_t pick_[] = { __VA_ARGS__ }; \
	pick_[below(ARRAY_SIZE(pick_))]; })

static inline void rnd_seed(uint64_t a, uint64_t b, uint64_t c)
{
	rnd_state = a;
	rnd_state = rnd() ^ b;
	rnd_state = rnd() ^ c;
}

void rnd_bytes(void *to, unsigned int len);

/* --- a router's configuration, map.c ---------------------------------------- */

enum role { CE_UP, CE_DOWN, BR_4TO6, BR_6TO4, BR_LOCAL4, BR_LOCAL6, ROLES };

extern const char *const role_names[ROLES];

struct rule {
	uint8_t		prefix6[16];
	unsigned int	prefix6_len;
	uint32_t	prefix4;
	unsigned int	prefix4_len;
	unsigned int	ea_len;
	unsigned int	offset;
	unsigned int	psid_len;	/* provisioned, if ea_len is 0 */
	uint16_t	psid;
};

struct dmr {
	uint8_t		addr[16];
	unsigned int	len;
};

struct conf {
	enum role	role;
	struct rule	rules[3];	/* the first is a CE's own */
	unsigned int	rules_num;
	struct dmr	dmr;
	bool		napt;
	bool		families;	/* a table for each */
	bool		regions;	/* of a BR: each rule in a statement of its own */
	bool		ingress;	/* BR: at the devices, too; CE: with a flowtable */
	int		mtu4;
	int		mtu6;
	int		route_mtu4;	/* 0: that of the device */
	int		route_mtu6;
	unsigned int	offload4;
	unsigned int	offload6;
	char		options[256];
};

/* One end of a flow, in either form. */
struct end {
	uint32_t	addr4;
	uint8_t		addr6[16];
	uint16_t	port;
};

struct flow {
	bool		v6;		/* as it comes in */
	struct end	src;
	struct end	dst;
	bool		src_has_port;	/* the side whose port MAP-T looks at */
};

void conf_random(struct conf *conf, enum role role);
size_t conf_ruleset(const struct conf *conf, char *text, size_t size);
const struct end *conf_own(void);
void flow_random(const struct conf *conf, struct flow *flow);

static inline bool role_is_ce(enum role role)
{
	return role == CE_UP || role == CE_DOWN;
}

static inline bool role_takes_v6(enum role role)
{
	return role == CE_DOWN || role == BR_6TO4 || role == BR_LOCAL6;
}

/* --- frames ------------------------------------------------------------------- */

struct frame {
	struct virtio_net_hdr	vh;
	uint8_t			data[FRAME_MAX + 1];
	unsigned int		len;
} __attribute__((packed));

/* What the program wants to put on the wire together. */
#define CASE_FRAMES	16

struct fuzz_case {
	struct flow	flow;
	struct frame	whole;		/* as it would be without fragmentation */
	struct frame	*frame[CASE_FRAMES];
	unsigned int	num;
	bool		fragments;
	bool		complete;	/* all of them, and nothing else */
	bool		mutated;
	bool		must;		/* come out */
};

void frame_build(const struct conf *conf, struct fuzz_case *c);
void frame_finish(struct frame *frame);
void frame_mutate(struct fuzz_case *c);

static inline void put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static inline void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static inline uint16_t get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static inline uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

/* --- checksums and headers, judge.c ------------------------------------------- */

uint32_t sum_of(const uint8_t *data, unsigned int len, uint32_t sum);

static inline uint16_t sum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);

	return (sum & 0xffff) + (sum >> 16);
}

struct headers {
	bool		v6;
	unsigned int	th;		/* offset of the transport header */
	unsigned int	end;		/* of the packet, as its header has it */
	uint8_t		proto;
	bool		fragment;
	unsigned int	frag_off;
	bool		frag_more;
	bool		options;	/* or extension headers */
};

bool headers_of(const uint8_t *data, unsigned int len, struct headers *h);
uint32_t pseudo_sum(const uint8_t *ip, const struct headers *h, unsigned int len);
unsigned int sum_offset(uint8_t proto);
bool is_icmp_error(const uint8_t *data, const struct headers *h);

/* --- the network, net.c --------------------------------------------------------- */

#define ROUTER4		0xcb007101U	/* 203.0.113.1 */
#define ROUTER4_LAN	0xc0a80001U	/* 192.168.0.1 */

enum { SIDE4, SIDE6, SIDES };

#define NET_FRAMES	128U	/* are seen of one that was sent */

struct seen {
	int			side;
	struct virtio_net_hdr	vh;
	const uint8_t		*data;
	unsigned int		len;
};

void net_open(const struct conf *conf);
void net_close(void);
int net_send(const struct conf *conf, const struct frame *frame);
int net_send_to(int to, const struct frame *frame);
bool net_next(struct seen *seen);
void net_release(void);
void net_purge(void);
void net_drain(void);

/* Sums of /proc/net/stat/nf_mapt and of what the rest of the stack says of errors. */
struct ledger {
	uint64_t	translated;
	uint64_t	drops;
	uint64_t	others;
};

void net_ledger(struct ledger *ledger);
void net_counters(char *text, size_t size);

/* --- the judge -------------------------------------------------------------------- */

struct verdict {
	unsigned int	translated;	/* packets, of which a segmented one is one */
	unsigned int	pieces;
	unsigned int	errors;
	unsigned int	passed;
	char		fault[256];
};

void judge_begin(const struct conf *conf, const struct fuzz_case *c, struct verdict *v);
void judge_seen(const struct seen *seen, struct verdict *v);
void judge_end(struct verdict *v);
bool judge_answer(struct frame *answer);
void judge_ledger(const struct ledger *before, const struct ledger *after, int failed,
		  struct verdict *v);

void die(const char *what, ...) __attribute__((noreturn, format(printf, 1, 2)));
void hexdump(const char *what, const uint8_t *data, unsigned int len);

#endif /* FUZZ_H */

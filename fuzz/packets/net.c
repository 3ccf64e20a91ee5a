// SPDX-License-Identifier: GPL-2.0
/*
 * A router in a namespace of its own, between two tun devices
 *
 * What is written to a device has gone all its way, to the other device's queue, when write() returns. What comes out is read from a
 * ring in memory that taps both devices, without a system call; now and then the devices are read, too, since that is a way of its own
 * through the kernel.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"

#define RING_FRAME	(128 * 1024)
#define RING_FRAMES	NET_FRAMES

static struct {
	int		tun;
	int		ring;
	uint8_t		*map;
	unsigned int	next;
	unsigned int	held;	/* frames that the judge may still look at */
} side[SIDES];

static int raw4 = -1, raw6 = -1;

/* --- counters ----------------------------------------------------------------------- */

enum { FILE_MAPT, FILE_SNMP, FILE_SNMP6, FILE_NETSTAT, FILE_RT_CACHE, FILE_CONNTRACK, FILE_DEV, FILES };

static const char *const file_names[FILES] = {
	"/proc/net/stat/nf_mapt", "/proc/net/snmp", "/proc/net/snmp6", "/proc/net/netstat", "/proc/net/stat/rt_cache",
	"/proc/net/stat/nf_conntrack", "/proc/net/dev",
};

static int files[FILES];

static const char *file_read(int i)
{
	static char text[32768];
	ssize_t len, got = 0;

	if (files[i] < 0)
		return "";
	do {
		len = pread(files[i], text + got, sizeof(text) - 1 - got, got);
		if (len > 0)
			got += len;
	} while (len > 0 && got < (ssize_t)sizeof(text) - 1);
	text[got] = '\0';

	return text;
}

static bool word_is(const char *word, size_t len, const char *const *list)
{
	for (; *list; list++)
		if (strlen(*list) == len && !strncmp(word, *list, len))
			return true;

	return false;
}

/* A line of names and lines of hexadecimal numbers for each CPU; @pick chooses the names whose numbers count. */
static uint64_t columns(const char *text, bool (*pick)(const char *name, size_t len))
{
	bool picked[64];
	unsigned int num = 0, i = 0;
	uint64_t sum = 0, value;
	char *end;
	size_t len;

	for (; *text && *text != '\n'; text += len) {
		text += strspn(text, " ");
		len = strcspn(text, " \n");
		if (len && num < ARRAY_SIZE(picked))
			picked[num++] = pick(text, len);
	}
	for (;; text = end) {
		value = strtoull(text, &end, 16);
		if (end == text || !num)
			return sum;
		if (picked[i++ % num])
			sum += value;
	}
}

static bool is_translated(const char *name, size_t len)
{
	static const char *const names[] = { "xlat_4to6", "xlat_6to4", "hairpin", NULL };

	return word_is(name, len, names);
}

static bool is_drop(const char *name, size_t len)
{
	static const char *const names[] = { "xlat_4to6", "xlat_6to4", "hairpin", "napt", NULL };

	/* What counts nothing but what is in the statistics of others anyway */
	return !word_is(name, len, names);
}

static bool is_drop_of_conntrack(const char *name, size_t len)
{
	static const char *const names[] = { "drop", "invalid", "insert_failed", "error", NULL };

	return word_is(name, len, names);
}

static bool is_martian(const char *name, size_t len)
{
	static const char *const names[] = { "in_martian_dst", "in_martian_src", "in_no_route", NULL };

	return word_is(name, len, names);
}

/* What moves with packets that are all right. */
static bool moves_anyway(const char *name, size_t len)
{
	static const char *const names[] = {
		"InReceives", "ForwDatagrams", "OutRequests", "OutTransmits", "InOctets", "OutOctets", "InNoECTPkts",
		"InECT1Pkts", "InECT0Pkts", "InCEPkts", "ReasmReqds", "ReasmOKs", "FragOKs", "FragCreates", NULL,
	};

	if (len > 3 && !strncmp(name, "Ip6", 3))
		name += 3, len -= 3;
	if (len > 5 && !strncmp(name, "Out", 3) && strncmp(name, "OutNo", 5) && strncmp(name, "OutDi", 5))
		return true;

	return word_is(name, len, names);
}

/* "Ip: NAME NAME ..." and "Ip: NUMBER NUMBER ..." in turn. */
static uint64_t snmp(const char *text)
{
	const char *names = text, *numbers;
	uint64_t sum = 0;
	size_t len;
	char *end;

	while (*names && (numbers = strchr(names, '\n'))) {
		numbers++;
		names += strcspn(names, " \n");
		numbers += strcspn(numbers, " \n");
		while (*names == ' ') {
			names++;
			len = strcspn(names, " \n");
			if (!moves_anyway(names, len))
				sum += strtoull(numbers, &end, 10);
			else
				strtoull(numbers, &end, 10);
			numbers = end;
			names += len;
		}
		names = strchr(numbers, '\n');
		if (!names)
			break;
		names++;
	}

	return sum;
}

/* "NAME NUMBER" lines. */
static uint64_t snmp6(const char *text)
{
	uint64_t sum = 0;
	size_t len;
	char *end;

	while (*text) {
		len = strcspn(text, " \t\n");
		if (moves_anyway(text, len))
			strtoull(text + len, &end, 10);
		else
			sum += strtoull(text + len, &end, 10);
		text = end + strcspn(end, "\n");
		text += *text == '\n';
	}

	return sum;
}

/* Of a tun device, what it refused to receive. Its queue is full, so that drops on sending mean nothing. */
static uint64_t dev(const char *text)
{
	uint64_t sum = 0, v[4];

	for (; (text = strchr(text, '\n')); ) {
		text++;
		if (sscanf(text, " t%*[46]: %lu %lu %lu %lu", &v[0], &v[1], &v[2], &v[3]) == 4)
			sum += v[2] + v[3];
	}

	return sum;
}

void net_ledger(struct ledger *ledger)
{
	const char *text = file_read(FILE_MAPT);

	ledger->translated = columns(text, is_translated);
	ledger->drops = columns(text, is_drop);
	ledger->others = columns(file_read(FILE_RT_CACHE), is_martian);
	ledger->others += columns(file_read(FILE_CONNTRACK), is_drop_of_conntrack);
	ledger->others += snmp(file_read(FILE_SNMP));
	ledger->others += snmp(file_read(FILE_NETSTAT));
	ledger->others += snmp6(file_read(FILE_SNMP6));
	ledger->others += dev(file_read(FILE_DEV));
}

void net_counters(char *text, size_t size)
{
	snprintf(text, size, "%s", file_read(FILE_MAPT));
}

/* --- devices -------------------------------------------------------------------------- */

static int tun_open(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	strcpy(ifr.ifr_name, name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr))
		die("tun device %s: %s", name, strerror(errno));

	return fd;
}

static void ring_open(int i, const char *name)
{
	/* What a device sends: inputs need not be copied. */
	struct sock_filter outgoing[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = { ARRAY_SIZE(outgoing), outgoing };
	struct tpacket_req req = { RING_FRAME, RING_FRAMES, RING_FRAME, RING_FRAMES };
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), version = TPACKET_V2, one = 1;
	struct ifreq ifr = {};

	strcpy(ifr.ifr_name, name);
	if (fd < 0 || ioctl(fd, SIOCGIFINDEX, &ifr) ||
	    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)))
		die("packet socket: %s", strerror(errno));
	side[i].map = mmap(NULL, (size_t)RING_FRAME * RING_FRAMES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	at.sll_ifindex = ifr.ifr_ifindex;
	if (side[i].map == MAP_FAILED || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		die("packet ring: %s", strerror(errno));
	side[i].ring = fd;
	side[i].next = 0;
	side[i].held = 0;
}

static void run(const char *command, const char *input)
{
	FILE *pipe = popen(command, "w");

	if (!pipe || fputs(input, pipe) < 0 || pclose(pipe))
		die("%s failed, with the input\n%s", command, input);
}

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		die("%s: %s", path, strerror(errno));
	close(fd);
}

static void sysctls(void)
{
	static const char *const values[][2] = {
		{ "ipv4/ip_forward", "1" }, { "ipv6/conf/all/forwarding", "1" },
		{ "ipv4/conf/all/rp_filter", "0" }, { "ipv4/conf/default/rp_filter", "0" },
		{ "ipv4/conf/all/send_redirects", "0" }, { "ipv4/conf/default/send_redirects", "0" },
		{ "ipv4/icmp_ratelimit", "0" }, { "ipv6/icmp/ratelimit", "0" },
		{ "ipv4/icmp_msgs_per_sec", "1000000" }, { "ipv4/icmp_msgs_burst", "1000000" },
		{ "ipv6/conf/default/accept_dad", "0" }, { "ipv6/conf/default/addr_gen_mode", "1" },
		{ "ipv6/conf/default/router_solicitations", "0" },
		{ "ipv4/conf/all/accept_source_route", "1" }, { "ipv4/conf/default/accept_source_route", "1" }, { "ipv4/ipfrag_time", "2" },
		{ "netfilter/nf_conntrack_frag6_timeout", "2" }, { "ipv6/ip6frag_time", "2" },
		{ "netfilter/nf_conntrack_udp_timeout", "3" }, { "netfilter/nf_conntrack_generic_timeout", "3" },
		{ "netfilter/nf_conntrack_icmp_timeout", "2" }, { "netfilter/nf_conntrack_tcp_timeout_syn_sent", "3" },
	};
	char path[128];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		snprintf(path, sizeof(path), "/proc/sys/net/%s", values[i][0]);
		write_to(path, values[i][1]);
	}
}

static void routes(const struct conf *conf)
{
	char text[2048], addr4[INET_ADDRSTRLEN], addr6[INET6_ADDRSTRLEN];
	const struct end *own = conf_own();
	uint32_t own4 = htonl(own->addr4);
	char mtu4[32] = "", mtu6[32] = "";
	size_t len;

	if (conf->route_mtu4)
		snprintf(mtu4, sizeof(mtu4), " mtu lock %d", conf->route_mtu4);
	if (conf->route_mtu6)
		snprintf(mtu6, sizeof(mtu6), " mtu %d", conf->route_mtu6);
	len = snprintf(text, sizeof(text),
		       "link set lo up\nlink set t4 up mtu %d\nlink set t6 up mtu %d\n"
		       "addr add 203.0.113.1/32 dev t4\naddr add 192.168.0.1/32 dev t4\n"
		       "addr add 2001:db9:ffff::1/128 dev t6\nroute add ::/0 dev t6%s\n", conf->mtu4, conf->mtu6, mtu6);
	if (!role_is_ce(conf->role)) {
		inet_ntop(AF_INET6, conf->dmr.addr, addr6, sizeof(addr6));
		snprintf(text + len, sizeof(text) - len, "route add default dev t4%s\nroute add %s/%u dev lo\n",
			 mtu4, addr6, conf->dmr.len);
	} else {
		inet_ntop(AF_INET, &own4, addr4, sizeof(addr4));
		len += snprintf(text + len, sizeof(text) - len, "route add default dev t6\nroute add 192.168.0.0/16 dev t4\n");
		/* Where there is no NAPT, hosts inside have the CE's address. */
		snprintf(text + len, sizeof(text) - len,
			 conf->napt ? "route add unreachable %s\n" : "route add %s dev t4\n", addr4);
	}
	run("ip -batch -", text);
}

void net_open(const struct conf *conf)
{
	const char *nft = getenv("NFT_MAPT");
	static char ruleset[16384];
	char command[512];
	unsigned int i;

	if (unshare(CLONE_NEWNET))
		die("no namespace: %s", strerror(errno));
	sysctls();
	side[SIDE4].tun = tun_open("t4");
	side[SIDE6].tun = tun_open("t6");
	ioctl(side[SIDE4].tun, TUNSETOFFLOAD, conf->offload4);
	ioctl(side[SIDE6].tun, TUNSETOFFLOAD, conf->offload6);
	routes(conf);
	conf_ruleset(conf, ruleset, sizeof(ruleset));
	snprintf(command, sizeof(command), "%s -f -", nft ? nft : "nft-mapt");
	run(command, ruleset);
	/* those of conntrack are there now */
	sysctls();
	ring_open(SIDE4, "t4");
	ring_open(SIDE6, "t6");
	net_purge();
	raw4 = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	raw6 = socket(AF_INET6, SOCK_RAW, IPPROTO_RAW);
	for (i = 0; i < FILES; i++)
		files[i] = open(file_names[i], O_RDONLY);
	if (raw4 < 0 || raw6 < 0 || files[FILE_MAPT] < 0)
		die("no counters or no raw sockets");
}

void net_close(void)
{
	unsigned int i;

	for (i = 0; i < FILES; i++)
		if (files[i] >= 0)
			close(files[i]);
	for (i = 0; i < SIDES; i++) {
		munmap(side[i].map, (size_t)RING_FRAME * RING_FRAMES);
		close(side[i].ring);
		close(side[i].tun);
	}
	close(raw4);
	close(raw6);
}

/* --- packets ----------------------------------------------------------------------------- */

static int send_local(const struct conf *conf, const struct frame *f)
{
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };

	if (f->len < (conf->role == BR_LOCAL4 ? 20 : 40))
		return -1;
	if (conf->role == BR_LOCAL4) {
		memcpy(&to4.sin_addr, f->data + 16, 4);
		return sendto(raw4, f->data, f->len, MSG_DONTWAIT, (struct sockaddr *)&to4, sizeof(to4));
	}
	memcpy(&to6.sin6_addr, f->data + 24, 16);

	return sendto(raw6, f->data, f->len, MSG_DONTWAIT, (struct sockaddr *)&to6, sizeof(to6));
}

/* Below 0: refused. */
int net_send(const struct conf *conf, const struct frame *f)
{
	int to = role_takes_v6(conf->role) ? SIDE6 : SIDE4;

	if (conf->role == BR_LOCAL4 || conf->role == BR_LOCAL6)
		return send_local(conf, f);

	return net_send_to(to, f);
}

int net_send_to(int to, const struct frame *f)
{
	return write(side[to].tun, f, sizeof(f->vh) + f->len);
}

static bool ring_next(int i, struct seen *seen)
{
	struct tpacket2_hdr *hdr = (void *)(side[i].map + (size_t)side[i].next * RING_FRAME);

	if (side[i].held == RING_FRAMES || !(__atomic_load_n(&hdr->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
		return false;
	seen->side = i;
	seen->data = (uint8_t *)hdr + hdr->tp_mac;
	seen->len = hdr->tp_snaplen;
	memcpy(&seen->vh, seen->data - sizeof(seen->vh), sizeof(seen->vh));
	side[i].next = (side[i].next + 1) % RING_FRAMES;
	side[i].held++;

	return true;
}

bool net_next(struct seen *seen)
{
	return ring_next(SIDE4, seen) || ring_next(SIDE6, seen);
}

/* The ring may be written again. */
void net_release(void)
{
	struct tpacket2_hdr *hdr;
	unsigned int i, n;

	for (i = 0; i < SIDES; i++) {
		for (; side[i].held; side[i].held--) {
			n = (side[i].next + RING_FRAMES - side[i].held) % RING_FRAMES;
			hdr = (void *)(side[i].map + (size_t)n * RING_FRAME);
			__atomic_store_n(&hdr->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		}
	}
}

/* Who sends into a full queue is told so, and may leave out the rest. A queue that is made shorter loses what does not fit. */
void net_purge(void)
{
	struct ifreq ifr = {};
	unsigned int i;

	for (i = 0; i < SIDES; i++) {
		strcpy(ifr.ifr_name, i ? "t6" : "t4");
		ifr.ifr_qlen = 1;
		ioctl(side[i].ring, SIOCSIFTXQLEN, &ifr);
		ifr.ifr_qlen = 4000;
		ioctl(side[i].ring, SIOCSIFTXQLEN, &ifr);
	}
}

void net_drain(void)
{
	static uint8_t data[2 * FRAME_MAX];
	unsigned int i;

	for (i = 0; i < SIDES; i++)
		while (read(side[i].tun, data, sizeof(data)) > 0)
			;
}

void die(const char *what, ...)
{
	va_list args;

	va_start(args, what);
	fprintf(stderr, "fuzz: ");
	vfprintf(stderr, what, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(2);
}

void hexdump(const char *what, const uint8_t *data, unsigned int len)
{
	unsigned int i;

	printf("%s, %u bytes: ", what, len);
	for (i = 0; i < len && i < 2048; i++)
		printf("%02x", data[i]);
	printf("%s\n", i < len ? "..." : "");
}

// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include "ping.h"
#include "tool.h"

#define WAIT_MS		1000
#define PACKET_MAX	9000

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000.0 + ts.tv_nsec / 1e6;
}

static uint16_t checksum(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += data[i] << 8 | data[i + 1];
	if (len & 1)
		sum += data[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* What is after the IPv4 header, or NULL. */
static const uint8_t *payload(const uint8_t *data, size_t *len)
{
	size_t header = *len ? (data[0] & 0x0f) * 4 : 0;

	if (*len < 20 || header < 20 || header > *len)
		return NULL;
	*len -= header;
	return data + header;
}

static unsigned int be16(const uint8_t *data)
{
	return data[0] << 8 | data[1];
}

/* Whether a packet is about our request; @result says what. */
static bool is_ours(const uint8_t *data, size_t len, unsigned int id,
		    unsigned int seq, struct ping *ping,
		    enum ping_result *result)
{
	const uint8_t *icmp = payload(data, &len), *inner;
	size_t inner_len;

	if (!icmp || len < 8)
		return false;
	if (icmp[0] == ICMP_ECHOREPLY) {
		*result = PING_ANSWER;
		return be16(icmp + 4) == id && be16(icmp + 6) == seq;
	}
	if (icmp[0] != ICMP_DEST_UNREACH && icmp[0] != ICMP_TIME_EXCEEDED)
		return false;
	inner_len = len - 8;
	inner = payload(icmp + 8, &inner_len);
	if (!inner || inner_len < 8 || be16(inner + 4) != id ||
	    be16(inner + 6) != seq)
		return false;
	ping->type = icmp[0];
	ping->code = icmp[1];
	ping->mtu = be16(icmp + 6);
	*result = ping->type == ICMP_DEST_UNREACH &&
		  ping->code == ICMP_FRAG_NEEDED ? PING_TOO_BIG : PING_ERROR;
	return true;
}

static enum ping_result wait_for(int fd, unsigned int id, unsigned int seq,
				 struct ping *ping)
{
	double start = now_ms(), left;
	enum ping_result result;
	uint8_t data[PACKET_MAX + 100];
	struct sockaddr_in from;
	socklen_t from_len;
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	ssize_t len;

	for (;;) {
		left = start + WAIT_MS - now_ms();
		if (left <= 0 || poll(&pfd, 1, left + 1) <= 0)
			return PING_SILENCE;
		from_len = sizeof(from);
		len = recvfrom(fd, data, sizeof(data), 0,
			       (struct sockaddr *)&from, &from_len);
		if (len < 0 && errno != EINTR)
			return errno == EMSGSIZE ? PING_TOO_BIG : PING_REFUSED;
		if (len > 0 && is_ours(data, len, id, seq, ping, &result)) {
			ping->ms = now_ms() - start;
			ping->from = ntohl(from.sin_addr.s_addr);
			return result;
		}
	}
}

static enum ping_result exchange(int fd, uint32_t addr, unsigned int size,
				 unsigned int seq, struct ping *ping)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(addr),
	};
	int discover = IP_PMTUDISC_DO;
	unsigned int id = getpid() & 0xffff;
	uint8_t data[PACKET_MAX] = { ICMP_ECHO };
	size_t len = size - sizeof(struct iphdr);
	uint16_t sum;

	data[4] = id >> 8;
	data[5] = id;
	data[6] = seq >> 8;
	data[7] = seq;
	sum = checksum(data, len);
	data[2] = sum >> 8;
	data[3] = sum;
	setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &discover,
		   sizeof(discover));
	if (sendto(fd, data, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return errno == EMSGSIZE ? PING_TOO_BIG : PING_REFUSED;
	return wait_for(fd, id, seq, ping);
}

/**
 * ping4 - send an echo request that must not be fragmented
 * @addr: to whom, host byte order
 * @size: of the IPv4 packet, 28 to 9000
 * @seq: number of the request
 * @ping: result
 */
enum ping_result ping4(uint32_t addr, unsigned int size, unsigned int seq,
		       struct ping *ping)
{
	enum ping_result result;
	int fd, err;

	memset(ping, 0, sizeof(*ping));
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	if (fd < 0)
		return PING_REFUSED;
	result = exchange(fd, addr, size, seq, ping);
	err = errno;
	close(fd);
	errno = err;
	return result;
}

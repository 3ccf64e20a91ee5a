// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "route.h"
#include "tool.h"

/* Most routes lead to the same few interfaces. */
static void device_name(unsigned int index, char *name)
{
	static char last[IFNAMSIZ];
	static unsigned int last_index;

	if (index != last_index) {
		last_index = index;
		if (!if_indextoname(index, last))
			*last = '\0';
	}
	memcpy(name, last, IFNAMSIZ);
}

static int route_callback(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	struct route *route = data;

	if (nlh->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_OK;
	route->type = rtm->rtm_type;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm)) {
		switch (mnl_attr_get_type(attr)) {
		case RTA_OIF:
			device_name(mnl_attr_get_u32(attr), route->device);
			break;
		case RTA_GATEWAY:
		case RTA_VIA:
			route->gateway = true;
			break;
		}
	}
	return MNL_CB_STOP;
}

/* What the kernel says instead of a route. */
static unsigned char type_of_error(int err)
{
	switch (err) {
	case EHOSTUNREACH:
		return RTN_UNREACHABLE;
	case EACCES:
		return RTN_PROHIBIT;
	case EINVAL:
		return RTN_BLACKHOLE;
	default:
		return RTN_UNSPEC;	/* ENETUNREACH */
	}
}

/* False where the kernel could not be asked. */
static bool ask(struct mnl_socket *nl, int family, const void *addr, size_t len,
		struct route *route)
{
	char buf[8192];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	static unsigned int seq;
	struct rtmsg *rtm;
	ssize_t got;

	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nlh->nlmsg_seq = ++seq;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = family;
	rtm->rtm_dst_len = len * 8;
	mnl_attr_put(nlh, RTA_DST, len, addr);
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return false;
	got = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	if (got < 0)
		return false;
	if (mnl_cb_run(buf, got, seq, mnl_socket_get_portid(nl), route_callback,
		       route) < 0)
		route->type = type_of_error(errno);
	return true;
}

/* One for all questions: a BR with many rules has many. */
static struct mnl_socket *route_socket(void)
{
	static struct mnl_socket *nl;

	if (nl)
		return nl;
	nl = mnl_socket_open(NETLINK_ROUTE);
	if (nl && mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID)) {
		mnl_socket_close(nl);
		nl = NULL;
	}
	return nl;
}

static bool route_get(int family, const void *addr, size_t len,
		      struct route *route)
{
	struct mnl_socket *nl = route_socket();

	memset(route, 0, sizeof(*route));
	return nl && ask(nl, family, addr, len, route);
}

/* Where a packet to @addr, in host byte order, would go. */
bool route_get4(uint32_t addr, struct route *route)
{
	struct in_addr in = { .s_addr = htonl(addr) };

	return route_get(AF_INET, &in, sizeof(in), route);
}

bool route_get6(const struct in6_addr *addr, struct route *route)
{
	return route_get(AF_INET6, addr, sizeof(*addr), route);
}

/* Whether packets go on from here. */
bool route_leads(const struct route *route)
{
	return route->type == RTN_UNICAST && *route->device;
}

const char *route_type(const struct route *route)
{
	switch (route->type) {
	case RTN_UNICAST:
		return "unicast";
	case RTN_LOCAL:
		return "local";
	case RTN_BLACKHOLE:
		return "blackhole";
	case RTN_UNREACHABLE:
		return "unreachable";
	case RTN_PROHIBIT:
		return "prohibit";
	case RTN_UNSPEC:
		return "none";
	default:
		return "another type";
	}
}

/* False where there is no such interface. */
bool device_get(const char *name, unsigned int *mtu, bool *up)
{
	struct ifreq ifr = {};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok;

	if (fd < 0)
		return false;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	ok = !ioctl(fd, SIOCGIFMTU, &ifr);
	*mtu = ifr.ifr_mtu;
	ok = ok && !ioctl(fd, SIOCGIFFLAGS, &ifr);
	*up = (ifr.ifr_flags & (IFF_UP | IFF_RUNNING)) ==
	      (IFF_UP | IFF_RUNNING);
	close(fd);
	return ok;
}

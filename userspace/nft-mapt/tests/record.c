// SPDX-License-Identifier: GPL-2.0
/*
 * To be preloaded: appends what is sent by netlink to the file $RECORD, without
 * what is new each time (sequence numbers and ports).
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/netlink.h>

#define EXPORT __attribute__((visibility("default")))

static void record(char *data, size_t len)
{
	FILE *(*open)(const char *, const char *) = dlsym(RTLD_NEXT, "fopen");
	FILE *file = open(getenv("RECORD"), "a");
	struct nlmsghdr *nlh;
	size_t pos;

	if (!file)
		abort();
	for (pos = 0; len - pos >= sizeof(*nlh);
	     pos += NLMSG_ALIGN(nlh->nlmsg_len)) {
		nlh = (void *)(data + pos);
		if (nlh->nlmsg_len < sizeof(*nlh) || nlh->nlmsg_len > len - pos)
			break;
		nlh->nlmsg_seq = 0;
		nlh->nlmsg_pid = 0;
	}
	fwrite(data, 1, len, file);
	fclose(file);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	__typeof__(&sendmsg) next = dlsym(RTLD_NEXT, "sendmsg");
	size_t len = 0, i;
	char *data;

	for (i = 0; i < msg->msg_iovlen; i++)
		len += msg->msg_iov[i].iov_len;
	data = malloc(len ? len : 1);
	if (!data)
		abort();
	for (i = 0, len = 0; i < msg->msg_iovlen; i++) {
		memcpy(data + len, msg->msg_iov[i].iov_base,
		       msg->msg_iov[i].iov_len);
		len += msg->msg_iov[i].iov_len;
	}
	record(data, len);
	free(data);
	return next(fd, msg, flags);
}

EXPORT ssize_t sendto(int fd, const void *buf, size_t len, int flags,
		      const struct sockaddr *addr, socklen_t addr_len)
{
	__typeof__(&sendto) next = dlsym(RTLD_NEXT, "sendto");
	char *data = malloc(len ? len : 1);

	if (!data)
		abort();
	memcpy(data, buf, len);
	record(data, len);
	free(data);
	return next(fd, buf, len, flags, addr, addr_len);
}

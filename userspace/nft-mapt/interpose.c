// SPDX-License-Identifier: GPL-2.0
/*
 * Functions of libraries that libnftables calls and finds here first: the
 * program exports them, and the dynamic linker searches it before libraries.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <libmnl/libmnl.h>

#include "carrier.h"
#include "source.h"

static void *next_function(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (!function) {
		fprintf(stderr, "nft-mapt: %s: not found\n", name);
		exit(EXIT_FAILURE);
	}
	return function;
}

/*
 * Whether libraries find the functions of this file. If not, the kernel would
 * be given carriers, and rules that do nothing.
 */
bool interpose_works(void)
{
	return dlsym(RTLD_DEFAULT, "sendmsg") == (void *)sendmsg &&
	       dlsym(RTLD_DEFAULT, "recvmsg") == (void *)recvmsg &&
	       dlsym(RTLD_DEFAULT, "fopen") == (void *)fopen;
}

/* libnftables has made room for what it sends, not for what we make of it. */
static void grow_buffer(int fd, size_t len)
{
	int size = 0, want = len;
	socklen_t size_len = sizeof(size);

	if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &size_len) ||
	    size >= want)
		return;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &want, sizeof(want)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &want, sizeof(want));
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	static __typeof__(&sendmsg) next;
	struct buf in = {}, out = {};
	struct msghdr copy = *msg;
	struct iovec iov;
	size_t i, len = 0;
	ssize_t ret;
	int err;

	if (!next)
		next = next_function("sendmsg");

	for (i = 0; i < msg->msg_iovlen; i++)
		buf_add(&in, msg->msg_iov[i].iov_base, msg->msg_iov[i].iov_len);
	if (batch_exchange(in.data, in.len, &out)) {
		iov.iov_base = out.data;
		iov.iov_len = out.len;
		copy.msg_iov = &iov;
		copy.msg_iovlen = 1;
		grow_buffer(fd, out.len);
		len = in.len;
	} else if (errno == EMSGSIZE) {
		buf_free(&in);
		buf_free(&out);
		errno = EMSGSIZE;
		return -1;
	}
	ret = next(fd, &copy, flags);
	err = errno;
	/* all or nothing, and the caller counts what it passed */
	if (ret > 0 && len)
		ret = len;
	buf_free(&in);
	buf_free(&out);
	errno = err;
	return ret;
}

/* Whether messages have gone through recvmsg() below, which libmnl calls. */
static bool restored;

ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *data,
			    size_t size)
{
	static __typeof__(&mnl_socket_recvfrom) next;
	ssize_t len;

	if (!next)
		next = next_function("mnl_socket_recvfrom");

	restored = false;
	len = next(nl, data, size);
	if (len > 0 && !restored)
		len = batch_restore(data, len, size);
	return len;
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	static __typeof__(&recvmsg) next;
	ssize_t len;

	if (!next)
		next = next_function("recvmsg");

	len = next(fd, msg, flags);
	if (len > 0 && msg->msg_iovlen == 1 &&
	    (size_t)len <= msg->msg_iov[0].iov_len &&
	    msg->msg_name && msg->msg_namelen >= sizeof(sa_family_t) &&
	    ((struct sockaddr *)msg->msg_name)->sa_family == AF_NETLINK) {
		restored = true;
		len = batch_restore(msg->msg_iov[0].iov_base, len,
				    msg->msg_iov[0].iov_len);
	}
	return len;
}

FILE *fopen(const char *path, const char *mode)
{
	static __typeof__(&fopen) next;
	FILE *file = *mode == 'r' ? source_reopen(path) : NULL;

	if (!next)
		next = next_function("fopen");

	return file ? file : next(path, mode);
}

#ifndef fopen64
FILE *fopen64(const char *path, const char *mode)
{
	static __typeof__(&fopen64) next;
	FILE *file = *mode == 'r' ? source_reopen(path) : NULL;

	if (!next)
		next = next_function("fopen64");

	return file ? file : next(path, mode);
}
#endif

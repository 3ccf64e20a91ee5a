// SPDX-License-Identifier: GPL-2.0
/*
 * Functions of the C library that libnftables calls and finds here first. In
 * all of a process there is something to do only for the threads that run
 * commands of libnftables, while they do.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>

#include "carrier.h"
#include "front.h"
#include "source.h"

#define EXPORT	__attribute__((visibility("default")))

/* The function that would have been called if it were not for us. */
void *next_function(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (!function)
		abort();	/* nobody can have called it */
	return function;
}

/*
 * dlsym() is no function to call in a signal handler or after fork(), where
 * sendmsg() is one: they are looked up as soon as possible.
 */
static __typeof__(&sendmsg) next_sendmsg;
static __typeof__(&recvmsg) next_recvmsg;
static __typeof__(&fopen) next_fopen;
static __typeof__(&dlopen) next_dlopen;

static void __attribute__((constructor)) find_next(void)
{
	next_sendmsg = next_function("sendmsg");
	next_recvmsg = next_function("recvmsg");
	next_fopen = next_function("fopen");
	next_dlopen = next_function("dlopen");
}

static bool has_option(int fd, int option, int value)
{
	socklen_t len = sizeof(int);
	int has;

	return !getsockopt(fd, SOL_SOCKET, option, &has, &len) && has == value;
}

/* NSS has sockets as well, and libnftables one to ask for interfaces. */
static bool is_netfilter(int fd)
{
	int err = errno;
	bool is = has_option(fd, SO_DOMAIN, AF_NETLINK) &&
		  has_option(fd, SO_PROTOCOL, NETLINK_NETFILTER);

	errno = err;
	return is;
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

/* A message on its way, and what it becomes. */
struct passage {
	struct msghdr	*msg;
	struct buf	in;
	struct buf	out;
	size_t		len;
	bool		changed;
	int		err;
};

static void exchange(void *data)
{
	struct passage *pass = data;
	size_t i;

	for (i = 0; i < (size_t)pass->msg->msg_iovlen; i++)
		buf_add(&pass->in, pass->msg->msg_iov[i].iov_base,
			pass->msg->msg_iov[i].iov_len);
	pass->changed = batch_exchange(pass->in.data, pass->in.len, &pass->out);
	pass->err = pass->changed ? 0 : errno;
}

static ssize_t send_exchanged(__typeof__(&sendmsg) next, int fd,
			      const struct msghdr *msg, int flags)
{
	struct msghdr copy = *msg;
	struct passage pass = { .msg = &copy };
	struct iovec iov;
	ssize_t ret = -1;

	if (!front_try(exchange, &pass))
		pass.err = ENOMEM;
	if (pass.changed) {
		iov.iov_base = pass.out.data;
		iov.iov_len = pass.out.len;
		copy.msg_iov = &iov;
		copy.msg_iovlen = 1;
		grow_buffer(fd, pass.out.len);
	}
	if (!pass.err)
		ret = next(fd, &copy, flags);
	if (ret < 0 && !pass.err)
		pass.err = errno;
	/* all or nothing, and the caller counts what it passed */
	if (ret > 0 && pass.changed)
		ret = pass.in.len;
	buf_free(&pass.in);
	buf_free(&pass.out);
	if (ret < 0)
		errno = pass.err;
	return ret;
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	if (!next_sendmsg)
		find_next();
	if (front && is_netfilter(fd) && batch_to_exchange())
		return send_exchanged(next_sendmsg, fd, msg, flags);
	return next_sendmsg(fd, msg, flags);
}

static void restore(void *data)
{
	struct passage *pass = data;
	const struct iovec *iov = &pass->msg->msg_iov[0];

	if (batch_mentions(iov->iov_base, pass->len) && native_known())
		return;
	pass->len = batch_restore(iov->iov_base, pass->len, iov->iov_len);
}

static ssize_t recv_restored(__typeof__(&recvmsg) next, int fd,
			     struct msghdr *msg, int flags)
{
	ssize_t len = next(fd, msg, flags);
	struct passage pass = { .msg = msg, .len = len };

	if (len <= 0 || msg->msg_iovlen != 1 ||
	    (size_t)len > msg->msg_iov[0].iov_len)
		return len;
	if (front_try(restore, &pass))
		return pass.len;
	errno = ENOMEM;
	return -1;
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	if (!next_recvmsg)
		find_next();
	if (front && is_netfilter(fd))
		return recv_restored(next_recvmsg, fd, msg, flags);
	return next_recvmsg(fd, msg, flags);
}

/* What programs with 64-bit time on 32-bit machines call in glibc. */
#if defined(__GLIBC__) && __SIZEOF_LONG__ == 4
EXPORT ssize_t __sendmsg64(int fd, const struct msghdr *msg, int flags);
EXPORT ssize_t __recvmsg64(int fd, struct msghdr *msg, int flags);

ssize_t __sendmsg64(int fd, const struct msghdr *msg, int flags)
{
	static __typeof__(&sendmsg) next;

	if (!next)
		next = next_function("__sendmsg64");
	if (front && is_netfilter(fd) && batch_to_exchange())
		return send_exchanged(next, fd, msg, flags);
	return next(fd, msg, flags);
}

ssize_t __recvmsg64(int fd, struct msghdr *msg, int flags)
{
	static __typeof__(&recvmsg) next;

	if (!next)
		next = next_function("__recvmsg64");
	if (front && is_netfilter(fd))
		return recv_restored(next, fd, msg, flags);
	return next(fd, msg, flags);
}
#endif

struct opening {
	const char	*path;
	FILE		*file;
};

static void reopen(void *data)
{
	struct opening *opening = data;

	opening->file = source_reopen(opening->path);
}

static FILE *open_source(const char *path, const char *mode)
{
	struct opening opening = { .path = path };

	if (front && *mode == 'r')
		front_try(reopen, &opening);
	return opening.file;
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
	FILE *file = open_source(path, mode);

	if (!next_fopen)
		find_next();
	return file ? file : next_fopen(path, mode);
}

#ifndef fopen64
EXPORT FILE *fopen64(const char *path, const char *mode)
{
	static __typeof__(&fopen64) next;
	FILE *file = open_source(path, mode);

	if (!next)
		next = next_function("fopen64");
	return file ? file : next(path, mode);
}
#endif

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* Whether a library's name means the libnftables that is behind us. */
static bool is_libnftables(const char *name)
{
	Dl_info info;

	if (!name || !strstr(name, "libnftables.so"))
		return false;
	if (!strchr(name, '/'))
		return true;
	return dladdr((void *)nft_ctx_new, &info) &&
	       same_file(name, info.dli_fname);
}

/*
 * Who asks one library for its functions, as Python's ctypes does, would not
 * find ours. It is given this one, which has libnftables behind it.
 */
static const char * __attribute__((noinline)) in_place_of(const char *name)
{
	Dl_info self;

	if (!next_dlopen)
		find_next();
	if (!is_libnftables(name) || !dladdr((void *)find_next, &self))
		return name;
	return self.dli_fname;
}

/*
 * Libraries are opened as if by the caller, whose own search path counts: this
 * has to end in a jump, not in a call.
 */
EXPORT void *dlopen(const char *name, int flags)
{
	name = in_place_of(name);
	return next_dlopen(name, flags);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A stand-in for the kernel's mapt expression, to be preloaded after
 * libnft-mapt.so where the kernel has nf_tables but no nft_mapt: expressions are kept in
 * files of $FAKE_MAPT, and the kernel is given a log statement that names the
 * file. It checks nothing; what it is for is the way through libnftables.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "carrier.h"
#include "front.h"

#define EXPORT __attribute__((visibility("default")))

static _Thread_local struct front own;
_Thread_local struct front *front;

static void file_name(char *name, size_t size, unsigned int number)
{
	snprintf(name, size, "%s/%u", getenv("FAKE_MAPT"), number);
}

int carrier_add(const void *data, size_t len)
{
	unsigned int number = 5381;
	char name[256];
	FILE *file;
	size_t i;

	for (i = 0; i < len; i++)
		number = number * 33 + ((const uint8_t *)data)[i];
	number &= INT32_MAX;
	file_name(name, sizeof(name), number);
	file = fopen(name, "wx");
	if (!file && errno == EEXIST)
		return number;
	if (!file || fwrite(data, 1, len, file) != len || fclose(file))
		abort();
	return number;
}

const char *carrier_mark(void)
{
	return "fake:";
}

void carrier_prefix(int carrier, struct buf *out)
{
	buf_printf(out, "fake:%d", carrier);
}

int carrier_find(const char *prefix, size_t len)
{
	int carrier;

	(void)len;
	return sscanf(prefix, "fake:%d", &carrier) == 1 ? carrier : -1;
}

const void *carrier_data(int carrier, size_t *len)
{
	static _Thread_local char data[65536];
	char name[256];
	FILE *file;

	file_name(name, sizeof(name), carrier);
	file = fopen(name, "r");
	if (!file)
		abort();
	*len = fread(data, 1, sizeof(data), file);
	fclose(file);
	return data;
}

int carrier_op(int carrier)
{
	(void)carrier;
	return -1;
}

/* $FAKE_MAPT_LOG: bytes of all batches, as nft-mapt sends them */
static void log_batch(const struct buf *buf)
{
	const char *name = getenv("FAKE_MAPT_LOG");
	FILE *file = name ? fopen(name, "a") : NULL;

	if (!file)
		return;
	fwrite(buf->data, 1, buf->len, file);
	fclose(file);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	__typeof__(&sendmsg) next = dlsym(RTLD_NEXT, "sendmsg");
	struct msghdr copy = *msg;
	struct buf buf = {};
	struct iovec iov;
	ssize_t ret;
	size_t i;

	for (i = 0; i < msg->msg_iovlen; i++)
		buf_add(&buf, msg->msg_iov[i].iov_base, msg->msg_iov[i].iov_len);
	front = &own;
	log_batch(&buf);
	iov.iov_base = buf.data;
	iov.iov_len = batch_restore(buf.data, buf.len, buf.len);
	copy.msg_iov = &iov;
	copy.msg_iovlen = 1;
	ret = next(fd, &copy, flags);
	buf_free(&buf);
	return ret;
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	__typeof__(&recvmsg) next = dlsym(RTLD_NEXT, "recvmsg");
	struct iovec *iov = &msg->msg_iov[0];
	struct buf buf = {};
	ssize_t len;

	front = &own;
	len = next(fd, msg, flags);
	if (len > 0 && batch_exchange(iov->iov_base, len, &buf)) {
		if (buf.len > iov->iov_len)
			abort();
		memcpy(iov->iov_base, buf.data, buf.len);
		len = buf.len;
	}
	buf_free(&buf);
	return len;
}

// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

static void __attribute__((noreturn)) fail(void)
{
	fputs("Memory allocation failure\n", stderr);
	exit(EXIT_FAILURE);
}

/* must not return */
void (*buf_no_memory)(void) = fail;

static void *check(void *ptr)
{
	if (!ptr)
		buf_no_memory();
	return ptr;
}

void *xmalloc(size_t size)
{
	return check(malloc(size ? size : 1));
}

void *xcalloc(size_t num, size_t size)
{
	return check(calloc(num ? num : 1, size));
}

void *xrealloc(void *ptr, size_t size)
{
	return check(realloc(ptr, size));
}

char *xstrdup(const char *s)
{
	return check(strdup(s));
}

char *xstrndup(const char *s, size_t len)
{
	return check(strndup(s, len));
}

static void buf_reserve(struct buf *buf, size_t len)
{
	if (buf->len + len + 1 <= buf->size)
		return;
	buf->size = (buf->len + len + 1) * 2;
	buf->data = xrealloc(buf->data, buf->size);
}

void buf_add(struct buf *buf, const void *data, size_t len)
{
	buf_reserve(buf, len);
	if (len)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_adds(struct buf *buf, const char *s)
{
	buf_add(buf, s, strlen(s));
}

void buf_fill(struct buf *buf, char c, size_t num)
{
	buf_reserve(buf, num);
	memset(buf->data + buf->len, c, num);
	buf->len += num;
	buf->data[buf->len] = '\0';
}

void buf_vprintf(struct buf *buf, const char *fmt, va_list ap)
{
	char *s;
	int len;

	len = vasprintf(&s, fmt, ap);
	if (len < 0)
		check(NULL);
	buf_add(buf, s, len);
	free(s);
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(buf, fmt, ap);
	va_end(ap);
}

/* Drops the first @len bytes. */
void buf_cut(struct buf *buf, size_t len)
{
	if (!len)
		return;
	buf->len -= len;
	memmove(buf->data, buf->data + len, buf->len + 1);
}

/* Keeps the first @len bytes. */
void buf_cut_tail(struct buf *buf, size_t len)
{
	if (len == buf->len)
		return;
	buf->len = len;
	buf->data[len] = 0;
}

void buf_free(struct buf *buf)
{
	free(buf->data);
	memset(buf, 0, sizeof(*buf));
}

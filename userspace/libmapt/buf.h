/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A buffer that grows. Allocation failure ends the program, as in nft, or
 * goes where a library that must not do so has set @buf_no_memory.
 */
#ifndef NFT_MAPT_BUF_H
#define NFT_MAPT_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
	char	*data;		/* NUL-terminated once anything was added */
	size_t	len;
	size_t	size;
};

extern void (*buf_no_memory)(void);

void *xmalloc(size_t size);
void *xcalloc(size_t num, size_t size);
void *xrealloc(void *ptr, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);

void buf_add(struct buf *buf, const void *data, size_t len);
void buf_adds(struct buf *buf, const char *s);
void buf_fill(struct buf *buf, char c, size_t num);
void buf_vprintf(struct buf *buf, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
void buf_printf(struct buf *buf, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void buf_cut(struct buf *buf, size_t len);
void buf_cut_tail(struct buf *buf, size_t len);
void buf_free(struct buf *buf);

#endif /* NFT_MAPT_BUF_H */

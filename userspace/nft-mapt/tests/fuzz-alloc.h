/* SPDX-License-Identifier: GPL-2.0 */
/* What our code allocates with when it is built for fuzz.c: it may fail. */
#ifndef NFT_MAPT_FUZZ_ALLOC_H
#define NFT_MAPT_FUZZ_ALLOC_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

bool fuzz_alloc_fails(void);

static inline void *fuzz_malloc(size_t size)
{
	return fuzz_alloc_fails() ? NULL : malloc(size);
}

static inline void *fuzz_calloc(size_t num, size_t size)
{
	return fuzz_alloc_fails() ? NULL : calloc(num, size);
}

static inline void *fuzz_realloc(void *ptr, size_t size)
{
	return fuzz_alloc_fails() ? NULL : realloc(ptr, size);
}

#ifndef FUZZ_ITSELF
#define malloc	fuzz_malloc
#define calloc	fuzz_calloc
#define realloc	fuzz_realloc
#endif

#endif /* NFT_MAPT_FUZZ_ALLOC_H */

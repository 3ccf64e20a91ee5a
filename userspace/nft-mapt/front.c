// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "carrier.h"
#include "front.h"
#include "source.h"

_Thread_local struct front *front
	__attribute__((tls_model("initial-exec")));

static struct front *fronts;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/*
 * The beginning of all log prefixes that stand for mapt expressions. It is
 * new in each context, so that no prefix of a user's own can be taken for one.
 */
static bool set_mark(struct front *new)
{
	uint64_t token;

	if (getrandom(&token, sizeof(token), 0) != sizeof(token))
		return false;
	snprintf(new->mark, sizeof(new->mark), "mapt:%016llx:",
		 (unsigned long long)token);
	return true;
}

/* NULL without memory or random numbers; errno says which. */
struct front *front_new(struct nft_ctx *nft)
{
	struct front *new = calloc(1, sizeof(*new));

	if (!new)
		return NULL;
	new->nft = nft;
	new->error_file = stderr;
	new->paths = malloc(sizeof(*new->paths));
	if (new->paths)
		new->paths[0] = strdup(SYSCONFDIR);
	if (new->paths && new->paths[0] && set_mark(new)) {
		new->num_paths = 1;
		return new;
	}
	if (new->paths)
		free(new->paths[0]);
	free(new->paths);
	free(new);
	return NULL;
}

void front_free(struct front *old)
{
	struct front *before = front;

	front = old;
	defines_free();
	include_paths_free();
	carriers_free();
	sources_free();
	front = before;
	free(old);
}

static struct front *find(struct nft_ctx *nft)
{
	struct front *one;

	for (one = fronts; one; one = one->next) {
		if (one->nft == nft)
			return one;
	}
	one = front_new(nft);
	if (one) {
		one->next = fronts;
		fronts = one;
	}
	return one;
}

struct front *front_of(struct nft_ctx *nft)
{
	struct front *one;

	pthread_mutex_lock(&lock);
	one = find(nft);
	pthread_mutex_unlock(&lock);
	return one;
}

/* The context goes. */
void front_drop(struct nft_ctx *nft)
{
	struct front **pos, *old;

	pthread_mutex_lock(&lock);
	for (pos = &fronts; *pos && (*pos)->nft != nft; pos = &(*pos)->next)
		;
	old = *pos;
	if (old)
		*pos = old->next;
	pthread_mutex_unlock(&lock);
	if (old)
		front_free(old);
}

/*
 * Runs @fn, which may need more memory than there is: false then. What it had
 * allocated stays so; the process is not ours to end.
 */
bool front_try(void (*fn)(void *data), void *data)
{
	jmp_buf *outer = front->escape, here;
	bool ok;

	front->escape = &here;
	if (!setjmp(here)) {
		fn(data);
		ok = true;
	} else {
		ok = false;
	}
	front->escape = outer;
	return ok;
}

/* What lack of memory leads to, see there. */
void front_escape(void)
{
	if (!front || !front->escape)
		abort();
	longjmp(*front->escape, 1);
}
